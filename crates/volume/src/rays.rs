//! What masks see along the axes of the grid.
//!
//! Rows and words come from the masks' own sizes, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use crate::Mask;

impl Mask {
    /// Calls `each` with y, z, first x and one past the last x of every run of set voxels.
    pub fn for_each_run(&self, mut each: impl FnMut(usize, usize, usize, usize)) {
        let [_, ny, nz] = self.size();
        for z in 0..nz {
            for y in 0..ny {
                let row = self.row(y, z);
                let mut from = next(row, 0, true);
                while let Some(start) = from {
                    let end = next(row, start, false)
                        .unwrap_or(self.size()[0])
                        .min(self.size()[0]);
                    each(y, z, start, end);
                    from = next(row, end, true);
                }
            }
        }
    }

    /// Every voxel with the `count` voxels beside it along x, towards higher x or lower.
    pub(crate) fn spread_along_x(&self, count: usize, up: bool) -> Self {
        let mut out = Self::empty(self.size());
        let nx = self.size()[0];
        self.for_each_run(|y, z, from, to| {
            let (from, to) = if up {
                (from, (to + count).min(nx))
            } else {
                (from.saturating_sub(count), to)
            };
            out.set_run(y, z, from, to);
        });
        out
    }

    /// Every voxel with the `count` voxels beside it along z, towards higher z or lower.
    pub(crate) fn spread_along_z(&self, count: usize, up: bool) -> Self {
        // Twice as far with every step, then the rest.
        let mut out = self.clone();
        let mut reached = 0;
        while reached < count {
            let by = (count - reached).min(reached + 1);
            out = out.clone().or(&out.moved_along_z(by, up));
            reached += by;
        }
        out
    }

    /// What of the mask lies in these z planes.
    #[must_use]
    pub(crate) fn in_planes(self, planes: std::ops::Range<usize>) -> Self {
        let mut words = self.words().to_vec();
        for (z, plane) in words.chunks_mut(self.words_of_plane().max(1)).enumerate() {
            if !planes.contains(&z) {
                plane.fill(0);
            }
        }
        Self::of_words(self.size(), words).unwrap_or(self)
    }

    fn moved_along_z(&self, by: usize, up: bool) -> Self {
        let words = self.words();
        let shift = (by * self.words_of_plane()).min(words.len());
        let mut moved = Vec::with_capacity(words.len());
        if up {
            moved.resize(shift, 0);
            moved.extend_from_slice(&words[..words.len() - shift]);
        } else {
            moved.extend_from_slice(&words[shift..]);
            moved.resize(words.len(), 0);
        }
        Self::of_words(self.size(), moved).unwrap_or_else(|| Self::empty(self.size()))
    }

    /// In each row the voxels between the last one of `lower` and the first one of `self`.
    pub(crate) fn between_along_x(&self, lower: &Self) -> Self {
        let mut out = Self::empty(self.size());
        let [_, ny, nz] = self.size();
        for z in 0..nz {
            for y in 0..ny {
                let last = lower.row(y, z).iter().rposition(|&word| word != 0);
                let (Some(last), Some(to)) = (last, next(self.row(y, z), 0, true)) else {
                    continue;
                };
                let word = lower.row(y, z)[last];
                let from = last * 64 + 64 - word.leading_zeros() as usize;
                if from < to {
                    out.set_run(y, z, from, to);
                }
            }
        }
        out
    }
}

/// The next voxel of a row from `from` on that is set, or that is not.
fn next(row: &[u64], from: usize, set: bool) -> Option<usize> {
    let flip = if set { 0 } else { u64::MAX };
    let mut word = from / 64;
    let mut mask = u64::MAX << (from % 64);
    while word < row.len() {
        let bits = (row[word] ^ flip) & mask;
        if bits != 0 {
            return Some(word * 64 + bits.trailing_zeros() as usize);
        }
        (word, mask) = (word + 1, u64::MAX);
    }
    None
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn mask_of(voxels: &[[usize; 3]]) -> Mask {
        let mut mask = Mask::empty([140, 3, 9]);
        for &voxel in voxels {
            mask.set(voxel);
        }
        mask
    }

    proptest! {
        #[test]
        fn spreading_reaches_exactly_as_far_as_told(
            voxels in proptest::collection::vec([0..140_usize, 0..3_usize, 0..9_usize], 1..30),
            count in 0..80_usize,
        ) {
            let mask = mask_of(&voxels);
            let (up, down) = (mask.spread_along_x(count, true), mask.spread_along_x(count, false));
            let (above, below) = (mask.spread_along_z(count, true), mask.spread_along_z(count, false));
            for z in 0..9 {
                for y in 0..3 {
                    for x in 0..140 {
                        let any = |test: &dyn Fn(&[usize; 3]) -> bool| voxels.iter().any(test);
                        let in_row = |v: &[usize; 3]| v[1] == y && v[2] == z;
                        let in_line = |v: &[usize; 3]| v[0] == x && v[1] == y;
                        let at = [x, y, z];
                        prop_assert_eq!(up.get(at), any(&|v| in_row(v) && v[0] <= x && x <= v[0] + count));
                        prop_assert_eq!(down.get(at), any(&|v| in_row(v) && x <= v[0] && v[0] <= x + count));
                        prop_assert_eq!(above.get(at), any(&|v| in_line(v) && v[2] <= z && z <= v[2] + count));
                        prop_assert_eq!(below.get(at), any(&|v| in_line(v) && z <= v[2] && v[2] <= z + count));
                    }
                }
            }
        }

        #[test]
        fn runs_are_the_mask(
            voxels in proptest::collection::vec([0..140_usize, 0..3_usize, 0..9_usize], 0..200),
        ) {
            let mask = mask_of(&voxels);
            let mut again = Mask::empty(mask.size());
            mask.for_each_run(|y, z, from, to| {
                assert!(from < to);
                again.set_run(y, z, from, to);
            });
            prop_assert_eq!(again, mask);
        }
    }

    #[test]
    fn between_lies_what_neither_holds() {
        let lower = mask_of(&[[3, 0, 0], [70, 0, 0], [139, 1, 0]]);
        let upper = mask_of(&[[135, 0, 0], [139, 0, 0], [2, 1, 0], [5, 2, 0]]);
        let between = upper.between_along_x(&lower);
        assert_eq!(between.bounds(), Some([[71, 0, 0], [135, 1, 1]]));
        assert_eq!(between.count(), 64);
    }
}
