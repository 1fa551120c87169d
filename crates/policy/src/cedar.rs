//! Puts a question into Cedar's words. Names are those of `policies/schema.cedarschema`.

use std::collections::{BTreeSet, HashSet};

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Request, RestrictedExpression,
};
use vocabulary::{ActorId, PatientId, ProjectId, RoomId};

use crate::{Action, Actor, Relations, Role};

/// What is asked for, as the policies see it.
#[derive(Clone, Copy)]
pub(crate) enum Resource<'a> {
    Patient(&'a PatientId),
    Room(&'a RoomId, Option<&'a PatientId>),
    Project {
        project: &'a ProjectId,
        members: &'a BTreeSet<ActorId>,
        custodians: &'a BTreeSet<ActorId>,
    },
    Hospital,
    OwnPatients,
    ConsentingPatients,
    AllPatients,
}

impl<'a> Resource<'a> {
    pub(crate) fn patient(&self) -> Option<&'a PatientId> {
        match self {
            Self::Patient(patient) => Some(patient),
            Self::Room(_, patient) => *patient,
            _ => None,
        }
    }

    fn uid(&self) -> Option<EntityUid> {
        match self {
            Self::Patient(patient) => uid("Patient", patient.as_str()),
            Self::Room(room, _) => uid("Room", room.as_str()),
            Self::Project { project, .. } => uid("Project", project.as_str()),
            Self::Hospital => uid("Hospital", "hospital"),
            Self::OwnPatients => uid("OwnPatients", "own"),
            Self::ConsentingPatients => uid("ConsentingPatients", "consenting"),
            Self::AllPatients => uid("AllPatients", "all"),
        }
    }
}

/// The groups that roles form, from the outermost in: a group and what is directly in it.
const GROUPS: [(&str, &[&str]); 5] = [
    (
        "member",
        &[
            "sees-patients",
            "manager",
            "researcher",
            "trainee",
            "technician",
            "admin",
            "system",
        ],
    ),
    (
        "application-entity",
        &["imaging-source", "imaging-reader", "worklist-reader"],
    ),
    ("sees-patients", &["care-giver", "patient"]),
    ("care-giver", &["doctor", "nurse"]),
    ("doctor", &["expert", "terminal-doctor"]),
];

/// The request, or nothing where a name is none to Cedar.
pub(crate) fn request(actor: &Actor, action: Action, resource: &Resource<'_>) -> Option<Request> {
    Request::new(
        uid("Actor", actor.id.as_str())?,
        uid("Action", action.as_str())?,
        resource.uid()?,
        Context::empty(),
        None,
    )
    .ok()
}

/// The actor with roles and relations, and the room. Where only some patients are `concerned`, the
/// relations to others are left out: they can decide nothing and there may be thousands.
pub(crate) fn entities(
    actor: &Actor,
    relations: &Relations,
    resource: &Resource<'_>,
    concerned: Option<&[&PatientId]>,
) -> Option<Entities> {
    let set = |patients: &BTreeSet<PatientId>| -> Option<RestrictedExpression> {
        let kept: Vec<&PatientId> = match concerned {
            Some(concerned) => concerned
                .iter()
                .filter(|p| patients.contains(**p))
                .copied()
                .collect(),
            None => patients.iter().collect(),
        };
        let uids: Option<Vec<_>> = kept.into_iter().map(patient_expression).collect();
        Some(RestrictedExpression::new_set(uids?))
    };
    let mut attributes = vec![
        ("careTeam".to_owned(), set(&relations.care_team)?),
        ("invited".to_owned(), set(&relations.invited)?),
        ("accompanies".to_owned(), set(&relations.accompanies)?),
        (
            "refusedConsent".to_owned(),
            set(&relations.refused_consent)?,
        ),
        (
            "licence".to_owned(),
            RestrictedExpression::new_string(relations.licence.as_str().to_owned()),
        ),
    ];
    if let Some(patient) = &actor.patient {
        attributes.push(("patient".to_owned(), patient_expression(patient)?));
    }
    let roles: Option<Vec<_>> = actor
        .roles
        .iter()
        .map(|role| uid("Role", role.as_str()))
        .collect();
    let mut all = role_entities()?;
    all.push(Entity::new_with_tags(uid("Actor", actor.id.as_str())?, attributes, roles?, []).ok()?);
    if let Resource::Room(_, patient) = resource {
        let patient = patient.map(patient_expression);
        let attributes = match patient {
            Some(expression) => vec![("patient".to_owned(), expression?)],
            None => Vec::new(),
        };
        all.push(Entity::new_with_tags(resource.uid()?, attributes, [], []).ok()?);
    }
    if let Resource::Project {
        members,
        custodians,
        ..
    } = resource
    {
        let attributes = [
            ("members".to_owned(), actors(members)?),
            ("custodians".to_owned(), actors(custodians)?),
        ];
        all.push(Entity::new_with_tags(resource.uid()?, attributes, [], []).ok()?);
    }
    Entities::from_entities(all, None).ok()
}

fn actors(ids: &BTreeSet<ActorId>) -> Option<RestrictedExpression> {
    let uids: Option<Vec<_>> = ids
        .iter()
        .map(|id| {
            Some(RestrictedExpression::new_entity_uid(uid(
                "Actor",
                id.as_str(),
            )?))
        })
        .collect();
    Some(RestrictedExpression::new_set(uids?))
}

fn role_entities() -> Option<Vec<Entity>> {
    let names = Role::ALL
        .iter()
        .map(|role| role.as_str())
        .chain(GROUPS.iter().map(|group| group.0));
    names
        .map(|name| {
            let parents: Option<HashSet<EntityUid>> = GROUPS
                .iter()
                .filter(|(_, members)| members.contains(&name))
                .map(|(group, _)| uid("Role", group))
                .collect();
            Some(Entity::new_no_attrs(uid("Role", name)?, parents?))
        })
        .collect()
}

fn patient_expression(patient: &PatientId) -> Option<RestrictedExpression> {
    Some(RestrictedExpression::new_entity_uid(uid(
        "Patient",
        patient.as_str(),
    )?))
}

fn uid(kind: &str, id: &str) -> Option<EntityUid> {
    let kind: EntityTypeName = kind.parse().ok()?;
    Some(EntityUid::from_type_name_and_id(kind, EntityId::new(id)))
}
