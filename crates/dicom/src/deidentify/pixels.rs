//! What is written into pixels: found by class, by what the object says, and by rules about devices.

use std::sync::LazyLock;

use bytes::Bytes;
use dicom_core::{DataElement, PrimitiveValue, Tag, VR, header::HasLength as _};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

use super::{NATIVE, Options, Refused, text};
use crate::parse;

/// Rules as data; see the head of the file.
const TABLE: &str = include_str!("burned-in.tsv");

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Box {
    x: usize,
    y: usize,
    width: usize,
    height: usize,
}

struct Rule {
    name: &'static str,
    /// Modality, manufacturer, model, image type and series description: alternatives, or anything.
    texts: [Vec<String>; 5],
    rows: Option<usize>,
    columns: Option<usize>,
    boxes: Vec<Box>,
}

static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| lines().filter_map(rule).collect());

fn lines() -> impl Iterator<Item = &'static str> {
    TABLE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

fn rule(line: &'static str) -> Option<Rule> {
    let columns: Vec<&str> = line.split('\t').collect();
    let [name, texts @ .., rows, width, boxes] = columns.as_slice() else {
        return None;
    };
    let alternatives = |text: &&str| {
        let alternatives = text.split('|').filter(|text| !text.is_empty());
        alternatives.map(str::to_lowercase).collect::<Vec<_>>()
    };
    let texts: Vec<Vec<String>> = texts.iter().map(alternatives).collect();
    let number = |text: &str| (!text.is_empty()).then(|| text.parse().ok());
    let boxes: Option<Vec<Box>> = boxes.split(';').map(rectangle).collect();
    Some(Rule {
        name,
        texts: texts.try_into().ok()?,
        rows: number(rows).map_or(Some(None), |rows| rows.map(Some))?,
        columns: number(width).map_or(Some(None), |columns| columns.map(Some))?,
        boxes: boxes?,
    })
}

fn rectangle(text: &str) -> Option<Box> {
    let numbers: Option<Vec<usize>> = text.split(',').map(|number| number.parse().ok()).collect();
    let [x, y, width, height] = numbers?.try_into().ok()?;
    Some(Box {
        x,
        y,
        width,
        height,
    })
}

/// What is to be done to the pixels.
#[derive(Debug, Default)]
pub(super) struct Plan {
    boxes: Vec<Box>,
    rules: Vec<&'static str>,
    /// Bits of the pixels that belong to overlays are cleared.
    clear_unused_bits: bool,
}

impl Plan {
    /// Whether known places of text are blanked.
    pub(super) fn blanks(&self) -> bool {
        !self.boxes.is_empty()
    }
}

/// Refuses classes whose content cannot be looked through.
pub(super) fn judge_class(object: &InMemDicomObject, options: &Options) -> Result<(), Refused> {
    let class = text(object, tags::SOP_CLASS_UID);
    if !class.starts_with("1.2.840.10008.") {
        return Err(Refused::Class("what a private class holds is not known"));
    }
    if class.starts_with("1.2.840.10008.5.1.4.1.1.104.")
        || object.get(tags::ENCAPSULATED_DOCUMENT).is_some()
    {
        return Err(Refused::Class(
            "an encapsulated document is not looked through",
        ));
    }
    if class == uids::RAW_DATA_STORAGE {
        return Err(Refused::Class("raw data are not looked through"));
    }
    if object.get(tags::CONTENT_SEQUENCE).is_some() && !options.clean_structured_content {
        return Err(Refused::Class(
            "a structured report holds what people wrote; ask for clean structured content",
        ));
    }
    Ok(())
}

/// Classes of pictures into which devices write names as a matter of course, and of screens.
const OFTEN_WRITTEN_ON: &[&str] = &[
    uids::SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_SINGLE_BIT_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_GRAYSCALE_BYTE_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_GRAYSCALE_WORD_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::MULTI_FRAME_TRUE_COLOR_SECONDARY_CAPTURE_IMAGE_STORAGE,
    uids::ULTRASOUND_IMAGE_STORAGE,
    uids::ULTRASOUND_MULTI_FRAME_IMAGE_STORAGE,
    // Retired numbers of the ultrasound classes, which old devices still send.
    "1.2.840.10008.5.1.4.1.1.6",
    "1.2.840.10008.5.1.4.1.1.3",
    uids::VL_ENDOSCOPIC_IMAGE_STORAGE,
    uids::VIDEO_ENDOSCOPIC_IMAGE_STORAGE,
    uids::VL_PHOTOGRAPHIC_IMAGE_STORAGE,
    uids::VIDEO_PHOTOGRAPHIC_IMAGE_STORAGE,
    uids::VL_MICROSCOPIC_IMAGE_STORAGE,
    uids::VIDEO_MICROSCOPIC_IMAGE_STORAGE,
];

/// Decides what is to be done to the pixels, or refuses.
pub(super) fn plan(object: &DefaultDicomObject, options: &Options) -> Result<Plan, Refused> {
    let mut plan = Plan::default();
    if object.get(tags::PIXEL_DATA).is_none() {
        return Ok(plan);
    }
    plan.clear_unused_bits = has_overlay_in_pixels(object);
    if text(object, tags::RECOGNIZABLE_VISUAL_FEATURES) == "YES" && !options.pixels_vouched_for {
        return Err(Refused::Pixels(
            "the object says that its patient can be recognised",
        ));
    }
    let says = text(object, tags::BURNED_IN_ANNOTATION).to_uppercase();
    if says == "NO" {
        return Ok(plan);
    }
    for rule in RULES.iter().filter(|rule| rule.fits(object)) {
        plan.rules.push(rule.name);
        plan.boxes.extend(&rule.boxes);
    }
    if plan.blanks() {
        return if options.clean_pixel_data {
            Ok(plan)
        } else {
            Err(Refused::Pixels(
                "this device writes into them; ask for clean pixel data",
            ))
        };
    }
    if says == "YES" {
        return Err(Refused::Pixels(
            "the object says that something is written in them, and no rule says where",
        ));
    }
    if may_be_written_on(object) && !options.pixels_vouched_for {
        return Err(Refused::Pixels(
            "something may be written in pictures of this kind, and nobody has vouched for them",
        ));
    }
    Ok(plan)
}

/// Whether something may be written into the picture, although it does not say so.
fn may_be_written_on(object: &InMemDicomObject) -> bool {
    if OFTEN_WRITTEN_ON.contains(&text(object, tags::SOP_CLASS_UID).as_str()) {
        return true;
    }
    let image_type = text(object, tags::IMAGE_TYPE).to_uppercase();
    let is_screen = ["SCREEN", "DOSE", "CAPTURE", "REPORT"]
        .iter()
        .any(|word| image_type.contains(word));
    // Colour in a secondary image of a scanner is a rendering, and those carry legends.
    let is_rendering = image_type.contains("SECONDARY")
        && number(object, tags::SAMPLES_PER_PIXEL).is_some_and(|samples| samples > 1);
    is_screen || is_rendering
}

impl Rule {
    fn fits(&self, object: &InMemDicomObject) -> bool {
        let attributes = [
            tags::MODALITY,
            tags::MANUFACTURER,
            tags::MANUFACTURER_MODEL_NAME,
            tags::IMAGE_TYPE,
            tags::SERIES_DESCRIPTION,
        ];
        let texts = attributes.iter().zip(&self.texts).all(|(tag, wanted)| {
            let text = text(object, *tag).to_lowercase();
            wanted.is_empty() || wanted.iter().any(|wanted| text.contains(wanted.as_str()))
        });
        let equal = |tag, wanted: Option<usize>| {
            wanted.is_none_or(|wanted| number(object, tag) == Some(wanted))
        };
        texts && equal(tags::ROWS, self.rows) && equal(tags::COLUMNS, self.columns)
    }
}

fn number(object: &InMemDicomObject, tag: Tag) -> Option<usize> {
    object.get(tag)?.to_int::<usize>().ok()
}

/// Whether an overlay lies in bits of the pixels that the image does not use (retired in 2004).
fn has_overlay_in_pixels(object: &InMemDicomObject) -> bool {
    (0x6000..=0x601e).step_by(2).any(|group| {
        let inside = number(object, Tag(group, 0x0102)).is_some_and(|bit| bit > 0);
        inside && object.get(Tag(group, 0x3000)).is_none()
    })
}

/// Does what was planned, and returns the transfer syntax that the copy is written in. Pixels that need no
/// change stay compressed as they are.
pub(super) fn apply(
    file: &[u8],
    object: &mut DefaultDicomObject,
    plan: &Plan,
    notes: &mut Vec<String>,
) -> Result<String, Refused> {
    let stored = object
        .meta()
        .transfer_syntax()
        .trim_end_matches('\0')
        .to_owned();
    let is_native = NATIVE.contains(&stored.as_str());
    let changes = plan.blanks() || plan.clear_unused_bits;
    if !changes && !is_native {
        return Ok(stored);
    }
    if !is_native {
        let file = Bytes::copy_from_slice(file);
        let decoded = crate::pixels::transcode(&file, uids::EXPLICIT_VR_LITTLE_ENDIAN);
        let decoded = decoded.map_err(|_| {
            Refused::Pixels(
                "they are compressed in a way that cannot be decoded here to clean them",
            )
        })?;
        *object = parse::open(&decoded, None)?;
    }
    if changes {
        let frames = Frames::of(object)?;
        let mut bytes = frames.bytes(object)?;
        for rule in &plan.rules {
            notes.push(format!("pixels blanked by the rule `{rule}`"));
        }
        for area in &plan.boxes {
            frames.blank(&mut bytes, *area);
        }
        if plan.clear_unused_bits {
            frames.clear_unused_bits(&mut bytes)?;
            notes.push("bits of the pixels that held an overlay were cleared".to_owned());
        }
        frames.put(object, &bytes);
    }
    Ok(uids::EXPLICIT_VR_LITTLE_ENDIAN.to_owned())
}

/// How native pixels lie in their bytes.
struct Frames {
    rows: usize,
    columns: usize,
    samples: usize,
    bytes_each: usize,
    bits_stored: usize,
    is_signed: bool,
    by_plane: bool,
}

impl Frames {
    fn of(object: &InMemDicomObject) -> Result<Self, Refused> {
        let odd = || Refused::Pixels("they do not lie as they should, so they cannot be cleaned");
        let value = |tag| number(object, tag);
        let samples = value(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        let bits = value(tags::BITS_ALLOCATED).ok_or_else(odd)?;
        let bits_stored = value(tags::BITS_STORED).unwrap_or(bits);
        let high_bit = value(tags::HIGH_BIT).map_or(bits_stored, |bit| bit + 1);
        let subsampled = text(object, tags::PHOTOMETRIC_INTERPRETATION).contains("42");
        if !matches!(bits, 8 | 16 | 32) || high_bit != bits_stored || subsampled {
            return Err(odd());
        }
        Ok(Self {
            rows: value(tags::ROWS).ok_or_else(odd)?,
            columns: value(tags::COLUMNS).ok_or_else(odd)?,
            samples,
            bytes_each: bits / 8,
            bits_stored,
            is_signed: value(tags::PIXEL_REPRESENTATION) == Some(1),
            by_plane: samples > 1 && value(tags::PLANAR_CONFIGURATION) == Some(1),
        })
    }

    /// The pixels in little endian.
    fn bytes(&self, object: &InMemDicomObject) -> Result<Vec<u8>, Refused> {
        let value = object
            .get(tags::PIXEL_DATA)
            .and_then(|pixels| pixels.value().primitive());
        let bytes: Vec<u8> = match value {
            Some(PrimitiveValue::U16(words)) => {
                words.iter().flat_map(|word| word.to_le_bytes()).collect()
            }
            Some(value) => value.to_bytes().into_owned(),
            None => Vec::new(),
        };
        if self.frame_len() == 0 || bytes.len() < self.frame_len() {
            return Err(Refused::Pixels("there are fewer than the object says"));
        }
        Ok(bytes)
    }

    fn frame_len(&self) -> usize {
        self.rows * self.columns * self.samples * self.bytes_each
    }

    /// Sets an area to zero in every frame.
    fn blank(&self, bytes: &mut [u8], area: Box) {
        let (planes, pixel) = if self.by_plane {
            (self.samples, self.bytes_each)
        } else {
            (1, self.samples * self.bytes_each)
        };
        let row_len = self.columns * pixel;
        let right = area.x.saturating_add(area.width).min(self.columns);
        let bottom = area.y.saturating_add(area.height).min(self.rows);
        for plane in bytes.chunks_mut((self.frame_len() / planes).max(1)) {
            for row in plane.chunks_mut(row_len.max(1)).take(bottom).skip(area.y) {
                let inside = row.get_mut(area.x.min(right) * pixel..right * pixel);
                inside.unwrap_or_default().fill(0);
            }
        }
    }

    /// Clears the bits above those that the image uses, or fills them with its sign.
    fn clear_unused_bits(&self, bytes: &mut [u8]) -> Result<(), Refused> {
        if self.bytes_each != 2 || self.bits_stored > 16 || self.bits_stored == 0 {
            return Err(Refused::Pixels(
                "an overlay lies in them and cannot be taken out",
            ));
        }
        let unused = 16 - self.bits_stored;
        let (words, _) = bytes.as_chunks_mut::<2>();
        for word in words {
            let value = u16::from_le_bytes(*word) << unused;
            let value = if self.is_signed {
                (value.cast_signed() >> unused).cast_unsigned()
            } else {
                value >> unused
            };
            *word = value.to_le_bytes();
        }
        Ok(())
    }

    fn put(&self, object: &mut DefaultDicomObject, bytes: &[u8]) {
        let (vr, value) = if self.bytes_each == 1 {
            let mut bytes = bytes.to_vec();
            if bytes.len() % 2 == 1 {
                bytes.push(0);
            }
            (VR::OB, PrimitiveValue::U8(bytes.into()))
        } else {
            let (words, _) = bytes.as_chunks::<2>();
            let words = words.iter().map(|word| u16::from_le_bytes(*word)).collect();
            (VR::OW, PrimitiveValue::U16(words))
        };
        let element = DataElement::new(tags::PIXEL_DATA, vr, value);
        debug_assert!(!element.is_empty());
        object.put(element);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_is_understood() {
        assert_eq!(lines().count(), RULES.len());
    }

    #[test]
    fn an_area_is_blanked_in_every_frame_and_plane_and_nothing_else() {
        for (by_plane, samples, bytes_each) in [(false, 1, 2), (false, 3, 1), (true, 3, 1)] {
            let frames = Frames {
                rows: 3,
                columns: 4,
                samples,
                bytes_each,
                bits_stored: 8,
                is_signed: false,
                by_plane,
            };
            let mut bytes = vec![1; frames.frame_len() * 2];
            let area = Box {
                x: 1,
                y: 1,
                width: 100,
                height: 1,
            };
            frames.blank(&mut bytes, area);
            let mut kept = bytes.clone();
            kept.retain(|byte| *byte != 0);
            let zeros = bytes.len() - kept.len();
            assert_eq!(zeros, 3 * samples * bytes_each * 2);
            let first_row = if by_plane {
                4
            } else {
                4 * samples * bytes_each
            };
            assert!(bytes[..first_row].iter().all(|byte| *byte == 1));
        }
    }

    #[test]
    fn unused_bits_are_cleared_and_signs_kept() {
        let mut frames = Frames {
            rows: 1,
            columns: 2,
            samples: 1,
            bytes_each: 2,
            bits_stored: 12,
            is_signed: false,
            by_plane: false,
        };
        let mut bytes = [0x34, 0xf2, 0xff, 0x1f];
        frames.clear_unused_bits(&mut bytes).unwrap();
        assert_eq!(bytes, [0x34, 0x02, 0xff, 0x0f]);
        frames.is_signed = true;
        frames.clear_unused_bits(&mut bytes).unwrap();
        assert_eq!(bytes, [0x34, 0x02, 0xff, 0xff]);
    }
}
