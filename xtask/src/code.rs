//! Rust text without what is not code, so that a rule about code is not set off by prose.

#[cfg(test)]
mod tests;

/// The same text, line for line and column for column: comments become spaces, and whatever stands
/// inside a string becomes underscores.
pub fn only(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = chars.get(at..).filter(|rest| !rest.is_empty()) {
        let after_name = at > 0 && chars.get(at - 1).is_some_and(|c| is_name(*c));
        let piece = piece(rest, after_name);
        let taken = rest.iter().take(piece.chars.max(1));
        code.extend(taken.map(|c| match (&piece.kind, c.is_whitespace()) {
            (Kind::Code, _) | (_, true) => *c,
            (Kind::Comment, false) => ' ',
            (Kind::Text, false) => '_',
        }));
        at += piece.chars.max(1);
    }
    code
}

/// Whether the name `word` stands in the line as a whole, and where (in bytes) it ends.
pub fn word(line: &str, word: &str) -> Option<usize> {
    line.match_indices(word).map(|(start, found)| (start, start + found.len())).find_map(
        |(start, end)| {
            let before = line.get(..start)?.chars().next_back();
            let after = line.get(end..)?.chars().next();
            let alone = !before.is_some_and(is_name) && !after.is_some_and(is_name);
            alone.then_some(end)
        },
    )
}

enum Kind {
    Code,
    Comment,
    Text,
}

struct Piece {
    kind: Kind,
    chars: usize,
}

/// What the text begins with: one character of code, or a whole comment or string.
fn piece(rest: &[char], after_name: bool) -> Piece {
    let code = |chars| Piece { kind: Kind::Code, chars };
    match rest {
        ['/', '/', ..] => Piece { kind: Kind::Comment, chars: until(rest, |c| c == '\n') },
        ['/', '*', ..] => Piece { kind: Kind::Comment, chars: block_comment(rest) },
        ['"', ..] => Piece { kind: Kind::Text, chars: quoted(rest, '"') },
        // A character; a quote that does not close soon is a lifetime.
        ['\'', '\\', ..] => Piece { kind: Kind::Text, chars: quoted(rest, '\'') },
        ['\'', _, '\'', ..] => Piece { kind: Kind::Text, chars: 3 },
        ['r', '"' | '#', ..] if !after_name => match raw(rest) {
            Some(chars) => Piece { kind: Kind::Text, chars },
            None => code(1),
        },
        ['b' | 'c', tail @ ..] if !after_name && tail.first() == Some(&'r') => match raw(tail) {
            Some(chars) => Piece { kind: Kind::Text, chars: chars + 1 },
            None => code(1),
        },
        _ => code(1),
    }
}

fn until(rest: &[char], end: impl Fn(char) -> bool) -> usize {
    rest.iter().position(|c| end(*c)).unwrap_or(rest.len())
}

/// Block comments nest.
fn block_comment(rest: &[char]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(here) = rest.get(at..).filter(|here| !here.is_empty()) {
        match here {
            ['/', '*', ..] => (depth, at) = (depth + 1, at + 2),
            ['*', '/', ..] if depth <= 1 => return at + 2,
            ['*', '/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
    }
    rest.len()
}

fn quoted(rest: &[char], quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.iter().enumerate().skip(1) {
        if !escaped && *c == quote {
            return at + 1;
        }
        escaped = !escaped && *c == '\\';
    }
    rest.len()
}

/// The length of a raw string; `None` when this is no raw string (`r#type` is a name).
fn raw(rest: &[char]) -> Option<usize> {
    let hashes = until(rest.get(1..)?, |c| c != '#');
    if rest.get(1 + hashes) != Some(&'"') {
        return None;
    }
    let body = 2 + hashes;
    let closes = |here: &[char]| {
        here.first() == Some(&'"')
            && here.get(1..=hashes).is_some_and(|tail| tail.iter().all(|c| *c == '#'))
    };
    let end = (body..rest.len()).find(|at| rest.get(*at..).is_some_and(closes));
    Some(end.map_or(rest.len(), |end| end + 1 + hashes))
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}
