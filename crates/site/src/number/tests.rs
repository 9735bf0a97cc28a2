//! How numbers are written for people.

use jiff::civil::date;

use super::*;

fn number(value: i64, error_95: u64) -> Number {
    serde_json::from_value(serde_json::json!({"value": value, "error_95": error_95})).unwrap()
}

#[test]
fn thousands_are_grouped() {
    for (value, text) in [(0, "0"), (999, "999"), (3_468, "3,468"), (1_234_567, "1,234,567")] {
        assert_eq!(grouped(value), text);
    }
}

#[test]
fn a_number_below_zero_is_shown_as_zero_with_its_error() {
    assert_eq!(doubted(number(-7, 9)), "0\u{202F}±\u{202F}9");
    assert_eq!(doubted(number(12, 0)), "12");
}

#[test]
fn shares_never_claim_all_or_nothing_when_it_is_not_so() {
    let cases = [
        (0, 10, "0\u{202F}%"),
        (1, 1_000, "<1\u{202F}%"),
        (999, 1_000, ">99\u{202F}%"),
        (10, 10, "100\u{202F}%"),
        (12, 10, "100\u{202F}%"),
        (0, 0, "–"),
    ];
    for (part, whole, text) in cases {
        assert_eq!(share(part, whole), text, "{part} of {whole}");
    }
}

#[test]
fn estimates_have_three_digits() {
    let cases = [
        (0, "0"),
        (7, "7"),
        (1_234, "1,230"),
        (181_442, "181,000"),
        (999_999, "1 million"),
        (1_249_000, "1.25 million"),
        (45_600_000_000, "45.6 billion"),
    ];
    for (value, text) in cases {
        assert_eq!(about(value), text);
    }
}

#[test]
fn sizes_and_durations_come_in_units_that_people_know() {
    assert_eq!(amount(1_440_000_000_000_000, "bytes"), "1.44 PB");
    assert_eq!(amount(512, "bytes"), "512 bytes");
    assert_eq!(amount(130_000, "seconds"), "36 hours");
    assert_eq!(amount(4_200, "devices"), "4,200 devices");
}

#[test]
fn epsilon_is_a_plain_decimal() {
    for (milli, text) in [(1_000, "1"), (500, "0.5"), (1_250, "1.25"), (10_000, "10")] {
        assert_eq!(thousandths(milli), text);
    }
}

#[test]
fn days_name_no_month_twice() {
    assert_eq!(days(date(2026, 11, 9), date(2026, 11, 15)), "9 to 15 November 2026");
    assert_eq!(days(date(2026, 10, 26), date(2026, 11, 1)), "26 October to 1 November 2026");
    assert_eq!(days(date(2026, 12, 28), date(2027, 1, 3)), "28 December 2026 to 3 January 2027");
    assert_eq!(days(date(2026, 11, 9), date(2026, 11, 9)), "9 November 2026");
}

#[test]
fn buckets_are_written_as_people_write_ranges() {
    let cases = [
        ("0", "0"),
        ("1-9", "1–9"),
        ("1000-4999", "1,000–4,999"),
        ("10000+", "10,000+"),
        ("0-2GiB", "0–2\u{A0}GiB"),
        ("2GiB-4GiB", "2–4\u{A0}GiB"),
        ("256MiB-1GiB", "256\u{A0}MiB – 1\u{A0}GiB"),
        ("1TiB+", "1\u{A0}TiB+"),
        ("1h-1d", "1\u{A0}h – 1\u{A0}d"),
        ("90d+", "90\u{A0}d+"),
    ];
    for (label, text) in cases {
        assert_eq!(bucket(label), text);
    }
    for other in ["", "-", "+", "1–9", "a-b", "1-", "-1", "26.10", "<script>", "1-2-3", "9\u{202E}"]
    {
        assert_eq!(bucket(other), other);
    }
}

#[test]
fn an_estimate_that_may_be_nothing_says_how_much_it_may_be() {
    let total = |low: u64| -> Interval {
        serde_json::from_value(serde_json::json!({"estimate": 0, "low": low, "high": 9_000_000}))
            .unwrap()
    };
    assert_eq!(roughly(total(0), "ports"), "≤\u{A0}9 million");
    assert_eq!(roughly(total(1), "ports"), "0");
    assert_eq!(in_all(total(0), "ports"), "at most 9 million ports in all");
}
