//! What may go wrong, when, and what is then left.

use std::fmt;

/// One change that a program asks of a disk; they are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A name for a new file.
    CreateFile,
    /// A name for a new folder.
    CreateFolder,
    /// Bytes at the end of a file.
    Write {
        /// How many.
        bytes: usize,
    },
    /// A shorter length for a file.
    Truncate,
    /// Content made durable.
    SyncFile,
    /// One name for another.
    Rename,
    /// A name taken away.
    Unlink,
    /// Names made durable.
    SyncFolder,
}

/// What happens instead of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The medium fails: a write stops halfway, a sync drops what it should have written.
    Broken,
    /// The same, for want of space.
    Full,
    /// The program is killed: the system's cache lives on, every call through this handle fails.
    Killed,
    /// Power fails.
    PowerLost {
        /// When.
        moment: Moment,
        /// What then is left of that which was not synced.
        survival: Survival,
    },
}

/// When power fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Before the step.
    Before,
    /// After the step, before the program hears of it.
    After,
    /// During a write, of which this much reaches the medium. For another step, the same as after.
    During(Torn),
}

/// How much of a torn write reaches the medium.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Torn {
    /// Nothing.
    Nothing,
    /// The first byte.
    OneByte,
    /// The first half.
    Half,
    /// All but the last byte.
    AllButOne,
}

/// What is left, when power fails, of that which was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Survival {
    /// Nothing.
    Nothing,
    /// Everything: the system had just written its cache.
    Everything,
    /// Names but no content: what a rename before a sync leads to. Files may have their length
    /// and zeros.
    Names,
    /// Content but no names.
    Contents,
    /// Each write is kept, lost, torn anywhere or turned to garbage, each name kept or lost, as the
    /// seed has it.
    Random,
}

/// A lie of the disk, planted to show that a test would notice a missing call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    /// Content is never made durable, and nobody is told.
    FileSyncSkipped,
    /// Names are never made durable, and nobody is told.
    FolderSyncSkipped,
    /// A failed write is reported as done.
    WriteErrorHidden,
    /// A failed sync is reported as done.
    SyncErrorHidden,
}

impl Torn {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Nothing, Self::OneByte, Self::Half, Self::AllButOne];

    pub(super) fn of(self, bytes: usize) -> usize {
        match self {
            Self::Nothing => 0,
            Self::OneByte => bytes.min(1),
            Self::Half => bytes / 2,
            Self::AllButOne => bytes.saturating_sub(1),
        }
    }
}

impl Survival {
    /// Every one.
    pub const ALL: [Self; 5] =
        [Self::Nothing, Self::Everything, Self::Names, Self::Contents, Self::Random];
}

impl Flaw {
    /// Every one.
    pub const ALL: [Self; 4] = [
        Self::FileSyncSkipped,
        Self::FolderSyncSkipped,
        Self::WriteErrorHidden,
        Self::SyncErrorHidden,
    ];

    /// Whether this flaw hides that the step failed.
    pub(super) fn hides(self, step: Step) -> bool {
        match self {
            Self::WriteErrorHidden => matches!(step, Step::Write { .. }),
            Self::SyncErrorHidden => matches!(step, Step::SyncFile | Step::SyncFolder),
            Self::FileSyncSkipped | Self::FolderSyncSkipped => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken => f.write_str("the medium fails"),
            Self::Full => f.write_str("the disk is full"),
            Self::Killed => f.write_str("the program is killed"),
            Self::PowerLost { moment, survival } => {
                write!(f, "power fails ({moment:?}; survives: {survival:?})")
            }
        }
    }
}
