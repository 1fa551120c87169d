//! Lesions, followed across studies by their tracking identifiers.

use std::collections::BTreeMap;

use serde::Serialize;
use ts_rs::TS;
use vocabulary::Text;

use super::{
    Event, FoundLesion, History, Lane, Measure, Origin, Part, Reported, View, found::day_of, names,
};

/// How a lesion is known to be the same one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub enum Identity {
    /// By the DICOM Tracking Unique Identifier, which somebody gave it when it was kept.
    Tracked {
        /// The identifier.
        uid: String,
    },
    /// Nobody has said which lesion of another study it is.
    Unlinked,
}

/// A lesion at the time of one study.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct LesionPoint {
    /// The study.
    pub study: String,
    /// The series that it was marked in, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub series: Option<String>,
    /// The day of the study.
    pub at: String,
    /// Longest axis, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub long_axis_mm: Option<f64>,
    /// Longest axis at right angles to it, mm.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub short_axis_mm: Option<f64>,
    /// Mean of both, mm, not rounded.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub mean_diameter_mm: Option<f64>,
    /// Volume, mm³.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub volume_mm3: Option<f64>,
    /// Whether the sizes are those of a report that somebody kept; else they are measured on the mask.
    pub is_reported: bool,
    /// All that reports measured.
    pub measures: Vec<Measure>,
    /// What reports say of it: concept and value.
    pub findings: Vec<[String; 2]>,
    /// What reports remark, such as the method and its limits.
    pub notes: Vec<String>,
    /// How the mask was measured, and how far that is off.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub method: Option<Text>,
    /// The name of its surface in the volume of `series`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub surface: Option<String>,
    /// The objects that say so, the segmentation first.
    pub origins: Vec<Origin>,
}

/// A lesion over time.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct TrackedLesion {
    /// How it is known to be one.
    pub identity: Identity,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// Its sizes, one for each study, the oldest first.
    pub points: Vec<LesionPoint>,
}

const LONG: &[&str] = &["SCT|103339001", "SRT|G-A185"];
const SHORT: &[&str] = &["SCT|103340004", "SRT|G-A186"];
const VOLUME: &[&str] = &["SCT|118565006", "SRT|G-D705"];
const DIAMETER: &[&str] = &["SCT|81827009", "SRT|M-02550"];

/// The lesions of a view.
pub(super) fn tracked(history: &History<'_>, view: &View) -> Vec<TrackedLesion> {
    let mut lesions: BTreeMap<String, TrackedLesion> = BTreeMap::new();
    for found in history
        .lesions
        .iter()
        .filter(|one| one.recorded <= view.recorded)
    {
        let Some(day) = day_of(history, &found.study, view) else {
            continue;
        };
        let lesion = entry(
            &mut lesions,
            &key_of(found),
            found.tracking_uid.as_deref(),
            || found.label.clone(),
        );
        add(lesion, of_mask(found, day));
    }
    for report in history
        .reports
        .iter()
        .filter(|one| one.recorded <= view.recorded)
    {
        let Some(day) = day_of(history, &report.study, view) else {
            continue;
        };
        let Some(key) = key_of_report(history, report) else {
            continue;
        };
        let uid = Some(report.tracking_uid.as_str()).filter(|uid| !uid.is_empty());
        let lesion = entry(&mut lesions, &key, uid, || names::same(&report.label));
        add_report(lesion, report, day);
    }
    let mut all: Vec<TrackedLesion> = lesions.into_values().collect();
    for lesion in &mut all {
        lesion.points.sort_by_key(|point| view.start_ms(&point.at));
    }
    all.sort_by(|a, b| largest_mm(b).total_cmp(&largest_mm(a)));
    all
}

fn largest_mm(lesion: &TrackedLesion) -> f64 {
    let sizes = lesion.points.iter().filter_map(|point| point.long_axis_mm);
    sizes.fold(0.0, f64::max)
}

fn entry<'a>(
    lesions: &'a mut BTreeMap<String, TrackedLesion>,
    key: &str,
    tracking_uid: Option<&str>,
    label: impl FnOnce() -> Text,
) -> &'a mut TrackedLesion {
    lesions
        .entry(key.to_owned())
        .or_insert_with(|| TrackedLesion {
            identity: tracking_uid.map_or(Identity::Unlinked, |uid| Identity::Tracked {
                uid: uid.to_owned(),
            }),
            label: label(),
            points: Vec::new(),
        })
}

fn key_of(found: &FoundLesion) -> String {
    found.tracking_uid.clone().unwrap_or_else(|| {
        let surface = found.surface.as_deref().unwrap_or_default();
        format!("{} {surface}", found.segmentation)
    })
}

/// Which lesion a group of a report is about; `None` where it is about none: a length that somebody measured in
/// passing makes no lesion.
fn key_of_report(history: &History<'_>, report: &Reported) -> Option<String> {
    let uid = report.tracking_uid.as_str();
    let is_of = |found: &&FoundLesion| {
        found.study == report.study && report.references.contains(&found.segmentation)
    };
    let mut marked = history.lesions.iter();
    if !uid.is_empty() {
        let is_marked = marked.any(|found| found.tracking_uid.as_deref() == Some(uid));
        let mut others = history.reports.iter();
        let is_followed =
            others.any(|other| other.tracking_uid == uid && other.study != report.study);
        let has_volume = report.measures.iter().any(|one| is(one, VOLUME));
        return (is_marked || is_followed || has_volume || !report.findings.is_empty())
            .then(|| uid.to_owned());
    }
    let mut of_mask = history.lesions.iter().filter(is_of);
    let first = of_mask.next()?;
    of_mask.next().is_none().then(|| key_of(first))
}

fn is(measure: &Measure, codes: &[&str]) -> bool {
    codes.contains(&measure.code.as_str())
}

fn of_mask(found: &FoundLesion, day: &str) -> LesionPoint {
    LesionPoint {
        study: found.study.clone(),
        series: Some(found.series.clone()),
        at: day.to_owned(),
        long_axis_mm: Some(found.long_axis_mm),
        short_axis_mm: Some(found.short_axis_mm),
        mean_diameter_mm: Some(found.mean_diameter_mm),
        volume_mm3: Some(found.volume_mm3),
        is_reported: false,
        measures: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        method: Some(found.method.clone()),
        surface: found.surface.clone(),
        origins: vec![Origin {
            reference: format!("study/{}", found.study),
            version: None,
            object: Some(found.segmentation.clone()),
            by: None,
            entered_by: found.entered_by.clone(),
            recorded: found.recorded,
            sequence: found.sequence,
        }],
    }
}

/// Of two masks of one lesion in one study, the one that came later counts; both are told.
fn add(lesion: &mut TrackedLesion, point: LesionPoint) {
    let known = lesion
        .points
        .iter_mut()
        .find(|one| one.study == point.study);
    let Some(known) = known else {
        lesion.points.push(point);
        return;
    };
    let came = |point: &LesionPoint| point.origins.first().map(|origin| origin.recorded);
    let mut newer = point;
    if came(known) > came(&newer) {
        std::mem::swap(known, &mut newer);
    }
    newer.origins.append(&mut known.origins);
    *known = newer;
}

fn add_report(lesion: &mut TrackedLesion, report: &Reported, day: &str) {
    let known = lesion
        .points
        .iter()
        .position(|one| one.study == report.study);
    let at = known.unwrap_or_else(|| {
        lesion.points.push(empty(report, day));
        lesion.points.len() - 1
    });
    let Some(point) = lesion.points.get_mut(at) else {
        return;
    };
    let value = |codes: &[&str]| {
        let mut of = report.measures.iter().filter(|one| is(one, codes));
        of.find_map(|one| one.value)
    };
    let (long, short) = (value(LONG), value(SHORT));
    if let Some(long) = long {
        point.long_axis_mm = Some(long);
        point.short_axis_mm = short;
        point.mean_diameter_mm = value(DIAMETER).or(short.map(|short| f64::midpoint(long, short)));
        point.is_reported = true;
    } else if let Some(diameter) = value(DIAMETER) {
        point.mean_diameter_mm = Some(diameter);
        point.is_reported = true;
    }
    if let Some(volume) = value(VOLUME) {
        point.volume_mm3 = Some(volume);
        point.is_reported = true;
    }
    point.measures.extend(report.measures.iter().cloned());
    point.findings.extend(report.findings.iter().cloned());
    point.notes.extend(report.notes.iter().cloned());
    point.origins.push(origin(report));
}

fn empty(report: &Reported, day: &str) -> LesionPoint {
    LesionPoint {
        study: report.study.clone(),
        series: None,
        at: day.to_owned(),
        long_axis_mm: None,
        short_axis_mm: None,
        mean_diameter_mm: None,
        volume_mm3: None,
        is_reported: true,
        measures: Vec::new(),
        findings: Vec::new(),
        notes: Vec::new(),
        method: None,
        surface: None,
        origins: Vec::new(),
    }
}

fn origin(report: &Reported) -> Origin {
    Origin {
        reference: format!("study/{}", report.study),
        version: None,
        object: Some(report.object.clone()),
        by: None,
        entered_by: report.entered_by.clone(),
        recorded: report.recorded,
        sequence: report.sequence,
    }
}

/// Groups of reports that are about no lesion, as events of their own.
pub(super) fn loose(history: &History<'_>, view: &View) -> Vec<Event> {
    let known = history
        .reports
        .iter()
        .filter(|one| one.recorded <= view.recorded && key_of_report(history, one).is_none());
    let events = known.filter_map(|report| {
        let stored = history
            .studies
            .iter()
            .find(|one| one.study.uid == report.study)?;
        let parts: Vec<Part> = report
            .measures
            .iter()
            .filter_map(|one| {
                Some(Part::number(
                    Some(one.label.clone()),
                    one.value?,
                    one.unit.clone(),
                ))
            })
            .collect();
        (!parts.is_empty()).then(|| Event {
            lane: Lane::Measurements,
            kind: "Measurement".to_owned(),
            title: names::same(&report.label),
            series: None,
            at: stored.study.date.clone(),
            until: None,
            parts,
            method: None,
            status: None,
            due: None,
            origin: origin(report),
        })
    });
    events.collect()
}
