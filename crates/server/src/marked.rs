//! What was measured and noted in a room, put beside the images as DICOM objects.

use std::collections::BTreeMap;

use bytes::Bytes;
use dicom::{
    Grid,
    create::{
        CreateError, MadeHere, Mark, MarkKind, MarkedImage, MarkedSeries, Moment, Person, Study,
        context_of, derived_uid, marked_frames, measurement_report, presentation_state,
    },
};
use jiff::tz::TimeZone;
use record::Instance;
use room::{Entity, EntityId, Hologram, MeasureKind, Placed, World};
use serde_json::Value;
use vocabulary::{RoomId, Timestamp, Uid};

/// A hologram with the marks on it, and those that cannot be written.
pub struct Marked {
    /// The hologram.
    pub hologram: Hologram,
    /// Its marks, in the order of their numbers.
    pub marks: Vec<Mark>,
    /// Whether lines were drawn, which no report and no picture of a slice can carry.
    pub has_lines: bool,
    /// When the last of them was put there.
    pub at: Timestamp,
}

/// The holograms of a room that have marks on them.
pub fn marked(room: &RoomId, world: &World) -> Vec<Marked> {
    let holograms = world.entities().iter().filter_map(|(id, placed)| {
        let Entity::Hologram(hologram) = &placed.entity else {
            return None;
        };
        let marks: Vec<(EntityId, &Placed)> = world.marks(*id).collect();
        let at = marks.iter().map(|(_, placed)| placed.at).max()?;
        let has_lines = marks
            .iter()
            .any(|(_, placed)| matches!(placed.entity, Entity::Stroke(_)));
        let marks = marks
            .into_iter()
            .filter_map(|(id, placed)| mark(room, id, placed))
            .collect();
        Some(Marked {
            hologram: hologram.clone(),
            marks,
            has_lines,
            at,
        })
    });
    holograms
        .filter(|marked| marked.has_lines || !marked.marks.is_empty())
        .collect()
}

/// A mark as DICOM has it; a measure without a result says nothing.
fn mark(room: &RoomId, id: EntityId, placed: &Placed) -> Option<Mark> {
    let (label, kind, points_lps_mm) = match &placed.entity {
        // What lies at the place is kept as a nodule, where somebody keeps it.
        // A line that was drawn points at something while people speak, and says nothing of its own.
        Entity::Hologram(_)
        | Entity::Nodule(_)
        | Entity::Stroke(_)
        | Entity::Line(_)
        | Entity::Board(_)
        | Entity::Page(_)
        | Entity::Ink(_)
        | Entity::BoardNote(_) => return None,
        Entity::Landmark(landmark) => {
            let kind = MarkKind::Note(landmark.name.clone());
            ("Landmark", kind, vec![landmark.at_lps_mm])
        }
        Entity::Measure(measure) => {
            let value = *measure.value.value()?;
            let (label, kind) = match measure.kind {
                MeasureKind::Length => ("Length", MarkKind::LengthMm(value)),
                MeasureKind::Hu => ("Value", MarkKind::Hu(value)),
                MeasureKind::Angle => ("Angle", MarkKind::AngleDeg(value)),
                MeasureKind::Volume => ("Volume", MarkKind::VolumeMl(value)),
            };
            (label, kind, measure.points_lps_mm.clone())
        }
        Entity::Annotation(note) => {
            let kind = MarkKind::Note(note.text.clone());
            ("Note", kind, vec![note.at_lps_mm])
        }
    };
    let of = match &placed.entity {
        Entity::Measure(measure) => measure.layer.as_deref(),
        _ => None,
    };
    let label = of.map_or(label.to_owned(), |of| format!("{label} of {of}"));
    Some(Mark {
        label: format!("{label} {id}"),
        uid: derived_uid(&["room mark", room.as_str(), &id.to_string()]),
        by: placed.by.to_string(),
        kind,
        points_lps_mm,
    })
}

/// A series with the places of its images, from the index; images without a place are left out.
pub fn marked_series(uid: &Uid, instances: &[Instance]) -> Option<MarkedSeries> {
    let first = instances.first()?;
    let frame = text(&first.attributes, "00200052")?;
    let images: Vec<MarkedImage> = instances.iter().filter_map(image).collect();
    let slope = numbers(&first.attributes, "00281053");
    let intercept = numbers(&first.attributes, "00281052");
    let rescale = match (slope.first(), intercept.first()) {
        (Some(slope), Some(intercept)) => Some([*slope, *intercept]),
        _ => None,
    };
    let series = MarkedSeries {
        uid: uid.clone(),
        frame_of_reference: Uid::new(frame).ok()?,
        rescale,
        images,
    };
    (!series.images.is_empty()).then(|| in_place(series))
}

/// A series with whose it is, from the file of one of its images. `series` is what the index knows of it; where
/// images are frames of one object, only the object knows their places. `None` where they are no stack in the
/// patient.
pub fn in_study(
    file: &Bytes,
    series: Option<MarkedSeries>,
) -> Option<(MarkedSeries, Person, Study)> {
    let (person, study) = context_of(file).ok()?;
    let series = series.or_else(|| marked_frames(file).map(in_place))?;
    Some((series, person, study))
}

/// A series with its images in the order of their places, and the distance between two of them.
pub fn in_place(mut series: MarkedSeries) -> MarkedSeries {
    if let Some(spacing) = slice_spacing_mm(&mut series.images) {
        for image in &mut series.images {
            image.grid.spacing_mm[2] = spacing;
        }
    }
    series
}

fn image(instance: &Instance) -> Option<MarkedImage> {
    let of = |tag| numbers(&instance.attributes, tag);
    let [xl, xp, xs, yl, yp, ys]: [f64; 6] = of("00200037").try_into().ok()?;
    let [row, column]: [f64; 2] = of("00280030").try_into().ok()?;
    let side = |tag| {
        let side = instance
            .attributes
            .get(tag)?
            .pointer("/Value/0")?
            .as_u64()?;
        usize::try_from(side).ok()
    };
    let normal = [xp * ys - xs * yp, xs * yl - xl * ys, xl * yp - xp * yl];
    let [zl, zp, zs] = normal;
    Some(MarkedImage {
        class: instance.class.clone(),
        sop: instance.sop.clone(),
        frame: None,
        grid: Grid {
            size: [side("00280011")?, side("00280010")?, 1],
            spacing_mm: [column, row, of("00180050").first().copied().unwrap_or(1.0)],
            origin_lps_mm: of("00200032").try_into().ok()?,
            direction_lps: [xl, xp, xs, yl, yp, ys, zl, zp, zs],
        },
    })
}

/// Puts images into the order of their places and answers the least distance between two.
fn slice_spacing_mm(images: &mut [MarkedImage]) -> Option<f64> {
    let place = |image: &MarkedImage| {
        let [_, _, normal] = image.grid.axes();
        let at = normal.iter().zip(image.grid.origin_lps_mm);
        at.map(|(n, at)| n * at).sum::<f64>()
    };
    images.sort_by(|a, b| place(a).total_cmp(&place(b)));
    let next = images.iter().skip(1);
    let gaps = images.iter().zip(next).map(|(a, b)| place(b) - place(a));
    gaps.filter(|gap| *gap > 1e-3).min_by(f64::total_cmp)
}

fn numbers(attributes: &Value, tag: &str) -> Vec<f64> {
    let values = attributes.get(tag).and_then(|value| value.get("Value"));
    let values = values.and_then(Value::as_array);
    values
        .into_iter()
        .flatten()
        .filter_map(Value::as_f64)
        .collect()
}

fn text(attributes: &Value, tag: &str) -> Option<String> {
    let value = attributes.get(tag)?.pointer("/Value/0")?.as_str()?;
    Some(value.to_owned())
}

/// The files of a report and of a presentation state. The same marks make the same files, so writing them out
/// twice adds nothing.
pub fn files(
    room: &RoomId,
    (person, study): (&Person, &Study),
    of: &MarkedSeries,
    marked: &Marked,
    zone: &TimeZone,
) -> Result<Vec<Vec<u8>>, CreateError> {
    let state = state_of(&marked.marks);
    let made = |what: &str, number, description: &str| MadeHere {
        series: derived_uid(&["room", room.as_str(), of.uid.as_str(), what, &state]),
        number,
        description: description.to_owned(),
        at: moment(marked.at, zone),
    };
    let report = made("report", 9_001, "Measurements of a room");
    let shown = made("state", 9_002, "Marks of a room");
    let window = &marked.hologram.window;
    let window_hu = [window.centre_hu, window.width_hu];
    Ok(vec![
        measurement_report(person, study, of, &marked.marks, &report)?,
        presentation_state(person, study, of, &marked.marks, window_hu, &shown)?,
    ])
}

/// What tells one set of marks from another.
fn state_of(marks: &[Mark]) -> String {
    let all: BTreeMap<&str, String> = marks
        .iter()
        .map(|mark| (mark.uid.as_str(), format!("{mark:?}")))
        .collect();
    derived_uid(&[&format!("{all:?}")]).to_string()
}

/// A time as DICOM writes it, by the clocks of a time zone: it says no offset.
pub fn moment(at: Timestamp, zone: &TimeZone) -> Moment {
    let instant = jiff::Timestamp::from_millisecond(at.0).unwrap_or_default();
    let there = zone.to_datetime(instant);
    Moment {
        date: there.strftime("%Y%m%d").to_string(),
        time: there.strftime("%H%M%S").to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_in_the_morning_is_of_that_day_where_the_hospital_is() {
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let at = "2026-11-28T22:30:05Z".parse().unwrap();
        let Moment { date, time } = moment(at, &china);
        assert_eq!([date, time], ["20261129", "063005"]);
    }
}
