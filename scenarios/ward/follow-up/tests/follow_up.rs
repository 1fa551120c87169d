//! Who may do what in a follow-up, and what comes of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp,
    clippy::needless_pass_by_value
)]

mod home;

use follow_up::FollowUpAtHome;
use home::{
    CHEN, DAY_MS, HU, LI, MINUTE_MS, WANG, as_patient, day_at_home, opened, patient, report, send,
};
use scenario::{Context as _, Method, REMINDED_EVERY, Scenario as _, Topic, testing::kinds};
use serde_json::{Value, json};
use vocabulary::{ActorId, PatientId, Timestamp};

fn ill() -> Value {
    json!({"dyspnoea_vas": 7, "spo2_percent": 89, "pulse_per_min": 104, "respiratory_rate_per_min": 26})
}

fn well() -> Value {
    json!({"dyspnoea_vas": 1.0, "spo2_percent": 96.0, "pulse_per_min": 72.0, "respiratory_rate_per_min": 14.0, "feels_worse": false})
}

#[tokio::test]
async fn a_patient_reports_and_hears_what_is_due() {
    let way = opened("copd").await;
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null)
        .await
        .unwrap();
    assert_eq!(own[0]["next_report"]["due"], "now");
    assert_eq!(own[0]["questions"].as_array().unwrap().len(), 5);
    let first = report(&way, "report0001", 0, well());
    let seen = send(&way, std::slice::from_ref(&first)).await.unwrap();
    assert_eq!(seen["next_report"]["due"], "planned");
    assert_eq!(seen["told"], Value::Null);
    // The same report sent again is one.
    let seen = send(&way, &[first]).await.unwrap();
    assert_eq!(seen["reports"].as_array().unwrap().len(), 1);
    // What was measured is an Observation of the record, valid as FHIR.
    let measured = way
        .hospital
        .body("Observation", &format!("{}-oreport00011", way.id))
        .await
        .unwrap();
    assert_eq!(measured["code"]["coding"][0]["code"], "59408-5");
    assert_eq!(measured["valueQuantity"]["value"], 96.0);
    for (kind, id) in [
        ("Observation", format!("{}-oreport00011", way.id)),
        ("QuestionnaireResponse", format!("{}-rreport0001", way.id)),
        ("CarePlan", way.id.clone()),
        ("ServiceRequest", format!("{}-second", way.id)),
    ] {
        let body = way.hospital.body(kind, &id).await.unwrap();
        assert_eq!(fhir::validate(&body), [], "{kind}");
    }
    // Closed and opened again it is the same.
    let way = way.reopen().await;
    assert_eq!(way.see(LI).await["reports"][0]["answers"], well());
}

#[tokio::test]
async fn what_waited_without_a_line_comes_in_with_its_days_and_raises_one_alert() {
    let way = opened("copd").await;
    way.hospital.pass(3 * DAY_MS);
    let kept = [
        report(&way, "report0001", 3, well()),
        report(&way, "report0002", 2, ill()),
        report(&way, "report0003", 1, ill()),
    ];
    let seen = send(&way, &kept).await.unwrap();
    assert_eq!(seen["next_report"]["due"], "now");
    assert_eq!(seen["told"]["state"], "open");
    let seen = way.see(LI).await;
    assert_eq!(seen["alerts"].as_array().unwrap().len(), 1);
    let reported: Vec<i64> = seen["periods"]
        .as_array()
        .unwrap()
        .iter()
        .map(|period| period["reports"].as_i64().unwrap())
        .collect();
    assert_eq!(reported, [1, 1, 1, 0]);
    assert_eq!(seen["adherence"], json!({"periods": 3, "reported": 3}));
}

#[tokio::test]
async fn what_is_due_turns_at_midnight_of_the_hospital_and_not_of_greenwich() {
    let way = opened("copd").await;
    let own = async || {
        let all = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
        all.unwrap()[0].clone()
    };
    send(&way, &[report(&way, "report0001", 0, well())])
        .await
        .unwrap();
    // Midnight of the hospital, eight hours before that of Greenwich.
    let now = way.hospital.now();
    let midnight = Timestamp(now.0 / DAY_MS * DAY_MS + 16 * 60 * MINUTE_MS);
    let (today, tomorrow) = (day_at_home(now), day_at_home(midnight));
    assert!(now < midnight && today < tomorrow);
    way.hospital.pass(midnight.0 - now.0 - 2 * MINUTE_MS);
    let seen = own().await;
    assert_eq!(
        seen["next_report"],
        json!({"day": tomorrow, "due": "planned"})
    );
    let start = format!("DTSTART;VALUE=DATE:{}", tomorrow.replace('-', ""));
    assert!(seen["calendar"].as_str().unwrap().contains(&start));
    let before = way.hospital.now();
    way.hospital.announced.lock().unwrap().clear();
    way.hospital.pass(3 * MINUTE_MS);
    // It is the next day there, and the same one in Greenwich.
    let after = way.hospital.now();
    assert_eq!(before.to_string()[..10], after.to_string()[..10]);
    assert_eq!(own().await["next_report"]["due"], "now");
    let permit = way.hospital.own_permit();
    FollowUpAtHome
        .remind(&way.hospital, permit, before, after)
        .await
        .unwrap();
    let told = way.hospital.announced.lock().unwrap().clone();
    assert!(told.iter().any(|(topic, ..)| *topic == Topic::Waiting));
    // What is answered now is of the new day.
    let seen = send(&way, &[report(&way, "report0002", 0, well())])
        .await
        .unwrap();
    assert_eq!(seen["reports"][0]["day"], json!(tomorrow));
    assert_eq!(seen["next_report"]["due"], "planned");
    // Two midnights later it is overdue, since the last of them.
    way.hospital.pass(2 * DAY_MS);
    assert_eq!(own().await["next_report"]["due"], "overdue");
    let waiting = way.waiting(LI).await;
    let overdue = waiting
        .iter()
        .find(|one| one["kind"] == "follow-up-overdue");
    let since = Timestamp(midnight.0 + DAY_MS);
    assert_eq!(overdue.unwrap()["at"], json!(since));
}

#[tokio::test]
async fn an_alert_reaches_a_person_is_taken_and_ended_by_them() {
    let way = opened("copd").await;
    assert_eq!(way.see(LI).await["state"], "fine");
    way.hospital.announced.lock().unwrap().clear();
    send(&way, &[report(&way, "report0001", 0, ill())])
        .await
        .unwrap();
    let told = way.hospital.announced.lock().unwrap().clone();
    let who = |topic: Topic| {
        let one = told.iter().find(|(found, ..)| *found == topic);
        one.unwrap().2.clone()
    };
    assert!(who(Topic::Waiting).contains(&ActorId::new(LI).unwrap()));
    let seen = way.see(LI).await;
    assert_eq!(seen["state"], "alert");
    assert_eq!(kinds(&way.waiting(LI).await), ["alert"]);
    let alert = json!({"alert": seen["alert"]["id"]});
    let ended = json!({"alert": seen["alert"]["id"], "outcome": "steroids started"});
    for (who, step, body, status) in [
        (LI, "/close", &ended, 409),
        (HU, "/take", &alert, 404),
        ("sun.manager", "/take", &alert, 403),
        (LI, "/take", &json!({"alert": "another"}), 404),
    ] {
        let got = way.refused(who, Method::Post, step, body.clone()).await;
        assert_eq!(got, status, "{who} {step}");
    }
    let path = format!("courses/{}/take", way.id);
    let refused = as_patient(&way, "p1", Method::Post, &path, alert.clone()).await;
    assert_eq!(refused.unwrap_err().status, 403);
    let taken = way.do_it(WANG, Method::Post, "/take", alert.clone()).await;
    assert_eq!(taken["state"], "taken");
    assert_eq!(taken["alert"]["taken_by"]["name"], WANG);
    assert_eq!(kinds(&way.waiting(LI).await), Vec::<&str>::new());
    assert_eq!(kinds(&way.waiting(WANG).await), ["alert"]);
    assert_eq!(
        way.refused(LI, Method::Post, "/take", alert.clone()).await,
        409
    );
    assert_eq!(
        way.refused(LI, Method::Post, "/close", ended.clone()).await,
        409
    );
    assert_eq!(way.refused(WANG, Method::Post, "/close", alert).await, 422);
    let seen = way.do_it(WANG, Method::Post, "/close", ended.clone()).await;
    assert_eq!(seen["alerts"][0]["outcome"], "steroids started");
    assert_eq!(seen["state"], "fine");
    assert_eq!(way.refused(WANG, Method::Post, "/close", ended).await, 409);
    let task = format!("{}-areport0001", way.id);
    let body = way.hospital.body("Task", &task).await.unwrap();
    assert_eq!(fhir::validate(&body), []);
    // Bad days that come after it raise a new one.
    way.hospital.pass(DAY_MS);
    send(&way, &[report(&way, "report0002", 0, ill())])
        .await
        .unwrap();
    assert_eq!(way.see(LI).await["alerts"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_alert_that_nobody_takes_goes_on_to_the_second_person() {
    let way = opened("copd").await;
    send(&way, &[report(&way, "report0001", 0, ill())])
        .await
        .unwrap();
    assert_eq!(kinds(&way.waiting(CHEN).await), Vec::<&str>::new());
    let since = way.hospital.now();
    way.hospital.pass(14 * MINUTE_MS);
    let soon = way.hospital.now();
    way.hospital.announced.lock().unwrap().clear();
    let permit = way.hospital.own_permit();
    FollowUpAtHome
        .remind(&way.hospital, permit, since, soon)
        .await
        .unwrap();
    assert!(way.hospital.announced.lock().unwrap().is_empty());
    way.hospital.pass(MINUTE_MS);
    let now = way.hospital.now();
    FollowUpAtHome
        .remind(&way.hospital, permit, soon, now)
        .await
        .unwrap();
    let told = way.hospital.announced.lock().unwrap().clone();
    assert!(told.iter().any(|(topic, id, who)| *topic == Topic::Waiting
        && *id == way.id
        && who.contains(&ActorId::new(CHEN).unwrap())));
    assert_eq!(kinds(&way.waiting(CHEN).await), ["alert"]);
    assert_eq!(kinds(&way.waiting(LI).await), ["alert"]);
    let seen = way.see(CHEN).await;
    assert_eq!(seen["alert"]["escalated"], true);
    let alert = json!({"alert": seen["alert"]["id"]});
    let taken = way.do_it(CHEN, Method::Post, "/take", alert).await;
    assert_eq!(taken["alert"]["taken_by"]["id"], CHEN);
    assert_eq!(taken["alert"]["escalated"], true, "it had gone on before");
}

/// The first person hears with the report; nobody took it, so the second hears in the minute after its time: once,
/// wherever between two questions of the clock the report came.
#[tokio::test]
async fn an_alert_reaches_each_named_person_within_a_minute_of_its_time() {
    let every = i64::try_from(REMINDED_EVERY.as_millis()).unwrap();
    for after in [0, 1, every / 3, every - 1] {
        let way = opened("copd").await;
        let told = |who: &str| {
            let announced = std::mem::take(&mut *way.hospital.announced.lock().unwrap());
            let who = ActorId::new(who).unwrap();
            let mut all = announced.iter();
            all.any(|(topic, _, people)| *topic == Topic::Waiting && people.contains(&who))
        };
        let mut since = way.hospital.now();
        way.hospital.pass(after);
        told(LI);
        let reported = way.hospital.now();
        send(&way, &[report(&way, "report0001", 0, ill())])
            .await
            .unwrap();
        assert!(told(LI), "with the report");
        let late = way.hospital.now().0 - reported.0;
        assert!((0..=MINUTE_MS).contains(&late), "{late} ms");
        let raised = way.see(LI).await["alert"]["raised_at"].clone();
        let raised: Timestamp = raised.as_str().unwrap().parse().unwrap();
        let permit = way.hospital.own_permit();
        let mut heard = Vec::new();
        // As the hospital asks; here the clock goes on by itself with each look at it.
        while since.0 < raised.0 + 20 * MINUTE_MS {
            let left = since.0 + every - way.hospital.now().0;
            way.hospital.pass(left.max(0));
            let until = way.hospital.now();
            FollowUpAtHome
                .remind(&way.hospital, permit, since, until)
                .await
                .unwrap();
            if told(CHEN) {
                heard.push(way.hospital.now().0 - raised.0);
            }
            since = until;
        }
        let [once] = heard[..] else {
            panic!("it went on {heard:?} ms after it was raised")
        };
        let late = once - 15 * MINUTE_MS;
        assert!((0..=MINUTE_MS).contains(&late), "{late} ms");
    }
}

#[tokio::test]
async fn reports_that_cannot_be_are_refused_whole() {
    let way = opened("copd").await;
    let at = |days: i64| Timestamp(way.hospital.now().0 + days * DAY_MS);
    let good = report(&way, "report0001", 0, well());
    let with = |name: &str, value: Value| {
        let mut one = report(&way, "report0002", 0, well());
        one[name] = value;
        one
    };
    for (bad, why) in [
        (with("answers", json!({"spo2_percent": 500})), "too high"),
        (with("answers", json!({"spo2_percent": 49})), "too low"),
        (with("answers", json!({"spo2_percent": "96"})), "no number"),
        (with("answers", json!({"spo2_percent": 96.5})), "not whole"),
        (
            with("answers", json!({"dyspnoea_vas": 11})),
            "beyond the scale",
        ),
        (with("answers", json!({"temperature_c": 37})), "not asked"),
        (
            with("answers", json!({"feels_worse": 7})),
            "neither yes nor no",
        ),
        (with("answers", json!({})), "empty"),
        (with("id", json!("short")), "no name"),
        (with("id", json!("report/00001")), "no name"),
        (with("at", json!("1970-01-01T00:00:00Z")), "an old clock"),
        (with("at", json!(at(1))), "the future"),
        (with("day", json!("2020-01-01")), "another day"),
        (with("day", json!("yesterday")), "no day"),
        (with("mood", json!("fine")), "a field that is none"),
    ] {
        let refused = send(&way, &[good.clone(), bad]).await.expect_err(why);
        assert_eq!(refused.status, 422, "{why}");
        assert!(!refused.detail.zh.is_empty() && !refused.detail.en.is_empty());
    }
    assert_eq!(way.see(LI).await["reports"], json!([]), "nothing was kept");
    let many = vec![good; 201];
    assert_eq!(send(&way, &many).await.expect_err("too many").status, 422);
}

#[tokio::test]
async fn who_may_open_report_and_see() {
    let way = opened("copd").await;
    let hospital = &way.hospital;
    let open = |patient: &str, plan: &str| json!({"patient": patient, "plan": plan});
    for (who, body, status) in [
        (LI, open("p1", "gout"), 422),
        (LI, open("p2", "copd"), 403),
        (CHEN, open("p1", "osa"), 403),
        ("sun.manager", open("p1", "osa"), 403),
        (
            WANG,
            json!({"patient": "p1", "plan": "osa", "second": CHEN}),
            403,
        ),
        (
            LI,
            json!({"patient": "p1", "plan": "osa", "second": WANG}),
            422,
        ),
        (
            LI,
            json!({"patient": "p1", "plan": "osa", "second": "nobody"}),
            422,
        ),
        (
            LI,
            json!({"patient": "p1", "plan": "osa", "usual": {"spo2_percent": 95}}),
            422,
        ),
        (
            LI,
            json!({"patient": "p1", "plan": "copd", "usual": {"spo2_percent": 195}}),
            200,
        ),
    ] {
        let reply = hospital
            .ask(&FollowUpAtHome, who, Method::Post, "courses", body.clone())
            .await;
        let got = match &reply {
            Ok(reply) => reply.status,
            Err(problem) => problem.status,
        };
        assert_eq!(got, status, "{who} {body}");
    }
    // A nurse who treats opens one, without a second person.
    let made = hospital
        .ask(
            &FollowUpAtHome,
            WANG,
            Method::Post,
            "courses",
            open("p1", "asthma"),
        )
        .await
        .unwrap();
    assert_eq!((made.status, made.body["second"].is_null()), (201, true));
    // The second person sees the patient, others do not; another patient sees nothing.
    assert_eq!(way.see(CHEN).await["id"], way.id);
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    let path = format!("courses/{}/reports", way.id);
    let body = json!({"reports": [report(&way, "report0001", 0, well())]});
    let other = as_patient(&way, "p2", Method::Put, &path, body.clone()).await;
    assert_eq!(other.unwrap_err().status, 404);
    assert_eq!(
        as_patient(&way, "p2", Method::Get, "courses", Value::Null)
            .await
            .unwrap(),
        json!([])
    );
    // The second person reads; only who treats types for the patient.
    assert_eq!(
        way.refused(CHEN, Method::Put, "/reports", body.clone())
            .await,
        403
    );
    let seen = way.do_it(WANG, Method::Put, "/reports", body).await;
    assert_eq!(seen["reports"][0]["by"], WANG);
    for (method, step) in [
        (Method::Get, "/take"),
        (Method::Post, "/nothing"),
        (Method::Put, ""),
    ] {
        assert_eq!(way.refused(LI, method, step, Value::Null).await, 404);
    }
}

#[tokio::test]
async fn who_does_not_report_is_found_by_the_doctor_and_reminded() {
    let way = opened("copd").await;
    way.hospital.pass(2 * DAY_MS);
    assert_eq!(kinds(&way.waiting(LI).await), ["follow-up-overdue"]);
    assert_eq!(kinds(&way.waiting(WANG).await), Vec::<&str>::new());
    assert_eq!(way.see(LI).await["state"], "overdue");
    let own = FollowUpAtHome
        .waiting(&way.hospital, &patient("p1"))
        .await
        .unwrap();
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].path.as_deref(), Some("/scenarios/follow-up"));
    // At midnight everyone's browser looks again.
    way.hospital.announced.lock().unwrap().clear();
    let now = way.hospital.now();
    let permit = way.hospital.own_permit();
    let before = Timestamp(now.0 - DAY_MS);
    FollowUpAtHome
        .remind(&way.hospital, permit, before, now)
        .await
        .unwrap();
    let announced = way.hospital.announced.lock().unwrap().clone();
    let is_for_all = |(topic, id, whom): &&(Topic, String, Vec<ActorId>)| {
        *topic == Topic::Waiting && id == "follow-up" && whom.is_empty()
    };
    assert_eq!(announced.iter().filter(is_for_all).count(), 1);
    send(&way, &[report(&way, "report0001", 0, well())])
        .await
        .unwrap();
    assert_eq!(kinds(&way.waiting(LI).await), Vec::<&str>::new());
}

#[tokio::test]
async fn a_patient_is_referred_up_and_comes_back_with_advice() {
    let way = opened("copd").await;
    let up = json!({"direction": "up", "from_level": "community", "to_level": "centre", "criterion": "not-controlled", "reason": "no better for 3 weeks", "to": HU});
    let with = |name: &str, value: Value| {
        let mut one = up.clone();
        one[name] = value;
        one
    };
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    for (who, body, status) in [
        (WANG, up.clone(), 403),
        (CHEN, up.clone(), 403),
        (LI, with("criterion", json!("plan-stable")), 422),
        (LI, with("criterion", json!("osa-severe")), 422),
        (LI, with("reason", json!(" ")), 422),
        (LI, with("to", json!(LI)), 422),
        (LI, with("to", json!(WANG)), 422),
        (LI, with("to", Value::Null), 422),
    ] {
        let got = way.refused(who, Method::Post, "/refer", body.clone()).await;
        assert_eq!(got, status, "{who} {body}");
    }
    let down = json!({"direction": "down", "criterion": "plan-stable", "reason": "inhaler changed; weekly reports do"});
    assert_eq!(
        way.refused(LI, Method::Post, "/refer", down.clone()).await,
        422,
        "nobody asked: to whom?"
    );
    let seen = way.do_it(LI, Method::Post, "/refer", up.clone()).await;
    assert_eq!(seen["state"], "referred");
    assert_eq!(way.refused(LI, Method::Post, "/refer", up).await, 409);
    // From now on the expert sees the patient, and hears of alerts.
    assert_eq!(kinds(&way.waiting(HU).await), ["referral"]);
    let by_referral = (HU.to_owned(), format!("{}-f0", way.id));
    assert_eq!(way.called().await, [by_referral]);
    assert_eq!(
        way.see(HU).await["referral"]["reason"],
        "no better for 3 weeks"
    );
    assert_eq!(
        way.refused(LI, Method::Post, "/refer", down.clone()).await,
        409
    );
    assert_eq!(
        way.refused(LI, Method::Post, "/end", json!({"reason": "moved"}))
            .await,
        409
    );
    let gone = way.do_it(HU, Method::Post, "/refer", down).await;
    assert_eq!(gone, json!({"id": way.id, "gone": true}));
    assert!(way.called().await.is_empty());
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    let seen = way.see(LI).await;
    assert_eq!(seen["referrals"].as_array().unwrap().len(), 2);
    assert_eq!(seen["referrals"][1]["from"]["id"], HU);
    assert_eq!(seen["state"], "fine");
    let body = way
        .hospital
        .body("ServiceRequest", &format!("{}-f0", way.id))
        .await
        .unwrap();
    assert_eq!(body["status"], "completed");
    assert_eq!(fhir::validate(&body), []);
}

#[tokio::test]
async fn a_visit_calls_the_patient_and_ends() {
    let way = opened("copd").await;
    assert_eq!(
        way.refused(LI, Method::Post, "/visit/end", Value::Null)
            .await,
        409
    );
    assert_eq!(
        way.refused(HU, Method::Post, "/visit", Value::Null).await,
        404
    );
    let seen = way.do_it(LI, Method::Post, "/visit", Value::Null).await;
    assert_eq!(seen["visit"]["by"]["id"], LI);
    // A second click is the same visit.
    let seen = way.do_it(WANG, Method::Post, "/visit", Value::Null).await;
    assert_eq!(seen["visits"].as_array().unwrap().len(), 1);
    let own = FollowUpAtHome
        .waiting(&way.hospital, &patient("p1"))
        .await
        .unwrap();
    let call = serde_json::to_value(&own[0]).unwrap();
    assert_eq!(
        (call["kind"].as_str(), call.get("path")),
        (Some("visit"), None)
    );
    let room = vocabulary::RoomId::new(way.id.as_str()).unwrap();
    let stage = FollowUpAtHome
        .stage(&way.hospital, &patient("p1"), &room)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stage.patient.as_ref().map(PatientId::as_str), Some("p1"));
    let stranger = FollowUpAtHome
        .stage(&way.hospital, &way.hospital.actor(HU), &room)
        .await
        .unwrap();
    assert_eq!(stranger, None);
    assert_eq!(
        way.refused(LI, Method::Post, "/end", json!({"reason": "moved"}))
            .await,
        409
    );
    let seen = way.do_it(LI, Method::Post, "/visit/end", Value::Null).await;
    assert_eq!(seen["visit"], Value::Null);
    let body = way
        .hospital
        .body("Encounter", &format!("{}-v0", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&body), []);
}

#[tokio::test]
async fn a_follow_up_ends_with_a_reason_and_nothing_goes_on_after_it() {
    let way = opened("copd").await;
    assert_eq!(
        way.refused(LI, Method::Post, "/end", json!({"reason": ""}))
            .await,
        422
    );
    assert_eq!(
        way.refused(CHEN, Method::Post, "/end", json!({"reason": "x"}))
            .await,
        403
    );
    send(&way, &[report(&way, "report0001", 0, ill())])
        .await
        .unwrap();
    assert_eq!(
        way.refused(LI, Method::Post, "/end", json!({"reason": "moved"}))
            .await,
        409
    );
    let alert = way.see(LI).await["alert"]["id"].clone();
    way.do_it(LI, Method::Post, "/take", json!({"alert": alert}))
        .await;
    way.do_it(
        LI,
        Method::Post,
        "/close",
        json!({"alert": alert, "outcome": "seen"}),
    )
    .await;
    let seen = way
        .do_it(LI, Method::Post, "/end", json!({"reason": "moved"}))
        .await;
    assert_eq!(
        (seen["state"].as_str(), seen["ended"].as_str()),
        (Some("ended"), Some("moved"))
    );
    // The second person does not see the patient any more.
    assert_eq!(way.refused(CHEN, Method::Get, "", Value::Null).await, 404);
    let late = send(&way, &[report(&way, "report0002", 0, well())]).await;
    assert_eq!(late.unwrap_err().status, 409);
    for step in ["/visit", "/end"] {
        let body = json!({"reason": "again"});
        assert_eq!(
            way.refused(LI, Method::Post, step, body).await,
            409,
            "{step}"
        );
    }
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null)
        .await
        .unwrap();
    assert_eq!(own, json!([]));
}

#[tokio::test]
async fn the_work_list_has_the_most_urgent_first() {
    let way = opened("copd").await;
    way.hospital.pass(2 * DAY_MS);
    for plan in ["asthma", "after-surgery"] {
        let body = json!({"patient": "p1", "plan": plan});
        way.hospital
            .ask(&FollowUpAtHome, LI, Method::Post, "courses", body)
            .await
            .unwrap();
    }
    let list = async |who: &str| {
        let reply = way
            .hospital
            .ask(&FollowUpAtHome, who, Method::Get, "courses", Value::Null)
            .await;
        let rows = reply.unwrap().body;
        rows.as_array()
            .unwrap()
            .iter()
            .map(|row| {
                format!(
                    "{} {}",
                    row["plan"]["id"].as_str().unwrap(),
                    row["state"].as_str().unwrap()
                )
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(
        list(LI).await,
        ["copd overdue", "asthma fine", "after-surgery fine"]
    );
    let asthma = way
        .hospital
        .ask(&FollowUpAtHome, LI, Method::Get, "courses", Value::Null)
        .await
        .unwrap()
        .body[1]["id"]
        .clone();
    let path = format!("courses/{}/reports", asthma.as_str().unwrap());
    let answers = json!({"gina_day_symptoms": true, "gina_night_waking": true, "gina_reliever": true, "gina_activity_limit": false});
    let body = json!({"reports": [report(&way, "report0001", 0, answers)]});
    as_patient(&way, "p1", Method::Put, &path, body)
        .await
        .unwrap();
    assert_eq!(
        list(LI).await,
        ["asthma alert", "copd overdue", "after-surgery fine"]
    );
    assert_eq!(list(HU).await, Vec::<String>::new());
}

#[tokio::test]
async fn nights_that_a_patient_tells_of_are_counted_and_the_others_are_not_known() {
    let way = opened("osa").await;
    way.hospital.pass(30 * DAY_MS);
    let nights: Vec<Value> = (0..30)
        .map(|ago| {
            let hours = if ago < 21 { 4.0 } else { 3.9 };
            report(
                &way,
                &format!("report00{ago:02}"),
                ago,
                json!({"cpap_hours": hours}),
            )
        })
        .collect();
    send(&way, &nights[..29]).await.unwrap();
    let seen = way.see(LI).await;
    // 21 of 30 is 70 %: adherent whatever the night is that nobody told of.
    assert_eq!(seen["nights"]["known"], 29);
    assert_eq!(seen["nights"]["counted"], 21);
    assert_eq!(seen["nights"]["adherence"]["value"], "adherent");
    way.hospital.pass(DAY_MS);
    let seen = way.see(LI).await;
    assert_eq!(seen["nights"]["adherence"]["state"], "assessed");
    way.hospital.pass(9 * DAY_MS);
    let seen = way.see(LI).await;
    assert_eq!(seen["nights"]["adherence"]["state"], "not-assessable");
    assert_eq!(seen["nights"]["nights"].as_array().unwrap().len(), 30);
}

#[tokio::test]
async fn the_calendar_names_no_disease() {
    let way = opened("copd").await;
    let own = as_patient(&way, "p1", Method::Get, "courses", Value::Null)
        .await
        .unwrap();
    let file = own[0]["calendar"].as_str().unwrap();
    assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.contains("FREQ=DAILY;INTERVAL=1"));
    assert!(!file.contains("UNTIL"), "it has no end");
    for word in ["COPD", "慢阻肺", "p1", "赵"] {
        assert!(!file.contains(word), "{word}");
    }
}

#[tokio::test]
async fn a_diary_of_two_weeks_is_over_then_and_the_calendar_says_when() {
    let way = opened("asthma-peak-flow").await;
    let own = async || {
        let all = as_patient(&way, "p1", Method::Get, "courses", Value::Null).await;
        all.unwrap()[0].clone()
    };
    let first = way.hospital.now();
    let after = |days: i64| day_at_home(Timestamp(first.0 + days * DAY_MS));
    let seen = own().await;
    assert_eq!(seen["phases"][0]["until"], json!(after(14)));
    let last = format!("UNTIL={}", after(13).replace('-', ""));
    let calendar = seen["calendar"].as_str().unwrap();
    assert!(calendar.contains(&format!("FREQ=DAILY;INTERVAL=1;{last}")));
    // The report of its last day came: the patient is done, and the doctor has nothing to decide yet.
    way.hospital.pass(13 * DAY_MS);
    assert_eq!(own().await["next_report"]["due"], "overdue");
    let told = report(&way, "report0001", 0, json!({"feels_worse": false}));
    send(&way, &[told]).await.unwrap();
    let over = json!({"day": after(14), "due": "over"});
    assert_eq!(own().await["next_report"], over);
    assert_eq!(way.see(LI).await["state"], "fine");
    // Then it is over: the work list says so, and nothing waits or recurs.
    way.hospital.pass(5 * DAY_MS);
    assert_eq!(own().await["next_report"], over);
    assert!(!own().await["calendar"].as_str().unwrap().contains("RRULE"));
    let seen = way.see(LI).await;
    assert_eq!(seen["state"], "over");
    assert_eq!(seen["adherence"], json!({"periods": 14, "reported": 1}));
    assert_eq!(kinds(&way.waiting(LI).await), Vec::<&str>::new());
    // Who feels worse is heard all the same.
    let worse = report(&way, "report0002", 0, json!({"feels_worse": true}));
    send(&way, &[worse]).await.unwrap();
    assert_eq!(way.see(LI).await["state"], "alert");
}
