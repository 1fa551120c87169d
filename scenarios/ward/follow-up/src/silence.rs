//! Who falls silent at home: nothing was heard for longer than the plan allows after a report was due. Somebody is told of
//! it as of getting worse, once of each silence, and it is over when the patient or a device of theirs answers.

use jiff::civil::Date;
use policy::Permit;
use scenario::{Context, Problem, Reply, Topic, again_if_raced};
use serde_json::Value;
use vocabulary::Timestamp;

use crate::{
    alert::Telling,
    course::FollowUp,
    facts, listed,
    plans::plans,
    schedule::{Due, days_between},
};

const HOUR_MS: i64 = 3_600_000;

/// The day on which silence is looked for: it begins at the hour from which people are called for it.
pub fn day_of(context: &dyn Context, time: Timestamp) -> Date {
    context.day_of(Timestamp(time.0 - plans().silent_from_hour * HOUR_MS))
}

/// Tells of everybody who is silent on a day and of whom nobody was told. One follow-up that fails does not keep others
/// from it; looked for again on the same day, nobody is told again.
pub async fn look(context: &dyn Context, permit: &Permit, today: Date) -> Result<(), Problem> {
    let mut outcome = Ok(());
    let plans = facts::active_plans(context, permit).await?;
    let all = listed::of_plans(context, permit, plans).await?;
    for course in all.iter().filter(|one| one.silence(today).is_some()) {
        let told = again_if_raced(|| tell(context, permit, &course.id, today)).await;
        outcome = outcome.and(told.map(drop));
    }
    outcome
}

async fn tell(
    context: &dyn Context,
    permit: &Permit,
    id: &str,
    today: Date,
) -> Result<Reply, Problem> {
    let nothing = Reply::ok(Value::Null);
    let Some(course) = FollowUp::find(context, permit, id).await? else {
        return Ok(nothing);
    };
    let Some(silence) = course.silence(today) else {
        return Ok(nothing);
    };
    // Whoever ended it knows of it: it is told again when the patient has answered and falls silent anew. One that an
    // answer ended goes on where that was taken back.
    let told = course.alerts.iter().map(|alert| &alert.of);
    let told = told.filter(|alert| alert.is_open() || alert.outcome.is_some());
    let told = told.filter_map(|alert| alert.silent);
    if told.max().is_some_and(|told| told >= silence.since) {
        return Ok(nothing);
    }
    let new = Telling::of_silence(&silence).facts(&course, context.now());
    facts::commit(context, &facts::hospital(), new).await?;
    context.notify(Topic::Case, &course.id, &[]);
    course.tell(context, Topic::Waiting);
    Ok(nothing)
}

/// A silence that is longer than the plan allows.
pub struct Silence {
    /// When a report was due that never came; later where older reports came after that day, or the patient came home
    /// from hospital.
    pub since: Date,
    /// The day on which something was heard last, or else on which the follow-up began.
    pub heard: Date,
}

impl FollowUp {
    /// The silence that goes on; it rests while the patient lies in hospital.
    pub fn silence(&self, today: Date) -> Option<Silence> {
        let next = self.next_report(today);
        let heard = self.reports.iter().map(|report| report.heard).max();
        let heard = self.day_of(heard.unwrap_or(self.opened_at));
        let since = next.day.max(heard).max(self.went_home.unwrap_or(heard));
        let schedule = self.schedule();
        // What was due by the rhythm of one phase is not given the longer time of the next.
        let allowed = [since, today].map(|day| self.plan.silent_days_of(&schedule.on(day)));
        let is_silent = self.is_active
            && self.in_hospital.is_none()
            && next.due == Due::Overdue
            && allowed
                .iter()
                .any(|days| days_between(since, today) > *days);
        is_silent.then_some(Silence { since, heard })
    }
}
