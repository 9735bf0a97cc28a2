//! Facts from JSON and TOML: a value, a list of values, or numbers by name.

use contract::answer::Fact;
use contract::manifest::{Amount, Take};
use serde_json::{Map, Value};

use super::{ExtractError, GoOn, text};
use crate::limits::SOURCE_VALUES_MAX;

/// Takes a fact from what a pointer leads to, or from the list of all that it leads to.
pub(super) fn at(
    root: &Value,
    pointer: &str,
    take: &Take,
    go_on: GoOn<'_>,
) -> Result<Fact, ExtractError> {
    if !pointer.split('/').any(|step| step == EVERY) {
        return self::take(root.pointer(pointer).ok_or(ExtractError::Pointer)?, take, go_on);
    }
    let found: Vec<Value> = walk(root, pointer)?.into_iter().cloned().collect();
    match take.amount {
        // Nothing there is an answer where there may be several.
        _ if found.is_empty() && take.amount != Amount::Number => Ok(Fact::List(Vec::new())),
        _ => self::take(&Value::Array(found), take, go_on),
    }
}

/// The records that a pointer leads to: everything under its `*`, or the items of the one list.
pub(super) fn each<'v>(root: &'v Value, pointer: &str) -> Result<Vec<&'v Value>, ExtractError> {
    let found = walk(root, pointer)?;
    match found.as_slice() {
        [] if !pointer.contains(EVERY) => Err(ExtractError::Pointer),
        [Value::Array(items)] if items.len() > SOURCE_VALUES_MAX => Err(ExtractError::Values),
        [Value::Array(items)] if !pointer.ends_with(EVERY) => Ok(items.iter().collect()),
        _ => Ok(found),
    }
}

/// The step that leads to every item of a list, and to every member of an object.
const EVERY: &str = "*";

/// Everything that a pointer (RFC 6901, and `*`) leads to.
fn walk<'v>(root: &'v Value, pointer: &str) -> Result<Vec<&'v Value>, ExtractError> {
    let mut found = vec![root];
    for step in pointer.split('/').skip(1) {
        let mut next: Vec<&Value> = Vec::new();
        for value in found {
            match value {
                Value::Array(items) if step == EVERY => next.extend(items),
                Value::Object(members) if step == EVERY => next.extend(members.values()),
                // One step at a time is RFC 6901's own, with its escapes.
                value => next.extend(value.pointer(&format!("/{step}"))),
            }
            if next.len() > SOURCE_VALUES_MAX {
                return Err(ExtractError::Values);
            }
        }
        found = next;
    }
    Ok(found)
}

/// Takes a fact from a value.
pub(super) fn take(value: &Value, take: &Take, go_on: GoOn<'_>) -> Result<Fact, ExtractError> {
    if take.amount == Amount::Number && take.pattern.is_none() {
        let number = match value {
            Value::Null => 0,
            Value::Array(items) => items.len(),
            Value::Object(members) => members.len(),
            _ => 1,
        };
        return Ok(Fact::Number((number as u64).saturating_mul(take.times)));
    }
    match value {
        Value::Null => Err(ExtractError::Pointer),
        Value::Bool(flag) if take.pattern.is_none() => Ok(Fact::Flag(*flag)),
        Value::Number(_) if take.pattern.is_none() => number(value, take.times).map(Fact::Number),
        Value::Bool(_) | Value::Number(_) => {
            text::take_some([value.to_string().as_str()].into_iter(), take, go_on)
        }
        Value::String(text) => text::take_some([text.as_str()].into_iter(), take, go_on),
        Value::Array(items) => list(items, take, go_on),
        Value::Object(members) if take.pattern.is_none() => numbers(members, take.times),
        Value::Object(_) => Err(ExtractError::Shape),
    }
}

/// Reads TOML as the tree that JSON has: one pointer and one set of rules for both.
pub(super) fn from_toml(text: &str) -> Option<Value> {
    toml::from_str::<toml::Table>(text).ok().map(|table| json(toml::Value::Table(table)))
}

/// A whole number; what follows the point never matters to a bucket.
fn number(value: &Value, times: u64) -> Result<u64, ExtractError> {
    match (value.as_u64(), value.as_f64()) {
        (Some(number), _) => Ok(number.saturating_mul(times)),
        (None, Some(number)) if number >= 0.0 => Ok(whole(number * times as f64)),
        _ => Err(ExtractError::Number),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and the caller has no number below zero"
)]
fn whole(number: f64) -> u64 {
    number as u64
}

/// A list is taken whole for `first` as for `all`: the field's kind says how many it needs.
fn list(items: &[Value], take: &Take, go_on: GoOn<'_>) -> Result<Fact, ExtractError> {
    if items.len() > SOURCE_VALUES_MAX {
        return Err(ExtractError::Values);
    }
    let texts: Result<Vec<_>, _> =
        items.iter().filter(|item| !item.is_null()).map(scalar).collect();
    let amount = if take.amount == Amount::Number { Amount::Number } else { Amount::All };
    let mut all = take.clone();
    all.amount = amount;
    text::take_some(texts?.iter().map(String::as_str), &all, go_on)
}

fn scalar(value: &Value) -> Result<String, ExtractError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(ExtractError::Shape),
    }
}

fn numbers(members: &Map<String, Value>, times: u64) -> Result<Fact, ExtractError> {
    if members.len() > SOURCE_VALUES_MAX {
        return Err(ExtractError::Values);
    }
    let number = |(name, value): (&String, &Value)| {
        if !value.is_number() {
            return Err(ExtractError::Shape);
        }
        Ok((name.clone(), number(value, times)?))
    };
    members.iter().map(number).collect::<Result<_, _>>().map(Fact::Numbers)
}

fn json(value: toml::Value) -> Value {
    match value {
        toml::Value::String(text) => Value::String(text),
        toml::Value::Integer(number) => number.into(),
        toml::Value::Float(number) => number.into(),
        toml::Value::Boolean(flag) => flag.into(),
        toml::Value::Datetime(moment) => Value::String(moment.to_string()),
        toml::Value::Array(items) => Value::Array(items.into_iter().map(json).collect()),
        toml::Value::Table(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, json(value))).collect())
        }
    }
}
