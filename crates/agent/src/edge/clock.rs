//! The operating system's clock.

use std::time::Duration;

use jiff::Timestamp;

use crate::ports::Clock;

/// The operating system's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct OsClock;

impl Clock for OsClock {
    fn now(&self) -> Timestamp {
        // To the second: nothing that Candor writes needs more, and a finer moment tells more.
        let now = Timestamp::now();
        Timestamp::from_second(now.as_second()).unwrap_or(now)
    }

    #[expect(clippy::disallowed_methods, reason = "this is where the agent waits")]
    fn wait(&self, seconds: u64) {
        std::thread::sleep(Duration::from_secs(seconds));
    }
}
