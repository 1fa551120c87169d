//! All that is found in a volume, as masks first and then as surfaces to look at.

use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use vocabulary::Text;

use crate::{
    Field, Lesion, LesionEntry, Mask, Mesh, Notice, Segment, Series, Style, SurfaceEntry,
    VolumeError, lesion::measure_lesion, segment, to_ymk1, to_ysf1,
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
    /// What could not be made, and why.
    pub notices: Vec<Notice>,
}

/// Finds the structures of a chest CT. `progress` gets the share done (0 to 1) and the step's name.
pub fn find_structures(
    series: &Series,
    progress: &dyn Fn(f32, &str),
    cancelled: &AtomicBool,
) -> Result<Vec<Structure>, VolumeError> {
    let step = |share: f32, name: &str| {
        progress(share, name);
        if cancelled.load(Ordering::Relaxed) {
            Err(VolumeError::Cancelled)
        } else {
            Ok(())
        }
    };
    let mut found = Vec::new();
    if !series.is_hu {
        return Ok(found);
    }
    let volume = &series.volume;
    step(0.0, "body")?;
    let body = segment::body(volume);
    step(0.1, "airway")?;
    let airway = segment::airway(volume, &body);
    step(0.35, "lungs")?;
    let lungs = segment::lungs(volume, &body, airway.as_ref());
    step(0.65, "vessels")?;
    let both = lungs.as_ref().map(|lungs| lungs.both.clone());
    if let Some(lungs) = lungs {
        let vessels = segment::vessels(volume, &lungs.both);
        match lungs.sides {
            Some([left, right]) => {
                found.push(lung("lung-left", "左肺", "left lung", left));
                found.push(lung("lung-right", "右肺", "right lung", right));
            }
            None => found.push(lung("lungs", "双肺", "lungs", lungs.both)),
        }
        found.push(vessels_of(vessels));
    }
    found.extend(airway.map(airway_of));
    step(0.75, "skeleton")?;
    let dense = segment::dense(volume, &body, both.as_ref());
    let parted = dense.contrast.is_some();
    found.extend(dense.contrast.map(contrast_of));
    found.push(skeleton_of(dense.skeleton, parted));
    found.push(skin_of(body));
    found.retain(|structure| !structure.mask.is_empty());
    step(1.0, "structures")?;
    Ok(found)
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
    let mut structures = find_structures(series, &halved, cancelled)?;
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

/// For what is large and rounded.
fn smooth(detail_mm: f64) -> Style {
    Style {
        detail_mm,
        reach_mm: 8.0,
        ramp_hu: None,
        passes: 2,
    }
}

/// For what is thin.
fn fine(detail_mm: f64, ramp_hu: Option<[i16; 2]>) -> Style {
    Style {
        detail_mm,
        reach_mm: 3.5,
        ramp_hu,
        passes: usize::from(ramp_hu.is_none()),
    }
}

fn lung(name: &str, zh: &str, en: &str, mask: Mask) -> Structure {
    Structure {
        name: name.to_owned(),
        label: Text::new(zh, en),
        colour: "#e8a5a0",
        method: by_threshold(
            &format!(
                "体内低于 {} HU 的空气，去除气管，闭运算纳入血管与胸膜下结节",
                segment::LUNG_HU
            ),
            &format!(
                "air in the body below {} HU without the windpipe, closed over vessels and nodules at the pleura",
                segment::LUNG_HU
            ),
        ),
        mask,
        style: smooth(1.5),
        triangles: 60_000,
    }
}

fn airway_of(mask: Mask) -> Structure {
    Structure {
        name: "airway".to_owned(),
        label: Text::new("气道", "airway"),
        colour: "#8fd0e8",
        method: by_threshold(
            "自气管区域生长，阈值上升至即将泄漏入肺为止；只含较大支气管",
            "region growing from the windpipe, the threshold rising until it would leak into the lung; large bronchi only",
        ),
        mask,
        style: fine(1.0, None),
        triangles: 60_000,
    }
}

fn vessels_of(mask: Mask) -> Structure {
    Structure {
        name: "lung-vessels".to_owned(),
        label: Text::new("肺内血管及致密影", "vessels and dense tissue in the lungs"),
        colour: "#c0504d",
        method: by_threshold(
            &format!(
                "肺内高于 {} HU 的体素：血管、结节与炎症均包含，未区分动静脉",
                segment::VESSEL_HU
            ),
            &format!(
                "voxels inside the lungs above {} HU: vessels, nodules and inflammation alike, arteries and veins not told apart",
                segment::VESSEL_HU
            ),
        ),
        mask,
        style: fine(1.0, Some([segment::VESSEL_HU, 300])),
        triangles: 150_000,
    }
}

fn skeleton_of(mask: Mask, parted: bool) -> Structure {
    let (zh, en) = if parted {
        (
            "；造影剂充盈的心血管按其均匀的内核分离，可能残留小血管或缺损骨质",
            "; heart and vessels full of contrast medium are parted by their even cores: small vessels may remain, and bone may be missing",
        )
    } else {
        (
            "；未见造影剂内核，钙化可能包含其中",
            "; no cores of contrast medium seen, calcifications may be included",
        )
    };
    Structure {
        name: "skeleton".to_owned(),
        label: Text::new("骨骼", "skeleton"),
        colour: "#efe6d2",
        method: by_threshold(
            &format!("高于 {} HU 的致密结构{zh}", segment::DENSE_HU),
            &format!("dense structures above {} HU{en}", segment::DENSE_HU),
        ),
        mask,
        style: fine(1.0, Some([segment::DENSE_HU, 300])),
        triangles: 200_000,
    }
}

fn contrast_of(mask: Mask) -> Structure {
    Structure {
        name: "contrast".to_owned(),
        label: Text::new(
            "造影剂充盈的心血管",
            "heart and vessels with contrast medium",
        ),
        colour: "#d9534f",
        method: by_threshold(
            &format!(
                "高于 {} HU 且内部均匀的致密结构及其分支；可能含邻近骨质",
                segment::DENSE_HU
            ),
            &format!(
                "dense structures above {} HU that are even inside, and their branches; may hold adjacent bone",
                segment::DENSE_HU
            ),
        ),
        mask,
        style: fine(1.0, Some([segment::DENSE_HU, 300])),
        triangles: 100_000,
    }
}

fn skin_of(mask: Mask) -> Structure {
    Structure {
        name: "skin".to_owned(),
        label: Text::new("体表", "skin"),
        colour: "#d8b49a",
        method: by_threshold(
            "高于 −300 HU 的最大厚实部分，去除检查床",
            "largest thick part above −300 HU, without the table",
        ),
        mask,
        style: smooth(2.5),
        triangles: 60_000,
    }
}

/// A stable name that can stand in an address.
fn surface_name(kind: &str, mark: &Lesion) -> String {
    let plain: String = mark
        .id
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "-._".contains(c) {
                c
            } else {
                '-'
            }
        })
        .take(80)
        .collect();
    format!("{kind}-{plain}")
}

fn organ_of(organ: Lesion) -> Structure {
    Structure {
        name: surface_name("organ", &organ),
        colour: "#c8505a",
        ..lesion_of(organ)
    }
}

fn lesion_of(lesion: Lesion) -> Structure {
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

/// The method's text with the caveat that every threshold carries.
fn by_threshold(zh: &str, en: &str) -> Text {
    Text::new(
        format!("{zh}。阈值为工程惯例，有待确认；非诊断用分割"),
        format!(
            "{en}. Thresholds are engineering conventions and need confirmation; not a diagnostic segmentation"
        ),
    )
}
