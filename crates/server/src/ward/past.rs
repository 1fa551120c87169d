//! The wards as they were at a moment: made again from the record, by the rules as they are now.

use policy::Permit;
use record::{Match, ResourceQuery, Term};
use vocabulary::{ActorId, PatientId, Timestamp};

use super::{Beside, State, kept, missions, places, stored};
use crate::{hospital::Hospital, http::Problem};

/// How many observations of a patient are read, the newest ones.
const CHARTED: usize = 1000;

/// Who lay where, who was on duty, what was measured, which alarms were open, where tags were and who was sent
/// where: as the record knew it then. What is about a patient is there as far as the permit covers them; a caller
/// without one sees beds and alarms. Where one of the staff was is theirs alone to see: `me` is the caller.
pub async fn past(
    hospital: &Hospital,
    permit: Option<&Permit>,
    me: &ActorId,
    at: Timestamp,
) -> Result<State, Problem> {
    let own = hospital.finding().await?;
    let mut state = State::new(hospital.ward.look(|now| now.rules.clone()));
    state.zone = hospital.config.time_zone.rules().clone();
    for kept in kept::load(hospital, own, Some((at, at))).await? {
        let Some(then) = kept.alarm.as_of(at) else {
            continue;
        };
        let beside = Beside {
            sources: kept.sources,
            run: kept.run,
            sent: kept.sent,
            ..Beside::default()
        };
        state.beside.insert(then.id.clone(), as_of(beside, at));
        state.board.restore(then);
    }
    let places = places::load(hospital, own, Some(at)).await?;
    state.settle(places, at);
    let missions = missions::load(hospital, own, Some(at)).await?;
    let open = missions.into_iter().filter(|one| one.ended.is_none());
    state.missions = open.map(|one| (one.id.clone(), one)).collect();
    if let Some(permit) = permit {
        stored::as_it_was(hospital, permit, &mut state, at).await?;
        stored::where_it_was(hospital, (own, permit), me, &mut state, at).await?;
    }
    // What stands until somebody says otherwise, such as the scale of the saturation, may be of long ago.
    let by_then = Term {
        parameter: "date".to_owned(),
        any_of: vec![Match::DateOverlaps {
            low: i64::MIN,
            high: at.0,
        }],
    };
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
            terms: vec![about(&patient), by_then.clone()],
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
        ..Beside::default()
    }
}

fn about(patient: &PatientId) -> Term {
    Term {
        parameter: "subject".to_owned(),
        any_of: vec![Match::Reference(format!("Patient/{patient}"))],
    }
}
