//! One connection: what arrives on it, within its times. The peer's address is not among it.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::handler::{self, Hall};
use crate::crowd::Guest;
use crate::limits::{CONNECTION_TIMEOUT, HEAD_BYTES_MAX, HEAD_FIELDS_MAX, SHUTDOWN_TIMEOUT};

/// Waits for the first byte, for as long as a head may take. Says whether it came.
pub(super) async fn speaks(
    stream: &TcpStream,
    (hall, mut stop): (&Hall, watch::Receiver<bool>),
) -> bool {
    let mut first = [0];
    tokio::select! {
        // What has come before the relay stops is answered.
        biased;
        // It stays where it is for whoever reads next.
        peeked = tokio::time::timeout(hall.head_timeout, stream.peek(&mut first)) => {
            matches!(peeked, Ok(Ok(1)))
        }
        _ = stop.wait_for(|stop| *stop) => false,
    }
}

/// Answers requests until the peer goes, a time is over, or the relay stops; a request in flight is
/// finished first.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    hall: Arc<Hall>,
    guest: Guest,
    mut stop: watch::Receiver<bool>,
) {
    let head_timeout = hall.head_timeout;
    let guest = Arc::new(guest);
    let service = service_fn(move |request| {
        let (hall, guest) = (Arc::clone(&hall), Arc::clone(&guest));
        async move { Ok::<_, Infallible>(handler::answer(request, &hall, &guest).await) }
    });
    // The head's time also runs while a kept connection waits for its next request.
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_timeout)
        .max_buf_size(HEAD_BYTES_MAX)
        .max_headers(HEAD_FIELDS_MAX)
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
