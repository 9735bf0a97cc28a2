//! One connection: what arrives on it, within its times. The peer's address is not among it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::crowd::Guest;
use super::handler::{self, Shared};
use crate::limits::{CONNECTION_TIMEOUT, HEAD_BYTES_MAX, SHUTDOWN_TIMEOUT};

/// Answers requests until the peer goes, a time is over, or the server stops; a request in flight
/// is finished first.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (shared, guest): (Arc<Shared>, Guest),
    mut stop: watch::Receiver<bool>,
) {
    let head_timeout = shared.times.head;
    // One for all requests of the connection, which come one after the other.
    let hosts = Arc::new((shared, guest));
    let service = service_fn(move |request| {
        let hosts = Arc::clone(&hosts);
        async move { Ok::<_, Infallible>(handler::answer(request, &hosts.0, &hosts.1).await) }
    });
    // The head's time also runs while a kept connection waits for its next request.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    tokio::select! {
        // Errors are of the peer's making and tell nothing that a metric does not.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
        () = tokio::time::sleep(CONNECTION_TIMEOUT) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await;
}

/// Waits for the first byte, for as long as a head may take. Says whether it came.
pub(super) async fn speaks(
    stream: &TcpStream,
    (shared, mut stop): (&Shared, watch::Receiver<bool>),
) -> bool {
    let mut first = [0];
    tokio::select! {
        // What has come before the server stops is answered.
        biased;
        // It stays where it is for whoever reads next.
        peeked = tokio::time::timeout(shared.times.head, stream.peek(&mut first)) => {
            matches!(peeked, Ok(Ok(1)))
        }
        _ = stop.wait_for(|stop| *stop) => false,
    }
}

/// Times that differ between a rehearsal of slow senders and real ones.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// For a request's head, and for the next one on a kept connection.
    pub head: Duration,
    /// For a body.
    pub body: Duration,
}
