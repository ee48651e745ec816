//! States and moves as data: who may take which move, and what each needs. Device and server run the same check.

use std::collections::BTreeSet;

use rhai::{Dynamic, INT, Scope};
use serde::Serialize;

use super::FormError;
use super::build::{choice, label};
use super::check::Problem;
use super::definition::{Choice, Label, Rule, Severity};
use super::expression::{Expression, Names};
use super::scope::{limits_variable, record, settings_map};
use super::settings::Settings;
use super::source::{Placed, SourceMove, SourceRule, SourceWorkflow, Text};
use crate::value::Values;
use crate::{DocId, DocType, Role};

/// The requirement that stands for "the record has no errors"; what it misses is listed one by one.
const NO_ERRORS: &str = "no-errors";

/// The states a document goes through.
#[derive(Clone, Debug, Serialize)]
pub struct Workflow {
    /// Its name.
    pub id: String,
    /// The state of a new document.
    pub initial: String,
    /// All states, in the order of a normal course.
    pub states: Vec<Choice>,
    /// All states, the most cautious first: of several concurrent states the first of these counts.
    pub caution: Vec<String>,
    /// The states in which there is still something to do.
    pub open: Vec<String>,
    /// What may happen.
    pub moves: Vec<Move>,
    #[serde(skip)]
    variables: BTreeSet<String>,
}

/// One way from a state to another.
#[derive(Clone, Debug, Serialize)]
pub struct Move {
    /// From any of these.
    pub from: Vec<String>,
    /// To this.
    pub to: String,
    /// Who may take it.
    pub roles: Vec<Role>,
    /// What it is called.
    #[serde(flatten)]
    pub label: Label,
    /// What it needs.
    #[serde(skip)]
    pub requires: Vec<Rule>,
}

/// Another document that bears on a move: a live inspection of the site, or a photo of it or of those inspections.
#[derive(Clone, Debug)]
pub struct Linked {
    /// What it is.
    pub doc_type: DocType,
    /// Its kind.
    pub kind: String,
    /// Which one.
    pub id: DocId,
    /// Its values, the computed ones among them.
    pub values: Values,
}

/// What a move is judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The document's values, the computed ones among them.
    pub values: &'a Values,
    /// The values of its site, if it is not a site.
    pub site: Option<&'a Values>,
    /// The inspections of the site and the photos of the site and of those.
    pub linked: &'a [Linked],
    /// What is wrong with the document ([`super::Form::evaluate`]).
    pub problems: &'a [Problem],
    /// The district's settings; `None` for those that ship.
    pub settings: Option<&'a Settings>,
}

/// One thing a move still needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// For programs.
    pub code: String,
    /// The field to mend, if it is one.
    pub path: Option<String>,
    /// What to do.
    #[serde(flatten)]
    pub says: Label,
}

/// Why a move may not be taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}{}", says.en, missing.iter().map(|m| format!("; {}", m.says.en)).collect::<String>())]
pub struct MoveError {
    /// `unknown-state`, `not-initial`, `same-state`, `no-such-move`, `role` or `requirement`.
    pub code: &'static str,
    /// Why, in both languages.
    #[serde(flatten)]
    pub says: Label,
    /// Everything that is still needed.
    pub missing: Vec<Missing>,
}

impl MoveError {
    fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, says: Label { zh: zh.into(), en: en.into() }, missing: Vec::new() }
    }
}

impl Workflow {
    pub(super) fn build(source: &SourceWorkflow, text: &Text<'_>, names: &Names) -> Result<Self, Vec<FormError>> {
        let states = source.states.iter().map(|s| choice(s.id.get_ref(), &s.zh, &s.en)).collect::<Vec<_>>();
        let mut build = Build { text, names, states: &states, errors: Vec::new() };
        let initial = build.state(&source.initial);
        let caution: Vec<String> = source.caution.iter().map(|s| build.state(s)).collect();
        let open = source.open.iter().map(|s| build.state(s)).collect();
        let moves = source.moves.iter().map(|m| build.a_move(m)).collect();
        build.check_states(source, &caution);
        let errors = build.errors;
        if !errors.is_empty() {
            return Err(errors);
        }
        let variables = names.variables.clone();
        Ok(Self { id: source.id.get_ref().clone(), initial, states, caution, open, moves, variables })
    }

    /// The state with this id.
    #[must_use]
    pub fn state(&self, id: &str) -> Option<&Choice> {
        self.states.iter().find(|s| s.id == id)
    }

    /// Of several concurrent states the most cautious, which counts until a person decides.
    #[must_use]
    pub fn most_cautious<'a>(&self, states: &[&'a str]) -> Option<&'a str> {
        let rank = |state: &str| self.caution.iter().position(|c| c == state).unwrap_or(usize::MAX);
        states.iter().copied().min_by_key(|s| rank(s))
    }

    /// The moves a role may take from a state, whatever they need.
    #[must_use]
    pub fn allowed(&self, from: &str, role: Role) -> Vec<&Move> {
        self.moves.iter().filter(|m| m.leaves(&[from]) && m.roles.contains(&role)).collect()
    }

    /// Whether a role may bring a document from its states to another one. No state at all is a new document, several
    /// are a conflict.
    ///
    /// # Errors
    /// Why not, with everything that is missing.
    pub fn check(&self, from: &[&str], to: &str, role: Role, evidence: &Evidence<'_>) -> Result<(), MoveError> {
        let Some(target) = self.state(to) else { return Err(self.unknown_state(to)) };
        let from: BTreeSet<&str> = from.iter().copied().collect();
        if from.is_empty() {
            return self.check_initial(to);
        }
        if from.len() > 1 && from.contains(to) && self.may_enter(to, role) {
            return Ok(());
        }
        let from: Vec<&str> = from.into_iter().collect();
        if from == [to] {
            let (zh, en) = (&target.label.zh, &target.label.en);
            return Err(MoveError::new("same-state", format!("已经是“{zh}”"), format!("it is '{en}' already")));
        }
        let ways: Vec<&Move> = self.moves.iter().filter(|m| m.leaves(&from) && m.to == to).collect();
        if ways.is_empty() {
            return Err(self.no_such_move(&from, target));
        }
        let own: Vec<&Move> = ways.iter().copied().filter(|m| m.roles.contains(&role)).collect();
        if own.is_empty() {
            return Err(role_error(&ways, target));
        }
        self.check_requirements(&own, evidence)
    }

    fn may_enter(&self, state: &str, role: Role) -> bool {
        self.moves.iter().any(|m| m.to == state && m.roles.contains(&role))
    }

    fn check_initial(&self, to: &str) -> Result<(), MoveError> {
        if to == self.initial {
            return Ok(());
        }
        let initial = &self.initial;
        Err(MoveError::new(
            "not-initial",
            format!("新建记录的状态只能是“{}”", self.state(initial).map_or(initial, |s| &s.label.zh)),
            format!("a new record begins as '{initial}'"),
        ))
    }

    fn unknown_state(&self, to: &str) -> MoveError {
        let known: Vec<&str> = self.states.iter().map(|s| s.id.as_str()).collect();
        let known = known.join(", ");
        MoveError::new(
            "unknown-state",
            format!("没有“{to}”这个状态，可用：{known}"),
            format!("there is no state '{to}'; use one of: {known}"),
        )
    }

    fn no_such_move(&self, from: &[&str], target: &Choice) -> MoveError {
        let next: BTreeSet<&str> = self.moves.iter().filter(|m| m.leaves(from)).map(|m| m.to.as_str()).collect();
        let next = next.into_iter().collect::<Vec<_>>().join(", ");
        let from = from.join(", ");
        MoveError::new(
            "no-such-move",
            format!("不能由“{from}”直接转为“{}”，可转为：{next}", target.label.zh),
            format!("there is no way from '{from}' to '{}'; possible: {next}", target.id),
        )
    }

    fn check_requirements(&self, ways: &[&Move], evidence: &Evidence<'_>) -> Result<(), MoveError> {
        let mut scope = self.scope(evidence);
        let lacking = ways.iter().map(|way| way.missing(&mut scope, evidence));
        let missing = lacking.min_by_key(Vec::len).unwrap_or_default();
        if missing.is_empty() {
            return Ok(());
        }
        let mut error = MoveError::new("requirement", "还不能办理", "not possible yet");
        error.missing = missing;
        Err(error)
    }

    fn scope(&self, evidence: &Evidence<'_>) -> Scope<'static> {
        let mut known = record(evidence.values);
        if let Some(site) = evidence.site {
            known.insert("site".into(), Dynamic::from_map(record(site)));
        }
        known.insert("settings".into(), Dynamic::from_map(settings_map(evidence.settings)));
        known.insert("limits".into(), limits_variable(None, evidence.values));
        known.insert("inspections".into(), linked(evidence.linked, DocType::Inspection));
        known.insert("photo_records".into(), linked(evidence.linked, DocType::Photo));
        let errors = evidence.problems.iter().filter(|p| p.severity == Severity::Error).count();
        known.insert("errors".into(), Dynamic::from_int(INT::try_from(errors).unwrap_or(INT::MAX)));
        let mut scope = Scope::new();
        for name in &self.variables {
            scope.push_dynamic(name.as_str(), known.remove(name.as_str()).unwrap_or(Dynamic::UNIT));
        }
        scope
    }
}

impl Move {
    fn leaves(&self, from: &[&str]) -> bool {
        self.from.iter().any(|f| from.contains(&f.as_str()))
    }

    fn missing(&self, scope: &mut Scope<'static>, evidence: &Evidence<'_>) -> Vec<Missing> {
        let mut out = Vec::new();
        for rule in &self.requires {
            match rule.must.ask(scope) {
                Ok(Some(true)) => {}
                Ok(_) if rule.code == NO_ERRORS => out.extend(errors_of(evidence.problems)),
                Ok(_) => out.push(Missing { code: rule.code.clone(), path: None, says: rule.says.clone() }),
                Err(why) => {
                    let says = label(&format!("规则无法计算：{why}"), &format!("a rule cannot be computed: {why}"));
                    out.push(Missing { code: "expression".into(), path: None, says });
                }
            }
        }
        out
    }
}

fn errors_of(problems: &[Problem]) -> impl Iterator<Item = Missing> {
    let errors = problems.iter().filter(|p| p.severity == Severity::Error);
    errors.map(|p| Missing { code: p.code.clone(), path: Some(p.path.clone()), says: p.says.clone() })
}

fn role_error(ways: &[&Move], target: &Choice) -> MoveError {
    let roles: BTreeSet<&str> = ways.iter().flat_map(|m| &m.roles).map(|r| r.as_str()).collect();
    let roles = roles.into_iter().collect::<Vec<_>>().join(", ");
    MoveError::new(
        "role",
        format!("只有 {roles} 可以办理“{}”", target.label.zh),
        format!("only {roles} may move it to '{}'", target.id),
    )
}

fn linked(documents: &[Linked], doc_type: DocType) -> Dynamic {
    let of_type = documents.iter().filter(|d| d.doc_type == doc_type);
    Dynamic::from_array(of_type.map(|d| Dynamic::from_map(record(&d.values))).collect())
}

/// A workflow in the making.
struct Build<'a> {
    text: &'a Text<'a>,
    names: &'a Names,
    states: &'a [Choice],
    errors: Vec<FormError>,
}

impl Build<'_> {
    fn state(&mut self, name: &Placed) -> String {
        if !self.states.iter().any(|s| s.id == *name.get_ref()) {
            self.errors.push(self.text.error(&name.span(), format!("there is no state '{}'", name.get_ref())));
        }
        name.get_ref().clone()
    }

    fn a_move(&mut self, source: &SourceMove) -> Move {
        let to = self.state(&source.to);
        let mut from = Vec::new();
        for name in &source.from {
            match name.get_ref().as_str() {
                "*" => from.extend(self.states.iter().map(|s| s.id.clone()).filter(|s| *s != to)),
                _ => from.push(self.state(name)),
            }
        }
        let roles = self.roles(&source.roles);
        let requires = source.requires.iter().filter_map(|r| self.rule(r)).collect();
        Move { from, to, roles, label: label(&source.zh, &source.en), requires }
    }

    /// The roles; an administrator may do what a supervisor may.
    fn roles(&mut self, names: &[Placed]) -> Vec<Role> {
        let mut out = BTreeSet::new();
        for name in names {
            match name.get_ref().parse() {
                Ok(Role::Supervisor) => out.extend([Role::Supervisor, Role::Admin]),
                Ok(role) => {
                    out.insert(role);
                }
                Err(message) => self.errors.push(self.text.error(&name.span(), message)),
            }
        }
        out.into_iter().collect()
    }

    fn rule(&mut self, source: &SourceRule) -> Option<Rule> {
        let code = source.code.clone().unwrap_or_else(|| "requirement".to_owned());
        let compiled = if self.text.known_good {
            Ok(Expression::known_good(source.must.get_ref()))
        } else {
            Expression::compile(source.must.get_ref(), self.names)
        };
        match compiled {
            Ok(must) => Some(Rule { code, must, says: label(&source.zh, &source.en), severity: Severity::Error }),
            Err(error) => {
                let mut placed = self.text.error(&source.must.span(), error.message);
                placed.line += error.line;
                self.errors.push(placed);
                None
            }
        }
    }

    fn check_states(&mut self, source: &SourceWorkflow, caution: &[String]) {
        let span = source.id.span();
        for state in self.states {
            if !caution.contains(&state.id) {
                self.errors.push(self.text.error(&span, format!("'caution' leaves out the state '{}'", state.id)));
            }
            if self.states.iter().filter(|s| s.id == state.id).count() > 1 {
                self.errors.push(self.text.error(&span, format!("the state '{}' is there twice", state.id)));
            }
        }
    }
}
