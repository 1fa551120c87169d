//! Values that a guideline computes from answers before it compares them.

use serde::{Deserialize, Serialize};
use vocabulary::Text;

/// How a value is computed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Derivation {
    /// The number rounded half up to so many decimals, where the guideline itself compares rounded sizes.
    Rounded {
        /// The question.
        from: String,
        /// Decimals kept.
        decimals: u8,
    },
    /// Change in per cent of the earlier value: `(now / before - 1) · 100`.
    GrowthPercent {
        /// The earlier value.
        before: String,
        /// The later value, in the same unit.
        now: String,
    },
    /// Doubling time in the unit of `days`: `days · ln 2 / ln(now / before)`. There is none where nothing
    /// changed.
    DoublingTime {
        /// The earlier volume.
        before: String,
        /// The later volume, in the same unit.
        now: String,
        /// Time between them.
        days: String,
    },
}

/// A derived value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Derived {
    /// Its name in conditions.
    pub name: String,
    /// What people call it.
    pub label: Text,
    /// UCUM unit of the result.
    pub unit: String,
    /// How people write the unit, where not as UCUM does.
    pub unit_shown: Option<Text>,
    /// How it is computed.
    pub by: Derivation,
}

impl Derived {
    /// The questions that it needs.
    pub fn needs(&self) -> Vec<&str> {
        match &self.by {
            Derivation::Rounded { from, .. } => vec![from],
            Derivation::GrowthPercent { before, now } => vec![before, now],
            Derivation::DoublingTime { before, now, days } => vec![before, now, days],
        }
    }

    /// The value, from the numbers that `of` gives for names; `None` where one is missing or the value is
    /// not defined.
    pub fn value(&self, of: impl Fn(&str) -> Option<f64>) -> Option<f64> {
        let value = match &self.by {
            Derivation::Rounded { from, decimals } => {
                let scale = 10_f64.powi(i32::from(*decimals));
                (of(from)? * scale).round() / scale
            }
            Derivation::GrowthPercent { before, now } => {
                let before = positive(of(before)?)?;
                (positive(of(now)?)? / before - 1.0) * 100.0
            }
            Derivation::DoublingTime { before, now, days } => {
                let change = (positive(of(now)?)? / positive(of(before)?)?).ln();
                positive(of(days)?)? * std::f64::consts::LN_2 / change
            }
        };
        value.is_finite().then_some(value)
    }
}

fn positive(number: f64) -> Option<f64> {
    (number > 0.0).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(by: Derivation, numbers: [f64; 3]) -> Option<f64> {
        let derived = Derived {
            name: "x".to_owned(),
            label: Text::new("x", "x"),
            unit: "1".to_owned(),
            unit_shown: None,
            by,
        };
        derived.value(|name| {
            Some(match name {
                "a" => numbers[0],
                "b" => numbers[1],
                _ => numbers[2],
            })
        })
    }

    #[test]
    fn doubling_times_and_growth_to_the_printed_digit() {
        // Diameters are given as volumes of spheres: the factor cancels.
        let sphere = |d: f64| d.powi(3);
        for (before, now, days, doubling, growth) in [
            (sphere(8.0), sphere(10.0), 90.0, "93.19", "95.31"),
            (sphere(6.0), sphere(6.9), 365.0, "603.40", "52.09"),
            (sphere(10.0), sphere(12.6), 180.0, "179.95", "100.04"),
            (100.0, 130.0, 90.0, "237.77", "30.00"),
            (250.0, 312.5, 365.0, "1133.79", "25.00"),
            (120.0, 165.0, 365.0, "794.46", "37.50"),
        ] {
            let [a, b, c] = ["a", "b", "c"].map(str::to_owned);
            let time = Derivation::DoublingTime {
                before: a.clone(),
                now: b.clone(),
                days: c,
            };
            let change = Derivation::GrowthPercent { before: a, now: b };
            let numbers = [before, now, days];
            assert_eq!(format!("{:.2}", of(time, numbers).unwrap()), doubling);
            assert_eq!(format!("{:.2}", of(change, numbers).unwrap()), growth);
        }
    }

    #[test]
    fn what_is_not_defined_is_no_number() {
        let time = |numbers| {
            let [before, now, days] = ["a", "b", "c"].map(str::to_owned);
            of(Derivation::DoublingTime { before, now, days }, numbers)
        };
        assert_eq!(time([100.0, 100.0, 90.0]), None);
        assert_eq!(time([0.0, 100.0, 90.0]), None);
        assert!(time([100.0, 80.0, 90.0]).unwrap() < 0.0);
    }

    #[test]
    fn sizes_are_rounded_half_up_as_the_guideline_says() {
        let rounded = |number, decimals| {
            let from = "a".to_owned();
            of(Derivation::Rounded { from, decimals }, [number, 0.0, 0.0])
        };
        assert_eq!(rounded(5.5, 0), Some(6.0));
        assert_eq!(rounded(5.49, 0), Some(5.0));
        assert_eq!(rounded(5.95, 1), Some(6.0));
    }
}
