//! The site as it is served: every page once made and held, with its name by content.

use std::collections::BTreeMap;

use contract::id::ProgramId;
use contract::release::Release;
use contract::statement;
use envelope::Digest;
use site::{ChannelSite, Page, ProgramSite, RenderError, Site, Statement};

use crate::catalogue::Catalogue;
use crate::releases::Frozen;

/// The site's pages and files, by path.
#[derive(Debug, Default)]
pub struct Pages {
    files: BTreeMap<String, File>,
}

/// One page or file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its media type.
    pub content_type: &'static str,
    /// Its bytes.
    pub body: Vec<u8>,
    /// Its name by content, for `ETag`.
    pub etag: String,
    /// Whether it never changes: whoever has it need not ask again.
    pub is_frozen: bool,
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
pub enum Lookup<'a> {
    /// A page.
    File(&'a File),
    /// A folder that was named without its `/`: its name with it, relative to the path.
    Folder(String),
    /// Nothing.
    Nothing,
}

/// What the pages are made of: for each program its channels' releases, in the manifest's order.
pub type Shown = Vec<(ProgramId, Vec<Vec<Frozen>>)>;

impl Pages {
    /// Makes every page.
    ///
    /// # Errors
    /// If a template fails.
    pub fn render(
        catalogue: &Catalogue,
        shown: &Shown,
        ledgers: &[(ProgramId, Vec<u8>)],
        rehearsal: bool,
    ) -> Result<Self, RenderError> {
        let mut files: BTreeMap<String, File> = BTreeMap::new();
        for page in pages(catalogue, shown, rehearsal)? {
            files.insert(page.path, file(page.content_type, page.body));
        }
        let json = "application/json";
        for frozen in shown.iter().flat_map(|(_, channels)| channels).flatten() {
            let release = &frozen.release;
            let (program, channel) = (&release.program.id, &release.channel.id);
            let path = site::release_file(program, channel, release.number);
            if let Some(signature) = &frozen.signature {
                files.insert(format!("{path}.sig"), file(json, signature.clone()).frozen());
            }
            let release = file(json, frozen.bytes.clone());
            // A rehearsal is made anew whenever something arrives.
            files.insert(path, if rehearsal { release } else { release.frozen() });
        }
        for (program, ledger) in ledgers {
            files.insert(format!("/{program}/ledger.json"), file(json, ledger.clone()));
        }
        Ok(Self { files })
    }

    /// What a path leads to.
    pub fn lookup(&self, path: &str) -> Lookup<'_> {
        let index = if path.ends_with('/') { "index.html" } else { "/index.html" };
        match (self.files.get(path), self.files.get(&format!("{path}{index}"))) {
            (Some(file), _) => Lookup::File(file),
            (None, Some(file)) if path.ends_with('/') => Lookup::File(file),
            (None, Some(_)) => {
                let name = path.rsplit('/').next().unwrap_or_default();
                Lookup::Folder(format!("{name}/"))
            }
            (None, None) => Lookup::Nothing,
        }
    }

    /// Every page and file with its path, which begins with `/`.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &File)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }
}

impl File {
    fn frozen(self) -> Self {
        Self { is_frozen: true, ..self }
    }
}

fn file(content_type: &'static str, body: Vec<u8>) -> File {
    let etag = format!("\"{}\"", Digest::of(&body).short());
    File { content_type, body, etag, is_frozen: false }
}

fn pages(catalogue: &Catalogue, shown: &Shown, rehearsal: bool) -> Result<Vec<Page>, RenderError> {
    let mut prepared = Vec::new();
    for (program, served) in catalogue.programs() {
        let histories = shown.iter().find(|(id, _)| id == program).map(|(_, channels)| channels);
        let histories = histories.map(Vec::as_slice).unwrap_or_default();
        let of = |frozen: &Vec<Frozen>| frozen.iter().map(|f| f.release.clone()).collect();
        let histories: Vec<Vec<Release>> = histories.iter().map(of).collect();
        let titles: Vec<String> =
            served.manifest.channels.iter().map(|channel| channel.title.to_string()).collect();
        prepared.push((served, histories, titles, statement::html_fragment(&served.manifest)));
    }
    let mut channels: Vec<Vec<ChannelSite<'_>>> = Vec::new();
    for (served, histories, titles, _) in &prepared {
        let of_program = served.manifest.channels.iter().zip(titles).enumerate();
        let of_program = of_program.map(|(at, (channel, title))| ChannelSite {
            id: &channel.id,
            title,
            history: histories.get(at).map(Vec::as_slice).unwrap_or_default(),
        });
        channels.push(of_program.collect());
    }
    let programs: Vec<ProgramSite<'_>> = prepared
        .iter()
        .zip(&channels)
        .map(|((served, _, _, html), channels)| ProgramSite {
            id: &served.manifest.program.id,
            title: &served.manifest.program.title,
            vendor: &served.manifest.program.vendor,
            statement: Some(Statement { html }),
            channels,
        })
        .collect();
    site::pages(&Site { programs: &programs, rehearsal })
}
