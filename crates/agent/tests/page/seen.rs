//! The page in a real browser: clicked, tabbed through, measured, and checked for accessibility.

use std::process::Command;

use jiff::ToSpan;
use serde_json::Value;
use tempfile::TempDir;

use crate::browser::Browser;
use crate::service::{Service, program};
use crate::{LARKSPUR, collector};

/// A service whose ledger has a fortnight in it, and which sent something a moment ago.
pub(crate) fn with_history() -> Service {
    with_history_under(&collector::pinned(LARKSPUR))
}

fn with_history_under(manifest: &str) -> Service {
    let folder = TempDir::new().unwrap();
    let (state, path) = (folder.path().join("state"), folder.path().join("manifest.toml"));
    std::fs::create_dir(&state).unwrap();
    let mut file = std::fs::File::create(&path).unwrap();
    std::io::Write::write_all(&mut file, manifest.as_bytes()).unwrap();
    let run = |arguments: &[&str]| {
        let output = program(&path, &state).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let parts = run(&["preview", "usage", "--tier", "basic"]);
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let days: Vec<_> = (1..=17).rev().map(|ago: i64| today.saturating_sub(ago.days())).collect();
    collector::history(&state, &parts, &days);
    run(&["agree", "usage", "--tier", "basic"]);
    run(&["decline", "faults"]);
    Service::on(folder, manifest, &["--page", "127.0.0.1:0"])
}

#[test]
fn a_click_on_the_switch_decides() {
    let service = Service::start(LARKSPUR);
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&service.link());
    browser.until(ARRIVED);
    let decided = || service.state().join("decisions.json").exists();
    assert!(!decided());
    browser.click("#channel-usage button[value='yes:basic']");
    // A busy browser says that it clicked before the answer is there.
    browser.until(TURNED_ON);
    assert!(decided());
    let heading = browser.run("return document.querySelector('h1').textContent");
    assert_eq!(heading, "One report leaves this machine once a day: Usage.");
    assert_eq!(browser.run(PRESSED), "yes:basic");
    assert_eq!(browser.run("return location.hash"), "#channel-usage");
    browser.click("#channel-usage button[value='no']");
    browser.until(TURNED_OFF);
    let nothing = browser.run("return document.querySelector('h1').textContent");
    assert!(nothing.as_str().unwrap().starts_with("Nothing"), "{nothing}");
}

const PRESSED: &str = "return document.querySelector('#channel-usage [aria-pressed=true]').value";

/// Whether the switch of the first channel stands at its first tier.
const TURNED_ON: &str =
    "return document.querySelector('#channel-usage [aria-pressed=true]')?.value == 'yes:basic'";

/// Whether the switch of the first channel stands at off.
const TURNED_OFF: &str =
    "return document.querySelector('#channel-usage [aria-pressed=true]')?.value == 'no'";

/// Whether the page behind the link is there.
const ARRIVED: &str = "return !!document.querySelector('.channel')";

#[test]
fn the_keyboard_reaches_everything_in_the_order_of_reading() {
    let service = with_history();
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&service.link());
    browser.until(ARRIVED);
    let mut seen: Vec<(String, f64)> = Vec::new();
    for _ in 0..200 {
        browser.press("\u{E004}");
        let focus = browser.run(
            "const e = document.activeElement;
             const name = e.value || e.getAttribute('aria-label') || e.textContent || e.tagName;
             const style = getComputedStyle(e);
             // Cards that stand side by side are read one after the other.
             const card = (e.closest('.grid > section') || e).getBoundingClientRect();
             return [e.tagName + ' ' + name.trim().slice(0, 60), card.top + scrollY,
                     style.outlineStyle != 'none' && parseFloat(style.outlineWidth) >= 2]",
        );
        let name = focus[0].as_str().unwrap().to_owned();
        if name.starts_with("BODY") {
            break;
        }
        assert_eq!(focus[2], true, "{name} shows that it has the focus");
        seen.push((name, focus[1].as_f64().unwrap()));
    }
    let at = |wanted: &str| seen.iter().position(|(name, _)| name.contains(wanted));
    let order = ["To the content", "What was sent", "BUTTON no", "yes:basic", "yes:full"];
    let order: Vec<_> = order.iter().map(|wanted| at(wanted).expect(wanted)).collect();
    assert!(order.is_sorted(), "{seen:?}");
    assert_eq!(order[0], 0);
    // Further down the page is further on with the keyboard: a switch stands beside its heading.
    let jumps = seen.windows(2).filter(|pair| pair[1].1 < pair[0].1 - 60.0).count();
    assert_eq!(jumps, 0, "{seen:?}");
    // Space acts, as on any button.
    browser.run("document.querySelector('#channel-usage button[value=no]').focus()");
    browser.press(" ");
    browser.until(TURNED_OFF);
}

#[test]
fn nothing_is_wider_than_the_screen() {
    let service = with_history();
    for (width, height) in [(1280, 900), (390, 844), (320, 640)] {
        let Some(browser) = Browser::open(width, height) else { return };
        browser.go(&service.link());
        browser.until(ARRIVED);
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)");
        let wide = browser.run("return document.documentElement.scrollWidth");
        let culprits = browser.run(&format!(
            "return [...document.querySelectorAll('main *')]
                .filter(e => !e.closest('.scroll, pre'))
                .filter(e => e.getBoundingClientRect().right > {width})
                .map(e => e.outerHTML.slice(0, 80))"
        ));
        assert_eq!(wide, width, "at {width}: {culprits}");
        let small = browser.run(
            "return [...document.querySelectorAll('button, summary, header a')]
                .filter(e => e.offsetParent && e.getBoundingClientRect().height < 24)
                .map(e => e.textContent.trim())",
        );
        assert_eq!(small, serde_json::json!([]), "too small to hit at {width}");
    }
}

#[test]
fn an_accessibility_checker_finds_no_violation() {
    let service = with_history();
    let Some(checker) = checker() else { return };
    for (width, scheme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
        let Some(browser) = Browser::open(width, 900) else { return };
        browser.prefer(scheme);
        browser.go(&service.link());
        browser.until(ARRIVED);
        let door = browser.run("return location.href").as_str().unwrap().to_owned();
        let sent = "return document.querySelector('#sent tbody a').getAttribute('href')";
        let sent = browser.run(sent);
        let sent = sent.as_str().unwrap().trim_start_matches("./").to_owned();
        for route in ["", "?changed=usage&draft=faults", "sent", &sent, "statement", "nothing"] {
            browser.go(&format!("{door}{route}"));
            browser.run("document.querySelectorAll('details').forEach(d => d.open = true)");
            browser.run(&checker);
            let found = browser.wait_for(
                "const done = arguments[arguments.length - 1];
                 axe.run().then(r => done(r.violations.map(v => v.id + ': ' +
                     v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary).join(' | '))
                     .concat(r.passes.length < 10 ? ['few rules ran'] : [])))",
            );
            assert_eq!(found, serde_json::json!([]), "{route} at {width}, {scheme}");
        }
    }
}

#[test]
fn pictures_for_whoever_looks() {
    let service = with_history();
    for (width, height) in [(1280, 900), (390, 844)] {
        let Some(browser) = Browser::open(width, height) else { return };
        for scheme in ["light", "dark"] {
            browser.prefer(scheme);
            browser.go(&service.link());
            browser.until(ARRIVED);
            browser.picture(&format!("main-{width}-{scheme}"));
        }
        let door = browser.run("return location.href").as_str().unwrap().to_owned();
        let sent = "return document.querySelector('#sent tbody a').href";
        let sent = browser.run(sent).as_str().unwrap().to_owned();
        browser.run("document.querySelectorAll('details').forEach(d => d.open = true)");
        browser.picture(&format!("open-{width}"));
        let print = serde_json::json!({"media": "print"});
        browser.tell("Emulation.setEmulatedMedia", &print);
        browser.picture(&format!("print-{width}"));
        browser.tell("Emulation.setEmulatedMedia", &serde_json::json!({"media": ""}));
        browser.go(&sent);
        browser.picture(&format!("report-{width}"));
        for route in ["sent", "statement", "nothing"] {
            browser.go(&format!("{door}{route}"));
            browser.picture(&format!("{route}-{width}"));
        }
        browser.go(&format!("http://{}/", service.host));
        browser.picture(&format!("closed-{width}"));
    }
}

/// The source of axe-core: from `CANDOR_AXE`, or fetched into a temporary folder with npm.
fn checker() -> Option<String> {
    let folder = TempDir::new().unwrap();
    let named = std::env::var("CANDOR_AXE");
    let path = folder.path().join("node_modules/axe-core/axe.min.js");
    if named.is_err() {
        let fetched = Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(["--fetch-retries=0", "--fetch-timeout=20000", "axe-core@4"])
            .current_dir(folder.path())
            .output();
        if !fetched.is_ok_and(|output| output.status.success()) {
            println!("skipped: axe-core is not at hand; name its axe.min.js in CANDOR_AXE");
            return None;
        }
    }
    let path = named.map_or(path, std::path::PathBuf::from);
    let mut source = String::new();
    let file = std::fs::File::open(path).unwrap();
    std::io::Read::read_to_string(&mut std::io::BufReader::new(file), &mut source).unwrap();
    Some(source)
}

#[test]
fn a_verified_receipt_is_green_and_an_answer_that_is_missing_is_not() {
    let service = with_history();
    let page = service.page(&service.enter(), "").body;
    assert!(page.contains("class=\"good\">signed, verified<"), "{page}");
    assert!(page.contains("3 of 4 signed, verified; 1 without an answer, tried again"));
    let value: Value =
        serde_json::from_slice(&service.agent(&["--json", "ledger", "verify"]).stdout).unwrap();
    assert_eq!(value["whole"], true);
}

#[test]
fn a_receipt_under_a_key_that_is_not_pinned_is_not_called_verified() {
    let service = with_history_under(LARKSPUR);
    let session = service.enter();
    for route in ["", "sent"] {
        let page = service.page(&session, route).body;
        assert!(page.contains("4 with a receipt that is not believed"), "{route}");
        assert!(!page.contains("class=\"good\"") && !page.contains("signed, verified"), "{route}");
    }
    assert!(service.page(&session, "").body.contains("nothing, by its receipts"));
}

#[test]
fn what_was_sent_a_moment_ago_stands_there_with_its_receipt() {
    let address = collector::serve();
    let options = ["--page", "127.0.0.1:0", "--collector", &address];
    let service = Service::with(&collector::pinned(LARKSPUR), &options);
    let to = ["--collector", address.as_str()];
    for command in [&["agree", "usage", "--tier", "full"][..], &["send", "usage"]] {
        let output = service.agent(&[&to, command].concat());
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let session = service.enter();
    let page = service.page(&session, "").body;
    assert!(page.contains("class=\"good\">signed, verified<"));
    assert!(page.contains("left; the collector has signed for it"));
    assert!(page.contains("6 parts, by its own signed receipts"));
    // There is nothing left to gather, and the collector is no further than this machine.
    assert!(
        page.contains("Exactly what left of today") && !page.contains("has not left"),
        "{page}"
    );
    assert!(page.contains("directly, on this machine") && !page.contains("it is encrypted"));
    // Taken back: what was sent is to be deleted, and nothing more leaves.
    assert_eq!(service.post(&session, "withdraw", "channel=usage").status, 303);
    let page = service.page(&session, "").body;
    assert!(page.contains("is being deleted: 0 of 6 tags confirmed"), "{page}");
    assert!(page.contains("Off. Somebody said no"));
}
