//! Packages and roll-outs as facts: a FHIR `Basic` with a version for each step.

use ::devices::Rollout;
use policy::Permit;
use record::{
    Batch, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery, mark_written_by,
    written_by,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use vocabulary::{ActorId, Digest, Text, Timestamp};

use crate::{hospital::Hospital, upgrades::NotTaken};

/// By which the facts are tagged.
const WRITER: &str = "upgrades";
const KIND: &str = "Basic";
const CODE: &str = "urn:yuanyi:device-upgrade";
const PAGE: usize = 500;

/// What is kept of a package; what it says of itself stands in its note.
#[derive(Serialize, Deserialize)]
pub struct KeptPackage {
    pub note: String,
    pub by: String,
    pub at: Timestamp,
}

/// What the record has.
#[derive(Default)]
pub struct Facts {
    pub packages: Vec<KeptPackage>,
    pub refused: Vec<NotTaken>,
    pub rollouts: Vec<Rollout>,
}

async fn keep<T: Serialize + Sync>(
    hospital: &Hospital,
    actor: &ActorId,
    (id, code): (String, &str),
    (kept, text): (&T, Text),
) -> Result<(), RecordError> {
    let mut body = json!({
        "resourceType": KIND,
        "id": id,
        "extension": [{"url": CODE, "valueString": serde_json::to_string(kept).unwrap_or_default()}],
        "code": {
            "coding": [{"system": CODE, "code": code}],
            "text": format!("{}\n{}", text.zh, text.en),
        },
    });
    if let Some(fields) = body.as_object_mut() {
        mark_written_by(fields, WRITER);
    }
    let fact = NewFact::PutResource {
        key: ResourceKey {
            kind: KIND.to_owned(),
            id,
        },
        subject: None,
        body,
    };
    let batch = Batch {
        actor: actor.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await.map(drop)
}

/// Keeps a package.
pub async fn keep_package(
    hospital: &Hospital,
    actor: &ActorId,
    id: &Digest,
    kept: &KeptPackage,
) -> Result<(), RecordError> {
    let text = Text::new("设备升级包", "A package for devices");
    keep(hospital, actor, (of(id), "package"), (kept, text)).await
}

/// Keeps that a package was not taken.
pub async fn keep_refused(
    hospital: &Hospital,
    actor: &ActorId,
    refused: &NotTaken,
) -> Result<(), RecordError> {
    let id = uuid::Uuid::now_v7().to_string();
    let text = Text::new(
        "被拒绝的设备升级包",
        "A package for devices that was refused",
    );
    keep(hospital, actor, (id, "refused"), (refused, text)).await
}

/// Keeps how a roll-out stands.
pub async fn keep_rollout(
    hospital: &Hospital,
    actor: &ActorId,
    rollout: &Rollout,
) -> Result<(), RecordError> {
    let text = Text::new("设备升级的分批推送", "A roll-out to devices");
    let of = (rollout.id.clone(), "rollout");
    keep(hospital, actor, of, (rollout, text)).await
}

/// The id of a package's fact: as many digits of its digest as an id may have.
fn of(id: &Digest) -> String {
    let mut digest = id.to_string();
    digest.truncate(60);
    format!("p-{digest}")
}

/// Reads all of them.
pub async fn load(hospital: &Hospital, permit: &Permit) -> Result<Facts, RecordError> {
    let mut facts = Facts::default();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: KIND.to_owned(),
            terms: vec![],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(permit, &query).await?.rows;
        let read = rows.len();
        offset += read;
        let ours = rows.into_iter().filter_map(|row| row.body);
        for body in ours.filter(|body| written_by(body) == Some(WRITER)) {
            match body.pointer("/code/coding/0/code").and_then(Value::as_str) {
                Some("package") => facts.packages.extend(own(&body)),
                Some("refused") => facts.refused.extend(own(&body)),
                Some("rollout") => facts.rollouts.extend(own(&body)),
                _ => {}
            }
        }
        if read < PAGE {
            return Ok(facts);
        }
    }
}

fn own<T: DeserializeOwned>(body: &Value) -> Option<T> {
    let own = body.pointer("/extension/0/valueString")?.as_str()?;
    let read = serde_json::from_str(own);
    if let Err(error) = &read {
        tracing::error!(%error, "a fact about upgrades of devices could not be read");
    }
    read.ok()
}
