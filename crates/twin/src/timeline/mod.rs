//! The twin over time: everything the record knows of a patient, each where it lies in time, as it was known at
//! any moment.
//!
//! Two clocks run through a record. *Clinical time* says when something was so: a scan was taken, blood was drawn,
//! an order was written. *Recorded time* says when the hospital came to know it. A view holds both fast: what had
//! happened until `at`, as far as the record knew it at `recorded`.

mod due;
mod event;
mod export;
mod found;
mod lane;
mod lesion;
mod names;
mod version;
mod when;

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

pub use due::{Due, DueState};
pub use event::{Event, Part};
pub use export::collection;
pub use found::{FoundLesion, FoundOrgan, Measure, Reported, StoredStudy};
pub use lane::Lane;
pub use lesion::{Identity, LesionPoint, TrackedLesion};
pub use names::loinc;
pub use version::{STATEFUL, Version};
pub use when::{end_in, end_ms, start_in, start_ms};

/// Where something comes from: what to open, and who entered it when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Origin {
    /// `Observation/x`, or `study/<uid>` for what images and their objects say.
    pub reference: String,
    /// The version of a resource.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub version: Option<u64>,
    /// SOP instance UID, where it is one DICOM object.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub object: Option<String>,
    /// Who said or did it, as the fact names them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub by: Option<String>,
    /// The account that put it into the record, where that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub entered_by: Option<String>,
    /// When the record got it (RFC 3339).
    #[ts(type = "string")]
    pub recorded: Timestamp,
    /// The number of its entry in the ledger, so that it can be proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub sequence: Option<u64>,
}

/// An organ as a volume shows it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Organ {
    /// Its stable name, such as `lung-left`.
    pub name: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// When it was so: that of the scan.
    pub at: String,
    /// Its volume, mm³.
    pub volume_mm3: f64,
    /// How it was found and what that is worth.
    #[ts(type = "{ zh: string, en: string }")]
    pub method: Text,
    /// The study that shows it.
    pub study: String,
    /// The series that it was found in.
    pub series: String,
    /// Where it comes from.
    pub origin: Origin,
}

/// What is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// What had happened until then, by clinical time.
    pub at: Timestamp,
    /// As far as the record knew it then.
    pub recorded: Timestamp,
    /// Only what lies from here on.
    pub from: Option<Timestamp>,
    /// Only what lies until here.
    pub until: Option<Timestamp>,
    /// Where days begin and end: of many facts only their day is known.
    pub zone: TimeZone,
}

impl View {
    /// The first millisecond since 1970 of what a text says, by the days of the view.
    fn start_ms(&self, text: &str) -> Option<i64> {
        start_in(text, &self.zone)
    }
}

/// All that a twin over time is made of. Whoever fills it has read it with a permit.
#[derive(Clone, Copy, Debug)]
pub struct History<'a> {
    /// Logical id of the patient.
    pub patient: &'a str,
    /// All versions of the patient's resources, in the order in which they were committed.
    pub versions: &'a [Version],
    /// Imaging studies.
    pub studies: &'a [StoredStudy],
    /// Organs that volumes show.
    pub organs: &'a [FoundOrgan],
    /// Lesions marked on the images, measured on their voxels.
    pub lesions: &'a [FoundLesion],
    /// What measurement reports say.
    pub reports: &'a [Reported],
}

/// The twin over time, as a view shows it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Timeline {
    /// Logical id of the patient.
    pub patient: String,
    /// The clinical time of the view (RFC 3339).
    #[ts(type = "string")]
    pub at: Timestamp,
    /// The recorded time of the view (RFC 3339).
    #[ts(type = "string")]
    pub recorded: Timestamp,
    /// Where its days begin and end, by the name of the IANA database; absent where it has none there.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub time_zone: Option<String>,
    /// The first and last day on which the record, as it was then, knows something, whatever the view leaves
    /// out; absent where it knows nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub span: Option<[String; 2]>,
    /// What happened, the oldest first.
    pub events: Vec<Event>,
    /// Lesions, each followed across studies.
    pub lesions: Vec<TrackedLesion>,
    /// Organs as the newest scan in view shows them.
    pub organs: Vec<Organ>,
    /// What could not be put on the timeline, because it says no day.
    pub undated: u32,
}

impl Timeline {
    /// Makes the timeline that a view shows.
    pub fn of(history: &History<'_>, view: &View) -> Self {
        let known = event::known(history, view);
        let is_in_view = |at: &str| {
            view.start_ms(at).is_some_and(|start| {
                start <= view.at.0
                    && view.from.is_none_or(|from| start >= from.0)
                    && view.until.is_none_or(|until| start <= until.0)
            })
        };
        let days = known.dated.iter().map(|event| event.at.as_str());
        let span = span_of(days, view);
        let mut events = known.dated;
        events.retain(|event| {
            // What is planned lies where it is due.
            let when = event.due.as_ref().and_then(|due| due.from.as_deref());
            is_in_view(&event.at)
                || (view
                    .start_ms(&event.at)
                    .is_some_and(|start| start <= view.at.0)
                    && when.is_some_and(|when| is_between(when, view)))
        });
        let mut lesions = lesion::tracked(history, view);
        lesions.retain(|lesion| !lesion.points.is_empty());
        Self {
            patient: history.patient.to_owned(),
            at: view.at,
            recorded: view.recorded,
            time_zone: view.zone.iana_name().map(str::to_owned),
            span,
            events,
            lesions,
            organs: found::organs(history, view),
            undated: known.undated,
        }
    }
}

fn is_between(when: &str, view: &View) -> bool {
    view.start_ms(when).is_some_and(|start| {
        view.from.is_none_or(|from| start >= from.0)
            && view.until.is_none_or(|until| start <= until.0)
    })
}

fn span_of<'a>(days: impl Iterator<Item = &'a str>, view: &View) -> Option<[String; 2]> {
    let dated = days.filter_map(|day| Some((view.start_ms(day)?, day)));
    let mut dated: Vec<(i64, &str)> = dated.collect();
    dated.sort_unstable();
    let day = |(_, text): &(i64, &str)| (*text).to_owned();
    Some([day(dated.first()?), day(dated.last()?)])
}

/// The text at a JSON pointer.
pub(crate) fn text(body: &Value, path: &str) -> Option<String> {
    body.pointer(path)
        .and_then(Value::as_str)
        .map(str::to_owned)
}
