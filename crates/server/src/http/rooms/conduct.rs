//! The rules of conduct in rooms: everybody agrees to them once, before the first room, and that is a fact.

use std::sync::Arc;

use axum::{Json, extract::State, http::StatusCode};
use policy::{Actor, Role};
use record::{Batch, NewFact, Precondition, ResourceKey};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{Digest, Text};

use crate::{
    access::practises,
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
};

/// The version of the rules below. Who agreed to another one is asked anew.
const VERSION: &str = "2026-11-28";

fn text() -> Vec<Text> {
    vec![
        Text::new(
            "在此所见所闻属于患者隐私，不得截屏、录制或对外传播。",
            "What you see and hear here belongs to the patient: take no pictures or recordings of it, and pass nothing on.",
        ),
        Text::new(
            "以本人身份参加，不得让他人使用您的账户。",
            "Be here as yourself; let nobody else use your account.",
        ),
        Text::new(
            "尊重患者与同事：发言请先举手，不打断、不辱骂、不骚扰。",
            "Respect the patient and your colleagues: raise your hand to speak, and do not interrupt, insult or harass.",
        ),
        Text::new(
            "主持人与监督员准许进入并维持秩序，可提醒、静音、结束摄像头画面或共享屏幕、请出或在一段时间内禁止进入，并须说明理由。",
            "Hosts and supervisors let people in and keep order: a warning, being muted, a camera or shared screen being ended, being put out, being kept out for a time, each with a reason.",
        ),
        Text::new(
            "除提醒外，对每项处分可申诉一次，由作出处分者以外的人裁定。处分与申诉的理由，房间内所有人及有权查阅各房间处分记录的人员（如医院管理者）均可看到。",
            "To each of these but a warning you may object once; somebody other than who did it decides. The reasons, yours too, are read by everybody inside and by those of the hospital who look after order in all rooms.",
        ),
        Text::new(
            "因救治需要，诊疗团队成员可说明理由后随时进入；所有这些操作都会记入病历与审计。",
            "Where the patient needs it, those who treat them come in at any time by saying why. All of this is kept in the record and the audit.",
        ),
    ]
}

/// Where the agreement of an account to this version lies.
fn key(actor: &Actor) -> ResourceKey {
    // An account's name may be longer than the id of a resource.
    let digest = Digest::of(format!("{VERSION} {}", actor.id).as_bytes());
    let digest = digest.to_string();
    let digest = digest.get(..32).unwrap_or_default();
    ResourceKey {
        kind: "Consent".to_owned(),
        id: format!("conduct-{digest}"),
    }
}

/// When somebody agreed to the rules as they are now.
pub async fn agreed(hospital: &Hospital, actor: &Actor) -> Result<Option<String>, Problem> {
    let permit = hospital.finding().await?;
    let found = hospital.record.resource(permit, &key(actor), None).await?;
    let body = found.and_then(|version| version.body);
    let body = body.filter(|body| body.get("status") == Some(&json!("active")));
    let at = body
        .as_ref()
        .and_then(|body| body.get("dateTime")?.as_str());
    Ok(at.map(str::to_owned))
}

/// `GET /api/conduct`: the rules, and whether the caller has agreed to them.
pub async fn rules(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let agreed = agreed(&hospital, &caller.actor).await?;
    Ok(Json(
        json!({"version": VERSION, "rules": text(), "agreed": agreed}),
    ))
}

/// To which version somebody agrees.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agreement {
    version: String,
}

/// `POST /api/conduct`: the caller agrees to the rules; nobody does it for them.
pub async fn agree(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(Agreement { version }): Json<Agreement>,
) -> Result<StatusCode, Problem> {
    if version != VERSION {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "The rules have changed",
            "read them as they are now, then agree",
        ));
    }
    if agreed(&hospital, &caller.actor).await?.is_some() {
        return Ok(StatusCode::NO_CONTENT);
    }
    let key = key(&caller.actor);
    let fact = NewFact::PutResource {
        body: consent(&key.id, &caller.actor),
        key,
        // Whoever agrees does so for themselves: even a patient's agreement is no part of care.
        subject: None,
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The agreement as a FHIR `Consent`. It has no provisions, so that it lets nobody see anybody.
fn consent(id: &str, actor: &Actor) -> Value {
    let (named, who) = match &actor.patient {
        Some(patient) if actor.roles.contains(&Role::Patient) => {
            ("reference", format!("Patient/{patient}"))
        }
        // They have a `RelatedPerson` for each patient whom they accompany; it is their account that agrees, for all.
        _ if actor.roles.contains(&Role::RelatedPerson) && !practises(actor) => {
            ("type", "RelatedPerson".to_owned())
        }
        _ => ("reference", format!("Practitioner/{}", actor.id)),
    };
    json!({
        "resourceType": "Consent",
        "id": id,
        "status": "active",
        "scope": {"coding": [{"system": "urn:yuanyi:consent-scope", "code": "room-conduct"}]},
        "category": [{"coding": [{"system": "urn:yuanyi:consent-scope", "code": "room-conduct"}]}],
        "dateTime": clock::now().to_string(),
        "performer": [{
            named: who,
            "identifier": {"system": "urn:yuanyi:account", "value": actor.id.as_str()},
            "display": actor.name,
        }],
        "policyRule": {"coding": [{"system": "urn:yuanyi:room-conduct", "code": VERSION}]},
    })
}
