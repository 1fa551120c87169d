//! The surface half-way between voxels inside and outside, by marching cubes (Lorensen and Cline 1987).
//!
//! The triangles of each of the 256 cubes are worked out here rather than tabled: the crossings of
//! each face are linked so that, of a face with two corners inside across from each other, these stay
//! apart; the links make closed polygons, and each polygon is cut into the triangles that enclose
//! most. Cubes with more than four corners inside take the triangles of their complement, as the
//! tables of other programs do, so that values can be compared with theirs.
//!
//! Corners, edges and faces are numbered here, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use super::super::block::Block;
use crate::grid::{cross, dot, length, subtract};

/// What is measured on a surface.
pub(super) struct Mesh {
    /// Enclosed volume, mm³.
    pub volume_mm3: f64,
    /// Area, mm².
    pub area_mm2: f64,
    /// Longest distance between two of its corners, mm.
    pub diameter_mm: f64,
}

/// The corners of a cube: bit 0 is x, bit 1 is y, bit 2 is z.
fn corner(number: usize) -> [f64; 3] {
    [number & 1, number >> 1 & 1, number >> 2 & 1].map(|bit| bit as f64)
}

/// The corners of each face, counter-clockwise as seen from outside.
const FACES: [[usize; 4]; 6] = [
    [0, 4, 6, 2],
    [1, 3, 7, 5],
    [0, 1, 5, 4],
    [2, 6, 7, 3],
    [0, 2, 3, 1],
    [4, 5, 7, 6],
];

type Edge = (usize, usize);

fn edge(a: usize, b: usize) -> Edge {
    (a.min(b), a.max(b))
}

fn middle((a, b): Edge) -> [f64; 3] {
    let (a, b) = (corner(a), corner(b));
    std::array::from_fn(|axis| f64::midpoint(a[axis], b[axis]))
}

/// The triangles of a cube by which of its corners are inside; their normals point outwards.
fn triangles(inside: usize) -> Vec<[[f64; 3]; 3]> {
    if inside.count_ones() > 4 {
        let mut found = triangles(255 - inside);
        for triangle in &mut found {
            triangle.swap(0, 1);
        }
        return found;
    }
    let is_in = |corner: usize| inside >> corner & 1 == 1;
    // On each face a line runs from where its border enters the inside to where it leaves it.
    let mut next: Vec<(Edge, Edge)> = Vec::new();
    for face in FACES {
        let step = |i: usize| (face[i % 4], face[(i + 1) % 4]);
        for i in 0..4 {
            let (a, b) = step(i);
            if is_in(a) || !is_in(b) {
                continue;
            }
            // The border enters at i; it leaves at the first step after that.
            let leaves = (i + 1..i + 4)
                .map(step)
                .find(|&(a, b)| is_in(a) && !is_in(b));
            if let Some((c, d)) = leaves {
                next.push((edge(c, d), edge(a, b)));
            }
        }
    }
    let mut found = Vec::new();
    while let Some((first, mut here)) = next.pop() {
        let mut polygon = vec![middle(first)];
        while here != first {
            polygon.push(middle(here));
            let Some(at) = next.iter().position(|&(from, _)| from == here) else {
                break;
            };
            here = next.swap_remove(at).1;
        }
        found.extend(cut(&polygon).1);
    }
    found
}

/// A polygon cut into the triangles that enclose most, and six times the volume that they leave out,
/// but for a constant.
fn cut(polygon: &[[f64; 3]]) -> (f64, Vec<[[f64; 3]; 3]>) {
    let n = polygon.len();
    if n < 3 {
        return (0.0, Vec::new());
    }
    let (a, b) = (polygon[0], polygon[n - 1]);
    let mut best: (f64, Vec<[[f64; 3]; 3]>) = (f64::INFINITY, Vec::new());
    // The side from the last corner to the first belongs to one triangle: try each third corner.
    for k in 1..n - 1 {
        let (left, mut parts) = cut(&polygon[..=k]);
        let (right, more) = cut(&polygon[k..]);
        let own = [a, polygon[k], b];
        let left_out = left + right + dot(own[0], cross(own[1], own[2]));
        if left_out < best.0 - 1e-9 {
            parts.extend(more);
            parts.push(own);
            best = (left_out, parts);
        }
    }
    best
}

/// Twice the area of a triangle.
fn area2([a, b, c]: [[f64; 3]; 3]) -> f64 {
    length(cross(subtract(b, a), subtract(c, a)))
}

/// The surface of a set.
pub(super) fn of(block: &Block, set: &[bool]) -> Mesh {
    let table: Vec<Vec<[[f64; 3]; 3]>> = (0..256).map(triangles).collect();
    let size = block.size.map(usize::cast_signed);
    let get = |[x, y, z]: [isize; 3]| {
        let inside = (0..size[0]).contains(&x) && (0..size[1]).contains(&y);
        inside
            && (0..size[2]).contains(&z)
            && set[((z * size[1] + y) * size[0] + x).cast_unsigned()]
    };
    let (mut volume6, mut area2_sum) = (0.0, 0.0);
    let mut points: Vec<[f64; 3]> = Vec::new();
    for z in -1..size[2] {
        for y in -1..size[1] {
            for x in -1..size[0] {
                let mut inside = 0;
                for number in 0..8_usize {
                    let [dx, dy, dz] = [number & 1, number >> 1 & 1, number >> 2 & 1];
                    let at = [
                        x + dx.cast_signed(),
                        y + dy.cast_signed(),
                        z + dz.cast_signed(),
                    ];
                    inside |= usize::from(get(at)) << number;
                }
                for triangle in &table[inside] {
                    let mm = triangle.map(|[a, b, c]| {
                        let [dx, dy, dz] = block.spacing_mm;
                        [
                            (x as f64 + 1.0 + a) * dx,
                            (y as f64 + 1.0 + b) * dy,
                            (z as f64 + 1.0 + c) * dz,
                        ]
                    });
                    volume6 += dot(mm[0], cross(mm[1], mm[2]));
                    area2_sum += area2(mm);
                    points.extend(mm);
                }
            }
        }
    }
    Mesh {
        volume_mm3: (volume6 / 6.0).abs(),
        area_mm2: area2_sum / 2.0,
        diameter_mm: longest(points),
    }
}

/// The longest distance between two points: those of each z's convex hull suffice.
fn longest(mut points: Vec<[f64; 3]>) -> f64 {
    points.sort_by(|a, b| a[2].total_cmp(&b[2]).then(a[0].total_cmp(&b[0])));
    let hulls: Vec<(f64, Vec<[f64; 2]>)> = points
        .chunk_by(|a, b| (a[2] - b[2]).abs() < 1e-9)
        .map(|plane| {
            let flat: Vec<[f64; 2]> = plane.iter().map(|p| [p[0], p[1]]).collect();
            (plane[0][2], crate::lesion::convex_hull(&flat))
        })
        .collect();
    let mut longest: f64 = 0.0;
    for (i, (z, hull)) in hulls.iter().enumerate() {
        for (other_z, other) in &hulls[i..] {
            for [ax, ay] in hull {
                for [bx, by] in other {
                    let flat = (ax - bx).powi(2) + (ay - by).powi(2);
                    longest = longest.max(flat + (z - other_z).powi(2));
                }
            }
        }
    }
    longest.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cube_and_its_complement_close_and_one_corner_is_one_triangle() {
        assert_eq!(triangles(0).len(), 0);
        assert_eq!(triangles(255).len(), 0);
        assert_eq!(triangles(1).len(), 1);
        for inside in 1..255 {
            let found = triangles(inside);
            assert!(
                !found.is_empty() && found.len() <= 5,
                "{inside}: {}",
                found.len()
            );
        }
    }

    #[test]
    fn a_single_voxel_is_an_octahedron() {
        let block = Block {
            lo: [0; 3],
            size: [1; 3],
            spacing_mm: [1.0; 3],
            hu: vec![0.0],
        };
        let mesh = of(&block, &[true]);
        assert!((mesh.volume_mm3 - 1.0 / 6.0).abs() < 1e-12);
        assert!((mesh.diameter_mm - 1.0).abs() < 1e-12);
    }
}
