//! How well the warning of exacerbations does on made-up cohorts, as its receipt has it.
//!
//! `docs/conformance/exacerbation-warning.md` is compared with the rules by a test of `knowledge`: what stands there is
//! so, and nothing is copied.

use serde::Serialize;

use crate::plans::Plan;

const RECEIPT: &str = include_str!("../../../../docs/conformance/exacerbation-warning.md");
/// What is told on the first report that lies in the class, as it is here.
const REPORTS_RUNNING: &str = "1";

/// One way to ask.
#[derive(Debug, PartialEq, Serialize)]
pub struct Way {
    /// Whether the breathing rate is counted as well; none where no signs are counted.
    pub breathing_rate: Option<bool>,
    /// From one report to the next; none where it is asked each day.
    pub every_days: Option<u32>,
    /// The share of days with a report, or of those on which it is asked.
    pub reported: &'static str,
    /// Exacerbations that were found in time, of all.
    pub found: &'static str,
    /// The days until then, in the middle.
    pub delay_days: &'static str,
    /// Warnings for nothing, in a month of a patient.
    pub for_nothing: &'static str,
}

/// The ways that were simulated for what a plan watches; none where it watches for no exacerbation.
pub fn ways(plan: &Plan) -> Option<Vec<Way>> {
    let way: fn(&[&'static str]) -> Option<Way> = if plan.watches("rome-signs-2021") {
        by_signs
    } else if plan.watches("gina-control") {
        by_questions
    } else {
        return None;
    };
    Some(
        RECEIPT
            .lines()
            .filter_map(|line| way(&cells(line)?))
            .collect(),
    )
}

fn cells(line: &'static str) -> Option<Vec<&'static str>> {
    let inner = line.strip_prefix('|')?.strip_suffix('|')?;
    Some(inner.split('|').map(str::trim).collect())
}

/// A row of COPD.
fn by_signs(cells: &[&'static str]) -> Option<Way> {
    let [signs, reported, running, found, delay_days, for_nothing] = *cells else {
        return None;
    };
    (running == REPORTS_RUNNING).then(|| Way {
        breathing_rate: Some(signs.contains("breathing rate")),
        every_days: None,
        reported,
        found,
        delay_days,
        for_nothing,
    })
}

/// A row of asthma.
fn by_questions(cells: &[&'static str]) -> Option<Way> {
    let [every, reported, found, delay_days, for_nothing] = *cells else {
        return None;
    };
    Some(Way {
        breathing_rate: None,
        // A heading is no number of days.
        every_days: Some(every.parse().ok()?),
        reported,
        found,
        delay_days,
        for_nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plans::plan;

    fn of(id: &str) -> Vec<Way> {
        let ways = ways(plan(id).unwrap()).unwrap();
        assert_eq!(ways.len(), 6, "{id}");
        for way in &ways {
            assert!(way.for_nothing.parse::<f64>().unwrap() < 1.0, "{way:?}");
            assert!(
                way.found.ends_with("%)") && way.reported.ends_with('%'),
                "{way:?}"
            );
        }
        ways
    }

    fn found(way: &Way) -> u32 {
        way.found.split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn each_way_of_the_receipt_has_its_figures() {
        // A fourth sign finds more, whatever the share of days.
        let ways = of("copd");
        let sum = |breathing_rate: bool| -> u32 {
            let of = |way: &&Way| way.breathing_rate == Some(breathing_rate);
            ways.iter().filter(of).map(found).sum()
        };
        assert!(sum(true) > sum(false));
    }

    #[test]
    fn of_asthma_the_way_that_its_plan_asks_is_among_them() {
        let ways = of("asthma");
        let every = plan("asthma").unwrap().every_days;
        let own = |way: &&Way| way.every_days.map(i64::from) == Some(every);
        assert_eq!(ways.iter().filter(own).count(), 3);
        // Asked each day it finds more, and hardly any all the same.
        assert!(found(&ways[3]) > found(&ways[0]) && found(&ways[3]) < 64);
        assert_eq!(super::ways(plan("nodule").unwrap()), None);
    }
}
