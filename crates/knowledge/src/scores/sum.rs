//! From one person's answers to the points of one parameter.

use vocabulary::{Missing, Text};

use super::{Combine, Parameter, PointsBand, PointsItem};
use crate::{AnswerValue, Answers, assess::not_answered, catalogue, check};

/// A question as it was answered, and what that is worth.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Worth {
    pub(super) input: String,
    pub(super) value: AnswerValue,
    pub(super) points: i64,
}

impl PointsBand {
    fn holds(&self, number: f64) -> bool {
        self.up_to.is_none_or(|end| number <= end) && self.below.is_none_or(|end| number < end)
    }
}

impl Parameter {
    /// What the answers to this parameter's questions are worth, or every reason why that is open.
    pub(super) fn worth(&self, answers: &Answers) -> Result<Vec<Worth>, Vec<Missing>> {
        match self.combine {
            Combine::Case => self.case(answers),
            Combine::Highest => {
                let (known, missing) = parted(self.items.iter().map(|item| item.worth(answers)));
                if missing.is_empty() {
                    Ok(known)
                } else {
                    Err(missing)
                }
            }
            Combine::Either => self.either(answers),
        }
    }

    fn case(&self, answers: &Answers) -> Result<Vec<Worth>, Vec<Missing>> {
        let mut missing: Vec<Missing> = Vec::new();
        for name in self.items.iter().flat_map(|item| item.when.keys()) {
            if let Err(why) = taken(name, answers)
                && !missing.contains(&why)
            {
                missing.push(why);
            }
        }
        let holds = |item: &&PointsItem| {
            item.when
                .iter()
                .all(|(name, wanted)| taken(name, answers).as_ref() == Ok(wanted))
        };
        let Some(item) = self.items.iter().find(holds) else {
            // Which table applies is open, but whether its own question is answered is not.
            let own = self.items.first().map(|item| item.worth(answers));
            missing.extend(own.and_then(Result::err));
            return Err(missing);
        };
        item.worth(answers)
            .map(|worth| vec![worth])
            .map_err(|why| vec![why])
    }

    /// One answer suffices; two that are worth different points contradict each other.
    fn either(&self, answers: &Answers) -> Result<Vec<Worth>, Vec<Missing>> {
        let given = self
            .items
            .iter()
            .filter(|item| answers.contains_key(&item.input));
        let (known, missing) = parted(given.map(|item| item.worth(answers)));
        if !missing.is_empty() {
            return Err(missing);
        }
        let Some(first) = known.first() else {
            let names = self.items.iter().map(|item| item.input.as_str());
            return Err(vec![Missing {
                input: names.collect::<Vec<_>>().join(" | "),
                why: Text::new(
                    format!("缺少：{}", self.label.zh),
                    format!("not answered: {}", self.label.en),
                ),
            }]);
        };
        if known.iter().any(|other| other.points != first.points) {
            let label = check::label(&first.input);
            return Err(vec![check::unusable(
                &first.input,
                format!("{}：两个单位的答案互相矛盾", label.zh),
                format!("{}: contradicts the answer in the other unit", label.en),
            )]);
        }
        Ok(vec![first.clone()])
    }
}

fn parted(all: impl Iterator<Item = Result<Worth, Missing>>) -> (Vec<Worth>, Vec<Missing>) {
    let (mut known, mut missing) = (Vec::new(), Vec::new());
    for one in all {
        match one {
            Ok(worth) => known.push(worth),
            Err(why) => missing.push(why),
        }
    }
    (known, missing)
}

impl Parameter {
    /// What it is worth at least, whatever the answers are that are open.
    pub(super) fn least(&self, answers: &Answers) -> i64 {
        let least = |items: &mut dyn Iterator<Item = &PointsItem>| {
            items.map(|item| item.least(answers)).min()
        };
        let found = match self.combine {
            // Any table that the answers so far leave open may be the one that applies.
            Combine::Case => least(&mut self.items.iter().filter(|item| {
                let mut when = item.when.iter();
                when.all(|(name, wanted)| taken(name, answers).map_or(true, |is| is == *wanted))
            })),
            Combine::Highest => self.items.iter().map(|item| item.least(answers)).max(),
            Combine::Either => {
                let is_given = |item: &&PointsItem| answers.contains_key(&item.input);
                least(&mut self.items.iter().filter(is_given))
            }
        };
        found
            .or_else(|| self.items.iter().map(PointsItem::fewest).min())
            .unwrap_or(0)
    }
}

/// The answer to a question in its own kind and unit.
pub(super) fn taken(name: &str, answers: &Answers) -> Result<AnswerValue, Missing> {
    let (Some(input), Some(answer)) = (catalogue::inputs().get(name), answers.get(name)) else {
        return Err(not_answered(name));
    };
    check::in_own_unit(name, input, answer)
}

impl PointsItem {
    /// What its answer is worth; where that is open, the fewest points that any answer is.
    fn least(&self, answers: &Answers) -> i64 {
        self.worth(answers)
            .map_or_else(|_| self.fewest(), |worth| worth.points)
    }

    /// The fewest points that any answer is worth.
    fn fewest(&self) -> i64 {
        let rows = self.bands.iter().map(|band| band.points);
        let choices = self.choices.iter().flat_map(|choices| choices.values());
        // Numbers that are worth something each begin at zero, and a no is worth nothing.
        rows.chain(choices.copied())
            .chain(self.yes.map(|yes| yes.min(0)))
            .chain(self.points_each.map(|_| 0))
            .min()
            .unwrap_or(0)
    }

    fn worth(&self, answers: &Answers) -> Result<Worth, Missing> {
        let value = taken(&self.input, answers)?;
        let points = match &value {
            AnswerValue::Number(number) => self.number_worth(*number)?,
            AnswerValue::YesNo(yes) => self.yes.filter(|_| *yes).unwrap_or(0),
            AnswerValue::Choice(chosen) => {
                let known = self
                    .choices
                    .as_ref()
                    .and_then(|choices| choices.get(chosen));
                *known.ok_or_else(|| {
                    let label = check::label(&self.input);
                    check::unusable(
                        &self.input,
                        format!("{}：该评分不含选项 {chosen}", label.zh),
                        format!("{}: is {chosen}, which this score does not know", label.en),
                    )
                })?
            }
        };
        Ok(Worth {
            input: self.input.clone(),
            value,
            points,
        })
    }

    fn number_worth(&self, number: f64) -> Result<i64, Missing> {
        let name = self.input.as_str();
        if let Some(range @ [low, high]) = self.allowed
            && !(low..=high).contains(&number)
        {
            return Err(check::outside(name, number, range, check::ALLOWED));
        }
        if let Some(least) = self.at_least
            && number < least
        {
            return Err(check::too_small(name, number, least));
        }
        if let Some(decimals) = self.decimals {
            let shifted = number * 10_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
            if (shifted - shifted.round()).abs() > 1e-6 {
                let given = check::given(name, number);
                return Err(check::unusable(
                    name,
                    format!("{}，须保留 {decimals} 位小数：评分表按此取值", given.zh),
                    format!(
                        "{}, must be given to {decimals} decimal, as the table of the score is",
                        given.en
                    ),
                ));
            }
        }
        if let Some(each) = self.points_each {
            // Years that are complete, as ages are given.
            #[expect(clippy::cast_possible_truncation, reason = "an age fits")]
            let whole = number.floor() as i64;
            return Ok(each.saturating_mul(whole));
        }
        let band = self.bands.iter().find(|band| band.holds(number));
        band.map(|band| band.points).ok_or_else(|| {
            let given = check::given(name, number);
            check::unusable(
                name,
                format!("{}，不在评分表内", given.zh),
                format!("{} is in no row of the table", given.en),
            )
        })
    }
}
