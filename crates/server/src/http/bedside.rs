//! Devices at a bed, and of a patient at home: which could be connected there, and who connects or disconnects one.
//! What becomes of it is a version of the `Device`, with who and when, and an entry of the ledger.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, put},
};
use policy::{Action, Object};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::MutexGuard;
use vocabulary::{DeviceId, PatientId};

use super::ward::treats;
use crate::{
    devices::{self, NewDevice, Registered},
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{self, Bed, TAG, Tie},
};

/// `/wards/{ward}/beds/{bed}/devices`, `/devices/{id}/beds` and `/patients/{id}/devices`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/wards/{ward}/beds/{bed}/devices", get(free))
        .route(
            "/wards/{ward}/beds/{bed}/devices/{device}",
            put(connect).delete(disconnect),
        )
        .route("/devices/{id}/beds", get(beds))
        .route("/patients/{id}/devices", get(of_patient))
        .route(
            "/patients/{id}/devices/{device}",
            put(connect_with).delete(disconnect_from),
        )
}

/// Who treats the patient that lies there, or maintains devices; of an empty bed whoever treats.
async fn may_connect(hospital: &Hospital, caller: &Caller, bed: &Bed) -> Result<(), Problem> {
    let maintains = (Action::MaintainDevices, Object::Hospital);
    if hospital
        .would_permit(caller, maintains.0, &maintains.1)
        .await?
    {
        let asked = hospital.permit(caller, maintains.0, &maintains.1);
        return asked.await.map(drop);
    }
    treats(caller)?;
    if let Some(lying) = &bed.patient {
        let object = Object::Patient(lying.id.clone());
        hospital
            .permit(caller, Action::WriteRecord, &object)
            .await?;
    }
    Ok(())
}

async fn bed_of(
    hospital: &Hospital,
    caller: &Caller,
    (ward, bed): (&str, &str),
) -> Result<Bed, Problem> {
    let found = hospital.ward.look(|state| state.bed(ward, bed));
    let bed = found.ok_or_else(|| Problem::not_found("there is no such bed"))?;
    may_connect(hospital, caller, &bed).await?;
    Ok(bed)
}

fn find(hospital: &Hospital, id: &str) -> Result<Arc<Registered>, Problem> {
    let known = DeviceId::new(id).ok();
    let known = known.and_then(|id| hospital.devices.find(&id));
    let known = known.filter(|known| known.active);
    known.ok_or_else(|| Problem::not_found("there is no such device in service"))
}

pub(super) fn not_now(detail: &str) -> Problem {
    Problem::new(StatusCode::CONFLICT, "It cannot be done now", detail)
}

/// A device for who might connect or disconnect it.
fn row(state: &ward::State, device: &Registered) -> Value {
    json!({
        "id": device.id,
        "name": device.name,
        "kind": device.profile.title,
        "place": state.place_of(device),
        "at_bed": state.stands_at_bed(device),
    })
}

fn in_use() -> Problem {
    not_now(
        "设备正用于他处：请先在那里断开 · the device is in use elsewhere: disconnect it there first",
    )
}

/// Devices of the ward, or in no place, that are no patient's.
async fn free(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed)): Path<(String, String)>,
) -> Result<Json<Value>, Problem> {
    let bed = bed_of(&hospital, &caller, (&ward, &bed)).await?;
    let all = hospital.devices.all();
    let free: Vec<Value> = hospital.ward.look(|state| {
        let free = all.iter().filter(|device| state.is_free(device, &bed));
        free.map(|device| row(state, device)).collect()
    });
    Ok(Json(json!({"free": free})))
}

/// Beds at which a device is, or could be connected, for who maintains it: nothing of who lies there.
async fn beds(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(device): Path<String>,
) -> Result<Json<Value>, Problem> {
    super::upgrades::maintains(&hospital, &caller).await?;
    let device = find(&hospital, &device)?;
    let beds = hospital.ward.look(|state| json!(state.beds_for(&device)));
    Ok(Json(json!({"beds": beds})))
}

/// Whom who connects a device has before them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Meant {
    /// Who should lie there; none where one does not see who does.
    #[serde(default)]
    patient: Option<PatientId>,
}

/// From now on a device measures who lies in the bed.
async fn connect(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed, device)): Path<(String, String, String)>,
    Json(Meant { patient }): Json<Meant>,
) -> Result<StatusCode, Problem> {
    let bed = bed_of(&hospital, &caller, (&ward, &bed)).await?;
    let lying = bed.patient.as_ref().map(|lying| lying.id.clone());
    let lying = lying.ok_or_else(|| not_now("此床无人 · nobody lies in this bed"))?;
    if patient.is_some_and(|meant| meant != lying) {
        return Err(not_now(
            "此床现在是另一位患者 · another patient lies in this bed now",
        ));
    }
    let _turn = hospital.devices.connecting.lock().await;
    let device = find(&hospital, &device)?;
    let may_be = hospital.ward.look(|state| {
        let stands_here = state
            .tie(&device, &bed)
            .is_some_and(|tie| tie != Tie::Beside);
        stands_here || state.is_free(&device, &bed)
    });
    if !may_be {
        return Err(in_use());
    }
    let to = (Some(lying), Some(bed.id.clone()));
    let at = ("location", bed.id.as_str());
    put_to(&hospital, &caller, &device, ("connect", at), to).await
}

/// From now on a device measures nobody, and stands in the ward.
async fn disconnect(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((ward, bed, device)): Path<(String, String, String)>,
) -> Result<StatusCode, Problem> {
    let bed = bed_of(&hospital, &caller, (&ward, &bed)).await?;
    let _turn = hospital.devices.connecting.lock().await;
    let device = find(&hospital, &device)?;
    let tie = hospital.ward.look(|state| state.tie(&device, &bed));
    let place = match tie {
        Some(Tie::Connected | Tie::OfBed | Tie::OfAnother) => Some(bed.ward.clone()),
        // It stays where it stands.
        Some(Tie::Elsewhere) => device.location.clone(),
        Some(Tie::Beside) | None => {
            return Err(not_now("设备不在此床 · the device is not at this bed"));
        }
    };
    let (at, to) = (("location", bed.id.as_str()), (None, place));
    put_to(&hospital, &caller, &device, ("disconnect", at), to).await
}

/// A patient whom the caller treats.
async fn treated(hospital: &Hospital, caller: &Caller, id: String) -> Result<PatientId, Problem> {
    treats(caller)?;
    let refused = || Problem::forbidden("there is no such patient, or you do not treat them");
    let patient = PatientId::new(id).map_err(|_| refused())?;
    let object = Object::Patient(patient.clone());
    let asked = hospital.permit(caller, Action::WriteRecord, &object);
    asked.await?;
    Ok(patient)
}

/// Whether a device measures a patient; a tag tells where they are.
fn is_of(device: &Registered, patient: &PatientId) -> bool {
    device.active && device.patient.as_ref() == Some(patient) && device.profile.id != TAG
}

/// Whether a device could go home with a patient: it is nobody's, and in no place of the hospital.
fn may_go_home(device: &Registered) -> bool {
    device.is_free() && device.location.is_none()
}

/// Devices that measure a patient, and those that could at home.
async fn of_patient(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let patient = treated(&hospital, &caller, id).await?;
    let all = hospital.devices.all();
    let (theirs, free) = hospital.ward.look(|state| {
        let theirs = all.iter().filter(|device| is_of(device, &patient));
        let theirs: Vec<Value> = theirs.map(|device| row(state, device)).collect();
        let free = all.iter().filter(|device| may_go_home(device));
        let free: Vec<Value> = free.map(|device| row(state, device)).collect();
        (theirs, free)
    });
    Ok(Json(json!({"devices": theirs, "free": free})))
}

/// What stands in the ledger of where it was said, which names no patient.
const AT_HOME: (&str, &str) = ("place", "home");

/// A patient whom the caller treats, and a device that nobody else connects or disconnects meanwhile.
async fn held<'a>(
    hospital: &'a Hospital,
    caller: &Caller,
    (patient, device): (String, String),
) -> Result<(PatientId, Arc<Registered>, MutexGuard<'a, ()>), Problem> {
    let patient = treated(hospital, caller, patient).await?;
    let turn = hospital.devices.connecting.lock().await;
    Ok((patient, find(hospital, &device)?, turn))
}

/// From now on a device measures a patient at home.
async fn connect_with(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(named): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (patient, device, _turn) = held(&hospital, &caller, named).await?;
    if !may_go_home(&device) {
        return Err(in_use());
    }
    let to = (Some(patient), None);
    put_to(&hospital, &caller, &device, ("connect", AT_HOME), to).await
}

/// From now on a device that measured a patient at home measures nobody.
async fn disconnect_from(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(named): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (patient, device, _turn) = held(&hospital, &caller, named).await?;
    if !is_of(&device, &patient) {
        return Err(not_now(
            "设备不属于这位患者 · the device does not measure this patient",
        ));
    }
    if hospital.ward.look(|state| state.stands_at_bed(&device)) {
        return Err(not_now(
            "设备在病床旁：请在那里断开 · the device stands at a bed: disconnect it there",
        ));
    }
    // It stays where it stands.
    let to = (None, device.location.clone());
    put_to(&hospital, &caller, &device, ("disconnect", AT_HOME), to).await
}

/// Keeps whose a device is and where, with who said so.
async fn put_to(
    hospital: &Hospital,
    caller: &Caller,
    device: &Registered,
    (act, at): (&str, (&str, &str)),
    (patient, location): (Option<PatientId>, Option<String>),
) -> Result<StatusCode, Problem> {
    let actor = &caller.actor.id;
    let noted = hospital.note_device(actor, &device.id, act, Some(at));
    noted.await?;
    let new = NewDevice {
        patient,
        location,
        said_by: Some(actor.clone()),
        ..device.as_registered()
    };
    devices::register(hospital, actor, &device.id, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}
