//! Base maps a person imported: PMTiles and MBTiles files in the home, read tile by tile, without a network.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use pmtiles::{AsyncPmTilesReader, MmapBackend, TileCoord, TileType};

use crate::error::{AtPath, Error, Result};
use crate::home::Home;
use crate::store::{Local, mbtiles};

/// Largest tile, unpacked, bytes.
const TILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// A base map.
#[derive(Clone, Debug, PartialEq)]
pub struct BaseMap {
    /// Its file's name.
    pub id: String,
    /// What it calls itself.
    pub name: String,
    /// `pmtiles` or `mbtiles`.
    pub format: String,
    /// `png`, `jpg`, `webp`, `pbf` …
    pub tiles: String,
    /// West, south, east, north, degrees.
    pub bounds: [f64; 4],
    /// The smallest zoom.
    pub min_zoom: u32,
    /// The largest zoom.
    pub max_zoom: u32,
    /// `wgs84` or `gcj02`.
    pub datum: String,
    /// Its size.
    pub size_bytes: u64,
    /// Its layers' names, for vectors.
    pub layers: Vec<String>,
    /// Whom to name for it.
    pub attribution: Option<String>,
}

/// The folder of base maps.
#[must_use]
pub fn folder(home: &Path) -> PathBuf {
    home.join("maps")
}

/// The base maps of a home. One that cannot be read is left out.
///
/// # Errors
/// When the folder or the database cannot be read.
pub fn list(home: &Home) -> Result<Vec<BaseMap>> {
    let folder = folder(&home.dir);
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let datums: BTreeMap<String, String> = home.store.local(Local::Maps)?.unwrap_or_default();
    let mut maps = Vec::new();
    for entry in std::fs::read_dir(&folder).at(&folder)? {
        let path = entry.at(&folder)?.path();
        if let Ok(mut map) = read(&path) {
            map.datum = datums.get(&map.id).cloned().unwrap_or(map.datum);
            maps.push(map);
        }
    }
    maps.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(maps)
}

/// Copies a file into the home, whole or not at all.
///
/// # Errors
/// `bad-map` if it is neither PMTiles nor MBTiles; a full disk.
pub fn import(home: &Home, file: &Path) -> Result<BaseMap> {
    read(file)?;
    let folder = folder(&home.dir);
    std::fs::create_dir_all(&folder).at(&folder)?;
    let name = file.file_name().ok_or_else(|| bad_map("it has no name"))?;
    let mut source = std::fs::File::open(file).at(file)?;
    let mut copy = tempfile::NamedTempFile::new_in(&folder).at(&folder)?;
    std::io::copy(&mut source, &mut copy).at(&folder)?;
    copy.as_file().sync_all().at(&folder)?;
    let target = folder.join(name);
    copy.persist(&target).map_err(|e| e.error).at(&target)?;
    read(&target)
}

/// Says in which datum a map is drawn.
///
/// # Errors
/// `bad-map` for another datum than `wgs84` and `gcj02`.
pub fn set_datum(home: &mut Home, id: &str, datum: &str) -> Result<()> {
    if !["wgs84", "gcj02"].contains(&datum) {
        return Err(bad_map("a base map is drawn in wgs84 or gcj02"));
    }
    let mut datums: BTreeMap<String, String> = home.store.local(Local::Maps)?.unwrap_or_default();
    datums.insert(id.to_owned(), datum.to_owned());
    home.store.set_local(Local::Maps, Some(&datums))
}

/// Removes a map's file from the home.
///
/// # Errors
/// When it cannot be removed.
pub fn remove(home: &Home, id: &str) -> Result<()> {
    let path = path_of(&home.dir, id)?;
    std::fs::remove_file(&path).at(&path)
}

/// The file of a map; its name never leads out of the folder.
///
/// # Errors
/// `bad-map`.
pub fn path_of(home: &Path, id: &str) -> Result<PathBuf> {
    let is_name = Path::new(id).components().count() == 1 && !id.starts_with('.');
    let path = folder(home).join(id);
    if is_name && path.is_file() { Ok(path) } else { Err(bad_map("there is no such map")) }
}

fn bad_map(en: &str) -> Error {
    Error::request(
        "bad-map",
        format!("底图无法使用（{en}）。请选择 PMTiles 或 MBTiles 文件"),
        format!("the base map cannot be used: {en}. Choose a PMTiles or MBTiles file"),
    )
}

fn read(path: &Path) -> Result<BaseMap> {
    let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_lowercase();
    let id = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let size_bytes = std::fs::metadata(path).at(path)?.len();
    let map = match ending.as_str() {
        "pmtiles" => read_pmtiles(path)?,
        "mbtiles" => read_mbtiles(path)?,
        _ => return Err(bad_map("its name ends neither in .pmtiles nor in .mbtiles")),
    };
    let name = if map.name.is_empty() { id.clone() } else { map.name };
    Ok(BaseMap { id, name, size_bytes, ..map })
}

fn blank(format: &str) -> BaseMap {
    BaseMap {
        id: String::new(),
        name: String::new(),
        format: format.to_owned(),
        tiles: String::new(),
        bounds: [-180.0, -85.0, 180.0, 85.0],
        min_zoom: 0,
        max_zoom: 0,
        datum: "wgs84".to_owned(),
        size_bytes: 0,
        layers: Vec::new(),
        attribution: None,
    }
}

/// The names of the layers in the JSON that both formats carry.
fn layers(json: &serde_json::Value) -> Vec<String> {
    let all = json["vector_layers"].as_array().into_iter().flatten();
    all.filter_map(|layer| layer["id"].as_str().map(str::to_owned)).collect()
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|source| Error::Io { path: PathBuf::from("maps"), source })
}

fn read_pmtiles(path: &Path) -> Result<BaseMap> {
    let bad = |e: pmtiles::PmtError| bad_map(&e.to_string());
    runtime()?.block_on(async {
        let reader = AsyncPmTilesReader::<MmapBackend>::new_with_path(path).await.map_err(bad)?;
        let header = reader.get_header();
        let text = reader.get_metadata().await.map_err(bad)?;
        let json: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
        let tiles = match header.tile_type {
            TileType::Mvt => "pbf",
            TileType::Png => "png",
            TileType::Jpeg => "jpg",
            TileType::Webp => "webp",
            _ => "unknown",
        };
        Ok(BaseMap {
            name: json["name"].as_str().unwrap_or_default().to_owned(),
            tiles: tiles.to_owned(),
            bounds: [header.min_longitude, header.min_latitude, header.max_longitude, header.max_latitude],
            min_zoom: header.min_zoom.into(),
            max_zoom: header.max_zoom.into(),
            layers: layers(&json),
            attribution: json["attribution"].as_str().map(str::to_owned),
            ..blank("pmtiles")
        })
    })
}

fn read_mbtiles(path: &Path) -> Result<BaseMap> {
    let about: BTreeMap<String, String> =
        mbtiles::metadata(path).map_err(|e| bad_map(&e.to_string()))?.into_iter().collect();
    let text = |name: &str| about.get(name).cloned().unwrap_or_default();
    let (low, high) = mbtiles::zooms(path).map_err(|e| bad_map(&e.to_string()))?;
    let bounds: Vec<f64> = text("bounds").split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let blank = blank("mbtiles");
    Ok(BaseMap {
        name: text("name"),
        tiles: Some(text("format")).filter(|f| !f.is_empty()).unwrap_or_else(|| "png".to_owned()),
        bounds: <[f64; 4]>::try_from(bounds).unwrap_or(blank.bounds),
        min_zoom: text("minzoom").parse().unwrap_or(low),
        max_zoom: text("maxzoom").parse().unwrap_or(high),
        layers: layers(&serde_json::from_str(&text("json")).unwrap_or_default()),
        attribution: about.get("attribution").cloned(),
        ..blank
    })
}

/// A tile, unpacked; `None` where the map has none.
///
/// # Errors
/// `bad-map`.
pub fn tile(home: &Path, id: &str, z: u32, x: u32, y: u32) -> Result<Option<Vec<u8>>> {
    let path = path_of(home, id)?;
    let packed =
        if id.to_lowercase().ends_with(".mbtiles") { mbtiles::tile(&path, z, x, y)? } else { pmtile(&path, z, x, y)? };
    packed.map(unpacked).transpose()
}

fn pmtile(path: &Path, z: u32, x: u32, y: u32) -> Result<Option<Vec<u8>>> {
    let bad = |e: pmtiles::PmtError| bad_map(&e.to_string());
    let coord = u8::try_from(z).ok().and_then(|z| TileCoord::new(z, x, y).ok());
    let Some(coord) = coord else { return Ok(None) };
    runtime()?.block_on(async {
        let reader = AsyncPmTilesReader::<MmapBackend>::new_with_path(path).await.map_err(bad)?;
        Ok(reader.get_tile(coord).await.map_err(bad)?.map(|bytes| bytes.to_vec()))
    })
}

/// Vector tiles are mostly packed, which a web view undoes only over HTTP.
fn unpacked(tile: Vec<u8>) -> Result<Vec<u8>> {
    if !tile.starts_with(&[0x1f, 0x8b]) {
        return Ok(tile);
    }
    let mut out = Vec::new();
    let read = GzDecoder::new(tile.as_slice()).take(TILE_BYTES_MAX).read_to_end(&mut out);
    read.map_err(|e| bad_map(&e.to_string()))?;
    Ok(out)
}
