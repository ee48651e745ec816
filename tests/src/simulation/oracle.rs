//! What must be left in the end, worked out from who had seen what and from nothing of the product's own merging.
//!
//! A save is known by its wall time, which is unique in a run: its number may change, its value may be common.

use std::collections::{BTreeMap, BTreeSet};

use domain::change::{Change, DocKey};
use domain::{DocId, Value};

/// A save, by its place in [`Oracle`].
pub type SaveId = usize;
/// One register.
pub type Place = (DocId, String);

/// What one save did.
#[derive(Debug)]
pub struct Save {
    /// The device it was made on.
    pub device: usize,
    /// What it wrote, with everything the person had seen of each register, directly and through others.
    pub writes: BTreeMap<Place, Write>,
}

/// One write.
#[derive(Debug)]
pub struct Write {
    /// The value.
    pub value: Value,
    /// The saves it had seen.
    pub seen: BTreeSet<SaveId>,
}

/// Every save that was ever made.
#[derive(Debug, Default)]
pub struct Oracle {
    saves: Vec<Save>,
    by_wall: BTreeMap<i64, SaveId>,
    docs: Vec<DocKey>,
}

impl Oracle {
    /// Notes a save; `shown` says which saves stood in each register before.
    pub fn note(&mut self, device: usize, change: &Change, shown: impl Fn(&Place) -> BTreeSet<SaveId>) -> SaveId {
        let id = self.saves.len();
        let mut writes = BTreeMap::new();
        for (key, path, put) in change.puts() {
            if !self.docs.iter().any(|known| known.id == key.id) {
                self.docs.push(key.clone());
            }
            let place = (key.id, path.to_owned());
            let mut seen = shown(&place);
            for direct in seen.clone() {
                seen.extend(self.saves[direct].writes.get(&place).into_iter().flat_map(|w| &w.seen));
            }
            writes.insert(place, Write { value: put.value, seen });
        }
        self.saves.push(Save { device, writes });
        self.by_wall.insert(change.wall.unix_ms, id);
        id
    }

    /// The save that was made at a wall time.
    #[must_use]
    pub fn at(&self, wall_unix_ms: i64) -> Option<SaveId> {
        self.by_wall.get(&wall_unix_ms).copied()
    }

    /// One save.
    #[must_use]
    pub fn save(&self, id: SaveId) -> &Save {
        &self.saves[id]
    }

    /// Every document anybody made, in the order they came to be.
    #[must_use]
    pub fn docs(&self) -> &[DocKey] {
        &self.docs
    }

    /// What must stand in every register if exactly these saves count: those that none of the others had seen.
    #[must_use]
    pub fn expected(&self, counting: &BTreeSet<SaveId>) -> BTreeMap<Place, BTreeSet<SaveId>> {
        let mut written: BTreeMap<&Place, Vec<(SaveId, &Write)>> = BTreeMap::new();
        for &id in counting {
            for (place, write) in &self.saves[id].writes {
                written.entry(place).or_default().push((id, write));
            }
        }
        let surviving = |writes: Vec<(SaveId, &Write)>| {
            let seen: BTreeSet<SaveId> = writes.iter().flat_map(|(_, w)| &w.seen).copied().collect();
            writes.into_iter().map(|(id, _)| id).filter(|id| !seen.contains(id)).collect()
        };
        written.into_iter().map(|(place, writes)| (place.clone(), surviving(writes))).collect()
    }
}
