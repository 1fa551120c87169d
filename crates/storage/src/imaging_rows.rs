//! The rows of a search, put together from what the index keeps of each level.

use std::fmt;

use record::{Fields, ImagingLevel, ImagingQuery, ImagingRow, matching::first_text};
use rusqlite::{Row, params};
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value as Json, json};
use vocabulary::PatientId;

use crate::{
    StorageError,
    imaging_query::asks_for,
    index::{INDEX, from_sql},
    reader::Reader,
};

/// What is selected for the rows of a level.
pub fn columns(level: ImagingLevel) -> &'static str {
    match level {
        ImagingLevel::Patient | ImagingLevel::Study => {
            "SELECT st.id, st.subject, st.series_count, st.instance_count, st.attributes"
        }
        ImagingLevel::Series => {
            "SELECT st.id, st.subject, st.series_count, st.instance_count, st.attributes, \
             se.id, se.instance_count, se.attributes"
        }
        ImagingLevel::Instance => {
            "SELECT st.id, st.subject, st.series_count, st.instance_count, st.attributes, \
             se.id, se.instance_count, se.attributes, i.sop, i.class, i.syntax, i.attributes"
        }
    }
}

/// Makes rows; studies and series that many rows share are read once.
pub struct Rows<'a> {
    reader: &'a Reader<'a>,
    level: ImagingLevel,
    fields: Fields,
    study: Option<(i64, PatientId, Map<String, Json>)>,
    series: Option<(i64, Map<String, Json>)>,
}

impl<'a> Rows<'a> {
    /// Rows as the query asks, which also carry what is still to be matched.
    pub fn new(reader: &'a Reader<'a>, query: &ImagingQuery, left: &[&str]) -> Self {
        let mut fields = query.fields.clone();
        if let Fields::Only(tags) = &mut fields {
            let tag = |path: &&str| path.get(..8).unwrap_or(path).to_owned();
            tags.extend(left.iter().map(tag));
            if query.level == ImagingLevel::Patient {
                tags.extend(["00100020", "00100021"].map(str::to_owned));
            }
        }
        Self {
            reader,
            level: query.level,
            fields,
            study: None,
            series: None,
        }
    }

    /// The row of a level, with the attributes of the levels above.
    pub fn row(&mut self, row: &Row<'_>) -> Result<ImagingRow, StorageError> {
        let (subject, mut attributes) = self.study(row)?;
        if matches!(self.level, ImagingLevel::Series | ImagingLevel::Instance) {
            attributes.extend(self.series(row)?);
        }
        if self.level == ImagingLevel::Instance {
            attributes.extend(self.pick(text(row, 11)?));
            for (tag, column) in [("00080016", 9), ("00080018", 8), ("00083002", 10)] {
                self.put(&mut attributes, tag, "UI", || {
                    Ok(Json::from(text(row, column)?))
                })?;
            }
        }
        attributes.sort_keys();
        Ok(ImagingRow {
            subject,
            attributes,
        })
    }

    /// Leaves what describes the patient, and counts what is kept of them under this id.
    pub fn patient_only(&self, row: &mut ImagingRow) -> Result<(), StorageError> {
        let id = first_text(&row.attributes, "00100020");
        row.attributes
            .retain(|tag, _| tag.starts_with("0010") || tag == "00080005");
        let counts: [i64; 3] = self
            .reader
            .connection
            .prepare_cached(
                "SELECT count(*), ifnull(sum(series_count), 0), ifnull(sum(instance_count), 0) \
                 FROM studies st WHERE st.subject = ?1 AND (?2 IS NULL OR EXISTS (SELECT 1 \
                 FROM study_terms t WHERE t.path = '00100020' AND t.text = ?2 AND t.owner = st.id))",
            )?
            .query_row(params![row.subject.as_str(), id], |counts| {
                Ok([counts.get(0)?, counts.get(1)?, counts.get(2)?])
            })?;
        let tags = ["00201200", "00201202", "00201204"];
        for (tag, number) in tags.iter().zip(counts) {
            self.put(&mut row.attributes, tag, "IS", || {
                Ok(Json::from(from_sql(number)))
            })?;
        }
        Ok(())
    }

    fn put(
        &self,
        attributes: &mut Map<String, Json>,
        tag: &str,
        vr: &str,
        value: impl FnOnce() -> Result<Json, StorageError>,
    ) -> Result<(), StorageError> {
        if self.fields.want(tag) {
            attributes.insert(tag.to_owned(), json!({"vr": vr, "Value": [value()?]}));
        }
        Ok(())
    }

    fn pick(&self, attributes: &str) -> Map<String, Json> {
        let mut json = serde_json::Deserializer::from_str(attributes);
        Pick(&self.fields)
            .deserialize(&mut json)
            .unwrap_or_default()
    }

    fn study(&mut self, row: &Row<'_>) -> Result<(PatientId, Map<String, Json>), StorageError> {
        let id: i64 = row.get(0)?;
        if let Some((known, subject, attributes)) = &self.study
            && *known == id
        {
            return Ok((subject.clone(), attributes.clone()));
        }
        let subject = PatientId::new(text(row, 1)?)
            .map_err(|_| StorageError::damaged(INDEX, 0, "a study has no patient"))?;
        let mut attributes = self.pick(text(row, 4)?);
        for (tag, column) in [("00201206", 2), ("00201208", 3)] {
            self.put(&mut attributes, tag, "IS", || number(row, column))?;
        }
        let lists = [
            (
                "00080061",
                "CS",
                "SELECT DISTINCT modality FROM series WHERE study_id = ? AND modality IS NOT NULL \
                 ORDER BY modality",
                self.fields.want("00080061"),
            ),
            (
                "00080062",
                "UI",
                "SELECT DISTINCT class FROM instances WHERE study_id = ? ORDER BY class",
                asks_for(&self.fields, "00080062"),
            ),
        ];
        for (tag, vr, sql, is_wanted) in lists {
            if is_wanted {
                let values = self.list(sql, id)?;
                attributes.insert(tag.to_owned(), json!({"vr": vr, "Value": values}));
            }
        }
        self.study = Some((id, subject.clone(), attributes.clone()));
        Ok((subject, attributes))
    }

    fn list(&self, sql: &str, id: i64) -> Result<Vec<String>, StorageError> {
        let mut statement = self.reader.connection.prepare_cached(sql)?;
        let values = statement.query_map([id], |row| row.get(0))?;
        Ok(values.collect::<Result<_, _>>()?)
    }

    fn series(&mut self, row: &Row<'_>) -> Result<Map<String, Json>, StorageError> {
        let id: i64 = row.get(5)?;
        if let Some((known, attributes)) = &self.series
            && *known == id
        {
            return Ok(attributes.clone());
        }
        let mut attributes = self.pick(text(row, 7)?);
        self.put(&mut attributes, "00201209", "IS", || number(row, 6))?;
        self.series = Some((id, attributes.clone()));
        Ok(attributes)
    }
}

fn text<'r>(row: &'r Row<'_>, column: usize) -> Result<&'r str, StorageError> {
    let value = row.get_ref(column)?;
    value
        .as_str()
        .map_err(|_| StorageError::damaged(INDEX, 0, "a column is no text"))
}

fn number(row: &Row<'_>, column: usize) -> Result<Json, StorageError> {
    Ok(Json::from(from_sql(row.get(column)?)))
}

/// Reads the wanted members of a JSON object and steps over the others.
struct Pick<'a>(&'a Fields);

impl<'de> DeserializeSeed<'de> for Pick<'_> {
    type Value = Map<String, Json>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Pick<'_> {
    type Value = Map<String, Json>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut picked = Map::new();
        while let Some(tag) = members.next_key::<std::borrow::Cow<'de, str>>()? {
            if self.0.want(&tag) {
                picked.insert(tag.into_owned(), members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(picked)
    }
}
