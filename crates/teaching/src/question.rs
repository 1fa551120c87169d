//! The questions that a case gives, each with its answer, which stays hidden until somebody has answered.

use std::collections::BTreeSet;

use knowledge::{
    AnswerValue, Answers, Kind,
    guideline::{Step, Verdict},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

/// The guideline by whose rules a nodule is measured and managed.
const GUIDELINE: &str = "fleischner-2017";
/// The guideline that gives a category.
const CATEGORIES: &str = "c-lung-rads-2024";
/// The model whose probability is asked for.
const MODEL: &str = "mayo";

/// One of the answers that are offered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Choice {
    /// Its id.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
}

/// How a question is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case", tag = "kind")]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub enum AnswerKind {
    /// By a number.
    Number {
        /// UCUM unit.
        unit: String,
    },
    /// By one of a list.
    Choice {
        /// The list.
        options: Vec<Choice>,
    },
}

/// A question, as a trainee sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Question {
    /// Its id.
    pub id: String,
    /// What is asked.
    #[ts(type = "{ zh: string, en: string }")]
    pub ask: Text,
    /// How it is answered.
    pub answer: AnswerKind,
}

/// What stays hidden.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/teaching.ts")]
pub struct Hidden {
    /// The right answer.
    #[ts(type = "boolean | number | string")]
    pub value: AnswerValue,
    /// The right answer in words.
    #[ts(type = "{ zh: string, en: string }")]
    pub words: Text,
    /// Why it is right.
    #[ts(type = "{ zh: string, en: string }[]")]
    pub why: Vec<Text>,
    /// Who says so; none where it is the case's own finding.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub source: Option<String>,
}

/// A question with its answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Posed {
    /// What is asked.
    pub question: Question,
    /// What is right.
    pub hidden: Hidden,
}

/// The questions that these answers allow. What cannot be assessed is not asked.
pub fn questions(answers: &Answers) -> Vec<Posed> {
    let mut posed: Vec<Posed> = Vec::new();
    posed.extend(kind(answers));
    posed.extend(size(answers));
    posed.extend(risk(answers));
    posed.extend(category(answers));
    posed.extend(management(answers));
    posed
}

fn option(id: &str, label: &Text) -> Choice {
    Choice {
        id: id.to_owned(),
        label: label.clone(),
    }
}

fn choice(id: &str, ask: Text, options: Vec<Choice>, right: &str, hidden: Hidden) -> Option<Posed> {
    // One that offers no choice, or whose answer is not offered, asks nothing.
    let is_offered = options.iter().any(|option| option.id == right);
    (options.len() > 1 && is_offered).then(|| Posed {
        question: Question {
            id: id.to_owned(),
            ask,
            answer: AnswerKind::Choice { options },
        },
        hidden,
    })
}

fn kind(answers: &Answers) -> Option<Posed> {
    let AnswerValue::Choice(right) = &answers.get("nodule_type")?.value else {
        return None;
    };
    let Kind::Choice(choices) = &knowledge::inputs().get("nodule_type")?.kind else {
        return None;
    };
    let words = choices.iter().find(|one| one.id == *right)?.label.clone();
    let hidden = Hidden {
        value: AnswerValue::Choice(right.clone()),
        words,
        why: vec![Text::new(
            "该病例的阅片结论",
            "what was seen on the images of this case",
        )],
        source: None,
    };
    let options = choices.iter().map(|one| option(&one.id, &one.label));
    let ask = Text::new("结节属于哪种密度类型？", "What type of nodule is it?");
    choice("kind", ask, options.collect(), right, hidden)
}

/// The mean of both axes in whole millimetres, as the Fleischner Society counts it.
fn size(answers: &Answers) -> Option<Posed> {
    let AnswerValue::Number(mean_mm) = answers.get("mean_diameter_mm")?.value else {
        return None;
    };
    let guideline = knowledge::find_guideline(GUIDELINE)?;
    let whole_mm = mean_mm.round();
    let why = Text::new(
        format!("长径与垂直短径的均值为 {mean_mm} mm，四舍五入为整毫米"),
        format!(
            "the mean of long and perpendicular short axis is {mean_mm} mm, rounded to whole millimetres"
        ),
    );
    Some(Posed {
        question: Question {
            id: "size".to_owned(),
            ask: Text::new(
                "按 Fleischner 2017 的规则，结节平均径是多少整毫米？",
                "What is the mean diameter by the rule of Fleischner 2017, in whole millimetres?",
            ),
            answer: AnswerKind::Number {
                unit: "mm".to_owned(),
            },
        },
        hidden: Hidden {
            value: AnswerValue::Number(whole_mm),
            words: Text::new(format!("{whole_mm} mm"), format!("{whole_mm} mm")),
            why: vec![why],
            source: Some(said_by(&guideline.evidence)),
        },
    })
}

fn risk(answers: &Answers) -> Option<Posed> {
    let model = knowledge::find(MODEL)?;
    let assessment = knowledge::assess(MODEL, answers)?;
    let percent = assessment.percent?;
    let band = assessment.band?;
    let mut why = vec![Text::new(
        format!("{}：{percent}%", assessment.title.zh),
        format!("{}: {percent} %", assessment.title.en),
    )];
    why.extend(assessment.inputs.iter().map(|used| {
        let value = shown(&used.value);
        Text::new(
            format!("{}：{value}", used.label.zh),
            format!("{}: {value}", used.label.en),
        )
    }));
    let hidden = Hidden {
        value: AnswerValue::Choice(band.id.clone()),
        words: band.label,
        why,
        source: Some(assessment.citation),
    };
    let ask = Text::new(
        "按 Mayo 模型，恶性概率属于哪一档？",
        "In which band is the probability of malignancy by the Mayo model?",
    );
    let options = model.bands.iter().map(|one| option(&one.id, &one.label));
    choice("risk", ask, options.collect(), &band.id, hidden)
}

/// A value without words of anybody: choices are ids of ours.
fn shown(value: &AnswerValue) -> String {
    match value {
        AnswerValue::YesNo(true) => "✓".to_owned(),
        AnswerValue::YesNo(false) => "✗".to_owned(),
        AnswerValue::Number(number) => number.to_string(),
        AnswerValue::Choice(id) => id.clone(),
    }
}

fn category(answers: &Answers) -> Option<Posed> {
    let guideline = knowledge::find_guideline(CATEGORIES)?;
    let said = guideline.recommend(answers);
    let Verdict::Recommended {
        category: Some(right),
        ..
    } = &said.result
    else {
        return None;
    };
    let all: BTreeSet<&str> = guideline
        .outcomes
        .values()
        .filter_map(|outcome| outcome.category.as_deref())
        .collect();
    let options = all.into_iter().map(|id| option(id, &Text::new(id, id)));
    let hidden = Hidden {
        value: AnswerValue::Choice(right.clone()),
        words: Text::new(right.as_str(), right.as_str()),
        why: because(&said),
        source: Some(said.citation.clone()),
    };
    let ask = Text::new(
        format!("{}给出哪一类？", guideline.title.zh),
        format!("Which category does {} give?", guideline.title.en),
    );
    choice("category", ask, options.collect(), right, hidden)
}

fn management(answers: &Answers) -> Option<Posed> {
    let guideline = knowledge::find_guideline(GUIDELINE)?;
    let said = guideline.recommend(answers);
    let Verdict::Recommended {
        outcome,
        advice,
        arrange,
        ..
    } = &said.result
    else {
        return None;
    };
    let options = guideline
        .outcomes
        .iter()
        .map(|(id, outcome)| option(id, &outcome.advice));
    let mut why = because(&said);
    why.extend(arrange.first().map(|first| step(first.step)));
    let hidden = Hidden {
        value: AnswerValue::Choice(outcome.clone()),
        words: advice.clone(),
        why,
        source: Some(said.citation.clone()),
    };
    let ask = Text::new(
        format!("按{}，下一步怎么做？", guideline.title.zh),
        format!("What is the next step by {}?", guideline.title.en),
    );
    choice("next-step", ask, options.collect(), outcome, hidden)
}

fn step(step: Step) -> Text {
    match step {
        Step::Ct => Text::new("首先：复查 CT", "first: CT"),
        Step::PetCt => Text::new("首先：PET/CT", "first: PET/CT"),
        Step::Tissue => Text::new("首先：取组织", "first: tissue"),
        Step::Surgery => Text::new("首先：手术", "first: surgery"),
        Step::Referral => Text::new(
            "首先：专家或多学科评估",
            "first: review by an expert or a team",
        ),
    }
}

/// The rules that led there, with their conditions.
fn because(said: &knowledge::guideline::Recommendation) -> Vec<Text> {
    let mut why = Vec::new();
    for decided in &said.trace {
        let conditions = |language: fn(&Text) -> &str| {
            let each = decided.because.iter().map(|one| {
                let limits = one.limits.as_deref().unwrap_or_default();
                format!("{} {} {limits}", language(&one.label), language(&one.shown))
                    .trim()
                    .to_owned()
            });
            each.collect::<Vec<_>>().join("; ")
        };
        why.push(Text::new(
            format!("{}：{}", decided.gave.zh, conditions(|text| &text.zh)),
            format!("{}: {}", decided.gave.en, conditions(|text| &text.en)),
        ));
    }
    why
}

fn said_by(evidence: &str) -> String {
    let found = knowledge::evidence(evidence);
    found.map(|one| one.citation.clone()).unwrap_or_default()
}
