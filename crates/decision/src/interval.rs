use serde::Serialize;
use statrs::distribution::{ContinuousCDF, Normal};
use ts_rs::TS;

/// The bounds of a 95 per cent interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/decision.ts")]
pub struct Interval {
    /// The lower bound.
    pub low: f64,
    /// The upper bound.
    pub high: f64,
}

/// The quantile of the normal distribution that leaves two and a half per cent on each side.
pub(crate) fn z95() -> f64 {
    Normal::standard().inverse_cdf(0.975)
}

/// A proportion's 95 per cent interval by scores, Wilson 1927; none where nothing was counted.
///
/// Equation: `(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)` with `p = successes / of`.
/// Inputs: counts. Result: a proportion from 0 to 1; never outside of it, and never of no width.
/// Not for: counts that are not of independent cases.
/// Source: `newcombe-1998` method 3
pub fn proportion(successes: u32, of: u32) -> Option<Interval> {
    if of == 0 || successes > of {
        return None;
    }
    let (n, z) = (f64::from(of), z95());
    let p = f64::from(successes) / n;
    let middle = p + z * z / (2.0 * n);
    let half = z * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + z * z / n;
    Some(Interval {
        low: ((middle - half) / scale).clamp(0.0, 1.0),
        high: ((middle + half) / scale).clamp(0.0, 1.0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newcombes_four_examples_to_the_printed_digit() {
        for (successes, of, low, high) in [
            (81, 263, "0.2553", "0.3662"),
            (15, 148, "0.0624", "0.1605"),
            (0, 20, "0.0000", "0.1611"),
            (1, 29, "0.0061", "0.1718"),
        ] {
            let found = proportion(successes, of).unwrap();
            assert_eq!(
                (format!("{:.4}", found.low), format!("{:.4}", found.high)),
                (low.to_owned(), high.to_owned()),
                "{successes} of {of}"
            );
        }
    }

    proptest::proptest! {
        #[test]
        fn an_interval_holds_its_proportion_and_narrows_with_more_cases(
            of in 1_u32..2_000, part in 0.0..=1.0_f64,
        ) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a share of `of` is no larger than it"
            )]
            let successes = (f64::from(of) * part).floor() as u32;
            let found = proportion(successes, of).unwrap();
            let p = f64::from(successes) / f64::from(of);
            proptest::prop_assert!(0.0 <= found.low && found.low <= p + 1e-12);
            proptest::prop_assert!(p <= found.high + 1e-12 && found.high <= 1.0);
            let more = proportion(successes * 10, of * 10).unwrap();
            proptest::prop_assert!(more.high - more.low < found.high - found.low);
        }
    }

    #[test]
    fn of_nothing_there_is_no_proportion() {
        assert_eq!(proportion(0, 0), None);
        assert_eq!(proportion(2, 1), None);
    }
}
