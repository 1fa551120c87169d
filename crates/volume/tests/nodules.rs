//! From a click to measurements, on phantoms whose truth is known.
#![allow(
    clippy::float_cmp,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop, and compares numbers that are exact"
)]

mod nodule;

use nodule::digital::{GROUND_GLASS_HU, Phantom, Scan, Shape, TISSUE_HU};
use volume::{
    Mask, VolumeError,
    nodule::{Attachment, NoduleKind, NoduleMeasures, Seed, Verdict, growth, measures, segment},
};

fn measured(scan: &Scan) -> (NoduleMeasures, Vec<Attachment>) {
    let found = segment(&scan.series, None, Seed::at(scan.centre_lps_mm)).unwrap();
    let measured = measures(&scan.series, &found.mask).unwrap();
    assert_eq!(measured.kind, found.kind);
    (measured, found.attached)
}

fn off_percent(scan: &Scan, found: &NoduleMeasures) -> f64 {
    (found.volume_mm3 / scan.volume_mm3 - 1.0) * 100.0
}

#[test]
fn solid_spheres_in_thin_slices_have_their_size() {
    for (diameter_mm, within) in [(5.0, 12.0), (8.0, 6.0), (12.0, 5.0), (20.0, 4.0)] {
        let scan = Phantom {
            noise_hu: 25.0,
            ..Phantom::sphere(diameter_mm, 0.8)
        }
        .scan();
        let (found, attached) = measured(&scan);
        let off = off_percent(&scan, &found);
        assert!(off.abs() < within, "{diameter_mm} mm: {off} %");
        assert_eq!(found.kind, NoduleKind::Solid);
        assert_eq!(attached, []);
        let off_mm = found.mean_diameter_mm - diameter_mm;
        assert!(off_mm.abs() < 1.0, "{diameter_mm} mm: {off_mm} mm");
    }
}

#[test]
fn shapes_keep_their_volume_and_tell_what_they_hang_on() {
    let cases = [
        (Shape::Ellipsoid, 8.0, [].as_slice()),
        (Shape::Spiculated, 15.0, &[]),
        (Shape::OnVessel, 15.0, &[Attachment::Vessel]),
        (Shape::OnPleura, 15.0, &[Attachment::Pleura]),
    ];
    for (shape, within, expect) in cases {
        let scan = Phantom {
            shape,
            noise_hu: 20.0,
            ..Phantom::sphere(12.0, 1.0)
        }
        .scan();
        let (found, attached) = measured(&scan);
        let off = off_percent(&scan, &found);
        assert!(off.abs() < within, "{shape:?}: {off} %");
        assert_eq!(attached, expect, "{shape:?}");
    }
}

#[test]
fn ground_glass_and_part_solid_nodules_are_told_from_solid_ones() {
    let faint = Phantom {
        hu: GROUND_GLASS_HU,
        noise_hu: 25.0,
        ..Phantom::sphere(14.0, 1.0)
    };
    let scan = faint.scan();
    let (found, _) = measured(&scan);
    assert_eq!(found.kind, NoduleKind::GroundGlass);
    assert_eq!(found.solid, None);
    let off = off_percent(&scan, &found);
    assert!(off.abs() < 12.0, "{off} %");
    let scan = Phantom {
        solid: Some((6.0, TISSUE_HU)),
        ..faint
    }
    .scan();
    let (found, _) = measured(&scan);
    assert_eq!(found.kind, NoduleKind::PartSolid);
    let off = off_percent(&scan, &found);
    assert!(off.abs() < 12.0, "{off} %");
    let solid = found.solid.unwrap();
    assert!((solid.mean_diameter_mm - 6.0).abs() < 1.0);
    assert!((solid.share - (6.0_f64 / 14.0).powi(3)).abs() < 0.03);
}

#[test]
fn a_click_beside_the_nodule_means_it_and_one_far_off_is_refused() {
    let scan = Phantom::sphere(8.0, 1.0).scan();
    let beside = |mm: f64| {
        let [l, p, s] = scan.centre_lps_mm;
        segment(&scan.series, None, Seed::at([l + mm, p, s]))
    };
    let there = beside(0.0).unwrap();
    assert_eq!(beside(5.5).unwrap().mask, there.mask);
    assert!(matches!(beside(12.0), Err(VolumeError::Nodule { .. })));
    assert!(matches!(beside(500.0), Err(VolumeError::Nodule { .. })));
}

#[test]
fn what_cannot_be_measured_is_refused() {
    let scan = Phantom::sphere(8.0, 1.0).scan();
    let found = segment(&scan.series, None, Seed::at(scan.centre_lps_mm)).unwrap();
    let mut gap = scan.series.clone();
    gap.missing_planes = vec![gap.volume.grid.size[2] / 2];
    assert!(measures(&gap, &found.mask).is_err());
    assert!(segment(&gap, None, Seed::at(scan.centre_lps_mm)).is_err());
    let mut other = scan.series.clone();
    other.is_hu = false;
    assert!(measures(&other, &found.mask).is_err());
    let empty = Mask::empty(scan.series.volume.grid.size);
    assert!(measures(&scan.series, &empty).is_err());
    assert!(measures(&scan.series, &Mask::empty([2, 2, 2])).is_err());
}

#[test]
fn mass_histogram_and_rounding_follow_from_the_voxels() {
    let scan = Phantom::sphere(10.0, 1.0).scan();
    let (found, _) = measured(&scan);
    let counted: u32 = found.histogram.counts.iter().sum();
    assert_eq!(counted, found.voxels);
    let mass = found.volume_mm3 * (found.mean_hu + 1000.0) / 1000.0;
    assert!((found.mass_mg - mass).abs() < 1e-9);
    let [fleischner, lung_rads] = found.rounded.as_slice() else {
        panic!("two rules");
    };
    assert_eq!(fleischner.mm, found.mean_diameter_mm.round());
    assert!((lung_rads.mm - found.mean_diameter_mm).abs() <= 0.05);
    assert!(found.max_3d_diameter_mm >= found.long_axis_mm - 1e-9);
    assert_eq!(found.solid.unwrap().share, 1.0);
}

#[test]
fn growth_is_called_where_the_phantoms_allow_it_and_refused_elsewhere() {
    let pair = |diameter_mm: f64, slice_mm: f64, growth_percent: f64| {
        let of = |diameter_mm: f64, seed: u64| {
            let scan = Phantom {
                noise_hu: 25.0,
                seed,
                ..Phantom::sphere(diameter_mm, slice_mm)
            }
            .scan();
            measured(&scan).0
        };
        let grown = diameter_mm * (1.0 + growth_percent / 100.0_f64).cbrt();
        growth(&of(diameter_mm, 11), &of(grown, 12), 90.0)
    };
    let grew = pair(10.0, 1.0, 50.0);
    assert_eq!(grew.verdict, Verdict::Grew);
    let true_days = 90.0 * 2.0_f64.ln() / 1.5_f64.ln();
    let days = grew.vdt_days.unwrap();
    assert!((days / true_days - 1.0).abs() < 0.1, "{days} {true_days}");
    assert_eq!(pair(10.0, 1.0, 0.0).verdict, Verdict::Stable);
    // Nothing changed, but in such slices nobody can tell.
    for (diameter_mm, slice_mm) in [(4.0, 2.5), (3.0, 5.0)] {
        let found = pair(diameter_mm, slice_mm, 0.0);
        assert!(
            matches!(found.verdict, Verdict::TooSmallToCall { .. }),
            "{diameter_mm} {slice_mm}: {:?}",
            found.verdict
        );
        assert_eq!(found.vdt_days, None);
    }
}
