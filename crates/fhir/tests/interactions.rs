//! FHIR's interactions over a real record, for people with different permits.
#![allow(clippy::too_many_lines)] // One test is one story.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use fhir::{
    Consents, Granting, Reply, Rest, SearchIndexer, care_relations, decode_query, validate,
};
use parking_lot::Mutex;
use policy::{Action, Actor, Permit, Refusal, Role, Scope};
use serde_json::{Value, json};
use storage::{Embedded, SystemClock};
use tempfile::TempDir;
use vocabulary::{ActorId, PatientId, Timestamp};

/// Lets everybody decide who sees a patient, or nobody; notes about whom it was asked.
struct Grants {
    to_all: bool,
    asked: Mutex<Vec<String>>,
}

fn grants(to_all: bool) -> Grants {
    Grants {
        to_all,
        asked: Mutex::default(),
    }
}

#[async_trait]
impl Granting for Grants {
    async fn grant(&self, patient: &PatientId) -> Result<Permit, Refusal> {
        self.asked.lock().push(patient.to_string());
        if self.to_all {
            Ok(permit(Action::GrantAccess, Some(&[patient.as_str()])))
        } else {
            Err(Refusal {
                kind: policy::RefusalKind::NotPermitted,
                reason: vocabulary::Text::new("不可", "no"),
                policies: vec![],
            })
        }
    }
}

struct Hospital {
    record: Embedded,
    grant: Grants,
    read: Permit,
    write: Permit,
    _data: TempDir,
}

fn permit(action: Action, patients: Option<&[&str]>) -> Permit {
    let scope = match patients {
        None => Scope::All,
        Some(ids) => Scope::Patients(Arc::new(
            ids.iter().map(|id| PatientId::new(*id).unwrap()).collect(),
        )),
    };
    Permit::for_test(ActorId::new("someone").unwrap(), action, scope)
}

impl Hospital {
    fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        let record =
            Embedded::open(data.path(), Arc::new(SearchIndexer), Arc::new(SystemClock)).unwrap();
        Self {
            record,
            grant: grants(true),
            read: permit(Action::ReadRecord, None),
            write: permit(Action::WriteRecord, None),
            _data: data,
        }
    }

    fn rest(&self) -> Rest<'_> {
        Rest {
            record: &self.record,
            read: Some(&self.read),
            write: Some(&self.write),
            hospital: None,
            grant: &self.grant,
            base: "http://h/fhir",
        }
    }

    async fn put(&self, body: Value) {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (kind, id) = (text("resourceType"), text("id"));
        let reply = self.rest().update(&kind, &id, body, None).await;
        assert_eq!(reply.status, 201, "{}", reply.diagnostics());
    }
}

fn patient(id: &str) -> Value {
    json!({"resourceType": "Patient", "id": id, "name": [{"family": "Zhao"}], "birthDate": "1961-02-03"})
}

fn finding(id: &str, subject: &str) -> Value {
    json!({
        "resourceType": "Observation", "id": id, "status": "final", "code": {"text": "x"},
        "subject": {"reference": format!("Patient/{subject}")},
    })
}

fn total(reply: &Reply) -> u64 {
    assert_eq!(reply.status, 200, "{}", reply.diagnostics());
    reply.body.as_ref().unwrap()["total"].as_u64().unwrap()
}

#[tokio::test]
async fn a_resource_is_created_read_updated_deleted_and_its_history_stays() {
    let hospital = Hospital::open();
    let rest = hospital.rest();
    let mut body = patient("ignored");
    body.as_object_mut().unwrap().remove("id");
    let created = rest.create("Patient", body, None).await;
    assert_eq!(
        (created.status, created.etag().as_deref()),
        (201, Some("W/\"1\""))
    );
    let stored = created.body.unwrap();
    let id = stored["id"].as_str().unwrap().to_owned();
    assert_eq!(
        created.location,
        Some(format!("http://h/fhir/Patient/{id}/_history/1"))
    );
    let read = rest.read("Patient", &id, None).await;
    assert_eq!(
        read.body.as_ref(),
        Some(&stored),
        "what create answers is what is kept"
    );

    let mut changed = stored.clone();
    changed["gender"] = json!("female");
    let stale = rest
        .update("Patient", &id, changed.clone(), Some("W/\"7\""))
        .await;
    assert_eq!(stale.status, 412);
    let updated = rest
        .update("Patient", &id, changed.clone(), Some("W/\"1\""))
        .await;
    assert_eq!(
        (updated.status, updated.version),
        (200, Some(2)),
        "{}",
        updated.diagnostics()
    );
    assert_eq!(
        rest.update("Patient", "other", changed, None).await.status,
        400
    );
    let first = rest.read("Patient", &id, Some("1")).await;
    assert_eq!(first.body, Some(stored));

    assert_eq!(rest.delete("Patient", &id, None).await.status, 204);
    assert_eq!(rest.delete("Patient", &id, None).await.status, 204);
    assert_eq!(rest.read("Patient", &id, None).await.status, 410);
    let history = rest.history("Patient", &id).await.body.unwrap();
    let methods: Vec<&str> = history["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["request"]["method"].as_str().unwrap())
        .collect();
    assert_eq!(methods, ["DELETE", "PUT", "PUT"]);
    assert_eq!(validate(&history), []);
    assert_eq!(rest.read("Patient", "nobody", None).await.status, 404);
    assert_eq!(rest.read("Ship", "x", None).await.status, 404);
    assert_eq!(rest.read("Patient", "a/b", None).await.status, 400);
}

/// Two patients with a finding each, an organisation, and an event about no patient.
async fn two_patients() -> Hospital {
    let hospital = Hospital::open();
    hospital.put(patient("p")).await;
    hospital.put(patient("q")).await;
    hospital.put(finding("of-p", "p")).await;
    hospital.put(finding("of-q", "q")).await;
    hospital
        .put(json!({"resourceType": "Organization", "id": "o", "name": "H"}))
        .await;
    hospital.put(json!({
        "resourceType": "AuditEvent", "id": "a", "recorded": "2020-01-01T00:00:00Z",
        "type": {"code": "x"}, "agent": [{"requestor": true}], "source": {"observer": {"display": "y"}},
    })).await;
    hospital
}

#[tokio::test]
async fn a_permit_for_one_patient_opens_no_other() {
    let hospital = two_patients().await;
    let read = permit(Action::ReadRecord, Some(&["p"]));
    let rest = Rest {
        read: Some(&read),
        write: None,
        ..hospital.rest()
    };

    assert_eq!(rest.read("Observation", "of-p", None).await.status, 200);
    assert_eq!(rest.read("Organization", "o", None).await.status, 200);
    let foreign = rest.read("Observation", "of-q", None).await;
    let absent = rest.read("Observation", "nothing", None).await;
    assert_eq!(
        (foreign.status, foreign.body),
        (404, absent.body),
        "a foreign resource is as absent"
    );
    assert_eq!(rest.history("Observation", "of-q").await.status, 404);
    assert_eq!(total(&rest.search("Patient", &[]).await), 1);
    assert_eq!(rest.read("AuditEvent", "a", None).await.status, 404);
    assert_eq!(rest.search("AuditEvent", &[]).await.status, 403);
}

#[tokio::test]
async fn what_is_written_stays_with_whom_the_permit_covers() {
    let hospital = two_patients().await;
    let (read, write) = (
        permit(Action::ReadRecord, Some(&["p"])),
        permit(Action::WriteRecord, Some(&["p"])),
    );
    let rest = Rest {
        read: Some(&read),
        write: Some(&write),
        ..hospital.rest()
    };

    for (kind, id, body, status) in [
        ("Observation", "of-p", finding("of-p", "p"), 200),
        ("Observation", "new", finding("new", "p"), 201),
        // Another's resource, taken over, and one's own, handed over.
        ("Observation", "of-q", finding("of-q", "p"), 403),
        ("Observation", "of-p", finding("of-p", "q"), 403),
        ("Observation", "new2", finding("new2", "q"), 403),
        ("Patient", "q", patient("q"), 403),
        (
            "Organization",
            "o",
            json!({"resourceType": "Organization", "id": "o", "name": "X"}),
            403,
        ),
        (
            "Observation",
            "loose",
            json!({"resourceType": "Observation", "status": "final", "code": {"text": "x"}}),
            422,
        ),
    ] {
        let reply = rest.update(kind, id, body, None).await;
        assert_eq!(reply.status, status, "{kind}/{id} {}", reply.diagnostics());
    }
    assert_eq!(rest.delete("Observation", "of-q", None).await.status, 403);
    let reader = Rest {
        write: None,
        ..rest
    };
    assert_eq!(
        reader
            .create("Observation", finding("x", "p"), None)
            .await
            .status,
        403
    );
    let writer = Rest { read: None, ..rest };
    assert_eq!(writer.read("Observation", "of-p", None).await.status, 403);
    let admin = Rest {
        read: None,
        write: None,
        hospital: Some(&write),
        ..rest
    };
    let organization = json!({"resourceType": "Organization", "id": "o", "name": "X"});
    assert_eq!(
        admin
            .update("Organization", "o", organization, None)
            .await
            .status,
        200
    );
    assert_eq!(
        admin
            .update("Patient", "p", patient("p"), None)
            .await
            .status,
        403
    );
    // A provenance is about whom its target is about.
    let provenance = |target: &str| {
        json!({
            "resourceType": "Provenance", "recorded": "2020-01-01T00:00:00Z", "agent": [{"who": {"display": "x"}}],
            "target": [{"reference": format!("Observation/{target}")}],
        })
    };
    assert_eq!(
        rest.create("Provenance", provenance("of-p"), None)
            .await
            .status,
        201
    );
    assert_eq!(
        rest.create("Provenance", provenance("of-q"), None)
            .await
            .status,
        403
    );
}

/// What would let `chen` see patient `p`, or keep somebody from seeing them.
fn facts_of_access() -> Vec<Value> {
    let chen = json!({"reference": "Practitioner/chen"});
    let of_p = json!({"reference": "Patient/p"});
    vec![
        json!({
            "resourceType": "CareTeam", "id": "team", "status": "active", "subject": of_p,
            "participant": [{"member": chen}],
        }),
        json!({
            "resourceType": "Consent", "id": "consent", "status": "active", "patient": of_p,
            "scope": {"text": "x"}, "category": [{"text": "x"}], "policyRule": {"text": "x"},
            "provision": {"type": "deny", "actor": [{"role": {"text": "x"}, "reference": chen}]},
        }),
        json!({
            "resourceType": "ServiceRequest", "id": "request", "status": "active", "intent": "order",
            "subject": of_p, "performer": [chen],
        }),
        json!({
            "resourceType": "Task", "id": "task", "status": "requested", "intent": "order",
            "for": of_p, "owner": chen,
        }),
    ]
}

#[tokio::test]
async fn who_may_not_grant_access_writes_no_fact_of_it_by_any_interaction() {
    let hospital = two_patients().await;
    let nobody = grants(false);
    let nurse = Rest {
        grant: &nobody,
        ..hospital.rest()
    };
    let bundle = |kind: &str, method: &str, url: &str, resource: &Value| {
        json!({"resourceType": "Bundle", "type": kind, "entry": [
            {"resource": finding("beside", "p"), "request": {"method": "PUT", "url": "Observation/beside"}},
            {"resource": resource, "request": {"method": method, "url": url}},
        ]})
    };
    for body in facts_of_access() {
        let text = |name: &str| body[name].as_str().unwrap().to_owned();
        let (kind, id) = (text("resourceType"), text("id"));
        let url = format!("{kind}/{id}");
        let mut ended = body.clone();
        ended["status"] = json!(if kind == "Task" {
            "completed"
        } else {
            "inactive"
        });
        if kind == "ServiceRequest" {
            ended["status"] = json!("revoked");
        }
        // New, by each way to write it.
        assert_eq!(
            nurse.create(&kind, body.clone(), None).await.status,
            403,
            "{kind}"
        );
        assert_eq!(
            nurse.update(&kind, &id, body.clone(), None).await.status,
            403,
            "{kind}"
        );
        for (method, url) in [("POST", &kind), ("PUT", &url)] {
            let whole = nurse
                .bundle(bundle("transaction", method, url, &body))
                .await;
            assert_eq!(whole.status, 403, "{kind}");
            let batch = nurse.bundle(bundle("batch", method, url, &body)).await;
            let statuses = batch.body.unwrap();
            assert_eq!(statuses["entry"][1]["response"]["status"], "403", "{kind}");
        }
        assert_eq!(
            total(&hospital.rest().search(&kind, &[]).await),
            0,
            "{kind}"
        );
        // There, put there by somebody who may: not changed, not ended, not deleted.
        hospital.put(body.clone()).await;
        assert_eq!(
            nurse.update(&kind, &id, ended.clone(), None).await.status,
            403,
            "{kind}"
        );
        assert_eq!(nurse.delete(&kind, &id, None).await.status, 403, "{kind}");
        let away = nurse
            .bundle(bundle("transaction", "DELETE", &url, &body))
            .await;
        assert_eq!(away.status, 403, "{kind}");
        let doctor = hospital.rest();
        assert_eq!(
            doctor.update(&kind, &id, ended, None).await.status,
            200,
            "{kind}"
        );
        // A draft asks nobody in; making it active does.
        if kind == "ServiceRequest" || kind == "Task" {
            let mut draft = body.clone();
            draft["status"] = json!("draft");
            assert_eq!(
                nurse.update(&kind, &id, draft, None).await.status,
                200,
                "{kind}"
            );
            assert_eq!(
                nurse.update(&kind, &id, body, None).await.status,
                403,
                "{kind}"
            );
        }
    }
    let asked = nobody.asked.lock().clone();
    assert!(!asked.is_empty() && asked.iter().all(|patient| patient == "p"));
    // Nobody is asked about what lets nobody in.
    let count = hospital.grant.asked.lock().len();
    hospital.put(finding("another", "p")).await;
    assert_eq!(hospital.grant.asked.lock().len(), count);
}

#[tokio::test]
async fn what_a_scenario_or_the_audit_wrote_is_not_written_by_fhir() {
    let hospital = two_patients().await;
    let rest = hospital.rest();
    // The scenario's own door.
    let mut vote = finding("vote", "a");
    record::mark_written_by(vote.as_object_mut().unwrap(), "remote-consult");
    let fact = record::NewFact::PutResource {
        key: record::ResourceKey {
            kind: "Observation".into(),
            id: "vote".into(),
        },
        subject: Some(PatientId::new("a").unwrap()),
        body: vote.clone(),
    };
    let batch = record::Batch {
        actor: ActorId::new("someone").unwrap(),
        facts: vec![(fact, record::Precondition::Version(0))],
    };
    record::Record::commit(&hospital.record, batch)
        .await
        .unwrap();
    // Neither as it is nor without its tag, and neither whole nor in a bundle.
    let plain = finding("vote", "a");
    for body in [&vote, &plain] {
        let reply = rest.update("Observation", "vote", body.clone(), None).await;
        assert_eq!(reply.status, 403, "{}", reply.diagnostics());
        let entry = json!({
            "resource": body, "request": {"method": "PUT", "url": "Observation/vote"},
        });
        let bundle = json!({"resourceType": "Bundle", "type": "transaction", "entry": [entry]});
        assert_eq!(rest.bundle(bundle).await.status, 403);
    }
    assert_eq!(rest.delete("Observation", "vote", None).await.status, 403);
    // Nor does anybody else write what looks like it.
    assert_eq!(rest.create("Observation", vote, None).await.status, 403);
    let account = rest.read("AuditEvent", "a", None).await.body.unwrap();
    assert_eq!(
        rest.update("AuditEvent", "a", account, None).await.status,
        403
    );
    assert_eq!(rest.delete("AuditEvent", "a", None).await.status, 403);
    assert_eq!(
        rest.read("Observation", "vote", None).await.version,
        Some(1)
    );
}

#[tokio::test]
async fn a_permit_to_grant_for_another_patient_is_none() {
    struct Mistaken;
    #[async_trait]
    impl Granting for Mistaken {
        async fn grant(&self, _: &PatientId) -> Result<Permit, Refusal> {
            Ok(permit(Action::GrantAccess, Some(&["q"])))
        }
    }
    let hospital = two_patients().await;
    let rest = Rest {
        grant: &Mistaken,
        ..hospital.rest()
    };
    for body in facts_of_access() {
        let kind = body["resourceType"].as_str().unwrap().to_owned();
        assert_eq!(rest.create(&kind, body, None).await.status, 403, "{kind}");
    }
}

#[tokio::test]
async fn a_transaction_is_whole_or_not_at_all() {
    let hospital = Hospital::open();
    hospital.put(json!({"resourceType": "Practitioner", "id": "dr", "identifier": [{"system": "s", "value": "1"}]})).await;
    let rest = hospital.rest();
    let bundle = |observation: Value, condition: &str| {
        json!({
            "resourceType": "Bundle", "type": "transaction", "entry": [
                {"fullUrl": "urn:uuid:2", "resource": observation, "request": {"method": "POST", "url": "Observation"}},
                {"fullUrl": "urn:uuid:1", "resource": {
                    "resourceType": "Patient", "identifier": [{"system": "m", "value": "7"}],
                    "generalPractitioner": [{"reference": condition}],
                }, "request": {"method": "POST", "url": "Patient", "ifNoneExist": "identifier=m|7"}},
                {"request": {"method": "GET", "url": "Patient?identifier=m%7C7"}},
            ],
        })
    };
    let observation = |subject: &str| {
        let mut body = finding("x", "x");
        body["subject"]["reference"] = json!(subject);
        body
    };
    let condition = "Practitioner?identifier=s|1";
    let mut wrong = observation("urn:uuid:1");
    wrong["status"] = json!("nonsense");
    for (bundle, status, place) in [
        (
            bundle(wrong, condition),
            422,
            "Bundle.entry[0].resource.Observation.status",
        ),
        (
            bundle(observation("urn:uuid:9"), condition),
            400,
            "Bundle.entry[0]",
        ),
        (
            bundle(observation("urn:uuid:1"), "Practitioner?identifier=s|2"),
            412,
            "Bundle.entry[1]",
        ),
    ] {
        let reply = rest.bundle(bundle).await;
        assert_eq!(
            (reply.status, reply.diagnostics().starts_with(place)),
            (status, true),
            "{}",
            reply.diagnostics()
        );
        assert_eq!(total(&rest.search("Patient", &[]).await), 0);
    }
    for existing in 0..2_u64 {
        let reply = rest
            .bundle(bundle(observation("urn:uuid:1"), condition))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.diagnostics());
        let body = reply.body.unwrap();
        assert_eq!(validate(&body), []);
        let status = if existing == 0 {
            "201 Created"
        } else {
            "200 OK"
        };
        assert_eq!(body["entry"][1]["response"]["status"], status);
        assert_eq!(body["entry"][2]["resource"]["total"], 1);
    }
    let found = rest
        .search(
            "Patient",
            &decode_query("general-practitioner=Practitioner/dr"),
        )
        .await;
    assert_eq!(total(&found), 1);
    let id = found.body.unwrap()["entry"][0]["resource"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(
        total(&rest.search("Observation", &[("patient".into(), id)]).await),
        2
    );
}

#[tokio::test]
async fn a_batch_does_each_entry_alone() {
    let hospital = Hospital::open();
    let bundle = json!({"resourceType": "Bundle", "type": "batch", "entry": [
        {"resource": patient("p"), "request": {"method": "PUT", "url": "Patient/p"}},
        {"resource": {"resourceType": "Patient", "gender": "x"}, "request": {"method": "POST", "url": "Patient"}},
        {"request": {"method": "GET", "url": "Patient/p"}},
        {"request": {"method": "DELETE", "url": "Patient/p"}},
    ]});
    let body = hospital.rest().bundle(bundle).await.body.unwrap();
    let statuses: Vec<&str> = body["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["response"]["status"].as_str().unwrap())
        .collect();
    assert_eq!(statuses, ["201", "422", "200", "204"]);
    for bad in [
        json!({}),
        json!([]),
        json!({"resourceType": "Bundle", "type": "collection"}),
        json!({"resourceType": "Bundle", "type": "transaction", "entry": [{}]}),
        json!({"resourceType": "Bundle", "type": "transaction", "entry": [{"request": {"method": "PUT", "url": "Patient"}}]}),
        json!({"resourceType": "Bundle", "type": "transaction", "entry": 3}),
    ] {
        assert_eq!(
            hospital.rest().bundle(bad.clone()).await.status,
            400,
            "{bad}"
        );
    }
}

#[tokio::test]
async fn relations_are_read_from_care_teams_requests_and_consents() {
    let hospital = Hospital::open();
    for id in ["p", "q", "r", "s"] {
        hospital.put(patient(id)).await;
    }
    let member = json!([{"member": {"reference": "Practitioner/li"}}]);
    let subject = |id: &str| json!({"reference": format!("Patient/{id}")});
    hospital.put(json!({"resourceType": "CareTeam", "id": "t", "status": "active", "subject": subject("p"), "participant": member})).await;
    hospital.put(json!({"resourceType": "CareTeam", "id": "u", "status": "inactive", "subject": subject("q"), "participant": member})).await;
    let request = |id: &str, status: &str, patient: &str| {
        json!({
            "resourceType": "ServiceRequest", "id": id, "status": status, "intent": "order",
            "subject": subject(patient), "performer": [{"reference": "Practitioner/li"}],
        })
    };
    hospital.put(request("a", "active", "q")).await;
    hospital.put(request("b", "completed", "s")).await;
    hospital.put(json!({"resourceType": "Task", "id": "k", "status": "accepted", "intent": "order", "for": subject("r"), "owner": {"reference": "Practitioner/li"}})).await;
    let refusal = |id: &str, status: &str, patient: &str| {
        json!({
            "resourceType": "Consent", "id": id, "status": status, "patient": subject(patient),
            "scope": {"text": "privacy"}, "category": [{"text": "x"}], "policyRule": {"text": "x"},
            "provision": {"type": "deny"},
        })
    };
    hospital.put(refusal("c", "active", "s")).await;
    let actor = Actor {
        id: ActorId::new("li").unwrap(),
        name: "Li".to_owned(),
        roles: BTreeSet::from([Role::TerminalDoctor]),
        patient: None,
    };
    let consents = Consents::default();
    let now = Timestamp(0);
    let (record, read) = (&hospital.record, &hospital.read);
    let relations = async || {
        let found = care_relations(record, read, &consents, &actor, now);
        found.await.unwrap()
    };
    let ids = |set: &BTreeSet<PatientId>| set.iter().map(ToString::to_string).collect::<Vec<_>>();
    let found = relations().await;
    assert_eq!(ids(&found.care_team), ["p"]);
    assert_eq!(ids(&found.invited), ["q", "r"]);
    assert_eq!(ids(&found.refused_consent), ["s"]);
    // What is said, withdrawn and deleted afterwards counts at the next question.
    hospital.put(refusal("d", "active", "p")).await;
    assert_eq!(ids(&relations().await.refused_consent), ["p", "s"]);
    let withdrawn = refusal("c", "inactive", "s");
    let reply = hospital
        .rest()
        .update("Consent", "c", withdrawn, None)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.diagnostics());
    assert_eq!(ids(&relations().await.refused_consent), ["p"]);
    let reply = hospital.rest().delete("Consent", "d", None).await;
    assert_eq!(reply.status, 204);
    assert_eq!(ids(&relations().await.refused_consent), [""; 0]);
}

#[tokio::test]
async fn a_relative_is_beside_the_patient_of_their_related_person_and_may_be_refused() {
    let hospital = Hospital::open();
    for id in ["p", "q"] {
        hospital.put(patient(id)).await;
    }
    let related = |id: &str, of: &str, account: &str, active: bool| {
        json!({
            "resourceType": "RelatedPerson", "id": id, "active": active,
            "identifier": [{"system": "urn:yuanyi:account", "value": account}],
            "patient": {"reference": format!("Patient/{of}")},
        })
    };
    hospital.put(related("a", "p", "sun", true)).await;
    hospital.put(related("b", "q", "another", true)).await;
    let (consents, record, read) = (Consents::default(), &hospital.record, &hospital.read);
    let relations = async |role: Role| {
        let actor = Actor {
            id: ActorId::new("sun").unwrap(),
            name: "Sun".to_owned(),
            roles: BTreeSet::from([role]),
            patient: None,
        };
        let found = care_relations(record, read, &consents, &actor, Timestamp(0));
        found.await.unwrap()
    };
    let p = BTreeSet::from([PatientId::new("p").unwrap()]);
    let found = relations(Role::RelatedPerson).await;
    assert_eq!(found.accompanies, p);
    assert!(found.care_team.is_empty() && found.invited.is_empty());
    // A nurse of the same name in the record is none by that.
    assert!(relations(Role::Nurse).await.accompanies.is_empty());
    hospital
        .put(json!({
            "resourceType": "Consent", "id": "c", "status": "active", "patient": {"reference": "Patient/p"},
            "scope": {"text": "privacy"}, "category": [{"text": "x"}], "policyRule": {"text": "x"},
            "provision": {"type": "deny", "actor": [{"role": {"text": "x"}, "reference": {"reference": "RelatedPerson/a"}}]},
        }))
        .await;
    assert_eq!(relations(Role::RelatedPerson).await.refused_consent, p);
    let ended = related("a", "p", "sun", false);
    let reply = hospital
        .rest()
        .update("RelatedPerson", "a", ended, None)
        .await;
    assert_eq!(reply.status, 200, "{}", reply.diagnostics());
    assert!(relations(Role::RelatedPerson).await.accompanies.is_empty());
}

#[test]
fn the_capability_statement_is_itself_well_formed_json_of_what_is_there() {
    let statement = fhir::capability_statement("http://h/fhir", "0.1.0", Timestamp(0));
    let resources = statement["rest"][0]["resource"].as_array().unwrap();
    assert_eq!(resources.len(), fhir::resource_types().count());
    let patient = resources.iter().find(|r| r["type"] == "Patient").unwrap();
    let names: Vec<&str> = patient["searchParam"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert!(
        names.contains(&"birthdate") && names.contains(&"_id"),
        "{names:?}"
    );
    assert_eq!(patient["operation"], json!(null));
    let observation = resources.iter().find(|r| r["type"] == "Observation");
    let operations = observation.unwrap()["operation"].as_array().unwrap();
    let names: Vec<_> = operations.iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["lastn", "sampled"]);
    assert!(operations.iter().all(|one| one["definition"].is_string()));
}
