//! Who is related to whom, worked out from care teams, consents and consultations in the record.

use std::{collections::HashMap, sync::Arc};

use fhir::Consents;
use parking_lot::Mutex;
use policy::{Actor, Permit, Relations};
use record::{Record, RecordError};
use vocabulary::{ActorId, Timestamp};

use crate::clock;

/// What was worked out for an actor stays true while the journal has not grown, and but for periods that
/// begin or end meanwhile.
#[derive(Default)]
pub struct RelationsOf {
    known: Mutex<HashMap<ActorId, Known>>,
    consents: Consents,
}

struct Known {
    /// The number of entries that the journal had.
    size: u64,
    at: Timestamp,
    relations: Arc<Relations>,
}

/// How late the end of a period may be noticed.
const OLDEST_MS: i64 = 1_000;

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
        let now = clock::now();
        if let Some(known) = self.known.lock().get(&actor.id)
            && known.size == size
            && (0..OLDEST_MS).contains(&now.0.saturating_sub(known.at.0))
        {
            return Ok(Arc::clone(&known.relations));
        }
        let relations =
            Arc::new(fhir::care_relations(record, permit, &self.consents, actor, now).await?);
        let mut known = self.known.lock();
        if known.len() >= MOST {
            known.clear();
        }
        let fresh = Known {
            size,
            at: now,
            relations: Arc::clone(&relations),
        };
        known.insert(actor.id.clone(), fresh);
        Ok(relations)
    }
}
