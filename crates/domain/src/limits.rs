//! Limit values as data: rows of `forms/limits.toml`, chosen by topic, keys and the date of the inspection.
//!
//! A row names its standard, table, clause, validity, source and how sure it is. A row whose fact is not sure enough is
//! there without a value, with its doubt, so that an administrator can fill it.

mod parse;

use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::judgement::{Confidence, Judgement, Operator, Reason};

static EMBEDDED: LazyLock<Limits> = LazyLock::new(|| {
    Limits::from_toml(include_str!("../../../forms/limits.toml")).expect("a test parses the embedded limits")
});

/// One limit value, or the place where one belongs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Limit {
    /// Stable name of the row, unique.
    pub id: String,
    /// What it limits, such as `noise.leq`.
    pub topic: String,
    /// What it depends on, such as `class` = `2`, `period` = `night`.
    pub keys: BTreeMap<String, String>,
    /// What the row is called in Chinese (a category of product, a parameter), or empty.
    pub label_zh: String,
    /// The least allowed, in `unit`.
    pub min: Option<Decimal>,
    /// The most allowed, in `unit`.
    pub max: Option<Decimal>,
    /// How a single value is held against it; one with both `min` and `max` is a range.
    pub op: Operator,
    /// Unit of the values.
    pub unit: String,
    /// Standard with its year.
    pub standard: String,
    /// Table in the standard, or empty.
    pub table: String,
    /// Clause of the standard, or empty.
    pub clause: String,
    /// First day it holds; `None`: as long as records reach back.
    pub valid_from: Option<NaiveDate>,
    /// Last day it holds; `None`: until replaced.
    pub valid_to: Option<NaiveDate>,
    /// Where the fact was read.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is not settled about it.
    pub doubt: Option<String>,
}

impl Limit {
    /// Whether it holds on that day.
    #[must_use]
    pub fn holds_on(&self, on: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= on) && self.valid_to.is_none_or(|to| on <= to)
    }

    /// Whether it has a value.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// How a value is held against it.
    #[must_use]
    pub fn operator(&self) -> Operator {
        if self.min.is_some() && self.max.is_some() { Operator::Range } else { self.op }
    }

    /// The limit: the upper one if there are two.
    #[must_use]
    pub fn value(&self) -> Option<Decimal> {
        self.max.or(self.min)
    }

    /// Whether the value meets it (reaching it exactly meets it unless it says below); `None` if it is not set.
    #[must_use]
    pub fn is_met_by(&self, value: Decimal) -> Option<bool> {
        let above = self.min.is_none_or(|min| value >= min);
        let under = self.max.is_none_or(|max| if self.op == Operator::Below { value < max } else { value <= max });
        self.is_set().then_some(above && under)
    }

    /// The value of one key, or empty.
    #[must_use]
    pub fn key(&self, name: &str) -> &str {
        self.keys.get(name).map_or("", String::as_str)
    }
}

/// What a search for a limit found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A limit with a value.
    Found(&'a Limit),
    /// The limit's row, empty: nobody was sure enough of the value.
    NotSet(&'a Limit),
    /// No row covers the case on that day.
    NoRule,
}

impl<'a> Lookup<'a> {
    /// The row, with or without a value.
    #[must_use]
    pub fn limit(self) -> Option<&'a Limit> {
        match self {
            Self::Found(limit) | Self::NotSet(limit) => Some(limit),
            Self::NoRule => None,
        }
    }

    /// The value, if there is one.
    #[must_use]
    pub fn value(self) -> Option<Decimal> {
        self.limit().and_then(Limit::value)
    }

    /// Holds a value against what was found; `not-judged` with the reason if nothing was.
    #[must_use]
    pub fn judge(self, value: Decimal) -> Judgement {
        match self {
            Self::Found(limit) | Self::NotSet(limit) => Judgement::compare(limit, value),
            Self::NoRule => Judgement::not_judged(Some(value), Reason::no_rule()),
        }
    }
}

/// A fault in a file of limits, with the line it is on (1-based).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("limits, line {line}: {message}")]
pub struct LimitsError {
    /// Line of the file, from 1.
    pub line: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// All limit rows, found by topic.
#[derive(Clone, Debug, Default)]
pub struct Limits {
    rows: Vec<Limit>,
    by_topic: HashMap<String, Vec<usize>>,
    by_id: HashMap<String, usize>,
}

impl Limits {
    /// The rows that ship with the program.
    #[must_use]
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Reads a file of limits (the format is described at the head of `forms/limits.toml`).
    ///
    /// # Errors
    /// The first fault with its line: not TOML, a missing member, a cell that is not a number, an id used twice.
    pub fn from_toml(text: &str) -> Result<Self, LimitsError> {
        let mut limits = Self::default();
        parse::read(text, &mut limits)?;
        Ok(limits)
    }

    /// These rows with those of another file on top: a row with a known id replaces it, a `[[set]]` fills one (or
    /// empties it, with the value "?").
    ///
    /// # Errors
    /// As [`Limits::from_toml`], and a `[[set]]` that names no row.
    pub fn merged_with(&self, text: &str) -> Result<Self, LimitsError> {
        let mut limits = self.clone();
        parse::read(text, &mut limits)?;
        Ok(limits)
    }

    /// Adds a row, or replaces the one with its id.
    pub fn put(&mut self, limit: Limit) {
        if let Some(&at) = self.by_id.get(&limit.id) {
            let old = std::mem::replace(&mut self.rows[at], limit);
            if old.topic == self.rows[at].topic {
                return;
            }
            self.by_topic.entry(old.topic).or_default().retain(|&i| i != at);
            self.by_topic.entry(self.rows[at].topic.clone()).or_default().push(at);
            return;
        }
        let at = self.rows.len();
        self.by_id.insert(limit.id.clone(), at);
        self.by_topic.entry(limit.topic.clone()).or_default().push(at);
        self.rows.push(limit);
    }

    /// The limit for a case on a day.
    ///
    /// A row covers the case if every key it has is among `keys` with the same value; keys a row does not have do not
    /// matter to it. Of several rows the one with most keys counts, then the one that came into force last, then the
    /// one added last.
    #[must_use]
    pub fn find(&self, topic: &str, keys: &[(&str, &str)], on: NaiveDate) -> Lookup<'_> {
        let covers =
            |limit: &&Limit| limit.keys.iter().all(|(k, v)| keys.iter().any(|(name, value)| name == k && value == v));
        let best =
            self.topic(topic).filter(|l| l.holds_on(on)).filter(covers).max_by_key(|l| (l.keys.len(), l.valid_from));
        match best {
            Some(limit) if limit.is_set() => Lookup::Found(limit),
            Some(limit) => Lookup::NotSet(limit),
            None => Lookup::NoRule,
        }
    }

    /// The row with that id, whatever its validity.
    #[must_use]
    pub fn by_id(&self, id: &str) -> Option<&Limit> {
        self.by_id.get(id).map(|&at| &self.rows[at])
    }

    /// The rows of one topic, in the order they were added.
    pub fn topic(&self, topic: &str) -> impl Iterator<Item = &Limit> {
        self.by_topic.get(topic).into_iter().flatten().map(|&at| &self.rows[at])
    }

    /// Every row, in the order they were added.
    #[must_use]
    pub fn rows(&self) -> &[Limit] {
        &self.rows
    }
}
