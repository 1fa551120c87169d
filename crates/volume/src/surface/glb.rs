use serde_json::json;

use super::Mesh;
use crate::VolumeError;

/// A mesh as a binary glTF 2.0 file: metres, Y up, `(L, S, −P)` as in rooms.
pub fn to_glb(mesh: &Mesh, name: &str) -> Result<Vec<u8>, VolumeError> {
    let [lo, hi] = mesh.box_lps_mm().map(to_room);
    let (min, max): (Vec<f32>, Vec<f32>) = lo
        .into_iter()
        .zip(hi)
        .map(|(a, b)| (a.min(b), a.max(b)))
        .unzip();
    let vertices = mesh.positions_lps_mm.len();
    let (positions, indices) = (vertices * 12, mesh.indices.len() * 4);
    let document = json!({
        "asset": {"version": "2.0", "generator": "yuanyi"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": name}],
        "meshes": [{"name": name, "primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1}, "indices": 2}]}],
        "buffers": [{"byteLength": 2 * positions + indices}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": positions, "target": 34962},
            {"buffer": 0, "byteOffset": positions, "byteLength": positions, "target": 34962},
            {"buffer": 0, "byteOffset": 2 * positions, "byteLength": indices, "target": 34963},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": vertices, "type": "VEC3", "min": min, "max": max},
            {"bufferView": 1, "componentType": 5126, "count": vertices, "type": "VEC3"},
            {"bufferView": 2, "componentType": 5125, "count": mesh.indices.len(), "type": "SCALAR"},
        ],
    });
    let mut head = document.to_string().into_bytes();
    head.resize(head.len().next_multiple_of(4), b' ');
    let body = 2 * positions + indices;
    let total = 12 + 8 + head.len() + 8 + body;
    let u32_of = |n: usize| {
        u32::try_from(n).map_err(|_| VolumeError::Codec {
            doing: "write glTF",
            why: "it is larger than 4 GiB".to_owned(),
        })
    };
    let mut out = Vec::with_capacity(total);
    out.extend(b"glTF");
    for n in [2, u32_of(total)?, u32_of(head.len())?] {
        out.extend(n.to_le_bytes());
    }
    out.extend(b"JSON");
    out.extend(head);
    out.extend(u32_of(body)?.to_le_bytes());
    out.extend(b"BIN\0");
    for position in &mesh.positions_lps_mm {
        out.extend(to_room(*position).iter().flat_map(|c| c.to_le_bytes()));
    }
    for [l, p, s] in &mesh.normals {
        out.extend([*l, *s, -*p].iter().flat_map(|c| c.to_le_bytes()));
    }
    out.extend(mesh.indices.iter().flat_map(|i| i.to_le_bytes()));
    Ok(out)
}

/// LPS in mm to metres, Y up.
fn to_room([l, p, s]: [f32; 3]) -> [f32; 3] {
    [l / 1000.0, s / 1000.0, -p / 1000.0]
}
