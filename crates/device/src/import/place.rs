//! Townships and villages by their name, as ledgers have them, or by code.

use domain::places::{self, Town, Village};

use super::Reason;

const TOWN_ENDINGS: &[&str] = &["街道办事处", "镇人民政府", "地区办事处", "街道", "地区", "镇", "乡"];
const VILLAGE_ENDINGS: &[&str] =
    &["社区居民委员会", "居民委员会", "村民委员会", "社区居委会", "居委会", "村委会", "社区", "村"];

/// The code of a township.
pub(super) fn town(text: &str) -> Result<String, Reason> {
    let text = text.trim();
    if let Some(town) = places::town(text) {
        return Ok(town.code.clone());
    }
    let name = text.trim_start_matches("北京市").trim_start_matches("密云区").trim_start_matches("密云县");
    let matching = |f: &dyn Fn(&&'static Town) -> bool| one(places::towns().iter().filter(f));
    let found = matching(&|t| t.name == name)
        .or_else(|| matching(&|t| bare(&t.name, TOWN_ENDINGS) == bare(name, TOWN_ENDINGS)));
    found.map(|t| t.code.clone()).ok_or_else(|| {
        Reason::new(format!("“{text}”不在本区镇街名录中"), format!("'{text}' is no township of the district"))
    })
}

/// The code of a village, within a township if that is known.
pub(super) fn village(text: &str, town: Option<&str>) -> Result<String, Reason> {
    let text = text.trim();
    if let Some(village) = places::village(text) {
        return Ok(village.code.to_owned());
    }
    let among = || places::villages(town.unwrap_or_default());
    let matching = |f: &dyn Fn(&&'static Village) -> bool| one(among().filter(f));
    let found = matching(&|v| v.name == text)
        .or_else(|| matching(&|v| bare(v.name, VILLAGE_ENDINGS) == bare(text, VILLAGE_ENDINGS)));
    found.map(|v| v.code.to_owned()).ok_or_else(|| {
        let zh = format!("“{text}”不在村（社区）名录中，或有多个同名");
        Reason::new(zh, format!("'{text}' is no village of the list, or several have this name"))
    })
}

/// A name without the word that says what it is.
fn bare<'a>(name: &'a str, endings: &[&str]) -> &'a str {
    let cut = endings.iter().find_map(|end| name.strip_suffix(end));
    cut.filter(|short| !short.is_empty()).unwrap_or(name)
}

/// The only one; nothing if there are several.
fn one<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}
