//! Tools that everybody in a room sees: angles, named places, lines in space, and showing the way.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::needless_pass_by_value,
    clippy::too_many_lines,
    reason = "a test that cannot go on fails"
)]

mod stage;

use std::collections::BTreeSet;

use room::{
    Door, Entity, Hologram, Licence, Refusal, Sending, Standing, limits, wire::ServerFrame,
};
use serde_json::{Value, json};
use stage::{Stage, hologram_act};
use vocabulary::Assessed;

fn add(entity: Value) -> Value {
    json!({"act": "add", "entity": entity})
}

fn angle(points: Value) -> Value {
    add(json!({"type": "measure", "hologram": 1, "kind": "angle", "points_lps_mm": points}))
}

fn stroke(points: &[[f64; 3]]) -> Value {
    add(json!({"type": "stroke", "hologram": 1, "points_lps_mm": points}))
}

fn landmark(name: &str) -> Value {
    add(json!({"type": "landmark", "hologram": 1, "at_lps_mm": [1, 2, 3], "name": name}))
}

fn opened() -> (Stage, room::Seat) {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    stage.done(host, add(hologram_act()));
    (stage, host)
}

#[test]
fn who_may_not_see_the_images_learns_nothing_of_them_by_the_room() {
    let (mut stage, host) = opened();
    stage.sees_images = false;
    let sun = stage.enter("sun.manager");
    let value =
        add(json!({"type": "measure", "hologram": 1, "kind": "hu", "points_lps_mm": [[1, 2, 3]]}));
    let inside = add(
        json!({"type": "measure", "hologram": 1, "kind": "volume", "points_lps_mm": [], "layer": "lungs"}),
    );
    let alone = json!({"act": "set", "id": 1, "patch": {"type": "hologram", "only": "lungs"}});
    let taken = json!({"act": "take", "series": "1.2.4"});
    let note = stage::note("here");
    for act in [value.clone(), taken, note] {
        assert_eq!(
            stage.refused(sun, act.clone()),
            Some(Refusal::UnknownSeries),
            "{act}"
        );
    }
    for act in [inside, alone] {
        assert_eq!(
            stage.refused(sun, act.clone()),
            Some(Refusal::UnknownLayer),
            "{act}"
        );
    }
    // What needs no look at them is theirs to do, and those who may see them go on.
    let window = json!({"centre_hu": 50, "width_hu": 500});
    stage.done(
        sun,
        json!({"act": "set", "id": 1, "patch": {"type": "hologram", "window": window}}),
    );
    stage.done(host, value);
}

#[test]
fn a_picture_that_was_kept_is_in_the_journal_and_told_to_all() {
    let (mut stage, host) = opened();
    stage.done(host, landmark("carina"));
    let uid = |text: &str| vocabulary::Uid::new(text).unwrap();
    let pictured = room::Pictured {
        title: "the nodule".to_owned(),
        study: uid("1.2.5"),
        series: uid("1.2.6"),
        object: uid("1.2.7"),
    };
    let who = vocabulary::ActorId::new("li.terminal").unwrap();
    let number = stage.room.pictured(stage.now, who, pictured.clone());
    let unkept = stage.room.take_unkept();
    assert_eq!(unkept.len(), 1);
    assert_eq!(
        (unkept[0].number, &unkept[0].act["act"]),
        (number, &json!("picture"))
    );
    assert_eq!(unkept[0].act["pictured"]["object"], "1.2.7");
    stage.journal.extend(unkept);
    stage.room.kept(number);
    let tick = stage.room.tick(stage.now);
    let (_, packet) = tick.packets().find(|(seat, _)| *seat == host).unwrap();
    let ServerFrame::Tick { news, .. } = ServerFrame::decode(&packet).unwrap() else {
        panic!("no tick");
    };
    assert_eq!(news.events.unwrap()[0].pictured, Some(pictured));
    // It is kept for good: undoing takes back what was done before it.
    stage.done(host, json!({"act": "undo"}));
    assert_eq!(stage.room.world().entities().len(), 1);
    let again = room::Room::replay(stage.journal.clone()).unwrap();
    assert_eq!(again, *stage.room.world());
}

#[test]
fn the_server_measures_angles() {
    let (mut stage, host) = opened();
    for (points, degrees) in [
        (json!([[10, 0, 0], [0, 0, 0], [0, 10, 0]]), 90.0),
        (json!([[10, 0, 0], [0, 0, 0], [-5, 0, 0]]), 180.0),
        (json!([[10, 0, 0], [0, 0, 0], [7, 7, 0]]), 45.0),
        (json!([[10, 0, 0], [0, 0, 0], [20, 0, 0]]), 0.0),
    ] {
        let id = stage.done(host, angle(points));
        let Entity::Measure(measure) = &stage.room.entity(id).unwrap().entity else {
            panic!("no measure");
        };
        let Assessed::Assessed { value } = &measure.value else {
            panic!("{measure:?}");
        };
        assert!((value - degrees).abs() < 1e-9, "{value}");
        assert_eq!(measure.unit, "deg");
    }
    let id = stage.done(host, angle(json!([[0, 0, 0], [0, 0, 0], [1, 0, 0]])));
    let Entity::Measure(measure) = &stage.room.entity(id).unwrap().entity else {
        panic!("no measure");
    };
    assert!(matches!(measure.value, Assessed::NotAssessable { .. }));
    let two = angle(json!([[0, 0, 0], [1, 0, 0]]));
    assert_eq!(stage.refused(host, two), Some(Refusal::WrongNumberOfPoints));
    let outside = angle(json!([[0, 0, 0], [1, 0, 0], [101, 0, 0]]));
    assert_eq!(stage.refused(host, outside), Some(Refusal::OutsideVolume));
}

#[test]
fn lines_and_places_are_bounded_their_authors_own_and_can_be_taken_back() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let line = vec![[0.0, 0.0, 1.0]; limits::STROKE_POINTS];
    assert_eq!(
        stage.refused(host, stroke(&line[..1])),
        Some(Refusal::WrongNumberOfPoints)
    );
    let longer = [&line[..], &line[..1]].concat();
    assert_eq!(
        stage.refused(host, stroke(&longer)),
        Some(Refusal::WrongNumberOfPoints)
    );
    assert_eq!(
        stage.refused(host, stroke(&[[0.0; 3], [0.0, 0.0, 101.0]])),
        Some(Refusal::OutsideVolume)
    );
    assert_eq!(stage.refused(host, landmark(" ")), Some(Refusal::EmptyText));
    let long = "x".repeat(limits::NAME_CHARACTERS + 1);
    assert_eq!(
        stage.refused(host, landmark(&long)),
        Some(Refusal::TextTooLong)
    );
    let by = add(
        json!({"type": "landmark", "hologram": 1, "at_lps_mm": [1, 2, 3], "name": "x", "by": "me"}),
    );
    assert_eq!(stage.refused(host, by), Some(Refusal::Malformed));

    let drawn = stage.done(host, stroke(&line));
    let named = stage.done(chen, landmark("carina"));
    for (who, id) in [(chen, drawn), (host, named)] {
        assert_eq!(
            stage.refused(who, json!({"act": "remove", "id": id})),
            Some(Refusal::NotYours)
        );
    }
    // Each takes back their own, whatever the others did since.
    stage.accepted(host, json!({"act": "undo"}));
    assert!(stage.room.entity(drawn).is_none() && stage.room.entity(named).is_some());
    stage.accepted(chen, json!({"act": "undo"}));
    assert!(stage.room.entity(named).is_none());
}

fn view(yaw: f64) -> Value {
    json!({"yaw_rad": yaw, "pitch_rad": 0.1, "distance_m": 1.5})
}

fn lead(view: &Value) -> Value {
    json!({"act": "lead", "view": view})
}

#[test]
fn one_at_a_time_shows_the_way_and_the_host_takes_it() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let third = stage.enter("wu.expert");
    let leader = |stage: &mut Stage| {
        let (seat, frame) = stage.come("xu.expert", Door::default());
        stage.room.leave(stage.now, seat);
        let ServerFrame::Welcome { entrance, .. } = frame else {
            panic!("{frame:?}");
        };
        entrance
            .leading
            .first()
            .map(|led| (led.participant, led.view.yaw_rad))
    };
    assert_eq!(leader(&mut stage), None);
    stage.accepted(chen, lead(&view(0.25)));
    assert_eq!(leader(&mut stage), Some((chen.participant, 0.25)));
    assert_eq!(
        stage.refused(third, lead(&view(0.0))),
        Some(Refusal::LedByAnother)
    );
    stage.accepted(third, lead(&Value::Null));
    assert_eq!(leader(&mut stage), Some((chen.participant, 0.25)));
    stage.accepted(host, lead(&view(0.5)));
    assert_eq!(leader(&mut stage), Some((host.participant, 0.5)));
    stage.accepted(host, lead(&Value::Null));
    assert_eq!(leader(&mut stage), None);
    let far = json!({"yaw_rad": 0, "pitch_rad": 0, "distance_m": 21});
    assert_eq!(
        stage.refused(host, lead(&far)),
        Some(Refusal::ValueOutOfRange)
    );
    // Who is put out leads nobody.
    stage.accepted(chen, lead(&view(0.25)));
    stage.accepted(
        host,
        json!({"act": "put-out", "participant": chen.participant, "reason": "x"}),
    );
    stage.round();
    assert_eq!(leader(&mut stage), None);
    assert_eq!(
        stage.journal.len(),
        2,
        "the hologram and the putting out; views are no facts"
    );
}

#[test]
fn there_is_one_picture_of_all_around_and_the_host_decides() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let wu = stage.enter("wu.expert");
    let watcher = stage.enter_as("zhou.trainee", false);
    let show = |shows: bool| json!({"act": "show-around", "shows": shows});
    let sending = Sending {
        around: true,
        ..Sending::default()
    };
    let shown = |stage: &Stage| {
        let all = [host, chen, wu, watcher];
        let shown = all.map(|seat| stage.room.lets_through(seat, sending));
        shown.map(|sending| sending.is_some_and(|sending| sending.around))
    };
    let nobody = [false; 4];
    assert_eq!(shown(&stage), nobody, "whatever they send");
    assert_eq!(
        stage.refused(watcher, show(true)),
        Some(Refusal::WatchingOnly)
    );
    stage.accepted(chen, show(true));
    assert_eq!(shown(&stage), [false, true, false, false]);
    assert_eq!(
        stage.refused(wu, show(true)),
        Some(Refusal::AroundByAnother)
    );
    assert_eq!(stage.refused(wu, show(false)), Some(Refusal::KeepsNoOrder));
    assert_eq!(shown(&stage), [false, true, false, false]);
    stage.accepted(host, show(false));
    assert_eq!(shown(&stage), nobody);
    stage.accepted(wu, show(true));
    stage.accepted(host, show(true));
    assert_eq!(shown(&stage), [true, false, false, false]);
    stage.accepted(host, show(false));
    // A lost line leaves the place to another.
    stage.accepted(chen, show(true));
    stage.room.leave(stage.now, chen);
    stage.round();
    stage.accepted(wu, show(true));
    assert_eq!(shown(&stage), [false, false, true, false]);
    // Who is made an observer shows nothing more.
    stage.accepted(
        host,
        json!({"act": "appoint", "participant": wu.participant, "standing": "observer"}),
    );
    stage.round();
    assert_eq!(shown(&stage), nobody);
}

#[test]
fn who_gathers_brings_everybody_once() {
    let (mut stage, host) = opened();
    let watcher = stage.enter_as("zhou.trainee", false);
    let gather = json!({"act": "gather", "view": view(0.25)});
    assert_eq!(
        stage.refused(watcher, gather.clone()),
        Some(Refusal::WatchingOnly)
    );
    assert_eq!(stage.act(host, gather), None);
    let gathered = |stage: &mut Stage| {
        let tick = stage.room.tick(stage.now);
        let packets =
            tick.packets()
                .filter_map(|(seat, packet)| match ServerFrame::decode(&packet) {
                    Ok(ServerFrame::Tick { news, .. }) => Some((seat, news.gather?.participant)),
                    _ => None,
                });
        packets.collect::<Vec<_>>()
    };
    let all = [(host, host.participant), (watcher, host.participant)];
    assert_eq!(gathered(&mut stage), all);
    assert_eq!(gathered(&mut stage), []);
    assert_eq!(stage.room.people()[0].standing, Standing::Host);
}

fn set(patch: Value) -> Value {
    let mut patch = patch;
    patch["type"] = json!("hologram");
    json!({"act": "set", "id": 1, "patch": patch})
}

fn hologram(stage: &Stage, id: u32) -> Hologram {
    match &stage.room.entity(id).unwrap().entity {
        Entity::Hologram(hologram) => hologram.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_server_measures_the_inside_of_a_surface() {
    let (mut stage, host) = opened();
    let of = |layer: Value, points: Value| {
        add(
            json!({"type": "measure", "hologram": 1, "kind": "volume", "points_lps_mm": points, "layer": layer}),
        )
    };
    let id = stage.done(host, of(json!("lungs"), json!([])));
    let Entity::Measure(measure) = &stage.room.entity(id).unwrap().entity else {
        panic!("no measure");
    };
    assert_eq!(measure.value, Assessed::Assessed { value: 2500.0 });
    assert_eq!(
        (measure.unit.as_str(), measure.layer.as_deref()),
        ("mL", Some("lungs"))
    );
    assert_eq!(
        measure.points_lps_mm,
        [[0.0, 0.0, 5.0]],
        "its label stands in the middle"
    );
    // What cannot be read is no zero.
    let id = stage.done(host, of(json!("gone"), json!([])));
    let Entity::Measure(measure) = &stage.room.entity(id).unwrap().entity else {
        panic!("no measure");
    };
    assert!(matches!(measure.value, Assessed::NotAssessable { .. }));
    assert!(measure.points_lps_mm.is_empty());
    for (act, refusal) in [
        (of(json!("spleen"), json!([])), Refusal::UnknownLayer),
        (
            of(json!("lungs"), json!([[0, 0, 0]])),
            Refusal::WrongNumberOfPoints,
        ),
        (of(Value::Null, json!([])), Refusal::WrongType),
    ] {
        assert_eq!(stage.refused(host, act.clone()), Some(refusal), "{act}");
    }
    let length = json!({"type": "measure", "hologram": 1, "kind": "length", "points_lps_mm": [[0, 0, 0], [1, 0, 0]], "layer": "lungs"});
    assert_eq!(stage.refused(host, add(length)), Some(Refusal::WrongType));
}

#[test]
fn what_is_cut_out_or_taken_apart_is_bounded_and_taken_back_one_by_one() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let crop =
        |max: f64| json!({"crop": {"min_lps_mm": [-50, -50, -50], "max_lps_mm": [50, 50, max]}});
    for (patch, refusal) in [
        (crop(101.0), Refusal::OutsideVolume),
        (
            crop(-50.0 + limits::CROP_SIDE_MM / 2.0),
            Refusal::ValueOutOfRange,
        ),
        (json!({"within": "spleen"}), Refusal::UnknownLayer),
        (json!({"only": "spleen"}), Refusal::UnknownLayer),
        (json!({"apart": 1.01}), Refusal::ValueOutOfRange),
        (json!({"apart": -0.01}), Refusal::ValueOutOfRange),
        (json!({"shelved": true}), Refusal::Malformed),
    ] {
        assert_eq!(
            stage.refused(host, set(patch.clone())),
            Some(refusal),
            "{patch}"
        );
    }
    stage.accepted(host, set(crop(50.0)));
    stage.accepted(chen, set(json!({"within": "lungs", "apart": 0.5})));
    stage.accepted(host, set(json!({"only": "aorta"})));
    let now = hologram(&stage, 1);
    assert_eq!(
        (now.within.as_deref(), now.only.as_deref(), now.apart),
        (Some("lungs"), Some("aorta"), 0.5)
    );
    assert_eq!(now.crop.unwrap().max_lps_mm, [50.0; 3]);
    // Chen takes back only what Chen did.
    stage.accepted(chen, json!({"act": "undo"}));
    let now = hologram(&stage, 1);
    assert_eq!((now.within, now.apart), (None, 0.0));
    assert!(now.only.is_some() && now.crop.is_some());
    stage.accepted(host, set(json!({"only": null, "crop": null})));
    assert_eq!(hologram(&stage, 1), stage::hologram());
    // What was written before there were such fields is read as nothing cut.
    let old = json!({"series": "1.2.3", "transform": stage::hologram().transform, "window": {"centre_hu": 40.0, "width_hu": 400.0}, "mode": "volume", "layers": {}, "clip": null, "cursor_lps_mm": [0, 0, 0]});
    assert_eq!(
        serde_json::from_value::<Hologram>(old).unwrap(),
        stage::hologram()
    );
}

#[test]
fn one_series_stands_there_and_the_others_wait_on_the_shelf_with_their_marks() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let take = |series: &str| json!({"act": "take", "series": series});
    assert_eq!(
        stage.refused(host, take("9.9")),
        Some(Refusal::UnknownSeries)
    );
    let note = stage.done(host, stage::note("here"));
    stage.accepted(chen, take("1.2.4"));
    let other = 3;
    assert!(hologram(&stage, 1).shelved && !hologram(&stage, other).shelved);
    assert_eq!(hologram(&stage, other).series.as_str(), "1.2.4");
    assert_eq!(
        hologram(&stage, other).transform,
        hologram(&stage, 1).transform
    );
    assert!(stage.room.entity(note).is_some());
    // The same again is nothing, and taking the first one back makes no new one.
    let before = stage.journal.len();
    stage.accepted(chen, take("1.2.4"));
    assert_eq!(stage.journal.len(), before);
    stage.accepted(host, take("1.2.3"));
    assert!(!hologram(&stage, 1).shelved && hologram(&stage, other).shelved);
    stage.accepted(host, json!({"act": "undo"}));
    assert!(hologram(&stage, 1).shelved && !hologram(&stage, other).shelved);
    stage.accepted(chen, json!({"act": "undo"}));
    assert!(!hologram(&stage, 1).shelved && stage.room.entity(other).is_none());
}

#[test]
fn a_board_carries_ink_and_words_of_their_authors() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let transform = stage::hologram().transform;
    let titled =
        |title: &str| add(json!({"type": "board", "transform": transform, "title": title}));
    let long = "x".repeat(limits::TITLE_CHARACTERS + 1);
    assert_eq!(
        stage.refused(host, titled(&long)),
        Some(Refusal::TextTooLong)
    );
    let board = stage.done(host, titled("plan"));
    let ink = |points: Value| add(json!({"type": "ink", "board": board, "points": points}));
    let note = |at: Value, text: &str| {
        add(json!({"type": "board-note", "board": board, "at": at, "text": text}))
    };
    for (act, refusal) in [
        (ink(json!([[0, 0]])), Refusal::WrongNumberOfPoints),
        (ink(json!([[0, 0], [0, 1.01]])), Refusal::ValueOutOfRange),
        (note(json!([0.5, -0.1]), "x"), Refusal::ValueOutOfRange),
        (note(json!([0.5, 0.5]), " "), Refusal::EmptyText),
        (
            add(json!({"type": "ink", "board": 1, "points": [[0, 0], [1, 1]]})),
            Refusal::WrongType,
        ),
        (
            add(
                json!({"type": "landmark", "hologram": board, "at_lps_mm": [0, 0, 0], "name": "x"}),
            ),
            Refusal::WrongType,
        ),
    ] {
        assert_eq!(stage.refused(chen, act.clone()), Some(refusal), "{act}");
    }
    let line = stage.done(chen, ink(json!([[0, 0], [1, 1]])));
    assert_eq!(
        stage.refused(chen, json!({"act": "grab", "id": line})),
        Some(Refusal::WrongType)
    );
    let words = stage.done(host, note(json!([0.25, 0.5]), "biopsy?"));
    let remove = |id: u32| json!({"act": "remove", "id": id});
    assert_eq!(stage.refused(chen, remove(words)), Some(Refusal::NotYours));
    assert_eq!(
        stage.refused(chen, remove(board)),
        Some(Refusal::CarriesMarksOfOthers)
    );
    let moved = json!({"act": "set", "id": board, "patch": {"type": "board", "title": "decided"}});
    stage.accepted(chen, moved);
    stage.accepted(chen, json!({"act": "undo"}));
    stage.accepted(chen, json!({"act": "undo"}));
    assert!(stage.room.entity(line).is_none());
    stage.accepted(host, json!({"act": "remove", "id": board}));
    assert!(stage.room.entity(words).is_none() && stage.room.entity(board).is_none());
    stage.accepted(host, json!({"act": "undo"}));
    assert!(stage.room.entity(words).is_some() && stage.room.entity(board).is_some());
}

#[test]
fn a_page_stands_in_the_room_by_its_path_and_belongs_to_who_put_it_there() {
    let (mut stage, host) = opened();
    let chen = stage.enter("chen.expert");
    let transform = stage::hologram().transform;
    let page = |path: &str, title: &str| {
        add(json!({"type": "page", "transform": transform, "path": path, "title": title}))
    };
    let too_long = format!("/{}", "x".repeat(limits::PATH_BYTES));
    for path in [
        "",
        "imaging",
        "//elsewhere.example/x",
        "/\\elsewhere.example",
        "https://elsewhere.example",
        "/imaging/../api/accounts",
        "/imaging//x",
        "/a b",
        "/病人",
        "/api/accounts",
        "/fhir/Patient",
        "/rooms/r2",
        &too_long,
    ] {
        assert_eq!(
            stage.refused(chen, page(path, "")),
            Some(Refusal::NoPage),
            "{path}"
        );
    }
    let long = "x".repeat(limits::TITLE_CHARACTERS + 1);
    assert_eq!(
        stage.refused(chen, page("/", &long)),
        Some(Refusal::TextTooLong)
    );
    let id = stage.done(chen, page("/patients/p1", "last year's letter"));
    let standing = |stage: &Stage| match &stage.room.entity(id).unwrap().entity {
        Entity::Page(page) => page.clone(),
        other => panic!("no page: {other:?}"),
    };
    let set = |patch: Value| json!({"act": "set", "id": id, "patch": patch});
    // Who works here moves it; what it is, its author says.
    let mut aside = serde_json::to_value(transform).unwrap();
    aside["position_m"] = json!([1.0, 1.5, 0.0]);
    stage.accepted(host, set(json!({"type": "page", "transform": aside})));
    assert_eq!(standing(&stage).transform.position_m, [1.0, 1.5, 0.0]);
    for patch in [
        json!({"type": "page", "path": "/devices"}),
        json!({"type": "page", "title": "x"}),
    ] {
        assert_eq!(stage.refused(host, set(patch)), Some(Refusal::NotYours));
    }
    assert_eq!(
        stage.refused(chen, set(json!({"type": "page", "path": "//x"}))),
        Some(Refusal::NoPage)
    );
    stage.accepted(host, json!({"act": "undo"}));
    assert_eq!(standing(&stage).transform, transform);
    stage.accepted(chen, set(json!({"type": "page", "path": "/devices"})));
    stage.accepted(chen, json!({"act": "undo"}));
    assert_eq!(standing(&stage).path, "/patients/p1");
    stage.accepted(chen, json!({"act": "lock", "id": id, "marks": false}));
    assert_eq!(
        stage.refused(host, set(json!({"type": "page", "transform": aside}))),
        Some(Refusal::Locked)
    );
    let away = json!({"act": "remove", "id": id});
    assert_eq!(stage.refused(host, away.clone()), Some(Refusal::Locked));
    // Who keeps order takes anybody's page away, others their own only.
    stage.accepted(host, json!({"act": "unlock", "id": id}));
    stage.accepted(host, away);
    let own = stage.done(host, page("/imaging", ""));
    assert_eq!(
        stage.refused(chen, json!({"act": "remove", "id": own})),
        Some(Refusal::NotYours)
    );
    stage.accepted(host, json!({"act": "undo"}));
    assert!(stage.room.entity(own).is_none());
}

#[test]
fn a_line_in_the_air_needs_no_images_and_is_its_authors() {
    let mut stage = Stage::new();
    let host = stage.enter("li.terminal");
    let (chen, wu) = (stage.enter("chen.expert"), stage.enter("wu.expert"));
    let line = |points: Value| add(json!({"type": "line", "points_m": points}));
    let long: Vec<[f64; 3]> = (0..=limits::STROKE_POINTS)
        .map(|_| [0.0, 1.0, 0.0])
        .collect();
    for (points, refusal) in [
        (json!([]), Refusal::WrongNumberOfPoints),
        (json!([[0, 1, 0]]), Refusal::WrongNumberOfPoints),
        (json!(long), Refusal::WrongNumberOfPoints),
        (json!([[0, 1, 0], [0, 1, 20.1]]), Refusal::TooFarAway),
        (json!([[0, 1, 0], [0, 1]]), Refusal::Malformed),
    ] {
        let act = line(points);
        assert_eq!(stage.refused(chen, act.clone()), Some(refusal), "{act}");
    }
    let watcher = stage.enter_as("zhou.trainee", false);
    let drawn = line(json!([[0, 1, 0], [0.5, 1.5, -0.25]]));
    assert_eq!(
        stage.refused(watcher, drawn.clone()),
        Some(Refusal::WatchingOnly)
    );
    let id = stage.done(chen, drawn.clone());
    let placed = stage.room.entity(id).unwrap().clone();
    assert_eq!(placed.by.as_str(), "chen.expert");
    assert!(
        matches!(&placed.entity, Entity::Line(line) if line.points_m[1] == [0.5, 1.5, -0.25]),
        "{placed:?}"
    );
    // It is not carried or locked; others leave it, and who keeps order takes it out of the way.
    for act in ["grab", "lock", "ask-for"] {
        assert_eq!(
            stage.refused(chen, json!({"act": act, "id": id})),
            Some(Refusal::WrongType),
            "{act}"
        );
    }
    let away = json!({"act": "remove", "id": id});
    assert_eq!(stage.refused(wu, away.clone()), Some(Refusal::NotYours));
    stage.accepted(chen, json!({"act": "undo"}));
    assert!(stage.room.entity(id).is_none());
    let other = stage.done(chen, drawn);
    stage.accepted(host, json!({"act": "remove", "id": other}));
    assert!(stage.room.entity(other).is_none());
    stage.accepted(host, json!({"act": "undo"}));
    assert_eq!(stage.room.entity(other).unwrap().by.as_str(), "chen.expert");
    // A supervisor keeps order among people, and changes nothing that stands here.
    let supervisor =
        json!({"act": "appoint", "participant": wu.participant, "standing": "supervisor"});
    stage.accepted(host, supervisor);
    assert_eq!(
        stage.refused(wu, json!({"act": "remove", "id": other})),
        Some(Refusal::NotForYourStanding)
    );
    assert_eq!(
        room::Room::replay(stage.journal.clone()).unwrap(),
        *stage.room.world()
    );
}

#[test]
fn everybody_looks_like_a_figure_of_their_choice() {
    let (mut stage, host) = opened();
    let watcher = stage.enter_as("zhou.trainee", false);
    let look = |figure: Value| json!({"act": "look-like", "figure": figure});
    let figures = |stage: &Stage| -> Vec<Option<u8>> {
        let people = stage.room.people().into_iter();
        people.map(|one| one.figure).collect()
    };
    assert_eq!(figures(&stage), [None, None]);
    for (figure, refusal) in [
        (json!(0), Refusal::UnknownFigure),
        (json!(limits::FIGURES + 1), Refusal::UnknownFigure),
        (json!("medical-1"), Refusal::Malformed),
        (json!(1000), Refusal::Malformed),
    ] {
        assert_eq!(
            stage.refused(host, look(figure.clone())),
            Some(refusal),
            "{figure}"
        );
    }
    // Who watches chooses too, and two may look alike.
    stage.accepted(watcher, look(json!(2)));
    stage.accepted(host, look(json!(2)));
    assert_eq!(figures(&stage), [Some(2), Some(2)]);
    stage.accepted(host, look(json!(limits::FIGURES)));
    let newcomer = stage.enter("chen.expert");
    stage.accepted(newcomer, json!({"act": "raise-hand"}));
    assert_eq!(figures(&stage), [Some(limits::FIGURES), Some(2), None]);
    assert_eq!(stage.journal.len(), 1, "how somebody looks is no fact");
}

#[test]
fn everybody_wears_a_colour_of_their_own() {
    let (mut stage, host) = opened();
    let watcher = stage.enter_as("zhou.trainee", false);
    let wear = |colour: &str| json!({"act": "wear", "colour": colour});
    let colours = |stage: &Stage| -> Vec<String> {
        stage
            .room
            .people()
            .into_iter()
            .map(|one| one.colour)
            .collect()
    };
    let [first, second] = <[String; 2]>::try_from(colours(&stage)).unwrap();
    assert_ne!(first, second);
    assert_eq!(
        stage.refused(watcher, wear(&first)),
        Some(Refusal::ColourTaken)
    );
    assert_eq!(
        stage.refused(watcher, wear("#000000")),
        Some(Refusal::ColourTaken)
    );
    stage.accepted(watcher, wear("#cc79a7"));
    stage.accepted(host, wear(&second));
    assert_eq!(colours(&stage), [second, "#cc79a7".to_owned()]);
    assert_eq!(
        stage.journal.len(),
        1,
        "the hologram; what somebody wears is no fact"
    );
    assert!(
        stage
            .room
            .people()
            .iter()
            .all(|one| one.licence == Licence::Valid)
    );
    // Who waits outside wears nothing yet.
    let (waiting, _) = stage.come(
        "xu.patient",
        Door {
            standing: Standing::Patient,
            is_asked: false,
            ..Door::default()
        },
    );
    assert_eq!(
        stage.refused(waiting, wear("#999999")),
        Some(Refusal::NotInside)
    );
}

#[test]
fn nobody_moves_when_others_come_and_go_and_a_place_that_is_left_is_the_next_ones() {
    let (mut stage, host) = opened();
    let places = |stage: &Stage| -> Vec<(String, u16)> {
        let people = stage.room.people().into_iter();
        people
            .map(|one| (one.actor.as_str().to_owned(), one.place))
            .collect()
    };
    let as_named = |all: &[(&str, u16)]| -> Vec<(String, u16)> {
        all.iter()
            .map(|(who, place)| ((*who).to_owned(), *place))
            .collect()
    };
    let chen = stage.enter("chen.expert");
    stage.enter("wang.nurse");
    let three = [("li.terminal", 0), ("chen.expert", 1), ("wang.nurse", 2)];
    assert_eq!(places(&stage), as_named(&three));
    // Whose line breaks keeps their place as long as their seat.
    stage.room.leave(stage.now, chen);
    stage.enter("xu.nurse");
    assert_eq!(places(&stage)[3].1, 3);
    // Then it is the next one's, and nobody else moves.
    for _ in 0..7 {
        stage.wait(10_000);
        stage.round();
    }
    stage.enter("zhou.trainee");
    let then = [
        ("li.terminal", 0),
        ("wang.nurse", 2),
        ("xu.nurse", 3),
        ("zhou.trainee", 1),
    ];
    assert_eq!(places(&stage), as_named(&then));
    assert_eq!(host.participant, stage.room.people()[0].id);
    // A full room has a place for everybody, and none twice.
    for at in 0..limits::PARTICIPANTS - then.len() {
        stage.enter(&format!("actor{at}"));
    }
    let taken: BTreeSet<u16> = places(&stage).into_iter().map(|(_, place)| place).collect();
    let all = u16::try_from(limits::PARTICIPANTS).unwrap();
    assert_eq!(taken, (0..all).collect());
}
