//! Messages as devices send them, good and bad.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]
#![allow(clippy::too_many_lines, reason = "one list of bad messages")]

use devices::{Intake, Mark, Profiles, Reading, Refusal, Said, Taken};
use serde_json::{Value, json};
use vocabulary::{Readings, Timestamp};

const NOW: i64 = 1_795_680_000_000;

struct Device {
    profile: &'static str,
    intake: Intake,
}

impl Device {
    fn new(profile: &'static str) -> Self {
        Self {
            profile,
            intake: Intake::default(),
        }
    }

    fn sends_at(&mut self, topic: &str, payload: &Value, received: i64) -> Result<Taken, Refusal> {
        let profile = Profiles::shipped().get(self.profile).unwrap();
        let bytes = payload.to_string();
        self.intake
            .take(profile, topic, bytes.as_bytes(), Timestamp(received))
    }

    fn sends(&mut self, topic: &str, payload: &Value) -> Result<Vec<Reading>, &'static str> {
        let taken = self.sends_at(topic, payload, NOW);
        taken
            .map(|taken| taken.readings)
            .map_err(|refused| refused.code())
    }
}

fn marks(reading: &Reading) -> Vec<&'static str> {
    reading.marks.iter().map(Mark::code).collect()
}

#[test]
fn a_value_is_taken_with_its_code_and_unit() {
    let mut device = Device::new("pulse-oximeter");
    for code in [
        json!(150_456),
        json!("150456"),
        json!("MDC_PULS_OXIM_SAT_O2"),
        json!("2708-6"),
        json!("59408-5"),
    ] {
        let payload = json!({"code": code, "value": 97, "unit": "%"});
        let readings = device.sends("spo2", &payload).unwrap();
        let [reading] = &readings[..] else {
            panic!("{readings:?}")
        };
        assert_eq!(reading.coding.code, "150456");
        assert_eq!(reading.coding.system, "urn:iso:std:iso:11073:10101");
        assert_eq!(
            reading.samples,
            Readings::One {
                at: Timestamp(NOW),
                value: 97.0
            }
        );
        assert_eq!(marks(reading), ["clock-absent"]);
    }
}

#[test]
fn another_unit_is_converted_once_and_kept() {
    let mut device = Device::new("blood-pressure");
    let payload = json!({"t": NOW, "code": "8480-6", "value": 16, "unit": "kPa"});
    let reading = device.sends("systolic", &payload).unwrap().remove(0);
    let Readings::One { value, .. } = reading.samples else {
        panic!()
    };
    assert!((value - 120.01).abs() < 0.01, "{value}");
    assert_eq!(reading.unit, "mm[Hg]");
    assert_eq!(
        reading.marks,
        [Mark::Converted {
            from: "kPa".into(),
            raw: Some(16.0)
        }]
    );
    assert_eq!((reading.raw.value, &*reading.raw.unit), (Some(16.0), "kPa"));
}

#[test]
fn what_cannot_be_true_is_refused_with_a_reason() {
    for (profile, topic, payload, reason) in [
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "value": 101, "unit": "%"}),
            "out-of-range",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "value": 97, "unit": "Cel"}),
            "unit-of-something-else",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "value": 97}),
            "unit-missing",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"value": 97, "unit": "%"}),
            "code-missing",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "149530", "value": 97, "unit": "%"}),
            "code-of-another-stream",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "sfloat": 0x07ff, "unit": "%"}),
            "not-measured",
        ),
        (
            "pulse-oximeter",
            "heart",
            json!({"code": "150456", "value": 97, "unit": "%"}),
            "stream-unknown",
        ),
        (
            "pulse-oximeter",
            "pleth",
            json!({"code": "150452", "value": 1, "unit": "1"}),
            "period-missing",
        ),
        (
            "pulse-oximeter",
            "pleth",
            json!({"code": "150452", "value": [1, 2], "unit": "1"}),
            "period-missing",
        ),
        (
            "pulse-oximeter",
            "pleth",
            json!({"code": "150452", "value": [1, 2], "period_ms": 1000, "unit": "1"}),
            "rate-of-another-stream",
        ),
        (
            "pulse-oximeter",
            "pleth",
            json!({"code": "150452", "value": [1, 2], "period_ms": 0, "unit": "1"}),
            "rate-of-another-stream",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "value": [null, null], "period_ms": 1000, "unit": "%"}),
            "not-measured",
        ),
        (
            "pulse-oximeter",
            "spo2",
            json!({"code": "150456", "value": [101, 700], "period_ms": 1000, "unit": "%"}),
            "out-of-range",
        ),
        // A temperature in the other scale, called by the wrong unit.
        (
            "thermometer",
            "temperature",
            json!({"code": "8310-5", "value": 98.2, "unit": "Cel"}),
            "out-of-range",
        ),
        (
            "blood-pressure",
            "nibp",
            json!([{"code": "8480-6", "value": 80, "unit": "mm[Hg]"},
            {"code": "8462-4", "value": 80, "unit": "mm[Hg]"}]),
            "contradiction",
        ),
        (
            "blood-pressure",
            "nibp",
            json!([{"code": "8480-6", "value": 10, "unit": "kPa"},
            {"code": "8462-4", "value": 80, "unit": "mm[Hg]"}]),
            "contradiction",
        ),
        // Two measurements in one message, of which the second cannot be.
        (
            "blood-pressure",
            "nibp",
            json!([{"t": NOW - 60_000, "code": "8480-6", "value": 120, "unit": "mm[Hg]"},
            {"t": NOW - 60_000, "code": "8462-4", "value": 80, "unit": "mm[Hg]"},
            {"t": NOW, "code": "8480-6", "value": 70, "unit": "mm[Hg]"},
            {"t": NOW, "code": "8462-4", "value": 90, "unit": "mm[Hg]"}]),
            "contradiction",
        ),
        // The mean lies between the two.
        (
            "blood-pressure",
            "nibp",
            json!([{"code": "8480-6", "value": 120, "unit": "mm[Hg]"},
            {"code": "8462-4", "value": 80, "unit": "mm[Hg]"},
            {"code": "8478-0", "value": 121, "unit": "mm[Hg]"}]),
            "contradiction",
        ),
        (
            "bedside-monitor",
            "nibp",
            json!([{"code": "8462-4", "value": 80, "unit": "mm[Hg]"},
            {"code": "8478-0", "value": 79, "unit": "mm[Hg]"}]),
            "contradiction",
        ),
    ] {
        assert_eq!(
            Device::new(profile).sends(topic, &payload),
            Err(reason),
            "{payload}"
        );
    }
}

#[test]
fn an_amount_is_not_below_zero_and_may_be_zero() {
    for (profile, stream, code, unit) in [
        ("spirometer", "fvc", "19868-9", "L"),
        ("spirometer", "fev6", "152587", "L"),
        ("cpap", "tidal-volume", "tidal-volume", "L"),
        ("cpap", "minute-ventilation", "minute-ventilation", "L/min"),
        ("infusion-pump", "rate", "157784", "mL/h"),
        ("infusion-pump", "delivered", "pump-delivered", "mL"),
        ("infusion-pump", "remaining", "pump-remaining", "mL"),
        ("scale", "bmi", "39156-5", "kg/m2"),
        ("bed-sensor", "weight", "bed-weight", "kg"),
        ("location-tag", "uncertainty", "tag-uncertainty", "m"),
        ("room-sensor", "light", "room-light", "lx"),
    ] {
        let mut device = Device::new(profile);
        let mut sends = |value: f64| {
            let payload = json!({"code": code, "value": value, "unit": unit});
            let taken = device.sends_at(stream, &payload, NOW);
            taken.map(|taken| taken.readings.len())
        };
        let refused = sends(-0.1).unwrap_err();
        assert_eq!(refused.code(), "out-of-range", "{profile} {stream}");
        let said = format!("Could not believe a value below 0 {unit}");
        assert_eq!(refused.text().en, said);
        assert_eq!(refused.text().zh, format!("数值不能低于 0 {unit}"));
        assert_eq!(sends(0.0), Ok(1), "{profile} {stream}");
    }
}

#[test]
fn a_mean_may_be_what_the_one_below_it_is_and_may_be_absent() {
    let pressure = |code: &str, value: f64| json!({"code": code, "value": value, "unit": "mm[Hg]"});
    let (upper, mean, lower) = ("8480-6", "8478-0", "8462-4");
    let mut device = Device::new("blood-pressure");
    let narrow = [(upper, 41.0), (mean, 40.0), (lower, 40.0)];
    let narrow: Vec<Value> = narrow.map(|(code, value)| pressure(code, value)).into();
    assert_eq!(device.sends("nibp", &json!(narrow)).unwrap().len(), 3);
    // Of two measurements the second alone has a mean.
    let two = [
        (upper, 150.0),
        (lower, 100.0),
        (upper, 90.0),
        (lower, 60.0),
        (mean, 70.0),
    ];
    let two: Vec<Value> = two.map(|(code, value)| pressure(code, value)).into();
    assert_eq!(device.sends("nibp", &json!(two)).unwrap().len(), 5);
}

#[test]
fn what_comes_on_two_topics_for_one_time_is_believed_together() {
    let mut device = Device::new("blood-pressure");
    let mut sends = |topic: &str, code: &str, t_s: i64, value: f64| {
        let t = NOW - 60_000 + t_s * 1000;
        let payload = json!({"t": t, "code": code, "value": value, "unit": "mm[Hg]"});
        device.sends(topic, &payload).map(|readings| readings.len())
    };
    assert_eq!(sends("systolic", "8480-6", 0, 90.0), Ok(1));
    assert_eq!(sends("diastolic", "8462-4", 0, 90.0), Err("contradiction"));
    // Of another time it says nothing about that one, and what was refused is not remembered.
    assert_eq!(sends("diastolic", "8462-4", 1, 95.0), Ok(1));
    assert_eq!(sends("mean", "8478-0", 0, 91.0), Err("contradiction"));
    assert_eq!(sends("mean", "8478-0", 0, 70.0), Ok(1));
    assert_eq!(sends("diastolic", "8462-4", 0, 60.0), Ok(1));
    // A second measurement of that time is no contradiction to the first: each of its values is marked.
    assert_eq!(sends("systolic", "8480-6", 0, 55.0), Ok(1));
    assert_eq!(sends("diastolic", "8462-4", 0, 40.0), Ok(1));
}

#[test]
fn a_group_comes_as_its_streams() {
    let mut device = Device::new("blood-pressure");
    let payload = json!([
        {"t": NOW, "code": "150021", "value": 120, "unit": "mm[Hg]"},
        {"t": NOW, "code": "150022", "sfloat": 0x0050, "unit": "mm[Hg]"},
        {"t": NOW, "code": "149546", "value": 61, "unit": "/min", "status": 4},
    ]);
    let readings = device.sends("nibp", &payload).unwrap();
    let streams: Vec<_> = readings.iter().map(|r| &*r.stream).collect();
    assert_eq!(streams, ["systolic", "diastolic", "pulse"]);
    assert_eq!(readings[2].marks, [Mark::Status { bits: 4 }]);
}

#[test]
fn gaps_are_gaps() {
    let mut device = Device::new("pulse-oximeter");
    let payload = json!({"t": NOW, "code": "150456", "unit": "%", "period_ms": 1000,
        "value": [97, 98, null, 150, 96, null]});
    let readings = device.sends("spo2", &payload).unwrap();
    let samples: Vec<_> = readings.iter().map(|r| r.samples.clone()).collect();
    let regular = |seconds: i64, values: &[f64]| Readings::Regular {
        start: Timestamp(NOW + seconds * 1000),
        period_us: 1_000_000,
        values: values.to_vec(),
    };
    assert_eq!(samples, [regular(0, &[97.0, 98.0]), regular(4, &[96.0])]);
    assert_eq!(
        readings[0].marks,
        [
            Mark::NotMeasured { samples: 2 },
            Mark::OutOfRange { samples: 1 }
        ]
    );
}

#[test]
fn what_a_kind_of_device_writes_where_it_has_no_value_is_none() {
    let mut device = Device::new("cpap");
    let rate = |t_s: i64, value: Value| {
        let mut sent = json!({"t": NOW + t_s * 1000, "code": "151562", "unit": "/min"});
        sent["value"] = value;
        if sent["value"].is_array() {
            sent["period_ms"] = json!(2000);
        }
        sent
    };
    let nothing = device
        .sends_at("resp-rate", &rate(0, json!(0)), NOW)
        .unwrap();
    assert_eq!((nothing.readings.len(), nothing.not_measured), (0, 1));
    let nothing = device
        .sends_at("resp-rate", &rate(2, json!([0, 0.0, null])), NOW)
        .unwrap();
    assert_eq!((nothing.readings.len(), nothing.not_measured), (0, 1));
    let taken = device.sends_at(
        "resp-rate",
        &rate(4, json!([0, 0, 14.2, 14.0])),
        NOW + 9_000,
    );
    let [reading] = &taken.unwrap().readings[..] else {
        panic!("one reading")
    };
    let regular = Readings::Regular {
        start: Timestamp(NOW + 8_000),
        period_us: 2_000_000,
        values: vec![14.2, 14.0],
    };
    assert_eq!(reading.samples, regular);
    assert_eq!(reading.marks, [Mark::NotMeasured { samples: 2 }]);
    // What is measured beside it is taken.
    let both = json!([rate(12, json!(0)), rate(14, json!(15))]);
    let taken = device.sends_at("resp-rate", &both, NOW + 14_000).unwrap();
    assert_eq!((taken.readings.len(), taken.not_measured), (1, 1));
    // Other kinds, and other streams, count 0 as a value.
    let mut monitor = Device::new("bedside-monitor");
    let taken = monitor.sends("resp-rate", &rate(0, json!(0))).unwrap();
    assert_eq!(taken.len(), 1);
    let leak = json!({"t": NOW, "code": "mask-leak", "unit": "L/s", "value": 0});
    assert_eq!(device.sends("leak", &leak).unwrap().len(), 1);
}

#[test]
fn a_waveform_of_500_hz_is_taken_and_one_of_2000_is_not() {
    let mut device = Device::new("bedside-monitor");
    let wave = |period_ms: f64| {
        json!({"t": NOW, "code": "131330", "unit": "uV", "period_ms": period_ms,
            "value": (0..500).map(|n| f64::from(n % 50)).collect::<Vec<_>>()})
    };
    let reading = device.sends("ecg-ii", &wave(2.0)).unwrap().remove(0);
    let Readings::Regular {
        period_us, values, ..
    } = &reading.samples
    else {
        panic!()
    };
    assert_eq!((*period_us, values.len(), values[49]), (2000, 500, 0.049));
    assert_eq!(
        device.sends("ecg-ii", &wave(0.5)),
        Err("rate-of-another-stream")
    );
}

#[test]
fn the_same_again_is_a_duplicate_and_never_twice_in_the_record() {
    let mut device = Device::new("pulse-oximeter");
    let send = |device: &mut Device, t: i64, value: f64| {
        let payload = json!({"t": t, "code": "150456", "value": value, "unit": "%"});
        device.sends_at("spo2", &payload, NOW).unwrap()
    };
    assert_eq!(send(&mut device, NOW - 2000, 97.0).readings.len(), 1);
    let again = send(&mut device, NOW - 2000, 97.0);
    assert_eq!((again.readings.len(), again.duplicates), (0, 1));
    // Another value for the same time is kept beside the first, and says so.
    let other = send(&mut device, NOW - 2000, 90.0);
    assert_eq!(marks(&other.readings[0]), ["conflicting"]);
    // What comes after a later one says so.
    assert_eq!(
        marks(&send(&mut device, NOW - 1000, 97.0).readings[0]),
        [""; 0]
    );
    let late = send(&mut device, NOW - 5000, 97.0);
    assert_eq!(marks(&late.readings[0]), ["late"]);
    // What could not be kept is new when it comes again.
    device.intake.forget(&late.remembered);
    assert_eq!(send(&mut device, NOW - 5000, 97.0).duplicates, 0);
}

#[test]
fn a_correction_is_neither_a_duplicate_nor_in_conflict() {
    let mut device = Device::new("pulse-oximeter");
    let sent = |value: f64| json!({"t": NOW - 2000, "code": "150456", "value": value, "unit": "%"});
    device.sends("spo2", &sent(79.0)).unwrap();
    let profile = Profiles::shipped().get("pulse-oximeter").unwrap();
    // Back to what was sent first, too.
    for value in [97.0, 79.0] {
        let payload = sent(value).to_string();
        let intake = &mut device.intake;
        let taken = intake.take_as(
            profile,
            "spo2",
            payload.as_bytes(),
            Timestamp(NOW),
            Said::Corrected,
        );
        let taken = taken.unwrap();
        assert_eq!(marks(&taken.readings[0]), ["correction"], "{value}");
        assert_eq!(taken.readings[0].samples.start(), Timestamp(NOW - 2000));
    }
    // What was corrected comes again as it was.
    let again = device.sends_at("spo2", &sent(79.0), NOW).unwrap();
    assert_eq!(again.duplicates, 1);
}

#[test]
fn a_clock_in_1970_is_corrected_and_says_so() {
    let mut device = Device::new("pulse-oximeter");
    for second in 0..3 {
        let payload =
            json!({"t": 40_000 + second * 1000, "code": "150456", "value": 97, "unit": "%"});
        let taken = device
            .sends_at("spo2", &payload, NOW + second * 1000)
            .unwrap();
        let reading = &taken.readings[0];
        assert_eq!(reading.samples.start(), Timestamp(NOW + second * 1000));
        assert_eq!(marks(reading), ["clock-corrected"]);
        assert_eq!(reading.raw.t_ms, Some(40_000 + second * 1000));
    }
}

#[test]
fn all_that_a_device_with_a_wrong_clock_stores_is_known_when_it_sends_it_once_more() {
    let mut device = Device::new("glucose-meter");
    let stored = |number: i64| {
        let t = 1000 + number * 900_000;
        json!({"t": t, "code": "160184", "value": 80 + number % 60, "unit": "mg/dL"})
    };
    let mut send = |number, received| {
        let taken = device.sends_at("glucose", &stored(number), received);
        let taken = taken.unwrap();
        (taken.readings.len(), taken.duplicates)
    };
    for number in 0..500 {
        assert_eq!(send(number, NOW + number * 200), (1, 0));
    }
    for number in 0..500 {
        assert_eq!(send(number, NOW + 86_400_000 + number * 200), (0, 1));
    }
    assert_eq!(send(500, NOW + 2 * 86_400_000), (1, 0));
}

#[test]
fn samples_without_a_time_end_when_they_come() {
    let mut device = Device::new("pulse-oximeter");
    let payload = json!({"code": "150456", "value": [97, 97, 97], "period_ms": 1000, "unit": "%"});
    let reading = device.sends("spo2", &payload).unwrap().remove(0);
    assert_eq!(reading.samples.start(), Timestamp(NOW - 2000));
}

proptest::proptest! {
    /// Whatever comes, nothing that cannot be true comes out, and nothing breaks.
    #[test]
    fn whatever_comes_only_what_can_be_true_is_taken(
        bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
        value in proptest::num::f64::ANY,
        t in proptest::num::i64::ANY,
        period_ms in proptest::num::f64::ANY,
    ) {
        let profile = Profiles::shipped().get("pulse-oximeter").unwrap();
        let mut intake = Intake::default();
        let _ = intake.take(profile, "spo2", &bytes, Timestamp(NOW));
        let one = json!({"t": t, "code": "150456", "value": value, "unit": "%"});
        let many = json!({"t": t, "code": "150456", "value": [value, 97.0, value],
            "period_ms": period_ms, "unit": "%"});
        for payload in [one, many] {
            let bytes = payload.to_string();
            let Ok(taken) = intake.take(profile, "spo2", bytes.as_bytes(), Timestamp(NOW)) else {
                continue;
            };
            for reading in taken.readings {
                let values = match reading.samples {
                    Readings::One { value, .. } => vec![value],
                    Readings::Regular { values, .. } => values,
                };
                proptest::prop_assert!(values.iter().all(|value| (0.0..=100.0).contains(value)));
            }
        }
    }
}

/// The readings of a device as the record has them, known again after the program was killed.
fn recalled(readings: &[Reading]) -> Intake {
    let mut intake = Intake::default();
    for reading in readings {
        let corrected = reading.marks.iter().find_map(|mark| match mark {
            Mark::ClockCorrected { by_ms, doubt_ms } => Some((*by_ms, *doubt_ms)),
            _ => None,
        });
        intake.recall(&reading.stream, &reading.samples, corrected);
    }
    intake
}

#[test]
fn a_wrong_clock_goes_on_as_before_after_the_program_was_killed() {
    let sent = |t: i64, value: f64| json!({"t": t, "code": "150456", "value": value, "unit": "%"});
    let mut device = Device::new("pulse-oximeter");
    let first = device.sends_at("spo2", &sent(5_000, 97.0), NOW).unwrap();
    device.intake = recalled(&first.readings);
    // The next value came 600 ms late: its time is that of the device, and not that of its arrival.
    let next = device.sends_at("spo2", &sent(6_000, 96.0), NOW + 1_600);
    let next = next.unwrap().readings;
    assert_eq!(next[0].samples.start(), Timestamp(NOW + 1_000));
    // The first comes again minutes later, since its acknowledgement was lost.
    device.intake = recalled(&[first.readings, next].concat());
    let again = device.sends_at("spo2", &sent(5_000, 97.0), NOW + 300_000);
    let again = again.unwrap();
    assert_eq!((again.readings.len(), again.duplicates), (0, 1));
    // Samples at a steady rate, too.
    let samples = json!({"t": 9_000, "code": "150456", "value": [97, 96, 97], "period_ms": 1000, "unit": "%"});
    let first = device.sends_at("spo2", &samples, NOW + 4_000).unwrap();
    device.intake = recalled(&first.readings);
    let again = device.sends_at("spo2", &samples, NOW + 400_000).unwrap();
    assert_eq!((again.readings.len(), again.duplicates), (0, 1));
}

#[test]
fn what_somebody_wrote_down_says_nothing_about_the_clock_of_the_device() {
    let sent = |t: i64| json!({"t": t, "code": "150456", "value": 97, "unit": "%"});
    let mut device = Device::new("pulse-oximeter");
    let first = device.sends_at("spo2", &sent(5_000), NOW).unwrap();
    let profile = Profiles::shipped().get("pulse-oximeter").unwrap();
    let written = NOW - 90_000_000_000;
    let payload = sent(written).to_string();
    let taken = device.intake.take_as(
        profile,
        "spo2",
        payload.as_bytes(),
        Timestamp(NOW),
        Said::Vouched,
    );
    let taken = taken.unwrap().readings;
    assert_eq!(taken[0].samples.start(), Timestamp(written));
    assert_eq!(marks(&taken[0]), ["late"]);
    let next = device.sends_at("spo2", &sent(65_000), NOW + 60_900);
    let next = next.unwrap().readings;
    let start = first.readings[0].samples.start();
    assert_eq!(next[0].samples.start().0 - start.0, 60_000);
}
