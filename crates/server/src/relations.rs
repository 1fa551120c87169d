//! Who is related to whom, worked out from care teams, consents and consultations in the record.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use policy::{Actor, Permit, Relations};
use record::{Record, RecordError};
use vocabulary::ActorId;

use crate::clock;

/// What was worked out for an actor stays true while the journal has not grown.
#[derive(Default)]
pub struct RelationsOf {
    known: Mutex<HashMap<ActorId, (u64, Arc<Relations>)>>,
}

/// The most actors to remember.
const MOST: usize = 10_000;

impl RelationsOf {
    /// The relations of `actor` as the record has them now.
    pub async fn now(
        &self,
        record: &dyn Record,
        permit: &Permit,
        actor: &Actor,
    ) -> Result<Arc<Relations>, RecordError> {
        let size = *record.feed().borrow();
        if let Some((at, relations)) = self.known.lock().get(&actor.id)
            && *at == size
        {
            return Ok(Arc::clone(relations));
        }
        let relations = Arc::new(fhir::care_relations(record, permit, actor, clock::now()).await?);
        let mut known = self.known.lock();
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(actor.id.clone(), (size, Arc::clone(&relations)));
        Ok(relations)
    }
}
