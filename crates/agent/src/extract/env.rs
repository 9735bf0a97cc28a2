//! Variables as a `.env` has them: `NAME=value`, perhaps in quotes, perhaps behind `export`.
//!
//! Programs read these files with libraries that agree on what stands here. Variables inside of
//! values (`${OTHER}`) are left as they are written.

/// The variables of the file.
pub(super) fn parse(text: &str) -> Vec<(String, String)> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let variables = lines.filter_map(|line| {
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        Some((name.trim().to_owned(), value_of(value.trim())))
    });
    variables.collect()
}

/// In single quotes everything is itself; in double quotes a backslash makes the next character
/// itself; without quotes a value ends before ` #`.
fn value_of(text: &str) -> String {
    if let Some(rest) = text.strip_prefix('\'') {
        return rest.split('\'').next().unwrap_or_default().to_owned();
    }
    let Some(rest) = text.strip_prefix('"') else {
        let end = text.find(" #").or_else(|| text.find("\t#")).unwrap_or(text.len());
        return text.get(..end).unwrap_or_default().trim_end().to_owned();
    };
    let mut value = String::new();
    let mut chars = rest.chars();
    while let Some(c) = chars.next() {
        match c {
            '"' => break,
            '\\' => match chars.next() {
                Some('n') => value.push('\n'),
                Some('t') => value.push('\t'),
                Some('r') => value.push('\r'),
                Some(other) => value.push(other),
                None => {}
            },
            _ => value.push(c),
        }
    }
    value
}
