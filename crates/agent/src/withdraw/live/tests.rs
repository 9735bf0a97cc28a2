//! What a collector answers when it is asked what it holds.

use super::*;

#[test]
fn a_list_that_fits_into_no_answer_is_told_as_what_it_is() {
    let error = live_parts(413, b"{}").unwrap_err();
    assert!(error.contains("under one tag") && error.contains("still be deleted"), "{error}");
    assert_eq!(live_parts(404, b"").unwrap_err(), "the collector answered 404");
    assert_eq!(live_parts(200, b"{}").unwrap_err(), "the answer is no list of parts");
    let one = br#"{"parts": [{"bytes": "{}", "forget_by": "2026-12-31"}]}"#;
    assert_eq!(live_parts(200, one).unwrap(), [("{}".to_owned(), "2026-12-31".to_owned())]);
}
