//! Every bound of the collector, with its reason and its arithmetic.

use std::time::Duration;

use contract::limits::PART_BYTES_MAX;

/// Bytes of a body as it travels, compressed or not: what is larger packed than a part is plain
/// saves nobody anything.
pub const BODY_BYTES_MAX: usize = PART_BYTES_MAX;

/// Bytes of an answer's body that are sealed: what agents read at most. With its head it fits the
/// largest class to which answers are padded, 66 KiB.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Keys that one request may show. A channel has at most 64 parts, each with one tag.
pub const KEYS_PER_REQUEST_MAX: usize = 64;

/// Parts under one sync and one signature. At 60,000 a second and 2 ms a sync there are 120; more
/// than a thousand make the last one wait without saving much.
pub const BATCH_PARTS_MAX: usize = 1_024;

/// Parts that wait for the writer: four batches. One more is told to come back.
pub const QUEUE_PARTS_MAX: usize = 4 * BATCH_PARTS_MAX;

/// Bytes of one record in a log: a part, its receipt's proof (512 bytes at most) and two names.
pub const RECORD_BYTES_MAX: usize = PART_BYTES_MAX + 1_024;

/// Bytes of a log that one append can have left torn: a full batch of the largest records and the
/// key's certificate. More than this behind a broken record is damage and no torn tail.
pub const TAIL_BYTES_MAX: u64 = ((BATCH_PARTS_MAX + 1) * (RECORD_BYTES_MAX + 8)) as u64;

/// Bytes read from a log at once while it is replayed, scanned or rewritten.
pub const READ_BYTES: usize = 256 * 1024;

/// Bytes of disk that are not filled with parts: columns that are written anew for a deletion need
/// room for their copy, and deletions must work when nothing else does.
pub const DISK_RESERVE_BYTES: u64 = 64 * 1024 * 1024;

/// Tags that may wait for the daily batch of deletions, per channel. Whoever shows an invented key
/// leaves one of about 100 bytes until then: 13 MB of memory at most. One more is told to come
/// back.
pub const DELETIONS_PENDING_MAX: usize = 65_536;

/// So many tags with rows may always be deleted in one day and channel without a person looking.
pub const DELETIONS_ALARM_TAGS: usize = 1_000;

/// Above that, a batch waits for a person if it would remove more than one in so many parts: nobody
/// in a thousand takes anything back on a usual day, and a mistake cannot be undone.
pub const DELETIONS_ALARM_SHARE: u64 = 20;

/// Parts whose places one index keeps in memory before they become a run on the disk: 7 MB. Of each
/// part in a run memory keeps 2.1 bytes, so ten million parts of one period take about 30 MB.
pub const INDEX_ROWS_MAX: usize = 131_072;

/// Bytes of the list of a backup's files: 150 for each, so more than 400,000 of them.
pub const BACKUP_LIST_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Bytes of a list of deletions: 250 for each, so a million of them.
pub const DELETIONS_LIST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of packed rows in one block of columns, which is read and written in one piece.
pub const BLOCK_BYTES_MAX: usize = 1024 * 1024;

/// Bytes of the footer of a file of columns: 90 for each block, so 100 million rows and more.
pub const COLUMNS_FOOTER_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Bytes of rows that are sorted in memory while a log becomes columns. Ten million parts of 60
/// fields make about 100 runs of this, each read through 64 KiB.
pub const SORT_BYTES: usize = 16 * 1024 * 1024;

/// Bytes of the file of markers that is rewritten in one piece.
pub const MARKERS_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Bytes of a key's file: about 500 are in use.
pub const KEY_FILE_BYTES_MAX: u64 = 4_096;

/// Bytes of one frozen release: 60 fields of 1,000 rows with 150 bytes each are 9 MB.
pub const RELEASE_BYTES_MAX: u64 = 32 * 1024 * 1024;

/// Connections at once. One that is silent or with half a head costs 2 kB and its bytes, one with
/// half a body or a second head 17 kB at most, so all of them 280 MB; one more waits in the
/// system's queue until an idle one is cut. Ten thousand that dawdle leave room for others.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Connections that the system takes while the server is at work on something else: each of a fleet
/// that calls at one moment. Who finds the queue full is not heard and calls again after a second,
/// then three. Linux grants `net.core.somaxconn` at most, 4,096 as it comes.
pub const LISTEN_QUEUE: u32 = 4_096;

/// Open files that are kept from connections: logs, runs of indexes and columns of the periods that
/// are written or read, and a release. Where the system allows few, half of them.
pub const FILES_KEPT: usize = 256;

/// Connections at once from one network, so that one cannot take them all.
pub const CONNECTIONS_PER_NETWORK_MAX: u32 = 512;

/// Requests within an hour from one network. Ten thousand installations behind one address that
/// send twenty parts a day each come to 8,333 an hour, when spread as their schedule does.
pub const REQUESTS_PER_NETWORK_HOUR_MAX: u32 = 10_000;

/// Places in which networks are counted: with a thousand of them active, one in 65 shares its place
/// with another. The table takes 512 kB and never more, whoever calls.
pub const NETWORK_PLACES: usize = 65_536;

/// How long one salt lives, and with it everything that was counted.
pub const SALT_LIFETIME: Duration = Duration::from_secs(3_600);

/// Sealed requests within a minute, from whomever: 8.6 million a day, which 400,000 installations
/// send with twenty parts each. Whoever invents installations behind a relay is bounded by it.
pub const SEALED_PER_MINUTE_MAX: u32 = 6_000;

/// What a sender is told to wait when its network sent too much: until about the next salt.
pub const RETRY_NETWORK_SECONDS: u32 = 1_800;

/// What a sender is told to wait when too much came through relays: until the next minute.
pub const RETRY_SEALED_SECONDS: u32 = 60;

/// Changes of what intake lets through that are remembered: one a day for two years.
pub const INTAKE_CHANGES_MAX: usize = 762;

/// Bytes of the file of these changes: each has about 50.
pub const INTAKE_LOG_BYTES_MAX: u64 = 128 * 1024;

/// Bytes of a configuration file: every option with its explanation has about 6 kB.
pub const CONFIG_BYTES_MAX: u64 = 64 * 1024;

/// Time for a request's head, and for the next one on a kept connection: a part arrives once a day,
/// so nobody has a reason to wait on an open line.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a body of 16 KiB: enough at 2 kB a second.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for one connection in all: whoever reads an answer byte by byte is cut off with it.
pub const CONNECTION_TIMEOUT: Duration = Duration::from_secs(300);

/// Time for requests in flight when the server is told to stop.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Time in which the writer must answer `/health`.
pub const HEALTH_TIMEOUT: Duration = Duration::from_secs(2);

/// Bytes of a request's head, as hyper buffers it.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// What a sender is told to wait when the queue is full: one or two syncs.
pub const RETRY_BUSY_SECONDS: u32 = 1;

/// What a sender is told to wait when the disk is full or failed: a person has to come.
pub const RETRY_TROUBLE_SECONDS: u32 = 300;

/// What is told to whoever asks for a deletion: the batch comes once a day.
pub const RETRY_DELETION_SECONDS: u32 = 3_600;

/// The hour of the day, in UTC, from which on the batch of deletions runs unless told otherwise: a
/// quiet one in most places.
pub const DELETION_HOUR_DEFAULT: u8 = 3;

/// How often the server looks for a new day and for releases that another process published.
pub const TICK: Duration = Duration::from_secs(10);

/// Days before a key's end from which every start says so.
pub const KEY_WARNING_DAYS: i32 = 14;

/// Days for which `keys issue` certifies a key unless told otherwise: a quarter.
pub const KEY_DAYS_DEFAULT: u16 = 90;

/// Installations that `simulate` invents unless told otherwise: a product that is doing well.
pub const SIMULATED_DEFAULT: u32 = 10_000;

/// Installations that `simulate` invents at most. Nothing is kept of them, so only time bounds
/// them: about a second for each 5,000 and 90 days.
pub const SIMULATED_MAX: u32 = 10_000_000;
