//! Promises about what a user interface would tell: nothing of it can even be declared.

use contract::manifest::Manifest;
use simulation::larkspur::FIRST;

// Promise 14: there is no kind and no source for an event, an address or a title of a page.
#[test]
fn no_kind_and_no_source_of_a_manifest_tells_of_pages() {
    assert!(Manifest::parse(FIRST).is_ok());
    for kind in ["event", "page", "url", "title", "referrer", "text"] {
        let text = FIRST.replacen("kind = \"set\"", &format!("kind = \"{kind}\""), 1);
        let problems = Manifest::parse(&text).unwrap_err().to_string();
        assert!(problems.contains(&format!("`{kind}` is no kind")), "{problems}");
    }
    for source in ["{ page = \"/login\" }", "{ event = \"click\" }", "{ browser = \"title\" }"] {
        let text = FIRST.replacen("{ system = \"os.id\" }", source, 1);
        let problems = Manifest::parse(&text).unwrap_err().to_string();
        assert!(problems.contains("names nothing to read"), "{problems}");
    }
}
