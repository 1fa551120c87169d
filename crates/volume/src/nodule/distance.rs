//! Distances to a set of voxels, and what morphology is made of them: balls are true balls here,
//! whatever the spacing, at a cost that does not grow with their radius.
//!
//! Lines are gathered and scattered within the box, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use super::block::Block;

/// No vessel within the lung lies farther than this from air, mm.
const VESSEL_MM: f32 = 5.0;
/// Farther than anything in a box, mm².
const FAR_MM2: f32 = 1e9;

/// The distance of each voxel centre to the nearest voxel centre of a set, mm.
///
/// Exact Euclidean distance by lower envelopes of parabolas, one axis after the other
/// (Felzenszwalb and Huttenlocher 2012). Where the set is empty every distance is far.
pub(crate) fn distance_mm(block: &Block, set: impl Fn(usize) -> bool) -> Vec<f32> {
    distance_from(block, |place| if set(place) { 0.0 } else { FAR_MM2 })
}

/// As [`distance_mm`], where each voxel says by itself how far the set is at most, squared, mm².
fn distance_from(block: &Block, squared_mm2: impl Fn(usize) -> f32) -> Vec<f32> {
    let mut squares: Vec<f32> = (0..block.len()).map(squared_mm2).collect();
    let [nx, ny, nz] = block.size;
    let strides = [1, nx, nx * ny];
    let longest = nx.max(ny).max(nz);
    let mut line = Line::of(longest);
    for axis in 0..3 {
        let (n, stride) = (block.size[axis], strides[axis]);
        #[expect(clippy::cast_possible_truncation, reason = "millimetres")]
        let spacing = block.spacing_mm[axis] as f32;
        let (a, b) = match axis {
            0 => (1, 2),
            1 => (0, 2),
            _ => (0, 1),
        };
        for j in 0..block.size[b] {
            for i in 0..block.size[a] {
                let first = i * strides[a] + j * strides[b];
                line.transform(&mut squares, first, stride, n, spacing);
            }
        }
    }
    for value in &mut squares {
        *value = value.sqrt();
    }
    squares
}

struct Line {
    values: Vec<f32>,
    /// The parabolas of the envelope, and from where each is the lowest.
    tops: Vec<usize>,
    from: Vec<f32>,
}

impl Line {
    fn of(n: usize) -> Self {
        Self {
            values: vec![0.0; n],
            tops: vec![0; n],
            from: vec![0.0; n + 1],
        }
    }

    fn transform(&mut self, squares: &mut [f32], first: usize, stride: usize, n: usize, mm: f32) {
        let mut some = false;
        for i in 0..n {
            self.values[i] = squares[first + i * stride];
            some |= self.values[i] < FAR_MM2;
        }
        if !some {
            return;
        }
        let at = |i: usize| i as f32 * mm;
        let mut last: Option<usize> = None;
        for i in 0..n {
            if self.values[i] >= FAR_MM2 {
                continue;
            }
            // Parabolas that the new one undercuts from their beginning on are dropped.
            let mut start = f32::NEG_INFINITY;
            while let Some(k) = last {
                let top = self.tops[k];
                let (here, there) = (at(i), at(top));
                start = (self.values[i] - self.values[top] + here * here - there * there)
                    / (2.0 * (here - there));
                if start > self.from[k] {
                    break;
                }
                last = k.checked_sub(1);
                start = f32::NEG_INFINITY;
            }
            let k = last.map_or(0, |k| k + 1);
            self.tops[k] = i;
            self.from[k] = start;
            self.from[k + 1] = f32::INFINITY;
            last = Some(k);
        }
        let mut k = 0;
        for i in 0..n {
            while self.from[k + 1] < at(i) {
                k += 1;
            }
            let top = self.tops[k];
            let off = at(i) - at(top);
            squares[first + i * stride] = self.values[top] + off * off;
        }
    }
}

/// Grown by a ball, then shrunk by it. A set that reaches the border of the box counts as going on
/// beyond it, and so do vessels; what is grown into a wall ends as far beyond as it reaches.
pub(crate) fn closed(block: &Block, set: &[bool], radius_mm: f64) -> Vec<bool> {
    let to_set = distance_mm(block, |place| set[place]);
    #[expect(clippy::cast_possible_truncation, reason = "millimetres")]
    let radius = radius_mm as f32;
    let to_outside = distance_from(block, |place| {
        let d = to_set[place];
        if d > radius {
            0.0
        } else if d > VESSEL_MM && block.is_border(place) {
            (radius - d).powi(2)
        } else {
            FAR_MM2
        }
    });
    set.iter()
        .zip(&to_outside)
        .map(|(&inside, &d)| inside || d > radius)
        .collect()
}

/// The voxels of `set` that can be reached from a place of it through faces.
pub(crate) fn component(block: &Block, set: &[bool], start: usize) -> Vec<bool> {
    let mut found = vec![false; block.len()];
    if !set[start] {
        return found;
    }
    let mut open = vec![start];
    found[start] = true;
    while let Some(place) = open.pop() {
        block.neighbours(place, |next| {
            if set[next] && !found[next] {
                found[next] = true;
                open.push(next);
            }
        });
    }
    found
}

/// The number of each voxel's part of a set, counted from 1 (0 outside), and the voxels of each part.
pub(crate) fn parts(block: &Block, set: impl Fn(usize) -> bool) -> (Vec<u32>, Vec<usize>) {
    let mut number = vec![0; block.len()];
    let mut sizes = Vec::new();
    let mut open = Vec::new();
    for start in 0..block.len() {
        if number[start] != 0 || !set(start) {
            continue;
        }
        let this = u32::try_from(sizes.len() + 1).unwrap_or(u32::MAX);
        let mut size = 0;
        number[start] = this;
        open.push(start);
        while let Some(place) = open.pop() {
            size += 1;
            block.neighbours(place, |next| {
                if number[next] == 0 && set(next) {
                    number[next] = this;
                    open.push(next);
                }
            });
        }
        sizes.push(size);
    }
    (number, sizes)
}

/// A set with the holes filled that have no way to the border of the box.
pub(crate) fn filled(block: &Block, set: &[bool]) -> Vec<bool> {
    let mut outside = vec![false; block.len()];
    let mut open: Vec<usize> = (0..block.len())
        .filter(|&place| !set[place] && block.is_border(place))
        .collect();
    for &place in &open {
        outside[place] = true;
    }
    while let Some(place) = open.pop() {
        block.neighbours(place, |next| {
            if !set[next] && !outside[next] {
                outside[next] = true;
                open.push(next);
            }
        });
    }
    outside.into_iter().map(|out| !out).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_a_search_through_all_voxels() {
        let block = Block {
            lo: [0; 3],
            size: [9, 7, 5],
            spacing_mm: [0.6, 0.8, 2.5],
            hu: vec![0.0; 9 * 7 * 5],
        };
        let set: Vec<usize> = vec![3, 60, 61, 200, 314];
        let found = distance_mm(&block, |place| set.contains(&place));
        for (place, d) in found.iter().enumerate() {
            let expect = set
                .iter()
                .map(|&s| block.distance2(place, s).sqrt())
                .fold(f64::INFINITY, f64::min);
            assert!(
                (f64::from(*d) - expect).abs() < 1e-4,
                "{place}: {d} {expect}"
            );
        }
        let none = distance_mm(&block, |_| false);
        assert!(none.iter().all(|&d| d > 1e4));
    }

    #[test]
    fn closing_fills_a_slit_but_not_the_wall_beside_it() {
        // Lung on the left with a slit 2 mm wide, a wall on the right that is thinner than the ball.
        let block = Block {
            lo: [0; 3],
            size: [30, 20, 20],
            spacing_mm: [1.0; 3],
            hu: vec![0.0; 30 * 20 * 20],
        };
        let set: Vec<bool> = (0..block.len())
            .map(|place| {
                let [x, ..] = block.voxel(place);
                x < 18 && !(8..10).contains(&x)
            })
            .collect();
        let found = closed(&block, &set, 15.0);
        assert!(found[block.place([8, 10, 10])]);
        assert!(!found[block.place([20, 10, 10])]);
        assert!(!found[block.place([29, 10, 10])]);
    }
}
