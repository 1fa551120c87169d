//! What segments of segmentations are known by across studies, read without their pixels.

use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use crate::{ParseError, parse};

/// A segment with what it is known by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackedSegment {
    /// Segment number.
    pub number: u16,
    /// Tracking ID: what people call what it shows; empty where nobody says.
    pub label: String,
    /// Tracking UID; `None` where nobody says which one thing it shows.
    pub uid: Option<String>,
}

/// The segments of a segmentation, in the order of the object.
pub fn read_tracking(file: &[u8]) -> Result<Vec<TrackedSegment>, ParseError> {
    let object = parse::open(file, Some(tags::PIXEL_DATA))?;
    let segments = object
        .get(tags::SEGMENT_SEQUENCE)
        .and_then(|element| element.items())
        .unwrap_or_default();
    let read = segments.iter().filter_map(|item| {
        let number = item.get(tags::SEGMENT_NUMBER)?.to_int().ok()?;
        Some(TrackedSegment {
            number,
            label: text(item, tags::TRACKING_ID),
            uid: Some(text(item, tags::TRACKING_UID)).filter(|uid| !uid.is_empty()),
        })
    });
    Ok(read.collect())
}

fn text(item: &InMemDicomObject, tag: dicom_core::Tag) -> String {
    let text = item.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}
