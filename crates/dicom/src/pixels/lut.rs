//! Tables of the data set: palettes, modality and VOI tables (PS3.3 sections C.7.9, C.11.1 and C.11.2).

use dicom_core::{Tag, value::PrimitiveValue};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::PixelError;

/// A table from stored values to others.
#[derive(Clone, Debug, PartialEq)]
pub struct Lut {
    first: f64,
    /// What the greatest entry can be.
    most: f64,
    entries: Vec<u16>,
}

/// The most entries that a table can have.
const MOST_ENTRIES: usize = 1 << 16;

impl Lut {
    /// The entry for a value; the nearest one outside of the table.
    pub fn entry(&self, value: f64) -> f64 {
        let place = (value - self.first).round().max(0.0);
        // `as` saturates, and a value that is no number has the first place.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let place = (place as usize).min(self.entries.len().saturating_sub(1));
        f64::from(self.entries.get(place).copied().unwrap_or_default())
    }

    /// What the greatest entry can be.
    pub fn most(&self) -> f64 {
        self.most
    }

    /// The value that the first entry is for.
    pub fn first(&self) -> f64 {
        self.first
    }

    /// The entries.
    pub fn entries(&self) -> &[u16] {
        &self.entries
    }

    /// The entry for a value, with 8 bits.
    pub(super) fn byte(&self, value: f64) -> u8 {
        let entry = self.entry(value);
        let entry = if self.most > 255.0 {
            (entry / 256.0).floor()
        } else {
            entry
        };
        // Within a byte's range by the bounds.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let byte = entry.clamp(0.0, 255.0) as u8;
        byte
    }

    /// The table of an item with LUT Descriptor and LUT Data. `signed` where it is entered with signed values.
    pub fn of_item(item: &InMemDicomObject, signed: bool) -> Result<Self, PixelError> {
        let descriptor = descriptor(item, tags::LUT_DESCRIPTOR)?;
        let words = words(item, tags::LUT_DATA)?;
        Self::new(descriptor, &words, signed)
    }

    /// The three tables of a palette; none where the object has no palette.
    pub fn palette(
        object: &InMemDicomObject,
        signed: bool,
    ) -> Result<Option<[Self; 3]>, PixelError> {
        let tables = [
            (
                tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_RED_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            ),
            (
                tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_GREEN_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            ),
            (
                tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DESCRIPTOR,
                tags::BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
                tags::SEGMENTED_BLUE_PALETTE_COLOR_LOOKUP_TABLE_DATA,
            ),
        ];
        let table = |(of, plain, segmented)| -> Result<Self, PixelError> {
            let of = descriptor(object, of)?;
            if object.get(plain).is_some() {
                return Self::new(of, &words(object, plain)?, signed);
            }
            let entries = expanded(&words(object, segmented)?, of)?;
            Self::new(of, &entries, signed)
        };
        let [red, green, blue] = tables;
        if object.get(red.0).is_none() {
            return Ok(None);
        }
        let mut luts = [table(red)?, table(green)?, table(blue)?];
        // Some devices say 16 bits and write 8: nothing of it would be seen.
        let greatest = luts.iter().flat_map(|lut| &lut.entries).max();
        if greatest.is_some_and(|entry| *entry <= 255) {
            for lut in &mut luts {
                lut.most = 255.0;
            }
        }
        Ok(Some(luts))
    }

    fn new(of: Descriptor, words: &[u16], signed: bool) -> Result<Self, PixelError> {
        let entries = if of.bits <= 8 && words.len() < of.entries {
            // Two entries in a word, the first in the lower half.
            let halves = words.iter().flat_map(|word| word.to_le_bytes());
            halves.map(u16::from).collect()
        } else {
            words.to_vec()
        };
        let mut entries = entries;
        entries.truncate(of.entries);
        if entries.is_empty() {
            return Err(PixelError::Form("a lookup table is empty"));
        }
        let first = if signed && of.first > 0x7fff {
            of.first - 0x1_0000
        } else {
            of.first
        };
        Ok(Self {
            first: f64::from(first),
            most: f64::from((1_u32 << of.bits) - 1),
            entries,
        })
    }
}

/// What a descriptor says: entries, the first value that is mapped, and bits of an entry.
#[derive(Clone, Copy)]
struct Descriptor {
    entries: usize,
    first: i32,
    bits: u32,
}

fn descriptor(item: &InMemDicomObject, tag: Tag) -> Result<Descriptor, PixelError> {
    const UNSOUND: PixelError = PixelError::Form("a lookup table's descriptor is not well formed");
    let element = item.get(tag).ok_or(UNSOUND)?;
    let numbers = element.to_multi_int::<i32>().map_err(|_| UNSOUND)?;
    let &[entries, first, bits] = numbers.as_slice() else {
        return Err(UNSOUND);
    };
    // 0 stands for 2¹⁶, and counts above 2¹⁵ look negative where the descriptor has a sign.
    let entries = match entries.rem_euclid(1 << 16) {
        0 => MOST_ENTRIES,
        entries => usize::try_from(entries).unwrap_or(MOST_ENTRIES),
    };
    let bits = u32::try_from(bits)
        .ok()
        .filter(|bits| (1..=16).contains(bits));
    Ok(Descriptor {
        entries,
        first,
        bits: bits.ok_or(UNSOUND)?,
    })
}

/// The words of a table, whatever it is written as.
fn words(item: &InMemDicomObject, tag: Tag) -> Result<Vec<u16>, PixelError> {
    let element = item.get(tag);
    let value = element.and_then(|element| element.value().primitive());
    let value = value.ok_or(PixelError::Form("a lookup table is missing"))?;
    Ok(match value {
        PrimitiveValue::U16(words) => words.to_vec(),
        PrimitiveValue::I16(words) => words.iter().map(|word| word.cast_unsigned()).collect(),
        other => {
            let bytes = other.to_bytes();
            let (words, _) = bytes.as_chunks();
            words.iter().map(|word| u16::from_le_bytes(*word)).collect()
        }
    })
}

/// Writes out a table in segments (PS3.3 section C.7.9.2).
fn expanded(words: &[u16], of: Descriptor) -> Result<Vec<u16>, PixelError> {
    let mut reader = Segments {
        words,
        at: 0,
        out: Vec::new(),
        most: of.entries,
    };
    if of.bits <= 8 {
        // Segments of 8 bits are bytes, but for offsets, which are not met in them.
        let bytes: Vec<u16> = words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .map(u16::from)
            .collect();
        reader.words = &bytes;
        reader.run(usize::MAX, false, true)?;
        return Ok(reader.out);
    }
    reader.run(usize::MAX, true, true)?;
    Ok(reader.out)
}

struct Segments<'a> {
    words: &'a [u16],
    at: usize,
    out: Vec<u16>,
    most: usize,
}

impl Segments<'_> {
    fn next(&mut self) -> Option<u16> {
        let word = self.words.get(self.at).copied();
        self.at += 1;
        word
    }

    /// Reads so many segments, or all up to the table's end.
    fn run(&mut self, count: usize, wide: bool, may_refer: bool) -> Result<(), PixelError> {
        const UNSOUND: PixelError = PixelError::Form("a lookup table's segments are damaged");
        for _ in 0..count {
            if self.out.len() >= self.most {
                return Ok(());
            }
            let Some(kind) = self.next() else {
                return Ok(());
            };
            let length = usize::from(self.next().ok_or(UNSOUND)?);
            match kind {
                0 => {
                    for _ in 0..length {
                        let entry = self.next().ok_or(UNSOUND)?;
                        self.out.push(entry);
                    }
                }
                1 => {
                    let from = f64::from(*self.out.last().ok_or(UNSOUND)?);
                    let to = f64::from(self.next().ok_or(UNSOUND)?);
                    let step = (to - from) / length.max(1) as f64;
                    // Between two entries, which fit.
                    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
                    let entry = |place: usize| (from + step * place as f64).round() as u16;
                    self.out.extend((1..=length).map(entry));
                }
                2 if wide && may_refer => {
                    let low = self.next().ok_or(UNSOUND)?;
                    let high = self.next().ok_or(UNSOUND)?;
                    let bytes = usize::from(high) << 16 | usize::from(low);
                    let back = std::mem::replace(&mut self.at, bytes / 2);
                    self.run(length, wide, false)?;
                    self.at = back;
                }
                _ => return Err(UNSOUND),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDE: Descriptor = Descriptor {
        entries: 12,
        first: 0,
        bits: 16,
    };

    #[test]
    fn segments_are_written_out() {
        // Two entries as they are, a line of four to 500, and both again.
        let words = [0, 2, 10, 100, 1, 4, 500, 2, 2, 0, 0];
        assert_eq!(
            expanded(&words, WIDE).unwrap(),
            [10, 100, 200, 300, 400, 500, 10, 100, 200, 300, 400, 500]
        );
        assert!(expanded(&[1, 4, 500], WIDE).is_err());
        assert!(expanded(&[0, 9, 1], WIDE).is_err());
        // A segment that refers to itself is no endless loop.
        assert!(expanded(&[0, 1, 5, 2, 2, 0, 0], WIDE).is_err());
    }

    #[test]
    fn values_outside_of_a_table_have_its_nearest_entry() {
        let of = Descriptor {
            entries: 3,
            first: 0xfffe,
            bits: 16,
        };
        let lut = Lut::new(of, &[7, 8, 0x9000], true).unwrap();
        let entries = [-100.0, -2.0, -1.0, 0.0, 5.0].map(|value| lut.entry(value));
        let entries = entries.map(|entry| entry.to_string());
        assert_eq!(entries, ["7", "7", "8", "36864", "36864"]);
        assert_eq!(lut.byte(0.0), 0x90);
        let of = Descriptor {
            entries: 4,
            first: 0,
            bits: 8,
        };
        let packed = Lut::new(of, &[0x0201, 0x0403], false).unwrap();
        assert_eq!([0.0, 1.0, 3.0].map(|value| packed.byte(value)), [1, 2, 4]);
    }
}
