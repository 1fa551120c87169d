//! Fields of a frame, read one after the other.

use serde::de::DeserializeOwned;

use super::WireError;

/// Reads fields one after the other and never beyond the end.
pub struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    /// Begins at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// An error at the place where reading is.
    pub fn error(&self, what: &'static str) -> WireError {
        WireError { at: self.at, what }
    }

    pub(crate) fn take(&mut self, count: usize) -> Result<&'a [u8], WireError> {
        let end = self.at.checked_add(count);
        let taken = end.and_then(|end| self.bytes.get(self.at..end));
        let taken = taken.ok_or(self.error("the frame ends early"))?;
        self.at += count;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], WireError> {
        let at = self.at;
        let taken = self.take(N)?;
        taken.try_into().map_err(|_| WireError {
            at,
            what: "the frame ends early",
        })
    }

    /// The next byte.
    pub fn u8(&mut self) -> Result<u8, WireError> {
        self.array().map(u8::from_le_bytes)
    }

    /// The next 16-bit number.
    pub fn u16(&mut self) -> Result<u16, WireError> {
        self.array().map(u16::from_le_bytes)
    }

    /// The next 32-bit number.
    pub fn u32(&mut self) -> Result<u32, WireError> {
        self.array().map(u32::from_le_bytes)
    }

    /// The next 64-bit number. Browsers count exactly to 2⁵³ only, so that more is refused.
    pub fn u64(&mut self) -> Result<u64, WireError> {
        let number = u64::from_le_bytes(self.array()?);
        if number > 1 << 53 {
            return Err(self.error("a number above 2^53"));
        }
        Ok(number)
    }

    /// The next byte as yes or no.
    pub fn flag(&mut self) -> Result<bool, WireError> {
        match self.u8()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.error("a flag that is neither 0 nor 1")),
        }
    }

    pub(super) fn rest_as_json<T: DeserializeOwned>(&mut self) -> Result<T, WireError> {
        let rest = self.take(self.bytes.len() - self.at)?;
        serde_json::from_slice(rest).map_err(|_| self.error("not the JSON expected"))
    }

    /// Whether nothing follows.
    pub(crate) fn is_at_end(&self) -> bool {
        self.at == self.bytes.len()
    }

    pub(super) fn end(&self) -> Result<(), WireError> {
        if self.at == self.bytes.len() {
            Ok(())
        } else {
            Err(self.error("bytes after the end of the frame"))
        }
    }
}
