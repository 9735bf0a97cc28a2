//! `serve`: checks what it was told, refuses what cannot be served safely, and runs.

use std::io::Write;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Bytes;

use super::exchange::Exchange;
use super::handler::Hall;
use super::server::{self, ServeError, Settings};
use super::tls::{self, Own, TlsError};
use crate::config::Serve;
use crate::crowd::Allowance;
use crate::failure::{Failure, with_causes};
use crate::gateway::{self, Gateway};
use crate::metrics::Metrics;
use crate::page::{self, Operator};

/// Runs until it is told to stop; prints where it listens.
///
/// # Errors
/// With what happened, what is kept, what to do.
pub fn run(options: &Serve, out: &mut impl Write) -> Result<(), Failure> {
    check_address(options)?;
    gateway::check_all(&options.gateways).map_err(|happened| {
        Failure::of_start(happened, "give each its own name: --gateway NAME=URL")
    })?;
    let own = match (&options.tls_cert, &options.tls_key) {
        (Some(certificate), Some(key)) => {
            Some(Own::open(certificate, key).map_err(|error| of_tls(&error))?)
        }
        _ => None,
    };
    let hall = Arc::new(hall(options)?);
    let scheme = if own.is_some() { "https" } else { "http" };
    let settings = Settings {
        listen: options.listen,
        tls: own,
        connections_max: usize::try_from(options.connections).unwrap_or(usize::MAX),
        allowance: allowance(options),
    };
    let listening = |address: SocketAddr| {
        // Whoever started it reads the port here; that nobody reads is no reason not to serve.
        let _ = writeln!(out, "listening on {scheme}://{address}").and_then(|()| out.flush());
    };
    server::serve(settings, hall, listening).map_err(|error| of_server(&error))
}

fn check_address(options: &Serve) -> Result<(), Failure> {
    let address = options.listen;
    if address.ip().is_loopback() || options.tls_cert.is_some() || options.behind_proxy {
        return Ok(());
    }
    Err(Failure::of_start(
        format!(
            "whoever watches the line would see which sender speaks to which gateway: {address} is \
             no loopback address, and there is no TLS"
        ),
        "give it a certificate with --tls-cert and --tls-key; or say --behind-proxy if a proxy \
         before it speaks TLS",
    ))
}

fn hall(options: &Serve) -> Result<Hall, Failure> {
    let connector = tls::connector(options.ca.as_deref()).map_err(|error| of_tls(&error))?;
    let labels = options.gateways.iter().map(Gateway::label);
    let metrics = Arc::new(Metrics::new(labels));
    let timeout = Duration::from_secs(options.gateway_seconds);
    let exchanges = options.gateways.iter().enumerate().map(|(place, gateway)| {
        let (tls, metrics) = (connector.clone(), Arc::clone(&metrics));
        Exchange::new(gateway.clone(), place, tls, timeout, metrics).map(Arc::new)
    });
    let exchanges: Result<Vec<_>, _> = exchanges.collect();
    let exchanges = exchanges.map_err(|_| {
        Failure::of_start("a gateway's name cannot be written into a request", "mend --gateway")
    })?;
    let operator = Operator {
        name: options.operator.clone(),
        country: options.country.clone(),
        contact: options.contact.clone(),
    };
    let counts = allowance(options) != Allowance { connections: 0, requests: 0 };
    Ok(Hall {
        keys: exchanges.iter().map(|_| Arc::default()).collect(),
        names: options.gateways.iter().map(|gateway| gateway.name.clone()).collect(),
        page: Bytes::from(page::page(&operator, &options.gateways, counts)),
        exchanges,
        metrics,
        head_timeout: Duration::from_secs(options.head_seconds),
        body_timeout: Duration::from_secs(options.body_seconds),
    })
}

fn allowance(options: &Serve) -> Allowance {
    Allowance {
        connections: options.connections_per_network,
        requests: options.requests_per_network_hour,
    }
}

fn of_tls(error: &TlsError) -> Failure {
    Failure::of_start(
        with_causes(error),
        "name the certificate chain and its private key, or the authorities, in PEM form",
    )
}

fn of_server(error: &ServeError) -> Failure {
    let todo = match error {
        ServeError::Listen(_, source) if source.kind() == std::io::ErrorKind::AddrInUse => {
            "stop the other program that listens there, or name another port with --listen"
        }
        ServeError::Listen(..) => {
            "name an address of this machine and a port that this user may use (above 1023)"
        }
        ServeError::Threads(_) | ServeError::Signals(_) | ServeError::Random(_) => {
            "see whether the system's limits on threads and files are very low (ulimit -a)"
        }
    };
    Failure::of_start(with_causes(error), todo)
}
