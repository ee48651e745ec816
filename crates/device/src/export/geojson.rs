//! Features for a map (RFC 7946): WGS-84 unless another datum was asked for, which the file then says.

use std::io::Write;

use domain::datum::Datum;
use domain::forms::Catalogue;
use serde_json::{Map, Value as Json, json};

use super::cell::Cell;
use super::layout::{Layout, Layouts};
use super::shape::{self, Shape};
use super::staged::Staged;
use super::{ExportError, ExportOptions, ExportReport, ExportRow, Rows};

/// Writes one feature a line.
pub(super) fn write(
    rows: &mut Rows<'_>,
    catalogue: &Catalogue,
    options: &ExportOptions,
    staged: &mut Staged,
) -> Result<ExportReport, ExportError> {
    let failed = staged.failed();
    let mut layouts = Layouts::new(catalogue, options);
    let mut report = ExportReport::default();
    let mut out = staged.buffered();
    let datum = options.datum_name();
    write!(out, "{{\"type\":\"FeatureCollection\",\"datum\":\"{datum}\",\"features\":[").map_err(&failed)?;
    for row in rows {
        let row = row?;
        let at = layouts.of_row(&row, &mut report);
        let geometry = shape::of_document(&row.values).map(|s| s.into_datum(options.datum).wound());
        report.without_position += usize::from(geometry.is_none());
        let feature = json!({
            "type": "Feature",
            "id": row.id,
            "geometry": geometry.as_ref().map(Shape::to_json),
            "properties": properties(&row, layouts.get(at), options),
        });
        let comma = if report.rows == 0 { "" } else { "," };
        write!(out, "{comma}\n{feature}").map_err(&failed)?;
        report.rows += 1;
    }
    out.write_all(b"\n]}\n").and_then(|()| out.flush()).map_err(&failed)?;
    Ok(report)
}

fn properties(row: &ExportRow, layout: &Layout<'_>, options: &ExportOptions) -> Json {
    let mut out = if options.labels { readable(row, layout, options) } else { as_stored(row, layout, options) };
    if options.datum != Datum::Wgs84 {
        out.insert("datum".into(), options.datum_name().into());
    }
    Json::Object(out)
}

fn readable(row: &ExportRow, layout: &Layout<'_>, options: &ExportOptions) -> Map<String, Json> {
    let cells = layout.columns.iter().zip(layout.cells(row, options));
    let filled = cells.filter(|(_, cell)| *cell != Cell::Empty);
    filled
        .map(|(column, cell)| {
            let value = match &cell {
                Cell::Number(digits) => serde_json::from_str(digits).unwrap_or_else(|_| digits.as_str().into()),
                other => other.display(options.lang).into(),
            };
            (column.heading.clone(), value)
        })
        .collect()
}

fn as_stored(row: &ExportRow, layout: &Layout<'_>, options: &ExportOptions) -> Map<String, Json> {
    let of_row = |(path, value): (&String, &Json)| {
        let shown =
            layout.masked(path, value).map_or_else(|| shape::value_in_datum(value, options.datum), Json::String);
        (path.clone(), shown)
    };
    let mut out: Map<String, Json> = row.values.iter().map(of_row).collect();
    let common = [
        ("id", row.id.as_str()),
        ("type", row.doc_type.as_str()),
        ("kind", &row.kind),
        ("title", &row.title),
        ("state", &row.state),
        ("custody", &row.custody),
    ];
    out.extend(common.map(|(key, value)| (key.to_owned(), value.into())));
    out
}
