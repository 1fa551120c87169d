//! The twin at any time: what had happened by then, as far as the record knew it; lesions keep their identity.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use jiff::tz::TimeZone;
use serde_json::{Value, json};
use twin::{
    History, Study, Timeline, View,
    timeline::{
        DueState, Event, FoundLesion, FoundOrgan, Identity, Lane, Measure, Reported, StoredStudy,
        Version, start_ms,
    },
};
use vocabulary::{Text, Timestamp};

fn time(text: &str) -> Timestamp {
    Timestamp(start_ms(text).unwrap())
}

/// A version of a resource, committed on a day.
fn version(number: u64, recorded: &str, body: Value) -> Version {
    Version {
        kind: body["resourceType"].as_str().unwrap().to_owned(),
        id: body["id"].as_str().unwrap().to_owned(),
        version: number,
        body: Some(body),
        recorded: time(recorded),
        entered_by: "wang.nurse".into(),
        sequence: number,
    }
}

fn weight(id: &str, at: &str, kg: f64, status: &str) -> Value {
    json!({"resourceType": "Observation", "id": id, "status": status, "effectiveDateTime": at,
           "category": [{"coding": [{"code": "vital-signs"}]}],
           "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7", "display": "Body Weight"}]},
           "performer": [{"reference": "Practitioner/wang.nurse", "display": "王芳"}],
           "valueQuantity": {"value": kg, "unit": "kg", "code": "kg"}})
}

fn stored(uid: &str, date: &str, recorded: &str) -> StoredStudy {
    StoredStudy {
        study: Study {
            uid: uid.into(),
            modality: "CT".into(),
            description: "Chest".into(),
            date: date.into(),
            series: vec![],
        },
        recorded: time(recorded),
        entered_by: Some("importer".into()),
        sequence: Some(1),
    }
}

fn lesion(
    study: &str,
    tracking_uid: Option<&str>,
    long_axis_mm: f64,
    recorded: &str,
) -> FoundLesion {
    FoundLesion {
        study: study.into(),
        series: format!("{study}.1"),
        label: Text::new("结节", "Nodule"),
        segmentation: format!("{study}.9"),
        tracking_uid: tracking_uid.map(str::to_owned),
        surface: Some("lesion-1".into()),
        volume_mm3: 300.0,
        long_axis_mm,
        short_axis_mm: 6.0,
        mean_diameter_mm: f64::midpoint(long_axis_mm, 6.0),
        method: Text::new("方法", "method"),
        recorded: time(recorded),
        entered_by: None,
        sequence: None,
    }
}

fn report(study: &str, tracking_uid: &str, long_axis_mm: f64) -> Reported {
    let measure =
        |code, value| Measure::reported(("SCT", code, "meaning"), Some(value), Some("mm"), None);
    Reported {
        study: study.into(),
        object: format!("{study}.2.1"),
        label: "Nodule 1".into(),
        tracking_uid: tracking_uid.into(),
        findings: vec![],
        measures: vec![
            measure("103339001", long_axis_mm),
            measure("103340004", 5.0),
        ],
        notes: vec![],
        references: vec![],
        recorded: time("2026-03-02"),
        entered_by: None,
        sequence: None,
    }
}

struct Facts {
    versions: Vec<Version>,
    studies: Vec<StoredStudy>,
    organs: Vec<FoundOrgan>,
    lesions: Vec<FoundLesion>,
    reports: Vec<Reported>,
}

impl Facts {
    fn of(versions: Vec<Version>) -> Self {
        Self {
            versions,
            studies: vec![],
            organs: vec![],
            lesions: vec![],
            reports: vec![],
        }
    }

    fn at(&self, at: &str, recorded: &str) -> Timeline {
        self.in_zone(&TimeZone::UTC, at, recorded)
    }

    fn in_zone(&self, zone: &TimeZone, at: &str, recorded: &str) -> Timeline {
        let history = History {
            patient: "p",
            versions: &self.versions,
            studies: &self.studies,
            organs: &self.organs,
            lesions: &self.lesions,
            reports: &self.reports,
        };
        let view = View {
            at: time(at),
            recorded: time(recorded),
            from: None,
            until: None,
            zone: zone.clone(),
        };
        Timeline::of(&history, &view)
    }
}

fn numbers(timeline: &Timeline) -> Vec<f64> {
    let parts = timeline.events.iter().flat_map(|event| &event.parts);
    parts.filter_map(|part| part.number).collect()
}

fn only(timeline: &Timeline) -> &Event {
    assert_eq!(timeline.events.len(), 1, "{:?}", timeline.events);
    &timeline.events[0]
}

#[test]
fn what_is_of_a_day_is_there_from_its_first_hour_where_the_hospital_is() {
    let weighed = weight("a", "2026-03-09", 61.0, "final");
    let mut facts = Facts::of(vec![version(1, "2026-03-01", weighed)]);
    facts.studies = vec![stored("1", "20260309", "2026-03-01")];
    // At three in the night of the 9th.
    let night = "2026-03-08T19:00:00Z";
    let china = TimeZone::fixed(jiff::tz::offset(8));
    assert_eq!(facts.in_zone(&china, night, night).events.len(), 2);
    assert_eq!(facts.at(night, night).events.len(), 0);
    assert_eq!(facts.at(night, night).time_zone.as_deref(), Some("UTC"));
}

#[test]
fn an_empty_record_has_an_empty_timeline() {
    let timeline = Facts::of(vec![]).at("2026-01-01", "2026-01-01");
    assert_eq!(timeline.span, None);
    assert!(timeline.events.is_empty() && timeline.lesions.is_empty());
    let shown = serde_json::to_value(&timeline).unwrap();
    assert!(shown.get("span").is_none(), "absent, not null");
}

#[test]
fn clinical_time_and_recorded_time_are_two_clocks() {
    // Weighed in May, entered in June, corrected in July.
    let facts = Facts::of(vec![
        version(1, "2025-06-01", weight("w", "2025-05-01", 70.0, "final")),
        version(
            2,
            "2025-07-01",
            weight("w", "2025-05-01", 71.0, "corrected"),
        ),
    ]);
    let check = |at: &str, recorded: &str, expect: &[f64]| {
        assert_eq!(numbers(&facts.at(at, recorded)), expect, "{at} {recorded}");
    };
    check("2025-04-30", "2026-01-01", &[]);
    check("2025-05-01", "2026-01-01", &[71.0]);
    check("2026-01-01", "2025-05-15", &[]);
    check("2026-01-01", "2025-06-15", &[70.0]);
    check("2025-05-15", "2025-07-15", &[71.0]);
    let event = facts.at("2026-01-01", "2026-01-01");
    let event = only(&event);
    assert_eq!((event.lane, event.origin.version), (Lane::Vitals, Some(2)));
    assert_eq!(event.title, Text::new("体重", "Weight"));
    assert_eq!(event.origin.by.as_deref(), Some("王芳"));
    assert_eq!(event.origin.entered_by.as_deref(), Some("wang.nurse"));
}

#[test]
fn what_was_wrong_or_deleted_was_never_so() {
    let mut gone = version(2, "2025-07-01", weight("w", "2025-05-01", 70.0, "final"));
    gone.body = None;
    for last in [
        gone,
        version(
            2,
            "2025-07-01",
            weight("w", "2025-05-01", 70.0, "entered-in-error"),
        ),
    ] {
        let first = version(1, "2025-06-01", weight("w", "2025-05-01", 70.0, "final"));
        let facts = Facts::of(vec![first, last]);
        assert!(facts.at("2025-05-15", "2026-01-01").events.is_empty());
        // The record of June did not know better.
        assert_eq!(numbers(&facts.at("2025-05-15", "2025-06-15")), [70.0]);
    }
}

#[test]
fn an_order_stands_as_its_versions_tell() {
    let order = |status: &str| {
        json!({"resourceType": "ServiceRequest", "id": "o", "status": status, "authoredOn": "2026-01-10",
               "code": {"text": "复查 CT\nFollow-up CT"},
               "occurrencePeriod": {"start": "2026-04-01", "end": "2026-06-01"}})
    };
    let facts = Facts::of(vec![
        version(1, "2026-01-10", order("draft")),
        version(2, "2026-01-11", order("active")),
        version(3, "2026-05-02", order("completed")),
    ]);
    for (at, state) in [
        ("2026-01-10", DueState::Draft),
        ("2026-02-01", DueState::Planned),
        ("2026-05-01", DueState::Due),
        ("2026-05-03", DueState::Done),
    ] {
        let timeline = facts.at(at, "2026-12-01");
        let event = only(&timeline);
        assert_eq!(event.due.as_ref().unwrap().state, state, "{at}");
        assert_eq!(event.title, Text::new("复查 CT", "Follow-up CT"));
    }
    assert!(facts.at("2026-01-09", "2026-12-01").events.is_empty());
    // A record that did not yet know that it was done calls it overdue.
    let overdue = facts.at("2026-07-01", "2026-05-01");
    assert_eq!(
        only(&overdue).due.as_ref().unwrap().state,
        DueState::Overdue
    );
}

#[test]
fn a_lesion_is_one_by_its_tracking_identifier_only() {
    let mut facts = Facts::of(vec![]);
    facts.studies = vec![
        stored("1", "20250301", "2025-03-02"),
        stored("2", "20260301", "2026-03-01"),
    ];
    facts.lesions = vec![
        lesion("1", Some("2.25.7"), 8.0, "2025-03-02"),
        lesion("2", Some("2.25.7"), 9.0, "2026-03-01"),
        lesion("2", None, 7.0, "2026-03-01"),
    ];
    facts.reports = vec![
        report("2", "2.25.7", 9.5),
        // Measured once in passing: no lesion.
        report("2", "2.25.8", 40.0),
    ];
    let now = facts.at("2026-12-01", "2026-12-01");
    assert_eq!(now.lesions.len(), 2);
    let (followed, lone) = (&now.lesions[0], &now.lesions[1]);
    assert_eq!(
        followed.identity,
        Identity::Tracked {
            uid: "2.25.7".into()
        }
    );
    let sizes: Vec<_> = followed
        .points
        .iter()
        .map(|point| point.long_axis_mm)
        .collect();
    assert_eq!(
        sizes,
        [Some(8.0), Some(9.5)],
        "what somebody kept goes before the mask"
    );
    assert_eq!(followed.points[1].mean_diameter_mm, Some(7.25));
    assert_eq!(
        followed.points[1].volume_mm3,
        Some(300.0),
        "the report says none, the mask does"
    );
    assert_eq!(followed.points[1].origins.len(), 2);
    assert_eq!(lone.identity, Identity::Unlinked);
    let loose: Vec<_> = now
        .events
        .iter()
        .filter(|event| event.lane == Lane::Measurements)
        .collect();
    assert_eq!(loose.len(), 1);
    assert_eq!(loose[0].parts[0].number, Some(40.0));

    let before = facts.at("2025-12-01", "2026-12-01");
    assert_eq!(before.lesions.len(), 1);
    assert_eq!(before.lesions[0].points.len(), 1);
    assert!(facts.at("2025-02-01", "2026-12-01").lesions.is_empty());
    // The segmentation of the first study came a day after its images.
    assert!(facts.at("2026-12-01", "2025-03-01").lesions.is_empty());
}

#[test]
fn organs_are_those_of_the_newest_scan_in_view() {
    let mut facts = Facts::of(vec![]);
    facts.studies = vec![
        stored("1", "20250301", "2025-03-02"),
        stored("2", "20260301", "2026-03-01"),
    ];
    facts.organs = ["1", "2"]
        .map(|study| FoundOrgan {
            study: study.into(),
            series: format!("{study}.1"),
            name: "lung-left".into(),
            label: Text::new("左肺", "Left lung"),
            volume_mm3: study.parse::<f64>().unwrap(),
            method: Text::new("方法", "method"),
        })
        .to_vec();
    let volume = |at: &str| -> Vec<f64> {
        let timeline = facts.at(at, "2026-12-01");
        timeline
            .organs
            .iter()
            .map(|organ| organ.volume_mm3)
            .collect()
    };
    assert_eq!(volume("2024-01-01"), [] as [f64; 0]);
    assert_eq!(volume("2025-12-01"), [1.0]);
    assert_eq!(volume("2026-12-01"), [2.0]);
}

#[test]
fn a_sealed_vote_tells_nothing_of_its_content() {
    let vote = json!({"resourceType": "ClinicalImpression", "id": "v", "status": "in-progress",
                      "extension": [{"url": "urn:yuanyi:vote", "valueString": "sealed-content"}],
                      "description": "Vote, sealed until all have voted", "date": "2026-01-01"});
    let timeline = Facts::of(vec![version(1, "2026-01-01", vote)]).at("2026-02-01", "2026-02-01");
    assert_eq!(only(&timeline).lane, Lane::Decisions);
    assert!(
        !serde_json::to_string(&timeline)
            .unwrap()
            .contains("sealed-content")
    );
}

#[test]
fn what_says_no_day_is_counted_and_not_placed() {
    let undated = json!({"resourceType": "Condition", "id": "c", "code": {"text": "COPD"}});
    let timeline =
        Facts::of(vec![version(1, "2026-01-01", undated)]).at("2026-02-01", "2026-02-01");
    assert_eq!((timeline.events.len(), timeline.undated), (0, 1));
}
