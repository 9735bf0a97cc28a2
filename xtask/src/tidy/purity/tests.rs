//! A clock, a file, a socket and a random number are each found outside the edge.

use super::*;

#[track_caller]
fn check(path: &str, text: &str, lines: &[usize]) {
    let file = Source { path: path.to_owned(), text: text.to_owned() };
    let found: Vec<usize> = reaches(&file).iter().map(|offence| offence.line).collect();
    assert_eq!(found, lines, "{path}: {text}");
}

#[test]
fn each_way_to_the_world_is_seen() {
    for (name, _) in REACHES {
        check("crates/a/src/x.rs", &format!("//! X.\nlet x = {name}::y();"), &[2]);
    }
}

#[test]
fn a_group_of_imports_hides_nothing() {
    check("crates/a/src/x.rs", "use std::{fmt, fs};", &[1]);
    check(
        "crates/a/src/x.rs",
        "\nuse std::{\n    io::{self, Read},\n    net::TcpStream,\n};",
        &[2],
    );
    check("crates/a/src/x.rs", "use std::{fmt, io};\nuse contract::{fs, net, env};", &[]);
    check("crates/a/src/x.rs", "use std::{io::{fs, Read}, fmt};", &[]);
    check("crates/a/src/x.rs", "use std::{io::env, collections::net};", &[]);
}

#[test]
fn the_edge_and_main_may_touch_the_world() {
    check("crates/a/src/edge/clock.rs", "std::time::SystemTime::now()", &[]);
    check("crates/a/src/edge.rs", "std::time::SystemTime::now()", &[]);
    check("crates/a/src/knowledge.rs", "std::time::SystemTime::now()", &[1]);
    check("crates/a/src/main.rs", "std::env::args()", &[]);
    check("crates/a/build.rs", "std::env::args()", &[]);
}

#[test]
fn tests_may_use_files() {
    check("crates/a/tests/it/main.rs", "std::fs::read(x)", &[]);
    check("crates/a/src/x/tests.rs", "std::fs::read(x)", &[]);
    check("crates/a/src/x.rs", "#[cfg(test)]\nmod tests {\n    use std::fs;\n}", &[]);
    check("crates/a/src/x.rs", "#[cfg(test)]\nmod tests;\nuse std::fs;", &[3]);
}

#[test]
fn prose_may_speak_of_the_world() {
    check("crates/a/src/x.rs", "//! No std::fs here.\nconst WHY: &str = \"std::env\";", &[]);
    check("crates/a/src/x.rs", "env!(\"CARGO_PKG_VERSION\"); use core::net::IpAddr;", &[]);
}
