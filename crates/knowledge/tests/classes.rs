//! Classes and scores about breathing and sleep against the cases that their sources work out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use knowledge::{Answer, Answers, Classes, class_list, class_lists, point_score};
use vocabulary::Assessed;

fn answers(given: &[(&str, f64)]) -> Answers {
    given
        .iter()
        .map(|(name, value)| ((*name).to_owned(), Answer::from(*value)))
        .collect()
}

/// The class, or the names of what is missing.
fn class(id: &str, given: &[(&str, f64)]) -> String {
    match class_list(id).unwrap().classify(&answers(given)).result {
        Assessed::Assessed { value } => value.id,
        Assessed::NotAssessable { missing } => {
            let names: Vec<String> = missing.into_iter().map(|missing| missing.input).collect();
            format!("missing {}", names.join(" "))
        }
    }
}

fn check(id: &str, cases: &[(&[(&str, f64)], &str)]) {
    for (given, expected) in cases {
        assert_eq!(class(id, given), *expected, "{id} {given:?}");
    }
}

#[test]
fn gold_grades_are_not_rounded() {
    let of = |percent| {
        class(
            "gold-grade",
            &[
                ("ratio_post", 0.6),
                ("fev1_percent_predicted_post", percent),
            ],
        )
    };
    for (percent, grade) in [
        (80.0, "1"),
        (79.9, "2"),
        (50.0, "2"),
        (49.9, "3"),
        (30.0, "3"),
        (29.9, "4"),
    ] {
        assert_eq!(of(percent), grade, "{percent}");
    }
    check(
        "gold-grade",
        &[
            (&[("ratio_post", 0.7)], "not-obstructed"),
            (
                &[("ratio_post", 0.69)],
                "missing fev1_percent_predicted_post",
            ),
            (
                &[("fev1_percent_predicted_post", 60.0)],
                "missing ratio_post",
            ),
            (
                &[("ratio_post", 69.0), ("fev1_percent_predicted_post", 60.0)],
                "missing ratio_post",
            ),
        ],
    );
}

#[test]
fn what_is_refused_says_of_what_how_much_was_given_and_what_is_taken() {
    let given = answers(&[("cpap_nights", 31.0), ("cpap_nights_4h_percent", 80.0)]);
    let found = class_list("cpap-adherence").unwrap().classify(&given);
    let Assessed::NotAssessable { missing } = found.result else {
        unreachable!("31 nights are not the period")
    };
    let why = &missing[0].why;
    assert_eq!(why.zh, "统计的夜晚数：31 夜 超出允许范围 30–30 夜");
    let expected = "Nights of the period: 31 nights is outside the range of 30 to 30 nights";
    assert_eq!(why.en, expected);
}

#[test]
fn gold_groups_by_the_year_of_the_report() {
    // mMRC, CAT, moderate exacerbations, admission; the group of 2023 to 2025 and of 2026.
    let cases = [
        (Some(1.0), Some(8.0), 0.0, 0.0, "A", "A"),
        (Some(2.0), None, 1.0, 0.0, "B", "E"),
        (None, Some(10.0), 1.0, 0.0, "B", "E"),
        (Some(0.0), Some(5.0), 2.0, 0.0, "E", "E"),
        (Some(3.0), Some(22.0), 0.0, 1.0, "E", "E"),
    ];
    for (mmrc, cat, moderate, admitted, until_2025, from_2026) in cases {
        let mut given = vec![
            ("moderate_exacerbations_12mo", moderate),
            ("hospital_exacerbation_12mo", admitted),
        ];
        given.extend(mmrc.map(|mmrc| ("mmrc", mmrc)));
        given.extend(cat.map(|cat| ("cat_total", cat)));
        assert_eq!(class("gold-abe-2023", &given), until_2025, "{given:?}");
        assert_eq!(class("gold-abe-2026", &given), from_2026, "{given:?}");
    }
    check(
        "gold-abe-2023",
        &[
            (
                &[("mmrc", 3.0), ("moderate_exacerbations_12mo", 1.0)],
                "missing hospital_exacerbation_12mo",
            ),
            (&[("mmrc", 3.0), ("moderate_exacerbations_12mo", 2.0)], "E"),
            (
                &[
                    ("mmrc", 1.0),
                    ("moderate_exacerbations_12mo", 0.0),
                    ("hospital_exacerbation_12mo", 0.0),
                ],
                "missing cat_total",
            ),
            (
                &[
                    ("mmrc", 1.5),
                    ("cat_total", 3.0),
                    ("moderate_exacerbations_12mo", 0.0),
                    ("hospital_exacerbation_12mo", 0.0),
                ],
                "missing mmrc",
            ),
        ],
    );
}

#[test]
fn stages_by_the_ratio() {
    for (ratio, stage) in [
        (0.55, "2"),
        (0.70, "not-obstructed"),
        (0.6999, "1"),
        (0.60, "1"),
        (0.5, "2"),
        (0.4, "3"),
        (0.39, "4"),
    ] {
        assert_eq!(
            class("star-2023", &[("ratio_post", ratio)]),
            stage,
            "{ratio}"
        );
    }
}

#[test]
fn exacerbations_by_the_rome_proposal() {
    let gas = |paco2, ph| [("paco2_mmhg", paco2), ("arterial_ph", ph)];
    let signs = |vas, breaths, pulse, spo2, crp| {
        [
            ("dyspnoea_vas", vas),
            ("respiratory_rate_per_min", breaths),
            ("pulse_per_min", pulse),
            ("spo2_percent", spo2),
            ("spo2_fall_percent", 0.0),
            ("crp_mg_l", crp),
        ]
    };
    let all = |signs: [(&'static str, f64); 6], gas: [(&'static str, f64); 2]| {
        class("rome-2021", &[signs.as_slice(), &gas].concat())
    };
    assert_eq!(
        all(signs(4.0, 20.0, 90.0, 95.0, 5.0), gas(40.0, 7.40)),
        "mild"
    );
    assert_eq!(
        all(signs(5.0, 24.0, 95.0, 95.0, 5.0), gas(40.0, 7.40)),
        "moderate"
    );
    assert_eq!(
        all(signs(6.0, 26.0, 110.0, 88.0, 40.0), gas(52.0, 7.31)),
        "severe"
    );
    assert_eq!(
        all(signs(6.0, 26.0, 110.0, 88.0, 40.0), gas(52.0, 7.36)),
        "moderate"
    );
    // Three signs are there already: what is missing cannot change that they are; the gas still can.
    check(
        "rome-2021",
        &[
            (
                &[
                    ("dyspnoea_vas", 6.0),
                    ("respiratory_rate_per_min", 26.0),
                    ("pulse_per_min", 110.0),
                ],
                "missing paco2_mmhg arterial_ph",
            ),
            (
                &[
                    ("dyspnoea_vas", 6.0),
                    ("respiratory_rate_per_min", 26.0),
                    ("pulse_per_min", 110.0),
                    ("paco2_mmhg", 40.0),
                ],
                "moderate",
            ),
        ],
    );
}

#[test]
fn severity_by_z_and_response_to_a_bronchodilator() {
    for (z, severity) in [
        (-1.645, "normal"),
        (-1.65, "mild"),
        (-2.5, "mild"),
        (-2.51, "moderate"),
        (-4.0, "moderate"),
        (-4.01, "severe"),
    ] {
        assert_eq!(
            class("spirometry-severity-2022", &[("z_score", z)]),
            severity,
            "{z}"
        );
    }
    for (pre, post, predicted, percent, new, old) in [
        (2.10, 2.40, 3.00, 10.00, "negative", "positive"),
        (2.10, 2.45, 3.00, 11.67, "positive", "positive"),
        (1.00, 1.25, 3.20, 7.81, "negative", "positive"),
    ] {
        let said = knowledge::lung_function::response(pre, post, Some(predicted));
        let said = *said.value().unwrap();
        let of_predicted = said.percent_of_predicted.unwrap();
        assert!((of_predicted - percent).abs() < 0.005, "{said:?}");
        assert_eq!(
            class(
                "bronchodilator-2022",
                &[("change_percent_of_predicted", of_predicted)]
            ),
            new
        );
        let given = [
            ("change_percent_of_baseline", said.percent_of_baseline),
            ("change_ml", said.millilitres),
        ];
        assert_eq!(class("bronchodilator-2005", &given), old);
    }
    assert!(
        knowledge::lung_function::response(0.0, 1.0, None)
            .value()
            .is_none()
    );
}

#[test]
fn asthma_control_and_variability() {
    let of = |day, night, reliever, activity| {
        class(
            "gina-control",
            &[
                ("gina_day_symptoms", day),
                ("gina_night_waking", night),
                ("gina_reliever", reliever),
                ("gina_activity_limit", activity),
            ],
        )
    };
    for (given, control) in [
        ([0.0, 0.0, 0.0, 0.0], "well"),
        ([1.0, 0.0, 0.0, 0.0], "partly"),
        ([1.0, 1.0, 0.0, 0.0], "partly"),
        ([1.0, 1.0, 1.0, 0.0], "uncontrolled"),
        ([1.0, 1.0, 1.0, 1.0], "uncontrolled"),
    ] {
        assert_eq!(of(given[0], given[1], given[2], given[3]), control);
    }
    check(
        "gina-control",
        &[(
            &[("gina_day_symptoms", 1.0)],
            "missing gina_night_waking gina_reliever gina_activity_limit",
        )],
    );
    let same = knowledge::lung_function::pef_variability_percent(&[(360.0, 420.0); 7]);
    let percent = *same.value().unwrap();
    assert!((percent - 15.38).abs() < 0.005, "{percent}");
    for child in [0.0, 1.0] {
        assert_eq!(
            class(
                "pef-variability",
                &[("child", child), ("pef_variability_percent", percent)]
            ),
            "excessive"
        );
    }
    assert_eq!(
        class(
            "pef-variability",
            &[("child", 1.0), ("pef_variability_percent", 13.0)]
        ),
        "usual"
    );
    assert!(
        knowledge::lung_function::pef_variability_percent(&[(360.0, 420.0); 6])
            .value()
            .is_none()
    );
}

#[test]
fn sleep_apnoea() {
    for (events, hours, ahi, severity) in [
        (54.0, 6.0, 9.00, "mild"),
        (105.0, 7.0, 15.00, "moderate"),
        (104.0, 6.95, 14.96, "mild"),
        (210.0, 7.0, 30.00, "severe"),
    ] {
        let found: f64 = events / hours;
        assert!((found - ahi).abs() < 0.005);
        assert_eq!(
            class("osa-severity", &[("ahi_per_hour", found)]),
            severity,
            "{found}"
        );
    }
    assert_eq!(class("osa-severity", &[("ahi_per_hour", 4.99)]), "none");
    check(
        "berlin-1999",
        &[
            (
                &[
                    ("berlin_snoring_points", 2.0),
                    ("berlin_sleepiness_points", 2.0),
                ],
                "high",
            ),
            (
                &[
                    ("berlin_snoring_points", 1.0),
                    ("berlin_sleepiness_points", 1.0),
                ],
                "low",
            ),
            (
                &[
                    ("berlin_snoring_points", 2.0),
                    ("berlin_sleepiness_points", 0.0),
                    ("hypertension", 0.0),
                    ("bmi", 30.0),
                ],
                "low",
            ),
            (
                &[
                    ("berlin_snoring_points", 2.0),
                    ("berlin_sleepiness_points", 0.0),
                    ("hypertension", 0.0),
                    ("bmi", 30.1),
                ],
                "high",
            ),
            (
                &[
                    ("berlin_snoring_points", 2.0),
                    ("berlin_sleepiness_points", 0.0),
                    ("bmi", 29.0),
                ],
                "missing hypertension",
            ),
        ],
    );
}

#[test]
fn adherence_counts_whole_nights() {
    for (nights, expected) in [(23, "adherent"), (21, "adherent"), (20, "not-adherent")] {
        let hours: Vec<Option<f64>> = (0..30)
            .map(|night| Some(if night < nights { 4.0 } else { 3.99 }))
            .collect();
        let said = knowledge::adherence(&hours);
        assert_eq!(said.value().map(String::as_str), Some(expected), "{nights}");
    }
    let of = |used: usize, unknown: usize| {
        let night = |place: usize| {
            if place < used {
                Some(5.0)
            } else if place < used + unknown {
                None
            } else {
                Some(0.0)
            }
        };
        let hours: Vec<Option<f64>> = (0..30).map(night).collect();
        knowledge::adherence(&hours).value().cloned()
    };
    // A night of which nothing is known decides nothing, unless it cannot.
    assert_eq!(of(21, 9).as_deref(), Some("adherent"));
    assert_eq!(of(10, 10).as_deref(), Some("not-adherent"));
    assert_eq!(of(20, 1), None);
}

#[test]
fn scores_of_screening_and_of_bode() {
    let sum = |id: &str, given: &[(&str, f64)]| {
        let found = point_score(id).unwrap().score(&answers(given));
        (
            found.result.value().copied(),
            found.band.map(|band| band.id),
        )
    };
    let stop = |snore, tired, observed, pressure, bmi, age, neck, male| {
        sum(
            "stop-bang",
            &[
                ("stop_bang_snoring", snore),
                ("stop_bang_tired", tired),
                ("stop_bang_observed", observed),
                ("stop_bang_pressure", pressure),
                ("bmi", bmi),
                ("age_years", age),
                ("neck_cm", neck),
                ("male", male),
            ],
        )
    };
    assert_eq!(
        stop(1.0, 1.0, 0.0, 1.0, 30.0, 51.0, 38.0, 1.0),
        (Some(5), Some("high".into()))
    );
    assert_eq!(
        stop(0.0, 0.0, 0.0, 0.0, 35.0, 50.0, 40.0, 1.0),
        (Some(1), Some("low".into()))
    );
    assert_eq!(stop(1.0, 1.0, 1.0, 1.0, 36.0, 60.0, 41.0, 1.0).0, Some(8));
    let nosas = |neck, bmi, age, snore, male| {
        sum(
            "nosas",
            &[
                ("neck_cm", neck),
                ("bmi", bmi),
                ("age_years", age),
                ("snoring", snore),
                ("male", male),
            ],
        )
    };
    assert_eq!(
        nosas(41.0, 27.0, 56.0, 1.0, 1.0),
        (Some(15), Some("high".into()))
    );
    assert_eq!(
        nosas(38.0, 31.0, 50.0, 1.0, 0.0),
        (Some(7), Some("low".into()))
    );
    assert_eq!(
        nosas(42.0, 30.0, 60.0, 1.0, 1.0),
        (Some(17), Some("high".into()))
    );
    let bode = |bmi, fev1, mmrc, walk| {
        sum(
            "bode",
            &[
                ("bmi", bmi),
                ("fev1_percent_predicted_post", fev1),
                ("mmrc", mmrc),
                ("walk_6min_m", walk),
            ],
        )
        .0
    };
    assert_eq!(bode(20.0, 33.0, 3.0, 140.0), Some(9));
    assert_eq!(bode(24.0, 55.0, 2.0, 300.0), Some(3));
    assert_eq!(bode(27.0, 80.0, 1.0, 420.0), Some(0));
    assert_eq!(sum("nosas", &[("neck_cm", 41.0)]).0, None);
}

#[test]
fn any_answer_removed_is_named_or_cannot_matter() {
    for classes in class_lists() {
        assert!(!classes.input_names().is_empty(), "{}", classes.id);
        assert!(
            classes.classify(&Answers::new()).result.value().is_none(),
            "{}",
            classes.id
        );
    }
    let good = include_str!("../classes/star-2023.toml");
    assert!(Classes::read(good).is_ok());
    for (from, to) in [
        ("bhatt-2023", "hearsay"),
        (
            "input = \"ratio_post\", from",
            "input = \"ratio_poss\", from",
        ),
        ("from = 0.70", "form = 0.70"),
    ] {
        assert!(Classes::read(&good.replacen(from, to, 1)).is_err(), "{to}");
    }
}
