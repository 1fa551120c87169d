use std::io::Read as _;

use flate2::read::MultiGzDecoder;
use nifti::{Endianness, NiftiHeader, NiftiType};

use super::{
    MAX_VOXELS, checked_voxels,
    nrrd::{Kind, axes},
    to_hu,
};
use crate::{Volume, VolumeError, grid};

/// Reads a NIfTI-1 file (`.nii` or `.nii.gz`) of three dimensions.
pub fn read_nifti(bytes: &[u8]) -> Result<Volume, VolumeError> {
    let unpacked;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut raw = Vec::new();
        MultiGzDecoder::new(bytes)
            .take(MAX_VOXELS as u64 * 4)
            .read_to_end(&mut raw)
            .map_err(|e| bad(&format!("its gzip data is broken: {e}")))?;
        unpacked = raw;
        unpacked.as_slice()
    } else {
        bytes
    };
    let mut header = NiftiHeader::from_reader(bytes).map_err(|e| bad(&e.to_string()))?;
    header.fix();
    let dim = header.dim().map_err(|e| bad(&e.to_string()))?;
    let (Some(&[nx, ny, nz]), true) = (dim.first_chunk::<3>(), dim.iter().skip(3).all(|&n| n == 1))
    else {
        return Err(bad("it has not three dimensions"));
    };
    let size = [nx, ny, nz].map(usize::from);
    let voxels = checked_voxels(size)?;
    let kind = match header.data_type().map_err(|e| bad(&e.to_string()))? {
        NiftiType::Int8 => Kind::I8,
        NiftiType::Uint8 => Kind::U8,
        NiftiType::Int16 => Kind::I16,
        NiftiType::Uint16 => Kind::U16,
        NiftiType::Int32 => Kind::I32,
        NiftiType::Uint32 => Kind::U32,
        NiftiType::Float32 => Kind::F32,
        NiftiType::Float64 => Kind::F64,
        _ => return Err(bad("its data type is not a plain number")),
    };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates"
    )]
    let offset = header.vox_offset.max(348.0) as usize;
    let raw = bytes
        .get(offset..)
        .and_then(|data| data.get(..voxels * kind.bytes()))
        .ok_or_else(|| bad("its data end too early"))?;
    let (slope, intercept) = (f64::from(header.scl_slope), f64::from(header.scl_inter));
    let scaled = slope.is_finite() && intercept.is_finite() && slope != 0.0;
    let to_value = |v: f64| {
        if scaled {
            to_hu(v * slope + intercept)
        } else {
            to_hu(v)
        }
    };
    let voxels = kind.values(raw, header.endianness == Endianness::Big, to_value);
    let (steps, origin) = affine(&header);
    // NIfTI's world is right, anterior, superior.
    let to_lps = |[r, a, s]: [f64; 3]| [-r, -a, s];
    let grid = axes(size, steps.map(to_lps), to_lps(origin))
        .ok_or_else(|| bad("its axes are not perpendicular"))?;
    Ok(Volume { grid, voxels }.into_lps_order())
}

fn bad(why: &str) -> VolumeError {
    VolumeError::Format {
        format: "NIfTI",
        why: why.to_owned(),
    }
}

/// Steps of the three axes and the origin, RAS, mm: the s-form, else the q-form, else the spacing alone.
fn affine(header: &NiftiHeader) -> ([[f64; 3]; 3], [f64; 3]) {
    let [q, dx, dy, dz, ..] = header.pixdim.map(f64::from);
    if header.sform_code > 0 {
        let [a0, a1, a2, a3] = header.srow_x.map(f64::from);
        let [b0, b1, b2, b3] = header.srow_y.map(f64::from);
        let [c0, c1, c2, c3] = header.srow_z.map(f64::from);
        return ([[a0, b0, c0], [a1, b1, c1], [a2, b2, c2]], [a3, b3, c3]);
    }
    let scaled = |axis: [f64; 3], by: f64| axis.map(|v| v * by);
    if header.qform_code > 0 {
        let [b, c, d] = [header.quatern_b, header.quatern_c, header.quatern_d].map(f64::from);
        let a = (1.0 - b * b - c * c - d * d).max(0.0).sqrt();
        let x = [
            a * a + b * b - c * c - d * d,
            2.0 * (b * c + a * d),
            2.0 * (b * d - a * c),
        ];
        let y = [
            2.0 * (b * c - a * d),
            a * a + c * c - b * b - d * d,
            2.0 * (c * d + a * b),
        ];
        let z = grid::cross(x, y);
        let origin = [header.quatern_x, header.quatern_y, header.quatern_z].map(f64::from);
        return ([scaled(x, dx), scaled(y, dy), scaled(z, dz * q)], origin);
    }
    ([[dx, 0.0, 0.0], [0.0, dy, 0.0], [0.0, 0.0, dz]], [0.0; 3])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file() -> Vec<u8> {
        let mut bytes = vec![0; 352];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &348_i32.to_le_bytes());
        for (i, n) in [3_i16, 2, 2, 1, 1, 1, 1, 1].into_iter().enumerate() {
            put(40 + 2 * i, &n.to_le_bytes());
        }
        put(70, &4_i16.to_le_bytes());
        put(72, &16_i16.to_le_bytes());
        for (i, n) in [1.0_f32, 2.0, 3.0, 4.0].into_iter().enumerate() {
            put(76 + 4 * i, &n.to_le_bytes());
        }
        put(108, &352_f32.to_le_bytes());
        put(112, &2_f32.to_le_bytes());
        put(116, &(-10_f32).to_le_bytes());
        put(252, &1_i16.to_le_bytes());
        put(268, &7_f32.to_le_bytes());
        put(344, b"n+1\0");
        bytes.extend([1_i16, 2, 3, 4].iter().flat_map(|v| v.to_le_bytes()));
        bytes
    }

    #[test]
    fn the_quaternion_places_it_and_the_slope_scales_it() {
        let volume = read_nifti(&file()).unwrap();
        // x ran right and y anterior, so both are turned round.
        assert_eq!(volume.voxels, [-2, -4, -6, -8]);
        assert_eq!(volume.grid.spacing_mm, [2.0, 3.0, 4.0]);
        assert_eq!(volume.grid.origin_lps_mm, [-9.0, -3.0, 0.0]);
    }

    proptest! {
        #[test]
        fn mutated_files_never_panic(cut in 0..370_usize, at in 0..352_usize, to in any::<u8>()) {
            let mut bytes = file();
            bytes[at] = to;
            bytes.truncate(cut);
            let _ = read_nifti(&bytes);
        }
    }
}
