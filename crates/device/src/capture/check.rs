//! What a record still lacks and how its values stand to their limits.

use chrono::{DateTime, FixedOffset};
use domain::forms::{Label, PathVerdict, Problem, Severity};
use domain::{DocId, DocType, Values};
use serde::Serialize;

use crate::error::Result;
use crate::store::{ListQuery, Store};

/// How many inspections with the same certificate number are compared, the latest first.
const OTHERS_MAX: usize = 200;

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
    let mut problems = seen.evaluation.problems;
    if seen.loaded.document.key.doc_type == DocType::Inspection {
        problems.extend(overlaps(store, id, &seen.values)?);
    }
    let verdicts = seen.evaluation.verdicts.into_iter().map(Judged::from).collect();
    Ok(Checked { valid, problems, verdicts })
}

/// Warns of officers who are in another inspection at the same time; it may be a slip of the pen or of a clock.
fn overlaps(store: &Store, id: DocId, values: &Values) -> Result<Vec<Problem>> {
    let Some(own) = Visit::of(values) else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    for (path, certificate) in certificates(values) {
        let search = Some(certificate.to_owned());
        let query =
            ListQuery { doc_type: Some(DocType::Inspection), search, limit: OTHERS_MAX, ..ListQuery::default() };
        for other in store.list(&query)?.rows.into_iter().filter(|row| row.id != id) {
            let there = store.reader().view(other.id)?.values;
            let same = certificates(&there).any(|(_, number)| number == certificate);
            if same && Visit::of(&there).is_some_and(|visit| visit.overlaps(&own)) {
                problems.push(overlap(path, certificate, &other.title));
            }
        }
    }
    Ok(problems)
}

fn overlap(path: &str, certificate: &str, other: &str) -> Problem {
    Problem {
        path: path.to_owned(),
        code: "officer-overlap".into(),
        severity: Severity::Warning,
        says: Label {
            zh: format!("执法证号 {certificate} 同一时间还在“{other}”，请核对人员或起止时间"),
            en: format!("certificate {certificate} is in '{other}' at the same time; check the officers or the times"),
        },
    }
}

fn certificates(values: &Values) -> impl Iterator<Item = (&str, &str)> {
    let officers = values.iter().filter(|(path, _)| path.starts_with("officers/") && path.ends_with("/certificate_no"));
    officers.filter_map(|(path, value)| Some((path.as_str(), value.as_text().filter(|t| !t.is_empty())?)))
}

/// From when to when an inspection lasted.
struct Visit {
    from: DateTime<FixedOffset>,
    to: DateTime<FixedOffset>,
}

impl Visit {
    /// One without an end yet lasts a moment.
    fn of(values: &Values) -> Option<Self> {
        let time = |path: &str| DateTime::parse_from_rfc3339(values.get(path)?.as_text()?).ok();
        let from = time("started_at")?;
        Some(Self { from, to: time("ended_at").unwrap_or(from) })
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.from <= other.to && other.from <= self.to
    }
}
