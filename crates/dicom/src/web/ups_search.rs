use record::{
    Match, Term,
    matching::{EMPTY, first_text, is_empty, matches},
};
use serde_json::Value;

use super::{
    WebError,
    qido::{number, path},
    ups::{WorkItem, told},
};
use crate::tag_key;

/// What answers always carry.
const USUAL: &[&str] = &[
    "00080005", "00080016", "00080018", "00080050", "00100010", "00100020", "00100021", "00100030",
    "00100040", "0020000D", "00404005", "00404010", "00404011", "00404018", "00404021", "00404025",
    "00404026", "00404027", "00404034", "00404041", "0040A370", "00741000", "00741002", "00741200",
    "00741202", "00741204", "00741210",
];
const STATE: &str = "00741000";
const START: &str = "00404005";
const UID: &str = "00080018";
/// Most rows that are given at once.
const MOST_ROWS: usize = 1000;

/// A search over work items.
#[derive(Clone, Debug)]
pub struct WorkItemSearch {
    matching: Vec<(String, String)>,
    empty_values: bool,
    /// All attributes, or the usual ones and these.
    all: bool,
    fields: Vec<String>,
    limit: usize,
    offset: usize,
}

impl Default for WorkItemSearch {
    fn default() -> Self {
        Self {
            matching: Vec::new(),
            empty_values: false,
            all: false,
            fields: Vec::new(),
            limit: MOST_ROWS,
            offset: 0,
        }
    }
}

impl WorkItemSearch {
    /// Reads the decoded query parameters, which are those of searches for studies.
    pub fn of(parameters: &[(String, String)]) -> Result<Self, WebError> {
        let mut search = Self::default();
        let keys = |name: &str| -> Result<String, WebError> {
            let tags: Vec<String> = path(name)?.into_iter().map(tag_key).collect();
            Ok(tags.join("."))
        };
        for (name, value) in parameters {
            match name.as_str() {
                "limit" => search.limit = number(name, value)?.min(MOST_ROWS),
                "offset" => search.offset = number(name, value)?,
                "emptyvaluematching" => search.empty_values = value == "true",
                "includefield" => {
                    for field in value.split(',') {
                        if field == "all" {
                            search.all = true;
                        } else {
                            search.fields.push(keys(field)?);
                        }
                    }
                }
                "accept" | "fuzzymatching" | "multiplevaluematching" => {}
                name if value.is_empty() => search.fields.push(keys(name)?),
                name => {
                    let key = keys(name)?;
                    search.fields.push(key.get(..8).unwrap_or(&key).to_owned());
                    search.matching.push((key, value.clone()));
                }
            }
        }
        Ok(search)
    }

    /// What the record's index can narrow the search by.
    pub fn terms(&self) -> Vec<Term> {
        let state = self.matching.iter().find(|(path, _)| path == STATE);
        let state = state.filter(|(_, pattern)| !pattern.contains(['*', '?', '"']));
        let Some((_, pattern)) = state else {
            return Vec::new();
        };
        let any_of = pattern.split('\\').map(|state| Match::Token {
            system: None,
            code: Some(state.trim().to_owned()),
        });
        vec![Term {
            parameter: "state".to_owned(),
            any_of: any_of.collect(),
        }]
    }

    /// Whether a work item is one of those.
    pub fn matches(&self, item: &WorkItem) -> bool {
        self.matching.iter().all(|(path, pattern)| {
            if self.empty_values && pattern == EMPTY {
                is_empty(item, path)
            } else {
                matches(item, path, pattern)
            }
        })
    }

    /// The rows of a page, by their scheduled start, and how many there are behind it.
    pub fn page(&self, items: impl Iterator<Item = WorkItem>) -> (Vec<Value>, usize) {
        let mut found: Vec<WorkItem> = items.filter(|item| self.matches(item)).collect();
        let order = |item: &WorkItem| [first_text(item, START), first_text(item, UID)];
        found.sort_by_cached_key(order);
        let left = found
            .len()
            .saturating_sub(self.offset.saturating_add(self.limit));
        let page = found.into_iter().skip(self.offset).take(self.limit);
        let rows = page.map(|item| {
            let mut item = told(item);
            if !self.all {
                item.retain(|tag, _| {
                    USUAL.contains(&tag.as_str()) || self.fields.iter().any(|field| field == tag)
                });
            }
            Value::Object(item)
        });
        (rows.collect(), left)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn item(uid: &str, start: &str, label: &str) -> WorkItem {
        let item = json!({
            "00080018": {"vr": "UI", "Value": [uid]},
            "00081195": {"vr": "UI", "Value": ["2.25.1"]},
            "00404005": {"vr": "DT", "Value": [start]},
            "00404025": {"vr": "SQ", "Value": [{"00080100": {"vr": "SH", "Value": ["STATION-1"]}}]},
            "00404052": {"vr": "DT"},
            "00741000": {"vr": "CS", "Value": ["SCHEDULED"]},
            "00741204": {"vr": "LO", "Value": [label]},
        });
        item.as_object().unwrap().clone()
    }

    #[test]
    fn work_items_are_found_in_the_order_of_their_start() {
        let items = [
            item("1.3", "20260103", "Segment"),
            item("1.1", "20260101", "Segment"),
            item("1.2", "20260102", "Read"),
        ];
        let page = |query: &[(&str, &str)]| {
            let query = query
                .iter()
                .map(|(n, v)| ((*n).to_owned(), (*v).to_owned()));
            let search = WorkItemSearch::of(&query.collect::<Vec<_>>()).unwrap();
            let (rows, left) = search.page(items.iter().cloned());
            let uids = rows
                .iter()
                .map(|row| row["00080018"]["Value"][0].as_str().unwrap().to_owned());
            (uids.collect::<Vec<_>>(), left)
        };
        assert_eq!(page(&[]).0, ["1.1", "1.2", "1.3"]);
        assert_eq!(
            page(&[("limit", "1"), ("offset", "1")]),
            (vec!["1.2".to_owned()], 1)
        );
        for (name, value, expected) in [
            ("ProcedureStepLabel", "Seg*", 2),
            ("ScheduledProcedureStepStartDateTime", "20260102-", 2),
            ("ProcedureStepState", "SCHEDULED", 3),
            ("ProcedureStepState", "COMPLETED", 0),
            ("ScheduledStationNameCodeSequence.CodeValue", "STATION-1", 3),
        ] {
            assert_eq!(page(&[(name, value)]).0.len(), expected, "{name} {value}");
        }
        let empty = [("00404052", "\"\""), ("emptyvaluematching", "true")];
        assert_eq!(page(&empty).0.len(), 3);
        assert!(WorkItemSearch::of(&[("Foo".to_owned(), "1".to_owned())]).is_err());
        let (rows, _) = WorkItemSearch::default().page(items.iter().cloned());
        assert_eq!(
            rows[0].get("00081195"),
            None,
            "nobody is told the Transaction UID"
        );
        assert_eq!(rows[0].get("00404052"), None);
    }
}
