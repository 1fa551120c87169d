//! The volume in pieces that a client can load in the order in which it needs them.
//!
//! One piece: `int16` HU, each row along x as differences to the value before it (the first to 0,
//! wrapping), all low bytes, then all high bytes, compressed by zstd level 3. Lossless.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use crate::{BrickEntry, PreviewEntry, Volume, VolumeError};

/// Voxels along each side of a brick; at the far faces of the volume bricks are smaller.
pub const BRICK: usize = 64;

/// A brick is left out if all of it lies below this value; it then reads as [`AIR_FILL_HU`].
///
/// Air is −1000 HU by definition of the scale; noise of room air reaches some −950 HU, and lung,
/// even emphysematous, never fills a whole brick below it. Inside bricks nothing is changed.
pub const AIR_BELOW_HU: i16 = -950;

/// What voxels of a brick that was left out read as.
pub const AIR_FILL_HU: i16 = -1024;

/// Most voxels along a side of the preview.
pub const PREVIEW_SIDE: usize = 128;

const ZSTD_LEVEL: i32 = 3;

/// One brick with its entry in the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Brick {
    /// What the manifest says of it.
    pub entry: BrickEntry,
    /// The encoded voxels.
    pub bytes: Vec<u8>,
}

/// The coarse picture of a volume with its entry in the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// What the manifest says of it.
    pub entry: PreviewEntry,
    /// The encoded voxels.
    pub bytes: Vec<u8>,
}

/// Encodes voxels (x fastest) whose rows are `nx` long.
pub fn encode(voxels: &[i16], nx: usize) -> Result<Vec<u8>, VolumeError> {
    let mut planes = vec![0; voxels.len() * 2];
    let (low, high) = planes.split_at_mut(voxels.len());
    let rows = low.chunks_mut(nx.max(1)).zip(high.chunks_mut(nx.max(1)));
    for (row, (low, high)) in voxels.chunks(nx.max(1)).zip(rows) {
        let mut before = 0_i16;
        for ((&value, low), high) in row.iter().zip(low).zip(high) {
            [*low, *high] = value.wrapping_sub(before).to_le_bytes();
            before = value;
        }
    }
    zstd::bulk::compress(&planes, ZSTD_LEVEL).map_err(|e| VolumeError::Codec {
        doing: "compress a brick",
        why: e.to_string(),
    })
}

/// Decodes what [`encode`] made of `count` voxels in rows of `nx`.
pub fn decode(bytes: &[u8], nx: usize, count: usize) -> Result<Vec<i16>, VolumeError> {
    let doing = "decompress a brick";
    let planes = zstd::bulk::decompress(bytes, count * 2).map_err(|e| VolumeError::Codec {
        doing,
        why: e.to_string(),
    })?;
    if planes.len() != count * 2 {
        return Err(VolumeError::Codec {
            doing,
            why: format!("{} bytes instead of {}", planes.len(), count * 2),
        });
    }
    let (low, high) = planes.split_at(count);
    let mut voxels: Vec<i16> = low
        .iter()
        .zip(high)
        .map(|(&low, &high)| i16::from_le_bytes([low, high]))
        .collect();
    for row in voxels.chunks_mut(nx.max(1)) {
        let mut before = 0_i16;
        for value in row {
            before = before.wrapping_add(*value);
            *value = before;
        }
    }
    Ok(voxels)
}

/// Cuts a volume into bricks, leaving out those of air only.
pub fn bricks(volume: &Volume, cancelled: &AtomicBool) -> Result<Vec<Brick>, VolumeError> {
    each_brick(volume, cancelled, Ok)
}

/// Cuts a volume into bricks and hands each over as it is made, from several threads; answers what became of
/// them, in order. Whoever writes them away needs no memory for all.
pub fn each_brick<T: Send>(
    volume: &Volume,
    cancelled: &AtomicBool,
    take: impl Fn(Brick) -> Result<T, VolumeError> + Sync,
) -> Result<Vec<T>, VolumeError> {
    let [nx, ny, nz] = volume.grid.size;
    let mut origins = Vec::new();
    for z in (0..nz).step_by(BRICK) {
        for y in (0..ny).step_by(BRICK) {
            for x in (0..nx).step_by(BRICK) {
                origins.push([x, y, z]);
            }
        }
    }
    let found: Result<Vec<Option<T>>, _> = origins
        .into_par_iter()
        .map(|origin| {
            if cancelled.load(Ordering::Relaxed) {
                return Err(VolumeError::Cancelled);
            }
            brick(volume, origin)?.map(&take).transpose()
        })
        .collect();
    Ok(found?.into_iter().flatten().collect())
}

fn brick(volume: &Volume, origin: [usize; 3]) -> Result<Option<Brick>, VolumeError> {
    let [x, y, z] = origin;
    let [nx, ny, nz] = volume.grid.size;
    let size = [BRICK.min(nx - x), BRICK.min(ny - y), BRICK.min(nz - z)];
    let mut voxels = Vec::with_capacity(size.iter().product());
    for dz in 0..size[2] {
        for dy in 0..size[1] {
            let row = volume.row(y + dy, z + dz);
            voxels.extend_from_slice(row.get(x..x + size[0]).unwrap_or_default());
        }
    }
    let lo = voxels.iter().copied().min().unwrap_or(AIR_FILL_HU);
    let hi = voxels.iter().copied().max().unwrap_or(AIR_FILL_HU);
    if hi < AIR_BELOW_HU {
        return Ok(None);
    }
    let bytes = encode(&voxels, size[0])?;
    Ok(Some(Brick {
        entry: BrickEntry {
            origin: origin.map(small),
            size: size.map(small),
            bytes: small(bytes.len()),
            hu_range: [lo, hi],
            url: format!("bricks/{x}-{y}-{z}"),
        },
        bytes,
    }))
}

/// The volume reduced to at most [`PREVIEW_SIDE`] voxels a side, each the mean of those it covers.
pub fn preview(volume: &Volume) -> Result<Preview, VolumeError> {
    let factor = volume.grid.size.map(|n| n.div_ceil(PREVIEW_SIDE).max(1));
    let [fx, fy, fz] = factor;
    let [nx, ny, nz] = volume.grid.size;
    let size = [nx.div_ceil(fx), ny.div_ceil(fy), nz.div_ceil(fz)];
    let mut voxels = vec![0_i16; size.iter().product()];
    voxels
        .par_chunks_mut(size[0])
        .enumerate()
        .for_each(|(row, out)| {
            let (y, z) = (row % size[1] * fy, row / size[1] * fz);
            let mut sums = vec![(0_i32, 0_i32); size[0]];
            for z in z..(z + fz).min(nz) {
                for y in y..(y + fy).min(ny) {
                    for (part, (sum, n)) in volume.row(y, z).chunks(fx).zip(&mut sums) {
                        for &value in part {
                            *sum += i32::from(value);
                            *n += 1;
                        }
                    }
                }
            }
            for (out, (sum, n)) in out.iter_mut().zip(sums) {
                *out = i16::try_from(sum / n.max(1)).unwrap_or(AIR_FILL_HU);
            }
        });
    Ok(Preview {
        entry: PreviewEntry {
            size: size.map(small),
            factor: factor.map(small),
            url: "preview".to_owned(),
        },
        bytes: encode(&voxels, size[0])?,
    })
}

/// A count for the manifest; volumes are bounded far below 2³².
pub(crate) fn small(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Grid;

    proptest! {
        #[test]
        fn decoding_gives_back_what_was_encoded(
            voxels in proptest::collection::vec(any::<i16>(), 1..500),
            nx in 1..40_usize,
        ) {
            let bytes = encode(&voxels, nx).unwrap();
            prop_assert_eq!(decode(&bytes, nx, voxels.len()).unwrap(), voxels);
        }

        #[test]
        fn foreign_bytes_are_refused_or_decoded_but_never_panic(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let _ = decode(&bytes, 7, 64);
        }
    }

    #[test]
    fn only_bricks_of_air_are_left_out_and_the_rest_is_the_volume() {
        let size = [130, 70, 65];
        let mut voxels: Vec<i16> = (0..130 * 70 * 65)
            .map(|i| -1000 + (i % 49) as i16)
            .collect();
        voxels[(3 * 70 + 5) * 130 + 128] = AIR_BELOW_HU;
        voxels[(64 * 70 + 69) * 130 + 1] = 1200;
        let volume = Volume {
            grid: Grid::axis_aligned(size, [1.0; 3], [0.0; 3]),
            voxels,
        };
        let bricks = bricks(&volume, &AtomicBool::new(false)).unwrap();
        let origins: Vec<_> = bricks.iter().map(|b| b.entry.origin).collect();
        assert_eq!(origins, [[128, 0, 0], [0, 64, 64]]);
        for brick in bricks {
            let [ox, oy, oz] = brick.entry.origin.map(|n| n as usize);
            let [sx, sy, sz] = brick.entry.size.map(|n| n as usize);
            let decoded = decode(&brick.bytes, sx, sx * sy * sz).unwrap();
            for (i, value) in decoded.into_iter().enumerate() {
                let at = [ox + i % sx, oy + i / sx % sy, oz + i / sx / sy];
                assert_eq!(Some(value), volume.at(at));
            }
        }
    }

    #[test]
    fn preview_holds_means_and_says_its_factor() {
        let volume = Volume {
            grid: Grid::axis_aligned([200, 3, 2], [1.0; 3], [0.0; 3]),
            voxels: (0..1200)
                .map(|i| if i % 2 == 0 { 100 } else { 300 })
                .collect(),
        };
        let preview = preview(&volume).unwrap();
        assert_eq!(preview.entry.size, [100, 3, 2]);
        assert_eq!(preview.entry.factor, [2, 1, 1]);
        assert_eq!(decode(&preview.bytes, 100, 600).unwrap(), vec![200; 600]);
    }
}
