//! Small words of the statement: numbers, lists, counts of things.

/// "1 question", "3 questions".
pub(super) fn counted(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", grouped(number as u64)) }
}

/// "a, b and c".
pub(super) fn listed(items: &[String], and: &str) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// "12,345".
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Thousandths as a decimal number without needless zeros: 4000 is "4", 250 is "0.25".
pub(super) fn thousandths(number: u32) -> String {
    let text = format!("{}.{:03}", number / 1_000, number % 1_000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// About how many different answers a number of bits allows: "84", or "2^40".
pub(super) fn about(bits: f64) -> String {
    if bits > 30.0 {
        return format!("2^{:.0}", bits.ceil());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 1 and 2^30, as was checked"
    )]
    let number = bits.exp2().round() as u64;
    grouped(number)
}
