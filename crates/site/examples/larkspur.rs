//! Writes the site of a fictional product into a folder, to be looked at:
//! `cargo run -p site --example larkspur -- FOLDER`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "shares the tests' fixture; a developer's tool that may stop at the first surprise"
)]

#[path = "../tests/it/alone.rs"]
mod alone;
#[path = "../tests/it/crosses.rs"]
mod crosses;
#[path = "../tests/it/descriptions.rs"]
mod descriptions;
#[path = "../tests/it/fixture.rs"]
#[expect(dead_code, reason = "the tests use the rest")]
mod fixture;
#[path = "../tests/it/moves.rs"]
mod moves;

use std::path::Path;

use contract::release::Release;
use fixture::Plan;
use site::{ChannelSite, ProgramSite, Site, Statement};

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "target/larkspur".to_owned());
    let write = |name: &str, plan, rehearsal| {
        let channels = [fixture::usage(plan), descriptions::samples(plan)];
        write(&Path::new(&folder).join(name), channels, rehearsal);
    };
    write("noisy", Plan::LARKSPUR, false);
    write("exact", Plan::EXACT, false);
    write("young", Plan::YOUNG, false);
    write("rehearsal", Plan::REHEARSAL, true);
    let channels = [alone::usage(), descriptions::of_one()];
    self::write(&Path::new(&folder).join("alone"), channels, true);
}

fn write(folder: &Path, [usage, samples]: [Vec<Release>; 2], rehearsal: bool) {
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
    for (release, channel) in
        usage.iter().map(|r| (r, &ids[0])).chain(samples.iter().map(|r| (r, &ids[1])))
    {
        let path = site::release_file(&id, channel, release.number);
        let bytes = contract::canonical::to_bytes(release).unwrap();
        std::fs::write(folder.join(path.trim_start_matches('/')), bytes).unwrap();
    }
}
