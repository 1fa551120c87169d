//! The way of a case from request to signed plan, and every step out of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use remote_consult::RemoteConsult;
use scenario::{Method, Topic};
use serde_json::{Value, json};

mod way;

use way::{CHEN, LI, Way, answers, kinds_waiting, plan, vote};

fn model<'a>(view: &'a Value, id: &str) -> &'a Value {
    view["models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|model| model["model"] == id)
        .unwrap()
}

#[tokio::test]
async fn the_expert_sees_the_request_at_once_and_comes() {
    let way = Way::open().await;
    assert_eq!(
        kinds_waiting(&way.hospital, CHEN).await,
        ["consult-request"]
    );
    assert!(kinds_waiting(&way.hospital, "hu.expert").await.is_empty());
    let told = way
        .hospital
        .announced
        .lock()
        .unwrap()
        .last()
        .cloned()
        .unwrap();
    assert_eq!((told.0, told.2.len()), (Topic::Waiting, 2));
    // Who has no page open is called, until they have answered.
    assert_eq!(way.called().await, [(CHEN.to_owned(), way.id.clone())]);
    way.do_it(CHEN, Method::Post, "/accept", Value::Null).await;
    assert!(way.called().await.is_empty());
    assert_eq!(kinds_waiting(&way.hospital, CHEN).await, ["consult-open"]);
}

#[tokio::test]
async fn what_is_being_answered_in_a_programme_is_not_asked_again() {
    let way = Way::accepted().await;
    let response = |status: &str, link: &str, value: Value| {
        json!({
            "status": status,
            "subject": {"reference": "Patient/p1"},
            "questionnaire": "urn:yuanyi:questionnaire:pnapp5a",
            "item": [{"linkId": link, "answer": [value]}],
        })
    };
    let hospital = &way.hospital;
    for (id, status, link, value) in [
        // Finished: it may be of an older scan.
        (
            "old",
            "completed",
            "nodule_type",
            json!({"valueCoding": {"code": "solid"}}),
        ),
        (
            "now",
            "in-progress",
            "spiculated",
            json!({"valueBoolean": true}),
        ),
    ] {
        let body = response(status, link, value);
        hospital
            .put("QuestionnaireResponse", id, Some("p1"), body)
            .await;
    }
    let answer = async |name: &str| {
        let view = way.see(CHEN).await;
        let questions = view["questions"].as_array().unwrap().clone();
        let question = questions.into_iter().find(|q| q["name"] == name).unwrap();
        question["answer"].clone()
    };
    let taken = answer("spiculated").await;
    assert_eq!(taken["value"], true);
    assert_eq!(taken["source"]["reference"], "QuestionnaireResponse/now");
    assert_eq!(answer("nodule_type").await, Value::Null);
    // Once somebody has answered here, the case's own answers count, what was taken over among them.
    way.do_it(LI, Method::Put, "/answers", answers()).await;
    assert_eq!(answer("spiculated").await["value"], true);
    assert_eq!(answer("nodule_type").await["value"], "solid");
}

#[tokio::test]
async fn what_the_record_knows_has_its_source_and_the_rest_says_why_not() {
    let view = Way::accepted().await.see(LI).await;
    let question = |name: &str| {
        let questions = view["questions"].as_array().unwrap();
        questions
            .iter()
            .find(|q| q["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(question("diameter_mm")["answer"]["value"], 9.3);
    let source = |name: &str| question(name)["answer"]["source"]["reference"].clone();
    assert_eq!(source("diameter_mm"), "series/1.2.3");
    assert_eq!(source("ever_smoker"), "Observation/smoking");
    assert!(question("spiculated")["answer"].is_null());
    assert!(question("spiculated")["unknown"]["en"].is_string());
    assert_eq!(model(&view, "mayo")["result"]["state"], "not-assessable");
}

#[tokio::test]
async fn votes_and_machine_are_blind_until_all_have_voted() {
    let way = Way::accepted().await;
    way.do_it(LI, Method::Put, "/answers", answers()).await;
    way.do_it(CHEN, Method::Post, "/vote", vote("malignant"))
        .await;

    // Chen's vote is nowhere to be read, neither here nor in the record.
    let view = way.see(LI).await;
    assert_eq!(view["participants"][1]["voted"], true);
    assert!(view["votes"].is_null() && view["own_vote"].is_null());
    assert_eq!(model(&view, "mayo")["result"]["state"], "sealed");
    assert!(!view.to_string().contains("malignant") && !view.to_string().contains("percent"));
    let body =
        async |kind: &str, of: &str| way.hospital.body(kind, &format!("{}-{of}", way.id)).await;
    let kept = body("ClinicalImpression", "vote-1").await.unwrap();
    assert!(!kept.to_string().contains("malignant"));
    assert_eq!(way.see(CHEN).await["own_vote"]["opinion"], "malignant");
    assert!(body("RiskAssessment", "mayo").await.is_none());
    assert!(body("GuidanceResponse", "fleischner-2017").await.is_none());
    assert!(!view.to_string().contains("advice"));

    // With the last vote all is shown, the machine's beside it.
    let view = way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
    assert_eq!(view["votes"][1]["vote"]["opinion"], "malignant");
    assert_eq!(model(&view, "mayo")["percent"], "38.1");
    assert_eq!(
        model(&view, "herder")["result"]["missing"][0]["input"],
        "fdg_uptake"
    );
    let risk = body("RiskAssessment", "herder").await.unwrap();
    assert!(risk.get("prediction").is_none());
    assert!(
        risk["note"][0]["text"]
            .as_str()
            .unwrap()
            .contains("fdg_uptake")
    );
}

#[tokio::test]
async fn the_signed_decision_keeps_the_dissent_and_outlives_a_restart() {
    let way = Way::planned().await;
    let dissent = plan("CT in 3 months", Some(1), Some("I would biopsy"));
    let view = way.do_it(CHEN, Method::Put, "/plan", dissent).await;
    assert_eq!(view["plan"]["version"], 2);
    let view = way
        .do_it(CHEN, Method::Post, "/sign", json!({"version": 2}))
        .await;
    assert_eq!(view["step"], "planning");
    assert_eq!(view["participants"][1]["signed"], true);
    assert!(
        way.hospital
            .body("DiagnosticReport", &way.id)
            .await
            .is_none()
    );
    assert_eq!(kinds_waiting(&way.hospital, LI).await, ["sign"]);
    let view = way
        .do_it(LI, Method::Post, "/sign", json!({"version": 2}))
        .await;
    assert_eq!(view["step"], "signed");
    assert!(kinds_waiting(&way.hospital, LI).await.is_empty());

    let report = way
        .hospital
        .body("DiagnosticReport", &way.id)
        .await
        .unwrap();
    let conclusion = report["conclusion"].as_str().unwrap();
    assert!(conclusion.contains("Dissent of chen.expert: I would biopsy"));
    for (kind, status) in [("CarePlan", "active"), ("ServiceRequest", "completed")] {
        assert_eq!(
            way.hospital.body(kind, &way.id).await.unwrap()["status"],
            status
        );
    }
    let (before_li, before_chen) = (way.see(LI).await, way.see(CHEN).await);
    let decision = format!("DiagnosticReport/{}", way.id);
    assert!(
        before_chen["proof"]
            .as_array()
            .unwrap()
            .iter()
            .any(|p| p["reference"] == decision)
    );
    let again = way.reopen().await;
    assert_eq!(again.see(LI).await, before_li);
    assert_eq!(again.see(CHEN).await, before_chen);
}

#[tokio::test]
async fn the_facts_are_valid_fhir_and_the_signatures_hold() {
    let way = Way::planned().await;
    for who in [LI, CHEN] {
        way.do_it(who, Method::Post, "/sign", json!({"version": 1}))
            .await;
    }
    let view = way.see(LI).await;
    let references: Vec<&str> = view["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["reference"].as_str().unwrap())
        .collect();
    // Request and its course, answers, two votes, five models, three guidelines, plan, two signatures, report,
    // minutes, and the request to say what came of it.
    assert_eq!(references.len(), 19, "{references:?}");
    let guided = way
        .hospital
        .body("GuidanceResponse", &format!("{}-fleischner-2017", way.id))
        .await
        .unwrap();
    assert_eq!(view["guidelines"].as_array().unwrap().len(), 3);
    assert!(guided["note"][0]["text"].as_str().is_some());
    for reference in references {
        let (kind, id) = reference.split_once('/').unwrap();
        let body = way.hospital.body(kind, id).await.unwrap();
        assert_eq!(fhir::validate(&body), [], "{reference}");
        if kind == "Provenance" {
            let text = |path: &str| body.pointer(path).unwrap().as_str().unwrap().to_owned();
            let statement = text("/extension/0/valueString");
            assert!(statement.contains(view["plan"]["digest"].as_str().unwrap()));
            let key = STANDARD
                .decode(text("/extension/1/valueString").rsplit(' ').next().unwrap())
                .unwrap();
            let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
            let signature = STANDARD.decode(text("/signature/0/data")).unwrap();
            let signature = Signature::from_bytes(&signature.try_into().unwrap());
            key.verify(statement.as_bytes(), &signature).unwrap();
        }
    }
}

#[tokio::test]
async fn no_step_before_its_time() {
    let steps = || {
        [
            (Method::Put, "/answers", answers()),
            (Method::Post, "/vote", vote("benign")),
            (Method::Put, "/plan", plan("x", None, None)),
            (Method::Post, "/sign", json!({"version": 1})),
        ]
    };
    let before = Way::open().await;
    for (method, step, body) in steps() {
        assert_eq!(
            before.refused(LI, method, step, body).await,
            409,
            "{step} before accepting"
        );
    }
    let accepted = Way::accepted().await;
    for (method, step, body) in steps().into_iter().skip(2) {
        assert_eq!(
            accepted.refused(LI, method, step, body).await,
            409,
            "{step} before voting"
        );
    }
    assert_eq!(
        accepted
            .refused(CHEN, Method::Post, "/decline", json!({"reason": "late"}))
            .await,
        409
    );
    let voted = Way::voted().await;
    assert_eq!(
        voted.refused(LI, Method::Put, "/answers", answers()).await,
        409
    );
    assert_eq!(
        voted
            .refused(LI, Method::Post, "/vote", vote("malignant"))
            .await,
        409
    );
    assert_eq!(
        voted
            .refused(LI, Method::Post, "/sign", json!({"version": 1}))
            .await,
        409
    );
    let signed = Way::planned().await;
    for who in [LI, CHEN] {
        signed
            .do_it(who, Method::Post, "/sign", json!({"version": 1}))
            .await;
    }
    for (method, step, body) in steps() {
        assert_eq!(
            signed.refused(LI, method, step, body).await,
            409,
            "{step} after signing"
        );
    }
    let declined = Way::open().await;
    declined
        .do_it(
            CHEN,
            Method::Post,
            "/decline",
            json!({"reason": "on leave"}),
        )
        .await;
    assert_eq!(
        declined
            .refused(LI, Method::Post, "/vote", vote("benign"))
            .await,
        409
    );
    assert_eq!(declined.see(LI).await["ended_because"], "on leave");
}

#[tokio::test]
async fn who_is_not_of_the_case_sees_nothing() {
    let way = Way::accepted().await;
    for stranger in ["hu.expert", "wang.nurse", "sun.manager", "other.terminal"] {
        for (method, step) in [
            (Method::Get, ""),
            (Method::Post, "/accept"),
            (Method::Post, "/vote"),
        ] {
            let status = way.refused(stranger, method, step, vote("benign")).await;
            assert!([403, 404].contains(&status), "{stranger} {step}: {status}");
        }
    }
    assert_eq!(
        way.refused(LI, Method::Post, "/accept", Value::Null).await,
        403
    );
    let ask = async |who: &str, body| {
        way.hospital
            .ask(&RemoteConsult, who, Method::Post, "requests", body)
            .await
    };
    for (who, body, expect) in [
        (
            LI,
            json!({"patient": "p2", "expert": CHEN, "reason": "foreign"}),
            403,
        ),
        (
            "sun.manager",
            json!({"patient": "p1", "expert": CHEN, "reason": "no doctor"}),
            403,
        ),
        (
            LI,
            json!({"patient": "p1", "expert": "wang.nurse", "reason": "no expert"}),
            422,
        ),
        (
            LI,
            json!({"patient": "p1", "expert": CHEN, "reason": "  "}),
            422,
        ),
        (
            LI,
            json!({"patient": "p1", "expert": CHEN, "reason": "x", "series": "9.9"}),
            422,
        ),
        (LI, json!({"patient": "../p1", "expert": CHEN}), 422),
    ] {
        assert_eq!(ask(who, body).await.unwrap_err().status, expect, "{who}");
    }
    // An expert who declined sees the patient no more.
    let declined = Way::open().await;
    declined
        .do_it(
            CHEN,
            Method::Post,
            "/decline",
            json!({"reason": "on leave"}),
        )
        .await;
    assert_eq!(
        declined.refused(CHEN, Method::Get, "", Value::Null).await,
        404
    );
}

#[tokio::test]
async fn bad_input_is_named_and_changes_nothing() {
    let way = Way::accepted().await;
    for answers in [
        json!({"answers": {"star_sign": "leo"}}),
        json!({"answers": {"spiculated": "maybe"}}),
        json!({"answers": {"nodule_count": 1.5}}),
        json!({"answers": {"diameter_mm": {"value": 9, "unit": "kg"}}}),
        json!({"answers": {"diameter_mm": -9}}),
        json!({"answers": {"diameter_mm": {"value": -0.9, "unit": "cm"}}}),
        json!({"answers": 7}),
    ] {
        assert_eq!(way.refused(LI, Method::Put, "/answers", answers).await, 422);
    }
    for vote in [
        json!({"opinion": "sure", "management": "pet-ct"}),
        json!({"opinion": "benign", "management": "prayer"}),
        json!({"opinion": "benign", "management": "pet-ct", "probability": 101}),
        json!({"opinion": "benign", "management": "pet-ct", "comment": "x".repeat(1001)}),
    ] {
        assert_eq!(way.refused(LI, Method::Post, "/vote", vote).await, 422);
    }
    assert_eq!(way.see(LI).await["participants"][0]["voted"], false);

    // An answer taken away is missing again, also one that the record knows.
    way.do_it(LI, Method::Put, "/answers", answers()).await;
    let taken = json!({"answers": {"ever_smoker": null}});
    let view = way.do_it(LI, Method::Put, "/answers", taken).await;
    assert_eq!(
        model(&view, "mayo")["result"]["missing"][0]["input"],
        "ever_smoker"
    );
}

#[tokio::test]
async fn an_edit_voids_signatures_and_overwrites_nobody() {
    let way = Way::planned().await;
    way.do_it(CHEN, Method::Post, "/sign", json!({"version": 1}))
        .await;
    assert_eq!(
        way.refused(CHEN, Method::Post, "/sign", json!({"version": 1}))
            .await,
        409
    );
    let view = way
        .do_it(LI, Method::Put, "/plan", plan("Biopsy", Some(1), None))
        .await;
    assert_eq!(
        view["participants"][1]["signed"], false,
        "it was another plan that was signed"
    );
    assert_eq!(
        way.refused(CHEN, Method::Put, "/plan", plan("CT", Some(1), None))
            .await,
        412
    );
    assert_eq!(
        way.refused(LI, Method::Post, "/sign", json!({"version": 1}))
            .await,
        412
    );
    way.do_it(LI, Method::Post, "/sign", json!({"version": 2}))
        .await;
    assert_eq!(way.see(CHEN).await["step"], "planning");
    let view = way
        .do_it(CHEN, Method::Post, "/sign", json!({"version": 2}))
        .await;
    assert_eq!(view["step"], "signed");
}

#[tokio::test]
async fn two_votes_at_once_are_both_counted() {
    let way = Way::accepted().await;
    let (li, chen) = tokio::join!(
        way.act(LI, Method::Post, "/vote", vote("benign")),
        way.act(CHEN, Method::Post, "/vote", vote("malignant")),
    );
    li.unwrap();
    chen.unwrap();
    let view = way.see(LI).await;
    assert_eq!(view["step"], "planning");
    assert_eq!(view["votes"][1]["vote"]["opinion"], "malignant");
    // Nobody answered anything: the machine gives no number, and says what it lacks.
    for guideline in view["guidelines"].as_array().unwrap() {
        assert_eq!(
            guideline["result"]["state"], "not-assessable",
            "{guideline}"
        );
    }
    for model in view["models"].as_array().unwrap() {
        let lacks = model["result"]["missing"].as_array();
        assert!(
            model["model"] == "va" || lacks.is_some_and(|lacks| !lacks.is_empty()),
            "{model}"
        );
    }
}

#[tokio::test]
async fn what_another_door_wrote_in_place_of_a_vote_is_none() {
    let way = Way::accepted().await;
    let id = format!("{}-vote-1", way.id);
    let forged = json!({
        "extension": [{"url": "urn:yuanyi:vote", "valueString": vote("benign").to_string()}],
        "status": "completed", "subject": {"reference": "Patient/p1"},
    });
    way.hospital
        .put("ClinicalImpression", &id, Some("p1"), forged)
        .await;
    let has_voted = |view: &Value| view["participants"][1]["voted"].as_bool().unwrap();
    assert!(!has_voted(&way.see(LI).await));
    // The stray neither reveals nor stands in the way.
    way.do_it(LI, Method::Post, "/vote", vote("benign")).await;
    let view = way
        .do_it(CHEN, Method::Post, "/vote", vote("malignant"))
        .await;
    assert!(has_voted(&view));
    assert_eq!(
        view["votes"][1]["vote"]["opinion"], "malignant",
        "{}",
        view["votes"]
    );
}

#[tokio::test]
async fn the_doctor_who_asked_takes_the_request_back() {
    let way = Way::accepted().await;
    let reason = || json!({"reason": "the patient was moved"});
    assert_eq!(
        way.refused(CHEN, Method::Post, "/withdraw", reason()).await,
        403
    );
    assert_eq!(
        way.refused(LI, Method::Post, "/withdraw", json!({"reason": " "}))
            .await,
        422
    );
    let view = way.do_it(LI, Method::Post, "/withdraw", reason()).await;
    assert_eq!(view["step"], "withdrawn");
    assert_eq!(view["ended_because"], "the patient was moved");
    assert!(kinds_waiting(&way.hospital, CHEN).await.is_empty());
    for (who, step) in [(LI, "/withdraw"), (LI, "/vote")] {
        let body = if step == "/vote" {
            vote("benign")
        } else {
            reason()
        };
        assert_eq!(way.refused(who, Method::Post, step, body).await, 409);
    }
}
