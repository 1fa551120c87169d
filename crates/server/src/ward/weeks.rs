//! How the wards ran, week by week, from the record: no memory of a day is needed for it.

use std::collections::BTreeMap;

use alarms::{Alarm, Outcome, Priority};
use policy::Permit;
use record::{RecordError, ResourceKey, ResourceQuery};
use serde::Serialize;
use serde_json::Value;
use vocabulary::{Text, Timestamp};

use super::{
    kept,
    view::{self, OldView, middle, to_take},
};
use crate::hospital::Hospital;

pub const WEEK_MS: i64 = 604_800_000;
const DAY_MS: f64 = 86_400_000.0;
const PAGE: usize = 500;

/// One week of a ward.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Week {
    from: i64,
    to: i64,
    /// Alarms raised by priority, and by rule.
    by_priority: BTreeMap<Priority, usize>,
    by_rule: BTreeMap<String, usize>,
    alarms: usize,
    /// How long beds were occupied, in days; what the record knew of it.
    bed_days: f64,
    /// None where all beds together were occupied for less than a day.
    alarms_per_bed_day: Option<f64>,
    /// From raised to taken, the middle one, in seconds.
    seconds_to_take: Option<f64>,
    closed: usize,
    false_or_technical: usize,
}

/// A ward over some weeks, the oldest first.
#[derive(Serialize)]
pub struct WardWeeks {
    id: String,
    name: String,
    /// Of which edges what is counted is old.
    old: Vec<OldView>,
    weeks: Vec<Week>,
    /// What the rules are called.
    rules: BTreeMap<String, Text>,
}

/// A span in which a patient lay in a bed.
#[derive(Clone, Debug, PartialEq)]
struct Stay {
    bed: String,
    from: i64,
    to: i64,
}

/// Each ward over the last weeks, which end now.
pub async fn weeks(
    hospital: &Hospital,
    permit: &Permit,
    count: usize,
    now: Timestamp,
) -> Result<Vec<WardWeeks>, RecordError> {
    let since = now.0 - WEEK_MS * i64::try_from(count).unwrap_or(1);
    let alarms: Vec<Alarm> = kept::load(hospital, permit, Some((Timestamp(since), now)))
        .await?
        .into_iter()
        .map(|kept| kept.alarm)
        .collect();
    let stays = stays(hospital, permit, since, now.0).await?;
    let (places, mut old) = hospital.ward.look(|state| {
        let wards = state.places.wards.keys();
        let old = wards.map(|id| (id.clone(), view::old(state, id)));
        (state.places.clone(), old.collect::<BTreeMap<_, _>>())
    });
    let ward = |(id, name): (&String, &String)| {
        let here = |bed: &str| places.about(bed).is_some_and(|bed| bed.ward == *id);
        let alarms: Vec<&Alarm> = alarms.iter().filter(|alarm| here(&alarm.bed)).collect();
        let stays: Vec<&Stay> = stays.iter().filter(|stay| here(&stay.bed)).collect();
        WardWeeks {
            id: id.clone(),
            name: name.clone(),
            old: old.remove(id).unwrap_or_default(),
            weeks: (0..count)
                .filter_map(|n| i64::try_from(n).ok())
                .map(|n| week(&alarms, &stays, since + n * WEEK_MS))
                .collect(),
            rules: alarms
                .iter()
                .map(|alarm| (alarm.rule.clone(), alarm.title.clone()))
                .collect(),
        }
    };
    Ok(places.wards.iter().map(ward).collect())
}

fn week(alarms: &[&Alarm], stays: &[&Stay], from: i64) -> Week {
    let to = from + WEEK_MS;
    let is_in = |at: Timestamp| (from..to).contains(&at.0);
    let raised: Vec<&&Alarm> = alarms
        .iter()
        .filter(|alarm| is_in(alarm.raised_at))
        .collect();
    let closed: Vec<Outcome> = alarms
        .iter()
        .filter_map(|alarm| alarm.closed.as_ref())
        .filter(|closed| is_in(closed.at))
        .map(|closed| closed.outcome)
        .collect();
    let untrue = [Outcome::FalseAlarm, Outcome::Technical];
    let mut found = Week {
        from,
        to,
        alarms: raised.len(),
        seconds_to_take: middle(raised.iter().filter_map(|alarm| to_take(alarm)).collect()),
        closed: closed.len(),
        false_or_technical: closed.iter().filter(|how| untrue.contains(how)).count(),
        ..Week::default()
    };
    for alarm in &raised {
        *found.by_priority.entry(alarm.priority).or_default() += 1;
        *found.by_rule.entry(alarm.rule.clone()).or_default() += 1;
    }
    let lain_ms: i64 = stays
        .iter()
        .map(|stay| (stay.to.min(to) - stay.from.max(from)).max(0))
        .sum();
    found.bed_days = lain_ms as f64 / DAY_MS;
    found.alarms_per_bed_day =
        (found.bed_days >= 1.0).then(|| found.alarms as f64 / found.bed_days);
    found
}

/// Who lay where, by all versions of the encounters that were still under way after a moment.
async fn stays(
    hospital: &Hospital,
    permit: &Permit,
    since: i64,
    now: i64,
) -> Result<Vec<Stay>, RecordError> {
    let mut found = Vec::new();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: "Encounter".to_owned(),
            terms: vec![],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(permit, &query).await?.rows;
        let read = rows.len();
        offset += read;
        for row in rows {
            if row.at.0 < since && !row.body.as_ref().is_some_and(is_under_way) {
                continue;
            }
            let key = ResourceKey {
                kind: row.key.kind,
                id: row.key.id,
            };
            let mut versions = hospital.record.history(permit, &key).await?;
            versions.reverse();
            let versions: Vec<(i64, Option<Value>)> = versions
                .into_iter()
                .map(|version| (version.at.0, version.body))
                .collect();
            found.extend(stays_of(&versions, now));
        }
        if read < PAGE {
            return Ok(found);
        }
    }
}

fn is_under_way(body: &Value) -> bool {
    body.get("status").and_then(Value::as_str) == Some("in-progress")
}

/// From each version until the next one says otherwise.
fn stays_of(versions: &[(i64, Option<Value>)], now: i64) -> Vec<Stay> {
    let ends = versions.iter().skip(1).map(|(at, _)| *at).chain([now]);
    let spans = versions.iter().zip(ends);
    spans
        .flat_map(|((from, body), to)| {
            let body = body.as_ref().filter(|body| is_under_way(body));
            let places = body.and_then(|body| body.get("location")?.as_array());
            places.into_iter().flatten().filter_map(move |place| {
                let status = place.get("status").and_then(Value::as_str);
                let reference = place.pointer("/location/reference")?.as_str()?;
                let bed = reference.strip_prefix("Location/")?;
                status
                    .is_none_or(|status| status == "active")
                    .then(|| Stay {
                        bed: bed.to_owned(),
                        from: *from,
                        to,
                    })
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stay(status: &str, bed: &str) -> Value {
        json!({"status": status, "location": [
            {"location": {"reference": format!("Location/{bed}")}, "status": "active"},
            {"location": {"reference": "Location/earlier"}, "status": "completed"},
        ]})
    }

    #[test]
    fn beds_are_occupied_from_one_version_to_the_next() {
        let versions = [
            (10, Some(stay("planned", "b1"))),
            (20, Some(stay("in-progress", "b1"))),
            (50, Some(stay("in-progress", "b2"))),
            (90, Some(stay("finished", "b2"))),
        ];
        let one = |bed: &str, from, to| Stay {
            bed: bed.to_owned(),
            from,
            to,
        };
        assert_eq!(
            stays_of(&versions, 200),
            [one("b1", 20, 50), one("b2", 50, 90)]
        );
        assert_eq!(stays_of(&versions[..2], 200), [one("b1", 20, 200)]);
    }

    #[test]
    fn a_week_counts_what_lies_in_it_and_divides_by_no_less_than_a_bed_day() {
        let half = Stay {
            bed: "b".to_owned(),
            from: -WEEK_MS,
            to: WEEK_MS / 2,
        };
        let found = week(&[], &[&half], 0);
        assert!((found.bed_days - 3.5).abs() < 1e-9);
        assert_eq!(found.alarms_per_bed_day, Some(0.0));
        let later = week(&[], &[&half], WEEK_MS);
        assert_eq!(
            (later.alarms_per_bed_day, later.seconds_to_take),
            (None, None)
        );
        let hours = Stay {
            to: WEEK_MS / 8,
            from: 0,
            ..half
        };
        assert_eq!(week(&[], &[&hours], 0).alarms_per_bed_day, None);
    }
}
