use super::{Field, nets::surface_nets};
use crate::VolumeError;

/// A triangle mesh in the patient frame.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Mesh {
    /// Vertices, LPS, mm.
    pub positions_lps_mm: Vec<[f32; 3]>,
    /// Unit normals, looking outwards, one a vertex.
    pub normals: Vec<[f32; 3]>,
    /// Three vertex numbers a triangle, counter-clockwise seen from outside.
    pub indices: Vec<u32>,
}

impl Mesh {
    /// The surface of a field, with at most about `triangles` triangles.
    pub fn of_field(field: &Field, triangles: usize) -> Self {
        Self::whole(field).simplified(triangles)
    }

    /// The surface of a field with all its triangles.
    pub fn whole(field: &Field) -> Self {
        let (cells, indices) = surface_nets(field);
        #[expect(clippy::cast_possible_truncation, reason = "millimetres fit in f32")]
        let positions: Vec<[f32; 3]> = cells
            .iter()
            .map(|cell| {
                field
                    .grid
                    .point_lps_mm(cell.map(f64::from))
                    .map(|c| c as f32)
            })
            .collect();
        let normals = normals(&positions, &indices);
        Self {
            positions_lps_mm: positions,
            normals,
            indices,
        }
    }

    /// Number of triangles.
    pub fn triangles(&self) -> usize {
        self.indices.len() / 3
    }

    /// Volume enclosed by the mesh, mm³, by the divergence theorem.
    pub fn enclosed_mm3(&self) -> f64 {
        let corner = |i: &u32| {
            self.positions_lps_mm
                .get(*i as usize)
                .copied()
                .unwrap_or_default()
        };
        let (triangles, _) = self.indices.as_chunks::<3>();
        triangles
            .iter()
            .map(|[a, b, c]| {
                let [a, b, c] = [corner(a), corner(b), corner(c)].map(|p| p.map(f64::from));
                crate::grid::dot(a, crate::grid::cross(b, c)) / 6.0
            })
            .sum()
    }

    /// Fewer triangles where there are more than wanted; ordered for caches; no vertex unused.
    #[must_use]
    pub fn simplified(self, triangles: usize) -> Self {
        if self.indices.is_empty() {
            return self;
        }
        let mut indices = self.indices;
        if indices.len() > triangles * 3 {
            indices = meshopt::simplify_decoder(
                &indices,
                &self.positions_lps_mm,
                triangles * 3,
                1.0,
                meshopt::SimplifyOptions::None,
                None,
            );
        }
        let vertices: Vec<[[f32; 3]; 2]> = self
            .positions_lps_mm
            .into_iter()
            .zip(self.normals)
            .map(|(position, normal)| [position, normal])
            .collect();
        indices = meshopt::optimize_vertex_cache(&indices, vertices.len());
        let vertices = meshopt::optimize_vertex_fetch(&mut indices, &vertices);
        let (positions_lps_mm, normals) = vertices.into_iter().map(|[p, n]| (p, n)).unzip();
        Self {
            positions_lps_mm,
            normals,
            indices,
        }
    }

    /// Smallest and largest L, P, S of its vertices, mm.
    pub fn box_lps_mm(&self) -> [[f32; 3]; 2] {
        let mut lo = [f32::INFINITY; 3];
        let mut hi = [f32::NEG_INFINITY; 3];
        for position in &self.positions_lps_mm {
            for ((lo, hi), &p) in lo.iter_mut().zip(&mut hi).zip(position) {
                *lo = lo.min(p);
                *hi = hi.max(p);
            }
        }
        if self.positions_lps_mm.is_empty() {
            return [[0.0; 3]; 2];
        }
        [lo, hi]
    }

    /// Checks that every index names a vertex and every vertex has a normal.
    pub(crate) fn checked(self) -> Result<Self, VolumeError> {
        let count = self.positions_lps_mm.len();
        let sound = self.normals.len() == count
            && self.indices.len().is_multiple_of(3)
            && self.indices.iter().all(|&i| (i as usize) < count);
        if sound {
            Ok(self)
        } else {
            Err(VolumeError::Codec {
                doing: "read a surface",
                why: "its indices and vertices do not fit".to_owned(),
            })
        }
    }
}

/// Normals of the vertices: the mean of their triangles', by area.
fn normals(positions: &[[f32; 3]], indices: &[u32]) -> Vec<[f32; 3]> {
    let mut sums = vec![[0.0_f32; 3]; positions.len()];
    let (triangles, _) = indices.as_chunks::<3>();
    for triangle in triangles {
        let corner = triangle.map(|i| positions.get(i as usize).copied().unwrap_or_default());
        let [[ax, ay, az], [bx, by, bz], [cx, cy, cz]] = corner;
        let (u, v) = ([bx - ax, by - ay, bz - az], [cx - ax, cy - ay, cz - az]);
        let face = [
            u[1] * v[2] - u[2] * v[1],
            u[2] * v[0] - u[0] * v[2],
            u[0] * v[1] - u[1] * v[0],
        ];
        for &i in triangle {
            for (sum, part) in sums.get_mut(i as usize).into_iter().flatten().zip(face) {
                *sum += part;
            }
        }
    }
    for normal in &mut sums {
        let length = normal.iter().map(|c| c * c).sum::<f32>().sqrt();
        if length > 0.0 {
            *normal = normal.map(|c| c / length);
        }
    }
    sums
}
