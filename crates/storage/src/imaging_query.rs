//! Searches over patients, studies, series and instances.
//!
//! Each condition becomes a set of studies, series or instances. A small set leads the search. A large one
//! is only asked while rows are gone through in their order, so that a page costs the same however many
//! rows there are behind it.

use std::collections::HashSet;

use record::{
    Fields, ImagingLevel, ImagingQuery, ImagingRow, Page,
    matching::{EMPTY, combined, first_text, is_empty, is_universal, matches, wanted},
};
use rusqlite::{OptionalExtension, params_from_iter, types::Value};
use serde_json::json;
use vocabulary::Uid;

use crate::{
    StorageError,
    imaging::{INSTANCE_TERMS, Level, level},
    imaging_conditions::numbers,
    imaging_rows::{Rows, columns},
    index::Covered,
    reader::Reader,
    resources::Sql,
    term_sets::{exact, listed, owners, owners_by_words},
};

/// A set of at most this many leads the search.
const FEW: usize = 1000;
/// Matches beyond the page are counted up to this many.
const COUNTED: usize = 1000;

/// Answers a search.
pub fn run(
    reader: &Reader<'_>,
    query: &ImagingQuery,
    scope: Option<Covered>,
) -> Result<Page<ImagingRow>, StorageError> {
    let mut search = Search::new(reader, query);
    if let Some(scope) = scope {
        let (condition, patients) = scope.condition("st.subject");
        search
            .conditions
            .push(&format!(" AND {condition}"), [patients]);
    }
    if let Some(subject) = &query.subject {
        search.only(" AND st.subject = ?", subject.to_string());
    }
    let parents = [(STUDY_UID, &query.study), (SERIES_UID, &query.series)];
    for (path, uid) in parents {
        if let Some(uid) = uid {
            search.uids(path, uid.as_str())?;
        }
    }
    let (moments, keys) = if query.combined_times {
        combined(&query.matching)
    } else {
        let keys = query.matching.iter();
        (
            Vec::new(),
            keys.map(|(p, v)| (p.as_str(), v.as_str())).collect(),
        )
    };
    for moments in &moments {
        search.moments(moments)?;
    }
    for (path, pattern) in keys {
        if query.empty_values && pattern == EMPTY {
            search.empty(path);
        } else if !is_universal(pattern) {
            search.condition(path, pattern)?;
        }
    }
    search.page()
}

pub(crate) const STUDY_UID: &str = "0020000D";
pub(crate) const SERIES_UID: &str = "0020000E";
pub(crate) const SOP_UID: &str = "00080018";
pub(crate) const SOP_CLASS: &str = "00080016";
pub(crate) const CLASSES_IN_STUDY: &str = "00080062";
const MODALITY: &str = "00080060";
pub(crate) const MODALITIES_IN_STUDY: &str = "00080061";
const INSTANCE_NUMBER: &str = "00200013";

/// The table that a set is of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Studies,
    Series,
    Instances,
}

impl Of {
    fn key(self) -> &'static str {
        match self {
            Self::Studies => "st.id",
            Self::Series => "se.id",
            Self::Instances => "i.sequence",
        }
    }
}

pub(crate) struct Search<'a> {
    pub(crate) reader: &'a Reader<'a>,
    pub(crate) query: &'a ImagingQuery,
    /// The conditions so far, each with ` AND ` in front.
    pub(crate) conditions: Sql,
    /// What the smallest set so far is of.
    pub(crate) lead: Option<(Of, usize)>,
    /// Conditions that only the rows can tell: a path, and a pattern, or none where there must be no value.
    pub(crate) left: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> Search<'a> {
    fn new(reader: &'a Reader<'a>, query: &'a ImagingQuery) -> Self {
        Self {
            reader,
            query,
            conditions: Sql::default(),
            lead: None,
            left: Vec::new(),
        }
    }

    pub(crate) fn only(&mut self, text: &str, value: String) {
        self.conditions.push(text, [Value::Text(value)]);
    }

    /// Takes one condition in.
    fn condition(&mut self, path: &'a str, pattern: &'a str) -> Result<(), StorageError> {
        let at = self.query.level;
        match (path, at) {
            (STUDY_UID | SERIES_UID | SOP_UID, _) => return self.uids(path, pattern),
            (SOP_CLASS, ImagingLevel::Patient | ImagingLevel::Study) | (CLASSES_IN_STUDY, _) => {
                self.only(
                    " AND EXISTS (SELECT 1 FROM instances x WHERE x.study_id = st.id \
                     AND x.class IN (SELECT value FROM json_each(?)))",
                    listed(pattern),
                );
                return Ok(());
            }
            (SOP_CLASS, ImagingLevel::Instance) => {
                self.only(
                    " AND i.class IN (SELECT value FROM json_each(?))",
                    listed(pattern),
                );
                return Ok(());
            }
            (MODALITIES_IN_STUDY, _) => return self.terms(Level::Series, MODALITY, pattern, true),
            _ => {}
        }
        let tag = path.get(..8).unwrap_or(path);
        match level(tag) {
            // The number of series and instances are no attributes of an object.
            _ if tag.starts_with("002012") => self.left.push((path, Some(pattern))),
            Level::Instance if INSTANCE_TERMS.contains(&tag) => {
                return self.terms(Level::Instance, path, pattern, false);
            }
            Level::Instance => match (path, at, numbers(pattern)) {
                // Numbers of images have a column of their own.
                (INSTANCE_NUMBER, ImagingLevel::Instance, Some(numbers)) => {
                    let condition = " AND i.number IN (SELECT value FROM json_each(?))";
                    self.only(condition, numbers);
                }
                _ => self.left.push((path, Some(pattern))),
            },
            Level::Study => return self.terms(Level::Study, path, pattern, true),
            Level::Series => {
                let study = matches!(at, ImagingLevel::Patient | ImagingLevel::Study);
                return self.terms(Level::Series, path, pattern, study);
            }
        }
        Ok(())
    }

    /// One of a list of UIDs of studies, series or instances.
    fn uids(&mut self, path: &str, pattern: &str) -> Result<(), StorageError> {
        let (of, find) = match (path, self.query.level) {
            (STUDY_UID, _) => (Of::Studies, "SELECT id FROM studies WHERE study"),
            (SERIES_UID, ImagingLevel::Patient | ImagingLevel::Study) => {
                (Of::Studies, "SELECT study_id FROM series WHERE series")
            }
            (SERIES_UID, _) => (Of::Series, "SELECT id FROM series WHERE series"),
            (_, ImagingLevel::Patient | ImagingLevel::Study) => {
                (Of::Studies, "SELECT study_id FROM instances WHERE sop")
            }
            (_, ImagingLevel::Series) => (Of::Series, "SELECT series_id FROM instances WHERE sop"),
            (_, ImagingLevel::Instance) => {
                (Of::Instances, "SELECT sequence FROM instances WHERE sop")
            }
        };
        let mut set = Sql::default();
        set.push(
            &format!("{find} IN (SELECT value FROM json_each(?))"),
            [Value::Text(listed(pattern))],
        );
        self.within(of, &set, None)
    }

    /// Studies or series by the values of their attributes.
    pub(crate) fn terms(
        &mut self,
        of: Level,
        path: &str,
        pattern: &str,
        to_study: bool,
    ) -> Result<(), StorageError> {
        let table = match of {
            Level::Study => "study_terms",
            Level::Series => "series_terms",
            Level::Instance => "instance_terms",
        };
        let vr: Option<String> = self
            .reader
            .connection
            .prepare_cached(&format!("SELECT vr FROM {table} WHERE path = ? LIMIT 1"))?
            .query_row([path], |row| row.get(0))
            .optional()?;
        let Some(vr) = vr else {
            // Nobody has such an attribute.
            self.conditions.push(" AND 0", []);
            self.lead = Some((Of::Studies, 0));
            return Ok(());
        };
        let alternatives = wanted(&vr, pattern);
        let mut owners = owners(table, path, &alternatives);
        let fuzzy = vr == "PN" && self.query.fuzzy_names;
        if fuzzy {
            let by_words = owners_by_words(table, path, pattern);
            owners.push(&format!(" UNION {}", by_words.text), by_words.values);
        }
        let exact = exact(&alternatives).filter(|_| !fuzzy);
        if of == Level::Instance {
            return self.owning_instances(&owners);
        }
        if of == Level::Series && to_study {
            let text = format!(
                "SELECT x.study_id FROM ({}) o CROSS JOIN series x ON x.id = o.owner",
                owners.text
            );
            let set = Sql {
                text,
                values: owners.values,
            };
            let probe = "EXISTS (SELECT 1 FROM series x CROSS JOIN series_terms t ON t.path = ? \
                AND t.text IN (SELECT value FROM json_each(?)) AND t.owner = x.id \
                WHERE x.study_id = st.id)";
            return self.within(Of::Studies, &set, exact.map(|texts| (probe, path, texts)));
        }
        let (of, probe) = if of == Level::Study {
            (
                Of::Studies,
                "EXISTS (SELECT 1 FROM study_terms t WHERE t.path = ? \
                 AND t.text IN (SELECT value FROM json_each(?)) AND t.owner = st.id)",
            )
        } else {
            (
                Of::Series,
                "EXISTS (SELECT 1 FROM series_terms t WHERE t.path = ? \
                 AND t.text IN (SELECT value FROM json_each(?)) AND t.owner = se.id)",
            )
        };
        self.within(of, &owners, exact.map(|texts| (probe, path, texts)))
    }

    /// Keeps to the rows of a set. `probe`, with its path and texts, asks for one row whether it is in the
    /// set, and is used where the set is too large to lead.
    pub(crate) fn within(
        &mut self,
        of: Of,
        set: &Sql,
        probe: Option<(&str, &str, String)>,
    ) -> Result<(), StorageError> {
        let few = format!("SELECT DISTINCT * FROM ({}) LIMIT {}", set.text, FEW + 1);
        let mut statement = self.reader.connection.prepare_cached(&few)?;
        let ids: Vec<i64> = statement
            .query_map(params_from_iter(&set.values), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        if ids.len() <= FEW {
            if self.lead.is_none_or(|(_, size)| ids.len() < size) {
                self.lead = Some((of, ids.len()));
            }
            let condition = format!(" AND {} IN (SELECT value FROM json_each(?))", of.key());
            self.only(&condition, json!(ids).to_string());
            return Ok(());
        }
        match probe {
            Some((probe, path, texts)) => self.conditions.push(
                &format!(" AND {probe}"),
                [Value::Text(path.to_owned()), Value::Text(texts)],
            ),
            // The plus keeps SQLite from going through the set instead of the rows in their order.
            None => self.conditions.push(
                &format!(" AND +{} IN ({})", of.key(), set.text),
                set.values.iter().cloned(),
            ),
        }
        Ok(())
    }

    fn page(&self) -> Result<Page<ImagingRow>, StorageError> {
        if self.lead.is_some_and(|(_, size)| size == 0) {
            return Ok(Page {
                rows: Vec::new(),
                total: 0,
            });
        }
        if self.left.is_empty() && self.query.level != ImagingLevel::Patient {
            self.page_in_sql()
        } else {
            self.page_by_hand()
        }
    }

    /// Tables in the order in which they are gone through, and the conditions.
    fn tables(&self) -> String {
        let lead = self.lead.map(|(of, _)| of);
        let tables = match (self.query.level, lead) {
            (ImagingLevel::Patient | ImagingLevel::Study, _) => "studies st",
            (ImagingLevel::Series, Some(Of::Series)) => {
                "series se CROSS JOIN studies st ON st.id = se.study_id"
            }
            (ImagingLevel::Series, _) => "studies st CROSS JOIN series se ON se.study_id = st.id",
            (ImagingLevel::Instance, Some(Of::Instances)) => {
                "instances i CROSS JOIN series se ON se.id = i.series_id \
                 CROSS JOIN studies st ON st.id = i.study_id"
            }
            (ImagingLevel::Instance, Some(Of::Series)) => {
                "series se CROSS JOIN studies st ON st.id = se.study_id \
                 CROSS JOIN instances i ON i.series_id = se.id"
            }
            (ImagingLevel::Instance, _) => {
                "studies st CROSS JOIN series se ON se.study_id = st.id \
                 CROSS JOIN instances i ON i.series_id = se.id"
            }
        };
        format!(" FROM {tables} WHERE 1{}", self.conditions.text)
    }

    fn page_in_sql(&self) -> Result<Page<ImagingRow>, StorageError> {
        let text = format!(
            "{}{}{} LIMIT ? OFFSET ?",
            columns(self.query.level),
            self.tables(),
            order(self.query.level)
        );
        let mut values = self.conditions.values.clone();
        values.extend([self.query.limit, self.query.offset].map(whole));
        let mut statement = self.reader.connection.prepare_cached(&text)?;
        let mut found = statement.query(params_from_iter(&values))?;
        let mut rows = Rows::new(self.reader, self.query, &[]);
        let mut page = Vec::new();
        while let Some(row) = found.next()? {
            page.push(rows.row(row)?);
        }
        let is_last = page.len() < self.query.limit && (!page.is_empty() || self.query.offset == 0);
        let total = if is_last {
            self.query.offset.saturating_add(page.len())
        } else {
            self.count()?
        };
        Ok(Page { rows: page, total })
    }

    fn count(&self) -> Result<usize, StorageError> {
        let text = format!("SELECT count(*) FROM (SELECT 1{} LIMIT ?)", self.tables());
        let most = self
            .query
            .offset
            .saturating_add(self.query.limit)
            .saturating_add(COUNTED);
        let mut values = self.conditions.values.clone();
        values.push(whole(most));
        let total: i64 = self
            .reader
            .connection
            .prepare_cached(&text)?
            .query_row(params_from_iter(&values), |row| row.get(0))?;
        Ok(usize::try_from(total).unwrap_or(0))
    }

    /// Looks at the rows that are left one by one.
    fn page_by_hand(&self) -> Result<Page<ImagingRow>, StorageError> {
        let text = format!(
            "{}{}{}",
            columns(self.query.level),
            self.tables(),
            order(self.query.level)
        );
        let mut statement = self.reader.connection.prepare_cached(&text)?;
        let mut found = statement.query(params_from_iter(&self.conditions.values))?;
        let left: Vec<&str> = self.left.iter().map(|(path, _)| *path).collect();
        let mut rows = Rows::new(self.reader, self.query, &left);
        let mut page = Page {
            rows: Vec::new(),
            total: 0,
        };
        let most = self
            .query
            .offset
            .saturating_add(self.query.limit)
            .saturating_add(COUNTED);
        let of_patients = self.query.level == ImagingLevel::Patient;
        let mut patients = HashSet::new();
        while let Some(row) = found.next()? {
            let mut row = rows.row(row)?;
            let is_match = self.left.iter().all(|(path, pattern)| match pattern {
                Some(pattern) => matches(&row.attributes, path, pattern),
                None => is_empty(&row.attributes, path),
            });
            if is_match && (!of_patients || patients.insert(patient_key(&row))) {
                if of_patients {
                    rows.patient_only(&mut row)?;
                }
                if page.total >= self.query.offset && page.rows.len() < self.query.limit {
                    page.rows.push(row);
                }
                page.total += 1;
                if page.total >= most {
                    break;
                }
            }
        }
        Ok(page)
    }
}

/// By what the studies of one patient are known: a person may have been registered under several ids.
fn patient_key(row: &ImagingRow) -> [String; 3] {
    let text = |tag| first_text(&row.attributes, tag).unwrap_or_default();
    [row.subject.to_string(), text("00100020"), text("00100021")]
}

/// Newest studies first; within them by number, or in the order in which they were stored.
fn order(level: ImagingLevel) -> &'static str {
    match level {
        ImagingLevel::Patient | ImagingLevel::Study => {
            " ORDER BY st.date DESC, st.time DESC, st.study, st.id"
        }
        ImagingLevel::Series => {
            " ORDER BY st.date DESC, st.time DESC, st.study, st.id, se.number, se.series"
        }
        ImagingLevel::Instance => {
            " ORDER BY st.date DESC, st.time DESC, st.study, st.id, i.sequence"
        }
    }
}

fn whole(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Finds the stored objects of a study, series or instance, in the order they were stored.
pub fn stored(study: &Uid, series: Option<&Uid>, instance: Option<&Uid>) -> Sql {
    let mut sql = Sql::default();
    let text = |uid: &Uid| Value::Text(uid.to_string());
    sql.push(
        "SELECT st.subject, i.sequence, st.study, se.series, i.sop, i.class, i.syntax, i.digest, \
         i.size, i.at FROM ",
        [],
    );
    match instance {
        Some(instance) => sql.push(
            "instances i CROSS JOIN series se ON se.id = i.series_id \
             CROSS JOIN studies st ON st.id = i.study_id WHERE i.sop = ?",
            [text(instance)],
        ),
        None => sql.push(
            "studies st CROSS JOIN series se ON se.study_id = st.id \
             CROSS JOIN instances i ON i.series_id = se.id WHERE 1",
            [],
        ),
    }
    sql.push(" AND st.study = ?", [text(study)]);
    if let Some(series) = series {
        sql.push(" AND se.series = ?", [text(series)]);
    }
    sql.push(" ORDER BY i.sequence", []);
    sql
}

/// Whether a search carries this attribute only where it was asked for by name.
pub fn asks_for(fields: &Fields, tag: &str) -> bool {
    matches!(fields, Fields::Only(_)) && fields.want(tag)
}
