//! HTTPS to a collector or a relay, verification always on. No code could switch it off.

use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use contract::destination::{DirectWay, host_and_port};
use contract::gate::Consent;
use contract::manifest::Relay;
use contract::part::Part;
use disk::LockGuard;
use envelope::Digest;
use envelope::oblivious::{Capsule, REQUEST_MEDIA_TYPE};
use ureq::http::{Response, StatusCode};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Body, Proxy, SendBody};

use crate::limits::{HELD_BYTES_MAX, REPLY_BYTES_MAX, SEALED_REPLY_BYTES_MAX};
use crate::ports::{Believed, HeldRequest, LastLook, NoReply, Reply, Transport};
use crate::proxy::Proxies;
use crate::trouble::Trouble;
use crate::wire;

mod get;

/// Connections to a collector. Nothing is opened before something is sent.
pub struct Https {
    believed: Believed,
    direct: Agent,
    proxied: Option<Agent>,
    proxies: Proxies,
    seconds: u64,
}

impl Https {
    /// Makes the connections' settings. `ca` is a site's own certificate authority in PEM, which
    /// then is the only one that is believed, and `fleet` that of its fleet's policy; where both
    /// are named, only what both name is believed. `seconds` is what one request may take in all.
    ///
    /// # Errors
    /// If the site's certificates cannot be read. Where the fleet's cannot, nobody is believed.
    pub fn new(
        ca: Option<&str>,
        fleet: Option<&str>,
        proxies: Proxies,
        seconds: u64,
    ) -> Result<Self, Trouble> {
        let here = ca.map(some_certificates).transpose()?;
        let (roots, believed) = believed(here, fleet);
        let agent = |proxy: Option<Proxy>| {
            let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
            let mut tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
            if let Some(roots) = &roots {
                tls = tls.root_certs(RootCerts::new_with_certs(roots));
            }
            let config = Agent::config_builder()
                .tls_config(tls.build())
                // Never what the library finds in the environment by itself.
                .proxy(proxy)
                .http_status_as_error(false)
                // The destination is part of the consent: nobody redirects a report.
                .max_redirects(0)
                .max_redirects_will_error(false)
                // Each part its own connection: a kept one would join them.
                .max_idle_connections(0)
                .timeout_global(Some(Duration::from_secs(seconds)))
                .max_response_header_size(16 * 1024)
                .user_agent("candor")
                .build();
            config.new_agent()
        };
        let through = match proxies.named() {
            Some(named) => Some(agent(Some(Proxy::new(named).map_err(|_| bad_proxy())?))),
            None => None,
        };
        Ok(Self { believed, direct: agent(None), proxied: through, proxies, seconds })
    }

    /// The connections towards `host:port`.
    fn towards(&self, host: &str) -> &Agent {
        let proxied = self.proxies.towards(host).and(self.proxied.as_ref());
        proxied.unwrap_or(&self.direct)
    }

    fn reply(
        &self,
        mut response: Response<Body>,
        host: &str,
        bytes_max: u64,
    ) -> Result<Reply, NoReply> {
        let retry_after = response.headers().get("retry-after");
        let retry_after_seconds =
            retry_after.and_then(|value| value.to_str().ok()).and_then(|value| value.parse().ok());
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(bytes_max).read_to_vec();
        let body = body.map_err(|error| self.no_reply(host, &error))?;
        Ok(Reply { status, retry_after_seconds, body })
    }
}

impl Https {
    /// The signed document of a gateway's keys as a relay serves it.
    pub(super) fn keys_of(&self, relay: &str) -> Result<Reply, NoReply> {
        let host = host_and_port(relay);
        let url = format!("{}/ohttp-keys/signed", relay.trim_end_matches('/'));
        let sent = self.towards(&host).get(&url).call();
        sent.map_err(|error| self.no_reply(&host, &error))
            .and_then(|r| self.reply(r, &host, REPLY_BYTES_MAX))
    }

    /// Hands sealed bytes to a relay. Their first is read when the connection stands.
    pub(super) fn post_sealed(&self, relay: &str, body: &mut dyn Read) -> Result<Reply, NoReply> {
        let host = host_and_port(relay);
        let request = self.towards(&host).post(relay).header("content-type", REQUEST_MEDIA_TYPE);
        let sent = request.send(SendBody::from_reader(body));
        sent.map_err(|error| self.no_reply(&host, &error))
            .and_then(|r| self.reply(r, &host, SEALED_REPLY_BYTES_MAX))
    }

    /// What went wrong, without anything that was sent or answered.
    fn no_reply(&self, host: &str, error: &ureq::Error) -> NoReply {
        let what = match error {
            ureq::Error::HostNotFound => "has no address (DNS)".to_owned(),
            ureq::Error::Timeout(_) => format!("did not answer within {} s", self.seconds),
            ureq::Error::BodyExceedsLimit(_) => "answered with more than a receipt".to_owned(),
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::ConnectionRefused => "refused the connection".to_owned(),
                io::ErrorKind::ConnectionReset => "closed the connection".to_owned(),
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    "did not answer in time".to_owned()
                }
                io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
                    "cannot be reached from here".to_owned()
                }
                _ if error
                    .get_ref()
                    .is_some_and(<dyn std::error::Error + Send + Sync>::is::<rustls::Error>) =>
                {
                    return unproven(host, error);
                }
                kind => format!("failed: {kind}"),
            },
            ureq::Error::Rustls(error) => return unproven(host, error),
            ureq::Error::ConnectProxyFailed(_) | ureq::Error::InvalidProxyUrl => {
                "could not be reached through the proxy".to_owned()
            }
            ureq::Error::ConnectionFailed => "cannot be reached from here".to_owned(),
            ureq::Error::StatusCode(status) => {
                let status = StatusCode::from_u16(*status).unwrap_or_default();
                format!("answered {status}")
            }
            _ => "did not answer as a collector does".to_owned(),
        };
        NoReply::Silent(format!("{host} {what}"))
    }
}

impl Transport for Https {
    fn send(
        &self,
        to: DirectWay<'_>,
        consent: &Consent<'_>,
        part: &Part,
        look: &mut LastLook<'_>,
    ) -> Result<Reply, NoReply> {
        let host = to.host_and_port();
        let (path, headers) = wire::place(consent);
        let body = wire::compress(part.bytes()).map_err(|e| NoReply::Silent(e.to_string()))?;
        let mut request = self.towards(&host).post(to.url(&path));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let sent = request.send(SendBody::from_reader(&mut Looking::new(&body, look)));
        sent.map_err(|error| self.no_reply(&host, &error))
            .and_then(|r| self.reply(r, &host, REPLY_BYTES_MAX))
    }

    fn held(&self, to: DirectWay<'_>, request: &HeldRequest<'_>) -> Result<Reply, NoReply> {
        let host = to.host_and_port();
        let (_, path, (name, keys)) = request.in_http();
        let agent = self.towards(&host);
        let url = to.url(&path);
        let builder = if request.delete { agent.delete(&url) } else { agent.get(&url) };
        let sent = builder.header(name, &keys).call();
        sent.map_err(|error| self.no_reply(&host, &error))
            .and_then(|r| self.reply(r, &host, HELD_BYTES_MAX))
    }

    fn keys(&self, relay: &Relay) -> Result<Reply, NoReply> {
        self.keys_of(&relay.url)
    }

    fn carry(
        &self,
        relay: &Relay,
        capsule: &Capsule,
        look: Option<&mut LastLook<'_>>,
    ) -> Result<Reply, NoReply> {
        match look {
            Some(look) => self.post_sealed(&relay.url, &mut Looking::new(capsule.as_bytes(), look)),
            None => self.post_sealed(&relay.url, &mut capsule.as_bytes()),
        }
    }

    fn believed(&self) -> Believed {
        self.believed.clone()
    }
}

fn unproven(host: &str, error: &dyn std::error::Error) -> NoReply {
    NoReply::Unproven(format!("{host} could not prove who it is: {error}"))
}

/// A body whose first byte is read only after a last look, when the connection stands. It has no
/// length of its own, so its end is read after everything before it has left; then the look ends.
struct Looking<'a, 'l> {
    left: &'a [u8],
    look: &'a mut LastLook<'l>,
    held: Option<LockGuard>,
}

impl<'a, 'l> Looking<'a, 'l> {
    fn new(body: &'a [u8], look: &'a mut LastLook<'l>) -> Self {
        Self { left: body, look, held: None }
    }
}

impl Read for Looking<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left.is_empty() {
            self.held = None;
            return Ok(0);
        }
        if self.held.is_none() {
            let refused = || io::Error::from(io::ErrorKind::PermissionDenied);
            self.held = Some((self.look)().ok_or_else(refused)?);
        }
        self.left.read(buffer)
    }
}

/// The certificates of a text in PEM; none where any of it is nonsense.
fn certificates(pem: &str) -> Vec<Certificate<'static>> {
    let found: Result<Vec<_>, _> = ureq::tls::parse_pem(pem.as_bytes()).collect();
    let found = found.unwrap_or_default().into_iter().filter_map(|item| match item {
        ureq::tls::PemItem::Certificate(certificate) => Some(certificate),
        _ => None,
    });
    found.collect()
}

type Roots = Option<Vec<Certificate<'static>>>;

/// Whom to believe: what this machine names and what its fleet names, or what both do. A policy can
/// so narrow what a machine believes and never add to it.
fn believed(here: Roots, fleet: Option<&str>) -> (Roots, Believed) {
    let is_named_here = here.is_some();
    let named = fleet.map(certificates);
    let roots = match (here, named) {
        (Some(here), Some(named)) => {
            let in_both = |one: &Certificate<'_>| named.iter().any(|n| n.der() == one.der());
            Some(here.into_iter().filter(in_both).collect())
        }
        (one, other) => one.or(other),
    };
    let digest = |certificate: &Certificate<'_>| Digest::of(certificate.der());
    let certificates = roots.iter().flatten().map(digest).collect();
    (roots, Believed { fleet: fleet.map(str::to_owned), is_named_here, certificates })
}

fn some_certificates(pem: &str) -> Result<Vec<Certificate<'static>>, Trouble> {
    let found = certificates(pem);
    if found.is_empty() {
        return Err(Trouble::new(
            "the certificate authority cannot be read.",
            "the file holds no certificate in PEM",
            "everything as it was; nothing was sent",
            "name a file with at least one BEGIN CERTIFICATE block",
        ));
    }
    Ok(found)
}

/// The address is not shown: it may hold a password.
fn bad_proxy() -> Trouble {
    Trouble::new(
        "the proxy cannot be used.",
        "its address is not of the form http://host:port or https://host:port",
        "everything as it was; nothing was sent",
        "mend --proxy, or HTTPS_PROXY where that names it; --proxy none does without",
    )
}
