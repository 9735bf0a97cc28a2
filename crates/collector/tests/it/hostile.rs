//! Bytes that nobody honest sends: refused, at no great cost, while others are served.

use std::io::{Read as _, Write as _};
use std::process::Command;

use serde_json::json;

use crate::client::{self, Answer};
use crate::fixture::{Server, Vendor, key};

const JSON: &str = "content-type: application/json";
const PATH: &str = "/v1/larkspur/usage";
/// Bytes of a part at most.
const CAP: usize = 16 * 1024;

/// Whoever is honest is served as before, and nothing hostile was kept.
fn check(vendor: &Vendor, server: &Server, held: u64) {
    let metrics = server.get("/metrics");
    let line = format!("candor_parts_held {held}\n");
    assert!(metrics.text().contains(&line), "{}", metrics.text());
    let part = vendor.part(&key(held + 1), "2026-11-20", "debian");
    assert_eq!(server.post(&part).status, 201);
}

fn packed(server: &Server, coding: &str, body: &[u8]) -> Answer {
    server.send("POST", PATH, &[JSON, &format!("content-encoding: {coding}")], body)
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn gzip_with(header: flate2::GzBuilder, bytes: &[u8]) -> Vec<u8> {
    let mut encoder = header.write(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd_with(bytes: &[u8], set: impl Fn(&mut zstd::Encoder<'_, Vec<u8>>)) -> Vec<u8> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 19).unwrap();
    set(&mut encoder);
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A frame by hand: a head, then blocks of three bytes of head each.
fn frame(head: &[u8], blocks: &[u8]) -> Vec<u8> {
    [&[0x28, 0xb5, 0x2f, 0xfd], head, blocks].concat()
}

/// A block that repeats one byte, as often as a block can (128 KiB).
fn repeated(last: bool) -> [u8; 4] {
    let head = u32::from(last) | 1 << 1 | (128 * 1024) << 3;
    let [a, b, c, _] = head.to_le_bytes();
    [a, b, c, b' ']
}

/// Bombs by family: a name, how they are packed, the bytes.
fn bombs() -> Vec<(&'static str, &'static str, Vec<u8>)> {
    let zeros = vec![0; 16 << 20];
    let over = vec![b' '; CAP + 1];
    let pairs: Vec<u8> = b"ab".repeat(4 << 20);
    let json = [b"[".as_slice(), &b"0,".repeat(2 << 20), b"0]"].concat();
    let nested = gzip(&gzip(&gzip(&zeros)));
    let members = gzip(&[b' '; 8192]).repeat(256);
    let named = flate2::GzBuilder::new().filename(vec![b'n'; 12_000]);
    let extra = flate2::GzBuilder::new().extra(vec![b'x'; 12_000]);
    let stored = {
        let level = flate2::Compression::none();
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), level);
        encoder.write_all(&over[..CAP - 64]).unwrap();
        [encoder.finish().unwrap(), gzip(&zeros)].concat()
    };
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 19).unwrap();
    let blocks = |count| [[repeated(false); 1].concat().repeat(count), repeated(true).to_vec()];
    let empty = [[0u8, 0, 0].repeat(5_000), vec![1, 0, 0]].concat();
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 0xff, 0xff, 0xff, 0xff][..], b"x"].concat();
    vec![
        ("zeros", "gzip", gzip(&zeros)),
        ("one more than the cap", "gzip", gzip(&over)),
        ("pairs", "gzip", gzip(&pairs)),
        ("a long array", "gzip", gzip(&json)[..].to_vec()),
        ("packed three times", "gzip", nested),
        ("many members", "gzip", members),
        ("a long name", "gzip", gzip_with(named, &zeros)),
        ("a long extra field", "gzip", gzip_with(extra, &zeros)),
        ("a small member before a bomb", "gzip", stored),
        ("the old name", "x-gzip", gzip(&zeros)),
        ("zeros", "zstd", zstd(&zeros)),
        ("one more than the cap", "zstd", zstd(&over)),
        ("pairs", "zstd", zstd(&pairs)),
        ("a long array", "zstd", zstd(&json)),
        ("packed three times", "zstd", zstd(&zstd(&zstd(&zeros)))),
        (
            "a window of 128 MiB",
            "zstd",
            zstd_with(&zeros, |e| {
                e.long_distance_matching(true).unwrap();
                e.window_log(27).unwrap();
            }),
        ),
        ("without its size", "zstd", zstd_with(&zeros, |e| e.include_contentsize(false).unwrap())),
        ("many frames", "zstd", zstd(&[b' '; 8192]).repeat(256)),
        ("blocks that repeat a byte", "zstd", frame(&[0x00, 0x88], &blocks(1_000).concat())),
        ("a size of 2^64", "zstd", frame(&[0xe0, 255, 255, 255, 255, 255, 255, 255, 255], &empty)),
        ("thousands of empty blocks", "zstd", frame(&[0x00, 0x58], &empty)),
        ("a skippable frame of 4 GiB", "zstd", skippable),
        ("a dictionary", "zstd", frame(&[0x03, 0x58, 1, 2, 3, 4], &empty)),
    ]
}

#[test]
fn bombs_of_every_family_are_refused_and_kept_small() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let bombs = bombs();
    assert!(bombs.len() >= 20);
    println!("{} families of bombs refused", bombs.len());
    for (family, coding, bomb) in bombs {
        let answer = packed(&server, coding, &bomb);
        assert!(matches!(answer.status, 400 | 413 | 422), "{family}: {}", answer.text());
    }
    // One buffer of the cap for each thread, and nothing of what the bombs wanted.
    assert!(server.memory_bytes_max() < 64 << 20, "{}", server.memory_bytes_max());
    check(&vendor, &server, 0);
}

#[test]
fn the_cap_is_exact_to_the_byte() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let spaces = vec![b' '; CAP + 1];
    for coding in ["gzip", "zstd"] {
        let pack = |bytes: &[u8]| match coding {
            "gzip" => gzip(bytes),
            _ => zstd::bulk::compress(bytes, 3).unwrap(),
        };
        assert_eq!(packed(&server, coding, &pack(&spaces[..CAP])).status, 422, "{coding}");
        assert_eq!(packed(&server, coding, &pack(&spaces)).status, 413, "{coding}");
    }
    check(&vendor, &server, 0);
}

#[test]
fn hostile_texts_are_refused_in_few_words() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    let part = String::from_utf8(vendor.part(&key(1), "2026-11-20", "debian")).unwrap();
    let answers = "\"devices\":\"1-9\",\"os\":\"debian\"";
    let with = |other: &str| part.replacen(answers, other, 1).into_bytes();
    let keys: String =
        (0..1_500).flat_map(|n| ["\"k".to_owned(), n.to_string(), "\":1,".into()]).collect();
    let equal: String = (0..400).map(|_| "\"os\":\"debian\",").collect();
    // Keys whose hashes are equal under weak functions (Java's `Aa` and `BB`).
    let colliding: String = (0..1_u32 << 9)
        .flat_map(|bits| {
            let name = (0..9).map(move |at| ["Aa", "BB"][(bits >> at) as usize & 1]);
            ["\""].into_iter().chain(name).chain(["\":1,"])
        })
        .collect();
    let numbers =
        ["1e999999999", "-0", "1.0", "9007199254740993", "0.1e-400", "-1e1000", "01", "+1"];
    let mut bodies: Vec<Vec<u8>> = vec![
        Vec::new(),
        b"null".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\xff\xfe{\0}\0".to_vec(),
        b"[".repeat(CAP),
        b"{\"a\":".repeat(CAP / 5),
        [b"{\"answers\":".as_slice(), &b"[".repeat(8_000), &b"]".repeat(8_000), b"}"].concat(),
        with(&format!("{keys}\"os\":\"debian\"")),
        with(&format!("{equal}{answers}")),
        with(&format!("{colliding}{answers}")),
        with("\"devices\":\"1-9\",\"os\":\"deb\\u0000ian\""),
        with("\"devices\":\"1-9\",\"os\":\"\\ud800\""),
        with("\"devices\":\"1-9\",\"os\":\"\\udfff\\ud800\""),
        with("\"devices\":{\"devices\":\"1-9\"},\"os\":[\"debian\"]"),
        part.replace("debian", "deb\u{0}ian").into_bytes(),
        [part.as_bytes(), part.as_bytes()].concat(),
        part.replacen("larkspur", &"l".repeat(9_000), 1).into_bytes(),
    ];
    bodies.extend(numbers.map(|number| with(&format!("\"devices\":{number},\"os\":\"debian\""))));
    bodies.push([b"{\"os\":\"".as_slice(), &b"9".repeat(16_000), b"\"}"].concat());
    bodies.push([b"{\"os\":".as_slice(), &b"9".repeat(16_000), b"}"].concat());
    let mut bad_utf8 = part.clone().into_bytes();
    let at = part.find("debian").unwrap();
    bad_utf8[at..at + 2].copy_from_slice(b"\xc3\x28");
    bodies.push(bad_utf8);
    for body in bodies {
        let answer = server.post(&body);
        assert_eq!(answer.status, 422, "{}", answer.text());
        assert!(answer.body.len() < 4_096, "{}", answer.body.len());
    }
    check(&vendor, &server, 0);
}

#[test]
fn a_text_that_identifies_by_its_form_is_refused_and_not_echoed() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    for text in [
        "alice@mail.example.org",
        "192.168.17.4",
        "00:16:3e:5f:2a:01",
        "https://host.example.net/x",
        "3f2504e0-4f89-11d3-9a0c-0305e82c3301",
        "d41d8cd98f00b204e9800998ecf8427e",
    ] {
        let answers = json!({"model": text});
        let answer = server.post(&vendor.part_with(&key(9), "2026-11-20", "words", &answers));
        assert_eq!(answer.status, 422, "{text}");
        assert_eq!(answer.json()["type"], "urn:candor:problem:identifying", "{text}");
        assert!(!answer.text().contains(text), "{}", answer.text());
        assert!(crate::fixture::files_with(&vendor.data(), text.as_bytes()).is_empty());
    }
    let part = vendor.part_with(&key(9), "2026-11-20", "words", &json!({"model": "LX-4 rev. 2"}));
    assert_eq!(server.post(&part).status, 201);
    check(&vendor, &server, 1);
}

/// Everything that comes back on one connection until the server closes it.
fn all_answers(server: &Server, bytes: &[u8]) -> String {
    let mut stream = client::connect(server.address).unwrap();
    let _ = stream.write_all(bytes);
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all);
    String::from_utf8_lossy(&all).into_owned()
}

#[test]
fn no_shape_of_a_request_smuggles_a_second_one() {
    let vendor = Vendor::new();
    // What waits for more is cut off after a second.
    let soon = ["--head-seconds", "1", "--body-seconds", "1"];
    let server = vendor.serve_on(crate::fixture::TODAY, &soon);
    let smuggled = "GET /metrics HTTP/1.1\r\nhost: smuggled\r\n\r\n";
    let head = format!("POST {PATH} HTTP/1.1\r\nhost: c\r\n{JSON}\r\n");
    let chunks = "2\r\n{}\r\n0\r\n\r\n";
    let shapes = [
        format!("content-length: 6\r\ntransfer-encoding: chunked\r\n\r\n{chunks}"),
        format!("transfer-encoding: chunked\r\ncontent-length: 6\r\n\r\n{chunks}"),
        format!("transfer-encoding : chunked\r\ncontent-length: 2\r\n\r\n{chunks}"),
        format!("transfer-encoding: xchunked\r\n\r\n{chunks}"),
        format!("transfer-encoding: chunked, identity\r\n\r\n{chunks}"),
        format!("transfer-encoding: identity\r\ncontent-length: 2\r\n\r\n{chunks}"),
        format!("transfer-encoding:\u{b}chunked\r\ncontent-length: 2\r\n\r\n{chunks}"),
        format!("x: y\r\n transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n{chunks}"),
        format!("x: y\ntransfer-encoding: chunked\r\n\r\n{chunks}"),
        "content-length: 2\r\ncontent-length: 3\r\n\r\n{}".to_owned(),
        "content-length: 2, 2\r\n\r\n{}".to_owned(),
        "content-length: -2\r\n\r\n{}".to_owned(),
        "content-length: 0x2\r\n\r\n{}".to_owned(),
        "content-length: 18446744073709551618\r\n\r\n{}".to_owned(),
        "transfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}".to_owned(),
        "transfer-encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n".to_owned(),
        "transfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n".to_owned(),
        format!("transfer-encoding: chunked\r\n\r\n2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(20_000)),
    ];
    std::thread::scope(|scope| {
        for shape in &shapes {
            let request = format!("{head}{shape}{smuggled}");
            let server = &server;
            scope.spawn(move || {
                let all = all_answers(server, request.as_bytes());
                assert!(!all.contains("candor_parts_held"), "{shape:?}: {all}");
                assert!(!all.contains("HTTP/1.1 20"), "{shape:?}: {all}");
            });
        }
    });
    // The same without the second request is an ordinary one, however it is sent.
    let all = all_answers(&server, format!("{head}content-length: 2\r\n\r\n{{}}").as_bytes());
    assert!(all.starts_with("HTTP/1.1 422"), "{all}");
    check(&vendor, &server, 0);
}

#[test]
fn heads_that_are_none_are_cut_off() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(crate::fixture::TODAY, &["--head-seconds", "1"]);
    let many: String =
        (0..200).flat_map(|n| ["x-".to_owned(), n.to_string(), ": y\r\n".into()]).collect();
    let heads = [
        "\0\0\0\0".to_owned(),
        "GET\r\n\r\n".to_owned(),
        "GET / HTTP/9.9\r\n\r\n".to_owned(),
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
        "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}".to_owned(),
        format!("GET /{} HTTP/1.1\r\nhost: c\r\n\r\n", "a".repeat(70_000)),
        format!("GET / HTTP/1.1\r\nhost: c\r\nx: {}\r\n\r\n", "a".repeat(70_000)),
        format!("GET / HTTP/1.1\r\nhost: c\r\n{many}\r\n"),
        "GET / HTTP/1.1\r\nhost: c\r\nx\0: y\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\n\r\n".to_owned(),
        "GET /health HTTP/1.1\r\nhost: c\r\nhost: c\r\n\r\n".to_owned(),
    ];
    for head in heads {
        let all = all_answers(&server, head.as_bytes());
        let refused = all.is_empty() || all.starts_with("HTTP/1.1 4") || all.contains(" 505 ");
        assert!(refused, "{}: {all}", &head[..head.len().min(60)]);
    }
    check(&vendor, &server, 0);
}

#[test]
fn many_idle_connections_take_nothing_from_others() {
    let vendor = Vendor::new();
    let server = vendor.serve();
    // `bench/run idle` does the same with ten thousand.
    let idle: Vec<_> = (0..1_000)
        .map(|at| {
            let mut stream = client::connect(server.address).unwrap();
            let begun = ["", "POST ", "GET /health HTTP/1.1\r\nhost:"][at % 3];
            stream.write_all(begun.as_bytes()).unwrap();
            stream
        })
        .collect();
    for number in 1..50 {
        let part = vendor.part(&key(number), "2026-11-20", "debian");
        assert_eq!(server.post(&part).status, 201);
    }
    assert!(server.memory_bytes_max() < 96 << 20, "{}", server.memory_bytes_max());
    drop(idle);
    check(&vendor, &server, 49);
}

#[test]
fn a_body_that_comes_byte_by_byte_costs_the_server_its_bytes_and_no_more() {
    let vendor = Vendor::new();
    let server = vendor.serve_on(crate::fixture::TODAY, &["--body-seconds", "300"]);
    let before = server.memory_bytes_max();
    let body = [b' '; 400];
    let request = client::request("POST", PATH, &[JSON], &body);
    let (head, body) = request.split_at(request.len() - body.len());
    let mut streams: Vec<_> = (0..100)
        .map(|_| {
            let mut stream = client::connect(server.address).unwrap();
            stream.set_nodelay(true).unwrap();
            stream.write_all(head).unwrap();
            stream
        })
        .collect();
    // One byte for each in turn, so that most are read alone.
    for byte in body.chunks(1) {
        for stream in &mut streams {
            stream.write_all(byte).unwrap();
        }
    }
    for stream in &mut streams {
        assert_eq!(client::read_answer(stream).unwrap().status, 422);
    }
    // 20 kB for a connection are 2 MB. With 8 KiB held for each read they would be 160.
    let cost = server.memory_bytes_max() - before;
    assert!(cost < 16 << 20, "{cost}");
    check(&vendor, &server, 0);
}

#[test]
fn beyond_the_cap_of_connections_others_wait_and_are_served() {
    let vendor = Vendor::new();
    let few = ["--connections", "4", "--head-seconds", "1"];
    let server = vendor.serve_on(crate::fixture::TODAY, &few);
    let idle: Vec<_> = (0..12).map(|_| client::connect(server.address).unwrap()).collect();
    // Served once idle ones were cut, after a second each time.
    check(&vendor, &server, 0);
    drop(idle);
}

#[test]
fn where_few_files_may_be_open_connections_leave_some_to_the_data() {
    let vendor = Vendor::new();
    let server = vendor.server(crate::fixture::TODAY, &[]);
    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -n 200 && exec \"$0\" \"$@\""]);
    limited.env_clear().arg(server.get_program()).args(server.get_args());
    let server = Server::start(limited);
    let mut streams: Vec<_> = (0..200).map(|_| client::connect(server.address).unwrap()).collect();
    // The first part of a period has a log made for it.
    let part = vendor.part(&key(1), "2026-11-20", "debian");
    streams[0].write_all(&client::request("POST", PATH, &[JSON], &part)).unwrap();
    assert_eq!(client::read_answer(&mut streams[0]).unwrap().status, 201);
    drop(streams);
    check(&vendor, &server, 1);
}
