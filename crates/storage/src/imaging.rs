//! Stored images in the index: studies and series gathered from their instances.

use record::{
    DeletedImages, Instance,
    matching::{comparable, first_text},
};
use rusqlite::{Connection, OptionalExtension, params, types::Value};
use serde_json::{Map, Value as Json};
use vocabulary::Timestamp;

use crate::{
    StorageError,
    image_terms::terms,
    index::{INDEX, to_sql},
};

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

/// Attributes of an instance that have a column of their own.
const COLUMNS: &[&str] = &["00080005", "00080016", "00080018", "00083002"];

/// Attributes by which instances are found without going through them all: those of documents, which are few
/// among images.
pub const INSTANCE_TERMS: &[&str] = &["00420010", "00700080", "0040A043", "0040A491", "0040A493"];

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

/// Takes a stored object into the index.
pub fn apply(
    connection: &Connection,
    sequence: u64,
    at: Timestamp,
    instance: &Instance,
) -> Result<(), StorageError> {
    let empty = Map::new();
    let attributes = instance.attributes.as_object().unwrap_or(&empty);
    let (study, series) = (instance.study.as_str(), instance.series.as_str());
    let study = Gathered {
        table: "studies",
        terms: "study_terms",
        found: "SELECT id, attributes FROM studies WHERE study = ? AND subject = ?",
        key: (
            Value::Text(study.to_owned()),
            Value::Text(instance.subject.to_string()),
        ),
    }
    .apply(
        connection,
        &of_level(attributes, Level::Study, "0020000D", study),
    )?;
    let series = Gathered {
        table: "series",
        terms: "series_terms",
        found: "SELECT id, attributes FROM series WHERE study_id = ? AND series = ?",
        key: (Value::Integer(study.id), Value::Text(series.to_owned())),
    }
    .apply(
        connection,
        &of_level(attributes, Level::Series, "0020000E", series),
    )?;
    count(connection, study.id, series.id, i64::from(series.is_new), 1)?;
    let own = of_instance(attributes);
    for term in terms(&of_documents(&own)) {
        connection
            .prepare_cached("INSERT OR IGNORE INTO instance_terms VALUES (?, ?, ?, ?)")?
            .execute(params![term.path, term.text, to_sql(sequence), term.vr])?;
    }
    connection
        .prepare_cached("INSERT INTO instances VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            to_sql(sequence),
            instance.sop.as_str(),
            series.id,
            study.id,
            instance.class.as_str(),
            instance.transfer_syntax.as_str(),
            instance.digest.0,
            to_sql(instance.size),
            at.0,
            first_text(attributes, "00200013").and_then(|number| number.parse::<i64>().ok()),
            Json::Object(own).to_string(),
        ])?;
    Ok(())
}

/// Adds to the numbers of series and instances.
fn count(
    connection: &Connection,
    study: i64,
    series: i64,
    more_series: i64,
    more_instances: i64,
) -> Result<(), StorageError> {
    connection
        .prepare_cached("UPDATE series SET instance_count = instance_count + ? WHERE id = ?")?
        .execute([more_instances, series])?;
    connection
        .prepare_cached(
            "UPDATE studies SET series_count = series_count + ?, \
             instance_count = instance_count + ? WHERE id = ?",
        )?
        .execute([more_series, more_instances, study])?;
    Ok(())
}

/// Takes a deletion into the index. A series without instances is gone, and so is a study without series.
pub fn delete(
    connection: &Connection,
    at: Timestamp,
    deleted: &DeletedImages,
) -> Result<(), StorageError> {
    for object in &deleted.objects {
        let sequence = to_sql(object.sequence);
        let owners: Option<(i64, i64, String)> = connection
            .prepare_cached(
                "DELETE FROM instances WHERE sequence = ? AND sop = ? \
                 RETURNING study_id, series_id, attributes",
            )?
            .query_row(params![sequence, object.sop.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?;
        let Some((study, series, attributes)) = owners else {
            return Err(StorageError::damaged(
                INDEX,
                0,
                "an object that was deleted is missing",
            ));
        };
        for term in terms(&of_documents(&self::object(&attributes))) {
            connection
                .prepare_cached(
                    "DELETE FROM instance_terms WHERE path = ? AND text = ? AND owner = ?",
                )?
                .execute(params![term.path, term.text, sequence])?;
        }
        connection
            .prepare_cached("INSERT INTO deleted VALUES (?, ?, ?)")?
            .execute(params![sequence, object.digest.0, at.0])?;
        let series_left = left(connection, "instances", "series_id", series)?;
        count(connection, study, series, -i64::from(!series_left), -1)?;
        if !series_left {
            forget(connection, "series", "series_terms", series)?;
            if !left(connection, "series", "study_id", study)? {
                forget(connection, "studies", "study_terms", study)?;
            }
        }
    }
    Ok(())
}

/// Whether a table still has a row of this owner.
fn left(
    connection: &Connection,
    table: &str,
    column: &str,
    owner: i64,
) -> Result<bool, StorageError> {
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {column} = ?)");
    Ok(connection
        .prepare_cached(&sql)?
        .query_row([owner], |row| row.get(0))?)
}

/// Removes a study or series with its terms.
fn forget(
    connection: &Connection,
    table: &str,
    terms_table: &str,
    id: i64,
) -> Result<(), StorageError> {
    let kept: String = connection
        .prepare_cached(&format!(
            "DELETE FROM {table} WHERE id = ? RETURNING attributes"
        ))?
        .query_row([id], |row| row.get(0))?;
    let mut remove = connection.prepare_cached(&format!(
        "DELETE FROM {terms_table} WHERE path = ? AND text = ? AND owner = ?"
    ))?;
    for term in terms(&object(&kept)) {
        remove.execute(params![term.path, term.text, id])?;
    }
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

/// The attributes of an instance, without those that have a column.
fn of_instance(attributes: &Map<String, Json>) -> Map<String, Json> {
    attributes
        .iter()
        .filter(|(tag, _)| level(tag) == Level::Instance && !COLUMNS.contains(&tag.as_str()))
        .map(|(tag, element)| (tag.clone(), element.clone()))
        .collect()
}

/// Of these, what documents are found by.
fn of_documents(attributes: &Map<String, Json>) -> Map<String, Json> {
    let found = attributes.iter();
    let found = found.filter(|(tag, _)| INSTANCE_TERMS.contains(&tag.as_str()));
    found
        .map(|(tag, element)| (tag.clone(), element.clone()))
        .collect()
}

/// A study or series, whose attributes are gathered from its instances.
struct Gathered {
    table: &'static str,
    terms: &'static str,
    /// Finds it by its key.
    found: &'static str,
    key: (Value, Value),
}

/// A study or series in the index.
struct Known {
    id: i64,
    is_new: bool,
}

impl Gathered {
    /// Makes it or adds to it what it did not have.
    fn apply(
        &self,
        connection: &Connection,
        new: &Map<String, Json>,
    ) -> Result<Known, StorageError> {
        let known: Option<(i64, String)> = connection
            .prepare_cached(self.found)?
            .query_row(params![self.key.0, self.key.1], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()?;
        let text = Json::Object(new.clone()).to_string();
        let Some((id, kept_text)) = known else {
            let id = self.insert(connection)?;
            self.keep(connection, id, new, &text)?;
            self.add_terms(connection, id, new)?;
            return Ok(Known { id, is_new: true });
        };
        // Most instances say the same as the first one.
        if text != kept_text {
            let mut kept = object(&kept_text);
            let added = fill(&mut kept, new);
            if !added.is_empty() {
                let text = Json::Object(kept.clone()).to_string();
                self.keep(connection, id, &kept, &text)?;
                self.add_terms(connection, id, &added)?;
            }
        }
        Ok(Known { id, is_new: false })
    }

    fn insert(&self, connection: &Connection) -> Result<i64, StorageError> {
        let sql = if self.table == "studies" {
            "INSERT INTO studies VALUES (NULL, ?, ?, '', '', 0, 0, '{}')"
        } else {
            "INSERT INTO series VALUES (NULL, ?, ?, NULL, NULL, 0, '{}')"
        };
        connection
            .prepare_cached(sql)?
            .execute(params![self.key.0, self.key.1])?;
        Ok(connection.last_insert_rowid())
    }

    /// Keeps the attributes, and the columns by which rows are put in order.
    fn keep(
        &self,
        connection: &Connection,
        id: i64,
        attributes: &Map<String, Json>,
        text: &str,
    ) -> Result<(), StorageError> {
        let column = |tag: &str, vr: &str| {
            first_text(attributes, tag).map_or_else(String::new, |text| comparable(vr, &text))
        };
        if self.table == "studies" {
            connection
                .prepare_cached(
                    "UPDATE studies SET date = ?, time = ?, attributes = ? WHERE id = ?",
                )?
                .execute(params![
                    column("00080020", "DA"),
                    column("00080030", "TM"),
                    text,
                    id
                ])?;
        } else {
            let number = first_text(attributes, "00200011").and_then(|n| n.parse::<i64>().ok());
            connection
                .prepare_cached(
                    "UPDATE series SET modality = ?, number = ?, attributes = ? WHERE id = ?",
                )?
                .execute(params![
                    first_text(attributes, "00080060"),
                    number,
                    text,
                    id
                ])?;
        }
        Ok(())
    }

    fn add_terms(
        &self,
        connection: &Connection,
        id: i64,
        attributes: &Map<String, Json>,
    ) -> Result<(), StorageError> {
        let mut insert = connection.prepare_cached(&format!(
            "INSERT OR IGNORE INTO {} VALUES (?, ?, ?, ?)",
            self.terms
        ))?;
        for term in terms(attributes) {
            insert.execute(params![term.path, term.text, id, term.vr])?;
        }
        Ok(())
    }
}

/// Adds what is in `new` and not, or empty, in `kept`; answers what was added.
fn fill(kept: &mut Map<String, Json>, new: &Map<String, Json>) -> Map<String, Json> {
    let mut added = Map::new();
    for (tag, element) in new {
        let known = kept.get(tag).is_some_and(|old| old.get("Value").is_some());
        if !known && kept.get(tag) != Some(element) {
            kept.insert(tag.clone(), element.clone());
            added.insert(tag.clone(), element.clone());
        }
    }
    added
}

/// A JSON object that the index kept.
pub fn object(text: &str) -> Map<String, Json> {
    serde_json::from_str(text).unwrap_or_default()
}
