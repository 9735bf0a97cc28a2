//! `candor-agent send` and `candor-agent tick`.

use serde_json::{Value, json};

use super::number;
use crate::ports::NoReply;
use crate::sending::{Obstacle, Sent};
use crate::trouble::Trouble;

/// Said before everything is sent at once.
pub const WARNING: &str = "Parts that are sent together can be joined by their moment; on schedule \
                           each goes at its own.\n";

/// What became of a sending: a sentence, or the error that kept everything back.
///
/// # Errors
/// If nothing was acknowledged although something should have been.
pub fn text(sent: &Sent) -> Result<String, Trouble> {
    match &sent.obstacle {
        None if sent.acknowledged == 0 && sent.waiting == 0 => Ok("Nothing was due.\n".to_owned()),
        None if sent.acknowledged == 0 => {
            let parts = number(sent.waiting, "part");
            Ok(format!("Nothing is due yet; {parts} waiting for the moment drawn for them.\n"))
        }
        None => {
            let parts = number(sent.acknowledged, "part");
            Ok(format!("Sent {parts}; each has a signed receipt, verified and in the ledger.\n"))
        }
        Some(obstacle) => Err(trouble(sent, obstacle)),
    }
}

/// The same as JSON.
pub fn json(sent: &Sent) -> Value {
    json!({
        "acknowledged": sent.acknowledged,
        "refused": sent.refused,
        "waiting": sent.waiting,
        "tries": sent.tries,
        "next": sent.next,
        "deletion_obstacle": sent.deletion_obstacle.as_ref().map(happened),
        "obstacle": sent.obstacle.as_ref().map(happened),
    })
}

pub(super) fn happened(obstacle: &Obstacle) -> String {
    match obstacle {
        Obstacle::NoReply(error) => error.to_string(),
        Obstacle::Busy(status) => format!("the collector answered {status}"),
        Obstacle::Refused(status) => {
            let why = match status {
                409 => "another answer of this installation was accepted first",
                410 => "it was deleted there, or its period is closed",
                422 => "it does not know these questions: the vendor has to load this manifest",
                _ => "it does not take it",
            };
            format!("the collector refused a part ({status}): {why}")
        }
        Obstacle::Stranger(status) => format!(
            "something else than the collector answered ({status}): perhaps a log-in page of the \
             network, or a proxy"
        ),
        Obstacle::Receipt(why) => {
            format!("the collector's answer is not signed as the manifest says: {why}")
        }
    }
}

fn trouble(sent: &Sent, obstacle: &Obstacle) -> Trouble {
    let headline = match (sent.acknowledged, obstacle) {
        (0, Obstacle::Receipt(_)) => "the report was not acknowledged. Nothing is lost.".to_owned(),
        (0, _) => "the report was not sent. Nothing is lost.".to_owned(),
        (some, _) => format!("only {} of the report were sent.", number(some, "part")),
    };
    let kept = match sent.waiting {
        0 => "what was sent, and the refusal, in the ledger".to_owned(),
        waiting => format!(
            "{} in the outbox, tried again until two days after their period",
            number(waiting, "part")
        ),
    };
    let to_do = match obstacle {
        Obstacle::NoReply(NoReply::Unproven(_)) => {
            "if a certificate authority of this site signed it, name that with --ca; otherwise \
             somebody may be listening: ask whoever runs this network"
        }
        Obstacle::NoReply(NoReply::Silent(_)) => {
            "nothing; or allow the connection in the firewall; or candor-agent decline CHANNEL"
        }
        Obstacle::Busy(_) => "nothing: it is tried again",
        Obstacle::Stranger(_) => {
            "log in to the network, or name its proxy with --proxy; it is tried again"
        }
        Obstacle::Refused(422) => "nothing here; tell the vendor",
        Obstacle::Refused(_) => "nothing: it is not sent again",
        Obstacle::Receipt(_) => {
            "check that the collector is the one that the manifest means; its root key is pinned \
             there. If it was replaced, the vendor has to ship a new manifest"
        }
    };
    let channel = sent.stuck.as_ref().map_or("CHANNEL", |channel| channel.as_str());
    Trouble::new(headline, happened(obstacle), kept, to_do.replace("CHANNEL", channel))
}
