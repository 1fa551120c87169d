//! What goes between an edge and its cloud beside readings: alarms and what people wrote down up, the registry and what
//! people ask down.

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use alarms::{Act, Refused};
use anyhow::{Context, Result, bail};
use policy::{Action, Permit};
use record::{Entry, FactBody};
use tokio::{
    sync::watch,
    time::{Instant, sleep},
};
use vocabulary::Timestamp;

use super::{AGAIN, AGAIN_AT_MOST, Edge, maintained::Talk, outbox::Step, registry};
use crate::{
    clock,
    edges::{ANSWERS, Asked, Behind, Done, Down, Skew, Up},
    hospital::Hospital,
    ward::{self, Kept, Mission, Told, Version, Wish, Written},
};

/// So many entries of the journal are read at once.
const PAGE: usize = 500;
/// The most bytes of a registry.
const MOST_HANDED: u64 = 256 << 20;
/// What waits for less goes out just now, in milliseconds.
const BEHIND_MS: i64 = 30_000;
/// How long an answer of the cloud may have been under way, so that somebody there still waits for what it asks.
const STILL_ASKED: Duration = Duration::from_secs(ANSWERS.as_secs() + 5);

/// Puts each version of an alarm, and what people wrote down, into the outbox.
pub async fn follow_journal(
    hospital: Arc<Hospital>,
    edge: Arc<Edge>,
    mut closed: watch::Receiver<bool>,
) {
    let work = hospital.own_permit("tell the cloud of alarms", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let mut feed = hospital.record.feed();
    let mut next = None;
    loop {
        feed.borrow_and_update();
        if let Err(error) = put_steps(&hospital, &edge, &permit, &mut next).await {
            tracing::error!(%error, "steps of alarms could not be put into the outbox");
            tokio::select! {
                _ = closed.wait_for(|closed| *closed) => return,
                () = sleep(AGAIN_AT_MOST) => continue,
            }
        }
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            changed = feed.changed() => if changed.is_err() { return },
        }
    }
}

/// `read` is the entry that is read next, where that is known.
async fn put_steps(
    hospital: &Hospital,
    edge: &Arc<Edge>,
    permit: &Permit,
    read: &mut Option<u64>,
) -> Result<()> {
    let known = read.map_or_else(|| edge.outbox.journal(), |next| Ok(Some(next)))?;
    let mut from = if let Some(next) = known {
        next
    } else {
        // What was raised before it became an edge of this kind, the cloud has found itself.
        let next = *hospital.record.feed().borrow();
        edge.outbox.put_steps(&[], next)?;
        next
    };
    loop {
        *read = Some(from);
        let entries = hospital.record.entries(permit, from, PAGE).await?;
        let Some(last) = entries.last() else {
            return Ok(());
        };
        let next = last.sequence + 1;
        let mut steps = Vec::new();
        for entry in entries {
            let deleted = Written::deleted(hospital, permit, &entry).await?;
            steps.extend(deleted.map(Step::Written).or_else(|| step_of(entry)));
        }
        let has_steps = !steps.is_empty();
        // A place in the journal is written down where it saves reading much again.
        if has_steps || next.is_multiple_of(PAGE as u64) {
            let edge = Arc::clone(edge);
            tokio::task::spawn_blocking(move || edge.outbox.put_steps(&steps, next)).await??;
        }
        if has_steps {
            edge.wake.send_modify(|count| *count += 1);
        }
        from = next;
    }
}

/// What the cloud is told of an entry of the journal.
fn step_of(entry: Entry) -> Option<Step> {
    if let Some(written) = Written::of(&entry) {
        return Some(Step::Written(written));
    }
    let FactBody::Resource { key, body, .. } = entry.fact.body else {
        return None;
    };
    let body = body?;
    let version = match key.kind.as_str() {
        "Flag" => Version::Kept(Box::new(Kept::read(&body).filter(|one| one.led.is_none())?)),
        "Task" => {
            let mission = Mission::read(&body).filter(|one| one.led.is_none())?;
            Version::Mission(Box::new(mission))
        }
        _ => return None,
    };
    let sequence = entry.sequence;
    Some(Step::Alarm(Box::new(Told { sequence, version })))
}

/// Asks the cloud, again and again, what is new; does what it asks.
pub async fn hold(hospital: Arc<Hospital>, edge: Arc<Edge>, mut closed: watch::Receiver<bool>) {
    let mut pause = AGAIN;
    let (mut done, mut talk) = (Vec::new(), Talk::default());
    loop {
        let asked = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            asked = turn(&hospital, &edge, &mut done, &mut talk) => asked,
        };
        let fault = asked.err().map(|error| format!("{error:#}"));
        let is_down = fault.is_some();
        *edge.registry_fault.lock() = fault;
        if !is_down {
            pause = AGAIN;
            continue;
        }
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            () = sleep(pause) => {}
        }
        pause = (pause * 2).min(AGAIN_AT_MOST);
    }
}

async fn turn(
    hospital: &Hospital,
    edge: &Arc<Edge>,
    done: &mut Vec<Done>,
    talk: &mut Talk,
) -> Result<()> {
    let said = talk.next(hospital, edge)?;
    let asks = Arc::clone(edge);
    let stands = move || anyhow::Ok((asks.outbox.revision()?, behind(&asks, clock::now())?));
    let (revision, behind) = tokio::task::spawn_blocking(stands).await??;
    let revision = revision.map(|(revision, _)| revision);
    let up = Up {
        revision,
        done: done.clone(),
        maintained: said.maintained.clone(),
        skew: edge.skew.lock().map(|(skew, _)| skew),
        behind,
    };
    let (since, went) = (Instant::now(), clock::now());
    let asks = Arc::clone(edge);
    let down = tokio::task::spawn_blocking(move || asks.ask_cloud(&up)).await?;
    let took_ms = i64::try_from(since.elapsed().as_millis())?;
    // Who waits for an answer that did not get through has been told so by now.
    if down.is_ok() || since.elapsed() > STILL_ASKED {
        done.clear();
    }
    let Down {
        asked,
        to_maintain,
        registry,
        revision,
        clock: times,
        takes_behind,
    } = down?;
    edge.takes_behind.store(takes_behind, Ordering::Relaxed);
    // The clock may have been set meanwhile: how long it took, another says.
    let here = (went, Timestamp(went.0 + took_ms));
    let skew = times.map(|there| (Skew::measured(here, there), here.1));
    *edge.skew.lock() = skew;
    talk.heard(edge, said)?;
    // Who waits for an answer goes first.
    let still_asked = since.elapsed() <= STILL_ASKED;
    for Asked {
        id,
        alarm,
        by,
        wish,
    } in asked.into_iter().filter(|_| still_asked)
    {
        let result = match refusal(hospital, &alarm, &by, &wish) {
            Some(refused) => Err(refused),
            None => ward::do_asked(hospital, &alarm, wish, &by).await,
        };
        done.push(Done { id, result });
    }
    if let (Some(registry), Some(revision)) = (registry, revision) {
        registry::take_over(hospital, edge, registry, &revision).await?;
    }
    talk.take(hospital, edge, to_maintain).await?;
    // A cloud of before says no time, and gives an order anew, at once, until its package is here.
    if times.is_none() && talk.is_fetching() {
        sleep(AGAIN).await;
    }
    Ok(())
}

/// How old is what waits here. A cloud of before takes no more than it knows, and would not take the question.
fn behind(edge: &Edge, now: Timestamp) -> Result<Option<Behind>> {
    if !edge.takes_behind.load(Ordering::Relaxed) {
        return Ok(None);
    }
    let waiting = edge.outbox.waits_since()?;
    Ok(Behind::since(waiting, now, BEHIND_MS))
}

/// Who stands at the bed goes before who looks on from afar.
fn refusal(
    hospital: &Hospital,
    alarm: &str,
    by: &vocabulary::ActorId,
    wish: &Wish,
) -> Option<Refused> {
    let is_take = matches!(wish, Wish::Act { what: Act::Take });
    let known = hospital.ward.look(|state| state.kept(alarm))?.alarm;
    let taken = known.taken.filter(|_| is_take && known.closed.is_none())?;
    (taken.by != by.as_str()).then_some(Refused::NotYours)
}

impl Edge {
    fn ask_cloud(&self, up: &Up) -> Result<Down> {
        let sent = self
            .agent
            .post(format!("{}/api/edge/line", self.cloud))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json")
            .send(&serde_json::to_vec(up)?[..]);
        let mut answer = sent.context("reach the cloud")?;
        let status = answer.status();
        if !status.is_success() {
            bail!("ask the cloud what is new: it answers {status}");
        }
        let said = answer
            .body_mut()
            .with_config()
            .limit(MOST_HANDED)
            .read_to_string()
            .context("hear the cloud's answer")?;
        serde_json::from_str(&said).context("understand the cloud's answer")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::edge::tests::config;

    #[test]
    fn how_old_what_waits_is_a_cloud_is_told_once_it_has_said_that_it_takes_that() {
        let folder = tempfile::tempdir().unwrap();
        let edge = Edge::open(&config(folder.path())).unwrap().unwrap();
        let written = Written {
            sequence: 1,
            id: "o".to_owned(),
            patient: None,
            body: json!({"resourceType": "Observation"}),
        };
        edge.outbox.put_steps(&[Step::Written(written)], 2).unwrap();
        let later = Timestamp(clock::now().0 + 2 * BEHIND_MS);
        assert_eq!(behind(&edge, later).unwrap(), None);
        // A cloud of before says nothing of it.
        let down: Down = serde_json::from_value(json!({"clock": null})).unwrap();
        assert!(!down.takes_behind);
        edge.takes_behind.store(true, Ordering::Relaxed);
        let said = behind(&edge, later).unwrap().unwrap();
        assert!(said.alarms_ms.is_none() && said.values_ms >= Some(BEHIND_MS));
    }
}
