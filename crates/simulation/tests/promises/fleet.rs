//! Promises about a fleet's policy that is fetched: signed, never older, never longer in force than
//! it says, and never more permissive because its host cannot be reached.

use agent::fleet::Remote;
use agent::words;
use contract::decision::How;
use contract::policy::document;
use disk::Disk as _;
use envelope::policy::PolicyKey;
use proptest::collection::vec;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;
use simulation::world::World;

/// Those who keep the policy of a fleet.
struct Manager(PolicyKey);

impl Manager {
    fn new(seed: u64) -> Self {
        Self(PolicyKey::generate(&mut ChaCha8Rng::seed_from_u64(seed)))
    }

    fn remote(&self) -> Remote {
        let url = "https://manager.example/policy.toml".to_owned();
        Remote { url, key: self.0.public() }
    }

    fn signs(&self, text: &str) -> String {
        document(text, &self.0.sign(text.as_bytes()))
    }

    /// A policy that ends a month after these simulations begin.
    fn policy(&self, number: u64, rest: &str) -> String {
        self.signs(&format!(
            "policy = 1\ntitle = \"The grid\"\nnumber = {number}\n\
             expires = \"2026-12-20T00:00:00Z\"\n{rest}"
        ))
    }
}

const FORBID: &str = "others = \"forbid\"\n";
const PERMIT: &str = "[program.larkspur.channel]\nusage = { permit = \"basic\" }\n";
const BASIC: Option<&str> = Some("basic");

fn managed(seed: u64) -> (World, Manager) {
    let (mut world, manager) = (World::new(seed), Manager::new(seed));
    world.policy.remote = Some(manager.remote());
    (world, manager)
}

fn sends(world: &World) -> Option<String> {
    let agent = world.agent();
    let reading = agent.read().unwrap();
    let verdict = agent.verdict(&reading, "usage").unwrap();
    verdict.consent().map(|consent| consent.tier().to_string())
}

fn why(world: &World) -> String {
    words::why::text(&world.agent(), "usage").unwrap()
}

fn sync(world: &World) -> Result<(), String> {
    world.agent().fetch_policy(0).map_err(|trouble| trouble.happened)
}

#[test]
fn until_a_policy_was_fetched_nothing_is_sent_whatever_anybody_agreed_to() {
    let (world, manager) = managed(1);
    world.agent().agree("usage", Some("full"), How::Cli, "en").unwrap();
    assert_eq!(sends(&world), None);
    assert!(
        why(&world).contains("it was never fetched from manager.example:443"),
        "{}",
        why(&world)
    );
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC, "the smaller tier counts");
    assert!(why(&world).contains("manager.example:443, for the fleet's policy"));
}

#[test]
fn the_host_is_asked_every_quarter_of_an_hour_and_right_before_a_part() {
    let (world, manager) = managed(2);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    for _ in 0..24 * 60 {
        world.clock.advance(jiff::SignedDuration::from_mins(1));
        world.agent().tick().unwrap();
    }
    // Once in 14 minutes at most, however often something ticks: nothing was due yet.
    let asked = world.policy.asked.get();
    assert!((96..=104).contains(&asked), "{asked}");
    assert_eq!(world.network.packets(), []);
    // The fleet changes its mind a minute before somebody sends.
    world.clock.advance(jiff::SignedDuration::from_secs(61));
    world.policy.serve(Some(&manager.policy(2, FORBID)));
    assert!(world.agent().send("usage").is_err());
    assert_eq!(world.network.packets(), []);
}

#[test]
fn a_no_that_arrives_while_a_report_is_being_sent_stops_the_rest() {
    let (world, manager) = managed(3);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    world.agent().agree("usage", Some("basic"), How::Cli, "en").unwrap();
    let world = std::rc::Rc::new(world);
    let other = std::rc::Rc::clone(&world);
    let forbid = manager.policy(2, FORBID);
    // While the first part's connection is made, the fleet forbids, and a slow minute passes.
    world.network.interruption.set(Some(Box::new(move || {
        other.policy.serve(Some(&forbid));
        other.clock.advance(jiff::SignedDuration::from_secs(61));
    })));
    world.agent().send("usage").unwrap();
    assert_eq!(world.network.packets().len(), 1, "the one that was on its way");
}

#[test]
fn a_host_that_is_silent_for_a_day_silences_and_comes_back() {
    let (world, manager) = managed(4);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    world.policy.serve(None);
    world.pass_hours(24);
    assert!(sync(&world).unwrap_err().contains("the host is silent"));
    assert_eq!(sends(&world).as_deref(), BASIC, "what was fetched is still in force");
    world.clock.advance(jiff::SignedDuration::from_secs(1));
    assert_eq!(sends(&world), None);
    let why = why(&world);
    assert!(why.contains("last showed it on 20 November 2026") && why.contains("host is silent"));
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC);
}

#[test]
fn a_policy_ends_when_it_says_even_where_its_host_goes_on_showing_it() {
    let (world, manager) = managed(5);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    world.pass_hours(29 * 24 + 11);
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC);
    world.pass_hours(1);
    sync(&world).unwrap();
    assert_eq!(sends(&world), None);
    assert!(why(&world).contains("it ended on 20 December 2026"), "{}", why(&world));
}

#[test]
fn an_older_policy_is_refused_and_so_is_another_of_the_same_number() {
    let (world, manager) = managed(6);
    world.policy.serve(Some(&manager.policy(9, FORBID)));
    sync(&world).unwrap();
    for (number, rest) in [(8, PERMIT), (1, PERMIT), (9, PERMIT)] {
        world.policy.serve(Some(&manager.policy(number, rest)));
        let refused = sync(&world).unwrap_err();
        assert!(refused.contains("was offered"), "{refused}");
        assert_eq!(sends(&world), None);
    }
    world.policy.serve(Some(&manager.policy(10, PERMIT)));
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC);
}

#[test]
fn nobody_elses_policy_is_taken() {
    let (world, manager) = managed(7);
    let stranger = Manager::new(70);
    let good = manager.policy(1, PERMIT);
    let unsigned = good.split_once('\n').unwrap().1.to_owned();
    let widened = good.replace("basic", "full");
    let truncated = good[..good.len() - 4].to_owned();
    let endless = manager.signs("policy = 1\ntitle = \"T\"\nnumber = 1\n");
    let numberless =
        manager.signs("policy = 1\ntitle = \"T\"\nexpires = \"2027-01-01T00:00:00Z\"\n");
    let nonsense = manager.signs("polisy = 1\n");
    let huge = manager.policy(1, &"#".repeat(300_000));
    let others = [
        stranger.policy(1, PERMIT),
        unsigned,
        widened,
        truncated,
        endless,
        numberless,
        nonsense,
        huge,
    ];
    for document in others.iter().map(String::as_str).chain(["", "\n", "<html>Log in</html>\n"]) {
        world.policy.serve(Some(document));
        assert!(sync(&world).is_err(), "{document:.80}");
        assert_eq!(sends(&world), None);
    }
    world.policy.serve(Some(&good));
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC);
}

#[test]
fn an_operators_no_stands_under_a_policy_that_permits() {
    let (world, manager) = managed(8);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    world.agent().decline("usage", How::Cli, "en").unwrap();
    sync(&world).unwrap();
    assert_eq!(sends(&world), None);
}

#[test]
fn the_air_gap_asks_nobody_and_leaving_it_waits_for_a_word() {
    let (world, manager) = managed(9);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    world.agent().airgap(true).unwrap();
    let asked = world.policy.asked.get();
    for _ in 0..48 {
        world.pass_hours(1);
        world.agent().tick().unwrap();
    }
    sync(&world).unwrap();
    assert_eq!(world.policy.asked.get(), asked);
    world.policy.serve(None);
    world.agent().airgap(false).unwrap();
    assert_eq!(sends(&world), None, "two days without a word");
}

#[test]
fn a_placed_policy_beside_a_fetched_one_forbids_until_there_is_one() {
    let (world, manager) = managed(10);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    world.policy.place(Ok("policy = 1\ntitle = \"Here\"\n"));
    assert_eq!(sends(&world), None);
    assert!(why(&world).contains("one is placed here and another is fetched"));
    world.policy.remove();
    assert_eq!(sends(&world).as_deref(), BASIC);
}

#[test]
fn a_kept_policy_that_somebody_edited_forbids() {
    let (world, manager) = managed(11);
    world.policy.serve(Some(&manager.policy(1, PERMIT)));
    sync(&world).unwrap();
    let kept = world.disk.read("policy.json", 1 << 20).unwrap().unwrap();
    let edited = String::from_utf8(kept).unwrap().replace("basic", "full");
    world.disk.replace("policy.json", edited.as_bytes()).unwrap();
    assert_eq!(sends(&world), None);
    world.disk.replace("policy.json", b"{").unwrap();
    assert_eq!(sends(&world), None);
    // A damaged file is written anew at the next answer.
    sync(&world).unwrap();
    assert_eq!(sends(&world).as_deref(), BASIC);
}

/// What happens to a machine and its fleet.
#[derive(Debug, Clone)]
enum Step {
    /// The host shows a policy of this number that permits, or forbids.
    Serve(u64, bool),
    Silent,
    Hours(i64),
    Sync,
    Tick,
    LosePower,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (1..5u64, any::<bool>()).prop_map(|(number, permit)| Step::Serve(number, permit)),
        1 => Just(Step::Silent),
        3 => (-30..40i64).prop_map(Step::Hours),
        3 => Just(Step::Sync),
        2 => Just(Step::Tick),
        1 => Just(Step::LosePower),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    // Whatever the order: it is on only under the newest policy that was ever seen, if that one
    // permits, was seen within the last day, and has not ended.
    #[test]
    fn only_the_newest_word_of_the_last_day_permits(steps in vec(step(), 1..40)) {
        let (mut world, manager) = managed(12);
        let mut served: Option<(u64, bool)> = None;
        let (mut newest, mut hour, mut seen) = (None::<(u64, bool)>, 0i64, 0i64);
        for step in &steps {
            let asks = match step {
                Step::Serve(number, permit) => {
                    served = Some((*number, *permit));
                    let rest = if *permit { PERMIT } else { FORBID };
                    world.policy.serve(Some(&manager.policy(*number, rest)));
                    false
                }
                Step::Silent => {
                    served = None;
                    world.policy.serve(None);
                    false
                }
                Step::Hours(hours) => {
                    hour += hours;
                    world.pass_hours(*hours);
                    false
                }
                Step::Sync => {
                    let before = world.policy.asked.get();
                    let _ = sync(&world);
                    world.policy.asked.get() > before
                }
                Step::Tick => {
                    let before = world.policy.asked.get();
                    world.agent().tick().unwrap();
                    world.policy.asked.get() > before
                }
                Step::LosePower => {
                    world.lose_power();
                    false
                }
            };
            let follows =
                |next: (u64, bool)| newest.is_none_or(|last| next.0 > last.0 || next == last);
            if let Some(next) = served.filter(|next| asks && follows(*next)) {
                (newest, seen) = (Some(next), hour);
            }
            let ended = hour >= 29 * 24 + 12;
            let permits = newest.is_some_and(|(_, permit)| permit);
            let on = permits && (0..=24).contains(&(hour - seen)) && !ended;
            let said = format!("after {step:?}: {newest:?} seen {seen} of {hour}");
            prop_assert_eq!(sends(&world).is_some(), on, "{}", said);
        }
    }
}
