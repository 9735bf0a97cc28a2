//! Moves from one step of a closed list to another, each with its place among all of them.

use crate::answer::Entry;
use crate::id::Choice;
use crate::manifest::OTHER;

/// What stands between the two steps of a move. No choice has it.
pub const MOVE: char = '>';

/// All moves between the steps of a list, `other` among them: from each to each, also to itself.
///
/// The place of a move is that of its first step, times all steps, and that of its second one.
#[derive(Debug, Clone, Copy)]
pub struct Moves<'s>(pub &'s [Choice]);

impl<'s> Moves<'s> {
    /// How many there are.
    #[expect(clippy::len_without_is_empty, reason = "there is always the one from other to other")]
    pub fn len(self) -> usize {
        self.steps() * self.steps()
    }

    /// How many steps there are, with `other`.
    pub fn steps(self) -> usize {
        self.0.len() + 1
    }

    /// The place of the move from one step to another.
    pub fn at(self, [from, to]: [Entry; 2]) -> Entry {
        Entry::at(from.index() * self.steps() + to.index())
    }

    /// The two steps of a move.
    pub fn ends(self, place: Entry) -> [Entry; 2] {
        [place.index() / self.steps(), place.index() % self.steps()].map(Entry::at)
    }

    /// A move as it is written: `search>result`.
    pub fn write(self, place: Entry) -> String {
        let [from, to] = self.ends(place).map(|step| step.text(self.0));
        format!("{from}{MOVE}{to}")
    }

    /// Reads exactly what [`Moves::write`] writes.
    pub fn read(self, text: &str) -> Option<Entry> {
        let (from, to) = text.split_once(MOVE)?;
        let step = |text: &str| Some(Entry::of(text, self.0)).filter(|e| e.text(self.0) == text);
        Some(self.at([step(from)?, step(to)?]))
    }

    /// The move that a source names, each step as `step` has it. Text that names no move is one
    /// from `other` to `other`.
    pub fn of(self, raw: &str, step: impl Fn(&'s [Choice], &str) -> Entry) -> Entry {
        let (from, to) = raw.split_once(MOVE).unwrap_or((OTHER, OTHER));
        self.at([from, to].map(|raw| step(self.0, raw)))
    }
}
