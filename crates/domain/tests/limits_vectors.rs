//! The rules of the limits file, and the small facts: credit codes, masks, places.
#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use domain::Vertex;
use domain::credit_code::{self, CreditCodeProblem, mask_id, mask_phone};
use domain::judgement::{Confidence, Operator, Verdict};
use domain::limits::{Limits, Lookup};
use domain::places;
use domain::water::WaterClass;
use proptest::prelude::*;
use rust_decimal_macros::dec;

fn on(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

const SMALL: &str = r#"
[[table]]
id = "a"
topic = "t"
standard = "S 1-2020"
source = "test"
confidence = "high"
valid_to = 2025-12-31
row_keys = ["kind"]
rows = [["x", 1], ["y", "?"], ["z", "-"]]

[[table]]
id = "b"
topic = "t"
standard = "S 1-2026"
source = "test"
confidence = "medium"
valid_from = 2026-01-01
row_keys = ["kind"]
column_key = "level"
columns = ["1", "2"]
rows = [["x", 0.10, [3, 4]]]
"#;

#[test]
fn nothing_unsure_ships_with_a_value_and_every_row_has_its_papers() {
    for row in Limits::embedded().rows() {
        assert!(!row.is_set() || row.confidence.may_ship(), "{} is {:?} and has a value", row.id, row.confidence);
        assert!(row.is_set() || row.doubt.is_some(), "{} is empty and does not say why", row.id);
        assert!(!row.standard.is_empty() && row.source.chars().count() > 4, "{} has no standard or source", row.id);
        assert!(row.valid_from.zip(row.valid_to).is_none_or(|(from, to)| from <= to), "{}", row.id);
    }
    assert!(Limits::embedded().rows().len() > 600);
}

#[test]
fn the_date_of_the_inspection_picks_the_row() {
    let limits = Limits::from_toml(SMALL).unwrap();
    let keys = [("kind", "x"), ("level", "1")];
    assert_eq!(limits.find("t", &keys, on("2025-12-31")).limit().unwrap().standard, "S 1-2020");
    let new = limits.find("t", &keys, on("2026-01-01")).limit().unwrap();
    assert_eq!((new.id.as_str(), new.max, new.confidence), ("b/x/1", Some(dec!(0.1)), Confidence::Medium));
    let range = limits.find("t", &[("kind", "x"), ("level", "2")], on("2026-01-01")).limit().unwrap();
    assert_eq!((range.operator(), range.min, range.max), (Operator::Range, Some(dec!(3)), Some(dec!(4))));
}

#[test]
fn an_empty_row_is_not_a_missing_row() {
    let limits = Limits::from_toml(SMALL).unwrap();
    assert!(matches!(limits.find("t", &[("kind", "y")], on("2025-01-01")), Lookup::NotSet(_)));
    assert_eq!(limits.find("t", &[("kind", "z")], on("2025-01-01")), Lookup::NoRule);
    assert_eq!(limits.find("nothing", &[], on("2025-01-01")), Lookup::NoRule);
    assert_eq!(limits.find("t", &[("kind", "y")], on("2025-01-01")).judge(dec!(1)).verdict, Verdict::NotJudged);
}

#[test]
fn an_administrator_fills_and_replaces_rows() {
    let filled = Limits::from_toml(SMALL)
        .unwrap()
        .merged_with("[[set]]\nid = \"a/y\"\nvalue = 7.50\nsource = \"检测报告\"\nconfidence = \"low\"\n")
        .unwrap();
    let judged = filled.find("t", &[("kind", "y")], on("2025-01-01")).judge(dec!(7.5));
    assert_eq!(
        (judged.verdict, judged.limit, judged.confidence),
        (Verdict::Compliant, Some(dec!(7.5)), Confidence::Low)
    );
    let least = "[[set]]\nid = \"gb12523-2025.duration/construction\"\nvalue = 20\nsource = \"原文\"\n";
    let least = Limits::embedded().merged_with(least).unwrap();
    assert_eq!(least.by_id("gb12523-2025.duration/construction").unwrap().min, Some(dec!(20)), "a minimum stays one");
    let emptied = filled.merged_with("[[set]]\nid = \"a/y\"\nvalue = \"?\"\nsource = \"test\"\n").unwrap();
    assert!(!emptied.by_id("a/y").unwrap().is_set());
    let replaced = filled.merged_with(&SMALL.replace("[\"x\", 1]", "[\"x\", 2]")).unwrap();
    assert_eq!(replaced.rows().len(), filled.rows().len());
    assert_eq!(replaced.by_id("a/x").unwrap().max, Some(dec!(2)));
    let own = SMALL.replace("id = \"a\"", "id = \"own\"").replace("id = \"b\"", "id = \"own2\"");
    let added = filled.merged_with(&own.replace("[\"x\", 1]", "[\"x\", 9]")).unwrap();
    assert_eq!(
        added.find("t", &[("kind", "x")], on("2025-01-01")).value(),
        Some(dec!(9)),
        "what was added last counts"
    );
}

#[test]
fn faults_name_their_line() {
    let line = |text: &str| Limits::from_toml(text).unwrap_err().line;
    assert_eq!(line(&SMALL.replace("[\"y\", \"?\"]", "[\"y\"]")), 10);
    assert_eq!(line(&SMALL.replace("[\"x\", 1]", "[\"x\", \"one\"]")), 10);
    assert_eq!(line(&SMALL.replace("[3, 4]", "[4, 3]")), 22);
    assert_eq!(line(&SMALL.replace("[\"y\", \"?\"]", "[\"x\", 3]")), 10);
    assert_eq!(line(&SMALL.replace("topic = \"t\"\nstandard = \"S 1-2026\"", "standard = \"S 1-2026\"")), 12);
    assert_eq!(line("[[table]\n"), 1);
    assert_eq!(line(&format!("{SMALL}\n[[set]]\nid = \"none\"\nsource = \"x\"\n")), 24);
    assert_eq!(line(&SMALL.replace("confidence = \"medium\"", "confidence = \"sure\"")), 17);
}

#[test]
fn credit_codes_are_checked() {
    for good in
        ["91110000802100433B", "91440300708461136T", " 91110000802100433b ", "９１１１００００８０２１００４３３Ｂ"]
    {
        assert_eq!(credit_code::check(good), Ok(()), "{good}");
    }
    assert_eq!(credit_code::check("91110000802100433C"), Err(CreditCodeProblem::CheckCharacter { expected: 'B' }));
    assert_eq!(credit_code::check("9111000080210043"), Err(CreditCodeProblem::Length(16)));
    let letter = CreditCodeProblem::Character { position: 9, character: 'O' };
    assert_eq!(credit_code::check("91110000O02100433B"), Err(letter));
}

#[test]
fn personal_numbers_are_masked() {
    assert_eq!(mask_id("110228198001011234"), "110228********1234");
    assert_eq!(mask_id("E12345678"), "E******78");
    assert_eq!(mask_id("12345"), "*****");
    assert_eq!(mask_id(""), "");
    assert_eq!(mask_phone("13812345678"), "138****5678");
    assert_eq!(mask_phone("69041234"), "******34");
    assert_eq!(mask_phone("12"), "**");
}

#[test]
fn places_are_complete() {
    assert_eq!(places::towns().len(), 21);
    assert_eq!(places::villages("").count(), 429);
    assert!(places::villages("").all(|v| v.code.len() == 12 && places::town(v.town_code()).is_some()));
    assert_eq!(places::villages("110118101").count(), 22);
    assert_eq!(places::town("110118101000").unwrap().name, "溪翁庄镇");
    assert_eq!(places::town("110118101").unwrap().code12(), "110118101000");
    assert_eq!(places::town("999"), None);
    assert_eq!(places::village("110118001001").unwrap().name, "白檀社区居民委员会");
    assert_eq!(places::village("110118001"), None);
    assert_eq!(places::towns().iter().filter(|t| t.envelope.is_none()).count(), 3);
}

#[test]
fn a_position_suggests_townships() {
    let found = places::town_at(40.69, 117.16);
    assert!(found.iter().any(|t| t.name == "古北口镇"), "{found:?}");
    assert!(places::town_at(0.0, 0.0).is_empty());
    assert!(places::town_at(f64::NAN, 117.0).is_empty());
    assert_eq!(places::district_outline()[0].len(), 119);
    let at = |lon, lat| Vertex::from_degrees(lon, lat).unwrap();
    assert!(places::in_district(&at(116.84, 40.37), 600.0));
    assert!(!places::in_district(&at(116.40, 39.90), 600.0));
    let reservoir = places::waters().iter().find(|w| w.name == "密云水库").unwrap();
    assert_eq!(reservoir.target, Some(WaterClass::II));
    assert_eq!(places::sections().len(), 5);
}

proptest! {
    #[test]
    fn one_wrong_character_is_always_noticed(at in 0usize..18, to in 0usize..31) {
        let alphabet: Vec<char> = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().collect();
        let mut code: Vec<char> = "91110000802100433B".chars().collect();
        prop_assume!(code[at] != alphabet[to]);
        code[at] = alphabet[to];
        prop_assert!(credit_code::check(&code.into_iter().collect::<String>()).is_err());
    }

    #[test]
    fn masks_keep_the_length_and_never_panic(text in ".{0,40}") {
        let count = text.trim().chars().count();
        prop_assert_eq!(mask_id(&text).chars().count(), count);
        prop_assert_eq!(mask_phone(&text).chars().count(), count);
        let _ = credit_code::check(&text);
        let _ = Limits::from_toml(&text);
    }
}
