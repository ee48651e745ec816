//! The ledger for the screens: pages, figures, and whose device this is.

use device::store::{Custody as Held, ListQuery, Listing, Near, Overdue, Row, Viewed};
use device::{Home, Result};
use domain::{DocType, Value};

use crate::view::{About, Choice, Counts, Custody, Fact, KindCount, Label, LedgerPage, LedgerQuery, LedgerRow, State};
use crate::{field, form};

/// The register of a document's workflow state.
const STATE: &str = "state";
/// Most rows of one page, whatever the screen asks for.
const PAGE_ROWS_MAX: u32 = 200;
/// The fields that tell sites of any kind apart at a glance, in the order they are shown; a form has some of them.
const AT_A_GLANCE: [&str; 6] = ["land_type", "industry", "class", "source_type", "area_m2", "zone_class"];
/// Facts of one row; more do not fit a phone.
const FACTS_MAX: usize = 3;
/// The order of the tabs; kinds that came with a newer form follow in their own order.
const TABS: [&str; 4] = ["bare-land", "voc", "noise", "outfall"];

/// A page of the ledger, the last changed first.
pub fn page(home: &Home, query: &LedgerQuery, day: &str) -> Result<LedgerPage> {
    let Listing { rows, total } = home.list(&ListQuery {
        doc_type: Some(DocType::Site),
        kind: query.kind.clone(),
        state: query.state.clone(),
        town: query.town.clone(),
        overdue: query.overdue.then(|| Overdue { today: day.to_owned(), open: open_states(home) }),
        near: query.near.map(|n| Near { lat: n.lat, lon: n.lon, km: n.km }),
        search: Some(query.search.clone()).filter(|s| !s.is_empty()),
        limit: query.limit.clamp(1, PAGE_ROWS_MAX) as usize,
        offset: query.offset as usize,
        ..ListQuery::default()
    })?;
    let rows = rows.into_iter().map(|r| row(home, r, day)).collect::<Result<_>>()?;
    Ok(LedgerPage { rows, total: u32::try_from(total).unwrap_or(u32::MAX) })
}

fn row(home: &Home, row: Row, day: &str) -> Result<LedgerRow> {
    let seen = home.store.reader().view(row.id)?;
    Ok(LedgerRow {
        id: row.id.to_string(),
        state: state(&seen),
        facts: facts(&seen),
        kind: row.kind,
        title: row.title,
        custody: custody(row.custody),
        conflicts: row.conflicts,
        distance_m: row.distance_m,
        overdue: is_overdue(&seen, day),
    })
}

/// The states of sites in which there is still something to do, by kind.
fn open_states(home: &Home) -> Vec<(String, String)> {
    let sites = home.store.catalogue().forms().into_iter().filter(|f| f.doc_type == DocType::Site);
    let open = sites.filter_map(|f| Some((f.kind.clone(), f.workflow.as_ref()?.open.clone())));
    open.flat_map(|(kind, states)| states.into_iter().map(move |s| (kind.clone(), s))).collect()
}

/// Whether the deadline of a document is over and there is still something to do.
pub fn is_overdue(seen: &Viewed<'_>, day: &str) -> bool {
    let text = |path: &str| seen.values.get(path).and_then(Value::as_text);
    let workflow = seen.form.and_then(|f| f.workflow.as_ref());
    let is_open = workflow.zip(text(STATE)).is_some_and(|(w, state)| w.open.iter().any(|s| s == state));
    is_open && text("deadline").is_some_and(|deadline| deadline < day)
}

/// What stands under the title: a few telling fields, then the local code or, without one, the township.
fn facts(seen: &Viewed<'_>) -> Vec<Fact> {
    let filled = |path: &str| {
        let value = seen.values.get(path).filter(|v| !v.is_null())?;
        Some(field::fact(seen.form?.field(path)?.field, path.to_owned(), value))
    };
    let mut facts: Vec<Fact> = AT_A_GLANCE.iter().filter_map(|path| filled(path)).take(FACTS_MAX - 1).collect();
    facts.extend(filled("code_local").or_else(|| filled("town")));
    facts
}

/// The state of a document with the form's word for it.
pub fn state(seen: &Viewed<'_>) -> Option<State> {
    let id = seen.values.get(STATE).and_then(Value::as_text)?;
    let word = seen.form.and_then(|f| f.workflow.as_ref()?.state(id));
    let label = word.map_or_else(|| Label::name(id), |s| Label::from(&s.label));
    Some(State { id: id.to_owned(), label, contested: seen.view.conflicts.contains_key(STATE) })
}

/// The device's word for where something is.
pub fn custody(held: Held) -> Custody {
    match held {
        Held::Device => Custody::Device,
        Held::Relay => Custody::Relay,
        Held::Server => Custody::Server,
    }
}

/// How many sites there are of each kind.
pub fn counts(home: &Home) -> Result<Counts> {
    let by_state = home.counts()?.by_state;
    let of = |kind: &str| {
        by_state.iter().filter(|(t, k, ..)| t == DocType::Site.as_str() && k == kind).map(|(.., n)| n).sum()
    };
    let catalogue = home.store.catalogue();
    let mut kinds = catalogue.kinds();
    kinds.sort_by_key(|k| TABS.iter().position(|t| t == k).unwrap_or(TABS.len()));
    let kinds = kinds.into_iter().filter_map(|kind| {
        let form = catalogue.form(DocType::Site, kind)?;
        Some(KindCount { kind: kind.to_owned(), label: Label::from(&form.label), n: of(kind) })
    });
    let all = by_state.iter().filter(|(t, ..)| t == DocType::Site.as_str()).map(|(.., n)| n).sum();
    Ok(Counts { all, kinds: kinds.collect() })
}

/// Whose device this is and where its data lies.
pub fn about(home: &Home) -> Result<About> {
    let records = home.counts()?.by_state.iter().map(|(.., n)| n).sum();
    Ok(About {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        home: home.dir.display().to_string(),
        user: home.store.user()?.map(|p| p.name),
        server: home.store.server()?.map(|(url, _)| url),
        records,
    })
}

/// The states that sites of a kind go through.
pub fn states(home: &Home, kind: &str) -> Vec<Choice> {
    let workflow = home.store.catalogue().form(DocType::Site, kind).and_then(|f| f.workflow.clone());
    workflow.map(|w| w.states.iter().map(form::choice).collect()).unwrap_or_default()
}
