//! The sync planner: what I have and what you told me decide what to send next. Pure; a transport carries it out.

use std::ops::RangeInclusive;

use super::message::{Standing, SyncResponse};
use crate::change::Hash;
use crate::ids::Seq;

/// What a device has, as far as syncing goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Have {
    /// How many changes it has made.
    pub head: Seq,
    /// The last acknowledged of them.
    pub acked: Seq,
    /// The server's history it knows.
    pub epoch: Option<[u8; 16]>,
}

/// What the device records of an answer before it goes on; all of it in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// The server has everything up to here.
    Acked(Seq),
    /// The server lost what came after this: send it again.
    Lost(Seq),
    /// Another history: cursors start over, photo receipts are void.
    Epoch([u8; 16]),
    /// Take a new number for every own change after this one.
    Renumber(Seq),
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Send these changes (all that fit), and ask for a page in the same round trip.
    Exchange {
        /// The numbers to send; `None` if there is nothing to send.
        push: Option<RangeInclusive<Seq>>,
    },
    /// Ask for a new number, re-number, and start again.
    Renumber {
        /// The last change that keeps its number.
        common: Seq,
    },
    /// Both sides have everything.
    Done,
}

/// The first step of a sync.
#[must_use]
pub fn start(have: &Have) -> Step {
    Step::Exchange { push: unsent(have.acked, have.head) }
}

/// What an answer means for the device. `hash_at` gives the hash of one of its own changes, if it has that change.
///
/// Trusts the server's numbers only where its hash agrees with the device's own chain.
pub fn note(have: &Have, answer: &SyncResponse, hash_at: impl Fn(Seq) -> Option<Hash>) -> Vec<Note> {
    let mut notes = Vec::new();
    if have.epoch != Some(answer.epoch) {
        notes.push(Note::Epoch(answer.epoch));
    }
    notes.push(match answer.standing {
        Standing::Forked { common } => Note::Renumber(common.min(have.head)),
        // The server knows more than this device ever did, or something else: the device was restored from a copy.
        Standing::Acked { head, hash } if hash_at(head) != Some(hash) => Note::Renumber(have.acked.min(head)),
        Standing::Acked { head, .. } if head < have.acked => Note::Lost(head),
        Standing::Acked { head, .. } => Note::Acked(head),
    });
    notes
}

/// The step after an answer was noted; `have` is the state after the notes.
#[must_use]
pub fn next(have: &Have, notes: &[Note], more: bool) -> Step {
    let renumber = notes.iter().find_map(|n| match n {
        Note::Renumber(common) => Some(*common),
        _ => None,
    });
    if let Some(common) = renumber {
        return Step::Renumber { common };
    }
    let push = unsent(have.acked, have.head);
    let again = more || push.is_some() || notes.iter().any(|n| matches!(n, Note::Epoch(_)));
    if again { Step::Exchange { push } } else { Step::Done }
}

fn unsent(acked: Seq, head: Seq) -> Option<RangeInclusive<Seq>> {
    (head > acked).then(|| acked + 1..=head)
}
