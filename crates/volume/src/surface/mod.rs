//! Surfaces of masks: a smooth field, surface nets, decimation, files.

mod field;
mod glb;
mod mesh;
mod nets;
mod stl;

pub use self::{
    field::{Field, Style},
    glb::to_glb,
    mesh::Mesh,
    stl::to_stl,
};
