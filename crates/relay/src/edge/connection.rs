//! One connection: what arrives on it, within its times. The peer's address is not among it.

use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::sync::Arc;

use hyper::Request;
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::handler::{self, Hall};
use super::resting::{Watch, Watched};
use crate::crowd::Guest;
use crate::limits::{
    CONNECTION_TIMEOUT, HEAD_BYTES_MAX, HEAD_FIELDS_MAX, REST_PARTS, SHUTDOWN_TIMEOUT,
};

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
/// finished first. While nothing happens the connection has no buffers.
pub(super) async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    hall: Arc<Hall>,
    guest: Guest,
    mut stop: watch::Receiver<bool>,
) {
    let head_timeout = hall.head_timeout;
    let (guest, mut first) = (Arc::new(guest), Bytes::new());
    let mut whole = pin!(tokio::time::sleep(CONNECTION_TIMEOUT));
    loop {
        let watch = Arc::<Watch>::default();
        let answer = |request: Request<Incoming>| {
            let (hall, guest, watch) = (Arc::clone(&hall), Arc::clone(&guest), Arc::clone(&watch));
            async move {
                watch.begin();
                let answer = handler::answer(request, &hall, &guest).await;
                watch.end();
                Ok::<_, Infallible>(answer)
            }
        };
        // The head's time also runs while a kept connection waits for its next request.
        let mut connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_timeout)
            .max_buf_size(HEAD_BYTES_MAX)
            .max_headers(HEAD_FIELDS_MAX)
            .serve_connection(
                TokioIo::new(Watched::new(stream, first, Arc::clone(&watch))),
                service_fn(answer),
            );
        let is_at_rest = tokio::select! {
            // Errors are of the peer's making and tell nothing that a metric does not.
            _ = &mut connection => return,
            () = watch.rests(head_timeout / REST_PARTS) => true,
            _ = stop.wait_for(|stop| *stop) => false,
            () = &mut whole => false,
        };
        if !is_at_rest {
            Pin::new(&mut connection).graceful_shutdown();
            let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, connection).await;
            return;
        }
        let parts = connection.into_parts();
        let next = parts.io.into_inner().speaks(parts.read_buf);
        hall.metrics.resting(1);
        let spoke = tokio::select! {
            spoke = tokio::time::timeout(head_timeout, next) => spoke.ok().flatten(),
            _ = stop.wait_for(|stop| *stop) => None,
            () = &mut whole => None,
        };
        hall.metrics.resting(-1);
        let Some(next) = spoke else { return };
        (stream, first) = next;
    }
}
