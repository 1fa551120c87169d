//! Who calls: a browser session by its cookie, or a program by its bearer token.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    extract::{ConnectInfo, FromRequestParts, OriginalUri},
    http::{Method, header, request::Parts},
};
use policy::Actor;

use crate::{accounts::Session, hospital::Hospital, http::Problem};

/// The name of the session cookie.
pub const COOKIE: &str = "yuanyi_session";

/// The account that sent this request.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The account.
    pub actor: Actor,
    /// The session or token that it was sent by.
    pub session: Session,
}

impl FromRequestParts<Arc<Hospital>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(
        parts: &mut Parts,
        hospital: &Arc<Hospital>,
    ) -> Result<Self, Problem> {
        let (token, from_cookie) = match bearer(parts) {
            Some(token) => (token, false),
            None => (cookie(parts).ok_or_else(Problem::unauthorized)?, true),
        };
        // A foreign page can make a browser send the cookie, but not this header.
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if from_cookie && changes && !parts.headers.contains_key("x-yuanyi-client") {
            return Err(Problem::forbidden(
                "send the header X-Yuanyi-Client: 1 with writing requests",
            ));
        }
        let actor = hospital
            .accounts
            .who_holds(&token)
            .map_err(|error| Problem::internal(&error))?;
        if let Some(actor) = &actor
            && actor.roles.is_empty()
            && hospital.edges.is_edge(&actor.id)
            && !is_door_of_edges(parts)
        {
            return Err(Problem::forbidden("edges send and ask below /api/edge/"));
        }
        actor
            .map(|actor| Self {
                actor,
                session: Session::of(&token),
            })
            .ok_or_else(Problem::unauthorized)
    }
}

/// Whether a request is for a door of edges: an edge has no other.
fn is_door_of_edges(parts: &Parts) -> bool {
    let whole = parts.extensions.get::<OriginalUri>();
    let path = whole.map_or_else(|| parts.uri.path(), |whole| whole.0.path());
    path.starts_with("/api/edge/")
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    value
        .strip_prefix("Bearer ")
        .map(|token| token.trim().to_owned())
}

/// The session token of the cookie, if the browser sent one.
pub fn cookie(parts: &Parts) -> Option<String> {
    let all = parts.headers.get(header::COOKIE)?.to_str().ok()?;
    all.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        (name == COOKIE).then(|| value.to_owned())
    })
}

/// Where the request came from, for the limit on sign-in attempts.
pub fn source(parts: &Parts) -> String {
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    from.map_or_else(
        || "unknown".to_owned(),
        |ConnectInfo(address)| address.ip().to_string(),
    )
}
