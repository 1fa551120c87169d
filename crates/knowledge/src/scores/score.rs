//! What a score of points says about one person's answers.

use serde::Serialize;
use ts_rs::TS;
use vocabulary::{Assessed, Missing, Text};

use super::{Outside, PointScore, SumBand, sum::taken};
use crate::{AnswerValue, Answers, Confidence, InputUsed, Warning, assess::input_used, catalogue};

/// What one parameter adds to the sum.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ParameterPoints {
    /// The parameter.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// What it is worth; none where it is open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "number")]
    pub points: Option<i64>,
    /// What is missing for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[ts(type = "{ input: string, why: { zh: string, en: string } }[]")]
    pub missing: Vec<Missing>,
}

/// The band that a sum lies in, with what the source asks for there.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct PointsBandFound {
    /// Its name.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
    /// What the source asks for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub response: Option<Text>,
}

/// What an open sum comes to at least: points are never taken back, whatever the answers are that are missing.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct AtLeast {
    /// The sum of what is known.
    #[ts(type = "number")]
    pub points: i64,
    /// The lowest band that the sum may lie in; none where that is the lowest of all, which says nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub band: Option<PointsBandFound>,
    /// How often to measure at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub observe: Option<Text>,
    /// Every band that the sum may lie in.
    #[serde(skip)]
    #[ts(skip)]
    pub may_be: Vec<String>,
}

/// What a score of points says about one person's answers, with all that is needed to judge it.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct ScoreFound {
    /// The score's id.
    pub score: String,
    /// Version of its file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// The sum; or everything that is missing.
    #[ts(
        type = "{ state: \"assessed\", value: number } | { state: \"not-assessable\", missing: { input: string, why: { zh: string, en: string } }[] }"
    )]
    pub result: Assessed<i64>,
    /// What the sum comes to at least, where it is open and that says something.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub at_least: Option<AtLeast>,
    /// The band it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub band: Option<PointsBandFound>,
    /// How often to measure at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub observe: Option<Text>,
    /// What each parameter adds.
    pub parameters: Vec<ParameterPoints>,
    /// All answers that could be used, with their sources.
    pub inputs: Vec<InputUsed>,
    /// What a reader must know, such as that nobody said whether the person is of the population.
    pub warnings: Vec<Warning>,
    /// On whom it was made.
    #[ts(type = "{ zh: string, en: string }")]
    pub population: Text,
    /// On whom it must not be used.
    #[ts(type = "{ zh: string, en: string }[]")]
    pub not_for: Vec<Text>,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Year of the publication.
    pub year: u16,
    /// Under which terms it is used.
    pub licence: String,
    /// What its owner wants said beside it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[ts(optional, type = "{ zh: string, en: string }")]
    pub attribution: Option<Text>,
    /// How well the points were checked.
    pub confidence: Confidence,
    /// Whether a person with the source has yet to confirm it.
    pub needs_confirmation: bool,
    /// That this is no medical device.
    #[ts(type = "{ zh: string, en: string }")]
    pub notice: Text,
}

/// What was found of the parameters.
#[derive(Default)]
struct Found {
    parameters: Vec<ParameterPoints>,
    inputs: Vec<InputUsed>,
    missing: Vec<Missing>,
    /// It says nothing about this person.
    is_outside: bool,
}

impl PointScore {
    /// Sums the points of the answers. What is open is named, each question once.
    pub fn score(&self, answers: &Answers) -> ScoreFound {
        let mut found = Found::default();
        for parameter in &self.parameters {
            let (points, missing) = match parameter.worth(answers) {
                Ok(worths) => {
                    let points = worths.iter().map(|worth| worth.points).max();
                    for worth in worths {
                        found.use_input(&worth.input, worth.value, answers);
                    }
                    (points, Vec::new())
                }
                Err(missing) => (None, missing),
            };
            for why in &missing {
                if !found.missing.iter().any(|known| known.input == why.input) {
                    found.missing.push(why.clone());
                }
            }
            found.parameters.push(ParameterPoints {
                id: parameter.id.clone(),
                label: parameter.label.clone(),
                points,
                missing,
            });
        }
        let mut warnings = Vec::new();
        for outside in &self.outside {
            match outside.verdict(answers) {
                Ok(false) => {}
                Ok(true) => {
                    found.is_outside = true;
                    found.missing.push(Missing {
                        input: outside.input.clone(),
                        why: outside.why.clone(),
                    });
                }
                Err(warning) => warnings.push(warning),
            }
        }
        self.said(found, warnings, answers)
    }

    fn said(&self, found: Found, warnings: Vec<Warning>, answers: &Answers) -> ScoreFound {
        let points = || {
            found
                .parameters
                .iter()
                .filter_map(|parameter| parameter.points)
        };
        let sum: i64 = points().sum();
        let single = points().max().unwrap_or(0);
        let whole = found.missing.is_empty();
        let by_sum = || self.band_of(sum, single).filter(|_| whole);
        let band = self
            .first_step(&found.parameters, answers)
            .or_else(|| by_sum().map(SumBand::found));
        let source = catalogue::evidence(&self.evidence);
        ScoreFound {
            score: self.id.clone(),
            version: self.version.clone(),
            title: self.title.clone(),
            band,
            observe: self.observe_of(sum, single).filter(|_| whole),
            at_least: (!whole && !found.is_outside)
                .then(|| self.at_least(answers))
                .flatten(),
            result: if whole {
                Assessed::Assessed { value: sum }
            } else {
                Assessed::NotAssessable {
                    missing: found.missing,
                }
            },
            parameters: found.parameters,
            inputs: found.inputs,
            warnings,
            population: self.population.clone(),
            not_for: self.not_for.clone(),
            citation: source.map(|e| e.citation.clone()).unwrap_or_default(),
            year: self.year,
            licence: source.map(|e| e.licence.clone()).unwrap_or_default(),
            attribution: self.attribution.clone(),
            confidence: self.confidence,
            needs_confirmation: self.confidence.needs_confirmation(),
            notice: catalogue::notice(),
        }
    }

    /// The first band that holds a sum, with the most points of one parameter.
    fn band_of(&self, sum: i64, single: i64) -> Option<&SumBand> {
        let mut bands = self.bands.iter();
        bands.find(|band| holds(band.up_to, band.single, sum, single))
    }

    fn observe_of(&self, sum: i64, single: i64) -> Option<Text> {
        let mut lines = self.observe.iter();
        let line = lines.find(|line| holds(line.up_to, line.single, sum, single))?;
        Some(line.text.clone())
    }

    /// What the sum comes to at least; nothing where that is what it comes to for everybody.
    fn at_least(&self, answers: &Answers) -> Option<AtLeast> {
        let none = Answers::new();
        let least = |answers: &Answers| {
            let each = || self.parameters.iter().map(|one| one.least(answers));
            (each().sum::<i64>(), each().max().unwrap_or(0))
        };
        let (lowest, (points, single)) = (least(&none), least(answers));
        if points <= lowest.0 {
            return None;
        }
        let always = self.band_of(lowest.0, lowest.1).map(|band| &band.id);
        let band = self.band_of(points, single);
        let band = band.filter(|band| Some(&band.id) != always);
        Some(AtLeast {
            points,
            observe: band.and_then(|_| self.observe_of(points, single)),
            band: band.map(SumBand::found),
            may_be: self.bands_from(points, single),
        })
    }

    /// Every band that a sum may lie in which is at least this, with at least so many points of one parameter.
    fn bands_from(&self, sum: i64, single: i64) -> Vec<String> {
        let mut may_be = Vec::new();
        // The lowest sum that no band before holds for sure.
        let mut from = Some(sum);
        for band in &self.bands {
            let Some(open) = from else { break };
            if band.up_to.is_none_or(|end| open <= end) {
                may_be.push(band.id.clone());
                if band.single.is_none_or(|least| single >= least) {
                    from = band.up_to.map(|end| end + 1);
                }
            }
        }
        may_be
    }

    /// The band of the step before the sum, which needs only some of the parameters.
    fn first_step(
        &self,
        parameters: &[ParameterPoints],
        answers: &Answers,
    ) -> Option<PointsBandFound> {
        let first = self.first.as_ref()?;
        let AnswerValue::Number(number) = taken(&first.input, answers).ok()? else {
            return None;
        };
        let named = |parameter: &&ParameterPoints| first.without_points.contains(&parameter.id);
        let mut named = parameters.iter().filter(named);
        let applies = number <= first.up_to && named.all(|parameter| parameter.points == Some(0));
        applies.then(|| PointsBandFound {
            id: first.band.clone(),
            label: first.label.clone(),
            response: None,
        })
    }
}

/// Whether a line of a table holds a sum, with the most points of one parameter.
fn holds(up_to: Option<i64>, least: Option<i64>, sum: i64, single: i64) -> bool {
    up_to.is_none_or(|end| sum <= end) && least.is_none_or(|least| single >= least)
}

impl SumBand {
    fn found(&self) -> PointsBandFound {
        PointsBandFound {
            id: self.id.clone(),
            label: self.label.clone(),
            response: self.response.clone(),
        }
    }
}

impl Found {
    fn use_input(&mut self, name: &str, value: AnswerValue, answers: &Answers) {
        let known = self.inputs.iter().any(|used| used.input == name);
        if let Some(input) = catalogue::inputs().get(name)
            && !known
        {
            let source = answers.get(name).and_then(|answer| answer.source.clone());
            self.inputs.push(input_used(name, input, value, source));
        }
    }
}

impl Outside {
    /// Whether the person is outside; a warning where nobody said.
    fn verdict(&self, answers: &Answers) -> Result<bool, Warning> {
        let unknown = |why: Missing| Warning {
            input: self.input.clone(),
            text: Text::new(
                format!("{}；{}", why.why.zh, self.why.zh),
                format!("{}; {}", why.why.en, self.why.en),
            ),
        };
        Ok(match taken(&self.input, answers).map_err(unknown)? {
            AnswerValue::Number(number) => self.below.is_some_and(|end| number < end),
            value => self.when.as_ref() == Some(&value),
        })
    }
}
