//! What this DICOMweb service does, for programs (PS3.18 section 8.9).

use axum::{
    Json,
    http::header,
    response::{IntoResponse, Response},
};
use dicom::TRANSFER_SYNTAXES;
use serde_json::{Value, json};

use super::retrieve::INSTANCE;

const OBJECTS: &[&str] = &[
    "multipart/related; type=\"application/dicom\"",
    "application/dicom",
];
const JSON: &[&str] = &["application/dicom+json"];

/// `OPTIONS /dicom-web`.
pub async fn tell() -> Response {
    let allow = [(header::ALLOW, "OPTIONS")];
    (allow, Json(statement())).into_response()
}

fn statement() -> Value {
    let search = |path: &str, parameters: &[&str]| {
        let common = ["limit", "offset", "includefield", "fuzzymatching"];
        let all: Vec<&str> = common.iter().chain(parameters).copied().collect();
        method("GET", "SearchTransaction", path, JSON, &all)
    };
    let retrieve = |path: &str, media: &[&str], parameters: &[&str]| {
        method("GET", "RetrieveTransaction", path, media, parameters)
    };
    let series = "/studies/{study}/series/{series}";
    let instance = INSTANCE;
    let mut resources = vec![
        search("/studies", &[]),
        search("/series", &[]),
        search("/instances", &[]),
        search("/studies/{study}/series", &[]),
        search("/studies/{study}/instances", &[]),
        search(&format!("{series}/instances"), &[]),
    ];
    for path in ["/studies", "/studies/{study}"] {
        resources.push(method("POST", "StoreTransaction", path, OBJECTS, &[]));
    }
    for path in ["/studies/{study}", series, instance] {
        resources.push(retrieve(path, OBJECTS, &["accept"]));
        resources.push(retrieve(&format!("{path}/metadata"), JSON, &[]));
        resources.push(method(
            "DELETE",
            "DeleteTransaction",
            path,
            &[],
            &["reason"],
        ));
    }
    let pictures = [
        "image/jpeg",
        "image/png",
        "multipart/related; type=\"image/jpeg\"",
        "multipart/related; type=\"image/png\"",
    ];
    let shown = ["accept", "window", "viewport", "quality", "annotation"];
    let frames = format!("{instance}/frames/{{frames}}");
    for path in ["/studies/{study}", series, instance, &frames] {
        resources.push(retrieve(&format!("{path}/rendered"), &pictures, &shown));
        let small = ["accept", "viewport"];
        resources.push(retrieve(&format!("{path}/thumbnail"), &pictures, &small));
    }
    let octets = [
        "multipart/related; type=\"application/octet-stream\"",
        "application/octet-stream",
    ];
    resources.push(retrieve(&frames, &octets, &["accept"]));
    resources.push(retrieve(
        &format!("{instance}/bulkdata/{{path}}"),
        &octets,
        &["accept"],
    ));
    let steps = ["/workitems", "/workitems/{workitem}"];
    resources.push(method(
        "POST",
        "CreateWorkitem",
        steps[0],
        JSON,
        &["workitem"],
    ));
    resources.push(search(steps[0], &["emptyvaluematching"]));
    resources.push(method("GET", "RetrieveWorkitem", steps[1], JSON, &[]));
    resources.push(method(
        "POST",
        "UpdateWorkitem",
        steps[1],
        JSON,
        &["transaction-uid"],
    ));
    for (verb, id, path, query) in [
        ("PUT", "ChangeWorkitemState", "state", &[][..]),
        ("POST", "RequestWorkitemCancellation", "cancelrequest", &[]),
        (
            "POST",
            "Subscribe",
            "subscribers/{aetitle}",
            &["deletionlock", "filter"],
        ),
        ("DELETE", "Unsubscribe", "subscribers/{aetitle}", &[]),
        ("POST", "Suspend", "subscribers/{aetitle}/suspend", &[]),
    ] {
        let path = format!("/workitems/{{workitem}}/{path}");
        resources.push(method(verb, id, &path, JSON, query));
    }
    let channel = "/subscribers/{aetitle}";
    resources.push(method("GET", "OpenEventChannel", channel, JSON, &[]));
    json!({
        "service": "yuanyi",
        "transferSyntaxes": TRANSFER_SYNTAXES,
        "retrieveTransferSyntaxes": dicom::pixels::TARGETS,
        "characterSets": ["UTF-8"],
        "resources": resources,
    })
}

fn method(name: &str, id: &str, path: &str, media: &[&str], parameters: &[&str]) -> Value {
    json!({"path": path, "method": name, "id": id, "mediaTypes": media, "query": parameters})
}
