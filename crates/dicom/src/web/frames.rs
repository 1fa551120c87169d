use bytes::Bytes;
use dicom_dictionary_std::uids;

use super::{MediaRange, WebError};
use crate::pixels::{PixelError, PixelFile, TARGETS};

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

/// The transfer syntaxes that a media type stands for where none is given (PS3.18 table 8.7.3-5).
const USUAL: &[(&str, &str)] = &[
    ("image/jpeg", uids::JPEG_LOSSLESS_SV1),
    ("image/dicom-rle", uids::RLE_LOSSLESS),
    ("image/jls", uids::JPEGLS_LOSSLESS),
    ("image/jp2", uids::JPEG2000_LOSSLESS),
    ("image/jphc", uids::HTJ2K_LOSSLESS),
];

/// The transfer syntax that a range wants frames coded in, with its media type, if there is an encoder.
pub(super) fn coded_as(range: &MediaRange) -> Option<(&'static str, &'static str)> {
    let usual = USUAL.iter().find(|(media, _)| *media == range.inner());
    let wanted = range.parameter("transfer-syntax");
    let wanted = wanted.or_else(|| usual.map(|(_, syntax)| *syntax))?;
    let target = TARGETS.iter().find(|target| **target == wanted)?;
    let media = media_of(target).filter(|media| range.takes(media))?;
    Some((target, media))
}

/// Frames of a file by their numbers from 1, each in the first form that the ranges accept.
pub fn frames(file: &[u8], numbers: &[u32], ranges: &[MediaRange]) -> Result<Vec<Frame>, WebError> {
    let file = PixelFile::open(file)?;
    let indices = numbers.iter().map(|number| {
        let index = usize::try_from(*number)
            .unwrap_or(usize::MAX)
            .checked_sub(1);
        index.filter(|index| *index < file.form().frames)
    });
    let indices: Option<Vec<usize>> = indices.collect();
    let indices = indices.filter(|indices| !indices.is_empty());
    let indices = indices.ok_or(WebError::NotFound("that frame"))?;
    let stored = file.transfer_syntax();
    let media = media_of(stored);
    for range in ranges {
        let wanted = range.parameter("transfer-syntax");
        let any = wanted == Some("*") || (wanted.is_none() && range.inner() == "*/*");
        let as_stored = any || wanted == Some(stored) || wanted.is_none();
        if let Some(media) = media.filter(|media| as_stored && (range.takes(media) || any)) {
            let content_type = format!("{media}; transfer-syntax={stored}");
            return each(&indices, &content_type, |index| file.frame_stream(index));
        }
        let plain =
            wanted.is_none_or(|syntax| syntax == uids::EXPLICIT_VR_LITTLE_ENDIAN || syntax == "*");
        if range.takes(OCTETS) && plain {
            let plain = uids::EXPLICIT_VR_LITTLE_ENDIAN;
            let content_type = format!("{OCTETS}; transfer-syntax={plain}");
            return each(&indices, &content_type, |index| file.frame_bytes(index));
        }
        if let Some((target, media)) = coded_as(range) {
            let content_type = format!("{media}; transfer-syntax={target}");
            let made = each(&indices, &content_type, |index| {
                file.frame_coded(index, target)
            });
            // Not every image fits into every transfer syntax; another range may do.
            if !matches!(made, Err(WebError::Decoding(PixelError::Target(..)))) {
                return made;
            }
        }
    }
    let coded = TARGETS.iter().filter(|target| media_of(target).is_some());
    Err(WebError::NoSyntax {
        stored: stored.to_owned(),
        can: [uids::EXPLICIT_VR_LITTLE_ENDIAN]
            .iter()
            .chain(coded)
            .filter(|target| **target != stored)
            .copied()
            .collect(),
    })
}

fn each(
    indices: &[usize],
    content_type: &str,
    bytes: impl Fn(usize) -> Result<Vec<u8>, PixelError>,
) -> Result<Vec<Frame>, WebError> {
    let frame = |index: &usize| {
        Ok(Frame {
            content_type: content_type.to_owned(),
            bytes: bytes(*index)?.into(),
        })
    };
    indices.iter().map(frame).collect()
}
