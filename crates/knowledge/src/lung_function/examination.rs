//! An examination: blows before or after a bronchodilator, compared with what is expected, and the classes that follow.

use serde::Serialize;
use vocabulary::{Assessed, Missing};

use super::{
    BlowFacts, BlowJudged, Measure, Person, Predicted, Response, SessionGrade, equations,
    equations_of, judge_session, predict, response,
};
use crate::{Answer, Answers, Classified, class_list};

/// The equations that classes use where nobody names others: the newest that need no group.
pub const FOR_CLASSES: &str = "gli-2022";

/// Blows of one kind: all before a bronchodilator, or all after it.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// What is said of each blow; of bare values nothing can be.
    pub judged: Vec<BlowJudged>,
    /// The grades for FEV1 and FVC; none for bare values, whose curves nobody has seen.
    pub grades: Option<[SessionGrade; 2]>,
    best_l: [Option<f64>; 2],
}

/// What one set of equations expects of a measure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Expected {
    /// The equations' id.
    pub equations: String,
    /// What is measured.
    pub measure: Measure,
    /// What is expected, and how the measured value compares with it.
    pub result: Assessed<Predicted>,
}

/// The change of one measure after a bronchodilator.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// What is measured.
    pub measure: Measure,
    /// The equations whose predicted value is used.
    pub equations: &'static str,
    /// The change; none where a value is missing.
    pub change: Option<Assessed<Response>>,
    /// What the rules of 2022 and 2005 call it.
    pub by: Vec<Classified>,
}

impl Part {
    /// Judges blows. `Err` names the age where it is missing.
    pub fn of_blows(blows: &[BlowFacts], age_years: Option<f64>) -> Result<Self, Missing> {
        let (judged, grades) = judge_session(blows, age_years)?;
        Ok(Self {
            judged,
            best_l: grades.each_ref().map(|grade| grade.best_l),
            grades: Some(grades),
        })
    }

    /// Values that a device showed, without the curves that they were read from.
    pub fn of_values(fev1_l: Option<f64>, fvc_l: Option<f64>) -> Self {
        Self {
            judged: Vec::new(),
            grades: None,
            best_l: [fev1_l, fvc_l],
        }
    }

    /// The best FEV1 and FVC, which need not be of the same blow, and their ratio.
    pub fn best(&self) -> [(Measure, Option<f64>); 3] {
        let [fev1, fvc] = self.best_l;
        let ratio = fev1.zip(fvc).map(|(fev1, fvc)| fev1 / fvc);
        [
            (Measure::Fev1, fev1),
            (Measure::Fvc, fvc),
            (Measure::Ratio, ratio),
        ]
    }

    /// What each set of equations expects, of what was measured.
    pub fn expected(&self, person: &Person) -> Vec<Expected> {
        let of = |equations: &'static super::Equations| {
            self.best()
                .into_iter()
                .filter_map(move |(measure, value)| {
                    Some(Expected {
                        equations: equations.id.clone(),
                        measure,
                        result: predict(equations, measure, person, Some(value?)),
                    })
                })
                .collect::<Vec<_>>()
        };
        equations().iter().flat_map(of).collect()
    }

    /// The answers to questions about lung function after a bronchodilator, by these equations.
    pub fn answers_after(&self, person: &Person, by: &str) -> Answers {
        let mut answers = Answers::new();
        let [(_, fev1), _, (_, ratio)] = self.best();
        if let Some(ratio) = ratio {
            answers.insert("ratio_post".to_owned(), Answer::from(ratio));
        }
        let percent = equations_of(by).zip(fev1).and_then(|(equations, fev1)| {
            predict(equations, Measure::Fev1, person, Some(fev1))
                .value()?
                .percent
        });
        if let Some(percent) = percent {
            let answer = Answer::from(percent);
            answers.insert("fev1_percent_predicted_post".to_owned(), answer);
        }
        answers
    }

    /// Grades that ask for values after a bronchodilator.
    pub fn classes_after(&self, person: &Person, by: &str) -> Vec<Classified> {
        let answers = self.answers_after(person, by);
        classified(&["gold-grade", "star-2023"], &answers)
    }
}

fn classified(lists: &[&str], answers: &Answers) -> Vec<Classified> {
    lists
        .iter()
        .filter_map(|id| Some(class_list(id)?.classify(answers)))
        .collect()
}

/// What changed from before a bronchodilator to after it, for FEV1 and FVC.
pub fn changes(before: &Part, after: &Part, person: &Person) -> Vec<Change> {
    let pairs = before.best().into_iter().zip(after.best()).take(2);
    pairs
        .map(|((measure, pre), (_, post))| {
            let predicted = equations_of(FOR_CLASSES).and_then(|equations| {
                Some(predict(equations, measure, person, None).value()?.median)
            });
            let change = pre
                .zip(post)
                .map(|(pre, post)| response(pre, post, predicted));
            let answers = change
                .as_ref()
                .and_then(|change| change.value())
                .map(of_change)
                .unwrap_or_default();
            Change {
                measure,
                equations: FOR_CLASSES,
                change,
                by: classified(&["bronchodilator-2022", "bronchodilator-2005"], &answers),
            }
        })
        .collect()
}

fn of_change(change: &Response) -> Answers {
    let mut answers = Answers::from([
        (
            "change_percent_of_baseline".to_owned(),
            Answer::from(change.percent_of_baseline),
        ),
        ("change_ml".to_owned(), Answer::from(change.millilitres)),
    ]);
    if let Some(percent) = change.percent_of_predicted {
        let answer = Answer::from(percent);
        answers.insert("change_percent_of_predicted".to_owned(), answer);
    }
    answers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lung_function::Sex;

    fn person() -> Person {
        Person {
            sex: Some(Sex::Male),
            age_years: Some(65.0),
            height_cm: Some(170.0),
            group: Some("north-east-asian".to_owned()),
        }
    }

    #[test]
    fn values_without_curves_are_compared_and_not_graded() {
        let part = Part::of_values(Some(1.4), Some(2.9));
        assert_eq!((part.grades.as_ref(), part.judged.len()), (None, 0));
        let expected = part.expected(&person());
        assert_eq!(expected.len(), 9);
        let jian = expected.iter().find(|one| one.equations == "jian-2017");
        let z = jian.unwrap().result.value().unwrap().z_score.unwrap();
        assert!((z + 5.079).abs() < 0.01, "{z}");
    }

    #[test]
    fn a_grade_needs_both_values_and_says_what_is_missing() {
        let grade = |part: &Part| part.classes_after(&person(), FOR_CLASSES)[0].result.clone();
        let found = grade(&Part::of_values(Some(1.4), Some(2.9)));
        assert_eq!(found.value().unwrap().id, "3");
        let found = grade(&Part::of_values(Some(1.4), None));
        assert!(
            matches!(found, Assessed::NotAssessable { missing } if missing[0].input == "ratio_post")
        );
        let unknown = Person {
            height_cm: None,
            ..person()
        };
        let part = Part::of_values(Some(1.4), Some(2.9));
        let found = part.classes_after(&unknown, FOR_CLASSES)[0].result.clone();
        assert!(found.value().is_none());
    }

    #[test]
    fn a_change_is_judged_by_both_rules() {
        let (pre, post) = (
            Part::of_values(Some(2.1), Some(3.9)),
            Part::of_values(Some(2.4), None),
        );
        let [fev1, fvc] = <[Change; 2]>::try_from(changes(&pre, &post, &person())).unwrap();
        let ids: Vec<_> = fev1
            .by
            .iter()
            .map(|by| by.result.value().unwrap().id.clone())
            .collect();
        assert_eq!(ids[1], "positive");
        assert_eq!(fvc.change, None);
    }
}
