//! Outlines and measures digital phantoms and prints one JSON line for each, for
//! `tests/conformance/nodule_phantoms.py`, which makes the table, the plot and `limits.json` of them.
//!
//! `cargo run -p volume --example nodule_phantoms [QUICK] > lines.jsonl`

#![allow(clippy::indexing_slicing, reason = "a tool for developers")]

#[path = "../tests/nodule/digital.rs"]
mod digital;

use digital::{GROUND_GLASS_HU, Phantom, Shape, TISSUE_HU};
use rayon::prelude::*;
use serde_json::json;
use volume::nodule::{NoduleKind, Seed, measures, segment};

const DIAMETERS_MM: [f64; 8] = [3.0, 4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0];
const SLICES_MM: [f64; 6] = [0.6, 1.0, 1.5, 2.5, 3.0, 5.0];
const NOISE_HU: [f64; 3] = [10.0, 25.0, 40.0];
/// Growth of the volume, percent; 0 is the repeat of an unchanged nodule.
const GROWTH_PERCENT: [f64; 5] = [0.0, 10.0, 25.0, 50.0, 100.0];

struct Case {
    kind: NoduleKind,
    shape: Shape,
    diameter_mm: f64,
    slice_mm: f64,
    noise_hu: f64,
    growth_percent: f64,
    repeat: u64,
}

fn main() {
    let quick = std::env::args().any(|argument| argument == "QUICK");
    let mut cases = Vec::new();
    for slice_mm in SLICES_MM {
        for diameter_mm in DIAMETERS_MM {
            for kind in [NoduleKind::Solid, NoduleKind::GroundGlass] {
                for noise_hu in NOISE_HU {
                    for growth_percent in GROWTH_PERCENT {
                        // Limits come from unchanged nodules, so there are most of them.
                        let repeats = match (quick, growth_percent > 0.0) {
                            (true, _) => 1,
                            (false, true) => 2,
                            (false, false) => 6,
                        };
                        for repeat in 0..repeats {
                            cases.push(Case {
                                kind,
                                shape: Shape::Sphere,
                                diameter_mm,
                                slice_mm,
                                noise_hu,
                                growth_percent,
                                repeat,
                            });
                        }
                    }
                }
            }
            // Other shapes at one noise, unchanged: how far their volume is off.
            for shape in [
                Shape::Ellipsoid,
                Shape::Spiculated,
                Shape::OnVessel,
                Shape::OnPleura,
            ] {
                for repeat in 0..if quick { 1 } else { 4 } {
                    cases.push(Case {
                        kind: NoduleKind::Solid,
                        shape,
                        diameter_mm,
                        slice_mm,
                        noise_hu: 25.0,
                        growth_percent: 0.0,
                        repeat,
                    });
                }
            }
        }
    }
    let lines: Vec<String> = cases.par_iter().enumerate().map(line).collect();
    for line in lines {
        println!("{line}");
    }
}

fn line((number, case): (usize, &Case)) -> String {
    let grown = case.diameter_mm * (1.0 + case.growth_percent / 100.0).cbrt();
    let scan = Phantom {
        shape: case.shape,
        diameter_mm: grown,
        hu: match case.kind {
            NoduleKind::GroundGlass => GROUND_GLASS_HU,
            _ => TISSUE_HU,
        },
        solid: None,
        slice_mm: case.slice_mm,
        noise_hu: case.noise_hu,
        seed: number as u64,
    }
    .scan();
    let found = segment(&scan.series, None, Seed::at(scan.centre_lps_mm))
        .and_then(|nodule| measures(&scan.series, &nodule.mask));
    let (volume, mean, kind) = match &found {
        Ok(found) => (
            Some(found.volume_mm3),
            Some(found.mean_diameter_mm),
            Some(found.kind),
        ),
        Err(_) => (None, None, None),
    };
    json!({
        "kind": case.kind,
        "shape": format!("{:?}", case.shape),
        "diameter_mm": case.diameter_mm,
        "slice_mm": case.slice_mm,
        "noise_hu": case.noise_hu,
        "growth_percent": case.growth_percent,
        "repeat": case.repeat,
        "true_mm3": scan.volume_mm3,
        "volume_mm3": volume,
        "mean_diameter_mm": mean,
        "found_kind": kind,
    })
    .to_string()
}
