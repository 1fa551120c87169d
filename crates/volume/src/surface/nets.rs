//! Naive surface nets, two layers of cells at a time.
//!
//! Written here because the library at hand needs eight bytes for every cell of the whole field,
//! more than the memory that a volume may take; this keeps two planes of vertex numbers.
//! Indices are made from the field's own size, so indexing is allowed.
#![allow(clippy::indexing_slicing)]

use super::Field;

/// The surface is where the field passes this level.
const LEVEL: f32 = 127.5;

const NONE: u32 = u32::MAX;

/// Corners of a cell as (x, y, z), numbered by their bits.
const CORNERS: [[usize; 3]; 8] = [
    [0, 0, 0],
    [1, 0, 0],
    [0, 1, 0],
    [1, 1, 0],
    [0, 0, 1],
    [1, 0, 1],
    [0, 1, 1],
    [1, 1, 1],
];
/// Edges of a cell by their corners.
const EDGES: [[usize; 2]; 12] = [
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
    [0, 2],
    [1, 3],
    [4, 6],
    [5, 7],
    [0, 4],
    [1, 5],
    [2, 6],
    [3, 7],
];

/// Vertices (continuous cell index) and triangles of the surface, wound so that it looks outwards.
pub(super) fn surface_nets(field: &Field) -> (Vec<[f32; 3]>, Vec<u32>) {
    let [nx, ny, nz] = field.grid.size;
    let mut vertices = Vec::new();
    let mut triangles = Vec::new();
    let mut below = vec![NONE; nx * ny];
    let mut layer = vec![NONE; nx * ny];
    for z in 0..nz.saturating_sub(1) {
        layer.fill(NONE);
        for y in 0..ny - 1 {
            for x in 0..nx - 1 {
                if let Some([vx, vy, vz]) = vertex(field, [x, y, z]) {
                    layer[y * nx + x] = u32::try_from(vertices.len()).unwrap_or(NONE);
                    vertices.push([x as f32 + vx, y as f32 + vy, z as f32 + vz]);
                }
            }
        }
        for y in 1..ny - 1 {
            for x in 1..nx - 1 {
                let at = y * nx + x;
                if layer[at] == NONE && (z == 0 || below[at] == NONE) {
                    continue;
                }
                let inside = |dx, dy, dz| inside(field, [x + dx, y + dy, z + dz]);
                let here = inside(0, 0, 0);
                // An edge that crosses the surface is common to four cells: their vertices make a quad.
                if here != inside(0, 0, 1) {
                    let quad = [layer[at - nx - 1], layer[at - nx], layer[at], layer[at - 1]];
                    push_quad(&vertices, &mut triangles, quad, here);
                }
                if z > 0 && here != inside(1, 0, 0) {
                    let quad = [below[at - nx], below[at], layer[at], layer[at - nx]];
                    push_quad(&vertices, &mut triangles, quad, here);
                }
                if z > 0 && here != inside(0, 1, 0) {
                    let quad = [below[at - 1], layer[at - 1], layer[at], below[at]];
                    push_quad(&vertices, &mut triangles, quad, here);
                }
            }
        }
        std::mem::swap(&mut below, &mut layer);
    }
    (vertices, triangles)
}

fn value(field: &Field, [x, y, z]: [usize; 3]) -> u8 {
    let [nx, ny, _] = field.grid.size;
    field.values[(z * ny + y) * nx + x]
}

fn inside(field: &Field, at: [usize; 3]) -> bool {
    f32::from(value(field, at)) > LEVEL
}

/// The mean of the points where the cell's edges cross the surface, if any does.
fn vertex(field: &Field, [x, y, z]: [usize; 3]) -> Option<[f32; 3]> {
    let [nx, ny, _] = field.grid.size;
    let base = (z * ny + y) * nx + x;
    let values = CORNERS.map(|[dx, dy, dz]| field.values[base + (dz * ny + dy) * nx + dx]);
    let inside = values.iter().filter(|&&v| f32::from(v) > LEVEL).count();
    if inside == 0 || inside == 8 {
        return None;
    }
    let mut sum = [0.0; 3];
    let mut crossings = 0.0;
    for [a, b] in EDGES {
        let (from, to) = (f32::from(values[a]), f32::from(values[b]));
        if (from > LEVEL) != (to > LEVEL) {
            let part = (LEVEL - from) / (to - from);
            for axis in 0..3 {
                let (p, q) = (CORNERS[a][axis] as f32, CORNERS[b][axis] as f32);
                sum[axis] += p + part * (q - p);
            }
            crossings += 1.0;
        }
    }
    Some(sum.map(|s| s / crossings))
}

/// Adds a quad as two triangles along its shorter diagonal.
fn push_quad(
    vertices: &[[f32; 3]],
    triangles: &mut Vec<u32>,
    [a, b, c, d]: [u32; 4],
    forward: bool,
) {
    if [a, b, c, d].contains(&NONE) {
        return;
    }
    let distance = |p: u32, q: u32| -> f32 {
        let (p, q) = (vertices[p as usize], vertices[q as usize]);
        p.iter().zip(q).map(|(p, q)| (p - q) * (p - q)).sum()
    };
    let halves = if distance(a, c) <= distance(b, d) {
        [[a, b, c], [a, c, d]]
    } else {
        [[a, b, d], [b, c, d]]
    };
    for [p, q, r] in halves {
        triangles.extend(if forward { [p, q, r] } else { [p, r, q] });
    }
}
