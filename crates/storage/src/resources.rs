//! FHIR resources in the index: their current state, versions and search terms.

use record::{Entry, IndexTerm, Indexer, Match, ResourceKey, ResourceQuery, Term, TermValue};
use rusqlite::{Connection, OptionalExtension, params, types::Value};
use serde_json::Value as Json;

use crate::{
    StorageError,
    index::{Covered, from_sql, to_sql},
};

/// The current state of a resource.
#[derive(Clone, Debug)]
pub struct Current {
    /// The number of the entry that created it.
    pub rid: i64,
    /// Its version.
    pub version: u64,
    /// Whether that version says that it was deleted.
    pub deleted: bool,
    /// Whom it is about.
    pub subject: Option<String>,
}

/// The current state of a resource, where it ever existed.
pub fn current(
    connection: &Connection,
    key: &ResourceKey,
) -> Result<Option<Current>, StorageError> {
    let mut statement = connection.prepare_cached(
        "SELECT rid, version, deleted, subject FROM resources WHERE kind = ? AND id = ?",
    )?;
    let found = statement.query_row([&key.kind, &key.id], |row| {
        Ok(Current {
            rid: row.get(0)?,
            version: from_sql(row.get(1)?),
            deleted: row.get(2)?,
            subject: row.get(3)?,
        })
    });
    Ok(found.optional()?)
}

/// Takes a version into the index.
pub fn apply(
    connection: &Connection,
    indexer: &dyn Indexer,
    entry: &Entry,
    key: &ResourceKey,
    version: u64,
    body: Option<&Json>,
) -> Result<(), StorageError> {
    let sequence = to_sql(entry.sequence);
    let rid = current(connection, key)?.map_or(sequence, |current| current.rid);
    let subject = entry
        .fact
        .subject
        .as_ref()
        .map(vocabulary::PatientId::as_str);
    let (version, at, deleted) = (to_sql(version), entry.at.0, body.is_none());
    connection
        .prepare_cached("INSERT OR REPLACE INTO resources VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            rid, key.kind, key.id, version, at, subject, sequence, deleted
        ])?;
    connection
        .prepare_cached("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)")?
        .execute(params![rid, version, at, subject, sequence, deleted])?;
    connection
        .prepare_cached("DELETE FROM terms WHERE rid = ?")?
        .execute([rid])?;
    if let Some(body) = body {
        for term in indexer.terms(&key.kind, body) {
            insert_term(connection, rid, &key.kind, &term)?;
        }
    }
    Ok(())
}

fn insert_term(
    connection: &Connection,
    rid: i64,
    kind: &str,
    term: &IndexTerm,
) -> Result<(), StorageError> {
    let (class, system, text, low, high) = match &term.value {
        TermValue::Token { system, code } => {
            (TOKEN, Some(system), Some(code), Value::Null, Value::Null)
        }
        TermValue::String(text) => (STRING, None, Some(text), Value::Null, Value::Null),
        TermValue::Date { low, high } => (
            DATE,
            None,
            None,
            Value::Integer(*low),
            Value::Integer(*high),
        ),
        TermValue::Reference(target) => (REFERENCE, None, Some(target), Value::Null, Value::Null),
        TermValue::Number { value, unit } => (
            NUMBER,
            Some(unit),
            None,
            Value::Real(*value),
            Value::Real(*value),
        ),
    };
    connection
        .prepare_cached("INSERT INTO terms VALUES (?, ?, ?, ?, ?, ?, ?, ?)")?
        .execute(params![
            rid,
            kind,
            term.parameter,
            class,
            system,
            text,
            low,
            high
        ])?;
    Ok(())
}

const TOKEN: i64 = 1;
const STRING: i64 = 2;
const DATE: i64 = 3;
const REFERENCE: i64 = 4;
const NUMBER: i64 = 5;

/// A piece of SQL and the values for its question marks.
#[derive(Debug, Default)]
pub struct Sql {
    /// The text.
    pub text: String,
    /// The values.
    pub values: Vec<Value>,
}

impl Sql {
    /// Adds text and its values.
    pub fn push(&mut self, text: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(text);
        self.values.extend(values);
    }
}

/// What selects the rows of a search, from `WHERE` on.
pub fn condition(query: &ResourceQuery, scope: Option<Covered>) -> Sql {
    let mut sql = Sql::default();
    sql.push(" WHERE r.kind = ? AND r.deleted = 0", [text(&query.kind)]);
    if let Some(scope) = scope {
        let (condition, patients) = scope.condition("r.subject");
        let condition = if record::tells_of_accounts(&query.kind) {
            format!(" AND r.subject IS NOT NULL AND {condition}")
        } else {
            format!(" AND (r.subject IS NULL OR {condition})")
        };
        sql.push(&condition, [patients]);
    }
    for term in &query.terms {
        sql.push(" AND (0", []);
        for one in &term.any_of {
            sql.push(" OR ", []);
            alternative(&mut sql, &query.kind, term, one);
        }
        sql.push(")", []);
    }
    sql
}

fn alternative(sql: &mut Sql, kind: &str, term: &Term, one: &Match) {
    match (term.parameter.as_str(), one) {
        ("_id", Match::Token { code: Some(id), .. } | Match::StringExact(id)) => {
            sql.push("r.id = ?", [text(id)]);
        }
        ("_lastUpdated", Match::DateOverlaps { low, high }) => {
            sql.push(
                "r.at BETWEEN ? AND ?",
                [Value::Integer(*low), Value::Integer(*high)],
            );
        }
        ("_id" | "_lastUpdated", Match::Present(present)) => {
            sql.push(if *present { "1" } else { "0" }, []);
        }
        (_, Match::Present(present)) => {
            sql.push(if *present { "EXISTS" } else { "NOT EXISTS" }, []);
            sql.push(
                " (SELECT 1 FROM terms t WHERE t.rid = r.rid AND t.parameter = ?)",
                [text(&term.parameter)],
            );
        }
        _ => {
            sql.push(
                "r.rid IN (SELECT t.rid FROM terms t WHERE t.kind = ? AND t.parameter = ? AND ",
                [text(kind), text(&term.parameter)],
            );
            value_condition(sql, one);
            sql.push(")", []);
        }
    }
}

fn value_condition(sql: &mut Sql, one: &Match) {
    let class = |class: i64| Value::Integer(class);
    match one {
        Match::Token { system, code } => {
            sql.push("t.class = ?", [class(TOKEN)]);
            if let Some(code) = code {
                sql.push(" AND t.text = ?", [text(code)]);
            }
            if let Some(system) = system {
                sql.push(" AND t.system = ?", [text(system)]);
            }
        }
        Match::StringStart(start) => {
            // All texts that start so lie between it and it followed by the last character there is.
            let last = format!("{start}\u{10FFFF}");
            sql.push(
                "t.class = ? AND t.text >= ? AND t.text <= ?",
                [class(STRING), text(start), Value::Text(last)],
            );
        }
        Match::StringContains(part) => {
            sql.push(
                "t.class = ? AND instr(t.text, ?) > 0",
                [class(STRING), text(part)],
            );
        }
        Match::StringExact(whole) => {
            sql.push("t.class = ? AND t.text = ?", [class(STRING), text(whole)]);
        }
        Match::DateOverlaps { low, high } => {
            sql.push(
                "t.class = ? AND t.low <= ? AND t.high >= ?",
                [class(DATE), Value::Integer(*high), Value::Integer(*low)],
            );
        }
        Match::Reference(target) => {
            sql.push(
                "t.class = ? AND t.text = ?",
                [class(REFERENCE), text(target)],
            );
        }
        Match::Present(_) => sql.push("1", []),
    }
}

/// The order of a search's rows.
pub fn order(query: &ResourceQuery) -> Sql {
    let mut sql = Sql::default();
    sql.push(" ORDER BY ", []);
    for sort in &query.sort {
        let direction = if sort.descending { "DESC" } else { "ASC" };
        match sort.parameter.as_str() {
            "_lastUpdated" => sql.push(&format!("r.sequence {direction}, "), []),
            "_id" => sql.push(&format!("r.id {direction}, "), []),
            parameter => {
                // Of several values, the one that comes first in this direction counts.
                let which = if sort.descending { "max" } else { "min" };
                for column in ["low", "text"] {
                    sql.push(
                        &format!(
                            "(SELECT {which}(t.{column}) FROM terms t WHERE t.rid = r.rid \
                             AND t.parameter = ?) {direction} NULLS LAST, "
                        ),
                        [text(parameter)],
                    );
                }
            }
        }
    }
    sql.push("r.sequence DESC", []);
    sql
}

fn text(value: &str) -> Value {
    Value::Text(value.to_owned())
}
