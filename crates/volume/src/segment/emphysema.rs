//! How much of the lung is darker than healthy lung.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use super::Lungs;
use crate::{Mask, Notice, Series, Volume};

/// What low attenuation is, and what may be compared. Conventions of quantitative CT that are in
/// wide use; the hospital's clinical notes hold no source for them, so they need confirmation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct EmphysemaRule {
    /// Lung below this is low attenuation area, HU.
    pub low_attenuation_hu: i16,
    /// The percentile that is given beside it.
    pub percentile: u32,
    /// Slices thicker than this average air and wall, and the index falls, mm.
    pub thickest_slice_mm: f64,
}

impl Default for EmphysemaRule {
    fn default() -> Self {
        Self {
            low_attenuation_hu: -950,
            percentile: 15,
            thickest_slice_mm: 1.5,
        }
    }
}

/// Attenuation of the lungs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct Emphysema {
    /// Below this lung counts as low attenuation area, HU.
    pub low_attenuation_hu: i16,
    /// Which percentile is given.
    pub percentile: u32,
    /// Both lungs first, then left and right where they could be told apart.
    pub lungs: Vec<LungDensity>,
    /// How it was measured and what that is worth.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
    /// What makes the figures hard to compare.
    pub warnings: Vec<Notice>,
}

/// Attenuation of one lung or of both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct LungDensity {
    /// The structure that was measured: `lungs`, `lung-left` or `lung-right`.
    pub name: String,
    /// Its volume, ml.
    pub volume_ml: f64,
    /// Mean value, HU.
    pub mean_hu: f64,
    /// Share of its voxels that are low attenuation area, percent.
    pub low_attenuation_percent: f64,
    /// The value that the percentile's share of its voxels lies below, HU.
    pub percentile_hu: f64,
}

/// Low attenuation area and percentile of lungs, the airway left out.
///
/// %LAA = voxels below the threshold / voxels of the lung · 100 (Müller 1988); Perc15 (Gould 1988).
/// Not for: diagnosis by itself; scans that are not in full inspiration.
pub fn emphysema(series: &Series, lungs: &Lungs, contrast: bool, rule: EmphysemaRule) -> Emphysema {
    let volume = &series.volume;
    let mut found = vec![density(volume, &lungs.both, "lungs", rule)];
    if let Some([left, right]) = &lungs.sides {
        found.push(density(volume, left, "lung-left", rule));
        found.push(density(volume, right, "lung-right", rule));
    }
    Emphysema {
        low_attenuation_hu: rule.low_attenuation_hu,
        percentile: rule.percentile,
        lungs: found.into_iter().flatten().collect(),
        method: Text::new(
            format!(
                "肺掩膜（不含气道，含肺内血管）中低于 {} HU 的体素比例及第 {} 百分位。阈值为通行惯例，有待确认；须深吸气末扫描，单凭此值不能诊断",
                rule.low_attenuation_hu, rule.percentile
            ),
            format!(
                "share of voxels below {} HU in the lungs (without airway, with vessels) and {}th percentile. The thresholds are conventions and need confirmation; holds for scans in full inspiration, and is no diagnosis by itself",
                rule.low_attenuation_hu, rule.percentile
            ),
        ),
        warnings: warnings(series, contrast, rule),
    }
}

fn warnings(series: &Series, contrast: bool, rule: EmphysemaRule) -> Vec<Notice> {
    let mut said = Vec::new();
    let slice_mm = series.slice_mm();
    if slice_mm > rule.thickest_slice_mm {
        said.push(Notice::new(
            "emphysema-slices-thick",
            format!("层厚 {slice_mm:.1} mm，超过 {:.1} mm：肺气肿指数偏低，不可与薄层结果比较", rule.thickest_slice_mm),
            format!("Slices are {slice_mm:.1} mm thick, over {:.1} mm: the emphysema index comes out low and does not compare with thin slices", rule.thickest_slice_mm),
        ));
    }
    said.push(match &series.kernel {
        Some(kernel) => Notice::new(
            "emphysema-kernel",
            format!("重建卷积核为 {kernel}：锐利核使肺气肿指数偏高，仅可与同一卷积核的结果比较"),
            format!("Reconstruction kernel {kernel}: sharp kernels raise the emphysema index; compare with the same kernel only"),
        ),
        None => Notice::new(
            "emphysema-kernel-unknown",
            "重建卷积核未知：锐利核使肺气肿指数偏高，结果不可与其他扫描比较",
            "Reconstruction kernel not known: sharp kernels raise the emphysema index, and it does not compare with other scans",
        ),
    });
    if contrast {
        said.push(Notice::new(
            "emphysema-contrast",
            "含造影剂：肺密度升高，肺气肿指数偏低",
            "With contrast medium lung is denser, and the emphysema index comes out low",
        ));
    }
    said
}

fn density(volume: &Volume, lung: &Mask, name: &str, rule: EmphysemaRule) -> Option<LungDensity> {
    // Values of lung and all below and above it, counted one by one.
    let mut counts = vec![0_u64; 1 << 16];
    let place = |hu: i16| usize::from(hu.cast_unsigned() ^ 0x8000);
    let value = |place: usize| place as f64 - 32768.0;
    lung.for_each_run(|y, z, from, to| {
        for &hu in volume.row(y, z).get(from..to).unwrap_or_default() {
            if let Some(count) = counts.get_mut(place(hu)) {
                *count += 1;
            }
        }
    });
    let all: u64 = counts.iter().sum();
    if all == 0 {
        return None;
    }
    let sum: f64 = counts
        .iter()
        .enumerate()
        .map(|(i, &n)| value(i) * n as f64)
        .sum();
    let low: u64 = counts.iter().take(place(rule.low_attenuation_hu)).sum();
    let wanted = all as f64 * f64::from(rule.percentile) / 100.0;
    let mut below = 0;
    let percentile = counts.iter().position(|&n| {
        below += n;
        below as f64 >= wanted
    });
    Some(LungDensity {
        name: name.to_owned(),
        volume_ml: all as f64 * volume.grid.voxel_mm3() / 1000.0,
        mean_hu: sum / all as f64,
        low_attenuation_percent: 100.0 * low as f64 / all as f64,
        percentile_hu: percentile.map_or(0.0, value),
    })
}
