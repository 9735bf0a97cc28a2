//! The guides are kept true: their examples are parsed, their tables are made again.

use std::fmt::Write as _;

use contract::manifest::{Channel, Manifest, SYSTEM_FACTS};

use crate::fixture::SMALL;
use crate::generated::{compare, path};

#[expect(clippy::disallowed_methods, reason = "a test may read the repository's files")]
fn read(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap()
}

/// The fenced blocks of a document in TOML, each with its line and the words after its language.
fn blocks(document: &str) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String, String)> = None;
    for (index, line) in document.lines().enumerate() {
        match (&mut open, line.strip_prefix("```toml")) {
            (None, Some(words)) => open = Some((index + 1, words.trim().to_owned(), String::new())),
            (Some(_), _) if line == "```" => found.extend(open.take()),
            (Some((_, _, text)), _) => {
                text.push_str(line);
                text.push('\n');
            }
            (None, None) => {}
        }
    }
    found
}

/// Makes a fragment whole: keys that its block leaves out as they are everywhere come from here.
fn whole(words: &str, fragment: &str) -> String {
    let (head, _) = SMALL.split_once("[[channel]]").unwrap();
    let channel = "[[channel]]\nid = \"c\"\ntitle = \"C\"\nabout = \"C\"\n";
    let kept = "retention_days = 1\npublication = { epsilon_release = 1.0, epsilon_year = 53.0 }\n";
    match words {
        "" => fragment.to_owned(),
        "program" => SMALL.replace("[controller]", &format!("{fragment}\n[controller]")),
        "channel" => format!("{head}{channel}{fragment}"),
        "field" => {
            let question =
                if fragment.contains("question =") { "" } else { "question = \"What is it?\"\n" };
            format!(
                "{head}{channel}{kept}[[channel.part]]\nid = \"p\"\n[[channel.part.field]]\n\
                 id = \"f\"\npurpose = \"support\"\nexpires = 2028-12-31\n{question}{fragment}"
            )
        }
        "part" => format!("{head}{channel}{kept}[[channel.part]]\n{fragment}"),
        other => panic!("no fragment is called `{other}`"),
    }
}

#[test]
fn every_example_in_the_guide_is_a_manifest() {
    let guide = read("docs/guide/manifest.md");
    let blocks = blocks(&guide);
    let mut kinds = Vec::new();
    for (line, words, fragment) in &blocks {
        match Manifest::parse(&whole(words, fragment)) {
            Ok(manifest) => {
                let fields = manifest.channels.iter().flat_map(Channel::fields);
                kinds.extend(fields.map(|field| field.kind.name()));
            }
            Err(problems) => panic!("the example at line {line}: {problems}"),
        }
    }
    let every = "flag choice version count size duration set counts flow sample".split(' ');
    for kind in every {
        assert!(kinds.contains(&kind), "the guide has no example of `{kind}`");
    }
}

/// The document with what stands between two of its comments made anew.
fn with_table(document: &str, name: &str, table: &str) -> String {
    let begin = format!("<!-- {name}: this table is made by a test -->\n");
    let (before, rest) = document.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end -->").unwrap();
    format!("{before}{begin}{table}<!-- end -->{after}")
}

#[test]
fn the_guide_lists_every_system_fact() {
    let mut table = String::from("| fact | kinds |\n|---|---|\n");
    for (name, fact) in SYSTEM_FACTS {
        let kinds: Vec<_> = fact.gives().kinds().iter().map(|kind| format!("`{kind}`")).collect();
        writeln!(table, "| `{name}` | {} |", kinds.join(", ")).unwrap();
    }
    let made = with_table(&read("docs/guide/manifest.md"), "system facts", &table);
    compare("docs/guide/manifest.md", &made, ToOwned::to_owned);
}

#[test]
fn the_guide_has_the_truth_table_of_the_environment() {
    let table = crate::environment::table();
    let made = with_table(&read("docs/guide/decisions.md"), "environment", &table);
    compare("docs/guide/decisions.md", &made, ToOwned::to_owned);
}
