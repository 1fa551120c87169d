//! De-identified copies by DICOMweb's rules, their reports, and minimal FHIR resources for them.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json, Router,
    body::Body,
    extract::{Path, State},
    http::header,
    response::{IntoResponse, Response},
    routing::get,
};
use bytes::Bytes;
use dicom::{
    deidentify::Deidentified,
    web::{self, DICOM, DICOM_JSON, Multipart},
};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use policy::{Action, Permit};
use record::{ImagingLevel, ImagingRow, Instance};
use serde_json::{Value, json};

use crate::{
    hospital::Hospital,
    http::{Caller, Problem, turns::in_turn},
    research::{
        self, Project,
        copies::{self, Released},
    },
};

/// The routes of a project's copies.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/dicom-web/studies", get(studies))
        .route("/dicom-web/studies/{study}", get(study))
        .route("/dicom-web/studies/{study}/metadata", get(metadata))
        .route("/dicom-web/studies/{study}/series", get(series))
        .route("/dicom-web/studies/{study}/instances", get(instances))
        .route(
            "/dicom-web/studies/{study}/series/{series}",
            get(one_series),
        )
        .route(
            "/dicom-web/studies/{study}/series/{series}/instances/{instance}",
            get(one_instance),
        )
        .route("/studies/{study}/report", get(report))
        .route("/fhir/{kind}", get(resources))
}

/// What a caller may read of a project.
struct View {
    hospital: Arc<Hospital>,
    project: Project,
    permit: Permit,
    released: Vec<Released>,
}

fn refused() -> Problem {
    Problem::not_found("there is no such study in this project, or it is not released any more")
}

impl View {
    /// The view of the caller, who must take part in the project.
    async fn of(hospital: &Arc<Hospital>, caller: &Caller, project: &str) -> Result<Self, Problem> {
        let project =
            research::project_for(hospital, caller, project, Action::ReadResearch).await?;
        Ok(Self {
            released: copies::released(hospital, caller, &project).await?,
            permit: copies::permit(hospital).await?,
            hospital: Arc::clone(hospital),
            project,
        })
    }

    /// The view of one study, by the UID of its copy.
    async fn of_study(
        hospital: &Arc<Hospital>,
        caller: &Caller,
        project: &str,
        study: &str,
    ) -> Result<Self, Problem> {
        let mut view = Self::of(hospital, caller, project).await?;
        view.released
            .retain(|released| released.copy.as_str() == study);
        if view.released.is_empty() {
            return Err(refused());
        }
        Ok(view)
    }

    /// The original objects behind the copies that are wanted.
    async fn originals(
        &self,
        series: Option<&str>,
        instance: Option<&str>,
    ) -> Result<Vec<(usize, Instance)>, Problem> {
        let key = self.project.key(&self.hospital);
        let is = |wanted: Option<&str>, uid: &vocabulary::Uid| {
            wanted.is_none_or(|wanted| key.uid(uid.as_str()).as_str() == wanted)
        };
        let mut found = Vec::new();
        for (place, released) in self.released.iter().enumerate() {
            let objects = copies::released_objects(&self.hospital, &self.permit, released).await?;
            let wanted = objects
                .into_iter()
                .filter(|object| is(series, &object.series) && is(instance, &object.sop));
            found.extend(wanted.map(|object| (place, object)));
        }
        if found.is_empty() && (series.is_some() || instance.is_some()) {
            return Err(refused());
        }
        Ok(found)
    }

    async fn copy(&self, (place, object): &(usize, Instance)) -> Result<Deidentified, Problem> {
        let released = self.released.get(*place).ok_or_else(refused)?;
        copies::copy_of(
            &self.hospital,
            &self.permit,
            &self.project,
            released,
            object,
        )
        .await
    }

    fn base(&self) -> String {
        format!("/api/research/projects/{}/dicom-web", self.project.id)
    }

    /// The rows of a search at a level. A study or series has the attributes of its first object, and counts.
    async fn rows(&self, level: ImagingLevel) -> Result<Vec<ImagingRow>, Problem> {
        let all = self.originals(None, None).await?;
        let mut groups: BTreeMap<String, Vec<&(usize, Instance)>> = BTreeMap::new();
        for found in &all {
            let key = match level {
                ImagingLevel::Patient => found.1.subject.to_string(),
                ImagingLevel::Study => found.1.study.to_string(),
                ImagingLevel::Series => found.1.series.to_string(),
                ImagingLevel::Instance => found.1.sop.to_string(),
            };
            groups.entry(key).or_default().push(found);
        }
        let mut rows = Vec::with_capacity(groups.len());
        for group in groups.values() {
            let Some(first) = group.first() else {
                continue;
            };
            let copy = self.copy(first).await?;
            let Some(released) = self.released.get(first.0) else {
                continue;
            };
            let row = copies::row(&self.project, &self.hospital, released, &copy.file);
            let mut row = row.ok_or_else(refused)?;
            count(&mut row, level, group);
            rows.push(row);
        }
        Ok(rows)
    }
}

/// Number of Study Related Series and Instances, or of Series Related Instances.
fn count(row: &mut ImagingRow, level: ImagingLevel, group: &[&(usize, Instance)]) {
    let series: std::collections::BTreeSet<_> = group.iter().map(|found| &found.1.series).collect();
    let counts: &[(&str, usize)] = match level {
        ImagingLevel::Study => &[("00201206", series.len()), ("00201208", group.len())],
        ImagingLevel::Series => &[("00201209", group.len())],
        ImagingLevel::Patient | ImagingLevel::Instance => &[],
    };
    for (tag, number) in counts {
        let value = json!({"vr": "IS", "Value": [number]});
        row.attributes.insert((*tag).to_owned(), value);
    }
}

type Study = Path<(String, String)>;

fn rows_answer(view: &View, level: ImagingLevel, rows: Vec<ImagingRow>) -> Response {
    let answer = web::qido_answer(level, rows, &view.base());
    ([(header::CONTENT_TYPE, DICOM_JSON)], answer.to_string()).into_response()
}

async fn studies(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(project): Path<String>,
) -> Result<Response, Problem> {
    let view = View::of(&hospital, &caller, &project).await?;
    let rows = view.rows(ImagingLevel::Study).await?;
    Ok(rows_answer(&view, ImagingLevel::Study, rows))
}

async fn series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Study,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let rows = view.rows(ImagingLevel::Series).await?;
    Ok(rows_answer(&view, ImagingLevel::Series, rows))
}

async fn instances(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Study,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let rows = view.rows(ImagingLevel::Instance).await?;
    Ok(rows_answer(&view, ImagingLevel::Instance, rows))
}

async fn study(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Study,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let originals = view.originals(None, None).await?;
    Ok(multipart(view, originals))
}

async fn one_series(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study, series)): Path<(String, String, String)>,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let originals = view.originals(Some(&series), None).await?;
    Ok(multipart(view, originals))
}

async fn one_instance(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study, series, instance)): Path<(String, String, String, String)>,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let originals = view.originals(Some(&series), Some(&instance)).await?;
    Ok(multipart(view, originals))
}

/// Copies as parts, made one after the other while they are sent.
fn multipart(view: View, originals: Vec<(usize, Instance)>) -> Response {
    let multipart = Multipart::new(DICOM, uuid::Uuid::new_v4().simple().to_string());
    let kind = multipart.content_type();
    let end = multipart.end();
    let view = Arc::new(view);
    let parts = stream::iter(originals)
        .then(move |original| {
            let view = Arc::clone(&view);
            async move {
                let copy = view.copy(&original).await;
                copy.map_err(|_| std::io::Error::other("a copy could not be made"))
            }
        })
        .map_ok(move |copy| {
            let bytes = Bytes::from(copy.file);
            let pieces = [
                multipart.head(DICOM, None, bytes.len() as u64),
                bytes,
                multipart.foot(),
            ];
            stream::iter(pieces.map(Ok::<_, std::io::Error>))
        })
        .try_flatten();
    let body = parts.chain(stream::once(async { Ok(end) }));
    ([(header::CONTENT_TYPE, kind)], Body::from_stream(body)).into_response()
}

async fn metadata(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Study,
) -> Result<Response, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let mut all = Vec::new();
    for original in view.originals(None, None).await? {
        let copy = view.copy(&original).await?;
        let url = format!(
            "{}/studies/{study}/series/{}/instances/{}",
            view.base(),
            view.project.key(&hospital).uid(original.1.series.as_str()),
            copy.report.sop
        );
        let made = in_turn(move || web::metadata(&copy.file, &url)).await;
        all.push(made??);
    }
    let body = Value::Array(all).to_string();
    Ok(([(header::CONTENT_TYPE, DICOM_JSON)], body).into_response())
}

/// What was done to each object of a study.
async fn report(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, study)): Study,
) -> Result<Json<Value>, Problem> {
    let view = View::of_study(&hospital, &caller, &project, &study).await?;
    let mut reports = Vec::new();
    for original in view.originals(None, None).await? {
        reports.push(view.copy(&original).await?.report);
    }
    Ok(Json(json!({"study": study, "objects": reports})))
}

/// Patients and studies of the project as FHIR resources that hold what the copies hold.
async fn resources(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((project, kind)): Study,
) -> Result<Response, Problem> {
    let view = View::of(&hospital, &caller, &project).await?;
    let rows = view.rows(ImagingLevel::Series).await?;
    let mut by_study: BTreeMap<String, Vec<ImagingRow>> = BTreeMap::new();
    for row in rows {
        by_study
            .entry(first(&row, "0020000D"))
            .or_default()
            .push(row);
    }
    let mut resources: BTreeMap<String, Value> = BTreeMap::new();
    for rows in by_study.values() {
        let Some(row) = rows.first() else {
            continue;
        };
        let made = match kind.as_str() {
            "Patient" => Some(patient(&view.project, row)),
            "ImagingStudy" => {
                let uid = first(row, "0020000D");
                fhir::imaging_study(uid.trim_start_matches("2.25."), &row.subject, rows)
            }
            _ => {
                return Err(Problem::not_found(
                    "the project has Patient and ImagingStudy",
                ));
            }
        };
        if let Some(resource) = made {
            let id = resource.get("id").map(Value::to_string).unwrap_or_default();
            resources.insert(id, resource);
        }
    }
    let entries: Vec<Value> = resources
        .into_values()
        .map(|resource| json!({"resource": resource}))
        .collect();
    let bundle = json!({
        "resourceType": "Bundle",
        "type": "searchset",
        "total": entries.len(),
        "entry": entries,
    });
    let kind = "application/fhir+json; charset=utf-8";
    Ok(([(header::CONTENT_TYPE, kind)], bundle.to_string()).into_response())
}

/// A patient of whom nothing is known but the pseudonym, and the sex where the project keeps it.
fn patient(project: &Project, row: &ImagingRow) -> Value {
    let mut patient = fhir::patient_from_dicom(
        &row.subject,
        fhir::DicomPatient {
            sex: &first(row, "00100040"),
            ..fhir::DicomPatient::default()
        },
    );
    if let Some(fields) = patient.as_object_mut() {
        let system = format!("urn:yuanyi:research:project:{}", project.id);
        let identifier = json!([{"system": system, "value": row.subject}]);
        fields.insert("identifier".to_owned(), identifier);
    }
    patient
}

fn first(row: &ImagingRow, tag: &str) -> String {
    let value = row.attributes.get(tag);
    let value = value.and_then(|value| value.pointer("/Value/0"));
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}
