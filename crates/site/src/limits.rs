//! Every bound of the pages, with its reason.

/// Characters of one text from a release that a page shows; the CSV holds all of them. The contract
/// allows 1,000 bytes for a sentence, and nobody reads more in a table.
pub(crate) const TEXT_CHARS_MAX: usize = 400;

/// Characters of a label inside a drawing, where nothing wraps.
pub(crate) const LABEL_CHARS_MAX: usize = 11;

/// Characters beneath a large figure: three lines of a phone, the rest stands at the question.
pub(crate) const CAPTION_CHARS_MAX: usize = 48;

/// Characters of a step's name beside bands: what a third of a phone's width holds.
pub(crate) const STEP_CHARS_MAX: usize = 16;

/// Bars of one chart: more is a table, which is one key away.
pub(crate) const BARS_MAX: usize = 12;

/// Bands of one chart of moves: more cannot be told apart, and the table has all.
pub(crate) const BANDS_MAX: usize = 24;

/// Parts of the widest band that a band has at least one of: a thinner one is a hair.
pub(crate) const BAND_PARTS_MAX: u64 = 40;

/// Moves with their numbers beneath the bands: the usual ways.
pub(crate) const MOVES_SAID_MAX: usize = 5;

/// Entries of a chart of long values, each of which takes several lines.
pub(crate) const LONG_BARS_MAX: usize = 8;

/// Lines of one table on a page; the CSV holds all. 250 lines of a `set` have about 12 kB.
pub(crate) const TABLE_LINES_MAX: usize = 250;

/// Points of a chart over time: a year of days; older releases are listed, not drawn. Of one line
/// they have about 6 kB, with their numbers.
pub(crate) const POINTS_MAX: usize = 366;

/// Lines of the tables of a channel's history; the CSV holds all.
pub(crate) const HISTORY_LINES_MAX: usize = 120;

/// Numbers in one Parquet file: the newest releases that fit. Each takes about 200 bytes of memory
/// while the file is made: 40 MB.
pub(crate) const PARQUET_LINES_MAX: usize = 200_000;

/// Named layers of the versions' chart; all others are one grey layer below them. As many as there
/// are colours that everybody can tell apart.
pub(crate) const LAYERS_MAX: usize = 4;

/// What is not shown has a layer of its own from one part of so many on, in some release: less is a
/// hair, and the note beneath the chart says it.
pub(crate) const HIDDEN_PARTS_MAX: u64 = 50;

/// Releases in one CSV: two years of weeks. The frozen releases hold everything.
pub(crate) const CSV_RELEASES_MAX: usize = 104;

/// Installations below which a rehearsal counts and does not speak of percent: "3 of 4" is plainer
/// than "75 %". Published releases have larger groups.
pub(crate) const FEW: u64 = 20;

/// Characters of an answer that may stand as a large figure.
pub(crate) const FIGURE_CHARS_MAX: usize = 18;

/// Figures beside the headline: what fits in one line of a wide page.
pub(crate) const HIGHLIGHTS_MAX: usize = 4;

/// Cells of all cross-tables on their page, which then has at most 90 kB; the CSV files hold all.
pub(crate) const CROSS_CELLS_SHOWN_MAX: usize = 1_600;

/// Days after which a number within 28 days is no longer repeated: by then there is a new one, or
/// the manifest counts none any more.
pub(crate) const WITHIN_28_DAYS_OLD_MAX: i32 = 28;

/// Values that the spoken summary of a chart names: nobody wants to hear twelve, and each counts
/// sixty times in a large page.
pub(crate) const VALUES_SAID_MAX: usize = 2;
