//! A follow-up begins and ends.

use std::collections::BTreeMap;

use knowledge::AnswerValue;
use policy::{Action, Object, Role};
use record::{Match, Precondition};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::Deserialize;
use serde_json::json;
use vocabulary::{ActorId, PatientId};

use crate::{
    alert::said,
    course::{Course, FollowUp},
    facts::{self, code, own, term},
    handover,
    plans::{Plan, input, limits, plan},
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    patient: PatientId,
    plan: String,
    /// Who is told as well where nobody takes an alert.
    #[serde(default)]
    second: Option<ActorId>,
    /// The patient's usual values.
    #[serde(default)]
    usual: BTreeMap<String, f64>,
}

/// `POST courses`: the id of the follow-up, and whether it is new. Who opens it is told first.
pub async fn open(context: &dyn Context, request: &Request) -> Result<(String, bool), Problem> {
    let wish: Wish = request.body_as()?;
    let actor = &request.actor;
    let object = Object::Patient(wish.patient.clone());
    context.permit(actor, Action::WriteRecord, &object).await?;
    let permit = context.permit(actor, Action::ReadRecord, &object).await?;
    let plan = plan(&wish.plan)
        .ok_or_else(|| Problem::invalid("没有这种随访计划", "there is no such plan"))?;
    let twin = context.twin(&permit, &wish.patient).await?;
    let name = twin
        .ok_or_else(Problem::not_found)?
        .name
        .unwrap_or_else(|| "—".to_owned());
    let of_patient = Match::Reference(format!("Patient/{}", wish.patient));
    let terms = vec![term("patient", of_patient), term("status", code("active"))];
    let known = facts::plans(context, &permit, terms).await?.into_iter();
    let mut known = known.filter_map(|row| FollowUp::of_plan(row, context.time_zone()));
    if let Some(open) = known.find(|one| one.plan.id == plan.id) {
        return Ok((open.id, false));
    }
    must_be_usual(plan, &wish.usual)?;
    let first = Person::from(actor);
    let second = match &wish.second {
        Some(id) if *id != actor.id => {
            // The second person sees the patient from now on.
            context.permit(actor, Action::GrantAccess, &object).await?;
            Some(must_be_doctor(context, id).await?)
        }
        _ => None,
    };
    let id = context.new_id();
    let mut new = Vec::new();
    if let Some(second) = &second {
        let people = std::slice::from_ref(second);
        let about = (id.as_str(), &wish.patient);
        new.push(handover::request(context, about, &first, people, "active"));
    }
    let body = json!({
        "extension": own(&Course {
            plan: wish.plan,
            first: first.clone(),
            second,
            usual: wish.usual,
            action: None,
            handovers: Vec::new(),
        }),
        "instantiatesUri": [facts::PLAN_URI],
        "status": "active",
        "intent": "plan",
        "title": plan.title.en,
        "category": [{"coding": [{"system": facts::CATEGORY, "code": facts::SCENARIO}]}],
        "subject": {"reference": format!("Patient/{}", wish.patient), "display": name},
        "created": context.now(),
        "author": first.reference(),
    });
    new.push(facts::put(facts::plan_key(&id), &wish.patient, body));
    let new = new
        .into_iter()
        .map(|fact| (fact, Precondition::Version(0)))
        .collect();
    facts::commit(context, &actor.id, new).await?;
    // The patient's browser, too, looks whether something waits.
    context.notify(Topic::Waiting, &id, &[]);
    Ok((id, true))
}

/// A usual value is one of what the plan names, within its limits.
fn must_be_usual(plan: &Plan, usual: &BTreeMap<String, f64>) -> Result<(), Problem> {
    for (name, value) in usual {
        let [low, high] = limits(name);
        let is_one = plan.usual.contains(name)
            && low.is_none_or(|low| *value >= low)
            && high.is_none_or(|high| *value <= high)
            && input(name).is_some_and(|input| {
                let answer = knowledge::Answer::new(AnswerValue::Number(*value));
                input.take(name, &answer).is_ok()
            });
        if !is_one {
            return Err(Problem::invalid(
                "平时的数值不能用",
                "a usual value cannot be used",
            ));
        }
    }
    Ok(())
}

/// The doctor with this account. Nurses who are asked in see nothing of a patient whom they do not treat.
pub async fn must_be_doctor(context: &dyn Context, id: &ActorId) -> Result<Person, Problem> {
    let account = context.account(id).await;
    let is_doctor = |actor: &policy::Actor| {
        [Role::Expert, Role::TerminalDoctor]
            .iter()
            .any(|role| actor.roles.contains(role))
    };
    account
        .filter(is_doctor)
        .as_ref()
        .map(Person::from)
        .ok_or_else(|| {
            Problem::invalid(
                "没有这个医生的账户",
                "there is no account of a doctor with this name",
            )
        })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    reason: String,
}

/// `POST courses/{id}/end`: over, with a reason. What is still open holds it up, also what is opened in the same instant.
pub async fn end(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: End = request.body_as()?;
    let reason = said(&wish.reason, "结束的原因", "why it ends")?;
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    course.must_be_active()?;
    if course.open_alert().is_some()
        || course.open_referral().is_some()
        || course.open_visit().is_some()
    {
        return Err(Problem::out_of_order(
            "尚有报警、转诊或见面未结束",
            "an alert, a referral or a visit has not ended yet",
        ));
    }
    let mut body = course.body.of.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("status".to_owned(), json!("completed"));
        fields.insert("note".to_owned(), json!([{"text": reason}]));
    }
    let fact = facts::put(facts::plan_key(&course.id), &course.patient, body);
    let mut new = vec![(fact, course.body.unchanged())];
    // Who was let in sees the patient no more.
    new.extend(handover::lets_in(
        context,
        course,
        &Person::from(&request.actor),
        &[],
    ));
    facts::commit(context, &request.actor.id, new).await?;
    context.notify(Topic::Waiting, &course.id, &[]);
    course.tell(context, Topic::Case);
    Ok(())
}

#[cfg(test)]
mod tests {
    use scenario::{Method, testing::TestHospital};

    use super::*;
    use crate::{FollowUpAtHome, alert, referral, report, visit};

    fn by_li(hospital: &TestHospital, body: serde_json::Value) -> Request {
        Request {
            method: Method::Post,
            path: Vec::new(),
            actor: hospital.actor("li.terminal"),
            body,
        }
    }

    /// Ends it, or opens something in it.
    async fn act(hospital: &TestHospital, course: &FollowUp, what: &str) -> Result<(), Problem> {
        let now = hospital.now();
        let body = match what {
            "report" => json!({"reports": [{
                "id": "report0001", "at": now, "day": course.day_of(now), "answers": {"spo2_percent": 80},
            }]}),
            "refer" => json!({
                "direction": "up", "criterion": "not-controlled", "reason": "no better", "to": "hu.expert",
                "from_level": "community", "to_level": "county",
            }),
            "end" => json!({"reason": "moved"}),
            _ => json!({}),
        };
        let request = by_li(hospital, body);
        match what {
            "report" => report::put(hospital, course, &request).await,
            "refer" => referral::refer(hospital, course, &request).await,
            "end" => end(hospital, course, &request).await,
            _ => visit::open(hospital, course, &request).await,
        }
    }

    #[tokio::test]
    async fn nothing_is_opened_in_the_instant_in_which_it_ends() {
        for (first, then) in [
            ("report", "end"),
            ("end", "report"),
            ("refer", "end"),
            ("end", "refer"),
            ("visit", "end"),
            ("end", "visit"),
        ] {
            let hospital = TestHospital::open().await;
            let wish = json!({"patient": "p1", "plan": "copd", "usual": {"spo2_percent": 96}});
            let (id, _) = open(&hospital, &by_li(&hospital, wish)).await.unwrap();
            // Both read it before one of them writes.
            let found = FollowUp::find(&hospital, hospital.own_permit(), &id).await;
            let course = found.unwrap().unwrap();
            act(&hospital, &course, first).await.unwrap();
            let raced = act(&hospital, &course, then).await.unwrap_err();
            assert_eq!(raced.status, 412, "{first}, {then}");
            // Who comes too late looks again, and is told why not.
            let path = format!("courses/{id}/end");
            let end = json!({"reason": "moved"});
            let again = hospital.ask(&FollowUpAtHome, "li.terminal", Method::Post, &path, end);
            assert_eq!(again.await.unwrap_err().status, 409, "{first}, {then}");
        }
    }

    #[tokio::test]
    async fn who_was_asked_takes_no_alert_in_the_instant_in_which_that_is_taken_back() {
        let hospital = TestHospital::open().await;
        let wish = json!({"patient": "p1", "plan": "copd", "usual": {"spo2_percent": 96}});
        let (id, _) = open(&hospital, &by_li(&hospital, wish)).await.unwrap();
        for what in ["refer", "report"] {
            let found = FollowUp::find(&hospital, hospital.own_permit(), &id).await;
            let course = found.unwrap().unwrap();
            act(&hospital, &course, what).await.unwrap();
        }
        // Both read it before one of them writes.
        let found = FollowUp::find(&hospital, hospital.own_permit(), &id).await;
        let course = found.unwrap().unwrap();
        let wish = json!({"alert": course.open_alert().unwrap().of.id});
        let take = Request {
            actor: hospital.actor("hu.expert"),
            ..by_li(&hospital, wish)
        };
        let taken = alert::answer(&hospital, &course, &take, false).await;
        taken.unwrap();
        let withdraw = by_li(&hospital, json!({"reason": "stays with us"}));
        let raced = referral::withdraw(&hospital, &course, &withdraw).await;
        assert_eq!(raced.unwrap_err().status, 412);
        // Who comes too late looks again, and nothing is left in the hands of who goes.
        let found = FollowUp::find(&hospital, hospital.own_permit(), &id).await;
        let course = found.unwrap().unwrap();
        let again = referral::withdraw(&hospital, &course, &withdraw).await;
        again.unwrap();
        let path = format!("courses/{id}");
        let seen = hospital.ask(
            &FollowUpAtHome,
            "hu.expert",
            Method::Get,
            &path,
            json!(null),
        );
        assert_eq!(seen.await.unwrap_err().status, 404);
    }
}
