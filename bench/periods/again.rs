//! The same parts again and again, in no order, across restarts: each is stored once and gets one
//! receipt.

use std::path::Path;
use std::time::Instant;

use collector::intake;
use collector::store::{Outcome, Store};
use disk::OsDisk;
use envelope::Digest;

use crate::{PERIOD, TODAY, address, sixty, tag, vendor};

/// Deliveries between two restarts.
const LIFE: usize = 250_000;

/// Delivers each part 1 to 20 times, about so many times in all.
pub(crate) fn run(folder: &Path, deliveries: u64) {
    let (catalogue, signers) = vendor(folder);
    let (program, channel) = address();
    let parts = deliveries * 2 / 21;
    let times = |part: u64| 1 + mix(part) % 20;
    let mut order: Vec<u64> =
        (0..parts).flat_map(|part| (0..times(part)).map(move |_| part)).collect();
    for at in (1..order.len()).rev() {
        order.swap(at, mix(at as u64) % (at + 1));
    }
    let definition = &catalogue.program("larkspur").unwrap().manifest.definitions()[0];
    let arrival = |number: u64| {
        let tag = tag(number).to_string();
        let mixed = |field: usize| mix(number + field as u64);
        let bytes = sixty::part(definition, (PERIOD, &tag), 3, mixed);
        intake::check(&bytes, (&program, &channel), &catalogue, TODAY).unwrap()
    };
    let open = || Store::open(OsDisk::open(&folder.join("data")).unwrap(), 0).unwrap();
    let mut receipts: Vec<Option<Digest>> = vec![None; usize::try_from(parts).unwrap()];
    let began = Instant::now();
    for life in order.chunks(LIFE) {
        let mut store = open();
        for batch in life.chunks(1_024) {
            let arrivals: Vec<_> = batch.iter().map(|number| arrival(*number)).collect();
            let outcomes = store.accept(&arrivals, &signers, TODAY);
            for (number, outcome) in batch.iter().zip(outcomes) {
                let known = &mut receipts[usize::try_from(*number).unwrap()];
                match (&known, outcome) {
                    (None, Outcome::Accepted(json)) => *known = Some(Digest::of(json.as_bytes())),
                    (Some(first), Outcome::Duplicate(json)) => {
                        assert_eq!(*first, Digest::of(json.as_bytes()), "another receipt");
                    }
                    (known, outcome) => panic!("{known:?}, and then {outcome:?}"),
                }
            }
        }
        assert_eq!(store.len(), receipts.iter().flatten().count() as u64);
    }
    assert_eq!(open().len(), parts);
    println!(
        "{} deliveries of {parts} parts, {} restarts: each stored once, one receipt each; {:.0} a \
         second",
        order.len(),
        order.len().div_ceil(LIFE) - 1,
        order.len() as f64 / began.elapsed().as_secs_f64()
    );
}

/// Numbers without an order in them (`splitmix64`).
fn mix(number: u64) -> usize {
    let mut mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from(mixed ^ (mixed >> 31)).unwrap()
}
