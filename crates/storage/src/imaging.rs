//! Stored images in the index: studies and series gathered from their instances.

use record::Instance;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::{Map, Value as Json};

use crate::{StorageError, index::to_sql};

/// Attributes of the patient and the study (PS3.3 modules of these levels), besides all of group 0010.
const STUDY_TAGS: &[&str] = &[
    "00080005", "00080020", "00080030", "00080050", "00080051", "00080054", "00080056", "00080080",
    "00080081", "00080090", "00080096", "00080201", "00081030", "00081032", "00081048", "00081049",
    "00081060", "00081062", "00081080", "00081084", "00081110", "00120010", "00120020", "00120040",
    "0020000D", "00200010", "00321032", "00321060",
];

/// Attributes of the series.
const SERIES_TAGS: &[&str] = &[
    "00080021", "00080031", "00080060", "00080070", "00081010", "0008103E", "0008103F", "00081040",
    "00081050", "00081070", "00081090", "00081111", "00180015", "00180050", "00181000", "00181020",
    "00181030", "00185100", "0020000E", "00200011", "00200052", "00200060", "00201040", "00400244",
    "00400245", "00400253", "00400254", "00400275",
];

/// The level that an attribute describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Patient or study.
    Study,
    /// Series.
    Series,
    /// Instance.
    Instance,
}

/// The level of a tag of eight hexadecimal digits in upper case.
pub fn level(tag: &str) -> Level {
    if tag.starts_with("0010") || STUDY_TAGS.contains(&tag) {
        Level::Study
    } else if SERIES_TAGS.contains(&tag) {
        Level::Series
    } else {
        Level::Instance
    }
}

/// The first value of an attribute as text; a person name's groups joined by `=`.
pub fn first_text(attributes: &Map<String, Json>, tag: &str) -> Option<String> {
    value_text(attributes.get(tag)?.get("Value")?.get(0)?)
}

/// One value of an attribute as text.
pub fn value_text(value: &Json) -> Option<String> {
    match value {
        Json::String(text) => Some(text.trim_end_matches([' ', '\0']).to_owned()),
        Json::Number(number) => Some(number.to_string()),
        Json::Object(name) => {
            let group = |key: &str| name.get(key).and_then(Json::as_str).unwrap_or("");
            let whole = [group("Alphabetic"), group("Ideographic"), group("Phonetic")].join("=");
            Some(whole.trim_end_matches('=').to_owned())
        }
        _ => None,
    }
}

/// A person name as it is matched: lower case, without empty components at the end of its groups.
pub fn fold_name(name: &str) -> String {
    name.split('=')
        .map(|group| group.trim_end_matches(['^', ' ']).to_lowercase())
        .collect::<Vec<_>>()
        .join("=")
}

/// Takes a stored object into the index.
pub fn apply(
    connection: &Connection,
    sequence: u64,
    instance: &Instance,
) -> Result<(), StorageError> {
    let empty = Map::new();
    let attributes = instance.attributes.as_object().unwrap_or(&empty);
    let new_series = apply_series(connection, instance, attributes)?;
    apply_study(connection, instance, attributes, new_series)?;
    connection
        .prepare_cached("INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![
            instance.sop.as_str(),
            instance.series.as_str(),
            instance.study.as_str(),
            instance.subject.as_str(),
            instance.digest.0,
            to_sql(sequence),
        ])?;
    Ok(())
}

/// The attributes of one level, with the UID that names it.
fn of_level(
    attributes: &Map<String, Json>,
    wanted: Level,
    tag: &str,
    uid: &str,
) -> Map<String, Json> {
    let mut kept: Map<String, Json> = attributes
        .iter()
        .filter(|(tag, _)| level(tag) == wanted)
        .map(|(tag, element)| (tag.clone(), element.clone()))
        .collect();
    kept.insert(
        tag.to_owned(),
        serde_json::json!({"vr": "UI", "Value": [uid]}),
    );
    kept
}

/// Adds what is in `new` and not, or empty, in `kept`; says whether there was any.
fn fill(kept: &mut Map<String, Json>, new: Map<String, Json>) -> bool {
    let mut changed = false;
    for (tag, element) in new {
        let known = kept.get(&tag).is_some_and(|old| old.get("Value").is_some());
        if !known && kept.get(&tag) != Some(&element) {
            kept.insert(tag, element);
            changed = true;
        }
    }
    changed
}

/// Counts the instance in its series; says whether the series is new.
fn apply_series(
    connection: &Connection,
    instance: &Instance,
    attributes: &Map<String, Json>,
) -> Result<bool, StorageError> {
    let key = params![instance.series.as_str(), instance.subject.as_str()];
    let known: Option<String> = connection
        .prepare_cached("SELECT attributes FROM series WHERE series = ? AND subject = ?")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let new = of_level(
        attributes,
        Level::Series,
        "0020000E",
        instance.series.as_str(),
    );
    let Some(known) = known else {
        connection
            .prepare_cached("INSERT INTO series VALUES (?, ?, ?, ?, ?, 1, ?)")?
            .execute(params![
                instance.series.as_str(),
                instance.subject.as_str(),
                instance.study.as_str(),
                first_text(attributes, "00080060"),
                first_text(attributes, "00200011").and_then(|number| number.parse::<i64>().ok()),
                Json::Object(new).to_string(),
            ])?;
        return Ok(true);
    };
    connection
        .prepare_cached(
            "UPDATE series SET instance_count = instance_count + 1 WHERE series = ? AND subject = ?",
        )?
        .execute(key)?;
    let mut kept = object(&known);
    if fill(&mut kept, new) {
        connection
            .prepare_cached(
                "UPDATE series SET attributes = ?, modality = ? WHERE series = ? AND subject = ?",
            )?
            .execute(params![
                Json::Object(kept.clone()).to_string(),
                first_text(&kept, "00080060"),
                instance.series.as_str(),
                instance.subject.as_str(),
            ])?;
    }
    Ok(false)
}

fn apply_study(
    connection: &Connection,
    instance: &Instance,
    attributes: &Map<String, Json>,
    new_series: bool,
) -> Result<(), StorageError> {
    let key = params![instance.study.as_str(), instance.subject.as_str()];
    let known: Option<String> = connection
        .prepare_cached("SELECT attributes FROM studies WHERE study = ? AND subject = ?")?
        .query_row(key, |row| row.get(0))
        .optional()?;
    let new = of_level(
        attributes,
        Level::Study,
        "0020000D",
        instance.study.as_str(),
    );
    let (kept, changed) = match &known {
        None => (new, true),
        Some(known) => {
            let mut kept = object(known);
            let changed = fill(&mut kept, new);
            (kept, changed)
        }
    };
    connection
        .prepare_cached(
            "INSERT INTO studies (study, subject, series_count, instance_count) VALUES (?1, ?2, ?3, 1) \
             ON CONFLICT DO UPDATE SET series_count = series_count + ?3, \
             instance_count = instance_count + 1",
        )?
        .execute(params![
            instance.study.as_str(),
            instance.subject.as_str(),
            i64::from(new_series)
        ])?;
    if changed {
        let column = |tag: &str| first_text(&kept, tag);
        connection
            .prepare_cached(
                "UPDATE studies SET patient = ?, name = ?, accession = ?, date = ?, time = ?, \
                 attributes = ? WHERE study = ? AND subject = ?",
            )?
            .execute(params![
                column("00100020"),
                column("00100010").map(|name| fold_name(&name)),
                column("00080050"),
                column("00080020"),
                column("00080030"),
                Json::Object(kept.clone()).to_string(),
                instance.study.as_str(),
                instance.subject.as_str(),
            ])?;
    }
    Ok(())
}

/// A JSON object that the index kept.
pub fn object(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap_or_default()
}
