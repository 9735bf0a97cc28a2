//! `candor-agent run`: ticks whenever something is due, and says one line for each change.

use contract::environment::Environment;
use jiff::Timestamp;

use crate::agent::Agent;
use crate::limits::LOOK_SECONDS_MAX;
use crate::sending::{Obstacle, Sent};
use crate::trouble::Trouble;

/// The lock of the service: one for each state folder.
const SERVICE: &str = "service.lock";

/// Runs until the process ends. `log` gets one line for each change of state.
///
/// # Errors
/// If another service runs on the same state folder, or the folder cannot be written.
pub fn run(agent: &Agent<'_>, log: &dyn Fn(&str)) -> Result<(), Trouble> {
    let state = agent.state();
    let _only = state.lock_as(SERVICE, 0)?;
    let environment = Environment { process: "the service".into(), ..agent.environment.clone() };
    state.write_service(&environment)?;
    let mut last = String::new();
    loop {
        let (line, next) = match agent.tick() {
            Ok(sent) => (in_a_line(&sent), sent.next),
            Err(trouble) => (format!("{} {}", trouble.headline, trouble.happened), None),
        };
        if line != last {
            log(&line);
            last = line;
        }
        agent.wait(seconds_until(agent.now(), next));
    }
}

/// How long to wait: until the next part is due, but look again now and then.
fn seconds_until(now: Timestamp, next: Option<Timestamp>) -> u64 {
    let seconds = next.map_or(LOOK_SECONDS_MAX, |next| {
        u64::try_from(next.duration_since(now).as_secs()).unwrap_or(0)
    });
    seconds.clamp(1, LOOK_SECONDS_MAX)
}

/// The state in one line that stays the same while nothing changes.
fn in_a_line(sent: &Sent) -> String {
    match &sent.obstacle {
        None => "nothing stands in the way".to_owned(),
        Some(Obstacle::NoReply(why)) => format!("nothing is acknowledged: {why}"),
        Some(Obstacle::Busy(status)) => format!("the collector answers {status}"),
        Some(Obstacle::Refused(status)) => format!("the collector refuses parts ({status})"),
        Some(Obstacle::Receipt(why)) => format!("a receipt is not believed: {why}"),
    }
}
