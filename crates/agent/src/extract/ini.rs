//! INI files: `[section]`, `key = value`, comments after `;` and `#` at the beginning of a line.
//!
//! Every product has a dialect of its own. What all of them share is read; a key may be there
//! several times, as in units of systemd, and may have no value, as in a `my.cnf`.

/// The entries of the file, each under `section/key`, or `key` above the first section.
pub(super) fn parse(text: &str) -> Vec<(String, String)> {
    let mut section = String::new();
    let mut entries = Vec::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with([';', '#']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            section = format!("{}/", name.trim());
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        entries.push((format!("{section}{}", key.trim()), unquoted(value.trim()).to_owned()));
    }
    entries
}

/// The values of a key.
pub(super) fn values<'a>(
    entries: &'a [(String, String)],
    pointer: &str,
) -> impl Iterator<Item = &'a str> {
    let pointer = pointer.trim_start_matches('/');
    entries.iter().filter(move |(name, _)| name == pointer).map(|(_, value)| value.as_str())
}

fn unquoted(value: &str) -> &str {
    let inside = |quote| value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote));
    inside('"').or_else(|| inside('\'')).unwrap_or(value)
}
