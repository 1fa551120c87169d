//! Scores of points: the published cases, every bound of every row, and what must hold for all answers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_arguments,
    clippy::too_many_lines
)]

use knowledge::{
    Answer, Answers, Combine, Kind, PointScore, Said, ScoreFound, ask, cards, inputs, point_scores,
};
use proptest::prelude::*;
use serde_json::{Value, json};
use vocabulary::Assessed;

fn answers(value: &Value) -> Answers {
    serde_json::from_value(value.clone()).unwrap()
}

fn said(id: &str, value: &Value) -> ScoreFound {
    match ask(id, &answers(value)) {
        Some(Said::Score(found)) => *found,
        other => panic!("{id} said {other:?}"),
    }
}

fn sum(found: &ScoreFound) -> i64 {
    *found.result.value().unwrap_or_else(|| panic!("{found:?}"))
}

fn missing(found: &ScoreFound) -> Vec<String> {
    match &found.result {
        Assessed::Assessed { value } => panic!("{} gave {value}", found.score),
        Assessed::NotAssessable { missing } => missing.iter().map(|m| m.input.clone()).collect(),
    }
}

fn band(found: &ScoreFound) -> &str {
    found.band.as_ref().map_or("none", |band| band.id.as_str())
}

fn news2(rr: u16, spo2: u16, scale_2: u8, o2: u8, sbp: u16, hr: u16, avpu: &str, t: f64) -> Value {
    json!({ "respiratory_rate_per_min": rr, "spo2_percent": spo2, "spo2_scale_2": scale_2,
        "on_oxygen": o2, "systolic_mmhg": sbp, "pulse_per_min": hr, "consciousness": avpu,
        "temperature_c": t, "age_years": 70, "pregnant": 0 })
}

#[test]
fn the_published_cases_of_news2() {
    for (input, expected, risk) in [
        (news2(16, 98, 0, 0, 120, 72, "A", 37.0), 0, "low"),
        (news2(26, 90, 0, 1, 95, 118, "C", 38.6), 16, "high"),
        (news2(22, 89, 1, 0, 105, 96, "A", 37.5), 4, "low"),
        (news2(9, 94, 0, 1, 222, 45, "A", 35.0), 11, "high"),
        (news2(20, 95, 0, 0, 111, 90, "A", 36.1), 1, "low"),
    ] {
        let found = said("news2", &input);
        assert_eq!(sum(&found), expected, "{input}");
        assert_eq!(band(&found), risk, "{input}");
        assert!(found.warnings.is_empty());
    }
}

#[test]
fn the_labels_of_news2_are_those_of_the_college() {
    for (input, expected, risk, observe) in [
        (
            news2(16, 98, 0, 0, 120, 72, "A", 37.0),
            0,
            "low",
            "every 12 hours",
        ),
        (
            news2(16, 95, 0, 0, 120, 72, "A", 37.0),
            1,
            "low",
            "4 to 6 hours",
        ),
        (
            news2(21, 93, 0, 0, 120, 72, "A", 37.0),
            4,
            "low",
            "4 to 6 hours",
        ),
        // A single 3 lifts a low sum, and a sum of 5 or more by itself.
        (
            news2(16, 98, 0, 0, 120, 72, "V", 37.0),
            3,
            "low-medium",
            "every hour",
        ),
        (
            news2(16, 98, 0, 0, 120, 91, "V", 37.0),
            4,
            "low-medium",
            "every hour",
        ),
        (
            news2(16, 98, 0, 1, 120, 72, "V", 37.0),
            5,
            "medium",
            "every hour",
        ),
        (
            news2(21, 93, 0, 0, 120, 91, "A", 37.0),
            5,
            "medium",
            "every hour",
        ),
        (
            news2(21, 93, 0, 0, 120, 111, "A", 37.0),
            6,
            "medium",
            "every hour",
        ),
        (
            news2(21, 93, 0, 0, 110, 111, "A", 37.0),
            7,
            "high",
            "Continuously",
        ),
    ] {
        let found = said("news2", &input);
        assert_eq!((sum(&found), band(&found)), (expected, risk), "{input}");
        assert!(found.observe.unwrap().en.contains(observe), "{input}");
    }
    let found = said("news2", &news2(16, 98, 0, 0, 120, 72, "A", 37.0));
    assert!(found.attribution.unwrap().en.contains("Royal College"));
    assert!(!found.needs_confirmation);
}

/// A parameter, its input, and values with their points.
type Rows<'a> = (&'a str, &'a str, &'a [(f64, i64)]);

/// Each row of the table of the college at both of its ends.
#[test]
fn every_bound_of_news2_is_exact() {
    let base = || news2(16, 98, 0, 0, 120, 72, "A", 37.0);
    let rows: &[Rows] = &[
        (
            "respiration",
            "respiratory_rate_per_min",
            &[
                (0.0, 3),
                (8.0, 3),
                (9.0, 1),
                (11.0, 1),
                (12.0, 0),
                (20.0, 0),
                (21.0, 2),
                (24.0, 2),
                (25.0, 3),
                (80.0, 3),
            ],
        ),
        (
            "spo2",
            "spo2_percent",
            &[
                (50.0, 3),
                (91.0, 3),
                (92.0, 2),
                (93.0, 2),
                (94.0, 1),
                (95.0, 1),
                (96.0, 0),
                (100.0, 0),
            ],
        ),
        (
            "systolic",
            "systolic_mmhg",
            &[
                (30.0, 3),
                (90.0, 3),
                (91.0, 2),
                (100.0, 2),
                (101.0, 1),
                (110.0, 1),
                (111.0, 0),
                (219.0, 0),
                (220.0, 3),
                (300.0, 3),
            ],
        ),
        (
            "pulse",
            "pulse_per_min",
            &[
                (0.0, 3),
                (40.0, 3),
                (41.0, 1),
                (50.0, 1),
                (51.0, 0),
                (90.0, 0),
                (91.0, 1),
                (110.0, 1),
                (111.0, 2),
                (130.0, 2),
                (131.0, 3),
                (300.0, 3),
            ],
        ),
        (
            "temperature",
            "temperature_c",
            &[
                (25.0, 3),
                (35.0, 3),
                (35.1, 1),
                (36.0, 1),
                (36.1, 0),
                (38.0, 0),
                (38.1, 1),
                (39.0, 1),
                (39.1, 2),
                (45.0, 2),
            ],
        ),
    ];
    for (parameter, input, row) in rows {
        for (value, points) in *row {
            let mut given = base();
            given[*input] = json!(value);
            let found = said("news2", &given);
            let worth = found
                .parameters
                .iter()
                .find(|p| p.id == *parameter)
                .unwrap();
            assert_eq!(worth.points, Some(*points), "{input} {value}");
            assert_eq!(sum(&found), *points, "{input} {value}");
        }
    }
    // The second scale, on air and on oxygen (which is worth 2 by itself).
    for (value, air, oxygen) in [
        (83, 3, 3),
        (84, 2, 2),
        (85, 2, 2),
        (86, 1, 1),
        (87, 1, 1),
        (88, 0, 0),
        (92, 0, 0),
        (93, 0, 1),
        (94, 0, 1),
        (95, 0, 2),
        (96, 0, 2),
        (97, 0, 3),
        (100, 0, 3),
    ] {
        assert_eq!(
            sum(&said("news2", &news2(16, value, 1, 0, 120, 72, "A", 37.0))),
            air,
            "{value}"
        );
        assert_eq!(
            sum(&said("news2", &news2(16, value, 1, 1, 120, 72, "A", 37.0))),
            oxygen + 2,
            "{value}"
        );
    }
    for (level, points) in [("A", 0), ("C", 3), ("V", 3), ("P", 3), ("U", 3)] {
        assert_eq!(
            sum(&said("news2", &news2(16, 98, 0, 0, 120, 72, level, 37.0))),
            points
        );
    }
}

#[test]
fn news2_is_not_for_children_nor_in_pregnancy() {
    let mut given = news2(16, 98, 0, 0, 120, 72, "A", 37.0);
    given["age_years"] = json!(15);
    assert_eq!(missing(&said("news2", &given)), ["age_years"]);
    given["age_years"] = json!(16);
    assert_eq!(sum(&said("news2", &given)), 0);
    given["pregnant"] = json!(true);
    assert_eq!(missing(&said("news2", &given)), ["pregnant"]);
    // Where nobody said, the sum is there with a warning.
    given
        .as_object_mut()
        .unwrap()
        .retain(|name, _| name != "age_years" && name != "pregnant");
    let found = said("news2", &given);
    assert_eq!(sum(&found), 0);
    let warned: Vec<&str> = found.warnings.iter().map(|w| w.input.as_str()).collect();
    assert_eq!(warned, ["age_years", "pregnant"]);
}

#[test]
fn what_lies_outside_a_table_or_between_its_rows_is_refused() {
    for (input, value) in [
        ("respiratory_rate_per_min", json!(81)),
        ("respiratory_rate_per_min", json!(-1)),
        ("respiratory_rate_per_min", json!(16.5)),
        ("spo2_percent", json!(49)),
        ("spo2_percent", json!(101)),
        ("systolic_mmhg", json!(29)),
        ("systolic_mmhg", json!(301)),
        ("pulse_per_min", json!(301)),
        ("temperature_c", json!(24.9)),
        ("temperature_c", json!(45.1)),
        ("temperature_c", json!(36.05)),
        ("consciousness", json!("X")),
        ("spo2_percent", json!({"value": 98, "unit": "kPa"})),
    ] {
        let mut given = news2(16, 98, 0, 0, 120, 72, "A", 37.0);
        given[input] = value.clone();
        assert_eq!(missing(&said("news2", &given)), [input], "{value}");
    }
}

#[test]
fn what_is_refused_says_of_what_how_much_was_given_and_what_is_taken() {
    for (input, value, zh, en) in [
        (
            "spo2_percent",
            json!(42),
            "血氧饱和度：42 % 超出允许范围 50–100 %",
            "Oxygen saturation (SpO2): 42 % is outside the range of 50 to 100 %",
        ),
        (
            "temperature_c",
            json!(36.05),
            "体温：36.05 °C，须保留 1 位小数：评分表按此取值",
            "Temperature: 36.05 °C, must be given to 1 decimal, as the table of the score is",
        ),
    ] {
        let mut given = news2(16, 98, 0, 0, 120, 72, "A", 37.0);
        given[input] = value;
        let Assessed::NotAssessable { missing } = said("news2", &given).result else {
            panic!("{input} is refused");
        };
        assert_eq!(
            (missing[0].why.zh.as_str(), missing[0].why.en.as_str()),
            (zh, en)
        );
    }
}

fn mews(sbp: u16, hr: u16, rr: u16, t: f64, avpu: &str) -> Value {
    json!({ "systolic_mmhg": sbp, "pulse_per_min": hr, "respiratory_rate_per_min": rr,
        "temperature_c": t, "consciousness": avpu })
}

#[test]
fn the_published_cases_of_mews_and_the_triage_that_stands_on_it() {
    for (input, expected, alert, level) in [
        (mews(120, 72, 16, 37.0, "A"), 1, "below-alert", "IV"),
        (mews(65, 135, 32, 39.0, "P"), 13, "alert", "I"),
        (mews(95, 105, 22, 38.6, "A"), 6, "alert", "I"),
        (mews(205, 45, 10, 36.5, "A"), 3, "below-alert", "III"),
        (mews(120, 40, 12, 37.0, "A"), 1, "below-alert", "IV"),
        (mews(120, 39, 12, 37.0, "A"), 2, "below-alert", "III"),
        (mews(120, 39, 16, 37.0, "V"), 4, "below-alert", "II"),
        (mews(120, 39, 21, 37.0, "V"), 5, "alert", "II"),
    ] {
        let found = said("mews", &input);
        assert_eq!((sum(&found), band(&found)), (expected, alert), "{input}");
        let triage = said("ed-triage-cn-2018", &input);
        assert_eq!((sum(&triage), band(&triage)), (expected, level), "{input}");
        assert!(triage.needs_confirmation && !found.needs_confirmation);
    }
    // MEWS has no row for new confusion.
    assert_eq!(
        missing(&said("mews", &mews(120, 72, 16, 37.0, "C"))),
        ["consciousness"]
    );
}

#[test]
fn qsofa_is_positive_from_two() {
    let qsofa = |rr: u16, altered: bool, sbp: u16| json!({ "respiratory_rate_per_min": rr, "altered_mentation": altered, "systolic_mmhg": sbp });
    for (input, expected, result) in [
        (qsofa(21, false, 101), 0, "negative"),
        (qsofa(22, false, 101), 1, "negative"),
        (qsofa(22, false, 100), 2, "positive"),
        (qsofa(22, true, 100), 3, "positive"),
    ] {
        let found = said("qsofa", &input);
        assert_eq!((sum(&found), band(&found)), (expected, result), "{input}");
    }
}

#[test]
fn the_published_cases_of_curb_65() {
    let curb = |confused: bool, bun: f64, rr: u16, sbp: u16, dbp: u16, age: u16| {
        json!({ "new_confusion": confused, "bun_mg_dl": bun, "respiratory_rate_per_min": rr,
            "systolic_mmhg": sbp, "diastolic_mmhg": dbp, "age_years": age })
    };
    for (input, expected, risk) in [
        (curb(true, 30.0, 32, 85, 55, 80), 5, "severe"),
        (curb(false, 20.0, 30, 95, 60, 65), 4, "severe"),
        (curb(true, 19.0, 28, 90, 70, 66), 2, "intermediate"),
        (curb(false, 15.0, 22, 120, 70, 64), 0, "low"),
    ] {
        let found = said("curb-65", &input);
        assert_eq!((sum(&found), band(&found)), (expected, risk), "{input}");
    }
    // The other unit of urea, at its bound; both units at once must agree.
    let mut given = curb(false, 15.0, 22, 120, 70, 64);
    given["urea_mmol_l"] = json!(7);
    assert_eq!(sum(&said("curb-65", &given)), 0);
    given["urea_mmol_l"] = json!(7.1);
    assert_eq!(missing(&said("curb-65", &given)), ["urea_mmol_l"]);
    given.as_object_mut().unwrap().remove("bun_mg_dl");
    assert_eq!(sum(&said("curb-65", &given)), 1);
    given.as_object_mut().unwrap().remove("urea_mmol_l");
    assert_eq!(
        missing(&said("curb-65", &given)),
        ["urea_mmol_l | bun_mg_dl"]
    );
}

fn psi(age: u16, female: bool, changes: &Value) -> Value {
    let mut given = json!({ "age_years": age, "female": female, "nursing_home": false,
        "neoplastic_disease": false, "liver_disease": false, "heart_failure": false,
        "cerebrovascular_disease": false, "renal_disease": false, "altered_mentation": false,
        "respiratory_rate_per_min": 18, "systolic_mmhg": 120, "temperature_c": 37.0,
        "pulse_per_min": 80, "arterial_ph": 7.4, "bun_mg_dl": 15, "sodium_mmol_l": 140,
        "glucose_mg_dl": 100, "haematocrit_percent": 40, "pao2_mmhg": 80,
        "pleural_effusion": false });
    for (name, value) in changes.as_object().unwrap() {
        given[name] = value.clone();
    }
    given
}

#[test]
fn the_published_cases_of_the_pneumonia_severity_index() {
    let first = json!({ "nursing_home": true, "heart_failure": true, "renal_disease": true,
        "altered_mentation": true, "respiratory_rate_per_min": 32, "systolic_mmhg": 88,
        "bun_mg_dl": 38, "arterial_ph": 7.31, "pao2_mmhg": 58 });
    for (input, expected, class) in [
        (psi(78, true, &first), 218, "V"),
        (
            psi(
                62,
                false,
                &json!({ "neoplastic_disease": true, "pleural_effusion": true }),
            ),
            102,
            "IV",
        ),
        (psi(55, true, &json!({})), 45, "II"),
        (psi(70, false, &json!({})), 70, "II"),
        (psi(71, false, &json!({})), 71, "III"),
        (psi(90, false, &json!({})), 90, "III"),
        (psi(91, false, &json!({})), 91, "IV"),
        (
            psi(100, false, &json!({ "neoplastic_disease": true })),
            130,
            "IV",
        ),
        (
            psi(101, false, &json!({ "neoplastic_disease": true })),
            131,
            "V",
        ),
        (psi(51, false, &json!({})), 51, "II"),
        (psi(50, false, &json!({})), 50, "I"),
    ] {
        let found = said("psi", &input);
        assert_eq!((sum(&found), band(&found)), (expected, class), "{input}");
    }
}

#[test]
fn class_one_needs_no_laboratory_and_nothing_else_does_without() {
    let mut given = psi(50, false, &json!({}));
    given.as_object_mut().unwrap().remove("arterial_ph");
    let found = said("psi", &given);
    assert_eq!(band(&found), "I");
    assert_eq!(missing(&found), ["arterial_ph"]);
    given["age_years"] = json!(51);
    assert_eq!(band(&said("psi", &given)), "none");
    given["age_years"] = json!(50);
    given.as_object_mut().unwrap().remove("liver_disease");
    assert_eq!(band(&said("psi", &given)), "none");
}

fn required(score: &PointScore) -> Vec<String> {
    let either = score
        .parameters
        .iter()
        .filter(|p| p.combine == Combine::Either);
    let spare: Vec<String> = either
        .flat_map(|p| p.items[1..].iter().map(|i| i.input.clone()))
        .collect();
    let names = score.input_names().into_iter().map(str::to_owned);
    names.filter(|name| !spare.contains(name)).collect()
}

#[test]
fn any_answer_taken_away_is_named_and_leaves_no_sum() {
    for score in point_scores() {
        let mut whole = Answers::new();
        for name in required(score) {
            let value = match &inputs()[&name].kind {
                Kind::YesNo => Answer::from(false),
                Kind::Choice(options) => Answer::from(options[0].id.as_str()),
                Kind::Number { .. } if name == "temperature_c" => Answer::from(37.0),
                Kind::Number { .. } if name == "arterial_ph" => Answer::from(7.4),
                Kind::Number { .. } if name == "mmrc" => Answer::from(2.0),
                Kind::Number { .. } => Answer::from(80.0),
            };
            whole.insert(name, value);
        }
        assert!(score.score(&whole).result.value().is_some(), "{}", score.id);
        for name in required(score) {
            let mut less = whole.clone();
            less.remove(&name);
            let found = score.score(&less);
            let named = missing(&found);
            assert!(
                named.iter().any(|m| m.split(" | ").any(|m| m == name)),
                "{} {name}: {named:?}",
                score.id
            );
            assert!(found.observe.is_none());
        }
        assert!(
            !missing(&score.score(&Answers::new())).is_empty(),
            "{}",
            score.id
        );
    }
}

#[test]
fn scores_are_in_the_list_of_what_can_be_asked() {
    let cards = cards();
    for score in point_scores() {
        let card = cards.iter().find(|card| card.id == score.id).unwrap();
        assert!(!card.citation.is_empty());
        for name in score.input_names() {
            assert!(
                card.inputs.iter().any(|input| input.name == name),
                "{} {name}",
                score.id
            );
        }
    }
    let news2 = cards.iter().find(|card| card.id == "news2").unwrap();
    let pulse = news2
        .inputs
        .iter()
        .find(|input| input.name == "pulse_per_min")
        .unwrap();
    assert_eq!(pulse.range, [Some(0.0), Some(300.0)]);
}

#[test]
fn a_file_that_contradicts_itself_is_refused() {
    let good = include_str!("../scores/news2.toml");
    assert!(PointScore::read(good).is_ok());
    for (from, to) in [
        ("{ up-to = 11, points = 1 }", "{ up-to = 7, points = 1 }"),
        ("  { points = 3 },\n]", "]"),
        ("rcp-news2-2017", "hearsay"),
        ("input = \"pulse_per_min\"", "input = \"pulse\""),
        ("yes = 2", "points-each = 2"),
        ("U = 3", "X = 3"),
        ("id = \"high\"", "id = \"high\"\nup-to = 20"),
    ] {
        assert!(good.contains(from), "{from}");
        assert!(
            PointScore::read(&good.replacen(from, to, 1)).is_err(),
            "{to}"
        );
    }
}

proptest! {
    #[test]
    fn a_sum_is_the_sum_of_its_parameters(choice in any::<proptest::sample::Index>(), seed in proptest::collection::vec((0_u16..=30, any::<bool>(), 0_usize..5), 24)) {
        let score = &point_scores()[choice.index(point_scores().len())];
        let mut given = Answers::new();
        for (name, (number, yes, nth)) in score.input_names().into_iter().zip(seed) {
            let answer = match &inputs()[name].kind {
                Kind::YesNo => Answer::from(yes),
                Kind::Choice(options) => Answer::from(options[nth % options.len()].id.as_str()),
                Kind::Number { .. } => Answer::from(f64::from(number) + 10.0),
            };
            given.insert(name.to_owned(), answer);
        }
        let found = score.score(&given);
        if let Some(sum) = found.result.value() {
            let points: i64 = found.parameters.iter().map(|p| p.points.unwrap()).sum();
            prop_assert_eq!(*sum, points);
            prop_assert!(found.band.is_some());
        } else {
            prop_assert!(found.parameters.iter().any(|p| !p.missing.is_empty()) || found.band.is_none());
        }
    }

    #[test]
    fn news2_never_falls_where_one_parameter_gets_worse(rr in 12_u16..=20, worse in 21_u16..=80) {
        let calm = sum(&said("news2", &news2(rr, 98, 0, 0, 120, 72, "A", 37.0)));
        let fast = sum(&said("news2", &news2(worse, 98, 0, 0, 120, 72, "A", 37.0)));
        prop_assert!(calm < fast);
    }
}
