//! Intake: bytes, what is served, and a day go in; a part to keep or a refusal comes out.

use std::sync::Arc;

use contract::answer::Answer;
use contract::calendar::Period;
use contract::clean::guard::generic_guard;
use contract::definition::Definition;
use contract::id::{ChannelId, ProgramId};
use contract::part::{self, Part, Refusal};
use jiff::civil::Date;

use crate::catalogue::Catalogue;
use crate::limits::{
    RETRY_BUSY_SECONDS, RETRY_NETWORK_SECONDS, RETRY_SEALED_SECONDS, RETRY_TROUBLE_SECONDS,
};
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
    guard(&part, definition)?;
    let definition = catalogue.definition(&definition.hash()).cloned();
    let definition = definition.ok_or_else(|| unknown_definition(program))?;
    // The answers end here, on the thread that read them.
    let part = part.into_kept();
    Ok(Arrival { part, definition, retention_days: served.retention_days })
}

/// Texts that identify by their form alone (an address, a key, a mailbox) are not kept, whatever
/// the sender's cleaning let through. Neither the text nor its kind is echoed.
fn guard(part: &Part, definition: &Definition) -> Result<(), Refused> {
    let answers = definition.fields.iter().zip(part.answers());
    let leaks = answers.filter(|(_, answer)| match answer {
        Some(Answer::Sample(text, _)) => generic_guard(text).is_some(),
        _ => false,
    });
    let problems: Vec<_> = leaks
        .map(|(shape, _)| {
            let what = format!("the answer `{}` identifies somebody by its form", shape.id);
            let fix = "leave it out; a newer version of the sender's software does so by itself";
            (what, fix.to_owned())
        })
        .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let detail = "A text has the form of an address, a key or a name; nothing was kept. Do not \
                  send the part again.";
    Err(Refused { problems, ..Refused::new(Reason::Identifying, detail) })
}

/// What a sender is told when its network, or everybody behind relays, sends too much.
pub fn too_many(reason: Reason) -> Refused {
    let (detail, seconds) = match reason {
        Reason::Sealed => (
            "More came through relays within a minute than is taken; this was not kept. Send it \
             again.",
            RETRY_SEALED_SECONDS,
        ),
        _ => (
            "More came from your network within an hour than is taken; this was not kept. Send it \
             again later.",
            RETRY_NETWORK_SECONDS,
        ),
    };
    Refused::later(reason, detail, seconds)
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
        Outcome::Closed => Err(Refused::new(
            Reason::Closed,
            "Intake for the period has closed. Do not send the part again.",
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
        Trouble::Crowded => {
            (Reason::Crowded, "Too many deletions wait for the daily batch. Ask again tomorrow.")
        }
    };
    Refused::later(reason, detail, RETRY_TROUBLE_SECONDS)
}

/// What a sender is told when too much waits.
pub fn busy() -> Refused {
    let detail = "Too many parts wait to be written; this one was not kept. Send it again.";
    Refused::later(Reason::Busy, detail, RETRY_BUSY_SECONDS)
}

/// What is told to whoever asks for a page that cannot be made.
pub fn no_pages() -> Refused {
    let detail = "The pages cannot be made; the log of the server says why.";
    Refused::later(Reason::Disk, detail, RETRY_TROUBLE_SECONDS)
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
