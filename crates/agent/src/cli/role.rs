//! What one process of a service does of everything.

/// What a service does. Each role alone needs less of the machine than all together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Role {
    /// Everything, in one process.
    #[default]
    All,
    /// Reads facts when a report's first moment has come, and freezes it. Needs no network.
    Gather,
    /// Sends what is frozen, and asks for deletions. Reads nothing but the state folder.
    Send,
    /// Serves the page. It reads facts only while somebody looks at a draft.
    Page,
    /// Gathers, seals, keeps the state, and has another process carry what is sealed.
    #[value(skip)]
    Seal,
}

impl Role {
    /// Every role that may be named.
    pub const ALL: [Self; 4] = [Self::All, Self::Gather, Self::Send, Self::Page];

    /// Whether it reads facts on schedule.
    pub fn gathers(self) -> bool {
        matches!(self, Self::All | Self::Gather | Self::Seal)
    }

    /// Whether it sends.
    pub fn sends(self) -> bool {
        matches!(self, Self::All | Self::Send | Self::Seal)
    }

    /// Whether it serves the page.
    pub fn serves_page(self) -> bool {
        matches!(self, Self::All | Self::Page)
    }
}
