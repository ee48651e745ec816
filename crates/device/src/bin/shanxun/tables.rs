//! Subcommands that exchange whole tables with others.

use std::process::ExitCode;

use device::capture::{self, Given, NewDoc};
use device::export::{ExportOptions, ExportRow, Format, Lang};
use device::import::{ImportOptions, ImportPlan, PlannedSite};
use device::{Error, Home, Now, Result};
use domain::DocType;
use serde_json::{Value as Json, json};

use crate::args;
use crate::output::{Out, error_json};
use crate::progress::Progress;

/// `import`.
pub fn import(home: &mut Home, args: &args::Import, now: &mut Now, out: &Out) -> Result<ExitCode> {
    let catalogue = home.store.catalogue().clone();
    let form = catalogue.form(DocType::Site, &args.kind).ok_or_else(|| Error::UnknownKind {
        doc_type: DocType::Site,
        kind: args.kind.clone(),
        known: catalogue.kinds().join(", "),
    })?;
    let options = ImportOptions {
        datum: args::datum(&args.datum)?,
        sheet: args.sheet.clone(),
        unread_to_note: args.unread_to_note,
    };
    let plan = device::import::read(&args.file, form, &options)?;
    let progress = Progress::of_items(plan.lines.len());
    let mut done = |records: usize| progress.advance(records as u64);
    let made = if args.dry_run {
        Vec::new()
    } else {
        capture::create_all(&mut home.store, &docs(&plan, args), now, &mut done)?
    };
    drop(progress);
    let failed: Vec<Json> = plan
        .lines
        .iter()
        .zip(&made)
        .filter_map(|(line, result)| {
            let error = result.as_ref().err()?;
            Some(json!({ "row": line.row, "error": error_json(error, out.zh) }))
        })
        .collect();
    let imported = made.len() - failed.len();
    let json = json!({ "imported": imported, "planned": plan.lines.len(), "failed": failed, "report": plan.report });
    out.result(&json, || import_text(imported, &plan, out))?;
    Ok(if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

fn docs(plan: &ImportPlan, args: &args::Import) -> Vec<NewDoc> {
    let doc = |line: &PlannedSite| NewDoc {
        doc_type: DocType::Site,
        kind: args.kind.clone(),
        site: None,
        given: Given { set: line.sets.clone(), ..Given::default() },
    };
    plan.lines.iter().map(doc).collect()
}

fn import_text(imported: usize, plan: &ImportPlan, out: &Out) -> String {
    let report = &plan.report;
    let mut lines = vec![format!("{}: {imported} / {}", out.say("已导入", "imported"), report.rows)];
    let taken = report.understood.iter().map(|(heading, path)| format!("  {heading} → {path}"));
    lines.extend(taken);
    lines.extend(
        report.not_understood.iter().map(|(heading, why)| format!("  {heading}: {}", out.say(&why.zh, &why.en))),
    );
    lines.extend(report.problems.iter().map(|p| {
        format!("  {}{} {} “{}”: {}", p.column, p.row, p.heading, p.text, out.say(&p.reason.zh, &p.reason.en))
    }));
    lines.join("\n")
}

/// `export`.
pub fn export(home: &Home, args: &args::Export, out: &Out) -> Result<ExitCode> {
    let Some(format) = Format::from_name(&args.format) else {
        return Err(Error::Request {
            code: "unknown-format",
            zh: format!("没有“{}”格式，可用：csv、xlsx、geojson、gpkg", args.format),
            en: format!("there is no format '{}'; use csv, xlsx, geojson or gpkg", args.format),
        });
    };
    let doc_type = args
        .doc_type
        .as_deref()
        .map(|t| t.parse().map_err(|en: String| Error::Request { code: "unknown-type", zh: en.clone(), en }));
    let lang = match args.headings {
        args::Headings::Zh => Lang::Zh,
        args::Headings::En => Lang::En,
    };
    let options = ExportOptions {
        format,
        doc_type: doc_type.transpose()?,
        kind: args.kind.clone(),
        lang,
        datum: args::datum(&args.datum)?,
        labels: args.labels,
    };
    let all = home.store.all()?;
    let progress = Progress::of_items(all.len());
    let rows = all.into_iter().map(|id| home.show(id).map(ExportRow::from)).inspect(|_| progress.advance(1));
    let report = device::export::export(rows, home.store.catalogue(), &options, &args.file)?;
    drop(progress);
    out.result(&report, || format!("{}: {}", args.file.display(), report.rows))
}
