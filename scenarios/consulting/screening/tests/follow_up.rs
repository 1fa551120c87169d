//! From the signature to the last follow-up, and who sees what.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp
)]

mod way;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ed25519_dalek::{Signature, Verifier, VerifyingKey};
use scenario::{Method, Request, Scenario, testing::kinds};
use screening::Screening;
use serde_json::{Value, json};

use crate::way::{CHEN, LI, WANG, Way, as_proposed, patient_account, step};

#[tokio::test]
async fn the_signed_plan_is_valid_fhir_its_signature_holds_and_a_restart_shows_the_same() {
    let way = Way::advised().await;
    let mut body = as_proposed(&way.see(LI).await);
    body["referral"] = json!({
        "direction": "up", "from_level": "community", "to_level": "centre",
        "criterion": "equipment-or-skill-lacking", "note": "<b>PET</b> & biopsy",
    });
    let view = way.post("/arrange", body).await;
    assert_eq!(
        way.refused(WANG, "/sign", json!({"digest": view["digest"]}))
            .await,
        403
    );
    let view = way.post("/sign", json!({"digest": view["digest"]})).await;
    let references: Vec<&str> = view["proof"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["reference"].as_str().unwrap())
        .collect();
    // Plan, answers, six models, three guidelines, pack-years, advice, three orders, referral, letter, signature.
    assert_eq!(references.len(), 19, "{references:?}");
    for reference in references {
        let (kind, id) = reference.split_once('/').unwrap();
        let body = way.hospital.body(kind, id).await.unwrap();
        assert_eq!(fhir::validate(&body), [], "{reference}");
        match kind {
            "ServiceRequest" | "CarePlan" => assert_eq!(body["status"], "active", "{reference}"),
            "Composition" => {
                let letter = body.to_string();
                assert!(
                    letter.contains("&lt;b&gt;PET&lt;/b&gt; &amp; biopsy")
                        && !letter.contains("<b>")
                );
            }
            "Provenance" => {
                let text = |path: &str| body.pointer(path).unwrap().as_str().unwrap().to_owned();
                let statement = text("/extension/0/valueString");
                assert!(statement.contains(view["digest"].as_str().unwrap()));
                let key = STANDARD
                    .decode(text("/extension/1/valueString").rsplit(' ').next().unwrap())
                    .unwrap();
                let key = VerifyingKey::from_bytes(&key.try_into().unwrap()).unwrap();
                let signature = STANDARD.decode(text("/signature/0/data")).unwrap();
                let signature = Signature::from_bytes(&signature.try_into().unwrap());
                key.verify(statement.as_bytes(), &signature).unwrap();
            }
            _ => {}
        }
    }
    // Criteria that nobody read in their source say so, in the letter too.
    assert!(view["letter"].to_string().contains("needs confirmation"));
    // What was signed stands fast.
    let late = way
        .act(
            LI,
            Method::Put,
            "/answers",
            json!({"answers": {"calcified": {"value": true}}}),
        )
        .await;
    assert_eq!(late.expect_err("it is signed").status, 409);
    assert_eq!(way.refused(LI, "/arrange", json!({})).await, 409);
    assert_eq!(
        way.refused(LI, "/sign", json!({"digest": view["digest"]}))
            .await,
        409
    );
    let before = way.see(LI).await;
    let again = way.reopen().await;
    assert_eq!(again.see(LI).await, before);
}

#[tokio::test]
async fn a_referral_names_a_criterion_and_goes_the_way_it_says() {
    let way = Way::advised().await;
    let view = way.see(LI).await;
    let criteria = view["arrangement"]["levels"]["criteria"]
        .as_array()
        .unwrap();
    assert!(criteria.iter().all(|one| one["needs_confirmation"] == true));
    for (direction, from, to, criterion) in [
        ("up", "centre", "community", "difficult"),
        ("down", "community", "centre", "plan-stable"),
        ("up", "community", "county", "plan-stable"),
        ("up", "community", "moon", "difficult"),
        ("up", "community", "county", "because"),
    ] {
        let mut body = as_proposed(&view);
        body["referral"] = json!({
            "direction": direction, "from_level": from, "to_level": to, "criterion": criterion,
        });
        assert_eq!(
            way.refused(LI, "/arrange", body).await,
            422,
            "{direction} {criterion}"
        );
    }
    let mut body = as_proposed(&view);
    body["referral"] = json!({"direction": "up", "from_level": "community", "to_level": "county", "criterion": "difficult"});
    assert!(way.post("/arrange", body).await["letter"].is_array());
    // Without the wish it is gone, and the request with it.
    assert!(way.post("/arrange", as_proposed(&view)).await["letter"].is_null());
    let request = way
        .hospital
        .body("ServiceRequest", &format!("{}-referral", way.id))
        .await
        .unwrap();
    assert_eq!(request["status"], "revoked");
}

#[tokio::test]
async fn follow_up_is_booked_done_and_at_last_complete() {
    let way = Way::advised().await;
    way.post("/advise", json!({"guideline": "c-lung-rads-2024"}))
        .await;
    // Solid, 6.5 mm: category 2, one CT at 6 months. A day in the past stands for time that goes by.
    let view = way
        .post("/arrange", json!({
            "orders": [{"ordered": true, "reason": "As agreed", "window": {"from": "2026-01-01", "until": "2026-02-01"}}],
            "added": [{"step": "referral", "from": "2026-01-01", "reason": "To be safe"}],
        }))
        .await;
    assert_eq!(way.refused(LI, "/done", json!({"order": 0})).await, 409);
    assert_eq!(kinds(&way.waiting(LI).await), ["programme-open"]);
    way.post("/sign", json!({"digest": view["digest"]})).await;
    let waiting = way.waiting(LI).await;
    assert_eq!(kinds(&waiting), ["follow-up-overdue", "follow-up-due"]);
    assert_eq!(
        waiting[0]["path"],
        format!("/scenarios/screening/{}", way.id)
    );
    assert_eq!(
        kinds(&way.waiting(WANG).await),
        ["follow-up-overdue", "follow-up-due"]
    );
    assert!(way.waiting(CHEN).await.is_empty());
    let booking = json!({"order": 0, "start": "2026-12-01T08:00:00Z", "minutes": 20});
    way.post("/visit", booking).await;
    let visit = way
        .hospital
        .body("Appointment", &format!("{}-visit-0", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&visit), []);
    assert_eq!(visit["end"], "2026-12-01T08:20:00.000Z");
    assert_eq!(
        way.refused(
            LI,
            "/visit",
            json!({"order": 0, "start": "2026-12-01T08:00:00Z", "minutes": 0})
        )
        .await,
        422
    );
    assert_eq!(
        way.refused(
            LI,
            "/visit",
            json!({"order": 7, "start": "2026-12-01T08:00:00Z", "minutes": 5})
        )
        .await,
        409
    );
    assert_eq!(
        way.refused(LI, "/done", json!({"order": 0, "day": "2090-01-01"}))
            .await,
        422
    );
    let view = way.post("/done", json!({"order": 0})).await;
    assert_eq!(view["state"], "active");
    assert_eq!(view["arrangement"]["decisions"][0]["due"], "none");
    assert_eq!(way.refused(LI, "/done", json!({"order": 0})).await, 409);
    let view = way.post("/done", json!({"order": 1})).await;
    assert_eq!(view["state"], "completed");
    assert!(way.waiting(LI).await.is_empty());
    let order = way
        .hospital
        .body("ServiceRequest", &format!("{}-order-0", way.id))
        .await
        .unwrap();
    assert_eq!(order["status"], "completed");
}

#[tokio::test]
async fn a_repeated_order_is_due_again() {
    let way = Way::signed().await;
    let view = way.see(LI).await;
    let every = |view: &Value| view["arrangement"]["decisions"][1].clone();
    let (first, months) = (
        every(&view)["from"].clone(),
        every(&view)["every_months"].clone(),
    );
    assert_eq!(months, 6);
    let view = way.post("/done", json!({"order": 1})).await;
    assert_ne!(every(&view)["from"], first);
    assert_eq!(every(&view)["due"], "planned");
    assert_eq!(every(&view)["done"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_patient_reads_what_is_signed_in_plain_words_and_nobody_elses() {
    let way = Way::advised().await;
    assert_eq!(way.as_patient("p1").await.expect_err("a draft").status, 404);
    let view = way.post("/arrange", as_proposed(&way.see(LI).await)).await;
    way.post("/sign", json!({"digest": view["digest"]})).await;
    let plan = way.as_patient("p1").await.unwrap();
    assert_eq!(plan["for_patient"], true);
    assert!(plan["advice"]["zh"].as_str().unwrap().contains("复查"));
    assert_eq!(plan["plan"][0]["due"], "planned");
    // Neither numbers nor what doctors say to one another.
    for secret in ["models", "guidelines", "deviations", "percent", "proof"] {
        assert!(!plan.to_string().contains(secret), "{secret}");
    }
    assert_eq!(
        way.as_patient("p2").await.expect_err("not theirs").status,
        404
    );
    let waits = Screening
        .waiting(&way.hospital, &patient_account("p1"))
        .await
        .unwrap();
    assert!(waits.is_empty(), "nothing is due yet");
    let mine = Request {
        method: Method::Post,
        path: ["programmes", &way.id, "done"].map(str::to_owned).to_vec(),
        actor: patient_account("p1"),
        body: json!({"order": 0}),
    };
    assert_eq!(
        Screening
            .handle(&way.hospital, mine)
            .await
            .expect_err("to read only")
            .status,
        403
    );
}

#[tokio::test]
async fn what_is_taught_is_kept_with_how_it_was_understood() {
    let way = Way::signed().await;
    assert_eq!(step(&way.see(LI).await, "assist"), "open");
    let view = way
        .act(
            WANG,
            Method::Post,
            "/assist",
            json!({"understood": "partly", "note": "again in a week"}),
        )
        .await
        .unwrap();
    assert_eq!(step(&view, "assist"), "done");
    assert_eq!(view["taught"]["by"]["id"], WANG);
    let kept = way
        .hospital
        .body("Communication", &format!("{}-teaching", way.id))
        .await
        .unwrap();
    assert_eq!(fhir::validate(&kept), []);
}

#[tokio::test]
async fn nobody_else_sees_opens_or_changes_it() {
    let way = Way::open().await;
    for who in [CHEN, "hu.expert", "sun.manager"] {
        let seen = way
            .act(who, Method::Get, "", Value::Null)
            .await
            .expect_err(who);
        assert!([403, 404].contains(&seen.status), "{who}");
        for act in ["/assess", "/skip", "/sign", "/close"] {
            let refused = way
                .refused(
                    who,
                    act,
                    json!({"reason": "x", "step": "ask", "digest": ""}),
                )
                .await;
            assert!([403, 404].contains(&refused), "{who} {act}");
        }
    }
    // Li does not care for p2.
    let foreign = way
        .hospital
        .ask(
            &Screening,
            LI,
            Method::Post,
            "programmes",
            json!({"patient": "p2"}),
        )
        .await;
    assert_eq!(foreign.expect_err("foreign").status, 403);
    // A nurse asks and teaches; she does not decide.
    way.act(
        WANG,
        Method::Put,
        "/answers",
        json!({"answers": {"calcified": {"value": false}}}),
    )
    .await
    .unwrap();
    assert_eq!(
        way.refused(WANG, "/skip", json!({"step": "ask", "reason": "x"}))
            .await,
        403
    );
    // What came by another door under the plan's id is no programme.
    way.hospital
        .put("CarePlan", "forged", Some("p1"), json!({
            "status": "active", "intent": "plan", "subject": {"reference": "Patient/p1"},
            "instantiatesUri": ["urn:yuanyi:scenario:screening:pnapp5a"], "created": "2026-01-01T00:00:00.000Z",
            "author": {"reference": "Practitioner/li.terminal"},
        }))
        .await;
    let forged = way
        .hospital
        .ask(
            &Screening,
            LI,
            Method::Get,
            "programmes/forged",
            Value::Null,
        )
        .await;
    assert_eq!(forged.expect_err("forged").status, 404);
}

#[tokio::test]
async fn one_programme_is_open_at_a_time_and_one_given_up_is_out_of_sight() {
    let way = Way::advised().await;
    let open = || {
        way.hospital.ask(
            &Screening,
            LI,
            Method::Post,
            "programmes",
            json!({"patient": "p1"}),
        )
    };
    let again = open().await.unwrap();
    assert_eq!(
        (again.status, again.body["id"].as_str().unwrap()),
        (200, way.id.as_str())
    );
    way.post("/arrange", as_proposed(&way.see(LI).await)).await;
    assert_eq!(way.refused(LI, "/close", json!({"reason": ""})).await, 422);
    let view = way.post("/close", json!({"reason": "Wrong patient"})).await;
    assert_eq!(view["state"], "revoked");
    let order = way
        .hospital
        .body("ServiceRequest", &format!("{}-order-0", way.id))
        .await
        .unwrap();
    assert_eq!(order["status"], "revoked");
    assert!(way.waiting(LI).await.is_empty());
    let list = way
        .hospital
        .ask(&Screening, LI, Method::Get, "programmes", Value::Null)
        .await
        .unwrap();
    assert!(list.body.as_array().unwrap().is_empty());
    assert_eq!(open().await.unwrap().status, 201);
    assert_eq!(way.refused(LI, "/assess", Value::Null).await, 409);
}

#[tokio::test]
async fn the_programme_is_a_room_with_the_patients_picture() {
    let way = Way::signed().await;
    let room = way.id.parse().unwrap();
    let stage = Screening
        .stage(&way.hospital, &way.hospital.actor(LI), &room)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(stage.series.unwrap().as_str(), "1.2.3");
    assert_eq!(stage.case, way.id);
    assert!(
        Screening
            .stage(&way.hospital, &way.hospital.actor(CHEN), &room)
            .await
            .unwrap()
            .is_none()
    );
}
