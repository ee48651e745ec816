//! Text into values, by the type of the field, and the check of values that arrive already typed.

use chrono::{DateTime, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;

use super::definition::{Field, FieldType, Form};
use super::shape;
use crate::DocId;
use crate::value::Value;

/// Why a text or a value does not fit a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{path}: {message_en}")]
pub struct FieldError {
    /// Where.
    pub path: String,
    /// `unknown-field`, `computed`, `number`, `bool`, `choice`, `date`, `time`, `geometry`, `document`, `image`, `list`,
    /// `type` or `size`.
    pub code: &'static str,
    /// What is wrong and what to do, Chinese.
    pub message_zh: String,
    /// What is wrong and what to do, English.
    pub message_en: String,
}

/// A fault without its place.
pub(super) struct Fault {
    pub code: &'static str,
    pub zh: String,
    pub en: String,
}

impl Fault {
    pub fn new(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, zh: zh.into(), en: en.into() }
    }

    fn at(self, path: &str) -> FieldError {
        FieldError { path: path.to_owned(), code: self.code, message_zh: self.zh, message_en: self.en }
    }
}

impl Form {
    /// Reads a text as the value of a field; an empty text empties it.
    ///
    /// # Errors
    /// What is wrong and what to type instead.
    pub fn read(&self, path: &str, text: &str) -> Result<Value, FieldError> {
        let field = self.writable(path)?;
        let text = text.trim();
        if text.is_empty() {
            return Ok(Value::Null);
        }
        let value = value_of(field, text).map_err(|fault| fault.at(path))?;
        check_size(path, &value)?;
        Ok(value)
    }

    /// Checks a value that arrives already typed, as from another device.
    ///
    /// # Errors
    /// Why the field cannot hold it.
    pub fn accept(&self, path: &str, value: &Value) -> Result<(), FieldError> {
        let field = self.writable(path)?;
        check_size(path, value)?;
        check_type(field, path, value)
    }

    fn writable(&self, path: &str) -> Result<&Field, FieldError> {
        let Some(found) = self.by_path(path) else { return Err(self.unknown(path)) };
        if found.derived {
            let (zh, en) = (&found.label.zh, &found.label.en);
            let zh = format!("“{zh}”由系统计算，不能填写");
            return Err(Fault::new("computed", zh, format!("'{en}' is computed and cannot be written")).at(path));
        }
        Ok(found)
    }

    fn by_path(&self, path: &str) -> Option<&Field> {
        let pattern = self.field(path)?.field.pattern.as_str();
        self.by_pattern.get(pattern).map(|&at| &self.fields[at])
    }

    fn unknown(&self, path: &str) -> FieldError {
        let near = nearest(path, self.patterns());
        let (zh, en) = near.map_or((String::new(), String::new()), |near| {
            (format!("，是不是“{near}”？"), format!("; did you mean '{near}'?"))
        });
        let zh = format!("表单“{}”没有字段“{path}”{zh}", self.id);
        Fault::new("unknown-field", zh, format!("the form '{}' has no field '{path}'{en}", self.id)).at(path)
    }
}

fn check_size(path: &str, value: &Value) -> Result<(), FieldError> {
    value.check_size().map_err(|why| Fault::new("size", format!("数据过大或超出范围：{why}"), why).at(path))
}

fn value_of(field: &Field, text: &str) -> Result<Value, Fault> {
    match field.kind {
        FieldType::Text | FieldType::Verdict => Ok(Value::text(text)),
        FieldType::Int => int(text),
        FieldType::Decimal => number(text).map(Value::number),
        FieldType::Bool => truth(text).map(Value::Bool),
        FieldType::Choice => choice(field, text).map(Value::text),
        FieldType::Choices => choices(field, text),
        FieldType::Date => date(text).map(Value::text),
        FieldType::Timestamp => time(text).map(Value::text),
        FieldType::Moment => moment(text).map(Value::text),
        FieldType::Point => shape::read_point(text).map(Value::Point),
        FieldType::Line => shape::read_line(text).map(Value::Line),
        FieldType::Polygon => shape::read_polygon(text).map(Value::Polygon),
        FieldType::Document => document(text).map(Value::text),
        FieldType::SignatureImage => image(text).map(Value::text),
        FieldType::Series => series(text),
    }
}

/// Whether a field can hold a value.
pub(super) fn check_type(field: &Field, path: &str, value: &Value) -> Result<(), FieldError> {
    let mismatch = || {
        let zh = format!("“{}”的数据类型不对", field.label.zh);
        Fault::new("type", zh, format!("'{}' cannot hold this kind of value", field.label.en))
    };
    let fits = match (field.kind, value) {
        (_, Value::Null)
        | (FieldType::Text | FieldType::Verdict, Value::Text(_))
        | (FieldType::Bool, Value::Bool(_))
        | (FieldType::Point, Value::Point(_)) => Ok(()),
        (FieldType::Decimal, Value::Number(_)) => value.as_decimal().map(drop).ok_or_else(mismatch),
        (FieldType::Int, Value::Number(_)) => match value.as_decimal() {
            Some(d) if d.is_integer() => Ok(()),
            _ => Err(not_whole()),
        },
        (FieldType::Choice, Value::Text(t)) => choice(field, t).map(drop),
        (FieldType::Choices, Value::List(items)) => items
            .iter()
            .try_for_each(|item| item.as_text().ok_or_else(mismatch).and_then(|t| choice(field, t)).map(drop)),
        (FieldType::Date, Value::Text(t)) => strictly(t, date(t)),
        (FieldType::Timestamp, Value::Text(t)) => time(t).map(drop),
        (FieldType::Moment, Value::Text(t)) => moment(t).map(drop),
        (FieldType::Document, Value::Text(t)) => document(t).map(drop),
        (FieldType::SignatureImage, Value::Text(t)) => image(t).map(drop),
        (FieldType::Series, Value::List(items)) if items.iter().all(|i| i.as_decimal().is_some()) => Ok(()),
        (FieldType::Line, Value::Line(line)) => shape::check_line(line),
        (FieldType::Polygon, Value::Polygon(rings)) => shape::check_polygon(rings),
        _ => Err(mismatch()),
    };
    fits.map_err(|fault| fault.at(path))
}

/// A stored day is only a day, whatever may be typed.
fn strictly(text: &str, read: Result<String, Fault>) -> Result<(), Fault> {
    let read = read?;
    if read == text { Ok(()) } else { Err(not_a_date(text)) }
}

fn number(text: &str) -> Result<Decimal, Fault> {
    Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).map_err(|_| {
        let zh = format!("“{text}”不是数字，请只填数字（单位不填），如 12.5");
        Fault::new("number", zh, format!("'{text}' is not a number; type digits without a unit, such as 12.5"))
    })
}

fn int(text: &str) -> Result<Value, Fault> {
    let number = number(text)?;
    if number.is_integer() { Ok(Value::number(number)) } else { Err(not_whole()) }
}

fn not_whole() -> Fault {
    Fault::new("number", "这里需要整数", "a whole number is needed here")
}

fn truth(text: &str) -> Result<bool, Fault> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "是" | "有" => Ok(true),
        "false" | "no" | "0" | "否" | "无" => Ok(false),
        _ => Err(Fault::new(
            "bool",
            format!("“{text}”不是“是”或“否”"),
            format!("'{text}' is neither yes nor no; use true or false"),
        )),
    }
}

/// The id of a choice; its label is understood too, as people and imported ledgers write it.
fn choice(field: &Field, text: &str) -> Result<String, Fault> {
    let exact = field.choices.iter().find(|c| c.id == text || c.label.zh == text);
    if let Some(found) = exact.or_else(|| field.choices.iter().find(|c| c.label.en.eq_ignore_ascii_case(text))) {
        return Ok(found.id.clone());
    }
    let allowed: Vec<String> = field.choices.iter().map(|c| format!("{}（{}）", c.id, c.label.zh)).collect();
    let ids: Vec<&str> = field.choices.iter().map(|c| c.id.as_str()).collect();
    let near = nearest(text, ids.iter().copied());
    let (near_zh, near_en) = near.map_or((String::new(), String::new()), |near| {
        (format!("，是不是“{near}”？"), format!("; did you mean '{near}'?"))
    });
    Err(Fault::new(
        "choice",
        format!("“{text}”不在可选项中{near_zh} 可选：{}", allowed.join("、")),
        format!("'{text}' is not one of the choices{near_en}; use one of: {}", ids.join(", ")),
    ))
}

fn choices(field: &Field, text: &str) -> Result<Value, Fault> {
    let mut out: Vec<Value> = Vec::new();
    for item in items(text) {
        let item = Value::Text(choice(field, &item)?);
        if !out.contains(&item) {
            out.push(item);
        }
    }
    Ok(Value::List(out))
}

fn series(text: &str) -> Result<Value, Fault> {
    let numbers: Result<Vec<Value>, Fault> = items(text).iter().map(|item| number(item).map(Value::number)).collect();
    numbers.map(Value::List).map_err(|fault| Fault { code: "list", ..fault })
}

/// The items of a JSON list, or of a list with commas or spaces, each as its own text, so that digits stay as typed.
fn items(text: &str) -> Vec<String> {
    let text = text.trim();
    let inner = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')).unwrap_or(text);
    let parts = inner.split(|c: char| matches!(c, ',' | '，' | '、' | ';' | '；') || c.is_whitespace());
    parts.map(|p| p.trim_matches(['"', '\'']).to_owned()).filter(|p| !p.is_empty()).collect()
}

fn date(text: &str) -> Result<String, Fault> {
    let day = text.parse::<NaiveDate>().ok();
    let day = day.or_else(|| DateTime::parse_from_rfc3339(text).ok().map(|t| t.date_naive()));
    day.map(|d| d.to_string()).ok_or_else(|| not_a_date(text))
}

fn not_a_date(text: &str) -> Fault {
    let zh = format!("“{text}”不是日期，请写成 2026-11-23");
    Fault::new("date", zh, format!("'{text}' is not a date; write it as 2026-11-23"))
}

fn time(text: &str) -> Result<String, Fault> {
    if DateTime::parse_from_rfc3339(text).is_ok() {
        return Ok(text.to_owned());
    }
    let without_offset = DateTime::parse_from_rfc3339(&format!("{}+08:00", text.replace(' ', "T"))).is_ok();
    Err(if without_offset {
        let zh = format!("“{text}”缺少时区，请写成 {}+08:00", text.replace(' ', "T"));
        let en = format!("'{text}' has no offset from UTC; write {}+08:00", text.replace(' ', "T"));
        Fault::new("time", zh, en)
    } else {
        let zh = format!("“{text}”不是时间，请写成 2026-11-23T09:30:00+08:00");
        Fault::new("time", zh, format!("'{text}' is not a time; write it as 2026-11-23T09:30:00+08:00"))
    })
}

fn moment(text: &str) -> Result<String, Fault> {
    if text.parse::<NaiveDate>().is_ok() {
        return Ok(text.to_owned());
    }
    time(text)
}

fn document(text: &str) -> Result<String, Fault> {
    text.parse::<DocId>().map(|id| id.to_string()).map_err(|_| {
        let zh = format!("“{text}”不是记录编号");
        Fault::new("document", zh, format!("'{text}' is not the id of a document (a UUID as `list` shows it)"))
    })
}

fn image(text: &str) -> Result<String, Fault> {
    let inline = ["data:image/png;base64,", "data:image/svg+xml"].iter().any(|start| text.starts_with(start));
    if inline {
        return Ok(text.to_owned());
    }
    document(text).map_err(|_| {
        let en = "a signature is the id of a photo, or a data:image/png address";
        Fault::new("image", "签名应为照片编号或 data:image/png 图片", en)
    })
}

/// The most similar of the known words, if one is similar enough to suggest.
fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let scored = known.map(|k| (distance(word, k), k));
    let (score, best) = scored.min()?;
    (score <= 2.max(word.chars().count() / 3)).then_some(best)
}

/// How many letters must be changed, put in or left out (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    // Paths are short; what is longer is not a slip of the finger.
    const LETTERS_MAX: usize = 80;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(LETTERS_MAX).collect(), b.chars().take(LETTERS_MAX).collect());
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let changed = diagonal + usize::from(ca != cb);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}
