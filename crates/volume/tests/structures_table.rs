//! The table of `docs/conformance/chest-structures.md`: structures beside masks that others made,
//! and beside painted chests whose truth is known. `YUANYI_WRITE_TABLES=1` writes it anew.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop"
)]

mod painted;

use std::{fmt::Write, path::PathBuf, sync::atomic::AtomicBool};

use painted::{Canvas, chest, tubes};
use volume::{Chest, Grid, Lesion, Mask, Series, find_chest, read_series, read_volume, segment};

const TABLE: &str = "../../docs/conformance/chest-structures.md";

fn data(path: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    Some(folder.join(path)).filter(|path| path.exists())
}

fn found(series: &Series) -> Chest {
    find_chest(series, &|_, _| {}, &AtomicBool::new(false)).unwrap()
}

fn mask_named<'a>(chest: &'a Chest, name: &str) -> Option<&'a Mask> {
    let structure = chest.structures.iter().find(|s| s.name == name);
    structure.map(|structure| &structure.mask)
}

fn ml(mask: &Mask, grid: &Grid) -> f64 {
    mask.count() as f64 * grid.voxel_mm3() / 1000.0
}

fn dice(a: &Mask, b: &Mask) -> f64 {
    2.0 * a.clone().and(b).count() as f64 / (a.count() + b.count()) as f64
}

fn inside(a: &Mask, b: &Mask) -> f64 {
    a.clone().and(b).count() as f64 / a.count() as f64
}

/// Mean and 95th percentile of the distances between two surfaces, both ways, mm.
fn distances(a: &Mask, b: &Mask, grid: &Grid) -> [f64; 2] {
    let [a, b] = [a, b].map(|mask| surface(mask, grid));
    let to = |from: &[[f32; 3]], to: &[[f32; 3]]| -> Vec<f32> {
        let near = |p: &[f32; 3]| {
            let squares = to
                .iter()
                .map(|q| (0..3).map(|i| (p[i] - q[i]).powi(2)).sum::<f32>());
            squares.fold(f32::INFINITY, f32::min).sqrt()
        };
        // Every so many points are enough for a mean and a percentile.
        let step = from.len().div_ceil(2500);
        from.iter().step_by(step.max(1)).map(near).collect()
    };
    let mut all = to(&a, &b);
    all.extend(to(&b, &a));
    all.sort_by(f32::total_cmp);
    let mean = all.iter().map(|d| f64::from(*d)).sum::<f64>() / all.len() as f64;
    [mean, f64::from(all[all.len() * 95 / 100])]
}

/// Voxels with a neighbour outside, mm.
fn surface(mask: &Mask, grid: &Grid) -> Vec<[f32; 3]> {
    let mut points = Vec::new();
    mask.for_each(|[x, y, z]| {
        let beside = [
            [x.wrapping_sub(1), y, z],
            [x + 1, y, z],
            [x, y.wrapping_sub(1), z],
            [x, y + 1, z],
            [x, y, z.wrapping_sub(1)],
            [x, y, z + 1],
        ];
        if beside.iter().any(|&at| !mask.get(at)) {
            #[expect(clippy::cast_possible_truncation)]
            points.push(
                grid.point_lps_mm([x, y, z].map(|i| i as f64))
                    .map(|c| c as f32),
            );
        }
    });
    points
}

/// Rows for the thorax CTA, whose masks another program made.
fn rows_of_angiogram() -> Option<String> {
    let series = read_series(&data("imaging/ct-thorax-cta/example_ct.nii.gz")?).unwrap();
    let grid = &series.volume.grid;
    let chest = found(&series);
    let other = |name: &str| {
        let file = data(&format!("imaging/ct-thorax-cta/models/{name}.nii.gz"))?;
        let labels = read_volume(&file).unwrap();
        Some(Lesion::of_labels(name, &labels, grid).unwrap().mask)
    };
    let mut rows = String::new();
    let aorta = other("aorta")?;
    let ours = mask_named(&chest, "aorta").unwrap();
    // The other mask holds the false lumen also where contrast medium has not reached it.
    let filled = Mask::where_hu(&series.volume, |hu| hu >= segment::DENSE_HU).and(&aorta);
    let true_lumen = other("aorta_true_lumen")?;
    for (name, truth, least) in [
        ("aorta, true lumen", &true_lumen, 0.8),
        ("aorta, whole", &aorta, 0.4),
        ("aorta, where contrast medium fills it", &filled, 0.6),
    ] {
        let [mean, far] = distances(ours, truth, grid);
        let overlap = dice(ours, truth);
        assert!(overlap > least, "{name}: {overlap}");
        writeln!(
            rows,
            "| {name} | `aorta` | {:.1} | {:.1} | {overlap:.3} | {mean:.2} | {far:.1} |",
            ml(ours, grid),
            ml(truth, grid)
        )
        .unwrap();
    }
    rows.push_str("\n| mask of the other program | ml | share in `contrast` | in `aorta` | in `skeleton` |\n|---|---|---|---|---|\n");
    for name in [
        "aorta_true_lumen",
        "aorta_false_lumen",
        "brachiocephalic_trunk",
        "common_carotid_artery_left",
        "subclavian_artery_left",
        "vertebrae_T12",
    ] {
        let mask = other(name)?;
        write!(rows, "| {name} | {:.1} ", ml(&mask, grid)).unwrap();
        for ours in ["contrast", "aorta", "skeleton"] {
            let share = mask_named(&chest, ours).map_or(0.0, |ours| inside(&mask, ours));
            write!(rows, "| {:.0} % ", 100.0 * share).unwrap();
        }
        rows.push_str("|\n");
    }
    Some(rows)
}

/// Where a shape was painted alone, by its half-way voxels.
fn painted_mask(spacing_mm: [f64; 3], paint: impl FnOnce(&mut Canvas)) -> Mask {
    let mut canvas = Canvas::new(painted::SIZE_MM, spacing_mm);
    paint(&mut canvas);
    Mask::where_hu(&canvas.series(0.0).volume, |hu| hu > -500)
}

/// Rows for painted chests.
fn rows_of_painted() -> (String, String) {
    let (mut masks, mut branches) = (String::new(), String::new());
    for (spacing, noise) in [
        ([0.8, 0.8, 1.0], 15.0),
        ([0.8, 0.8, 1.0], 40.0),
        ([0.8, 0.8, 2.5], 15.0),
    ] {
        let series = chest(spacing).series(noise);
        let grid = &series.volume.grid;
        let chest = found(&series);
        let label = format!(
            "{}×{}×{} mm, noise {noise} HU",
            spacing[0], spacing[1], spacing[2]
        );
        let tubes_mask = painted_mask(spacing, |canvas| {
            for tube in tubes() {
                canvas.rod(tube.from, tube.to, tube.radius, 0.0);
            }
        });
        let walls = painted_mask(spacing, |canvas| {
            for tube in tubes() {
                canvas.rod(tube.from, tube.to, tube.radius + 2.0, 0.0);
            }
        });
        for (name, side) in [("lung-left", 1.0), ("lung-right", -1.0)] {
            let truth = painted_mask(spacing, |canvas| {
                canvas.ellipsoid([side * 72.0, 0.0, 115.0], [48.0, 72.0, 100.0], 0.0);
            });
            let truth = truth.without(&walls);
            let ours = mask_named(&chest, name).unwrap();
            masks.push_str(&row(name, &label, ours, &truth, grid, 0.95));
        }
        let airway = mask_named(&chest, "airway").unwrap();
        masks.push_str(&row("airway", &label, airway, &tubes_mask, grid, 0.8));
        let tree = chest.entry.airway.unwrap();
        let truth = tubes();
        for generation in 0..4 {
            let of = |g: u32| g == generation;
            let ours: Vec<_> = tree.branches.iter().filter(|b| of(b.generation)).collect();
            let tubes: Vec<_> = truth.iter().filter(|t| of(t.generation)).collect();
            let widths: Vec<f64> = ours.iter().filter_map(|b| b.mean_diameter_mm).collect();
            let mean = |list: &[f64]| list.iter().sum::<f64>() / list.len().max(1) as f64;
            let lengths: Vec<f64> = ours.iter().map(|b| b.length_mm).collect();
            let true_lengths: Vec<f64> = tubes.iter().map(|t| distance(t.from, t.to)).collect();
            writeln!(
                branches,
                "| {label} | {generation} | {} of {} | {:.1} / {:.1} | {:.2} / {:.2} |",
                ours.len(),
                tubes.len(),
                mean(&lengths),
                mean(&true_lengths),
                mean(&widths),
                2.0 * tubes[0].radius
            )
            .unwrap();
        }
    }
    (masks, branches)
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

fn row(name: &str, label: &str, ours: &Mask, truth: &Mask, grid: &Grid, least: f64) -> String {
    let overlap = dice(ours, truth);
    assert!(overlap > least, "{name}, {label}: {overlap}");
    let [mean, far] = distances(ours, truth, grid);
    format!(
        "| {name}, {label} | {:.1} | {:.1} | {overlap:.3} | {mean:.2} | {far:.1} |\n",
        ml(ours, grid),
        ml(truth, grid)
    )
}

#[test]
fn structures_agree_with_masks_of_others_and_with_what_was_painted() {
    let (masks, branches) = rows_of_painted();
    let angiogram = rows_of_angiogram();
    let Some(angiogram) = angiogram else {
        println!("skipped: no shared data");
        return;
    };
    let table = format!(
        "# Structures of the chest

Written by `crates/volume/tests/structures_table.rs` (`YUANYI_WRITE_TABLES=1` writes it anew). Surface distances go both ways between the outermost voxels.

## Thorax CT angiogram beside the masks of another program

The scan is an aortic dissection at 1.5 mm, full of contrast medium; the masks come with it (Apache-2.0). It brings none of lungs, airway or heart.

| mask of the other program | ours | ours, ml | other, ml | Dice | mean distance, mm | 95th percentile, mm |
|---|---|---|---|---|---|---|
{angiogram}
Where they differ: contrast medium hardly reaches the false lumen in the lower half, which lies below {} HU there, and above it the flap parts it from what is followed, so `aorta` is the true lumen with little else. Root and lower end are cut short where the aorta touches the heart or fades, which is where the large distances come from. Branches of the arch are thinner than what counts as aorta. Vessels full of contrast medium that touch bone, at the neck and beside the spine, are partly taken for bone. Of the vertebra, bone here is what is dense and marrow that it encloses in its plane; the rest of its marrow is not.

## Painted chests

Made by the test with known truth: lungs as ellipsoids, windpipe and three generations of bronchi as rods with walls of 1.5 mm, voxels at edges mixed by volume, noise without correlation.

| structure | ours, ml | truth, ml | Dice | mean distance, mm | 95th percentile, mm |
|---|---|---|---|---|---|
{masks}
The airway's mask ends where voxels at its edge are more wall than lumen, so it is smaller than the truth; diameters are measured between voxels and are not.

| scan | generation | branches found | mean length / truth, mm | mean diameter / truth, mm |
|---|---|---|---|---|
{branches}
Lengths go from division to division along a smooth line; at the ends the lumen's cap is taken in. With thicker slices small lumens come out narrower, since their walls blur into them; real scans have smaller bronchi than these, which are missed.
",
        segment::DENSE_HU
    );
    if std::env::var_os("YUANYI_WRITE_TABLES").is_some_and(|value| value == "1") {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(TABLE);
        std::fs::write(path, table).unwrap();
    }
}
