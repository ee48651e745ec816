//! Lists: filters, search, distance and paging in SQL, so that a hundred thousand rows stay quick.

use domain::grams::Bits;
use domain::{DocId, DocType, Vertex, geodesy};
use rusqlite::types::Value as Sql;

use super::meta::Own;
use super::read::{Custody, photo_at, record_at};
use super::{Store, search};
use crate::error::{Error, Result};

/// Rows of a list when nobody asks for another number.
pub const LIST_LIMIT_DEFAULT: usize = 50;
/// Most rows read of one page.
pub const LIST_LIMIT_MAX: usize = 10_000;
/// Metres of one degree of latitude, a little less than the least, so that the box is never too small.
const DEGREE_M: f64 = 110_500.0;

/// What a person is looking for; everything given must hold.
#[derive(Clone, Debug, Default)]
pub struct ListQuery {
    /// Only this type; `None` for every record, photos left out.
    pub doc_type: Option<DocType>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this state.
    pub state: Option<String>,
    /// Only this township (9 digits).
    pub town: Option<String>,
    /// Only documents of this site.
    pub site: Option<DocId>,
    /// Words that all occur: any part of a text, a code or an id.
    pub search: Option<String>,
    /// Only within so many kilometres of latitude, longitude; nearest first.
    pub near: Option<Near>,
    /// Only documents whose deadline is over and that are not done with.
    pub overdue: Option<Overdue>,
    /// Only documents with an open conflict.
    pub in_conflict: bool,
    /// Only deleted documents.
    pub deleted: bool,
    /// How many rows; 0 stands for [`LIST_LIMIT_DEFAULT`].
    pub limit: usize,
    /// How many rows to pass over.
    pub offset: usize,
}

/// What "overdue" means today.
#[derive(Clone, Debug)]
pub struct Overdue {
    /// Today, `YYYY-MM-DD`.
    pub today: String,
    /// The states, by kind, in which there is still something to do.
    pub open: Vec<(String, String)>,
}

/// A circle on the map.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    /// Latitude, degrees.
    pub lat: f64,
    /// Longitude, degrees.
    pub lon: f64,
    /// Radius, kilometres.
    pub km: f64,
}

/// One row of a list.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// The document.
    #[serde(serialize_with = "crate::store::as_text")]
    pub id: DocId,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: DocType,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its state; of a state in conflict the most cautious.
    pub state: String,
    /// Where it is.
    pub custody: Custody,
    /// Its township, 9 digits, or empty.
    pub town: String,
    /// How many fields are in conflict.
    pub conflicts: u32,
    /// The latest write, RFC 3339 in UTC.
    pub updated: String,
    /// Latitude and longitude, degrees.
    pub position: Option<(f64, f64)>,
    /// Metres from the place asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
}

/// One page of a list.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many rows all pages have together.
    pub total: usize,
}

/// The figures of the home card.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Documents by type, kind and state.
    pub by_state: Vec<(String, String, String, u32)>,
    /// Documents with an open conflict.
    pub in_conflict: u32,
    /// Own changes the server refused.
    pub refused: u32,
    /// Records with a change the server has not acknowledged.
    pub records_left: u32,
    /// Photos whose original is not on the server.
    pub photos_left: u32,
    /// Their bytes.
    pub photo_bytes_left: u64,
    /// Of the records left, those of which a relay holds every change.
    pub records_on_relay: u32,
    /// Of the photos left, those that a relay holds.
    pub photos_on_relay: u32,
}

/// Conditions and their arguments, in order.
#[derive(Default)]
struct Filter {
    conditions: Vec<String>,
    arguments: Vec<Sql>,
}

impl Filter {
    fn add(&mut self, condition: impl Into<String>, argument: Sql) {
        self.conditions.push(condition.into());
        self.arguments.push(argument);
    }

    fn of(query: &ListQuery, found: Option<Bits>) -> Self {
        let mut filter = Self::default();
        filter.add("d.deleted = ?", Sql::Integer(query.deleted.into()));
        match query.doc_type {
            Some(doc_type) => filter.add("d.type = ?", Sql::Text(doc_type.as_str().into())),
            None => filter.conditions.push("d.type <> 'photo'".into()),
        }
        for (column, value) in [("kind", &query.kind), ("state", &query.state), ("town", &query.town)] {
            if let Some(value) = value {
                filter.add(format!("d.{column} = ?"), Sql::Text(value.clone()));
            }
        }
        if let Some(site) = query.site {
            filter.add("d.site = ?", Sql::Blob(site.as_bytes().to_vec()));
        }
        if let Some(overdue) = &query.overdue {
            filter.overdue(overdue);
        }
        if query.in_conflict {
            filter.conditions.push("d.conflicts > 0".into());
        }
        if let Some(found) = found {
            filter.add("found(?, d.n)", Sql::Blob(found.into_bytes()));
        }
        if let Some(near) = query.near {
            filter.near(&near);
        }
        filter
    }

    fn overdue(&mut self, overdue: &Overdue) {
        self.add("json_extract(d.shown, '$.deadline') < ?", Sql::Text(overdue.today.clone()));
        let places = vec!["(?, ?)"; overdue.open.len()].join(", ");
        self.conditions.push(format!("(d.kind, d.state) in (values {places})"));
        let names = overdue.open.iter().flat_map(|(kind, state)| [kind, state]);
        self.arguments.extend(names.map(|name| Sql::Text(name.clone())));
    }

    /// The box round the circle; the circle itself is cut afterwards.
    fn near(&mut self, near: &Near) {
        let lat_span = near.km * 1000.0 / DEGREE_M;
        let lon_span = lat_span / near.lat.to_radians().cos().max(0.01);
        self.conditions.push(
            "d.n in (select n from docs_near where lat_max >= ? and lat_min <= ? and lon_max >= ? and lon_min <= ?)"
                .into(),
        );
        let bounds = [near.lat - lat_span, near.lat + lat_span, near.lon - lon_span, near.lon + lon_span];
        self.arguments.extend(bounds.map(Sql::Real));
    }

    fn sql(&self, what: &str, rest: &str) -> String {
        format!("select {what} from docs d where {} {rest}", self.conditions.join(" and "))
    }
}

const COLUMNS: &str = "d.id, d.type, d.kind, d.title, d.state, d.town, d.conflicts, d.updated, d.lat, d.lon, \
                       d.photos";

/// A row before its custody is known.
struct Found {
    row: Row,
    photos: String,
}

impl Store {
    /// The documents a person is looking for, the latest first, or the nearest.
    ///
    /// # Errors
    /// When the database fails.
    pub fn list(&self, query: &ListQuery) -> Result<Listing> {
        let found = search::found(&self.db, query.search.as_deref().unwrap_or_default())?;
        let filter = Filter::of(query, found);
        let limit = if query.limit == 0 { LIST_LIMIT_DEFAULT } else { query.limit.min(LIST_LIMIT_MAX) };
        let (mut found, total) = match query.near {
            Some(near) => self.nearest(&filter, &near, limit, query.offset)?,
            None => {
                let rest = format!("order by d.updated desc, d.id limit {limit} offset {}", query.offset);
                (self.find(&filter.sql(COLUMNS, &rest), &filter.arguments)?, self.total(&filter)?)
            }
        };
        let own = Own::load(&self.db)?;
        for each in &mut found {
            each.row.custody = self.row_custody(&own, each)?;
        }
        if query.search.is_some() {
            // An index that lags behind is slower, never wrong: its trouble is not the searcher's.
            let _ = self.bring_in_more();
        }
        Ok(Listing { rows: found.into_iter().map(|f| f.row).collect(), total })
    }

    fn total(&self, filter: &Filter) -> Result<usize> {
        // The plus keeps SQLite from the index by time, which would read every row; the one by type has all it counts.
        let sql = filter.sql("count(*)", "").replacen("d.deleted = ?", "+d.deleted = ?", 1);
        Ok(self.db.prepare_cached(&sql)?.query_row(rusqlite::params_from_iter(&filter.arguments), |r| r.get(0))?)
    }

    /// Every document with a field in conflict, deleted ones left out.
    ///
    /// # Errors
    /// When the database fails.
    pub fn in_conflict(&self) -> Result<Vec<DocId>> {
        let sql = "select id from docs where conflicts > 0 and deleted = 0 order by updated desc, id";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| Ok(DocId(uuid::Uuid::from_bytes(r.get(0)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Every document but deleted ones, oldest first, photos after the records.
    ///
    /// # Errors
    /// When the database fails.
    pub fn all(&self) -> Result<Vec<DocId>> {
        let sql = "select id from docs where deleted = 0 order by type = 'photo', id";
        let mut statement = self.db.prepare(sql)?;
        let rows = statement.query_map([], |r| Ok(DocId(uuid::Uuid::from_bytes(r.get(0)?))))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn find(&self, sql: &str, arguments: &[Sql]) -> Result<Vec<Found>> {
        let mut statement = self.db.prepare_cached(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(arguments))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            out.push(found(row)?);
        }
        Ok(out)
    }

    /// Exact distances over what lies in the box, then the page.
    fn nearest(&self, filter: &Filter, near: &Near, limit: usize, offset: usize) -> Result<(Vec<Found>, usize)> {
        let mut statement = self.db.prepare_cached(&filter.sql("d.n, d.lat, d.lon", ""))?;
        let mut rows = statement.query(rusqlite::params_from_iter(&filter.arguments))?;
        let mut inside: Vec<(f64, i64)> = Vec::new();
        while let Some(row) = rows.next()? {
            let distance = distance_m(near, row.get(1)?, row.get(2)?);
            if distance <= near.km * 1000.0 {
                inside.push((distance, row.get(0)?));
            }
        }
        inside.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        let mut page = Vec::new();
        for &(distance, n) in inside.iter().skip(offset).take(limit) {
            let sql = format!("select {COLUMNS} from docs d where d.n = ?");
            for mut each in self.find(&sql, &[Sql::Integer(n)])? {
                each.row.distance_m = Some((distance * 10.0).round() / 10.0);
                page.push(each);
            }
        }
        Ok((page, inside.len()))
    }

    fn row_custody(&self, own: &Own, found: &Found) -> Result<Custody> {
        let id = found.row.id;
        if found.row.doc_type == DocType::Photo {
            return photo_at(&self.db, own, id);
        }
        record_at(&self.db, own, id, found.photos.split_whitespace().filter_map(|photo| photo.parse().ok()))
    }

    /// The figures of the home card.
    ///
    /// # Errors
    /// When the database fails.
    pub fn counts(&self) -> Result<Counts> {
        let sql = "select type, kind, state, count(*) from docs where deleted = 0 and type <> 'photo' group by 1, 2, 3 order by 1, 2, 3";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?;
        let one = |sql: &str| self.db.query_row(sql, [], |r| r.get::<_, u32>(0));
        let left = self.left()?;
        let (records_on_relay, photos_on_relay) = self.on_relay()?;
        Ok(Counts {
            by_state: rows.collect::<Result<_, _>>()?,
            in_conflict: one("select count(*) from docs where conflicts > 0")?,
            refused: one("select count(*) from refused")?,
            records_left: left.records,
            photos_left: left.photos,
            photo_bytes_left: left.photo_bytes,
            records_on_relay,
            photos_on_relay,
        })
    }
}

fn found(row: &rusqlite::Row<'_>) -> Result<Found> {
    let (lat, lon): (Option<f64>, Option<f64>) = (row.get(8)?, row.get(9)?);
    let hlc = domain::clock::Hlc(row.get::<_, i64>(7)?.cast_unsigned());
    let updated = domain::clock::WallTime { unix_ms: hlc.unix_ms(), ..Default::default() };
    Ok(Found {
        row: Row {
            id: DocId(uuid::Uuid::from_bytes(row.get(0)?)),
            doc_type: row.get::<_, String>(1)?.parse().map_err(Error::Damaged)?,
            kind: row.get(2)?,
            title: row.get(3)?,
            state: row.get(4)?,
            custody: Custody::Device,
            town: row.get(5)?,
            conflicts: row.get(6)?,
            updated: updated.rfc3339(),
            position: lat.zip(lon),
            distance_m: None,
        },
        photos: row.get(10)?,
    })
}

fn distance_m(near: &Near, lat: f64, lon: f64) -> f64 {
    let vertex = |lat: f64, lon: f64| Vertex::from_degrees(lon, lat);
    let ends = vertex(near.lat, near.lon).zip(vertex(lat, lon));
    ends.map_or(f64::INFINITY, |(a, b)| geodesy::distance_m(&a, &b))
}
