use alarms::Act;
use policy::{Actor, PasswordHash, PasswordRule, Role};
use record::{Batch, NewFact, Precondition, ResourceKey};
use serde_json::json;

use super::*;
use crate::{
    devices,
    hospital::hospital_actor,
    ward::{Written, take_written},
};

fn edge() -> ActorId {
    ActorId::new("edge-1").unwrap()
}

fn edges() -> (tempfile::TempDir, Edges) {
    let folder = tempfile::tempdir().unwrap();
    let edges = Edges::open(folder.path()).unwrap();
    edges.put(&edge(), &["w".to_owned()]).unwrap();
    (folder, edges)
}

async fn put(hospital: &Hospital, kind: &str, mut body: Value) {
    body["resourceType"] = json!(kind);
    let key = ResourceKey {
        kind: kind.to_owned(),
        id: body["id"].as_str().unwrap().to_owned(),
    };
    let fact = NewFact::PutResource {
        key,
        subject: None,
        body,
    };
    let batch = Batch {
        actor: hospital_actor(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await.unwrap();
}

fn place(id: &str, kind: &str, within: &str) -> Value {
    json!({
        "id": id, "physicalType": {"coding": [{"code": kind}]},
        "partOf": {"reference": format!("Location/{within}")},
    })
}

#[tokio::test]
async fn what_belongs_to_an_edge_is_found_anew_where_something_of_it_has_changed_and_only_there() {
    let (_folder, hospital) = Hospital::of_test();
    let edge = edge();
    hospital.edges.put(&edge, &["w".to_owned()]).unwrap();
    put(&hospital, "Location", place("w", "wa", "site")).await;
    put(&hospital, "Location", place("b", "bd", "w")).await;
    let of_now = async || hospital.facts_for(&edge).await.unwrap();
    let first = of_now().await;
    assert_eq!(first.resources.len(), 2);
    assert!(Arc::ptr_eq(&first, &of_now().await), "nothing has changed");
    let password = PasswordHash::of("a password of some length 7", PasswordRule::Hospital);
    // Somebody comes on duty, for a moment.
    let until = Timestamp(clock::now().0 + 2000);
    let duty = json!({
        "id": "duty", "practitioner": {"reference": "Practitioner/nurse"},
        "location": [{"reference": "Location/w"}], "period": {"end": until},
        "code": [{"coding": [{"system": "urn:yuanyi:duty", "code": "bed-nurse"}]}],
    });
    put(&hospital, "PractitionerRole", duty).await;
    hospital.edges.note_change();
    let on_duty = of_now().await;
    assert_eq!(on_duty.resources.len(), 3);
    // An account is none of the record's: it is looked at each time.
    let revision = async || hospital.belongings(&edge, true).await.unwrap().revision();
    let without = revision().await;
    let nurse = Actor {
        id: ActorId::new("nurse").unwrap(),
        name: "Nurse".to_owned(),
        roles: BTreeSet::from([Role::Nurse]),
        patient: None,
    };
    hospital.accounts.put(&nurse, &password.unwrap()).unwrap();
    let with = revision().await;
    assert_ne!(with, without);
    // The clock alone ends a shift.
    tokio::time::sleep(Duration::from_millis(2100)).await;
    assert_eq!(of_now().await.resources.len(), 2);
    assert_ne!(revision().await, with);
    // It works for less.
    hospital.edges.put(&edge, &["nowhere".to_owned()]).unwrap();
    assert!(of_now().await.resources.is_empty());
    // What was handed to it once belongs to it until it is ended.
    assert!(hospital.was_given(&edge, "Location", "b").await.unwrap());
    hospital.edges.remove(&edge).unwrap();
    assert!(!hospital.was_given(&edge, "Location", "b").await.unwrap());
}

#[tokio::test]
async fn what_an_edge_says_of_a_device_once_more_is_done_whatever_was_said_here_since() {
    let (_folder, hospital) = Hospital::of_test();
    let (edge, device) = (edge(), DeviceId::new("d").unwrap());
    let key = |kind: &str, id: &str| ResourceKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    for id in ["p", "q"] {
        put(&hospital, "Patient", json!({"id": id})).await;
    }
    let mut given = Facts::default();
    for key in [key("Device", "d"), key("Patient", "p")] {
        given.resources.push(Handed {
            key,
            subject: None,
            body: Value::Null,
        });
    }
    hospital.edges.give(&edge, &given).unwrap();
    let is_of = async |patient: &str, by: Option<&str>| {
        let new = json!({"profile": "bedside-monitor", "patient": patient});
        let new = devices::NewDevice {
            said_by: by.map(|by| ActorId::new(by).unwrap()),
            ..serde_json::from_value(new).unwrap()
        };
        let by = hospital_actor();
        let registered = devices::register(&hospital, &by, &device, &new);
        registered.await.unwrap();
    };
    is_of("p", Some("nurse")).await;
    let permit = hospital.for_edges().await.unwrap();
    let device_key = key("Device", "d");
    let kept = hospital.record.resource(permit, &device_key, None);
    let body = kept.await.unwrap().unwrap().body.unwrap();
    let says = async |sequence: u64, since: &str| {
        let mut said = Written {
            sequence,
            id: "d".to_owned(),
            patient: PatientId::new("p").ok(),
            body: body.clone(),
        };
        let extensions = said.body["extension"].as_array_mut().unwrap().iter_mut();
        let mut assigned = extensions.filter(|one| one["url"] == "urn:yuanyi:device-assigned");
        assigned.next().unwrap()["valueInstant"] = json!(since);
        let refused = take_written(&hospital, permit, &edge, vec![said]).await;
        assert!(refused.unwrap().is_empty());
        let device = hospital.devices.find(&device).unwrap();
        device.patient.as_ref().map(ToString::to_string)
    };
    let (before, later, last) = (
        "2020-01-01T08:00:00Z",
        "2126-01-01T08:00:00Z",
        "2126-01-01T09:00:00Z",
    );
    is_of("q", None).await;
    // Said there before it was said here: the later holds.
    assert_eq!(says(5, before).await.as_deref(), Some("q"));
    assert_eq!(says(7, later).await.as_deref(), Some("p"));
    let since = hospital.devices.find(&device).unwrap().since;
    assert_eq!(since, later.parse().ok(), "since it was said there");
    is_of("q", None).await;
    assert_eq!(says(7, later).await.as_deref(), Some("q"));
    assert_eq!(says(9, last).await.as_deref(), Some("p"));
    // It has lost its data since, and counts its entries from the beginning again.
    let said = |sequence, since| hospital.edges.was_said(&edge, &device, (sequence, since));
    assert!(said(8, Timestamp(0)).unwrap());
    assert!(!said(1, Timestamp(i64::MAX)).unwrap());
    // What is out of service here stays so, whatever is said there.
    let known = hospital.devices.find(&device).unwrap();
    devices::retire(&hospital, &hospital_actor(), &known)
        .await
        .unwrap();
    let said = Written {
        sequence: 11,
        id: "d".to_owned(),
        patient: PatientId::new("p").ok(),
        body,
    };
    let refused = take_written(&hospital, permit, &edge, vec![said]).await;
    assert_eq!(refused.unwrap().len(), 1);
    assert!(!hospital.devices.find(&device).unwrap().active);
}

#[tokio::test]
async fn what_was_written_down_here_is_taken_back_at_the_edge_of_its_patient_and_stays_as_it_was_written()
 {
    let (_folder, hospital) = Hospital::of_test();
    let edge = edge();
    let key = |kind: &str, id: &str| ResourceKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    let mut given = Facts::default();
    given.resources.push(Handed {
        key: key("Patient", "p"),
        subject: None,
        body: Value::Null,
    });
    hospital.edges.give(&edge, &given).unwrap();
    let of = |id: &str, patient: &str| {
        json!({
            "resourceType": "Observation", "id": id, "status": "final",
            "subject": {"reference": format!("Patient/{patient}")},
            "performer": [{"reference": "Practitioner/nurse"}],
        })
    };
    for (id, patient) in [("o", "p"), ("of-another", "q")] {
        put(&hospital, "Patient", json!({"id": patient})).await;
        let mut body = of(id, patient);
        body["note"] = json!([{"text": "as it was written"}]);
        put(&hospital, "Observation", body).await;
    }
    let permit = hospital.for_edges().await.unwrap();
    let says = async |id: &str, patient: &str, status: &str| {
        let mut body = of(id, patient);
        body["status"] = json!(status);
        record::mark_written_by(body.as_object_mut().unwrap(), "cloud");
        let said = Written {
            sequence: 7,
            id: id.to_owned(),
            patient: PatientId::new(patient).ok(),
            body,
        };
        let refused = take_written(&hospital, permit, &edge, vec![said]).await;
        let at = key("Observation", id);
        let kept = hospital.record.resource(permit, &at, None).await;
        let kept = kept.unwrap().unwrap();
        (refused.unwrap().len(), kept.version, kept.body.unwrap())
    };
    // Nothing else of it is changed there, and nothing of whom the edge does not have.
    let (refused, version, _) = says("o", "p", "amended").await;
    assert_eq!((refused, version), (1, 1));
    let (refused, version, _) = says("of-another", "q", "entered-in-error").await;
    assert_eq!((refused, version), (1, 1));
    for _ in 0..2 {
        let (refused, version, kept) = says("o", "p", "entered-in-error").await;
        assert_eq!((refused, version), (0, 2), "once");
        assert_eq!(kept["status"], "entered-in-error");
        assert_eq!(kept["note"][0]["text"], "as it was written");
        assert_eq!(record::written_by(&kept), None);
    }
}

#[tokio::test]
async fn what_somebody_deletes_at_an_edge_goes_up_as_entered_in_error() {
    let (_folder, hospital) = Hospital::of_test();
    let (nurse, patient) = (ActorId::new("nurse").unwrap(), PatientId::new("p").ok());
    let work = hospital.own_permit("test", Action::ReadRecord);
    let permit = work.await.unwrap();
    for (by, performer, goes_up) in [
        (nurse.clone(), "Practitioner/nurse", true),
        (nurse, "Organization/laboratory", false),
        (hospital_actor(), "Practitioner/nurse", false),
    ] {
        let key = ResourceKey {
            kind: "Observation".to_owned(),
            id: uuid::Uuid::new_v4().to_string(),
        };
        let written = NewFact::PutResource {
            key: key.clone(),
            subject: patient.clone(),
            body: json!({
                "resourceType": "Observation", "id": key.id, "status": "final",
                "subject": {"reference": "Patient/p"}, "performer": [{"reference": performer}],
            }),
        };
        let from = *hospital.record.feed().borrow();
        for fact in [written, NewFact::DeleteResource { key: key.clone() }] {
            let batch = Batch {
                actor: by.clone(),
                facts: vec![(fact, Precondition::None)],
            };
            hospital.record.commit(batch).await.unwrap();
        }
        let entries = hospital.record.entries(&permit, from, 10).await.unwrap();
        let mut up = Vec::new();
        for entry in &entries {
            up.extend(Written::deleted(&hospital, &permit, entry).await.unwrap());
        }
        assert_eq!(up.len(), usize::from(goes_up), "{performer}");
        for one in up {
            assert_eq!((&one.id, &one.patient), (&key.id, &patient));
            assert_eq!(one.body["status"], "entered-in-error");
        }
    }
}

#[tokio::test]
async fn an_edge_hears_that_it_may_say_how_old_is_what_waits_there() {
    let (_folder, hospital) = Hospital::of_test();
    hospital.edges.put(&edge(), &["w".to_owned()]).unwrap();
    let said = Behind {
        alarms_ms: None,
        values_ms: Some(3_600_000),
    };
    let up = Up {
        behind: Some(said),
        ..Up::default()
    };
    // Something is new: it is answered at once.
    hospital.edges.line(&edge()).news.notify_one();
    let down = hospital.hear_edge(&edge(), up).await.unwrap();
    assert!(down.takes_behind);
    let as_of = hospital.edges.line(&edge()).state.lock().as_of;
    assert!(as_of.values_as_of.is_some() && as_of.alarms_as_of.is_none());
}

fn take() -> Wish {
    Wish::Act { what: Act::Take }
}

#[tokio::test]
async fn what_an_edge_is_asked_it_does_once_or_not_at_all() {
    let (_folder, edges) = edges();
    let (edge, by) = (edge(), ActorId::new("nurse").unwrap());
    assert!(edges.is_edge(&edge) && !edges.is_edge(&by));
    // Nobody fetches it: it is not done later either.
    let asked = edges.ask(&edge, "a-1", take(), &by).await;
    assert_eq!(asked.unwrap_err(), NotDone::NoLine);
    assert!(edges.fetch(&edge).is_empty());
    // Who asked went away before it was fetched.
    let left = timeout(ANSWERS / 3, edges.ask(&edge, "a-1", take(), &by));
    assert!(left.await.is_err());
    tokio::time::sleep(ANSWERS).await;
    assert!(edges.fetch(&edge).is_empty());
    // It is fetched, and refused.
    let answers = async {
        tokio::task::yield_now().await;
        let [asked] = edges.fetch(&edge).try_into().unwrap();
        assert!(edges.fetch(&edge).is_empty(), "each is fetched once");
        let Asked { id, .. } = asked;
        let result = Err(Refused::Ended);
        edges.take_done(&edge, vec![Done { id, result }]);
    };
    let (asked, ()) = tokio::join!(edges.ask(&edge, "a-1", take(), &by), answers);
    assert_eq!(asked.unwrap_err(), NotDone::Refused(Refused::Ended));
    assert!(edges.remove(&edge).unwrap() && !edges.is_edge(&edge));
}
