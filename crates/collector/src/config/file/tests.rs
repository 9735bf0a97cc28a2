//! The file says what the command line says, and no more.

use clap::Parser as _;

use super::*;
use crate::config::{Command as What, Serve};

/// Every option of `serve` with a value that is not its default, and how that shows.
const ALL: [(&str, &str, &str); 16] = [
    ("listen", "\"0.0.0.0:1234\"", "listen: 0.0.0.0:1234"),
    ("manifest", "[\"a.toml\", \"b.toml\"]", "manifest: [\"a.toml\", \"b.toml\"]"),
    ("tls-cert", "\"c.pem\"", "tls_cert: Some(\"c.pem\")"),
    ("tls-key", "\"k.pem\"", "tls_key: Some(\"k.pem\")"),
    ("behind-proxy", "true", "behind_proxy: true"),
    ("rehearsal", "true", "rehearsal: true"),
    ("deletion-hour", "3", "deletion_hour: Some(3)"),
    ("today", "\"2026-11-20\"", "today: Some(2026-11-20)"),
    ("head-seconds", "3", "head_seconds: 3"),
    ("body-seconds", "4", "body_seconds: 4"),
    ("connections", "5", "connections: 5"),
    ("connections-per-network", "6", "connections_per_network: Some(6)"),
    ("requests-per-network-hour", "7", "requests_per_network_hour: Some(7)"),
    ("sealed-per-minute", "8", "sealed_per_minute: 8"),
    ("reserve-bytes", "9", "reserve_bytes: 9"),
    ("threads", "2", "threads: Some(2)"),
];

fn read(text: &str, given: &[&str], is_set: impl Fn(&str) -> bool) -> Result<Config, String> {
    let given: Vec<OsString> = given.iter().map(OsString::from).collect();
    let words = arguments(text, &given, is_set).map_err(|error| error.to_string())?;
    Config::try_parse_from(words).map_err(|error| error.to_string())
}

fn served(text: &str, given: &[&str]) -> Serve {
    match read(text, given, |_| false).unwrap().command {
        What::Serve(serve) => *serve,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_option_of_serve_can_stand_in_the_file() {
    let root = Config::command();
    let serve = root.find_subcommand("serve").unwrap();
    let mut options: Vec<&str> = keys(serve).collect();
    let mut tested: Vec<&str> = ALL.iter().map(|(key, ..)| *key).collect();
    options.sort_unstable();
    tested.sort_unstable();
    assert_eq!(options, tested);
    for (key, value, shown) in ALL {
        // What only stands with another brings the other along.
        let beside = match key {
            "tls-cert" => "tls-key = \"x\"",
            "tls-key" => "tls-cert = \"x\"",
            "today" => "rehearsal = true",
            _ => "",
        };
        let text = format!("[serve]\n{key} = {value}\n{beside}\n");
        let with = format!("{:?}", served(&text, &["candor-collector", "serve"]));
        let without = format!("{:?}", served("", &["candor-collector", "serve"]));
        assert!(with.contains(shown), "{key}: {with}");
        assert!(!without.contains(shown), "{key}: {without}");
    }
}

#[test]
fn the_command_line_and_the_environment_come_first() {
    let text = "data = \"from-file\"\n[serve]\nlisten = \"0.0.0.0:1\"\nconnections = 5\n";
    let given = ["candor-collector", "--data", "d", "serve", "--listen=127.0.0.1:2"];
    let config = read(text, &given, |name| name == "CANDOR_CONNECTIONS").unwrap();
    assert_eq!(config.data, Some("d".into()));
    let What::Serve(serve) = config.command else { panic!("no serve") };
    assert_eq!((serve.listen.port(), serve.connections), (2, 16_384));
}

#[test]
fn the_data_folder_holds_for_every_command_and_the_rest_for_serve() {
    let text = "data = \"from-file\"\n[serve]\nconnections = 5\n";
    for command in ["publish", "forget", "verify"] {
        let config = read(text, &["candor-collector", command], |_| false).unwrap();
        assert_eq!(config.data, Some("from-file".into()));
    }
    let given = ["candor-collector", "--config", "serve", "publish"];
    assert!(matches!(read(text, &given, |_| false).unwrap().command, What::Publish(_)));
}

#[test]
fn an_unknown_key_is_an_error_with_a_suggestion() {
    let said = |text: &str| read(text, &["candor-collector", "serve"], |_| false).unwrap_err();
    for (text, said_of) in [
        ("[serve]\nlissen = \"x\"", "`lissen` is no option; do you mean `listen`?"),
        ("[serve]\ntls_cert = \"x\"", "`tls_cert` is no option; do you mean `tls-cert`?"),
        ("[serv]\n", "`serv` is no option; do you mean `serve`?"),
        ("dat = \"x\"", "`dat` is no option; do you mean `data`?"),
        ("[serve]\nsomething-else = 1", "`something-else` is no option"),
        ("[serve]\nconnections = 1.5", "`connections` has a value of another kind"),
        ("listen", "it is no TOML"),
    ] {
        assert!(said(text).starts_with(said_of), "{}", said(text));
    }
    // What the option itself refuses is refused here too.
    assert!(said("[serve]\nconnections = 0").contains("connections"));
}

#[test]
fn the_file_is_named_in_either_way() {
    let named = |given: &[&str]| named(&given.iter().map(OsString::from).collect::<Vec<_>>());
    assert_eq!(named(&["c", "--config", "a", "serve"]), Some("a".into()));
    assert_eq!(named(&["c", "serve", "--config=b"]), Some("b".into()));
    assert_eq!(named(&["c", "serve"]), None);
}
