use dicom_core::{DataDictionary as _, Tag, dictionary::DataDictionaryEntry};
use dicom_dictionary_std::{StandardDataDictionary, tags};
use record::{ImagingLevel, ImagingQuery, ImagingRow};
use serde_json::{Value, json};
use vocabulary::Uid;

use super::WebError;
use crate::{INDEXED, tag_key, tag_of_key};

const STUDIES: (&str, Tag) = ("studies", tags::STUDY_INSTANCE_UID);
const SERIES: (&str, Tag) = ("series", tags::SERIES_INSTANCE_UID);
const INSTANCES: (&str, Tag) = ("instances", tags::SOP_INSTANCE_UID);
/// Most rows that are given at once.
const MOST_ROWS: usize = 1000;

/// A search as it was understood.
#[derive(Debug)]
pub struct Qido {
    /// The search.
    pub query: ImagingQuery,
    /// What to say in the `Warning` header, where something asked for is not done.
    pub warning: Option<&'static str>,
}

/// Reads a search: level and parents from the path, the rest from the decoded query parameters. Attributes
/// are named by keyword or by tag.
pub fn qido(
    level: ImagingLevel,
    study: Option<Uid>,
    series: Option<Uid>,
    parameters: &[(String, String)],
) -> Result<Qido, WebError> {
    let mut query = ImagingQuery {
        level,
        subject: None,
        study,
        series,
        matching: Vec::new(),
        limit: MOST_ROWS,
        offset: 0,
    };
    let mut warning = None;
    for (name, value) in parameters {
        match name.as_str() {
            "limit" => query.limit = number(name, value)?.min(MOST_ROWS),
            "offset" => query.offset = number(name, value)?,
            // Rows carry all indexed attributes, asked for or not; those that are not indexed are in the
            // metadata. An unknown name is refused all the same, since it is a mistake.
            "includefield" => {
                for field in value.split(',').filter(|field| *field != "all") {
                    tag(field)?;
                }
            }
            "fuzzymatching" => {
                if value == "true" {
                    warning = Some(
                        "299 yuanyi \"The fuzzymatching parameter is not supported. Only literal matching has been performed.\"",
                    );
                }
            }
            name => {
                let tag = tag(name)?;
                if !INDEXED.iter().any(|(known, _)| *known == tag)
                    && tag != tags::MODALITIES_IN_STUDY
                {
                    return Err(WebError::BadRequest(format!(
                        "{} cannot be searched by",
                        tag_key(tag)
                    )));
                }
                // Empty values match anything.
                if !value.is_empty() {
                    query.matching.push((tag_key(tag), listed(tag, value)));
                }
            }
        }
    }
    Ok(Qido { query, warning })
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

fn number(name: &str, value: &str) -> Result<usize, WebError> {
    value
        .parse()
        .map_err(|_| WebError::BadRequest(format!("{name} is not a whole number")))
}

/// A tag from its keyword or from its eight hexadecimal digits. Paths into sequences are not searched.
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
                ("00080061", "CT")
            ]
        );
        assert_eq!((found.query.limit, found.query.offset), (5, 10));
        assert!(found.warning.is_some());
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
