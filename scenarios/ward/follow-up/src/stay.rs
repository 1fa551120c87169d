//! Stays in hospital: who lies there does not answer at home, and nobody is told that nothing is heard.

use jiff::{civil::Date, tz::TimeZone};
use record::ResourceVersion;
use scenario::{day_of, day_said, is_of, text};

use crate::facts;

/// Classes of `Encounter` in which a patient has a bed in hospital, of `v3-ActCode`: inpatient, acute and not, under
/// observation, and for less than a day.
const CLASSES: &[&str] = &["IMP", "ACUTE", "NONAC", "OBSENC", "SS"];

/// Since which day a patient lies in hospital by this `Encounter`; none where they do not.
pub fn since(row: &ResourceVersion, zone: &TimeZone) -> Option<Date> {
    is_stay(row, "in-progress").then(|| day(row, "/period/start", zone))
}

/// The day on which a stay ended.
pub fn until(row: &ResourceVersion, zone: &TimeZone) -> Option<Date> {
    is_stay(row, "finished").then(|| day(row, "/period/end", zone))
}

/// A visit in a room is none.
fn is_stay(row: &ResourceVersion, status: &str) -> bool {
    let Some(body) = row.body.as_ref() else {
        return false;
    };
    let class = text(body, "/class/code");
    text(body, "/status").as_deref() == Some(status)
        && class.is_some_and(|class| CLASSES.contains(&class.as_str()))
        && !is_of(facts::SCENARIO, row)
}

/// The day of a time; where none is said, or none that can be read, that on which it was written down.
fn day(row: &ResourceVersion, path: &str, zone: &TimeZone) -> Date {
    let said = row.body.as_ref().and_then(|body| text(body, path));
    said.and_then(|said| day_said(&said, zone))
        .unwrap_or_else(|| day_of(row.at, zone))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use record::ResourceKey;
    use serde_json::{Value, json};
    use vocabulary::Timestamp;

    use super::*;

    #[allow(
        clippy::needless_pass_by_value,
        reason = "periods are written where they are given"
    )]
    fn encounter(class: &str, status: &str, period: Value) -> ResourceVersion {
        ResourceVersion {
            key: ResourceKey {
                kind: "Encounter".to_owned(),
                id: "e".to_owned(),
            },
            version: 1,
            at: Timestamp(1_790_000_000_000),
            subject: None,
            body: Some(json!({"status": status, "class": {"code": class}, "period": period})),
            sequence: 1,
        }
    }

    #[test]
    fn a_stay_is_a_bed_in_hospital_that_is_not_over() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let start = json!({"start": "2026-11-01T20:00:00Z"});
        for (class, status, expected) in [
            ("IMP", "in-progress", Some(date(2026, 11, 2))),
            ("OBSENC", "in-progress", Some(date(2026, 11, 2))),
            ("IMP", "finished", None),
            ("IMP", "onleave", None),
            ("VR", "in-progress", None),
            ("AMB", "in-progress", None),
        ] {
            let row = encounter(class, status, start.clone());
            assert_eq!(since(&row, &zone), expected, "{class} {status}");
        }
        // Where no time is said it is that of writing it down.
        let undated = encounter("IMP", "in-progress", json!({}));
        assert_eq!(since(&undated, &zone), Some(date(2026, 9, 21)));
        for (class, end, expected) in [
            ("IMP", "2026-11-03", Some(date(2026, 11, 3))),
            ("IMP", "2026-11-08T17:00:00Z", Some(date(2026, 11, 9))),
            ("AMB", "2026-11-20", None),
        ] {
            let row = encounter(class, "finished", json!({"end": end}));
            assert_eq!(until(&row, &zone), expected, "{class} {end}");
        }
    }
}
