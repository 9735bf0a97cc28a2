//! A gateway for tests: opens capsules, answers as it is told, and remembers all that it was sent.

use std::convert::Infallible;
use std::io::{BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use envelope::oblivious::{self, GatewayKey, Kem, Opener, Request, Response, Sealer, TrustedKeys};
use jiff::civil::{Date, date};
use rand_core::{TryCryptoRng, TryRng};

use crate::wire::{self, Message};

pub(crate) const TODAY: Date = date(2026, 11, 20);

/// How it answers a sealed request.
#[derive(Debug, Clone, Default)]
pub(crate) enum Manner {
    /// Sealed, with what was asked in the answer.
    #[default]
    Sealed,
    /// These bytes, as they stand.
    Bytes(Vec<u8>),
    /// With the request's bytes, as an answer: what it is then the sender will see.
    Mirror,
    /// Closes the connection after each answer, without saying so.
    Closing,
    /// Not at all.
    Silence,
}

pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    inner: Arc<Inner>,
}

struct Inner {
    gateway: oblivious::Gateway,
    manner: Mutex<Manner>,
    heard: Mutex<Vec<Message>>,
    peers: Mutex<Vec<SocketAddr>>,
    waiting: Mutex<Vec<TcpStream>>,
}

impl Gateway {
    pub(crate) fn start() -> Self {
        Self::start_at("127.0.0.1:0".parse().unwrap())
    }

    pub(crate) fn start_at(address: SocketAddr) -> Self {
        let listener = TcpListener::bind(address).unwrap();
        let address = listener.local_addr().unwrap();
        let key = GatewayKey::generate(Kem::X25519, 5, TODAY, &mut Stepping(11));
        let inner = Arc::new(Inner {
            gateway: oblivious::Gateway::new(vec![key]),
            manner: Mutex::default(),
            heard: Mutex::default(),
            peers: Mutex::default(),
            waiting: Mutex::default(),
        });
        let shared = Arc::clone(&inner);
        // Both kinds of threads end with the test's process.
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let inner = Arc::clone(&shared);
                std::thread::spawn(move || inner.serve(&stream.unwrap()));
            }
        });
        Self { address, inner }
    }

    pub(crate) fn be(&self, manner: Manner) {
        *self.inner.manner.lock().unwrap() = manner;
    }

    /// Every request that was not for keys.
    pub(crate) fn heard(&self) -> Vec<Message> {
        let heard = self.inner.heard.lock().unwrap();
        heard.iter().filter(|message| message.first_line.starts_with("POST")).cloned().collect()
    }

    pub(crate) fn fetches(&self) -> usize {
        let heard = self.inner.heard.lock().unwrap();
        heard.iter().filter(|m| m.first_line == "GET /ohttp-keys HTTP/1.1").count()
    }

    /// Those that connected.
    pub(crate) fn peers(&self) -> Vec<SocketAddr> {
        self.inner.peers.lock().unwrap().clone()
    }

    pub(crate) fn keys(&self) -> Vec<u8> {
        self.inner.gateway.configurations(TODAY)
    }

    /// A part, sealed.
    pub(crate) fn seal(&self, body: &str) -> (Vec<u8>, Opener) {
        let keys = TrustedKeys::without_signature(&self.keys()).unwrap();
        let sealer = Sealer::new(&keys, Kem::X25519).unwrap();
        let request = Request {
            method: "POST".into(),
            authority: "collector.example".into(),
            path: "/v1/larkspur/usage".into(),
            headers: vec![("content-type".into(), "application/json".into())],
            body: body.as_bytes().to_vec(),
        };
        let seed = body.bytes().map(u64::from).sum::<u64>() + 77;
        let sent = sealer.seal(&request, &mut Stepping(seed)).unwrap();
        (sent.bytes, sent.opener)
    }

    /// Answers those who wait.
    pub(crate) fn answer_waiting(&self, bytes: &[u8]) {
        for mut stream in self.inner.waiting.lock().unwrap().drain(..) {
            stream.write_all(bytes).unwrap();
        }
    }

    pub(crate) fn waiting(&self) -> usize {
        self.inner.waiting.lock().unwrap().len()
    }
}

impl Inner {
    fn serve(&self, stream: &TcpStream) {
        self.peers.lock().unwrap().push(stream.peer_addr().unwrap());
        let mut reader = BufReader::new(stream);
        while let Some(message) = wire::read(&mut reader) {
            self.heard.lock().unwrap().push(message.clone());
            let manner = self.manner.lock().unwrap().clone();
            let mut to = stream;
            let answer = if message.first_line.starts_with("GET /ohttp-keys HTTP") {
                with_type("200 OK", "application/ohttp-keys", &self.gateway.configurations(TODAY))
            } else if message.first_line.starts_with("GET") {
                with_type("404 Not Found", "text/plain", b"no")
            } else {
                match &manner {
                    Manner::Sealed | Manner::Closing => self.answer(&message.body),
                    Manner::Mirror => with_type("200 OK", "message/ohttp-res", &message.body),
                    Manner::Bytes(bytes) => bytes.clone(),
                    Manner::Silence => {
                        self.waiting.lock().unwrap().push(stream.try_clone().unwrap());
                        continue;
                    }
                }
            };
            if to.write_all(&answer).is_err() || matches!(manner, Manner::Closing) {
                let _ = to.shutdown(std::net::Shutdown::Both);
                return;
            }
        }
    }

    fn answer(&self, capsule: &[u8]) -> Vec<u8> {
        match self.gateway.open(capsule, TODAY) {
            Ok((request, responder)) => {
                let body = [b"heard ", request.body.as_slice()].concat();
                let response = Response { status: 201, headers: Vec::new(), body };
                let sealed = responder.seal(&response, &mut Stepping(3)).unwrap();
                with_type("200 OK", "message/ohttp-res", &sealed)
            }
            Err(error) if error.asks_for_new_keys() => {
                let problem = format!(r#"{{"type":"{}"}}"#, oblivious::KEY_PROBLEM);
                with_type("400 Bad Request", "application/problem+json", problem.as_bytes())
            }
            Err(_) => with_type("422 Unprocessable", "text/plain", b"no"),
        }
    }
}

/// An answer of a gateway that would like to know its senders again.
pub(crate) fn with_type(status: &str, media_type: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\
         Set-Cookie: mark=4711\r\nServer: marked\r\nETag: \"mark\"\r\nX-Mark: 4711\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

/// A generator for tests, of no use for keys.
pub(crate) struct Stepping(pub(crate) u64);

impl TryRng for Stepping {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        self.try_next_u64().map(|next| u32::try_from(next >> 32).unwrap())
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        Ok(self.0 ^ (self.0 >> 29))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for byte in bytes {
            *byte = self.try_next_u64()?.to_be_bytes()[0];
        }
        Ok(())
    }
}

impl TryCryptoRng for Stepping {}
