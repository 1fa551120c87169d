//! Data sets in explicit little endian, written anew with a few elements changed and all others byte for
//! byte as they were.

use crate::bounds;
use dicom_core::Tag;

/// An element of the outermost level, and its bytes with its header.
pub(super) struct Element<'a> {
    pub tag: Tag,
    pub bytes: &'a [u8],
}

/// The elements of a data set in explicit little endian, up to its pixel data and with them.
pub(super) fn elements(data_set: &[u8]) -> Result<Vec<Element<'_>>, String> {
    let places = bounds::places(data_set)?;
    let element = |(tag, range): (Tag, std::ops::Range<usize>)| {
        data_set.get(range).map(|bytes| Element { tag, bytes })
    };
    Ok(places.into_iter().filter_map(element).collect())
}

/// An element with a value of less than 64 KiB, written.
pub(super) fn short(tag: Tag, vr: [u8; 2], value: &[u8]) -> Vec<u8> {
    let length = u16::try_from(value.len().next_multiple_of(2)).unwrap_or_default();
    let mut out = head(tag, vr);
    out.extend(length.to_le_bytes());
    out.extend(value);
    if value.len() % 2 == 1 {
        out.push(if vr == *b"UI" { 0 } else { b' ' });
    }
    out
}

/// The header of an element with a long value.
pub(super) fn long_head(tag: Tag, vr: [u8; 2], length: u32) -> Vec<u8> {
    let mut out = head(tag, vr);
    out.extend([0, 0]);
    out.extend(length.to_le_bytes());
    out
}

fn head(tag: Tag, vr: [u8; 2]) -> Vec<u8> {
    let mut out = Vec::with_capacity(12);
    out.extend(tag.group().to_le_bytes());
    out.extend(tag.element().to_le_bytes());
    out.extend(vr);
    out
}
