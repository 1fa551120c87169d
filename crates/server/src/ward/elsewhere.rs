//! Alarms that an edge leads: what it tells of them, and what people here ask of it. An edge judges what its devices
//! measure, with or without a line; what reaches this hospital from there is shown here and judged no second time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use alarms::{Act, Alarm, Change, Changed, Refused, RuleSet};
use policy::Permit;
use record::{Batch, Precondition, RecordError};
use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, PatientId};

use super::{
    Kept, Mission, MissionAct, MissionWish, State, TOPIC, act_on, answer, arrive, do_step,
    kept::{Led, Source},
    missions, routing,
    tags::THING,
};
use crate::{clock, edge::NotTaken, hospital::Hospital};

/// How long it is waited until an alarm is shown here as its edge has it, and how often it is looked at.
const SHOWN_WITHIN: Duration = Duration::from_secs(3);
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A version of what an edge leads, as it tells it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// The entry of the edge's journal that holds it.
    pub sequence: u64,
    /// What.
    #[serde(flatten)]
    pub version: Version,
}

/// What an edge leads.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    /// An alarm with what was started from it.
    Kept(Box<Kept>),
    /// An errand or an exercise without an alarm.
    Mission(Box<Mission>),
}

/// What an edge has done of what it was asked: how that stands now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Acted {
    /// With an alarm.
    Kept(Box<Kept>),
    /// Without one.
    Mission(Box<Mission>),
}

/// What a person does with an alarm, or with what was started from it, or sends without one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wish")]
pub enum Wish {
    /// Takes, pauses, ends it, or the like.
    Act {
        /// What.
        what: Act,
    },
    /// Ticks off a step of its plan.
    Step {
        /// The step.
        step: String,
    },
    /// Answers whether one comes.
    Answer {
        /// Whether.
        accepts: bool,
    },
    /// Says that one is there, or that a thing is.
    Arrive {
        /// The thing.
        who: Option<String>,
    },
    /// Sends somebody or something without an alarm, or begins an exercise.
    Send {
        /// The ward.
        ward: String,
        /// The bed.
        bed: String,
        /// What.
        send: MissionWish,
    },
    /// Does something with what was sent without an alarm.
    Mission {
        /// What.
        what: MissionAct,
    },
}

/// Why it is not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// It may not be done now.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The edge that leads the alarm does not answer.
    #[error("reach the edge that leads the alarm")]
    NoLine,
}

/// What a person does with an alarm: here, or at the edge that leads it.
pub async fn act(hospital: &Hospital, id: &str, wish: Wish, by: &ActorId) -> Result<Kept, NotDone> {
    let known = hospital.ward.look(|state| state.kept(id));
    let known = known.ok_or(Refused::Unknown)?;
    let goes_on = known.told.is_some();
    let Some(led) = known.led else {
        return Ok(act_here(hospital, id, wish, by).await?);
    };
    if !hospital.edges.is_edge(&led.edge) {
        let now = clock::now();
        hospital.ward.state.lock().take_over(&known.alarm.id, now);
        return Ok(act_here(hospital, id, wish, by).await?);
    }
    // Nothing is heard of its edge: it goes on here.
    if goes_on {
        return Ok(act_here(hospital, id, wish, by).await?);
    }
    let Acted::Kept(mut done) = hospital.edges.ask(&led.edge, id, wish, by).await? else {
        return Err(NotDone::NoLine);
    };
    done.led = Some(led);
    let is_so = |shown: &Kept| {
        shown.alarm.steps.len() >= done.alarm.steps.len()
            && shown.run == done.run
            && shown.sent == done.sent
    };
    let shown = shown(hospital, |state| state.kept(id).filter(is_so)).await;
    Ok(shown.unwrap_or(*done))
}

/// What an edge has done comes again by its outbox, in its order; until then screens would show what was before.
pub(super) async fn shown<T>(
    hospital: &Hospital,
    look: impl Fn(&State) -> Option<T> + Send,
) -> Option<T> {
    let until = tokio::time::Instant::now() + SHOWN_WITHIN;
    while tokio::time::Instant::now() < until {
        if let Some(found) = hospital.ward.look(&look) {
            return Some(found);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    None
}

/// What somebody in the cloud asks this edge to do.
pub async fn do_asked(
    hospital: &Hospital,
    id: &str,
    wish: Wish,
    by: &ActorId,
) -> Result<Acted, Refused> {
    let done = match wish {
        Wish::Send { ward, bed, send } => {
            missions::begin_here(hospital, &ward, &bed, &send, by).await
        }
        Wish::Mission { what } => missions::act_here(hospital, id, &what, by).await,
        wish => {
            let kept = act_here(hospital, id, wish, by).await?;
            return Ok(Acted::Kept(Box::new(kept)));
        }
    };
    let done = done.ok_or(Refused::Unknown)?;
    Ok(Acted::Mission(Box::new(done)))
}

/// What a person does with an alarm that is led here.
pub async fn act_here(
    hospital: &Hospital,
    id: &str,
    wish: Wish,
    by: &ActorId,
) -> Result<Kept, Refused> {
    let done = match wish {
        Wish::Act { what } => return act_on(hospital, id, what, by).await,
        Wish::Step { step } => do_step(hospital, id, &step, by).await,
        Wish::Answer { accepts } => answer(hospital, id, accepts, by).await,
        Wish::Arrive { who } => arrive(hospital, id, who.as_deref(), by).await,
        Wish::Send { .. } | Wish::Mission { .. } => None,
    };
    done.ok_or(Refused::Unknown)
}

/// Takes what an edge tells of its alarms and errands: all is on disk once this returns, but for what is answered. What came
/// before is known by its place in the edge's journal.
pub async fn take_told(
    hospital: &Hospital,
    permit: &Permit,
    edge: &ActorId,
    told: Vec<Told>,
) -> Result<Vec<NotTaken>, RecordError> {
    let _turn = hospital.ward.writing.lock().await;
    let mut refused = Vec::new();
    for (index, Told { sequence, version }) in told.into_iter().enumerate() {
        let led = Led {
            edge: edge.clone(),
            sequence,
        };
        let mut kept = match version {
            Version::Kept(kept) => *kept,
            Version::Mission(mission) => {
                let why = missions::take(hospital, permit, *mission, led).await?;
                refused.extend(why.map(|why| NotTaken {
                    index,
                    why: why.to_owned(),
                }));
                continue;
            }
        };
        kept.led = Some(led);
        kept.told = None;
        let shown = hospital.ward.look(|state| state.kept(&kept.id()));
        let shown = shown.map(|shown| shown.meanwhile(clock::now()));
        kept.here = shown.unwrap_or_default();
        let known = hospital.record.resource(permit, &kept.key(), None).await?;
        let known = known.and_then(|version| Kept::read(&version.body?));
        if let Some(why) = refusal(hospital, edge, &kept, known.as_ref()).await? {
            let why = why.to_owned();
            refused.push(NotTaken { index, why });
            continue;
        }
        let newest = known.and_then(|known| Some(known.led?.sequence));
        if newest.is_some_and(|newest| newest >= sequence) {
            continue;
        }
        let location = hospital.ward.look(|state| state.location_of(&kept.alarm));
        let batch = Batch {
            actor: edge.clone(),
            facts: vec![(kept.fact(&location), Precondition::None)],
        };
        hospital.record.commit(batch).await?;
        show(hospital, kept);
    }
    Ok(refused)
}

/// Why something that an edge tells is not taken, also when it comes again.
async fn refusal(
    hospital: &Hospital,
    edge: &ActorId,
    kept: &Kept,
    known: Option<&Kept>,
) -> Result<Option<&'static str>, RecordError> {
    let alarm = &kept.alarm;
    let (kind, id) = match alarm.bed.strip_prefix(THING) {
        Some(thing) => ("Device", thing),
        None => ("Location", alarm.bed.as_str()),
    };
    if !hospital.was_given(edge, kind, id).await? {
        return Ok(Some("find the bed or the thing among those of this edge"));
    }
    if let Some(patient) = &alarm.patient
        && !hospital.was_given(edge, "Patient", patient).await?
    {
        return Ok(Some("find the patient among those of this edge"));
    }
    let is_anothers = known.is_some_and(|known| {
        known.alarm.bed != alarm.bed || known.led.as_ref().is_none_or(|led| led.edge != *edge)
    });
    Ok(is_anothers.then_some("change an alarm of another bed or edge"))
}

fn show(hospital: &Hospital, kept: Kept) {
    let now = clock::now();
    let id = kept.id();
    let mut people = {
        let mut state = hospital.ward.state.lock();
        let people = routing::concerned(&state, &kept, now);
        let alarm = kept.alarm.id.clone();
        state.board.show(kept.alarm.clone());
        state.unkept.remove(&alarm);
        state.beside.insert(alarm, kept.into());
        people
    };
    if people.is_empty() {
        people = routing::anybody(hospital);
    }
    hospital.changes.announce(TOPIC, id, people);
}

impl State {
    /// Whom open alarms are about that this edge leads: whoever took one must still find them there.
    pub fn patients_led_by(&self, edge: &ActorId) -> BTreeSet<PatientId> {
        let is_its = |alarm: &&&Alarm| {
            let beside = self.beside.get(&alarm.id);
            let led = beside.and_then(|beside| beside.led.as_ref());
            led.is_some_and(|led| led.edge == *edge)
        };
        let open = self.board.open();
        let about = open
            .iter()
            .filter(is_its)
            .filter_map(|alarm| alarm.patient.as_ref());
        about.filter_map(|id| PatientId::new(id).ok()).collect()
    }
}

/// Whether a rule began to hold by values and answers alone that an edge has judged: there the alarm is raised, or was.
/// What a device sent here itself no edge knows, nor what somebody wrote down here until the edge has said that it has it.
pub(super) fn looks(
    rules: &RuleSet,
    by_edge: &BTreeMap<String, ActorId>,
    (sources, answered): (&BTreeMap<String, Source>, &BTreeMap<String, String>),
    change: &Change,
) -> bool {
    let Changed::Began { read } = &change.changed else {
        return false;
    };
    let (mut signals, asks_people) = rules.looks_at(&change.rule);
    signals.extend(read.iter().map(|reading| reading.signal.as_str()));
    let said = answered.values().filter(|_| asks_people);
    are_of_edges(measured(sources, signals).chain(said), by_edge)
}

/// Which devices measured these signals.
fn measured<'s>(
    sources: &'s BTreeMap<String, Source>,
    signals: BTreeSet<&str>,
) -> impl Iterator<Item = &'s String> {
    let of = |signal: &str| Some(&sources.get(signal)?.device);
    signals.into_iter().filter_map(of)
}

fn are_of_edges<'s>(
    all: impl Iterator<Item = &'s String>,
    by_edge: &BTreeMap<String, ActorId>,
) -> bool {
    let mut all = all.peekable();
    all.peek().is_some() && all.all(|of| by_edge.contains_key(of))
}

#[cfg(test)]
mod tests {
    use record::{Arrived, Readings, StreamKey};
    use serde_json::json;
    use vocabulary::{Coding, DeviceId, Timestamp};

    use super::*;
    use crate::ward::{Ward, charted, places::Lying};

    #[test]
    fn only_what_edges_alone_have_measured_is_theirs_to_judge() {
        let source = |device: &str| Source {
            device: device.to_owned(),
            stream: "s".to_owned(),
        };
        let sources = BTreeMap::from([
            ("pulse".to_owned(), source("monitor")),
            ("spo2".to_owned(), source("oximeter")),
            ("temperature".to_owned(), source("Observation/1")),
        ]);
        let edge = ActorId::new("edge-1").unwrap();
        let by_edge = BTreeMap::from([("monitor".to_owned(), edge)]);
        for (signals, expected) in [
            (vec!["pulse"], true),
            (vec!["pulse", "never-measured"], true),
            (vec!["pulse", "spo2"], false),
            (vec!["pulse", "temperature"], false),
            (vec!["spo2"], false),
            (vec!["never-measured"], false),
            (vec![], false),
        ] {
            let named: BTreeSet<&str> = signals.iter().copied().collect();
            let found = are_of_edges(measured(&sources, named), &by_edge);
            assert_eq!(found, expected, "{signals:?}");
        }
    }

    #[test]
    fn what_was_written_down_here_is_judged_by_the_edge_once_it_has_it() {
        let began = Timestamp(1_790_000_000_000);
        let at = |second: i64| Timestamp(began.0 + second * 1000);
        let patient = PatientId::new("p").unwrap();
        let edge = ActorId::new("edge-1").unwrap();
        let hospital = Ward::default();
        let raised = |is_left: bool| {
            *hospital.state.lock() = State::one_bed(began, |places| {
                places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                    id: patient.clone(),
                    name: String::new(),
                    birth_date: None,
                    sex: None,
                });
            });
            let body = json!({
                "status": "final", "effectiveDateTime": began.to_string(), "valueString": "V",
                "code": {"coding": [{"system": charted::INPUT_URI, "code": "consciousness"}]},
            });
            hospital
                .state
                .lock()
                .chart(&patient, "seen", &body, Timestamp(i64::MAX));
            let places = ["bed".to_owned()];
            let written = hospital.look(|state| state.written_within(&places));
            assert_eq!(
                written,
                BTreeSet::from([(patient.clone(), "seen".to_owned())])
            );
            if is_left {
                hospital.leave_to(&edge, written.into_iter().map(|(_, id)| id));
            }
            let mut state = hospital.state.lock();
            for second in 1..=40 {
                for (code, value) in [("147842", 140.0), ("151562", 30.0)] {
                    let arrived = Arrived {
                        stream: StreamKey {
                            device: DeviceId::new("monitor").unwrap(),
                            stream: code.to_owned(),
                        },
                        subject: Some(patient.clone()),
                        coding: Coding::new("urn:iso:std:iso:11073:10101", code),
                        unit: "/min".to_owned(),
                        readings: Readings::One {
                            at: at(second),
                            value,
                        },
                        received: at(second),
                        quality: vec![],
                        message: None,
                    };
                    state.arrive(&arrived, Some(&edge));
                }
                state.tick(at(second));
            }
            let rules = state.board.open().into_iter();
            rules.map(|alarm| alarm.rule.clone()).collect::<Vec<_>>()
        };
        let here = raised(false);
        for rule in ["consciousness-altered", "news2-high"] {
            assert!(here.iter().any(|raised| raised == rule), "{here:?}");
        }
        assert!(raised(true).is_empty());
    }

    #[test]
    fn wishes_go_over_the_line_as_they_are() {
        for wish in [
            Wish::Act { what: Act::Take },
            Wish::Act {
                what: Act::Pause { for_s: 60 },
            },
            Wish::Step {
                step: "call".to_owned(),
            },
            Wish::Answer { accepts: false },
            Wish::Arrive { who: None },
            Wish::Send {
                ward: "w".to_owned(),
                bed: "b".to_owned(),
                send: MissionWish::Drill {
                    plan: "fall".to_owned(),
                },
            },
            Wish::Mission {
                what: MissionAct::Answer { accepts: true },
            },
        ] {
            let text = serde_json::to_string(&wish).unwrap();
            assert_eq!(serde_json::from_str::<Wish>(&text).unwrap(), wish);
        }
    }
}
