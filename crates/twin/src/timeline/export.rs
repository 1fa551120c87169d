//! The twin as a FHIR collection, for programs of others.

use serde_json::{Value, json};
use vocabulary::Timestamp;

use super::{History, Identity, LesionPoint, StoredStudy, Timeline, TrackedLesion, View, version};

const SNOMED: &str = "http://snomed.info/sct";
const UCUM: &str = "http://unitsofmeasure.org";
/// Series that hold no images.
const NO_IMAGES: &[&str] = &["SEG", "SR", "PR", "KO", "RTSTRUCT"];

/// A FHIR `Bundle` of type collection: the patient, every resource that the view sees, the imaging studies, and
/// an Observation for each size of each lesion. `base` is the address of the FHIR door, without its last stroke.
pub fn collection(
    patient: &Value,
    history: &History<'_>,
    (view, timeline): (&View, &Timeline),
    base: &str,
    now: Timestamp,
) -> Value {
    let mut resources = vec![patient.clone()];
    let seen = version::in_view(history.versions, view);
    resources.extend(
        seen.into_iter()
            .filter_map(|one| one.body.clone())
            .filter(|body| is_past(body, view)),
    );
    let studies = history.studies.iter().filter(|stored| {
        let day = view.start_ms(&stored.study.date);
        stored.recorded <= view.recorded && day.is_none_or(|day| day <= view.at.0)
    });
    resources.extend(studies.map(|stored| imaging_study(history.patient, stored)));
    for (n, lesion) in timeline.lesions.iter().enumerate() {
        let sizes = lesion.points.iter().enumerate();
        resources.extend(sizes.map(|(m, point)| {
            let id = format!("lesion-{}-{}", n + 1, m + 1);
            size(history.patient, &id, lesion, point)
        }));
    }
    let entries = resources.into_iter().map(|resource| {
        let part = |name: &str| {
            resource
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let url = format!("{base}/{}/{}", part("resourceType"), part("id"));
        json!({"fullUrl": url, "resource": resource})
    });
    json!({
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": now,
        "entry": entries.collect::<Vec<_>>(),
    })
}

/// Whether it had happened by then; what says no day goes along.
fn is_past(body: &Value, view: &View) -> bool {
    let when = super::event::when(body);
    when.and_then(|when| view.start_ms(&when))
        .is_none_or(|start| start <= view.at.0)
}

/// A DICOM day as FHIR writes it.
fn fhir_day(text: &str) -> Option<String> {
    let day = crate::demographics::day(text)?;
    Some(day.to_string())
}

fn imaging_study(patient: &str, stored: &StoredStudy) -> Value {
    let study = &stored.study;
    let series = study.series.iter().map(|series| {
        let modality = Some(series.modality.as_str()).filter(|code| !code.is_empty());
        let mut one = json!({
            "uid": series.uid,
            "modality": {
                "system": "http://dicom.nema.org/resources/ontology/DCM",
                "code": modality.unwrap_or("OT"),
            },
            "numberOfInstances": series.images,
        });
        set(&mut one, "description", said(&series.description));
        one
    });
    let images = study
        .series
        .iter()
        .filter(|series| !NO_IMAGES.contains(&series.modality.as_str()));
    let images: u32 = images.map(|series| series.images).sum();
    let mut resource = json!({
        "resourceType": "ImagingStudy",
        "id": study.uid,
        "identifier": [{"system": "urn:dicom:uid", "value": format!("urn:oid:{}", study.uid)}],
        "status": "available",
        "subject": {"reference": format!("Patient/{patient}")},
        "numberOfSeries": study.series.len(),
        "numberOfInstances": images,
    });
    set(
        &mut resource,
        "started",
        fhir_day(&study.date).map(|day| json!(day)),
    );
    set(&mut resource, "description", said(&study.description));
    // FHIR has no empty lists.
    let series: Vec<Value> = series.collect();
    set(
        &mut resource,
        "series",
        Some(json!(series)).filter(|_| !series.is_empty()),
    );
    resource
}

/// One size of a lesion.
fn size(patient: &str, id: &str, lesion: &TrackedLesion, point: &LesionPoint) -> Value {
    let of = |code: Option<(&str, &str)>, words: &str, value: Option<f64>, unit: &str| {
        let value = value?;
        let mut concept = json!({"text": words});
        let coding = code
            .map(|(code, display)| json!([{"system": SNOMED, "code": code, "display": display}]));
        set(&mut concept, "coding", coding);
        Some(json!({
            "code": concept,
            "valueQuantity": {"value": value, "unit": unit, "system": UCUM, "code": unit},
        }))
    };
    let parts = [
        of(
            Some(("103339001", "Long axis")),
            "Long axis",
            point.long_axis_mm,
            "mm",
        ),
        of(
            Some(("103340004", "Short axis")),
            "Short axis",
            point.short_axis_mm,
            "mm",
        ),
        of(
            None,
            "Mean diameter, not rounded",
            point.mean_diameter_mm,
            "mm",
        ),
        of(
            Some(("118565006", "Volume")),
            "Volume",
            point.volume_mm3,
            "mm3",
        ),
    ];
    let parts: Vec<Value> = parts.into_iter().flatten().collect();
    let mut resource = json!({
        "resourceType": "Observation",
        "id": id,
        "status": "final",
        "category": [{"coding": [{
            "system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "imaging",
        }]}],
        "code": {"text": format!("Size of {}", lesion.label.en)},
        "subject": {"reference": format!("Patient/{patient}")},
        "derivedFrom": [{"reference": format!("ImagingStudy/{}", point.study)}],
    });
    if let Identity::Tracked { uid } = &lesion.identity {
        let identifier = json!([{"system": "urn:dicom:uid", "value": format!("urn:oid:{uid}")}]);
        set(&mut resource, "identifier", Some(identifier));
    }
    set(
        &mut resource,
        "effectiveDateTime",
        fhir_day(&point.at).map(|day| json!(day)),
    );
    let method = point.method.as_ref().filter(|_| !point.is_reported);
    set(
        &mut resource,
        "method",
        method.map(|method| json!({"text": method.en})),
    );
    set(
        &mut resource,
        "component",
        Some(json!(parts)).filter(|_| !parts.is_empty()),
    );
    resource
}

fn said(words: &str) -> Option<Value> {
    (!words.trim().is_empty()).then(|| json!(words))
}

fn set(resource: &mut Value, element: &str, value: Option<Value>) {
    if let (Some(fields), Some(value)) = (resource.as_object_mut(), value) {
        fields.insert(element.to_owned(), value);
    }
}
