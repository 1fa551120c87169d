//! Marks that were drawn on pictures, as objects: a measurement report, a presentation state and a key object
//! selection. They refer to pixels of images (SCOORD), so that also images without a place in the patient have
//! them.

use std::collections::BTreeMap;

use dicom_core::{PrimitiveValue, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use vocabulary::Uid;

use super::{
    Code, CreateError, MadeHere, Person, Study, common, decimal, derived_uid, file, graphic,
    marks::series, put, put_items, tree,
};
use crate::drawn::{MeasuredValue, NewMark, NewMarkKind, Sheet, ValueName};

/// A mark with its picture and what was measured.
#[derive(Clone, Copy, Debug)]
pub struct DrawnMark<'a> {
    /// The mark.
    pub mark: &'a NewMark,
    /// Its own UID, the same each time it is written.
    pub uid: &'a Uid,
    /// The picture on which it stands.
    pub on: &'a Sheet,
    /// What was measured.
    pub values: &'a [MeasuredValue],
}

/// Makes a measurement report (Comprehensive 3D SR, TID 1500) about marks of one study, as a whole file.
pub fn drawn_report(
    person: &Person,
    study: &Study,
    by: &str,
    marks: &[DrawnMark<'_>],
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let sheets = sheets(marks);
    if sheets.is_empty() {
        return Err(CreateError::Nothing);
    }
    let instance = derived_uid(&[made.series.as_str(), "report"]);
    let mut object = common(person, study, uids::COMPREHENSIVE3_DSR_STORAGE, &instance);
    series(&mut object, "SR", made);
    tree::report(&mut object, study, by_series(&sheets));
    let library = objects(&sheets).map(|sheet| image("CONTAINS", sheet, false));
    let groups = marks.iter().map(group).collect();
    tree::measurement_root(&mut object, &[by], library.collect(), groups);
    file(object)
}

/// Makes a presentation state of the marks on one series, as a whole file. A series with colours gets one for
/// colours, which has no windows.
pub fn drawn_state(
    person: &Person,
    study: &Study,
    by: &str,
    marks: &[DrawnMark<'_>],
    window: Option<[f64; 2]>,
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    let sheets = sheets(marks);
    let first = *sheets.first().ok_or(CreateError::Nothing)?;
    let instance = derived_uid(&[made.series.as_str(), "presentation state"]);
    let class = if first.is_colour {
        uids::COLOR_SOFTCOPY_PRESENTATION_STATE_STORAGE
    } else {
        uids::GRAYSCALE_SOFTCOPY_PRESENTATION_STATE_STORAGE
    };
    let mut object = common(person, study, class, &instance);
    series(&mut object, "PR", made);
    graphic::identification(&mut object, "MARKS", by, made);
    if first.is_colour {
        colours(&mut object)?;
    } else {
        shades(&mut object, first, window.or(first.window));
    }
    let mut referenced = InMemDicomObject::new_empty();
    let uid = first.at.series.as_str();
    put(&mut referenced, tags::SERIES_INSTANCE_UID, VR::UI, uid);
    let images = sheets.iter().map(|sheet| reference(sheet, true)).collect();
    put_items(&mut referenced, tags::REFERENCED_IMAGE_SEQUENCE, images);
    put_items(
        &mut object,
        tags::REFERENCED_SERIES_SEQUENCE,
        vec![referenced],
    );
    let areas = sheets
        .iter()
        .map(|sheet| graphic::area(vec![reference(sheet, true)], sheet.size, sheet.spacing_mm));
    let areas = areas.collect();
    put_items(&mut object, tags::DISPLAYED_AREA_SELECTION_SEQUENCE, areas);
    let annotations = sheets.iter().map(|sheet| {
        let here = marks.iter().filter(|mark| mark.on.at == sheet.at);
        let (texts, graphics) = here.map(|mark| (words(mark), drawn(mark.mark))).unzip();
        graphic::annotation(vec![reference(sheet, true)], texts, graphics)
    });
    graphic::annotations(&mut object, annotations.collect());
    file(object)
}

/// Makes a key object selection (PS3.3 A.35.4, TID 2010), as a whole file.
pub fn key_objects(
    person: &Person,
    study: &Study,
    by: &str,
    images: &[&Sheet],
    made: &MadeHere,
) -> Result<Vec<u8>, CreateError> {
    if images.is_empty() {
        return Err(CreateError::Nothing);
    }
    let instance = derived_uid(&[made.series.as_str(), "key objects"]);
    let class = uids::KEY_OBJECT_SELECTION_DOCUMENT_STORAGE;
    let mut object = common(person, study, class, &instance);
    series(&mut object, "KO", made);
    let step = tags::REFERENCED_PERFORMED_PROCEDURE_STEP_SEQUENCE;
    put_items(&mut object, step, vec![]);
    tree::evidence(&mut object, study, by_series(images));
    put(&mut object, tags::VALUE_TYPE, VR::CS, "CONTAINER");
    put(&mut object, tags::CONTINUITY_OF_CONTENT, VR::CS, "SEPARATE");
    let title = Code::dcm("113000", "Of Interest").item();
    put_items(&mut object, tags::CONCEPT_NAME_CODE_SEQUENCE, vec![title]);
    tree::template(&mut object, "2010");
    let mut content = tree::person(by).to_vec();
    content.extend(images.iter().map(|sheet| image("CONTAINS", sheet, true)));
    put_items(&mut object, tags::CONTENT_SEQUENCE, content);
    file(object)
}

/// The pictures that marks stand on, each once, in order.
fn sheets<'a>(marks: &[DrawnMark<'a>]) -> Vec<&'a Sheet> {
    let all: BTreeMap<_, _> = marks.iter().map(|mark| (&mark.on.at, mark.on)).collect();
    all.into_values().collect()
}

/// The objects of pictures, each once.
fn objects<'a>(sheets: &[&'a Sheet]) -> impl Iterator<Item = &'a Sheet> {
    let all: BTreeMap<_, _> = sheets.iter().map(|sheet| (&sheet.at.sop, *sheet)).collect();
    all.into_values()
}

/// The objects of pictures, by series.
fn by_series(sheets: &[&Sheet]) -> Vec<InMemDicomObject> {
    let mut found: BTreeMap<&str, Vec<InMemDicomObject>> = BTreeMap::new();
    for sheet in objects(sheets) {
        let series = found.entry(&sheet.at.series).or_default();
        series.push(reference(sheet, false));
    }
    let item = |(uid, objects): (&str, Vec<InMemDicomObject>)| {
        let mut item = InMemDicomObject::new_empty();
        put(&mut item, tags::SERIES_INSTANCE_UID, VR::UI, uid);
        put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, objects);
        item
    };
    found.into_iter().map(item).collect()
}

/// A reference to a picture, or to the whole object that it is of.
fn reference(sheet: &Sheet, with_frame: bool) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    for (tag, uid) in [
        (tags::REFERENCED_SOP_CLASS_UID, sheet.class.as_str()),
        (tags::REFERENCED_SOP_INSTANCE_UID, &sheet.at.sop),
    ] {
        put(&mut item, tag, VR::UI, uid);
    }
    if with_frame && sheet.frames > 1 {
        let frame = sheet.at.frame.to_string();
        put(&mut item, tags::REFERENCED_FRAME_NUMBER, VR::IS, frame);
    }
    item
}

/// An image as content of a report.
fn image(relation: &str, sheet: &Sheet, with_frame: bool) -> InMemDicomObject {
    let mut item = InMemDicomObject::new_empty();
    put(&mut item, tags::RELATIONSHIP_TYPE, VR::CS, relation);
    put(&mut item, tags::VALUE_TYPE, VR::CS, "IMAGE");
    let references = vec![reference(sheet, with_frame)];
    put_items(&mut item, tags::REFERENCED_SOP_SEQUENCE, references);
    item
}

/// One mark: a region by TID 1410, anything else by TID 1501.
fn group(drawn: &DrawnMark<'_>) -> InMemDicomObject {
    let mark = drawn.mark;
    let mut content = Vec::new();
    let is_region = matches!(mark.kind, NewMarkKind::Rectangle | NewMarkKind::Ellipse);
    if is_region {
        content.push(place(
            "CONTAINS",
            &Code::dcm("111030", "Image Region"),
            drawn,
        ));
    }
    for value in drawn.values {
        let mut item = number(value, drawn.on);
        if !is_region {
            let path = place("INFERRED FROM", &Code::dcm("121055", "Path"), drawn);
            put_items(&mut item, tags::CONTENT_SEQUENCE, vec![path]);
        }
        content.push(item);
    }
    if let Some(text) = mark.text.as_deref().filter(|text| !text.trim().is_empty()) {
        let mut item = tree::comment(text);
        if mark.kind == NewMarkKind::Text {
            let path = place("INFERRED FROM", &Code::dcm("121055", "Path"), drawn);
            put_items(&mut item, tags::CONTENT_SEQUENCE, vec![path]);
        }
        content.push(item);
    }
    if drawn.on.is_at_detector && drawn.on.spacing_mm.is_some() && measures_space(mark.kind) {
        content.push(tree::comment(
            "Measured at the detector; not corrected for magnification",
        ));
    }
    let template = if is_region { "1410" } else { "1501" };
    tree::group(template, &mark.label, drawn.uid.as_str(), content)
}

fn measures_space(kind: NewMarkKind) -> bool {
    matches!(
        kind,
        NewMarkKind::Length | NewMarkKind::Rectangle | NewMarkKind::Ellipse
    )
}

/// A measured value as content of a report.
fn number(value: &MeasuredValue, on: &Sheet) -> InMemDicomObject {
    let intensity = match on.modality.as_str() {
        "CT" if on.unit == "HU" => Code::dcm("112031", "Attenuation Coefficient"),
        "MR" => Code::dcm("110852", "MR signal intensity"),
        _ => Code::of("99YUANYI", "PIXEL-VALUE", "Pixel value"),
    };
    let (name, derivation) = match value.name {
        ValueName::Length => (Code::snomed("410668003", "Length"), None),
        ValueName::Angle => (Code::snomed("1483009", "Angle"), None),
        ValueName::Area => (Code::snomed("42798000", "Area"), None),
        ValueName::Value => (intensity, None),
        ValueName::Mean => (intensity, Some(("373098007", "Mean"))),
        ValueName::Deviation => (intensity, Some(("386136009", "Standard Deviation"))),
        ValueName::Minimum => (intensity, Some(("255605001", "Minimum"))),
        ValueName::Maximum => (intensity, Some(("56851009", "Maximum"))),
    };
    let mut item = tree::number(&name, value.value, &unit(&value.unit));
    if let Some((code, meaning)) = derivation {
        let modifier = tree::concept(
            "HAS CONCEPT MOD",
            &Code::dcm("121401", "Derivation"),
            &Code::snomed(code, meaning),
        );
        put_items(&mut item, tags::CONTENT_SEQUENCE, vec![modifier]);
    }
    item
}

/// A unit by UCUM; what an object names in words of its own stands in braces.
fn unit(unit: &str) -> Code {
    match unit {
        "mm" => Code::ucum("mm", "millimeter"),
        "mm²" => Code::ucum("mm2", "square millimeter"),
        "°" => Code::ucum("deg", "degree"),
        "HU" => Code::ucum("[hnsf'U]", "Hounsfield unit"),
        "px" => Code::ucum("{pixels}", "pixels"),
        "px²" => Code::ucum("{pixels}2", "square pixels"),
        other
            if (1..=14).contains(&other.len())
                && other.bytes().all(|b| b.is_ascii_alphanumeric()) =>
        {
            Code::ucum(&format!("{{{other}}}"), other)
        }
        _ => Code::ucum("1", "no units"),
    }
}

/// Where a mark lies on its picture.
fn place(relation: &str, name: &Code, drawn: &DrawnMark<'_>) -> InMemDicomObject {
    let (kind, points) = shape(drawn.mark);
    let mut item = tree::node(relation, "SCOORD", name);
    put(&mut item, tags::GRAPHIC_TYPE, VR::CS, kind);
    let data = PrimitiveValue::F32(points.iter().flatten().copied().collect());
    put(&mut item, tags::GRAPHIC_DATA, VR::FL, data);
    let image = image("SELECTED FROM", drawn.on, true);
    put_items(&mut item, tags::CONTENT_SEQUENCE, vec![image]);
    item
}

/// A mark as graphic type and points.
fn shape(mark: &NewMark) -> (&'static str, Vec<[f32; 2]>) {
    let corner = |[x, y]: [f64; 2]| graphic::from_corner([x, y]);
    match (mark.kind, mark.points.as_slice()) {
        (NewMarkKind::Rectangle, &[[ax, ay], [bx, by]]) => {
            let around = [[ax, ay], [bx, ay], [bx, by], [ax, by], [ax, ay]];
            ("POLYLINE", around.map(corner).to_vec())
        }
        (NewMarkKind::Ellipse, &[[ax, ay], [bx, by]]) => {
            let [cx, cy] = [f64::midpoint(ax, bx), f64::midpoint(ay, by)];
            let across = [[ax.min(bx), cy], [ax.max(bx), cy]];
            let down = [[cx, ay.min(by)], [cx, ay.max(by)]];
            // The major axis first.
            let axes = if (bx - ax).abs() >= (by - ay).abs() {
                [across, down]
            } else {
                [down, across]
            };
            ("ELLIPSE", axes.concat().into_iter().map(corner).collect())
        }
        (_, [one]) => ("POINT", vec![corner(*one)]),
        (_, points) => ("POLYLINE", points.iter().map(|at| corner(*at)).collect()),
    }
}

fn drawn(mark: &NewMark) -> InMemDicomObject {
    let (kind, points) = shape(mark);
    graphic::graphic(kind, &points)
}

/// The words beside a mark: what it is called and what was measured, or what was written.
fn words(drawn: &DrawnMark<'_>) -> InMemDicomObject {
    let mark = drawn.mark;
    let measured = drawn.values.iter().filter_map(|value| {
        let digits = usize::from(value.unit != "HU");
        let name = match value.name {
            ValueName::Length | ValueName::Angle | ValueName::Value | ValueName::Area => "",
            ValueName::Mean => "mean ",
            ValueName::Deviation => "SD ",
            ValueName::Minimum | ValueName::Maximum => return None,
        };
        let text = format!("{name}{:.digits$} {}", value.value, value.unit);
        Some(text.trim_end().to_owned())
    });
    let mut lines: Vec<String> = Vec::new();
    if mark.kind != NewMarkKind::Text {
        let measured: Vec<String> = measured.collect();
        lines.push(format!("{}: {}", mark.label, measured.join(", ")));
    }
    lines.extend(mark.text.clone());
    let (_, points) = shape(mark);
    let at = points.last().copied().unwrap_or_default();
    graphic::text(&lines.join("\n"), at)
}

/// From stored values to shades, as the images have it: what a state leaves out is not applied (PS3.4 N.2).
fn shades(object: &mut InMemDicomObject, of: &Sheet, window: Option<[f64; 2]>) {
    put(object, tags::PRESENTATION_LUT_SHAPE, VR::CS, "IDENTITY");
    if let Some(table) = &of.table {
        put_items(object, tags::MODALITY_LUT_SEQUENCE, vec![table.clone()]);
    } else if let Some([slope, intercept]) = of.rescale {
        let unit = if of.unit.is_empty() { "US" } else { &of.unit };
        let intercept = decimal(intercept);
        put(object, tags::RESCALE_INTERCEPT, VR::DS, intercept);
        put(object, tags::RESCALE_SLOPE, VR::DS, decimal(slope));
        put(object, tags::RESCALE_TYPE, VR::LO, unit);
    }
    if let Some(window) = window {
        let items = vec![graphic::window(window)];
        put_items(object, tags::SOFTCOPY_VOILUT_SEQUENCE, items);
    }
}

/// What numbers of colours mean: those of screens.
fn colours(object: &mut InMemDicomObject) -> Result<(), CreateError> {
    let profile = moxcms::ColorProfile::new_srgb().encode();
    let mut profile = profile.map_err(|error| CreateError::Write(error.to_string()))?;
    if profile.len() % 2 == 1 {
        profile.push(0);
    }
    let profile = PrimitiveValue::U8(profile.into());
    put(object, tags::ICC_PROFILE, VR::OB, profile);
    put(object, tags::COLOR_SPACE, VR::CS, "SRGB");
    Ok(())
}
