//! The wards as they were at a moment: made again from the record, by the rules as they are now.

use std::collections::BTreeMap;

use alarms::{Board, escalation};
use policy::Permit;
use record::{Match, RecordError, ResourceQuery, Term};
use vocabulary::{PatientId, Timestamp};

use super::{Beside, State};
use crate::hospital::Hospital;

/// How many observations of a patient are read, the newest ones.
const CHARTED: usize = 1000;

/// Beds and people are as they are now; values, scores and alarms as they were then, as far as the permit covers.
pub async fn past(
    hospital: &Hospital,
    permit: Option<&Permit>,
    at: Timestamp,
) -> Result<State, RecordError> {
    let mut state = hospital.ward.look(|now| {
        let mut state = State {
            rules: now.rules.clone(),
            places: now.places.clone(),
            beds: BTreeMap::new(),
            board: Board::new(escalation().clone()),
            beside: BTreeMap::new(),
            unkept: std::collections::BTreeSet::new(),
            heard: BTreeMap::new(),
        };
        for alarm in now.board.all() {
            let Some(then) = alarm.as_of(at) else {
                continue;
            };
            let beside = now.beside.get(&alarm.id).cloned().unwrap_or_default();
            state.beside.insert(alarm.id.clone(), as_of(beside, at));
            state.board.restore(then);
        }
        state
    });
    let places = state.places.clone();
    state.settle(places, at);
    let patients: Vec<PatientId> = state
        .beds
        .values()
        .filter_map(|bed| bed.patient.clone())
        .collect();
    for patient in patients {
        let Some(permit) = permit.filter(|permit| permit.covers(Some(&patient))) else {
            continue;
        };
        let query = ResourceQuery {
            kind: "Observation".to_owned(),
            terms: vec![about(&patient)],
            sort: vec![],
            limit: CHARTED,
            offset: 0,
        };
        for row in hospital.record.search(permit, &query).await?.rows {
            if let Some(body) = row.body {
                state.chart(&patient, &row.key.id, &body, at);
            }
        }
    }
    // One step after it began: enough to know what was known.
    let one_step_ms = i64::from(state.rules.lateness_s) * 1000 + state.rules.step_ms;
    for bed in state.beds.values_mut() {
        bed.watch.advance(Timestamp(at.0 + one_step_ms));
    }
    Ok(state)
}

/// What had been started from an alarm by then.
fn as_of(beside: Beside, at: Timestamp) -> Beside {
    let run = beside
        .run
        .filter(|run| run.started_at <= at)
        .map(|mut run| {
            run.done.retain(|done| done.at <= at);
            run
        });
    let sent = beside.sent.into_iter().map(|mut dispatch| {
        dispatch.offers.retain(|offer| offer.at <= at);
        dispatch
    });
    Beside {
        sources: beside.sources,
        sent: sent.filter(|_| run.is_some()).collect(),
        run,
    }
}

fn about(patient: &PatientId) -> Term {
    Term {
        parameter: "subject".to_owned(),
        any_of: vec![Match::Reference(format!("Patient/{patient}"))],
    }
}
