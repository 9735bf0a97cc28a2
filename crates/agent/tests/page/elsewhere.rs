//! What the page tells others: nothing is loaded from elsewhere, and whoever is visited from it
//! does not learn where from.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};

use crate::LARKSPUR;
use crate::browser::Browser;
use crate::service::Service;

/// Another site, which tells the head of each request that it gets.
fn another_site() -> (String, Receiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let (tell, told) = channel();
    // Ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = String::new();
            let mut reader = BufReader::new(&stream);
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).unwrap() > 0 {}
            let page = "<title>Elsewhere</title>";
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", page.len());
            let _ = stream.write_all((answer + page).as_bytes());
            let _ = tell.send(head);
        }
    });
    (address, told)
}

// Promise 14, in a real browser, with the door of the session as the canary.
#[test]
fn the_page_loads_nothing_from_elsewhere_and_a_link_away_does_not_tell_where_from() {
    let service = Service::start(LARKSPUR);
    let Some(browser) = Browser::open(1280, 900) else { return };
    browser.go(&service.link());
    browser.until("return !!document.querySelector('.channel')");
    let loaded = browser.run(
        "return performance.getEntries().map(e => e.name).filter(name => name.includes('://'))",
    );
    let loaded: Vec<&str> = loaded.as_array().unwrap().iter().filter_map(|n| n.as_str()).collect();
    let home = format!("http://{}/", service.host);
    assert!(!loaded.is_empty() && loaded.iter().all(|name| name.starts_with(&home)), "{loaded:?}");
    let (address, told) = another_site();
    // Not even a script of the page itself may load something from there.
    browser.run(&format!("new Image().src = '{address}/pixel'"));
    browser.run(&format!(
        "const a = document.createElement('a');
         a.href = '{address}/away'; a.id = 'away'; a.textContent = 'away';
         document.querySelector('h1').append(a)"
    ));
    browser.click("#away");
    browser.until("return document.title == 'Elsewhere'");
    let head = told.recv().unwrap();
    assert!(head.starts_with("GET /away "), "{head}");
    let lower = head.to_lowercase();
    assert!(!lower.contains("referer:") && !lower.contains(&service.host), "{head}");
    assert_eq!(browser.run("return document.referrer"), "");
}
