use dicom_core::Tag;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::PixelError;

/// What the numbers of a pixel mean (PS3.3 section C.7.6.3.1.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Photometric {
    /// Grey; the least value is white.
    Monochrome1,
    /// Grey; the least value is black.
    Monochrome2,
    /// Places in a table of colours.
    Palette,
    /// Red, green, blue.
    Rgb,
    /// Luminance and two chrominances.
    YbrFull,
    /// As `YbrFull`, with the chrominances of two neighbours in common.
    YbrFull422,
    /// As `YbrFull422`, with levels of television.
    YbrPartial422,
    /// As `YbrPartial422`, with the chrominances of four neighbours in common.
    YbrPartial420,
    /// The irreversible transform of JPEG 2000.
    YbrIct,
    /// The reversible transform of JPEG 2000.
    YbrRct,
    /// The colour space of JPEG XL.
    Xyb,
}

impl Photometric {
    fn of(text: &str) -> Option<Self> {
        Some(match text {
            "MONOCHROME1" => Self::Monochrome1,
            "MONOCHROME2" => Self::Monochrome2,
            "PALETTE COLOR" => Self::Palette,
            "RGB" => Self::Rgb,
            "YBR_FULL" => Self::YbrFull,
            "YBR_FULL_422" => Self::YbrFull422,
            "YBR_PARTIAL_422" => Self::YbrPartial422,
            "YBR_PARTIAL_420" => Self::YbrPartial420,
            "YBR_ICT" => Self::YbrIct,
            "YBR_RCT" => Self::YbrRct,
            "XYB" => Self::Xyb,
            _ => return None,
        })
    }

    /// As the data set writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Monochrome1 => "MONOCHROME1",
            Self::Monochrome2 => "MONOCHROME2",
            Self::Palette => "PALETTE COLOR",
            Self::Rgb => "RGB",
            Self::YbrFull => "YBR_FULL",
            Self::YbrFull422 => "YBR_FULL_422",
            Self::YbrPartial422 => "YBR_PARTIAL_422",
            Self::YbrPartial420 => "YBR_PARTIAL_420",
            Self::YbrIct => "YBR_ICT",
            Self::YbrRct => "YBR_RCT",
            Self::Xyb => "XYB",
        }
    }

    /// Whether a pixel has one sample.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Monochrome1 | Self::Monochrome2 | Self::Palette)
    }
}

/// What a sample is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SampleKind {
    /// A whole number.
    Integer {
        /// Bits that it takes up: 1, 8, 16 or 32.
        allocated: u32,
        /// Bits of them that count.
        stored: u32,
        /// How many bits lie below those that count.
        shift: u32,
        /// Whether it has a sign.
        signed: bool,
    },
    /// Float Pixel Data.
    F32,
    /// Double Float Pixel Data.
    F64,
}

impl SampleKind {
    /// Bits that a sample takes up.
    pub fn allocated(self) -> u32 {
        match self {
            Self::Integer { allocated, .. } => allocated,
            Self::F32 => 32,
            Self::F64 => 64,
        }
    }
}

/// How the pixels of an object are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PixelForm {
    /// Pixels in a row.
    pub columns: usize,
    /// Rows in a frame.
    pub rows: usize,
    /// Frames in the object.
    pub frames: usize,
    /// Samples of a pixel.
    pub samples_per_pixel: usize,
    /// What they mean.
    pub photometric: Photometric,
    /// What each of them is.
    pub kind: SampleKind,
    /// Whether a frame holds one plane for each sample, and not one pixel after the other.
    pub planar: bool,
}

/// The most bytes that one decoded frame may take.
const MOST_FRAME_MIB: usize = 1024;
const MIB: usize = 1 << 20;

impl PixelForm {
    /// Reads how the pixels of an object are written.
    pub fn of(object: &InMemDicomObject) -> Result<Self, PixelError> {
        let number = |tag| int(object, tag);
        let side = |tag| number(tag).filter(|n| (1..=0xffff).contains(n));
        let rows = side(tags::ROWS).ok_or(PixelError::Form("Rows is missing"))?;
        let columns = side(tags::COLUMNS).ok_or(PixelError::Form("Columns is missing"))?;
        let samples = number(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
        let frames = number_of_frames(object)?.unwrap_or(1);
        let photometric = text(object, tags::PHOTOMETRIC_INTERPRETATION);
        let photometric = match photometric.as_deref() {
            Some(text) => Photometric::of(text),
            None => (samples == 1).then_some(Photometric::Monochrome2),
        };
        let photometric = photometric.ok_or(PixelError::Form(
            "Photometric Interpretation is none that is known",
        ))?;
        if samples != if photometric.is_single() { 1 } else { 3 } {
            return Err(PixelError::Form(
                "Samples per Pixel does not fit Photometric Interpretation",
            ));
        }
        let form = Self {
            columns: size(columns),
            rows: size(rows),
            frames,
            samples_per_pixel: size(samples),
            photometric,
            kind: kind(object)?,
            planar: samples > 1 && number(tags::PLANAR_CONFIGURATION) == Some(1),
        };
        form.check_size()?;
        Ok(form)
    }

    /// Pixels of a frame.
    pub fn pixels(&self) -> usize {
        self.columns * self.rows
    }

    /// Samples of a frame when none is shared between neighbours.
    pub fn samples(&self) -> usize {
        self.pixels() * self.samples_per_pixel
    }

    /// Bits that one frame takes up in native form.
    pub fn native_bits(&self) -> usize {
        let samples = match self.photometric {
            Photometric::YbrFull422 | Photometric::YbrPartial422 => {
                self.rows * self.columns.div_ceil(2) * 4
            }
            Photometric::YbrPartial420 => {
                self.pixels() + self.rows.div_ceil(2) * self.columns.div_ceil(2) * 2
            }
            _ => self.samples(),
        };
        samples * size(self.kind.allocated())
    }

    /// Bytes that one frame takes up when it stands alone.
    pub fn native_bytes(&self) -> usize {
        self.native_bits().div_ceil(8)
    }

    /// Refuses frames that no memory should be asked for. Sides are below 2¹⁶, so that nothing overflows.
    fn check_size(&self) -> Result<(), PixelError> {
        let bytes = self.samples() * size(self.kind.allocated().div_ceil(8));
        if bytes > MOST_FRAME_MIB * MIB {
            return Err(PixelError::TooLarge(MOST_FRAME_MIB));
        }
        Ok(())
    }
}

/// What a sample of the object is.
fn kind(object: &InMemDicomObject) -> Result<SampleKind, PixelError> {
    if object.get(tags::PIXEL_DATA).is_none() {
        if object.get(tags::FLOAT_PIXEL_DATA).is_some() {
            return Ok(SampleKind::F32);
        }
        if object.get(tags::DOUBLE_FLOAT_PIXEL_DATA).is_some() {
            return Ok(SampleKind::F64);
        }
    }
    let allocated = int(object, tags::BITS_ALLOCATED);
    let allocated = allocated.ok_or(PixelError::Form("Bits Allocated is missing"))?;
    if ![1, 8, 16, 32].contains(&allocated) {
        return Err(PixelError::Form("Bits Allocated is none that is read"));
    }
    let stored = int(object, tags::BITS_STORED).unwrap_or(allocated);
    if !(1..=allocated).contains(&stored) {
        return Err(PixelError::Form("Bits Stored does not fit Bits Allocated"));
    }
    // Where High Bit says what cannot be, the bits lie where they do in all objects of today.
    let high = int(object, tags::HIGH_BIT).unwrap_or(stored - 1);
    let shift = (high + 1).saturating_sub(stored);
    Ok(SampleKind::Integer {
        allocated,
        stored,
        shift: if shift + stored <= allocated {
            shift
        } else {
            0
        },
        signed: int(object, tags::PIXEL_REPRESENTATION) == Some(1),
    })
}

/// Frames as the object says; none where it does not.
fn number_of_frames(object: &InMemDicomObject) -> Result<Option<usize>, PixelError> {
    let Some(element) = object.get(tags::NUMBER_OF_FRAMES) else {
        return Ok(None);
    };
    if element.value().multiplicity() == 0 || element.to_str().is_ok_and(|s| s.trim().is_empty()) {
        return Ok(None);
    }
    match element.to_int::<u32>() {
        Ok(0) => Ok(None),
        Ok(frames) => Ok(Some(size(frames))),
        Err(_) => Err(PixelError::Form("Number of Frames is not a number")),
    }
}

/// A number of the data set.
pub(super) fn int(object: &InMemDicomObject, tag: Tag) -> Option<u32> {
    object.get(tag)?.to_int().ok()
}

/// A text of the data set without its padding; none where it is empty.
pub(super) fn text(object: &InMemDicomObject, tag: Tag) -> Option<String> {
    let text = object.get(tag)?.to_str().ok()?;
    let text = text.trim_matches([' ', '\0']);
    (!text.is_empty()).then(|| text.to_owned())
}

/// Numbers of 32 bits are places on every machine this runs on.
pub(super) fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
