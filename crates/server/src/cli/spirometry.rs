//! `measure` of a spirometry session: curves in, quality, comparison with what is expected, and classes out.

use anyhow::{Context, Result, bail};
use knowledge::lung_function::{self, BlowFacts, FOR_CLASSES, Person, changes, quality};
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
        "response": after.as_ref().map(|after| changes(&before.judged, &after.judged, &session.person)),
        "classes": after.as_ref().map(|after| json!({
            "equations": FOR_CLASSES,
            "by": after.judged.classes_after(&session.person, FOR_CLASSES),
        })),
    })))
}

/// The blows of one part, measured and judged.
struct Part {
    blows: Vec<Blow>,
    judged: lung_function::Part,
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
        match lung_function::Part::of_blows(&facts, session.person.age_years) {
            Ok(judged) => Ok(Self { blows, judged }),
            Err(missing) => bail!("grade the session: {}", missing.why.en),
        }
    }

    fn shown(&self, person: &Person) -> Value {
        let grade = |place: usize| self.judged.grades.as_ref().and_then(|all| all.get(place));
        json!({
            "blows": self.blows,
            "judged": self.judged.judged,
            "fev1": grade(0),
            "fvc": grade(1),
            "expected": self.judged.expected(person),
        })
    }
}
