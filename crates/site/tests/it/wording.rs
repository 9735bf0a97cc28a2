//! Words that must be true in every mode: what is counted, what is folded, and how few there are.

use contract::release::Release;
use serde_json::{Value, json};

use crate::descriptions::{self, samples};
use crate::fixture::{Plan, Week, field, history, read, release, usage};
use crate::markup::words;
use crate::{STATISTICS, alone, site_of, site_with, text};

fn page(history: &[Release]) -> String {
    words(text(&site_of(history)[STATISTICS]))
}

/// The page of one question with this table.
fn with(plan: Plan, table: &Value) -> String {
    let one = |week: Week| vec![field(week, "f", ["Q?", "P"], 1.0, table)];
    page(&history(Plan { releases: 1, ..plan }, "usage", "Usage", &one))
}

fn row(value: &str, count: i64) -> Value {
    json!({"value": value, "title": value, "count": {"value": count, "error_95": 0}})
}

fn number(value: i64) -> Value {
    json!({"value": value, "error_95": 0})
}

#[test]
fn a_channel_that_cannot_count_installations_counts_descriptions() {
    for (plan, said) in [
        (Plan::LARKSPUR, "descriptions frequent enough to be shown, ± 9"),
        (Plan::EXACT, "descriptions frequent enough to be shown"),
        (Plan::REHEARSAL, "descriptions reported"),
    ] {
        let pages = site_of(&samples(plan));
        let html = words(text(&pages[STATISTICS]));
        assert!(html.contains(said), "{html}");
        assert!(!html.contains("installations reported") && !html.contains("of all)"), "{html}");
        let badge = text(&pages["/larkspur/usage/badge/descriptions.svg"]);
        assert!(badge.contains("descriptions") && !badge.contains("installations"), "{badge}");
        assert!(!pages.contains_key("/larkspur/usage/badge/installations.svg"));
        assert!(!pages.contains_key("/larkspur/usage/badge/version.svg"), "it has no version");
        let csv = text(&pages["/larkspur/usage/releases/descriptions.csv"]);
        assert!(csv.contains(",descriptions,") && !csv.contains("installations"), "{csv}");
        assert!(text(&pages["/index.html"]).contains("descriptions"));
    }
}

#[test]
fn a_channel_that_changes_what_it_counts_is_drawn_from_there_on() {
    let mut both = usage(Plan::YOUNG);
    let later = samples(Plan { releases: 5, ..Plan::YOUNG });
    both.extend(later.into_iter().skip(3));
    let html = page(&both);
    assert!(html.contains("Descriptions over time"), "{html}");
    let pages = site_of(&both);
    let chart = text(&pages[STATISTICS]);
    assert!(chart.contains("Line chart of descriptions over 2 releases"), "{chart}");
    assert!(words(text(&pages["/larkspur/usage/releases/index.html"])).contains("–\nrelease-1"));
}

#[test]
fn without_noise_nothing_is_said_of_each_folded_value() {
    let folded = json!({"values": 3, "count": number(31)});
    let rows = [row("a", 900)];
    let table = json!({"kind": "shares", "rows": rows, "folded": folded});
    let html = with(Plan::EXACT, &table);
    let said = "Counted together: 3 values with 31 answers. At least one was given by fewer than \
                20 installations; a larger one is with it";
    assert!(html.contains(said), "{html}");
    assert!(!html.contains("each; "), "{html}");
    let html = with(Plan::LARKSPUR, &table);
    let said = "Not shown: 3 values below 20 each, with noise; 31 answers.";
    assert!(html.contains(said), "{html}");
}

#[test]
fn hidden_entries_are_told() {
    let set = json!({"kind": "set", "rows": [row("a", 900)], "folded": null, "hidden": 2});
    let html = with(Plan::EXACT, &set);
    let said = "Not shown: 2 entries that fewer than 20 installations gave, or that all but fewer \
                than 20 gave.";
    assert!(html.contains(said), "{html}");
    let bare = json!({"value": "a", "title": "A", "installations": number(40), "counts": [],
        "total": null});
    let full = json!({"value": "b", "title": "B", "installations": number(60),
        "counts": [number(30), number(30)], "total": {"estimate": 9, "low": 1, "high": 99}});
    let grid = json!({"kind": "grid", "buckets": ["1", "2"], "unit": "ports",
        "lines": [bare, full], "hidden": 1});
    let html = with(Plan::EXACT, &grid);
    assert!(html.contains("Not shown: 1 entry that fewer than 20"), "{html}");
    assert!(html.contains("Where one of the sizes has fewer than 20 installations"), "{html}");
    let html = with(Plan::LARKSPUR, &grid);
    assert!(html.contains("Not shown: 1 entry with a number below 20, with its noise."), "{html}");
    let one = |week: Week| vec![field(week, "f", ["Q?", "P"], 1.0, &grid)];
    let pages = site_of(&history(Plan::EXACT, "usage", "Usage", &one));
    let csv = text(&pages["/larkspur/usage/csv/f.csv"]);
    assert!(csv.contains(",not_shown,1,entries not shown,,,\r\n"), "{csv}");
    // A line without sizes keeps its columns: its total is not taken for a size.
    let html = text(&pages[STATISTICS]);
    assert_eq!(html.matches("sizes not shown").count(), 1, "of A, and no empty columns: {html}");
    assert!(html.contains("<th>A<td>40<td><td><td><tr>"), "{html}");
}

#[test]
fn versions_that_no_chart_shows_are_told() {
    let table = json!({"kind": "versions", "minor": [row("1.2", 80)], "full": [row("1.2.3", 60)],
        "folded": {"values": null, "count": number(40)},
        "folded_minor": {"values": null, "count": number(20)}});
    let html = with(Plan::LARKSPUR, &table);
    let said = "Too rare to be shown: 20 answers in the chart, 40 in full.";
    assert!(html.contains(said), "{html}");
    let html = with(Plan::EXACT, &table);
    let said = "Not shown: 20 answers in the chart, 40 in full. At least one was given by fewer";
    assert!(html.contains(said), "{html}");
}

#[test]
fn fewer_than_the_smallest_group_is_not_called_none() {
    let mut value = release(Plan::EXACT, "usage", "Usage", 0, &|_| Vec::new());
    value["installations"] = json!({"value": 0, "error_95": 20});
    let pages = site_of(&[read(&value)]);
    let html = words(text(&pages[STATISTICS]));
    assert!(html.contains("&#60;20 installations reported"), "{html}");
    assert!(!html.contains('±'), "{html}");
    assert!(text(&pages["/larkspur/usage/badge/installations.svg"]).contains("fewer than 20"));
}

#[test]
fn of_one_installation_a_rehearsal_shows_answers_and_no_shares() {
    let pages = site_with("Larkspur", &alone::usage(), true);
    let html = words(text(&pages[STATISTICS]));
    assert!(html.contains("1 installation reported\n"), "{html}");
    assert!(html.contains("this page shows exactly what it answered"), "{html}");
    assert!(!html.contains('%') && !html.contains("answered, ") && !html.contains("next on"));
    assert!(text(&pages[STATISTICS]).contains("\"Bar chart. MariaDB 11.\""));
    let releases = words(text(&pages["/larkspur/usage/releases/index.html"]));
    assert!(releases.contains("Nothing here is frozen or signed."), "{releases}");
    assert!(!releases.contains("never changes") && !releases.contains("signature"), "{releases}");
    let pages = site_with("Larkspur", &descriptions::of_one(), true);
    assert!(words(text(&pages[STATISTICS])).contains("4 descriptions reported\n"));
}

#[test]
fn of_a_handful_a_rehearsal_counts() {
    let html = page(&usage(Plan::REHEARSAL));
    assert!(html.contains("4 installations reported") && html.contains("3 of 4"), "{html}");
    assert!(!html.contains('%'), "{html}");
}

#[test]
fn a_release_is_signed_and_a_rehearsal_is_not() {
    let link = "release-1.json.sig\"";
    let of = |plan| {
        let pages = site_of(&usage(Plan { releases: 1, ..plan }));
        ["index.html", "releases/index.html"]
            .map(|page| text(&pages[&format!("/larkspur/usage/{page}")]).to_owned())
    };
    assert!(of(Plan::LARKSPUR).iter().all(|page| page.contains(link)));
    assert!(of(Plan::LARKSPUR).iter().all(|page| page.contains("/ledger.json\"")));
    assert!(of(Plan::EXACT).iter().all(|page| page.contains(link)));
    assert!(!of(Plan::EXACT).iter().any(|page| page.contains("ledger.json")));
    assert!(!of(Plan::REHEARSAL).iter().any(|page| page.contains(".sig")));
}
