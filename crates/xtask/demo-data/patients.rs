//! The demo patients: Synthea bundles with a hospital number.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use dicom::create::Person;
use serde_json::{Value, json};

/// The namespace of the demo hospital's patient numbers.
pub const MRN_SYSTEM: &str = "https://demo.yuanyi.example/mrn";
/// The same namespace as DICOM's Issuer of Patient ID.
pub const MRN_ISSUER: &str = "YUANYI-DEMO";
/// The patient whose lung nodule is met.
pub const NODULE: &str = "YY100001";
/// The patient whose aorta is met.
pub const AORTA: &str = "YY100002";
/// Who is on CPAP at home, and has an account too.
pub const AT_HOME: &str = "YY100007";

/// Hospital number and original of each patient. The first two have images; their originals are of an age
/// at which such images are made, and both are alive in their data.
const PATIENTS: &[(&str, &str)] = &[
    (
        NODULE,
        "Birgit_Schmeler_7e8ee10e-569b-4229-9380-62c49244902c.json",
    ),
    (
        AORTA,
        "Louis_Maggio_2e275d4b-855a-4eb2-9021-5410aa8acd4f.json",
    ),
    (
        "YY100003",
        "Marc_Corkery_2d40765c-f154-4114-93d4-09aff8acb594.json",
    ),
    (
        "YY100004",
        "Elisha_Schroeder_f82884e3-7586-4e78-89de-5e682822ed41.json",
    ),
    (
        "YY100005",
        "Liz_Conn_27c911c6-f045-4ffa-af5d-6eba57ac94b2.json",
    ),
    (
        "YY100006",
        "Gustavo_Mejía_59a8543c-e24f-4a01-b28b-47ccde6bc11d.json",
    ),
    (
        AT_HOME,
        "Clemente_Kreiger_1484a42d-0eaf-4654-9cbf-6b050a5cd73b.json",
    ),
    (
        "YY100008",
        "Ned_Hintz_e4b9259d-0f54-48d1-a35d-b526729a4dfe.json",
    ),
];

/// A patient of the demo.
pub struct Patient {
    /// The hospital number.
    pub mrn: &'static str,
    /// Logical id of the FHIR `Patient`.
    pub id: String,
    /// As DICOM names them.
    pub person: Person,
    /// Everything about them, as a transaction that can be sent again without harm.
    pub bundle: Value,
}

/// Reads all patients.
pub fn read(folder: &Path) -> Result<Vec<Patient>> {
    PATIENTS
        .iter()
        .map(|(mrn, file)| {
            let text =
                fs::read_to_string(folder.join(file)).with_context(|| format!("read {file}"))?;
            patient(mrn, serde_json::from_str(&text)?).with_context(|| format!("take over {file}"))
        })
        .collect()
}

/// The patient with this hospital number.
pub fn find<'a>(patients: &'a [Patient], mrn: &str) -> Result<&'a Patient> {
    patients
        .iter()
        .find(|patient| patient.mrn == mrn)
        .with_context(|| format!("find patient {mrn}"))
}

/// Gives the patient a hospital number, and each resource the id that it already carries.
fn patient(mrn: &'static str, mut bundle: Value) -> Result<Patient> {
    let entries = bundle["entry"].as_array_mut().context("find the entries")?;
    let mut found = None;
    for entry in entries {
        let kind = entry["resource"]["resourceType"]
            .as_str()
            .context("find the type")?
            .to_owned();
        let id = entry["resource"]["id"]
            .as_str()
            .context("find the id")?
            .to_owned();
        entry["request"] = json!({"method": "PUT", "url": format!("{kind}/{id}")});
        if kind == "Patient" {
            entry["resource"]["identifier"]
                .as_array_mut()
                .context("find the identifiers")?
                .push(json!({
                    "use": "usual",
                    "type": {"coding": [{
                        "system": "http://terminology.hl7.org/CodeSystem/v2-0203",
                        "code": "MR",
                        "display": "Medical record number"
                    }]},
                    "system": MRN_SYSTEM,
                    "value": mrn,
                    "assigner": {"display": "Yuanyi Demo Hospital"}
                }));
            found = Some((id, person(mrn, &entry["resource"])?));
        }
    }
    let (id, person) = found.context("find the patient")?;
    Ok(Patient {
        mrn,
        id,
        person,
        bundle,
    })
}

/// The patient as DICOM names them.
fn person(mrn: &str, resource: &Value) -> Result<Person> {
    let name = &resource["name"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (family, given, prefix) = (
        text(&name["family"]),
        text(&name["given"][0]),
        text(&name["prefix"][0]),
    );
    let sex = match resource["gender"].as_str() {
        Some("female") => "F",
        Some("male") => "M",
        Some("other") => "O",
        _ => "",
    };
    Ok(Person {
        id: mrn.to_owned(),
        issuer: MRN_ISSUER.to_owned(),
        name: format!("{family}^{given}^^{prefix}")
            .trim_end_matches('^')
            .to_owned(),
        birth_date: resource["birthDate"]
            .as_str()
            .context("find the birth date")?
            .replace('-', ""),
        sex: sex.to_owned(),
    })
}
