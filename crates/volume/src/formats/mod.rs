//! Volumes from files of research formats, for tests and the command line.

mod nifti;
mod nrrd;

pub use self::{nifti::read_nifti, nrrd::read_nrrd};

use crate::VolumeError;

/// Most voxels that one volume may have: 1,024³.
pub const MAX_VOXELS: usize = 1 << 30;

/// The number of voxels of a size, if it is within the limit and no side is 0.
pub(crate) fn checked_voxels(size: [usize; 3]) -> Result<usize, VolumeError> {
    let voxels = size.iter().map(|&n| n as u128).product::<u128>();
    match usize::try_from(voxels) {
        Ok(n) if (1..=MAX_VOXELS).contains(&n) => Ok(n),
        _ => Err(VolumeError::TooLarge {
            voxels,
            limit: MAX_VOXELS,
        }),
    }
}

/// A stored number as an `i16`, rounded; beyond its range the nearest bound.
#[expect(
    clippy::cast_possible_truncation,
    reason = "`as` saturates, which is what is wanted"
)]
pub(crate) fn to_hu(value: f64) -> i16 {
    value.round() as i16
}
