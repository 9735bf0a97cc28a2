//! What a reader finds on the pages.

use std::collections::BTreeSet;

use contract::release::Table;
use serde_json::json;

use crate::descriptions::samples;
use crate::fixture::{Plan, channel, field, fields, history, many, program, read, release, usage};
use crate::markup::{ids, tags, words};
use crate::{STATISTICS, is, is_html, site_of, site_with, text};

/// The part of the statistics page that is about one field.
fn section<'a>(html: &'a str, id: &str) -> &'a str {
    let from = html.find(&format!("id=f-{id}>")).unwrap();
    html[from..].split("</section>").next().unwrap()
}

#[test]
fn every_question_has_a_chart_with_a_summary_and_a_table_with_a_caption() {
    let history = usage(Plan::LARKSPUR);
    let pages = site_of(&history);
    let html = text(&pages[STATISTICS]);
    for field in &history.last().unwrap().fields {
        let section = section(html, field.id.as_str());
        let tags = tags(section);
        let charts = tags.iter().filter(|tag| tag.get("role") == Some("img"));
        let charts: Vec<_> = charts.filter(|tag| tag.get("aria-label").is_some()).collect();
        let tables = tags.iter().filter(|tag| tag.name == "table").count();
        let captions = tags.iter().filter(|tag| tag.name == "caption").count();
        if matches!(field.table, Table::TooFew) {
            assert_eq!((charts.len(), tables), (0, 0), "{}", field.id);
            assert!(
                section.contains("Too few yet: with its noise, the number of answers is below 20.")
            );
        } else {
            assert_eq!(charts.len(), 1, "{}", field.id);
            assert!(tables >= 1 && captions == tables, "{}", field.id);
            assert!(tags.iter().any(|tag| tag.get("scope") == Some("col")), "{}", field.id);
        }
    }
}

#[test]
fn every_link_leads_to_a_page_or_to_the_frozen_release() {
    let history = usage(Plan::LARKSPUR);
    let pages = site_of(&history);
    let mut known: BTreeSet<String> = pages.keys().cloned().collect();
    for release in &history {
        let (program, channel) = (program(), channel("usage"));
        known.insert(site::release_file(&program, &channel, release.number));
        known.insert(site::signature_file(&program, &channel, release.number));
    }
    known.insert(site::ledger_file(&program()));
    let mut followed = BTreeSet::new();
    for page in pages.values().filter(|page| is_html(page)) {
        for tag in tags(text(page)) {
            let Some(href) = tag.get("href").or(tag.get("src")) else { continue };
            let (file, place) = href.split_once('#').unwrap_or((href, ""));
            let target = resolve(&page.path, file);
            assert!(known.contains(&target), "{} links to {href}, nothing is there", page.path);
            if !place.is_empty() {
                assert!(ids(text(&pages[&target])).contains(place), "{} has no {place}", page.path);
            }
            followed.insert(target);
        }
    }
    followed.insert("/index.html".to_owned());
    let unread: Vec<_> = known.difference(&followed).collect();
    // Too few answered: there is nothing to download yet, but the address is already there.
    assert_eq!(unread, ["/larkspur/usage/csv/exporter.csv"], "every file can be found");
}

/// Where a relative link leads.
fn resolve(from: &str, href: &str) -> String {
    if href.is_empty() {
        return from.to_owned();
    }
    let mut folders: Vec<&str> = from.split('/').collect();
    folders.pop();
    for part in href.split('/') {
        match part {
            ".." => drop(folders.pop()),
            part => folders.push(part),
        }
    }
    folders.join("/")
}

#[test]
fn a_rehearsal_marks_every_page_and_every_file() {
    let history = usage(Plan::REHEARSAL);
    for (path, page) in site_with("Larkspur", &history, true) {
        // A Parquet file is no text, and its mark is text in it.
        let text = String::from_utf8_lossy(&page.body).to_lowercase();
        let marked = text.contains("never publish this") || text.contains("never publish:");
        assert!(
            marked || is(&path, "css") || is(&path, "js") || path == "/icon.svg",
            "{path} is not marked"
        );
        if is_html(&page) {
            assert!(text.contains("exact numbers of an open period, from one installation on"));
        }
    }
}

#[test]
fn a_rehearsal_among_the_releases_is_enough_to_mark_everything() {
    let pages = site_with("Larkspur", &usage(Plan::REHEARSAL), false);
    assert!(text(&pages["/index.html"]).contains("Never publish this"));
    let pages = site_with("Larkspur", &usage(Plan::LARKSPUR), false);
    assert!(!text(&pages["/index.html"]).to_lowercase().contains("rehearsal"));
}

#[test]
fn a_rehearsal_is_marked_before_anything_is_published() {
    for (path, page) in site_with("Larkspur", &[], true) {
        assert!(!is_html(&page) || text(&page).contains("Never publish this"), "{path}");
    }
}

#[test]
fn a_change_within_the_error_is_no_change() {
    let after = |value: i64| {
        let fields = |week: crate::fixture::Week| {
            let now = if week.at == 0 { 100 } else { value };
            let row = |value: &str, count: i64| {
                let count = json!({"value": count, "error_95": 9});
                json!({"value": value, "title": value, "count": count})
            };
            let rows = json!([row("a", now), row("b", 200 - now)]);
            let table = json!({"kind": "shares", "rows": rows, "folded": null});
            vec![field(week, "f", ["Q?", "P"], 1.0, &table)]
        };
        let plan = Plan { releases: 2, ..Plan::LARKSPUR };
        let pages = site_of(&history(plan, "usage", "Usage", &fields));
        words(section(text(&pages[STATISTICS]), "f"))
    };
    // Both shares are off by 4.5 points at most, so their difference by 6.4.
    assert!(after(112).contains("a\n112\n56\n="), "{}", after(112));
    assert!(after(114).contains("a\n114\n57\n+7"), "{}", after(114));
}

#[test]
fn what_noise_took_below_zero_is_shown_as_zero_and_kept_in_the_csv() {
    let below = |week| {
        let below = json!({"value": -7, "error_95": 9});
        let rows = json!([
            {"value": "a", "title": "Some", "count": {"value": 100, "error_95": 9}},
            {"value": "b", "title": "None of these", "count": below},
        ]);
        vec![field(
            week,
            "f",
            ["Q?", "P"],
            1.0,
            &json!({"kind": "shares", "rows": rows,
            "folded": null}),
        )]
    };
    let pages = site_of(&history(Plan::LARKSPUR, "usage", "Usage", &below));
    let html = words(section(text(&pages[STATISTICS]), "f"));
    assert!(html.contains("None of these\n0\n0"), "{html}");
    assert!(html.contains("Installations, each ± 9"), "{html}");
    assert!(html.contains("Some\n100\n100"), "shares are of what is shown: {html}");
    assert!(!html.contains("-7") && !html.contains('−'), "{html}");
    let csv = text(&pages["/larkspur/usage/csv/f.csv"]);
    assert!(csv.contains(",answer,b,None of these,,-7,9\r\n"), "{csv}");
}

#[test]
fn a_young_fleet_sees_its_error_drawn() {
    let pages = site_of(&usage(Plan::YOUNG));
    let tags = tags(text(&pages[STATISTICS]));
    let whiskers = tags.iter().filter(|tag| tag.get("class").is_some_and(|c| c.contains(" e")));
    assert!(whiskers.count() > 10);
    assert!(tags.iter().any(|tag| tag.has_class("band")));
}

#[test]
fn exact_numbers_claim_no_noise() {
    let pages = site_of(&usage(Plan::EXACT));
    let html = words(text(&pages[STATISTICS]));
    assert!(html.contains("The numbers are exact: no noise is added."));
    assert!(!html.contains('±') && !html.contains("ε"), "{html}");
}

#[test]
fn data_with_tags_is_never_called_anonymous() {
    for identity in ["none", "period", "28d", "stable"] {
        let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
        value["channel"]["identity"] = identity.into();
        let pages = site_of(&[read(&value)]);
        let html = text(&pages[STATISTICS]).to_lowercase();
        assert!(!html.contains("anonymous"), "{identity}");
        assert_eq!(html.contains("pseudonymous"), identity != "none", "{identity}");
    }
}

#[test]
fn an_opt_out_is_not_called_consent() {
    let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
    value["channel"]["asked_first"] = false.into();
    let pages = site_of(&[read(&value)]);
    let html = text(&pages[STATISTICS]);
    assert!(html.contains("opt-out") && !html.contains("said yes"));
}

#[test]
fn a_page_of_sixty_questions_weighs_at_most_a_hundred_kilobytes_all_in() {
    let pages = site_of(&many(60));
    let page = pages[STATISTICS].body.len();
    let [style, script] = ["/candor.css", "/candor.js"].map(|path| pages[path].body.len());
    let all = page + style + script;
    println!("a page of 60 questions: {all} bytes");
    assert!(all <= 100_000, "{page} bytes of page, {style} of style, {script} of script");
}

#[test]
fn a_long_list_is_drawn_in_part_tabled_in_part_and_whole_in_the_csv() {
    let long = |week| {
        let count = json!({"value": 30, "error_95": 9});
        let row =
            |at| json!({"value": format!("v{at}"), "title": format!("V{at}"), "count": count});
        let rows: Vec<_> = (0..900).map(row).collect();
        let table = json!({"kind": "set", "rows": rows, "folded": null});
        vec![field(week, "f", ["Q?", "P"], 1.0, &table)]
    };
    let pages = site_of(&history(Plan::YOUNG, "usage", "Usage", &long));
    let html = text(&pages[STATISTICS]);
    assert_eq!(html.matches("<tr><th>").count(), 250);
    assert!(html.contains("650 more lines are in the CSV."));
    assert_eq!(text(&pages["/larkspur/usage/csv/f.csv"]).matches(",answer,").count(), 3 * 900);
}

#[test]
fn a_site_without_releases_says_so() {
    let pages = site_of(&[]);
    assert!(text(&pages[STATISTICS]).contains("nothing is published yet"));
    let empty = site::pages(&site::Site { programs: &[], rehearsal: false }).unwrap();
    assert_eq!(empty.len(), 6, "two pages, two stylesheets, a script and an icon");
}

#[test]
fn the_words_of_a_statistics_page() {
    let pages = site_of(&usage(Plan::LARKSPUR));
    insta::assert_snapshot!(words(text(&pages[STATISTICS])));
}

#[test]
fn a_catalogue_shows_its_values_and_counts_the_rest_together() {
    let pages = site_of(&samples(Plan::EXACT));
    let html = words(text(&pages[STATISTICS]));
    assert!(html.contains("RouterOS RB5009UG+S+ · 1.3.6.1.4.1.14988.1"), "{html}");
    assert!(html.contains("Counted together: values with "), "{html}");
}

#[test]
fn what_a_machine_has_several_of_is_counted_in_its_own_unit() {
    let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
    let at = value["fields"].as_array().unwrap().iter().position(|f| f["id"] == "devices");
    value["fields"][at.unwrap()]["records"] = json!("disks");
    value["fields"][at.unwrap()]["table"]["folded"] = json!({"values": 2,
        "count": {"value": 30, "error_95": 9}});
    let pages = site_of(&[read(&value)]);
    let words = words(section(text(&pages[STATISTICS]), "devices"));
    assert!(words.contains("disks, ± 9; one installation may have several"), "{words}");
    assert!(words.contains("Disks, each ± 9") && words.contains("\nDisks\n"), "{words}");
    assert!(!words.contains("Installations"), "{words}");
    assert!(words.contains("2 values below what 20 installations may have each"), "{words}");
}

#[test]
fn how_far_invented_installations_could_move_a_number_stands_before_the_charts() {
    let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
    let page = |value: &serde_json::Value| words(text(&site_of(&[read(value)])[STATISTICS]));
    assert!(page(&value).contains("How many that could be was not measured"));
    value["intake_bound"] = json!(12_345);
    let page = page(&value);
    let before = page.split("Which versions still need fixes").next().unwrap();
    assert!(before.contains("could have moved a number by up to 12,345."), "{page}");
    assert!(page.contains("let through at most 12,345 of them from one network"), "{page}");
}

#[test]
fn two_answers_together_have_a_table_with_heads_on_both_sides() {
    let history = usage(Plan::LARKSPUR);
    let pages = site_of(&history);
    assert!(text(&pages[STATISTICS]).contains("together.html"));
    let together = "/larkspur/usage/together.html";
    let html = text(&pages[together]);
    let from = html.find("id=\"x-database.devices\"").unwrap();
    let section = html[from..].split("</section>").next().unwrap();
    let tags = tags(section);
    let scoped = |scope| tags.iter().filter(|tag| tag.get("scope") == Some(scope)).count();
    // Both questions stand at their answers: one above the columns, one at the head of the lines.
    assert_eq!((scoped("col"), scoped("row"), scoped("colgroup")), (4, 5, 1));
    let words = words(section);
    assert!(words.contains("Which database holds the data? with How many devices are watched?"));
    assert!(
        words.contains("Installations, each ± 9; shares are of what is shown of their line"),
        "{words}"
    );
    // A number that is not shown is no zero.
    assert!(words.contains("PostgreSQL") && words.ends_with("CSV"), "{words}");
    assert!(words.contains("\n–\n") && words.contains("Not shown: 3 pairs below 20"), "{words}");
    // Alone beside hidden ones a number would be all of its line: it has no share.
    let sqlite = words.split("SQLite\n").nth(1).unwrap();
    assert!(sqlite.starts_with(|c: char| c.is_ascii_digit()), "{sqlite}");
    assert!(!sqlite.split('\n').next().unwrap().contains('%'), "{sqlite}");
    let csv = text(&pages["/larkspur/usage/csv/database.by.devices.csv"]);
    assert_eq!(csv.matches(",pair,mariadb-10,MariaDB 10,50-499,").count(), history.len());
    let few = &html[html.find("id=\"x-database.polling\"").unwrap()..];
    assert!(few.split("</section>").next().unwrap().contains("Too few yet"));
    let exact = site_of(&usage(Plan::EXACT));
    assert!(text(&exact[together]).contains("2 others, together"));
}

#[test]
fn installations_within_28_days_stand_beside_the_headline_where_they_are_counted() {
    let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
    let page = |value: &serde_json::Value| text(&site_of(&[read(value)])[STATISTICS]).to_owned();
    assert!(!page(&value).contains("28 days"));
    value["installations_28_days"] = json!({"value": 5_120, "error_95": 9});
    let words = words(&page(&value));
    assert!(words.contains("5,120 ± 9 within 28 days, each counted once"), "{words}");
    // The next release has no such number: the last one is repeated, with its days.
    let next = release(Plan::LARKSPUR, "usage", "Usage", 1, &fields);
    let html = crate::markup::words(text(&site_of(&[read(&value), read(&next)])[STATISTICS]));
    assert!(html.contains("5,120 ± 9 within 28 days up to 20 September 2026, each"), "{html}");
    let late = release(Plan::LARKSPUR, "usage", "Usage", 4, &fields);
    let html = crate::markup::words(text(&site_of(&[read(&value), read(&late)])[STATISTICS]));
    assert!(!html.contains("28 days"), "four weeks later: {html}");
    let csv = &site_of(&[read(&value)])["/larkspur/usage/releases/installations.csv"];
    assert!(text(csv).contains("installations_28_days,,,,5120,9"), "{}", text(csv));
}

#[test]
fn a_sum_that_may_be_nothing_is_no_large_figure() {
    let changed = |low: u64| {
        let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
        let fields = value["fields"].as_array_mut().unwrap();
        let devices = fields.iter_mut().find(|field| field["id"] == "devices").unwrap();
        devices["table"]["total"] = json!({"estimate": 76_900, "low": low, "high": 1_630_000});
        site_of(&[read(&value)])
    };
    for (low, figures, badge) in [(1, 1, "about 76,900"), (0, 0, "≤\u{A0}1.63 million")] {
        let pages = changed(low);
        let html = text(&pages[STATISTICS]);
        assert_eq!(html.matches("<b>76,900 ").count(), figures, "{html}");
        let picture = text(&pages["/larkspur/usage/badge/devices.svg"]);
        assert!(picture.contains(badge), "{picture}");
    }
    let html = words(text(&changed(0)[STATISTICS]));
    assert!(html.contains("At most 1.63 million devices in all."), "{html}");
}

#[test]
fn a_version_has_the_same_share_in_figure_chart_table_and_badge() {
    let mut value = release(Plan::LARKSPUR, "usage", "Usage", 8, &fields);
    // A tenth gave versions that are too rare to be shown: they answered all the same.
    let rows = value["fields"][0]["table"]["minor"].as_array_mut().unwrap();
    rows.truncate(3);
    let before = release(Plan::LARKSPUR, "usage", "Usage", 7, &fields);
    let pages = site_of(&[read(&before), read(&value)]);
    let html = text(&pages[STATISTICS]);
    let row = &value["fields"][0]["table"]["minor"][0];
    let [count, answered] = [&row["count"], &value["fields"][0]["answered"]]
        .map(|number| number["value"].as_f64().unwrap());
    let share = format!("{:.0}", count / answered * 100.0);
    let section = section(html, "version");
    assert!(html.contains(&format!("{share}\u{202F}% <small>")), "the figure: {share}");
    assert!(section.contains(&format!("<tspan>26.10</tspan> {share}\u{202F}%")), "{section}");
    let table = words(section);
    let mut cells =
        table.split("Share, %").nth(1).unwrap().split('\n').skip_while(|c| *c != "26.10");
    assert_eq!(cells.nth(2), Some(share.as_str()), "{table}");
    let badge = text(&pages["/larkspur/usage/badge/version.svg"]);
    assert!(badge.contains(&format!("26.10 · {share}\u{202F}%")), "{badge}");
}
