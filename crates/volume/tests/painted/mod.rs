//! Chests painted by tests: every structure a shape whose size is known, with voxels at its edge
//! mixed by how much of them it fills, and noise that a seed decides.
#![allow(
    dead_code,
    clippy::indexing_slicing,
    reason = "each test uses a part, and may stop"
)]

use volume::{Grid, Series, Volume};

/// Width, depth and height of a painted chest, mm.
pub const SIZE_MM: [f64; 3] = [330.0, 230.0, 240.0];

/// A volume to paint on, in HU; positions are LPS mm.
pub struct Canvas {
    pub grid: Grid,
    values: Vec<f32>,
}

impl Canvas {
    pub fn new(size_mm: [f64; 3], spacing_mm: [f64; 3]) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let size = [0, 1, 2].map(|axis| (size_mm[axis] / spacing_mm[axis]).round() as usize);
        let origin = [-size_mm[0] / 2.0, -size_mm[1] / 2.0, 0.0];
        let grid = Grid::axis_aligned(size, spacing_mm, origin);
        let values = vec![-1000.0; grid.voxels()];
        Self { grid, values }
    }

    /// Paints where a signed distance (mm, negative inside) is negative.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    fn paint(&mut self, lo: [f64; 3], hi: [f64; 3], hu: f32, distance: impl Fn([f64; 3]) -> f64) {
        let blur = self.grid.spacing_mm.iter().sum::<f64>() / 3.0;
        let (a, b) = (self.grid.index_of(lo), self.grid.index_of(hi));
        let range = |axis: usize| {
            let last = self.grid.size[axis];
            ((a[axis] - 2.0).max(0.0) as usize).min(last)
                ..((b[axis] + 3.0).max(0.0) as usize).min(last)
        };
        for z in range(2) {
            for y in range(1) {
                for x in range(0) {
                    let point = self.grid.point_lps_mm([x, y, z].map(|i| i as f64));
                    let share = (0.5 - distance(point) / blur).clamp(0.0, 1.0) as f32;
                    let value =
                        &mut self.values[(z * self.grid.size[1] + y) * self.grid.size[0] + x];
                    *value += share * (hu - *value);
                }
            }
        }
    }

    pub fn ellipsoid(&mut self, centre: [f64; 3], half: [f64; 3], hu: f32) {
        let least = half.into_iter().fold(f64::INFINITY, f64::min);
        let lo = [0, 1, 2].map(|i| centre[i] - half[i]);
        let hi = [0, 1, 2].map(|i| centre[i] + half[i]);
        self.paint(lo, hi, hu, |p| {
            let r: f64 = (0..3).map(|i| ((p[i] - centre[i]) / half[i]).powi(2)).sum();
            (r.sqrt() - 1.0) * least
        });
    }

    pub fn ball(&mut self, centre: [f64; 3], radius: f64, hu: f32) {
        self.ellipsoid(centre, [radius; 3], hu);
    }

    /// A rod with round ends.
    pub fn rod(&mut self, from: [f64; 3], to: [f64; 3], radius: f64, hu: f32) {
        let lo = [0, 1, 2].map(|i| from[i].min(to[i]) - radius);
        let hi = [0, 1, 2].map(|i| from[i].max(to[i]) + radius);
        let way = [0, 1, 2].map(|i| to[i] - from[i]);
        let square: f64 = way.iter().map(|c| c * c).sum();
        self.paint(lo, hi, hu, |p| {
            let along: f64 = (0..3).map(|i| (p[i] - from[i]) * way[i]).sum();
            let t = (along / square).clamp(0.0, 1.0);
            let off: f64 = (0..3).map(|i| (p[i] - from[i] - t * way[i]).powi(2)).sum();
            off.sqrt() - radius
        });
    }

    pub fn series(self, noise_hu: f64) -> Series {
        let mut seed = 1_u64;
        let mut uniform = || {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1_u64 << 53) as f64
        };
        let voxels = self.values.into_iter().map(|value| {
            // A sum of uniform numbers is nearly normal.
            let normal = (0..12).map(|_| uniform()).sum::<f64>() - 6.0;
            #[expect(clippy::cast_possible_truncation)]
            let hu = (f64::from(value) + noise_hu * normal).round() as i16;
            hu
        });
        let voxels = voxels.collect();
        Series::of_volume(Volume {
            grid: self.grid,
            voxels,
        })
    }
}

/// One branch of the painted airway.
#[derive(Clone, Copy, Debug)]
pub struct Tube {
    pub from: [f64; 3],
    pub to: [f64; 3],
    pub radius: f64,
    pub generation: u32,
}

/// Windpipe, main bronchi and two generations more, with lengths as they are in people.
pub fn tubes() -> Vec<Tube> {
    let tube = |generation, radius, from, to| Tube {
        from,
        to,
        radius,
        generation,
    };
    let carina = [0.0, 0.0, 140.0];
    let mut all = vec![tube(0, 8.0, [0.0, 0.0, 235.0], carina)];
    for side in [-1.0, 1.0] {
        let hilum = [side * 38.0, 0.0, 112.0];
        all.push(tube(1, 5.5, carina, hilum));
        for (tip, ends) in [
            (
                [side * 62.0, 8.0, 138.0],
                [[side * 70.0, -14.0, 150.0], [side * 82.0, 18.0, 150.0]],
            ),
            (
                [side * 58.0, 6.0, 78.0],
                [[side * 74.0, -12.0, 58.0], [side * 62.0, 28.0, 52.0]],
            ),
        ] {
            all.push(tube(2, 3.6, hilum, tip));
            all.extend(ends.map(|end| tube(3, 2.4, tip, end)));
        }
    }
    all
}

/// A chest with skin, lungs, spine and airway. Lungs reach from 15 to 215 mm of height.
pub fn chest(spacing_mm: [f64; 3]) -> Canvas {
    let mut canvas = Canvas::new(SIZE_MM, spacing_mm);
    canvas.rod([0.0, 0.0, -60.0], [0.0, 0.0, 300.0], 108.0, 40.0);
    for side in [-1.0, 1.0] {
        canvas.ellipsoid([side * 90.0, 0.0, 115.0], [60.0, 75.0, 100.0], 40.0);
        canvas.ellipsoid([side * 92.0, 0.0, 60.0], [68.0, 90.0, 120.0], 40.0);
        canvas.ellipsoid([side * 72.0, 0.0, 115.0], [48.0, 72.0, 100.0], -860.0);
    }
    // A spine with marrow.
    canvas.rod([0.0, 85.0, -20.0], [0.0, 85.0, 260.0], 14.0, 500.0);
    canvas.rod([0.0, 85.0, -20.0], [0.0, 85.0, 260.0], 11.0, 130.0);
    for tube in tubes() {
        canvas.rod(tube.from, tube.to, tube.radius + 1.5, 20.0);
    }
    for tube in tubes() {
        canvas.rod(tube.from, tube.to, tube.radius, -990.0);
    }
    canvas
}
