//! Size of a nodule from the outlines that readers drew, plane by plane.

use crate::VolumeError;

/// One closed outline in an axial plane.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// Position of its plane along the slice axis, mm.
    pub plane_mm: f64,
    /// Its corners in the plane, mm; the last one joins the first.
    pub points_mm: Vec<[f64; 2]>,
    /// Whether it is the edge of a hole.
    pub is_hole: bool,
}

/// What outlines say of size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ContourMeasures {
    /// Volume, mm³.
    pub volume_mm3: f64,
    /// Longest distance between two corners of one outline, mm.
    pub diameter_mm: f64,
    /// Planes that have an outline.
    pub planes: usize,
}

/// Measures a nodule by its outlines.
///
/// Volume = Σ area (holes taken off) · distance of planes, areas by the shoelace formula; diameter =
/// longest in one plane. Inputs: outlines in mm; the distance of slices (mm, above 0), which is
/// taken from the planes themselves where there are two. Result: mm³, mm. Typical error: readers
/// differ by far more than the arithmetic, see `docs/conformance/lidc.md`. Not for: planes left out.
/// Source: hospital's clinical notes, nodule management, section 1 (definition of diameter).
///
/// # Errors
/// If there is no outline with an area, or no distance of planes.
pub fn contour_measures(
    contours: &[Contour],
    slice_mm: f64,
) -> Result<ContourMeasures, VolumeError> {
    let mut planes: Vec<f64> = contours
        .iter()
        .filter(|c| !c.is_hole)
        .map(|c| c.plane_mm)
        .collect();
    planes.sort_by(f64::total_cmp);
    planes.dedup();
    let steps = planes.iter().zip(planes.iter().skip(1)).map(|(a, b)| b - a);
    let step = steps.fold(f64::INFINITY, f64::min);
    let step = if step.is_finite() { step } else { slice_mm };
    let (mut area, mut longest) = (0.0, 0.0_f64);
    for contour in contours {
        let sign = if contour.is_hole { -1.0 } else { 1.0 };
        area += sign * area_mm2(&contour.points_mm);
        if !contour.is_hole {
            longest = longest.max(longest_mm(&contour.points_mm));
        }
    }
    if !(area > 0.0 && step > 0.0 && step.is_finite()) {
        return Err(VolumeError::Nodule {
            why_zh: "轮廓没有面积或层间距",
            why: "its outlines have no area or no distance of planes",
        });
    }
    Ok(ContourMeasures {
        volume_mm3: area * step,
        diameter_mm: longest,
        planes: planes.len(),
    })
}

fn area_mm2(points: &[[f64; 2]]) -> f64 {
    let next = points.iter().cycle().skip(1);
    let twice: f64 = points
        .iter()
        .zip(next)
        .map(|([ax, ay], [bx, by])| ax * by - bx * ay)
        .sum();
    twice.abs() / 2.0
}

fn longest_mm(points: &[[f64; 2]]) -> f64 {
    let hull = crate::lesion::convex_hull(points);
    let mut longest: f64 = 0.0;
    for (i, [ax, ay]) in hull.iter().enumerate() {
        for [bx, by] in hull.iter().skip(i + 1) {
            longest = longest.max((ax - bx).hypot(ay - by));
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(plane_mm: f64, side: f64, is_hole: bool) -> Contour {
        Contour {
            plane_mm,
            points_mm: vec![[0.0, 0.0], [side, 0.0], [side, side], [0.0, side]],
            is_hole,
        }
    }

    #[test]
    fn two_squares_with_a_hole_are_their_areas_times_their_distance() {
        let contours = [
            square(10.0, 4.0, false),
            square(12.5, 6.0, false),
            square(12.5, 2.0, true),
        ];
        let found = contour_measures(&contours, 1.0).unwrap();
        assert!((found.volume_mm3 - (16.0 + 36.0 - 4.0) * 2.5).abs() < 1e-9);
        assert!((found.diameter_mm - 72.0_f64.sqrt()).abs() < 1e-9);
        assert_eq!(found.planes, 2);
        let one = contour_measures(&contours[..1], 1.5).unwrap();
        assert!((one.volume_mm3 - 24.0).abs() < 1e-9);
    }

    #[test]
    fn outlines_without_area_are_refused() {
        let mut line = square(1.0, 3.0, false);
        line.points_mm.truncate(2);
        assert!(contour_measures(&[line], 1.0).is_err());
        assert!(contour_measures(&[], 1.0).is_err());
        assert!(contour_measures(&[square(1.0, 3.0, false)], 0.0).is_err());
    }
}
