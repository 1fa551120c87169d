//! What doctors ordered for a patient, in any scenario or by any door: the plans of nodules come this way.

use jiff::{civil::Date, tz::TimeZone};
use policy::Permit;
use record::Match;
use scenario::{Context, Problem, day_said, is_of, text};
use serde::Serialize;
use serde_json::Value;
use vocabulary::PatientId;

use crate::{
    facts::{self, code, term},
    schedule::Due,
};

/// Something that a doctor ordered for a time to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Order {
    pub what: String,
    pub from: Date,
    pub until: Option<Date>,
    pub due: Due,
}

/// The orders that are open, the earliest first.
pub async fn read(
    context: &dyn Context,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<Order>, Problem> {
    let about = Match::Reference(format!("Patient/{patient}"));
    let terms = vec![term("patient", about), term("status", code("active"))];
    let (today, zone) = (context.day_of(context.now()), context.time_zone());
    let rows = facts::search(context, permit, "ServiceRequest", terms).await?;
    let mut found: Vec<Order> = rows
        .iter()
        .filter(|row| !is_of(facts::SCENARIO, row))
        .filter_map(|row| order(row.body.as_ref()?, today, &zone))
        .collect();
    found.sort_by_key(|order| order.from);
    Ok(found)
}

/// An order without a day is none that one can be late for.
fn order(body: &Value, today: Date, zone: &TimeZone) -> Option<Order> {
    let day = |path: &str| day_said(&text(body, path)?, zone);
    let from = day("/occurrencePeriod/start").or_else(|| day("/occurrenceDateTime"))?;
    let until = day("/occurrencePeriod/end");
    let due = if today < from {
        Due::Planned
    } else if until.is_some_and(|until| today > until) {
        Due::Overdue
    } else {
        Due::Now
    };
    let what = text(body, "/code/text").or_else(|| text(body, "/code/coding/0/display"))?;
    Some(Order {
        what,
        from,
        until,
        due,
    })
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_order_is_due_within_its_window() {
        let body = json!({"code": {"text": "CT"}, "occurrencePeriod": {"start": "2026-05-01", "end": "2026-10-31T16:00:00Z"}});
        let china = TimeZone::fixed(jiff::tz::offset(8));
        for (today, due) in [
            (date(2026, 4, 30), Due::Planned),
            (date(2026, 5, 1), Due::Now),
            (date(2026, 11, 1), Due::Now),
            (date(2026, 11, 2), Due::Overdue),
        ] {
            assert_eq!(
                order(&body, today, &china).map(|order| order.due),
                Some(due)
            );
        }
        let open = json!({"code": {"text": "CT"}, "occurrenceDateTime": "2026-05"});
        let found = order(&open, date(2026, 5, 1), &china);
        assert_eq!(found, None, "a month is no day");
    }
}
