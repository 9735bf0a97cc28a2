//! What is shipped beside the program: its unit's score, its configuration, its guide.

use std::process::Command;

use clap::CommandFactory as _;
use collector::config::{Config, file};

const UNIT: &str = include_str!("../../../../packaging/candor-collector.service");
const EXAMPLE: &str = include_str!("../../../../packaging/collector.toml");
const GUIDE: &str = include_str!("../../../../docs/guide/collector.md");

/// The options of `serve` by their names.
fn options() -> Vec<String> {
    let root = Config::command();
    let serve = root.find_subcommand("serve").unwrap();
    file::keys(serve).map(str::to_owned).collect()
}

/// The example with every line that shows a default taken for an entry.
fn check(example: &str) -> toml::Table {
    let entry = |line: &str| {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let key = bare.split(" = ").next().unwrap_or_default();
        options().iter().any(|option| option == key).then(|| bare.to_owned())
    };
    let lines = example.lines().map(|line| entry(line).unwrap_or_else(|| line.to_owned()));
    lines.collect::<Vec<_>>().join("\n").parse().unwrap()
}

#[test]
fn the_unit_scores_as_it_says() {
    let stated = UNIT.lines().find_map(|line| line.split_once("--offline=yes: ")).unwrap().1;
    let stated: f64 = stated.split(' ').next().unwrap().parse().unwrap();
    let unit = concat!(env!("CARGO_MANIFEST_DIR"), "/../../packaging/candor-collector.service");
    let analyze = Command::new("systemd-analyze")
        .args(["security", "--offline=yes", "--no-pager", unit])
        .output();
    let Ok(output) = analyze else {
        println!("skipped: systemd-analyze is not here, so nobody scored the unit");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let Some(score) = text.split("Overall exposure level for").nth(1) else {
        println!("skipped: this systemd-analyze scores no file that is not installed");
        return;
    };
    let score = score.split_once(": ").unwrap().1.split(' ').next().unwrap();
    println!("systemd-analyze security --offline=yes: {score}");
    assert!(score.parse::<f64>().unwrap() <= stated, "{score} is more than {stated}\n{text}");
}

#[test]
fn the_example_configuration_has_every_option_with_its_default() {
    let written = check(EXAMPLE);
    let serve = written["serve"].as_table().unwrap();
    for option in options() {
        assert!(serve.contains_key(&option), "packaging/collector.toml does not tell of {option}");
    }
    let root = Config::command();
    let arguments = root.find_subcommand("serve").unwrap().get_arguments();
    for argument in arguments.filter(|argument| !argument.get_default_values().is_empty()) {
        let key = argument.get_long().unwrap();
        let shown = match &serve[key] {
            toml::Value::String(text) => text.clone(),
            toml::Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        };
        if argument.get_num_args().is_some_and(|number| number.takes_values()) {
            assert_eq!(shown.as_str(), argument.get_default_values()[0], "{key}");
        }
    }
    // As it is shipped, it is read.
    let given = ["candor-collector", "serve"].map(std::ffi::OsString::from);
    assert!(file::arguments(EXAMPLE, &given, |_| false).is_ok());
}

#[test]
fn the_guide_tells_of_every_option() {
    for option in options() {
        assert!(GUIDE.contains(&format!("`{option}`")), "docs/guide/collector.md: {option}");
    }
}
