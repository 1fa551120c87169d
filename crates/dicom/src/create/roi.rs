//! Measurements of a segment: Comprehensive 3D SR by template TID 1500 with a volumetric region (TID 1411).

use dicom_core::VR;
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{
    Code, CreateError, MadeHere, MarkedImage, MarkedSeries, Person, Study, Tracking, common,
    derived_uid, file,
    marks::{objects_of, series, series_item},
    put, put_items, tree,
};

/// A number that was measured on a segment.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredNumber {
    /// What was measured.
    pub concept: Code,
    /// How it was derived, such as a mean.
    pub derivation: Option<Code>,
    /// The number.
    pub value: f64,
    /// Its unit.
    pub unit: Code,
}

/// A segment of a segmentation with what was measured on it.
#[derive(Clone, Debug)]
pub struct MeasuredSegment {
    /// The one thing that it shows.
    pub tracking: Tracking,
    /// SOP class and instance UID of the segmentation.
    pub segmentation: [Uid; 2],
    /// Series instance UID of the segmentation.
    pub series: Uid,
    /// The segment's number.
    pub number: u16,
    /// What was found.
    pub finding: Code,
    /// Where it was found.
    pub site: Code,
    /// What was measured.
    pub numbers: Vec<MeasuredNumber>,
    /// What a reader must know of it: the method, its limits.
    pub comments: Vec<String>,
}

/// Makes a report of what was measured on a segment of a series, as a whole file; `by` is who kept it.
pub fn segment_report(
    person: &Person,
    study: &Study,
    of: &MarkedSeries,
    by: &str,
    measured: &MeasuredSegment,
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let images: Vec<&MarkedImage> = of.images.iter().collect();
    if images.is_empty() {
        return Err(CreateError::Nothing);
    }
    let instance = derived_uid(&[made.series.as_str(), "report"]);
    let mut object = common(person, study, uids::COMPREHENSIVE3_DSR_STORAGE, &instance);
    series(&mut object, "SR", made);
    let mut drawn = InMemDicomObject::new_empty();
    let uid = measured.series.as_str();
    put(&mut drawn, tags::SERIES_INSTANCE_UID, VR::UI, uid);
    let segmentation = vec![segmentation(measured)];
    put_items(&mut drawn, tags::REFERENCED_SOP_SEQUENCE, segmentation);
    let seen = series_item(of, objects_of(&images), tags::REFERENCED_SOP_SEQUENCE);
    tree::report(&mut object, study, vec![drawn, seen]);
    let group = group(of, measured);
    tree::measurement_root(&mut object, &[by], library(&images), vec![group]);
    file(object)
}

/// The images that were segmented (TID 1600).
fn library(images: &[&MarkedImage]) -> Vec<InMemDicomObject> {
    let entries = objects_of(images).into_iter().map(|object| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, "CONTAINS");
        put(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, vec![object]);
        item
    });
    entries.collect()
}

fn segmentation(measured: &MeasuredSegment) -> InMemDicomObject {
    let [class, sop] = &measured.segmentation;
    let mut item = InMemDicomObject::new_empty();
    for (tag, uid) in [
        (tags::REFERENCED_SOP_CLASS_UID, class),
        (tags::REFERENCED_SOP_INSTANCE_UID, sop),
    ] {
        put(&mut item, tag, VR::UI, uid.as_str());
    }
    item
}

/// The segment with its numbers (TID 1411).
fn group(of: &MarkedSeries, measured: &MeasuredSegment) -> InMemDicomObject {
    let mut reference = segmentation(measured);
    let number = dicom_core::PrimitiveValue::from(measured.number);
    put(
        &mut reference,
        tags::REFERENCED_SEGMENT_NUMBER,
        VR::US,
        number,
    );
    let mut segment = tree::node(
        "CONTAINS",
        "IMAGE",
        &Code::dcm("121191", "Referenced Segment"),
    );
    put_items(&mut segment, tags::REFERENCED_SOP_SEQUENCE, vec![reference]);
    let source = Code::dcm("121232", "Source series for segmentation");
    let mut source = tree::node("CONTAINS", "UIDREF", &source);
    put(&mut source, tags::UID, VR::UI, of.uid.as_str());
    let finding = Code::dcm("121071", "Finding");
    let site = Code::snomed("363698007", "Finding Site");
    let mut content = vec![
        tree::concept("CONTAINS", &finding, &measured.finding),
        segment,
        source,
        tree::concept("HAS CONCEPT MOD", &site, &measured.site),
    ];
    content.extend(measured.numbers.iter().map(number_of));
    content.extend(measured.comments.iter().map(|text| tree::comment(text)));
    let Tracking { label, uid } = &measured.tracking;
    tree::group("1411", label, uid.as_str(), content)
}

fn number_of(number: &MeasuredNumber) -> InMemDicomObject {
    let mut item = tree::number(&number.concept, number.value, &number.unit);
    if let Some(derivation) = &number.derivation {
        let name = Code::dcm("121401", "Derivation");
        let modifier = tree::concept("HAS CONCEPT MOD", &name, derivation);
        put_items(&mut item, tags::CONTENT_SEQUENCE, vec![modifier]);
    }
    item
}
