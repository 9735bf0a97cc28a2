//! Who opens a database: as the product's own configuration says, or as the operator says, whose
//! file goes first. Passwords are wiped from memory, and nothing here is ever shown.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use contract::answer::Fact;
use contract::manifest::{Credentials, Database, Take};
use serde::Deserialize;
use zeroize::Zeroizing;

use super::super::file;
use crate::extract::Document;
use crate::gather::SqlError;
use crate::limits::CREDENTIALS_BYTES_MAX;

/// How to reach a database, and as whom.
#[derive(Default)]
pub(super) struct Login {
    pub(super) socket: Option<String>,
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) database: String,
    pub(super) user: String,
    pub(super) password: Zeroizing<String>,
    pub(super) path: Option<String>,
}

impl std::fmt::Debug for Login {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Login(..)")
    }
}

/// One table of the operator's file, named as the manifest names its database.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    socket: Option<String>,
    #[serde(default)]
    host: String,
    port: Option<u16>,
    #[serde(default)]
    database: String,
    #[serde(default)]
    user: String,
    #[serde(default)]
    password: String,
    path: Option<String>,
}

/// Finds out how to open a database.
pub(super) fn login(database: &Database, operator: Option<&Path>) -> Result<Login, SqlError> {
    if let Some(given) = operator.map(|path| given(database, path)).transpose()?.flatten() {
        return Ok(given);
    }
    if let Some(path) = &database.path {
        return Ok(Login { path: Some(path.clone()), ..Login::default() });
    }
    products(database.credentials.as_ref().ok_or(SqlError::NoCredentials)?)
}

fn given(database: &Database, path: &Path) -> Result<Option<Login>, SqlError> {
    let mode = std::fs::metadata(path).map_err(|_| SqlError::BadCredentials)?.mode();
    if mode & 0o007 != 0 {
        return Err(SqlError::OpenCredentials);
    }
    let text = read(path)?;
    let table: toml::Table = toml::from_str(&text).map_err(|_| SqlError::BadCredentials)?;
    let Some(found) = table.get(database.id.as_str()) else { return Ok(None) };
    let given: Given = found.clone().try_into().map_err(|_| SqlError::BadCredentials)?;
    let Given { socket, host, port, database: name, user, password, path } = given;
    let path = path.or_else(|| database.path.clone());
    Ok(Some(Login {
        socket,
        host,
        port,
        database: name,
        user,
        password: Zeroizing::new(password),
        path,
    }))
}

/// Reads the product's own configuration, and of it only what the manifest names.
fn products(places: &Credentials) -> Result<Login, SqlError> {
    let text = read(Path::new(&places.file))?;
    let document = Document::parse(text.as_bytes(), places.format);
    let document = document.map_err(|_| SqlError::BadCredentials)?;
    let value = |place: &Option<String>| {
        let mut take = Take::default();
        take.pointer = Some(place.clone()?);
        match document.take(&take, &|| true) {
            Ok(Fact::Text(text)) => Some(text),
            Ok(Fact::Number(number)) => Some(number.to_string()),
            _ => None,
        }
    };
    let port = match value(&places.port) {
        Some(port) if !port.is_empty() => Some(port.parse().map_err(|_| SqlError::BadCredentials)?),
        _ => None,
    };
    Ok(Login {
        socket: value(&places.socket).filter(|socket| !socket.is_empty()),
        host: value(&places.host).unwrap_or_default(),
        port,
        database: value(&places.database).unwrap_or_default(),
        user: value(&places.user).ok_or(SqlError::BadCredentials)?,
        password: Zeroizing::new(value(&places.password).unwrap_or_default()),
        path: None,
    })
}

fn read(path: &Path) -> Result<Zeroizing<String>, SqlError> {
    let bytes = file::read(path, CREDENTIALS_BYTES_MAX).map_err(|_| SqlError::BadCredentials)?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(|_| SqlError::BadCredentials)
}
