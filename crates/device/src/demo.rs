//! A home to try things out with, without a server: invented sites of every kind and a few visits. Nothing of it is true.

use domain::{DocId, DocType};

use crate::capture::{Given, NewDoc, create, move_to};
use crate::error::Result;
use crate::now::Now;
use crate::store::{ListQuery, Store, Writer};

/// An invented site: kind, name, township, position, further fields.
type Site = (&'static str, &'static str, &'static str, &'static str, &'static [(&'static str, &'static str)]);

const SITES: [Site; 8] = [
    (
        "bare-land",
        "演示·东沟拆迁裸地",
        "110118101",
        "40.5302,117.1304,4",
        &[("land_type", "demolition"), ("deadline", "2026-10-31"), ("area_declared_m2", "5200")],
    ),
    (
        "bare-land",
        "演示·砂石厂旧址",
        "110118100",
        "40.3900,116.8301,5",
        &[("land_type", "idle"), ("area_declared_m2", "12800")],
    ),
    ("voc", "演示·河西家具厂", "110118002", "40.3700,116.8200,6", &[("industry", "木质家具制造")]),
    ("voc", "演示·城南印刷厂", "110118100", "40.3820,116.8420,6", &[("industry", "包装印刷")]),
    (
        "noise",
        "演示·水泥制品厂",
        "110118100",
        "40.3955,116.8555,8",
        &[("zone_class", "2"), ("source_type", "industry")],
    ),
    (
        "noise",
        "演示·新区工地",
        "110118002",
        "40.3650,116.8330,8",
        &[("zone_class", "1"), ("source_type", "construction")],
    ),
    (
        "outfall",
        "演示·白河右岸 3 号排口",
        "110118101",
        "40.4801,116.8611,5",
        &[("class", "industrial"), ("river", "白河"), ("bank", "right")],
    ),
    (
        "outfall",
        "演示·潮河镇区排口",
        "110118100",
        "40.4102,116.8702,5",
        &[("class", "other"), ("river", "潮河"), ("bank", "left")],
    ),
];

/// Fills an empty home; one with records stays as it is.
///
/// # Errors
/// When the database fails.
pub fn fill(store: &mut Store, now: &mut Now) -> Result<()> {
    if store.list(&ListQuery { limit: 1, ..ListQuery::default() })?.total > 0 {
        return Ok(());
    }
    store.write(|w| SITES.iter().try_for_each(|site| add(w, now, site)))
}

fn add(w: &mut Writer<'_>, now: &mut Now, (kind, name, town, position, more): &Site) -> Result<()> {
    let fields = [("name", *name), ("town", *town), ("position", *position), ("source", "patrol")];
    let id = new(w, now, DocType::Site, kind, None, fields.iter().chain(more.iter()))?;
    if *kind == "bare-land" {
        move_to(w, now, id, "hung-up", None)?;
    }
    if *kind == "noise" {
        let fields = [
            ("place", "东侧厂界外 1 m"),
            ("wind_mps", "1.2"),
            ("rain", "false"),
            ("instrument_model", "AWA6228"),
            ("points/a/name", "东厂界"),
            ("points/a/place", "boundary"),
            ("points/a/samples", "[58.2,59.1,61.4,60.2,59.7]"),
        ];
        new(w, now, DocType::Inspection, kind, Some(id), fields.iter())?;
    }
    Ok(())
}

fn new<'a>(
    w: &mut Writer<'_>,
    now: &mut Now,
    doc_type: DocType,
    kind: &str,
    site: Option<DocId>,
    fields: impl Iterator<Item = &'a (&'static str, &'static str)>,
) -> Result<DocId> {
    let set = fields.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let given = Given { set, ..Given::default() };
    create(w, now, &NewDoc { doc_type, kind: kind.to_owned(), site, given })
}
