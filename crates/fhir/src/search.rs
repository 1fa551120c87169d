use record::{Match, ResourceQuery, Sort, Term};

use crate::{
    Issue, date,
    definitions::{self, Parameter, ParameterType},
    index::{fold, normal_reference},
};

/// A search as it was asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// What to ask the record.
    pub query: ResourceQuery,
    /// Only the number of matches is wanted.
    pub count_only: bool,
    /// The parameters that were understood, for the `self` link; without paging.
    pub asked: Vec<(String, String)>,
}

/// Matches on a page where none are asked for.
const DEFAULT_COUNT: usize = 50;
/// The largest page.
const MAX_COUNT: usize = 1_000;
/// More conditions than any client asks for.
const MAX_TERMS: usize = 40;
/// More alternatives than any client asks for.
const MAX_ALTERNATIVES: usize = 200;

/// Understands the parameters of a search (decoded, in order). A parameter that is not understood is
/// refused: leaving it out would answer another question.
///
/// `base` is the server's own FHIR address; references that begin with it are local.
pub fn parse_search(
    kind: &str,
    parameters: &[(String, String)],
    base: &str,
) -> Result<Search, Vec<Issue>> {
    let Some(known) = definitions::parameters(kind) else {
        return Err(vec![crate::validate::unsupported()]);
    };
    let mut search = Search {
        query: ResourceQuery {
            kind: kind.to_owned(),
            terms: Vec::new(),
            sort: Vec::new(),
            limit: DEFAULT_COUNT,
            offset: 0,
        },
        count_only: false,
        asked: Vec::new(),
    };
    let mut issues = Vec::new();
    for (name, value) in parameters {
        let result = match name.as_str() {
            "_count" | "_offset" | "_format" | "_pretty" | "_total" | "_summary" => {
                page(&mut search, name, value)
            }
            "_sort" => sort(kind, value).map(|sort| {
                search.query.sort = sort;
                search.asked.push((name.clone(), value.clone()));
            }),
            _ => term(kind, known, name, value, base).map(|term| {
                search.query.terms.push(term);
                search.asked.push((name.clone(), value.clone()));
            }),
        };
        issues.extend(result.err());
    }
    if search.query.terms.len() > MAX_TERMS {
        issues.push(Issue::at(
            "too-costly",
            "",
            "搜索条件过多。",
            "there are too many conditions.",
        ));
    }
    if issues.is_empty() {
        Ok(search)
    } else {
        Err(issues)
    }
}

fn page(search: &mut Search, name: &str, value: &str) -> Result<(), Issue> {
    let number = || {
        value.parse::<usize>().map_err(|_| {
            Issue::at(
                "value",
                name,
                "此参数应为非负整数。",
                "this parameter takes a whole number from 0.",
            )
        })
    };
    match name {
        "_count" => search.query.limit = number()?.min(MAX_COUNT),
        "_offset" => search.query.offset = number()?,
        "_summary" if value == "count" => search.count_only = true,
        "_summary" if value != "false" => {
            return Err(Issue::at(
                "not-supported",
                name,
                "_summary 只支持 count 和 false。",
                "_summary takes only count and false.",
            ));
        }
        _ => {}
    }
    search.count_only |= search.query.limit == 0;
    Ok(())
}

fn sort(kind: &str, value: &str) -> Result<Vec<Sort>, Issue> {
    let one = |part: &str| {
        let (name, descending) = match part.strip_prefix('-') {
            Some(name) => (name, true),
            None => (part, false),
        };
        let is_sortable = matches!(name, "_lastUpdated" | "_id")
            || definitions::parameters(kind)
                .and_then(|all| all.get(name))
                .is_some_and(|parameter| {
                    matches!(parameter.kind, ParameterType::Date | ParameterType::String)
                });
        if is_sortable {
            return Ok(Sort {
                parameter: name.to_owned(),
                descending,
            });
        }
        Err(Issue::at(
            "not-supported",
            "_sort",
            "只能按 _lastUpdated、_id 或日期、文本类参数排序。",
            "results can be sorted by _lastUpdated, _id, and date or string parameters.",
        ))
    };
    value.split(',').map(one).collect()
}

type Known = std::collections::BTreeMap<String, Parameter>;

fn term(kind: &str, known: &Known, name: &str, value: &str, base: &str) -> Result<Term, Issue> {
    let (parameter, modifier) = match name.split_once(':') {
        Some((parameter, modifier)) => (parameter, Some(modifier)),
        None => (name, None),
    };
    let term = |any_of| Term {
        parameter: parameter.to_owned(),
        any_of,
    };
    let (parameter_type, targets): (_, &[String]) = match (parameter, known.get(parameter)) {
        ("_id", _) => (ParameterType::Token, &[]),
        ("_lastUpdated", _) => (ParameterType::Date, &[]),
        (_, Some(known)) if known.kind.is_searchable() => (known.kind, &known.targets),
        _ => return Err(unknown(kind, known, parameter)),
    };
    if modifier == Some("missing") {
        return match value {
            "true" => Ok(term(vec![Match::Present(false)])),
            "false" => Ok(term(vec![Match::Present(true)])),
            _ => Err(Issue::at(
                "value",
                name,
                ":missing 应为 true 或 false。",
                ":missing takes true or false.",
            )),
        };
    }
    let alternatives = split_unescaped(value, ',');
    if alternatives.len() > MAX_ALTERNATIVES {
        return Err(Issue::at(
            "too-costly",
            parameter,
            "备选值过多。",
            "there are too many alternatives.",
        ));
    }
    let mut any_of = Vec::new();
    for alternative in &alternatives {
        let found = match parameter_type {
            ParameterType::Token | ParameterType::Uri if modifier.is_none() => {
                Some(vec![token(alternative)])
            }
            ParameterType::String => text(modifier, alternative).map(|found| vec![found]),
            ParameterType::Date if modifier.is_none() => {
                Some(dates(alternative).ok_or_else(|| date_issue(parameter))?)
            }
            ParameterType::Reference => references(modifier, alternative, targets, base),
            _ => None,
        };
        any_of.extend(found.ok_or_else(|| modifier_issue(parameter))?);
    }
    Ok(term(any_of))
}

fn unknown(kind: &str, known: &Known, parameter: &str) -> Issue {
    let names: Vec<&str> = ["_id", "_lastUpdated"]
        .into_iter()
        .chain(
            known
                .iter()
                .filter(|(_, p)| p.kind.is_searchable())
                .map(|(name, _)| name.as_str()),
        )
        .collect();
    let names = names.join(", ");
    // What was asked is named only if it looks like a parameter: a slip may put content here.
    let is_name = parameter.len() <= 40
        && parameter
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    let shown = if is_name { parameter } else { "…" };
    Issue::at(
        "not-supported",
        shown,
        format!("{kind} 不支持搜索参数 {shown}；支持：{names}"),
        format!("{kind} cannot be searched by {shown}; it can by: {names}"),
    )
}

fn modifier_issue(parameter: &str) -> Issue {
    Issue::at(
        "not-supported",
        parameter,
        "此参数不支持该修饰符或链式搜索。",
        "this parameter does not take that modifier, nor chaining.",
    )
}

fn date_issue(parameter: &str) -> Issue {
    Issue::at(
        "value",
        parameter,
        "日期应为 YYYY[-MM[-DD[Thh:mm[:ss]]]]，前缀可为 eq ne gt lt ge le。",
        "a date is YYYY[-MM[-DD[Thh:mm[:ss]]]], with one of the prefixes eq ne gt lt ge le or none.",
    )
}

/// `code`, `system|code`, `|code` or `system|`.
fn token(value: &str) -> Match {
    let parts = split_unescaped(value, '|');
    match parts.as_slice() {
        [system, code] => Match::Token {
            system: Some(unescape(system)),
            code: (!code.is_empty()).then(|| unescape(code)),
        },
        _ => Match::Token {
            system: None,
            code: Some(unescape(value)),
        },
    }
}

/// All text is kept folded, so that `:exact` still ignores case and accents.
fn text(modifier: Option<&str>, value: &str) -> Option<Match> {
    let folded = fold(&unescape(value));
    match modifier {
        None => Some(Match::StringStart(folded)),
        Some("contains") => Some(Match::StringContains(folded)),
        Some("exact") => Some(Match::StringExact(folded)),
        Some(_) => None,
    }
}

/// The record knows only overlap, so each prefix becomes the range that a match must reach into.
fn dates(value: &str) -> Option<Vec<Match>> {
    let (prefix, date) = match value.get(..2) {
        Some(prefix) if prefix.bytes().all(|b| b.is_ascii_lowercase()) => (prefix, value.get(2..)?),
        _ => ("eq", value),
    };
    // A plus sign in a URL that was not escaped arrives as a space.
    let (low, high) = date::range_ms(&date.replace(' ', "+"))?;
    let before = Match::DateOverlaps {
        low: i64::MIN,
        high: low - 1,
    };
    let after = Match::DateOverlaps {
        low: high + 1,
        high: i64::MAX,
    };
    match prefix {
        "eq" | "ap" => Some(vec![Match::DateOverlaps { low, high }]),
        "ne" => Some(vec![before, after]),
        "lt" => Some(vec![before]),
        "gt" => Some(vec![after]),
        "le" => Some(vec![Match::DateOverlaps {
            low: i64::MIN,
            high,
        }]),
        "ge" => Some(vec![Match::DateOverlaps {
            low,
            high: i64::MAX,
        }]),
        _ => None,
    }
}

fn references(
    modifier: Option<&str>,
    value: &str,
    targets: &[String],
    base: &str,
) -> Option<Vec<Match>> {
    let value = unescape(value);
    let local = value
        .strip_prefix(base)
        .map_or(value.as_str(), |rest| rest.trim_start_matches('/'));
    let reference = |text: String| Match::Reference(text);
    match modifier {
        // `subject:Patient=1`
        Some(kind) if targets.iter().any(|target| target == kind) && !local.contains('/') => {
            Some(vec![reference(format!("{kind}/{local}"))])
        }
        Some(_) => None,
        None if local.contains([':', '/']) => {
            Some(normal_reference(local).map(reference).into_iter().collect())
        }
        None => Some(
            targets
                .iter()
                .map(|kind| reference(format!("{kind}/{local}")))
                .collect(),
        ),
    }
}

/// Splits at `separator` unless a backslash stands before it.
fn split_unescaped(value: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in value.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

fn unescape(value: &str) -> String {
    let mut plain = String::with_capacity(value.len());
    let mut chars = value.chars();
    while let Some(c) = chars.next() {
        plain.push(if c == '\\' {
            chars.next().unwrap_or(c)
        } else {
            c
        });
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(kind: &str, query: &str) -> Result<Search, Vec<Issue>> {
        let pairs: Vec<(String, String)> = query
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        parse_search(kind, &pairs, "http://h/fhir")
    }

    fn only(kind: &str, query: &str) -> Vec<Match> {
        let mut search = search(kind, query).unwrap();
        assert_eq!(search.query.terms.len(), 1);
        search.query.terms.remove(0).any_of
    }

    #[test]
    fn each_kind_of_parameter_becomes_its_match() {
        let day = 86_400_000;
        let token = |system: Option<&str>, code: Option<&str>| Match::Token {
            system: system.map(str::to_owned),
            code: code.map(str::to_owned),
        };
        let dates = |low, high| Match::DateOverlaps { low, high };
        let reference = |text: &str| Match::Reference(text.to_owned());
        for (kind, query, expect) in [
            (
                "Patient",
                "name=Mejía",
                vec![Match::StringStart("mejia".into())],
            ),
            (
                "Patient",
                "name:contains=EJ",
                vec![Match::StringContains("ej".into())],
            ),
            (
                "Patient",
                "name:exact=a,b",
                vec![
                    Match::StringExact("a".into()),
                    Match::StringExact("b".into()),
                ],
            ),
            (
                "Patient",
                "name=a\\,b",
                vec![Match::StringStart("a,b".into())],
            ),
            (
                "Patient",
                "gender:missing=true",
                vec![Match::Present(false)],
            ),
            ("Patient", "birthdate=1970-01-01", vec![dates(0, day - 1)]),
            (
                "Patient",
                "birthdate=ge1970-01-01",
                vec![dates(0, i64::MAX)],
            ),
            (
                "Patient",
                "birthdate=gt1970-01-01",
                vec![dates(day, i64::MAX)],
            ),
            (
                "Patient",
                "birthdate=lt1970-01-01",
                vec![dates(i64::MIN, -1)],
            ),
            (
                "Patient",
                "birthdate=le1970-01-01",
                vec![dates(i64::MIN, day - 1)],
            ),
            (
                "Patient",
                "birthdate=ne1970-01-01",
                vec![dates(i64::MIN, -1), dates(day, i64::MAX)],
            ),
            (
                "Observation",
                "code=http://loinc.org|1,2",
                vec![
                    token(Some("http://loinc.org"), Some("1")),
                    token(None, Some("2")),
                ],
            ),
            ("Observation", "code=|2", vec![token(Some(""), Some("2"))]),
            ("Observation", "code=s|", vec![token(Some("s"), None)]),
            ("Observation", "patient=p", vec![reference("Patient/p")]),
            (
                "Observation",
                "subject=Patient/p",
                vec![reference("Patient/p")],
            ),
            (
                "Observation",
                "subject:Patient=p",
                vec![reference("Patient/p")],
            ),
            (
                "Observation",
                "subject=http://h/fhir/Patient/p",
                vec![reference("Patient/p")],
            ),
            ("Patient", "_id=p", vec![token(None, Some("p"))]),
            ("Patient", "_lastUpdated=ge1970", vec![dates(0, i64::MAX)]),
        ] {
            assert_eq!(only(kind, query), expect, "{query}");
        }
    }

    #[test]
    fn paging_and_order_are_read() {
        let search = search(
            "Patient",
            "_count=5000&_offset=20&_sort=-birthdate,_id&_format=json",
        )
        .unwrap();
        assert_eq!((search.query.limit, search.query.offset), (1_000, 20));
        let sort: Vec<_> = search
            .query
            .sort
            .iter()
            .map(|s| (s.parameter.as_str(), s.descending))
            .collect();
        assert_eq!(sort, [("birthdate", true), ("_id", false)]);
    }

    #[test]
    fn what_is_not_understood_is_refused_and_named() {
        for (kind, query, location) in [
            ("Patient", "hat=red", "hat"),
            ("Patient", "Zhao Min=1", "…"),
            ("Patient", "name:sounds=x", "name"),
            ("Observation", "subject:Patient.name=x", "subject"),
            ("Observation", "value-quantity=5", "value-quantity"),
            ("Patient", "birthdate=sa2000", "birthdate"),
            ("Patient", "birthdate=soon", "birthdate"),
            ("Patient", "_count=-1", "_count"),
            ("Patient", "_sort=gender", "_sort"),
            ("Patient", "gender:missing=maybe", "gender:missing"),
            ("Ship", "name=x", "resourceType"),
        ] {
            let issues = search(kind, query).unwrap_err();
            assert_eq!(issues[0].location, location, "{query}");
        }
        assert!(
            search("Patient", "hat=red").unwrap_err()[0]
                .text
                .en
                .contains("birthdate")
        );
    }
}
