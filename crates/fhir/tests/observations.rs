//! Readings of devices as observations.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::cast_precision_loss,
    reason = "the helpers of tests fail as tests do"
)]

use fhir::{
    Measure, Sign, Unsampled, corrected, is_trustworthy, last_of_each, measured_last,
    observation_of, sampled_observation, validate, vital_observation, vital_sign,
};
use record::{QualityMark, Reading, SeriesSummary, SignalSeries, StreamKey};
use serde_json::{Value, json};
use vocabulary::{Coding, DeviceId, PatientId, Timestamp};

const LOINC: &str = "http://loinc.org";

fn series() -> SignalSeries {
    SignalSeries {
        stream: StreamKey {
            device: DeviceId::new("d").unwrap(),
            stream: "pleth".to_owned(),
        },
        system: "urn:iso:std:iso:11073:10101".to_owned(),
        code: "150452".to_owned(),
        unit: "1".to_owned(),
        subject: Some(PatientId::new("p").unwrap()),
    }
}

fn readings(times_us: &[i64]) -> Vec<Reading> {
    let reading = |(n, at_us): (usize, &i64)| Reading {
        at_us: *at_us,
        value: n as f64 + 0.5,
        marks: [].into(),
    };
    times_us.iter().enumerate().map(reading).collect()
}

fn is_valid(resource: &Value) -> bool {
    let issues = validate(resource);
    assert!(issues.is_empty(), "{issues:?}");
    issues.is_empty()
}

#[test]
fn devices_codes_are_vital_signs_in_their_unit_only() {
    for (code, unit, expected) in [
        ("150456", "%", Some("2708-6")),
        ("59408-5", "%", Some("2708-6")),
        ("149530", "/min", Some("8867-4")),
        ("150364", "Cel", Some("8310-5")),
        ("150364", "[degF]", None),
        ("150021", "mm[Hg]", Some("8480-6")),
        ("150021", "kPa", None),
        ("150023", "mm[Hg]", Some("8478-0")),
        ("188752", "kg/m2", Some("39156-5")),
        ("152584", "L/min", None),
    ] {
        let found = vital_sign(code, unit).map(|sign| sign.loinc.as_str());
        assert_eq!(found, expected, "{code} {unit}");
    }
}

#[test]
fn a_vital_sign_is_a_valid_observation_and_pressures_are_a_panel() {
    let (patient, device) = (PatientId::new("p").unwrap(), DeviceId::new("d").unwrap());
    let at = Timestamp(1_700_000_000_000);
    let saturation = [(vital_sign("150456", "%").unwrap(), 97.0)];
    let made = vital_observation(&patient, &device, at, &saturation).unwrap();
    assert!(is_valid(&made));
    assert_eq!(made["code"]["coding"][1]["code"], "59408-5");
    let pressures = [
        (vital_sign("150021", "mm[Hg]").unwrap(), 121.0),
        (vital_sign("150022", "mm[Hg]").unwrap(), 79.0),
    ];
    let made = vital_observation(&patient, &device, at, &pressures).unwrap();
    assert!(is_valid(&made));
    assert_eq!(made["code"]["coding"][0]["code"], "85354-9");
    assert_eq!(made["component"][1]["valueQuantity"]["value"], 79.0);
}

fn peak_flow(needs_confirmation: bool) -> Sign {
    Sign::Other(Measure {
        codes: vec![
            Coding::new("urn:iso:std:iso:11073:10101", "152584"),
            Coding::new(LOINC, "19935-6"),
        ],
        title: "呼气峰流速\nPeak expiratory flow".to_owned(),
        unit: "L/min".to_owned(),
        needs_confirmation,
    })
}

#[test]
fn what_is_no_vital_sign_has_the_codes_of_its_profile_and_says_where_they_need_confirmation() {
    let (patient, device) = (PatientId::new("p").unwrap(), DeviceId::new("d").unwrap());
    let at = Timestamp(1_700_000_000_000);
    for needs_confirmation in [false, true] {
        let values = [(peak_flow(needs_confirmation), 412.0)];
        let made = observation_of(&patient, &device, at, &values, &[]).unwrap();
        assert!(is_valid(&made));
        assert_eq!(made["code"]["coding"][0]["code"], "152584");
        assert_eq!(made["code"]["coding"][1]["code"], "19935-6");
        assert_eq!(
            made["valueQuantity"],
            json!({"value": 412.0, "unit": "L/min", "system": "http://unitsofmeasure.org", "code": "L/min"})
        );
        assert_eq!(made.get("note").is_some(), needs_confirmation);
        assert_eq!(made.get("category"), None);
    }
    // What came from a device without a clock says so.
    let values = [(peak_flow(false), 412.0)];
    let marks = [QualityMark::ArrivalTime];
    let made = observation_of(&patient, &device, at, &values, &marks).unwrap();
    assert!(is_valid(&made) && is_trustworthy(&marks));
    let note = made["note"][0]["text"].as_str().unwrap();
    assert!(note.contains("no clock"), "{note}");
}

#[test]
fn a_correction_changes_the_observation_of_its_moment_only() {
    let (patient, device) = (PatientId::new("p").unwrap(), DeviceId::new("d").unwrap());
    let at = Timestamp(1_700_000_000_000);
    let [upper, lower] = ["150021", "150022"].map(|code| vital_sign(code, "mm[Hg]").unwrap());
    let pressures = [(Sign::Vital(upper), 221.0), (Sign::Vital(lower), 79.0)];
    let made = observation_of(&patient, &device, at, &pressures, &[]).unwrap();
    let right = (&pressures[0].0, Some(121.0));
    let now = corrected(made.clone(), &device, at, right).unwrap();
    assert!(is_valid(&now));
    assert_eq!(now["status"], "corrected");
    let values = [0, 1].map(|part| now["component"][part]["valueQuantity"]["value"].clone());
    assert_eq!(values, [json!(121.0), json!(79.0)]);
    assert_eq!(corrected(now, &device, at, right), None, "it has it");
    let other = DeviceId::new("e").unwrap();
    assert_eq!(corrected(made.clone(), &other, at, right), None);
    assert_eq!(corrected(made, &device, Timestamp(at.0 + 1), right), None);
    let blow = [(peak_flow(true), 812.0)];
    let made = observation_of(&patient, &device, at, &blow, &[]).unwrap();
    let now = corrected(made, &device, at, (&blow[0].0, Some(412.0))).unwrap();
    assert_eq!(now["valueQuantity"]["value"], 412.0);
}

#[test]
fn what_was_taken_back_is_entered_in_error_until_each_part_has_a_value_again() {
    let (patient, device) = (PatientId::new("p").unwrap(), DeviceId::new("d").unwrap());
    let at = Timestamp(1_782_000_000_000);
    let [upper, lower] = ["150021", "150022"].map(|code| vital_sign(code, "mm[Hg]").unwrap());
    let pressures = [(Sign::Vital(upper), 221.0), (Sign::Vital(lower), 79.0)];
    let made = observation_of(&patient, &device, at, &pressures, &[]).unwrap();
    let [(upper, _), (lower, _)] = &pressures;
    let mut now = made.clone();
    for (sign, value, status, values) in [
        (upper, None, "entered-in-error", [json!(null), json!(79.0)]),
        (lower, None, "entered-in-error", [json!(null), json!(null)]),
        (
            upper,
            Some(121.0),
            "entered-in-error",
            [json!(121.0), json!(null)],
        ),
        (lower, Some(79.0), "corrected", [json!(121.0), json!(79.0)]),
    ] {
        now = corrected(now, &device, at, (sign, value)).unwrap();
        assert!(is_valid(&now), "{now}");
        assert_eq!(now["status"], status);
        let part = |part: usize| now["component"][part]["valueQuantity"]["value"].clone();
        assert_eq!([part(0), part(1)], values);
    }
    let other = Timestamp(at.0 + 1);
    assert_eq!(corrected(made, &device, other, (upper, None)), None);
    let blow = [(peak_flow(true), 812.0)];
    let made = observation_of(&patient, &device, at, &blow, &[]).unwrap();
    let now = corrected(made, &device, at, (&blow[0].0, None)).unwrap();
    assert!(is_valid(&now), "{now}");
    assert_eq!(now["status"], "entered-in-error");
    assert_eq!(now["valueQuantity"], json!(null));
    let again = corrected(now.clone(), &device, at, (&blow[0].0, None));
    assert_eq!(again, None, "it says so");
    let now = corrected(now, &device, at, (&blow[0].0, Some(812.0))).unwrap();
    assert_eq!(now["status"], "corrected");
    assert_eq!(now["dataAbsentReason"], json!(null));
}

#[test]
fn the_newest_of_what_devices_measure_has_pressures_of_one_moment_together() {
    let series = |code: &str, sign: &Sign, at_us, value, marks: &[QualityMark]| {
        let series = SignalSeries {
            code: code.to_owned(),
            ..series()
        };
        let last = Reading {
            at_us,
            value,
            marks: marks.into(),
        };
        let summary = SeriesSummary {
            id: series.id(),
            series,
            display: None,
            count: 1,
            first_us: at_us,
            last,
        };
        (summary, sign.clone())
    };
    let vital = |code| Sign::Vital(vital_sign(code, "mm[Hg]").unwrap());
    let pressures = |diastolic_at, marks: &[QualityMark]| {
        [
            series("150022", &vital("150022"), diastolic_at, 79.0, marks),
            series("150021", &vital("150021"), 5_000_000, 121.0, &[]),
            series("152584", &peak_flow(false), 4_000_000, 412.0, &[]),
        ]
    };
    let found = measured_last(&pressures(5_000_000, &[]), None);
    let codes: Vec<_> = found
        .iter()
        .map(|entry| {
            entry["resource"]["code"]["coding"][0]["code"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(codes, ["85354-9", "152584"]);
    let parts = &found[0]["resource"]["component"];
    assert_eq!(parts[0]["valueQuantity"]["value"], 121.0);
    assert_eq!(parts[1]["valueQuantity"]["value"], 79.0);
    // Half a pair is none, nor is one of two moments or one that is not trusted.
    for none in [
        pressures(6_000_000, &[]),
        pressures(5_000_000, &[QualityMark::Artefact]),
    ] {
        assert_eq!(measured_last(&none, None).len(), 1);
    }
    let all = pressures(5_000_000, &[]);
    for (asked, count) in [
        ("85354-9", 1),
        ("http://loinc.org|19935-6,x", 1),
        ("2708-6", 0),
    ] {
        assert_eq!(measured_last(&all, Some(asked)).len(), count, "{asked}");
    }
}

#[test]
fn the_last_of_each_code_are_the_latest() {
    let entry = |code: &str, at: &str| {
        json!({"resource": {
            "resourceType": "Observation", "effectiveDateTime": at,
            "code": {"coding": [{"system": LOINC, "code": code}]},
        }})
    };
    let bundle = json!({"resourceType": "Bundle", "link": [], "entry": [
        entry("a", "2026-01-03"), entry("b", "2026-01-02"), entry("a", "2026-01-01"),
    ]});
    let more = vec![entry("a", "2026-01-04T00:00:00Z")];
    let cut = last_of_each(bundle, more, 2);
    let times: Vec<_> = cut["entry"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| entry["resource"]["effectiveDateTime"].as_str().unwrap())
        .collect();
    assert_eq!(times, ["2026-01-04T00:00:00Z", "2026-01-03", "2026-01-02"]);
    assert_eq!(cut["total"], 3);
}

#[test]
fn a_span_is_sampled_data_with_its_gaps() {
    let check = |times: &[i64], data: Result<&str, Unsampled>| {
        let made = sampled_observation(&series(), None, &readings(times));
        let seen = made
            .as_ref()
            .map(|made| made["valueSampledData"]["data"].as_str().unwrap());
        assert_eq!(seen, data.as_ref().copied(), "{times:?}");
        if let Ok(made) = &made {
            assert!(is_valid(made));
        }
    };
    check(&[0, 2000, 4000], Ok("0.5 1.5 2.5"));
    check(
        &[0, 2000, 8000, 10_000, 12_000],
        Ok("0.5 1.5 E E 2.5 3.5 4.5"),
    );
    check(&[0, 2100, 4000, 5900], Ok("0.5 1.5 2.5 3.5"));
    check(&[5], Err(Unsampled::TooFew));
    check(&[], Err(Unsampled::TooFew));
    check(&[0, 2000, 2000, 4000], Err(Unsampled::Uneven));
    check(&[0, 1, 2, 1_000_000_000_000], Err(Unsampled::TooLong));
}

#[test]
fn a_span_holds_what_stands_and_is_trusted() {
    let marked = |marks: &[(usize, QualityMark)]| {
        // The second and the third were measured at the same time.
        let mut all = readings(&[0, 2000, 2000, 4000, 6000]);
        for (place, mark) in marks {
            let known = all[*place].marks.iter().cloned();
            all[*place].marks = known.chain([mark.clone()]).collect();
        }
        sampled_observation(&series(), None, &all)
    };
    let data = |made: &Value| made["valueSampledData"]["data"].clone();
    let correction = (2, QualityMark::Correction { received_ms: 9 });
    // A correction stands, and what it corrects does not.
    let made = marked(&[(1, QualityMark::Superseded), correction.clone()]).unwrap();
    assert_eq!(data(&made), "0.5 2.5 3.5 4.5");
    assert_eq!(made.get("note"), None);
    // Nobody takes a test for a measure of the patient.
    for doubt in [
        QualityMark::Test,
        QualityMark::Calibrating,
        QualityMark::Artefact,
        QualityMark::Conflicting,
    ] {
        let marks = [
            (1, QualityMark::Superseded),
            correction.clone(),
            (3, doubt.clone()),
        ];
        let made = marked(&marks).unwrap();
        assert_eq!(data(&made), "0.5 2.5 E 4.5", "{doubt:?}");
        let note = made["note"][0]["text"].as_str().unwrap();
        assert!(note.contains("1 readings are not trusted"), "{note}");
        assert!(is_valid(&made));
    }
    // What a person wrote down stands.
    let written: Vec<_> = (0..5).map(|n| (n, QualityMark::FromObservation)).collect();
    assert_eq!(marked(&written), Err(Unsampled::Uneven));
    let taken_back = [written, vec![(1, QualityMark::Superseded)]].concat();
    assert_eq!(data(&marked(&taken_back).unwrap()), "0.5 2.5 3.5 4.5");
    let all: Vec<_> = (0..5).map(|n| (n, QualityMark::Test)).collect();
    assert_eq!(marked(&all), Err(Unsampled::TooFew));
}
