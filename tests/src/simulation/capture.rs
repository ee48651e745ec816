//! What a person does with a device, through the same functions as the window and the `shanxun` program.

use std::collections::{BTreeMap, BTreeSet};

use device::capture::{self, Choice, Given, NewDoc};
use device::store::{DocEdit, Edit, Set};
use device::{Error, Now};
use domain::change::DocKey;
use domain::{DocId, DocType, OpId, Value};

use super::broken::{Broken, Held, Invariant, unexpected};
use super::oracle::{Place, SaveId};
use super::phone::Phone;
use super::schedule::{Capture, TOWNS};
use super::world::World;

const SITE_FIELDS: [&str; 6] = ["note", "note", "address", "responsible_unit", "sim_note", "sim_other"];
const VISIT_FIELDS: [&str; 3] = ["findings", "place", "weather"];

/// What stands in the registers a person is about to write.
type Shown = BTreeMap<Place, BTreeMap<OpId, SaveId>>;

impl World {
    /// A person does something; what the form or the workflow does not allow is not done, as on a screen.
    pub fn capture(&mut self, device: usize, what: &Capture) -> Held {
        let Some(mut phone) = self.phones[device].take() else { return Ok(()) };
        let done = self.capture_on(device, &mut phone, what);
        self.phones[device] = Some(phone);
        done
    }

    fn capture_on(&mut self, device: usize, phone: &mut Phone, what: &Capture) -> Held {
        let held = self.held(phone);
        let value = self.next_value();
        let mut now = self.now(phone.offset_ms);
        let before = phone.store.have().map_err(unexpected("a head"))?.head;
        let shown = self.shown(phone, &held)?;
        let mut hand = Hand { phone, held: &held, value, now: &mut now };
        let screen = hand.phone.screen.clone().filter(|_| matches!(what, Capture::Decide(_)));
        match hand.act(what) {
            Ok(()) => {}
            Err(Error::Request { .. } | Error::Field { .. } | Error::Move(_) | Error::UnknownDocument(_)) => {}
            Err(error) => return Err(unexpected("a capture")(error)),
        }
        self.note(device, phone, before, &shown, screen)
    }

    /// Notes the change a person just made, if one was made.
    fn note(
        &mut self,
        device: usize,
        phone: &mut Phone,
        before: u64,
        shown: &Shown,
        screen: Option<(DocId, String, Vec<OpId>)>,
    ) -> Held {
        let (have, actor) = (phone.store.have(), phone.store.actor());
        let (head, actor) = (have.map_err(unexpected("a head"))?.head, actor.map_err(unexpected("a number"))?);
        if head == before {
            return Ok(());
        }
        let op = OpId { actor, seq: head };
        let change = phone.store.change(op).map_err(unexpected("a change"))?;
        let change = change.ok_or_else(|| Broken::new(Invariant::SavedStays, "a saved change is not there"))?;
        let on_screen = |place: &Place| screen.as_ref().filter(|(doc, path, _)| (doc, path) == (&place.0, &place.1));
        let own = |save: SaveId| self.oracle.save(save).device == device;
        let mut seen: BTreeMap<Place, BTreeSet<SaveId>> = BTreeMap::new();
        for (place, ops) in shown {
            // A decision has seen what was on the screen; and a device always knows what it wrote itself.
            let counts = |op: &OpId, save| on_screen(place).is_none_or(|(_, _, ops)| ops.contains(op) || own(save));
            let saves = ops.iter().filter(|(op, save)| counts(op, **save)).map(|(_, save)| *save);
            seen.insert(place.clone(), saves.collect());
        }
        let id = self.oracle.note(device, &change, |place| seen.get(place).cloned().unwrap_or_default());
        phone.saves.insert(id);
        phone.own.insert(op, id);
        Ok(())
    }

    /// The documents of a device, in the order they came to be.
    fn held(&self, phone: &Phone) -> Vec<DocKey> {
        let here = |key: &&DocKey| phone.store.reader().key(key.id).is_ok();
        self.oracle.docs().iter().filter(here).cloned().collect()
    }

    fn shown(&self, phone: &Phone, held: &[DocKey]) -> Held<Shown> {
        let mut shown = Shown::new();
        for key in held {
            for (path, register) in self.registers(phone, key.id)? {
                let ops = register.puts().into_iter().map(|put| Ok((put.op, self.save_of(phone, put.op)?)));
                shown.insert((key.id, path), ops.collect::<Held<_>>()?);
            }
        }
        Ok(shown)
    }
}

/// A person with a device in the hand.
struct Hand<'a> {
    phone: &'a mut Phone,
    held: &'a [DocKey],
    value: String,
    now: &'a mut Now,
}

impl Hand<'_> {
    fn act(&mut self, what: &Capture) -> Result<(), Error> {
        match *what {
            Capture::Site(kind, town) => self.site(kind, town),
            Capture::Inspection(pick, whole) => self.inspection(pick, whole),
            Capture::Photo(pick) => self.photo(pick),
            Capture::Task(pick) => self.task(pick),
            Capture::Set(pick, field) => self.set_field(pick, field),
            Capture::Row(pick, row, out) => self.row(pick, row, out),
            Capture::Town(pick, town) => {
                let town = town.map_or("", |town| TOWNS[town % TOWNS.len()]);
                self.set_of(pick, &[DocType::Site, DocType::Inspection], "town", town)
            }
            Capture::Move(pick, to) => self.move_on(pick, to),
            Capture::Delete(pick, deleted) => {
                let Some(key) = self.pick(pick, &DocType::ALL) else { return Ok(()) };
                let now = &*self.now;
                self.phone.store.write(|w| capture::set_deleted(w, now, key.id, deleted))
            }
            Capture::Look(pick) => self.look(pick),
            Capture::Decide(choice) => self.decide(choice),
            Capture::Remark(pick) => self.remark(pick),
        }
    }

    fn pick(&self, pick: usize, types: &[DocType]) -> Option<DocKey> {
        let fitting: Vec<&DocKey> = self.held.iter().filter(|key| types.contains(&key.doc_type)).collect();
        (!fitting.is_empty()).then(|| fitting[pick % fitting.len()].clone())
    }

    fn create(
        &mut self,
        doc_type: DocType,
        kind: &str,
        site: Option<DocId>,
        set: &[(&str, &str)],
    ) -> Result<(), Error> {
        let at = capture::read_at("40.376,116.843,4.5")?;
        let set = set.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
        let given = Given { set, photos: Vec::new(), at: Some(at) };
        let new = NewDoc { doc_type, kind: kind.to_owned(), site, given };
        let now = &mut *self.now;
        self.phone.store.write(|w| capture::create(w, now, &new)).map(|_| ())
    }

    fn site(&mut self, kind: usize, town: Option<usize>) -> Result<(), Error> {
        let name = self.value.clone();
        let mut set = vec![("name", name.as_str())];
        set.extend(town.map(|town| ("town", TOWNS[town % TOWNS.len()])));
        if kind.is_multiple_of(3) {
            set.extend([("zone_class", "2"), ("source_type", "industry")]);
            return self.create(DocType::Site, "noise", None, &set);
        }
        set.push(("land_type", "idle"));
        self.create(DocType::Site, "bare-land", None, &set)
    }

    fn inspection(&mut self, pick: usize, whole: bool) -> Result<(), Error> {
        let Some(site) = self.pick(pick, &[DocType::Site]) else { return Ok(()) };
        let place = self.value.clone();
        let mut set = vec![("place", place.as_str())];
        if whole && site.kind == "bare-land" {
            set.extend([
                ("started_at", "2026-11-20T09:00:00+08:00"),
                ("ended_at", "2026-11-20T10:00:00+08:00"),
                ("officers/o1/name", "张伟"),
                ("officers/o1/certificate_no", "1"),
                ("officers/o2/name", "李娜"),
                ("officers/o2/certificate_no", "2"),
                ("id_shown", "true"),
                ("rights_told", "true"),
                ("cover_pct", "80"),
                ("findings", "苫盖"),
                ("conclusion", "compliant"),
            ]);
        }
        self.create(DocType::Inspection, &site.kind, Some(site.id), &set)
    }

    /// As capture does it, only that no picture is taken in.
    fn photo(&mut self, pick: usize) -> Result<(), Error> {
        let Some(owner) = self.pick(pick, &[DocType::Site, DocType::Inspection]) else { return Ok(()) };
        let key = DocKey { id: self.now.new_id(), doc_type: DocType::Photo, kind: "-".into() };
        let there = Set::new(format!("photos/{}", key.id), Value::Bool(true));
        let said = vec![
            Set::new("of", Value::text(owner.id.to_string())),
            Set::new("proves", Value::text(self.value.clone())),
        ];
        let docs = vec![DocEdit { key: owner, sets: vec![there] }, DocEdit { key, sets: said }];
        self.phone.store.save(&Edit { docs, at: None }, self.now).map(|_| ())
    }

    fn task(&mut self, pick: usize) -> Result<(), Error> {
        let Some(site) = self.pick(pick, &[DocType::Site]) else { return Ok(()) };
        let why = self.value.clone();
        self.create(DocType::Task, &site.kind, Some(site.id), &[("why", &why)])
    }

    fn set_field(&mut self, pick: usize, field: usize) -> Result<(), Error> {
        let Some(key) = self.pick(pick, &DocType::ALL) else { return Ok(()) };
        let path = match key.doc_type {
            DocType::Site => SITE_FIELDS[field % SITE_FIELDS.len()],
            DocType::Inspection => VISIT_FIELDS[field % VISIT_FIELDS.len()],
            DocType::Photo => "proves",
            DocType::Task => ["answer", "why"][field % 2],
            DocType::Patrol => "note",
        };
        let value = self.value.clone();
        self.set(key.id, path, &value)
    }

    fn set(&mut self, id: DocId, path: &str, value: &str) -> Result<(), Error> {
        let given = Given { set: vec![(path.to_owned(), value.to_owned())], ..Given::default() };
        let now = &mut *self.now;
        self.phone.store.write(|w| capture::set(w, now, id, &given)).map(|_| ())
    }

    fn set_of(&mut self, pick: usize, types: &[DocType], path: &str, value: &str) -> Result<(), Error> {
        self.pick(pick, types).map_or(Ok(()), |key| self.set(key.id, path, value))
    }

    fn row(&mut self, pick: usize, row: usize, out: bool) -> Result<(), Error> {
        let row = format!("problems/p{}", row % 2);
        if out {
            return self.set_of(pick, &[DocType::Inspection], &row, "false");
        }
        let value = self.value.clone();
        self.set_of(pick, &[DocType::Inspection], &format!("{row}/what"), &value)
    }

    fn move_on(&mut self, pick: usize, to: usize) -> Result<(), Error> {
        let Some(key) = self.pick(pick, &[DocType::Site, DocType::Inspection, DocType::Task]) else { return Ok(()) };
        let role = self.phone.store.role()?;
        let seen = self.phone.store.reader().view(key.id)?;
        let state = seen.view.values.get("state").and_then(Value::as_text).unwrap_or_default();
        let workflow = seen.form.and_then(|form| form.workflow.as_ref());
        let moves = workflow.map(|workflow| workflow.allowed(state, role)).unwrap_or_default();
        let Some(to) = (!moves.is_empty()).then(|| moves[to % moves.len()].to.clone()) else { return Ok(()) };
        let (now, note) = (&mut *self.now, self.value.clone());
        self.phone.store.write(|w| capture::move_to(w, now, key.id, &to, Some(&note)))
    }

    fn look(&mut self, pick: usize) -> Result<(), Error> {
        let conflicts = capture::conflicts(&self.phone.store)?;
        if conflicts.is_empty() {
            return Ok(());
        }
        let shown = &conflicts[pick % conflicts.len()];
        let puts = self.phone.store.reader().candidates(shown.id, &shown.path)?;
        self.phone.screen = Some((shown.id, shown.path.clone(), puts.into_iter().map(|put| put.op).collect()));
        Ok(())
    }

    fn decide(&mut self, choice: usize) -> Result<(), Error> {
        let Some((id, path, ops)) = self.phone.screen.take() else { return Ok(()) };
        let of_words = !["state", "lifecycle", "town", "land_type"].contains(&path.as_str()) && !path.contains("since");
        let choice = match choice % 3 {
            0 if of_words => Choice::Value(self.value.clone()),
            choice => Choice::Keep(choice % 2),
        };
        let now = &*self.now;
        self.phone.store.write(|w| capture::resolve(w, now, id, &path, &choice, Some(ops)))
    }

    fn remark(&mut self, pick: usize) -> Result<(), Error> {
        let Some(key) = self.pick(pick, &[DocType::Inspection]) else { return Ok(()) };
        let (now, text) = (&mut *self.now, self.value.clone());
        self.phone.store.write(|w| capture::remark(w, now, key.id, "findings", &text, false)).map(|_| ())
    }
}
