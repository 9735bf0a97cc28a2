//! The statement's end: who can see what, firewalls, saying no, taking back, who answers for it.

use envelope::oblivious::Kem;

use super::tree::{Block, Line, heading};
use super::words::listed;
use crate::calendar::Identity;
use crate::destination::{Destination, host_and_port};
use crate::environment::{CANDOR_TELEMETRY, DO_NOT_TRACK};
use crate::manifest::{Controller, Manifest, Relay, Transport};
use crate::visibility::{is_one_party, who_sees};

pub(super) fn blocks(manifest: &Manifest) -> Vec<Block> {
    let mut blocks = vec![heading("who", "Who can see what"), parties(manifest)];
    blocks.push(Block::Paragraph(transport(manifest).into()));
    blocks.push(Block::Paragraph(administrator(manifest).into()));
    blocks.push(heading("firewall", "Your firewall"));
    blocks.push(hosts(manifest));
    blocks.push(Block::Paragraph(
        "A firewall that refuses, drops or delays these connections costs the program nothing."
            .into(),
    ));
    blocks.extend(saying_no(manifest));
    blocks.extend(taking_back(manifest));
    blocks.extend(responsible(manifest));
    blocks.push(heading("made", "How this was made"));
    blocks.push(Block::Paragraph(made(manifest)));
    blocks
}

fn parties(manifest: &Manifest) -> Block {
    let head = ["Who", "Your address", "Your answers"];
    let controller = &manifest.controller.name;
    let mut rows: Vec<[String; 3]> = manifest
        .program
        .relays
        .iter()
        .map(|relay| {
            let who = format!("{}, {} (the relay)", relay.operator, relay.country);
            [who, "yes".to_owned(), "no: they are sealed".to_owned()]
        })
        .collect();
    let address = match manifest.program.transport() {
        Transport::Direct => "while it receives; it is not stored",
        Transport::Blind => "no",
    };
    rows.push([
        format!("{controller} (the collector)"),
        address.to_owned(),
        "yes, part by part".to_owned(),
    ]);
    rows.push(["Everybody".to_owned(), "no".to_owned(), "published statistics alone".to_owned()]);
    Block::Table {
        head: head.map(Line::from).to_vec(),
        rows: rows.into_iter().map(|row| row.map(Line::from).to_vec()).collect(),
        numbers: None,
    }
}

fn transport(manifest: &Manifest) -> String {
    let destination = Destination::of(&manifest.program, None);
    let sees = who_sees(manifest, &destination);
    if manifest.program.transport() == Transport::Direct {
        return format!(
            "{sees} Parts go straight to the collector, over HTTPS whenever they leave the \
             machine. Whoever runs it could match your address with your answers, and the moments \
             of arrival could join the parts of one report; the collector's software drops the \
             address at once and keeps no moment finer than the period."
        );
    }
    let sealed = match manifest.program.sealing {
        Kem::X25519 => "",
        Kem::XWing => {
            " The seal (X-Wing) is made so that a later quantum computer does not open what \
             was recorded today."
        }
    };
    let claim = "Parts are sealed on your machine and pass through a relay. Sent on schedule, the \
                 collector can neither join them nor learn who sent them. Sending by hand, listing \
                 what is held and deleting at once can join them; the program says so before it \
                 does any of it. A text that few have, such as a rare sample, is known again by \
                 itself from one period to the next.";
    if is_one_party(manifest, &destination) {
        return format!("{claim}{sealed} But: {sees}");
    }
    format!(
        "{sees} {claim}{sealed} If relay and collector worked together, they could match address \
         and content."
    )
}

fn administrator(manifest: &Manifest) -> String {
    format!(
        "No command or page of the collector shows anybody a single part, except to the machine \
         that sent it. Still, whoever administers the collector's machine for {} can read parts, \
         and the texts in them, on its disk; they carry neither name nor address.",
        manifest.controller.name
    )
}

fn hosts(manifest: &Manifest) -> Block {
    let program = &manifest.program;
    let head = ["Host and port", "Protocol", "Run by"].map(Line::from).to_vec();
    let row = |url: &str, by: String| {
        let protocol = if url.starts_with("http://") {
            "HTTP, to this machine itself"
        } else {
            "HTTPS, outgoing"
        };
        vec![Line::default().code(host_and_port(url)), protocol.into(), by.into()]
    };
    let rows = match program.transport() {
        Transport::Direct => vec![row(&program.collector, manifest.controller.name.clone())],
        Transport::Blind => {
            let by = |relay: &Relay| format!("{}, {}", relay.operator, relay.country);
            let mut rows: Vec<_> =
                program.relays.iter().map(|relay| row(&relay.url, by(relay))).collect();
            let host = Line::default().code(host_and_port(&program.collector));
            let by = manifest.controller.name.clone();
            rows.push(vec![host, "no connection from here".into(), by.into()]);
            rows
        }
    };
    Block::Table { head, rows, numbers: None }
}

fn saying_no(manifest: &Manifest) -> Vec<Block> {
    let decline =
        |channel: &crate::manifest::Channel| format!("candor-agent decline {}", channel.id);
    let mut commands: Vec<String> = manifest.channels.iter().map(decline).collect();
    let variables = format!("{CANDOR_TELEMETRY}=0   or   {DO_NOT_TRACK}=1");
    commands.push(variables);
    vec![
        heading("no", "Saying no"),
        Block::Commands(commands),
        Block::Paragraph(
            "A no works before the command returns, destroys what was waiting to be sent, is \
             itself told to nobody, and is never asked about again. The variables forbid for every \
             program that uses Candor; they can forbid and never permit, and a value that makes no \
             sense forbids too. An update that asks more, keeps longer or sends elsewhere is \
             silent about what changed until you have answered."
                .into(),
        ),
        Block::Paragraph("To see what would be sent, what was sent, and why:".into()),
        Block::Commands(
            ["preview CHANNEL", "ledger", "why CHANNEL"]
                .map(|command| format!("candor-agent {command}"))
                .to_vec(),
        ),
    ]
}

fn taking_back(manifest: &Manifest) -> Vec<Block> {
    let untagged: Vec<String> = manifest
        .channels
        .iter()
        .filter(|channel| channel.identity == Identity::None)
        .map(|channel| format!("“{}”", channel.title))
        .collect();
    let mut text =
        "Sending stops at once. Over the next 24 hours the collector is asked to delete \
                    every part it still holds, part by part; it answers with a signed statement of \
                    deletion, which can be checked on the server's files. Backups expire with the \
                    retention. Numbers already published stay as they are."
            .to_owned();
    if !untagged.is_empty() {
        text = format!(
            "{text} Nothing of {} can be taken back: its parts carry no tag.",
            listed(&untagged, "and")
        );
    }
    vec![
        heading("back", "Taking it back"),
        Block::Commands(vec!["candor-agent withdraw --all".to_owned()]),
        Block::Paragraph(text.into()),
    ]
}

fn responsible(manifest: &Manifest) -> Vec<Block> {
    let Controller {
        name,
        address,
        contact,
        data_protection_contact,
        legal_basis,
        countries,
        processors,
    } = &manifest.controller;
    let processors =
        if processors.is_empty() { "nobody else".to_owned() } else { processors.join(", ") };
    let data_protection =
        data_protection_contact.clone().unwrap_or_else(|| "none named".to_owned());
    let entries = [
        ("Controller", name.clone()),
        ("Address", address.clone()),
        ("Contact", contact.clone()),
        ("Data protection", data_protection),
        ("Legal basis claimed", legal_basis.clone()),
        ("Where it is processed", countries.join(", ")),
        ("Who processes it for the controller", processors),
        ("Who makes the program", manifest.program.vendor.clone()),
        ("Licence of the published data", manifest.program.data_licence.clone()),
    ];
    let entries = entries.map(|(term, text)| (Line::from(term), vec![Line::from(text)])).to_vec();
    vec![
        heading("responsible", "Who answers for it"),
        Block::Paragraph("In the vendor's words; Candor checks none of them.".into()),
        Block::Definitions(entries),
    ]
}

fn made(manifest: &Manifest) -> Line {
    let line = Line::from(
        "Candor made it from the manifest that ships with the program. The same file decides what \
         can be asked and sent: what is not in it cannot leave, and it is never fetched from \
         anywhere. Your decision remembers the manifest you were shown by its SHA-256, ",
    );
    let line = line.code(manifest.hash().to_string());
    let keys = manifest.program.root_keys.len();
    let keys = if keys == 1 { "one key" } else { "two keys" };
    line.words(format!(". Receipts and releases are signed under {keys} pinned in it."))
}
