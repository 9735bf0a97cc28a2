//! Manifests as files: those named on the command line, and the copies in the data folder by which
//! older software is understood and the other commands know what is served.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use contract::id::ProgramId;
use contract::limits::MANIFEST_BYTES_MAX;
use contract::manifest::Manifest;
use contract::problem::Problems;
use disk::{Disk, DiskError, ErrorKind, path::join};

use crate::catalogue::{Catalogue, ReservedName};

/// The folder of copies.
const FOLDER: &str = "manifests";
/// The file that names a program's newest manifest.
const NEWEST: &str = "newest";
const SUFFIX: &str = ".toml";
/// Files in a folder that is named: one for each program. More is another folder than was meant.
const FOLDER_FILES_MAX: usize = 1_024;

/// Why a manifest is not served.
#[derive(Debug, thiserror::Error)]
pub enum ManifestError {
    /// A file could not be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file holds no manifest that keeps the rules.
    #[error("{} is no manifest that keeps the rules", path.display())]
    Rules {
        /// The file.
        path: PathBuf,
        /// Every rule that it breaks.
        source: Problems,
    },
    /// A folder that was named holds none, or more than anybody has.
    #[error("{} has {files} files that end in .toml, not 1 to {FOLDER_FILES_MAX}", path.display())]
    Files {
        /// The folder.
        path: PathBuf,
        /// How many there are.
        files: usize,
    },
    /// A folder that was named holds two of one program, and no order among them.
    #[error("{} has two manifests of {program}, and nothing says which is newer", path.display())]
    Twice {
        /// The folder.
        path: PathBuf,
        /// The program.
        program: ProgramId,
    },
    /// Its program has one of the server's own names.
    #[error(transparent)]
    Name(#[from] ReservedName),
    /// The disk refused it.
    #[error("the data folder cannot be used")]
    Disk(#[from] DiskError),
}

/// Reads the manifests that were named, keeps copies, and adds the older ones of the same programs.
/// Of a folder that is named these are the files in it, one for each program: another one is added
/// by laying it there. Where none is named, those of the data folder are served.
///
/// # Errors
/// If one cannot be read or breaks rules, a folder holds none or two of one program, or the data
/// folder cannot be written. Nothing was kept then.
pub fn load(disk: &dyn Disk, named: &[PathBuf]) -> Result<Catalogue, ManifestError> {
    if named.is_empty() {
        return stored(disk);
    }
    let mut newest = Vec::new();
    for path in named {
        let mut programs = BTreeSet::new();
        for path in files_of(path)? {
            let text = read(&path)?;
            let rules = |source| ManifestError::Rules { path: path.clone(), source };
            let manifest = Manifest::parse(&text).map_err(rules)?;
            if !programs.insert(manifest.program.id.clone()) {
                let program = manifest.program.id;
                let path = path.parent().unwrap_or(&path).to_owned();
                return Err(ManifestError::Twice { path, program });
            }
            newest.push((manifest, text));
        }
    }
    // Checked before anything is kept.
    Catalogue::new(newest.iter().map(|(manifest, _)| manifest.clone()))?;
    for (manifest, text) in &newest {
        keep(disk, manifest, text)?;
    }
    let mut all = Vec::new();
    let programs: BTreeSet<_> = newest.iter().map(|(manifest, _)| &manifest.program.id).collect();
    for program in programs {
        all.extend(stored_of(disk, program)?);
    }
    all.extend(newest.into_iter().map(|(manifest, _)| manifest));
    Ok(Catalogue::new(all)?)
}

/// The file that was named, or the manifests in the folder that was named, by name.
fn files_of(path: &Path) -> Result<Vec<PathBuf>, ManifestError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let failed = |source| ManifestError::Read { path: path.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let name = name.to_string_lossy();
        if name.ends_with(SUFFIX) && !name.starts_with('.') {
            files.push(path.join(&*name));
        }
    }
    if !(1..=FOLDER_FILES_MAX).contains(&files.len()) {
        return Err(ManifestError::Files { path: path.to_owned(), files: files.len() });
    }
    files.sort();
    Ok(files)
}

/// The manifests of the data folder.
///
/// # Errors
/// As [`load`].
pub fn stored(disk: &dyn Disk) -> Result<Catalogue, ManifestError> {
    let mut all = Vec::new();
    if disk.list("")?.iter().any(|entry| entry.name == FOLDER) {
        for program in disk.list(FOLDER)? {
            if let Ok(program) = ProgramId::parse(&program.name) {
                all.extend(stored_of(disk, &program)?);
            }
        }
    }
    Ok(Catalogue::new(all)?)
}

/// Keeps a copy of a manifest, as its program's newest.
///
/// # Errors
/// If the data folder cannot be written.
pub fn keep(disk: &dyn Disk, manifest: &Manifest, text: &str) -> Result<(), DiskError> {
    let folder = join(FOLDER, manifest.program.id.as_str());
    disk.create_folder(FOLDER)?;
    disk.create_folder(&folder)?;
    let hash = manifest.hash().to_string();
    written(disk, &join(&folder, &format!("{hash}{SUFFIX}")), text.as_bytes())?;
    written(disk, &join(&folder, NEWEST), hash.as_bytes())
}

/// Writes a file. A full disk is no obstacle where it holds the same bytes already: who starts on
/// one can give receipts again, and delete and forget, which makes room.
fn written(disk: &dyn Disk, path: &str, bytes: &[u8]) -> Result<(), DiskError> {
    match disk.replace(path, bytes) {
        Err(error) if error.kind() == ErrorKind::Full => {
            let there = disk.read(path, MANIFEST_BYTES_MAX as u64)?;
            if there.is_some_and(|there| there == bytes) { Ok(()) } else { Err(error) }
        }
        done => done,
    }
}

/// A program's manifests, the newest last.
fn stored_of(disk: &dyn Disk, program: &ProgramId) -> Result<Vec<Manifest>, ManifestError> {
    let folder = join(FOLDER, program.as_str());
    let newest = disk.read(&join(&folder, NEWEST), 64)?.unwrap_or_default();
    let newest = String::from_utf8(newest).unwrap_or_default();
    let mut names: Vec<String> = disk.list(&folder)?.into_iter().map(|file| file.name).collect();
    names.retain(|name| name.ends_with(SUFFIX));
    names.sort_by_key(|name| name.strip_suffix(SUFFIX) == Some(newest.as_str()));
    let mut manifests = Vec::new();
    for name in names {
        let path = join(&folder, &name);
        let bytes = disk.read(&path, MANIFEST_BYTES_MAX as u64)?.unwrap_or_default();
        let parsed = Manifest::parse(&String::from_utf8(bytes).unwrap_or_default());
        let rules = |source| ManifestError::Rules { path: PathBuf::from(&path), source };
        manifests.push(parsed.map_err(rules)?);
    }
    Ok(manifests)
}

/// A manifest's text, within its bound.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> Result<String, ManifestError> {
    let failed = |source| ManifestError::Read { path: path.to_owned(), source };
    let mut text = String::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MANIFEST_BYTES_MAX as u64 + 1).read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}
