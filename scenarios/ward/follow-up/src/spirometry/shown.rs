//! Lung function as those who treat see it.

use knowledge::{
    Answer, Answers, class_list,
    lung_function::{self, Expected, FOR_CLASSES, Measure, changes, equations, quality},
};
use serde_json::{Value, json};
use vocabulary::{Assessed, Missing};

use super::{Part, Session};
use crate::course::FollowUp;

impl Session {
    /// What a list of sessions shows: the best FEV1 of the part that is compared, after a bronchodilator where that
    /// was done.
    fn short(&self) -> Value {
        let part = self.after.as_ref().or(self.before.as_ref());
        let judged = part.and_then(|part| part.judged(&self.person).ok());
        let [(_, fev1), (_, fvc), _] = judged.as_ref().map_or(
            [
                (Measure::Fev1, None),
                (Measure::Fvc, None),
                (Measure::Ratio, None),
            ],
            lung_function::Part::best,
        );
        let expected = judged
            .as_ref()
            .map(|part| part.expected(&self.person))
            .unwrap_or_default();
        let of_fev1 = expected
            .iter()
            .find(|one| one.equations == FOR_CLASSES && one.measure == Measure::Fev1)
            .and_then(|one| one.result.value());
        let grade = judged
            .as_ref()
            .and_then(|part| part.grades.as_ref())
            .map(|[fev1, _]| fev1.grade);
        json!({
            "day": self.day, "by": self.by, "device": self.device, "after": self.after.is_some(), "grade": grade,
            "fev1_l": fev1, "fvc_l": fvc,
            "percent": of_fev1.and_then(|found| found.percent), "z_score": of_fev1.and_then(|found| found.z_score),
        })
    }

    /// What its patient reads of a session: the best of the part that is compared, against what is expected by the
    /// equations that classes go by.
    fn plain(&self) -> Value {
        let part = self.after.as_ref().or(self.before.as_ref());
        let judged = part.and_then(|part| part.judged(&self.person).ok());
        let expected = judged
            .as_ref()
            .map(|part| part.expected(&self.person))
            .unwrap_or_default();
        let best = judged.as_ref().map(lung_function::Part::best);
        let measures: Vec<Value> = best
            .into_iter()
            .flatten()
            .map(|(measure, value)| {
                let compared = expected
                    .iter()
                    .find(|one| one.equations == FOR_CLASSES && one.measure == measure)
                    .map(with_severity);
                json!({"measure": measure, "value": value, "expected": compared})
            })
            .collect();
        let grade = judged
            .as_ref()
            .and_then(|part| part.grades.as_ref())
            .map(|[fev1, _]| fev1.grade);
        let title = equations().iter().find(|one| one.id == FOR_CLASSES);
        json!({
            "day": self.day, "by": self.by.name, "device": self.device, "after": self.after.is_some(),
            "grade": grade, "checked": self.is_checked(), "measures": measures,
            "equations": title.map(|one| &one.title),
        })
    }

    /// Whether a person looked at each blow: values without curves, and blows that nobody watched, are not checked.
    fn is_checked(&self) -> bool {
        let parts = [self.before.as_ref(), self.after.as_ref()];
        parts.into_iter().flatten().all(|part| match part {
            Part::Values { .. } => false,
            Part::Blows(blows) => blows.iter().all(|kept| {
                let seen = [kept.seen.cough, kept.seen.glottic_closure, kept.seen.leak];
                seen.iter().all(Option::is_some)
            }),
        })
    }

    fn whole(&self) -> Value {
        let before = self.before.as_ref().map(|part| part.judged(&self.person));
        let after = self.after.as_ref().map(|part| part.judged(&self.person));
        let shown = |part: &Option<Part>, judged: &Option<Result<lung_function::Part, Missing>>| {
            part.as_ref()
                .zip(judged.as_ref())
                .map(|(part, judged)| self.part(part, judged))
        };
        let change = match (&before, &after) {
            (Some(Ok(before)), Some(Ok(after))) => changes(before, after, &self.person),
            _ => Vec::new(),
        };
        let grades = after
            .as_ref()
            .and_then(|after| after.as_ref().ok())
            .map(|after| {
                let each = equations().iter().map(|equations| {
                    let by = after.classes_after(&self.person, &equations.id);
                    json!({"equations": equations.id, "title": equations.title, "by": by})
                });
                each.collect::<Vec<_>>()
            });
        json!({
            "day": self.day, "by": self.by, "device": self.device, "person": self.person,
            "before": shown(&self.before, &before),
            "after": shown(&self.after, &after),
            "changes": change,
            "grades": grades,
        })
    }

    fn part(&self, part: &Part, judged: &Result<lung_function::Part, Missing>) -> Value {
        let found = match judged {
            Ok(found) => found,
            Err(missing) => return json!({"missing": missing}),
        };
        let blows: Vec<Value> = match part {
            Part::Values { .. } => Vec::new(),
            Part::Blows(blows) => blows
                .iter()
                .zip(&found.judged)
                .map(|(kept, judged)| json!({"measured": kept.blow, "judged": judged, "curve": kept.curve}))
                .collect(),
        };
        let best: Vec<Value> = found
            .best()
            .into_iter()
            .map(|(measure, value)| json!({"measure": measure, "value": value}))
            .collect();
        let grades = found.grades.as_ref();
        json!({
            "blows": blows,
            "fev1": grades.map(|[fev1, _]| fev1),
            "fvc": grades.map(|[_, fvc]| fvc),
            "best": best,
            "expected": found.expected(&self.person).iter().map(with_severity).collect::<Vec<_>>(),
        })
    }
}

/// What is expected, with what the severity by z-score is called.
fn with_severity(expected: &Expected) -> Value {
    let mut shown = json!(expected);
    let z = match &expected.result {
        Assessed::Assessed { value } => value.z_score,
        Assessed::NotAssessable { .. } => None,
    };
    let severity = z
        .map(|z| Answers::from([("z_score".to_owned(), Answer::from(z))]))
        .zip(class_list("spirometry-severity-2022"))
        .and_then(|(answers, classes)| classes.classify(&answers).result.value().cloned());
    if let Some(fields) = shown.as_object_mut() {
        fields.insert("severity".to_owned(), json!(severity));
    }
    shown
}

/// All sessions for their patient, the newest first.
pub fn for_patient(course: &FollowUp) -> Option<Value> {
    let sessions = course.sessions.iter().rev().map(Session::plain);
    course.plan.spirometry.then(|| sessions.collect())
}

/// All sessions, the oldest first, and the newest of them whole.
pub fn view(course: &FollowUp) -> Option<Value> {
    course.plan.spirometry.then(|| {
        let quality = quality();
        let groups: Vec<&String> = equations().iter().flat_map(|one| &one.groups).collect();
        json!({
            "sessions": course.sessions.iter().map(Session::short).collect::<Vec<_>>(),
            "last": course.sessions.last().map(Session::whole),
            "quality": {"title": quality.title, "needs_confirmation": quality.confidence.needs_confirmation()},
            "equations": equations().iter().map(|one| json!({
                "id": one.id, "title": one.title, "population": one.population,
                "needs_confirmation": one.confidence.needs_confirmation(),
            })).collect::<Vec<_>>(),
            "for_classes": FOR_CLASSES,
            "groups": groups,
        })
    })
}
