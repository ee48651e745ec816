//! Whatever the order, repetition and loss of delivery: no concurrent value is lost, no conflict is invented, and
//! replicas that have the same changes show the same. An oracle that remembers who had seen what decides.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::{Change, DocKey, DocWrites, GENESIS, Op};
use domain::clock::{Hlc, WallTime};
use domain::document::{Document, NoForm};
use domain::register::Put;
use domain::sync::Batch;
use domain::sync::batch::chain;
use domain::{ActorId, DocId, DocType, OpId, UserId, Value};
use proptest::prelude::*;

const REPLICAS: usize = 4;
const PATHS: [&str; 3] = ["name", "state", "photos/p1"];

/// What may happen, as plain numbers so that proptest can shrink it.
#[derive(Clone, Debug)]
enum Event {
    /// A replica writes a path, having seen everything it has.
    Write { replica: usize, path: usize, value: u8 },
    /// A replica writes a path, having seen only its first candidate (a dialog that was open for a while).
    Decide { replica: usize, path: usize, value: u8 },
    /// One change made anywhere reaches a replica, in whatever order, perhaps again.
    Deliver { replica: usize, pick: usize },
    /// One replica's whole state reaches another, as a page of surviving writes.
    Merge { from: usize, to: usize },
    /// A replica forgets what it holds in memory and reads it back from its stored writes.
    Restart { replica: usize },
}

fn event() -> impl Strategy<Value = Event> {
    let (r, p) = (0..REPLICAS, 0..PATHS.len());
    prop_oneof![
        4 => (r.clone(), p.clone(), 0..3u8).prop_map(|(replica, path, value)| Event::Write { replica, path, value }),
        1 => (r.clone(), p, 0..3u8).prop_map(|(replica, path, value)| Event::Decide { replica, path, value }),
        6 => (r.clone(), any::<usize>()).prop_map(|(replica, pick)| Event::Deliver { replica, pick }),
        2 => (r.clone(), r.clone()).prop_map(|(from, to)| Event::Merge { from, to }),
        1 => r.prop_map(|replica| Event::Restart { replica }),
    ]
}

/// Remembers, for every write, every write of the same register it had seen, and what each replica has received.
#[derive(Default)]
struct Oracle {
    seen_by: BTreeMap<(String, OpId), BTreeSet<OpId>>,
}

impl Oracle {
    /// The writes among `received` that nothing received has seen.
    fn survivors(&self, path: &str, received: &BTreeSet<OpId>) -> BTreeSet<OpId> {
        let mine = |op: &&OpId| self.seen_by.contains_key(&(path.to_owned(), **op));
        let ops: Vec<&OpId> = received.iter().filter(mine).collect();
        let replaced = |op: &OpId| ops.iter().any(|other| self.seen_by[&(path.to_owned(), **other)].contains(op));
        ops.iter().filter(|op| !replaced(op)).map(|op| **op).collect()
    }
}

struct Replica {
    actor: ActorId,
    head: u64,
    hlc: Hlc,
    doc: Document,
    received: BTreeSet<OpId>,
}

struct World {
    key: DocKey,
    replicas: Vec<Replica>,
    changes: Vec<Change>,
    oracle: Oracle,
    decided: bool,
}

impl World {
    fn new() -> Self {
        let key = DocKey { id: DocId::new(1, [7; 10]), doc_type: DocType::Site, kind: "bare-land".into() };
        let replica = |n: u32| Replica {
            actor: ActorId(n + 1),
            head: 0,
            // Clocks that are days apart: they order display, they decide nothing.
            hlc: Hlc::from_unix_ms(i64::from(n) * 86_400_000),
            doc: Document::new(key.clone()),
            received: BTreeSet::new(),
        };
        let replicas = (0..u32::try_from(REPLICAS).expect("few")).map(replica).collect();
        Self { key, replicas, changes: Vec::new(), oracle: Oracle::default(), decided: false }
    }

    fn write(&mut self, replica: usize, path: &str, value: u8, only_first: bool) {
        let r = &mut self.replicas[replica];
        let register = r.doc.registers.get(path).cloned().unwrap_or_default();
        self.decided |= only_first;
        let (context, seen) = if only_first {
            let Some(first) = register.puts().first().map(|p| p.op) else { return };
            (register.context_of(&[first], r.actor), vec![first])
        } else {
            (register.context(), register.puts().iter().map(|p| p.op).collect())
        };
        r.head += 1;
        r.hlc = r.hlc.next(0);
        let op = OpId { actor: r.actor, seq: r.head };
        // A device has seen its own earlier writes by having written them: its number says so.
        let own = self.oracle.seen_by.keys().filter(|(p, o)| p == path && o.actor == op.actor).map(|(_, o)| *o);
        let direct: BTreeSet<OpId> = seen.into_iter().chain(own).collect();
        let indirect = direct.iter().flat_map(|o| self.oracle.seen_by[&(path.to_owned(), *o)].iter().copied());
        let all: BTreeSet<OpId> = direct.iter().copied().chain(indirect).collect();
        let value = if path.starts_with("photos") { Value::Bool(value > 0) } else { Value::text(value.to_string()) };
        let change = Change {
            actor: op.actor,
            seq: op.seq,
            author: UserId(1),
            hlc: r.hlc,
            wall: WallTime::default(),
            at: None,
            docs: vec![DocWrites {
                doc: self.key.clone(),
                form_version: 1,
                ops: vec![Op::Put { path: path.into(), context, value }],
            }],
        };
        assert!(change.check().is_ok(), "an honest device's change is well-formed: {change:?}");
        self.oracle.seen_by.insert((path.to_owned(), op), all);
        self.receive(replica, &change);
        self.changes.push(change);
    }

    fn receive(&mut self, replica: usize, change: &Change) {
        let r = &mut self.replicas[replica];
        change.puts().for_each(|(_, path, put)| r.doc.apply(path, put));
        r.received.insert(change.id());
    }

    fn step(&mut self, event: &Event) {
        match *event {
            Event::Write { replica, path, value } => self.write(replica, PATHS[path], value, false),
            Event::Decide { replica, path, value } => self.write(replica, PATHS[path], value, true),
            Event::Deliver { replica, pick } if !self.changes.is_empty() => {
                let change = self.changes[pick % self.changes.len()].clone();
                self.receive(replica, &change);
            }
            Event::Merge { from, to } => self.merge(from, to),
            Event::Restart { replica } => self.restart(replica),
            Event::Deliver { .. } => {}
        }
    }

    fn merge(&mut self, from: usize, to: usize) {
        let puts = stored(&self.replicas[from].doc);
        let received = self.replicas[from].received.clone();
        let r = &mut self.replicas[to];
        puts.into_iter().for_each(|(path, put)| r.doc.apply(&path, put));
        r.received.extend(received);
    }

    fn restart(&mut self, replica: usize) {
        let r = &mut self.replicas[replica];
        let puts = stored(&r.doc);
        r.doc.registers.clear();
        for (path, put) in puts {
            r.doc.registers.entry(path).or_default().apply(put);
        }
    }

    /// Nothing concurrent is ever lost. Nothing replaced ever survives, once everything has arrived; before that, a
    /// write that was replaced by one still on its way may show again where a decision did not name that one.
    fn check_against_oracle(&self, everything_arrived: bool) {
        for r in &self.replicas {
            for path in PATHS {
                let expected = self.oracle.survivors(path, &r.received);
                let actual: BTreeSet<OpId> = r
                    .doc
                    .registers
                    .get(path)
                    .map_or_else(BTreeSet::new, |register| register.puts().iter().map(|p| p.op).collect());
                assert!(actual.is_superset(&expected), "lost: {path} at {:?}: {actual:?}, not {expected:?}", r.actor);
                if everything_arrived || !self.decided {
                    assert_eq!(actual, expected, "{path} at {:?}", r.actor);
                }
            }
        }
    }

    fn deliver_everything(&mut self) {
        for replica in 0..REPLICAS {
            for change in self.changes.clone().iter().rev() {
                self.receive(replica, change);
            }
        }
    }
}

fn stored(doc: &Document) -> Vec<(String, Put)> {
    doc.registers.iter().flat_map(|(path, r)| r.puts().into_iter().map(|p| (path.clone(), p))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_concurrent_value_is_lost_and_no_conflict_invented(events in prop::collection::vec(event(), 1..60)) {
        let mut world = World::new();
        for event in &events {
            world.step(event);
            world.check_against_oracle(false);
        }
        world.deliver_everything();
        world.check_against_oracle(true);
        let first = world.replicas[0].doc.view(&NoForm);
        for replica in &world.replicas[1..] {
            prop_assert_eq!(&replica.doc.view(&NoForm), &first);
        }
    }

    #[test]
    fn a_change_survives_its_encoding_and_its_batch(events in prop::collection::vec(event(), 1..40)) {
        let mut world = World::new();
        events.iter().for_each(|e| world.step(e));
        for replica in &world.replicas {
            let own: Vec<Change> = world.changes.iter().filter(|c| c.actor == replica.actor).cloned().collect();
            for change in &own {
                prop_assert_eq!(&Change::decode(&change.encode()).expect("decodes"), change);
            }
            if own.is_empty() { continue }
            let unpacked = Batch::pack(&own, [0; 64]).unpack().expect("unpacks");
            prop_assert_eq!(chain(GENESIS, &unpacked), chain(GENESIS, &own));
            prop_assert_eq!(&unpacked, &own);
        }
    }

    #[test]
    fn bytes_from_a_stranger_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Change::decode(&bytes);
        let _ = domain::sync::open::<domain::sync::SyncRequest>(&bytes);
        if let Ok(batch) = domain::sync::open::<Batch>(&domain::sync::seal(&bytes)) {
            let _ = batch.unpack();
        }
    }
}
