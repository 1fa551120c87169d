use super::{super::block::Block, mesh};

/// Morphology of IBSI: mesh, voxels, diameters and the axes of the covariance.
pub(super) fn features(block: &Block, set: &[bool]) -> Vec<(&'static str, f64)> {
    let mesh = mesh::of(block, set);
    let voxels = set.iter().filter(|&&inside| inside).count() as f64;
    let (volume, area) = (mesh.volume_mm3, mesh.area_mm2);
    let sphericity = (36.0 * std::f64::consts::PI * volume * volume).cbrt() / area;
    let compactness_2 = sphericity.powi(3);
    let [major, minor, least] = variances_mm2(block, set);
    vec![
        ("volume (mesh)", volume),
        ("volume (voxel counting)", voxels * block.voxel_mm3()),
        ("surface area (mesh)", area),
        ("surface to volume ratio", area / volume),
        (
            "compactness 1",
            volume / (std::f64::consts::PI.sqrt() * area.powf(1.5)),
        ),
        ("compactness 2", compactness_2),
        ("spherical disproportion", 1.0 / sphericity),
        ("sphericity", sphericity),
        ("asphericity", 1.0 / sphericity - 1.0),
        ("maximum 3D diameter", mesh.diameter_mm),
        ("major axis length", 4.0 * major.sqrt()),
        ("minor axis length", 4.0 * minor.sqrt()),
        ("least axis length", 4.0 * least.sqrt()),
        ("elongation", (minor / major).sqrt()),
        ("flatness", (least / major).sqrt()),
    ]
}

/// The variances along the principal axes of the voxels' centres, the largest first, mm².
fn variances_mm2(block: &Block, set: &[bool]) -> [f64; 3] {
    let points: Vec<[f64; 3]> = set
        .iter()
        .enumerate()
        .filter(|&(_, &inside)| inside)
        .map(|(place, _)| {
            let [x, y, z] = block.voxel(place);
            let [dx, dy, dz] = block.spacing_mm;
            [x as f64 * dx, y as f64 * dy, z as f64 * dz]
        })
        .collect();
    let n = points.len() as f64;
    let mean: [f64; 3] =
        std::array::from_fn(|axis| points.iter().map(|p| at(p, axis)).sum::<f64>() / n);
    let covariance = |a: usize, b: usize| {
        let part = |p: &[f64; 3], axis: usize| at(p, axis) - at(&mean, axis);
        points.iter().map(|p| part(p, a) * part(p, b)).sum::<f64>() / n
    };
    eigenvalues([
        covariance(0, 0),
        covariance(1, 1),
        covariance(2, 2),
        covariance(0, 1),
        covariance(0, 2),
        covariance(1, 2),
    ])
}

fn at(p: &[f64; 3], axis: usize) -> f64 {
    p.get(axis).copied().unwrap_or_default()
}

/// The eigenvalues of a symmetric matrix (xx, yy, zz, xy, xz, yz), the largest first, by the
/// trigonometric solution of its cubic (Smith 1961).
fn eigenvalues([xx, yy, zz, xy, xz, yz]: [f64; 6]) -> [f64; 3] {
    let mean = (xx + yy + zz) / 3.0;
    let off = xy * xy + xz * xz + yz * yz;
    let spread = (xx - mean).powi(2) + (yy - mean).powi(2) + (zz - mean).powi(2) + 2.0 * off;
    let p = (spread / 6.0).sqrt();
    if p <= 0.0 {
        return [mean; 3];
    }
    let [a, b, c] = [xx - mean, yy - mean, zz - mean].map(|v| v / p);
    let [d, e, f] = [xy, xz, yz].map(|v| v / p);
    let determinant = a * (b * c - f * f) - d * (d * c - f * e) + e * (d * f - b * e);
    let angle = (determinant / 2.0).clamp(-1.0, 1.0).acos() / 3.0;
    let third = std::f64::consts::TAU / 3.0;
    let largest = mean + 2.0 * p * angle.cos();
    let least = mean + 2.0 * p * (angle + third).cos();
    [largest, 3.0 * mean - largest - least, least.max(0.0)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eigenvalues_of_a_known_matrix() {
        // [[2, 1, 0], [1, 2, 0], [0, 0, 5]]: 5, 3, 1.
        let found = eigenvalues([2.0, 2.0, 5.0, 1.0, 0.0, 0.0]);
        for (found, expect) in found.into_iter().zip([5.0, 3.0, 1.0]) {
            assert!((found - expect).abs() < 1e-12);
        }
    }
}
