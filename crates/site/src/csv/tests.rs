//! What a spreadsheet gets: quoting, and formulas that stay text.

use super::*;

#[test]
fn a_formula_is_text() {
    for evil in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "＝1"] {
        let cell = cell(evil);
        assert!(cell.trim_start_matches('"').starts_with('\''), "{evil:?} became {cell:?}");
    }
}

#[test]
fn what_would_end_a_cell_is_quoted() {
    assert_eq!(cell("a,b"), "\"a,b\"");
    assert_eq!(cell("say \"hi\""), "\"say \"\"hi\"\"\"");
    assert_eq!(cell("two\r\nlines"), "\"two\r\nlines\"");
    assert_eq!(cell("plain"), "plain");
}
