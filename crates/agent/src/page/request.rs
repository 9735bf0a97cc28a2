//! Requests and answers of the page as values: what arrived, and what goes back.

/// Through which door a request came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The loopback address: anybody on this machine, and any page in a browser on it.
    Loopback {
        /// The port on which the page listens.
        port: u16,
    },
    /// The socket in the state folder: whom the file system lets in, or a proxy on their behalf.
    Socket,
}

/// A request.
pub struct Request {
    /// Through which door it came.
    pub way: Way,
    /// `GET`, `POST`.
    pub method: String,
    /// The path, beginning with `/`.
    pub path: String,
    /// What follows the question mark.
    pub query: String,
    /// Headers in order, names in lower case. Values that are no ASCII text are left out.
    pub headers: Vec<(String, String)>,
    /// The body, bounded.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Request {
    /// Path, query, headers and body can each hold a secret.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Request").field("way", &self.way).finish_non_exhaustive()
    }
}

/// An answer.
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// Its headers.
    pub headers: Vec<(&'static str, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl std::fmt::Debug for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Request {
    /// A header, where there is exactly one of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut found = self.headers.iter().filter(|(known, _)| known == name);
        match (found.next(), found.next()) {
            (Some((_, value)), None) => Some(value),
            _ => None,
        }
    }

    /// Whether there is any header of that name.
    pub fn has(&self, name: &str) -> bool {
        self.headers.iter().any(|(known, _)| known == name)
    }

    /// The values of a cookie; other services on this host may have set one of the same name.
    pub fn cookies<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let lines = self.headers.iter().filter(|(known, _)| known == "cookie");
        lines
            .flat_map(|(_, value)| value.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(move |(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// Whether the body is JSON. No page of another origin can send that without asking first.
    pub fn is_json(&self) -> bool {
        self.header("content-type").is_some_and(|kind| media_type(kind) == "application/json")
    }

    /// A value of the query.
    pub fn queried(&self, name: &str) -> Option<String> {
        value_of(&self.query, name)
    }

    /// A value of the form or JSON object in the body.
    pub fn posted(&self, name: &str) -> Option<String> {
        if self.is_json() {
            let object: serde_json::Value = serde_json::from_slice(&self.body).ok()?;
            return object.get(name)?.as_str().map(str::to_owned);
        }
        value_of(std::str::from_utf8(&self.body).ok()?, name)
    }
}

impl Response {
    /// A body of a media type.
    pub fn new(status: u16, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", media_type.to_owned())];
        Self { status, headers, body: body.into() }
    }

    /// A page.
    pub fn html(status: u16, body: String) -> Self {
        Self::new(status, "text/html; charset=utf-8", body)
    }

    /// A JSON document.
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::new(status, "application/json", format!("{value:#}\n"))
    }

    /// After something was done: look there.
    pub fn see(place: String) -> Self {
        Self { status: 303, headers: vec![("location", place)], body: Vec::new() }
    }

    /// The same with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

fn media_type(value: &str) -> String {
    value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The first value of that name in a form.
fn value_of(form: &str, name: &str) -> Option<String> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let mut found = pairs.filter(|(known, _)| *known == name);
    found.next().and_then(|(_, value)| decode(value))
}

/// `+` and `%XX` undone; `None` where that leads to no text.
fn decode(value: &str) -> Option<String> {
    let mut bytes = value.bytes();
    let mut out = Vec::with_capacity(value.len());
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests;
