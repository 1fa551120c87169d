//! Masks as files, so that what was found need not be found again. Little endian:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `YMK1` |
//! | 12 | three u32: voxels along x, y, z |
//! | rest | zstd of the rows of bits, x fastest, then y, then z; each row in whole u64, unused bits 0 |

use crate::{Mask, VolumeError, formats::checked_voxels};

const MAGIC: &[u8; 4] = b"YMK1";
const ZSTD_LEVEL: i32 = 3;

/// Writes a mask.
pub fn to_ymk1(mask: &Mask) -> Result<Vec<u8>, VolumeError> {
    let bytes: Vec<u8> = mask.words().iter().flat_map(|w| w.to_le_bytes()).collect();
    let coded = zstd::bulk::compress(&bytes, ZSTD_LEVEL);
    let coded = coded.map_err(|error| VolumeError::Codec {
        doing: "write a mask",
        why: error.to_string(),
    })?;
    let mut out = Vec::with_capacity(16 + coded.len());
    out.extend(MAGIC);
    for side in mask.size() {
        out.extend(crate::bricks::small(side).to_le_bytes());
    }
    out.extend(coded);
    Ok(out)
}

/// Reads a mask back.
pub fn from_ymk1(bytes: &[u8]) -> Result<Mask, VolumeError> {
    let bad = |why: &str| VolumeError::Codec {
        doing: "read a mask",
        why: why.to_owned(),
    };
    let rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| bad("it does not begin with YMK1"))?;
    let (sides, coded) = rest
        .split_at_checked(12)
        .ok_or_else(|| bad("it ends too early"))?;
    let (sides, _) = sides.as_chunks::<4>();
    let mut size = [0; 3];
    for (size, side) in size.iter_mut().zip(sides) {
        *size = u32::from_le_bytes(*side) as usize;
    }
    checked_voxels(size)?;
    let [nx, ny, nz] = size;
    let words = nx.div_ceil(64) * ny * nz;
    let rows = zstd::bulk::decompress(coded, words * 8).map_err(|error| bad(&error.to_string()))?;
    let (rows, _) = rows.as_chunks::<8>();
    let rows = rows.iter().map(|word| u64::from_le_bytes(*word)).collect();
    Mask::of_words(size, rows).ok_or_else(|| bad("its size and its rows do not fit"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_comes_back_and_damage_is_refused() {
        let mut mask = Mask::empty([70, 3, 2]);
        for voxel in [[0, 0, 0], [69, 2, 1], [64, 1, 0]] {
            mask.set(voxel);
        }
        let bytes = to_ymk1(&mask).unwrap();
        assert_eq!(from_ymk1(&bytes).unwrap(), mask);
        for end in 0..bytes.len() {
            assert!(from_ymk1(&bytes[..end]).is_err());
        }
        let mut other = bytes;
        other[4] = 200;
        assert!(from_ymk1(&other).is_err(), "a row needs more words");
    }
}
