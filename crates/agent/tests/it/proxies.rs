//! Proxies and certificates: every setting is honoured, and nothing is believed without proof.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::machine::Machine;

/// Answers each connection with 502 and tells its first line.
fn proxy() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            let _ = stream.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
            tell.send(line).unwrap();
        }
    });
    (address, told)
}

/// Sends with these variables; the first line that the proxy got, if any.
fn through(
    told: &Receiver<String>,
    variables: &[(&str, &str)],
    options: &[&str],
) -> Option<String> {
    let machine = Machine::agreed("https://stats.larkspur.invalid");
    let mut command = machine.command(&["send", "usage"]);
    let output = command.args(options).envs(variables.iter().copied()).output().unwrap();
    assert!(!output.status.success());
    told.try_recv().ok()
}

// Promise 40.
#[test]
fn every_proxy_setting_is_honoured() {
    let (address, told) = proxy();
    let connect = Some("CONNECT stats.larkspur.invalid:443 HTTP/1.1\r\n".to_owned());
    for variable in ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "CANDOR_PROXY"] {
        assert_eq!(through(&told, &[(variable, &address)], &[]), connect, "{variable}");
    }
    assert_eq!(through(&told, &[], &["--proxy", &address]), connect);
    let both = [("HTTPS_PROXY", address.as_str()), ("NO_PROXY", "larkspur.invalid")];
    assert_eq!(through(&told, &both, &[]), None);
    assert_eq!(through(&told, &[("HTTPS_PROXY", &address)], &["--proxy", "none"]), None);
}

#[test]
fn what_goes_to_this_machine_does_not_leave_it_through_a_proxy() {
    let (address, told) = proxy();
    let machine = Machine::agreed("http://127.0.0.1:9");
    let mut command = machine.command(&["send", "usage"]);
    for variable in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "CANDOR_PROXY"] {
        command.env(variable, &address);
    }
    command.output().unwrap();
    assert!(told.try_recv().is_err());
}

#[test]
fn a_proxys_password_is_never_shown() {
    let machine = Machine::agreed("https://stats.larkspur.invalid");
    for proxy in ["http://me:hush-hush@127.0.0.1:9", "gopher://me:hush-hush@127.0.0.1:9"] {
        let error = machine.fails(&["send", "usage", "--proxy", proxy]);
        assert!(!error.contains("hush-hush"), "{error}");
    }
}

/// A server's side of TLS, with a certificate that it signed itself.
pub(crate) fn certified_by_itself() -> Arc<rustls::ServerConfig> {
    certified(include_bytes!("localhost.crt"), include_bytes!("localhost.key"))
}

/// A server's side of TLS, with this certificate and its key.
pub(crate) fn certified(certificate: &[u8], key: &[u8]) -> Arc<rustls::ServerConfig> {
    let certificates = CertificateDer::pem_slice_iter(certificate).map(Result::unwrap).collect();
    let key = PrivateKeyDer::from_pem_slice(key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .unwrap();
    Arc::new(config)
}

/// A collector on this machine, which is busy. Tells what it received after each handshake.
pub(crate) fn busy(config: Arc<rustls::ServerConfig>) -> (String, Receiver<usize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let (tell, told) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut server = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut bytes = [0; 4096];
            let mut tls = rustls::Stream::new(&mut server, &mut stream);
            let (mut request, mut ended) = (Vec::new(), false);
            while !ended {
                let read = tls.read(&mut bytes).unwrap_or(0);
                request.extend_from_slice(bytes.get(..read).unwrap_or_default());
                ended = read == 0 || request.ends_with(b"0\r\n\r\n");
            }
            let received = request.len();
            let _ = tls.write_all(b"HTTP/1.1 503 Busy\r\ncontent-length: 0\r\n\r\n");
            tell.send(received).unwrap();
        }
    });
    (address, told)
}

// Promise 18.
#[test]
fn a_self_signed_collector_is_refused_and_hears_nothing() {
    let (address, told) = busy(certified_by_itself());
    let machine = Machine::agreed(&address);
    let error = machine.fails(&["send", "usage"]);
    assert!(error.contains("could not prove who it is"), "{error}");
    assert!(error.contains("--ca"), "{error}");
    assert_eq!(told.recv().unwrap(), 0, "not a byte after the handshake");
    // The same one, once its certificate is trusted by the site.
    let ca = machine.path("site.pem");
    std::fs::write(&ca, include_bytes!("localhost.crt")).unwrap();
    let error = machine.fails(&["send", "usage", "--ca", ca.to_str().unwrap()]);
    assert!(error.contains("the collector answered 503"), "{error}");
    assert!(told.recv().unwrap() > 0);
}

#[test]
fn a_certificate_authority_that_is_none_is_said_to_be_none() {
    let machine = Machine::agreed("https://stats.larkspur.invalid");
    std::fs::write(machine.path("ca.pem"), "no certificate").unwrap();
    let ca = machine.path("ca.pem");
    let error = machine.fails(&["send", "usage", "--ca", ca.to_str().unwrap()]);
    assert!(error.contains("BEGIN CERTIFICATE"), "{error}");
}
