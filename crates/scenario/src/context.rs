use async_trait::async_trait;
use jiff::{civil::Date, tz::TimeZone};
use policy::{Action, Actor, Object, Permit, Refusal};
use record::{Record, RecordError, Signals};
use twin::{FollowedLesion, PatientTwin};
use vocabulary::{ActorId, PatientId, Text, Timestamp};

use crate::{Seal, day_of, start_of};

/// What browsers hear on `/api/events`; they then read again what they may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// The list of things that wait changed.
    Waiting,
    /// A case changed.
    Case,
    /// A deviation was found, mended or overridden.
    Quality,
}

impl Topic {
    /// The name of the event.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Case => "case",
            Self::Quality => "quality",
        }
    }
}

/// The hospital's signature over a statement: that this account, signed in, made it at this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attestation {
    /// The name of the hospital's key, as in its checkpoints.
    pub key_name: String,
    /// The Ed25519 public key, in base64.
    pub public_key: String,
    /// The Ed25519 signature over the statement's bytes, in base64.
    pub signature: String,
}

/// A file of recorded signals of which not all could be taken, as the page on devices counts it. It names neither the
/// file nor anybody: it says which part of a device's recordings it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// Whose file it is.
    pub patient: PatientId,
    /// The kind of device that writes such files; none where any may.
    pub profile: Option<&'static str>,
    /// The device's serial number, as its files say it.
    pub serial: Option<String>,
    /// Which part of the recordings.
    pub part: &'static str,
    /// Bytes that came.
    pub bytes: usize,
    /// The reason's short name.
    pub code: &'static str,
    /// The reason for people.
    pub why: Text,
}

/// What the hospital gives to a scenario. `server` implements it.
#[async_trait]
pub trait Context: Send + Sync {
    /// The hospital's facts.
    fn record(&self) -> &dyn Record;

    /// What devices measured, where there is a place for it.
    fn signals(&self) -> Option<&dyn Signals> {
        None
    }

    /// The time, by the server's clock.
    fn now(&self) -> Timestamp;

    /// By whose calendar days are counted: the hospital's, which is its patients' too.
    fn time_zone(&self) -> TimeZone;

    /// The day of a time.
    fn day_of(&self, time: Timestamp) -> Date {
        day_of(time, &self.time_zone())
    }

    /// The first moment of a day.
    fn start_of(&self, day: Date) -> Timestamp {
        start_of(day, &self.time_zone())
    }

    /// A new identifier that nobody can guess, well formed as a FHIR logical id.
    fn new_id(&self) -> String;

    /// Decides, writes the decision to the ledger, and gives the permit.
    async fn permit(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
    ) -> Result<Permit, Refusal>;

    /// Decides whether this actor may read figures of how care runs, and gives a permit to count them. What
    /// is read with it leaves as figures that name no patient.
    async fn permit_to_count(&self, actor: &Actor) -> Result<Permit, Refusal>;

    /// The open account with this id.
    async fn account(&self, id: &ActorId) -> Option<Actor>;

    /// The twin of a patient, from what the permit covers.
    async fn twin(
        &self,
        permit: &Permit,
        patient: &PatientId,
    ) -> Result<Option<PatientTwin>, RecordError>;

    /// The lesions of a patient that somebody kept, each once, with what became of it from study to study.
    async fn followed_lesions(
        &self,
        permit: &Permit,
        patient: &PatientId,
    ) -> Result<Vec<FollowedLesion>, RecordError>;

    /// Tells the browsers of these accounts that something changed; of all accounts where none is named.
    fn notify(&self, topic: Topic, id: &str, to: &[ActorId]);

    /// Counts a file of which not all could be taken, where devices are counted.
    fn note_file(&self, fault: FileFault);

    /// Signs a statement with the hospital's key.
    fn attest(&self, statement: &[u8]) -> Attestation;

    /// Hides what must stay hidden for a while, such as a vote before all have voted.
    fn seal(&self) -> &Seal;
}
