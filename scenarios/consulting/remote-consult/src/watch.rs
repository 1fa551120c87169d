//! What quality control sees of a case.

use knowledge::{
    Answers,
    quality::{self, Awaited, Diameter, Left, Observed, Waits},
};
use policy::Permit;
use scenario::{Context, Problem, Watched, thickness_mm};
use vocabulary::{Text, Timestamp};

use crate::{
    case::{Case, GUIDELINES, Invitation, Standing, text},
    facts, figures,
};

/// This case, or all of them.
pub async fn watched(
    context: &dyn Context,
    permit: &Permit,
    case: Option<&str>,
) -> Result<Vec<Watched>, Problem> {
    let cases = match case {
        Some(id) => Case::find(context, permit, id).await?.into_iter().collect(),
        None => figures::all(context, permit, &["active", "completed", "revoked"]).await?,
    };
    let mut watched = Vec::new();
    for case in cases {
        let observed = observed(context, permit, &case).await?;
        watched.extend(case.people.first().map(|doctor| Watched {
            case: case.id.clone(),
            patient: case.patient.clone(),
            patient_name: case.patient_name.clone(),
            path: format!("/rooms/{}", case.id),
            opened_at: case.asked_at,
            doctor: doctor.clone(),
            is_over: !matches!(case.invitation, Invitation::Open | Invitation::Accepted),
            observed,
        }));
    }
    Ok(watched)
}

async fn observed(
    context: &dyn Context,
    permit: &Permit,
    case: &Case,
) -> Result<Observed, Problem> {
    // What was given up has nothing to be mended.
    if matches!(
        case.invitation,
        Invitation::Declined | Invitation::Withdrawn
    ) {
        return Ok(Observed::default());
    }
    let mut slices = Vec::new();
    if let Some(series) = &case.series {
        let thickness = thickness_mm(context.record(), permit, series).await?;
        slices.extend(thickness.map(|mm| (series.to_string(), mm)));
    }
    let twin = context.twin(permit, &case.patient).await?;
    let measured = twin.iter().flat_map(|twin| &twin.lesions).filter(|lesion| {
        let series = case.series.as_ref().map(vocabulary::Uid::as_str);
        series.is_none_or(|series| series == lesion.series)
    });
    let measured_mm = measured
        .map(|lesion| lesion.mean_diameter_mm)
        .reduce(f64::max);
    Ok(Observed {
        slices,
        diameter: case
            .answers
            .as_ref()
            .and_then(|said| diameter(said, measured_mm)),
        skipped: Vec::new(),
        off_guideline: off_guideline(case),
        missing: missing(case),
        awaited: awaited(context, case),
    })
}

/// The diameter that was answered, beside what was measured and the guidelines' rounding.
fn diameter(said: &Answers, measured_mm: Option<f64>) -> Option<Diameter> {
    let number = |name: &str| match said.get(name)?.value {
        knowledge::AnswerValue::Number(number) => Some(number),
        _ => None,
    };
    Some(Diameter {
        answered_mm: number("mean_diameter_mm")?,
        longest_mm: number("diameter_mm"),
        measured_mm,
        decimals: GUIDELINES
            .iter()
            .filter_map(|id| knowledge::find_guideline(id))
            .find_map(quality::rounds_diameter),
    })
}

/// The plan, where guidelines speak about this patient and none of them wants what it wants.
fn off_guideline(case: &Case) -> Option<Left> {
    let plan = case.plan.as_ref()?;
    let (wanted, said) = figures::ways(case, plan.management);
    if said.is_empty() || said.iter().any(|ways| ways.contains(&wanted)) {
        return None;
    }
    // Who dissents from the guidelines says so in the plan; the reason is asked for all the same.
    Some(Left {
        place: "plan".to_owned(),
        label: Text::new(
            format!("方案：{}", plan.management.code()),
            format!("plan: {}", plan.management.code()),
        ),
        reason: None,
    })
}

/// What the guidelines lacked when somebody signed.
fn missing(case: &Case) -> Vec<Text> {
    if !case.signatures.iter().any(Option::is_some) {
        return Vec::new();
    }
    quality::lacked(&case.recommendations)
}

fn awaited(context: &dyn Context, case: &Case) -> Vec<Waits> {
    let mut awaited = Vec::new();
    let asked = case.people.iter().zip(&case.standing).enumerate();
    for (place, (person, _)) in asked.filter(|(_, (_, standing))| **standing == Standing::Asked) {
        let since = match place {
            1 => Some(case.asked_at),
            _ => invited_at(case, place),
        };
        awaited.extend(since.map(|since| Waits {
            what: Awaited::Reply,
            place: format!("reply-{place}"),
            label: Text::new(
                format!("{} 尚未答复", person.name),
                format!("{} has not answered", person.name),
            ),
            until: since,
            by: Some(person.id.to_string()),
        }));
    }
    let request = case.resource(&facts::outcome_request_key(&case.id));
    let due = request
        .and_then(|request| request.body.as_ref())
        .filter(|body| text(body, "/status").as_deref() == Some("active"))
        .and_then(|body| text(body, "/occurrenceDateTime"))
        .and_then(|day| Some(context.start_of(day.parse().ok()?)));
    awaited.extend(due.map(|until| Waits {
        what: Awaited::Outcome,
        place: "outcome".to_owned(),
        label: Text::new("结局未填写", "what came of it is not said"),
        until,
        by: None,
    }));
    awaited
}

fn invited_at(case: &Case, place: usize) -> Option<Timestamp> {
    let invitation = case.resource(&facts::invite_key(&case.id, place))?;
    text(invitation.body.as_ref()?, "/authoredOn")?.parse().ok()
}
