use bytes::Bytes;
use dicom_core::value::PrimitiveValue;
use dicom_dictionary_std::{tags, uids};
use dicom_object::DefaultDicomObject;
use dicom_pixeldata::PixelDecoder as _;

use super::{MediaRange, WebError, guarded};
use crate::parse;

/// One frame as it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// The part's media type, with its transfer syntax.
    pub content_type: String,
    /// The frame's bytes: uncompressed little endian, or the compressed stream as stored.
    pub bytes: Bytes,
}

/// Transfer syntaxes of compressed frames and the media types of PS3.18 table 8.7.3-3.
const COMPRESSED: &[(&str, &str)] = &[
    (uids::JPEG_BASELINE8_BIT, "image/jpeg"),
    (uids::JPEG_EXTENDED12_BIT, "image/jpeg"),
    (uids::JPEG_LOSSLESS, "image/jpeg"),
    (uids::JPEG_LOSSLESS_SV1, "image/jpeg"),
    (uids::RLE_LOSSLESS, "image/dicom-rle"),
    (uids::JPEGLS_LOSSLESS, "image/jls"),
    (uids::JPEGLS_NEAR_LOSSLESS, "image/jls"),
    (uids::JPEG2000_LOSSLESS, "image/jp2"),
    (uids::JPEG2000, "image/jp2"),
    (uids::JPEG2000MC_LOSSLESS, "image/jpx"),
    (uids::JPEG2000MC, "image/jpx"),
    (uids::HTJ2K_LOSSLESS, "image/jphc"),
    (uids::HTJ2K_LOSSLESS_RPCL, "image/jphc"),
    (uids::HTJ2K, "image/jphc"),
    (uids::JPEGXL_LOSSLESS, "image/jxl"),
    (uids::JPEGXLJPEG_RECOMPRESSION, "image/jxl"),
    (uids::JPEGXL, "image/jxl"),
];

/// The media type of uncompressed frames.
pub(super) const OCTETS: &str = "application/octet-stream";

/// The media type of frames in a compressed transfer syntax; `None` where it is none.
pub(super) fn media_of(syntax: &str) -> Option<&'static str> {
    COMPRESSED
        .iter()
        .find(|(uid, _)| *uid == syntax)
        .map(|(_, media)| *media)
}

/// Frames of a file by their numbers from 1, each in the first form that the ranges accept.
pub fn frames(file: &[u8], numbers: &[u32], ranges: &[MediaRange]) -> Result<Vec<Frame>, WebError> {
    let object = parse::open(file, None)?;
    let count = object
        .get(tags::NUMBER_OF_FRAMES)
        .and_then(|e| e.to_int::<u32>().ok())
        .unwrap_or(1)
        .max(1);
    if numbers.is_empty() || numbers.iter().any(|number| !(1..=count).contains(number)) {
        return Err(WebError::NotFound("that frame"));
    }
    let stored = object
        .meta()
        .transfer_syntax()
        .trim_end_matches('\0')
        .to_owned();
    let media = media_of(&stored);
    for range in ranges {
        let wanted = range.parameter("transfer-syntax");
        let any = wanted == Some("*") || (wanted.is_none() && range.inner() == "*/*");
        let as_stored = any || wanted == Some(stored.as_str()) || wanted.is_none();
        if let Some(media) = media.filter(|media| as_stored && (range.takes(media) || any)) {
            return compressed(
                &object,
                numbers,
                count,
                &format!("{media}; transfer-syntax={stored}"),
            );
        }
        let plain =
            wanted.is_none_or(|syntax| syntax == uids::EXPLICIT_VR_LITTLE_ENDIAN || syntax == "*");
        if range.takes(OCTETS) && plain {
            return guarded(|| uncompressed(&object, numbers, media.is_some()));
        }
    }
    Err(WebError::NotAcceptable(
        "frames come as octet streams, or compressed as they are stored",
    ))
}

/// Compressed frames as they are stored.
fn compressed(
    object: &DefaultDicomObject,
    numbers: &[u32],
    count: u32,
    content_type: &str,
) -> Result<Vec<Frame>, WebError> {
    let pixels = object
        .get(tags::PIXEL_DATA)
        .ok_or(WebError::NotFound("pixel data"))?;
    let fragments = pixels
        .fragments()
        .ok_or(WebError::Pixels("they are not encapsulated"))?;
    let offsets = pixels.value().offset_table().unwrap_or_default();
    let mut out = Vec::new();
    for number in numbers {
        let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let bytes = frame_of_fragments(fragments, offsets, index, count)
            .ok_or(WebError::Pixels("frames cannot be told apart"))?;
        out.push(Frame {
            content_type: content_type.to_owned(),
            bytes,
        });
    }
    Ok(out)
}

/// Puts one frame together from its fragments.
fn frame_of_fragments(
    fragments: &[Vec<u8>],
    offsets: &[u32],
    index: usize,
    count: u32,
) -> Option<Bytes> {
    if count == 1 {
        return Some(fragments.concat().into());
    }
    if fragments.len() == usize::try_from(count).ok()? {
        return Some(Bytes::copy_from_slice(fragments.get(index)?));
    }
    // Offsets count from the first fragment's item tag; each item has eight bytes in front.
    let start = *offsets.get(index)?;
    let end = offsets.get(index + 1).copied().unwrap_or(u32::MAX);
    let mut at = 0_u32;
    let mut bytes = Vec::new();
    for fragment in fragments {
        if at >= start && at < end {
            bytes.extend_from_slice(fragment);
        }
        at = at
            .checked_add(u32::try_from(fragment.len()).ok()?)?
            .checked_add(8)?;
    }
    (!bytes.is_empty()).then(|| bytes.into())
}

/// Frames as uncompressed little endian.
fn uncompressed(
    object: &DefaultDicomObject,
    numbers: &[u32],
    is_compressed: bool,
) -> Result<Vec<Frame>, WebError> {
    let content_type = format!(
        "{OCTETS}; transfer-syntax={}",
        uids::EXPLICIT_VR_LITTLE_ENDIAN
    );
    let mut out = Vec::new();
    let native = if is_compressed {
        None
    } else {
        Some(little_endian(object)?)
    };
    for number in numbers {
        let index = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let bytes = match &native {
            Some(all) => cut(object, all, index).ok_or(WebError::Pixels("they are too short"))?,
            None => object
                .decode_pixel_data_frame(number - 1)
                .map_err(|_| {
                    WebError::Pixels("no decoder for them is built in, or they are damaged")
                })?
                .into_data()
                .into(),
        };
        out.push(Frame {
            content_type: content_type.clone(),
            bytes,
        });
    }
    Ok(out)
}

/// Native pixel data in little endian, whatever the object's byte order was.
fn little_endian(object: &DefaultDicomObject) -> Result<Vec<u8>, WebError> {
    let pixels = object
        .get(tags::PIXEL_DATA)
        .ok_or(WebError::NotFound("pixel data"))?;
    if let Some(fragments) = pixels.fragments() {
        return Ok(fragments.concat());
    }
    match pixels.value().primitive() {
        Some(PrimitiveValue::U16(words)) => {
            Ok(words.iter().flat_map(|word| word.to_le_bytes()).collect())
        }
        Some(value) => Ok(value.to_bytes().into_owned()),
        None => Err(WebError::Pixels("they are of no known form")),
    }
}

/// One frame of native pixel data. Frames of single bits need not begin at a byte.
fn cut(object: &DefaultDicomObject, all: &[u8], index: usize) -> Option<Bytes> {
    let number = |tag| object.get(tag)?.to_int::<usize>().ok();
    let samples = number(tags::SAMPLES_PER_PIXEL).unwrap_or(1);
    let voxels = number(tags::ROWS)?
        .checked_mul(number(tags::COLUMNS)?)?
        .checked_mul(samples)?;
    let bits = voxels.checked_mul(number(tags::BITS_ALLOCATED)?)?;
    let first = bits.checked_mul(index)?;
    if first % 8 == 0 && bits % 8 == 0 {
        let first = first / 8;
        return Some(Bytes::copy_from_slice(
            all.get(first..first.checked_add(bits / 8)?)?,
        ));
    }
    let bit = |at: usize| all.get(at / 8).map(|byte| byte >> (at % 8) & 1);
    let mut out = vec![0_u8; bits.div_ceil(8)];
    for (place, byte) in out.iter_mut().enumerate() {
        for offset in 0..8.min(bits - place * 8) {
            *byte |= bit(first + place * 8 + offset)? << offset;
        }
    }
    Some(out.into())
}
