//! Expressions of forms: one rhai expression each, compiled when a form is loaded, bounded when it is run.
//!
//! Every number of a record is a decimal in here. A value that is missing is `()`: comparing it gives `false`, computing
//! with it gives `()`, so most expressions need not ask whether something is there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};

use rhai::packages::{ArithmeticPackage, LogicPackage, Package};
use rhai::{AST, Array, Dynamic, Engine, INT, Scope};
use rust_decimal::Decimal;

use super::functions;
use super::measures::verdict_in;
use crate::value::Value;

/// Most steps one expression may take.
const OPERATIONS_MAX: u64 = 100_000;
/// Deepest nesting of one expression.
const DEPTH_MAX: usize = 40;
/// Longest text an expression may build, bytes.
const STRING_BYTES_MAX: usize = crate::value::TEXT_BYTES_MAX;
/// Most items a list in an expression may have.
const ARRAY_ITEMS_MAX: usize = crate::value::LIST_ITEMS_MAX;

static LANGUAGE: LazyLock<Language> = LazyLock::new(Language::new);

/// The engine with the functions an expression may call.
pub(super) struct Language {
    pub engine: Engine,
    pub functions: BTreeSet<&'static str>,
}

impl Language {
    fn new() -> Self {
        let mut engine = Engine::new_raw();
        ArithmeticPackage::new().register_into_engine(&mut engine);
        LogicPackage::new().register_into_engine(&mut engine);
        engine.set_strict_variables(true);
        engine.set_allow_anonymous_fn(false);
        engine.set_max_operations(OPERATIONS_MAX);
        engine.set_max_expr_depths(DEPTH_MAX, DEPTH_MAX);
        engine.set_max_string_size(STRING_BYTES_MAX);
        engine.set_max_array_size(ARRAY_ITEMS_MAX);
        engine.set_max_map_size(ARRAY_ITEMS_MAX);
        let mut language = Self { engine, functions: BTreeSet::new() };
        functions::register(&mut language);
        language
    }
}

/// The names an expression may use at its place.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    /// Variables: fields, `site`, `settings` …
    pub variables: BTreeSet<String>,
    /// What stands behind the dot of some of them; a variable that is not a key here is not checked.
    pub members: BTreeMap<String, BTreeSet<String>>,
}

/// One compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    source: Arc<str>,
    ast: Arc<OnceLock<AST>>,
}

/// Why an expression was not understood, and on which of its own lines (from 0).
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ExpressionError {
    pub line: usize,
    pub message: String,
}

impl Expression {
    /// Compiles an expression, refusing names that do not exist.
    pub(super) fn compile(source: &str, names: &Names) -> Result<Self, ExpressionError> {
        check_names(source, names)?;
        let mut scope = Scope::new();
        for name in &names.variables {
            scope.push_dynamic(name.as_str(), Dynamic::UNIT);
        }
        let ast = LANGUAGE.engine.compile_expression_with_scope(&scope, source).map_err(|e| ExpressionError {
            line: e.position().line().unwrap_or(1).saturating_sub(1),
            message: format!("the expression '{source}' is not understood: {e}"),
        })?;
        Ok(Self { source: source.into(), ast: Arc::new(OnceLock::from(ast)) })
    }

    /// An expression that is known to be good; it is compiled when it is first run.
    pub(super) fn known_good(source: &str) -> Self {
        Self { source: source.into(), ast: Arc::default() }
    }

    fn ast(&self, scope: &Scope<'static>) -> Result<&AST, String> {
        if let Some(ast) = self.ast.get() {
            return Ok(ast);
        }
        let ast = LANGUAGE.engine.compile_expression_with_scope(scope, &*self.source).map_err(|e| e.to_string())?;
        Ok(self.ast.get_or_init(|| ast))
    }

    /// The expression as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Runs it; the error is rhai's sentence.
    pub(super) fn run(&self, scope: &mut Scope<'static>) -> Result<Dynamic, String> {
        let height = scope.len();
        let ast = self.ast(scope)?;
        let result = LANGUAGE.engine.eval_ast_with_scope::<Dynamic>(scope, ast).map_err(|e| e.to_string());
        scope.rewind(height);
        result
    }

    /// Runs it as a question: `None` where the answer depends on something missing.
    pub(super) fn ask(&self, scope: &mut Scope<'static>) -> Result<Option<bool>, String> {
        let answer = self.run(scope)?;
        if answer.is_unit() {
            return Ok(None);
        }
        answer.as_bool().map(Some).map_err(|kind| format!("'{}' gives {kind} where yes or no is due", self.source))
    }
}

/// A word of an expression, outside its texts.
struct Word<'a> {
    text: &'a str,
    line: usize,
    after_dot: bool,
    calls: bool,
}

/// Rhai checks variables; functions and members are looked up only when run, so they are checked here.
fn check_names(source: &str, names: &Names) -> Result<(), ExpressionError> {
    let words = words(source);
    for (at, word) in words.iter().enumerate() {
        let fail = |message: String| Err(ExpressionError { line: word.line, message });
        if word.calls && !LANGUAGE.functions.contains(word.text) {
            return fail(format!("there is no function '{}' (in '{source}')", word.text));
        }
        if word.calls || word.after_dot {
            continue;
        }
        let Some(members) = names.members.get(word.text) else { continue };
        if let Some(member) = words.get(at + 1).filter(|next| next.after_dot && !next.calls)
            && !members.contains(member.text)
        {
            return fail(format!("there is no '{}.{}' (in '{source}')", word.text, member.text));
        }
    }
    Ok(())
}

/// The identifiers of an expression; the keywords of rhai that may stand before a bracket are left out.
fn words(source: &str) -> Vec<Word<'_>> {
    const KEYWORDS: [&str; 6] = ["if", "else", "switch", "in", "true", "false"];
    let mut out = Vec::new();
    let mut rest = source;
    let mut line = 0;
    let mut last = ' ';
    while let Some(c) = rest.chars().next() {
        let size = match c {
            '"' | '\'' | '`' => text_size(rest, c),
            c if c.is_alphabetic() || c == '_' => {
                let size = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                let (text, after) = rest.split_at(size);
                let word = Word { text, line, after_dot: last == '.', calls: after.trim_start().starts_with('(') };
                let after_number = last.is_ascii_digit();
                out.extend((!after_number && !KEYWORDS.contains(&text)).then_some(word));
                size
            }
            _ => c.len_utf8(),
        };
        let (taken, after) = rest.split_at(size);
        line += taken.matches('\n').count();
        last = taken.chars().rev().find(|c| !c.is_whitespace()).unwrap_or(last);
        rest = after;
    }
    out
}

/// How many bytes a quoted text takes, its quotes included.
fn text_size(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// A position, a line or an area as an expression sees it: only to be handed to functions.
#[derive(Clone, Debug)]
pub(super) struct Shape(pub Arc<Value>);

/// A list of numbers as an expression sees it; cheap to hand on.
#[derive(Clone, Debug)]
pub(super) struct Series(pub Arc<[Decimal]>);

/// A stored value as an expression sees it.
pub(super) fn to_dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Null => Dynamic::UNIT,
        Value::Bool(b) => Dynamic::from_bool(*b),
        Value::Number(n) => n.decimal().map_or(Dynamic::UNIT, Dynamic::from_decimal),
        Value::Text(t) => Dynamic::from(t.clone()),
        Value::List(items) => list_to_dynamic(items),
        Value::Point(_) | Value::Line(_) | Value::Polygon(_) => Dynamic::from(Shape(Arc::new(value.clone()))),
    }
}

fn list_to_dynamic(items: &[Value]) -> Dynamic {
    let numbers: Option<Vec<Decimal>> = items.iter().map(Value::as_decimal).collect();
    match numbers {
        Some(numbers) if !numbers.is_empty() => Dynamic::from(Series(numbers.into())),
        _ => Dynamic::from_array(items.iter().map(to_dynamic).collect::<Array>()),
    }
}

/// A result as it is shown and exported; `None` for nothing.
pub(super) fn from_dynamic(result: &Dynamic) -> Result<Option<Value>, String> {
    if result.is_unit() {
        return Ok(None);
    }
    if let Ok(b) = result.as_bool() {
        return Ok(Some(Value::Bool(b)));
    }
    if let Some(d) = to_decimal(result) {
        return Ok(Some(Value::number(d)));
    }
    if let Ok(text) = result.as_immutable_string_ref() {
        return Ok(Some(Value::text(text.as_str())));
    }
    if let Some(shape) = result.read_lock::<Shape>() {
        return Ok(Some(Value::clone(&shape.0)));
    }
    if let Some(verdict) = verdict_in(result) {
        return Ok(Some(Value::text(verdict)));
    }
    if let Some(series) = result.read_lock::<Series>() {
        return Ok(Some(Value::List(series.0.iter().copied().map(Value::number).collect())));
    }
    let array = result.as_array_ref().map_err(|kind| format!("a value of kind '{kind}' cannot be stored"))?;
    let items: Result<Vec<Option<Value>>, String> = array.iter().map(from_dynamic).collect();
    Ok(Some(Value::List(items?.into_iter().flatten().collect())))
}

/// The number, if it is one.
pub(super) fn to_decimal(value: &Dynamic) -> Option<Decimal> {
    value.as_decimal().ok().or_else(|| value.as_int().ok().map(|i: INT| Decimal::from(i)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn names() -> Names {
        let mut names = Names::default();
        names.variables.extend(["depth".to_owned(), "site".to_owned()]);
        names.members.insert("site".into(), BTreeSet::from(["area".to_owned()]));
        names
    }

    fn result(source: &str, depth: Dynamic) -> Dynamic {
        let mut scope = Scope::new();
        scope.push_dynamic("depth", depth);
        scope.push_dynamic("site", Dynamic::from_map(rhai::Map::new()));
        Expression::compile(source, &names()).unwrap().run(&mut scope).unwrap()
    }

    #[test]
    fn an_unknown_name_is_refused_when_compiled() {
        for (source, part) in [
            ("depht > 1", "depht"),
            ("site.aera > 1", "site.aera"),
            ("deep(depth)", "no function 'deep'"),
            ("depth >", "not understood"),
            ("let x = 1", "not understood"),
        ] {
            let error = Expression::compile(source, &names()).unwrap_err();
            assert!(error.message.contains(part), "{source}: {}", error.message);
        }
        assert!(Expression::compile("depth > 1 && \"nope(site.x)\" != \"\"", &names()).is_ok());
    }

    #[test]
    fn an_error_names_the_line_of_a_long_expression() {
        assert_eq!(Expression::compile("depth > 1 ||\nnope(1)", &names()).unwrap_err().line, 1);
        assert_eq!(Expression::compile("depth > 1 ||\nnope > 1", &names()).unwrap_err().line, 1);
    }

    #[test]
    fn what_is_missing_compares_as_false_and_computes_to_nothing() {
        assert!(!result("depth > 1", Dynamic::UNIT).as_bool().unwrap());
        assert!(!result("depth < 1", Dynamic::UNIT).as_bool().unwrap());
        assert!(result("depth * 2 - 1", Dynamic::UNIT).is_unit());
        assert!(result("1 - depth / 100", Dynamic::UNIT).is_unit());
        assert!(result("-depth", Dynamic::UNIT).is_unit());
    }

    #[test]
    fn numbers_never_round_in_binary() {
        let depth = Dynamic::from_decimal(Decimal::new(3, 1));
        assert!(result("depth == 0.1 + 0.2", depth.clone()).as_bool().unwrap());
        assert_eq!(to_decimal(&result("depth / 3", depth)), Some(Decimal::new(1, 1)));
    }

    #[test]
    fn an_expression_cannot_run_for_ever_or_leave_its_cage() {
        let deep = format!("{}1{}", "(".repeat(200), ")".repeat(200));
        assert!(Expression::compile(&deep, &names()).is_err());
        for source in ["while true {}", "eval(\"1\")", "fn f() {}", "import \"x\"", "print(1)", "|x| x"] {
            assert!(Expression::compile(source, &names()).is_err(), "{source}");
        }
    }
}
