//! The same RFC from another hand, the crate `ohttp`: as gateway for our sender, as sender for our
//! gateway.

use envelope::oblivious::{Gateway, GatewayKey, Kem, Response, Sealer, TrustedKeys};
use ohttp::hpke::{Aead, Kdf, Kem as OtherKem};
use ohttp::{ClientRequest, KeyConfig, Server, SymmetricSuite};

use super::{KINDS, part, receipt};
use crate::fixture::{Counting, TODAY};

fn theirs(kem: Kem) -> OtherKem {
    match kem {
        Kem::X25519 => OtherKem::X25519Sha256,
        Kem::XWing => OtherKem::XWing,
    }
}

#[test]
fn another_gateway_opens_what_we_seal() {
    for kem in KINDS {
        let suites = [Aead::ChaCha20Poly1305, Aead::Aes128Gcm, Aead::Aes256Gcm];
        let suites = suites.map(|aead| SymmetricSuite::new(Kdf::HkdfSha256, aead));
        let config = KeyConfig::new(3, theirs(kem), suites.to_vec()).unwrap();
        let server = Server::new(config).unwrap();
        let list = KeyConfig::encode_list(&[server.config()]).unwrap();
        let keys = TrustedKeys::without_signature(&list).unwrap();
        let sealer = Sealer::new(&keys, kem).unwrap();
        let sent = sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap();
        let (plain, responder) = server.decapsulate(&sent.bytes).unwrap();
        let message = bhttp::Message::read_bhttp(&mut std::io::Cursor::new(&plain[..])).unwrap();
        assert_eq!(message.control().path(), Some(&b"/v1/candor-demo/usage"[..]));
        assert_eq!(message.content(), b"{}");
        let answer = responder.encapsulate(&[0x01, 0x40, 0xc8]).unwrap();
        let answer = sent.opener.open(&answer).unwrap();
        assert!(answer == Response { status: 200, headers: Vec::new(), body: Vec::new() });
    }
}

#[test]
fn our_gateway_opens_what_another_sender_seals() {
    for kem in KINDS {
        let gateway = Gateway::new(vec![GatewayKey::generate(kem, 9, TODAY, &mut Counting(3))]);
        let list = gateway.configurations(TODAY);
        let client = ClientRequest::from_encoded_config_list(&list).unwrap();
        let plain = b"\x00\x03GET\x05https\x0bexample.com\x01/";
        let (capsule, opener) = client.encapsulate(plain).unwrap();
        let (request, responder) = gateway.open(&capsule, TODAY).unwrap();
        assert_eq!((&*request.method, &*request.authority), ("GET", "example.com"));
        let sealed = responder.seal(&receipt(b"signed"), &mut Counting(4)).unwrap();
        let answer = opener.decapsulate(&sealed).unwrap();
        assert_eq!(answer.len(), 2_048);
        assert!(answer.starts_with(b"\x01\x40\xc9"));
    }
}
