//! A case asks what its answers allow, hides what it asks, and says nothing that a person wrote.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use jiff::tz::{TimeZone, offset};
use knowledge::{Answer, AnswerValue, Answers};
use teaching::{AnswerKind, Given, Posed, facts, questions, score};
use twin::{
    Timeline,
    timeline::{Event, Lane, Origin, Part},
};
use vocabulary::{Text, Timestamp};

fn number(value: f64) -> Answer {
    Answer::new(AnswerValue::Number(value))
}

fn yes(value: bool) -> Answer {
    Answer::new(AnswerValue::YesNo(value))
}

/// A woman of 62 who smoked, with a solid nodule of 12.8 mm in an upper lobe.
fn answers() -> Answers {
    let choice = |id: &str| Answer::new(AnswerValue::Choice(id.to_owned()));
    [
        ("age_years", number(62.0)),
        ("female", yes(true)),
        ("ever_smoker", yes(true)),
        ("extrathoracic_cancer", yes(false)),
        ("diameter_mm", number(16.3)),
        ("mean_diameter_mm", number(12.8)),
        ("spiculated", yes(false)),
        ("upper_lobe", yes(true)),
        ("nodule_type", choice("solid")),
        ("nodule_count", number(1.0)),
        ("known_cancer", yes(false)),
        ("immunosuppressed", yes(false)),
    ]
    .map(|(name, answer)| (name.to_owned(), answer))
    .into()
}

fn ids(posed: &[Posed]) -> Vec<&str> {
    posed.iter().map(|one| one.question.id.as_str()).collect()
}

#[test]
fn a_case_asks_what_its_answers_allow() {
    assert_eq!(
        questions(&BTreeMap::new()),
        [],
        "nothing is known, nothing is asked"
    );
    let posed = questions(&answers());
    let asked = ids(&posed);
    for id in ["kind", "size", "risk", "next-step"] {
        assert!(asked.contains(&id), "{id} of {asked:?}");
    }
    for gone in ["mean_diameter_mm", "nodule_type", "extrathoracic_cancer"] {
        let mut fewer = answers();
        fewer.remove(gone);
        assert!(questions(&fewer).len() < posed.len(), "without {gone}");
    }
    for one in &posed {
        if let AnswerKind::Choice { options } = &one.question.answer {
            assert!(options.len() > 1);
        }
        assert!(!one.hidden.why.is_empty());
    }
}

#[test]
fn a_size_is_rounded_as_the_guideline_says() {
    for (mean_mm, whole_mm) in [(12.8, 13.0), (5.5, 6.0), (8.4, 8.0)] {
        let mut answers = answers();
        answers.insert("mean_diameter_mm".into(), number(mean_mm));
        let posed = questions(&answers);
        let size = posed.iter().find(|one| one.question.id == "size").unwrap();
        assert_eq!(size.hidden.value, AnswerValue::Number(whole_mm));
        let source = size.hidden.source.as_deref().unwrap();
        assert!(source.contains("MacMahon"), "{source}");
    }
}

#[test]
fn a_score_counts_what_is_right_and_says_why() {
    let posed = questions(&answers());
    let right: Given = posed
        .iter()
        .map(|one| (one.question.id.clone(), one.hidden.value.clone()))
        .collect();
    let all = score(&posed, &right);
    assert_eq!(all.points, all.of);
    assert_eq!(
        score(&posed, &Given::new()).points,
        0,
        "nothing answered is nothing right"
    );
    let mut one_off = right.clone();
    one_off.insert("size".into(), AnswerValue::Number(12.8));
    let judged = score(&posed, &one_off);
    assert_eq!(judged.points, all.of - 1, "not in whole millimetres");
    let size = judged
        .judged
        .iter()
        .find(|one| one.question.id == "size")
        .unwrap();
    assert!(!size.is_right && size.right.value == AnswerValue::Number(13.0));
    // An answer of another kind is wrong, not an error.
    one_off.insert("kind".into(), AnswerValue::Number(1.0));
    assert_eq!(score(&posed, &one_off).points, all.of - 2);
}

fn event(lane: Lane, series: &str, words: &str, unit: &str) -> Event {
    Event {
        lane,
        kind: "Observation".into(),
        title: Text::new(words, words),
        series: Some(series.into()),
        at: "2020-05-31T21:13:16+00:00".into(),
        until: None,
        parts: vec![Part {
            label: None,
            number: Some(7.0),
            unit: Some(unit.into()),
            words: None,
        }],
        method: Some(Text::new(words, words)),
        status: None,
        due: None,
        origin: Origin {
            reference: "Observation/Schmeler".into(),
            version: None,
            object: None,
            by: Some("Schmeler".into()),
            entered_by: None,
            recorded: Timestamp(0),
            sequence: None,
        },
    }
}

#[test]
fn nothing_that_a_person_wrote_is_shown_and_days_are_moved() {
    let timeline = Timeline {
        patient: "Schmeler".into(),
        at: Timestamp(0),
        recorded: Timestamp(0),
        time_zone: None,
        span: None,
        events: vec![
            event(Lane::Labs, "http://loinc.org|718-7", "Schmeler", "g/dL"),
            event(Lane::Labs, "http://loinc.org|718-7", "Schmeler", "Schmeler"),
            event(Lane::Labs, "urn:own|718-7", "Schmeler", "g/dL"),
            event(Lane::Labs, "http://loinc.org|0-0", "Schmeler", "g/dL"),
            event(
                Lane::Conditions,
                "http://loinc.org|718-7",
                "Schmeler",
                "g/dL",
            ),
        ],
        lesions: vec![],
        organs: vec![],
        undated: 0,
    };
    let mut answers = answers();
    answers.insert("age_years".into(), number(93.0));
    let china = TimeZone::fixed(offset(8));
    let shown = facts(&answers, &timeline, -40, &china);
    assert_eq!(shown.measured.len(), 1);
    // It was the first of June there.
    assert_eq!(shown.measured[0].day, "2020-04-22");
    assert_eq!(shown.measured[0].label.en, "Haemoglobin");
    let words = format!("{shown:?}");
    assert!(!words.contains("Schmeler") && !words.contains("2020-05-31"));
    let age = shown
        .known
        .iter()
        .find(|one| one.name == "age_years")
        .unwrap();
    assert_eq!(
        (&age.value, age.or_more),
        (&AnswerValue::Number(90.0), true)
    );
    for hidden in ["nodule_type", "diameter_mm", "mean_diameter_mm"] {
        assert!(shown.known.iter().all(|one| one.name != hidden), "{hidden}");
    }
}
