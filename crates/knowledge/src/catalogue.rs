//! The models and sources that come with the program.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{LazyLock, OnceLock},
};

use serde::Serialize;
use ts_rs::TS;
use vocabulary::{Coding, Text};

use crate::{
    Answers, Assessment, ChoiceOption, Classified, Confidence, Evidence, Guideline, Input, Kind,
    KnowledgeError, Model, Recommendation, ScoreFound, Term,
};

const INPUTS: &str = include_str!("../models/inputs.toml");

/// What classes and scores about breathing and sleep ask besides.
const INPUTS_OF_CLASSES: &str = include_str!("../classes/inputs.toml");

/// What is asked about this hour, not about the person.
const INPUTS_OF_THIS_HOUR: &str = include_str!("../scores/inputs.toml");

/// In the order in which they are shown side by side.
const MODELS: &[&str] = &[
    include_str!("../models/mayo.toml"),
    include_str!("../models/va.toml"),
    include_str!("../models/brock-2b.toml"),
    include_str!("../models/brock-2a.toml"),
    include_str!("../models/herder.toml"),
    include_str!("../models/pkuph.toml"),
    include_str!("../models/lcbp.toml"),
];

macro_rules! evidence {
    ($($key:literal),* $(,)?) => {
        &[$(($key, include_str!(concat!("../../../docs/evidence/", $key, ".toml")))),*]
    };
}

const EVIDENCE: &[(&str, &str)] = evidence![
    "swensen-1997",
    "gould-2007",
    "mcwilliams-2013",
    "herder-2005",
    "li-2011",
    "yang-2018",
    "callister-2015",
    "macmahon-2017",
    "christensen-2024",
    "acr-lung-rads-2019",
    "c-lung-rads-2024",
    "cma-consensus-2018",
    "cma-consensus-2024",
    "heatherton-1991",
    "fiore-2008",
    "bai-2015",
    "nietert-2009",
    "rcp-news2-2017",
    "subbe-2001",
    "ed-triage-cn-2018",
    "singer-2016",
    "lim-2003",
    "fine-1997",
    "quanjer-2012",
    "bowerman-2023",
    "jian-2017",
    "graham-2019",
    "gold-2025",
    "gold-2026",
    "bhatt-2023",
    "celli-2004",
    "celli-2021",
    "stanojevic-2022",
    "pellegrino-2005",
    "gina-2025",
    "chung-2008",
    "marti-soler-2016",
    "netzer-1999",
    "cms-ncd-240.4",
    "aasm-scoring",
    "patil-2019",
    "osa-referral-proposal",
];

// A file that comes with the program and cannot be read is a bug; a test reads each.

/// Questions and sources.
struct Terms {
    inputs: BTreeMap<String, Input>,
    of_this_hour: BTreeSet<String>,
    evidence: BTreeMap<String, Evidence>,
}

static TERMS: OnceLock<Terms> = OnceLock::new();

impl Terms {
    fn shipped() -> Self {
        let listed = |text: &str| -> BTreeMap<String, Input> {
            toml::from_str(text).unwrap_or_else(|error| unreachable!("the inputs: {error}"))
        };
        let mut inputs = listed(INPUTS);
        inputs.extend(listed(INPUTS_OF_CLASSES));
        let this_hour = listed(INPUTS_OF_THIS_HOUR);
        let of_this_hour = this_hour.keys().cloned().collect();
        inputs.extend(this_hour);
        let read =
            |text| toml::from_str(text).unwrap_or_else(|error| unreachable!("a source: {error}"));
        let evidence = EVIDENCE
            .iter()
            .map(|(key, text)| ((*key).to_owned(), read(text)))
            .collect();
        Self {
            inputs,
            of_this_hour,
            evidence,
        }
    }
}

fn terms() -> &'static Terms {
    TERMS.get_or_init(Terms::shipped)
}

/// Also knows the questions and sources that these guidelines bring along. What is there already stays as it
/// is: a file that says otherwise is refused.
pub(crate) fn also_know(guidelines: &[Guideline]) -> Result<(), KnowledgeError> {
    let mut terms = Terms::shipped();
    for guideline in guidelines {
        let inconsistent = |why: String| KnowledgeError::Inconsistent {
            model: guideline.id.clone(),
            why,
        };
        for (name, input) in &guideline.questions {
            let before = terms.inputs.insert(name.clone(), input.clone());
            if before.is_some_and(|before| before != *input) {
                return Err(inconsistent(format!(
                    "its question `{name}` is in the list of inputs already: use that, or another name"
                )));
            }
        }
        if let Some(source) = &guideline.source {
            let key = guideline.evidence.clone();
            let before = terms.evidence.insert(key, source.clone());
            if before.is_some_and(|before| before != *source) {
                return Err(inconsistent(format!(
                    "its source `{}` is known already: give yours another key",
                    guideline.evidence
                )));
            }
        }
    }
    TERMS.set(terms).map_err(|_| KnowledgeError::TooLate)
}

static ALL_MODELS: LazyLock<Vec<Model>> = LazyLock::new(|| {
    let read = |text: &&str| Model::read(text).unwrap_or_else(|error| unreachable!("{error}"));
    MODELS.iter().map(read).collect()
});

impl Model {
    /// Reads a model's file and checks it against itself and the list of inputs.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let model: Self = toml::from_str(text)?;
        match model.contradiction() {
            None => Ok(model),
            Some(why) => Err(KnowledgeError::Inconsistent {
                model: model.id,
                why,
            }),
        }
    }

    fn contradiction(&self) -> Option<String> {
        if self.intercept.is_some() == self.no_formula.is_some() {
            return Some("it needs an intercept, or `no-formula`, and not both".to_owned());
        }
        if evidence(&self.evidence).is_none() {
            return Some(format!("its source `{}` is not known", self.evidence));
        }
        if self
            .bands
            .last()
            .is_some_and(|band| band.below.or(band.up_to).is_some())
        {
            return Some("its last band must have no limit".to_owned());
        }
        for name in self.input_names() {
            if !inputs().contains_key(name) {
                return Some(format!("its input `{name}` is not in the list of inputs"));
            }
        }
        self.terms.iter().find_map(|term| {
            let kind = &inputs().get(&term.input)?.kind;
            let fits = match (kind, &term.choices) {
                (Kind::Choice(options), Some(choices)) => {
                    term.times.is_none() && options.iter().all(|o| choices.contains_key(&o.id))
                }
                (Kind::Choice(_), None) | (_, Some(_)) => false,
                (_, None) => term.times.is_some(),
            };
            (!fits).then(|| format!("its term `{}` does not fit the question's kind", term.input))
        })
    }
}

/// All models, in the order in which they are shown side by side.
pub fn models() -> &'static [Model] {
    &ALL_MODELS
}

/// The model with this id.
pub fn find(id: &str) -> Option<&'static Model> {
    ALL_MODELS.iter().find(|model| model.id == id)
}

/// Assesses the answers by the model with this id; `None` where there is no such model.
pub fn assess(id: &str, answers: &Answers) -> Option<Assessment> {
    Some(find(id)?.assess(answers))
}

/// What a model, a guideline, a score or a list of classes says.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Said {
    /// A model's probability.
    Model(Box<Assessment>),
    /// A guideline's recommendation.
    Guideline(Box<Recommendation>),
    /// A score's sum of points.
    Score(Box<ScoreFound>),
    /// The class that the answers lie in.
    Class(Box<Classified>),
}

/// What the model, guideline, score or list of classes with this id says about the answers; `None` where there is
/// none.
pub fn ask(id: &str, answers: &Answers) -> Option<Said> {
    let model = || Some(Said::Model(Box::new(assess(id, answers)?)));
    let guideline = || {
        Some(Said::Guideline(Box::new(
            crate::find_guideline(id)?.recommend(answers),
        )))
    };
    let score = || {
        Some(Said::Score(Box::new(
            crate::point_score(id)?.score(answers),
        )))
    };
    let class = || {
        Some(Said::Class(Box::new(
            crate::class_list(id)?.classify(answers),
        )))
    };
    model().or_else(guideline).or_else(score).or_else(class)
}

/// All questions by their names.
pub fn inputs() -> &'static BTreeMap<String, Input> {
    &terms().inputs
}

/// The question that a result of the laboratory answers, by its LOINC code and its unit in UCUM.
pub fn answered_by_lab(loinc: &str, unit: &str) -> Option<&'static str> {
    let mut all = inputs().iter();
    let found = all.find(|(_, input)| {
        let mut results = input.lab.iter();
        results.any(|result| result.loinc == loinc && result.unit == unit)
    });
    found.map(|(name, _)| name.as_str())
}

/// The names of the questions whose answers belong to a person for longer than a moment. What a score asks
/// about this hour, such as the pulse, is none of them.
pub fn lasting_inputs() -> impl Iterator<Item = &'static String> {
    let of_this_hour = &terms().of_this_hour;
    inputs().keys().filter(|name| !of_this_hour.contains(*name))
}

/// The source with this key.
pub fn evidence(key: &str) -> Option<&'static Evidence> {
    terms().evidence.get(key)
}

pub(crate) fn notice() -> Text {
    Text::new(
        "仅供研究和教学，不是医疗器械；由医生决定",
        "For research and education; not a medical device. A clinician decides",
    )
}

/// A question as a model's card lists it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct CardInput {
    /// The name that answers use.
    pub name: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// How to answer it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub help: Option<Text>,
    /// `number`, `yes-no` or `choice`.
    pub kind: &'static str,
    /// UCUM unit of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub unit: Option<String>,
    /// The choices.
    pub choices: Vec<ChoiceOption>,
    /// Outside of this the answer is refused: lowest and highest, where there is a limit.
    pub range: [Option<f64>; 2],
    /// Outside of this there is a warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub validated: Option<[f64; 2]>,
    /// Its code in a terminology.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ system: string, code: string, display?: string }")]
    pub coding: Option<Coding>,
    /// Where the record usually holds the answer.
    pub source: String,
    /// The model that computes it where it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub computed_by: Option<String>,
}

/// A model's card: what it asks, for whom, and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Card {
    /// Its name in paths and commands.
    pub id: String,
    /// Version of its file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// On whom it was made.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// On whom it must not be used.
    #[ts(type = "{ zh: string, en: string }[]")]
    pub not_for: Vec<Text>,
    /// What it asks.
    pub inputs: Vec<CardInput>,
    /// Whether it can give a number at all.
    pub computable: bool,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Digital object identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub doi: Option<String>,
    /// Year of the publication.
    pub year: u16,
    /// How well it was checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm it.
    pub needs_confirmation: bool,
    /// Mistakes found in public code and tables.
    pub traps: Vec<String>,
    /// That this is no medical device.
    #[ts(type = "{ zh: string, en: string }")]
    pub notice: Text,
}

/// The cards of all models, guidelines, scores of points and lists of classes.
pub fn cards() -> Vec<Card> {
    let guidelines = crate::guidelines().iter().map(guideline_card);
    let scores = crate::point_scores().iter().map(crate::score_card);
    let models = models().iter().map(card);
    let classes = crate::class_lists().iter().map(crate::class_card);
    models
        .chain(guidelines)
        .chain(scores)
        .chain(classes)
        .collect()
}

/// The card of one guideline.
pub fn guideline_card(guideline: &Guideline) -> Card {
    let source = evidence(&guideline.evidence);
    Card {
        id: guideline.id.clone(),
        version: guideline.version.clone(),
        title: guideline.title.clone(),
        population: guideline.population.clone(),
        not_for: guideline
            .outside
            .iter()
            .map(|outside| outside.why.clone())
            .collect(),
        inputs: guideline
            .input_names()
            .into_iter()
            .filter_map(|name| {
                let computed_by = guideline.computed_by.get(name).cloned();
                Some(CardInput {
                    computed_by,
                    ..card_input(name, None)?
                })
            })
            .collect(),
        computable: true,
        citation: source.map(|e| e.citation.clone()).unwrap_or_default(),
        doi: source.and_then(|e| e.doi.clone()),
        year: guideline.year,
        confidence: guideline.confidence,
        needs_confirmation: guideline.confidence.needs_confirmation(),
        traps: guideline.traps.iter().map(|trap| trap.en.clone()).collect(),
        notice: notice(),
    }
}

/// The card of one model.
pub fn card(model: &Model) -> Card {
    let source = evidence(&model.evidence);
    Card {
        id: model.id.clone(),
        version: model.version.clone(),
        title: model.title.clone(),
        population: model.population.clone(),
        not_for: model.not_for.clone(),
        inputs: model
            .input_names()
            .filter_map(|name| {
                let term = model.terms.iter().find(|term| term.input == name);
                card_input(name, term)
            })
            .collect(),
        computable: model.no_formula.is_none(),
        citation: source.map(|e| e.citation.clone()).unwrap_or_default(),
        doi: source.and_then(|e| e.doi.clone()),
        year: model.year,
        confidence: model.confidence,
        needs_confirmation: model.confidence.needs_confirmation(),
        traps: model.traps.clone(),
        notice: notice(),
    }
}

/// A question's card, with the limits of the model's term that asks it.
pub(crate) fn card_input(name: &str, term: Option<&Term>) -> Option<CardInput> {
    let input = inputs().get(name)?;
    let allowed = term.and_then(|term| term.allowed);
    let (kind, unit, choices) = match &input.kind {
        Kind::Number { unit, .. } => ("number", Some(unit.clone()), Vec::new()),
        Kind::YesNo => ("yes-no", None, Vec::new()),
        Kind::Choice(options) => ("choice", None, options.clone()),
    };
    Some(CardInput {
        name: name.to_owned(),
        label: input.label.clone(),
        help: input.help.clone(),
        kind,
        unit,
        choices,
        range: [
            allowed
                .map(|[low, _]| low)
                .or(term.and_then(|term| term.at_least)),
            allowed.map(|[_, high]| high),
        ],
        validated: term.and_then(|term| term.validated),
        coding: input.coding.clone(),
        source: input.source.clone(),
        computed_by: term.and_then(|term| term.computed_by.clone()),
    })
}
