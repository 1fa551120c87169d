//! Orders, visits and the referral as FHIR resources; and what is done about them once the plan is signed.

use jiff::civil::Date;
use knowledge::{Direction, guideline::Step as Kind};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::{Text, Timestamp};

use crate::{
    arrange::{Arranged, Decision, Referral, Visit, Window},
    days,
    deviation::may_decide,
    facts, levels,
    programme::{Course, Programme, State},
    step,
};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SNOMED: &str = "http://snomed.info/sct";
const STEP: &str = "urn:yuanyi:step";
/// The longest that a visit is booked for.
const LONGEST_MINUTES: i64 = 24 * 60;

/// What people call a step.
pub fn label(kind: Kind) -> Text {
    match kind {
        Kind::Ct => Text::new("复查 CT", "Follow-up CT"),
        Kind::PetCt => Text::new("PET/CT", "PET/CT"),
        Kind::Tissue => Text::new("取组织（活检）", "Tissue (biopsy)"),
        Kind::Surgery => Text::new("手术", "Surgery"),
        Kind::Referral => Text::new("专家或多学科评估", "Review by an expert or a team"),
    }
}

/// The code of a step in requests and orders.
fn code(kind: Kind) -> Value {
    serde_json::to_value(kind).unwrap_or_default()
}

/// An order as a resource.
pub fn order(
    programme: &Programme,
    arranged: &Arranged,
    n: usize,
    decision: &Decision,
    status: &str,
) -> NewFact {
    let mut body = json!({
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": status,
        "intent": "order",
        "code": {
            "coding": [{"system": STEP, "code": code(decision.step)}],
            "text": facts::both(&label(decision.step)),
        },
        "subject": facts::patient(programme),
        "authoredOn": arranged.at,
        "requester": facts::practitioner(&arranged.by),
    });
    // The DICOM code puts it on the modality's worklist, for the first day of its window.
    let modality = match decision.step {
        Kind::Ct => Some("CT"),
        Kind::PetCt => Some("PT"),
        Kind::Tissue | Kind::Surgery | Kind::Referral => None,
    };
    if let Some(modality) = modality {
        let imaging =
            json!([{"coding": [{"system": SNOMED, "code": "363679005", "display": "Imaging"}]}]);
        facts::set(&mut body, "category", imaging);
        let detail = json!([{"coding": [{"system": DICOM, "code": modality}]}]);
        facts::set(&mut body, "orderDetail", detail);
    }
    let (element, when) = occurrence(decision);
    facts::set(&mut body, element, when);
    if let Some(guideline) = &arranged.guideline {
        let why = facts::refer(&facts::guidance_key(&programme.id, guideline));
        facts::set(&mut body, "supportingInfo", json!([why]));
    }
    if let Some(reason) = &decision.reason {
        facts::set(&mut body, "note", json!([{"text": reason}]));
    }
    facts::put(facts::order_key(&programme.id, n), &programme.patient, body)
}

/// When it is to be done: a window, or from a day on each so many months.
fn occurrence(decision: &Decision) -> (&'static str, Value) {
    let period = |from: Date, until: Option<Date>| {
        let mut period = json!({"start": from.to_string()});
        if let Some(until) = until {
            facts::set(&mut period, "end", json!(until.to_string()));
        }
        period
    };
    let Some(months) = decision.every_months else {
        let window = decision.window;
        return ("occurrencePeriod", period(window.from, window.until));
    };
    let bounds = period(decision.window.from, decision.last);
    let repeat = json!({
        "boundsPeriod": bounds, "frequency": 1, "period": months, "periodUnit": "mo",
    });
    ("occurrenceTiming", json!({"repeat": repeat}))
}

/// An order that is there and holds no more.
pub fn revoked(programme: &Programme, n: usize) -> Option<NewFact> {
    with_status(programme, n, "revoked")
}

/// An order with a new status.
pub fn with_status(programme: &Programme, n: usize, status: &str) -> Option<NewFact> {
    let key = facts::order_key(&programme.id, n);
    let mut body = programme.current(&key)?;
    facts::set(&mut body, "status", json!(status));
    Some(facts::put(key, &programme.patient, body))
}

/// The referral as a draft; one that is there and not wanted any more is revoked.
pub fn referral(programme: &Programme, wanted: Option<&Referral>) -> Option<NewFact> {
    let key = facts::referral_key(&programme.id);
    let Some(referral) = wanted else {
        let mut body = programme.current(&key)?;
        facts::set(&mut body, "status", json!("revoked"));
        return Some(facts::put(key, &programme.patient, body));
    };
    let criterion = levels::all()
        .criterion(&referral.criterion)
        .map(|criterion| facts::both(&criterion.label));
    let (way, display) = match referral.direction {
        Direction::Up => ("referral-up", "Referral to a higher level"),
        Direction::Down => ("referral-down", "Referral to a lower level"),
    };
    let body = json!({
        "extension": facts::own(facts::OWN_URI, referral),
        "basedOn": [facts::refer(&facts::plan_key(&programme.id))],
        "status": "draft",
        "intent": "order",
        "code": {
            "coding": [{"system": STEP, "code": way, "display": display}],
            "text": levels::label(&referral.to_level).map(facts::both).unwrap_or_default(),
        },
        "subject": facts::patient(programme),
        "authoredOn": referral.at,
        "requester": facts::practitioner(&referral.by),
        "reasonCode": [{"text": criterion.unwrap_or_default()}],
    });
    Some(facts::put(key, &programme.patient, body))
}

/// `POST programmes/{id}/done`: an order was carried out.
#[derive(Debug, Deserialize)]
struct Done {
    order: usize,
    /// The day; today where none is given.
    #[serde(default)]
    day: Option<Date>,
}

/// Notes that an order was done. A repeated one is due again; with the last one the plan is completed.
pub async fn done(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
) -> Result<(), Problem> {
    let done: Done = request.body_as()?;
    let (mut arranged, n) = open_order(context, programme, request, done.order).await?;
    let today = context.day_of(context.now());
    let day = done.day.unwrap_or(today);
    if day > today {
        return Err(Problem::invalid(
            "日期不能晚于今天",
            "the day must not be later than today",
        ));
    }
    let decision = arranged
        .decisions
        .get_mut(n)
        .ok_or_else(Problem::not_found)?;
    decision.done.push(day);
    decision.visit = None;
    if let Some(months) = decision.every_months {
        let next = days::months_after(decision.window.from, months);
        decision.window = Window {
            from: next,
            until: Some(next),
        };
    }
    let status = if decision.is_open() {
        "active"
    } else {
        "completed"
    };
    let decision = decision.clone();
    let mut new = vec![order(programme, &arranged, n, &decision, status)];
    new.extend(ended_visit(programme, n));
    let all_done = !arranged.decisions.iter().any(Decision::is_open);
    let course = Course {
        arranged: Some(arranged),
        ..programme.course.clone()
    };
    let mut plan = step::plan(programme)?;
    facts::set(&mut plan, "extension", facts::own(facts::OWN_URI, &course));
    if all_done {
        facts::set(&mut plan, "status", json!("completed"));
    }
    let key = facts::plan_key(&programme.id);
    new.push(facts::put(key, &programme.patient, plan));
    step::commit_with_plan(context, programme, &request.actor.id, new).await
}

/// `POST programmes/{id}/visit`: a time is booked for an order.
#[derive(Debug, Deserialize)]
struct Booking {
    order: usize,
    start: Timestamp,
    minutes: i64,
}

/// Books a time for an order; one that was booked before gives way.
pub async fn visit(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
) -> Result<(), Problem> {
    let booking: Booking = request.body_as()?;
    if !(1..=LONGEST_MINUTES).contains(&booking.minutes) {
        return Err(Problem::invalid(
            "时长须为 1 分钟至 24 小时",
            "a visit takes between a minute and 24 hours",
        ));
    }
    let (mut arranged, n) = open_order(context, programme, request, booking.order).await?;
    let length = booking.minutes.saturating_mul(60_000);
    let visit = Visit {
        start: booking.start,
        end: Timestamp(booking.start.0.saturating_add(length)),
    };
    let decision = arranged
        .decisions
        .get_mut(n)
        .ok_or_else(Problem::not_found)?;
    decision.visit = Some(visit);
    let body = json!({
        "status": "booked",
        "description": facts::both(&label(decision.step)),
        "start": visit.start,
        "end": visit.end,
        "created": context.now(),
        "basedOn": [facts::refer(&facts::order_key(&programme.id, n))],
        "participant": [{"actor": facts::patient(programme), "status": "accepted"}],
    });
    let key = facts::visit_key(&programme.id, n);
    let new = vec![facts::put(key, &programme.patient, body)];
    let course = Course {
        arranged: Some(arranged),
        ..programme.course.clone()
    };
    step::commit(context, programme, &request.actor.id, new, Some(&course)).await
}

fn ended_visit(programme: &Programme, n: usize) -> Option<NewFact> {
    let key = facts::visit_key(&programme.id, n);
    let mut body = programme.current(&key)?;
    facts::set(&mut body, "status", json!("fulfilled"));
    Some(facts::put(key, &programme.patient, body))
}

/// What was arranged, where this order of it is signed and not done.
async fn open_order(
    context: &dyn Context,
    programme: &Programme,
    request: &Request,
    n: usize,
) -> Result<(Arranged, usize), Problem> {
    may_decide(context, programme, request).await?;
    step::must_be_signed(programme)?;
    let arranged = programme.course.arranged.clone();
    let arranged = arranged.ok_or_else(Problem::not_found)?;
    let is_open = arranged.decisions.get(n).is_some_and(Decision::is_open);
    if programme.state != State::Active || !is_open {
        return Err(Problem::out_of_order(
            "没有这一医嘱，或已完成",
            "there is no such order, or it is done",
        ));
    }
    Ok((arranged, n))
}
