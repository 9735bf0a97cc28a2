//! A fictional vendor: a manifest of one part of 60 fields, its keys, and requests with such parts.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use contract::manifest::Manifest;
use envelope::{Receipt, RootPublic};
use tempfile::TempDir;

use crate::process::collector;
use crate::sixty::{self, FIELDS};

/// Requests with different answers.
const TEMPLATES: usize = 256;

/// The vendor.
pub(crate) struct Vendor {
    folder: TempDir,
    manifest: Manifest,
    root: RootPublic,
}

/// Requests ready to be sent but for their tags.
#[derive(Clone)]
pub(crate) struct Requests {
    pub(crate) templates: Vec<Vec<u8>>,
    /// Where in each the 32 digits of the tag stand.
    pub(crate) tags: Vec<usize>,
}

impl Vendor {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir_in(target()).unwrap();
        let root = folder.path().join("root.key");
        let printed = run(Command::new(collector()).args(["keys", "root", "--out"]).arg(&root));
        let line = printed.lines().next().unwrap();
        let text = sixty::manifest(line);
        let manifest = Manifest::parse(&text).unwrap_or_else(|problems| panic!("{problems}"));
        fs::write(folder.path().join("manifest.toml"), &text).unwrap();
        Self { folder, manifest, root: line.parse().unwrap() }
    }

    pub(crate) fn manifest_file(&self) -> PathBuf {
        self.folder.path().join("manifest.toml")
    }

    /// A new folder with keys in `data`.
    pub(crate) fn data_folder(&self) -> TempDir {
        let folder = tempfile::tempdir_in(self.folder.path()).unwrap();
        for purpose in ["receipt", "ohttp"] {
            let mut issue = Command::new(collector());
            issue.arg("--data").arg(folder.path().join("data")).args(["keys", "issue"]);
            issue.args(["--program", "larkspur", "--purpose", purpose]);
            run(issue.arg("--root").arg(self.folder.path().join("root.key")));
        }
        folder
    }

    /// Requests that the manifest's collector takes today.
    pub(crate) fn requests(&self) -> Requests {
        let templates: Vec<Vec<u8>> = (0..TEMPLATES).map(|number| self.request(number)).collect();
        let place = |request: &Vec<u8>| {
            let zeros = [b'0'; 32];
            request.windows(32).position(|window| window == zeros).unwrap()
        };
        let tags = templates.iter().map(place).collect();
        Requests { templates, tags }
    }

    pub(crate) fn part_bytes(&self) -> usize {
        self.part(0, FIELDS).len()
    }

    fn request(&self, number: usize) -> Vec<u8> {
        let part = self.part(number, FIELDS);
        let head = format!(
            "POST /v1/larkspur/usage HTTP/1.1\r\nhost: collector\r\ncontent-type: \
             application/json\r\ncontent-length: {}\r\n\r\n",
            part.len()
        );
        [head.as_bytes(), &part].concat()
    }

    /// A part with answers to the first fields.
    pub(crate) fn part(&self, number: usize, fields: usize) -> Vec<u8> {
        let mixed = |field| number.wrapping_mul(2_654_435_761).wrapping_add(field * 40_503) >> 8;
        let definition = &self.manifest.definitions()[0];
        sixty::part(definition, (&today(), &"0".repeat(32)), fields, mixed)
    }

    /// Believes receipts as an agent would, but for the digest, which is not kept here.
    pub(crate) fn verify(&self, receipts: &[Vec<u8>]) {
        for bytes in receipts {
            let receipt: Receipt = serde_json::from_slice(bytes).unwrap();
            receipt.verify(&[self.root], &receipt.statement.digest).unwrap();
        }
        assert!(!receipts.is_empty(), "no receipt was kept for verification");
    }
}

/// Beside the program: on the disk that holds the build and not in memory.
fn target() -> PathBuf {
    std::env::current_exe().unwrap().parent().map(Path::to_owned).unwrap()
}

fn today() -> String {
    run(Command::new("date").args(["-u", "+%F"])).trim().to_owned()
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
