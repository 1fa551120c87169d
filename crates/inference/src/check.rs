use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;
use volume::{Series, nodule::NoduleKind};

use crate::{Card, crop::corners};

/// What the classical method found, for the checks; `None` where it could not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Known {
    /// Mean diameter, mm.
    pub diameter_mm: Option<f64>,
    /// How dense it is.
    pub kind: Option<NoduleKind>,
}

/// One condition of the card, and whether it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/models.ts")]
pub struct Check {
    /// Whether it holds.
    pub holds: bool,
    /// The condition, and what was found.
    #[ts(type = "{ zh: string; en: string }")]
    pub text: Text,
}

impl Check {
    fn new(holds: bool, zh: String, en: String) -> Self {
        Self {
            holds,
            text: Text::new(zh, en),
        }
    }
}

/// All conditions of a card for a point of a series.
pub fn checks(card: &Card, series: &Series, at_lps_mm: [f64; 3], known: &Known) -> Vec<Check> {
    let mut checks = vec![
        Check::new(
            series.is_hu,
            "图像值为 HU".to_owned(),
            "values are Hounsfield units".to_owned(),
        ),
        inside(card, series, at_lps_mm),
    ];
    checks.extend(card.valid_for.slice_mm_most.map(|most| {
        let found = series.volume.grid.spacing_mm[2];
        Check::new(
            found <= most,
            format!("层厚不超过 {most} mm（此处 {found:.2} mm）"),
            format!("slices of at most {most} mm (here {found:.2} mm)"),
        )
    }));
    checks.extend(card.valid_for.diameter_mm.map(|[least, most]| {
        let holds = known
            .diameter_mm
            .is_some_and(|found| (least..=most).contains(&found));
        let found = known.diameter_mm.map(|found| format!("{found:.1} mm"));
        Check::new(
            holds,
            format!(
                "平均直径 {least}–{most} mm（此处 {}）",
                found.as_deref().unwrap_or("未测得")
            ),
            format!(
                "mean diameter of {least} to {most} mm (here {})",
                found.as_deref().unwrap_or("not measured")
            ),
        )
    }));
    checks.extend(card.valid_for.kinds.as_ref().map(|kinds| {
        let holds = known.kind.is_some_and(|found| kinds.contains(&found));
        let label = |kind: &NoduleKind| kind.label();
        let found = known.kind.as_ref().map(label);
        let found = found.unwrap_or_else(|| Text::new("未判定", "not told"));
        let kinds: Vec<Text> = kinds.iter().map(label).collect();
        let zh: Vec<&str> = kinds.iter().map(|kind| kind.zh.as_str()).collect();
        let en: Vec<&str> = kinds.iter().map(|kind| kind.en.as_str()).collect();
        Check::new(
            holds,
            format!("类型为{}（此处{}）", zh.join("、"), found.zh),
            format!("kind {} (here {})", en.join(" or "), found.en),
        )
    }));
    checks
}

/// The crop must lie within the scan, where no slices are missing.
fn inside(card: &Card, series: &Series, at_lps_mm: [f64; 3]) -> Check {
    let grid = &series.volume.grid;
    let last = grid.size.map(|n| n.saturating_sub(1) as f64);
    let corners = corners(&card.input, at_lps_mm).map(|corner| grid.index_of(corner));
    let within = corners.iter().all(|index| {
        index
            .iter()
            .zip(last)
            .all(|(i, last)| (-0.5..=last + 0.5).contains(i))
    });
    let (low, high) = corners
        .iter()
        .fold((f64::MAX, f64::MIN), |(low, high), index| {
            (low.min(index[2]), high.max(index[2]))
        });
    let gap = series
        .missing_planes
        .iter()
        .any(|&z| (low.floor()..=high.ceil()).contains(&(z as f64)));
    Check::new(
        within && !gap,
        "所需范围完整位于扫描内".to_owned(),
        "all that the model looks at was scanned".to_owned(),
    )
}
