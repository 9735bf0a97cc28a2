//! What holds for every text, however strange.

use contract::clean::guard::{LeakGuard, generic_guard};
use contract::clean::{Cleaner, Known, Outputs};
use proptest::prelude::*;

/// Texts in which rules have something to do: words, numbers and separators in any order.
fn machine_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[A-Za-z]{1,9}",
        "[0-9]{1,12}",
        "[0-9a-f]{2,8}",
        "[-:./@#_<> ,;()\\\\\"]{1,2}",
        Just("Linux ".to_owned()),
        Just("SN: ".to_owned()),
        Just("serial".to_owned()),
        Just("://".to_owned()),
        Just("password=".to_owned()),
        Just("192.168.0.1".to_owned()),
        Just("00:1b:2c:3d:4e:5f".to_owned()),
        Just("hamburg ".to_owned()),
        Just("<name>".to_owned()),
        Just("hostname: ".to_owned()),
        Just("-----BEGIN RSA PRIVATE KEY-----".to_owned()),
        "\\PC",
        any::<char>().prop_map(String::from),
    ];
    proptest::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![machine_text(), any::<String>()]
}

/// Characters of which every text is made by chance often enough to hold a value.
const FEW: &str = "[aBß01.<> n-]{0,40}";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn cleaning_what_was_cleaned_changes_nothing(
        text in texts(), values in proptest::collection::vec(texts(), 0..4),
    ) {
        let mut known = Known::default();
        for value in &values {
            known.add(value);
        }
        let cleaner = Cleaner::new(&known);
        if let Some(once) = cleaner.clean(&text).text {
            prop_assert_eq!(cleaner.clean(&once).text, Some(once));
        }
        if let Some(once) = cleaner.sample(&text, 40).text {
            prop_assert!(once.len() <= 40);
            prop_assert!(!once.is_empty());
            prop_assert_eq!(cleaner.sample(&once, 40).text, Some(once));
        }
    }

    #[test]
    fn no_known_value_of_eight_characters_survives_in_any_case(
        before in FEW, value in "[aBß01.n-]{8,14}", after in FEW, more in texts(),
    ) {
        let mut known = Known::default();
        if known.add(&value) {
            known.add(&more);
            let cleaner = Cleaner::new(&known);
            for form in [value.clone(), value.to_uppercase(), value.to_lowercase()] {
                let text = format!("{before}{form}{after}");
                let shown = cleaner.clean(&text).text.unwrap_or_default();
                prop_assert!(!shown.to_lowercase().contains(&value.to_lowercase()), "{:?}", shown);
                prop_assert!(!shown.to_uppercase().contains(&value.to_uppercase()), "{:?}", shown);
            }
        }
    }

    #[test]
    fn what_is_cleaned_passes_the_guard_and_what_is_not_does_not(
        before in FEW, value in "[a-f01.n-]{8,14}", after in FEW,
    ) {
        let text = format!("{before}{value}{after}");
        let mut known = Known::default();
        if known.add(&value) {
            let mut guard = LeakGuard::new([text.as_str()]);
            guard.known(&value);
            prop_assert_eq!(guard.leaks().len(), 1, "{:?}", &text);
        }
    }

    #[test]
    fn streaming_agrees_with_the_cleaner(
        text in texts(), values in proptest::collection::vec("[aBß01.n -]{2,9}", 0..4),
    ) {
        let mut known = Known::default();
        let mut outputs = Outputs::new([text.clone()]);
        for value in &values {
            known.add(value);
            outputs.known(value);
        }
        let once = Cleaner::new(&known).clean(&text);
        let streamed = outputs.clean().remove(0);
        // The cleaner looks for known values once more in its own result.
        if let (Some(once), Some(streamed)) = (once.text, streamed.text) {
            prop_assert_eq!(Cleaner::new(&known).clean(&streamed).text, Some(once));
        }
    }

    #[test]
    fn a_sample_is_one_that_a_receiver_takes(text in texts()) {
        let none = Known::default();
        if let Some(sample) = Cleaner::new(&none).sample(&text, 256).text {
            prop_assert_eq!(generic_guard(&sample), None);
        }
    }
}

/// A small generator of bytes (xorshift), so that the loop is the same on every machine.
struct Bytes(u64);

impl Iterator for Bytes {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        Some(self.0.to_le_bytes()[3])
    }
}

#[test]
fn a_hundred_thousand_texts_of_random_bytes_do_no_harm() {
    let mut bytes = Bytes(0x9e37_79b9_7f4a_7c15);
    let mut known = Known::default();
    known.add("0:a-");
    known.add("::::ff");
    let cleaner = Cleaner::new(&known);
    let alphabet = b"0123456789abcdefABCDEFxyz:.-/@#%\\<>=[]()_+ \n\xc3\xa4\xff\xe2\x80\x8bSN";
    for round in 0..100_000_u32 {
        let length = usize::from(bytes.next().unwrap() % 48);
        let raw: Vec<u8> = bytes.by_ref().take(length).collect();
        let raw = match round % 2 {
            0 => raw,
            _ => raw.iter().map(|c| alphabet[usize::from(*c) % alphabet.len()]).collect(),
        };
        let text = String::from_utf8_lossy(&raw);
        let shown = cleaner.clean(&text).text;
        if let Some(once) = &shown {
            assert_eq!(cleaner.clean(once).text, shown, "{text:?}");
        }
        let _ = generic_guard(&text);
        if round % 50 == 0 {
            let mut guard = LeakGuard::new([&*text]);
            guard.known("0:a-");
            guard.known(&text);
        }
    }
}
