//! Where nodules may be: round dense places within the lungs.
//!
//! Places come from the box itself, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

use super::{
    block::Block,
    distance::{component, distance_mm, parts},
    measures::sphere_mm,
    parameters::{
        BLOB_MM, CANDIDATE_HU, CANDIDATE_MM, CANDIDATE_SCORE, FAINT_CANDIDATE_HU, FAINT_FROM,
        FAINT_HOLES_MM, LONGEST_RATIO, MOSTLY,
    },
};
use crate::{Component, Components, Connection, Mask, Series, series::THICK_SLICE_MM};

/// A place where a nodule may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodule.ts")]
pub struct Candidate {
    /// Its middle, LPS, mm.
    pub centre_lps_mm: [f64; 3],
    /// Diameter of the sphere with its volume, mm.
    pub diameter_mm: f64,
    /// Volume of what is round of it, mm³.
    pub volume_mm3: f64,
    /// How round and how well set off it is, 0 to 1; no probability of anything.
    pub score: f64,
    /// Why it is one.
    #[ts(type = "{ zh: string; en: string }")]
    pub reason: Text,
}

/// Finds places where nodules may be, the most striking first.
///
/// Dense voxels within the lungs are opened by balls of several sizes, which cuts vessels thinner
/// than each ball; what is left and round, neither long nor flat, and has little that is dense right
/// around it, is a candidate. Solid and faint places are sought apart; holes that noise makes in faint
/// ones are closed. What is mostly vessel and goes on as vessel on both sides is none: where vessels
/// cross they look round.
/// Inputs: HU; the lungs, with what is dense in them; vessels without nodules, where somebody has such.
/// Result: candidates with score 0 to 1. Typical error: `docs/conformance/nodule-ct.md` counts hits and
/// false ones. Not for: ruling out nodules; forks of vessels and scars look alike to it.
/// Source: hospital's clinical notes, nodule management, section 1 (HU conventions, need confirmation).
pub fn candidates(series: &Series, lungs: &Mask, vessels: Option<&Mask>) -> Vec<Candidate> {
    let volume = &series.volume;
    if !series.is_hu || lungs.size() != volume.grid.size {
        return Vec::new();
    }
    let mut found: Vec<Candidate> = Vec::new();
    for (edge, radii, is_faint) in [
        (CANDIDATE_HU, &BLOB_MM[..], false),
        (FAINT_CANDIDATE_HU, &BLOB_MM[FAINT_FROM..], true),
    ] {
        let mut dense = Mask::where_hu(volume, |hu| f64::from(hu) > edge).and(lungs);
        if is_faint {
            dense = dense
                .close(FAINT_HOLES_MM, volume.grid.spacing_mm)
                .and(lungs);
        }
        for &radius_mm in radii {
            let opened = dense.open(radius_mm, volume.grid.spacing_mm);
            let blobs = Components::of(&opened, Connection::Faces);
            let mut starts = vec![None; blobs.list.len()];
            blobs.for_each_run(|i, y, z, from, _| {
                starts[i].get_or_insert([from, y, z]);
            });
            for (blob, start) in blobs.list.iter().zip(&starts) {
                let Some(start) = *start else { continue };
                let place = Place {
                    series,
                    lungs,
                    dense: &dense,
                    opened: &opened,
                    vessels,
                    is_faint,
                };
                found.extend(place.judged(blob, start));
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    apart(found)
}

/// The candidates that are not the same place as a better one.
fn apart(found: Vec<Candidate>) -> Vec<Candidate> {
    let mut kept: Vec<Candidate> = Vec::new();
    for candidate in found {
        let is_new = kept.iter().all(|other| {
            let off = crate::grid::subtract(other.centre_lps_mm, candidate.centre_lps_mm);
            let reach = 0.5 * other.diameter_mm.max(candidate.diameter_mm);
            crate::grid::length(off) > reach.max(3.0)
        });
        if is_new {
            kept.push(candidate);
        }
    }
    kept
}

/// What a piece lies in.
struct Surroundings {
    /// The share of lung between 1.5 and 3 mm off the piece that is dense too.
    around: f64,
    /// The share of the piece that is vessel.
    vessel: f64,
    /// In how many places vessels go on from it.
    ends: usize,
}

struct Place<'a> {
    series: &'a Series,
    lungs: &'a Mask,
    dense: &'a Mask,
    opened: &'a Mask,
    vessels: Option<&'a Mask>,
    is_faint: bool,
}

impl Place<'_> {
    /// The candidate that a round piece makes, if it does.
    fn judged(&self, blob: &Component, start: [usize; 3]) -> Option<Candidate> {
        let grid = &self.series.volume.grid;
        let volume_mm3 = blob.voxels as f64 * grid.voxel_mm3();
        let diameter_mm = sphere_mm(volume_mm3);
        let [least, most] = CANDIDATE_MM;
        // In one plane alone nobody can tell a nodule from a vessel that crosses it.
        let planes = blob.hi[2] - blob.lo[2];
        if !(least..=most).contains(&diameter_mm) || planes < 2 {
            return None;
        }
        let sides: [f64; 3] =
            std::array::from_fn(|a| (blob.hi[a] - blob.lo[a]) as f64 * grid.spacing_mm[a]);
        let long = sides.iter().copied().fold(0.0, f64::max);
        let short = sides.iter().copied().fold(f64::INFINITY, f64::min);
        if long > LONGEST_RATIO * short.max(grid.spacing_mm[2]) {
            return None;
        }
        // A ball fills π/6 of its box, a slanting tube much less.
        let box_mm3: f64 = sides.iter().product();
        let fill = (volume_mm3 / (box_mm3 * std::f64::consts::PI / 6.0)).min(1.0);
        let round = fill * (1.0 / (long / short.max(1e-9)).max(1.0)).sqrt();
        let Surroundings {
            around,
            vessel,
            ends,
        } = self.surroundings(blob, start);
        // In thick slices a small nodule on a vessel is mostly vessel too, with two ends; a crossing has more.
        let crossing = if grid.spacing_mm[2] < THICK_SLICE_MM {
            2
        } else {
            3
        };
        if vessel > MOSTLY && ends >= crossing {
            return None;
        }
        let score = round * (1.0 - 2.0 * around).max(0.0);
        (score >= CANDIDATE_SCORE).then(|| Candidate {
            centre_lps_mm: grid.point_lps_mm(blob.centre),
            diameter_mm,
            volume_mm3,
            score,
            reason: self.reason(diameter_mm, round, around),
        })
    }

    /// What lies around the piece, and how much of it is vessel.
    fn surroundings(&self, blob: &Component, start: [usize; 3]) -> Surroundings {
        let spacing = self.series.volume.grid.spacing_mm;
        let (mut lo, mut hi) = (blob.lo, blob.hi);
        for axis in 0..3 {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "few"
            )]
            let steps = (3.0 / spacing[axis]).ceil() as usize + 1;
            lo[axis] = lo[axis].saturating_sub(steps);
            hi[axis] += steps;
        }
        let block = Block::cut(&self.series.volume, lo, hi);
        let Some(start) = block.place_of(start) else {
            return Surroundings {
                around: 1.0,
                vessel: 0.0,
                ends: 0,
            };
        };
        let piece = component(&block, &block.part_of(self.opened), start);
        let to_piece = distance_mm(&block, |place| piece[place]);
        let (dense, lungs) = (block.part_of(self.dense), block.part_of(self.lungs));
        let vessels = self.vessels.map(|vessels| block.part_of(vessels));
        let (mut n, mut also) = (0.0, 0.0);
        let (mut own, mut vessel) = (0.0, 0.0);
        for place in 0..block.len() {
            if piece[place] {
                own += 1.0;
                vessel += f64::from(u8::from(vessels.as_ref().is_some_and(|all| all[place])));
            }
            let near = (1.5..=3.0).contains(&f64::from(to_piece[place]));
            if near && lungs[place] {
                n += 1.0;
                also += f64::from(u8::from(dense[place]));
            }
        }
        let ends = vessels.map_or(0, |vessels| {
            let goes_on =
                |place: usize| vessels[place] && (1.5..=3.0).contains(&f64::from(to_piece[place]));
            parts(&block, goes_on).1.len()
        });
        Surroundings {
            around: if n > 0.0 { also / n } else { 1.0 },
            vessel: if own > 0.0 { vessel / own } else { 0.0 },
            ends,
        }
    }

    fn reason(&self, diameter_mm: f64, round: f64, around: f64) -> Text {
        let (kind_zh, kind_en) = if self.is_faint {
            ("淡薄", "faint")
        } else {
            ("致密", "dense")
        };
        Text::new(
            format!(
                "肺内{kind_zh}圆形区域，直径约 {diameter_mm:.0} mm，圆度 {round:.2}，周围 {:.0}% 同样致密；须由医师判断",
                around * 100.0
            ),
            format!(
                "{kind_en} round place within the lung, about {diameter_mm:.0} mm across, roundness {round:.2}, {:.0} % of what lies around is as dense; a person must judge",
                around * 100.0
            ),
        )
    }
}
