//! One gateway: connections that are used again, and an answer or the reason why there is none.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Method, Request, Response};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_rustls::TlsConnector;

use super::body;
use super::dial::{self, DialError, Line};
use crate::failure::with_causes;
use crate::gateway::Gateway;
use crate::limits::{
    ANSWER_BYTES_MAX, EXCHANGE_WAIT, EXCHANGES_MAX, IDLE_GATEWAY_CONNECTIONS_MAX, IDLE_GATEWAY_TIME,
};
use crate::metrics::Metrics;
use crate::pass;

/// A gateway and the connections to it.
pub(super) struct Exchange {
    gateway: Gateway,
    place: usize,
    host: HeaderValue,
    tls: TlsConnector,
    idle: Mutex<Vec<Idle>>,
    slots: Semaphore,
    timeout: Duration,
    metrics: Arc<Metrics>,
}

/// What came back, bounded, with the few headers that anybody here looks at.
pub(super) struct Returned {
    pub(super) status: u16,
    pub(super) media_type: Option<HeaderValue>,
    pub(super) retry_after: Option<u32>,
    pub(super) body: Bytes,
}

/// Why nothing came back.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoReturn {
    /// Too many wait already.
    #[error("too many requests wait for the gateway")]
    Busy,
    /// It took too long.
    #[error("the gateway did not answer in time")]
    Late,
    /// It was not connected to.
    #[error("the gateway cannot be reached")]
    Dial(#[source] DialError),
    /// The connection ended without an answer.
    #[error("the gateway closed the connection")]
    Broken(#[source] hyper::Error),
    /// The answer ended early, or is too large.
    #[error("the gateway's answer ended early or is too large")]
    Body,
}

struct Idle {
    line: Line,
    until: Instant,
}

impl Exchange {
    pub(super) fn new(
        gateway: Gateway,
        place: usize,
        tls: TlsConnector,
        timeout: Duration,
        metrics: Arc<Metrics>,
    ) -> Result<Self, hyper::header::InvalidHeaderValue> {
        let host = HeaderValue::try_from(gateway.authority())?;
        let (idle, slots) = (Mutex::default(), Semaphore::new(EXCHANGES_MAX));
        Ok(Self { gateway, place, host, tls, idle, slots, timeout, metrics })
    }

    /// Carries one sealed request and brings its answer.
    pub(super) async fn carry(&self, sealed: Bytes) -> Result<Returned, NoReturn> {
        let slot = tokio::time::timeout(EXCHANGE_WAIT, self.slots.acquire()).await;
        let Ok(Ok(_slot)) = slot else { return Err(NoReturn::Busy) };
        let request = Sent { method: Method::POST, path: &self.gateway.path, body: sealed };
        self.within_time(request).await
    }

    /// Fetches one of the gateway's documents.
    pub(super) async fn fetch(&self, path: &str) -> Result<Returned, NoReturn> {
        self.within_time(Sent { method: Method::GET, path, body: Bytes::new() }).await
    }

    async fn within_time(&self, sent: Sent<'_>) -> Result<Returned, NoReturn> {
        let outcome = tokio::time::timeout(self.timeout, self.ask(&sent)).await;
        let outcome = outcome.unwrap_or(Err(NoReturn::Late));
        let is_reached = matches!(outcome, Ok(_) | Err(NoReturn::Busy));
        if self.metrics.reached(self.place, is_reached) {
            let gateway = self.gateway.label();
            if let Err(error) = &outcome {
                tracing::warn!(gateway, error = with_causes(error), "not reached");
            } else {
                tracing::info!(gateway, "reached again");
            }
        }
        outcome
    }

    /// A connection that was used before may be closing just now: what fails on one is asked once
    /// more on a new one. A gateway that got both copies finds the second changes nothing.
    async fn ask(&self, sent: &Sent<'_>) -> Result<Returned, NoReturn> {
        if let Some(mut line) = self.idle_line().await
            && let Ok(response) = line.send_request(self.request(sent)).await
        {
            return self.read(response, line).await;
        }
        self.metrics.dialled(self.place);
        let mut line = dial::dial(&self.gateway, &self.tls).await.map_err(NoReturn::Dial)?;
        let response = line.send_request(self.request(sent)).await.map_err(NoReturn::Broken)?;
        self.read(response, line).await
    }

    async fn read(&self, response: Response<Incoming>, line: Line) -> Result<Returned, NoReturn> {
        let (head, body) = response.into_parts();
        let body = body::whole(body, ANSWER_BYTES_MAX).await.ok().flatten();
        let body = body.ok_or(NoReturn::Body)?;
        self.keep(line);
        let retry_after = head.headers.get(RETRY_AFTER).map(HeaderValue::as_bytes);
        Ok(Returned {
            status: head.status.as_u16(),
            media_type: only(&head.headers),
            retry_after: pass::retry_after(retry_after),
            body,
        })
    }

    /// The youngest idle connection: the others may age and be closed.
    async fn idle_line(&self) -> Option<Line> {
        loop {
            let youngest = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let Idle { mut line, until } = youngest;
            if until > Instant::now() && line.ready().await.is_ok() {
                return Some(line);
            }
        }
    }

    fn keep(&self, line: Line) {
        let until = Instant::now() + IDLE_GATEWAY_TIME;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < IDLE_GATEWAY_CONNECTIONS_MAX && !line.is_closed() {
            idle.push(Idle { line, until });
        }
    }

    /// Closes what has been idle too long.
    pub(super) fn sweep(&self) {
        let now = Instant::now();
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.retain(|idle| idle.until > now && !idle.line.is_closed());
    }

    /// Everything that a gateway is ever sent: method, path, its own name, a media type, the bytes.
    fn request(&self, sent: &Sent<'_>) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(sent.body.clone()));
        *request.method_mut() = sent.method.clone();
        // Paths were checked when the gateway's address was read.
        *request.uri_mut() = sent.path.parse().unwrap_or_default();
        request.headers_mut().insert(HOST, self.host.clone());
        if sent.method == Method::POST {
            let sealed = HeaderValue::from_static(pass::REQUEST);
            request.headers_mut().insert(CONTENT_TYPE, sealed);
        }
        request
    }

    pub(super) fn gateway(&self) -> &Gateway {
        &self.gateway
    }
}

struct Sent<'a> {
    method: Method,
    path: &'a str,
    body: Bytes,
}

/// The media type, if it is named once.
fn only(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut named = headers.get_all(CONTENT_TYPE).iter();
    let first = named.next().cloned();
    first.filter(|_| named.next().is_none())
}
