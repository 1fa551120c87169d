use record::StreamKey;
use vocabulary::Coding;

use super::*;

fn reading(code: &str, unit: &str, minute: i64, value: f64) -> Arrived {
    Arrived {
        stream: StreamKey {
            device: DeviceId::new("monitor").unwrap(),
            stream: "vitals".to_owned(),
        },
        subject: PatientId::new("p").ok(),
        coding: Coding::new("urn:iso:std:iso:11073:10101", code),
        unit: unit.to_owned(),
        readings: Readings::One {
            at: Timestamp(minute * MINUTE_MS),
            value,
        },
        received: Timestamp(0),
        quality: vec![],
        message: None,
    }
}

/// The observations that a reading makes of a device that nobody knows.
fn take(signs: &mut Signs, arrived: &Arrived) -> Vec<(Span, NewFact)> {
    let shown = Shown::of_known(None, &arrived.stream, &arrived.coding.code, &arrived.unit);
    shown.map_or_else(Vec::new, |shown| signs.take(arrived, &shown))
}

/// The observations that a reading makes, which are then kept.
fn kept(signs: &mut Signs, arrived: &Arrived) -> Vec<NewFact> {
    let found = take(signs, arrived);
    for (span, _) in &found {
        signs.is_done(span.clone());
    }
    found.into_iter().map(|(_, fact)| fact).collect()
}

fn id(fact: &NewFact) -> String {
    match fact {
        NewFact::PutResource { key, .. } => key.id.clone(),
        _ => String::new(),
    }
}

#[test]
fn one_reading_of_an_hour_becomes_an_observation_and_again_after_a_restart_the_same() {
    let mut seen = Signs::new(60);
    let heart = |minute, value| reading("149530", "/min", minute, value);
    let first = kept(&mut seen, &heart(61, 72.0));
    assert!(kept(&mut seen, &heart(62, 90.0)).is_empty());
    let next = kept(&mut seen, &heart(120, 74.0));
    assert_ne!(id(&first[0]), id(&next[0]));
    let again = kept(&mut Signs::new(60), &heart(90, 71.0));
    assert_eq!(id(&first[0]), id(&again[0]));
    // An hour that came late has its own.
    assert_eq!(kept(&mut seen, &heart(30, 70.0)).len(), 1);
}

#[test]
fn what_could_not_be_kept_is_tried_with_the_next_reading() {
    let mut seen = Signs::new(60);
    assert_eq!(take(&mut seen, &reading("188736", "kg", 1, 70.0)).len(), 1);
    assert_eq!(take(&mut seen, &reading("188736", "kg", 2, 70.0)).len(), 1);
}

#[test]
fn samples_at_a_steady_rate_make_one_for_each_hour_and_a_waveform_none() {
    let regular = |period_us, count| Arrived {
        readings: Readings::Regular {
            start: Timestamp(30 * MINUTE_MS),
            period_us,
            values: vec![97.0; count],
        },
        ..reading("150456", "%", 0, 0.0)
    };
    let found = kept(&mut Signs::new(60), &regular(1_000_000, 2 * 3600));
    assert_eq!(found.len(), 3);
    assert!(kept(&mut Signs::new(60), &regular(4_000, 1000)).is_empty());
}

#[test]
fn what_is_marked_or_of_nobody_or_no_vital_sign_makes_none() {
    let mut disturbed = reading("150456", "%", 1, 71.0);
    disturbed.quality = vec![QualityMark::Artefact];
    let mut nobody = reading("150456", "%", 1, 71.0);
    nobody.subject = None;
    let unit = reading("150364", "[degF]", 1, 98.0);
    for none in [disturbed, nobody, unit] {
        assert!(take(&mut Signs::new(60), &none).is_empty());
    }
    for mark in [
        QualityMark::ArrivalTime,
        QualityMark::ClockCorrected {
            by_ms: 4000,
            doubt_ms: 100,
        },
        QualityMark::Converted {
            from: "1".to_owned(),
            sent: Some("0.97".to_owned()),
        },
    ] {
        let mut good = reading("150456", "%", 1, 97.0);
        good.quality = vec![mark];
        assert_eq!(take(&mut Signs::new(60), &good).len(), 1);
    }
}

#[test]
fn pressures_wait_for_one_another() {
    let mut seen = Signs::new(60);
    assert!(take(&mut seen, &reading("150021", "mm[Hg]", 1, 121.0)).is_empty());
    // Another moment is another measurement.
    assert!(take(&mut seen, &reading("150022", "mm[Hg]", 2, 80.0)).is_empty());
    let found = take(&mut seen, &reading("150022", "mm[Hg]", 1, 79.0));
    let [(_, NewFact::PutResource { body, .. })] = &found[..] else {
        panic!("no resource");
    };
    let values: Vec<_> = body["component"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["valueQuantity"]["value"].to_string())
        .collect();
    assert_eq!(values, ["121.0", "79.0"]);
}

/// A device of a kind, with what its profile says of a stream.
fn of_kind(kind: &str, stream: &str, arrived: &mut Arrived) -> Option<Shown> {
    let profile = ::devices::Profiles::shipped().get(kind).unwrap();
    let measured = profile.stream(stream).unwrap();
    arrived.stream.stream = stream.to_owned();
    arrived.coding = measured.code.coding();
    arrived.unit.clone_from(&measured.unit);
    let known = crate::devices::Registered {
        id: arrived.stream.device.clone(),
        name: String::new(),
        profile: Arc::clone(profile),
        patient: arrived.subject.clone(),
        since: None,
        location: None,
        serial: None,
        carrier: None,
        active: true,
        is_left_behind: false,
    };
    Shown::of_known(
        Some(&known),
        &arrived.stream,
        &arrived.coding.code,
        &arrived.unit,
    )
}

#[test]
fn what_a_profile_shows_becomes_an_observation_of_the_hour_or_each_of_a_spot_device() {
    // (kind, stream, first code, how many of three within an hour)
    for (kind, stream, code, many) in [
        ("glucose-meter", "glucose", "160184", 3),
        ("spirometer", "fev1", "152586", 3),
        ("spirometer", "fvc", "19868-9", 3),
        ("peak-flow", "pef", "152584", 3),
        ("scale", "fat", "188748", 3),
        ("scale", "bmi", "39156-5", 3),
        ("bedside-monitor", "mean", "8478-0", 1),
        ("bedside-monitor", "heart-rate", "8867-4", 1),
        ("ecg-12-lead", "heart-rate", "8867-4", 1),
    ] {
        let mut signs = Signs::new(60);
        let mut made = Vec::new();
        for minute in [1, 2, 3] {
            let mut arrived = reading("", "", minute, 40.0);
            let shown = of_kind(kind, stream, &mut arrived).unwrap();
            for (span, fact) in signs.take(&arrived, &shown) {
                signs.is_done(span);
                made.push(fact);
            }
        }
        assert_eq!(made.len(), many, "{kind} {stream}");
        let NewFact::PutResource { body, .. } = &made[0] else {
            panic!("no resource");
        };
        assert_eq!(body["code"]["coding"][0]["code"], code);
        assert_eq!(fhir::validate(body), []);
    }
    for (kind, stream) in [("bed-sensor", "weight"), ("spirometer", "fef25")] {
        let mut arrived = reading("", "", 1, 40.0);
        assert!(of_kind(kind, stream, &mut arrived).is_none(), "{kind}");
    }
}

/// How many observations of vital signs there are.
async fn made(hospital: &Hospital, permit: &Permit) -> usize {
    let query = record::ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![],
        sort: vec![],
        limit: 100,
        offset: 0,
    };
    let found = hospital.record.search(permit, &query).await.unwrap();
    found.rows.len()
}

#[tokio::test]
async fn what_was_missed_is_made_when_the_program_opens_and_once_it_is_sealed() {
    let (_folder, hospital) = Hospital::of_test();
    let work = hospital.own_permit("test", Action::ReadRecord);
    let permit = work.await.unwrap();
    let (mut signs, mut missed) = (Signs::new(60), false);
    catch_up(&hospital, &permit, &mut signs, &mut missed)
        .await
        .unwrap();
    // Nobody listened: the program was killed between the acknowledgement and the observation.
    let day = 24 * 60;
    let all = vec![
        reading("188736", "kg", day, 71.0),
        reading("188736", "kg", 2 * day, 70.5),
        reading("150021", "mm[Hg]", day, 121.0),
        reading("150022", "mm[Hg]", day, 79.0),
        reading("150022", "mm[Hg]", 3 * day, 80.0),
    ];
    hospital.signals.append(all).await.unwrap();
    assert_eq!(made(&hospital, &permit).await, 0);
    let (mut signs, mut missed) = (Signs::new(60), true);
    catch_up(&hospital, &permit, &mut signs, &mut missed)
        .await
        .unwrap();
    assert_eq!(made(&hospital, &permit).await, 1, "the newest weight");
    assert!(!missed);
    // What is older, and a pressure before the last, come with the chunk; half a pressure is none.
    hospital.signals.seal().await.unwrap();
    for _ in 0..2 {
        catch_up(&hospital, &permit, &mut signs, &mut missed)
            .await
            .unwrap();
        assert_eq!(made(&hospital, &permit).await, 3);
    }
    let next = hospital.devices.kept.position(POSITION).unwrap();
    assert!(
        next > 1,
        "what was looked through is not looked through again"
    );
}

/// Seals what came, and looks for what was missed of it.
async fn look_at_sealed(hospital: &Arc<Hospital>, permit: &Permit, signs: &mut Signs) {
    hospital.devices.kept.put_position(POSITION, 1).unwrap();
    hospital.signals.seal().await.unwrap();
    catch_up(hospital, permit, signs, &mut false).await.unwrap();
}

const WEIGHT: (&str, &str) = ("188736", "kg");
const UPPER: (&str, &str) = ("150021", "mm[Hg]");
const LOWER: (&str, &str) = ("150022", "mm[Hg]");

fn said((code, unit): (&str, &str), minute: i64, value: f64, quality: Vec<QualityMark>) -> Arrived {
    Arrived {
        quality,
        ..reading(code, unit, minute, value)
    }
}

/// The marks of what says anew what a reading was.
fn anew(received_ms: i64) -> Vec<QualityMark> {
    vec![QualityMark::Correction { received_ms }]
}

/// The marks of what takes a reading back.
fn back(received_ms: i64) -> Vec<QualityMark> {
    vec![
        QualityMark::Correction { received_ms },
        QualityMark::Superseded,
    ]
}

/// A hospital whose readings become observations.
struct Making {
    _folder: tempfile::TempDir,
    hospital: Arc<Hospital>,
    permit: Permit,
    signs: Signs,
}

impl Making {
    async fn open() -> Self {
        let (folder, hospital) = Hospital::of_test();
        let work = hospital.own_permit("test", Action::ReadRecord);
        let permit = work.await.unwrap();
        Self {
            _folder: folder,
            hospital,
            permit,
            signs: Signs::new(60),
        }
    }

    /// Keeps a reading of the first hour, which is heard or only sealed: the status of its observation then, and its
    /// value or those of its parts.
    async fn take(&mut self, arrived: &Arrived, is_heard: bool) -> (String, Vec<Option<f64>>) {
        let (hospital, permit) = (&self.hospital, &self.permit);
        let (code, unit) = (&arrived.coding.code, &arrived.unit);
        let shown = Shown::of_known(None, &arrived.stream, code, unit).unwrap();
        let (key, _) = key_of(&PatientId::new("p").unwrap(), &shown.name, 0);
        let all = vec![arrived.clone()];
        hospital.signals.append(all).await.unwrap();
        if is_heard {
            let kept = hear(hospital, permit, &mut self.signs, (arrived, &shown));
            kept.await.unwrap();
        } else {
            look_at_sealed(hospital, permit, &mut self.signs).await;
        }
        let found = hospital.record.resource(permit, &key, None).await.unwrap();
        let Some(body) = found.and_then(|found| found.body) else {
            return (String::new(), Vec::new());
        };
        let parts = match body["component"].as_array() {
            Some(parts) => parts.clone(),
            None => vec![body.clone()],
        };
        let value = |part: &serde_json::Value| part["valueQuantity"]["value"].as_f64();
        let status = body["status"].as_str().unwrap().to_owned();
        (status, parts.iter().map(value).collect())
    }
}

#[tokio::test]
async fn what_is_taken_back_enters_its_observation_in_error_until_it_is_said_anew() {
    for is_heard in [true, false] {
        let mut making = Making::open().await;
        for (arrived, status, values) in [
            (said(WEIGHT, 1, 17.0, vec![]), "final", vec![Some(17.0)]),
            // Of another moment of that hour.
            (said(WEIGHT, 2, 72.0, vec![]), "final", vec![Some(17.0)]),
            (said(WEIGHT, 2, 72.0, back(1)), "final", vec![Some(17.0)]),
            (
                said(WEIGHT, 1, 17.0, back(2)),
                "entered-in-error",
                vec![None],
            ),
            (
                said(WEIGHT, 1, 17.0, anew(4)),
                "corrected",
                vec![Some(17.0)],
            ),
            // What comes late takes nothing back that was said since.
            (
                said(WEIGHT, 1, 17.0, back(3)),
                "corrected",
                vec![Some(17.0)],
            ),
            (said(UPPER, 1, 221.0, vec![]), "", vec![]),
            (
                said(LOWER, 1, 79.0, vec![]),
                "final",
                vec![Some(221.0), Some(79.0)],
            ),
            (
                said(UPPER, 1, 221.0, back(1)),
                "entered-in-error",
                vec![None, Some(79.0)],
            ),
            (
                said(UPPER, 1, 121.0, anew(1)),
                "corrected",
                vec![Some(121.0), Some(79.0)],
            ),
        ] {
            let found = making.take(&arrived, is_heard).await;
            assert_eq!(found, (status.to_owned(), values), "{arrived:?}");
        }
    }
}

#[tokio::test]
async fn a_pressure_that_is_taken_back_before_the_other_came_waits_for_it_no_more() {
    for is_heard in [true, false] {
        let mut making = Making::open().await;
        let none = (String::new(), vec![]);
        for arrived in [
            said(UPPER, 1, 221.0, vec![]),
            said(UPPER, 1, 221.0, back(1)),
            said(LOWER, 1, 79.0, vec![]),
        ] {
            assert_eq!(making.take(&arrived, is_heard).await, none, "{arrived:?}");
        }
        let right = said(UPPER, 1, 121.0, anew(2));
        let found = making.take(&right, is_heard).await;
        assert_eq!(
            found,
            ("final".to_owned(), vec![Some(121.0), Some(79.0)]),
            "the other waits for what is said anew"
        );
    }
}

#[tokio::test]
async fn a_correction_is_made_in_the_observation_of_its_moment() {
    let mut making = Making::open().await;
    // The third corrects a reading that was no observation; the rest is only sealed.
    for (arrived, is_heard, (status, value)) in [
        (said(WEIGHT, 1, 17.0, vec![]), true, ("final", 17.0)),
        (said(WEIGHT, 1, 71.0, anew(1)), true, ("corrected", 71.0)),
        (said(WEIGHT, 2, 72.0, anew(2)), true, ("corrected", 71.0)),
        (said(WEIGHT, 1, 70.0, anew(3)), false, ("corrected", 70.0)),
    ] {
        let found = making.take(&arrived, is_heard).await;
        assert_eq!(found, (status.to_owned(), vec![Some(value)]));
    }
}

#[test]
fn the_observation_of_an_hour_that_a_spot_device_made_before_is_found() {
    let mut signs = Signs::new(60);
    let before = kept(&mut signs, &reading("188736", "kg", 61, 70.0));
    let mut weight = reading("", "", 61, 70.0);
    let shown = of_kind("scale", "weight", &mut weight).unwrap();
    let (patient, at) = (PatientId::new("p").unwrap(), Timestamp(61 * MINUTE_MS));
    let key = signs.of_hour(&patient, at, &shown).unwrap();
    assert_eq!(key.id, id(&before[0]));
    let NewFact::PutResource { body, .. } = &before[0] else {
        panic!("no resource");
    };
    let device = weight.stream.device.clone();
    assert!(fhir::is_of_moment(body, &device, at));
    assert!(!fhir::is_of_moment(body, &device, Timestamp(at.0 + 1)));
    let mut heart = reading("", "", 61, 70.0);
    let of_monitor = of_kind("bedside-monitor", "heart-rate", &mut heart).unwrap();
    assert!(signs.of_hour(&patient, at, &of_monitor).is_none());
}
