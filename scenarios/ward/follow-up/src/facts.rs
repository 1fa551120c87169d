//! The facts of a follow-up as FHIR R4 resources, and their ids, which begin with the follow-up's own.

use jiff::civil::Date;
use policy::Permit;
use record::{
    Batch, Match, NewFact, Precondition, ResourceKey, ResourceQuery, ResourceVersion, Sort, Term,
};
use scenario::{Context, Problem, is_of, text};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use vocabulary::{ActorId, DeviceId, Digest, PatientId};

/// The scenario's id, by which its facts are tagged.
pub const SCENARIO: &str = "follow-up";
/// Marks the `CarePlan`s of follow-up.
pub const PLAN_URI: &str = "urn:yuanyi:scenario:follow-up:plan";
/// The coding system of the category by which the plans are found.
pub const CATEGORY: &str = "urn:yuanyi:scenario";
/// Marks the `Observation`s of spirometry.
pub const SPIROMETRY: &str = "spirometry";
/// The coding system of the category by which the nights of a follow-up are found in which a saturation was recorded.
pub const OXIMETRY: &str = "urn:yuanyi:scenario:follow-up:oximetry";
/// What a fact says in the scenario's own words, beside the elements of FHIR.
const OWN_URI: &str = "urn:yuanyi:follow-up";
/// So many facts are read at once.
const PAGE: usize = 2000;
/// The states of an alert that nobody has ended.
pub const NOT_ENDED: &[&str] = &["requested", "accepted"];

fn key(kind: &str, id: String) -> ResourceKey {
    ResourceKey {
        kind: kind.to_owned(),
        id,
    }
}

pub fn plan_key(course: &str) -> ResourceKey {
    key("CarePlan", course.to_owned())
}

/// `report` is the name that the patient's device gave it.
pub fn report_key(course: &str, report: &str) -> ResourceKey {
    key("QuestionnaireResponse", format!("{course}-r{report}"))
}

/// What a device sent on a day; no report that a person sends can have this name.
pub fn device_report_key(course: &str, day: Date, device: &DeviceId) -> ResourceKey {
    let mut digest = Digest::of(device.as_str().as_bytes()).to_string();
    digest.truncate(8);
    report_key(course, &format!("d-{}-{digest}", day.strftime("%Y%m%d")))
}

/// Who writes what no person wrote.
pub fn hospital() -> ActorId {
    ActorId::new("hospital").unwrap_or_else(|_| unreachable!("a constant"))
}

/// What was measured for a report, in the order in which it was asked.
pub fn measured_key(course: &str, report: &str, n: usize) -> ResourceKey {
    key("Observation", format!("{course}-o{report}{n}"))
}

/// A report raises one alert at most.
pub fn alert_key(course: &str, report: &str) -> ResourceKey {
    key("Task", format!("{course}-a{report}"))
}

/// One silence raises one alert at most; no report that a person sends can have this name.
pub fn silence_name(since: Date) -> String {
    format!("s-{}", since.strftime("%Y%m%d"))
}

/// What those who treat asked and found beside the reports, in the order in which they did.
pub fn assessment_key(course: &str, n: usize) -> ResourceKey {
    key("QuestionnaireResponse", format!("{course}-q{n}"))
}

/// A session of spirometry, in the order in which they were kept.
pub fn spirometry_key(course: &str, n: usize) -> ResourceKey {
    key("Observation", format!("{course}-s{n}"))
}

pub fn referral_key(course: &str, n: usize) -> ResourceKey {
    key("ServiceRequest", format!("{course}-f{n}"))
}

/// What lets those who are told see the patient as long as the follow-up goes on, where they do not treat them.
pub fn second_key(course: &str) -> ResourceKey {
    key("ServiceRequest", format!("{course}-second"))
}

/// A night, by the day on which it began.
pub fn night_key(course: &str, date: Date) -> ResourceKey {
    key(
        "Observation",
        format!("{course}-n{}", date.strftime("%Y%m%d")),
    )
}

/// What happened in a night, one by one.
pub fn night_events_key(course: &str, date: Date) -> ResourceKey {
    key(
        "Observation",
        format!("{course}-e{}", date.strftime("%Y%m%d")),
    )
}

pub fn visit_key(course: &str, n: usize) -> ResourceKey {
    key("Encounter", format!("{course}-v{n}"))
}

/// A resource of the follow-up, ready to be committed.
pub fn put(key: ResourceKey, subject: &PatientId, body: Value) -> NewFact {
    scenario::put(SCENARIO, key, subject, body)
}

/// A reference to the patient.
pub fn patient(id: &PatientId) -> Value {
    json!({"reference": format!("Patient/{id}")})
}

/// A reference to the plan.
pub fn based_on(course: &str) -> Value {
    json!([{"reference": format!("CarePlan/{course}")}])
}

/// An extension that holds a value of the scenario's own as JSON.
pub fn own(value: &impl Serialize) -> Value {
    let written = serde_json::to_string(value).unwrap_or_default();
    json!([{"url": OWN_URI, "valueString": written}])
}

/// Reads a value of the scenario's own again.
pub fn read_own<T: DeserializeOwned>(body: &Value) -> Option<T> {
    let extensions = body.get("extension")?.as_array()?;
    let is_ours = |one: &&Value| one.get("url").and_then(Value::as_str) == Some(OWN_URI);
    serde_json::from_str(
        extensions
            .iter()
            .find(is_ours)?
            .get("valueString")?
            .as_str()?,
    )
    .ok()
}

/// A condition of a search.
pub fn term(parameter: &str, wanted: Match) -> Term {
    Term {
        parameter: parameter.to_owned(),
        any_of: vec![wanted],
    }
}

/// A code, whatever its system.
pub fn code(code: &str) -> Match {
    Match::Token {
        system: None,
        code: Some(code.to_owned()),
    }
}

/// Resources of a kind, whoever wrote them.
pub async fn search(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    terms: Vec<Term>,
) -> Result<Vec<ResourceVersion>, Problem> {
    let mut query = ResourceQuery {
        kind: kind.to_owned(),
        terms,
        sort: vec![Sort {
            parameter: "_id".to_owned(),
            descending: false,
        }],
        limit: PAGE,
        offset: 0,
    };
    let mut rows = Vec::new();
    loop {
        let page = context.record().search(permit, &query).await?.rows;
        query.offset += page.len();
        let is_last = page.len() < PAGE;
        rows.extend(page);
        if is_last {
            return Ok(rows);
        }
    }
}

/// The plans of follow-ups for which this holds.
pub async fn plans(
    context: &dyn Context,
    permit: &Permit,
    mut terms: Vec<Term>,
) -> Result<Vec<ResourceVersion>, Problem> {
    let ours = Match::Token {
        system: Some(CATEGORY.to_owned()),
        code: Some(SCENARIO.to_owned()),
    };
    terms.push(term("category", ours));
    let mut rows = search(context, permit, "CarePlan", terms).await?;
    rows.retain(|row| is_of(SCENARIO, row));
    Ok(rows)
}

/// The plans of the follow-ups that go on.
pub async fn active_plans(
    context: &dyn Context,
    permit: &Permit,
) -> Result<Vec<ResourceVersion>, Problem> {
    plans(context, permit, vec![term("status", code("active"))]).await
}

/// The resources of a kind that stand in one of these states, whoever wrote them.
pub async fn in_state(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    states: &[&str],
) -> Result<Vec<ResourceVersion>, Problem> {
    let stands = Term {
        parameter: "status".to_owned(),
        any_of: states.iter().map(|state| code(state)).collect(),
    };
    search(context, permit, kind, vec![stands]).await
}

/// The facts of a kind that stand in one of these states, each with the id of its follow-up.
pub async fn standing(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    states: &[&str],
) -> Result<Vec<(ResourceVersion, String)>, Problem> {
    Ok(of_courses(in_state(context, permit, kind, states).await?))
}

/// Those of the scenario's own, each with the id of its follow-up.
pub fn of_courses(rows: Vec<ResourceVersion>) -> Vec<(ResourceVersion, String)> {
    let ours = rows.into_iter().filter(|row| is_of(SCENARIO, row));
    ours.filter_map(|row| {
        let course = course_of(&row)?;
        Some((row, course))
    })
    .collect()
}

/// An `Encounter` refers to no plan: its id says whose it is.
fn course_of(row: &ResourceVersion) -> Option<String> {
    let plan = text(row.body.as_ref()?, "/basedOn/0/reference");
    let course = match &plan {
        Some(plan) => plan.strip_prefix("CarePlan/")?,
        None => row.key.id.rsplit_once("-v")?.0,
    };
    Some(course.to_owned())
}

/// What was answered in a follow-up, as it was written down last; so many from an offset on.
pub async fn newest_answers(
    context: &dyn Context,
    permit: &Permit,
    course: &str,
    (limit, offset): (usize, usize),
) -> Result<Vec<ResourceVersion>, Problem> {
    let plan = Match::Reference(format!("CarePlan/{course}"));
    let query = ResourceQuery {
        kind: "QuestionnaireResponse".to_owned(),
        terms: vec![term("based-on", plan)],
        sort: vec![Sort {
            parameter: "_lastUpdated".to_owned(),
            descending: true,
        }],
        limit,
        offset,
    };
    Ok(context.record().search(permit, &query).await?.rows)
}

/// The resources of a kind that belong to a follow-up.
pub async fn of_course(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    course: &str,
) -> Result<Vec<ResourceVersion>, Problem> {
    let plan = Match::Reference(format!("CarePlan/{course}"));
    let mut rows = search(context, permit, kind, vec![term("based-on", plan)]).await?;
    rows.retain(|row| is_of(SCENARIO, row));
    Ok(rows)
}

/// The sessions of spirometry of a follow-up: measurements of reports would be too many to look through for them.
pub async fn sessions_of_course(
    context: &dyn Context,
    permit: &Permit,
    course: &str,
) -> Result<Vec<ResourceVersion>, Problem> {
    let plan = Match::Reference(format!("CarePlan/{course}"));
    let coded = Match::Token {
        system: Some(CATEGORY.to_owned()),
        code: Some(SPIROMETRY.to_owned()),
    };
    let terms = vec![term("based-on", plan), term("code", coded)];
    let mut rows = search(context, permit, "Observation", terms).await?;
    rows.retain(|row| is_of(SCENARIO, row));
    Ok(rows)
}

/// What was measured that is so, whoever wrote it, by its day, the newest first; so many from an offset on.
pub async fn newest_measured(
    context: &dyn Context,
    permit: &Permit,
    is_so: Term,
    (limit, offset): (usize, usize),
) -> Result<Vec<ResourceVersion>, Problem> {
    let query = ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![is_so],
        sort: vec![Sort {
            parameter: "date".to_owned(),
            descending: true,
        }],
        limit,
        offset,
    };
    Ok(context.record().search(permit, &query).await?.rows)
}

/// Commits facts, each with what must be so for it.
pub async fn commit(
    context: &dyn Context,
    actor: &ActorId,
    facts: Vec<(NewFact, Precondition)>,
) -> Result<(), Problem> {
    let batch = Batch {
        actor: actor.clone(),
        facts,
    };
    context.record().commit(batch).await?;
    Ok(())
}
