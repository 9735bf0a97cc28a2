//! What a period costs: bytes a part as a log and as columns, recovery, closing, counting, deleting
//! and forgetting.
//!
//! `bench/run periods [--parts 1000000]`, and `bench/run again [--deliveries 10000000]` for copies
//! across restarts. Parts have 60 fields and 2 kB, each with a tag of its
//! own. `bench/engine` has them written and counted beside an analytical engine. They go through
//! intake's check and the store, without a network. Times are of this machine
//! while it does whatever else it does: read them beside each other.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a measurement ends where something is not as it must be, and prints what it measured"
)]

mod again;
#[path = "../sixty/mod.rs"]
mod sixty;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use collector::catalogue::Catalogue;
use collector::edge::random;
use collector::intake;
use collector::signers::Signers;
use collector::store::{self, Answer, Outcome, Retention, Store};
use contract::calendar::{Period, PeriodKind};
use contract::id::{ChannelId, ProgramId};
use contract::manifest::Manifest;
use contract::release::Window;
use contract::tally::Tally;
use disk::OsDisk;
use envelope::{KeyPurpose, RootKey, Tag};
use jiff::civil::{Date, date};
use sixty::FIELDS;

const TODAY: Date = date(2026, 11, 20);
const CLOSED: Date = date(2026, 11, 23);
const PERIOD: &str = "2026-11-20";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [mode, folder] = &arguments[..]
        && mode == "count"
    {
        return counted_alone(Path::new(folder));
    }
    if let [mode, folder, parts] = &arguments[..]
        && mode == "write"
    {
        return write(Path::new(folder), parts.parse().unwrap());
    }
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|argument| argument == name);
        let number = at.and_then(|at| arguments.get(at + 1));
        number.map_or(default, |number| number.parse().unwrap())
    };
    let beside = std::env::current_exe().unwrap();
    let folder = tempfile::tempdir_in(beside.parent().unwrap()).unwrap();
    if arguments.first().is_some_and(|first| first == "again") {
        return again::run(folder.path(), number("--deliveries", 10_000_000));
    }
    measure(folder.path(), number("--parts", 1_000_000));
}

/// A vendor's manifest, written into the folder, and the key that signs receipts.
fn vendor(folder: &Path) -> (Catalogue, Signers) {
    let mut random = random::system();
    let root = RootKey::generate(&mut random);
    let text = sixty::manifest(&root.public().to_string());
    std::fs::write(folder.join("manifest.toml"), &text).unwrap();
    let catalogue = Catalogue::new([Manifest::parse(&text).unwrap_or_else(|p| panic!("{p}"))]);
    let catalogue = catalogue.unwrap();
    let days = (date(2026, 1, 1), date(2026, 12, 31));
    let key = root.issue(&mut random, KeyPurpose::Receipt, "larkspur", days);
    let signers = Signers::choose(catalogue.roots(), vec![key], TODAY);
    (catalogue, signers)
}

fn measure(folder: &Path, parts: u64) {
    let (catalogue, signers) = vendor(folder);
    let (program, channel) = address();
    let disk = || OsDisk::open(&folder.join("data")).unwrap();
    let mut store = Store::open(disk(), 0).unwrap();
    let mut seconds = 0.0;
    for first in (0..parts).step_by(1_024) {
        let arrivals: Vec<_> = (first..parts.min(first + 1_024))
            .map(|number| {
                let bytes = part(&catalogue, number);
                intake::check(&bytes, (&program, &channel), &catalogue, TODAY).unwrap()
            })
            .collect();
        let began = Instant::now();
        let outcomes = store.accept(&arrivals, &signers, TODAY);
        seconds += began.elapsed().as_secs_f64();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Accepted(_))));
    }
    println!("{parts} parts of {FIELDS} fields");
    println!("store, batches of 1,024, one fsync each   {:>9.0} parts/s", parts as f64 / seconds);
    let log = bytes_of(folder, ".log");
    println!("log                                       {:>9} bytes a part", log / parts);
    let tags = bytes_of(folder, ".tags") / parts;
    println!("tags on the disk while it is open         {tags:>9} bytes a part");
    drop(store);
    let mut opened = 0.0;
    let mut store = timed(&mut opened, || Store::open(disk(), 0).unwrap());
    let gib = log as f64 / f64::from(1 << 30);
    println!(
        "recovery                                  {opened:>9.2} s, {:.2} s a GiB",
        opened / gib
    );
    println!("memory at its most so far                 {:>9} MB", memory_max() >> 20);
    let (_, from_log) = count(folder, &catalogue);
    println!("count from the log                        {from_log:>9.2} s");
    held_up(folder, &mut store, (&program, &channel), parts);
    let mut closing = 0.0;
    let find = |hash: &_| catalogue.definition(hash).cloned();
    timed(&mut closing, || store.close_periods(&find, CLOSED).unwrap());
    let columns = bytes_of(folder, ".columns");
    println!("closing                                   {closing:>9.2} s");
    println!("memory at its most so far                 {:>9} MB", memory_max() >> 20);
    println!(
        "columns                                   {:>9.1} bytes a part, {:.1} x less",
        columns as f64 / parts as f64,
        log as f64 / columns as f64
    );
    println!("the bound, 24 + 2 for each field          {:>9} bytes a part", 24 + 2 * FIELDS);
    let alone = Command::new(std::env::current_exe().unwrap()).arg("count").arg(folder).output();
    print!("{}", String::from_utf8(alone.unwrap().stdout).unwrap());
    packed(folder, parts);
    leave(&mut store, (&program, &channel));
}

/// Deletes the last tags while their log is open: so long nothing is taken.
fn held_up(
    folder: &Path,
    store: &mut Store<OsDisk>,
    (program, channel): (&ProgramId, &ChannelId),
    parts: u64,
) {
    let gib = bytes_of(folder, ".log") as f64 / f64::from(1 << 30);
    let mut left = parts;
    for number in [1, 1_000] {
        let tags: Vec<Tag> = (left - number..left).map(tag).collect();
        left -= number;
        store.delete((program, channel), &tags, TODAY).unwrap();
        let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
        let mut seconds = 0.0;
        let settled = timed(&mut seconds, || store.settle_deletions(kept, (TODAY, false)).unwrap());
        assert_eq!(settled.rows, number);
        println!(
            "intake waits for {number:>5} deletions in {gib:.2} GiB   {:>9.1} ms",
            seconds * 1e3
        );
    }
}

/// The same parts twice, for `bench/engine`: as closed columns in a data folder, and as a CSV with
/// a column for each field.
fn write(folder: &Path, parts: u64) {
    let (catalogue, signers) = vendor(folder);
    let (program, channel) = address();
    let mut store = Store::open(OsDisk::open(&folder.join("data")).unwrap(), 0).unwrap();
    let mut csv = BufWriter::new(File::create(folder.join("parts.csv")).unwrap());
    for first in (0..parts).step_by(1_024) {
        let mut arrivals = Vec::new();
        for number in first..parts.min(first + 1_024) {
            let bytes = part(&catalogue, number);
            let answers = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap();
            let answers = answers["answers"].as_object().unwrap();
            if number == 0 {
                let names: Vec<&str> = answers.keys().map(String::as_str).collect();
                writeln!(csv, "{}", names.join(",")).unwrap();
            }
            let cells = answers.values().map(ToString::to_string).collect::<Vec<_>>().join(",");
            writeln!(csv, "{}", cells.replace('"', "")).unwrap();
            arrivals.push(intake::check(&bytes, (&program, &channel), &catalogue, TODAY).unwrap());
        }
        store.accept(&arrivals, &signers, TODAY);
    }
    csv.flush().unwrap();
    let find = |hash: &_| catalogue.definition(hash).cloned();
    store.close_periods(&find, CLOSED).unwrap();
}

/// Deletes ten tags and forgets the rest.
fn leave(store: &mut Store<OsDisk>, (program, channel): (&ProgramId, &ChannelId)) {
    let tags: Vec<Tag> = (0..10).map(tag).collect();
    let mut asked = 0.0;
    let answer = timed(&mut asked, || store.delete((program, channel), &tags, CLOSED).unwrap());
    assert_eq!(answer, Answer::Pending);
    let mut batch = 0.0;
    let kept = |_: &_, _: &_| Some((PeriodKind::Day, 30));
    let settled = timed(&mut batch, || store.settle_deletions(kept, (CLOSED, false)).unwrap());
    assert_eq!(settled.rows, 10);
    println!("ten deletions: asked, batch               {:>9.1} ms, {batch:.2} s", asked * 1e3);
    let mut forgotten = 0.0;
    let retention = Retention::new([(program.clone(), channel.clone(), 30)]);
    let day = date(2026, 12, 21);
    let gone = timed(&mut forgotten, || store.forget(&retention, day, false).unwrap());
    assert_eq!(gone.len(), 1);
    println!("forgetting the period                     {:>9.1} ms", forgotten * 1e3);
    let mut markers = 0.0;
    timed(&mut markers, || store.forget(&retention, date(2027, 1, 1), false).unwrap());
    println!("forgetting eleven deletions               {:>9.1} ms", markers * 1e3);
}

/// In a process of its own: what a release takes.
fn counted_alone(folder: &Path) {
    let text = std::fs::read_to_string(folder.join("manifest.toml")).unwrap();
    let catalogue = Catalogue::new([Manifest::parse(&text).unwrap_or_else(|p| panic!("{p}"))]);
    let (_, seconds) = count(folder, &catalogue.unwrap());
    println!(
        "count from columns                        {seconds:>9.3} s, {} MB",
        memory_max() >> 20
    );
}

fn count(folder: &Path, catalogue: &Catalogue) -> (Tally, f64) {
    let (program, channel) = address();
    let period: Period = PERIOD.parse().unwrap();
    let window = Window::new(period, period).unwrap();
    let manifest = &catalogue.program("larkspur").unwrap().manifest;
    let mut tally = Tally::new(manifest, "usage", window, []).unwrap();
    let disk = OsDisk::open(&folder.join("data")).unwrap();
    let find = |hash: &_| catalogue.definition(hash).map(std::sync::Arc::as_ref);
    let mut seconds = 0.0;
    let counted = timed(&mut seconds, || {
        store::count(&disk, (&program, &channel, period), find, &mut tally).unwrap()
    });
    assert_eq!(counted.uncounted, 0);
    (tally, seconds)
}

/// What compressing the columns would save, and what a block costs to unpack.
fn packed(folder: &Path, parts: u64) {
    let mut all = Vec::new();
    each_file(folder, &mut |path| {
        if path.to_string_lossy().ends_with(".columns") {
            all.extend(std::fs::read(path).unwrap());
        }
    });
    let packed: usize =
        all.chunks(1 << 20).map(|block| zstd::bulk::compress(block, 3).unwrap().len()).sum();
    println!(
        "columns, if packed with zstd              {:>9.1} bytes a part",
        packed as f64 / parts as f64
    );
}

fn address() -> (ProgramId, ChannelId) {
    ("larkspur".parse().unwrap(), "usage".parse().unwrap())
}

fn tag(number: u64) -> Tag {
    let mut tag = [0; 16];
    tag.copy_from_slice(&envelope::Digest::of(&number.to_be_bytes()).as_bytes()[..16]);
    Tag(tag)
}

fn part(catalogue: &Catalogue, number: u64) -> Vec<u8> {
    let definition = &catalogue.program("larkspur").unwrap().manifest.definitions()[0];
    let mixed = |field: usize| {
        let drawn = envelope::Digest::of(&[number.to_be_bytes(), field.to_be_bytes()].concat());
        usize::from(drawn.as_bytes()[0])
    };
    sixty::part(definition, (PERIOD, &tag(number).to_string()), FIELDS, mixed)
}

fn timed<T>(seconds: &mut f64, work: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = work();
    *seconds = began.elapsed().as_secs_f64();
    done
}

fn memory_max() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() * 1024
}

fn bytes_of(folder: &Path, suffix: &str) -> u64 {
    let mut bytes = 0;
    each_file(folder, &mut |path| {
        if path.to_string_lossy().ends_with(suffix) {
            bytes += path.metadata().unwrap().len();
        }
    });
    bytes
}

fn each_file(folder: &Path, each: &mut impl FnMut(&Path)) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { each_file(&path, each) } else { each(&path) }
    }
}
