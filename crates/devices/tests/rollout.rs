//! Roll-outs go on by stages, stop where devices fail, and are taken back.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{cell::RefCell, collections::BTreeMap};

use devices::{
    Answer, Candidate, Contents, Manifest, Member, MemberStanding as M, Order, Plan, Rollout,
    RolloutError, Seen, Stage, Standing, StepKind,
};
use proptest::prelude::*;
use vocabulary::{DeviceId, Digest, Text, Timestamp};

fn manifest() -> Manifest {
    let of = ("pulse-oximeter", "1.4.0");
    let news = Text::new("", "");
    Manifest::of(Contents::Software, of, b"code", Timestamp(0), news).unwrap()
}

fn begin(plan: Plan, count: usize) -> Result<Rollout, RolloutError> {
    let devices = (0..count).map(|n| Candidate {
        device: DeviceId::new(format!("ox-{n}")).unwrap(),
        version: Some("1.3.0".to_owned()),
        faults: Vec::new(),
    });
    let what = (Digest([0; 32]), manifest());
    let began = ("r-1".to_owned(), "he.technician", Timestamp(0));
    Rollout::begin(began, what, plan, devices.collect())
}

/// Devices that do what they are told, but those that are named here.
#[derive(Default)]
struct World {
    software: RefCell<BTreeMap<String, String>>,
    answers: RefCell<BTreeMap<String, Answer>>,
    fails: Vec<&'static str>,
    mute: Vec<&'static str>,
}

impl World {
    /// Gives each order once.
    fn obey(&self, rollout: &Rollout) {
        for member in &rollout.members {
            let name = member.device.as_str();
            if self.mute.contains(&name) {
                continue;
            }
            let (id, version) = match rollout.order(member) {
                Some(Order::Install { id }) => (id, "1.4.0"),
                Some(Order::PutBack { id, .. }) => (id, "1.3.0"),
                None => continue,
            };
            if self.answers.borrow().contains_key(&id) {
                continue;
            }
            let fails = self.fails.contains(&name) && version == "1.4.0";
            if !fails {
                let mut software = self.software.borrow_mut();
                software.insert(name.to_owned(), version.to_owned());
            }
            let answer = if fails { Answer::Failed } else { Answer::Done };
            self.answers.borrow_mut().insert(id, answer);
        }
    }

    fn look(&self, rollout: &Rollout, member: &Member) -> Seen {
        let order = rollout.last_order(member);
        let answer = order.and_then(|id| self.answers.borrow().get(&id).copied());
        let mute = self.mute.contains(&member.device.as_str());
        Seen {
            answer: answer.map(|answer| (answer, Some("as it is".to_owned()))),
            version: self.software.borrow().get(member.device.as_str()).cloned(),
            self_check: Some(true),
            is_here: !mute,
            fault: None,
        }
    }

    fn run(&self, rollout: &mut Rollout, from_s: i64, seconds: i64) {
        for second in from_s..from_s + seconds {
            self.obey(rollout);
            rollout.step(Timestamp(second * 1000), |rollout, member| {
                self.look(rollout, member)
            });
        }
    }
}

fn plan() -> Plan {
    Plan {
        answer_within_s: 60,
        watch_s: 10,
        ..Plan::default()
    }
}

#[test]
fn stages_reach_one_then_some_then_all() {
    let world = World::default();
    let mut rollout = begin(plan(), 10).unwrap();
    let mut asked = vec![rollout.members.iter().filter(|one| one.orders > 0).count()];
    for second in 0..60 {
        world.run(&mut rollout, second, 1);
        let now = rollout.members.iter().filter(|one| one.orders > 0).count();
        if asked.last() != Some(&now) {
            // Nobody new is asked before all that were asked before are healthy.
            assert_eq!(rollout.count(M::Healthy), *asked.last().unwrap());
            asked.push(now);
        }
    }
    assert_eq!(asked, [1, 3, 10]);
    assert_eq!(rollout.standing, Standing::Done);
    assert_eq!(rollout.count(M::Healthy), 10);
}

#[test]
fn one_that_fails_stops_it_with_the_reason() {
    let world = World {
        fails: vec!["ox-1"],
        ..World::default()
    };
    let mut rollout = begin(plan(), 10).unwrap();
    world.run(&mut rollout, 0, 200);
    assert_eq!((rollout.standing, rollout.stage), (Standing::Halted, 1));
    assert_eq!(rollout.count(M::Waiting), 7);
    let last = rollout.steps.last().unwrap();
    assert_eq!((last.what, last.by.as_deref()), (StepKind::Halted, None));
    assert!(last.why.as_ref().unwrap().en.contains("ox-1: as it is"));
    assert_eq!(
        rollout.halt("x", None, Timestamp(0)),
        Err(RolloutError::NotRunning)
    );

    // Somebody lets it go on, and then takes it back.
    let mut on = rollout.clone();
    on.go_on("he.technician", Timestamp(200_000)).unwrap();
    world.run(&mut on, 200, 100);
    assert_eq!(on.standing, Standing::Done);
    assert_eq!((on.count(M::Healthy), on.count(M::Failed)), (9, 1));
    rollout
        .roll_back("he.technician", None, Timestamp(200_000))
        .unwrap();
    world.run(&mut rollout, 200, 10);
    assert_eq!(rollout.standing, Standing::RolledBack);
    assert_eq!((rollout.count(M::Back), rollout.count(M::LeftOut)), (3, 7));
    assert_eq!(
        rollout.roll_back("x", None, Timestamp(0)),
        Err(RolloutError::Back)
    );
}

#[test]
fn one_that_says_nothing_counts_as_failed_and_is_put_back_when_it_comes() {
    let mut world = World {
        mute: vec!["ox-0"],
        ..World::default()
    };
    let mut rollout = begin(plan(), 3).unwrap();
    world.run(&mut rollout, 0, 60);
    assert_eq!(rollout.standing, Standing::Running);
    world.run(&mut rollout, 60, 1);
    assert_eq!(rollout.standing, Standing::Halted);
    rollout
        .roll_back("he.technician", None, Timestamp(61_000))
        .unwrap();
    world.run(&mut rollout, 61, 1000);
    assert_eq!(rollout.standing, Standing::RollingBack);
    world.mute.clear();
    world.run(&mut rollout, 1061, 1);
    assert_eq!(rollout.standing, Standing::RolledBack);
}

#[test]
fn one_that_was_healthy_and_is_no_more_stops_the_next_stage() {
    let world = World::default();
    let mut rollout = begin(plan(), 3).unwrap();
    world.run(&mut rollout, 0, 13);
    assert_eq!((rollout.stage, rollout.standing), (1, Standing::Running));
    world
        .software
        .borrow_mut()
        .insert("ox-0".to_owned(), "1.3.0".to_owned());
    world.run(&mut rollout, 13, 1);
    assert_eq!(rollout.standing, Standing::Halted);
    let why = rollout.steps.last().unwrap().why.clone().unwrap();
    assert!(why.en.contains("1.3.0"), "{why:?}");
}

#[test]
fn who_was_away_gives_devices_their_time_again() {
    let world = World {
        mute: vec!["ox-0"],
        ..World::default()
    };
    let mut rollout = begin(plan(), 1).unwrap();
    let kept = serde_json::to_string(&rollout).unwrap();
    rollout = serde_json::from_str(&kept).unwrap();
    rollout.resume(Timestamp(3_600_000));
    world.run(&mut rollout, 3600, 59);
    assert_eq!(rollout.standing, Standing::Running);
}

#[test]
fn plans_that_make_no_sense_are_refused() {
    let of = |stages: Vec<Stage>| {
        let plan = Plan { stages, ..plan() };
        begin(plan, 8).map(drop)
    };
    assert_eq!(of(vec![]), Err(RolloutError::Stages));
    assert_eq!(of(vec![Stage::Percent(50)]), Err(RolloutError::Stages));
    let back = vec![Stage::Devices(5), Stage::Percent(10), Stage::Percent(100)];
    assert_eq!(of(back), Err(RolloutError::Stages));
    assert_eq!(of(vec![Stage::Percent(100)]), Ok(()));
    assert_eq!(begin(plan(), 0).map(drop), Err(RolloutError::NoDevice));
    let never = Plan {
        answer_within_s: 0,
        ..plan()
    };
    assert_eq!(begin(never, 8).map(drop), Err(RolloutError::Times));
}

proptest! {
    /// Whatever fails, no stage is asked while one before it is not settled, and no more fail than are allowed
    /// before it stops.
    #[test]
    fn no_stage_runs_ahead(count in 1_usize..40, failing in 0_usize..40, most_failed in 0_u32..3) {
        let names = ["ox-0", "ox-1", "ox-2", "ox-3", "ox-4", "ox-5", "ox-6", "ox-7", "ox-8", "ox-9"];
        let world = World {
            fails: names.iter().copied().skip(failing % 10).take(2).collect(),
            ..World::default()
        };
        let mut rollout = begin(Plan { most_failed, ..plan() }, count).unwrap();
        for second in 0..120 {
            world.run(&mut rollout, second, 1);
            for member in &rollout.members {
                if member.orders > 0 {
                    let before = rollout.members.iter().filter(|one| one.stage < member.stage);
                    for one in before {
                        prop_assert!(matches!(one.standing, M::Healthy | M::Failed));
                    }
                }
            }
        }
        let failed = rollout.count(M::Failed);
        let expected = if failed > most_failed as usize { Standing::Halted } else { Standing::Done };
        prop_assert_eq!(rollout.standing, expected);
    }
}
