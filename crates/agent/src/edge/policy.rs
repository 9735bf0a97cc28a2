//! The fleet's policy, in a file that configuration management places, or from the fleet's host.

use std::path::{Path, PathBuf};

use contract::policy::POLICY_BYTES_MAX;

use super::files::read_text;
use crate::fleet::Remote;
use crate::ports::{Fetch, ReadPolicy};

/// Where the policy is when nothing else is named.
pub const POLICY_FILE: &str = "/etc/candor/policy.toml";

/// A policy's file, and where one is fetched.
pub struct OsPolicy {
    path: PathBuf,
    is_named: bool,
    host: Option<(Remote, Box<dyn Fetch + Send + Sync>)>,
}

impl OsPolicy {
    /// The policy in the file that was named, or in the usual place.
    pub fn new(named: Option<&Path>) -> Self {
        let path = named.map_or_else(|| PathBuf::from(POLICY_FILE), Path::to_path_buf);
        Self { path, is_named: named.is_some(), host: None }
    }

    /// The same, and one that is fetched over these connections.
    #[must_use]
    pub fn fetched(self, remote: Remote, connections: Box<dyn Fetch + Send + Sync>) -> Self {
        Self { host: Some((remote, connections)), ..self }
    }

    /// The same, where what is fetched comes over other connections.
    #[must_use]
    pub fn fetched_over(self, connections: Box<dyn Fetch + Send + Sync>) -> Self {
        Self { host: self.host.map(|(remote, _)| (remote, connections)), ..self }
    }
}

impl ReadPolicy for OsPolicy {
    fn read(&self) -> Result<Option<String>, String> {
        // Whoever names a file means that it is there; nobody has to use the usual place.
        let is_absent = std::fs::symlink_metadata(&self.path)
            .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound);
        if is_absent && !self.is_named {
            return Ok(None);
        }
        let text = read_text(&self.path, "the policy", POLICY_BYTES_MAX);
        text.map(Some).map_err(|trouble| trouble.happened)
    }

    fn remote(&self) -> Option<&Remote> {
        self.host.as_ref().map(|(remote, _)| remote)
    }

    fn fetch(&self) -> Result<Vec<u8>, String> {
        let (remote, connections) = self.host.as_ref().ok_or("no address is known")?;
        let reply = connections.get(&remote.url, POLICY_BYTES_MAX as u64 + 1);
        let reply = reply.map_err(|error| error.to_string())?;
        match reply.status {
            200 => Ok(reply.body),
            status => Err(format!("the host answered {status}")),
        }
    }
}
