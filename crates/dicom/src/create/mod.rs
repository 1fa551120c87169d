//! Making DICOM objects: CT series from volumes, segmentations from masks, reports, presentation states and key
//! object selections from marks, and documents and pictures as they are.

mod code;
mod ct;
mod document;
mod drawn;
mod graphic;
mod marks;
mod picture;
mod presentation;
mod roi;
mod seg;
mod sr;
mod tree;

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, meta::FileMetaTableBuilder};
use sha2::{Digest as _, Sha256};
use vocabulary::Uid;

pub use code::Code;
pub use ct::{CtSeries, MadeSeries, ct_series};
pub use document::{DocumentKind, NewDocument, document};
pub use drawn::{DrawnMark, drawn_report, drawn_state, key_objects};
pub use marks::{
    MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Moment, context_of, marked_frames,
};
pub use picture::{NewPicture, picture};
pub use presentation::presentation_state;
pub use roi::{MeasuredNumber, MeasuredSegment, segment_report};
pub use seg::{
    Algorithm, Fraction, Masks, NewSegment, NewSegmentation, SegmentCoding, SegmentedSeries,
    SegmentedSlice, Tracking, Voxels, segmentation,
};
pub use sr::measurement_report;

/// The implementation that wrote the files, as `yuanyi` names itself.
pub const IMPLEMENTATION_CLASS_UID: &str = "2.25.179226302803014264108157934218537021877";
/// The implementation's version name.
pub const IMPLEMENTATION_VERSION: &str = "YUANYI_0.1";

/// Why an object could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// The voxels do not fill the grid.
    #[error("make the series: {got} voxels given for a grid of {want}")]
    WrongLength {
        /// Voxels given.
        got: usize,
        /// Voxels of the grid.
        want: usize,
    },
    /// The grid or the segments do not fit into DICOM's number ranges.
    #[error("make the object: {0} does not fit")]
    TooLarge(&'static str),
    /// No voxel of any segment is set, so there is nothing to write.
    #[error("make the segmentation: all segments are empty")]
    Empty,
    /// Two segments of a label map have a voxel in common.
    #[error("make the segmentation: segments of a label map overlap")]
    Overlap,
    /// No mark lies on an image of the series, so there is nothing to write.
    #[error("make the object: no mark lies on an image of the series")]
    Nothing,
    /// The bytes are not what they are said to be.
    #[error("make the document: its bytes are not {0}")]
    NotThatKind(&'static str),
    /// The object could not be written.
    #[error("write the object: {0}")]
    Write(String),
}

/// A person as DICOM names them.
#[derive(Clone, Debug)]
pub struct Person {
    /// Patient ID (0010,0020).
    pub id: String,
    /// Issuer of patient ID (0010,0021); may be empty.
    pub issuer: String,
    /// Patient's name (0010,0010), `family^given^middle^prefix^suffix`.
    pub name: String,
    /// Birth date, `YYYYMMDD`; may be empty.
    pub birth_date: String,
    /// `M`, `F`, `O` or empty.
    pub sex: String,
}

/// A study to put series in.
#[derive(Clone, Debug)]
pub struct Study {
    /// Study instance UID.
    pub uid: Uid,
    /// Date, `YYYYMMDD`.
    pub date: String,
    /// Time, `HHMMSS`.
    pub time: String,
    /// Study ID.
    pub id: String,
    /// Accession number.
    pub accession: String,
    /// Description.
    pub description: String,
}

/// A UID in the `2.25` form that is always the same for the same parts. Formed like a UUID of version 8
/// from the SHA-256 digest of the parts.
pub fn derived_uid(parts: &[&str]) -> Uid {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    let mut bytes = [0; 16];
    for (byte, digest) in bytes.iter_mut().zip(hash.finalize()) {
        *byte = digest;
    }
    uid_of_digest(bytes)
}

/// A UID in the `2.25` form from the first bytes of a digest.
pub(crate) fn uid_of_digest(bytes: [u8; 16]) -> Uid {
    let version_and_variant = (0xf000_u128 << 64) | (0xc000_u128 << 48);
    let number =
        (u128::from_be_bytes(bytes) & !version_and_variant) | (0x8000 << 64) | (0x8000 << 48);
    match Uid::new(format!("2.25.{number}")) {
        Ok(uid) => uid,
        Err(_) => unreachable!("2.25 and at most 39 digits are a UID"),
    }
}

/// An element, put into the object.
pub(crate) fn put(
    object: &mut InMemDicomObject,
    tag: Tag,
    vr: VR,
    value: impl Into<PrimitiveValue>,
) {
    object.put(DataElement::new(tag, vr, value.into()));
}

/// A sequence of items, put into the object.
pub(crate) fn put_items(object: &mut InMemDicomObject, tag: Tag, items: Vec<InMemDicomObject>) {
    object.put(DataElement::new(tag, VR::SQ, DataSetSequence::from(items)));
}

/// An object with what every object of this person and study carries.
fn common(person: &Person, study: &Study, class: &str, instance: &Uid) -> InMemDicomObject {
    let mut object = InMemDicomObject::new_empty();
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::SOP_CLASS_UID, VR::UI, class),
        (tags::SOP_INSTANCE_UID, VR::UI, instance.as_str()),
        (tags::PATIENT_ID, VR::LO, &person.id),
        (tags::ISSUER_OF_PATIENT_ID, VR::LO, &person.issuer),
        (tags::PATIENT_NAME, VR::PN, &person.name),
        (tags::PATIENT_BIRTH_DATE, VR::DA, &person.birth_date),
        (tags::PATIENT_SEX, VR::CS, &person.sex),
        (tags::STUDY_INSTANCE_UID, VR::UI, study.uid.as_str()),
        (tags::STUDY_DATE, VR::DA, &study.date),
        (tags::STUDY_TIME, VR::TM, &study.time),
        (tags::STUDY_ID, VR::SH, &study.id),
        (tags::ACCESSION_NUMBER, VR::SH, &study.accession),
        (tags::STUDY_DESCRIPTION, VR::LO, &study.description),
        (tags::REFERRING_PHYSICIAN_NAME, VR::PN, ""),
    ] {
        if value.is_empty() && tag == tags::ISSUER_OF_PATIENT_ID {
            continue;
        }
        put(&mut object, tag, vr, value);
    }
    object
}

/// The whole file of an object: preamble, meta group and data set in explicit VR little endian.
fn file(object: InMemDicomObject) -> Result<Vec<u8>, CreateError> {
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(uids::EXPLICIT_VR_LITTLE_ENDIAN)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION);
    let write = |error: &dyn std::fmt::Display| CreateError::Write(error.to_string());
    let object = object.with_meta(meta).map_err(|error| write(&error))?;
    let mut bytes = Vec::new();
    object
        .write_all(&mut bytes)
        .map_err(|error| write(&error))?;
    Ok(bytes)
}

/// A number as DS: at most 16 characters, and without a rounding that shows.
fn decimal(value: f64) -> String {
    let mut text = format!("{value}");
    let mut digits: usize = 15;
    while text.len() > 16 {
        digits = digits.saturating_sub(1);
        text = format!("{value:.digits$}");
        if text.contains('.') {
            let short = text.trim_end_matches('0').trim_end_matches('.').len();
            text.truncate(short);
        }
        if digits == 0 {
            break;
        }
    }
    if text == "-0" { "0".to_owned() } else { text }
}

/// Several numbers as one DS value.
fn decimals(values: &[f64]) -> PrimitiveValue {
    PrimitiveValue::Strs(values.iter().map(|value| decimal(*value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_uids_are_stable_and_tell_parts_apart() {
        assert_eq!(derived_uid(&["a", "b"]), derived_uid(&["a", "b"]));
        assert_ne!(derived_uid(&["a", "b"]), derived_uid(&["ab"]));
        assert_eq!(derived_uid(&["a"]).as_str().split('.').nth(1), Some("25"));
    }

    #[test]
    fn decimals_fit_into_sixteen_characters() {
        for (value, text) in [
            (0.570_312_5, "0.5703125"),
            (-777.499_999_999_999_8, "-777.5"),
            (-179.658_203_125, "-179.658203125"),
            (1.0 / 3.0, "0.33333333333333"),
            (-0.0, "0"),
        ] {
            assert_eq!(decimal(value), text);
        }
    }
}
