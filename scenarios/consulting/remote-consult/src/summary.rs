//! The case in one minute: who, what is on the images, what changed, what is open. Each line is a fact of the
//! record, in words, with its source.

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use knowledge::{AnswerValue, Answers, Kind, Verdict};
use policy::Permit;
use scenario::{Context, Problem, day_said};
use serde::Serialize;
use serde_json::{Value, json};
use twin::{FollowedLesion, Lesion, PatientTwin, SeenLesion, Study};
use vocabulary::Text;

use crate::{
    answers,
    case::{Case, GUIDELINES},
    facts,
};

/// The most studies and findings that are listed; a minute is short.
const MOST: usize = 8;

/// One line with what it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Line {
    pub text: Text,
    /// `Type/id` of the record, `study/{uid}` or `series/{uid}`.
    pub source: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
}

fn line(zh: impl Into<String>, en: impl Into<String>, source: impl Into<String>) -> Line {
    Line {
        text: Text::new(zh, en),
        source: source.into(),
        day: None,
    }
}

/// `GET cases/{id}/summary`.
pub async fn of(context: &dyn Context, permit: &Permit, case: &Case) -> Result<Value, Problem> {
    let twin = context
        .twin(permit, &case.patient)
        .await?
        .ok_or_else(Problem::not_found)?;
    let in_force = answers::in_force(context, permit, case).await?;
    let followed = context.followed_lesions(permit, &case.patient).await?;
    let newest = scans(&twin).into_iter().next();
    let newest = newest.map(|(_, study)| study.uid.as_str());
    let tracked = followed.iter().filter_map(|one| tracked(one, newest));
    let zone = context.time_zone();
    Ok(json!({
        "patient": {"id": case.patient, "name": case.patient_name},
        "at": context.now(),
        "time_zone": zone.iana_name(),
        "who": who(&twin, case),
        "known": known(&in_force),
        "lesions": twin.lesions.iter().map(lesion).collect::<Vec<_>>(),
        "timeline": timeline(&twin.studies),
        "findings": findings(&twin),
        "changed": changed(&twin, followed.is_empty(), &zone),
        "tracked": tracked.collect::<Vec<_>>(),
        "open": open(case, &in_force),
    }))
}

fn who(twin: &PatientTwin, case: &Case) -> Vec<Line> {
    let source = format!("Patient/{}", twin.id);
    let mut lines = Vec::new();
    if let Some(age) = twin.age {
        lines.push(line(format!("{age} 岁"), format!("{age} years"), &source));
    }
    if let Some(sex) = &twin.sex {
        let zh = match sex.as_str() {
            "male" => "男",
            "female" => "女",
            _ => sex,
        };
        lines.push(line(zh, sex, &source));
    }
    let asked = facts::reference(&facts::request_key(&case.id));
    lines.push(line(&case.reason, &case.reason, asked));
    lines
}

/// What is answered, question by question, with who or what says so.
fn known(in_force: &Answers) -> Vec<Line> {
    let inputs = knowledge::inputs();
    let one = |(name, answer): (&String, &knowledge::Answer)| {
        let input = inputs.get(name)?;
        let value = shown(&answer.value, &input.kind);
        let unit = answer.unit.as_deref().unwrap_or_default();
        let [zh, en] = [
            format!("{}：{} {unit}", input.label.zh, value.zh),
            format!("{}: {} {unit}", input.label.en, value.en),
        ];
        let source = answer.source.as_ref()?;
        Some(Line {
            text: Text::new(zh.trim_end(), en.trim_end()),
            source: source.reference.clone(),
            day: source.at.clone(),
        })
    };
    in_force.iter().filter_map(one).collect()
}

fn shown(value: &AnswerValue, kind: &Kind) -> Text {
    match (value, kind) {
        (AnswerValue::YesNo(true), _) => Text::new("是", "yes"),
        (AnswerValue::YesNo(false), _) => Text::new("否", "no"),
        (AnswerValue::Choice(id), Kind::Choice(options)) => {
            let option = options.iter().find(|option| option.id == *id);
            option.map_or_else(|| Text::new(id, id), |option| option.label.clone())
        }
        (AnswerValue::Choice(id), _) => Text::new(id, id),
        (AnswerValue::Number(number), _) => {
            let number = (number * 10.0).round() / 10.0;
            Text::new(number.to_string(), number.to_string())
        }
    }
}

fn lesion(lesion: &Lesion) -> Line {
    let Lesion {
        label,
        mean_diameter_mm: mean,
        volume_mm3: volume,
        ..
    } = lesion;
    line(
        format!("{}：平均径 {mean:.1} mm，体积 {volume:.0} mm³", label.zh),
        format!(
            "{}: mean diameter {mean:.1} mm, volume {volume:.0} mm³",
            label.en
        ),
        format!("series/{}", lesion.series),
    )
}

/// `YYYY-MM-DD` of either way to write a day; nothing where the study has none.
fn day(study: &Study) -> Option<String> {
    twin::demographics::day(&study.date).map(|day| day.to_string())
}

/// The studies, the newest first. One without a date stands last.
fn timeline(studies: &[Study]) -> Vec<Line> {
    let mut all: Vec<(Option<String>, &Study)> =
        studies.iter().map(|one| (day(one), one)).collect();
    all.sort_by(|a, b| b.0.cmp(&a.0));
    let shown = |(day, study): (Option<String>, &Study)| {
        let text = format!("{} {}", study.modality, study.description);
        Line {
            text: Text::new(text.trim(), text.trim()),
            source: format!("study/{}", study.uid),
            day,
        }
    };
    all.into_iter().take(MOST).map(shown).collect()
}

fn findings(twin: &PatientTwin) -> Vec<Line> {
    let shown = |finding: &twin::Finding| {
        let said = finding.conclusion.as_deref().unwrap_or_default();
        let text = format!("{}: {said}", finding.title);
        Line {
            text: Text::new(&text, &text),
            source: finding.reference.clone(),
            day: finding.at.clone(),
        }
    };
    twin.findings.iter().take(MOST).map(shown).collect()
}

/// The CT studies that have a day, the newest first.
fn scans(twin: &PatientTwin) -> Vec<(String, &Study)> {
    let mut scans: Vec<(String, &Study)> = twin
        .studies
        .iter()
        .filter(|study| study.modality.contains("CT"))
        .filter_map(|study| Some((day(study)?, study)))
        .collect();
    scans.sort_by(|a, b| b.0.cmp(&a.0));
    scans
}

/// A lesion that is known by its Tracking UID: what it measured in the study before and in the last, and what the
/// rules of growth make of it.
fn tracked(lesion: &FollowedLesion, newest: Option<&str>) -> Option<Value> {
    let last = lesion.seen.last()?;
    let change = lesion.change.as_ref();
    let of = |sop: &str| lesion.seen.iter().find(|seen| seen.segmentation == sop);
    let growth = change.and_then(|change| change.growth.as_ref());
    Some(json!({
        "tracking_uid": lesion.tracking_uid,
        "label": lesion.label,
        "prior": change.and_then(|change| of(&change.prior)).map(size),
        "current": size(change.and_then(|change| of(&change.current)).unwrap_or(last)),
        "in_newest": newest.is_some_and(|newest| lesion.seen.iter().any(|seen| seen.study == newest)),
        "verdict": growth.map(|growth| &growth.verdict),
        "why": change.and_then(|change| change.why.as_ref()),
        "interval_days": growth.map(|growth| growth.interval_days),
        "volume": growth.map(|growth| growth.volume),
        "vdt_days": growth.and_then(|growth| growth.vdt_days),
    }))
}

/// What a lesion measured in one study, with the study and the object that say so.
fn size(seen: &SeenLesion) -> Value {
    json!({
        "day": seen.day,
        "kind": seen.kind,
        "mean_diameter_mm": seen.mean_diameter_mm,
        "volume_mm3": seen.volume_mm3,
        "source": format!("study/{}", seen.study),
        "object": seen.segmentation,
    })
}

/// What is new since the study before the newest, and what was signed meanwhile. Where no lesion is followed by its
/// Tracking UID, the largest marked ones stand beside each other: which is which is then for people to say.
fn changed(twin: &PatientTwin, compares_largest: bool, zone: &TimeZone) -> Vec<Line> {
    let studies = scans(twin);
    let [newest, before, ..] = studies.as_slice() else {
        let source = studies.first().map_or_else(
            || format!("Patient/{}", twin.id),
            |(_, s)| format!("study/{}", s.uid),
        );
        return vec![line(
            "没有更早的 CT 可比较",
            "there is no earlier CT to compare with",
            source,
        )];
    };
    let mut lines = vec![line(
        format!("最新 CT {}，此前 {}", newest.0, before.0),
        format!("newest CT {}, before that {}", newest.0, before.0),
        format!("study/{}", newest.1.uid),
    )];
    if compares_largest {
        lines.push(largest_compared(twin, newest.1, before.1));
    }
    let since = twin.findings.iter().filter(|finding| {
        let day = finding.at.as_deref().and_then(|at| day_said(at, zone));
        day.is_some_and(|day| day.to_string() > before.0)
    });
    lines.extend(since.take(MOST).map(|finding| {
        let title = &finding.title;
        line(
            format!("此后签署：{title}"),
            format!("signed since: {title}"),
            &finding.reference,
        )
    }));
    lines
}

/// The largest marked lesions of two studies beside each other.
fn largest_compared(twin: &PatientTwin, newest: &Study, before: &Study) -> Line {
    let largest = largest_by_study(twin);
    let source = format!("study/{}", newest.uid);
    match (
        largest.get(newest.uid.as_str()),
        largest.get(before.uid.as_str()),
    ) {
        (Some(now), Some(then)) => line(
            format!("最大的已标记病灶：{then:.1} → {now:.1} mm（平均径；是否同一病灶须由人判断）"),
            format!(
                "largest marked lesion: {then:.1} → {now:.1} mm (mean diameter; whether it is the same one is for \
                 people to say)"
            ),
            source,
        ),
        (Some(_), None) => line(
            "此前的 CT 没有标记病灶：变化无法评估",
            "no lesion is marked on the earlier CT: the change is not assessable",
            source,
        ),
        (None, _) => line(
            "最新的 CT 没有标记病灶：变化无法评估",
            "no lesion is marked on the newest CT: the change is not assessable",
            source,
        ),
    }
}

/// The largest mean diameter (mm) of each study's marked lesions.
fn largest_by_study(twin: &PatientTwin) -> BTreeMap<&str, f64> {
    let mut largest: BTreeMap<&str, f64> = BTreeMap::new();
    for lesion in &twin.lesions {
        let is_in = |study: &&Study| {
            study
                .series
                .iter()
                .any(|series| series.uid == lesion.series)
        };
        if let Some(study) = twin.studies.iter().find(is_in) {
            let known = largest.entry(study.uid.as_str()).or_default();
            *known = known.max(lesion.mean_diameter_mm);
        }
    }
    largest
}

/// What the guidelines still miss, each question once, with those that ask for it.
fn open(case: &Case, in_force: &Answers) -> Vec<Line> {
    let mut asking: BTreeMap<String, Vec<Text>> = BTreeMap::new();
    let guidelines = GUIDELINES
        .iter()
        .filter_map(|guideline| knowledge::find_guideline(guideline));
    for guideline in guidelines {
        let said = guideline.recommend(in_force);
        if let Verdict::NotAssessable { missing } = said.result {
            for one in missing {
                asking
                    .entry(one.input)
                    .or_default()
                    .push(said.title.clone());
            }
        }
    }
    let one = |(name, by): (String, Vec<Text>)| {
        let label = knowledge::inputs()
            .get(&name)
            .map(|input| input.label.clone());
        let label = label.unwrap_or_else(|| Text::new(&name, &name));
        let [zh, en] = [
            by.iter()
                .map(|one| one.zh.as_str())
                .collect::<Vec<_>>()
                .join("、"),
            by.iter()
                .map(|one| one.en.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        ];
        line(
            format!("{}（{zh}）", label.zh),
            format!("{} ({en})", label.en),
            facts::reference(&facts::answers_key(&case.id)),
        )
    };
    asking.into_iter().map(one).collect()
}
