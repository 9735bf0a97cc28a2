//! Differences between two manifests in plain words.

use contract::diff::diff;

use crate::fixture::small;

#[test]
fn a_diff_says_in_one_sentence_whether_operators_are_asked() {
    let old = small(&[]);
    let cases: [(&[(&str, &str)], &str); 5] = [
        (&[], "Nothing that an operator would notice has changed."),
        (&[("\"fedora\"]", "\"fedora\", \"arch\"]")], "1 widened: operators will be asked again."),
        (
            &[
                ("title = \"Full\"", "title = \"All\""),
                ("retention_days = 90", "retention_days = 30"),
            ],
            "another retention, 1 detail: nobody is asked again.",
        ),
        (
            &[
                ("How much memory does it have?", "How much?"),
                ("\"fedora\"]", "\"arch\"]"),
                ("map = { centos = \"fedora\" }", ""),
            ],
            "1 widened, 1 reworded: operators will be asked again. 1 narrowed: shown, not asked.",
        ),
        (
            &[("stats.larkspur.example", "stats.example.org")],
            "1 change of the destination: operators will be asked again.",
        ),
    ];
    for (edits, expected) in cases {
        assert_eq!(diff(&old, &small(edits)).summary(), expected);
    }
}

#[test]
fn channels_that_come_and_go_are_named_with_their_questions() {
    let old = small(&[]);
    let new = small(&[("[[channel]]\nid = \"usage\"", "[[channel]]\nid = \"use\"")]);
    let found = diff(&old, &new);
    assert!(found.asks());
    assert_eq!(
        found.summary(),
        "5 new questions: operators will be asked again. 5 no longer asked: shown, not asked."
    );
    insta::assert_snapshot!(found.in_words());
}
