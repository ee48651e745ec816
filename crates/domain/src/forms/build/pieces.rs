//! The pieces of a field: rules, expressions, choices and numbers, each checked where it stands.

use std::collections::BTreeSet;
use std::ops::Range;

use rust_decimal::Decimal;
use toml::Spanned;

use super::super::definition::{Choice, FieldType, Rule, Severity};
use super::super::expression::{Expression, Names};
use super::super::source::{Placed, SourceChoice, SourceField, SourceRule, Text};
use super::{Builder, choice, decimal, label};

impl Builder<'_> {
    pub(super) fn rules(&mut self, text: &Text<'_>, sources: &[SourceRule], names: &Names) -> Vec<Rule> {
        let mut out = Vec::new();
        for source in sources {
            self.check_text(text, &source.must.span(), &source.zh, &source.en);
            let Some(must) = self.compile(text, Some(&source.must), names) else { continue };
            let severity = if source.warning { Severity::Warning } else { Severity::Error };
            let code = source.code.clone().unwrap_or_else(|| "rule".to_owned());
            out.push(Rule { code, must, says: label(&source.zh, &source.en), severity });
        }
        out
    }

    pub(super) fn compile(&mut self, text: &Text<'_>, source: Option<&Placed>, names: &Names) -> Option<Expression> {
        let source = source?;
        if text.known_good {
            return Some(Expression::known_good(source.get_ref()));
        }
        match Expression::compile(source.get_ref(), names) {
            Ok(expression) => Some(expression),
            Err(error) => {
                let mut placed = text.error(&source.span(), error.message);
                placed.line += error.line;
                self.errors.push(placed);
                None
            }
        }
    }

    pub(super) fn choices(&mut self, text: &Text<'_>, source: &SourceField) -> Vec<Choice> {
        let Some(name) = &source.choice_list else { return self.choice_rows(text, &source.choices) };
        match self.library.choice_list(self.file, name.get_ref()) {
            Some((list_text, list)) => self.choice_rows(list_text, &list.choices),
            None => {
                self.fail(text, &name.span(), format!("there is no choice list '{}'", name.get_ref()));
                Vec::new()
            }
        }
    }

    pub(super) fn choice_rows(&mut self, text: &Text<'_>, sources: &[SourceChoice]) -> Vec<Choice> {
        let mut seen = BTreeSet::new();
        for source in sources {
            self.check_text(text, &source.id.span(), &source.zh, &source.en);
            if !seen.insert(source.id.get_ref()) {
                self.fail(text, &source.id.span(), format!("the choice '{}' is there twice", source.id.get_ref()));
            }
        }
        sources.iter().map(|c| choice(c.id.get_ref(), &c.zh, &c.en)).collect()
    }

    pub(super) fn merge(&mut self, text: &Text<'_>, source: &SourceField) -> bool {
        let Some(merge) = &source.merge else { return false };
        if merge.get_ref() != "latest" {
            self.fail(text, &merge.span(), format!("'{}' is not a way to merge; only \"latest\" is", merge.get_ref()));
        }
        true
    }

    pub(super) fn number(&mut self, text: &Text<'_>, source: Option<&Spanned<toml::Value>>) -> Option<Decimal> {
        let source = source?;
        let number = decimal(source.get_ref());
        if number.is_none() {
            self.fail(text, &source.span(), "a number is due here");
        }
        number
    }

    /// What a type needs or cannot have.
    pub(super) fn check_shape(&mut self, text: &Text<'_>, source: &SourceField, kind: FieldType) {
        let choices = matches!(kind, FieldType::Choice | FieldType::Choices);
        let listed = !source.choices.is_empty() || source.choice_list.is_some();
        let span = source.kind.span();
        if choices != listed {
            let message =
                if choices { "a choice needs 'choices' or 'choice_list'" } else { "only a choice has choices" };
            self.fail(text, &span, message);
        }
        if !source.fields.is_empty() || !source.groups.is_empty() || source.min_rows.is_some() {
            self.fail(text, &span, "only rows, groups, checklists and photos hold other things");
        }
        if kind == FieldType::Verdict && source.computed.is_none() {
            self.fail(text, &span, "a verdict needs 'computed'");
        }
    }

    pub(super) fn check_labels(&mut self, text: &Text<'_>, source: &SourceField) {
        self.check_text(text, &source.id.span(), &source.zh, &source.en);
    }

    pub(super) fn check_text(&mut self, text: &Text<'_>, span: &Range<usize>, zh: &str, en: &str) {
        if zh.trim().is_empty() || en.trim().is_empty() {
            self.fail(text, span, "both 'zh' and 'en' need words");
        }
    }
}
