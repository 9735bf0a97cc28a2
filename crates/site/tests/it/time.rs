//! What the pages show over time: the numbers a script reads, ranges by links, versions in full.

use crate::fixture::{Plan, field, fields, history, usage};
use crate::markup::{tags, words};
use crate::{STATISTICS, site_of, text};
use serde_json::json;

#[test]
fn a_script_finds_every_number_that_a_chart_over_time_was_drawn_from() {
    let releases = usage(Plan::LARKSPUR);
    let pages = site_of(&releases);
    let charts: Vec<_> = tags(text(&pages[STATISTICS]));
    let days = charts.iter().filter_map(|tag| tag.get("data-x")).collect::<Vec<_>>();
    assert_eq!(days, ["2026-09-20 7 14 21 28 35 42 49 56"; 2], "installations, and versions");
    let line = charts.iter().find(|tag| tag.get("data-n") == Some("installations")).unwrap();
    let counts: Vec<String> =
        releases.iter().map(|r| r.installations.unwrap().value.to_string()).collect();
    assert_eq!(line.get("data-v").unwrap(), counts.join(" "));
    assert_eq!(line.get("data-e").unwrap(), ["9"; 9].join(" "));
    let newest = charts.iter().find(|tag| tag.get("data-n") == Some("26.10")).unwrap();
    assert_eq!(newest.get("data-v").unwrap().split(' ').count(), releases.len());
}

#[test]
fn the_time_is_chosen_by_links_to_pages_that_differ() {
    let long = Plan { releases: 60, ..Plan::LARKSPUR };
    let pages = site_of(&usage(long));
    let first_day = |path: &str| {
        let page = text(&pages[path]);
        let chart = tags(page).into_iter().find_map(|tag| tag.get("data-x").map(str::to_owned));
        chart.unwrap().split(' ').count()
    };
    assert_eq!(first_day(STATISTICS), 60);
    for (name, releases) in [("year", 52), ("3-months", 13), ("4-weeks", 4)] {
        assert_eq!(first_day(&format!("/larkspur/usage/{name}.html")), releases);
    }
    let html = words(text(&pages["/larkspur/usage/4-weeks.html"]));
    assert!(html.contains("a year") && html.contains("3 months"), "{html}");

    // A young channel has one range, and no links to others.
    let pages = site_of(&usage(Plan::YOUNG));
    assert!(!pages.contains_key("/larkspur/usage/4-weeks.html"));
    assert!(!text(&pages[STATISTICS]).contains("3-months"));
}

#[test]
fn each_version_in_full_has_its_place_beneath_its_own_number() {
    let pages = site_of(&usage(Plan::LARKSPUR));
    assert!(text(&pages[STATISTICS]).contains("in-full/version.html"));
    let page = &pages["/larkspur/usage/in-full/version.html"];
    let html = text(page);
    assert!(html.contains("<h2>26.10</h2>") && html.contains("26.10.1"), "{html}");
    // 26.1 is no part of 26.10, and 26.10 none of 26.1.
    let both = |week| {
        let rows = |names: &[&str]| {
            let count = json!({"value": 90, "error_95": 0});
            let row = |name: &&str| json!({"value": name, "title": name, "count": count});
            names.iter().map(row).collect::<Vec<_>>()
        };
        let table = json!({"kind": "versions", "minor": rows(&["26.10", "26.1"]),
            "full": rows(&["26.10.3", "26.1.7"]), "folded": null});
        vec![field(week, "version", ["Q?", "P"], 1.0, &table)]
    };
    let pages = site_of(&history(Plan::YOUNG, "usage", "Usage", &both));
    let html = text(&pages["/larkspur/usage/in-full/version.html"]);
    let old = html.split("<h2>26.1</h2>").nth(1).unwrap();
    let old = old.split("</section>").next().unwrap();
    assert!(old.contains("26.1.7") && !old.contains("26.10.3"), "{old}");
}

#[test]
fn a_simulated_fleet_marks_every_page_and_every_file() {
    let mut value = crate::fixture::release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
    value["simulated"] = true.into();
    let history = [crate::fixture::read(&value)];
    for (path, page) in site_of(&history) {
        let text = String::from_utf8_lossy(&page.body).to_lowercase();
        let ours = path.ends_with("css") || path.ends_with("js") || path == "/icon.svg";
        assert!(ours || text.contains("simulated"), "{path} is not marked");
    }
}

/// A version that falls below the smallest group is not drawn as if its installations were gone.
#[test]
fn versions_that_are_not_shown_are_drawn_as_such() {
    let number = |value: i64| json!({"value": value, "error_95": 0});
    let row = |name: &str, value| json!({"value": name, "title": name, "count": number(value)});
    let week = |week: crate::fixture::Week| {
        // 26.1 has 30 installations, then 12, which are folded; of 26.2 some full versions are.
        let (minor, full, hidden) = match week.at {
            0 => (vec![row("26.2", 70), row("26.1", 30)], vec![row("26.2.0", 70)], 0),
            _ => (vec![row("26.2", 88)], vec![row("26.2.0", 60)], 12),
        };
        let folded = (hidden > 0).then(|| json!({"values": null, "count": number(hidden)}));
        let table = json!({"kind": "versions", "minor": minor, "full": full, "folded": null,
            "folded_minor": folded});
        let mut field = field(week, "version", ["Q?", "P"], 1.0, &table);
        field["answered"] = number(100);
        vec![field]
    };
    let plan = Plan { releases: 2, ..Plan::EXACT };
    let pages = site_of(&history(plan, "usage", "Usage", &week));
    let layer = |path: &str, index: usize| {
        let tags = tags(text(&pages[path]));
        let of = tags.iter().filter(|tag| tag.get("data-n") == Some("hidden"));
        of.map(|tag| tag.get("data-v").unwrap().to_owned()).nth(index)
    };
    assert_eq!(layer(STATISTICS, 0).as_deref(), Some("0 12"));
    assert!(text(&pages[STATISTICS]).contains("<tspan>hidden</tspan> 12\u{202F}%"));
    let page = "/larkspur/usage/in-full/version.html";
    assert_eq!(layer(page, 0).as_deref(), Some("0 28"), "of 26.2");
    let html = text(&pages[page]);
    assert!(html.contains("<tspan>26.2.0</tspan> 68\u{202F}%"), "60 of 88: {html}");
    // A link of its own, and not in one line with that to the file.
    assert!(text(&pages[STATISTICS]).contains("In full, over time</a></p>"));
}
