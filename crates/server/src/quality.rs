//! Quality control at all times: each step of each case is checked by the rules as it happens, and by the clock.
//!
//! What breaks a rule becomes a `Flag` of the record; who can mend it and who supervises hear of it at
//! once. It closes when it is mended, or is overridden with a reason. Nobody is held up by one.

mod issue;
mod sites;

pub use issue::{Issue, State};
pub use sites::Site;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::Result;
use knowledge::quality::Deviation;
use parking_lot::Mutex;
use policy::{Action, Permit, Role};
use record::{Batch, Precondition};
use scenario::Watched;
use tokio::{
    sync::{Mutex as Turn, broadcast::error::RecvError, watch},
    time::MissedTickBehavior,
};
use vocabulary::{ActorId, Timestamp};

use crate::{
    clock,
    events::Change,
    hospital::{Hospital, hospital_actor},
    scenarios::InHospital,
};

/// How often it is looked whether the clock alone broke a rule.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What browsers hear.
const TOPIC: &str = "quality";

/// What quality control knows: derived from the record, and worked out again at each start.
#[derive(Default)]
pub struct Quality {
    /// By scenario and case.
    cases: Mutex<BTreeMap<(String, String), Known>>,
    /// By id.
    issues: Mutex<BTreeMap<String, Issue>>,
    /// One writes at a time, so that what was read is still so.
    writing: Turn<()>,
}

/// A case as it was looked at last.
#[derive(Clone)]
pub struct Known {
    pub site: Site,
    pub opened_at: Timestamp,
    is_over: bool,
    /// When the clock alone will break the next rule.
    next: Option<Timestamp>,
}

impl Known {
    /// A case of a site that nothing is waited for in.
    #[cfg(test)]
    pub fn at(site: Site, opened_at: Timestamp) -> Self {
        Self {
            site,
            opened_at,
            is_over: false,
            next: None,
        }
    }
}

impl Quality {
    /// All cases, with the scenario and case that each is.
    pub fn cases(&self) -> Vec<((String, String), Known)> {
        let cases = self.cases.lock();
        cases
            .iter()
            .map(|(id, known)| (id.clone(), known.clone()))
            .collect()
    }

    /// All deviations that there ever were.
    pub fn issues(&self) -> Vec<Issue> {
        self.issues.lock().values().cloned().collect()
    }

    /// One deviation.
    pub fn issue(&self, id: &str) -> Option<Issue> {
        self.issues.lock().get(id).cloned()
    }

    /// The cases of which this holds.
    fn those(&self, holds: impl Fn(&Known) -> bool) -> Vec<String> {
        let cases = self.cases.lock();
        let those = cases.iter().filter(|(_, known)| holds(known));
        those.map(|((_, case), _)| case.clone()).collect()
    }
}

/// Follows what happens, and the clock.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    // Listening begins before the first look, so that nothing falls between them.
    let mut heard = hospital.changes.listen();
    let work = hospital.own_permit("check cases by the rules of quality", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    if let Err(error) = issue::load(&hospital, &permit).await {
        tracing::error!(%error, "the deviations could not be read");
    }
    look(&hospital, &permit, None).await;
    let mut time = tokio::time::interval(LOOK_EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let cases = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            change = heard.recv() => match change {
                Ok(Change { topic: "case" | "waiting", id, .. }) => Some(vec![id]),
                // New images may be of any case that goes on.
                Ok(Change { topic: "imaging", .. }) => {
                    Some(hospital.quality.those(|known| !known.is_over))
                }
                Ok(_) => continue,
                Err(RecvError::Lagged(_)) => None,
                Err(RecvError::Closed) => return,
            },
            _ = time.tick() => {
                let now = clock::now();
                let is_due = |known: &Known| known.next.is_some_and(|next| next <= now);
                Some(hospital.quality.those(is_due))
            }
        };
        match cases {
            Some(cases) => {
                for case in cases {
                    look(&hospital, &permit, Some(&case)).await;
                }
            }
            // Too much happened to hear it all.
            None => look(&hospital, &permit, None).await,
        }
    }
}

/// Looks at a case, or at all of them. What cannot be looked at now is looked at again with its next change.
async fn look(hospital: &Arc<Hospital>, permit: &Permit, case: Option<&str>) {
    let context = InHospital(Arc::clone(hospital));
    for scenario in registry::all() {
        let id = &scenario.manifest().id;
        match scenario.watched(&context, permit, case).await {
            Ok(all) => {
                for watched in all {
                    if let Err(error) = settle(hospital, permit, id, &watched).await {
                        tracing::error!(%error, "a deviation could not be kept");
                    }
                }
            }
            Err(error) => tracing::error!(%error, "cases could not be checked"),
        }
    }
}

/// Brings what is kept about a case to what the rules say now.
async fn settle(
    hospital: &Arc<Hospital>,
    permit: &Permit,
    scenario: &str,
    watched: &Watched,
) -> Result<()> {
    let now = clock::now();
    let checked = knowledge::quality::check(&watched.observed, now);
    let site = sites::of(hospital, permit, &watched.doctor.id).await?;
    let known = Known {
        site: site.clone(),
        opened_at: watched.opened_at,
        is_over: watched.is_over,
        next: checked.next,
    };
    let key = (scenario.to_owned(), watched.case.clone());
    hospital.quality.cases.lock().insert(key, known);

    let _turn = hospital.quality.writing.lock().await;
    let kept: Vec<Issue> = hospital
        .quality
        .issues()
        .into_iter()
        .filter(|issue| issue.scenario == scenario && issue.case == watched.case)
        .collect();
    let mut changed: Vec<Issue> = Vec::new();
    for deviation in &checked.deviations {
        let id = issue::id(&watched.case, deviation);
        let before = kept.iter().find(|issue| issue.id == id);
        changed.extend(found(before, scenario, watched, &site, deviation, now));
    }
    for issue in kept {
        let is_there = |deviation: &Deviation| issue::id(&watched.case, deviation) == issue.id;
        if issue.state != State::Mended && !checked.deviations.iter().any(is_there) {
            changed.push(Issue {
                state: State::Mended,
                closed_at: Some(now),
                ..issue
            });
        }
    }
    for issue in changed {
        keep(hospital, issue, &hospital_actor()).await?;
    }
    Ok(())
}

/// A deviation that is there now, where that is new or says something else than before.
fn found(
    before: Option<&Issue>,
    scenario: &str,
    watched: &Watched,
    site: &Site,
    deviation: &Deviation,
    now: Timestamp,
) -> Option<Issue> {
    let state = if deviation.reason.is_some() {
        State::Overridden
    } else {
        State::Open
    };
    let new = Issue {
        id: issue::id(&watched.case, deviation),
        scenario: scenario.to_owned(),
        case: watched.case.clone(),
        patient: watched.patient.clone(),
        patient_name: watched.patient_name.clone(),
        path: watched.path.clone(),
        rule: deviation.rule.clone(),
        place: deviation.place.clone(),
        detail: deviation.detail.clone(),
        doctor: watched.doctor.clone(),
        by: deviation.by.as_deref().and_then(|by| ActorId::new(by).ok()),
        site: site.id.clone(),
        state,
        opened_at: now,
        closed_at: deviation.reason.as_ref().map(|_| now),
        reason: deviation.reason.as_ref().map(|(reason, _)| reason.clone()),
        reason_by: deviation.reason.as_ref().map(|(_, by)| by.clone()),
    };
    match before {
        Some(before) if before.state != State::Mended => {
            // What somebody overrode stays so while it lasts.
            let is_news = before.detail != new.detail
                || (new.state == State::Overridden && before.reason != new.reason);
            is_news.then(|| Issue {
                detail: new.detail.clone(),
                state: if new.reason.is_some() {
                    new.state
                } else {
                    before.state
                },
                reason: new.reason.clone().or_else(|| before.reason.clone()),
                reason_by: new.reason_by.clone().or_else(|| before.reason_by.clone()),
                closed_at: new.closed_at.or(before.closed_at),
                ..before.clone()
            })
        }
        _ => Some(new),
    }
}

/// Keeps a deviation as it is now, and tells who can mend it and who supervises.
async fn keep(hospital: &Hospital, issue: Issue, actor: &ActorId) -> Result<()> {
    let batch = Batch {
        actor: actor.clone(),
        facts: vec![(issue.fact(), Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    let mut told = vec![issue.doctor.id.clone()];
    told.extend(issue.by.clone());
    let supervisors = hospital.accounts.list()?.into_iter();
    told.extend(
        supervisors
            .filter(|account| account.roles.contains(&Role::Manager))
            .map(|account| account.id),
    );
    let id = issue.id.clone();
    hospital.quality.issues.lock().insert(id.clone(), issue);
    hospital.changes.announce(TOPIC, id, told);
    Ok(())
}

/// Overrides a deviation with a reason; `None` where there is none that is open.
pub async fn excuse(
    hospital: &Hospital,
    id: &str,
    reason: &str,
    by: &policy::Actor,
) -> Result<Option<Issue>> {
    let _turn = hospital.quality.writing.lock().await;
    let open = hospital.quality.issue(id);
    let Some(issue) = open.filter(|issue| issue.state == State::Open) else {
        return Ok(None);
    };
    let issue = Issue {
        state: State::Overridden,
        closed_at: Some(clock::now()),
        reason: Some(reason.to_owned()),
        reason_by: Some(by.name.clone()),
        ..issue
    };
    keep(hospital, issue.clone(), &by.id).await?;
    Ok(Some(issue))
}
