//! Overlay planes: drawings of one bit a pixel that lie on a picture (PS3.3 section C.9.2).

use dicom_core::Tag;
use dicom_object::InMemDicomObject;

use super::Samples;

/// The groups that overlays may stand in.
const GROUPS: std::ops::RangeInclusive<u16> = 0x6000..=0x601e;

const ROWS: u16 = 0x0010;
const COLUMNS: u16 = 0x0011;
const FRAMES: u16 = 0x0015;
const ORIGIN: u16 = 0x0050;
const FIRST_FRAME: u16 = 0x0051;
const BITS_ALLOCATED: u16 = 0x0100;
const BIT_POSITION: u16 = 0x0102;
const DATA: u16 = 0x3000;

/// Which pixels of a picture overlays draw on, row by row; `None` where there is no overlay on this frame.
/// `stored` gives the frame's samples, for overlays of old that lie in unused bits of them.
pub fn overlays(
    object: &InMemDicomObject,
    frame: usize,
    [columns, rows]: [usize; 2],
    stored: impl Fn() -> Samples,
) -> Option<Vec<bool>> {
    let mut samples: Option<Samples> = None;
    let mut drawn: Option<Vec<bool>> = None;
    for group in GROUPS.step_by(2) {
        let Some(plane) = Plane::of(object, group, frame) else {
            continue;
        };
        let out = drawn.get_or_insert_with(|| vec![false; columns * rows]);
        for y in 0..plane.rows {
            for x in 0..plane.columns {
                let [down, right] = plane.origin;
                let (Some(row), Some(column)) =
                    (y.checked_add_signed(down), x.checked_add_signed(right))
                else {
                    continue;
                };
                if column >= columns || row >= rows {
                    continue;
                }
                let is_set = match &plane.bits {
                    Bits::Own { bytes, first } => {
                        let bit = first + y * plane.columns + x;
                        let byte = bytes.get(bit / 8).copied().unwrap_or_default();
                        byte >> (bit % 8) & 1 == 1
                    }
                    Bits::InPixels(position) => {
                        let samples = samples.get_or_insert_with(&stored);
                        in_pixel(samples, row * columns + column, *position)
                    }
                };
                if let (true, Some(pixel)) = (is_set, out.get_mut(row * columns + column)) {
                    *pixel = true;
                }
            }
        }
    }
    drawn.filter(|drawn| drawn.contains(&true))
}

/// Where the bits of an overlay are.
enum Bits {
    /// In data of its own, from this bit on.
    Own { bytes: Vec<u8>, first: usize },
    /// In this bit of the picture's samples.
    InPixels(u32),
}

/// One overlay on one frame.
struct Plane {
    rows: usize,
    columns: usize,
    /// Row and column of its first pixel, from 0; may be negative.
    origin: [isize; 2],
    bits: Bits,
}

impl Plane {
    fn of(object: &InMemDicomObject, group: u16, frame: usize) -> Option<Self> {
        let number = |element| {
            let element = object.get(Tag(group, element))?;
            element.to_int::<i64>().ok()
        };
        let side = |element| {
            let side = usize::try_from(number(element)?).ok()?;
            (1..=0xffff).contains(&side).then_some(side)
        };
        let (rows, columns) = (side(ROWS)?, side(COLUMNS)?);
        let origin = object.get(Tag(group, ORIGIN));
        let origin = origin.and_then(|origin| origin.to_multi_int::<i16>().ok());
        let origin = match origin.as_deref() {
            Some([row, column]) => [row, column].map(|place| isize::from(*place) - 1),
            _ => [0; 2],
        };
        // An overlay of several frames begins at one frame of the picture; one of a single frame without saying so
        // is on all of them.
        let frames = number(FRAMES).and_then(|frames| usize::try_from(frames).ok());
        let at = match (frames, number(FIRST_FRAME)) {
            (Some(frames), first) => {
                let first = usize::try_from(first.unwrap_or(1)).ok()?.checked_sub(1)?;
                let at = frame.checked_sub(first)?;
                (at < frames).then_some(at)?
            }
            (None, _) => 0,
        };
        let bits = match object.get(Tag(group, DATA)) {
            Some(data) => Bits::Own {
                bytes: little_endian(data.value().primitive()?),
                first: rows.checked_mul(columns)?.checked_mul(at)?,
            },
            None if number(BITS_ALLOCATED).is_some_and(|bits| bits > 1) => {
                Bits::InPixels(u32::try_from(number(BIT_POSITION)?).ok()?)
            }
            None => return None,
        };
        Some(Self {
            rows,
            columns,
            origin,
            bits,
        })
    }
}

/// The bytes of words are in memory in the machine's order; bits are counted in little endian.
fn little_endian(value: &dicom_core::PrimitiveValue) -> Vec<u8> {
    match value {
        dicom_core::PrimitiveValue::U16(words) => {
            words.iter().flat_map(|word| word.to_le_bytes()).collect()
        }
        other => other.to_bytes().into_owned(),
    }
}

fn in_pixel(stored: &Samples, place: usize, position: u32) -> bool {
    let word = match stored {
        Samples::U16(words) => words.get(place).map(|word| u32::from(*word)),
        Samples::I16(words) => words.get(place).map(|word| u32::from(word.cast_unsigned())),
        Samples::U8(bytes) => bytes.get(place).map(|byte| u32::from(*byte)),
        _ => None,
    };
    word.is_some_and(|word| word.checked_shr(position).unwrap_or(0) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use dicom_core::{DataElement, PrimitiveValue, VR};

    use super::*;

    fn object(elements: &[(u16, VR, PrimitiveValue)]) -> InMemDicomObject {
        let elements = elements.iter().map(|(element, vr, value)| {
            DataElement::new(Tag(0x6002, *element), *vr, value.clone())
        });
        InMemDicomObject::from_element_iter(elements)
    }

    #[test]
    fn an_overlay_lies_where_its_origin_says() {
        // Two by two, both on the diagonal, the first pixel outside of the picture.
        let object = object(&[
            (ROWS, VR::US, PrimitiveValue::from(2_u16)),
            (COLUMNS, VR::US, PrimitiveValue::from(2_u16)),
            (
                ORIGIN,
                VR::SS,
                PrimitiveValue::I16([0, 2].as_slice().into()),
            ),
            (
                DATA,
                VR::OW,
                PrimitiveValue::U16([0b1001].as_slice().into()),
            ),
        ]);
        let stored = || Samples::U8(vec![0; 6]);
        let drawn = overlays(&object, 0, [3, 2], stored).unwrap();
        assert_eq!(drawn, [false, false, true, false, false, false]);
    }

    #[test]
    fn an_overlay_of_two_frames_is_on_those_frames() {
        let object = object(&[
            (ROWS, VR::US, PrimitiveValue::from(1_u16)),
            (COLUMNS, VR::US, PrimitiveValue::from(3_u16)),
            (FRAMES, VR::IS, PrimitiveValue::from("2")),
            (FIRST_FRAME, VR::US, PrimitiveValue::from(2_u16)),
            (DATA, VR::OB, PrimitiveValue::from(vec![0b0010_1000_u8, 0])),
        ]);
        let on = |frame| overlays(&object, frame, [3, 1], || Samples::U8(vec![0; 3]));
        assert_eq!(on(0), None);
        assert_eq!(on(1), None, "its first frame has no bit");
        assert_eq!(on(2), Some(vec![true, false, true]));
        assert_eq!(on(3), None);
    }
}
