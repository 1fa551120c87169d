//! How opinions compared with each other and with what came of the cases. Figures only: no patient, no person.

use std::collections::BTreeMap;

use decision::{
    agreement::{Agreement, agreement},
    calibration::{Calibration, Forecast, calibration},
};
use knowledge::{
    Recommendation,
    guideline::{Next, Step},
};
use policy::{Actor, Permit};
use record::{Match, ResourceQuery, Term};
use scenario::{Context, Problem, Reply};
use serde::Serialize;
use serde_json::{Value, json};
use vocabulary::Text;

use crate::{
    body::Management,
    case::{Case, Cast, GUIDELINES, Invitation, MODELS, text},
    facts,
    outcome::Found,
};

/// How many cases are read at a time.
const PAGE: usize = 500;

/// What comes next, in the words that people and guidelines share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    Nothing,
    Ct,
    PetCt,
    Tissue,
    Treatment,
    Referral,
}

impl Way {
    fn of(management: Management) -> Self {
        match management {
            Management::NoFollowUp => Self::Nothing,
            Management::Ct12Months
            | Management::Ct6To12Months
            | Management::Ct3To6Months
            | Management::Ct3Months => Self::Ct,
            Management::PetCt => Self::PetCt,
            Management::Biopsy => Self::Tissue,
            Management::Resection | Management::NonSurgicalTreatment => Self::Treatment,
        }
    }

    fn of_step(step: Step) -> Self {
        match step {
            Step::Ct => Self::Ct,
            Step::PetCt => Self::PetCt,
            Step::Tissue => Self::Tissue,
            Step::Surgery => Self::Treatment,
            Step::Referral => Self::Referral,
        }
    }
}

/// What one case adds.
#[derive(Default)]
struct Counted {
    /// By who or what said so: the probability of malignancy.
    probabilities: Vec<(String, f64)>,
    /// By who or what said so: what comes next; several where a choice is left.
    ways: BTreeMap<String, Vec<Way>>,
    outcome: Option<Found>,
}

impl Counted {
    fn of(case: &Case) -> Self {
        let mut counted = Self {
            outcome: case.outcome.as_ref().map(|outcome| outcome.found),
            ..Self::default()
        };
        for (place, vote) in case.votes.iter().enumerate() {
            let Some(Cast::Open(vote)) = vote else {
                continue;
            };
            let who = if place == 0 { "asks" } else { "expert" };
            if let Some(percent) = vote.probability {
                counted
                    .probabilities
                    .push((who.to_owned(), percent / 100.0));
            }
            // Of experts the first that was asked stands for what experts want next.
            if place < 2 {
                let way = vec![Way::of(vote.management)];
                counted.ways.insert(who.to_owned(), way);
            }
        }
        if let Some(plan) = &case.plan {
            let way = vec![Way::of(plan.management)];
            counted.ways.insert("joint".to_owned(), way);
        }
        for kept in &case.assessments {
            let probability = kept.pointer("/result/value").and_then(Value::as_f64);
            if let (Some(model), Some(probability)) = (text(kept, "/model"), probability) {
                counted.probabilities.push((model, probability));
            }
        }
        counted.ways.extend(said_ways(case));
        counted
    }
}

/// What each guideline that speaks wants next; several ways where it leaves a choice.
fn said_ways(case: &Case) -> BTreeMap<String, Vec<Way>> {
    let said: Vec<Recommendation> = case
        .recommendations
        .iter()
        .filter_map(|kept| serde_json::from_value(kept.clone()).ok())
        .collect();
    let positions = knowledge::guideline::agreement(&said).positions;
    let ways = |next: Next| match next {
        Next::Steps { steps } => Some(steps.iter().map(|step| Way::of_step(step.step)).collect()),
        // What may be considered may also be left.
        Next::Open { steps } => {
            let steps = steps.iter().map(|step| Way::of_step(step.step));
            Some(steps.chain([Way::Nothing]).collect())
        }
        Next::Nothing => Some(vec![Way::Nothing]),
        Next::Silent => None,
    };
    positions
        .into_iter()
        .filter_map(|position| Some((position.guideline, ways(position.next)?)))
        .collect()
}

/// What a plan wants next, and what each guideline that speaks wants.
pub fn ways(case: &Case, management: Management) -> (Way, Vec<Vec<Way>>) {
    (Way::of(management), said_ways(case).into_values().collect())
}

#[derive(Serialize)]
struct Calibrated {
    source: String,
    title: Text,
    #[serde(flatten)]
    calibration: Calibration,
}

#[derive(Serialize)]
struct Pair {
    between: [Text; 2],
    agreement: Option<Agreement>,
}

#[derive(Serialize)]
struct Row {
    title: Text,
    /// By what came next: benign, malignant.
    counts: Vec<(Way, u32, u32)>,
}

/// `GET figures`.
pub async fn get(context: &dyn Context, actor: &Actor) -> Result<Reply, Problem> {
    let permit = context.permit_to_count(actor).await?;
    let cases = all(context, &permit, &["completed"]).await?;
    let signed = |case: &&Case| case.invitation == Invitation::Done;
    let counted: Vec<Counted> = cases.iter().filter(signed).map(Counted::of).collect();
    let known = |found: Found| counted.iter().filter(|c| c.outcome == Some(found)).count();
    let least = knowledge::quality::least_cases();
    Ok(Reply::ok(json!({
        "least": least,
        "months": knowledge::quality::outcome_months_range(),
        "settings_need_confirmation": knowledge::quality::outcome_needs_confirmation(),
        "signed": counted.len(),
        "benign": known(Found::Benign),
        "malignant": known(Found::Malignant),
        "unknown": known(Found::Unknown),
        "calibration": calibrations(&counted, least),
        "agreement": agreements(&counted, least),
        "outcomes": outcomes(&counted),
    })))
}

/// All cases whose request is in one of these states.
pub async fn all(
    context: &dyn Context,
    permit: &Permit,
    states: &[&str],
) -> Result<Vec<Case>, Problem> {
    let mut cases = Vec::new();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: "ServiceRequest".to_owned(),
            terms: vec![Term {
                parameter: "status".to_owned(),
                any_of: states
                    .iter()
                    .map(|state| Match::Token {
                        system: None,
                        code: Some((*state).to_owned()),
                    })
                    .collect(),
            }],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let page = context.record().search(permit, &query).await?;
        let read = page.rows.len();
        for row in page.rows {
            let uri = row
                .body
                .as_ref()
                .and_then(|body| text(body, "/instantiatesUri/0"));
            if uri.as_deref() != Some(facts::SCENARIO_URI) {
                continue;
            }
            let case = Case::find(context, permit, &row.key.id).await?;
            cases.extend(case);
        }
        if read < PAGE {
            return Ok(cases);
        }
        offset += read;
    }
}

fn title(of: &str) -> Text {
    match of {
        "asks" => Text::new("申请医生", "Doctor who asks"),
        "expert" => Text::new("专家", "Expert"),
        "joint" => Text::new("共同方案", "Joint plan"),
        machine => knowledge::find(machine)
            .map(|model| model.title.clone())
            .or_else(|| Some(knowledge::find_guideline(machine)?.title.clone()))
            .unwrap_or_else(|| Text::new(machine, machine)),
    }
}

/// How each source's probabilities came true. One that gave none in a case with an outcome is there with none.
fn calibrations(counted: &[Counted], least: u32) -> Vec<Calibrated> {
    let sources = ["asks", "expert"].into_iter().chain(MODELS);
    let of = |source: &str| {
        let mut forecasts = Vec::new();
        for case in counted {
            let came_true = match case.outcome {
                Some(Found::Malignant) => true,
                Some(Found::Benign) => false,
                Some(Found::Unknown) | None => continue,
            };
            let said = case.probabilities.iter().filter(|(who, _)| who == source);
            forecasts.extend(said.map(|(_, probability)| Forecast {
                probability: *probability,
                came_true,
            }));
        }
        Calibrated {
            source: source.to_owned(),
            title: title(source),
            calibration: calibration(&forecasts, least),
        }
    };
    sources.map(of).collect()
}

/// How each two agree on what comes next.
fn agreements(counted: &[Counted], least: u32) -> Vec<Pair> {
    let deciders: Vec<&str> = ["asks", "expert", "joint"]
        .into_iter()
        .chain(GUIDELINES)
        .collect();
    let mut pairs = Vec::new();
    for (at, one) in deciders.iter().enumerate() {
        for other in deciders.iter().skip(at + 1) {
            // How guidelines agree with each other does not depend on the cases' people.
            if GUIDELINES.contains(one) && GUIDELINES.contains(other) {
                continue;
            }
            let said: Vec<(Way, Way)> = counted
                .iter()
                .filter_map(|case| both(case.ways.get(*one)?, case.ways.get(*other)?))
                .collect();
            pairs.push(Pair {
                between: [title(one), title(other)],
                agreement: agreement(&said, least),
            });
        }
    }
    pairs
}

/// What the two want. Where one leaves a choice and the other's way is among it, they want the same.
fn both(one: &[Way], other: &[Way]) -> Option<(Way, Way)> {
    let same = one.iter().find(|way| other.contains(way));
    Some(match same {
        Some(way) => (*way, *way),
        None => (*one.first()?, *other.first()?),
    })
}

/// What each wanted next in the cases that turned out benign, and in those that turned out malignant.
fn outcomes(counted: &[Counted]) -> Vec<Row> {
    let deciders = ["asks", "expert", "joint"].into_iter().chain(GUIDELINES);
    let row = |decider: &str| {
        let mut counts: BTreeMap<Way, (u32, u32)> = BTreeMap::new();
        for case in counted {
            let Some(way) = case.ways.get(decider).and_then(|ways| ways.first()) else {
                continue;
            };
            match case.outcome {
                Some(Found::Benign) => counts.entry(*way).or_default().0 += 1,
                Some(Found::Malignant) => counts.entry(*way).or_default().1 += 1,
                Some(Found::Unknown) | None => {}
            }
        }
        Row {
            title: title(decider),
            counts: counts
                .into_iter()
                .map(|(way, (b, m))| (way, b, m))
                .collect(),
        }
    };
    deciders.map(row).collect()
}
