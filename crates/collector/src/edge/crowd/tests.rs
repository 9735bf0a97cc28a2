//! Networks are counted, and nothing is kept of them.

use super::*;

fn crowd(connections: u32, requests: u32) -> Arc<Crowd> {
    Crowd::new(Allowance { connections, requests })
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn one_network_has_its_connections_and_no_more() {
    let crowd = crowd(2, 0);
    let first = crowd.enter(address("192.0.2.1")).unwrap();
    let _second = crowd.enter(address("192.0.2.200")).unwrap();
    assert!(crowd.enter(address("192.0.2.3")).is_none());
    // Written as IPv6, it is the same network.
    assert!(crowd.enter(address("::ffff:192.0.2.4")).is_none());
    drop(first);
    assert!(crowd.enter(address("192.0.2.3")).is_some());
}

#[test]
fn whoever_comes_from_this_machine_is_known_as_such_and_nobody_else() {
    let crowd = crowd(0, 0);
    let is_local = |text| crowd.enter(address(text)).unwrap().is_local();
    assert!(["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"].into_iter().all(is_local));
    assert!(!["10.0.0.1", "192.168.1.2", "::2", "fe80::1", "0.0.0.0"].into_iter().any(is_local));
}

#[test]
fn requests_are_counted_by_network_and_not_by_connection() {
    let crowd = crowd(0, 3);
    let guests = ["2001:db8:1:a::1", "2001:db8:1:b::2"].map(|text| crowd.enter(address(text)));
    let asked: Vec<bool> = (0..4).map(|at| guests[at % 2].as_ref().unwrap().may_ask()).collect();
    assert_eq!(asked, [true, true, true, false]);
    // Nearly always another place; the salt is another in every run.
    let mut others = (0..8).filter_map(|n| crowd.enter(address(&format!("2001:db8:2{n}::1"))));
    assert!(others.any(|guest| guest.may_ask()));
}

#[test]
fn a_flood_of_networks_takes_no_memory_of_its_own() {
    let crowd = crowd(1, 1);
    for number in 0..200_000u32 {
        let _ = crowd.enter(IpAddr::from(number.to_be_bytes()));
    }
    assert_eq!(crowd.places.len(), NETWORK_PLACES);
    assert!(crowd.places.iter().all(|place| place.connections.load(Ordering::Relaxed) == 0));
}

#[test]
fn another_salt_puts_a_network_elsewhere() {
    let place = |crowd: Arc<Crowd>| crowd.enter(address("192.0.2.1")).unwrap().place;
    let places: Vec<usize> = (0..8).map(|_| place(crowd(0, 0))).collect();
    assert!(places.iter().any(|place| *place != places[0]), "{places:?}");
}

#[test]
fn a_turnstile_opens_again_with_the_next_minute() {
    let turnstile = Turnstile::new(2);
    assert_eq!([(); 3].map(|()| turnstile.may_pass()), [true, true, false]);
    turnstile.begin_minute();
    assert!(turnstile.may_pass());
    let open = Turnstile::new(0);
    assert!((0..100_000).all(|_| open.may_pass()));
}
