//! Alarms between people: taking, escalating, pausing, ending; and what must hold whatever happens.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

use alarms::{
    About, Act, Alarm, Board, Candidate, Change, Changed, Dispatch, Escalation, OfferState,
    Outcome, Place, PlanRun, Presence, Refused, Sample, Step, Watch, escalation, nearest, plans,
    ward_rules,
};
use proptest::prelude::*;
use vocabulary::Timestamp;

const START: i64 = 1_700_000_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp(START + seconds * 1000)
}

fn began(rule: &str, seconds: i64) -> Change {
    Change {
        at: at(seconds),
        rule: rule.to_owned(),
        changed: Changed::Began { read: Vec::new() },
    }
}

fn ended(rule: &str, seconds: i64) -> Change {
    Change {
        changed: Changed::Ended,
        ..began(rule, seconds)
    }
}

fn board_with(rule: &str) -> (Board, String) {
    let mut board = Board::new(escalation().clone());
    let id = board
        .apply("bed-1", Some("p1"), &began(rule, 0), &ward_rules(), at(0))
        .unwrap();
    (board, id)
}

fn told(alarm: &Alarm) -> Vec<(i64, &str)> {
    let told = alarm
        .steps
        .iter()
        .filter_map(|stepped| match &stepped.step {
            Step::Told { to, .. } => Some(((stepped.at.0 - START) / 1000, to.as_str())),
            _ => None,
        });
    told.collect()
}

#[test]
fn what_nobody_takes_goes_from_one_to_the_next() {
    let (mut board, id) = board_with("news2-high");
    for second in 0..=200 {
        board.tick(at(second));
    }
    let alarm = board.alarm(&id).unwrap();
    assert_eq!(
        told(alarm),
        [
            (0, "bed-nurse"),
            (30, "ward-nurse"),
            (60, "charge-nurse"),
            (120, "doctor-on-duty")
        ]
    );
    assert!(alarm.calls(at(200)));
}

#[test]
fn who_takes_it_stops_the_escalation_and_who_gives_it_back_starts_it_anew() {
    let (mut board, id) = board_with("news2-high");
    board.tick(at(31));
    board.act(&id, Act::Take, "wang.nurse", at(40)).unwrap();
    board.tick(at(500));
    let alarm = board.alarm(&id).unwrap();
    assert_eq!(told(alarm).len(), 2);
    assert!(!alarm.calls(at(500)));
    let refused = board.act(&id, Act::GiveBack, "li", at(501));
    assert_eq!(refused.unwrap_err(), Refused::NotYours);
    board
        .act(&id, Act::GiveBack, "wang.nurse", at(501))
        .unwrap();
    board.tick(at(531));
    assert_eq!(
        told(board.alarm(&id).unwrap()).last(),
        Some(&(531, "ward-nurse"))
    );
}

#[test]
fn it_cannot_be_ended_by_somebody_who_did_not_take_it_nor_by_the_condition_alone() {
    let (mut board, id) = board_with("spo2-low");
    let close = Act::Close {
        outcome: Outcome::Treated,
    };
    assert_eq!(
        board
            .act(&id, close.clone(), "wang.nurse", at(5))
            .unwrap_err(),
        Refused::NotTaken
    );
    // Whoever is at the bed with it in hand is not left with nothing from afar.
    board.act(&id, Act::Take, "wang.nurse", at(6)).unwrap();
    assert_eq!(
        board
            .act(&id, close.clone(), "li.terminal", at(7))
            .unwrap_err(),
        Refused::NotYours
    );
    board.act(&id, Act::GiveBack, "wang.nurse", at(8)).unwrap();
    board.apply("bed-1", None, &ended("spo2-low", 20), &ward_rules(), at(23));
    assert_eq!(
        board.alarm(&id).unwrap().presence,
        Presence::Gone { at: at(20) }
    );
    assert_eq!(board.open().len(), 1);
    // The sound of an alarm that does not latch is over, its escalation too; it stays on the list.
    assert!(!board.alarm(&id).unwrap().calls(at(30)));
    board.tick(at(5000));
    assert_eq!(told(board.alarm(&id).unwrap()).len(), 1);
    board.act(&id, Act::Take, "wang.nurse", at(5001)).unwrap();
    board
        .act(&id, close.clone(), "wang.nurse", at(5002))
        .unwrap();
    assert!(board.open().is_empty());
    assert_eq!(
        board.act(&id, close, "wang.nurse", at(5003)).unwrap_err(),
        Refused::Ended
    );
}

#[test]
fn an_alarm_that_latches_goes_on_calling() {
    let (mut board, id) = board_with("news2-high");
    board.apply(
        "bed-1",
        None,
        &ended("news2-high", 20),
        &ward_rules(),
        at(23),
    );
    board.tick(at(61));
    assert!(board.alarm(&id).unwrap().calls(at(61)));
    assert_eq!(told(board.alarm(&id).unwrap()).len(), 3);
}

#[test]
fn what_comes_back_does_not_stand_there_twice() {
    let (mut board, id) = board_with("spo2-low");
    board.apply("bed-1", None, &ended("spo2-low", 20), &ward_rules(), at(20));
    let again = board
        .apply(
            "bed-1",
            Some("p1"),
            &began("spo2-low", 40),
            &ward_rules(),
            at(40),
        )
        .unwrap();
    assert_eq!(again, id);
    assert_eq!(board.open().len(), 1);
    assert!(board.alarm(&id).unwrap().calls(at(41)));
    // At another bed it is another alarm, and after its end a new one.
    board
        .apply("bed-2", None, &began("spo2-low", 41), &ward_rules(), at(41))
        .unwrap();
    assert_eq!(board.open().len(), 2);
}

#[test]
fn what_begins_of_somebody_else_in_the_bed_does_not_come_back_onto_the_one_before() {
    let mut board = Board::new(escalation().clone());
    let rules = ward_rules();
    let about = |patient| About {
        bed: "bed-1",
        device: Some("pump"),
        patient: Some(patient),
    };
    let apply = |board: &mut Board, patient, change: &Change| {
        board.apply_about(about(patient), change, &rules, change.at)
    };
    let before = apply(&mut board, "p", &began("device-fault", 0)).unwrap();
    assert_eq!(board.leave("bed-1", at(5)), [before.as_str()]);
    let own = apply(&mut board, "q", &began("device-fault", 10)).unwrap();
    assert_eq!(board.alarm(&own).unwrap().patient.as_deref(), Some("q"));
    let presence = |board: &Board, id: &str| board.alarm(id).unwrap().presence;
    assert_eq!(presence(&board, &before), Presence::Gone { at: at(5) });
    assert_eq!(presence(&board, &own), Presence::Present);
    let words = vec!["occlusion".to_owned()];
    let said = board.say(about("q"), "device-fault", &words, at(11));
    assert_eq!(said.as_ref(), Some(&own));
    let over = apply(&mut board, "q", &ended("device-fault", 20));
    assert_eq!(over.as_ref(), Some(&own));
    assert_eq!(apply(&mut board, "q", &began("device-fault", 30)), over);
}

#[test]
fn pauses_have_an_end_and_do_not_stop_the_escalation() {
    let (mut board, id) = board_with("news2-high");
    let longest = escalation().high.pause_at_most_s;
    for for_s in [0, longest + 1] {
        let refused = board.act(&id, Act::Pause { for_s }, "wang.nurse", at(1));
        assert_eq!(
            refused.unwrap_err(),
            Refused::TooLong { at_most_s: longest }
        );
    }
    board
        .act(&id, Act::Pause { for_s: 100 }, "wang.nurse", at(1))
        .unwrap();
    assert!(!board.alarm(&id).unwrap().calls(at(50)));
    board.tick(at(60));
    assert_eq!(told(board.alarm(&id).unwrap()).len(), 3);
    board.tick(at(101));
    let alarm = board.alarm(&id).unwrap();
    assert!(alarm.calls(at(101)) && alarm.paused_until.is_none());
    assert!(
        alarm
            .steps
            .iter()
            .any(|stepped| stepped.step == Step::PauseEnded)
    );
}

#[test]
fn a_pause_ends_for_who_is_told_next_and_is_made_once_until_then() {
    let (mut board, id) = board_with("news2-high");
    let pause = |board: &mut Board, second: i64| {
        let for_s = escalation().high.pause_at_most_s;
        let done = board.act(&id, Act::Pause { for_s }, "wang.nurse", at(second));
        done.map(drop)
    };
    let calls = |board: &mut Board, second: i64| {
        board.tick(at(second));
        board.alarm(&id).unwrap().calls(at(second))
    };
    assert_eq!(pause(&mut board, 1), Ok(()));
    assert!(!calls(&mut board, 29));
    assert_eq!(pause(&mut board, 29), Err(Refused::PausedBefore));
    // The next person hears it, whatever the first did.
    assert!(calls(&mut board, 30));
    let steps = &board.alarm(&id).unwrap().steps;
    assert!(
        steps
            .windows(2)
            .any(|pair| pair[0].step == Step::PauseEnded && pair[0].at == at(30))
    );
    assert_eq!(pause(&mut board, 31), Ok(()));
    assert!(calls(&mut board, 60) && calls(&mut board, 120));
    // All were told: one pause more, and then it is heard until somebody takes it.
    assert_eq!(pause(&mut board, 121), Ok(()));
    assert!(!calls(&mut board, 240) && calls(&mut board, 241));
    assert_eq!(pause(&mut board, 500), Err(Refused::PausedBefore));
    // Who gives it back begins anew, by name.
    board.act(&id, Act::Take, "wang.nurse", at(501)).unwrap();
    board
        .act(&id, Act::GiveBack, "wang.nurse", at(502))
        .unwrap();
    assert_eq!(pause(&mut board, 503), Ok(()));
}

#[test]
fn an_alarm_is_known_as_it_stood_at_any_moment() {
    let (mut board, id) = board_with("news2-high");
    board.tick(at(31));
    board
        .act(&id, Act::Pause { for_s: 60 }, "wang.nurse", at(35))
        .unwrap();
    board.act(&id, Act::Take, "wang.nurse", at(40)).unwrap();
    board.apply(
        "bed-1",
        None,
        &ended("news2-high", 50),
        &ward_rules(),
        at(50),
    );
    board
        .act(
            &id,
            Act::Close {
                outcome: Outcome::Treated,
            },
            "wang.nurse",
            at(70),
        )
        .unwrap();
    let alarm = board.alarm(&id).unwrap();
    let then = |second: i64| alarm.as_of(at(second)).unwrap();
    assert!(alarm.as_of(at(-1)).is_none());
    assert_eq!((then(0).level, then(31).level), (0, 1));
    assert!(then(36).is_paused(at(36)) && then(36).taken.is_none());
    assert!(then(40).taken.is_some() && then(40).closed.is_none());
    assert_eq!(then(60).presence, Presence::Gone { at: at(50) });
    assert_eq!(then(70), *alarm);
}

#[test]
fn the_most_urgent_stand_first() {
    let mut board = Board::new(escalation().clone());
    for (bed, rule, second) in [
        ("b1", "bed-left", 0),
        ("b2", "spo2-low", 1),
        ("b3", "news2-high", 2),
        ("b4", "news2-high", 1),
    ] {
        board.apply(bed, None, &began(rule, second), &ward_rules(), at(second));
    }
    let beds: Vec<&str> = board
        .open()
        .iter()
        .map(|alarm| alarm.bed.as_str())
        .collect();
    assert_eq!(beds, ["b4", "b3", "b2", "b1"]);
}

#[test]
fn an_escalation_that_tells_nobody_at_once_is_refused() {
    let good = include_str!("../rules/escalation.toml");
    assert!(Escalation::read(good).is_ok());
    for (from, to) in [
        (
            "{ after-s = 0, to = \"bed-nurse\" }",
            "{ after-s = 5, to = \"bed-nurse\" }",
        ),
        ("after-s = 60, to", "after-s = 20, to"),
        ("pause-at-most-s = 120", "pause-at-most-s = 0"),
    ] {
        assert!(
            Escalation::read(&good.replacen(from, to, 1)).is_err(),
            "{to}"
        );
    }
}

#[test]
fn the_next_is_asked_when_one_declines_or_does_not_answer() {
    let room = |room: &str| Place {
        ward: Some("w1".to_owned()),
        room: Some(room.to_owned()),
        floor_m: None,
    };
    let candidate = |id: &str, place: Place, free: bool| Candidate {
        id: id.to_owned(),
        role: "ward-nurse".to_owned(),
        place,
        seen_at: None,
        free,
    };
    let tagged = |x: f64| Place {
        floor_m: Some([x, 0.0]),
        ..Place::default()
    };
    let candidates = [
        candidate("far", tagged(30.0), true),
        candidate("near", tagged(4.0), true),
        candidate("busy", room("r1"), false),
        candidate("here", room("r1"), true),
        candidate("lost", Place::default(), true),
        candidate("ward", room("r9"), true),
    ];
    let to = Place {
        floor_m: Some([0.0, 0.0]),
        ..room("r1")
    };
    let order: Vec<&str> = nearest(&to, "ward-nurse", &candidates)
        .iter()
        .map(|(c, _)| c.id.as_str())
        .collect();
    assert_eq!(order, ["here", "near", "far", "ward", "lost"]);
    let mut dispatch = Dispatch::new("ward-nurse", to, 30);
    assert!(dispatch.tick(&candidates, at(0)));
    assert!(!dispatch.answer("near", true));
    assert!(dispatch.answer("here", false));
    assert!(dispatch.tick(&candidates, at(1)));
    assert!(!dispatch.tick(&candidates, at(30)));
    assert!(dispatch.tick(&candidates, at(31)));
    assert!(dispatch.answer("far", true));
    assert!(!dispatch.tick(&candidates, at(500)));
    let states: Vec<OfferState> = dispatch.offers.iter().map(|offer| offer.state).collect();
    assert_eq!(
        states,
        [
            OfferState::Declined,
            OfferState::Expired,
            OfferState::Accepted
        ]
    );
    assert_eq!(dispatch.accepted().unwrap().to, "far");
    // Only who comes can be there; once there, nobody else is asked.
    assert!(!dispatch.arrive("near", at(501)));
    assert!(dispatch.arrive("far", at(502)));
    assert!(!dispatch.arrive("far", at(503)));
    let there = dispatch.accepted().unwrap();
    assert_eq!(
        (there.state, there.arrived_at),
        (OfferState::Arrived, Some(at(502)))
    );
    assert!(!dispatch.tick(&candidates, at(1000)));
}

#[test]
fn who_did_not_answer_in_time_may_come_until_somebody_does() {
    let all = ["one", "other"].map(|id| Candidate {
        id: id.to_owned(),
        role: "ward-nurse".to_owned(),
        place: Place::default(),
        seen_at: None,
        free: true,
    });
    let mut dispatch = Dispatch::new("ward-nurse", Place::default(), 30);
    assert!(dispatch.tick(&all, at(0)));
    assert!(!dispatch.is_late(at(0), at(29)) && dispatch.is_late(at(0), at(30)));
    assert!(dispatch.tick(&all, at(30)));
    assert!(dispatch.asks("one") && dispatch.asks("other") && !dispatch.asks("third"));
    assert!(dispatch.answer("one", true));
    let states: Vec<OfferState> = dispatch.offers.iter().map(|offer| offer.state).collect();
    assert_eq!(states, [OfferState::Accepted, OfferState::Expired]);
    assert!(!dispatch.asks("other") && !dispatch.answer("other", true));
    assert!(!dispatch.is_late(at(0), at(500)));
}

#[test]
fn who_has_another_duty_than_was_wanted_is_told_whether_nobody_was_free_or_nobody_accepted() {
    let all = ["ward-nurse", "charge-nurse"].map(|role| Candidate {
        id: role.to_owned(),
        role: role.to_owned(),
        place: Place::default(),
        seen_at: None,
        free: true,
    });
    let roles = ["bed-nurse", "ward-nurse", "charge-nurse"].map(str::to_owned);
    let mut dispatch = Dispatch::new("bed-nurse", Place::default(), 30);
    assert!(dispatch.tick_among(&roles, &all, at(0)));
    assert!(dispatch.tick_among(&roles, &all, at(30)));
    for (offer, [zh, en]) in dispatch.offers.iter().zip([
        ["所需岗位无人空闲，", "since nobody of that duty is free, "],
        ["无人接受，", "since nobody accepted, "],
    ]) {
        assert!(offer.why.zh.starts_with(zh) && offer.why.en.starts_with(en));
    }
}

#[test]
fn a_plan_says_what_is_overdue() {
    let mut run = PlanRun::start("urgent-review", "a1", "wang.nurse", true, at(0)).unwrap();
    assert!(PlanRun::start("panic", "a1", "wang.nurse", true, at(0)).is_none());
    assert!(run.overdue(at(300)).is_empty());
    assert_eq!(run.overdue(at(301))[0].id, "at-bed");
    assert!(run.do_step("at-bed", "wang.nurse", at(302)));
    assert!(run.do_step("at-bed", "another", at(303)));
    assert_eq!(run.done[0].by, "wang.nurse");
    assert!(!run.do_step("dance", "wang.nurse", at(303)));
    assert!(run.overdue(at(304)).is_empty());
    for plan in plans() {
        assert!(plan.needs_confirmation, "{}", plan.id);
    }
}

/// Values of a bed second by second, with places where the sensor is off.
fn values() -> impl Strategy<Value = Vec<Option<(f64, f64, f64)>>> {
    let one = (60_u8..=100, 0_u8..=160, 4_u8..=40)
        .prop_map(|(spo2, pulse, rr)| (f64::from(spo2), f64::from(pulse), f64::from(rr)));
    // Runs of equal values, so that delays can pass.
    let run = (proptest::option::weighted(0.9, one), 1_usize..60);
    proptest::collection::vec(run, 1..20)
        .prop_map(|runs| runs.into_iter().flat_map(|(v, n)| vec![v; n]).collect())
}

fn samples(values: &[Option<(f64, f64, f64)>]) -> Vec<Sample> {
    let mut all = Vec::new();
    for (second, value) in (0_i64..).zip(values) {
        let Some((spo2, pulse, rr)) = value else {
            continue;
        };
        for (signal, value) in [
            ("spo2", spo2),
            ("heart-rate", pulse),
            ("pulse", pulse),
            ("respiratory-rate", rr),
        ] {
            all.push(Sample {
                signal: signal.to_owned(),
                at: at(second),
                value: *value,
            });
        }
    }
    all
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24,
        failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_order_of_arrival_within_the_bound_changes_nothing(
        values in values(),
        delays_ms in proptest::collection::vec(0_i64..3000, 1..50),
        doubled in any::<bool>(),
        every in 1_i64..7,
    ) {
        let samples = samples(&values);
        let end = at(i64::try_from(values.len()).unwrap() + 200);
        let mut in_order = Watch::new(ward_rules());
        for sample in &samples {
            in_order.sample(sample.clone()).unwrap();
        }
        let expected = in_order.advance(end);
        // Each arrives up to three seconds late, some twice, and the rules are looked at in between.
        let mut arriving: Vec<(i64, &Sample)> = samples.iter().enumerate()
            .map(|(n, sample)| (sample.at.0 + delays_ms[n % delays_ms.len()], sample)).collect();
        arriving.sort_by_key(|(when, _)| *when);
        let mut shuffled = Watch::new(ward_rules());
        let mut got = Vec::new();
        for (n, (when, sample)) in (0_i64..).zip(arriving) {
            shuffled.sample(sample.clone()).unwrap();
            if doubled {
                shuffled.sample(sample.clone()).unwrap();
            }
            if n % every == 0 {
                got.extend(shuffled.advance(Timestamp(when)));
            }
        }
        got.extend(shuffled.advance(end));
        prop_assert_eq!(got, expected);
        prop_assert_eq!(shuffled.late(), 0);
    }

    #[test]
    fn no_alarm_is_lost_and_every_pause_ends(
        values in values(),
        acts in proptest::collection::vec((0_i64..600, 0_u8..5, 1_u32..2000, any::<proptest::sample::Index>()), 0..40),
    ) {
        let rules = ward_rules();
        let mut watch = Watch::new(rules.clone());
        for sample in samples(&values) {
            watch.sample(sample).unwrap();
        }
        let mut board = Board::new(escalation().clone());
        let mut acts = acts;
        acts.sort_by_key(|(when, ..)| *when);
        let mut acts = acts.into_iter().peekable();
        let (mut raised, mut closed) = (0_usize, 0_usize);
        for second in 0..2500 {
            let now = at(second);
            for change in watch.advance(now) {
                let began = matches!(change.changed, Changed::Began { .. });
                let standing = board.open().iter().any(|alarm| alarm.rule == change.rule);
                let touched = board.apply("bed-1", Some("p"), &change, &rules, now);
                if began {
                    // Whatever began stands on the board, present and calling, or taken by somebody.
                    let alarm = board.alarm(&touched.unwrap()).unwrap();
                    prop_assert_eq!(alarm.presence, Presence::Present);
                    prop_assert!(alarm.closed.is_none());
                    raised += usize::from(!standing);
                }
            }
            board.tick(now);
            while let Some((_, act, seconds, which)) = acts.next_if(|(when, ..)| *when <= second) {
                let ids: Vec<String> = board.open().iter().map(|alarm| alarm.id.clone()).collect();
                if ids.is_empty() {
                    continue;
                }
                let id = &ids[which.index(ids.len())];
                let act = match act {
                    0 => Act::Take,
                    1 => Act::GiveBack,
                    2 | 3 => Act::Pause { for_s: seconds },
                    _ => Act::Close { outcome: Outcome::NothingNeeded },
                };
                let closes = matches!(act, Act::Close { .. });
                let rule = board.alarm(id).unwrap().rule.clone();
                if board.act(id, act, "nurse", now).is_ok() && closes {
                    closed += 1;
                    watch.look_again(&rule);
                }
            }
            // What is open and untaken was told to all levels whose time has come.
            for alarm in board.open() {
                if let Some(until) = alarm.paused_until {
                    prop_assert!(until > now);
                    prop_assert!(until.0 - now.0 <= i64::from(escalation().of(alarm.priority).pause_at_most_s) * 1000);
                }
                if alarm.taken.is_none() && (alarm.presence == Presence::Present || alarm.latching) {
                    let passed = (now.0 - alarm.untaken_since.0) / 1000;
                    let due = escalation().of(alarm.priority).levels.iter()
                        .filter(|level| i64::from(level.after_s) <= passed).count();
                    prop_assert!(alarm.level + 1 >= due, "{alarm:?}");
                }
            }
        }
        prop_assert_eq!(board.open().len() + closed, raised);
        prop_assert_eq!(board.all().count(), raised);
        prop_assert!(board.open().iter().all(|alarm| alarm.paused_until.is_none()));
    }
}

#[test]
fn an_alarm_that_is_led_elsewhere_is_only_shown_until_it_is_led_here() {
    let rule = "news2-high";
    let (elsewhere, id) = board_with(rule);
    let shown = elsewhere.alarm(&id).unwrap().clone();
    let mut board = Board::new(escalation().clone());
    board.show(shown.clone());
    let rules = ward_rules();
    // Neither rules, nor the clock, nor who leaves the bed change it.
    assert_eq!(
        board.apply("bed-1", None, &ended(rule, 5), &rules, at(5)),
        None
    );
    assert!(board.leave("bed-1", at(6)).is_empty());
    assert!(board.tick(at(3600)).is_empty());
    assert_eq!(board.open(), [&shown]);
    // What is found here is another alarm.
    let own = board
        .apply("bed-1", None, &began(rule, 7), &rules, at(7))
        .unwrap();
    assert_ne!(own, id);
    assert_eq!(board.open().len(), 2);
    assert!(board.is_led_elsewhere(&id) && !board.is_led_elsewhere(&own));
    board.lead(&id, at(8));
    assert_eq!(board.tick(at(3600)), [id.as_str(), own.as_str()]);
    // Who looks at it later sees up to where it is known from elsewhere.
    let steps = &board.alarm(&id).unwrap().steps;
    assert!(
        steps
            .iter()
            .any(|one| one.step == Step::Unheard && one.at == at(8))
    );
}

#[test]
fn an_alarm_that_nothing_is_heard_of_goes_on_here_until_what_leads_it_says_how_it_stands() {
    let (elsewhere, id) = board_with("news2-high");
    let told_last = elsewhere.alarm(&id).unwrap().clone();
    let mut board = Board::new(escalation().clone());
    board.show(told_last.clone());
    assert!(!board.goes_on_here(&id));
    assert_eq!(board.go_on(&id, at(63)), Some(told_last.clone()));
    assert!(board.goes_on_here(&id) && board.go_on(&id, at(64)).is_none());
    // Nobody waits longer than had it been led here: those whose time has come are told at once, the others in time.
    assert_eq!(board.tick(at(64)), [id.as_str()]);
    board.tick(at(130));
    let alarm = board.alarm(&id).unwrap();
    assert_eq!(
        told(alarm),
        [
            (0, "bed-nurse"),
            (64, "ward-nurse"),
            (64, "charge-nurse"),
            (130, "doctor-on-duty")
        ]
    );
    // Who takes it here answers for it, and ends it.
    board.act(&id, Act::Take, "far", at(131)).unwrap();
    let close = Act::Close {
        outcome: Outcome::Treated,
    };
    board.act(&id, close.clone(), "far", at(140)).unwrap();
    // It is not forgotten before it is known how it stands where it is led; what is said there then holds.
    board.forget_closed_before(at(1_000_000));
    assert!(board.alarm(&id).is_some());
    board.show(told_last.clone());
    assert!(!board.goes_on_here(&id));
    assert_eq!(board.open(), [&told_last]);
    // What somebody has taken there stands still, and so does what is led here already.
    let mut taken = told_last;
    taken.taken = Some(alarms::Taken {
        by: "near".to_owned(),
        at: at(10),
    });
    board.show(taken);
    assert!(board.go_on(&id, at(200)).is_none());
    board.lead(&id, at(200));
    assert!(board.goes_on_here(&id) && board.go_on(&id, at(201)).is_none());
    // Once it is led here and somebody ended it, it is forgotten as any other.
    board.act(&id, Act::Take, "far", at(202)).unwrap();
    board.act(&id, close, "far", at(203)).unwrap();
    board.forget_closed_before(at(1_000_000));
    assert!(board.alarm(&id).is_none());
}

#[test]
fn acts_and_refusals_are_the_same_at_both_ends_of_a_line() {
    for act in [
        Act::Take,
        Act::Pause { for_s: 60 },
        Act::StartPlan {
            plan: "p".to_owned(),
            drill: true,
        },
        Act::Close {
            outcome: Outcome::FalseAlarm,
        },
    ] {
        let text = serde_json::to_string(&act).unwrap();
        assert_eq!(serde_json::from_str::<Act>(&text).unwrap(), act);
    }
    let text = serde_json::to_string(&Refused::TooLong { at_most_s: 9 }).unwrap();
    assert_eq!(
        serde_json::from_str::<Refused>(&text).unwrap(),
        Refused::TooLong { at_most_s: 9 }
    );
    assert!(serde_json::from_str::<Act>(r#"{"act":"drop"}"#).is_err());
}

#[test]
fn each_device_of_a_bed_has_alarms_of_its_own_and_its_words_change_now_and_then() {
    let mut board = Board::new(escalation().clone());
    let about = |device| About {
        bed: "bed-1",
        device,
        patient: Some("p"),
    };
    let (pump, monitor) = (about(Some("pump")), about(Some("monitor")));
    let rules = ward_rules();
    let began = began("device-fault", 0);
    let ids = [about(None), pump, monitor]
        .map(|about| board.apply_about(about, &began, &rules, at(0)).unwrap());
    assert_eq!(board.open().len(), 3);
    board.act(&ids[1], Act::Take, "wang", at(5)).unwrap();
    assert!(board.alarm(&ids[2]).unwrap().taken.is_none());
    let words = |text: &str| vec![text.to_owned()];
    let mut say = |second, text: &str| board.say(pump, "device-fault", &words(text), at(second));
    assert_eq!(say(6, "occlusion"), Some(ids[1].clone()));
    // The same again, and other words at once, are nothing new.
    assert_eq!(say(20, "occlusion"), None);
    assert_eq!(say(21, "door open"), None);
    assert_eq!(say(36, "door open"), Some(ids[1].clone()));
    assert_eq!(
        board.say(pump, "device-clock-slow", &words("x"), at(99)),
        None
    );
    let alarm = board.alarm(&ids[1]).unwrap();
    assert_eq!(alarm.said, ["door open"]);
    assert!(alarm.taken.is_some(), "new words call nobody anew");
    assert_eq!(alarm.as_of(at(30)).unwrap().said, ["occlusion"]);
    // What is over for one device stands for the other.
    board.apply_about(pump, &ended("device-fault", 40), &rules, at(40));
    assert_eq!(
        board.say(pump, "device-fault", &words("again"), at(99)),
        None
    );
    let presence = |id: &str| board.alarm(id).unwrap().presence;
    assert_eq!(presence(&ids[1]), Presence::Gone { at: at(40) });
    assert_eq!(presence(&ids[2]), Presence::Present);
}
