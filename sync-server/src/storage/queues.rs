//! What waits for a person: rows that a queue shows, filtered and paged by the database.

use domain::sync::Scope;

use super::{DocHead, Stored};

/// What documents wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Queue {
    /// Somebody to decide between values that stand beside each other.
    Conflicts,
    /// A submitted inspection for a review.
    Reviews,
    /// A site for what should have been done by its deadline.
    Overdue,
}

/// Which rows of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueQuery {
    /// Which queue.
    pub queue: Queue,
    /// Only in these scopes; `None` is all.
    pub scopes: Option<Vec<Scope>>,
    /// Only of these townships; empty is all.
    pub towns: Vec<String>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only changed since, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only with this text.
    pub search: Option<String>,
    /// Overdue is what has a deadline before this day, `2026-11-23`.
    pub today: String,
    /// Overdue is what is in one of these states, each `kind/state`.
    pub open: Vec<String>,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

/// How many rows of a queue lie in a township.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueCount {
    /// The township; empty without one.
    pub town: String,
    /// So many.
    pub count: u64,
    /// So many of them with a state in conflict.
    pub contested: u64,
    /// When the one that waits longest last changed, milliseconds since 1970.
    pub oldest_ms: i64,
}

/// Queues of documents.
pub trait Queues {
    /// The rows of a queue, states in conflict first, then what waits longest.
    fn queued(&self, query: &QueueQuery) -> Stored<Vec<DocHead>>;
    /// How many there are, by township.
    fn count_queued(&self, query: &QueueQuery) -> Stored<Vec<QueueCount>>;
}
