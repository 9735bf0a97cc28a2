//! The running server: sockets, signals, the passing of days.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use contract::publish::Rehearsal;
use disk::Disk;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::clock::Clock;
pub use super::connection::Times;
pub use super::crowd::Allowance;
use super::crowd::{Crowd, Guest, Turnstile};
use super::gateway::Gateway;
use super::handler::Shared;
use super::publication::LiveSite;
use super::tls::Tls;
use super::upkeep::{self, Upkeep};
use super::writer::{Job, Writer};
use super::{connection, keys, manifests};
use crate::catalogue::Catalogue;
use crate::failure::with_causes;
use crate::keep::{Keep, Look};
use crate::limits::{
    FILES_KEPT, HANDSHAKE_TIMEOUT, LISTEN_QUEUE, SALT_LIFETIME, SHUTDOWN_TIMEOUT, TICK,
};
use crate::metrics::Metrics;
use crate::signers::Signers;

/// How the server runs.
#[derive(Debug)]
pub struct Settings {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Its own TLS, if it has any.
    pub tls: Option<Tls>,
    /// The manifests that were named, to read them again when told to.
    pub manifests: Vec<PathBuf>,
    /// What day it is.
    pub clock: Clock,
    /// Times for slow senders.
    pub times: Times,
    /// Threads for connections; as many as there are cores where nothing is said.
    pub threads: Option<usize>,
    /// Connections at once.
    pub connections_max: usize,
    /// How much one network may do.
    pub allowance: Allowance,
    /// Sealed requests within a minute; zero for any number.
    pub sealed_per_minute: u32,
    /// From which hour of the day (UTC) on the batch of deletions runs; `None` runs it at once.
    pub deletion_hour: Option<u8>,
    /// Whether open periods are published exactly.
    pub rehearsal: Option<Rehearsal>,
}

/// Why the server does not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The runtime could not be started.
    #[error("the server's threads cannot be started")]
    Threads(#[source] std::io::Error),
    /// The address cannot be listened on.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
}

/// Runs until SIGTERM or SIGINT; `listening` is told the address once connections are taken.
///
/// # Errors
/// If it cannot begin. Once it runs, errors are answered to whoever asked, and logged.
pub fn serve<K, E>(
    settings: Settings,
    (store, look, disk): (K, Arc<dyn Look>, Arc<E>),
    (catalogue, signers): (Catalogue, Signers),
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError>
where
    K: Keep + 'static,
    E: Disk + 'static,
{
    let settings =
        Settings { connections_max: connections_with_files(settings.connections_max), ..settings };
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    settings.threads.map(|threads| builder.worker_threads(threads).thread_name("connections"));
    let runtime = builder.enable_all().build().map_err(ServeError::Threads)?;
    let signers = Arc::new(signers);
    let metrics = Arc::new(Metrics::default());
    metrics.started(super::clock::now_seconds());
    let shared_metrics = (settings.clock, Arc::clone(&metrics));
    let (writer, thread) =
        Writer::start(store, Arc::clone(&signers), shared_metrics).map_err(ServeError::Threads)?;
    let shared = Arc::new(Shared {
        catalogue: RwLock::new(Arc::new(catalogue)),
        signers: RwLock::new(signers),
        writer,
        metrics,
        clock: settings.clock,
        times: settings.times,
        gateway: Gateway::default(),
        turnstile: Turnstile::new(settings.sealed_per_minute),
        deletion_hour: settings.deletion_hour,
        site: LiveSite::new(
            (Arc::clone(&disk) as Arc<dyn Disk>, Arc::clone(&look)),
            settings.rehearsal,
        ),
        look,
    });
    shared.gateway.renew(disk.as_ref(), &shared.signers(), shared.clock.today());
    let served = runtime.block_on(run(settings, &disk, shared, listening));
    // Ends every task, and with them the last handles on the writer: it writes what still waits.
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    if thread.join().is_err() {
        tracing::error!("the writer ended early");
    }
    served
}

/// So many of the connections that are wanted as there are files for. Systems allow 1,024 open
/// files unless asked for more, each connection is one, and the data folder's files must not wait
/// until somebody hangs up.
fn connections_with_files(wanted: usize) -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let all = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let raised = rustix::process::setrlimit(rustix::process::Resource::Nofile, all).is_ok();
    let files = if raised { limit.maximum } else { limit.current };
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let room = files - FILES_KEPT.min(files / 2);
    if room < wanted {
        tracing::warn!(
            connections = room,
            files,
            "fewer connections at once: few files may be open"
        );
    }
    wanted.min(room)
}

async fn run<E: Disk + 'static>(
    settings: Settings,
    disk: &Arc<E>,
    shared: Arc<Shared>,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let failed = |error| ServeError::Listen(settings.listen, error);
    let listener = listen(settings.listen).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let on = |kind| signal(kind).map_err(ServeError::Signals);
    let mut terminate = on(SignalKind::terminate())?;
    let mut interrupt = on(SignalKind::interrupt())?;
    let mut hangup = on(SignalKind::hangup())?;
    let (stop, stopped) = watch::channel(false);
    let slots = Arc::new(Semaphore::new(settings.connections_max));
    let mut tick = tokio::time::interval(TICK);
    let mut crowd = Crowd::new(settings.allowance);
    let mut salt = tokio::time::interval(SALT_LIFETIME);
    salt.tick().await;
    let mut minute = tokio::time::interval(Duration::from_secs(60));
    let mut today = settings.clock.today();
    let tls = settings.tls.as_ref();
    listening(address);
    upkeep::close_periods(&shared);
    let mut upkeep = Upkeep::default();
    tracing::info!(%address, "serving");
    loop {
        tokio::select! {
            accepted = accept(&listener, &slots) => {
                let (stream, from, slot) = accepted;
                // Here the address ends: a guest holds the number of a place.
                match crowd.enter(from) {
                    None => shared.metrics.turned_away(),
                    Some(guest) => {
                        let work = Work { shared: Arc::clone(&shared), stop: stopped.clone() };
                        let acceptor = tls.map(Tls::acceptor);
                        tokio::spawn(work.run(stream, acceptor, (guest, slot)));
                    }
                }
            }
            _ = salt.tick() => crowd = Crowd::new(settings.allowance),
            _ = minute.tick() => shared.turnstile.begin_minute(),
            _ = tick.tick() => {
                let now = settings.clock.today();
                if now != today {
                    today = now;
                    begin_day(disk.as_ref(), &shared).await;
                }
                upkeep.deletions(disk.as_ref(), &shared).await;
                refresh(&shared).await;
            }
            _ = hangup.recv() => reload(&settings, disk.as_ref(), &shared).await,
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
        }
    }
    tracing::info!("stopping: no new connections, requests in flight are finished");
    drop(listener);
    let _ = stop.send(true);
    let all = u32::try_from(settings.connections_max).unwrap_or(u32::MAX);
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, slots.acquire_many(all)).await;
    Ok(())
}

/// Listens with a queue that holds a fleet: the library's own holds 128.
fn listen(address: SocketAddr) -> std::io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(LISTEN_QUEUE)
}

/// Takes the next connection once there is room for it.
async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> (TcpStream, IpAddr, Option<OwnedSemaphorePermit>) {
    let slot = Arc::clone(slots).acquire_owned().await.ok();
    loop {
        match listener.accept().await {
            Ok((stream, from)) => return (stream, from.ip(), slot),
            // Out of file descriptors, say: others are closed meanwhile.
            Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
        }
    }
}

struct Work {
    shared: Arc<Shared>,
    stop: watch::Receiver<bool>,
}

impl Work {
    /// Whoever was let in leaves when this ends, and the place of the connection is free again.
    async fn run(
        self,
        stream: TcpStream,
        acceptor: Option<tokio_rustls::TlsAcceptor>,
        (guest, _slot): (Guest, Option<OwnedSemaphorePermit>),
    ) {
        let metrics = Arc::clone(&self.shared.metrics);
        metrics.connection(1);
        let hosts = (self.shared, guest);
        // A receipt is small and awaited: it is not held back for more.
        let _ = stream.set_nodelay(true);
        // Who is silent or slow has no buffers set aside, nor room for a handshake: both are boxed,
        // and begun when a head is there, or the first byte of a handshake.
        match acceptor {
            None => answered(stream, hosts, self.stop).await,
            Some(acceptor) => {
                if connection::speaks(&stream, (&hosts.0, self.stop.clone())).await {
                    Box::pin(encrypted(acceptor, stream, hosts, self.stop)).await;
                }
            }
        }
        metrics.connection(-1);
    }
}

/// Answers whoever sends a head.
async fn answered(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    hosts: (Arc<Shared>, Guest),
    stop: watch::Receiver<bool>,
) {
    if let Some(stream) = connection::begun(stream, (&hosts.0, stop.clone())).await {
        Box::pin(connection::serve(stream, hosts, stop)).await;
    }
}

/// The same over TLS. What a handshake needs is given back after it.
async fn encrypted(
    acceptor: tokio_rustls::TlsAcceptor,
    stream: TcpStream,
    hosts: (Arc<Shared>, Guest),
    stop: watch::Receiver<bool>,
) {
    let handshake = Box::pin(acceptor.accept(stream));
    let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await;
    if let Ok(Ok(stream)) = handshake {
        answered(stream, hosts, stop).await;
    }
}

/// Another day: other keys may sign, other periods are past their retention.
async fn begin_day(disk: &dyn Disk, shared: &Arc<Shared>) {
    renew_keys(disk, shared).await;
    shared.writer.tell(Job::Forget(shared.catalogue().retention())).await;
    upkeep::close_periods(shared);
}

/// Counting takes long where much is held, and parts are taken meanwhile.
pub(super) async fn publish(shared: &Shared) {
    let today = shared.clock.today();
    let failed = shared.site.publish(shared.catalogue(), shared.signers(), today).await;
    failed.inspect(|channels| shared.metrics.overdue(*channels));
    refresh(shared).await;
}

/// Takes up releases that this process or another one published. A rehearsal looks at each request.
async fn refresh(shared: &Shared) {
    if !shared.site.is_rehearsal() {
        shared.site.refresh(shared.catalogue(), 0, shared.clock.today()).await;
    }
}

async fn renew_keys(disk: &dyn Disk, shared: &Shared) {
    match keys::read_all(disk) {
        Ok(keys) => {
            let catalogue = shared.catalogue();
            let keys = keys.into_iter().map(|(_, key)| key).collect();
            let signers = Signers::choose(catalogue.roots(), keys, shared.clock.today());
            for (program, _) in catalogue.programs() {
                if signers.receipts(program.as_str()).is_none() {
                    tracing::error!(%program, "no key may sign receipts: parts are refused");
                }
            }
            let signers = Arc::new(signers);
            *shared.signers.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&signers);
            shared.gateway.renew(disk, &signers, shared.clock.today());
            shared.writer.tell(Job::Keys(signers)).await;
            tracing::info!("the keys were read again");
        }
        Err(error) => tracing::error!(error = with_causes(&error), "keys were not read"),
    }
}

/// SIGHUP: certificate, manifests and keys are read again; what cannot be read stays as it was.
async fn reload(settings: &Settings, disk: &dyn Disk, shared: &Shared) {
    match settings.tls.as_ref().map(Tls::reload) {
        Some(Err(error)) => {
            tracing::error!(error = with_causes(&error), "the old certificate stays");
        }
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        None => {}
    }
    match manifests::load(disk, &settings.manifests) {
        Ok(catalogue) => {
            let mut current = shared.catalogue.write().unwrap_or_else(PoisonError::into_inner);
            let programs = catalogue.programs().count();
            *current = Arc::new(catalogue);
            tracing::info!(programs, "the manifests were read again");
        }
        Err(error) => tracing::error!(error = with_causes(&error), "the old manifests stay"),
    }
    renew_keys(disk, shared).await;
    shared.site.outdate().await;
    refresh(shared).await;
}
