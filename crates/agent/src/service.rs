//! `candor-agent run`: ticks whenever something is due, and says one line for each change.

use contract::environment::Environment;
use jiff::{SignedDuration, Timestamp};

use crate::agent::Agent;
use crate::cli::Role;
use crate::fleet::FETCHED;
use crate::limits::{LATE_SECONDS_MAX, LOOK_SECONDS_MAX};
use crate::schedule::later;
use crate::sending::{Obstacle, Sent};
use crate::trouble::Trouble;

/// The lock of whoever sends, and of whoever only gathers: one of each for each state folder.
const SERVICE: &str = "service.lock";
const GATHERING: &str = "gather.lock";

/// How `why` names the process of the service.
pub const PROCESS: &str = "the service";

/// Runs until the process ends. `log` gets one line for each change of state.
///
/// # Errors
/// If another service runs on the same state folder, or the folder cannot be written.
pub fn run(agent: &Agent<'_>, log: &dyn Fn(&str)) -> Result<(), Trouble> {
    run_while(agent, log, &|| true)
}

/// Records what this process's environment says, where nothing else of a service runs in it.
///
/// # Errors
/// If the folder cannot be written.
pub fn record(agent: &Agent<'_>) -> Result<(), Trouble> {
    let environment = Environment { process: PROCESS.into(), ..agent.environment.clone() };
    agent.state().write_service(agent.role, &environment)
}

/// The same, for as long as this says so.
///
/// # Errors
/// If another service runs on the same state folder, or the folder cannot be written.
pub fn run_while(
    agent: &Agent<'_>,
    log: &dyn Fn(&str),
    is_wanted: &dyn Fn() -> bool,
) -> Result<(), Trouble> {
    let state = agent.state();
    let only = state.lock_as(if agent.role.sends() { SERVICE } else { GATHERING }, 0);
    let _only = only.map_err(|trouble| {
        trouble.if_locked(
            "another candor-agent already runs on this state folder.",
            "nothing, if it should run; stop it first, if this one should",
        )
    })?;
    record(agent)?;
    let (mut last, mut last_fleet, mut carrier) = (String::new(), String::new(), None);
    // What was missed while nothing ran is drawn again: a fleet that restarts is no herd.
    let mut expected: Option<Timestamp> = state.since()?.and_then(|since| since.ticked);
    while is_wanted() {
        // What forbids in the process that carries forbids here, and has a name in `why`.
        let said = agent.world.transport.environment();
        if let Some(environment) = said.filter(|said| carrier.as_ref() != Some(said)) {
            state.write_service(Role::Send, &environment)?;
            carrier = Some(environment);
        }
        let now = agent.now();
        let late = |expected: Timestamp| now.duration_since(expected).as_secs() > LATE_SECONDS_MAX;
        let was_asleep = expected.is_none_or(late);
        let looked =
            if agent.role.sends() { agent.look_after(was_asleep) } else { agent.gather_due() };
        if agent.is_outdated() {
            return Err(outdated());
        }
        let (line, next) = match looked {
            Ok(sent) if agent.role.sends() => (in_a_line(&sent), sent.next),
            Ok(gathered) => (None, gathered.next),
            // Somebody sends by hand: that is no change of state.
            Err(trouble) if trouble.is_locked => (None, None),
            Err(trouble) => (Some(format!("{} {}", trouble.headline, trouble.happened)), None),
        };
        if let Some(line) = line.filter(|line| *line != last) {
            log(&line);
            last = line;
        }
        // The same for the fleet's policy, whose host is another.
        let fleet = agent.fleet_in_a_line();
        if let Some(line) = fleet.filter(|line| *line != last_fleet) {
            if !(last_fleet.is_empty() && line == FETCHED) {
                log(&line);
            }
            last_fleet = line;
        }
        let seconds = seconds_until(agent.now(), next);
        expected = Some(later(agent.now(), SignedDuration::from_secs(seconds)));
        agent.wait(u64::try_from(seconds).unwrap_or(1));
    }
    Ok(())
}

/// Where parts go is settled when a process begins: who watches over the service starts it anew.
fn outdated() -> Trouble {
    Trouble::new(
        "the service ends, to begin anew.",
        "the fleet's policy names another relay or certificate authority than when it began",
        "everything that waits to be sent",
        "nothing, where systemd starts it again; else start candor-agent run",
    )
}

/// Ticks, and goes on for so many seconds: what falls due meanwhile is sent at its own moment, as
/// the service would.
///
/// # Errors
/// If the state cannot be read or written.
pub fn tick_within(agent: &Agent<'_>, seconds: u64) -> Result<Sent, Trouble> {
    let end = later(agent.now(), SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0)));
    let mut sent = agent.tick()?;
    while let Some(next) = sent.next.filter(|next| *next <= end && *next > agent.now()) {
        let seconds = seconds_until(agent.now(), Some(next));
        agent.wait(u64::try_from(seconds).unwrap_or(1));
        if agent.now() >= next {
            let before = std::mem::take(&mut sent);
            sent = agent.tick()?;
            sent.acknowledged += before.acknowledged;
            sent.refused += before.refused;
        }
    }
    Ok(sent)
}

/// How long to wait: until the next part is due, but look again now and then.
fn seconds_until(now: Timestamp, next: Option<Timestamp>) -> i64 {
    let longest = i64::try_from(LOOK_SECONDS_MAX).unwrap_or(i64::MAX);
    next.map_or(longest, |next| next.duration_since(now).as_secs()).clamp(1, longest)
}

/// The state in one line that stays the same while nothing changes; `None` where nothing was tried
/// that could have changed it.
fn in_a_line(sent: &Sent) -> Option<String> {
    let line = match sent.obstacle.as_ref().or(sent.deletion_obstacle.as_ref()) {
        None if sent.is_unsettled => return None,
        None => "nothing stands in the way".to_owned(),
        Some(Obstacle::NoReply(why)) => format!("nothing is acknowledged: {why}"),
        Some(Obstacle::Busy(status)) => format!("the collector answers {status}"),
        Some(Obstacle::Refused(status)) => format!("the collector refuses parts ({status})"),
        Some(Obstacle::Stranger(status)) => {
            format!("something else than the collector answers ({status})")
        }
        Some(Obstacle::Receipt(why)) => format!("a receipt is not believed: {why}"),
    };
    Some(line)
}
