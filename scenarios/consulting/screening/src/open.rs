//! Opening a programme, giving one up, and the programmes that a person may see.

use policy::{Action, Actor, Object, Permit, Role};
use record::{Batch, Match, Precondition, ResourceQuery, Term};
use scenario::{Context, Problem, Request, Topic};
use serde::Deserialize;
use serde_json::json;
use vocabulary::{PatientId, Text};

use crate::{
    deviation, facts,
    programme::{Course, Person, Programme, State},
    step,
};

/// The most programmes that are listed for one person.
const MOST: usize = 200;

/// `POST programmes`.
#[derive(Debug, Deserialize)]
struct Wish {
    patient: PatientId,
}

/// Opens a programme for a patient, or gives the one that is open. The id, and whether it is new.
pub async fn post(context: &dyn Context, request: &Request) -> Result<(String, bool), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(wish.patient.clone());
    let actor = &request.actor;
    context.permit(actor, Action::WriteRecord, &object).await?;
    let permit = context.permit(actor, Action::ReadRecord, &object).await?;
    let twin = context.twin(&permit, &wish.patient).await?;
    let name = twin
        .ok_or_else(Problem::not_found)?
        .name
        .unwrap_or_else(|| "—".to_owned());
    let of_patient = Term {
        parameter: "patient".to_owned(),
        any_of: vec![Match::Reference(format!("Patient/{}", wish.patient))],
    };
    let open = ids(context, &permit, &["draft"], vec![of_patient]).await?;
    if let Some(id) = open.into_iter().next() {
        return Ok((id, false));
    }
    let id = context.new_id();
    let person = Person::from(actor);
    let title = Text::new("肺结节五步（PNapp5A）", "Lung nodule programme (PNapp5A)");
    let body = json!({
        "extension": facts::own(facts::OWN_URI, &Course::default()),
        "instantiatesUri": [facts::PROGRAMME_URI],
        "status": "draft",
        "intent": "plan",
        "category": [{"coding": [{"system": facts::CATEGORY, "code": facts::SCENARIO}]}],
        "title": format!("{} · {}", title.zh, title.en),
        "subject": {"reference": format!("Patient/{}", wish.patient), "display": name},
        "created": context.now(),
        "author": facts::practitioner(&person),
    });
    let fact = facts::put(facts::plan_key(&id), &wish.patient, body);
    let batch = Batch {
        actor: actor.id.clone(),
        facts: vec![(fact, Precondition::Version(0))],
    };
    context.record().commit(batch).await?;
    context.notify(Topic::Waiting, &id, std::slice::from_ref(&actor.id));
    Ok((id, true))
}

/// `POST programmes/{id}/close`.
#[derive(Debug, Deserialize)]
struct Close {
    reason: String,
}

/// Gives a programme up that is not signed, with a reason.
pub async fn close(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
) -> Result<(), Problem> {
    let close: Close = request.body_as()?;
    let reason = deviation::said(&close.reason, "放弃的原因", "why it is given up")?;
    deviation::may_decide(context, programme, request).await?;
    step::must_be_draft(programme)?;
    let mut plan = step::plan(programme)?;
    facts::set(&mut plan, "status", json!("revoked"));
    facts::set(&mut plan, "note", json!([{"text": reason}]));
    let key = facts::plan_key(&programme.id);
    let mut new = vec![facts::put(key, &programme.patient, plan)];
    let orders = programme
        .course
        .arranged
        .as_ref()
        .map_or(0, |arranged| arranged.decisions.len());
    new.extend((0..orders).filter_map(|n| crate::orders::revoked(programme, n)));
    new.extend(crate::orders::referral(programme, None));
    step::commit_with_plan(context, programme, &request.actor.id, new).await
}

/// The programmes in these states that the permit covers, the newest first.
async fn ids(
    context: &dyn Context,
    permit: &Permit,
    states: &[&str],
    terms: Vec<Term>,
) -> Result<Vec<String>, Problem> {
    page(context, permit, states, terms, 0).await
}

async fn page(
    context: &dyn Context,
    permit: &Permit,
    states: &[&str],
    mut terms: Vec<Term>,
    offset: usize,
) -> Result<Vec<String>, Problem> {
    let token = |system: Option<&str>, code: &str| Match::Token {
        system: system.map(str::to_owned),
        code: Some(code.to_owned()),
    };
    terms.push(Term {
        parameter: "category".to_owned(),
        any_of: vec![token(Some(facts::CATEGORY), facts::SCENARIO)],
    });
    terms.push(Term {
        parameter: "status".to_owned(),
        any_of: states.iter().map(|state| token(None, state)).collect(),
    });
    let query = ResourceQuery {
        kind: "CarePlan".to_owned(),
        terms,
        sort: vec![],
        limit: MOST,
        offset,
    };
    let page = context.record().search(permit, &query).await?;
    Ok(page.rows.into_iter().map(|row| row.key.id).collect())
}

/// All programmes that the permit covers, whatever has become of them.
pub async fn all(context: &dyn Context, permit: &Permit) -> Result<Vec<Programme>, Problem> {
    let states = ["draft", "active", "completed", "revoked"];
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let page = page(context, permit, &states, vec![], offset).await?;
        for id in &page {
            found.extend(Programme::find(context, permit, id).await?);
        }
        if page.len() < MOST {
            return Ok(found);
        }
        offset += page.len();
    }
}

/// The programmes that are going on and that this person has to do with, the newest first.
pub async fn going_on(
    context: &dyn Context,
    permit: &Permit,
    actor: &Actor,
) -> Result<Vec<Programme>, Problem> {
    // A patient hears of what is signed; what is being worked on is not theirs to read yet.
    let states: &[&str] = if is_only_patient(actor) {
        &["active", "completed"]
    } else {
        &["draft", "active", "completed"]
    };
    let mut found = Vec::new();
    for id in ids(context, permit, states, vec![]).await? {
        found.extend(Programme::find(context, permit, &id).await?);
    }
    found.retain(|programme| programme.state != State::Revoked);
    Ok(found)
}

/// Whether somebody is here as a patient and not as staff; whoever accompanies others is no staff by that.
pub fn is_only_patient(actor: &Actor) -> bool {
    let mut roles = actor.roles.iter();
    roles.all(|role| matches!(role, Role::Patient | Role::RelatedPerson))
}

/// Whether follow-up is this person's to see to.
pub fn follows_up(actor: &Actor) -> bool {
    let care = [Role::TerminalDoctor, Role::Nurse];
    actor.roles.iter().any(|role| care.contains(role))
}
