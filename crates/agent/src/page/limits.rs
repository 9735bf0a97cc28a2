//! Every bound of the operator's page, with its reason.

/// Seconds that a one-time link works: time to copy it from a terminal into a browser.
pub const LINK_SECONDS_MAX: i64 = 10 * 60;

/// Links that may be open at once. Whoever asks for more loses the oldest.
pub const LINKS_MAX: usize = 8;

/// Sessions at once: a few browsers of a few administrators. The longest unused one makes room.
pub const SESSIONS_MAX: usize = 8;

/// Seconds without a request after which a session ends.
pub const SESSION_IDLE_SECONDS_MAX: i64 = 60 * 60;

/// Seconds after which a session ends in any case: a working day.
pub const SESSION_SECONDS_MAX: i64 = 12 * 60 * 60;

/// Bytes of a request's body: the longest form has three short members.
pub const BODY_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a request's line and headers, cookies of other services on this host included.
pub const HEAD_BYTES_MAX: usize = 16 * 1024;

/// Connections at once, for the loopback address and for the socket each: a browser opens six.
/// Whoever fills those of the loopback address cannot keep the folder's owner from the socket.
pub const CONNECTIONS_MAX: usize = 16;

/// Requests carried out at once. Most take milliseconds; gathering facts may take a minute, and a
/// no must not wait behind it.
pub const WORKERS_MAX: usize = 4;

/// Seconds for a request's line and headers.
pub const HEAD_SECONDS_MAX: u64 = 5;

/// Seconds for a request's body.
pub const BODY_SECONDS_MAX: u64 = 5;

/// Seconds for a whole connection: the sources of one channel may take 60, twice over.
pub const CONNECTION_SECONDS_MAX: u64 = 150;

/// Seconds that a draft is shown again before its facts are read anew.
pub const DRAFT_SECONDS_MAX: i64 = 10 * 60;

/// Reports in the overview; the page of everything that was sent has all of them.
pub const REPORTS_SHOWN_MAX: usize = 8;
