//! Passing on what waits, as soon as there is a link: text first, in the order it arrived, then photos. The spool
//! forgets something only after the central server's receipt; what that refuses for good is set aside with the reason.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use domain::sync::{Batch, RelayedStanding, SyncResponse, open, seal};

use super::Relay;
use super::handover::{passing, settle};
use super::photos::pass_photos;
use super::upstream::{no_link, refusal};
use crate::error::ServerError;
use crate::limits::{LINK_PROBE_EVERY, LINK_SYNC_TIMEOUT, SPOOL_RETRY_EVERY};

/// Why a round of passing on ended before the spool was through.
#[derive(Debug)]
pub(super) enum Stopped {
    /// No link, or it broke.
    NoLink(String),
    /// The central server answers, but not as it must: the relay was revoked, or the server is busy or older.
    Upstream(String),
    /// The spool itself failed.
    Spool(ServerError),
}

impl<E: Into<ServerError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::Spool(error.into())
    }
}

/// Passes on for as long as the relay runs.
pub(super) async fn keep_passing_on(relay: Arc<Relay>) {
    let mut said = String::new();
    loop {
        let (pause, why) = match round(&relay).await {
            Ok(false) => {
                said.clear();
                relay.news.notified().await;
                continue;
            }
            Ok(true) => (SPOOL_RETRY_EVERY, String::new()),
            Err(Stopped::NoLink(why)) => (LINK_PROBE_EVERY, why),
            Err(Stopped::Upstream(why)) => (SPOOL_RETRY_EVERY, why),
            Err(Stopped::Spool(error)) => (SPOOL_RETRY_EVERY, error.to_string()),
        };
        // What goes on for hours is said once.
        if why != said && !why.is_empty() {
            tracing::warn!(why, "passing on waits");
        }
        said = why;
        wait(&relay, pause).await;
    }
}

/// Without a link, news do not help: only what waits although the server answers is tried again with them.
async fn wait(relay: &Relay, pause: Duration) {
    if pause == LINK_PROBE_EVERY {
        return tokio::time::sleep(pause).await;
    }
    tokio::select! {
        () = tokio::time::sleep(pause) => {}
        () = relay.news.notified() => {}
    }
}

/// One round; says whether something still waits.
async fn round(relay: &Arc<Relay>) -> Result<bool, Stopped> {
    let now_ms = relay.now_ms();
    let waiting = relay
        .on_spool(move |spool| {
            spool.sweep_photos(now_ms)?;
            Ok(spool.waiting()?)
        })
        .await?;
    if waiting.batches == 0 && waiting.photos == 0 {
        return Ok(false);
    }
    if !relay.upstream.is_ready().await {
        return Err(Stopped::NoLink("the central server cannot be reached".to_owned()));
    }
    pass_text(relay).await?;
    pass_photos(relay).await?;
    let waiting = relay.on_spool(|spool| Ok(spool.waiting()?)).await?;
    Ok(waiting.batches > 0 || waiting.photos > 0)
}

async fn pass_text(relay: &Arc<Relay>) -> Result<(), Stopped> {
    let mut n = 0;
    let mut taken = false;
    while let Some(kept) = relay.on_spool(move |spool| Ok(spool.batch_after(n)?)).await? {
        n = kept.n;
        let said = match kept.batch.clone() {
            Some(batch) => hand_on(relay, batch).await?,
            None => Err("damaged".to_owned()),
        };
        let now_ms = relay.now_ms();
        if relay.on_spool(move |spool| Ok(settle(spool, &kept, said, now_ms)?)).await? {
            tracing::info!(n, "passed on");
            taken = true;
        }
    }
    if taken {
        relay.on_spool(|spool| Ok(spool.retry_photos()?)).await?;
    }
    Ok(())
}

/// One batch in a request of its own. The inner error is the code with which the request was refused because of it.
async fn hand_on(relay: &Arc<Relay>, batch: Batch) -> Result<Result<RelayedStanding, String>, Stopped> {
    let waiting = relay.on_spool(|spool| Ok(spool.waiting()?)).await?;
    let credential = &relay.credential;
    let request = passing(credential.actor, credential.install, waiting, batch, relay.now_ms());
    let call = relay.upstream.call(Method::POST, "/v1/sync", &relay.credential.token, LINK_SYNC_TIMEOUT);
    let call = call.header("content-type", "application/vnd.shanxun.sync").body(seal(&request));
    let answer = call.send().await.map_err(|e| Stopped::NoLink(no_link(e).0))?;
    match answer.status() {
        StatusCode::OK => {}
        // Another relay without a link: that is no receipt.
        StatusCode::ACCEPTED => return Err(Stopped::NoLink("the upstream relay has no link".to_owned())),
        StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE => return Ok(Err(refusal(answer).await.0)),
        _ => return Err(refused_call(answer).await),
    }
    let body = answer.bytes().await.map_err(|e| Stopped::NoLink(no_link(e).0))?;
    let answer: SyncResponse =
        open(&body).map_err(|e| Stopped::Upstream(format!("its answer cannot be read ({e}); update the programs")))?;
    let standing = answer.relayed.into_iter().next().map(|(_, standing)| standing);
    standing.map(Ok).ok_or_else(|| Stopped::Upstream("it does not say how a passed-on batch stands".to_owned()))
}

/// The central server refused a call of the relay itself.
pub(super) async fn refused_call(answer: reqwest::Response) -> Stopped {
    let (code, message) = refusal(answer).await;
    Stopped::Upstream(format!("the central server refused the relay ({code}): {message}"))
}
