//! The SQL that finds owners of terms, and lists for it.

use record::matching::{Wanted, after, words};
use rusqlite::types::Value;
use serde_json::json;

use crate::{image_terms::words_path, resources::Sql};

/// A list of UIDs as a JSON array.
pub fn listed(pattern: &str) -> String {
    let uids: Vec<&str> = pattern.split(['\\', ',']).map(str::trim).collect();
    json!(uids).to_string()
}

/// The texts of alternatives that are all exact, as a JSON array.
pub fn exact(alternatives: &[Wanted]) -> Option<String> {
    let texts: Option<Vec<&str>> = alternatives
        .iter()
        .map(|one| match one {
            Wanted::Exact(text) => Some(text.as_str()),
            _ => None,
        })
        .collect();
    texts.map(|texts| json!(texts).to_string())
}

/// Finds the owners of values that match one of the alternatives.
pub fn owners(table: &str, path: &str, alternatives: &[Wanted]) -> Sql {
    let front = format!("SELECT owner FROM {table} WHERE path = ?");
    let path = Value::Text(path.to_owned());
    let mut sql = Sql::default();
    if let Some(texts) = exact(alternatives) {
        sql.push(
            &format!("{front} AND text IN (SELECT value FROM json_each(?))"),
            [path, Value::Text(texts)],
        );
        return sql;
    }
    for (number, one) in alternatives.iter().enumerate() {
        if number > 0 {
            sql.push(" UNION ", []);
        }
        sql.push(&front, [path.clone()]);
        match one {
            Wanted::Exact(text) => sql.push(" AND text = ?", [Value::Text(text.clone())]),
            Wanted::Range { low, below } => range(&mut sql, low, below.as_deref()),
            Wanted::Wildcard(pattern) => {
                let start = pattern.split(['*', '?']).next().unwrap_or_default();
                range(&mut sql, start, Some(&after(start)));
                // SQLite's GLOB knows the same two wildcards, and classes in brackets besides.
                let glob = pattern.replace('[', "[[]");
                sql.push(" AND text GLOB ?", [Value::Text(glob)]);
                // GLOB reads a pattern up to its first NUL; no value has one.
                if pattern.contains('\0') {
                    sql.push(" AND 0", []);
                }
            }
        }
    }
    sql
}

fn range(sql: &mut Sql, low: &str, below: Option<&str>) {
    sql.push(" AND text >= ?", [Value::Text(low.to_owned())]);
    if let Some(below) = below {
        sql.push(" AND text < ?", [Value::Text(below.to_owned())]);
    }
}

/// Finds the owners of names of which each word of the pattern begins a word.
pub fn owners_by_words(table: &str, path: &str, pattern: &str) -> Sql {
    let path = Value::Text(words_path(path));
    // Without the separators between them, all words together are one word too.
    let all = words(pattern);
    let each: Vec<&String> = match all.split_first() {
        Some((_, rest)) if !rest.is_empty() => rest.iter().collect(),
        _ => all.iter().collect(),
    };
    let mut sql = Sql::default();
    sql.push("SELECT owner FROM (", []);
    if each.is_empty() {
        sql.push("SELECT NULL AS owner WHERE 0", []);
    }
    for (number, word) in each.into_iter().enumerate() {
        let front = if number > 0 { " INTERSECT " } else { "" };
        sql.push(
            &format!("{front}SELECT owner FROM {table} WHERE path = ?"),
            [path.clone()],
        );
        range(&mut sql, word, Some(&after(word)));
    }
    sql.push(")", []);
    sql
}
