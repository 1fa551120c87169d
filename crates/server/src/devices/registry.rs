//! Which devices there are: FHIR `Device` with a `DeviceMetric` for each stream, in the record.

use std::{sync::Arc, time::Duration};

use ::devices::{MDC, Profile};
use policy::{Action, Permit};
use record::{
    Batch, FactBody, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery,
    mark_written_by, written_by,
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use vocabulary::{ActorId, DeviceId, PatientId, Timestamp};

use super::{Devices, Registered};
use crate::{clock, hospital::Hospital, ward};

/// By whom devices and their metrics are tagged as written, so that no other door makes or changes one.
const WRITER: &str = "devices";
/// The extension that says since when a device measures its patient.
const SINCE: &str = "urn:yuanyi:device-assigned";
/// The extension that says who or what carries a device.
const CARRIER: &str = "urn:yuanyi:carried-by";
const CARRIED: &str = "who or what carries it";
/// The extension that says who connected or disconnected a device at a bed, or with a patient at home.
const SAID_BY: &str = "urn:yuanyi:device-connected-by";
/// The code system of our kinds of devices.
const PROFILE: &str = "urn:yuanyi:device-profile";
/// How often counts are saved.
const SAVE_EVERY: Duration = Duration::from_secs(30);
/// Devices are read so many at a time.
const PAGE: usize = 500;
/// The longest id of a device: with a stream's name it is the id of a metric.
const LONGEST_ID: usize = 31;

/// A device that is to be registered, or what is to be changed of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewDevice {
    /// What kind it is of.
    pub profile: String,
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// Whose values it measures.
    #[serde(default)]
    pub patient: Option<PatientId>,
    /// Where it is: the id of a `Location`.
    #[serde(default)]
    pub location: Option<String>,
    /// Its maker's number.
    #[serde(default)]
    pub serial: Option<String>,
    /// Who or what carries it, where it is a tag: `Practitioner/…` or `Device/…`.
    #[serde(default)]
    pub carrier: Option<String>,
    /// Who said at a bed, or of a patient at home, whose values it measures.
    #[serde(skip)]
    pub said_by: Option<ActorId>,
    /// Since when it measures them, where that was said elsewhere; none: from now on.
    #[serde(skip)]
    pub since: Option<Timestamp>,
}

impl NewDevice {
    /// Whether it measures nobody, and nobody and nothing carries it.
    pub fn is_nobodys(&self) -> bool {
        self.patient.is_none() && self.carrier.is_none()
    }
}

/// Why a device cannot be registered.
#[derive(Debug, thiserror::Error)]
pub enum RegistryError {
    /// No such kind.
    #[error("find the profile: `GET /api/devices/profiles` names all")]
    NoSuchProfile,
    /// The id is too long.
    #[error("use this id: it may have at most {LONGEST_ID} characters")]
    LongId,
    /// Something that it names is not there.
    #[error("find {0}")]
    NotThere(&'static str),
    /// It was taken out of service.
    #[error("use it: it is out of service, put it back into service first")]
    Retired,
    /// The record says no.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// Reads all devices of the record, and who lies where, so that they are known before the first is heard.
pub async fn load(hospital: &Hospital) {
    let work = hospital.own_permit("know the hospital's devices", Action::ReadRecord);
    if let Ok(permit) = work.await {
        load_all(hospital, &permit).await;
        match ward::places_now(hospital, &permit).await {
            Ok(_) => warn_of_empty_beds(&hospital.devices),
            Err(error) => tracing::error!(%error, "who lies where could not be read"),
        }
    }
}

/// A hospital that does not record who lies in its beds may have devices of patients at them, which measure nobody.
fn warn_of_empty_beds(devices: &Devices) {
    let all = devices.all().into_iter();
    let empty = all.filter(|device| device.active && devices.is_at_empty_bed(device));
    let empty: Vec<String> = empty.map(|device| device.id.to_string()).collect();
    if !empty.is_empty() {
        tracing::warn!(
            devices = empty.join(" "),
            "these devices of patients stand at beds in which nobody lies by the record, so that what they measure is nobody's: record who lies there, or register them without a bed"
        );
    }
}

/// Reads again each device that changes; saves the counts of all.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let work = hospital.own_permit("know the hospital's devices", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let mut feed = hospital.record.feed();
    let mut next = *feed.borrow_and_update();
    // What changed between the first reading and now.
    load_all(&hospital, &permit).await;
    let mut save = tokio::time::interval(SAVE_EVERY);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => break,
            changed = feed.changed() => if changed.is_err() { break },
            _ = save.tick() => {
                keep_counts(&hospital);
                continue;
            }
        }
        loop {
            let Ok(entries) = hospital.record.entries(&permit, next, PAGE).await else {
                break;
            };
            let Some(last) = entries.last() else { break };
            next = last.sequence + 1;
            for entry in entries {
                if let FactBody::Resource { key, .. } = &entry.fact.body
                    && key.kind == "Device"
                {
                    load_one(&hospital, &permit, key).await;
                }
            }
        }
    }
    keep_counts(&hospital);
}

fn keep_counts(hospital: &Hospital) {
    if let Err(error) = hospital.devices.save() {
        tracing::error!(%error, "the counts of devices could not be saved");
    }
}

/// Reads all devices of the record.
async fn load_all(hospital: &Hospital, permit: &Permit) {
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: "Device".into(),
            terms: vec![],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let page = match hospital.record.search(permit, &query).await {
            Ok(page) => page,
            Err(error) => {
                tracing::error!(%error, "the devices could not be read");
                return;
            }
        };
        let count = page.rows.len();
        for version in page.rows {
            if let Some(body) = &version.body {
                hospital.devices.note(&version.key.id, Some(body));
            }
        }
        if count < PAGE {
            return;
        }
        offset += count;
    }
}

/// Reads one device of the record, as it is now.
pub(super) async fn load_one(hospital: &Hospital, permit: &Permit, key: &ResourceKey) {
    match hospital.record.resource(permit, key, None).await {
        Ok(version) => {
            let body = version.and_then(|version| version.body);
            hospital.devices.note(&key.id, body.as_ref());
        }
        Err(error) => tracing::error!(%error, "a device could not be read"),
    }
}

impl Devices {
    /// Notes how a `Device` of the record is now. Others than ours, which somebody wrote by FHIR, are left alone.
    fn note(&self, id: &str, body: Option<&Value>) {
        let Ok(id) = DeviceId::new(id) else { return };
        let ours = body.filter(|body| written_by(body) == Some(WRITER));
        let found = ours.and_then(|body| registered(self, &id, body));
        let stays = found.as_ref().is_some_and(|device| device.active);
        let mut known = self.known.write();
        let was = match found {
            Some(device) => known.insert(id.clone(), Arc::new(device)),
            None => known.remove(&id),
        };
        drop(known);
        if !stays && was.is_some_and(|was| was.active) {
            self.put_out(&id);
        }
    }
}

fn registered(devices: &Devices, id: &DeviceId, body: &Value) -> Option<Registered> {
    let codings = body.pointer("/type/coding")?.as_array()?;
    let profile = codings.iter().find_map(|coding| {
        (coding.get("system")?.as_str()? == PROFILE).then(|| coding.get("code")?.as_str())?
    })?;
    let version = codings.iter().find_map(|coding| {
        let is_ours = coding.get("system")?.as_str()? == PROFILE;
        is_ours.then(|| coding.get("version")?.as_str()?.parse().ok())?
    });
    let text = |pointer| body.pointer(pointer).and_then(Value::as_str);
    let of = |pointer, kind: &str| {
        let reference = text(pointer)?.strip_prefix(kind)?.strip_prefix('/')?;
        Some(reference.to_owned())
    };
    Some(Registered {
        id: id.clone(),
        name: text("/deviceName/0/name").unwrap_or(id.as_str()).to_owned(),
        profile: devices.profile(profile, version)?,
        patient: of("/patient/reference", "Patient").and_then(|id| PatientId::new(id).ok()),
        since: since_of(body),
        location: of("/location/reference", "Location"),
        carrier: carrier_of(body).map(str::to_owned),
        serial: text("/serialNumber").map(str::to_owned),
        active: text("/status") == Some("active"),
        is_left_behind: false,
    })
}

/// Since when a `Device` says that it measures whom it does.
pub fn since_of(body: &Value) -> Option<Timestamp> {
    let since = extension(body, SINCE)?.get("valueInstant")?;
    since.as_str()?.parse().ok()
}

/// Who or what a `Device` says that it is carried by.
pub fn carrier_of(body: &Value) -> Option<&str> {
    referred(body, CARRIER)
}

/// Who said at a bed whose values a `Device` measures, as it is now.
pub fn said_by(body: &Value) -> Option<&str> {
    let is_ours = written_by(body) == Some(WRITER);
    let who = referred(body, SAID_BY).filter(|_| is_ours)?;
    who.strip_prefix("Practitioner/")
}

fn referred<'a>(body: &'a Value, url: &str) -> Option<&'a str> {
    let found = extension(body, url)?;
    found.pointer("/valueReference/reference")?.as_str()
}

fn extension<'a>(body: &'a Value, url: &str) -> Option<&'a Value> {
    let mut said = body.get("extension")?.as_array()?.iter();
    said.find(|one| one.get("url") == Some(&json!(url)))
}

/// Since when a device measures whom it does: now, or when that was said elsewhere, where it is another than before.
fn begins(before: Option<&Registered>, new: &NewDevice) -> Option<Timestamp> {
    match before {
        Some(before) if before.patient == new.patient => before.since,
        None if new.patient.is_none() => None,
        _ => Some(new.since.unwrap_or_else(clock::now)),
    }
}

/// Registers a device, or changes it; its metrics are those of its profile. One that is out of service stays so:
/// [`reinstate`] alone puts it back.
pub async fn register(
    hospital: &Hospital,
    actor: &ActorId,
    id: &DeviceId,
    new: &NewDevice,
) -> Result<(), RegistryError> {
    if id.as_str().len() > LONGEST_ID {
        return Err(RegistryError::LongId);
    }
    let known = hospital.devices.find(id);
    if known.as_ref().is_some_and(|known| !known.active) {
        return Err(RegistryError::Retired);
    }
    // A roll-out alone says which version of its profile a device has.
    let is_same = |known: &&Arc<Registered>| known.profile.id == new.profile;
    let profile = match known.as_ref().filter(is_same) {
        Some(known) => Some(Arc::clone(&known.profile)),
        None => hospital.devices.profile(&new.profile, None),
    };
    let profile = &*profile.ok_or(RegistryError::NoSuchProfile)?;
    let permit = hospital
        .own_permit("register a device", Action::ReadRecord)
        .await
        .map_err(|_| RecordError::NotPermitted)?;
    let carrier = new.carrier.as_deref();
    let thing = match carrier.map(|carrier| carrier.split_once('/')) {
        None => None,
        Some(Some(("Device", id))) => Some(id),
        // People who work here are accounts; the record need not have a resource of each.
        Some(Some(("Practitioner", id))) if is_account(hospital, id) => None,
        Some(_) => return Err(RegistryError::NotThere(CARRIED)),
    };
    let named = [
        ("Device", thing, CARRIED),
        (
            "Patient",
            new.patient.as_ref().map(PatientId::as_str),
            "the patient",
        ),
        ("Location", new.location.as_deref(), "the location"),
    ];
    for (kind, id, what) in named {
        let Some(id) = id else { continue };
        let key = ResourceKey {
            kind: kind.into(),
            id: id.to_owned(),
        };
        let found = hospital.record.resource(&permit, &key, None).await?;
        if found.is_none_or(|version| version.body.is_none()) {
            return Err(RegistryError::NotThere(what));
        }
    }
    let since = begins(known.as_deref(), new);
    keep(hospital, actor, (id, profile), new, ("active", since)).await
}

/// Takes over what somebody said at a bed of an edge of whose values a device measures, and where it is, as this entry
/// of the edge's journal has it; why not, where that cannot be. What comes again is done, whatever was said here since;
/// and so is what was said before something that was said here: the later holds at both ends.
pub async fn take_said(
    hospital: &Hospital,
    edge: &ActorId,
    (id, sequence): (&str, u64),
    body: &Value,
) -> Result<Option<String>, RecordError> {
    let no = |why: &str| Ok(Some(why.to_owned()));
    let store = |error: anyhow::Error| RecordError::Store(error.into());
    let device = DeviceId::new(id)
        .ok()
        .and_then(|id| hospital.devices.find(&id));
    let said = device.as_ref().and_then(|device| {
        let by = ActorId::new(said_by(body)?).ok()?;
        Some((registered(&hospital.devices, &device.id, body)?, by))
    });
    let (Some(device), Some((said, by))) = (device, said) else {
        return no("find the device in the registry");
    };
    let entry = (sequence, said.since.unwrap_or(Timestamp(0)));
    let was_said = hospital.edges.was_said(edge, &device.id, entry);
    if was_said.map_err(store)? {
        return Ok(None);
    }
    // Before the ledger says that somebody connected it.
    if !device.active {
        return no(&RegistryError::Retired.to_string());
    }
    let is_done = || hospital.edges.note_said(edge, &device.id, entry);
    let named = [
        ("Device", Some(id)),
        ("Patient", said.patient.as_ref().map(PatientId::as_str)),
        ("Location", said.location.as_deref()),
    ];
    for (kind, id) in named {
        if let Some(id) = id
            && !hospital.was_given(edge, kind, id).await?
        {
            return no("find the device, its patient and its place among those of this edge");
        }
    }
    let is_so = (&device.patient, &device.location) == (&said.patient, &said.location);
    if is_so || device.since > said.since {
        is_done().map_err(store)?;
        return Ok(None);
    }
    let act = said.patient.as_ref().map_or("disconnect", |_| "connect");
    let at = Some(("edge", edge.as_str()));
    hospital.note_device(&by, &device.id, act, at).await?;
    let new = NewDevice {
        patient: said.patient,
        location: said.location,
        said_by: Some(by),
        since: said.since,
        ..device.as_registered()
    };
    match register(hospital, edge, &device.id, &new).await {
        Ok(()) => is_done().map(|()| None).map_err(store),
        Err(RegistryError::Record(error)) => Err(error),
        Err(error) => Ok(Some(error.to_string())),
    }
}

/// The facts of a device as another hospital registered it, whose edge this is: itself, with the metrics of its kind.
/// Nothing where it is none of ours, or of a kind that is not known here.
pub fn as_registered(hospital: &Hospital, id: &DeviceId, body: Value) -> Option<Vec<NewFact>> {
    if written_by(&body) != Some(WRITER) {
        return None;
    }
    let device = registered(&hospital.devices, id, &body)?;
    let new = device.as_registered();
    let mut facts = vec![put("Device", id.as_str(), &new, body).0];
    for stream in &device.profile.streams {
        let metric = format!("{id}.{}", stream.name);
        let body = metric_of(&metric, id, stream);
        facts.push(put("DeviceMetric", &metric, &new, body).0);
    }
    Some(facts)
}

/// The fact that a device is out of service.
pub fn as_retired(device: &Registered) -> NewFact {
    let as_it_was = device.as_registered();
    let standing = ("inactive", device.since);
    let body = self::device(&device.id, &device.profile, &as_it_was, standing);
    put("Device", device.id.as_str(), &as_it_was, body).0
}

/// Lets a device be read by this version of its profile from now on.
pub async fn set_profile(
    hospital: &Hospital,
    actor: &ActorId,
    device: &Registered,
    profile: &Profile,
) -> Result<(), RegistryError> {
    let standing = if device.active { "active" } else { "inactive" };
    let new = device.as_registered();
    let of = (&device.id, profile);
    keep(hospital, actor, of, &new, (standing, device.since)).await
}

/// Keeps a device with the metrics of its profile.
async fn keep(
    hospital: &Hospital,
    actor: &ActorId,
    (id, profile): (&DeviceId, &Profile),
    new: &NewDevice,
    standing: (&str, Option<Timestamp>),
) -> Result<(), RegistryError> {
    let body = device(id, profile, new, standing);
    let mut facts = vec![put("Device", id.as_str(), new, body.clone())];
    for stream in &profile.streams {
        let metric = format!("{id}.{}", stream.name);
        let body = metric_of(&metric, id, stream);
        facts.push(put("DeviceMetric", &metric, new, body));
    }
    commit(hospital, actor, facts).await?;
    // Who asked goes on at once, before the change feed comes by.
    hospital.devices.note(id.as_str(), Some(&body));
    Ok(())
}

fn is_account(hospital: &Hospital, id: &str) -> bool {
    let all = hospital.accounts.list().unwrap_or_default();
    all.iter().any(|account| account.id.as_str() == id)
}

impl Registered {
    /// Whether it measures nobody, and nobody and nothing carries it.
    pub fn is_nobodys(&self) -> bool {
        self.patient.is_none() && self.carrier.is_none()
    }

    /// Whether it could be connected with somebody: it is in service and nobody's, and tells of no place.
    pub fn is_free(&self) -> bool {
        self.active && self.is_nobodys() && self.profile.id != ward::TAG
    }

    /// What was said of it when it was registered.
    pub fn as_registered(&self) -> NewDevice {
        NewDevice {
            profile: self.profile.id.clone(),
            name: Some(self.name.clone()),
            patient: self.patient.clone(),
            location: self.location.clone(),
            serial: self.serial.clone(),
            carrier: self.carrier.clone(),
            said_by: None,
            since: None,
        }
    }
}

/// Takes a device out of service; its facts stay.
pub async fn retire(
    hospital: &Hospital,
    actor: &ActorId,
    device: &Registered,
) -> Result<(), RegistryError> {
    let fact = as_retired(device);
    let body = match &fact {
        NewFact::PutResource { body, .. } => body.clone(),
        _ => Value::Null,
    };
    commit(hospital, actor, vec![(fact, Precondition::None)]).await?;
    hospital.devices.note(device.id.as_str(), Some(&body));
    Ok(())
}

/// Puts a device back into service that was taken out of it. Whose it was and where it stood may be long over: it is
/// nobody's and in no place, until somebody says so anew.
pub async fn reinstate(
    hospital: &Hospital,
    actor: &ActorId,
    device: &Registered,
) -> Result<(), RegistryError> {
    let new = NewDevice {
        patient: None,
        location: None,
        carrier: None,
        ..device.as_registered()
    };
    let standing = ("active", begins(Some(device), &new));
    keep(
        hospital,
        actor,
        (&device.id, &device.profile),
        &new,
        standing,
    )
    .await
}

async fn commit(
    hospital: &Hospital,
    actor: &ActorId,
    facts: Vec<(NewFact, Precondition)>,
) -> Result<(), RegistryError> {
    let batch = Batch {
        actor: actor.clone(),
        facts,
    };
    hospital.record.commit(batch).await?;
    Ok(())
}

fn put(kind: &str, id: &str, new: &NewDevice, body: Value) -> (NewFact, Precondition) {
    let fact = NewFact::PutResource {
        key: ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        },
        // Whose values it measures may change; a metric is about the device only.
        subject: new.patient.clone().filter(|_| kind == "Device"),
        body,
    };
    (fact, Precondition::None)
}

/// The `Device`, with its status and since when it measures its patient.
fn device(
    id: &DeviceId,
    profile: &Profile,
    new: &NewDevice,
    (status, since): (&str, Option<Timestamp>),
) -> Value {
    let mut codings = vec![json!({
        "system": PROFILE, "code": profile.id, "version": profile.version.to_string(),
    })];
    if let Some(code) = profile.specialisation {
        codings.push(json!({"system": MDC, "code": code.to_string()}));
    }
    let mut body = json!({
        "resourceType": "Device",
        "id": id,
        "identifier": [{"system": "urn:yuanyi:device", "value": id}],
        "status": status,
        "deviceName": [{
            "name": new.name.as_deref().unwrap_or(id.as_str()),
            "type": "user-friendly-name",
        }],
        "type": {"coding": codings, "text": format!("{} {}", profile.title.zh, profile.title.en)},
    });
    if let Some(fields) = body.as_object_mut() {
        mark_written_by(fields, WRITER);
    }
    let mut add = |name: &str, value: Value| {
        if let Some(fields) = body.as_object_mut() {
            fields.insert(name.to_owned(), value);
        }
    };
    let since = since.map(|since| json!({"url": SINCE, "valueInstant": since.to_string()}));
    let carrier = new.carrier.as_ref();
    let carrier = carrier.map(|who| json!({"url": CARRIER, "valueReference": {"reference": who}}));
    let said_by = new.said_by.as_ref().map(|who| {
        json!({"url": SAID_BY, "valueReference": {"reference": format!("Practitioner/{who}")}})
    });
    let extensions: Vec<Value> = since.into_iter().chain(carrier).chain(said_by).collect();
    if !extensions.is_empty() {
        add("extension", json!(extensions));
    }
    if let Some(serial) = &new.serial {
        add("serialNumber", json!(serial));
    }
    if let Some(patient) = &new.patient {
        add(
            "patient",
            json!({"reference": format!("Patient/{patient}")}),
        );
    }
    if let Some(location) = &new.location {
        add(
            "location",
            json!({"reference": format!("Location/{location}")}),
        );
    }
    body
}

fn metric_of(metric: &str, device: &DeviceId, stream: &::devices::Stream) -> Value {
    let codings: Vec<_> = std::iter::once(&stream.code)
        .chain(&stream.also)
        .map(::devices::StreamCode::coding)
        .collect();
    let mut body = json!({
        "resourceType": "DeviceMetric",
        "id": metric,
        "type": {"coding": codings, "text": format!("{} {}", stream.title.zh, stream.title.en)},
        "unit": {"coding": [{"system": "http://unitsofmeasure.org", "code": stream.unit}]},
        "source": {"reference": format!("Device/{device}")},
        "category": "measurement",
    });
    if let Some(fields) = body.as_object_mut() {
        mark_written_by(fields, WRITER);
    }
    body
}
