//! Asks a program on this machine over HTTP: one GET, no redirection, no proxy, limits on all of
//! it.

use std::net::IpAddr;
use std::time::Duration;

use ureq::http::Uri;

use crate::gather::ReadError;

/// What the address answers.
pub(super) fn get(url: &str, bytes_max: usize, time_max: Duration) -> Result<Vec<u8>, ReadError> {
    let uri: Uri = url.parse().map_err(|_| ReadError::NotLocal)?;
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
    let is_local = host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
    if !is_local || uri.scheme_str() != Some("http") {
        return Err(ReadError::NotLocal);
    }
    let config = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        // Whatever the environment says: this does not leave the machine.
        .proxy(None)
        .max_idle_connections(0)
        .timeout_global(Some(time_max))
        .max_response_header_size(16 * 1024)
        .user_agent("candor")
        .build();
    let failed = |error: &ureq::Error| match error {
        ureq::Error::Timeout(_) => ReadError::TooSlow { time_max },
        ureq::Error::BodyExceedsLimit(_) => ReadError::TooLong { bytes_max },
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            ReadError::NoAnswer
        }
        _ => ReadError::NotHttp,
    };
    let mut response = config.new_agent().get(uri).call().map_err(|error| failed(&error))?;
    let status = response.status().as_u16();
    if status != 200 {
        return Err(ReadError::HttpStatus(status));
    }
    let limit = (bytes_max as u64).saturating_add(1);
    let body = response.body_mut().with_config().limit(limit).read_to_vec();
    let body = body.map_err(|error| failed(&error))?;
    if body.len() > bytes_max { Err(ReadError::TooLong { bytes_max }) } else { Ok(body) }
}
