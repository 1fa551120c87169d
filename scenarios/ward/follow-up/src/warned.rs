//! How well the warning of exacerbations does on made-up cohorts, as its receipt has it.
//!
//! `docs/conformance/exacerbation-warning.md` is compared with the rule by a test of `knowledge`: what stands there is
//! so, and nothing is copied.

use serde::Serialize;

const RECEIPT: &str = include_str!("../../../../docs/conformance/exacerbation-warning.md");
/// What is told on the first report that lies in the class, as it is here.
const REPORTS_RUNNING: &str = "1";

/// One way to ask.
#[derive(Debug, PartialEq, Serialize)]
pub struct Way {
    /// Whether the breathing rate is counted as well.
    pub breathing_rate: bool,
    /// The share of days with a report.
    pub reported: &'static str,
    /// Exacerbations that were found in time, of all.
    pub found: &'static str,
    /// The days until then, in the middle.
    pub delay_days: &'static str,
    /// Warnings for nothing, in a month of a patient.
    pub for_nothing: &'static str,
}

/// The ways that were simulated.
pub fn ways() -> Vec<Way> {
    RECEIPT.lines().filter_map(way).collect()
}

fn way(line: &'static str) -> Option<Way> {
    let cells: Vec<&str> = line
        .strip_prefix('|')?
        .strip_suffix('|')?
        .split('|')
        .map(str::trim)
        .collect();
    let [signs, reported, running, found, delay_days, for_nothing] = cells.try_into().ok()?;
    (running == REPORTS_RUNNING).then(|| Way {
        breathing_rate: signs.contains("breathing rate"),
        reported,
        found,
        delay_days,
        for_nothing,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_of_the_receipt_has_its_figures() {
        let ways = ways();
        assert_eq!(ways.len(), 6);
        for way in &ways {
            assert!(way.for_nothing.parse::<f64>().unwrap() < 1.0, "{way:?}");
            assert!(
                way.found.ends_with("%)") && way.reported.ends_with('%'),
                "{way:?}"
            );
        }
        // A fourth sign finds more, whatever the share of days.
        let found = |breathing_rate: bool| {
            let of = move |way: &&Way| way.breathing_rate == breathing_rate;
            let count = |way: &Way| way.found.split(' ').next()?.parse::<u32>().ok();
            ways.iter().filter(of).filter_map(count).sum::<u32>()
        };
        assert!(found(true) > found(false));
    }
}
