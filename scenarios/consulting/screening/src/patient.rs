//! The plan as the patient reads it: plain words and days, once it is signed.

use scenario::{Context, Problem};
use serde_json::{Value, json};
use vocabulary::Text;

use crate::{
    arrange::Decision,
    levels, orders,
    programme::{Programme, State},
    waiting::{Due, due},
};

/// What the step is, in plain words.
fn plain(decision: &Decision) -> Text {
    use knowledge::guideline::Step;
    match decision.step {
        Step::Ct => Text::new("再做一次胸部 CT", "Another CT of the chest"),
        Step::PetCt => Text::new("做一次 PET/CT", "A PET/CT"),
        Step::Tissue => Text::new("取一点组织化验", "A small sample is taken and looked at"),
        Step::Surgery => Text::new(
            "和外科医生商量手术",
            "A talk with the surgeon about an operation",
        ),
        Step::Referral => Text::new("请专家一起看", "Experts look at it together"),
    }
}

/// The plan for its patient.
pub fn of(context: &dyn Context, programme: &Programme) -> Result<Value, Problem> {
    if !matches!(programme.state, State::Active | State::Completed) {
        return Err(Problem::not_found());
    }
    let today = context.day_of(context.now());
    let decisions = programme.course.arranged.iter().flat_map(|a| &a.decisions);
    let plan: Vec<Value> = decisions
        .filter(|decision| decision.ordered)
        .map(|decision| {
            json!({
                "label": orders::label(decision.step),
                "plain": plain(decision),
                "from": decision.window.from,
                "until": decision.window.until,
                "every_months": decision.every_months,
                "last": decision.last,
                "due": match due(decision, today) {
                    // Ordered and not open any more: it was done.
                    Due::None => json!("done"),
                    other => json!(other),
                },
                "done": decision.done,
                "visit": decision.visit,
            })
        })
        .collect();
    let advice = programme.advice.as_ref();
    let five_a = advice
        .filter(|advice| advice.tobacco)
        .map(|_| &knowledge::five_a().steps);
    let referral = programme.referral.as_ref().map(|referral| {
        json!({
            "to": levels::label(&referral.to_level),
            "direction": referral.direction,
        })
    });
    Ok(json!({
        "id": programme.id,
        "for_patient": true,
        "patient": {"id": programme.patient, "name": programme.patient_name},
        "state": programme.state,
        "advice": advice.and_then(|advice| advice.patient.as_ref()),
        "note": advice.map(|advice| &advice.note),
        "plan": plan,
        "tobacco": five_a,
        "referral": referral,
        "doctor": programme.signature.as_ref().map(|signed| &signed.name),
        "signed_at": programme.signature.as_ref().map(|signed| signed.at),
    }))
}
