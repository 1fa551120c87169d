//! Who and what was with somebody or something, by their tags: in the same room, or within some metres.

use std::collections::BTreeMap;

use policy::Permit;
use record::{RecordError, ResourceKey, SeriesQuery, SeriesSummary, SpanQuery};
use serde::Serialize;
use serde_json::{Value, json};
use twin::demographics;
use vocabulary::{PatientId, Timestamp};

use super::{
    Places,
    tags::{self, FRESH_MS},
};
use crate::{devices, hospital::Hospital};

/// Where a tag was is looked at in steps of so many milliseconds, a power of two as the record rolls up by these.
const STEP_MS: i64 = 1 << 15;

/// Where somebody was in one step.
#[derive(Clone, Debug, Default, PartialEq)]
struct There {
    room: Option<String>,
    floor_m: Option<[f64; 2]>,
}

/// Where somebody or something was, step by step.
type Way = BTreeMap<i64, There>;

/// A while in which two were together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stretch {
    /// The room that both were in; none: only near.
    place: Option<String>,
    from: Timestamp,
    to: Timestamp,
    /// How near they came, where both were measured.
    least_m: Option<f64>,
}

/// Somebody or something that was there too.
#[derive(Serialize)]
struct Contact {
    kind: &'static str,
    id: String,
    name: String,
    stretches: Vec<Stretch>,
}

/// What the record has of one tag: metres by axis, and places by their names.
#[derive(Default)]
struct Told {
    axes: [BTreeMap<i64, f64>; 2],
    named: BTreeMap<i64, String>,
}

impl Told {
    /// Where that is. A place that was said by its name holds until something newer, and only for a while.
    fn way(&self, places: &Places) -> Way {
        let [x, y] = &self.axes;
        let measured = x.iter().filter_map(|(step, x)| {
            let floor_m = [*x, *y.get(step)?];
            let room = places.room_around(floor_m).cloned();
            let there = There {
                room,
                floor_m: Some(floor_m),
            };
            Some((*step, there))
        });
        let mut way: Way = measured.collect();
        let said: Vec<_> = self.named.iter().collect();
        for (n, (step, place)) in said.iter().enumerate() {
            let until = **step + FRESH_MS / STEP_MS;
            let next = said.get(n + 1).map_or(until, |(next, _)| **next - 1);
            for step in **step..=until.min(next) {
                if x.contains_key(&step) {
                    break;
                }
                let room = places.beds.get(*place).and_then(|bed| bed.room.clone());
                let there = There {
                    room: Some(room.unwrap_or_else(|| (*place).clone())),
                    floor_m: None,
                };
                way.insert(step, there);
            }
        }
        way
    }
}

/// When two were together: in one room, or within so many metres of each other.
fn together(one: &Way, other: &Way, near_m: Option<f64>) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    for (step, there) in one {
        let Some(beside) = other.get(step) else {
            continue;
        };
        let apart = there.floor_m.zip(beside.floor_m);
        let apart_m = apart.map(|([ax, ay], [bx, by])| (ax - bx).hypot(ay - by));
        let shared = there.room.clone().filter(|_| there.room == beside.room);
        let is_near = near_m.zip(apart_m).is_some_and(|(most, m)| m <= most);
        if shared.is_none() && !is_near {
            continue;
        }
        let (from, to) = (
            Timestamp(*step * STEP_MS),
            Timestamp((*step + 1) * STEP_MS - 1),
        );
        match stretches.last_mut() {
            Some(last) if last.place == shared && last.to.0 + 1 == from.0 => {
                last.to = to;
                last.least_m = match (last.least_m, apart_m) {
                    (Some(one), Some(other)) => Some(one.min(other)),
                    (one, other) => one.or(other),
                };
            }
            _ => stretches.push(Stretch {
                place: shared,
                from,
                to,
                least_m: apart_m,
            }),
        }
    }
    stretches
}

/// Who or what was with `carrier` over a span of time. Patients are named as far as `seen` covers them, the others
/// counted.
pub async fn contacts(
    hospital: &Hospital,
    own: &Permit,
    seen: Option<&Permit>,
    carrier: &str,
    (span, near_m): ((Timestamp, Timestamp), Option<f64>),
) -> Result<Value, RecordError> {
    let places = hospital.ward.look(|state| state.places().clone());
    let mut ways = ways(hospital, own, &places, span).await?;
    let Some(mine) = ways.remove(carrier) else {
        return Ok(json!({"located_s": 0, "contacts": [], "hidden": 0}));
    };
    let accounts = hospital.accounts.list().unwrap_or_default();
    let mut found: Vec<Contact> = Vec::new();
    let mut hidden = 0;
    for (other, way) in ways {
        let mut stretches = together(&mine, &way, near_m);
        if stretches.is_empty() {
            continue;
        }
        for stretch in &mut stretches {
            let name = |id: String| places.name_of(&id).cloned().unwrap_or(id);
            stretch.place = stretch.place.take().map(name);
        }
        let (kind, id) = other.split_once('/').unwrap_or(("Device", &other));
        let (kind, name) = match kind {
            "Patient" => {
                let Some(name) = patient_name(hospital, seen, id).await? else {
                    hidden += 1;
                    continue;
                };
                ("patient", name)
            }
            "Practitioner" => {
                let account = accounts.iter().find(|one| one.id.as_str() == id);
                (
                    "person",
                    account.map_or_else(String::new, |one| one.name.clone()),
                )
            }
            _ => {
                let device = places.devices.get(id);
                (
                    "thing",
                    device.map_or_else(String::new, |one| one.name.clone()),
                )
            }
        };
        found.push(Contact {
            kind,
            id: id.to_owned(),
            name,
            stretches,
        });
    }
    let steps = i64::try_from(mine.len()).unwrap_or(i64::MAX);
    let located_s = steps.saturating_mul(STEP_MS) / 1000;
    Ok(json!({"located_s": located_s, "contacts": found, "hidden": hidden}))
}

/// What a patient is called, where the permit covers them.
async fn patient_name(
    hospital: &Hospital,
    seen: Option<&Permit>,
    id: &str,
) -> Result<Option<String>, RecordError> {
    let patient = PatientId::new(id).ok();
    let Some(permit) = seen.filter(|permit| permit.covers(patient.as_ref())) else {
        return Ok(None);
    };
    let key = ResourceKey {
        kind: "Patient".to_owned(),
        id: id.to_owned(),
    };
    let found = hospital.record.resource(permit, &key, None).await?;
    let body = found.and_then(|version| version.body).unwrap_or_default();
    Ok(Some(demographics::name(&body).unwrap_or_default()))
}

/// Where all carriers of tags were: who carried a tag then, not who does now.
async fn ways(
    hospital: &Hospital,
    own: &Permit,
    places: &Places,
    (from, to): (Timestamp, Timestamp),
) -> Result<BTreeMap<String, Way>, RecordError> {
    let all = hospital
        .signals
        .series(own, &SeriesQuery::default())
        .await?;
    // A place that was said before may still hold when the span begins.
    let from_us = (from.0.saturating_sub(FRESH_MS)).saturating_mul(1000);
    let to_us = to.0.saturating_add(1).saturating_mul(1000);
    let of_tags = all.into_iter().filter(|one| {
        tags::is_position(&one.series.code) && one.first_us < to_us && one.last.at_us >= from_us
    });
    let mut by_tag: BTreeMap<(String, Option<PatientId>), Vec<SeriesSummary>> = BTreeMap::new();
    for series in of_tags {
        let device = series.series.stream.device.to_string();
        let of = (device, series.series.subject.clone());
        by_tag.entry(of).or_default().push(series);
    }
    let steps = from.0.div_euclid(STEP_MS)..=to.0.div_euclid(STEP_MS);
    let mut ways: BTreeMap<String, Way> = BTreeMap::new();
    for ((device, subject), series) in by_tag {
        let mut told = Told::default();
        for one in series {
            let code = one.series.code.clone();
            let span = SpanQuery {
                id: one.id,
                from_us,
                to_us,
            };
            take(hospital, own, &mut told, &code, &span).await?;
        }
        let carriers = match subject {
            Some(patient) => vec![(Timestamp(i64::MIN), Some(format!("Patient/{patient}")))],
            None => carriers(hospital, own, &device).await?,
        };
        for (step, there) in told.way(places) {
            let at = Timestamp(step.saturating_mul(STEP_MS));
            let then = carried_then(&carriers, at).filter(|_| steps.contains(&step));
            if let Some(Some(carrier)) = then {
                ways.entry(carrier.clone()).or_default().insert(step, there);
            }
        }
    }
    Ok(ways)
}

/// Takes one series of a tag, rolled up by steps.
async fn take(
    hospital: &Hospital,
    own: &Permit,
    told: &mut Told,
    code: &str,
    span: &SpanQuery,
) -> Result<(), RecordError> {
    let place = tags::place_said(code);
    let axis = match code {
        "tag-x" => 0,
        "tag-y" => 1,
        _ if place.is_some() => 2,
        _ => return Ok(()),
    };
    let length_us = STEP_MS * 1000;
    let whole_us = span.to_us.saturating_sub(span.from_us);
    // A piece that only begins or only ends within is one more.
    let pieces = whole_us.div_euclid(length_us) + 2;
    let pieces = usize::try_from(pieces).unwrap_or(1);
    let line = hospital.signals.rollup(own, span, pieces).await?;
    // Where only coarser ones are left, each is of all the steps in it.
    let wide = (line.bucket_us / length_us).max(1);
    for bucket in line.buckets {
        let first = bucket.start_us.div_euclid(length_us);
        for step in first..first + wide {
            match (told.axes.get_mut(axis), place) {
                (Some(axis), _) => _ = axis.insert(step, bucket.mean),
                (None, Some(place)) => _ = told.named.insert(step, place.to_owned()),
                (None, None) => {}
            }
        }
    }
    Ok(())
}

/// Who or what carried a tag since when, the oldest first.
pub(super) type Carriers = Vec<(Timestamp, Option<String>)>;

/// Who or what carried a tag at a moment; before it was registered, the first.
pub(super) fn carried_then(
    carriers: &[(Timestamp, Option<String>)],
    at: Timestamp,
) -> Option<&Option<String>> {
    let mut by_then = carriers.iter().rev();
    let then = by_then.find(|(since, _)| *since <= at);
    then.or(carriers.first()).map(|(_, carrier)| carrier)
}

/// Who or what carried a tag, by the versions of its device; what carries nothing tells of itself.
pub(super) async fn carriers(
    hospital: &Hospital,
    own: &Permit,
    device: &str,
) -> Result<Carriers, RecordError> {
    let key = ResourceKey {
        kind: "Device".to_owned(),
        id: device.to_owned(),
    };
    let versions = hospital.record.history(own, &key).await?;
    let itself = || format!("{}{device}", tags::THING);
    let carriers = versions.into_iter().rev().map(|version| {
        let body = version.body;
        let carrier =
            body.map(|body| devices::carrier_of(&body).map_or_else(itself, str::to_owned));
        (version.at, carrier)
    });
    Ok(carriers.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places() -> Places {
        let rooms = [("r1", "0,0 6,0 6,5 0,5"), ("r2", "6,0 12,0 12,5 6,5")];
        let mut places = Places::default();
        for (id, text) in rooms {
            places.rooms.insert(id.to_owned(), id.to_owned());
            let outline = tags::outline(text).unwrap();
            places.floor.insert(id.to_owned(), outline);
        }
        places
    }

    fn told(measured: &[(i64, [f64; 2])], named: &[(i64, &str)]) -> Told {
        let axis = |n: usize| measured.iter().map(|(step, at)| (*step, at[n])).collect();
        Told {
            axes: [axis(0), axis(1)],
            named: (named.iter())
                .map(|(step, place)| (*step, (*place).to_owned()))
                .collect(),
        }
    }

    fn at(step: i64) -> Timestamp {
        Timestamp(step * STEP_MS)
    }

    #[test]
    fn two_are_together_in_one_room_or_within_the_metres_that_are_asked_for() {
        let places = places();
        let patient = told(
            &[
                (1, [1.0, 1.0]),
                (2, [5.9, 1.0]),
                (3, [5.9, 1.0]),
                (5, [5.9, 1.0]),
            ],
            &[],
        )
        .way(&places);
        let nurse = told(
            &[
                (1, [4.0, 4.0]),
                (2, [4.0, 1.0]),
                (3, [6.4, 1.0]),
                (5, [6.4, 1.0]),
            ],
            &[],
        )
        .way(&places);
        let found = |near_m| {
            let all = together(&patient, &nurse, near_m).into_iter();
            let round = |m: f64| (m * 10.0).round() / 10.0;
            let each = all.map(|one| (one.place, one.from, one.to, one.least_m.map(round)));
            each.collect::<Vec<_>>()
        };
        let end = |step: i64| Timestamp(at(step).0 - 1);
        let in_room = (Some("r1".to_owned()), at(1), end(3), Some(1.9));
        assert_eq!(found(None), std::slice::from_ref(&in_room));
        // Through the wall they are half a metre apart: near, and broken where a step is none.
        let near = |step| (None, at(step), end(step + 1), Some(0.5));
        assert_eq!(found(Some(1.0)), [in_room, near(3), near(5)]);
    }

    #[test]
    fn a_place_that_was_said_holds_until_something_newer_and_for_a_while() {
        let places = places();
        let way = told(&[(4, [1.0, 1.0])], &[(1, "r2"), (8, "r2")]).way(&places);
        let rooms: Vec<_> = way
            .iter()
            .map(|(step, there)| (*step, there.room.as_deref()))
            .collect();
        let until = 8 + FRESH_MS / STEP_MS;
        assert_eq!(
            rooms.get(..5).unwrap(),
            [
                (1, Some("r2")),
                (2, Some("r2")),
                (3, Some("r2")),
                (4, Some("r1")),
                (8, Some("r2")),
            ]
        );
        assert_eq!(rooms.last(), Some(&(until, Some("r2"))));
        let with = told(&[(9, [7.0, 1.0])], &[]).way(&places);
        assert_eq!(together(&way, &with, None).len(), 1);
    }

    #[test]
    fn a_tag_is_of_who_had_it_then() {
        let who = |id: &str| Some(format!("Practitioner/{id}"));
        let carriers = [(at(2), who("a")), (at(4), None), (at(6), who("b"))];
        for (step, had_it) in [(1, who("a")), (3, who("a")), (4, None), (9, who("b"))] {
            assert_eq!(carried_then(&carriers, at(step)), Some(&had_it), "{step}");
        }
        assert_eq!(carried_then(&[], at(1)), None);
    }
}
