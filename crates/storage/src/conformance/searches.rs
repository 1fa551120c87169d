//! Searches over resources.

use record::{Match, Record, ResourceQuery, Sort, Term};
use serde_json::{Value, json};

use super::words::{all, all_but, commit, only, put};

fn query(terms: &[(&str, &[Match])]) -> ResourceQuery {
    let terms = terms
        .iter()
        .map(|(parameter, any_of)| Term {
            parameter: (*parameter).to_owned(),
            any_of: any_of.to_vec(),
        })
        .collect();
    ResourceQuery {
        kind: "Patient".to_owned(),
        terms,
        sort: Vec::new(),
        limit: 50,
        offset: 0,
    }
}

fn token(system: Option<&str>, code: Option<&str>) -> Match {
    Match::Token {
        system: system.map(str::to_owned),
        code: code.map(str::to_owned),
    }
}

async fn fill(record: &dyn Record) {
    let patient = |id: &str, terms: Value| put("Patient", id, Some(id), json!({"terms": terms}));
    let facts = vec![
        patient(
            "a",
            json!({
                "name": ["zhao min", "zhao"], "gender": [["", "female"]],
                "identifier": [["urn:mrn", "17"]], "birthdate": [{"low": 100, "high": 199}],
            }),
        ),
        patient(
            "b",
            json!({
                "name": ["li [zhao] wei"], "gender": [["", "male"]],
                "identifier": [["urn:other", "17"]], "birthdate": [{"low": 200, "high": 299}],
                "general-practitioner": [{"to": "Practitioner/1"}],
            }),
        ),
        patient(
            "c",
            json!({"name": ["qian"], "birthdate": [{"low": 300, "high": 300}], "weight": [61.5]}),
        ),
        put(
            "Observation",
            "a",
            Some("a"),
            json!({"terms": {"name": ["zhao"]}}),
        ),
    ];
    commit(record, facts).await.unwrap();
}

async fn found(record: &dyn Record, query: &ResourceQuery) -> String {
    let page = record.search(&all(), query).await.unwrap();
    assert_eq!(page.total, page.rows.len());
    let mut ids: Vec<String> = page.rows.into_iter().map(|row| row.key.id).collect();
    ids.sort();
    ids.join(" ")
}

pub async fn terms_match(record: &dyn Record) {
    fill(record).await;
    let start = |text: &str| Match::StringStart(text.to_owned());
    let contains = |text: &str| Match::StringContains(text.to_owned());
    let exact = |text: &str| Match::StringExact(text.to_owned());
    let date = |low, high| Match::DateOverlaps { low, high };
    let to = |target: &str| Match::Reference(target.to_owned());
    let cases: Vec<(&str, Vec<Match>, &str)> = vec![
        ("name", vec![start("zhao")], "a"),
        ("name", vec![contains("zhao")], "a b"),
        ("name", vec![contains("[zhao]")], "b"),
        ("name", vec![exact("zhao")], "a"),
        ("name", vec![exact("zhao m")], ""),
        ("name", vec![start("zhao"), start("qian")], "a c"),
        ("name", vec![start("%")], ""),
        ("gender", vec![token(None, Some("female"))], "a"),
        ("gender", vec![token(Some(""), Some("female"))], "a"),
        ("identifier", vec![token(None, Some("17"))], "a b"),
        ("identifier", vec![token(Some("urn:mrn"), Some("17"))], "a"),
        ("identifier", vec![token(Some("urn:mrn"), None)], "a"),
        ("identifier", vec![token(Some(""), Some("17"))], ""),
        ("birthdate", vec![date(150, 250)], "a b"),
        ("birthdate", vec![date(i64::MIN, 199)], "a"),
        ("birthdate", vec![date(300, i64::MAX)], "c"),
        ("general-practitioner", vec![to("Practitioner/1")], "b"),
        ("general-practitioner", vec![to("Practitioner/11")], ""),
        ("gender", vec![Match::Present(false)], "c"),
        ("weight", vec![Match::Present(true)], "c"),
        (
            "_id",
            vec![token(None, Some("b")), token(None, Some("c"))],
            "b c",
        ),
        ("_lastUpdated", vec![date(0, i64::MAX)], "a b c"),
        ("_lastUpdated", vec![date(0, 1)], ""),
        ("nothing", vec![start("")], ""),
    ];
    for (parameter, any_of, expected) in cases {
        let seen = found(record, &query(&[(parameter, &any_of)])).await;
        assert_eq!(seen, expected, "{parameter} {any_of:?}");
    }
    let both = query(&[
        ("identifier", &[token(None, Some("17"))]),
        ("gender", &[token(None, Some("male"))]),
    ]);
    assert_eq!(found(record, &both).await, "b", "all terms must match");

    let changed = json!({"terms": {"name": ["sun"]}});
    commit(record, vec![put("Patient", "a", Some("a"), changed)])
        .await
        .unwrap();
    assert_eq!(
        found(record, &query(&[("name", &[start("zhao")])])).await,
        "",
        "old terms go"
    );
    assert_eq!(
        found(record, &query(&[("name", &[start("sun")])])).await,
        "a"
    );
    let delete = record::NewFact::DeleteResource {
        key: super::words::key("Patient", "a"),
    };
    commit(record, vec![delete]).await.unwrap();
    assert_eq!(
        found(record, &query(&[])).await,
        "b c",
        "deleted resources are not found"
    );
}

pub async fn pages_and_order(record: &dyn Record) {
    fill(record).await;
    let ordered = async |sort: &[(&str, bool)], limit, offset| {
        let sort = sort
            .iter()
            .map(|(parameter, descending)| Sort {
                parameter: (*parameter).to_owned(),
                descending: *descending,
            })
            .collect();
        let page = record
            .search(
                &all(),
                &ResourceQuery {
                    sort,
                    limit,
                    offset,
                    ..query(&[])
                },
            )
            .await
            .unwrap();
        assert_eq!(page.total, 3, "the total counts all pages");
        page.rows
            .into_iter()
            .map(|row| row.key.id)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(ordered(&[], 9, 0).await, "c b a", "the newest first");
    assert_eq!(ordered(&[("_lastUpdated", false)], 9, 0).await, "a b c");
    assert_eq!(ordered(&[("_id", false)], 2, 0).await, "a b");
    assert_eq!(ordered(&[("_id", false)], 2, 2).await, "c");
    assert_eq!(ordered(&[("name", false)], 9, 0).await, "b c a");
    assert_eq!(ordered(&[("birthdate", true)], 9, 0).await, "c b a");
    assert_eq!(
        ordered(&[("gender", false)], 9, 0).await,
        "a b c",
        "without a value last"
    );
    assert_eq!(ordered(&[], 0, 0).await, "");
}

pub async fn permits_limit_searches(record: &dyn Record) {
    fill(record).await;
    let page = record
        .search(&only(&["b", "x"]), &query(&[]))
        .await
        .unwrap();
    assert_eq!(
        (page.total, page.rows.len()),
        (1, 1),
        "the total tells nothing of others"
    );
    assert_eq!(page.rows[0].key.id, "b");
    assert_eq!(
        record.search(&only(&[]), &query(&[])).await.unwrap().total,
        0
    );
    let agreed = |id: &str, subject| put("Consent", id, subject, json!({"terms": {}}));
    let facts = vec![agreed("own", None), agreed("of-b", Some("b"))];
    commit(record, facts).await.unwrap();
    let consents = ResourceQuery {
        kind: "Consent".to_owned(),
        ..query(&[])
    };
    for (permit, expected) in [(only(&["b"]), 1), (all_but(&[]), 1), (all(), 2)] {
        let page = record.search(&permit, &consents).await.unwrap();
        assert_eq!(
            (page.total, page.rows.len()),
            (expected, expected),
            "what somebody agreed to for themselves is for programs only"
        );
    }
}
