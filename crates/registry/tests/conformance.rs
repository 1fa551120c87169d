//! What every scenario must keep, gone through for all of them. That a replay gives the same is in each
//! scenario's own tests, which know a way through it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::{collections::BTreeMap, fs, path::PathBuf};

use knowledge::{Answer, Answers, Kind, Verdict};
use scenario::{Context, Method, testing::TestHospital};
use serde_json::Value;

fn folder(scenario: &dyn scenario::Scenario) -> PathBuf {
    let manifest = scenario.manifest();
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../../scenarios")
        .join(manifest.room.as_str())
        .join(&manifest.id)
}

#[test]
fn a_scenario_is_a_whole_folder_in_both_languages() {
    for scenario in registry::all() {
        let (manifest, folder) = (scenario.manifest(), folder(scenario.as_ref()));
        let read = |name: &str| {
            fs::read_to_string(folder.join(name))
                .unwrap_or_else(|_| panic!("{} has no {name}", manifest.id))
        };
        assert!(read("README.md").to_lowercase().contains("## receipt"));
        for name in [
            "journey.spec.ts",
            "client/index.tsx",
            "scenario.toml",
            "src/lib.rs",
        ] {
            assert!(!read(name).is_empty());
        }
        let words = |name| serde_json::from_str::<BTreeMap<String, String>>(&read(name)).unwrap();
        let (zh, en) = (words("client/words.zh.json"), words("client/words.en.json"));
        assert!(
            zh.keys().eq(en.keys()),
            "{}: each word in both languages",
            manifest.id
        );
        for text in [&manifest.title, &manifest.purpose] {
            assert!(!text.zh.is_empty() && !text.en.is_empty() && text.zh != text.en);
        }
        assert!(!manifest.roles.is_empty());
        for input in &manifest.inputs {
            assert!(
                knowledge::inputs().contains_key(input),
                "{}: {input}",
                manifest.id
            );
        }
    }
}

#[test]
fn without_any_one_input_a_guideline_gives_no_number() {
    for scenario in registry::all() {
        let manifest = scenario.manifest();
        let all: Answers = manifest
            .inputs
            .iter()
            .map(|name| (name.clone(), plausible(name)))
            .collect();
        for guideline in &manifest.guidelines {
            if let Some(guideline) = knowledge::find_guideline(guideline) {
                fewer_answers_never_turn_advice(guideline, &all);
                continue;
            }
            if let Some(score) = knowledge::point_score(guideline) {
                assert!(score.score(&all).result.value().is_some(), "{guideline}");
                for name in score.input_names() {
                    let mut fewer = all.clone();
                    if fewer.remove(name).is_some() {
                        let found = score.score(&fewer).result;
                        assert!(found.value().is_none(), "{guideline} without {name}");
                    }
                }
                continue;
            }
            if let Some(classes) = knowledge::class_list(guideline) {
                let class = classes.classify(&all).result;
                assert!(class.value().is_some(), "{guideline} with all inputs");
                for name in classes.input_names() {
                    let mut fewer = all.clone();
                    fewer.remove(&name);
                    // One class may hold whatever the answer is; it never becomes another.
                    let found = classes.classify(&fewer).result;
                    let is_same = found.value() == class.value();
                    assert!(
                        found.value().is_none() || is_same,
                        "{guideline} without {name}"
                    );
                }
                continue;
            }
            let model = knowledge::find(guideline).unwrap_or_else(|| panic!("{guideline}"));
            assert!(
                model.assess(&all).result.value().is_some(),
                "{guideline} with all inputs"
            );
            for name in model.input_names().filter(|name| all.contains_key(*name)) {
                let mut fewer = all.clone();
                fewer.remove(name);
                assert!(
                    model.assess(&fewer).result.value().is_none(),
                    "{guideline} without {name}"
                );
            }
        }
    }
}

/// A guideline that branches needs not every answer. One fewer leaves its verdict as it was, or open; it
/// never becomes another.
fn fewer_answers_never_turn_advice(guideline: &knowledge::Guideline, all: &Answers) {
    let open = |verdict: &Verdict| matches!(verdict, Verdict::NotAssessable { .. });
    let mut inside = all.clone();
    // Everything answered yes would be outside of its population.
    for name in guideline
        .outside
        .iter()
        .flat_map(|outside| outside.when.keys())
    {
        if matches!(knowledge::inputs()[name].kind, Kind::YesNo) {
            inside.insert(name.clone(), Answer::from(false));
        }
    }
    let whole = guideline.recommend(&inside).result;
    assert!(
        matches!(whole, Verdict::Recommended { .. }),
        "{}: {whole:?}",
        guideline.id
    );
    let mut mattered = 0;
    for name in guideline.input_names() {
        let mut fewer = inside.clone();
        fewer.remove(name);
        let verdict = guideline.recommend(&fewer).result;
        mattered += usize::from(open(&verdict));
        assert!(
            open(&verdict) || verdict == whole,
            "{} without {name}: {verdict:?}",
            guideline.id
        );
    }
    assert!(mattered > 0, "{}", guideline.id);
}

fn plausible(name: &str) -> Answer {
    match (&knowledge::inputs()[name].kind, name) {
        (Kind::YesNo, _) => Answer::from(true),
        (Kind::Choice(options), _) => Answer::from(options[0].id.as_str()),
        (_, "age_years") => Answer::from(60.0),
        (_, "diameter_mm" | "mean_diameter_mm") => Answer::from(9.0),
        (_, "spo2_percent") => Answer::from(98.0),
        (_, "respiratory_rate_per_min") => Answer::from(16.0),
        (_, "pulse_per_min") => Answer::from(72.0),
        (_, "systolic_mmhg") => Answer::from(120.0),
        (_, "temperature_c") => Answer::from(37.0),
        (_, "bmi") => Answer::from(24.0),
        (_, "neck_cm") => Answer::from(38.0),
        (_, "night_mean_spo2_percent") => Answer::from(95.0),
        _ => Answer::from(1.0),
    }
}

#[tokio::test]
async fn without_a_permit_nothing_is_visible() {
    let hospital = TestHospital::open().await;
    for scenario in registry::all() {
        let scenario = scenario.as_ref();
        for who in ["sun.manager", "hu.expert"] {
            for path in ["", "cases/x", "cases/p1", "../..", "requests"] {
                for method in [Method::Get, Method::Post, Method::Put] {
                    let answer = hospital.ask(scenario, who, method, path, Value::Null).await;
                    let status = answer.expect_err(path).status;
                    assert!([403, 404, 422].contains(&status), "{who} {path}: {status}");
                }
            }
            let actor = hospital.actor(who);
            assert!(
                scenario
                    .waiting(&hospital, &actor)
                    .await
                    .unwrap()
                    .is_empty()
            );
            let room = hospital.new_id().parse().unwrap();
            assert!(
                scenario
                    .stage(&hospital, &actor, &room)
                    .await
                    .unwrap()
                    .is_none()
            );
        }
    }
}
