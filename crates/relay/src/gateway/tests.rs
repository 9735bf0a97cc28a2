//! What names a gateway, and what does not.

use super::*;

fn of(text: &str) -> Result<Gateway, GatewayError> {
    text.parse()
}

#[test]
fn a_gateway_is_a_scheme_a_host_and_what_is_left_out_is_the_usual() {
    let gateway = of("https://collector.example").unwrap();
    assert_eq!(gateway.to_string(), "https://collector.example/ohttp");
    assert_eq!((gateway.port, gateway.name.as_deref()), (443, None));
    assert_eq!(gateway.keys_path(), "/ohttp-keys");
    assert_eq!(gateway.signed_keys_path(), "/ohttp-keys/signed");
    let gateway = of("larkspur=https://[2001:db8::1]:8443/a/gateway").unwrap();
    assert_eq!(gateway.authority(), "[2001:db8::1]:8443");
    assert_eq!((gateway.keys_path(), gateway.label()), ("/a/ohttp-keys".into(), "larkspur"));
    assert_eq!(of("http://127.0.0.1:8710").unwrap().authority(), "127.0.0.1:8710");
    assert!(of("http://[::1]:8710").is_ok());
}

#[test]
fn plain_http_leaves_no_machine() {
    for text in
        ["http://collector.example", "http://10.0.0.1", "http://localhost:1", "http://0.0.0.0"]
    {
        assert_eq!(of(text), Err(GatewayError::Plain), "{text}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for (text, error) in [
        ("collector.example", GatewayError::Scheme),
        ("ftp://a", GatewayError::Scheme),
        ("https://", GatewayError::Address),
        ("https://a:0", GatewayError::Address),
        ("https://a:b", GatewayError::Address),
        ("https://user@a", GatewayError::Address),
        ("https://[::1", GatewayError::Address),
        ("https://[::1]x", GatewayError::Address),
        ("https://[a]", GatewayError::Address),
        ("https://a/b?c", GatewayError::Path),
        ("https://a/%2e", GatewayError::Path),
        ("A=https://a", GatewayError::Name),
        ("=https://a", GatewayError::Name),
        ("metrics=https://a", GatewayError::Taken),
    ] {
        assert_eq!(of(text), Err(error), "{text}");
    }
}

#[test]
fn two_gateways_can_be_told_apart() {
    let all =
        |texts: &[&str]| check_all(&texts.iter().map(|text| of(text).unwrap()).collect::<Vec<_>>());
    assert!(all(&["https://a", "b=https://b", "c=https://c"]).is_ok());
    assert!(all(&["https://a", "https://b"]).is_err());
    assert!(all(&["b=https://a", "b=https://b"]).is_err());
}
