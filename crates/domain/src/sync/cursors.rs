//! Cursors as they travel: nearly always all scopes of a device stand at one position, and their names are codes of
//! townships that follow each other; so positions are named once, and codes as the step from the one before.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::message::Cursors;
use super::room;

/// The scopes that stand at one position.
#[derive(Serialize, Deserialize)]
struct Level {
    pos: u64,
    /// Townships, each as the step from the code before.
    #[serde(deserialize_with = "room::list")]
    codes: Vec<u64>,
    /// All others by name.
    #[serde(deserialize_with = "room::list")]
    names: Vec<String>,
}

/// Most scopes of one device.
const SCOPES_MAX: usize = 4_096;

/// The number that a scope's name is, if it is written exactly so.
fn code(scope: &str) -> Option<u64> {
    scope.parse().ok().filter(|code: &u64| code.to_string() == scope)
}

fn levels(cursors: &Cursors) -> Vec<Level> {
    let mut by_pos: BTreeMap<u64, (Vec<u64>, Vec<String>)> = BTreeMap::new();
    for (scope, &pos) in cursors {
        let (codes, names) = by_pos.entry(pos).or_default();
        match code(scope) {
            Some(code) => codes.push(code),
            None => names.push(scope.clone()),
        }
    }
    let level = |(pos, (mut codes, names)): (u64, (Vec<u64>, Vec<String>))| {
        codes.sort_unstable();
        let befores: Vec<u64> = std::iter::once(0).chain(codes.iter().copied()).collect();
        Level { pos, codes: codes.iter().zip(befores).map(|(code, before)| code - before).collect(), names }
    };
    by_pos.into_iter().map(level).collect()
}

fn cursors<E: de::Error>(levels: Vec<Level>) -> Result<Cursors, E> {
    let mut out = Cursors::new();
    for Level { pos, codes, names } in levels {
        let mut code = 0u64;
        for step in codes {
            code = code.checked_add(step).ok_or_else(|| E::custom("a scope out of range"))?;
            out.insert(code.to_string(), pos);
        }
        out.extend(names.into_iter().map(|name| (name, pos)));
        if out.len() > SCOPES_MAX {
            return Err(E::custom("too many scopes"));
        }
    }
    Ok(out)
}

pub(super) fn serialize<S: Serializer>(cursors: &Cursors, serializer: S) -> Result<S::Ok, S::Error> {
    levels(cursors).serialize(serializer)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cursors, D::Error> {
    cursors(room::list(deserializer)?)
}

/// The same where there may be none.
pub(super) mod optional {
    use super::{Cursors, Deserialize, Deserializer, Level, Serialize, Serializer, cursors, levels};

    pub fn serialize<S: Serializer>(cursors: &Option<Cursors>, serializer: S) -> Result<S::Ok, S::Error> {
        cursors.as_ref().map(levels).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cursors>, D::Error> {
        Option::<Vec<Level>>::deserialize(deserializer)?.map(cursors).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Held(#[serde(with = "super::optional")] Option<Cursors>);

    #[test]
    fn cursors_come_back_whatever_the_scopes_are_called() {
        let names = ["110118001", "110118002", "110118100", "u7", "*", "-110118003", "007", ""];
        let cursors: Cursors =
            names.iter().zip([9, 9, 9, 9, 3, 0, u64::MAX, 1]).map(|(n, p)| ((*n).into(), p)).collect();
        let held = Held(Some(cursors));
        let bytes = postcard::to_stdvec(&held).expect("encodes");
        assert_eq!(postcard::from_bytes::<Held>(&bytes).expect("decodes"), held);
    }

    #[test]
    fn twenty_townships_at_one_position_take_few_bytes() {
        let cursors: Cursors = (0..20).map(|n| ((110_118_100 + n).to_string(), 40_000)).collect();
        let bytes = postcard::to_stdvec(&Held(Some(cursors))).expect("encodes");
        assert!(bytes.len() <= 32, "{} bytes", bytes.len());
    }
}
