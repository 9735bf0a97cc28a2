//! One connection: what arrives on it, within its times. The peer's address is not among it.

use std::convert::Infallible;
use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::body::Incoming;
use hyper::header::HOST;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Version};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
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

/// Reads the first head, for as long as it may take: hyper would set aside 16 KiB for its first
/// bytes. `None` where it does not come.
pub(super) async fn begun<S: AsyncRead + Unpin>(
    mut stream: S,
    (shared, mut stop): (&Shared, watch::Receiver<bool>),
) -> Option<Begun<S>> {
    let mut head = Vec::new();
    let read = poll_fn(|context| {
        loop {
            // Here and not in the connection's task, which waits without it.
            let mut piece = [0; 4_096];
            let mut piece = ReadBuf::new(&mut piece);
            ready!(Pin::new(&mut stream).poll_read(context, &mut piece))?;
            let before = head.len();
            head.extend_from_slice(piece.filled());
            // What ends early or is too long is hyper's to answer.
            if head.len() == before || head.len() >= HEAD_BYTES_MAX || ends(&head, before) {
                return Poll::Ready(io::Result::Ok(()));
            }
        }
    });
    let is_read = tokio::select! {
        biased;
        read = tokio::time::timeout(shared.times.head, read) => matches!(read, Ok(Ok(()))),
        _ = stop.wait_for(|stop| *stop) => false,
    };
    (is_read && !head.is_empty()).then_some(Begun { head, stream })
}

/// Whether a line without anything in it ends a head, in what came after the first `seen` bytes.
fn ends(head: &[u8], seen: usize) -> bool {
    let new = head.get(seen.saturating_sub(2)..).unwrap_or_default();
    new.windows(2).any(|two| two == b"\n\n") || new.windows(3).any(|three| three == b"\n\r\n")
}

/// A stream of which some was read, to be read as if it had not been.
pub(super) struct Begun<S> {
    head: Vec<u8>,
    stream: S,
}

impl<S: AsyncRead + Unpin> AsyncRead for Begun<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.head.is_empty() {
            return Pin::new(&mut self.stream).poll_read(context, buffer);
        }
        let fits = self.head.len().min(buffer.remaining());
        let rest = self.head.split_off(fits);
        buffer.put_slice(&std::mem::replace(&mut self.head, rest));
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Begun<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, pieces)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

/// What is told to whoever names none or two.
pub(super) const ONE_HOST: &str = "A request has one Host header.";

/// Whether a request names one host, as RFC 9112 (3.2) asks: of two, somebody before this server
/// may have believed the other one.
pub(super) fn names_one_host(request: &Request<Incoming>) -> bool {
    match request.headers().get_all(HOST).iter().count() {
        0 => request.version() == Version::HTTP_10,
        hosts => hosts == 1,
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
