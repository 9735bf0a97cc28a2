//! The switch: in force before the answer is read, and about exactly the bytes that are shown.

use crate::LARKSPUR;
use crate::service::Service;

fn outbox(service: &Service) -> usize {
    std::fs::read_dir(service.state().join("outbox")).map_or(0, Iterator::count)
}

fn decisions(service: &Service) -> serde_json::Value {
    let file = std::fs::File::open(service.state().join("decisions.json")).unwrap();
    serde_json::from_reader(file).unwrap()
}

/// What stands between the tags of a page's `<pre>`.
fn bytes_shown(page: &str) -> String {
    let (_, after) = page.split_once("aria-label=\"The exact bytes of Usage\">").unwrap();
    let text = after.split_once("</pre>").unwrap().0;
    let text = text.replace("<span>", "").replace("</span>", "");
    text.replace("&#34;", "\"").replace("&#39;", "'").replace("&lt;", "<").replace("&amp;", "&")
}

#[test]
fn a_no_is_in_force_before_its_answer_is_read() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    let yes = service.post(&session, "decide", "channel=usage&choice=yes%3Abasic");
    assert_eq!((yes.status, yes.header("location")), (303, Some("./?changed=usage#channel-usage")));
    service.page(&session, "");
    assert_eq!(outbox(&service), 1, "looking freezes the report");
    let no = service.post(&session, "decide", "channel=usage&choice=no");
    assert_eq!(no.status, 303);
    assert_eq!(decisions(&service)["channels"]["usage"]["state"]["is"], "no");
    assert_eq!(decisions(&service)["channels"]["usage"]["how"], "page");
    assert_eq!(outbox(&service), 0);
}

#[test]
fn the_page_shows_exactly_the_bytes_that_preview_prints() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    service.post(&session, "decide", "channel=usage&choice=yes:full");
    let page = service.page(&session, "");
    let preview = service.agent(&["preview", "usage"]);
    let preview = String::from_utf8(preview.stdout).unwrap();
    assert_eq!(bytes_shown(&page.body), preview);
    assert_eq!(service.page(&session, "preview?channel=usage").body, preview);
    assert!(preview.lines().count() == 6 && !preview.contains(&"0".repeat(32)), "{preview}");
    for answer in ["26.10.1", "50 to 99 devices", "Other, Routers, Servers, Switches"] {
        assert!(page.body.contains(answer), "{answer}");
    }
}

#[test]
fn what_nobody_agreed_to_is_shown_as_a_draft() {
    let service = Service::start(LARKSPUR);
    let page = service.page(&service.enter(), "");
    assert!(page.body.contains("class=\"mark\">draft<"));
    assert!(bytes_shown(&page.body).contains(&format!("\"tag\":\"{}\"", "0".repeat(32))));
    assert_eq!(outbox(&service), 0);
    assert!(!service.state().join("secret").exists(), "looking makes no secret");
}

#[test]
fn after_a_no_nothing_is_read_until_somebody_asks() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    service.post(&session, "decide", "channel=usage&choice=no");
    let page = service.page(&session, "");
    assert!(!page.body.contains("The exact bytes of Usage"));
    let asked = service.page(&session, "?draft=usage");
    assert!(asked.body.contains("The exact bytes of Usage"));
}

#[test]
fn the_first_sentence_is_that_of_status() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    for choice in ["yes:basic", "no"] {
        service.post(&session, "decide", &format!("channel=usage&choice={choice}"));
        let status = String::from_utf8(service.agent(&["status"]).stdout).unwrap();
        let sentence = status.lines().next().unwrap().replace('\'', "&#39;");
        let page = service.page(&session, "").body;
        assert!(page.contains(&format!("<h1>{sentence}</h1>")), "{sentence}");
    }
}

#[test]
fn a_products_own_program_decides_at_the_socket() {
    let service = Service::with(LARKSPUR, &[]);
    let answer = service.api("POST", "/decide", r#"{"channel":"usage","choice":"yes:basic"}"#);
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &value["sends"]), (200, &true.into()));
    assert_eq!(decisions(&service)["channels"]["usage"]["how"], "api");
    let wrong = service.api("POST", "/decide", r#"{"channel":"usage","choice":"yes:nothing"}"#);
    assert_eq!(wrong.status, 400);
    assert!(wrong.body.contains("yes:basic"), "{}", wrong.body);
    let preview = service.api("GET", "/api/preview?channel=usage", "");
    let printed = service.agent(&["preview", "usage"]).stdout;
    assert_eq!(preview.body.as_bytes(), printed);
}

#[test]
fn an_environment_that_forbids_is_named() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    service.post(&session, "decide", "channel=usage&choice=yes:basic");
    let service_file = service.state().join("service.json");
    let text = std::fs::File::open(&service_file).unwrap();
    let mut recorded: serde_json::Value = serde_json::from_reader(text).unwrap();
    recorded["do_not_track"] = "true".into();
    let file = std::fs::File::create(&service_file).unwrap();
    serde_json::to_writer(file, &recorded).unwrap();
    let page = service.page(&session, "").body;
    assert!(page.contains("Off: DO_NOT_TRACK in the environment of the service forbids it."));
}
