//! The engine: answers in, a probability with its trace out, or everything that is missing.

use vocabulary::{Assessed, Missing, Text};

use crate::{
    Answer, AnswerValue, Answers, Assessment, BandFound, Caution, Input, InputUsed, Kind, Model,
    Source, Term, TraceTerm, Warning, catalogue, check,
};

/// All that was found while the questions were gone through.
#[derive(Default)]
struct Found {
    used: Vec<InputUsed>,
    missing: Vec<Missing>,
    warnings: Vec<Warning>,
    trace: Vec<TraceTerm>,
}

impl Found {
    fn miss(&mut self, missing: Missing) {
        if !self
            .missing
            .iter()
            .any(|known| known.input == missing.input)
        {
            self.missing.push(missing);
        }
    }
}

impl Model {
    /// Assesses the answers.
    ///
    /// Logistic model: the sum of the terms is the logit of the probability of malignancy. A question
    /// without an answer, or with one that cannot be used, makes the result not assessable; all such
    /// questions are named.
    pub fn assess(&self, answers: &Answers) -> Assessment {
        let mut found = Found::default();

        // Go through all questions, so that everything missing is named at once.
        for term in &self.terms {
            take_term(term, answers, &mut found);
        }
        for name in &self.asks {
            match (catalogue::inputs().get(name), answers.get(name)) {
                (Some(input), Some(answer)) => match check::in_own_unit(name, input, answer) {
                    Ok(value) => {
                        found
                            .used
                            .push(input_used(name, input, value, answer.source.clone()));
                    }
                    Err(missing) => found.miss(missing),
                },
                _ => found.miss(not_answered(name)),
            }
        }
        for caution in &self.cautions {
            caution.check(answers, &mut found);
        }

        // Only a whole set of answers and a published formula give a number.
        if let Some(why) = &self.no_formula {
            found.miss(Missing {
                input: "coefficients".to_owned(),
                why: why.clone(),
            });
        }
        let result = match self.intercept {
            Some(intercept) if found.missing.is_empty() => {
                found.trace.insert(0, intercept_term(intercept));
                let logit: f64 = found.trace.iter().map(|term| term.contribution).sum();
                Assessed::Assessed {
                    value: 1.0 / (1.0 + (-logit).exp()),
                }
            }
            _ => Assessed::NotAssessable {
                missing: std::mem::take(&mut found.missing),
            },
        };
        self.report(result, found)
    }

    fn report(&self, result: Assessed<f64>, found: Found) -> Assessment {
        let evidence = catalogue::evidence(&self.evidence);
        let probability = result.value().copied();
        let not_assessable = probability.is_none();
        Assessment {
            model: self.id.clone(),
            version: self.version.clone(),
            title: self.title.clone(),
            percent: probability.map(|p| format!("{:.1}", p * 100.0)),
            band: probability.and_then(|p| self.band(p)),
            interval: Text::new(
                "无区间：文献未给出系数的协方差，无法计算",
                "No interval: the publication does not give the covariance of the coefficients",
            ),
            result,
            inputs: found.used,
            warnings: found.warnings,
            trace: if not_assessable {
                Vec::new()
            } else {
                found.trace
            },
            population: self.population.clone(),
            not_for: self.not_for.clone(),
            citation: evidence.map(|e| e.citation.clone()).unwrap_or_default(),
            doi: evidence.and_then(|e| e.doi.clone()),
            year: self.year,
            evidence: self.evidence.clone(),
            confidence: self.confidence,
            needs_confirmation: self.confidence.needs_confirmation(),
            notice: catalogue::notice(),
        }
    }

    fn band(&self, probability: f64) -> Option<BandFound> {
        let band = self.bands.iter().find(|band| band.holds(probability))?;
        let evidence = self
            .bands_from
            .as_ref()
            .map_or(&self.evidence, |from| &from.evidence);
        Some(BandFound {
            id: band.id.clone(),
            label: band.label.clone(),
            evidence: evidence.clone(),
        })
    }
}

impl Caution {
    /// Warns where the answers show that the patient is not of the model's population. An unknown answer
    /// gives no warning here: the population is shown with every result.
    fn check(&self, answers: &Answers, found: &mut Found) {
        let used = found.used.iter().find(|used| used.input == self.input);
        let value = match used {
            Some(used) => Some(used.value.clone()),
            None => catalogue::inputs().get(&self.input).and_then(|input| {
                check::in_own_unit(&self.input, input, answers.get(&self.input)?).ok()
            }),
        };
        let applies = match value {
            Some(AnswerValue::Number(number)) => self.below.is_some_and(|limit| number < limit),
            Some(value) => self.when.as_ref() == Some(&value),
            None => false,
        };
        if applies {
            found.warnings.push(Warning {
                input: self.input.clone(),
                text: self.text.clone(),
            });
        }
    }
}

/// The probability that another model gives; what that model misses is missed here too.
fn computed_by(model: &str, answers: &Answers, found: &mut Found) -> Option<Answer> {
    let assessment = catalogue::find(model)?.assess(answers);
    match assessment.result {
        Assessed::Assessed { value } => {
            found.warnings.extend(assessment.warnings);
            Some(Answer::from(value).from_source(Source {
                reference: format!("model/{model}"),
                how: Some(format!("computed, version {}", assessment.version)),
                at: None,
            }))
        }
        Assessed::NotAssessable { missing } => {
            for missing in missing {
                found.miss(Missing {
                    why: Text::new(
                        format!("{}（{}需要）", missing.why.zh, assessment.title.zh),
                        format!("{} (needed by the {})", missing.why.en, assessment.title.en),
                    ),
                    ..missing
                });
            }
            None
        }
    }
}

fn take_term(term: &Term, answers: &Answers, found: &mut Found) {
    let name = term.input.as_str();
    let Some(input) = catalogue::inputs().get(name) else {
        found.miss(not_answered(name));
        return;
    };
    let computed;
    let answer = match (answers.get(name), &term.computed_by) {
        (Some(answer), _) => answer,
        (None, Some(model)) => match computed_by(model, answers, found) {
            Some(answer) => {
                computed = answer;
                &computed
            }
            None => return,
        },
        (None, None) => {
            found.miss(not_answered(name));
            return;
        }
    };
    match usable(term, input, answer, answers) {
        Ok(value) => {
            found
                .warnings
                .extend(outside_validated(term, input, &value));
            match trace_term(term, input, &value) {
                Some(traced) => found.trace.push(traced),
                None => found.miss(check::unusable(
                    name,
                    "公式中无此选项",
                    "has an answer that the formula does not know",
                )),
            }
            found
                .used
                .push(input_used(name, input, value, answer.source.clone()));
        }
        Err(missing) => found.miss(missing),
    }
}

fn usable(
    term: &Term,
    input: &Input,
    answer: &Answer,
    answers: &Answers,
) -> Result<AnswerValue, Missing> {
    let name = &term.input;
    let value = check::in_own_unit(name, input, answer)?;
    check::in_range(name, term, &value)?;
    check::agrees(name, input, &value, answers)?;
    Ok(value)
}

pub(crate) fn not_answered(name: &str) -> Missing {
    let label = catalogue::inputs().get(name).map(|input| &input.label);
    let (zh, en) = label.map_or((name, name), |label| (&label.zh, &label.en));
    check::unusable(name, format!("缺少：{zh}"), format!("not answered: {en}"))
}

fn unit_shown(input: &Input) -> &str {
    match &input.kind {
        Kind::Number { unit, .. } if unit != "1" => unit,
        _ => "",
    }
}

pub(crate) fn input_used(
    name: &str,
    input: &Input,
    value: AnswerValue,
    source: Option<Source>,
) -> InputUsed {
    InputUsed {
        input: name.to_owned(),
        label: input.label.clone(),
        value,
        unit: match &input.kind {
            Kind::Number { unit, .. } => Some(unit.clone()),
            _ => None,
        },
        source,
    }
}

fn outside_validated(term: &Term, input: &Input, value: &AnswerValue) -> Option<Warning> {
    let (Some([low, high]), AnswerValue::Number(number)) = (term.validated, value) else {
        return None;
    };
    if (low..=high).contains(number) {
        return None;
    }
    let unit = unit_shown(input);
    Some(Warning {
        input: term.input.clone(),
        text: Text::new(
            format!("{}超出验证范围 {low}–{high} {unit}", input.label.zh),
            format!(
                "{}: outside the validated range of {low} to {high} {unit}",
                input.label.en
            ),
        ),
    })
}

fn intercept_term(intercept: f64) -> TraceTerm {
    TraceTerm {
        term: "intercept".to_owned(),
        label: Text::new("截距", "Intercept"),
        answer: None,
        value: 1.0,
        coefficient: intercept,
        contribution: intercept,
    }
}

/// What a term contributes; `None` for a choice that the formula does not know.
fn trace_term(term: &Term, input: &Input, answer: &AnswerValue) -> Option<TraceTerm> {
    let (value, coefficient) = match answer {
        AnswerValue::YesNo(yes) => (if *yes { 1.0 } else { 0.0 }, term.times?),
        AnswerValue::Number(number) => {
            let divided = number / term.divided_by.unwrap_or(1.0);
            let raised = term
                .to_the_power
                .map_or(divided, |power| divided.powf(power));
            (raised - term.minus.unwrap_or(0.0), term.times?)
        }
        AnswerValue::Choice(chosen) => (1.0, *term.choices.as_ref()?.get(chosen)?),
    };
    Some(TraceTerm {
        term: term.input.clone(),
        label: input.label.clone(),
        answer: Some(answer.clone()),
        value,
        coefficient,
        contribution: value * coefficient,
    })
}
