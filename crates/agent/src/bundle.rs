//! Reports that leave the air gap in a file that a person carries, and the receipts that come back.
//! The same gate decides, the same frozen bytes travel, the same ledger holds them.

use contract::bundle::{self, Fate};
use contract::gate::Verdict;
use contract::id::ChannelId;
use envelope::{Digest, RootPublic};
use zeroize::Zeroizing;

use crate::agent::Agent;
use crate::ledger::{self, Entry};
use crate::outbox::{self, PartState};
use crate::ports::day_of;
use crate::trouble::Trouble;

/// A bundle, ready to be written.
pub struct Carried {
    /// The whole file.
    pub text: String,
    /// How many parts it holds.
    pub parts: usize,
    /// The fingerprint of the key that signs it, to be compared where it is imported.
    pub key: Digest,
}

/// What receipts that came back said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Returned {
    /// Parts that the collector took, newly known here.
    pub acknowledged: usize,
    /// Parts of which that was known.
    pub known: usize,
    /// What it refused, in its words. Nothing proves these: the parts stay as they are.
    pub refused: Vec<String>,
    /// Receipts that are not believed, and why.
    pub doubtful: Vec<String>,
}

impl Agent<'_> {
    /// Gathers what the period has not gathered yet, and makes a bundle of every part that was
    /// agreed to and has no receipt. Each is in the ledger before this returns.
    ///
    /// # Errors
    /// If nothing is agreed to or nothing waits, or the state cannot be read or written.
    pub fn export_bundle(&self) -> Result<Carried, Trouble> {
        let state = self.state();
        let mut carried = Vec::new();
        for channel in self.channels() {
            let period = self.period_now(self.find(channel.as_str())?);
            self.freeze(channel.as_str(), period, None)?;
        }
        let _alone = self.alone()?;
        for frozen in outbox::all(state.disk()?)? {
            let waiting = frozen.parts.iter().filter(|part| part.state == PartState::Waiting);
            for part in waiting {
                // Somebody may have changed their mind a moment ago.
                let reading = self.read()?;
                let verdict = self.verdict_of(&reading, &frozen.channel);
                let Some(consent) = verdict.as_ref().and_then(Verdict::consent) else { continue };
                let Some(thawed) = self.thaw(consent, frozen.period, part) else { continue };
                if self.begin_try(&frozen, &thawed, consent)? {
                    carried.push(part.bytes.clone());
                }
            }
        }
        if carried.is_empty() {
            return Err(Trouble::new(
                "there is nothing to carry.",
                "no channel that somebody agreed to has a part without a receipt",
                "everything as it was",
                "candor-agent status shows what is agreed to; candor-agent agree CHANNEL",
            ));
        }
        // Written in the order of a report, the parts would say which belong together.
        carried.sort_by_key(|bytes| Digest::of(bytes.as_bytes()).0);
        let (program, today) = (&self.manifest.program.id, day_of(self.now()));
        let body = bundle::parts(program, &self.destination.collector, today, &carried);
        let mut drawn = Zeroizing::new([0; 32]);
        self.world.random.fill(drawn.as_mut());
        let (text, key) = envelope::bundle::seal(&drawn, &body);
        let parts = carried.len();
        let _held = state.lock()?;
        self.note(vec![Entry::Carried { parts, key }])?;
        Ok(Carried { text, parts, key })
    }

    fn verdict_of<'a>(
        &'a self,
        reading: &'a crate::agent::Reading,
        channel: &ChannelId,
    ) -> Option<Verdict<'a>> {
        self.verdict(reading, channel.as_str()).ok()
    }

    /// Reads what became of a bundle's parts. A receipt counts as one that came over the network
    /// does: under a root that was pinned when the part left, and for no longer than was agreed.
    ///
    /// # Errors
    /// If the text is something else, or the state cannot be read or written.
    pub fn import_receipts(&self, text: &str) -> Result<Returned, Trouble> {
        let unusable = |why: String| {
            let to_do = "carry the file again that candor-collector import wrote";
            Trouble::new("no receipt was read.", why, "everything as it was", to_do)
        };
        let (program, fates) =
            bundle::read_receipts(text).map_err(|error| unusable(error.to_string()))?;
        if program != self.manifest.program.id {
            return Err(unusable(format!("it is about `{program}`")));
        }
        let state = self.state();
        let _held = state.lock()?;
        let left = self.left_without_receipt()?;
        let mut returned = Returned::default();
        for Fate { digest, receipt, refused } in fates {
            let Some(receipt) = receipt else {
                returned.refused.extend(refused.map(|text| shown(&text)));
                continue;
            };
            let Some(part) = left.iter().find(|part| part.digest == digest) else {
                returned.doubtful.push("it is for a part that never left here".to_owned());
                continue;
            };
            if part.has_receipt {
                returned.known += 1;
                continue;
            }
            if let Err(why) = self.believed(&receipt, part) {
                returned.doubtful.push(why);
                continue;
            }
            self.note(vec![Entry::Receipt { digest, receipt }])?;
            self.mark_sent(&part.channel, digest)?;
            returned.acknowledged += 1;
        }
        Ok(returned)
    }

    fn believed(&self, receipt: &envelope::Receipt, part: &Left) -> Result<(), String> {
        let statement = receipt.verify(&part.roots, &part.digest).map_err(|error| {
            let cause = std::error::Error::source(&error).map(|cause| format!(": {cause}"));
            format!("{error}{}", cause.unwrap_or_default())
        })?;
        let kept = self.manifest.channel(part.channel.as_str());
        let kept = kept.map(|channel| part.period.forget_by(channel.retention_days));
        match kept {
            Some(agreed) if statement.forget_by > agreed => {
                Err(format!("it would be kept until {}, not {agreed}", statement.forget_by))
            }
            _ => Ok(()),
        }
    }

    /// Everything that ever left, by the ledger.
    fn left_without_receipt(&self) -> Result<Vec<Left>, Trouble> {
        let mut left: Vec<Left> = Vec::new();
        for line in ledger::entries(self.state().disk()?)? {
            match line.entry {
                Entry::Sending { channel, period, bytes, roots, .. } => {
                    let digest = Digest::of(bytes.as_bytes());
                    left.push(Left { digest, channel, period, roots, has_receipt: false });
                }
                Entry::Receipt { digest, .. } => {
                    let answered = left.iter_mut().filter(|part| part.digest == digest);
                    answered.for_each(|part| part.has_receipt = true);
                }
                _ => {}
            }
        }
        Ok(left)
    }

    /// Callers hold the lock.
    fn mark_sent(&self, channel: &ChannelId, digest: Digest) -> Result<(), Trouble> {
        let disk = self.state().disk()?;
        for mut frozen in outbox::all(disk)?.into_iter().filter(|f| f.channel == *channel) {
            let part =
                frozen.parts.iter_mut().find(|part| Digest::of(part.bytes.as_bytes()) == digest);
            let Some(part) = part else { continue };
            part.state = PartState::Sent;
            outbox::save(disk, &frozen)?;
        }
        Ok(())
    }
}

/// A part that left.
struct Left {
    digest: Digest,
    channel: ChannelId,
    period: contract::calendar::Period,
    roots: Vec<RootPublic>,
    has_receipt: bool,
}

/// A stranger's sentence for a terminal: nothing but ordinary letters, and not too many.
fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}
