//! What the hospital gives to scenarios.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::tz::TimeZone;
use policy::{Action, Actor, Object, Permit, Refusal};
use record::{Record, RecordError, Signals};
use scenario::{Attestation, Context, FileFault, Seal, Topic};
use twin::{FollowedLesion, PatientTwin};
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{clock, hospital::Hospital, nodules, twins, volumes::VolumesError};

/// The context of scenarios in a running hospital.
pub struct InHospital(pub Arc<Hospital>);

#[async_trait]
impl Context for InHospital {
    fn record(&self) -> &dyn Record {
        &*self.0.record
    }

    fn signals(&self) -> Option<&dyn Signals> {
        Some(&*self.0.signals)
    }

    fn now(&self) -> Timestamp {
        clock::now()
    }

    fn time_zone(&self) -> TimeZone {
        self.0.config.time_zone.rules().clone()
    }

    fn new_id(&self) -> String {
        uuid::Uuid::new_v4().to_string()
    }

    async fn permit(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
    ) -> Result<Permit, Refusal> {
        self.0.ask(actor, action, object).await
    }

    async fn permit_to_count(&self, actor: &Actor) -> Result<Permit, Refusal> {
        self.0
            .ask(actor, Action::ReadFigures, &Object::Hospital)
            .await?;
        self.0
            .own_permit("count how care runs", Action::ReadRecord)
            .await
            .map_err(|_| Refusal::not_witnessed())
    }

    async fn account(&self, id: &ActorId) -> Option<Actor> {
        self.0.accounts.find(id).ok().flatten()
    }

    async fn twin(
        &self,
        permit: &Permit,
        patient: &PatientId,
    ) -> Result<Option<PatientTwin>, RecordError> {
        twins::of(&self.0, permit, patient).await
    }

    async fn followed_lesions(
        &self,
        permit: &Permit,
        patient: &PatientId,
    ) -> Result<Vec<FollowedLesion>, RecordError> {
        let found = nodules::followed_lesions(&self.0, permit, patient).await;
        found.map_err(|error| match error {
            VolumesError::Record(error) => error,
            other => RecordError::Store(Box::new(other)),
        })
    }

    fn notify(&self, topic: Topic, id: &str, to: &[ActorId]) {
        self.0.changes.announce(topic.as_str(), id, to.to_vec());
    }

    fn note_file(&self, fault: FileFault) {
        self.0.devices.file_refused(fault, clock::now());
    }

    fn attest(&self, statement: &[u8]) -> Attestation {
        self.0.keys.attest(statement)
    }

    fn seal(&self) -> &Seal {
        self.0.keys.seal()
    }
}
