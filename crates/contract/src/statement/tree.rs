//! The statement's tree: few kinds of block, so that both writers stay small enough to trust.

/// A block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    /// A heading of level 1, 2 or 3; `id` is where links lead.
    Heading { level: u8, id: Option<String>, text: Line },
    /// The sentence that says it all, right below a heading.
    Lede(Line),
    /// A paragraph.
    Paragraph(Line),
    /// A paragraph that must not be overlooked.
    Warning(Line),
    /// A table; `numbers` is the index of a column that holds numbers.
    Table { head: Vec<Line>, rows: Vec<Vec<Line>>, numbers: Option<usize> },
    /// Terms, each with what there is to say about it.
    Definitions(Vec<(Line, Vec<Line>)>),
    /// Commands to type.
    Commands(Vec<String>),
}

/// One run of text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line(pub(super) Vec<Piece>);

/// A piece of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Plain words.
    Words(String),
    /// Words with weight.
    Strong(String),
    /// A name as machines write it.
    Code(String),
}

impl Line {
    pub(super) fn words(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Words(text.into()));
        self
    }

    pub(super) fn strong(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Strong(text.into()));
        self
    }

    pub(super) fn code(mut self, text: impl Into<String>) -> Self {
        self.0.push(Piece::Code(text.into()));
        self
    }
}

impl From<&str> for Line {
    fn from(text: &str) -> Self {
        Self::default().words(text)
    }
}

impl From<String> for Line {
    fn from(text: String) -> Self {
        Self::default().words(text)
    }
}

/// A heading of level 2 that links can lead to.
pub(super) fn heading(id: &str, text: impl Into<Line>) -> Block {
    Block::Heading { level: 2, id: Some(id.to_owned()), text: text.into() }
}

/// A heading of level 3.
pub(super) fn subheading(text: impl Into<Line>) -> Block {
    Block::Heading { level: 3, id: None, text: text.into() }
}
