//! Networks are held apart, bounded, and forgotten.

use super::*;

fn crowd(connections: u32, requests: u32) -> Arc<Crowd> {
    Arc::new(Crowd::new([7; 16], Allowance { connections, requests }))
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

#[test]
fn addresses_of_one_network_are_one_and_others_are_not() {
    let same = |a: &str, b: &str| network(address(a)) == network(address(b));
    assert!(same("192.0.2.1", "192.0.2.254") && same("192.0.2.1", "::ffff:192.0.2.9"));
    assert!(same("2001:db8:1:2::3", "2001:db8:1:ffff::"));
    assert!(!same("192.0.2.1", "192.0.3.1") && !same("2001:db8:1::", "2001:db8:2::"));
}

#[test]
fn a_network_has_so_many_connections_and_gets_them_back() {
    let crowd = crowd(2, 0);
    let enter = |text| Crowd::enter(&crowd, address(text));
    let first = enter("192.0.2.1").unwrap();
    let _second = enter("192.0.2.2").unwrap();
    for _ in 0..3 {
        assert!(enter("192.0.2.3").is_none());
    }
    assert!(enter("198.51.100.1").is_some());
    drop(first);
    assert!(enter("192.0.2.3").is_some());
}

#[test]
fn a_network_makes_so_many_requests_under_one_salt() {
    let before = crowd(0, 3);
    let guest = Crowd::enter(&before, address("192.0.2.1")).unwrap();
    assert_eq!(
        (0..5).map(|_| guest.may_ask()).collect::<Vec<_>>(),
        [true, true, true, false, false]
    );
    let again = Crowd::enter(&before, address("192.0.2.200")).unwrap();
    assert!(!again.may_ask());
    let after = crowd(0, 3);
    assert!(Crowd::enter(&after, address("192.0.2.1")).unwrap().may_ask());
}

#[test]
fn the_same_network_has_another_place_under_another_table() {
    let places: std::collections::HashSet<usize> =
        (0..20).map(|_| crowd(0, 0).place_of(address("192.0.2.1"))).collect();
    assert!(places.len() > 15, "{}", places.len());
}

#[test]
fn ten_thousand_networks_spread_over_the_table() {
    let crowd = crowd(0, 0);
    let places: std::collections::HashSet<usize> =
        (0..10_000u32).map(|n| crowd.place_of(IpAddr::from((n << 8).to_be_bytes()))).collect();
    // By chance 9,280 of 10,000 are expected to be apart.
    assert!(places.len() > 9_000, "{}", places.len());
}
