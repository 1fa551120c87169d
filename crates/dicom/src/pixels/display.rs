//! From stored values to shades, in the order of PS3.4 section N.2: modality, values of interest,
//! presentation.

use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::{
    Frame, Lut, Photometric, PixelError, PixelFile, PixelForm, SampleKind, Samples, colour,
    form::text, functional_group, overlay::overlays,
};

/// How values between black and white become shades (PS3.3 section C.11.2.1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Curve {
    /// In a line, by the formula with half a step.
    #[default]
    Linear,
    /// In a line.
    LinearExact,
    /// In an S that never quite reaches black and white.
    Sigmoid,
}

impl Curve {
    /// The curve of a VOI LUT Function, or of the third part of the `window` parameter of DICOMweb.
    pub fn of(text: &str) -> Option<Self> {
        Some(match text {
            "LINEAR" | "linear" => Self::Linear,
            "LINEAR_EXACT" | "linear-exact" => Self::LinearExact,
            "SIGMOID" | "sigmoid" => Self::Sigmoid,
            _ => return None,
        })
    }
}

/// Which values are shown between black and white.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    /// The middle, in the units of the rescaled values.
    pub centre: f64,
    /// How far it is from black to white.
    pub width: f64,
    /// What lies between.
    pub curve: Curve,
}

impl Window {
    /// A window, if its numbers can be those of one.
    pub fn new(centre: f64, width: f64, curve: Curve) -> Option<Self> {
        let least = if curve == Curve::Linear {
            1.0
        } else {
            f64::MIN_POSITIVE
        };
        let sound = centre.is_finite() && width.is_finite() && width >= least;
        sound.then_some(Self {
            centre,
            width,
            curve,
        })
    }

    /// From 0, black, to 1, white.
    pub fn shade(self, value: f64) -> f64 {
        let Self { centre, width, .. } = self;
        match self.curve {
            Curve::Linear => {
                let (middle, width) = (centre - 0.5, width - 1.0);
                if value <= middle - width / 2.0 {
                    0.0
                } else if value > middle + width / 2.0 {
                    1.0
                } else {
                    (value - middle) / width + 0.5
                }
            }
            Curve::LinearExact => {
                if value <= centre - width / 2.0 {
                    0.0
                } else if value > centre + width / 2.0 {
                    1.0
                } else {
                    (value - centre) / width + 0.5
                }
            }
            Curve::Sigmoid => 1.0 / (1.0 + (-4.0 * (value - centre) / width).exp()),
        }
    }
}

/// From stored values to those that are measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Modality {
    /// Times the first, plus the second.
    Rescale(f64, f64),
    /// By a table.
    Table(Lut),
}

impl Modality {
    /// What holds for a frame, by its place from 0.
    pub fn of(
        object: &InMemDicomObject,
        frame: usize,
        form: &PixelForm,
    ) -> Result<Self, PixelError> {
        if let Some(item) = first_item(object, tags::MODALITY_LUT_SEQUENCE) {
            return Ok(Self::Table(Lut::of_item(item, is_signed(form))?));
        }
        let own = functional_group(object, frame, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
        let own = own.unwrap_or(object);
        let slope = number(own, tags::RESCALE_SLOPE).filter(|slope| *slope != 0.0);
        let intercept = number(own, tags::RESCALE_INTERCEPT);
        Ok(Self::Rescale(
            slope.unwrap_or(1.0),
            intercept.unwrap_or(0.0),
        ))
    }

    /// The measured value.
    pub fn value(&self, stored: f64) -> f64 {
        match self {
            Self::Rescale(slope, intercept) => stored * slope + intercept,
            Self::Table(table) => table.entry(stored),
        }
    }
}

/// Which measured values are shown, and how.
#[derive(Clone, Debug, PartialEq)]
enum Interest {
    Window(Window),
    Table(Lut),
    /// Everything from one value to another, which may be the same.
    Whole([f64; 2]),
}

impl Interest {
    fn shade(&self, value: f64) -> f64 {
        match self {
            Self::Window(window) => window.shade(value),
            Self::Table(table) => table.entry(value) / table.most(),
            Self::Whole([low, high]) if high > low => {
                ((value - low) / (high - low)).clamp(0.0, 1.0)
            }
            Self::Whole(_) => 0.0,
        }
    }
}

/// A picture of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Picture {
    /// One shade a pixel.
    Grey(Vec<u8>),
    /// Red, green and blue of each pixel.
    Rgb(Vec<u8>),
}

impl Picture {
    /// Makes pixels white.
    fn draw(&mut self, on: &[bool]) {
        let (samples, each) = match self {
            Self::Grey(shades) => (shades, 1),
            Self::Rgb(colours) => (colours, 3),
        };
        for (pixel, is_drawn) in samples.chunks_exact_mut(each).zip(on) {
            if *is_drawn {
                pixel.fill(255);
            }
        }
    }
}

impl PixelFile {
    /// A frame as it is shown on a screen, by its place from 0. A window that is given goes before the
    /// object's own.
    pub fn picture(
        &self,
        index: usize,
        window: Option<Window>,
    ) -> Result<(Frame, Picture), PixelError> {
        let frame = self.frame(index)?;
        let stored = match self.form().kind {
            SampleKind::Integer { stored, .. } => stored,
            _ => 32,
        };
        let palette = match frame.photometric {
            Photometric::Palette => Lut::palette(self.object(), is_signed(self.form()))?,
            _ => None,
        };
        if frame.photometric == Photometric::Palette && palette.is_none() {
            return Err(PixelError::Form("the palette is missing"));
        }
        let mut picture = match colour::rgb(&frame, palette.as_ref(), stored) {
            Some(colours) => Picture::Rgb(colours),
            None => Picture::Grey(self.shades(&frame, index, window)?),
        };
        let size = [frame.columns, frame.rows];
        if let Some(drawn) = overlays(self.object(), index, size, || self.undropped(&frame, index))
        {
            picture.draw(&drawn);
        }
        Ok((frame, picture))
    }

    /// The samples with those of their bits that do not count, in which old overlays lie; of coded frames there
    /// are none.
    fn undropped(&self, frame: &Frame, index: usize) -> Samples {
        let SampleKind::Integer { allocated: 16, .. } = self.form().kind else {
            return frame.samples.clone();
        };
        let native = (!self.is_encapsulated()).then(|| self.frame_bytes(index).ok());
        native.flatten().map_or_else(
            || frame.samples.clone(),
            |bytes| {
                let (words, _) = bytes.as_chunks::<2>();
                Samples::U16(words.iter().map(|word| u16::from_le_bytes(*word)).collect())
            },
        )
    }

    fn shades(
        &self,
        frame: &Frame,
        index: usize,
        window: Option<Window>,
    ) -> Result<Vec<u8>, PixelError> {
        let object = self.object();
        let modality = Modality::of(object, index, self.form())?;
        let interest = match window {
            Some(window) => Interest::Window(window),
            None => self.interest(frame, index, &modality)?,
        };
        // Where both say so, they say the same (PS3.3 section C.8.11.3.1.2).
        let inverse = frame.photometric == Photometric::Monochrome1
            || text(object, tags::PRESENTATION_LUT_SHAPE).is_some_and(|shape| shape == "INVERSE");
        let shade = |stored: f64| {
            let shade = interest.shade(modality.value(stored));
            let shade = if inverse { 1.0 - shade } else { shade };
            // A value that is no number is black.
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let shade = (shade * 255.0).round().clamp(0.0, 255.0) as u8;
            shade
        };
        Ok(frame.samples.to_f64().into_iter().map(shade).collect())
    }

    /// What the object itself wants to be shown of a frame.
    fn interest(
        &self,
        frame: &Frame,
        index: usize,
        modality: &Modality,
    ) -> Result<Interest, PixelError> {
        let object = self.object();
        let own = functional_group(object, index, tags::FRAME_VOILUT_SEQUENCE).unwrap_or(object);
        if let Some(item) = first_item(own, tags::VOILUT_SEQUENCE) {
            let signed = matches!(modality, Modality::Rescale(..)) && is_signed(self.form());
            return Ok(Interest::Table(Lut::of_item(item, signed)?));
        }
        let curve = text(own, tags::VOILUT_FUNCTION).and_then(|text| Curve::of(&text));
        let centre = number(own, tags::WINDOW_CENTER);
        let width = number(own, tags::WINDOW_WIDTH);
        if let Some((centre, width)) = centre.zip(width)
            && let Some(window) = Window::new(centre, width, curve.unwrap_or_default())
        {
            return Ok(Interest::Window(window));
        }
        // Without either, all values of few bits are shown, and of many those that there are.
        let ends = match self.form().kind {
            SampleKind::Integer {
                stored: bits @ 1..=8,
                signed: false,
                ..
            } => [0.0, f64::from((1_u32 << bits) - 1)],
            _ => frame.samples.range().unwrap_or_default(),
        };
        let [a, b] = ends.map(|end| modality.value(end));
        Ok(Interest::Whole([a.min(b), a.max(b)]))
    }
}

fn is_signed(form: &PixelForm) -> bool {
    matches!(form.kind, SampleKind::Integer { signed: true, .. })
}

fn first_item(object: &InMemDicomObject, tag: Tag) -> Option<&InMemDicomObject> {
    object.get(tag)?.items()?.first()
}

/// The first number of an element, if it is finite.
fn number(object: &InMemDicomObject, tag: Tag) -> Option<f64> {
    let numbers = object.get(tag)?.to_multi_float64().ok()?;
    numbers.first().copied().filter(|number| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[expect(
        clippy::cast_possible_truncation,
        reason = "thousandths of a shade between 0 and 1"
    )]
    fn shades(curve: Curve, centre: f64, width: f64, values: &[f64]) -> Vec<i64> {
        let window = Window::new(centre, width, curve).unwrap();
        let shade = |value: &f64| (window.shade(*value) * 1000.0).round() as i64;
        values.iter().map(shade).collect()
    }

    /// The examples of PS3.3 sections C.11.2.1.2 and C.11.2.1.3.
    #[test]
    fn windows_are_those_of_the_standard() {
        let values = [0.0, 1.0, 2047.5, 4094.0, 4095.0];
        assert_eq!(
            shades(Curve::Linear, 2048.0, 4096.0, &values),
            [0, 0, 500, 1000, 1000]
        );
        // Centre 2048 and width 1: all up to 2047 black, all from 2048 on white.
        assert_eq!(
            shades(Curve::Linear, 2048.0, 1.0, &[2047.0, 2048.0]),
            [0, 1000]
        );
        assert_eq!(
            shades(Curve::Linear, 0.0, 100.0, &[-50.0, -0.5, 49.0, 50.0]),
            [0, 500, 1000, 1000]
        );
        assert_eq!(
            shades(Curve::LinearExact, 0.0, 100.0, &[-50.0, 0.0, 25.0, 50.0]),
            [0, 500, 750, 1000]
        );
        assert_eq!(
            shades(Curve::Sigmoid, 0.0, 4.0, &[-1.0, 0.0, 1.0]),
            [269, 500, 731]
        );
        assert!(Window::new(0.0, 0.5, Curve::Linear).is_none());
        assert!(Window::new(0.0, 0.5, Curve::Sigmoid).is_some());
    }
}
