//! Classes: rules that put answers into one of several named classes, such as a grade or a group.
//!
//! A file in `classes/` lists its classes in the order in which they are tried; the first whose condition holds is
//! the answer. A condition that cannot be decided because an answer is missing ends the search: the class is then
//! not assessable, and what is missing is named. Nothing is rounded before it is compared.

mod condition;

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Assessed, Missing, Text};

use crate::{
    Answers, Card, CardInput, Confidence, InputUsed, KnowledgeError,
    assess::input_used,
    catalogue::{self, card_input, notice},
};
use condition::{Condition, Held};

/// In the order in which they are shown.
const FILES: &[&str] = &[
    include_str!("../../classes/gold-grade.toml"),
    include_str!("../../classes/gold-abe-2023.toml"),
    include_str!("../../classes/gold-abe-2026.toml"),
    include_str!("../../classes/star-2023.toml"),
    include_str!("../../classes/rome-2021.toml"),
    include_str!("../../classes/rome-signs-2021.toml"),
    include_str!("../../classes/spirometry-severity-2022.toml"),
    include_str!("../../classes/bronchodilator-2022.toml"),
    include_str!("../../classes/bronchodilator-2005.toml"),
    include_str!("../../classes/gina-control.toml"),
    include_str!("../../classes/pef-variability.toml"),
    include_str!("../../classes/osa-severity.toml"),
    include_str!("../../classes/berlin-1999.toml"),
    include_str!("../../classes/cpap-adherence.toml"),
    include_str!("../../classes/pap-2019.toml"),
    include_str!("../../classes/osa-referral.toml"),
];

static ALL: LazyLock<Vec<Classes>> = LazyLock::new(|| {
    let read = |text: &&str| Classes::read(text).unwrap_or_else(|error| unreachable!("{error}"));
    FILES.iter().map(read).collect()
});

/// All files of classes, in the order in which they are shown.
pub fn class_lists() -> &'static [Classes] {
    &ALL
}

/// The file of classes with this id.
pub fn class_list(id: &str) -> Option<&'static Classes> {
    ALL.iter().find(|classes| classes.id == id)
}

/// A class.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Class {
    /// Its name.
    pub id: String,
    /// What people call it.
    pub label: Text,
    /// When it is this one; the last class takes what is left.
    pub when: Option<Condition>,
    /// What the source asks for.
    pub advice: Option<Text>,
}

/// The range within which an answer is taken.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allowed {
    /// The question.
    pub input: String,
    /// Lowest and highest.
    pub range: [f64; 2],
}

/// A list of classes, as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Classes {
    /// Its name in paths, commands and records.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the publication, or of the report whose rules these are.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    /// For whom it is.
    pub population: Text,
    /// On whom it must not be used.
    #[serde(default)]
    pub not_for: Vec<Text>,
    /// What its owner wants said beside it.
    pub attribution: Option<Text>,
    /// Mistakes found in public code and tables.
    #[serde(default)]
    pub traps: Vec<String>,
    /// Outside of these an answer is refused.
    #[serde(default)]
    pub allowed: Vec<Allowed>,
    /// The classes, in the order in which they are tried.
    #[serde(rename = "class")]
    pub classes: Vec<Class>,
}

/// The class that answers lie in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ClassFound {
    /// Its name.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// What the source asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub advice: Option<Text>,
}

/// What a list of classes says about one person's answers.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Classified {
    /// The list's id.
    pub classes: String,
    /// Version of its file.
    pub version: String,
    /// Year of the publication.
    pub year: u16,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The class; or everything that is missing.
    #[ts(
        type = "{ state: \"assessed\", value: ClassFound } | { state: \"not-assessable\", missing: { input: string, why: { zh: string, en: string } }[] }"
    )]
    pub result: Assessed<ClassFound>,
    /// The answers that could be used.
    pub inputs: Vec<InputUsed>,
    /// For whom it is.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm it.
    pub needs_confirmation: bool,
    /// That this is no medical device.
    #[ts(type = "{ zh: string, en: string }")]
    pub notice: Text,
}

impl Classes {
    /// Reads a file and checks it against itself and the list of inputs.
    pub fn read(text: &str) -> Result<Self, KnowledgeError> {
        let classes: Self = toml::from_str(text)?;
        let why = if catalogue::evidence(&classes.evidence).is_none() {
            Some(format!("its source `{}` is not known", classes.evidence))
        } else {
            let names = classes.input_names();
            let allowed = classes.allowed.iter().map(|allowed| &allowed.input);
            let known = |name: &&String| !catalogue::inputs().contains_key(*name);
            names
                .iter()
                .chain(allowed)
                .find(known)
                .map(|name| format!("its input `{name}` is not in the list of inputs"))
        };
        match why {
            None => Ok(classes),
            Some(why) => Err(KnowledgeError::Inconsistent {
                model: classes.id,
                why,
            }),
        }
    }

    /// The names of all questions, each once, in the order in which they are asked.
    pub fn input_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for condition in self.classes.iter().filter_map(|class| class.when.as_ref()) {
            condition.names(&mut names);
        }
        names
    }

    /// Puts answers into their class.
    pub fn classify(&self, answers: &Answers) -> Classified {
        let source = catalogue::evidence(&self.evidence);
        let usable = |name: &String| {
            let (input, answer) = (catalogue::inputs().get(name)?, answers.get(name)?);
            let value = input.take(name, answer).ok()?;
            Some(input_used(name, input, value, answer.source.clone()))
        };
        Classified {
            classes: self.id.clone(),
            version: self.version.clone(),
            year: self.year,
            title: self.title.clone(),
            result: self.class_of(answers),
            inputs: self.input_names().iter().filter_map(usable).collect(),
            population: self.population.clone(),
            citation: source
                .map(|source| source.citation.clone())
                .unwrap_or_default(),
            confidence: self.confidence,
            needs_confirmation: self.confidence.needs_confirmation(),
            notice: notice(),
        }
    }

    fn class_of(&self, answers: &Answers) -> Assessed<ClassFound> {
        let refused = |missing: Vec<Missing>| Assessed::NotAssessable { missing };
        for class in &self.classes {
            let held = class
                .when
                .as_ref()
                .map_or(Held::Yes, |when| when.holds(answers, &self.allowed));
            match held {
                Held::No => {}
                Held::Open(missing) => return refused(missing),
                Held::Yes => {
                    return Assessed::Assessed {
                        value: ClassFound {
                            id: class.id.clone(),
                            label: class.label.clone(),
                            advice: class.advice.clone(),
                        },
                    };
                }
            }
        }
        // A file whose classes leave a gap says so itself: no class holds what lies in it.
        refused(vec![Missing {
            input: self.id.clone(),
            why: Text::new("不属于任何一类", "these answers lie in none of its classes"),
        }])
    }
}

/// The card of one list of classes.
pub fn class_card(classes: &Classes) -> Card {
    let source = catalogue::evidence(&classes.evidence);
    let inputs = classes.input_names().into_iter().filter_map(|name| {
        let allowed = classes.allowed.iter().find(|allowed| allowed.input == name);
        let [low, high] = allowed.map_or([None, None], |allowed| allowed.range.map(Some));
        Some(CardInput {
            range: [low, high],
            ..card_input(&name, None)?
        })
    });
    Card {
        id: classes.id.clone(),
        version: classes.version.clone(),
        title: classes.title.clone(),
        population: classes.population.clone(),
        not_for: classes.not_for.clone(),
        inputs: inputs.collect(),
        computable: true,
        citation: source
            .map(|source| source.citation.clone())
            .unwrap_or_default(),
        doi: source.and_then(|source| source.doi.clone()),
        year: classes.year,
        confidence: classes.confidence,
        needs_confirmation: classes.confidence.needs_confirmation(),
        traps: classes.traps.clone(),
        notice: notice(),
    }
}
