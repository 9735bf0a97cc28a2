//! When a part is sent: once per period, at a moment drawn from the secret, uniform over the
//! period.
//!
//! Nobody else can foresee the moment, a restart does not change it, and no fleet comes as a herd.

use contract::calendar::Period;
use envelope::Secret;
use jiff::{SignedDuration, Timestamp};

use crate::limits::{
    LOOK_SECONDS_MAX, OFF_AFTER_SECONDS, REDRAW_SECONDS, RETRY_AFTER_SECONDS_MAX,
    RETRY_SECONDS_FIRST, RETRY_SECONDS_MAX,
};
use crate::state::Since;

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

    /// When a part that is taken up now is due: at its moment; or, where that passed while nobody
    /// watched, at one drawn again over the next 24 hours. `watched` is since when somebody does.
    pub fn due(&self, secret: &Secret, watched: Option<Timestamp>, now: Timestamp) -> Timestamp {
        let moment = self.moment(secret);
        if moment >= now || watched.is_some_and(|watched| moment >= watched) {
            moment
        } else {
            later(now, self.draw(secret, "redraw", REDRAW_SECONDS))
        }
    }
}

/// What the ticks so far say about those to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rhythm {
    /// Since when nothing was missed; `None` after the machine was off, or asleep.
    pub watched: Option<Timestamp>,
    /// When the next tick is expected at the latest.
    pub next: Timestamp,
    /// Seconds since the last tick; none if there is no such time.
    pub gap_seconds: u64,
}

impl Rhythm {
    /// The rhythm at this moment. `was_asleep`: whoever ticks knows that moments were missed.
    pub fn at(now: Timestamp, since: &Since, was_asleep: bool) -> Self {
        let gap = since
            .ticked
            .and_then(|ticked| u64::try_from(now.duration_since(ticked).as_secs()).ok());
        // A cron job that runs once a day is no machine that was off for a day.
        let usual = since.gap_seconds.saturating_mul(3) / 2;
        let is_off = was_asleep || gap.is_none_or(|gap| gap > usual.max(OFF_AFTER_SECONDS));
        let gap_seconds = gap.unwrap_or(0);
        // A quarter more and one look: cron is late, and days of 25 hours exist.
        let next = gap_seconds.saturating_add(gap_seconds / 4).saturating_add(LOOK_SECONDS_MAX);
        let next = SignedDuration::from_secs(i64::try_from(next).unwrap_or(i64::MAX));
        let watched = since.ticked.filter(|_| !is_off);
        Self { watched, next: later(now, next), gap_seconds }
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

/// Seconds over which the next try is drawn, after this many that came to nothing: they double, and
/// the draw is even from zero, so that a fleet does not come back as a herd.
pub fn pause_seconds(tries: u32) -> u64 {
    let doubled = RETRY_SECONDS_FIRST.saturating_mul(1 << tries.saturating_sub(1).min(20));
    doubled.min(RETRY_SECONDS_MAX)
}

/// What a busy collector asks for, in seconds: a floor below every draw, as far as it is believed.
pub fn asked_seconds(retry_after_seconds: Option<u64>) -> u64 {
    retry_after_seconds.unwrap_or(0).min(RETRY_AFTER_SECONDS_MAX)
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
        for watched in [None, Some(on)] {
            let due = slot("os").due(&secret, watched, on);
            assert!(due >= on && due <= later(on, SignedDuration::from_hours(24)));
            assert_eq!(due, slot("os").due(&secret, watched, on));
        }
    }

    #[test]
    fn a_daily_tick_is_a_rhythm_and_a_night_off_is_none() {
        let now = Timestamp::from_second(1_795_176_000).unwrap();
        let since = |gap_seconds, ago: i64| Since {
            began: Timestamp::UNIX_EPOCH,
            ticked: Some(later(now, SignedDuration::from_hours(-ago))),
            gap_seconds,
            channels: std::collections::BTreeMap::new(),
            pause: None,
        };
        let rhythm = |gap_seconds, ago| Rhythm::at(now, &since(gap_seconds, ago), false);
        assert!(rhythm(86_400, 24).watched.is_some());
        assert!(rhythm(86_400, 24).next > later(now, SignedDuration::from_hours(25)));
        assert!(rhythm(86_400, 48).watched.is_none());
        assert!(rhythm(900, 24).watched.is_none());
        assert!(rhythm(900, 1).watched.is_some());
        assert!(Rhythm::at(now, &since(900, 1), true).watched.is_none());
        // The clock was set back.
        assert!(rhythm(900, -1).watched.is_none());
    }

    #[test]
    fn pauses_double_up_to_six_hours_and_nobody_is_silenced_for_more_than_a_day() {
        assert_eq!([1, 2, 3, 30].map(pause_seconds), [60, 120, 240, 21_600]);
        assert_eq!([None, Some(1_000)].map(asked_seconds), [0, 1_000]);
        assert_eq!(asked_seconds(Some(u64::MAX)), RETRY_AFTER_SECONDS_MAX);
    }
}
