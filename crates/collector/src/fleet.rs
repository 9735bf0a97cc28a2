//! An invented fleet: what a manifest's site would look like with so many installations.
//!
//! A fleet grows, new versions are adopted at the speed of their owners, weekends are quieter, and
//! for three days most reports do not get through. Answers are made by their field's kind alone;
//! only their counting, the noise and everything after it is the real thing. The same seed gives
//! the same fleet.

use contract::answer::Answer;
use contract::calendar::{Period, add_days, days_between};
use contract::definition::Definition;
use contract::kind::Kind;
use contract::manifest::{Channel, Manifest};
use contract::release::Window;
use contract::tally::Tally;
use jiff::civil::Date;

mod dice;
mod person;
mod version;

use dice::Dice;
use person::Person;

/// Days on which most reports are lost.
const OUTAGE_DAYS: i32 = 3;
/// How many of a hundred get through then.
const OUTAGE_ARRIVES: f64 = 0.3;

/// So many installations over so many days.
#[derive(Debug, Clone, Copy)]
pub struct Fleet {
    seed: u64,
    installations: u32,
    first: Date,
    last: Date,
}

impl Fleet {
    /// A fleet that reports from the first day to the last.
    pub fn new(seed: u64, installations: u32, (first, last): (Date, Date)) -> Self {
        Self { seed, installations, first, last }
    }

    /// Counts what the fleet reported in a window. `None` if the manifest has no such channel.
    pub fn count(&self, manifest: &Manifest, channel: &str, window: Window) -> Option<Tally> {
        let mut tally = Tally::new(manifest, channel, window, [])?;
        let channel = manifest.channel(channel)?;
        let parts: Vec<Asked> =
            channel.parts.iter().map(|part| Asked::new(manifest, channel, part)).collect();
        let periods = self.periods(channel, window);
        for number in 0..self.installations {
            let person = self.person(number, channel);
            for asked in parts.iter().filter(|asked| asked.tier <= person.tier) {
                self.count_part(&mut tally, person, asked, &periods);
            }
        }
        let within =
            window.of_28_days(channel).map(|rolling| self.distinct(channel, &parts, rolling));
        Some(tally.within_28_days(within))
    }

    /// How many reported within a window: of the part that most have sent.
    fn distinct(&self, channel: &Channel, parts: &[Asked], window: Window) -> u64 {
        let periods = self.periods(channel, window);
        let sent = |asked: &Asked| {
            let people = (0..self.installations).filter(|number| {
                let person = self.person(*number, channel);
                asked.tier <= person.tier
                    && periods.iter().any(|period| self.arrives(person, asked.dice, *period))
            });
            people.count() as u64
        };
        let counted: Vec<_> = channel.counted_parts().map(|part| &part.id).collect();
        let parts = parts.iter().filter(|asked| counted.contains(&&asked.definition.part));
        parts.map(sent).max().unwrap_or(0)
    }

    fn person(&self, number: u32, channel: &Channel) -> Person {
        Person::new(Dice::new(self.seed).roll(number.into()), channel.tiers.len())
    }

    fn count_part(&self, tally: &mut Tally, person: Person, asked: &Asked, periods: &[Period]) {
        let mut sheets: Option<Vec<Vec<Option<Answer>>>> = None;
        for &period in periods {
            if !self.arrives(person, asked.dice, period) {
                continue;
            }
            // Within one window an installation says the same every day.
            let day = period.last_day();
            let sheets = sheets.get_or_insert_with(|| asked.sheets(person, day, self.age(day)));
            for answers in sheets {
                // Both are of this tally: it has nothing to refuse.
                let _ = tally.count_answers(&asked.definition.hash(), period, answers);
            }
        }
    }

    /// How much of the time is over on a day, from 0 to 1.
    fn age(&self, day: Date) -> f64 {
        let all = days_between(self.first, self.last).max(1);
        f64::from(days_between(self.first, day).clamp(0, all)) / f64::from(all)
    }

    fn arrives(&self, person: Person, part: Dice, period: Period) -> bool {
        let day = period.last_day();
        let on_day = person.dice.roll(u64::from(day.day_of_year().unsigned_abs()));
        if !person.is_there(self.age(day)) || on_day.part(1) > 0.985 {
            return false;
        }
        let weekend = day.weekday().to_monday_zero_offset() >= 5;
        if period.first_day() == day && weekend && person.dice.part(2) < 0.06 {
            return false;
        }
        !self.is_outage(period) || on_day.mix(part).part(3) < OUTAGE_ARRIVES
    }

    /// Whether the period is a day of the outage, about two thirds through. A week has time enough
    /// to try again.
    fn is_outage(&self, period: Period) -> bool {
        let begins = add_days(self.first, days_between(self.first, self.last) * 2 / 3);
        let day = period.first_day();
        day == period.last_day() && (0..OUTAGE_DAYS).contains(&days_between(begins, day))
    }

    fn periods(&self, channel: &Channel, window: Window) -> Vec<Period> {
        let mut period = Period::containing(channel.period, window.first);
        let mut periods = Vec::new();
        while period.last_day() <= window.last.min(self.last) {
            periods.push(period);
            period = period.next();
        }
        periods
    }
}

/// A part that the fleet is asked for.
struct Asked {
    definition: Definition,
    tier: usize,
    dice: Dice,
}

impl Asked {
    fn new(manifest: &Manifest, channel: &Channel, part: &contract::manifest::Part) -> Self {
        Self {
            definition: Definition::new(&manifest.program.id, channel, part),
            tier: channel.tier_rank(&part.tier).unwrap_or(0),
            dice: Dice::of_name(part.id.as_str()),
        }
    }

    /// What an installation sends of this part in one period: one sheet of answers, or one for each
    /// sample.
    fn sheets(&self, person: Person, day: Date, age: f64) -> Vec<Vec<Option<Answer>>> {
        let open = self.definition.fields.iter().position(is_sample);
        let sheet = || {
            let answers = self.definition.fields.iter();
            answers.map(|shape| person.answer(&shape.id, &shape.kind, day, age))
        };
        let Some((at, shape)) = open.and_then(|at| Some((at, self.definition.fields.get(at)?)))
        else {
            return vec![sheet().collect()];
        };
        let samples = person.samples(&shape.id, &shape.kind).into_iter();
        let with = |sample: Answer| {
            let mut answers: Vec<_> = sheet().collect();
            if let Some(answer) = answers.get_mut(at) {
                *answer = Some(sample);
            }
            answers
        };
        samples.map(with).collect()
    }
}

fn is_sample(shape: &contract::definition::FieldShape) -> bool {
    matches!(shape.kind, Kind::Sample { .. })
}

#[cfg(test)]
mod tests;
