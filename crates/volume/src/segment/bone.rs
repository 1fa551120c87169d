use crate::{Component, Components, Connection, Mask, Volume, components::largest_of, segment::ml};

/// Bone and contrast medium are above this. Engineering convention, needs confirmation.
pub const DENSE_HU: i16 = 200;
/// Vessels wider than twice this hold a core of contrast medium; bones are spongy inside, mm.
const CORE_MM: f64 = 4.0;
/// Smaller cores say nothing, ml.
const CORE_LEAST_ML: f64 = 0.5;
/// Blood with contrast medium is alike all over: its standard deviation is below this, HU.
const CORE_SPREAD_HU: f64 = 90.0;
/// Nor is it ever as dense as this on average, HU.
const CORE_MEAN_HU: f64 = 800.0;
/// How far contrast is followed into branches, mm.
const BRANCH_MM: f64 = 40.0;
/// Values this many standard deviations above contrast medium are cortical bone.
const CORTEX_SPREADS: f64 = 3.0;
/// Around cortical bone nothing is taken for contrast, mm.
const CORTEX_MM: f64 = 2.0;
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

struct Core {
    mean: f64,
    spread: f64,
}

/// Finds bone, and parts it from contrast medium where there is any.
pub fn dense(volume: &Volume, body: &Mask) -> Dense {
    let grid = &volume.grid;
    let dense = Mask::where_hu(volume, |v| v >= DENSE_HU).and(body);
    let Some((cores, core)) = contrast_cores(volume, &dense) else {
        return Dense {
            skeleton: without_specks(&dense, volume, |_, _| true),
            contrast: None,
        };
    };
    // Cortical bone is denser than the contrast medium; what lies around it stays bone.
    let cortex_hu = core.mean + CORTEX_SPREADS * core.spread;
    let cortex = Mask::where_hu(volume, |v| f64::from(v) > cortex_hu).and(&dense);
    let near_bone = cortex.dilate(CORTEX_MM, grid.spacing_mm);
    let shell = cores.dilate(CORE_MM + 2.0 * grid.spacing_mm[0], grid.spacing_mm).and(&dense);
    // From the cores contrast is followed into its branches, but not into bone.
    let open = dense.clone().without(&near_bone).or(&shell);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let steps = (BRANCH_MM / grid.spacing_mm[0]).ceil() as usize;
    let contrast = shell.grow_within(&open, steps);
    let rest = dense.without(&contrast);
    let cortical = Components::of(&rest, Connection::Faces).touched_by(&cortex);
    let skeleton = without_specks(&rest, volume, |i, _| cortical.get(i) == Some(&true));
    Dense {
        skeleton,
        contrast: Some(contrast),
    }
}

fn without_specks(mask: &Mask, volume: &Volume, keep: impl Fn(usize, &Component) -> bool) -> Mask {
    Components::of(mask, Connection::Faces)
        .mask_of(|i, c| ml(c.voxels, &volume.grid) >= PART_LEAST_ML && keep(i, c))
}

/// The inside of vessels that are full of contrast medium, with its value there.
fn contrast_cores(volume: &Volume, dense: &Mask) -> Option<(Mask, Core)> {
    let thick = dense.erode(CORE_MM, volume.grid.spacing_mm);
    let parts = Components::of(&thick, Connection::Faces);
    let mut sums = vec![(0.0, 0.0); parts.list.len()];
    parts.for_each_run(|i, y, z, from, to| {
        for &hu in volume.row(y, z).get(from..to).unwrap_or_default() {
            if let Some((sum, squares)) = sums.get_mut(i) {
                *sum += f64::from(hu);
                *squares += f64::from(hu) * f64::from(hu);
            }
        }
    });
    let core_of = |i: usize, c: &Component| -> Option<Core> {
        let &(sum, squares) = sums.get(i)?;
        let mean = sum / c.voxels as f64;
        let spread = (squares / c.voxels as f64 - mean * mean).max(0.0).sqrt();
        let is_contrast = ml(c.voxels, &volume.grid) >= CORE_LEAST_ML
            && spread < CORE_SPREAD_HU
            && mean < CORE_MEAN_HU;
        is_contrast.then_some(Core { mean, spread })
    };
    let cores = parts.mask_of(|i, c| core_of(i, c).is_some());
    let largest = largest_of(&cores);
    let index = parts.touched_by(&largest).iter().position(|&t| t)?;
    let core = core_of(index, parts.list.get(index)?)?;
    Some((cores, core))
}
