//! Words burned into a picture: whom it shows, and how it was taken (PS3.18 section 8.3.5.1.1).
//!
//! Letters are those of GNU Unifont, a bitmap font for the whole basic plane of Unicode, Chinese included.
//! They are put one after the other from left to right: scripts that join their letters are legible, not
//! beautiful.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use image::{DynamicImage, GenericImage as _, Rgba};
use unicode_normalization::UnicodeNormalization as _;
use unifont::get_glyph;

use super::Rendering;

/// What is written into a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Annotation {
    /// Who is shown.
    pub patient: bool,
    /// How it was taken.
    pub technique: bool,
}

impl Annotation {
    /// Reads the query parameter: `patient`, `technique` or both.
    pub(super) fn of(value: &str) -> Option<Self> {
        let mut annotation = Self::default();
        for one in value.split(',').map(str::trim) {
            match one {
                "patient" => annotation.patient = true,
                "technique" => annotation.technique = true,
                _ => return None,
            }
        }
        Some(annotation)
    }

    /// Whether anything is written at all.
    pub fn is_any(self) -> bool {
        self.patient || self.technique
    }
}

/// The height of a letter at scale 1, in pixels.
const LETTER: u32 = 16;
/// From one line to the next at scale 1, in pixels.
const LINE: u32 = 18;
/// From the edge of the picture to the letters at scale 1, in pixels.
const MARGIN: u32 = 4;
/// Pictures of this many pixels along their shorter side have letters at scale 1, twice as large ones at 2.
const SIDE_AT_ONE: u32 = 512;
/// The longest line, in letters: what is longer is cut.
const LONGEST: usize = 80;
/// What stands for a letter that the font lacks.
const UNKNOWN: char = '\u{fffd}';

/// Writes what is asked for: the patient at the top, the technique at the bottom.
pub(super) fn annotate(
    picture: &mut DynamicImage,
    object: &InMemDicomObject,
    frame: u32,
    rendering: &Rendering,
) {
    let scale = (picture.width().min(picture.height()) / SIDE_AT_ONE).clamp(1, 8);
    if rendering.annotation.patient {
        for (line, text) in (0..).zip(patient(object)) {
            write(picture, &text, (MARGIN + line * LINE) * scale, scale);
        }
    }
    if rendering.annotation.technique {
        let lines = technique(object, frame, rendering);
        let count = u32::try_from(lines.len()).unwrap_or(0);
        let height = (count * LINE + MARGIN) * scale;
        let top = picture.height().saturating_sub(height);
        for (line, text) in (0..).zip(lines) {
            write(picture, &text, top + line * LINE * scale, scale);
        }
    }
}

/// Name, identifier, date of birth and sex, as far as the object has them.
fn patient(object: &InMemDicomObject) -> Vec<String> {
    let name = text(object, tags::PATIENT_NAME).map(|name| {
        let groups = name.split('=').map(|group| group.replace('^', " "));
        let groups: Vec<String> = groups.map(|group| group.trim().to_owned()).collect();
        groups.join("  ").trim().to_owned()
    });
    let id = text(object, tags::PATIENT_ID).map(|id| format!("ID {id}"));
    let born = text(object, tags::PATIENT_BIRTH_DATE).map(|date| dashed(&date));
    let rest = [born, text(object, tags::PATIENT_SEX)];
    let lines = [name, id, joined(rest)];
    lines
        .into_iter()
        .flatten()
        .filter(|line| !line.is_empty())
        .collect()
}

/// Modality, date, numbers, and what the beam or the field was, with the units of PS3.3.
fn technique(object: &InMemDicomObject, frame: u32, rendering: &Rendering) -> Vec<String> {
    let measured = |tag, front: &str, unit: &str| {
        number(object, tag).map(|value| format!("{front}{value} {unit}").trim().to_owned())
    };
    let counted = |tag, front: &str| number(object, tag).map(|value| format!("{front} {value}"));
    let frames = number(object, tags::NUMBER_OF_FRAMES).filter(|frames| *frames > 1.0);
    let window = rendering
        .window
        .map(|window| format!("C {} W {}", window.centre, window.width));
    let lines = [
        joined([
            text(object, tags::MODALITY),
            text(object, tags::STUDY_DATE).map(|date| dashed(&date)),
        ]),
        joined([
            counted(tags::SERIES_NUMBER, "Series"),
            counted(tags::INSTANCE_NUMBER, "Image"),
            frames.map(|frames| format!("Frame {frame}/{frames}")),
        ]),
        joined([
            measured(tags::KVP, "", "kV"),
            measured(tags::X_RAY_TUBE_CURRENT, "", "mA"),
            measured(tags::EXPOSURE_TIME, "", "ms"),
        ]),
        joined([
            measured(tags::REPETITION_TIME, "TR ", "ms"),
            measured(tags::ECHO_TIME, "TE ", "ms"),
        ]),
        joined([
            measured(tags::SLICE_THICKNESS, "Slice ", "mm"),
            measured(tags::SLICE_LOCATION, "at ", "mm"),
        ]),
        window,
    ];
    lines.into_iter().flatten().collect()
}

/// What there is of a line.
fn joined<const N: usize>(parts: [Option<String>; N]) -> Option<String> {
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join("  "))
}

fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    let text = object.get(tag)?.to_str().ok()?;
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let number = object.get(tag)?.to_float64().ok()?;
    number.is_finite().then_some(number)
}

/// A date with dashes, if it is one.
fn dashed(date: &str) -> String {
    match (date.get(..4), date.get(4..6), date.get(6..)) {
        (Some(year), Some(month), Some(day)) if day.len() == 2 => format!("{year}-{month}-{day}"),
        _ => date.to_owned(),
    }
}

/// Writes one line, white with a black edge, so that it is legible on any ground.
fn write(picture: &mut DynamicImage, text: &str, top: u32, scale: u32) {
    let mut dots: Vec<[u32; 2]> = Vec::new();
    let mut left = 0;
    for letter in text.nfc().filter(|c| !c.is_control()).take(LONGEST) {
        let Some(glyph) = get_glyph(letter).or_else(|| get_glyph(UNKNOWN)) else {
            continue;
        };
        let width = glyph.get_width();
        for y in 0..LETTER {
            for x in 0..width {
                if glyph.get_pixel(x, y as usize) {
                    dots.push([left + u32::try_from(x).unwrap_or(0), y]);
                }
            }
        }
        left += u32::try_from(width).unwrap_or(0);
    }
    let at = |[x, y]: [u32; 2]| [(MARGIN + x) * scale, top + y * scale];
    for dot in &dots {
        let [x, y] = at(*dot).map(|place| place.saturating_sub(scale));
        fill(picture, [x, y], 3 * scale, Rgba([0, 0, 0, 255]));
    }
    for dot in &dots {
        fill(picture, at(*dot), scale, Rgba([255; 4]));
    }
}

/// Fills a square, as far as it lies within the picture.
fn fill(picture: &mut DynamicImage, [left, top]: [u32; 2], side: u32, colour: Rgba<u8>) {
    for y in top..top.saturating_add(side).min(picture.height()) {
        for x in left..left.saturating_add(side).min(picture.width()) {
            picture.put_pixel(x, y, colour);
        }
    }
}

#[cfg(test)]
mod tests {
    use dicom_core::{PrimitiveValue, VR, dicom_value};
    use dicom_object::mem::InMemElement;

    use super::*;

    fn object(values: &[(Tag, VR, &str)]) -> InMemDicomObject {
        let elements = values
            .iter()
            .map(|(tag, vr, value)| InMemElement::new(*tag, *vr, PrimitiveValue::from(*value)));
        InMemDicomObject::from_element_iter(elements)
    }

    fn drawn(object: &InMemDicomObject, annotation: Annotation) -> DynamicImage {
        let mut picture = DynamicImage::new_luma8(512, 512);
        let rendering = Rendering {
            annotation,
            ..Rendering::default()
        };
        annotate(&mut picture, object, 1, &rendering);
        picture
    }

    fn white(picture: &DynamicImage, rows: std::ops::Range<u32>) -> usize {
        let luma = picture.to_luma8();
        luma.enumerate_pixels()
            .filter(|(_, y, pixel)| rows.contains(y) && pixel.0 == [255])
            .count()
    }

    #[test]
    fn what_is_asked_for_is_written_where_it_belongs() {
        let object = object(&[
            (tags::PATIENT_NAME, VR::PN, "Zhao^Min=赵^敏"),
            (tags::PATIENT_ID, VR::LO, "YY1"),
            (tags::MODALITY, VR::CS, "CT"),
            (tags::KVP, VR::DS, "120.0"),
        ]);
        let none = drawn(&object, Annotation::default());
        assert_eq!(white(&none, 0..512), 0, "nothing is burned in unasked");
        let patient = Annotation::of("patient").unwrap();
        let picture = drawn(&object, patient);
        assert!(white(&picture, 0..64) > 100);
        assert_eq!(white(&picture, 64..512), 0);
        let picture = drawn(&object, Annotation::of("technique").unwrap());
        assert!(white(&picture, 448..512) > 50);
        assert_eq!(white(&picture, 0..448), 0);
        // Chinese letters are letters, not the mark that stands for what the font lacks.
        let one = |name| self::object(&[(tags::PATIENT_NAME, VR::PN, name)]);
        assert_ne!(
            drawn(&one("赵"), patient).to_luma8(),
            drawn(&one("敏"), patient).to_luma8()
        );
    }

    #[test]
    fn lines_hold_what_the_object_has_and_no_more() {
        let mut shown = object(&[
            (tags::PATIENT_NAME, VR::PN, "Zhao^Min=赵^敏"),
            (tags::PATIENT_BIRTH_DATE, VR::DA, "19700131"),
            (tags::KVP, VR::DS, "120.0"),
            (tags::SLICE_THICKNESS, VR::DS, "2.50"),
        ]);
        shown.put(InMemElement::new(
            tags::NUMBER_OF_FRAMES,
            VR::IS,
            dicom_value!(Str, "30"),
        ));
        assert_eq!(patient(&shown), ["Zhao Min  赵 敏", "1970-01-31"]);
        assert_eq!(
            technique(&shown, 2, &Rendering::default()),
            ["Frame 2/30", "120 kV", "Slice 2.5 mm"]
        );
        assert!(technique(&object(&[]), 1, &Rendering::default()).is_empty());
    }

    #[test]
    fn other_words_are_refused() {
        assert_eq!(Annotation::of("patient,logo"), None);
        assert!(Annotation::of("technique, patient").unwrap().is_any());
    }
}
