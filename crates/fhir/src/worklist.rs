//! The modality worklist: scheduled examinations as DICOM attributes (PS3.4 annex K), from `ServiceRequest`,
//! `Appointment` and `Patient`. `docs/dicom-conformance-statement.md` holds the map.

use std::collections::HashMap;

use jiff::tz::TimeZone;
use policy::Permit;
use record::{Record, RecordError, ResourceKey};
use serde_json::{Map, Value, json};
use vocabulary::PatientId;

use crate::relations::{find, status};

const DICOM: &str = "http://dicom.nema.org/resources/ontology/DCM";
const SNOMED: &str = "http://snomed.info/sct";
/// SNOMED CT: imaging.
const IMAGING: &str = "363679005";

/// Coding systems with the designators that DICOM has for them (PS3.16 section 8).
const DESIGNATORS: &[(&str, &str)] = &[
    (DICOM, "DCM"),
    (SNOMED, "SCT"),
    ("http://loinc.org", "LN"),
    ("http://www.radlex.org", "RADLEX"),
];

/// What the hospital adds to what the record says.
pub struct Worklist<'a> {
    /// The study UID of a request that names none; the same each time.
    pub study_uid: &'a (dyn Fn(&str) -> String + Sync),
    /// The DICOM issuer of an identifier system.
    pub issuer: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// By whose clocks times are said: a worklist names no offset.
    pub zone: &'a TimeZone,
}

/// All scheduled examinations whose patients the permit covers, each in the DICOM JSON model.
pub async fn worklist(
    record: &dyn Record,
    permit: &Permit,
    with: &Worklist<'_>,
) -> Result<Vec<Map<String, Value>>, RecordError> {
    let mut appointments: HashMap<String, Value> = HashMap::new();
    let open = status(&["pending", "booked", "arrived", "checked-in"]);
    for row in find(record, permit, "Appointment", vec![open]).await? {
        let Some(body) = row.body else { continue };
        for request in array(&body, "basedOn") {
            if let Some(reference) = request["reference"].as_str() {
                appointments.insert(reference.to_owned(), body.clone());
            }
        }
    }
    let mut patients: HashMap<PatientId, Option<Value>> = HashMap::new();
    let mut rows = Vec::new();
    for row in find(record, permit, "ServiceRequest", vec![status(&["active"])]).await? {
        let (Some(subject), Some(body)) = (row.subject, row.body) else {
            continue;
        };
        if !is_for_imaging(&body) {
            continue;
        }
        if !patients.contains_key(&subject) {
            let key = ResourceKey {
                kind: "Patient".to_owned(),
                id: subject.as_str().to_owned(),
            };
            let found = record.resource(permit, &key, None).await?;
            patients.insert(subject.clone(), found.and_then(|version| version.body));
        }
        let Some(Some(patient)) = patients.get(&subject) else {
            continue;
        };
        let appointment = appointments.get(&format!("ServiceRequest/{}", row.key.id));
        rows.push(examination(&row.key.id, &body, appointment, patient, with));
    }
    Ok(rows)
}

/// A request of imaging: by its category, or by a modality of DICOM's among its codes.
fn is_for_imaging(request: &Value) -> bool {
    let imaging = codings(request, "category")
        .any(|coding| coding["system"] == SNOMED && coding["code"] == IMAGING);
    imaging || modality(request).is_some()
}

/// What stands at a JSON pointer.
fn at<'a>(value: &'a Value, pointer: &str) -> &'a Value {
    value.pointer(pointer).unwrap_or(&Value::Null)
}

fn array<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    value[name].as_array().into_iter().flatten()
}

/// The codings of a concept, or of a list of concepts.
fn codings<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    let concepts = match &value[name] {
        Value::Array(concepts) => concepts.iter().collect(),
        Value::Null => Vec::new(),
        one => vec![one],
    };
    concepts
        .into_iter()
        .flat_map(|concept| array(concept, "coding"))
}

/// The modality that a resource names in DICOM's own codes.
fn modality(resource: &Value) -> Option<&str> {
    ["orderDetail", "category", "serviceType", "code"]
        .iter()
        .flat_map(|name| codings(resource, name))
        .find(|coding| coding["system"] == DICOM)
        .and_then(|coding| coding["code"].as_str())
}

/// One scheduled procedure step.
fn examination(
    id: &str,
    request: &Value,
    appointment: Option<&Value>,
    patient: &Value,
    with: &Worklist<'_>,
) -> Map<String, Value> {
    let mut row = Map::new();
    put(&mut row, "00080005", "CS", Some("ISO_IR 192".to_owned()));
    identity(&mut row, patient, with);
    let accession = identifier(request, "ACSN").or_else(|| text(at(request, "/requisition/value")));
    put(&mut row, "00080050", "SH", accession.clone());
    put(
        &mut row,
        "00080090",
        "PN",
        text(at(request, "/requester/display")),
    );
    put(
        &mut row,
        "00321032",
        "PN",
        text(at(request, "/requester/display")),
    );
    let uid = array(request, "identifier")
        .filter(|identifier| identifier["system"] == "urn:dicom:uid")
        .find_map(|identifier| text(&identifier["value"]));
    let uid = uid.map(|uid| uid.trim_start_matches("urn:oid:").to_owned());
    put(
        &mut row,
        "0020000D",
        "UI",
        Some(uid.unwrap_or_else(|| (with.study_uid)(id))),
    );
    let description = text(at(request, "/code/text"))
        .or_else(|| codings(request, "code").find_map(|coding| text(&coding["display"])));
    put(&mut row, "00321060", "LO", description.clone());
    let codes: Vec<Value> = codings(request, "code").filter_map(code_item).collect();
    put_items(&mut row, "00321064", &codes);
    let number = identifier(request, "PLAC").or(accession);
    let number = short(number).unwrap_or_else(|| id.chars().take(16).collect());
    put(&mut row, "00401001", "SH", Some(number.clone()));
    put(&mut row, "00401002", "LO", reason(request));
    put(&mut row, "00401003", "SH", priority(request));
    let step = step(request, appointment, description, &codes, number, with.zone);
    put_items(&mut row, "00400100", &[Value::Object(step)]);
    row
}

fn step(
    request: &Value,
    appointment: Option<&Value>,
    description: Option<String>,
    codes: &[Value],
    number: String,
    zone: &TimeZone,
) -> Map<String, Value> {
    let mut step = Map::new();
    let modality = modality(request).or_else(|| appointment.and_then(modality));
    put(&mut step, "00080060", "CS", modality.map(str::to_owned));
    let actors: Vec<&Value> = appointment
        .into_iter()
        .flat_map(|appointment| array(appointment, "participant"))
        .map(|participant| &participant["actor"])
        .chain(array(request, "performer"))
        .collect();
    // A station is known in the record as the device that bears its AE title.
    let station = actors
        .iter()
        .filter_map(|actor| actor["reference"].as_str())
        .find_map(|reference| reference.strip_prefix("Device/ae."));
    put(&mut step, "00400001", "AE", station.map(str::to_owned));
    let start = appointment
        .and_then(|appointment| appointment["start"].as_str())
        .or_else(|| request["occurrenceDateTime"].as_str())
        .or_else(|| at(request, "/occurrencePeriod/start").as_str())
        .unwrap_or_default();
    let start = on_the_clock(start, zone);
    put(&mut step, "00400002", "DA", date(&start));
    put(&mut step, "00400003", "TM", time(&start));
    let performer = actors
        .iter()
        .find(|actor| {
            let reference = actor["reference"].as_str().unwrap_or_default();
            reference.starts_with("Practitioner")
        })
        .and_then(|actor| text(&actor["display"]));
    put(&mut step, "00400006", "PN", performer);
    put(&mut step, "00400007", "LO", description);
    put_items(&mut step, "00400008", codes);
    put(&mut step, "00400009", "SH", Some(number));
    let place = appointment
        .into_iter()
        .flat_map(|appointment| array(appointment, "participant"))
        .map(|participant| &participant["actor"])
        .find(|actor| {
            let reference = actor["reference"].as_str().unwrap_or_default();
            reference.starts_with("Location/")
        })
        .and_then(|actor| text(&actor["display"]));
    put(&mut step, "00400011", "SH", short(place));
    let state = match appointment.and_then(|appointment| appointment["status"].as_str()) {
        Some("arrived" | "checked-in") => "ARRIVED",
        _ => "SCHEDULED",
    };
    put(&mut step, "00400020", "CS", Some(state.to_owned()));
    step
}

fn identity(row: &mut Map<String, Value>, patient: &Value, with: &Worklist<'_>) {
    let mut name = Map::new();
    let groups = ["Alphabetic", "Ideographic", "Phonetic"].into_iter();
    for (key, value) in groups.zip(name_groups(patient)) {
        if let Some(value) = value {
            name.insert(key.to_owned(), json!(value));
        }
    }
    if !name.is_empty() {
        row.insert("00100010".to_owned(), json!({"vr": "PN", "Value": [name]}));
    }
    let known = patient_in_dicom(patient, with.issuer);
    for (tag, vr, value) in [
        ("00100020", "LO", known.id),
        ("00100021", "LO", known.issuer),
        ("00100030", "DA", known.birth_date),
        ("00100040", "CS", known.sex),
    ] {
        put(row, tag, vr, Some(value).filter(|value| !value.is_empty()));
    }
}

/// A patient by the attributes that DICOM has of them; what is not known is empty.
pub struct PatientInDicom {
    /// Patient ID (0010,0020).
    pub id: String,
    /// Issuer of patient ID (0010,0021).
    pub issuer: String,
    /// Patient's name (0010,0010): alphabetic, ideographic and phonetic, with `=` between them.
    pub name: String,
    /// Birth date (0010,0030), `YYYYMMDD`.
    pub birth_date: String,
    /// Sex (0010,0040).
    pub sex: String,
}

/// What DICOM objects say of a `Patient`, by what the record knows. `issuer` is the DICOM issuer of an identifier
/// system.
pub fn patient_in_dicom(
    patient: &Value,
    issuer: &(dyn Fn(&str) -> Option<String> + Sync),
) -> PatientInDicom {
    let own = own_identifier(patient);
    let id = own.and_then(|identifier| text(&identifier["value"]));
    let issuer = own
        .and_then(|identifier| identifier["system"].as_str())
        .and_then(issuer);
    let name = name_groups(patient).map(Option::unwrap_or_default);
    let birth = patient["birthDate"].as_str().unwrap_or_default();
    let sex = match patient["gender"].as_str() {
        Some("male") => "M",
        Some("female") => "F",
        Some("other") => "O",
        _ => "",
    };
    PatientInDicom {
        id: id.or_else(|| text(&patient["id"])).unwrap_or_default(),
        issuer: issuer.unwrap_or_default(),
        name: name.join("=").trim_end_matches('=').to_owned(),
        birth_date: date(birth).unwrap_or_default(),
        sex: sex.to_owned(),
    }
}

/// The names of a patient as DICOM groups them: alphabetic, ideographic, phonetic.
fn name_groups(patient: &Value) -> [Option<String>; 3] {
    let names: Vec<&Value> = array(patient, "name").collect();
    let group = |code: Option<&str>| {
        names
            .iter()
            .find(|name| representation(name) == code)
            .map(|name| person_name(name))
            .filter(|name| !name.is_empty())
    };
    let alphabetic = group(None).or_else(|| group(Some("ABC")));
    [alphabetic, group(Some("IDE")), group(Some("SYL"))]
}

/// The identifier that a patient is known by elsewhere: the record number, else the first.
fn own_identifier(patient: &Value) -> Option<&Value> {
    let is_record_number =
        |identifier: &&Value| codings(identifier, "type").any(|coding| coding["code"] == "MR");
    let mut identifiers = array(patient, "identifier");
    let numbers = identifiers.find(is_record_number);
    numbers.or_else(|| array(patient, "identifier").next())
}

/// The number of a `Patient` that other systems know, as DICOM's Patient ID has it.
pub fn record_number(patient: &Value) -> Option<String> {
    own_identifier(patient).and_then(|identifier| text(&identifier["value"]))
}

fn representation(name: &Value) -> Option<&str> {
    array(name, "extension")
        .filter(|extension| {
            let url = extension["url"].as_str().unwrap_or_default();
            url.ends_with("iso21090-EN-representation")
        })
        .find_map(|extension| extension["valueCode"].as_str())
}

/// `family^given^middle^prefix^suffix`, without empty components at the end; a name that is not told apart into these
/// is the first of them.
fn person_name(name: &Value) -> String {
    let plain = |part: &str| part.replace(['^', '=', '\\'], " ");
    let list = |key: &str| -> Vec<String> {
        array(name, key)
            .filter_map(Value::as_str)
            .map(plain)
            .collect()
    };
    let given = list("given");
    let family = text(&name["family"]).unwrap_or_default();
    let parts = [
        plain(&family),
        given.first().cloned().unwrap_or_default(),
        given.get(1..).unwrap_or_default().join(" "),
        list("prefix").join(" "),
        list("suffix").join(" "),
    ];
    let parts = parts.join("^").trim_end_matches('^').to_owned();
    if parts.is_empty() {
        let whole = text(&name["text"]);
        return whole.map(|whole| plain(&whole)).unwrap_or_default();
    }
    parts
}

fn text(value: &Value) -> Option<String> {
    value
        .as_str()
        .map(str::to_owned)
        .filter(|text| !text.is_empty())
}

/// The identifier of a request by its type in HL7 table 0203.
fn identifier(request: &Value, kind: &str) -> Option<String> {
    array(request, "identifier")
        .find(|identifier| codings(identifier, "type").any(|coding| coding["code"] == kind))
        .and_then(|identifier| text(&identifier["value"]))
}

/// Text that a short string can hold; what is longer would name something else when cut.
fn short(text: Option<String>) -> Option<String> {
    text.filter(|text| text.chars().count() <= 16)
}

fn reason(request: &Value) -> Option<String> {
    let first = array(request, "reasonCode").next()?;
    text(&first["text"]).or_else(|| array(first, "coding").find_map(|c| text(&c["display"])))
}

fn priority(request: &Value) -> Option<String> {
    let word = match request["priority"].as_str() {
        Some("stat") => "STAT",
        Some("asap" | "urgent") => "HIGH",
        Some("routine") => "ROUTINE",
        _ => return None,
    };
    Some(word.to_owned())
}

fn code_item(coding: &Value) -> Option<Value> {
    let system = coding["system"].as_str()?;
    let (_, designator) = DESIGNATORS.iter().find(|(known, _)| *known == system)?;
    let mut item = Map::new();
    put(&mut item, "00080100", "SH", short(text(&coding["code"])));
    put(&mut item, "00080102", "SH", Some((*designator).to_owned()));
    put(&mut item, "00080104", "LO", text(&coding["display"]));
    item.contains_key("00080100").then_some(Value::Object(item))
}

/// A moment by the clocks of the hospital, without an offset; a day, and what is no moment, as it was written.
fn on_the_clock(text: &str, zone: &TimeZone) -> String {
    let moment = text.parse::<jiff::Timestamp>();
    moment.map_or_else(
        |_| text.to_owned(),
        |moment| zone.to_datetime(moment).to_string(),
    )
}

/// `2026-03-04…` as `20260304`, where the day is known.
fn date(text: &str) -> Option<String> {
    let day = text.get(..10)?;
    crate::date::range_ms(day)?;
    Some(day.replace('-', ""))
}

/// The wall clock time of an instant, as it was written.
fn time(text: &str) -> Option<String> {
    let time = text.get(11..19)?;
    let digits: String = time.split(':').collect();
    (digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(digits)
}

fn put(row: &mut Map<String, Value>, tag: &str, vr: &str, value: Option<String>) {
    let Some(value) = value else { return };
    let value = if vr == "PN" {
        json!({"Alphabetic": value})
    } else {
        json!(value)
    };
    row.insert(tag.to_owned(), json!({"vr": vr, "Value": [value]}));
}

fn put_items(row: &mut Map<String, Value>, tag: &str, items: &[Value]) {
    if !items.is_empty() {
        row.insert(tag.to_owned(), json!({"vr": "SQ", "Value": items}));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(request: &Value, appointment: Option<&Value>) -> Map<String, Value> {
        let patient = json!({
            "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-02-03",
            "identifier": [
                {"system": "urn:other", "value": "X"},
                {"type": {"coding": [{"code": "MR"}]}, "system": "urn:mrn", "value": "MRN-7"},
            ],
            "name": [
                {"family": "Zhao", "given": ["Min"]},
                {"family": "赵", "given": ["敏"], "extension": [{
                    "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                    "valueCode": "IDE",
                }]},
            ],
        });
        let with = Worklist {
            study_uid: &|id| format!("2.25.{}", id.len()),
            issuer: &|system| (system == "urn:mrn").then(|| "COUNTY".to_owned()),
            zone: &TimeZone::fixed(jiff::tz::offset(8)),
        };
        examination("order-1", request, appointment, &patient, &with)
    }

    fn request() -> Value {
        json!({
            "status": "active", "priority": "stat",
            "category": [{"coding": [{"system": SNOMED, "code": IMAGING}]}],
            "code": {"text": "Chest CT", "coding": [
                {"system": "http://loinc.org", "code": "24627-2", "display": "CT Chest"}]},
            "orderDetail": [{"coding": [{"system": DICOM, "code": "CT"}]}],
            "identifier": [{"type": {"coding": [{"code": "ACSN"}]}, "value": "A-1"}],
            "occurrenceDateTime": "2026-03-04T08:30:00+08:00",
            "performer": [{"reference": "Device/ae.CT1"}],
        })
    }

    fn within<'a>(row: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
        let (tag, rest) = path.split_at(8);
        row.get(tag)?.pointer(rest)
    }

    #[test]
    fn a_request_becomes_a_scheduled_step() {
        let row = row(&request(), None);
        for (path, expected) in [
            ("00100010/Value/0/Ideographic", "赵^敏"),
            ("00100020/Value/0", "MRN-7"),
            ("00100021/Value/0", "COUNTY"),
            ("00100030/Value/0", "19610203"),
            ("00080050/Value/0", "A-1"),
            ("00401001/Value/0", "A-1"),
            ("00401003/Value/0", "STAT"),
            ("0020000D/Value/0", "2.25.7"),
            ("00400100/Value/0/00080060/Value/0", "CT"),
            ("00400100/Value/0/00400001/Value/0", "CT1"),
            ("00400100/Value/0/00400002/Value/0", "20260304"),
            ("00400100/Value/0/00400003/Value/0", "083000"),
            ("00400100/Value/0/00400008/Value/0/00080102/Value/0", "LN"),
            ("00400100/Value/0/00400020/Value/0", "SCHEDULED"),
        ] {
            assert_eq!(within(&row, path), Some(&json!(expected)), "{path}");
        }
    }

    #[test]
    fn an_appointment_says_when_where_and_whether_the_patient_is_there() {
        let appointment = json!({
            "status": "arrived", "start": "2026-03-05T09:15:00+08:00",
            "participant": [
                {"actor": {"reference": "Device/ae.CT2"}},
                {"actor": {"reference": "Location/l", "display": "Room 3"}},
            ],
        });
        let row = row(&request(), Some(&appointment));
        for (tag, expected) in [
            ("00400001", "CT2"),
            ("00400002", "20260305"),
            ("00400003", "091500"),
            ("00400011", "Room 3"),
            ("00400020", "ARRIVED"),
        ] {
            let path = format!("00400100/Value/0/{tag}/Value/0");
            assert_eq!(within(&row, &path), Some(&json!(expected)), "{tag}");
        }
    }

    #[test]
    fn a_patient_is_named_in_an_object_by_what_the_record_knows_and_no_more() {
        let issuer = |system: &str| (system == "urn:mrn").then(|| "COUNTY".to_owned());
        let patient = json!({
            "resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1961-02-03",
            "identifier": [{"system": "urn:mrn", "value": "MRN-7"}],
            "name": [
                {"family": "Zhao", "given": ["Min"]},
                {"family": "赵", "given": ["敏"], "extension": [{
                    "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation",
                    "valueCode": "IDE",
                }]},
            ],
        });
        let said = |patient: &Value| {
            let known = patient_in_dicom(patient, &issuer);
            [
                known.id,
                known.issuer,
                known.name,
                known.birth_date,
                known.sex,
            ]
        };
        let whole = ["MRN-7", "COUNTY", "Zhao^Min=赵^敏", "19610203", "F"];
        assert_eq!(said(&patient), whole);
        let bare = json!({"resourceType": "Patient", "id": "p", "name": [{"text": "赵敏"}]});
        assert_eq!(said(&bare), ["p", "", "赵敏", "", ""]);
    }

    #[test]
    fn a_time_is_that_of_the_clocks_where_the_hospital_is() {
        for (start, day, time) in [
            ("2026-03-04T22:30:00Z", "20260305", Some("063000")),
            ("2026-03-04T23:30:00.5+09:00", "20260304", Some("223000")),
            ("2026-03-04", "20260304", None),
        ] {
            let appointment = json!({"status": "booked", "start": start});
            let row = row(&request(), Some(&appointment));
            let said = |tag: &str| {
                let path = format!("00400100/Value/0/{tag}/Value/0");
                within(&row, &path).and_then(Value::as_str)
            };
            assert_eq!((said("00400002"), said("00400003")), (Some(day), time));
        }
    }

    #[test]
    fn only_imaging_is_on_the_worklist_and_what_is_missing_stays_so() {
        assert!(is_for_imaging(&request()));
        let consult = json!({"category": [{"coding": [{"system": SNOMED, "code": "11429006"}]}]});
        assert!(!is_for_imaging(&consult));
        let bare = json!({"category": [{"coding": [{"system": SNOMED, "code": IMAGING}]}]});
        let row = row(&bare, None);
        assert_eq!(within(&row, "00080050/Value/0"), None);
        assert_eq!(within(&row, "00400100/Value/0/00080060/Value/0"), None);
        assert_eq!(within(&row, "00400100/Value/0/00400002/Value/0"), None);
        assert_eq!(within(&row, "00401001/Value/0"), Some(&json!("order-1")));
    }
}
