//! Screening and aided diagnosis (虚实融合疾病筛查和辅助诊断): see README.md.
//!
//! A programme is nothing but facts of the record: each step (`answers`, `assess`, `advise`, `arrange`,
//! `sign`, `assist`) checks what the programme allows and commits its facts together with the plan, so that
//! two acts on one programme never pass each other; `programme` reads them again. A step that is left out and
//! an order that differs from the guideline are facts too (`deviation`).

mod advise;
mod answers;
mod arrange;
mod assess;
mod assist;
mod days;
mod deviation;
mod facts;
mod letter;
mod levels;
mod open;
mod orders;
mod patient;
mod programme;
mod sign;
mod step;
mod view;
mod waiting;
mod watch;

use std::sync::LazyLock;

use async_trait::async_trait;
use policy::{Action, Actor, Object, Permit};
use scenario::{
    Context, Manifest, Method, Problem, Reply, Request, Scenario, Stage, Waiting, Watched,
    again_if_raced,
};
use serde_json::{Value, json};
use vocabulary::{RoomId, Text, Uid};

use crate::programme::{Programme, State};

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::read(include_str!("../scenario.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The server part; it holds no state of its own.
#[derive(Default)]
pub struct Screening;

/// The scenario, for the registry.
pub fn scenario() -> Box<dyn Scenario> {
    Box::new(Screening)
}

#[async_trait]
impl Scenario for Screening {
    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn handle(&self, context: &dyn Context, request: Request) -> Result<Reply, Problem> {
        again_if_raced(|| route(context, &request)).await
    }

    async fn waiting(&self, context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
        waiting::waiting(context, actor).await
    }

    async fn stage(
        &self,
        context: &dyn Context,
        actor: &Actor,
        room: &RoomId,
    ) -> Result<Option<Stage>, Problem> {
        let Ok(permit) = reading(context, actor).await else {
            return Ok(None);
        };
        let Some(programme) = Programme::find(context, &permit, room.as_str()).await? else {
            return Ok(None);
        };
        let is_theirs = matches!(programme.state, State::Active | State::Completed);
        if open::is_only_patient(actor) && !is_theirs {
            return Ok(None);
        }
        let name = programme.patient_name.as_str();
        Ok(Some(Stage {
            id: room.clone(),
            title: Text::new(format!("肺结节：{name}"), format!("Lung nodule: {name}")),
            participants: vec![programme.opened_by.id.clone()],
            series: series(context, &permit, &programme).await?,
            patient: Some(programme.patient),
            case: programme.id,
        }))
    }

    async fn watched(
        &self,
        context: &dyn Context,
        permit: &Permit,
        case: Option<&str>,
    ) -> Result<Vec<Watched>, Problem> {
        watch::watched(context, permit, case).await
    }
}

/// The series with a lesion, else the newest CT.
async fn series(
    context: &dyn Context,
    permit: &Permit,
    programme: &Programme,
) -> Result<Option<Uid>, Problem> {
    let Some(twin) = context.twin(permit, &programme.patient).await? else {
        return Ok(None);
    };
    let marked = twin.lesions.first().map(|lesion| lesion.series.as_str());
    let scans = twin
        .studies
        .iter()
        .filter(|study| study.modality.contains("CT"));
    let newest = scans.max_by(|a, b| a.date.cmp(&b.date)).and_then(|study| {
        let images = |series: &&twin::Series| series.modality == "CT";
        study.series.iter().find(images).map(|s| s.uid.as_str())
    });
    Ok(marked.or(newest).and_then(|uid| Uid::new(uid).ok()))
}

/// A permit to read whatever the actor may read; what it does not cover looks as if it did not exist.
async fn reading(context: &dyn Context, actor: &Actor) -> Result<Permit, Problem> {
    Ok(context
        .permit(actor, Action::ReadRecord, &Object::Everyone)
        .await?)
}

async fn route(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    let segments = request.segments();
    let ["programmes", rest @ ..] = segments.as_slice() else {
        return Err(Problem::not_found());
    };
    match (request.method, rest) {
        (Method::Get, []) => list(context, request).await,
        (Method::Post, []) => {
            let (id, is_new) = open::post(context, request).await?;
            let view = shown(context, request, &id, Value::Null).await?;
            let status = if is_new { 201 } else { 200 };
            Ok(Reply { status, body: view })
        }
        (_, [id, step @ ..]) => {
            let told = act(context, request, id, step).await?;
            Ok(Reply::ok(shown(context, request, id, told).await?))
        }
        _ => Err(Problem::not_found()),
    }
}

/// Does an act; what it tells beside the programme.
async fn act(
    context: &dyn Context,
    request: &Request,
    id: &str,
    act: &[&str],
) -> Result<Value, Problem> {
    if request.method == Method::Get && act.is_empty() {
        return Ok(Value::Null);
    }
    let permit = reading(context, &request.actor).await?;
    let programme = Programme::find(context, &permit, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    let twin = context.twin(&permit, &programme.patient).await?;
    let twin = twin.as_ref();
    let in_force = answers::in_force(&programme, twin);
    match (request.method, act) {
        (Method::Put, ["answers"]) => {
            let conflicts = answers::put(context, twin, &programme, request).await?;
            return Ok(json!(conflicts));
        }
        (Method::Post, ["assess"]) => assess::post(context, &programme, &in_force, request).await?,
        (Method::Post, ["advise"]) => advise::post(context, &programme, &in_force, request).await?,
        (Method::Post, ["arrange"]) => {
            arrange::post(context, twin, &programme, &in_force, request).await?;
        }
        (Method::Post, ["sign"]) => sign::post(context, &programme, &in_force, request).await?,
        (Method::Post, ["assist"]) => assist::post(context, &programme, &in_force, request).await?,
        (Method::Post, ["skip"]) => deviation::skip(context, &programme, request).await?,
        (Method::Post, ["done"]) => orders::done(context, &programme, request).await?,
        (Method::Post, ["visit"]) => orders::visit(context, &programme, request).await?,
        (Method::Post, ["close"]) => open::close(context, &programme, request).await?,
        _ => return Err(Problem::not_found()),
    }
    Ok(Value::Null)
}

/// What is shown is read again from the record, never from what was just written.
async fn shown(
    context: &dyn Context,
    request: &Request,
    id: &str,
    conflicts: Value,
) -> Result<Value, Problem> {
    let permit = reading(context, &request.actor).await?;
    let programme = Programme::find(context, &permit, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if open::is_only_patient(&request.actor) {
        return patient::of(context, &programme);
    }
    let twin = context.twin(&permit, &programme.patient).await?;
    let in_force = answers::in_force(&programme, twin.as_ref());
    let view = view::of(context, twin.as_ref(), &programme, &in_force)?;
    Ok(if conflicts.is_null() {
        view
    } else {
        step::with(view, "conflicts", conflicts)
    })
}

/// `GET programmes`.
async fn list(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    let permit = reading(context, &request.actor).await?;
    let found = open::going_on(context, &permit, &request.actor).await?;
    let rows: Vec<Value> = found
        .iter()
        .map(|programme| view::row(context, programme))
        .collect();
    Ok(Reply::ok(json!(rows)))
}
