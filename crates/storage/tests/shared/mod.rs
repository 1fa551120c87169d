//! What the tests of the embedded record share.
#![allow(dead_code)]

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use policy::{Action, Permit, Scope};
use record::{Batch, Instance, NewFact, Precondition, Record, RecordError, ResourceKey, Sealed};
use serde_json::json;
use storage::{Embedded, Options, StorageError, SystemClock, conformance::TestIndexer};
use vocabulary::{ActorId, Digest, PatientId, Uid};

pub fn actor() -> ActorId {
    ActorId::new("test").unwrap()
}

pub fn all() -> Permit {
    Permit::for_test(actor(), Action::ReadRecord, Scope::All)
}

pub fn open(dir: &Path, options: Options) -> Result<Embedded, StorageError> {
    Embedded::open_with(dir, Arc::new(TestIndexer), Arc::new(SystemClock), options)
}

/// Small segments, so that a test has several.
pub fn small() -> Options {
    Options {
        segment_bytes: 64 << 10,
        ..Options::default()
    }
}

/// An object whose bytes follow from its number.
pub fn object_bytes(number: u64, length: usize) -> Bytes {
    let mut state = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let bytes = (0..length).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    });
    bytes.collect()
}

pub fn object(number: u64, length: usize) -> NewFact {
    let uid = |text: String| Uid::new(text).unwrap();
    let instance = Instance {
        subject: PatientId::new(format!("p{}", number % 5)).unwrap(),
        study: uid(format!("1.{}", number % 5)),
        series: uid(format!("1.{}.{}", number % 5, number % 10)),
        sop: uid(format!("1.9.{number}")),
        class: uid("1.2.840.10008.5.1.4.1.1.2".to_owned()),
        transfer_syntax: uid("1.2.840.10008.1.2.1".to_owned()),
        digest: Digest([0; 32]),
        size: 0,
        attributes: json!({"00080060": {"vr": "CS", "Value": ["CT"]}}),
        sequence: 0,
    };
    NewFact::StoreInstance {
        instance: Box::new(instance),
        bytes: object_bytes(number, length),
    }
}

pub fn resource(number: u64) -> NewFact {
    NewFact::PutResource {
        key: ResourceKey {
            kind: "Observation".to_owned(),
            id: format!("o{}", number % 50),
        },
        subject: Some(PatientId::new(format!("p{}", number % 5)).unwrap()),
        body: json!({"resourceType": "Observation", "n": number, "terms": {"note": [format!("note {number}")]}}),
    }
}

pub async fn commit(record: &Embedded, facts: Vec<NewFact>) -> Result<Vec<Sealed>, RecordError> {
    let facts = facts
        .into_iter()
        .map(|fact| (fact, Precondition::None))
        .collect();
    record
        .commit(Batch {
            actor: actor(),
            facts,
        })
        .await
}

/// A hospital with objects and resources, closed.
pub async fn filled(dir: &Path, count: u64) {
    let record = open(dir, small()).unwrap();
    for number in 0..count {
        commit(&record, vec![object(number, 9_000), resource(number)])
            .await
            .unwrap();
    }
}
