//! The ten functions of the medical Internet of Things, each with figures of what it does now: for those who run the
//! hospital. A figure that nobody can know yet is none, not zero.

use std::{collections::BTreeSet, sync::Arc};

use ::devices::{Contents, MemberStanding, Rollout, Standing};
use axum::{Json, Router, extract::State, routing::get};
use policy::{Action, Object};
use record::{RecordError, ResourceQuery};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::Timestamp;

use super::ward::treats;
use crate::{
    clock,
    devices::{Quality, Registered},
    hospital::Hospital,
    http::{Caller, Problem},
    quality::State as IssueState,
    scenarios::InHospital,
    ward,
};

/// What a tag said of its place within this long ago is where it is, in milliseconds.
const PLACED_MS: i64 = 600_000;

/// `/functions`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new().route("/functions", get(all))
}

/// Where what is done on wards is: who treats goes into a ward, who runs the hospital has one page of all.
struct Wards {
    treats: bool,
    /// Where there is only one.
    only: Option<String>,
}

impl Wards {
    fn of(hospital: &Hospital, caller: &Caller) -> Self {
        let only = hospital.ward.look(|state| {
            let mut wards = state.places().wards.keys();
            wards.next().cloned().filter(|_| wards.next().is_none())
        });
        let treats = treats(caller).is_ok();
        Self { treats, only }
    }

    /// The part of a ward for who treats, else the section of the page of all wards.
    fn path(&self, part: &str, section: &str) -> String {
        match (self.treats, &self.only) {
            (true, Some(ward)) => format!("/scenarios/ward-twin/{ward}?part={part}"),
            (true, None) => format!("/scenarios/ward-twin?part={part}"),
            (false, _) => format!("/scenarios/ward-twin#{section}"),
        }
    }
}

/// A function with what it does now.
#[derive(Serialize)]
struct Function {
    id: &'static str,
    /// Where it is done, as far as who asks does or sees it.
    path: String,
    figures: Vec<Figure>,
}

/// A figure by its name.
#[derive(Serialize)]
struct Figure {
    name: &'static str,
    value: Option<f64>,
}

fn figures(of: Vec<(&'static str, Option<f64>)>) -> Vec<Figure> {
    let figure = |(name, value)| Figure { name, value };
    of.into_iter().map(figure).collect()
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a count stands beside figures that may not be known"
)]
fn count(value: usize) -> Option<f64> {
    // A count far below 2^53.
    Some(value as f64)
}

async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    hospital
        .permit(&caller, Action::ReadFigures, &Object::Hospital)
        .await?;
    let counts = hospital.ward.look(ward::counts);
    let wards = Wards::of(&hospital, &caller);
    let mut functions = of_wards(counts, &wards);
    let devices: Vec<(Arc<Registered>, Quality)> = hospital
        .devices
        .all()
        .into_iter()
        .map(|device| {
            let quality = hospital
                .devices
                .with_quality(&device.id, |quality| quality.clone());
            (device, quality)
        })
        .collect();
    let now = clock::now();
    functions.insert(0, monitoring(&devices, counts.signals));
    functions.insert(1, tracing(&devices, counts, now, &wards));
    functions.push(security(&hospital).await?);
    functions.push(maintenance(&devices, now));
    functions.push(upgrades(&hospital.upgrades.rollouts(), &hospital));
    functions.push(desktop(&hospital));
    functions.push(decision(&hospital));
    add_of_scenarios(&hospital, &mut functions).await?;
    Ok(Json(json!({"now": now, "functions": functions})))
}

/// Adds what scenarios count to the functions that it belongs to.
async fn add_of_scenarios(
    hospital: &Arc<Hospital>,
    functions: &mut [Function],
) -> Result<(), Problem> {
    let context = InHospital(Arc::clone(hospital));
    let permit = hospital.finding().await?;
    for scenario in registry::all() {
        for found in scenario.figures(&context, permit).await? {
            if let Some(function) = functions.iter_mut().find(|one| one.id == found.of) {
                let (name, value) = (found.name, found.value);
                function.figures.push(Figure { name, value });
            }
        }
    }
    Ok(())
}

fn monitoring(devices: &[(Arc<Registered>, Quality)], signals: usize) -> Function {
    let connected = devices.iter().filter(|(_, quality)| quality.connected);
    let accepted: u64 = devices.iter().map(|(_, quality)| quality.accepted).sum();
    Function {
        id: "monitoring",
        path: "/devices".to_owned(),
        figures: figures(vec![
            ("devices", count(devices.len())),
            ("connected", count(connected.count())),
            ("signals", count(signals)),
            ("values", Some(accepted as f64)),
        ]),
    }
}

fn tracing(
    devices: &[(Arc<Registered>, Quality)],
    counts: ward::Counts,
    now: Timestamp,
    wards: &Wards,
) -> Function {
    let tags: Vec<_> = devices
        .iter()
        .filter(|(device, _)| device.profile.id == "location-tag" && device.active)
        .collect();
    let heard = tags.iter().filter(|(_, quality)| {
        quality
            .last_heard
            .is_some_and(|last| now.0 - last.0 <= PLACED_MS)
    });
    Function {
        id: "tracing",
        path: wards.path("command", "floor"),
        figures: figures(vec![
            ("placed", count(counts.placed)),
            ("tags", count(tags.len())),
            ("tags-heard", count(heard.count())),
            ("on-duty", count(counts.on_duty)),
        ]),
    }
}

/// What wards do: alarms, dispatch, plans.
fn of_wards(counts: ward::Counts, wards: &Wards) -> Vec<Function> {
    vec![
        Function {
            id: "alarms",
            path: "/scenarios/ward-twin#weeks".to_owned(),
            figures: figures(vec![
                ("open", count(counts.open)),
                ("day", count(counts.alarms)),
                ("escalated", count(counts.escalated)),
                ("with-plan", count(counts.runs)),
            ]),
        },
        Function {
            id: "dispatch",
            path: wards.path("command", "dispatch"),
            figures: figures(vec![
                ("on-duty", count(counts.on_duty)),
                ("asked", count(counts.asked)),
                ("accepted", count(counts.accepted)),
            ]),
        },
        Function {
            id: "plans",
            path: wards.path("plans", "plans"),
            figures: figures(vec![
                ("plans", count(alarms::plans().len())),
                ("runs", count(counts.runs)),
                ("drills", count(counts.drills)),
                ("steps", count(counts.steps_done)),
            ]),
        },
    ]
}

async fn security(hospital: &Hospital) -> Result<Function, Problem> {
    let ledger = hospital.record.checkpoint().await?.size;
    let turned_away = hospital.devices.strangers().len();
    Ok(Function {
        id: "security",
        path: "/security".to_owned(),
        figures: figures(vec![
            ("ledger", Some(ledger as f64)),
            ("decisions", Some(total(hospital, "AuditEvent").await?)),
            ("consents", Some(total(hospital, "Consent").await?)),
            ("turned-away", count(turned_away)),
        ]),
    })
}

/// How many resources of a kind there are. Nothing of any is told.
async fn total(hospital: &Hospital, kind: &str) -> Result<f64, Problem> {
    let query = ResourceQuery {
        kind: kind.to_owned(),
        terms: vec![],
        sort: vec![],
        limit: 1,
        offset: 0,
    };
    let permit = hospital.finding().await?;
    let found: Result<_, RecordError> = hospital.record.search(permit, &query).await;
    Ok(found?.total as f64)
}

fn maintenance(devices: &[(Arc<Registered>, Quality)], now: Timestamp) -> Function {
    let of = |holds: &dyn Fn(&::devices::State) -> bool| {
        let active = devices.iter().filter(|(device, _)| device.active);
        let states = active.filter_map(|(_, quality)| quality.state.as_ref());
        count(states.filter(|state| holds(state)).count())
    };
    let silent = devices.iter().filter(|(device, quality)| {
        let after = device.profile.silent_after_s;
        let last = quality.last_heard;
        let past = after
            .zip(last)
            .is_some_and(|(after, last)| now.0 - last.0 > i64::from(after) * 1000);
        device.active && past
    });
    Function {
        id: "maintenance",
        path: "/devices#maintenance".to_owned(),
        figures: figures(vec![
            ("faults", of(&|state| !state.faults.is_empty())),
            (
                "self-check",
                of(&|state| state.self_check.as_ref().is_some_and(|check| !check.passed)),
            ),
            (
                "calibration",
                of(&|state| state.calibration_due.is_some_and(|due| due <= now)),
            ),
            ("silent", count(silent.count())),
        ]),
    }
}

fn upgrades(rollouts: &[Rollout], hospital: &Hospital) -> Function {
    let standing = |standing| rollouts.iter().filter(move |one| one.standing == standing);
    let upgraded: usize = rollouts
        .iter()
        .filter(|one| one.standing != Standing::RolledBack)
        .filter(|one| one.manifest.contents == Contents::Software)
        .map(|one| one.count(MemberStanding::Healthy))
        .sum();
    Function {
        id: "upgrades",
        path: "/devices#upgrades".to_owned(),
        figures: figures(vec![
            ("packages", count(hospital.upgrades.packages().len())),
            ("running", count(standing(Standing::Running).count())),
            ("halted", count(standing(Standing::Halted).count())),
            ("upgraded", count(upgraded)),
        ]),
    }
}

fn desktop(hospital: &Hospital) -> Function {
    let wards = hospital.ward.look(ward::figures);
    let sum = |of: &dyn Fn(&ward::WardFigures) -> usize| count(wards.iter().map(of).sum());
    // Alarms per bed and day over all wards; none where nobody lies anywhere.
    let occupied: usize = wards.iter().map(|ward| ward.occupied).sum();
    let alarms: usize = wards.iter().map(|ward| ward.alarms).sum();
    let old = wards.iter().flat_map(|ward| &ward.old);
    let old: BTreeSet<&String> = old.map(|old| &old.edge).collect();
    Function {
        id: "desktop",
        path: "/scenarios/ward-twin#figures".to_owned(),
        figures: figures(vec![
            ("wards", count(wards.len())),
            ("beds", sum(&|ward| ward.beds)),
            ("occupied", count(occupied)),
            (
                "per-bed-day",
                (occupied > 0).then(|| alarms as f64 / occupied as f64),
            ),
            ("old", count(old.len())),
        ]),
    }
}

fn decision(hospital: &Hospital) -> Function {
    let issues = hospital.quality.issues();
    let standing = |state| issues.iter().filter(move |one| one.state == state).count();
    Function {
        id: "decision",
        path: "/quality".to_owned(),
        figures: figures(vec![
            ("cases", count(hospital.quality.cases().len())),
            ("deviations", count(standing(IssueState::Open))),
            ("mended", count(standing(IssueState::Mended))),
            ("overridden", count(standing(IssueState::Overridden))),
        ]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_to_a_ward_is_the_one_that_the_caller_has() {
        let path = |treats: bool, only: Option<&str>| {
            let only = only.map(str::to_owned);
            Wards { treats, only }.path("command", "floor")
        };
        assert_eq!(path(true, Some("w")), "/scenarios/ward-twin/w?part=command");
        assert_eq!(path(true, None), "/scenarios/ward-twin?part=command");
        assert_eq!(path(false, Some("w")), "/scenarios/ward-twin#floor");
    }
}
