//! The numbers that the nodule modules stand on.
//!
//! They are engineering conventions: guidelines define density by eye, and the hospital's clinical
//! notes mark HU conventions "needs confirmation". Each is shown to whoever looks at a result.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

/// Denser than this is solid, HU; conventions run from −300 to −160. Needs confirmation.
pub const SOLID_HU: f64 = -300.0;
/// Ground glass begins about here, HU. Needs confirmation.
pub const GROUND_GLASS_HU: f64 = -750.0;
/// The first outline of a solid nodule, before its own half-way value is known, HU.
pub(crate) const FIRST_SOLID_HU: f64 = -400.0;
/// The half-way value between nodule and lung is kept in this range for solid nodules, HU.
pub(crate) const SOLID_EDGE_HU: [f64; 2] = [-550.0, -250.0];
/// The same for ground glass, HU.
pub(crate) const GROUND_GLASS_EDGE_HU: [f64; 2] = [-800.0, -550.0];
/// Ground glass is denser than the lung around it by at least this, HU.
pub(crate) const LEAST_CONTRAST_HU: f64 = 130.0;
/// Lung tissue around a nodule is less dense than this, HU.
pub(crate) const PARENCHYMA_HU: f64 = -600.0;
/// Faint edges are sought in values smoothed by a Gaussian of this width, mm.
pub(crate) const SMOOTHING_MM: f64 = 0.7;
/// The edge of what is solid blurs into faint tissue around it this far, mm.
pub(crate) const EDGE_BLUR_MM: f64 = 1.5;
/// A point this far beside a nodule still means it, mm.
pub(crate) const SNAP_MM: f64 = 3.0;
/// The surface of the lung is closed over a nodule by the least of these balls that has twice the
/// nodule's radius, mm.
pub(crate) const CLOSING_STEPS_MM: [f64; 4] = [8.0, 12.0, 16.0, 22.0];
/// What is thinner than this share of the nodule's radius is cut off it in any case.
pub(crate) const THIN_SHARE: f64 = 0.3;
/// A neck wider than this share of the nodule's radius cannot be told from the nodule.
pub(crate) const BROAD_SHARE: f64 = 0.85;
/// A rim of ground glass is at least this wide, mm, and this share of the slice distance wider.
pub(crate) const RIM_MM: [f64; 2] = [1.6, 0.2];
/// A solid part is at least this long, mm.
pub(crate) const LEAST_SOLID_MM: f64 = 2.0;
/// Candidates are denser than this, HU; it is where the lungs' vessels begin.
pub(crate) const CANDIDATE_HU: f64 = -500.0;
/// Faint candidates are denser than this, HU.
pub(crate) const FAINT_CANDIDATE_HU: f64 = -680.0;
/// Balls by which dense voxels are opened, mm.
pub(crate) const BLOB_MM: [f64; 5] = [1.2, 1.8, 2.7, 4.0, 6.0];
/// Faint places are opened from this of the balls on: smaller ones find noise.
pub(crate) const FAINT_FROM: usize = 1;
/// Holes that noise makes in faint places are closed by a ball of this radius, mm.
pub(crate) const FAINT_HOLES_MM: f64 = 0.8;
/// What is vessel by more than this share is no candidate.
pub(crate) const MOSTLY: f64 = 0.5;
/// Smallest and largest diameter of a candidate, mm.
pub(crate) const CANDIDATE_MM: [f64; 2] = [3.0, 40.0];
/// What is longer than this many times its width is no candidate.
pub(crate) const LONGEST_RATIO: f64 = 2.0;
/// Least score of a candidate.
pub(crate) const CANDIDATE_SCORE: f64 = 0.5;
/// Width of the bins of the histogram, HU.
pub const HISTOGRAM_BIN_HU: f64 = 25.0;

/// One number that a result stands on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Parameter {
    /// A stable name.
    pub name: String,
    /// Its value.
    pub value: f64,
    /// Its unit, as UCUM has it; `[hnsf'U]` is the Hounsfield unit.
    pub unit: String,
    /// What it does.
    #[ts(type = "{ zh: string; en: string }")]
    pub meaning: Text,
    /// Whether a person with the source has still to confirm it.
    pub needs_confirmation: bool,
}

/// The numbers by which nodules are outlined and told apart by density, to be shown with a result.
pub fn parameters() -> Vec<Parameter> {
    let of = |name: &str, value, unit: &str, zh: &str, en: &str| Parameter {
        name: name.to_owned(),
        value,
        unit: unit.to_owned(),
        meaning: Text::new(zh, en),
        needs_confirmation: true,
    };
    vec![
        of(
            "solid",
            SOLID_HU,
            "[hnsf'U]",
            "高于此值为实性成分",
            "denser than this is solid",
        ),
        of(
            "ground-glass",
            GROUND_GLASS_HU,
            "[hnsf'U]",
            "磨玻璃成分的下限",
            "ground glass begins here",
        ),
        of(
            "rim",
            RIM_MM[0],
            "mm",
            "磨玻璃边缘的最小宽度（另加层间距的五分之一）",
            "least width of a rim of ground glass, and a fifth of the slice distance more",
        ),
        of(
            "snap",
            SNAP_MM,
            "mm",
            "点击位置与结节的最大距离",
            "farthest that a click may be beside the nodule",
        ),
        of(
            "thin",
            THIN_SHARE,
            "1",
            "比结节半径的这一比例更细的部分会被去除",
            "what is thinner than this share of the radius is cut off",
        ),
        of(
            "broad",
            BROAD_SHARE,
            "1",
            "连接处宽于结节半径的这一比例时无法可靠分开",
            "a neck wider than this share of the radius cannot be told from the nodule",
        ),
    ]
}
