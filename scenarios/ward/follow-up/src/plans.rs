//! Plans of follow-up, as `guidelines/plans.toml` says them.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{LazyLock, PoisonError, RwLock},
};

use devices::{LOINC, MDC, OWN};
use jiff::civil::Date;
use knowledge::{Answer, AnswerValue, Answers, Direction, Input, class_list, inputs};
use serde::{Deserialize, Serialize};
use vocabulary::{Assessed, Text};

use crate::schedule::{Phase, Rhythm, Schedule};

/// All that was ever in force, the newest last: a follow-up goes on by its plan, though the hospital has dropped it.
static IN_FORCE: RwLock<Vec<&'static Plans>> = RwLock::new(Vec::new());

/// The limits that the lists of `knowledge` set to an answer, by its name.
static LIMITS: LazyLock<HashMap<String, [Option<f64>; 2]>> = LazyLock::new(|| {
    let mut found: HashMap<String, [Option<f64>; 2]> = HashMap::new();
    for input in knowledge::cards().into_iter().flat_map(|card| card.inputs) {
        let [low, high] = found.entry(input.name).or_default();
        *low = low.or(input.range[0]);
        *high = high.or(input.range[1]);
    }
    found
});

/// `guidelines/plans.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plans {
    /// After so many minutes an alert that nobody took is a second person's as well.
    pub escalate_after_min: i64,
    /// After so many minutes an alert that somebody took and did not end is open again.
    pub lapse_after_min: i64,
    /// From this hour of the day on somebody is told of who fell silent.
    pub silent_from_hour: i64,
    /// After so many days a step calls again by whose criterion the patient was referred.
    pub step_rests_days: i64,
    /// How what devices send is counted.
    pub devices: Devices,
    /// What makes a night of what devices send.
    pub nights: SentNights,
    /// What is asked, by name.
    question: BTreeMap<String, Question>,
    /// The plans.
    #[serde(rename = "plan")]
    pub list: Vec<Plan>,
    /// When a patient is referred.
    #[serde(rename = "criterion")]
    pub criteria: Vec<Criterion>,
    /// Questions of lists whose answers the program reckons: nobody is asked.
    pub computed: Vec<String>,
    /// What comes next, by what was found.
    #[serde(rename = "step")]
    pub steps: Vec<Step>,
}

/// How what devices send is counted: settings of the hospital.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Devices {
    /// For so many minutes a later value of a sitting replaces an earlier one.
    pub settles_min: i64,
    /// A device that goes on measuring counts again after so many minutes.
    pub again_after_min: i64,
}

/// What makes a night of what devices at home send: settings of the hospital.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct SentNights {
    /// From so many hours of a valid saturation on something is reckoned of it, of files as well.
    pub least_valid_h: f64,
    /// Before noon a night is reckoned where nothing came for so many minutes.
    pub rests_min: i64,
    pub saturation: Measures,
    pub leak: Measures,
}

/// What a device may send as the answer to a question, or of a night.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Measures {
    /// The kinds of devices, by their profiles.
    pub by: Vec<String>,
    codes: Vec<Code>,
    /// By UCUM.
    unit: String,
    /// From this hour of the day at home on, before that one.
    hours: [i8; 2],
    /// Whether the highest value counts and not the newest.
    #[serde(default)]
    pub highest: bool,
}

/// A code of what was measured.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
enum Code {
    Mdc(String),
    Loinc(String),
    Own(String),
}

impl Measures {
    /// Whether this is what was measured, in the unit of the question.
    pub fn is(&self, system: &str, code: &str, unit: &str) -> bool {
        let is_it = |one: &Code| match one {
            Code::Mdc(number) => (system, code) == (MDC, number.as_str()),
            Code::Loinc(number) => (system, code) == (LOINC, number.as_str()),
            Code::Own(name) => (system, code) == (OWN, name.as_str()),
        };
        unit == self.unit && self.codes.iter().any(is_it)
    }

    /// Whether this hour of the day at home is one at which it counts.
    pub fn counts_at(&self, hour: i8) -> bool {
        (self.hours[0]..self.hours[1]).contains(&hour)
    }
}

/// A stage of a programme of five.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Ask,
    Assess,
    Advise,
    Arrange,
    Assist,
}

/// A step that comes next where what was found is so.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Step {
    pub id: String,
    /// The stage that it belongs to, where its plans are of a programme.
    pub stage: Option<Stage>,
    /// The plans that it is for.
    pub plans: Vec<String>,
    /// For a list of `knowledge`, the classes or bands; `open` where it cannot be decided.
    pub when: BTreeMap<String, Vec<String>>,
    pub say: Text,
    /// The criterion of referral that it is.
    pub criterion: Option<String>,
    /// The key of `docs/evidence`; a proposal of the project where there is none.
    pub source: Option<String>,
}

/// The levels of an action plan, from usual days to an emergency.
pub const LEVELS: [&str; 3] = ["usual", "worse", "emergency"];

/// What an action plan says to everyone with this disease.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct General {
    usual: Text,
    worse: Text,
    emergency: Text,
}

impl General {
    /// In the order of [`LEVELS`].
    pub fn levels(&self) -> [&Text; 3] {
        [&self.usual, &self.worse, &self.emergency]
    }
}

/// A question to a patient.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Question {
    /// How it is put.
    pub plain: Text,
    /// Why somebody is told where the answer is yes.
    pub tells: Option<Text>,
    /// What a device of the patient's own may send as the answer.
    pub measured: Option<Measures>,
    /// Limits of a number that no list of `knowledge` sets.
    range: Option<[f64; 2]>,
    /// The question itself, where `knowledge` does not ask it.
    own: Option<Input>,
}

/// A plan for one disease.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Plan {
    pub id: String,
    pub title: Text,
    /// The programme of five stages that it follows.
    pub programme: Option<String>,
    /// Keys of `docs/evidence`.
    pub sources: Vec<String>,
    /// What a report asks.
    pub asks: Vec<String>,
    /// Days from one report to the next: the hospital's setting.
    pub every_days: i64,
    /// For so many days; none: without an end, and with nothing after it.
    pub lasts_days: Option<i64>,
    /// By what rhythms it goes on then, one after the other.
    #[serde(default)]
    pub phases: Vec<Rhythm>,
    /// Somebody is told where nothing was heard for more days than these after a report was due: the hospital's setting.
    silent_days: Option<i64>,
    /// After how many minutes an alert that nobody took is a second person's as well, where not as with the others.
    escalate_after_min: Option<i64>,
    /// After how many minutes one that somebody took and did not end is open again, where not as with the others.
    lapse_after_min: Option<i64>,
    /// Whether what doctors ordered for the patient belongs to it.
    #[serde(default)]
    pub orders: bool,
    /// Whether nights of therapy are counted.
    #[serde(default)]
    pub nights: bool,
    /// What the patient's usual value may be written down of.
    #[serde(default)]
    pub usual: Vec<String>,
    /// Whether lung function is measured.
    #[serde(default)]
    pub spirometry: bool,
    /// Lists of `knowledge` that those who treat ask and that are shown.
    #[serde(default)]
    pub assess: Vec<String>,
    /// What of these the patient is asked once, on their own page.
    #[serde(default)]
    pub asks_once: Vec<String>,
    /// What a patient does on usual days, on worse ones, and in an emergency.
    pub action: General,
    /// What the patient should know.
    pub learn: Vec<Text>,
    /// What is looked for in each report.
    #[serde(default)]
    pub watch: Vec<Watch>,
    /// Single answers at which somebody is told whatever else was answered.
    #[serde(default)]
    pub danger: Vec<Danger>,
    /// The file of the hospital that it comes from; none: it came with the program.
    #[serde(skip)]
    pub own: Option<String>,
}

/// Classes that are a reason to tell somebody.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Watch {
    /// The list of classes.
    pub classes: String,
    /// The classes of it that raise an alert.
    pub raise: Vec<String>,
}

/// An answer at which somebody is told whatever else was answered.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Danger {
    /// The question.
    pub ask: String,
    /// From this number on downwards.
    pub at_most: Option<f64>,
    /// From this number on upwards.
    pub at_least: Option<f64>,
    pub say: Text,
    /// The key of `docs/evidence`; none: the hospital's own.
    pub source: Option<String>,
}

impl Danger {
    fn is_so(&self, answers: &Answers) -> bool {
        let Some(AnswerValue::Number(number)) = answers.get(&self.ask).map(|one| &one.value) else {
            return false;
        };
        self.at_most.is_some_and(|most| *number <= most)
            || self.at_least.is_some_and(|least| *number >= least)
    }
}

/// When a patient is referred.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Criterion {
    pub id: String,
    pub direction: Direction,
    pub label: Text,
    /// The plans that it is for; all where none is named.
    #[serde(default, skip_serializing)]
    pub plans: Vec<String>,
}

/// What a report says about getting worse.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Worse {
    /// Nothing that is looked for.
    No,
    /// These.
    Yes { why: Vec<Text> },
    /// What is looked for cannot be decided, because these are missing.
    NotAssessable { missing: Vec<Text> },
}

impl Plans {
    /// Those that come with the program.
    pub fn shipped() -> Self {
        toml::from_str(include_str!("../guidelines/plans.toml"))
            .unwrap_or_else(|error| unreachable!("the plans: {error}"))
    }

    /// Puts them in force. Those before them stay in memory: what refers to them lives on.
    pub fn adopt(self) {
        let mut known = IN_FORCE.write().unwrap_or_else(PoisonError::into_inner);
        known.push(Box::leak(Box::new(self)));
    }
}

/// What is in force.
pub fn plans() -> &'static Plans {
    let known = IN_FORCE.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(plans) = known.last() {
        return plans;
    }
    drop(known);
    let mut known = IN_FORCE.write().unwrap_or_else(PoisonError::into_inner);
    // Somebody may have been faster.
    if known.is_empty() {
        known.push(Box::leak(Box::new(Plans::shipped())));
    }
    drop(known);
    plans()
}

/// The plan with this id: as it is now, or as it was last where it is none any more.
pub fn plan(id: &str) -> Option<&'static Plan> {
    let now = plans();
    let is_it = |plan: &&Plan| plan.id == id;
    now.list.iter().find(is_it).or_else(|| {
        let known = IN_FORCE.read().unwrap_or_else(PoisonError::into_inner);
        let before: Vec<&'static Plans> = known.iter().rev().copied().collect();
        drop(known);
        before.into_iter().flat_map(|plans| &plans.list).find(is_it)
    })
}

/// How a question is put to a patient.
pub fn question(name: &str) -> Option<&'static Question> {
    plans().question.get(name)
}

/// Kind, unit and label of a question.
pub fn input(name: &str) -> Option<&'static Input> {
    let own = question(name).and_then(|question| question.own.as_ref());
    own.or_else(|| inputs().get(name))
}

/// The lowest and highest answer that can be one.
pub fn limits(name: &str) -> [Option<f64>; 2] {
    let own = question(name).and_then(|question| question.range);
    match own {
        Some([low, high]) => [Some(low), Some(high)],
        None => LIMITS.get(name).copied().unwrap_or_default(),
    }
}

impl Plan {
    /// In its first phase.
    pub fn silent_days(&self) -> i64 {
        self.silent_days.unwrap_or(self.every_days)
    }

    /// As the plan says it; else as many days as lie between two reports, so that two in a row are missing.
    pub fn silent_days_of(&self, phase: &Phase) -> i64 {
        self.silent_days.unwrap_or(phase.every_days)
    }

    /// As the plan says it; else as with all.
    pub fn escalate_after_min(&self) -> i64 {
        let common = || plans().escalate_after_min;
        self.escalate_after_min.unwrap_or_else(common)
    }

    /// As the plan says it; else as with all.
    pub fn lapse_after_min(&self) -> i64 {
        let common = || plans().lapse_after_min;
        self.lapse_after_min.unwrap_or_else(common)
    }

    /// The rhythms by which reports are due, one after the other.
    pub fn rhythms(&self) -> impl Iterator<Item = Rhythm> {
        std::iter::once(self.rhythm()).chain(self.phases.iter().copied())
    }

    fn rhythm(&self) -> Rhythm {
        Rhythm {
            every_days: self.every_days,
            lasts_days: self.lasts_days,
        }
    }

    /// When reports are due of who was enrolled on this day.
    pub fn schedule(&self, opened: Date) -> Schedule {
        Schedule::new(opened, self.rhythm(), &self.phases)
    }

    /// Whether classes of this list tell somebody.
    pub fn watches(&self, classes: &str) -> bool {
        self.watch.iter().any(|watch| watch.classes == classes)
    }

    /// Whether a therapy device is used, so that its use can be counted.
    pub fn asks_for_use(&self) -> bool {
        self.asks.iter().any(|name| name == "cpap_hours")
    }

    /// The criteria of referral that are for this plan.
    pub fn criteria(&self) -> impl Iterator<Item = &'static Criterion> {
        let is_for = |one: &&Criterion| one.plans.is_empty() || one.plans.contains(&self.id);
        plans().criteria.iter().filter(is_for)
    }

    /// The steps that are for this plan.
    pub fn steps(&self) -> impl Iterator<Item = &'static Step> {
        let all = plans().steps.iter();
        all.filter(|step| step.plans.contains(&self.id))
    }

    /// Whether this criterion is one of referral up.
    pub fn is_up(&self, criterion: &str) -> bool {
        let is_it = |one: &Criterion| one.id == criterion && one.direction == Direction::Up;
        self.criteria().any(is_it)
    }

    /// Looks at the answers of one report. What follows from the patient's usual values is reckoned here: a
    /// saturation is compared with the usual one.
    pub fn worse(&self, answers: &Answers, usual: &BTreeMap<String, f64>) -> Worse {
        let is_yes = |name: &str| {
            let answer = answers.get(name).map(|answer| &answer.value);
            answer == Some(&AnswerValue::YesNo(true))
        };
        let told = self.asks.iter().filter(|name| is_yes(name));
        let mut why: Vec<Text> = told
            .filter_map(|name| question(name)?.tells.clone())
            .collect();
        let dangers = self.danger.iter().filter(|danger| danger.is_so(answers));
        why.extend(dangers.map(|danger| danger.say.clone()));
        let mut answers = answers.clone();
        if let Some(fall) = fall(&answers, usual) {
            answers.insert("spo2_fall_percent".to_owned(), Answer::from(fall));
        }
        let mut missing = Vec::new();
        for watch in &self.watch {
            let Some(classes) = class_list(&watch.classes) else {
                continue;
            };
            match classes.classify(&answers).result {
                Assessed::Assessed { value } if watch.raise.contains(&value.id) => {
                    why.push(Text::new(
                        format!("{}：{}", classes.title.zh, value.label.zh),
                        format!("{}: {}", classes.title.en, value.label.en),
                    ));
                }
                Assessed::Assessed { .. } => {}
                Assessed::NotAssessable { missing: found } => {
                    missing.extend(found.into_iter().map(|one| named(&one.input, one.why)));
                }
            }
        }
        if !why.is_empty() {
            Worse::Yes { why }
        } else if missing.is_empty() {
            Worse::No
        } else {
            Worse::NotAssessable { missing }
        }
    }
}

/// What is missing, with its name for people before the reason.
fn named(name: &str, why: Text) -> Text {
    match input(name) {
        Some(input) => Text::new(
            format!("{}：{}", input.label.zh, why.zh),
            format!("{}: {}", input.label.en, why.en),
        ),
        None => why,
    }
}

/// How far the saturation lies below the usual one, in per cent points; 0 where it lies above.
fn fall(answers: &Answers, usual: &BTreeMap<String, f64>) -> Option<f64> {
    let AnswerValue::Number(now) = answers.get("spo2_percent")?.value else {
        return None;
    };
    Some((usual.get("spo2_percent")? - now).max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_of_the_guide_is_one_that_can_be_asked() {
        #[derive(Deserialize)]
        struct Example {
            question: BTreeMap<String, Question>,
        }
        let guide = include_str!("../../../../docs/guides/follow-up.md");
        let example = guide.split("```toml\n").nth(1).unwrap();
        let example = example.split("```").next().unwrap();
        let read: Example = toml::from_str(example).unwrap();
        let asked = &read.question["weight_kg"];
        assert!(asked.tells.is_none() && asked.range.is_some() && asked.own.is_some());
        let measured = asked.measured.as_ref().unwrap();
        assert!(measured.is("urn:iso:std:iso:11073:10101", "188736", "kg"));
    }

    #[test]
    fn each_plan_asks_what_is_known_and_watches_what_there_is() {
        for plan in &plans().list {
            let once = plan.asks_once.iter();
            for name in plan.asks.iter().chain(&plan.usual).chain(once) {
                assert!(input(name).is_some(), "{} {name}", plan.id);
                assert!(question(name).is_some(), "{} {name}", plan.id);
                let is_number = matches!(input(name).unwrap().kind, knowledge::Kind::Number { .. });
                assert_eq!(
                    is_number,
                    limits(name) != [None, None],
                    "a number has limits: {name}"
                );
            }
            for watch in &plan.watch {
                let classes = class_list(&watch.classes).unwrap();
                for id in &watch.raise {
                    assert!(classes.classes.iter().any(|class| class.id == *id), "{id}");
                }
            }
            for id in &plan.assess {
                assert!(knowledge::ask(id, &Answers::new()).is_some(), "{id}");
            }
            let of_lists = crate::assess::questions(plan);
            for name in &plan.asks_once {
                assert!(of_lists.iter().any(|one| one.name == *name), "{name}");
                assert!(question(name).unwrap().own.is_none(), "{name}");
            }
            for danger in &plan.danger {
                assert!(plan.asks.contains(&danger.ask), "{}", danger.ask);
                assert!(danger.at_most.is_some() != danger.at_least.is_some());
                assert!(plan.sources.contains(danger.source.as_ref().unwrap()));
            }
            for source in &plan.sources {
                assert!(knowledge::evidence(source).is_some(), "{source}");
            }
            assert!(plan.asks.iter().any(|name| name == "feels_worse"));
            assert!(plan.every_days > 0 && !plan.learn.is_empty());
            // Only a plan that says for how long it is kept has an end: no source gives one for the others.
            let is_of_two_weeks = plan.title.en.contains("two weeks");
            let lasts = is_of_two_weeks.then_some(14);
            assert_eq!(plan.lasts_days, lasts, "{}", plan.id);
            for direction in [Direction::Up, Direction::Down] {
                assert!(plan.criteria().any(|one| one.direction == direction));
            }
        }
        let of_plan = |plan: &'static Plan| plan.asks.iter().chain(&plan.asks_once);
        let asked: Vec<&String> = plans().list.iter().flat_map(of_plan).collect();
        for name in plans().question.keys() {
            assert!(asked.contains(&name), "no plan asks {name}");
        }
    }

    #[test]
    fn each_step_stands_on_what_can_be_found_and_names_a_criterion_of_its_plans() {
        let classes = |id: &str| -> Vec<String> {
            let of_classes =
                class_list(id).map(|list| list.classes.iter().map(|one| one.id.clone()).collect());
            let of_scores = || {
                let bands = |score: &knowledge::PointScore| {
                    score.bands.iter().map(|one| one.id.clone()).collect()
                };
                knowledge::point_score(id).map(bands)
            };
            of_classes.or_else(of_scores).unwrap_or_default()
        };
        for step in &plans().steps {
            for (name, states) in &step.when {
                let mut possible = classes(name);
                match name.as_str() {
                    "oximetry" | "spirometry" => possible.extend(["known".into(), "none".into()]),
                    "sleepy-while-driving" => possible.push("yes".into()),
                    _ => possible.push("open".into()),
                }
                for state in states {
                    assert!(possible.contains(state), "{}: {name} {state}", step.id);
                }
            }
            for id in &step.plans {
                let plan = plan(id).unwrap();
                for name in step.when.keys() {
                    let is_of_plan = plan.assess.contains(name)
                        || (name == "cpap-adherence" && plan.asks_for_use())
                        || ["oximetry", "spirometry", "sleepy-while-driving"]
                            .contains(&name.as_str());
                    assert!(is_of_plan, "{}: {name}", step.id);
                }
                if let Some(criterion) = &step.criterion {
                    assert!(
                        plan.criteria().any(|one| one.id == *criterion),
                        "{}",
                        step.id
                    );
                }
            }
            if let Some(source) = &step.source {
                assert!(knowledge::evidence(source).is_some(), "{source}");
            }
        }
        for name in &plans().computed {
            assert!(knowledge::inputs().contains_key(name), "{name}");
        }
    }

    #[test]
    fn each_step_of_a_programme_belongs_to_one_of_its_five_stages() {
        let of_programme = plans().list.iter().filter(|plan| plan.programme.is_some());
        let plans: Vec<&Plan> = of_programme.collect();
        let ids: Vec<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
        assert_eq!(ids, ["osa-suspected", "osa"]);
        let steps = plans.iter().flat_map(|plan| plan.steps());
        let stages: std::collections::BTreeSet<Stage> = steps
            .map(|step| step.stage.unwrap_or_else(|| panic!("{} has none", step.id)))
            .collect();
        assert_eq!(
            stages.into_iter().collect::<Vec<_>>(),
            [
                Stage::Ask,
                Stage::Assess,
                Stage::Advise,
                Stage::Arrange,
                Stage::Assist
            ]
        );
    }

    /// Each kind of device that may send this has it among its streams.
    fn must_be_sent(measures: &Measures, what: &str) {
        let known = devices::Profiles::shipped();
        for by in &measures.by {
            let sends = known.get(by).unwrap().streams.iter().any(|stream| {
                let coding = stream.code.coding();
                measures.is(&coding.system, &coding.code, &stream.unit)
            });
            assert!(sends, "{what} by {by}");
        }
    }

    #[test]
    fn what_a_device_may_answer_is_what_a_kind_of_device_sends() {
        for (name, question) in &plans().question {
            let Some(measures) = &question.measured else {
                continue;
            };
            let Some(Input {
                kind: knowledge::Kind::Number { unit, .. },
                ..
            }) = input(name)
            else {
                panic!("{name} is no number");
            };
            assert_eq!(&measures.unit, unit, "{name}");
            assert!(
                measures.hours[0] < measures.hours[1] && measures.hours[1] <= 24,
                "{name}"
            );
            must_be_sent(measures, name);
        }
        must_be_sent(&plans().nights.saturation, "saturation of a night");
        must_be_sent(&plans().nights.leak, "leak of a night");
        let use_h = question("cpap_hours").unwrap().measured.as_ref().unwrap();
        assert!(use_h.is(OWN, "therapy-use", "h") && !use_h.is(OWN, "therapy-use", "min"));
        assert!(!use_h.is(MDC, "therapy-use", "h") && use_h.counts_at(11) && !use_h.counts_at(12));
    }

    fn of(given: &[(&str, f64)], usual_spo2: Option<f64>) -> Worse {
        let answers = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), Answer::from(*value)));
        let usual = usual_spo2.map(|value| ("spo2_percent".to_owned(), value));
        plan("copd")
            .unwrap()
            .worse(&answers.collect(), &usual.into_iter().collect())
    }

    #[test]
    fn three_signs_of_the_rome_proposal_tell_somebody() {
        let ill = [
            ("dyspnoea_vas", 5.0),
            ("pulse_per_min", 95.0),
            ("spo2_percent", 91.0),
        ];
        assert!(matches!(of(&ill, None), Worse::Yes { why } if why.len() == 1));
        let calm = [
            ("dyspnoea_vas", 4.9),
            ("pulse_per_min", 94.0),
            ("spo2_percent", 92.0),
            ("respiratory_rate_per_min", 23.0),
        ];
        assert_eq!(of(&calm, None), Worse::No);
    }

    #[test]
    fn the_usual_saturation_decides_where_the_number_alone_does_not() {
        let two = [
            ("dyspnoea_vas", 6.0),
            ("pulse_per_min", 99.0),
            ("spo2_percent", 92.0),
            ("respiratory_rate_per_min", 16.0),
        ];
        assert!(matches!(of(&two, None), Worse::NotAssessable { .. }));
        assert!(matches!(of(&two, Some(97.0)), Worse::Yes { .. }));
        // A fall of exactly 3 points is none of the signs; nobody measures CRP at home.
        assert!(matches!(of(&two, Some(95.0)), Worse::NotAssessable { .. }));
    }

    /// The limits are the outermost bands of NEWS2, as `knowledge` has them; with COPD those of its second scale.
    #[test]
    fn one_dangerous_value_tells_somebody_whatever_else_was_answered() {
        let worse = |id: &str, name: &str, value: f64| {
            let answers = Answers::from([(name.to_owned(), Answer::from(value))]);
            let worse = plan(id).unwrap().worse(&answers, &BTreeMap::new());
            matches!(worse, Worse::Yes { why } if why.len() == 1)
        };
        for (plan, name, bad, well) in [
            ("after-surgery", "spo2_percent", 91.0, 92.0),
            ("after-surgery", "temperature_c", 39.1, 39.0),
            ("after-surgery", "temperature_c", 35.0, 35.1),
            ("copd", "spo2_percent", 83.0, 84.0),
            ("copd", "pulse_per_min", 131.0, 130.0),
            ("copd", "pulse_per_min", 40.0, 41.0),
        ] {
            assert!(worse(plan, name, bad), "{plan} {name} {bad}");
            assert!(!worse(plan, name, well), "{plan} {name} {well}");
        }
    }

    #[test]
    fn what_is_missing_is_named_and_never_guessed() {
        let Worse::NotAssessable { missing } = of(&[("dyspnoea_vas", 6.0)], None) else {
            panic!("one sign of five says nothing");
        };
        assert!(missing.iter().any(|one| one.en.contains("saturation")));
    }

    #[test]
    fn a_patient_who_feels_worse_is_heard_whatever_is_measured() {
        let feels = Answers::from([("feels_worse".to_owned(), Answer::from(true))]);
        for plan in &plans().list {
            let worse = plan.worse(&feels, &BTreeMap::new());
            assert!(
                matches!(worse, Worse::Yes { why } if why.len() == 1),
                "{}",
                plan.id
            );
        }
    }
}
