//! Merged documents: their registers, what is shown of them in lists, and which scopes they stand in.

use domain::change::DocKey;
use domain::register::{Clock, Put};
use domain::sync::Scope;
use domain::{DocId, DocType, OpId, Seq, UserId};
use serde::{Deserialize, Serialize};

use super::{Pos, Stored};

/// What a list shows of a document, and what syncing needs to know of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocHead {
    /// What it is.
    pub key: DocKey,
    /// The version of the form it was last written with.
    pub form_version: u32,
    /// Who made it: its own scope is that user's.
    pub creator: UserId,
    /// What it is called.
    pub title: String,
    /// Its state, if it has one.
    pub state: String,
    /// Its townships, separated by spaces.
    pub towns: String,
    /// Its text, for searching.
    pub text: String,
    /// How many paths hold more than one value.
    pub conflicts: u32,
    /// Whether it was deleted.
    pub deleted: bool,
    /// When it came to be, in the server's order.
    pub created_pos: Pos,
    /// When it last changed, in the server's order.
    pub changed_pos: Pos,
    /// When it last changed, milliseconds since 1970.
    pub updated_at_ms: i64,
}

/// One surviving write of one register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterRow {
    /// Which register.
    pub path: String,
    /// The write.
    pub put: Put,
    /// When it was merged, in the server's order.
    pub pos: Pos,
}

/// A document's place in a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScopeRow {
    /// Which document.
    pub doc: DocId,
    /// When it last changed.
    pub changed: Pos,
    /// When it came into this scope.
    pub entered: Pos,
    /// Whether it has left since.
    pub gone: bool,
}

/// One write of a document's state, kept after others replaced it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StateWrite {
    /// Which change.
    pub op: OpId,
    /// The state.
    pub state: String,
    /// What it had seen, with its own entry.
    pub clock: Clock,
}

/// Which documents a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DocQuery {
    /// Only in these scopes; `None` is all.
    pub scopes: Option<Vec<Scope>>,
    /// Only of this type.
    pub doc_type: Option<DocType>,
    /// Only of this kind.
    pub kind: Option<String>,
    /// Only of this township.
    pub town: Option<String>,
    /// Only in this state.
    pub state: Option<String>,
    /// Only with this text.
    pub search: Option<String>,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

/// Documents, registers and scopes.
pub trait Documents {
    /// One document's head.
    fn doc(&self, id: DocId) -> Stored<Option<DocHead>>;
    /// What a document is, and the version of the form it was last written with.
    fn doc_key(&self, id: DocId) -> Stored<Option<(DocKey, u32)>>;
    /// Adds a head or replaces it.
    fn set_doc(&self, head: &DocHead) -> Stored<()>;
    /// All documents, by id, for checking: those after one, at most so many.
    fn docs_after(&self, after: Option<DocId>, limit: usize) -> Stored<Vec<DocId>>;
    /// The documents of a list, last changed first, and how many there are in all.
    fn find_docs(&self, query: &DocQuery) -> Stored<(Vec<DocHead>, u64)>;
    /// The surviving writes of all registers of a document, by path.
    fn registers(&self, doc: DocId) -> Stored<Vec<RegisterRow>>;
    /// Sets them.
    fn set_registers(&self, doc: DocId, rows: &[RegisterRow]) -> Stored<()>;
    /// An applied change wrote to this document what only a later version understands.
    fn add_unknown_write(&self, doc: DocId, op: OpId, pos: Pos) -> Stored<()>;
    /// Those changes, each with when it was merged, in the server's order.
    fn unknown_writes(&self, doc: DocId) -> Stored<Vec<(OpId, Pos)>>;
    /// Keeps a write of a document's state.
    fn add_state_write(&self, doc: DocId, write: &StateWrite) -> Stored<()>;
    /// All writes of a document's state.
    fn state_writes(&self, doc: DocId) -> Stored<Vec<StateWrite>>;

    /// The documents this one follows, as its registers name them.
    fn set_parents(&self, doc: DocId, parents: &[DocId]) -> Stored<()>;
    /// The documents that follow one, at most so many.
    fn children(&self, doc: DocId, limit: usize) -> Stored<Vec<DocId>>;
    /// The scopes a document stands in now.
    fn scopes(&self, doc: DocId) -> Stored<Vec<Scope>>;
    /// A document stands in exactly these scopes from a position on; those it stands in no longer remember that it left.
    fn set_scopes(&self, doc: DocId, scopes: &[Scope], pos: Pos) -> Stored<()>;
    /// Something about a document changed that its devices must learn.
    fn touch(&self, doc: DocId, pos: Pos) -> Stored<()>;
    /// What changed in one scope after a position, in order, at most so many; `None` is the whole ledger.
    fn changed(&self, scope: Option<&str>, after: Pos, limit: usize) -> Stored<Vec<ScopeRow>>;
    /// Every document that ever stood in a scope, by id after one, at most so many; `None` is the whole ledger.
    fn ever_in(&self, scope: Option<&str>, after: Option<DocId>, limit: usize) -> Stored<Vec<DocId>>;
    /// How many changes wait and how many documents there are: for the metrics.
    fn counts(&self) -> Stored<(Seq, u64)>;
}
