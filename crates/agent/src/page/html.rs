//! The templates, filled. Askama escapes whatever a manifest, a ledger or an address says.

use askama::Template;
use contract::manifest::Manifest;

use super::Visit;
use super::channel::Shown;
use super::past::{ReportPage, SentPage};
use super::request::{Request, Response};
use super::view::Main;
use crate::trouble::Trouble;

/// Rules that only the operator's page needs.
const OWN_STYLE: &str = include_str!("../../assets/operator.css");
const ICON: &str = include_str!("../../assets/icon.svg");

#[derive(Template)]
#[template(path = "main.html")]
struct MainTemplate<'a> {
    root: &'a str,
    program: &'a str,
    csrf: &'a str,
    page: &'a Main,
}

#[derive(Template)]
#[template(path = "sent.html")]
struct SentTemplate<'a> {
    root: &'a str,
    program: &'a str,
    csrf: &'a str,
    page: &'a SentPage,
}

#[derive(Template)]
#[template(path = "report.html")]
struct ReportTemplate<'a> {
    root: &'a str,
    program: &'a str,
    csrf: &'a str,
    page: &'a ReportPage,
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementTemplate<'a> {
    root: &'a str,
    program: &'a str,
    csrf: &'a str,
    html: &'a str,
}

#[derive(Template)]
#[template(path = "live.html")]
struct LiveTemplate<'a> {
    root: &'a str,
    program: &'a str,
    csrf: &'a str,
    text: &'a str,
}

#[derive(Template)]
#[template(path = "trouble.html")]
struct TroubleTemplate<'a> {
    root: &'a str,
    trouble: &'a Trouble,
}

pub(super) fn main(page: &Main) -> Response {
    let (root, program, csrf) = (&page.root, &page.program, &page.csrf);
    let body = MainTemplate { root, program, csrf, page }.render();
    rendered(200, body)
}

pub(super) fn sent(page: &SentPage) -> Response {
    let (root, program, csrf) = (&page.root, &page.program, &page.csrf);
    rendered(200, SentTemplate { root, program, csrf, page }.render())
}

pub(super) fn report(visit: &Visit<'_>, program: &str, page: &ReportPage) -> Response {
    let (root, csrf) = (root(visit.request), visit.csrf());
    rendered(200, ReportTemplate { root: &root, program, csrf: &csrf, page }.render())
}

pub(super) fn statement(visit: &Visit<'_>, manifest: &Manifest) -> Response {
    let (root, csrf) = (root(visit.request), visit.csrf());
    let html = contract::statement::html_fragment(manifest);
    let program = &manifest.program.title;
    let page = StatementTemplate { root: &root, program, csrf: &csrf, html: &html };
    rendered(200, page.render())
}

/// What collectors said a moment ago.
pub(super) fn live(visit: &Visit<'_>, program: &str, text: &str) -> Response {
    let (root, csrf) = (root(visit.request), visit.csrf());
    rendered(200, LiveTemplate { root: &root, program, csrf: &csrf, text }.render())
}

/// An error in its three lines.
pub(super) fn trouble(visit: &Visit<'_>, status: u16, trouble: &Trouble) -> Response {
    if visit.json {
        return Response::json(status, &trouble.json());
    }
    let root = root(visit.request);
    rendered(status, TroubleTemplate { root: &root, trouble }.render())
}

/// The stylesheet: the one of every page, and this page's own rules.
pub(super) fn style() -> Response {
    let style = [contract::STYLE, OWN_STYLE].concat();
    Response::new(200, "text/css; charset=utf-8", style)
}

pub(super) fn icon() -> Response {
    Response::new(200, "image/svg+xml", ICON)
}

/// A page, or the plain truth that it could not be made.
pub(super) fn rendered(status: u16, body: askama::Result<String>) -> Response {
    match body {
        Ok(body) => Response::html(status, body),
        Err(_) => Response::new(500, "text/plain", "The page could not be made.\n"),
    }
}

/// The way from a request's path to the page: `./`, or `../` for each folder below the door.
pub(super) fn root(request: &Request) -> String {
    let path = request.path.trim_start_matches('/');
    let folders = path.matches('/').count();
    let behind_door = path.split('/').next().is_some_and(super::session::is_door);
    match folders.saturating_sub(usize::from(behind_door)) {
        0 => "./".to_owned(),
        up => "../".repeat(up),
    }
}
