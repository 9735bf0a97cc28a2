//! Larkspur, a program that does not exist, and manifests that it may have shipped over time.

use contract::manifest::Manifest;

/// The manifest of its first version.
pub const FIRST: &str = include_str!("larkspur/manifest.toml");

/// The first version's manifest, with the collector's real root key pinned.
///
/// # Panics
/// If the text is no manifest: then the simulation itself is wrong.
pub fn manifest(text: &str, root: &envelope::RootPublic) -> Manifest {
    let text = text.replace(PLACEHOLDER, &root.to_string());
    match Manifest::parse(&text) {
        Ok(manifest) => manifest,
        #[expect(clippy::panic, reason = "a simulation with a broken manifest proves nothing")]
        Err(problems) => panic!("{problems}"),
    }
}

/// Stands in the text where the root key belongs.
const PLACEHOLDER: &str =
    "ed25519:d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

/// What a later version may have changed, by the text it replaces. Each is asked again.
pub const WIDENED: &[(&str, &str, &str)] = &[
    (
        "a new choice",
        r#"choices = ["debian", "ubuntu"]"#,
        r#"choices = ["debian", "fedora", "ubuntu"]"#,
    ),
    ("a reworded question", "Which operating system is this?", "Which distribution is this?"),
    ("another purpose", "To decide which systems to support", "To sell support"),
    ("finer buckets", "buckets = [1, 2, 4, 8]", "buckets = [1, 2, 3, 4, 8]"),
    ("another command", r#"["larkspur", "--features"]"#, r#"["larkspur", "--all-features"]"#),
    ("longer retention", "retention_days = 90", "retention_days = 180"),
    ("a longer identity", r#"identity = "period""#, r#"identity = "28d""#),
    ("a smaller group", "group_min = 20", "group_min = 10"),
    ("a larger budget", "epsilon_release = 4.0", "epsilon_release = 8.0"),
    ("another collector", "https://stats.larkspur.example", "https://stats.example.net"),
    ("another controller", "Larkspur e.V.", "Buyer Inc."),
];

/// What a later version may have changed that is shown and not asked.
pub const NARROWED: &[(&str, &str, &str)] = &[
    ("a choice less", r#"choices = ["debian", "ubuntu"]"#, r#"choices = ["debian"]"#),
    ("a new title", r#"title = "Usage""#, r#"title = "How it is used""#),
    ("shorter retention", "retention_days = 90", "retention_days = 30"),
    ("a larger group", "group_min = 20", "group_min = 50"),
];
