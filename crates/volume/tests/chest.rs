//! Structures of painted chests, whose truth is known.
#![allow(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test may stop"
)]

mod painted;

use std::sync::atomic::AtomicBool;

use painted::{chest, tubes};
use volume::{
    AirwayBranch, Chest, Lungs, Mask, Series, find_chest,
    segment::{self, airway_tree},
};

fn found(series: &Series) -> Chest {
    find_chest(series, &|_, _| {}, &AtomicBool::new(false)).unwrap()
}

fn distance(a: [f64; 3], b: [f64; 3]) -> f64 {
    (0..3).map(|i| (a[i] - b[i]).powi(2)).sum::<f64>().sqrt()
}

#[test]
fn a_branching_airway_gives_its_generations_lengths_and_diameters() {
    let series = chest([0.8, 0.8, 1.0]).series(15.0);
    let chest = found(&series);
    let tree = chest.entry.airway.unwrap();
    let truth = tubes();
    assert_eq!(tree.branches.len(), truth.len());
    for tube in &truth {
        // The branch whose far end is nearest to the tube's.
        let nearest = tree
            .branches
            .iter()
            .min_by(|a, b| end_off(a, tube.to).total_cmp(&end_off(b, tube.to)));
        let branch = nearest.unwrap();
        let off = end_off(branch, tube.to);
        assert!(off < tube.radius + 3.0, "{tube:?} ends {off} mm away");
        assert_eq!(branch.generation, tube.generation, "{tube:?}");
        let diameter = branch.mean_diameter_mm.unwrap();
        assert!(
            (diameter - 2.0 * tube.radius).abs() < 0.8,
            "{tube:?}: {diameter}"
        );
        let length = distance(tube.from, tube.to);
        assert!(
            (branch.length_mm - length).abs() < 0.25 * length + 3.0,
            "{tube:?}: {} of {length}",
            branch.length_mm
        );
    }
    let label = |id: usize| {
        tree.branches[id]
            .label
            .as_ref()
            .map(|label| label.en.as_str())
    };
    assert_eq!(label(0), Some("trachea"));
    let left = tree
        .branches
        .iter()
        .find(|b| {
            b.label
                .as_ref()
                .is_some_and(|l| l.en == "left main bronchus")
        })
        .unwrap();
    assert!(left.points_lps_mm.last().unwrap()[0] > 20.0);
}

fn end_off(branch: &AirwayBranch, to: [f64; 3]) -> f64 {
    branch
        .points_lps_mm
        .last()
        .map_or(f64::INFINITY, |&end| distance(end, to))
}

#[test]
fn a_hole_in_a_bronchus_does_not_let_the_lung_into_the_airway() {
    let spacing = [0.8, 0.8, 1.0];
    let mut canvas = chest(spacing);
    // A gap in the wall of a small bronchus, as wide as a few voxels.
    let tip = tubes().last().unwrap().to;
    canvas.ball(tip, 3.5, -880.0);
    let series = canvas.series(15.0);
    let body = segment::body(&series.volume);
    let airway = segment::airway(&series.volume, &body).unwrap();
    let ml = |mask: &Mask| mask.count() as f64 * series.volume.grid.voxel_mm3() / 1000.0;
    let truth: f64 = tubes()
        .iter()
        .map(|t| distance(t.from, t.to) * t.radius.powi(2) * std::f64::consts::PI / 1000.0)
        .sum();
    assert!(ml(&airway) < 1.15 * truth, "{} of {truth} ml", ml(&airway));
    assert!(ml(&airway) > 0.75 * truth, "{} of {truth} ml", ml(&airway));
}

#[test]
fn walls_are_measured_where_voxels_can_show_them_and_else_a_reason_is_given() {
    let coarse = found(&chest([1.5; 3]).series(10.0));
    let tree = coarse.entry.airway.unwrap();
    assert!(
        tree.branches
            .iter()
            .all(|b| b.wall_mm.is_none() && b.wall_not_assessed.is_some())
    );
    let series = chest([0.6, 0.6, 0.6]).series(10.0);
    let body = segment::body(&series.volume);
    let airway = segment::airway(&series.volume, &body).unwrap();
    let tree = airway_tree(&series.volume, &airway).unwrap();
    let walls: Vec<f64> = tree.branches.iter().filter_map(|b| b.wall_mm).collect();
    assert!(!walls.is_empty());
    for wall in walls {
        assert!((wall - 1.5).abs() < 0.5, "{wall}");
    }
    for branch in &tree.branches {
        assert!(branch.wall_mm.is_some() != branch.wall_not_assessed.is_some());
    }
}

fn lungs_of(series: &Series) -> Lungs {
    let body = segment::body(&series.volume);
    let airway = segment::airway(&series.volume, &body);
    segment::lungs(&series.volume, &body, airway.as_ref()).unwrap()
}

fn share_inside(series: &Series, mask: &Mask, centre: [f64; 3], radius: f64) -> f64 {
    let (mut inside, mut all) = (0.0, 0.0);
    let [nx, ny, nz] = series.volume.grid.size;
    for z in 0..nz {
        for y in 0..ny {
            for x in 0..nx {
                let at = [x, y, z];
                if distance(
                    series.volume.grid.point_lps_mm(at.map(|i| i as f64)),
                    centre,
                ) <= radius
                {
                    all += 1.0;
                    inside += f64::from(u8::from(mask.get(at)));
                }
            }
        }
    }
    inside / all
}

#[test]
fn nodules_at_the_pleura_and_dense_lung_at_the_chest_wall_are_lung() {
    for radius in [4.0, 8.0, 12.0, 20.0] {
        let mut canvas = chest([1.0, 1.0, 1.25]);
        // Half of it pressed flat by the chest wall: its centre a third of its radius inside.
        let centre = [120.0 - radius / 3.0, 0.0, 115.0];
        canvas.ball(centre, radius, 40.0);
        let series = canvas.series(15.0);
        let lungs = lungs_of(&series);
        let inner = [centre[0] - radius / 3.0, centre[1], centre[2]];
        let share = share_inside(&series, &lungs.both, inner, radius * 0.45);
        assert!(share > 0.9, "radius {radius}: {share} of it is lung");
    }
}

#[test]
fn what_lies_between_the_lungs_and_below_them_is_no_lung() {
    let mut canvas = chest([1.0, 1.0, 1.25]);
    // A heart, and a dome of the liver under the right lung with air beside it.
    canvas.ellipsoid([25.0, -30.0, 90.0], [50.0, 38.0, 45.0], 40.0);
    canvas.ellipsoid([-72.0, 0.0, 15.0], [36.0, 55.0, 50.0], 60.0);
    let series = canvas.series(15.0);
    let lungs = lungs_of(&series);
    assert!(share_inside(&series, &lungs.both, [25.0, -30.0, 90.0], 25.0) < 0.02);
    assert!(share_inside(&series, &lungs.both, [-72.0, 0.0, 30.0], 20.0) < 0.02);
}

#[test]
fn nodules_are_not_called_vessels_and_vessels_are() {
    let mut canvas = chest([0.8, 0.8, 1.0]);
    let mut vessels = Vec::new();
    for side in [-1.0, 1.0] {
        for (dy, dz, radius) in [
            (-30.0, 40.0, 3.0),
            (25.0, -35.0, 2.0),
            (40.0, 20.0, 1.6),
            (-40.0, -30.0, 4.0),
        ] {
            let (from, to) = (
                [side * 45.0, dy / 3.0, 110.0],
                [side * 85.0, dy, 110.0 + dz],
            );
            canvas.rod(from, to, radius, 40.0);
            vessels.push(([0, 1, 2].map(|i| f64::midpoint(from[i], to[i])), radius));
        }
    }
    let nodules = [
        ([75.0, -50.0, 150.0], 3.0),
        ([-80.0, 10.0, 175.0], 5.0),
        ([85.0, 25.0, 75.0], 8.0),
        ([-85.0, 45.0, 90.0], 4.0),
    ];
    for (centre, radius) in nodules {
        canvas.ball(centre, radius, 40.0);
    }
    // One nodule has a vessel that feeds it.
    canvas.rod([50.0, 5.0, 100.0], [85.0, 25.0, 75.0], 1.6, 40.0);
    let series = canvas.series(15.0);
    let lungs = lungs_of(&series);
    let inside = segment::in_lungs(&series.volume, &lungs.both);
    for (centre, radius) in nodules {
        let [spot, vessel] = [&inside.compact, &inside.vessels]
            .map(|mask| share_inside(&series, mask, centre, radius * 0.8));
        assert!(
            spot > 0.9 && vessel < 0.1,
            "nodule of {radius} mm: {spot} spot, {vessel} vessel"
        );
    }
    for (centre, radius) in vessels {
        let share = share_inside(&series, &inside.vessels, centre, radius * 0.7);
        assert!(share > 0.9, "vessel of {radius} mm: {share}");
    }
}

#[test]
fn the_emphysema_index_is_the_share_that_was_painted_dark() {
    let mut canvas = chest([1.0, 1.0, 1.25]);
    canvas.ball([85.0, 0.0, 175.0], 22.0, -980.0);
    let series = canvas.series(10.0);
    let found = found(&series);
    let emphysema = found.entry.emphysema.unwrap();
    let left = emphysema
        .lungs
        .iter()
        .find(|l| l.name == "lung-left")
        .unwrap();
    let right = emphysema
        .lungs
        .iter()
        .find(|l| l.name == "lung-right")
        .unwrap();
    let ball = 4.0 / 3.0 * std::f64::consts::PI * 10.648;
    // What the right lung has by chance, in the ends of small bronchi, the left one has too.
    let expect = 100.0 * ball / left.volume_ml + right.low_attenuation_percent;
    assert!(
        (left.low_attenuation_percent - expect).abs() < 0.06 * expect,
        "{left:?}, expected {expect}"
    );
    assert!(right.low_attenuation_percent < 0.5, "{right:?}");
    assert!((right.percentile_hu - -870.0).abs() < 6.0, "{right:?}");
    let codes: Vec<&str> = emphysema.warnings.iter().map(|w| w.code.as_str()).collect();
    assert_eq!(codes, ["emphysema-kernel-unknown"]);
}

#[test]
fn a_lung_that_is_mostly_dense_is_spoken_of() {
    let mut canvas = chest([1.5, 1.5, 2.0]);
    assert!(
        found(&chest([1.5, 1.5, 2.0]).series(10.0))
            .notices
            .is_empty()
    );
    canvas.ellipsoid([-72.0, 0.0, 60.0], [60.0, 80.0, 70.0], 30.0);
    let chest = found(&canvas.series(10.0));
    let codes: Vec<&str> = chest.notices.iter().map(|n| n.code.as_str()).collect();
    assert_eq!(codes, ["lungs-uneven"]);
    let not: Vec<&str> = chest
        .entry
        .not_assessed
        .iter()
        .map(|n| n.code.as_str())
        .collect();
    assert_eq!(not, ["lobes-not-assessed", "aorta-not-found"]);
}
