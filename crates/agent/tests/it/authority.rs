//! A certificate authority that the fleet's policy names: believed in place of the public ones,
//! never beside those that the machine names itself, and always said.

use envelope::Digest;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

use crate::machine::{Machine, SaidNo as _};
use crate::proxies::{busy, certified};

/// The authority of a site, and another one that did not sign anything here.
const SITE: &str = include_str!("site-authority.crt");
const OTHER: &str = include_str!("localhost.crt");

/// What `openssl x509 -fingerprint -sha256` prints, without the colons.
fn fingerprint(pem: &str) -> String {
    Digest::of(&CertificateDer::from_pem_slice(pem.as_bytes()).unwrap()).to_string()
}

impl Machine {
    /// Places a policy with this line about the program, as configuration management would.
    fn place(&self, line: &str) {
        let text = format!(
            "policy = 1\ntitle = \"The site\"\n[program.larkspur]\n{line}\n\
             [program.larkspur.channel]\nusage = {{ permit = \"full\" }}\n"
        );
        std::fs::write(self.path("policy.toml"), text).unwrap();
    }

    /// Runs a command under that policy, with the certificates of the machine's own settings.
    fn under(&self, arguments: &[&str], own: Option<&str>) -> std::process::Output {
        let mut command = self.command(arguments);
        command.arg("--policy").arg(self.path("policy.toml"));
        if let Some(own) = own {
            std::fs::write(self.path("own.pem"), own).unwrap();
            command.arg("--ca").arg(self.path("own.pem"));
        }
        command.output().unwrap()
    }

    fn says(&self, arguments: &[&str], own: Option<&str>) -> String {
        let output = self.under(arguments, own);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

fn named(pem: &str) -> String {
    format!("ca = \"\"\"\n{pem}\"\"\"")
}

#[test]
fn a_fleets_authority_is_believed_in_place_of_the_public_ones_and_said() {
    let site = include_bytes!("site-localhost.crt");
    let (address, told) = busy(certified(site, include_bytes!("site-localhost.key")));
    let machine = Machine::agreed(&address);
    let send = ["send", "usage"];

    machine.place("");
    let refused = machine.under(&send, None).said_no();
    assert!(refused.contains("could not prove who it is"), "{refused}");
    assert_eq!(told.recv().unwrap(), 0, "not a byte after the handshake");
    for command in [&["status"][..], &["why", "usage"], &["policy", "show"]] {
        assert!(!machine.says(command, None).contains("SHA-256"), "the public ones: no word");
    }

    machine.place(&named(SITE));
    let busy = machine.under(&send, None).said_no();
    assert!(busy.contains("the collector answered 503"), "{busy}");
    assert!(told.recv().unwrap() > 0);
    for command in [&["status"][..], &["why", "usage"], &["policy", "show"]] {
        let said = machine.says(command, None);
        let policys = said.contains("the certificate authority that the fleet's policy names");
        assert!(policys && said.contains(&fingerprint(SITE)), "{command:?}: {said}");
        let said = machine.says(&[command, &["--json"]].concat(), None);
        assert!(said.contains(&fingerprint(SITE)), "{command:?} --json: {said}");
    }

    // In place of, not beside: another authority, and nothing else, is not this server's.
    machine.place(&named(OTHER));
    let refused = machine.under(&send, None).said_no();
    assert!(refused.contains("could not prove who it is"), "{refused}");
    assert_eq!(told.recv().unwrap(), 0);
}

// A policy cannot make a machine believe what its own settings do not.
#[test]
fn a_policy_adds_nothing_to_what_the_machines_own_settings_believe() {
    let site = include_bytes!("site-localhost.crt");
    let (address, told) = busy(certified(site, include_bytes!("site-localhost.key")));
    let machine = Machine::agreed(&address);
    machine.place(&named(SITE));
    let refused = machine.under(&["send", "usage"], Some(OTHER)).said_no();
    assert!(refused.contains("could not prove who it is"), "{refused}");
    assert_eq!(told.recv().unwrap(), 0);
    let said = machine.says(&["why", "usage"], Some(OTHER));
    assert!(said.contains("nobody: what both") && said.contains("No connection"), "{said}");
    // What both name is believed, and nothing else of either.
    let both = [SITE, OTHER].concat();
    let busy = machine.under(&["send", "usage"], Some(&both)).said_no();
    assert!(busy.contains("the collector answered 503"), "{busy}");
    let said = machine.says(&["why", "usage"], Some(&both));
    assert!(said.contains(&fingerprint(SITE)) && !said.contains(&fingerprint(OTHER)), "{said}");
}

#[test]
fn what_is_no_certificate_is_no_policy_and_forbids() {
    let machine = Machine::agreed("https://127.0.0.1:1");
    machine.place("ca = \"/etc/ssl/site.pem\"");
    let said = machine.says(&["why", "usage"], None);
    assert!(said.contains("which cannot be used, so nothing is sent"), "{said}");
    assert!(said.contains("BEGIN CERTIFICATE"), "{said}");
    // The form of a certificate around nonsense: whoever connects believes nobody.
    machine.place(&named("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    let refused = machine.under(&["send", "usage"], None).said_no();
    assert!(refused.contains("127.0.0.1:1"), "{refused}");
}
