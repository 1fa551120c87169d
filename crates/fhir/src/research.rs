//! Consents about research: a patient may refuse research and be treated all the same.

use std::collections::BTreeSet;

use policy::Permit;
use record::{Record, RecordError};
use serde_json::Value;
use vocabulary::{PatientId, Timestamp};

use crate::{
    consents::opts_out,
    date,
    relations::{array, find, status},
};

/// Purposes of use that are research (HL7 v3 `PurposeOfUse`, `HRESCH` and what is below it).
const PURPOSES: &[&str] = &[
    "HRESCH",
    "BIORCH",
    "CLINTRCH",
    "CLINTRCHNPC",
    "CLINTRCHPC",
    "DSRCH",
    "POARCH",
    "PRECLINTRCH",
    "RESCH",
    "TRANSRCH",
];

/// The patients who refuse that research sees their data, by an active `Consent` that denies: one whose scope is
/// research, or a provision of any consent whose purposes are research only. Who denies a part, or denies some
/// people, denies: what is left cannot be told apart here.
pub async fn research_refusals(
    record: &dyn Record,
    permit: &Permit,
    now: Timestamp,
) -> Result<BTreeSet<PatientId>, RecordError> {
    let mut refused = BTreeSet::new();
    for row in find(record, permit, "Consent", vec![status(&["active"])]).await? {
        if let (Some(subject), Some(body)) = (row.subject, row.body)
            && refuses_research(&body, now)
        {
            refused.insert(subject);
        }
    }
    Ok(refused)
}

/// Whether the scope of a consent is research, so that it says nothing about treatment.
pub(crate) fn is_about_research(consent: &Value) -> bool {
    array(&consent["scope"], "coding").any(|coding| coding["code"] == "research")
}

/// Whether a provision is about research only, so that it says nothing about treatment.
pub(crate) fn is_for_research(provision: &Value) -> bool {
    let mut purposes = array(provision, "purpose").peekable();
    purposes.peek().is_some()
        && purposes.all(|purpose| {
            let code = purpose["code"].as_str();
            code.is_some_and(|code| PURPOSES.contains(&code))
        })
}

fn refuses_research(consent: &Value, now: Timestamp) -> bool {
    let provision = &consent["provision"];
    let about_research = is_about_research(consent);
    if provision.is_null() {
        return about_research && opts_out(consent);
    }
    denies(provision, about_research, now)
}

/// Whether a provision, or one within it, denies research. `about` says whether the one around is about research.
fn denies(provision: &Value, about: bool, now: Timestamp) -> bool {
    let period = &provision["period"];
    let bound = |name: &str| period.get(name)?.as_str().and_then(date::range_ms);
    let holds = bound("start").is_none_or(|(low, _)| low <= now.0)
        && bound("end").is_none_or(|(_, high)| now.0 <= high);
    let about = about || is_for_research(provision);
    holds
        && ((about && provision["type"] == "deny")
            || array(provision, "provision").any(|inner| denies(inner, about, now)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn who_refuses_research_is_not_asked_twice() {
        let research = json!({"coding": [{"code": "research"}]});
        let privacy = json!({"coding": [{"code": "patient-privacy"}]});
        let purpose = json!([{"code": "HRESCH"}]);
        let treatment = json!([{"code": "HRESCH"}, {"code": "TREAT"}]);
        let now = "2020-06-15T00:00:00Z".parse().unwrap();
        for (consent, expect) in [
            (
                json!({"scope": research, "provision": {"type": "deny"}}),
                true,
            ),
            (
                json!({"scope": research, "provision": {"type": "permit"}}),
                false,
            ),
            (
                json!({"scope": privacy, "provision": {"type": "deny"}}),
                false,
            ),
            (
                json!({"scope": research, "policyRule": {"coding": [{"code": "OPTOUT"}]}}),
                true,
            ),
            (
                json!({"scope": research, "provision": {"type": "deny", "period": {"end": "2020-06-14"}}}),
                false,
            ),
            (
                json!({"scope": privacy, "provision": {"type": "deny", "purpose": purpose}}),
                true,
            ),
            (
                json!({"scope": privacy, "provision": {"type": "deny", "purpose": treatment}}),
                false,
            ),
            (
                json!({
                    "scope": privacy,
                    "provision": {"type": "permit", "provision": [{"type": "deny", "purpose": purpose}]},
                }),
                true,
            ),
            (
                json!({
                    "scope": research,
                    "provision": {"type": "permit", "provision": [{"type": "deny", "class": [{}]}]},
                }),
                true,
            ),
            (json!({"scope": research}), false),
        ] {
            assert_eq!(refuses_research(&consent, now), expect, "{consent}");
        }
    }
}
