use super::Mesh;
use crate::VolumeError;

/// A mesh as a binary STL file: millimetres, patient frame (LPS), as DICOM encapsulates it.
pub fn to_stl(mesh: &Mesh) -> Result<Vec<u8>, VolumeError> {
    const HEADER: usize = 80;
    let count = u32::try_from(mesh.triangles()).map_err(|_| VolumeError::Codec {
        doing: "write STL",
        why: "it has too many triangles".to_owned(),
    })?;
    let mut out = Vec::with_capacity(HEADER + 4 + mesh.triangles() * 50);
    // Not `solid`, by which programs know the text form.
    out.extend(b"binary STL, mm, LPS");
    out.resize(HEADER, b' ');
    out.extend(count.to_le_bytes());
    let corner = |i: u32| {
        let at = mesh.positions_lps_mm.get(i as usize);
        at.copied().unwrap_or_default()
    };
    let (triangles, _) = mesh.indices.as_chunks::<3>();
    for triangle in triangles {
        let [a, b, c] = triangle.map(corner);
        let facet = [normal(a, b, c), a, b, c];
        out.extend(facet.iter().flatten().flat_map(|x| x.to_le_bytes()));
        out.extend([0, 0]);
    }
    Ok(out)
}

/// The unit normal of a triangle; zero where it has no area.
fn normal([ax, ay, az]: [f32; 3], [bx, by, bz]: [f32; 3], [cx, cy, cz]: [f32; 3]) -> [f32; 3] {
    let (u, v) = ([bx - ax, by - ay, bz - az], [cx - ax, cy - ay, cz - az]);
    let [nx, ny, nz] = [
        u[1] * v[2] - u[2] * v[1],
        u[2] * v[0] - u[0] * v[2],
        u[0] * v[1] - u[1] * v[0],
    ];
    let length = (nx * nx + ny * ny + nz * nz).sqrt();
    if length > 0.0 {
        [nx / length, ny / length, nz / length]
    } else {
        [0.0; 3]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn triangles_are_written_with_their_normals() {
        let mesh = Mesh {
            positions_lps_mm: vec![[0.0; 3], [2.0, 0.0, 0.0], [0.0, 3.0, 0.0]],
            normals: vec![[0.0, 0.0, 1.0]; 3],
            indices: vec![0, 1, 2],
        };
        let stl = to_stl(&mesh).unwrap();
        assert_eq!(stl.len(), 84 + 50);
        let numbers: Vec<f32> = stl[84..132]
            .chunks(4)
            .map(|four| f32::from_le_bytes(four.try_into().unwrap()))
            .collect();
        assert_eq!(numbers[..3], [0.0, 0.0, 1.0]);
        assert_eq!(numbers[3..], [0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0, 0.0]);
    }
}
