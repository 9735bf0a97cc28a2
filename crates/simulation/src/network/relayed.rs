//! What becomes of a capsule.

use agent::ports::{HeldRequest, NoReply, Reply};
use contract::manifest::Relay;
use envelope::oblivious::Capsule;

use super::{Network, Packet, Weather, busy};
use crate::relay::Inside;

impl Network {
    /// The relay on paper and the gateway behind it. What was in a capsule is recorded whether it
    /// arrives or not.
    pub(super) fn carry_sealed(&self, relay: &Relay, capsule: &Capsule) -> Result<Reply, NoReply> {
        let lost = || NoReply::Silent("the network lost it".into());
        let (inside, responder) = match self.behind.open(capsule.as_bytes(), self.today.get()) {
            Ok(opened) => opened,
            Err(problem) => return Ok(problem),
        };
        if let Inside::Part(bytes) = &inside {
            let (to, bytes) = (relay.url.clone(), bytes.clone());
            // A relay sees no tier.
            self.packets.borrow_mut().push(Packet { to, bytes, tier: String::new() });
        }
        let weather = self.weather.get();
        let signer = if weather == Weather::Forged { &self.forger } else { &self.signer };
        let answer = || match &inside {
            Inside::Part(bytes) => self.receive(bytes, signer),
            Inside::Held(channel, keys, delete) => {
                let asked = HeldRequest { program: "larkspur", channel, keys, delete: *delete };
                self.show_or_delete(&asked, signer)
            }
        };
        match weather {
            Weather::Clear | Weather::Forged => Ok(self.behind.answer(responder, answer())),
            Weather::LosesRequests => Err(lost()),
            Weather::LosesReplies => {
                answer();
                Err(lost())
            }
            Weather::Busy(status) => Ok(busy(status)),
        }
    }
}
