//! From the DICOM files of a series to one volume, with every irregularity said.

mod head;
mod pixels;
mod plan;

use std::{
    borrow::Cow,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use dicom::pixels::PixelFile;
use rayon::prelude::*;

use self::{
    head::{Head, read_heads},
    plan::{Plan, plan},
};
use crate::{Notice, Volume, VolumeError, grid};

/// Slices at least this thick are too coarse for volumetry of nodules, mm.
///
/// Chest 2009;135:1580, as read in the hospital's clinical notes: with slices of 2.5 mm and more
/// the intervals of volume doubling times are too wide to use.
pub const THICK_SLICE_MM: f64 = 2.5;

/// The volume of a series with what is to be known about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    /// The voxels; z planes are axial.
    pub volume: Volume,
    /// Series Instance UID; empty if the files have none.
    pub series_uid: String,
    /// Frame of Reference UID; empty if the files have none.
    pub frame_of_reference_uid: String,
    /// Whether the values are Hounsfield units.
    pub is_hu: bool,
    /// Thickness of the slices, mm, where the files say it.
    pub slice_thickness_mm: Option<f64>,
    /// The kernel by which the slices were reconstructed, where the files say it.
    pub kernel: Option<String>,
    /// z planes for which there was no image; they read as air.
    pub missing_planes: Vec<usize>,
    /// What a person who looks at the volume must know.
    pub notices: Vec<Notice>,
}

impl Series {
    /// A series of a bare volume of HU, as research formats give it.
    pub fn of_volume(volume: Volume) -> Self {
        let mut notices = Vec::new();
        notices.extend(plan::thickness_notice(volume.grid.spacing_mm[2]));
        Self {
            volume,
            series_uid: String::new(),
            frame_of_reference_uid: String::new(),
            is_hu: true,
            slice_thickness_mm: None,
            kernel: None,
            missing_planes: Vec::new(),
            notices,
        }
    }

    /// What one slice averages over, mm: its thickness, or the distance of planes if that is more.
    pub fn slice_mm(&self) -> f64 {
        let [_, _, step] = self.volume.grid.spacing_mm;
        step.max(self.slice_thickness_mm.unwrap_or(0.0))
    }
}

/// The files of a series, wherever they lie. They are read one by one and each more than once, so that never
/// more of them are in memory than there are threads.
pub trait Files: Sync {
    /// How many there are.
    fn count(&self) -> usize;
    /// The bytes of one. An error ends the work: it says that the place failed, not that the file is broken.
    fn read(&self, file: usize) -> Result<Cow<'_, [u8]>, VolumeError>;
}

impl<B: AsRef<[u8]> + Sync> Files for [B] {
    fn count(&self) -> usize {
        self.len()
    }

    fn read(&self, file: usize) -> Result<Cow<'_, [u8]>, VolumeError> {
        let found = self.get(file).map(AsRef::as_ref);
        Ok(Cow::Borrowed(found.unwrap_or_default()))
    }
}

/// Makes the volume of the DICOM files of a series. What is broken or does not belong is left
/// out and said in a notice, as long as the rest is a volume. Never panics, whatever the bytes.
pub fn from_files<B: AsRef<[u8]> + Sync>(files: &[B]) -> Result<Series, VolumeError> {
    read_from(files, &AtomicBool::new(false))
}

/// As [`from_files`], from wherever the files are, giving up soon after `cancelled` is set.
pub fn read_from<F: Files + ?Sized>(
    files: &F,
    cancelled: &AtomicBool,
) -> Result<Series, VolumeError> {
    let heads: Result<Vec<Vec<Head>>, VolumeError> = (0..files.count())
        .into_par_iter()
        .map(|file| {
            if cancelled.load(Ordering::Relaxed) {
                return Err(VolumeError::Cancelled);
            }
            Ok(read_heads(file, &files.read(file)?))
        })
        .collect();
    let heads = heads?;
    let mut unreadable = heads.iter().filter(|heads| heads.is_empty()).count();
    let mut heads: Vec<Head> = heads.into_iter().flatten().collect();
    // A slice whose pixels turn out broken is left out, and the rest planned anew.
    loop {
        if heads.is_empty() {
            return Err(VolumeError::NoImages {
                files: files.count(),
            });
        }
        let plan = plan(&heads)?;
        let (volume, broken) = assemble(&plan, files, cancelled)?;
        if broken.is_empty() {
            return Ok(finish(plan, volume, unreadable));
        }
        unreadable += broken.len();
        heads.retain(|head| !broken.contains(&[head.file, head.frame]));
    }
}

fn finish(plan: Plan, volume: Volume, unreadable: usize) -> Series {
    let mut notices = plan.notices;
    if unreadable > 0 {
        notices.push(Notice::new(
            "files-unreadable",
            format!("{unreadable} 个文件无法读取，已略过"),
            format!("{unreadable} files could not be read and are left out"),
        ));
    }
    let planes = volume.grid.size[2];
    let slice_axis = volume.grid.direction_lps[2];
    let volume = volume.into_lps_order();
    // Slices stay z planes, perhaps the other way up, unless the scan was not axial; then a gap
    // is no plane any more, and the notice alone tells of it.
    let along = grid::dot(slice_axis, volume.grid.direction_lps[2]);
    let missing_planes = (0..planes)
        .filter(|&z| plan.slices.iter().all(|slice| slice.plane != z))
        .filter(|_| along.abs() > 0.5)
        .map(|z| if along < 0.0 { planes - 1 - z } else { z })
        .collect();
    Series {
        volume,
        series_uid: plan.series_uid,
        frame_of_reference_uid: plan.frame_of_reference_uid,
        is_hu: plan.is_hu,
        slice_thickness_mm: plan.slice_thickness_mm,
        kernel: plan.kernel,
        missing_planes,
        notices,
    }
}

/// Decodes every slice of the plan to its place; also says which frames of which files would not decode.
fn assemble<F: Files + ?Sized>(
    plan: &Plan,
    files: &F,
    cancelled: &AtomicBool,
) -> Result<(Volume, Vec<[usize; 2]>), VolumeError> {
    let [nx, ny, nz] = plan.grid.size;
    let mut voxels = vec![crate::AIR_FILL_HU; nx * ny * nz];
    let mut slice_of_plane: Vec<Option<&plan::Slice>> = vec![None; nz];
    for slice in &plan.slices {
        if let Some(place) = slice_of_plane.get_mut(slice.plane) {
            *place = Some(slice);
        }
    }
    // Files of many frames are opened once.
    let opened: Vec<OnceLock<Option<PixelFile>>> =
        (0..files.count()).map(|_| OnceLock::new()).collect();
    let broken: Result<Vec<[usize; 2]>, VolumeError> = voxels
        .par_chunks_mut(nx * ny)
        .zip(&slice_of_plane)
        .filter_map(|(out, slice)| {
            let slice = (*slice)?;
            if cancelled.load(Ordering::Relaxed) {
                return Some(Err(VolumeError::Cancelled));
            }
            let Head { file, frame, .. } = slice.head;
            let decode = |file: &PixelFile| pixels::decode_into(file, slice, nx, out);
            let shared = opened.get(file).filter(|_| slice.head.of_many);
            if let Some(opened) = shared.and_then(OnceLock::get) {
                let decoded = opened.as_ref().and_then(decode);
                return decoded.is_none().then_some(Ok([file, frame]));
            }
            let bytes = match files.read(file) {
                Ok(bytes) => bytes,
                Err(error) => return Some(Err(error)),
            };
            let open = || PixelFile::open(&bytes).ok();
            let decoded = match shared {
                Some(shared) => shared.get_or_init(open).as_ref().and_then(decode),
                None => open().as_ref().and_then(decode),
            };
            decoded.is_none().then_some(Ok([file, frame]))
        })
        .collect();
    let broken = broken?;
    let volume = Volume {
        grid: plan.grid.clone(),
        voxels,
    };
    Ok((volume, broken))
}
