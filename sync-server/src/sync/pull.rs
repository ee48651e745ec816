//! What a device is told: the documents that changed in its scopes since its cursors, in the server's order.
//!
//! A page is cut between two places of that order; everything at or before the cut is in it. The same stream carries
//! the documents of refused changes, so that a device always gets what it must rebuild.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use domain::change::{Change, DocKey, UnknownOp};
use domain::sync::{Cursors, DeviceInfo, DocState, Page, PageBuilder, Person, Scope, Stamp, own_scope};
use domain::{ActorId, DocId, DocType, OpId, Seq};

use crate::limits::{DOC_BYTES_LEAST, PAGE_BYTES_MAX, PAGE_DOCS_MAX, PAGE_DOCS_MIN, REFUSED_MAX};
use crate::storage::{Device, Pos, ScopeRow, StorageError, Stored, StoredChange, Tx, UploadKind, User};

/// The scope of users who see everything.
pub const EVERYTHING: &str = "*";
/// Before a scope's name in a cursor: the scope was taken from the user and is being cleared away.
const LEAVING: char = '-';
/// Such a scope is cleared away. Only the device knows: whether it ever got an answer, nobody else does.
const CLEARED: Pos = Pos::MAX >> 1;
/// Before a scope's name in a cursor: where the pages that are under way began. A document that changed again after the
/// place where a page was cut was not in that page, whatever of it is older.
const BEGAN: char = '<';

/// One device's question.
pub struct Asking<'a> {
    /// The transaction.
    pub tx: &'a dyn Tx,
    /// The device's user, as he is now.
    pub user: &'a User,
    /// The device.
    pub device: &'a Device,
    /// The number it writes under.
    pub actor: ActorId,
    /// How many changes it has made under that number; a copy put back has fewer than are here.
    pub head: Seq,
    /// Whether it still has all that it alone wrote.
    pub keeps_own: bool,
    /// How far it has read.
    pub cursors: &'a Cursors,
    /// How large a page it can take, bytes.
    pub page_bytes: u32,
}

/// What happened to one document since the cursors.
#[derive(Default)]
struct Item {
    /// Stands in a scope of this device.
    present: bool,
    /// Everything of it is needed.
    whole: bool,
    /// What the device has of it surely: its registers up to here.
    since: Option<Pos>,
    /// It left a scope the device had it through.
    left: bool,
    /// A change of this device to it was refused; it may not even exist.
    refused: Option<DocKey>,
}

/// The stream of one page: documents by their place in the server's order.
struct Stream {
    /// A document stands at every place where something happened to it.
    order: BTreeMap<Pos, BTreeSet<DocId>>,
    /// All that happened to it together, so that its first place in a page says everything.
    items: HashMap<DocId, Item>,
    /// Up to here the stream is complete.
    until: Pos,
    /// Whether there is anything after that.
    more: bool,
}

/// The names of the scopes of a user, as cursors have them.
#[must_use]
pub fn cursor_scopes(user: &User) -> Vec<Scope> {
    user.scopes().unwrap_or_else(|| vec![EVERYTHING.to_owned()])
}

/// The cursor that says how far a device has heard of its own refused changes.
#[must_use]
pub fn refused_cursor(user: &User, cursors: &Cursors) -> Pos {
    let name = if user.person.towns.is_none() { EVERYTHING.to_owned() } else { own_scope(user.person.id) };
    cursors.get(&name).copied().unwrap_or(0)
}

/// Refused changes the device has not heard of: after the last acknowledged one, or decided since its last page.
///
/// # Errors
/// When the storage fails.
pub fn refused(tx: &dyn Tx, actor: ActorId, acked: Seq, heard: Pos) -> Stored<Vec<StoredChange>> {
    tx.refused_after(actor, acked, heard, REFUSED_MAX)
}

/// The documents a stored change writes to.
#[must_use]
pub fn keys_of(change: &StoredChange) -> Vec<DocKey> {
    Change::decode(&change.body).map(|c| c.docs.into_iter().map(|d| d.doc).collect()).unwrap_or_default()
}

impl Asking<'_> {
    /// The page after the device's cursors.
    ///
    /// # Errors
    /// When the storage fails.
    pub fn page(&self) -> Stored<Page> {
        let stream = self.stream()?;
        let mut builder = PageBuilder::default();
        let mut stamps: HashMap<OpId, Stamp> = HashMap::new();
        let (mut until, mut more) = (stream.until, stream.more);
        let mut items = stream.items;
        let last = stream.order.keys().next_back().copied();
        let page_bytes_max = PAGE_BYTES_MAX.min(usize::try_from(self.page_bytes).unwrap_or(usize::MAX));
        for (pos, ids) in stream.order {
            for id in ids {
                if let Some(item) = items.remove(&id) {
                    self.add(&mut builder, &mut stamps, id, &item)?;
                }
            }
            if builder.bytes() >= page_bytes_max && Some(pos) != last {
                (until, more) = (pos, true);
                break;
            }
        }
        let (cursors, leaving) = self.next_cursors(until, more, &mut builder)?;
        let (people, devices) = self.names(builder.stamps())?;
        Ok(builder.finish(cursors, more || leaving, people, devices))
    }

    fn cursor(&self, scope: &str) -> Pos {
        self.cursors.get(scope).copied().unwrap_or(0)
    }

    /// Up to here the device has surely everything of a scope.
    fn began(&self, scope: &str) -> Pos {
        self.cursors.get(&format!("{BEGAN}{scope}")).copied().unwrap_or_else(|| self.cursor(scope))
    }

    fn stream(&self) -> Stored<Stream> {
        let until = self.tx.pos()?;
        let mut stream = Stream { order: BTreeMap::new(), items: HashMap::new(), until, more: false };
        self.read_scopes(&mut stream)?;
        let heard = refused_cursor(self.user, self.cursors);
        // Under its earlier numbers too: a device that was put back hears of some only after it got another.
        for chain in self.tx.chains()?.iter().filter(|chain| chain.device == self.device.first_actor) {
            let changes = refused(self.tx, chain.actor, Seq::MAX >> 1, heard)?;
            stream.cut(changes.len() >= REFUSED_MAX, changes.last().map(|change| change.pos));
            for change in &changes {
                for key in keys_of(change) {
                    stream.at(change.pos, key.id).refused = Some(key.clone());
                }
            }
        }
        let until = stream.until;
        stream.order.retain(|pos, _| *pos <= until);
        Ok(stream)
    }

    /// The rows of all scopes in one order, no further than one page can take: a user may have many townships, and each
    /// alone may hold more than a page.
    fn read_scopes(&self, stream: &mut Stream) -> Stored<()> {
        let page_bytes = usize::try_from(self.page_bytes).unwrap_or(usize::MAX).min(PAGE_BYTES_MAX);
        let docs_max = (page_bytes / DOC_BYTES_LEAST).clamp(PAGE_DOCS_MIN, PAGE_DOCS_MAX);
        let scopes = cursor_scopes(self.user);
        let rows_each = (docs_max / scopes.len().max(1)).max(PAGE_DOCS_MIN);
        let source = |scope: Scope| Source::new(self.cursor(&scope), self.began(&scope), scope);
        let mut sources: Vec<Source> = scopes.into_iter().map(source).collect();
        let mut taken = 0;
        let mut last = None;
        loop {
            for source in &mut sources {
                source.fill(self.tx, rows_each)?;
            }
            let Some(next) = sources.iter_mut().filter(|s| !s.rows.is_empty()).min_by_key(|s| s.rows[0].changed) else {
                return Ok(());
            };
            let Some(row) = next.rows.pop_front() else { return Ok(()) };
            // Everything of one place goes together.
            if taken >= docs_max && last != Some(row.changed) {
                stream.cut(true, last);
                return Ok(());
            }
            stream.at(row.changed, row.doc).happened(&row, next.after, next.began);
            (taken, last) = (taken + 1, Some(row.changed));
        }
    }

    fn add(&self, builder: &mut PageBuilder, stamps: &mut HashMap<OpId, Stamp>, id: DocId, item: &Item) -> Stored<()> {
        let visible = item.present || self.user.sees(&self.tx.scopes(id)?);
        let named = if visible { self.tx.doc_key(id)? } else { None };
        let Some((key, form_version)) = named else {
            return self.add_unseen(builder, id, item);
        };
        let whole = (item.whole || item.refused.is_some() || !item.present) && !self.has_it_all(id, item)?;
        let since = item.since.filter(|_| !whole);
        let puts = self.puts(id, since)?;
        let unknown = self.unknown(id, since)?;
        let is_photo = key.doc_type == DocType::Photo;
        let held = if is_photo { Some(self.tx.is_held(id, UploadKind::Original)?) } else { None };
        // A photo that is not held is no news, unless it was there before: then the server held it and lost it.
        let lost = held == Some(false) && self.was_there(id, item.since)?;
        if puts.is_empty() && unknown.is_empty() && !whole && held != Some(true) && !lost {
            return Ok(());
        }
        if held == Some(true) && !self.tx.is_held(id, UploadKind::Thumbnail)? {
            builder.wanted(id);
        }
        for op in puts.iter().map(|(_, put)| put.op).chain(unknown.iter().map(|u| u.op)) {
            if let Entry::Vacant(missing) = stamps.entry(op) {
                missing.insert(self.stamp(op)?);
            }
        }
        let state = DocState { key, form_version, whole, held, puts, unknown };
        // Every write of the document was looked up just above.
        builder.add(state, |op| stamps[&op].clone());
        Ok(())
    }

    /// A document this user does not see: it left, or a refused change made the device believe in it. Nothing here
    /// says whether it exists.
    fn add_unseen(&self, builder: &mut PageBuilder, id: DocId, item: &Item) -> Stored<()> {
        if let Some(key) = &item.refused {
            let (puts, unknown) = (Vec::new(), Vec::new());
            let empty = DocState { key: key.clone(), form_version: 0, whole: true, held: None, puts, unknown };
            builder.add(empty, |op| Stamp {
                op,
                author: self.user.person.id,
                hlc: domain::clock::Hlc::default(),
                wall: domain::clock::WallTime::default(),
                at: None,
            });
        }
        // What the device wrote itself it has, however far it read.
        if item.left || self.tx.wrote(self.device.first_actor, id)? {
            builder.gone(id);
        }
        Ok(())
    }

    /// Whether the device knows all of a document because nobody else ever wrote to it.
    fn has_it_all(&self, id: DocId, item: &Item) -> Stored<bool> {
        if !self.keeps_own || item.refused.is_some() || !item.present {
            return Ok(false);
        }
        let own = |op: &OpId| self.is_own(*op);
        Ok(self.tx.registers(id)?.iter().all(|row| own(&row.put.op))
            && self.tx.unknown_writes(id)?.iter().all(|(op, _)| own(op)))
    }

    fn was_there(&self, id: DocId, since: Option<Pos>) -> Stored<bool> {
        let Some(since) = since else { return Ok(false) };
        Ok(self.tx.doc(id)?.is_some_and(|head| head.created_pos <= since))
    }

    /// The writes to send: all, or those since a position that the device did not make itself.
    fn puts(&self, id: DocId, since: Option<Pos>) -> Stored<Vec<(String, domain::register::Put)>> {
        let rows = self.tx.registers(id)?.into_iter();
        Ok(rows.filter(|row| self.is_news(row.put.op, row.pos, since)).map(|row| (row.path, row.put)).collect())
    }

    /// The operations of a later version to send, by the same rule.
    fn unknown(&self, id: DocId, since: Option<Pos>) -> Stored<Vec<UnknownOp>> {
        let mut out = Vec::new();
        for (op, _) in self.tx.unknown_writes(id)?.into_iter().filter(|(op, pos)| self.is_news(*op, *pos, since)) {
            let change = self.tx.change(op)?.and_then(|stored| Change::decode(&stored.body).ok());
            out.extend(change.iter().flat_map(Change::unknown).filter(|(key, _)| key.id == id).map(|(_, u)| u));
        }
        Ok(out)
    }

    fn is_news(&self, op: OpId, pos: Pos, since: Option<Pos>) -> bool {
        since.is_none_or(|since| pos > since && !self.is_own(op))
    }

    fn is_own(&self, op: OpId) -> bool {
        op.actor == self.actor && op.seq <= self.head
    }

    fn stamp(&self, op: OpId) -> Stored<Stamp> {
        let missing = || StorageError::Corrupt(format!("change {}:{} is missing", op.actor, op.seq));
        self.tx.stamp(op)?.ok_or_else(missing)
    }

    /// The cursors after this page; and whether a scope that was taken from the user is still being cleared away.
    fn next_cursors(&self, until: Pos, more: bool, builder: &mut PageBuilder) -> Stored<(Cursors, bool)> {
        let scopes = cursor_scopes(self.user);
        let mut next: Cursors = scopes.iter().map(|s| (s.clone(), self.cursor(s).max(until))).collect();
        if more {
            next.extend(scopes.iter().map(|s| (format!("{BEGAN}{s}"), self.began(s))));
        }
        let mut leaving = false;
        for scope in self.tx.served_scopes(self.device.first_actor)?.into_iter().filter(|s| !scopes.contains(s)) {
            let name = format!("{LEAVING}{scope}");
            let to = match self.cursors.get(&name).copied().unwrap_or(0) {
                CLEARED => CLEARED,
                from => self.clear(&scope, from, builder)?.unwrap_or(CLEARED),
            };
            leaving |= to != CLEARED;
            next.insert(name, to);
        }
        Ok((next, leaving))
    }

    /// Names the documents of a scope the user lost, some at a time; gives where to go on, by count.
    fn clear(&self, scope: &str, from: Pos, builder: &mut PageBuilder) -> Stored<Option<Pos>> {
        let name = (scope != EVERYTHING).then_some(scope);
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        let ids = self.tx.ever_in(name, None, skip.saturating_add(LEAVING_DOCS_MAX))?;
        let here = ids.iter().skip(skip);
        for id in here.clone() {
            if !self.user.sees(&self.tx.scopes(*id)?) {
                builder.gone(*id);
            }
        }
        let full = here.count() == LEAVING_DOCS_MAX;
        Ok(full.then(|| from + LEAVING_DOCS_MAX as Pos))
    }

    fn names(&self, stamps: &[Stamp]) -> Stored<(Vec<Person>, Vec<DeviceInfo>)> {
        let authors: BTreeSet<_> = stamps.iter().map(|s| s.author).collect();
        let actors: BTreeSet<_> = stamps.iter().map(|s| s.op.actor).collect();
        let mut people = Vec::new();
        for id in authors {
            people.extend(self.tx.user(id)?.map(|user| user.person));
        }
        let mut devices = Vec::new();
        for actor in actors {
            let device = self.tx.device_of(actor)?;
            devices.extend(device.map(|d| DeviceInfo { actor, user: d.user, label: d.label }));
        }
        Ok((people, devices))
    }
}

/// One scope being read, some rows at a time.
struct Source {
    scope: Scope,
    /// The device's cursor.
    after: Pos,
    /// Where the pages that are being read began.
    began: Pos,
    /// Up to here it was read.
    read: Pos,
    rows: VecDeque<ScopeRow>,
    at_end: bool,
}

impl Source {
    fn new(after: Pos, began: Pos, scope: Scope) -> Self {
        Self { scope, after, began, read: after, rows: VecDeque::new(), at_end: false }
    }

    fn fill(&mut self, tx: &dyn Tx, rows: usize) -> Stored<()> {
        if !self.rows.is_empty() || self.at_end {
            return Ok(());
        }
        let name = (self.scope != EVERYTHING).then_some(self.scope.as_str());
        self.rows = tx.changed(name, self.read, rows)?.into();
        self.at_end = self.rows.len() < rows;
        self.read = self.rows.back().map_or(self.read, |row| row.changed);
        Ok(())
    }
}

/// Most documents of a lost scope that one page names.
const LEAVING_DOCS_MAX: usize = 20_000;

impl Item {
    fn happened(&mut self, row: &ScopeRow, after: Pos, began: Pos) {
        if row.gone {
            self.left |= row.entered <= after;
            return;
        }
        self.present = true;
        self.whole |= row.entered > began;
        self.since = Some(self.since.map_or(began, |since| since.min(began)));
    }
}

impl Stream {
    fn at(&mut self, pos: Pos, doc: DocId) -> &mut Item {
        self.order.entry(pos).or_default().insert(doc);
        self.items.entry(doc).or_default()
    }

    /// A source gave as many rows as it may: beyond the last of them the stream is not complete.
    fn cut(&mut self, full: bool, last: Option<Pos>) {
        if let Some(last) = last.filter(|_| full) {
            self.until = self.until.min(last);
            self.more = true;
        }
    }
}
