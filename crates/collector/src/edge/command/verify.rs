//! `verify`: the data folder against what was promised, as a report that can be filed.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::day_in_words;
use jiff::civil::Date;
use serde_json::json;

use super::forget::catalogue;
use super::{of_disk, open_existing, print};
use crate::edge::clock::Clock;
use crate::failure::Failure;
use crate::releases;
use crate::store::{self, Finding, Report};

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
    let report = store::verify(&disk, &catalogue.retention(), today);
    let mut report = report.map_err(failed)?;
    for (program, served) in catalogue.programs() {
        let roots = &served.manifest.program.root_keys;
        for channel in &served.manifest.channels {
            let wrong = releases::check(&disk, (program, &channel.id), roots).map_err(failed)?;
            let finding = |(path, what)| Finding { path, what };
            report.findings.extend(wrong.into_iter().map(finding));
        }
    }
    if json {
        let answer = json!({"today": today.to_string(), "report": report});
        print(out, &format!("{answer}\n"));
    } else {
        print(out, &sentences(data, &report, today));
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sentences(data: &Path, report: &Report, today: Date) -> String {
    let Report { periods, markers, pending, findings } = report;
    let mut text = match findings.len() {
        0 => "Everything is as promised.\n".to_owned(),
        1 => "One thing is not as promised.\n".to_owned(),
        many => format!("{many} things are not as promised.\n"),
    };
    let parts: u64 = periods.iter().map(|period| period.parts).sum();
    let _ = writeln!(text, "\n  folder    {}", data.display());
    let _ = writeln!(text, "  day       {}", day_in_words(today));
    let _ = writeln!(text, "  parts     {parts} in {} periods", periods.len());
    let _ = writeln!(text, "  deleted   {markers} tags are remembered as deleted, not by name");
    let _ = writeln!(text, "  pending   {pending} deletions wait for the daily batch");
    for line in [
        "  checked   every record's checksum and digest, its place and its retention; that no",
        "            deleted part is left, and no other file lies among them; the releases'",
        "            signatures",
        "  speaks    for the files of this folder, and for no backup and no other copy",
    ] {
        let _ = writeln!(text, "{line}");
    }
    if !periods.is_empty() {
        text.push('\n');
    }
    for period in periods {
        let channel = format!("{}/{}", period.program, period.channel);
        let name = period.period.to_string();
        let _ = writeln!(
            text,
            "  {channel:<30} {name:<10} {:>9} parts {:>12} bytes  until {}",
            period.parts, period.bytes, period.forget_by,
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
