//! `structures SCAN [NX NY NZ]`: all structures of a scan, resampled to NX×NY×NZ voxels if told so,
//! as `bench/lungs.py` measures them.
//!
//! Prints CPU-seconds of each step and of all without reading, and peak memory in MiB and as a
//! multiple of the volume's own, the volume included.

mod cost;

use std::{error::Error, path::PathBuf, sync::Mutex, sync::atomic::AtomicBool, time::Instant};

use cost::cpu_s;
use peak_alloc::PeakAlloc;
use volume::{Grid, Series, Volume, build_structures, find_chest, read_series, segment};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, size) = match arguments.as_slice() {
        [path] => (path, None),
        [path, nx, ny, nz] => (path, Some([nx.parse()?, ny.parse()?, nz.parse()?])),
        _ => return Err("usage: structures SCAN [NX NY NZ]".into()),
    };
    let mut series = read_series(&PathBuf::from(path))?;
    if let Some(size) = size {
        series = Series::of_volume(resampled(&series.volume, size));
    }
    let volume_mb = series.volume.voxels.len() as f64 * 2.0 / f64::from(1 << 20);
    println!("volume {:?} {volume_mb:.1} MiB", series.volume.grid.size);
    MEMORY.reset_peak_usage();
    let lungs = measured("lungs", volume_mb, || {
        let body = segment::body(&series.volume);
        let airway = segment::airway(&series.volume, &body);
        segment::lungs(&series.volume, &body, airway.as_ref())
    })?;
    let voxels = lungs.map_or(0, |lungs| lungs.both.count());
    println!(
        "lungs hold {:.1} ml",
        voxels as f64 * series.volume.grid.voxel_mm3() / 1000.0
    );
    let found = measured("structures", volume_mb, || {
        let last = Mutex::new((cpu_s().unwrap_or_default(), Instant::now(), String::new()));
        let step = |_: f32, name: &str| {
            if let Ok(mut last) = last.lock() {
                let now = cpu_s().unwrap_or_default();
                let (cpu, wall) = (now - last.0, last.1.elapsed().as_secs_f64());
                if !last.2.is_empty() {
                    let peak = f64::from(MEMORY.peak_usage_as_mb());
                    println!(
                        "  {:<12} {cpu:6.2} CPU-s {wall:6.2} s  peak {peak:.0} MiB",
                        last.2
                    );
                }
                *last = (now, Instant::now(), name.to_owned());
            }
        };
        find_chest(&series, &step, &AtomicBool::new(false))
    })??;
    for structure in &found.structures {
        let ml = structure.mask.count() as f64 * series.volume.grid.voxel_mm3() / 1000.0;
        println!("  {:<12} {ml:8.1} ml", structure.name);
    }
    if let Some(airway) = &found.entry.airway {
        let last = airway.branches.iter().map(|branch| branch.generation).max();
        println!(
            "  {} branches, generations to {last:?}",
            airway.branches.len()
        );
        for branch in airway.branches.iter().filter(|b| b.generation < 3) {
            println!(
                "  branch {}: generation {}, {} mm long, {:?} mm wide, wall {:?} mm",
                branch.id,
                branch.generation,
                branch.length_mm,
                branch.mean_diameter_mm,
                branch.wall_mm
            );
        }
    }
    drop(found);
    measured("structures with surfaces", volume_mb, || {
        build_structures(&series, &[], &|_, _| {}, &AtomicBool::new(false))
    })??;
    Ok(())
}

/// Runs a step and prints what it cost.
fn measured<T>(name: &str, volume_mb: f64, step: impl FnOnce() -> T) -> Result<T, Box<dyn Error>> {
    MEMORY.reset_peak_usage();
    let (before, started) = (cpu_s()?, Instant::now());
    let value = step();
    let (cpu, wall) = (cpu_s()? - before, started.elapsed().as_secs_f64());
    let peak = f64::from(MEMORY.peak_usage_as_mb());
    println!(
        "{name}: {cpu:.2} CPU-s {wall:.2} s peak {peak:.1} MiB {:.2} volumes",
        peak / volume_mb
    );
    Ok(value)
}

/// The volume on a grid of another size over the same box, by trilinear interpolation.
fn resampled(volume: &Volume, size: [usize; 3]) -> Volume {
    let old = &volume.grid;
    let ratio = [0, 1, 2].map(|axis: usize| {
        let of = |list: [usize; 3]| list.get(axis).copied().unwrap_or(1) as f64;
        of(old.size) / of(size)
    });
    let mut spacing_mm = old.spacing_mm;
    for (spacing, ratio) in spacing_mm.iter_mut().zip(ratio) {
        *spacing *= ratio;
    }
    let first = ratio.map(|ratio| (ratio - 1.0) / 2.0);
    let grid = Grid {
        size,
        spacing_mm,
        origin_lps_mm: old.point_lps_mm(first),
        direction_lps: old.direction_lps,
    };
    let mut voxels = Vec::with_capacity(grid.voxels());
    for z in 0..size[2] {
        for y in 0..size[1] {
            for x in 0..size[0] {
                let at = [x, y, z].into_iter().zip(ratio).zip(first);
                let mut index = [0.0; 3];
                for (index, ((i, r), f)) in index.iter_mut().zip(at) {
                    *index = (i as f64).mul_add(r, f);
                }
                voxels.push(nearest_inside(volume, index));
            }
        }
    }
    Volume { grid, voxels }
}

/// At the border the last voxel goes on.
#[expect(clippy::cast_possible_truncation)]
fn nearest_inside(volume: &Volume, mut index: [f64; 3]) -> i16 {
    for (index, n) in index.iter_mut().zip(volume.grid.size) {
        *index = index.clamp(0.0, n as f64 - 1.0);
    }
    let value = volume.interpolated(index, f64::from);
    value.unwrap_or_default().round() as i16
}
