//! What the wards' board holds, counted: for the page of the hospital's functions.

use alarms::Offer;

use super::State;

/// Counts over alarms that are on the board: open ones, and those of the last day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Beds, and those that somebody lies in.
    pub beds: usize,
    pub occupied: usize,
    /// Signals that beds have values of in the last hour.
    pub signals: usize,
    /// People on duty, and things that have a place.
    pub on_duty: usize,
    pub placed: usize,
    /// Alarms on the board, those that are open, and those that went on to the next since nobody took them.
    pub alarms: usize,
    pub open: usize,
    pub escalated: usize,
    /// Plans that were started from them, how many of these as an exercise, and steps that were done.
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
    let mut on_duty: Vec<_> = places.duties.iter().map(|duty| &duty.account).collect();
    on_duty.sort();
    on_duty.dedup();
    let mut counts = Counts {
        beds: places.beds.len(),
        occupied: (places.beds.values())
            .filter(|bed| bed.patient.is_some())
            .count(),
        signals: state.beds.values().map(|bed| bed.recent.len()).sum(),
        on_duty: on_duty.len(),
        placed: (places.devices.values())
            .filter(|device| device.place.is_some())
            .count(),
        open: state.board.open().len(),
        ..Counts::default()
    };
    for alarm in state.board.all() {
        counts.alarms += 1;
        counts.escalated += usize::from(alarm.level > 0);
        let Some(beside) = state.beside.get(&alarm.id) else {
            continue;
        };
        if let Some(run) = &beside.run {
            counts.runs += 1;
            counts.drills += usize::from(run.drill);
            counts.steps_done += run.done.len();
        }
        for dispatch in &beside.sent {
            let offers: &[Offer] = &dispatch.offers;
            counts.asked += offers.len();
            counts.accepted += usize::from(dispatch.accepted().is_some());
        }
    }
    counts
}
