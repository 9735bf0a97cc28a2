//! From a request to its answer.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::Full;
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    AGE, ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY,
    RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{HeaderMap, Request, Response, StatusCode};

use super::body;
use super::exchange::{Exchange, NoReturn};
use super::keys::{Keys, Which};
use crate::crowd::Guest;
use crate::limits::REQUEST_BYTES_MAX;
use crate::metrics::Metrics;
use crate::page;
use crate::pass::{self, Passed};
use crate::problem::Refusal;
use crate::route::{self, NoRoute, Route};

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// What every request needs.
pub(super) struct Hall {
    pub(super) exchanges: Vec<Arc<Exchange>>,
    pub(super) keys: Vec<Arc<Keys>>,
    pub(super) names: Vec<Option<String>>,
    pub(super) page: Bytes,
    pub(super) metrics: Arc<Metrics>,
    pub(super) head_timeout: Duration,
    pub(super) body_timeout: Duration,
}

/// Answers one request.
pub(super) async fn answer(request: Request<Incoming>, hall: &Hall, guest: &Guest) -> Answer {
    let route = route::route(&hall.names, request.method().as_str(), request.uri().path());
    let outcome = match route {
        Ok(route) => respond(route, request, hall, guest).await,
        Err(NoRoute::Path) => Err(Refusal::NotFound),
        Err(NoRoute::Method(_)) => Err(Refusal::Method),
    };
    let mut answer = outcome.unwrap_or_else(|refusal| refuse(refusal, refusal.status(), hall));
    let headers = answer.headers_mut();
    if let Err(NoRoute::Method(allowed)) = route {
        headers.insert(ALLOW, HeaderValue::from_static(allowed));
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

async fn respond(
    route: Route,
    request: Request<Incoming>,
    hall: &Hall,
    guest: &Guest,
) -> Result<Answer, Refusal> {
    match route {
        // Boxed, so that a connection that waits has no room set aside for carrying.
        Route::Carry(place) => Box::pin(carry(place, request, hall, guest)).await,
        Route::Keys(place) => keys(place, Which::Plain, hall),
        Route::SignedKeys(place) => keys(place, Which::Signed, hall),
        Route::Page => {
            let mut answer =
                with_type(StatusCode::OK, "text/html; charset=utf-8", hall.page.clone());
            let policy = HeaderValue::from_static(page::POLICY);
            answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            Ok(answer)
        }
        Route::Health => Ok(health(hall)),
        Route::Metrics => {
            let text = hall.metrics.to_text();
            Ok(with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
        }
    }
}

async fn carry(
    place: usize,
    request: Request<Incoming>,
    hall: &Hall,
    guest: &Guest,
) -> Result<Answer, Refusal> {
    if !guest.may_ask() {
        return Err(Refusal::Crowd);
    }
    let exchange = hall.exchanges.get(place).ok_or(Refusal::NotFound)?;
    if !is_sealed(request.headers()) {
        return Err(Refusal::MediaType);
    }
    let sealed = read(request.into_body(), hall.body_timeout).await?;
    let returned = exchange.carry(sealed).await.map_err(|error| match error {
        NoReturn::Busy => Refusal::Busy,
        NoReturn::Late => Refusal::Late,
        NoReturn::Dial(_) | NoReturn::Broken(_) | NoReturn::Body => Refusal::Gateway,
    })?;
    hall.metrics.carried(place);
    let kind = returned.media_type.as_ref().map(HeaderValue::as_bytes);
    let mut answer = match pass::answer(returned.status, kind, returned.body.len()) {
        Passed::Whole(media_type) => {
            let status = StatusCode::from_u16(returned.status).unwrap_or(StatusCode::BAD_GATEWAY);
            with_type(status, media_type, returned.body)
        }
        Passed::Status => refuse(Refusal::Refused, returned.status, hall),
        Passed::Nothing => return Err(Refusal::Gateway),
    };
    if returned.status >= 400
        && let Some(seconds) = returned.retry_after
    {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    Ok(answer)
}

fn keys(place: usize, which: Which, hall: &Hall) -> Result<Answer, Refusal> {
    let keys = hall.keys.get(place).ok_or(Refusal::NotFound)?;
    let (bytes, age) = keys.copy(which).ok_or(Refusal::NoKeys)?;
    let media_type = match which {
        Which::Plain => pass::KEYS,
        Which::Signed => pass::SIGNED_KEYS,
    };
    let mut answer = with_type(StatusCode::OK, media_type, bytes);
    answer.headers_mut().insert(AGE, age.into());
    Ok(answer)
}

fn health(hall: &Hall) -> Answer {
    let has_keys = hall.keys.iter().all(|keys| keys.copy(Which::Plain).is_some());
    let (status, word) = if has_keys {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, Refusal::NoKeys.word())
    };
    with_type(status, "application/json", format!("{{\"status\":\"{word}\"}}"))
}

fn is_sealed(headers: &HeaderMap) -> bool {
    let mut named = headers.get_all(CONTENT_TYPE).iter();
    let first = named.next().is_some_and(|kind| pass::essence_is(kind.as_bytes(), pass::REQUEST));
    first && named.next().is_none()
}

async fn read(body: Incoming, timeout: Duration) -> Result<Bytes, Refusal> {
    // Told before a byte of it is read.
    if body.size_hint().lower() > REQUEST_BYTES_MAX as u64 {
        return Err(Refusal::TooLarge);
    }
    match tokio::time::timeout(timeout, body::whole(body, REQUEST_BYTES_MAX)).await {
        Ok(Ok(Some(bytes))) if bytes.is_empty() => Err(Refusal::Empty),
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(Refusal::TooLarge),
        Ok(Err(_)) => Err(Refusal::Broken),
        Err(_) => Err(Refusal::Slow),
    }
}

fn refuse(refusal: Refusal, status: u16, hall: &Hall) -> Answer {
    hall.metrics.refused(refusal);
    let code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = with_type(code, pass::PROBLEM, refusal.to_json(status));
    if let Some(seconds) = refusal.retry_after_seconds() {
        answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    answer
}

fn with_type(status: StatusCode, media_type: &'static str, body: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
