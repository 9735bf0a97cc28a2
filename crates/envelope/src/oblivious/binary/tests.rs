//! The examples of RFC 9292 section 5, and what is refused.

use super::*;

/// Figure 8: a request with known length.
const KNOWN: &str = "0003474554056874747073000a2f68656c6c6f2e747874406c0a757365722d6167656e74346\
    37572\
    6c2f372e31362e33206c69626375726c2f372e31362e33204f70656e53534c2f302e392e376c207a\
    6c69622f312e322e3304686f73740f7777772e6578616d706c652e636f6d0f6163636570742d6c61\
    6e677561676506656e2c206d690000";
/// Figure 9: the same, with indeterminate length and padding.
const INDETERMINATE: &str = "0203474554056874747073000a2f68656c6c6f2e7478740a757365722d6167656e7\
    4346375726c2f\
    372e31362e33206c69626375726c2f372e31362e33204f70656e53534c2f302e392e376c207a6c69\
    622f312e322e3304686f73740f7777772e6578616d706c652e636f6d0f6163636570742d6c616e67\
    7561676506656e2c206d6900000000000000000000000000";
/// Figure 11: an answer with indeterminate length, after two of status 102 and 103.
const INFORMED: &str = "0340660772756e6e696e670a22736c65657020313522004067046c696e6b233c2f737479\
    6c652e63\
    73733e3b2072656c3d7072656c6f61643b2061733d7374796c65046c696e6b243c2f736372697074\
    2e6a733e3b2072656c3d7072656c6f61643b2061733d7363726970740040c804646174651d4d6f6e\
    2c203237204a756c20323030392031323a32383a353320474d540673657276657206417061636865\
    0d6c6173742d6d6f6469666965641d5765642c203232204a756c20323030392031393a31353a3536\
    20474d5404657461671422333461613338372d642d3135363865623030220d6163636570742d7261\
    6e6765730562797465730e636f6e74656e742d6c656e67746802353104766172790f416363657074\
    2d456e636f64696e670c636f6e74656e742d747970650a746578742f706c61696e003348656c6c6f\
    20576f726c6421204d7920636f6e74656e7420696e636c75646573206120747261696c696e672043\
    524c462e0d0a0000";
/// Figure 13: an answer with known length and a trailer.
const TRAILED: &str = "0140c8001d5468697320636f6e74656e7420636f6e7461696e732043524c462e0d0a0d077\
    4726169\
    6c65720474657874";

fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn hello() -> Request {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    Request {
        method: "GET".into(),
        authority: String::new(),
        path: "/hello.txt".into(),
        headers: vec![
            header("user-agent", "curl/7.16.3 libcurl/7.16.3 OpenSSL/0.9.7l zlib/1.2.3"),
            header("host", "www.example.com"),
            header("accept-language", "en, mi"),
        ],
        body: Vec::new(),
    }
}

#[test]
fn the_requests_of_rfc_9292_are_read_and_written() {
    assert_eq!(hello().to_bytes().unwrap(), unhex(KNOWN));
    for example in [KNOWN, INDETERMINATE] {
        assert!(Request::from_bytes(&unhex(example)).unwrap() == hello(), "{example}");
    }
}

#[test]
fn the_answers_of_rfc_9292_are_read() {
    let informed = Response::from_bytes(&unhex(INFORMED)).unwrap();
    assert_eq!((informed.status, informed.header("server")), (200, Some("Apache")));
    assert_eq!(informed.body, b"Hello World! My content includes a trailing CRLF.\r\n");
    let trailed = Response::from_bytes(&unhex(TRAILED)).unwrap();
    assert_eq!(trailed.body, b"This content contains CRLF.\r\n");
}

#[test]
fn a_message_may_end_where_only_empty_parts_would_follow() {
    // RFC 9292 section 3.8: `GET https://example.com/` of RFC 9458 has no headers and no content.
    let short = unhex("00034745540568747470730b6578616d706c652e636f6d012f");
    let request = Request::from_bytes(&short).unwrap();
    assert_eq!((&*request.authority, &*request.path), ("example.com", "/"));
}

#[test]
fn padding_is_zeros_and_nothing_else() {
    let mut padded = unhex(KNOWN);
    padded.resize(2_048, 0);
    assert!(Request::from_bytes(&padded).unwrap() == hello());
    padded[2_000] = 1;
    assert!(matches!(Request::from_bytes(&padded), Err(MessageError::Padding)));
}

#[test]
fn a_header_cannot_smuggle_a_line_nor_an_answer_stand_for_a_request() {
    let mut request = hello();
    request.headers[0].1 = "a\r\nb: c".into();
    assert!(matches!(request.to_bytes(), Err(MessageError::Characters)));
    let mut request = hello();
    request.path = "/a b".into();
    assert!(matches!(request.to_bytes(), Err(MessageError::Characters)));
    assert!(matches!(Request::from_bytes(&unhex(TRAILED)), Err(MessageError::Direction)));
    assert!(matches!(Response::from_bytes(&unhex(KNOWN)), Err(MessageError::Direction)));
    for status in [0, 99, 100, 199, 600] {
        let response = Response { status, headers: Vec::new(), body: Vec::new() };
        assert!(response.to_bytes().is_err(), "{status}");
    }
    let mut request = hello();
    request.headers = vec![("a".into(), "b".into()); FIELDS_MAX + 1];
    assert!(matches!(request.to_bytes(), Err(MessageError::Fields)));
}

#[test]
fn nothing_of_a_message_is_printed() {
    assert_eq!(format!("{:?}", hello()), "Request(..)");
    let response = Response::from_bytes(&unhex(TRAILED)).unwrap();
    assert_eq!(format!("{response:?}"), "Response { status: 200, .. }");
}
