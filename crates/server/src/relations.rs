//! Who is related to whom, worked out from care teams, consents and consultations in the record.

use std::{collections::HashMap, sync::Arc};

use fhir::Consents;
use parking_lot::Mutex;
use policy::{Actor, Permit, Relations};
use record::{Record, RecordError};
use vocabulary::{ActorId, Timestamp};

use crate::clock;

/// What was worked out for an actor stays true until something is written by which it is decided, and but for periods
/// that begin or end meanwhile.
#[derive(Default)]
pub struct RelationsOf {
    known: Mutex<HashMap<ActorId, Known>>,
    consents: Consents,
    latest: Mutex<Option<Latest>>,
}

struct Known {
    /// The number of entries that the journal had.
    size: u64,
    at: Timestamp,
    relations: Arc<Relations>,
}

/// How far the journal was looked through for what decides relations.
#[derive(Clone, Copy)]
struct Latest {
    /// The first entry that was not looked at.
    next: u64,
    /// The number of entries up to the last that decides.
    changed: u64,
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
        let changed = self.changed(record, permit, size).await?;
        if let Some(known) = self.known.lock().get(&actor.id)
            && known.size >= changed
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

    /// How many entries the journal had, at most, when something was last written that decides relations.
    async fn changed(
        &self,
        record: &dyn Record,
        permit: &Permit,
        size: u64,
    ) -> Result<u64, RecordError> {
        let begin = Latest {
            next: size,
            changed: size,
        };
        let Latest { next, mut changed } = *self.latest.lock().get_or_insert(begin);
        if next < size {
            // Beside what leads to patients, the licence.
            for kind in fhir::ACCESS_TYPES.iter().chain(&[fhir::LICENCE_TYPE]) {
                let written = record.changed_since(permit, kind, next).await?;
                let last = written.last().map_or(0, |version| version.sequence + 1);
                changed = changed.max(last);
            }
        }
        let mut latest = self.latest.lock();
        let known = latest.get_or_insert(begin);
        known.next = known.next.max(size);
        known.changed = known.changed.max(changed);
        Ok(known.changed)
    }
}

#[cfg(test)]
mod tests {
    use record::{Batch, NewFact, Precondition, ResourceKey};
    use serde_json::json;
    use vocabulary::PatientId;

    use super::*;
    use crate::hospital::{Hospital, hospital_actor, program};

    async fn write(hospital: &Hospital, kind: &str, id: &str, mut body: serde_json::Value) {
        body["resourceType"] = json!(kind);
        body["id"] = json!(id);
        let key = ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        let fact = NewFact::PutResource {
            key,
            subject: PatientId::new("p").ok(),
            body,
        };
        let batch = Batch {
            actor: hospital_actor(),
            facts: vec![(fact, Precondition::None)],
        };
        hospital.record.commit(batch).await.unwrap();
    }

    #[tokio::test]
    async fn relations_are_worked_out_anew_when_what_decides_them_was_written_and_else_kept() {
        let (_folder, hospital) = Hospital::of_test();
        let actor = program("test");
        let mut times_kept = 0;
        // The clock goes on meanwhile, and may end a second.
        for n in 0..20 {
            let before = hospital.relations(&actor).await.unwrap();
            let other = json!({"status": "final", "code": {"text": "a"}, "subject": {"reference": "Patient/p"}});
            write(&hospital, "Observation", &format!("o{n}"), other).await;
            let after = hospital.relations(&actor).await.unwrap();
            times_kept += usize::from(Arc::ptr_eq(&before, &after));
        }
        assert!(times_kept > 0);
        let patient = PatientId::new("p").unwrap();
        for status in ["active", "inactive", "active"] {
            let member = json!({"member": {"reference": format!("Device/{}", actor.id)}});
            let team = json!({"status": status, "subject": {"reference": "Patient/p"}, "participant": [member]});
            write(&hospital, "CareTeam", "t", team).await;
            let found = hospital.relations(&actor).await.unwrap();
            assert_eq!(found.care_team.contains(&patient), status == "active");
        }
    }
}
