//! More than two: who is invited, who speaks, what is noted, and what came of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

mod way;

use remote_consult::RemoteConsult;
use scenario::{Context, Method, Scenario};
use serde_json::{Value, json};
use way::{CHEN, HU, LI, Way, answers, kinds_waiting, plan, vote};

const DAY_MS: i64 = 24 * 3600 * 1000;

async fn invited() -> Way {
    let way = Way::accepted().await;
    way.do_it(LI, Method::Put, "/answers", answers()).await;
    let wish = json!({"expert": HU, "reason": "a surgeon's view"});
    way.do_it(CHEN, Method::Post, "/invite", wish).await;
    way
}

async fn signed() -> Way {
    let way = Way::planned().await;
    for who in [LI, CHEN] {
        way.do_it(who, Method::Post, "/sign", json!({"version": 1}))
            .await;
    }
    way
}

fn acts(view: &Value) -> Vec<&str> {
    let entries = view["minutes"]["entries"].as_array().unwrap();
    entries
        .iter()
        .filter_map(|entry| entry["act"].as_str())
        .collect()
}

#[tokio::test]
async fn an_expert_invites_another_who_votes_as_blind_as_all() {
    let way = invited().await;
    assert_eq!(kinds_waiting(&way.hospital, HU).await, ["consult-request"]);
    let view = way.see(HU).await;
    assert_eq!(view["participants"][2]["standing"], "asked");
    // Before accepting there is no vote, and nobody waits for one.
    assert_eq!(
        way.refused(HU, Method::Post, "/vote", vote("benign")).await,
        409
    );
    way.do_it(HU, Method::Post, "/accept", Value::Null).await;
    way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
    let view = way
        .do_it(CHEN, Method::Post, "/vote", vote("malignant"))
        .await;
    assert_eq!(view["step"], "voting", "the third vote is not there yet");
    let seen = way.see(HU).await.to_string();
    assert!(!seen.contains("malignant") && !seen.contains("percent"));
    let view = way
        .do_it(HU, Method::Post, "/vote", vote("indeterminate"))
        .await;
    assert_eq!(view["step"], "planning");
    assert_eq!(view["votes"].as_array().unwrap().len(), 3);

    // All three sign; the report names them.
    way.do_it(
        HU,
        Method::Put,
        "/plan",
        plan("CT", None, Some("I would operate")),
    )
    .await;
    for who in [LI, CHEN] {
        let view = way
            .do_it(who, Method::Post, "/sign", json!({"version": 1}))
            .await;
        assert_eq!(view["step"], "planning");
    }
    let view = way
        .do_it(HU, Method::Post, "/sign", json!({"version": 1}))
        .await;
    assert_eq!(view["step"], "signed");
    let report = way
        .hospital
        .body("DiagnosticReport", &way.id)
        .await
        .unwrap();
    assert_eq!(report["performer"].as_array().unwrap().len(), 3);
    let way = way.reopen().await;
    assert_eq!(
        way.see(LI).await["participants"].as_array().unwrap().len(),
        3
    );
}

#[tokio::test]
async fn who_declines_or_is_let_go_sees_the_patient_no_more_and_holds_up_nobody() {
    let way = invited().await;
    let reason = json!({"reason": "on leave"});
    let of_invitation = format!("{}-invite-2", way.id);
    assert_eq!(way.called().await, [(HU.to_owned(), of_invitation)]);
    way.do_it(HU, Method::Post, "/decline", reason.clone())
        .await;
    assert!(way.called().await.is_empty());
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    // Invited again, they come, and do not vote.
    let wish = json!({"expert": HU, "reason": "please"});
    way.do_it(LI, Method::Post, "/invite", wish.clone()).await;
    assert_eq!(
        way.refused(LI, Method::Post, "/invite", wish).await,
        422,
        "they are in it"
    );
    way.do_it(HU, Method::Post, "/accept", Value::Null).await;
    way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
    way.do_it(CHEN, Method::Post, "/vote", vote("malignant"))
        .await;
    let release = json!({"person": HU, "reason": "no answer for days"});
    assert_eq!(
        way.refused(CHEN, Method::Post, "/release", release.clone())
            .await,
        403
    );
    let view = way.do_it(LI, Method::Post, "/release", release).await;
    assert_eq!(view["step"], "planning", "all others had voted");
    assert_eq!(view["guidelines"].as_array().unwrap().len(), 3);
    assert_eq!(way.refused(HU, Method::Get, "", Value::Null).await, 404);
    let late = json!({"expert": HU, "reason": "too late"});
    assert_eq!(way.refused(CHEN, Method::Post, "/invite", late).await, 409);
}

#[tokio::test]
async fn an_invitation_that_nobody_answers_ends_with_the_votes() {
    let way = invited().await;
    way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
    let view = way
        .do_it(CHEN, Method::Post, "/vote", vote("malignant"))
        .await;
    assert_eq!(view["step"], "planning");
    assert_eq!(view["participants"][2]["standing"], "left");
    assert!(kinds_waiting(&way.hospital, HU).await.is_empty());
    // The case's end ends invitations too.
    let other = invited().await;
    other
        .do_it(LI, Method::Post, "/withdraw", json!({"reason": "moved"}))
        .await;
    assert_eq!(other.refused(HU, Method::Get, "", Value::Null).await, 404);
    assert!(other.called().await.is_empty());
}

#[tokio::test]
async fn who_is_invited_opens_no_consultation_of_their_own() {
    let way = invited().await;
    let body = json!({"patient": "p1", "expert": CHEN, "reason": "mine"});
    let refused = way
        .hospital
        .ask(&RemoteConsult, HU, Method::Post, "requests", body)
        .await;
    assert_eq!(refused.unwrap_err().status, 403);
}

#[tokio::test]
async fn the_server_says_who_has_the_floor() {
    let way = Way::accepted().await;
    let start = json!({"act": "start", "minutes": 5, "first": CHEN});
    let view = way.do_it(LI, Method::Put, "/turn", start).await;
    let ids = |view: &Value| -> Vec<String> {
        let slots = view["turn"]["slots"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        slots
            .iter()
            .map(|slot| slot["id"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(ids(&view), [CHEN, LI]);
    assert_eq!(ids(&way.see(CHEN).await), [CHEN, LI], "all see the same");
    // The floor passes with the time alone, or earlier.
    way.hospital.pass(5 * 60_000);
    assert_eq!(ids(&way.see(CHEN).await), [LI]);
    let view = way
        .do_it(LI, Method::Put, "/turn", json!({"act": "next"}))
        .await;
    assert!(view["turn"].is_null(), "each has spoken");
    assert_eq!(
        way.refused(LI, Method::Put, "/turn", json!({"act": "stop"}))
            .await,
        409
    );
    for wrong in [
        json!({"act": "start", "minutes": 0}),
        json!({"act": "start", "minutes": 3, "first": HU}),
    ] {
        assert_eq!(way.refused(LI, Method::Put, "/turn", wrong).await, 422);
    }
}

#[tokio::test]
async fn the_minutes_note_acts_and_words_and_are_signed_with_the_plan() {
    let way = Way::planned().await;
    let said = json!({"kind": "said", "text": "The margin is <spiculated>."});
    way.do_it(CHEN, Method::Post, "/minutes", said).await;
    for wrong in [
        json!({"kind": "act", "text": "x"}),
        json!({"kind": "said", "text": " "}),
    ] {
        assert_eq!(
            way.refused(CHEN, Method::Post, "/minutes", wrong).await,
            422
        );
    }
    way.do_it(LI, Method::Post, "/sign", json!({"version": 1}))
        .await;
    let decided = json!({"kind": "decided", "text": "CT in three months."});
    way.do_it(CHEN, Method::Post, "/minutes", decided.clone())
        .await;
    let view = way
        .do_it(CHEN, Method::Post, "/sign", json!({"version": 1}))
        .await;
    assert_eq!(
        acts(&view),
        [
            "accepted",
            "voted",
            "voted",
            "votes-opened",
            "plan-changed",
            "signed",
            "signed"
        ]
    );
    assert_eq!(view["minutes"]["final"], true);
    // Each signed what stood there then; what came later changes nothing in that.
    let signed = |at: usize| view["plan"]["signatures"][at]["minutes"].as_u64();
    assert_eq!((signed(0), signed(1)), (Some(6), Some(8)));
    assert_eq!(
        way.refused(LI, Method::Post, "/minutes", decided).await,
        409
    );
    let body = way
        .hospital
        .body("Composition", &format!("{}-minutes", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&body), []);
    assert_eq!(body["status"], "final");
    assert!(body.to_string().contains("&lt;spiculated&gt;"));
}

#[tokio::test]
async fn the_summary_says_where_each_line_comes_from() {
    let way = Way::accepted().await;
    let summary = way
        .act(CHEN, Method::Get, "/summary", Value::Null)
        .await
        .unwrap();
    for part in ["who", "known", "lesions", "changed", "open"] {
        let lines = summary[part].as_array().unwrap();
        assert!(!lines.is_empty(), "{part}");
        for line in lines {
            assert!(line["source"].as_str().unwrap().contains('/'), "{line}");
            assert!(!line["text"]["zh"].as_str().unwrap().is_empty());
        }
    }
    assert!(
        summary["lesions"][0]["text"]["en"]
            .as_str()
            .unwrap()
            .contains("8.2 mm")
    );
    assert!(summary["open"].to_string().contains("Fleischner"));
    assert!(
        way.act(HU, Method::Get, "/summary", Value::Null)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn the_summary_says_what_became_of_each_lesion_by_its_identity() {
    let way = Way::accepted().await;
    let seen = |study: &str, day: Option<&str>, mm: f64, volume: f64| {
        json!({
            "study": study, "series": format!("{study}.1"), "segmentation": format!("{study}.9"), "day": day,
            "kind": "solid", "mean_diameter_mm": mm, "volume_mm3": volume,
        })
    };
    let why = json!({"zh": "太小", "en": "below 6 mm: nobody can tell"});
    let change = |prior: f64, current: f64| {
        json!({"prior": prior, "current": current, "difference": current - prior,
            "percent": (current / prior - 1.0) * 100.0, "interval": [-40.0, 40.0]})
    };
    let grown = json!({
        "prior": "1.9", "current": "2.9", "why": null,
        "growth": {
            "interval_days": 90.0, "volume": change(60.0, 70.0), "mass": change(60.0, 70.0),
            "mean_diameter": change(4.9, 5.1), "rules": [], "notices": [],
            "verdict": {"is": "too-small-to-call", "why": why},
        },
    });
    let undated = json!({
        "prior": "1.9", "current": "2.9", "growth": null,
        "why": {"zh": "没有日期", "en": "one of the studies has no date"},
    });
    let lesion = |uid: &str, seen: Vec<Value>, change: Value| {
        serde_json::from_value(
            json!({"tracking_uid": uid, "label": uid, "seen": seen, "change": change}),
        )
        .unwrap()
    };
    let (before, now) = (
        seen("1", Some("2026-06-01"), 4.9, 60.0),
        seen("2", Some("2026-08-30"), 5.1, 70.0),
    );
    *way.hospital.followed.lock().unwrap() = vec![
        lesion("small", vec![before.clone(), now.clone()], grown),
        lesion(
            "undated",
            vec![seen("1", None, 8.0, 268.0), now.clone()],
            undated,
        ),
        lesion("once", vec![now], Value::Null),
    ];
    let summary = way
        .act(CHEN, Method::Get, "/summary", Value::Null)
        .await
        .unwrap();
    let [small, undated, once] = summary["tracked"].as_array().unwrap().as_slice() else {
        panic!("{}", summary["tracked"]);
    };
    // Each size is told with its study; what the rules cannot call is not called.
    assert_eq!(small["prior"]["source"], "study/1");
    assert_eq!(
        (
            &small["current"]["source"],
            &small["current"]["mean_diameter_mm"]
        ),
        (&json!("study/2"), &json!(5.1))
    );
    assert_eq!(small["verdict"]["is"], "too-small-to-call");
    assert_eq!(small["vdt_days"], Value::Null);
    assert_eq!(
        (&undated["verdict"], &undated["why"]["en"]),
        (&Value::Null, &json!("one of the studies has no date"))
    );
    assert_eq!(
        (&once["prior"], &once["current"]["day"]),
        (&Value::Null, &json!("2026-08-30"))
    );
    // Nobody is asked whether the largest are the same where identities are known.
    assert!(!summary["changed"].to_string().contains("largest"));
}

#[tokio::test]
async fn what_came_of_it_is_asked_for_later_and_then_counted() {
    let way = signed().await;
    assert!(kinds_waiting(&way.hospital, LI).await.is_empty());
    // The plan was a CT in three months: it waits from then on.
    way.hospital.pass(93 * DAY_MS);
    assert_eq!(kinds_waiting(&way.hospital, LI).await, ["outcome-due"]);

    let figures = async |who: &str| {
        let path = "figures";
        way.hospital
            .ask(&RemoteConsult, who, Method::Get, path, Value::Null)
            .await
    };
    let before = figures("sun.manager").await.unwrap().body;
    assert_eq!(
        (before["signed"].as_u64(), before["malignant"].as_u64()),
        (Some(1), Some(0))
    );
    let outcome = |found: &str, evidence: &str, day: &str| json!({"found": found, "evidence": evidence, "day": day, "note": ""});
    for (wrong, status) in [
        (outcome("malignant", "none", "2026-09-30"), 422),
        (outcome("malignant", "pathology", "2999-01-01"), 422),
        (outcome("perhaps", "pathology", "2026-09-30"), 422),
    ] {
        assert_eq!(
            way.refused(LI, Method::Put, "/outcome", wrong).await,
            status
        );
    }
    let known = outcome("malignant", "pathology", "2026-11-30");
    let view = way.do_it(LI, Method::Put, "/outcome", known).await;
    assert_eq!(view["outcome"]["found"], "malignant");
    assert!(kinds_waiting(&way.hospital, LI).await.is_empty());
    let body = way
        .hospital
        .body("Observation", &format!("{}-outcome", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&body), []);

    // Both gave 40 per cent; Mayo gave 38.1: one point each, and no summary of one case.
    let after = figures("sun.manager").await.unwrap().body;
    let source = |name: &str| {
        let all = after["calibration"].as_array().unwrap();
        all.iter()
            .find(|one| one["source"] == name)
            .unwrap()
            .clone()
    };
    for name in ["asks", "expert", "mayo"] {
        let found = source(name);
        assert_eq!(found["groups"][0]["events"], 1, "{name}");
        assert!(found["overall"].is_null() && found["groups"][0]["interval"]["low"].is_number());
    }
    assert_eq!(source("expert")["groups"][0]["forecast"], 0.4);
    assert_eq!(source("herder")["cases"], 0, "it had no number to give");
    let text = after.to_string();
    assert!(!text.contains("赵敏") && !text.contains("p1") && !text.contains(&way.id));
    assert_eq!(figures("wang.nurse").await.unwrap_err().status, 403);
}

#[tokio::test]
async fn an_outcome_that_is_not_known_is_asked_again() {
    let way = signed().await;
    way.hospital.pass(93 * DAY_MS);
    let unknown = json!({"found": "unknown", "evidence": "none", "day": "2026-11-30"});
    way.do_it(LI, Method::Put, "/outcome", unknown).await;
    assert!(kinds_waiting(&way.hospital, LI).await.is_empty());
    way.hospital.pass(93 * DAY_MS);
    assert_eq!(kinds_waiting(&way.hospital, LI).await, ["outcome-due"]);
}

#[tokio::test]
async fn before_the_signature_there_is_no_outcome() {
    let way = Way::planned().await;
    let known = json!({"found": "benign", "evidence": "resolved", "day": "2026-09-01"});
    assert_eq!(way.refused(LI, Method::Put, "/outcome", known).await, 409);
}

async fn broken(way: &Way) -> Vec<(String, Option<String>)> {
    let permit = way.hospital.own_permit();
    let watched = RemoteConsult
        .watched(&way.hospital, permit, Some(&way.id))
        .await
        .unwrap();
    let now = way.hospital.now();
    let found = watched
        .iter()
        .flat_map(|one| knowledge::quality::check(&one.observed, now).deviations);
    found.map(|one| (one.rule, one.by)).collect()
}

#[tokio::test]
async fn quality_sees_a_late_reply_and_who_can_mend_it() {
    let way = Way::open().await;
    assert_eq!(broken(&way).await, []);
    way.hospital.pass(3 * DAY_MS);
    assert_eq!(
        broken(&way).await,
        [("reply-late".to_owned(), Some(CHEN.to_owned()))]
    );
    way.do_it(CHEN, Method::Post, "/accept", Value::Null).await;
    assert_eq!(broken(&way).await, []);
}

#[tokio::test]
async fn quality_sees_a_plan_off_all_guidelines_missing_answers_and_an_outcome_that_is_not_said() {
    let way = Way::voted().await;
    let rules = async |way: &Way| -> Vec<String> {
        broken(way)
            .await
            .into_iter()
            .map(|(rule, _)| rule)
            .collect()
    };
    let all = way.see(LI).await;
    let speak = |view: &Value| {
        let said = view["guidelines"].as_array().unwrap().clone();
        said.iter()
            .filter(|one| one["result"]["state"] == "recommended")
            .count()
    };
    let lacks = |view: &Value| view["guidelines"].to_string().contains("not-assessable");
    assert!(lacks(&all), "not all is answered");
    way.do_it(LI, Method::Put, "/plan", plan("CT", None, None))
        .await;
    assert!(
        !rules(&way).await.contains(&"inputs-missing".to_owned()),
        "nobody has signed"
    );
    for who in [LI, CHEN] {
        way.do_it(who, Method::Post, "/sign", json!({"version": 1}))
            .await;
    }
    assert!(rules(&way).await.contains(&"inputs-missing".to_owned()));
    assert!(!rules(&way).await.contains(&"outcome-overdue".to_owned()));
    way.hospital.pass(200 * DAY_MS);
    assert!(rules(&way).await.contains(&"outcome-overdue".to_owned()));

    // With all answers they speak; a resection at once is none of theirs.
    let way = Way::accepted().await;
    let mut whole = answers();
    for (name, value) in [
        ("mean_diameter_mm", json!(5)),
        ("diameter_mm", json!(6)),
        ("known_cancer", json!(false)),
        ("immunosuppressed", json!(false)),
        ("pack_years", json!(0)),
        ("carcinogen_exposure", json!(false)),
        ("copd_fibrosis_tuberculosis", json!(false)),
        ("years_since_quit", json!(0)),
        ("spiculated", json!(false)),
    ] {
        whole["answers"][name] = value;
    }
    way.do_it(LI, Method::Put, "/answers", whole).await;
    for who in [LI, CHEN] {
        way.do_it(who, Method::Post, "/vote", vote("benign")).await;
    }
    assert!(
        speak(&way.see(LI).await) > 0,
        "{}",
        way.see(LI).await["guidelines"]
    );
    let resect = json!({"text": "resect", "management": "resection"});
    way.do_it(LI, Method::Put, "/plan", resect).await;
    let found = rules(&way).await;
    // The record measured 8.15 mm, and 5 was answered.
    assert_eq!(found, ["diameter-rule", "off-guideline"]);
    let ct = json!({"text": "CT", "management": "ct-12-months", "version": 1});
    way.do_it(LI, Method::Put, "/plan", ct).await;
    assert_eq!(rules(&way).await, ["diameter-rule"]);
}
