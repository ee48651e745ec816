//! A device of a run: the real store in memory, with the copies that were made of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use device::store::Store;
use domain::forms::Catalogue;
use domain::{DocId, OpId};

use super::broken::{Broken, Held, Invariant, unexpected};
use super::oracle::{Oracle, SaveId};

/// One device.
pub struct Phone {
    /// Its store.
    pub store: Store,
    /// Who works with it.
    pub person: usize,
    /// How far its clock is off, milliseconds.
    pub offset_ms: i64,
    /// The conflict on its screen: where, and the writes that were shown.
    pub screen: Option<(DocId, String, Vec<OpId>)>,
    /// What was saved on it and is not lost with it.
    pub saves: BTreeSet<SaveId>,
    /// Its present chain.
    pub own: BTreeMap<OpId, SaveId>,
    copy: Option<Copy>,
}

struct Copy {
    store: Store,
    saves: BTreeSet<SaveId>,
}

impl Phone {
    /// A device with an empty store.
    pub fn new(person: usize, now: &mut device::Now) -> Held<Self> {
        // One catalogue for all: a home has what ships until a server gives it others.
        static SHIPPED: std::sync::LazyLock<Arc<Catalogue>> =
            std::sync::LazyLock::new(|| Arc::new(Catalogue::embedded().clone()));
        let store = Store::in_memory(SHIPPED.clone(), now).map_err(unexpected("a store"))?;
        Ok(Self { store, person, offset_ms: 0, screen: None, saves: BTreeSet::new(), own: BTreeMap::new(), copy: None })
    }

    /// The token it was given; none before it is enrolled.
    pub fn token(&self) -> Held<Option<String>> {
        Ok(self.store.server().map_err(unexpected("the server's address"))?.map(|(_, token)| token))
    }

    /// Its process ends and starts again on what is committed.
    pub fn restart(&mut self, oracle: &Oracle) -> Held {
        self.store = self.store.copy_in_memory().map_err(unexpected("a store opens again"))?;
        self.screen = None;
        self.read_chain(oracle)
    }

    /// Somebody copies its home.
    pub fn copy(&mut self) -> Held {
        let store = self.store.copy_in_memory().map_err(unexpected("a copy of a home"))?;
        self.copy = Some(Copy { store, saves: self.saves.clone() });
        Ok(())
    }

    /// Whether a store of this device holds a change with this very content.
    pub fn holds(&self, op: OpId, save: SaveId, oracle: &Oracle) -> bool {
        held(&self.store, op, save, oracle)
    }

    /// The same of the copy.
    pub fn copy_holds(&self, op: OpId, save: SaveId, oracle: &Oracle) -> bool {
        self.copy.as_ref().is_some_and(|copy| held(&copy.store, op, save, oracle))
    }

    /// Its home is put back from the copy.
    pub fn put_back(&mut self, oracle: &Oracle) -> Held {
        let Some(copy) = &self.copy else { return Ok(()) };
        self.store = copy.store.copy_in_memory().map_err(unexpected("a home is put back"))?;
        self.saves.clone_from(&copy.saves);
        self.screen = None;
        self.read_chain(oracle)
    }

    /// The power goes instead of a commit, counted from 0; gives how many commits were asked for.
    pub fn die_at(&mut self, commit: u32) -> Held<Arc<AtomicU32>> {
        let asked = Arc::new(AtomicU32::new(0));
        let count = Arc::clone(&asked);
        let hook = move || count.fetch_add(1, Ordering::SeqCst) >= commit;
        self.store.fail_commits(hook).map_err(unexpected("a power cut"))?;
        Ok(asked)
    }

    /// Reads its chain again, and whether everything that was saved is still there.
    pub fn read_chain(&mut self, oracle: &Oracle) -> Held {
        self.own = chain_of(&self.store, oracle)?;
        Ok(())
    }

    /// Whether everything that was saved is there.
    pub fn check_saved(&self, oracle: &Oracle, published: impl Fn(SaveId) -> Option<OpId>) -> Held {
        let here: BTreeSet<SaveId> = self.own.values().copied().collect();
        for &save in self.saves.difference(&here) {
            // A change that kept an earlier number.
            if published(save).is_some_and(|op| self.holds(op, save, oracle)) {
                continue;
            }
            return Err(Broken::new(Invariant::SavedStays, format!("save {save} is gone from its device")));
        }
        match here.difference(&self.saves).next() {
            Some(save) => Err(Broken::new(Invariant::SavedStays, format!("save {save} came back to its device"))),
            None => Ok(()),
        }
    }
}

fn held(store: &Store, op: OpId, save: SaveId, oracle: &Oracle) -> bool {
    let change = store.change(op).ok().flatten();
    change.is_some_and(|change| oracle.at(change.wall.unix_ms) == Some(save))
}

fn chain_of(store: &Store, oracle: &Oracle) -> Held<BTreeMap<OpId, SaveId>> {
    let head = store.have().map_err(unexpected("a head"))?.head;
    if head == 0 {
        return Ok(BTreeMap::new());
    }
    let changes = store.own_changes(1..=head, usize::MAX).map_err(unexpected("own changes"))?;
    let known = |change: &domain::change::Change| {
        let save = oracle.at(change.wall.unix_ms);
        let save = save.ok_or_else(|| Broken::new(Invariant::SavedStays, "a device has a change nobody made"))?;
        Ok((change.id(), save))
    };
    changes.iter().map(known).collect()
}
