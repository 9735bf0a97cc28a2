//! What a vendor does beside receiving: keys are renewed, deletions taken out, periods closed,
//! forgotten and published; disks fail, and processes start again.

use std::collections::BTreeMap;

use contract::calendar::{Period, add_days};
use jiff::civil::Date;

use super::{Vendor, published};
use crate::disk::Fault;

/// What may happen to the collector's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// A fault of the disk, so many steps from now.
    Fault(u64, Fault),
    /// No more than so many bytes fit.
    Full(u64),
}

/// What was published so far.
#[derive(Default)]
pub(super) struct Releases {
    /// The bytes of each release, by channel and number: they never change.
    frozen: BTreeMap<(&'static str, usize), Vec<u8>>,
    /// What was held when publishing began, until it was compared.
    held: Option<Vec<Vec<u8>>>,
    /// The last day of which there is a release, by channel.
    last: BTreeMap<&'static str, Date>,
}

impl Releases {
    /// Whether a release was made of a period.
    pub(super) fn cover(&self, channel: &str, period: Period) -> bool {
        self.last.get(channel).is_some_and(|last| period.last_day() <= *last)
    }
}

/// Days for which a key signs, and days before its end on which the next one is made.
const KEY_DAYS: (i32, i32) = (10, 2);

/// Questions whose older answers do not fit the newest buckets.
const UNCOUNTED: [&str; 1] = ["processors"];

impl Vendor {
    /// Makes keys for the days to come, if those that there are end soon.
    pub fn renew_keys(&self) {
        let today = self.today.get();
        let ends = |until: Date| until < add_days(today, KEY_DAYS.1);
        if self.signs_until.get().is_some_and(ends) {
            let until = add_days(today, KEY_DAYS.0);
            self.issue((today, until));
            self.signs_until.set(Some(until));
        }
    }

    /// The work of a day: the batch of deletions, columns, what is past its retention, releases.
    ///
    /// # Errors
    /// Says what does not hold afterwards.
    pub fn upkeep(&self) -> Result<(), String> {
        let today = self.today.get();
        {
            let (mut paper, mut real) = (self.paper.borrow_mut(), self.real.borrow_mut());
            let done = [real.settle(today), real.close(today)];
            let has_forgotten = real.forget(today);
            paper.forget(today, has_forgotten);
            if !(real.is_troubled || has_forgotten && done == [true, true]) {
                return Err(format!("upkeep failed: {done:?} {has_forgotten}"));
            }
        }
        self.check()?;
        self.publish()?;
        let verified = self.real.borrow_mut().verify(today);
        match verified {
            Some(verified) if !self.real.borrow().is_troubled => verified,
            _ => Ok(()),
        }
    }

    fn publish(&self) -> Result<(), String> {
        let today = self.today.get();
        self.releases.borrow_mut().held = match self.real.borrow_mut().everything() {
            Some(found) => Some(found?),
            None => return Ok(()),
        };
        let (obstacles, is_troubled) = {
            let mut real = self.real.borrow_mut();
            let obstacles = real.publish(today);
            (obstacles, real.is_troubled || real.signers.releases("larkspur").is_none())
        };
        match obstacles.first() {
            Some(obstacle) if !is_troubled => return Err(format!("publishing: {obstacle}")),
            _ => {}
        }
        self.check_releases()
    }

    /// Every release says what the parts say that were held when it was made, and what it said
    /// before.
    fn check_releases(&self) -> Result<(), String> {
        let releases = &mut *self.releases.borrow_mut();
        let real = self.real.borrow();
        if real.disk.is_off() {
            return Ok(());
        }
        for channel in ["usage", "devices"] {
            let Some(frozen) = real.releases(channel) else {
                let unreadable = || format!("the releases of {channel} cannot be read");
                return if real.is_troubled { Ok(()) } else { Err(unreadable()) };
            };
            let known = releases.frozen.keys().filter(|(of, _)| *of == channel).count();
            if frozen.len() < known {
                return Err(format!("a release of {channel} is gone"));
            }
            for (number, frozen) in frozen.iter().enumerate() {
                match releases.frozen.get(&(channel, number)) {
                    Some(bytes) if *bytes == frozen.bytes => continue,
                    Some(_) => return Err(format!("release {number} of {channel} changed")),
                    None => {}
                }
                if let Some(held) = &releases.held {
                    published::compare(&frozen.release, held, &UNCOUNTED)?;
                }
                releases.last.insert(channel, frozen.release.window.last);
                releases.frozen.insert((channel, number), frozen.bytes.clone());
            }
        }
        releases.held = None;
        Ok(())
    }

    /// How many releases there are.
    pub fn releases(&self) -> usize {
        self.releases.borrow().frozen.len()
    }

    /// Everything that was acknowledged is there once, and nothing else is but what is in doubt.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn check(&self) -> Result<(), String> {
        match self.real.borrow_mut().everything() {
            Some(found) => self.paper.borrow().compare(&found?, None),
            None => Ok(()),
        }
    }

    /// Something goes wrong, now or soon.
    pub fn trouble(&self, trouble: Trouble) {
        let mut real = self.real.borrow_mut();
        match trouble {
            Trouble::Fault(after, fault) => real.arm(after, fault),
            Trouble::Full(more_bytes) => real.fill(more_bytes),
        }
    }

    /// Whether something may have gone wrong that nobody looked after yet.
    pub fn is_troubled(&self) -> bool {
        self.real.borrow().is_troubled
    }

    /// The process starts again on a disk that works, and everything promised is there.
    ///
    /// # Errors
    /// Says what does not hold.
    pub fn restart(&self, had_power: bool) -> Result<(), String> {
        self.real.borrow_mut().restart(had_power);
        self.check()?;
        self.check_releases()
    }

    /// The collector's power fails and comes back.
    pub fn lose_power(&self) {
        self.real.borrow_mut().restart(false);
    }
}
