//! The machine's facts, read anew for each report.

use std::path::{Path, PathBuf};

use contract::draft::Facts;
use contract::manifest::{Database, Field, Known, Manifest};

use super::push::PushedFile;
use super::source::{Limits, OsSources, known_values};
use crate::gather::gather;
use crate::ports::Gather;
use crate::push::Pushed;

/// The lowest rank for the processor, from which the kernel derives that for the disk.
pub(super) const NICE: i32 = 19;

/// The machine's facts, as a manifest reads them.
#[derive(Debug, Clone)]
pub struct OsFacts {
    databases: Vec<Database>,
    known: Vec<Known>,
    credentials: Option<PathBuf>,
    /// Where what the program pushes is written down, for manifests that ask for it.
    pushed: Option<(PathBuf, Manifest)>,
}

impl OsFacts {
    /// The facts of this machine. `credentials` is the operator's file of them for databases.
    pub fn new(manifest: &Manifest, credentials: Option<&Path>) -> Self {
        Self {
            databases: manifest.databases.clone(),
            known: manifest.known.clone(),
            credentials: credentials.map(Path::to_owned),
            pushed: None,
        }
    }

    /// The same, with what was pushed into this state folder.
    #[must_use]
    pub fn with_pushed(self, folder: &Path, manifest: &Manifest) -> Self {
        let is_wanted = Pushed::new(manifest).is_wanted();
        Self { pushed: is_wanted.then(|| (folder.to_owned(), manifest.clone())), ..self }
    }

    /// Sessions of databases last for one reading: nothing is held open between reports.
    fn sources(&self) -> OsSources {
        OsSources::new(Limits::default())
            .with_databases(&self.databases, self.credentials.as_deref())
            .with_pushed(self.pushed.as_ref().map(|(folder, of)| PushedFile::new(folder, of)))
    }
}

impl Gather for OsFacts {
    /// On a thread of its own, which yields to the product and ends: priorities are never raised
    /// again. Commands inherit the rank from their first moment on.
    fn facts(&self, fields: &[&Field]) -> Facts {
        std::thread::scope(|scope| {
            let gathering = scope.spawn(|| {
                // Without it, facts are gathered at the rank of the service, which is low too.
                let _ = rustix::process::setpriority_process(None, NICE);
                gather(fields, &self.sources())
            });
            gathering.join().unwrap_or_default()
        })
    }

    fn known(&self, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
        super::known::each(Path::new("/"), tell);
        known_values(&self.known, &self.sources(), tell)
    }
}
