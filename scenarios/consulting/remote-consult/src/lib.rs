//! Remote consultation and virtual MDT (远程咨询和虚拟会诊): see README.md.
//!
//! A case is nothing but facts of the record: `facts` writes them, `case` reads them again, and each step
//! (`ask`, `answers`, `vote`, `plan`, `sign`) checks what the case allows and commits its facts together.
//! Every step also writes the case's Task, on the condition that nobody else has meanwhile; so two acts on
//! one case never pass each other, and the loser of a race reads again and tries again.

mod answers;
mod ask;
mod body;
mod case;
mod facts;
mod figures;
mod invite;
mod minutes;
mod outcome;
mod plan;
mod sign;
mod step;
mod summary;
mod turn;
mod view;
mod vote;
mod watch;

use std::sync::LazyLock;

use async_trait::async_trait;
use policy::{Action, Actor, Object, Permit};
use scenario::{
    Called, Context, Manifest, Method, Problem, Reply, Request, Scenario, Stage, Waiting, Watched,
    again_if_raced,
};
use vocabulary::{RoomId, Text};

use crate::case::Case;

static MANIFEST: LazyLock<Manifest> = LazyLock::new(|| {
    Manifest::read(include_str!("../scenario.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The server part.
#[derive(Default)]
pub struct RemoteConsult;

impl RemoteConsult {
    /// The scenario; it holds no state of its own.
    pub fn new() -> Self {
        Self
    }
}

/// The scenario, for the registry.
pub fn scenario() -> Box<dyn Scenario> {
    Box::new(RemoteConsult::new())
}

#[async_trait]
impl Scenario for RemoteConsult {
    fn manifest(&self) -> &Manifest {
        &MANIFEST
    }

    async fn handle(&self, context: &dyn Context, request: Request) -> Result<Reply, Problem> {
        again_if_raced(|| route(context, &request)).await
    }

    async fn waiting(&self, context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
        ask::waiting(context, actor).await
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
        let Some(case) = Case::find(context, &permit, room.as_str()).await? else {
            return Ok(None);
        };
        let name = case.patient_name.as_str();
        Ok(Some(Stage {
            id: room.clone(),
            title: Text::new(format!("会诊：{name}"), format!("Consultation: {name}")),
            participants: case.present().map(|person| person.id.clone()).collect(),
            patient: Some(case.patient),
            series: case.series,
            case: case.id,
        }))
    }

    async fn called(&self, context: &dyn Context, permit: &Permit) -> Result<Vec<Called>, Problem> {
        ask::called(context, permit).await
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

/// A permit to read whatever the actor may read; what it does not cover looks as if it did not exist.
async fn reading(context: &dyn Context, actor: &Actor) -> Result<Permit, Problem> {
    Ok(context
        .permit(actor, Action::ReadRecord, &Object::Everyone)
        .await?)
}

async fn route(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    if let (Method::Post, ["requests"]) = (request.method, request.segments().as_slice()) {
        return ask::request(context, request).await;
    }
    let segments = request.segments();
    if let (Method::Get, ["figures"]) = (request.method, segments.as_slice()) {
        return figures::get(context, &request.actor).await;
    }
    let ["cases", id, rest @ ..] = segments.as_slice() else {
        return Err(Problem::not_found());
    };
    // Who is not of the case does not learn that it exists.
    let permit = reading(context, &request.actor).await?;
    let case = Case::find(context, &permit, id).await?;
    let case = case.filter(|case| case.place_of(&request.actor.id).is_some());
    let case = case.ok_or_else(Problem::not_found)?;
    match (request.method, rest) {
        (Method::Get, []) => {}
        (Method::Get, ["summary"]) => {
            return Ok(Reply::ok(summary::of(context, &permit, &case).await?));
        }
        (Method::Post, ["accept"]) => ask::accept(context, &case, request).await?,
        (Method::Post, ["decline"]) => ask::decline(context, &case, request).await?,
        (Method::Post, ["withdraw"]) => ask::withdraw(context, &case, request).await?,
        (Method::Put, ["answers"]) => answers::put(context, &permit, &case, request).await?,
        (Method::Post, ["vote"]) => vote::cast(context, &permit, &case, request).await?,
        (Method::Put, ["plan"]) => plan::put(context, &case, request).await?,
        (Method::Post, ["sign"]) => sign::sign(context, &case, request).await?,
        (Method::Post, ["invite"]) => invite::invite(context, &case, request).await?,
        (Method::Post, ["release"]) => invite::release(context, &permit, &case, request).await?,
        (Method::Put, ["turn"]) => turn::put(context, &case, request).await?,
        (Method::Post, ["minutes"]) => minutes::post(context, &case, request).await?,
        (Method::Put, ["outcome"]) => outcome::put(context, &case, request).await?,
        _ => return Err(Problem::not_found()),
    }
    // What is shown is read again from the record, never from what was just written. The permit is the one
    // under which the act was done: a signature that ends the consultation does not hide it from its signer.
    let case = Case::find(context, &permit, id)
        .await?
        .ok_or_else(Problem::not_found)?;
    if case.place_of(&request.actor.id).is_none() {
        return Ok(Reply::ok(view::left(&case)));
    }
    Ok(Reply::ok(
        view::of(context, &permit, &case, &request.actor).await?,
    ))
}
