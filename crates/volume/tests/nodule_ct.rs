//! One click, candidates and registration on scans of patients, and on phantoms where truth is known;
//! `YUANYI_WRITE_TABLES=1` writes `docs/conformance/nodule-ct.md`.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop"
)]

mod nodule;

use std::fmt::Write as _;

use nodule::digital::{GROUND_GLASS_HU, Phantom, Random, Shape, TISSUE_HU};
use volume::{
    Grid, Lesion, Mask, Series, Volume,
    nodule::{Candidate, Seed, candidates, measures, register, segment},
    read_volume,
    segment::{airway, body, lungs, vessels},
};

const IMAGE: &str = "imaging/ct-chest-nodule/lung1_image.nrrd";
const LABEL: &str = "imaging/ct-chest-nodule/lung1_label.nrrd";

fn read(path: &str) -> Option<Series> {
    Some(Series::of_volume(
        read_volume(&nodule::shared(path)?).unwrap(),
    ))
}

fn lungs_of(series: &Series) -> Mask {
    let body = body(&series.volume);
    let airway = airway(&series.volume, &body);
    lungs(&series.volume, &body, airway.as_ref()).unwrap().both
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f64>().sqrt()
}

#[test]
fn the_nodule_is_outlined_from_one_click_found_unasked_and_found_again() {
    let Some(series) = read(IMAGE) else { return };
    let label = read_volume(&nodule::shared(LABEL).unwrap()).unwrap();
    let truth = Lesion::of_labels("1", &label, &series.volume.grid)
        .unwrap()
        .mask;
    let lungs = lungs_of(&series);
    let text = format!(
        "{HEAD}{}{}{}{}",
        clicks(&series, &lungs, &truth),
        found_in_scans(&series, &lungs, &truth),
        found_in_phantoms(),
        moved(&series, measures(&series, &truth).unwrap().centre_lps_mm),
    );
    nodule::write_table("nodule-ct.md", &text);
}

const HEAD: &str = "# Nodules in scans: one click, candidates, registration

Written by `cargo test -p volume --test nodule_ct` (`YUANYI_WRITE_TABLES=1` writes it anew).

";

fn clicks(series: &Series, lungs: &Mask, truth: &Mask) -> String {
    let of = measures(series, truth).unwrap();
    let mut text = format!(
        "## One click
Chest CT with a nodule that a reader outlined (`ct-chest-nodule`, slices of 5 mm): {:.0} mm³, mean diameter {:.1} mm. The point is moved off the middle of that outline; nothing is corrected by hand.

| point off the middle, mm (L, P, S) | lungs given | Dice | volume, mm³ | error of volume, % | mean diameter, mm | kind |
|---|---|--:|--:|--:|--:|---|
",
        of.volume_mm3, of.mean_diameter_mm
    );
    let offs = [
        [0.0, 0.0, 0.0],
        [4.0, 0.0, 0.0],
        [-4.0, 0.0, 0.0],
        [0.0, 4.0, 0.0],
        [0.0, -4.0, 0.0],
        [0.0, 0.0, 5.0],
        [0.0, 0.0, -5.0],
    ];
    for off in offs {
        for given in [Some(lungs), None] {
            let at = std::array::from_fn(|a| of.centre_lps_mm[a] + off[a]);
            let found = segment(series, given, Seed::at(at)).unwrap();
            let sized = measures(series, &found.mask).unwrap();
            let both = found.mask.clone().and(truth).count() as f64;
            let dice = 2.0 * both / (found.mask.count() + truth.count()) as f64;
            let error = (sized.volume_mm3 / of.volume_mm3 - 1.0) * 100.0;
            assert!(dice > 0.85 && error.abs() < 30.0, "{off:?}: {dice} {error}");
            writeln!(
                text,
                "| {}, {}, {} | {} | {dice:.3} | {:.0} | {error:+.1} | {:.1} | {} |",
                off[0],
                off[1],
                off[2],
                if given.is_some() { "yes" } else { "no" },
                sized.volume_mm3,
                sized.mean_diameter_mm,
                found.kind.label().en,
            )
            .unwrap();
        }
    }
    text.push_str("\nThe reader drew inside the edge that lies half-way between nodule and lung; no rule says which of both is right, so the same way has to be used at each scan. In slices of 5 mm neither is a measure of growth.\n\n");
    text
}

fn hit(found: &[Candidate], centre: [f64; 3], within_mm: f64) -> Option<usize> {
    found
        .iter()
        .position(|c| distance(c.centre_lps_mm, centre) <= within_mm)
}

fn found_in_scans(series: &Series, lungs: &Mask, truth: &Mask) -> String {
    let of = measures(series, truth).unwrap();
    let mut text = "## Candidates
Places that look like nodules, the most striking first. Whoever reads must look at all of them, and at the rest of the lung too. With the vessels of the lungs (`volume::segment::vessels`, as the running hospital gives them) what is mostly vessel and goes on as vessel falls away: in slices below 2.5 mm in two places, in thicker ones in three, since there a small nodule on a vessel looks the same.

| scan | slices, mm | vessels given | nodules known | found | rank | false ones | of them 5 mm and larger | with a score of 0.8 and more |
|---|--:|---|--:|--:|--:|--:|--:|--:|
"
    .to_owned();
    let large = |found: &[Candidate]| found.iter().filter(|c| c.diameter_mm >= 5.0).count();
    let striking = |found: &[Candidate]| found.iter().filter(|c| c.score >= 0.8).count();
    let mut false_ones = Vec::new();
    let known = vessels(&series.volume, lungs);
    for given in [None, Some(&known)] {
        let found = candidates(series, lungs, given);
        let rank = hit(&found, of.centre_lps_mm, of.mean_diameter_mm / 2.0).unwrap();
        assert!(rank < 3 && found.len() < 120, "{rank} of {}", found.len());
        false_ones.push(found.len() - 1);
        writeln!(
            text,
            "| chest CT with a nodule | 5 | {} | 1 | 1 | {} | {} | {} | {} |",
            yes_or_no(given),
            rank + 1,
            found.len() - 1,
            large(&found) - 1,
            striking(&found) - 1,
        )
        .unwrap();
    }
    let angiogram = read("imaging/ct-thorax-cta/example_ct.nii.gz").unwrap();
    let lungs = lungs_of(&angiogram);
    let known = vessels(&angiogram.volume, &lungs);
    for given in [None, Some(&known)] {
        let found = candidates(&angiogram, &lungs, given);
        assert!(found.len() < 60, "{}", found.len());
        false_ones.push(found.len());
        writeln!(
            text,
            "| angiogram of the chest | 1.5 | {} | none is marked | | | {} | {} | {} |",
            yes_or_no(given),
            found.len(),
            large(&found),
            striking(&found),
        )
        .unwrap();
    }
    let [without, with, alone, beside] = false_ones.as_slice() else {
        unreachable!("two scans, each with and without")
    };
    assert!(with <= without && beside <= alone, "{false_ones:?}");
    text.push_str(
        "\nNobody has looked for all nodules of these scans: some \"false\" ones may be true.\n\n",
    );
    text
}

fn yes_or_no(given: Option<&Mask>) -> &'static str {
    if given.is_some() { "yes" } else { "no" }
}

/// Finds phantoms among their own lung; the wall is no lung.
fn found_in_phantoms() -> String {
    let mut text = "On phantoms of one nodule each (noise 25 HU; found: a candidate whose middle lies within the nodule's radius, or 3 mm):

| nodule | slices, mm | vessels given | 4 mm | 6 mm | 8 mm | 12 mm | 20 mm | false ones a phantom |
|---|--:|---|---|---|---|---|---|--:|
".to_owned();
    let kinds = [
        ("solid, alone", Shape::Sphere, TISSUE_HU),
        ("solid, spiculated", Shape::Spiculated, TISSUE_HU),
        ("solid, on a vessel", Shape::OnVessel, TISSUE_HU),
        ("solid, on the wall", Shape::OnPleura, TISSUE_HU),
        ("ground glass, alone", Shape::Sphere, GROUND_GLASS_HU),
    ];
    for (name, shape, hu) in kinds {
        for slice_mm in [1.0, 2.5] {
            let mut rows = [false, true].map(|given| {
                let given = if given { "yes" } else { "no" };
                format!("| {name} | {slice_mm} | {given} |")
            });
            let mut others = [0; 2];
            for diameter_mm in [4.0, 6.0, 8.0, 12.0, 20.0] {
                let mut hits = [0; 2];
                for seed in 1..=4 {
                    let scan = Phantom {
                        shape,
                        hu,
                        noise_hu: 25.0,
                        seed,
                        ..Phantom::sphere(diameter_mm, slice_mm)
                    }
                    .scan();
                    let lungs = inside(&scan.series, shape);
                    let known = vessels(&scan.series.volume, &lungs);
                    let reach = (diameter_mm / 2.0_f64).max(3.0);
                    for (at, given) in [None, Some(&known)].into_iter().enumerate() {
                        let found = candidates(&scan.series, &lungs, given);
                        let is_hit = hit(&found, scan.centre_lps_mm, reach).is_some();
                        hits[at] += usize::from(is_hit);
                        others[at] += found.len() - usize::from(is_hit);
                    }
                }
                // Vessels given take no nodule away.
                assert_eq!(hits[0], hits[1], "{name} {diameter_mm} {slice_mm}");
                if shape == Shape::Sphere && hu == TISSUE_HU && diameter_mm >= 6.0 {
                    assert_eq!(hits, [4, 4], "{name} {diameter_mm} {slice_mm}");
                }
                for (row, hits) in rows.iter_mut().zip(hits) {
                    write!(row, " {hits} of 4 |").unwrap();
                }
            }
            for (row, others) in rows.iter().zip(others) {
                let each = f64::from(u32::try_from(others).unwrap()) / 20.0;
                writeln!(text, "{row} {each:.1} |").unwrap();
            }
        }
    }
    text.push_str(LIMITS);
    text
}

const LIMITS: &str = "
What is not found as well as it looks: ground glass of 4 mm, and of 6 to 8 mm in thick slices, since noise and slices blur it into the lung; a nodule on the wall that is larger than the gap over which the lungs are closed (some 16 mm), since it counts as wall and not as lung. Both are for the eye.

";

/// The lung of a phantom: all of it, or what is closed over by its air on the side of the wall.
fn inside(series: &Series, shape: Shape) -> Mask {
    if shape == Shape::OnPleura {
        let grid = &series.volume.grid;
        Mask::where_hu(&series.volume, |hu| hu < -400).close(8.0, grid.spacing_mm)
    } else {
        Mask::empty(series.volume.grid.size).complement()
    }
}

/// A scan of the same patient moved, stretched and scanned anew around a place.
fn scanned_again(prior: &Series, near: [f64; 3], shift: [f64; 3], stretch: f64) -> Series {
    let spacing = [0.8, 0.8, 3.0];
    let size = [130, 130, 34];
    let half: [f64; 3] = std::array::from_fn(|a| (size[a] as f64 - 1.0) * spacing[a] / 2.0);
    let origin = std::array::from_fn(|a| near[a] + shift[a] - half[a]);
    let grid = Grid::axis_aligned(size, spacing, origin);
    let mut random = Random(7);
    let mut voxels = Vec::with_capacity(grid.voxels());
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let point = grid.point_lps_mm([x as f64, y as f64, z as f64]);
                let mut before: [f64; 3] = std::array::from_fn(|a| point[a] - shift[a]);
                before[2] = near[2] + (before[2] - near[2]) / stretch;
                let noise = 20.0 * random.normal();
                #[expect(clippy::cast_possible_truncation, reason = "HU")]
                voxels.push((straight(&prior.volume, before) + noise).round() as i16);
            }
        }
    }
    Series::of_volume(Volume { grid, voxels })
}

/// The value at a point between voxels, air outside.
fn straight(volume: &Volume, point: [f64; 3]) -> f64 {
    let index = volume.grid.index_of(point);
    let mut value = 0.0;
    for corner in 0..8_usize {
        let mut weight = 1.0;
        let at = std::array::from_fn(|a| {
            let up = corner >> a & 1;
            let part = index[a] - index[a].floor();
            weight *= if up == 1 { part } else { 1.0 - part };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a voxel"
            )]
            let low = index[a].floor().max(0.0) as usize;
            low + up
        });
        value += weight * f64::from(volume.at(at).unwrap_or(-1000));
    }
    value
}

fn moved(series: &Series, near: [f64; 3]) -> String {
    let mut text = "## Registration of priors
The chest CT around its nodule is moved by a known shift, scanned anew in other pixels and slices (0.8 mm, 3 mm) with noise of 20 HU, and stretched along the body where the table says so; the point of the nodule is then looked for, without the help of lung masks.

| shift, mm (L, P, S) | stretched by | error at the nodule, mm | residual, mm | correlation | relied on |
|---|--:|--:|--:|--:|---|
".to_owned();
    let cases = [
        ([0.0, 0.0, 0.0], 1.0),
        ([6.3, -4.1, 8.7], 1.0),
        ([-17.2, 21.4, -25.9], 1.0),
        ([31.0, -12.6, 35.3], 1.0),
        ([6.3, -4.1, 8.7], 1.05),
        ([6.3, -4.1, 8.7], 1.15),
    ];
    for (shift, stretch) in cases {
        let again = scanned_again(series, near, shift, stretch);
        let found = register(series, &again, None, None, near).unwrap();
        let expect = std::array::from_fn(|a| near[a] + shift[a]);
        let error = distance(found.current_of(near), expect);
        assert!(
            error < if stretch > 1.0 { 2.5 } else { 1.0 },
            "{shift:?} {stretch}: {error}"
        );
        assert!(found.is_reliable, "{found:?}");
        assert!(distance(found.prior_of(expect), near) < 2.5);
        writeln!(
            text,
            "| {}, {}, {} | {:.0} % | {error:.2} | {:.2} | {:.3} | yes |",
            shift[0],
            shift[1],
            shift[2],
            (stretch - 1.0) * 100.0,
            found.residual_mm,
            found.correlation,
        )
        .unwrap();
    }
    // Another place altogether is not taken for the same.
    let other = scanned_again(
        series,
        [near[0] + 150.0, near[1] + 10.0, near[2] - 100.0],
        [0.0; 3],
        1.0,
    );
    let far = [near[0] + 150.0, near[1] + 10.0, near[2] - 100.0];
    let mut elsewhere = other;
    elsewhere.volume.grid.origin_lps_mm =
        std::array::from_fn(|a| elsewhere.volume.grid.origin_lps_mm[a] - far[a] + near[a]);
    let found = register(series, &elsewhere, None, None, near).unwrap();
    assert!(!found.is_reliable, "{found:?}");
    writeln!(
        text,
        "| another place of the lung | | | {:.2} | {:.3} | no |",
        found.residual_mm, found.correlation
    )
    .unwrap();
    text
}
