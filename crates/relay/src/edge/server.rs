//! The running relay: sockets, signals, the passing of hours.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::handler::Hall;
use super::tls::Own;
use super::{connection, keys};
use crate::crowd::{Allowance, Crowd, Guest};
use crate::failure::with_causes;
use crate::limits::{
    EXCHANGES_MAX, FILES_KEPT, HANDSHAKE_TIMEOUT, IDLE_GATEWAY_TIME, LISTEN_QUEUE, SALT_LIFETIME,
    SHUTDOWN_TIMEOUT,
};

/// How the relay runs.
pub(super) struct Settings {
    pub(super) listen: SocketAddr,
    pub(super) tls: Option<Own>,
    pub(super) connections_max: usize,
    pub(super) allowance: Allowance,
}

/// Why the relay does not run.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServeError {
    /// The runtime could not be started.
    #[error("the relay's threads cannot be started")]
    Threads(#[source] std::io::Error),
    /// The address cannot be listened on.
    #[error("{0} cannot be listened on")]
    Listen(SocketAddr, #[source] std::io::Error),
    /// Signals cannot be received.
    #[error("signals cannot be received")]
    Signals(#[source] std::io::Error),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    Random(#[source] getrandom::Error),
}

/// Runs until SIGTERM or SIGINT; `listening` is told the address once connections are taken.
pub(super) fn serve(
    settings: Settings,
    hall: Arc<Hall>,
    listening: impl FnOnce(SocketAddr),
) -> Result<(), ServeError> {
    let connections_max = connections_with_files(settings.connections_max, hall.exchanges.len());
    let settings = Settings { connections_max, ..settings };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(ServeError::Threads)?;
    let served = runtime.block_on(run(settings, hall, listening));
    runtime.shutdown_timeout(SHUTDOWN_TIMEOUT);
    served
}

/// So many of the connections that are wanted as there are files for. Systems allow 1,024 open
/// files unless asked for more, each connection is one, and those to gateways must not wait until
/// somebody hangs up.
fn connections_with_files(wanted: usize, gateways: usize) -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    let all = rustix::process::Rlimit { current: limit.maximum, ..limit };
    let raised = rustix::process::setrlimit(rustix::process::Resource::Nofile, all).is_ok();
    let files = if raised { limit.maximum } else { limit.current };
    let files = files.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX));
    let kept = FILES_KEPT + gateways * EXCHANGES_MAX;
    let room = files - kept.min(files / 2);
    if room < wanted {
        tracing::warn!(
            connections = room,
            files,
            "fewer connections at once: few files may be open"
        );
    }
    wanted.min(room)
}

async fn run(
    settings: Settings,
    hall: Arc<Hall>,
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
    let mut crowd = empty_crowd(settings.allowance)?;
    let mut salt = tokio::time::interval(SALT_LIFETIME);
    salt.tick().await;
    let mut sweep = tokio::time::interval(IDLE_GATEWAY_TIME);
    for (keys, exchange) in hall.keys.iter().zip(&hall.exchanges) {
        let (keys, exchange) = (Arc::clone(keys), Arc::clone(exchange));
        tokio::spawn(keys::keep_fresh(keys, exchange, stopped.clone()));
    }
    listening(address);
    tracing::info!(%address, "serving");
    loop {
        tokio::select! {
            (stream, from, slot) = accept(&listener, &slots) => {
                // Here the address ends: a guest holds the number of a place.
                match Crowd::enter(&crowd, from) {
                    None => hall.metrics.turned_away(),
                    Some(guest) => {
                        let work = Work { hall: Arc::clone(&hall), stop: stopped.clone() };
                        let acceptor = settings.tls.as_ref().map(Own::acceptor);
                        tokio::spawn(async move {
                            work.run(stream, acceptor, guest).await;
                            drop(slot);
                        });
                    }
                }
            }
            _ = salt.tick() => crowd = empty_crowd(settings.allowance)?,
            _ = sweep.tick() => hall.exchanges.iter().for_each(|exchange| exchange.sweep()),
            _ = hangup.recv() => reload(settings.tls.as_ref()),
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
    hall: Arc<Hall>,
    stop: watch::Receiver<bool>,
}

impl Work {
    async fn run(
        self,
        stream: TcpStream,
        acceptor: Option<tokio_rustls::TlsAcceptor>,
        guest: Guest,
    ) {
        let metrics = Arc::clone(&self.hall.metrics);
        metrics.connection(1);
        // An answer is small and awaited: it is not held back for more.
        let _ = stream.set_nodelay(true);
        // Who is silent has no buffers set aside, nor room for a handshake: both are boxed, and
        // begun when somebody speaks.
        if connection::speaks(&stream, (&self.hall, self.stop.clone())).await {
            match acceptor {
                None => Box::pin(connection::serve(stream, self.hall, guest, self.stop)).await,
                Some(acceptor) => Box::pin(self.encrypted(acceptor, stream, guest)).await,
            }
        }
        metrics.connection(-1);
    }

    /// The same over TLS. What a handshake needs is given back after it.
    async fn encrypted(self, acceptor: tokio_rustls::TlsAcceptor, stream: TcpStream, guest: Guest) {
        let handshake = Box::pin(acceptor.accept(stream));
        let handshake = tokio::time::timeout(HANDSHAKE_TIMEOUT, handshake).await;
        if let Ok(Ok(stream)) = handshake {
            Box::pin(connection::serve(stream, self.hall, guest, self.stop)).await;
        }
    }
}

fn empty_crowd(allowance: Allowance) -> Result<Arc<Crowd>, ServeError> {
    let mut salt = [0; 16];
    #[expect(clippy::disallowed_methods, reason = "this is the edge")]
    getrandom::fill(&mut salt).map_err(ServeError::Random)?;
    Ok(Arc::new(Crowd::new(salt, allowance)))
}

/// SIGHUP: the certificate is read again; if it cannot be read, the old one stays.
fn reload(own: Option<&Own>) {
    match own.map(Own::reload) {
        Some(Err(error)) => tracing::error!(error = with_causes(&error), "the old one stays"),
        Some(Ok(())) => tracing::info!("the certificate was read again"),
        None => {}
    }
}
