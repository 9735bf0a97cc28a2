//! From a manifest's text to the program, its destination, and who answers for it.

use envelope::RootPublic;
use envelope::oblivious::Kem;

use super::reader::Node;
use super::{Controller, Program, Relay};
use crate::id::ProgramId;

pub(super) fn program(node: Node<'_, '_>) -> Option<Program> {
    let id = node.parsed("id", "name the program, as in `id = \"larkspur\"`", ProgramId::parse);
    let title = node.string("title", "write the program's name");
    let vendor = node.string("vendor", "write who makes the program");
    let collector = node.parsed("collector", "write the collector's https:// address", url);
    let relays = node.tables("relay", "relay").into_iter().filter_map(relay).collect();
    let sealing = node.word("sealing", &[("x25519", Kem::X25519), ("x-wing", Kem::XWing)]);
    let data_licence =
        node.string("data_licence", "name the licence of published data, such as CC0-1.0");
    let root_keys = root_keys(&node);
    node.finish();
    Some(Program {
        id: id?,
        title: title?,
        vendor: vendor?,
        collector: collector?,
        relays,
        sealing: sealing.unwrap_or_default(),
        root_keys,
        data_licence: data_licence?,
    })
}

fn root_keys(node: &Node<'_, '_>) -> Vec<RootPublic> {
    let listed = node.strings("root_keys").unwrap_or_default();
    if !(1..=2).contains(&listed.len()) {
        let what = match listed.len() {
            0 => "no root key is pinned".to_owned(),
            number => format!("{number} root keys are pinned"),
        };
        let fix = "pin one in `root_keys` (two while one replaces the other); \
                   `candor-collector keys root` makes one";
        node.note("root_keys", what, fix);
    }
    let mut keys = Vec::new();
    for key in listed {
        match key.value.parse() {
            Ok(parsed) if keys.contains(&parsed) => {
                node.reader.note(&key.at, "this root key is there twice", "remove one");
            }
            Ok(parsed) => keys.push(parsed),
            Err(_) => node.reader.note(
                &key.at,
                "this is no root key",
                "paste the line that `candor-collector keys root` printed, ed25519:…",
            ),
        }
    }
    keys
}

fn relay(node: Node<'_, '_>) -> Option<Relay> {
    let url = node.parsed("url", "write the relay's https:// address", url);
    let operator = node.string("operator", "write who runs the relay");
    let country = node.string("country", "write in which country");
    node.finish();
    Some(Relay { url: url?, operator: operator?, country: country? })
}

pub(super) fn controller(node: Node<'_, '_>) -> Option<Controller> {
    let name = node.string("name", "write who answers for the collection");
    let address = node.string("address", "write a postal address");
    let contact = node.string("contact", "write where people can write to");
    let data_protection_contact = node.optional_string("data_protection_contact");
    let legal_basis =
        node.string("legal_basis", "write the legal basis that you claim, in your lawyer's words");
    let list = |key| {
        let found = node.strings(key).unwrap_or_default();
        found.into_iter().map(|found| found.value).collect::<Vec<_>>()
    };
    let countries = list("countries");
    let processors = list("processors");
    if countries.is_empty() {
        node.note("countries", "no country is named", "list where data is processed");
    }
    node.finish();
    Some(Controller {
        name: name?,
        address: address?,
        contact: contact?,
        data_protection_contact,
        legal_basis: legal_basis?,
        countries,
        processors,
    })
}

/// Only the shape is checked here: `https` to anywhere, `http` to a loopback address.
fn url(text: &str) -> Result<String, String> {
    crate::destination::check_url(text).map(|()| text.to_owned())
}
