//! Follows whom something calls, tells their open pages, and lets go out what no page has shown where there is a
//! gateway. It stands beside the alarms: however long a gateway takes, nothing waits for it.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use anyhow::{Context as _, Result};
use parking_lot::Mutex;
use policy::{Action, Permit};
use tokio::{sync::watch, time::MissedTickBehavior};
use vocabulary::{ActorId, Timestamp};

use super::{Call, Calling, Gateway, outbox::State};
use crate::{
    clock,
    hospital::{Hospital, hospital_actor},
    scenarios::InHospital,
    ward,
};

/// How often it is looked at, and at scenarios, which read facts for it, once in so many times.
const TICK: Duration = Duration::from_secs(1);
const SCENARIOS_EVERY: u32 = 5;
/// What may be answered tomorrow: it is told once, and only while it is new, in milliseconds. Then it waits on the pages
/// of those whom it waits for, as other work does.
const ROUTINE: &str = "routine";
const NEW_MS: i64 = 24 * 3_600_000;
/// What browsers hear.
const TOPIC: &str = "call";

/// Follows until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let gateway = hospital.gateway.clone();
    let fallback = gateway.as_ref().map(|gateway| gateway.fallback.as_slice());
    let fallback = fallback.unwrap_or_default();
    // What is told to who has no page open is what pages show, and the same where nobody is told.
    let priorities = &hospital.config.gateway_priorities;
    let work = hospital.own_permit("tell those who are called", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let under_way: Arc<Mutex<BTreeSet<String>>> = Arc::default();
    let mut of_scenarios = Vec::new();
    let mut ticks: u32 = 0;
    let mut time = tokio::time::interval(TICK);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            _ = time.tick() => {}
        }
        if ticks.is_multiple_of(SCENARIOS_EVERY) {
            match called_by_scenarios(&hospital, &permit).await {
                Ok(found) => of_scenarios = found,
                // Who was called before stays so.
                Err(error) => tracing::warn!(%error, "whom scenarios call is not known"),
            }
        }
        ticks = ticks.wrapping_add(1);
        let now = clock::now();
        let mut calling = hospital
            .ward
            .look(|state| ward::calling(state, now, fallback));
        let is_new = |one: &&Calling| one.priority != ROUTINE || now.0 - one.since.0 < NEW_MS;
        calling.extend(of_scenarios.iter().filter(is_new).cloned());
        calling.retain(|one| priorities.contains(&one.priority));
        let Some(gateway) = &gateway else {
            tell_pages(&hospital, &calling);
            continue;
        };
        let told = Arc::clone(gateway);
        let stepped = hospital.aside(move |hospital| step(hospital, &told, &calling, now));
        match stepped.await {
            Ok(due) => {
                for call in due {
                    send_out(&hospital, gateway, &under_way, call);
                }
            }
            Err(error) => tracing::error!(%error, "calls could not be kept"),
        }
    }
}

/// Sends a call out beside all others, unless it is under way.
fn send_out(
    hospital: &Arc<Hospital>,
    gateway: &Arc<Gateway>,
    under_way: &Arc<Mutex<BTreeSet<String>>>,
    call: Call,
) {
    let id = call.id.clone();
    if !under_way.lock().insert(id.clone()) {
        return;
    }
    let (hospital, gateway) = (Arc::clone(hospital), Arc::clone(gateway));
    let under_way = Arc::clone(under_way);
    tokio::spawn(async move {
        if let Err(error) = tell(&hospital, &gateway, &call).await {
            tracing::error!(%error, "what came of a call could not be kept");
        }
        under_way.lock().remove(&id);
    });
}

async fn called_by_scenarios(
    hospital: &Arc<Hospital>,
    permit: &Permit,
) -> Result<Vec<Calling>, scenario::Problem> {
    let context = InHospital(Arc::clone(hospital));
    let mut found = Vec::new();
    for scenario in registry::all() {
        let called = scenario.called(&context, permit).await?.into_iter();
        found.extend(called.map(|one| Calling {
            kind: scenario.manifest().id.clone(),
            about: one.about,
            to: one.to,
            since: one.since,
            priority: one.priority.to_owned(),
            place: None,
            path: one.path,
        }));
    }
    Ok(found)
}

/// Takes over whom something calls now, and tells the pages of those for whom something is new or over.
fn tell_pages(hospital: &Hospital, calling: &[Calling]) {
    let people = hospital.calls.take_over(calling);
    if !people.is_empty() {
        hospital.changes.announce(TOPIC, "", people);
    }
}

/// Takes over whom something calls now, tells their pages, and finds what is to go out.
fn step(
    hospital: &Hospital,
    gateway: &Gateway,
    calling: &[Calling],
    now: Timestamp,
) -> Result<Vec<Call>> {
    let outbox = &gateway.outbox;
    outbox.settle(calling, now)?;
    // A page that knows of a call may say at once that it has shown it.
    tell_pages(hospital, calling);
    let grace_ms = |who: &ActorId| {
        if gateway.has_page(who) {
            gateway.after_ms
        } else {
            0
        }
    };
    let has_address = |who: &ActorId| {
        let reach = hospital.accounts.reach(who).ok().flatten();
        reach.is_some_and(|reach| reach.on)
    };
    outbox.ripen(now, grace_ms, has_address)?;
    if let Some(after_ms) = gateway.repeat_ms {
        let pressing = calling.iter().filter(|one| one.priority != ROUTINE);
        outbox.repeat(pressing, after_ms, now)?;
    }
    outbox.due(now)
}

/// Tells the gateway of one call, and keeps what came of it in the ledger where it is the last word.
async fn tell(hospital: &Arc<Hospital>, gateway: &Arc<Gateway>, call: &Call) -> Result<()> {
    let (asked, of) = (Arc::clone(gateway), call.clone());
    let ended = hospital.aside(move |hospital| hand_over(hospital, &asked, &of));
    let did = match ended.await? {
        Some(State::Handed) => "handed-over",
        Some(_) => "refused",
        None => return Ok(()),
    };
    note(hospital, did, call, clock::now()).await
}

/// Hands a call over and keeps at once on disk what came of it; how it ended, where it did.
fn hand_over(hospital: &Hospital, gateway: &Gateway, call: &Call) -> Result<Option<State>> {
    let reach = hospital.accounts.reach(&call.to)?.filter(|reach| reach.on);
    let Some(reach) = reach else {
        gateway.outbox.has_no_address(&call.id, clock::now())?;
        return Ok(None);
    };
    let came = gateway.hand_over(call, &reach);
    let kept = came.as_ref().copied();
    let ended = gateway.outbox.tried(call, kept, clock::now())?;
    if let Err(refused) = &came {
        tracing::warn!(why = %refused.why, tries = call.tries + 1, "the message gateway did not take a call");
    }
    Ok(ended)
}

/// Keeps in the ledger what became of a call.
async fn note(hospital: &Hospital, did: &str, call: &Call, at: Timestamp) -> Result<()> {
    let by = hospital_actor();
    let event = fhir::call_event(&by, did, (&call.to, call.sent_as().as_str()), at);
    let kept = hospital.note(&by, event).await;
    kept.context("note a call in the ledger")
}
