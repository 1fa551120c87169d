use super::*;
use crate::nodule::measures::rounded;

fn printed(value: Option<f64>) -> String {
    value.map_or_else(|| "none".to_owned(), |v| format!("{v:.2}"))
}

#[test]
fn the_published_cases_come_out_to_the_printed_digit() {
    let by_diameter = |a, b, days| printed(doubling_days_by_diameter(a, b, days));
    assert_eq!(by_diameter(8.0, 10.0, 90.0), "93.19");
    assert_eq!(by_diameter(6.0, 6.9, 365.0), "603.40");
    assert_eq!(by_diameter(10.0, 12.6, 180.0), "179.95");
    assert_eq!(printed(doubling_days(100.0, 130.0, 90.0)), "237.77");
    assert_eq!(printed(doubling_days(250.0, 312.5, 365.0)), "1133.79");
    let growth = |a: f64, b: f64| format!("{:.2}", ((b / a).powi(3) - 1.0) * 100.0);
    assert_eq!(growth(8.0, 10.0), "95.31");
    assert_eq!(growth(6.0, 6.9), "52.09");
    assert_eq!(growth(10.0, 12.6), "100.04");
    let [first, second] = [
        crate::nodule::mass_mg(300.0, -600.0),
        crate::nodule::mass_mg(330.0, -500.0),
    ];
    assert_eq!(format!("{first:.0} {second:.0}"), "120 165");
    assert_eq!(printed(doubling_days(first, second, 365.0)), "794.46");
}

#[test]
fn doubling_times_of_nothing_changed_or_nothing_known_are_none() {
    assert_eq!(doubling_days(100.0, 100.0, 90.0), None);
    assert_eq!(doubling_days(0.0, 100.0, 90.0), None);
    assert_eq!(doubling_days(100.0, 130.0, 0.0), None);
    assert_eq!(doubling_days(100.0, f64::NAN, 90.0), None);
    assert!(doubling_days(130.0, 100.0, 90.0).is_some_and(|days| days < 0.0));
}

#[test]
fn each_guideline_rounds_in_its_own_way() {
    let of = |mean: f64| {
        let found = rounded(mean);
        found.iter().map(|r| r.mm).collect::<Vec<_>>()
    };
    assert_eq!(of(5.96), [6.0, 6.0]);
    assert_eq!(of(5.44), [5.0, 5.4]);
    assert_eq!(of(7.5), [8.0, 7.5]);
}

fn measured(mean_mm: f64, slice_mm: f64, limit: Option<SizeLimit>) -> NoduleMeasures {
    let volume_mm3 = std::f64::consts::PI / 6.0 * mean_mm.powi(3);
    NoduleMeasures {
        kind: NoduleKind::Solid,
        centre_lps_mm: [0.0; 3],
        voxels: 1000,
        volume_mm3,
        long_axis_mm: mean_mm,
        short_axis_mm: mean_mm,
        mean_diameter_mm: mean_mm,
        rounded: rounded(mean_mm),
        max_3d_diameter_mm: mean_mm,
        plane: 0,
        mass_mg: volume_mm3,
        mean_hu: 0.0,
        sd_hu: 0.0,
        histogram: crate::nodule::Histogram {
            from_hu: 0,
            width_hu: 25,
            counts: vec![1000],
        },
        solid: None,
        slice_mm,
        limit,
        method: Text::new("", ""),
        error: Text::new("", ""),
        notices: Vec::new(),
    }
}

fn limit(volume_percent: f64, mean_diameter_mm: f64) -> SizeLimit {
    SizeLimit {
        kind: NoduleKind::Solid,
        diameter_mm: 8.0,
        slice_mm: 1.0,
        bias_percent: 0.0,
        volume_percent,
        mean_diameter_mm,
        callable_percent: Some(volume_percent * 2.0),
    }
}

fn verdicts(found: &Growth) -> Vec<Verdict> {
    found
        .rules
        .iter()
        .map(|rule| rule.verdict.clone())
        .collect()
}

#[test]
fn rules_differ_and_growth_of_one_is_growth() {
    let fine = Some(limit(8.0, 0.5));
    // 25 % more volume is 0.6 mm more diameter at 8 mm: one rule sees it, two do not.
    let (a, b) = (
        measured(8.0, 1.0, fine),
        measured(8.0 * 1.26_f64.cbrt(), 1.0, fine),
    );
    let found = growth(&a, &b, 90.0);
    assert_eq!(
        verdicts(&found),
        [Verdict::Grew, Verdict::Stable, Verdict::Stable]
    );
    assert_eq!(found.verdict, Verdict::Grew);
    // Within the published limits of repeats the interval holds no change, so no interval of time.
    assert!(found.vdt_days.is_some() && found.vdt_interval_days.is_none());
    let found = growth(&a, &measured(9.6, 1.0, fine), 90.0);
    let grew = [Verdict::Grew, Verdict::Grew, Verdict::Stable];
    assert_eq!(verdicts(&found), grew);
    let [short, long] = found.vdt_interval_days.unwrap();
    assert!(short < found.vdt_days.unwrap() && found.vdt_days.unwrap() < long);
    let found = growth(&a, &measured(6.1, 1.0, fine), 90.0);
    assert_eq!(found.verdict, Verdict::Shrank);
    assert!(found.vdt_days.is_some_and(|days| days < 0.0));
}

#[test]
fn a_year_is_the_longest_interval_of_lung_rads() {
    let fine = Some(limit(8.0, 0.5));
    let (a, b) = (measured(8.0, 1.0, fine), measured(9.8, 1.0, fine));
    assert_eq!(growth(&a, &b, 366.0).rules[1].verdict, Verdict::Grew);
    let late = growth(&a, &b, 367.0);
    assert!(matches!(
        late.rules[1].verdict,
        Verdict::NotAssessable { .. }
    ));
}

#[test]
fn what_cannot_be_seen_is_neither_growth_nor_stable() {
    let coarse = Some(limit(60.0, 2.5));
    let (a, b) = (measured(8.0, 1.0, coarse), measured(9.0, 1.0, coarse));
    for found in [growth(&a, &a, 90.0), growth(&a, &b, 90.0)] {
        assert!(matches!(found.verdict, Verdict::TooSmallToCall { .. }));
    }
    let unknown = growth(&measured(8.0, 1.0, None), &measured(16.0, 1.0, None), 90.0);
    assert!(matches!(unknown.verdict, Verdict::TooSmallToCall { .. }));
    assert_eq!(unknown.vdt_days, None);
    assert_eq!(unknown.volume.interval, None);
}

#[test]
fn doubling_times_are_refused_for_small_nodules_thick_slices_and_no_interval() {
    let fine = Some(limit(8.0, 0.5));
    let days = |mean: f64, slice: f64, interval: f64| {
        let found = growth(
            &measured(mean, slice, fine),
            &measured(mean * 1.3, slice, fine),
            interval,
        );
        let refused = found
            .notices
            .iter()
            .any(|n| n.code == "doubling-time-refused");
        assert_eq!(refused, found.vdt_days.is_none());
        found.vdt_days.is_some()
    };
    assert!(days(8.0, 1.0, 90.0));
    assert!(!days(5.9, 1.0, 90.0));
    assert!(!days(8.0, 2.5, 90.0));
    assert!(!days(8.0, 1.0, 0.0));
    assert!(!days(8.0, 1.0, f64::NAN));
}
