//! Connections: so many at once, none that keeps silent for ever, none cut off in the middle of a request at the end.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::limits::{CONNECTIONS_MAX, HEAD_TIMEOUT, PIECE_TIMEOUT, REQUEST_TIMEOUT, SHUTDOWN_GRACE, SILENCE_TIMEOUT};

/// How long to wait for a client.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For the head of a request, and between two requests.
    pub head: Duration,
    /// For any call but a photo's, its body included.
    pub request: Duration,
    /// For the next bytes of a photo.
    pub silence: Duration,
    /// For one piece of a photo.
    pub piece: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self { head: HEAD_TIMEOUT, request: REQUEST_TIMEOUT, silence: SILENCE_TIMEOUT, piece: PIECE_TIMEOUT }
    }
}

/// How long to wait after an accept failed, as when no more files may be open.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Accepts connections until `shutdown` is done, then waits a while for the requests under way.
///
/// # Errors
/// None for now: what fails is one connection, or passes.
pub(super) async fn listen(
    listener: TcpListener,
    app: Router,
    patience: Patience,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let (stop, stopped) = watch::channel(false);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            () = &mut shutdown => break,
        };
        match accepted {
            Ok((stream, from, place)) => {
                tokio::spawn(converse(stream, from, app.clone(), patience, stopped.clone(), place));
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_AGAIN_AFTER).await;
            }
        }
    }
    drop(listener);
    stop.send_replace(true);
    let everybody = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    if tokio::time::timeout(SHUTDOWN_GRACE, places.acquire_many(everybody)).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = places.clone().acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, from) = listener.accept().await?;
    Ok((stream, from, place))
}

/// Serves one connection to its end; after a stop, to the end of its present request.
async fn converse(
    stream: TcpStream,
    from: SocketAddr,
    app: Router,
    patience: Patience,
    mut stopped: watch::Receiver<bool>,
    _place: OwnedSemaphorePermit,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(ConnectInfo(from));
        app.call(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience.head);
    let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = asked_to_stop(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

async fn asked_to_stop(stopped: &mut watch::Receiver<bool>) {
    // An error means that the listener itself is gone, which is a stop as well.
    let _gone = stopped.wait_for(|stop| *stop).await.is_err();
}
