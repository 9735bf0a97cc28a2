//! Reads the fields of a message from front to back; what is not there is `None`.

/// What is left of a message.
pub(super) struct Cursor<'m>(&'m [u8]);

impl<'m> Cursor<'m> {
    pub(super) fn new(message: &'m [u8]) -> Self {
        Self(message)
    }

    pub(super) fn take(&mut self, length: usize) -> Option<&'m [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn byte(&mut self) -> Option<u8> {
        self.take(1).and_then(|taken| taken.first().copied())
    }

    /// A big-endian number of 16 bits.
    pub(super) fn short(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// A big-endian number of 32 bits with a sign.
    pub(super) fn long(&mut self) -> Option<i32> {
        self.take(4)?.try_into().ok().map(i32::from_be_bytes)
    }

    /// Text up to a zero byte, which is taken too.
    pub(super) fn text(&mut self) -> Option<String> {
        let length = self.0.iter().position(|byte| *byte == 0)?;
        let text = String::from_utf8(self.take(length)?.to_vec()).ok();
        self.take(1)?;
        text
    }

    /// Takes a byte if it is the next one.
    pub(super) fn next_is(&mut self, byte: u8) -> bool {
        let is = self.0.first() == Some(&byte);
        if is {
            self.take(1);
        }
        is
    }

    /// A length as MySQL writes it, in one to nine bytes.
    pub(super) fn length(&mut self) -> Option<u64> {
        let bytes = match self.byte()? {
            0xfc => 2,
            0xfd => 3,
            0xfe => 8,
            0xfb | 0xff => return None,
            small => return Some(u64::from(small)),
        };
        let number = self.take(bytes)?;
        Some(number.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    }

    pub(super) fn rest(self) -> &'m [u8] {
        self.0
    }
}
