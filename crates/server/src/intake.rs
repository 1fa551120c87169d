//! Takes in what arrives: finds the patient or makes one, and commits.
//!
//! Every door ends here, so that an object is filed in the same way whether it came by C-STORE, by STOW-RS
//! or from the command line.

use anyhow::{Context, Result, bail};
use async_trait::async_trait;
use bytes::Bytes;
use dicom::{ParsedObject, PatientIdentity};
use policy::{Action, Actor, Object, Permit, Refusal, Scope};
use record::{
    Batch, Match, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery, Sealed, Term,
};
use serde_json::{Value, json};
use vocabulary::{Digest, PatientId};

use crate::{
    devices,
    hospital::{Hospital, program},
    http::Problem,
    mllp, upgrades,
};

/// What ids of patients made from a DICOM identity begin with.
const MADE: &str = "dcm-";

/// Why an object could not be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// The gate refused.
    #[error(transparent)]
    Refused(#[from] policy::Refusal),
    /// The record could not keep it.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Whether bytes look like a DICOM object rather than text.
pub fn is_dicom(bytes: &[u8]) -> bool {
    bytes.get(128..132) == Some(b"DICM") || matches!(bytes, [0x02 | 0x08, 0x00, _, 0x00, ..])
}

/// Files one DICOM object.
pub async fn store(
    hospital: &Hospital,
    actor: &Actor,
    object: ParsedObject,
) -> Result<Sealed, IntakeError> {
    let _storing = hospital.arrivals.begin();
    let subject = patient_of(hospital, actor, &object.patient).await?;
    store_for(hospital, actor, &subject, object, vec![]).await
}

/// Files one object under a patient who is known, together with what else is to be kept with it.
pub async fn store_for(
    hospital: &Hospital,
    actor: &Actor,
    subject: &PatientId,
    object: ParsedObject,
    with: Vec<(NewFact, Precondition)>,
) -> Result<Sealed, IntakeError> {
    let _storing = hospital.arrivals.begin();
    let fact = NewFact::StoreInstance {
        instance: Box::new(object.instance(subject.clone())),
        bytes: object.file,
    };
    let mut facts = vec![(fact, Precondition::None)];
    facts.extend(with);
    let batch = Batch {
        actor: actor.id.clone(),
        facts,
    };
    let sealed = hospital.record.commit(batch).await?;
    sealed
        .into_iter()
        .next()
        .ok_or_else(|| RecordError::Damaged("an empty answer".to_owned()).into())
}

/// Whether this actor may store images of anybody at all, or take in new patients.
pub fn may_bring(hospital: &Hospital, actor: &Actor, permit: &Permit) -> bool {
    match permit.scope() {
        Scope::All | Scope::AllBut(_) => true,
        Scope::Patients(patients) => !patients.is_empty() || receives(hospital, actor),
    }
}

fn receives(hospital: &Hospital, actor: &Actor) -> bool {
    let receivers = &hospital.config.receivers;
    receivers.iter().any(|id| id == actor.id.as_str())
}

/// The patient whom an object says that it shows, whose images may be stored by this actor. One that nobody knows yet
/// is made from the object, in the care of those on duty where images arrive: by them, or by what delivers images of
/// everybody.
async fn patient_of(
    hospital: &Hospital,
    actor: &Actor,
    identity: &PatientIdentity,
) -> Result<PatientId, IntakeError> {
    let permit = hospital
        .ask(actor, Action::StoreImaging, &Object::Everyone)
        .await?;
    let delivers_all = *permit.scope() == Scope::All;
    let key = (identity.issuer.clone(), identity.id.clone());
    let mut known = hospital.known_patients.lock().get(&key).cloned();
    if known.is_none() {
        // It is looked for among all patients: whoever it is, it is then asked about this one.
        let finding = hospital.finding().await;
        let finding = finding.map_err(|_| Refusal::not_witnessed())?;
        known = find(hospital, finding, identity).await?;
    }
    let may_make = delivers_all || receives(hospital, actor);
    let found = match known {
        Some(known) => known,
        None if may_make => make(hospital, actor, identity).await?,
        None => new_patient(identity)?,
    };
    if !delivers_all {
        let object = Object::Patient(found.clone());
        hospital.ask(actor, Action::StoreImaging, &object).await?;
    }
    let mut known = hospital.known_patients.lock();
    // A memory, not the truth: when it is full it starts over.
    if known.len() >= 100_000 {
        known.clear();
    }
    known.insert(key, found.clone());
    Ok(found)
}

/// The patient whom a DICOM identity names, if one is known.
pub async fn find(
    hospital: &Hospital,
    permit: &Permit,
    identity: &PatientIdentity,
) -> Result<Option<PatientId>, RecordError> {
    if identity.id.is_empty() {
        return Ok(None);
    }
    let known = hospital.config.issuers.get(&identity.issuer).cloned();
    let system = known
        .or_else(|| (!identity.issuer.is_empty()).then(|| fhir::issuer_system(&identity.issuer)));
    let matching = Match::Token {
        system,
        code: Some(identity.id.clone()),
    };
    let query = ResourceQuery {
        kind: "Patient".to_owned(),
        terms: vec![Term {
            parameter: "identifier".to_owned(),
            any_of: vec![matching],
        }],
        sort: vec![],
        limit: 1,
        offset: 0,
    };
    let page = hospital.record.search(permit, &query).await?;
    Ok(page
        .rows
        .first()
        .and_then(|row| PatientId::new(row.key.id.as_str()).ok()))
}

/// The id of a patient made from a DICOM identity: a digest of what [`find`] goes by, so that two associations that
/// bring the same new patient at once make one, also where they write the name otherwise. Without a DICOM id, name and
/// birth date tell people apart.
fn new_patient(identity: &PatientIdentity) -> Result<PatientId, RecordError> {
    let text = if identity.id.is_empty() {
        format!(
            "{}\n\n{}\n{}",
            identity.issuer, identity.name, identity.birth_date
        )
    } else {
        format!("{}\n{}", identity.issuer, identity.id)
    };
    let digest: String = Digest::of(text.as_bytes())
        .to_string()
        .chars()
        .take(32)
        .collect();
    PatientId::new(format!("{MADE}{digest}")).map_err(|_| RecordError::Damaged("an id".to_owned()))
}

/// Commits a patient made from a DICOM identity.
async fn make(
    hospital: &Hospital,
    actor: &Actor,
    identity: &PatientIdentity,
) -> Result<PatientId, IntakeError> {
    let patient = new_patient(identity)?;
    let put = |kind: &str, id: &str, body: Value| {
        let key = ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        (
            NewFact::PutResource {
                key,
                subject: Some(patient.clone()),
                body,
            },
            Precondition::Version(0),
        )
    };
    let mut facts = vec![put(
        "Patient",
        patient.as_str(),
        fhir::patient_from_dicom(&patient, identity_fields(identity)),
    )];
    if !hospital.config.receivers.is_empty() {
        let id = patient.as_str().replacen(MADE, "care-", 1);
        facts.push(put(
            "CareTeam",
            &id,
            care_team(&id, &patient, &hospital.config.receivers),
        ));
    }
    match hospital
        .record
        .commit(Batch {
            actor: actor.id.clone(),
            facts,
        })
        .await
    {
        // Another association was first.
        Ok(_) | Err(RecordError::Conflict { .. }) => Ok(patient),
        Err(error) => Err(error.into()),
    }
}

fn identity_fields(identity: &PatientIdentity) -> fhir::DicomPatient<'_> {
    fhir::DicomPatient {
        id: &identity.id,
        issuer: &identity.issuer,
        name: &identity.name,
        birth_date: &identity.birth_date,
        sex: &identity.sex,
    }
}

fn care_team(id: &str, patient: &PatientId, receivers: &[String]) -> Value {
    let members: Vec<Value> = receivers
        .iter()
        .map(|account| json!({"member": {"reference": format!("Practitioner/{account}")}}))
        .collect();
    json!({
        "resourceType": "CareTeam",
        "id": id,
        "status": "active",
        "name": "影像接收 · Imaging intake",
        "subject": {"reference": format!("Patient/{patient}")},
        "participant": members,
    })
}

/// Who brings care teams and consents along with patients.
struct Importer<'a> {
    hospital: &'a Hospital,
    actor: &'a Actor,
}

#[async_trait]
impl fhir::Granting for Importer<'_> {
    async fn grant(&self, patient: &PatientId) -> Result<Permit, policy::Refusal> {
        let object = Object::Patient(patient.clone());
        self.hospital
            .ask(self.actor, Action::GrantAccess, &object)
            .await
    }
}

/// Whether bytes are a message of HL7 v2.
pub fn is_hl7(bytes: &[u8]) -> bool {
    bytes.starts_with(b"MSH")
}

/// Takes in one item of an import on this machine: a DICOM object, a message of HL7 v2, or FHIR as JSON; what was left out
/// of it.
pub async fn take(hospital: &Hospital, bytes: Bytes) -> Result<Vec<String>> {
    let actor = program("importer");
    if is_dicom(&bytes) {
        let parse = move || dicom::parse(bytes);
        let object = tokio::task::spawn_blocking(parse)
            .await?
            .context("take the DICOM object")?;
        store(hospital, &actor, object)
            .await
            .context("keep the object")?;
        return Ok(Vec::new());
    }
    let may_write = hospital.ask(&actor, Action::WriteRecord, &Object::Everyone);
    if is_hl7(&bytes) {
        may_write.await?;
        // Results are of devices of the registry, which nobody has read where no door is open.
        if hospital.devices.all().is_empty() {
            upgrades::load(hospital).await;
            devices::load(hospital).await;
        }
        let taken = mllp::take_from_file(hospital, &bytes).await;
        return taken.map_err(anyhow::Error::msg);
    }
    let resource: Value =
        serde_json::from_slice(&bytes).context("take it: it is neither DICOM, HL7 v2 nor JSON")?;
    let permit = may_write.await?;
    let importer = Importer {
        hospital,
        actor: &actor,
    };
    let reply = fhir::take(&*hospital.record, &permit, &importer, resource).await;
    if reply.status >= 300 {
        bail!("take the FHIR resource: {}", reply.diagnostics());
    }
    Ok(Vec::new())
}

/// The problem that a door over HTTP answers.
impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        match error {
            IntakeError::Refused(refusal) => refusal.into(),
            IntakeError::Record(error) => error.into(),
        }
    }
}
