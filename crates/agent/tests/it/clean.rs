//! Cleaning by hand: JSON strings in, JSON strings out, and neither manifest nor state.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use crate::machine::SaidNo as _;

fn clean(arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_candor-agent"))
        .arg("clean")
        .args(arguments)
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    // A program that refuses its first line closes its input; its answer is what is looked at.
    let _ = stdin.write_all(input);
    drop(stdin);
    child.wait_with_output().unwrap()
}

fn cleaned(arguments: &[&str], input: &str) -> String {
    let output = clean(arguments, input.as_bytes());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_line_is_cleaned_and_stays_one_line() {
    let input = "\"Cisco IOS, S/N FOC1234X0AB\"\n\"a\\nb\"\n\"RouterOS 7.11.2\"\n";
    let output = cleaned(&[], input);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines, ["\"Cisco IOS, S/N <serial>\"", "\"a\\nb\"", "\"RouterOS 7.11.2\""]);
}

#[test]
fn known_values_of_a_file_are_removed_and_a_product_word_drops_the_text() {
    let folder = tempfile::tempdir().unwrap();
    let known = folder.path().join("known");
    std::fs::write(&known, "\"Quietmeadow\"\n\"switch\"\n\n").unwrap();
    let known = known.to_str().unwrap();
    let output = cleaned(&["--known", known], "\"Acme quietmeadow 3\"\n\"a switch\"\n");
    assert_eq!(output, "\"Acme <name> 3\"\nnull\n");
}

#[test]
fn a_line_that_is_no_json_string_is_named_by_its_number_alone() {
    for input in ["\"good\"\ncanary-5f3a9c\n", "\"good\"\n{\"canary-5f3a9c\": 1}\n"] {
        let output = clean(&[], input.as_bytes());
        assert_eq!(output.stdout, b"\"good\"\n");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(error.contains("line 2") && !error.contains("canary"), "{error}");
        assert!(!output.status.success());
    }
    let error = clean(&["--known", "/nowhere"], b"").said_no();
    assert!(error.contains("/nowhere"), "{error}");
}

#[test]
fn a_line_that_is_no_utf8_is_refused() {
    let output = clean(&[], b"\"\xff\"\n");
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
}
