//! Digital phantoms of lung nodules whose truth is known.
//!
//! A shape is sampled finely within each voxel, blurred as a scanner blurs, and noise is added. The
//! random numbers come from a seed, so the same phantom is the same voxels everywhere.
#![allow(dead_code, reason = "tests and the study use different parts")]
#![allow(
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    reason = "phantoms index what they laid out, and their axes are x, y, z"
)]

use volume::{Grid, Series, Volume};

/// Lung tissue, HU.
pub const LUNG_HU: f64 = -850.0;
/// Solid nodules, vessels and the wall, HU.
pub const TISSUE_HU: f64 = 40.0;
/// Ground glass, HU.
pub const GROUND_GLASS_HU: f64 = -600.0;
/// Blur of a scanner within the slice, standard deviation, mm.
pub const BLUR_MM: f64 = 0.55;
/// Distance of pixels, mm.
pub const PIXEL_MM: f64 = 0.7;

/// What a nodule is shaped like; sizes are those of the whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Shape {
    /// A ball.
    Sphere,
    /// An ellipsoid with axes 1 : 0.8 : 0.65, turned.
    Ellipsoid,
    /// A ball with twelve cones.
    Spiculated,
    /// A ball that a vessel of a third of its diameter runs into.
    OnVessel,
    /// A ball that bulges from the wall, a third of its radius within it.
    OnPleura,
}

/// A nodule to be scanned.
#[derive(Clone, Copy, Debug)]
pub struct Phantom {
    /// Its shape.
    pub shape: Shape,
    /// Its diameter (of an ellipsoid the longest), mm.
    pub diameter_mm: f64,
    /// Its density, HU.
    pub hu: f64,
    /// Diameter and density of a solid part in its middle.
    pub solid: Option<(f64, f64)>,
    /// Thickness and distance of slices, mm.
    pub slice_mm: f64,
    /// Noise, standard deviation, HU.
    pub noise_hu: f64,
    /// Where its centre lies within a voxel and how noise falls.
    pub seed: u64,
}

/// Random numbers (`SplitMix64`), the same everywhere.
pub struct Random(pub u64);

impl Random {
    /// A number from 0 up to 1.
    pub fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// A number of the standard normal distribution (Box and Muller).
    pub fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform().max(1e-12), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}

/// The scan of a phantom, with its truth.
pub struct Scan {
    /// The scan.
    pub series: Series,
    /// Centre of the nodule, LPS, mm.
    pub centre_lps_mm: [f64; 3],
    /// Volume of the nodule, of what lies within the lung, mm³.
    pub volume_mm3: f64,
}

/// Half the side of the scanned box, mm.
fn reach_mm(diameter_mm: f64) -> f64 {
    diameter_mm / 2.0 + 14.0
}

impl Phantom {
    /// A sphere of solid density without noise.
    pub fn sphere(diameter_mm: f64, slice_mm: f64) -> Self {
        Self {
            shape: Shape::Sphere,
            diameter_mm,
            hu: TISSUE_HU,
            solid: None,
            slice_mm,
            noise_hu: 0.0,
            seed: 1,
        }
    }

    /// Scans it.
    pub fn scan(&self) -> Scan {
        let mut random = Random(self.seed.wrapping_mul(0x5851_F42D_4C95_7F2D) ^ 0xA5A5);
        let spacing = [PIXEL_MM, PIXEL_MM, self.slice_mm];
        let reach = reach_mm(self.diameter_mm);
        let size = spacing.map(|s| 2 * whole(reach / s) + 1);
        // The nodule lies anywhere within a voxel.
        let centre: [f64; 3] = std::array::from_fn(|axis| {
            (size[axis] / 2) as f64 * spacing[axis] + (random.uniform() - 0.5) * spacing[axis]
        });
        let (fine, volume_mm3) = self.sampled(size, spacing, centre);
        let mut hu = fine;
        blur(&mut hu, size);
        let voxels = hu
            .iter()
            .map(|v| clamp(v + self.noise_hu * random.normal()))
            .collect();
        let grid = Grid::axis_aligned(size, spacing, [-40.0, -60.0, 100.0]);
        let index = std::array::from_fn(|axis| centre[axis] / spacing[axis]);
        Scan {
            centre_lps_mm: grid.point_lps_mm(index),
            series: Series::of_volume(Volume { grid, voxels }),
            volume_mm3,
        }
    }

    /// Mean values of the voxels before blur, and the nodule's volume by the same samples.
    fn sampled(&self, size: [usize; 3], spacing: [f64; 3], centre: [f64; 3]) -> (Vec<f64>, f64) {
        // Samples lie at most 0.18 mm apart, so that a 3 mm ball has two thousand.
        let n = spacing.map(|s| whole((s / 0.18).ceil()).max(2));
        let sample_mm3: f64 = (0..3).map(|a| spacing[a] / n[a] as f64).product();
        let mut hu = Vec::with_capacity(size.iter().product());
        let mut inside = 0_usize;
        for z in 0..size[2] {
            for y in 0..size[1] {
                for x in 0..size[0] {
                    let at = [x, y, z];
                    let middle: [f64; 3] =
                        std::array::from_fn(|a| at[a] as f64 * spacing[a] - centre[a]);
                    let half = spacing.iter().map(|s| s * s / 4.0).sum::<f64>().sqrt();
                    if let Some(value) = self.same_everywhere(middle, half) {
                        let is_lung = value <= LUNG_HU;
                        inside += if is_lung { 0 } else { n.iter().product() };
                        hu.push(value);
                        continue;
                    }
                    let mut sum = 0.0;
                    for k in 0..n[2] {
                        for j in 0..n[1] {
                            for i in 0..n[0] {
                                let part = [i, j, k];
                                let p: [f64; 3] = std::array::from_fn(|a| {
                                    let off = (part[a] as f64 + 0.5) / n[a] as f64 - 0.5;
                                    middle[a] + off * spacing[a]
                                });
                                let is_nodule = self.is_nodule(p) && !self.is_wall(p);
                                inside += usize::from(is_nodule);
                                sum += self.hu_at(p);
                            }
                        }
                    }
                    hu.push(sum / n.iter().product::<usize>() as f64);
                }
            }
        }
        (hu, inside as f64 * sample_mm3)
    }

    /// The value around a point where it is the same as far as `half_mm` around.
    fn same_everywhere(&self, [x, y, z]: [f64; 3], half_mm: f64) -> Option<f64> {
        let (from, r) = ((x * x + y * y + z * z).sqrt(), self.diameter_mm / 2.0);
        if from - half_mm > r * 1.5 && !matches!(self.shape, Shape::OnVessel | Shape::OnPleura) {
            return Some(LUNG_HU);
        }
        let ball = self.shape == Shape::Sphere && self.solid.is_none();
        (ball && from + half_mm < r).then_some(self.hu)
    }

    fn hu_at(&self, p: [f64; 3]) -> f64 {
        if self.is_wall(p) || self.is_vessel(p) {
            return TISSUE_HU;
        }
        if !self.is_nodule(p) {
            return LUNG_HU;
        }
        match self.solid {
            Some((diameter, hu)) if length(p) < diameter / 2.0 => hu,
            _ => self.hu,
        }
    }

    fn is_nodule(&self, p: [f64; 3]) -> bool {
        let r = self.diameter_mm / 2.0;
        match self.shape {
            Shape::Sphere | Shape::OnVessel | Shape::OnPleura => length(p) < r,
            Shape::Ellipsoid => {
                // Turned by 30° about z, then by 20° about x.
                let (s, c) = (0.5, 0.75_f64.sqrt());
                let [x, y, z] = [c * p[0] + s * p[1], c * p[1] - s * p[0], p[2]];
                let (s, c) = (0.342_020_143, 0.939_692_621);
                let [y, z] = [c * y + s * z, c * z - s * y];
                (x / r).powi(2) + (y / (0.8 * r)).powi(2) + (z / (0.65 * r)).powi(2) < 1.0
            }
            Shape::Spiculated => length(p) < 0.8 * r || spikes().iter().any(|d| in_spike(p, *d, r)),
        }
    }

    /// A vessel along a slanting line through the nodule's edge.
    fn is_vessel(&self, [x, y, z]: [f64; 3]) -> bool {
        let r = self.diameter_mm / 2.0;
        // It runs along y with a slope in z and touches the ball off its middle.
        let (off_x, off_z) = (x - 0.5 * r, z - 0.3 * y);
        self.shape == Shape::OnVessel && off_x.hypot(off_z) < r / 3.0
    }

    /// The chest wall, on the side of large x.
    fn is_wall(&self, [x, ..]: [f64; 3]) -> bool {
        self.shape == Shape::OnPleura && x > self.diameter_mm / 3.0
    }
}

fn spikes() -> [[f64; 3]; 12] {
    // The corners of an icosahedron.
    let (a, b) = (0.525_731_112, 0.850_650_808);
    [
        [a, b, 0.0],
        [-a, b, 0.0],
        [a, -b, 0.0],
        [-a, -b, 0.0],
        [0.0, a, b],
        [0.0, -a, b],
        [0.0, a, -b],
        [0.0, -a, -b],
        [b, 0.0, a],
        [-b, 0.0, a],
        [b, 0.0, -a],
        [-b, 0.0, -a],
    ]
}

/// A cone from the ball's surface outwards to 1.3 radii, a quarter of a radius wide at its foot.
fn in_spike(p: [f64; 3], d: [f64; 3], r: f64) -> bool {
    let along = (0..3).map(|a| p[a] * d[a]).sum::<f64>();
    let across = (length(p).powi(2) - along * along).max(0.0).sqrt();
    let (foot, tip) = (0.7 * r, 1.3 * r);
    (foot..tip).contains(&along) && across < 0.25 * r * (tip - along) / (tip - foot)
}

fn length([x, y, z]: [f64; 3]) -> f64 {
    (x * x + y * y + z * z).sqrt()
}

/// Blurs within each slice; the thickness of slices is in the samples already.
fn blur(hu: &mut [f64], [nx, ny, nz]: [usize; 3]) {
    let sigma = BLUR_MM / PIXEL_MM;
    let kernel: Vec<f64> = (0..4)
        .map(|k| (-0.5 * (f64::from(k) / sigma).powi(2)).exp())
        .collect();
    let sum = kernel[0] + 2.0 * kernel[1..].iter().sum::<f64>();
    for z in 0..nz {
        let plane = &mut hu[z * nx * ny..(z + 1) * nx * ny];
        for (n, stride, lines, step) in [(nx, 1, ny, nx), (ny, nx, nx, 1)] {
            for line in 0..lines {
                let first = line * step;
                let old: Vec<f64> = (0..n).map(|i| plane[first + i * stride]).collect();
                for i in 0..n {
                    let mut value = kernel[0] * old[i];
                    for (k, weight) in kernel.iter().enumerate().skip(1) {
                        value += weight * (old[i.saturating_sub(k)] + old[(i + k).min(n - 1)]);
                    }
                    plane[first + i * stride] = value / sum;
                }
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(x: f64) -> usize {
    x.round().max(0.0) as usize
}

#[expect(clippy::cast_possible_truncation)]
fn clamp(hu: f64) -> i16 {
    hu.round().clamp(-1024.0, 3071.0) as i16
}
