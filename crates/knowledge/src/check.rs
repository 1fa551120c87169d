//! Whether an answer can be used: kind, unit, range, and agreement with other answers.

use vocabulary::{Missing, Text};

use crate::{Answer, AnswerValue, Answers, Input, Kind, Term, catalogue};

/// What a score or a list of classes takes.
pub(crate) const ALLOWED: (&str, &str) = ("允许范围", "the range");

/// Says why the answer to `input` cannot be used.
pub(crate) fn unusable(input: &str, zh: impl Into<String>, en: impl Into<String>) -> Missing {
    Missing {
        input: input.to_owned(),
        why: Text::new(zh, en),
    }
}

impl Input {
    /// The answer to this question, named `name`, in the question's own kind and unit; or why it cannot be
    /// used, such as a length below 0. The ranges of models are their own and are not looked at here.
    pub fn take(&self, name: &str, answer: &Answer) -> Result<AnswerValue, Missing> {
        in_own_unit(name, self, answer)
    }
}

/// The answer in the question's own kind and unit, or why it cannot be used.
pub(crate) fn in_own_unit(
    name: &str,
    input: &Input,
    answer: &Answer,
) -> Result<AnswerValue, Missing> {
    match (&input.kind, &answer.value) {
        (Kind::YesNo, AnswerValue::YesNo(yes)) => Ok(AnswerValue::YesNo(*yes)),
        // 0 and 1 are how the papers write no and yes; both are exact in binary.
        (Kind::YesNo, AnswerValue::Number(0.0)) => Ok(AnswerValue::YesNo(false)),
        (Kind::YesNo, AnswerValue::Number(1.0)) => Ok(AnswerValue::YesNo(true)),
        (Kind::Number { unit, whole }, AnswerValue::Number(number)) => {
            let number = number_in_unit(name, unit, *whole, *number, answer.unit.as_deref())?;
            can_be(name, input, number)?;
            Ok(AnswerValue::Number(number))
        }
        (Kind::Choice(options), AnswerValue::Choice(chosen)) => {
            if options.iter().any(|option| option.id == *chosen) {
                return Ok(AnswerValue::Choice(chosen.clone()));
            }
            let ids: Vec<&str> = options.iter().map(|option| option.id.as_str()).collect();
            let ids = ids.join(", ");
            Err(unusable(
                name,
                format!("须为以下之一：{ids}"),
                format!("must be one of {ids}"),
            ))
        }
        (Kind::YesNo, _) => Err(unusable(name, "须回答是或否", "must be yes or no")),
        (Kind::Number { .. }, _) => Err(unusable(name, "须为数字", "must be a number")),
        (Kind::Choice(_), _) => Err(unusable(
            name,
            "须从选项中选择",
            "must be one of the choices",
        )),
    }
}

fn number_in_unit(
    name: &str,
    unit: &str,
    whole: bool,
    number: f64,
    given: Option<&str>,
) -> Result<f64, Missing> {
    let factor = match given {
        None => 1.0,
        Some(given) => factor(given, unit).ok_or_else(|| {
            unusable(
                name,
                format!("单位须为 {unit}"),
                format!("must be in the unit {unit}"),
            )
        })?,
    };
    let number = number * factor;
    if !number.is_finite() {
        return Err(unusable(name, "须为有限数字", "must be a finite number"));
    }
    if whole && number.fract() != 0.0 {
        return Err(unusable(name, "须为整数", "must be a whole number"));
    }
    Ok(number)
}

/// A number with the unit of its question, as people write it.
fn in_unit(input: &Input, number: f64) -> Text {
    let own = match &input.kind {
        Kind::Number { unit, .. } if unit != "1" => unit.as_str(),
        _ => return Text::new(number.to_string(), number.to_string()),
    };
    let own = Text::new(own, own);
    let unit = input.unit_shown.as_ref().unwrap_or(&own);
    Text::new(
        format!("{number} {}", unit.zh),
        format!("{number} {}", unit.en),
    )
}

/// What people call a question.
pub(crate) fn label(name: &str) -> Text {
    let input = catalogue::inputs().get(name);
    input.map_or_else(|| Text::new(name, name), |input| input.label.clone())
}

/// A number of a question, with its unit where the question is known.
fn number_of(name: &str, number: f64) -> Text {
    let own = || Text::new(number.to_string(), number.to_string());
    let input = catalogue::inputs().get(name);
    input.map_or_else(own, |input| in_unit(input, number))
}

/// What was given as a number: to which question, and how much.
pub(crate) fn given(name: &str, number: f64) -> Text {
    let (label, number) = (label(name), number_of(name, number));
    Text::new(
        format!("{}：{}", label.zh, number.zh),
        format!("{}: {}", label.en, number.en),
    )
}

/// Says that a number is outside of a range: to which question it was given, and what is taken.
pub(crate) fn outside(
    name: &str,
    number: f64,
    [low, high]: [f64; 2],
    (zh, en): (&str, &str),
) -> Missing {
    let (given, high) = (given(name, number), number_of(name, high));
    unusable(
        name,
        format!("{} 超出{zh} {low}–{}", given.zh, high.zh),
        format!("{} is outside {en} of {low} to {}", given.en, high.en),
    )
}

/// Says that a number is below the least that is taken.
pub(crate) fn too_small(name: &str, number: f64, least: f64) -> Missing {
    let (given, least) = (given(name, number), number_of(name, least));
    unusable(
        name,
        format!("{}，须不小于 {}", given.zh, least.zh),
        format!("{}, must be at least {}", given.en, least.en),
    )
}

/// Refuses a number that nobody can have measured.
fn can_be(name: &str, input: &Input, number: f64) -> Result<(), Missing> {
    let refused = |limit: f64, zh: &str, en: &str| {
        let limit = in_unit(input, limit);
        unusable(
            name,
            format!("不可能{zh} {}，请核对数值和单位", limit.zh),
            format!("cannot be {en} {}: check the number and its unit", limit.en),
        )
    };
    if let Some(least) = input.least.filter(|least| number < *least) {
        return Err(refused(least, "小于", "less than"));
    }
    if let Some(most) = input.most.filter(|most| number > *most) {
        return Err(refused(most, "大于", "more than"));
    }
    Ok(())
}

/// By what a number in the unit `from` is multiplied to be in the unit `to`.
fn factor(from: &str, to: &str) -> Option<f64> {
    if from == to {
        return Some(1.0);
    }
    let metres = |unit: &str| match unit {
        "mm" => Some(1.0),
        "cm" => Some(10.0),
        "m" => Some(1000.0),
        _ => None,
    };
    match (from, to) {
        ("%", "1") => Some(0.01),
        ("1", "%") => Some(100.0),
        ("mo", "a") => Some(1.0 / 12.0),
        _ => Some(metres(from)? / metres(to)?),
    }
}

/// Refuses a number outside the range that the term allows.
pub(crate) fn in_range(name: &str, term: &Term, value: &AnswerValue) -> Result<(), Missing> {
    let AnswerValue::Number(number) = *value else {
        return Ok(());
    };
    if let Some(range @ [low, high]) = term.allowed
        && !(low..=high).contains(&number)
    {
        let of = ("模型允许范围", "the model's range");
        return Err(outside(name, number, range, of));
    }
    if let Some(least) = term.at_least
        && number < least
    {
        return Err(too_small(name, number, least));
    }
    Ok(())
}

/// Refuses an answer that contradicts another one.
pub(crate) fn agrees(
    name: &str,
    input: &Input,
    value: &AnswerValue,
    answers: &Answers,
) -> Result<(), Missing> {
    let AnswerValue::Number(number) = *value else {
        return Ok(());
    };
    let other_answer = |other: &str| {
        let question = catalogue::inputs().get(other)?;
        in_own_unit(other, question, answers.get(other)?).ok()
    };
    if let Some(other) = &input.zero_unless
        && number != 0.0
        && other_answer(other) == Some(AnswerValue::YesNo(false))
    {
        return Err(unusable(
            name,
            format!("与“{other} = 否”矛盾：应为 0"),
            format!("contradicts the answer no to {other}: it must be 0 then"),
        ));
    }
    if let Some(other) = &input.at_most
        && let Some(AnswerValue::Number(limit)) = other_answer(other)
        && number > limit
    {
        return Err(unusable(
            name,
            format!("不能大于 {other}"),
            format!("must not exceed {other}"),
        ));
    }
    Ok(())
}
