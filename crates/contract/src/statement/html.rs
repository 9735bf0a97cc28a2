//! The statement's tree as HTML. Nothing that a manifest says can become markup.

use std::fmt::Write as _;

use super::tree::{Block, Line, Piece};
use crate::STYLE;

/// A page may only show itself: it loads, runs and sends nothing.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(super) fn page(title: &str, blocks: &[Block]) -> String {
    let mut anchors = String::new();
    for block in blocks {
        if let Block::Heading { id: Some(id), text, .. } = block {
            put(&mut anchors, format_args!("<a href=\"#{}\">{}</a>", escape(id), line(text)));
        }
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <title>What {title} may send</title>\n<style>\n{STYLE}</style></head>\n\
         <body><a class=\"skip\" href=\"#main\">To the content</a>\n\
         <header class=\"top\"><b>{title}</b><span class=\"quiet\">data statement</span>\
         <nav aria-label=\"Sections\">{anchors}</nav></header>\n\
         <main id=\"main\"><div class=\"statement\">\n{}</div></main>\n\
         <footer><p>Made by Candor from the manifest alone. No script, no cookie, nothing loaded \
         from anywhere.</p></footer></body></html>\n",
        fragment(blocks),
        title = escape(title),
    )
}

pub(super) fn fragment(blocks: &[Block]) -> String {
    let mut out = String::new();
    for block in blocks {
        write_block(&mut out, block);
        out.push('\n');
    }
    out
}

fn write_block(out: &mut String, block: &Block) {
    match block {
        Block::Heading { level, id, text } => {
            let id = id.as_ref().map(|id| format!(" id=\"{}\"", escape(id))).unwrap_or_default();
            // Sections stand apart; the class is that of the site's own sections.
            let class = if *level == 2 { " class=\"part\"" } else { "" };
            put(out, format_args!("<h{level}{id}{class}>{}</h{level}>", line(text)));
        }
        Block::Lede(text) => put(out, format_args!("<p class=\"lede\">{}</p>", line(text))),
        Block::Paragraph(text) => put(out, format_args!("<p>{}</p>", line(text))),
        Block::Warning(text) => {
            put(out, format_args!("<p class=\"mode warn\" role=\"note\">{}</p>", line(text)));
        }
        Block::Table { head, rows, numbers } => table(out, head, rows, *numbers),
        Block::Definitions(entries) => {
            out.push_str("<dl class=\"remarks\">\n");
            for (term, details) in entries {
                put(out, format_args!("<div><dt>{}</dt>", line(term)));
                for detail in details {
                    put(out, format_args!("<dd>{}</dd>", line(detail)));
                }
                out.push_str("</div>\n");
            }
            out.push_str("</dl>");
        }
        Block::Commands(commands) => {
            put(out, format_args!("<pre>{}</pre>", escape(&commands.join("\n"))));
        }
    }
}

fn table(out: &mut String, head: &[Line], rows: &[Vec<Line>], numbers: Option<usize>) {
    let class = |index| if Some(index) == numbers { " class=\"n\"" } else { "" };
    // A table that is wider than a phone is scrolled, also by the keyboard.
    // On a narrow screen rows of many cells become blocks, each cell beside the name of its column.
    let stack = if head.len() > 2 { " class=\"stack\"" } else { "" };
    put(out, format_args!("<div class=\"scroll\" tabindex=\"0\"><table{stack}><thead><tr>"));
    for (index, cell) in head.iter().enumerate() {
        put(out, format_args!("<th scope=\"col\"{}>{}</th>", class(index), line(cell)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for row in rows {
        out.push_str("<tr>");
        for (index, (cell, name)) in row.iter().zip(head).enumerate() {
            let (class, name, cell) = (class(index), plain(name), line(cell));
            put(out, format_args!("<td{class} data-label=\"{name}\">{cell}</td>"));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody></table></div>");
}

/// Writing to a string cannot fail.
fn put(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn line(line: &Line) -> String {
    let write = |piece: &Piece| match piece {
        Piece::Words(text) => escape(text),
        Piece::Strong(text) => format!("<strong>{}</strong>", escape(text)),
        Piece::Code(text) => format!("<code>{}</code>", escape(text)),
    };
    line.0.iter().map(write).collect()
}

/// A line as the value of an attribute.
fn plain(line: &Line) -> String {
    let text = |piece: &Piece| match piece {
        Piece::Words(text) | Piece::Strong(text) | Piece::Code(text) => escape(text),
    };
    line.0.iter().map(text).collect()
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
