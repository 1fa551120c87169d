//! Teaching cases: a patient's case without its patient, for a round of trainees.
//!
//! What is asked and what is said of the patient is fixed when the case is made, and sealed; it holds no words of
//! anybody. Images are de-identified copies, made when they are read, by the machinery of research and under a key
//! of the case's own: two cases of one patient cannot be laid side by side.

use std::collections::{BTreeMap, BTreeSet};

use dicom::deidentify::Options;
use knowledge::{Answer, AnswerValue, Answers};
use policy::{Action, Object};
use record::Instance;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use teaching::{Attempt, CaseFacts, Posed};
use twin::timeline::Version;
use vocabulary::{ActorId, Digest, PatientId, ProjectId, Timestamp, Uid};

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    research::{
        Project, copies,
        facts::{self, Found, Kind, New},
    },
};

/// A teaching case, as it is kept.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Case {
    /// Its name in addresses.
    pub id: ProjectId,
    /// Who made it.
    pub teacher: ActorId,
    /// Who may answer it.
    pub trainees: BTreeSet<ActorId>,
    /// When it was made.
    pub made: Timestamp,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Whose case it is; told to nobody.
    pub patient: PatientId,
    /// The images, by their own UIDs, in the order of their places; told to nobody.
    pub objects: Vec<Uid>,
    /// Distance of rows and of columns, so that a trainee can measure; absent where the images do not say.
    pub pixel_mm: Option<[f64; 2]>,
    /// Whether the teacher has looked at the pixels and vouches for them.
    pub pixels_vouched_for: bool,
    /// What is said of the patient.
    pub facts: CaseFacts,
    /// What is asked, with the answers.
    pub posed: Vec<Posed>,
}

impl Case {
    /// The case as the policies see it.
    fn object(&self) -> Object {
        Object::Project {
            project: self.id.clone(),
            members: self.trainees.clone(),
            custodians: BTreeSet::from([self.teacher.clone()]),
        }
    }

    /// The case as the machinery of copies sees it.
    pub fn project(&self) -> Project {
        Project {
            id: self.id.clone(),
            title: String::new(),
            members: self.trainees.clone(),
            custodians: BTreeSet::from([self.teacher.clone()]),
            options: Options {
                shift_dates: true,
                ..Options::default()
            },
        }
    }

    /// What the patient is called here.
    pub fn pseudonym(&self, hospital: &Hospital) -> String {
        let key = self.project().key(hospital);
        key.pseudonym(self.patient.as_str())
    }

    /// Whether this account may know of it.
    pub fn is_for(&self, who: &ActorId) -> bool {
        self.closed.is_none() && (self.trainees.contains(who) || self.teacher == *who)
    }
}

fn case_key(id: &ProjectId) -> String {
    format!("case-{id}")
}

fn attempt_key(case: &ProjectId, who: &ActorId) -> String {
    let digest = Digest::of(format!("{case}\n{who}").as_bytes()).to_string();
    let short: String = digest.chars().take(32).collect();
    format!("attempt-{short}")
}

/// Keeps a case: a new one where `after` is 0.
pub async fn keep(
    hospital: &Hospital,
    actor: &ActorId,
    case: &Case,
    after: u64,
) -> Result<(), Problem> {
    let new = New {
        kind: Kind::TeachingCase,
        id: case_key(&case.id),
        project: &case.id,
        // A case that named its patient here would be found by who may search for them.
        subject: None,
        content: case,
        after,
    };
    let fact = facts::fact(hospital, &new)?;
    facts::commit(hospital, actor, vec![fact]).await
}

/// The cases that this account may know of. Who refuses research teaches nobody either.
pub async fn cases(hospital: &Hospital, who: &ActorId) -> Result<Vec<Case>, Problem> {
    let refused = copies::refusals(hospital).await?;
    let all = facts::all::<Case>(hospital, Kind::TeachingCase, None).await?;
    let own = all.into_iter().map(|found| found.content);
    Ok(own
        .filter(|case| case.is_for(who) && !refused.contains(&case.patient))
        .collect())
}

/// A case for somebody whom the policies let read it; one that is not there is refused like one that is closed to
/// them.
pub async fn case(hospital: &Hospital, caller: &Caller, id: &str) -> Result<Found<Case>, Problem> {
    let refused = || Problem::forbidden("there is no such case, or it is not for you");
    let id = ProjectId::new(id.to_owned()).map_err(|_| refused())?;
    let found = facts::get::<Case>(hospital, &case_key(&id)).await?;
    let found = found.ok_or_else(refused)?;
    let object = found.content.object();
    let permit = hospital.permit(caller, Action::ReadTeaching, &object).await;
    permit.map_err(|problem| {
        if problem.status() == axum::http::StatusCode::FORBIDDEN {
            refused()
        } else {
            problem
        }
    })?;
    let refusals = copies::refusals(hospital).await?;
    if found.content.closed.is_some() || refusals.contains(&found.content.patient) {
        return Err(refused());
    }
    Ok(found)
}

/// What somebody answered, if they did.
pub async fn attempt_of(
    hospital: &Hospital,
    case: &ProjectId,
    who: &ActorId,
) -> Result<Option<Attempt>, Problem> {
    let found = facts::get::<Attempt>(hospital, &attempt_key(case, who)).await?;
    Ok(found.map(|found| found.content))
}

/// What all answered.
pub async fn attempts(hospital: &Hospital, case: &ProjectId) -> Result<Vec<Attempt>, Problem> {
    let all = facts::all::<Attempt>(hospital, Kind::TeachingAttempt, Some(case)).await?;
    Ok(all.into_iter().map(|found| found.content).collect())
}

/// Keeps the one attempt that somebody has.
pub async fn keep_attempt(
    hospital: &Hospital,
    case: &ProjectId,
    attempt: &Attempt,
) -> Result<(), Problem> {
    let new = New {
        kind: Kind::TeachingAttempt,
        id: attempt_key(case, &attempt.by),
        project: case,
        subject: None,
        content: attempt,
        after: 0,
    };
    let fact = facts::fact(hospital, &new)?;
    facts::commit(hospital, &attempt.by, vec![fact]).await
}

/// The answers that the record holds: what it knows by itself, over it what people answered in questionnaires, the
/// newest last, and over that what the teacher says. Each in its question's own kind: other words are left out.
pub fn answers(
    known: Answers,
    versions: &[Version],
    said: &BTreeMap<String, AnswerValue>,
) -> Answers {
    let mut answers = known;
    let newest = |version: &&Version| {
        let same = |other: &&Version| other.kind == version.kind && other.id == version.id;
        let last = versions.iter().filter(same).map(|one| one.version).max();
        version.kind == "QuestionnaireResponse" && last == Some(version.version)
    };
    for response in versions.iter().filter(newest) {
        let items = response.body.as_ref().and_then(|body| body.get("item"));
        for item in items.and_then(Value::as_array).into_iter().flatten() {
            let name = item.get("linkId").and_then(Value::as_str);
            let value = item.pointer("/answer/0").and_then(Value::as_object);
            let value = value.and_then(|value| value.values().next().cloned());
            let value = value.and_then(|value| serde_json::from_value::<AnswerValue>(value).ok());
            if let (Some(name), Some(value)) = (name, value) {
                answers.insert(name.to_owned(), Answer::new(value));
            }
        }
    }
    for (name, value) in said {
        answers.insert(name.clone(), Answer::new(value.clone()));
    }
    let taken = answers.into_iter().filter_map(|(name, answer)| {
        let value = knowledge::inputs().get(&name)?.take(&name, &answer).ok()?;
        Some((name, Answer::new(value)))
    });
    taken.collect()
}

/// Distance of rows and of columns in millimetres.
pub fn pixel_mm(image: &Instance) -> Option<[f64; 2]> {
    let value = |n: usize| {
        image
            .attributes
            .pointer(&format!("/00280030/Value/{n}"))?
            .as_f64()
    };
    Some([value(0)?, value(1)?])
}

/// The images of a series in the order of their places, from the feet upwards.
pub fn in_place(mut images: Vec<Instance>) -> Vec<Instance> {
    let place = |image: &Instance| {
        let position = image.attributes.pointer("/00200032/Value/2");
        position.and_then(Value::as_f64).unwrap_or_default()
    };
    images.sort_by(|a, b| place(a).total_cmp(&place(b)));
    images
}
