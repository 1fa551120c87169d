//! The SQL that finds owners of terms, and lists for it.

use std::collections::BTreeSet;

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

/// The owners of terms of a path that stand in a row of `json_each(?)`: from its first text on and before its
/// second, where it has one. However many rows there are, it is one statement: SQLite bounds how many SELECTs
/// may be put together, and nobody bounds how many alternatives somebody asks for.
fn between(table: &str) -> String {
    // Bytes come behind all texts.
    format!(
        "SELECT owner FROM json_each(?) AS one CROSS JOIN {table} \
         WHERE {table}.path = ? AND text >= one.value->>0 AND text < COALESCE(one.value->>1, x'')"
    )
}

/// Finds the owners of values that match one of the alternatives.
pub fn owners(table: &str, path: &str, alternatives: &[Wanted]) -> Sql {
    let (mut texts, mut patterns) = (Vec::new(), Vec::new());
    for one in alternatives {
        match one {
            // SQLite reads texts up to their first NUL; no value has one.
            Wanted::Exact(text) | Wanted::Wildcard(text) if text.contains('\0') => {}
            Wanted::Exact(text) => texts.push(text.as_str()),
            Wanted::Range { low, below } => patterns.push(json!([low, below, "*"])),
            Wanted::Wildcard(pattern) => {
                let start = pattern.split(['*', '?']).next().unwrap_or_default();
                // SQLite's GLOB knows the same two wildcards, and classes in brackets besides.
                patterns.push(json!([start, after(start), pattern.replace('[', "[[]")]));
            }
        }
    }
    let path = Value::Text(path.to_owned());
    let list = |values: String| Value::Text(values);
    let mut sql = Sql::default();
    sql.push(
        &format!(
            "SELECT owner FROM {table} WHERE path = ? AND text IN (SELECT value FROM json_each(?))"
        ),
        [path.clone(), list(json!(texts).to_string())],
    );
    if !patterns.is_empty() {
        sql.push(
            &format!(" UNION {} AND text GLOB one.value->>2", between(table)),
            [list(json!(patterns).to_string()), path],
        );
    }
    sql
}

/// Finds the owners of names of which each word of the pattern begins a word.
pub fn owners_by_words(table: &str, path: &str, pattern: &str) -> Sql {
    // Without the separators between them, all words together are one word too.
    let all = words(pattern);
    let each: BTreeSet<&String> = match all.split_first() {
        Some((_, rest)) if !rest.is_empty() => rest.iter().collect(),
        _ => all.iter().collect(),
    };
    let rows: Vec<_> = each.iter().map(|word| json!([word, after(word)])).collect();
    let mut sql = Sql::default();
    sql.push(
        &format!(
            "{} GROUP BY owner HAVING COUNT(DISTINCT one.key) = {}",
            between(table),
            rows.len()
        ),
        [
            Value::Text(json!(rows).to_string()),
            Value::Text(words_path(path)),
        ],
    );
    sql
}
