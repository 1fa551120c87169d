//! Scales and pack-years against the cases that their sources work out.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

use knowledge::{Answer, Answers, Scale, SmokingPhase, five_a, pack_years, scale};
use vocabulary::Assessed;

/// The answers to the six questions whose points are these.
fn ftnd(points: [u16; 6]) -> Answers {
    let scale = scale("ftnd").unwrap();
    let answer = |(item, points): (&knowledge::ScaleItem, u16)| {
        let choice = item.choices.iter().find(|choice| choice.points == points);
        (item.name.clone(), Answer::from(choice.unwrap().id.as_str()))
    };
    scale.items.iter().zip(points).map(answer).collect()
}

#[test]
fn the_worked_cases_of_the_fagerstrom_test() {
    let scale = scale("ftnd").unwrap();
    for (points, sum, band) in [
        ([3, 1, 1, 1, 0, 1], 7, "high"),
        ([2, 0, 1, 2, 0, 0], 5, "moderate"),
        ([0, 0, 0, 0, 0, 0], 0, "very-low"),
        ([1, 0, 0, 1, 0, 0], 2, "very-low"),
        ([1, 0, 0, 2, 0, 0], 3, "low"),
        ([3, 1, 0, 0, 0, 0], 4, "low"),
        ([3, 1, 1, 1, 0, 0], 6, "high"),
        ([3, 1, 1, 2, 1, 0], 8, "very-high"),
        ([3, 1, 1, 3, 1, 1], 10, "very-high"),
    ] {
        let score = scale.score(&ftnd(points));
        assert_eq!(
            score.result,
            Assessed::Assessed { value: sum },
            "{points:?}"
        );
        assert_eq!(score.band.unwrap().id, band, "{points:?}");
    }
    assert_eq!(scale.most(), 10);
}

#[test]
fn one_question_left_open_leaves_the_sum_open_and_is_named() {
    let scale = scale("ftnd").unwrap();
    for item in &scale.items {
        let mut answers = ftnd([3, 1, 1, 1, 0, 1]);
        answers.remove(&item.name);
        let score = scale.score(&answers);
        let Assessed::NotAssessable { missing } = score.result else {
            unreachable!("a sum without {}", item.name)
        };
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].input, item.name);
        assert!(score.band.is_none());
        // An answer that the question does not offer is none.
        answers.insert(item.name.clone(), Answer::from(1.0));
        assert!(scale.score(&answers).result.value().is_none());
    }
}

#[test]
fn a_scale_whose_bands_leave_a_gap_is_refused() {
    let good = include_str!("../scales/ftnd.toml");
    assert!(Scale::read(good).is_ok());
    for (from, to) in [
        ("up-to = 10", "up-to = 9"),
        ("up-to = 5", "up-to = 4"),
        ("points = 3", "points = 4"),
        ("heatherton-1991", "hearsay"),
    ] {
        assert!(Scale::read(&good.replacen(from, to, 1)).is_err(), "{to}");
    }
}

#[test]
fn pack_years_are_summed_over_phases() {
    let phase = |cigarettes_per_day, years| SmokingPhase {
        cigarettes_per_day,
        years,
    };
    for (phases, expected) in [
        (vec![phase(20.0, 30.0)], 30.0),
        (vec![phase(10.0, 15.0), phase(30.0, 12.0)], 25.5),
        // 400 cigarette-years.
        (vec![phase(20.0, 20.0)], 20.0),
    ] {
        assert_eq!(pack_years(&phases), Assessed::Assessed { value: expected });
    }
    for unusable in [
        vec![],
        vec![phase(-1.0, 3.0)],
        vec![phase(20.0, f64::NAN)],
        vec![phase(20.0, 10.0), phase(f64::INFINITY, 1.0)],
    ] {
        assert!(pack_years(&unusable).value().is_none(), "{unusable:?}");
    }
}

#[test]
fn the_five_steps_are_in_their_own_order() {
    let steps: Vec<&str> = five_a().steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(steps, ["ask", "advise", "assess", "assist", "arrange"]);
    assert!(five_a().steps.iter().all(|step| step.patient.is_some()));
    assert_eq!(five_a().unwilling.len(), 5);
    assert!(five_a().confidence.needs_confirmation());
}
