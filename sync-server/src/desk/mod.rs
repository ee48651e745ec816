//! What a person decides at a desk, written as a device writes: a signed change, through the same door as a pushed one.

mod pen;
mod taking_back;

pub(crate) use taking_back::can_be_taken_back;

use domain::document::Document;
use domain::forms::Form;
use domain::lifecycle::{DELETED, LIFECYCLE, LIFECYCLE_SEEN, seen_of};
use domain::{ActorId, DocId, OpId, Value};
use serde::Serialize;

use self::pen::{Pen, Write};
use crate::accounts::Caller;
use crate::documents::{document_of, visible};
use crate::error::ServerError;
use crate::limits::{DECISION_REMARKS_MAX, DECISION_TEXT_CHARS_MAX, DECISION_WRITES_MAX};
use crate::permission::Permission;
use crate::presentation::{STATE, form_of};
use crate::server::Server;
use crate::storage::{DocHead, Stored, Tx, write};

const STATE_SINCE: &str = "state_since";
const RETURNED: &str = "returned";

/// What a person decided about one document.
#[derive(Clone, Debug, Default)]
pub struct Decision {
    /// The fields.
    pub writes: Vec<FieldDecision>,
    /// Remarks on fields.
    pub remarks: Vec<NewRemark>,
    /// Why; kept as a note of the document.
    pub reason: Option<String>,
}

/// What a person decided about one field.
#[derive(Clone, Debug)]
pub struct FieldDecision {
    /// Which.
    pub path: String,
    /// What it is to hold.
    pub value: Chosen,
    /// The writes that were on the screen: these are replaced, and none that came meanwhile.
    pub seen: Vec<OpId>,
}

/// A value that was decided on.
#[derive(Clone, Debug)]
pub enum Chosen {
    /// As a person types it; read by the type of the field.
    Text(String),
    /// What one of the writes holds.
    Of(OpId),
}

/// A remark on a field.
#[derive(Clone, Debug)]
pub struct NewRemark {
    /// The field.
    pub path: String,
    /// What is to be done.
    pub text: String,
    /// Whether it must be.
    pub must: bool,
}

/// The change that a decision became.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
pub struct Decided {
    /// Its name, as `actor:seq`.
    pub op: String,
}

impl From<OpId> for Decided {
    fn from(op: OpId) -> Self {
        Self { op: format!("{}:{}", op.actor, op.seq) }
    }
}

impl Server {
    /// Writes a decision on behalf of the caller.
    ///
    /// # Errors
    /// `not-found` outside the caller's townships, `stale` when what was seen is gone, `refused` when a device of this
    /// user might not write it either. Nothing is written then.
    pub fn decide(&self, caller: &Caller, id: DocId, decision: &Decision) -> Result<Decided, ServerError> {
        caller.may(Permission::Decide)?;
        check_sizes(decision)?;
        write(self.storage(), |tx| {
            let head = visible(tx, caller.user(), id)?;
            let pen = Pen::of(self, tx, caller.user())?;
            let drawn = Drawn { server: self, tx, head: &head, document: &document_of(tx, &head)?, pen: &pen };
            pen.write(&head, vec![drawn.writes(decision)?]).map(Decided::from)
        })
    }
}

/// A decision on its way to become a change.
struct Drawn<'a> {
    server: &'a Server,
    tx: &'a dyn Tx,
    head: &'a DocHead,
    document: &'a Document,
    pen: &'a Pen<'a>,
}

impl Drawn<'_> {
    fn writes(&self, decision: &Decision) -> Result<Vec<Write>, ServerError> {
        let mut writes = Vec::new();
        for field in &decision.writes {
            let value = self.value(&field.path, &field.value)?;
            self.check_seen(&field.path, &field.seen)?;
            if field.path == LIFECYCLE && value.as_text() == Some(DELETED) {
                writes.push(self.replacing(LIFECYCLE_SEEN, seen_of(self.document)));
            }
            let context = match self.document.registers.get(&field.path) {
                Some(register) => register.context_of(&field.seen, self.pen.actor()),
                None => domain::register::Clock::default(),
            };
            writes.push(Write { path: field.path.clone(), context, value });
        }
        let moves = decision.writes.iter().any(|field| field.path == STATE);
        if moves && self.form().is_some_and(|form| form.field(STATE_SINCE).is_some()) {
            writes.push(self.replacing(STATE_SINCE, Value::text(self.pen.now().rfc3339())));
        }
        writes.extend(self.remarks(&decision.remarks)?);
        if let Some(reason) = decision.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
            writes.push(self.pen.note(reason));
        }
        Ok(writes)
    }

    fn form(&self) -> Option<&Form> {
        form_of(self.server.forms(), &self.head.key, self.head.form_version)
    }

    /// A write that replaces whatever is there.
    fn replacing(&self, path: &str, value: Value) -> Write {
        let context = self.document.registers.get(path).map(domain::register::Register::context).unwrap_or_default();
        Write { path: path.to_owned(), context, value }
    }

    fn value(&self, path: &str, chosen: &Chosen) -> Result<Value, ServerError> {
        match (chosen, self.form()) {
            (Chosen::Text(text), Some(form)) => {
                form.read(path, text).map_err(|e| ServerError::invalid(e.message_zh.clone(), e.to_string()))
            }
            (Chosen::Text(text), None) => Ok(Value::text(text.clone())),
            (Chosen::Of(op), _) => {
                let puts = self.document.registers.get(path).map(|r| r.survivors()).unwrap_or_default();
                puts.iter().find(|put| put.op == *op).map(|put| put.value.clone()).ok_or(ServerError::Stale)
            }
        }
    }

    /// A decision stands beside values that came meanwhile, but not where nothing is left of what it was about; and it
    /// may not cover what the same desk wrote in another window.
    fn check_seen(&self, path: &str, seen: &[OpId]) -> Result<(), ServerError> {
        let puts = self.document.registers.get(path).map(|r| r.survivors()).unwrap_or_default();
        let is_gone = !puts.is_empty() && !puts.iter().any(|put| seen.contains(&put.op));
        let own_unseen = puts.iter().any(|put| put.op.actor == self.pen.actor() && !seen.contains(&put.op));
        if is_gone || own_unseen { Err(ServerError::Stale) } else { Ok(()) }
    }

    fn remarks(&self, remarks: &[NewRemark]) -> Result<Vec<Write>, ServerError> {
        let round = round_of(self.tx, self.head.key.id)?;
        let mut writes = Vec::new();
        for remark in remarks {
            self.check_remark(remark)?;
            let row = format!("remarks/{}", self.pen.new_id());
            let cells = [
                (String::new(), Value::Bool(true)),
                ("/path".to_owned(), Value::text(&*remark.path)),
                ("/text".to_owned(), Value::text(remark.text.trim())),
                ("/must".to_owned(), Value::Bool(remark.must)),
                ("/round".to_owned(), Value::number(round.into())),
            ];
            writes.extend(cells.into_iter().map(|(cell, value)| Write::first(format!("{row}{cell}"), value)));
        }
        Ok(writes)
    }

    fn check_remark(&self, remark: &NewRemark) -> Result<(), ServerError> {
        if remark.text.trim().is_empty() {
            return Err(ServerError::invalid("意见不能为空", "a remark says what is to be done"));
        }
        let is_group = |form: &Form| form.patterns().any(|p| p.starts_with(&format!("{}/", remark.path)));
        if self.form().is_some_and(|form| form.field(&remark.path).is_some() || is_group(form)) {
            return Ok(());
        }
        let zh = format!("表单没有“{}”这个字段，意见须写在具体字段上", remark.path);
        Err(ServerError::invalid(zh, format!("the form has no field '{}'; a remark hangs on a field", remark.path)))
    }
}

/// The round of review that an inspection is in, from 1: one more than it was returned.
pub(crate) fn round_of(tx: &dyn Tx, id: DocId) -> Stored<u32> {
    let returned = tx.state_writes(id)?.iter().filter(|write| write.state == RETURNED).count();
    Ok(u32::try_from(returned).unwrap_or(u32::MAX).saturating_add(1))
}

fn check_sizes(decision: &Decision) -> Result<(), ServerError> {
    let texts = decision.writes.iter().filter_map(|field| match &field.value {
        Chosen::Text(text) => Some(text),
        Chosen::Of(_) => None,
    });
    let mut texts = texts.chain(&decision.reason).chain(decision.remarks.iter().map(|remark| &remark.text));
    if decision.writes.len() > DECISION_WRITES_MAX || decision.remarks.len() > DECISION_REMARKS_MAX {
        return Err(ServerError::invalid("一次决定的字段或意见过多", "too many fields or remarks in one decision"));
    }
    if texts.any(|text| text.chars().count() > DECISION_TEXT_CHARS_MAX) {
        let en = format!("a text of more than {DECISION_TEXT_CHARS_MAX} characters");
        return Err(ServerError::invalid(format!("文字超过 {DECISION_TEXT_CHARS_MAX} 个字符"), en));
    }
    if decision.writes.is_empty() && decision.remarks.is_empty() {
        return Err(ServerError::invalid("没有要写入的内容", "there is nothing to write"));
    }
    Ok(())
}

/// Reads `actor:seq`.
///
/// # Errors
/// `invalid` for anything else.
pub fn op_named(text: &str) -> Result<OpId, ServerError> {
    let parts = text.split_once(':').and_then(|(actor, seq)| Some((actor.parse().ok()?, seq.parse().ok()?)));
    let (actor, seq) = parts.ok_or_else(|| ServerError::invalid("写入编号无效", "a write is named as actor:seq"))?;
    Ok(OpId { actor: ActorId(actor), seq })
}
