//! The page at `/`: what this is, who runs it, what it sees and what it cannot see.

use std::fmt::Write as _;

use crate::gateway::Gateway;
use crate::limits;

/// What the operator says about themselves.
#[derive(Debug, Clone, Default)]
pub struct Operator {
    /// Who runs the relay.
    pub name: Option<String>,
    /// Under which country's law.
    pub country: Option<String>,
    /// How to reach them.
    pub contact: Option<String>,
}

/// No script, no picture, nothing from elsewhere.
pub const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; \
     form-action 'none'; frame-ancestors 'none'";

/// The page's HTML.
pub fn page(operator: &Operator, gateways: &[Gateway], addresses_counted: bool) -> String {
    let unsaid = "not said: its operator has not filled this in";
    let row = |term: &str, words: Option<&String>| {
        format!("<dt>{term}</dt><dd>{}</dd>\n", escape(words.map_or(unsaid, String::as_str)))
    };
    let mut list = String::new();
    for gateway in gateways {
        let path = gateway.name.as_deref().filter(|_| gateways.len() > 1).unwrap_or_default();
        let keys =
            if path.is_empty() { "/ohttp-keys".into() } else { format!("/{path}/ohttp-keys") };
        let to = escape(&gateway.to_string());
        let _ = writeln!(
            list,
            "<li><code>POST /{path}</code> to <code>{to}</code>; \
             <a href=\"{keys}\">its keys</a></li>",
        );
    }
    let counted = if addresses_counted { COUNTED } else { NOT_COUNTED };
    let mut html = String::from(HEAD);
    html.push_str(&row("Run by", operator.name.as_ref()));
    html.push_str(&row("Country", operator.country.as_ref()));
    html.push_str(&row("Contact", operator.contact.as_ref()));
    let _ = write!(
        html,
        "</dl>\n<h2>Where it forwards to</h2>\n<p>To these gateways and to nothing else:</p>\n\
         <ul>\n{list}</ul>\n{SEES}<p>{counted}</p>\n{FOOT}",
    );
    html.replace("{kib}", &(limits::REQUEST_BYTES_MAX / 1024).to_string())
}

const HEAD: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>A relay for sealed requests</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }
dt { font-weight: bold } dd { margin: 0 0 .5rem } code { overflow-wrap: anywhere }
</style>
</head>
<body>
<main>
<h1>A relay for sealed requests</h1>
<p>This server carries sealed requests from installations of software to the people who make that
software, so that they receive what was sent without learning from whom. It is an Oblivious Relay
Resource as RFC 9458 describes it, and runs the program <code>candor-relay</code>.</p>
<dl>
"#;

const SEES: &str = "<h2>What it sees</h2>
<ul>
<li>The network address that a sealed request comes from, while the connection lasts.</li>
<li>When it comes, how long it is (one of a few lengths, at most {kib} KiB), and for which of the
gateways above.</li>
</ul>
<h2>What it cannot see</h2>
<ul>
<li>What a request says, or its answer: both are sealed between the sender and the gateway, and the
key is not here.</li>
<li>Which software, which installation or which question it concerns, beyond the gateway.</li>
</ul>
<h2>What it keeps</h2>
<p>Nothing on disk, and no list of addresses anywhere. It writes no address into a log. The gateway
is given the sealed bytes alone: no address, and no header of the sender's.</p>
";

const COUNTED: &str = "Against floods it counts requests per network (the first 24 bits of an IPv4 \
address, 48 of an IPv6 address) in memory, in 65,536 places named by a salted hash. Salt and \
counts are thrown away every hour.";

const NOT_COUNTED: &str = "It counts nothing per network.";

const FOOT: &str = "<h2>What to keep in mind</h2>
<p>That nobody can match address and content rests on this relay and the gateway being run by
different people who do not compare their notes. If the same people run both, they could. Whoever
watches the lines of both can compare times and lengths. The operator of the machine that this runs
on could run another program in its place; that it is this one is their word.</p>
</main>
</body>
</html>
";

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_says_who_runs_it_and_runs_nothing_that_they_wrote() {
        let operator = Operator {
            name: Some("<script>alert(1)</script> & \"Sons\"".into()),
            country: None,
            contact: Some("relay@example.org".into()),
        };
        let gateways =
            ["https://a.example".parse().unwrap(), "b=https://b.example".parse().unwrap()];
        let html = page(&operator, &gateways, true);
        assert!(!html.contains("<script") && html.contains("&amp; &quot;Sons&quot;"));
        assert!(html.contains("its operator has not filled this in"));
        assert!(html.contains("<code>POST /</code> to <code>https://a.example/ohttp</code>"));
        assert!(html.contains("<code>POST /b</code>") && html.contains("at most 64 KiB"));
        assert!(html.contains("every hour") && html.len() < 8_192);
        assert!(page(&operator, &gateways, false).contains("counts nothing per network"));
    }
}
