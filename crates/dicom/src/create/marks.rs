use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{CreateError, Person, Study, put, put_items};
use crate::{Grid, ParseError, parse, pixels::functional_group};

/// One image of a series that marks refer to.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedImage {
    /// SOP class UID.
    pub class: Uid,
    /// SOP instance UID.
    pub sop: Uid,
    /// The frame of it from 1, where it has several.
    pub frame: Option<u32>,
    /// Columns and rows, their distances and directions, and where the first pixel is: a grid of one slice.
    pub grid: Grid,
}

impl MarkedImage {
    /// Whether it is the same image.
    pub fn is(&self, other: &Self) -> bool {
        (&self.sop, self.frame) == (&other.sop, other.frame)
    }

    /// How far a point lies from the image's plane, in millimetres.
    pub fn distance_mm(&self, point_lps_mm: [f64; 3]) -> f64 {
        let [_, _, along_normal] = self.grid.voxel(point_lps_mm);
        (along_normal * self.grid.spacing_mm[2]).abs()
    }
}

/// A series that marks were put on.
#[derive(Clone, Debug, PartialEq)]
pub struct MarkedSeries {
    /// Series instance UID.
    pub uid: Uid,
    /// Frame of reference UID.
    pub frame_of_reference: Uid,
    /// Slope and intercept that make HU of stored values, where the images give them.
    pub rescale: Option<[f64; 2]>,
    /// Its images.
    pub images: Vec<MarkedImage>,
}

impl MarkedSeries {
    /// The image nearest to a point, where one lies within half a slice of it.
    pub fn image_at(&self, point_lps_mm: [f64; 3]) -> Option<&MarkedImage> {
        let distance = |image: &MarkedImage| image.distance_mm(point_lps_mm);
        let nearest = self
            .images
            .iter()
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))?;
        // A point between two slices belongs to the nearer; one beyond the last slice to none.
        let half = nearest.grid.spacing_mm[2] / 2.0;
        (distance(nearest) <= half + 1e-6).then_some(nearest)
    }
}

/// What a mark says.
#[derive(Clone, Debug, PartialEq)]
pub enum MarkKind {
    /// The distance between two points, in millimetres.
    LengthMm(f64),
    /// The value at one point, in Hounsfield units.
    Hu(f64),
    /// The angle at the middle one of three points, in degrees.
    AngleDeg(f64),
    /// The volume of what lies around one point, in millilitres.
    VolumeMl(f64),
    /// A note at one point.
    Note(String),
}

/// A mark that a person put on a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// What to call it, such as `Length 1`.
    pub label: String,
    /// Its own UID, the same each time it is written.
    pub uid: Uid,
    /// Who put it there.
    pub by: String,
    /// What it says.
    pub kind: MarkKind,
    /// The points that it lies on, DICOM LPS: two for a length, three for an angle, one otherwise.
    pub points_lps_mm: Vec<[f64; 3]>,
}

/// The person and study that an object of the record says that it belongs to, so that new objects can be put
/// beside it.
pub fn context_of(file: &[u8]) -> Result<(Person, Study), ParseError> {
    let object = parse::open(file, Some(tags::ROWS))?;
    let text = |tag| {
        let text = object.get(tag).and_then(|element| element.to_str().ok());
        text.map(|text| text.trim_matches([' ', '\0']).to_owned())
            .unwrap_or_default()
    };
    let uid = Uid::new(text(tags::STUDY_INSTANCE_UID));
    let person = Person {
        id: text(tags::PATIENT_ID),
        issuer: text(tags::ISSUER_OF_PATIENT_ID),
        name: text(tags::PATIENT_NAME),
        birth_date: text(tags::PATIENT_BIRTH_DATE),
        sex: text(tags::PATIENT_SEX),
    };
    let study = Study {
        uid: uid.map_err(|_| ParseError::NotUid(tags::STUDY_INSTANCE_UID))?,
        date: text(tags::STUDY_DATE),
        time: text(tags::STUDY_TIME),
        id: text(tags::STUDY_ID),
        accession: text(tags::ACCESSION_NUMBER),
        description: text(tags::STUDY_DESCRIPTION),
    };
    Ok((person, study))
}

/// A series whose images are frames of one object, such as an enhanced CT, from the whole file; `None` where its
/// frames have no places in the patient.
pub fn marked_frames(file: &[u8]) -> Option<MarkedSeries> {
    let object = parse::open(file, Some(tags::PIXEL_DATA)).ok()?;
    let text = |tag| {
        let text = object.get(tag)?.to_str().ok()?;
        Some(text.trim_matches([' ', '\0']).to_owned())
    };
    let side = |tag| {
        let side = object.get(tag)?.to_int::<u32>().ok()?;
        usize::try_from(side).ok()
    };
    let [columns, rows] = [side(tags::COLUMNS)?, side(tags::ROWS)?];
    let class = Uid::new(text(tags::SOP_CLASS_UID)?).ok()?;
    let sop = Uid::new(text(tags::SOP_INSTANCE_UID)?).ok()?;
    let frames = object
        .get(tags::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)?
        .items()?
        .len();
    let mut images = Vec::with_capacity(frames);
    for index in 0..frames {
        let numbers = |group, tag| {
            let element = functional_group(&object, index, group)?.get(tag)?;
            element.to_multi_float64().ok()
        };
        let orientation = numbers(
            tags::PLANE_ORIENTATION_SEQUENCE,
            tags::IMAGE_ORIENTATION_PATIENT,
        )?;
        let [xl, xp, xs, yl, yp, ys]: [f64; 6] = orientation.try_into().ok()?;
        let spacing = numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::PIXEL_SPACING)?;
        let [row, column]: [f64; 2] = spacing.try_into().ok()?;
        let thickness = numbers(tags::PIXEL_MEASURES_SEQUENCE, tags::SLICE_THICKNESS);
        let thickness = thickness.and_then(|all| all.first().copied());
        let position = numbers(tags::PLANE_POSITION_SEQUENCE, tags::IMAGE_POSITION_PATIENT)?;
        let [zl, zp, zs] = [xp * ys - xs * yp, xs * yl - xl * ys, xl * yp - xp * yl];
        images.push(MarkedImage {
            class: class.clone(),
            sop: sop.clone(),
            frame: Some(u32::try_from(index + 1).ok()?),
            grid: Grid {
                size: [columns, rows, 1],
                spacing_mm: [column, row, thickness.unwrap_or(1.0)],
                origin_lps_mm: position.try_into().ok()?,
                direction_lps: [xl, xp, xs, yl, yp, ys, zl, zp, zs],
            },
        });
    }
    let rescale = functional_group(&object, 0, tags::PIXEL_VALUE_TRANSFORMATION_SEQUENCE);
    let number = |tag| rescale?.get(tag)?.to_float64().ok();
    Some(MarkedSeries {
        uid: Uid::new(text(tags::SERIES_INSTANCE_UID)?).ok()?,
        frame_of_reference: Uid::new(text(tags::FRAME_OF_REFERENCE_UID)?).ok()?,
        rescale: number(tags::RESCALE_SLOPE)
            .zip(number(tags::RESCALE_INTERCEPT))
            .map(<[f64; 2]>::from),
        images,
    })
}

/// When something was made, as DICOM writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moment {
    /// `YYYYMMDD`.
    pub date: String,
    /// `HHMMSS`.
    pub time: String,
}

/// A new series with one object that was made in a room.
#[derive(Clone, Debug)]
pub struct MadeHere {
    /// Series instance UID; the SOP instance UID is derived from it.
    pub series: Uid,
    /// Series number.
    pub number: u32,
    /// Description of the series.
    pub description: String,
    /// When.
    pub at: Moment,
}

/// Series and equipment of an object that was made in a room.
pub(super) fn series(object: &mut InMemDicomObject, modality: &str, made: &MadeHere) {
    let number = made.number.to_string();
    for (tag, vr, value) in [
        (tags::MODALITY, VR::CS, modality),
        (tags::SERIES_INSTANCE_UID, VR::UI, made.series.as_str()),
        (tags::SERIES_NUMBER, VR::IS, &number),
        (tags::SERIES_DESCRIPTION, VR::LO, &made.description),
        (tags::SERIES_DATE, VR::DA, &made.at.date),
        (tags::SERIES_TIME, VR::TM, &made.at.time),
        (tags::CONTENT_DATE, VR::DA, &made.at.date),
        (tags::CONTENT_TIME, VR::TM, &made.at.time),
        (tags::MANUFACTURER, VR::LO, "Yuanyi"),
        (tags::MANUFACTURER_MODEL_NAME, VR::LO, "room to DICOM"),
        (tags::DEVICE_SERIAL_NUMBER, VR::LO, "1"),
        (tags::SOFTWARE_VERSIONS, VR::LO, env!("CARGO_PKG_VERSION")),
        (tags::INSTANCE_NUMBER, VR::IS, "1"),
    ] {
        put(object, tag, vr, value);
    }
}

/// A reference to one image: an object, or a frame of it.
pub(super) fn reference(image: &MarkedImage) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    for (tag, uid) in [
        (tags::REFERENCED_SOP_CLASS_UID, &image.class),
        (tags::REFERENCED_SOP_INSTANCE_UID, &image.sop),
    ] {
        put(&mut item, tag, VR::UI, uid.as_str());
    }
    if let Some(frame) = image.frame {
        let frame = frame.to_string();
        put(&mut item, tags::REFERENCED_FRAME_NUMBER, VR::IS, frame);
    }
    item
}

/// A reference to the whole object that an image is of.
pub(super) fn object_reference(image: &MarkedImage) -> InMemDicomObject {
    let whole = MarkedImage {
        frame: None,
        ..image.clone()
    };
    reference(&whole)
}

/// A series and those of its images that are referred to.
pub(super) fn series_item(
    series: &MarkedSeries,
    references: Vec<InMemDicomObject>,
    sequence: dicom_core::Tag,
) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(
        &mut item,
        tags::SERIES_INSTANCE_UID,
        VR::UI,
        PrimitiveValue::from(series.uid.as_str()),
    );
    put_items(&mut item, sequence, references);
    item
}

/// References to the objects that images are of, each once.
pub(super) fn objects_of(images: &[&MarkedImage]) -> Vec<InMemDicomObject> {
    let mut named = std::collections::BTreeSet::new();
    let images = images.iter().filter(|image| named.insert(&image.sop));
    images.map(|image| object_reference(image)).collect()
}

/// The images that the marks lie on, each once, in the series' order.
pub(super) fn images_of<'a>(
    series: &'a MarkedSeries,
    marks: &[Mark],
) -> Result<Vec<&'a MarkedImage>, CreateError> {
    let points = marks.iter().flat_map(|mark| &mark.points_lps_mm);
    let touched: Vec<&MarkedImage> = points.filter_map(|at| series.image_at(*at)).collect();
    let images: Vec<&MarkedImage> = series
        .images
        .iter()
        .filter(|image| touched.iter().any(|touched| touched.is(image)))
        .collect();
    if images.is_empty() {
        Err(CreateError::Nothing)
    } else {
        Ok(images)
    }
}
