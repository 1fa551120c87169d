//! Conditions of a search that are more than one set of values: moments, empty values, what documents say.

use record::{ImagingLevel, matching::Moments};
use rusqlite::types::Value;
use serde_json::json;

use crate::{
    StorageError,
    imaging::{Level, level},
    imaging_query::{
        CLASSES_IN_STUDY, MODALITIES_IN_STUDY, Of, SERIES_UID, SOP_CLASS, SOP_UID, STUDY_UID,
        Search,
    },
    resources::Sql,
};

/// Where the attributes of a level are, seen from the rows of a search.
enum Place {
    /// In this column of the row.
    Row(&'static str),
    /// In this column of one of the rows below, which this condition joins.
    Below(&'static str, &'static str),
}

/// Where a search at one level finds the attributes of another.
fn place(at: ImagingLevel, of: Level) -> Place {
    match (of, at) {
        (Level::Study, _) => Place::Row("st.attributes"),
        (Level::Series, ImagingLevel::Series | ImagingLevel::Instance) => {
            Place::Row("se.attributes")
        }
        (Level::Series, _) => Place::Below("x.attributes", "series x WHERE x.study_id = st.id"),
        (Level::Instance, ImagingLevel::Instance) => Place::Row("i.attributes"),
        (Level::Instance, ImagingLevel::Series) => {
            Place::Below("x.attributes", "instances x WHERE x.series_id = se.id")
        }
        (Level::Instance, _) => {
            Place::Below("x.attributes", "instances x WHERE x.study_id = st.id")
        }
    }
}

impl Place {
    fn column(&self) -> &'static str {
        match self {
            Self::Row(column) | Self::Below(column, _) => column,
        }
    }

    /// A condition on the column as one on the row, with ` AND ` in front.
    fn holds(&self, condition: &str) -> String {
        match self {
            Self::Row(_) => format!(" AND {condition}"),
            Self::Below(_, rows) => format!(" AND EXISTS (SELECT 1 FROM {rows} AND {condition})"),
        }
    }
}

/// The first value of an attribute in a column of attributes, in SQL.
fn value_of(column: &str, tag: &str) -> String {
    format!("json_extract({column}, '$.\"{tag}\".Value[0]')")
}

/// Whether this is a tag and nothing else, so that it may stand in SQL.
fn is_tag(path: &str) -> bool {
    path.len() == 8 && path.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// A list of whole numbers as a JSON array, if that is what a pattern is.
pub fn numbers(pattern: &str) -> Option<String> {
    let numbers: Result<Vec<i64>, _> = pattern.split('\\').map(|one| one.trim().parse()).collect();
    numbers.ok().map(|numbers| json!(numbers).to_string())
}

impl<'a> Search<'a> {
    /// Keeps to a range of moments.
    pub fn moments(&mut self, moments: &Moments) -> Result<(), StorageError> {
        let at = self.query.level;
        let of = level(moments.date);
        // The days alone are found by the index.
        let study = matches!(at, ImagingLevel::Patient | ImagingLevel::Study);
        match of {
            Level::Instance => {}
            Level::Study => self.terms(of, moments.date, &moments.dates, true)?,
            Level::Series => self.terms(of, moments.date, &moments.dates, study)?,
        }
        let place = place(at, of);
        let column = place.column();
        let date = value_of(column, moments.date);
        let time = value_of(column, moments.time);
        let moment = format!("replace({date}, '.', '') || replace(coalesce({time}, ''), ':', '')");
        let mut condition = format!("{moment} >= ?");
        let mut bounds = vec![Value::Text(moments.low.clone())];
        if let Some(below) = &moments.below {
            condition = format!("({condition} AND {moment} < ?)");
            bounds.push(Value::Text(below.clone()));
        }
        self.conditions.push(&place.holds(&condition), bounds);
        Ok(())
    }

    /// Keeps to rows where an attribute is absent or has no value.
    pub fn empty(&mut self, path: &'a str) {
        const NEVER: [&str; 5] = [STUDY_UID, SERIES_UID, SOP_UID, SOP_CLASS, CLASSES_IN_STUDY];
        let tag = path.get(..8).unwrap_or(path);
        if NEVER.contains(&path) || tag.starts_with("002012") {
            // What counts or names rows always has a value.
            self.conditions.push(" AND 0", []);
        } else if path == MODALITIES_IN_STUDY {
            let text = " AND NOT EXISTS (SELECT 1 FROM series x WHERE x.study_id = st.id \
                AND x.modality IS NOT NULL)";
            self.conditions.push(text, []);
        } else if is_tag(path) {
            let place = place(self.query.level, level(tag));
            let value = value_of(place.column(), path);
            let condition = place.holds(&format!("coalesce({value}, '') = ''"));
            self.conditions.push(&condition, []);
        } else {
            self.left.push((path, None));
        }
    }

    /// Keeps to the rows of a set of instances, or to those above them.
    pub fn owning_instances(&mut self, owners: &Sql) -> Result<(), StorageError> {
        let above = |column: &str| Sql {
            text: format!(
                "SELECT x.{column} FROM ({}) o CROSS JOIN instances x ON x.sequence = o.owner",
                owners.text
            ),
            values: owners.values.clone(),
        };
        match self.query.level {
            ImagingLevel::Patient | ImagingLevel::Study => {
                self.within(Of::Studies, &above("study_id"), None)
            }
            ImagingLevel::Series => self.within(Of::Series, &above("series_id"), None),
            ImagingLevel::Instance => self.within(Of::Instances, owners, None),
        }
    }
}
