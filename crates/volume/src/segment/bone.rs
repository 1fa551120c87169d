use crate::{
    Component, Components, Connection, Mask, Volume, components::connected_to, segment::ml,
};

/// Bone and contrast medium are above this. Engineering convention, needs confirmation.
pub const DENSE_HU: i16 = 200;
/// Noise leaves holes this wide in what is dense, mm.
const HOLE_MM: f64 = 1.5;
/// Heart and large vessels are thicker than twice this, mm.
const CORE_MM: f64 = 3.0;
/// A dense core of this size is heart or aorta: bone is spongy inside, and discs part the spine, ml.
const HEART_ML: f64 = 15.0;
/// Smaller cores are looked at one by one, down to this, ml.
const CORE_LEAST_ML: f64 = 0.3;
/// Around a core its vessel reaches to the core's distance and this much more, mm.
const BLUR_MM: f64 = 2.0;
/// Marrow is above this on average, the spinal canal below. Engineering convention.
const MARROW_HU: f64 = 80.0;
/// A section of marrow is smaller than this, mm².
const MARROW_MOST_MM2: f64 = 2000.0;
/// Noise in contrast-filled organs barely passes the threshold; bone is denser on average, HU.
const PART_MEAN_HU: f64 = 270.0;
/// Smaller parts are dropped, ml.
const PART_LEAST_ML: f64 = 1.0;

/// Dense structures, parted as far as can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Bone.
    pub skeleton: Mask,
    /// Heart and vessels full of contrast medium, if there is any.
    pub contrast: Option<Mask>,
}

/// Finds bone, and parts it from contrast medium where there is any.
///
/// Heart and large vessels have thick dense cores, bones have not. What is dense outside the hull
/// of the lungs, or connected to that without crossing a core's vessel, is bone; the rest is not.
pub fn dense(volume: &Volume, body: &Mask, lungs: Option<&Mask>) -> Dense {
    let spacing = volume.grid.spacing_mm;
    let mut dense = Mask::where_hu(volume, |v| v >= DENSE_HU).and(body);
    if let Some(lungs) = lungs {
        // What is dense inside the lungs is vessel or nodule.
        dense = dense.without(lungs);
    }
    let vessel = contrast_cores(volume, &dense)
        .map(|cores| cores.dilate(CORE_MM + BLUR_MM, spacing).and(&dense));
    let open = match &vessel {
        Some(vessel) => dense.clone().without(vessel),
        None => dense.clone(),
    };
    let skeleton = match lungs {
        Some(lungs) => connected_to(&open, &open.clone().without(&lungs.plane_hulls())),
        None => open,
    };
    let contrast = vessel.map(|_| without_specks(&dense.without(&skeleton), volume));
    Dense {
        skeleton: with_marrow(&without_specks(&skeleton, volume), volume),
        contrast,
    }
}

fn without_specks(mask: &Mask, volume: &Volume) -> Mask {
    let parts = Components::of(mask, Connection::Faces);
    let means = parts.means(volume);
    parts.mask_of(|i, c| {
        ml(c.voxels, &volume.grid) >= PART_LEAST_ML
            && means.get(i).is_some_and(|&mean| mean >= PART_MEAN_HU)
    })
}

/// Bones with the spongy inside that their cortex encloses within a plane. The spinal canal, which
/// is less dense than marrow, stays open.
fn with_marrow(bone: &Mask, volume: &Volume) -> Mask {
    let [dx, dy, _] = volume.grid.spacing_mm;
    let holes = Components::of(&bone.clone().complement(), Connection::Plane);
    let means = holes.means(volume);
    let marrow = holes.mask_of(|i, c| {
        c.voxels as f64 * dx * dy < MARROW_MOST_MM2
            && means.get(i).is_some_and(|&mean| mean > MARROW_HU)
    });
    marrow.or(bone)
}

/// The inside of heart and vessels that are full of contrast medium, if there is any.
fn contrast_cores(volume: &Volume, dense: &Mask) -> Option<Mask> {
    let spacing = volume.grid.spacing_mm;
    let solid = dense.close(HOLE_MM, spacing);
    let parts = Components::of(&solid.erode(CORE_MM, spacing), Connection::Faces);
    let size = |c: &Component| ml(c.voxels, &volume.grid);
    if !parts.list.iter().any(|c| size(c) >= HEART_ML) {
        return None;
    }
    // A vessel fades towards its wall; a bone is densest there.
    let fades = |i: usize| {
        let core = parts.mask_of(|j, _| j == i);
        let wall = core.dilate(CORE_MM, spacing).and(dense).without(&core);
        mean(volume, &wall) < mean(volume, &core)
    };
    Some(parts.mask_of(|i, c| size(c) >= HEART_ML || (size(c) >= CORE_LEAST_ML && fades(i))))
}

fn mean(volume: &Volume, mask: &Mask) -> f64 {
    let (mut sum, mut count) = (0.0, 0.0);
    mask.for_each(|at| {
        sum += f64::from(volume.at(at).unwrap_or_default());
        count += 1.0;
    });
    if count > 0.0 { sum / count } else { 0.0 }
}
