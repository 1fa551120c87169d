//! Short ways to say what the suite needs often.

use std::{collections::BTreeSet, sync::Arc};

use bytes::Bytes;
use policy::{Action, Permit, Scope};
use record::{
    Batch, Instance, NewFact, Precondition, Record, RecordError, ResourceKey, RoomAct, Sealed,
};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, PatientId, RoomId, Timestamp, Uid};

pub fn actor() -> ActorId {
    ActorId::new("li.terminal").unwrap()
}

pub fn patient(id: &str) -> PatientId {
    PatientId::new(id).unwrap()
}

pub fn uid(text: &str) -> Uid {
    Uid::new(text).unwrap()
}

pub fn room(id: &str) -> RoomId {
    RoomId::new(id).unwrap()
}

/// A permit over everything.
pub fn all() -> Permit {
    Permit::for_test(actor(), Action::ReadRecord, Scope::All)
}

/// A permit over these patients.
pub fn only(patients: &[&str]) -> Permit {
    let patients: BTreeSet<PatientId> = patients.iter().map(|id| patient(id)).collect();
    Permit::for_test(
        actor(),
        Action::ReadRecord,
        Scope::Patients(Arc::new(patients)),
    )
}

/// A permit over all but these patients.
pub fn all_but(patients: &[&str]) -> Permit {
    let patients: BTreeSet<PatientId> = patients.iter().map(|id| patient(id)).collect();
    Permit::for_test(
        actor(),
        Action::ReadRecord,
        Scope::AllBut(Arc::new(patients)),
    )
}

pub fn key(kind: &str, id: &str) -> ResourceKey {
    ResourceKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    }
}

pub fn put(kind: &str, id: &str, subject: Option<&str>, body: Value) -> NewFact {
    NewFact::PutResource {
        key: key(kind, id),
        subject: subject.map(patient),
        body,
    }
}

pub fn act(in_room: &str, number: u64, subject: Option<&str>) -> NewFact {
    let act = RoomAct {
        room: room(in_room),
        number,
        actor: actor(),
        at: Timestamp(0),
        act: json!({"add": number}),
    };
    NewFact::RoomAct {
        act,
        subject: subject.map(patient),
    }
}

pub async fn commit(record: &dyn Record, facts: Vec<NewFact>) -> Result<Vec<Sealed>, RecordError> {
    commit_if(
        record,
        facts
            .into_iter()
            .map(|fact| (fact, Precondition::None))
            .collect(),
    )
    .await
}

pub async fn commit_if(
    record: &dyn Record,
    facts: Vec<(NewFact, Precondition)>,
) -> Result<Vec<Sealed>, RecordError> {
    record
        .commit(Batch {
            actor: actor(),
            facts,
        })
        .await
}

/// The UIDs of an object: study, series, instance.
pub type Uids<'a> = (&'a str, &'a str, &'a str);

/// A stored object with these attributes, each `(tag, vr, value)`.
pub fn image(
    of: &str,
    (study, series, sop): Uids<'_>,
    attributes: &[(&str, &str, Value)],
    bytes: &[u8],
) -> NewFact {
    let attributes: serde_json::Map<String, Value> = attributes
        .iter()
        .map(|(tag, vr, value)| ((*tag).to_owned(), json!({"vr": vr, "Value": [value]})))
        .collect();
    let instance = Instance {
        subject: patient(of),
        study: uid(study),
        series: uid(series),
        sop: uid(sop),
        class: uid("1.2.840.10008.5.1.4.1.1.2"),
        transfer_syntax: uid("1.2.840.10008.1.2.1"),
        digest: Digest([0; 32]),
        size: 0,
        attributes: Value::Object(attributes),
        sequence: 0,
    };
    NewFact::StoreInstance {
        instance: Box::new(instance),
        bytes: Bytes::copy_from_slice(bytes),
    }
}

/// The index of the refused fact.
pub fn conflict<T: std::fmt::Debug>(answer: Result<T, RecordError>) -> usize {
    match answer {
        Err(RecordError::Conflict { index, .. }) => index,
        other => panic!("a conflict was expected, not {other:?}"),
    }
}

pub fn not_permitted<T: std::fmt::Debug>(answer: &Result<T, RecordError>) {
    assert!(
        matches!(answer, Err(RecordError::NotPermitted)),
        "{answer:?} in spite of the permit"
    );
}
