//! Asking for a consultation, accepting and declining it, and what waits.

use policy::{Action, Actor, Object, Permit, Role};
use record::{
    Batch, ImagingLevel, ImagingQuery, Match, Precondition, ResourceKey, ResourceQuery, Term,
};
use scenario::{Context, Named, Problem, Reply, Request, Topic, Waiting, WaitingKind};
use serde_json::{Value, json};
use vocabulary::{PatientId, RoomId, Uid};

use crate::{
    body::{self, Ask, Ended},
    case::{Case, Invitation, Person, text},
    facts, reading, step, view,
};

/// The most open cases that are listed for one person.
const MOST_WAITING: usize = 100;

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
    must_be_asked(context, case, request).await?;
    match case.invitation {
        Invitation::Accepted => Ok(()),
        Invitation::Open => {
            let actor = &request.actor.id;
            step::commit(context, case, actor, vec![], step::TaskChange::GOING_ON).await?;
            Ok(())
        }
        Invitation::Declined | Invitation::Withdrawn | Invitation::Done => step::must_go_on(case),
    }
}

/// `POST cases/{id}/decline`: the expert cannot, and says why.
pub async fn decline(context: &dyn Context, case: &Case, request: &Request) -> Result<(), Problem> {
    must_be_asked(context, case, request).await?;
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
    let revoked = step::request_with_status(case, "revoked")?;
    step::commit(context, case, &request.actor.id, vec![revoked], change).await?;
    Ok(())
}

async fn must_be_asked(
    context: &dyn Context,
    case: &Case,
    request: &Request,
) -> Result<(), Problem> {
    if case.place_of(&request.actor.id) != Some(1) {
        return Err(Problem::new(
            403,
            "只有受邀专家可以接受或谢绝",
            "only the expert who was asked accepts or declines",
        ));
    }
    let room = RoomId::new(case.id.as_str()).map_err(|_| Problem::not_found())?;
    let object = Object::Room {
        room,
        patient: Some(case.patient.clone()),
    };
    context
        .permit(&request.actor, Action::EnterRoom, &object)
        .await?;
    Ok(())
}

/// What waits for an actor: invitations, open consultations, plans to be signed.
pub async fn waiting(context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem> {
    let Ok(permit) = reading(context, actor).await else {
        return Ok(Vec::new());
    };
    let mut found: Vec<Waiting> = Vec::new();
    for parameter in ["performer", "requester"] {
        for id in open_requests(context, &permit, actor, parameter).await? {
            let case = Case::find(context, &permit, &id).await?;
            found.extend(case.and_then(|case| waits(&case, actor)));
        }
    }
    found.sort_by_key(|waiting| std::cmp::Reverse(waiting.at));
    Ok(found)
}

async fn open_requests(
    context: &dyn Context,
    permit: &Permit,
    actor: &Actor,
    parameter: &str,
) -> Result<Vec<String>, Problem> {
    let term = |parameter: &str, matching| Term {
        parameter: parameter.to_owned(),
        any_of: vec![matching],
    };
    let active = Match::Token {
        system: None,
        code: Some("active".to_owned()),
    };
    let me = Match::Reference(format!("Practitioner/{}", actor.id));
    let query = ResourceQuery {
        kind: "ServiceRequest".to_owned(),
        terms: vec![term("status", active), term(parameter, me)],
        sort: vec![],
        limit: MOST_WAITING,
        offset: 0,
    };
    let page = context.record().search(permit, &query).await?;
    let ours =
        |body: &Value| text(body, "/instantiatesUri/0").as_deref() == Some(facts::SCENARIO_URI);
    let rows = page
        .rows
        .into_iter()
        .filter(|row| row.body.as_ref().is_some_and(ours));
    Ok(rows
        .map(|row| {
            let ResourceKey { id, .. } = row.key;
            id
        })
        .collect())
}

fn waits(case: &Case, actor: &Actor) -> Option<Waiting> {
    let place = case.place_of(&actor.id)?;
    let has_signed = case.signatures.get(place)?.is_some();
    let kind = match case.invitation {
        Invitation::Open if place == 1 => WaitingKind::ConsultRequest,
        Invitation::Accepted if case.plan.is_some() && !has_signed => WaitingKind::Sign,
        Invitation::Open | Invitation::Accepted => WaitingKind::ConsultOpen,
        Invitation::Declined | Invitation::Withdrawn | Invitation::Done => return None,
    };
    let other = case.people.get(1 - place)?;
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
