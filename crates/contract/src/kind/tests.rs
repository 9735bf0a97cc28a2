//! Buckets and their labels, and how identifying a kind is.

use super::*;

fn labels(kind: &Kind) -> Vec<String> {
    (0..).map_while(|index| kind.bucket_label(index)).collect()
}

#[test]
fn buckets_name_what_they_hold() {
    let buckets = Buckets::new(vec![0, 1, 10, 50], 10_000).unwrap();
    let devices = Kind::Count { unit: "devices".into(), buckets };
    assert_eq!(labels(&devices), ["0", "1-9", "10-49", "50+"]);

    let bounds = ["512 MiB", "1 GiB", "4 GiB"].map(|b| read_bound(b, Measure::Bytes).unwrap());
    let memory = Kind::Size { buckets: Buckets::new(bounds.to_vec(), 1 << 50).unwrap() };
    assert_eq!(labels(&memory), ["0-512MiB", "512MiB-1GiB", "1GiB-4GiB", "4GiB+"]);

    let bounds = ["90 s", "1 h", "2 d"].map(|b| read_bound(b, Measure::Seconds).unwrap());
    let uptime = Kind::Duration { buckets: Buckets::new(bounds.to_vec(), 1 << 40).unwrap() };
    assert_eq!(labels(&uptime), ["0-90s", "90s-1h", "1h-2d", "2d+"]);
}

#[test]
fn every_number_falls_into_exactly_the_bucket_whose_bounds_hold_it() {
    let buckets = Buckets::new(vec![1, 10, 50], 100).unwrap();
    for number in 0..200u64 {
        let (low, high) = buckets.bounds(buckets.index_of(number)).unwrap();
        assert!(low <= number && (number <= high || high == 100), "{number} in {low}..={high}");
    }
}

#[test]
fn bounds_that_are_no_buckets_are_refused() {
    assert_eq!(Buckets::new(vec![0], 10), Err(BucketsError::Number));
    assert_eq!(Buckets::new(vec![0, 5, 5], 10), Err(BucketsError::Order));
    assert_eq!(Buckets::new(vec![0, 5], 5), Err(BucketsError::Max));
    assert_eq!(Buckets::new((0..99).collect(), 1000), Err(BucketsError::Number));
}

#[test]
fn a_set_identifies_more_than_a_choice_of_the_same_list() {
    let choices: Vec<Choice> = ["a", "b", "c"].map(|c| Choice::parse(c).unwrap()).to_vec();
    let set = Kind::Set { choices: choices.clone() }.bits().unwrap();
    let choice = Kind::Choice { choices }.bits().unwrap();
    assert!(set > choice, "{set} against {choice}");
    assert_eq!(Kind::Sample { bytes_max: 10, buckets: None }.bits(), None);
}
