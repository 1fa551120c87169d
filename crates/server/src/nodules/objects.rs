//! A kept nodule as DICOM objects: a binary segmentation with its identity, and a measurement report of it.

use dicom::{
    create::{
        Algorithm, Code, CreateError, MadeHere, MarkedSeries, MeasuredNumber, MeasuredSegment,
        Moment, NewSegment, NewSegmentation, Person, SegmentCoding, SegmentedSeries, Study,
        Tracking, Voxels, derived_uid, segment_report, segmentation,
    },
    pcs_of_colour,
};
use vocabulary::Uid;
use volume::{BoxedMask, Cut, Grid, Mask, Plane, VolumeError, nodule::NoduleMeasures};

use super::WholeVolume;
use crate::masks::{NODULE_MODEL, segmented};

/// As the surfaces of lesions are coloured.
const COLOUR: &str = "#f5c518";
/// Storage class of segmentations.
const SEGMENTATION: &str = "1.2.840.10008.5.1.4.1.1.66.4";
/// What every reader of the objects must know.
const RESEARCH: &str =
    "For research only: made by a program that is no medical device; a physician decides.";

/// A nodule to be kept.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Its voxels.
    pub mask: BoxedMask,
    /// What people call it.
    pub label: String,
    /// What it is known by; a new one is made for a nodule that nobody has seen before.
    pub tracking_uid: Option<Uid>,
    /// Whether somebody changed what the program proposed.
    pub by_hand: bool,
    /// Who keeps it, as DICOM may write the name.
    pub by: String,
    /// When.
    pub at: Moment,
}

/// The files of a kept nodule.
pub struct Files {
    /// The segmentation, then the report.
    pub files: [Vec<u8>; 2],
    /// What the nodule is known by from now on.
    pub tracking_uid: Uid,
}

/// Why a nodule cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum KeepError {
    /// The mask cannot be measured.
    #[error(transparent)]
    Volume(#[from] VolumeError),
    /// The images are no stack in the patient, so nothing can refer to them.
    #[error("keep the nodule: its images are no stack in the patient")]
    NoStack,
    /// The objects could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
}

/// The files of a nodule. The same mask under the same name and identity makes the same objects.
pub fn files(
    volume: &WholeVolume,
    (of, person, study): &(MarkedSeries, Person, Study),
    new: &Drawn,
) -> Result<Files, KeepError> {
    let measures = volume.measure(&new.mask)?;
    let series = segmented(of).ok_or(KeepError::NoStack)?;
    let shape = format!("{:?}", new.mask);
    let tracking_uid = new
        .tracking_uid
        .clone()
        .unwrap_or_else(|| derived_uid(&["nodule", of.uid.as_str(), &shape, &new.label]));
    let tracking = Tracking {
        label: new.label.clone(),
        uid: tracking_uid.clone(),
    };
    let parts = [of.uid.as_str(), &shape, &new.label, tracking_uid.as_str()];
    let uid = |what| derived_uid(&[&[what], &parts[..]].concat());
    let (seg_series, method) = (uid("nodule segmentation"), method(new.by_hand));
    let (grid, mask) = on_box(volume, &new.mask)?;
    let voxels = InBox {
        cut: Cut::of(&mask, &grid),
        of: &series,
    };
    let seg = NewSegmentation {
        uid: seg_series.clone(),
        number: 9_006,
        description: "Nodule".to_owned(),
        model: NODULE_MODEL,
        at: new.at.clone(),
        coding: SegmentCoding::Binary,
        segments: vec![segment(new, tracking.clone(), method)],
    };
    let measured = MeasuredSegment {
        tracking,
        segmentation: [
            known(SEGMENTATION)?,
            derived_uid(&[seg_series.as_str(), "1"]),
        ],
        series: seg_series,
        number: 1,
        finding: Code::snomed("27925004", "Nodule"),
        site: Code::snomed("39607008", "Lung"),
        numbers: numbers(&measures),
        comments: comments(&measures, method),
    };
    let made = MadeHere {
        series: uid("nodule report"),
        number: 9_007,
        description: "Measurements of a nodule".to_owned(),
        at: new.at.clone(),
    };
    // The report speaks of the images in which the nodule lies.
    let seen = MarkedSeries {
        images: of
            .images
            .iter()
            .filter(|image| {
                series.slices.iter().zip(0..).any(|(slice, at)| {
                    (&slice.sop, slice.frame) == (&image.sop, image.frame)
                        && voxels.slice(0, at).is_some()
                })
            })
            .cloned()
            .collect(),
        ..of.clone()
    };
    Ok(Files {
        files: [
            segmentation(person, study, &series, &seg, &voxels)?,
            segment_report(person, study, &seen, &new.by, &measured, &made)?,
        ],
        tracking_uid,
    })
}

fn known(uid: &str) -> Result<Uid, CreateError> {
    Uid::new(uid).map_err(|error| CreateError::Write(error.to_string()))
}

fn method(by_hand: bool) -> &'static str {
    if by_hand {
        "Yuanyi nodule outline from a point, edited by hand"
    } else {
        "Yuanyi nodule outline from a point"
    }
}

fn segment(new: &Drawn, tracking: Tracking, method: &str) -> NewSegment {
    NewSegment {
        label: new.label.clone(),
        category: Code::snomed("49755003", "Morphologically Abnormal Structure"),
        kind: Code::snomed("27925004", "Nodule"),
        side: None,
        region: Some(Code::snomed("39607008", "Lung")),
        algorithm: Algorithm::SemiAutomatic(method.to_owned()),
        colour_cielab: pcs_of_colour(COLOUR),
        tracking: Some(tracking),
    }
}

/// The box of a mask as a grid, and the mask on it.
fn on_box(volume: &WholeVolume, mask: &BoxedMask) -> Result<(Grid, Mask), VolumeError> {
    let grid = volume.manifest.grid();
    let (of, mask) = mask.mask_within(&grid)?;
    Ok((of.grid(&grid), mask))
}

/// A mask on a box, seen in the planes of the images.
struct InBox<'a> {
    cut: Cut<'a>,
    of: &'a SegmentedSeries,
}

impl Voxels for InBox<'_> {
    fn slice(&self, _: usize, slice: usize) -> Option<Vec<u8>> {
        let place = self.of.slices.get(slice)?;
        let [dx, dy, _] = self.of.spacing_mm;
        self.cut.by(&Plane {
            size: self.of.size,
            spacing_mm: [dx, dy],
            origin_lps_mm: place.position_lps_mm,
            axes_lps: self.of.axes_lps,
        })
    }
}

/// The measurements in codes of DICOM and SNOMED CT, and codes of our own where they have none.
fn numbers(measures: &NoduleMeasures) -> Vec<MeasuredNumber> {
    let mm = || Code::ucum("mm", "millimeter");
    let mm3 = || Code::ucum("mm3", "cubic millimeter");
    let mg = || Code::ucum("mg", "milligram");
    let hu = || Code::ucum("[hnsf'U]", "Hounsfield unit");
    let mean = || Some(Code::snomed("373098007", "Mean"));
    let own = |value, meaning| Code::of("99YUANYI", value, meaning);
    let attenuation = || Code::dcm("112031", "Attenuation Coefficient");
    let number = |concept, derivation, value, unit| MeasuredNumber {
        concept,
        derivation,
        value,
        unit,
    };
    let mut numbers = vec![
        number(
            Code::snomed("118565006", "Volume"),
            None,
            measures.volume_mm3,
            mm3(),
        ),
        number(
            Code::snomed("103339001", "Long Axis"),
            None,
            measures.long_axis_mm,
            mm(),
        ),
        number(
            Code::snomed("103340004", "Short Axis"),
            None,
            measures.short_axis_mm,
            mm(),
        ),
        number(
            Code::snomed("81827009", "Diameter"),
            mean(),
            measures.mean_diameter_mm,
            mm(),
        ),
        number(attenuation(), mean(), measures.mean_hu, hu()),
        number(
            attenuation(),
            Some(Code::snomed("386136009", "Standard Deviation")),
            measures.sd_hu,
            hu(),
        ),
        number(
            Code::snomed("118538004", "Mass"),
            None,
            measures.mass_mg,
            mg(),
        ),
    ];
    if let Some(solid) = &measures.solid {
        numbers.extend([
            number(
                own("SOLID-VOLUME", "Volume of the solid part"),
                None,
                solid.volume_mm3,
                mm3(),
            ),
            number(
                own("SOLID-DIAMETER", "Mean diameter of the solid part"),
                None,
                solid.mean_diameter_mm,
                mm(),
            ),
        ]);
    }
    numbers
}

fn comments(measures: &NoduleMeasures, method: &str) -> Vec<String> {
    let mut comments = vec![
        RESEARCH.to_owned(),
        format!("Outline: {method}."),
        format!("Density: {}.", measures.kind.label().en),
        format!("Method: {}.", measures.method.en),
        format!("Error: {}.", measures.error.en),
    ];
    let rounded = measures.rounded.iter();
    comments.extend(rounded.map(|one| {
        let digits = usize::try_from(one.digits).unwrap_or(1);
        format!("{}: {:.digits$} mm", one.text.en, one.mm)
    }));
    comments.extend(measures.notices.iter().map(|notice| notice.text.en.clone()));
    comments
}
