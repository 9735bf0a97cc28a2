//! One connection: one request within its times and sizes, one answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderName, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use super::Answer;
use crate::page::limits::{
    BODY_BYTES_MAX, BODY_SECONDS_MAX, CONNECTION_SECONDS_MAX, HEAD_BYTES_MAX, HEAD_SECONDS_MAX,
};
use crate::page::{self, Way};

/// Answers one request. A connection carries no second one, so that a proxy in front and we cannot
/// disagree about where one ends.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    way: Way,
    answer: Answer,
) {
    let service = service_fn(move |request| {
        let answer = Arc::clone(&answer);
        async move { Ok::<_, Infallible>(handle(request, way, answer).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(HEAD_SECONDS_MAX))
        .max_buf_size(HEAD_BYTES_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    let time = Duration::from_secs(CONNECTION_SECONDS_MAX);
    // Errors are of the peer's making; there is nobody to tell.
    let _ = tokio::time::timeout(time, connection).await;
}

async fn handle(
    request: hyper::Request<Incoming>,
    way: Way,
    answer: Answer,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let time = Duration::from_secs(BODY_SECONDS_MAX);
    let body = match tokio::time::timeout(time, Limited::new(body, BODY_BYTES_MAX).collect()).await
    {
        Ok(Ok(body)) => body.to_bytes().to_vec(),
        Ok(Err(_)) => return plain(StatusCode::PAYLOAD_TOO_LARGE),
        Err(_) => return plain(StatusCode::REQUEST_TIMEOUT),
    };
    let headers = head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let request = page::Request {
        way,
        method: head.method.as_str().to_owned(),
        path: head.uri.path().to_owned(),
        query: head.uri.query().unwrap_or_default().to_owned(),
        headers: headers.collect(),
        body,
    };
    match tokio::task::spawn_blocking(move || answer(&request)).await {
        Ok(response) => convert(response),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

fn convert(response: page::Response) -> Response<Full<Bytes>> {
    let mut converted = Response::new(Full::from(response.body));
    *converted.status_mut() =
        StatusCode::from_u16(response.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    for (name, value) in response.headers {
        // A value that is no header would split the answer: it is left out.
        if let Ok(value) = HeaderValue::from_str(&value) {
            converted.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    converted
}

fn plain(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::from(Bytes::new()));
    *response.status_mut() = status;
    response
}
