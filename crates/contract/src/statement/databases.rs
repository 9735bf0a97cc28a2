//! What the statement says of databases that are opened, and of values that are read only to be
//! removed.

use super::tree::{Block, Line, heading};
use crate::manifest::{Database, Engine, Known, Manifest, Source};

pub(super) fn blocks(manifest: &Manifest) -> Vec<Block> {
    let mut blocks = Vec::new();
    if !manifest.known.is_empty() {
        blocks.push(heading("known", "Read on this machine to be removed"));
        blocks.push(Block::Paragraph(
            "Text that is not from a list may hold a name, an address or a number that identifies. \
             So that these can be found, the following is read on this machine each time such text \
             is cleaned. It is used to remove them from samples. It is never sent and never kept."
                .into(),
        ));
        let rows = manifest.known.iter().map(|known| row(manifest, known)).collect();
        let head = ["What", "Where it is read"].map(Line::from).to_vec();
        blocks.push(Block::Table { head, rows, numbers: None });
    }
    if !manifest.databases.is_empty() {
        blocks.push(heading("databases", "Databases"));
        blocks.push(Block::Paragraph(
            "Each query stands in this statement as it is put to the database. It is put in a \
             session that can only read, one query at a time, with a limit of time; its result is \
             read with a limit of rows and bytes, and what leaves is only the answer that the \
             question allows."
                .into(),
        ));
        let entry = |database| (title(database), vec![credentials(database)]);
        blocks.push(Block::Definitions(manifest.databases.iter().map(entry).collect()));
    }
    blocks
}

fn row(manifest: &Manifest, known: &Known) -> Vec<Line> {
    vec![known.what.to_string().into(), read_from(manifest, &known.source)]
}

/// Where a source is read, as a sentence.
pub(super) fn read_from(manifest: &Manifest, source: &Source) -> Line {
    match source {
        Source::System { fact } => {
            Line::from("Read by the agent itself (").code(fact.name()).words(").")
        }
        Source::Command { argv, .. } => {
            let words: Vec<_> = argv.iter().map(|word| typed(word)).collect();
            Line::from("Read from what ").code(words.join(" ")).words(" prints.")
        }
        Source::File { path, .. } => Line::from("Read from the file ").code(path).words("."),
        Source::Sql { query, database } => {
            let engine = manifest.database(database).map_or("", |known| known.engine.title());
            let words = Line::from("Read from the database ").code(database.as_str());
            words.words(format!(" ({engine}) with ")).code(query.as_str()).words(".")
        }
        Source::Http { url, .. } => {
            Line::from("Read from what this machine answers at ").code(url).words(".")
        }
        Source::Record { rows, .. } => read_from(manifest, rows),
        Source::Push { keeps } => {
            Line::from(format!("The program itself tells the agent {}.", keeps.in_words()))
        }
    }
}

/// A word of a command as one would type it.
fn typed(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

fn title(database: &Database) -> Line {
    Line::default().code(database.id.as_str()).words(format!(", {}", database.engine.title()))
}

fn credentials(database: &Database) -> Line {
    match (&database.path, &database.credentials) {
        (Some(path), _) if database.engine == Engine::Sqlite => {
            Line::from("Read from the file ").code(path).words(", which is opened to be read only.")
        }
        (_, Some(credentials)) => Line::from("Opened as the product itself opens it, with what ")
            .code(&credentials.file)
            .words(
                " says; or, better, as a user of its own who can read nothing else: \
                 candor-agent manifest grants prints how.",
            ),
        (_, None) => Line::from(
            "Opened with credentials that the operator gives; candor-agent manifest grants prints \
             which rights they need.",
        ),
    }
}
