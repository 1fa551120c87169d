//! Synthea's bundles and the standard's examples, as far as the shared data is there.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use fhir::{Granting, Rest, SearchIndexer, is_supported, patient_of, validate};
use policy::{Action, Permit, Refusal, Scope};
use record::Indexer as _;
use serde_json::Value;
use storage::{Embedded, SystemClock};
use vocabulary::{ActorId, PatientId};

/// A folder of the shared data, if it is there.
fn shared(folder: &str) -> Option<PathBuf> {
    let root = std::env::var_os("YUANYI_TEST_DATA").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let folder = root.join(folder);
    if !folder.is_dir() {
        println!("skipped: no shared data");
        return None;
    }
    Some(folder)
}

fn json_files(folder: &Path) -> Vec<(String, Value)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    let read = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        Some((name, serde_json::from_slice(&fs::read(path).unwrap()).ok()?))
    };
    files.iter().filter_map(read).collect()
}

/// The importer may bring care teams along.
struct Grants;

#[async_trait]
impl Granting for Grants {
    async fn grant(&self, _: &PatientId) -> Result<Permit, Refusal> {
        Ok(permit(Action::GrantAccess))
    }
}

fn permit(action: Action) -> Permit {
    Permit::for_test(ActorId::new("importer").unwrap(), action, Scope::All)
}

#[tokio::test]
async fn all_synthea_bundles_go_in_and_are_found() {
    let Some(folder) = shared("fhir/synthea-r4") else {
        return;
    };
    let bundles = json_files(&folder);
    assert_eq!(bundles.len(), 17);
    let data = tempfile::tempdir().unwrap();
    let record =
        Embedded::open(data.path(), Arc::new(SearchIndexer), Arc::new(SystemClock)).unwrap();
    let (read, write) = (permit(Action::ReadRecord), permit(Action::WriteRecord));
    let rest = Rest {
        record: &record,
        read: Some(&read),
        write: Some(&write),
        hospital: None,
        grant: &Grants,
        base: "http://h/fhir",
    };
    let mut observations = 0;
    for (name, bundle) in bundles {
        let entries = bundle["entry"].as_array().unwrap().clone();
        let reply = rest.bundle(bundle).await;
        assert_eq!(reply.status, 200, "{name}: {}", reply.diagnostics());
        let responses = reply.body.unwrap();
        let responses = responses["entry"].as_array().unwrap();
        assert_eq!(responses.len(), entries.len());
        assert!(
            responses
                .iter()
                .all(|r| r["response"]["status"] == "201 Created")
        );
        let count = |entries: &[Value]| {
            entries
                .iter()
                .filter(|e| e["resource"]["resourceType"] == "Observation")
                .count()
        };
        observations += count(&entries);
    }
    let total = async |kind: &str, query: &str| {
        let reply = rest.search(kind, &fhir::decode_query(query)).await;
        assert_eq!(reply.status, 200, "{}", reply.diagnostics());
        reply.body.unwrap()
    };
    assert_eq!(
        total("Observation", "_summary=count").await["total"],
        observations
    );
    let found = total("Patient", "name=mejia").await;
    assert_eq!(found["total"], 1);
    let patient = found["entry"][0]["resource"].clone();
    assert!(fhir::fold(patient["name"][0]["family"].as_str().unwrap()).starts_with("mejia"));
    let id = patient["id"].as_str().unwrap();
    // Every resource of the bundle that names a patient names this one, by its new id.
    let of_patient = total("Observation", &format!("patient={id}&_sort=-date&_count=5")).await;
    let page = of_patient["entry"].as_array().unwrap();
    assert_eq!(page.len(), 5);
    let dates: Vec<&str> = page
        .iter()
        .map(|e| e["resource"]["effectiveDateTime"].as_str().unwrap())
        .collect();
    assert!(dates.is_sorted_by(|a, b| a >= b), "{dates:?}");
    for entry in page {
        assert_eq!(patient_of(&entry["resource"]).unwrap().as_str(), id);
        assert!(!entry.to_string().contains("urn:uuid:"));
    }
    assert!(
        of_patient["link"]
            .as_array()
            .unwrap()
            .iter()
            .any(|link| link["relation"] == "next")
    );
}

#[test]
fn synthea_resources_are_well_formed_and_indexed() {
    let Some(folder) = shared("fhir/synthea-r4") else {
        return;
    };
    for (name, bundle) in json_files(&folder) {
        for entry in bundle["entry"].as_array().unwrap() {
            let resource = &entry["resource"];
            let kind = resource["resourceType"].as_str().unwrap();
            assert_eq!(validate(resource), [], "{name} {kind}");
            let terms = SearchIndexer.terms(kind, resource);
            assert!(!terms.is_empty(), "{name} {kind}");
        }
    }
}

#[test]
fn the_examples_of_the_standard_are_well_formed() {
    let Some(folder) = shared("fhir/r4/examples") else {
        return;
    };
    let mut kinds = BTreeSet::new();
    let mut found = Vec::new();
    for (name, resource) in json_files(&folder) {
        let Some(kind) = resource["resourceType"]
            .as_str()
            .filter(|kind| is_supported(kind))
        else {
            continue;
        };
        let issues = validate(&resource).into_iter().take(3);
        found.extend(issues.map(|issue| format!("{name}: {} {}", issue.location, issue.text.en)));
        kinds.insert(kind.to_owned());
    }
    // This one has display items without linkId, which R4 requires of each.
    assert!(
        found.iter().all(|issue| issue.starts_with("bundle-questionnaire.json") && issue.contains("linkId")),
        "{found:?}"
    );
    assert_eq!(found.len(), 3);
    assert!(kinds.len() >= 25, "{kinds:?}");
}
