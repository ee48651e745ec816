//! Signing: a row of the group `signatures` with the drawn lines and the moment; or the refusal, with its reason and who
//! saw it.

use domain::{DocId, Value};

use super::edit::{editable, one};
use super::fill::{given_reason, refuse_locked};
use crate::error::{Error, Result};
use crate::now::Now;
use crate::store::{Set, Writer};

/// The group that holds signatures.
const GROUP: &str = "signatures";
/// Largest drawing, in bytes of its address; a signature of lines has a tenth of that.
pub const IMAGE_BYTES_MAX: usize = 48 * 1024;

/// One signature.
#[derive(Clone, Debug)]
pub struct Signature {
    /// Who signs.
    pub name: String,
    /// `officer`, `recorder`, `party` or `witness`.
    pub role: String,
    /// The drawing as a `data:image/…` address.
    pub image: String,
}

/// Adds a signature; gives its row.
///
/// # Errors
/// `name-missing`, `image-size`, what does not fit the form, and as `fill`.
pub fn sign(w: &mut Writer<'_>, now: &mut Now, id: DocId, signature: &Signature) -> Result<String> {
    refuse_locked(w, id)?;
    let (key, _) = editable(w, id)?;
    let (row, sets) = row_of(w, now, id, signature)?;
    w.save(&one(key, sets), now)?;
    Ok(row)
}

/// Notes that the party refuses to sign, why, and the witness's signature if there is one.
///
/// # Errors
/// `reason-missing`, and as [`sign`].
pub fn refuse_signature(
    w: &mut Writer<'_>,
    now: &mut Now,
    id: DocId,
    reason: &str,
    witness: Option<&Signature>,
) -> Result<()> {
    refuse_locked(w, id)?;
    let reason = given_reason(reason)?;
    let (key, _) = editable(w, id)?;
    let mut sets = vec![Set::new("refused_to_sign", Value::Bool(true)), Set::new("refusal_note", Value::text(reason))];
    if let Some(witness) = witness {
        sets.extend(row_of(w, now, id, witness)?.1);
    }
    w.save(&one(key, sets), now)?;
    Ok(())
}

fn row_of(w: &Writer<'_>, now: &mut Now, id: DocId, signature: &Signature) -> Result<(String, Vec<Set>)> {
    if signature.name.trim().is_empty() {
        return Err(Error::request("name-missing", "请填写签名人姓名", "please give the name of who signs"));
    }
    if signature.image.len() > IMAGE_BYTES_MAX || !signature.image.starts_with("data:image/") {
        let zh = format!("签名图片无效或超过 {} KiB，请重签", IMAGE_BYTES_MAX / 1024);
        let en = format!("the drawing is none, or larger than {} KiB; sign again", IMAGE_BYTES_MAX / 1024);
        return Err(Error::request("image-size", zh, en));
    }
    let (_, form) = editable(w, id)?;
    let row = now.new_id().to_string();
    let at = |field: &str| format!("{GROUP}/{row}/{field}");
    let texts = [
        ("name", signature.name.clone()),
        ("role", signature.role.clone()),
        ("image", signature.image.clone()),
        ("signed_at", now.rfc3339()),
    ];
    let mut sets = vec![Set::new(format!("{GROUP}/{row}"), Value::Bool(true))];
    for (field, text) in texts {
        let path = at(field);
        let value = form.read(&path, &text)?;
        sets.push(Set::new(path, value));
    }
    Ok((row, sets))
}
