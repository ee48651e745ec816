//! Passing on what waits, as soon as there is a link: text first, in the order it arrived, then photos. The spool
//! forgets something only after the central server's receipt; what that refuses for good is set aside with the reason.

use std::sync::Arc;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use domain::clock::WallTime;
use domain::sync::{Batch, Left, RelayedStanding, SyncRequest, SyncResponse, open, seal};

use super::Relay;
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
        let Some(batch) = kept.batch else {
            set_aside(relay, n, "damaged").await?;
            continue;
        };
        let (actor, first) = (batch.actor, batch.first);
        match hand_on(relay, batch).await? {
            Ok(RelayedStanding::Acked { head, .. }) if head >= kept.last => {
                relay.on_spool(move |spool| Ok(spool.drop_batch(n)?)).await?;
                tracing::info!(%actor, first, last = kept.last, "passed on");
                taken = true;
            }
            // What comes before it may be on its way by another relay.
            Ok(RelayedStanding::Acked { .. } | RelayedStanding::Missing { .. }) => {}
            Ok(RelayedStanding::Forked { .. }) => set_aside(relay, n, "forked").await?,
            Ok(RelayedStanding::Refused { code }) | Err(code) => set_aside(relay, n, &code).await?,
        }
    }
    if taken {
        relay.on_spool(|spool| Ok(spool.retry_photos()?)).await?;
    }
    Ok(())
}

async fn set_aside(relay: &Arc<Relay>, n: i64, code: &str) -> Result<(), Stopped> {
    tracing::warn!(n, code, "a batch was refused for good and set aside; see 'sync-server relay status'");
    let (code, now_ms) = (code.to_owned(), relay.now_ms());
    Ok(relay.on_spool(move |spool| Ok(spool.set_batch_aside(n, &code, now_ms)?)).await?)
}

/// One batch in a request of its own. The inner error is the code with which the request was refused because of it.
async fn hand_on(relay: &Arc<Relay>, batch: Batch) -> Result<Result<RelayedStanding, String>, Stopped> {
    let left = relay.on_spool(|spool| Ok(spool.waiting()?)).await?;
    let count = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    let request = SyncRequest {
        actor: relay.credential.actor,
        install: relay.credential.install,
        epoch: None,
        head: 0,
        acked: None,
        push: vec![batch],
        pull: None,
        page_bytes: 0,
        left: Left { records: count(left.changes), photos: count(left.photos), photo_bytes: left.photo_bytes },
        keeps_own: false,
        forms: 0,
        user: 0,
        now: WallTime { unix_ms: relay.now_ms(), ..WallTime::default() },
    };
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
