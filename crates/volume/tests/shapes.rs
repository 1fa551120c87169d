//! Shapes of known size, through masks, meshes, files and measurements.
#![allow(
    clippy::float_cmp,
    clippy::indexing_slicing,
    reason = "numbers compared here are exact, and a test may stop"
)]

use volume::{
    Field, Grid, Lesion, Mask, Mesh, Series, Style, Volume, from_ysf1, measure_lesion, to_glb,
    to_ysf1,
};

/// An ellipsoid with these half axes, mm, centred in a box of 80 mm.
fn ellipsoid(spacing_mm: [f64; 3], half_mm: [f64; 3]) -> (Volume, Mask) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let size = spacing_mm.map(|s| (80.0 / s) as usize);
    let grid = Grid::axis_aligned(size, spacing_mm, [-40.0, -240.0, 60.0]);
    let mut voxels = Vec::new();
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let at = [x, y, z].map(|i| i as f64);
                let d: f64 = (0..3)
                    .map(|a| ((at[a] * spacing_mm[a] - 40.0) / half_mm[a]).powi(2))
                    .sum();
                voxels.push(if d <= 1.0 { 50 } else { -800 });
            }
        }
    }
    let volume = Volume { grid, voxels };
    let mask = Mask::where_hu(&volume, |hu| hu > 0);
    (volume, mask)
}

fn style() -> Style {
    Style {
        detail_mm: 0.8,
        reach_mm: 6.0,
        ramp_hu: None,
        passes: 2,
    }
}

#[test]
fn an_ellipsoid_has_its_axes_and_volume() {
    let (volume, mask) = ellipsoid([0.5, 0.5, 1.0], [12.0, 8.0, 10.0]);
    let series = Series::of_volume(volume);
    let lesion = Lesion {
        id: "1".into(),
        label: vocabulary::Text::new("", ""),
        tracking_uid: None,
        source: String::new(),
        mask,
    };
    let found = measure_lesion(&series, &lesion).unwrap();
    let truth = 4.0 / 3.0 * std::f64::consts::PI * 12.0 * 8.0 * 10.0;
    assert!(
        (found.volume_mm3 / truth - 1.0).abs() < 0.01,
        "{}",
        found.volume_mm3
    );
    assert!(
        (found.long_axis_mm - 24.0).abs() < 0.6,
        "{}",
        found.long_axis_mm
    );
    assert!(
        (found.short_axis_mm - 16.0).abs() < 0.6,
        "{}",
        found.short_axis_mm
    );
    for (centre, expect) in found.centre_lps_mm.iter().zip([0.0, -200.0, 100.0]) {
        assert!((centre - expect).abs() < 0.1);
    }
    assert!((found.mean_hu - 50.0).abs() < 1e-9);
}

#[test]
fn a_mark_across_missing_slices_is_not_measured() {
    let (volume, mask) = ellipsoid([1.0; 3], [10.0; 3]);
    let mut series = Series::of_volume(volume);
    series.missing_planes = vec![40];
    let lesion = Lesion {
        id: "1".into(),
        label: vocabulary::Text::new("", ""),
        tracking_uid: None,
        source: String::new(),
        mask,
    };
    assert_eq!(
        measure_lesion(&series, &lesion).unwrap_err().notice().code,
        "mask"
    );
}

#[test]
fn meshes_enclose_the_volume_look_outwards_and_are_closed() {
    for spacing in [[1.0; 3], [0.6, 0.6, 5.0], [0.7, 0.7, 1.25]] {
        let half = [18.0, 15.0, 22.0];
        let (volume, mask) = ellipsoid(spacing, half);
        let mesh = Mesh::of_field(&Field::of_mask(&mask, &volume, style()).unwrap(), 4000);
        assert!(mesh.triangles() > 1000 && mesh.triangles() <= 4000);
        let truth = mask.count() as f64 * volume.grid.voxel_mm3();
        assert!(
            (mesh.enclosed_mm3() / truth - 1.0).abs() < 0.04,
            "{spacing:?}: {} of {truth}",
            mesh.enclosed_mm3()
        );
        let mut edges = std::collections::HashMap::new();
        for t in mesh.indices.as_chunks::<3>().0 {
            for (a, b) in [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])] {
                *edges.entry((a.min(b), a.max(b))).or_insert(0) += if a < b { 1 } else { -1 };
            }
        }
        assert!(edges.values().all(|&n| n == 0), "every edge has two sides");
        // A point of the surface and its normal point the same way from the centre.
        for (p, n) in mesh.positions_lps_mm.iter().zip(&mesh.normals) {
            let out = p[0] * n[0] + (p[1] + 200.0) * n[1] + (p[2] - 100.0) * n[2];
            assert!(out > 0.0);
        }
    }
}

#[test]
fn surface_files_come_back_within_a_quantisation_step() {
    let (volume, mask) = ellipsoid([1.0; 3], [18.0, 15.0, 22.0]);
    let mesh = Mesh::of_field(&Field::of_mask(&mask, &volume, style()).unwrap(), 4000);
    let file = to_ysf1(&mesh).unwrap();
    assert_eq!(&file[..4], b"YSF1");
    let back = from_ysf1(&file).unwrap();
    // The index codec may turn a triangle's corners round, not its sense.
    let turned = |m: &Mesh| {
        let mut all: Vec<[u32; 3]> = m.indices.as_chunks::<3>().0.to_vec();
        for t in &mut all {
            let least = (0..3).min_by_key(|&i| t[i]).unwrap();
            t.rotate_left(least);
        }
        all
    };
    assert_eq!(turned(&back), turned(&mesh));
    for (a, b) in back.positions_lps_mm.iter().zip(&mesh.positions_lps_mm) {
        assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < 0.001));
    }
    for cut in 0..file.len().min(200) {
        assert!(from_ysf1(&file[..cut]).is_err());
    }
    let glb = to_glb(&mesh, "ball").unwrap();
    assert_eq!(&glb[..4], b"glTF");
    assert_eq!(
        u32::from_le_bytes(glb[8..12].try_into().unwrap()) as usize,
        glb.len()
    );
}
