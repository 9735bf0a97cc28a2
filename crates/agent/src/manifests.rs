//! `candor-agent manifest …`: what follows from a manifest alone.

use contract::manifest::Manifest;
use contract::{dictionary, statement};
use serde_json::json;

use crate::command::Output;
use crate::words::number;

/// Every problem of a manifest, or what it asks.
pub fn check(path: &str, text: &str, as_json: bool) -> Output {
    match Manifest::parse(text) {
        Ok(manifest) => {
            let questions: usize =
                manifest.channels.iter().map(|channel| channel.fields().count()).sum();
            let out = if as_json {
                json!({"valid": true, "hash": manifest.hash(), "problems": []}).to_string() + "\n"
            } else {
                let questions = number(questions, "question");
                let channels = number(manifest.channels.len(), "channel");
                let hash = manifest.hash().short();
                format!("{path} is in order: {questions} in {channels}, manifest {hash}.\n")
            };
            Output { out: out.into_bytes(), ..Output::default() }
        }
        Err(problems) => {
            if as_json {
                let list: Vec<_> = problems
                    .iter()
                    .map(|problem| {
                        let (line, column) = problem.position.unzip();
                        let (what, fix) = (&problem.what, &problem.fix);
                        json!({"line": line, "column": column, "what": what, "fix": fix})
                    })
                    .collect();
                let out = format!("{:#}\n", json!({"valid": false, "problems": list}));
                return Output { out: out.into_bytes(), code: 1, ..Output::default() };
            }
            let mut note = String::new();
            for problem in problems.iter() {
                note.push_str(&format!("{path}:{problem}\n"));
            }
            let count = number(problems.iter().count(), "problem");
            note.push_str(&format!(
                "\n{count}. The manifest cannot be used until they are mended.\n"
            ));
            Output { note, code: 1, ..Output::default() }
        }
    }
}

/// The data statement, as Markdown or as a page.
pub fn statement(manifest: &Manifest, html: bool) -> Output {
    let render = if html { statement::html } else { statement::markdown };
    Output::text(render(manifest))
}

/// The JSON Schema of every part.
pub fn schema(manifest: &Manifest) -> Output {
    Output::text(contract::schema::file(manifest))
}

/// The data dictionary, as Markdown or JSON.
pub fn dictionary(manifest: &Manifest, as_json: bool) -> Output {
    let render = if as_json { dictionary::json } else { dictionary::markdown };
    Output::text(render(manifest))
}

/// What changed between two manifests, and what operators will be asked again.
pub fn diff(old: &Manifest, new: &Manifest, as_json: bool) -> Output {
    let diff = contract::diff::diff(old, new);
    if as_json {
        let value = json!({
            "summary": diff.summary(),
            "asks": diff.asks(),
            "words": diff.in_words().lines().collect::<Vec<_>>(),
        });
        return Output::json(&value);
    }
    Output::text(diff.in_words())
}
