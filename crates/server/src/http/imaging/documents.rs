//! `GET` and `POST /api/imaging/studies/{study}/documents`: PDFs beside the images, as Encapsulated PDF objects.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use dicom::{
    Document,
    create::{CreateError, DocumentKind, MadeHere, NewDocument, context_of, derived_uid, document},
    drawn::SavedObject,
};
use policy::{Action, Permit};
use record::StoredObject;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Digest, Uid};

use super::study_of;
use crate::{
    derived::{self, Origin},
    hospital::Hospital,
    http::{Caller, LargeBody, Problem, turns::in_turn},
};

/// Encapsulated PDF Storage.
const CLASS: &str = "1.2.840.10008.5.1.4.1.1.104.1";
/// The largest document, in bytes, whichever way it came.
const LARGEST: u64 = 32 << 20;
/// What a request may hold: a document in base64, and its title.
pub const LARGEST_BODY: usize = 44 << 20;
/// The most documents that are listed of one study; the newest come first.
const MOST: usize = 50;
/// The most characters of a title.
const LONGEST_TITLE: usize = 200;
/// Where the end of a PDF is looked for: readers allow this much behind it.
const TAIL: usize = 1024;

/// A document of a study.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/documents.ts")]
pub struct StudyDocument {
    /// SOP instance UID.
    sop: String,
    /// Its title; empty where it has none.
    title: String,
    /// How many bytes it has.
    bytes: usize,
}

/// A document that is to be kept with a study.
#[derive(Clone, Debug, PartialEq, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/documents.ts")]
pub struct NewStudyDocument {
    /// What it is, as readers will see it.
    title: String,
    /// The PDF, in base64.
    pdf: String,
}

fn unkept(why: &str) -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "This document cannot be kept",
        why,
    )
}

fn is_document(object: &StoredObject) -> bool {
    object.class.as_str() == CLASS && object.size <= LARGEST + (1 << 20)
}

async fn read(
    hospital: &Hospital,
    permit: &Permit,
    object: &StoredObject,
) -> Result<Option<Document>, Problem> {
    let bytes = hospital.record.bytes_of(permit, object, None).await?;
    let read = in_turn(move || dicom::read_document(&bytes)).await?;
    Ok(read.ok())
}

/// The documents of a study, the newest first. One that cannot be read is left out.
pub async fn list(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
) -> Result<Json<Vec<StudyDocument>>, Problem> {
    let (study, _, permit) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let mut objects = hospital.record.stored(&permit, &study, None, None).await?;
    objects.retain(|object| is_document(object) && permit.covers(Some(&object.subject)));
    objects.sort_by_key(|object| std::cmp::Reverse(object.sequence));
    let mut found = Vec::new();
    for object in objects.iter().take(MOST) {
        if let Some(document) = read(&hospital, &permit, object).await? {
            found.push(StudyDocument {
                sop: object.sop.to_string(),
                title: document.title,
                bytes: document.bytes.len(),
            });
        }
    }
    Ok(Json(found))
}

/// One document, for the browser's own reader.
pub async fn show(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path((study, object)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let (study, _, permit) = study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    let absent = || Problem::not_found("there is no such document in this study");
    let sop = Uid::new(object).map_err(|_| absent())?;
    let objects = hospital
        .record
        .stored(&permit, &study, None, Some(&sop))
        .await?;
    let object = objects.into_iter().find(is_document).ok_or_else(absent)?;
    let document = read(&hospital, &permit, &object).await?;
    let document = document.filter(|document| is_pdf(&document.bytes));
    let document =
        document.ok_or_else(|| unkept("what the object carries is no PDF; download the study"))?;
    // The name says nothing of the patient; browsers offer it when the document is saved.
    let headers = [
        (header::CONTENT_TYPE, "application/pdf"),
        (
            header::CONTENT_DISPOSITION,
            "inline; filename=\"document.pdf\"",
        ),
    ];
    Ok((headers, document.bytes).into_response())
}

/// Whether bytes begin and end as a PDF does, so that half a file is noticed.
fn is_pdf(bytes: &[u8]) -> bool {
    let tail = bytes.len().saturating_sub(TAIL);
    let tail = bytes.get(tail..).unwrap_or_default();
    bytes.starts_with(b"%PDF-") && tail.windows(5).any(|end| end == b"%%EOF")
}

/// Keeps a document with its study. The same document again adds nothing.
pub async fn keep(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(study): Path<String>,
    body: LargeBody,
) -> Result<(StatusCode, Json<SavedObject>), Problem> {
    let (study, patient, permit) =
        study_of(&hospital, &caller, &study, Action::ReadImaging).await?;
    study_of(&hospital, &caller, study.as_str(), Action::StoreImaging).await?;
    let body = body.whole(&hospital.memory).await;
    let body = body.map_err(|problem| match problem.status() {
        StatusCode::PAYLOAD_TOO_LARGE => unkept("it is larger than 32 MiB"),
        _ => problem,
    })?;
    let new: NewStudyDocument = serde_json::from_slice(&body.bytes)
        .map_err(|_| Problem::bad_input("send JSON with the fields `title` and `pdf` (base64)"))?;
    drop(body);
    let title: String = new
        .title
        .trim()
        .chars()
        .filter(|c| !c.is_control())
        .collect();
    if title.is_empty() || title.chars().count() > LONGEST_TITLE {
        return Err(unkept("give it a title of at most 200 characters"));
    }
    let bytes = BASE64_STANDARD.decode(new.pdf);
    let bytes = bytes.map_err(|_| Problem::bad_input("`pdf` is not base64"))?;
    if !is_pdf(&bytes) || bytes.len() as u64 > LARGEST {
        return Err(unkept("it is no whole PDF of at most 32 MiB"));
    }
    let stored = hospital.record.stored(&permit, &study, None, None).await?;
    let first = stored.first().ok_or_else(|| unkept("the study is empty"))?;
    let head = hospital.record.bytes_of(&permit, first, None).await?;
    let digest = Digest::of(&bytes).to_string();
    let made = MadeHere {
        series: derived_uid(&["document", study.as_str(), &digest]),
        number: 9_006,
        description: title.chars().take(64).collect(),
        at: hospital.moment(),
    };
    let new = NewDocument {
        kind: DocumentKind::Pdf,
        title,
        bytes,
        frame_of_reference: None,
        sources: Vec::new(),
    };
    let file = in_turn(move || {
        let context = context_of(&head);
        let (person, study) = context.map_err(|error| CreateError::Write(error.to_string()))?;
        document(&person, &study, new, &made)
    });
    let file = file.await?.map_err(|error| Problem::internal(&error))?;
    let origin = Origin {
        series: &[],
        activity: "Document of a study",
    };
    let kept = derived::keep(&hospital, &caller.actor, &patient, file, &origin).await?;
    let status = if kept.was_there {
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    Ok((status, Json(kept.into())))
}
