//! A small hospital in a temporary folder, with the real record, policies and care relations, for the
//! tests of scenarios.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc
)]

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signer, SigningKey};
use jiff::tz::TimeZone;
use policy::{Action, Actor, Decision, Gate, Object, Permit, Refusal, Role, Witness, WitnessError};
use record::{
    Arrived, Batch, Match, NewFact, Precondition, Record, RecordError, ResourceKey, ResourceQuery,
    Signals, Term,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use twin::{Facts, FollowedLesion, Lesion, PatientTwin};
use vocabulary::{ActorId, PatientId, Text, Timestamp};

mod way;

pub use way::{Way, kinds};

use crate::{
    Attestation, Context, FileFault, Method, Problem, Reply, Request, Scenario, Seal, Topic,
};

/// A clock that goes on by a second each time it is asked.
struct TestClock(AtomicI64);

impl storage::Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_add(1000, Ordering::SeqCst))
    }
}

/// Decisions are counted, not kept: what the ledger has of them is `server`'s to test.
struct Silent;

#[async_trait]
impl Witness for Silent {
    async fn witness(&self, _: &Decision) -> Result<(), WitnessError> {
        Ok(())
    }
}

/// The hospital. Patients are `p1`, who is in the care of `li.terminal` and `wang.nurse` and has a lesion
/// of 9.3 mm, and `p2`, who is in the care of nobody.
pub struct TestHospital {
    folder: TempDir,
    record: Arc<storage::Embedded>,
    signals: storage::EmbeddedSignals,
    clock: Arc<TestClock>,
    gate: Gate,
    own: Permit,
    seal: Seal,
    key: SigningKey,
    next_id: AtomicU64,
    /// What was announced: topic, id, to whom.
    pub announced: Mutex<Vec<(Topic, String, Vec<ActorId>)>>,
    /// What the images of `p1` show over time.
    pub followed: Mutex<Vec<FollowedLesion>>,
    /// Files of which not all could be taken.
    pub file_faults: Mutex<Vec<FileFault>>,
}

impl TestHospital {
    /// Opens a hospital and fills it.
    pub async fn open() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let hospital = Self::in_folder(folder).await;
        hospital.fill().await;
        hospital
    }

    /// Closes the hospital and opens it again from what is on disk.
    pub async fn reopen(self) -> Self {
        self.signals.close();
        drop(self.signals);
        self.record.close();
        drop(self.record);
        Self::in_folder(self.folder).await
    }

    async fn in_folder(folder: TempDir) -> Self {
        let clock = Arc::new(TestClock(AtomicI64::new(1_790_000_000_000)));
        let as_clock: Arc<dyn storage::Clock> = Arc::<TestClock>::clone(&clock);
        let record = storage::Embedded::open(
            folder.path(),
            Arc::new(fhir::SearchIndexer),
            as_clock.clone(),
        )
        .expect("the record opens");
        let record = Arc::new(record);
        let options = storage::SignalOptions::default();
        let signals = storage::EmbeddedSignals::open(Arc::clone(&record), as_clock, options)
            .expect("the signals open");
        let ticking = Arc::clone(&clock);
        let gate_clock: policy::Clock = Arc::new(move || storage::Clock::now(&*ticking));
        Self {
            folder,
            record,
            signals,
            clock,
            gate: Gate::new(policy::DEFAULT_POLICIES, gate_clock).expect("the policies load"),
            own: Permit::for_hospital("test", Action::ReadRecord, &Silent)
                .await
                .expect("a permit"),
            seal: Seal::from_secret(b"test"),
            key: SigningKey::from_bytes(&[7; 32]),
            next_id: AtomicU64::new(1),
            announced: Mutex::default(),
            followed: Mutex::default(),
            file_faults: Mutex::default(),
        }
    }

    async fn fill(&self) {
        let member = |who: &str| json!({"member": {"reference": format!("Practitioner/{who}")}});
        let subject = json!({"reference": "Patient/p1"});
        for (kind, id, patient, body) in [
            (
                "Patient",
                "p1",
                Some("p1"),
                json!({"gender": "male", "birthDate": "1961-03-04", "name": [{"text": "赵敏"}]}),
            ),
            (
                "Patient",
                "p2",
                Some("p2"),
                json!({"gender": "female", "name": [{"text": "Other"}]}),
            ),
            (
                "CareTeam",
                "t1",
                Some("p1"),
                json!({"status": "active", "subject": subject, "participant": [member("li.terminal"), member("wang.nurse")]}),
            ),
            (
                "Observation",
                "smoking",
                Some("p1"),
                json!({"status": "final", "subject": subject, "effectiveDateTime": "2025-01-01",
                "code": {"coding": [{"system": "http://loinc.org", "code": "72166-2"}]},
                "valueCodeableConcept": {"coding": [{"system": "http://snomed.info/sct", "code": "449868002"}]}}),
            ),
        ] {
            self.put(kind, id, patient, body).await;
        }
    }

    /// Puts a resource into the record, without asking anybody.
    pub async fn put(&self, kind: &str, id: &str, patient: Option<&str>, mut body: Value) {
        body["resourceType"] = json!(kind);
        body["id"] = json!(id);
        let fact = NewFact::PutResource {
            key: ResourceKey {
                kind: kind.to_owned(),
                id: id.to_owned(),
            },
            subject: patient.map(|id| PatientId::new(id).unwrap()),
            body,
        };
        let batch = Batch {
            actor: ActorId::new("test").unwrap(),
            facts: vec![(fact, Precondition::None)],
        };
        self.record.commit(batch).await.expect("it is committed");
    }

    /// Keeps what a device sent, as its door does.
    pub async fn measure(&self, arrived: Vec<Arrived>) {
        let kept = self.signals.append(arrived).await;
        kept.expect("it is kept");
    }

    /// The current body of a resource, without asking anybody.
    pub async fn body(&self, kind: &str, id: &str) -> Option<Value> {
        let key = ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        self.record
            .resource(&self.own, &key, None)
            .await
            .expect("it is read")?
            .body
    }

    /// An account: `li.terminal`, `chen.expert`, `hu.expert`, `wang.nurse`, `sun.manager`.
    pub fn actor(&self, id: &str) -> Actor {
        let role = match id.rsplit('.').next() {
            Some("expert") => Role::Expert,
            Some("nurse") => Role::Nurse,
            Some("manager") => Role::Manager,
            _ => Role::TerminalDoctor,
        };
        Actor {
            id: ActorId::new(id).unwrap(),
            name: id.to_owned(),
            roles: BTreeSet::from([role]),
            patient: None,
        }
    }

    /// The permit for the hospital's own work.
    pub fn own_permit(&self) -> &Permit {
        &self.own
    }

    /// Lets time pass.
    pub fn pass(&self, time_ms: i64) {
        self.clock.0.fetch_add(time_ms, Ordering::SeqCst);
    }

    /// Sends a request to a scenario.
    pub async fn ask(
        &self,
        scenario: &dyn Scenario,
        who: &str,
        method: Method,
        path: &str,
        body: Value,
    ) -> Result<Reply, Problem> {
        let path = path.split('/').map(str::to_owned).collect();
        let request = Request {
            method,
            path,
            actor: self.actor(who),
            body,
        };
        scenario.handle(self, request).await
    }
}

#[async_trait]
impl Context for TestHospital {
    fn record(&self) -> &dyn Record {
        &*self.record
    }

    fn signals(&self) -> Option<&dyn Signals> {
        Some(&self.signals)
    }

    fn now(&self) -> Timestamp {
        storage::Clock::now(&*self.clock)
    }

    fn time_zone(&self) -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    fn new_id(&self) -> String {
        format!("id-{}", self.next_id.fetch_add(1, Ordering::SeqCst))
    }

    async fn permit(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
    ) -> Result<Permit, Refusal> {
        let consents = fhir::Consents::default();
        let now = self.now();
        let relations = fhir::care_relations(&*self.record, &self.own, &consents, actor, now)
            .await
            .expect("the relations are read");
        self.gate
            .permit(actor, action, object, &relations, &Silent)
            .await
    }

    async fn permit_to_count(&self, actor: &Actor) -> Result<Permit, Refusal> {
        self.permit(actor, Action::ReadFigures, &Object::Hospital)
            .await?;
        Ok(self.own.clone())
    }

    async fn account(&self, id: &ActorId) -> Option<Actor> {
        let known = ["li.terminal", "chen.expert", "hu.expert", "wang.nurse"];
        known
            .contains(&id.as_str())
            .then(|| self.actor(id.as_str()))
    }

    async fn twin(
        &self,
        permit: &Permit,
        patient: &PatientId,
    ) -> Result<Option<PatientTwin>, RecordError> {
        let key = ResourceKey {
            kind: "Patient".to_owned(),
            id: patient.to_string(),
        };
        let found = self.record.resource(permit, &key, None).await?;
        let Some(body) = found.and_then(|version| version.body) else {
            return Ok(None);
        };
        let mut resources: Vec<Value> = Vec::new();
        for kind in ["Observation", "DiagnosticReport"] {
            let about = Match::Reference(format!("Patient/{patient}"));
            let query = ResourceQuery {
                kind: kind.to_owned(),
                terms: vec![Term {
                    parameter: "patient".to_owned(),
                    any_of: vec![about],
                }],
                sort: vec![],
                limit: 100,
                offset: 0,
            };
            let page = self.record.search(permit, &query).await?;
            resources.extend(page.rows.into_iter().filter_map(|row| row.body));
        }
        let marked = [lesion()];
        let lesions: &[Lesion] = if patient.as_str() == "p1" {
            &marked
        } else {
            &[]
        };
        let today = self.day_of(self.now());
        let facts = Facts {
            patient: &body,
            resources: &resources,
            studies: &[],
            lesions,
            today,
        };
        Ok(Some(PatientTwin::from_facts(&facts)))
    }

    async fn followed_lesions(
        &self,
        _: &Permit,
        patient: &PatientId,
    ) -> Result<Vec<FollowedLesion>, RecordError> {
        let followed = self.followed.lock().unwrap().clone();
        Ok(if patient.as_str() == "p1" {
            followed
        } else {
            Vec::new()
        })
    }

    fn notify(&self, topic: Topic, id: &str, to: &[ActorId]) {
        self.announced
            .lock()
            .unwrap()
            .push((topic, id.to_owned(), to.to_vec()));
    }

    fn note_file(&self, fault: FileFault) {
        self.file_faults.lock().unwrap().push(fault);
    }

    fn attest(&self, statement: &[u8]) -> Attestation {
        Attestation {
            key_name: "test".to_owned(),
            public_key: STANDARD.encode(self.key.verifying_key().to_bytes()),
            signature: STANDARD.encode(self.key.sign(statement).to_bytes()),
        }
    }

    fn seal(&self) -> &Seal {
        &self.seal
    }
}

fn lesion() -> Lesion {
    Lesion {
        series: "1.2.3".to_owned(),
        id: "lesion-1".to_owned(),
        label: Text::new("病灶", "Lesion"),
        source: "mask".to_owned(),
        centre_lps_mm: [0.0; 3],
        volume_mm3: 300.0,
        long_axis_mm: 9.3,
        short_axis_mm: 7.0,
        mean_diameter_mm: 8.15,
    }
}
