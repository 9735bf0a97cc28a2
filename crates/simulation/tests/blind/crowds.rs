//! Limits per network, counted without addresses.

use std::net::Ipv4Addr;
use std::path::Path;
use std::process::Command;

use crate::gateway::{Gateway, Manner};
use crate::program::Relay;
use crate::wire::{open_from, post, rest};

fn address(network: u8, host: u8) -> Ipv4Addr {
    Ipv4Addr::new(127, 1, network, host)
}

#[test]
fn a_network_that_asks_too_much_is_told_to_wait_and_others_are_not() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &["--requests-per-network-hour", "3"]);
    let ask = |from| post(&open_from(from, relay.address), "/", "", b"sealed").unwrap();
    let statuses: Vec<_> = (1..=5).map(|host| ask(address(1, host)).status()).collect();
    assert_eq!(statuses, [200, 200, 200, 429, 429]);
    assert_eq!(ask(address(1, 9)).header("retry-after"), Some("1800"));
    assert_eq!(ask(address(2, 1)).status(), 200);
    assert_eq!(gateway.heard().len(), 4);
}

#[test]
fn a_network_with_too_many_connections_gets_no_more_and_others_do() {
    let gateway = Gateway::start();
    gateway.be(Manner::Mirror);
    let relay = Relay::before(gateway.address, &["--connections-per-network", "3"]);
    let held: Vec<_> = (1..=3).map(|host| open_from(address(1, host), relay.address)).collect();
    assert!(held.iter().all(|stream| post(stream, "/", "", b"sealed").unwrap().status() == 200));
    assert!(rest(&open_from(address(1, 9), relay.address)).is_empty());
    let other = open_from(address(2, 1), relay.address);
    assert_eq!(post(&other, "/", "", b"sealed").unwrap().status(), 200);
    drop(held);
    while post(&open_from(address(1, 9), relay.address), "/", "", b"sealed").is_none() {
        std::thread::yield_now();
    }
    assert!(!relay.metrics().contains("candor_relay_turned_away_total 0\n"));
}

#[test]
fn where_few_files_may_be_open_connections_leave_some_to_the_gateway() {
    let gateway = Gateway::start();
    // Each request needs a connection of its own to the gateway.
    gateway.be(Manner::Closing);
    let few = |program: &Path| {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n 200 && exec \"$0\" \"$@\""]).arg(program);
        shell
    };
    let gateways = format!("http://{}", gateway.address);
    let relay = Relay::start_as(few, &["--listen", "127.0.0.1:0", "--gateway", &gateways]);
    let held: Vec<_> = (0..200).map(|_| open_from(address(1, 1), relay.address)).collect();
    for stream in &held[..50] {
        let (capsule, _) = gateway.seal("who is there");
        assert_eq!(post(stream, "/", "", &capsule).unwrap().status(), 200);
    }
}
