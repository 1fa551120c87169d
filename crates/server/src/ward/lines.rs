//! Lines to edges. An edge that falls silent is an alarm of its wards, like a sensor that does. What it leads and nobody
//! is known to have taken goes on here meanwhile: silence at both ends would be nobody's. What it says once it is heard
//! again holds, and what was done here stays beside it.

use std::collections::BTreeMap;

use alarms::{Presence, Sample};
use vocabulary::{ActorId, Timestamp};

use super::{Beside, Kept, State, Thing, kept::Led};
use crate::edges::LineNow;

/// An alarm about a line is about this, the edge and its ward.
const EDGE: &str = "Edge/";
/// The signal by which rules look at a line.
const LINE: &str = "edge-line";
/// The signal by which rules look at how far the clock of an edge is off beyond doubt.
const CLOCK: &str = "edge-clock";

/// The edge and the ward that an alarm about a line names.
pub(super) fn parts(about: &str) -> Option<(&str, &str)> {
    about.strip_prefix(EDGE)?.rsplit_once('/')
}

impl State {
    /// Takes how the lines to all edges are now.
    pub(super) fn hear_lines(&mut self, lines: &[LineNow], now: Timestamp) {
        let mut watched = Vec::new();
        for line in lines {
            for ward in self.places.wards_of(&line.locations) {
                let about = format!("{EDGE}{}/{ward}", line.edge);
                self.hear_line(&about, line, now);
                watched.push(about);
            }
        }
        lines.clone_into(&mut self.lines);
        self.watch_no_more(EDGE, now, |id| watched.iter().any(|one| one == id));
        let locations = lines
            .iter()
            .map(|line| (line.edge.clone(), line.locations.clone()));
        let works_for: BTreeMap<_, _> = locations.collect();
        if self.works_for != works_for {
            for (edge, locations) in &works_for {
                if self.works_for.get(edge) != Some(locations) {
                    self.leave_only(edge, locations);
                }
            }
            self.works_for = works_for;
            // Who waits for what devices send is another now.
            self.await_devices(now);
        }
        // What is an edge no more judges nothing: what it looked at is looked at here.
        let is_edge = |edge: &ActorId| lines.iter().any(|line| line.edge == *edge);
        self.by_edge.retain(|_, edge| is_edge(edge));
        self.left_to.retain(|edge, _| is_edge(edge));
        // So are errands that it led: who was sent still comes, and somebody here ends them.
        for mission in self.missions.values_mut() {
            let is_its = |led: &mut Led| lines.iter().all(|line| line.edge != led.edge);
            if mission.led.take_if(is_its).is_some() {
                self.unkept_missions.insert(mission.id.clone());
            }
        }
        let led = self.beside.iter().filter_map(|(id, beside)| {
            let edge = &beside.led.as_ref()?.edge;
            Some((id.clone(), lines.iter().find(|line| line.edge == *edge)))
        });
        for (id, line) in led.collect::<Vec<_>>() {
            match line {
                Some(line) if line.is_silent => self.go_on(&id, now),
                None => self.take_over(&id, now),
                Some(line) if line.heard.is_some() => self.put_back(&id, now),
                // This program was started just now.
                Some(_) => {}
            }
        }
    }

    /// The edges that work for a ward of which not all is known here until now: what is shown of it is old.
    pub(super) fn old_in(&self, ward: &str) -> impl Iterator<Item = &LineNow> {
        let works_for = move |line: &LineNow| self.places.wards_of(&line.locations).contains(ward);
        let is_old =
            move |line: &&LineNow| (line.is_silent || line.as_of.is_old()) && works_for(line);
        self.lines.iter().filter(is_old)
    }

    fn hear_line(&mut self, about: &str, line: &LineNow, now: Timestamp) {
        if !self.things.contains_key(about) {
            let mut thing = Thing::begin(&self.rules, now);
            let open = self.board.open().into_iter();
            let mut present = open
                .filter(|alarm| alarm.bed == about && alarm.presence == Presence::Present)
                .peekable();
            // One that was silent when the program ended is so until it is heard.
            let is_silent = present.peek().is_some();
            thing
                .watch
                .expect(LINE, if is_silent { Timestamp(0) } else { now });
            for alarm in present {
                thing.watch.stands(&alarm.rule);
            }
            self.things.insert(about.to_owned(), thing);
        }
        let Some(heard) = line
            .heard
            .filter(|heard| self.heard.get(about) < Some(heard))
        else {
            return;
        };
        self.heard.insert(about.to_owned(), heard);
        let off_s = line.skew.map(|skew| (CLOCK, skew.beyond_doubt_s()));
        if let Some(thing) = self.things.get_mut(about) {
            for (signal, value) in [(LINE, 1.0)].into_iter().chain(off_s) {
                // That it came late is counted there; it still counts from now on.
                let _ = thing.watch.sample(Sample {
                    signal: signal.to_owned(),
                    at: heard,
                    value,
                });
            }
        }
    }

    /// An alarm of an edge that is silent goes on here, unless somebody is known to have taken it.
    fn go_on(&mut self, id: &str, now: Timestamp) {
        let Some(alarm) = self.board.go_on(id, now) else {
            return;
        };
        if let Some(beside) = self.beside.get_mut(id) {
            beside.told = Some(Box::new(Kept {
                alarm,
                sources: beside.sources.clone(),
                run: beside.run.clone(),
                sent: beside.sent.clone(),
                led: beside.led.clone(),
                told: None,
                here: Vec::new(),
            }));
        }
        self.unkept.insert(id.to_owned());
    }

    /// The edge of an open alarm is one no more, and nothing will be heard of it: it is led here, also where somebody
    /// there had taken it, who has time until that lapses.
    pub(super) fn take_over(&mut self, id: &str, now: Timestamp) {
        let open = self.board.alarm(id).filter(|alarm| alarm.closed.is_none());
        let Some(alarm) = open.filter(|_| self.board.is_led_elsewhere(id)) else {
            return;
        };
        if alarm.presence == Presence::Present {
            let alarm = alarm.clone();
            self.holds_still(&alarm.bed, alarm.device.as_deref(), &alarm.rule, now);
        }
        self.board.lead(id, now);
        if let Some(beside) = self.beside.get_mut(id) {
            beside.led = None;
            beside.told = None;
        }
        self.unkept.insert(id.to_owned());
    }

    /// Its edge is heard again: it is as that said last, until that says something newer.
    fn put_back(&mut self, id: &str, now: Timestamp) {
        let goes_on = |beside: &Beside| beside.told.is_some();
        if !self.beside.get(id).is_some_and(goes_on) {
            return;
        }
        let Some(kept) = self.whole(id) else { return };
        let here = kept.meanwhile(now);
        let Some(told) = kept.told else { return };
        self.board.show(told.alarm.clone());
        let beside = Beside {
            here,
            ..Beside::from(*told)
        };
        self.beside.insert(id.to_owned(), beside);
        self.unkept.insert(id.to_owned());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use alarms::{Act, Alarm, Board, Change, Changed, Step, escalation, ward_rules};
    use vocabulary::PatientId;

    use serde_json::json;

    use super::*;
    use crate::edges::{AsOf, Skew};
    use crate::ward::{
        Duty, Mission, calling, command, figures, kept::Source, places::Standing, tags,
    };

    const NOW: i64 = 1_790_000_000_000;

    fn at(second: i64) -> Timestamp {
        Timestamp(NOW + second * 1000)
    }

    fn edge() -> ActorId {
        ActorId::new("edge-1").unwrap()
    }

    /// A ward of a site, for which an edge works.
    fn one_ward() -> State {
        let pair = |one: &str, other: &str| (one.to_owned(), other.to_owned());
        State::one_bed(at(0), |places| {
            places.wards.extend([pair("other", "Other")]);
            places.within = BTreeMap::from([pair("bed", "ward"), pair("ward", "site")]);
        })
    }

    /// Lets time pass, with the edge heard at these seconds.
    fn pass(state: &mut State, seconds: std::ops::RangeInclusive<i64>, heard: fn(i64) -> i64) {
        for second in seconds {
            let last = heard(second);
            let line = LineNow {
                edge: edge(),
                locations: vec!["site".to_owned()],
                heard: Some(at(last)),
                is_silent: second - last > 60,
                skew: None,
                as_of: AsOf::default(),
            };
            state.hear_lines(&[line], at(second));
            state.tick(at(second));
        }
    }

    #[test]
    fn an_edge_works_for_the_wards_around_its_locations_and_within_them() {
        let state = one_ward();
        for (location, expected) in [
            ("site", vec!["ward"]),
            ("ward", vec!["ward"]),
            ("bed", vec!["ward"]),
            ("other", vec!["other"]),
            ("nowhere", vec![]),
        ] {
            let found = state.places.wards_of(&[location.to_owned()]);
            assert_eq!(found.into_iter().collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn an_edge_that_falls_silent_is_one_alarm_of_its_ward_that_escalates_and_is_over_when_it_is_heard()
     {
        let mut state = one_ward();
        pass(&mut state, 1..=100, |second| second / 5 * 5);
        pass(&mut state, 101..=160, |_| 100);
        assert!(state.board.open().is_empty());
        pass(&mut state, 161..=165, |_| 100);
        let [alarm] = state.board.open()[..] else {
            panic!("one alarm is open");
        };
        assert_eq!((alarm.rule.as_str(), alarm.level), ("edge-silent", 0));
        assert_eq!(state.location_of(alarm), "ward");
        let about = state.places.about(&alarm.bed).unwrap();
        assert_eq!(
            (about.name.as_str(), about.ward.as_str()),
            ("edge-1", "ward")
        );
        pass(&mut state, 166..=300, |_| 100);
        assert_eq!(state.board.open()[0].level, 1);
        pass(&mut state, 301..=310, |_| 301);
        let alarm = state.board.open()[0];
        assert!(matches!(alarm.presence, Presence::Gone { .. }));
        // Ended as an edge: nothing is missed any more.
        state.hear_lines(&[], at(311));
        assert!(state.things.is_empty());
    }

    #[test]
    fn what_was_written_down_at_the_beds_of_an_edge_is_judged_here_once_it_works_for_them_no_more()
    {
        let mut state = one_ward();
        let seen = "Observation/seen".to_owned();
        let bed = state.beds.get_mut("bed").unwrap();
        bed.patient = PatientId::new("p").ok();
        bed.answered
            .insert("consciousness".to_owned(), seen.clone());
        let line = |location: &str| LineNow {
            edge: edge(),
            locations: vec![location.to_owned()],
            heard: Some(at(1)),
            is_silent: false,
            skew: None,
            as_of: AsOf::default(),
        };
        state.hear_lines(&[line("site")], at(1));
        for of in [&seen, &monitor().device] {
            state.by_edge.insert(of.clone(), edge());
        }
        state.left_to.insert(edge(), BTreeSet::from([seen]));
        for (location, (known, left)) in [("ward", (2, 1)), ("other", (1, 0))] {
            state.hear_lines(&[line(location)], at(2));
            assert_eq!(state.by_edge.len(), known, "{location}");
            assert_eq!(state.left_to[&edge()].len(), left, "{location}");
        }
        assert!(state.by_edge.contains_key(&monitor().device));
        state.hear_lines(&[], at(3));
        assert!(state.left_to.is_empty() && state.by_edge.is_empty());
    }

    #[test]
    fn what_is_shown_of_a_ward_is_old_while_its_edge_is_silent_or_has_more_that_is_not_here() {
        let mut state = one_ward();
        let mut line = LineNow {
            edge: edge(),
            locations: vec!["bed".to_owned()],
            heard: Some(at(1)),
            is_silent: false,
            skew: None,
            as_of: AsOf::default(),
        };
        for (is_silent, values_as_of, expected) in [
            (false, None, 0),
            (true, None, 1),
            (false, Some(at(-3600)), 1),
            (false, None, 0),
        ] {
            line.is_silent = is_silent;
            line.as_of.values_as_of = values_as_of;
            state.hear_lines(std::slice::from_ref(&line), at(1));
            assert_eq!(state.old_in("ward").count(), expected);
            assert_eq!(state.old_in("other").count(), 0, "of another ward");
        }
        state.hear_lines(&[], at(2));
        assert_eq!(state.old_in("ward").count(), 0);
    }

    #[test]
    fn the_plan_and_the_figures_say_of_when_they_are_as_the_ward_does_also_to_who_sees_no_names() {
        let mut state = one_ward();
        let line = LineNow {
            edge: edge(),
            locations: vec!["ward".to_owned()],
            heard: Some(at(1)),
            is_silent: true,
            skew: None,
            as_of: AsOf {
                alarms_as_of: Some(at(1)),
                values_as_of: Some(at(-3600)),
            },
        };
        for (lines, expected) in [
            (
                vec![line],
                json!([{
                    "edge": "edge-1", "is_silent": true,
                    "alarms_as_of": at(1), "values_as_of": at(-3600),
                }]),
            ),
            (vec![], json!([])),
        ] {
            state.hear_lines(&lines, at(2));
            let plan = command(&state, "ward", "manager", None, at(2)).unwrap();
            assert_eq!(json!(plan.nameless())["old"], expected);
            for ward in json!(figures(&state)).as_array().unwrap() {
                let old = if ward["id"] == "ward" {
                    expected.clone()
                } else {
                    json!([])
                };
                assert_eq!(ward["old"], old);
            }
        }
    }

    #[test]
    fn an_edge_whose_clock_is_wrong_is_an_alarm_of_its_ward_until_it_is_right() {
        let mut state = one_ward();
        for (seconds, ahead_ms, expected) in [
            (1..=60, 4_000, None),
            (61..=120, -3_600_000, Some(Presence::Present)),
            (121..=180, 20, Some(Presence::Gone { at: at(0) })),
        ] {
            for second in seconds {
                let line = LineNow {
                    edge: edge(),
                    locations: vec!["site".to_owned()],
                    heard: Some(at(second / 5 * 5)),
                    is_silent: false,
                    skew: Some(Skew {
                        ahead_ms,
                        doubt_ms: 30,
                    }),
                    as_of: AsOf::default(),
                };
                state.hear_lines(&[line], at(second));
                state.tick(at(second));
            }
            let open = state.board.open();
            assert_eq!(open.len(), usize::from(expected.is_some()));
            if let (Some(expected), [alarm]) = (expected, &open[..]) {
                assert_eq!(alarm.rule, "edge-clock-wrong");
                let is_present = |presence| matches!(presence, Presence::Present);
                assert_eq!(is_present(alarm.presence), is_present(expected));
            }
        }
    }

    #[test]
    fn a_thing_whose_tag_an_edge_hears_is_watched_there_where_the_edge_works_for_its_ward_and_else_here()
     {
        for (stands, expected) in [("other", 1), ("ward", 0), ("bed", 0)] {
            let mut state = one_ward();
            let device = |id: &str, place: &str, carrier: Option<&str>| Standing {
                carrier: carrier.map(str::to_owned),
                ..Standing::somewhere(id, place)
            };
            let places = &mut state.places;
            let square = tags::outline("0,0 6,0 6,5 0,5").unwrap();
            for ward in ["ward", "other"] {
                places.floor.insert(ward.to_owned(), square.clone());
            }
            for one in [
                device("pump", stands, None),
                device("tag", stands, Some("Device/pump")),
            ] {
                places.devices.insert(one.id.clone(), one);
            }
            state.settle_things(at(0));
            state.by_edge.insert("tag".to_owned(), edge());
            for second in 1..=400 {
                for (code, value) in [("tag-x", 60.0), ("tag-y", 2.0)] {
                    state.locate_one("tag", code, at(second), value);
                }
                pass(&mut state, second..=second, |second| second);
            }
            let about = state.board.open().into_iter().map(|one| one.bed.as_str());
            let of_pump = about.filter(|about| *about == "Device/pump").count();
            assert_eq!(of_pump, expected, "{stands}");
        }
    }

    #[test]
    fn an_errand_of_an_edge_that_was_ended_is_led_here() {
        let mut state = one_ward();
        let errand = Mission {
            id: "m".to_owned(),
            ward: "ward".to_owned(),
            bed: "bed".to_owned(),
            by: "near".to_owned(),
            at: at(1),
            run: None,
            sent: Vec::new(),
            ended: None,
            led: Some(Led {
                edge: edge(),
                sequence: 5,
            }),
        };
        state.missions.insert(errand.id.clone(), errand);
        pass(&mut state, 1..=200, |_| 1);
        assert!(state.missions["m"].led.is_some(), "it may be heard again");
        state.hear_lines(&[], at(201));
        assert!(state.missions["m"].led.is_none());
        assert!(state.unkept_missions.contains("m"));
    }

    #[test]
    fn what_was_silent_when_the_program_ended_is_so_until_it_is_heard() {
        let mut before = one_ward();
        pass(&mut before, 1..=70, |_| 1);
        let kept = before.whole(&before.board.open()[0].id).unwrap();
        let mut state = one_ward();
        state.restore(kept.clone());
        let silent = LineNow {
            edge: edge(),
            locations: vec!["ward".to_owned()],
            heard: None,
            is_silent: false,
            skew: None,
            as_of: AsOf::default(),
        };
        for second in 100..=200 {
            state.hear_lines(std::slice::from_ref(&silent), at(second));
            state.tick(at(second));
            let alarm = state.board.open()[0];
            assert_eq!(
                (&alarm.id, alarm.presence),
                (&kept.alarm.id, Presence::Present)
            );
        }
        pass(&mut state, 201..=210, |_| 201);
        assert!(matches!(
            state.board.open()[0].presence,
            Presence::Gone { .. }
        ));
    }

    fn led_alarm(state: &mut State) -> Alarm {
        let mut board = Board::new(escalation().clone());
        let began = Change {
            at: at(95),
            rule: "no-heart-beat".to_owned(),
            changed: Changed::Began { read: vec![] },
        };
        let id = board.apply("bed", None, &began, &ward_rules(), at(95));
        let alarm = board.alarm(&id.unwrap()).unwrap().clone();
        state.restore(Kept {
            alarm: alarm.clone(),
            sources: BTreeMap::new(),
            run: None,
            sent: Vec::new(),
            led: Some(Led {
                edge: edge(),
                sequence: 5,
            }),
            told: None,
            here: Vec::new(),
        });
        alarm
    }

    #[test]
    fn what_nobody_has_taken_goes_on_here_while_its_edge_is_silent_and_is_then_as_the_edge_says() {
        let mut state = one_ward();
        let told = led_alarm(&mut state);
        pass(&mut state, 96..=160, |_| 100);
        assert_eq!(state.whole(&told.id).unwrap().alarm, told);
        pass(&mut state, 161..=170, |_| 100);
        let kept = state.whole(&told.id).unwrap();
        assert_eq!(kept.told.unwrap().alarm, told);
        // Those whose time came meanwhile are told at once, the next in time.
        assert_eq!(kept.alarm.level, 2);
        pass(&mut state, 171..=220, |_| 100);
        assert_eq!(state.board.alarm(&told.id).unwrap().level, 3);
        let acted = state.board.act(&told.id, Act::Take, "far", at(221));
        assert_eq!(acted.unwrap().taken.as_ref().unwrap().by, "far");
        pass(&mut state, 221..=221, |_| 221);
        let kept = state.whole(&told.id).unwrap();
        assert_eq!(kept.alarm, told);
        assert!(kept.told.is_none() && !state.board.goes_on_here(&told.id));
        assert_eq!(kept.led.unwrap().sequence, 5);
        let by_far = Step::Taken {
            by: "far".to_owned(),
        };
        let steps: Vec<&Step> = kept.here.iter().map(|stepped| &stepped.step).collect();
        assert_eq!(steps.first(), Some(&&Step::Unheard));
        assert_eq!(steps[steps.len() - 2..], [&by_far, &Step::HeardAgain]);
        // What somebody there has taken stands as it is.
        let mut state = one_ward();
        let mut taken = led_alarm(&mut state);
        taken.taken = Some(alarms::Taken {
            by: "near".to_owned(),
            at: at(96),
        });
        state.board.show(taken.clone());
        pass(&mut state, 96..=300, |_| 96);
        assert_eq!(state.whole(&taken.id).unwrap().alarm, taken);
    }

    #[test]
    fn what_an_edge_that_was_ended_left_open_calls_here_until_somebody_takes_it_also_what_was_taken_there()
     {
        let near = alarms::Taken {
            by: "near".to_owned(),
            at: at(96),
        };
        for (taken, is_unheard) in [(None, false), (None, true), (Some(near), false)] {
            let mut state = one_ward();
            let mut left = led_alarm(&mut state);
            left.taken = taken;
            state.board.show(left.clone());
            // Silent before that, or not.
            pass(
                &mut state,
                96..=200,
                if is_unheard { |_| 96 } else { |at| at },
            );
            state.unkept.clear();
            state.hear_lines(&[], at(201));
            let kept = state.whole(&left.id).unwrap();
            assert!(kept.led.is_none() && kept.told.is_none());
            assert!(state.unkept.contains(&left.id), "it is to be kept");
            let steps = kept.alarm.steps.iter();
            let unheard = steps.filter(|one| one.step == Step::Unheard);
            assert_eq!(unheard.count(), 1);
            assert_eq!(kept.alarm.taken, left.taken);
            for second in 202..=900 {
                state.hear_lines(&[], at(second));
                state.tick(at(second));
            }
            let now = state.board.alarm(&left.id).unwrap();
            assert_eq!((now.level, now.calls(at(900))), (3, true));
            // Its condition is over when that is seen here.
            for second in 901..=930 {
                let sample = Sample {
                    signal: "heart-rate".to_owned(),
                    at: at(second),
                    value: 72.0,
                };
                state.sample("bed", sample, &monitor());
                state.tick(at(second));
            }
            let now = state.board.alarm(&left.id).unwrap();
            assert!(matches!(now.presence, Presence::Gone { .. }));
        }
    }

    fn monitor() -> Source {
        Source {
            device: "monitor".to_owned(),
            stream: "heart-rate".to_owned(),
        }
    }

    #[test]
    fn what_an_edge_that_was_ended_looked_at_is_looked_at_here() {
        let mut state = one_ward();
        state.by_edge.insert(monitor().device, edge());
        let sample = Sample {
            signal: "heart-rate".to_owned(),
            at: at(1),
            value: 72.0,
        };
        state.sample("bed", sample, &monitor());
        // That nothing comes from its devices any more, an edge knows itself.
        pass(&mut state, 1..=200, |at| at);
        assert!(state.board.open().is_empty());
        for second in 201..=210 {
            state.hear_lines(&[], at(second));
            state.tick(at(second));
        }
        let open = state.board.open();
        assert_eq!(open[0].rule, "heart-rate-absent");
    }

    #[test]
    fn what_an_edge_leads_calls_here_who_has_no_page_open_with_a_line_and_without() {
        let mut state = one_ward();
        state.places.duties.push(Duty {
            account: ActorId::new("nurse").unwrap(),
            name: String::new(),
            role: "bed-nurse".to_owned(),
            title: None,
            places: vec!["ward".to_owned()],
            from: None,
            until: None,
        });
        let led = led_alarm(&mut state);
        let called = |state: &State, second| {
            let all = calling(state, at(second), &[]).into_iter();
            let its =
                all.filter(|one| one.path.contains("#alarm-") && one.since == led.untaken_since);
            its.map(|one| (one.to.to_string(), one.id()))
                .collect::<Vec<_>>()
        };
        pass(&mut state, 96..=100, |at| at);
        let with_line = called(&state, 100);
        assert_eq!(with_line.len(), 1);
        assert_eq!(with_line[0].0, "nurse");
        pass(&mut state, 101..=200, |_| 100);
        assert!(state.board.goes_on_here(&led.id));
        assert_eq!(called(&state, 200), with_line, "nobody is told twice");
        // Taken at the edge it calls nobody.
        let mut taken = led.clone();
        taken.taken = Some(alarms::Taken {
            by: "near".to_owned(),
            at: at(201),
        });
        state.board.show(taken);
        assert!(called(&state, 201).is_empty());
    }
}
