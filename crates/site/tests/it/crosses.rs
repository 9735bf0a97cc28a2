//! Two cross-tables of the fictional product.

use serde_json::{Value, json};

use crate::fixture::{Mode, Week};

/// Two cross-tables: one with cells that are not shown, and one of which too little is known.
pub(crate) fn crosses(week: Week) -> Vec<Value> {
    let line = |value: &str, title: &str, shares: [f64; 3]| {
        let small = |share: f64| share < 0.003 && week.plan.mode == Mode::Noisy;
        let count = |share: &f64| if small(*share) { Value::Null } else { week.number(*share) };
        let counts: Vec<Value> = shares.iter().map(count).collect();
        json!({"label": label(value, title, 0), "counts": counts})
    };
    let mut lines = vec![
        line("mariadb-10", "MariaDB 10", [0.22, 0.15, 0.06]),
        line("mariadb-11", "MariaDB 11", [0.21, 0.12, 0.05]),
        line("mysql-8", "MySQL 8", [0.07, 0.05, 0.01]),
    ];
    if week.plan.mode == Mode::Exact {
        let counts = [0.02, 0.01, 0.006].map(|share| week.number(share)).to_vec();
        lines.push(json!({"label": label("", "", 2), "counts": counts}));
    } else {
        lines.push(line("postgresql", "PostgreSQL", [0.006, 0.003, 0.0004]));
        lines.push(line("sqlite", "SQLite", [0.005, 0.0004, 0.0004]));
    }
    let columns =
        [label("1-49", "1–49", 0), label("50-499", "50–499", 0), label("500-", "500+", 0)];
    let database = axis("database", "Which database holds the data?", "");
    vec![
        json!({"part": "some", "rows": database,
        "columns": axis("devices", "How many devices are watched?", "devices"),
        "answered": week.number(0.96),
        "table": {"kind": "cells", "columns": columns, "lines": lines,
            "folded": match week.plan.mode {
                Mode::Noisy => week.folded(Some(3), 0.0012),
                _ => Value::Null,
            }}}),
        json!({"part": "some", "rows": database,
            "columns": axis("polling", "Is distributed polling used?", ""),
            "answered": week.number(0.004), "table": {"kind": "too-few"}}),
    ]
}

fn label(value: &str, title: &str, together: u32) -> Value {
    json!({"value": value, "title": title, "together": together})
}

fn axis(id: &str, question: &str, unit: &str) -> Value {
    json!({"id": id, "question": question, "unit": unit})
}
