//! One datagram: `FIELD`, `FIELD NUMBER` or `FIELD NUMBER WORD`, in UTF-8, with or without a line
//! end.
//!
//! `FIELD` is the id of a question whose source is `push`. `NUMBER` is a whole number from 0 to
//! 2^53 - 1, and 1 where it is left out. `WORD` is everything after the second space: an entry of
//! the question's list, a move (`search > result`), or a version. There is one space between two
//! of them.

/// Bytes of one datagram: an id has 40, a number 16, a move two words of 64 and its sign.
pub const LINE_BYTES_MAX: usize = 192;

/// The largest number: every JSON reader holds it exactly.
pub const NUMBER_MAX: u64 = (1 << 53) - 1;

/// One datagram's content.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Line<'a> {
    /// The question's id.
    pub field: &'a str,
    /// How much, or how often.
    pub number: u64,
    /// Of what.
    pub word: Option<&'a str>,
}

/// What was pushed may say something of a person, so `Debug` shows nothing of it.
impl std::fmt::Debug for Line<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Line(..)")
    }
}

/// Reads a datagram. `None` if it is no such line.
pub fn read(bytes: &[u8]) -> Option<Line<'_>> {
    if bytes.len() > LINE_BYTES_MAX {
        return None;
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    if text.chars().any(char::is_control) {
        return None;
    }
    let mut pieces = text.splitn(3, ' ');
    let field = pieces.next().filter(|field| !field.is_empty())?;
    let number = match pieces.next() {
        // `+1` and ` 1` are numbers to Rust, and not here: one spelling.
        Some(digits) if digits.bytes().all(|c| c.is_ascii_digit()) => digits.parse().ok()?,
        Some(_) => return None,
        None => 1,
    };
    let word = pieces.next();
    (number <= NUMBER_MAX && word != Some("")).then_some(Line { field, number, word })
}

/// Writes a datagram into a buffer of the caller's, so that nothing is allocated. `None` if it does
/// not fit, or would not be read back as the same line.
pub fn write<'b>(line: &Line<'_>, buffer: &'b mut [u8; LINE_BYTES_MAX]) -> Option<&'b [u8]> {
    let mut digits = [0; 20];
    let number = decimal(line.number, &mut digits);
    let word = line.word.map(str::as_bytes);
    let pieces = [line.field.as_bytes(), b" ", number];
    let word = [word.map_or(&b""[..], |_| b" "), word.unwrap_or_default()];
    let mut length = 0;
    for piece in pieces.into_iter().chain(word) {
        buffer.get_mut(length..length + piece.len())?.copy_from_slice(piece);
        length += piece.len();
    }
    let written = buffer.get(..length)?;
    let odd = |text: &str| text.is_empty() || text.chars().any(char::is_control);
    let is_whole = !odd(line.field)
        && !line.field.contains(' ')
        && line.number <= NUMBER_MAX
        && !line.word.is_some_and(odd);
    is_whole.then_some(written)
}

fn decimal(mut number: u64, digits: &mut [u8; 20]) -> &[u8] {
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit = b'0' + u8::try_from(number % 10).unwrap_or(0);
        number /= 10;
        used += 1;
        if number == 0 {
            break;
        }
    }
    digits.get(digits.len() - used..).unwrap_or_default()
}
