use crate::{
    Components, Connection, Mask, Volume,
    components::{connected_to, fill_holes},
    segment::{DENSE_HU, dense_lung::enclosed, ml},
};

/// Air-filled lung is below this. Engineering convention, needs confirmation.
pub const LUNG_HU: i16 = -400;
/// Vessels and other dense tissue inside the lung are above this. Engineering convention.
pub const VESSEL_HU: i16 = -500;
/// A part smaller than this is no lung, ml.
const LEAST_ML: f64 = 150.0;
/// A second lung has at least this share of the first.
const LEAST_SHARE: f64 = 0.1;
/// Pure gas in bowel or outside has a lower mean than any lung, HU.
const GAS_MEAN_HU: f64 = -960.0;
/// Walls of windpipe and main bronchi, which belong to no lung, mm.
const WALL_MM: f64 = 2.0;
/// Gaps narrower than twice this close: vessels at the hilum, nodules at the pleura, mm.
const CLOSING_MM: f64 = 6.0;
/// Vessels leave holes up to this size within a plane, mm²; the top of the diaphragm leaves larger ones.
const HOLE_MM2: f64 = 300.0;
/// So near to bone nothing is taken for dense lung, mm.
const BONE_MM: f64 = 3.0;
/// Radii that are tried to part lungs that touch, mm.
const PARTING_MM: [f64; 5] = [1.0, 2.0, 3.0, 5.0, 8.0];
/// Near the pleura the chest wall blurs into the lung; vessels are sought this far inside it, mm.
pub(super) const PLEURA_MM: f64 = 2.0;
/// Smaller specks are noise, mm³.
pub(super) const SPECK_MM3: f64 = 60.0;

/// The lungs, with their vessels.
#[derive(Clone, Debug, PartialEq)]
pub struct Lungs {
    /// Both.
    pub both: Mask,
    /// The left and the right one, where they could be told apart.
    pub sides: Option<[Mask; 2]>,
    /// What of them is dense and was taken in since they enclose it.
    pub dense: Mask,
}

/// Finds the lungs; `None` where there is nothing like one.
pub fn lungs(volume: &Volume, body: &Mask, airway: Option<&Mask>) -> Option<Lungs> {
    let grid = &volume.grid;
    // Air inside the body, without windpipe and bronchi and their walls.
    let mut air = Mask::where_hu(volume, |v| v < LUNG_HU).and(body);
    if let Some(airway) = airway {
        air = air.without(&airway.dilate(WALL_MM, grid.spacing_mm));
    }
    let parts = Components::of(&air, Connection::Faces);
    let means = parts.means(volume);
    let is_lung = |i: usize| {
        let (part, mean) = (parts.list.get(i), means.get(i));
        part.zip(mean)
            .is_some_and(|(part, &mean)| ml(part.voxels, grid) > LEAST_ML && mean > GAS_MEAN_HU)
    };
    let voxels = |i: usize| parts.list.get(i).map_or(0, |c| c.voxels);
    let largest = (0..parts.list.len())
        .filter(|&i| is_lung(i))
        .max_by_key(|&i| voxels(i))?;
    let least = voxels(largest) as f64 * LEAST_SHARE;
    let air = parts.mask_of(|i, c| is_lung(i) && c.voxels as f64 >= least);
    let [dx, dy, _] = grid.spacing_mm;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let small = (HOLE_MM2 / (dx * dy)) as usize;
    let whole = |part: &Mask| {
        let closed = fill_holes(&part.close(CLOSING_MM, grid.spacing_mm), small).and(body);
        match airway {
            Some(airway) => closed.without(&airway.dilate(WALL_MM, grid.spacing_mm)),
            None => closed,
        }
    };
    let Some([left, right]) = sides(&air, volume) else {
        return Some(Lungs {
            both: whole(&air),
            sides: None,
            dense: Mask::empty(grid.size),
        });
    };
    // Each lung is closed by itself, so that closing does not bridge the mediastinum.
    let left = whole(&left).without(&right);
    let right = whole(&right).without(&left);
    // Dense lung is sought beside lung that is full of air, and closed together with it.
    let bone = Mask::where_hu(volume, |v| v >= DENSE_HU).dilate(BONE_MM, grid.spacing_mm);
    let allowed = body.clone().without(&bone);
    let with_dense = |lung: Mask, other: &Mask, is_left: bool| {
        let dense = enclosed(volume, &allowed, &lung, is_left).without(other);
        if dense.is_empty() {
            return (lung, dense);
        }
        let closed = whole(&lung.clone().or(&dense)).without(other);
        (closed, dense)
    };
    let (left, dense) = with_dense(left, &right, true);
    let (right, dense_right) = with_dense(right, &left, false);
    Some(Lungs {
        both: left.clone().or(&right),
        sides: Some([left, right]),
        dense: dense.or(&dense_right),
    })
}

/// The left and the right lung, parted where they touch.
fn sides(air: &Mask, volume: &Volume) -> Option<[Mask; 2]> {
    let spacing = volume.grid.spacing_mm;
    let radii = std::iter::once(0.0).chain(PARTING_MM);
    for radius in radii {
        let core = if radius > 0.0 {
            air.erode(radius, spacing)
        } else {
            air.clone()
        };
        let parts = Components::of(&core, Connection::Faces);
        let mut order: Vec<usize> = (0..parts.list.len()).collect();
        order.sort_by_key(|&i| std::cmp::Reverse(parts.list.get(i).map_or(0, |c| c.voxels)));
        let &[a, b, ..] = order.as_slice() else {
            continue;
        };
        let (Some(first), Some(second)) = (parts.list.get(a), parts.list.get(b)) else {
            continue;
        };
        let apart = (first.centre[0] - second.centre[0]).abs() * spacing[0];
        if (second.voxels as f64) < 0.2 * first.voxels as f64 || apart < 50.0 {
            continue;
        }
        // x runs to the patient's left.
        let (left, right) = if first.centre[0] > second.centre[0] {
            (a, b)
        } else {
            (b, a)
        };
        let seeds = [left, right].map(|side| parts.mask_of(|i, _| i == side));
        return Some(regrown(seeds, air, radius, spacing));
    }
    None
}

/// Both seeds grown back to the whole, in turn, each stopping where it meets the other.
fn regrown(
    [mut left, mut right]: [Mask; 2],
    air: &Mask,
    radius: f64,
    spacing: [f64; 3],
) -> [Mask; 2] {
    let shortest = spacing.into_iter().fold(f64::INFINITY, f64::min);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let steps = (radius / shortest * 2.0).ceil() as usize;
    for _ in 0..steps {
        left = left.grow_within(&air.clone().without(&right), 1);
        right = right.grow_within(&air.clone().without(&left), 1);
    }
    // What neither reached goes to the one that it hangs on, the left one first.
    let all_left = connected_to(&air.clone().without(&right), &left);
    let all_right = connected_to(&air.clone().without(&all_left), &right);
    [all_left, all_right]
}
