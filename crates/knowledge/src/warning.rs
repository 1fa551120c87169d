//! Warnings from reports of many days: when somebody is told that a patient gets worse.

use vocabulary::Assessed;

use crate::{Answers, Classes};

/// The days on which somebody is told: where `days_running` reports one after the other lie in the class `raise`.
///
/// A day without a report, or whose report leaves the class open, neither raises nor calms: nobody is told because
/// nothing is known, and a warning that was given is not given again because a day is missing. After a warning the
/// next one waits for a report that does not lie in the class.
pub fn warning_days(
    days: &[Option<Answers>],
    classes: &Classes,
    raise: &str,
    days_running: usize,
) -> Vec<usize> {
    let mut told = Vec::new();
    let mut running = 0;
    for (day, answers) in days.iter().enumerate() {
        let Some(answers) = answers else { continue };
        let Assessed::Assessed { value } = classes.classify(answers).result else {
            continue;
        };
        running = if value.id == raise { running + 1 } else { 0 };
        if running == days_running {
            told.push(day);
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answer, class_list};

    #[test]
    fn one_warning_for_each_stretch_and_none_from_what_is_missing() {
        let report = |z: f64| Some(Answers::from([("z_score".to_owned(), Answer::from(z))]));
        let nothing = Some(Answers::new());
        let (bad, good) = (report(-5.0), report(0.0));
        let days = [
            good.clone(),
            bad.clone(),
            None,
            bad.clone(),
            nothing,
            bad.clone(),
            good,
            bad.clone(),
            bad,
        ];
        let classes = class_list("spirometry-severity-2022").unwrap();
        for (running, expected) in [(1, vec![1, 7]), (2, vec![3, 8]), (3, vec![5]), (4, vec![])] {
            assert_eq!(
                warning_days(&days, classes, "severe", running),
                expected,
                "{running}"
            );
        }
    }
}
