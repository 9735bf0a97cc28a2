//! A flow of the fictional product: from page to page.

use serde_json::{Value, json};

use crate::fixture::{Week, field};

pub(crate) fn moves(week: Week) -> Value {
    let steps = [
        ("overview", "Overview"),
        ("devices", "Devices"),
        ("graphs", "Graphs"),
        ("alerts", "Alerts"),
        ("other", "Other"),
    ];
    let moves = [
        ([0, 1], 0.61),
        ([0, 3], 0.44),
        ([1, 2], 0.52),
        ([2, 1], 0.2),
        ([3, 1], 0.33),
        ([3, 0], 0.12),
        ([1, 4], 0.05),
    ];
    let line = |([from, to], any): ([usize; 2], f64)| {
        let (from, to) = (steps[from], steps[to]);
        let counts: Vec<_> = [0.5, 0.3, 0.2].iter().map(|share| week.number(share * any)).collect();
        json!({"value": format!("{}>{}", from.0, to.0), "title": format!("{} → {}", from.1, to.1),
            "installations": week.number(any), "counts": counts, "total": week.total(any * 40.0)})
    };
    let steps: Vec<_> =
        steps.iter().map(|(value, title)| json!({"value": value, "title": title})).collect();
    field(
        week,
        "moves",
        ["From which page do people go to which?", "What should be one step away"],
        0.9,
        &json!({"kind": "flow", "steps": steps, "unit": "times", "lines": moves.map(line),
            "buckets": ["1–9", "10–99", "100+"], "hidden": 18}),
    )
}
