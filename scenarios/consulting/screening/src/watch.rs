//! What quality control sees of a programme.

use jiff::ToSpan;
use knowledge::{
    Answers,
    quality::{self, Awaited, Diameter, Left, Observed, Waits},
};
use policy::Permit;
use scenario::{Context, Problem, Watched, thickness_mm};
use vocabulary::Text;

use crate::{
    answers, deviation, open, orders,
    programme::{Programme, State},
    series,
};

/// This programme, or all of them.
pub async fn watched(
    context: &dyn Context,
    permit: &Permit,
    case: Option<&str>,
) -> Result<Vec<Watched>, Problem> {
    let programmes = match case {
        Some(id) => Programme::find(context, permit, id)
            .await?
            .into_iter()
            .collect(),
        None => open::all(context, permit).await?,
    };
    let mut watched = Vec::new();
    for programme in programmes {
        let observed = observed(context, permit, &programme).await?;
        watched.push(Watched {
            is_over: matches!(programme.state, State::Completed | State::Revoked),
            path: format!("/scenarios/screening/{}", programme.id),
            case: programme.id,
            patient: programme.patient,
            patient_name: programme.patient_name,
            opened_at: programme.opened_at,
            doctor: programme.opened_by,
            observed,
        });
    }
    Ok(watched)
}

async fn observed(
    context: &dyn Context,
    permit: &Permit,
    programme: &Programme,
) -> Result<Observed, Problem> {
    // What was given up has nothing to be mended.
    if programme.state == State::Revoked {
        return Ok(Observed::default());
    }
    let mut slices = Vec::new();
    if let Some(series) = series(context, permit, programme).await? {
        let thickness = thickness_mm(context.record(), permit, &series).await?;
        slices.extend(thickness.map(|mm| (series.to_string(), mm)));
    }
    let twin = context.twin(permit, &programme.patient).await?;
    let in_force = answers::in_force(programme, twin.as_ref());
    let lesions = twin.iter().flat_map(|twin| &twin.lesions);
    let measured_mm = lesions
        .map(|lesion| lesion.mean_diameter_mm)
        .reduce(f64::max);
    Ok(Observed {
        slices,
        diameter: diameter(programme, &in_force, measured_mm),
        skipped: skipped(programme),
        off_guideline: None,
        missing: missing(programme),
        awaited: awaited(context, programme),
    })
}

/// The diameter in force, by the rule of the guideline that is followed.
fn diameter(
    programme: &Programme,
    in_force: &Answers,
    measured_mm: Option<f64>,
) -> Option<Diameter> {
    let number = |name: &str| match in_force.get(name)?.value {
        knowledge::AnswerValue::Number(number) => Some(number),
        _ => None,
    };
    let followed = programme.advice.as_ref();
    Some(Diameter {
        answered_mm: number("mean_diameter_mm")?,
        longest_mm: number("diameter_mm"),
        measured_mm,
        decimals: followed
            .and_then(|advice| knowledge::find_guideline(advice.guideline.as_deref()?))
            .and_then(quality::rounds_diameter),
    })
}

/// What was left out or arranged otherwise, with the reason that was given then.
fn skipped(programme: &Programme) -> Vec<Left> {
    let left = |one: &deviation::Deviation| Left {
        place: one.place.clone(),
        label: deviation::label(programme, &one.place),
        reason: Some((one.reason.clone(), one.by.name.clone())),
    };
    programme.deviations.values().map(left).collect()
}

/// What the guidelines lacked when the plan was signed.
fn missing(programme: &Programme) -> Vec<Text> {
    if programme.signature.is_none() {
        return Vec::new();
    }
    quality::lacked(&programme.recommendations)
}

/// The orders of a signed plan that are open, each with the end of its window.
fn awaited(context: &dyn Context, programme: &Programme) -> Vec<Waits> {
    if programme.state != State::Active {
        return Vec::new();
    }
    let arranged = programme.course.arranged.iter();
    let decisions = arranged
        .flat_map(|arranged| &arranged.decisions)
        .enumerate();
    let waits = |(n, decision): (usize, &crate::arrange::Decision)| {
        let last = decision.window.until.filter(|_| decision.is_open())?;
        let after = last.saturating_add(1.day());
        Some(Waits {
            what: Awaited::FollowUp,
            place: format!("order-{n}"),
            label: orders::label(decision.step),
            until: context.start_of(after),
            by: None,
        })
    };
    decisions.filter_map(waits).collect()
}
