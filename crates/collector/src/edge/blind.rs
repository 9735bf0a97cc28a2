//! Requests that come sealed, through a relay: what is inside is answered as if it had come openly,
//! and the answer is sealed for whoever it was.

use envelope::oblivious::{
    ANSWER_MEDIA_TYPE, GatewayError, KEYS_MEDIA_TYPE, REQUEST_MEDIA_TYPE, Request as Inner,
    Response as InnerAnswer, limits::CAPSULE_BYTES_MAX,
};
use http_body_util::BodyExt as _;
use hyper::body::{Bytes, Incoming};
use hyper::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Request, StatusCode};

use super::handler::{self, Answer, Shared, not_found, with_type};
use super::random;
use crate::intake;
use crate::limits::{ANSWER_BYTES_MAX, BODY_BYTES_MAX};
use crate::problem::{Reason, Refused};
use crate::route::{self, NoRoute, Route};

/// Opens a capsule, has what is inside answered, and seals the answer.
pub(super) async fn capsule(
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Answer, Refused> {
    let live = shared.gateway.live();
    if live.list.is_empty() {
        return Err(not_found());
    }
    let kind = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    if !kind.eq_ignore_ascii_case(REQUEST_MEDIA_TYPE.as_bytes()) {
        let detail = "Send a sealed request with Content-Type: message/ohttp-req.";
        return Err(Refused::new(Reason::MediaType, detail));
    }
    let bytes = handler::read(request.into_body(), CAPSULE_BYTES_MAX, shared).await?;
    let opened = live.keys.open(&bytes, shared.clock.today());
    let (inner, responder) = opened.map_err(|error| unopened(&error))?;
    let answer = match Box::pin(heard(inner, shared)).await {
        Ok(answer) => answer,
        Err(refused) => handler::refuse(&refused, shared),
    };
    let mut answer = within(answer).await;
    if answer.body.len() > ANSWER_BYTES_MAX {
        // Only a list of what is held grows so long.
        let detail = "The list is longer than a sealed answer can be. Show fewer keys at once.";
        let refused = Refused::new(Reason::TooLarge, detail);
        answer = within(handler::refuse(&refused, shared)).await;
    }
    let sealed = responder.seal(&answer, &mut random::system());
    let sealed = sealed.map_err(|_| handler::internal())?;
    Ok(with_type(StatusCode::OK, ANSWER_MEDIA_TYPE, sealed))
}

/// What senders seal to, as RFC 9458 has it.
pub(super) fn keys(shared: &Shared) -> Result<Answer, Refused> {
    told(shared.gateway.live().list.clone(), KEYS_MEDIA_TYPE)
}

/// The same, signed for each program.
pub(super) fn signed_keys(shared: &Shared) -> Result<Answer, Refused> {
    told(shared.gateway.live().signed.clone(), "application/json")
}

fn told(bytes: Bytes, media_type: &'static str) -> Result<Answer, Refused> {
    if bytes.is_empty() {
        return Err(not_found());
    }
    let mut answer = with_type(StatusCode::OK, media_type, bytes);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("max-age=600"));
    Ok(answer)
}

/// Everything that can be said openly can be said sealed.
async fn heard(inner: Inner, shared: &Shared) -> Result<Answer, Refused> {
    let headers = headers(&inner)?;
    // A collector may stand below a path of its host, which a proxy takes away from what comes
    // openly; in a capsule it is still there.
    let below = inner.path.find("/v1/").and_then(|at| inner.path.get(at..));
    match route::route(&inner.method, below.unwrap_or(&inner.path)) {
        Ok(Route::Part(program, channel)) => {
            let catalogue = shared.catalogue();
            if catalogue.channel(program.as_str(), channel.as_str()).is_none() {
                return Err(intake::unknown_channel());
            }
            let coding = handler::form(&headers)?;
            if inner.body.len() > BODY_BYTES_MAX {
                let detail = format!("A body has at most {BODY_BYTES_MAX} bytes here.");
                return Err(Refused::new(Reason::TooLarge, detail));
            }
            handler::accept((&program, &channel), coding, inner.body, shared).await
        }
        Ok(Route::Held(program, channel)) => {
            handler::held(handler::address(program, channel, &headers, shared)?, shared).await
        }
        Ok(Route::Delete(program, channel)) => {
            handler::delete(handler::address(program, channel, &headers, shared)?, shared).await
        }
        Ok(_) | Err(NoRoute::Path) => Err(not_found()),
        Err(NoRoute::Method(allowed)) => {
            Err(Refused::new(Reason::Method, format!("This path takes {allowed}.")))
        }
    }
}

fn headers(inner: &Inner) -> Result<HeaderMap, Refused> {
    let mut headers = HeaderMap::new();
    for (name, value) in &inner.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) else {
            return Err(Refused::new(Reason::Head, "A header inside has no form that HTTP knows."));
        };
        headers.append(name, value);
    }
    Ok(headers)
}

async fn within(answer: Answer) -> InnerAnswer {
    let (head, body) = answer.into_parts();
    // A body that is here already cannot fail to come.
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let headers = head.headers.iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    InnerAnswer { status: head.status.as_u16(), headers: headers.collect(), body }
}

fn unopened(error: &GatewayError) -> Refused {
    if error.asks_for_new_keys() {
        let detail = "Fetch the keys anew, and seal it again.";
        return Refused::new(Reason::CapsuleKey, detail);
    }
    let detail = match error {
        GatewayError::Length => "The sealed request is cut off, or longer than one can be.",
        _ => "What is sealed is no HTTP request (RFC 9292).",
    };
    Refused::new(Reason::Capsule, detail)
}
