//! Taking back and asking live, on the page: what joins tags is said before it is done, and only a
//! person's own form does it.

use crate::LARKSPUR;
use crate::seen::with_history;
use crate::service::Service;

#[test]
fn what_joins_tags_is_said_beside_the_button_that_does_it() {
    let service = with_history();
    let page = service.page(&service.enter(), "").body;
    for (warning, button) in [
        ("Deleted together, these tags can be joined", "delete everything at once</button>"),
        ("Asked together, these tags are joined", "Ask now</button>"),
    ] {
        let (at, then) = (page.find(warning), page.find(button));
        assert!(at.is_some() && at < then, "{warning}");
    }
    let stays = "Numbers already published stay: one machine cannot be taken out of a sum.\n\
                 The next release comes on ";
    assert!(page.contains(stays), "{page}");
}

#[test]
fn a_collector_is_asked_by_a_form_of_the_session_alone() {
    let service = Service::start(LARKSPUR);
    let session = service.enter();
    assert!(!service.page(&session, "").body.contains("Ask now"), "there is nobody to ask");
    assert_ne!(service.page(&session, "live").status, 200, "a link asks nobody");
    let forged = service.send(&session, "live", &[("Origin", "https://evil.example")], "csrf=x");
    assert!(forged.status >= 400, "{}", forged.status);
    let asked = service.post(&session, "live", "");
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.body.contains("There was nobody to ask"), "{}", asked.body);
    let program = service.api("POST", "/api/live", "{}");
    assert_eq!((program.status, program.body.trim()), (200, "[]"));
}

#[test]
fn a_second_page_on_the_same_folder_says_who_serves_it() {
    let service = Service::start(LARKSPUR);
    let second = service.agent(&["page", "--here"]);
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success() && said.contains("page --here"), "{said}");
}

#[test]
fn the_pages_options_may_stand_in_the_configuration_file() {
    let folder = tempfile::TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("state")).unwrap();
    let path = folder.path().join("agent.toml");
    let mut file = std::fs::File::create(&path).unwrap();
    let text = "page = \"127.0.0.1:0\"\npage_names = [\"nas.example\"]\n\
                embed = \"https://nas.example\"\n";
    std::io::Write::write_all(&mut file, text.as_bytes()).unwrap();
    let config = path.display().to_string();
    let service = Service::on(folder, LARKSPUR, &["--config", &config]);
    let link = service.link();
    let host = link.split('/').nth(2).unwrap();
    let asked = crate::service::request("GET", "/", host, &[], "");
    let answer = Service::ask_at(host, &asked);
    let policy = answer.header("content-security-policy").unwrap_or_default();
    assert!(policy.contains("frame-ancestors https://nas.example"), "{}", answer.head);
}
