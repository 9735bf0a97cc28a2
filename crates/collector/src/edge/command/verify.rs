//! `verify`: the data folder against what was promised, as a report that can be filed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::day_in_words;
use contract::id::{ChannelId, ProgramId};
use envelope::Digest;
use jiff::civil::Date;
use serde::Serialize;
use serde_json::json;

use super::forget::catalogue;
use super::{counted, of_disk, open_existing, print};
use crate::edge::clock::Clock;
use crate::failure::Failure;
use crate::releases;
use crate::store::{self, Finding, Report};

/// Who made a report.
const MADE_BY: &str = concat!("candor-collector ", env!("CARGO_PKG_VERSION"));

/// Everything that a report says.
#[derive(Serialize)]
struct Filed<'a> {
    made_by: &'static str,
    today: Date,
    /// Whether the day is the one that somebody named.
    rehearsal: bool,
    /// Against what it was checked.
    retention: Vec<Rule<'a>>,
    /// Releases whose signatures were checked.
    releases: u64,
    report: Report,
}

/// How long a channel's parts are kept, and which manifest says so.
#[derive(Serialize)]
struct Rule<'a> {
    program: &'a ProgramId,
    channel: &'a ChannelId,
    retention_days: u32,
    manifest: Digest,
}

pub(super) fn run(
    data: &Path,
    clock: Clock,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "the data folder was not checked.";
    let disk = open_existing(data, headline)?;
    let catalogue = catalogue(&disk, data, headline)?;
    let today = clock.today();
    let failed = |error| of_disk(headline, data, &error);
    let mut report = store::verify(&disk, &catalogue.retention(), today).map_err(failed)?;
    let (mut retention, mut releases) = (Vec::new(), 0);
    for (program, manifest, channel) in catalogue.channels() {
        let roots = catalogue.program(program.as_str()).map(|served| &served.manifest.program);
        let roots = roots.map_or(&[][..], |program| &program.root_keys);
        let checked = releases::check(&disk, (program, &channel.id), roots);
        let (there, wrong) = checked.map_err(failed)?;
        releases += there;
        report.findings.extend(wrong.into_iter().map(|(path, what)| Finding { path, what }));
        retention.push(Rule {
            program,
            channel: &channel.id,
            retention_days: channel.retention_days,
            manifest: manifest.hash(),
        });
    }
    let is_as_promised = report.findings.is_empty();
    let rehearsal = matches!(clock, Clock::Fixed(_));
    let whole = Filed { made_by: MADE_BY, today, rehearsal, retention, releases, report };
    if json {
        print(out, &format!("{}\n", json!(whole)));
    } else {
        // A report is read elsewhere, where nobody knows from where it was asked for.
        let data = data.canonicalize().unwrap_or_else(|_| data.to_owned());
        print(out, &whole.sentences(&data));
    }
    Ok(if is_as_promised { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl Filed<'_> {
    fn sentences(&self, data: &Path) -> String {
        let Report { periods, findings, .. } = &self.report;
        let mut text = match findings.len() {
            0 => "Everything is as promised.\n\n".to_owned(),
            1 => "One thing is not as promised.\n\n".to_owned(),
            many => format!("{many} things are not as promised.\n\n"),
        };
        self.head(&mut text, data);
        self.rules(&mut text);
        if !periods.is_empty() {
            text.push_str("\nHeld:\n\n");
        }
        for period in periods {
            let channel = format!("{}/{}", period.program, period.channel);
            let name = period.period.to_string();
            let parts = counted(period.parts, "part ", "parts");
            let _ = writeln!(
                text,
                "  {channel:<30} {name:<10} {parts:>15} {:>12} bytes  until {}",
                period.bytes, period.forget_by,
            );
        }
        if !findings.is_empty() {
            text.push_str("\nNot as promised:\n\n");
        }
        for finding in findings {
            let _ = writeln!(text, "  {}\n      {}", finding.path, finding.what);
        }
        text
    }

    /// What was looked at, by whom and when.
    fn head(&self, text: &mut String, data: &Path) {
        let Report { periods, markers, pending, .. } = &self.report;
        let parts = counted(periods.iter().map(|period| period.parts).sum(), "part", "parts");
        let periods = counted(periods.len() as u64, "period", "periods");
        let named = if self.rehearsal { ", the day that --today names" } else { "" };
        let releases = counted(self.releases, "release", "releases");
        let markers = counted(*markers, "tag is", "tags are");
        let pending = counted(*pending, "deletion waits", "deletions wait");
        let _ = writeln!(text, "  made by   {}", self.made_by);
        let _ = writeln!(text, "  folder    {}", data.display());
        let _ = writeln!(text, "  day       {}{named}", day_in_words(self.today));
        let _ = writeln!(text, "  parts     {parts} in {periods}");
        let _ = writeln!(text, "  releases  {releases}");
        let _ = writeln!(text, "  deleted   {markers} remembered as deleted, not by name");
        let _ = writeln!(text, "  pending   {pending} for the daily batch");
        for line in [
            "  checked   every record's checksum and digest, its place and its retention, which is",
            "            never longer than its receipt says; that no deleted part is left, and no",
            "            other file lies among them; the releases' signatures",
            "  speaks    for the files of this folder, and for no backup and no other copy",
        ] {
            let _ = writeln!(text, "{line}");
        }
    }

    /// How long parts are kept, by the manifest that says so.
    fn rules(&self, text: &mut String) {
        let mut by_manifest: BTreeMap<_, Vec<&Rule<'_>>> = BTreeMap::new();
        for rule in &self.retention {
            by_manifest.entry((rule.program, rule.manifest)).or_default().push(rule);
        }
        for ((program, manifest), rules) in by_manifest {
            let _ = writeln!(text, "\nRetention by {program}'s manifest {manifest}:\n");
            for Rule { channel, retention_days, .. } in rules {
                let days = counted(u64::from(*retention_days), "day ", "days");
                let _ = writeln!(text, "  {channel:<30} {days:>9} after a period's last day");
            }
        }
    }
}
