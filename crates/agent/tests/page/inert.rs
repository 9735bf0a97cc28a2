//! Whatever a manifest, an answer or an address says stays text.

use crate::LARKSPUR;
use crate::service::Service;

const HOSTILE: &str =
    r"<script>alert(1)</script><img src=x onerror=alert(2)>&quot;' onfocus=alert(3) {{ page }}";

#[test]
fn hostile_texts_are_inert() {
    let quoted = HOSTILE.replace('\\', "\\\\").replace('"', "\\\"");
    let mut manifest = LARKSPUR.to_owned();
    for text in [
        "Which versions, systems and features are in use, so that the project knows what to work \
         on and what it may retire.",
        "Which version of Larkspur is running?",
        "Which systems and versions still need fixes",
        "What your devices measure, and your alerts",
        "1 Meadow Lane, 12345 Somewhere, Germany",
    ] {
        assert!(manifest.contains(text), "{text}");
        manifest = manifest.replace(text, &quoted);
    }
    manifest = manifest.replace("title = \"Usage\"", &format!("title = \"{quoted}\""));
    manifest = manifest.replace("debian = \"Debian\"", "debian = \"<b>Debian</b>\"");
    manifest = manifest.replace("Acme SwitchOS", "<i>Acme</i> SwitchOS");
    let service = Service::start(&manifest);
    let session = service.enter();
    service.post(&session, "decide", "channel=usage&choice=yes:full");
    let hostile_query = "?changed=%22%3E%3Cscript%3E&draft=%3Cimg%3E";
    for route in ["", hostile_query, "statement", "sent", "sent?channel=%3Cb%3E&period=%3Cb%3E"] {
        let body = service.page(&session, route).body.to_lowercase();
        for tag in ["<script", "<img", "<b>debian", "<i>acme"] {
            assert!(!body.contains(tag), "{route}: {tag}");
        }
    }
    assert!(service.page(&session, "").body.contains("&#60;script&#62;alert(1)"));
}

#[test]
fn a_hostile_address_breaks_out_of_no_header() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let answer = service.post(&session, "decide", "channel=a%0d%0aSet-Cookie:x&choice=no");
    assert_eq!(answer.status, 404);
    assert_eq!(answer.header("set-cookie"), None);
    let route = "preview?channel=usage%0d%0aSet-Cookie:x";
    assert_eq!(service.page(&session, route).header("set-cookie"), None);
}
