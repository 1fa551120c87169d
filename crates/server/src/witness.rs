//! Writes access decisions to the ledger, as FHIR `AuditEvent`s, before they take effect.

use std::sync::Arc;

use async_trait::async_trait;
use policy::{Decision, Object, Witness, WitnessError};
use record::{Batch, NewFact, Precondition, Record, ResourceKey};
use vocabulary::PatientId;

use crate::clock;

/// The witness of this hospital.
#[derive(Clone)]
pub struct LedgerWitness {
    record: Arc<dyn Record>,
}

impl LedgerWitness {
    /// A witness that writes into `record`.
    pub fn new(record: Arc<dyn Record>) -> Self {
        Self { record }
    }
}

#[async_trait]
impl Witness for LedgerWitness {
    async fn witness(&self, decision: &Decision) -> Result<(), WitnessError> {
        let body = fhir::audit_event(decision, clock::now());
        let key = ResourceKey {
            kind: "AuditEvent".into(),
            id: uuid::Uuid::now_v7().to_string(),
        };
        let subject = subject(&decision.object).cloned();
        let fact = NewFact::PutResource { key, subject, body };
        let batch = Batch {
            actor: decision.actor.clone(),
            facts: vec![(fact, Precondition::None)],
        };
        self.record
            .commit(batch)
            .await
            .map(drop)
            .map_err(|error| WitnessError(Box::new(error)))
    }
}

fn subject(object: &Object) -> Option<&PatientId> {
    match object {
        Object::Patient(patient) => Some(patient),
        Object::Room { patient, .. } => patient.as_ref(),
        Object::Everyone | Object::Hospital | Object::Project { .. } => None,
    }
}
