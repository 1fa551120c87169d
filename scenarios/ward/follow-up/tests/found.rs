//! What follows from what was asked and measured: screening, lung function, groups, a diary, the action plan.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::needless_pass_by_value
)]

mod home;

use home::{DAY_MS, HU, LI, as_patient, opened, report, send};
use scenario::{Context as _, Method, testing::Way};
use serde_json::{Value, json};

/// V = FVC (1 - e^(-t/tau)) after a still half second, at 100 a second.
fn blow(fvc: f64, tau: f64) -> Value {
    let at = |n: u32| (f64::from(n) / 100.0 - 0.5).max(0.0);
    let values: Vec<f64> = (0..850)
        .map(|n| fvc * (1.0 - (-at(n) / tau).exp()))
        .collect();
    json!({"values": values, "seen": {"cough": false, "glottic_closure": false, "leak": false}})
}

fn session(sex: &str, age: f64) -> Value {
    json!({
        "height_cm": 170, "group": "north-east-asian",
        "file": {
            "person": {"sex": sex, "age_years": age, "height_cm": 170},
            "curve": "volume-l", "per_second": 100.0,
            "blows": [blow(2.6, 1.1), blow(2.55, 1.1), blow(2.5, 1.1)],
            "after_bronchodilator": [blow(2.8, 1.1), blow(2.78, 1.1)],
        },
    })
}

fn steps(seen: &Value) -> Vec<&str> {
    let all = seen["next"].as_array().unwrap();
    all.iter()
        .map(|step| step["id"].as_str().unwrap())
        .collect()
}

fn result<'a>(seen: &'a Value, id: &str) -> &'a Value {
    let all = seen["assess"]["results"].as_array().unwrap();
    &all.iter().find(|one| one["id"] == id).unwrap()["found"]
}

#[tokio::test]
async fn curves_are_graded_and_compared_and_give_the_grade_of_the_disease() {
    let way = opened("copd").await;
    let seen = way.see(LI).await;
    assert_eq!(steps(&seen), ["spirometry"]);
    assert_eq!(seen["spirometry"]["last"], Value::Null);
    // A file of a woman, or of somebody of another age, is not this patient's.
    for (sex, age) in [("female", 65.0), ("male", 40.0)] {
        let refused = way
            .refused(LI, Method::Post, "/spirometry", session(sex, age))
            .await;
        assert_eq!(refused, 422, "{sex} {age}");
    }
    let age = seen_age(&way);
    let path = format!("courses/{}/spirometry", way.id);
    let refused = as_patient(&way, "p1", Method::Post, &path, session("male", age)).await;
    assert_eq!(refused.unwrap_err().status, 403);
    let seen = way
        .do_it(LI, Method::Post, "/spirometry", session("male", age))
        .await;
    let last = &seen["spirometry"]["last"];
    assert_eq!(last["before"]["fev1"]["grade"], "A");
    assert_eq!(last["after"]["fev1"]["grade"], "B");
    assert_eq!(last["before"]["blows"].as_array().unwrap().len(), 3);
    assert_eq!(last["before"]["blows"][0]["judged"]["fev1"], "acceptable");
    // Each set of equations is named, and none stands for the others.
    let named: std::collections::BTreeSet<&str> = last["after"]["expected"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| one["result"]["state"] == "assessed")
        .map(|one| one["equations"].as_str().unwrap())
        .collect();
    assert_eq!(named, ["gli-2012", "gli-2022", "jian-2017"].into());
    assert_eq!(last["grades"].as_array().unwrap().len(), 3);
    assert_eq!(result(&seen, "gold-grade"), "2");
    assert_eq!(last["changes"].as_array().unwrap().len(), 2);
    assert!(!steps(&seen).contains(&"spirometry"));
    let body = way
        .hospital
        .body("Observation", &format!("{}-s0", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&body), []);
    // The patient reads the same: what was blown after the medicine, checked by who saw each blow.
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null)
        .await
        .unwrap();
    let read = &own[0]["spirometry"][0];
    let short = &seen["spirometry"]["sessions"][0];
    assert_eq!(
        (&read["checked"], &read["grade"], &read["after"]),
        (&json!(true), &json!("B"), &json!(true))
    );
    let measure = |n: usize| &read["measures"][n];
    assert_eq!(measure(0)["value"], short["fev1_l"]);
    assert_eq!(measure(1)["value"], short["fvc_l"]);
    let ratio = short["fev1_l"].as_f64().unwrap() / short["fvc_l"].as_f64().unwrap();
    assert_eq!(measure(2)["value"], json!(ratio));
    let of_fev1 = &measure(0)["expected"];
    assert_eq!(of_fev1["result"]["value"]["z_score"], short["z_score"]);
    assert!(of_fev1["severity"]["label"]["zh"].is_string());
    assert!(read["equations"]["en"].as_str().unwrap().contains("GLI"));
    // Closed and opened again it is the same, and a second one stands beside it.
    let way = way.reopen().await;
    assert_eq!(result(&way.see(LI).await, "gold-grade"), "2");
    let bare = json!({"height_cm": 170, "after": {"fev1_l": 1.2, "fvc_l": 2.7}});
    let seen = way.do_it(LI, Method::Post, "/spirometry", bare).await;
    assert_eq!(seen["spirometry"]["sessions"].as_array().unwrap().len(), 2);
    assert_eq!(seen["spirometry"]["last"]["after"]["fev1"], Value::Null);
    assert_eq!(result(&seen, "gold-grade"), "3");
    // Values without curves nobody can check; the newest comes first.
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null)
        .await
        .unwrap();
    let checked = |n: usize| own[0]["spirometry"][n]["checked"].as_bool();
    assert_eq!([checked(0), checked(1)], [Some(false), Some(true)]);
    // Without a group GLI-2012 says that one is missing; the others need none.
    let expected = seen["spirometry"]["last"]["after"]["expected"]
        .as_array()
        .unwrap();
    let state =
        |id: &str| &expected.iter().find(|one| one["equations"] == id).unwrap()["result"]["state"];
    assert_eq!(
        (state("gli-2012"), state("gli-2022")),
        (&json!("not-assessable"), &json!("assessed"))
    );
}

/// The age of the test's patient, in years.
fn seen_age(way: &Way) -> f64 {
    // Born on 4 March 1961: 3225 days before 1970.
    #[expect(clippy::cast_precision_loss, reason = "some ten thousand days")]
    let days = (way.hospital.now().0 / DAY_MS) as f64;
    (days + 3225.0) / 365.25
}

#[tokio::test]
async fn volumes_that_cannot_be_are_refused() {
    let way = opened("copd").await;
    for body in [
        json!({"height_cm": 170}),
        json!({"height_cm": 17, "after": {"fev1_l": 1.2, "fvc_l": 2.7}}),
        json!({"height_cm": 170, "group": "martian", "after": {"fev1_l": 1.2, "fvc_l": 2.7}}),
        json!({"height_cm": 170, "after": {"fev1_l": 2.8, "fvc_l": 2.7}}),
        json!({"height_cm": 170, "after": {"fev1_l": 1.2, "fvc_l": 27}}),
        json!({"height_cm": 170, "file": {"curve": "volume-l", "per_second": 100.0, "blows": [{"values": [0.0, 0.1]}]}}),
    ] {
        assert_eq!(
            way.refused(LI, Method::Post, "/spirometry", body.clone())
                .await,
            422,
            "{body}"
        );
    }
    let way = opened("osa").await;
    let body = json!({"height_cm": 170, "after": {"fev1_l": 1.2, "fvc_l": 2.7}});
    assert_eq!(
        way.refused(LI, Method::Post, "/spirometry", body).await,
        409
    );
}

#[tokio::test]
async fn groups_of_two_years_stand_side_by_side() {
    let way = opened("copd").await;
    let seen = way.see(LI).await;
    assert_eq!(result(&seen, "gold-abe-2026"), &Value::Null);
    let asked = json!({"answers": {"mmrc": 2, "moderate_exacerbations_12mo": 1, "hospital_exacerbation_12mo": false}});
    let seen = way.do_it(LI, Method::Post, "/assess", asked).await;
    assert_eq!(result(&seen, "gold-abe-2023"), "B");
    assert_eq!(result(&seen, "gold-abe-2026"), "E");
    assert!(steps(&seen).contains(&"years-differ"));
    for (answers, status) in [
        (json!({}), 422),
        (json!({"mmrc": 5}), 422),
        (json!({"mmrc": 1.5}), 422),
        (json!({"ratio_post": 0.5}), 422),
        (json!({"neck_cm": 41}), 422),
    ] {
        let body = json!({"answers": answers});
        assert_eq!(
            way.refused(LI, Method::Post, "/assess", body.clone()).await,
            status,
            "{body}"
        );
    }
    // What was answered last counts; what was not asked again stays.
    let seen = way
        .do_it(LI, Method::Post, "/assess", json!({"answers": {"mmrc": 0}}))
        .await;
    assert_eq!(result(&seen, "gold-abe-2026"), "E");
    assert_eq!(seen["assess"]["answers"]["mmrc"]["value"], 0.0);
    let body = way
        .hospital
        .body("QuestionnaireResponse", &format!("{}-q0", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&body), []);
}

#[tokio::test]
async fn a_questionnaire_leads_to_oximetry_to_a_study_and_to_the_expert() {
    let way = opened("osa-suspected").await;
    let seen = way.see(LI).await;
    assert_eq!(steps(&seen), ["screen"]);
    assert_eq!(
        (&seen["programme"], &seen["next"][0]["stage"]),
        (&json!("OSapp5A"), &json!("ask"))
    );
    // Sex and age are those of the record: nobody types them again.
    assert_eq!(seen["assess"]["answers"]["male"]["value"], true);
    let asked = json!({"answers": {"snoring": true, "neck_cm": 42, "bmi": 31}});
    let seen = way.do_it(LI, Method::Post, "/assess", asked).await;
    assert_eq!(result(&seen, "nosas"), "high");
    assert_eq!(result(&seen, "stop-bang"), &Value::Null);
    assert_eq!(steps(&seen), ["home-oximetry"]);
    assert_eq!(seen["next"][0]["stage"], "assess");
    let notes = seen["assess"]["results"][1]["said"]["attribution"]["en"]
        .as_str()
        .unwrap();
    assert!(notes.contains("University Health Network"), "{notes}");
    // No AHI is known: severity and therapy stay open.
    assert_eq!(result(&seen, "osa-severity"), &Value::Null);
    let asked = json!({"answers": {"ahi_per_hour": 32, "excessive_sleepiness": true}});
    let seen = way.do_it(LI, Method::Post, "/assess", asked).await;
    assert_eq!(result(&seen, "osa-severity"), "severe");
    assert_eq!(result(&seen, "pap-2019"), "recommended");
    let found = steps(&seen);
    assert!(
        found.contains(&"severe") && found.contains(&"begin-therapy"),
        "{found:?}"
    );
    let step = seen["next"]
        .as_array()
        .unwrap()
        .iter()
        .find(|step| step["id"] == "severe")
        .unwrap();
    assert_eq!(
        (&step["criterion"], &step["needs_confirmation"]),
        (&json!("osa-severe"), &json!(true))
    );
    let refer = json!({"direction": "up", "from_level": "community", "to_level": "centre", "criterion": "osa-severe", "reason": "AHI 32", "to": HU});
    let seen = way.do_it(LI, Method::Post, "/refer", refer).await;
    assert_eq!(seen["referrals"][0]["criterion"], "osa-severe");
}

#[tokio::test]
async fn what_was_answered_last_counts_whether_at_home_or_at_the_doctor_s() {
    let way = opened("asthma").await;
    let said = |is: bool| {
        json!({
            "gina_day_symptoms": is, "gina_night_waking": is, "gina_reliever": is,
            "gina_activity_limit": is,
        })
    };
    let asked = json!({"answers": said(false)});
    let seen = way.do_it(LI, Method::Post, "/assess", asked.clone()).await;
    assert!(steps(&seen).is_empty());
    way.hospital.pass(7 * DAY_MS);
    send(&way, &[report(&way, "report0001", 0, said(true))])
        .await
        .unwrap();
    let seen = way.see(LI).await;
    assert_eq!(result(&seen, "gina-control"), "uncontrolled");
    assert_eq!(steps(&seen), ["asthma-uncontrolled"]);
    let seen = way.do_it(LI, Method::Post, "/assess", asked).await;
    assert!(steps(&seen).is_empty(), "asked anew");
}

#[tokio::test]
async fn the_patient_answers_once_what_the_plan_asks_of_them_and_nothing_else() {
    let way = opened("osa-suspected").await;
    let once = |seen: &Value| -> Vec<String> {
        let all = seen["once"].as_array().unwrap().iter();
        all.map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    let own = own.unwrap()[0].clone();
    assert_eq!(once(&own), ["snoring", "neck_cm", "bmi"]);
    assert_eq!(own["once"][1]["range"], json!([20.0, 80.0]));
    let path = format!("courses/{}/assess", way.id);
    for answers in [
        json!({"ahi_per_hour": 3}),
        json!({"stop_bang_snoring": true}),
        json!({"neck_cm": 400}),
    ] {
        let body = json!({"answers": answers});
        let refused = as_patient(&way, "p1", Method::Post, &path, body).await;
        assert_eq!(refused.unwrap_err().status, 422, "{answers}");
    }
    let body = json!({"answers": {"snoring": true, "neck_cm": 42}});
    let seen = as_patient(&way, "p1", Method::Post, &path, body.clone()).await;
    assert_eq!(once(&seen.unwrap()), ["bmi"]);
    // What was answered is asked no more, and nobody else answers for them.
    for whose in ["p1", "p2"] {
        let refused = as_patient(&way, whose, Method::Post, &path, body.clone()).await;
        assert!(refused.is_err(), "{whose}");
    }
    let id = format!("{}-q0", way.id);
    let kept = way.hospital.body("QuestionnaireResponse", &id).await;
    let kept = kept.unwrap();
    assert_eq!(fhir::validate(&kept), []);
    assert_eq!(kept["author"]["reference"], "Patient/p1");
    // Who treats them reads it, adds what is missing, and may put it right.
    let seen = way.see(LI).await;
    assert_eq!(seen["assess"]["of_patient"], json!(["bmi"]));
    assert_eq!(seen["assess"]["answers"]["neck_cm"]["value"], 42.0);
    let asked = json!({"answers": {"bmi": 31, "neck_cm": 41}});
    let seen = way.do_it(LI, Method::Post, "/assess", asked).await;
    assert_eq!(result(&seen, "nosas"), "high");
    assert_eq!(seen["assess"]["answers"]["neck_cm"]["value"], 41.0);
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
    assert_eq!(once(&own.unwrap()[0]), Vec::<String>::new());
}

#[tokio::test]
async fn a_diary_of_peak_flow_is_judged_after_seven_days_with_both_values() {
    let way = opened("asthma-peak-flow").await;
    way.do_it(
        LI,
        Method::Post,
        "/assess",
        json!({"answers": {"child": false}}),
    )
    .await;
    let day = |n: i64| {
        let answers =
            json!({"pef_morning_l_min": 360, "pef_evening_l_min": 420, "feels_worse": false});
        report(&way, &format!("report00{n:02}"), n, answers)
    };
    way.hospital.pass(8 * DAY_MS);
    let six: Vec<Value> = (0..6).map(day).collect();
    send(&way, &six).await.unwrap();
    assert_eq!(result(&way.see(LI).await, "pef-variability"), &Value::Null);
    send(&way, &[day(6)]).await.unwrap();
    // 100 · 60 / 390 each day: the worked case of the source.
    let seen = way.see(LI).await;
    assert_eq!(result(&seen, "pef-variability"), "excessive");
    assert_eq!(steps(&seen), ["peak-flow-excessive"]);
}

#[tokio::test]
async fn the_action_plan_stands_on_the_patient_s_page_with_the_doctor_s_words() {
    let way = opened("copd").await;
    let own = |seen: &Value| seen["action"]["levels"].as_array().unwrap().clone();
    let path = format!("courses/{}", way.id);
    let seen = as_patient(&way, "p1", Method::Get, &path, Value::Null)
        .await
        .unwrap();
    assert_eq!(own(&seen).len(), 3);
    assert!(
        own(&seen)[2]["general"]["en"]
            .as_str()
            .unwrap()
            .contains("120")
    );
    assert_eq!(own(&seen)[1]["own"], Value::Null);
    let words = json!({"usual": "the blue one each morning", "worse": "two puffs more, and call 8000-1234", "emergency": ""});
    let action = format!("courses/{}/action", way.id);
    let refused = as_patient(&way, "p1", Method::Put, &action, words.clone()).await;
    assert_eq!(refused.unwrap_err().status, 403);
    way.do_it(LI, Method::Put, "/action", words).await;
    let seen = as_patient(&way, "p1", Method::Get, &path, Value::Null)
        .await
        .unwrap();
    assert_eq!(own(&seen)[1]["own"], "two puffs more, and call 8000-1234");
    assert_eq!(own(&seen)[2]["own"], Value::Null);
    assert_eq!(seen["action"]["by"]["name"], LI);
    let long = json!({"usual": "x".repeat(2001), "worse": "", "emergency": ""});
    assert_eq!(way.refused(LI, Method::Put, "/action", long).await, 422);
    let body = way.hospital.body("CarePlan", &way.id).await.unwrap();
    assert_eq!(fhir::validate(&body), []);
    // The course goes on as it was.
    assert_eq!(way.see(LI).await["usual"], json!({"spo2_percent": 96.0}));
}
