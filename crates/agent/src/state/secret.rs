//! The secret of a program: made at the first yes, kept aside at a withdrawal, destroyed when
//! nothing that it can prove is held any more.

use disk::path::UNFINISHED;
use envelope::Secret;
use zeroize::Zeroizing;

use super::State;
use crate::limits::STATE_FILE_BYTES_MAX;
use crate::ports::Random;
use crate::trouble::Trouble;

/// The secret from which tags are derived. Those kept aside have a number behind the name.
const SECRET: &str = "secret";

impl State<'_> {
    /// The secret, if there is one.
    ///
    /// # Errors
    /// If the file cannot be read or is no secret.
    pub fn secret(&self) -> Result<Option<Secret>, Trouble> {
        self.secret_in(SECRET)
    }

    fn secret_in(&self, path: &str) -> Result<Option<Secret>, Trouble> {
        let Some(bytes) = self.read(path, STATE_FILE_BYTES_MAX)? else { return Ok(None) };
        let bytes = Zeroizing::new(bytes);
        let secret: Option<[u8; 32]> = bytes.as_slice().try_into().ok();
        let damaged = || {
            Trouble::new(
                "nothing is sent: the secret cannot be used.",
                format!("{path} has {} bytes instead of 32", bytes.len()),
                "everything else in the state folder",
                "restore it from a backup, or move it away: without it, what was sent can no \
                 longer be deleted by its tags, and is forgotten at the end of its retention",
            )
        };
        secret.map(|bytes| Some(Secret::from_bytes(bytes))).ok_or_else(damaged)
    }

    /// The secret; a new one is made where there is none. Callers hold the lock.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn secret_or_new(&self, random: &dyn Random) -> Result<Secret, Trouble> {
        if let Some(secret) = self.secret()? {
            return Ok(secret);
        }
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut());
        self.write(SECRET, bytes.as_slice())?;
        Ok(Secret::from_bytes(*bytes))
    }

    /// Keeps the secret aside, so that the next yes makes a new one. Callers hold the lock.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn retire_secret(&self) -> Result<(), Trouble> {
        if self.read(SECRET, STATE_FILE_BYTES_MAX)?.is_none() {
            return Ok(());
        }
        let last = self.retired()?.last().map_or(0, |(number, _)| *number);
        let renamed = self.disk()?.rename(SECRET, &format!("{SECRET}.{}", last + 1));
        renamed.map_err(|error| Trouble::disk("keeping the secret aside", &error))
    }

    /// Takes the secret kept aside last back, unless there is a new one. Callers hold the lock.
    ///
    /// # Errors
    /// If it cannot be renamed.
    pub fn restore_secret(&self) -> Result<(), Trouble> {
        if self.read(SECRET, STATE_FILE_BYTES_MAX)?.is_some() {
            return Ok(());
        }
        let Some((_, last)) = self.retired()?.pop() else { return Ok(()) };
        let renamed = self.disk()?.rename(&last, SECRET);
        renamed.map_err(|error| Trouble::disk("taking the secret back", &error))
    }

    /// Every secret, the one in use first, with its file.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn secrets(&self) -> Result<Vec<(String, Secret)>, Trouble> {
        let mut paths = vec![SECRET.to_owned()];
        paths.extend(self.retired()?.into_iter().rev().map(|(_, path)| path));
        let mut secrets = Vec::new();
        for path in paths {
            secrets.extend(self.secret_in(&path)?.map(|secret| (path, secret)));
        }
        Ok(secrets)
    }

    /// Whether any secret is kept aside.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn has_retired(&self) -> Result<bool, Trouble> {
        Ok(!self.retired()?.is_empty())
    }

    /// Destroys the secrets kept aside that nothing needs any more. Callers hold the lock.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn destroy_retired(&self, is_needed: impl Fn(&Secret) -> bool) -> Result<(), Trouble> {
        for (_, path) in self.retired()? {
            if self.secret_in(&path)?.is_some_and(|secret| !is_needed(&secret)) {
                let removed = self.disk()?.remove(&path);
                removed.map_err(|error| Trouble::disk("destroying an old secret", &error))?;
            }
        }
        Ok(())
    }

    /// The files of secrets kept aside, oldest first.
    fn retired(&self) -> Result<Vec<(u32, String)>, Trouble> {
        let Some(disk) = self.disk else { return Ok(Vec::new()) };
        let entries = disk.list("").map_err(|e| Trouble::disk("reading the state", &e))?;
        let number = |name: &str| name.strip_prefix(SECRET)?.strip_prefix('.')?.parse().ok();
        let mut retired: Vec<(u32, String)> = entries
            .into_iter()
            .filter(|entry| !entry.is_folder && !entry.name.ends_with(UNFINISHED))
            .filter_map(|entry| Some((number(&entry.name)?, entry.name)))
            .collect();
        retired.sort_unstable();
        Ok(retired)
    }
}
