//! A last look: what identifies the patient may stand where no profile expects it.

use std::collections::BTreeSet;

use dicom_core::{PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::{InMemDicomObject, mem::InMemElement};

use super::{Deed, Refused, Report, words};
use crate::{index::is_text, tag_key};

/// Retired, and met all the same.
const OTHER_PATIENT_IDS: Tag = Tag(0x0010, 0x1000);
const MEDICAL_RECORD_LOCATOR: Tag = Tag(0x0010, 0x1090);
/// Attributes whose whole values identify.
const IDENTIFYING: &[Tag] = &[
    tags::PATIENT_ID,
    OTHER_PATIENT_IDS,
    tags::PATIENT_BIRTH_DATE,
    tags::PATIENT_ADDRESS,
    tags::PATIENT_TELEPHONE_NUMBERS,
    MEDICAL_RECORD_LOCATOR,
    tags::MILITARY_RANK,
    tags::ACCESSION_NUMBER,
    tags::STUDY_ID,
    tags::ADMISSION_ID,
    tags::INSTITUTION_NAME,
    tags::INSTITUTION_ADDRESS,
    tags::STATION_NAME,
    tags::DEVICE_SERIAL_NUMBER,
    tags::FILLER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    tags::PLACER_ORDER_NUMBER_IMAGING_SERVICE_REQUEST,
    tags::REQUESTED_PROCEDURE_ID,
];
/// Shorter Latin words and numbers are met everywhere.
const SHORTEST: usize = 4;
/// Text in front of compressed pixels lies in the first bytes of their streams.
const STREAM_HEAD: usize = 64 << 10;

/// What identifies the patient of an object, in lower case.
pub(super) struct Identity {
    /// Words of persons' names, which count where they stand as words.
    names: BTreeSet<String>,
    /// Numbers, addresses and the like, which count wherever they stand.
    values: BTreeSet<String>,
}

impl Identity {
    /// Collects it from an object before it is cleaned.
    pub(super) fn of(object: &InMemDicomObject) -> Self {
        let mut identity = Self {
            names: BTreeSet::new(),
            values: BTreeSet::new(),
        };
        identity.collect(object);
        identity
    }

    fn collect(&mut self, object: &InMemDicomObject) {
        for element in object {
            for item in element.items().unwrap_or_default() {
                self.collect(item);
            }
            let tag = element.header().tag;
            let is_name = element.vr() == VR::PN;
            if !is_name && !IDENTIFYING.contains(&tag) {
                continue;
            }
            for value in element.to_multi_str().unwrap_or_default().iter() {
                let value = value.trim_matches([' ', '\0']).to_lowercase();
                if is_name {
                    self.names.extend(words_of(&value).map(str::to_owned));
                } else if is_telling(&value) {
                    self.values.insert(value);
                }
            }
        }
    }

    /// Empties every text that holds some of it.
    pub(super) fn clear_from(&self, object: &mut InMemDicomObject, report: &mut Report) {
        self.clear(object, "", report);
    }

    fn clear(&self, object: &mut InMemDicomObject, path: &str, report: &mut Report) {
        let tags: Vec<Tag> = object.tags().collect();
        for tag in tags {
            let at = format!("{path}{}", tag_key(tag));
            let Some(element) = object.get(tag) else {
                continue;
            };
            if element.vr() == VR::SQ {
                object.update_value(tag, |value| {
                    for (number, item) in (1_u32..).zip(value.items_mut().into_iter().flatten()) {
                        self.clear(item, &format!("{at}/{number}/"), report);
                    }
                });
            } else if self.stands_in(element) {
                object.update_value(tag, |value| {
                    if let Some(value) = value.primitive_mut() {
                        *value = PrimitiveValue::Empty;
                    }
                });
                report.done.entry(Deed::Residue).or_default().push(at);
            }
        }
    }

    fn stands_in(&self, element: &InMemElement) -> bool {
        if is_text(element.vr()) || matches!(element.vr(), VR::AE | VR::UR) {
            let text = element.to_str().unwrap_or_default();
            return text != "REMOVED" && self.is_in_text(&text);
        }
        match element.value().primitive() {
            Some(PrimitiveValue::U8(bytes)) => self.is_in_bytes(bytes),
            _ => false,
        }
    }

    fn is_in_text(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.values
            .iter()
            .any(|value| text.contains(value.as_str()))
            || words_of(&text).any(|word| self.names.contains(word))
    }

    fn is_in_bytes(&self, bytes: &[u8]) -> bool {
        // Four bytes in a row come about by chance in long values; five or more hardly do.
        let telling = |word: &&String| word.len() > SHORTEST;
        let mut all = self.names.iter().chain(&self.values).filter(telling);
        let lower = bytes.to_ascii_lowercase();
        all.any(|word| holds(&lower, word.as_bytes()))
    }

    /// Refuses compressed pixels in whose streams something identifying is written, as a comment may be.
    pub(super) fn check_fragments(&self, pixels: &InMemElement) -> Result<(), Refused> {
        for fragment in pixels.fragments().unwrap_or_default() {
            let head = fragment.get(..STREAM_HEAD).unwrap_or(fragment);
            if self.is_in_bytes(head) {
                return Err(Refused::Residue("the compressed pixel data"));
            }
        }
        Ok(())
    }
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    let Some(first) = word.first() else {
        return false;
    };
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| byte == first) {
        rest = rest.get(at..).unwrap_or_default();
        if rest.starts_with(word) {
            return true;
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    false
}

/// The words of a text that can be somebody's name.
fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| is_telling(word))
}

/// Whether a word or number tells somebody apart. Words that name nobody do not, and neither do short ones,
/// but for Chinese and the like, where two signs are a name.
fn is_telling(word: &str) -> bool {
    let letters = word.chars().count();
    let long_enough = if word.is_ascii() {
        letters >= SHORTEST
    } else {
        letters >= 2
    };
    long_enough
        && words::harmless(word).is_empty()
        && !matches!(word, "none" | "unknown" | "removed")
}
