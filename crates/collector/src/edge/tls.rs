//! TLS of the server's own, so that no proxy has to see addresses.

use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

/// Why certificate and key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// The certificate's file cannot be read.
    #[error("{} holds no certificate in PEM form", .0.display())]
    Certificate(PathBuf, #[source] rustls::pki_types::pem::Error),
    /// The key's file cannot be read.
    #[error("{} holds no private key in PEM form", .0.display())]
    Key(PathBuf, #[source] rustls::pki_types::pem::Error),
    /// The two do not belong together, or cannot be used.
    #[error("certificate and key cannot be used together")]
    Pair(#[source] rustls::Error),
}

/// A certificate and its key, read again when the server is told to.
pub struct Tls {
    certificate: PathBuf,
    key: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
}

impl Tls {
    /// Reads both files.
    ///
    /// # Errors
    /// If one cannot be read, or they do not belong together.
    pub fn open(certificate: &Path, key: &Path) -> Result<Self, TlsError> {
        let acceptor = RwLock::new(read(certificate, key)?);
        Ok(Self { certificate: certificate.to_owned(), key: key.to_owned(), acceptor })
    }

    /// Reads both files again. Connections that are open keep what they have.
    ///
    /// # Errors
    /// As [`Self::open`]; what was read before then stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let acceptor = read(&self.certificate, &self.key)?;
        *self.acceptor.write().unwrap_or_else(std::sync::PoisonError::into_inner) = acceptor;
        Ok(())
    }

    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

fn read(certificate: &Path, key: &Path) -> Result<TlsAcceptor, TlsError> {
    let failed = |error| TlsError::Certificate(certificate.to_owned(), error);
    let chain: Vec<_> = CertificateDer::pem_file_iter(certificate)
        .map_err(failed)?
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    let key =
        PrivateKeyDer::from_pem_file(key).map_err(|error| TlsError::Key(key.to_owned(), error))?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    // A sender that comes back would be known again by its ticket, under another tag.
    config.send_tls13_tickets = 0;
    config.session_storage = Arc::new(rustls::server::NoServerSessionStorage {});
    Ok(TlsAcceptor::from(Arc::new(config)))
}
