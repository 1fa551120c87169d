//! Surfaces as files that a browser decodes in milliseconds. Little endian, no padding between parts:
//!
//! | bytes | what |
//! |---|---|
//! | 4 | `YSF1` |
//! | 4 | u32 `v`, number of vertices |
//! | 4 | u32 `i`, number of indices, three a triangle, counter-clockwise from outside |
//! | 24 | six f32: smallest L, P, S, then largest L, P, S of the vertices, mm |
//! | 4 | u32 `a`, length of the vertex buffer |
//! | a | vertex buffer as `meshopt_encodeVertexBuffer` (version 0) makes it of `v` vertices of 12 bytes |
//! | 4 | u32 `b`, length of the index buffer |
//! | b | index buffer as `meshopt_encodeIndexBuffer` (version 1) makes it of `i` u32 |
//!
//! A vertex: three i16 `q` (L, P, S), one i16 of 0, three i8 `n`, one i8 of 0.
//! Position = smallest + (q + 32768) / 65535 · (largest − smallest); normal = n / 127.
//!
//! In the browser: `MeshoptDecoder.decodeVertexBuffer(out, v, 12, bytes)` and
//! `MeshoptDecoder.decodeIndexBuffer(out, i, 4, bytes)`.

use crate::{Mesh, VolumeError};

const MAGIC: &[u8; 4] = b"YSF1";
/// Version 0 is read by every decoder that browsers have.
const VERTEX_VERSION: i32 = 0;

/// Twelve bytes of a vertex, in the order in which they are stored.
type Vertex = [u8; 12];

/// Writes a mesh.
pub fn to_ysf1(mesh: &Mesh) -> Result<Vec<u8>, VolumeError> {
    let [lo, hi] = mesh.box_lps_mm();
    let vertices: Vec<Vertex> = mesh
        .positions_lps_mm
        .iter()
        .zip(&mesh.normals)
        .map(|(position, normal)| pack(*position, *normal, lo, hi))
        .collect();
    let coded = |e: meshopt::Error| VolumeError::Codec {
        doing: "write a surface",
        why: e.to_string(),
    };
    let vertex_bytes =
        meshopt::encode_vertex_buffer_level(&vertices, 2, Some(VERTEX_VERSION)).map_err(coded)?;
    let index_bytes = meshopt::encode_index_buffer(&mesh.indices, vertices.len()).map_err(coded)?;
    let mut out = Vec::with_capacity(44 + vertex_bytes.len() + index_bytes.len());
    out.extend(MAGIC);
    for count in [vertices.len(), mesh.indices.len()] {
        out.extend(crate::bricks::small(count).to_le_bytes());
    }
    out.extend(lo.iter().chain(&hi).flat_map(|c| c.to_le_bytes()));
    for part in [vertex_bytes, index_bytes] {
        out.extend(crate::bricks::small(part.len()).to_le_bytes());
        out.extend(part);
    }
    Ok(out)
}

/// Reads a mesh back; positions are off by at most half a step of 1/65535 of the box.
pub fn from_ysf1(bytes: &[u8]) -> Result<Mesh, VolumeError> {
    let bad = |why: &str| VolumeError::Codec {
        doing: "read a surface",
        why: why.to_owned(),
    };
    let mut rest = bytes
        .strip_prefix(MAGIC)
        .ok_or_else(|| bad("it does not begin with YSF1"))?;
    let short = || bad("it ends too early");
    let vertex_count = take_u32(&mut rest).ok_or_else(short)? as usize;
    let index_count = take_u32(&mut rest).ok_or_else(short)? as usize;
    let mut bounds = [0.0_f32; 6];
    for bound in &mut bounds {
        *bound = f32::from_bits(take_u32(&mut rest).ok_or_else(short)?);
    }
    let vertex_bytes = take_part(&mut rest).ok_or_else(short)?;
    let index_bytes = take_part(&mut rest).ok_or_else(short)?;
    // No encoding is smaller than this; more is asked for than can be there.
    if vertex_count > vertex_bytes.len() * 64 || index_count > index_bytes.len() * 64 {
        return Err(bad("its counts do not fit its length"));
    }
    let coded = |e: meshopt::Error| bad(&e.to_string());
    let vertices: Vec<Vertex> =
        meshopt::decode_vertex_buffer(vertex_bytes, vertex_count).map_err(coded)?;
    let indices = meshopt::decode_index_buffer(index_bytes, index_count).map_err(coded)?;
    let [l, p, s, l2, p2, s2] = bounds;
    let (positions_lps_mm, normals) = vertices
        .into_iter()
        .map(|vertex| unpack(vertex, [l, p, s], [l2, p2, s2]))
        .unzip();
    Mesh {
        positions_lps_mm,
        normals,
        indices,
    }
    .checked()
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    let (first, after) = rest.split_first_chunk::<4>()?;
    *rest = after;
    Some(u32::from_le_bytes(*first))
}

fn take_part<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = take_u32(rest)? as usize;
    let (part, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

fn pack(position: [f32; 3], normal: [f32; 3], lo: [f32; 3], hi: [f32; 3]) -> Vertex {
    let mut vertex = [0; 12];
    let (words, _) = vertex.as_chunks_mut::<2>();
    for (((word, p), lo), hi) in words.iter_mut().zip(position).zip(lo).zip(hi) {
        let share = if hi > lo { (p - lo) / (hi - lo) } else { 0.0 };
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let step = (f64::from(share) * 65535.0 - 32768.0).round() as i16;
        *word = step.to_le_bytes();
    }
    for (byte, n) in vertex.iter_mut().skip(8).zip(normal) {
        #[expect(clippy::cast_possible_truncation, reason = "`as` saturates")]
        let step = (n * 127.0).round() as i8;
        *byte = step.cast_unsigned();
    }
    vertex
}

fn unpack(vertex: Vertex, lo: [f32; 3], hi: [f32; 3]) -> ([f32; 3], [f32; 3]) {
    let (words, _) = vertex.as_chunks::<2>();
    let mut position = [0.0; 3];
    for (((p, word), lo), hi) in position.iter_mut().zip(words).zip(lo).zip(hi) {
        *p = lo + (f32::from(i16::from_le_bytes(*word)) + 32768.0) / 65535.0 * (hi - lo);
    }
    let mut normal = [0.0; 3];
    for (n, byte) in normal.iter_mut().zip(vertex.into_iter().skip(8)) {
        *n = f32::from(byte.cast_signed()) / 127.0;
    }
    (position, normal)
}
