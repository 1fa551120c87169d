//! `/cds-services`: the guidelines as CDS Hooks 2.0 services, for the record system that the hospital has.
//!
//! One service for each guideline, and one for all together that also says where they contradict. What they
//! need comes with the call (prefetch), or from this hospital's record, if the caller may read it. We call
//! nobody: `fhirServer` is not used.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{DefaultBodyLimit, Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use jiff::civil::Date;
use knowledge::{
    Answers, Guideline, Recommendation, Verdict, cds, guideline::agreement, questionnaire,
};
use policy::{Action, Object};
use record::{
    Batch, Match, NewFact, Precondition, ResourceKey, ResourceQuery, Sort, Term, mark_written_by,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use twin::{Facts, PatientTwin};
use vocabulary::{ActorId, Language, PatientId};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem},
    twins,
};

/// The service that runs all guidelines.
const ALL: &str = "guidelines";
/// By which what was advised is tagged in the record.
const WRITER: &str = "cds-hooks";
/// What was made of a card, as the caller says.
const FEEDBACK_URI: &str = "urn:yuanyi:cds-feedback";
/// The most bytes of what is said of one card.
const MOST_SAID: usize = 4 << 10;
/// The most bytes of what is said of cards at once.
const MOST_FEEDBACK: usize = 256 << 10;
/// The most responses whose answers are looked at, the newest first.
const MOST_RESPONSES: usize = 50;

/// `/cds-services` and what is below it.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/", get(discovery))
        .route("/{service}", post(call))
        .route(
            "/{service}/feedback",
            post(feedback).layer(DefaultBodyLimit::max(MOST_FEEDBACK)),
        )
        .layer(DefaultBodyLimit::max(16 << 20))
}

fn prefetch() -> Value {
    json!({
        "patient": "Patient/{{context.patientId}}",
        "observations": "Observation?patient={{context.patientId}}&_count=500",
        "family": "FamilyMemberHistory?patient={{context.patientId}}",
        "answers": "QuestionnaireResponse?patient={{context.patientId}}&_sort=-authored&_count=50",
    })
}

/// What services there are. It says nothing about anybody, so anybody may ask.
async fn discovery(headers: HeaderMap) -> Json<Value> {
    let language = language(&headers);
    let mut services = vec![json!({
        "id": ALL,
        "hook": "patient-view",
        "title": language.pick("全部指南", "All guidelines"),
        "description": language.pick(
            "每部适用于该患者的指南的建议，以及它们之间的矛盾",
            "What each guideline that applies recommends, and where they contradict one another",
        ),
        "prefetch": prefetch(),
    })];
    services.extend(knowledge::guidelines().iter().map(|guideline| {
        json!({
            "id": guideline.id,
            "hook": "patient-view",
            "title": guideline.title.in_language(language),
            "description": guideline.population.in_language(language),
            "prefetch": prefetch(),
        })
    }));
    Json(json!({"services": services}))
}

/// The call of a service (CDS Hooks 2.0, HTTP request).
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    hook: String,
    hook_instance: String,
    context: Context,
    #[serde(default)]
    prefetch: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context {
    patient_id: String,
}

async fn call(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    headers: HeaderMap,
    Path(service): Path<String>,
    body: Result<Json<Call>, axum::extract::rejection::JsonRejection>,
) -> Result<Response, Problem> {
    let guidelines = guidelines_of(&service)?;
    let Json(call) = body.map_err(|why| Problem::bad_input(why.body_text()))?;
    if call.hook != "patient-view" {
        return Err(Problem::bad_input(
            "this service is for the hook patient-view",
        ));
    }
    if uuid::Uuid::try_parse(&call.hook_instance).is_err() {
        return Err(Problem::bad_input("hookInstance is a UUID"));
    }
    let patient = PatientId::new(call.context.patient_id.as_str())
        .map_err(|_| Problem::bad_input("context.patientId is the id of a FHIR Patient"))?;
    let language = language(&headers);
    let (answers, is_ours) = match from_prefetch(&call, &patient, hospital.today())? {
        Some(answers) => (answers, false),
        None => (from_record(&hospital, &caller, &patient).await?, true),
    };
    let said: Vec<Recommendation> = guidelines
        .iter()
        .map(|one| one.recommend(&answers))
        .collect();
    // Of all guidelines those speak that have something to say.
    let speaks =
        |one: &&Recommendation| service != ALL || matches!(one.result, Verdict::Recommended { .. });
    let mut cards = Vec::new();
    let mut kept = Vec::new();
    for one in said.iter().filter(speaks) {
        let uuid = uuid::Uuid::new_v4().to_string();
        cards.push(cds::card(one, &uuid, patient.as_str(), language));
        kept.push(advised(&uuid, &patient, one));
    }
    if service == ALL {
        cards.extend(cds::conflict_card(&agreement(&said), language));
    }
    // What was advised about a patient of this hospital stays in the record, so that it can be asked later
    // what became of it.
    if is_ours && !kept.is_empty() {
        let actor = caller.actor.id.clone();
        hospital.record.commit(Batch { actor, facts: kept }).await?;
    }
    Ok(Json(json!({"cards": cards})).into_response())
}

fn guidelines_of(service: &str) -> Result<Vec<&'static Guideline>, Problem> {
    if service == ALL {
        return Ok(knowledge::guidelines().iter().collect());
    }
    let found = knowledge::find_guideline(service);
    let unknown = || Problem::not_found("there is no such service; GET /cds-services names all");
    Ok(vec![found.ok_or_else(unknown)?])
}

fn advised(uuid: &str, patient: &PatientId, said: &Recommendation) -> (NewFact, Precondition) {
    let mut body = said.guidance_response();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("resourceType".to_owned(), json!("GuidanceResponse"));
        let subject = json!({"reference": format!("Patient/{patient}")});
        fields.insert("subject".to_owned(), subject);
        fields.insert("occurrenceDateTime".to_owned(), json!(clock::now()));
        mark_written_by(fields, WRITER);
    }
    let fact = NewFact::PutResource {
        key: key(uuid),
        subject: Some(patient.clone()),
        body,
    };
    (fact, Precondition::Version(0))
}

fn key(card: &str) -> ResourceKey {
    ResourceKey {
        kind: "GuidanceResponse".to_owned(),
        id: card.to_owned(),
    }
}

/// The answers by what came with the call; `None` where no patient did.
fn from_prefetch(
    call: &Call,
    patient: &PatientId,
    today: Date,
) -> Result<Option<Answers>, Problem> {
    let Some(body) = call.prefetch.get("patient").filter(|body| !body.is_null()) else {
        return Ok(None);
    };
    if body.get("id").and_then(Value::as_str) != Some(patient.as_str()) {
        return Err(Problem::bad_input(
            "prefetch.patient is not the patient of context.patientId",
        ));
    }
    let resources_of = |name: &str| {
        let bundle = call.prefetch.get(name);
        let entries = bundle
            .and_then(|bundle| bundle.get("entry"))
            .and_then(Value::as_array);
        let resources = entries
            .into_iter()
            .flatten()
            .filter_map(|entry| entry.get("resource"));
        resources.cloned().collect::<Vec<Value>>()
    };
    let mut resources = resources_of("observations");
    resources.extend(resources_of("family"));
    let twin = PatientTwin::from_facts(&Facts {
        patient: body,
        resources: &resources,
        studies: &[],
        lesions: &[],
        today,
    });
    Ok(Some(answered(&twin, &resources_of("answers"))))
}

/// The answers by this hospital's record.
async fn from_record(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    patient: &PatientId,
) -> Result<Answers, Problem> {
    let object = Object::Patient(patient.clone());
    let permit = hospital.permit(caller, Action::ReadRecord, &object).await?;
    let twin = twins::of(hospital, &permit, patient).await?.ok_or_else(|| {
        let detail = "there is no such patient here, and prefetch.patient is empty: send what the service asks for";
        Problem::new(StatusCode::PRECONDITION_FAILED, "Nothing is known of the patient", detail)
    })?;
    let query = ResourceQuery {
        kind: "QuestionnaireResponse".to_owned(),
        terms: vec![Term {
            parameter: "patient".to_owned(),
            any_of: vec![Match::Reference(format!("Patient/{patient}"))],
        }],
        sort: vec![Sort {
            parameter: "authored".to_owned(),
            descending: true,
        }],
        limit: MOST_RESPONSES,
        offset: 0,
    };
    let page = hospital.record.search(&permit, &query).await?;
    let responses: Vec<Value> = page.rows.into_iter().filter_map(|row| row.body).collect();
    Ok(answered(&twin, &responses))
}

/// What people answered last, before what the record says.
fn answered(twin: &PatientTwin, responses: &[Value]) -> Answers {
    let mut answers = twin.known_answers();
    for response in responses.iter().rev() {
        let given = questionnaire::answers_of(response).into_iter();
        answers.extend(given.filter(|(name, _)| knowledge::inputs().contains_key(name)));
    }
    answers
}

/// What became of cards (CDS Hooks 2.0, feedback).
#[derive(Deserialize)]
struct Feedback {
    feedback: Vec<Value>,
}

async fn feedback(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(service): Path<String>,
    body: Result<Json<Feedback>, axum::extract::rejection::JsonRejection>,
) -> Result<StatusCode, Problem> {
    guidelines_of(&service)?;
    let Json(Feedback { feedback }) = body.map_err(|why| Problem::bad_input(why.body_text()))?;
    let mut facts = Vec::new();
    for one in &feedback {
        facts.push(with_feedback(&hospital, &caller, one).await?);
    }
    if facts.is_empty() {
        return Err(Problem::bad_input(
            "feedback is a list of at least one card's outcome",
        ));
    }
    let actor = caller.actor.id.clone();
    hospital.record.commit(Batch { actor, facts }).await?;
    Ok(StatusCode::OK)
}

/// The next version of what was advised, with what became of it.
async fn with_feedback(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    one: &Value,
) -> Result<(NewFact, Precondition), Problem> {
    let text = |name: &str| one.get(name).and_then(Value::as_str);
    let is_known = matches!(text("outcome"), Some("accepted" | "overridden"));
    let (Some(card), true) = (text("card"), is_known) else {
        return Err(Problem::bad_input(
            "each feedback names its card and an outcome, accepted or overridden",
        ));
    };
    if one.to_string().len() > MOST_SAID {
        return Err(Problem::bad_input(
            "what is said of a card has at most 4096 bytes",
        ));
    }
    let unknown = || {
        Problem::not_found(
            "a card of this feedback was not given out here, or to nobody whom you may see",
        )
    };
    let key = key(card);
    let subject = hospital.subject_of(&key).await?.ok_or_else(unknown)?;
    let object = Object::Patient(subject.clone());
    let permit = hospital
        .permit(caller, Action::WriteRecord, &object)
        .await?;
    let found = hospital.record.resource(&permit, &key, None).await?;
    let found = found.ok_or_else(unknown)?;
    let mut body = found.body.ok_or_else(unknown)?;
    if record::written_by(&body) != Some(WRITER) {
        return Err(unknown());
    }
    let said = json!({"by": caller.actor.id, "received": clock::now(), "feedback": one});
    let extension = json!({"url": FEEDBACK_URI, "valueString": said.to_string()});
    if let Some(extensions) = body.get_mut("extension").and_then(Value::as_array_mut) {
        // What somebody says holds instead of what they said before.
        extensions.retain(|one| !is_said_by(one, &caller.actor.id));
        extensions.push(extension);
    }
    let fact = NewFact::PutResource {
        key,
        subject: Some(subject),
        body,
    };
    Ok((fact, Precondition::Version(found.version)))
}

/// Whether this is what somebody made of a card.
fn is_said_by(extension: &Value, who: &ActorId) -> bool {
    let said = extension.get("valueString").and_then(Value::as_str);
    let said: Value = said.map_or(Value::Null, |said| {
        serde_json::from_str(said).unwrap_or_default()
    });
    extension.get("url").and_then(Value::as_str) == Some(FEEDBACK_URI)
        && said.get("by").and_then(Value::as_str) == Some(who.as_str())
}

/// The language that the caller would rather read; Chinese where it says nothing.
fn language(headers: &HeaderMap) -> Language {
    let wanted = headers.get(header::ACCEPT_LANGUAGE);
    let first = wanted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    if first.trim_start().to_ascii_lowercase().starts_with("en") {
        Language::En
    } else {
        Language::Zh
    }
}

/// One of two words.
trait Pick {
    fn pick(self, zh: &'static str, en: &'static str) -> &'static str;
}

impl Pick for Language {
    fn pick(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}
