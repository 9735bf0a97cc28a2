//! Enough of an HTML reader to ask a page what is in it.

use std::collections::BTreeSet;

/// One opening tag.
#[derive(Debug)]
pub(crate) struct Tag {
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, String)>,
}

impl Tag {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has_class(&self, class: &str) -> bool {
        self.get("class").is_some_and(|all| all.split(' ').any(|one| one == class))
    }
}

/// All opening tags, as a browser would find them.
pub(crate) fn tags(html: &str) -> Vec<Tag> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        rest = &rest[at + 1..];
        if rest.starts_with(|c: char| c.is_ascii_alphabetic()) {
            let (tag, after) = tag(rest);
            tags.push(tag);
            rest = after;
        }
    }
    tags
}

fn tag(text: &str) -> (Tag, &str) {
    let end = text.find(|c: char| c.is_whitespace() || c == '>' || c == '/').unwrap();
    let (name, mut rest) = text.split_at(end);
    let mut attributes = Vec::new();
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || c == '/');
        if let Some(after) = rest.strip_prefix('>') {
            return (Tag { name: name.to_lowercase(), attributes }, after);
        }
        let end = rest.find(|c: char| c.is_whitespace() || "=>/".contains(c)).unwrap();
        let (key, after) = rest.split_at(end);
        let value;
        (value, rest) = match after.strip_prefix('=') {
            None => ("", after),
            Some(after) => match after.strip_prefix('"') {
                Some(quoted) => quoted.split_once('"').unwrap(),
                None => {
                    after.split_at(after.find(|c: char| c.is_whitespace() || c == '>').unwrap())
                }
            },
        };
        attributes.push((key.to_lowercase(), value.to_owned()));
    }
}

/// The words of a page, one block a line, without markup.
pub(crate) fn words(html: &str) -> String {
    let mut words = String::new();
    let body = html.split_once("<body>").map_or(html, |(_, body)| body);
    for piece in body.split('<') {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let name = tag.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or("");
        let inline = ["a", "b", "i", "s", "em", "u", "span", "small", "strong", "text", "tspan"];
        words.push_str(if inline.contains(&name) { " " } else { "\n" });
        words.push_str(text);
    }
    let lines = words.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// All places of a page that a link can name.
pub(crate) fn ids(html: &str) -> BTreeSet<String> {
    tags(html).iter().filter_map(|tag| tag.get("id")).map(str::to_owned).collect()
}
