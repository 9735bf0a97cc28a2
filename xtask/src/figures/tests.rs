//! Figures: where numbers are found, and what the page says of what could not be run.

use super::*;

fn number(begins: &str, ends: &str, word: i32) -> Number {
    let (begins, ends, unit) = (begins.to_owned(), ends.to_owned(), "MB".to_owned());
    Number { begins, ends, word, unit, at_least: None, at_most: Some(10.0) }
}

const PRINTED: &str = "server  peak\nnull  1.5 MB\nours  9.0 MB\nours  12.9MB\nours 3 more\n";

#[test]
fn a_number_is_found_by_the_words_around_it() {
    assert_eq!(number("null", "", 2).said(PRINTED), "1.5 MB");
    assert_eq!(number("", "MB", -2).said(PRINTED), "1.5 to 9 MB");
    assert_eq!(number("ours", "", 2).said(PRINTED), "3 to 12.9 MB: **missed**");
    assert_eq!(number("* 9.0", "", 2).said(PRINTED), "9 MB");
    let absent = "**its number is not in what the command printed**";
    assert_eq!(number("theirs", "", 2).said(PRINTED), absent);
    assert_eq!(number("null", "", 9).said(PRINTED), absent);
    for (word, wanted) in [("×1.05", 1.05), ("4,096", 4096.0), ("12.9MB", 12.9), ("7.", 7.0)] {
        assert_eq!(value(word), Some(wanted), "{word}");
    }
    assert_eq!(value("none"), None);
}

#[test]
fn what_could_not_be_run_says_so_and_is_no_number() {
    let text = "[[figure]]\ntitle = \"t\"\ntarget = \"0\"\ncommand = \"score DATA\"\n";
    let list: List = toml::from_str(text).unwrap();
    assert_eq!(with_data("score DATA", None), Err("it needs --data FOLDER".to_owned()));
    assert_eq!(with_data("score DATA", Some("rows")), Ok("score rows".to_owned()));
    let setting = Setting { date: "d".into(), commit: "c".into(), machine: "m".into() };
    for (ran, said) in [
        (Ran::Not("it needs --data FOLDER".into()), "not run: it needs --data FOLDER"),
        (Ran::Failed, "**its command failed**"),
        (Ran::Well(String::new()), "held"),
    ] {
        let ran = BTreeMap::from([("score DATA".to_owned(), ran)]);
        let page = page(&list, &ran, &setting);
        assert!(page.contains(&format!("| t | 0 | {said} | `score DATA` |")), "{page}");
    }
}

#[test]
fn numbers_are_shown_with_the_digits_that_mean_something() {
    for (value, text) in [(0.5, "0.5"), (7.71, "7.71"), (250.0, "250"), (66_012.4, "66,012")] {
        assert_eq!(shown(value), text);
    }
}

/// The page may hold older numbers than the list's commands would print, but no other figures.
#[test]
fn the_page_has_a_row_for_each_figure_and_no_other() {
    let files = crate::edge::tree::read().unwrap();
    let list = list(&files).unwrap();
    let page = files.iter().find(|file| file.path == PAGE).unwrap();
    let rows: Vec<&str> = page.text.lines().filter(|line| line.starts_with("| ")).skip(1).collect();
    for (row, figure) in rows.iter().zip(&list.figures) {
        assert!(row.starts_with(&row_begins(figure)), "{row}\n{}", row_begins(figure));
        assert!(row.ends_with(&format!("| `{}` |", figure.command)), "{row}");
    }
    assert_eq!(rows.len(), list.figures.len());
    for figure in &list.figures {
        assert!(figure.numbers.iter().all(|n| n.word != 0), "{}", figure.title);
    }
}
