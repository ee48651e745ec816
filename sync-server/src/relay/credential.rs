//! Who a relay is to the central server: an enrolled device of a user, kept in a file that only its owner can read.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use domain::ActorId;
use ed25519_dalek::SigningKey;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::upstream::{EnrolBody, Upstream};
use crate::environment::Environment;
use crate::error::ServerError;

/// The file in the data folder.
pub(super) const FILE: &str = "relay.json";
/// What the administrator sees in the list of devices.
const LABEL: &str = "relay";

/// What proves who the relay is.
#[derive(Clone, Debug)]
pub(super) struct Credential {
    pub actor: ActorId,
    pub install: u64,
    pub token: String,
}

/// The file: written before the relay is enrolled, so that a lost answer is asked for again by the same device.
#[derive(Clone, Serialize, Deserialize)]
struct Kept {
    /// The seed of the relay's Ed25519 key, hexadecimal.
    key: String,
    /// Decimal, as JSON numbers lose digits above 2^53.
    install: String,
    /// SHA-256 of the code it was or is being enrolled with: another code means that it is to be enrolled anew.
    code_sha256: String,
    enrolled: Option<Enrolled>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Enrolled {
    actor: u32,
    token: String,
    user: String,
}

/// The credential of a data folder; enrols the relay if there is none yet, or if there is a code it has not used.
pub(super) async fn ensure(
    data: &Path,
    upstream: &Upstream,
    code: Option<&str>,
    environment: &Environment,
) -> Result<Credential, ServerError> {
    let path = data.join(FILE);
    let kept = read(&path)?;
    let Some(code) = code else {
        return credential(&kept.ok_or(ServerError::RelayCredential)?);
    };
    let code_sha256 = hex::encode(Sha256::digest(code.trim().as_bytes()));
    let mut kept = match kept {
        Some(kept) if kept.code_sha256 == code_sha256 => kept,
        _ => fresh(code_sha256, environment),
    };
    if kept.enrolled.is_none() {
        write(&path, &kept)?;
        kept.enrolled = Some(enrol(&kept, upstream, code).await?);
        write(&path, &kept)?;
    }
    credential(&kept)
}

fn fresh(code_sha256: String, environment: &Environment) -> Kept {
    let install = u64::from_be_bytes(environment.random::<8>());
    Kept { key: hex::encode(environment.random::<32>()), install: install.to_string(), code_sha256, enrolled: None }
}

async fn enrol(kept: &Kept, upstream: &Upstream, code: &str) -> Result<Enrolled, ServerError> {
    let mut seed = [0; 32];
    hex::decode_to_slice(&kept.key, &mut seed).map_err(|_| damaged())?;
    let public_key = hex::encode(SigningKey::from_bytes(&seed).verifying_key().to_bytes());
    let body = EnrolBody { code: code.trim(), public_key, install: &kept.install, label: LABEL };
    let answer = upstream.enrol(&body).await?;
    tracing::info!(device = answer.actor, user = answer.user.name, "enrolled at the central server");
    Ok(Enrolled { actor: answer.actor, token: answer.token, user: answer.user.name })
}

fn credential(kept: &Kept) -> Result<Credential, ServerError> {
    let enrolled = kept.enrolled.clone().ok_or(ServerError::RelayCredential)?;
    let install = kept.install.parse().map_err(|_| damaged())?;
    Ok(Credential { actor: ActorId(enrolled.actor), install, token: enrolled.token })
}

fn damaged() -> ServerError {
    ServerError::Folder(format!("{FILE} cannot be read; move it away and start once with --upstream-code"))
}

fn read(path: &Path) -> Result<Option<Kept>, ServerError> {
    match fs::read(path) {
        Ok(text) => serde_json::from_slice(&text).map(Some).map_err(|_| damaged()),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

/// Whole or not at all, whatever happens.
fn write(path: &Path, kept: &Kept) -> Result<(), ServerError> {
    let text = serde_json::to_vec_pretty(kept).map_err(|_| ServerError::Internal)?;
    let fresh = path.with_extension("json.new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&fresh, path)?;
    path.parent().map_or(Ok(()), |folder| Ok(File::open(folder)?.sync_all()?))
}
