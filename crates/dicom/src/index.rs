//! The attributes by which objects are found, and their form in the index.

use dicom_core::{DataDictionary as _, Tag, VR, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use record::ImagingLevel;

/// Attributes of the index with the level they belong to. Patient attributes are found on every level.
pub const INDEXED: &[(Tag, ImagingLevel)] = &[
    (tags::PATIENT_NAME, ImagingLevel::Study),
    (tags::PATIENT_ID, ImagingLevel::Study),
    (tags::ISSUER_OF_PATIENT_ID, ImagingLevel::Study),
    (tags::PATIENT_BIRTH_DATE, ImagingLevel::Study),
    (tags::PATIENT_SEX, ImagingLevel::Study),
    (tags::PATIENT_AGE, ImagingLevel::Study),
    (tags::STUDY_INSTANCE_UID, ImagingLevel::Study),
    (tags::STUDY_DATE, ImagingLevel::Study),
    (tags::STUDY_TIME, ImagingLevel::Study),
    (tags::ACCESSION_NUMBER, ImagingLevel::Study),
    (tags::REFERRING_PHYSICIAN_NAME, ImagingLevel::Study),
    (tags::STUDY_DESCRIPTION, ImagingLevel::Study),
    (tags::STUDY_ID, ImagingLevel::Study),
    (tags::INSTITUTION_NAME, ImagingLevel::Study),
    (tags::NAME_OF_PHYSICIANS_READING_STUDY, ImagingLevel::Study),
    (tags::PROCEDURE_CODE_SEQUENCE, ImagingLevel::Study),
    (tags::TIMEZONE_OFFSET_FROM_UTC, ImagingLevel::Study),
    (tags::MODALITY, ImagingLevel::Series),
    (tags::SERIES_INSTANCE_UID, ImagingLevel::Series),
    (tags::SERIES_NUMBER, ImagingLevel::Series),
    (tags::SERIES_DESCRIPTION, ImagingLevel::Series),
    (tags::SERIES_DATE, ImagingLevel::Series),
    (tags::SERIES_TIME, ImagingLevel::Series),
    (tags::BODY_PART_EXAMINED, ImagingLevel::Series),
    (tags::LATERALITY, ImagingLevel::Series),
    (tags::PROTOCOL_NAME, ImagingLevel::Series),
    (tags::MANUFACTURER, ImagingLevel::Series),
    (tags::MANUFACTURER_MODEL_NAME, ImagingLevel::Series),
    (tags::STATION_NAME, ImagingLevel::Series),
    (tags::INSTITUTIONAL_DEPARTMENT_NAME, ImagingLevel::Series),
    (tags::PERFORMING_PHYSICIAN_NAME, ImagingLevel::Series),
    (tags::OPERATORS_NAME, ImagingLevel::Series),
    (tags::PERFORMED_PROCEDURE_STEP_ID, ImagingLevel::Series),
    (
        tags::PERFORMED_PROCEDURE_STEP_DESCRIPTION,
        ImagingLevel::Series,
    ),
    (tags::REQUEST_ATTRIBUTES_SEQUENCE, ImagingLevel::Series),
    (tags::FRAME_OF_REFERENCE_UID, ImagingLevel::Series),
    (
        tags::PERFORMED_PROCEDURE_STEP_START_DATE,
        ImagingLevel::Series,
    ),
    (
        tags::PERFORMED_PROCEDURE_STEP_START_TIME,
        ImagingLevel::Series,
    ),
    (tags::SOP_CLASS_UID, ImagingLevel::Instance),
    (tags::SOP_INSTANCE_UID, ImagingLevel::Instance),
    (tags::AVAILABLE_TRANSFER_SYNTAX_UID, ImagingLevel::Instance),
    (tags::INSTANCE_NUMBER, ImagingLevel::Instance),
    (tags::ACQUISITION_NUMBER, ImagingLevel::Instance),
    (tags::IMAGE_TYPE, ImagingLevel::Instance),
    (tags::CONTENT_DATE, ImagingLevel::Instance),
    (tags::CONTENT_TIME, ImagingLevel::Instance),
    (tags::CONTENT_LABEL, ImagingLevel::Instance),
    (tags::DOCUMENT_TITLE, ImagingLevel::Instance),
    (tags::CONCEPT_NAME_CODE_SEQUENCE, ImagingLevel::Instance),
    (tags::COMPLETION_FLAG, ImagingLevel::Instance),
    (tags::VERIFICATION_FLAG, ImagingLevel::Instance),
    (tags::NUMBER_OF_FRAMES, ImagingLevel::Instance),
    (tags::ROWS, ImagingLevel::Instance),
    (tags::COLUMNS, ImagingLevel::Instance),
    (tags::SAMPLES_PER_PIXEL, ImagingLevel::Instance),
    (tags::PHOTOMETRIC_INTERPRETATION, ImagingLevel::Instance),
    (tags::BITS_ALLOCATED, ImagingLevel::Instance),
    (tags::BITS_STORED, ImagingLevel::Instance),
    (tags::PIXEL_REPRESENTATION, ImagingLevel::Instance),
    (tags::PIXEL_SPACING, ImagingLevel::Instance),
    (tags::SLICE_THICKNESS, ImagingLevel::Instance),
    (tags::IMAGE_POSITION_PATIENT, ImagingLevel::Instance),
    (tags::IMAGE_ORIENTATION_PATIENT, ImagingLevel::Instance),
    (tags::RESCALE_INTERCEPT, ImagingLevel::Instance),
    (tags::RESCALE_SLOPE, ImagingLevel::Instance),
];

/// A tag as DICOM JSON writes it: eight hexadecimal digits.
pub fn tag_key(tag: Tag) -> String {
    format!("{:04X}{:04X}", tag.group(), tag.element())
}

/// Reads a tag in the form of DICOM JSON.
pub fn tag_of_key(key: &str) -> Option<Tag> {
    if key.len() != 8 || !key.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let group = u16::from_str_radix(key.get(..4)?, 16).ok()?;
    let element = u16::from_str_radix(key.get(4..)?, 16).ok()?;
    Some(Tag(group, element))
}

/// An attribute by its keyword or by its eight hexadecimal digits.
pub fn attribute(name: &str) -> Option<Tag> {
    let by_keyword = || {
        StandardDataDictionary
            .by_name(name)
            .map(DataDictionaryEntry::tag)
    };
    tag_of_key(name).or_else(by_keyword)
}

/// Whether values of this representation follow the Specific Character Set.
pub(crate) fn is_text(vr: VR) -> bool {
    matches!(
        vr,
        VR::LO | VR::LT | VR::PN | VR::SH | VR::ST | VR::UC | VR::UT
    )
}
