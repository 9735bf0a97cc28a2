//! What happens next, as the seed has it.

use super::{Machine, System};
use crate::disk::{Fault, Moment, Survival, Torn};
use crate::history::{Operation, Rule};
use crate::larkspur::{FIRST, NARROWED, WIDENED, manifest};
use crate::network::Weather;
use crate::vendor::Trouble;

/// Steps of a disk within which a fault strikes: a tick takes about twenty.
const STEPS_OF_A_MACHINE: u64 = 30;
/// A batch or an upkeep takes up to some hundreds.
const STEPS_OF_A_VENDOR: u64 = 400;

impl System {
    /// The next operation on a machine.
    pub(super) fn draw(&mut self, number: usize) -> Operation {
        let machine = self.machines.get(number);
        let is_left_alone = machine.is_some_and(|machine| machine.is_left_alone);
        let ahead = machine.map_or(0, |machine: &Machine| machine.ahead_hours);
        let channel = if self.chance.below(4) == 0 { "devices" } else { "usage" };
        match self.chance.below(140) {
            0..70 => Operation::Tick,
            70..76 => Operation::Weather(self.weather()),
            76..84 => Operation::Weather(Weather::Clear),
            84..90 => self.failing(channel, is_left_alone),
            90..92 => Operation::Preview(channel),
            92 | 93 if is_left_alone => Operation::Preview(channel),
            92 | 93 => self.rarer(),
            94..96 => Operation::Processors(1 + self.chance.below(9)),
            96..98 => Operation::LosePower,
            98..100 => Operation::Full(self.chance.below(3) == 0),
            100..102 if ahead != 0 => Operation::Jump(-ahead),
            100 => Operation::Jump(i64::try_from(self.chance.below(100)).unwrap_or(0) - 50),
            102..105 => self.version(),
            105..107 => self.variable(),
            107 | 108 => Operation::Airgap(self.chance.below(4) == 0),
            109 if self.chance.below(4) == 0 => Operation::Policy(Rule::Forbid),
            109 => Operation::Policy(Rule::Undecided),
            _ if is_left_alone => Operation::Tick,
            _ => self.decision(channel),
        }
    }

    /// What few people do.
    fn rarer(&mut self) -> Operation {
        match self.chance.below(6) {
            0 => Operation::Live,
            1 | 2 => Operation::Carry,
            3 => {
                let Operation::Set(name, value) = self.variable() else { return Operation::Tick };
                Operation::Service(name, value)
            }
            _ => Operation::Notice("usage"),
        }
    }

    /// What a person does.
    fn decision(&mut self, channel: &'static str) -> Operation {
        let tier =
            (channel == "usage").then_some(if self.chance.coin() { "basic" } else { "full" });
        match self.chance.below(30) {
            0..3 => Operation::Decline(channel),
            3..6 => Operation::Withdraw(channel, self.chance.coin()),
            6..12 => Operation::Send(channel),
            12..20 => Operation::Agree(channel, tier),
            _ => Operation::Tick,
        }
    }

    fn failing(&mut self, channel: &'static str, is_left_alone: bool) -> Operation {
        let operation = match self.chance.below(8) {
            0 if !is_left_alone => self.decision(channel),
            1 if !is_left_alone => Operation::Withdraw(channel, true),
            2 if !is_left_alone => Operation::Decline(channel),
            3 if !is_left_alone => Operation::Send(channel),
            4 => Operation::Airgap(self.chance.coin()),
            5 => Operation::Preview(channel),
            _ => Operation::Tick,
        };
        let (after, fault) = (self.chance.below(STEPS_OF_A_MACHINE), self.fault());
        Operation::Failing(after, fault, Box::new(operation))
    }

    fn fault(&mut self) -> Fault {
        let torn = Torn::ALL.get(self.chance.length_below(4)).copied().unwrap_or(Torn::Half);
        let moments = [Moment::Before, Moment::After, Moment::During(torn)];
        let moment = moments.get(self.chance.length_below(3)).copied().unwrap_or(Moment::Before);
        let survival = Survival::ALL.get(self.chance.length_below(5)).copied();
        let survival = survival.unwrap_or(Survival::Random);
        match self.chance.below(8) {
            0 => Fault::Broken,
            1 => Fault::Full,
            2 | 3 => Fault::Killed,
            _ => Fault::PowerLost { moment, survival },
        }
    }

    fn weather(&mut self) -> Weather {
        let all = [
            Weather::LosesRequests,
            Weather::LosesReplies,
            Weather::Late,
            Weather::Late,
            Weather::Twice,
            Weather::Busy(503),
            Weather::Busy(429),
            Weather::Forged,
        ];
        all.get(self.chance.length_below(all.len())).copied().unwrap_or(Weather::Clear)
    }

    /// Another version; mostly one that the vendor knows already.
    fn version(&mut self) -> Operation {
        let known = self.loaded.get(self.chance.length_below(self.loaded.len())).copied();
        match (known, self.chance.below(6)) {
            (_, 0) => Operation::Upgrade(self.chance.length_below(WIDENED.len() + NARROWED.len())),
            (Some(version), 1..4) => Operation::Upgrade(version),
            _ => Operation::Downgrade,
        }
    }

    fn variable(&mut self) -> Operation {
        let name = if self.chance.coin() { "CANDOR_TELEMETRY" } else { "DO_NOT_TRACK" };
        // Mostly values that do not forbid, or most machines would be silent soon.
        let value = match (name, self.chance.below(4)) {
            ("CANDOR_TELEMETRY", 0) => "0",
            (_, 0) => "2",
            (_, _) => "",
        };
        Operation::Set(name, value)
    }

    /// The collector's machine fails, or is looked after; its vendor loads another manifest.
    pub(super) fn disturb_vendor(&mut self) -> Result<(), String> {
        if self.vendor.is_troubled() && self.chance.below(60) == 0 {
            self.vendor.restart(self.chance.coin())?;
        }
        match self.chance.below(1_200) {
            0..4 => {
                let fault = self.fault();
                let after = self.chance.below(STEPS_OF_A_VENDOR);
                self.vendor.trouble(Trouble::Fault(after, fault));
            }
            4 => self.vendor.trouble(Trouble::Full(self.chance.below(4_096))),
            5..8 => self.vendor.restart(self.chance.coin())?,
            8 if self.ahead_hours == 0 => {
                self.ahead_hours = i64::try_from(self.chance.below(60)).unwrap_or(0) - 30;
            }
            8..12 => self.ahead_hours = 0,
            12..18 => {
                let version = self.chance.length_below(WIDENED.len() + NARROWED.len());
                if let Some((_, from, to)) = WIDENED.iter().chain(NARROWED).nth(version) {
                    let text = FIRST.replace(from, to);
                    self.vendor.load(&manifest(&text, &self.vendor.root()));
                    self.loaded.push(version);
                }
            }
            18..30 => self.vendor.upkeep()?,
            30..36 => self.vendor.check()?,
            _ => {}
        }
        Ok(())
    }

    /// The relay and the policy host fall silent, and come back.
    pub(super) fn disturb_others(&mut self) {
        match self.chance.below(600) {
            0 => self.relay.stop(),
            1..10 => self.relay.start(),
            10..30 => self.host.disturb(&mut self.chance, self.now),
            _ => {}
        }
    }
}
