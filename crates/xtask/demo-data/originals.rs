//! Reading the originals: NRRD and NIfTI volumes, into the patient frame of DICOM.

use std::{fs, io::Read as _, path::Path};

use anyhow::{Context, Result, bail, ensure};
use dicom::Grid;
use flate2::read::GzDecoder;
use nifti::{NiftiObject as _, NiftiType, ReaderOptions};

/// Voxels on their grid, x fastest, then y, then z.
pub struct Volume {
    pub grid: Grid,
    pub voxels: Vec<i16>,
}

impl Volume {
    /// The voxels that are set.
    pub fn mask(&self) -> Vec<bool> {
        self.voxels.iter().map(|value| *value != 0).collect()
    }
}

/// Reads a NRRD file of 16 bit integers, little endian, gzip, left-posterior-superior: what the originals are.
pub fn nrrd(path: &Path) -> Result<Volume> {
    let bytes = fs::read(path).with_context(|| format!("read {}", path.display()))?;
    let end = bytes
        .windows(2)
        .position(|two| two == b"\n\n")
        .context("find the end of the NRRD header")?;
    let (header, data) = bytes.split_at(end + 2);
    let header = std::str::from_utf8(header).context("read the NRRD header as text")?;
    let field = |name: &str| {
        header
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
            .with_context(|| format!("find the NRRD field {name}"))
    };
    for (name, want) in [
        ("type", "short"),
        ("dimension", "3"),
        ("space", "left-posterior-superior"),
        ("endian", "little"),
        ("encoding", "gzip"),
    ] {
        ensure!(field(name)? == want, "NRRD field {name} is not {want}");
    }
    let sizes = numbers(field("sizes")?)?;
    let [nx, ny, nz] = sizes.as_slice() else {
        bail!("NRRD has not three sizes")
    };
    let directions = numbers(field("space directions")?)?;
    let origin = numbers(field("space origin")?)?;
    let grid = grid([*nx, *ny, *nz], &directions, &origin)?;

    let mut raw = Vec::new();
    GzDecoder::new(data)
        .read_to_end(&mut raw)
        .context("unpack the NRRD voxels")?;
    let voxels = raw
        .as_chunks::<2>()
        .0
        .iter()
        .map(|two| i16::from_le_bytes(*two))
        .collect();
    checked(grid, voxels)
}

/// Reads a NIfTI file. NIfTI's frame is right-anterior-superior, so that x and y change their sign.
pub fn nifti(path: &Path) -> Result<Volume> {
    let object = ReaderOptions::new()
        .read_file(path)
        .with_context(|| format!("read {}", path.display()))?;
    let header = object.header();
    ensure!(header.sform_code > 0, "NIfTI file without sform");
    let rows = [header.srow_x, header.srow_y, header.srow_z];
    let lps = |row: usize, column: usize| -> f64 {
        let value = rows
            .get(row)
            .and_then(|row| row.get(column))
            .copied()
            .unwrap_or(0.0);
        // The headers hold 32 bit numbers such as 179.658203125; six decimals are finer than any scanner.
        let value = (f64::from(value) * 1e6).round() / 1e6;
        if row < 2 { -value } else { value }
    };
    let mut directions = Vec::new();
    for column in 0..3 {
        directions.extend([0, 1, 2].map(|row| lps(row, column)));
    }
    let [_, nx, ny, nz, ..] = header.dim.map(f64::from);
    let grid = grid([nx, ny, nz], &directions, &[0, 1, 2].map(|row| lps(row, 3)))?;
    let kind = header.data_type().context("read the NIfTI type")?;
    let volume = object.into_volume();
    let voxels = match kind {
        NiftiType::Int16 => volume
            .into_nifti_typed_data()
            .context("read the NIfTI voxels")?,
        NiftiType::Uint8 => {
            let bytes: Vec<u8> = volume
                .into_nifti_typed_data()
                .context("read the NIfTI voxels")?;
            bytes.into_iter().map(i16::from).collect()
        }
        other => bail!("NIfTI voxels are {other:?}"),
    };
    checked(grid, voxels)
}

/// All numbers in a text of blanks, brackets and commas.
fn numbers(text: &str) -> Result<Vec<f64>> {
    text.split(|c: char| c.is_whitespace() || "(),".contains(c))
        .filter(|part| !part.is_empty())
        .map(|part| part.parse().context("read a number of the NRRD header"))
        .collect()
}

/// The grid from step vectors (x, y and z one after the other) and origin.
fn grid(size: [f64; 3], steps: &[f64], origin: &[f64]) -> Result<Grid> {
    let steps: [f64; 9] = steps
        .try_into()
        .context("volume has not three directions")?;
    let origin_lps_mm: [f64; 3] = origin.try_into().context("volume has no origin")?;
    let length = |i: usize| {
        steps
            .iter()
            .skip(3 * i)
            .take(3)
            .map(|v| v * v)
            .sum::<f64>()
            .sqrt()
    };
    let spacing_mm = [0, 1, 2].map(length);
    let mut direction_lps = steps;
    for (i, value) in direction_lps.iter_mut().enumerate() {
        *value /= length(i / 3);
        // Negative zero would show in the files.
        if *value == 0.0 {
            *value = 0.0;
        }
    }
    // Sizes come from headers of 16 bit integers.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let size = size.map(|n| n as usize);
    Ok(Grid {
        size,
        spacing_mm,
        origin_lps_mm,
        direction_lps,
    })
}

fn checked(grid: Grid, voxels: Vec<i16>) -> Result<Volume> {
    ensure!(
        voxels.len() == grid.len(),
        "{} voxels for a grid of {}",
        voxels.len(),
        grid.len()
    );
    Ok(Volume { grid, voxels })
}
