//! Published cases to the printed digit, refusals, and what must hold for all answers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use knowledge::{Answer, AnswerValue, Answers, Assessment, Kind, assess, find, inputs, models};
use proptest::prelude::*;
use serde::Deserialize;
use vocabulary::Assessed;

#[derive(Deserialize)]
struct Vectors {
    case: Vec<Case>,
    refused: Vec<Named>,
    warned: Vec<Named>,
}

#[derive(Deserialize)]
struct Case {
    model: String,
    answers: Answers,
    percent: String,
}

#[derive(Deserialize)]
struct Named {
    model: String,
    answers: Answers,
    inputs: Vec<String>,
}

fn vectors() -> Vectors {
    toml::from_str(include_str!("vectors.toml")).unwrap()
}

#[test]
fn what_nobody_can_have_measured_is_refused_whatever_a_model_was_made_for() {
    for (name, answer, why) in [
        (
            "diameter_mm",
            -9.0,
            "cannot be less than 0 mm: check the number and its unit",
        ),
        (
            "age_years",
            -1.0,
            "cannot be less than 0 years: check the number and its unit",
        ),
        (
            "nodule_count",
            -1.0,
            "cannot be less than 0: check the number and its unit",
        ),
        (
            "spo2_percent",
            101.0,
            "cannot be more than 100 %: check the number and its unit",
        ),
    ] {
        let refused = inputs()[name]
            .take(name, &Answer::from(answer))
            .unwrap_err();
        assert_eq!(
            (refused.input.as_str(), refused.why.en.as_str()),
            (name, why)
        );
        assert!(refused.why.zh.contains("不可能"));
    }
    // In another unit it is the same, and what can be is taken.
    let in_cm = |value: f64| {
        let mut answer = Answer::from(value);
        answer.unit = Some("cm".to_owned());
        inputs()["diameter_mm"].take("diameter_mm", &answer)
    };
    assert!(in_cm(-0.9).is_err());
    assert_eq!(in_cm(0.9).unwrap(), AnswerValue::Number(9.0));
    assert!(
        inputs()["z_score"]
            .take("z_score", &Answer::from(-2.5))
            .is_ok()
    );
    // No length, volume, time or rate is below 0.
    for (name, input) in inputs() {
        if let Kind::Number { unit, .. } = &input.kind
            && ["mm", "cm", "m", "mm3", "a", "d", "/min", "/h", "kg/m2"].contains(&unit.as_str())
        {
            assert_eq!(input.least, Some(0.0), "{name}");
        }
    }
}

fn missing(assessment: &Assessment) -> Vec<String> {
    match &assessment.result {
        Assessed::Assessed { value } => panic!("{} gave {value}", assessment.model),
        Assessed::NotAssessable { missing } => missing.iter().map(|m| m.input.clone()).collect(),
    }
}

#[test]
fn published_cases_to_the_printed_digit() {
    for case in vectors().case {
        let assessment = assess(&case.model, &case.answers).unwrap();
        let value = *assessment
            .result
            .value()
            .unwrap_or_else(|| panic!("{assessment:?}"));
        let digits = case.percent.split('.').next_back().unwrap().len();
        assert_eq!(
            format!("{:.digits$}", value * 100.0),
            case.percent,
            "{}",
            case.model
        );

        // The trace is the whole computation.
        let logit: f64 = assessment.trace.iter().map(|term| term.contribution).sum();
        assert!((1.0 / (1.0 + (-logit).exp()) - value).abs() < 1e-12);
        assert_eq!(assessment.percent, Some(format!("{:.1}", value * 100.0)));
    }
}

#[test]
fn unusable_answers_are_named_and_give_no_number() {
    for case in vectors().refused {
        let assessment = assess(&case.model, &case.answers).unwrap();
        let mut named = missing(&assessment);
        let mut expected = case.inputs;
        named.sort();
        expected.sort();
        assert_eq!(named, expected, "{}", case.model);
        assert_eq!(assessment.percent, None);
        assert_eq!(assessment.band, None);
        assert!(assessment.trace.is_empty());
    }
}

#[test]
fn patients_outside_the_population_are_warned_of() {
    for case in vectors().warned {
        let assessment = assess(&case.model, &case.answers).unwrap();
        assert!(assessment.result.value().is_some(), "{assessment:?}");
        let named: Vec<_> = assessment
            .warnings
            .iter()
            .map(|w| w.input.clone())
            .collect();
        assert_eq!(named, case.inputs, "{}", case.model);
    }
    // Within the population there is none.
    for case in vectors().case.iter().filter(|case| case.percent == "65.11") {
        assert!(assess("mayo", &case.answers).unwrap().warnings.is_empty());
    }
}

#[test]
fn no_answers_name_every_question() {
    for model in models().iter().filter(|model| model.id != "herder") {
        let mut expected: Vec<_> = model.input_names().map(str::to_owned).collect();
        if model.no_formula.is_some() {
            expected.push("coefficients".to_owned());
        }
        assert_eq!(
            missing(&model.assess(&Answers::new())),
            expected,
            "{}",
            model.id
        );
    }
}

#[test]
fn bands_compare_unrounded() {
    let mayo = find("mayo").unwrap();
    let band = |p: f64| {
        mayo.bands
            .iter()
            .find(|band| band.holds(p))
            .unwrap()
            .id
            .as_str()
    };
    assert_eq!(band(0.049_999), "low");
    assert_eq!(band(0.05), "intermediate");
    assert_eq!(band(0.65), "intermediate");
    assert_eq!(band(0.650_000_1), "high");
}

#[test]
fn unchecked_coefficients_say_so() {
    let flagged: Vec<_> = models()
        .iter()
        .filter(|m| m.confidence.needs_confirmation())
        .map(|m| m.id.as_str())
        .collect();
    assert_eq!(flagged, ["brock-2a"]);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let good = include_str!("../models/mayo.toml");
    for (from, to) in [
        ("intercept = -6.8272", ""),
        ("times = 0.0391", "times = \"much\""),
        ("input = \"age_years\"", "input = \"star_sign\""),
        ("evidence = \"swensen-1997\"", "evidence = \"hearsay\""),
        ("times = 0.7838", "choices = { yes = 0.7838 }"),
        ("version = \"1\"", "version = \"1\"\ncolour = \"red\""),
    ] {
        assert!(good.contains(from));
        assert!(
            knowledge::Model::read(&good.replacen(from, to, 1)).is_err(),
            "{to}"
        );
    }
}

/// Answers to all questions, each within what every model allows.
fn any_answers() -> impl Strategy<Value = Answers> {
    let numbers = (40..=80_u8, 1.0..=30.0, 0.0..=1.0, 1..=20_u8, 0.0..=40.0);
    let yes = proptest::collection::vec(any::<bool>(), inputs().len());
    (numbers, yes, 0..3_usize, 0..4_usize).prop_map(|(numbers, yes, kind, uptake)| {
        let (age, diameter, p_mayo, count, quit): (u8, f64, f64, u8, f64) = numbers;
        let mut answers = Answers::new();
        let mut yes = yes.into_iter();
        for (name, input) in inputs() {
            let answer = match &input.kind {
                Kind::YesNo => Answer::from(yes.next().unwrap()),
                Kind::Choice(options) if options.len() == 3 => {
                    Answer::from(options[kind].id.as_str())
                }
                Kind::Choice(options) => Answer::from(options[uptake % options.len()].id.as_str()),
                Kind::Number { .. } => Answer::from(match name.as_str() {
                    "age_years" => f64::from(age),
                    "diameter_mm" => diameter,
                    "p_mayo" => p_mayo,
                    "nodule_count" => f64::from(count),
                    "years_since_quit" => quit.min(f64::from(age)),
                    _ => 1.0,
                }),
            };
            answers.insert(name.clone(), answer);
        }
        if answers["ever_smoker"].value == AnswerValue::YesNo(false) {
            answers.insert("years_since_quit".to_owned(), Answer::from(0.0));
        }
        answers
    })
}

proptest! {
    #[test]
    fn a_probability_lies_between_zero_and_one(answers in any_answers()) {
        for model in models().iter().filter(|model| model.no_formula.is_none()) {
            let assessment = model.assess(&answers);
            let p = *assessment.result.value().expect("all questions are answered");
            prop_assert!(p > 0.0 && p < 1.0);
        }
    }

    #[test]
    fn without_any_one_answer_there_is_no_number(answers in any_answers()) {
        for model in models() {
            for name in model.input_names() {
                let mut fewer = answers.clone();
                fewer.remove(name);
                if name == "p_mayo" {
                    fewer.remove("age_years");
                }
                prop_assert!(model.assess(&fewer).result.value().is_none(), "{} without {name}", model.id);
            }
        }
    }

    #[test]
    fn risk_grows_with_size_and_age(answers in any_answers(), step in 0.1..5.0_f64) {
        for model in models() {
            for name in ["diameter_mm", "age_years"] {
                let AnswerValue::Number(now) = answers[name].value else { unreachable!() };
                let mut more = answers.clone();
                more.insert(name.to_owned(), Answer::from(now + step));
                let (Some(a), Some(b)) =
                    (model.assess(&answers).result.value().copied(), model.assess(&more).result.value().copied())
                else { continue };
                let uses = model.input_names().any(|input| input == name);
                prop_assert!(if uses { b > a } else { (b - a).abs() < 1e-15 }, "{} {name}", model.id);
            }
        }
    }

    #[test]
    fn centimetres_and_millimetres_agree(answers in any_answers()) {
        let AnswerValue::Number(mm) = answers["diameter_mm"].value else { unreachable!() };
        let mut in_cm = answers.clone();
        in_cm.insert(
            "diameter_mm".to_owned(),
            Answer { unit: Some("cm".to_owned()), ..Answer::from(mm / 10.0) },
        );
        for model in models() {
            if let (Some(a), Some(b)) =
                (model.assess(&answers).result.value(), model.assess(&in_cm).result.value())
            {
                prop_assert!((a - b).abs() < 1e-9, "{}", model.id);
            }
        }
    }
}
