//! All that is found in a volume, as masks first and then as surfaces to look at.

pub(crate) mod named;

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use vocabulary::Text;

use crate::{
    ChestEntry, Field, Lesion, LesionEntry, Mask, Mesh, Notice, Segment, Series, Style,
    SurfaceEntry, VolumeError, chest::find_chest, lesion::measure_lesion, to_ymk1, to_ysf1,
};

/// A structure found in a volume.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// A stable name, such as `lung-left`.
    pub name: String,
    /// What people call it.
    pub label: Text,
    /// Colour as `#rrggbb`.
    pub colour: &'static str,
    /// How it was found and what that is worth.
    pub method: Text,
    /// Its voxels.
    pub mask: Mask,
    /// How its surface is drawn.
    pub style: Style,
    /// Most triangles of its surface.
    pub triangles: usize,
}

/// One surface with its entry in the manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Surface {
    /// What the manifest says of it.
    pub entry: SurfaceEntry,
    /// The encoded mesh.
    pub bytes: Vec<u8>,
    /// The encoded mask that it is the surface of.
    pub mask: Vec<u8>,
}

/// Surfaces and measured lesions of a volume, and what could not be made.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Structures {
    /// The surfaces.
    pub surfaces: Vec<Surface>,
    /// The lesions.
    pub lesions: Vec<LesionEntry>,
    /// Figures of the chest.
    pub chest: ChestEntry,
    /// What could not be made and why, and what else must be known.
    pub notices: Vec<Notice>,
}

/// Finds the structures of a chest CT. `progress` gets the share done (0 to 1) and the step's name.
pub fn find_structures(
    series: &Series,
    progress: &dyn Fn(f32, &str),
    cancelled: &AtomicBool,
) -> Result<Vec<Structure>, VolumeError> {
    Ok(find_chest(series, progress, cancelled)?.structures)
}

/// Makes surfaces of the structures of a volume and of its marks, and measures the marks.
pub fn build_structures(
    series: &Series,
    segments: &[Segment],
    progress: &dyn Fn(f32, &str),
    cancelled: &AtomicBool,
) -> Result<Structures, VolumeError> {
    let mut out = Structures::default();
    let (mut lesions, mut organs) = (Vec::new(), Vec::new());
    for segment in segments {
        let marks = if segment.is_organ {
            &mut organs
        } else {
            &mut lesions
        };
        match segment.on_grid(&series.volume.grid) {
            Ok(mut mark) => {
                // Two segmentations of one series may number their segments alike.
                if marks.iter().any(|other: &Lesion| other.id == mark.id) {
                    mark.id = format!("{}-{}", mark.id, marks.len() + 1);
                }
                marks.push(mark);
            }
            Err(error) => out.notices.push(error.notice()),
        }
    }
    measure_into(&mut out, series, &lesions);
    let halved = |share: f32, name: &str| progress(share * 0.6, name);
    let chest = find_chest(series, &halved, cancelled)?;
    out.chest = chest.entry;
    out.notices.extend(chest.notices);
    let mut structures = chest.structures;
    structures.extend(organs.into_iter().map(organ_of));
    structures.extend(lesions.into_iter().map(lesion_of));
    progress(0.6, "surfaces");
    let surfaces: Result<Vec<Option<Surface>>, _> = structures
        .par_iter()
        .map(|structure| {
            if cancelled.load(Ordering::Relaxed) {
                return Err(VolumeError::Cancelled);
            }
            surface_of(structure, series)
        })
        .collect();
    out.surfaces = surfaces?.into_iter().flatten().collect();
    progress(1.0, "surfaces");
    Ok(out)
}

fn measure_into(out: &mut Structures, series: &Series, lesions: &[Lesion]) {
    for lesion in lesions {
        match measure_lesion(series, lesion) {
            Ok(mut entry) => {
                entry.surface = Some(surface_name("lesion", lesion));
                out.lesions.push(entry);
            }
            Err(error) => out.notices.push(error.notice()),
        }
    }
}

/// The mesh of a structure, if it has a surface at all.
pub fn mesh_of(structure: &Structure, series: &Series) -> Option<Mesh> {
    let field = Field::of_mask(&structure.mask, &series.volume, structure.style)?;
    let mesh = Mesh::of_field(&field, structure.triangles);
    (mesh.triangles() > 0).then_some(mesh)
}

fn surface_of(structure: &Structure, series: &Series) -> Result<Option<Surface>, VolumeError> {
    let Some(mesh) = mesh_of(structure, series) else {
        return Ok(None);
    };
    Ok(Some(Surface {
        entry: SurfaceEntry {
            name: structure.name.clone(),
            label: structure.label.clone(),
            colour: structure.colour.to_owned(),
            method: structure.method.clone(),
            triangles: crate::bricks::small(mesh.triangles()),
            volume_mm3: structure.mask.count() as f64 * series.volume.grid.voxel_mm3(),
            url: format!("surfaces/{}.ysf", structure.name),
        },
        bytes: to_ysf1(&mesh)?,
        mask: to_ymk1(&structure.mask)?,
    }))
}

/// The surface of a lesion on a piece of a volume, named as the manifest names it; its mask is that of the whole.
pub(crate) fn lesion_surface(
    lesion: Lesion,
    piece: &Series,
    whole: &Mask,
) -> Result<Option<Surface>, VolumeError> {
    let surface = surface_of(&lesion_of(lesion), piece)?;
    surface
        .map(|surface| {
            Ok(Surface {
                mask: to_ymk1(whole)?,
                ..surface
            })
        })
        .transpose()
}

/// A stable name that can stand in an address.
fn surface_name(kind: &str, mark: &Lesion) -> String {
    format!("{kind}-{}", plain(&mark.id))
}

/// A name without what cannot stand in an address or a file's name.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(80)
        .collect()
}

fn organ_of(organ: Lesion) -> Structure {
    Structure {
        name: surface_name("organ", &organ),
        colour: "#c8505a",
        ..lesion_of(organ)
    }
}

pub(crate) fn lesion_of(lesion: Lesion) -> Structure {
    Structure {
        name: surface_name("lesion", &lesion),
        label: lesion.label,
        colour: "#f5c518",
        method: Text::new(
            "标注掩膜的表面；层间形状为插值",
            "surface of the marked mask; shapes between planes are interpolated",
        ),
        mask: lesion.mask,
        style: Style {
            detail_mm: 0.6,
            reach_mm: 4.0,
            ramp_hu: None,
            passes: 2,
        },
        triangles: 100_000,
    }
}
