//! The collector as a gateway: what comes sealed is answered as if it had come openly.

use contract::calendar::add_days;
use envelope::TagKey;
use envelope::oblivious::{
    KEY_PROBLEM, Kem, KeyDocument, Opener, Request, Response, Sealer, TrustedKeys,
};
use jiff::civil::Date;

use crate::client::Answer;
use crate::fixture::{Server, TODAY, Vendor, key};

/// Seals to what the collector signed for that day.
fn seal(
    (vendor, server): (&Vendor, &Server),
    (kem, today): (Kem, Date),
    request: &Request,
) -> (Vec<u8>, Opener) {
    let document = KeyDocument::of_program(&server.get("/ohttp-keys/signed").body, "larkspur");
    let keys = document.unwrap().verify(&[vendor.root], "larkspur", today).unwrap();
    let sealer = Sealer::new(&keys, kem).unwrap();
    let sent = sealer.seal(request, &mut collector::edge::random::system()).unwrap();
    (sent.bytes, sent.opener)
}

fn post(server: &Server, capsule: &[u8]) -> Answer {
    server.send("POST", "/ohttp", &["content-type: message/ohttp-req"], capsule)
}

/// Sends it sealed and gives what was sealed in the answer.
fn ask(vendor: &Vendor, server: &Server, request: &Request) -> Response {
    let (capsule, opener) = seal((vendor, server), (Kem::X25519, TODAY), request);
    let answer = post(server, &capsule);
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), Some("message/ohttp-res"));
    opener.open(&answer.body).unwrap()
}

fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Request {
    let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
    Request {
        method: method.into(),
        authority: "collector.example".into(),
        path: path.into(),
        headers: headers.collect(),
        body: body.to_vec(),
    }
}

fn report(part: &[u8]) -> Request {
    request("POST", "/v1/larkspur/usage", &[("content-type", "application/json")], part)
}

fn opened(response: &Response) -> Answer {
    Answer { status: response.status, head: String::new(), body: response.body.clone() }
}

#[test]
fn too_many_sealed_requests_wait_and_open_ones_do_not() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve_on(TODAY, &["--sealed-per-minute", "1"]);
    let part = |number| vendor.part(&key(number), "2026-11-20", "debian");
    let sealed = |number| {
        let request = report(&part(number));
        post(&server, &seal((&vendor, &server), (Kem::X25519, TODAY), &request).0)
    };
    assert_eq!(sealed(1).status, 200);
    // The second of a minute, whenever one begins.
    let refused = (2..1_000).map(sealed).find(|answer| answer.status != 200).unwrap();
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("60")));
    assert_eq!(refused.json()["type"], "urn:candor:problem:sealed");
    assert_eq!(server.post(&part(0)).status, 201);
    assert!(server.get("/metrics").text().contains("refused_total{reason=\"sealed\"} "));
}

#[test]
fn a_sealed_part_gets_the_receipt_that_an_open_one_gets() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let sealed = ask(&vendor, &server, &report(&part));
    assert_eq!(sealed.status, 201);
    vendor.receipt(&opened(&sealed), &part);
    let open = server.post(&part);
    assert_eq!((open.status, open.body), (200, sealed.body));
}

#[test]
fn a_part_for_a_collector_below_a_path_is_taken() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    let below = Request { path: "/in/v1/larkspur/usage".into(), ..report(&part) };
    assert_eq!(ask(&vendor, &server, &below).status, 201);
}

#[test]
fn a_capsule_that_comes_twice_gets_the_same_receipt_twice() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    for kem in [Kem::X25519, Kem::XWing] {
        let (capsule, opener) = seal((&vendor, &server), (kem, TODAY), &report(&part));
        let answers = [(); 2].map(|()| opener.open(&post(&server, &capsule).body).unwrap());
        assert_eq!(answers[0].body, answers[1].body);
        assert_eq!(answers[1].status, 200);
    }
}

#[test]
fn refusals_come_sealed_with_their_reasons() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let wrong = ask(&vendor, &server, &report(b"{}"));
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.header("content-type"), Some("application/problem+json"));
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    assert_eq!(ask(&vendor, &server, &report(&part)).status, 201);
    let other = vendor.part(&key(1), "2026-11-20", "other");
    assert_eq!(ask(&vendor, &server, &report(&other)).status, 409);
    let untyped = request("POST", "/v1/larkspur/usage", &[], &part);
    assert_eq!(ask(&vendor, &server, &untyped).status, 415);
    let large = report(&vec![b' '; 17_000]);
    assert_eq!(ask(&vendor, &server, &large).status, 413);
    // What anybody may read, and a capsule within a capsule, have no business in one.
    for path in ["/health", "/metrics", "/", "/ohttp-keys", "/v1/larkspur/manifest"] {
        assert_eq!(ask(&vendor, &server, &request("GET", path, &[], b"")).status, 404, "{path}");
    }
    assert_eq!(ask(&vendor, &server, &request("POST", "/ohttp", &[], b"x")).status, 404);
    assert_eq!(ask(&vendor, &server, &request("GET", "/v1/larkspur/usage", &[], b"")).status, 405);
}

#[test]
fn what_is_held_is_listed_and_deleted_blindly() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    ask(&vendor, &server, &report(&part));
    let hex = key(1).to_hex();
    let proof = [("candor-key", hex.as_str())];
    let held = |method| request(method, "/v1/larkspur/usage/held", &proof, b"");
    let listed = ask(&vendor, &server, &held("GET"));
    assert!(opened(&listed).text().contains("debian"));
    let deleted = ask(&vendor, &server, &held("DELETE"));
    assert!(opened(&deleted).text().contains("tombstones"));
    assert_eq!(opened(&ask(&vendor, &server, &held("GET"))).text(), "{\"parts\":[]}");
    let unproven = request("GET", "/v1/larkspur/usage/held", &[], b"");
    assert_eq!(ask(&vendor, &server, &unproven).status, 401);
}

#[test]
fn old_keys_are_refused_with_the_standard_problem_and_leave_the_disk() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let part = vendor.part(&key(1), "2026-11-26", "debian");
    let (old, _) = seal((&vendor, &server), (Kem::X25519, TODAY), &report(&part));
    let first = server.get("/ohttp-keys").body;
    let file = vendor.data().join("gateway/001.json");
    assert!(file.exists());
    server.kill();
    let sixth = add_days(TODAY, 6);
    let server = vendor.serve_on(sixth, &[]);
    assert_eq!(post(&server, &old).status, 200, "sealed to a key that is in its last day");
    server.kill();
    let eighth = add_days(TODAY, 7);
    let server = vendor.serve_on(eighth, &[]);
    let refused = post(&server, &old);
    assert_eq!((refused.status, refused.json()["type"].as_str()), (400, Some(KEY_PROBLEM)));
    assert_ne!(server.get("/ohttp-keys").body, first);
    assert!(!file.exists());
    let (fresh, opener) = seal((&vendor, &server), (Kem::X25519, eighth), &report(&part));
    assert_eq!(opener.open(&post(&server, &fresh).body).unwrap().status, 200);
}

#[test]
fn everybody_is_told_the_same_keys_also_after_a_restart() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let told = |server: &Server| ["/ohttp-keys", "/ohttp-keys/signed"].map(|p| server.get(p).body);
    let before = told(&server);
    assert_eq!(before, told(&server));
    let keys = TrustedKeys::without_signature(&before[0]).unwrap();
    assert_eq!(keys.configurations().len(), 2);
    // A day less than they live, so that what is sealed on the last of these days is opened.
    let document = KeyDocument::of_program(&before[1], "larkspur").unwrap();
    assert_eq!((document.first_day, document.last_day), (TODAY, add_days(TODAY, 5)));
    server.kill();
    assert_eq!(told(&vendor.serve()), before);
}

#[test]
fn a_list_too_long_for_a_sealed_answer_is_refused_as_that() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let keys: Vec<_> = (1..=64).map(key).collect();
    for key in &keys {
        for day in ["2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21"] {
            assert_eq!(server.post(&vendor.part(key, day, "debian")).status, 201);
        }
    }
    let listed = |keys: &[TagKey]| {
        let proofs: Vec<_> = keys.iter().map(TagKey::to_hex).collect();
        let proofs = proofs.join(",");
        let headers = [("candor-key", proofs.as_str())];
        ask(&vendor, &server, &request("GET", "/v1/larkspur/usage/held", &headers, b""))
    };
    let refused = listed(&keys);
    let text = String::from_utf8(refused.body).unwrap();
    assert!(refused.status == 413 && text.contains("longer than a sealed answer"), "{text}");
    assert_eq!(listed(&keys[..8]).status, 200);
}

#[test]
fn what_is_no_capsule_is_refused_in_the_open() {
    let vendor = Vendor::sealed_to();
    let server = vendor.serve();
    let (capsule, _) = seal((&vendor, &server), (Kem::X25519, TODAY), &report(b"{}"));
    assert_eq!(server.send("POST", "/ohttp", &[], &capsule).status, 415);
    assert_eq!(post(&server, b"").status, 400);
    assert_eq!(post(&server, &capsule[..6]).status, 400);
    assert_eq!(post(&server, &vec![1; 32_769]).status, 413);
    let mut changed = capsule;
    changed[100] ^= 1;
    assert_eq!(post(&server, &changed).json()["type"].as_str(), Some(KEY_PROBLEM));
}

#[test]
fn without_a_key_for_it_nothing_is_taken_sealed() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    for path in ["/ohttp-keys", "/ohttp-keys/signed"] {
        assert_eq!(server.get(path).status, 404);
    }
    assert_eq!(post(&server, b"x").status, 404);
    assert!(!vendor.data().join("gateway").exists());
}
