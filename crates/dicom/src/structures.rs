//! RT structure sets, read: contours by structure.

use dicom_core::Tag;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use crate::{Grid, ParseError, parse};

/// Why a structure set could not be read.
#[derive(Debug, thiserror::Error)]
pub enum StructureError {
    /// The object could not be read.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The object is no structure set.
    #[error("read the structure set: it is of another SOP class")]
    Class,
    /// An attribute is missing or contradicts another.
    #[error("read the structure set: {0} is missing or not well formed")]
    Malformed(&'static str),
}

/// A structure set as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct StructureSet {
    /// SOP instance UID.
    pub sop: Uid,
    /// What it is called.
    pub label: String,
    /// Its structures, in the object's order.
    pub structures: Vec<Structure>,
}

/// One structure.
#[derive(Clone, Debug, PartialEq)]
pub struct Structure {
    /// ROI number.
    pub number: i32,
    /// ROI name.
    pub name: String,
    /// How it was made: `MANUAL`, `AUTOMATIC`, … ; may be empty.
    pub algorithm: String,
    /// Frame of reference UID; may be empty.
    pub frame_of_reference: String,
    /// Colour to show it in, if given.
    pub colour_rgb: Option<[u8; 3]>,
    /// Its contours.
    pub contours: Vec<Contour>,
}

/// One contour.
#[derive(Clone, Debug, PartialEq)]
pub struct Contour {
    /// `CLOSED_PLANAR`, `POINT`, `OPEN_PLANAR`, …
    pub kind: String,
    /// Its points in order, DICOM LPS.
    pub points_lps_mm: Vec<[f64; 3]>,
}

/// Reads a structure set from a whole file.
pub fn read_structures(file: &[u8]) -> Result<StructureSet, StructureError> {
    let object = parse::open(file, None)?;
    if text(&object, tags::SOP_CLASS_UID) != uids::RT_STRUCTURE_SET_STORAGE {
        return Err(StructureError::Class);
    }
    let mut structures = Vec::new();
    for roi in items(&object, tags::STRUCTURE_SET_ROI_SEQUENCE) {
        structures.push(Structure {
            number: number(roi, tags::ROI_NUMBER)?,
            name: text(roi, tags::ROI_NAME),
            algorithm: text(roi, tags::ROI_GENERATION_ALGORITHM),
            frame_of_reference: text(roi, tags::REFERENCED_FRAME_OF_REFERENCE_UID),
            colour_rgb: None,
            contours: Vec::new(),
        });
    }
    for drawn in items(&object, tags::ROI_CONTOUR_SEQUENCE) {
        let of = number(drawn, tags::REFERENCED_ROI_NUMBER)?;
        let structure = structures
            .iter_mut()
            .find(|structure| structure.number == of)
            .ok_or(StructureError::Malformed("Referenced ROI Number"))?;
        structure.colour_rgb = colour(drawn);
        for contour in items(drawn, tags::CONTOUR_SEQUENCE) {
            structure.contours.push(read_contour(contour)?);
        }
    }
    Ok(StructureSet {
        sop: Uid::new(text(&object, tags::SOP_INSTANCE_UID))
            .map_err(|_| StructureError::Malformed("SOP Instance UID"))?,
        label: text(&object, tags::STRUCTURE_SET_LABEL),
        structures,
    })
}

fn read_contour(item: &InMemDicomObject) -> Result<Contour, StructureError> {
    let data = item
        .get(tags::CONTOUR_DATA)
        .and_then(|data| data.to_multi_float64().ok())
        .filter(|data| data.iter().all(|number| number.is_finite()))
        .ok_or(StructureError::Malformed("Contour Data"))?;
    let (points, rest) = data.as_chunks::<3>();
    if !rest.is_empty() || points.is_empty() {
        return Err(StructureError::Malformed("Contour Data"));
    }
    Ok(Contour {
        kind: text(item, tags::CONTOUR_GEOMETRIC_TYPE),
        points_lps_mm: points.to_vec(),
    })
}

fn colour(item: &InMemDicomObject) -> Option<[u8; 3]> {
    let colour = item.get(tags::ROI_DISPLAY_COLOR)?;
    colour.to_multi_int::<u8>().ok()?.try_into().ok()
}

fn number(item: &InMemDicomObject, tag: Tag) -> Result<i32, StructureError> {
    item.get(tag)
        .and_then(|element| element.to_int::<i32>().ok())
        .ok_or(StructureError::Malformed("an ROI number"))
}

impl Structure {
    /// The structure as a mask on a grid, slice by slice: a voxel belongs to it when its centre lies within an
    /// odd number of the closed contours in its slice, so that a contour within another cuts a hole. Contours
    /// belong to the slice in whose plane they lie, to half its thickness.
    pub fn mask_on(&self, grid: &Grid) -> Vec<bool> {
        let mut mask = vec![false; grid.len()];
        let closed = self
            .contours
            .iter()
            .filter(|contour| contour.kind.starts_with("CLOSED"));
        for contour in closed {
            let voxels: Vec<[f64; 3]> = contour
                .points_lps_mm
                .iter()
                .map(|point| grid.voxel(*point))
                .collect();
            let depth = voxels.iter().map(|[_, _, z]| z).sum::<f64>() / voxels.len() as f64;
            let slices = mask.chunks_exact_mut(grid.slice_len().max(1));
            for (z, slice) in slices.enumerate() {
                let offset = depth - z as f64;
                if (-0.5..0.5).contains(&offset) {
                    fill(slice, grid.size[0], &voxels);
                }
            }
        }
        mask
    }
}

/// Turns over every voxel whose centre lies within the outline.
fn fill(slice: &mut [bool], columns: usize, outline: &[[f64; 3]]) {
    for (y, row) in slice.chunks_exact_mut(columns.max(1)).enumerate() {
        let y = y as f64;
        let crossings = crossings(outline, y);
        for (x, voxel) in row.iter_mut().enumerate() {
            let x = x as f64;
            let left = crossings.iter().filter(|crossing| **crossing <= x).count();
            *voxel ^= left % 2 == 1;
        }
    }
}

/// Where a line of voxels crosses the outline.
fn crossings(outline: &[[f64; 3]], y: f64) -> Vec<f64> {
    let next = outline.iter().cycle().skip(1);
    let edges = outline.iter().zip(next);
    edges
        .filter_map(|([ax, ay, _], [bx, by, _])| {
            // Half open, so that a corner on the line counts once.
            let crosses = (*ay <= y) != (*by <= y);
            crosses.then(|| ax + (y - ay) / (by - ay) * (bx - ax))
        })
        .collect()
}

fn items(object: &InMemDicomObject, tag: Tag) -> &[InMemDicomObject] {
    object
        .get(tag)
        .and_then(|element| element.items())
        .unwrap_or_default()
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contour_within_another_cuts_a_hole() {
        let grid = Grid {
            size: [8, 8, 3],
            spacing_mm: [1.0, 1.0, 2.0],
            origin_lps_mm: [0.0; 3],
            direction_lps: [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
        };
        let square = |from: f64, to: f64| Contour {
            kind: "CLOSED_PLANAR".to_owned(),
            points_lps_mm: vec![
                [from, from, 2.0],
                [to, from, 2.0],
                [to, to, 2.0],
                [from, to, 2.0],
            ],
        };
        let structure = Structure {
            number: 1,
            name: String::new(),
            algorithm: String::new(),
            frame_of_reference: String::new(),
            colour_rgb: None,
            contours: vec![square(0.5, 6.5), square(2.5, 4.5)],
        };
        let mask = structure.mask_on(&grid);
        assert_eq!(mask.iter().filter(|set| **set).count(), 36 - 4);
        assert!(mask[64..128].contains(&true) && !mask[..64].contains(&true));
        assert!(!mask[64 + 3 * 8 + 3] && mask[64 + 8 + 1]);
    }
}
