//! The rules that a query keeps. Every rule that is broken is named, once.

use super::BrokenRule;
use super::token::{Token, rule};
use super::words::{ACTING, BEFORE_BRACKET, FUNCTIONS, HASHES, OWN_NAMES, OWN_SCHEMAS, TELLING};

/// What is wrong with a query, in the order of its words.
pub(super) fn broken(tokens: &[Token<'_>]) -> Vec<BrokenRule> {
    let mut found = Vec::new();
    if !tokens.first().is_some_and(|first| first.is("SELECT")) {
        let fix = "begin with SELECT: nothing else is put to a database";
        found.push(rule("the query is no SELECT", fix));
    }
    for (at, token) in tokens.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let after = tokens.get(at + 1);
        let broken = match token {
            Token::Word(word) => word_rule(word, before, after),
            Token::Name(name) => name_rule(name, after),
            Token::Symbol('*') => star_rule(before),
            Token::Symbol('(') if matches!(before, Some(Token::Name(_))) => {
                Some(rule("a name in quotes is called as a function", "write its name without"))
            }
            _ => None,
        };
        found.extend(broken.filter(|broken| !found.contains(broken)));
    }
    found
}

fn word_rule(
    word: &str,
    before: Option<&Token<'_>>,
    after: Option<&Token<'_>>,
) -> Option<BrokenRule> {
    let capitals = word.to_ascii_uppercase();
    let among = |list: &[&str]| list.contains(&capitals.as_str());
    let is_called = after == Some(&Token::Symbol('('));
    if is_called && among(HASHES) {
        let fix = "what can be guessed can be hashed and compared: count, or leave it out";
        return Some(rule(format!("the query hashes (`{capitals}`)"), fix));
    }
    if is_called && !among(FUNCTIONS) && !among(BEFORE_BRACKET) {
        let fix = "use a function that only computes; those that are known stand in \
                   docs/guide/sources.md";
        return Some(rule(format!("`{word}(…)` is no function that a query may use"), fix));
    }
    // Behind a dot it is a column, whatever it is called.
    if before == Some(&Token::Symbol('.')) {
        return None;
    }
    if among(ACTING) {
        let fix = "a query reads and does nothing else; a column of that name is written \
                   `table.column`";
        return Some(rule(format!("the query says `{capitals}`"), fix));
    }
    if among(TELLING) {
        let fix = "ask something else: names of users and servers tell which machine this is";
        return Some(rule(format!("the query asks for `{capitals}`"), fix));
    }
    if is_called { None } else { name_rule(word, after) }
}

fn name_rule(name: &str, after: Option<&Token<'_>>) -> Option<BrokenRule> {
    let small = name.to_ascii_lowercase();
    let of_schema = after == Some(&Token::Symbol('.')) && OWN_SCHEMAS.contains(&small.as_str());
    let own = OWN_NAMES.iter().any(|beginning| small.starts_with(beginning));
    (own || of_schema).then(|| {
        let fix = "read the product's tables: the database's own name its users and its host";
        rule(format!("the query reads the database's own `{name}`"), fix)
    })
}

fn star_rule(before: Option<&Token<'_>>) -> Option<BrokenRule> {
    let all = match before {
        None | Some(Token::Symbol('.' | ',')) => true,
        Some(token) => token.is("SELECT") || token.is("DISTINCT") || token.is("ALL"),
    };
    all.then(|| {
        let fix = "name the columns: an operator must see what is read";
        rule("the query reads every column (`*`)", fix)
    })
}
