//! Devices at a bed: which could be connected there, and who connects or disconnects one. What becomes of it is a
//! version of the `Device`, with who and when, and an entry of the ledger.

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
use vocabulary::{DeviceId, PatientId};

use super::ward::treats;
use crate::{
    devices::{self, NewDevice, Registered},
    hospital::Hospital,
    http::{Caller, Problem},
    ward::{Bed, Tie},
};

/// `/wards/{ward}/beds/{bed}/devices` and `/devices/{id}/beds`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/wards/{ward}/beds/{bed}/devices", get(free))
        .route(
            "/wards/{ward}/beds/{bed}/devices/{device}",
            put(connect).delete(disconnect),
        )
        .route("/devices/{id}/beds", get(beds))
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
        let row = |device: &Arc<Registered>| {
            let (kind, place) = (&device.profile.title, state.place_of(device));
            json!({"id": device.id, "name": device.name, "kind": kind, "place": place})
        };
        free.map(row).collect()
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
        return Err(not_now(
            "设备正用于他处：请先在那里断开 · the device is in use elsewhere: disconnect it there first",
        ));
    }
    let to = (Some(lying), Some(bed.id.clone()));
    put_to(&hospital, &caller, &device, ("connect", &bed), to).await
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
    put_to(
        &hospital,
        &caller,
        &device,
        ("disconnect", &bed),
        (None, place),
    )
    .await
}

/// Keeps whose a device is and where, with who said so.
async fn put_to(
    hospital: &Hospital,
    caller: &Caller,
    device: &Registered,
    (act, bed): (&str, &Bed),
    (patient, location): (Option<PatientId>, Option<String>),
) -> Result<StatusCode, Problem> {
    let actor = &caller.actor.id;
    let at = Some(("location", bed.id.as_str()));
    hospital.note_device(actor, &device.id, act, at).await?;
    let new = NewDevice {
        patient,
        location,
        said_by: Some(actor.clone()),
        ..device.as_registered()
    };
    devices::register(hospital, actor, &device.id, &new).await?;
    Ok(StatusCode::NO_CONTENT)
}
