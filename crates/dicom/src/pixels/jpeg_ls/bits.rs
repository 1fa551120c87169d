//! Bits of the entropy coded part of a scan (T.87 annex A and C.2.1).

/// Reads bits from the first of a byte to its last. A byte behind `0xff` carries seven.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    at: usize,
    cache: u64,
    held: u32,
    after_ff: bool,
}

/// The most bits that are read at once.
const MOST: u32 = 32;

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self {
            bytes,
            at: 0,
            cache: 0,
            held: 0,
            after_ff: false,
        }
    }

    /// Fills the cache; stops in front of a marker.
    fn fill(&mut self) {
        while self.held <= 48 {
            let Some(&byte) = self.bytes.get(self.at) else {
                return;
            };
            if self.after_ff {
                if byte & 0x80 != 0 {
                    return;
                }
                self.cache = (self.cache << 7) | u64::from(byte);
                self.held += 7;
            } else {
                // A fill byte in front of a marker carries nothing.
                if byte == 0xff
                    && self
                        .bytes
                        .get(self.at + 1)
                        .is_none_or(|next| next & 0x80 != 0)
                {
                    return;
                }
                self.cache = (self.cache << 8) | u64::from(byte);
                self.held += 8;
            }
            self.after_ff = byte == 0xff;
            self.at += 1;
        }
    }

    /// The next bits as a number; `None` where the scan is over.
    pub(super) fn take(&mut self, count: u32) -> Option<u32> {
        if count == 0 {
            return Some(0);
        }
        if count > MOST {
            return None;
        }
        if self.held < count {
            self.fill();
        }
        self.held = self.held.checked_sub(count)?;
        let bits = self.cache >> self.held & ((1 << count) - 1);
        u32::try_from(bits).ok()
    }

    /// How many zeros come before the next one, which is read too; `None` where there are more than `most`.
    pub(super) fn zeros(&mut self, most: u32) -> Option<u32> {
        let mut zeros = 0;
        loop {
            if self.held == 0 {
                self.fill();
                if self.held == 0 {
                    return None;
                }
            }
            let live = self.cache << (64 - self.held);
            let here = live.leading_zeros().min(self.held);
            zeros += here;
            if zeros > most {
                return None;
            }
            self.held -= here;
            if self.held > 0 {
                self.held -= 1;
                return Some(zeros);
            }
        }
    }

    /// Where the next marker begins, behind all that was read.
    pub(super) fn end(&self) -> usize {
        let from = self.at.saturating_sub(usize::from(self.after_ff));
        let rest = self.bytes.get(from..).unwrap_or_default();
        let marker = rest
            .windows(2)
            .position(|pair| matches!(pair, [0xff, next] if next & 0x80 != 0));
        marker.map_or(self.bytes.len(), |place| from + place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_behind_ff_carries_seven_bits() {
        let mut bits = Bits::new(&[0xff, 0x7f, 0x80, 0xff, 0xd9]);
        assert_eq!(bits.take(15), Some(0x7fff));
        assert_eq!(bits.zeros(8), Some(0));
        assert_eq!(bits.take(7), Some(0));
        assert_eq!(bits.take(1), None);
        assert_eq!(bits.end(), 3);
    }

    #[test]
    fn zeros_are_counted_over_bytes() {
        let mut bits = Bits::new(&[0, 0, 0x10, 0]);
        assert_eq!(bits.zeros(40), Some(19));
        assert_eq!(bits.zeros(40), None);
        assert_eq!(Bits::new(&[0, 0, 0x10]).zeros(10), None);
    }
}
