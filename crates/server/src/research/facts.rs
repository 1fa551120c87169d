//! Facts of research in the record: `Basic` resources whose content is sealed.
//!
//! The seal hides the content from those who may read resources of nobody in particular, and keeps it from
//! being forged or put back to an older version through the FHIR door: it is bound to the resource's id and
//! version, and only this hospital's key opens it.

use record::{
    Batch, Match, NewFact, Precondition, ResourceKey, ResourceQuery, ResourceVersion, Term,
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use vocabulary::{ActorId, PatientId, ProjectId};

use crate::{hospital::Hospital, http::Problem};

const KIND: &str = "urn:yuanyi:research";
const PROJECT: &str = "urn:yuanyi:research:project";
const SEALED: &str = "urn:yuanyi:research:sealed";

/// What a fact is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A research project.
    Project,
    /// A study that was released to a project.
    Release,
    /// Who stands behind a pseudonym.
    Identity,
    /// A request to find that out.
    Opening,
    /// Who stands behind a pseudonym in a room.
    RoomIdentity,
    /// A request to find that out.
    RoomOpening,
    /// A teaching case.
    TeachingCase,
    /// What somebody answered to one.
    TeachingAttempt,
}

impl Kind {
    fn code(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Release => "release",
            Self::Identity => "identity",
            Self::Opening => "opening",
            Self::RoomIdentity => "room-identity",
            Self::RoomOpening => "room-opening",
            Self::TeachingCase => "teaching-case",
            Self::TeachingAttempt => "teaching-attempt",
        }
    }
}

/// A fact with what names it.
pub struct Found<T> {
    /// The resource's id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// Whom it is about.
    pub subject: Option<PatientId>,
    /// What it says.
    pub content: T,
}

/// A fact to be kept.
pub struct New<'a, T> {
    /// What it is.
    pub kind: Kind,
    /// Its resource's id.
    pub id: String,
    /// The project that it belongs to.
    pub project: &'a ProjectId,
    /// Whom it is about.
    pub subject: Option<&'a PatientId>,
    /// What it says.
    pub content: &'a T,
    /// The version that it replaces; 0 where there is none.
    pub after: u64,
}

/// Makes the fact ready for a commit.
pub fn fact<T: Serialize>(
    hospital: &Hospital,
    new: &New<'_, T>,
) -> Result<(NewFact, Precondition), Problem> {
    let content = serde_json::to_vec(new.content).map_err(|error| Problem::internal(&error))?;
    let seal = hospital.keys.escrow();
    let sealed = seal.close(&place(&new.id, new.after + 1), &content);
    let mut body = json!({
        "resourceType": "Basic",
        "id": new.id,
        "extension": [{"url": SEALED, "valueBase64Binary": sealed}],
        "code": {"coding": [
            {"system": KIND, "code": new.kind.code()},
            {"system": PROJECT, "code": new.project.as_str()},
        ]},
    });
    if let (Some(subject), Some(body)) = (new.subject, body.as_object_mut()) {
        let reference = json!({"reference": format!("Patient/{subject}")});
        body.insert("subject".to_owned(), reference);
    }
    let fact = NewFact::PutResource {
        key: key(&new.id),
        subject: new.subject.cloned(),
        body,
    };
    Ok((fact, Precondition::Version(new.after)))
}

/// Commits facts together.
pub async fn commit(
    hospital: &Hospital,
    actor: &ActorId,
    facts: Vec<(NewFact, Precondition)>,
) -> Result<(), Problem> {
    let actor = actor.clone();
    hospital.record.commit(Batch { actor, facts }).await?;
    Ok(())
}

/// One fact by its id.
pub async fn get<T: DeserializeOwned>(
    hospital: &Hospital,
    id: &str,
) -> Result<Option<Found<T>>, Problem> {
    let permit = hospital.finding().await?;
    let found = hospital.record.resource(permit, &key(id), None).await?;
    Ok(found.and_then(|version| open(hospital, version)))
}

/// All facts of a kind, of one project or of all.
pub async fn all<T: DeserializeOwned>(
    hospital: &Hospital,
    kind: Kind,
    project: Option<&ProjectId>,
) -> Result<Vec<Found<T>>, Problem> {
    const PAGE: usize = 500;
    let code = |system: &str, code: &str| Term {
        parameter: "code".to_owned(),
        any_of: vec![Match::Token {
            system: Some(system.to_owned()),
            code: Some(code.to_owned()),
        }],
    };
    let mut terms = vec![code(KIND, kind.code())];
    terms.extend(project.map(|project| code(PROJECT, project.as_str())));
    let permit = hospital.finding().await?;
    let mut rows = Vec::new();
    loop {
        let query = ResourceQuery {
            kind: "Basic".to_owned(),
            terms: terms.clone(),
            sort: vec![record::Sort {
                parameter: "_id".to_owned(),
                descending: false,
            }],
            limit: PAGE,
            offset: rows.len(),
        };
        let page = hospital.record.search(permit, &query).await?;
        let is_last = page.rows.len() < PAGE;
        rows.extend(page.rows);
        if is_last {
            break;
        }
    }
    Ok(rows
        .into_iter()
        .filter_map(|version| open(hospital, version))
        .collect())
}

/// Opens a fact; one that this hospital did not seal is none.
fn open<T: DeserializeOwned>(hospital: &Hospital, found: ResourceVersion) -> Option<Found<T>> {
    let body = found.body?;
    let sealed = body.pointer("/extension/0/valueBase64Binary")?.as_str()?;
    let place = place(&found.key.id, found.version);
    let Ok(content) = hospital.keys.escrow().open(&place, sealed) else {
        tracing::error!("a research fact in the record was not sealed by this hospital");
        return None;
    };
    Some(Found {
        content: serde_json::from_slice(&content).ok()?,
        id: found.key.id,
        version: found.version,
        subject: found.subject,
    })
}

fn key(id: &str) -> ResourceKey {
    ResourceKey {
        kind: "Basic".to_owned(),
        id: id.to_owned(),
    }
}

fn place(id: &str, version: u64) -> String {
    format!("research Basic/{id}/{version}")
}
