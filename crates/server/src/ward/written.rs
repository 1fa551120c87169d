//! What people write down at the beds of an edge, and which devices they connect there: told to the cloud in the order of
//! its journal, and kept there once.
//! And what is written down in the cloud about who lies in these beds, as far as somebody must know it who judges there.

use std::collections::BTreeSet;

use policy::Permit;
use record::{
    Batch, Entry, FactBody, NewFact, Precondition, RecordError, ResourceKey, mark_written_by,
    written_by,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use vocabulary::{ActorId, PatientId};

use super::{
    State, Ward,
    charted::{OBSERVATION, charted},
    heard::FROM_HOME,
    referred,
};
use crate::{
    devices::{self, said_by},
    edge::NotTaken,
    hospital::{Hospital, hospital_actor},
    vitals,
};

const KIND: &str = "Observation";
/// What an observation is that was written down by mistake.
const TAKEN_BACK: &str = "entered-in-error";
const DEVICE: &str = "Device";
/// What was written down at an edge is tagged by this in the cloud, and changed there alone.
const AT_EDGE: &str = "edge";
/// What was written down in the cloud by hand is tagged by this at an edge. It is corrected there, and taken back at
/// either end.
const IN_CLOUD: &str = "cloud";
/// What was written down at another edge, or in the cloud by a device or a program, is tagged by this at an edge, and
/// changed where it was written down alone.
const ELSEWHERE: &str = "elsewhere";
/// What is handed to an edge of an observation.
const HANDED: &[&str] = &[
    "resourceType",
    "id",
    "status",
    "category",
    "code",
    "subject",
    "performer",
    "effectiveDateTime",
    "effectiveInstant",
    "effectivePeriod",
    "valueQuantity",
    "valueBoolean",
    "valueString",
    "component",
];
/// The tag that says at which edge, and in which entry of its journal.
const ENTRY: &str = "urn:yuanyi:edge-entry";

/// An observation that somebody wrote down at an edge, or a device as somebody connected it there.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// The entry of the edge's journal that holds it.
    pub sequence: u64,
    /// Its id.
    pub id: String,
    /// Whom it is about; nobody where a device was disconnected.
    pub patient: Option<PatientId>,
    /// It.
    pub body: Value,
}

impl Written {
    /// What an entry of the journal holds, where somebody wrote it down in their own name, or took back what another
    /// had. What devices and other systems measured goes out as readings, or is the edge's own.
    pub fn of(entry: &Entry) -> Option<Self> {
        let FactBody::Resource { key, body, .. } = &entry.fact.body else {
            return None;
        };
        let body = body.as_ref()?;
        let by = entry.actor.as_str();
        let is_theirs = match key.kind.as_str() {
            KIND => {
                let is_own = author(body)? == by && is_by_hand(body);
                let is_ended = is_taken_back(body) && may_be_taken_back(body);
                entry.fact.subject.is_some() && (is_own || is_ended)
            }
            DEVICE => said_by(body) == Some(by),
            _ => false,
        };
        is_theirs.then(|| Self {
            sequence: entry.sequence,
            id: key.id.clone(),
            patient: entry.fact.subject.clone(),
            body: body.clone(),
        })
    }

    /// What somebody deleted: where it was written down by hand, the cloud hears that it was entered in error. What the
    /// cloud hands down no more it has ended itself.
    pub async fn deleted(
        hospital: &Hospital,
        permit: &Permit,
        entry: &Entry,
    ) -> Result<Option<Self>, RecordError> {
        let FactBody::Resource {
            key,
            version,
            body: None,
        } = &entry.fact.body
        else {
            return Ok(None);
        };
        if key.kind != KIND || *version < 2 || entry.actor == hospital_actor() {
            return Ok(None);
        }
        let before = hospital.record.resource(permit, key, Some(version - 1));
        Ok(before.await?.and_then(|before| {
            let patient = before.subject?;
            Some(Self {
                sequence: entry.sequence,
                id: key.id.clone(),
                body: as_taken_back(before.body?, &patient)?,
                patient: Some(patient),
            })
        }))
    }

    /// Whether it says whose values a device measures.
    pub fn is_device(&self) -> bool {
        self.body.get("resourceType").and_then(Value::as_str) == Some(DEVICE)
    }

    /// Why it is not what somebody wrote down about this patient.
    fn fault(&self) -> Option<&'static str> {
        let text = |name: &str| self.body.get(name).and_then(Value::as_str);
        let about = referred(&self.body, "/subject/reference", "Patient");
        if text("resourceType") != Some(KIND) || text("id") != Some(&self.id) {
            return Some("take something else than an observation");
        }
        if about.is_none() || about.as_deref() != self.patient.as_ref().map(PatientId::as_str) {
            return Some("take an observation of one patient about another");
        }
        let is_theirs = is_by_hand(&self.body) || self.ends_anothers();
        let is_signed = author(&self.body).is_some() && is_theirs;
        (!is_signed).then_some("find who wrote it down")
    }

    /// Whether it takes back what was written down in the cloud.
    fn ends_anothers(&self) -> bool {
        is_taken_back(&self.body) && written_by(&self.body) == Some(IN_CLOUD)
    }

    /// It as a fact of this hospital.
    fn fact(self, edge: &ActorId) -> NewFact {
        let mut body = self.body;
        if let Some(fields) = body.as_object_mut() {
            fields.remove("meta");
            mark_written_by(fields, AT_EDGE);
        }
        if let Some(Value::Array(tags)) = body.pointer_mut("/meta/tag") {
            let entry = self.sequence.to_string();
            tags.push(json!({"system": ENTRY, "code": edge, "version": entry}));
        }
        NewFact::PutResource {
            key: ResourceKey {
                kind: KIND.to_owned(),
                id: self.id,
            },
            subject: self.patient,
            body,
        }
    }
}

pub(super) fn author(body: &Value) -> Option<String> {
    referred(body, "/performer/0/reference", "Practitioner")
}

fn is_taken_back(body: &Value) -> bool {
    body.get("status").and_then(Value::as_str) == Some(TAKEN_BACK)
}

/// Whether somebody wrote it down here by hand. An edge that has lost its data has that from the cloud again.
pub(super) fn is_by_hand(body: &Value) -> bool {
    let is_here = match written_by(body) {
        None => true,
        Some(by) => by == AT_EDGE && entry_of(body).is_none(),
    };
    is_here && body.get("device").is_none()
}

/// Whether who treats may take it back here: it was written down here, or in the cloud, by hand.
pub(super) fn may_be_taken_back(body: &Value) -> bool {
    is_by_hand(body) || written_by(body) == Some(IN_CLOUD)
}

/// At which edge an observation of this hospital was written down, and in which entry of its journal.
fn entry_of(body: &Value) -> Option<(&str, u64)> {
    let tags = body.pointer("/meta/tag")?.as_array()?;
    let is_entry = |tag: &&Value| tag.get("system").and_then(Value::as_str) == Some(ENTRY);
    let tag = tags.iter().find(is_entry)?;
    let text = |name: &str| tag.get(name)?.as_str();
    Some((text("code")?, text("version")?.parse().ok()?))
}

/// An observation that somebody wrote down here, or in the cloud of this edge, by hand about this patient, as one that was
/// entered in error. None where it is another's, a device's or a program's, or was taken back before.
pub fn as_taken_back(mut body: Value, patient: &PatientId) -> Option<Value> {
    let about = referred(&body, "/subject/reference", "Patient");
    let status = body.get_mut("status")?;
    if about.as_deref() != Some(patient.as_str()) || status.as_str() == Some(TAKEN_BACK) {
        return None;
    }
    *status = json!(TAKEN_BACK);
    (author(&body).is_some() && may_be_taken_back(&body)).then_some(body)
}

/// At which edge an observation was written down; none: here.
pub(super) fn edge_of(body: &Value) -> Option<ActorId> {
    let (edge, _) = entry_of(body).filter(|_| written_by(body) == Some(AT_EDGE))?;
    ActorId::new(edge).ok()
}

impl State {
    /// The observations on which the watches of the beds within these locations stand, by whom they are about.
    pub fn written_within(&self, locations: &[String]) -> BTreeSet<(PatientId, String)> {
        let mut found = BTreeSet::new();
        for (id, bed) in &self.beds {
            let Some(patient) = bed.patient.as_ref() else {
                continue;
            };
            if !self.places.is_within(id, locations) {
                continue;
            }
            let values = bed.sources.values().map(|source| &source.device);
            let written = values.chain(bed.answered.values());
            let ids = written.filter_map(|of| of.strip_prefix(OBSERVATION));
            found.extend(ids.map(|id| (patient.clone(), id.to_owned())));
        }
        found
    }

    /// An edge works for these locations from now on: what was written down at other beds is judged here again.
    pub(super) fn leave_only(&mut self, edge: &ActorId, locations: &[String]) {
        let its = self.written_within(locations).into_iter();
        let its: BTreeSet<String> = its.map(|(_, id)| format!("{OBSERVATION}{id}")).collect();
        self.by_edge
            .retain(|of, by| by != edge || !of.starts_with(OBSERVATION) || its.contains(of));
        if let Some(has) = self.left_to.get_mut(edge) {
            has.retain(|of| its.contains(of));
        }
    }

    /// What an edge has no more is judged here again.
    fn leave_to(&mut self, edge: &ActorId, has: BTreeSet<String>) {
        let had = self.left_to.remove(edge).unwrap_or_default();
        self.by_edge
            .retain(|of, by| by != edge || !had.contains(of) || has.contains(of));
        let known = has.iter().map(|of| (of.clone(), edge.clone()));
        self.by_edge.extend(known);
        self.left_to.insert(edge.clone(), has);
    }
}

impl Ward {
    /// An edge has these observations: what they mean together with what it measures, it judges itself.
    pub fn leave_to(&self, edge: &ActorId, observations: impl Iterator<Item = String>) {
        let has = observations.map(|id| format!("{OBSERVATION}{id}"));
        self.state.lock().leave_to(edge, has.collect());
    }
}

/// What of these observations an edge must know that judges alone: what people and other systems wrote down here. What
/// devices measure comes to it as readings, and what patients measure at home is judged by nobody at a bed.
pub async fn written_for(
    hospital: &Hospital,
    permit: &Permit,
    edge: &ActorId,
    observations: &BTreeSet<(PatientId, String)>,
) -> Result<Vec<(PatientId, Value)>, RecordError> {
    let rules = hospital.ward.look(|state| state.rules.clone());
    let mut found = Vec::new();
    for (patient, id) in observations {
        let key = ResourceKey {
            kind: KIND.to_owned(),
            id: id.clone(),
        };
        let Some(version) = hospital.record.resource(permit, &key, None).await? else {
            continue;
        };
        let Some(body) = version
            .body
            .filter(|body| !charted(body, &rules).is_empty())
        else {
            continue;
        };
        let is_for_it = !matches!(written_by(&body), Some(vitals::WRITTEN_BY | FROM_HOME));
        if is_for_it && version.subject.as_ref() == Some(patient) {
            found.push((patient.clone(), handed(&body, edge)));
        }
    }
    Ok(found)
}

fn handed(body: &Value, edge: &ActorId) -> Value {
    let written_at = match edge_of(body) {
        Some(of) if of == *edge => AT_EDGE,
        None if is_by_hand(body) => IN_CLOUD,
        _ => ELSEWHERE,
    };
    let fields = HANDED
        .iter()
        .filter_map(|name| Some(((*name).to_owned(), body.get(*name)?.clone())));
    let mut fields: Map<String, Value> = fields.collect();
    mark_written_by(&mut fields, written_at);
    Value::Object(fields)
}

/// Whether an observation stays as it is at this edge, whatever the cloud hands down: it was written down here. What was
/// is known to the cloud too, for an edge that has lost it.
pub fn stays_as_written(here: Option<&Value>, handed: &Value) -> bool {
    match here {
        Some(here) => written_by(here) != written_by(handed),
        // It was deleted here.
        None => written_by(handed) == Some(AT_EDGE),
    }
}

/// Takes what people wrote down at an edge: all is on disk once this returns, but for what is answered. What came
/// before is known by its place in the edge's journal.
pub async fn take_written(
    hospital: &Hospital,
    permit: &Permit,
    edge: &ActorId,
    told: Vec<Written>,
) -> Result<Vec<NotTaken>, RecordError> {
    let _turn = hospital.ward.writing.lock().await;
    let mut refused = Vec::new();
    for (index, written) in told.into_iter().enumerate() {
        if written.is_device() {
            let entry = (written.id.as_str(), written.sequence);
            let taken = devices::take_said(hospital, edge, entry, &written.body).await?;
            refused.extend(taken.map(|why| NotTaken { index, why }));
            continue;
        }
        let key = ResourceKey {
            kind: KIND.to_owned(),
            id: written.id.clone(),
        };
        let known = hospital.record.resource(permit, &key, None).await?;
        let known = known.and_then(|version| version.body);
        // An edge that has lost its data counts its entries from the beginning again.
        let ends = is_taken_back(&written.body) && !known.as_ref().is_some_and(is_taken_back);
        let before = known.as_ref().map(entry_of);
        if let Some(Some((of, sequence))) = before
            && of == edge.as_str()
            && sequence >= written.sequence
            && !ends
        {
            continue;
        }
        let is_anothers =
            before.is_some_and(|before| before.is_none_or(|(of, _)| of != edge.as_str()));
        let is_over = known.as_ref().is_some_and(is_taken_back);
        if is_anothers && is_over && written.ends_anothers() {
            continue;
        }
        let patient = written.patient.as_ref().map_or("", PatientId::as_str);
        // What was written down here by hand may be taken back there, and stays as it was written.
        let ends = |known| as_taken_back(known, written.patient.as_ref()?);
        let ended = known.filter(|_| is_anothers && written.ends_anothers());
        let ended = ended.and_then(ends);
        let why = if is_anothers && ended.is_none() {
            Some("change what was not written down at this edge")
        } else if !hospital.was_given(edge, "Patient", patient).await? {
            Some("find the patient among those of this edge")
        } else {
            written.fault()
        };
        if let Some(why) = why {
            let why = why.to_owned();
            refused.push(NotTaken { index, why });
            continue;
        }
        let fact = match ended {
            None => written.fact(edge),
            Some(body) => NewFact::PutResource {
                key,
                subject: written.patient,
                body,
            },
        };
        let batch = Batch {
            actor: edge.clone(),
            facts: vec![(fact, Precondition::None)],
        };
        hospital.record.commit(batch).await?;
    }
    Ok(refused)
}

#[cfg(test)]
mod tests {
    use vocabulary::Timestamp;

    use super::*;
    use crate::ward::places::Lying;

    fn written() -> Written {
        Written {
            sequence: 7,
            id: "o".to_owned(),
            patient: PatientId::new("p").ok(),
            body: json!({
                "resourceType": KIND, "id": "o", "meta": {"versionId": "1"},
                "subject": {"reference": "Patient/p"},
                "performer": [{"reference": "Practitioner/nurse"}],
            }),
        }
    }

    #[test]
    fn what_is_kept_says_at_which_edge_and_in_which_entry_it_was_written_down() {
        let edge = ActorId::new("edge-1").unwrap();
        let NewFact::PutResource { key, subject, body } = written().fact(&edge) else {
            panic!("it is written");
        };
        assert_eq!((key.id.as_str(), subject), ("o", PatientId::new("p").ok()));
        assert_eq!(written_by(&body), Some(AT_EDGE));
        assert_eq!(entry_of(&body), Some(("edge-1", 7)));
        assert_eq!(entry_of(&written().body), None);
    }

    #[test]
    fn what_was_written_down_at_an_edge_stays_there_whatever_the_cloud_hands_down() {
        let [edge, other] = ["edge-1", "edge-2"].map(|id| ActorId::new(id).unwrap());
        let NewFact::PutResource { body: kept, .. } = written().fact(&edge) else {
            panic!("it is written");
        };
        let (own, anothers) = (handed(&kept, &edge), handed(&kept, &other));
        assert_eq!(written_by(&own), Some(AT_EDGE));
        assert_eq!(written_by(&anothers), Some(ELSEWHERE));
        assert_eq!(edge_of(&own), None, "it is judged where it is handed to");
        let here = written().body;
        assert!(stays_as_written(Some(&here), &own));
        assert!(stays_as_written(None, &own), "it was deleted here");
        // What is the cloud's comes and goes as the cloud says.
        assert!(!stays_as_written(Some(&anothers), &anothers));
        assert!(!stays_as_written(None, &anothers));
    }

    #[test]
    fn an_edge_that_has_lost_its_data_takes_back_what_was_written_down_there_and_nobody_else_does()
    {
        let [edge, other] = ["edge-1", "edge-2"].map(|id| ActorId::new(id).unwrap());
        let mut told = written();
        told.body["status"] = json!("final");
        let NewFact::PutResource { body: kept, .. } = told.fact(&edge) else {
            panic!("it is written");
        };
        let patient = PatientId::new("p").unwrap();
        let taken_back = as_taken_back(handed(&kept, &edge), &patient).unwrap();
        assert!(is_taken_back(&taken_back));
        let up = Written {
            body: taken_back,
            ..written()
        };
        assert_eq!(up.fault(), None);
        assert!(as_taken_back(handed(&kept, &other), &patient).is_none());
        assert!(as_taken_back(kept, &patient).is_none(), "in the cloud");
    }

    #[test]
    fn what_was_written_down_in_the_cloud_is_taken_back_at_an_edge_and_not_changed_there() {
        let edge = ActorId::new("edge-1").unwrap();
        let mut kept = written().body;
        kept["status"] = json!("final");
        let mut here = handed(&kept, &edge);
        assert_eq!(written_by(&here), Some(IN_CLOUD));
        let goes_up = |body: &Value| {
            let entry = json!({
                "sequence": 7, "at": "2026-11-26T08:00:00Z", "actor": "nurse", "salt": "00",
                "fact": {"subject": "p", "body": FactBody::Resource {
                    key: ResourceKey { kind: KIND.to_owned(), id: "o".to_owned() },
                    version: 2,
                    body: Some(body.clone()),
                }},
            });
            Written::of(&serde_json::from_value(entry).unwrap())
        };
        here["valueBoolean"] = json!(true);
        assert_eq!(goes_up(&here), None);
        let patient = PatientId::new("p").unwrap();
        let taken_back = as_taken_back(here, &patient).unwrap();
        let up = goes_up(&taken_back).unwrap();
        assert!(up.ends_anothers() && up.fault().is_none());
        // What a device or a system measured there is nobody's to take back.
        let mut measured = kept.clone();
        measured["device"] = json!({"reference": "Device/d"});
        kept["performer"] = json!([{"reference": "Organization/laboratory"}]);
        for body in [measured, kept] {
            assert!(as_taken_back(handed(&body, &edge), &patient).is_none());
        }
    }

    #[test]
    fn what_was_written_down_at_an_edge_is_judged_there_as_long_as_it_works_for_the_bed() {
        let edge = ActorId::new("edge-1").unwrap();
        let NewFact::PutResource { body, .. } = written().fact(&edge) else {
            panic!("it is written");
        };
        let patient = PatientId::new("p").unwrap();
        for (works_for, is_judged_there) in [("bed", true), ("other", false)] {
            let mut state = State::one_bed(Timestamp(0), |places| {
                places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                    id: patient.clone(),
                    name: String::new(),
                    birth_date: None,
                    sex: None,
                });
            });
            let works_for = vec![works_for.to_owned()];
            state.works_for.insert(edge.clone(), works_for);
            // As the program reads it when it starts anew, too.
            state.chart(&patient, "o", &body, Timestamp(i64::MAX));
            let is_known = state.by_edge.contains_key("Observation/o");
            assert_eq!(is_known, is_judged_there);
        }
    }

    #[test]
    fn what_an_edge_has_no_more_is_judged_here_again() {
        let [edge, other] = ["edge-1", "edge-2"].map(|id| ActorId::new(id).unwrap());
        let mut state = State::one_bed(vocabulary::Timestamp(0), |_| {});
        let of = |ids: &[&str]| ids.iter().map(|id| format!("{OBSERVATION}{id}")).collect();
        state.by_edge.insert("monitor".to_owned(), edge.clone());
        state.leave_to(&edge, of(&["a", "b", "c"]));
        state.leave_to(&other, of(&["b"]));
        state.leave_to(&edge, of(&["c"]));
        let known = state.by_edge.iter();
        let known: Vec<_> = known.map(|(of, by)| (of.as_str(), by.as_str())).collect();
        let expected = [
            ("Observation/b", "edge-2"),
            ("Observation/c", "edge-1"),
            ("monitor", "edge-1"),
        ];
        assert_eq!(known, expected);
    }

    #[test]
    fn a_device_goes_up_as_who_stands_at_its_bed_connected_it_and_not_as_it_was_handed_down() {
        let goes_up = |by: &str, actor: &str| {
            let said = json!({"reference": format!("Practitioner/{by}")});
            let mut body = json!({
                "resourceType": DEVICE, "id": "d",
                "extension": [{"url": "urn:yuanyi:device-connected-by", "valueReference": said}],
            });
            mark_written_by(body.as_object_mut().unwrap(), "devices");
            let entry = json!({
                "sequence": 7, "at": "2026-11-26T08:00:00Z", "actor": actor, "salt": "00",
                "fact": {"body": FactBody::Resource {
                    key: ResourceKey { kind: DEVICE.to_owned(), id: "d".to_owned() },
                    version: 1,
                    body: Some(body),
                }},
            });
            Written::of(&serde_json::from_value(entry).unwrap())
        };
        let up = goes_up("nurse", "nurse").unwrap();
        assert_eq!((up.id.as_str(), up.patient), ("d", None));
        assert_eq!(goes_up("nurse", "hospital"), None);
    }

    #[test]
    fn only_what_somebody_wrote_down_about_the_patient_is_taken() {
        assert_eq!(written().fault(), None);
        for (path, value) in [
            ("resourceType", json!("Condition")),
            ("id", json!("other")),
            ("subject", json!({"reference": "Patient/q"})),
            ("performer", json!([{"reference": "Patient/p"}])),
            ("device", json!({"reference": "Device/d"})),
            (
                "meta",
                json!({"tag": [{"system": record::WRITTEN_BY, "code": "ward"}]}),
            ),
        ] {
            let mut odd = written();
            odd.body[path] = value;
            assert!(odd.fault().is_some(), "{path}");
        }
    }
}
