//! What a query reads: its tables, and their columns where they can be told.

use std::collections::{BTreeMap, BTreeSet};

use super::Query;
use super::token::{Token, tokens};
use super::words::GRAMMAR;

/// The columns that are read of each table; `None` where they cannot be told, so that all of them
/// must be open.
pub type Reads = BTreeMap<String, Option<BTreeSet<String>>>;

/// What some queries read together.
pub fn reads<'q>(queries: impl Iterator<Item = &'q Query>) -> Reads {
    let mut all = Reads::new();
    for query in queries {
        for (table, columns) in reads_of(query) {
            let known = all.entry(table).or_insert_with(|| Some(BTreeSet::new()));
            match (known.as_mut(), columns) {
                (Some(known), Some(columns)) => known.extend(columns),
                _ => *known = None,
            }
        }
    }
    all
}

/// The columns that a query gives, as far as they can be told: of those it only compares or counts
/// by, none. They are `table.column`, in lower case.
pub fn gives(query: &Query) -> BTreeSet<String> {
    let tokens = tokens(query.as_str()).unwrap_or_default();
    let mut depth = 0_i32;
    let end = tokens.iter().position(|token| {
        match token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') => depth -= 1,
            _ => {}
        }
        depth == 0 && token.is("FROM")
    });
    let (mut whole, mut list) = (Scope::default(), Scope::default());
    whole.read(&tokens);
    list.read(tokens.get(..end.unwrap_or(tokens.len())).unwrap_or_default());
    let single = (whole.tables.len() == 1).then(|| whole.tables.values().next().copied()).flatten();
    let column = |named: &Named<'_>| {
        let table = match named.of {
            Some(of) => whole.tables.get(of).copied(),
            None => single,
        };
        Some(format!("{}.{}", table?, named.name).to_ascii_lowercase())
    };
    list.names.iter().filter_map(column).collect()
}

/// A name, perhaps behind the name of its table.
struct Named<'q> {
    of: Option<&'q str>,
    name: &'q str,
}

fn reads_of(query: &Query) -> Reads {
    let tokens = tokens(query.as_str()).unwrap_or_default();
    let mut scope = Scope::default();
    scope.read(&tokens);
    let mut reads: Reads =
        scope.tables.values().map(|table| ((*table).to_owned(), Some(BTreeSet::new()))).collect();
    let single = (reads.len() == 1).then(|| reads.keys().next().cloned()).flatten();
    let mut untold = false;
    for Named { of, name } in &scope.names {
        let table = match of {
            Some(of) => scope.tables.get(of).map(|table| (*table).to_owned()),
            None if scope.aliases.contains(name) => continue,
            None => single.clone(),
        };
        match table.as_ref().and_then(|table| reads.get_mut(table)) {
            Some(Some(columns)) => drop(columns.insert((*name).to_owned())),
            // Of a table that a query makes itself, or nobody knows of which.
            _ => untold |= of.is_none(),
        }
    }
    for columns in reads.values_mut() {
        if untold || columns.as_ref().is_some_and(BTreeSet::is_empty) {
            *columns = None;
        }
    }
    reads
}

/// The names of a query by what they are.
#[derive(Default)]
struct Scope<'q> {
    /// Tables by the names that the query calls them.
    tables: BTreeMap<&'q str, &'q str>,
    /// Names that the query gives.
    aliases: BTreeSet<&'q str>,
    /// All other names.
    names: Vec<Named<'q>>,
}

impl<'q> Scope<'q> {
    fn read(&mut self, tokens: &[Token<'q>]) {
        let mut at = 0;
        let mut brackets: Vec<bool> = Vec::new();
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                // In EXTRACT(DAY FROM …) and its like no table follows.
                Token::Symbol('(') => {
                    let before = at.checked_sub(2).and_then(|before| tokens.get(before));
                    let takes = ["EXTRACT", "SUBSTRING", "TRIM", "POSITION"];
                    let inside = before.is_some_and(|t| takes.iter().any(|word| t.is(word)));
                    brackets.push(inside);
                }
                Token::Symbol(')') => {
                    brackets.pop();
                    // A table that the query makes itself has its name right behind.
                    if let Some(name) = tokens.get(at).and_then(|token| name_of(token)) {
                        self.aliases.insert(name);
                        at += 1;
                    }
                }
                _ if token.is("JOIN") || (token.is("FROM") && brackets.last() != Some(&true)) => {
                    at = self.tables_at(tokens, at);
                }
                _ if token.is("AS") => {
                    if let Some(name) = tokens.get(at).and_then(|token| name_of(token)) {
                        self.aliases.insert(name);
                        at += 1;
                    }
                }
                _ => at = self.name_at(tokens, at - 1),
            }
        }
    }

    /// Tables with commas between, each perhaps with another name.
    fn tables_at(&mut self, tokens: &[Token<'q>], mut at: usize) -> usize {
        while let Some(mut table) = tokens.get(at).and_then(|token| name_of(token)) {
            at += 1;
            if tokens.get(at) == Some(&Token::Symbol('.'))
                && let Some(name) = tokens.get(at + 1).and_then(|token| name_of(token))
            {
                table = name;
                at += 2;
            }
            self.tables.insert(table, table);
            at += usize::from(tokens.get(at).is_some_and(|token| token.is("AS")));
            if let Some(alias) = tokens.get(at).and_then(|token| name_of(token)) {
                self.tables.remove(table);
                self.tables.insert(alias, table);
                at += 1;
            }
            if tokens.get(at) != Some(&Token::Symbol(',')) {
                break;
            }
            at += 1;
        }
        at
    }

    /// A name that stands at a place, if there is one; gives the place after it.
    fn name_at(&mut self, tokens: &[Token<'q>], at: usize) -> usize {
        let Some(name) = tokens.get(at).and_then(|token| name_of(token)) else { return at + 1 };
        match tokens.get(at + 1) {
            // A function.
            Some(Token::Symbol('(')) => at + 1,
            Some(Token::Symbol('.')) => {
                if let Some(column) = tokens.get(at + 2).and_then(|token| any_name_of(token)) {
                    self.names.push(Named { of: Some(name), name: column });
                }
                at + 3
            }
            _ => {
                self.names.push(Named { of: None, name });
                at + 1
            }
        }
    }
}

/// A name that is no word of the grammar.
fn name_of<'q>(token: &Token<'q>) -> Option<&'q str> {
    let name = any_name_of(token)?;
    let is_grammar = matches!(token, Token::Word(_))
        && GRAMMAR.iter().any(|word| word.eq_ignore_ascii_case(name));
    (!is_grammar).then_some(name)
}

fn any_name_of<'q>(token: &Token<'q>) -> Option<&'q str> {
    match token {
        Token::Word(name) | Token::Name(name) => Some(name),
        _ => None,
    }
}
