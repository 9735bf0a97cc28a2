//! Every bound of blind transport, with its reason and its arithmetic.

/// Bytes to which a request is padded before it is sealed.
///
/// A relay and whoever watches its lines see a capsule's length, so few classes say little: two
/// tell at most one bit. A part of one question is some 250 bytes of JSON, the largest of
/// `candor-demo` under 1,000; beside it stand at most 460 bytes of head (1 for the form, 5 for the
/// method, 6 for the scheme, 258 for the authority, 87 for the path, 60 for two headers, and
/// their lengths). All of that fits the first class, as does a question for what is held under one
/// tag, so that a withdrawal looks like a report. The second class is for the rest: 16 KiB of part,
/// or 64 keys of tags at 65 bytes, and the same head.
pub const REQUEST_CLASSES_BYTES: [usize; 2] = [2 * 1024, 20 * 1024];

/// Bytes to which an answer is padded before it is sealed: a receipt has at most 1,754 bytes and
/// its head 100; one held part of 16 KiB fits the second class; a list of them, bounded to 64 KiB
/// as the agent reads it, fits the third with its head.
pub const ANSWER_CLASSES_BYTES: [usize; 3] = [2 * 1024, 20 * 1024, 66 * 1024];

/// Bytes of a capsule: the largest class, 7 of header, at most 1,120 of encapsulated key (X-Wing)
/// and 16 that seal it, rounded up for senders that pad otherwise.
pub const CAPSULE_BYTES_MAX: usize = 32 * 1024;

/// Header fields of one message. Two are in use; others' clients send a dozen.
pub const FIELDS_MAX: usize = 64;

/// Days for which a gateway's key may live, both ends included: what is recorded on a line today
/// can be opened by a stolen key for a week at most.
pub const KEY_DAYS_MAX: i32 = 7;

/// Days for which a key is offered before the next one takes its place. The older one is still
/// opened for `KEY_DAYS_MAX - KEY_OFFERED_DAYS` days: longer than any cache on the way keeps it.
pub const KEY_OFFERED_DAYS: i32 = 4;

/// Configurations in one list: two keys of each kind overlap.
pub const CONFIGURATIONS_MAX: usize = 4;
