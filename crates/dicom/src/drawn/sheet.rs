//! The pictures that marks stand on.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::MarkedFrame;
use crate::pixels::{Modality, PixelFile, Samples, functional_group};

/// One picture, with all that marks on it need to be measured and drawn.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Which it is.
    pub at: MarkedFrame,
    /// SOP class UID of its object.
    pub class: Uid,
    /// Frames of its object.
    pub frames: usize,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Millimetres between pixels along x and y, where the object says so.
    pub spacing_mm: Option<[f64; 2]>,
    /// Whether that spacing is at the detector, where things look larger than they are.
    pub is_at_detector: bool,
    /// `MR`, `CT`, …
    pub modality: String,
    /// The unit of the measured values: `HU`, another that the object names, or empty.
    pub unit: String,
    /// Whether it has colours.
    pub is_colour: bool,
    /// Centre and width of the object's own window.
    pub window: Option<[f64; 2]>,
    /// Slope and intercept from stored to measured values, where the object gives them.
    pub rescale: Option<[f64; 2]>,
    /// The table from stored to measured values, where the object has one.
    pub(crate) table: Option<InMemDicomObject>,
    /// The measured values, row by row; no number where there is none. Empty where pixels have no one value, or
    /// cannot be decoded.
    pub(super) values: Vec<f64>,
}

impl Sheet {
    /// A picture of an open object, with its values where marks need them; `None` where the object has no such
    /// frame.
    pub fn of(file: &PixelFile, at: MarkedFrame, with_values: bool) -> Option<Self> {
        let object = file.object();
        let form = file.form();
        let index = usize::try_from(at.frame.checked_sub(1)?).ok()?;
        if index >= form.frames {
            return None;
        }
        let is_colour = !form.photometric.is_single()
            || form.photometric == crate::pixels::Photometric::Palette;
        let modality = Modality::of(object, index, form).ok();
        let values = match &modality {
            Some(modality) if with_values && !is_colour => values(file, index, modality),
            _ => Vec::new(),
        };
        let own = functional_group(object, index, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        let own = own.unwrap_or(object);
        let slope = number(own, tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0);
        let shown = functional_group(object, index, tags::FRAME_VOILUT_SEQUENCE).unwrap_or(object);
        let (spacing_mm, is_at_detector) = spacing(object, index);
        Some(Self {
            class: Uid::new(text(object, tags::SOP_CLASS_UID)).ok()?,
            at,
            frames: form.frames,
            size: [form.columns, form.rows],
            spacing_mm,
            is_at_detector,
            modality: text(object, tags::MODALITY),
            unit: unit(object, own),
            is_colour,
            window: number(shown, tags::WINDOW_CENTER)
                .zip(number(shown, tags::WINDOW_WIDTH))
                .filter(|(_, width)| *width > 0.0)
                .map(<[f64; 2]>::from),
            rescale: slope
                .zip(number(own, tags::RESCALE_INTERCEPT))
                .map(<[f64; 2]>::from),
            table: first_item(object, tags::MODALITY_LUT_SEQUENCE).cloned(),
            values,
        })
    }

    /// The measured value of a pixel, where it has one.
    pub(super) fn value(&self, column: usize, row: usize) -> Option<f64> {
        let [columns, rows] = self.size;
        if column >= columns || row >= rows {
            return None;
        }
        let value = self.values.get(row * columns + column).copied();
        value.filter(|value| value.is_finite())
    }
}

/// All values of a frame; padding is no value.
fn values(file: &PixelFile, index: usize, modality: &Modality) -> Vec<f64> {
    let Ok(frame) = file.frame(index) else {
        return Vec::new();
    };
    let padding = padding(file.object(), &frame.samples);
    let value = |stored: f64| match padding {
        Some([low, high]) if (low..=high).contains(&stored) => f64::NAN,
        _ => modality.value(stored),
    };
    frame.samples.to_f64().into_iter().map(value).collect()
}

/// From which stored value to which there is no picture (PS3.3 section C.7.5.1.1.2).
fn padding(object: &InMemDicomObject, samples: &Samples) -> Option<[f64; 2]> {
    let signed = matches!(samples, Samples::I8(_) | Samples::I16(_) | Samples::I32(_));
    let value = |tag| {
        let value = number(object, tag)?;
        // Where the element has the other sign than the pixels, its bits are meant.
        Some(match (signed, value) {
            (true, value) if value > 32767.0 => value - 65536.0,
            (false, value) if value < 0.0 => value + 65536.0,
            (_, value) => value,
        })
    };
    let first = value(tags::PIXEL_PADDING_VALUE)?;
    let last = value(tags::PIXEL_PADDING_RANGE_LIMIT).unwrap_or(first);
    Some([first.min(last), first.max(last)])
}

/// Millimetres between pixels along x and y, and whether that is at the detector.
fn spacing(object: &InMemDicomObject, index: usize) -> (Option<[f64; 2]>, bool) {
    // DICOM names the distance between rows first; that is along y.
    let pair = |from: &InMemDicomObject, tag| {
        let numbers = from.get(tag)?.to_multi_float64().ok()?;
        match numbers.as_slice() {
            [y, x] if *x > 0.0 && *y > 0.0 && x.is_finite() && y.is_finite() => Some([*x, *y]),
            _ => None,
        }
    };
    let measures = functional_group(object, index, tags::PIXEL_MEASURES_SEQUENCE);
    let patient = measures
        .and_then(|measures| pair(measures, tags::PIXEL_SPACING))
        .or_else(|| pair(object, tags::PIXEL_SPACING));
    match patient {
        Some(spacing) => (Some(spacing), false),
        None => (pair(object, tags::IMAGER_PIXEL_SPACING), true),
    }
}

/// HU only where the object is a CT that says so, or says nothing else (PS3.3 C.11.1.1.2).
fn unit(object: &InMemDicomObject, own: &InMemDicomObject) -> String {
    if first_item(object, tags::MODALITY_LUT_SEQUENCE).is_some() {
        return String::new();
    }
    match text(own, tags::RESCALE_TYPE).as_str() {
        "" => {}
        "US" => return String::new(),
        named => return named.to_owned(),
    }
    let is_derived = text(object, tags::IMAGE_TYPE).starts_with("DERIVED");
    let has_intercept = number(own, tags::RESCALE_INTERCEPT).is_some();
    let is_hu = text(object, tags::MODALITY) == "CT"
        && number(own, tags::RESCALE_SLOPE).is_some()
        && (!is_derived || has_intercept);
    if is_hu {
        "HU".to_owned()
    } else {
        String::new()
    }
}

fn first_item(object: &InMemDicomObject, tag: Tag) -> Option<&InMemDicomObject> {
    object.get(tag)?.items()?.first()
}

fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let numbers = object.get(tag)?.to_multi_float64().ok()?;
    numbers.first().copied().filter(|number| number.is_finite())
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}
