//! What changes between two manifests, in plain words: what a vendor reads before a release and an
//! operator before an upgrade.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::change::{Change, Topic, changes};
use crate::destination::Destination;
use crate::id::ChannelId;
use crate::manifest::{Channel, Manifest};

/// The differences between two manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diff {
    /// The differences of each channel that has any, in the newer manifest's order; channels that
    /// are gone come last.
    pub channels: Vec<ChannelDiff>,
}

/// The differences of one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ChannelDiff {
    /// The channel.
    pub channel: ChannelId,
    /// Whether it is in both manifests.
    pub presence: Presence,
    /// What differs; of a new channel, its questions.
    pub changes: Vec<Change>,
}

/// In which of two manifests a channel is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// In both.
    Both,
    /// In the newer one alone: nobody has decided about it.
    New,
    /// In the older one alone: it sends nothing any more.
    Gone,
}

/// The differences from one manifest to another, both as they ship.
pub fn diff(old: &Manifest, new: &Manifest) -> Diff {
    let destinations = [old, new].map(|manifest| Destination::of(&manifest.program, None));
    let [old_destination, new_destination] = &destinations;
    let mut channels = Vec::new();
    for channel in &new.channels {
        let id = channel.id.as_str();
        let (presence, changes) = match old.channel(id) {
            Some(_) => {
                let now = (new, new_destination);
                (Presence::Both, changes((old, old_destination), now, id))
            }
            None => (Presence::New, questions(channel, Topic::NewQuestion, "new", true)),
        };
        if !changes.is_empty() {
            channels.push(ChannelDiff { channel: channel.id.clone(), presence, changes });
        }
    }
    for channel in old.channels.iter().filter(|old| new.channel(old.id.as_str()).is_none()) {
        let changes = questions(channel, Topic::Removed, "no longer asked", false);
        let presence = Presence::Gone;
        channels.push(ChannelDiff { channel: channel.id.clone(), presence, changes });
    }
    Diff { channels }
}

fn questions(channel: &Channel, topic: Topic, word: &str, asked: bool) -> Vec<Change> {
    let each = channel.parts.iter().flat_map(|part| part.fields.iter().map(move |f| (part, f)));
    let change = |(part, field): (&crate::manifest::Part, &crate::manifest::Field)| Change {
        part: Some(part.id.clone()),
        topic,
        what: format!("{word}: “{}”", field.question),
        asked,
    };
    each.map(change).collect()
}

impl Diff {
    /// Whether somebody is asked again.
    pub fn asks(&self) -> bool {
        self.channels.iter().flat_map(|channel| &channel.changes).any(|change| change.asked)
    }

    /// One sentence: "3 new questions, 1 widened: operators will be asked again."
    pub fn summary(&self) -> String {
        if self.channels.is_empty() {
            return "Nothing that an operator would notice has changed.".to_owned();
        }
        let asked = self.counted(true);
        let shown = self.counted(false);
        match (asked.is_empty(), shown.is_empty()) {
            (false, true) => format!("{asked}: operators will be asked again."),
            (false, false) => {
                format!("{asked}: operators will be asked again. {shown}: shown, not asked.")
            }
            (true, _) => format!("{shown}: nobody is asked again."),
        }
    }

    fn counted(&self, asked: bool) -> String {
        let mut found: BTreeMap<Topic, BTreeSet<(Option<&ChannelId>, &str)>> = BTreeMap::new();
        for channel in &self.channels {
            for change in channel.changes.iter().filter(|change| change.asked == asked) {
                // Every channel has the one destination and the one controller.
                let shared = matches!(change.topic, Topic::Destination | Topic::Detail);
                let whose = Some(&channel.channel).filter(|_| !(shared && change.part.is_none()));
                found.entry(change.topic).or_default().insert((whose, &change.what));
            }
        }
        let words = found.into_iter().map(|(topic, changes)| words(topic, changes.len()));
        words.collect::<Vec<_>>().join(", ")
    }

    /// The whole difference, for a terminal.
    pub fn in_words(&self) -> String {
        let mut text = self.summary();
        text.push('\n');
        for channel in &self.channels {
            let word = match channel.presence {
                Presence::Both => "",
                Presence::New => " (new: nobody has decided about it)",
                Presence::Gone => " (gone: it sends nothing any more)",
            };
            let _ = write!(text, "\n{}{word}\n", channel.channel);
            // What is asked stands first: it is what somebody has to do something about.
            for asked in [true, false] {
                for change in channel.changes.iter().filter(|change| change.asked == asked) {
                    let mark = if asked { "asked again" } else { "shown      " };
                    let _ = writeln!(text, "  {mark}  {}", change.what);
                }
            }
        }
        text
    }
}

fn words(topic: Topic, number: usize) -> String {
    let several = |one: &str, many: &str| {
        if number == 1 { format!("1 {one}") } else { format!("{number} {many}") }
    };
    match topic {
        Topic::NewQuestion => several("new question", "new questions"),
        Topic::Widened => format!("{number} widened"),
        Topic::Reworded => format!("{number} reworded"),
        Topic::Source => format!("{number} read from elsewhere"),
        Topic::Retention => "another retention".to_owned(),
        Topic::Period => "another period".to_owned(),
        Topic::Identity => "another lifetime of tags".to_owned(),
        Topic::Publication => {
            several("change of what is published", "changes of what is published")
        }
        Topic::Destination => several("change of the destination", "changes of the destination"),
        Topic::Tier => several("part in a smaller tier", "parts in a smaller tier"),
        Topic::Narrowed => format!("{number} narrowed"),
        Topic::Removed => format!("{number} no longer asked"),
        Topic::Detail => several("detail", "details"),
        Topic::Unknown => "a record that does not say what was shown".to_owned(),
    }
}
