//! Which paths are taken and which are refused.

use super::*;

fn check(path: &str, expected: Option<&[&str]>) {
    assert_eq!(names(path).ok().as_deref(), expected, "{path:?}");
}

#[test]
fn a_path_comes_apart_into_names() {
    check("", Some(&[]));
    check("a", Some(&["a"]));
    check("a/b.log", Some(&["a", "b.log"]));
    check("..a", Some(&["..a"]));
    check("a.unfinished", Some(&["a.unfinished"]));
}

#[test]
fn a_path_never_leads_out_of_the_root() {
    for path in ["/", "/a", "..", "a/..", "a/../b", ".", "a//b", "a/", "a\0b", "a\nb"] {
        check(path, None);
    }
    for path in [".unfinished", "..unfinished", "...unfinished"] {
        check(path, None);
    }
    check(&"a".repeat(NAME_BYTES_MAX + 1), None);
    check(&"a/".repeat(600), None);
}

#[test]
fn the_longest_name_leaves_room_for_its_unfinished_file() {
    let longest = "a".repeat(NAME_BYTES_MAX);
    assert!(names(&longest).is_ok());
    assert_eq!(unfinished(&longest).len(), 255);
    assert!(names(&unfinished(&longest)).is_ok());
}

#[test]
fn the_root_is_a_folder_and_no_file() {
    assert!(folder_and_name("").is_err());
    assert_eq!(folder_and_name("a/b").unwrap(), (vec!["a"], "b"));
    assert_eq!(join("", "a"), "a");
    assert_eq!(join("a", "b"), "a/b");
}
