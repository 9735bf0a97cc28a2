//! Publishing and the site, as the server and the command do it.

use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use contract::canonical;
use contract::id::{ChannelId, ProgramId};
use contract::publish::Rehearsal;
use disk::{Disk, DiskError};
use jiff::civil::Date;
use site::RenderError;

use super::{named, random};
use crate::catalogue::Catalogue;
use crate::keep::Look;
use crate::noise::Laplace;
use crate::pages::{Pages, Shown};
use crate::publisher::{self, Folder, PublicationError, Published};
use crate::releases::{self, Frozen, ReleasesError};
use crate::signers::Signers;

/// Held by whoever publishes: a release is made once.
const LOCK: &str = "publish.lock";

/// Why the site was not made.
#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    /// Releases cannot be read.
    #[error("releases cannot be read")]
    Releases(#[from] ReleasesError),
    /// A page cannot be made.
    #[error("a page cannot be made")]
    Render(#[from] RenderError),
    /// The pages cannot be written.
    #[error("{path} cannot be written")]
    Write {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
}

/// What became of one channel.
pub struct ChannelPublished {
    /// The program.
    pub program: ProgramId,
    /// The channel.
    pub channel: ChannelId,
    /// Its new releases, or why there are none.
    pub result: Result<Vec<Published>, PublicationError>,
}

/// Publishes what is due in every channel.
///
/// # Errors
/// If another process publishes at this moment.
pub fn publish_all(
    (disk, look): Folder<'_>,
    catalogue: &Catalogue,
    signers: &Signers,
    today: Date,
) -> Result<Vec<ChannelPublished>, DiskError> {
    let _lock = disk.try_lock(LOCK)?;
    let mut noise = Laplace::new(random::system());
    let mut all = Vec::new();
    for (program, served) in catalogue.programs() {
        for channel in &served.manifest.channels {
            let about = (served, channel);
            let folder = (disk, look);
            let result =
                publisher::publish_due(folder, catalogue, about, signers, &mut noise, today);
            let (program, channel) = (program.clone(), channel.id.clone());
            all.push(ChannelPublished { program, channel, result });
        }
    }
    Ok(all)
}

/// The site as it was published.
///
/// # Errors
/// If releases cannot be read.
pub fn published_site(disk: &dyn Disk, catalogue: &Catalogue) -> Result<Pages, SiteError> {
    let mut shown = Shown::new();
    let mut ledgers = Vec::new();
    for (program, served) in catalogue.programs() {
        let mut channels = Vec::new();
        for channel in &served.manifest.channels {
            channels.push(releases::read(disk, program, &channel.id)?);
        }
        shown.push((program.clone(), channels));
        let ledger = releases::ledger(disk, program)?;
        ledgers.extend(ledger.to_bytes().ok().map(|bytes| (program.clone(), bytes)));
    }
    Ok(Pages::render(catalogue, &shown, &ledgers, false)?)
}

/// The site of a rehearsal: what is held now, exactly. A channel that cannot be counted is logged,
/// and its page says that nothing is received yet.
///
/// # Errors
/// If a page cannot be made.
pub fn rehearsed_site(
    look: &dyn Look,
    catalogue: &Catalogue,
    right: (Rehearsal, Date),
) -> Result<Pages, SiteError> {
    let mut shown = Shown::new();
    for (program, served) in catalogue.programs() {
        let mut channels = Vec::new();
        for channel in &served.manifest.channels {
            // A channel that cannot be counted hides none of the others.
            let releases = match publisher::rehearse(look, catalogue, (served, channel), right) {
                Ok(releases) => releases,
                Err(error) => {
                    let (channel, error) = (&channel.id, crate::failure::with_causes(&error));
                    tracing::error!(%program, %channel, error, "a channel is not rehearsed");
                    Vec::new()
                }
            };
            let freeze = |release| Frozen {
                bytes: canonical::to_bytes(&release).unwrap_or_default(),
                release,
                signature: None,
            };
            channels.push(releases.into_iter().map(freeze).collect());
        }
        shown.push((program.clone(), channels));
    }
    Ok(Pages::render(catalogue, &shown, &[], true)?)
}

/// Writes the site into a folder, readable for any web server.
///
/// # Errors
/// If it cannot be written.
pub fn write_site(pages: &Pages, folder: &Path) -> Result<usize, SiteError> {
    let mut written = 0;
    for (path, file) in pages.iter() {
        let path = folder.join(path.trim_start_matches('/'));
        let failed = |source| SiteError::Write { path: path.display().to_string(), source };
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(failed)?;
        }
        // A reader sees the old page or the new one.
        let made = named::beside(&path, named::EVERYBODY);
        let renamed = made.and_then(|(mut created, new)| {
            created.write_all(&file.body)?;
            std::fs::rename(&new, &path)
        });
        renamed.map_err(failed)?;
        written += 1;
    }
    Ok(written)
}

/// The site that a running server shows.
pub(super) struct LiveSite {
    /// `None` until they were made for the first time.
    pages: RwLock<Option<Arc<Pages>>>,
    disk: Arc<dyn Disk>,
    look: Arc<dyn Look>,
    rehearsal: Option<Rehearsal>,
    /// What the pages were made from, so that they are made again only when it changed.
    made_from: tokio::sync::Mutex<Option<MadeFrom>>,
}

#[derive(PartialEq)]
enum MadeFrom {
    /// The folder of releases.
    Releases(Vec<disk::Entry>),
    /// What was held, by the number of its changes, and the day.
    Held(u64, Date),
}

impl LiveSite {
    pub(super) fn new(
        (disk, look): (Arc<dyn Disk>, Arc<dyn Look>),
        rehearsal: Option<Rehearsal>,
    ) -> Self {
        let (pages, made_from) = (RwLock::default(), tokio::sync::Mutex::default());
        Self { pages, disk, look, rehearsal, made_from }
    }

    pub(super) fn is_rehearsal(&self) -> bool {
        self.rehearsal.is_some()
    }

    pub(super) fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    pub(super) fn pages(&self) -> Option<Arc<Pages>> {
        self.pages.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes the pages again at the next look, because the manifests changed.
    pub(super) async fn outdate(&self) {
        *self.made_from.lock().await = None;
    }

    /// Makes the pages anew if what they show has changed. `changes` is what is held, for a
    /// rehearsal.
    pub(super) async fn refresh(&self, catalogue: Arc<Catalogue>, changes: u64, today: Date) {
        let mut made_from = self.made_from.lock().await;
        let (disk, look) = (Arc::clone(&self.disk), Arc::clone(&self.look));
        let rehearsal = self.rehearsal;
        let before = made_from.take();
        let work = move || {
            let now = match rehearsal {
                Some(_) => Ok(MadeFrom::Held(changes, today)),
                None => releases::outline(disk.as_ref()).map(MadeFrom::Releases),
            };
            let now = now.map_err(ReleasesError::from)?;
            if before.as_ref() == Some(&now) {
                return Ok((now, None));
            }
            let pages = match rehearsal {
                Some(right) => rehearsed_site(look.as_ref(), &catalogue, (right, today)),
                None => published_site(disk.as_ref(), &catalogue),
            };
            pages.map(|pages| (now, Some(pages)))
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok((now, pages))) => {
                *made_from = Some(now);
                if let Some(pages) = pages {
                    let mut current = self.pages.write().unwrap_or_else(PoisonError::into_inner);
                    *current = Some(Arc::new(pages));
                }
            }
            Ok(Err(error)) => log(&error),
            Err(_) => tracing::error!("making the site ended early"),
        }
    }

    /// Publishes what is due, unless this is a rehearsal. Says for how many channels that failed;
    /// `None` where nothing was tried.
    pub(super) async fn publish(
        &self,
        catalogue: Arc<Catalogue>,
        signers: Arc<Signers>,
        today: Date,
    ) -> Option<u64> {
        if self.rehearsal.is_some() {
            return Some(0);
        }
        let (disk, look) = (Arc::clone(&self.disk), Arc::clone(&self.look));
        let work = move || {
            let folder = (disk.as_ref(), look.as_ref());
            publish_all(folder, &catalogue, &signers, today)
        };
        match tokio::task::spawn_blocking(work).await {
            Ok(Ok(channels)) => {
                channels.iter().for_each(log_published);
                Some(channels.iter().filter(|done| done.result.is_err()).count() as u64)
            }
            Ok(Err(error)) => {
                log(&error);
                None
            }
            Err(_) => {
                tracing::error!("publishing ended early");
                None
            }
        }
    }
}

fn log_published(done: &ChannelPublished) {
    let ChannelPublished { program, channel, result } = done;
    match result {
        Ok(published) => {
            for Published { release, uncounted } in published {
                let number = release.number;
                tracing::info!(%program, %channel, number, uncounted, "a release was published");
            }
        }
        Err(error) => {
            let error = crate::failure::with_causes(error);
            tracing::error!(%program, %channel, error, "no release was published");
        }
    }
}

fn log(error: &dyn std::error::Error) {
    tracing::error!(error = crate::failure::with_causes(error), "the site was not made anew");
}
