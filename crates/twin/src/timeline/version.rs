//! Which version of a resource a view sees.

use std::collections::BTreeMap;

use serde_json::Value;
use vocabulary::Timestamp;

use super::{View, text};

/// One version of a resource, as the journal has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The resource type.
    pub kind: String,
    /// The logical id.
    pub id: String,
    /// Counts from 1.
    pub version: u64,
    /// The resource; `None` where this version says that it was deleted.
    pub body: Option<Value>,
    /// When it was committed.
    pub recorded: Timestamp,
    /// The account that committed it.
    pub entered_by: String,
    /// Its entry in the journal.
    pub sequence: u64,
}

impl Version {
    /// `Type/id`.
    pub fn reference(&self) -> String {
        format!("{}/{}", self.kind, self.id)
    }
}

/// Resources whose state moves on without saying when: an order is written on a day and done on another, and only
/// its versions tell. What was in force at a time is then the version that the record had at that time.
pub const STATEFUL: &[&str] = &[
    "ServiceRequest",
    "CarePlan",
    "Appointment",
    "Task",
    "MedicationRequest",
    "DiagnosticReport",
    "ClinicalImpression",
    "QuestionnaireResponse",
    "Composition",
];

/// The version of each resource that a view sees. What was deleted or entered in error, as the record knew at the
/// view's recorded time, is not there: whatever was said of it before, it was not so.
pub(super) fn in_view<'a>(versions: &'a [Version], view: &View) -> Vec<&'a Version> {
    let mut by_key: BTreeMap<(&str, &str), Vec<&Version>> = BTreeMap::new();
    for version in versions.iter().filter(|one| one.recorded <= view.recorded) {
        let key = (version.kind.as_str(), version.id.as_str());
        by_key.entry(key).or_default().push(version);
    }
    let seen = by_key.into_values().filter_map(|mut of_one| {
        of_one.sort_by_key(|one| one.version);
        let last = *of_one.last()?;
        let is_wrong = |body: &Value| {
            let verified = text(body, "/verificationStatus/coding/0/code");
            [text(body, "/status"), verified]
                .into_iter()
                .flatten()
                .any(|status| status == "entered-in-error")
        };
        if last.body.as_ref().is_none_or(is_wrong) {
            return None;
        }
        if !STATEFUL.contains(&last.kind.as_str()) {
            return Some(last);
        }
        // An import brings old orders late: before its first version it was what that version says.
        let then = of_one.iter().rfind(|one| one.recorded <= view.at);
        let then = then.or(of_one.first()).copied()?;
        then.body.as_ref().map(|_| then)
    });
    seen.collect()
}
