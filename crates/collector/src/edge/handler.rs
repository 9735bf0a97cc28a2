//! From a request to its answer.

use std::sync::{Arc, PoisonError, RwLock};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Bytes, Incoming};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE,
    ETAG, HeaderValue, IF_NONE_MATCH, LOCATION, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE,
};
use hyper::{HeaderMap, Request, Response, StatusCode};
use serde_json::json;

use super::blind;
use super::clock::Clock;
use super::connection::{ONE_HOST, Times, names_one_host};
use super::crowd::{Guest, Turnstile};
use super::gateway::Gateway;
use super::health;
use super::publication::LiveSite;
use super::writer::{self, Address, Job, Writer};
use crate::body::{self, Coding, UnpackError};
use crate::catalogue::Catalogue;
use crate::intake;
use crate::keep::Look;
use crate::limits::{BODY_BYTES_MAX, RETRY_DELETION_SECONDS};
use crate::metrics::Metrics;
use crate::pages::Lookup;
use crate::problem::{self, Reason, Refused};
use crate::route::{self, NoRoute, Route};
use crate::signers::Signers;
use crate::store;
use contract::id::{ChannelId, ProgramId};

/// How long a frozen release may be kept by whoever has it: a year, and without asking again.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// An answer.
pub(super) type Answer = Response<Full<Bytes>>;

/// What every request needs.
pub(super) struct Shared {
    pub(super) catalogue: RwLock<Arc<Catalogue>>,
    pub(super) signers: RwLock<Arc<Signers>>,
    pub(super) writer: Writer,
    /// What is held, beside the writer.
    pub(super) look: Arc<dyn Look>,
    pub(super) metrics: Arc<Metrics>,
    pub(super) clock: Clock,
    pub(super) times: Times,
    pub(super) site: LiveSite,
    pub(super) gateway: Gateway,
    pub(super) turnstile: Turnstile,
    /// From which hour of the day (UTC) on deletions are taken out of the files; `None` takes each
    /// out at once, as only a rehearsal may.
    pub(super) deletion_hour: Option<u8>,
}

impl Shared {
    pub(super) fn catalogue(&self) -> Arc<Catalogue> {
        Arc::clone(&self.catalogue.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn signers(&self) -> Arc<Signers> {
        Arc::clone(&self.signers.read().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Answers one request.
pub(super) async fn answer(request: Request<Incoming>, shared: &Shared, guest: &Guest) -> Answer {
    // What follows a body in pieces is not read: whoever sits before this server may have taken it
    // for a part of the body, and somebody's second request hides in it.
    let is_last = request.headers().contains_key(TRANSFER_ENCODING);
    let mut answer = match route::route(request.method().as_str(), request.uri().path()) {
        _ if !names_one_host(&request) => refuse(&Refused::new(Reason::Head, ONE_HOST), shared),
        Ok(route) if is_counted(&route) && !guest.may_ask() => {
            refuse(&intake::too_many(Reason::Network), shared)
        }
        // It counts parts exactly, and at once: with it anybody could take a release's noise away.
        Ok(Route::Metrics) if !guest.is_local() => refuse(&not_found(), shared),
        // Boxed, so that a connection that waits has no room set aside for answering.
        Ok(route) => match Box::pin(respond(route, request, shared)).await {
            Ok(answer) => answer,
            Err(refused) => refuse(&refused, shared),
        },
        Err(NoRoute::Path) => refuse(&not_found(), shared),
        Err(NoRoute::Method(allowed)) => {
            let detail = format!("This path takes {allowed}.");
            let mut answer = refuse(&Refused::new(Reason::Method, detail), shared);
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            answer
        }
    };
    let headers = answer.headers_mut();
    if is_last {
        headers.insert(CONNECTION, HeaderValue::from_static("close"));
    }
    headers.insert("x-content-type-options", HeaderValue::from_static("nosniff"));
    headers.insert("referrer-policy", HeaderValue::from_static("no-referrer"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    answer
}

/// What one network may do only so often. A relay is one network and speaks for many: sealed
/// requests are counted together. Whoever watches the server may look as often as they like.
fn is_counted(route: &Route) -> bool {
    matches!(route, Route::Part(..) | Route::Held(..) | Route::Delete(..) | Route::Page(_))
}

async fn respond(
    route: Route,
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Answer, Refused> {
    match route {
        Route::Part(program, channel) => part((&program, &channel), request, shared).await,
        Route::Held(program, channel) => {
            let address = address(program, channel, request.headers(), shared)?;
            held(address, shared).await
        }
        Route::Delete(program, channel) => {
            let address = address(program, channel, request.headers(), shared)?;
            delete(address, shared).await
        }
        Route::Manifest(program) => {
            let catalogue = shared.catalogue();
            let served = catalogue.program(program.as_str()).ok_or_else(not_found)?;
            Ok(with_type(StatusCode::OK, "application/json", served.canonical.clone()))
        }
        Route::Capsule if !shared.turnstile.may_pass() => Err(intake::too_many(Reason::Sealed)),
        Route::Capsule => blind::capsule(request, shared).await,
        Route::CapsuleKeys => blind::keys(shared),
        Route::SignedCapsuleKeys => blind::signed_keys(shared),
        Route::Health => Ok(health::answer(shared).await),
        Route::Metrics => {
            let text = shared.metrics.to_text(&health::now(shared));
            Ok(with_type(StatusCode::OK, "text/plain; version=0.0.4; charset=utf-8", text))
        }
        Route::Page(path) => page(&path, request.headers(), shared).await,
    }
}

async fn part(
    channel: (&ProgramId, &ChannelId),
    request: Request<Incoming>,
    shared: &Shared,
) -> Result<Answer, Refused> {
    let catalogue = shared.catalogue();
    if catalogue.channel(channel.0.as_str(), channel.1.as_str()).is_none() {
        return Err(intake::unknown_channel());
    }
    let coding = form(request.headers())?;
    let bytes = read(request.into_body(), BODY_BYTES_MAX, shared).await?;
    accept(channel, coding, bytes, shared).await
}

/// Takes the bytes of a part, however they came.
pub(super) async fn accept(
    channel: (&ProgramId, &ChannelId),
    coding: Coding,
    bytes: Vec<u8>,
    shared: &Shared,
) -> Result<Answer, Refused> {
    let catalogue = shared.catalogue();
    let bytes = body::unpack(bytes, coding).map_err(|error| match error {
        UnpackError::TooLarge => Refused::new(Reason::TooLarge, error.sentence()),
        UnpackError::Broken => Refused::new(Reason::Packing, error.sentence()),
    })?;
    let arrival = intake::check(&bytes, channel, &catalogue, shared.clock.today())?;
    let outcome = shared.writer.part(arrival).await.ok_or_else(intake::busy)?;
    let (receipt, is_new) = intake::answer(outcome)?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(with_type(status, "application/json", receipt))
}

pub(super) async fn held(address: Address, shared: &Shared) -> Result<Answer, Refused> {
    let place = (address.program.clone(), address.channel.clone());
    let held = shared.writer.ask(|answer| Job::Held(address, answer)).await;
    let held = held.ok_or_else(internal)?.map_err(intake::unavailable)?;
    // Closed periods take reading: the writer goes on meanwhile.
    let look = Arc::clone(&shared.look);
    let read = move || {
        let closed = look.held((&place.0, &place.1), &held)?;
        Ok([held.parts, closed].concat())
    };
    let held = tokio::task::spawn_blocking(read).await.map_err(|_| internal())?;
    let held = held.map_err(|error| intake::unavailable(writer::report(&error)))?;
    let parts: Vec<_> = held
        .iter()
        .map(|held| {
            json!({
                "bytes": String::from_utf8_lossy(&held.bytes),
                "forget_by": held.forget_by.to_string(),
                "part": held.part.as_str(),
                "period": held.period.to_string(),
                "tag": held.tag.to_string(),
            })
        })
        .collect();
    let body = serde_json::to_vec(&json!({"parts": parts})).unwrap_or_default();
    Ok(with_type(StatusCode::OK, "application/json", body))
}

pub(super) async fn delete(address: Address, shared: &Shared) -> Result<Answer, Refused> {
    let (program, channel) = (address.program.clone(), address.channel.clone());
    let catalogue = shared.catalogue();
    let served = catalogue
        .channel(program.as_str(), channel.as_str())
        .ok_or_else(intake::unknown_channel)?;
    let again = Address { tags: address.tags.clone(), ..copy(&program, &channel) };
    let deleted = shared.writer.ask(|answer| Job::Delete(address, answer)).await;
    let mut deleted = deleted.ok_or_else(internal)?.map_err(intake::unavailable)?;
    if deleted == store::Answer::Pending && shared.deletion_hour.is_none() {
        // A rehearsal without an hour: the batch of one.
        shared.writer.tell(Job::Settle(shared.catalogue(), false)).await;
        let settled = shared.writer.ask(|answer| Job::Delete(again, answer)).await;
        deleted = settled.ok_or_else(internal)?.map_err(intake::unavailable)?;
    }
    let store::Answer::Done(deleted) = deleted else {
        let body = json!({"tombstones": []}).to_string();
        let mut answer = with_type(StatusCode::ACCEPTED, "application/json", body);
        answer.headers_mut().insert(RETRY_AFTER, RETRY_DELETION_SECONDS.into());
        return Ok(answer);
    };
    let (signers, today) = (shared.signers(), shared.clock.today());
    let mut tombstones = Vec::with_capacity(deleted.len());
    for deleted in &deleted {
        let deletion = deleted.deletion(&program, served);
        let tombstone = signers.tombstone(deletion, today);
        tombstones.push(tombstone.ok_or_else(|| intake::unavailable(store::Trouble::Key))?);
    }
    let body = serde_json::to_vec(&json!({"tombstones": tombstones})).unwrap_or_default();
    Ok(with_type(StatusCode::OK, "application/json", body))
}

fn copy(program: &ProgramId, channel: &ChannelId) -> Address {
    Address { program: program.clone(), channel: channel.clone(), tags: Vec::new() }
}

async fn page(path: &str, headers: &HeaderMap, shared: &Shared) -> Result<Answer, Refused> {
    if shared.site.is_rehearsal() {
        let changes = shared.writer.ask(Job::Changes).await.ok_or_else(internal)?;
        shared.site.refresh(shared.catalogue(), changes, shared.clock.today()).await;
    } else if shared.site.pages().is_none() {
        // The server takes parts before it has pages: who comes first waits for them.
        shared.site.refresh(shared.catalogue(), 0, shared.clock.today()).await;
    }
    let pages = shared.site.pages().ok_or_else(intake::no_pages)?;
    match pages.lookup(path) {
        Lookup::Nothing => Err(not_found()),
        Lookup::Folder(name) => {
            let mut answer = with_type(StatusCode::PERMANENT_REDIRECT, "text/plain", "");
            let name = HeaderValue::from_str(&name).map_err(|_| not_found())?;
            answer.headers_mut().insert(LOCATION, name);
            Ok(answer)
        }
        Lookup::File(file) => {
            let known = headers.get_all(IF_NONE_MATCH).iter();
            let known = known.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
            let mut known = known.map(<[u8]>::trim_ascii);
            let mut answer = if known.any(|etag| etag == file.etag.as_bytes()) {
                let mut answer = Answer::default();
                *answer.status_mut() = StatusCode::NOT_MODIFIED;
                answer
            } else {
                with_type(StatusCode::OK, file.content_type, file.body.clone())
            };
            let headers = answer.headers_mut();
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(site::CSP));
            let cached = if file.is_frozen { FOR_EVER } else { "no-cache" };
            headers.insert(CACHE_CONTROL, HeaderValue::from_static(cached));
            if let Ok(etag) = HeaderValue::from_str(&file.etag) {
                headers.insert(ETAG, etag);
            }
            Ok(answer)
        }
    }
}

/// The keys that are shown, as tags of a channel that has tags.
pub(super) fn address(
    program: ProgramId,
    channel: ChannelId,
    headers: &HeaderMap,
    shared: &Shared,
) -> Result<Address, Refused> {
    let catalogue = shared.catalogue();
    let served = catalogue
        .channel(program.as_str(), channel.as_str())
        .ok_or_else(intake::unknown_channel)?;
    if served.identity == contract::calendar::Identity::None {
        let detail = "Its parts carry no tag, so nobody can say which are whose: they can neither \
                      be listed nor deleted.";
        return Err(Refused::new(Reason::NoTags, detail));
    }
    let keys = route::keys(headers.get_all("candor-key").iter().map(HeaderValue::as_bytes))?;
    let mut tags: Vec<_> = keys.iter().map(envelope::TagKey::tag).collect();
    tags.sort_unstable();
    tags.dedup();
    Ok(Address { program, channel, tags })
}

/// What the headers say about the body.
pub(super) fn form(headers: &HeaderMap) -> Result<Coding, Refused> {
    let media = |detail: &str| Refused::new(Reason::MediaType, detail);
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
    let essence = kind.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if !essence.eq_ignore_ascii_case(b"application/json") {
        return Err(media("Send a part with Content-Type: application/json."));
    }
    let mut codings = headers.get_all(CONTENT_ENCODING).iter();
    let coding = codings
        .next()
        .map_or(Some(Coding::Identity), |name| Coding::parse(name.to_str().unwrap_or("?")));
    // One coding at most: several would unpack a bomb in stages.
    match (coding, codings.next()) {
        (Some(coding), None) => Ok(coding),
        _ => Err(media("The body may be packed once, with zstd or gzip.")),
    }
}

/// Reads a body within its time and bound.
pub(super) async fn read(
    body: Incoming,
    bytes_max: usize,
    shared: &Shared,
) -> Result<Vec<u8>, Refused> {
    let too_large = || {
        let detail = format!("A body has at most {bytes_max} bytes here.");
        Refused::new(Reason::TooLarge, detail)
    };
    // Told before a byte of it is read.
    if body.size_hint().lower() > bytes_max as u64 {
        return Err(too_large());
    }
    match tokio::time::timeout(shared.times.body, gather(body, bytes_max)).await {
        Ok(Ok(Some(bytes))) => Ok(bytes),
        Ok(Ok(None)) => Err(too_large()),
        Ok(Err(_)) => Err(Refused::new(Reason::Head, "The body ended early.")),
        Err(_) => Err(Refused::new(Reason::Slow, "The body took too long.")),
    }
}

/// All of a body; `None` where it is longer. Each piece is copied and let go: it keeps the 8 KiB
/// into which it was read, so whoever sends single bytes would have 8 KiB held for each.
async fn gather(mut body: Incoming, bytes_max: usize) -> Result<Option<Vec<u8>>, hyper::Error> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if bytes.len() + piece.len() > bytes_max {
            return Ok(None);
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(Some(bytes))
}

pub(super) fn refuse(refused: &Refused, shared: &Shared) -> Answer {
    shared.metrics.refused(refused.reason);
    let status = StatusCode::from_u16(refused.reason.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut answer = with_type(status, problem::MEDIA_TYPE, refused.to_json());
    let headers = answer.headers_mut();
    if let Some(seconds) = refused.retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    match refused.reason {
        Reason::Proof => {
            headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Candor-Key"));
        }
        Reason::MediaType => {
            headers.insert("accept-encoding", HeaderValue::from_static("zstd, gzip"));
        }
        _ => {}
    }
    answer
}

pub(super) fn not_found() -> Refused {
    Refused::new(Reason::NotFound, "No page, program or channel has this path.")
}

pub(super) fn internal() -> Refused {
    Refused::new(Reason::Internal, "Nothing was kept. Send it again later.")
}

pub(super) fn with_type(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Answer {
    let mut answer = Response::new(Full::new(body.into()));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    answer
}
