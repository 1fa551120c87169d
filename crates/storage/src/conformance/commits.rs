//! Commits: whole, ordered, versioned, and read back as they were written.

use std::sync::Arc;

use policy::Permit;
use record::{FactBody, NewFact, Precondition, Record};
use serde_json::json;
use vocabulary::{Digest, Timestamp};

use super::words::{
    act, actor, all, commit, commit_if, conflict, key, not_permitted, only, patient, put, room,
};

pub async fn versions_and_history(record: &dyn Record) {
    let body =
        |name: &str| json!({"resourceType": "Patient", "name": name, "meta": {"tag": "kept"}});
    let first = commit(record, vec![put("Patient", "p1", Some("p1"), body("A"))])
        .await
        .unwrap();
    assert_eq!((first[0].sequence, first[0].version), (0, 1));
    let second = commit(record, vec![put("Patient", "p1", Some("p1"), body("B"))])
        .await
        .unwrap();
    assert_eq!((second[0].sequence, second[0].version), (1, 2));
    assert!(second[0].at >= first[0].at, "time does not go back");

    let patient_1 = key("Patient", "p1");
    let now = record
        .resource(&all(), &patient_1, None)
        .await
        .unwrap()
        .unwrap();
    let shown = now.body.clone().unwrap();
    assert_eq!((now.version, now.sequence), (2, 1));
    assert_eq!((&shown["name"], &shown["id"]), (&json!("B"), &json!("p1")));
    assert_eq!(shown["meta"]["versionId"], "2");
    assert_eq!(shown["meta"]["lastUpdated"], now.at.to_string());
    assert_eq!(shown["meta"]["tag"], "kept");
    let old = record
        .resource(&all(), &patient_1, Some(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(old.body.unwrap()["name"], "A");
    for (wanted, version) in [(&patient_1, Some(3)), (&key("Patient", "p2"), None)] {
        assert_eq!(
            record.resource(&all(), wanted, version).await.unwrap(),
            None
        );
    }

    let deleted = commit(
        record,
        vec![NewFact::DeleteResource {
            key: patient_1.clone(),
        }],
    )
    .await
    .unwrap();
    assert_eq!(deleted[0].version, 3);
    let now = record
        .resource(&all(), &patient_1, None)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (now.version, now.body, now.subject),
        (3, None, Some(patient("p1")))
    );
    let again = vec![NewFact::DeleteResource {
        key: patient_1.clone(),
    }];
    assert_eq!(
        conflict(commit(record, again).await),
        0,
        "there is nothing to delete"
    );
    commit(record, vec![put("Patient", "p1", Some("p1"), body("C"))])
        .await
        .unwrap();

    let history = record.history(&all(), &patient_1).await.unwrap();
    let versions: Vec<_> = history
        .iter()
        .map(|v| (v.version, v.body.is_some()))
        .collect();
    assert_eq!(versions, [(4, true), (3, false), (2, true), (1, true)]);
    assert_eq!(
        record.history(&all(), &key("Patient", "p2")).await.unwrap(),
        []
    );
}

pub async fn what_was_said_about_a_patient(record: &dyn Record) {
    let body = |n: u32| json!({"n": n});
    let facts = vec![
        put("Observation", "o1", Some("p1"), body(1)),
        put("Observation", "o2", Some("p2"), body(2)),
        put("Condition", "c1", Some("p1"), body(3)),
        put("Observation", "o1", Some("p1"), body(4)),
        put("Basic", "b1", Some("p1"), body(5)),
    ];
    commit(record, facts).await.unwrap();
    let key = key("Condition", "c1");
    commit(record, vec![NewFact::DeleteResource { key }])
        .await
        .unwrap();
    let kinds = ["Observation", "Condition"];
    let (p1, p3) = (patient("p1"), patient("p3"));
    let found = record.versions_about(&only(&["p1"]), &p1, &kinds).await;
    let found: Vec<_> = found
        .unwrap()
        .into_iter()
        .map(|entry| {
            assert_eq!(entry.actor, actor());
            let FactBody::Resource { key, version, body } = entry.fact.body else {
                panic!("no resource")
            };
            (key.id, version, body.map(|body| body["n"].clone()))
        })
        .collect();
    let was = |id: &str, version, n: Option<u32>| (id.to_owned(), version, n.map(|n| json!(n)));
    assert_eq!(
        found,
        [
            was("o1", 1, Some(1)),
            was("c1", 1, Some(3)),
            was("o1", 2, Some(4)),
            was("c1", 2, None)
        ]
    );
    let other = record.versions_about(&only(&["p2"]), &p1, &kinds).await;
    not_permitted(&other);
    let none = record.versions_about(&all(), &p3, &kinds).await;
    assert_eq!(none.unwrap(), []);
}

pub async fn as_it_was_at_a_moment(record: &dyn Record) {
    let bed = |n: u32| put("Encounter", "e1", Some("p1"), json!({"bed": n}));
    let first = commit(record, vec![bed(1)]).await.unwrap();
    // The clock of the record is that of its entries: another moment is another millisecond.
    let later = async |facts: Vec<NewFact>, after: Timestamp| loop {
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        let sealed = commit(record, facts.clone()).await.unwrap();
        if sealed[0].at > after {
            return sealed[0].at;
        }
    };
    let other = put("Encounter", "e2", Some("p2"), json!({"bed": 7}));
    let moved = later(vec![bed(2), other], first[0].at).await;
    let key = key("Encounter", "e1");
    let gone = later(vec![NewFact::DeleteResource { key }], moved).await;
    let at = async |permit: &Permit, moment: Timestamp| {
        let found = record.as_of(permit, "Encounter", moment).await.unwrap();
        let beds = found
            .into_iter()
            .map(|version| version.body.unwrap()["bed"].as_u64().unwrap());
        beds.collect::<Vec<_>>()
    };
    assert_eq!(at(&all(), Timestamp(first[0].at.0 - 1)).await, [0u64; 0]);
    assert_eq!(at(&all(), first[0].at).await, [1]);
    assert_eq!(at(&all(), moved).await, [2, 7]);
    assert_eq!(at(&all(), gone).await, [7]);
    assert_eq!(at(&only(&["p1"]), moved).await, [2]);
    assert_eq!(record.as_of(&all(), "Device", gone).await.unwrap(), []);
}

pub async fn what_was_written_since(record: &dyn Record) {
    let said = |id: &str, patient: &str, n: u32| put("Consent", id, Some(patient), json!({"n": n}));
    let other = put("Flag", "f", Some("p1"), json!({}));
    let facts = vec![said("a", "p1", 1), other, said("b", "p2", 2)];
    commit(record, facts).await.unwrap();
    let since = async |permit: &Permit, from: u64| {
        let found = record.changed_since(permit, "Consent", from).await.unwrap();
        let each = found.into_iter().map(|version| {
            let n = version.body.map(|body| body["n"].as_u64().unwrap());
            (version.key.id, version.sequence, n)
        });
        each.collect::<Vec<_>>()
    };
    let (a, b) = (|| "a".to_owned(), || "b".to_owned());
    assert_eq!(
        since(&all(), 0).await,
        [(a(), 0, Some(1)), (b(), 2, Some(2))]
    );
    assert_eq!(since(&all(), 1).await, [(b(), 2, Some(2))]);
    assert!(since(&all(), 3).await.is_empty());
    // Each is there once, as it is now, and also when it is gone.
    let key = key("Consent", "b");
    let facts = vec![
        said("a", "p1", 3),
        said("a", "p1", 4),
        NewFact::DeleteResource { key },
    ];
    commit(record, facts).await.unwrap();
    let now = [(a(), 4, Some(4)), (b(), 5, None)];
    assert_eq!(since(&all(), 0).await, now);
    assert_eq!(since(&all(), 3).await, now);
    assert_eq!(since(&only(&["p2"]), 0).await, now[1..]);
    assert!(since(&all(), 6).await.is_empty());
}

pub async fn batches_are_whole(record: &dyn Record) {
    let body = || json!({"resourceType": "Observation"});
    let facts = vec![
        (put("Observation", "a", None, body()), Precondition::None),
        (
            put("Observation", "a", None, body()),
            Precondition::Version(1),
        ),
        (
            put("Observation", "b", None, body()),
            Precondition::Version(7),
        ),
    ];
    assert_eq!(conflict(commit_if(record, facts.clone()).await), 2);
    assert_eq!(
        record
            .resource(&all(), &key("Observation", "a"), None)
            .await
            .unwrap(),
        None
    );
    assert_eq!(
        *record.feed().borrow(),
        0,
        "a refused batch leaves no entry"
    );
    let sealed = commit_if(record, facts[..2].to_vec()).await.unwrap();
    let numbers: Vec<_> = sealed.iter().map(|s| (s.sequence, s.version)).collect();
    assert_eq!(
        numbers,
        [(0, 1), (1, 2)],
        "later facts see earlier ones of their batch"
    );
    assert_eq!(
        commit(record, Vec::new()).await.unwrap(),
        [],
        "an empty batch is nothing"
    );
    let no_object = vec![put("Observation", "c", None, json!("text"))];
    assert_eq!(conflict(commit(record, no_object).await), 0);
}

pub async fn preconditions(record: &dyn Record) {
    let write = async |version: u64| {
        let fact = put("Basic", "x", None, json!({}));
        commit_if(record, vec![(fact, Precondition::Version(version))]).await
    };
    conflict(write(1).await);
    write(0).await.unwrap();
    conflict(write(0).await);
    conflict(write(2).await);
    write(1).await.unwrap();
    let delete = NewFact::DeleteResource {
        key: key("Basic", "x"),
    };
    conflict(commit_if(record, vec![(delete.clone(), Precondition::Version(1))]).await);
    commit_if(record, vec![(delete, Precondition::Version(2))])
        .await
        .unwrap();
    let again = write(0).await.unwrap();
    assert_eq!(
        again[0].version, 4,
        "a deleted resource is not there, and keeps its versions"
    );
}

pub async fn one_of_many_wins(record: Arc<dyn Record>) {
    let tasks: Vec<_> = (0..24)
        .map(|n| {
            let record = Arc::clone(&record);
            tokio::spawn(async move {
                let fact = put("Basic", "x", None, json!({"n": n}));
                commit_if(&*record, vec![(fact, Precondition::Version(0))]).await
            })
        })
        .collect();
    let mut won = 0;
    for task in tasks {
        match task.await.unwrap() {
            Ok(sealed) => {
                assert_eq!(sealed[0].sequence, 0);
                won += 1;
            }
            refused => {
                conflict(refused);
            }
        }
    }
    assert_eq!(
        won, 1,
        "of commits at the same time, one creates the resource"
    );
}

pub async fn room_acts_are_numbered(record: &dyn Record) {
    let acts = vec![
        act("r1", 0, Some("p1")),
        act("r1", 1, Some("p1")),
        act("r2", 0, None),
    ];
    commit(record, acts).await.unwrap();
    assert_eq!(
        conflict(commit(record, vec![act("r1", 1, None)]).await),
        0,
        "taken"
    );
    assert_eq!(
        conflict(commit(record, vec![act("r1", 3, None)]).await),
        0,
        "a gap"
    );
    commit(record, vec![act("r1", 2, Some("p1"))])
        .await
        .unwrap();
    let read = async |from| {
        record
            .room_acts(&all(), &room("r1"), Some(&patient("p1")), from)
            .await
    };
    let numbers =
        |acts: Vec<record::RoomAct>| acts.iter().map(|act| act.number).collect::<Vec<_>>();
    assert_eq!(numbers(read(0).await.unwrap()), [0, 1, 2]);
    assert_eq!(numbers(read(2).await.unwrap()), [2]);
    assert_eq!(read(0).await.unwrap()[1].act, json!({"add": 1}));
    assert_eq!(
        record
            .room_acts(&all(), &room("r3"), None, 0)
            .await
            .unwrap(),
        []
    );
    not_permitted(
        &record
            .room_acts(&only(&["p2"]), &room("r1"), Some(&patient("p1")), 0)
            .await,
    );
    not_permitted(&record.room_acts(&only(&["p2"]), &room("r1"), None, 0).await);
}

pub async fn acts_of_rooms_have_their_entries(record: &dyn Record) {
    let acts = vec![act("r1", 0, Some("p1")), act("r1", 1, Some("p1"))];
    let sealed = commit(record, acts).await.unwrap();
    let (r1, p1) = (room("r1"), patient("p1"));
    let of = async |permit, number| {
        record
            .room_act_sealed(&permit, &r1, Some(&p1), number)
            .await
    };
    for (number, sealed) in (0..).zip(sealed) {
        assert_eq!(of(all(), number).await.unwrap(), Some(sealed));
    }
    assert_eq!(of(all(), 2).await.unwrap(), None);
    not_permitted(&of(only(&["p2"]), 1).await);
    not_permitted(&record.room_act_sealed(&only(&["p2"]), &r1, None, 1).await);
}

pub async fn the_feed_names_every_entry(record: &dyn Record) {
    let mut feed = record.feed();
    assert_eq!(*feed.borrow_and_update(), 0);
    let facts = vec![
        put("Basic", "a", Some("p1"), json!({})),
        put("Basic", "b", Some("p2"), json!({})),
        put("Basic", "c", None, json!({})),
    ];
    let sealed = commit(record, facts).await.unwrap();
    feed.changed().await.unwrap();
    assert_eq!(*feed.borrow_and_update(), 3);
    let entries = record.entries(&all(), 0, 10).await.unwrap();
    assert_eq!(entries.len(), 3);
    for (entry, sealed) in entries.iter().zip(&sealed) {
        assert_eq!(
            (entry.sequence, entry.at, &entry.actor),
            (sealed.sequence, sealed.at, &actor())
        );
        assert_eq!(entry.salt.len(), 32);
        let bytes = record
            .entry_bytes(&all(), entry.sequence)
            .await
            .unwrap()
            .unwrap();
        assert_eq!(
            Digest::of(&bytes),
            sealed.digest,
            "the leaf is the digest of the entry's bytes"
        );
        assert_eq!(
            &serde_json::from_slice::<record::Entry>(&bytes).unwrap(),
            entry
        );
    }
    assert!(matches!(
        &entries[0].fact.body,
        FactBody::Resource { version: 1, .. }
    ));
    assert_ne!(entries[0].salt, entries[1].salt);
    let tail = record.entries(&all(), 1, 1).await.unwrap();
    assert_eq!(
        tail.iter().map(|entry| entry.sequence).collect::<Vec<_>>(),
        [1]
    );
    let covered = record.entries(&only(&["p2"]), 0, 10).await.unwrap();
    assert_eq!(
        covered
            .iter()
            .map(|entry| entry.sequence)
            .collect::<Vec<_>>(),
        [1, 2]
    );
    assert_eq!(record.entry_bytes(&all(), 3).await.unwrap(), None);
    not_permitted(&record.entry_bytes(&only(&["p2"]), 0).await);
}

pub async fn permits_limit_direct_reads(record: &dyn Record) {
    let facts = vec![
        put("Basic", "a", Some("p1"), json!({})),
        put("Organization", "o", None, json!({})),
    ];
    commit(record, facts).await.unwrap();
    let other = only(&["p2"]);
    not_permitted(&record.resource(&other, &key("Basic", "a"), None).await);
    not_permitted(&record.resource(&other, &key("Basic", "a"), Some(1)).await);
    not_permitted(&record.history(&other, &key("Basic", "a")).await);
    assert!(
        record
            .resource(&only(&["p1"]), &key("Basic", "a"), None)
            .await
            .unwrap()
            .is_some()
    );
    assert!(
        record
            .resource(&other, &key("Organization", "o"), None)
            .await
            .unwrap()
            .is_some()
    );
}
