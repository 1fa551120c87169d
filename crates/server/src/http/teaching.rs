//! `/api/teaching`: cases for a teaching round, their pictures, and what trainees answered.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use dicom::web::{Rendering, Shown};
use knowledge::AnswerValue;
use policy::{Action, Object, Permit, Role};
use record::Instance;
use serde::Deserialize;
use serde_json::{Value, json};
use teaching::{Attempt, Given, Question, score};
use twin::View;
use vocabulary::{ActorId, PatientId, ProjectId, Uid};

use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    research::copies,
    teaching::{self as cases, Case},
    twins::{self, over_time},
};

/// The routes below `/api/teaching`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/cases", get(list).post(make))
        .route("/cases/{case}", get(show).delete(close))
        .route("/cases/{case}/answers", post(answer))
        .route("/cases/{case}/images/{number}", get(image))
        .route("/cases/{case}/objects/{number}", get(object))
}

async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    let me = &caller.actor.id;
    let mut rows = Vec::new();
    for case in cases::cases(&hospital, me).await? {
        let attempt = cases::attempt_of(&hospital, &case.id, me).await?;
        let is_own = case.teacher == *me;
        let answered = if is_own {
            cases::attempts(&hospital, &case.id).await?.len()
        } else {
            0
        };
        rows.push(json!({
            "id": case.id,
            "pseudonym": case.pseudonym(&hospital),
            "made": case.made,
            "is_own": is_own,
            "questions": case.posed.len(),
            "points": attempt.map(|attempt| score(&case.posed, &attempt.given).points),
            "trainees": is_own.then_some(case.trainees.len()),
            "answered": is_own.then_some(answered),
        }));
    }
    rows.sort_by(|a, b| b["made"].as_str().cmp(&a["made"].as_str()));
    Ok(Json(Value::Array(rows)))
}

/// What a case is made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    patient: PatientId,
    series: Uid,
    /// What the teacher sees on the images, and the record does not say.
    #[serde(default)]
    answers: BTreeMap<String, AnswerValue>,
    /// All trainees where none is named.
    #[serde(default)]
    trainees: Option<BTreeSet<ActorId>>,
    #[serde(default)]
    pixels_vouched_for: bool,
}

fn unprocessable(detail: &str) -> Problem {
    let title = "No teaching case can be made";
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, title, detail)
}

async fn make(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let patient = wanted.patient.clone();
    let about = Object::Patient(patient.clone());
    let record = hospital.permit(&caller, Action::ReadRecord, &about).await?;
    let imaging = hospital
        .permit(&caller, Action::ReadImaging, &about)
        .await?;
    hospital
        .permit(&caller, Action::ReleaseToTeaching, &about)
        .await?;
    if copies::refusals(&hospital).await?.contains(&patient) {
        return Err(Problem::forbidden(
            "the patient refuses that others see these data, also without a name (FHIR Consent)",
        ));
    }
    let images = hospital
        .record
        .series_instances(&imaging, &wanted.series)
        .await?;
    let images: Vec<Instance> = images
        .into_iter()
        .filter(|image| image.subject == patient)
        .collect();
    let mut case = Case {
        id: ProjectId::new(format!("teaching-{}", uuid::Uuid::new_v4().simple()))
            .map_err(|error| Problem::internal(&error))?,
        teacher: caller.actor.id.clone(),
        trainees: trainees(&hospital, wanted.trainees.as_ref())?,
        made: clock::now(),
        closed: None,
        patient,
        objects: Vec::new(),
        pixel_mm: images.first().and_then(cases::pixel_mm),
        pixels_vouched_for: wanted.pixels_vouched_for,
        facts: teaching::CaseFacts::default(),
        posed: Vec::new(),
    };
    fill(&hospital, (&record, &imaging), &mut case, &wanted.answers).await?;
    case.objects = released(&hospital, &imaging, &case, cases::in_place(images)).await?;
    cases::keep(&hospital, &caller.actor.id, &case, 0).await?;
    Ok((StatusCode::CREATED, Json(json!({"id": case.id}))))
}

/// Those who are named, as far as they are trainees; else all.
fn trainees(
    hospital: &Hospital,
    named: Option<&BTreeSet<ActorId>>,
) -> Result<BTreeSet<ActorId>, Problem> {
    let all = hospital.accounts.list();
    let all = all.map_err(|error| Problem::internal(&error))?;
    let trainees = all
        .into_iter()
        .filter(|actor| actor.roles.contains(&Role::Trainee))
        .map(|actor| actor.id)
        .filter(|id| named.is_none_or(|named| named.contains(id)));
    let trainees: BTreeSet<ActorId> = trainees.collect();
    if trainees.is_empty() {
        return Err(unprocessable(
            "there is no trainee among those who are named",
        ));
    }
    Ok(trainees)
}

/// What is said of the patient, and what is asked.
async fn fill(
    hospital: &Arc<Hospital>,
    (record, imaging): (&Permit, &Permit),
    case: &mut Case,
    said: &BTreeMap<String, AnswerValue>,
) -> Result<(), Problem> {
    let missing = || Problem::forbidden("there is no such patient, or you may not see the record");
    let twin = twins::of(hospital, record, &case.patient).await?;
    let known = twin.ok_or_else(missing)?.known_answers();
    let read = over_time::read(hospital, record, Some(imaging), &case.patient).await?;
    let answers = cases::answers(known, read.versions(), said);
    let view = View {
        at: case.made,
        recorded: case.made,
        from: None,
        until: None,
        zone: hospital.config.time_zone.rules().clone(),
    };
    let timeline = read.view(&case.patient, &view);
    let days = case.project().key(hospital).days(case.patient.as_str());
    case.facts = teaching::facts(&answers, &timeline, days, &view.zone);
    case.posed = teaching::questions(&answers);
    if case.posed.is_empty() {
        return Err(unprocessable(
            "nothing can be asked: say what the nodule looks like, or outline it on the images first",
        ));
    }
    Ok(())
}

/// The images that can be de-identified; refused where none can.
async fn released(
    hospital: &Hospital,
    permit: &Permit,
    case: &Case,
    images: Vec<Instance>,
) -> Result<Vec<Uid>, Problem> {
    let project = case.project();
    let (mut objects, mut why) = (Vec::new(), None);
    for image in images {
        let vouched = case.pixels_vouched_for;
        let copy = copies::copy(hospital, permit, &project, &case.patient, vouched, &image);
        match copy.await? {
            Ok(_) => objects.push(image.sop),
            Err(refused) => why = Some(refused.to_string()),
        }
    }
    if objects.is_empty() {
        let why = why.unwrap_or_else(|| "find images in this series".to_owned());
        return Err(unprocessable(&format!("could not {why}")));
    }
    Ok(objects)
}

/// The case as somebody may see it: the answers only after their own.
async fn show(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let case = cases::case(&hospital, &caller, &id).await?.content;
    shown(&hospital, &caller, &case).await.map(Json)
}

async fn shown(hospital: &Hospital, caller: &Caller, case: &Case) -> Result<Value, Problem> {
    let me = &caller.actor.id;
    let questions: Vec<&Question> = case.posed.iter().map(|posed| &posed.question).collect();
    let attempt = cases::attempt_of(hospital, &case.id, me).await?;
    let mut shown = json!({
        "id": case.id,
        "pseudonym": case.pseudonym(hospital),
        "made": case.made,
        "is_own": case.teacher == *me,
        "facts": case.facts,
        "images": case.objects.len(),
        "pixel_mm": case.pixel_mm,
        "questions": questions,
    });
    let Some(fields) = shown.as_object_mut() else {
        return Ok(shown);
    };
    if let Some(attempt) = attempt {
        fields.insert(
            "score".to_owned(),
            json!(score(&case.posed, &attempt.given)),
        );
    }
    if case.teacher == *me {
        let rows = cases::attempts(hospital, &case.id).await?;
        let rows = rows.iter().map(|attempt| {
            let points = score(&case.posed, &attempt.given).points;
            json!({"by": attempt.by, "at": attempt.at, "points": points})
        });
        fields.insert("attempts".to_owned(), rows.collect());
        // Who made the case knows the answers.
        let right = score(&case.posed, &Given::new());
        fields.insert("answers".to_owned(), json!(right.judged));
    }
    Ok(shown)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answered {
    answers: Given,
}

/// Takes the one attempt that a trainee has, and reveals what is right.
async fn answer(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(answered): Json<Answered>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let case = cases::case(&hospital, &caller, &id).await?.content;
    let me = &caller.actor.id;
    if !case.trainees.contains(me) {
        return Err(Problem::forbidden("the case is for trainees to answer"));
    }
    let again = || {
        let title = "Answered already";
        Problem::new(StatusCode::CONFLICT, title, "you have answered this case")
    };
    if cases::attempt_of(&hospital, &case.id, me).await?.is_some() {
        return Err(again());
    }
    let is_asked = |id: &String| case.posed.iter().any(|posed| posed.question.id == *id);
    let mut given = answered.answers;
    given.retain(|id, _| is_asked(id));
    let attempt = Attempt {
        by: me.clone(),
        at: clock::now(),
        given,
    };
    cases::keep_attempt(&hospital, &case.id, &attempt).await?;
    let shown = shown(&hospital, &caller, &case).await?;
    Ok((StatusCode::CREATED, Json(shown)))
}

/// Takes a case out of the round; what was answered stays in the record.
async fn close(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<StatusCode, Problem> {
    let found = cases::case(&hospital, &caller, &id).await?;
    let mut case = found.content;
    if case.teacher != caller.actor.id {
        return Err(Problem::forbidden("who made the case closes it"));
    }
    case.closed = Some(clock::now());
    cases::keep(&hospital, &caller.actor.id, &case, found.version).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The de-identified copy of one image, by its number from 1.
async fn copy_of(
    hospital: &Hospital,
    caller: &Caller,
    (id, number): (String, usize),
) -> Result<Vec<u8>, Problem> {
    let case = cases::case(hospital, caller, &id).await?.content;
    let none = || Problem::not_found("the case has no such image");
    let sop = number
        .checked_sub(1)
        .and_then(|index| case.objects.get(index));
    let sop = sop.ok_or_else(none)?;
    let permit = copies::permit(hospital).await?;
    let image = hospital.record.instance(&permit, sop).await?;
    let image = image.ok_or_else(none)?;
    let vouched = case.pixels_vouched_for;
    let project = case.project();
    let copy = copies::copy(hospital, &permit, &project, &case.patient, vouched, &image).await?;
    // It could be made when the case was, so this is a fault of ours.
    let copy = copy.map_err(|error| Problem::internal(&error))?;
    Ok(copy.file)
}

fn private(kind: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    let private = HeaderValue::from_static("private, no-store");
    headers.insert(header::CACHE_CONTROL, private);
    response
}

async fn image(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(place): Path<(String, usize)>,
    Query(parameters): Query<Vec<(String, String)>>,
) -> Result<Response, Problem> {
    let asked = parameters.into_iter().filter(|(name, _)| name == "window");
    let rendering = Rendering::of(&asked.collect::<Vec<_>>());
    let rendering = rendering.map_err(|error| Problem::bad_input(error.to_string()))?;
    let file = copy_of(&hospital, &caller, place).await?;
    let drawn = in_turn(move || Shown::open(&file)?.picture(1, &rendering, "image/jpeg"));
    let drawn = drawn.await?.map_err(|error| Problem::internal(&error))?;
    Ok(private("image/jpeg", drawn))
}

async fn object(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(place): Path<(String, usize)>,
) -> Result<Response, Problem> {
    let file = copy_of(&hospital, &caller, place).await?;
    Ok(private("application/dicom", file).into_response())
}
