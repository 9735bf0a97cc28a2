//! Cleaning line by line, as the command does.

use contract::clean::{clean_lines, known_lines};

#[test]
fn lines_are_cleaned_as_json_strings() {
    let known = known_lines("\"northgate\"\n\n\"abc\"\n".as_bytes()).unwrap();
    let input = "\"Box northgate\"\n\"Box \\\"x\\\"\\nSN: QW12345\"\n\n\"same\"\n";
    let mut output = Vec::new();
    clean_lines(&known, input.as_bytes(), &mut output).unwrap();
    let wanted = "\"Box <name>\"\n\"Box \\\"x\\\"\\nSN: <serial>\"\n\"same\"\n";
    assert_eq!(String::from_utf8(output).unwrap(), wanted);
}

#[test]
fn a_dropped_text_is_null() {
    let known = known_lines("\"switch\"".as_bytes()).unwrap();
    let mut output = Vec::new();
    clean_lines(&known, "\"a switch\"".as_bytes(), &mut output).unwrap();
    assert_eq!(output, b"null\n");
}

#[test]
fn a_bad_line_is_named_by_its_number_and_not_shown() {
    let known = known_lines(&b""[..]).unwrap();
    let error = clean_lines(&known, "\"fine\"\ncanary\n".as_bytes(), Vec::new()).unwrap_err();
    assert_eq!(error.to_string(), "line 2 is not a JSON string");
    let error = known_lines("canary".as_bytes()).unwrap_err();
    assert_eq!(error.to_string(), "line 1 is not a JSON string");
}
