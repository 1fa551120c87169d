use super::{Levels, bits};

/// Intensity statistics of IBSI on the values themselves; kurtosis is the excess over 3.
pub(super) fn statistics(values: &[f64]) -> Vec<(&'static str, f64)> {
    let n = values.len() as f64;
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let mean = values.iter().sum::<f64>() / n;
    let moment = |k: i32| values.iter().map(|v| (v - mean).powi(k)).sum::<f64>() / n;
    let variance = moment(2);
    let energy = values.iter().map(|v| v * v).sum::<f64>();
    let [p10, p25, median, p75, p90] =
        [0.1, 0.25, 0.5, 0.75, 0.9].map(|share| percentile(&sorted, share));
    let within: Vec<f64> = values
        .iter()
        .copied()
        .filter(|v| (p10..=p90).contains(v))
        .collect();
    let deviation = |from: f64| values.iter().map(|v| (v - from).abs()).sum::<f64>() / n;
    let (least, most) = (percentile(&sorted, 0.0), percentile(&sorted, 1.0));
    vec![
        ("mean intensity", mean),
        ("intensity variance", variance),
        ("intensity skewness", moment(3) / variance.powf(1.5)),
        (
            "(excess) intensity kurtosis",
            moment(4) / variance.powi(2) - 3.0,
        ),
        ("median intensity", median),
        ("minimum intensity", least),
        ("10th intensity percentile", p10),
        ("90th intensity percentile", p90),
        ("maximum intensity", most),
        ("intensity interquartile range", p75 - p25),
        ("intensity range", most - least),
        ("intensity-based mean absolute deviation", deviation(mean)),
        (
            "intensity-based robust mean absolute deviation",
            spread(&within),
        ),
        (
            "intensity-based median absolute deviation",
            deviation(median),
        ),
        (
            "intensity-based coefficient of variation",
            variance.sqrt() / mean,
        ),
        (
            "intensity-based quartile coefficient of dispersion",
            (p75 - p25) / (p75 + p25),
        ),
        ("intensity-based energy", energy),
        ("root mean square intensity", (energy / n).sqrt()),
    ]
}

/// Mean distance from the mean.
fn spread(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    values.iter().map(|v| (v - mean).abs()).sum::<f64>() / n
}

/// A percentile with linear interpolation between the ranks.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let at = share * sorted.len().saturating_sub(1) as f64;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rank"
    )]
    let below = at.floor() as usize;
    let (Some(a), Some(b)) = (
        sorted.get(below),
        sorted.get(below + 1).or_else(|| sorted.last()),
    ) else {
        return f64::NAN;
    };
    a + (b - a) * (at - at.floor())
}

/// Entropy and uniformity of the grey levels.
pub(super) fn histogram(levels: &Levels) -> Vec<(&'static str, f64)> {
    let mut counts = vec![0.0; levels.most + 1];
    levels.for_each(|_, level| {
        if let Some(count) = counts.get_mut(level) {
            *count += 1.0;
        }
    });
    let p = || counts.iter().map(|n: &f64| n / levels.voxels as f64);
    vec![
        ("discretised intensity entropy", p().map(bits).sum()),
        ("discretised intensity uniformity", p().map(|p| p * p).sum()),
    ]
}
