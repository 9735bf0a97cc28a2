//! What a manifest's author reads.
use contract::manifest::Manifest;

#[test]
fn the_demo_manifest_keeps_every_rule() {
    let text = include_str!("../../../../manifests/candor-demo.toml");
    match Manifest::parse(text) {
        Ok(_) => {}
        Err(problems) => panic!("{problems}"),
    }
}
