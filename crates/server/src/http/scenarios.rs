//! Scenarios' own calls, below `/api/scenarios/{id}/`, and assessments without one.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State},
    http::{Method as HttpMethod, StatusCode},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use scenario::{Method, Request};
use serde_json::Value;

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    scenarios::InHospital,
};

/// The most bytes of a request to a scenario: the saturation of a night at a hundred values a second, in base64.
const MOST_BYTES: usize = 8 << 20;

/// `/scenarios/…` and `/assess/…`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route(
            "/scenarios/{id}/{*path}",
            any(handle).layer(DefaultBodyLimit::max(MOST_BYTES)),
        )
        .route("/assess", get(list))
        .route("/assess/{id}", post(assess))
}

async fn handle(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    method: HttpMethod,
    Path((id, path)): Path<(String, String)>,
    body: Bytes,
) -> Result<Response, Problem> {
    let scenario = registry::all()
        .iter()
        .find(|scenario| scenario.manifest().id == id);
    let scenario = scenario.ok_or_else(|| Problem::not_found("this scenario is not open yet"))?;
    let method = match method {
        HttpMethod::GET => Method::Get,
        HttpMethod::POST => Method::Post,
        HttpMethod::PUT => Method::Put,
        _ => {
            let detail = "use GET, POST or PUT";
            return Err(Problem::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "The method cannot be used",
                detail,
            ));
        }
    };
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).map_err(|_| Problem::bad_input("send JSON"))?
    };
    let path = path.split('/').map(str::to_owned).collect();
    let request = Request {
        method,
        path,
        actor: caller.actor,
        body,
    };
    let reply = scenario.handle(&InHospital(hospital), request).await?;
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
    Ok((status, Json(reply.body)).into_response())
}

/// Models need no patient; whoever is signed in may try them.
async fn list(_caller: Caller) -> Json<Value> {
    Json(serde_json::to_value(knowledge::cards()).unwrap_or_default())
}

async fn assess(
    _caller: Caller,
    Path(id): Path<String>,
    Json(answers): Json<knowledge::Answers>,
) -> Result<Json<Value>, Problem> {
    let assessment = knowledge::ask(&id, &answers)
        .ok_or_else(|| Problem::not_found("there is no such model; GET /api/assess names all"))?;
    Ok(Json(serde_json::to_value(assessment).unwrap_or_default()))
}
