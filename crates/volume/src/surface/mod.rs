//! Surfaces of masks: a smooth field, surface nets, decimation, files.

mod field;
mod glb;
mod mesh;
mod nets;

pub use self::{
    field::{Field, Style},
    glb::to_glb,
    mesh::Mesh,
};
