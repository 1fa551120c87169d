use dicom_core::VR;
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;

use super::put;

/// A concept as DICOM writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// Coding scheme designator, such as `SCT`.
    pub scheme: String,
    /// Code value.
    pub value: String,
    /// Code meaning.
    pub meaning: String,
}

impl Code {
    /// A code of SNOMED CT.
    pub fn snomed(value: &str, meaning: &str) -> Self {
        Self::of("SCT", value, meaning)
    }

    /// A code of DICOM's own (PS3.16 annex D).
    pub fn dcm(value: &str, meaning: &str) -> Self {
        Self::of("DCM", value, meaning)
    }

    /// A unit by UCUM.
    pub fn ucum(value: &str, meaning: &str) -> Self {
        Self::of("UCUM", value, meaning)
    }

    /// A code of any scheme.
    pub fn of(scheme: &str, value: &str, meaning: &str) -> Self {
        Self {
            scheme: scheme.to_owned(),
            value: value.to_owned(),
            meaning: meaning.to_owned(),
        }
    }

    pub(super) fn item(&self) -> InMemDicomObject {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::CODE_VALUE, VR::SH, self.value.as_str());
        put(
            &mut item,
            tags::CODING_SCHEME_DESIGNATOR,
            VR::SH,
            self.scheme.as_str(),
        );
        put(&mut item, tags::CODE_MEANING, VR::LO, self.meaning.as_str());
        item
    }
}
