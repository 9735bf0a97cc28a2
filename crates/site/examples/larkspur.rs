//! Writes the site of a fictional product into a folder, to be looked at:
//! `cargo run -p site --example larkspur -- FOLDER`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "shares the tests' fixture; a developer's tool that may stop at the first surprise"
)]

#[path = "../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixture;

use std::path::Path;

use fixture::Plan;
use site::{ChannelSite, ProgramSite, Site, Statement};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/larkspur".to_owned());
    write(&Path::new(&folder).join("noisy"), Plan::LARKSPUR, false);
    write(&Path::new(&folder).join("young"), Plan::YOUNG, false);
    write(&Path::new(&folder).join("rehearsal"), Plan::REHEARSAL, true);
}

fn write(folder: &Path, plan: Plan, rehearsal: bool) {
    let (usage, samples) = (fixture::usage(plan), fixture::samples(plan));
    let ids = ["usage", "samples", "faults"].map(fixture::channel);
    let channel =
        |at: usize, title: &'static str, history| ChannelSite { id: &ids[at], title, history };
    let channels = [
        channel(0, "Usage", &usage[..]),
        channel(1, "Device descriptions", &samples[..]),
        channel(2, "Faults", &[]),
    ];
    let id = fixture::program();
    let program = ProgramSite {
        id: &id,
        title: "Larkspur",
        vendor: "The Larkspur project",
        statement: Some(Statement { html: "<h1>What Larkspur collects</h1><p>An example.</p>" }),
        channels: &channels,
    };
    let pages = site::pages(&Site { programs: &[program], rehearsal }).unwrap();
    for page in pages {
        let path = folder.join(page.path.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, page.body).unwrap();
    }
}
