//! What is packed comes back, and nothing else is read.

use super::answer::{read, write};
use super::*;
use crate::answer::Entry;
use crate::id::Choice;
use crate::kind::{Buckets, Kind};
use crate::version::Version;

fn choices(names: &[&str]) -> Vec<Choice> {
    names.iter().map(|name| Choice::parse(name).unwrap()).collect()
}

#[test]
fn an_answer_of_every_kind_comes_back() {
    let list = || choices(&["mail", "maps"]);
    let buckets = || Buckets::new(vec![0, 1, 10], 100).unwrap();
    let version = |text| Version::parse(text, &choices(&["rc1"]));
    let cases = [
        (Kind::Flag, Answer::Flag(true)),
        (Kind::Flag, Answer::Flag(false)),
        (Kind::Choice { choices: list() }, Answer::Choice(Entry(0))),
        (Kind::Choice { choices: list() }, Answer::Choice(Entry(2))),
        (Kind::Version { suffixes: choices(&["rc1"]) }, Answer::Version(None)),
        (Kind::Version { suffixes: choices(&["rc1"]) }, Answer::Version(version("26.10.0-rc1"))),
        (Kind::Version { suffixes: Vec::new() }, Answer::Version(version("999999.0"))),
        (Kind::Size { buckets: buckets() }, Answer::Bucket(2)),
        (Kind::Set { choices: list() }, Answer::Set(Vec::new())),
        (Kind::Set { choices: list() }, Answer::Set(vec![Entry(0), Entry(2)])),
        (
            Kind::Counts { choices: list(), unit: "ports".into(), buckets: buckets() },
            Answer::Counts(vec![(Entry(1), 2)]),
        ),
        (
            Kind::Flow {
                steps: list(),
                moves_max: Some(2),
                unit: "visits".into(),
                buckets: buckets(),
            },
            Answer::Counts(vec![(Entry(0), 0), (Entry(8), 2)]),
        ),
        (
            Kind::Sample { bytes_max: 64, buckets: Some(buckets()) },
            Answer::Sample("Meadow".into(), Some(1)),
        ),
        (Kind::Sample { bytes_max: 64, buckets: None }, Answer::Sample("Wiese".into(), None)),
    ];
    for (at, (kind, answer)) in cases.into_iter().enumerate() {
        let bytes = write(&answer);
        assert!(!bytes.is_empty());
        assert!(read(&kind, &bytes) == Some(answer), "case {at}");
        // Neither more nor fewer bytes are the same answer.
        if !matches!(kind, Kind::Sample { .. }) {
            assert!(read(&kind, &[&bytes[..], &[0]].concat()).is_none(), "case {at}");
            assert!(read(&kind, &bytes[..bytes.len() - 1]).is_none(), "case {at}");
        }
    }
}

#[test]
fn what_no_list_has_is_no_answer() {
    assert!(read(&Kind::Flag, &[2]).is_none());
    assert!(read(&Kind::Choice { choices: choices(&["mail"]) }, &[2]).is_none());
    let buckets = Buckets::new(vec![0, 1], 2).unwrap();
    assert!(read(&Kind::Size { buckets }, &[2]).is_none());
    let version = Kind::Version { suffixes: Vec::new() };
    for bytes in [&[5, 1, 1, 1, 1, 1][..], &[0], &[0x11, 1, 0], &[1, 0xff, 0xff, 0xff, 0xff, 0xff]]
    {
        assert!(read(&version, bytes).is_none(), "{bytes:?}");
    }
    assert!(read(&Kind::Sample { bytes_max: 9, buckets: None }, &[0, 0xff]).is_none());
}

#[test]
fn a_block_that_is_cut_off_is_none() {
    let mut writer = BlockWriter::new(1, true);
    for number in 0..3_u8 {
        let said = if number == 2 {
            Said::Exact(b"exactly".to_vec())
        } else {
            Said::Answers(vec![1, number])
        };
        assert!(writer.push(&Row { tag: Some(Tag([number; 16])), check: [number; 8], said }));
    }
    assert!(!writer.push(&Row { tag: None, check: [0; 8], said: Said::Answers(vec![1, 1]) }));
    assert!(!writer.push(&Row {
        tag: Some(Tag([9; 16])),
        check: [0; 8],
        said: Said::Answers(vec![1, 1, 1])
    }));
    let bytes = writer.finish();
    let block = Block::read(&bytes, 1, true).unwrap();
    assert_eq!((block.rows(), block.rows_of(Tag([1; 16]))), (3, 1..2));
    assert!(block.rows_of(Tag([7; 16])).is_empty());
    assert!(block.row(1).unwrap().said == Said::Answers(vec![1, 1]));
    assert!(block.row(2).unwrap().said == Said::Exact(b"exactly".to_vec()));
    assert!(block.row(3).is_none());
    assert_eq!(block.check(2), Some([2; 8]));
    for end in 0..bytes.len() {
        assert!(Block::read(&bytes[..end], 1, true).is_none(), "{end}");
    }
}
