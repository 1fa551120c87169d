//! Quality control while a case runs: rules as data, and what breaks them.
//!
//! A scenario says what it observes of a case; the rules say what of that is a deviation, and when the clock
//! alone will make another one. Nothing here holds anybody up.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

use crate::{Confidence, Derivation, Guideline, Recommendation, Verdict};

/// One rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Rule {
    /// Its id.
    pub id: String,
    /// What people call what breaks it.
    pub title: Text,
    /// Why it matters.
    pub why: Text,
    /// What mends it.
    pub mend: Text,
    /// The source of the rule; a setting of the hospital where there is none.
    pub evidence: Option<String>,
    /// How well the source is known.
    pub confidence: Confidence,
    /// What breaks it.
    pub check: Check,
}

/// What breaks a rule.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Slices at least so thick.
    #[serde(rename_all = "kebab-case")]
    Slices {
        /// In millimetres.
        from_mm: f64,
    },
    /// A diameter that is not by the followed guideline's rule.
    Diameter,
    /// A step that was left out.
    Skipped,
    /// A plan that follows none of the guidelines that speak.
    OffGuideline,
    /// Questions without an answer when the plan was signed.
    Missing,
    /// Something that was not done in time.
    #[serde(rename_all = "kebab-case")]
    Overdue {
        /// What.
        of: Awaited,
        /// Hours after its last moment.
        after_hours: i64,
    },
}

/// What is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Awaited {
    /// An expert's answer to a request.
    Reply,
    /// Something that was arranged.
    FollowUp,
    /// What came of a case.
    Outcome,
}

/// What a scenario observes of a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observed {
    /// The series that are measured: their id and slice thickness in millimetres.
    pub slices: Vec<(String, f64)>,
    /// The diameter that the guideline was given.
    pub diameter: Option<Diameter>,
    /// Steps that were left out.
    pub skipped: Vec<Left>,
    /// The plan, where it follows none of the guidelines that speak.
    pub off_guideline: Option<Left>,
    /// Questions that the guidelines ask, without an answer at the signature.
    pub missing: Vec<Text>,
    /// What is waited for.
    pub awaited: Vec<Waits>,
}

/// A diameter that a guideline was given.
#[derive(Clone, Debug, PartialEq)]
pub struct Diameter {
    /// The mean diameter that was answered, in millimetres.
    pub answered_mm: f64,
    /// The longest diameter that was answered.
    pub longest_mm: Option<f64>,
    /// The mean diameter that was measured on the images.
    pub measured_mm: Option<f64>,
    /// To how many decimals the guideline rounds, where it does.
    pub decimals: Option<u8>,
}

/// Something that was left out or done otherwise.
#[derive(Clone, Debug, PartialEq)]
pub struct Left {
    /// Where, in the scenario's words.
    pub place: String,
    /// What people call it.
    pub label: Text,
    /// The reason that was given and who gave it.
    pub reason: Option<(String, String)>,
}

/// Something that is waited for.
#[derive(Clone, Debug, PartialEq)]
pub struct Waits {
    /// What.
    pub what: Awaited,
    /// Where, in the scenario's words.
    pub place: String,
    /// What people call it.
    pub label: Text,
    /// Its last moment.
    pub until: Timestamp,
    /// The account that can mend it, if not the one whose case it is.
    pub by: Option<String>,
}

/// A deviation.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Deviation {
    /// The rule that is broken.
    pub rule: String,
    /// Where.
    pub place: String,
    /// What was found, in words.
    #[ts(type = "{ zh: string, en: string }")]
    pub detail: Text,
    /// The account that can mend it, if not the one whose case it is.
    #[ts(optional)]
    pub by: Option<String>,
    /// The reason and who gave it, where one was given with the act itself.
    #[ts(optional)]
    pub reason: Option<(String, String)>,
}

/// What the rules say to a case.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checked {
    /// What breaks a rule.
    pub deviations: Vec<Deviation>,
    /// When the clock alone will break the next one.
    pub next: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    outcome: Outcome,
    rule: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Outcome {
    confidence: Confidence,
    least_cases: u32,
    months: BTreeMap<String, u16>,
}

static FILE: LazyLock<File> = LazyLock::new(|| {
    toml::from_str(include_str!("../quality/rules.toml"))
        .unwrap_or_else(|error| unreachable!("the rules of quality: {error}"))
});

/// Where a plan's months are not named.
const MONTHS: u16 = 12;
const HOUR_MS: i64 = 3_600_000;

/// The rules.
pub fn rules() -> &'static [Rule] {
    &FILE.rule
}

/// After how many months it is asked what came of a plan, by its management's code.
pub fn outcome_months(management: &str) -> u16 {
    FILE.outcome
        .months
        .get(management)
        .copied()
        .unwrap_or(MONTHS)
}

/// Below how many cases nothing is said of all of them together.
pub fn least_cases() -> u32 {
    FILE.outcome.least_cases
}

/// The fewest and the most months after which it is asked what came of a case.
pub fn outcome_months_range() -> [u16; 2] {
    let months = || FILE.outcome.months.values().copied();
    [
        months().min().unwrap_or(MONTHS),
        months().max().unwrap_or(MONTHS),
    ]
}

/// Whether no source gives these months and this number of cases: they are settings of this hospital.
pub fn outcome_needs_confirmation() -> bool {
    FILE.outcome.confidence.needs_confirmation()
}

/// How long something is waited for before it deviates, in hours, and whether a source gives that time.
pub fn patience(awaited: Awaited) -> Option<Patience> {
    rules().iter().find_map(|rule| match rule.check {
        Check::Overdue { of, after_hours } if of == awaited => Some(Patience {
            hours: after_hours,
            needs_confirmation: rule.confidence.needs_confirmation(),
        }),
        _ => None,
    })
}

/// How long something is waited for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Patience {
    /// Hours after its last moment.
    pub hours: i64,
    /// Whether no source gives them: they are a setting of this hospital.
    pub needs_confirmation: bool,
}

/// To how many decimals a guideline rounds the mean diameter before it compares, where it does.
pub fn rounds_diameter(guideline: &Guideline) -> Option<u8> {
    guideline
        .derived
        .iter()
        .find_map(|derived| match &derived.by {
            Derivation::Rounded { from, decimals } if from == "mean_diameter_mm" => Some(*decimals),
            _ => None,
        })
}

/// What guidelines lacked, by name, of what they said of a case as it was kept.
pub fn lacked(kept: &[Value]) -> Vec<Text> {
    let said = kept
        .iter()
        .filter_map(|one| Recommendation::deserialize(one).ok());
    let names: BTreeSet<String> = said
        .filter_map(|one| match one.result {
            Verdict::NotAssessable { missing } => Some(missing),
            _ => None,
        })
        .flatten()
        .map(|missing| missing.input)
        .collect();
    let label = |name: &String| crate::inputs().get(name).map(|input| input.label.clone());
    names.iter().filter_map(label).collect()
}

/// Checks what is observed of a case by all rules.
pub fn check(observed: &Observed, now: Timestamp) -> Checked {
    let mut checked = Checked::default();
    for rule in rules() {
        match &rule.check {
            Check::Slices { from_mm } => slices(rule, *from_mm, observed, &mut checked),
            Check::Diameter => diameter(rule, observed, &mut checked),
            Check::Skipped => {
                let left = observed.skipped.iter();
                checked
                    .deviations
                    .extend(left.map(|left| rule.broken_by(left)));
            }
            Check::OffGuideline => {
                let left = observed.off_guideline.iter();
                checked
                    .deviations
                    .extend(left.map(|left| rule.broken_by(left)));
            }
            Check::Missing => missing(rule, observed, &mut checked),
            Check::Overdue { of, after_hours } => {
                overdue(rule, (*of, *after_hours), observed, now, &mut checked);
            }
        }
    }
    checked
}

impl Rule {
    fn broken(&self, place: &str, detail: Text) -> Deviation {
        Deviation {
            rule: self.id.clone(),
            place: place.to_owned(),
            detail,
            by: None,
            reason: None,
        }
    }

    fn broken_by(&self, left: &Left) -> Deviation {
        Deviation {
            reason: left.reason.clone(),
            ..self.broken(&left.place, left.label.clone())
        }
    }
}

fn slices(rule: &Rule, from_mm: f64, observed: &Observed, checked: &mut Checked) {
    let thick = observed.slices.iter().filter(|(_, mm)| *mm >= from_mm);
    checked.deviations.extend(thick.map(|(_, mm)| {
        // A series' own id is long and tells nobody anything.
        rule.broken(
            "slices",
            Text::new(format!("层厚 {mm} mm"), format!("slices of {mm} mm")),
        )
    }));
}

fn diameter(rule: &Rule, observed: &Observed, checked: &mut Checked) {
    let Some(given) = &observed.diameter else {
        return;
    };
    let answered = given.answered_mm;
    if let Some(longest) = given.longest_mm.filter(|longest| answered > *longest) {
        let detail = Text::new(
            format!("平均径 {answered} mm 大于最长径 {longest} mm"),
            format!(
                "the mean diameter of {answered} mm is larger than the longest one of {longest} mm"
            ),
        );
        checked.deviations.push(rule.broken("longest", detail));
    }
    let (Some(measured), Some(decimals)) = (given.measured_mm, given.decimals) else {
        return;
    };
    let rounded = |mm: f64| {
        let scale = 10_f64.powi(i32::from(decimals));
        (mm * scale).round() / scale
    };
    let (said, found) = (rounded(answered), rounded(measured));
    if (said - found).abs() > f64::EPSILON {
        let detail = Text::new(
            format!("回答取整为 {said} mm，测量取整为 {found} mm"),
            format!("the answer rounds to {said} mm, the measurement to {found} mm"),
        );
        checked.deviations.push(rule.broken("rounded", detail));
    }
}

fn missing(rule: &Rule, observed: &Observed, checked: &mut Checked) {
    if observed.missing.is_empty() {
        return;
    }
    let names = |of: fn(&Text) -> &str, joint: &str| {
        let names: Vec<&str> = observed.missing.iter().map(of).collect();
        names.join(joint)
    };
    let detail = Text::new(names(|text| &text.zh, "、"), names(|text| &text.en, ", "));
    checked.deviations.push(rule.broken("signature", detail));
}

fn overdue(
    rule: &Rule,
    (of, after_hours): (Awaited, i64),
    observed: &Observed,
    now: Timestamp,
    checked: &mut Checked,
) {
    for waits in observed.awaited.iter().filter(|waits| waits.what == of) {
        let end = waits
            .until
            .0
            .saturating_add(after_hours.saturating_mul(HOUR_MS));
        if now.0 >= end {
            checked.deviations.push(Deviation {
                by: waits.by.clone(),
                ..rule.broken(&waits.place, waits.label.clone())
            });
        } else if checked.next.is_none_or(|next| end < next.0) {
            checked.next = Some(Timestamp(end));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_800_000_000_000);

    fn broken(observed: &Observed) -> Vec<(String, String)> {
        let found = check(observed, NOW).deviations.into_iter();
        found.map(|one| (one.rule, one.place)).collect()
    }

    fn diameter(answered: f64, longest: Option<f64>, measured: Option<f64>) -> Observed {
        Observed {
            diameter: Some(Diameter {
                answered_mm: answered,
                longest_mm: longest,
                measured_mm: measured,
                decimals: Some(0),
            }),
            ..Observed::default()
        }
    }

    #[test]
    fn rules_have_a_source_or_are_settings_that_need_confirmation() {
        assert!(rules().len() >= 8);
        for rule in rules() {
            match &rule.evidence {
                Some(key) => assert!(crate::evidence(key).is_some(), "{}: {key}", rule.id),
                None => assert!(matches!(rule.confidence, Confidence::M), "{}", rule.id),
            }
        }
    }

    #[test]
    fn nothing_observed_breaks_nothing() {
        assert_eq!(check(&Observed::default(), NOW), Checked::default());
    }

    #[test]
    fn slices_break_the_rule_from_its_own_number_on() {
        let slices = |mm| Observed {
            slices: vec![("1.2".to_owned(), mm)],
            ..Observed::default()
        };
        assert_eq!(broken(&slices(2.49)), []);
        assert_eq!(broken(&slices(2.5)).len(), 1);
    }

    #[test]
    fn a_diameter_is_compared_as_the_guideline_rounds_it() {
        let rounded = [("diameter-rule".to_owned(), "rounded".to_owned())];
        // 5.5 rounds to 6, 6.4 too; 5.4 does not.
        assert_eq!(broken(&diameter(5.5, None, Some(6.4))), []);
        assert_eq!(broken(&diameter(5.4, None, Some(5.5))), rounded);
        // Without a measurement there is nothing to compare with.
        assert_eq!(broken(&diameter(5.4, None, None)), []);
        let longest = [("diameter-rule".to_owned(), "longest".to_owned())];
        assert_eq!(broken(&diameter(9.0, Some(8.0), None)), longest);
        let rounds = |id: &str| rounds_diameter(crate::find_guideline(id).unwrap());
        assert_eq!(rounds("fleischner-2017"), Some(0));
        assert_eq!(rounds("c-lung-rads-2024"), None);
    }

    #[test]
    fn what_is_awaited_breaks_a_rule_when_its_time_has_passed_and_says_when() {
        let hour = HOUR_MS;
        let waits = |until: i64| Observed {
            awaited: vec![Waits {
                what: Awaited::Reply,
                place: "reply".to_owned(),
                label: Text::new("x", "x"),
                until: Timestamp(until),
                by: Some("chen".to_owned()),
            }],
            ..Observed::default()
        };
        let early = check(&waits(NOW.0 - 47 * hour), NOW);
        assert_eq!(early.deviations, []);
        assert_eq!(early.next, Some(Timestamp(NOW.0 + hour)));
        let late = check(&waits(NOW.0 - 48 * hour), NOW);
        assert_eq!(late.next, None);
        let by: Vec<_> = late
            .deviations
            .iter()
            .map(|one| one.by.as_deref())
            .collect();
        assert_eq!(by, [Some("chen")]);
    }

    #[test]
    fn a_reason_that_was_given_with_the_act_stays_with_it() {
        let observed = Observed {
            skipped: vec![Left {
                place: "advise".to_owned(),
                label: Text::new("建议", "Advise"),
                reason: Some(("declines".to_owned(), "Li".to_owned())),
            }],
            ..Observed::default()
        };
        let found = check(&observed, NOW).deviations;
        assert_eq!(found[0].reason.as_ref().unwrap().0, "declines");
    }

    #[test]
    fn each_management_has_its_months() {
        for (code, months) in [("ct-3-months", 3), ("ct-6-12-months", 12), ("biopsy", 3)] {
            assert_eq!(outcome_months(code), months, "{code}");
        }
    }
}
