//! Days and times as ledgers hold them: Excel's numbers, 2024/3/5, 2024.3.5, 2024年3月5日, 20240305.

use chrono::{Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::Reason;
use super::number::half_width;
use super::table::Cell;

/// Excel's day numbers that can be meant: 1954 to 2173. Smaller numbers are something else.
const SERIALS: std::ops::RangeInclusive<f64> = 20_000.0..=100_000.0;

/// A day, as `2024-03-05`.
pub(super) fn day(cell: &Cell) -> Result<String, Reason> {
    read(cell).map(|(day, _)| day.to_string()).ok_or_else(|| not_a_day(cell))
}

/// A time with the offset of the district, or the day where only that is known.
pub(super) fn moment(cell: &Cell) -> Result<String, Reason> {
    match read(cell) {
        Some((day, Some(time))) => Ok(format!("{day}T{}+08:00", time.format("%H:%M:%S"))),
        Some((day, None)) => Ok(day.to_string()),
        None => Err(not_a_day(cell)),
    }
}

/// A time with the offset of the district; a day alone is no time.
pub(super) fn time(cell: &Cell) -> Result<String, Reason> {
    let text = moment(cell)?;
    if text.contains('T') {
        return Ok(text);
    }
    Err(Reason::new(
        format!("“{}”只有日期，缺少时刻", cell.display()),
        format!("'{}' is a day without a time", cell.display()),
    ))
}

fn not_a_day(cell: &Cell) -> Reason {
    let text = cell.display();
    Reason::new(
        format!("“{text}”不是日期，请写成 2024-03-05"),
        format!("'{text}' is not a day; write it as 2024-03-05"),
    )
}

fn read(cell: &Cell) -> Option<(NaiveDate, Option<NaiveTime>)> {
    match cell {
        Cell::Empty | Cell::Unsolved(_) => None,
        Cell::Time(time) => Some(split(*time)),
        Cell::Number(number) => serial(*number),
        Cell::Text(text) => {
            let text = half_width(text);
            written(&text).or_else(|| text.parse().ok().and_then(serial))
        }
    }
}

fn split(time: NaiveDateTime) -> (NaiveDate, Option<NaiveTime>) {
    // Midnight to the second is how Excel writes a day.
    (time.date(), Some(time.time()).filter(|t| *t != NaiveTime::MIN))
}

fn serial(number: f64) -> Option<(NaiveDate, Option<NaiveTime>)> {
    if !SERIALS.contains(&number) {
        let digits = number.to_string();
        return (digits.len() == 8).then(|| compact(&digits)).flatten();
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was just checked")]
    let (days, seconds) = (number as u64, (number.fract() * 86_400.0).round() as u32);
    let day = NaiveDate::from_ymd_opt(1899, 12, 30)?.checked_add_days(Days::new(days))?;
    Some((day, NaiveTime::from_num_seconds_from_midnight_opt(seconds, 0).filter(|_| seconds > 0)))
}

fn compact(digits: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
    NaiveDate::parse_from_str(digits, "%Y%m%d").ok().filter(|d| *d > NaiveDate::default()).map(|day| (day, None))
}

fn written(text: &str) -> Option<(NaiveDate, Option<NaiveTime>)> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Some((time.date_naive(), Some(time.time())));
    }
    if text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit()) {
        return compact(text);
    }
    let plain: String = text.chars().map(|c| if "年月/.".contains(c) { '-' } else { c }).collect();
    let (day, rest) = match plain.split_once(['日', ' ', 'T']) {
        Some((day, rest)) => (day, rest.trim_start_matches('日').trim()),
        None => (plain.as_str(), ""),
    };
    let day = NaiveDate::parse_from_str(day.trim(), "%Y-%m-%d")
        .ok()
        .filter(|d| (1950..=2150).contains(&chrono::Datelike::year(d)))?;
    if rest.is_empty() {
        return Some((day, None));
    }
    let clock = rest.replace(['时', '点', '：'], ":").replace(['分', '秒'], ":");
    let clock = clock.trim_end_matches(':');
    let time = ["%H:%M:%S", "%H:%M"].iter().find_map(|format| NaiveTime::parse_from_str(clock, format).ok())?;
    Some((day, Some(time)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_writing_a_day_is_read() {
        for text in ["2024-03-05", "2024/3/5", "2024.3.5", "2024年3月5日", "20240305", "２０２４年３月５日", "45356"]
        {
            assert_eq!(day(&Cell::Text(text.into())).as_deref(), Ok("2024-03-05"), "{text}");
        }
        assert_eq!(day(&Cell::Number(45_356.0)).as_deref(), Ok("2024-03-05"));
        assert_eq!(moment(&Cell::Text("2024年3月5日 9时30分".into())).as_deref(), Ok("2024-03-05T09:30:00+08:00"));
        for text in ["去年", "2024年13月1日", "12", "2024年3月"] {
            assert!(day(&Cell::Text(text.into())).is_err(), "{text}");
        }
    }
}
