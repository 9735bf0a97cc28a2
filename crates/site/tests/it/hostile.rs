//! Everything in a release may come from somebody who wants to act through it.

use serde_json::Value;

use crate::fixture::{Mode, Plan, fields, read, release};
use crate::markup::tags;
use crate::{is, is_html, site_of, site_with, text};

const PAYLOADS: [&str; 9] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</text></svg><svg onload=alert(1)>",
    "</title><script>alert(1)</script>",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "\u{202E}evil\u{2066}\u{0000}\r\n\u{200B}",
    "&lt;b&gt;&quot;",
];

/// A release in which every free text is the payload.
fn poisoned(payload: &str, mode: Mode) -> contract::release::Release {
    let mut value = release(Plan { mode, ..Plan::LARKSPUR }, "usage", "Usage", 0, &fields);
    poison(&mut value, payload);
    read(&value)
}

fn poison(value: &mut Value, payload: &str) {
    let texts =
        ["title", "vendor", "data_licence", "question", "purpose", "unit", "value", "buckets"];
    match value {
        // Its moves are found by the values of their steps.
        Value::Object(members) if members.get("kind") == Some(&"flow".into()) => {
            members["buckets"] = vec![payload; 3].into();
            members["unit"] = payload.into();
            for list in ["steps", "lines"] {
                for entry in members[list].as_array_mut().unwrap() {
                    entry["title"] = payload.into();
                }
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::String(text) if texts.contains(&name.as_str()) => {
                        payload.clone_into(text);
                    }
                    Value::Array(all) if name == "buckets" => {
                        all.fill(payload.into());
                    }
                    _ => poison(member, payload),
                }
            }
        }
        Value::Array(all) => all.iter_mut().for_each(|member| poison(member, payload)),
        _ => {}
    }
}

#[test]
fn no_text_of_a_release_becomes_markup() {
    let plain: Vec<String> =
        shape(&site_with("harmless", &[poisoned("harmless", Mode::Noisy)], false));
    for payload in PAYLOADS {
        let pages = site_with(payload, &[poisoned(payload, Mode::Noisy)], false);
        assert_eq!(shape(&pages), plain, "{payload:?} changed the tags of a page");
    }
}

/// All tags of all pages with the names of their attributes.
fn shape(pages: &std::collections::BTreeMap<String, site::Page>) -> Vec<String> {
    let marked = pages.values().filter(|page| is_html(page) || is(&page.path, "svg"));
    let of_page = |page: &site::Page| {
        let tags = tags(text(page)).into_iter().map(|tag| {
            let names: Vec<&str> = tag.attributes.iter().map(|(name, _)| name.as_str()).collect();
            format!("{}: {} {}", page.path, tag.name, names.join(" "))
        });
        tags.collect::<Vec<_>>()
    };
    // How a label is laid out may depend on its length, so classes are not compared.
    marked.flat_map(of_page).collect()
}

#[test]
fn no_page_has_a_script_of_its_own_a_style_or_a_handler_or_names_another_host() {
    let all = PAYLOADS.map(|payload| site_with(payload, &[poisoned(payload, Mode::Noisy)], false));
    for page in all.iter().flat_map(|pages| pages.values()).filter(|page| is_html(page)) {
        // The one script is a file of ours, with nothing of a release in it.
        let scripts = text(page).split("<script").skip(1);
        for script in scripts {
            let (tag, inside) = script.split_once('>').unwrap();
            assert!(tag.ends_with("candor.js\" defer"), "{}: {tag}", page.path);
            assert!(inside.starts_with("</script>"), "{}", page.path);
        }
        for tag in tags(text(page)) {
            assert!(!["style", "iframe", "object", "form"].contains(&&*tag.name));
            // Pictures are the badges: each a file of this site, which a browser runs nothing in.
            let is_badge = tag.get("src").is_some_and(|src| src.starts_with("../badge/"));
            assert!(tag.name != "img" || is_badge, "{}", page.path);
            for (name, value) in &tag.attributes {
                assert!(!name.starts_with("on") && name != "style", "{}: {name}", page.path);
                if name == "href" || name == "src" {
                    assert!(!value.contains(':') && !value.starts_with('/'), "{value}");
                }
            }
        }
    }
}

#[test]
fn no_direction_is_changed_and_no_control_is_written() {
    for (path, page) in site_of(&[poisoned(PAYLOADS[7], Mode::Noisy)]) {
        if is_html(&page) || is(&path, "svg") {
            let bad = text(&page).chars().find(|c| {
                matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{200B}' | '\0')
            });
            assert_eq!(bad, None, "{path}");
        }
    }
}

#[test]
fn a_word_of_ten_thousand_letters_is_cut_and_may_break() {
    let word = "x".repeat(10_000);
    for (path, page) in site_of(&[poisoned(&word, Mode::Noisy)]) {
        if is(&path, "parquet") {
            continue;
        }
        let longest = text(&page).split(|c| c != 'x').map(str::len).max().unwrap();
        assert!(!is_html(&page) || longest <= 400, "{path} has a word of {longest}");
        // Beneath a large figure it is no column of letters.
        let figures = text(&page).split_once("<ul class=\"highlights\">").map(|(_, rest)| rest);
        let beneath = figures.and_then(|rest| rest.split_once("</b> ")).map(|(_, rest)| rest);
        let beneath = beneath.map_or(0, |rest| rest.split('<').next().unwrap().len());
        assert!(beneath <= 48 + '…'.len_utf8(), "{path}: {beneath} beneath a figure");
    }
    assert!(site::STYLE.contains("overflow-wrap: anywhere"));
}

#[test]
fn no_cell_of_a_csv_is_a_formula() {
    for payload in ["=HYPERLINK(\"http://x\")", "+1", "-1", "@x", "\t=1", "\r=1"] {
        for (path, page) in site_of(&[poisoned(payload, Mode::Noisy)]) {
            if !is(&path, "csv") {
                continue;
            }
            for cell in cells(text(&page)) {
                let formula = cell.trim_start().starts_with(['=', '+', '-', '@']);
                assert!(!formula || cell.parse::<i64>().is_ok(), "{path}: {cell:?}");
            }
        }
    }
}

/// All cells of a CSV file, unquoted.
fn cells(csv: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    for c in csv.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' | '\n' | '\r' if !quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

#[test]
fn numbers_at_the_ends_of_their_range_break_nothing() {
    for number in [i64::MIN, -1, 0, 1, i64::MAX] {
        let mut value = release(Plan::LARKSPUR, "usage", "Usage", 0, &fields);
        extreme(&mut value, number);
        let before = read(&value);
        value["number"] = 2.into();
        let pages = site_of(&[before, read(&value)]);
        assert!(pages.contains_key(crate::STATISTICS));
        assert!(!text(&pages[crate::STATISTICS]).contains("NaN"), "{number}");
        assert!(!text(&pages[crate::STATISTICS]).contains("inf%"), "{number}");
    }
}

fn extreme(value: &mut Value, number: i64) {
    match value {
        Value::Object(members) if members.contains_key("error_95") => {
            members["value"] = number.into();
            members["error_95"] = u64::MAX.into();
        }
        Value::Object(members) if members.contains_key("estimate") => {
            members.values_mut().for_each(|bound| *bound = u64::MAX.into());
        }
        Value::Object(members) => members.values_mut().for_each(|member| extreme(member, number)),
        Value::Array(all) => all.iter_mut().for_each(|member| extreme(member, number)),
        _ => {}
    }
}
