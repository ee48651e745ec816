//! One register: what one path of one document holds, as `crdts::MVReg` merges it.
//!
//! The crate's map, set and last-writer types do not hold what we promise (`docs/architecture.md`), so this is the
//! only place that knows the crate. A register is stored and sent as its surviving [`Put`]s; applying them in any
//! order, any number of times, gives the same register again.

use std::collections::BTreeMap;

use crdts::{CmRDT, MVReg, VClock, mvreg};
use serde::{Deserialize, Serialize};

use crate::clock::Hlc;
use crate::ids::{ActorId, OpId, Seq};
use crate::sync::room;
use crate::value::Value;

/// Most devices that one register's clock may name; more have never written one field.
pub const CLOCK_ENTRIES_MAX: usize = 512;

/// What a write had seen of its register: for each device, its last write.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Clock(#[serde(deserialize_with = "room::map")] pub BTreeMap<ActorId, Seq>);

impl Clock {
    /// This clock with the writer's own entry.
    #[must_use]
    pub fn with(mut self, op: OpId) -> Self {
        let entry = self.0.entry(op.actor).or_insert(0);
        *entry = (*entry).max(op.seq);
        self
    }

    /// This clock without the entry of one device.
    #[must_use]
    pub fn without(mut self, actor: ActorId) -> Self {
        self.0.remove(&actor);
        self
    }

    /// Both.
    #[must_use]
    pub fn join(mut self, other: &Self) -> Self {
        for (&actor, &seq) in &other.0 {
            self = self.with(OpId { actor, seq });
        }
        self
    }

    /// Whether a write is among what was seen.
    #[must_use]
    pub fn covers(&self, op: OpId) -> bool {
        self.0.get(&op.actor).is_some_and(|&seq| seq >= op.seq)
    }

    /// The writes it names.
    pub fn ops(&self) -> impl Iterator<Item = OpId> + '_ {
        self.0.iter().map(|(&actor, &seq)| OpId { actor, seq })
    }

    fn to_vclock(&self) -> VClock<u32> {
        VClock { dots: self.0.iter().map(|(a, &s)| (a.0, s)).collect() }
    }
}

/// One write of one register, whole: enough to rebuild the register anywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Put {
    /// The change that wrote it.
    pub op: OpId,
    /// When, for the order of display only.
    pub hlc: Hlc,
    /// What it had seen, with its own entry.
    pub clock: Clock,
    /// What it wrote.
    pub value: Value,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Tagged {
    op: OpId,
    hlc: Hlc,
    value: Value,
}

/// What one path of one document holds: one value, or several that nobody has reconciled.
#[derive(Clone, Debug, Default)]
pub struct Register {
    merged: MVReg<Tagged, u32>,
    /// The clocks of the survivors by their tag: the crate keeps them private.
    clocks: BTreeMap<OpId, Clock>,
}

impl Register {
    /// Merges one write; order and repetition do not matter.
    pub fn apply(&mut self, put: Put) {
        if put.clock.0.get(&put.op.actor) != Some(&put.op.seq) || self.clocks.contains_key(&put.op) {
            return; // malformed (refused long before here) or already merged
        }
        let Put { op, hlc, clock, value } = put;
        self.merged.apply(mvreg::Op::Put { clock: clock.to_vclock(), val: Tagged { op, hlc, value } });
        self.clocks.insert(op, clock);
        let survivors: Vec<OpId> = self.tagged().iter().map(|t| t.op).collect();
        self.clocks.retain(|op, _| survivors.contains(op));
    }

    /// The surviving writes, latest first (hybrid clock, then device): the same order on every replica.
    #[must_use]
    pub fn puts(&self) -> Vec<Put> {
        let mut tagged = self.tagged();
        tagged.sort_by_key(|t| std::cmp::Reverse((t.hlc, t.op)));
        let clock = |op: &OpId| self.clocks.get(op).expect("every survivor's clock is kept").clone();
        tagged.into_iter().map(|t| Put { op: t.op, hlc: t.hlc, clock: clock(&t.op), value: t.value }).collect()
    }

    /// The distinct values, latest first; more than one is a conflict. Equal concurrent values count once.
    #[must_use]
    pub fn candidates(&self) -> Vec<Put> {
        let mut distinct: Vec<Put> = Vec::new();
        for put in self.puts() {
            if !distinct.iter().any(|kept| kept.value.same_as(&put.value)) {
                distinct.push(put);
            }
        }
        distinct
    }

    /// The context of a write that has seen everything here.
    #[must_use]
    pub fn context(&self) -> Clock {
        self.clocks.values().fold(Clock::default(), |all, clock| all.join(clock))
    }

    /// The context of a write that has seen only the named writes (those on screen when a person decided) and, as
    /// every write has, what its own device wrote before.
    #[must_use]
    pub fn context_of(&self, seen: &[OpId], own: ActorId) -> Clock {
        let named = self.clocks.iter().filter(|(op, _)| seen.contains(op) || op.actor == own);
        named.fold(Clock::default(), |all, (_, clock)| all.join(clock))
    }

    fn tagged(&self) -> Vec<Tagged> {
        self.merged.read().val
    }
}

impl FromIterator<Put> for Register {
    fn from_iter<I: IntoIterator<Item = Put>>(puts: I) -> Self {
        let mut register = Self::default();
        puts.into_iter().for_each(|put| register.apply(put));
        register
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(actor: u32, seq: u64, seen: &Clock, text: &str) -> Put {
        let op = OpId { actor: ActorId(actor), seq };
        Put { op, hlc: Hlc(seq), clock: seen.clone().with(op), value: Value::text(text) }
    }

    #[test]
    fn concurrent_values_both_survive_and_equal_ones_are_no_conflict() {
        let none = Clock::default();
        let different: Register = [put(1, 1, &none, "a"), put(2, 1, &none, "b")].into_iter().collect();
        assert_eq!(different.candidates().len(), 2);
        let equal: Register = [put(1, 1, &none, "a"), put(2, 1, &none, "a")].into_iter().collect();
        assert_eq!(equal.candidates().len(), 1);
        assert_eq!(equal.puts().len(), 2);
    }

    #[test]
    fn a_decision_replaces_only_what_was_on_screen() {
        let none = Clock::default();
        let mut register: Register = [put(1, 1, &none, "a"), put(2, 1, &none, "b")].into_iter().collect();
        let on_screen: Vec<OpId> = register.puts().iter().map(|p| p.op).collect();
        let context = register.context_of(&on_screen, ActorId(1));
        register.apply(put(3, 1, &none, "late"));
        register.apply(put(1, 2, &context, "decided"));
        let left: Vec<Value> = register.candidates().into_iter().map(|p| p.value).collect();
        assert_eq!(left.len(), 2);
        assert!(left.contains(&Value::text("decided")) && left.contains(&Value::text("late")));
    }

    #[test]
    fn an_old_write_that_arrives_late_does_not_come_back() {
        let first = put(1, 1, &Clock::default(), "old");
        let second = put(2, 1, &first.clock, "new");
        let register: Register = [second, first].into_iter().collect();
        assert_eq!(register.puts().len(), 1);
        assert_eq!(register.puts()[0].value, Value::text("new"));
    }
}
