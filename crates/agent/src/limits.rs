//! Every bound of the agent, with its reason.

/// Bytes of the record of decisions: 16 channels, each with a manifest of its own of 256 KiB at
/// most.
pub const RECORD_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes of the other small state files.
pub const STATE_FILE_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of one frozen report: 64 parts of 16 KiB, and 20 samples in each part that has them.
pub const OUTBOX_FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Frozen reports at most: one a day is kept until two days after its period, for 16 channels.
pub const OUTBOX_FILES_MAX: usize = 16 * 5;

/// Bytes of the ledger after which it is pruned to half of this, and what is folded. A typical
/// report makes 4 kB a day: ten years.
pub const LEDGER_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Bytes of tags that are kept of lines that were removed: 45,000 of 140 bytes, which are 60 parts
/// a day for the 762 days that a manifest may have them kept. What does not find room is forgotten
/// with its retention, and `withdraw` says so. With the half that stays it is below the ledger's
/// own bound, so that there is room for new lines.
pub const LEDGER_FOLDED_BYTES_MAX: usize = 6 * 1024 * 1024;

/// Bytes of the deletions that are not confirmed yet: about 400 each, for every part of two years
/// of ten channels.
pub const DELETIONS_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Seconds over which deletions are spread, so that their moments do not join what they delete.
pub const DELETION_SECONDS: u64 = 24 * 3600;

/// Seconds after which a collector that works on a deletion is asked again, drawn up to this.
pub const DELETION_AGAIN_SECONDS: u64 = 12 * 3600;

/// Keys in one question about what is held; a collector takes at most 64.
pub const HELD_KEYS_MAX: usize = 32;

/// Bytes of the answer to such a question: two years of days of a part of 300 bytes, for each key.
pub const HELD_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Bytes of a collector's answer: a receipt has under 4 KiB, a list of problems too.
pub const REPLY_BYTES_MAX: u64 = 64 * 1024;

/// Bytes of a part (design, section 10).
pub const PART_BYTES_MAX: u64 = 16 * 1024;

/// Bytes of a file that is said to be a capsule: the largest class is 20 KiB, and 1,143 more.
pub const CAPSULE_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a relay's answer: the largest class of a sealed one is 66 KiB, and 32 bytes seal it.
pub const SEALED_REPLY_BYTES_MAX: u64 = 128 * 1024;

/// Seconds for which a gateway's keys are used before they are fetched again: they are offered for
/// four days, and whoever uses older ones than most others would stand out.
pub const KEYS_SECONDS_MAX: i64 = 24 * 3600;

/// Sets of relays whose keys are kept: the one of now, and those that older parts went through.
pub const KEYS_KEPT_MAX: usize = 4;

/// Bytes of a published release: 1,024 rows for each of 60 fields.
pub const RELEASE_BYTES_MAX: u64 = 8 * 1024 * 1024;

/// Releases of a channel: one a day for 180 years.
pub const RELEASES_MAX: u64 = 1 << 16;

/// Seconds that one request may take in all, so that a collector that hangs holds up nothing.
pub const REQUEST_SECONDS_MAX: u64 = 30;

/// Bytes of what two processes of the agent say to each other beside what is sealed: an address of
/// 2 KiB, and the certificate authorities of a fleet's policy, whose text has 256 KiB at most.
pub const CARRYING_WORDS_BYTES_MAX: u64 = 512 * 1024;

/// Seconds that the process that carries waits for a word of the one that seals, which may be
/// waiting for the state folder, and this one for that one beyond what a request may take.
pub const CARRYING_SECONDS_MAX: u64 = LOCK_SECONDS_MAX + 5;

/// Seconds that a scheduled sending waits after the state folder is new, so that short-lived
/// machines are not counted (design, section 9).
pub const SCHEDULE_AFTER_SECONDS: i64 = 24 * 3600;

/// Seconds without a `tick` after which parts count as missed while off, not merely due; where
/// ticks are usually further apart, one and a half times that.
pub const OFF_AFTER_SECONDS: u64 = 2 * 3600;

/// Seconds over which missed parts are drawn again.
pub const REDRAW_SECONDS: u64 = 24 * 3600;

/// The first pause after a failed try; it doubles each time.
pub const RETRY_SECONDS_FIRST: u64 = 60;

/// The longest pause between tries: four a day at least.
pub const RETRY_SECONDS_MAX: u64 = 6 * 3600;

/// The longest `Retry-After` that is believed: a collector cannot silence an agent for longer.
pub const RETRY_AFTER_SECONDS_MAX: u64 = 24 * 3600;

/// Seconds ahead at most for which anything is put off: a day that a collector asked for, the
/// longest pause, a week for a part that waits for its moment. What lies further ahead was written
/// by a clock that was wrong.
pub const CLOCK_AHEAD_SECONDS_MAX: i64 = 8 * 24 * 3600 + 6 * 3600;

/// Seconds between two looks of the service when nothing is due: a decision made by another
/// process is asked at every send anyway, so this bounds only how late a new channel begins.
pub const LOOK_SECONDS_MAX: u64 = 15 * 60;

/// Seconds after which a process that only sends looks again for what another one gathers: the
/// sources of a channel take a minute at most.
pub const GATHERED_WITHIN_SECONDS: i64 = 60;

/// Seconds between two questions to the host of a fleet's policy: asked at every look of the
/// service, which comes every 15 minutes at the latest.
pub const FLEET_CHECK_SECONDS: i64 = 14 * 60;

/// Seconds after which the host is asked again right before a part is sent: the parts of one moment
/// ask once, and a host that is down is not asked for each.
pub const FLEET_AGAIN_SECONDS: i64 = 60;

/// Seconds without a word from the host after which nothing is sent (design, section 14).
pub const FLEET_SILENT_SECONDS: i64 = 24 * 3600;

/// Seconds by which the last answer may lie ahead: a clock that was corrected.
pub const FLEET_SKEW_SECONDS: i64 = 5 * 60;

/// Bytes of what is kept of a fetched policy: its text, every character escaped, and a few dates.
pub const FLEET_FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Seconds that the host has for its whole answer.
pub const FLEET_SECONDS_MAX: u64 = 10;

/// Seconds by which the service may wake late before it counts as asleep: a busy machine, but no
/// suspended one.
pub const LATE_SECONDS_MAX: i64 = 60;

/// Seconds that a command waits for another one to finish with the state folder.
pub const LOCK_SECONDS_MAX: u64 = 5;

/// Seconds that one command of a manifest may take: a tool that asks a busy product answers in two
/// or three, and one that hangs must not eat what is left for the others.
pub const COMMAND_SECONDS_MAX: u64 = 10;

/// Seconds of processor that a command may take: all of the time that it has, on one processor.
pub const COMMAND_CPU_SECONDS_MAX: u64 = COMMAND_SECONDS_MAX;

/// Bytes of memory of its own that a command may take: a tool in Python or Java with a large
/// answer takes a tenth of this.
pub const COMMAND_MEMORY_BYTES_MAX: u64 = 1 << 30;

/// Bytes that a command may print: a closed list has 1,024 entries of 64 bytes, four times over.
pub const COMMAND_BYTES_MAX: usize = 256 * 1024;

/// Seconds that a command has to go away once it was killed; one that waits for a dead disk cannot.
pub const KILL_SECONDS_MAX: u64 = 1;

/// Bytes of a file of a manifest: a configuration with all its comments has under 100 KiB.
pub const SOURCE_FILE_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of a file of the kernel: 256 processors take 400 kB of `/proc/cpuinfo`, 10,000 container
/// mounts 2 MB of `/proc/self/mountinfo`.
pub const SYSTEM_FILE_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Seconds that the sources of one channel may take together, which run one after the other.
pub const GATHER_SECONDS_MAX: u64 = 60;

/// Seconds that all patterns of one source may search in its text. One match takes time in
/// proportion to the text; many matches, each of which looks far ahead, take the square of it.
pub const SEARCH_SECONDS_MAX: u64 = 10;

/// Values that one source may give: twice the devices of the largest installations known.
pub const SOURCE_VALUES_MAX: usize = 100_000;

/// Bytes of a compiled pattern. The time of a match grows with this and with the length of the
/// text; patterns in use take under 4 KiB.
pub const PATTERN_BYTES_MAX: usize = 64 * 1024;

/// Seconds that a database has to accept a connection and a login.
pub const CONNECT_SECONDS_MAX: u64 = 5;

/// Seconds that one query may take: a count over 50,000 devices and a million ports takes under
/// two; what takes longer costs the product more than the answer is worth.
pub const QUERY_SECONDS_MAX: u64 = 10;

/// Seconds that one query may read a file of SQLite: its program cannot write meanwhile, and
/// programs wait five seconds for that.
pub const SQLITE_SECONDS_MAX: u64 = 2;

/// Seconds that all known values of a database may take: they are read row by row, for as many
/// devices as there are.
pub const KNOWN_SECONDS_MAX: u64 = 60;

/// Bytes of one result: 200 descriptions of 20 kB, or 100,000 names of 40 bytes.
pub const QUERY_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Bytes of one value of a result: the longest description in use has under 8 KiB.
pub const QUERY_CELL_BYTES_MAX: usize = 256 * 1024;

/// Bytes of a file of credentials.
pub const CREDENTIALS_BYTES_MAX: usize = 256 * 1024;

/// Bytes that a local server may answer over HTTP.
pub const HTTP_BYTES_MAX: usize = 1024 * 1024;

/// Seconds that a local server has for its whole answer.
pub const HTTP_SECONDS_MAX: u64 = 5;

/// Slices of a period in which pushed numbers are kept: a period is up to one slice long too short,
/// 2 % on average.
pub const PUSH_SLICES: u32 = 24;

/// Different pushed things that are kept: 100 questions of 25 words in each slice. Each takes about
/// 150 bytes of memory, 9 MB in all.
pub const PUSH_CELLS_MAX: usize = 60_000;

/// Bytes of the file of pushed numbers, above which it is written anew. A line has about 40.
pub const PUSH_FILE_BYTES_USUAL: u64 = 1024 * 1024;

/// Bytes of that file at most: all cells with the longest names, and what a batch adds.
pub const PUSH_FILE_BYTES_MAX: u64 = 10 * 1024 * 1024;

/// Seconds after which what was pushed is made durable: what a power failure costs at most. Each
/// time costs the product's disk one flush.
pub const PUSH_SETTLE_SECONDS: u64 = 30;

/// Lines that are taken at once before they are written down.
pub const PUSH_BATCH_MAX: u32 = 256;

/// Lines that are taken in a second, at about 4 microseconds each: under a tenth of a processor,
/// whoever floods the socket. What comes faster waits with its sender, as one number.
pub const PUSH_PER_SECOND_MAX: u32 = 20_000;

/// Seconds that a pushing command waits for a busy service or another command.
pub const PUSH_BUSY_SECONDS_MAX: u64 = 1;
