//! What a form file looks like on disk, before anything in it is understood. Unknown keys are errors with a line.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::FormError;

/// A text of a file together with the place it stands at.
pub(super) type Placed = Spanned<String>;

/// One file of `forms/`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceFile {
    pub id: Option<Placed>,
    pub version: u32,
    pub zh: Option<String>,
    pub en: Option<String>,
    #[serde(default)]
    pub choice_list: Vec<SourceChoiceList>,
    #[serde(default)]
    pub part: Vec<SourcePart>,
    #[serde(default)]
    pub workflow: Vec<SourceWorkflow>,
    #[serde(default)]
    pub setting: Vec<SourceSetting>,
    /// Tables of limits in the format of `limits.toml`; handed on to the module that reads that file.
    #[serde(default)]
    pub limit_table: Vec<Spanned<toml::Value>>,
    pub site: Option<SourceForm>,
    pub inspection: Option<SourceForm>,
    pub photo: Option<SourceForm>,
    pub task: Option<SourceForm>,
    pub patrol: Option<SourceForm>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceChoiceList {
    pub id: Placed,
    pub choices: Vec<SourceChoice>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceChoice {
    pub id: Placed,
    pub zh: String,
    pub en: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourcePart {
    pub id: Placed,
    pub section: Vec<SourceSection>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceForm {
    pub title: Placed,
    pub workflow: Option<Placed>,
    pub section: Vec<SourceSection>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceSection {
    pub include: Option<Placed>,
    pub id: Option<Placed>,
    pub zh: Option<String>,
    pub en: Option<String>,
    pub visible_if: Option<Placed>,
    #[serde(default)]
    pub fields: Vec<SourceField>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceField {
    pub id: Placed,
    #[serde(rename = "type")]
    pub kind: Placed,
    pub zh: String,
    pub en: String,
    pub hint: Option<SourceText>,
    pub unit: Option<String>,
    #[serde(default)]
    pub choices: Vec<SourceChoice>,
    pub choice_list: Option<Placed>,
    #[serde(default)]
    pub required: bool,
    pub required_if: Option<Placed>,
    pub visible_if: Option<Placed>,
    pub computed: Option<Placed>,
    #[serde(default)]
    pub typed: bool,
    pub min: Option<Spanned<toml::Value>>,
    pub max: Option<Spanned<toml::Value>>,
    #[serde(default)]
    pub rules: Vec<SourceRule>,
    pub verdict: Option<Placed>,
    #[serde(default)]
    pub sensitive: bool,
    #[serde(default)]
    pub carry: bool,
    pub merge: Option<Placed>,
    pub min_rows: Option<u32>,
    #[serde(default)]
    pub fields: Vec<SourceField>,
    #[serde(default)]
    pub groups: Vec<SourceGroup>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceText {
    pub zh: String,
    pub en: String,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceRule {
    pub code: Option<String>,
    pub must: Placed,
    pub zh: String,
    pub en: String,
    #[serde(default)]
    pub warning: bool,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceGroup {
    pub id: Placed,
    pub zh: String,
    pub en: String,
    #[serde(default)]
    pub basis: String,
    pub items: Vec<SourceChoice>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceWorkflow {
    pub id: Placed,
    pub initial: Placed,
    pub states: Vec<SourceChoice>,
    pub caution: Vec<Placed>,
    #[serde(default)]
    pub open: Vec<Placed>,
    pub moves: Vec<SourceMove>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceMove {
    pub from: Vec<Placed>,
    pub to: Placed,
    pub roles: Vec<Placed>,
    pub zh: String,
    pub en: String,
    #[serde(default)]
    pub requires: Vec<SourceRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceSetting {
    pub id: Placed,
    pub zh: String,
    pub en: String,
    pub value: Option<Spanned<toml::Value>>,
    pub unit: Option<String>,
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub confidence: crate::judgement::Confidence,
    #[serde(default)]
    pub doubt: String,
}

/// A file's text and where its lines begin, so that every error can name a line.
pub(super) struct Text<'a> {
    pub name: &'a str,
    pub text: &'a str,
    /// Its expressions were compiled before; they are compiled again when they are first run.
    pub known_good: bool,
}

impl Text<'_> {
    /// The line (from 1) of a place in the file.
    pub fn line(&self, span: &Range<usize>) -> usize {
        let end = span.start.min(self.text.len());
        self.text.as_bytes()[..end].iter().filter(|&&b| b == b'\n').count() + 1
    }

    /// An error at a place of the file.
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>) -> FormError {
        FormError { file: self.name.to_owned(), line: self.line(span), message: message.into() }
    }

    /// Reads the file.
    pub fn parse(&self) -> Result<SourceFile, FormError> {
        toml::from_str(self.text).map_err(|e| {
            let span = e.span().unwrap_or(0..0);
            self.error(&span, e.message())
        })
    }
}
