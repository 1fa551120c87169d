//! The way to people who have no page open: where each is reached, what calls them, and what became of it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use policy::{Action, Object};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Language};

use super::ward::treats;
use crate::{
    accounts::Reach,
    clock,
    gateway::{Call, Gateway},
    hospital::Hospital,
    http::{Caller, Problem},
};

/// Somebody sends themselves a message at most each so many milliseconds: messages may cost.
const TEST_EVERY_MS: i64 = 30_000;
/// The most calls that a page says at once that it has shown.
const MOST: usize = 200;

/// `/me/reach`, `/calls` and `/gateway`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/me/reach", get(reach).put(change))
        .route("/me/reach/test", post(test))
        .route("/calls", get(mine))
        .route("/calls/shown", post(shown))
        .route("/calls/{id}", get(one))
        .route("/calls/about/{about}", get(about))
        .route("/gateway", get(figures))
}

fn no_gateway() -> Problem {
    Problem::new(
        StatusCode::CONFLICT,
        "There is no message gateway",
        "本院未设置消息网关 · this hospital has no message gateway",
    )
}

fn gateway(hospital: &Hospital) -> Result<&Arc<Gateway>, Problem> {
    hospital.gateway.as_ref().ok_or_else(no_gateway)
}

fn view(hospital: &Hospital, me: &ActorId) -> Result<Json<Value>, Problem> {
    let gateway = hospital.gateway.as_ref();
    let test = gateway.map(|one| one.last_test(me)).transpose();
    let reach = hospital.accounts.reach(me)?;
    Ok(Json(json!({
        "configured": gateway.is_some(),
        "reach": reach,
        "test": test?.flatten(),
    })))
}

/// Where the caller is reached.
async fn reach(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    view(&hospital, &caller.actor.id)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    /// Empty: it is forgotten.
    address: String,
    on: bool,
    language: Language,
}

async fn change(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(change): Json<Change>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    gateway(&hospital)?;
    let reach = Reach {
        address: change.address.trim().to_owned(),
        on: change.on,
        language: change.language,
    };
    let is_forgotten = reach.address.is_empty();
    if !is_forgotten && !reach.is_usable() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "It cannot be an address",
            "地址最多 200 个字符，且为一行 · an address has at most 200 characters, in one line",
        ));
    }
    let kept = (!is_forgotten).then_some(&reach);
    hospital.accounts.put_reach(&caller.actor.id, kept)?;
    view(&hospital, &caller.actor.id)
}

/// Sends the caller a message that says that it is a test.
async fn test(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let gateway = gateway(&hospital)?;
    let me = &caller.actor.id;
    let reach = hospital.accounts.reach(me)?;
    if !reach.is_some_and(|reach| reach.on) {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "There is no address",
            "请先填写并开启您的地址 · first write down your address and switch it on",
        ));
    }
    let last = gateway.last_test(me)?;
    let wait_ms = last.map_or(0, |last| last.called.0 + TEST_EVERY_MS - clock::now().0);
    if wait_ms > 0 {
        let seconds = u64::try_from((wait_ms + 999) / 1000).unwrap_or(1);
        return Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many tests",
            format!("请在 {seconds} 秒后再试 · wait {seconds} s, then try again"),
        )
        .retry_after(seconds));
    }
    gateway.test(me)?;
    view(&hospital, me)
}

/// What calls the caller now, whether or not there is a gateway.
async fn mine(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let calls = hospital.calls.of(&caller.actor.id);
    let rows: Vec<Value> = calls
        .iter()
        .map(|one| {
            json!({
                "id": one.id(),
                "kind": one.kind,
                "priority": one.priority,
                "since": one.since,
                "path": one.path,
            })
        })
        .collect();
    Ok(Json(json!(rows)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Shown {
    ids: Vec<String>,
}

/// A page that can be seen has shown these to the caller.
async fn shown(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(Shown { ids }): Json<Shown>,
) -> Result<StatusCode, Problem> {
    if ids.len() > MOST {
        return Err(Problem::bad_input("name at most 200 calls"));
    }
    if let Some(gateway) = hospital.gateway.clone() {
        let kept = hospital.aside(move |_| gateway.shown(&ids, &caller.actor.id));
        kept.await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Where the link of a message leads, for whom it called.
async fn one(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let gateway = hospital.gateway.as_ref();
    let path = gateway.map(|one| one.path_of(&id, &caller.actor.id));
    let path = path.transpose()?.flatten();
    let path = path.ok_or_else(|| Problem::not_found("there is no such call to you"))?;
    Ok(Json(json!({"path": path})))
}

#[derive(Serialize)]
struct Named<'c> {
    #[serde(flatten)]
    call: &'c Call,
    name: &'c str,
}

/// Calls as JSON, with the names of those who were called.
fn with_names(hospital: &Hospital, calls: &[Call]) -> Result<Value, Problem> {
    let people = hospital.accounts.list()?;
    let names: BTreeMap<&ActorId, &str> = people
        .iter()
        .map(|person| (&person.id, person.name.as_str()))
        .collect();
    let named = calls.iter().map(|call| Named {
        call,
        name: names.get(&call.to).copied().unwrap_or(call.to.as_str()),
    });
    Ok(json!(named.collect::<Vec<_>>()))
}

/// Who was called by an alarm, an alert or an errand, and what became of each call.
async fn about(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(about): Path<String>,
) -> Result<Json<Value>, Problem> {
    treats(&caller)?;
    let gateway = hospital.gateway.as_ref();
    let calls = gateway.map(|one| one.about(&about)).transpose()?;
    let calls = calls.unwrap_or_default();
    Ok(Json(with_names(&hospital, &calls)?))
}

/// How the gateway stands, for who administers and who may read figures.
async fn figures(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let all = &Object::Hospital;
    let administers = hospital.would_permit(&caller, Action::Administer, all);
    let action = if administers.await? {
        Action::Administer
    } else {
        Action::ReadFigures
    };
    hospital.permit(&caller, action, all).await?;
    let Some(gateway) = &hospital.gateway else {
        return Ok(Json(json!({"configured": false})));
    };
    let figures = gateway.figures()?;
    Ok(Json(json!({
        "configured": true,
        "waiting": figures.waiting,
        "oldest": figures.oldest,
        "handed": figures.handed,
        "refused": figures.refused,
        "no_address": figures.no_address,
        "troubles": with_names(&hospital, &figures.troubles)?,
    })))
}
