//! Whether guidelines that speak about the same patient agree on what comes next.

use serde::Serialize;
use ts_rs::TS;
use vocabulary::Text;

use super::{Arrangement, Recommendation, Step, Verdict};

/// What one guideline wants next.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[serde(rename_all = "kebab-case", tag = "state")]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Next {
    /// It wants these steps first: alternatives to one another, or together at the same time.
    Steps {
        /// The earliest steps that it does not leave open.
        steps: Vec<Arrangement>,
    },
    /// It demands nothing, but says that one of these may be considered.
    Open {
        /// What may be considered.
        steps: Vec<Arrangement>,
    },
    /// It wants nothing done.
    Nothing,
    /// It says nothing about this patient: an answer is missing, or it was not made for such patients.
    Silent,
}

/// Where one guideline stands.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Position {
    /// The guideline's id.
    pub guideline: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// What it wants next.
    pub next: Next,
}

/// In what two guidelines differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub enum Difference {
    /// One wants something done, the other does not.
    Whether,
    /// Other steps.
    What,
    /// The same step at times that do not overlap.
    When,
}

/// Two guidelines that cannot both be followed.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Conflict {
    /// The ids of the two.
    pub between: [String; 2],
    /// In what they differ.
    pub difference: Difference,
    /// What each wants, in words.
    #[ts(type = "{ zh: string, en: string }")]
    pub text: Text,
}

/// Guidelines side by side.
#[derive(Clone, Debug, PartialEq, Serialize, TS)]
#[ts(export, export_to = "../../../contract/knowledge.ts")]
pub struct Agreement {
    /// Where each stands.
    pub positions: Vec<Position>,
    /// Each pair that cannot both be followed; empty where all that speak agree.
    pub conflicts: Vec<Conflict>,
}

/// Compares what guidelines recommend for the same patient. Only the next step counts: plans that begin alike
/// are looked at again when that step is done.
pub fn agreement(said: &[Recommendation]) -> Agreement {
    let positions: Vec<Position> = said.iter().map(position).collect();
    let mut conflicts = Vec::new();
    for (at, here) in positions.iter().enumerate() {
        for there in positions.iter().skip(at + 1) {
            let Some(difference) = difference(&here.next, &there.next) else {
                continue;
            };
            let between = [here, there].map(|position| position.guideline.clone());
            let [zh, en] = [
                format!(
                    "{}：{}；{}：{}",
                    here.title.zh,
                    here.next.words().zh,
                    there.title.zh,
                    there.next.words().zh
                ),
                format!(
                    "{}: {}; {}: {}",
                    here.title.en,
                    here.next.words().en,
                    there.title.en,
                    there.next.words().en
                ),
            ];
            conflicts.push(Conflict {
                between,
                difference,
                text: Text::new(zh, en),
            });
        }
    }
    Agreement {
        positions,
        conflicts,
    }
}

fn position(said: &Recommendation) -> Position {
    let next = match &said.result {
        Verdict::Recommended { arrange, .. } => next(arrange),
        Verdict::NotApplicable { .. } | Verdict::NotAssessable { .. } => Next::Silent,
    };
    Position {
        guideline: said.guideline.clone(),
        title: said.title.clone(),
        next,
    }
}

fn next(arrange: &[Arrangement]) -> Next {
    let due: Vec<&Arrangement> = arrange.iter().filter(|step| !step.optional).collect();
    let Some(first) = due.iter().map(|step| window(step)[0]).min() else {
        let steps = arrange.to_vec();
        return if steps.is_empty() {
            Next::Nothing
        } else {
            Next::Open { steps }
        };
    };
    let steps = due.into_iter().filter(|step| window(step)[0] == first);
    Next::Steps {
        steps: steps.cloned().collect(),
    }
}

/// Earliest and latest month.
fn window(step: &Arrangement) -> [u16; 2] {
    step.months.unwrap_or_default()
}

fn difference(here: &Next, there: &Next) -> Option<Difference> {
    match (here, there) {
        (Next::Steps { .. }, Next::Nothing) | (Next::Nothing, Next::Steps { .. }) => {
            Some(Difference::Whether)
        }
        (
            Next::Steps { steps: here },
            Next::Steps { steps: there } | Next::Open { steps: there },
        )
        | (Next::Open { steps: here }, Next::Steps { steps: there }) => {
            let pairs = || here.iter().flat_map(|a| there.iter().map(move |b| (a, b)));
            if pairs().any(|(a, b)| is_same(a, b)) {
                None
            } else if pairs().any(|(a, b)| a.step == b.step) {
                Some(Difference::When)
            } else {
                Some(Difference::What)
            }
        }
        // What may be considered may also be left.
        (Next::Open { .. } | Next::Nothing, Next::Open { .. } | Next::Nothing)
        | (Next::Silent, _)
        | (_, Next::Silent) => None,
    }
}

fn is_same(a: &Arrangement, b: &Arrangement) -> bool {
    let ([a_from, a_to], [b_from, b_to]) = (window(a), window(b));
    a.step == b.step && a_from <= b_to && b_from <= a_to
}

impl Step {
    /// What people call it.
    pub fn words(self) -> Text {
        match self {
            Self::Ct => Text::new("CT", "CT"),
            Self::PetCt => Text::new("PET-CT", "PET-CT"),
            Self::Tissue => Text::new("取组织", "tissue sampling"),
            Self::Surgery => Text::new("手术", "surgery"),
            Self::Referral => Text::new("转诊", "referral"),
        }
    }
}

impl Arrangement {
    /// What is to be done and when, such as `CT in 3 to 6 months`.
    pub fn words(&self) -> Text {
        let Text { zh, en } = self.step.words();
        match self.months {
            None => Text::new(format!("现在{zh}"), format!("{en} now")),
            Some([from, to]) if from == to => Text::new(
                format!("{from} 个月后{zh}"),
                format!("{en} in {from} months"),
            ),
            Some([from, to]) => Text::new(
                format!("{from}–{to} 个月后{zh}"),
                format!("{en} in {from} to {to} months"),
            ),
        }
    }
}

impl Next {
    fn words(&self) -> Text {
        match self {
            Self::Steps { steps } => alternatives(steps),
            Self::Open { steps } => {
                let Text { zh, en } = alternatives(steps);
                Text::new(format!("可考虑{zh}"), format!("may consider {en}"))
            }
            Self::Nothing => Text::new("无需安排", "nothing to arrange"),
            Self::Silent => Text::new("未作判断", "says nothing"),
        }
    }
}

fn alternatives(steps: &[Arrangement]) -> Text {
    let words: Vec<Text> = steps.iter().map(Arrangement::words).collect();
    let zh: Vec<&str> = words.iter().map(|text| text.zh.as_str()).collect();
    let en: Vec<&str> = words.iter().map(|text| text.en.as_str()).collect();
    Text::new(zh.join("或"), en.join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Answers, find_guideline};

    fn said(result: &[(&str, &[Arrangement])]) -> Vec<Recommendation> {
        let any = find_guideline("fleischner-2017")
            .unwrap()
            .recommend(&Answers::new());
        let one = |(id, arrange): &(&str, &[Arrangement])| Recommendation {
            guideline: (*id).to_owned(),
            result: Verdict::Recommended {
                outcome: "x".to_owned(),
                category: None,
                advice: Text::new("x", "x"),
                patient: Text::new("x", "x"),
                arrange: arrange.to_vec(),
            },
            ..any.clone()
        };
        result.iter().map(one).collect()
    }

    fn step(step: Step, months: Option<[u16; 2]>, optional: bool) -> Arrangement {
        Arrangement {
            step,
            months,
            every_months: None,
            optional,
        }
    }

    fn check(a: &[Arrangement], b: &[Arrangement], expect: Option<Difference>) {
        for both in [[("a", a), ("b", b)], [("b", b), ("a", a)]] {
            let found = agreement(&said(&both)).conflicts;
            let found = found.first().map(|conflict| conflict.difference);
            assert_eq!(found, expect, "{a:?} {b:?}");
        }
    }

    #[test]
    fn only_what_cannot_both_be_followed_is_a_conflict() {
        let ct = |from, to| step(Step::Ct, Some([from, to]), false);
        let open = |from, to| step(Step::Ct, Some([from, to]), true);
        let pet = step(Step::PetCt, None, false);
        let tissue = step(Step::Tissue, None, false);
        check(&[ct(6, 12)], &[ct(12, 12)], None);
        check(&[ct(6, 12), ct(18, 24)], &[ct(6, 12)], None);
        check(&[ct(3, 3)], &[ct(6, 12)], Some(Difference::When));
        check(
            &[ct(3, 3)],
            std::slice::from_ref(&pet),
            Some(Difference::What),
        );
        check(&[pet.clone(), tissue.clone()], &[tissue], None);
        check(&[], &[ct(12, 12)], Some(Difference::Whether));
        check(&[open(12, 12)], &[ct(12, 12)], None);
        check(&[open(12, 12)], &[pet], Some(Difference::What));
        check(&[open(3, 3)], &[ct(12, 12)], Some(Difference::When));
        check(&[open(12, 12)], &[], None);
    }

    #[test]
    fn who_cannot_say_is_in_no_conflict() {
        let all: Vec<Recommendation> = crate::guidelines()
            .iter()
            .map(|guideline| guideline.recommend(&Answers::new()))
            .collect();
        let found = agreement(&all);
        assert!(found.conflicts.is_empty());
        assert!(found.positions.iter().all(|one| one.next == Next::Silent));
    }
}
