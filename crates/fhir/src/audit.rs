use policy::{Action, Decision, Object};
use serde_json::{Value, json};
use vocabulary::{ActorId, DeviceId, Timestamp};

use crate::json::set;

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const INTERACTION: &str = "http://hl7.org/fhir/restful-interaction";
const ENTITY_TYPE: &str = "http://terminology.hl7.org/CodeSystem/audit-entity-type";
const ENTITY_ROLE: &str = "http://terminology.hl7.org/CodeSystem/object-role";
const ALERT: (&str, &str) = ("110113", "Security Alert");
const EXPORT: (&str, &str) = ("110106", "Export");
/// The namespace of account names.
pub(crate) const ACCOUNT: &str = "urn:yuanyi:account";

/// A decision about access, as an `AuditEvent`.
pub fn audit_event(decision: &Decision, at: Timestamp) -> Value {
    let (code, display, interaction, letter) = event(decision);
    let mut subtype = vec![coding("urn:yuanyi:action", decision.action.as_str(), None)];
    subtype.extend(interaction.map(|code| coding(INTERACTION, code, None)));
    // Where the hospital itself works, `because` says in words for what.
    let policies: Vec<String> = decision
        .because
        .iter()
        .map(|id| {
            let id: String = id
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || "-_.#".contains(c) {
                        c
                    } else {
                        '-'
                    }
                })
                .collect();
            format!("urn:yuanyi:policy:{id}")
        })
        .collect();
    let mut agent = agent(decision.actor.as_str());
    if !policies.is_empty() {
        set(&mut agent, "policy", json!(policies));
    }
    json!({
        "resourceType": "AuditEvent",
        "type": coding(DICOM, code, Some(display)),
        "subtype": subtype,
        "action": letter,
        "recorded": at.to_string(),
        "outcome": if decision.granted { "0" } else { "4" },
        "outcomeDesc": if decision.granted { "granted" } else { "refused" },
        "agent": [agent],
        "source": source(),
        "entity": entities(&decision.object),
    })
}

/// A sign-in, or a failed attempt at one, as an `AuditEvent`.
pub fn sign_in_event(user: &str, succeeded: bool, at: Timestamp) -> Value {
    // What is typed into the name field may be a password; only what can be an account is kept.
    let name = ActorId::new(user).map_or_else(|_| "unknown".to_owned(), String::from);
    json!({
        "resourceType": "AuditEvent",
        "type": coding(DICOM, "110114", Some("User Authentication")),
        "subtype": [coding(DICOM, "110122", Some("Login"))],
        "action": "E",
        "recorded": at.to_string(),
        "outcome": if succeeded { "0" } else { "4" },
        "agent": [agent(&name)],
        "source": source(),
    })
}

/// What somebody did about a device's credentials, or asked of it, as an `AuditEvent`; `with` tells one token,
/// certificate or command from others, and opens nothing.
pub fn device_event(
    actor: &ActorId,
    device: &DeviceId,
    act: &str,
    with: Option<(&str, &str)>,
    at: Timestamp,
) -> Value {
    let mut entity = json!({
        "what": {"reference": format!("Device/{device}")},
        "type": coding(ENTITY_TYPE, "2", Some("System Object")),
    });
    if let Some((kind, value)) = with {
        let detail = json!([{"type": kind, "valueString": value}]);
        set(&mut entity, "detail", detail);
    }
    let act = ("urn:yuanyi:device-act", act, false);
    done(ALERT, act, (agent(actor.as_str()), json!([entity])), at)
}

/// What was done to an account or one of its tokens at the hospital's own machine, by a user of that machine, as an
/// `AuditEvent`; `token` tells one token from others, and opens nothing.
pub fn account_event(
    user: &str,
    act: &str,
    (whom, token): (&ActorId, Option<&str>),
    at: Timestamp,
) -> Value {
    let mut of = account(whom);
    if let Some(token) = token {
        let detail = json!([{"type": "token", "valueString": token}]);
        set(&mut of, "detail", detail);
    }
    let act = ("urn:yuanyi:account-act", act, false);
    done(
        ALERT,
        act,
        (json!({"altId": user, "requestor": true}), json!([of])),
        at,
    )
}

/// What became of somebody's licence to practise in virtual rooms, as an `AuditEvent`.
pub fn licence_event(actor: &ActorId, did: &str, whom: &ActorId, at: Timestamp) -> Value {
    let act = ("urn:yuanyi:licence-act", did, did == "exam-failed");
    done(
        ALERT,
        act,
        (agent(actor.as_str()), json!([account(whom)])),
        at,
    )
}

/// That somebody came on duty on a ward or went off, as an `AuditEvent`: `actor` said so.
pub fn duty_event(
    actor: &ActorId,
    did: &str,
    (whom, ward): (&ActorId, &str),
    at: Timestamp,
) -> Value {
    let mut of = account(whom);
    let detail = json!([{"type": "location", "valueString": ward}]);
    set(&mut of, "detail", detail);
    let act = ("urn:yuanyi:duty-act", did, false);
    done(ALERT, act, (agent(actor.as_str()), json!([of])), at)
}

/// What became of a call to somebody that went to the hospital's message gateway, as an `AuditEvent`: never by which
/// address. `call` tells it from others, and opens nothing for anybody else.
pub fn call_event(
    actor: &ActorId,
    did: &str,
    (whom, call): (&ActorId, &str),
    at: Timestamp,
) -> Value {
    let mut called = account(whom);
    let detail = json!([{"type": "call", "valueString": call}]);
    set(&mut called, "detail", detail);
    let act = ("urn:yuanyi:call-act", did, did == "refused");
    done(EXPORT, act, (agent(actor.as_str()), json!([called])), at)
}

/// What somebody did, of a kind of DICOM's audit vocabulary: an act within a code system and whether it failed, who did
/// it, and what it is about.
fn done(
    (code, display): (&str, &str),
    (system, act, failed): (&str, &str, bool),
    (who, about): (Value, Value),
    at: Timestamp,
) -> Value {
    json!({
        "resourceType": "AuditEvent",
        "type": coding(DICOM, code, Some(display)),
        "subtype": [coding(system, act, None)],
        "action": "E",
        "recorded": at.to_string(),
        "outcome": if failed { "4" } else { "0" },
        "agent": [who],
        "source": source(),
        "entity": about,
    })
}

/// An account as what an event is about.
fn account(whom: &ActorId) -> Value {
    json!({
        "what": {"identifier": {"system": ACCOUNT, "value": whom.as_str()}, "display": whom.as_str()},
        "type": coding(ENTITY_TYPE, "1", Some("Person")),
    })
}

/// An act by which somebody keeps order in a room, as an `AuditEvent`: `did` is what was done, to `whom`, in a
/// `room` of a hospital that is asked about as an object.
pub fn order_event(
    actor: &ActorId,
    (did, whom): (&str, &ActorId),
    room: &Object,
    at: Timestamp,
) -> Value {
    let mut about = entities(room);
    if let Some(about) = about.as_array_mut() {
        about.push(account(whom));
    }
    let act = ("urn:yuanyi:room-order", did, false);
    done(ALERT, act, (agent(actor.as_str()), about), at)
}

/// A step of a recording of a room, or what was done with the recording, as an `AuditEvent`.
pub fn recording_event(actor: &ActorId, did: &str, room: &Object, at: Timestamp) -> Value {
    let kind = match did {
        "exported" => EXPORT,
        "replayed" => ("110110", "Patient Record"),
        "searched" => ("110112", "Query"),
        _ => ALERT,
    };
    let act = ("urn:yuanyi:room-recording", did, false);
    done(kind, act, (agent(actor.as_str()), entities(room)), at)
}

/// Code and display of DICOM's audit vocabulary, FHIR's interaction, and the action's letter.
fn event(
    decision: &Decision,
) -> (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
) {
    let many = matches!(decision.object, Object::Everyone);
    match decision.action {
        Action::ReadRecord | Action::ReadImaging | Action::ReadWorklist if many => {
            ("110112", "Query", Some("search-type"), "E")
        }
        Action::ReadRecord | Action::ReadWorklist => {
            ("110110", "Patient Record", Some("read"), "R")
        }
        Action::WriteRecord | Action::GrantAccess | Action::ReportOwn | Action::AnswerAlert => {
            ("110110", "Patient Record", Some("update"), "U")
        }
        Action::ReadImaging | Action::ReadResearch | Action::ReadTeaching => {
            ("110103", "DICOM Instances Accessed", None, "R")
        }
        Action::StoreImaging => ("110104", "DICOM Instances Transferred", None, "C"),
        Action::DeleteImaging => ("110105", "DICOM Study Deleted", None, "D"),
        Action::ReadLedger => ("110101", "Audit Log Used", None, "R"),
        Action::Administer | Action::MaintainDevices | Action::ReviewSanctions => {
            ("110113", "Security Alert", None, "U")
        }
        Action::ReleaseToResearch | Action::ReleaseToTeaching => ("110106", "Export", None, "R"),
        // Who stands behind a pseudonym is what the pseudonym is there to hide; where people were, staff too, is told to
        // nobody else.
        Action::OpenIdentity | Action::TraceContacts => ("110113", "Security Alert", None, "E"),
        Action::RequestConsult
        | Action::InviteExpert
        | Action::EnterRoom
        | Action::Vote
        | Action::Sign => ("110110", "Patient Record", None, "E"),
        // Figures name no patient; that somebody asked for them is kept all the same.
        Action::ReadFigures => ("110112", "Query", None, "R"),
    }
}

fn coding(system: &str, code: &str, display: Option<&str>) -> Value {
    let mut coding = json!({"system": system, "code": code});
    if let Some(display) = display {
        set(&mut coding, "display", json!(display));
    }
    coding
}

fn agent(account: &str) -> Value {
    json!({
        "who": {"identifier": {"system": ACCOUNT, "value": account}, "display": account},
        "requestor": true,
    })
}

fn source() -> Value {
    json!({"observer": {"display": "Yuanyi"}})
}

fn entities(object: &Object) -> Value {
    let patient = |id: &vocabulary::PatientId| {
        json!({
            "what": {"reference": format!("Patient/{id}")},
            "type": coding(ENTITY_TYPE, "1", Some("Person")),
            "role": coding(ENTITY_ROLE, "1", Some("Patient")),
        })
    };
    let system_object = |name: String| json!({"type": coding(ENTITY_TYPE, "2", Some("System Object")), "name": name});
    match object {
        Object::Patient(id) => json!([patient(id)]),
        Object::Room {
            room,
            patient: Some(id),
        } => {
            json!([patient(id), system_object(format!("room {room}"))])
        }
        Object::Room {
            room,
            patient: None,
        } => json!([system_object(format!("room {room}"))]),
        Object::Project { project, .. } => {
            json!([system_object(format!("research project {project}"))])
        }
        Object::Everyone => json!([system_object("search over all patients".to_owned())]),
        Object::Hospital => json!([system_object("hospital".to_owned())]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{patient_of, validate};

    #[test]
    fn every_decision_makes_a_well_formed_event_about_its_patient() {
        let patient = vocabulary::PatientId::new("p").unwrap();
        let room = vocabulary::RoomId::new("r").unwrap();
        let objects = [
            (Object::Patient(patient.clone()), true),
            (
                Object::Room {
                    room: room.clone(),
                    patient: Some(patient.clone()),
                },
                true,
            ),
            (
                Object::Room {
                    room,
                    patient: None,
                },
                false,
            ),
            (
                Object::Project {
                    project: vocabulary::ProjectId::new("lung").unwrap(),
                    members: [ActorId::new("a").unwrap()].into(),
                    custodians: [].into(),
                },
                false,
            ),
            (Object::Everyone, false),
            (Object::Hospital, false),
        ];
        for action in Action::ALL {
            for (object, has_patient) in &objects {
                let decision = Decision {
                    actor: ActorId::new("li.terminal").unwrap(),
                    action,
                    object: object.clone(),
                    granted: *has_patient,
                    because: vec!["care-team-record".to_owned(), "fill the index".to_owned()],
                };
                let event = audit_event(&decision, Timestamp(0));
                assert_eq!(validate(&event), [], "{event}");
                assert_eq!(patient_of(&event), has_patient.then(|| patient.clone()));
                assert_eq!(event["outcome"], if *has_patient { "0" } else { "4" });
            }
        }
        let (actor, device) = (ActorId::new("a").unwrap(), DeviceId::new("ox-1").unwrap());
        let with = Some(("token", "ab12"));
        let event = device_event(&actor, &device, "give-token", with, Timestamp(0));
        assert_eq!(validate(&event), vec![]);
        let event = licence_event(&actor, "exam-passed", &actor, Timestamp(0));
        assert_eq!(validate(&event), vec![]);
        let event = duty_event(&actor, "come", (&actor, "ward"), Timestamp(0));
        assert_eq!(validate(&event), vec![]);
        let event = sign_in_event("my password 123!", false, Timestamp(0));
        assert_eq!(validate(&event), []);
        assert!(!event.to_string().contains("password"));
    }
}
