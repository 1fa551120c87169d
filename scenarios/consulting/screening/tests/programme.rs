//! From the first question to what is arranged, and every step out of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::float_cmp
)]

mod way;

use scenario::Method;
use serde_json::{Value, json};

use crate::way::{LI, WANG, Way, as_proposed, question, step};

#[tokio::test]
async fn the_record_is_asked_first_and_only_what_matters_is_asked_of_people() {
    let way = Way::open().await;
    let view = way.see(LI).await;
    assert_eq!(question(&view, "diameter_mm")["answer"]["value"], 9.3);
    let source = |name: &str| question(&view, name)["answer"]["source"]["reference"].clone();
    assert_eq!(source("diameter_mm"), "series/1.2.3");
    assert_eq!(source("ever_smoker"), "Observation/smoking");
    assert_eq!(question(&view, "diameter_mm")["matters"], false);
    assert_eq!(question(&view, "nodule_type")["matters"], true);
    // Only a part-solid nodule has a solid part to be measured.
    for (kind, matters) in [("solid", false), ("part-solid", true)] {
        let view = way.answer(json!({"nodule_type": {"value": kind}})).await;
        assert_eq!(
            question(&view, "solid_part_mm")["matters"],
            matters,
            "{kind}"
        );
    }
    let view = way.see(LI).await;
    assert_eq!(step(&view, "ask"), "open");
    // Both a card without a formula and what nobody answered stay without a number.
    for model in view["models"].as_array().unwrap() {
        assert!(
            model["model"] == "va" || model["result"]["state"] == "not-assessable",
            "{model}"
        );
    }
    assert!(
        view["questions"]
            .as_array()
            .unwrap()
            .iter()
            .all(|q| q["name"] != "cea")
    );
}

#[tokio::test]
async fn asked_and_not_known_is_an_answer_of_its_own() {
    let way = Way::asked().await;
    let view = way.see(LI).await;
    assert_eq!(step(&view, "ask"), "done");
    assert_eq!(question(&view, "fdg_uptake")["not_known"], true);
    assert!(question(&view, "fdg_uptake")["answer"].is_null());
    // What the record knows can be said not to be known; the record's word stays beside it.
    let view = way.answer(json!({"ever_smoker": {"value": null}})).await;
    assert!(question(&view, "ever_smoker")["answer"].is_null());
    assert_eq!(question(&view, "ever_smoker")["record"]["value"], true);
    let view = way.post("/assess", Value::Null).await;
    let mayo = view["models"]
        .as_array()
        .unwrap()
        .iter()
        .find(|m| m["model"] == "mayo")
        .unwrap()
        .clone();
    assert_eq!(mayo["result"]["state"], "not-assessable");
    let risk = way
        .hospital
        .body("RiskAssessment", &format!("{}-mayo", way.id))
        .await
        .unwrap();
    assert!(risk.get("prediction").is_none());
}

#[tokio::test]
async fn pack_years_follow_from_the_history_and_a_never_smoker_has_none() {
    let way = Way::open().await;
    let phases =
        json!([{"cigarettes_per_day": 10, "years": 15}, {"cigarettes_per_day": 30, "years": 12}]);
    let body = json!({"phases": {"value": phases}});
    let view = way.act(LI, Method::Put, "/answers", body).await.unwrap();
    assert_eq!(question(&view, "pack_years")["answer"]["value"], 25.5);
    assert!(
        question(&view, "pack_years")["answer"]["source"]["how"]
            .as_str()
            .unwrap()
            .starts_with("computed")
    );
    let view = way.answer(json!({"ever_smoker": {"value": false}})).await;
    assert_eq!(question(&view, "pack_years")["answer"]["value"], 0.0);
    assert_eq!(question(&view, "years_since_quit")["answer"]["value"], 0.0);
    assert!(view["smoking"]["score"].is_null());
    for unusable in [
        json!({"phases": {"value": [{"cigarettes_per_day": -1, "years": 3}]}}),
        json!({"answers": {"nodule_type": {"value": "green"}}}),
        json!({"answers": {"ftnd_per_day": {"value": 20}}}),
        json!({"answers": {"star_sign": {"value": true}}}),
        json!({"answers": {"star_sign": {"value": null}}}),
    ] {
        let refusal = way.act(LI, Method::Put, "/answers", unusable).await;
        assert_eq!(refusal.expect_err("is refused").status, 422);
    }
}

#[tokio::test]
async fn dependence_is_summed_for_who_smokes_and_leads_to_tobacco_advice() {
    let way = Way::asked().await;
    let view = way
        .answer(json!({
            "ftnd_first_cigarette": {"value": "within-5-min"}, "ftnd_hard_to_refrain": {"value": "yes"},
            "ftnd_hardest_to_give_up": {"value": "first"}, "ftnd_per_day": {"value": "11-20"},
            "ftnd_more_in_first_hours": {"value": "no"},
        }))
        .await;
    assert_eq!(
        view["smoking"]["score"]["result"]["state"],
        "not-assessable"
    );
    let view = way.answer(json!({"ftnd_when_ill": {"value": "yes"}})).await;
    assert_eq!(view["smoking"]["score"]["result"]["value"], 7);
    assert_eq!(view["smoking"]["score"]["band"]["id"], "high");
    way.post("/assess", Value::Null).await;
    let kept = way
        .hospital
        .body("Observation", &format!("{}-ftnd", way.id))
        .await
        .unwrap();
    assert_eq!(kept["valueInteger"], 7);
    way.answer(json!({"ready_to_quit": {"value": false}})).await;
    let view = way
        .post("/advise", json!({"guideline": "consensus-2024"}))
        .await;
    assert_eq!(view["advice"]["tobacco"], true);
    assert_eq!(view["advice"]["ready_to_quit"], false);
    // Whether somebody wants to stop is nothing that the machine was asked with.
    assert_eq!(step(&view, "assess"), "done");
    let told = way
        .hospital
        .body("Communication", &format!("{}-advice", way.id))
        .await
        .unwrap();
    assert!(told["payload"].as_array().unwrap().len() >= 7);
}

#[tokio::test]
async fn an_answer_from_before_somebody_elses_is_not_taken_and_both_are_told() {
    let way = Way::open().await;
    way.act(
        WANG,
        Method::Put,
        "/answers",
        json!({"answers": {"nodule_count": {"value": 2}, "calcified": {"value": false}}}),
    )
    .await
    .unwrap();
    // Li was without a line meanwhile and saw neither.
    let late = json!({"answers": {
        "nodule_count": {"value": 1, "base": null},
        "calcified": {"value": false, "base": null},
        "spiculated": {"value": true, "base": null},
    }});
    let view = way.act(LI, Method::Put, "/answers", late).await.unwrap();
    let conflicts = view["conflicts"].as_array().unwrap();
    assert_eq!(conflicts.len(), 1, "{conflicts:?}");
    assert_eq!(conflicts[0]["name"], "nodule_count");
    assert_eq!(conflicts[0]["yours"], 1.0);
    assert_eq!(conflicts[0]["theirs"], 2.0);
    assert_eq!(
        conflicts[0]["theirs_from"]["reference"],
        "Practitioner/wang.nurse"
    );
    // The server's stays, what was not in conflict is taken.
    assert_eq!(question(&view, "nodule_count")["answer"]["value"], 2.0);
    assert_eq!(question(&view, "spiculated")["answer"]["value"], true);
    // Knowing the other's answer, Li may insist.
    let insist = json!({"answers": {"nodule_count": {"value": 1, "base": 2}}});
    let view = way.act(LI, Method::Put, "/answers", insist).await.unwrap();
    assert_eq!(question(&view, "nodule_count")["answer"]["value"], 1.0);
    let phases = |value: Value, base: Value| json!({"phases": {"value": value, "base": base}});
    let one = json!([{"cigarettes_per_day": 20, "years": 10}]);
    way.act(
        WANG,
        Method::Put,
        "/answers",
        phases(one.clone(), json!([])),
    )
    .await
    .unwrap();
    let other = json!([{"cigarettes_per_day": 5, "years": 2}]);
    let view = way
        .act(LI, Method::Put, "/answers", phases(other, json!([])))
        .await
        .unwrap();
    assert_eq!(view["conflicts"][0]["name"], "smoking_phases");
    assert_eq!(view["smoking"]["phases"][0]["years"], 10.0);
}

#[tokio::test]
async fn two_who_answer_at_once_lose_nothing() {
    let way = Way::open().await;
    let one = json!({"answers": {"spiculated": {"value": true}}});
    let two = json!({"answers": {"upper_lobe": {"value": false}}});
    let (one, two) = tokio::join!(
        way.act(LI, Method::Put, "/answers", one),
        way.act(WANG, Method::Put, "/answers", two),
    );
    one.unwrap();
    two.unwrap();
    let view = way.see(LI).await;
    assert_eq!(question(&view, "spiculated")["answer"]["value"], true);
    assert_eq!(question(&view, "upper_lobe")["answer"]["value"], false);
}

#[tokio::test]
async fn no_step_before_its_time_but_a_reason_opens_the_next() {
    let way = Way::open().await;
    assert_eq!(way.refused(LI, "/assess", Value::Null).await, 409);
    assert_eq!(
        way.refused(LI, "/advise", json!({"guideline": "consensus-2024"}))
            .await,
        409
    );
    assert_eq!(way.refused(LI, "/arrange", json!({})).await, 409);
    assert_eq!(way.refused(LI, "/sign", json!({"digest": ""})).await, 409);
    assert_eq!(
        way.refused(LI, "/assist", json!({"understood": "yes"}))
            .await,
        409
    );
    assert_eq!(
        way.refused(LI, "/skip", json!({"step": "ask", "reason": " "}))
            .await,
        422
    );
    let view = way
        .post(
            "/skip",
            json!({"step": "ask", "reason": "He is in a hurry"}),
        )
        .await;
    assert_eq!(step(&view, "ask"), "skipped");
    // The machine names what is missing; the doctor goes on in their own words, with a reason.
    let view = way.post("/assess", Value::Null).await;
    assert_eq!(step(&view, "assess"), "done");
    assert_eq!(
        way.refused(LI, "/advise", json!({"guideline": "fleischner-2017"}))
            .await,
        422
    );
    assert_eq!(
        way.refused(LI, "/advise", json!({"note": "CT soon"})).await,
        422
    );
    let view = way
        .post(
            "/advise",
            json!({"note": "CT soon", "reason": "The CT cannot be read"}),
        )
        .await;
    assert_eq!(step(&view, "advise"), "done");
    let added = json!({"added": [{"step": "ct", "from": "2026-12-01", "until": "2026-12-31", "reason": "To see it"}]});
    let view = way.post("/arrange", added).await;
    assert_eq!(step(&view, "arrange"), "to-sign");
    let view = way.post("/sign", json!({"digest": view["digest"]})).await;
    assert_eq!(view["state"], "active");
    let places: Vec<&str> = view["deviations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|d| d["place"].as_str().unwrap())
        .collect();
    assert_eq!(places, ["advise", "ask", "order-0"]);
    let kept = way
        .hospital
        .body("ClinicalImpression", &format!("{}-deviation-ask", way.id))
        .await
        .unwrap();
    assert_eq!(kept["description"], "He is in a hurry");
}

#[tokio::test]
async fn a_changed_answer_makes_what_was_built_on_it_stale() {
    let way = Way::advised().await;
    let view = way.post("/arrange", as_proposed(&way.see(LI).await)).await;
    let old = view["digest"].clone();
    let view = way.answer(json!({"diameter_mm": {"value": 12}})).await;
    assert_eq!(step(&view, "assess"), "stale");
    assert_eq!(way.refused(LI, "/sign", json!({"digest": old})).await, 409);
    let view = way.post("/assess", Value::Null).await;
    assert_eq!(step(&view, "advise"), "stale");
    let view = way
        .post("/advise", json!({"guideline": "consensus-2024"}))
        .await;
    assert_eq!(step(&view, "arrange"), "stale");
    assert_eq!(
        way.refused(LI, "/sign", json!({"digest": view["digest"]}))
            .await,
        409
    );
    // A list of another length than what is proposed now was made for something else.
    assert_eq!(
        way.refused(LI, "/arrange", json!({"orders": []})).await,
        412
    );
    let view = way.post("/arrange", as_proposed(&view)).await;
    assert_eq!(way.refused(LI, "/sign", json!({"digest": old})).await, 412);
    let view = way.post("/sign", json!({"digest": view["digest"]})).await;
    assert_eq!(view["state"], "active");
}

#[tokio::test]
async fn what_differs_from_the_guideline_needs_a_reason_and_what_it_only_considers_does_not() {
    let way = Way::advised().await;
    let view = way.see(LI).await;
    let proposals = view["arrangement"]["proposals"].as_array().unwrap().clone();
    // 7 mm, 40 pack-years: at 3 to 6 months, then every 6 months up to 2 years, then yearly.
    assert_eq!(proposals.len(), 3);
    assert!(
        proposals
            .iter()
            .all(|one| one["step"] == "ct" && one["optional"] == false)
    );
    assert_eq!(view["arrangement"]["origin"]["of"], "assessment");
    let yes = json!({"ordered": true});
    for unreasoned in [
        json!({"ordered": false}),
        json!({"ordered": true, "window": {"from": "2030-01-01"}}),
    ] {
        let body = json!({"orders": [unreasoned, yes, yes]});
        assert_eq!(way.refused(LI, "/arrange", body).await, 422);
    }
    let backwards = json!({"ordered": true, "reason": "x", "window": {"from": "2030-02-01", "until": "2030-01-01"}});
    assert_eq!(
        way.refused(LI, "/arrange", json!({"orders": [backwards, yes, yes]}))
            .await,
        422
    );
    let view = way
        .post(
            "/arrange",
            json!({"orders": [yes, {"ordered": false, "reason": "He moves abroad"}, yes]}),
        )
        .await;
    assert_eq!(view["arrangement"]["decisions"][1]["ordered"], false);
    let hospital = &way.hospital;
    let order = |n: usize| {
        let id = format!("{}-order-{n}", way.id);
        async move { hospital.body("ServiceRequest", &id).await }
    };
    assert_eq!(order(0).await.unwrap()["status"], "draft");
    assert!(order(1).await.is_none());
    assert!(order(2).await.unwrap()["occurrenceTiming"]["repeat"]["period"] == 12);
    // Taken back: the deviation is one no more, and the order is there.
    let view = way.post("/arrange", as_proposed(&view)).await;
    assert!(view["deviations"].as_array().unwrap().is_empty());
    assert_eq!(order(1).await.unwrap()["status"], "draft");
    let gone = way
        .hospital
        .body(
            "ClinicalImpression",
            &format!("{}-deviation-order-1", way.id),
        )
        .await
        .unwrap();
    assert_eq!(gone["status"], "entered-in-error");
    // By Fleischner the second CT is only to be considered.
    way.post("/advise", json!({"guideline": "fleischner-2017"}))
        .await;
    let view = way.see(LI).await;
    let proposals = view["arrangement"]["proposals"].as_array().unwrap();
    let orders: Vec<Value> = proposals
        .iter()
        .map(|one| json!({"ordered": one["optional"] == false}))
        .collect();
    let view = way.post("/arrange", json!({"orders": orders})).await;
    assert!(view["deviations"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn what_is_concluded_meanwhile_is_shown_beside_what_is_arranged() {
    let way = Way::asked().await;
    let opened = way.see(LI).await["at"].clone();
    for (id, status, issued) in [
        ("before", "final", json!("2020-01-01T00:00:00Z")),
        ("meanwhile", "final", opened.clone()),
        ("draft", "preliminary", opened),
    ] {
        let body = json!({
            "status": status,
            "subject": {"reference": "Patient/p1"},
            "code": {"text": "Joint report"},
            "issued": issued,
            "conclusion": format!("{id}: CT in three months"),
        });
        way.hospital
            .put("DiagnosticReport", id, Some("p1"), body)
            .await;
    }
    let view = way.see(LI).await;
    let decided = view["decided"].as_array().unwrap();
    assert_eq!(decided.len(), 1, "{decided:?}");
    assert_eq!(decided[0]["reference"], "DiagnosticReport/meanwhile");
    assert_eq!(decided[0]["conclusion"], "meanwhile: CT in three months");
}
