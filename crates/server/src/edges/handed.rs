//! What of the registry is handed to an edge: what lies within its locations, who lies there, who is on duty, and the
//! devices with what they show at the door. Of patients no more than a ward needs to know them by, and what was written
//! down here on which the watch of their bed stands.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ::devices::Contents;
use policy::{Permit, Role};
use record::{RecordError, ResourceKey};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vocabulary::{ActorId, DeviceId, Digest, PatientId, Timestamp};

use crate::{
    clock,
    devices::{Credential, carrier_of},
    hospital::Hospital,
    ward::{Duty, all_of, duties, kind_of, referred, stays, written_for},
};

/// The resource types that are handed over.
pub const KINDS: &[&str] = &[
    "CareTeam",
    "Consent",
    "Device",
    "Encounter",
    "Location",
    "Patient",
    "PractitionerRole",
];
/// Accounts with one of these roles work at an edge, and with no other role than these.
const TREATS: [Role; 3] = [Role::Nurse, Role::TerminalDoctor, Role::Expert];
/// What is handed over of a patient.
const PATIENT: &[&str] = &[
    "resourceType",
    "id",
    "active",
    "name",
    "gender",
    "birthDate",
];
/// What is handed over of a stay.
const STAY: &[&str] = &[
    "resourceType",
    "id",
    "status",
    "class",
    "subject",
    "location",
];
/// What is handed over of a care team.
const TEAM: &[&str] = &[
    "resourceType",
    "id",
    "status",
    "subject",
    "participant",
    "period",
];
/// A building is not deep.
const DEEPEST: usize = 8;

/// A resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    /// Its key.
    pub key: ResourceKey,
    /// Whom it is about.
    pub subject: Option<PatientId>,
    /// It.
    pub body: Value,
}

/// What a device shows at the door, by its digest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HandedCredential {
    /// The device.
    pub device: DeviceId,
    /// What it shows.
    pub credential: Credential,
}

/// Somebody on duty.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct HandedPerson {
    /// The account.
    pub id: ActorId,
    /// The name shown to others.
    pub name: String,
    /// The roles that treat.
    pub roles: BTreeSet<Role>,
    /// The hash of the password, so that they can sign in where there is no line.
    pub password: String,
}

impl std::fmt::Debug for HandedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.id)
    }
}

/// All that is handed to one edge.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Registry {
    /// The resources, by their keys.
    pub resources: Vec<Handed>,
    /// What devices show.
    pub credentials: Vec<HandedCredential>,
    /// Who is on duty.
    pub people: Vec<HandedPerson>,
    /// Packages with the versions of profiles that its devices are read by, where the program has others.
    pub packages: BTreeSet<Digest>,
}

/// What of it the record says.
#[derive(Debug, Default)]
pub struct Facts {
    /// By their keys.
    pub resources: Vec<Handed>,
    /// When a duty among them ends first: from then on others belong to the edge.
    pub until: Option<Timestamp>,
    digest: Option<Digest>,
}

/// What of it stands beside the record, and is changed without a word there.
#[derive(Debug, Default, Serialize)]
struct Beside {
    credentials: Vec<HandedCredential>,
    people: Vec<HandedPerson>,
    packages: BTreeSet<Digest>,
}

/// All that belongs to an edge now.
#[derive(Debug)]
pub struct Belongings {
    facts: Arc<Facts>,
    /// What was written down here about who lies in its beds.
    written: Arc<Facts>,
    beside: Beside,
}

impl Belongings {
    /// What tells it from others.
    pub fn revision(&self) -> String {
        let all = (&self.facts.digest, &self.written.digest, &self.beside);
        let bytes = serde_json::to_vec(&all).unwrap_or_default();
        Digest::of(&bytes).to_string()
    }

    /// The observations among it.
    pub fn written(&self) -> impl Iterator<Item = String> {
        let all = self.written.resources.iter();
        all.map(|one| one.key.id.clone())
    }

    /// It as it is handed over.
    pub fn into_registry(self) -> Registry {
        let all = [&self.facts, &self.written].into_iter();
        Registry {
            resources: all.flat_map(|facts| facts.resources.clone()).collect(),
            credentials: self.beside.credentials,
            people: self.beside.people,
            packages: self.beside.packages,
        }
    }
}

impl Facts {
    fn add(&mut self, kind: &str, body: Value, subject: Option<PatientId>) {
        let Some(id) = body.get("id").and_then(Value::as_str) else {
            return;
        };
        let key = ResourceKey {
            kind: kind.to_owned(),
            id: id.to_owned(),
        };
        self.resources.push(Handed { key, subject, body });
    }

    /// All of it is found.
    fn sealed(mut self) -> Self {
        self.resources.sort_by(|a, b| a.key.cmp(&b.key));
        let bytes = serde_json::to_vec(&self.resources).unwrap_or_default();
        self.digest = Some(Digest::of(&bytes));
        self
    }

    /// Takes the devices that stand within its places or measure its patients, and the tags of those and of all staff and
    /// things of the hospital.
    fn add_devices(
        &mut self,
        devices: Vec<Value>,
        (within, beds): (&BTreeSet<String>, &BTreeSet<String>),
        patients: &BTreeSet<PatientId>,
    ) {
        let mut others = Vec::new();
        for body in devices {
            let patient = referred(&body, "/patient/reference", "Patient");
            let patient = patient.and_then(|id| PatientId::new(id).ok());
            let place = referred(&body, "/location/reference", "Location");
            // The edge must know whom it measures; at a bed, that its patient has left it.
            let stays = place.as_ref().is_some_and(|place| beds.contains(place));
            let is_anothers = patient.as_ref().is_some_and(|one| !patients.contains(one));
            if is_anothers && !stays {
                continue;
            }
            if patient.is_some() || place.is_some_and(|place| within.contains(&place)) {
                self.add("Device", plain(&body), patient);
            } else {
                others.push(body);
            }
        }
        // A tag is heard wherever its carrier goes. Of staff and things it tells no more than a reference; a patient is
        // known where they lie.
        let is_heard = |carrier: &str| match carrier.strip_prefix("Patient/") {
            Some(id) => patients.iter().any(|patient| patient.as_str() == id),
            None => true,
        };
        others.retain(|body| carrier_of(body).is_some_and(is_heard));
        for body in others {
            self.add("Device", plain(&body), None);
        }
    }
}

/// Finds what belongs to an edge for these locations, and for the patients of open alarms that it leads.
pub async fn find(
    hospital: &Hospital,
    permit: &Permit,
    locations: &[String],
    mut patients: BTreeSet<PatientId>,
) -> Result<Facts, RecordError> {
    let mut facts = Facts::default();
    let places = all_of(hospital, permit, "Location", None).await?;
    let (within, named) = places_of(&places, locations);
    let beds = places.iter().filter(|body| kind_of(body) == Some("bd"));
    let beds = beds.filter_map(id).filter(|id| within.contains(*id));
    let beds: BTreeSet<String> = beds.map(str::to_owned).collect();
    for body in places {
        if id(&body).is_some_and(|id| named.contains(id)) {
            facts.add("Location", plain(&body), None);
        }
    }
    for body in stays(hospital, permit).await? {
        let patient = referred(&body, "/subject/reference", "Patient");
        let patient = patient.and_then(|id| PatientId::new(id).ok());
        if let Some(patient) = patient.filter(|_| is_stay_within(&body, &within)) {
            facts.add("Encounter", only(&body, STAY), Some(patient.clone()));
            patients.insert(patient);
        }
    }
    for patient in &patients {
        let key = ResourceKey {
            kind: "Patient".to_owned(),
            id: patient.to_string(),
        };
        let found = hospital.record.resource(permit, &key, None).await?;
        if let Some(body) = found.and_then(|version| version.body) {
            facts.add("Patient", only(&body, PATIENT), Some(patient.clone()));
        }
    }
    about(hospital, permit, &patients, &mut facts).await?;
    on_duty(hospital, permit, &named, &mut facts).await?;
    let devices = all_of(hospital, permit, "Device", None).await?;
    facts.add_devices(devices, (&within, &beds), &patients);
    Ok(facts.sealed())
}

/// Finds what of these observations an edge is to know.
pub async fn written(
    hospital: &Hospital,
    permit: &Permit,
    edge: &ActorId,
    observations: &BTreeSet<(PatientId, String)>,
) -> Result<Facts, RecordError> {
    let mut facts = Facts::default();
    for (patient, body) in written_for(hospital, permit, edge, observations).await? {
        facts.add("Observation", body, Some(patient));
    }
    Ok(facts.sealed())
}

/// What belongs to an edge, by what the record says and by what stands beside it now.
pub fn with_beside(
    hospital: &Hospital,
    facts: Arc<Facts>,
    written: Arc<Facts>,
) -> Result<Belongings, RecordError> {
    let mut beside = Beside::default();
    let mut people = BTreeSet::new();
    for Handed { key, body, .. } in &facts.resources {
        match key.kind.as_str() {
            "Device" => {
                beside.credentials.extend(shown(hospital, body)?);
                beside.packages.extend(profile_of(hospital, body));
            }
            "PractitionerRole" => {
                let zone = hospital.config.time_zone.rules();
                let duties = duties(body, &BTreeMap::new(), zone).into_iter();
                people.extend(duties.map(|duty| duty.account));
            }
            _ => {}
        }
    }
    beside.people = accounts_of(hospital, &people)?;
    Ok(Belongings {
        facts,
        written,
        beside,
    })
}

/// Care teams of patients, and what patients refuse: they say who sees them, also at the edge.
async fn about(
    hospital: &Hospital,
    permit: &Permit,
    patients: &BTreeSet<PatientId>,
    facts: &mut Facts,
) -> Result<(), RecordError> {
    for (kind, whom) in [
        ("CareTeam", "/subject/reference"),
        ("Consent", "/patient/reference"),
    ] {
        for body in all_of(hospital, permit, kind, None).await? {
            let patient = referred(&body, whom, "Patient").and_then(|id| PatientId::new(id).ok());
            if let Some(patient) = patient.filter(|patient| patients.contains(patient)) {
                let is_team = kind == "CareTeam";
                let body = if is_team {
                    only(&body, TEAM)
                } else {
                    plain(&body)
                };
                facts.add(kind, body, Some(patient));
            }
        }
    }
    Ok(())
}

/// What a device shows at the door; a device that is out of service shows nothing.
fn shown(hospital: &Hospital, body: &Value) -> Result<Vec<HandedCredential>, RecordError> {
    let Some(device) = id(body).and_then(|id| DeviceId::new(id).ok()) else {
        return Ok(Vec::new());
    };
    let found = hospital.devices.kept.shown_by(&device);
    let found = found.map_err(|error| RecordError::Store(error.into()))?;
    let shown = found.into_iter().map(|credential| HandedCredential {
        device: device.clone(),
        credential,
    });
    Ok(shown.collect())
}

/// The package of the version of the profile that a device is read by, where it did not come with the program.
fn profile_of(hospital: &Hospital, body: &Value) -> Option<Digest> {
    let device = hospital.devices.find(&DeviceId::new(id(body)?).ok()?)?;
    let profile = &device.profile;
    let shipped = hospital.devices.profiles().get(&profile.id);
    if shipped.is_some_and(|shipped| shipped.version == profile.version) {
        return None;
    }
    let packages = hospital.upgrades.packages().into_iter();
    let mut its = packages.filter(|(_, one)| {
        let manifest = &one.package.manifest;
        manifest.contents == Contents::Profile
            && manifest.profile == profile.id
            && manifest.version == profile.version.to_string()
    });
    its.next().map(|(id, _)| id)
}

/// Duties for these locations, or for everywhere, now or to come.
async fn on_duty(
    hospital: &Hospital,
    permit: &Permit,
    named: &BTreeSet<String>,
    facts: &mut Facts,
) -> Result<(), RecordError> {
    let now = clock::now();
    for body in all_of(hospital, permit, "PractitionerRole", None).await? {
        let duties = duties(&body, &BTreeMap::new(), hospital.config.time_zone.rules());
        let is_here = |duty: &&Duty| {
            let mut places = duty.places.iter();
            let is_over = duty.until.is_some_and(|until| until < now);
            !is_over && (duty.places.is_empty() || places.any(|place| named.contains(place)))
        };
        if let Some(duty) = duties.iter().find(is_here) {
            facts.until = facts.until.into_iter().chain(duty.until).min();
            facts.add("PractitionerRole", plain(&body), None);
        }
    }
    Ok(())
}

/// The accounts of those who have a duty. What else somebody is in the hospital is no duty.
fn accounts_of(
    hospital: &Hospital,
    people: &BTreeSet<ActorId>,
) -> Result<Vec<HandedPerson>, RecordError> {
    let store = |error: anyhow::Error| RecordError::Store(error.into());
    let accounts = hospital.accounts.list().map_err(store)?.into_iter();
    let mut found = Vec::new();
    for actor in accounts.filter(|actor| people.contains(&actor.id)) {
        let treats = actor.roles.iter().filter(|role| TREATS.contains(role));
        let roles: BTreeSet<Role> = treats.copied().collect();
        let password = hospital.accounts.password_of(&actor.id).map_err(store)?;
        if let Some(password) = password.filter(|_| !roles.is_empty()) {
            found.push(HandedPerson {
                id: actor.id,
                name: actor.name,
                roles,
                password,
            });
        }
    }
    Ok(found)
}

fn id(body: &Value) -> Option<&str> {
    body.get("id")?.as_str()
}

/// What lies within these locations, and that with all that they lie within themselves, up to their wards.
fn places_of(all: &[Value], wanted: &[String]) -> (BTreeSet<String>, BTreeSet<String>) {
    let by_id: BTreeMap<&str, &Value> = all
        .iter()
        .filter_map(|body| Some((id(body)?, body)))
        .collect();
    let path = |from: &str| {
        let mut path = vec![from.to_owned()];
        let mut at = from.to_owned();
        while let Some(body) = by_id.get(at.as_str())
            && path.len() <= DEEPEST
            && kind_of(body) != Some("wa")
            && let Some(parent) = referred(body, "/partOf/reference", "Location")
        {
            path.push(parent.clone());
            at = parent;
        }
        path
    };
    // A ward may itself lie within what is wanted.
    let above = |from: &str| {
        let mut path = vec![from.to_owned()];
        while let Some(parent) = path
            .last()
            .and_then(|at| by_id.get(at.as_str()))
            .and_then(|body| referred(body, "/partOf/reference", "Location"))
            && path.len() <= DEEPEST
        {
            path.push(parent);
        }
        path
    };
    let mut within = BTreeSet::new();
    let mut named = BTreeSet::new();
    for id in by_id.keys() {
        if above(id).iter().any(|place| wanted.contains(place)) {
            within.insert((*id).to_owned());
            named.extend(path(id));
        }
    }
    (within, named)
}

fn is_stay_within(encounter: &Value, within: &BTreeSet<String>) -> bool {
    let stays = encounter.get("location").and_then(Value::as_array);
    let is_there = |stay: &Value| {
        let status = stay.get("status").and_then(Value::as_str);
        let place = referred(stay, "/location/reference", "Location");
        status.is_none_or(|status| status == "active")
            && place.is_some_and(|place| within.contains(&place))
    };
    encounter.get("status").and_then(Value::as_str) == Some("in-progress")
        && stays.is_some_and(|stays| stays.iter().any(is_there))
}

/// These fields of a resource.
fn only(body: &Value, fields: &[&str]) -> Value {
    let taken = fields
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())));
    Value::Object(taken.collect::<Map<_, _>>())
}

/// A resource without what its record says of its version: only by whom it was written.
fn plain(body: &Value) -> Value {
    let mut body = body.clone();
    let tag = body.pointer("/meta/tag").cloned();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("meta");
        if let Some(tag) = tag {
            fields.insert("meta".to_owned(), json!({"tag": tag}));
        }
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(id: &str, kind: &str, within: Option<&str>) -> Value {
        let mut body = json!({
            "resourceType": "Location", "id": id, "physicalType": {"coding": [{"code": kind}]},
        });
        if let (Some(within), Some(fields)) = (within, body.as_object_mut()) {
            let parent = json!({"reference": format!("Location/{within}")});
            fields.insert("partOf".to_owned(), parent);
        }
        body
    }

    #[test]
    fn only_what_lies_within_its_locations_belongs_to_an_edge() {
        let all = [
            place("site", "si", None),
            place("w1", "wa", Some("site")),
            place("r1", "ro", Some("w1")),
            place("b1", "bd", Some("r1")),
            place("b2", "bd", Some("w1")),
            place("w2", "wa", Some("site")),
            place("b3", "bd", Some("w2")),
            place("round", "ro", Some("round")),
        ];
        let of = |wanted: &str| {
            let (within, named) = places_of(&all, &[wanted.to_owned()]);
            let text = |set: BTreeSet<String>| set.into_iter().collect::<Vec<_>>().join(" ");
            (text(within), text(named))
        };
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(of("w1"), pair("b1 b2 r1 w1", "b1 b2 r1 w1"));
        // The ward of a room is told with it, not what else is in that ward.
        assert_eq!(of("r1"), pair("b1 r1", "b1 r1 w1"));
        assert_eq!(of("site").0, "b1 b2 b3 r1 site w1 w2");
        assert_eq!(of("nowhere"), pair("", ""));
        assert_eq!(of("round").0, "round");
    }

    #[test]
    fn tags_of_staff_and_things_are_heard_at_every_edge_and_those_of_patients_where_they_lie() {
        let mut facts = Facts::default();
        let tag = |id: &str, carrier: &str| {
            let carried = json!({
                "url": "urn:yuanyi:carried-by", "valueReference": {"reference": carrier},
            });
            json!({"id": id, "extension": [carried]})
        };
        let stands = |id: &str, place: &str| json!({"id": id, "location": {"reference": format!("Location/{place}")}});
        let measures = |id: &str, patient: &str| json!({"id": id, "patient": {"reference": format!("Patient/{patient}")}});
        let stays = |id: &str, patient: &str, place: &str| {
            let mut body = measures(id, patient);
            body["location"] = json!({"reference": format!("Location/{place}")});
            body
        };
        let devices = vec![
            tag("tag-of-nurse", "Practitioner/nurse"),
            tag("tag-of-another", "Practitioner/another"),
            tag("tag-of-pump", "Device/pump"),
            tag("tag-of-bed", "Device/bed-of-another-ward"),
            tag("tag-of-patient", "Patient/p"),
            tag("tag-of-another-patient", "Patient/q"),
            stands("pump", "w"),
            stands("bed-of-another-ward", "other"),
            measures("monitor", "p"),
            measures("monitor-of-another", "q"),
            stays("monitor-that-q-left", "q", "b"),
            stays("monitor-of-another-in-the-ward", "q", "w"),
            json!({"id": "in-no-place"}),
        ];
        let within = BTreeSet::from(["w".to_owned(), "b".to_owned()]);
        let beds = BTreeSet::from(["b".to_owned()]);
        let patients = BTreeSet::from([PatientId::new("p").unwrap()]);
        facts.add_devices(devices, (&within, &beds), &patients);
        let devices = facts
            .resources
            .iter()
            .filter(|one| one.key.kind == "Device");
        let mut ids: Vec<_> = devices.map(|one| one.key.id.as_str()).collect();
        ids.sort_unstable();
        let wanted = [
            "monitor",
            "monitor-that-q-left",
            "pump",
            "tag-of-another",
            "tag-of-bed",
            "tag-of-nurse",
            "tag-of-patient",
            "tag-of-pump",
        ];
        assert_eq!(ids, wanted);
    }

    #[test]
    fn of_a_patient_no_more_is_told_than_a_ward_needs() {
        let patient = json!({
            "resourceType": "Patient", "id": "p", "meta": {"versionId": "3"}, "birthDate": "1960-01-01",
            "name": [{"text": "赵敏"}], "identifier": [{"value": "110101196001011234"}],
            "telecom": [{"value": "13800000000"}], "address": [{"text": "x"}],
        });
        let told = only(&patient, PATIENT);
        let expected = json!({
            "resourceType": "Patient", "id": "p", "birthDate": "1960-01-01", "name": [{"text": "赵敏"}],
        });
        assert_eq!(told, expected);
        let tagged = json!({"id": "d", "meta": {"versionId": "3", "tag": [{"code": "x"}]}});
        let told = plain(&tagged);
        assert_eq!(told, json!({"id": "d", "meta": {"tag": [{"code": "x"}]}}));
    }
}
