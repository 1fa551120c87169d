//! `measure` of a spirometry session: curves in, quality, comparison with what is expected, and classes out.

use anyhow::{Context, Result, bail};
use knowledge::{
    Answer, Answers, class_list,
    lung_function::{
        self, BlowFacts, Measure, Person, SessionGrade, equations, judge_session, predict, quality,
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use signals::spirometry::{Blow, Curve, Samples, blow};

/// A file of curves.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Session {
    /// Of whom.
    person: Person,
    /// What the samples are of.
    curve: CurveName,
    /// Samples a second.
    per_second: f64,
    /// Blows before a bronchodilator.
    blows: Vec<BlowFile>,
    /// Blows after one.
    #[serde(default)]
    after_bronchodilator: Vec<BlowFile>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CurveName {
    /// Volume that was breathed out, in litres.
    VolumeL,
    /// Flow out of the mouth, in litres a second.
    FlowLS,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BlowFile {
    /// The curve.
    values: Vec<f64>,
    /// What the person beside the patient saw.
    #[serde(default)]
    seen: Seen,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Seen {
    cough: Option<bool>,
    glottic_closure: Option<bool>,
    leak: Option<bool>,
    cannot_exceed: Option<bool>,
    usable: Option<bool>,
}

/// What a file of curves says; `None` where the file is of another kind.
pub fn measure(bytes: &[u8]) -> Result<Option<Value>> {
    let value: Value = serde_json::from_slice(bytes).context("read the file: it is no JSON")?;
    if value.get("blows").is_none() {
        return Ok(None);
    }
    let session: Session = serde_json::from_value(value)
        .context("read the session: it holds person, curve, per_second and blows")?;
    if session.blows.is_empty() {
        bail!("measure the session: it holds no blow");
    }
    let before = Part::of(&session, &session.blows)?;
    let after = match session.after_bronchodilator.as_slice() {
        [] => None,
        blows => Some(Part::of(&session, blows)?),
    };
    Ok(Some(json!({
        "kind": "spirometry",
        "quality": {"id": quality().id, "title": quality().title, "needs_confirmation": quality().confidence.needs_confirmation()},
        "before": before.shown(&session.person),
        "after_bronchodilator": after.as_ref().map(|after| after.shown(&session.person)),
        "response": after.as_ref().map(|after| response(&before, after, &session.person)),
        "classes": after.as_ref().map(|after| classes(after, &session.person)),
    })))
}

/// The blows of one part, measured and judged.
struct Part {
    blows: Vec<Blow>,
    judged: Value,
    grades: [SessionGrade; 2],
}

impl Part {
    fn of(session: &Session, files: &[BlowFile]) -> Result<Self> {
        let curve = match session.curve {
            CurveName::VolumeL => Curve::Volume,
            CurveName::FlowLS => Curve::Flow,
        };
        let mut blows = Vec::new();
        let mut facts = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let samples = Samples {
                curve,
                per_second: session.per_second,
                values: &file.values,
            };
            let found = blow(samples).with_context(|| format!("measure blow {}", number + 1))?;
            let seen = file.seen;
            facts.push(BlowFacts {
                fev1_l: found.fev1_l,
                fvc_l: found.fvc_l,
                back_extrapolated_l: found.back_extrapolated_l,
                last_second_l: found.last_second_l,
                expiration_s: found.expiration_s,
                cough: seen.cough,
                glottic_closure: seen.glottic_closure,
                leak: seen.leak,
                cannot_exceed: seen.cannot_exceed,
                usable: seen.usable,
            });
            blows.push(found);
        }
        match judge_session(&facts, session.person.age_years) {
            Ok((judged, grades)) => Ok(Self {
                blows,
                judged: json!(judged),
                grades,
            }),
            Err(missing) => bail!("grade the session: {}", missing.why.en),
        }
    }

    /// The best FEV1 and FVC, which need not be of the same blow, and their ratio.
    fn best(&self) -> [(Measure, Option<f64>); 3] {
        let [fev1, fvc] = self.grades.each_ref().map(|grade| grade.best_l);
        let ratio = fev1.zip(fvc).map(|(fev1, fvc)| fev1 / fvc);
        [
            (Measure::Fev1, fev1),
            (Measure::Fvc, fvc),
            (Measure::Ratio, ratio),
        ]
    }

    fn shown(&self, person: &Person) -> Value {
        let [fev1, fvc] = &self.grades;
        let against: Vec<Value> = equations()
            .iter()
            .flat_map(|equations| {
                self.best().into_iter().filter_map(move |(measure, value)| {
                    let said = predict(equations, measure, person, Some(value?));
                    Some(json!({"equations": equations.id, "measure": measure, "result": said}))
                })
            })
            .collect();
        json!({
            "blows": self.blows,
            "judged": self.judged,
            "fev1": fev1,
            "fvc": fvc,
            "expected": against,
        })
    }
}

/// The equations that classes use: the newest that need no group.
const FOR_CLASSES: &str = "gli-2022";

fn response(before: &Part, after: &Part, person: &Person) -> Value {
    let pairs = before.best().into_iter().zip(after.best()).take(2);
    let each = pairs.map(|((measure, pre), (_, post))| {
        let predicted = equations()
            .iter()
            .find(|equations| equations.id == FOR_CLASSES)
            .and_then(|equations| Some(predict(equations, measure, person, None).value()?.median));
        let said = pre
            .zip(post)
            .map(|(pre, post)| lung_function::response(pre, post, predicted));
        let answers = said.as_ref().and_then(|said| said.value()).map(|said| {
            let mut answers = Answers::from([
                (
                    "change_percent_of_baseline".to_owned(),
                    Answer::from(said.percent_of_baseline),
                ),
                ("change_ml".to_owned(), Answer::from(said.millilitres)),
            ]);
            if let Some(percent) = said.percent_of_predicted {
                answers.insert(
                    "change_percent_of_predicted".to_owned(),
                    Answer::from(percent),
                );
            }
            answers
        });
        let answers = answers.unwrap_or_default();
        let class = |id| class_list(id).map(|classes| classes.classify(&answers));
        json!({
            "measure": measure,
            "equations": FOR_CLASSES,
            "change": said,
            "by": [class("bronchodilator-2022"), class("bronchodilator-2005")],
        })
    });
    json!(each.collect::<Vec<_>>())
}

/// Grades that ask for values after a bronchodilator.
fn classes(after: &Part, person: &Person) -> Value {
    let mut answers = Answers::new();
    let [(_, fev1), _, (_, ratio)] = after.best();
    if let Some(ratio) = ratio {
        answers.insert("ratio_post".to_owned(), Answer::from(ratio));
    }
    let expected = equations()
        .iter()
        .find(|equations| equations.id == FOR_CLASSES);
    let percent = expected.zip(fev1).and_then(|(equations, fev1)| {
        predict(equations, Measure::Fev1, person, Some(fev1))
            .value()?
            .percent
    });
    if let Some(percent) = percent {
        answers.insert(
            "fev1_percent_predicted_post".to_owned(),
            Answer::from(percent),
        );
    }
    let class = |id| class_list(id).map(|classes| classes.classify(&answers));
    json!({"equations": FOR_CLASSES, "by": [class("gold-grade"), class("star-2023")]})
}
