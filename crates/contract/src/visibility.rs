//! Who can see what on the way, in one sentence: the same in statement, page and `why`.

use crate::destination::{Destination, Way, host_and_port};
use crate::manifest::{Manifest, Relay};

/// Who can see this machine's address, and who the answers.
pub fn who_sees(manifest: &Manifest, destination: &Destination) -> String {
    let controller = &manifest.controller.name;
    let Way::Blind(blind) = destination.way() else {
        return format!(
            "{controller}, who runs the collector, can see this machine's address beside each part \
             while it arrives; with a relay run by somebody else it could not."
        );
    };
    if is_one_party(manifest, destination) {
        return format!(
            "One party, {controller}, runs relay and collector: it could match address and content."
        );
    }
    let relays: Vec<_> = blind.relays().iter().map(run_by).collect();
    let runs = if relays.len() == 1 { "who runs the relay, sees" } else { "who run relays, see" };
    format!(
        "{}, {runs} this machine's address and no answer; {controller}, who runs the collector, \
         sees the answers, part by part, and no address.",
        relays.join(" and ")
    )
}

/// What a firewall administrator needs: every host and port that is connected to, and which is not.
pub fn firewall(destination: &Destination) -> String {
    let hosts = destination.hosts_and_ports().join(", ");
    match destination.way() {
        Way::Direct(_) => format!("outgoing to {hosts}"),
        Way::Blind(_) => {
            format!("outgoing to {hosts}; nothing goes to {}", destination.host_and_port())
        }
    }
}

/// Whether a relay and the collector are run by the same, as far as the manifest tells: by name,
/// or on one host.
pub fn is_one_party(manifest: &Manifest, destination: &Destination) -> bool {
    let same = |a: &str, b: &str| a.trim().eq_ignore_ascii_case(b.trim());
    let host = |url: &str| {
        let host = host_and_port(url);
        host.rsplit_once(':').map_or(host.clone(), |(host, _)| host.to_owned())
    };
    let collector = host(&destination.collector);
    destination.relays.iter().any(|relay| {
        same(&relay.operator, &manifest.controller.name)
            || same(&relay.operator, &manifest.program.vendor)
            || same(&host(&relay.url), &collector)
    })
}

fn run_by(relay: &Relay) -> String {
    format!("{}, {}", relay.operator, relay.country)
}
