//! When a part is sent: once per period, at a moment drawn from the secret, uniform over the period.
//!
//! Nobody else can foresee the moment, a restart does not change it, and no fleet comes as a herd.

use contract::calendar::Period;
use envelope::Secret;
use jiff::{SignedDuration, Timestamp};

use crate::limits::{
    OFF_AFTER_SECONDS, REDRAW_SECONDS, RETRY_AFTER_SECONDS_MAX, RETRY_SECONDS_FIRST,
    RETRY_SECONDS_MAX,
};

/// What a moment is drawn for.
#[derive(Debug, Clone, Copy)]
pub struct Slot<'a> {
    /// The program.
    pub program: &'a str,
    /// The channel.
    pub channel: &'a str,
    /// The part.
    pub part: &'a str,
    /// What tells samples of one part apart; empty otherwise.
    pub sample: &'a str,
    /// The period.
    pub period: Period,
}

impl Slot<'_> {
    fn draw(&self, secret: &Secret, label: &str, seconds: u64) -> SignedDuration {
        let period = self.period.to_string();
        let parts = [self.program, self.channel, self.part, self.sample, &period];
        let draw = u128::from(secret.moment(label, &parts));
        let seconds = (draw * u128::from(seconds)) >> 64;
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(0))
    }

    /// The moment of this slot, uniform over its period.
    pub fn moment(&self, secret: &Secret) -> Timestamp {
        let seconds = u64::try_from(self.period.kind().days()).unwrap_or(1) * 86_400;
        later(start_of(self.period), self.draw(secret, "schedule", seconds))
    }

    /// When a part that is taken up now is due: at its moment; or, where that passed while the
    /// machine was off, at one drawn again over the next 24 hours.
    pub fn due(&self, secret: &Secret, ticked: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let moment = self.moment(secret);
        let was_off = ticked.is_none_or(|ticked| {
            now.duration_since(ticked) > SignedDuration::from_secs(OFF_AFTER_SECONDS)
        });
        if moment < now && was_off {
            later(now, self.draw(secret, "redraw", REDRAW_SECONDS))
        } else {
            moment
        }
    }
}

/// Midnight UTC at which a period begins.
pub fn start_of(period: Period) -> Timestamp {
    let midnight = period.first_day().at(0, 0, 0, 0);
    jiff::tz::Offset::UTC.to_timestamp(midnight).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A later moment, held at the calendar's end.
pub fn later(moment: Timestamp, by: SignedDuration) -> Timestamp {
    moment.saturating_add(by).unwrap_or(Timestamp::MAX)
}

/// Seconds until the next try: full jitter over a doubling pause, and never before `Retry-After`.
pub fn pause_seconds(tries: u32, retry_after_seconds: Option<u64>, draw: u64) -> u64 {
    let doubled = RETRY_SECONDS_FIRST.saturating_mul(1 << tries.saturating_sub(1).min(20));
    let pause = doubled.min(RETRY_SECONDS_MAX);
    let jittered = u64::try_from((u128::from(draw) * u128::from(pause)) >> 64).unwrap_or(pause);
    let asked = retry_after_seconds.unwrap_or(0).min(RETRY_AFTER_SECONDS_MAX);
    // What a busy collector asks for is a floor; the jitter on top keeps agents apart.
    asked + jittered.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(part: &str) -> Slot<'_> {
        let period = "2026-11-20".parse().unwrap();
        Slot { program: "larkspur", channel: "usage", part, sample: "", period }
    }

    #[test]
    fn moments_are_spread_over_the_whole_period() {
        let mut hours = [0; 24];
        for n in 0..24_000u32 {
            let mut bytes = [7; 32];
            bytes[..4].copy_from_slice(&n.to_be_bytes());
            let moment = slot("os").moment(&Secret::from_bytes(bytes));
            let offset = moment.duration_since(start_of(slot("os").period)).as_hours();
            hours[usize::try_from(offset).unwrap()] += 1;
        }
        // 1,000 each; five standard deviations of a binomial draw are 155.
        assert!(hours.iter().all(|count| (845..=1155).contains(count)), "{hours:?}");
    }

    #[test]
    fn what_was_missed_while_off_is_drawn_again_and_not_sent_at_once() {
        let secret = Secret::from_bytes([9; 32]);
        let moment = slot("os").moment(&secret);
        let on = later(moment, SignedDuration::from_mins(5));
        let before = later(moment, SignedDuration::from_mins(-5));
        assert_eq!(slot("os").due(&secret, Some(before), on), moment);
        for ticked in [None, Some(later(moment, SignedDuration::from_hours(-9)))] {
            let due = slot("os").due(&secret, ticked, on);
            assert!(due >= on && due <= later(on, SignedDuration::from_hours(24)));
            assert_eq!(due, slot("os").due(&secret, ticked, on));
        }
    }

    #[test]
    fn pauses_double_up_to_six_hours_and_honour_retry_after() {
        let longest = |tries| pause_seconds(tries, None, u64::MAX);
        assert_eq!([1, 2, 3, 30].map(longest), [59, 119, 239, 21_599]);
        assert_eq!(pause_seconds(9, None, 0), 1);
        assert!(pause_seconds(1, Some(1_000), 0) >= 1_000);
        assert!(pause_seconds(1, Some(u64::MAX), 0) <= RETRY_AFTER_SECONDS_MAX + 60);
    }
}
