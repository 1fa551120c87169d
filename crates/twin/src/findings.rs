use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;

/// Something that was found and signed off.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/twin.ts")]
pub struct Finding {
    /// The resource, such as `DiagnosticReport/x`.
    pub reference: String,
    /// Its type.
    pub kind: String,
    /// What it is called.
    pub title: String,
    /// What it concludes, where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub conclusion: Option<String>,
    /// When (RFC 3339), where it says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at: Option<String>,
    /// The number of its entry in the ledger, so that it can be proved.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub sequence: Option<u64>,
}

/// Final reports and active plans. Drafts are no findings.
pub(crate) fn of(resource: &Value) -> Option<Finding> {
    let text = |path: &str| {
        resource
            .pointer(path)
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let kind = text("/resourceType")?;
    let (is_signed, conclusion, at) = match kind.as_str() {
        "DiagnosticReport" => (
            matches!(text("/status")?.as_str(), "final" | "amended" | "corrected"),
            text("/conclusion"),
            text("/issued").or(text("/effectiveDateTime")),
        ),
        "CarePlan" => (
            text("/status")? == "active",
            text("/description"),
            text("/created"),
        ),
        _ => return None,
    };
    let title = text("/title")
        .or(text("/code/text"))
        .or(text("/code/coding/0/display"));
    is_signed.then_some(Finding {
        reference: format!("{kind}/{}", text("/id")?),
        title: title.unwrap_or_else(|| kind.clone()),
        kind,
        conclusion,
        at,
        sequence: None,
    })
}
