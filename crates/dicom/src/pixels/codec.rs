//! From a coded stream to samples, by transfer syntax.

use std::io::Read as _;

use dicom_dictionary_std::uids;
use flate2::read::DeflateDecoder;

use super::{
    Frame, Photometric, PixelError, PixelForm, Samples, form::SampleKind, jpeg, jpeg_2000, jpeg_ls,
    jpeg_xl, rle,
};

/// The families of transfer syntaxes with coded frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    /// Frames in native form, each in fragments of its own.
    Plain,
    Deflate,
    Rle,
    Jpeg,
    JpegLs,
    Jpeg2000,
    JpegXl,
}

impl Codec {
    /// The family of a transfer syntax with encapsulated pixel data, if it is one that is decoded.
    pub(super) fn of(transfer_syntax: &str) -> Option<Self> {
        Some(match transfer_syntax {
            uids::ENCAPSULATED_UNCOMPRESSED_EXPLICIT_VR_LITTLE_ENDIAN => Self::Plain,
            uids::DEFLATED_IMAGE_FRAME_COMPRESSION => Self::Deflate,
            uids::RLE_LOSSLESS => Self::Rle,
            uids::JPEG_BASELINE8_BIT
            | uids::JPEG_EXTENDED12_BIT
            | uids::JPEG_LOSSLESS
            | uids::JPEG_LOSSLESS_SV1 => Self::Jpeg,
            uids::JPEGLS_LOSSLESS | uids::JPEGLS_NEAR_LOSSLESS => Self::JpegLs,
            uids::JPEG2000_LOSSLESS
            | uids::JPEG2000
            | uids::JPEG2000MC_LOSSLESS
            | uids::JPEG2000MC
            | uids::HTJ2K_LOSSLESS
            | uids::HTJ2K_LOSSLESS_RPCL
            | uids::HTJ2K => Self::Jpeg2000,
            uids::JPEGXL_LOSSLESS | uids::JPEGXLJPEG_RECOMPRESSION | uids::JPEGXL => Self::JpegXl,
            _ => return None,
        })
    }

    /// Whether each fragment is a frame in this family.
    pub(super) fn one_fragment_each(self) -> bool {
        matches!(self, Self::Rle)
    }
}

/// What the data set says of a stream, which the stream must agree to before memory is asked for.
pub(super) struct Wanted {
    pub columns: usize,
    pub rows: usize,
    pub components: usize,
}

impl Wanted {
    /// Refuses a stream whose size is another.
    pub(super) fn check(
        &self,
        codec: &'static str,
        columns: usize,
        rows: usize,
        components: usize,
    ) -> Result<(), PixelError> {
        if (columns, rows) != (self.columns, self.rows) {
            return Err(PixelError::stream(
                codec,
                format!(
                    "it is {columns} × {rows} pixels large, and the data set says {} × {}",
                    self.columns, self.rows
                ),
            ));
        }
        if components != self.components {
            return Err(PixelError::stream(
                codec,
                format!(
                    "it has {components} samples a pixel, and the data set says {}",
                    self.components
                ),
            ));
        }
        Ok(())
    }
}

/// Samples as a decoder gives them, one pixel after the other.
pub(super) enum Raw {
    U8(Vec<u8>),
    U16(Vec<u16>),
    I32(Vec<i32>),
}

/// A frame as a decoder gives it.
pub(super) struct Decoded {
    pub components: usize,
    /// Bits of a sample in the stream.
    pub bits: u32,
    pub raw: Raw,
    /// Whether the decoder turned colours into red, green and blue.
    pub is_rgb: bool,
}

/// Decodes the stream of one frame.
pub(super) fn decode(codec: Codec, stream: &[u8], form: &PixelForm) -> Result<Frame, PixelError> {
    let wanted = Wanted {
        columns: form.columns,
        rows: form.rows,
        components: form.samples_per_pixel,
    };
    let decoded = match codec {
        Codec::Plain => return Frame::of_native(stream, form),
        Codec::Deflate => return Frame::of_native(&inflated(stream, form.native_bytes())?, form),
        Codec::Rle => {
            return Ok(Frame::new(
                form,
                form.photometric,
                rle::decode(stream, form)?,
            ));
        }
        Codec::Jpeg => jpeg::decode(stream, &wanted, form.photometric)?,
        Codec::JpegLs => jpeg_ls::decode(stream, &wanted)?,
        Codec::Jpeg2000 => jpeg_2000::decode(stream, &wanted)?,
        Codec::JpegXl => jpeg_xl::decode(stream, &wanted)?,
    };
    if decoded.components != form.samples_per_pixel {
        return Err(PixelError::Form(
            "the stream has another number of samples a pixel",
        ));
    }
    let kind = match form.kind {
        SampleKind::Integer { .. } => form.kind,
        _ => return Err(PixelError::Form("coded floating point is not defined")),
    };
    let samples = match decoded.raw {
        // The usual cases, without going over the samples again.
        Raw::U8(samples) if is_plain(kind, 8) => Samples::U8(samples),
        Raw::U16(samples) if is_plain(kind, 16) => Samples::U16(samples),
        Raw::U8(samples) => Samples::of_coded(&samples, decoded.bits, kind),
        Raw::U16(samples) => Samples::of_coded(&samples, decoded.bits, kind),
        Raw::I32(samples) => Samples::of_coded(&samples, decoded.bits, kind),
    };
    if samples.len() != form.samples() {
        return Err(PixelError::Form("the stream has another number of pixels"));
    }
    let photometric = match form.photometric {
        _ if decoded.is_rgb => Photometric::Rgb,
        // Decoders give each pixel its own chrominance.
        Photometric::YbrFull422 => Photometric::YbrFull,
        other => other,
    };
    Ok(Frame::new(form, photometric, samples))
}

/// Whether samples are unsigned numbers of so many bits.
fn is_plain(kind: SampleKind, bits: u32) -> bool {
    matches!(kind, SampleKind::Integer { allocated, signed: false, .. } if allocated == bits)
}

/// A deflated frame as it was; `bytes` bounds it.
fn inflated(stream: &[u8], bytes: usize) -> Result<Vec<u8>, PixelError> {
    let mut out = Vec::new();
    let most = bytes as u64;
    let read = DeflateDecoder::new(stream).take(most).read_to_end(&mut out);
    if read.is_err() {
        return Err(PixelError::stream("deflate", "it is damaged"));
    }
    if out.len() < bytes {
        return Err(PixelError::stream("deflate", "it is too short"));
    }
    Ok(out)
}
