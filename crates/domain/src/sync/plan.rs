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
        Standing::Acked { head, hash, sure } if hash_at(head) != Some(hash) => Note::Renumber(sure.min(have.head)),
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

#[cfg(test)]
mod tests {
    use super::*;

    const MINE: Hash = [1; 32];
    const FOREIGN: Hash = [2; 32];

    fn have(head: Seq, acked: Seq) -> Have {
        Have { head, acked, epoch: Some([9; 16]) }
    }

    fn answer(standing: Standing) -> SyncResponse {
        SyncResponse {
            epoch: [9; 16],
            now_unix_ms: 0,
            standing,
            refused: Vec::new(),
            waiting: Vec::new(),
            page: None,
            user: None,
            other_forms: false,
            relayed: Vec::new(),
        }
    }

    fn acked(head: Seq, hash: Hash, sure: Seq) -> SyncResponse {
        answer(Standing::Acked { head, hash, sure })
    }

    fn own_chain(head: Seq) -> impl Fn(Seq) -> Option<Hash> {
        move |seq| (seq <= head).then_some(MINE)
    }

    #[test]
    fn what_is_unsent_goes_first_and_one_round_trip_ends_it() {
        assert_eq!(start(&have(3, 1)), Step::Exchange { push: Some(2..=3) });
        let notes = note(&have(3, 1), &acked(3, MINE, 3), own_chain(3));
        assert_eq!(notes, [Note::Acked(3)]);
        assert_eq!(next(&have(3, 3), &notes, false), Step::Done);
        assert_eq!(next(&have(3, 3), &notes, true), Step::Exchange { push: None });
    }

    #[test]
    fn what_a_restored_server_lost_is_sent_again() {
        let notes = note(&have(9, 9), &acked(4, MINE, 4), own_chain(9));
        assert_eq!(notes, [Note::Lost(4)]);
        assert_eq!(next(&have(9, 4), &notes, false), Step::Exchange { push: Some(5..=9) });
    }

    #[test]
    fn a_copy_takes_a_new_number_after_the_last_that_is_surely_shared() {
        let forked = note(&have(5, 2), &answer(Standing::Forked { common: 2 }), own_chain(5));
        assert_eq!(next(&have(5, 2), &forked, false), Step::Renumber { common: 2 });
        // The server lost some, and a copy of this device filled the numbers again.
        let foreign = note(&have(12, 10), &acked(6, FOREIGN, 4), own_chain(12));
        assert_eq!(foreign, [Note::Renumber(4)]);
        let longer = note(&have(5, 5), &acked(8, FOREIGN, 5), own_chain(5));
        assert_eq!(longer, [Note::Renumber(5)]);
    }

    #[test]
    fn another_history_is_noted_before_anything_else_and_read_from_the_start() {
        let known = Have { epoch: None, ..have(1, 0) };
        let notes = note(&known, &acked(1, MINE, 0), own_chain(1));
        assert_eq!(notes, [Note::Epoch([9; 16]), Note::Acked(1)]);
        assert_eq!(next(&have(1, 1), &notes, false), Step::Exchange { push: None });
    }
}
