//! Intake: bytes, what is served, and a day go in; a part to keep or a refusal comes out.

use std::sync::Arc;

use contract::calendar::Period;
use contract::id::{ChannelId, ProgramId};
use contract::part::{self, Refusal};
use jiff::civil::Date;

use crate::catalogue::Catalogue;
use crate::limits::{RETRY_BUSY_SECONDS, RETRY_TROUBLE_SECONDS};
use crate::problem::{Reason, Refused};
use crate::store::{Arrival, Outcome, Trouble};

/// Checks one part by exactly the rules by which it was made.
///
/// # Errors
/// Every problem at once, without a value of the part.
pub fn check(
    bytes: &[u8],
    (program, channel): (&ProgramId, &ChannelId),
    catalogue: &Catalogue,
    today: Date,
) -> Result<Arrival, Refused> {
    let Some(served) = catalogue.channel(program.as_str(), channel.as_str()) else {
        return Err(unknown_channel());
    };
    let find = |hash: &_| catalogue.definition(hash).map(Arc::as_ref);
    let address = (program.as_str(), channel.as_str());
    let (part, definition) =
        part::check(bytes, address, find, today).map_err(|refusal| match refusal {
            Refusal::UnknownDefinition => unknown_definition(program),
            Refusal::Invalid(problems) => Refused::invalid(&problems),
            Refusal::Period => wrong_period(bytes, today),
        })?;
    let definition = catalogue.definition(&definition.hash()).cloned();
    let definition = definition.ok_or_else(|| unknown_definition(program))?;
    Ok(Arrival { part, definition, retention_days: served.retention_days })
}

/// What a sender is told: a receipt and whether it is a new one, or why there is none.
///
/// # Errors
/// If the part is not kept.
pub fn answer(outcome: Outcome) -> Result<(String, bool), Refused> {
    match outcome {
        Outcome::Accepted(receipt) => Ok((receipt, true)),
        Outcome::Duplicate(receipt) => Ok((receipt, false)),
        Outcome::Conflict => Err(Refused::new(
            Reason::Conflict,
            "Another part of this tag and period was accepted first, and stands. Do not send \
             this one again.",
        )),
        Outcome::Deleted => Err(Refused::new(
            Reason::Deleted,
            "What was sent under this tag was deleted on request; later copies are not kept.",
        )),
        Outcome::Forgotten => Err(Refused::new(
            Reason::Closed,
            "The period is past its retention. Do not send the part again.",
        )),
        Outcome::Unavailable(trouble) => Err(unavailable(trouble)),
    }
}

/// What a sender is told when the store takes nothing.
pub fn unavailable(trouble: Trouble) -> Refused {
    let (reason, detail) = match trouble {
        Trouble::Full => (Reason::Full, "The disk is full; nothing was kept. Send it again later."),
        Trouble::Disk => (Reason::Disk, "The disk failed; nothing was kept. Send it again later."),
        Trouble::Key => {
            (Reason::Key, "No key may sign receipts today; nothing was kept. Send it again later.")
        }
        Trouble::Crowded => (
            Reason::Crowded,
            "Too many deletions of tags under which nothing was held. Ask again later.",
        ),
    };
    Refused::later(reason, detail, RETRY_TROUBLE_SECONDS)
}

/// What a sender is told when too much waits.
pub fn busy() -> Refused {
    let detail = "Too many parts wait to be written; this one was not kept. Send it again.";
    Refused::later(Reason::Busy, detail, RETRY_BUSY_SECONDS)
}

/// What is told to whoever asks for a channel that is not served.
pub fn unknown_channel() -> Refused {
    Refused::new(
        Reason::UnknownChannel,
        "The vendor has not loaded a manifest with this program and channel into this collector.",
    )
}

fn unknown_definition(program: &ProgramId) -> Refused {
    let fix = format!(
        "vendor: start the collector with the manifest that ships with this version of {program} \
         (serve --manifest FILE), beside the one that is loaded; GET /v1/{program}/manifest shows \
         what is loaded"
    );
    let what = "the part names a definition that no loaded manifest has".to_owned();
    let detail = "The vendor has to load a newer or older manifest; send the part again then.";
    let refused = Refused::new(Reason::UnknownDefinition, detail);
    Refused { problems: vec![(what, fix)], ..refused }
}

/// Over, or not begun: what to do differs.
fn wrong_period(bytes: &[u8], today: Date) -> Refused {
    let period = serde_json::from_slice::<serde_json::Value>(bytes).ok();
    let period = period.and_then(|part| part.get("period")?.as_str()?.parse::<Period>().ok());
    if period.is_some_and(|period| period.last_day() < today) {
        let detail = "Parts are taken until two days after their period; this one came later. Do \
                      not send it again.";
        Refused::new(Reason::Closed, detail)
    } else {
        let detail = "The part's period lies ahead: check the sender's clock.";
        Refused::new(Reason::Ahead, detail)
    }
}
