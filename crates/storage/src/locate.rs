//! Finds a single wrong byte from a checksum.
//!
//! CRC-32C is linear: the difference between the sum as kept and the sum of what was read depends on the
//! wrong bits and their place only. Stepping that difference back over the block, byte by byte, one meets
//! the place where a single byte explains it.

/// CRC-32C (Castagnoli), reflected.
const POLYNOMIAL: u32 = 0x82F6_3B78;

/// A byte that may be the wrong one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Offset in the block.
    pub offset: usize,
    /// The value that would make the checksum right.
    pub expected: u8,
}

/// The sum that each single byte leaves.
fn byte_sums() -> Vec<u32> {
    (0..256_u32)
        .map(|byte| {
            (0..8).fold(byte, |sum, _| {
                if sum & 1 == 1 {
                    (sum >> 1) ^ POLYNOMIAL
                } else {
                    sum >> 1
                }
            })
        })
        .collect()
}

/// All single bytes of `block` that, changed, would give it the checksum `kept`; the last one first.
pub fn candidates(block: &[u8], kept: u32) -> Vec<Candidate> {
    let sums = byte_sums();
    // The top byte of these sums is different for each byte, so it names the byte.
    let mut by_top = vec![0_u8; 256];
    for (byte, sum) in (0..=u8::MAX).zip(&sums) {
        if let Some(place) = by_top.get_mut((sum >> 24) as usize) {
            *place = byte;
        }
    }
    let mut difference = crc32c::crc32c(block) ^ kept;
    let mut found = Vec::new();
    for (offset, read) in block.iter().enumerate().rev() {
        let byte = by_top
            .get((difference >> 24) as usize)
            .copied()
            .unwrap_or(0);
        let sum = sums.get(usize::from(byte)).copied().unwrap_or(0);
        if sum == difference && byte != 0 {
            found.push(Candidate {
                offset,
                expected: read ^ byte,
            });
        }
        // One byte back.
        difference = ((difference ^ sum) << 8) | u32::from(byte);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flipped_byte_of_a_block_is_found() {
        let block: Vec<u8> = (0..4096_u32).map(|n| (n * 31 % 251) as u8).collect();
        let kept = crc32c::crc32c(&block);
        for offset in [0, 1, 2, 63, 2000, 4091, 4092, 4095] {
            for flip in [1, 0x80, 0xFF] {
                let mut read = block.clone();
                read[offset] ^= flip;
                let expected = Candidate {
                    offset,
                    expected: block[offset],
                };
                assert!(
                    candidates(&read, kept).contains(&expected),
                    "byte {offset} ^ {flip}"
                );
            }
        }
        assert_eq!(candidates(&block, kept), []);
    }
}
