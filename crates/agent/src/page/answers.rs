//! The answers in a part's bytes, in words. They are read from the very bytes that are sent, so
//! what is shown and what leaves cannot differ.

use contract::kind::{Kind, MOVE};
use contract::manifest::Field;
use serde_json::{Map, Value};

/// The answers of a part, by field.
pub(super) fn of(bytes: &str) -> Map<String, Value> {
    let part: Value = serde_json::from_str(bytes).unwrap_or_default();
    match part.get("answers") {
        Some(Value::Object(answers)) => answers.clone(),
        _ => Map::new(),
    }
}

/// An answer as a person reads it.
pub(super) fn in_words(field: &Field, answer: &Value) -> String {
    match (&field.kind, answer) {
        (Kind::Flag, Value::Bool(flag)) => if *flag { "Yes" } else { "No" }.to_owned(),
        (Kind::Choice { .. }, Value::String(entry)) => field.title_of(entry).to_owned(),
        (Kind::Version { .. }, Value::String(version)) if version == "other" => {
            "Other (no version of the expected form)".to_owned()
        }
        (Kind::Count { unit, .. }, Value::String(label)) => format!("{} {unit}", range(label)),
        (Kind::Size { .. } | Kind::Duration { .. }, Value::String(label)) => range(label),
        (Kind::Set { .. }, Value::Array(entries)) => {
            let titles =
                entries.iter().filter_map(Value::as_str).map(|entry| field.title_of(entry));
            listed(&titles.map(str::to_owned).collect::<Vec<_>>(), ", ")
        }
        (Kind::Counts { unit, .. }, Value::Object(counts)) => {
            let count = |(entry, label): (&String, &Value)| {
                let label = range(label.as_str().unwrap_or_default());
                format!("{}: {label} {unit}", field.title_of(entry))
            };
            listed(&counts.iter().map(count).collect::<Vec<_>>(), "; ")
        }
        (Kind::Flow { unit, .. }, Value::Object(moves)) => {
            let count = |(text, label): (&String, &Value)| {
                let steps: Vec<_> = text.split(MOVE).map(|step| field.title_of(step)).collect();
                let label = range(label.as_str().unwrap_or_default());
                format!("{}: {label} {unit}", steps.join(" \u{2192} "))
            };
            listed(&moves.iter().map(count).collect::<Vec<_>>(), "; ")
        }
        (Kind::Sample { .. }, Value::Object(sample)) => {
            let text = |key: &str| sample.get(key).and_then(Value::as_str).unwrap_or_default();
            format!("{} ({})", text("value"), range(text("count")))
        }
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

fn listed(items: &[String], between: &str) -> String {
    if items.is_empty() { "None of them".to_owned() } else { items.join(between) }
}

/// "10 to 49", "1 GiB to 2 GiB", "1000 or more".
fn range(label: &str) -> String {
    if let Some(from) = label.strip_suffix('+') {
        return format!("{} or more", bound(from));
    }
    match label.split_once('-') {
        Some((low, high)) => format!("{} to {}", bound(low), bound(high)),
        None => bound(label),
    }
}

/// A number and its unit, kept on one line.
fn bound(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.split_at_checked(digits) {
        Some((number, unit)) if !unit.is_empty() => format!("{number}\u{a0}{unit}"),
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::range;

    #[test]
    fn ranges_are_words() {
        assert_eq!(range("10-49"), "10 to 49");
        assert_eq!(range("1GiB-2GiB"), "1\u{a0}GiB to 2\u{a0}GiB");
        assert_eq!(range("1000+"), "1000 or more");
        assert_eq!(range("0"), "0");
    }
}
