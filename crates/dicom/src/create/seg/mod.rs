//! Segmentations: binary, fractional and label map.

mod frames;

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{
    Code, CreateError, MadeSeries, Moment, Person, Study, common, derived_uid, file, put, put_items,
};
use crate::Grid;

/// Who or what drew a segment.
#[derive(Clone, Debug)]
pub enum Algorithm {
    /// A person.
    Manual,
    /// A person with a program's help.
    SemiAutomatic(String),
    /// A program.
    Automatic(String),
}

/// How voxels say which segments they belong to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SegmentCoding {
    /// One bit a voxel and segment.
    Binary,
    /// A share a voxel and segment, in steps of 1/255.
    Fractional(Fraction),
    /// The number of the one segment that a voxel belongs to (Label Map Segmentation Storage).
    LabelMap,
}

/// What a share says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fraction {
    /// How surely the voxel belongs to the segment.
    Probability,
    /// How much of the voxel belongs to the segment.
    Occupancy,
}

/// What a segment shows, as it is known across studies (Tracking ID and Tracking UID).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tracking {
    /// What people call it.
    pub label: String,
    /// What it is known by.
    pub uid: Uid,
}

/// What is said of one segment; its voxels come from [`Voxels`].
#[derive(Clone, Debug)]
pub struct NewSegment {
    /// What to call it.
    pub label: String,
    /// What kind of thing it is.
    pub category: Code,
    /// What it is.
    pub kind: Code,
    /// On which side, where there are two.
    pub side: Option<Code>,
    /// Where it is, for a thing that can be in several places.
    pub region: Option<Code>,
    /// Who or what drew it.
    pub algorithm: Algorithm,
    /// The colour to show it in, `CIELab` as DICOM encodes it (PS3.3 C.10.7.1.1).
    pub colour_cielab: [u16; 3],
    /// The one thing that it shows, where that is followed over time.
    pub tracking: Option<Tracking>,
}

/// A segmentation to be written.
#[derive(Clone, Debug)]
pub struct NewSegmentation {
    /// Series instance UID; the SOP instance UID is derived from it.
    pub uid: Uid,
    /// Series number.
    pub number: u32,
    /// Description of the series and of the content.
    pub description: String,
    /// What made it, as Manufacturer's Model Name.
    pub model: &'static str,
    /// When it was made.
    pub at: Moment,
    /// How voxels are written.
    pub coding: SegmentCoding,
    /// The segments; they are numbered from 1.
    pub segments: Vec<NewSegment>,
}

/// One slice of a segmented series.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentedSlice {
    /// SOP instance UID of the image.
    pub sop: Uid,
    /// The frame of it from 1, where it has several.
    pub frame: Option<u32>,
    /// Centre of its first pixel, DICOM LPS.
    pub position_lps_mm: [f64; 3],
}

/// The images that a segmentation is of. They are parallel, of one size, and lie in the order of the slices.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentedSeries {
    /// Series instance UID.
    pub uid: Uid,
    /// Frame of reference UID.
    pub frame_of_reference: Uid,
    /// SOP class UID of the images.
    pub class: String,
    /// The slices.
    pub slices: Vec<SegmentedSlice>,
    /// Columns and rows.
    pub size: [usize; 2],
    /// Distance of columns, of rows and of slices, in millimetres.
    pub spacing_mm: [f64; 3],
    /// Unit vectors along a row and along a column, DICOM LPS.
    pub axes_lps: [[f64; 3]; 2],
}

impl From<&MadeSeries> for SegmentedSeries {
    fn from(made: &MadeSeries) -> Self {
        let grid = &made.grid;
        let slices = made.files.iter().enumerate();
        let slices = slices.map(|(z, (sop, _))| SegmentedSlice {
            sop: sop.clone(),
            frame: None,
            position_lps_mm: grid.position_lps_mm([0.0, 0.0, z as f64]),
        });
        let [x, y, _] = grid.axes();
        Self {
            uid: made.series.clone(),
            frame_of_reference: made.frame_of_reference.clone(),
            class: made.class.to_owned(),
            slices: slices.collect(),
            size: [grid.size[0], grid.size[1]],
            spacing_mm: grid.spacing_mm,
            axes_lps: [x, y],
        }
    }
}

/// Where the voxels of segments come from, slice by slice, so that never all of them are in memory.
pub trait Voxels {
    /// One slice of a segment, both counted from 0, row by row; `None` where nothing of the segment lies in it.
    /// A value is the share in 1/255, and without shares anything but 0 belongs to the segment.
    fn slice(&self, segment: usize, slice: usize) -> Option<Vec<u8>>;
}

/// Masks in memory as voxels of segments: x fastest, then y, then z.
pub struct Masks<'a> {
    masks: &'a [Vec<bool>],
    slice_len: usize,
}

impl<'a> Masks<'a> {
    /// Masks on a grid, one for each segment.
    pub fn on(grid: &Grid, masks: &'a [Vec<bool>]) -> Result<Self, CreateError> {
        match masks.iter().find(|mask| mask.len() != grid.len()) {
            Some(wrong) => Err(CreateError::WrongLength {
                got: wrong.len(),
                want: grid.len(),
            }),
            None => Ok(Self {
                masks,
                slice_len: grid.slice_len(),
            }),
        }
    }
}

impl Voxels for Masks<'_> {
    fn slice(&self, segment: usize, slice: usize) -> Option<Vec<u8>> {
        let start = slice.checked_mul(self.slice_len)?;
        let part = self
            .masks
            .get(segment)?
            .get(start..start + self.slice_len)?;
        let values = part.iter().map(|set| u8::from(*set) * 255).collect();
        part.contains(&true).then_some(values)
    }
}

/// Makes a segmentation of a series, as a whole file. Slices in which a segment has no voxel are left out.
pub fn segmentation(
    person: &Person,
    study: &Study,
    of: &SegmentedSeries,
    new: &NewSegmentation,
    voxels: &dyn Voxels,
) -> Result<Vec<u8>, CreateError> {
    let frames = frames::collect(of, new, voxels)?;
    let instance = derived_uid(&[new.uid.as_str(), "1"]);
    let class = match new.coding {
        SegmentCoding::LabelMap => uids::LABEL_MAP_SEGMENTATION_STORAGE,
        _ => uids::SEGMENTATION_STORAGE,
    };
    let mut object = common(person, study, class, &instance);
    describe(&mut object, of, new);
    let mut segments = Vec::new();
    if new.coding == SegmentCoding::LabelMap {
        segments.push(segment_item(0, &background()));
    }
    for (number, segment) in (1_u16..).zip(&new.segments) {
        segments.push(segment_item(number, segment));
    }
    put_items(&mut object, tags::SEGMENT_SEQUENCE, segments);
    frames::refer(&mut object, of);
    frames::dimensions(&mut object, new);
    frames::groups(&mut object, of, new.coding, &frames);
    frames::picture(&mut object, of, new, frames)?;
    file(object)
}

/// What a label map says of voxels that belong to no segment.
fn background() -> NewSegment {
    let code = Code::dcm("125040", "Background");
    NewSegment {
        label: "Background".to_owned(),
        category: code.clone(),
        kind: code,
        side: None,
        region: None,
        algorithm: Algorithm::Manual,
        colour_cielab: [0, 0x8080, 0x8080],
        tracking: None,
    }
}

/// The attributes of series, equipment and content.
fn describe(object: &mut InMemDicomObject, of: &SegmentedSeries, new: &NewSegmentation) {
    let image_type = ["DERIVED", "PRIMARY"].map(str::to_owned);
    let image_type = PrimitiveValue::Strs(image_type.into_iter().collect());
    put(object, tags::IMAGE_TYPE, VR::CS, image_type);
    let number = new.number.to_string();
    let (kind, fraction) = match new.coding {
        SegmentCoding::Binary => ("BINARY", None),
        SegmentCoding::Fractional(Fraction::Probability) => ("FRACTIONAL", Some("PROBABILITY")),
        SegmentCoding::Fractional(Fraction::Occupancy) => ("FRACTIONAL", Some("OCCUPANCY")),
        SegmentCoding::LabelMap => ("LABELMAP", None),
    };
    // Whether masks have voxels in common is not looked at, unless there can be none.
    let overlap = match new.coding {
        SegmentCoding::LabelMap => "NO",
        _ if new.segments.len() < 2 => "NO",
        _ => "UNDEFINED",
    };
    for (tag, vr, value) in [
        (tags::MODALITY, VR::CS, "SEG"),
        (tags::SERIES_INSTANCE_UID, VR::UI, new.uid.as_str()),
        (tags::SERIES_NUMBER, VR::IS, &number),
        (tags::SERIES_DESCRIPTION, VR::LO, &new.description),
        (tags::SERIES_DATE, VR::DA, &new.at.date),
        (tags::SERIES_TIME, VR::TM, &new.at.time),
        (
            tags::FRAME_OF_REFERENCE_UID,
            VR::UI,
            of.frame_of_reference.as_str(),
        ),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::MANUFACTURER, VR::LO, "Yuanyi"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, new.model),
        (tags::DEVICE_SERIAL_NUMBER, VR::LO, "1"),
        (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
        (tags::CONTENT_LABEL, VR::CS, "SEGMENTATION"),
        (tags::CONTENT_DESCRIPTION, VR::LO, &new.description),
        (tags::CONTENT_CREATOR_NAME, VR::PN, ""),
        (tags::CONTENT_DATE, VR::DA, &new.at.date),
        (tags::CONTENT_TIME, VR::TM, &new.at.time),
        (tags::SEGMENTATION_TYPE, VR::CS, kind),
        (tags::SEGMENTS_OVERLAP, VR::CS, overlap),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
        (tags::BURNED_IN_ANNOTATION, VR::CS, "NO"),
    ] {
        put(object, tag, vr, value);
    }
    if let Some(fraction) = fraction {
        put(object, tags::SEGMENTATION_FRACTIONAL_TYPE, VR::CS, fraction);
        let most = PrimitiveValue::from(frames::MOST_FRACTION);
        put(object, tags::MAXIMUM_FRACTIONAL_VALUE, VR::US, most);
    }
}

fn segment_item(number: u16, segment: &NewSegment) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(
        &mut item,
        tags::SEGMENT_NUMBER,
        VR::US,
        PrimitiveValue::from(number),
    );
    put(
        &mut item,
        tags::SEGMENT_LABEL,
        VR::LO,
        segment.label.as_str(),
    );
    let (kind, name) = match &segment.algorithm {
        Algorithm::Manual => ("MANUAL", None),
        Algorithm::SemiAutomatic(name) => ("SEMIAUTOMATIC", Some(name)),
        Algorithm::Automatic(name) => ("AUTOMATIC", Some(name)),
    };
    put(&mut item, tags::SEGMENT_ALGORITHM_TYPE, VR::CS, kind);
    if let Some(name) = name {
        put(
            &mut item,
            tags::SEGMENT_ALGORITHM_NAME,
            VR::LO,
            name.as_str(),
        );
    }
    put_items(
        &mut item,
        tags::SEGMENTED_PROPERTY_CATEGORY_CODE_SEQUENCE,
        vec![segment.category.item()],
    );
    let mut kind = segment.kind.item();
    if let Some(side) = &segment.side {
        put_items(
            &mut kind,
            tags::SEGMENTED_PROPERTY_TYPE_MODIFIER_CODE_SEQUENCE,
            vec![side.item()],
        );
    }
    put_items(
        &mut item,
        tags::SEGMENTED_PROPERTY_TYPE_CODE_SEQUENCE,
        vec![kind],
    );
    if let Some(region) = &segment.region {
        put_items(
            &mut item,
            tags::ANATOMIC_REGION_SEQUENCE,
            vec![region.item()],
        );
    }
    if let Some(Tracking { label, uid }) = &segment.tracking {
        put(&mut item, tags::TRACKING_ID, VR::UT, label.as_str());
        put(&mut item, tags::TRACKING_UID, VR::UI, uid.as_str());
    }
    let colour = segment.colour_cielab.iter().copied().collect();
    put(
        &mut item,
        tags::RECOMMENDED_DISPLAY_CIE_LAB_VALUE,
        VR::US,
        PrimitiveValue::U16(colour),
    );
    item
}
