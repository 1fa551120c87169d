//! The hospital: its record, its gate, its people, its rooms; everything that a door needs.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use anyhow::{Context, Result};
use dicom::{create::Moment, receive::Memory};
use jiff::civil::Date;
use parking_lot::Mutex;
use policy::{Action, Actor, Gate, Object, Permit, Refusal, Relations, Role, Scope};
use record::{
    Batch, ImagingLevel, ImagingQuery, NewFact, Precondition, Record, RecordError, ResourceKey,
    Signals, StoredObject,
};
use scenario::{Stage, Waiting, WaitingKind};
use serde_json::Value;
use storage::{Embedded, EmbeddedSignals, Options, Shown, SignalOptions, SystemClock};
use tokio::sync::OnceCell;
use vocabulary::{ActorId, DeviceId, PatientId, RoomId, Timestamp, Uid};

use crate::{
    access::AccessChanges,
    accounts::Accounts,
    arrivals::Arrivals,
    cli, clock,
    config::Config,
    devices::{Devices, Recalled},
    edge::{Edge, Forwarded},
    edges::Edges,
    events::Changes,
    gateway::{CallsNow, Gateway},
    gatherings, guidelines,
    http::{Caller, Named, Problem, Sanctioned, Streams, WorkItemEvents},
    inference::Models,
    keys::Keys,
    marked,
    media::Media,
    own,
    pacs::Jobs,
    pixels::PixelPlaces,
    quality::Quality,
    relations::RelationsOf,
    rooms::{Checkpoints, Rooms, Stayed},
    scenarios::InHospital,
    speech::Speech,
    transport::Transport,
    upgrades::Upgrades,
    volumes::Volumes,
    ward::Ward,
    witness::LedgerWitness,
};

/// A running hospital.
pub struct Hospital {
    /// Its settings.
    pub config: Config,
    /// When it was opened.
    pub started: Timestamp,
    /// Its facts.
    pub record: Arc<dyn Record>,
    /// Readings of devices.
    pub signals: Arc<dyn Signals>,
    /// What others check the ledger's checkpoints with, as a verifier key of a signed note.
    pub ledger_key: String,
    /// People's accounts and tokens.
    pub accounts: Accounts,
    /// Its devices.
    pub devices: Devices,
    /// Packages for devices, and roll-outs of them.
    pub upgrades: Upgrades,
    /// Its own edges.
    pub edges: Edges,
    /// Set where this is an edge of another hospital.
    pub edge: Option<Arc<Edge>>,
    /// What is being stored just now.
    pub arrivals: Arrivals,
    /// Who hears of changes.
    pub changes: Changes,
    /// Who hears whose access may have changed.
    pub access: AccessChanges,
    /// Volumes made from stored series.
    pub volumes: Volumes,
    /// Rooms that are open now.
    pub rooms: Rooms,
    /// Streams by which people are in rooms where no WebSocket opens.
    pub streams: Arc<Streams>,
    /// Whom rooms know by name.
    pub named: Named,
    /// The sanctions of rooms, as far as their journals were read.
    pub sanctioned: Sanctioned,
    /// The way to voice and picture between people in a room.
    pub media: Arc<Media>,
    /// The way to lines for poses by WebTransport.
    pub transport: Arc<Transport>,
    /// The service that writes down what people say, if there is one.
    pub speech: Option<Arc<Speech>>,
    /// The way to who has no page open, if there is one.
    pub gateway: Option<Arc<Gateway>>,
    /// Whom something calls now, with or without that way.
    pub calls: CallsNow,
    /// The models that others trained, as they were installed.
    pub models: Arc<Models>,
    /// What is to be done with other DICOM systems.
    pub pacs: Jobs,
    /// What signs people's acts and seals what must stay hidden for a while.
    pub keys: Keys,
    /// Patients whom images were filed under lately, by issuer and DICOM patient id.
    pub known_patients: Mutex<HashMap<(String, String), PatientId>>,
    /// Where the frames of objects lie that were looked at lately.
    pub pixels: PixelPlaces,
    /// What images take of memory while they arrive, at all doors together.
    pub memory: Arc<Memory>,
    /// Who hears of work items of the worklist service.
    pub work_item_events: WorkItemEvents,
    /// What deviates from the rules of quality.
    pub quality: Quality,
    /// The wards while they run.
    pub ward: Ward,
    gate: Gate,
    witness: LedgerWitness,
    relations: RelationsOf,
    own: OnceCell<Permit>,
}

impl Hospital {
    /// Opens the hospital in the configuration's data folder. A second program on the same folder is
    /// refused.
    pub fn open(config: Config) -> Result<Arc<Self>> {
        let gate = cli::gate(config.policies.as_deref())?;
        if let Some(folder) = &config.guidelines {
            guidelines::add(folder)?;
        }
        let own = own::taken(config.own_settings.as_deref())?;
        if config.own_settings.is_some() {
            own.adopt()?;
        }
        let models = config.models.as_deref().map(Models::open);
        let options = Options {
            max_bytes: (config.max_bytes > 0).then_some(config.max_bytes),
            ..Options::default()
        };
        let indexer = Arc::new(fhir::SearchIndexer);
        let embedded =
            Embedded::open_with(&config.data, indexer, Arc::new(SystemClock), options)
                .with_context(|| format!("open the hospital in {}", config.data.display()))?;
        // Behind the lock of the folder: nobody else is receiving into it.
        let folder = config.data.join("incoming");
        let memory = Memory::new(&folder, config.incoming_memory_mib << 20)
            .with_context(|| format!("make room in {}", folder.display()))?;
        let ledger_key = embedded.verifier().to_string();
        let embedded = Arc::new(embedded);
        let mut recalled = Recalled::default();
        let signals = EmbeddedSignals::open_with(
            Arc::clone(&embedded),
            Arc::new(SystemClock),
            SignalOptions {
                told_below: config.room_warning_mib << 20,
                ..SignalOptions::default()
            },
            |shown| match shown {
                Shown::Arrived(arrived) => recalled.hear(arrived),
                Shown::Message(device, message) => recalled.know(device, message),
            },
        )
        .context("open the readings of devices")?;
        let record: Arc<dyn Record> = embedded;
        let media = Arc::new(Media::new(&config)?);
        let transport = Arc::new(Transport::default());
        let edge = Edge::open(&config).context("open the edge's outbox")?;
        if let Some(edge) = &edge {
            edge.put_again(&recalled.last());
        }
        let signals = Forwarded::where_an_edge(signals, edge.as_ref());
        let speech = Speech::of(&config)?;
        let gateway = Gateway::of(&config)?;
        let keys = Keys::open(&config.data)?;
        let house_rules = config.house_rules();
        let stayed = Stayed::open(&config.data, house_rules.stays)?;
        let checkpoints = Checkpoints::new(&config.data);
        Ok(Arc::new(Self {
            ledger_key,
            accounts: Accounts::open(&config.data)?,
            devices: Devices::open(&config.data, own.profiles, recalled)?,
            edges: Edges::open(&config.data)?,
            upgrades: Upgrades::open(&config, &keys)?,
            keys,
            volumes: Volumes::new(&config.data),
            models: Arc::new(models.unwrap_or_default()),
            pacs: Jobs::open(&config.data)?,
            witness: LedgerWitness::new(Arc::clone(&record)),
            record,
            signals,
            edge,
            gate,
            config,
            started: clock::now(),
            arrivals: Arrivals::default(),
            changes: Changes::default(),
            access: AccessChanges::default(),
            rooms: Rooms::new(
                Arc::clone(&media),
                Arc::clone(&transport),
                house_rules,
                stayed,
                checkpoints,
            ),
            streams: Arc::new(Streams::new(house_rules.seats_each)),
            named: Named::default(),
            sanctioned: Sanctioned::default(),
            media,
            transport,
            speech: speech.map(Arc::new),
            gateway: gateway.map(Arc::new),
            calls: CallsNow::default(),
            known_patients: Mutex::default(),
            pixels: PixelPlaces::default(),
            memory: Arc::new(memory),
            work_item_events: WorkItemEvents::default(),
            quality: Quality::default(),
            ward: Ward::default(),
            relations: RelationsOf::default(),
            own: OnceCell::new(),
        }))
    }

    /// Does what waits for a disk on a thread that may wait: who is served by this one is served meanwhile.
    pub async fn aside<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let hospital = Arc::clone(self);
        tokio::task::spawn_blocking(move || work(&hospital)).await?
    }

    /// Asks the gate, which writes its decision to the ledger before the permit exists.
    pub async fn permit(
        &self,
        caller: &Caller,
        action: Action,
        object: &Object,
    ) -> Result<Permit, Problem> {
        Ok(self.ask(&caller.actor, action, object).await?)
    }

    /// As [`Hospital::permit`], for an actor who did not come by HTTP.
    pub async fn ask(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
    ) -> Result<Permit, Refusal> {
        let relations = self
            .relations(actor)
            .await
            .map_err(|_| Refusal::not_witnessed())?;
        self.gate
            .permit(actor, action, object, &relations, &self.witness)
            .await
    }

    /// The day that it is for the hospital and its patients.
    pub fn today(&self) -> Date {
        scenario::day_of(clock::now(), self.config.time_zone.rules())
    }

    /// The moment that it is for them, as DICOM writes it.
    pub fn moment(&self) -> Moment {
        marked::moment(clock::now(), self.config.time_zone.rules())
    }

    /// As [`Hospital::ask`], where nobody asks by name but one thing after another is looked at, such as each
    /// message that a listener might hear: a grant is written to the ledger, what is not granted is no attempt.
    pub async fn ask_where_granted(&self, actor: &Actor, action: Action, object: &Object) -> bool {
        let Ok(relations) = self.relations(actor).await else {
            return false;
        };
        let says = self.gate.explain(actor, action, object, &relations);
        says.granted && self.ask(actor, action, object).await.is_ok()
    }

    /// Whether somebody may go on with what was permitted to them before. A grant is in the ledger already;
    /// a refusal is written there now.
    pub async fn still_may(
        &self,
        actor: &ActorId,
        action: Action,
        object: &Object,
    ) -> Result<bool, Problem> {
        let known = self.accounts.find(actor);
        let Some(actor) = known.map_err(|error| Problem::internal(&error))? else {
            return Ok(false);
        };
        let relations = self.relations(&actor).await?;
        let says = self.gate.explain(&actor, action, object, &relations);
        Ok(says.granted || self.ask(&actor, action, object).await.is_ok())
    }

    /// Whether somebody may see a patient's images now. Nothing can be seen with the answer.
    pub async fn sees_images(&self, actor: &ActorId, patient: &PatientId) -> Result<bool, Problem> {
        let known = self.accounts.find(actor);
        let Some(actor) = known.map_err(|error| Problem::internal(&error))? else {
            return Ok(false);
        };
        let relations = self.relations(&actor).await?;
        let object = Object::Patient(patient.clone());
        let says = self
            .gate
            .explain(&actor, Action::ReadImaging, &object, &relations);
        Ok(says.granted)
    }

    /// Whether the gate would permit something: for screens, which show it before it is asked for. Nothing can be
    /// read with the answer.
    pub async fn would_permit(
        &self,
        caller: &Caller,
        action: Action,
        object: &Object,
    ) -> Result<bool, Problem> {
        let relations = self.relations(&caller.actor).await?;
        let explanation = self.gate.explain(&caller.actor, action, object, &relations);
        // A search that can find nobody is granted, and is of no use.
        let covers_somebody = match (object, &explanation.scope) {
            (Object::Everyone, Scope::Patients(patients)) => !patients.is_empty(),
            _ => true,
        };
        Ok(explanation.granted && covers_somebody)
    }

    /// Whose facts somebody may go on reading who was permitted before; `None` where they may not any more.
    pub async fn scope_now(
        &self,
        actor: &ActorId,
        action: Action,
        object: &Object,
    ) -> Option<Scope> {
        let actor = self.accounts.find(actor).ok()??;
        let relations = self.relations(&actor).await.ok()?;
        let says = self.gate.explain(&actor, action, object, &relations);
        says.granted.then_some(says.scope)
    }

    /// A permit for the hospital's own work.
    pub async fn own_permit(&self, work: &'static str, action: Action) -> Result<Permit> {
        Ok(Permit::for_hospital(work, action, &self.witness).await?)
    }

    /// The permit to find out whom a request is about, before the gate is asked.
    pub(crate) async fn finding(&self) -> Result<&Permit, Problem> {
        let make = || {
            Permit::for_hospital(
                "find out whom requests are about",
                Action::ReadRecord,
                &self.witness,
            )
        };
        self.own
            .get_or_try_init(make)
            .await
            .map_err(|error| Problem::internal(&error))
    }

    /// Care teams, consents and consultations of an actor.
    pub async fn relations(&self, actor: &Actor) -> Result<Arc<Relations>, Problem> {
        let permit = self.finding().await?;
        Ok(self.relations.now(&*self.record, permit, actor).await?)
    }

    /// Whom a series shows.
    pub async fn patient_of_series(&self, series: &Uid) -> Result<Option<PatientId>, Problem> {
        self.patient_of_images(None, Some(series)).await
    }

    /// Whom a study or series shows.
    pub async fn patient_of_images(
        &self,
        study: Option<&Uid>,
        series: Option<&Uid>,
    ) -> Result<Option<PatientId>, Problem> {
        let level = if series.is_some() {
            ImagingLevel::Series
        } else {
            ImagingLevel::Study
        };
        let query = ImagingQuery {
            study: study.cloned(),
            series: series.cloned(),
            limit: 1,
            ..ImagingQuery::at(level)
        };
        let found = self.record.imaging(self.finding().await?, &query).await?;
        Ok(found.rows.into_iter().next().map(|row| row.subject))
    }

    /// The stored objects of a study, series or instance, so that it is known whom to ask a permit for.
    pub async fn find_images(
        &self,
        study: &Uid,
        series: Option<&Uid>,
        instance: Option<&Uid>,
    ) -> Result<Vec<StoredObject>, Problem> {
        let permit = self.finding().await?;
        Ok(self.record.stored(permit, study, series, instance).await?)
    }

    /// Whom a resource is about; `None` where it is about nobody or is not there.
    pub async fn subject_of(&self, key: &ResourceKey) -> Result<Option<PatientId>, Problem> {
        let found = self
            .record
            .resource(self.finding().await?, key, None)
            .await?;
        Ok(found.and_then(|version| version.subject))
    }

    /// Whether the record has such a location.
    pub async fn is_location(&self, permit: &Permit, id: &str) -> Result<bool, RecordError> {
        let key = ResourceKey {
            kind: "Location".to_owned(),
            id: id.to_owned(),
        };
        let found = self.record.resource(permit, &key, None).await?;
        Ok(found.is_some_and(|version| version.body.is_some()))
    }

    /// Whether nothing has been committed yet that a person would look for.
    pub async fn is_new(&self) -> Result<bool> {
        let permit = self
            .own_permit("see whether there are patients yet", Action::ReadRecord)
            .await?;
        let query = record::ResourceQuery {
            kind: "Patient".into(),
            terms: vec![],
            sort: vec![],
            limit: 1,
            offset: 0,
        };
        Ok(self.record.search(&permit, &query).await?.total == 0)
    }

    /// Keeps a sign-in or a failed attempt in the ledger.
    pub async fn note_sign_in(&self, user: &str, succeeded: bool) -> Result<(), Problem> {
        let event = fhir::sign_in_event(user, succeeded, clock::now());
        Ok(self.note(&hospital_actor(), event).await?)
    }

    /// Keeps in the ledger what somebody did about a device's credentials or asked of it, before it is done;
    /// `with` tells one token, certificate or command from others.
    pub async fn note_device(
        &self,
        actor: &ActorId,
        device: &DeviceId,
        act: &str,
        with: Option<(&str, &str)>,
    ) -> Result<(), RecordError> {
        let event = fhir::device_event(actor, device, act, with, clock::now());
        self.note(actor, event).await
    }

    /// Keeps an event in the ledger that is about no patient.
    pub async fn note(&self, actor: &ActorId, event: Value) -> Result<(), RecordError> {
        let key = ResourceKey {
            kind: "AuditEvent".into(),
            id: uuid::Uuid::now_v7().to_string(),
        };
        let fact = NewFact::PutResource {
            key,
            subject: None,
            body: event,
        };
        let batch = Batch {
            actor: actor.clone(),
            facts: vec![(fact, Precondition::None)],
        };
        self.record.commit(batch).await.map(drop)
    }

    /// What this actor is expected to do next. Whoever accompanies a patient hears with them that somebody waits in a room.
    pub async fn waiting(self: &Arc<Self>, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
        let context = InHospital(Arc::clone(self));
        let mut all = Vec::new();
        for scenario in registry::all() {
            all.extend(scenario.waiting(&context, actor).await?);
        }
        for patient in &self.relations(actor).await?.accompanies {
            let looks = in_place_of(patient);
            for scenario in registry::all() {
                let theirs = scenario.waiting(&context, &looks).await?;
                let visits = theirs.into_iter();
                for visit in visits.filter(|one| one.kind == WaitingKind::Visit) {
                    let room = Object::Room {
                        room: visit.room.clone(),
                        patient: Some(patient.clone()),
                    };
                    // Whom the patient refuses, or the policies keep out, hears of no room.
                    if self
                        .ask_where_granted(actor, Action::EnterRoom, &room)
                        .await
                    {
                        all.push(visit);
                    }
                }
            }
        }
        all.sort_by_key(|waiting| std::cmp::Reverse(waiting.at));
        Ok(all)
    }

    /// What stands in a room, and the scenario that it belongs to, if to any; `None` where the actor may not know.
    pub async fn room(
        self: &Arc<Self>,
        actor: &Actor,
        id: &RoomId,
    ) -> Result<Option<(Option<&'static str>, Stage)>, Problem> {
        if let Some((scenario, stage)) = self.staged(actor, id).await? {
            return Ok(Some((Some(scenario), stage)));
        }
        for patient in &self.relations(actor).await?.accompanies {
            let looks = in_place_of(patient);
            if let Some((scenario, mut stage)) = self.staged(&looks, id).await?
                && stage.patient.as_ref() == Some(patient)
            {
                // It is the patient who is expected, not whoever comes with them.
                stage.participants.retain(|one| *one != looks.id);
                return Ok(Some((Some(scenario), stage)));
            }
        }
        Ok(gatherings::stage(id).map(|stage| (None, stage)))
    }

    /// What a scenario puts on stage in a room, as far as the actor may know of it.
    async fn staged(
        self: &Arc<Self>,
        actor: &Actor,
        id: &RoomId,
    ) -> Result<Option<(&'static str, Stage)>, Problem> {
        let context = InHospital(Arc::clone(self));
        for scenario in registry::all() {
            if let Some(stage) = scenario.stage(&context, actor, id).await? {
                return Ok(Some((scenario.manifest().id.as_str(), stage)));
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
impl Hospital {
    /// An empty hospital of a test, in a folder that goes with it.
    pub fn of_test() -> (tempfile::TempDir, Arc<Self>) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data: folder.path().to_owned(),
            ..Config::default()
        };
        let hospital = Self::open(config).unwrap();
        (folder, hospital)
    }
}

/// The hospital itself, as an actor.
pub fn hospital_actor() -> ActorId {
    ActorId::new("hospital").unwrap_or_else(|_| unreachable!("a constant"))
}

/// A program of the hospital, such as the DICOM door, as an actor.
pub fn program(name: &'static str) -> Actor {
    Actor {
        id: ActorId::new(name).unwrap_or_else(|_| hospital_actor()),
        name: name.to_owned(),
        roles: BTreeSet::from([Role::System]),
        patient: None,
    }
}

/// Looks into which rooms a patient may come, for whoever accompanies them: these read nothing of the record, so that the
/// hospital does, and no more of it than the patient may.
fn in_place_of(patient: &PatientId) -> Actor {
    Actor {
        roles: BTreeSet::from([Role::Patient]),
        patient: Some(patient.clone()),
        ..program("rooms")
    }
}
