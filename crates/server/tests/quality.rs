//! Quality control over the doors of a running hospital: who hears of a deviation, what they learn, and how it
//! closes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails"
)]

mod hospital;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
};

use hospital::Hospital;
use serde_json::{Value, json};

/// Somebody's line of server-sent events.
struct Line(BufReader<TcpStream>);

impl Line {
    fn of(hospital: &Hospital, who: &str) -> Self {
        let mut stream = TcpStream::connect(&hospital.address).unwrap();
        let token = hospital.token(who);
        write!(
            stream,
            "GET /api/events HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\n\r\n",
            hospital.address
        )
        .unwrap();
        let mut line = Self(BufReader::new(stream));
        let status = line.read();
        assert!(status.contains("200"), "{status}");
        // The headers end with an empty line: from then on nothing is missed.
        while !line.read().is_empty() {}
        line
    }

    fn read(&mut self) -> String {
        let mut text = String::new();
        assert!(self.0.read_line(&mut text).unwrap() > 0, "the line ended");
        text.trim_end().to_owned()
    }

    /// The id of the next deviation that this person hears of.
    fn deviation(&mut self) -> String {
        while self.read() != "event: quality" {}
        let data = self.read();
        let data: Value = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
        data["id"].as_str().unwrap().to_owned()
    }
}

fn quality(hospital: &Hospital, who: &str) -> Value {
    let (status, body) = hospital.send(who, "GET", "/api/quality", &Value::Null);
    assert_eq!(status, 200, "{body}");
    body
}

fn row(hospital: &Hospital, who: &str, id: &str) -> Value {
    let body = quality(hospital, who);
    let rows = body["deviations"].as_array().unwrap();
    rows.iter()
        .find(|row| row["id"] == id)
        .expect("it is listed")
        .clone()
}

fn answer(hospital: &Hospital, case: &str, longest_mm: f64) {
    let path = format!("/api/scenarios/remote-consult/cases/{case}/answers");
    let answers = json!({"answers": {"mean_diameter_mm": 9.0, "diameter_mm": longest_mm}});
    assert_eq!(hospital.send("li.terminal", "PUT", &path, &answers).0, 200);
}

fn opened() -> (tempfile::TempDir, Hospital) {
    let folder = tempfile::tempdir().unwrap();
    let hospital = Hospital::found(&folder.path().join("data"));
    hospital.admit_patient();
    let organization = json!({
        "resourceType": "Organization", "id": "county", "name": "County", "alias": ["县医院"],
    });
    assert_eq!(hospital.put("importer", &organization), 201);
    let role = json!({
        "resourceType": "PractitionerRole", "id": "li",
        "practitioner": {"reference": "Practitioner/li.terminal"},
        "organization": {"reference": "Organization/county"},
    });
    assert_eq!(hospital.put("importer", &role), 201);
    (folder, hospital)
}

#[test]
fn a_deviation_reaches_its_doctor_and_the_supervisor_and_closes_when_it_is_mended() {
    let (_folder, hospital) = opened();
    let case = hospital.consult();
    let mut supervisor = Line::of(&hospital, "sun.manager");
    let mut doctor = Line::of(&hospital, "li.terminal");

    // A mean diameter larger than the longest one: both hear of it as soon as it is kept.
    answer(&hospital, &case, 8.0);
    let id = supervisor.deviation();
    assert_eq!(doctor.deviation(), id);
    let mine = row(&hospital, "li.terminal", &id);
    assert_eq!(
        (mine["rule"].as_str(), mine["state"].as_str()),
        (Some("diameter-rule"), Some("open"))
    );
    assert_eq!(
        (mine["mine"].as_bool(), mine["patient"]["id"].as_str()),
        (Some(true), Some("p"))
    );
    assert_eq!(mine["path"], format!("/rooms/{case}"));
    assert_eq!(mine["site"]["zh"], "县医院");

    // Who supervises learns that it is there, and nothing of the patient.
    let seen = row(&hospital, "sun.manager", &id);
    for field in ["patient", "path", "detail", "reason"] {
        assert!(seen.get(field).is_none(), "{field}");
    }
    let all = quality(&hospital, "sun.manager").to_string();
    assert!(!all.contains("赵敏") && !all.contains(&case), "{all}");
    assert_ne!(
        hospital
            .send(
                "sun.manager",
                "GET",
                &format!("/fhir/Flag/{id}"),
                &Value::Null
            )
            .0,
        200
    );

    // It closes when it is mended, and all hear of that too.
    answer(&hospital, &case, 10.0);
    assert_eq!(supervisor.deviation(), id);
    assert_eq!(row(&hospital, "li.terminal", &id)["state"], "mended");
    let kept = hospital.send(
        "li.terminal",
        "GET",
        &format!("/fhir/Flag/{id}"),
        &Value::Null,
    );
    assert_eq!((kept.0, kept.1["status"].as_str()), (200, Some("inactive")));
    assert!(kept.1["period"]["end"].is_string());

    // The charts count the case, also after a restart.
    let data = hospital.data.clone();
    hospital.kill();
    let hospital = Hospital::open(&data);
    let again = Line::of(&hospital, "sun.manager");
    drop(again);
    let body = loop {
        let body = quality(&hospital, "sun.manager");
        if body["sites"]
            .as_array()
            .is_some_and(|sites| !sites.is_empty())
        {
            break body;
        }
        std::thread::yield_now();
    };
    let site = &body["sites"][0];
    assert_eq!(site["title"]["en"], "County");
    assert_eq!(site["shares"]["points"][0]["found"], 1);
    assert_eq!(row(&hospital, "li.terminal", &id)["state"], "mended");
}

#[test]
fn a_deviation_is_overridden_with_a_reason_by_who_decides_and_blocks_nobody() {
    let (_folder, hospital) = opened();
    let case = hospital.consult();
    let mut supervisor = Line::of(&hospital, "sun.manager");
    answer(&hospital, &case, 8.0);
    let id = supervisor.deviation();

    // Care goes on: the vote is taken while it is open.
    let vote = json!({"opinion": "benign", "management": "ct-3-months"});
    let path = format!("/api/scenarios/remote-consult/cases/{case}/vote");
    assert_eq!(hospital.send("li.terminal", "POST", &path, &vote).0, 200);

    let path = format!("/api/quality/{id}/override");
    let reason = json!({"reason": "measured again on the workstation"});
    for who in ["wang.nurse", "sun.manager", "admin"] {
        assert_eq!(hospital.send(who, "POST", &path, &reason).0, 404, "{who}");
    }
    assert_eq!(
        hospital
            .send("li.terminal", "POST", &path, &json!({"reason": " "}))
            .0,
        422
    );
    let (status, row_now) = hospital.send("chen.expert", "POST", &path, &reason);
    assert_eq!(
        (status, row_now["state"].as_str()),
        (200, Some("overridden"))
    );
    assert_eq!(supervisor.deviation(), id);
    assert_eq!(
        hospital.send("li.terminal", "POST", &path, &reason).0,
        409,
        "once is enough"
    );
    let seen = row(&hospital, "li.terminal", &id);
    assert_eq!(seen["reason"], "measured again on the workstation");
    assert!(row(&hospital, "sun.manager", &id).get("reason").is_none());
    assert_eq!(
        hospital
            .send("wang.nurse", "GET", "/api/quality", &Value::Null)
            .0,
        403
    );
}
