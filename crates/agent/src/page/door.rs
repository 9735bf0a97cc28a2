//! What somebody sees who may not come in, or not this way.

use askama::Template;

use super::request::{Request, Response};
use super::{Visit, html};

/// A page of a few words.
#[derive(Template)]
#[template(path = "door.html")]
struct Door<'a> {
    root: String,
    title: &'a str,
    sentence: &'a str,
    /// What to do, as commands.
    command: Option<&'a str>,
    after: &'a str,
    /// Where to go on, if anywhere; at once when `refresh`.
    link: Option<&'a str>,
    refresh: bool,
}

const COMMAND: &str = "candor-agent page";
const WHO: &str = "Run it as the user who owns the state folder, or as root. It prints a link that \
                   works once, for ten minutes, in one browser.";

/// Nobody without a session sees anything.
pub(super) fn closed(request: &Request, json: bool) -> Response {
    let title = "This page is closed";
    let sentence = "It shows what a program may tell its vendor, and lets its operator decide. To \
                    open it, ask for a link in a terminal on this machine:";
    page(request, json, 403, title, sentence, Some(COMMAND), WHO)
}

/// A link that was used before, or is too old.
pub(super) fn used(request: &Request) -> Response {
    let title = "This link does not work any more";
    let sentence = "A link works once and for ten minutes. If you have not used this one yourself, \
                    somebody else may have: whoever can read your terminal, your browser's history \
                    or your messages. Ask for another:";
    page(request, false, 403, title, sentence, Some(COMMAND), WHO)
}

/// Rebound names, and names that were not configured.
pub(super) fn wrong_host(request: &Request) -> Response {
    let title = "Not under this name";
    let sentence = "A page on the internet can point a name of its own at this machine. So this \
        one \
                    answers only under the names it was told, and localhost. To add one:";
    let command = Some("candor-agent run --page 127.0.0.1:7417 --page-name NAME");
    page(request, super::wants_json(request), 421, title, sentence, command, "")
}

/// A page of another origin tried to change something.
pub(super) fn wrong_origin(request: &Request) -> Response {
    let title = "Nothing was changed";
    let sentence = "A page of another site, or of another program on this machine, asked for a \
                    change in your name. It was refused.";
    page(request, super::wants_json(request), 403, title, sentence, None, "")
}

/// A form that no page of this session made.
pub(super) fn forged(visit: &Visit<'_>) -> Response {
    let title = "Nothing was changed";
    let sentence = "The form does not belong to this session. It may have stood open since before \
                    you opened the page anew: go back, reload it, and try again.";
    page(visit.request, visit.json, 403, title, sentence, None, "")
}

/// No such page, or not in this way.
pub(super) fn nothing_here(visit: &Visit<'_>, status: u16) -> Response {
    page(visit.request, visit.json, status, "There is nothing here", "", None, "")
}

/// A session has begun.
pub(super) fn entered() -> Response {
    // Not a redirect: after a click in a mail or chat the browser would follow it without the
    // cookie, which goes along only with requests that this page itself begins.
    let door = Door {
        root: "./".to_owned(),
        title: "The page is open",
        sentence: "The link is used up; this browser alone may come in with it.",
        command: None,
        after: "",
        link: Some("./"),
        refresh: true,
    };
    html::rendered(200, door.render())
}

/// A session has ended.
pub(super) fn left() -> Response {
    let door = Door {
        root: "./".to_owned(),
        title: "The page is closed",
        sentence: "Nobody comes in with this browser any more. To open it again:",
        command: Some(COMMAND),
        after: "",
        link: None,
        refresh: false,
    };
    html::rendered(200, door.render())
}

fn page(
    request: &Request,
    json: bool,
    status: u16,
    title: &str,
    sentence: &str,
    command: Option<&str>,
    after: &str,
) -> Response {
    if json {
        let value = serde_json::json!({"error": title, "what_happened": sentence});
        return Response::json(status, &value);
    }
    let root = html::root(request);
    let door = Door { root, title, sentence, command, after, link: None, refresh: false };
    html::rendered(status, door.render())
}
