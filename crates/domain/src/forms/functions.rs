//! The functions an expression may call, over rows, times, shapes and measurements. Each takes what may be missing
//! and then gives nothing (`()`), so that expressions stay short.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeDelta};
use rhai::{Array, Dynamic, INT, ImmutableString, Map};
use rust_decimal::Decimal;

use super::expression::{Language, Series, Shape, to_decimal};
use super::measures;
use crate::value::Value;

/// Registers a function and notes its name, so that a misspelt one is found when a form is loaded.
macro_rules! function {
    ($language:expr, $name:literal, $body:expr) => {
        $language.functions.insert($name);
        $language.engine.register_fn($name, $body);
    };
}

pub(super) use function;

/// Registers everything.
pub(super) fn register(language: &mut Language) {
    missing_operands(language);
    general(language);
    over_rows(language);
    over_times(language);
    measures::register(language);
}

/// Arithmetic with something missing gives nothing.
fn missing_operands(language: &mut Language) {
    for operator in ["+", "-", "*", "/"] {
        language.engine.register_fn(operator, |_: (), _: ()| ());
        language.engine.register_fn(operator, |_: (), _: Decimal| ());
        language.engine.register_fn(operator, |_: Decimal, _: ()| ());
        language.engine.register_fn(operator, |_: (), _: INT| ());
        language.engine.register_fn(operator, |_: INT, _: ()| ());
    }
    language.engine.register_fn("-", |_: ()| ());
    language.engine.register_fn("!", |_: ()| ());
}

fn general(language: &mut Language) {
    function!(language, "has", |value: Dynamic| has(&value));
    function!(language, "len", |value: Dynamic| INT::try_from(len(&value)).unwrap_or(INT::MAX));
    function!(language, "contains", |list: Dynamic, item: Dynamic| contains(&list, &item));
    function!(language, "abs", |value: Dynamic| or_nothing(to_decimal(&value).map(|d| d.abs())));
    function!(language, "starts_with", |text: Dynamic, start: ImmutableString| text
        .as_immutable_string_ref()
        .is_ok_and(|t| t.starts_with(start.as_str())));
    function!(language, "count_names", |names: Dynamic| text(&names)
        .map_or(Dynamic::UNIT, |t| Dynamic::from_int(count_names(&t))));
}

fn over_rows(language: &mut Language) {
    function!(language, "sum_of", |rows: Dynamic, field: ImmutableString| or_nothing(
        numbers(&rows, &field).into_iter().try_fold(Decimal::ZERO, Decimal::checked_add)
    ));
    function!(language, "max_of", |rows: Dynamic, field: ImmutableString| or_nothing(
        numbers(&rows, &field).into_iter().max()
    ));
    function!(language, "min_of", |rows: Dynamic, field: ImmutableString| or_nothing(
        numbers(&rows, &field).into_iter().min()
    ));
    function!(language, "having", |rows: Dynamic, field: ImmutableString| filter(&rows, |row| has(&member(
        row, &field
    ))));
    function!(language, "where_is", |rows: Dynamic, field: ImmutableString, value: Dynamic| filter(&rows, |row| same(
        &member(row, &field),
        &value
    )));
    function!(language, "has_row", |rows: Dynamic, id: Dynamic| find_row(&rows, &id).is_some());
    function!(language, "field_of", |rows: Dynamic, id: Dynamic, field: ImmutableString| find_row(&rows, &id)
        .map_or(Dynamic::UNIT, |row| member(&row, &field)));
    function!(language, "repeated", |rows: Dynamic, field: ImmutableString| repeated(&rows, &field));
    function!(language, "after_photos", |rows: Dynamic| filter(&rows, shows_after));
    function!(language, "answers", |checks: Dynamic, answer: ImmutableString| answers(&checks, &answer));
}

fn over_times(language: &mut Language) {
    function!(language, "minutes_between", |a: Dynamic, b: Dynamic| or_nothing(
        between(&a, &b).map(|d| Decimal::from(d.num_seconds()) / Decimal::from(60))
    ));
    function!(language, "earlier", |a: Dynamic, b: Dynamic| between(&a, &b)
        .map_or(Dynamic::UNIT, |d| Dynamic::from_bool(d > TimeDelta::zero())));
    function!(language, "since", |rows: Dynamic, field: ImmutableString, start: Dynamic| filter(&rows, |row| between(
        &start,
        &member(row, &field)
    )
    .is_some_and(|d| d > TimeDelta::zero())));
}

/// Something, or nothing.
pub(super) fn or_nothing(value: Option<Decimal>) -> Dynamic {
    value.map_or(Dynamic::UNIT, Dynamic::from_decimal)
}

/// The text, if it is one.
pub(super) fn text(value: &Dynamic) -> Option<String> {
    value.as_immutable_string_ref().ok().map(|t| t.to_string())
}

/// The stored shape behind a variable.
pub(super) fn shape(value: &Dynamic) -> Option<std::sync::Arc<Value>> {
    value.read_lock::<Shape>().map(|s| s.0.clone())
}

/// The numbers of a series.
pub(super) fn series(value: &Dynamic) -> Option<std::sync::Arc<[Decimal]>> {
    value.read_lock::<Series>().map(|s| s.0.clone())
}

fn has(value: &Dynamic) -> bool {
    let empty_text = value.as_immutable_string_ref().is_ok_and(|t| t.is_empty());
    let empty_list = value.as_array_ref().is_ok_and(|a| a.is_empty());
    !(value.is_unit() || empty_text || empty_list)
}

fn len(value: &Dynamic) -> usize {
    if let Some(series) = series(value) {
        return series.len();
    }
    if let Ok(list) = value.as_array_ref() {
        return list.len();
    }
    value.as_immutable_string_ref().map_or(0, |t| t.chars().count())
}

/// Equal as a person would say: numbers by amount, texts to the letter.
fn same(a: &Dynamic, b: &Dynamic) -> bool {
    if let (Some(a), Some(b)) = (to_decimal(a), to_decimal(b)) {
        return a == b;
    }
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return a == b;
    }
    matches!((text(a), text(b)), (Some(a), Some(b)) if a == b)
}

fn contains(list: &Dynamic, item: &Dynamic) -> bool {
    array(list).iter().any(|each| same(each, item))
}

fn array(value: &Dynamic) -> Array {
    value.as_array_ref().map_or_else(|_| Array::new(), |a| a.clone())
}

/// One field of a row; nothing if the row has none.
pub(super) fn member(row: &Dynamic, field: &str) -> Dynamic {
    row.as_map_ref().ok().and_then(|m| m.get(field).cloned()).unwrap_or(Dynamic::UNIT)
}

fn numbers(rows: &Dynamic, field: &str) -> Vec<Decimal> {
    array(rows).iter().filter_map(|row| to_decimal(&member(row, field))).collect()
}

fn filter(rows: &Dynamic, keep: impl Fn(&Dynamic) -> bool) -> Array {
    array(rows).into_iter().filter(|row| keep(row)).collect()
}

fn find_row(rows: &Dynamic, id: &Dynamic) -> Option<Dynamic> {
    array(rows).into_iter().find(|row| same(&member(row, "row"), id))
}

/// Whether two rows have the same text in a field.
fn repeated(rows: &Dynamic, field: &str) -> bool {
    let mut texts: Vec<String> = array(rows).iter().filter_map(|row| text(&member(row, field))).collect();
    let all = texts.len();
    texts.sort();
    texts.dedup();
    texts.len() < all
}

/// Whether a photo shows the state after treatment: by its stage, or by what it is said to prove.
fn shows_after(photo: &Dynamic) -> bool {
    let stage = text(&member(photo, "stage"));
    let proves = text(&member(photo, "proves")).unwrap_or_default().to_lowercase();
    match stage.as_deref() {
        Some(stage) => stage == "after",
        None => proves.contains('后') || proves.contains("after"),
    }
}

/// How many names a text holds, as people separate them.
fn count_names(text: &str) -> INT {
    let separators = [',', '，', '、', ';', '；', '/', '\n', '[', ']', '"'];
    let names = text.split(separators).filter(|name| !name.trim().is_empty()).count();
    // Two Chinese names are also written with only a blank between them.
    let names = if names == 1 { text.split_whitespace().count() } else { names };
    INT::try_from(names).unwrap_or(INT::MAX)
}

/// How many answers of a checklist are this one.
fn answers(checks: &Dynamic, answer: &str) -> INT {
    let count =
        |map: &Map| map.iter().filter(|(k, v)| !k.ends_with("/note") && text(v).as_deref() == Some(answer)).count();
    checks.as_map_ref().map_or(0, |map| INT::try_from(count(&map)).unwrap_or(INT::MAX))
}

/// The offset of the district's clocks: China has one time zone and no summer time.
pub(super) fn district_offset() -> FixedOffset {
    FixedOffset::east_opt(8 * 3600).expect("eight hours is a valid offset")
}

/// A time, or the first moment of a day in the district.
pub(super) fn moment(text: &str) -> Option<DateTime<FixedOffset>> {
    if let Ok(time) = DateTime::parse_from_rfc3339(text.trim()) {
        return Some(time);
    }
    let day: NaiveDate = text.trim().parse().ok()?;
    day.and_time(NaiveTime::MIN).and_local_timezone(district_offset()).single()
}

/// The day of a time, on the district's clocks.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    moment(text).map(|t| t.with_timezone(&district_offset()).date_naive())
}

fn between(a: &Dynamic, b: &Dynamic) -> Option<TimeDelta> {
    Some(moment(&text(b)?)?.signed_duration_since(moment(&text(a)?)?))
}
