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
    segment::{airway, body, lungs},
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
    let found = candidates(series, lungs, None);
    let rank = hit(&found, of.centre_lps_mm, of.mean_diameter_mm / 2.0).unwrap();
    assert!(rank < 3 && found.len() < 120, "{rank} of {}", found.len());
    let mut text = format!(
        "## Candidates
Places that look like nodules, the most striking first. Whoever reads must look at all of them, and at the rest of the lung too.

| scan | slices, mm | nodules known | found | rank | false ones | of them 5 mm and larger | with a score of 0.8 and more |
|---|--:|--:|--:|--:|--:|--:|--:|
| chest CT with a nodule | 5 | 1 | 1 | {} | {} | {} | {} |
",
        rank + 1,
        found.len() - 1,
        found.iter().filter(|c| c.diameter_mm >= 5.0).count() - 1,
        found.iter().filter(|c| c.score >= 0.8).count() - 1,
    );
    let angiogram = read("imaging/ct-thorax-cta/example_ct.nii.gz").unwrap();
    let found = candidates(&angiogram, &lungs_of(&angiogram), None);
    assert!(found.len() < 60, "{}", found.len());
    writeln!(
        text,
        "| angiogram of the chest | 1.5 | none is marked | | | {} | {} | {} |\n",
        found.len(),
        found.iter().filter(|c| c.diameter_mm >= 5.0).count(),
        found.iter().filter(|c| c.score >= 0.8).count(),
    )
    .unwrap();
    text.push_str(
        "Nobody has looked for all nodules of these scans: some \"false\" ones may be true.\n\n",
    );
    text
}

/// Finds phantoms among their own lung; the wall is no lung.
fn found_in_phantoms() -> String {
    let mut text = "On phantoms of one nodule each (noise 25 HU; found: a candidate whose middle lies within the nodule's radius, or 3 mm):

| nodule | slices, mm | 4 mm | 6 mm | 8 mm | 12 mm | 20 mm | false ones a phantom |
|---|--:|---|---|---|---|---|--:|
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
            write!(text, "| {name} | {slice_mm} |").unwrap();
            let mut others = 0;
            for diameter_mm in [4.0, 6.0, 8.0, 12.0, 20.0] {
                let mut hits = 0;
                for seed in 1..=4 {
                    let scan = Phantom {
                        shape,
                        hu,
                        noise_hu: 25.0,
                        seed,
                        ..Phantom::sphere(diameter_mm, slice_mm)
                    }
                    .scan();
                    let found = candidates(&scan.series, &inside(&scan.series, shape), None);
                    let reach = (diameter_mm / 2.0_f64).max(3.0);
                    let is_hit = hit(&found, scan.centre_lps_mm, reach).is_some();
                    hits += usize::from(is_hit);
                    others += found.len() - usize::from(is_hit);
                }
                if shape == Shape::Sphere && hu == TISSUE_HU && diameter_mm >= 6.0 {
                    assert_eq!(hits, 4, "{name} {diameter_mm} {slice_mm}");
                }
                write!(text, " {hits} of 4 |").unwrap();
            }
            writeln!(
                text,
                " {:.1} |",
                f64::from(u32::try_from(others).unwrap()) / 20.0
            )
            .unwrap();
        }
    }
    text.push('\n');
    text
}

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
