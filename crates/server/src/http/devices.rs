//! Devices for people: how good what each sends is, tokens, commands.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use policy::{Action, Object, Scope};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{DeviceId, Digest};

use super::bedside::not_now;
use crate::{
    clock,
    devices::{self, CommandError, NewDevice, Registered, RegistryError},
    hospital::Hospital,
    http::{Caller, Problem},
    mllp, mqtt,
};

/// `/devices`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/devices", get(all))
        .route("/devices/profiles", get(profiles))
        .route("/devices/places", get(places))
        .route("/devices/results", post(results))
        .route("/devices/{id}", get(one).put(put).delete(retire))
        .route("/devices/{id}/place", post(place))
        .route("/devices/{id}/reinstate", post(reinstate))
        .route("/devices/{id}/token", post(token).delete(revoke))
        .route("/devices/{id}/certificate", post(certificate))
        .route("/devices/{id}/commands", get(commands).post(command))
}

/// Who may see the devices of the hospital: who administers it or maintains them, sees figures of it, or treats patients.
/// Patients see their own.
pub async fn is_staff(hospital: &Hospital, caller: &Caller) -> Result<bool, Problem> {
    for (action, object) in [
        (Action::Administer, Object::Hospital),
        (Action::MaintainDevices, Object::Hospital),
        (Action::ReadFigures, Object::Hospital),
        (Action::WriteRecord, Object::Everyone),
    ] {
        if hospital.would_permit(caller, action, &object).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn administers(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = hospital.permit(caller, Action::Administer, &Object::Hospital);
    asked.await.map(drop)
}

/// Who looks after devices: who maintains them, or administers the hospital.
async fn looks_after(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let may = |action| hospital.would_permit(caller, action, &Object::Hospital);
    // Who may neither is refused what was asked for: to look after devices.
    if !may(Action::MaintainDevices).await? && may(Action::Administer).await? {
        return administers(hospital, caller).await;
    }
    super::upgrades::maintains(hospital, caller).await
}

/// Who says here whose values a device measures: who administers.
async fn says_whose(hospital: &Hospital, caller: &Caller) -> Result<(), Problem> {
    let asked = administers(hospital, caller).await;
    asked.map_err(|refused| match refused.status() {
        StatusCode::FORBIDDEN => Problem::forbidden(
            "无法指定设备属于谁：请在床旁连接，或由管理员登记 · You cannot say whose a device is: it is said at its bed, or by who administers",
        ),
        _ => refused,
    })
}

fn find(hospital: &Hospital, id: &str) -> Result<Arc<Registered>, Problem> {
    let id = DeviceId::new(id).map_err(|error| Problem::bad_input(error.to_string()))?;
    let known = hospital.devices.find(&id);
    known.ok_or_else(|| Problem::not_found("there is no such device"))
}

/// A device that may have access, since it is in service.
fn in_service(hospital: &Hospital, id: &str) -> Result<Arc<Registered>, Problem> {
    let device = find(hospital, id)?;
    if device.active {
        return Ok(device);
    }
    Err(RegistryError::Retired.into())
}

async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let staff = is_staff(&hospital, &caller).await?;
    // Whose values a device measures is told to those who may see that patient. Whether one may is looked at
    // before it is asked: a page that is open is no attempt to see patients.
    let all = (Action::ReadRecord, Object::Everyone);
    let permit = if hospital.would_permit(&caller, all.0, &all.1).await? {
        Some(hospital.permit(&caller, all.0, &all.1).await?)
    } else {
        None
    };
    let own = caller.actor.patient.as_ref();
    let mut rows = Vec::new();
    for device in hospital.devices.all() {
        let mine = own.is_some()
            && device.patient.as_ref() == own
            && !hospital.devices.is_left_behind(&device);
        if !staff && !mine {
            continue;
        }
        let may_see = permit.as_ref().is_some_and(|permit| {
            device.patient.is_some() && permit.covers(device.patient.as_ref())
        });
        rows.push(row(&hospital, &device, may_see, &caller)?);
    }
    let may_administer = hospital
        .would_permit(&caller, Action::Administer, &Object::Hospital)
        .await?;
    let room = hospital.signals.room();
    let edge = match &hospital.edge {
        Some(edge) if may_administer => {
            let state = edge.stands(room).await;
            Some(state.map_err(|error| Problem::internal(&error))?)
        }
        _ => None,
    };
    let may_maintain = hospital
        .would_permit(&caller, Action::MaintainDevices, &Object::Hospital)
        .await?;
    // Who maintains devices is told of those that claimed to be one of them; the door is for who administers.
    let mut strangers = hospital.devices.strangers();
    strangers.retain(|one| may_administer || may_maintain && one.claimed.is_some());
    let edges = if may_administer || may_maintain {
        hospital.edges.all()?
    } else {
        Vec::new()
    };
    Ok(Json(json!({
        "devices": rows,
        "turned_away": strangers,
        "files": staff.then(|| hospital.devices.files()),
        "may_administer": may_administer,
        "may_maintain": may_maintain,
        "edge": edge,
        "edges": edges,
        "room": staff.then_some(room),
        "now": clock::now(),
    })))
}

/// A device with its counts. The latest refusals say what was wrong, not what was measured.
fn row(
    hospital: &Hospital,
    device: &Registered,
    may_see: bool,
    caller: &Caller,
) -> Result<Value, Problem> {
    let kept = &hospital.devices.kept;
    let internal = |error: anyhow::Error| Problem::internal(&error);
    let mut quality = hospital
        .devices
        .with_quality(&device.id, |quality| quality.clone());
    if let Some(edge) = &quality.edge {
        quality.connected &= !hospital.edges.is_silent(edge);
    }
    // Where somebody is by their tag is for those whom that is told to elsewhere too.
    let own = caller.actor.patient.is_some() && caller.actor.patient == device.patient;
    let is_hidden = hospital.devices.is_of_another(&device.id, &caller.actor.id)
        || (device.patient.is_some() && !may_see && !own);
    if let Some(state) = quality.state.as_mut().filter(|_| is_hidden) {
        state.place = None;
    }
    let said = quality.state.as_ref().and_then(|state| state.place.clone());
    let named = |id: &Option<String>| {
        let id = id.as_ref()?;
        hospital
            .ward
            .look(|state| state.places().name_of(id).cloned())
    };
    let silent = device.profile.silent_after_s.and_then(|seconds| {
        let last = quality.last_heard?;
        Some(clock::now().0 - last.0 > i64::from(seconds) * 1000)
    });
    let mut row = json!({
        "id": device.id,
        "name": device.name,
        "profile": {
            "id": device.profile.id, "title": device.profile.title, "version": device.profile.version,
        },
        "location": device.location,
        "location_name": named(&device.location),
        "place_name": named(&said),
        "nobodys": device.is_nobodys(),
        "serial": device.serial,
        "active": device.active,
        "left_behind": hospital.devices.is_left_behind(device),
        "credentials": kept.credentials(&device.id).map_err(internal)?,
        "certificate_until": kept.certificate_until(&device.id).map_err(internal)?,
        "silent": silent.unwrap_or(false),
        "quality": quality,
    });
    if let (true, Some(patient), Some(fields)) = (may_see, &device.patient, row.as_object_mut()) {
        fields.insert("patient".to_owned(), json!(patient));
    }
    Ok(row)
}

async fn one(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let device = find(&hospital, &id)?;
    let own = caller.actor.patient.is_some() && caller.actor.patient == device.patient;
    if !own && !is_staff(&hospital, &caller).await? {
        return Err(Problem::not_found("there is no such device"));
    }
    let may_see = match &device.patient {
        Some(patient) => {
            let (actor, object) = (&caller.actor, Object::Patient(patient.clone()));
            let asked = hospital.ask_where_granted(actor, Action::ReadRecord, &object);
            asked.await
        }
        None => false,
    };
    row(&hospital, &device, may_see, &caller).map(Json)
}

async fn profiles(
    State(hospital): State<Arc<Hospital>>,
    _caller: Caller,
) -> Result<Json<Value>, Problem> {
    let all = hospital.devices.profiles();
    let profile = |profile: &::devices::Profile| {
        let own = all.own(&profile.id);
        let streams = profile.streams.iter().map(|stream| {
            json!({
                "name": stream.name,
                "title": stream.title,
                "code": stream.code.coding(),
                "unit": stream.unit,
                "range": stream.range,
                "range_source": stream.range_source,
                "not_below": stream.not_below,
                "none_is": stream.none_is,
                "needs_confirmation": stream.needs_confirmation,
            })
        });
        json!({
            "id": profile.id,
            "version": profile.version,
            "title": profile.title,
            "origin": own.map_or_else(
                || json!({"from": "shipped"}),
                |own| json!({"from": "hospital", "file": own.file, "replaces": own.replaces}),
            ),
            "streams": streams.collect::<Vec<_>>(),
            "groups": (profile.groups.iter())
                .map(|group| json!({"name": group.name, "streams": group.streams}))
                .collect::<Vec<_>>(),
        })
    };
    let all: Vec<Value> = all.all().map(profile).collect();
    Ok(Json(json!({"profiles": all})))
}

impl From<CommandError> for Problem {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::NotKept(error) => Self::internal(&error),
            other => Self::bad_input(format!("could not {other}")),
        }
    }
}

impl From<RegistryError> for Problem {
    fn from(error: RegistryError) -> Self {
        match error {
            RegistryError::Record(error) => error.into(),
            RegistryError::Retired => not_now(
                "设备已停用：请先重新投入使用 · the device is out of service: put it back into service first",
            ),
            other => Self::bad_input(format!("could not {other}")),
        }
    }
}

async fn put(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewDevice>,
) -> Result<Json<Value>, Problem> {
    let id = DeviceId::new(id).map_err(|error| Problem::bad_input(error.to_string()))?;
    // Nobody connects it meanwhile: who looks after devices would take it from its patient.
    let _turn = hospital.devices.connecting.lock().await;
    let known = hospital.devices.find(&id);
    // Whose values it measures is said at its bed, or by who administers.
    if new.is_nobodys() && known.is_none_or(|known| known.is_nobodys()) {
        looks_after(&hospital, &caller).await?;
    } else {
        says_whose(&hospital, &caller).await?;
    }
    devices::register(&hospital, &caller.actor.id, &id, &new).await?;
    let device = find(&hospital, id.as_str())?;
    row(&hospital, &device, false, &caller).map(Json)
}

/// Where a device may stand.
async fn places(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    let places = hospital
        .ward
        .look(|state| json!(state.places_for_devices()));
    Ok(Json(json!({"places": places})))
}

/// Where a device stands from now on.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPlace {
    /// The id of a `Location`; none: in no place.
    location: Option<String>,
}

/// Puts a device elsewhere; whose it is stays. Whose values one measures that is somebody's may change by that, so that
/// it is for who administers.
async fn place(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(NewPlace { location }): Json<NewPlace>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    // Nobody connects it meanwhile.
    let _turn = hospital.devices.connecting.lock().await;
    let device = find(&hospital, &id)?;
    if !device.is_nobodys() {
        administers(&hospital, &caller).await?;
    }
    if !device.active {
        return Err(Problem::new(
            StatusCode::CONFLICT,
            "It cannot be done now",
            "设备已停用 · the device is out of service",
        ));
    }
    let actor = &caller.actor.id;
    let at = location.as_deref().map(|at| ("location", at));
    let noted = hospital.note_device(actor, &device.id, "place", at);
    noted.await?;
    let new = NewDevice {
        location,
        ..device.as_registered()
    };
    devices::register(&hospital, actor, &device.id, &new).await?;
    let device = find(&hospital, device.id.as_str())?;
    row(&hospital, &device, false, &caller).map(Json)
}

async fn retire(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    // Nobody gives it access meanwhile.
    let _turn = hospital.devices.connecting.lock().await;
    let device = find(&hospital, &id)?;
    devices::retire(&hospital, &caller.actor.id, &device).await?;
    end_credentials(&hospital, &caller, &device.id).await
}

/// Puts a device back into service that was taken out of it: it is nobody's, and has a new token.
async fn reinstate(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    // Nobody registers it anew meanwhile.
    let _turn = hospital.devices.connecting.lock().await;
    let device = find(&hospital, &id)?;
    if device.active {
        return Err(not_now("设备正在使用中 · the device is in service"));
    }
    let actor = &caller.actor.id;
    let noted = hospital.note_device(actor, &device.id, "reinstate", None);
    noted.await?;
    devices::reinstate(&hospital, actor, &device).await?;
    issue(&hospital, &caller, &device).await
}

async fn end_credentials(
    hospital: &Hospital,
    caller: &Caller,
    device: &DeviceId,
) -> Result<Json<Value>, Problem> {
    let actor = &caller.actor.id;
    hospital.note_device(actor, device, "revoke", None).await?;
    let revoked = hospital.devices.kept.revoke(device);
    let revoked = revoked.map_err(|error| Problem::internal(&error))?;
    hospital.devices.put_out(device);
    Ok(Json(json!({"revoked": revoked})))
}

async fn token(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    // Nobody takes it out of service meanwhile.
    let _turn = hospital.devices.connecting.lock().await;
    let device = in_service(&hospital, &id)?;
    issue(&hospital, &caller, &device).await
}

/// Makes a token for a device, which is told once.
async fn issue(
    hospital: &Hospital,
    caller: &Caller,
    device: &Registered,
) -> Result<Json<Value>, Problem> {
    let token = devices::new_token();
    let fingerprint = Digest::of(token.as_bytes()).to_string();
    note(hospital, caller, device, ("token", &fingerprint)).await?;
    let kept = hospital.devices.kept.add_token(&device.id, &token);
    kept.map_err(|error| Problem::internal(&error))?;
    Ok(Json(json!({"token": token})))
}

async fn revoke(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    let device = find(&hospital, &id)?;
    end_credentials(&hospital, &caller, &device.id).await
}

/// Writes to the ledger that a device gets a token, a certificate or a command, before it does.
async fn note(
    hospital: &Hospital,
    caller: &Caller,
    device: &Registered,
    what: (&str, &str),
) -> Result<(), Problem> {
    let actor = &caller.actor.id;
    let noted = hospital.note_device(actor, &device.id, what.0, Some(what));
    Ok(noted.await?)
}

/// Takes a certificate in PEM form as a device's, as long as it is good.
async fn certificate(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    pem: Bytes,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    let _turn = hospital.devices.connecting.lock().await;
    let device = in_service(&hospital, &id)?;
    let Some(read) = mqtt::certificate(&pem) else {
        return Err(Problem::bad_input(
            "请发送一份 PEM 格式的证书，不含其他证书 · send one certificate in PEM form",
        ));
    };
    if read.until <= clock::now() {
        let day = scenario::day_of(read.until, hospital.config.time_zone.rules());
        return Err(Problem::bad_input(format!(
            "证书已于 {day} 过期 · the certificate went out of date on {day}"
        )));
    }
    let digest = Digest::of(&read.der);
    let fingerprint = digest.to_string();
    note(&hospital, &caller, &device, ("certificate", &fingerprint)).await?;
    let kept = &hospital.devices.kept;
    let added = kept.add_certificate(&device.id, digest, read.until);
    added.map_err(|error| Problem::internal(&error))?;
    Ok(Json(json!({
        "sha256": fingerprint,
        "valid_from": read.from,
        "valid_until": read.until,
    })))
}

/// Takes a message of HL7 v2 that lay in a file, as the door for results does: of a sender of the configuration, whose
/// address the permit of who brings it stands for.
async fn results(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    message: Bytes,
) -> Result<Json<Value>, Problem> {
    let asked = hospital.permit(&caller, Action::WriteRecord, &Object::Everyone);
    let permit = asked.await?;
    if matches!(permit.scope(), Scope::Patients(_)) {
        return Err(Problem::forbidden(
            "programs of the hospital bring results of devices",
        ));
    }
    let taken = mllp::take_from_file(&hospital, &message).await;
    let refused = |why| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "It is not taken", why);
    let left_out = taken.map_err(refused)?;
    Ok(Json(json!({"left_out": left_out})))
}

async fn commands(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    let device = find(&hospital, &id)?;
    let commands = hospital.devices.kept.commands(&device.id);
    let commands = commands.map_err(|error| Problem::internal(&error))?;
    Ok(Json(json!({"commands": commands})))
}

/// What a device is to do.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewCommand {
    command: String,
    #[serde(default)]
    parameters: Value,
}

async fn command(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(new): Json<NewCommand>,
) -> Result<Json<Value>, Problem> {
    looks_after(&hospital, &caller).await?;
    let device = find(&hospital, &id)?;
    let NewCommand {
        command,
        parameters,
    } = new;
    let by = &caller.actor.id;
    let command = hospital
        .devices
        .new_command(device.id.clone(), &command, parameters, by)?;
    let id = command.id.clone();
    note(&hospital, &caller, &device, ("command", &id)).await?;
    let kept = hospital.aside(move |hospital| hospital.devices.command(command));
    kept.await?;
    Ok(Json(json!({"id": id})))
}
