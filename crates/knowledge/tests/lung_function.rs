//! Reference equations and the quality of spirometry, against published and independently computed cases.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use knowledge::lung_function::{
    BlowFacts, Judged, Measure, Person, Sex, equations, equations_of, judge_session, predict,
    quality,
};
use vocabulary::Assessed;

fn person(sex: Sex, age_years: f64, height_cm: f64, group: Option<&str>) -> Person {
    Person {
        sex: Some(sex),
        age_years: Some(age_years),
        height_cm: Some(height_cm),
        group: group.map(str::to_owned),
    }
}

/// Median, lower limit, z-score and per cent, as printed.
type Printed = (f64, Option<f64>, Option<f64>, Option<f64>);

fn check(id: &str, person: &Person, measure: Measure, value: f64, printed: Printed) {
    let said = predict(equations_of(id).unwrap(), measure, person, Some(value));
    let said = said.value().unwrap();
    let within = if measure == Measure::Ratio {
        0.0005
    } else {
        0.001
    };
    let (median, lower, z, percent) = printed;
    assert!((said.median - median).abs() < within, "{said:?}");
    assert!(
        lower.is_none_or(|lower| (said.lower_limit - lower).abs() < within),
        "{said:?}"
    );
    assert!(
        z.is_none_or(|z| (said.z_score.unwrap() - z).abs() < 0.01),
        "{said:?}"
    );
    assert!(
        percent.is_none_or(|percent| (said.percent.unwrap() - percent).abs() < 0.051),
        "{said:?}"
    );
    assert_eq!(said.equations, id);
    assert!(!said.citation.is_empty());
}

#[test]
fn the_worked_cases_of_gli_2012() {
    use {
        Measure::{Fev1, Fvc, Ratio},
        Sex::{Female, Male},
    };
    for (sex, age, height, group, measure, value, m, lln, z, percent) in [
        (
            Male,
            40.0,
            175.0,
            "caucasian",
            Fev1,
            3.20,
            4.0780,
            3.2314,
            -1.704,
            78.5,
        ),
        (
            Male,
            40.0,
            175.0,
            "caucasian",
            Fvc,
            4.40,
            5.0547,
            4.0236,
            -1.042,
            87.0,
        ),
        (
            Female,
            60.0,
            160.0,
            "north-east-asian",
            Fev1,
            1.60,
            2.3791,
            1.8055,
            -2.216,
            67.3,
        ),
        (
            Male,
            65.0,
            170.0,
            "north-east-asian",
            Ratio,
            0.4828,
            0.7770,
            0.6758,
            -4.240,
            62.1,
        ),
        (
            Male,
            10.0,
            140.0,
            "caucasian",
            Fev1,
            1.90,
            2.0213,
            1.6458,
            -0.534,
            94.0,
        ),
    ] {
        let person = person(sex, age, height, Some(group));
        check(
            "gli-2012",
            &person,
            measure,
            value,
            (m, Some(lln), Some(z), Some(percent)),
        );
    }
}

#[test]
fn the_worked_cases_of_gli_2022() {
    for (sex, age, height, value, m, lln, z, percent) in [
        (Sex::Male, 40.0, 175.0, 3.20, 3.8355, 2.9389, -1.176, 83.4),
        (Sex::Female, 60.0, 160.0, 1.60, 2.2918, 1.6457, -1.757, 69.8),
        (Sex::Male, 10.0, 140.0, 1.90, 1.9576, 1.5394, -0.232, 97.1),
    ] {
        let person = person(sex, age, height, None);
        check(
            "gli-2022",
            &person,
            Measure::Fev1,
            value,
            (m, Some(lln), Some(z), Some(percent)),
        );
    }
}

#[test]
fn the_worked_cases_of_jian_2017() {
    let man = person(Sex::Male, 65.0, 170.0, None);
    check(
        "jian-2017",
        &man,
        Measure::Fev1,
        1.40,
        (2.9952, Some(2.4244), Some(-5.079), None),
    );
    let woman = person(Sex::Female, 60.0, 160.0, None);
    check(
        "jian-2017",
        &woman,
        Measure::Fev1,
        1.60,
        (2.3294, Some(1.8629), Some(-2.671), None),
    );
    check(
        "jian-2017",
        &man,
        Measure::Pef,
        4.8,
        (8.640, None, Some(-2.50), None),
    );
    // The ratio is a fraction here, whatever the paper counts in.
    let said = predict(
        equations_of("jian-2017").unwrap(),
        Measure::Ratio,
        &man,
        Some(0.60),
    );
    assert!((0.7..0.9).contains(&said.value().unwrap().median));
}

#[test]
fn the_median_is_a_z_of_nothing_and_ages_between_rows_lie_between() {
    for equations in equations() {
        let group = equations.groups.first().cloned();
        for sex in [Sex::Male, Sex::Female] {
            for quarter in 20..300 {
                let age = f64::from(quarter) * 0.25;
                let person = Person {
                    group: group.clone(),
                    ..person(sex, age + 0.1, 165.0, None)
                };
                for measure in [Measure::Fev1, Measure::Fvc, Measure::Ratio] {
                    let median = predict(equations, measure, &person, None)
                        .value()
                        .unwrap()
                        .median;
                    let said = predict(equations, measure, &person, Some(median));
                    let said = said.value().unwrap();
                    assert!(said.z_score.unwrap().abs() < 1e-9 && said.lower_limit < median);
                    let limit = said.lower_limit;
                    let at = predict(equations, measure, &person, Some(limit));
                    assert!((at.value().unwrap().z_score.unwrap() + 1.645).abs() < 1e-6);
                }
            }
        }
    }
}

#[test]
fn what_is_missing_or_outside_is_named() {
    let of = |id: &str, person: &Person, measure, value| match predict(
        equations_of(id).unwrap(),
        measure,
        person,
        value,
    ) {
        Assessed::Assessed { .. } => String::new(),
        Assessed::NotAssessable { missing } => missing
            .into_iter()
            .map(|missing| missing.input)
            .collect::<Vec<_>>()
            .join(" "),
    };
    let man = |age, group| person(Sex::Male, age, 170.0, group);
    let nobody = Person {
        sex: None,
        age_years: None,
        height_cm: None,
        group: None,
    };
    assert_eq!(
        of("gli-2022", &nobody, Measure::Fev1, None),
        "age_years height_cm sex"
    );
    assert_eq!(
        of("gli-2012", &man(40.0, None), Measure::Fev1, None),
        "group"
    );
    assert_eq!(
        of("gli-2012", &man(40.0, Some("martian")), Measure::Fev1, None),
        "group"
    );
    assert_eq!(
        of("jian-2017", &man(80.5, None), Measure::Fev1, None),
        "age_years"
    );
    assert_eq!(of("gli-2022", &man(40.0, None), Measure::Pef, None), "pef");
    assert_eq!(
        of("gli-2022", &man(40.0, None), Measure::Fev1, Some(0.0)),
        "fev1"
    );
    assert_eq!(
        of("gli-2022", &man(40.0, None), Measure::Fev1, Some(3.0)),
        ""
    );
}

use Judged::{Acceptable as Good, NotAcceptable as Bad, Usable};

fn blow(fev1_l: f64) -> BlowFacts {
    BlowFacts {
        fev1_l,
        fvc_l: fev1_l + 0.8,
        back_extrapolated_l: 0.05,
        last_second_l: Some(0.01),
        expiration_s: 7.0,
        cough: Some(false),
        glottic_closure: Some(false),
        leak: Some(false),
        ..BlowFacts::default()
    }
}

#[test]
fn the_worked_grades() {
    let grade = |volumes: &[f64], age| {
        let blows: Vec<BlowFacts> = volumes.iter().copied().map(blow).collect();
        judge_session(&blows, Some(age)).unwrap().1[0].grade
    };
    for (volumes, expected) in [
        (&[3.10, 3.00, 2.95][..], 'A'),
        (&[3.10, 3.00], 'B'),
        (&[3.10, 2.92, 2.90], 'C'),
        (&[3.10], 'E'),
        (&[3.10, 2.85], 'D'),
        (&[3.10, 2.84, 2.8], 'E'),
        (&[3.10, 2.95, 2.9], 'A'),
        (&[], 'F'),
    ] {
        assert_eq!(grade(volumes, 40.0), expected, "{volumes:?}");
    }
    assert_eq!(grade(&[1.00, 0.95, 0.9], 6.0), 'A');
    assert_eq!(grade(&[1.00, 0.86, 0.8], 6.0), 'C');
    assert_eq!(
        grade(&[3.00, 2.71, 2.7], 6.0),
        'A',
        "10 % of the largest is more than 0.1 L"
    );
    let (_, [fev1, _]) = judge_session(&[blow(1.0)], Some(5.0)).unwrap();
    assert!(fev1.needs_confirmation);
    assert!(judge_session(&[blow(1.0)], None).is_err());
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "a table of blows, one below the other"
)]
fn a_blow_is_judged_by_its_start_its_end_and_what_was_seen() {
    for (fvc, limit) in [(4.0, 0.20), (1.5, 0.10)] {
        assert!((quality().back_extrapolated_limit_l(fvc) - limit).abs() < 1e-9);
    }
    let of = |blow: BlowFacts| {
        let (judged, grades) = judge_session(&[blow], Some(40.0)).unwrap();
        (
            judged[0].fev1,
            judged[0].fvc,
            grades[0].grade,
            grades[1].grade,
        )
    };
    let good = blow(3.2);
    assert_eq!(
        of(BlowFacts {
            fvc_l: 4.0,
            back_extrapolated_l: 0.20,
            ..good
        }),
        (Good, Good, 'E', 'E')
    );
    assert_eq!(
        of(BlowFacts {
            fvc_l: 1.5,
            back_extrapolated_l: 0.10,
            ..good
        }),
        (Good, Good, 'E', 'E')
    );
    assert_eq!(
        of(BlowFacts {
            fvc_l: 4.0,
            back_extrapolated_l: 0.21,
            ..good
        }),
        (Bad, Bad, 'F', 'F')
    );
    assert_eq!(
        of(BlowFacts {
            last_second_l: Some(0.03),
            ..good
        }),
        (Good, Bad, 'E', 'F')
    );
    assert_eq!(
        of(BlowFacts {
            last_second_l: None,
            ..good
        })
        .1,
        Bad
    );
    assert_eq!(
        of(BlowFacts {
            last_second_l: Some(0.03),
            expiration_s: 15.0,
            ..good
        })
        .1,
        Good
    );
    assert_eq!(
        of(BlowFacts {
            last_second_l: Some(0.03),
            cannot_exceed: Some(true),
            ..good
        })
        .1,
        Good
    );
    assert_eq!(
        of(BlowFacts {
            cough: Some(true),
            ..good
        }),
        (Bad, Good, 'F', 'E')
    );
    assert_eq!(
        of(BlowFacts {
            cough: Some(true),
            usable: Some(true),
            ..good
        }),
        (Usable, Good, 'U', 'E')
    );
    assert_eq!(
        of(BlowFacts {
            leak: Some(true),
            ..good
        }),
        (Bad, Bad, 'F', 'F')
    );
    let (judged, _) = judge_session(
        &[BlowFacts {
            cough: None,
            ..good
        }],
        Some(40.0),
    )
    .unwrap();
    assert_eq!((judged[0].fev1, judged[0].not_judged.len()), (Good, 1));
}
