use serde_json::{Value, json};
use vocabulary::Timestamp;

use crate::definitions;

/// The operations on kinds of resources: the kind, the name, and where it is defined.
const OPERATIONS: [(&str, &str, &str); 2] = [
    (
        "Observation",
        "lastn",
        "http://hl7.org/fhir/OperationDefinition/Observation-lastn",
    ),
    ("Observation", "sampled", "urn:yuanyi:operation:sampled"),
];

/// What this server can do, made from the tables that it does it by.
pub fn capability_statement(base: &str, software_version: &str, started: Timestamp) -> Value {
    let interactions =
        |codes: &[&str]| -> Vec<Value> { codes.iter().map(|code| json!({"code": code})).collect() };
    let resources: Vec<Value> = definitions::resource_types()
        .map(|kind| {
            let mut can = json!({
                "type": kind,
                "profile": format!("http://hl7.org/fhir/StructureDefinition/{kind}"),
                "interaction": interactions(&[
                    "read", "vread", "update", "delete", "history-instance", "create", "search-type",
                ]),
                "versioning": "versioned-update",
                "readHistory": true,
                "updateCreate": true,
                "conditionalCreate": true,
                "conditionalRead": "not-supported",
                "conditionalUpdate": false,
                "searchParam": search_parameters(kind),
            });
            let operations = OPERATIONS.iter().filter(|(of, ..)| *of == kind);
            let operations: Vec<Value> = operations
                .map(|(_, name, definition)| json!({"name": name, "definition": definition}))
                .collect();
            if let (false, Some(parts)) = (operations.is_empty(), can.as_object_mut()) {
                parts.insert("operation".to_owned(), operations.into());
            }
            can
        })
        .collect();
    json!({
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": started.to_string(),
        "kind": "instance",
        "software": {"name": "Yuanyi", "version": software_version},
        "implementation": {"description": "Yuanyi", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [{
            "mode": "server",
            "security": {"description": "A session cookie or a bearer token; access is decided per request and written to the ledger."},
            "resource": resources,
            "interaction": interactions(&["transaction", "batch"]),
        }],
    })
}

fn search_parameters(kind: &str) -> Vec<Value> {
    let own = definitions::parameters(kind)
        .into_iter()
        .flatten()
        .filter(|(_, parameter)| parameter.kind.is_searchable())
        .map(|(name, parameter)| json!({"name": name, "type": parameter.kind.as_str()}));
    [
        json!({"name": "_id", "type": "token"}),
        json!({"name": "_lastUpdated", "type": "date"}),
    ]
    .into_iter()
    .chain(own)
    .collect()
}
