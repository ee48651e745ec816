//! A document as an expression sees it: fields by name, rows as lists, groups as maps.

use std::collections::BTreeSet;
use std::sync::Arc;

use rhai::{Dynamic, Map};

use super::expression::to_dynamic;
use super::functions::day;
use super::measures::Bench;
use super::settings::Settings;
use crate::limits::Limits;
use crate::value::{Value, Values};

/// The rows of a group: every row that has a register and was not taken out (`rows/<id>` = false).
#[must_use]
pub fn row_ids(values: &Values, group: &str) -> Vec<String> {
    let mut ids: Vec<String> = Vec::new();
    for (rest, _) in prefixed(values, group) {
        let id = rest.split('/').next().unwrap_or(rest);
        if ids.last().is_none_or(|last| last != id) {
            ids.push(id.to_owned());
        }
    }
    ids.retain(|id| values.get(&format!("{group}/{id}")) != Some(&Value::Bool(false)));
    // `a-b/x` sorts between `a` and `a/x`, so equal ids need not stand together.
    ids.sort();
    ids.dedup();
    ids
}

/// The registers below a name, without it.
pub(super) fn prefixed<'a>(values: &'a Values, group: &str) -> impl Iterator<Item = (&'a str, &'a Value)> + use<'a> {
    let prefix = format!("{group}/");
    let from = values.range(prefix.clone()..);
    from.map_while(move |(path, value)| path.strip_prefix(prefix.as_str()).map(|rest| (rest, value)))
}

/// A document as an expression sees it: fields by name, rows as lists, groups as maps.
pub(super) fn record(values: &Values) -> Map {
    let mut out = Map::new();
    let groups: BTreeSet<&str> =
        values.keys().filter_map(|path| path.split_once('/')).map(|(group, _)| group).collect();
    for (path, value) in values.iter().filter(|(path, _)| !path.contains('/')) {
        out.insert(path.as_str().into(), to_dynamic(value));
    }
    for group in groups {
        let is_map = prefixed(values, group).all(|(rest, value)| !rest.contains('/') && value.as_bool().is_none());
        let content = if is_map {
            Dynamic::from_map(prefixed(values, group).map(|(rest, v)| (rest.into(), to_dynamic(v))).collect())
        } else {
            Dynamic::from_array(row_ids(values, group).iter().map(|row| stored_row(values, group, row)).collect())
        };
        out.insert(group.into(), content);
    }
    out
}

fn stored_row(values: &Values, group: &str, row: &str) -> Dynamic {
    let prefix = format!("{group}/{row}");
    let fields = prefixed(values, &prefix).map(|(rest, v)| (rest.into(), to_dynamic(v)));
    let mut map: Map = fields.collect();
    map.insert("row".into(), row.to_owned().into());
    Dynamic::from_map(map)
}

/// The settings as an expression sees them.
pub(super) fn settings_map(settings: Option<&Settings>) -> Map {
    let declared = settings.map(|s| s.declared().iter()).into_iter().flatten();
    declared.map(|(id, setting)| (id.as_str().into(), to_dynamic(&setting.value))).collect()
}

/// The limits as an expression sees them: those of the day of the record.
pub(super) fn limits_variable(limits: Option<Arc<Limits>>, values: &Values) -> Dynamic {
    let on = ["started_at", "found_at"].iter().find_map(|path| day(values.get(*path)?.as_text()?));
    limits.map_or(Dynamic::UNIT, |limits| Dynamic::from(Bench { limits, on }))
}
