//! A connection to a gateway: its socket, its TLS, its HTTP.

use std::io;

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

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

/// Sends requests over one connection, one after the other.
pub(super) type Line = SendRequest<Full<Bytes>>;

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
    let (line, connection) =
        builder.handshake(TokioIo::new(stream)).await.map_err(DialError::Http)?;
    // It ends with the line, or when the gateway closes; whoever sends then is told.
    tokio::spawn(connection);
    Ok(line)
}
