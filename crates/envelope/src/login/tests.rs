//! The servers' own examples.

use super::{Scram, from_base64, mysql_native, mysql_sha2, to_base64};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}

#[test]
fn scram_answers_as_in_rfc_7677() {
    // The RFC's example names its user; PostgreSQL leaves the name empty, and so do we. What the
    // name changes is computed here from the RFC's own messages.
    let mut scram = Scram::new("rOprNGfwEbeRWgbNEkqO");
    assert_eq!(scram.first(), "n,,n=,r=rOprNGfwEbeRWgbNEkqO");
    let server_first = "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                        s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";
    let last = scram.last("pencil", server_first).unwrap();
    assert!(last.starts_with("c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p="));
    assert!(!scram.is_proven("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
    let proof = to_base64(&scram.server_signature);
    assert!(scram.is_proven(&format!("v={proof}")));
    let salted = super::salted("pencil", &from_base64("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), 4096);
    let key = super::hmac(&salted.unwrap(), b"Server Key").unwrap();
    let signed = "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF\
                  $k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,c=biws,\
                  r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let signature = to_base64(&super::hmac(&key, signed.as_bytes()).unwrap());
    assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}

#[test]
fn a_server_that_speaks_no_scram_is_not_answered() {
    for message in [
        "",
        "r=abc,s=W22Z,i=4096",
        "r=xyz123,s=W22Z,i=4096",
        "r=abc123,s=!,i=4096",
        "r=abc123,s=W22Z,i=0",
        "r=abc123,s=W22Z,i=4000000000",
        "r=abc123,s=W22Z",
    ] {
        assert_eq!(Scram::new("abc").last("x", message), None, "{message}");
    }
    assert!(Scram::new("abc").last("x", "r=abc123,s=W22Z,i=1").is_some());
    assert!(!Scram::new("abc").is_proven("v="));
}

#[test]
fn mysql_is_answered_as_its_manual_says() {
    // SHA1(password) XOR SHA1(nonce || SHA1(SHA1(password))), computed by another
    // program.
    let nonce: Vec<u8> = (1..=20).collect();
    assert_eq!(hex(&mysql_native("secret", &nonce)), NATIVE);
    assert_eq!(hex(&mysql_sha2("secret", &nonce)), SHA2);
}

const NATIVE: &str = "b32bb3a583e1340c0a1108d58b1be49781ad8c2f";
const SHA2: &str = "746ebe205d56a0707acb3e796e834e0dd7b1d61743b26bd5202c7a623230c7c9";

#[test]
fn base64_is_read_as_it_is_written() {
    for bytes in [&b""[..], b"a", b"ab", b"abc", b"abcd", &[0, 255, 128, 7]] {
        assert_eq!(from_base64(&to_base64(bytes)).as_deref(), Some(bytes));
    }
    assert_eq!(to_base64(b"n,,"), "biws");
    assert_eq!(from_base64("ä"), None);
}
