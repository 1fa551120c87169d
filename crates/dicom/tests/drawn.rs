//! Marks that were drawn on pictures: measured, written as objects, and read back as presentation states.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use dicom::{
    create::{DrawnMark, MadeSeries, derived_uid, drawn_report, drawn_state, presentation_state},
    drawn::{MeasuredValue, NewMark, NewMarkKind, NewMarks, Sheet, ValueName, measure},
    pixels::PixelFile,
    presentation::{GraphicKind, PresentationState, Shown, Units, read_presentation_state},
    read_report,
};

fn sheet(series: &MadeSeries) -> Sheet {
    let file = PixelFile::open(&series.files[1].1).unwrap();
    Sheet::of(&file, support::drawn(series)[0].at.clone(), true).unwrap()
}

fn values(mark: &NewMark, on: &Sheet) -> Vec<(ValueName, f64, String)> {
    let all = measure(mark, on).into_iter();
    all.map(|MeasuredValue { name, value, unit }| (name, value, unit))
        .collect()
}

#[test]
fn marks_are_measured_as_the_viewer_shows_them() {
    // Pixels of 0.5 by 0.75 mm; values count up from −1000 along rows of 16, and a slice has 192.
    let series = support::series([16, 12, 4]);
    let (marks, on) = (support::drawn(&series), sheet(&series));
    let value = |name, value, unit: &str| (name, value, unit.to_owned());
    assert_eq!(
        values(&marks[0], &on),
        [value(ValueName::Length, 3.0, "mm")]
    );
    let angle = values(&marks[1], &on);
    assert!((angle[0].1 - 90.0).abs() < 1e-9 && angle[0].2 == "°");
    let first = -1000.0 + 192.0;
    let mean = first + 1.5 * 16.0 + 2.0;
    assert_eq!(
        values(&marks[2], &on),
        [
            value(ValueName::Area, 0.75, "mm²"),
            value(ValueName::Mean, mean, "HU"),
            value(ValueName::Deviation, (64.0_f64 + 2.0 / 3.0).sqrt(), "HU"),
            value(ValueName::Minimum, first + 17.0, "HU"),
            value(ValueName::Maximum, first + 35.0, "HU"),
        ]
    );
    // Symmetric about (7, 4): the mean is the value there.
    let ellipse = values(&marks[3], &on);
    assert!((ellipse[0].1 - 9.0 * std::f64::consts::FRAC_PI_4).abs() < 1e-9);
    assert!((ellipse[1].1 - (first + 4.0 * 16.0 + 7.0)).abs() < 1e-9);
    assert_eq!(
        values(&marks[4], &on),
        [value(ValueName::Value, first + 69.0, "HU")]
    );
    assert_eq!(values(&marks[5], &on), []);
}

#[test]
fn without_a_size_of_pixels_nothing_is_in_millimetres() {
    let series = support::series([16, 12, 4]);
    let mut on = sheet(&series);
    on.spacing_mm = None;
    let marks = support::drawn(&series);
    assert_eq!(
        values(&marks[0], &on),
        [(ValueName::Length, 6.0, "px".to_owned())]
    );
    assert_eq!(
        values(&marks[2], &on)[0],
        (ValueName::Area, 2.0, "px²".to_owned())
    );
}

#[test]
fn what_cannot_be_kept_is_refused() {
    let series = support::series([16, 12, 4]);
    let (marks, on) = (support::drawn(&series), sheet(&series));
    let request = |mark: NewMark| NewMarks {
        marks: vec![mark],
        key_images: vec![],
        windows: vec![],
    };
    let of = |change: &dyn Fn(&mut NewMark)| {
        let mut mark = marks[0].clone();
        change(&mut mark);
        request(mark)
    };
    assert!(request(marks[0].clone()).check().is_ok());
    assert!(of(&|mark| mark.points.truncate(1)).check().is_err());
    assert!(of(&|mark| mark.points[0][0] = f64::NAN).check().is_err());
    assert!(of(&|mark| mark.label.clear()).check().is_err());
    assert!(
        of(&|mark| mark.text = Some("x".repeat(501)))
            .check()
            .is_err()
    );
    assert!(of(&|mark| mark.kind = NewMarkKind::Text).check().is_err());
    let twice = NewMarks {
        marks: vec![marks[0].clone(), marks[0].clone()],
        key_images: vec![],
        windows: vec![],
    };
    assert!(twice.check().is_err());
    let mut outside = marks[0].clone();
    outside.points[1] = [15.6, 3.0];
    assert!(outside.check_on(&on).is_err());
    outside.points[1] = [15.5, 3.0];
    assert!(outside.check_on(&on).is_ok());
}

/// The presentation state of the viewer's marks, read back.
fn state(series: &MadeSeries, window: Option<[f64; 2]>) -> PresentationState {
    let (marks, on) = (support::drawn(series), sheet(series));
    let values: Vec<_> = marks.iter().map(|mark| measure(mark, &on)).collect();
    let uid = derived_uid(&["mark"]);
    let marks: Vec<DrawnMark<'_>> = marks
        .iter()
        .zip(&values)
        .map(|(mark, values)| DrawnMark {
            mark,
            uid: &uid,
            on: &on,
            values,
        })
        .collect();
    let (person, study, made) = (support::person(), support::study(), support::made("drawn"));
    let file = drawn_state(&person, &study, "Chen", &marks, window, &made).unwrap();
    read_presentation_state(&file).unwrap()
}

#[test]
fn a_state_is_read_back_with_the_points_that_were_drawn() {
    let series = support::series([16, 12, 4]);
    let state = state(&series, Some([-600.0, 1500.0]));
    assert_eq!(state.creator, "Chen");
    assert_eq!(state.created.as_deref(), Some("2020-01-02T03:04:05"));
    assert!(state.left_out.is_empty(), "{:?}", state.left_out);
    let sop = series.files[1].0.to_string();
    let image = &state.images[0];
    assert_eq!(
        (image.sop.as_str(), image.series.as_str()),
        (sop.as_str(), series.series.as_str())
    );
    assert_eq!(state.areas[0].bottom_right, [15.0, 11.0]);
    assert_eq!(state.areas[0].spacing_mm, Some([0.5, 0.75]));
    assert!(matches!(
        state.windows[0].shown,
        Shown::Window { centre, width, .. } if centre == -600.0 && width == 1500.0
    ));
    let [drawn] = state.annotations.as_slice() else {
        panic!("not one annotation")
    };
    assert_eq!(drawn.on[0].sop, sop);
    assert_eq!(drawn.layer, state.layers[0].name);
    let shapes: Vec<_> = drawn
        .graphics
        .iter()
        .map(|graphic| (graphic.kind, graphic.points.len()))
        .collect();
    assert_eq!(
        shapes,
        [
            (GraphicKind::Polyline, 2),
            (GraphicKind::Polyline, 3),
            (GraphicKind::Polyline, 5),
            (GraphicKind::Ellipse, 4),
            (GraphicKind::Point, 1),
            (GraphicKind::Point, 1),
        ]
    );
    assert_eq!(drawn.graphics[0].points, [[2.0, 3.0], [8.0, 3.0]]);
    assert_eq!(drawn.graphics[3].points[..2], [[4.0, 4.0], [10.0, 4.0]]);
    assert!(
        drawn
            .graphics
            .iter()
            .all(|graphic| graphic.units == Units::Pixel)
    );
    let texts: Vec<&str> = drawn.texts.iter().map(|text| text.text.as_str()).collect();
    assert_eq!(texts[0], "Mark length: 3.0 mm");
    assert_eq!(texts[4], "Mark probe: -739 HU");
    assert_eq!(texts[5], "与前片比较 grows");
    assert_eq!(drawn.texts[5].anchor.as_ref().unwrap().at, [12.0, 9.0]);
}

#[test]
fn the_report_of_drawn_marks_has_every_value() {
    let series = support::series([16, 12, 4]);
    let (marks, on) = (support::drawn(&series), sheet(&series));
    let values: Vec<_> = marks.iter().map(|mark| measure(mark, &on)).collect();
    let uid = derived_uid(&["mark"]);
    let drawn: Vec<DrawnMark<'_>> = marks
        .iter()
        .zip(&values)
        .map(|(mark, values)| DrawnMark {
            mark,
            uid: &uid,
            on: &on,
            values,
        })
        .collect();
    let (person, study, made) = (support::person(), support::study(), support::made("drawn"));
    let file = drawn_report(&person, &study, "Chen", &drawn, &made).unwrap();
    let report = read_report(&file).unwrap();
    assert_eq!(report.groups.len(), marks.len());
    for ((group, values), mark) in report.groups.iter().zip(&values).zip(&marks) {
        assert_eq!(group.label, mark.label);
        let read: Vec<_> = group
            .measurements
            .iter()
            .map(|m| m.value.unwrap())
            .collect();
        let want: Vec<f64> = values.iter().map(|value| value.value).collect();
        assert_eq!(read, want);
    }
    assert_eq!(report.groups[5].comments, ["与前片比较 grows"]);
}

#[test]
fn the_state_of_a_room_is_read_too() {
    let of = support::marked_series();
    let marks = support::marks(&of);
    let (person, study, made) = (support::person(), support::study(), support::made("pr"));
    let file = presentation_state(&person, &study, &of, &marks, [40.0, 400.0], &made).unwrap();
    let state = read_presentation_state(&file).unwrap();
    assert_eq!(state.label, "ROOM");
    let graphics = state.annotations.iter().flat_map(|on| &on.graphics);
    let points: Vec<_> = graphics.map(|graphic| graphic.points.clone()).collect();
    assert_eq!(points[0], [[2.0, 3.0], [9.0, 3.0]]);
    let report = dicom::create::measurement_report(&person, &study, &of, &marks, &made).unwrap();
    assert!(
        read_presentation_state(&report).is_err(),
        "a report is no state"
    );
}
