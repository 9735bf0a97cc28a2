//! Every bound of the contract, with its reason.

/// Bytes of an identifier: long enough for a readable name, short enough for a file name and a
/// table.
pub const ID_BYTES_MAX: usize = 40;

/// Bytes of a choice: the longest product names in use have under 50.
pub const CHOICE_BYTES_MAX: usize = 64;

/// Bytes of a manifest's text. 60 fields with all their sentences need about 30 KiB.
pub const MANIFEST_BYTES_MAX: usize = 256 * 1024;

/// Bytes of one part (RFC 8785 form, uncompressed). A part of 60 fields has about 3 kB; the rest is
/// room for `set` and `counts` with long lists.
pub const PART_BYTES_MAX: usize = 16 * 1024;

/// The largest integer that every JSON reader holds exactly (RFC 8785 section 3.2.2.3): 2^53 - 1.
pub const INTEGER_MAX: u64 = (1 << 53) - 1;

/// Channels of one program: a person decides about each, and nobody reads more.
pub const CHANNELS_MAX: usize = 16;

/// Parts of one channel: each is sent on its own, so this bounds requests per period.
pub const PARTS_MAX: usize = 64;

/// Fields of one part.
pub const FIELDS_PER_PART_MAX: usize = 64;

/// Entries of a closed list. Long enough for every operating system a monitoring product knows.
pub const CHOICES_MAX: usize = 1_024;

/// Steps of a flow: a release has a number for each bucket of each move, and of 24 steps there are
/// 625 moves with `other`.
pub const STEPS_MAX: usize = 24;

/// Buckets of a bucketed number: more would be nearly exact.
pub const BUCKETS_MAX: usize = 24;

/// Bytes of any sentence in a manifest (question, purpose, title).
pub const TEXT_BYTES_MAX: usize = 1_000;

/// Values of an anchor: it is repeated in every part, so it must say almost nothing (design,
/// section 5).
pub const ANCHOR_CHOICES_MAX: usize = 8;

/// Samples of one field in one period, chosen at random when there are more.
pub const SAMPLES_PER_PERIOD_MAX: usize = 20;

/// Samples of one field that are cleaned to find those that travel: some are dropped, some become
/// the same.
pub const SAMPLE_CANDIDATES_MAX: usize = 4 * SAMPLES_PER_PERIOD_MAX;

/// Records of one field in one period: the disks of a large shelf. Each is a request of its own,
/// and noise on their counts grows with the number.
pub const RECORDS_MAX: u32 = 64;

/// Bytes of one sample value after cleaning.
pub const SAMPLE_BYTES_MAX: u32 = 256;

/// Digits in one number of a version: dates such as 20261120 do not fit, on purpose.
pub const VERSION_DIGITS_MAX: usize = 6;

/// Numbers in a version.
pub const VERSION_NUMBERS_MAX: usize = 4;

/// The smallest group that may be published exactly; below this one answer shows through.
pub const GROUP_MIN_FLOOR: u32 = 5;

/// The group that is used when the manifest names none.
pub const GROUP_MIN_DEFAULT: u32 = 20;

/// Cross-tables of one channel: each takes as much of ε as a question.
pub const CROSSES_MAX: usize = 16;

/// Cells of one cross-table: 20 lines of 20 columns, the most that a page shows readably.
pub const CROSS_CELLS_MAX: usize = 400;

/// Days that answers may be kept at most: two years and a month, for year-over-year views.
pub const RETENTION_DAYS_MAX: u32 = 762;

/// Hours between a notice and the first part at least: a night and a working day to say no.
pub const GRACE_HOURS_MIN: u32 = 24;

/// Hours between a notice and the first part at most: 90 days; later nobody remembers the notice.
pub const GRACE_HOURS_MAX: u32 = 90 * 24;

/// Days after a period's end during which its parts are still accepted and retried.
pub const INTAKE_GRACE_DAYS: i32 = 2;

/// Days by which a sender's clock may run ahead or behind.
pub const CLOCK_SKEW_DAYS: i32 = 1;

/// The last year in which a question may expire: later dates only say "never".
pub const EXPIRY_YEAR_MAX: i16 = 2099;

/// Periods in one window of a release: a rolling window has 28 days, a calendar month at most 31.
pub const WINDOW_PERIODS_MAX: u32 = 31;

/// Distinct values of open vocabularies (versions, samples) in one tally, divided evenly among its
/// open fields. A value takes about 100 bytes as a version and 350 as the longest sample, so all
/// together stay under 92 MB however hostile the answers are.
pub const OPEN_VALUES_MAX: usize = 1 << 18;

/// An open vocabulary shows a value that one installation alone holds with a probability of at most
/// 10 to the minus this: about once in a billion releases.
pub const DELTA_EXPONENT: u32 = 9;

/// Bytes of one query: a count of one thing over two tables has under 300, and an operator reads
/// every one of them in the statement.
pub const QUERY_BYTES_MAX: usize = 2_000;

/// Databases that a manifest may declare.
pub const DATABASES_MAX: usize = 8;

/// Lists of known values that a manifest may declare: each is read once for every sample.
pub const KNOWN_MAX: usize = 32;
