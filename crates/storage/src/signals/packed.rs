//! How chunks and roll-ups lie on disk: four letters, a header as JSON, and columns of numbers, compressed by
//! `pco`, each behind its length. All lengths are 32 bits, little endian.

use serde::{Serialize, de::DeserializeOwned};

/// The bytes are no chunk or roll-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The most numbers in a column, so that damaged bytes cannot ask for more memory than there is.
const MOST: usize = 1 << 20;

/// Begins with the four letters and the header.
pub fn begin(magic: [u8; 4], header: &impl Serialize) -> Result<Vec<u8>, Unreadable> {
    let header = serde_json::to_vec(header).map_err(|_| Unreadable)?;
    let mut bytes = magic.to_vec();
    piece(&mut bytes, &header)?;
    Ok(bytes)
}

/// Adds a column of numbers.
pub fn numbers<T: pco::data_types::Number>(
    bytes: &mut Vec<u8>,
    numbers: &[T],
) -> Result<(), Unreadable> {
    let config = pco::ChunkConfig::default();
    let packed = pco::standalone::simple_compress(numbers, &config).map_err(|_| Unreadable)?;
    piece(bytes, &packed)
}

fn piece(bytes: &mut Vec<u8>, piece: &[u8]) -> Result<(), Unreadable> {
    let length = u32::try_from(piece.len()).map_err(|_| Unreadable)?;
    bytes.extend(length.to_le_bytes());
    bytes.extend(piece);
    Ok(())
}

/// Reads letters and header; answers what follows.
pub fn header<T: DeserializeOwned>(magic: [u8; 4], bytes: &[u8]) -> Result<(T, &[u8]), Unreadable> {
    let (found, mut rest) = bytes.split_first_chunk::<4>().ok_or(Unreadable)?;
    if *found != magic {
        return Err(Unreadable);
    }
    let header = take(&mut rest)?;
    let header = serde_json::from_slice(header).map_err(|_| Unreadable)?;
    Ok((header, rest))
}

/// Reads the next column.
pub fn take_numbers<T: pco::data_types::Number>(rest: &mut &[u8]) -> Result<Vec<T>, Unreadable> {
    let packed = take(rest)?;
    let numbers = pco::standalone::simple_decompress::<T>(packed).map_err(|_| Unreadable)?;
    if numbers.len() > MOST {
        return Err(Unreadable);
    }
    Ok(numbers)
}

fn take<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Unreadable> {
    let (length, after) = rest.split_first_chunk::<4>().ok_or(Unreadable)?;
    let length = usize::try_from(u32::from_le_bytes(*length)).map_err(|_| Unreadable)?;
    let (piece, after) = after.split_at_checked(length).ok_or(Unreadable)?;
    *rest = after;
    Ok(piece)
}
