//! What images and volumes bring: studies, organs, and the values that reports hold.

use serde::Serialize;
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

use super::{Event, History, Lane, Organ, Origin, Part, View, end_ms, names};
use crate::Study;

/// An imaging study with when it was taken and when it came.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredStudy {
    /// The study.
    pub study: Study,
    /// When its first object came.
    pub recorded: Timestamp,
    /// The account that brought it.
    pub entered_by: Option<String>,
    /// The entry of its first object in the journal.
    pub sequence: Option<u64>,
}

/// An organ that a volume shows.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundOrgan {
    /// The study.
    pub study: String,
    /// The series.
    pub series: String,
    /// Its stable name.
    pub name: String,
    /// What people call it.
    pub label: Text,
    /// Its volume, mm³.
    pub volume_mm3: f64,
    /// How it was found.
    pub method: Text,
}

/// A lesion that a segmentation marks, measured on its voxels.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundLesion {
    /// The study.
    pub study: String,
    /// The series.
    pub series: String,
    /// What its mark is called.
    pub label: Text,
    /// SOP instance UID of the segmentation.
    pub segmentation: String,
    /// Tracking Unique Identifier of the segment, where it has one.
    pub tracking_uid: Option<String>,
    /// The name of its surface, where it has one.
    pub surface: Option<String>,
    /// Its volume, mm³.
    pub volume_mm3: f64,
    /// Longest axis, mm.
    pub long_axis_mm: f64,
    /// Longest axis at right angles to it, mm.
    pub short_axis_mm: f64,
    /// Mean of both, mm.
    pub mean_diameter_mm: f64,
    /// How it was measured, and how far that is off.
    pub method: Text,
    /// When the segmentation came.
    pub recorded: Timestamp,
    /// The account that brought it.
    pub entered_by: Option<String>,
    /// Its entry in the journal.
    pub sequence: Option<u64>,
}

/// A measured value, as a report or a mask gives it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Measure {
    /// Coding scheme and code, such as `SCT|103339001`.
    pub code: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// The value; absent where the report says that there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub value: Option<f64>,
    /// UCUM unit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// How it was measured, where that is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub method: Option<Text>,
}

impl Measure {
    /// A measurement of a report.
    pub fn reported(
        (scheme, value, meaning): (&str, &str, &str),
        number: Option<f64>,
        unit: Option<&str>,
        method: Option<&str>,
    ) -> Self {
        Self {
            code: format!("{scheme}|{value}"),
            label: names::measure(value, meaning),
            value: number,
            unit: unit.map(str::to_owned),
            method: method.map(names::same),
        }
    }
}

/// One measurement group of a report (TID 1410, 1411 and 1501).
#[derive(Clone, Debug, PartialEq)]
pub struct Reported {
    /// The study.
    pub study: String,
    /// SOP instance UID of the report.
    pub object: String,
    /// Tracking identifier.
    pub label: String,
    /// Tracking unique identifier; empty where there is none.
    pub tracking_uid: String,
    /// What was found: concept and value.
    pub findings: Vec<[String; 2]>,
    /// What was measured.
    pub measures: Vec<Measure>,
    /// Remarks, such as the method and its limits.
    pub notes: Vec<String>,
    /// SOP instance UIDs of images and segmentations that it refers to.
    pub references: Vec<String>,
    /// When the report came.
    pub recorded: Timestamp,
    /// The account that brought it.
    pub entered_by: Option<String>,
    /// Its entry in the journal.
    pub sequence: Option<u64>,
}

/// The day of a study that the record knew and that had been taken by then.
pub(super) fn day_of<'a>(history: &History<'a>, study: &str, view: &View) -> Option<&'a str> {
    let stored = history.studies.iter().find(|one| one.study.uid == study)?;
    let day = stored.study.date.as_str();
    let is_known = stored.recorded <= view.recorded;
    (is_known && view.start_ms(day)? <= view.at.0).then_some(day)
}

/// The studies that the record knew, as events.
pub(super) fn studies(history: &History<'_>, view: &View) -> Vec<Event> {
    let known = history
        .studies
        .iter()
        .filter(|stored| stored.recorded <= view.recorded && end_ms(&stored.study.date).is_some());
    known.map(event).collect()
}

fn event(stored: &StoredStudy) -> Event {
    let study = &stored.study;
    let title = if study.description.is_empty() {
        study.modality.as_str()
    } else {
        study.description.as_str()
    };
    let images: u32 = study
        .series
        .iter()
        .filter(|series| !matches!(series.modality.as_str(), "SEG" | "SR" | "PR" | "KO"))
        .map(|series| series.images)
        .sum();
    let modality = Text::new("类型", "Modality");
    let count = Text::new("图像", "Images");
    Event {
        lane: Lane::Imaging,
        kind: "Study".to_owned(),
        title: names::same(title),
        series: None,
        at: study.date.clone(),
        until: None,
        parts: vec![
            Part::words(Some(modality), names::same(&study.modality)),
            Part::number(Some(count), f64::from(images), None),
        ],
        method: None,
        status: None,
        due: None,
        origin: Origin {
            reference: format!("study/{}", study.uid),
            version: None,
            object: None,
            by: None,
            entered_by: stored.entered_by.clone(),
            recorded: stored.recorded,
            sequence: stored.sequence,
        },
    }
}

/// Each organ as the newest scan in view shows it.
pub(super) fn organs(history: &History<'_>, view: &View) -> Vec<Organ> {
    let mut newest: Vec<Organ> = Vec::new();
    for organ in history.organs {
        let Some(day) = day_of(history, &organ.study, view) else {
            continue;
        };
        let stored = history
            .studies
            .iter()
            .find(|one| one.study.uid == organ.study);
        let Some(stored) = stored else { continue };
        let made = Organ {
            name: organ.name.clone(),
            label: organ.label.clone(),
            at: day.to_owned(),
            volume_mm3: organ.volume_mm3,
            method: organ.method.clone(),
            study: organ.study.clone(),
            series: organ.series.clone(),
            origin: Origin {
                reference: format!("study/{}", organ.study),
                version: None,
                object: None,
                by: None,
                entered_by: stored.entered_by.clone(),
                recorded: stored.recorded,
                sequence: stored.sequence,
            },
        };
        match newest.iter_mut().find(|known| known.name == organ.name) {
            Some(known) if view.start_ms(&known.at) < view.start_ms(day) => *known = made,
            Some(_) => {}
            None => newest.push(made),
        }
    }
    newest
}
