//! What counts as code, shown on the awkward cases.

use super::{only, word};

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(only(text), expected);
}

#[test]
fn a_comment_is_not_code() {
    check("a(); // std::fs\nb();", "a();           \nb();");
    check("a /* x /* y */ z */ b", "a                   b");
}

#[test]
fn what_stands_inside_a_string_is_not_code() {
    check(r#"f("// no", x)"#, "f(___ ___, x)");
    check(r#"f("a\"b", x)"#, "f(______, x)");
}

#[test]
fn raw_strings_end_where_their_hashes_end() {
    check("f(r#\"a\" b\"#, x)", "f(_____ ___, x)");
    check("let r#type = br\"\\\";x", "let r#type = _____;x");
}

#[test]
fn a_lifetime_opens_no_string() {
    check("fn f<'a>(c: &'a str) -> char { '\"' }", "fn f<'a>(c: &'a str) -> char { ___ }");
    check(r"['\'', '\\', 'x']; y", "[____, ____, ___]; y");
}

#[test]
fn a_word_is_found_only_as_a_whole() {
    assert_eq!(word("use std::fs;", "std::fs"), Some(11));
    assert_eq!(word("use std::fsx;", "std::fs"), None);
    assert_eq!(word("use my_std::fs; std::fs", "std::fs"), Some(23));
}
