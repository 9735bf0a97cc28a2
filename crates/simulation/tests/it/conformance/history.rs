//! Random things are done to a store and to the plain one; whatever can be seen must be the same.
//!
//! Where power or the disk fails, the step is done again until it succeeds, as senders, people and
//! the server do: then everything must be as if it had been done once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicU64, Ordering};

use collector::keep::{Keep, Look, Outcome};
use collector::store::{Answer, Forgotten, Retention, Settled};
use contract::calendar::add_days;
use contract::id::ChannelId;
use envelope::{Digest, Tag};
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use simulation::disk::{Fault, Moment, SimDisk, Survival};

use super::Subject;
use super::reference::Reference;
use super::subjects::Files;
use super::trial::{
    RETENTION_DAYS, Sent, TODAY, Trial, channel, held, kept, program, receipt, scanned, tag,
};

/// Installations and days that histories are about.
const INSTALLATIONS: u32 = 5;
const DAYS: u8 = 3;
/// Histories with failures in `./test`.
const HISTORIES: u32 = 48;

#[derive(Debug, Clone)]
pub(super) enum Step {
    /// A batch arrives, under a retention.
    Send(Vec<Sent>, u32),
    Delete(Vec<u32>, u8),
    Settle,
    Close,
    Forget(u32),
    Restart,
    /// Days pass, or the clock is set: back, or by ten years.
    Pass(i32),
}

/// What a step said. Without what a store may choose: signatures, and the order of a list.
#[derive(Debug, PartialEq)]
enum Said {
    Outcomes(Vec<Outcome>),
    Answer(Answer),
    Settled(Settled),
    Closed(u64),
    Forgotten(Vec<Forgotten>),
    Nothing,
}

fn sent() -> impl Strategy<Value = Sent> {
    let part = prop_oneof![
        4 => prop_oneof![Just(("colour", "blue")), Just(("colour", "green"))],
        2 => prop_oneof![Just(("shape", "oval")), Just(("shape", "square"))],
        1 => Just(("shade", "dark")),
    ];
    (part, 0..INSTALLATIONS, 0..DAYS).prop_map(|((part, answer), installation, day)| Sent {
        part,
        installation,
        day,
        answer,
    })
}

fn step() -> impl Strategy<Value = Step> {
    let retention = prop_oneof![3 => Just(RETENTION_DAYS), 1 => Just(4_u32)];
    prop_oneof![
        6 => (prop::collection::vec(sent(), 1..6), retention.clone())
            .prop_map(|(sent, days)| Step::Send(sent, days)),
        2 => (prop::collection::vec(0..=INSTALLATIONS, 1..3), 0..DAYS)
            .prop_map(|(of, day)| Step::Delete(of, day)),
        2 => Just(Step::Settle),
        2 => Just(Step::Close),
        1 => retention.prop_map(Step::Forget),
        1 => Just(Step::Restart),
        2 => (1..4).prop_map(Step::Pass),
        1 => prop_oneof![Just(-1), Just(-3_650), Just(3_650)].prop_map(Step::Pass),
    ]
}

/// A fault, and after how many of the disk's steps it comes.
fn fault() -> impl Strategy<Value = (u64, Fault)> {
    let power = |moment| Fault::PowerLost { moment, survival: Survival::Random };
    let kind = prop_oneof![
        Just(power(Moment::Before)),
        Just(power(Moment::After)),
        Just(Fault::Killed),
        Just(Fault::Broken),
        Just(Fault::Full),
    ];
    (0_u64..30, kind)
}

/// A trial's day, and the store and the plain one after the same steps.
struct Both<'t, S: Subject> {
    trial: &'t Trial,
    store: S,
    plain: Reference,
    today: Date,
    /// Of all days so far, on which nothing is overdue.
    earliest: Date,
    /// The receipts that the store gave.
    receipts: BTreeMap<Digest, String>,
}

impl<'t, S: Subject> Both<'t, S> {
    fn new(trial: &'t Trial, store: S) -> Self {
        let (plain, receipts) = (Reference::default(), BTreeMap::new());
        Self { trial, store, plain, today: TODAY, earliest: TODAY, receipts }
    }

    /// Does a step to both and compares what they say.
    fn step(&mut self, step: &Step) {
        let before = (self.store.keep().changes(), self.plain.changes());
        let said = act(self.trial, &mut self.store, step, self.today).unwrap();
        let right = act(self.trial, &mut self.plain, step, self.today).unwrap();
        self.compare(step, &said, &right, false);
        if !matches!(step, Step::Restart) && self.plain.changes() != before.1 {
            assert_ne!(self.store.keep().changes(), before.0, "{step:?} went unnoticed");
        }
        self.pass(step);
    }

    fn pass(&mut self, step: &Step) {
        if let Step::Pass(days) = step {
            self.today = add_days(self.today, *days);
            self.earliest = self.earliest.min(self.today);
        }
    }

    /// `again`: the step was done more than once, so a part may be its own copy, and what was done
    /// the first time is not told the last time.
    fn compare(&mut self, step: &Step, said: &Said, right: &Said, again: bool) {
        let (Step::Send(sent, days), Said::Outcomes(said), Said::Outcomes(right)) =
            (step, said, right)
        else {
            let is_told = matches!(right, Said::Answer(_)) || !again;
            assert!(!is_told || said == right, "{step:?}: {said:?} and not {right:?}");
            return;
        };
        assert_eq!(said.len(), right.len());
        for ((sent, said), right) in sent.iter().zip(said).zip(right) {
            let is_receipt =
                |of: &Outcome| matches!(of, Outcome::Accepted(_) | Outcome::Duplicate(_));
            if !is_receipt(right) {
                assert_eq!(said, right, "{sent:?}");
                continue;
            }
            let is_same = std::mem::discriminant(said) == std::mem::discriminant(right);
            assert!(is_same || (again && is_receipt(said)), "{sent:?}: {said:?} and not {right:?}");
            let arrival = self.trial.arrival_kept(*sent, *days);
            let (given, wanted) = (receipt(said), receipt(right));
            let digest = Digest::of(arrival.part.bytes());
            given.verify(&[self.trial.collector.root], &digest).unwrap();
            assert_eq!(given.statement, wanted.statement, "{sent:?}");
            if arrival.part.tag().is_none() {
                continue;
            }
            // Bytes that were forgotten, and arrive while intake is open, are new ones.
            if matches!(right, Outcome::Accepted(_)) {
                self.receipts.insert(digest, given.to_json());
            } else {
                let first = self.receipts.get(&digest);
                assert_eq!(first, Some(&given.to_json()), "another receipt for the same bytes");
            }
        }
    }

    /// Compares everything that can be seen of both.
    fn observe(&mut self) {
        let (store, plain) = (&mut self.store, &mut self.plain);
        assert_eq!(store.keep().len(), plain.len());
        assert_eq!(store.keep().deletions_pending(), plain.deletions_pending());
        let periods = store.look().periods().unwrap();
        assert_eq!(periods, plain.look().periods().unwrap());
        for (_, channel, period) in periods {
            let sorted = |look| {
                let mut all = scanned(look, &channel, period).unwrap();
                all.sort();
                all
            };
            assert!(sorted(store.look()) == sorted(plain.look()), "{channel} {period}");
            let count = |look| self.trial.count(look, &channel, period).unwrap();
            assert!(count(store.look()) == count(plain.look()), "{channel} {period}");
        }
        let tags: Vec<Tag> =
            (0..DAYS).flat_map(|day| (0..INSTALLATIONS).map(move |of| tag(of, day))).collect();
        assert!(held(store, &tags).unwrap() == held(plain, &tags).unwrap());
        let report = store.look().verify(&self.trial.retention, self.earliest).unwrap();
        let right = plain.look().verify(&self.trial.retention, self.earliest).unwrap();
        assert!(report.findings.is_empty(), "{:?}", report.findings);
        assert_eq!((report.markers, report.pending), (right.markers, right.pending));
        let told = |report: collector::store::Report| {
            let told = report.periods.into_iter();
            let mut told: Vec<_> = told
                .map(|of| (of.channel.to_string(), of.period, of.parts, of.forget_by))
                .collect();
            told.sort();
            told
        };
        assert_eq!(told(report), told(right));
        let deletions = |look: &dyn Look| look.deletions(TODAY).unwrap().len();
        assert_eq!(deletions(store.look()), deletions(plain.look()));
    }
}

/// Does a step; an error is anything after which it may be done again.
fn act(trial: &Trial, store: &mut dyn Subject, step: &Step, today: Date) -> Result<Said, String> {
    Ok(match step {
        Step::Send(sent, days) => {
            let arrivals: Vec<_> =
                sent.iter().map(|sent| trial.arrival_kept(*sent, *days)).collect();
            let outcomes = store.keep().accept(&arrivals, &trial.collector.signers, today);
            if outcomes.iter().any(|outcome| matches!(outcome, Outcome::Unavailable(_))) {
                return Err("parts were not taken".to_owned());
            }
            Said::Outcomes(outcomes)
        }
        Step::Delete(of, day) => {
            let tags: Vec<_> = of.iter().map(|of| tag(*of, *day)).collect();
            let answer = store.keep().delete((&program(), &channel()), &tags, today);
            Said::Answer(answer.map_err(|trouble| format!("{trouble:?}"))?)
        }
        Step::Settle => {
            let settled = store.keep().settle_deletions(kept(), (today, false));
            Said::Settled(settled.map_err(|error| error.to_string())?)
        }
        Step::Close => Said::Closed(trial.close(store, today).map_err(|error| error.to_string())?),
        Step::Forget(days) => {
            let kept = ["trial", "open"].map(|id| (program(), id.parse::<ChannelId>().unwrap()));
            let days = kept.into_iter().map(|(program, channel)| (program, channel, *days));
            let gone = store.keep().forget(&Retention::new(days), today, false);
            let mut gone = gone.map_err(|error| error.to_string())?;
            gone.sort_by_key(|gone| (gone.channel.clone(), gone.period));
            Said::Forgotten(gone)
        }
        Step::Restart => {
            store.restart();
            Said::Nothing
        }
        Step::Pass(_) => Said::Nothing,
    })
}

/// Does a step to a store whose disk fails, until it is done.
fn act_again(
    trial: &Trial,
    store: &mut Files<SimDisk>,
    (step, today): (&Step, Date),
    restarts: &mut u64,
) -> (Said, bool) {
    for attempt in 0..8 {
        let is_ready = attempt == 0 || store.keep().probe().is_ok();
        if is_ready && let Ok(said) = act(trial, store, step, today) {
            return (said, attempt > 0);
        }
        while store.medium.is_off() {
            store.medium = store.medium.restart();
            *restarts += 1;
            // A fault may wait for what it does at its start.
            let _ = store.reopen();
        }
    }
    panic!("{step:?} is never done");
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn the_store_in_files_does_what_the_plain_one_does(
        steps in prop::collection::vec(step(), 1..24),
    ) {
        let trial = Trial::new();
        let mut both = Both::new(&trial, Files::on(SimDisk::new(2)));
        for step in &steps {
            both.step(step);
            both.observe();
        }
    }
}

/// For as many histories as one likes: `CANDOR_HISTORIES=100000 cargo test --release -p simulation
/// --test it -- --nocapture whatever_failed`. A failure is made small and printed.
#[test]
#[expect(clippy::disallowed_methods, reason = "how long a run is said by whoever starts it")]
fn whatever_failed_can_be_done_again_and_is_as_if_done_once() {
    let cases = std::env::var("CANDOR_HISTORIES").ok().and_then(|many| many.parse().ok());
    let cases = cases.unwrap_or(HISTORIES);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let history = prop::collection::vec((step(), prop::option::weighted(0.6, fault())), 1..16);
    let (trial, restarts) = (Trial::new(), AtomicU64::new(0));
    let ran = TestRunner::new(config).run(&history, |steps| {
        restarts.fetch_add(failing(&trial, steps), Ordering::Relaxed);
        Ok(())
    });
    ran.unwrap();
    println!("{} power failures and kills in {cases} histories survived", restarts.into_inner());
}

/// Does steps on a disk that fails, and compares at the end. How often the store was opened again
/// because power had failed or its process had been killed.
///
/// Parts without a tag are left out: a part that is sent again counts again. So is a second answer
/// under one tag in one batch: which of both comes first may change when it is repeated.
pub(super) fn failing(trial: &Trial, steps: Vec<(Step, Option<(u64, Fault)>)>) -> u64 {
    let mut both = Both::new(trial, Files::on(SimDisk::new(3)));
    let mut restarts = 0;
    for (mut step, fault) in steps {
        if let Step::Send(sent, _) = &mut step {
            let mut tags = BTreeSet::new();
            sent.retain(|sent| {
                sent.part != "shade" && tags.insert((sent.part, sent.installation, sent.day))
            });
        }
        if let (Some((after, fault)), false) = (fault, matches!(step, Step::Restart)) {
            let disk = &both.store.medium;
            disk.arm(disk.steps() + after, fault);
        }
        let (said, again) = act_again(trial, &mut both.store, (&step, both.today), &mut restarts);
        let right = act(trial, &mut both.plain, &step, both.today).unwrap();
        both.compare(&step, &said, &right, again);
        both.pass(&step);
    }
    both.store.restart();
    both.observe();
    restarts
}
