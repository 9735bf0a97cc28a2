//! Oblivious HTTP (RFC 9458): a relay carries what it cannot read to a gateway that cannot see from
//! whom it comes.
//!
//! ```text
//! Request ─Sealer::seal─▶ capsule ──relay──▶ Gateway::open ─▶ Request, Responder
//! Response ◀─Opener::open── sealed answer ◀──relay── Responder::seal ◀─ Response
//! ```
//!
//! HPKE is the crate `hpke`, Binary HTTP the crate `bhttp`; what lies between is some 60 lines of
//! RFC 9458, proven by its vectors and against the crate `ohttp` in both directions. They are here
//! and not there for three reasons. Randomness stays an argument. An operator can open a capsule
//! again ([`CapsuleKey`]). And a gateway has several keys at a time, with days, and their private
//! halves are within reach of whoever must destroy them. Decision 0005 says more.
//!
//! # What it promises
//!
//! * A capsule's length is one of two, whatever is in it, and an answer's one of three
//!   ([`limits`]).
//! * Nothing is sealed to a key that no pinned root stands behind ([`KeyDocument`]), nor to another
//!   kind of key than was asked for.
//! * A gateway's key opens nothing on its eighth day, nor do its files hold it then, if the
//!   caller does as [`rotation`] says.
//! * No bytes make this module panic; no error and no `Debug` holds a piece of a message.
//!
//! # What it does not promise
//!
//! A capsule that is sent twice is opened twice, as long as its key lives: at most seven days. The
//! answer to the second is sealed for the first sender alone. What is inside must therefore bear
//! being heard twice; a part, a listing and a deletion do.

mod answer;
mod binary;
mod configuration;
mod document;
mod error;
mod gateway;
mod gateway_key;
pub mod limits;
mod padding;
mod replay;
mod sealer;
mod suite;
mod text;

pub use self::binary::{Request, Response};
pub use self::configuration::Configuration;
pub use self::document::{DocumentError, KeyDocument, TrustedKeys, sign_keys};
pub use self::error::{ConfigurationError, GatewayError, MessageError, OpenError, SealError};
pub use self::gateway::{Gateway, Responder};
pub use self::gateway_key::{GatewayKey, Rotation, rotation};
pub use self::sealer::{CapsuleKey, Opener, SealedRequest, Sealer};
pub use self::suite::Kem;
pub use self::text::Capsule;

/// The media type of a capsule.
pub const REQUEST_MEDIA_TYPE: &str = "message/ohttp-req";

/// The media type of a sealed answer.
pub const ANSWER_MEDIA_TYPE: &str = "message/ohttp-res";

/// The media type of a list of key configurations.
pub const KEYS_MEDIA_TYPE: &str = "application/ohttp-keys";

/// The problem type by which a gateway asks for a capsule under newer keys, with status 400.
pub const KEY_PROBLEM: &str = "https://iana.org/assignments/http-problem-types#ohttp-key";
