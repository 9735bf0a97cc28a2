//! `verify`: the data folder against what was promised, as a report that can be filed.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use contract::calendar::day_in_words;
use jiff::civil::Date;
use serde_json::json;

use super::forget::retention;
use super::{of_disk, open_disk, print};
use crate::edge::clock::Clock;
use crate::failure::Failure;
use crate::store::{self, Report};

pub(super) fn run(
    data: &Path,
    clock: Clock,
    json: bool,
    out: &mut impl Write,
) -> Result<ExitCode, Failure> {
    let headline = "the data folder was not checked.";
    let disk = open_disk(data, headline)?;
    let retention = retention(&disk, data, headline)?;
    let today = clock.today();
    let report = store::verify(&disk, &retention, today);
    let report = report.map_err(|error| of_disk(headline, data, &error))?;
    if json {
        let answer = json!({"today": today.to_string(), "report": report});
        print(out, &format!("{answer}\n"));
    } else {
        print(out, &sentences(data, &report, today));
    }
    Ok(if report.findings.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn sentences(data: &Path, report: &Report, today: Date) -> String {
    let Report { periods, markers, findings } = report;
    let mut text = match findings.len() {
        0 => "Everything is as promised.\n".to_owned(),
        1 => "One thing is not as promised.\n".to_owned(),
        many => format!("{many} things are not as promised.\n"),
    };
    let parts: u64 = periods.iter().map(|period| period.parts).sum();
    let _ = writeln!(text, "\n  folder    {}", data.display());
    let _ = writeln!(text, "  day       {}", day_in_words(today));
    let _ = writeln!(text, "  parts     {parts} in {} periods", periods.len());
    let _ =
        writeln!(text, "  deleted   {markers} tags are remembered as deleted, without their name");
    text.push_str(
        "  checked   every record's checksum and digest, its place, its retention; that no deleted\n\
         \x20           part is left, and that no other file lies among them\n  \
         speaks    for the files of this folder; for no backup and no other copy\n",
    );
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
