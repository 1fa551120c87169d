//! What a program suggests to look at, and what somebody has looked at and put aside.
//!
//! That a suggestion was put aside is a fact: an `Observation` with the reason, written by who did it. Taking that back
//! marks it as entered in error.

use std::collections::HashMap;

use policy::{Actor, Permit};
use record::{Batch, Match, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery, Term};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use ts_rs::TS;
use vocabulary::{Digest, PatientId, Uid};
use volume::nodule::Candidate;

use crate::{clock, hospital::Hospital};

/// The system of codes about nodules that have no standard one.
const SYSTEM: &str = "urn:yuanyi:nodule";
/// The code of a suggestion that was put aside.
const DISMISSED: &str = "candidate-dismissed";
/// The most that are looked at of one patient.
const MOST: usize = 1000;

/// A place where a nodule may be, and whether somebody has put it aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/nodules.ts")]
pub struct Suggestion {
    /// The same for the same place of the same series.
    pub id: String,
    /// The place.
    pub candidate: Candidate,
    /// Why somebody has put it aside; absent where nobody has.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub dismissed: Option<String>,
}

/// The suggestions on a series, with the reasons for which some were put aside, where a permit to read them is given.
pub async fn suggestions(
    hospital: &Hospital,
    permit: Option<&Permit>,
    (patient, series): (&PatientId, &Uid),
    candidates: Vec<Candidate>,
) -> Result<Vec<Suggestion>, RecordError> {
    let mut aside = match permit {
        Some(permit) => aside(hospital, permit, patient).await?,
        None => HashMap::new(),
    };
    let suggestion = |candidate: Candidate| {
        let id = id_of(series, &candidate);
        Suggestion {
            dismissed: aside.remove(&id),
            id,
            candidate,
        }
    };
    Ok(candidates.into_iter().map(suggestion).collect())
}

/// What a suggestion is known by: its series and its place, to a tenth of a millimetre.
fn id_of(series: &Uid, candidate: &Candidate) -> String {
    let [l, p, s] = candidate.centre_lps_mm;
    let text = format!("{series} {l:.1} {p:.1} {s:.1}");
    let digest = Digest::of(text.as_bytes()).to_string();
    let short: String = digest.chars().take(24).collect();
    format!("candidate-{short}")
}

/// The reasons for which suggestions were put aside, by their ids.
async fn aside(
    hospital: &Hospital,
    permit: &Permit,
    patient: &PatientId,
) -> Result<HashMap<String, String>, RecordError> {
    let term = |parameter: &str, matching| Term {
        parameter: parameter.to_owned(),
        any_of: vec![matching],
    };
    let code = Match::Token {
        system: Some(SYSTEM.to_owned()),
        code: Some(DISMISSED.to_owned()),
    };
    let query = ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![
            term("patient", Match::Reference(format!("Patient/{patient}"))),
            term("code", code),
        ],
        sort: vec![],
        limit: MOST,
        offset: 0,
    };
    let rows = hospital.record.search(permit, &query).await?.rows;
    let reason = |row: record::ResourceVersion| {
        let body = row.body?;
        let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
        let counts = text("/status") == Some("final");
        counts.then(|| Some((row.key.id.clone(), text("/valueString")?.to_owned())))?
    };
    Ok(rows.into_iter().filter_map(reason).collect())
}

/// Puts a suggestion aside.
pub async fn dismiss(
    hospital: &Hospital,
    actor: &Actor,
    (patient, series): (&PatientId, &Uid),
    suggestion: &Suggestion,
    reason: &str,
) -> Result<(), RecordError> {
    write(
        hospital,
        actor,
        (patient, series),
        suggestion,
        ("final", reason),
    )
    .await
}

/// Takes it back: the suggestion stands again.
pub async fn take_back(
    hospital: &Hospital,
    actor: &Actor,
    of: (&PatientId, &Uid),
    suggestion: &Suggestion,
) -> Result<(), RecordError> {
    let reason = suggestion.dismissed.as_deref().unwrap_or_default();
    write(
        hospital,
        actor,
        of,
        suggestion,
        ("entered-in-error", reason),
    )
    .await
}

async fn write(
    hospital: &Hospital,
    actor: &Actor,
    (patient, series): (&PatientId, &Uid),
    suggestion: &Suggestion,
    (status, reason): (&str, &str),
) -> Result<(), RecordError> {
    let at = jiff::Timestamp::from_millisecond(clock::now().0).unwrap_or_default();
    let [l, p, s] = suggestion.candidate.centre_lps_mm;
    let body = json!({
        "resourceType": "Observation",
        "id": suggestion.id,
        "status": status,
        "code": {
            "coding": [{"system": SYSTEM, "code": DISMISSED}],
            "text": "Suggested place of a nodule, looked at and put aside",
        },
        "subject": {"reference": format!("Patient/{patient}")},
        "effectiveDateTime": at.to_string(),
        "performer": [{"identifier": {"system": "urn:yuanyi:account", "value": actor.id.as_str()}}],
        "valueString": reason,
        "derivedFrom": [{
            "identifier": {"system": "urn:dicom:uid", "value": format!("urn:oid:{series}")},
        }],
        "note": [{"text": format!("at L {l:.1} P {p:.1} S {s:.1} mm")}],
    });
    let fact = NewFact::PutResource {
        key: ResourceKey {
            kind: "Observation".to_owned(),
            id: suggestion.id.clone(),
        },
        subject: Some(patient.clone()),
        body,
    };
    let batch = Batch {
        actor: actor.id.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    Ok(())
}
