//! The hospital's own settings while it runs: what they are, and reading them again.

use std::sync::Arc;

use alarms::{OwnFile, Settings};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post, put},
};
use policy::{Action, Object, Permit};
use record::{Batch, NewFact, Precondition, ResourceKey, mark_written_by};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    config::Config,
    hospital::Hospital,
    http::{Caller, Problem},
    own, ward,
};

/// By which the fact is tagged that they were read again, and its place.
const WRITER: &str = "own-settings";
const KIND: &str = "Basic";
const OWN_URI: &str = "urn:yuanyi:own-settings";

/// `/settings`, `/settings/reload` and `/settings/plans`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/settings", get(shown))
        .route("/settings/reload", post(reload))
        .route("/settings/plans", put(take_plan))
        .route("/settings/plans/{id}", get(plan))
}

async fn administers(hospital: &Hospital, caller: &Caller) -> Result<Permit, Problem> {
    hospital
        .permit(caller, Action::Administer, &Object::Hospital)
        .await
}

fn key() -> ResourceKey {
    ResourceKey {
        kind: KIND.to_owned(),
        id: WRITER.to_owned(),
    }
}

/// What is in force of the hospital's own, and when somebody last read it again.
async fn answer(hospital: &Hospital, faults: &[String]) -> Result<Json<Value>, Problem> {
    let settings = Settings::now();
    let plans = settings.plans.iter();
    let plans: Vec<Value> = plans
        .map(|plan| json!({"id": plan.id, "title": plan.title}))
        .collect();
    let reader = hospital.finding().await?;
    let last = hospital.record.resource(reader, &key(), None).await?;
    let by = last.as_ref().and_then(|version| {
        let author = version
            .body
            .as_ref()?
            .pointer("/author/reference")?
            .as_str()?;
        author.strip_prefix("Practitioner/")
    });
    Ok(Json(json!({
        "folder": hospital.config.own_settings.is_some(),
        "version": settings.rules.version,
        "own": own::in_force(),
        "plans": plans,
        "taken": last.as_ref().map(|version| version.at),
        "by": by,
        "faults": faults,
        "kept_days": kept_days(&hospital.config),
    })))
}

/// For how many days what is kept, as the configuration has it; none: for ever.
fn kept_days(config: &Config) -> Value {
    // What has no days of its own goes with the other readings.
    let as_readings = |own: Option<u32>| own.or(config.signal_reading_days);
    json!({
        "images": config.image_retention_days,
        "deleted_images": config.image_purge_days,
        "readings": config.signal_reading_days,
        "waveforms": as_readings(config.signal_waveform_days),
        "environment": as_readings(config.signal_environment_days),
        "rollups": config.signal_rollup_days,
        "recordings": config.recording_days,
    })
}

async fn shown(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    answer(&hospital, &[]).await
}

/// Takes in the files as they are now.
async fn reload(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    take_in(&hospital, &caller, None).await
}

/// A plan in force, as its file has it.
async fn plan(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let folder = hospital.config.own_settings.as_deref();
    let found = own::plan_text(folder, &id).map_err(|error| Problem::internal(&error))?;
    let file = found.ok_or_else(|| Problem::not_found("there is no such plan"))?;
    Ok(Json(json!({"name": file.name, "text": file.text})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PlanFile {
    text: String,
}

/// Takes in a plan: its file is written once all of the settings can be used with it.
async fn take_plan(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(PlanFile { text }): Json<PlanFile>,
) -> Result<Json<Value>, Problem> {
    administers(&hospital, &caller).await?;
    let name = own::plan_file(&text).ok_or_else(|| {
        Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "It is no plan",
            "文件中没有可用的预案 id（小写字母、数字和 -）· the file has no id of a plan: lower-case letters, digits and -",
        )
    })?;
    take_in(&hospital, &caller, Some(OwnFile { name, text })).await
}

/// Takes in rules, plans and escalation as their files are now, and a plan that is still to be written: all of it, or
/// nothing where something cannot be used.
async fn take_in(
    hospital: &Hospital,
    caller: &Caller,
    plan: Option<OwnFile>,
) -> Result<Json<Value>, Problem> {
    let refused = |zh: &str, en: &str| {
        let detail = format!("{zh} · {en}");
        Problem::new(StatusCode::CONFLICT, "It cannot be done now", detail)
    };
    let Some(folder) = hospital.config.own_settings.clone() else {
        return Err(refused(
            "本院没有自己的设置文件夹（own_settings）",
            "no folder of the hospital's own settings is named (own_settings)",
        ));
    };
    let (within, with) = (folder.clone(), plan.clone());
    let read = tokio::task::spawn_blocking(move || own::read_with(&within, with.as_ref())).await;
    let read = read.map_err(|error| Problem::internal(&anyhow::Error::from(error)))?;
    let own = match read {
        Ok(Ok(own)) => own,
        Ok(Err(faults)) => {
            let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
            return answer(hospital, &faults).await;
        }
        Err(_) => {
            return Err(refused(
                "无法读取设置文件夹",
                "the folder of the hospital's own settings cannot be read",
            ));
        }
    };
    if !own.profiles.all().eq(hospital.devices.profiles().all()) {
        return Err(refused(
            "设备类型有变：须重启才能生效",
            "kinds of devices have changed: these need a restart",
        ));
    }
    if let Some(plan) = plan
        && let Err(error) = own::write(&folder, &plan)
    {
        tracing::warn!(%error, "a plan of the hospital's own could not be written");
        return Err(refused(
            "无法写入设置文件夹",
            "the folder of the hospital's own settings cannot be written",
        ));
    }
    // A fact first: whatever the wards do by the new rules comes after it.
    let mut body = json!({
        "resourceType": KIND, "id": WRITER,
        "code": {"coding": [{"system": OWN_URI, "code": "taken", "version": own.settings.rules.version}]},
        "author": {"reference": format!("Practitioner/{}", caller.actor.id)},
    });
    if let Some(fields) = body.as_object_mut() {
        mark_written_by(fields, WRITER);
    }
    let fact = NewFact::PutResource {
        key: key(),
        subject: None,
        body,
    };
    let batch = Batch {
        actor: caller.actor.id.clone(),
        facts: vec![(fact, Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    own.adopt().map_err(|error| Problem::internal(&error))?;
    ward::renew(hospital).await;
    answer(hospital, &[]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_days_of_its_own_is_kept_as_the_other_readings_and_what_has_none_for_ever() {
        let config = Config {
            signal_reading_days: Some(365),
            signal_waveform_days: Some(30),
            ..Config::default()
        };
        let expect = json!({
            "images": 10_980, "deleted_images": null, "readings": 365, "waveforms": 30,
            "environment": 365, "rollups": null, "recordings": null,
        });
        assert_eq!(kept_days(&config), expect);
        assert!(kept_days(&Config::default())["waveforms"].is_null());
    }
}
