//! A connection to a gateway: its socket, its TLS, its HTTP.

use std::future::poll_fn;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::body;
use crate::gateway::Gateway;
use crate::limits::{ANSWER_BYTES_MAX, CONNECT_TIMEOUT, HEAD_FIELDS_MAX};

/// Why a gateway was not connected to.
#[derive(Debug, thiserror::Error)]
pub(super) enum DialError {
    /// It took too long.
    #[error("it did not answer within {} s", CONNECT_TIMEOUT.as_secs())]
    Late,
    /// No connection came about.
    #[error("no connection")]
    Connect(#[source] io::Error),
    /// It could not prove who it is.
    #[error("no TLS")]
    Tls(#[source] io::Error),
    /// Its name is none.
    #[error("its name is no host name")]
    Name,
    /// It does not speak HTTP.
    #[error("no HTTP")]
    Http(#[source] hyper::Error),
}

/// A connection, for one request after the other.
///
/// It has no task of its own: whoever asks moves it, and a request waits for no other thread.
/// Between two requests nobody does; what the gateway did meanwhile shows when it is used again.
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    moving: Moving,
}

/// What moves bytes between socket and requests; gone once the connection has ended.
type Moving = Option<Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>>;

impl Line {
    /// Whether another request can be sent.
    pub(super) async fn is_ready(&mut self) -> bool {
        let ready = poll_fn(|context| {
            step(&mut self.moving, context);
            self.sender.poll_ready(context)
        });
        ready.await.is_ok()
    }

    /// Sends a request and waits for the head of its answer.
    pub(super) async fn ask(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Incoming>, hyper::Error> {
        let answer = self.sender.send_request(request);
        meanwhile(&mut self.moving, answer).await
    }

    /// An answer's body, if it is whole and within its bound.
    pub(super) async fn read(&mut self, body: Incoming) -> Option<Bytes> {
        meanwhile(&mut self.moving, body::whole(body, ANSWER_BYTES_MAX)).await.ok().flatten()
    }

    /// Whether it has ended, as far as anybody has seen.
    pub(super) fn is_closed(&self) -> bool {
        self.moving.is_none() || self.sender.is_closed()
    }
}

/// Waits for what the connection brings, and moves it meanwhile.
async fn meanwhile<T>(moving: &mut Moving, wanted: impl Future<Output = T>) -> T {
    let mut wanted = pin!(wanted);
    poll_fn(|context| {
        // What is wanted is told first, then moved, then looked for. A connection that ended is
        // dropped, and whoever waits for it is told.
        if let Poll::Ready(found) = wanted.as_mut().poll(context) {
            return Poll::Ready(found);
        }
        step(moving, context);
        wanted.as_mut().poll(context)
    })
    .await
}

fn step(moving: &mut Moving, context: &mut Context<'_>) {
    if moving.as_mut().is_some_and(|moving| moving.as_mut().poll(context).is_ready()) {
        *moving = None;
    }
}

pub(super) async fn dial(gateway: &Gateway, tls: &TlsConnector) -> Result<Line, DialError> {
    match tokio::time::timeout(CONNECT_TIMEOUT, connect(gateway, tls)).await {
        Ok(line) => line,
        Err(_) => Err(DialError::Late),
    }
}

async fn connect(gateway: &Gateway, tls: &TlsConnector) -> Result<Line, DialError> {
    let address = (gateway.host.as_str(), gateway.port);
    let stream = TcpStream::connect(address).await.map_err(DialError::Connect)?;
    let _ = stream.set_nodelay(true);
    if !gateway.tls {
        return speak(stream).await;
    }
    let name = ServerName::try_from(gateway.host.clone()).map_err(|_| DialError::Name)?;
    speak(tls.connect(name, stream).await.map_err(DialError::Tls)?).await
}

async fn speak(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
) -> Result<Line, DialError> {
    let mut builder = http1::Builder::new();
    builder.max_buf_size(ANSWER_BYTES_MAX).max_headers(HEAD_FIELDS_MAX);
    let (sender, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(DialError::Http)?;
    Ok(Line { sender, moving: Some(Box::pin(connection)) })
}
