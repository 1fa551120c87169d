//! Frames of MLLP (HL7 Minimal Lower Layer Protocol, release 1): a vertical tab, the message, a file separator and a
//! carriage return.

const BEGIN: u8 = 0x0b;
const END: u8 = 0x1c;
const RETURN: u8 = 0x0d;

/// A message is longer than may be kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("take a message of more than {0} bytes")]
pub struct TooLong(pub usize);

/// Cuts what comes into messages.
#[derive(Debug)]
pub struct Frames {
    most: usize,
    /// What came of a message that has not ended; `None` between messages.
    begun: Option<Vec<u8>>,
    /// The end of a message came, and not yet what follows it.
    ends: bool,
}

impl Frames {
    /// Messages may be so many bytes long.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            begun: None,
            ends: false,
        }
    }

    /// Takes bytes; the messages that they complete. What comes between messages is left out.
    pub fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, TooLong> {
        let mut whole = Vec::new();
        for byte in bytes {
            if std::mem::take(&mut self.ends) {
                if *byte == RETURN {
                    whole.extend(self.begun.take());
                    continue;
                }
                // It was no end: the byte belongs to the message.
                self.push(END)?;
            }
            match *byte {
                // A message that never ended is given up when the next begins.
                BEGIN => self.begun = Some(Vec::new()),
                END if self.begun.is_some() => self.ends = true,
                other => self.push(other)?,
            }
        }
        Ok(whole)
    }

    fn push(&mut self, byte: u8) -> Result<(), TooLong> {
        let Some(begun) = &mut self.begun else {
            return Ok(());
        };
        if begun.len() >= self.most {
            self.begun = None;
            return Err(TooLong(self.most));
        }
        begun.push(byte);
        Ok(())
    }
}

/// A message in its frame.
pub fn framed(message: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(message.len() + 3);
    bytes.push(BEGIN);
    bytes.extend(message.as_bytes());
    bytes.extend([END, RETURN]);
    bytes
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_lies_between_messages_is_left_out_and_half_a_message_waits() {
        let mut frames = Frames::new(100);
        assert_eq!(frames.feed(b"noise\x0bMSH|a"), Ok(vec![]));
        assert_eq!(frames.feed(b"\x1c"), Ok(vec![]));
        let rest = frames.feed(b"\r\n\x0bMSH|b\x1c\r\x0bhalf");
        assert_eq!(rest, Ok(vec![b"MSH|a".to_vec(), b"MSH|b".to_vec()]));
        // The half that never ended is not taken for a part of the next.
        assert_eq!(frames.feed(b"\x0bMSH|c\x1c\r"), Ok(vec![b"MSH|c".to_vec()]));
    }

    #[test]
    fn a_message_without_end_does_not_fill_memory() {
        let mut frames = Frames::new(10);
        assert_eq!(frames.feed(b"\x0b12345678901"), Err(TooLong(10)));
        assert_eq!(frames.feed(b"\x0bMSH\x1c\r"), Ok(vec![b"MSH".to_vec()]));
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_messages_are_the_same(
            texts in prop::collection::vec("[ -~]{0,40}", 0..5),
            cut in 1_usize..50,
        ) {
            let all: Vec<u8> = texts.iter().flat_map(|text| framed(text)).collect();
            let mut frames = Frames::new(40);
            let mut found = Vec::new();
            for piece in all.chunks(cut) {
                found.extend(frames.feed(piece).unwrap());
            }
            let expected: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
            prop_assert_eq!(found, expected);
        }
    }
}
