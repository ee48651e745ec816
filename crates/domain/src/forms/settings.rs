//! What a district sets for itself: hours of the night, targets, names of departments. Facts that nobody has verified
//! ship without a value, with their doubt beside them.

use std::collections::BTreeMap;

use serde::Serialize;

use super::definition::Label;
use crate::judgement::Confidence;
use crate::value::{Value, Values};

/// One setting as the forms declare it.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its name in expressions: `settings.day_from`.
    pub id: String,
    /// What it is called.
    #[serde(flatten)]
    pub label: Label,
    /// What it ships with; `Null` where nobody is sure.
    #[serde(skip)]
    pub value: Value,
    /// Unit of its number.
    pub unit: Option<String>,
    /// Where the value was read.
    pub source: String,
    /// How sure it is.
    pub confidence: Confidence,
    /// What is not settled.
    pub doubt: String,
}

/// All settings, with their values.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    declared: BTreeMap<String, Setting>,
}

impl Settings {
    /// Adds a setting; one that is declared again replaces the earlier.
    pub(super) fn declare(&mut self, setting: Setting) {
        self.declared.insert(setting.id.clone(), setting);
    }

    /// What is declared, by name.
    #[must_use]
    pub fn declared(&self) -> &BTreeMap<String, Setting> {
        &self.declared
    }

    /// The value of a setting; `Null` if it is not set or not known.
    #[must_use]
    pub fn get(&self, id: &str) -> &Value {
        self.declared.get(id).map_or(&Value::Null, |s| &s.value)
    }

    /// These settings with a district's own values; names nobody declared are left out.
    #[must_use]
    pub fn with(&self, own: &Values) -> Self {
        let mut out = self.clone();
        for (id, value) in own {
            if let Some(setting) = out.declared.get_mut(id) {
                setting.value = value.clone();
            }
        }
        out
    }
}
