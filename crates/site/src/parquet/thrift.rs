//! Thrift's compact protocol, as far as a footer of Parquet needs it to be written.

/// One structure that is being written: its fields in ascending order.
#[derive(Default)]
pub(super) struct Thrift {
    bytes: Vec<u8>,
    /// The number of the field before: headers hold the difference.
    before: u8,
}

const I32: u8 = 5;
const I64: u8 = 6;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const STRUCT: u8 = 12;

impl Thrift {
    /// A number of 32 bits, or one of an enumeration.
    pub(super) fn int(&mut self, field: u8, number: i64) {
        self.header(field, I32);
        self.zigzag(number);
    }

    /// A number of 64 bits.
    pub(super) fn long(&mut self, field: u8, number: i64) {
        self.header(field, I64);
        self.zigzag(number);
    }

    pub(super) fn text(&mut self, field: u8, text: &str) {
        self.header(field, BINARY);
        self.string(text);
    }

    pub(super) fn ints(&mut self, field: u8, numbers: &[i64]) {
        self.list(field, I32, numbers.len());
        for number in numbers {
            self.zigzag(*number);
        }
    }

    pub(super) fn texts(&mut self, field: u8, texts: &[&str]) {
        self.list(field, BINARY, texts.len());
        for text in texts {
            self.string(text);
        }
    }

    pub(super) fn object(&mut self, field: u8, fill: impl FnOnce(&mut Self)) {
        self.header(field, STRUCT);
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes.extend(inner.finish());
    }

    pub(super) fn objects(&mut self, field: u8, count: usize, fill: impl Fn(usize, &mut Self)) {
        self.list(field, STRUCT, count);
        for at in 0..count {
            let mut inner = Self::default();
            fill(at, &mut inner);
            self.bytes.extend(inner.finish());
        }
    }

    /// The structure's bytes, with the mark at its end.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(0);
        self.bytes
    }

    /// Seven bits to a byte, the lowest first.
    pub(super) fn varint(mut number: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        while number > 0x7f {
            bytes.push(low(number) | 0x80);
            number >>= 7;
        }
        bytes.push(low(number));
        bytes
    }

    /// Small numbers are short, those below zero too.
    fn zigzag(&mut self, number: i64) {
        let folded = (number << 1) ^ (number >> 63);
        self.bytes.extend(Self::varint(u64::from_le_bytes(folded.to_le_bytes())));
    }

    fn string(&mut self, text: &str) {
        self.bytes.extend(Self::varint(text.len() as u64));
        self.bytes.extend(text.as_bytes());
    }

    fn list(&mut self, field: u8, kind: u8, count: usize) {
        self.header(field, LIST);
        if let Ok(few @ ..15) = u8::try_from(count) {
            self.bytes.push(few << 4 | kind);
        } else {
            self.bytes.push(0xf0 | kind);
            self.bytes.extend(Self::varint(count as u64));
        }
    }

    fn header(&mut self, field: u8, kind: u8) {
        self.bytes.push(field.saturating_sub(self.before) << 4 | kind);
        self.before = field;
    }
}

fn low(number: u64) -> u8 {
    number.to_le_bytes().first().map_or(0, |byte| byte & 0x7f)
}
