//! Size, mass and density of a marked nodule.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use super::{
    NoduleKind,
    block::Block,
    kind::{kind_of, solid_part},
    limits::{SizeLimit, limits},
    parameters::HISTOGRAM_BIN_HU,
};
use crate::{
    Mask, Notice, Series, VolumeError,
    bricks::small,
    lesion::{axes_mm, largest_plane, outline_mm},
    series::THICK_SLICE_MM,
};

/// What was measured on the voxels of a nodule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct NoduleMeasures {
    /// How dense it is.
    pub kind: NoduleKind,
    /// Mean position of its voxels, LPS, mm.
    pub centre_lps_mm: [f64; 3],
    /// Number of its voxels.
    pub voxels: u32,
    /// Its volume, mm³.
    pub volume_mm3: f64,
    /// Longest diameter in the axial plane where it is largest, mm.
    pub long_axis_mm: f64,
    /// Longest diameter perpendicular to that in the same plane, mm.
    pub short_axis_mm: f64,
    /// Mean of the two, mm, not rounded: comparisons with thresholds use this one.
    pub mean_diameter_mm: f64,
    /// The mean diameter as each guideline writes it.
    pub rounded: Vec<RoundedDiameter>,
    /// Longest distance between two points of its surface, mm.
    pub max_3d_diameter_mm: f64,
    /// The plane in which the axes were measured, counted from 0.
    pub plane: u32,
    /// Mass, mg.
    pub mass_mg: f64,
    /// Mean value, HU.
    pub mean_hu: f64,
    /// Standard deviation of its values, HU.
    pub sd_hu: f64,
    /// How its values are spread.
    pub histogram: Histogram,
    /// Its solid part; absent where nothing of it is solid.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub solid: Option<SolidPart>,
    /// Thickness of the slices, or their distance where that is larger or thickness is not known, mm.
    pub slice_mm: f64,
    /// How far a repeated measurement may be off at this size and slice thickness, where that is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub limit: Option<SizeLimit>,
    /// How it was measured.
    #[ts(type = "{ zh: string; en: string }")]
    pub method: Text,
    /// How far that is off, typically.
    #[ts(type = "{ zh: string; en: string }")]
    pub error: Text,
    /// What a person who uses the values must know.
    pub notices: Vec<Notice>,
}

/// A mean diameter as a guideline writes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct RoundedDiameter {
    /// The rule, `fleischner-2017` or `lung-rads-2022`.
    pub rule: String,
    /// The rounded mean diameter, mm.
    pub mm: f64,
    /// Digits behind the point.
    pub digits: u32,
    /// The rule in words.
    #[ts(type = "{ zh: string; en: string }")]
    pub text: Text,
}

/// Numbers of voxels by value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Histogram {
    /// Lower end of the first bin, HU.
    pub from_hu: i32,
    /// Width of each bin, HU.
    pub width_hu: u32,
    /// Voxels in each bin.
    pub counts: Vec<u32>,
}

/// The part of a nodule that is solid.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct SolidPart {
    /// Volume, mm³.
    pub volume_mm3: f64,
    /// Longest diameter in the axial plane where the part is largest, mm.
    pub long_axis_mm: f64,
    /// Longest diameter perpendicular to that, mm.
    pub short_axis_mm: f64,
    /// Mean of the two, mm, not rounded.
    pub mean_diameter_mm: f64,
    /// Share of the nodule's volume, 0 to 1.
    pub share: f64,
    /// Mass, mg.
    pub mass_mg: f64,
}

/// Measures a marked nodule.
///
/// Volume = voxels · voxel volume; long axis, short axis and mean diameter as in
/// [`measure_lesion`](crate::measure_lesion); mass = volume · (mean HU + 1000) / 1000;
/// solid part = its largest connected part at or above [`SOLID_HU`](super::SOLID_HU).
/// Inputs: HU on the grid of the mask. Result: mm³, mm, mg, HU; Fleischner rounds the mean diameter
/// to whole mm, Lung-RADS to one decimal. Typical error: the `limit` of the result, from
/// `docs/conformance/nodule-phantoms.md`. Not for: marks across missing slices.
/// Source: `macmahon-2017` and hospital's clinical notes, nodule management, sections 1 and 2.
///
/// # Errors
/// If the mask is empty or of another grid, if slices are missing within it, or if values are not HU.
pub fn measures(series: &Series, mask: &Mask) -> Result<NoduleMeasures, VolumeError> {
    let volume = &series.volume;
    let [lo, hi] = checked(series, mask)?;
    let block =
        Block::around_mask(volume, mask, 2.0).ok_or(VolumeError::Mask { why: "it is empty" })?;
    let set = block.part_of(mask);
    let kind = kind_of(&block, &set);
    let values: Vec<f64> = block
        .hu
        .iter()
        .zip(&set)
        .filter(|&(_, &inside)| inside)
        .map(|(&hu, _)| f64::from(hu))
        .collect();
    let n = values.len() as f64;
    let mean_hu = values.iter().sum::<f64>() / n;
    let sd_hu = (values.iter().map(|v| (v - mean_hu).powi(2)).sum::<f64>() / n).sqrt();
    let volume_mm3 = n * volume.grid.voxel_mm3();
    let axes = axial_axes_mm(mask, series);
    let slice_mm = series.slice_mm();
    let limit = limits().at(kind, sphere_mm(volume_mm3), slice_mm);
    Ok(NoduleMeasures {
        kind,
        centre_lps_mm: centre_lps_mm(series, mask, n),
        voxels: small(values.len()),
        volume_mm3,
        long_axis_mm: axes.long,
        short_axis_mm: axes.short,
        mean_diameter_mm: axes.mean(),
        rounded: rounded(axes.mean()),
        max_3d_diameter_mm: max_3d_mm(mask, series, [lo[2], hi[2]]),
        plane: small(axes.plane),
        mass_mg: mass_mg(volume_mm3, mean_hu),
        mean_hu,
        sd_hu,
        histogram: histogram(&values),
        solid: solid_of(series, &block, &set, kind, volume_mm3),
        slice_mm,
        error: error_text(kind, volume_mm3, axes.mean(), slice_mm, limit.as_ref()),
        limit,
        method: method(),
        notices: notices_of(axes.mean(), slice_mm, axes.long),
    })
}

fn checked(series: &Series, mask: &Mask) -> Result<[[usize; 3]; 2], VolumeError> {
    if mask.size() != series.volume.grid.size {
        return Err(VolumeError::Mask {
            why: "it is of another grid",
        });
    }
    if !series.is_hu {
        return Err(VolumeError::Nodule {
            why_zh: "数值不是 HU",
            why: "the values are not Hounsfield units",
        });
    }
    let bounds = mask
        .bounds()
        .ok_or(VolumeError::Mask { why: "it is empty" })?;
    let [lo, hi] = bounds;
    if series
        .missing_planes
        .iter()
        .any(|z| (lo[2]..hi[2]).contains(z))
    {
        return Err(VolumeError::Mask {
            why: "slices are missing within it",
        });
    }
    Ok(bounds)
}

struct Axes {
    plane: usize,
    long: f64,
    short: f64,
}

impl Axes {
    fn mean(&self) -> f64 {
        f64::midpoint(self.long, self.short)
    }
}

fn axial_axes_mm(mask: &Mask, series: &Series) -> Axes {
    let plane = largest_plane(mask);
    let (long, short) = axes_mm(&outline_mm(mask, plane, &series.volume.grid));
    Axes { plane, long, short }
}

/// The diameter of the sphere of a volume, mm.
pub(crate) fn sphere_mm(volume_mm3: f64) -> f64 {
    (6.0 * volume_mm3 / std::f64::consts::PI).cbrt()
}

/// Mass of lung tissue: V (mm³) · (mean HU + 1000) / 1000, mg.
///
/// Source: hospital's clinical notes, nodule management, section 2.
pub fn mass_mg(volume_mm3: f64, mean_hu: f64) -> f64 {
    volume_mm3 * (mean_hu + 1000.0) / 1000.0
}

/// A mean diameter as the guidelines write it.
///
/// Source: `christensen-2024` one decimal; `macmahon-2017` whole millimetres.
pub(crate) fn rounded(mean_mm: f64) -> Vec<RoundedDiameter> {
    vec![
        RoundedDiameter {
            rule: "fleischner-2017".to_owned(),
            mm: mean_mm.round(),
            digits: 0,
            text: Text::new(
                "Fleischner：长短径均值，取整到毫米",
                "Fleischner: mean of long and short axis, rounded to whole millimetres",
            ),
        },
        RoundedDiameter {
            rule: "lung-rads-2022".to_owned(),
            mm: (mean_mm * 10.0).round() / 10.0,
            digits: 1,
            text: Text::new(
                "Lung-RADS：长短径均值，保留一位小数",
                "Lung-RADS: mean of long and short axis, to one decimal",
            ),
        },
    ]
}

fn centre_lps_mm(series: &Series, mask: &Mask, n: f64) -> [f64; 3] {
    let mut sum = [0.0; 3];
    mask.for_each(|at| {
        for (sum, i) in sum.iter_mut().zip(at) {
            *sum += i as f64;
        }
    });
    series.volume.grid.point_lps_mm(sum.map(|s| s / n))
}

/// The longest distance between points of the outlines of all planes, mm; each plane as thick as
/// slices are far apart adds nothing along z, so that both ends are planes' centres.
fn max_3d_mm(mask: &Mask, series: &Series, [from, to]: [usize; 2]) -> f64 {
    let grid = &series.volume.grid;
    let planes: Vec<(f64, Vec<[f64; 2]>)> = (from..to)
        .map(|z| {
            let hull = crate::lesion::convex_hull(&outline_mm(mask, z, grid));
            (z as f64 * grid.spacing_mm[2], hull)
        })
        .collect();
    let mut longest: f64 = 0.0;
    for (i, (z, hull)) in planes.iter().enumerate() {
        for (other_z, other) in planes.iter().skip(i) {
            for [ax, ay] in hull {
                for [bx, by] in other {
                    let d2 = (ax - bx).powi(2) + (ay - by).powi(2) + (z - other_z).powi(2);
                    longest = longest.max(d2);
                }
            }
        }
    }
    longest.sqrt()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "HU of 16 bits"
)]
fn histogram(values: &[f64]) -> Histogram {
    let bin = |v: f64| (v / HISTOGRAM_BIN_HU).floor() as i32;
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let first = bin(least);
    let mut counts = vec![0_u32; usize::try_from(bin(most) - first + 1).unwrap_or(0)];
    for &value in values {
        let place = usize::try_from(bin(value) - first).unwrap_or(0);
        if let Some(count) = counts.get_mut(place) {
            *count += 1;
        }
    }
    Histogram {
        from_hu: first * HISTOGRAM_BIN_HU as i32,
        width_hu: HISTOGRAM_BIN_HU as u32,
        counts,
    }
}

fn solid_of(
    series: &Series,
    block: &Block,
    set: &[bool],
    kind: NoduleKind,
    volume_mm3: f64,
) -> Option<SolidPart> {
    let part = match kind {
        NoduleKind::GroundGlass => return None,
        // What is solid as a whole has no part that is not: its edge is blur.
        NoduleKind::Solid => set.to_vec(),
        NoduleKind::PartSolid => solid_part(block, set)?,
    };
    let (mut n, mut sum) = (0.0, 0.0);
    for (&hu, _) in block.hu.iter().zip(&part).filter(|&(_, &inside)| inside) {
        n += 1.0;
        sum += f64::from(hu);
    }
    let volume = n * block.voxel_mm3();
    let mask = block.mask_of(&part, series.volume.grid.size);
    let axes = axial_axes_mm(&mask, series);
    Some(SolidPart {
        volume_mm3: volume,
        long_axis_mm: axes.long,
        short_axis_mm: axes.short,
        mean_diameter_mm: axes.mean(),
        share: volume / volume_mm3,
        mass_mg: mass_mg(volume, sum / n),
    })
}

fn method() -> Text {
    Text::new(
        "依据标注的体素测量：体积为体素数乘以体素体积；长径取截面最大的轴位层面，短径与之垂直；质量 = 体积 ×（平均 HU + 1000）/ 1000；实性成分为 −300 HU 及以上的最大连通部分（工程约定，需要确认）",
        "measured on the marked voxels: volume = voxels × voxel volume; long axis in the axial plane with the largest section, short axis perpendicular to it; mass = volume × (mean HU + 1000) / 1000; solid part = largest connected part at −300 HU and above (engineering convention, needs confirmation)",
    )
}

/// Same-day repeats of solid nodules above this volume have published limits, mm³.
pub(crate) const REPEATED_ABOVE_MM3: f64 = 60.0;
/// Those limits, 95 %, percent of the volume (233 nodules, as the clinical notes give them).
pub(crate) const REPEAT_LIMIT_PERCENT: f64 = 27.0;
/// Below this diameter doubling times are too uncertain to use, mm (Chest 2009;135:1580).
pub(crate) const SMALL_MM: f64 = 6.0;

fn error_text(
    kind: NoduleKind,
    volume_mm3: f64,
    mean_mm: f64,
    slice_mm: f64,
    limit: Option<&SizeLimit>,
) -> Text {
    let (mut zh, mut en) = match limit {
        Some(limit) => (
            format!(
                "体模中同样大小和层厚的重复测量：体积 95% 界限 ±{:.0}%，平均直径 ±{:.1} mm",
                limit.volume_percent, limit.mean_diameter_mm
            ),
            format!(
                "repeats on phantoms of this size and slice thickness: 95 % limits of volume ±{:.0} %, of mean diameter ±{:.1} mm",
                limit.volume_percent, limit.mean_diameter_mm
            ),
        ),
        None => (
            "此大小和层厚没有误差数据".to_owned(),
            "no error is known for this size and slice thickness".to_owned(),
        ),
    };
    if kind == NoduleKind::Solid && volume_mm3 > REPEATED_ABOVE_MM3 {
        zh.push_str("；患者同日重复测量的 95% 界限为 ±27%");
        en.push_str("; same-day repeats on patients: 95 % limits ±27 %");
    }
    if mean_mm < SMALL_MM || slice_mm >= THICK_SLICE_MM {
        zh.push_str("；小于 6 mm 或层厚 2.5 mm 及以上时倍增时间的误差过大，不宜使用");
        en.push_str(
            "; below 6 mm or in slices of 2.5 mm and more doubling times are too uncertain to use",
        );
    }
    Text::new(zh, en)
}

fn notices_of(mean_mm: f64, slice_mm: f64, long_mm: f64) -> Vec<Notice> {
    let mut notices = Vec::new();
    if slice_mm >= THICK_SLICE_MM {
        notices.push(Notice::new(
            "nodule-slices-thick",
            format!("层厚 {slice_mm:.1} mm：体积和倍增时间不可靠"),
            format!("Slices of {slice_mm:.1} mm: volume and doubling time are not reliable"),
        ));
    }
    if mean_mm < SMALL_MM {
        notices.push(Notice::new(
            "nodule-small",
            "平均直径小于 6 mm：不宜计算倍增时间",
            "Mean diameter below 6 mm: doubling times are not to be used",
        ));
    }
    if long_mm > 30.0 {
        notices.push(Notice::new(
            "nodule-mass",
            "长径超过 30 mm：按定义不是结节而是肿块",
            "Long axis above 30 mm: by definition a mass, not a nodule",
        ));
    }
    notices
}
