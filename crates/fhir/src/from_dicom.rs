use record::ImagingRow;
use serde_json::{Map, Value, json};
use vocabulary::PatientId;

use crate::json::set;

/// The identity of a patient as DICOM attributes have it.
#[derive(Clone, Copy, Default)]
pub struct DicomPatient<'a> {
    /// Patient ID (0010,0020).
    pub id: &'a str,
    /// Issuer of Patient ID (0010,0021).
    pub issuer: &'a str,
    /// Patient's Name (0010,0010), with its `^` and `=`.
    pub name: &'a str,
    /// Patient's Birth Date (0010,0030), `YYYYMMDD`.
    pub birth_date: &'a str,
    /// Patient's Sex (0010,0040).
    pub sex: &'a str,
}

/// The system of identifiers that an issuer gives.
pub fn issuer_system(issuer: &str) -> String {
    let issuer = issuer.trim();
    if issuer.contains(':') && !issuer.contains(char::is_whitespace) {
        return issuer.to_owned();
    }
    if vocabulary::Uid::new(issuer).is_ok() && issuer.contains('.') {
        return format!("urn:oid:{issuer}");
    }
    let plain: String = issuer
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "-_.".contains(c) {
                c
            } else {
                '-'
            }
        })
        .collect();
    format!("urn:yuanyi:issuer:{plain}")
}

/// A `Patient` made from DICOM attributes. What is absent or malformed stays absent.
pub fn patient_from_dicom(id: &PatientId, from: DicomPatient<'_>) -> Value {
    let mut patient = json!({"resourceType": "Patient", "id": id.as_str(), "active": true});
    if !from.id.trim().is_empty() {
        let mut identifier = json!({
            "type": {"coding": [{
                "system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR",
            }]},
            "value": from.id.trim(),
        });
        if !from.issuer.trim().is_empty() {
            set(&mut identifier, "system", json!(issuer_system(from.issuer)));
        }
        set(&mut patient, "identifier", json!([identifier]));
    }
    let names: Vec<Value> = from
        .name
        .split('=')
        .take(3)
        .enumerate()
        .filter_map(human_name)
        .collect();
    if !names.is_empty() {
        set(&mut patient, "name", json!(names));
    }
    if let Some(date) = date(from.birth_date) {
        set(&mut patient, "birthDate", json!(date));
    }
    match from.sex.trim() {
        "M" => set(&mut patient, "gender", json!("male")),
        "F" => set(&mut patient, "gender", json!("female")),
        "O" => set(&mut patient, "gender", json!("other")),
        _ => {}
    }
    patient
}

/// One component group of a person name (PS3.5 section 6.2.1): alphabetic, ideographic, phonetic.
fn human_name((group, text): (usize, &str)) -> Option<Value> {
    let mut parts = text.split('^').map(str::trim);
    let mut next = || parts.next().filter(|part| !part.is_empty());
    let (family, given, middle, prefix, suffix) = (next(), next(), next(), next(), next());
    let mut name = json!({});
    if let Some(family) = family {
        set(&mut name, "family", json!(family));
    }
    let given: Vec<&str> = given.into_iter().chain(middle).collect();
    if !given.is_empty() {
        set(&mut name, "given", json!(given));
    }
    for (key, part) in [("prefix", prefix), ("suffix", suffix)] {
        if let Some(part) = part {
            set(&mut name, key, json!([part]));
        }
    }
    if name.as_object().is_none_or(Map::is_empty) {
        return None;
    }
    if let Some(code) = match group {
        1 => Some("IDE"),
        2 => Some("SYL"),
        _ => None,
    } {
        set(
            &mut name,
            "extension",
            json!([{
                "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                "valueCode": code,
            }]),
        );
    }
    Some(name)
}

/// `YYYYMMDD` as `YYYY-MM-DD`.
fn date(text: &str) -> Option<String> {
    let text = text.trim();
    let dashed = format!("{}-{}-{}", text.get(..4)?, text.get(4..6)?, text.get(6..)?);
    crate::date::range_ms(&dashed).map(|_| dashed)
}

/// An `ImagingStudy` made from the rows of an imaging search at series level, all of one study.
pub fn imaging_study(id: &str, patient: &PatientId, series_rows: &[ImagingRow]) -> Option<Value> {
    let study = &series_rows.first()?.attributes;
    let uid = first(study, "0020000D")?;
    let mut resource = json!({
        "resourceType": "ImagingStudy",
        "id": id,
        "identifier": [{"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}],
        "status": "available",
        "subject": {"reference": format!("Patient/{patient}")},
    });
    if let Some(date) = first(study, "00080020").and_then(|text| date(&text)) {
        set(&mut resource, "started", json!(date));
    }
    if let Some(text) = first(study, "00081030") {
        set(&mut resource, "description", json!(text));
    }
    let series: Vec<Value> = series_rows
        .iter()
        .filter_map(|row| series(&row.attributes))
        .collect();
    let instances: u64 = series
        .iter()
        .filter_map(|series| series["numberOfInstances"].as_u64())
        .sum();
    set(&mut resource, "numberOfSeries", json!(series.len()));
    set(&mut resource, "numberOfInstances", json!(instances));
    set(&mut resource, "series", json!(series));
    Some(resource)
}

fn series(attributes: &Map<String, Value>) -> Option<Value> {
    let modality = first(attributes, "00080060").unwrap_or_else(|| "OT".to_owned());
    let mut series = json!({
        "uid": first(attributes, "0020000E")?,
        "modality": {"system": "http://dicom.nema.org/resources/ontology/DCM", "code": modality},
    });
    for (tag, name) in [("00200011", "number"), ("00201209", "numberOfInstances")] {
        if let Some(number) = first(attributes, tag).and_then(|text| text.parse::<u32>().ok()) {
            set(&mut series, name, json!(number));
        }
    }
    if let Some(text) = first(attributes, "0008103E") {
        set(&mut series, "description", json!(text));
    }
    Some(series)
}

/// The first value of an attribute in the DICOM JSON model, as text.
fn first(attributes: &Map<String, Value>, tag: &str) -> Option<String> {
    match attributes.get(tag)?.get("Value")?.get(0)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate;

    #[test]
    fn a_dicom_identity_becomes_a_patient() {
        let id = PatientId::new("p").unwrap();
        let from = DicomPatient {
            id: "MRN 7",
            issuer: "County Hospital",
            name: "Zhao^Min^^Dr=赵^敏",
            birth_date: "19610203",
            sex: "F",
        };
        let patient = patient_from_dicom(&id, from);
        assert_eq!(validate(&patient), []);
        assert_eq!(
            patient["name"][0],
            json!({"family": "Zhao", "given": ["Min"], "prefix": ["Dr"]})
        );
        assert_eq!(patient["name"][1]["family"], "赵");
        assert_eq!(patient["birthDate"], "1961-02-03");
        assert_eq!(patient["gender"], "female");
        assert_eq!(
            patient["identifier"][0]["system"],
            "urn:yuanyi:issuer:County-Hospital"
        );
        assert_eq!(issuer_system("1.2.3"), "urn:oid:1.2.3");
        let empty = patient_from_dicom(
            &id,
            DicomPatient {
                birth_date: "19610231",
                name: "^^",
                ..from
            },
        );
        assert!(empty.get("birthDate").is_none() && empty.get("name").is_none());
    }

    #[test]
    fn series_rows_become_a_study() {
        let text = |value: &str| json!({"vr": "LO", "Value": [value]});
        let row = |uid: &str, images: u32| ImagingRow {
            subject: PatientId::new("p").unwrap(),
            attributes: Map::from_iter([
                ("0020000D".to_owned(), text("1.2")),
                ("0020000E".to_owned(), text(uid)),
                ("00080060".to_owned(), text("CT")),
                ("00080020".to_owned(), text("20200131")),
                (
                    "00201209".to_owned(),
                    json!({"vr": "IS", "Value": [images]}),
                ),
            ]),
        };
        let patient = PatientId::new("p").unwrap();
        let study = imaging_study("s", &patient, &[row("1.2.1", 3), row("1.2.2", 4)]).unwrap();
        assert_eq!(validate(&study), []);
        assert_eq!(
            (&study["numberOfInstances"], &study["started"]),
            (&json!(7), &json!("2020-01-31"))
        );
        assert!(imaging_study("s", &patient, &[]).is_none());
    }
}
