//! What was ordered: when it is due, and how that stands at a time.

use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::Value;
use ts_rs::TS;
use vocabulary::Timestamp;

use super::{end_in, start_in, text};

/// How something that was ordered stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub enum DueState {
    /// Written down, and nobody has decided it.
    Draft,
    /// Its time has not come.
    Planned,
    /// Its time is now.
    Due,
    /// Its time has passed.
    Overdue,
    /// It holds, and says no time.
    Open,
    /// It was done.
    Done,
    /// It was taken back.
    Cancelled,
}

/// When something is due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/timeline.ts")]
pub struct Due {
    /// From then on.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub from: Option<String>,
    /// Until then; absent where nothing says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub until: Option<String>,
    /// Each so many months, until `until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub every_months: Option<u32>,
    /// How it stands.
    pub state: DueState,
}

/// When an order or appointment is due, and how that stands at `at`, by the days of a time zone.
pub(super) fn of(kind: &str, body: &Value, at: Timestamp, zone: &TimeZone) -> Option<Due> {
    if !matches!(kind, "ServiceRequest" | "Appointment") {
        return None;
    }
    let bounds = "/occurrenceTiming/repeat/boundsPeriod";
    let first = |paths: &[&str]| paths.iter().find_map(|path| text(body, path));
    let from = first(&[
        "/occurrencePeriod/start",
        "/occurrenceDateTime",
        &format!("{bounds}/start"),
        "/start",
    ]);
    let until = first(&["/occurrencePeriod/end", &format!("{bounds}/end"), "/end"]);
    let repeat = body.pointer("/occurrenceTiming/repeat");
    let every_months = repeat.and_then(|repeat| {
        let months = repeat.get("periodUnit").and_then(Value::as_str) == Some("mo");
        let period = repeat.get("period").and_then(Value::as_u64)?;
        months.then(|| u32::try_from(period).ok()).flatten()
    });
    // Of what is repeated, the next one is due on its day; the end is that of the whole series.
    let by = if every_months.is_some() {
        from.as_deref()
    } else {
        until.as_deref()
    };
    let status = text(body, "/status").unwrap_or_default();
    let state = state(&status, (from.as_deref(), by), at, zone);
    Some(Due {
        from,
        until,
        every_months,
        state,
    })
}

fn state(
    status: &str,
    (from, until): (Option<&str>, Option<&str>),
    at: Timestamp,
    zone: &TimeZone,
) -> DueState {
    match status {
        "draft" | "proposed" => return DueState::Draft,
        "completed" | "fulfilled" => return DueState::Done,
        "revoked" | "cancelled" | "noshow" | "entered-in-error" | "on-hold" => {
            return DueState::Cancelled;
        }
        _ => {}
    }
    let begins = from.and_then(|from| start_in(from, zone));
    let ends = until.and_then(|until| end_in(until, zone));
    match (begins, ends) {
        (_, Some(end)) if at.0 > end => DueState::Overdue,
        (Some(begin), _) if at.0 < begin => DueState::Planned,
        (None, None) => DueState::Open,
        _ => DueState::Due,
    }
}

#[cfg(test)]
mod tests {
    use super::super::start_ms;
    use super::*;
    use serde_json::json;

    #[test]
    fn an_order_is_planned_then_due_then_overdue() {
        let order = json!({"status": "active", "occurrencePeriod": {"start": "2026-03-01", "end": "2026-06-01"}});
        let check = |day: &str, expect| {
            let at = Timestamp(start_ms(day).unwrap());
            let due = of("ServiceRequest", &order, at, &TimeZone::UTC).unwrap();
            assert_eq!(due.state, expect, "{day}");
        };
        check("2026-02-28", DueState::Planned);
        check("2026-03-01", DueState::Due);
        check("2026-06-01", DueState::Due);
        check("2026-06-02", DueState::Overdue);
    }

    #[test]
    fn an_order_of_a_day_is_due_from_the_first_hour_of_that_day_where_the_hospital_is() {
        let china = TimeZone::fixed(jiff::tz::offset(8));
        let order = json!({"status": "active", "occurrencePeriod": {"start": "2026-03-01", "end": "2026-03-01"}});
        let check = |at: &str, expect| {
            let at = Timestamp(start_ms(at).unwrap());
            let due = of("ServiceRequest", &order, at, &china).unwrap();
            assert_eq!(due.state, expect, "{at}");
        };
        check("2026-02-28T15:59:59Z", DueState::Planned);
        check("2026-02-28T16:00:00Z", DueState::Due);
        check("2026-03-01T15:59:59Z", DueState::Due);
        check("2026-03-01T16:00:00Z", DueState::Overdue);
    }

    #[test]
    fn a_repeated_order_is_overdue_after_its_next_day() {
        let order = json!({"status": "active", "occurrenceTiming": {"repeat": {
            "boundsPeriod": {"start": "2026-03-01", "end": "2028-03-01"},
            "frequency": 1, "period": 12, "periodUnit": "mo"}}});
        let at = Timestamp(start_ms("2026-03-02").unwrap());
        let of = |kind: &str, body: &Value| of(kind, body, at, &TimeZone::UTC);
        let due = of("ServiceRequest", &order).unwrap();
        assert_eq!((due.every_months, due.state), (Some(12), DueState::Overdue));
        let without = json!({"status": "active"});
        assert_eq!(
            of("ServiceRequest", &without).unwrap().state,
            DueState::Open
        );
        let done = json!({"status": "completed", "occurrenceDateTime": "2020-01-01"});
        assert_eq!(of("ServiceRequest", &done).unwrap().state, DueState::Done);
        assert_eq!(of("Observation", &done), None);
    }
}
