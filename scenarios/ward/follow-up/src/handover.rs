//! Who answers for a follow-up changes while it goes on: another first or second person, with a reason. Who is let in
//! to see the patient changes with it, and an alert that stands is theirs.

use policy::{Action, Object};
use record::{NewFact, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::json;
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{
    alert::{handed_over, said},
    course::{Course, FollowUp, Versioned},
    facts::{self, own},
    open::must_be_doctor,
    referral,
};

/// A change of who answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handover {
    pub at: Timestamp,
    pub by: Person,
    pub reason: String,
    /// Who was told first until then.
    pub first: Person,
    /// Who was told as well until then, where somebody was named.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second: Option<Person>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    first: ActorId,
    #[serde(default)]
    second: Option<ActorId>,
    reason: String,
}

/// `POST courses/{id}/handover`: names who is told from now on. Whoever is named and does not treat the patient is a
/// doctor, and is let in by one who may grant that.
pub async fn post(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let reason = said(&wish.reason, "交接的原因", "why it is handed over")?;
    let actor = &request.actor;
    let object = Object::Patient(course.patient.clone());
    context.permit(actor, Action::WriteRecord, &object).await?;
    course.must_be_active()?;
    if wish.second.as_ref() == Some(&wish.first) {
        return Err(Problem::invalid(
            "第二人须是另一个人",
            "the second person is another than the first",
        ));
    }
    let was = &course.course;
    if wish.first == was.first.id && wish.second.as_ref() == was.second.as_ref().map(|one| &one.id)
    {
        return Err(Problem::out_of_order(
            "已经由他们负责",
            "it is theirs already",
        ));
    }
    let first = named(context, course, &wish.first).await?;
    let second = match &wish.second {
        Some(id) => Some(named(context, course, id).await?),
        None => None,
    };
    let told: Vec<Person> = [Some(&first), second.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    let mut guests = told.clone();
    guests.retain(|one| !has(&course.team, &one.id));
    let known = course.let_in.as_ref();
    let known = known.map_or(&[][..], |known| known.of.as_slice());
    if guests.iter().any(|one| !has(known, &one.id)) {
        context.permit(actor, Action::GrantAccess, &object).await?;
    }
    let by = Person::from(actor);
    let mut new = vec![changed(
        course,
        (&first, second),
        &by,
        reason,
        context.now(),
    )];
    new.extend(lets_in(context, course, &by, &guests));
    if let Some(open) = course.open_alert() {
        let was = [Some(&was.first), was.second.as_ref()];
        let mut goes: Vec<&ActorId> = was.into_iter().flatten().map(|one| &one.id).collect();
        goes.retain(|id| !has(&told, id));
        let fact = handed_over(course, &open.of, &first, &goes, context.now());
        new.push((fact, open.unchanged()));
    }
    new.extend(referral::taken_over(course, &told, context.now()));
    facts::commit(context, &actor.id, new).await?;
    // Those who were told and those who are; the patient reads who their doctor is.
    context.notify(Topic::Waiting, &course.id, &[]);
    context.notify(Topic::Case, &course.id, &[]);
    Ok(())
}

/// The plan with who answers from now on, and with who did before.
fn changed(
    course: &FollowUp,
    (first, second): (&Person, Option<Person>),
    by: &Person,
    reason: String,
    at: Timestamp,
) -> (NewFact, Precondition) {
    let mut handovers = course.course.handovers.clone();
    handovers.push(Handover {
        at,
        by: by.clone(),
        reason,
        first: course.course.first.clone(),
        second: course.course.second.clone(),
    });
    let changed = Course {
        first: first.clone(),
        second,
        handovers,
        ..course.course.clone()
    };
    let mut body = course.body.of.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("extension".to_owned(), own(&changed));
    }
    let fact = facts::put(facts::plan_key(&course.id), &course.patient, body);
    (fact, course.body.unchanged())
}

fn has(people: &[Person], id: &ActorId) -> bool {
    people.iter().any(|one| one.id == *id)
}

async fn named(context: &dyn Context, course: &FollowUp, id: &ActorId) -> Result<Person, Problem> {
    match course.team.iter().find(|one| one.id == *id) {
        Some(one) => Ok(one.clone()),
        None => must_be_doctor(context, id).await,
    }
}

/// What lets nobody but these see the patient from now on; none where nobody is let in and nobody was.
pub fn lets_in(
    context: &dyn Context,
    course: &FollowUp,
    by: &Person,
    people: &[Person],
) -> Option<(NewFact, Precondition)> {
    let known = course.let_in.as_ref();
    // One that ends still says whom it let in.
    let (people, status) = match known {
        _ if !people.is_empty() => (people, "active"),
        Some(known) if !known.of.is_empty() => (known.of.as_slice(), "completed"),
        _ => return None,
    };
    let fact = request(
        context,
        (course.id.as_str(), &course.patient),
        by,
        people,
        status,
    );
    let version = known.map_or(0, |known| known.version);
    Some((fact, Precondition::Version(version)))
}

/// Lets people see the patient as long as it is active: see the policies.
pub fn request(
    context: &dyn Context,
    (course, patient): (&str, &PatientId),
    by: &Person,
    people: &[Person],
    status: &str,
) -> NewFact {
    let performers: Vec<_> = people.iter().map(Person::reference).collect();
    let body = json!({
        "basedOn": facts::based_on(course),
        "status": status,
        "intent": "order",
        "code": {"text": "Told of alerts from home"},
        "subject": facts::patient(patient),
        "authoredOn": context.now(),
        "requester": by.reference(),
        "performer": performers,
    });
    facts::put(facts::second_key(course), patient, body)
}

/// Whom such a request lets in now.
pub fn let_in(row: &record::ResourceVersion) -> Option<Versioned<Vec<Person>>> {
    let body = row.body.as_ref()?;
    let is_active = scenario::text(body, "/status")? == "active";
    let performers = body.get("performer")?.as_array()?.iter();
    let people = performers
        .filter(|_| is_active)
        .filter_map(Person::referred);
    Some(Versioned {
        of: people.collect(),
        version: row.version,
    })
}
