//! Wards, beds, who lies where, who is on duty, and which devices stand where, as the record says it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use jiff::tz::TimeZone;
use policy::Permit;
use record::{RecordError, Term};
use serde::Serialize;
use serde_json::Value;
use twin::{
    demographics,
    timeline::{end_in, start_in},
};
use vocabulary::{ActorId, PatientId, Timestamp};

use super::{lines, tags};
use crate::{devices::carrier_of, hospital::Hospital};

/// What the duties of a `PractitionerRole` are coded by.
pub const DUTY_URI: &str = "urn:yuanyi:duty";
/// The extension of a `Location` with its outline on the floor of the building.
const FLOOR: &str = "urn:yuanyi:floor-outline";
/// A building is not deep; by this a search also ends where locations are part of each other in a circle.
const DEEPEST: usize = 8;
/// The kind of device that says where it is.
pub const TAG: &str = "location-tag";
/// The resource types that say where somebody or something is.
pub const KINDS: &[&str] = &[
    "Location",
    "Encounter",
    "PractitionerRole",
    "Device",
    "Patient",
];

/// A bed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Bed {
    pub id: String,
    pub name: String,
    pub ward: String,
    pub room: Option<String>,
    pub patient: Option<Lying>,
}

/// Who lies in a bed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Lying {
    pub id: PatientId,
    pub name: String,
    pub birth_date: Option<String>,
    pub sex: Option<String>,
}

/// Somebody on duty.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Duty {
    pub account: ActorId,
    pub name: String,
    /// Such as `bed-nurse`.
    pub role: String,
    /// What the hospital calls it, where it says so.
    pub title: Option<String>,
    /// The wards and beds that it is for; none: everywhere.
    pub places: Vec<String>,
    /// The shift: the first and the last millisecond, where they are said.
    pub from: Option<Timestamp>,
    pub until: Option<Timestamp>,
}

impl Duty {
    /// Whether it is this person's at a moment. The clock alone begins and ends a shift.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= now) && self.until.is_none_or(|until| now <= until)
    }
}

/// A device that stands somewhere.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Standing {
    pub id: String,
    pub name: String,
    /// Its kind, as its type is coded.
    pub kind: Option<String>,
    /// What people call that kind.
    pub kind_name: Option<String>,
    /// The bed or room.
    pub place: Option<String>,
    /// Who or what carries it, where it is a tag: `Practitioner/…`, `Device/…`, or the patient whom it is about.
    pub carrier: Option<String>,
    pub patient: Option<PatientId>,
    /// Whether it is in service.
    pub active: bool,
    /// What it measures, by the codes of its streams.
    pub codes: Vec<String>,
    /// After how many seconds its silence says something; never, where it measures when asked.
    pub silent_after_s: Option<u32>,
}

/// All of it.
#[derive(Clone, Debug, Default)]
pub struct Places {
    pub wards: BTreeMap<String, String>,
    pub rooms: BTreeMap<String, String>,
    pub beds: BTreeMap<String, Bed>,
    pub duties: Vec<Duty>,
    pub devices: BTreeMap<String, Standing>,
    /// Where locations are on the floor of the building, in metres: an outline, or one point.
    pub floor: BTreeMap<String, Vec<[f64; 2]>>,
    /// What people call all locations, those included that are no ward, room or bed.
    pub names: BTreeMap<String, String>,
    /// What a location is part of.
    pub within: BTreeMap<String, String>,
    /// What open alarms are about though the record no longer says where it is.
    pub lost: BTreeMap<String, Bed>,
}

impl Places {
    /// The bed that a patient lies in.
    pub fn bed_of(&self, patient: &PatientId) -> Option<&Bed> {
        let lies = |bed: &&Bed| {
            bed.patient
                .as_ref()
                .is_some_and(|lying| lying.id == *patient)
        };
        self.beds.values().find(lies)
    }

    /// The wards that these locations are, lie in, or have in them.
    pub fn wards_of(&self, locations: &[String]) -> BTreeSet<String> {
        let lies_in = |ward: &String| {
            let above = self.above(ward);
            locations.iter().any(|location| above.contains(&location))
        };
        let around = locations.iter().filter_map(|one| self.ward_of(one));
        let within = self.wards.keys().filter(|ward| lies_in(ward)).cloned();
        within.chain(around).collect()
    }

    /// Whether a location is one of these or lies in one.
    pub fn is_within(&self, location: &str, locations: &[String]) -> bool {
        let location = location.to_owned();
        let above = self.above(&location);
        locations.iter().any(|one| above.contains(&one))
    }

    /// The ward that a location is or lies in.
    pub fn ward_of(&self, location: &str) -> Option<String> {
        let location = location.to_owned();
        let mut above = self.above(&location).into_iter();
        above.find(|place| self.wards.contains_key(*place)).cloned()
    }

    /// What people call a location.
    pub fn name_of(&self, location: &str) -> Option<&String> {
        self.names.get(location).filter(|name| !name.is_empty())
    }

    /// Where somebody can be sent: a bed, or a room, a corridor or another location of a ward as if it were a bed in which
    /// nobody lies.
    pub fn goal(&self, id: &str) -> Option<Bed> {
        if let Some(bed) = self.beds.get(id) {
            return Some(bed.clone());
        }
        let name = self.name_of(id).filter(|_| !self.wards.contains_key(id))?;
        Some(Bed {
            id: id.to_owned(),
            name: name.clone(),
            ward: self.ward_of(id)?,
            room: Some(id.to_owned()),
            patient: None,
        })
    }

    /// A location, and all that it lies in.
    fn above<'a>(&'a self, location: &'a String) -> Vec<&'a String> {
        let up = std::iter::successors(Some(location), |place| self.within.get(*place));
        up.take(DEEPEST).collect()
    }

    /// What an alarm is about: a bed; by `Device/…`, a thing with a tag as if it were a bed in which nobody lies; by
    /// `Edge/…`, the edge of a ward in the same way.
    pub fn about(&self, id: &str) -> Option<Bed> {
        if let Some(bed) = self.beds.get(id) {
            return Some(bed.clone());
        }
        if let Some((edge, ward)) = lines::parts(id)
            && self.wards.contains_key(ward)
        {
            return Some(Bed {
                id: id.to_owned(),
                name: edge.to_owned(),
                ward: ward.to_owned(),
                room: None,
                patient: None,
            });
        }
        self.thing(id).or_else(|| self.lost.get(id).cloned())
    }

    /// A thing with a tag, where it stands.
    fn thing(&self, id: &str) -> Option<Bed> {
        let thing = self.devices.get(id.strip_prefix(tags::THING)?)?;
        let place = thing.place.as_ref()?;
        let bed = self.beds.get(place);
        let in_room = || {
            let mut beds = self.beds.values();
            beds.find(|bed| bed.room.as_ref() == Some(place))
        };
        let near = bed.or_else(in_room);
        let ward = if self.wards.contains_key(place) {
            place.clone()
        } else {
            near?.ward.clone()
        };
        Some(Bed {
            id: id.to_owned(),
            name: thing.name.clone(),
            ward,
            room: near.and_then(|bed| bed.room.clone()),
            patient: None,
        })
    }

    /// Keeps where the alarms `open` are, by what `before` knew: an alarm does not go from every page with its bed. One
    /// of which nobody knows where it was stands in the first ward.
    pub fn keep<'a>(&mut self, open: impl Iterator<Item = &'a str>, before: &Self) {
        for id in open
            .filter(|id| self.about(id).is_none())
            .collect::<Vec<_>>()
        {
            let known = before.about(id);
            let name = known.as_ref().map_or(id, |bed| &bed.name).to_owned();
            let ward = known
                .map(|bed| bed.ward)
                .filter(|ward| self.wards.contains_key(ward));
            let Some(ward) = ward.or_else(|| self.wards.keys().next().cloned()) else {
                continue;
            };
            let bed = Bed {
                id: id.to_owned(),
                name,
                ward,
                room: None,
                patient: None,
            };
            self.lost.insert(id.to_owned(), bed);
        }
    }

    /// The beds that a device measures for: its own, or all of its room.
    pub fn beds_of_device(&self, device: &str) -> Vec<String> {
        let Some(place) = self
            .devices
            .get(device)
            .and_then(|device| device.place.clone())
        else {
            return Vec::new();
        };
        let of_place = |bed: &&Bed| bed.id == place || bed.room.as_ref() == Some(&place);
        self.beds
            .values()
            .filter(of_place)
            .map(|bed| bed.id.clone())
            .collect()
    }

    /// Whether a bed stands for its room: the first by name, then id.
    pub fn is_first_of_room(&self, bed: &str) -> bool {
        let Some(room) = self.beds.get(bed).and_then(|bed| bed.room.as_ref()) else {
            return true;
        };
        let of_room = self
            .beds
            .values()
            .filter(|bed| bed.room.as_ref() == Some(room));
        let first = of_room.min_by_key(|bed| (&bed.name, &bed.id));
        first.is_none_or(|first| first.id == bed)
    }

    /// Who has a duty at a bed now.
    pub fn on_duty(&self, role: &str, bed: &Bed, now: Timestamp) -> Vec<&Duty> {
        let here = |duty: &&Duty| {
            duty.role == role
                && duty.holds(now)
                && (duty.places.is_empty()
                    || duty.places.contains(&bed.id)
                    || duty.places.contains(&bed.ward))
        };
        let mut found: Vec<&Duty> = self.duties.iter().filter(here).collect();
        // Whoever has the bed itself goes before whoever has the ward.
        if found.iter().any(|duty| duty.places.contains(&bed.id)) {
            found.retain(|duty| duty.places.contains(&bed.id));
        }
        found
    }

    /// Everybody who has a duty on a ward now.
    pub fn staff_of(&self, ward: &str, now: Timestamp) -> Vec<&Duty> {
        let here = |duty: &&Duty| duty.holds(now) && self.is_of(duty, ward);
        self.duties.iter().filter(here).collect()
    }

    /// Whether a duty is for a ward, or for one of its beds.
    pub fn is_of(&self, duty: &Duty, ward: &str) -> bool {
        let on_ward = |place: &String| {
            place == ward || self.beds.get(place).is_some_and(|bed| bed.ward == ward)
        };
        duty.places.is_empty() || duty.places.iter().any(on_ward)
    }
}

#[cfg(test)]
impl super::State {
    /// A ward `ward` with one bed `bed`, in which nobody lies, and what else a test needs.
    pub fn one_bed(since: Timestamp, more: impl FnOnce(&mut Places)) -> Self {
        let bed = Bed {
            id: "bed".to_owned(),
            name: "Bed".to_owned(),
            ward: "ward".to_owned(),
            room: None,
            patient: None,
        };
        let mut places = Places {
            wards: BTreeMap::from([("ward".to_owned(), "Ward".to_owned())]),
            beds: BTreeMap::from([(bed.id.clone(), bed)]),
            ..Places::default()
        };
        more(&mut places);
        let mut state = Self::new(alarms::ward_rules());
        state.settle(places, since);
        state
    }
}

#[cfg(test)]
impl Standing {
    /// A device that stands somewhere, and what else a test needs.
    pub fn somewhere(id: &str, place: &str) -> Self {
        Self {
            id: id.to_owned(),
            name: id.to_owned(),
            kind: None,
            kind_name: None,
            place: Some(place.to_owned()),
            carrier: None,
            patient: None,
            active: true,
            codes: Vec::new(),
            silent_after_s: Some(15),
        }
    }
}

/// Reads it from the record as it is now, and tells the doors of devices who lies where.
pub async fn now(hospital: &Hospital, permit: &Permit) -> Result<Places, RecordError> {
    let places = load(hospital, permit, None).await?;
    let beds = places.beds.values().map(|bed| {
        let lies = bed.patient.as_ref().map(|lying| lying.id.clone());
        (bed.id.clone(), lies)
    });
    let beds: HashMap<_, _> = beds.collect();
    hospital.devices.know_who_lies(beds);
    Ok(places)
}

/// Reads it from the record: as it is now, or as it was at a moment.
pub async fn load(
    hospital: &Hospital,
    permit: &Permit,
    at: Option<Timestamp>,
) -> Result<Places, RecordError> {
    let mut places = Places::default();
    let locations = all(hospital, permit, "Location", at).await?;
    let by_id: BTreeMap<String, &Value> = locations
        .iter()
        .filter_map(|body| Some((text(body, "/id")?, body)))
        .collect();
    for (id, body) in &by_id {
        let name = text(body, "/name").unwrap_or_default();
        places.names.insert(id.clone(), name.clone());
        let within = referred(body, "/partOf/reference", "Location");
        places
            .within
            .extend(within.map(|within| (id.clone(), within)));
        let drawn =
            extension(body, FLOOR).and_then(|one| tags::outline(one.get("valueString")?.as_str()?));
        places
            .floor
            .extend(drawn.map(|outline| (id.clone(), outline)));
        match kind(body) {
            Some("wa") => {
                places.wards.insert(id.clone(), name);
            }
            Some("ro") => {
                places.rooms.insert(id.clone(), name);
            }
            Some("bd") => {
                if let Some(bed) = bed(id, body, &by_id) {
                    places.beds.insert(id.clone(), bed);
                }
            }
            _ => {}
        }
    }
    let encounters = match at {
        None => stays(hospital, permit).await?,
        Some(_) => all(hospital, permit, "Encounter", at).await?,
    };
    for encounter in encounters {
        if text(&encounter, "/status").as_deref() == Some("in-progress") {
            lie_down(hospital, permit, &mut places, &encounter, at).await?;
        }
    }
    let names: BTreeMap<ActorId, String> = hospital
        .accounts
        .list()
        .unwrap_or_default()
        .into_iter()
        .map(|account| (account.id, account.name))
        .collect();
    for role in all(hospital, permit, "PractitionerRole", at).await? {
        let zone = hospital.config.time_zone.rules();
        places.duties.extend(duties(&role, &names, zone));
    }
    for device in all(hospital, permit, "Device", at).await? {
        if let Some(device) = standing(hospital, &device) {
            places.devices.insert(device.id.clone(), device);
        }
    }
    Ok(places)
}

pub async fn all(
    hospital: &Hospital,
    permit: &Permit,
    kind: &str,
    at: Option<Timestamp>,
) -> Result<Vec<Value>, RecordError> {
    if let Some(at) = at {
        let then = hospital.record.as_of(permit, kind, at).await?;
        return Ok(then.into_iter().filter_map(|row| row.body).collect());
    }
    found(hospital, permit, kind, Vec::new()).await
}

/// The stays of now: a hospital has many more that are over.
pub async fn stays(hospital: &Hospital, permit: &Permit) -> Result<Vec<Value>, RecordError> {
    let is_open = fhir::status(&["in-progress"]);
    found(hospital, permit, "Encounter", vec![is_open]).await
}

async fn found(
    hospital: &Hospital,
    permit: &Permit,
    kind: &str,
    terms: Vec<Term>,
) -> Result<Vec<Value>, RecordError> {
    let found = fhir::find(&*hospital.record, permit, kind, terms).await?;
    Ok(found.into_iter().filter_map(|row| row.body).collect())
}

/// A patient as the record has them, or had them at a moment.
async fn patient_at(
    hospital: &Hospital,
    permit: &Permit,
    patient: &PatientId,
    at: Option<Timestamp>,
) -> Result<Value, RecordError> {
    let key = record::ResourceKey {
        kind: "Patient".to_owned(),
        id: patient.to_string(),
    };
    let found = match at {
        None => hospital.record.resource(permit, &key, None).await?,
        Some(at) => {
            let history = hospital.record.history(permit, &key).await?;
            history.into_iter().find(|version| version.at <= at)
        }
    };
    Ok(found.and_then(|version| version.body).unwrap_or_default())
}

fn text(body: &Value, path: &str) -> Option<String> {
    body.pointer(path)?.as_str().map(str::to_owned)
}

fn extension<'a>(body: &'a Value, url: &str) -> Option<&'a Value> {
    let all = body.get("extension")?.as_array()?;
    all.iter()
        .find(|one| one.get("url").and_then(Value::as_str) == Some(url))
}

/// The id behind a reference such as `Location/bed-1`.
pub fn referred(body: &Value, path: &str, kind: &str) -> Option<String> {
    let reference = body.pointer(path)?.as_str()?;
    let (of, id) = reference.split_once('/')?;
    (of == kind).then(|| id.to_owned())
}

/// What kind of place a location is, such as `wa`.
pub fn kind(body: &Value) -> Option<&str> {
    let codings = body.pointer("/physicalType/coding")?.as_array()?;
    codings
        .iter()
        .find_map(|coding| coding.get("code")?.as_str())
}

/// A bed belongs to the ward that it, or the room it stands in, is part of.
fn bed(id: &str, body: &Value, all: &BTreeMap<String, &Value>) -> Option<Bed> {
    let mut at = body;
    let mut room = None;
    for _ in 0..DEEPEST {
        let parent = referred(at, "/partOf/reference", "Location")?;
        at = all.get(&parent)?;
        match kind(at) {
            Some("ro") => room = Some(parent),
            Some("wa") => {
                return Some(Bed {
                    id: id.to_owned(),
                    name: text(body, "/name").unwrap_or_else(|| id.to_owned()),
                    ward: parent,
                    room,
                    patient: None,
                });
            }
            _ => {}
        }
    }
    None
}

async fn lie_down(
    hospital: &Hospital,
    permit: &Permit,
    places: &mut Places,
    encounter: &Value,
    at: Option<Timestamp>,
) -> Result<(), RecordError> {
    let Some(patient) =
        referred(encounter, "/subject/reference", "Patient").and_then(|id| PatientId::new(id).ok())
    else {
        return Ok(());
    };
    let stays = encounter.get("location").and_then(Value::as_array);
    for stay in stays.into_iter().flatten() {
        let is_now = text(stay, "/status").is_none_or(|status| status == "active");
        let Some(bed) = referred(stay, "/location/reference", "Location").filter(|_| is_now) else {
            continue;
        };
        let Some(bed) = places.beds.get_mut(&bed) else {
            continue;
        };
        let body = patient_at(hospital, permit, &patient, at).await?;
        bed.patient = Some(Lying {
            id: patient.clone(),
            name: demographics::name(&body).unwrap_or_default(),
            birth_date: text(&body, "/birthDate"),
            sex: text(&body, "/gender"),
        });
    }
    Ok(())
}

/// The duties that a role gives, those of shifts to come and of shifts that ended included. Days of a shift begin and
/// end in the time zone.
pub fn duties(role: &Value, names: &BTreeMap<ActorId, String>, zone: &TimeZone) -> Vec<Duty> {
    let account = referred(role, "/practitioner/reference", "Practitioner")
        .and_then(|id| ActorId::new(id).ok());
    let is_active = role.get("active").and_then(Value::as_bool) != Some(false);
    // A shift whose time cannot be read is none.
    let bound = |path: &str, read: fn(&str, &TimeZone) -> Option<i64>| match text(role, path) {
        None => Some(None),
        Some(said) => read(&said, zone).map(|ms| Some(Timestamp(ms))),
    };
    let shift = bound("/period/start", start_in).zip(bound("/period/end", end_in));
    let Some((account, (from, until))) = account.filter(|_| is_active).zip(shift) else {
        return Vec::new();
    };
    let places: Vec<String> = role
        .get("location")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|place| referred(place, "/reference", "Location"))
        .collect();
    let codes = role
        .get("code")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let codings = codes
        .filter_map(|code| code.get("coding")?.as_array())
        .flatten();
    codings
        .filter(|coding| text(coding, "/system").as_deref() == Some(DUTY_URI))
        .filter_map(|coding| Some((text(coding, "/code")?, text(coding, "/display"))))
        .map(|(role, title)| Duty {
            name: names.get(&account).cloned().unwrap_or_default(),
            account: account.clone(),
            role,
            title,
            places: places.clone(),
            from,
            until,
        })
        .collect()
}

fn standing(hospital: &Hospital, device: &Value) -> Option<Standing> {
    let id = text(device, "/id")?;
    let name = text(device, "/deviceName/0/name")
        .or_else(|| text(device, "/type/text"))
        .or_else(|| text(device, "/type/coding/0/display"));
    let kind = text(device, "/type/coding/0/code");
    let patient = referred(device, "/patient/reference", "Patient");
    let said = carrier_of(device).map(str::to_owned);
    let profile = kind.as_deref();
    let profile = profile.and_then(|kind| hospital.devices.profile(kind, None));
    let silent_after_s = profile.as_ref().and_then(|profile| profile.silent_after_s);
    let streams = profile.iter().flat_map(|profile| &profile.streams);
    Some(Standing {
        codes: streams.map(|stream| stream.code.coding().code).collect(),
        silent_after_s,
        active: text(device, "/status").is_none_or(|status| status == "active"),
        carrier: said
            .or_else(|| patient.as_ref().map(|id| format!("Patient/{id}")))
            .filter(|_| kind.as_deref() == Some(TAG)),
        name: name.unwrap_or_else(|| id.clone()),
        kind,
        kind_name: text(device, "/type/text").or_else(|| text(device, "/type/coding/0/display")),
        place: referred(device, "/location/reference", "Location"),
        patient: patient.and_then(|id| PatientId::new(id).ok()),
        id,
    })
}
