//! The research view: projects, what was released to them, and their de-identified copies.
//!
//! Copies are made when they are asked for and are kept nowhere: the same key and options always give the
//! same bytes. Who reads them never gets a permit for a patient; the hospital reads the original with its
//! own, after the policies have permitted the project and the record has the release.

pub mod copies;
pub mod escrow;
pub mod facts;

use std::collections::BTreeSet;

use dicom::deidentify::{Options, ProjectKey};
use policy::{Action, Object};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocabulary::{ActorId, Digest, PatientId, ProjectId, Timestamp, Uid};

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    pseudonyms::Behind,
};
use facts::{Found, Kind, New};

/// Identifiers of facts hold the project's name, so that is short.
const LONGEST_NAME: usize = 32;

/// A research project. What it may see was agreed on when it was made, and does not change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its name in addresses.
    pub id: ProjectId,
    /// What it is about.
    pub title: String,
    /// Who reads its copies.
    pub members: BTreeSet<ActorId>,
    /// Who may, two together, find out who stands behind a pseudonym.
    pub custodians: BTreeSet<ActorId>,
    /// How copies are de-identified.
    #[serde(default)]
    pub options: Options,
}

impl Project {
    /// The project as the policies see it.
    pub fn object(&self) -> Object {
        Object::Project {
            project: self.id.clone(),
            members: self.members.clone(),
            custodians: self.custodians.clone(),
        }
    }

    /// What the project's pseudonyms and UIDs come from.
    pub fn key(&self, hospital: &Hospital) -> ProjectKey {
        ProjectKey::derive(hospital.keys.research(), self.id.as_str())
    }

    fn check(&self) -> Result<(), Problem> {
        let why = if self.id.as_str().len() > LONGEST_NAME {
            "give the project an id of at most 32 letters, digits, `-` and `.`"
        } else if self.title.trim().is_empty() || self.title.chars().count() > 200 {
            "give the project a title of at most 200 characters"
        } else if self.custodians.len() < 2 {
            "name at least two custodians: nobody opens an identity alone"
        } else if !self.members.is_disjoint(&self.custodians) {
            "who works with the copies cannot be a custodian of them"
        } else if self.options.pixels_vouched_for || self.options.retain_uids {
            "vouch for pixels when a study is released, and let UIDs be replaced: they name the patient"
        } else {
            return Ok(());
        };
        Err(Problem::bad_input(why))
    }
}

/// A study that was released to a project: the objects that were there and could be de-identified.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The study, by its own UID.
    pub study: Uid,
    /// Who released it.
    pub by: ActorId,
    /// When.
    pub at: Timestamp,
    /// Whether that person has looked at the pixels and vouches for them.
    pub pixels_vouched_for: bool,
    /// The objects that are released, by their own UIDs.
    pub objects: Vec<Uid>,
    /// Who took the release back, and when.
    pub revoked: Option<(ActorId, Timestamp)>,
}

/// Keeps a new project.
pub async fn found(hospital: &Hospital, caller: &Caller, project: &Project) -> Result<(), Problem> {
    hospital
        .permit(caller, Action::Administer, &Object::Hospital)
        .await?;
    project.check()?;
    let new = New {
        kind: Kind::Project,
        id: format!("project-{}", project.id),
        project: &project.id,
        subject: None,
        content: project,
        after: 0,
    };
    let fact = facts::fact(hospital, &new)?;
    facts::commit(hospital, &caller.actor.id, vec![fact]).await
}

/// All projects.
pub async fn projects(hospital: &Hospital) -> Result<Vec<Project>, Problem> {
    let all = facts::all(hospital, Kind::Project, None).await?;
    Ok(all.into_iter().map(|found| found.content).collect())
}

/// A project, and the caller's permit to do this with it. One that is not there is refused like one that is
/// closed to the caller.
pub async fn project_for(
    hospital: &Hospital,
    caller: &Caller,
    id: &str,
    action: Action,
) -> Result<Project, Problem> {
    let refused = || Problem::forbidden("there is no such project, or you do not take part in it");
    let id = ProjectId::new(id).map_err(|_| refused())?;
    let project = named(hospital, &id).await?.ok_or_else(refused)?;
    hospital
        .permit(caller, action, &project.object())
        .await
        .map_err(|problem| {
            if problem.status() == axum::http::StatusCode::FORBIDDEN {
                refused()
            } else {
                problem
            }
        })?;
    Ok(project)
}

/// A project by its name.
pub async fn named(hospital: &Hospital, id: &ProjectId) -> Result<Option<Project>, Problem> {
    let found = facts::get::<Project>(hospital, &format!("project-{id}")).await?;
    Ok(found.map(|found| found.content))
}

fn release_id(project: &ProjectId, study: &Uid) -> String {
    let digest = Digest::of(format!("{project}\n{study}").as_bytes());
    let short: String = digest.to_string().chars().take(32).collect();
    format!("release-{short}")
}

/// The release of a study to a project, if there was one.
pub async fn release_of(
    hospital: &Hospital,
    project: &ProjectId,
    study: &Uid,
) -> Result<Option<Found<Release>>, Problem> {
    facts::get(hospital, &release_id(project, study)).await
}

/// Keeps a release, and seals who stands behind the pseudonym.
pub async fn keep_release(
    hospital: &Hospital,
    actor: &ActorId,
    project: &Project,
    patient: &PatientId,
    release: &Release,
) -> Result<(), Problem> {
    let before = release_of(hospital, &project.id, &release.study).await?;
    let new = New {
        kind: Kind::Release,
        id: release_id(&project.id, &release.study),
        project: &project.id,
        subject: Some(patient),
        content: release,
        after: before.map_or(0, |found| found.version),
    };
    let mut facts = vec![facts::fact(hospital, &new)?];
    let pseudonym = project.key(hospital).pseudonym(patient.as_str());
    let id = identity_id(hospital, project, &pseudonym);
    if facts::get::<PatientId>(hospital, &id).await?.is_none() {
        let new = New {
            kind: Kind::Identity,
            id,
            project: &project.id,
            subject: None,
            content: patient,
            after: 0,
        };
        facts.push(facts::fact(hospital, &new)?);
    }
    facts::commit(hospital, actor, facts).await
}

/// Where the identity behind a pseudonym lies. The name tells nothing to who has no key.
fn identity_id(hospital: &Hospital, project: &Project, pseudonym: &str) -> String {
    let uid = project.key(hospital).uid(&format!("identity {pseudonym}"));
    format!("identity-{}", uid.as_str().trim_start_matches("2.25."))
}

/// Who stands behind a pseudonym of the project, if it is one.
pub async fn behind(
    hospital: &Hospital,
    project: &Project,
    pseudonym: &str,
) -> Result<Option<Behind>, Problem> {
    let id = identity_id(hospital, project, pseudonym);
    let found = facts::get::<PatientId>(hospital, &id).await?;
    Ok(found.map(|found| Behind {
        patient: found.content,
        account: None,
    }))
}

/// What the patient, and who treats them, can read of an opening: who, when and why, and not the pseudonym. `name`
/// says which one it was.
pub fn opened_event(opening: &escrow::Opening, patient: &PatientId, name: &str) -> record::NewFact {
    let part = |part: &escrow::Part, role: &str| {
        json!({
            "type": {"text": role},
            "who": {"identifier": {"system": "urn:yuanyi:account", "value": part.by}},
            "requestor": role == "asked",
        })
    };
    let detail = |name: &str, part: &escrow::Part| {
        json!({
            "type": name,
            "valueString": format!("{}: {}", part.at, part.reason),
        })
    };
    let confirmed = opening.confirmed.as_ref();
    let agents: Vec<_> = [
        (Some(&opening.requested), "asked"),
        (confirmed, "confirmed"),
    ]
    .into_iter()
    .filter_map(|(who, role)| Some(part(who?, role)))
    .collect();
    let details: Vec<_> = [
        (Some(&opening.requested), "asked"),
        (confirmed, "confirmed"),
    ]
    .into_iter()
    .filter_map(|(who, name)| Some(detail(name, who?)))
    .collect();
    let recorded = confirmed.map_or(opening.requested.at, |part| part.at);
    let body = json!({
        "resourceType": "AuditEvent",
        "type": {
            "system": "http://dicom.nema.org/resources/ontology/DCM",
            "code": "110113",
            "display": "Security Alert",
        },
        "subtype": [{"system": "urn:yuanyi:action", "code": "open-identity"}],
        "action": "E",
        "recorded": recorded.to_string(),
        "outcome": "0",
        "agent": agents,
        "source": {"observer": {"display": "Yuanyi"}},
        "entity": [
            {"what": {"reference": format!("Patient/{patient}")}},
            {
                "name": name,
                "detail": details,
            },
        ],
    });
    record::NewFact::PutResource {
        key: record::ResourceKey {
            kind: "AuditEvent".to_owned(),
            id: uuid::Uuid::now_v7().to_string(),
        },
        subject: Some(patient.clone()),
        body,
    }
}
