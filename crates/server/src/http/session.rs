//! Signing in and out.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{FromRequestParts, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;

use crate::{
    accounts::Session,
    accounts::SignIn,
    hospital::Hospital,
    http::{
        Caller, Problem,
        caller::{COOKIE, cookie, source},
    },
};

/// `/session` and `/staff`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new().route("/session", get(who).post(sign_in).delete(sign_out))
}

#[derive(Deserialize)]
struct Credentials {
    user: String,
    password: String,
}

async fn who(caller: Caller) -> Json<policy::Actor> {
    Json(caller.actor)
}

async fn sign_in(
    State(hospital): State<Arc<Hospital>>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    if !parts.headers.contains_key("x-yuanyi-client") {
        return Err(Problem::forbidden(
            "send the header X-Yuanyi-Client: 1 with writing requests",
        ));
    }
    let body = axum::body::to_bytes(body, 4096)
        .await
        .map_err(|_| Problem::bad_input("send at most 4096 bytes"))?;
    let credentials: Credentials = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_input("send JSON with the fields `user` and `password`"))?;
    let from = source(&parts, &hospital.config.trusted_proxies);
    let outcome = hospital
        .accounts
        .sign_in(&credentials.user, &credentials.password, &from)
        .await
        .map_err(|error| Problem::internal(&error))?;
    match outcome {
        SignIn::Done { actor, token } => {
            hospital.note_sign_in(&credentials.user, true).await?;
            let secure = if super::is_encrypted(&hospital) {
                "; Secure"
            } else {
                ""
            };
            let cookie = format!(
                "{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age=43200{secure}"
            );
            Ok(([(header::SET_COOKIE, cookie)], Json(actor)).into_response())
        }
        SignIn::Wrong => {
            hospital.note_sign_in(&credentials.user, false).await?;
            Err(Problem::new(
                StatusCode::UNAUTHORIZED,
                "Wrong name or password",
                "check both; after several wrong tries there is a pause",
            ))
        }
        SignIn::Wait { seconds } => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many tries",
            format!("wait {seconds} s, then try again"),
        )
        .retry_after(seconds)),
    }
}

async fn sign_out(
    State(hospital): State<Arc<Hospital>>,
    request: Request,
) -> Result<Response, Problem> {
    let (mut parts, _) = request.into_parts();
    let token = cookie(&parts);
    Caller::from_request_parts(&mut parts, &hospital).await?;
    if let Some(token) = token {
        let ended = Session::of(&token);
        let revoked = hospital.aside(move |hospital| hospital.accounts.revoke(&token));
        revoked.await?;
        hospital.access.session_ended(ended);
    }
    let gone = format!("{COOKIE}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, gone)]).into_response())
}
