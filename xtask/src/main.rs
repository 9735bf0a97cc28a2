//! Commands for developers: `cargo xtask lines`, `promises`, `sabotage`, `figures`.

use std::io::Write;

use anyhow::{Context, Result, bail};
use xtask::edge::{measure, sabotage, tree};
use xtask::figures;
use xtask::promises::{self, Occasion, Results, Test, log, page};
use xtask::{lines, tidy::Source};

const USAGE: &str = "\
cargo xtask lines              lines of code by crate, the largest files, packages in Cargo.lock
cargo xtask promises           writes docs/promises.md from docs/promises/ and the results
cargo xtask promises LOG       fails unless every test of a promise passed in this log of cargo test
cargo xtask promises LOG --record   the same, and writes what it says into the page
cargo xtask sabotage [NUMBER…] plants each promise's fault in a copy and expects its test to fail
cargo xtask figures [--quick] [--only WORD] [--data FOLDER] [--record]
                               measures each figure of docs/figures.toml and prints the table;
                               --record writes docs/figures.md from a full run, --quick is small

The house rules are a test: cargo test -p xtask";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let files = tree::read().context("reading the repository's files")?;
    let text = match arguments.as_slice() {
        ["lines"] => lines::table(&files),
        ["promises"] => write_page(&promises::results(&files)?)?,
        ["promises", log] => held(&files, log)?,
        ["promises", log, "--record"] => record(&files, log)?,
        ["sabotage", numbers @ ..] => sabotaged(&files, numbers)?,
        ["figures", options @ ..] => measured(&files, options)?,
        [] | ["help" | "--help" | "-h", ..] => USAGE.to_owned(),
        unknown => bail!("no such command: {}\n\n{USAGE}", unknown.join(" ")),
    };
    say(&text)
}

fn say(text: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{text}").context("printing")
}

/// The page anew, with the results written beside it.
fn write_page(results: &Results) -> Result<String> {
    tree::write(promises::RESULTS, &json(results)?)?;
    let files = tree::read()?;
    let list = promises::list(&files)?;
    tree::write(promises::PAGE, &page::page(&list, results, &files))?;
    Ok(format!("wrote {}", promises::PAGE))
}

/// Whether every test of every promise passed in this log.
fn held(files: &[Source], path: &str) -> Result<String> {
    verdict(&promises::list(files)?, &seen(files, path)?)
}

/// The results with what this log says of the promises' tests, and nothing of earlier runs.
fn seen(files: &[Source], path: &str) -> Result<Results> {
    let outcomes = log::outcomes(&tree::text(path)?);
    let mut results = promises::results(files)?;
    results.tests.clear();
    let list = promises::list(files)?;
    for test in list.promises.iter().flat_map(|promise| &promise.tests) {
        if let Some(outcome) = outcomes.get(&format!("{} {}", test.target, test.name)) {
            results.tests.insert(test.key(), outcome.clone());
        }
    }
    Ok(results)
}

fn verdict(list: &promises::List, results: &Results) -> Result<String> {
    let tests = || list.promises.iter().flat_map(|promise| &promise.tests);
    let outcome = |test: &Test| results.tests.get(&test.key()).map_or("not run", String::as_str);
    let open = tests().filter(|test| outcome(test) != "ok");
    let open: Vec<_> = open.map(|t| format!("  {}: {}", t.key(), outcome(t))).collect();
    if !open.is_empty() {
        bail!("tests of promises that did not pass in this run:\n{}", open.join("\n"));
    }
    Ok(format!("{} promises held, by {} tests", list.promises.len(), tests().count()))
}

/// The page says what was seen, also where something failed.
fn record(files: &[Source], log: &str) -> Result<String> {
    let results = Results { run: Some(now()?), ..seen(files, log)? };
    write_page(&results)?;
    verdict(&promises::list(files)?, &results)
}

/// Each planted fault of these promises (or of all), one after the other.
fn sabotaged(files: &[Source], numbers: &[&str]) -> Result<String> {
    let wanted: Vec<usize> =
        numbers.iter().map(|n| n.parse()).collect::<Result<_, _>>().context("a number each")?;
    let list = promises::list(files)?;
    let mut results = promises::results(files)?;
    let mut unnoticed = Vec::new();
    sabotage::copy(files)?;
    for promise in &list.promises {
        if !wanted.is_empty() && !wanted.contains(&promise.number) {
            continue;
        }
        for test in &promise.tests {
            let Some(flaw) = &test.flaw else { continue };
            let outcome = sabotage::attempt(test, flaw, files)?;
            say(&format!("{:>2} {outcome:?}: {} | {}", promise.number, flaw.says, test.key()))?;
            if outcome == sabotage::Outcome::Noticed {
                results.noticed.insert(test.key(), tree::today()?);
            } else {
                results.noticed.remove(&test.key());
                unnoticed.push(test.key());
            }
            write_page(&results)?;
        }
    }
    if !unnoticed.is_empty() {
        bail!("planted faults that no test noticed:\n  {}", unnoticed.join("\n  "));
    }
    Ok(format!("every planted fault was noticed: see {}", promises::PAGE))
}

/// The table of figures, measured now.
fn measured(files: &[Source], options: &[&str]) -> Result<String> {
    let (mut is_quick, mut is_recorded, mut only, mut data) = (false, false, None, None);
    let mut options = options.iter().copied();
    while let Some(option) = options.next() {
        match option {
            "--quick" => is_quick = true,
            "--record" => is_recorded = true,
            "--only" => only = Some(options.next().context("--only WORD")?),
            "--data" => data = Some(options.next().context("--data FOLDER")?),
            unknown => bail!("no such option: {unknown}\n\n{USAGE}"),
        }
    }
    if is_recorded && (is_quick || only.is_some()) {
        bail!("only a full run is recorded: leave --quick and --only out");
    }
    let (list, setting) = (figures::list(files)?, measure::setting()?);
    let ran = measure::run(&list, (is_quick, only, data), say)?;
    if is_recorded {
        tree::write(figures::PAGE, &figures::page(&list, &ran, &setting))?;
    }
    let table = figures::table(&list, &ran, is_quick);
    Ok(format!("{}, commit {}, {}\n\n{table}", setting.date, setting.commit, setting.machine))
}

fn now() -> Result<Occasion> {
    Ok(Occasion { date: tree::today()?, commit: tree::commit()? })
}

fn json(results: &Results) -> Result<String> {
    Ok(serde_json::to_string_pretty(results).context("writing the results")? + "\n")
}
