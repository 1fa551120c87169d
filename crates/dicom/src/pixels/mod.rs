//! Pixels: from a file and a frame's number to typed samples, in every transfer syntax that is decoded.
//!
//! Everything that looks at pixels goes through [`PixelFile`]: frames and pictures of DICOMweb, transcoding,
//! and volumes. Sizes are checked before memory is asked for; a damaged stream is an error, and a decoder
//! that panics over one costs that frame only.

mod codec;
mod colour;
mod display;
mod error;
mod form;
mod fragments;
mod functional;
mod jpeg;
mod jpeg_2000;
mod jpeg_ls;
mod jpeg_xl;
mod lut;
mod overlay;
mod rle;
mod samples;
mod splice;
mod transcode;

use std::{
    borrow::Cow,
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
};

use dicom_core::value::PrimitiveValue;
use dicom_dictionary_std::{tags, uids};
use dicom_object::{DefaultDicomObject, InMemDicomObject};

pub use colour::rgb;
pub use display::{Curve, Modality, Picture, Window};
pub use error::PixelError;
pub use form::{Photometric, PixelForm, SampleKind};
pub use functional::functional_group;
pub use lut::Lut;
pub use samples::Samples;
pub use transcode::{TARGETS, can_transcode, transcode};

use self::{codec::Codec, fragments::Fragments};
use crate::parse;

/// A frame, decoded.
#[derive(Clone, Debug, PartialEq)]
pub struct Frame {
    /// Pixels in a row.
    pub columns: usize,
    /// Rows.
    pub rows: usize,
    /// Samples of a pixel.
    pub samples_per_pixel: usize,
    /// What the samples mean now: chrominances are no longer shared, and the transforms of JPEG 2000 are undone.
    pub photometric: Photometric,
    /// The samples, one pixel after the other.
    pub samples: Samples,
}

impl Frame {
    fn new(form: &PixelForm, photometric: Photometric, samples: Samples) -> Self {
        Self {
            columns: form.columns,
            rows: form.rows,
            samples_per_pixel: form.samples_per_pixel,
            photometric,
            samples,
        }
    }

    /// A frame in native form, little endian, that begins at its first byte.
    fn of_native(bytes: &[u8], form: &PixelForm) -> Result<Self, PixelError> {
        let shared = match form.photometric {
            Photometric::YbrFull422 => true,
            Photometric::YbrPartial422 | Photometric::YbrPartial420 => {
                return Err(PixelError::Form("levels of television are not decoded"));
            }
            _ => false,
        };
        if shared {
            let bytes = colour::unshared(bytes, form)?;
            return Ok(Self::new(form, Photometric::YbrFull, Samples::U8(bytes)));
        }
        let samples = if form.planar {
            Samples::of_native(&colour::by_pixel(bytes, form), form)?
        } else {
            Samples::of_native(bytes, form)?
        };
        Ok(Self::new(form, form.photometric, samples))
    }
}

/// An object whose frames can be decoded.
pub struct PixelFile {
    object: DefaultDicomObject,
    form: PixelForm,
    transfer_syntax: String,
}

impl PixelFile {
    /// Opens a file and reads how its pixels are written.
    pub fn open(file: &[u8]) -> Result<Self, PixelError> {
        // The parser is another's: a panic in it costs this file only.
        let opened = catch_unwind(AssertUnwindSafe(|| parse::open(file, None)));
        let object = opened
            .map_err(|_| PixelError::Object("it is damaged".to_owned()))?
            .map_err(|error| PixelError::Object(error.to_string()))?;
        Self::of(object)
    }

    /// The same for an object that is open.
    pub fn of(object: DefaultDicomObject) -> Result<Self, PixelError> {
        let pixels = [
            tags::PIXEL_DATA,
            tags::FLOAT_PIXEL_DATA,
            tags::DOUBLE_FLOAT_PIXEL_DATA,
        ];
        if pixels.iter().all(|tag| object.get(*tag).is_none()) {
            return Err(PixelError::NoPixels);
        }
        let form = PixelForm::of(&object)?;
        let transfer_syntax = object.meta().transfer_syntax();
        let transfer_syntax = transfer_syntax.trim_end_matches(['\0', ' ']).to_owned();
        Ok(Self {
            object,
            form,
            transfer_syntax,
        })
    }

    /// How the pixels are written.
    pub fn form(&self) -> &PixelForm {
        &self.form
    }

    /// The object.
    pub fn object(&self) -> &InMemDicomObject {
        &self.object
    }

    /// The transfer syntax of the object.
    pub fn transfer_syntax(&self) -> &str {
        &self.transfer_syntax
    }

    /// Whether the frames are coded.
    pub fn is_encapsulated(&self) -> bool {
        let pixels = self.object.get(tags::PIXEL_DATA);
        pixels.is_some_and(|pixels| pixels.fragments().is_some())
    }

    /// Decodes a frame, by its place from 0.
    pub fn frame(&self, index: usize) -> Result<Frame, PixelError> {
        self.check(index)?;
        if !self.is_encapsulated() {
            return Frame::of_native(&self.native(index)?, &self.form);
        }
        let codec = Codec::of(&self.transfer_syntax)
            .ok_or_else(|| PixelError::Syntax(self.transfer_syntax.clone()))?;
        let stream = self.fragments()?.frame(index)?;
        let decode = || codec::decode(codec, &stream, &self.form);
        // Some decoders are written for sound streams only.
        catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| {
            Err(PixelError::stream(
                "coded",
                "it is damaged, and its decoder gave up",
            ))
        })
    }

    /// A frame as it is answered uncompressed, in little endian: native frames as they are stored, coded ones
    /// decoded, with planes where the data set says so.
    pub fn frame_bytes(&self, index: usize) -> Result<Vec<u8>, PixelError> {
        self.check(index)?;
        if !self.is_encapsulated() {
            return self.native(index).map(Cow::into_owned);
        }
        Ok(self.laid_out(&self.frame(index)?))
    }

    /// A frame's coded stream as it is stored, where frames are coded.
    pub fn frame_stream(&self, index: usize) -> Result<Vec<u8>, PixelError> {
        self.check(index)?;
        Ok(self.fragments()?.frame(index)?.into_owned())
    }

    fn laid_out(&self, frame: &Frame) -> Vec<u8> {
        let bytes = match self.form.kind {
            SampleKind::Integer { allocated: 1, .. } => return frame.samples.packed(),
            _ => frame.samples.to_le_bytes(),
        };
        if self.form.planar {
            colour::by_plane(&bytes, &self.form)
        } else {
            bytes
        }
    }

    fn check(&self, index: usize) -> Result<(), PixelError> {
        let frames = self.form.frames;
        if index < frames {
            return Ok(());
        }
        Err(PixelError::NoFrame {
            number: index.saturating_add(1),
            frames,
        })
    }

    fn fragments(&self) -> Result<Fragments<'_>, PixelError> {
        let pixels = self
            .object
            .get(tags::PIXEL_DATA)
            .ok_or(PixelError::NoPixels)?;
        let all = pixels.fragments().ok_or(PixelError::NoPixels)?;
        Ok(Fragments {
            all,
            basic: pixels.value().offset_table().unwrap_or_default(),
            extended: extended_offsets(&self.object),
            frames: self.form.frames,
            one_each: Codec::of(&self.transfer_syntax).is_some_and(Codec::one_fragment_each),
        })
    }

    /// A part of native pixel data in little endian, whatever the object's byte order was.
    fn little_endian(&self, range: Range<usize>) -> Result<Cow<'_, [u8]>, PixelError> {
        let part = match self.native_value()? {
            PrimitiveValue::U8(bytes) => bytes.get(range).map(Cow::Borrowed),
            // Numbers of 32 bits were read in halves, the higher first.
            PrimitiveValue::U16(words) if self.is_big() && self.form.kind.allocated() == 32 => {
                let (pairs, _) = words.as_chunks();
                part_of(pairs, range, |[high, low]: [u16; 2]| {
                    (u32::from(high) << 16 | u32::from(low)).to_le_bytes()
                })
            }
            PrimitiveValue::U16(words) => part_of(words, range, u16::to_le_bytes),
            PrimitiveValue::U32(words) => part_of(words, range, u32::to_le_bytes),
            PrimitiveValue::F32(numbers) => part_of(numbers, range, f32::to_le_bytes),
            PrimitiveValue::F64(numbers) => part_of(numbers, range, f64::to_le_bytes),
            _ => return Err(PixelError::Form("the pixel data are of no known kind")),
        };
        part.ok_or(PixelError::Frames("they are shorter than their frames"))
    }

    fn native_value(&self) -> Result<&PrimitiveValue, PixelError> {
        let tag = match self.form.kind {
            SampleKind::Integer { .. } => tags::PIXEL_DATA,
            SampleKind::F32 => tags::FLOAT_PIXEL_DATA,
            SampleKind::F64 => tags::DOUBLE_FLOAT_PIXEL_DATA,
        };
        let pixels = self.object.get(tag).ok_or(PixelError::NoPixels)?;
        pixels.value().primitive().ok_or(PixelError::NoPixels)
    }

    #[expect(deprecated, reason = "old archives still send it")]
    fn is_big(&self) -> bool {
        self.transfer_syntax == uids::EXPLICIT_VR_BIG_ENDIAN
    }

    /// All native pixel data in little endian.
    fn all_native(&self) -> Result<Vec<u8>, PixelError> {
        let value = self.native_value()?;
        let bytes = match value {
            PrimitiveValue::U8(bytes) => bytes.len(),
            PrimitiveValue::U16(words) => words.len() * 2,
            other => other.calculate_byte_len(),
        };
        self.little_endian(0..bytes).map(Cow::into_owned)
    }

    /// The bytes of one native frame. Frames of single bits need not begin at a byte.
    fn native(&self, index: usize) -> Result<Cow<'_, [u8]>, PixelError> {
        const SHORT: PixelError = PixelError::Frames("they are shorter than their frames");
        let bits = self.form.native_bits();
        let first = bits.checked_mul(index).ok_or(SHORT)?;
        let end = first.checked_add(bits).ok_or(SHORT)?;
        let bytes = self.little_endian(first / 8..end.div_ceil(8))?;
        let shift = first % 8;
        if shift == 0 {
            return Ok(match self.form.kind {
                SampleKind::Integer { allocated: 1, .. } => {
                    Cow::Owned(without_rest(bytes.into_owned(), bits))
                }
                _ => bytes,
            });
        }
        let shifted = bytes
            .iter()
            .zip(bytes.iter().skip(1).chain([&0]))
            .map(|(low, high)| low >> shift | high << (8 - shift))
            .take(bits.div_ceil(8))
            .collect();
        Ok(Cow::Owned(without_rest(shifted, bits)))
    }
}

/// Bytes of a range from numbers that have `N` each.
fn part_of<T: Copy, const N: usize>(
    numbers: &[T],
    range: Range<usize>,
    bytes: impl Fn(T) -> [u8; N],
) -> Option<Cow<'static, [u8]>> {
    let first = range.start / N;
    let part = numbers.get(first..range.end.div_ceil(N))?;
    let mut out: Vec<u8> = part.iter().flat_map(|number| bytes(*number)).collect();
    out.drain(..range.start - first * N);
    out.truncate(range.len());
    Some(Cow::Owned(out))
}

/// Clears the bits of the last byte that belong to no pixel.
fn without_rest(mut bytes: Vec<u8>, bits: usize) -> Vec<u8> {
    if let (Some(last), rest @ 1..) = (bytes.last_mut(), bits % 8) {
        *last &= (1 << rest) - 1;
    }
    bytes
}

/// The extended offset table: where frames begin, and how long they are.
fn extended_offsets(object: &InMemDicomObject) -> Vec<[u64; 2]> {
    let numbers = |tag| -> Option<Vec<u64>> {
        match object.get(tag)?.value().primitive()? {
            PrimitiveValue::U64(numbers) => Some(numbers.to_vec()),
            other => {
                let bytes = other.to_bytes();
                let (words, _) = bytes.as_chunks();
                Some(words.iter().map(|word| u64::from_le_bytes(*word)).collect())
            }
        }
    };
    let starts = numbers(tags::EXTENDED_OFFSET_TABLE).unwrap_or_default();
    let lengths = numbers(tags::EXTENDED_OFFSET_TABLE_LENGTHS).unwrap_or_default();
    starts
        .into_iter()
        .zip(lengths)
        .map(<[u64; 2]>::from)
        .collect()
}
