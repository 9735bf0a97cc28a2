//! A connection on which nothing happens: it gives back the buffers that HTTP keeps for it.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf};

/// What is known of a connection from outside.
#[derive(Debug, Default)]
pub(super) struct Watch {
    /// Something was read or written since somebody last looked.
    stirs: AtomicBool,
    /// What was written has not all left.
    is_full: AtomicBool,
    /// A request is being answered.
    is_answering: AtomicBool,
    /// One was answered.
    has_answered: AtomicBool,
}

impl Watch {
    /// A request came.
    pub(super) fn begin(&self) {
        self.is_answering.store(true, Ordering::Relaxed);
    }

    /// Its answer is ready to be written. Where the request was not read to its end, HTTP closes
    /// the connection after it.
    pub(super) fn end(&self) {
        self.stirs.store(true, Ordering::Relaxed);
        self.has_answered.store(true, Ordering::Relaxed);
        self.is_answering.store(false, Ordering::Relaxed);
    }

    /// Returns when a request was answered, all of the answer has left, and nothing happened since
    /// for this long.
    pub(super) async fn rests(&self, after: Duration) {
        loop {
            tokio::time::sleep(after).await;
            let stirred = self.stirs.swap(false, Ordering::Relaxed);
            let is_busy = [&self.is_full, &self.is_answering];
            let is_busy = is_busy.iter().any(|flag| flag.load(Ordering::Relaxed));
            if !stirred && !is_busy && self.has_answered.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

/// A connection that is watched, and that gives first what was read of it already.
#[derive(Debug)]
pub(super) struct Watched<S> {
    stream: S,
    first: Bytes,
    watch: Arc<Watch>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Watched<S> {
    pub(super) fn new(stream: S, first: Bytes, watch: Arc<Watch>) -> Self {
        Self { stream, first, watch }
    }

    /// Waits for the next byte without a buffer, unless something is read already; `None` where
    /// none comes any more.
    pub(super) async fn speaks(mut self, read: Bytes) -> Option<(S, Bytes)> {
        if !read.is_empty() {
            return Some((self.stream, read));
        }
        let next = self.stream.read_u8().await.ok()?;
        Some((self.stream, Bytes::copy_from_slice(&[next])))
    }

    fn wrote(&self, outcome: &Poll<io::Result<usize>>) {
        self.watch.stirs.store(true, Ordering::Relaxed);
        self.watch.is_full.store(outcome.is_pending(), Ordering::Relaxed);
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.first.is_empty() {
            let length = self.first.len().min(buffer.remaining());
            buffer.put_slice(&self.first.split_to(length));
            return Poll::Ready(Ok(()));
        }
        let read = Pin::new(&mut self.stream).poll_read(context, buffer);
        if read.is_ready() {
            self.watch.stirs.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.wrote(&wrote);
        wrote
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let wrote = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.wrote(&wrote);
        wrote
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(context);
        self.watch.is_full.store(flushed.is_pending(), Ordering::Relaxed);
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
