//! A patient's report: what is due, answered on a phone, also without a line.

use std::collections::BTreeMap;

use jiff::civil::Date;
use knowledge::{Answer, AnswerValue, Answers, Kind, questionnaire};
use policy::{Action, Actor, Object};
use record::{NewFact, Precondition, QualityMark, ResourceVersion};
use scenario::{Context, Person, Problem, Request, Topic, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{DeviceId, Text, Timestamp};

use crate::{
    alert::Telling,
    course::{FollowUp, is_only_patient},
    facts::{self, own, read_own},
    plans::{input, limits},
    schedule::days_between,
};

/// The most reports in one request.
const MOST_REPORTS: usize = 200;
/// A device's clock may run ahead by so much; what lies further ahead is refused.
pub const AHEAD_MS: i64 = 5 * 60_000;
/// A report may have waited on a device for so many days.
pub const OLDEST_DAYS: i64 = 60;

/// The status of a report of which nothing stands any more.
const TAKEN_BACK: &str = "entered-in-error";

/// What a patient reported.
#[derive(Clone, Debug)]
pub struct Report {
    /// When it was written down, by the device's clock.
    pub at: Timestamp,
    /// The day on which that was where the patient is.
    pub day: Date,
    /// When the hospital heard of it.
    pub heard: Timestamp,
    pub by: String,
    /// The device that sent it, where no person wrote it.
    pub device: Option<Sender>,
    pub answers: Answers,
    /// The version of the fact.
    pub version: u64,
}

/// A device of the patient's own, with how each answer was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sender {
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    pub measured: BTreeMap<String, Measured>,
}

/// How an answer was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Measured {
    pub at: Timestamp,
    /// When the device began to measure.
    pub since: Timestamp,
    /// What is to be known of it.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub marks: Vec<QualityMark>,
}

/// What a report says beside the elements of FHIR.
#[derive(Serialize, Deserialize)]
struct Words {
    day: Date,
    heard: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    device: Option<Sender>,
}

/// Reads a report again; none where it was taken back.
pub fn of_row(row: &ResourceVersion) -> Option<Report> {
    let body = row.body.as_ref()?;
    if text(body, "/status").as_deref() == Some(TAKEN_BACK) {
        return None;
    }
    let Words { day, heard, device } = read_own(body)?;
    Some(Report {
        at: text(body, "/authored")?.parse().ok()?,
        day,
        heard,
        by: text(body, "/author/display").unwrap_or_default(),
        device,
        answers: questionnaire::answers_of(body),
        version: row.version,
    })
}

/// What a device sent on a day, as a report; entered in error where all of it was taken back.
pub fn by_device(course: &FollowUp, report: &Report, sender: &Sender) -> NewFact {
    let key = facts::device_report_key(&course.id, report.day, &sender.id);
    let words = Words {
        day: report.day,
        heard: report.heard,
        device: Some(sender.clone()),
    };
    let author = json!({"reference": format!("Device/{}", sender.id), "display": sender.name});
    let mut body = json!({
        "extension": own(&words),
        "basedOn": facts::based_on(&course.id),
        "status": "completed",
        "subject": facts::patient(&course.patient),
        "authored": report.at,
        "author": author,
        "item": questionnaire::items(&report.answers),
    });
    if let Some(fields) = body.as_object_mut().filter(|_| report.answers.is_empty()) {
        fields.insert("status".to_owned(), TAKEN_BACK.into());
        fields.shift_remove("item");
    }
    facts::put(key, &course.patient, body)
}

/// A report as a device sends it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    /// The device's name for it: the same report sent twice is one.
    id: String,
    at: Timestamp,
    day: Date,
    answers: BTreeMap<String, AnswerValue>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reports {
    reports: Vec<Sent>,
}

/// `PUT courses/{id}/reports`: keeps what is new, and tells at once who is to be told. One that cannot be used
/// refuses all: the device keeps them and shows why.
pub async fn put(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let sent: Reports = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    let action = if is_only_patient(&request.actor) {
        Action::ReportOwn
    } else {
        Action::WriteRecord
    };
    let permit = context
        .permit(&request.actor, Action::ReadRecord, &object)
        .await?;
    context.permit(&request.actor, action, &object).await?;
    course.must_be_active()?;
    if sent.reports.len() > MOST_REPORTS {
        return Err(Problem::invalid(
            "一次报告太多",
            "these are too many reports at once",
        ));
    }
    let now = context.now();
    let mut new: Vec<(NewFact, Precondition)> = Vec::new();
    let mut telling = Telling::default();
    for one in &sent.reports {
        must_be_possible(course, one, now)?;
        let key = facts::report_key(&course.id, &one.id);
        if scenario::read(context.record(), &permit, key)
            .await?
            .is_some()
        {
            continue;
        }
        let answers = usable(course, one)?;
        new.extend(
            written(course, request, one, &answers, now)
                .into_iter()
                .map(|fact| (fact, Precondition::Version(0))),
        );
        telling.hear(course, &one.id, course.worse_with(one.day, &answers));
    }
    if new.is_empty() {
        return Ok(());
    }
    let told = telling.facts(course, now);
    let is_told = !told.is_empty();
    new.extend(told);
    facts::commit(context, &request.actor.id, new).await?;
    course.tell(context, Topic::Case);
    if is_told {
        course.tell(context, Topic::Waiting);
    }
    Ok(())
}

/// Refuses a report whose name or time is none.
fn must_be_possible(course: &FollowUp, sent: &Sent, now: Timestamp) -> Result<(), Problem> {
    let is_named = (8..=16).contains(&sent.id.len())
        && sent.id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_named {
        return Err(Problem::invalid(
            "报告编号不合格式",
            "a report's id is not well formed",
        ));
    }
    if sent.at.0 > now.0 + AHEAD_MS {
        return Err(Problem::invalid(
            "报告时间在将来；请核对手机的时间",
            "a report lies in the future: look at the clock of the phone",
        ));
    }
    if days_between(course.day_of(sent.at), course.day_of(now)) > OLDEST_DAYS {
        return Err(Problem::invalid(
            "报告时间太早；请核对手机的时间",
            "a report is too old: look at the clock of the phone",
        ));
    }
    // What was answered before the phone knew the hospital's time zone has the day of its own.
    if days_between(course.day_of(sent.at), sent.day).abs() > 1 {
        return Err(Problem::invalid(
            "报告的日期与时间不符",
            "the day of a report is not that of its time",
        ));
    }
    Ok(())
}

/// The answers of a report, each in its question's kind and within its limits.
fn usable(course: &FollowUp, sent: &Sent) -> Result<Answers, Problem> {
    let mut answers = Answers::new();
    for (name, value) in &sent.answers {
        let asked = course
            .plan
            .asks
            .contains(name)
            .then(|| input(name))
            .flatten();
        let Some(input) = asked else {
            return Err(Problem::invalid(
                "报告回答了没有问的问题",
                "a report answers what was not asked",
            ));
        };
        let value = input
            .take(name, &Answer::new(value.clone()))
            .map_err(|missing| refused(&input.label, &missing.why))?;
        must_lie_within(name, &input.label, &value)?;
        answers.insert(name.clone(), Answer::new(value));
    }
    if answers.is_empty() {
        return Err(Problem::invalid("报告是空的", "a report is empty"));
    }
    Ok(answers)
}

/// Refuses a number outside of the limits of its question.
pub fn must_lie_within(name: &str, label: &Text, value: &AnswerValue) -> Result<(), Problem> {
    let [low, high] = limits(name);
    if let AnswerValue::Number(number) = value
        && (low.is_some_and(|low| *number < low) || high.is_some_and(|high| *number > high))
    {
        let shown = |limit: Option<f64>| limit.map(|l| l.to_string()).unwrap_or_default();
        let (low, high) = (shown(low), shown(high));
        let why = Text::new(
            format!("须在 {low} 到 {high} 之间"),
            format!("must lie between {low} and {high}"),
        );
        return Err(refused(label, &why));
    }
    Ok(())
}

pub fn refused(label: &Text, why: &Text) -> Problem {
    Problem::invalid(
        format!("{}：{}", label.zh, why.zh),
        format!("{}: {}", label.en, why.en),
    )
}

/// Who wrote something down: the patient, or who treats them.
pub fn author(course: &FollowUp, actor: &Actor) -> Value {
    if is_only_patient(actor) {
        json!({"reference": format!("Patient/{}", course.patient), "display": course.patient_name})
    } else {
        Person::from(actor).reference()
    }
}

/// The report, and what was measured for it: other programs look for measurements, not for questionnaires.
fn written(
    course: &FollowUp,
    request: &Request,
    sent: &Sent,
    answers: &Answers,
    now: Timestamp,
) -> Vec<NewFact> {
    let author = author(course, &request.actor);
    let key = facts::report_key(&course.id, &sent.id);
    let reference = format!("{}/{}", key.kind, key.id);
    let body = json!({
        "extension": own(&Words { day: sent.day, heard: now, device: None }),
        "basedOn": facts::based_on(&course.id),
        "status": "completed",
        "subject": facts::patient(&course.patient),
        "authored": sent.at,
        "author": author,
        "item": questionnaire::items(answers),
    });
    let mut all = vec![facts::put(key, &course.patient, body)];
    for (n, name) in course.plan.asks.iter().enumerate() {
        let (Some(input), Some(answer)) = (input(name), answers.get(name)) else {
            continue;
        };
        let (Some(coding), Kind::Number { unit, .. }, AnswerValue::Number(number)) =
            (&input.coding, &input.kind, &answer.value)
        else {
            continue;
        };
        let body = json!({
            "basedOn": facts::based_on(&course.id),
            "status": "final",
            "category": [{"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/observation-category",
                "code": "vital-signs",
            }]}],
            "code": {"coding": [coding], "text": input.label.en},
            "subject": facts::patient(&course.patient),
            "effectiveDateTime": sent.at,
            "issued": now,
            "performer": [author],
            "valueQuantity": {
                "value": number,
                "unit": unit,
                "system": "http://unitsofmeasure.org",
                "code": unit,
            },
            "derivedFrom": [{"reference": reference}],
        });
        let key = facts::measured_key(&course.id, &sent.id, n);
        all.push(facts::put(key, &course.patient, body));
    }
    all
}

impl FollowUp {
    /// Tells those who are to be told; their browsers read again at once.
    pub fn tell(&self, context: &dyn Context, topic: Topic) {
        let mut who = vec![self.course.first.id.clone()];
        who.extend(self.others().map(|person| person.id.clone()));
        who.extend(
            self.referrals
                .last()
                .filter(|referral| referral.of.withdrawn.is_none())
                .map(|referral| referral.of.to.id.clone()),
        );
        who.extend(
            self.alerts
                .iter()
                .filter_map(|alert| alert.of.taken_by.as_ref().or(alert.of.held_by()))
                .map(|person| person.id.clone()),
        );
        who.sort();
        who.dedup();
        context.notify(topic, &self.id, &who);
    }
}
