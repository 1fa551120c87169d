//! Packages for devices and their roll-outs: for who maintains devices; devices fetch what they are to install.

use std::{ops::RangeInclusive, sync::Arc};

use ::devices::{MOST_NOTE, MOST_PACKAGE, Rollout};
use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use policy::{Action, Object};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncSeekExt};
use vocabulary::{DeviceId, Digest};

use crate::{
    clock,
    devices::Credential,
    hospital::Hospital,
    http::{Caller, LargeBody, Problem, devices::is_staff},
    upgrades::{self, Act, NewRollout, Published, UpgradeError},
};

/// `/devices/packages` and `/devices/rollouts`.
pub fn routes() -> Router<Arc<Hospital>> {
    let most = DefaultBodyLimit::max(MOST_PACKAGE + MOST_NOTE + 1);
    Router::new()
        .route("/devices/packages", get(packages).post(publish).layer(most))
        .route("/devices/packages/{id}/bytes", get(bytes))
        .route("/devices/rollouts", get(rollouts).post(begin))
        .route("/devices/rollouts/{id}", get(one))
        .route("/devices/rollouts/{id}/act", post(act))
}

impl From<UpgradeError> for Problem {
    fn from(error: UpgradeError) -> Self {
        let said = format!("could not {error}");
        match error {
            UpgradeError::Package(error) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "The package is not taken",
                format!("{} · {}", error.text().zh, error.text().en),
            ),
            UpgradeError::NotThere(_) => Self::not_found(said),
            UpgradeError::Rollout(_) | UpgradeError::Busy { .. } => {
                Self::new(StatusCode::CONFLICT, "It cannot be done now", said)
            }
            UpgradeError::Record(error) => error.into(),
            UpgradeError::NotKept(error) => Self::internal(&error),
        }
    }
}

/// Who maintains devices, or relies on them.
async fn sees(hospital: &Hospital, caller: &Caller) -> Result<bool, Problem> {
    if !is_staff(hospital, caller).await? {
        return Err(Problem::forbidden(
            "设备升级只对医院工作人员可见 · upgrades of devices are shown to staff",
        ));
    }
    let may = hospital.would_permit(caller, Action::MaintainDevices, &Object::Hospital);
    may.await
}

pub async fn maintains(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::MaintainDevices, &Object::Hospital);
    asked.await.map(drop)
}

fn row(hospital: &Hospital, id: &Digest, published: &Published) -> Value {
    let Published { package, by, at } = published;
    let profile = hospital.devices.profiles().get(&package.manifest.profile);
    let mut row = json!(package.manifest);
    if let Some(fields) = row.as_object_mut() {
        fields.insert("id".to_owned(), json!(id));
        fields.insert(
            "title".to_owned(),
            json!(profile.map(|profile| &profile.title)),
        );
        fields.insert("publisher".to_owned(), json!(package.publisher));
        fields.insert("by".to_owned(), json!(by));
        fields.insert("at".to_owned(), json!(at));
    }
    row
}

async fn packages(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let may_maintain = sees(&hospital, &caller).await?;
    let upgrades = &hospital.upgrades;
    let packages = upgrades.packages();
    let packages = packages.iter().map(|(id, one)| row(&hospital, id, one));
    let publishers = upgrades.trusted.iter().map(ToString::to_string);
    Ok(Json(json!({
        "packages": packages.collect::<Vec<_>>(),
        "refused": upgrades.refused(),
        "publishers": publishers.collect::<Vec<_>>(),
        "may_maintain": may_maintain,
    })))
}

async fn publish(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    file: LargeBody,
) -> Result<Response, Problem> {
    maintains(&hospital, &caller).await?;
    let file = file.whole(&hospital.memory).await?;
    let id = upgrades::publish(&hospital, &caller.actor.id, &file.bytes).await?;
    let published = hospital.upgrades.package(&id);
    let published = published.ok_or_else(|| Problem::internal(&"a package is not there"))?;
    Ok((StatusCode::CREATED, Json(row(&hospital, &id, &published))).into_response())
}

/// The bytes of a package, or a part of them, for a device that is to install it.
async fn bytes(
    State(hospital): State<Arc<Hospital>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let token = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(Problem::unauthorized)?;
    let id: Option<Digest> = id.parse().ok();
    let device = fetcher(&hospital, token.trim(), id.as_ref())?;
    let device = device.ok_or_else(Problem::unauthorized)?;
    let none = || Problem::not_found("there is no such package for this device");
    let id = id.ok_or_else(none)?;
    if !upgrades::may_fetch(&hospital, &device, &id) {
        return Err(none());
    }
    let published = hospital.upgrades.package(&id).ok_or_else(none)?;
    let sha256 = &published.package.manifest.sha256;
    give(&hospital, &headers, (&published, &[]), sha256).await
}

/// The device that fetches: by its own token, or by the pass that came with its order.
fn fetcher(
    hospital: &Hospital,
    token: &str,
    package: Option<&Digest>,
) -> Result<Option<DeviceId>, Problem> {
    let by_pass = package.and_then(|package| upgrades::passes(hospital, token, package));
    if by_pass.is_some() {
        return Ok(by_pass);
    }
    let shown = Credential::Token(Digest::of(token.as_bytes()));
    let whose = hospital.devices.kept.whose(shown);
    let whose = whose.map_err(|error| Problem::internal(&error))?;
    Ok(whose.filter(|device| hospital.devices.may_send(device, shown)))
}

/// A package's bytes with what goes before them, or the part of it that is asked for.
pub(super) async fn give(
    hospital: &Hospital,
    headers: &HeaderMap,
    (published, before): (&Published, &[u8]),
    tag: &Digest,
) -> Result<Response, Problem> {
    let manifest = &published.package.manifest;
    let internal = |error: std::io::Error| Problem::internal(&error);
    let length = before.len() as u64;
    let bytes = length + manifest.bytes;
    let asked = headers.get(header::RANGE);
    let part = match asked.map(|range| part(range.to_str().unwrap_or_default(), bytes)) {
        None => None,
        Some(Some(part)) => Some(part),
        Some(None) => {
            return Err(Problem::new(
                StatusCode::RANGE_NOT_SATISFIABLE,
                "There is no such part",
                format!("ask for bytes=FIRST-LAST; there are {bytes}"),
            ));
        }
    };
    let file = hospital.upgrades.file(&manifest.sha256);
    let mut file = tokio::fs::File::open(file).await.map_err(internal)?;
    let wanted = part.clone().unwrap_or(0..=bytes.saturating_sub(1));
    let (first, end) = (*wanted.start(), wanted.end() + 1);
    let its = usize::try_from(first.min(length)).unwrap_or(0)
        ..usize::try_from(end.min(length)).unwrap_or(0);
    let mut read = before.get(its).unwrap_or_default().to_vec();
    let from = first.max(length);
    file.seek(std::io::SeekFrom::Start(from - length))
        .await
        .map_err(internal)?;
    file.take(end.saturating_sub(from))
        .read_to_end(&mut read)
        .await
        .map_err(internal)?;
    let status = if part.is_some() {
        StatusCode::PARTIAL_CONTENT
    } else {
        StatusCode::OK
    };
    let answer = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, format!("\"{tag}\"")),
        (
            header::CONTENT_RANGE,
            format!("bytes {first}-{}/{bytes}", wanted.end()),
        ),
    ];
    Ok((status, answer, read).into_response())
}

/// One range of bytes (RFC 9110, section 14.1.2), cut to what there is.
fn part(range: &str, bytes: u64) -> Option<RangeInclusive<u64>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let end = bytes.checked_sub(1)?;
    let (first, last) = match (first, last) {
        ("", last) => (bytes.saturating_sub(last.parse().ok()?), end),
        (first, "") => (first.parse().ok()?, end),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.min(end)),
    };
    (first <= last).then_some(first..=last)
}

/// How a roll-out stands, for people: names of devices beside their ids.
fn view(hospital: &Hospital, rollout: &Rollout) -> Value {
    let mut view = json!(rollout);
    let members = view.get_mut("members").and_then(Value::as_array_mut);
    for (row, member) in members.into_iter().flatten().zip(&rollout.members) {
        let device = hospital.devices.find(&member.device);
        let name = device.map(|device| device.name.clone());
        if let Some(fields) = row.as_object_mut() {
            fields.insert("name".to_owned(), json!(name));
            // What it complained of before is for whoever compares, not for people.
            fields.remove("faults_before");
        }
    }
    view
}

async fn rollouts(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let may_maintain = sees(&hospital, &caller).await?;
    let all = hospital.upgrades.rollouts();
    let all = all.iter().map(|rollout| view(&hospital, rollout));
    Ok(Json(json!({
        "rollouts": all.collect::<Vec<_>>(),
        "may_maintain": may_maintain,
        "now": clock::now(),
    })))
}

async fn one(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    sees(&hospital, &caller).await?;
    let found = hospital.upgrades.rollout(&id);
    let found = found.ok_or_else(|| Problem::not_found("there is no such roll-out"))?;
    Ok(Json(view(&hospital, &found)))
}

async fn begin(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(new): Json<NewRollout>,
) -> Result<Response, Problem> {
    maintains(&hospital, &caller).await?;
    let begun = upgrades::begin(&hospital, &caller.actor.id, new).await?;
    Ok((StatusCode::CREATED, Json(view(&hospital, &begun))).into_response())
}

async fn act(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(act): Json<Act>,
) -> Result<Json<Value>, Problem> {
    maintains(&hospital, &caller).await?;
    let now = upgrades::act(&hospital, &caller.actor.id, &id, act).await?;
    Ok(Json(view(&hospital, &now)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_lies_within_what_there_is() {
        for (range, found) in [
            ("bytes=0-9", Some(0..=9)),
            ("bytes=90-", Some(90..=99)),
            ("bytes=-5", Some(95..=99)),
            ("bytes=-500", Some(0..=99)),
            ("bytes=95-500", Some(95..=99)),
            ("bytes=100-", None),
            ("bytes=9-8", None),
            ("bytes=-0", None),
            ("bytes=a-b", None),
            ("0-9", None),
            ("", None),
        ] {
            assert_eq!(part(range, 100), found, "{range}");
        }
        assert_eq!(part("bytes=0-0", 0), None);
    }
}
