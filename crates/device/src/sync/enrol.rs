//! Enrolment: a code becomes a number and a token, and everything written before is claimed under that number.

use serde::Serialize;

use super::http::HttpTransport;
use super::transport::EnrolRequest;
use crate::error::Error;
use crate::store::Store;

/// What a device is told when it was enrolled.
#[derive(Clone, Debug, Serialize)]
pub struct Enrolled {
    /// The device's number.
    pub device: u32,
    /// The user's name.
    pub user: String,
    /// The user's role.
    pub role: domain::Role,
    /// The user's townships; `None` is all.
    pub towns: Option<Vec<String>>,
    /// How many changes from before were claimed.
    pub claimed: u64,
}

/// Enrols this device at a server with a code.
///
/// # Errors
/// When the device is enrolled elsewhere already, the server cannot be reached, or it does not accept the code; nothing that
/// was recorded is touched then.
pub fn enrol(store: &mut Store, server: &str, code: &str, label: &str) -> Result<Enrolled, Error> {
    store.check_may_enrol(server)?;
    let mut transport = HttpTransport::new(server, "")?;
    let public_key = hex::encode(store.device_key()?.verifying_key().to_bytes());
    let request = EnrolRequest {
        code: code.trim().to_owned(),
        public_key,
        install: store.install()?.to_string(),
        label: label.to_owned(),
    };
    let answer = transport.enrol(&request)?;
    let claimed = store.claim(server, &answer)?;
    Ok(Enrolled {
        device: answer.actor.0,
        user: answer.user.name,
        role: answer.user.role,
        towns: answer.user.towns,
        claimed,
    })
}
