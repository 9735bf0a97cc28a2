//! The page's sockets: a loopback address for browsers, and a socket in the state folder for whom
//! the file system lets in. One thread waits for all of them; a few carry out what was asked.

use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::socket;
use crate::page::limits::{CONNECTIONS_MAX, WORKERS_MAX};
use crate::page::{Request, Response, Way};
use crate::trouble::Trouble;

mod connection;
mod link;

pub use link::new_link;

/// The socket's name in the state folder.
const SOCKET: &str = "page.sock";

/// What answers requests. It may block.
pub type Answer = Arc<dyn Fn(&Request) -> Response + Send + Sync>;

/// Sockets that are open, and answer nothing yet.
#[derive(Debug)]
pub struct Sockets {
    loopback: Option<(TcpListener, SocketAddr)>,
    socket: UnixListener,
    who: Who,
}

/// Whom the state folder lets in.
#[derive(Debug, Clone, Copy)]
struct Who {
    owner: u32,
    /// Whether somebody opened the folder to its group.
    group: bool,
}

impl Sockets {
    /// Opens the sockets. Callers hold a lock, so that no other service has them.
    ///
    /// # Errors
    /// If the address is none of this machine alone, or is taken, or the folder cannot be written.
    pub fn open(folder: &Path, address: Option<SocketAddr>) -> Result<Self, Trouble> {
        let loopback = address.map(listen).transpose()?;
        let failed = |error: std::io::Error| {
            Trouble::new(
                "the page's socket could not be made.",
                format!("{}: {error}", folder.join(SOCKET).display()),
                "everything as it was; nothing is served",
                "check that the folder can be written and that its path has under 90 letters",
            )
        };
        let metadata = std::fs::metadata(folder).map_err(failed)?;
        let who = Who { owner: metadata.uid(), group: metadata.mode() & 0o010 != 0 };
        let bound = socket::bind(&folder.join(SOCKET), |path| UnixListener::bind(path));
        let socket = bound.map_err(failed)?;
        Ok(Self { loopback, socket, who })
    }

    /// What links to the page begin with, where it can be reached with a browser.
    pub fn base(&self) -> Option<String> {
        self.loopback.as_ref().map(|(_, address)| format!("http://{address}"))
    }

    /// Answers until the process ends.
    ///
    /// # Errors
    /// If the operating system gives no event loop.
    pub fn serve(self, answer: Answer) -> Result<Infallible, Trouble> {
        let failed = |error: std::io::Error| {
            Trouble::new(
                "the page cannot be served.",
                error.to_string(),
                "everything as it was",
                "try again; without the page, every command works as before",
            )
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(WORKERS_MAX)
            .build()
            .map_err(failed)?;
        runtime.block_on(self.answer_all(answer)).map_err(failed)
    }

    async fn answer_all(self, answer: Answer) -> std::io::Result<Infallible> {
        let Self { loopback, socket, who } = self;
        socket.set_nonblocking(true)?;
        let socket = tokio::net::UnixListener::from_std(socket)?;
        if let Some((listener, address)) = loopback {
            listener.set_nonblocking(true)?;
            let listener = tokio::net::TcpListener::from_std(listener)?;
            let way = Way::Loopback { port: address.port() };
            tokio::spawn(accept_loopback(listener, way, Arc::clone(&answer)));
        }
        Ok(accept_socket(socket, who, answer).await)
    }
}

async fn accept_loopback(listener: tokio::net::TcpListener, way: Way, answer: Answer) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                let served = connection::serve(stream, way, Arc::clone(&answer));
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(_) => pause().await,
        }
    }
}

async fn accept_socket(listener: tokio::net::UnixListener, who: Who, answer: Answer) -> Infallible {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let place = Arc::clone(&places).acquire_owned().await;
        match listener.accept().await {
            Ok((stream, _)) => {
                // The file system has asked already. This holds too if somebody has widened the
                // permissions of the socket itself.
                let peer = stream.peer_cred();
                if !peer.is_ok_and(|peer| who.may(peer.uid())) {
                    continue;
                }
                let served = connection::serve(stream, Way::Socket, Arc::clone(&answer));
                tokio::spawn(async move {
                    served.await;
                    drop(place);
                });
            }
            Err(_) => pause().await,
        }
    }
}

/// After a failed accept, most often for want of file descriptors.
async fn pause() {
    tokio::time::sleep(Duration::from_millis(100)).await;
}

impl Who {
    fn may(self, user: u32) -> bool {
        let ours = rustix::process::geteuid().as_raw();
        self.group || user == 0 || user == self.owner || user == ours
    }
}

fn listen(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Trouble> {
    let trouble = |happened: String, to_do: &str| {
        Trouble::new("the page cannot be served there.", happened, "everything as it was", to_do)
    };
    if !address.ip().is_loopback() {
        return Err(trouble(
            format!("{address} can be reached from other machines"),
            "name a loopback address such as 127.0.0.1:7417; for others, put a web server with \
             TLS and a login of its own in front of the socket",
        ));
    }
    let listener = TcpListener::bind(address);
    let listener = listener.map_err(|error| {
        trouble(format!("{address}: {error}"), "stop what has that port, or name another one")
    })?;
    let address = listener.local_addr().unwrap_or(address);
    Ok((listener, address))
}
