//! Figures for the home card, the map and the settings, counted in SQL.

use domain::{DocId, DocType};
use rusqlite::types::Value as Sql;

use super::Store;
use crate::error::Result;

/// How many there are, by where the safest copy is; the parts add up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ByCustody {
    /// All.
    pub all: u32,
    /// The server gave a receipt.
    pub server: u32,
    /// A relay gave one.
    pub relay: u32,
    /// On this device only.
    pub device: u32,
}

impl ByCustody {
    fn new(all: u32, left: u32, on_relay: u32) -> Self {
        // A record that was deleted may still wait, so that what is left can be more than what is listed.
        let all = all.max(left);
        Self { all, server: all - left, relay: on_relay.min(left), device: left.saturating_sub(on_relay) }
    }
}

/// A site on the map.
#[derive(Clone, Debug, PartialEq)]
pub struct OnMap {
    /// Its id.
    pub id: DocId,
    /// Its kind.
    pub kind: String,
    /// Its state.
    pub state: String,
    /// What it is called.
    pub title: String,
    /// Latitude, longitude, degrees.
    pub at: (f64, f64),
}

/// Which sites of the map.
#[derive(Clone, Debug, Default)]
pub struct MapQuery {
    /// West, south, east, north, degrees.
    pub bbox: Option<[f64; 4]>,
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this state.
    pub state: Option<String>,
    /// Sites to pass over.
    pub offset: usize,
    /// Sites wanted.
    pub limit: usize,
}

impl Store {
    /// The records and the photos of this device by where they are, and the bytes of the originals that wait.
    ///
    /// # Errors
    /// When the database fails.
    pub fn by_custody(&self) -> Result<(ByCustody, ByCustody, u64)> {
        let left = self.left()?;
        let (records_on_relay, photos_on_relay) = self.on_relay()?;
        let one = |sql: &str| self.db.query_row(sql, [], |r| r.get::<_, u32>(0));
        let records = one("select count(*) from docs where type <> 'photo' and deleted = 0")?;
        let photos = one("select count(*) from photos")?;
        let records = ByCustody::new(records, left.records, records_on_relay);
        Ok((records, ByCustody::new(photos, left.photos, photos_on_relay), left.photo_bytes))
    }

    /// Sites with a place, as light rows; and how many all pages have.
    ///
    /// # Errors
    /// When the database fails.
    pub fn on_map(&self, query: &MapQuery) -> Result<(Vec<OnMap>, usize)> {
        let (condition, mut arguments) = map_condition(query);
        let count = format!("select count(*) from docs d where {condition}");
        let all = rusqlite::params_from_iter(&arguments);
        let total = self.db.prepare_cached(&count)?.query_row(all, |r| r.get(0))?;
        let sql = format!(
            "select d.id, d.kind, d.state, d.title, d.lat, d.lon from docs d where {condition} order by d.n limit ? offset ?"
        );
        arguments.extend([query.limit, query.offset].map(|n| Sql::Integer(i64::try_from(n).unwrap_or(i64::MAX))));
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(&arguments), |r| {
            let id = DocId(uuid::Uuid::from_bytes(r.get(0)?));
            let at = (r.get(4)?, r.get(5)?);
            Ok(OnMap { id, kind: r.get(1)?, state: r.get(2)?, title: r.get(3)?, at })
        })?;
        Ok((rows.collect::<Result<_, _>>()?, total))
    }
}

fn map_condition(query: &MapQuery) -> (String, Vec<Sql>) {
    let mut sql = "d.type = ? and d.deleted = 0 and d.lat is not null".to_owned();
    let mut arguments = vec![Sql::Text(DocType::Site.as_str().to_owned())];
    for (column, value) in [("kind", &query.kind), ("state", &query.state)] {
        if let Some(value) = value {
            sql += &format!(" and d.{column} = ?");
            arguments.push(Sql::Text(value.clone()));
        }
    }
    if let Some([west, south, east, north]) = query.bbox {
        sql += " and d.n in (select n from docs_near where lat_max >= ? and lat_min <= ? and lon_max >= ? and lon_min <= ?)";
        arguments.extend([south, north, west, east].map(Sql::Real));
    }
    (sql, arguments)
}
