//! Asking for a consultation, accepting and declining it, and what waits.

use policy::{Action, Actor, Object, Permit, Role};
use record::{Batch, ImagingLevel, ImagingQuery, Match, Precondition, ResourceQuery, Term};
use scenario::{Called, Context, Named, Problem, Reply, Request, Topic, Waiting, WaitingKind};
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId, RoomId, Uid};

use crate::{
    body::{self, Ask, Ended},
    case::{Case, Invitation, Person, Standing, text},
    facts, invite,
    minutes::{self, Act, Entry},
    outcome, reading, step, view,
};

/// The most open cases that are listed for one person, and requests that nobody has answered, for all.
const MOST_WAITING: usize = 100;
const MOST_ASKED: usize = 1000;

/// `POST requests`: a doctor asks an expert about a patient.
pub async fn request(context: &dyn Context, request: &Request) -> Result<Reply, Problem> {
    let ask: Ask = request.body_as()?;
    let reason = body::said(
        &ask.reason,
        body::SHORT,
        "会诊目的",
        "what you ask the expert",
    )?;
    let actor = &request.actor;
    let object = Object::Patient(ask.patient.clone());
    context
        .permit(actor, Action::RequestConsult, &object)
        .await?;
    let permit = context.permit(actor, Action::ReadRecord, &object).await?;
    let patient_name = patient_name(context, &permit, &ask.patient).await?;
    if let Some(series) = &ask.series {
        series_of(context, actor, &ask.patient, series).await?;
    }
    let expert = expert(context, actor, &ask).await?;

    let id = context.new_id();
    let now = context.now();
    let asking = Person {
        id: actor.id.clone(),
        name: actor.name.clone(),
    };
    let subject = json!({"reference": format!("Patient/{}", ask.patient), "display": patient_name});
    let mut service = json!({
        "instantiatesUri": [facts::SCENARIO_URI],
        "status": "active",
        "intent": "order",
        "code": {"text": "Remote consultation"},
        "subject": subject,
        "authoredOn": now,
        "requester": facts::practitioner(&asking),
        "performer": [facts::practitioner(&expert)],
        "reasonCode": [{"text": reason}],
    });
    if let Some(series) = &ask.series {
        facts::set(
            &mut service,
            "supportingInfo",
            json!([{
                "type": "ImagingStudy",
                "identifier": {"system": "urn:dicom:uid", "value": format!("urn:oid:{series}")},
            }]),
        );
    }
    let task = json!({
        "status": "requested",
        "intent": "order",
        "focus": {"reference": facts::reference(&facts::request_key(&id))},
        "for": subject,
        "authoredOn": now,
        "lastModified": now,
        "requester": facts::practitioner(&asking),
        "owner": facts::practitioner(&expert),
    });
    let new = [
        (facts::request_key(&id), service),
        (facts::task_key(&id), task),
    ];
    let put = |(key, body)| {
        (
            facts::put(key, &ask.patient, body),
            Precondition::Version(0),
        )
    };
    let batch = Batch {
        actor: actor.id.clone(),
        facts: new.into_iter().map(put).collect(),
    };
    context.record().commit(batch).await?;
    context.notify(Topic::Waiting, &id, &[actor.id.clone(), expert.id]);

    let case = Case::find(context, &permit, &id)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(Reply::created(
        view::of(context, &permit, &case, actor).await?,
    ))
}

async fn patient_name(
    context: &dyn Context,
    permit: &Permit,
    patient: &PatientId,
) -> Result<String, Problem> {
    let twin = context
        .twin(permit, patient)
        .await?
        .ok_or_else(Problem::not_found)?;
    Ok(twin.name.unwrap_or_else(|| "—".to_owned()))
}

/// Refuses a series that does not show this patient.
async fn series_of(
    context: &dyn Context,
    actor: &Actor,
    patient: &PatientId,
    series: &Uid,
) -> Result<(), Problem> {
    let object = Object::Patient(patient.clone());
    let permit = context.permit(actor, Action::ReadImaging, &object).await?;
    let query = ImagingQuery {
        subject: Some(patient.clone()),
        series: Some(series.clone()),
        limit: 1,
        ..ImagingQuery::at(ImagingLevel::Series)
    };
    if context
        .record()
        .imaging(&permit, &query)
        .await?
        .rows
        .is_empty()
    {
        return Err(Problem::invalid(
            "该患者没有这一影像序列；请从患者的影像列表中选择",
            "the patient has no such series: choose one from the patient's images",
        ));
    }
    Ok(())
}

async fn expert(context: &dyn Context, actor: &Actor, ask: &Ask) -> Result<Person, Problem> {
    let found = context.account(&ask.expert).await;
    match found.filter(|account| account.roles.contains(&Role::Expert) && account.id != actor.id) {
        Some(account) => Ok(Person {
            id: account.id,
            name: account.name,
        }),
        None => Err(Problem::invalid(
            "没有这位专家，或不能向自己申请会诊；请从专家列表中选择",
            "there is no such expert, or it is you: choose one from the list of experts",
        )),
    }
}

/// `POST cases/{id}/accept`: the expert comes in. Coming again changes nothing.
pub async fn accept(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let place = must_be_asked(context, case, request).await?;
    if place > 1 {
        return invite::accept(context, case, request, place).await;
    }
    match case.invitation {
        Invitation::Accepted => Ok(()),
        Invitation::Open => {
            let actor = &request.actor.id;
            let (by, now) = (case.person(actor)?, context.now());
            let entry = Entry::act(Act::Accepted, "", by, now);
            let new = vec![minutes::noted(case, [entry], now)];
            step::commit(context, case, actor, new, step::TaskChange::GOING_ON).await?;
            Ok(())
        }
        Invitation::Declined | Invitation::Withdrawn | Invitation::Done => step::must_go_on(case),
    }
}

/// `POST cases/{id}/decline`: the expert cannot, and says why.
pub async fn decline(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    let place = must_be_asked(context, case, request).await?;
    if place > 1 {
        return invite::decline(context, case, request, place).await;
    }
    let ended: Ended = request.body_as()?;
    let reason = body::said(&ended.reason, body::SHORT, "谢绝的原因", "why you decline")?;
    if case.invitation != Invitation::Open {
        return Err(Problem::out_of_order(
            "会诊已接受或已结束，不能再谢绝",
            "the consultation was accepted or is over; it can no longer be declined",
        ));
    }
    end(context, case, request, "rejected", &reason).await
}

/// `POST cases/{id}/withdraw`: the doctor who asked takes the request back, so that the expert has no access
/// to the patient any more. What was done until then stays in the record.
pub async fn withdraw(
    context: &dyn Context,
    case: &Case,
    request: &Request,
) -> Result<(), Problem> {
    if case.place_of(&request.actor.id) != Some(0) {
        return Err(Problem::new(
            403,
            "只有申请会诊的医生可以撤回",
            "only the doctor who asked takes the request back",
        ));
    }
    let object = Object::Patient(case.patient.clone());
    context
        .permit(&request.actor, Action::RequestConsult, &object)
        .await?;
    let ended: Ended = request.body_as()?;
    let reason = body::said(
        &ended.reason,
        body::SHORT,
        "撤回的原因",
        "why you take the request back",
    )?;
    match case.invitation {
        Invitation::Open | Invitation::Accepted => {
            end(context, case, request, "cancelled", &reason).await
        }
        Invitation::Declined | Invitation::Withdrawn | Invitation::Done => step::must_go_on(case),
    }
}

async fn end(
    context: &dyn Context,
    case: &Case,
    request: &Request,
    status: &str,
    reason: &str,
) -> Result<(), Problem> {
    let change = step::TaskChange {
        status,
        reason: Some(reason),
        open_until: None,
    };
    let mut new = vec![step::request_with_status(case, "revoked")?];
    new.extend(invite::ended(case, None, context.now()));
    step::commit(context, case, &request.actor.id, new, change).await?;
    Ok(())
}

async fn must_be_asked(
    context: &dyn Context,
    case: &Case,
    request: &Request,
) -> Result<usize, Problem> {
    let place = case.place_of(&request.actor.id);
    let place = place.filter(|place| *place > 0).ok_or_else(|| {
        Problem::new(
            403,
            "只有受邀专家可以接受或谢绝",
            "only the expert who was asked accepts or declines",
        )
    })?;
    let room = RoomId::new(case.id.as_str()).map_err(|_| Problem::not_found())?;
    let object = Object::Room {
        room,
        patient: Some(case.patient.clone()),
    };
    context
        .permit(&request.actor, Action::EnterRoom, &object)
        .await?;
    Ok(place)
}

/// What waits for an actor: invitations, open consultations, plans to be signed.
pub async fn waiting(context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
    let Ok(permit) = reading(context, actor).await else {
        return Ok(Vec::new());
    };
    let mut found: Vec<Waiting> = Vec::new();
    let mut ids = invitations(context, &permit, actor).await?;
    for parameter in ["performer", "requester"] {
        let named = Some((parameter, &actor.id));
        let open = found_in(context, &permit, "ServiceRequest", &["active"], named).await?;
        for (id, body) in open {
            match text(&body, "/instantiatesUri/0").as_deref() {
                Some(facts::SCENARIO_URI) => ids.push(id),
                Some(facts::OUTCOME_URI) => found.extend(outcome::waits(context, &body)),
                _ => {}
            }
        }
    }
    for id in ids {
        let case = Case::find(context, &permit, &id).await?;
        found.extend(case.and_then(|case| waits(&case, actor)));
    }
    found.sort_by_key(|waiting| std::cmp::Reverse(waiting.at));
    Ok(found)
}

/// The cases that somebody was invited to and has not left.
async fn invitations(
    context: &dyn Context,
    permit: &Permit,
    actor: &Actor,
) -> Result<Vec<String>, Problem> {
    let states = ["requested", "in-progress"];
    let named = Some(("owner", &actor.id));
    let found = found_in(context, permit, "Task", &states, named).await?;
    let case = |(id, body): (String, Value)| {
        let case = case_of(&body)?;
        // The case's own task is found by its request.
        (id != case).then_some(case)
    };
    Ok(found.into_iter().filter_map(case).collect())
}

/// The case of a task.
fn case_of(task: &Value) -> Option<String> {
    let case = text(task, "/focus/reference")?;
    Some(case.strip_prefix("ServiceRequest/")?.to_owned())
}

/// Whom requests and invitations call that nobody has answered yet.
pub async fn called(context: &dyn Context, permit: &Permit) -> Result<Vec<Called>, Problem> {
    let asked = found_in(context, permit, "Task", &["requested"], None).await?;
    let call = |(id, body): (String, Value)| {
        Some(Called {
            about: id,
            to: Person::referred(body.get("owner")?)?.id,
            since: text(&body, "/authoredOn")?.parse().ok()?,
            priority: "routine",
            path: format!("/rooms/{}", case_of(&body)?),
        })
    };
    Ok(asked.into_iter().filter_map(call).collect())
}

/// The facts of this scenario that are in one of these states; those that name an account in a parameter, where one is
/// given.
async fn found_in(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    states: &[&str],
    named: Option<(&str, &ActorId)>,
) -> Result<Vec<(String, Value)>, Problem> {
    let token = |code: &&str| Match::Token {
        system: None,
        code: Some((*code).to_owned()),
    };
    let term = |parameter: &str, any_of| Term {
        parameter: parameter.to_owned(),
        any_of,
    };
    let mut terms = vec![term("status", states.iter().map(token).collect())];
    terms.extend(named.map(|(parameter, account)| {
        let account = Match::Reference(format!("Practitioner/{account}"));
        term(parameter, vec![account])
    }));
    let query = ResourceQuery {
        kind: kind.to_owned(),
        terms,
        sort: vec![],
        limit: if named.is_some() {
            MOST_WAITING
        } else {
            MOST_ASKED
        },
        offset: 0,
    };
    let page = context.record().search(permit, &query).await?;
    let ours = page
        .rows
        .into_iter()
        .filter(|row| scenario::is_of(facts::SCENARIO, row));
    Ok(ours
        .filter_map(|row| Some((row.key.id, row.body?)))
        .collect())
}

fn waits(case: &Case, actor: &Actor) -> Option<Waiting> {
    let place = case.place_of(&actor.id)?;
    let has_signed = case.signatures.get(place)?.is_some();
    let is_asked = case.standing.get(place) == Some(&Standing::Asked);
    let kind = match case.invitation {
        Invitation::Open | Invitation::Accepted if is_asked => WaitingKind::ConsultRequest,
        Invitation::Accepted if case.plan.is_some() && !has_signed => WaitingKind::Sign,
        Invitation::Open | Invitation::Accepted => WaitingKind::ConsultOpen,
        Invitation::Declined | Invitation::Withdrawn | Invitation::Done => return None,
    };
    // Whoever asked is waiting; for them it is the expert.
    let other = case.people.get(usize::from(place == 0))?;
    Some(Waiting {
        kind,
        id: case.id.clone(),
        room: RoomId::new(case.id.as_str()).ok()?,
        path: None,
        patient: Named {
            id: case.patient.to_string(),
            name: case.patient_name.clone(),
        },
        from: Named {
            id: other.id.to_string(),
            name: other.name.clone(),
        },
        reason: case.reason.clone(),
        at: case.asked_at,
    })
}
