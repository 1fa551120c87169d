//! What people are sent for without an alarm: an errand to a bed, or an exercise of a plan.
//!
//! Each is a FHIR `Task` with a version for each step, as an alarm is a `Flag`.

use alarms::{Dispatch, Place, PlanRun, Priority, Refused, escalation, plan};
use anyhow::Result;
use policy::Permit;
use record::{
    Batch, Match, NewFact, Precondition, RecordError, ResourceKey, ResourceQuery, Term,
    mark_written_by, written_by,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Timestamp};

use super::{
    NotDone, State, TOPIC, elsewhere,
    kept::{Led, WRITER},
    routing,
};
use crate::{
    clock,
    edges::LineNow,
    hospital::{Hospital, hospital_actor},
};

const KIND: &str = "Task";
const OWN_URI: &str = "urn:yuanyi:mission";
/// How many missions are read when the program starts and for the list of exercises, the newest ones.
const MOST: usize = 500;
/// What is sent for without an alarm has no priority: within what time somebody answers, and to whom it goes on where
/// nobody does, is as with alarms of this one.
const PRIORITY: Priority = Priority::Medium;

/// Somebody or something is sent to a bed, or to another place of a ward.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mission {
    pub id: String,
    /// The ward and the bed, or another location of it.
    pub ward: String,
    pub bed: String,
    pub by: String,
    pub at: Timestamp,
    /// The plan that is exercised; none: an errand.
    #[serde(default)]
    pub run: Option<PlanRun>,
    /// Who and what is sent.
    pub sent: Vec<Dispatch>,
    #[serde(default)]
    pub ended: Option<Ended>,
    /// Set where it is led at an edge.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub led: Option<Led>,
}

/// Who ended a mission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ended {
    pub by: String,
    pub at: Timestamp,
}

/// What somebody wishes to send.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Wish {
    /// Somebody of a duty, something of a kind, or both.
    Errand {
        #[serde(default)]
        role: Option<String>,
        #[serde(default)]
        equipment: Option<String>,
    },
    /// An exercise of a plan.
    Drill { plan: String },
}

impl Mission {
    /// Whether it is only an exercise: then nobody is kept from what is true.
    pub fn is_drill(&self) -> bool {
        self.run.is_some()
    }

    /// Whether somebody who may answer is asked for it.
    pub fn asks(&self, who: &str) -> bool {
        self.sent.iter().any(|dispatch| dispatch.asks(who))
    }

    /// Whether nobody comes for some of it, though the time to answer is over.
    pub fn is_late(&self, now: Timestamp) -> bool {
        let mut sent = self.sent.iter();
        self.ended.is_none() && sent.any(|dispatch| dispatch.is_late(self.at, now))
    }

    fn key(&self) -> ResourceKey {
        ResourceKey {
            kind: KIND.to_owned(),
            id: self.id.clone(),
        }
    }

    /// What a fact holds, where it is a mission.
    pub fn read(body: &Value) -> Option<Self> {
        let system = body.pointer("/code/coding/0/system")?;
        if written_by(body) != Some(WRITER) || system != OWN_URI {
            return None;
        }
        let own = body.pointer("/extension/0/valueString")?.as_str()?;
        serde_json::from_str(own).ok()
    }

    fn fact(&self) -> NewFact {
        let code = if self.is_drill() { "drill" } else { "errand" };
        let mut body = json!({
            "resourceType": KIND,
            "id": self.id,
            "extension": [{
                "url": OWN_URI,
                "valueString": serde_json::to_string(self).unwrap_or_default(),
            }],
            "status": if self.ended.is_some() { "completed" } else { "in-progress" },
            "intent": "order",
            "code": {"coding": [{"system": OWN_URI, "code": code}]},
            "authoredOn": self.at,
            "requester": {"reference": format!("Practitioner/{}", self.by)},
            "location": {"reference": format!("Location/{}", self.bed)},
        });
        if let Some(fields) = body.as_object_mut() {
            mark_written_by(fields, WRITER);
        }
        NewFact::PutResource {
            key: self.key(),
            subject: None,
            body,
        }
    }

    /// Everybody whom it concerns, devices left out by their not being accounts.
    fn concerned(&self) -> Vec<ActorId> {
        let asked = self
            .sent
            .iter()
            .flat_map(|dispatch| dispatch.offers.iter().map(|offer| offer.to.clone()));
        let all = std::iter::once(self.by.clone()).chain(asked);
        all.filter_map(|id| ActorId::new(id).ok()).collect()
    }
}

/// The missions of the record, those that ended included: the newest, or all as they were at a moment.
pub async fn load(
    hospital: &Hospital,
    permit: &Permit,
    at: Option<Timestamp>,
) -> Result<Vec<Mission>, RecordError> {
    let query = ResourceQuery {
        kind: KIND.to_owned(),
        terms: vec![Term {
            parameter: "code".to_owned(),
            any_of: vec![Match::Token {
                system: Some(OWN_URI.to_owned()),
                code: None,
            }],
        }],
        sort: vec![],
        limit: MOST,
        offset: 0,
    };
    let rows = match at {
        Some(at) => hospital.record.as_of(permit, KIND, at).await?,
        None => hospital.record.search(permit, &query).await?.rows,
    };
    let bodies = rows.into_iter().filter_map(|row| row.body);
    Ok(bodies.filter_map(|body| Mission::read(&body)).collect())
}

impl State {
    /// Asks whoever is nearest and free for every open mission; where nobody accepts, it goes on as an alarm does.
    pub(super) fn send_missions(&mut self, now: Timestamp) {
        let things = routing::equipment_kinds();
        let open: Vec<String> = self
            .missions
            .values()
            .filter(|mission| mission.ended.is_none() && mission.led.is_none())
            .map(|mission| mission.id.clone())
            .collect();
        for id in open {
            let bed = self
                .missions
                .get(&id)
                .and_then(|mission| self.places.goal(&mission.bed));
            let Some(bed) = bed else { continue };
            let candidates = routing::candidates(self, &bed, &id, now);
            let Some(mission) = self.missions.get_mut(&id) else {
                continue;
            };
            let (is_drill, waited_s) = (mission.is_drill(), (now.0 - mission.at.0) / 1000);
            // An exercise calls nobody else, and nobody stands for a thing.
            let among = |role: &str| {
                if is_drill || things.iter().any(|thing| thing == role) {
                    return routing::only(role);
                }
                escalation().of(PRIORITY).duties(role, waited_s)
            };
            if routing::ask(&mut mission.sent, &candidates, now, among) {
                self.unkept_missions.insert(id);
            }
        }
    }

    fn begin_mission(
        &mut self,
        ward: &str,
        bed: &str,
        wish: &Wish,
        by: &str,
        now: Timestamp,
    ) -> Option<String> {
        let bed = self.places.goal(bed).filter(|bed| bed.ward == ward)?;
        let id = uuid::Uuid::now_v7().to_string();
        let to = routing::place_of(self, &bed);
        let (run, wanted): (Option<PlanRun>, Vec<String>) = match wish {
            Wish::Errand { role, equipment } => {
                (None, role.iter().chain(equipment).cloned().collect())
            }
            Wish::Drill { plan: name } => {
                let run = PlanRun::start(name, &id, by, true, now)?;
                let plan = plan(name)?;
                let people = plan.people.iter().flat_map(|people| {
                    std::iter::repeat_n(people.role.clone(), usize::from(people.count))
                });
                let things = plan.equipment.iter().map(|one| one.id.clone());
                (Some(run), people.chain(things).collect())
            }
        };
        if wanted.is_empty() {
            return None;
        }
        let within_s = escalation().of(PRIORITY).accept_within_s;
        let dispatch = |role: &String| Dispatch::new(role, Place::clone(&to), within_s);
        let mission = Mission {
            ward: ward.to_owned(),
            bed: bed.id.clone(),
            by: by.to_owned(),
            at: now,
            run,
            sent: wanted.iter().map(dispatch).collect(),
            ended: None,
            led: None,
            id: id.clone(),
        };
        self.missions.insert(id.clone(), mission);
        self.unkept_missions.insert(id.clone());
        self.send_missions(now);
        Some(id)
    }
}

/// Makes facts of what happened to missions, and tells those whom they concern.
pub(super) async fn keep(hospital: &Hospital, actor: &ActorId) {
    let unkept: Vec<Mission> = hospital.ward.look(|state| {
        let ids = state.unkept_missions.iter();
        ids.filter_map(|id| state.missions.get(id).cloned())
            .collect()
    });
    for mission in unkept {
        let batch = Batch {
            actor: actor.clone(),
            facts: vec![(mission.fact(), Precondition::None)],
        };
        if let Err(error) = hospital.record.commit(batch).await {
            tracing::error!(%error, "a step of a mission could not be kept");
            continue;
        }
        {
            let mut state = hospital.ward.state.lock();
            if state.missions.get(&mission.id) == Some(&mission) {
                state.unkept_missions.remove(&mission.id);
                if mission.ended.is_some() {
                    state.missions.remove(&mission.id);
                }
            }
        }
        let people = mission.concerned();
        hospital.changes.announce(TOPIC, mission.id, people);
    }
}

pub(super) async fn keep_own(hospital: &Hospital) {
    keep(hospital, &hospital_actor()).await;
}

/// Sends somebody or something to a bed, or begins an exercise there: at the edge that works for the bed, which knows who
/// is near and free, or here where there is none, or nothing is heard of it.
pub async fn begin(
    hospital: &Hospital,
    ward: &str,
    bed: &str,
    wish: &Wish,
    by: &ActorId,
) -> Result<Mission, NotDone> {
    let lines = hospital.edges.lines().unwrap_or_default();
    let its = hospital.ward.look(|state| {
        let works_for = |line: &&LineNow| state.places.is_within(bed, &line.locations);
        let mut heard = lines.iter().filter(|line| !line.is_silent);
        heard.find(works_for).map(|line| line.edge.clone())
    });
    if let Some(edge) = its {
        let wish = elsewhere::Wish::Send {
            ward: ward.to_owned(),
            bed: bed.to_owned(),
            send: wish.clone(),
        };
        return ask(hospital, &edge, "", wish, by).await;
    }
    let begun = begin_here(hospital, ward, bed, wish, by).await;
    begun.ok_or(NotDone::Refused(Refused::Unknown))
}

/// Asks an edge, and waits until what it has done is shown here.
async fn ask(
    hospital: &Hospital,
    edge: &ActorId,
    id: &str,
    wish: elsewhere::Wish,
    by: &ActorId,
) -> Result<Mission, NotDone> {
    let elsewhere::Acted::Mission(done) = hospital.edges.ask(edge, id, wish, by).await? else {
        return Err(NotDone::NoLine);
    };
    let is_so = |state: &State| match state.missions.get(&done.id) {
        Some(shown) => shown.sent == done.sent && shown.run == done.run && done.ended.is_none(),
        None => done.ended.is_some(),
    };
    elsewhere::shown(hospital, |state| is_so(state).then_some(())).await;
    Ok(*done)
}

/// Takes a version of a mission that an edge leads; or why it is not taken, also when it comes again.
pub(super) async fn take(
    hospital: &Hospital,
    permit: &Permit,
    mut mission: Mission,
    led: Led,
) -> Result<Option<&'static str>, RecordError> {
    if !hospital
        .was_given(&led.edge, "Location", &mission.bed)
        .await?
    {
        return Ok(Some("find the bed among those of this edge"));
    }
    let known = hospital
        .record
        .resource(permit, &mission.key(), None)
        .await?;
    if let Some(body) = known.and_then(|version| version.body) {
        let before = Mission::read(&body).and_then(|known| known.led);
        match before.filter(|before| before.edge == led.edge) {
            None => return Ok(Some("change an errand of another edge")),
            Some(before) if before.sequence >= led.sequence => return Ok(None),
            Some(_) => {}
        }
    }
    let edge = led.edge.clone();
    mission.led = Some(led);
    let batch = Batch {
        actor: edge,
        facts: vec![(mission.fact(), Precondition::None)],
    };
    hospital.record.commit(batch).await?;
    let (id, people) = (mission.id.clone(), mission.concerned());
    {
        let mut state = hospital.ward.state.lock();
        if mission.ended.is_some() {
            state.missions.remove(&id);
        } else {
            state.missions.insert(id.clone(), mission);
        }
    }
    hospital.changes.announce(TOPIC, id, people);
    Ok(None)
}

/// Sends somebody or something to a bed of this hospital, or begins an exercise there.
pub async fn begin_here(
    hospital: &Hospital,
    ward: &str,
    bed: &str,
    wish: &Wish,
    by: &ActorId,
) -> Option<Mission> {
    let _turn = hospital.ward.writing.lock().await;
    let now = clock::now();
    let id = {
        let mut state = hospital.ward.state.lock();
        state.begin_mission(ward, bed, wish, by.as_str(), now)?
    };
    let begun = hospital.ward.look(|state| state.missions.get(&id).cloned());
    keep(hospital, by).await;
    begun
}

/// What somebody does with a mission.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "act", deny_unknown_fields)]
pub enum MissionAct {
    /// Who was asked comes, or does not.
    Answer { accepts: bool },
    /// Who or what came is there. A thing is said to be there by whoever sees it.
    Arrived { who: Option<String> },
    /// A step of the exercised plan is done.
    Step { step: String },
    /// It is over.
    End,
}

/// Changes an open mission, here or at the edge that leads it.
pub async fn act(
    hospital: &Hospital,
    id: &str,
    act: &MissionAct,
    by: &ActorId,
) -> Result<Mission, NotDone> {
    let known = hospital.ward.look(|state| state.missions.get(id).cloned());
    let led = known.and_then(|known| known.led);
    if let Some(led) = led.filter(|led| hospital.edges.is_edge(&led.edge)) {
        let what = elsewhere::Wish::Mission { what: act.clone() };
        return ask(hospital, &led.edge, id, what, by).await;
    }
    let changed = act_here(hospital, id, act, by).await;
    changed.ok_or(NotDone::Refused(Refused::Unknown))
}

/// Changes an open mission that is led here; none where there is none, or where this is not theirs to do.
pub async fn act_here(
    hospital: &Hospital,
    id: &str,
    act: &MissionAct,
    by: &ActorId,
) -> Option<Mission> {
    let _turn = hospital.ward.writing.lock().await;
    let now = clock::now();
    let who = by.as_str();
    let changed = {
        let mut state = hospital.ward.state.lock();
        let is_thing = match act {
            MissionAct::Arrived { who: Some(thing) } => state.places.devices.contains_key(thing),
            _ => false,
        };
        let mission = state.missions.get_mut(id)?;
        let mut sent = mission.sent.iter_mut();
        let done = match act {
            MissionAct::Answer { accepts } => sent.any(|one| one.answer(who, *accepts)),
            MissionAct::Arrived { who: Some(thing) } if is_thing => {
                sent.any(|one| one.arrive(thing, now))
            }
            MissionAct::Arrived { .. } => sent.any(|one| one.arrive(who, now)),
            MissionAct::Step { step } => mission
                .run
                .as_mut()
                .is_some_and(|run| run.do_step(step, who, now)),
            MissionAct::End => {
                mission.ended = Some(Ended {
                    by: who.to_owned(),
                    at: now,
                });
                true
            }
        };
        if !done {
            return None;
        }
        let changed = mission.clone();
        state.unkept_missions.insert(id.to_owned());
        changed
    };
    keep(hospital, by).await;
    Some(changed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ward::{Duty, calling};

    fn at(seconds: i64) -> Timestamp {
        Timestamp(1_790_000_000_000 + seconds * 1000)
    }

    /// A bed with one of each duty that alarms call but the second.
    fn state() -> State {
        State::one_bed(at(0), |places| {
            places.within = [("bed".to_owned(), "ward".to_owned())].into();
            let duty = |(who, role): (&str, &str)| Duty {
                account: ActorId::new(who).unwrap(),
                name: String::new(),
                role: role.to_owned(),
                title: None,
                places: vec!["ward".to_owned()],
                from: None,
                until: None,
            };
            let duties = [
                ("nurse", "bed-nurse"),
                ("charge", "charge-nurse"),
                ("doctor", "doctor-on-duty"),
            ];
            places.duties = duties.map(duty).into();
        })
    }

    fn begin(state: &mut State, wish: &Wish) -> String {
        let begun = state.begin_mission("ward", "bed", wish, "sender", at(0));
        begun.unwrap()
    }

    fn asked(state: &State, id: &str) -> Vec<String> {
        let offers = state.missions[id].sent[0].offers.iter();
        offers.map(|offer| offer.to.clone()).collect()
    }

    #[test]
    fn an_errand_that_nobody_accepts_goes_on_as_alarms_do_and_stays_open() {
        let mut state = state();
        let errand = Wish::Errand {
            role: Some("bed-nurse".to_owned()),
            equipment: None,
        };
        let id = begin(&mut state, &errand);
        let within_s = i64::from(escalation().of(PRIORITY).accept_within_s);
        assert_eq!(asked(&state, &id), ["nurse"]);
        assert!(!state.missions[&id].is_late(at(within_s - 1)));
        for (time, all) in [
            (within_s - 1, vec!["nurse"]),
            (within_s, vec!["nurse", "charge"]),
            (2 * within_s, vec!["nurse", "charge", "doctor"]),
        ] {
            state.send_missions(at(time));
            assert_eq!(asked(&state, &id), all, "{time}");
        }
        // That the last one did not answer either is a step that is kept.
        state.unkept_missions.clear();
        state.send_missions(at(3 * within_s));
        assert!(state.unkept_missions.contains(&id));
        assert!(state.missions[&id].is_late(at(3 * within_s)));
        let called = |state: &State| {
            let all = calling(state, at(3 * within_s), &[]).into_iter();
            all.map(|one| one.to.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(called(&state), ["nurse", "charge", "doctor"]);
        let mission = state.missions.get_mut(&id).unwrap();
        assert!(mission.asks("nurse") && mission.sent[0].answer("nurse", true));
        assert!(!mission.is_late(at(3 * within_s)) && !mission.asks("charge"));
        assert!(called(&state).is_empty());
    }

    #[test]
    fn somebody_is_sent_to_a_corridor_of_the_ward_and_to_no_place_that_is_none() {
        let mut state = state();
        let mut places = state.places.clone();
        for (id, name) in [("ward", "Ward"), ("corridor", "Corridor"), ("lift", "Lift")] {
            places.names.insert(id.to_owned(), name.to_owned());
        }
        let (corridor, ward) = ("corridor".to_owned(), "ward".to_owned());
        places.within.insert(corridor, ward);
        state.settle(places, at(0));
        let errand = Wish::Errand {
            role: Some("bed-nurse".to_owned()),
            equipment: None,
        };
        for none in ["ward", "lift", "moon"] {
            let begun = state.begin_mission("ward", none, &errand, "sender", at(0));
            assert!(begun.is_none(), "{none}");
        }
        let begun = state.begin_mission("ward", "corridor", &errand, "sender", at(0));
        let id = begun.unwrap();
        assert_eq!(asked(&state, &id), ["nurse"]);
        let to = &state.missions[&id].sent[0].to;
        assert_eq!(to.room.as_deref(), Some("corridor"));
        let [call] = calling(&state, at(1), &[]).try_into().unwrap();
        assert_eq!(call.place.as_deref(), Some("Corridor"));
    }

    #[test]
    fn an_exercise_calls_nobody_of_another_duty_and_nobody_stands_for_a_thing() {
        let mut state = state();
        let drill = Wish::Drill {
            plan: "urgent-review".to_owned(),
        };
        let drill = begin(&mut state, &drill);
        let thing = Wish::Errand {
            role: None,
            equipment: Some("resuscitation-trolley".to_owned()),
        };
        let thing = begin(&mut state, &thing);
        state.send_missions(at(3600));
        assert_eq!(asked(&state, &drill), ["nurse"]);
        assert!(asked(&state, &thing).is_empty());
        assert!(state.missions[&thing].is_late(at(3600)), "it is not there");
    }
}
