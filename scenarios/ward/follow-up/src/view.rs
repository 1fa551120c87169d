//! A follow-up as those who treat see it, as a line of the work list, and as its patient sees it.

use jiff::civil::Date;
use knowledge::{Answer, AnswerValue, Kind};
use scenario::Context;
use serde_json::{Value, json};
use twin::PatientTwin;
use vocabulary::{Text, Timestamp};

use crate::{
    action,
    alert::{Alert, State},
    assess, calendar,
    course::FollowUp,
    figures, nights,
    plans::{Plan, Worse, input, limits, plans, question},
    report::Report,
    schedule::Due,
    spirometry, warned,
};

/// Reports that a patient's page shows.
const OWN_REPORTS: usize = 30;

/// The plans that there are, for who opens one.
pub fn all_plans() -> Value {
    let all = plans().list.iter().map(|plan| {
        let usual: Vec<Value> = plan.usual.iter().filter_map(|name| asked(name)).collect();
        json!({
            "id": plan.id, "title": plan.title, "every_days": plan.every_days, "usual": usual,
            "silent_days": plan.silent_days(),
            "escalate_after_min": plan.escalate_after_min(),
            "sources": sources(plan), "dangers": dangers(plan), "own": plan.own,
        })
    });
    json!({"plans": all.collect::<Vec<_>>(), "escalate_after_min": plans().escalate_after_min})
}

/// Single answers at which somebody is told. The limits were made for other places: they need confirmation at home.
fn dangers(plan: &Plan) -> Vec<&Text> {
    plan.danger.iter().map(|danger| &danger.say).collect()
}

fn sources(plan: &Plan) -> Vec<Value> {
    let known = plan
        .sources
        .iter()
        .filter_map(|key| knowledge::evidence(key));
    known
        .map(|source| {
            json!({
                "citation": source.citation,
                "year": source.year,
                "needs_confirmation": source.confidence.needs_confirmation(),
            })
        })
        .collect()
}

/// A question as it is put.
fn asked(name: &str) -> Option<Value> {
    let (input, question) = (input(name)?, question(name)?);
    let (kind, unit, whole) = match &input.kind {
        Kind::Number { unit, whole } => ("number", Some(unit), *whole),
        Kind::YesNo => ("yes-no", None, false),
        Kind::Choice(_) => ("choice", None, false),
    };
    let choices = match &input.kind {
        Kind::Choice(choices) => json!(choices),
        _ => json!([]),
    };
    Some(json!({
        "name": name, "label": input.label, "plain": question.plain, "help": input.help, "kind": kind,
        "unit": input.unit_shown.clone().or_else(|| unit.map(|unit| Text::new(shown(unit), shown(unit)))),
        "whole": whole, "choices": choices, "range": limits(name),
    }))
}

/// Units of the number one have no name.
fn shown(unit: &str) -> &str {
    if unit == "1" { "" } else { unit }
}

/// What is most urgent in a follow-up, and since when.
pub fn urgency(course: &FollowUp, now: Timestamp) -> (&'static str, Timestamp) {
    let next = course.next_report(course.day_of(now));
    // On the day itself the patient may still say what a device cannot.
    let today = course.day_of(now);
    let unclear = course
        .reports
        .iter()
        .find(|report| report.device.is_none() || report.day < today)
        .is_some_and(|report| matches!(course.worse(report), Worse::NotAssessable { .. }));
    let order = course.orders.iter().find(|order| order.due == Due::Overdue);
    match course.open_alert().map(|alert| &alert.of) {
        _ if !course.is_active => ("ended", course.opened_at),
        Some(alert) if alert.state == State::Open => ("alert", alert.told_at()),
        Some(alert) => ("taken", alert.raised_at),
        None if course.open_referral().is_some() => {
            let at = course.referrals.last().map(|referral| referral.of.at);
            ("referred", at.unwrap_or(course.opened_at))
        }
        None if next.due == Due::Overdue && course.in_hospital.is_none() => {
            ("overdue", course.start_of(next.day))
        }
        None if let Some(order) = order => (
            "overdue",
            course.start_of(order.until.unwrap_or(order.from)),
        ),
        None if !assess::calling(course, now).is_empty() => ("step", assess::found_at(course, now)),
        None if let (Due::Overdue, Some(since)) = (next.due, course.in_hospital) => {
            ("in-hospital", course.start_of(since))
        }
        None if unclear => ("unclear", course.opened_at),
        // On its last day, where all reports came, nothing is to be decided yet.
        None if next.due == Due::Over && next.day <= today => ("over", course.start_of(next.day)),
        None => ("fine", course.start_of(next.day)),
    }
}

/// The order of the work list: the most urgent first, the longest wait first.
pub fn rank(state: &str) -> usize {
    [
        "alert",
        "taken",
        "referred",
        "overdue",
        "step",
        "unclear",
        "over",
        "in-hospital",
        "fine",
        "ended",
    ]
    .iter()
    .position(|one| *one == state)
    .unwrap_or(usize::MAX)
}

/// A line of the work list.
pub fn row(course: &FollowUp, now: Timestamp) -> Value {
    let (state, since) = urgency(course, now);
    let today = course.day_of(now);
    let steps = if state == "step" {
        assess::calling(course, now)
    } else {
        Vec::new()
    };
    json!({
        "id": course.id,
        "patient": {"id": course.patient, "name": course.patient_name},
        "plan": {"id": course.plan.id, "title": course.plan.title},
        "time_zone": course.zone.iana_name(),
        "state": state,
        "since": since,
        "first": course.course.first,
        "alert": course.open_alert().map(|alert| &alert.of),
        "referral": course.open_referral().map(|(_, referral)| &referral.of),
        "steps": steps.iter().map(|step| &step.say).collect::<Vec<_>>(),
        "next_report": course.next_report(today),
        "in_hospital": course.in_hospital,
        "last_report": course.reports.first().map(|report| report.at),
        "last_device": course.reports.first().and_then(|report| Some(&report.device.as_ref()?.name)),
        "visit": course.open_visit().map(|(_, visit)| &visit.of),
        "adherence": adherence(course, today),
    })
}

/// How many of the periods that are over had a report.
fn adherence(course: &FollowUp, today: Date) -> Value {
    let (over, reported) = figures::on_time(course, today);
    json!({"periods": over, "reported": reported})
}

/// The follow-up for those who treat.
pub fn of(context: &dyn Context, course: &FollowUp, twin: Option<&PatientTwin>) -> Value {
    let now = context.now();
    let today = course.day_of(now);
    let mut view = row(course, now);
    let alerts: Vec<_> = course.alerts.iter().map(|alert| &alert.of).collect();
    let referrals: Vec<_> = course
        .referrals
        .iter()
        .map(|referral| &referral.of)
        .collect();
    let visits: Vec<_> = course.visits.iter().map(|visit| &visit.of).collect();
    let (assess, next) = assess::view(course, twin, today);
    let phase = course.schedule().on(today);
    let more = json!({
        "questions": course.plan.asks.iter().filter_map(|name| asked(name)).collect::<Vec<_>>(),
        "every_days": phase.every_days,
        "silent_days": course.plan.silent_days_of(&phase),
        "learn": course.plan.learn,
        "sources": sources(course.plan),
        "own_plan": course.plan.own,
        "escalate_after_min": course.plan.escalate_after_min(),
        "lapse_after_min": course.plan.lapse_after_min(),
        "second": course.second(),
        "team": course.second().is_none().then(|| course.others().collect::<Vec<_>>()),
        "treats": course.team,
        "handovers": course.course.handovers,
        "dangers": dangers(course.plan),
        "usual": course.course.usual,
        "opened_at": course.opened_at,
        "is_active": course.is_active,
        "ended": course.ended,
        "reports": course.reports.iter().map(|report| reported(course, report)).collect::<Vec<_>>(),
        "periods": course.periods(today),
        "alerts": alerts,
        "referrals": referrals,
        "visits": visits,
        "criteria": course.plan.criteria().collect::<Vec<_>>(),
        "levels": knowledge::levels(),
        "orders": course.orders,
        "nights": course.plan.nights.then(|| nights::view(course, today)),
        "assess": assess,
        "next": next,
        "programme": course.plan.programme,
        "spirometry": spirometry::view(course),
        "warned": warned::ways(course.plan),
        "action": action::view(course),
    });
    if let (Some(view), Value::Object(more)) = (view.as_object_mut(), more) {
        view.extend(more);
    }
    view
}

fn reported(course: &FollowUp, report: &Report) -> Value {
    json!({
        "at": report.at,
        "day": report.day,
        "heard": report.heard,
        "by": report.by,
        "device": report.device,
        "answers": bare(report),
        "worse": course.worse(report),
    })
}

/// Answers by name, without their sources: they are the patient's own.
fn bare(report: &Report) -> serde_json::Map<String, Value> {
    let value = |answer: &Answer| match &answer.value {
        AnswerValue::YesNo(yes) => json!(yes),
        AnswerValue::Number(number) => json!(number),
        AnswerValue::Choice(choice) => json!(choice),
    };
    report
        .answers
        .iter()
        .map(|(name, answer)| (name.clone(), value(answer)))
        .collect()
}

/// What devices sent today: the patient need not type it, and may.
fn received(course: &FollowUp, now: Timestamp) -> Vec<Value> {
    let today = course.day_of(now);
    let of_today = course.reports.iter().filter(|report| report.day == today);
    let each = of_today.filter_map(|report| Some((report, report.device.as_ref()?)));
    each.flat_map(|(report, device)| {
        let values = bare(report);
        device.measured.iter().filter_map(move |(name, measured)| {
            Some(json!({
                "name": name, "value": values.get(name)?, "device": device.name, "at": measured.at,
                "marks": measured.marks,
            }))
        })
    })
    .collect()
}

/// The follow-up for its patient: what is due, what was said, who was told.
pub fn own(context: &dyn Context, course: &FollowUp, without_clock: &[String]) -> Value {
    let now = context.now();
    let schedule = course.schedule();
    let reports = course
        .reports
        .iter()
        .take(OWN_REPORTS)
        .map(|report| json!({
            "at": report.at, "day": report.day, "by": report.by, "device": report.device, "answers": bare(report),
        }));
    // Of a silence that is over nothing is said any more.
    let mut told = course.alerts.iter().map(|alert| &alert.of);
    let is_silence = |alert: &Alert| alert.is_silence(&course.id);
    let told = told.find(|alert| alert.is_open() || !is_silence(alert)).map(|alert| json!({
        "at": alert.raised_at, "state": alert.state, "taken_by": alert.taken_by.as_ref().map(|who| &who.name),
        "silent": is_silence(alert),
    }));
    json!({
        "id": course.id,
        "for_patient": true,
        "patient": {"id": course.patient, "name": course.patient_name},
        "plan": {"id": course.plan.id, "title": course.plan.title},
        "is_active": course.is_active,
        "doctor": course.course.first.name,
        "opened_at": course.opened_at,
        "every_days": schedule.on(course.day_of(now)).every_days,
        "phases": schedule.phases().collect::<Vec<_>>(),
        "time_zone": course.zone.iana_name(),
        "next_report": course.next_report(course.day_of(now)),
        "questions": course.plan.asks.iter().filter_map(|name| asked(name)).collect::<Vec<_>>(),
        "once": assess::once(course).filter_map(|name| asked(name)).collect::<Vec<_>>(),
        "learn": course.plan.learn,
        "action": action::view(course),
        "reports": reports.collect::<Vec<_>>(),
        "received": received(course, now),
        "without_clock": without_clock,
        "told": told,
        "orders": course.orders,
        "nights": course.plan.nights.then(|| nights::view(course, course.day_of(now))),
        "spirometry": spirometry::for_patient(course),
        "visit": course.open_visit().map(|(_, visit)| &visit.of),
        "in_hospital": course.in_hospital,
        "calendar": calendar::of(course, now),
    })
}
