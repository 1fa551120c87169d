//! Searches over studies, series and instances.

use record::{ImagingLevel, ImagingQuery, ImagingRow, Page};
use rusqlite::{Row, params_from_iter, types::Value};
use serde_json::{Map, Value as Json, json};
use vocabulary::PatientId;

use crate::{
    StorageError,
    imaging::{fold_name, object},
    index::from_sql,
    matching::{is_universal, matches, range},
    reader::Reader,
    resources::Sql,
};

/// Answers a search: what an index can decide is decided in SQL, the rest on the rows that are left.
pub fn run(
    reader: &Reader<'_>,
    query: &ImagingQuery,
    scope: Option<String>,
) -> Result<Page<ImagingRow>, StorageError> {
    let mut sql = Sql::default();
    sql.push(" WHERE 1", []);
    if let Some(scope) = scope {
        sql.push(
            " AND st.subject IN (SELECT value FROM json_each(?))",
            [Value::Text(scope)],
        );
    }
    if let Some(subject) = &query.subject {
        sql.push(" AND st.subject = ?", [Value::Text(subject.to_string())]);
    }
    let asked = [("0020000D", &query.study), ("0020000E", &query.series)];
    for (tag, uid) in asked {
        if let Some(uid) = uid {
            condition(&mut sql, query.level, tag, uid.as_str());
        }
    }
    let mut left: Vec<(&str, &str)> = Vec::new();
    for (tag, pattern) in &query.matching {
        if !is_universal(pattern) && !condition(&mut sql, query.level, tag, pattern) {
            left.push((tag, pattern));
        }
    }
    if left.is_empty() {
        page_in_sql(reader, query, sql)
    } else {
        page_by_hand(reader, query, &sql, &left)
    }
}

const COLUMNS: &str = "SELECT st.subject, st.attributes, st.series_count, st.instance_count, \
    (SELECT json_group_array(DISTINCT m.modality) FROM series m WHERE m.study = st.study \
    AND m.subject = st.subject AND m.modality IS NOT NULL)";

/// Columns, tables and order of a level.
fn parts(level: ImagingLevel) -> (&'static str, &'static str, &'static str) {
    match level {
        ImagingLevel::Study => (
            "",
            " FROM studies st",
            " ORDER BY st.date DESC, st.time DESC, st.study, st.subject",
        ),
        ImagingLevel::Series => (
            ", se.attributes, se.instance_count",
            " FROM series se JOIN studies st ON st.study = se.study AND st.subject = se.subject",
            " ORDER BY se.study, se.number, se.series, se.subject",
        ),
        ImagingLevel::Instance => (
            ", se.attributes, se.instance_count, i.sequence",
            " FROM instances i JOIN series se ON se.series = i.series AND se.subject = i.subject \
             JOIN studies st ON st.study = i.study AND st.subject = i.subject",
            " ORDER BY i.sequence",
        ),
    }
}

fn page_in_sql(
    reader: &Reader<'_>,
    query: &ImagingQuery,
    mut sql: Sql,
) -> Result<Page<ImagingRow>, StorageError> {
    let (columns, tables, order) = parts(query.level);
    let total: i64 = reader
        .connection
        .prepare_cached(&format!("SELECT count(*){tables}{}", sql.text))?
        .query_row(params_from_iter(&sql.values), |row| row.get(0))?;
    sql.push(
        &format!("{order} LIMIT ? OFFSET ?"),
        [query.limit, query.offset].map(|n| Value::Integer(i64::try_from(n).unwrap_or(i64::MAX))),
    );
    let mut statement = reader
        .connection
        .prepare_cached(&format!("{COLUMNS}{columns}{tables}{}", sql.text))?;
    let mut found = statement.query(params_from_iter(&sql.values))?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        rows.push(imaging_row(reader, query.level, row)?);
    }
    Ok(Page {
        rows,
        total: usize::try_from(total).unwrap_or(0),
    })
}

fn page_by_hand(
    reader: &Reader<'_>,
    query: &ImagingQuery,
    sql: &Sql,
    left: &[(&str, &str)],
) -> Result<Page<ImagingRow>, StorageError> {
    let (columns, tables, order) = parts(query.level);
    let mut statement = reader
        .connection
        .prepare_cached(&format!("{COLUMNS}{columns}{tables}{}{order}", sql.text))?;
    let mut found = statement.query(params_from_iter(&sql.values))?;
    let mut page = Page {
        rows: Vec::new(),
        total: 0,
    };
    while let Some(row) = found.next()? {
        let row = imaging_row(reader, query.level, row)?;
        if left
            .iter()
            .all(|(tag, pattern)| matches(&row.attributes, tag, pattern))
        {
            if page.total >= query.offset && page.rows.len() < query.limit {
                page.rows.push(row);
            }
            page.total += 1;
        }
    }
    Ok(page)
}

/// The row of a level, with the attributes of the levels above.
fn imaging_row(
    reader: &Reader<'_>,
    level: ImagingLevel,
    row: &Row<'_>,
) -> Result<ImagingRow, StorageError> {
    let subject: String = row.get(0)?;
    let mut attributes = object(&row.get::<_, String>(1)?);
    let count = |number: i64| json!({"vr": "IS", "Value": [from_sql(number)]});
    attributes.insert("00201206".to_owned(), count(row.get(2)?));
    attributes.insert("00201208".to_owned(), count(row.get(3)?));
    let modalities: Json = serde_json::from_str(&row.get::<_, String>(4)?).unwrap_or_default();
    attributes.insert(
        "00080061".to_owned(),
        json!({"vr": "CS", "Value": modalities}),
    );
    if level != ImagingLevel::Study {
        attributes.extend(object(&row.get::<_, String>(5)?));
        attributes.insert("00201209".to_owned(), count(row.get(6)?));
    }
    if level == ImagingLevel::Instance {
        let instance = reader.instance_at(from_sql(row.get(7)?))?;
        let uid = |uid: &vocabulary::Uid| json!({"vr": "UI", "Value": [uid.as_str()]});
        let uids = [
            ("00080016", uid(&instance.class)),
            ("00080018", uid(&instance.sop)),
            ("00083002", uid(&instance.transfer_syntax)),
        ];
        if let Json::Object(own) = instance.attributes {
            attributes.extend(own);
        }
        attributes.extend(uids.map(|(tag, element)| (tag.to_owned(), element)));
    }
    sort_by_tag(&mut attributes);
    let subject = PatientId::new(subject)
        .map_err(|_| StorageError::damaged(crate::index::INDEX, 0, "a study has no patient"))?;
    Ok(ImagingRow {
        subject,
        attributes,
    })
}

fn sort_by_tag(attributes: &mut Map<String, Json>) {
    let mut sorted: Vec<_> = std::mem::take(attributes).into_iter().collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
    attributes.extend(sorted);
}

/// Adds what SQL can decide of one pattern; `false` where the rows must still be looked at.
fn condition(sql: &mut Sql, level: ImagingLevel, tag: &str, pattern: &str) -> bool {
    let below = |table: &str, column: &str| {
        format!(
            "EXISTS (SELECT 1 FROM {table} x WHERE x.study = st.study AND x.subject = st.subject AND x.{column}"
        )
    };
    match (tag, level) {
        ("0020000D", _) => one_of(sql, "st.study", pattern, ""),
        ("0020000E", ImagingLevel::Study) => one_of(sql, &below("series", "series"), pattern, ")"),
        ("0020000E", _) => one_of(sql, "se.series", pattern, ""),
        ("00080018", ImagingLevel::Study) => one_of(
            sql,
            "st.study IN (SELECT x.study FROM instances x WHERE x.sop",
            pattern,
            ")",
        ),
        ("00080018", ImagingLevel::Series) => one_of(
            sql,
            "se.series IN (SELECT x.series FROM instances x WHERE x.sop",
            pattern,
            ")",
        ),
        ("00080018", ImagingLevel::Instance) => one_of(sql, "i.sop", pattern, ""),
        ("00080061", _) | ("00080060", ImagingLevel::Study) => {
            one_text(sql, &below("series", "modality"), pattern, ")")
        }
        ("00080060", _) => one_text(sql, "se.modality", pattern, ""),
        ("00100020", _) => one_text(sql, "st.patient", pattern, ""),
        ("00080050", _) => one_text(sql, "st.accession", pattern, ""),
        ("00080020", _) => date(sql, pattern),
        ("00100010", _) => {
            // Narrows only: a star may reach over the end of a name's group here.
            let glob = format!("*={}=*", glob(&fold_name(pattern)));
            sql.push(" AND ('=' || st.name || '=') GLOB ?", [Value::Text(glob)]);
            false
        }
        _ => false,
    }
}

/// One of a list of UIDs.
fn one_of(sql: &mut Sql, column: &str, pattern: &str, end: &str) -> bool {
    let uids: Vec<&str> = pattern.split(['\\', ',']).map(str::trim).collect();
    sql.push(
        &format!(" AND {column} IN (SELECT value FROM json_each(?)){end}"),
        [Value::Text(json!(uids).to_string())],
    );
    true
}

/// One of a list of texts, or a pattern.
fn one_text(sql: &mut Sql, column: &str, pattern: &str, end: &str) -> bool {
    if !pattern.contains(['*', '?']) {
        let texts: Vec<&str> = pattern.split('\\').collect();
        sql.push(
            &format!(" AND {column} IN (SELECT value FROM json_each(?)){end}"),
            [Value::Text(json!(texts).to_string())],
        );
        return true;
    }
    if pattern.contains('\\') {
        return false;
    }
    sql.push(
        &format!(" AND {column} GLOB ?{end}"),
        [Value::Text(glob(pattern))],
    );
    true
}

/// SQLite's GLOB knows the same two wildcards, and classes in brackets besides.
fn glob(pattern: &str) -> String {
    pattern.replace('[', "[[]")
}

fn date(sql: &mut Sql, pattern: &str) -> bool {
    let day = |text: &str| Value::Text(text.replace('.', ""));
    match range(pattern) {
        None => sql.push(" AND st.date = ?", [day(pattern)]),
        Some((low, high)) => {
            // An open range holds no study without a date.
            sql.push(" AND st.date >= ?", [day(low)]);
            if !high.is_empty() {
                sql.push(" AND st.date <= ?", [day(high)]);
            }
        }
    }
    true
}
