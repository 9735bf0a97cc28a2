//! The notice of an opt-out channel on the page: looking starts nothing, saying that it was read
//! begins its grace, and what was read must be what is installed.

use crate::LARKSPUR;
use crate::browser::Browser;
use crate::service::{Service, program};

fn opt_out() -> String {
    LARKSPUR.replacen("period = \"day\"", "period = \"day\"\ndefault = \"notice\"", 1)
}

fn state(service: &Service) -> Option<serde_json::Value> {
    let file = std::fs::File::open(service.state().join("decisions.json")).ok()?;
    let decisions: serde_json::Value = serde_json::from_reader(file).unwrap();
    Some(decisions["channels"]["usage"].clone()).filter(|usage| !usage.is_null())
}

/// The manifest's hash, as the statement of the interface names it.
fn shown(service: &Service) -> String {
    let answer = service.api("GET", "/api/statement", "");
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert!(value["html"].as_str().unwrap().contains("opt-out"));
    value["manifest"].as_str().unwrap().to_owned()
}

#[test]
fn looking_at_the_page_is_no_notice_and_saying_that_it_was_read_is() {
    let service = Service::start(&opt_out());
    let session = service.enter();
    let page = service.page(&session, "");
    assert!(page.body.contains("This is opt-out.") && page.body.contains("I have read this"));
    assert_eq!(state(&service), None, "looking changes nothing");

    let manifest = shown(&service);
    let read = service.post(&session, "notice", &format!("channel=usage&manifest={manifest}"));
    assert_eq!(read.status, 303, "{}", read.body);
    let decided = state(&service).unwrap();
    assert_eq!((&decided["state"]["is"], &decided["how"]), (&"noticed".into(), &"page".into()));
    let page = service.page(&session, "");
    assert!(page.body.contains("Not yet. A notice was shown on"));
    assert!(!page.body.contains("I have read this"), "it is not shown twice");

    service.post(&session, "decide", "channel=usage&choice=no");
    let again = service.post(&session, "notice", &format!("channel=usage&manifest={manifest}"));
    assert_eq!(again.status, 500);
    assert!(again.body.contains("a notice changes no answer"), "{}", again.body);
    assert_eq!(state(&service).unwrap()["state"]["is"], "no");
}

#[test]
fn a_product_that_showed_the_notice_says_which_manifest_it_showed() {
    let service = Service::with(&opt_out(), &[]);
    let told: serde_json::Value =
        serde_json::from_str(&service.api("GET", "/api/channel?channel=usage", "").body).unwrap();
    assert_eq!(told["notice"]["to_show"], true);
    assert_eq!(
        (&told["notice"]["covers"], &told["notice"]["grace_hours"]),
        (&"basic".into(), &24.into())
    );
    for wrong in ["", "0".repeat(64).as_str()] {
        let body = format!(r#"{{"channel":"usage","manifest":"{wrong}"}}"#);
        let refused = service.api("POST", "/api/notice", &body);
        assert_eq!(refused.status, 409, "{}", refused.body);
        assert_eq!(state(&service), None);
    }
    let body = format!(r#"{{"channel":"usage","manifest":"{}"}}"#, shown(&service));
    let answer = service.api("POST", "/api/notice", &body);
    let value: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    assert_eq!((answer.status, &value["sends"]), (200, &false.into()), "{}", answer.body);
    assert!(value["notice"]["in_force_from"].is_string(), "{value}");
    assert_eq!(state(&service).unwrap()["how"], "api");
}

#[test]
fn no_log_line_and_no_command_without_a_terminal_is_a_notice() {
    let service = Service::with(&opt_out(), &[]);
    for command in
        [&["ask"][..], &["ask", "--installer"], &["status"], &["why", "usage"], &["tick"]]
    {
        service.agent(command);
        assert_eq!(state(&service), None, "{command:?}");
    }
    let manifest = service.state().join("../manifest.toml");
    let statement = program(&manifest, &service.state()).args(["manifest", "statement"]).output();
    assert!(
        String::from_utf8(statement.unwrap().stdout).unwrap().contains("A notice is not consent")
    );
    assert_eq!(state(&service), None);
}

#[test]
fn the_notice_is_read_and_answered_in_a_browser() {
    let service = Service::start(&opt_out());
    let waits = "return !!document.querySelector('form[action$=notice]')";
    let Some(phone) = Browser::open(390, 844) else { return };
    phone.go(&service.link());
    phone.until(waits);
    phone.picture("notice");
    assert_eq!(phone.run("return document.documentElement.scrollWidth"), 390);
    drop(phone);
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&service.link());
    browser.until(waits);
    browser.click("form[action$=notice] button");
    browser.until("return !!document.querySelector('.channel .state[role=status]')");
    assert_eq!(state(&service).unwrap()["state"]["is"], "noticed");
    browser.click("#channel-usage button[value='no']");
    browser.until(
        "return document.querySelector('#channel-usage [aria-pressed=true]')?.value == 'no'",
    );
    assert_eq!(state(&service).unwrap()["state"]["is"], "no");
}
