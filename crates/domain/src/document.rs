//! A document: its registers, and what a person sees of them: one value a path, and the conflicts.

use std::collections::{BTreeMap, HashSet};

use crate::change::DocKey;
use crate::register::{Put, Register};
use crate::value::{Value, Values};

/// How several concurrent values of one path are shown until a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule<'a> {
    /// All are kept and shown; the latest is displayed.
    Ask,
    /// Nobody cares: the latest counts and it is no conflict.
    Latest,
    /// A member of a set or a row of a group: there if anybody says so, and no conflict.
    Present,
    /// A status: all are kept, and it counts as its most cautious value (the order is given, most cautious first).
    Cautious(&'a [String]),
}

/// Says how the paths of a document merge for display; a form does.
pub trait Rules {
    /// The rule of one path.
    fn rule(&self, path: &str) -> Rule<'_>;
}

/// The rules of a document whose form is not known here: sets are recognised, everything else asks.
pub struct NoForm;

impl Rules for NoForm {
    fn rule(&self, path: &str) -> Rule<'_> {
        if path.starts_with("photos/") { Rule::Present } else { Rule::Ask }
    }
}

/// A document: every register it has.
#[derive(Clone, Debug)]
pub struct Document {
    /// What it is.
    pub key: DocKey,
    /// Its registers by path.
    pub registers: BTreeMap<String, Register>,
}

/// What a person sees of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// One value a path; rows and set members that are gone leave nothing behind.
    pub values: Values,
    /// The paths with more than one value: all of them, latest first.
    pub conflicts: BTreeMap<String, Vec<Put>>,
}

impl Document {
    /// A document without a value yet.
    #[must_use]
    pub fn new(key: DocKey) -> Self {
        Self { key, registers: BTreeMap::new() }
    }

    /// Merges one write.
    pub fn apply(&mut self, path: &str, put: Put) {
        match self.registers.get_mut(path) {
            Some(register) => register.apply(put),
            None => self.registers.entry(path.to_owned()).or_default().apply(put),
        }
    }

    /// What is displayed: the same on every replica that has the same writes.
    #[must_use]
    pub fn view(&self, rules: &impl Rules) -> View {
        let mut view = View::default();
        for (path, register) in &self.registers {
            if let [only] = register.survivors() {
                view.values.insert(path.clone(), only.value.clone());
                continue;
            }
            let candidates = register.distinct();
            let (shown, conflict) = choose(rules.rule(path), &candidates);
            let Some(shown) = shown else { continue };
            view.values.insert(path.clone(), shown.clone());
            if conflict {
                view.conflicts.insert(path.clone(), register.candidates());
            }
        }
        drop_gone_rows(&mut view);
        view
    }
}

fn choose<'a>(rule: Rule<'_>, candidates: &[&'a Put]) -> (Option<&'a Value>, bool) {
    let latest = candidates.first().map(|p| &p.value);
    match rule {
        Rule::Ask => (latest, candidates.len() > 1),
        Rule::Latest => (latest, false),
        Rule::Present => (candidates.iter().map(|p| &p.value).find(|v| **v == Value::Bool(true)).or(latest), false),
        Rule::Cautious(order) => {
            // A state the form does not list is the most cautious of all: nobody here knows what it means.
            let rank = |v: &Value| v.as_text().and_then(|t| order.iter().position(|s| s == t)).map_or(0, |i| i + 1);
            (candidates.iter().map(|p| &p.value).min_by_key(|v| rank(v)), candidates.len() > 1)
        }
    }
}

/// Leaves out the fields of rows whose presence register says false; their registers stay, so a row can come back.
fn drop_gone_rows(view: &mut View) {
    let is_false = |(path, value): &(&String, &Value)| path.contains('/') && **value == Value::Bool(false);
    let gone: HashSet<String> = view.values.iter().filter(is_false).map(|(path, _)| path.clone()).collect();
    // By the rows above a path, not by all rows: a document may have very many.
    let is_gone = |path: &str| path.match_indices('/').any(|(at, _)| gone.contains(&path[..at]));
    view.values.retain(|path, _| !is_gone(path));
    view.conflicts.retain(|path, _| !is_gone(path));
}
