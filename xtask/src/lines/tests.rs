//! Code, tests and comments are told apart.

use super::*;

#[test]
fn code_tests_and_comments_are_counted_apart() {
    let files = [
        ("crates/a/src/x.rs", "//! X.\n\nfn f() {} // why\n/* a\n b */\n"),
        ("crates/a/tests/it/main.rs", "//! Y.\nfn g() {\n}\n"),
        ("Cargo.lock", "[[package]]\n[[package]]\n"),
    ];
    let files = files.map(|(path, text)| Source { path: path.to_owned(), text: text.to_owned() });
    let table = table(&files);
    let row: Vec<&str> =
        table.lines().find(|line| line.starts_with("a ")).unwrap().split_whitespace().collect();
    assert_eq!(row, ["a", "2", "1", "2", "4"]);
    assert!(table.ends_with("2 packages in Cargo.lock, ours included"), "{table}");
}
