//! The pages by keyboard alone, in a real Chromium, under the policy that is sent with them: every
//! control can be reached, is seen when it is, and does what it does for a mouse.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::browser::{Browser, serve};
use crate::fixture::{Plan, usage};
use crate::{STATISTICS, site_of};

/// Everything that can be worked, numbered; what is folded away cannot.
const NUMBER: &str = "[...document.querySelectorAll('a[href], summary, button, [tabindex=\"0\"]')]\
    .filter(one => one.checkVisibility()).map((one, n) => one.dataset.test = n).length";

/// The control that has the focus: its number, what it is, and whether a person can see it.
const FOCUSED: &str = "(() => { const one = document.activeElement; \
    const box = one.getBoundingClientRect(), style = getComputedStyle(one); return { \
      number: one.dataset.test ?? null, \
      name: one.getAttribute('aria-label') ?? one.textContent, \
      ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, \
      within: box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 \
        && box.left < innerWidth } })()";

/// Presses the tab key until the focus leaves the page; what had it, in this order.
fn tour(browser: &mut Browser) -> Vec<Value> {
    let mut visited = Vec::new();
    for _ in 0..2_000 {
        browser.press("Tab");
        let focused = browser.ask(FOCUSED);
        if focused["number"].is_null() {
            return visited;
        }
        visited.push(focused);
    }
    panic!("the focus never leaves the page");
}

/// Presses the tab key until something with this name has the focus.
fn tab_to(browser: &mut Browser, name: &str) {
    for _ in 0..2_000 {
        browser.press("Tab");
        if browser.ask(FOCUSED)["name"].as_str().is_some_and(|found| found.starts_with(name)) {
            return;
        }
    }
    panic!("nothing is called {name}");
}

/// A history that is long enough for every range of time.
fn long() -> Plan {
    Plan { releases: 60, ..Plan::LARKSPUR }
}

#[test]
fn every_control_is_reached_in_order_and_seen_when_it_is() {
    let Some(mut browser) = Browser::start() else { return };
    let address = serve(site_of(&usage(long())));
    for path in [
        STATISTICS,
        "/index.html",
        "/larkspur/usage/together.html",
        "/larkspur/usage/releases/index.html",
    ] {
        browser.open(&format!("{address}{path}"));
        let controls = browser.ask(NUMBER).as_u64().unwrap();
        let visited = tour(&mut browser);
        for one in &visited {
            assert_eq!(
                (&one["ring"], &one["within"]),
                (&true.into(), &true.into()),
                "{path}: {one}"
            );
            assert!(!one["name"].as_str().unwrap().trim().is_empty(), "{path}: {one}");
        }
        assert_eq!(visited[0]["name"], "To the content", "{path}");
        let order: Vec<u64> =
            visited.iter().map(|one| one["number"].as_str().unwrap().parse().unwrap()).collect();
        assert!(order.is_sorted(), "{path}: {order:?}");
        let reached: BTreeSet<u64> = order.into_iter().collect();
        assert_eq!(reached, (0..controls).collect(), "{path}");
    }
}

#[test]
fn numbers_of_a_chart_are_read_and_zoomed_by_keys() {
    let Some(mut browser) = Browser::start() else { return };
    let history = usage(long());
    let address = serve(site_of(&history));
    browser.open(&format!("{address}{STATISTICS}"));
    tab_to(&mut browser, "Chart: arrow keys");
    let said = "document.activeElement.querySelector('[role=status]').textContent";
    browser.press("ArrowLeft");
    let last = browser.ask(said).as_str().unwrap().to_owned();
    let number = |back: usize| {
        let release = &history[history.len() - 1 - back];
        let count = release.installations.unwrap().value.to_string();
        format!("{},{}", &count[..count.len() - 3], &count[count.len() - 3..])
    };
    assert!(last.contains(&number(0)) && last.contains("± 9"), "{last}");
    browser.press("ArrowLeft");
    let before = browser.ask(said).as_str().unwrap().to_owned();
    assert!(before.contains(&number(1)) && before != last, "{before}");
    let shows_all = "document.activeElement.querySelector('button').checkVisibility()";
    assert_eq!(browser.ask(shows_all), false);
    browser.press("+");
    assert_eq!(browser.ask(shows_all), true);
    browser.press("Escape");
    assert_eq!(browser.ask(shows_all), false);
}

#[test]
fn ranges_tables_and_the_way_past_the_head_work_by_keys() {
    let Some(mut browser) = Browser::start() else { return };
    let address = serve(site_of(&usage(long())));
    browser.open(&format!("{address}{STATISTICS}"));
    browser.press("Tab");
    browser.press("Enter");
    assert_eq!(browser.ask("location.hash"), "#main");
    tab_to(&mut browser, "Table");
    let open = "document.activeElement.parentElement.open";
    assert_eq!(browser.ask(open), false);
    browser.press("Enter");
    assert_eq!(browser.ask(open), true);
    browser.open(&format!("{address}{STATISTICS}"));
    let range = "document.querySelector('h2.small a').textContent";
    let name = browser.ask(range).as_str().unwrap().to_owned();
    tab_to(&mut browser, &name);
    browser.press("Enter");
    browser.wait("Page.loadEventFired");
    assert_eq!(browser.ask("document.querySelector('[aria-current=page]').textContent"), name);
    // Of a table that is wider than a phone every column can be seen.
    browser.open(&format!("{address}/larkspur/usage/together.html"));
    tab_to(&mut browser, "Installations, each");
    assert_eq!(browser.ask("document.activeElement.className"), "scroll");
}
