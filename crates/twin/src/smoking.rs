//! Smoking status, from Observations with LOINC 72166-2.

use serde_json::Value;

/// What a smoking status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Smoking {
    /// Smokes now, every day or some days.
    Current,
    /// Smoked and stopped.
    Former,
    /// Never smoked.
    Never,
}

/// LOINC answer codes of 72166-2 and the SNOMED CT findings that its value set maps to.
const CODES: &[(&str, Smoking)] = &[
    ("LA18976-3", Smoking::Current),
    ("LA18977-1", Smoking::Current),
    ("LA18981-3", Smoking::Current),
    ("LA18982-1", Smoking::Current),
    ("LA15920-4", Smoking::Former),
    ("LA18978-9", Smoking::Never),
    ("449868002", Smoking::Current),
    ("428041000124106", Smoking::Current),
    ("77176002", Smoking::Current),
    ("8517006", Smoking::Former),
    ("266919005", Smoking::Never),
];

/// Whether the resource is an Observation of the smoking status that counts.
pub(crate) fn is_smoking_status(resource: &Value) -> bool {
    let codings = resource.pointer("/code/coding").and_then(Value::as_array);
    let has_code = |coding: &Value| {
        coding.get("system").and_then(Value::as_str) == Some("http://loinc.org")
            && coding.get("code").and_then(Value::as_str) == Some("72166-2")
    };
    let status = resource.get("status").and_then(Value::as_str);
    resource.get("resourceType").and_then(Value::as_str) == Some("Observation")
        && matches!(status, Some("final" | "amended" | "corrected"))
        && codings.is_some_and(|codings| codings.iter().any(has_code))
}

/// What the Observation says; `None` where it says unknown, or something that is not in the list.
pub(crate) fn status(observation: &Value) -> Option<Smoking> {
    let codings = observation
        .pointer("/valueCodeableConcept/coding")?
        .as_array()?;
    let codes = codings
        .iter()
        .filter_map(|coding| coding.get("code")?.as_str());
    codes
        .filter_map(|code| CODES.iter().find(|(known, _)| *known == code))
        .map(|(_, smoking)| *smoking)
        .next()
}
