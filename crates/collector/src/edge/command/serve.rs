//! `serve`: opens everything, refuses what cannot be served safely, and runs.

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use contract::calendar::days_between;
use contract::publish::Rehearsal;
use disk::OsDisk;
use jiff::civil::Date;

use super::keys::of_keys;
use super::{clock, of_disk, of_store, open_disk, print};
use crate::catalogue::Catalogue;
use crate::config::Serve;
use crate::edge::keys;
use crate::edge::manifests::{self, ManifestError};
use crate::edge::server::{self, Allowance, ServeError, Settings, Times};
use crate::edge::tls::Tls;
use crate::failure::{Failure, with_causes};
use crate::intake_log;
use crate::limits::{DELETION_HOUR_DEFAULT, KEY_WARNING_DAYS};
use crate::signers::Signers;
use crate::store::Store;

const HEADLINE: &str = "the server was not started.";
const UNTOUCHED: &str = "everything that was acknowledged is kept";

pub(super) fn run(data: &Path, options: Serve, out: &mut impl Write) -> Result<ExitCode, Failure> {
    check_address(&options)?;
    let tls = open_tls(&options)?;
    let disk = open_disk(data, HEADLINE)?;
    let reader = Arc::new(open_disk(data, HEADLINE)?);
    let clock = clock(options.today);
    let today = clock.today();
    // The lock before anything is written.
    let store = Store::open(disk, options.reserve_bytes);
    let mut store = store.map_err(|error| of_store(HEADLINE, data, &error))?;
    let catalogue = load_manifests(&reader, data, &options)?;
    let signers = open_keys(&reader, data, &catalogue, today)?;
    let retention = catalogue.retention();
    let forgotten = store.forget(&retention, today, false);
    for gone in forgotten.map_err(|error| of_store(HEADLINE, data, &error))? {
        tracing::info!(program = %gone.program, channel = %gone.channel, period = %gone.period,
                       "a period past its retention was removed");
    }
    let is_gateway = signers.ohttp().next().is_some();
    intake_log::note(reader.as_ref(), options.intake_per_hour(is_gateway), today)
        .map_err(|error| of_disk(HEADLINE, data, &error))?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let allowance = Allowance {
        connections: options.connections_of_network(),
        requests: options.requests_of_network(),
    };
    let settings = Settings {
        listen: options.listen,
        tls,
        manifests: options.manifest,
        clock,
        times: Times {
            head: Duration::from_secs(options.head_seconds),
            body: Duration::from_secs(options.body_seconds),
        },
        deletion_hour: match options.deletion_hour {
            None if options.rehearsal => None,
            hour => Some(hour.unwrap_or(DELETION_HOUR_DEFAULT)),
        },
        rehearsal: options.rehearsal.then(|| Rehearsal::on(options.listen.ip())).flatten(),
        threads: options.threads.map(usize::from),
        allowance,
        sealed_per_minute: options.sealed_per_minute,
        connections_max: usize::try_from(options.connections).unwrap_or(usize::MAX),
    };
    let listening =
        |address: SocketAddr| print(out, &format!("listening on {scheme}://{address}\n"));
    let look = Arc::<OsDisk>::clone(&reader);
    server::serve(settings, (store, look, reader), (catalogue, signers), listening)
        .map_err(|error| of_server(&error))?;
    Ok(ExitCode::SUCCESS)
}

fn check_address(options: &Serve) -> Result<(), Failure> {
    let address = options.listen;
    if address.ip().is_loopback() {
        return Ok(());
    }
    if options.rehearsal {
        return Err(Failure::new(
            HEADLINE,
            format!(
                "a rehearsal shows single installations, and {address} can be reached by others"
            ),
            UNTOUCHED,
            "listen on 127.0.0.1 or [::1], or leave --rehearsal out",
        ));
    }
    if options.tls_cert.is_none() && !options.behind_proxy {
        return Err(Failure::new(
            HEADLINE,
            format!(
                "reports would cross the network unencrypted: {address} is no loopback address"
            ),
            UNTOUCHED,
            "give it a certificate with --tls-cert and --tls-key; or say --behind-proxy if a proxy \
             before it speaks TLS",
        ));
    }
    Ok(())
}

fn open_tls(options: &Serve) -> Result<Option<Tls>, Failure> {
    let (Some(certificate), Some(key)) = (&options.tls_cert, &options.tls_key) else {
        return Ok(None);
    };
    let tls = Tls::open(certificate, key).map_err(|error| {
        Failure::new(
            HEADLINE,
            with_causes(&error),
            UNTOUCHED,
            "name the certificate chain and its private key, both in PEM form",
        )
    })?;
    Ok(Some(tls))
}

fn load_manifests(disk: &OsDisk, data: &Path, options: &Serve) -> Result<Catalogue, Failure> {
    let catalogue = manifests::load(disk, &options.manifest).map_err(|error| match &error {
        ManifestError::Disk(error) => of_disk(HEADLINE, data, error),
        ManifestError::Rules { path, source } => Failure::new(
            HEADLINE,
            format!("{} is no manifest that keeps the rules:\n{source}", path.display()),
            UNTOUCHED,
            format!("mend it; candor-agent manifest check {} shows the same", path.display()),
        ),
        ManifestError::Twice { .. } => Failure::new(
            HEADLINE,
            error.to_string(),
            UNTOUCHED,
            "leave the newest of each program there: the data folder keeps what it has served",
        ),
        ManifestError::Read { .. } | ManifestError::Files { .. } | ManifestError::Name(_) => {
            Failure::new(
                HEADLINE,
                with_causes(&error),
                UNTOUCHED,
                "name the manifest that ships with the product: serve --manifest FILE",
            )
        }
    })?;
    if catalogue.programs().next().is_none() {
        return Err(Failure::new(
            HEADLINE,
            "no manifest was named, and the data folder has none from an earlier start",
            UNTOUCHED,
            "name the manifest that ships with the product: serve --manifest FILE",
        ));
    }
    Ok(catalogue)
}

/// Without a key for receipts nothing can be acknowledged, so nothing is taken.
pub(super) fn open_keys(
    disk: &OsDisk,
    data: &Path,
    catalogue: &Catalogue,
    today: Date,
) -> Result<Signers, Failure> {
    let keys = keys::read_all(disk).map_err(|error| of_keys(HEADLINE, data, &error))?;
    let keys = keys.into_iter().map(|(_, key)| key).collect();
    let signers = Signers::choose(catalogue.roots(), keys, today);
    for (program, _) in catalogue.programs() {
        let Some(signer) = signers.receipts(program.as_str()) else {
            return Err(Failure::new(
                HEADLINE,
                format!(
                    "{} has no key for receipts of {program} that is valid on {today} and \
                     certified by a root that the manifest pins",
                    data.display(),
                ),
                UNTOUCHED,
                format!(
                    "candor-collector --data {} keys issue --root ROOT-FILE --program {program}",
                    data.display(),
                ),
            ));
        };
        let days = days_between(today, signer.key().certificate().last_day);
        if days < KEY_WARNING_DAYS {
            tracing::warn!(%program, days, "the key for receipts ends soon: issue another");
        }
    }
    Ok(signers)
}

fn of_server(error: &ServeError) -> Failure {
    match error {
        ServeError::Listen(address, source) if source.kind() == std::io::ErrorKind::AddrInUse => {
            Failure::new(
                HEADLINE,
                format!("another program listens on {address}"),
                UNTOUCHED,
                "stop that one, or name another port with --listen",
            )
        }
        ServeError::Listen(..) => Failure::new(
            HEADLINE,
            with_causes(error),
            UNTOUCHED,
            "name an address of this machine and a port that this user may use (above 1023)",
        ),
        ServeError::Threads(_) | ServeError::Signals(_) => Failure::new(
            HEADLINE,
            with_causes(error),
            UNTOUCHED,
            "see whether the system's limits on threads and files are very low (ulimit -a)",
        ),
    }
}
