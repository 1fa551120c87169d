//! Reference equations: the median of healthy people of the same sex, age and height, and how they spread.

use std::{collections::BTreeMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use vocabulary::{Assessed, Missing, Text};

use crate::{Confidence, catalogue, check};

const FILES: &[(&str, &str)] = &[
    (
        include_str!("../../lung-function/gli-2012.toml"),
        include_str!("../../lung-function/gli-2012.tsv"),
    ),
    (
        include_str!("../../lung-function/gli-2022.toml"),
        include_str!("../../lung-function/gli-2022.tsv"),
    ),
    (
        include_str!("../../lung-function/jian-2017.toml"),
        include_str!("../../lung-function/jian-2017.tsv"),
    ),
];

static ALL: LazyLock<Vec<Equations>> = LazyLock::new(|| {
    FILES
        .iter()
        .map(|(text, table)| {
            let mut equations: Equations =
                toml::from_str(text).unwrap_or_else(|error| unreachable!("{error}"));
            equations.splines = Splines::read(table);
            equations
        })
        .collect()
});

/// All sets of equations, in the order in which they are shown.
pub fn equations() -> &'static [Equations] {
    &ALL
}

/// The equations with this id.
pub fn equations_of(id: &str) -> Option<&'static Equations> {
    ALL.iter().find(|equations| equations.id == id)
}

/// Sex, as reference equations know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    /// Male.
    Male,
    /// Female.
    Female,
}

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Measure {
    /// Volume of the first second, in litres.
    Fev1,
    /// Forced vital capacity, in litres.
    Fvc,
    /// FEV1/FVC, as a fraction.
    Ratio,
    /// Flow between 25 and 75 % of the vital capacity, in litres a second.
    #[serde(rename = "fef25-75")]
    Fef25To75,
    /// Flow when 75 % of the vital capacity is out, in litres a second.
    Fef75,
    /// Peak flow, in litres a second.
    Pef,
    /// The same as the flow between 25 and 75 %, under its older name.
    Mmef,
}

impl Measure {
    fn name(self) -> &'static str {
        match self {
            Self::Fev1 => "fev1",
            Self::Fvc => "fvc",
            Self::Ratio => "ratio",
            Self::Fef25To75 => "fef25-75",
            Self::Fef75 => "fef75",
            Self::Pef => "pef",
            Self::Mmef => "mmef",
        }
    }
}

/// Of whom something is expected.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Sex.
    pub sex: Option<Sex>,
    /// Age, in years, with its fraction.
    pub age_years: Option<f64>,
    /// Height without shoes, in centimetres.
    pub height_cm: Option<f64>,
    /// One of the groups of an equation that knows groups.
    #[serde(default)]
    pub group: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Terms {
    constant: f64,
    #[serde(default)]
    ln_height: f64,
    ln_age: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    median: f64,
    spread: f64,
}

#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Equation {
    measure: Measure,
    sex: Sex,
    unit: String,
    median: Terms,
    spread: Terms,
    skew: Terms,
    #[serde(default)]
    groups: BTreeMap<String, Group>,
}

/// How values between two rows of the look-up table are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum BetweenRows {
    Linear,
    Floored,
}

/// A set of equations, as its file says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Equations {
    /// Its name in commands and records.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// Year of the publication.
    pub year: u16,
    /// Key of `docs/evidence`.
    pub evidence: String,
    /// How well it was checked.
    pub confidence: Confidence,
    /// What people call it.
    pub title: Text,
    /// On whom it was made.
    pub population: Text,
    /// Youngest and oldest, in years.
    pub ages: [f64; 2],
    between_rows: BetweenRows,
    /// Groups of people, where the equations know any; one must then be named.
    pub groups: Vec<String>,
    #[serde(rename = "equation")]
    list: Vec<Equation>,
    #[serde(skip)]
    splines: Splines,
}

/// The look-up tables: what the splines add at each age.
#[derive(Clone, Debug, Default, PartialEq)]
struct Splines {
    columns: BTreeMap<String, usize>,
    rows: Vec<Vec<f64>>,
}

impl Splines {
    fn read(table: &str) -> Self {
        let mut lines = table.lines().filter(|line| !line.starts_with('#'));
        let names = lines.next().unwrap_or_default().split('\t');
        let columns = names
            .enumerate()
            .map(|(place, name)| (name.to_owned(), place))
            .collect();
        let row = |line: &str| -> Option<Vec<f64>> {
            line.split('\t').map(|cell| cell.parse().ok()).collect()
        };
        Self {
            columns,
            rows: lines.filter_map(row).collect(),
        }
    }

    /// What the spline of this column adds at this age.
    fn at(&self, column: &str, age: f64, between: BetweenRows) -> Option<f64> {
        let column = *self.columns.get(column)?;
        let age_of = |row: &Vec<f64>| row.first().copied().unwrap_or(f64::NAN);
        // The age of a row is a decimal; what is computed from it may lie a hair below.
        let next = self.rows.partition_point(|row| age_of(row) <= age + 1e-9);
        let below = self.rows.get(next.checked_sub(1)?)?;
        let value = *below.get(column)?;
        match (between, self.rows.get(next)) {
            (BetweenRows::Floored, _) | (_, None) => Some(value),
            (BetweenRows::Linear, Some(above)) => {
                let share = (age - age_of(below)) / (age_of(above) - age_of(below));
                Some(value + share.max(0.0) * (above.get(column)? - value))
            }
        }
    }
}

/// What is expected, and how a measurement compares with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Predicted {
    /// The equations' id: never shown without it, since they differ.
    pub equations: String,
    /// What people call them.
    pub title: Text,
    /// Authors, title, journal, year, pages.
    pub citation: String,
    /// Whether a person with the source has yet to confirm them.
    pub needs_confirmation: bool,
    /// What is measured.
    pub measure: Measure,
    /// Its unit.
    pub unit: String,
    /// The median of healthy people.
    pub median: f64,
    /// The lower limit of normal: 5 % of healthy people lie below it.
    pub lower_limit: f64,
    /// The measured value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// How many standard deviations it lies from the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub z_score: Option<f64>,
    /// In per cent of the median.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub percent: Option<f64>,
}

/// The z-score that 5 % of healthy people lie below.
const LOWER_Z: f64 = -1.645;

/// What is expected of a person, by the LMS method
///
/// Equation: M = exp(a₀ + a₁ ln H + a₂ ln A + group + spline), S likewise, L = q₀ + q₁ ln A + spline;
/// z = ((y/M)^L − 1)/(L S); lower limit = M (1 − 1.645 L S)^(1/L) · Inputs: sex, age (years), height (cm), group ·
/// Result: litres, litres a second or a fraction; as printed to 0.001 L, 0.0005 of the ratio, 0.01 of z · Not for:
/// ages outside of the equations' range.
/// Source: `quanjer-2012`, `bowerman-2023`, `jian-2017`
pub fn predict(
    equations: &Equations,
    measure: Measure,
    person: &Person,
    value: Option<f64>,
) -> Assessed<Predicted> {
    match equations.lms(measure, person, value) {
        Ok(predicted) => Assessed::Assessed { value: predicted },
        Err(missing) => Assessed::NotAssessable { missing },
    }
}

impl Equations {
    /// Whether they know this measure.
    pub fn knows(&self, measure: Measure) -> bool {
        self.list.iter().any(|equation| equation.measure == measure)
    }

    fn lms(
        &self,
        measure: Measure,
        person: &Person,
        value: Option<f64>,
    ) -> Result<Predicted, Vec<Missing>> {
        let (sex, age, height) = self.taken(person)?;
        let refuse = |zh: &str, en: &str| Err(vec![check::unusable(measure.name(), zh, en)]);
        let is_it = |equation: &&Equation| equation.measure == measure && equation.sex == sex;
        let Some(equation) = self.list.iter().find(is_it) else {
            return refuse(
                "该方程没有此指标",
                "these equations do not know this measure",
            );
        };
        if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
            return refuse(
                "测量值须为正数",
                "the measured value must be a positive number",
            );
        }
        // The reference group has no term of its own.
        let group = person
            .group
            .as_ref()
            .and_then(|group| equation.groups.get(group));
        let sex_name = if sex == Sex::Male { "male" } else { "female" };
        let spline = |part: char| {
            let column = format!("{}:{sex_name}:{part}", measure.name());
            self.splines.at(&column, age, self.between_rows)
        };
        let (Some(l), Some(m), Some(s)) = (spline('l'), spline('m'), spline('s')) else {
            return refuse("查不到样条", "the look-up table has no row for this age");
        };
        let terms =
            |terms: Terms| terms.constant + terms.ln_height * height.ln() + terms.ln_age * age.ln();
        let skew = terms(equation.skew) + l;
        let median = (terms(equation.median) + group.map_or(0.0, |group| group.median) + m).exp();
        let spread = (terms(equation.spread) + group.map_or(0.0, |group| group.spread) + s).exp();
        // Some equations count the ratio in per cent; here it is a fraction everywhere.
        let times = if equation.unit == "%" { 100.0 } else { 1.0 };
        let source = catalogue::evidence(&self.evidence);
        Ok(Predicted {
            equations: self.id.clone(),
            title: self.title.clone(),
            citation: source
                .map(|source| source.citation.clone())
                .unwrap_or_default(),
            needs_confirmation: self.confidence.needs_confirmation(),
            measure,
            unit: if times > 1.0 {
                "1".to_owned()
            } else {
                equation.unit.clone()
            },
            median: median / times,
            lower_limit: lower_limit(skew, median, spread) / times,
            value,
            z_score: value.map(|value| z_score(value * times, skew, median, spread)),
            percent: value.map(|value| 100.0 * value * times / median),
        })
    }

    /// Sex, age and height, or everything that is missing or outside.
    fn taken(&self, person: &Person) -> Result<(Sex, f64, f64), Vec<Missing>> {
        let mut missing = Vec::new();
        let mut refuse = |input: &str, zh: &str, en: &str| {
            missing.push(check::unusable(input, zh, en));
        };
        let [youngest, oldest] = self.ages;
        let age = person
            .age_years
            .filter(|age| (youngest..=oldest).contains(age));
        match (person.age_years, age) {
            (None, _) => refuse("age_years", "缺少：年龄", "not answered: age"),
            (Some(_), None) => refuse(
                "age_years",
                "年龄超出方程范围",
                "the age is outside of the equations' range",
            ),
            _ => {}
        }
        let height = person
            .height_cm
            .filter(|height| height.is_finite() && *height > 0.0);
        if height.is_none() {
            refuse("height_cm", "缺少：身高", "not answered: height");
        }
        if person.sex.is_none() {
            refuse("sex", "缺少：性别", "not answered: sex");
        }
        if !self.groups.is_empty()
            && !person
                .group
                .as_ref()
                .is_some_and(|group| self.groups.contains(group))
        {
            refuse(
                "group",
                "须选择该方程的族群",
                "one of the equations' groups must be named",
            );
        }
        match (person.sex, age, height) {
            (Some(sex), Some(age), Some(height)) if missing.is_empty() => Ok((sex, age, height)),
            _ => Err(missing),
        }
    }
}

/// Below this the power is the logarithm.
const NO_SKEW: f64 = 1e-9;

fn z_score(value: f64, skew: f64, median: f64, spread: f64) -> f64 {
    if skew.abs() < NO_SKEW {
        return (value / median).ln() / spread;
    }
    ((value / median).powf(skew) - 1.0) / (skew * spread)
}

fn lower_limit(skew: f64, median: f64, spread: f64) -> f64 {
    if skew.abs() < NO_SKEW {
        return median * (LOWER_Z * spread).exp();
    }
    median * (1.0 + LOWER_Z * skew * spread).powf(1.0 / skew)
}
