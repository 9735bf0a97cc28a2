//! Blind transport through its public interface: sender, relay's view, gateway.

mod documents;
mod hostile;
mod keys;
mod other;

use envelope::oblivious::{Gateway, GatewayKey, Kem, Request, Response, Sealer, TrustedKeys};
use envelope::oblivious::{OpenError, SealError, limits};

use crate::fixture::{Counting, TODAY};

pub(crate) const KINDS: [Kem; 2] = [Kem::X25519, Kem::XWing];

pub(crate) fn gateway(kem: Kem) -> Gateway {
    Gateway::new(vec![GatewayKey::generate(kem, 7, TODAY, &mut Counting(50))])
}

pub(crate) fn sealer(gateway: &Gateway, kem: Kem) -> Sealer {
    let keys = TrustedKeys::without_signature(&gateway.configurations(TODAY)).unwrap();
    Sealer::new(&keys, kem).unwrap()
}

pub(crate) fn part(body: &[u8]) -> Request {
    Request {
        method: "POST".into(),
        authority: "collector.example".into(),
        path: "/v1/candor-demo/usage".into(),
        headers: vec![("content-type".into(), "application/json".into())],
        body: body.to_vec(),
    }
}

fn receipt(body: &[u8]) -> Response {
    let headers = vec![("retry-after".into(), "30".into())];
    Response { status: 201, headers, body: body.to_vec() }
}

#[test]
fn a_request_and_its_answer_arrive_as_they_were_sent() {
    for kem in KINDS {
        let gateway = gateway(kem);
        let sent = sealer(&gateway, kem).seal(&part(b"{}"), &mut Counting(1)).unwrap();
        let (request, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
        assert!(request == part(b"{}"));
        let sealed = responder.seal(&receipt(b"signed"), &mut Counting(9)).unwrap();
        assert!(sent.opener.open(&sealed).unwrap() == receipt(b"signed"));
    }
}

#[test]
fn the_request_of_rfc_9458_is_opened_with_the_key_that_stands_there() {
    let private = "3c168975674b2fa8e465970b79c8dcf09f1c741626480bd4c6162fc5b6a98e1a";
    let text =
        format!(r#"{{"first_day":"{TODAY}","id":1,"kem":"x25519","private":"{private}"}}{}"#, "\n");
    let key = GatewayKey::from_file_text(&text).unwrap();
    assert_eq!(*key.to_file_text(), text);
    let configuration = "01002031e1f05a740102115220e9af918f738674aec95f54db6e04eb705aae8e798155\
                         00080001000100010003";
    let listed = [&[0, 45][..], &unhex(configuration)].concat();
    let listed = TrustedKeys::without_signature(&listed).unwrap();
    assert_eq!(listed.configurations()[0].to_bytes(), key.configuration().to_bytes());
    let capsule = "010020000100014b28f881333e7c164ffc499ad9796f877f4e1051ee6d31bad19dec96c208b472\
                   6374e469135906992e1268c594d2a10c695d858c40a026e7965e7d86b83dd440b2c0185204b4d6\
                   3525";
    let (request, _) = Gateway::new(vec![key]).open(&unhex(capsule), TODAY).unwrap();
    assert_eq!(
        (&*request.method, &*request.authority, &*request.path),
        ("GET", "example.com", "/")
    );
}

#[test]
fn a_length_tells_one_of_two_classes_and_an_answers_one_of_three() {
    let gateway = gateway(Kem::X25519);
    let sealer = sealer(&gateway, Kem::X25519);
    let length = |bytes: usize| {
        let sent = sealer.seal(&part(&vec![b'x'; bytes]), &mut Counting(1)).unwrap();
        let (_, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
        let answer = responder.seal(&receipt(&vec![b'x'; bytes]), &mut Counting(1)).unwrap();
        (sent.bytes.len(), answer.len())
    };
    let around = [2_048, 20_480].map(|class| (class + 7 + 32 + 16, class + 16 + 16));
    for bytes in [0, 1, 250, 380, 1_000, 1_500] {
        assert_eq!(length(bytes), around[0], "{bytes}");
    }
    for bytes in [2_048, 3_000, 16_384] {
        assert_eq!(length(bytes), around[1], "{bytes}");
    }
}

#[test]
fn what_fits_no_class_is_not_sealed() {
    let gateway = gateway(Kem::X25519);
    let sealer = sealer(&gateway, Kem::X25519);
    let large = part(&vec![0; limits::REQUEST_CLASSES_BYTES[1]]);
    assert!(matches!(
        sealer.seal(&large, &mut Counting(1)),
        Err(SealError::TooLarge { bytes_max: 20_480 })
    ));
}

#[test]
fn a_sender_that_may_not_read_opens_the_answer_and_not_the_request() {
    for kem in KINDS {
        let gateway = gateway(kem);
        let sent = sealer(&gateway, kem).seal(&part(b"{}"), &mut Counting(1)).unwrap();
        let handed = envelope::oblivious::Opener::from_exposed(&sent.opener.expose()).unwrap();
        let (_, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
        let sealed = responder.seal(&receipt(b"signed"), &mut Counting(9)).unwrap();
        assert_eq!(handed.open(&sealed).unwrap().status, 201);
        // The capsule without its header and encapsulated key is what an answer looks like.
        let head = sent.bytes.len() - 2_048 - 16;
        assert!(handed.open(&sent.bytes[head..]).is_err());
        assert!(handed.open(&sent.bytes).is_err());
    }
}

#[test]
fn an_operator_opens_a_capsule_that_was_caught_on_its_way() {
    for kem in KINDS {
        let gateway = gateway(kem);
        let sealer = sealer(&gateway, kem);
        let sent = sealer.seal(&part(b"{\"a\":1}"), &mut Counting(1)).unwrap();
        let other = sealer.seal(&part(b"{\"a\":1}"), &mut Counting(2)).unwrap();
        let kept = envelope::oblivious::CapsuleKey::from_exposed(&sent.key.expose()).unwrap();
        assert!(kept.open(&sent.bytes).unwrap() == part(b"{\"a\":1}"));
        assert!(matches!(kept.open(&other.bytes), Err(OpenError::Sealed)));
        for place in [0, 3, 20, sent.bytes.len() - 1] {
            let mut changed = sent.bytes.clone();
            changed[place] ^= 1;
            assert!(matches!(kept.open(&changed), Err(OpenError::Sealed)), "{place}");
        }
    }
}

#[test]
fn two_capsules_of_the_same_bytes_have_nothing_in_common_but_their_header() {
    let gateway = gateway(Kem::X25519);
    let sealer = sealer(&gateway, Kem::X25519);
    let one = sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap().bytes;
    let two = sealer.seal(&part(b"{}"), &mut Counting(100)).unwrap().bytes;
    assert_eq!(one[..7], two[..7]);
    let same = one.iter().zip(&two).skip(7).filter(|(a, b)| a == b).count();
    // Of 2,096 bytes one in 256 agrees by chance.
    assert!(same < 40, "{same}");
}

#[test]
fn an_answer_for_another_request_is_refused() {
    let gateway = gateway(Kem::X25519);
    let sealer = sealer(&gateway, Kem::X25519);
    let one = sealer.seal(&part(b"{}"), &mut Counting(1)).unwrap();
    let two = sealer.seal(&part(b"{}"), &mut Counting(100)).unwrap();
    let (_, responder) = gateway.open(&one.bytes, TODAY).unwrap();
    let answer = responder.seal(&receipt(b""), &mut Counting(9)).unwrap();
    assert!(matches!(two.opener.open(&answer), Err(OpenError::Sealed)));
    assert!(matches!(one.opener.open(&answer[..15]), Err(OpenError::Truncated)));
}

#[test]
fn no_secret_is_printed() {
    let gateway = gateway(Kem::X25519);
    let sent = sealer(&gateway, Kem::X25519).seal(&part(b"canary"), &mut Counting(1)).unwrap();
    let (request, responder) = gateway.open(&sent.bytes, TODAY).unwrap();
    let printed = format!("{gateway:?} {:?} {:?} {responder:?} {request:?}", sent.opener, sent.key);
    assert_eq!(
        printed,
        "Gateway { keys: [GatewayKey { configuration: Configuration { id: 7, kem: X25519, .. }, \
         first_day: 2026-11-20, .. }] } Opener(..) CapsuleKey(..) Responder(..) Request(..)"
    );
}

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
