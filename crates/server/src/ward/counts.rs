//! What the wards' board holds, counted: for the page of the hospital's functions.

use alarms::{Dispatch, PlanRun};

use super::State;
use crate::clock;

/// Counts over alarms that are on the board: open ones, and those of the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Signals that beds have values of in the last hour.
    pub signals: usize,
    /// People on duty, and people and things that say now where they are.
    pub on_duty: usize,
    pub placed: usize,
    /// Alarms on the board, those that are open, and those that went on to the next since nobody took them.
    pub alarms: usize,
    pub open: usize,
    pub escalated: usize,
    /// Plans that were started, how many of these as an exercise, and steps that were done.
    pub runs: usize,
    pub drills: usize,
    pub steps_done: usize,
    /// Who was asked to come, and who comes.
    pub asked: usize,
    pub accepted: usize,
}

/// Counts them.
pub fn counts(state: &State) -> Counts {
    let places = &state.places;
    let now = clock::now();
    let holding = places.duties.iter().filter(|duty| duty.holds(now));
    let mut on_duty: Vec<_> = holding.map(|duty| &duty.account).collect();
    on_duty.sort();
    on_duty.dedup();
    let mut counts = Counts {
        signals: state.beds.values().map(|bed| bed.recent.len()).sum(),
        on_duty: on_duty.len(),
        placed: state.placed(now),
        open: state.board.open().len(),
        ..Counts::default()
    };
    for alarm in state.board.all() {
        counts.alarms += 1;
        counts.escalated += usize::from(alarm.level > 0);
        let Some(beside) = state.beside.get(&alarm.id) else {
            continue;
        };
        counts.add(beside.run.as_ref(), &beside.sent);
    }
    // Errands and exercises that no alarm began.
    for mission in state.missions.values() {
        counts.add(mission.run.as_ref(), &mission.sent);
    }
    counts
}

impl Counts {
    /// Counts a plan that runs, and who was asked to come.
    fn add(&mut self, run: Option<&PlanRun>, sent: &[Dispatch]) {
        if let Some(run) = run {
            self.runs += 1;
            self.drills += usize::from(run.drill);
            self.steps_done += run.done.len();
        }
        for dispatch in sent {
            self.asked += dispatch.offers.len();
            self.accepted += usize::from(dispatch.accepted().is_some());
        }
    }
}
