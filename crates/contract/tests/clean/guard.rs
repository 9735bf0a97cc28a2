//! The last gate: every encoding of every kind of secret, and what must pass.

use contract::clean::guard::{LeakGuard, generic_guard};
use contract::clean::{Class, Cleaner, Known};

/// Whether one text holds one known value.
fn leaks(text: &str, value: &str) -> bool {
    let mut guard = LeakGuard::new([text]);
    guard.known(value);
    !guard.leaks().is_empty()
}

const SECRETS: [&str; 8] = [
    "northgate",
    "core-router-7.example.org",
    "QW04-5010-FB16",
    "Jane Doe, Room 4",
    "00:1b:2c:3d:4e:5f",
    "2001:db8:0:5::17",
    "203.0.113.77",
    "jane.doe@example.org",
];

/// A name and what it makes of a text.
type Encoding = (&'static str, fn(&str) -> String);

const ENCODINGS: [Encoding; 22] = [
    ("as it is", str::to_owned),
    ("upper case", str::to_uppercase),
    ("lower case", str::to_lowercase),
    ("percent", |text| text.bytes().map(|c| format!("%{c:02X}")).collect::<Vec<_>>().concat()),
    ("percent twice", |text| {
        text.bytes().map(|c| format!("%25{c:02x}")).collect::<Vec<_>>().concat()
    }),
    ("percent where needed", |text| {
        text.replace(':', "%3A").replace(' ', "%20").replace('@', "%40")
    }),
    ("form", |text| text.replace(' ', "+").replace(',', "%2C")),
    ("JSON escapes", |text| {
        text.encode_utf16().map(|c| format!("\\u{c:04x}")).collect::<Vec<_>>().concat()
    }),
    ("JSON escapes of strokes", |text| text.replace('.', "\\u002E").replace('-', "\\u002d")),
    ("C escapes", |text| text.bytes().map(|c| format!("\\x{c:02x}")).collect::<Vec<_>>().concat()),
    ("HTML", |text| text.bytes().map(|c| format!("&#{c};")).collect::<Vec<_>>().concat()),
    ("HTML in hexadecimal", |text| {
        text.bytes().map(|c| format!("&#x{c:X};")).collect::<Vec<_>>().concat()
    }),
    ("Base64", |text| base64(text.as_bytes(), *b"+/")),
    ("Base64 for links", |text| base64(text.as_bytes(), *b"-_")),
    ("Base64 shifted by one", |text| base64(format!("\u{7}{text}").as_bytes(), *b"+/")),
    ("Base64 shifted by two", |text| base64(format!("#\u{7}{text}!").as_bytes(), *b"-_")),
    ("Base64 cut", |text| base64(text.as_bytes(), *b"+/").replacen("", "Q", 1)),
    ("Base64 of two-byte units", |text| {
        base64(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>(), *b"+/")
    }),
    ("hexadecimal", |text| text.bytes().map(|c| format!("{c:02x}")).collect::<Vec<_>>().concat()),
    ("hexadecimal, large", |text| {
        text.bytes().map(|c| format!("{c:02X}")).collect::<Vec<_>>().concat()
    }),
    ("hexadecimal with spaces", |text| {
        text.bytes().map(|c| format!("{c:02x} ")).collect::<Vec<_>>().concat()
    }),
    ("backwards", |text| text.chars().rev().collect()),
];

fn base64(bytes: &[u8], last: [u8; 2]) -> String {
    let mut alphabet: Vec<u8> = (b'A'..=b'Z').chain(b'a'..=b'z').chain(b'0'..=b'9').collect();
    alphabet.extend(last);
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let mut padded = [0; 4];
        padded[1..=three.len()].copy_from_slice(three);
        let bits = u32::from_be_bytes(padded);
        for place in 0..=three.len() {
            let digit = bits >> (18 - 6 * place) & 63;
            out.push(char::from(alphabet[usize::try_from(digit).unwrap()]));
        }
    }
    out
}

#[test]
fn the_guard_finds_every_encoding_of_every_secret() {
    let mut missed = Vec::new();
    for secret in SECRETS {
        for (name, encode) in ENCODINGS {
            for frame in ["{}", "Switch {} 1.2", "a={}&b"] {
                let text = frame.replace("{}", &encode(secret));
                if !leaks(&text, secret) {
                    missed.push(format!("{secret} {name}: {text}"));
                }
            }
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn the_guard_finds_other_notations_of_addresses_and_identifiers() {
    let cases = [
        ("001b.2c3d.4e5f", "00:1b:2c:3d:4e:5f"),
        ("00-1B-2C-3D-4E-5F", "001b2c3d4e5f"),
        ("001B2C-3D4E5F", "00:1b:2c:3d:4e:5f"),
        ("0:1b:2c:3d:4e:5f", "00-1B-2C-3D-4E-5F"),
        ("001b2c3d4e5f", "0:1b:2c:3d:4e:5f"),
        ("fe80::21b:2cff:fe3d:4e5f", "00:1b:2c:3d:4e:5f"),
        ("2001:0db8:0000:0005:0000:0000:0000:0017", "2001:db8:0:5::17"),
        ("2001:DB8:0:5:0:0:0:17/64", "2001:db8:0:5::17"),
        (
            "7.1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.5.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
            "2001:db8:0:5::17",
        ),
        ("::ffff:203.0.113.77", "203.0.113.77"),
        ("::ffff:cb00:714d", "203.0.113.77"),
        ("77.113.0.203.in-addr.arpa", "203.0.113.77"),
        ("ip-203-0-113-77", "203.0.113.77"),
        ("203.000.113.077", "203.0.113.77"),
        ("0xcb00714d", "203.0.113.77"),
        ("3405803853", "203.0.113.77"),
        ("org.example.core-router-7", "core-router-7.example.org"),
        ("QW045010FB16", "QW04-5010-FB16"),
        ("QW04 5010 FB16", "QW04-5010-FB16"),
        ("core-router-7", "core-router-7.example.org"),
    ];
    let missed: Vec<_> = cases.iter().filter(|(text, value)| !leaks(text, value)).collect();
    assert!(missed.is_empty(), "{missed:?}");
}

#[test]
fn an_encoding_within_an_encoding_is_found() {
    let hidden = base64(
        "northgate".bytes().map(|c| format!("%{c:02X}")).collect::<Vec<_>>().concat().as_bytes(),
        *b"+/",
    );
    assert!(leaks(&hidden, "northgate"));
    let hidden = base64(b"northgate", *b"+/")
        .bytes()
        .map(|c| format!("%{c:02X}"))
        .collect::<Vec<_>>()
        .concat();
    assert!(leaks(&hidden, "northgate"));
}

#[test]
fn only_the_text_that_leaks_is_named() {
    let mut guard = LeakGuard::new(["Switch 1", "Router northgate", "AP 7", "NORTHGATE 2"]);
    for value in ["northgate", "abc", "<private>", "0000", "unknown"] {
        guard.known(value);
    }
    assert_eq!(guard.leaks(), [1, 3]);
    assert!(!format!("{guard:?}").contains("northgate"));
}

#[test]
fn short_values_leak_as_whole_tokens_only_and_placeholders_are_ours() {
    assert!(leaks("a gate here", "gate"));
    assert!(!leaks("a gateway here", "gate"));
    assert!(!leaks("SN: <serial> at <host>", "serial"));
    assert!(!leaks("SN: <serial> at <host>", "host"));
    assert!(leaks(&base64(b"gate", *b"+/"), "gate"));
}

#[test]
fn many_values_of_a_fleet_pass_by_ordinary_texts_without_a_false_alarm() {
    let texts = [
        "Examplenet IOS Software, X3750 Software (X3750-IPBASE-M), Version 12.2(50)SE3",
        "RouterOS RB951G-2HnD",
        "Linux <host> 3.10.0-693.5.2.el7.x86_64 #1 SMP Fri Oct 20 20:32:50 UTC 2017 x86_64",
        "SG500X-48MP 48-Port Gigabit with 4-Port 10 Gigabit PoE Stackable Managed Switch",
    ];
    let mut guard = LeakGuard::new(texts);
    for number in 0..50_000_u32 {
        let mixed = number.wrapping_mul(2_654_435_761);
        guard.known(&format!("sw-{number:05}.site{}.example.org", number % 97));
        guard.known(&format!("10.{}.{}.{}", number >> 16, number >> 8 & 255, number & 255));
        guard.known(&format!("QX{mixed:010}"));
        guard.known(&format!("r{:x}", mixed & 0xffff));
        guard.known(&format!("Room {number}, House {}", number % 11));
        guard.known(&format!(
            "02:00:{:02x}:{:02x}:{:02x}:01",
            number >> 16,
            number >> 8 & 255,
            number & 255
        ));
    }
    assert_eq!(guard.leaks(), Vec::<usize>::new());
}

#[test]
fn the_generic_guard_refuses_what_identifies_by_its_form() {
    let cases = [
        ("mail jane@example.org", Class::Email),
        ("see https://intra.example.org/x", Class::Url),
        ("at 192.168.3.4", Class::Address),
        ("ip 10.3.4.5", Class::Address),
        ("2001:db8::17 here", Class::Address),
        ("00:1b:2c:3d:4e:5f", Class::Address),
        ("00-1b-2c-3d-4e-5f", Class::Address),
        ("7f1c4e52-1f0d-4a3e-9c7b-2d1e0f9a8b7c", Class::Uuid),
        ("-----BEGIN EC PRIVATE KEY-----", Class::Secret),
        ("0123456789abcdef0123456789abcdef", Class::Secret),
        ("aB3dE5fG7hI9jK1lM3nO5pQ7", Class::Secret),
    ];
    for (text, class) in cases {
        assert_eq!(generic_guard(text), Some(class), "{text}");
    }
}

#[test]
fn the_generic_guard_lets_products_and_cleaned_texts_pass() {
    let texts = [
        "Firmware 10.40.2.7 built 12:34:56 on 2024-01-02",
        "Technical Support: http://www.cisco.com/techsupport",
        "CPU @ 3.10GHz std::fmt pkg@1.2.3",
        "X86_64_LINUX_IOSD-UNIVERSALK9_NPE-M g012a77d0b1c",
        "Linux <host> 5.10 (<user>) <email> <address> <url> <uuid> <serial> <secret>",
    ];
    for text in texts {
        assert_eq!(generic_guard(text), None, "{text}");
    }
    let none = Known::default();
    let text = "jane@example.org https://i.example.org 192.168.1.1 2001:db8::17 00:1b:2c:3d:4e:5f \
                7f1c4e52-1f0d-4a3e-9c7b-2d1e0f9a8b7c 0123456789abcdef0123456789abcdef";
    let cleaned = Cleaner::new(&none).clean(text).text.unwrap();
    assert_eq!(generic_guard(&cleaned), None, "{cleaned}");
}
