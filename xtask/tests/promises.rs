//! The list of promises fits the code, and the page fits the list.

use xtask::edge::tree;
use xtask::promises;

#[test]
fn every_promise_has_a_test_and_a_fault_that_fits_the_code() {
    let files = tree::read().unwrap();
    let offences = promises::offences(&promises::list(&files).unwrap(), &files);
    assert!(offences.is_empty(), "to mend in {}:\n{}", promises::LIST, offences.join("\n"));
}

#[test]
fn the_page_says_what_the_list_and_the_results_say() {
    let files = tree::read().unwrap();
    let list = promises::list(&files).unwrap();
    let page = promises::page::page(&list, &promises::results(&files).unwrap(), &files);
    let committed = files.iter().find(|file| file.path == promises::PAGE);
    assert!(
        committed.is_some_and(|file| file.text == page),
        "{} is out of date: cargo xtask promises",
        promises::PAGE
    );
}
