//! Lines into planned sites, every text tried on the form before it is planned.

use domain::datum::Datum;
use domain::forms::{FieldType, Form};

use super::headings::{Headings, Target};
use super::table::{Cell, Sheet};
use super::{CellProblem, ImportOptions, ImportPlan, ImportReport, PlannedSite, Reason, date, number, place, position};

/// The first cell of lines that are no site.
const SUMS: &[&str] = &["合计", "总计", "小计", "total", "sum"];
/// Path of the free remark.
const NOTE: &str = "note";

/// Reads all lines below the headings.
pub(super) fn of(sheet: &Sheet, headings: &Headings, form: &Form, options: &ImportOptions) -> ImportPlan {
    let mut plan = ImportPlan { report: columns(headings), ..ImportPlan::default() };
    for (at, cells) in sheet.lines.iter().enumerate().skip(headings.line + 1) {
        if cells.iter().all(|c| *c == Cell::Empty) {
            continue;
        }
        let row = sheet.first_line + at;
        plan.report.rows += 1;
        if is_sum(cells) {
            plan.report.left_out.push(row);
            continue;
        }
        let mut line = Line { row, sheet, headings, form, sets: Vec::new(), problems: Vec::new() };
        line.read(cells);
        line.plan(&mut plan, options);
    }
    plan
}

fn columns(headings: &Headings) -> ImportReport {
    let path = |target: &Target| match target {
        Target::Field { path, .. } => path.clone(),
        Target::Lon(_) | Target::Lat(_) | Target::Both(_) => "position".to_owned(),
    };
    let taken = headings.columns.iter().zip(&headings.texts);
    ImportReport {
        understood: taken.filter_map(|(t, text)| Some((text.clone(), path(t.as_ref()?)))).collect(),
        not_understood: headings.refused.clone(),
        ..ImportReport::default()
    }
}

fn is_sum(cells: &[Cell]) -> bool {
    let first = cells.iter().find(|c| **c != Cell::Empty).map(Cell::display).unwrap_or_default();
    SUMS.contains(&first.trim_end_matches([':', '：']).to_lowercase().as_str())
}

struct Line<'a> {
    row: usize,
    sheet: &'a Sheet,
    headings: &'a Headings,
    form: &'a Form,
    sets: Vec<(String, String)>,
    problems: Vec<CellProblem>,
}

impl Line<'_> {
    fn read(&mut self, cells: &[Cell]) {
        let (mut lon, mut lat, mut point) = (None, None, None);
        // A village is looked up within its township, so that one is read first.
        let mut order: Vec<usize> = (0..self.headings.columns.len()).collect();
        order.sort_by_key(
            |&at| matches!(&self.headings.columns[at], Some(Target::Field { path, .. }) if path == "village"),
        );
        for at in order {
            let Some(target) = &self.headings.columns[at] else { continue };
            let cell = cells.get(at).unwrap_or(&Cell::Empty);
            if *cell == Cell::Empty {
                continue;
            }
            if matches!(cell, Cell::Unsolved(_)) {
                self.problem(at, cell, unsolved());
                continue;
            }
            let read = match target {
                Target::Field { path, unit } => self.field(path, cell, *unit),
                Target::Lon(datum) => position::degrees(cell).map(|d| lon = Some((d, *datum, at))),
                Target::Lat(datum) => position::degrees(cell).map(|d| lat = Some((d, *datum, at))),
                Target::Both(datum) => position::both(cell).map(|(lon, lat)| point = Some((lon, lat, *datum, at))),
            };
            if let Err(reason) = read {
                self.problem(at, cell, reason);
            }
        }
        self.position(cells, lon, lat, point);
    }

    /// Reads one cell as the text of a field.
    fn field(&mut self, path: &str, cell: &Cell, unit: Option<&str>) -> Result<(), Reason> {
        let Some(found) = self.form.field(path) else { return Ok(()) };
        let field = found.field;
        let text = match field.kind {
            FieldType::Int | FieldType::Decimal => number::read(cell, unit, field.unit.as_deref() == Some("m²"))?,
            FieldType::Date => date::day(cell)?,
            FieldType::Moment => date::moment(cell)?,
            FieldType::Timestamp => date::time(cell)?,
            FieldType::Bool => truth(&cell.display()),
            _ => match path {
                "town" => place::town(&cell.display())?,
                "village" => place::village(&cell.display(), self.set("town"))?,
                _ => unguarded(&cell.display()).to_owned(),
            },
        };
        self.form.read(path, &text).map_err(|e| Reason::new(e.message_zh, e.message_en))?;
        self.sets.push((path.to_owned(), text));
        Ok(())
    }

    fn set(&self, path: &str) -> Option<&str> {
        self.sets.iter().find(|(p, _)| p == path).map(|(_, text)| text.as_str())
    }

    fn position(
        &mut self,
        cells: &[Cell],
        lon: Option<(f64, Datum, usize)>,
        lat: Option<(f64, Datum, usize)>,
        point: Option<(f64, f64, Datum, usize)>,
    ) {
        let pair = match (lon, lat) {
            (Some((lon, datum, at)), Some((lat, ..))) => Some((lon, lat, datum, at)),
            _ => point,
        };
        let half = lon.or(lat).map(|(_, _, at)| at);
        let read = match (pair, half) {
            (Some((lon, lat, datum, at)), _) => position::text(lon, lat, datum).map_err(|why| (at, why)),
            (None, Some(at)) if self.problems.is_empty() => {
                Err((at, Reason::new("经度和纬度缺一个", "longitude or latitude is missing")))
            }
            _ => return,
        };
        match read {
            Ok(text) => self.sets.push(("position".to_owned(), text)),
            Err((at, why)) => self.problem(at, cells.get(at).unwrap_or(&Cell::Empty), why),
        }
    }

    fn problem(&mut self, at: usize, cell: &Cell, reason: Reason) {
        self.problems.push(CellProblem {
            row: self.row,
            column: letters(self.sheet.first_column + at),
            heading: self.headings.texts.get(at).cloned().unwrap_or_default(),
            text: cell.display(),
            reason,
        });
    }

    fn plan(mut self, plan: &mut ImportPlan, options: &ImportOptions) {
        if !self.problems.is_empty() && options.unread_to_note {
            self.keep_in_note();
        } else if !self.problems.is_empty() {
            plan.report.held_back.push(self.row);
            plan.report.problems.append(&mut self.problems);
            return;
        }
        plan.report.problems.append(&mut self.problems);
        if self.sets.is_empty() {
            plan.report.left_out.push(self.row);
            return;
        }
        plan.lines.push(PlannedSite { row: self.row, sets: self.sets });
    }

    /// What was not understood stays readable beside what was.
    fn keep_in_note(&mut self) {
        let unread: Vec<String> = self.problems.iter().map(|p| format!("{}：{}", p.heading, p.text)).collect();
        let unread = format!("导入时未识别：{}", unread.join("；"));
        match self.sets.iter_mut().find(|(path, _)| path == NOTE) {
            Some((_, note)) => *note = format!("{note}\n{unread}"),
            None if self.form.field(NOTE).is_some() => self.sets.push((NOTE.to_owned(), unread)),
            None => {}
        }
    }
}

fn unsolved() -> Reason {
    Reason::new(
        "公式没有结果；请在 Excel 中打开、保存后再导入",
        "the formula has no result; open the file in Excel, save it, and import again",
    )
}

/// Ticks and letters as the form reads yes and no.
fn truth(text: &str) -> String {
    match text.trim().to_lowercase().as_str() {
        "√" | "✓" | "✔" | "y" | "t" => "true".to_owned(),
        "×" | "✗" | "x" | "n" | "f" => "false".to_owned(),
        other => other.to_owned(),
    }
}

/// Takes off the apostrophe that an export puts before what Excel would run.
fn unguarded(text: &str) -> &str {
    text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text)
}

/// A column as Excel letters it: A … Z, AA …
fn letters(column: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(column % 26).unwrap_or_default());
    match column / 26 {
        0 => letter.to_string(),
        above => format!("{}{letter}", letters(above - 1)),
    }
}
