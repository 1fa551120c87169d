//! Spirometry: curves or bare values, graded, compared with each set of equations, with the classes that follow.
//!
//! What is kept is what was measured and seen, and of whom; all that follows is reckoned anew whenever it is shown.

mod sent;
mod shown;

use jiff::civil::Date;
use knowledge::{
    Answers,
    lung_function::{self, BlowFacts, Person as Blower, Sex, equations},
};
use policy::{Action, Object, Permit};
use record::{Precondition, ResourceVersion};
use scenario::{Context, Person, Problem, Request, Topic};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use signals::spirometry::{Blow, Curve, Samples, blow, flow_volume};
use twin::PatientTwin;
use vocabulary::{Missing, Timestamp};

pub use shown::{for_patient, view};

use crate::{
    course::FollowUp,
    facts::{self, own, read_own},
    schedule::days_between,
};

/// The most blows of one part, and samples of one blow.
const MOST_BLOWS: usize = 12;
const MOST_SAMPLES: usize = 12_000;
/// Steps of the curve that is kept to be looked at.
const STEPS: u32 = 48;
/// Volumes outside of these, in litres, are none of a person.
const FEV1_L: [f64; 2] = [0.1, 8.0];
const FVC_L: [f64; 2] = [0.1, 10.0];
/// A file that says another age than the record is of somebody else.
const AGE_APART_YEARS: f64 = 1.5;
const DAYS_A_YEAR: f64 = 365.25;

/// What the person beside the patient saw of a blow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Seen {
    cough: Option<bool>,
    glottic_closure: Option<bool>,
    leak: Option<bool>,
    cannot_exceed: Option<bool>,
    usable: Option<bool>,
}

/// A blow as it is kept: what was measured of it, what was seen, and its curve to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    blow: Blow,
    seen: Seen,
    /// Volume in litres and flow in litres a second.
    curve: Vec<[f64; 2]>,
}

/// One part of a session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Curves.
    Blows(Vec<Kept>),
    /// What a device showed, without curves.
    Values { fev1_l: f64, fvc_l: f64 },
}

/// A session.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    pub day: Date,
    pub by: Person,
    person: Blower,
    pub before: Option<Part>,
    /// After a bronchodilator.
    pub after: Option<Part>,
    /// The spirometer that sent the curves, where they came from a device of the registry.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub device: Option<String>,
}

/// Reads a session again.
pub fn of_row(row: &ResourceVersion) -> Option<Session> {
    read_own(row.body.as_ref()?)
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum CurveName {
    VolumeL,
    FlowLS,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    values: Vec<f64>,
    #[serde(default)]
    seen: Seen,
}

/// A file of curves, as `yuanyi measure` reads it; a part of it that is empty was not done.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Whom the file says it is of.
    #[serde(default)]
    person: Option<Blower>,
    curve: CurveName,
    per_second: f64,
    #[serde(default)]
    blows: Vec<Sent>,
    #[serde(default)]
    after_bronchodilator: Vec<Sent>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Values {
    fev1_l: f64,
    fvc_l: f64,
}

/// Which of the blows that a spirometer sent are taken, by the microseconds since 1970 at which they began.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Split {
    #[serde(default)]
    before: Vec<i64>,
    #[serde(default)]
    after: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum SentWish {
    /// All of them, as blown before a bronchodilator; or none.
    All(bool),
    /// These before and those after it: the device does not say which is which.
    Split(Split),
}

impl Default for SentWish {
    fn default() -> Self {
        Self::All(false)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    height_cm: f64,
    #[serde(default)]
    group: Option<String>,
    /// Curves, or
    #[serde(default)]
    file: Option<File>,
    /// what a spirometer of the patient sent in the last hours, or
    #[serde(default)]
    sent: SentWish,
    /// values before and after a bronchodilator.
    #[serde(default)]
    before: Option<Values>,
    #[serde(default)]
    after: Option<Values>,
}

/// `POST courses/{id}/spirometry`: a session of today.
pub async fn post(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    let permit = context
        .permit(&request.actor, Action::ReadRecord, &object)
        .await?;
    context
        .permit(&request.actor, Action::WriteRecord, &object)
        .await?;
    course.must_be_active()?;
    if !course.plan.spirometry {
        return Err(Problem::out_of_order(
            "该随访计划不做肺功能",
            "this plan has no spirometry",
        ));
    }
    let twin = context.twin(&permit, &course.patient).await?;
    let twin = twin.ok_or_else(Problem::not_found)?;
    let day = course.day_of(context.now());
    let person = blower(&twin, &wish, day)?;
    let mut device = None;
    let (before, after) = match (&wish.file, &wish.sent) {
        (None, SentWish::All(true) | SentWish::Split(_)) => {
            let (from, blows) = sent_by_device(context, &permit, course).await?;
            device = Some(from);
            parts(blows, &wish.sent)?
        }
        (Some(file), _) => {
            must_be_of(file, &person)?;
            (
                part(file, &file.blows)?,
                part(file, &file.after_bronchodilator)?,
            )
        }
        (None, SentWish::All(false)) => {
            (values(wish.before.as_ref())?, values(wish.after.as_ref())?)
        }
    };
    if before.is_none() && after.is_none() {
        return Err(Problem::invalid("没有呼气数据", "there is no blow in it"));
    }
    let session = Session {
        day,
        by: Person::from(&request.actor),
        person,
        before,
        after,
        device,
    };
    let key = facts::spirometry_key(&course.id, course.sessions.len());
    let fact = facts::put(key, &course.patient, observation(course, &session, context));
    facts::commit(
        context,
        &request.actor.id,
        vec![(fact, Precondition::Version(0))],
    )
    .await?;
    course.tell(context, Topic::Case);
    Ok(())
}

/// Of whom something is expected: sex and age are those of the record, not typed again.
fn blower(twin: &PatientTwin, wish: &Wish, day: Date) -> Result<Blower, Problem> {
    let is_group = |group: &String| {
        equations()
            .iter()
            .any(|equations| equations.groups.contains(group))
    };
    if !(40.0..=250.0).contains(&wish.height_cm) || !wish.group.iter().all(is_group) {
        return Err(Problem::invalid(
            "身高或族群不能用",
            "the height or the group cannot be used",
        ));
    }
    let birth: Option<Date> = twin.birth_date.as_ref().and_then(|day| day.parse().ok());
    #[expect(
        clippy::cast_precision_loss,
        reason = "a life has some ten thousand days"
    )]
    let age = birth.map(|birth| days_between(birth, day) as f64 / DAYS_A_YEAR);
    Ok(Blower {
        sex: match twin.sex.as_deref() {
            Some("male") => Some(Sex::Male),
            Some("female") => Some(Sex::Female),
            _ => None,
        },
        age_years: age,
        height_cm: Some(wish.height_cm),
        group: wish.group.clone(),
    })
}

/// A file that says another sex or age than the record is most likely of another patient.
fn must_be_of(file: &File, person: &Blower) -> Result<(), Problem> {
    let Some(said) = &file.person else {
        return Ok(());
    };
    let other_sex = said
        .sex
        .zip(person.sex)
        .is_some_and(|(said, known)| said != known);
    let other_age = said
        .age_years
        .zip(person.age_years)
        .is_some_and(|(said, known)| (said - known).abs() > AGE_APART_YEARS);
    if other_sex || other_age {
        return Err(Problem::invalid(
            "文件中的性别或年龄与病历不符：可能是别人的",
            "sex or age in the file are not those of the record: it may be somebody else's",
        ));
    }
    Ok(())
}

fn values(sent: Option<&Values>) -> Result<Option<Part>, Problem> {
    let Some(&Values { fev1_l, fvc_l }) = sent else {
        return Ok(None);
    };
    must_be_volumes(fev1_l, fvc_l)?;
    Ok(Some(Part::Values { fev1_l, fvc_l }))
}

fn must_be_volumes(fev1_l: f64, fvc_l: f64) -> Result<(), Problem> {
    let is_in = |[low, high]: [f64; 2], value: f64| (low..=high).contains(&value);
    if is_in(FEV1_L, fev1_l) && is_in(FVC_L, fvc_l) && fev1_l <= fvc_l {
        return Ok(());
    }
    Err(Problem::invalid(
        "肺容积不可能：FEV1 须在 0.1–8 L，FVC 须在 0.1–10 L，且 FEV1 不大于 FVC",
        "volumes that cannot be: FEV1 lies between 0.1 and 8 L, FVC between 0.1 and 10 L, and FEV1 not above FVC",
    ))
}

fn part(file: &File, sent: &[Sent]) -> Result<Option<Part>, Problem> {
    if sent.is_empty() {
        return Ok(None);
    }
    if sent.len() > MOST_BLOWS || sent.iter().any(|blow| blow.values.len() > MOST_SAMPLES) {
        return Err(Problem::invalid(
            format!("最多 {MOST_BLOWS} 次呼气，每次最多 {MOST_SAMPLES} 个样点"),
            format!("at most {MOST_BLOWS} blows of {MOST_SAMPLES} samples"),
        ));
    }
    let blows: Result<Vec<Kept>, Problem> = sent.iter().map(|one| kept(file, one)).collect();
    Ok(Some(Part::Blows(blows?)))
}

fn kept(file: &File, sent: &Sent) -> Result<Kept, Problem> {
    let samples = Samples {
        curve: match file.curve {
            CurveName::VolumeL => Curve::Volume,
            CurveName::FlowLS => Curve::Flow,
        },
        per_second: file.per_second,
        values: &sent.values,
    };
    measured(samples, sent.seen)
}

/// A blow that was sent, with when it began.
type SentKept = (i64, Kept);

/// What a spirometer of the patient sent lately, and which one. A run that is no blow, such as a breath, is left
/// out; where there are several devices the one that sent last counts.
async fn sent_by_device(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
) -> Result<(String, Vec<SentKept>), Problem> {
    let sent = sent::blows(context, permit, &course.patient).await?;
    let device = sent.last().map(|blow| blow.device.clone());
    let of_device = sent
        .iter()
        .filter(|blow| device.as_ref() == Some(&blow.device));
    let blows: Vec<SentKept> = of_device
        .filter_map(|blow| {
            let samples = Samples {
                curve: Curve::Flow,
                per_second: blow.per_second,
                values: &blow.values,
            };
            Some((blow.at_us, measured(samples, Seen::default()).ok()?))
        })
        .collect();
    device
        .filter(|_| !blows.is_empty())
        .map(|device| (device, blows))
        .ok_or_else(|| {
            Problem::invalid(
                "最近 12 小时内没有收到该患者肺功能仪的呼气曲线",
                "no blow came from a spirometer of this patient in the last 12 hours",
            )
        })
}

/// The blows that were sent, as blown before and after a bronchodilator. Each stands in one part at most, and what is
/// named must be there: what came meanwhile is in neither.
fn parts(blows: Vec<SentKept>, wish: &SentWish) -> Result<(Option<Part>, Option<Part>), Problem> {
    let SentWish::Split(Split { before, after }) = wish else {
        let before: Vec<Kept> = blows.into_iter().map(|(_, kept)| kept).collect();
        // The newest, where there were many.
        let before = before.into_iter().rev().take(MOST_BLOWS).rev();
        return Ok((Some(Part::Blows(before.collect())), None));
    };
    let is_there = |at_us: &i64| blows.iter().any(|(known, _)| known == at_us);
    let is_once = before.iter().all(|at_us| !after.contains(at_us));
    if !is_once || !before.iter().chain(after).all(is_there) {
        return Err(Problem::invalid(
            "所选呼气与收到的不符，请重新打开列表",
            "the blows that were chosen are not those that came: open the list again",
        ));
    }
    if before.len().max(after.len()) > MOST_BLOWS {
        return Err(Problem::invalid(
            format!("每部分最多 {MOST_BLOWS} 次呼气"),
            format!("at most {MOST_BLOWS} blows of each part"),
        ));
    }
    let part = |chosen: &[i64]| {
        let blows = blows.iter().filter(|(at_us, _)| chosen.contains(at_us));
        let blows: Vec<Kept> = blows.map(|(_, kept)| kept.clone()).collect();
        (!blows.is_empty()).then_some(Part::Blows(blows))
    };
    Ok((part(before), part(after)))
}

/// `GET courses/{id}/spirometry/sent`: the blows that a session of now could hold, the oldest first.
pub async fn sent_lately(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
) -> Result<Value, Problem> {
    let (device, blows) = sent_by_device(context, permit, course).await?;
    let blows = blows.iter().map(|(at_us, kept)| {
        json!({
            "at_us": at_us,
            "at": Timestamp(at_us / 1000),
            "fev1_l": kept.blow.fev1_l,
            "fvc_l": kept.blow.fvc_l,
        })
    });
    Ok(json!({"device": device, "blows": blows.collect::<Vec<_>>()}))
}

fn measured(samples: Samples<'_>, seen: Seen) -> Result<Kept, Problem> {
    let unread = |why: signals::spirometry::BlowError| {
        Problem::invalid(format!("无法读取曲线：{why}"), format!("could not {why}"))
    };
    let found = blow(samples).map_err(unread)?;
    must_be_volumes(found.fev1_l, found.fvc_l)?;
    let to_ml = |value: f64| (value * 1000.0).round() / 1000.0;
    let curve = flow_volume(samples, STEPS).map_err(unread)?;
    Ok(Kept {
        blow: found,
        seen,
        curve: curve.into_iter().map(|pair| pair.map(to_ml)).collect(),
    })
}

impl Part {
    /// What follows from it. `Err` names what is missing to grade it.
    fn judged(&self, person: &Blower) -> Result<lung_function::Part, Missing> {
        match self {
            Self::Values { fev1_l, fvc_l } => {
                Ok(lung_function::Part::of_values(Some(*fev1_l), Some(*fvc_l)))
            }
            Self::Blows(blows) => {
                let facts: Vec<BlowFacts> = blows.iter().map(facts_of).collect();
                lung_function::Part::of_blows(&facts, person.age_years)
            }
        }
    }
}

fn facts_of(kept: &Kept) -> BlowFacts {
    let Kept { blow, seen, .. } = kept;
    BlowFacts {
        fev1_l: blow.fev1_l,
        fvc_l: blow.fvc_l,
        back_extrapolated_l: blow.back_extrapolated_l,
        last_second_l: blow.last_second_l,
        expiration_s: blow.expiration_s,
        cough: seen.cough,
        glottic_closure: seen.glottic_closure,
        leak: seen.leak,
        cannot_exceed: seen.cannot_exceed,
        usable: seen.usable,
    }
}

impl Session {
    /// The answers to questions about lung function after a bronchodilator.
    pub fn answers(&self, by: &str) -> Answers {
        let judged = self
            .after
            .as_ref()
            .and_then(|after| after.judged(&self.person).ok());
        judged.map_or_else(Answers::new, |part| part.answers_after(&self.person, by))
    }
}

fn observation(course: &FollowUp, session: &Session, context: &dyn Context) -> Value {
    let parts = [(&session.before, "before"), (&session.after, "after")];
    let volumes = parts.into_iter().flat_map(|(part, when)| {
        let judged = part
            .as_ref()
            .and_then(|part| part.judged(&session.person).ok());
        let best = judged.map(|part| part.best());
        let named = [("20150-9", "FEV1"), ("19868-9", "Forced vital capacity")];
        best.into_iter()
            .flatten()
            .zip(named)
            .filter_map(move |((_, value), (code, name))| {
                Some(json!({
                    "code": {
                        "coding": [{"system": "http://loinc.org", "code": code, "display": name}],
                        "text": format!("{name}, {when} a bronchodilator"),
                    },
                    "valueQuantity": {"value": value?, "unit": "L", "system": "http://unitsofmeasure.org", "code": "L"},
                }))
            })
            .collect::<Vec<_>>()
    });
    json!({
        "extension": own(session),
        "basedOn": facts::based_on(&course.id),
        "status": "final",
        "code": {
            "coding": [{"system": facts::CATEGORY, "code": facts::SPIROMETRY}],
            "text": "Spirometry",
        },
        "subject": facts::patient(&course.patient),
        "effectiveDateTime": session.day,
        "issued": context.now(),
        "performer": [session.by.reference()],
        "component": volumes.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(count: i64) -> Vec<SentKept> {
        let values: Vec<f64> = (0..700)
            .map(|n| 6.0 * (-f64::from(n) / 60.0).exp())
            .collect();
        let samples = Samples {
            curve: Curve::Flow,
            per_second: 100.0,
            values: &values,
        };
        let kept = measured(samples, Seen::default()).unwrap();
        (0..count).map(|n| (n * 60_000_000, kept.clone())).collect()
    }

    fn split(before: &[i64], after: &[i64]) -> SentWish {
        SentWish::Split(Split {
            before: before.to_vec(),
            after: after.to_vec(),
        })
    }

    #[test]
    fn blows_that_were_sent_are_split_as_was_said() {
        let of = |part: &Option<Part>| match part {
            Some(Part::Blows(blows)) => blows.len(),
            _ => 0,
        };
        let at = |n: i64| n * 60_000_000;
        for (wish, counts) in [
            (split(&[at(0), at(1)], &[at(4)]), (2, 1)),
            (split(&[], &[at(2), at(3), at(4)]), (0, 3)),
            (SentWish::All(true), (5, 0)),
        ] {
            let (before, after) = parts(sent(5), &wish).unwrap();
            assert_eq!((of(&before), of(&after)), counts);
            assert_eq!(before.is_none(), counts.0 == 0);
        }
        assert_eq!(
            of(&parts(sent(20), &SentWish::All(true)).unwrap().0),
            MOST_BLOWS
        );
    }

    #[test]
    fn a_blow_is_not_in_both_parts_and_is_one_that_came() {
        for wish in [
            split(&[0], &[0]),
            split(&[7], &[]),
            split(&[0], &[-60_000_000]),
        ] {
            assert!(parts(sent(3), &wish).is_err());
        }
        let all: Vec<i64> = (0..13).map(|n| n * 60_000_000).collect();
        assert!(parts(sent(13), &split(&all, &[])).is_err());
    }
}
