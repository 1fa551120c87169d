//! Quality control for people: what deviates, and how each site runs.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post},
};
use decision::{
    chart::{self, Period},
    cusum,
};
use jiff::tz::TimeZone;
use knowledge::quality::rules;
use policy::{Action, Object, Permit};
use serde::Deserialize;
use serde_json::{Value, json};
use vocabulary::Timestamp;

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    quality::{self, Issue, Known, Site, State as IssueState},
};

/// The most characters of a reason.
const LONGEST: usize = 1000;
/// Below so many periods limits are called trial limits.
///
/// Source: `montgomery-2013` section 7.2: 20 to 25 preliminary samples
const WHOLE: usize = 20;

/// `/quality`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/quality", get(all))
        .route("/quality/{id}/override", post(excuse))
}

async fn all(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
) -> Result<Json<Value>, Problem> {
    hospital
        .permit(&caller, Action::ReadFigures, &Object::Hospital)
        .await?;
    // Whose patients they are decides what is told of a deviation beside that it is there.
    let permit = hospital
        .permit(&caller, Action::ReadRecord, &Object::Everyone)
        .await
        .ok();
    let issues = hospital.quality.issues();
    let cases = hospital.quality.cases();
    let mut rows: Vec<&Issue> = issues.iter().collect();
    let me = &caller.actor.id;
    rows.sort_by_key(|issue| {
        let is_closed = issue.state != IssueState::Open;
        (
            is_closed,
            !issue.is_of(me),
            std::cmp::Reverse(issue.opened_at),
        )
    });
    let titles: BTreeMap<&str, &Site> = cases
        .iter()
        .map(|(_, known)| (known.site.id.as_str(), &known.site))
        .collect();
    let row = |issue: &&Issue| {
        let site = titles.get(issue.site.as_str()).map(|site| &site.title);
        let mut row = row(issue, &caller, permit.as_ref());
        if let Some(fields) = row.as_object_mut() {
            fields.insert("site".to_owned(), json!(site));
        }
        row
    };
    Ok(Json(json!({
        "rules": rules().iter().map(rule).collect::<Vec<_>>(),
        "deviations": rows.iter().map(row).collect::<Vec<_>>(),
        "sites": sites(&cases, &issues, hospital.config.time_zone.rules()),
        "allowance": cusum::ALLOWANCE,
        "decision": cusum::DECISION,
        "whole": WHOLE,
    })))
}

fn rule(rule: &knowledge::quality::Rule) -> Value {
    let source = rule.evidence.as_deref().and_then(knowledge::evidence);
    json!({
        "id": rule.id,
        "title": rule.title,
        "why": rule.why,
        "mend": rule.mend,
        "confidence": rule.confidence,
        "needs_confirmation": rule.confidence.needs_confirmation(),
        "citation": source.map(|source| &source.citation),
    })
}

/// A deviation as this caller may know it: where it is about a patient whom they may not see, only that it is
/// there.
fn row(issue: &Issue, caller: &Caller, permit: Option<&Permit>) -> Value {
    let mut row = json!({
        "id": issue.id,
        "rule": issue.rule,
        "state": issue.state,
        "mine": issue.is_of(&caller.actor.id),
        "doctor": issue.doctor.name,
        "opened_at": issue.opened_at,
        "closed_at": issue.closed_at,
    });
    let may_see = permit.is_some_and(|permit| permit.covers(Some(&issue.patient)));
    if let (true, Some(fields)) = (may_see, row.as_object_mut()) {
        let patient = json!({"id": issue.patient, "name": issue.patient_name});
        fields.insert("patient".to_owned(), patient);
        fields.insert("path".to_owned(), json!(issue.path));
        fields.insert("detail".to_owned(), json!(issue.detail));
        fields.insert("reason".to_owned(), json!(issue.reason));
        fields.insert("reason_by".to_owned(), json!(issue.reason_by));
    }
    row
}

type Case = ((String, String), Known);

/// The charts of each site: cases by the month in which they began.
fn sites(cases: &[Case], issues: &[Issue], zone: &TimeZone) -> Vec<Value> {
    let ids: BTreeSet<&str> = cases
        .iter()
        .map(|(_, known)| known.site.id.as_str())
        .collect();
    let everywhere: Vec<&Case> = cases.iter().collect();
    let target = chart::shares(&periods(&everywhere, issues, false, zone)).map(|all| all.centre);
    let site = |id: &str| {
        let here: Vec<&Case> = cases
            .iter()
            .filter(|(_, known)| known.site.id == id)
            .collect();
        let shares = periods(&here, issues, false, zone);
        json!({
            "id": id,
            "title": here.first().map(|(_, known)| &known.site.title),
            "cases": here.len(),
            "shares": chart::shares(&shares),
            "counts": chart::counts(&periods(&here, issues, true, zone)),
            "sums": target.and_then(|target| cusum::sums(&shares, target)),
            "target": target,
        })
    };
    ids.into_iter().map(site).collect()
}

/// The cases of each month; of a count all their deviations, of a share the cases with one.
fn periods(cases: &[&Case], issues: &[Issue], counts_all: bool, zone: &TimeZone) -> Vec<Period> {
    let mut months: BTreeMap<String, (u32, u32)> = BTreeMap::new();
    for ((scenario, case), known) in cases {
        let of_case = issues
            .iter()
            .filter(|issue| issue.scenario == *scenario && issue.case == *case)
            .count();
        let found = if counts_all { of_case } else { of_case.min(1) };
        let month = months.entry(month(known.opened_at, zone)).or_default();
        month.0 += 1;
        month.1 += u32::try_from(found).unwrap_or(u32::MAX);
    }
    months
        .into_iter()
        .map(|(name, (cases, found))| Period { name, cases, found })
        .collect()
}

/// `2026-11`, by the hospital's calendar.
fn month(time: Timestamp, zone: &TimeZone) -> String {
    let date = scenario::day_of(time, zone);
    format!("{:04}-{:02}", date.year(), date.month())
}

#[derive(Deserialize)]
struct Excuse {
    reason: String,
}

/// Says why a deviation is right here. Who decides about the patient may.
async fn excuse(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(wish): Json<Excuse>,
) -> Result<Json<Value>, Problem> {
    let gone = || Problem::not_found("there is no such deviation, or you may not see it");
    let issue = hospital.quality.issue(&id).ok_or_else(gone)?;
    let object = Object::Patient(issue.patient.clone());
    let refused = hospital.permit(&caller, Action::Sign, &object).await;
    let permit = refused.map_err(|problem| {
        if problem.status().is_client_error() {
            gone()
        } else {
            problem
        }
    })?;
    let reason = wish.reason.trim();
    if reason.is_empty() || reason.chars().count() > LONGEST {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The reason cannot be used",
            format!("请写明原因，最多 {LONGEST} 字 · say why, in {LONGEST} characters at most"),
        ));
    }
    let done = quality::excuse(&hospital, &id, reason, &caller.actor).await;
    match done.map_err(|error| Problem::internal(&error))? {
        Some(issue) => Ok(Json(row(&issue, &caller, Some(&permit)))),
        None => Err(Problem::new(
            StatusCode::CONFLICT,
            "It is not open",
            "此偏差已处理 · this deviation was mended or overridden meanwhile",
        )),
    }
}

#[cfg(test)]
mod tests {
    use scenario::Person;
    use vocabulary::{ActorId, PatientId, Text};

    use super::*;

    const NOVEMBER: Timestamp = Timestamp(1_795_000_000_000);

    fn case(id: &str, site: &str, opened_at: Timestamp) -> Case {
        let site = Site {
            id: site.to_owned(),
            title: Text::new(site, site),
        };
        let known = Known::at(site, opened_at);
        (("s".to_owned(), id.to_owned()), known)
    }

    fn issue(id: &str, case: &str) -> Issue {
        Issue {
            id: id.to_owned(),
            scenario: "s".to_owned(),
            case: case.to_owned(),
            patient: PatientId::new("p").unwrap(),
            patient_name: "P".to_owned(),
            path: "/x".to_owned(),
            rule: "reply-late".to_owned(),
            place: "x".to_owned(),
            detail: Text::new("x", "x"),
            doctor: Person {
                id: ActorId::new("li").unwrap(),
                name: "Li".to_owned(),
            },
            by: None,
            site: "a".to_owned(),
            state: IssueState::Open,
            opened_at: NOVEMBER,
            closed_at: None,
            reason: None,
            reason_by: None,
        }
    }

    #[test]
    fn a_share_counts_cases_and_a_count_all_deviations() {
        let cases = [
            case("1", "a", NOVEMBER),
            case("2", "a", NOVEMBER),
            case("3", "b", NOVEMBER),
        ];
        let issues = [issue("x", "1"), issue("y", "1")];
        let all = sites(&cases, &issues, &TimeZone::UTC);
        let first = all.first().unwrap();
        assert_eq!(first["shares"]["points"][0]["period"], "2026-11");
        assert_eq!(first["shares"]["centre"], 0.5);
        assert_eq!(first["counts"]["centre"], 1.0);
        // The target is that of all sites together: one case of three.
        assert!((first["target"].as_f64().unwrap() - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(all.get(1).unwrap()["shares"]["points"][0]["found"], 0);
    }
    #[test]
    fn a_case_belongs_to_the_month_that_its_hospital_has() {
        let midnight: Timestamp = "2026-10-31T16:00:00Z".parse().unwrap();
        let cases = [
            case("1", "a", Timestamp(midnight.0 - 1)),
            case("2", "a", midnight),
        ];
        let months = |zone: &TimeZone| -> Vec<String> {
            let of_all: Vec<&Case> = cases.iter().collect();
            let periods = periods(&of_all, &[], false, zone);
            periods.into_iter().map(|period| period.name).collect()
        };
        let china = TimeZone::fixed(jiff::tz::offset(8));
        assert_eq!(months(&china), ["2026-10", "2026-11"]);
        assert_eq!(months(&TimeZone::UTC), ["2026-10"]);
    }
}
