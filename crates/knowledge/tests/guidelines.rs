//! Guidelines: published cases, gaps and overlaps, and what is missing.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::{BTreeMap, BTreeSet};

use knowledge::{
    Answer, AnswerValue, Answers, Guideline, Kind, Verdict, find_guideline, guidelines, inputs,
};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Vectors {
    case: Vec<Case>,
    not_applicable: Vec<Outside>,
    missing: Vec<MissingCase>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    guideline: String,
    answers: Answers,
    outcome: Option<String>,
    category: Option<String>,
    /// The rule that must have held, by table.
    #[serde(default)]
    gave: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outside {
    guideline: String,
    answers: Answers,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MissingCase {
    guideline: String,
    answers: Answers,
    inputs: BTreeSet<String>,
}

fn vectors() -> Vectors {
    toml::from_str(include_str!("guidelines.toml")).unwrap()
}

fn missing(verdict: &Verdict) -> BTreeSet<String> {
    match verdict {
        Verdict::NotAssessable { missing } => missing.iter().map(|m| m.input.clone()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_guideline_that_comes_with_the_program_can_be_used() {
    assert_eq!(guidelines().len(), 7);
    for guideline in guidelines() {
        assert_eq!(guideline.faults(), Vec::<String>::new(), "{}", guideline.id);
    }
}

#[test]
fn published_cases() {
    for case in vectors().case {
        let said = find_guideline(&case.guideline)
            .unwrap()
            .recommend(&case.answers);
        let Verdict::Recommended {
            outcome, category, ..
        } = &said.result
        else {
            panic!("{} {:?}: {:?}", case.guideline, case.answers, said.result);
        };
        if let Some(expected) = &case.outcome {
            assert_eq!(outcome, expected, "{:?}", case.answers);
        }
        if case.category.is_some() {
            assert_eq!(category, &case.category, "{:?}", case.answers);
        }
        for (table, rule) in &case.gave {
            let decided = said.trace.iter().find(|d| d.table == *table).unwrap();
            assert_eq!(&decided.rule, rule);
        }
        // The last line of the trace is the rule that gave the outcome, with all its conditions.
        let last = said.trace.last().unwrap();
        assert!(!last.because.is_empty());
    }
}

#[test]
fn outside_of_its_population_a_guideline_says_so() {
    for case in vectors().not_applicable {
        let said = find_guideline(&case.guideline)
            .unwrap()
            .recommend(&case.answers);
        assert!(
            matches!(said.result, Verdict::NotApplicable { .. }),
            "{:?}",
            said.result
        );
        assert!(said.trace.is_empty());
    }
}

#[test]
fn what_is_missing_is_named_and_nothing_else() {
    for case in vectors().missing {
        let said = find_guideline(&case.guideline)
            .unwrap()
            .recommend(&case.answers);
        assert_eq!(missing(&said.result), case.inputs, "{:?}", case.answers);
    }
}

#[test]
fn a_probability_that_nobody_estimates_comes_from_the_model_and_says_so() {
    let answers: Answers = toml::from_str(
        "age_years = 65\never_smoker = 1\nextrathoracic_cancer = 0\ndiameter_mm = 18\nspiculated = 1\nupper_lobe = 1\n\
         known_cancer = false\nimmunosuppressed = false\nnodule_type = \"solid\"\nnodule_count = 1\nmean_diameter_mm = 7",
    )
    .unwrap();
    let said = find_guideline("fleischner-2017")
        .unwrap()
        .recommend(&answers);
    let used = said
        .inputs
        .iter()
        .find(|used| used.input == "malignancy_probability")
        .unwrap();
    let AnswerValue::Number(percent) = used.value else {
        panic!("{used:?}")
    };
    assert_eq!(format!("{percent:.2}"), "65.11");
    assert_eq!(used.source.as_ref().unwrap().reference, "model/mayo");
    assert!(matches!(said.result, Verdict::Recommended { .. }));
}

/// A guideline in a few lines, whose table is as given.
fn small(rules: &str) -> String {
    format!(
        r#"
id = "small"
version = "1"
year = 2017
evidence = "macmahon-2017"
confidence = "D"
title = {{ zh = "x", en = "x" }}
population = {{ zh = "x", en = "x" }}
[[table]]
name = "t"
label = {{ zh = "x", en = "x" }}
{rules}
[outcome.a]
advice = {{ zh = "x", en = "x" }}
patient = {{ zh = "x", en = "x" }}
"#
    )
}

#[test]
fn gaps_overlaps_and_misspelt_words_are_found_when_a_file_is_read() {
    let rule = |id: &str, when: &str| {
        format!("[[table.rule]]\nid = \"{id}\"\nwhen = {when}\nis = \"a\"\n")
    };
    for (rules, says) in [
        (
            rule("1", "{ diameter_mm = { below = 6 } }")
                + &rule("2", "{ diameter_mm = { above = 6 } }"),
            "no rule of its table `t` holds where diameter_mm = 6",
        ),
        (
            rule("1", "{ diameter_mm = { up-to = 6 } }")
                + &rule("2", "{ diameter_mm = { from = 6 } }"),
            "the rules 1 and 2 of its table `t` hold at once where diameter_mm = 6",
        ),
        (
            rule("1", "{ nodule_type = [\"solid\", \"nonsolid\"] }"),
            "no rule of its table `t` holds where nodule_type = part-solid",
        ),
        (
            rule("1", "{ diametre = { below = 6 } }"),
            "`diametre` is no question",
        ),
        (
            rule("1", "{ nodule_type = \"soild\" }"),
            "does not fit its kind",
        ),
        (
            rule("1", "{ spiculated = { below = 6 } }"),
            "does not fit its kind",
        ),
    ] {
        let error = Guideline::read(&small(&rules)).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
    let whole = rule("1", "{ spiculated = true }") + &rule("2", "{ spiculated = false }");
    Guideline::read(&small(&whole)).unwrap();
}

fn any_answer(kind: &Kind) -> BoxedStrategy<Answer> {
    match kind {
        Kind::YesNo => any::<bool>().prop_map(Answer::from).boxed(),
        Kind::Number { whole, .. } => {
            let whole = *whole;
            (0_u32..4000)
                .prop_map(move |tenths| {
                    let number = f64::from(tenths) / 10.0;
                    Answer::from(if whole { number.round() } else { number })
                })
                .boxed()
        }
        Kind::Choice(options) => {
            let ids: Vec<String> = options.iter().map(|option| option.id.clone()).collect();
            proptest::sample::select(ids)
                .prop_map(|id| Answer::new(AnswerValue::Choice(id)))
                .boxed()
        }
    }
}

/// Answers to some of all questions.
fn some_answers() -> impl Strategy<Value = Answers> {
    let all: Vec<_> = inputs()
        .iter()
        .map(|(name, input)| {
            let answer = proptest::option::weighted(0.8, any_answer(&input.kind));
            answer.prop_map(move |answer| Some((name.clone(), answer?)))
        })
        .collect();
    all.prop_map(|answers| answers.into_iter().flatten().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_answers_give_an_outcome_or_a_reason(answers in some_answers()) {
        for guideline in guidelines() {
            let said = guideline.recommend(&answers);
            match &said.result {
                Verdict::Recommended { .. } => prop_assert!(!said.trace.is_empty()),
                Verdict::NotApplicable { why } => prop_assert!(!why.is_empty()),
                Verdict::NotAssessable { missing } => prop_assert!(!missing.is_empty()),
            }
            prop_assert_eq!(guideline.recommend(&answers), said);
        }
    }

    #[test]
    fn an_answer_more_never_changes_an_outcome_that_stood(answers in some_answers(), more in some_answers()) {
        for guideline in guidelines() {
            let before = guideline.recommend(&answers).result;
            let Verdict::Recommended { outcome, .. } = &before else { continue };
            // Only what was not answered, and what contradicts nothing.
            let mut fuller = more.clone();
            fuller.extend(answers.clone());
            let mut computed = guideline.computed_by.keys();
            if computed.any(|name| !answers.contains_key(name)) { continue }
            match guideline.recommend(&fuller).result {
                Verdict::Recommended { outcome: after, .. } => prop_assert_eq!(outcome, &after),
                // A further answer may contradict one of those, or show that the guideline does not apply.
                Verdict::NotApplicable { .. } | Verdict::NotAssessable { .. } => {}
            }
        }
    }
}
