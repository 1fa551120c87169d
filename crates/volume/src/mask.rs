//! One bit a voxel, and morphology on whole words of them.
//!
//! Indexing here stays inside rows that the mask itself laid out, so it is allowed;
//! checked access would cost the word-parallel loops their speed.
#![allow(clippy::indexing_slicing)]

use rayon::prelude::*;

use crate::{Grid, Volume};

/// A set of voxels on the grid of a volume.
#[derive(Clone, PartialEq, Eq)]
pub struct Mask {
    size: [usize; 3],
    row_words: usize,
    words: Vec<u64>,
}

impl std::fmt::Debug for Mask {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Mask({:?}, {} set)", self.size, self.count())
    }
}

impl Mask {
    /// No voxel of a grid of this size.
    pub fn empty(size: [usize; 3]) -> Self {
        let row_words = size[0].div_ceil(64);
        Self {
            size,
            row_words,
            words: vec![0; row_words * size[1] * size[2]],
        }
    }

    /// The voxels whose value passes `test`.
    pub fn where_hu(volume: &Volume, test: impl Fn(i16) -> bool + Sync) -> Self {
        let mut mask = Self::empty(volume.grid.size);
        let nx = volume.grid.size[0];
        if volume.voxels.is_empty() {
            return mask;
        }
        mask.words
            .par_chunks_mut(mask.row_words)
            .zip(volume.voxels.par_chunks(nx))
            .for_each(|(words, row)| {
                for (word, values) in words.iter_mut().zip(row.chunks(64)) {
                    *word = values
                        .iter()
                        .enumerate()
                        .fold(0, |bits, (i, &v)| bits | (u64::from(test(v)) << i));
                }
            });
        mask
    }

    /// Voxels along x, y, z.
    pub fn size(&self) -> [usize; 3] {
        self.size
    }

    /// How many voxels are set.
    pub fn count(&self) -> usize {
        self.words
            .par_chunks(1 << 14)
            .map(|part| part.iter().map(|w| w.count_ones() as usize).sum::<usize>())
            .sum()
    }

    /// The mean place of the set voxels, in voxels along x, y, z, and how many they are; `None` where none is set.
    pub fn middle(&self) -> Option<([f64; 3], usize)> {
        let [_, ny, nz] = self.size;
        let (mut sums, mut count) = ([0_u64; 3], 0_u64);
        for (z, y) in (0..nz).flat_map(|z| (0..ny).map(move |y| (z, y))) {
            for (at, word) in self.row(y, z).iter().enumerate() {
                let ones = u64::from(word.count_ones());
                count += ones;
                sums[1] += ones * y as u64;
                sums[2] += ones * z as u64;
                let mut bits = *word;
                while bits != 0 {
                    sums[0] += at as u64 * 64 + u64::from(bits.trailing_zeros());
                    bits &= bits - 1;
                }
            }
        }
        let voxels = usize::try_from(count).ok().filter(|voxels| *voxels > 0)?;
        Some((sums.map(|sum| sum as f64 / count as f64), voxels))
    }

    /// How much of each block of `factor` voxels along x, y, z is set, from 0 (nothing) to 255 (all that lies in the
    /// grid): x fastest, then y, then z.
    pub fn coverage(&self, factor: [usize; 3]) -> Vec<u8> {
        let [fx, fy, fz] = factor.map(|side| side.max(1));
        let [nx, ny, nz] = self.size;
        let blocks = [nx.div_ceil(fx), ny.div_ceil(fy), nz.div_ceil(fz)];
        let slab = |bz: usize| {
            let mut set = vec![0_u32; blocks[0] * blocks[1]];
            let planes = bz * fz..((bz + 1) * fz).min(nz);
            for (z, y) in planes.clone().flat_map(|z| (0..ny).map(move |y| (z, y))) {
                let row = &mut set[y / fy * blocks[0]..][..blocks[0]];
                for (at, word) in self.row(y, z).iter().enumerate() {
                    let mut bits = *word;
                    while bits != 0 {
                        row[(at * 64 + bits.trailing_zeros() as usize) / fx] += 1;
                        bits &= bits - 1;
                    }
                }
            }
            let voxels = |block: usize, side: usize, n: usize| side.min(n - block * side);
            let share = |(at, set): (usize, u32)| {
                let (bx, by) = (at % blocks[0], at / blocks[0]);
                let all = voxels(bx, fx, nx) * voxels(by, fy, ny) * planes.len();
                u8::try_from(u64::from(set) * 255 / all.max(1) as u64).unwrap_or(u8::MAX)
            };
            set.into_iter().enumerate().map(share).collect::<Vec<u8>>()
        };
        (0..blocks[2]).into_par_iter().flat_map_iter(slab).collect()
    }

    /// Whether no voxel is set.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|&w| w == 0)
    }

    /// Whether a voxel is set; false outside the grid.
    pub fn get(&self, [x, y, z]: [usize; 3]) -> bool {
        let [nx, ny, nz] = self.size;
        x < nx && y < ny && z < nz && self.row(y, z)[x / 64] >> (x % 64) & 1 == 1
    }

    /// Sets a voxel; outside the grid nothing happens.
    pub fn set(&mut self, [x, y, z]: [usize; 3]) {
        let [nx, ny, nz] = self.size;
        if x < nx && y < ny && z < nz {
            self.row_mut(y, z)[x / 64] |= 1 << (x % 64);
        }
    }

    /// Sets voxels `from..to` of the row at (y, z), which must be inside.
    pub(crate) fn set_run(&mut self, y: usize, z: usize, from: usize, to: usize) {
        let row = self.row_mut(y, z);
        for (i, word) in row
            .iter_mut()
            .enumerate()
            .take(to.div_ceil(64))
            .skip(from / 64)
        {
            *word |= span(i, from, to);
        }
    }

    /// Whether any voxel of `from..to` in the row at (y, z) is set.
    pub(crate) fn any_in_run(&self, y: usize, z: usize, from: usize, to: usize) -> bool {
        let row = self.row(y, z);
        (from / 64..to.div_ceil(64)).any(|i| row[i] & span(i, from, to) != 0)
    }

    pub(crate) fn row(&self, y: usize, z: usize) -> &[u64] {
        let start = (z * self.size[1] + y) * self.row_words;
        &self.words[start..start + self.row_words]
    }

    fn row_mut(&mut self, y: usize, z: usize) -> &mut [u64] {
        let start = (z * self.size[1] + y) * self.row_words;
        &mut self.words[start..start + self.row_words]
    }

    fn plane(&self, z: usize) -> &[u64] {
        let words = self.row_words * self.size[1];
        &self.words[z * words..(z + 1) * words]
    }

    pub(crate) fn words_of_plane(&self) -> usize {
        self.row_words * self.size[1]
    }

    pub(crate) fn words(&self) -> &[u64] {
        &self.words
    }

    /// A mask of rows of words; `None` where there are more or fewer than the size needs.
    pub(crate) fn of_words(size: [usize; 3], words: Vec<u64>) -> Option<Self> {
        let row_words = size[0].div_ceil(64);
        let mask = Self {
            size,
            row_words,
            words,
        };
        (mask.words.len() == row_words * size[1] * size[2]).then_some(mask)
    }

    /// Calls `each` with the index of every set voxel, x fastest.
    pub fn for_each(&self, mut each: impl FnMut([usize; 3])) {
        for z in 0..self.size[2] {
            for y in 0..self.size[1] {
                for (i, &word) in self.row(y, z).iter().enumerate() {
                    let mut left = word;
                    while left != 0 {
                        each([i * 64 + left.trailing_zeros() as usize, y, z]);
                        left &= left - 1;
                    }
                }
            }
        }
    }

    /// Smallest and one-past-largest index of set voxels, if any is set.
    pub fn bounds(&self) -> Option<[[usize; 3]; 2]> {
        let mut lo = self.size;
        let mut hi = [0; 3];
        for z in 0..self.size[2] {
            for y in 0..self.size[1] {
                let row = self.row(y, z);
                let Some(first) = row.iter().position(|&w| w != 0) else {
                    continue;
                };
                let last = row.iter().rposition(|&w| w != 0).unwrap_or(first);
                let from = first * 64 + row[first].trailing_zeros() as usize;
                let to = last * 64 + 64 - row[last].leading_zeros() as usize;
                lo = [lo[0].min(from), lo[1].min(y), lo[2].min(z)];
                hi = [hi[0].max(to), hi[1].max(y + 1), hi[2].max(z + 1)];
            }
        }
        (hi[0] > 0).then_some([lo, hi])
    }

    /// Set voxels in each z plane.
    pub fn count_by_plane(&self) -> Vec<usize> {
        (0..self.size[2])
            .map(|z| self.plane(z).iter().map(|w| w.count_ones() as usize).sum())
            .collect()
    }

    fn zip_with(mut self, other: &Self, op: impl Fn(u64, u64) -> u64 + Sync) -> Self {
        if self.size == other.size {
            self.words
                .par_chunks_mut(1 << 14)
                .zip(other.words.par_chunks(1 << 14))
                .for_each(|(a, b)| {
                    for (a, &b) in a.iter_mut().zip(b) {
                        *a = op(*a, b);
                    }
                });
        }
        self
    }

    /// Voxels of both. Masks of another size leave `self` as it is, here and below.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        self.zip_with(other, |a, b| a & b)
    }

    /// Voxels of either.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        self.zip_with(other, |a, b| a | b)
    }

    /// Voxels of `self` that are not in `other`.
    #[must_use]
    pub fn without(self, other: &Self) -> Self {
        self.zip_with(other, |a, b| a & !b)
    }

    /// All voxels that are not set.
    #[must_use]
    pub fn complement(mut self) -> Self {
        let last = self.size[0] % 64;
        let tail = if last == 0 { u64::MAX } else { (1 << last) - 1 };
        let row_words = self.row_words.max(1);
        self.words.par_chunks_mut(row_words).for_each(|row| {
            for word in row.iter_mut() {
                *word = !*word;
            }
            if let Some(word) = row.last_mut() {
                *word &= tail;
            }
        });
        self
    }

    /// Grown within each plane by one voxel: to the four neighbours, or with corners to eight.
    fn grow_in_plane(&self, corners: bool) -> Self {
        let mut grown = Self::empty(self.size);
        let (ny, row_words) = (self.size[1], self.row_words);
        let tail = self.tail();
        let blank = vec![0; row_words];
        grown
            .words
            .par_chunks_mut((row_words * ny).max(1))
            .enumerate()
            .for_each(|(z, plane)| {
                let mut column = vec![0; row_words];
                for (y, out) in plane.chunks_mut(row_words).enumerate() {
                    let here = self.row(y, z);
                    let above = if y > 0 { self.row(y - 1, z) } else { &blank };
                    let below = if y + 1 < ny {
                        self.row(y + 1, z)
                    } else {
                        &blank
                    };
                    for i in 0..row_words {
                        column[i] = here[i] | above[i] | below[i];
                    }
                    let sideways = if corners { &column[..] } else { here };
                    for i in 0..row_words {
                        out[i] = column[i] | shifted(sideways, i);
                    }
                    if let Some(word) = out.last_mut() {
                        *word &= tail;
                    }
                }
            });
        grown
    }

    fn tail(&self) -> u64 {
        match self.size[0] % 64 {
            0 => u64::MAX,
            last => (1 << last) - 1,
        }
    }

    /// Grown by a ball of this radius, nearly: an octagon in each plane.
    #[must_use]
    pub fn dilate(&self, radius_mm: f64, spacing_mm: [f64; 3]) -> Self {
        let pixel = f64::midpoint(spacing_mm[0], spacing_mm[1]);
        let planes = whole(radius_mm / spacing_mm[2]);
        let mut grown = self.clone();
        let mut steps = 0;
        let mut out = Self::empty(self.size);
        // From the ball's poles to its equator the discs only get wider.
        for dz in (0..=planes).rev() {
            let height = dz as f64 * spacing_mm[2];
            let disc = (radius_mm * radius_mm - height * height).max(0.0).sqrt();
            while steps < whole(disc / pixel) {
                // Squares and diamonds in this proportion make a regular octagon.
                let square = (steps + 1) * 414 / 1000 > steps * 414 / 1000;
                grown = grown.grow_in_plane(square);
                steps += 1;
            }
            out.add_shifted_planes(&grown, dz);
        }
        out
    }

    fn add_shifted_planes(&mut self, other: &Self, dz: usize) {
        let nz = self.size[2];
        let words = (self.row_words * self.size[1]).max(1);
        self.words
            .par_chunks_mut(words)
            .enumerate()
            .for_each(|(z, plane)| {
                let below = z.checked_sub(dz);
                let above = Some(z + dz).filter(|&z| z < nz && dz > 0);
                for from in below.into_iter().chain(above) {
                    for (a, &b) in plane.iter_mut().zip(other.plane(from)) {
                        *a |= b;
                    }
                }
            });
    }

    /// Shrunk by a ball of this radius; what lies beyond the grid counts as set.
    #[must_use]
    pub fn erode(&self, radius_mm: f64, spacing_mm: [f64; 3]) -> Self {
        self.clone()
            .complement()
            .dilate(radius_mm, spacing_mm)
            .complement()
    }

    /// Eroded, then dilated: without what is thinner than the ball.
    #[must_use]
    pub fn open(&self, radius_mm: f64, spacing_mm: [f64; 3]) -> Self {
        self.erode(radius_mm, spacing_mm)
            .dilate(radius_mm, spacing_mm)
            .and(self)
    }

    /// Dilated, then eroded: with gaps filled that the ball cannot enter. Planes so near the
    /// first and the last one that the ball reaches beyond the grid stay as they are.
    #[must_use]
    pub fn close(&self, radius_mm: f64, spacing_mm: [f64; 3]) -> Self {
        let mut closed = self
            .dilate(radius_mm, spacing_mm)
            .erode(radius_mm, spacing_mm);
        let end = whole(radius_mm / spacing_mm[2]);
        let (nz, words) = (self.size[2], (self.row_words * self.size[1]).max(1));
        for (z, plane) in closed.words.chunks_mut(words).enumerate() {
            if z < end || z + end >= nz {
                plane.fill(0);
            }
        }
        closed.or(self)
    }

    /// Without the voxels that have none above or none below them.
    #[must_use]
    pub fn without_end_planes(&self) -> Self {
        let mut outside = self.clone().complement();
        let unshifted = outside.clone();
        outside.add_shifted_planes(&unshifted, 1);
        outside.complement()
    }

    /// Each plane widened to the convex hull of what is in it.
    #[must_use]
    pub fn plane_hulls(&self) -> Self {
        let mut out = Self::empty(self.size);
        for z in 0..self.size[2] {
            let ends: Vec<[f64; 3]> = (0..self.size[1])
                .filter_map(|y| {
                    let row = self.row(y, z);
                    let first = row.iter().position(|&w| w != 0)?;
                    let last = row.iter().rposition(|&w| w != 0)?;
                    let from = first * 64 + row[first].trailing_zeros() as usize;
                    let to = last * 64 + 63 - row[last].leading_zeros() as usize;
                    Some([y as f64, from as f64, to as f64])
                })
                .collect();
            let Some([top, bottom]) = ends.first().zip(ends.last()).map(|(a, b)| [a[0], b[0]])
            else {
                continue;
            };
            let left = bow(ends.iter().map(|&[y, from, _]| [y, -from]));
            let right = bow(ends.iter().map(|&[y, _, to]| [y, to]));
            for y in whole(top)..=whole(bottom) {
                let (from, to) = (-height(&left, y as f64), height(&right, y as f64));
                out.set_run(y, z, whole(from), (whole(to) + 1).min(self.size[0]));
            }
        }
        out
    }

    /// Grown from `self` inside `within`, at most `steps` voxels far in each direction.
    #[must_use]
    pub fn grow_within(&self, within: &Self, steps: usize) -> Self {
        let mut grown = self.clone();
        for step in 0..steps {
            let mut next = grown.grow_in_plane(step % 2 == 1);
            next.add_shifted_planes(&grown, 1);
            let next = next.and(within);
            if next == grown {
                break;
            }
            grown = next;
        }
        grown
    }

    /// The mask of a volume reduced or extended to another grid, by the nearest voxel.
    #[must_use]
    pub fn on_grid(&self, from: &Grid, to: &Grid) -> Self {
        let mut out = Self::empty(to.size);
        let (nx, ny) = (to.size[0], to.size[1]);
        for z in 0..to.size[2] {
            for y in 0..ny {
                for x in 0..nx {
                    let point = to.point_lps_mm([x as f64, y as f64, z as f64]);
                    let index = from.index_of(point);
                    if index.iter().all(|&i| i > -0.5) && self.get(index.map(whole)) {
                        out.set([x, y, z]);
                    }
                }
            }
        }
        out
    }
}

/// The upper convex chain through points whose first coordinate rises.
fn bow(points: impl Iterator<Item = [f64; 2]>) -> Vec<[f64; 2]> {
    let mut chain: Vec<[f64; 2]> = Vec::new();
    for p in points {
        while let [.., a, b] = chain.as_slice() {
            if (b[0] - a[0]) * (p[1] - a[1]) < (b[1] - a[1]) * (p[0] - a[0]) {
                break;
            }
            chain.pop();
        }
        chain.push(p);
    }
    chain
}

/// The second coordinate of a chain at a first one within it.
fn height(chain: &[[f64; 2]], at: f64) -> f64 {
    let after = chain
        .partition_point(|p| p[0] < at)
        .clamp(1, chain.len().max(2) - 1);
    match (chain.get(after - 1), chain.get(after)) {
        (Some(a), Some(b)) if b[0] > a[0] => a[1] + (at - a[0]) / (b[0] - a[0]) * (b[1] - a[1]),
        (Some(a), _) => a[1],
        _ => 0.0,
    }
}

/// The bits of word `i` of a row that belong to voxels `from..to`.
fn span(i: usize, from: usize, to: usize) -> u64 {
    let base = i * 64;
    let low = from.saturating_sub(base).min(64);
    let high = to.saturating_sub(base).min(64);
    if low >= high {
        return 0;
    }
    let above = if high == 64 {
        u64::MAX
    } else {
        (1 << high) - 1
    };
    above & (u64::MAX << low)
}

/// Word `i` of a row moved one voxel to either side.
fn shifted(row: &[u64], i: usize) -> u64 {
    let before = if i > 0 { row[i - 1] >> 63 } else { 0 };
    let after = row.get(i + 1).map_or(0, |w| w << 63);
    (row[i] << 1) | before | (row[i] >> 1) | after
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
fn whole(x: f64) -> usize {
    x.round().max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_share_of_blocks_are_those_of_the_voxels() {
        let mut mask = Mask::empty([70, 5, 3]);
        assert_eq!(mask.middle(), None);
        for voxel in [[0, 0, 0], [1, 0, 0], [69, 4, 2]] {
            mask.set(voxel);
        }
        let (middle, voxels) = mask.middle().unwrap();
        assert_eq!(voxels, 3);
        let wanted = [70.0 / 3.0, 4.0 / 3.0, 2.0 / 3.0];
        assert!(
            middle
                .iter()
                .zip(wanted)
                .all(|(a, b)| (a - b).abs() < 1e-12)
        );

        let share = mask.coverage([4, 2, 2]);
        let [across, down, through] = [18, 3, 2];
        assert_eq!(share.len(), across * down * through);
        // Two of the sixteen voxels of the first block; the last one reaches beyond the grid and holds two.
        assert_eq!(share[0], 31);
        assert_eq!(share[share.len() - 1], 127);
        assert_eq!(share.iter().filter(|part| **part > 0).count(), 2);
        assert_eq!(mask.coverage([1; 3])[0], 255);
    }

    fn ball(n: usize, radius: f64) -> Mask {
        let mut mask = Mask::empty([n; 3]);
        let c = (n / 2) as f64;
        for z in 0..n {
            for y in 0..n {
                for x in 0..n {
                    let d = [x, y, z]
                        .map(|i| (i as f64 - c).powi(2))
                        .iter()
                        .sum::<f64>();
                    if d <= radius * radius {
                        mask.set([x, y, z]);
                    }
                }
            }
        }
        mask
    }

    #[test]
    fn dilation_of_a_point_is_nearly_a_ball() {
        let mut point = Mask::empty([91; 3]);
        point.set([45; 3]);
        let grown = point.dilate(20.0, [1.0; 3]);
        let true_ball = ball(91, 20.0).count() as f64;
        assert!((grown.count() as f64 / true_ball - 1.0).abs() < 0.12);
        assert_eq!(grown.bounds(), Some([[25; 3], [66; 3]]));
    }

    #[test]
    fn opening_removes_thin_sheets_and_closing_fills_slits() {
        let mut mask = ball(91, 20.0);
        let whole = mask.count();
        for z in 0..91 {
            for y in 80..82 {
                mask.set_run(y, z, 0, 91);
            }
        }
        let opened = mask.open(3.0, [1.0; 3]);
        assert!(!opened.get([45, 80, 45]));
        assert!(opened.count() > whole * 95 / 100);
        let mut slit = Mask::empty([91; 3]);
        for z in 0..91 {
            for y in 45..47 {
                slit.set_run(y, z, 0, 91);
            }
        }
        let closed = ball(91, 20.0).without(&slit).close(3.0, [1.0; 3]);
        assert!(closed.get([45, 45, 45]));
    }

    #[test]
    fn erosion_does_not_eat_from_the_border_and_the_tail_stays_clear() {
        let full = Mask::empty([70, 5, 5]).complement();
        assert_eq!(full.count(), 70 * 25);
        assert_eq!(full.erode(2.0, [1.0; 3]).count(), 70 * 25);
        assert_eq!(full.dilate(2.0, [1.0; 3]).count(), 70 * 25);
    }
}
