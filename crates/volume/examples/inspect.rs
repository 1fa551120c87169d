//! Shows what is found in a scan: pictures with outlines, figures, time and memory of each step.
//!
//! `cargo run -p volume --example inspect -- PATH OUT [LABELS]`

#![allow(
    clippy::indexing_slicing,
    clippy::many_single_char_names,
    reason = "a tool for developers: a bug may stop it"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
    time::Instant,
};

use volume::{
    Lesion, Mask, Mesh, Series, Style, Volume, bricks, coarse_of, find_structures, measure_lesion,
    mesh_of, read_series, read_volume, to_ysf1,
};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut arguments = std::env::args().skip(1).map(PathBuf::from);
    let (Some(path), Some(out)) = (arguments.next(), arguments.next()) else {
        return Err("usage: inspect PATH OUT [LABELS]".into());
    };
    fs::create_dir_all(&out)?;
    let never = AtomicBool::new(false);
    let series = timed("read and build", || read_series(&path))?;
    println!(
        "  {:?} spacing {:?}",
        series.volume.grid.size, series.volume.grid.spacing_mm
    );
    for notice in &series.notices {
        println!("  {}: {}", notice.code, notice.text.en);
    }
    let coarse = timed("manifest and preview", || coarse_of(series, ""))?;
    let series = &coarse.series;
    println!(
        "  preview {:?}, {} bytes",
        coarse.manifest.preview.size,
        coarse.preview.len()
    );
    let parts = timed("bricks", || bricks(&series.volume, &never))?;
    let bytes: usize = parts.iter().map(|b| b.bytes.len()).sum();
    println!(
        "  {} bricks, {bytes} bytes of {}",
        parts.len(),
        series.volume.voxels.len() * 2
    );
    drop(parts);
    let started = Instant::now();
    let steps = |_: f32, step: &str| println!("  {:6.2} s {step}", started.elapsed().as_secs_f64());
    let mut structures = timed("structures", || find_structures(series, &steps, &never))?;
    if let Some(labels) = arguments.next() {
        let lesion = Lesion::of_labels("1", &read_volume(&labels)?, &series.volume.grid)?;
        println!(
            "{}",
            serde_json::to_string_pretty(&measure_lesion(series, &lesion)?)?
        );
        if let Some(mut structure) = structures.last().cloned() {
            "lesion".clone_into(&mut structure.name);
            structure.colour = "#f5c518";
            for lung in &structures {
                let inside = lesion.mask.clone().and(&lung.mask).count();
                println!("  {inside} voxels of the lesion in {}", lung.name);
            }
            structure.mask = lesion.mask;
            structure.style = Style {
                detail_mm: 0.6,
                reach_mm: 4.0,
                ramp_hu: None,
                passes: 2,
            };
            structures.push(structure);
        }
    }
    draw_slices(series, &structures, &out)?;
    for structure in &structures {
        let ml = structure.mask.count() as f64 * series.volume.grid.voxel_mm3() / 1000.0;
        let mesh = timed(&format!("surface of {}", structure.name), || {
            Ok(mesh_of(structure, series))
        })?;
        if let Some(mesh) = mesh {
            let file = to_ysf1(&mesh)?;
            fs::write(out.join(format!("{}.ysf", structure.name)), &file)?;
            println!(
                "  {ml:.2} ml, mesh encloses {:.2} ml, {} triangles, {} bytes",
                mesh.enclosed_mm3() / 1000.0,
                mesh.triangles(),
                file.len()
            );
            draw_mesh(&mesh, &out.join(format!("mesh-{}.png", structure.name)))?;
        }
    }
    Ok(())
}

/// Runs a step and prints its time and the highest memory so far.
fn timed<T>(
    name: &str,
    step: impl FnOnce() -> Result<T, volume::VolumeError>,
) -> Result<T, Failure> {
    let started = Instant::now();
    let value = step()?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{name}: {seconds:.2} s, peak {} MB", peak_mb());
    Ok(value)
}

fn peak_mb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kb| kb.trim().trim_end_matches(" kB").parse::<u64>().ok())
        .map_or(0, |kb| kb / 1024)
}

/// Slices at even distances along each axis, with the outlines of the structures.
fn draw_slices(
    series: &Series,
    structures: &[volume::Structure],
    out: &Path,
) -> Result<(), Failure> {
    for (axis, name) in ["sagittal", "coronal", "axial"].into_iter().enumerate() {
        for (n, share) in [0.2, 0.35, 0.5, 0.65, 0.8].into_iter().enumerate() {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let at = (series.volume.grid.size[axis] as f64 * share) as usize;
            let picture = slice(&series.volume, structures, axis, at);
            picture.save(&out.join(format!("{name}-{n}.png")))?;
        }
    }
    Ok(())
}

struct Picture {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Picture {
    fn save(&self, path: &Path) -> Result<(), Failure> {
        let (width, height) = (u32::try_from(self.width)?, u32::try_from(self.height)?);
        let mut encoder = png::Encoder::new(fs::File::create(path)?, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header()?.write_image_data(&self.rgb)?;
        Ok(())
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn slice(volume: &Volume, structures: &[volume::Structure], axis: usize, at: usize) -> Picture {
    let (across, down) = [(1, 2), (0, 2), (0, 1)]
        .get(axis)
        .copied()
        .unwrap_or((0, 1));
    let extent = |axis: usize| volume.grid.size[axis] as f64 * volume.grid.spacing_mm[axis];
    let (width, height) = (extent(across) as usize * 2, extent(down) as usize * 2);
    let voxel = |px: usize, py: usize| {
        let mut index = [at; 3];
        index[across] = (px as f64 / 2.0 / volume.grid.spacing_mm[across]) as usize;
        let along = (py as f64 / 2.0 / volume.grid.spacing_mm[down]) as usize;
        index[down] = if down == 2 {
            volume.grid.size[2].saturating_sub(1 + along)
        } else {
            along
        };
        index
    };
    let outlined = |mask: &Mask, px: usize, py: usize| {
        let here = mask.get(voxel(px, py));
        here && [(1, 0), (0, 1)].into_iter().any(|(dx, dy)| {
            !mask.get(voxel(px + dx, py + dy))
                || !mask.get(voxel(px.saturating_sub(dx), py.saturating_sub(dy)))
        })
    };
    let mut rgb = Vec::with_capacity(width * height * 3);
    for py in 0..height {
        for px in 0..width {
            let hu = f64::from(volume.at(voxel(px, py)).unwrap_or(-1024));
            let grey = ((hu + 1000.0) / 1600.0 * 255.0).clamp(0.0, 255.0) as u8;
            let colour = structures.iter().rev().find(|s| outlined(&s.mask, px, py));
            rgb.extend(colour.map_or([grey; 3], |s| colour_of(&s.name)));
        }
    }
    Picture { width, height, rgb }
}

fn colour_of(name: &str) -> [u8; 3] {
    match name {
        "lung-left" => [80, 200, 255],
        "lung-right" | "lungs" => [80, 255, 120],
        "airway" => [255, 255, 0],
        "skeleton" => [255, 140, 0],
        "contrast" => [255, 0, 0],
        "lung-vessels" => [255, 80, 255],
        "lesion" => [255, 0, 160],
        _ => [120, 120, 255],
    }
}

/// The mesh seen from the front and from the left, lit from the viewer.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn draw_mesh(mesh: &Mesh, path: &Path) -> Result<(), Failure> {
    let [lo, hi] = mesh.box_lps_mm();
    let span = lo
        .iter()
        .zip(hi)
        .map(|(lo, hi)| hi - lo)
        .fold(1.0, f32::max);
    let side = 600;
    let scale = (side - 10) as f32 / span;
    let (width, height) = (side * 2, side);
    let mut depth = vec![f32::INFINITY; width * height];
    let mut rgb = vec![20; width * height * 3];
    for (view, (across, towards, sign)) in [(0, 1, 1.0), (1, 0, -1.0)].into_iter().enumerate() {
        for triangle in mesh.indices.as_chunks::<3>().0 {
            let p = triangle.map(|i| mesh.positions_lps_mm[i as usize]);
            let n = triangle.map(|i| mesh.normals[i as usize]);
            let light = n.map(|n| (-n[towards] * sign).abs()).iter().sum::<f32>() / 3.0;
            let q = p.map(|p| {
                let x = (p[across] - lo[across]) * scale + (view * side) as f32 + 5.0;
                [x, (hi[2] - p[2]) * scale + 5.0, p[towards] * sign]
            });
            let steps = 1
                + (0..3)
                    .map(|i| {
                        (q[i][0] - q[(i + 1) % 3][0]).hypot(q[i][1] - q[(i + 1) % 3][1]) as usize
                    })
                    .max()
                    .unwrap_or(0);
            for i in 0..=steps {
                for j in 0..=steps - i {
                    let (u, v) = (i as f32 / steps as f32, j as f32 / steps as f32);
                    let at = [0, 1, 2].map(|c| q[0][c] * (1.0 - u - v) + q[1][c] * u + q[2][c] * v);
                    let pixel = at[1] as usize * width + at[0] as usize;
                    if pixel < depth.len() && at[2] < depth[pixel] {
                        depth[pixel] = at[2];
                        rgb[pixel * 3..pixel * 3 + 3].fill((40.0 + 210.0 * light) as u8);
                    }
                }
            }
        }
    }
    Picture { width, height, rgb }.save(path)
}
