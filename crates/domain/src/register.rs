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

/// What one path of one document holds: one value, or several that nobody has reconciled.
#[derive(Clone, Debug, Default)]
pub struct Register {
    /// The surviving writes, latest first. Nearly always one: then there is nothing to merge, and nothing is.
    puts: Vec<Put>,
}

impl Register {
    /// A register from its surviving writes as they were stored, latest first: nothing is merged again.
    #[must_use]
    pub fn stored(survivors: Vec<Put>) -> Self {
        Self { puts: survivors }
    }

    /// Merges one write; order and repetition do not matter.
    pub fn apply(&mut self, put: Put) {
        if put.clock.0.get(&put.op.actor) != Some(&put.op.seq) || self.puts.iter().any(|known| known.op == put.op) {
            return; // malformed (refused long before here) or already merged
        }
        if self.puts.is_empty() {
            self.puts.push(put);
            return;
        }
        let mut merged: MVReg<OpId, u32> = MVReg::new();
        for each in self.puts.iter().chain([&put]) {
            merged.apply(mvreg::Op::Put { clock: each.clock.to_vclock(), val: each.op });
        }
        let survivors = merged.read().val;
        self.puts.push(put);
        self.puts.retain(|each| survivors.contains(&each.op));
        self.puts.sort_by_key(|each| std::cmp::Reverse((each.hlc, each.op)));
    }

    /// The surviving writes, latest first (hybrid clock, then device): the same order on every replica.
    #[must_use]
    pub fn survivors(&self) -> &[Put] {
        &self.puts
    }

    /// The same, to keep.
    #[must_use]
    pub fn puts(&self) -> Vec<Put> {
        self.puts.clone()
    }

    /// The distinct values, latest first; more than one is a conflict. Equal concurrent values count once.
    #[must_use]
    pub fn distinct(&self) -> Vec<&Put> {
        let mut distinct: Vec<&Put> = Vec::with_capacity(self.puts.len());
        for put in &self.puts {
            if !distinct.iter().any(|kept| kept.value.same_as(&put.value)) {
                distinct.push(put);
            }
        }
        distinct
    }

    /// The same, to keep.
    #[must_use]
    pub fn candidates(&self) -> Vec<Put> {
        self.distinct().into_iter().cloned().collect()
    }

    /// The context of a write that has seen everything here.
    #[must_use]
    pub fn context(&self) -> Clock {
        self.puts.iter().fold(Clock::default(), |all, put| all.join(&put.clock))
    }

    /// The context of a write that has seen only the named writes (those on screen when a person decided) and, as
    /// every write has, what its own device wrote before.
    #[must_use]
    pub fn context_of(&self, seen: &[OpId], own: ActorId) -> Clock {
        let named = self.puts.iter().filter(|put| seen.contains(&put.op) || put.op.actor == own);
        named.fold(Clock::default(), |all, put| all.join(&put.clock))
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
