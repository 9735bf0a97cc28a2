//! What this collector serves: programs, their channels, and the definitions of their parts.

use std::collections::BTreeMap;
use std::sync::Arc;

use contract::definition::Definition;
use contract::id::ProgramId;
use contract::manifest::{Channel, Manifest};
use envelope::{Digest, RootPublic};

use crate::store::Retention;

/// Everything that is served, as the manifests say.
#[derive(Debug, Default)]
pub struct Catalogue {
    programs: BTreeMap<ProgramId, Served>,
    definitions: BTreeMap<Digest, Arc<Definition>>,
}

/// One program.
#[derive(Debug)]
pub struct Served {
    /// Its newest manifest: says retention, groups and questions today.
    pub manifest: Manifest,
    /// Its canonical JSON.
    pub canonical: Vec<u8>,
    /// Older manifests whose parts are still taken, because their software still runs.
    pub older: Vec<Manifest>,
}

/// Names that the server's own paths have, so no program may.
const RESERVED: [&str; 6] = ["v1", "health", "metrics", "ohttp", "ohttp-keys", "static"];

/// A manifest whose program's name is one of the server's own paths.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no program may be called `{0}`: the server has a path of that name")]
pub struct ReservedName(ProgramId);

impl Catalogue {
    /// From manifests, older before newer: of one program's the last is its newest.
    ///
    /// # Errors
    /// If a program has one of the server's own names.
    pub fn new(manifests: impl IntoIterator<Item = Manifest>) -> Result<Self, ReservedName> {
        let mut catalogue = Self::default();
        for manifest in manifests {
            let id = manifest.program.id.clone();
            if RESERVED.contains(&id.as_str()) {
                return Err(ReservedName(id));
            }
            for definition in manifest.definitions() {
                catalogue.definitions.insert(definition.hash(), Arc::new(definition));
            }
            let canonical = manifest.canonical();
            let mut older = Vec::new();
            if let Some(known) = catalogue.programs.remove(&id) {
                older = known.older;
                older.push(known.manifest);
                older.retain(|old| *old != manifest);
            }
            catalogue.programs.insert(id, Served { manifest, canonical, older });
        }
        Ok(catalogue)
    }

    /// A program.
    pub fn program(&self, id: &str) -> Option<&Served> {
        self.programs.get(id)
    }

    /// All programs, by name.
    pub fn programs(&self) -> impl Iterator<Item = (&ProgramId, &Served)> {
        self.programs.iter()
    }

    /// The definition of this hash.
    pub fn definition(&self, hash: &Digest) -> Option<&Arc<Definition>> {
        self.definitions.get(hash)
    }

    /// A channel as its program's newest manifest has it, or the newest that still had it.
    pub fn channel(&self, program: &str, channel: &str) -> Option<&Channel> {
        let served = self.program(program)?;
        let newest_first = std::iter::once(&served.manifest).chain(served.older.iter().rev());
        newest_first.into_iter().find_map(|manifest| manifest.channel(channel))
    }

    /// Each program's pinned roots.
    pub fn roots(&self) -> impl Iterator<Item = (&ProgramId, &[RootPublic])> {
        self.programs.iter().map(|(id, served)| (id, served.manifest.program.root_keys.as_slice()))
    }

    /// Each channel with the newest manifest that has it: that one says how long parts are kept.
    pub fn channels(&self) -> Vec<(&ProgramId, &Manifest, &Channel)> {
        let mut newest = BTreeMap::new();
        for (id, served) in &self.programs {
            for manifest in served.older.iter().chain(std::iter::once(&served.manifest)) {
                for channel in &manifest.channels {
                    newest.insert((id, &channel.id), (manifest, channel));
                }
            }
        }
        newest.into_iter().map(|((id, _), (manifest, channel))| (id, manifest, channel)).collect()
    }

    /// How long each channel keeps parts.
    pub fn retention(&self) -> Retention {
        let channels = self.channels().into_iter();
        Retention::new(channels.map(|(program, _, channel)| {
            (program.clone(), channel.id.clone(), channel.retention_days)
        }))
    }
}
