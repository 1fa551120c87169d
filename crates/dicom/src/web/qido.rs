use dicom_core::{DataDictionary as _, Tag, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use record::{Fields, ImagingLevel, ImagingQuery, ImagingRow};
use serde_json::{Value, json};
use vocabulary::Uid;

use super::WebError;
use crate::{INDEXED, tag_key, tag_of_key};

const STUDIES: (&str, Tag) = ("studies", tags::STUDY_INSTANCE_UID);
const SERIES: (&str, Tag) = ("series", tags::SERIES_INSTANCE_UID);
const INSTANCES: (&str, Tag) = ("instances", tags::SOP_INSTANCE_UID);
const SOP_CLASSES_IN_STUDY: Tag = tags::SOP_CLASSES_IN_STUDY;
/// Most rows that are given at once.
const MOST_ROWS: usize = 1000;

/// Attributes that rows of a level always carry (PS3.18 tables 10.6.3-3 to 10.6.3-5), besides the UIDs of
/// the levels above.
fn usual(level: ImagingLevel) -> &'static [Tag] {
    match level {
        // DICOMweb has no searches for patients.
        ImagingLevel::Patient => &[],
        ImagingLevel::Study => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::STUDY_DATE,
            tags::STUDY_TIME,
            tags::ACCESSION_NUMBER,
            tags::MODALITIES_IN_STUDY,
            tags::REFERRING_PHYSICIAN_NAME,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::STUDY_DESCRIPTION,
            tags::PATIENT_NAME,
            tags::PATIENT_ID,
            tags::ISSUER_OF_PATIENT_ID,
            tags::PATIENT_BIRTH_DATE,
            tags::PATIENT_SEX,
            tags::STUDY_INSTANCE_UID,
            tags::STUDY_ID,
            tags::NUMBER_OF_STUDY_RELATED_SERIES,
            tags::NUMBER_OF_STUDY_RELATED_INSTANCES,
        ],
        ImagingLevel::Series => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::MODALITY,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::SERIES_DESCRIPTION,
            tags::STUDY_INSTANCE_UID,
            tags::SERIES_INSTANCE_UID,
            tags::SERIES_NUMBER,
            tags::NUMBER_OF_SERIES_RELATED_INSTANCES,
            tags::PERFORMED_PROCEDURE_STEP_START_DATE,
            tags::PERFORMED_PROCEDURE_STEP_START_TIME,
            tags::REQUEST_ATTRIBUTES_SEQUENCE,
        ],
        ImagingLevel::Instance => &[
            tags::SPECIFIC_CHARACTER_SET,
            tags::SOP_CLASS_UID,
            tags::SOP_INSTANCE_UID,
            tags::TIMEZONE_OFFSET_FROM_UTC,
            tags::STUDY_INSTANCE_UID,
            tags::SERIES_INSTANCE_UID,
            tags::INSTANCE_NUMBER,
            tags::ROWS,
            tags::COLUMNS,
            tags::BITS_ALLOCATED,
            tags::NUMBER_OF_FRAMES,
        ],
    }
}

/// A search as it was understood.
#[derive(Debug)]
pub struct Qido {
    /// The search.
    pub query: ImagingQuery,
}

impl Qido {
    /// What to say in the `Warning` header where there are more results than were given (PS3.18 section
    /// 8.3.4.4). Far more are counted only up to a number.
    pub fn warning(&self, given: usize, total: usize) -> Option<String> {
        let left = total.saturating_sub(self.query.offset.saturating_add(given));
        (left > 0).then(|| {
            format!("299 yuanyi \"There are {left} additional results that can be requested\"")
        })
    }
}

/// Reads a search: level and parents from the path, the rest from the decoded query parameters. Attributes
/// are named by keyword or by tag, those within a sequence by a path of these with dots.
pub fn qido(
    level: ImagingLevel,
    study: Option<Uid>,
    series: Option<Uid>,
    parameters: &[(String, String)],
) -> Result<Qido, WebError> {
    // A search over several studies or series also tells whose its rows are.
    let mut fields: Vec<Tag> = usual(level).to_vec();
    if study.is_none() {
        fields.extend(usual(ImagingLevel::Study));
    }
    if series.is_none() && level == ImagingLevel::Instance {
        fields.extend(usual(ImagingLevel::Series));
    }
    let mut all = false;
    let mut query = ImagingQuery {
        study,
        series,
        limit: MOST_ROWS,
        combined_times: true,
        ..ImagingQuery::at(level)
    };
    for (name, value) in parameters {
        match name.as_str() {
            "limit" => query.limit = number(name, value)?.min(MOST_ROWS),
            "offset" => query.offset = number(name, value)?,
            "includefield" => {
                for field in value.split(',') {
                    if field == "all" {
                        all = true;
                    } else {
                        fields.extend(path(field)?.first());
                    }
                }
            }
            "fuzzymatching" => query.fuzzy_names = value == "true",
            "emptyvaluematching" => query.empty_values = value == "true",
            // Lists of values are matched in any case.
            "accept" | "multiplevaluematching" => {}
            name => {
                let path = path(name)?;
                let Some((first, last)) = path.first().zip(path.last()) else {
                    continue;
                };
                let known = INDEXED.iter().any(|(known, _)| known == first);
                if !known && ![tags::MODALITIES_IN_STUDY, SOP_CLASSES_IN_STUDY].contains(first) {
                    return Err(WebError::BadRequest(format!(
                        "{} cannot be searched by",
                        tag_key(*first)
                    )));
                }
                fields.push(*first);
                // A parameter without a value matches anything.
                if !value.is_empty() {
                    let keys: Vec<String> = path.iter().copied().map(tag_key).collect();
                    query.matching.push((keys.join("."), listed(*last, value)));
                }
            }
        }
    }
    if !all {
        let mut keys: Vec<String> = fields.into_iter().map(tag_key).collect();
        keys.sort();
        keys.dedup();
        query.fields = Fields::Only(keys);
    }
    Ok(Qido { query })
}

/// The answer of a search, with each row's retrieve URL below `base`.
pub fn qido_answer(level: ImagingLevel, rows: Vec<ImagingRow>, base: &str) -> Value {
    let rows = rows.into_iter().map(|row| {
        let mut attributes = row.attributes;
        let uid = |tag| {
            attributes
                .get(&tag_key(tag))
                .and_then(|e| e.pointer("/Value/0")?.as_str())
        };
        let levels: &[(&str, Tag)] = match level {
            ImagingLevel::Patient => &[],
            ImagingLevel::Study => &[STUDIES],
            ImagingLevel::Series => &[STUDIES, SERIES],
            ImagingLevel::Instance => &[STUDIES, SERIES, INSTANCES],
        };
        let steps = levels
            .iter()
            .map(|(name, tag)| format!("/{name}/{}", uid(*tag).unwrap_or_default()));
        let url = steps.fold(base.to_owned(), |url, step| url + &step);
        attributes.insert(
            tag_key(tags::RETRIEVE_URL),
            json!({"vr": "UR", "Value": [url]}),
        );
        attributes.insert(
            tag_key(tags::INSTANCE_AVAILABILITY),
            json!({"vr": "CS", "Value": ["ONLINE"]}),
        );
        attributes.sort_keys();
        Value::Object(attributes)
    });
    Value::Array(rows.collect())
}

pub(super) fn number(name: &str, value: &str) -> Result<usize, WebError> {
    value
        .parse()
        .map_err(|_| WebError::BadRequest(format!("{name} is not a whole number")))
}

/// An attribute, or the path of attributes to one within a sequence.
pub(super) fn path(name: &str) -> Result<Vec<Tag>, WebError> {
    name.split('.').map(tag).collect()
}

/// A tag from its keyword or from its eight hexadecimal digits.
fn tag(name: &str) -> Result<Tag, WebError> {
    let by_keyword = || {
        StandardDataDictionary
            .by_name(name)
            .map(DataDictionaryEntry::tag)
    };
    let known = name.chars().all(|c| c.is_ascii_alphanumeric());
    // The name is repeated only where it can be no value that slipped in.
    tag_of_key(name).or_else(by_keyword).ok_or_else(|| {
        WebError::BadRequest(if known && name.len() <= 64 {
            format!("{name} is no attribute")
        } else {
            "a parameter is no attribute".to_owned()
        })
    })
}

/// Lists of UIDs come with commas on the web and with backslashes in DICOM.
fn listed(tag: Tag, value: &str) -> String {
    let is_uid = StandardDataDictionary
        .by_tag(tag)
        .is_some_and(|entry| entry.vr().relaxed() == dicom_core::VR::UI);
    if is_uid {
        value.replace(',', "\\")
    } else {
        value.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(query: &[(&str, &str)]) -> Vec<(String, String)> {
        query
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn attributes_are_named_by_keyword_or_tag() {
        let parameters = pairs(&[
            ("PatientID", "YY1*"),
            ("00080020", "20200101-20201231"),
            ("StudyInstanceUID", "1.2,1.3"),
            ("ModalitiesInStudy", "CT"),
            ("PatientName", ""),
            ("includefield", "00081030,StudyID"),
            ("includefield", "all"),
            ("limit", "5"),
            ("offset", "10"),
            ("fuzzymatching", "true"),
            (
                "RequestAttributesSequence.ScheduledProcedureStepID",
                "STEP*",
            ),
        ]);
        let found = qido(ImagingLevel::Study, None, None, &parameters).unwrap();
        let matching: Vec<(&str, &str)> = found
            .query
            .matching
            .iter()
            .map(|(tag, value)| (tag.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            matching,
            [
                ("00100020", "YY1*"),
                ("00080020", "20200101-20201231"),
                ("0020000D", "1.2\\1.3"),
                ("00080061", "CT"),
                ("00400275.00400009", "STEP*")
            ]
        );
        assert_eq!((found.query.limit, found.query.offset), (5, 10));
        assert!(found.query.fuzzy_names);
        assert_eq!(found.query.fields, Fields::All);
        assert_eq!(found.warning(5, 15), None);
        assert!(found.warning(5, 16).unwrap().contains("are 1 additional"));
    }

    #[test]
    fn rows_carry_what_their_level_must_and_what_is_asked_for() {
        let carried = |level, study: Option<&str>, query: &[(&str, &str)]| {
            let study = study.map(|study| Uid::new(study).unwrap());
            let found = qido(level, study, None, &pairs(query)).unwrap();
            match found.query.fields {
                Fields::Only(tags) => tags,
                Fields::All => panic!("not all are asked for"),
            }
        };
        let has = |tags: &[String], tag: &str| tags.iter().any(|known| known == tag);
        let query = [("includefield", "InstitutionName"), ("StudyTime", "10-")];
        let tags = carried(ImagingLevel::Study, None, &query);
        assert!(has(&tags, "00080080") && has(&tags, "00080030") && !has(&tags, "00280010"));
        let tags = carried(ImagingLevel::Series, Some("1.2"), &[]);
        assert!(
            !has(&tags, "00100010"),
            "the patient of the study in the path is known"
        );
        let tags = carried(ImagingLevel::Instance, None, &[]);
        assert!(has(&tags, "00100010") && has(&tags, "00080060") && has(&tags, "00280010"));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for query in [
            ("limit", "-1"),
            ("NoSuchThing", "1"),
            ("PixelData", "1"),
            ("includefield", "Foo"),
        ] {
            let error = qido(ImagingLevel::Study, None, None, &pairs(&[query])).unwrap_err();
            assert_eq!(error.status(), 400, "{query:?}");
        }
    }
}
