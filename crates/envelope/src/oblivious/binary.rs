//! HTTP messages as bytes (RFC 9292): written with known length, read in both forms.

use std::fmt;
use std::io::Cursor;

use bhttp::{ControlData, FieldSection, Message, Mode, StatusCode};

use super::error::MessageError;
use super::limits::FIELDS_MAX;

/// A request as it stands inside a capsule.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// The method.
    pub method: String,
    /// Host and port of the collector. A gateway acts on nothing but its own.
    pub authority: String,
    /// Path and query.
    pub path: String,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

/// An answer as it stands inside a capsule.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status, 200 to 599.
    pub status: u16,
    /// Header fields, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The content.
    pub body: Vec<u8>,
}

impl Request {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, MessageError> {
        let control = [&self.method, &self.authority, &self.path];
        if self.method.is_empty() || !control.into_iter().all(|text| is_visible(text)) {
            return Err(MessageError::Characters);
        }
        let [method, authority, path] = control.map(|text| text.as_bytes().to_vec());
        let mut message = Message::request(method, b"https".to_vec(), authority, path);
        fill(&mut message, &self.headers, &self.body)?;
        written(&message)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let message = read(bytes)?;
        let ControlData::Request { method, authority, path, .. } = message.control() else {
            return Err(MessageError::Direction);
        };
        let text = |bytes: &[u8]| match str::from_utf8(bytes) {
            Ok(text) if is_visible(text) => Ok(text.to_owned()),
            _ => Err(MessageError::Characters),
        };
        Ok(Self {
            method: text(method)?,
            authority: text(authority)?,
            path: text(path)?,
            headers: fields(message.header())?,
            body: message.content().to_vec(),
        })
    }
}

impl Response {
    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        first(&self.headers, name)
    }

    pub(super) fn to_bytes(&self) -> Result<Vec<u8>, MessageError> {
        let status = StatusCode::try_from(self.status).map_err(|_| MessageError::Status)?;
        if status.informational() {
            return Err(MessageError::Status);
        }
        let mut message = Message::response(status);
        fill(&mut message, &self.headers, &self.body)?;
        written(&message)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, MessageError> {
        let message = read(bytes)?;
        let status = message.control().status().ok_or(MessageError::Direction)?;
        let headers = fields(message.header())?;
        Ok(Self { status: status.code(), headers, body: message.content().to_vec() })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Request(..)")
    }
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Response").field("status", &self.status).finish_non_exhaustive()
    }
}

fn read(bytes: &[u8]) -> Result<Message, MessageError> {
    let mut cursor = Cursor::new(bytes);
    let message = Message::read_bhttp(&mut cursor).map_err(|_| MessageError::Form)?;
    let end = usize::try_from(cursor.position()).unwrap_or(usize::MAX);
    let padding = bytes.get(end..).unwrap_or_default();
    if padding.iter().all(|byte| *byte == 0) { Ok(message) } else { Err(MessageError::Padding) }
}

fn written(message: &Message) -> Result<Vec<u8>, MessageError> {
    let mut bytes = Vec::new();
    message.write_bhttp(Mode::KnownLength, &mut bytes).map_err(|_| MessageError::Form)?;
    Ok(bytes)
}

fn fill(
    message: &mut Message,
    headers: &[(String, String)],
    body: &[u8],
) -> Result<(), MessageError> {
    if headers.len() > FIELDS_MAX {
        return Err(MessageError::Fields);
    }
    for (name, value) in headers {
        if !is_name(name) || !is_value(value) {
            return Err(MessageError::Characters);
        }
        message.put_header(name.as_bytes(), value.as_bytes());
    }
    message.write_content(body);
    Ok(())
}

fn fields(section: &FieldSection) -> Result<Vec<(String, String)>, MessageError> {
    if section.len() > FIELDS_MAX {
        return Err(MessageError::Fields);
    }
    let read = section.iter().map(|field| {
        let name = str::from_utf8(field.name()).ok().filter(|name| is_name(name))?;
        let value = str::from_utf8(field.value()).ok().filter(|value| is_value(value))?;
        Some((name.to_owned(), value.to_owned()))
    });
    read.collect::<Option<_>>().ok_or(MessageError::Characters)
}

fn first<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// What a method, an authority and a path are made of: ASCII without spaces.
fn is_visible(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// A token of RFC 9110 in lower case: RFC 9292 has no capitals in names.
fn is_name(name: &str) -> bool {
    let is_token = |byte: u8| {
        byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&byte)
    };
    !name.is_empty() && name.bytes().all(is_token)
}

fn is_value(value: &str) -> bool {
    !value.chars().any(|character| character.is_control() && character != '\t')
}

#[cfg(test)]
mod tests;
