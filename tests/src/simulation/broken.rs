//! A broken promise: which one, and what was seen.

use std::fmt;

/// What must hold always, eventually or at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// Always: what was acknowledged is stored.
    AcknowledgedIsDurable,
    /// Always: a number stands for one content, for ever.
    OneContentPerNumber,
    /// Always: nobody is sent what his scope forbids.
    NobodySeesTooMuch,
    /// Always: what was saved is there after a restart.
    SavedStays,
    /// Always: damaged bytes change nothing.
    DamageIsRefused,
    /// Always: on a good link, and from an honest device, a sync works.
    SyncWorks,
    /// Always: nothing panics and no storage fails.
    NothingBreaks,
    /// Eventually: everything written is on the server.
    OutboxesEmpty,
    /// Eventually: a device has what its user may see, and what the server has of it.
    DevicesAgree,
    /// At the end: no concurrent value is lost and no conflict is false.
    NothingLostNothingFalse,
    /// At the end: what was refused is listed where it was written, and nothing else is.
    RefusalsAreListed,
    /// At the end: the server finds nothing wrong with itself.
    ServerIsWhole,
}

/// One broken promise.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Which.
    pub invariant: Invariant,
    /// What was seen.
    pub what: String,
}

impl Broken {
    /// A broken promise.
    pub fn new(invariant: Invariant, what: impl Into<String>) -> Self {
        Self { invariant, what: what.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.invariant, self.what)
    }
}

/// What every step gives.
pub type Held<T = ()> = Result<T, Broken>;

/// Turns a fault of the product that no schedule excuses into a broken promise.
pub(super) fn unexpected<E: fmt::Debug>(doing: &str) -> impl FnOnce(E) -> Broken + '_ {
    move |error| Broken::new(Invariant::NothingBreaks, format!("{doing}: {error:?}"))
}
