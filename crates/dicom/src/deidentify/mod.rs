//! De-identification by the Basic Application Level Confidentiality Profile of PS3.15 annex E.
//!
//! What happens to which attribute is data (`profile.tsv`), and so are the places of burned-in text
//! (`burned-in.tsv`), the private attributes that may stay (`private.tsv`) and the words that may stay in
//! descriptions (`words.txt`). An object that cannot be made safe is refused with the reason; it is never
//! passed on half done. Each object comes with a report of what was done, which holds no value.
//!
//! The same input, key and options give the same bytes, so copies can be made when they are asked for.

mod clean;
mod graphics;
mod keys;
mod pixels;
mod private;
mod profile;
mod residue;
mod structured;
mod value;
mod words;

use std::collections::BTreeMap;

use dicom_core::{Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::{InMemDicomObject, meta::FileMetaTableBuilder};
use serde::{Deserialize, Serialize};

pub use keys::ProjectKey;
pub use words::harmless as harmless_words;

use crate::{
    ParseError,
    create::{IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION, put, put_items},
    parse,
};

/// The options of the profile (PS3.15 section E.3). The default keeps least.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one option of the standard, chosen by itself"
)]
pub struct Options {
    /// Dates are moved by the same number of days for a patient, times of day stay; otherwise both go.
    pub shift_dates: bool,
    /// Sex, age, size, weight and the like stay.
    pub retain_patient_characteristics: bool,
    /// Descriptions stay, as far as they consist of harmless words; otherwise they go.
    pub clean_descriptors: bool,
    /// Lines on pictures stay and texts beside them are cleaned; overlays stay where somebody has looked at the
    /// pixels. Otherwise all of these go.
    pub clean_graphics: bool,
    /// Structured reports are cleaned; otherwise they are refused.
    pub clean_structured_content: bool,
    /// Known places of burned-in text are blanked; otherwise such objects are refused.
    pub clean_pixel_data: bool,
    /// Private attributes that are known to be safe stay; otherwise none does.
    pub retain_safe_private: bool,
    /// UIDs stay; otherwise all are replaced.
    pub retain_uids: bool,
    /// What identifies the device stays.
    pub retain_device_identity: bool,
    /// What identifies the institution stays.
    pub retain_institution_identity: bool,
    /// A person has looked at the pixels and vouches that nothing is written in them. Never stands against
    /// an object that says of itself that something is.
    pub pixels_vouched_for: bool,
}

/// Why no de-identified copy of an object was made.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// Objects of this class hold what cannot be looked through.
    #[error("de-identify the object: {0}")]
    Class(&'static str),
    /// Something is, or may be, written into the pixels.
    #[error("de-identify the pixels: {0}")]
    Pixels(&'static str),
    /// An identifying value is where it cannot be taken out.
    #[error("de-identify the object: a name or number of the patient stands in {0}")]
    Residue(&'static str),
    /// The copy could not be written.
    #[error("write the de-identified object: {0}")]
    Write(String),
}

/// A de-identified copy.
#[derive(Clone, Debug)]
pub struct Deidentified {
    /// The whole file.
    pub file: Vec<u8>,
    /// What was done.
    pub report: Report,
}

/// What was done to an object: places and counts, never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// SOP instance UID of the copy.
    pub sop: String,
    /// SOP class UID.
    pub class: String,
    /// For each thing that was done, the attributes it was done to, as paths of tags.
    pub done: BTreeMap<Deed, Vec<String>>,
    /// What was done to the pixels, and what was not and should be known.
    pub notes: Vec<String>,
    /// The codes of the profile and its options (PS3.16 CID 7050).
    pub methods: Vec<String>,
}

/// What was done to an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deed {
    /// Taken out.
    Removed,
    /// Its value was taken out.
    Emptied,
    /// Given a value that says nothing, or the pseudonym.
    Replaced,
    /// Its UIDs were replaced.
    Remapped,
    /// Its dates were moved.
    Shifted,
    /// Its text was cut down to harmless words.
    Cleaned,
    /// Not named by the profile, and taken out because nobody knows what it holds.
    Unknown,
    /// Held an identifying value of another attribute, and was emptied.
    Residue,
}

/// Makes a de-identified copy of a whole file. `subject` is how the hospital knows the patient.
pub fn deidentify(
    file: &[u8],
    key: &ProjectKey,
    subject: &str,
    options: &Options,
) -> Result<Deidentified, Refused> {
    let mut source = parse::open(file, None)?;
    pixels::judge_class(&source, options)?;
    let plan = pixels::plan(&source, options)?;
    let mut report = Report::default();
    let syntax = pixels::apply(file, &mut source, &plan, &mut report.notes)?;
    // The pixels are not gone through with the attributes, and need not be held twice.
    let pixel_data = source.take(tags::PIXEL_DATA);
    let identity = residue::Identity::of(&source);
    let mut cleaner = clean::Cleaner {
        key,
        pseudonym: key.pseudonym(subject),
        days: key.days(subject),
        options,
        report: &mut report,
    };
    let mut object = cleaner.data_set(&source, "");
    identity.clear_from(&mut object, &mut report);
    if let Some(pixel_data) = pixel_data {
        identity.check_fragments(&pixel_data)?;
        object.put(pixel_data);
    }
    let cleaned_pixels = plan.blanks();
    sign(&mut object, options, cleaned_pixels, &mut report);
    report.sop = text(&object, tags::SOP_INSTANCE_UID);
    report.class = text(&object, tags::SOP_CLASS_UID);
    let file = write(object, &syntax)?;
    Ok(Deidentified { file, report })
}

/// Says in the object what was done to it (PS3.15 section E.1.1, PS3.3 section C.12.1.1.7).
fn sign(object: &mut InMemDicomObject, options: &Options, pixels: bool, report: &mut Report) {
    let chosen = [
        (true, "113100", "Basic Application Confidentiality Profile"),
        (pixels, "113101", "Clean Pixel Data Option"),
        (options.clean_graphics, "113103", "Clean Graphics Option"),
        (
            options.clean_structured_content,
            "113104",
            "Clean Structured Content Option",
        ),
        (
            options.clean_descriptors,
            "113105",
            "Clean Descriptors Option",
        ),
        (
            options.shift_dates,
            "113107",
            "Retain Longitudinal Temporal Information Modified Dates Option",
        ),
        (
            options.retain_patient_characteristics,
            "113108",
            "Retain Patient Characteristics Option",
        ),
        (
            options.retain_device_identity,
            "113109",
            "Retain Device Identity Option",
        ),
        (options.retain_uids, "113110", "Retain UIDs Option"),
        (
            options.retain_safe_private,
            "113111",
            "Retain Safe Private Option",
        ),
        (
            options.retain_institution_identity,
            "113112",
            "Retain Institution Identity Option",
        ),
    ];
    let chosen = chosen.into_iter().filter(|(chosen, ..)| *chosen);
    let mut items = Vec::new();
    for (_, value, meaning) in chosen {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::CODE_VALUE, VR::SH, value);
        put(&mut item, tags::CODING_SCHEME_DESIGNATOR, VR::SH, "DCM");
        put(&mut item, tags::CODE_MEANING, VR::LO, meaning);
        items.push(item);
        report.methods.push(value.to_owned());
    }
    put_items(object, tags::DEIDENTIFICATION_METHOD_CODE_SEQUENCE, items);
    let temporal = if options.shift_dates {
        "MODIFIED"
    } else {
        "REMOVED"
    };
    for (tag, vr, value) in [
        (tags::SPECIFIC_CHARACTER_SET, VR::CS, "ISO_IR 192"),
        (tags::PATIENT_IDENTITY_REMOVED, VR::CS, "YES"),
        (
            tags::DEIDENTIFICATION_METHOD,
            VR::LO,
            "Yuanyi, PS3.15 annex E",
        ),
        (
            tags::LONGITUDINAL_TEMPORAL_INFORMATION_MODIFIED,
            VR::CS,
            temporal,
        ),
    ] {
        put(object, tag, vr, value);
    }
    if pixels {
        put(object, tags::BURNED_IN_ANNOTATION, VR::CS, "NO");
    }
}

/// Writes the file with a preamble of zeros and a file meta group of its own.
fn write(object: InMemDicomObject, syntax: &str) -> Result<Vec<u8>, Refused> {
    let failed = |error: &dyn std::fmt::Display| Refused::Write(error.to_string());
    let meta = FileMetaTableBuilder::new()
        .transfer_syntax(syntax)
        .implementation_class_uid(IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(IMPLEMENTATION_VERSION);
    let object = object.with_meta(meta).map_err(|error| failed(&error))?;
    let mut bytes = Vec::new();
    object
        .write_all(&mut bytes)
        .map_err(|error| failed(&error))?;
    Ok(bytes)
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

/// Transfer syntaxes whose pixel data are not compressed; their copies are written in the first of them.
#[expect(
    deprecated,
    reason = "big endian is retired, and old archives still hold it"
)]
const NATIVE: &[&str] = &[
    uids::EXPLICIT_VR_LITTLE_ENDIAN,
    uids::IMPLICIT_VR_LITTLE_ENDIAN,
    uids::EXPLICIT_VR_BIG_ENDIAN,
    uids::DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN,
];
