use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{CreateError, Person, Study, common, decimal, decimals, derived_uid, file, put};
use crate::Grid;

/// A CT series to be made.
#[derive(Clone, Debug)]
pub struct CtSeries {
    /// Series instance UID; the UIDs of the frame of reference and of the instances are derived from it.
    pub uid: Uid,
    /// Series number.
    pub number: u32,
    /// Description.
    pub description: String,
    /// How the images came about, for the reader (Derivation Description).
    pub derivation: String,
    /// Centre and width of the window to show it with, in HU.
    pub window_hu: [i32; 2],
}

/// A series as it was made, with what others need to refer to it.
#[derive(Clone, Debug)]
pub struct MadeSeries {
    /// The files in slice order, and their SOP instance UIDs.
    pub files: Vec<(Uid, Vec<u8>)>,
    /// Series instance UID.
    pub series: Uid,
    /// Frame of reference UID.
    pub frame_of_reference: Uid,
    /// SOP class UID of every file.
    pub class: &'static str,
    /// The grid of all slices.
    pub grid: Grid,
}

/// Makes a CT image series, one file a slice, from voxels in HU (x fastest, then y, then z).
pub fn ct_series(
    person: &Person,
    study: &Study,
    series: &CtSeries,
    grid: &Grid,
    voxels_hu: &[i16],
) -> Result<MadeSeries, CreateError> {
    if voxels_hu.len() != grid.len() || grid.is_empty() {
        return Err(CreateError::WrongLength {
            got: voxels_hu.len(),
            want: grid.len(),
        });
    }
    let frame_of_reference = derived_uid(&[series.uid.as_str(), "frame of reference"]);
    let mut files = Vec::with_capacity(grid.size[2]);
    for (z, slice) in voxels_hu.chunks_exact(grid.slice_len()).enumerate() {
        let number =
            u32::try_from(z + 1).map_err(|_| CreateError::TooLarge("the number of slices"))?;
        let instance = derived_uid(&[series.uid.as_str(), &number.to_string()]);
        let mut object = common(person, study, uids::CT_IMAGE_STORAGE, &instance);
        describe(&mut object, study, series, number);
        put(
            &mut object,
            tags::FRAME_OF_REFERENCE_UID,
            VR::UI,
            frame_of_reference.as_str(),
        );
        place(&mut object, grid, z);
        picture(&mut object, series, grid, slice)?;
        files.push((instance, file(object)?));
    }
    Ok(MadeSeries {
        files,
        series: series.uid.clone(),
        frame_of_reference,
        class: uids::CT_IMAGE_STORAGE,
        grid: grid.clone(),
    })
}

/// The attributes of series, acquisition and equipment.
fn describe(object: &mut InMemDicomObject, study: &Study, series: &CtSeries, number: u32) {
    put(
        object,
        tags::IMAGE_TYPE,
        VR::CS,
        PrimitiveValue::Strs(
            ["DERIVED", "PRIMARY", "AXIAL"]
                .iter()
                .map(ToString::to_string)
                .collect(),
        ),
    );
    let number = number.to_string();
    let series_number = series.number.to_string();
    for (tag, vr, value) in [
        (tags::MODALITY, VR::CS, "CT"),
        (tags::SERIES_INSTANCE_UID, VR::UI, series.uid.as_str()),
        (tags::SERIES_NUMBER, VR::IS, &series_number),
        (tags::SERIES_DESCRIPTION, VR::LO, &series.description),
        (tags::SERIES_DATE, VR::DA, &study.date),
        (tags::SERIES_TIME, VR::TM, &study.time),
        (tags::CONTENT_DATE, VR::DA, &study.date),
        (tags::CONTENT_TIME, VR::TM, &study.time),
        (tags::MANUFACTURER, VR::LO, "Yuanyi"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "volume to DICOM"),
        (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
        (tags::DERIVATION_DESCRIPTION, VR::ST, &series.derivation),
        (tags::BODY_PART_EXAMINED, VR::CS, "CHEST"),
        (tags::PATIENT_POSITION, VR::CS, "HFS"),
        (tags::POSITION_REFERENCE_INDICATOR, VR::LO, ""),
        (tags::KVP, VR::DS, ""),
        (tags::ACQUISITION_NUMBER, VR::IS, ""),
        (tags::INSTANCE_NUMBER, VR::IS, &number),
        (tags::BURNED_IN_ANNOTATION, VR::CS, "NO"),
        (tags::LOSSY_IMAGE_COMPRESSION, VR::CS, "00"),
    ] {
        put(object, tag, vr, value);
    }
}

/// Where slice `z` lies.
fn place(object: &mut InMemDicomObject, grid: &Grid, z: usize) {
    let [x, y, _] = grid.axes();
    let at = grid.position_lps_mm([0.0, 0.0, z as f64]);
    put(object, tags::IMAGE_POSITION_PATIENT, VR::DS, decimals(&at));
    put(
        object,
        tags::IMAGE_ORIENTATION_PATIENT,
        VR::DS,
        decimals(&[x, y].concat()),
    );
    // Rows lie along y, so the first of the two spacings is that of y.
    let [sx, sy, sz] = grid.spacing_mm;
    put(object, tags::PIXEL_SPACING, VR::DS, decimals(&[sy, sx]));
    put(object, tags::SLICE_THICKNESS, VR::DS, decimal(sz));
    put(object, tags::SPACING_BETWEEN_SLICES, VR::DS, decimal(sz));
    put(object, tags::SLICE_LOCATION, VR::DS, decimal(at[2]));
}

/// The pixels of one slice: signed 16 bit, so that HU are kept as they are.
fn picture(
    object: &mut InMemDicomObject,
    series: &CtSeries,
    grid: &Grid,
    slice: &[i16],
) -> Result<(), CreateError> {
    let side = |size: usize| u16::try_from(size).map_err(|_| CreateError::TooLarge("the slice"));
    for (tag, value) in [
        (tags::SAMPLES_PER_PIXEL, 1),
        (tags::ROWS, side(grid.size[1])?),
        (tags::COLUMNS, side(grid.size[0])?),
        (tags::BITS_ALLOCATED, 16),
        (tags::BITS_STORED, 16),
        (tags::HIGH_BIT, 15),
        (tags::PIXEL_REPRESENTATION, 1),
    ] {
        put(object, tag, VR::US, PrimitiveValue::from(value));
    }
    let [centre, width] = series.window_hu;
    for (tag, vr, value) in [
        (
            tags::PHOTOMETRIC_INTERPRETATION,
            VR::CS,
            "MONOCHROME2".to_owned(),
        ),
        (tags::RESCALE_INTERCEPT, VR::DS, "0".to_owned()),
        (tags::RESCALE_SLOPE, VR::DS, "1".to_owned()),
        (tags::RESCALE_TYPE, VR::LO, "HU".to_owned()),
        (tags::WINDOW_CENTER, VR::DS, centre.to_string()),
        (tags::WINDOW_WIDTH, VR::DS, width.to_string()),
    ] {
        put(object, tag, vr, value);
    }
    let words = slice.iter().map(|hu| hu.cast_unsigned()).collect();
    put(object, tags::PIXEL_DATA, VR::OW, PrimitiveValue::U16(words));
    Ok(())
}
