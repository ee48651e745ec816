//! The real planner, stores and server in one process under a seeded schedule of everything that goes wrong in valleys:
//! links that lose, repeat and damage, processes that die between any two commits, clocks that jump, homes and servers
//! that are put back from copies, users whose townships and roles change.
//!
//! `docs/simulation.md` says how to run it and what it found.

mod broken;
mod campaign;
mod capture;
mod dice;
mod generate;
mod invariants;
mod kept;
mod link;
mod oracle;
mod phone;
mod relay;
mod schedule;
mod scope;
mod server;
mod shrink;
mod world;

pub use broken::{Broken, Held, Invariant};
pub use campaign::{Campaign, Failure};
pub use dice::Dice;
pub use kept::Kept;
pub use schedule::Schedule;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};

use self::world::World;

/// Runs a schedule to its end; gives a number that stands for everything that came of it.
///
/// # Errors
/// The first promise that was broken.
pub fn play(schedule: &Schedule) -> Held<u64> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        let mut world = World::new(schedule)?;
        for event in &schedule.events {
            world.step(event)?;
        }
        world.settle()?;
        let mut trace = DefaultHasher::new();
        world.published.iter().for_each(|(op, published)| (op, published.hash, published.save).hash(&mut trace));
        for phone in world.phones.iter().flatten() {
            format!("{:?}", world.digest_of(phone)?).hash(&mut trace);
        }
        Ok(trace.finish())
    }));
    played.unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(|t| (*t).to_owned())).unwrap_or_default();
        Err(Broken::new(Invariant::NothingBreaks, format!("panicked: {text}")))
    })
}
