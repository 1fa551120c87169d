//! Lumen and wall of a tube in sections across its centre line.

use vocabulary::Text;

use crate::{Volume, grid};

/// Rays from the centre line across the lumen.
const RAYS: usize = 24;
/// Distance of the sections along the line, mm.
const SECTIONS_MM: f64 = 1.5;
/// Rays end this far beyond the mask's own wall, mm.
const BEYOND_MM: f64 = 6.0;
/// A wall stands out from the lumen, and what lies behind from the wall, by this much, HU.
const WALL_RISE_HU: f64 = 150.0;
/// This share of rays must find the wall.
const LEAST_SHARE: f64 = 0.5;
/// A wall is measured in scans whose voxels are no longer than this, mm, around lumens of at least
/// so many voxels. Engineering conventions, need confirmation: walls of bronchi are 1 to 2 mm thick,
/// and half-height overestimates what is thinner than about two voxels.
pub const WALL_VOXEL_MM: f64 = 1.0;
pub const WALL_LUMEN_VOXELS: f64 = 5.0;
pub const WALL_VOXELS: f64 = 1.5;

/// What sections of a branch show.
#[derive(Debug, Default)]
pub(super) struct Section {
    pub diameter_mm: Option<f64>,
    pub wall_mm: Option<f64>,
    pub wall_not_assessed: Option<Text>,
}

/// Mean diameter of the lumen and thickness of the wall along a line of voxel indices, from
/// `inside_mm` on.
pub(super) fn sections(
    volume: &Volume,
    points: &[[f64; 3]],
    wall_mm: &[f64],
    inside_mm: f64,
) -> Section {
    let grid = &volume.grid;
    let mut walked = 0.0;
    let mut since = SECTIONS_MM;
    let (mut diameters, mut walls) = (Vec::new(), Vec::new());
    for (i, (&index, &reach)) in points.iter().zip(wall_mm).enumerate() {
        let here = grid.point_lps_mm(index);
        let before = points.get(i.saturating_sub(3)).copied().unwrap_or(index);
        let after = points
            .get((i + 3).min(points.len() - 1))
            .copied()
            .unwrap_or(index);
        let way = grid::subtract(grid.point_lps_mm(after), grid.point_lps_mm(before));
        if let Some(last) = i.checked_sub(1).and_then(|i| points.get(i)) {
            let step = grid::length(grid::subtract(here, grid.point_lps_mm(*last)));
            (walked, since) = (walked + step, since + step);
        }
        // Near its beginning a branch is part of the one it leaves, near its end the picture fades.
        if walked < inside_mm || since < SECTIONS_MM || grid::length(way) < 1e-6 {
            continue;
        }
        since = 0.0;
        let (inner, outer) = across(volume, here, way, reach);
        diameters.extend(inner.map(|radius| 2.0 * radius));
        walls.extend(outer);
    }
    let diameter_mm = mean(&diameters);
    let (wall_mm, wall_not_assessed) = wall_of(volume, diameter_mm, mean(&walls));
    Section {
        diameter_mm,
        wall_mm,
        wall_not_assessed,
    }
}

fn wall_of(volume: &Volume, lumen: Option<f64>, wall: Option<f64>) -> (Option<f64>, Option<Text>) {
    let voxel = volume.grid.spacing_mm.into_iter().fold(0.0, f64::max);
    let because = |zh: String, en: String| (None, Some(Text::new(zh, en)));
    if voxel > WALL_VOXEL_MM {
        return because(
            format!("体素长 {voxel:.1} mm，超过 {WALL_VOXEL_MM:.1} mm，无法显示管壁"),
            format!(
                "voxels are {voxel:.1} mm long, over {WALL_VOXEL_MM:.1} mm, and cannot show the wall"
            ),
        );
    }
    let (Some(lumen), Some(wall)) = (lumen, wall) else {
        return because(
            "管壁与周围组织无法区分".to_owned(),
            "the wall does not stand out from what lies around it".to_owned(),
        );
    };
    if lumen < WALL_LUMEN_VOXELS * voxel {
        return because(
            format!("管腔不足 {WALL_LUMEN_VOXELS:.0} 个体素宽"),
            format!("the lumen is less than {WALL_LUMEN_VOXELS:.0} voxels wide"),
        );
    }
    if wall < WALL_VOXELS * voxel {
        return because(
            format!("管壁薄于 {WALL_VOXELS:.1} 个体素，半高法会高估"),
            format!(
                "the wall is thinner than {WALL_VOXELS:.1} voxels, where half-height overestimates"
            ),
        );
    }
    (Some(wall), None)
}

/// Mean inner radius and wall thickness in the section at a point, mm.
fn across(
    volume: &Volume,
    centre: [f64; 3],
    way: [f64; 3],
    reach_mm: f64,
) -> (Option<f64>, Option<f64>) {
    let [u, v] = perpendicular(way);
    let step = volume
        .grid
        .spacing_mm
        .into_iter()
        .fold(f64::INFINITY, f64::min)
        / 4.0;
    let (mut radii, mut walls) = (Vec::new(), Vec::new());
    for ray in 0..RAYS {
        let (sin, cos) = (ray as f64 / RAYS as f64 * std::f64::consts::TAU).sin_cos();
        let towards = grid::add_scaled(u.map(|c| c * cos), sin, v);
        let (inner, wall) = along(volume, centre, towards, reach_mm, step);
        radii.extend(inner);
        walls.extend(wall);
    }
    let enough = |found: &[f64]| found.len() as f64 >= LEAST_SHARE * RAYS as f64;
    // Of circles with the mean area, so that an oval lumen counts with its area.
    let square = mean(&radii.iter().map(|r| r * r).collect::<Vec<_>>()).map(f64::sqrt);
    (
        square.filter(|_| enough(&radii)),
        mean(&walls).filter(|_| enough(&walls)),
    )
}

/// Where a ray leaves the lumen, and how thick the wall there is, mm.
fn along(
    volume: &Volume,
    centre: [f64; 3],
    towards: [f64; 3],
    reach_mm: f64,
    step: f64,
) -> (Option<f64>, Option<f64>) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let count = ((reach_mm * 1.5 + BEYOND_MM) / step) as usize;
    let values: Vec<f64> = (0..count)
        .map_while(|i| {
            let at = grid::add_scaled(centre, i as f64 * step, towards);
            volume.interpolated(volume.grid.index_of(at), f64::from)
        })
        .collect();
    // The lumen, then the first peak that stands out from it.
    let mut low = f64::INFINITY;
    let mut peak: Option<(usize, f64)> = None;
    for (i, &value) in values.iter().enumerate() {
        match peak {
            None if value > low + WALL_RISE_HU => peak = Some((i, value)),
            None => low = low.min(value),
            Some((_, top)) if value >= top => peak = Some((i, value)),
            Some((at, top)) if value < top - WALL_RISE_HU / 3.0 || (i - at) as f64 * step > 1.5 => {
                break;
            }
            Some(_) => {}
        }
    }
    let Some((at, top)) = peak else {
        return (None, None);
    };
    let half = f64::midpoint(low, top);
    let crossing = |a: usize, b: usize, half: f64| {
        let (here, there) = (values.get(a)?, values.get(b)?);
        Some((a as f64 + (half - here) / (there - here)) * step)
    };
    let inner = (0..at)
        .rev()
        .find(|&i| values.get(i).is_some_and(|&v| v < half));
    let inner = inner.and_then(|i| crossing(i, i + 1, half));
    // Behind the wall values fall to the lung, or they do not and the wall has no outside.
    let behind = values.get(at..).unwrap_or_default();
    let mut least = top;
    for &value in behind {
        if value > least + WALL_RISE_HU / 3.0 {
            break;
        }
        least = least.min(value);
    }
    if top - least < WALL_RISE_HU {
        return (inner, None);
    }
    let half = f64::midpoint(top, least);
    let outer = behind.iter().position(|&v| v < half).map(|i| at + i);
    let outer = outer.and_then(|i| crossing(i.checked_sub(1)?, i, half));
    (inner, inner.zip(outer).map(|(inner, outer)| outer - inner))
}

/// Two unit vectors perpendicular to a direction and to one another.
fn perpendicular(way: [f64; 3]) -> [[f64; 3]; 2] {
    let [a, b, c] = way.map(f64::abs);
    let other = if a <= b && a <= c {
        [1.0, 0.0, 0.0]
    } else if b <= c {
        [0.0, 1.0, 0.0]
    } else {
        [0.0, 0.0, 1.0]
    };
    let unit = |v: [f64; 3]| v.map(|x| x / grid::length(v));
    let u = unit(grid::cross(way, other));
    [u, unit(grid::cross(way, u))]
}

fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}
