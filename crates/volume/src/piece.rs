//! A box of a volume by itself: its voxels from the bricks that hold them, and masks within it as they travel.
//! What is done around one place then costs what lies around it, not the whole scan.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::{
    BrickEntry, Grid, Lesion, LesionEntry, Mask, Series, Volume, VolumeError, VolumeManifest,
    bricks::{self, small},
    lesion::measure_lesion,
    structures::{self, Surface},
};

/// Most voxels of a box: 4 million hold a cube of 10 cm in voxels of 0.7 mm.
pub const MOST_BOX_VOXELS: usize = 4 << 20;

/// A box of voxels of a volume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VoxelBox {
    /// Index of its first voxel on x, y, z.
    pub origin: [usize; 3],
    /// Voxels along x, y, z; none is 0.
    pub size: [usize; 3],
}

impl VoxelBox {
    /// What lies within a distance of a point along each axis, as far as the grid reaches; `None` where the point
    /// lies outside of it.
    pub fn around(grid: &Grid, at_lps_mm: [f64; 3], reach_mm: f64) -> Option<Self> {
        let index = grid.index_of(at_lps_mm).map(f64::round);
        let inside = index
            .iter()
            .zip(grid.size)
            .all(|(&i, n)| i >= 0.0 && i < n as f64);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = index.map(|i| i as usize);
        let one = Self {
            origin: at,
            size: [1; 3],
        };
        inside.then(|| one.grown(grid, reach_mm))
    }

    /// A box whose faces lie further out, as far as the grid reaches.
    #[must_use]
    pub fn grown(&self, grid: &Grid, by_mm: f64) -> Self {
        let mut out = *self;
        let axes = out.origin.iter_mut().zip(&mut out.size);
        for ((origin, size), (n, spacing)) in axes.zip(grid.size.into_iter().zip(grid.spacing_mm)) {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let by = (by_mm / spacing).ceil() as usize;
            let end = (*origin + *size + by).min(n);
            *origin = origin.saturating_sub(by);
            *size = end.saturating_sub(*origin);
        }
        out
    }

    /// Voxels in it.
    pub fn voxels(&self) -> usize {
        self.size.iter().product()
    }

    /// The grid of the box by itself.
    pub fn grid(&self, of: &Grid) -> Grid {
        Grid {
            size: self.size,
            origin_lps_mm: of.point_lps_mm(self.origin.map(|i| i as f64)),
            ..of.clone()
        }
    }
}

/// A mask within a box of a volume, as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct BoxedMask {
    /// Index in the volume of the box's first voxel on x, y, z.
    pub origin: [u32; 3],
    /// Voxels of the box along x, y, z.
    pub size: [u32; 3],
    /// How many voxels are outside, then inside, then outside and so on, x fastest, then y, then z.
    pub runs: Vec<u32>,
}

impl BoxedMask {
    /// A mask whose first voxel lies at `origin` of its volume.
    pub fn of(mask: &Mask, origin: [usize; 3]) -> Self {
        let [nx, ny, nz] = mask.size();
        let (mut runs, mut inside, mut run) = (Vec::new(), false, 0_u32);
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    if mask.get([x, y, z]) != inside {
                        runs.push(run);
                        (inside, run) = (!inside, 0);
                    }
                    run += 1;
                }
            }
        }
        runs.push(run);
        Self {
            origin: origin.map(small),
            size: mask.size().map(small),
            runs,
        }
    }

    /// The box within a grid.
    ///
    /// # Errors
    /// If the box has no voxel or too many, or leaves the grid.
    pub fn within(&self, grid: &Grid) -> Result<VoxelBox, VolumeError> {
        let of = VoxelBox {
            origin: self.origin.map(|i| i as usize),
            size: self.size.map(|i| i as usize),
        };
        let ends = of.origin.into_iter().zip(of.size).zip(grid.size);
        let fits = ends.fold(true, |fits, ((origin, size), n)| {
            fits && size > 0 && origin.saturating_add(size) <= n
        });
        if !fits {
            return Err(refused(
                "其范围超出容积或没有大小",
                "its box leaves the volume or has no extent",
            ));
        }
        if of.voxels() > MOST_BOX_VOXELS {
            return Err(refused("其范围过大", "its box is too large"));
        }
        Ok(of)
    }

    /// The mask on a grid of its box.
    ///
    /// # Errors
    /// If the box does not lie in the grid, or the runs do not fill it.
    pub fn mask_within(&self, grid: &Grid) -> Result<(VoxelBox, Mask), VolumeError> {
        let of = self.within(grid)?;
        let wrong = refused("其体素与范围不符", "its runs do not fill its box");
        let total: u64 = self.runs.iter().map(|run| u64::from(*run)).sum();
        if total != of.voxels() as u64 {
            return Err(wrong);
        }
        let mut mask = Mask::empty(of.size);
        let [nx, ny, _] = of.size;
        let (mut at, mut inside) = (0_usize, false);
        for run in &self.runs {
            let end = at + *run as usize;
            while inside && at < end {
                // One row after another.
                let (row, from) = (at / nx, at % nx);
                let to = nx.min(from + end - at);
                mask.set_run(row % ny, row / ny, from, to);
                at += to - from;
            }
            at = end;
            inside = !inside;
        }
        Ok((of, mask))
    }
}

/// A box of a volume with its voxels. Its series has the box's own grid; planes are counted within the box.
#[derive(Clone, Debug, PartialEq)]
pub struct Piece {
    /// Where it lies in the volume.
    pub of: VoxelBox,
    /// Its voxels and what is known about them.
    pub series: Series,
}

impl Piece {
    /// Reads a box from the bricks that hold it; `read` answers the bytes of one. What lies in no brick is air.
    ///
    /// # Errors
    /// If a brick cannot be read, or the box is too large.
    pub fn read(
        manifest: &VolumeManifest,
        of: VoxelBox,
        read: &dyn Fn(&BrickEntry) -> Result<Vec<u8>, VolumeError>,
    ) -> Result<Self, VolumeError> {
        if of.voxels() > MOST_BOX_VOXELS {
            return Err(refused("其范围过大", "its box is too large"));
        }
        let grid = manifest.grid();
        let mut voxels = vec![bricks::AIR_FILL_HU; of.voxels()];
        for brick in &manifest.bricks {
            let Some(common) = common(&of, brick) else {
                continue;
            };
            let [nx, ny, nz] = brick.size.map(|n| n as usize);
            let values = bricks::decode(&read(brick)?, nx, nx * ny * nz)?;
            copy(&values, brick, &common, &of, &mut voxels);
        }
        let [_, _, first] = of.origin;
        let [_, _, planes] = of.size;
        let missing = manifest.missing_planes.iter().map(|z| *z as usize);
        let missing = missing.filter_map(|z| z.checked_sub(first));
        let series = Series {
            series_uid: manifest.series.clone(),
            is_hu: manifest.is_hu,
            slice_thickness_mm: manifest.slice_thickness_mm,
            missing_planes: missing.filter(|z| *z < planes).collect(),
            notices: Vec::new(),
            ..Series::of_volume(Volume {
                grid: of.grid(&grid),
                voxels,
            })
        };
        Ok(Self { of, series })
    }

    /// A mask of the whole volume, as far as it lies in the box.
    pub fn part_of(&self, whole: &Mask) -> Mask {
        let mut part = Mask::empty(self.of.size);
        let [x0, y0, z0] = self.of.origin;
        let [nx, ny, nz] = self.of.size;
        for z in 0..nz {
            for y in 0..ny {
                for x in 0..nx {
                    if whole.get([x0 + x, y0 + y, z0 + z]) {
                        part.set([x, y, z]);
                    }
                }
            }
        }
        part
    }

    /// A mask of another box of the same volume, as far as it lies in this one.
    pub fn part_of_box(&self, other: &VoxelBox, mask: &Mask) -> Mask {
        let mut part = Mask::empty(self.of.size);
        mask.for_each(|at| {
            let mut here = [0; 3];
            let axes = here
                .iter_mut()
                .zip(at)
                .zip(other.origin.into_iter().zip(self.of.origin));
            let mut inside = true;
            for ((here, at), (theirs, ours)) in axes {
                match (theirs + at).checked_sub(ours) {
                    Some(index) => *here = index,
                    None => inside = false,
                }
            }
            if inside {
                part.set(here);
            }
        });
        part
    }

    /// A mark on the piece, measured as every lesion of a volume is.
    ///
    /// # Errors
    /// As [`measure_lesion`].
    pub fn lesion(&self, lesion: &Lesion) -> Result<LesionEntry, VolumeError> {
        let mut entry = measure_lesion(&self.series, lesion)?;
        entry.plane += small(self.of.origin[2]);
        Ok(entry)
    }

    /// The surface of a mark on the piece, and its mask on the whole grid of the volume.
    ///
    /// # Errors
    /// If it cannot be encoded.
    pub fn surface(&self, lesion: Lesion, whole: &Mask) -> Result<Option<Surface>, VolumeError> {
        structures::lesion_surface(lesion, &self.series, whole)
    }
}

impl VolumeManifest {
    /// The grid of the volume.
    pub fn grid(&self) -> Grid {
        let [xl, xp, xs, yl, yp, ys, zl, zp, zs] = self.direction_lps;
        Grid {
            size: self.size.map(|n| n as usize),
            spacing_mm: self.spacing_mm,
            origin_lps_mm: self.origin_lps_mm,
            direction_lps: [[xl, xp, xs], [yl, yp, ys], [zl, zp, zs]],
        }
    }
}

fn refused(why_zh: &'static str, why: &'static str) -> VolumeError {
    VolumeError::Nodule { why_zh, why }
}

/// First and one-past-last voxel of what a box and a brick share.
fn common(of: &VoxelBox, brick: &BrickEntry) -> Option<[[usize; 2]; 3]> {
    let mut out = [[0; 2]; 3];
    let ours = of.origin.into_iter().zip(of.size);
    let theirs = brick.origin.into_iter().zip(brick.size);
    for ((out, (a, n)), (b, m)) in out.iter_mut().zip(ours).zip(theirs) {
        let (b, m) = (b as usize, m as usize);
        *out = [a.max(b), (a + n).min(b + m)];
    }
    out.iter().all(|[from, to]| from < to).then_some(out)
}

fn copy(
    values: &[i16],
    brick: &BrickEntry,
    common: &[[usize; 2]; 3],
    of: &VoxelBox,
    out: &mut [i16],
) {
    let [[x0, x1], [y0, y1], [z0, z1]] = *common;
    let [bx, by, bz] = brick.origin.map(|i| i as usize);
    let [bnx, bny, _] = brick.size.map(|i| i as usize);
    let [ox, oy, oz] = of.origin;
    let [nx, ny, _] = of.size;
    for z in z0..z1 {
        for y in y0..y1 {
            let from = ((z - bz) * bny + y - by) * bnx + x0 - bx;
            let to = ((z - oz) * ny + y - oy) * nx + x0 - ox;
            let there = out.get_mut(to..to + x1 - x0);
            if let (Some(row), Some(there)) = (values.get(from..from + x1 - x0), there) {
                there.copy_from_slice(row);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;

    use super::*;

    fn numbered() -> Series {
        let grid = Grid::axis_aligned([70, 66, 5], [0.5, 0.5, 2.0], [-10.0, 20.0, 30.0]);
        let voxels = (0..grid.voxels()).map(|i| i16::try_from(i % 3000).unwrap());
        let volume = Volume {
            voxels: voxels.collect(),
            grid,
        };
        Series::of_volume(volume)
    }

    #[test]
    fn a_box_across_bricks_has_the_voxels_of_the_volume() {
        let mut series = numbered();
        series.missing_planes = vec![1, 4];
        let coarse = crate::coarse_of(series.clone(), "p").unwrap();
        let made = crate::bricks(&series.volume, &AtomicBool::new(false)).unwrap();
        let mut manifest = coarse.manifest;
        manifest.add_bricks(&made);
        let read = |entry: &BrickEntry| {
            let found = made.iter().find(|brick| brick.entry.url == entry.url);
            Ok(found.unwrap().bytes.clone())
        };
        let at = series.volume.grid.point_lps_mm([62.0, 63.0, 3.0]);
        let of = VoxelBox::around(&series.volume.grid, at, 4.0).unwrap();
        assert_eq!((of.origin, of.size), ([54, 55, 1], [16, 11, 4]));
        let piece = Piece::read(&manifest, of, &read).unwrap();
        assert_eq!(piece.series.missing_planes, [0, 3]);
        for z in 0..4 {
            for y in 0..11 {
                for x in 0..16 {
                    let whole = series.volume.at([54 + x, 55 + y, 1 + z]);
                    assert_eq!(piece.series.volume.at([x, y, z]), whole);
                }
            }
        }
        let there = piece.series.volume.grid.point_lps_mm([8.0, 8.0, 2.0]);
        assert_eq!(there, at);
        assert_eq!(
            VoxelBox::around(&series.volume.grid, [0.0, 0.0, 0.0], 4.0),
            None
        );
    }

    #[test]
    fn masks_travel_as_runs_and_what_does_not_fit_is_refused() {
        let grid = Grid::axis_aligned([70, 6, 5], [1.0; 3], [0.0; 3]);
        let mut mask = Mask::empty([66, 3, 2]);
        for voxel in [[0, 0, 0], [65, 2, 1], [64, 1, 0], [65, 1, 0], [0, 2, 0]] {
            mask.set(voxel);
        }
        let boxed = BoxedMask::of(&mask, [4, 2, 1]);
        assert_eq!(
            boxed.runs.first(),
            Some(&0),
            "it begins with a voxel inside"
        );
        let (of, back) = boxed.mask_within(&grid).unwrap();
        assert_eq!((of.origin, back), ([4, 2, 1], mask));
        let broken: [fn(&mut BoxedMask); 5] = [
            |mask| mask.origin[0] = 5,
            |mask| mask.origin[1] = u32::MAX,
            |mask| mask.size = [0, 3, 2],
            |mask| mask.runs.push(1),
            |mask| mask.runs.clear(),
        ];
        for damage in broken {
            let mut wrong = boxed.clone();
            damage(&mut wrong);
            assert!(wrong.mask_within(&grid).is_err(), "{wrong:?}");
        }
        let wide = Grid::axis_aligned([2000; 3], [1.0; 3], [0.0; 3]);
        let mut large = boxed;
        large.size = [500; 3];
        assert!(large.mask_within(&wide).is_err());
    }
}
