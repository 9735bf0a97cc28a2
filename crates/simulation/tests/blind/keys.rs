//! Gateways' keys through the relay: one copy for everybody.

use crate::gateway::Gateway;
use crate::program::Relay;
use crate::wire;

#[test]
fn everybody_is_served_one_copy_that_no_question_fetched() {
    let gateway = Gateway::start();
    let relay = Relay::before(gateway.address, &[]).with_keys();
    for _ in 0..30 {
        let answer = wire::get(relay.address, "/ohttp-keys");
        assert_eq!(answer.status(), 200);
        assert_eq!(answer.header("content-type"), Some("application/ohttp-keys"));
        assert!(answer.header("age").unwrap().parse::<u64>().unwrap() < 60);
        assert_eq!(answer.body, gateway.keys());
        assert!(answer.header("etag").is_none() && answer.header("set-cookie").is_none());
    }
    assert_eq!(gateway.fetches(), 1);
}

#[test]
fn without_a_gateway_there_are_no_keys_and_health_says_so() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let relay = Relay::before(nobody, &[]);
    for path in ["/ohttp-keys", "/ohttp-keys/signed"] {
        let answer = wire::get(relay.address, path);
        assert_eq!((answer.status(), answer.header("retry-after")), (503, Some("60")));
    }
    let health = wire::get(relay.address, "/health");
    assert_eq!((health.status(), &*health.body), (503, &b"{\"status\":\"no-keys\"}"[..]));
}
