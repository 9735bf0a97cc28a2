//! What differs between the report that leaves and the one sent before it, answer by answer.

use std::collections::BTreeMap;

use contract::manifest::Channel;

use super::{answers, report};

/// The difference to the report before.
pub(super) struct Difference {
    /// One sentence.
    pub(super) sentence: String,
    /// Question, answer then, answer now.
    pub(super) rows: Vec<(String, String, String)>,
}

/// Compares the bytes of two reports. `before` says when the older one was.
pub(super) fn between(channel: &Channel, old: &[&str], new: &[&str], before: &str) -> Difference {
    let (old, new) = (by_question(channel, old), by_question(channel, new));
    let mut rows = Vec::new();
    for (question, then, now) in old
        .keys()
        .chain(new.keys().filter(|key| !old.contains_key(*key)))
        .map(|question| (question, old.get(question), new.get(question)))
    {
        if then != now {
            let text = |answers: Option<&Vec<String>>| {
                answers.map_or_else(|| "no answer".to_owned(), |answers| answers.join("; "))
            };
            rows.push((question.clone(), text(then), text(now)));
        }
    }
    let sentence = match rows.len() {
        0 => format!(
            "The same answers as in the report of {before}. Only its period differs, and its tags."
        ),
        1 => format!("One answer differs from the report of {before}."),
        several => format!("{several} answers differ from the report of {before}."),
    };
    Difference { sentence, rows }
}

/// All answers to each question; samples have several.
fn by_question(channel: &Channel, parts: &[&str]) -> BTreeMap<String, Vec<String>> {
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for bytes in parts {
        let id = report::id_of(bytes);
        for (key, answer) in answers::of(bytes) {
            let field = channel.field(&key);
            // The anchor is repeated in every part: once is enough.
            let own =
                channel.part(&id).is_none_or(|p| p.fields.iter().any(|f| f.id.as_str() == key));
            if !own {
                continue;
            }
            let question = field.map_or_else(|| key.clone(), |field| field.question.to_string());
            let words = field.map_or_else(|| answer.to_string(), |f| answers::in_words(f, &answer));
            found.entry(question).or_default().push(words);
        }
    }
    for answers in found.values_mut() {
        answers.sort();
    }
    found
}
