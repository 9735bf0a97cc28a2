//! What is said is heard, and what is something else is refused.

use super::*;

fn said(words: &impl Serialize) -> Vec<u8> {
    let mut bytes = Vec::new();
    say(&mut bytes, words).unwrap();
    bytes
}

#[test]
fn what_is_said_is_heard() {
    let through = Through { relay: "https://relay.example".into(), fleet: Some("PEM".into()) };
    for ask in [Ask::Environment, Ask::Policy, Ask::Keys(through.clone()), Ask::Carry(through)] {
        assert_eq!(hear::<Ask>(&mut said(&ask).as_slice()).unwrap(), ask);
    }
    let environment = Environment::read("the sender", |_| Some("0".into()));
    for tell in [Tell::Ready, Tell::Left, Tell::Environment(environment)] {
        assert_eq!(hear::<Tell>(&mut said(&tell).as_slice()).unwrap(), tell);
    }
}

#[test]
fn an_answer_comes_back_as_it_was_given() {
    let reply = Reply { status: 503, retry_after_seconds: Some(60), body: vec![0, 1, 255] };
    let mut bytes = Vec::new();
    answer(&mut bytes, Ok(reply.clone())).unwrap();
    let mut rest = bytes.as_slice();
    let first = hear(&mut rest).unwrap();
    let back = answered(&mut rest, first, 3).unwrap().unwrap();
    assert_eq!((back.status, back.retry_after_seconds), (503, Some(60)));
    assert_eq!(back.body, reply.body);
    for error in [NoReply::Silent("away".into()), NoReply::Unproven("another".into())] {
        let mut bytes = Vec::new();
        answer(&mut bytes, Err(error.clone())).unwrap();
        let mut rest = bytes.as_slice();
        let first = hear(&mut rest).unwrap();
        assert_eq!(answered(&mut rest, first, 3).unwrap().unwrap_err(), error);
    }
}

#[test]
fn what_is_too_long_cut_short_or_something_else_is_refused() {
    let kind = |bytes: &[u8], bytes_max| take(&mut &*bytes, bytes_max).unwrap_err().kind();
    assert_eq!(take(&mut &[0, 0, 0, 2, 7, 8][..], 2).unwrap(), [7, 8]);
    assert_eq!(kind(&[0, 0, 0, 3, 7, 8, 9], 2), io::ErrorKind::InvalidData);
    assert_eq!(kind(&[255, 255, 255, 255], 64), io::ErrorKind::InvalidData);
    assert_eq!(kind(&[0, 0, 0, 3, 7], 3), io::ErrorKind::UnexpectedEof);
    assert_eq!(kind(&[0, 0], 3), io::ErrorKind::UnexpectedEof);
    assert!(hear::<Ask>(&mut &b"\0\0\0\x02{}"[..]).is_err());
    let more = serde_json::json!({ "ask": "keys", "relay": "a", "fleet": null, "more": 1 });
    assert!(hear::<Ask>(&mut said(&more).as_slice()).is_err());
    let mut rest = &b""[..];
    assert!(answered(&mut rest, Tell::Ready, 3).is_err());
}
