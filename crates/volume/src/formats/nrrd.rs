use std::{collections::HashMap, io::Read};

use flate2::read::MultiGzDecoder;

use super::{checked_voxels, to_hu};
use crate::{Grid, Volume, VolumeError, grid};

/// Reads a NRRD file with attached data, raw or gzip, of three dimensions.
///
/// <http://teem.sourceforge.net/nrrd/format.html>
pub fn read_nrrd(bytes: &[u8]) -> Result<Volume, VolumeError> {
    let (fields, data) = header(bytes)?;
    let field = |name: &str| fields.get(name).map(String::as_str);
    let sizes: Vec<usize> = numbers(field("sizes").unwrap_or_default());
    let &[nx, ny, nz] = sizes.as_slice() else {
        return Err(bad("it has not three dimensions"));
    };
    let voxels = checked_voxels([nx, ny, nz])?;
    let kind = Kind::named(field("type").unwrap_or_default())?;
    let big_endian = field("endian") == Some("big");
    let length = voxels * kind.bytes();
    let raw = match field("encoding").unwrap_or_default() {
        "raw" => data.to_vec(),
        "gzip" | "gz" => {
            let mut raw = Vec::new();
            MultiGzDecoder::new(data)
                .take(length as u64)
                .read_to_end(&mut raw)
                .map_err(|e| bad(&format!("its gzip data is broken: {e}")))?;
            raw
        }
        other => return Err(bad(&format!("encoding {} is not supported", plain(other)))),
    };
    let raw = raw
        .get(..length)
        .ok_or_else(|| bad("its data end too early"))?;
    Ok(Volume {
        grid: place([nx, ny, nz], field)?,
        voxels: kind.values(raw, big_endian, to_hu),
    }
    .into_lps_order())
}

fn bad(why: &str) -> VolumeError {
    VolumeError::Format {
        format: "NRRD",
        why: why.to_owned(),
    }
}

/// A word of the file for an error message: short, and nothing but letters.
fn plain(word: &str) -> String {
    word.chars()
        .filter(char::is_ascii_alphanumeric)
        .take(20)
        .collect()
}

fn header(bytes: &[u8]) -> Result<(HashMap<String, String>, &[u8]), VolumeError> {
    if !bytes.starts_with(b"NRRD000") {
        return Err(bad("it does not begin with NRRD000"));
    }
    let mut fields = HashMap::new();
    let mut rest = bytes;
    loop {
        let end = rest
            .iter()
            .take(1 << 16)
            .position(|&b| b == b'\n')
            .ok_or_else(|| bad("its header does not end"))?;
        let (line, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        if line.is_empty() {
            return Ok((fields, rest));
        }
        if let Some((name, value)) = line.split_once(": ")
            && !line.starts_with('#')
        {
            fields.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
}

fn numbers<T: std::str::FromStr>(text: &str) -> Vec<T> {
    text.split(|c: char| c.is_whitespace() || "(),".contains(c))
        .filter(|part| !part.is_empty())
        .map_while(|part| part.parse().ok())
        .collect()
}

/// The grid in LPS, from the file's space, directions and origin.
fn place<'a>(
    size: [usize; 3],
    field: impl Fn(&str) -> Option<&'a str>,
) -> Result<Grid, VolumeError> {
    let sign = match field("space").unwrap_or("left-posterior-superior") {
        "left-posterior-superior" | "LPS" => [1.0, 1.0, 1.0],
        "right-anterior-superior" | "RAS" => [-1.0, -1.0, 1.0],
        "left-anterior-superior" | "LAS" => [1.0, -1.0, 1.0],
        other => return Err(bad(&format!("space {} is not supported", plain(other)))),
    };
    let signed = |v: [f64; 3]| [v[0] * sign[0], v[1] * sign[1], v[2] * sign[2]];
    let directions: Vec<f64> = numbers(field("space directions").unwrap_or_default());
    let &[a, b, c, d, e, f, g, h, i] = directions.as_slice() else {
        return Err(bad("it has no directions of its three axes"));
    };
    let origin: Vec<f64> = numbers(field("space origin").unwrap_or("(0,0,0)"));
    let &[x, y, z] = origin.as_slice() else {
        return Err(bad("its origin is not three numbers"));
    };
    axes(
        size,
        [[a, b, c], [d, e, f], [g, h, i]].map(signed),
        signed([x, y, z]),
    )
    .ok_or_else(|| bad("its axes are not perpendicular"))
}

/// A grid from its axes' steps in mm, if these are finite, not zero and perpendicular.
pub(super) fn axes(size: [usize; 3], steps: [[f64; 3]; 3], origin: [f64; 3]) -> Option<Grid> {
    let spacing_mm = steps.map(grid::length);
    let usable = |v: &f64| v.is_finite() && *v > 1e-6 && *v < 1e6;
    if !spacing_mm.iter().all(usable) || !origin.iter().all(|v| v.is_finite()) {
        return None;
    }
    let mut direction_lps = steps;
    for (axis, spacing) in direction_lps.iter_mut().zip(spacing_mm) {
        *axis = axis.map(|c| c / spacing);
    }
    let [x, y, z] = direction_lps;
    let skew = [(x, y), (y, z), (z, x)]
        .into_iter()
        .map(|(a, b)| grid::dot(a, b).abs())
        .fold(0.0, f64::max);
    (skew < 1e-2).then_some(Grid {
        size,
        spacing_mm,
        origin_lps_mm: origin,
        direction_lps,
    })
}

#[derive(Clone, Copy)]
pub(super) enum Kind {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    F32,
    F64,
}

impl Kind {
    fn named(name: &str) -> Result<Self, VolumeError> {
        Ok(match name {
            "signed char" | "int8" | "int8_t" => Self::I8,
            "uchar" | "unsigned char" | "uint8" | "uint8_t" => Self::U8,
            "short" | "short int" | "signed short" | "int16" | "int16_t" => Self::I16,
            "ushort" | "unsigned short" | "uint16" | "uint16_t" => Self::U16,
            "int" | "signed int" | "int32" | "int32_t" => Self::I32,
            "uint" | "unsigned int" | "uint32" | "uint32_t" => Self::U32,
            "float" => Self::F32,
            "double" => Self::F64,
            other => return Err(bad(&format!("type {} is not supported", plain(other)))),
        })
    }

    pub(super) fn bytes(self) -> usize {
        match self {
            Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::F64 => 8,
        }
    }

    /// The numbers in `raw`, each as `to_value` turns it.
    pub(super) fn values(
        self,
        raw: &[u8],
        big_endian: bool,
        to_value: impl Fn(f64) -> i16,
    ) -> Vec<i16> {
        match self {
            Self::I8 => each(raw, big_endian, |b| to_value(i8::from_le_bytes(b).into())),
            Self::U8 => each(raw, big_endian, |[b]| to_value(b.into())),
            Self::I16 => each(raw, big_endian, |b| to_value(i16::from_le_bytes(b).into())),
            Self::U16 => each(raw, big_endian, |b| to_value(u16::from_le_bytes(b).into())),
            Self::I32 => each(raw, big_endian, |b| to_value(i32::from_le_bytes(b).into())),
            Self::U32 => each(raw, big_endian, |b| to_value(u32::from_le_bytes(b).into())),
            Self::F32 => each(raw, big_endian, |b| to_value(f32::from_le_bytes(b).into())),
            Self::F64 => each(raw, big_endian, |b| to_value(f64::from_le_bytes(b))),
        }
    }
}

fn each<const N: usize>(raw: &[u8], big_endian: bool, value: impl Fn([u8; N]) -> i16) -> Vec<i16> {
    let (values, _) = raw.as_chunks::<N>();
    values
        .iter()
        .map(|&bytes| {
            let mut bytes = bytes;
            if big_endian {
                bytes.reverse();
            }
            value(bytes)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "NRRD0004\n# a comment: kept out\ntype: short\ndimension: 3\nspace: right-anterior-superior\nsizes: 2 1 2\nspace directions: (0.5,0,0) (0,0.5,0) (0,0,2)\nendian: big\nencoding: raw\nspace origin: (10,20,30)\n\n";

    #[test]
    fn right_anterior_becomes_left_posterior_with_each_voxel_in_place() {
        let mut bytes = HEAD.as_bytes().to_vec();
        bytes.extend([1_i16, 2, 3, -4].iter().flat_map(|v| v.to_be_bytes()));
        let volume = read_nrrd(&bytes).unwrap();
        assert_eq!(volume.grid.direction_lps[0], [1.0, 0.0, 0.0]);
        assert_eq!(volume.grid.origin_lps_mm, [-10.5, -20.0, 30.0]);
        assert_eq!(volume.voxels, [2, 1, -4, 3]);
    }

    proptest! {
        #[test]
        fn mutated_files_never_panic(cut in 0..260_usize, at in 0..240_usize, to in any::<u8>()) {
            let mut bytes = HEAD.as_bytes().to_vec();
            bytes.extend([0; 8]);
            if let Some(b) = bytes.get_mut(at) { *b = to; }
            bytes.truncate(cut.max(1));
            let _ = read_nrrd(&bytes);
        }
    }
}
