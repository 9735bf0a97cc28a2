//! The pages in a real Chromium: hostile texts run nowhere, and a checker of accessibility finds
//! nothing. Where there is no browser, the tests say so and pass.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::fixture::{Plan, fields, read, release, usage};
use crate::{is, is_html, site_of, site_with, text};

const CHROMIUM: &str = "/usr/bin/chromium";

/// The policy of each page, which these tests take away: what runs nowhere without it is escaped,
/// and not merely forbidden.
const POLICY: &str = "<meta http-equiv=\"Content-Security-Policy\"";

/// Says to the outermost page that it ran, without a quotation mark, from wherever it is.
const RAN: &str = "top.postMessage(1,String.fromCharCode(42))";

/// What ends the context that a text may stand in.
const ENDS: [&str; 25] = [
    "",
    "\"",
    "'",
    ">",
    "\">",
    "'>",
    "</b>",
    "</p>",
    "</text></svg>",
    "</title>",
    "</style>",
    "</script>",
    "-->",
    "]]>",
    "</td></tr></table>",
    "</details>",
    "`",
    "\\\"",
    "&quot;>",
    "%22%3E",
    "\u{0}",
    "\r\n\r\n",
    "</textarea>",
    "</noscript>",
    "--!>",
];

/// What would run then.
const RUNS: [&str; 26] = [
    "<script>X</script>",
    "<img src=x onerror=X>",
    "<svg onload=X>",
    "<svg><script>X</script></svg>",
    "<body onload=X>",
    "<iframe srcdoc='<script>X</script>'></iframe>",
    "<iframe src=javascript:X></iframe>",
    "<input autofocus onfocus=X>",
    "<details open ontoggle=X>",
    "<video src=x onerror=X>",
    "<audio src=x onerror=X>",
    "<math><mtext><script>X</script></math>",
    "<object data=javascript:X></object>",
    "<embed src=javascript:X>",
    "<marquee onstart=X>",
    " onmouseover=X x=",
    " onfocus=X autofocus tabindex=1 x=",
    " style=animation-name:x onanimationstart=X x=",
    " onload=X onerror=X x=",
    "javascript:X",
    "<meta http-equiv=refresh content='0;url=javascript:X'>",
    "<svg><animate onbegin=X attributeName=x dur=1s></svg>",
    "<template><script>X</script></template>",
    "<link rel=stylesheet href=x onerror=X>",
    "<script src=data:text/javascript,X></script>",
    "{{constructor.constructor(`X`)()}}",
];

/// The same written otherwise.
fn written(text: &str) -> [String; 8] {
    let entities = text.chars().fold(String::new(), |mut out, c| {
        let _ = write!(out, "&#x{:x};", u32::from(c));
        out
    });
    let percents = text.bytes().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "%{byte:02x}");
        out
    });
    let wide = |c: char| match c {
        '<' => '＜',
        '>' => '＞',
        '"' => '＂',
        other => other,
    };
    [
        text.to_owned(),
        text.replace("script", "ScRiPt").replace(" on", " ON"),
        text.replace('<', "<<"),
        text.replace("script", "scr\tipt").replace('=', "\n=\n"),
        text.replace(' ', "/"),
        entities,
        percents,
        text.chars().map(wide).collect(),
    ]
}

fn payloads() -> Vec<String> {
    let mut payloads = Vec::new();
    for end in ENDS {
        for runs in RUNS {
            payloads.extend(written(&format!("{end}{}", runs.replace('X', RAN))));
        }
    }
    payloads
}

const TEXTS: &[&str] = &["title", "vendor", "data_licence", "question", "purpose", "unit", "value"];

/// Puts the next payload into every free text; says how many it has used.
fn poison(value: &mut Value, payloads: &mut impl Iterator<Item = String>) -> usize {
    poison_in(value, TEXTS, payloads)
}

fn poison_in(
    value: &mut Value,
    texts: &[&str],
    payloads: &mut impl Iterator<Item = String>,
) -> usize {
    // A drawing finds moves by the values of their steps, which stand in no page.
    let is_flow = value.get("kind") == Some(&Value::from("flow"));
    let texts = if is_flow { &["title", "unit"] } else { texts };
    match value {
        Value::Object(members) => {
            let mut used = 0;
            for (name, member) in members {
                if member.is_string() && texts.contains(&name.as_str()) {
                    *member = payloads.next().unwrap().into();
                    used += 1;
                } else if name == "buckets" {
                    for bucket in member.as_array_mut().unwrap() {
                        *bucket = payloads.next().unwrap().into();
                        used += 1;
                    }
                } else {
                    used += poison_in(member, texts, payloads);
                }
            }
            used
        }
        Value::Array(all) => all.iter_mut().map(|member| poison_in(member, texts, payloads)).sum(),
        _ => 0,
    }
}

fn write(path: &Path, bytes: &[u8]) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::File::create(path).unwrap().write_all(bytes).unwrap();
}

/// What a page is when everything in it has been loaded; nothing without a browser.
fn loaded(page: &Path) -> Option<String> {
    if !Path::new(CHROMIUM).exists() {
        println!("skipped: there is no {CHROMIUM} on this machine");
        return None;
    }
    let profile = TempDir::new().unwrap();
    let output = Command::new(CHROMIUM)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"])
        .args(["--disable-background-networking", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A page with frames, which keeps what they say to it.
fn outermost(frames: &[String]) -> String {
    let mut page =
        "<!doctype html><title>0</title><style>iframe{width:1280px;height:900px}</style><script>\
                    let all = ''; onmessage = ({data}) => document.documentElement.dataset[\
                    data === 1 ? 'ran' : 'found'] = all += data</script>"
            .to_owned();
    for frame in frames {
        let _ = write!(page, "<iframe src=\"{frame}\"></iframe>");
    }
    page
}

#[test]
fn of_five_thousand_hostile_texts_none_runs_on_any_page_or_badge() {
    let folder = TempDir::new().unwrap();
    let all = payloads();
    assert!(all.len() >= 5_000, "{}", all.len());
    let mut endless = all.iter().cloned().cycle();
    let (mut used, mut frames, mut number) = (0, Vec::new(), 0);
    while used < all.len() {
        let releases = [0, 1].map(|at| {
            let mut value = release(Plan::LARKSPUR, "usage", "Usage", at, &fields);
            used += poison(&mut value, &mut endless);
            read(&value)
        });
        let title = endless.next().unwrap();
        for (path, page) in site_with(&title, &releases, false) {
            let html = is_html(&page);
            let body = if html {
                text(&page).replace(POLICY, "<meta name=\"no-policy\"").into_bytes()
            } else {
                page.body
            };
            if html || is(&path, "svg") {
                frames.push(format!("{number}{path}"));
            }
            write(&folder.path().join(format!("{number}{path}")), &body);
        }
        number += 1;
    }
    let is_tried = |name: &str| frames.iter().any(|frame| frame.ends_with(name));
    for name in ["usage/index.html", "usage/together.html", "usage/in-full/version.html"] {
        assert!(is_tried(name), "{name} is not among {frames:?}");
    }
    let outer = folder.path().join("outer.html");
    write(&outer, outermost(&frames).as_bytes());
    let Some(page) = loaded(&outer) else { return };
    assert!(page.contains("</iframe>") && !page.contains("data-ran="), "{used} texts: one ran");

    // The same texts as they are do run, so this would have been seen.
    let raw: String = RUNS.map(|runs| runs.replace('X', RAN)).concat();
    write(&folder.path().join("raw.html"), raw.as_bytes());
    write(&outer, outermost(&["raw.html".to_owned()]).as_bytes());
    assert!(loaded(&outer).unwrap().contains("data-ran="), "the check sees what runs");
}

#[test]
fn a_checker_of_accessibility_finds_nothing() {
    if !Path::new(CHROMIUM).exists() {
        println!("skipped: there is no {CHROMIUM} on this machine");
        return;
    }
    let folder = TempDir::new().unwrap();
    let Some(checker) = checker(folder.path()) else { return };
    let mut plans = vec![("noisy", site_of(&usage(Plan::LARKSPUR)))];
    plans.push(("exact", site_of(&usage(Plan::EXACT))));
    plans.push(("rehearsal", site_with("Larkspur", &usage(Plan::REHEARSAL), true)));
    let young = usage(Plan { releases: 2, ..Plan::YOUNG });
    plans.push(("young", site_of(&young)));
    let manifest = include_str!("../../../../manifests/examples/larkspur.toml");
    let manifest = contract::manifest::Manifest::parse(manifest).unwrap();
    let statement = contract::statement::html_fragment(&manifest);
    // One file, as every page would else carry it.
    write(&folder.path().join("axe.js"), checker.as_bytes());
    let mut frames = Vec::new();
    for (name, pages) in plans {
        for (path, page) in &pages {
            let path = format!("{name}{path}");
            let mut body = page.body.clone();
            if is_html(page) {
                let up = "../".repeat(path.matches('/').count());
                let report = format!(
                    "<script src={up}axe.js></script><script>onload = () => {{\
                     document.querySelectorAll('details').forEach(d => d.open = true);\
                     axe.run().then(r => top.postMessage(`[{path}] ${{r.passes.length > 9}} \
                     ${{r.violations.map(v => v.id + ' ' + v.nodes[0].html)}}|`, '*'))}}</script>"
                );
                let policy = "<meta name=\"no-policy\"";
                let with_report = text(page)
                    .replace(POLICY, policy)
                    .replace(crate::STATEMENT, &statement)
                    .replace("</body>", &report);
                body = with_report.into_bytes();
                frames.push(path.clone());
            }
            write(&folder.path().join(path), &body);
        }
    }
    let outer = folder.path().join("outer.html");
    write(&outer, outermost(&frames).as_bytes());
    let page = loaded(&outer).unwrap();
    let found = page.split_once("data-found=\"").unwrap().1.split('"').next().unwrap();
    let mut found: Vec<&str> = found.split('|').filter(|one| !one.is_empty()).collect();
    let mut wanted: Vec<String> = frames.iter().map(|frame| format!("[{frame}] true ")).collect();
    found.sort_unstable();
    wanted.sort_unstable();
    assert_eq!(found, wanted);
}

/// The source of axe-core: from `CANDOR_AXE`, or fetched into a temporary folder with npm.
fn checker(folder: &Path) -> Option<String> {
    let named = std::env::var("CANDOR_AXE").map(PathBuf::from);
    if named.is_err() {
        let fetched = Command::new("npm")
            .args(["install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts"])
            .args(["--fetch-retries=0", "--fetch-timeout=20000", "axe-core@4"])
            .current_dir(folder)
            .output();
        if !fetched.is_ok_and(|output| output.status.success()) {
            println!("skipped: axe-core is not at hand; name its axe.min.js in CANDOR_AXE");
            return None;
        }
    }
    let path = named.unwrap_or_else(|_| folder.join("node_modules/axe-core/axe.min.js"));
    let mut source = String::new();
    std::fs::File::open(path).unwrap().read_to_string(&mut source).unwrap();
    Some(source)
}
