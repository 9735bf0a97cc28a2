//! The statement's tree as Markdown. Nothing that a manifest says can become markup.

use std::fmt::Write as _;

use super::tree::{Block, Line, Piece};

pub(super) fn write(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        if !out.is_empty() {
            out.push('\n');
        }
        write_block(&mut out, block);
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    // Writing to a string cannot fail.
    let _ = match block {
        Block::Heading { level, text, .. } => {
            let marks = "#".repeat(usize::from(*level));
            writeln!(out, "{marks} {}", line(text))
        }
        Block::Lede(text) | Block::Paragraph(text) => writeln!(out, "{}", begin(&line(text))),
        Block::Warning(text) => writeln!(out, "> **Mind:** {}", line(text)),
        Block::Table { head, rows, numbers } => table(out, head, rows, *numbers),
        Block::Definitions(entries) => entries.iter().enumerate().try_for_each(|(index, entry)| {
            let gap = if index == 0 { "" } else { "\n" };
            write!(out, "{gap}**{}**", plain(&entry.0))?;
            // A backslash at the end of a line begins a new one in the same paragraph.
            entry.1.iter().try_for_each(|detail| write!(out, "\\\n{}", begin(&line(detail))))?;
            writeln!(out)
        }),
        Block::Commands(commands) => {
            commands.iter().try_for_each(|command| writeln!(out, "    {command}"))
        }
    };
}

fn table(
    out: &mut String,
    head: &[Line],
    rows: &[Vec<Line>],
    numbers: Option<usize>,
) -> std::fmt::Result {
    let row = |cells: &[Line]| {
        let cells: Vec<_> = cells.iter().map(line).collect();
        format!("| {} |", cells.join(" | "))
    };
    writeln!(out, "{}", row(head))?;
    let rule = |(index, _)| if Some(index) == numbers { "---:" } else { "---" };
    let rules: Vec<_> = head.iter().enumerate().map(rule).collect();
    writeln!(out, "|{}|", rules.join("|"))?;
    rows.iter().try_for_each(|cells| writeln!(out, "{}", row(cells)))
}

fn line(line: &Line) -> String {
    let write = |piece: &Piece| match piece {
        Piece::Words(text) => escape(text),
        Piece::Strong(text) => format!("**{}**", escape(text)),
        Piece::Code(text) => code(text),
    };
    line.0.iter().map(write).collect()
}

/// A line without weight of its own, for the inside of `**`.
fn plain(line: &Line) -> String {
    let write = |piece: &Piece| match piece {
        Piece::Words(text) | Piece::Strong(text) => escape(text),
        Piece::Code(text) => code(text),
    };
    line.0.iter().map(write).collect()
}

/// Escapes whatever could be markup anywhere in a line, table cells included.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let inside_word =
            before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphanumeric());
        match c {
            // `a_b` is no emphasis in any dialect that has tables.
            '_' if inside_word => out.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&' | '$' => {
                out.push('\\');
                out.push(c);
            }
            _ if c.is_control() => out.push(' '),
            _ => out.push(c),
        }
        before = c;
    }
    out
}

/// Escapes what is markup at the beginning of a line alone: headings, lists, rules.
fn begin(line: &str) -> String {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    if rest.starts_with(['.', ')']) && digits > 0 {
        return format!("{number}\\{rest}");
    }
    if line.starts_with(['#', '+', '-', '=']) { format!("\\{line}") } else { line.to_owned() }
}

/// A code span with enough backticks around it; a bar would end a table's cell even there.
fn code(text: &str) -> String {
    let text = text.replace(char::is_control, " ").replace('|', "\\|");
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}
