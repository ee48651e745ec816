//! What a record still lacks and how its values stand to their limits.

use domain::DocId;
use domain::forms::{PathVerdict, Problem};
use serde::Serialize;

use crate::error::Result;
use crate::store::Store;

/// The outcome of a check.
#[derive(Clone, Debug, Serialize)]
pub struct Checked {
    /// Whether nothing holds the record up.
    pub valid: bool,
    /// What to mend, in the order of the form.
    pub problems: Vec<Problem>,
    /// What was judged.
    pub verdicts: Vec<Judged>,
}

/// A judgement with its field.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    /// The field.
    pub path: String,
    /// The verdict with its evidence.
    #[serde(flatten)]
    pub judgement: domain::judgement::Judgement,
}

impl From<PathVerdict> for Judged {
    fn from(v: PathVerdict) -> Self {
        Self { path: v.path, judgement: v.judgement }
    }
}

/// Checks a record by its form.
///
/// # Errors
/// When it is not here.
pub fn check(store: &Store, id: DocId) -> Result<Checked> {
    let seen = store.reader().view(id)?;
    let valid = seen.evaluation.is_valid();
    let verdicts = seen.evaluation.verdicts.into_iter().map(Judged::from).collect();
    Ok(Checked { valid, problems: seen.evaluation.problems, verdicts })
}
