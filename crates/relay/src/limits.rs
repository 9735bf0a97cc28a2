//! Every bound of the relay, with its reason and its arithmetic.

use std::time::Duration;

/// Bytes of a sealed request. Candor's have at most 21,623 (20 KiB, 7 of header, 1,120 of
/// encapsulated key and 16 that seal it); three times that serves others' senders too.
pub const REQUEST_BYTES_MAX: usize = 64 * 1024;

/// Bytes of a gateway's answer. Candor's have at most 67,616 (66 KiB and 32).
pub const ANSWER_BYTES_MAX: usize = 128 * 1024;

/// Bytes of a gateway's problem document that is passed on.
pub const PROBLEM_BYTES_MAX: usize = 4 * 1024;

/// Bytes of a gateway's keys: four of X-Wing have 4,924, a signed document of them twice that.
pub const KEYS_BYTES_MAX: usize = 32 * 1024;

/// Connections at once. An idle one costs about 20 kB, so all of them 330 MB.
pub const CONNECTIONS_MAX: usize = 16_384;

/// Connections that the system takes while the server is at work on something else: each of a fleet
/// that calls at one moment. Who finds the queue full is not heard and calls again after a second,
/// then three. Linux grants `net.core.somaxconn` at most, 4,096 as it comes.
pub const LISTEN_QUEUE: u32 = 4_096;

/// Open files that are kept from connections, besides one for each of [`EXCHANGES_MAX`]: the
/// certificate, the log and the runtime's own.
pub const FILES_KEPT: usize = 32;

/// Connections at once from one network, so that one cannot take them all.
pub const CONNECTIONS_PER_NETWORK_MAX: u32 = 1_024;

/// Requests within an hour from one network. Ten thousand installations behind one address that
/// send twenty parts a day each come to 8,333 an hour, when spread as their schedule does.
pub const REQUESTS_PER_NETWORK_HOUR_MAX: u32 = 10_000;

/// Places in which networks are counted: with a thousand of them active, one in 65 shares its place
/// with another. The table takes 512 kB and never more, whoever calls.
pub const NETWORK_PLACES: usize = 65_536;

/// How long one salt lives, and with it everything that was counted.
pub const SALT_LIFETIME: Duration = Duration::from_secs(3_600);

/// Requests that wait for a gateway's answer at once, per gateway. Each holds at most 64 KiB of
/// request and 128 KiB of answer: 96 MB in all, and 2 MB with Candor's capsules.
pub const EXCHANGES_MAX: usize = 512;

/// Time that a request waits for one of [`EXCHANGES_MAX`] before its sender is told to come back.
pub const EXCHANGE_WAIT: Duration = Duration::from_secs(2);

/// Time for a gateway to be connected to.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Time for a gateway's whole answer. A durable receipt takes a few milliseconds; a gateway that
/// restarts answers within ten seconds.
pub const EXCHANGE_TIMEOUT: Duration = Duration::from_secs(20);

/// Idle connections kept to one gateway, for the next requests.
pub const IDLE_GATEWAY_CONNECTIONS_MAX: usize = 256;

/// How long an idle connection to a gateway is used again. Candor's collector closes after ten
/// seconds; a request that meets a closing connection is sent once more.
pub const IDLE_GATEWAY_TIME: Duration = Duration::from_secs(8);

/// Time for a request's head, and for the next one on a kept connection. Senders of parts have no
/// reason to wait on an open line.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a request's body of 64 KiB: enough at 7 kB a second.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for a TLS handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Time for one connection in all: whoever reads an answer byte by byte is cut off with it.
pub const CONNECTION_TIMEOUT: Duration = Duration::from_secs(120);

/// Time for requests in flight when the relay is told to stop.
pub const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes of a request's head. An honest one has 300.
pub const HEAD_BYTES_MAX: usize = 8 * 1024;

/// Fields of a request's head.
pub const HEAD_FIELDS_MAX: usize = 64;

/// How often a gateway's keys are fetched. A key that is made now is told to everybody within this.
pub const KEYS_INTERVAL: Duration = Duration::from_secs(600);

/// How soon a failed fetch is tried again.
pub const KEYS_RETRY: Duration = Duration::from_secs(15);

/// Age at which keys are served no longer: Candor's are offered for six days, and a sender that
/// used ones from yesterday is told so by the gateway.
pub const KEYS_AGE_MAX: Duration = Duration::from_secs(24 * 3_600);

/// What a sender is told to wait when too much arrives at once.
pub const RETRY_BUSY_SECONDS: u32 = 5;

/// What a sender is told to wait when a gateway cannot be reached.
pub const RETRY_GATEWAY_SECONDS: u32 = 60;

/// What a sender is told to wait when its network sent too much: until about the next salt.
pub const RETRY_CROWD_SECONDS: u32 = 1_800;

/// The longest `Retry-After` that is passed on: a number of any size could mark a sender.
pub const RETRY_PASSED_SECONDS_MAX: u32 = 86_400;

/// Bytes of a page's words that the operator gives.
pub const WORDS_BYTES_MAX: usize = 200;
