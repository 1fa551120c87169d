//! `chain FILE NX NY NZ`: threshold, components, surface and simplification of a raw volume, as
//! `bench/chain.py` measures them.
//!
//! FILE holds 16-bit values, little endian, x fastest. Prints CPU-seconds without reading the file,
//! peak memory in MiB, and the triangles before and after simplification.

mod cost;

use std::{
    error::Error,
    fs::{self, File},
    io::{self, Read},
};

use cost::cpu_s;
use volume::{Components, Connection, Field, Grid, Mask, Mesh, Style, Volume};

const THRESHOLD_HU: i16 = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [file, nx, ny, nz] = arguments.as_slice() else {
        return Err("usage: chain FILE NX NY NZ".into());
    };
    let size = [nx.parse()?, ny.parse()?, nz.parse()?];
    let volume = Volume {
        grid: Grid::axis_aligned(size, [1.0; 3], [0.0; 3]),
        voxels: read(file, size.iter().product())?,
    };
    let before = cpu_s()?;
    let dense = Mask::where_hu(&volume, |hu| hu > THRESHOLD_HU);
    let components = Components::of(&dense, Connection::Corners);
    let largest = components.largest();
    let bone = components.mask_of(|number, _| Some(number) == largest);
    let style = Style {
        detail_mm: 1.0,
        reach_mm: 3.5,
        ramp_hu: Some([THRESHOLD_HU, 300]),
        passes: 0,
    };
    let field = Field::of_mask(&bone, &volume, style).ok_or("nothing is that dense")?;
    let whole = Mesh::whole(&field);
    let triangles = whole.triangles();
    let light = whole.simplified(triangles / 10);
    let cpu_s = cpu_s()? - before;
    println!(
        "{cpu_s:.2} {:.1} {triangles} {}",
        peak_mb()?,
        light.triangles()
    );
    Ok(())
}

/// Reads in pieces, so that the file does not count twice in the peak.
fn read(file: &str, voxels: usize) -> io::Result<Vec<i16>> {
    let mut file = File::open(file)?;
    let mut values = Vec::with_capacity(voxels);
    let mut piece = vec![0; 1 << 20];
    while values.len() < voxels {
        let bytes = piece.len().min((voxels - values.len()) * 2);
        let piece = piece.get_mut(..bytes).unwrap_or_default();
        file.read_exact(piece)?;
        let (pairs, _) = piece.as_chunks();
        values.extend(pairs.iter().map(|pair| i16::from_le_bytes(*pair)));
    }
    Ok(values)
}

/// The most memory that this program has had.
fn peak_mb() -> Result<f64, Box<dyn Error>> {
    let status = fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = peak.and_then(|peak| peak.split_whitespace().next());
    Ok(kib
        .ok_or("read the memory of this program")?
        .parse::<f64>()?
        / 1024.0)
}
