//! From the unit that was sent to the unit of the stream (UCUM), once.

use crate::{profile::Stream, refusal::Refusal};

/// How a number in one unit becomes one in another: `value × factor + offset`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Conversion {
    factor: f64,
    offset: f64,
}

/// Where both units are the same.
const NONE: Conversion = Conversion {
    factor: 1.0,
    offset: 0.0,
};

impl Conversion {
    /// The way from `unit` to the unit of `stream`.
    ///
    /// Amounts of substance become masses only where the stream's profile says what a mole of it weighs.
    pub(crate) fn to(stream: &Stream, unit: &str) -> Result<Self, Refusal> {
        if unit == stream.unit {
            return Ok(NONE);
        }
        let unknown = || Refusal::UnitUnknown { unit: shown(unit) };
        if unit.len() > 40 || octofhir_ucum::validate(unit).is_err() {
            return Err(unknown());
        }
        if let Some(found) = between(unit, &stream.unit) {
            return Ok(found);
        }
        if let Some(molar) = &stream.molar
            && let Some(first) = between(unit, &molar.amount)
            && let Some(second) = between(&molar.mass, &stream.unit)
        {
            return Ok(Self {
                factor: first.factor * molar.equals * second.factor,
                offset: 0.0,
            });
        }
        Err(Refusal::UnitOfSomethingElse {
            unit: shown(unit),
            expected: stream.unit.clone(),
        })
    }

    /// Whether there is anything to convert.
    pub(crate) fn is_none(&self) -> bool {
        *self == NONE
    }

    /// The number in the stream's unit, to twelve digits: 97.88 °F is 36.6 °C, and not what binary fractions
    /// make of it.
    pub(crate) fn apply(&self, value: f64) -> f64 {
        if self.is_none() {
            return value;
        }
        let converted = value * self.factor + self.offset;
        format!("{converted:.11e}").parse().unwrap_or(converted)
    }
}

/// A unit as an error may show it: a text of others, cut short, without what no unit holds.
fn shown(unit: &str) -> String {
    unit.chars()
        .filter(char::is_ascii_graphic)
        .take(20)
        .collect()
}

/// The line through two points of the conversion; none where the units do not fit, or the way is no line, as
/// for logarithms.
fn between(from: &str, to: &str) -> Option<Conversion> {
    let at = |value| octofhir_ucum::convert(value, from, to).ok();
    let (zero, one, hundred) = (at(0.0)?, at(1.0)?, at(100.0)?);
    // From the farther point, which has more digits.
    let factor = if zero == 0.0 {
        one
    } else {
        (hundred - zero) / 100.0
    };
    let line = Conversion {
        factor,
        offset: zero,
    };
    let off = (line.apply(100.0) - hundred).abs();
    (off <= 1e-9 * hundred.abs().max(1.0)).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Profiles;

    fn convert(profile: &str, stream: &str, value: f64, unit: &str) -> Result<f64, Refusal> {
        let profile = Profiles::shipped().get(profile).unwrap();
        let stream = profile.stream(stream).unwrap();
        Ok(Conversion::to(stream, unit)?.apply(value))
    }

    /// The table of `devices-and-codes.md`, section 4.
    #[test]
    fn the_conversions_of_the_table() {
        let close = |found: f64, expected: f64, half: f64| {
            assert!((found - expected).abs() <= half, "{found} for {expected}");
        };
        close(
            convert("glucose-meter", "glucose", 5.551, "mmol/L").unwrap(),
            100.0,
            0.01,
        );
        close(
            convert("blood-pressure", "systolic", 15.999, "kPa").unwrap(),
            120.0,
            0.005,
        );
        close(
            convert("peak-flow", "pef", 8.640, "L/s").unwrap(),
            518.4,
            1e-9,
        );
        close(
            convert("thermometer", "temperature", 97.88, "[degF]").unwrap(),
            36.6,
            1e-9,
        );
        close(
            convert("scale", "weight", 154.324, "[lb_av]").unwrap(),
            70.0,
            0.001,
        );
    }

    #[test]
    fn a_unit_of_something_else_is_refused_by_name() {
        let refused = convert("thermometer", "temperature", 120.0, "mm[Hg]").unwrap_err();
        assert_eq!(refused.code(), "unit-of-something-else");
        let refused = convert("thermometer", "temperature", 36.0, "°C").unwrap_err();
        assert_eq!(refused.code(), "unit-unknown");
        // Moles of something else than glucose have no mass here.
        assert!(convert("scale", "weight", 1.0, "mol").is_err());
    }

    #[test]
    fn the_unit_of_the_stream_is_not_touched() {
        let value = 0.1 + 0.2;
        let same = convert("thermometer", "temperature", value, "Cel").unwrap();
        assert_eq!(same.to_bits(), value.to_bits());
    }
}
