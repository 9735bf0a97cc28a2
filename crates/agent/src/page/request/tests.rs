//! What is read from a request.

use super::*;

fn request(headers: &[(&str, &str)], body: &str) -> Request {
    let headers = headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Request {
        way: Way::Socket,
        method: "POST".into(),
        path: "/".into(),
        query: "channel=a%2Fb+c&tier=%zz".into(),
        headers,
        body: body.as_bytes().to_vec(),
    }
}

#[test]
fn forms_and_json_say_the_same() {
    let form = request(&[], "choice=no&channel=usage");
    let kind = [("content-type", "application/json; charset=utf-8")];
    let json = request(&kind, r#"{"choice":"no","channel":"usage"}"#);
    for request in [form, json] {
        assert_eq!(request.posted("choice").as_deref(), Some("no"));
        assert_eq!(request.posted("channel").as_deref(), Some("usage"));
        assert_eq!(request.posted("csrf"), None);
    }
}

#[test]
fn what_is_no_text_is_no_value() {
    let request = request(&[], "a=%ff&b=%4&c=%");
    assert_eq!(request.queried("channel").as_deref(), Some("a/b c"));
    assert_eq!(request.queried("tier"), None);
    for name in ["a", "b", "c"] {
        assert_eq!(request.posted(name), None, "{name}");
    }
}

#[test]
fn a_header_that_stands_twice_says_nothing() {
    let request = request(&[("host", "a"), ("host", "b"), ("cookie", "x=1; candor=2; y")], "");
    assert_eq!(request.header("host"), None);
    assert!(request.has("host"));
    assert_eq!(request.cookies("candor").collect::<Vec<_>>(), ["2"]);
}

#[test]
fn debug_output_shows_neither_path_nor_body() {
    let shown = format!("{:?}", request(&[("cookie", "candor=secret")], "csrf=secret"));
    assert!(!shown.contains("secret"), "{shown}");
}
