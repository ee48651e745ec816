//! The check list before leaving: what submitting waits for, what a sound case file needs besides, and what looks wrong.
//! What cannot be done later comes first.

use domain::forms::{Label, Severity, row_ids};
use domain::{DocId, DocType, Role, Value, Values, geodesy};

use super::check::check;
use super::moving::move_options;
use crate::error::Result;
use crate::store::{ListQuery, Store, Viewed, photos_of};

/// A photo taken further than this from the plot proves something else, metres.
const PHOTO_FAR_M: f64 = 50.0;
/// Nobody gets faster than this from one inspection to the next in the mountains, kilometres an hour.
const SPEED_MAX_KMH: f64 = 120.0;
/// Two places nearer than this are one for a receiver between rocks, metres.
const SAME_PLACE_M: f64 = 500.0;
/// How many of the last inspections of this user are compared.
const OTHERS_MAX: usize = 100;
/// What can only be done on site, by the fields' first name: a person who has left does not come back for it.
const ONLY_HERE: [&str; 15] = [
    "signatures",
    "refused_to_sign",
    "photos",
    "points",
    "nmhc",
    "hoods",
    "leaks",
    "samples",
    "readings",
    "position",
    "boundary",
    "cal_before_db",
    "cal_after_db",
    "id_shown",
    "rights_told",
];

/// How much a line weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// Submitting waits for it.
    Submit,
    /// A sound case file needs it.
    Case,
    /// A doubt to look at.
    Look,
}

/// One line of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The document of the field.
    pub record: DocId,
    /// The field a tap leads to.
    pub path: String,
    /// Stable.
    pub code: String,
    /// How much it weighs.
    pub weight: Weight,
    /// Whether it can only be done here and now.
    pub only_here: bool,
    /// What is missing and what to do.
    pub says: Label,
}

/// The list.
#[derive(Clone, Debug, Default)]
pub struct Leaving {
    /// What is left, first what cannot be done later.
    pub lines: Vec<Line>,
    /// What is done, in words.
    pub done: Vec<Label>,
    /// Whether it may be submitted now.
    pub may_submit: bool,
}

/// What an inspection still lacks before its people leave the place.
///
/// # Errors
/// When it is not here.
pub fn leaving(store: &Store, id: DocId, role: Role) -> Result<Leaving> {
    let seen = store.reader().view(id)?;
    let mut list = List { id, lines: Vec::new(), done: Vec::new() };
    for problem in check(store, id)?.problems {
        let weight = if problem.severity == Severity::Error { Weight::Submit } else { Weight::Look };
        list.add(id, problem.path, &problem.code, weight, problem.says);
    }
    if seen.loaded.document.key.doc_type == DocType::Inspection {
        list.signatures(&seen.values);
        list.photos(store, &seen)?;
        list.speed(store, &seen.values)?;
    }
    let options = move_options(store.reader(), &seen, role)?;
    let may_submit = options.iter().any(|o| o.to == "submitted" && o.missing.is_empty());
    let mut lines = list.lines;
    lines.sort_by_key(|l| (!l.only_here, l.weight));
    Ok(Leaving { lines, done: list.done, may_submit })
}

/// The list in the making.
struct List {
    id: DocId,
    lines: Vec<Line>,
    done: Vec<Label>,
}

fn label(zh: impl Into<String>, en: impl Into<String>) -> Label {
    Label { zh: zh.into(), en: en.into() }
}

impl List {
    fn add(&mut self, record: DocId, path: impl Into<String>, code: &str, weight: Weight, says: Label) {
        let path = path.into();
        let first = path.split('/').next().unwrap_or_default();
        let only_here = record != self.id || ONLY_HERE.contains(&first);
        self.lines.push(Line { record, only_here, path, code: code.to_owned(), weight, says });
    }

    /// Two officers and the party sign, or the refusal is noted.
    fn signatures(&mut self, values: &Values) {
        let signed = |role: &str| {
            let rows = row_ids(values, "signatures");
            let is = |row: &String| {
                let text = |field: &str| values.get(&format!("signatures/{row}/{field}")).and_then(Value::as_text);
                text("role") == Some(role) && text("image").is_some_and(|i| !i.is_empty())
            };
            rows.iter().filter(|row| is(row)).count()
        };
        match signed("officer") {
            n if n >= 2 => self.done.push(label(format!("{n} 名检查人已签名"), format!("{n} officers have signed"))),
            n => {
                let zh = format!("两名检查人都要签名，现有 {n} 名");
                let en = format!("both officers must sign, {n} did");
                self.add(self.id, "signatures", "officers-sign", Weight::Case, label(zh, en));
            }
        }
        let refused = values.get("refused_to_sign") == Some(&Value::Bool(true));
        if refused {
            self.done.push(label("已注明拒签", "the refusal to sign is noted"));
        } else if signed("party") == 0 {
            let says =
                label("当事人未签名：请签名，或注明拒签原因", "the party has not signed: sign, or note the refusal");
            self.add(self.id, "signatures", "party-signs", Weight::Case, says);
        } else {
            self.done.push(label("当事人已签名", "the party has signed"));
        }
    }

    /// Photos that say what they prove, taken where the site is.
    fn photos(&mut self, store: &Store, seen: &Viewed<'_>) -> Result<()> {
        let photos = photos_of(&seen.values);
        if photos.is_empty() {
            let says = label(
                "还没有照片，案卷需要能证明现场情况的照片",
                "there is no photo; a case file needs some that show the scene",
            );
            self.add(self.id, "photos", "no-photo", Weight::Case, says);
        }
        let count = photos.len();
        for photo in photos {
            let Ok(picture) = store.reader().view(photo) else { continue };
            let values = &picture.values;
            if values.get("proves").and_then(Value::as_text).is_none_or(|t| t.trim().is_empty()) {
                let says = label("照片未写明证明内容", "a photo does not say what it proves");
                self.add(photo, "proves", "photo-proves", Weight::Case, says);
            }
            match from_site_m(values, seen) {
                _ if values.get("position").is_none_or(Value::is_null) => {
                    let says =
                        label("照片没有位置，可在地图上补标", "a photo has no position; one can be set on the map");
                    self.add(photo, "position", "photo-place", Weight::Look, says);
                }
                Some(m) if m > PHOTO_FAR_M => {
                    let zh = format!("照片拍摄位置距检查对象 {m:.0} 米，请核对");
                    let en = format!("a photo was taken {m:.0} m from the site; check it");
                    self.add(photo, "position", "photo-far", Weight::Look, label(zh, en));
                }
                _ => {}
            }
        }
        if count > 0 {
            self.done.push(label(format!("已拍 {count} 张照片"), format!("{count} photos taken")));
        }
        Ok(())
    }

    /// From one inspection of these officers to the next nobody flies.
    fn speed(&mut self, store: &Store, values: &Values) -> Result<()> {
        let Some(own) = Stop::of(values) else { return Ok(()) };
        let numbers = certificates(values);
        let query = ListQuery { doc_type: Some(DocType::Inspection), limit: OTHERS_MAX, ..ListQuery::default() };
        for other in store.list(&query)?.rows.into_iter().filter(|row| row.id != self.id) {
            let there = store.reader().view(other.id)?.values;
            let Some(stop) = Stop::of(&there).filter(|_| certificates(&there).iter().any(|n| numbers.contains(n)))
            else {
                continue;
            };
            if let Some(kmh) = own.speed_kmh(&stop).filter(|kmh| *kmh > SPEED_MAX_KMH) {
                let title = &other.title;
                let zh = format!("与“{title}”之间的速度约 {kmh:.0} km/h，不可能做到，请核对时间和位置");
                let en = format!(
                    "between this and '{title}' somebody would have moved at {kmh:.0} km/h; check times and places"
                );
                self.add(self.id, "started_at", "speed", Weight::Look, label(zh, en));
                break;
            }
        }
        Ok(())
    }
}

/// How far a photo was taken from the site of a record: from its boundary, else from its position. Metres.
#[must_use]
pub fn from_site_m(photo: &Values, of: &Viewed<'_>) -> Option<f64> {
    let at = photo.get("position")?.as_position()?.at;
    let site = of.site.as_ref().unwrap_or(&of.values);
    distance_to_site_m(&at, site)
}

/// How far a place is from a site: 0 inside its boundary. Metres.
#[must_use]
pub fn distance_to_site_m(at: &domain::Vertex, site: &Values) -> Option<f64> {
    match (site.get("boundary"), site.get("position")) {
        (Some(Value::Polygon(rings)), _) => geodesy::distance_to_polygon_m(rings, at),
        (_, Some(Value::Point(position))) => Some(geodesy::distance_m(&position.at, at)),
        _ => None,
    }
}

fn certificates(values: &Values) -> Vec<&str> {
    let numbers = values.iter().filter(|(path, _)| path.starts_with("officers/") && path.ends_with("/certificate_no"));
    numbers.filter_map(|(_, value)| value.as_text().filter(|t| !t.is_empty())).collect()
}

/// Where and when somebody was.
struct Stop {
    from_ms: i64,
    to_ms: i64,
    at: domain::Vertex,
}

impl Stop {
    fn of(values: &Values) -> Option<Self> {
        let time = |path: &str| {
            let text = values.get(path)?.as_text()?;
            Some(chrono::DateTime::parse_from_rfc3339(text).ok()?.timestamp_millis())
        };
        let from_ms = time("started_at")?;
        let at = values.get("position")?.as_position()?.at;
        Some(Self { from_ms, to_ms: time("ended_at").unwrap_or(from_ms).max(from_ms), at })
    }

    /// The speed between two stops; none where they overlap or are one place.
    fn speed_kmh(&self, other: &Self) -> Option<f64> {
        let gap_ms = (self.from_ms - other.to_ms).max(other.from_ms - self.to_ms);
        let distance_m = geodesy::distance_m(&self.at, &other.at);
        if gap_ms <= 0 || distance_m < SAME_PLACE_M {
            return None;
        }
        #[expect(clippy::cast_precision_loss, reason = "milliseconds between visits are exact in a double")]
        let hours = gap_ms as f64 / 3_600_000.0;
        Some(distance_m / 1000.0 / hours)
    }
}
