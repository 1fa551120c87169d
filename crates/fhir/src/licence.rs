use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use crate::json::set;

/// The type of resource that says who is licensed to practise in virtual rooms.
pub const LICENCE_TYPE: &str = "Practitioner";
/// What a qualification is coded with that is such a licence.
pub(crate) const LICENCE: (&str, &str) = ("urn:yuanyi:licence", "virtual-room");
/// What says of a licence that it was withdrawn.
const WITHDRAWN: &str = "urn:yuanyi:licence-withdrawn";

/// That a licence was withdrawn.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Withdrawal {
    /// Why.
    pub reason: String,
    /// By whom.
    pub by: String,
    /// When, as FHIR writes it.
    pub at: String,
}

/// The licences to practise in virtual rooms of a `Practitioner`, the oldest first.
pub fn licences(practitioner: &Value) -> impl Iterator<Item = &Value> {
    let all = practitioner["qualification"].as_array();
    all.into_iter().flatten().filter(|one| is_licence(one))
}

fn is_licence(qualification: &Value) -> bool {
    let codings = qualification.pointer("/code/coding");
    let codings = codings.and_then(Value::as_array);
    codings.into_iter().flatten().any(|coding| {
        let (system, code) = LICENCE;
        coding["system"] == system && coding["code"] == code
    })
}

/// Why the newest licence was withdrawn; `None` where it was not, or may be earned anew.
pub fn withdrawal(practitioner: &Value) -> Option<Withdrawal> {
    let newest = licences(practitioner).last()?;
    let of = extension(newest)?;
    let text = |url: &str, kind: &str| {
        let parts = of["extension"].as_array();
        let part = parts.into_iter().flatten().find(|part| part["url"] == url);
        part.and_then(|part| part[kind].as_str()).map(str::to_owned)
    };
    if text("lifted", "valueDateTime").is_some() {
        return None;
    }
    Some(Withdrawal {
        reason: text("reason", "valueString").unwrap_or_default(),
        by: text("by", "valueString").unwrap_or_default(),
        at: text("at", "valueDateTime").unwrap_or_default(),
    })
}

fn extension(qualification: &Value) -> Option<&Value> {
    let all = qualification["extension"].as_array();
    all.into_iter()
        .flatten()
        .find(|one| one["url"] == WITHDRAWN)
}

/// Adds a licence, earned by an exam, that is good from one moment to another.
pub fn give_licence(practitioner: &mut Value, exam: &str, from: Timestamp, until: Timestamp) {
    let (system, code) = LICENCE;
    let licence = json!({
        "identifier": [{"system": "urn:yuanyi:licence-exam", "value": exam}],
        "code": {"coding": [{
            "system": system, "code": code, "display": "Licence to practise in virtual rooms",
        }]},
        "period": {"start": from.to_string(), "end": until.to_string()},
    });
    match practitioner["qualification"].as_array_mut() {
        Some(all) => all.push(licence),
        None => set(practitioner, "qualification", json!([licence])),
    }
}

/// Ends all licences that are good at `at`; whether there was one.
pub fn withdraw_licence(
    practitioner: &mut Value,
    by: &ActorId,
    reason: &str,
    at: Timestamp,
) -> bool {
    let why = json!({"url": WITHDRAWN, "extension": [
        {"url": "at", "valueDateTime": at.to_string()},
        {"url": "by", "valueString": by.as_str()},
        {"url": "reason", "valueString": reason},
    ]});
    let mut ended = false;
    let all = practitioner["qualification"].as_array_mut();
    for one in all.into_iter().flatten().filter(|one| is_licence(one)) {
        if !crate::date::is_within(&one["period"], at) {
            continue;
        }
        if !one["period"].is_object() {
            set(one, "period", json!({}));
        }
        if let Some(period) = one.get_mut("period") {
            set(period, "end", json!(at.to_string()));
        }
        match one["extension"].as_array_mut() {
            Some(extensions) => extensions.push(why.clone()),
            None => set(one, "extension", json!([why])),
        }
        ended = true;
    }
    ended
}

/// Lets one whose licence was withdrawn earn it anew; whether it was.
pub fn lift_withdrawal(practitioner: &mut Value, at: Timestamp) -> bool {
    if withdrawal(practitioner).is_none() {
        return false;
    }
    let all = practitioner["qualification"].as_array_mut();
    let newest = all
        .into_iter()
        .flatten()
        .filter(|one| is_licence(one))
        .last();
    let extensions = newest.and_then(|one| one["extension"].as_array_mut());
    let of = extensions.and_then(|all| all.iter_mut().find(|one| one["url"] == WITHDRAWN));
    let parts = of.and_then(|of| of["extension"].as_array_mut());
    parts.is_some_and(|parts| {
        parts.push(json!({"url": "lifted", "valueDateTime": at.to_string()}));
        true
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate;

    #[test]
    fn a_licence_is_earned_withdrawn_and_may_be_earned_anew() {
        let (boss, day) = (ActorId::new("boss").unwrap(), 86_400_000);
        let mut li = json!({"resourceType": "Practitioner", "id": "li", "active": true});
        assert!(!withdraw_licence(&mut li, &boss, "none", Timestamp(0)));
        give_licence(&mut li, "2026-11", Timestamp(0), Timestamp(365 * day));
        assert_eq!(validate(&li), []);
        assert_eq!((licences(&li).count(), withdrawal(&li)), (1, None));

        assert!(withdraw_licence(
            &mut li,
            &boss,
            "recorded a patient",
            Timestamp(day)
        ));
        assert_eq!(validate(&li), []);
        let why = withdrawal(&li).unwrap();
        assert_eq!(
            (why.by.as_str(), why.reason.as_str()),
            ("boss", "recorded a patient")
        );
        assert_eq!(
            li["qualification"][0]["period"]["end"],
            "1970-01-02T00:00:00.000Z"
        );
        // What has ended is not withdrawn again.
        assert!(!withdraw_licence(
            &mut li,
            &boss,
            "again",
            Timestamp(2 * day)
        ));

        assert!(lift_withdrawal(&mut li, Timestamp(3 * day)));
        assert!(!lift_withdrawal(&mut li, Timestamp(3 * day)));
        assert_eq!(withdrawal(&li), None);
        give_licence(&mut li, "2026-11", Timestamp(4 * day), Timestamp(369 * day));
        assert_eq!((licences(&li).count(), withdrawal(&li)), (2, None));
        assert_eq!(validate(&li), []);
    }
}
