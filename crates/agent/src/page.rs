//! The operator's page: everything that can be seen and decided, as HTML and as JSON. Pure: a
//! request and the agent in, an answer out; sockets are in `edge::serve`.

use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use crate::agent::Agent;
use crate::trouble::Trouble;

mod answers;
mod api;
mod channel;
mod decide;
mod difference;
mod door;
mod draft;
mod guard;
mod html;
pub mod limits;
mod options;
mod past;
mod report;
mod request;
mod sent;
mod session;
mod view;
mod words;

pub use options::Options;
pub use request::{Request, Response, Way};

use guard::Refusal;
use session::{Pass, Sessions};

/// The cookie of a session.
const COOKIE: &str = "candor";

/// The page of one agent, with its open links and sessions. All of that is gone when the process
/// ends: a new link is one command away.
pub struct Page {
    options: Options,
    sessions: Mutex<Sessions>,
    drafts: Mutex<draft::Drafts>,
}

/// A request that may go on: where it leads, and in which session.
struct Visit<'r> {
    request: &'r Request,
    /// The path below the door, without slashes around it.
    route: &'r str,
    /// `None` for a program at the socket.
    pass: Option<Pass>,
    json: bool,
    now: Timestamp,
}

impl Visit<'_> {
    /// What stands in every form of the session.
    fn csrf(&self) -> String {
        self.pass.as_ref().map(|pass| pass.csrf.clone()).unwrap_or_default()
    }
}

impl Page {
    /// A page that nobody has opened yet.
    pub fn new(options: Options) -> Self {
        let (sessions, drafts) = (Mutex::default(), Mutex::default());
        Self { options, sessions, drafts }
    }

    /// Answers a request. What it changes is in force when this returns.
    pub fn answer(&self, agent: &Agent<'_>, request: &Request) -> Response {
        let response = match guard::check(request, &self.options) {
            Ok(()) => self.admitted(agent, request),
            Err(refusal) => refused(refusal, request),
        };
        guard::seal(response, &self.options)
    }

    fn admitted(&self, agent: &Agent<'_>, request: &Request) -> Response {
        let (door, route) = split(&request.path);
        match route {
            "style.css" => return html::style(),
            "icon.svg" => return html::icon(),
            _ => {}
        }
        let now = agent.now();
        let at_socket = request.way == Way::Socket;
        if let ("enter", "GET", Some(door)) = (route, request.method.as_str(), door) {
            return self.enter(agent, request, door, now);
        }
        let mut sessions = self.sessions();
        let pass =
            request.cookies(COOKIE).find_map(|cookie| sessions.pass(cookie, door, at_socket, now));
        let json = route.starts_with("api/") || wants_json(request);
        let route = route.strip_prefix("api/").unwrap_or(route);
        match pass {
            Some(pass) => {
                drop(sessions);
                self.visit(agent, &Visit { request, route, pass: Some(pass), json, now })
            }
            None if at_socket && json => {
                drop(sessions);
                self.visit(agent, &Visit { request, route, pass: None, json, now })
            }
            None if at_socket && is_read(request) => {
                let (cookie, pass) = sessions.admit(agent.world.random, now);
                drop(sessions);
                let visit = Visit { request, route, pass: Some(pass), json, now };
                self.visit(agent, &visit).with("set-cookie", set_cookie(&cookie, request))
            }
            None => door::closed(request, json),
        }
    }

    fn enter(&self, agent: &Agent<'_>, request: &Request, door: &str, now: Timestamp) -> Response {
        let token = request.queried("token").unwrap_or_default();
        let entered = self.sessions().enter(door, &token, agent.world.random, now);
        match entered {
            Some(cookie) => door::entered().with("set-cookie", set_cookie(&cookie, request)),
            None => door::used(request),
        }
    }

    fn visit(&self, agent: &Agent<'_>, visit: &Visit<'_>) -> Response {
        let answered = if is_read(visit.request) {
            self.read(agent, visit)
        } else if visit.request.method == "POST" {
            if !may_change(visit) {
                return door::forged(visit);
            }
            self.change(agent, visit)
        } else {
            return door::nothing_here(visit, 405);
        };
        answered.unwrap_or_else(|trouble| {
            let named = visit.request.queried("channel").or(visit.request.posted("channel"));
            let unknown = named.is_some_and(|channel| agent.find(&channel).is_err());
            html::trouble(visit, if unknown { 404 } else { 500 }, &trouble)
        })
    }

    fn read(&self, agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
        if visit.json {
            return api::read(self, agent, visit);
        }
        match visit.route {
            "" => Ok(html::main(&view::main(self, agent, visit)?)),
            "sent" => match (visit.request.queried("channel"), visit.request.queried("period")) {
                (Some(channel), Some(period)) => match past::report(agent, &channel, &period)? {
                    Some(report) => Ok(html::report(visit, &agent.manifest.program.title, &report)),
                    None => Ok(door::nothing_here(visit, 404)),
                },
                _ => Ok(html::sent(&past::sent(agent, visit)?)),
            },
            "statement" => Ok(html::statement(visit, &agent.manifest)),
            "preview" => api::preview(agent, visit),
            _ => Ok(door::nothing_here(visit, 404)),
        }
    }

    fn change(&self, agent: &Agent<'_>, visit: &Visit<'_>) -> Result<Response, Trouble> {
        match visit.route {
            "decide" => decide::decide(agent, visit),
            "notice" => decide::notice(agent, visit),
            "live" => decide::live(agent, visit),
            "withdraw" => decide::withdraw(agent, visit),
            "gather" => decide::gather(self, agent, visit),
            "leave" => {
                let mut sessions = self.sessions();
                visit.request.cookies(COOKIE).for_each(|cookie| sessions.leave(cookie));
                Ok(door::left())
            }
            "link" if visit.request.way == Way::Socket && visit.pass.is_none() => {
                Ok(self.link(agent, visit.now))
            }
            _ => Ok(door::nothing_here(visit, 404)),
        }
    }

    /// A new one-time link, for whoever the file system let in.
    fn link(&self, agent: &Agent<'_>, now: Timestamp) -> Response {
        let Some(base) = &self.options.base else {
            let trouble = Trouble::new(
                "there is no page to link to.",
                "the service listens on its socket alone",
                "everything as it was",
                "start it with candor-agent run --page 127.0.0.1:7417",
            );
            return Response::json(409, &trouble.json());
        };
        let session::NewLink { door, token } = self.sessions().link(agent.world.random, now);
        let link = format!("{base}/{door}/enter?token={token}");
        let minutes = limits::LINK_SECONDS_MAX / 60;
        Response::json(200, &serde_json::json!({"link": link, "works_for_minutes": minutes}))
    }

    fn sessions(&self) -> MutexGuard<'_, Sessions> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drafts(&self) -> MutexGuard<'_, draft::Drafts> {
        self.drafts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what asks for a change is this page, or a program that the file system let in.
fn may_change(visit: &Visit<'_>) -> bool {
    let request = visit.request;
    match &visit.pass {
        Some(pass) => {
            let header = request.header("candor-csrf").map(str::to_owned);
            pass.allows(header.or_else(|| request.posted("csrf")).as_deref())
        }
        // A foreign page cannot send JSON through a proxy without asking first, and is told no.
        None => request.is_json(),
    }
}

fn refused(refusal: Refusal, request: &Request) -> Response {
    match refusal {
        Refusal::Host => door::wrong_host(request),
        Refusal::Origin => door::wrong_origin(request),
        Refusal::Ahead => Response::new(503, "text/plain", "Not ahead of time.\n"),
    }
}

/// The door of a path, and what stands behind it without slashes around.
fn split(path: &str) -> (Option<&str>, &str) {
    let path = path.trim_start_matches('/');
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    if session::is_door(first) { (Some(first), rest) } else { (None, path) }
}

fn is_read(request: &Request) -> bool {
    matches!(request.method.as_str(), "GET" | "HEAD")
}

fn wants_json(request: &Request) -> bool {
    let accept = request.header("accept").unwrap_or_default();
    (accept.contains("application/json") && !accept.contains("text/html")) || request.is_json()
}

/// No path: the browser takes the folder of this very address, which holds the door.
fn set_cookie(cookie: &str, request: &Request) -> String {
    let secure = request.header("x-forwarded-proto") == Some("https");
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={cookie}; HttpOnly; SameSite=Strict{secure}")
}
