//! How far repeated measurements of the same nodule differ, by kind, size and slice thickness.
//!
//! The numbers come from phantoms with known truth: `limits.json` is written by
//! `cargo run -p volume --example nodule_phantoms`, and shown in `docs/conformance/nodule-phantoms.md`.
//! What is smaller, thicker or noisier than the phantoms has no limit, and nothing is called there.

use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::NoduleKind;

/// Limits of agreement between two scans of the same unchanged nodule.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct SizeLimit {
    /// The density for which it holds; part-solid nodules are read as ground glass.
    pub kind: NoduleKind,
    /// True diameter of the phantom, mm.
    pub diameter_mm: f64,
    /// Its slice thickness, mm.
    pub slice_mm: f64,
    /// Mean error of the volume, percent of the true one.
    pub bias_percent: f64,
    /// 95 % limit of the change of volume between two scans where nothing changed, percent.
    pub volume_percent: f64,
    /// 95 % limit of the change of the mean diameter where nothing changed, mm.
    pub mean_diameter_mm: f64,
    /// The least growth of the volume that is recognised in 95 % of pairs, percent; absent where
    /// even a doubling is not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub callable_percent: Option<f64>,
}

/// All limits, as the phantoms gave them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// What wrote them.
    pub made_by: String,
    /// Standard deviations of the noise in the phantoms, HU.
    pub noise_hu: Vec<f64>,
    /// One for each kind, diameter and slice thickness.
    pub cells: Vec<SizeLimit>,
}

impl Limits {
    /// The limit for a nodule: that of the next smaller phantom in the next thicker slices.
    ///
    /// `None` where the nodule is smaller than every phantom, or the slices thicker.
    pub fn at(&self, kind: NoduleKind, diameter_mm: f64, slice_mm: f64) -> Option<SizeLimit> {
        let kind = match kind {
            NoduleKind::Solid => NoduleKind::Solid,
            NoduleKind::PartSolid | NoduleKind::GroundGlass => NoduleKind::GroundGlass,
        };
        // Sizes are measured, so one that is a tenth short of a phantom's is still of that phantom.
        let fits = |cell: &&SizeLimit| {
            cell.kind == kind
                && cell.diameter_mm <= diameter_mm * 1.1
                && cell.slice_mm >= slice_mm - 0.01
        };
        self.cells
            .iter()
            .filter(fits)
            .min_by(|a, b| {
                a.slice_mm
                    .total_cmp(&b.slice_mm)
                    .then(b.diameter_mm.total_cmp(&a.diameter_mm))
            })
            .copied()
    }
}

/// The limits that the phantoms gave.
pub fn limits() -> &'static Limits {
    static LIMITS: OnceLock<Limits> = OnceLock::new();
    LIMITS.get_or_init(|| {
        // A file that does not parse gives no limits, so that nothing is called; a test reads it.
        serde_json::from_str(include_str!("limits.json")).unwrap_or_else(|_| Limits {
            made_by: String::new(),
            noise_hu: Vec::new(),
            cells: Vec::new(),
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(diameter_mm: f64, slice_mm: f64) -> SizeLimit {
        SizeLimit {
            kind: NoduleKind::Solid,
            diameter_mm,
            slice_mm,
            bias_percent: 0.0,
            volume_percent: 0.0,
            mean_diameter_mm: 0.0,
            callable_percent: None,
        }
    }

    #[test]
    fn the_next_smaller_phantom_in_the_next_thicker_slices_is_taken() {
        let limits = Limits {
            made_by: String::new(),
            noise_hu: Vec::new(),
            cells: [(4.0, 1.0), (8.0, 1.0), (4.0, 2.5), (8.0, 2.5)]
                .map(|(d, s)| cell(d, s))
                .to_vec(),
        };
        let at = |d, s| {
            let found = limits.at(NoduleKind::Solid, d, s);
            found.map(|c| (c.diameter_mm, c.slice_mm))
        };
        assert_eq!(at(7.0, 0.7), Some((4.0, 1.0)));
        assert_eq!(at(9.0, 1.25), Some((8.0, 2.5)));
        assert_eq!(at(3.0, 1.0), None);
        assert_eq!(at(9.0, 5.0), None);
        assert_eq!(limits.at(NoduleKind::GroundGlass, 9.0, 1.0), None);
    }

    #[test]
    fn the_file_of_limits_parses_and_has_the_sizes_that_are_promised() {
        let limits = limits();
        for kind in [NoduleKind::Solid, NoduleKind::GroundGlass] {
            assert!(limits.at(kind, 8.0, 1.0).is_some(), "{kind:?}");
        }
        assert!(limits.at(NoduleKind::Solid, 20.0, 5.0).is_some());
        // Even a doubling is not recognised there.
        let small = limits.at(NoduleKind::Solid, 4.0, 2.5).unwrap();
        assert_eq!(small.callable_percent, None);
    }
}
