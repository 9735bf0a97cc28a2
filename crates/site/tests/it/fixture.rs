//! Releases of a fictional product, with invented numbers that look alive: a fleet that grows, a
//! version that is adopted, an error on every number. Made as JSON, as anyone would read them.

use contract::id::{ChannelId, ProgramId};
use contract::release::Release;
use serde_json::{Value, json};

/// Weekly releases in the fixture.
pub(crate) const RELEASES: usize = 9;

/// What makes one history differ from another.
#[derive(Clone, Copy)]
pub(crate) struct Plan {
    pub(crate) releases: usize,
    /// Installations in the first release.
    pub(crate) fleet: f64,
    /// Half a 95 % interval, of every number; 0 for exact ones.
    pub(crate) error: u64,
    pub(crate) mode: Mode,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Noisy,
    Exact,
    Rehearsal,
}

impl Plan {
    pub(crate) const LARKSPUR: Self =
        Self { releases: RELEASES, fleet: 2_950.0, error: 9, mode: Mode::Noisy };
    pub(crate) const YOUNG: Self = Self { releases: 3, fleet: 61.0, error: 9, mode: Mode::Noisy };
    pub(crate) const REHEARSAL: Self =
        Self { releases: 1, fleet: 4.0, error: 0, mode: Mode::Rehearsal };
    pub(crate) const ALONE: Self = Self { fleet: 1.0, ..Self::REHEARSAL };
    pub(crate) const EXACT: Self = Self { error: 0, mode: Mode::Exact, ..Self::LARKSPUR };
}

pub(crate) fn program() -> ProgramId {
    ProgramId::parse("larkspur").unwrap()
}

pub(crate) fn channel(id: &str) -> ChannelId {
    ChannelId::parse(id).unwrap()
}

/// The channel `usage` of Larkspur.
pub(crate) fn usage(plan: Plan) -> Vec<Release> {
    history(plan, "usage", "Usage", &fields)
}

/// A channel of exactly so many questions: those of `usage` over and over.
pub(crate) fn many(count: usize) -> Vec<Release> {
    history(Plan::LARKSPUR, "usage", "Usage", &|week| {
        let mut fields = fields(week);
        // A flow has a channel of its own, with its own decision: one is enough.
        let mut many: Vec<Value> = fields.extract_if(.., |field| field["id"] == "moves").collect();
        for at in many.len()..count {
            let mut field = fields[at % fields.len()].clone();
            field["id"] = json!(format!("{}-{at}", field["id"].as_str().unwrap()));
            many.push(field);
        }
        many
    })
}

/// Releases from their fields.
pub(crate) fn history(
    plan: Plan,
    id: &str,
    title: &str,
    fields: &dyn Fn(Week) -> Vec<Value>,
) -> Vec<Release> {
    (0..plan.releases).map(|at| read(&release(plan, id, title, at, fields))).collect()
}

/// Reads a release as anyone reads a frozen one.
pub(crate) fn read(release: &Value) -> Release {
    Release::from_frozen(release.to_string().as_bytes()).unwrap()
}

/// One release as JSON, for tests that change a part of it.
pub(crate) fn release(
    plan: Plan,
    id: &str,
    title: &str,
    at: usize,
    fields: &dyn Fn(Week) -> Vec<Value>,
) -> Value {
    let first = jiff::civil::date(2026, 9, 14);
    let day = |days: i64| first.checked_add(jiff::Span::new().days(days)).unwrap().to_string();
    let begins = 7 * i64::try_from(at).unwrap();
    let week = Week { at, plan };
    let mode = match plan.mode {
        Mode::Noisy => json!({"kind": "noisy", "epsilon_milli": 1_000, "delta_exponent": 9}),
        Mode::Exact => json!({"kind": "exact"}),
        Mode::Rehearsal => json!({"kind": "rehearsal"}),
    };
    json!({
        "format": 1,
        "program": {"id": "larkspur", "title": "Larkspur", "vendor": "The Larkspur project",
            "data_licence": "CC0-1.0"},
        "channel": {"id": id, "title": title, "period": "week", "identity": "period",
            "retention_days": 90, "asked_first": true},
        "number": at + 1,
        "window": {"first": day(begins), "last": day(begins + 6), "periods": 1},
        "published": day(begins + 9),
        "next": day(begins + 16),
        "mode": mode,
        "group_min": if plan.mode == Mode::Rehearsal { 1 } else { 20 },
        "installations": week.number(1.0),
        "fields": fields(week),
        "crosses": crate::crosses::crosses(week),
    })
}

/// One week of a plan: makes numbers.
#[derive(Clone, Copy)]
pub(crate) struct Week {
    pub(crate) at: usize,
    pub(crate) plan: Plan,
}

impl Week {
    fn fleet(self) -> f64 {
        let at = self.at as f64;
        self.plan.fleet * (1.0 + 0.021 * at + 0.012 * (at * 1.7).sin())
    }

    /// A share of the fleet as a published number, with a wobble that stands for its noise.
    pub(crate) fn number(self, share: f64) -> Value {
        let wobble = ((share * 977.0 + self.at as f64 * 13.0).sin()) * self.plan.error as f64 / 2.0;
        #[expect(clippy::cast_possible_truncation, reason = "a few thousand")]
        let value = (self.fleet() * share + wobble).round() as i64;
        json!({"value": value, "error_95": self.plan.error})
    }

    /// What is counted together; a rehearsal holds nothing back.
    pub(crate) fn folded(self, values: Option<u32>, share: f64) -> Value {
        match self.plan.mode {
            Mode::Rehearsal => Value::Null,
            _ => json!({"values": values, "count": self.number(share)}),
        }
    }

    fn row(self, value: &str, title: &str, share: f64) -> Value {
        json!({"value": value, "title": title, "count": self.number(share)})
    }

    pub(crate) fn rows(self, rows: &[(&str, &str, f64)]) -> Vec<Value> {
        rows.iter().map(|(value, title, share)| self.row(value, title, *share)).collect()
    }

    pub(crate) fn total(self, mean: f64) -> Value {
        let sum = self.fleet() * mean;
        #[expect(clippy::cast_possible_truncation, reason = "far below 2^53")]
        let [estimate, low, high] = [1.0, 0.66, 1.44].map(|part| (sum * part).round() as i64);
        json!({"estimate": estimate, "low": low, "high": high})
    }
}

/// A field of `usage`.
pub(crate) fn field(
    week: Week,
    id: &str,
    [question, purpose]: [&str; 2],
    share: f64,
    table: &Value,
) -> Value {
    json!({"id": id, "part": "some", "question": question, "purpose": purpose,
        "answered": week.number(share), "table": table})
}

/// Twelve questions, of every kind.
pub(crate) fn fields(week: Week) -> Vec<Value> {
    let mut all = vec![versions(week)];
    all.extend(closed(week));
    all.extend(bucketed(week));
    all.push(crate::moves::moves(week));
    all.push(field(
        week,
        "exporter",
        [
            "Which metrics exporter is configured?",
            "Whether the new exporter can become the default",
        ],
        0.004,
        &json!({"kind": "too-few"}),
    ));
    all
}

fn versions(week: Week) -> Value {
    // Each version arrives in one week and takes over within three.
    let adopted = |from: f64| 1.0 / (1.0 + (-(week.at as f64 - from) * 1.5).exp());
    let [v10, v9, v8] = [adopted(6.0) * 0.72, adopted(2.5) * 0.8, 0.62];
    let minor = [
        ("26.10", v10),
        ("26.9", (v9 - v10).max(0.07)),
        ("26.8", (v8 - v9).max(0.05)),
        ("26.7", 0.11 - 0.005 * week.at as f64),
        ("26.4", 0.07),
        ("25.12", 0.04),
        ("other", 0.02),
    ];
    let all: f64 = minor.iter().map(|(_, share)| share).sum();
    let minor: Vec<_> = minor.iter().map(|(name, share)| (*name, *name, share / all)).collect();
    let full: Vec<_> = minor
        .iter()
        .flat_map(|(name, _, share)| match *name {
            "other" => vec![("other".to_owned(), *share)],
            _ => vec![(format!("{name}.1"), share * 0.8), (format!("{name}.0"), share * 0.2)],
        })
        .collect();
    let full: Vec<_> = full.iter().map(|(name, share)| (&**name, &**name, *share)).collect();
    field(
        week,
        "version",
        ["Which version is running?", "Which versions still need fixes"],
        1.0,
        &json!({"kind": "versions", "minor": week.rows(&minor), "full": week.rows(&full),
            "folded": week.folded(None, 0.009), "folded_minor": week.folded(None, 0.006)}),
    )
}

fn closed(week: Week) -> Vec<Value> {
    let database = week.rows(&[
        ("mariadb-10", "MariaDB 10", 0.44),
        ("mariadb-11", "MariaDB 11", 0.37 + 0.008 * week.at as f64),
        ("mysql-8", "MySQL 8", 0.14 - 0.004 * week.at as f64),
        ("postgresql", "PostgreSQL", 0.002),
        ("other", "another one", 0.012),
    ]);
    let systems = week.rows(&[
        ("linux", "Linux", 0.81),
        ("ios", "Cisco IOS", 0.74),
        ("junos", "Junos", 0.38),
        ("routeros", "RouterOS", 0.36 + 0.006 * week.at as f64),
        ("fortios", "FortiOS", 0.31),
        ("windows", "Windows", 0.29),
        ("arubaos", "ArubaOS", 0.17),
        ("none", "none of these", 0.03),
    ]);
    let flag = |share: f64| week.rows(&[("true", "yes", share), ("false", "no", 0.97 - share)]);
    vec![
        field(
            week,
            "database",
            ["Which database holds the data?", "Which databases to test on, and which to retire"],
            0.98,
            &json!({"kind": "shares", "rows": database, "folded": null}),
        ),
        field(
            week,
            "systems",
            ["Which operating systems do the devices run?", "What to test before a release"],
            0.97,
            &json!({"kind": "set", "rows": systems,
                "folded": week.folded(Some(38), 0.05)}),
        ),
        field(
            week,
            "polling",
            ["Is distributed polling used?", "Whether to keep two pollers alive"],
            0.97,
            &json!({"kind": "shares", "rows": flag(0.12 + 0.006 * week.at as f64),
                "folded": null}),
        ),
        field(
            week,
            "container",
            ["Does it run in a container?", "How installation should be explained"],
            0.97,
            &json!({"kind": "shares", "rows": flag(0.43), "folded": null}),
        ),
    ]
}

fn bucketed(week: Week) -> Vec<Value> {
    let devices = week.rows(&[
        ("1-9", "1–9", 0.12),
        ("10-49", "10–49", 0.30),
        ("50-99", "50–99", 0.18),
        ("100-499", "100–499", 0.25),
        ("500-999", "500–999", 0.08),
        ("1000-", "1,000+", 0.05),
    ]);
    let size = week.rows(&[
        ("lt-1g", "< 1 GB", 0.18),
        ("1-10g", "1–10 GB", 0.41),
        ("10-100g", "10–100 GB", 0.29),
        ("gt-100g", "> 100 GB", 0.09),
    ]);
    let uptime = week.rows(&[
        ("1h", "under an hour", 0.0004),
        ("1d", "an hour to a day", 0.07),
        ("1w", "a day to a week", 0.21),
        ("1m", "a week to a month", 0.33),
        ("1y", "a month to a year", 0.32),
        ("gt", "over a year", 0.04),
    ]);
    vec![
        field(
            week,
            "devices",
            ["How many devices are watched?", "How large installations are"],
            0.98,
            &json!({"kind": "histogram", "rows": devices, "unit": "devices",
                "total": week.total(52.0), "folded": null}),
        ),
        field(
            week,
            "storage",
            ["How large is the database?", "Whether clean-up works"],
            0.97,
            &json!({"kind": "histogram", "rows": size, "unit": "bytes",
                "total": week.total(19e9), "folded": null}),
        ),
        field(
            week,
            "uptime",
            ["How long has the service run?", "Whether restarts after an update are missed"],
            0.96,
            &json!({"kind": "histogram", "rows": uptime, "unit": "seconds",
                "total": week.total(4.1e6), "folded": null}),
        ),
        ports(week),
        field(
            week,
            "language",
            ["Which language is chosen?", "Which translations need help first"],
            0.95,
            &json!({"kind": "shares", "rows": languages(week),
                "folded": week.folded(Some(3), 0.009)}),
        ),
    ]
}

fn ports(week: Week) -> Value {
    let shares = |shape: [f64; 5], any: f64| -> Vec<Value> {
        shape.iter().map(|share| week.number(share * any)).collect()
    };
    let line = |value: &str, title: &str, any: f64, shape: [f64; 5], mean: f64| {
        json!({"value": value, "title": title, "installations": week.number(any),
            "counts": shares(shape, any), "total": week.total(any * mean)})
    };
    let lines = [
        line("ethernet", "Ethernet", 0.93, [0.08, 0.21, 0.38, 0.24, 0.09], 900.0),
        line("wireless", "Wireless", 0.41, [0.42, 0.33, 0.17, 0.06, 0.02], 60.0),
        line("dsl", "DSL", 0.16, [0.61, 0.24, 0.1, 0.04, 0.01], 22.0),
        line("fibre", "Fibre channel", 0.11, [0.2, 0.5, 0.22, 0.06, 0.02], 45.0),
    ];
    field(
        week,
        "ports",
        ["How many ports of each kind?", "What the port view must cope with"],
        0.95,
        &json!({"kind": "grid", "unit": "ports", "lines": lines,
            "buckets": ["1–9", "10–99", "100–999", "1,000–9,999", "10,000+"]}),
    )
}

fn languages(week: Week) -> Vec<Value> {
    let mut rows = week.rows(&[
        ("en", "English", 0.58),
        ("de", "German", 0.12),
        ("fr", "French", 0.08),
        ("nl", "Dutch", 0.04),
        ("es", "Spanish", 0.031),
        ("pt", "Portuguese", 0.025),
        ("pl", "Polish", 0.02),
        ("he", "Hebrew (עברית)", 0.012),
        ("ja", "Japanese (日本語)", 0.011),
        ("it", "Italian", 0.011),
        ("cs", "Czech", 0.009),
        ("sv", "Swedish", 0.008),
        ("nb", "Norwegian", 0.008),
    ]);
    rows.push(week.row("uk", "Ukrainian", -0.001));
    rows
}
