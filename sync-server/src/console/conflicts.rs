//! A record in conflict: every value that stands beside another, with who wrote it, where, when, having seen what.

use domain::change::Change;
use domain::forms::Form;
use domain::geodesy::distance_m;
use domain::register::{Clock, Put, Register};
use domain::{DocId, DocType, Value, Values};
use serde::Serialize;
use serde_json::Value as Json;

use super::catalogue::{ChoiceWords, Words, type_word};
use super::facts::value_and_words;
use super::queue::label_of;
use super::record::{PictureShown, StateShown};
use crate::accounts::Caller;
use crate::documents::{photos_of, visible};
use crate::error::ServerError;
use crate::limits::{EVIDENCE_DOCS_MAX, HISTORY_ROWS_MAX};
use crate::permission::Permission;
use crate::presentation::{STATE, TOWN, form_of};
use crate::server::Server;
use crate::storage::{DocHead, Status, Stored, StoredChange, Tx, User, read};

/// A photo counts as taken for a value when the same device recorded it within this time, milliseconds.
const NEAR_MS: i64 = 12 * 3_600_000;

/// One write of the path, as a step of its history.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Step {
    /// The value, masked if it is sensitive.
    #[schema(value_type = serde_json::Value)]
    pub value: Json,
    /// The words that stand for it.
    pub words: Vec<Words>,
    /// Who wrote it.
    pub author: String,
    /// When, by that device's clock, RFC 3339.
    pub at: String,
}

/// A photo that bears on a value.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct EvidencePhoto {
    /// The photo.
    #[serde(flatten)]
    pub picture: PictureShown,
    /// How far from the record's position it was taken, m.
    pub distance_m: Option<f64>,
}

/// One of the values that stand beside each other.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct RivalShown {
    /// The write, as `actor:seq`: what a decision has seen.
    pub op: String,
    /// Other writes of the same value.
    pub same: Vec<String>,
    /// The value, when, by whom.
    #[serde(flatten)]
    pub step: Step,
    /// What people call the device.
    pub device: String,
    /// Its number.
    pub actor: u32,
    /// The number of the change there.
    pub seq: u64,
    /// Whether it was written at a desk.
    pub desk: bool,
    /// Whether it is back because a decision was taken back: what is told of it is of its first writer.
    pub restored: bool,
    /// Which clock the time is of.
    #[schema(value_type = String)]
    pub clock: domain::clock::TimeSource,
    /// The device's clock less the server's when it was last in contact, milliseconds.
    pub clock_offset_ms: Option<i64>,
    /// When it arrived, milliseconds since 1970.
    pub received_at_ms: i64,
    /// How far from the record's position it was written, m.
    pub distance_m: Option<f64>,
    /// What its writer had seen of this path, oldest first; what all had seen is not among them.
    pub branch: Vec<Step>,
    /// What was said with it.
    pub notes: Vec<String>,
    /// Photos that the same device recorded about then.
    pub photos: Vec<EvidencePhoto>,
}

/// A path with several values.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Dispute {
    /// Which.
    pub path: String,
    /// What it is called.
    pub label: Words,
    /// What it holds: `text`, `decimal`, `choice` …; empty if no form says.
    #[serde(rename = "type")]
    pub kind: String,
    /// Unit of a number.
    pub unit: Option<String>,
    /// Whether it is personal: then it cannot be typed here.
    pub sensitive: bool,
    /// What may be chosen, of a choice; of a state what the workflow lets the caller do.
    pub choices: Vec<ChoiceWords>,
    /// The last value that all writers had seen.
    pub common: Option<Step>,
    /// The values, the latest first.
    pub rivals: Vec<RivalShown>,
}

/// A record in conflict.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct ConflictShown {
    /// The document.
    pub id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub doc_type: String,
    /// Its kind.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// Its township's code, if it has one.
    pub town: Option<String>,
    /// Its state.
    pub state: StateShown,
    /// The paths with several values; the state first. None when it was decided meanwhile.
    pub disputes: Vec<Dispute>,
}

impl Server {
    /// A record with everything that is to be decided about it.
    ///
    /// # Errors
    /// `not-found` outside the caller's townships.
    pub fn conflict(&self, caller: &Caller, id: DocId) -> Result<ConflictShown, ServerError> {
        caller.may(Permission::UseConsole)?;
        read(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            let view = self.view_of(tx, &head)?;
            let told = Told::of(self, tx, caller.user(), &head, &view.values)?;
            let mut disputes = Vec::new();
            for (path, puts) in &view.conflicts {
                disputes.push(told.dispute(path, puts)?);
            }
            disputes.sort_by_key(|dispute| dispute.path != STATE);
            Ok(ConflictShown {
                id: id.to_string(),
                doc_type: head.key.doc_type.to_string(),
                kind: head.key.kind.clone(),
                title: head.title.clone(),
                town: view.values.get(TOWN).and_then(Value::as_text).map(str::to_owned),
                state: self.state_shown(&head, view.conflicts.contains_key(STATE)),
                disputes,
            })
        })
    }
}

/// What is known of a record when its values are told.
struct Told<'a> {
    tx: &'a dyn Tx,
    user: &'a User,
    form: Option<&'a Form>,
    values: &'a Values,
    /// The changes that were merged, with what they hold.
    history: Vec<(StoredChange, Change)>,
    id: DocId,
    /// Photos of the record and its inspections, with the device and the time of their record.
    photos: Vec<(EvidencePhoto, domain::ActorId, i64)>,
}

impl<'a> Told<'a> {
    fn of(server: &'a Server, tx: &'a dyn Tx, user: &'a User, head: &DocHead, values: &'a Values) -> Stored<Self> {
        let stored = tx.history(head.key.id, HISTORY_ROWS_MAX)?.into_iter();
        let applied = stored.filter(|stored| stored.status == Status::Applied);
        let history = applied.filter_map(|stored| Change::decode(&stored.body).ok().map(|change| (stored, change)));
        let form = form_of(server.forms(), &head.key, head.form_version);
        let history = history.collect();
        let mut told = Self { tx, user, form, values, history, id: head.key.id, photos: Vec::new() };
        told.photos = told.all_photos(server, head)?;
        Ok(told)
    }

    fn all_photos(&self, server: &Server, head: &DocHead) -> Stored<Vec<(EvidencePhoto, domain::ActorId, i64)>> {
        let mut holders = vec![self.values.clone()];
        if head.key.doc_type == DocType::Site {
            for id in self.tx.children(head.key.id, EVIDENCE_DOCS_MAX)? {
                let Some(child) = self.tx.doc(id)?.filter(|c| c.key.doc_type == DocType::Inspection) else { continue };
                if self.user.sees(&self.tx.scopes(id)?) {
                    holders.push(server.view_of(self.tx, &child)?.values);
                }
            }
        }
        let mut photos = Vec::new();
        for values in holders {
            for photo in photos_of(self.tx, self.user, &values)? {
                let head = photo.id.parse().ok().map(|id| self.tx.doc(id)).transpose()?.flatten();
                let Some(head) = head.filter(|_| !photo.sha256.is_empty()) else { continue };
                let rows = self.tx.registers(head.key.id)?;
                let Some(written) = rows.iter().find(|row| row.path == "sha256").map(|row| row.put.op) else {
                    continue;
                };
                let Some(stamp) = self.tx.stamp(written)? else { continue };
                let place =
                    server.view_of(self.tx, &head)?.values.get("position").and_then(Value::as_position).copied();
                let picture = server.picture(self.tx, photo)?;
                let shown = EvidencePhoto { picture, distance_m: self.distance(place.as_ref()) };
                photos.push((shown, written.actor, stamp.wall.unix_ms));
            }
        }
        Ok(photos)
    }

    fn distance(&self, place: Option<&domain::value::Position>) -> Option<f64> {
        let here = self.values.get("position").and_then(Value::as_position)?;
        Some(distance_m(&here.at, &place?.at).round())
    }

    fn dispute(&self, path: &str, puts: &[Put]) -> Stored<Dispute> {
        let field = self.form.and_then(|form| form.field(path)).map(|found| found.field);
        let firsts = puts.iter().map(|put| self.first(path, put)).collect::<Stored<Vec<Put>>>()?;
        let common = self.common(path, &firsts);
        let base = common.as_ref().map(|put| put.clock.clone()).unwrap_or_default();
        let pairs = puts.iter().zip(&firsts);
        let rivals = pairs.map(|(put, first)| self.rival(path, put, first, &base)).collect::<Stored<_>>()?;
        Ok(Dispute {
            path: path.to_owned(),
            label: label_of(self.form, path),
            kind: field.map(|field| type_word(field.kind)).unwrap_or_default(),
            unit: field.and_then(|field| field.unit.clone()),
            sensitive: field.is_some_and(|field| field.sensitive),
            choices: self.choices(path, puts),
            common: common.map(|put| self.step(path, &put)).transpose()?,
            rivals,
        })
    }

    /// Of a state only what the workflow lets this user do from any of those that stand.
    fn choices(&self, path: &str, puts: &[Put]) -> Vec<ChoiceWords> {
        let field = self.form.and_then(|form| form.field(path)).map(|found| found.field);
        let all = field.map(|field| field.choices.iter().map(ChoiceWords::from).collect()).unwrap_or_default();
        let Some(workflow) = self.form.and_then(|form| form.workflow.as_ref()).filter(|_| path == STATE) else {
            return all;
        };
        let states = || puts.iter().filter_map(|put| put.value.as_text());
        let next = states().flat_map(|state| workflow.allowed(state, self.user.role()));
        let next: Vec<&str> = next.map(|way| way.to.as_str()).collect();
        all.into_iter().filter(|c| next.contains(&&*c.id) && states().all(|state| state != c.id)).collect()
    }

    /// All writes of a path, in the order the server merged them.
    fn writes(&self, path: &str) -> impl Iterator<Item = Put> {
        let puts = self.history.iter().flat_map(|(_, change)| change.puts());
        puts.filter(|(key, at, _)| key.id == self.id && *at == path)
            .map(|(_, _, put)| put)
            .collect::<Vec<_>>()
            .into_iter()
    }

    /// Where a decision was taken back, the write that the value came from before it.
    fn first(&self, path: &str, put: &Put) -> Stored<Put> {
        let mut put = put.clone();
        loop {
            let replaced = self.replaced(path, &put);
            let [decision] = replaced.survivors() else { return Ok(put) };
            let desks = self.tx.desk_in_use(put.op.actor)?.and(self.tx.desk_in_use(decision.op.actor)?);
            let before = self.replaced(path, decision);
            let same = before.survivors().iter().find(|earlier| earlier.value.same_as(&put.value));
            let Some(same) = same.filter(|_| desks.is_some()) else { return Ok(put) };
            put = same.clone();
        }
    }

    /// What a write replaced.
    fn replaced(&self, path: &str, put: &Put) -> Register {
        self.writes(path).filter(|earlier| earlier.op != put.op && put.clock.covers(earlier.op)).collect()
    }

    /// The last write that all the others had seen.
    fn common(&self, path: &str, puts: &[Put]) -> Option<Put> {
        let seen_by_all = |put: &Put| puts.iter().all(|rival| rival.op != put.op && rival.clock.covers(put.op));
        let register: Register = self.writes(path).filter(seen_by_all).collect();
        register.survivors().first().cloned()
    }

    fn step(&self, path: &str, put: &Put) -> Stored<Step> {
        let field = self.form.and_then(|form| form.field(path)).map(|found| found.field);
        let (value, words) = match field {
            Some(field) => value_and_words(field, &put.value),
            None => (put.value.to_json(), Vec::new()),
        };
        let stamp = self.tx.stamp(put.op)?;
        let author = stamp.as_ref().map(|stamp| self.tx.user(stamp.author)).transpose()?.flatten();
        Ok(Step {
            value,
            words,
            author: author.map(|user| user.person.name).unwrap_or_default(),
            at: stamp.map(|stamp| stamp.wall.rfc3339()).unwrap_or_default(),
        })
    }

    /// One of the values; `put` is the write that stands, `first` the one it is told of.
    fn rival(&self, path: &str, standing: &Put, put: &Put, base: &Clock) -> Stored<RivalShown> {
        let change = self.history.iter().find(|(stored, _)| stored.stamp.op == put.op);
        let stamp = change.map(|(stored, _)| &stored.stamp);
        let device = self.tx.device_of(put.op.actor)?;
        let branch = self.writes(path).filter(|p| p.op != put.op && put.clock.covers(p.op) && !base.covers(p.op));
        let notes = change.iter().flat_map(|(_, change)| change.puts()).filter(|(_, at, _)| at.starts_with("notes/"));
        let same = self.writes(path).filter(|p| p.op != standing.op && p.value.same_as(&standing.value));
        let same = same.filter(|p| !standing.clock.covers(p.op));
        Ok(RivalShown {
            op: name(standing),
            same: same.map(|put| name(&put)).collect(),
            step: self.step(path, put)?,
            device: device.as_ref().map(|device| device.label.clone()).unwrap_or_default(),
            actor: put.op.actor.0,
            seq: put.op.seq,
            restored: standing.op != put.op,
            desk: self.tx.desk_in_use(put.op.actor)?.is_some(),
            clock: stamp.map(|stamp| stamp.wall.source).unwrap_or_default(),
            clock_offset_ms: device.and_then(|device| device.clock_offset_ms),
            received_at_ms: change.map(|(stored, _)| stored.received_at_ms).unwrap_or_default(),
            distance_m: self.distance(stamp.and_then(|stamp| stamp.at).as_ref()),
            branch: branch.map(|put| self.step(path, &put)).collect::<Stored<_>>()?,
            notes: notes.filter_map(|(_, _, put)| put.value.as_text().map(str::to_owned)).collect(),
            photos: self.photos_near(put, stamp.map(|stamp| stamp.wall.unix_ms))?,
        })
    }

    fn photos_near(&self, put: &Put, at_ms: Option<i64>) -> Stored<Vec<EvidencePhoto>> {
        let device = self.tx.device_of(put.op.actor)?.map(|device| device.first_actor);
        let mut near = Vec::new();
        for (photo, actor, taken_ms) in &self.photos {
            let is_near = at_ms.is_some_and(|at| (taken_ms - at).abs() <= NEAR_MS);
            if is_near && self.tx.device_of(*actor)?.map(|device| device.first_actor) == device {
                near.push(photo.clone());
            }
        }
        Ok(near)
    }
}

fn name(put: &Put) -> String {
    format!("{}:{}", put.op.actor, put.op.seq)
}
