//! The unified social credit code (GB 32100-2015) and its check character, and masks for personal numbers.

/// The characters of a code, in the order of their values: digits and capitals without I, O, S, V, Z.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Characters of a code, the check character included.
const LENGTH: usize = 18;

/// What is wrong with a code; a form shows it as a warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CreditCodeProblem {
    /// Not 18 characters.
    #[error("{0} characters instead of 18")]
    Length(usize),
    /// A character the standard does not use.
    #[error("'{character}' at position {position} is not used in a code (no I, O, S, V, Z)")]
    Character {
        /// Counted from 1.
        position: usize,
        /// As written, in capitals.
        character: char,
    },
    /// The last character does not follow from the others.
    #[error("the check character should be {expected}: one of the 18 was mistyped")]
    CheckCharacter {
        /// What it would be if the first 17 are right.
        expected: char,
    },
}

impl CreditCodeProblem {
    /// The message in Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Self::Length(n) => format!("统一社会信用代码应为 18 位，现为 {n} 位"),
            Self::Character { position, character } => {
                format!("统一社会信用代码第 {position} 位“{character}”不是可用字符（不使用 I、O、S、V、Z）")
            }
            Self::CheckCharacter { expected } => format!("统一社会信用代码校验位应为 {expected}，请核对 18 位代码"),
        }
    }
}

/// Checks a code: length, characters, check character. Blanks round it, lower case and full-width forms are forgiven.
///
/// # Errors
/// The first problem found.
pub fn check(text: &str) -> Result<(), CreditCodeProblem> {
    let characters: Vec<char> = normalized(text).chars().collect();
    if characters.len() != LENGTH {
        return Err(CreditCodeProblem::Length(characters.len()));
    }
    let mut values = [0; LENGTH];
    for (at, &character) in characters.iter().enumerate() {
        values[at] = value_of(character).ok_or(CreditCodeProblem::Character { position: at + 1, character })?;
    }
    let expected = check_value(&values[..LENGTH - 1]);
    if values[LENGTH - 1] == expected {
        Ok(())
    } else {
        Err(CreditCodeProblem::CheckCharacter { expected: char::from(ALPHABET[expected]) })
    }
}

/// A code as it is compared and stored: capitals, half-width, no blanks round it.
#[must_use]
pub fn normalized(text: &str) -> String {
    let half_width = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    };
    text.trim().chars().map(half_width).map(|c| c.to_ascii_uppercase()).collect()
}

fn value_of(character: char) -> Option<usize> {
    ALPHABET.iter().position(|&a| char::from(a) == character)
}

/// 31 less the sum of value × 3^i (mod 31), modulo 31; i counts from 0 on the left.
fn check_value(values: &[usize]) -> usize {
    let weighted = values.iter().scan(1, |weight, &value| {
        let product = value * *weight;
        *weight = *weight * 3 % 31;
        Some(product)
    });
    (31 - weighted.sum::<usize>() % 31) % 31
}

/// A personal number for lists and exports: the first 6 and last 4 characters of an identity card (GB 11643), the
/// first and last 2 of a shorter document, nothing of one under 6 characters.
#[must_use]
pub fn mask_id(id: &str) -> String {
    match id.trim().chars().count() {
        0..6 => masked(id, 0, 0),
        6..15 => masked(id, 1, 2),
        _ => masked(id, 6, 4),
    }
}

/// A telephone number for lists and exports: the first 3 and last 4 characters; of one under 9 only the last 2.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    match phone.trim().chars().count() {
        0..5 => masked(phone, 0, 0),
        5..9 => masked(phone, 0, 2),
        _ => masked(phone, 3, 4),
    }
}

fn masked(text: &str, first: usize, last: usize) -> String {
    let text = text.trim();
    let count = text.chars().count();
    let shown = |at| at < first || at + last >= count;
    text.chars().enumerate().map(|(at, c)| if shown(at) { c } else { '*' }).collect()
}
