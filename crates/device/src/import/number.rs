//! Numbers as ledgers hold them: wide digits, separators, a unit behind.

use rust_decimal::Decimal;

use super::Reason;
use super::table::Cell;

/// Units of an area, longest first, with what one of them is in square metres (numerator and denominator).
pub(super) const AREA_UNITS: &[(&str, (i64, i64))] = &[
    ("平方公里", (1_000_000, 1)),
    ("平方千米", (1_000_000, 1)),
    ("万平方米", (10_000, 1)),
    ("平方米", (1, 1)),
    ("公顷", (10_000, 1)),
    ("km2", (1_000_000, 1)),
    ("km²", (1_000_000, 1)),
    ("m2", (1, 1)),
    ("m²", (1, 1)),
    ("㎡", (1, 1)),
    ("ha", (10_000, 1)),
    ("亩", (2_000, 3)),
];

/// A number as text; an area is turned into square metres.
pub(super) fn read(cell: &Cell, heading_unit: Option<&str>, is_area: bool) -> Result<String, Reason> {
    let text = match cell {
        Cell::Number(number) => number.to_string(),
        other => half_width(&other.display()),
    };
    let text = text.to_lowercase();
    let own =
        AREA_UNITS.iter().filter(|_| is_area).find_map(|(unit, _)| Some((text.strip_suffix(unit)?.to_owned(), *unit)));
    let (digits, unit) = match own {
        Some((digits, unit)) => (digits, Some(unit)),
        None => (text.clone(), heading_unit),
    };
    let digits: String = digits.chars().filter(|c| !matches!(c, ',' | ' ' | '，')).collect();
    let number = Decimal::from_str_exact(&digits).or_else(|_| Decimal::from_scientific(&digits)).map_err(|_| {
        Reason::new(format!("“{}”不是数字", cell.display()), format!("'{}' is not a number", cell.display()))
    })?;
    let factor = unit.and_then(|u| AREA_UNITS.iter().find(|(name, _)| *name == u)).map(|(_, factor)| *factor);
    match factor {
        None | Some((1, 1)) => Ok(digits),
        Some((up, down)) => {
            let product = number.checked_mul(Decimal::from(up)).and_then(|n| n.checked_div(Decimal::from(down)));
            let product = product.ok_or_else(|| Reason::new("数字过大", "the number is too large"))?;
            Ok(product.round_dp(2).normalize().to_string())
        }
    }
}

/// Wide digits and signs as the usual ones.
pub(super) fn half_width(text: &str) -> String {
    let narrow = |c: char| match c {
        '！'..='～' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        '。' => '.',
        c => c,
    };
    text.chars().map(narrow).collect::<String>().trim().to_owned()
}
