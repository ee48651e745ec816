//! What ledgers show of documents: one row each, so that a million of them are filtered, sorted and counted in SQL.

use domain::sync::Scope;
use domain::{DocId, DocType};

use super::Stored;

/// What a ledger shows of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Which document.
    pub doc: DocId,
    /// Its type.
    pub doc_type: DocType,
    /// Its kind.
    pub kind: String,
    /// The township that is displayed; empty without one.
    pub town: String,
    /// What it is called.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// Whether people disagree about the state.
    pub contested: bool,
    /// How many paths hold more than one value.
    pub conflicts: u32,
    /// Whether it was deleted.
    pub deleted: bool,
    /// The values of the form's columns, a JSON object by path.
    pub columns: String,
    /// When it last changed, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// What a ledger is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// When it last changed.
    #[default]
    Updated,
    /// What it is called.
    Title,
    /// The township, then the title.
    Town,
    /// The state, then when it last changed.
    State,
}

/// Which rows of a ledger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SummaryQuery {
    /// Only in these scopes; `None` is all.
    pub scopes: Option<Vec<Scope>>,
    /// Of this type.
    pub doc_type: DocType,
    /// Of this kind.
    pub kind: String,
    /// Only of these townships; empty is all.
    pub towns: Vec<String>,
    /// Only in these states; empty is all.
    pub states: Vec<String>,
    /// Only changed since, milliseconds since 1970.
    pub since_ms: Option<i64>,
    /// Only with this text.
    pub search: Option<String>,
    /// The order.
    pub order: Order,
    /// The other way round.
    pub descending: bool,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

/// Summaries of documents.
pub trait Summaries {
    /// Adds a summary or replaces it.
    fn set_summary(&self, summary: &Summary) -> Stored<()>;
    /// The rows of a ledger.
    fn find_summaries(&self, query: &SummaryQuery) -> Stored<Vec<Summary>>;
    /// How many there are in each state, whatever states the query names. Of a text of three characters and more that may be
    /// in very many rows, those are counted that have all its pairs of characters.
    fn count_summaries(&self, query: &SummaryQuery) -> Stored<Vec<(String, u64)>>;
}
