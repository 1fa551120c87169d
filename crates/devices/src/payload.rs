//! The payload of a message: JSON or CBOR, one measurement or several, not yet compared with any profile.

use ciborium::Value as Cbor;
use serde::Deserialize;

use crate::{
    number::{Float, Number, SFloat},
    refusal::Refusal,
};

/// The most bytes of one message.
pub const MOST_BYTES: usize = 128 << 10;
/// The most samples of one message.
pub const MOST_SAMPLES: usize = 32_768;
/// The most measurements of one message.
const MOST_MEASUREMENTS: usize = 64;
/// How deep a payload may be nested.
const DEEPEST: usize = 8;

/// One measurement as it was sent.
#[derive(Debug, PartialEq)]
pub(crate) struct Sent {
    /// Milliseconds since 1970, by the device's clock.
    pub t_ms: Option<i64>,
    pub code: Option<String>,
    pub unit: Option<String>,
    pub value: SentValue,
    pub status: Option<u64>,
}

/// The value or values of a measurement.
#[derive(Debug, PartialEq)]
pub(crate) enum SentValue {
    One(Number),
    Many {
        values: Vec<Option<f64>>,
        period_ms: Option<f64>,
    },
}

/// The fields of a measurement. Others may stand beside them.
#[derive(Deserialize)]
struct Fields {
    t: Option<Time>,
    code: Option<Code>,
    value: Option<OneOrMany>,
    unit: Option<String>,
    period_ms: Option<f64>,
    sfloat: Option<u16>,
    float: Option<u32>,
    status: Option<u64>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Time {
    Ms(f64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Code {
    Number(u32),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    YesNo(bool),
    One(f64),
    Many(Vec<Option<f64>>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Message {
    Several(Vec<Fields>),
    One(Box<Fields>),
}

/// Reads a payload.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Sent>, Refusal> {
    if bytes.len() > MOST_BYTES {
        return Err(Refusal::TooLarge {
            bytes: bytes.len(),
            most: MOST_BYTES,
        });
    }
    // In CBOR these bytes would open a text or close a list; no measurement starts so.
    let json = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_none_or(|byte| matches!(byte, b'{' | b'['));
    let message = if json {
        from_json(bytes)?
    } else {
        from_cbor(bytes)?
    };
    let all = match message {
        Message::One(fields) => vec![*fields],
        Message::Several(all) => all,
    };
    if all.is_empty() {
        return Err(Refusal::Empty);
    }
    if all.len() > MOST_MEASUREMENTS {
        return Err(Refusal::TooManySamples {
            most: MOST_MEASUREMENTS,
        });
    }
    all.into_iter().map(Fields::sent).collect()
}

fn from_json(bytes: &[u8]) -> Result<Message, Refusal> {
    let broken = |error: &serde_json::Error| Refusal::NotUnderstood {
        format: "JSON",
        // Payloads have one line, as a rule.
        position: (error.line() == 1).then_some(error.column()),
    };
    let several = bytes
        .iter()
        .find(|byte| !byte.is_ascii_whitespace())
        .is_some_and(|byte| *byte == b'[');
    // Not by the untagged enum, whose errors name no place.
    if several {
        let all = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
        return Ok(Message::Several(all));
    }
    let one = serde_json::from_slice(bytes).map_err(|error| broken(&error))?;
    Ok(Message::One(Box::new(one)))
}

fn from_cbor(bytes: &[u8]) -> Result<Message, Refusal> {
    let broken = |position| Refusal::NotUnderstood {
        format: "CBOR",
        position,
    };
    let mut rest = bytes;
    let value: Cbor =
        ciborium::de::from_reader_with_recursion_limit(&mut rest, DEEPEST).map_err(|error| {
            match error {
                ciborium::de::Error::Syntax(byte) => broken(Some(byte)),
                _ => broken(None),
            }
        })?;
    if !rest.is_empty() {
        return Err(broken(Some(bytes.len() - rest.len())));
    }
    untagged(value).deserialized().map_err(|_| broken(None))
}

/// The same value without its tags, such as those that say that a text is a time.
fn untagged(value: Cbor) -> Cbor {
    match value {
        Cbor::Tag(_, inner) => untagged(*inner),
        Cbor::Array(values) => Cbor::Array(values.into_iter().map(untagged).collect()),
        Cbor::Map(pairs) => {
            let pairs = pairs.into_iter();
            Cbor::Map(pairs.map(|(key, value)| (key, untagged(value))).collect())
        }
        other => other,
    }
}

impl Fields {
    fn sent(self) -> Result<Sent, Refusal> {
        let ways = [
            self.value.is_some(),
            self.sfloat.is_some(),
            self.float.is_some(),
        ];
        if ways.into_iter().filter(|given| *given).count() > 1 {
            return Err(Refusal::ValueMissing);
        }
        let value = match (self.value, self.sfloat, self.float) {
            (Some(OneOrMany::Many(values)), ..) => {
                if values.is_empty() {
                    return Err(Refusal::Empty);
                }
                if values.len() > MOST_SAMPLES {
                    return Err(Refusal::TooManySamples { most: MOST_SAMPLES });
                }
                SentValue::Many {
                    values,
                    period_ms: self.period_ms,
                }
            }
            (Some(OneOrMany::One(value)), ..) if value.is_finite() => {
                SentValue::One(Number::Is(value))
            }
            (Some(OneOrMany::One(_)), ..) => SentValue::One(Number::NotANumber),
            (Some(OneOrMany::YesNo(yes)), ..) => {
                SentValue::One(Number::Is(f64::from(u8::from(yes))))
            }
            (None, Some(raw), _) => SentValue::One(SFloat(raw).number()),
            (None, None, Some(raw)) => SentValue::One(Float(raw).number()),
            (None, None, None) => return Err(Refusal::ValueMissing),
        };
        Ok(Sent {
            t_ms: self.t.map(Time::ms).transpose()?,
            code: self.code.map(Code::text),
            unit: self.unit,
            value,
            status: self.status,
        })
    }
}

impl Time {
    fn ms(self) -> Result<i64, Refusal> {
        match self {
            // Years 1900 to 9999: others are no times, and must not run over.
            #[expect(clippy::cast_possible_truncation, reason = "checked to fit")]
            Self::Ms(ms) if (-2.3e12..2.6e14).contains(&ms) => Ok(ms.round() as i64),
            Self::Ms(_) => Err(Refusal::TimeNotUnderstood),
            Self::Text(text) => {
                let found: Result<vocabulary::Timestamp, _> = text.parse();
                found.map(|at| at.0).map_err(|_| Refusal::TimeNotUnderstood)
            }
        }
    }
}

impl Code {
    fn text(self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> Result<Sent, Refusal> {
        let mut all = read(bytes)?;
        assert_eq!(all.len(), 1);
        Ok(all.remove(0))
    }

    fn cbor(value: &serde_json::Value) -> Vec<u8> {
        let mut bytes = Vec::new();
        ciborium::into_writer(value, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn json_and_cbor_say_the_same() {
        for value in [
            serde_json::json!({"t": "2026-11-26T08:00:00Z", "code": "150456", "value": 97, "unit": "%"}),
            serde_json::json!({"t": 1_795_680_000_000_i64, "code": 150_456, "value": 97.5, "unit": "%"}),
            serde_json::json!({"code": "8867-4", "value": [60, null, 61.5], "period_ms": 1000, "unit": "/min"}),
            serde_json::json!([{"code": "a", "sfloat": 0xf3d4, "unit": "%", "status": 3},
                {"code": "b", "float": 0xff00_016c_u32, "unit": "Cel"}]),
            serde_json::json!({"code": "bed-occupancy", "value": true, "unit": "1", "vendor": {"x": 1}}),
        ] {
            let json = read(value.to_string().as_bytes()).unwrap();
            assert_eq!(json, read(&cbor(&value)).unwrap(), "{value}");
        }
    }

    #[test]
    fn a_time_of_cbor_may_be_tagged_as_one() {
        let tagged = Cbor::Map(vec![
            (
                Cbor::Text("t".into()),
                Cbor::Tag(
                    0,
                    Box::new(Cbor::Text("2026-11-26T08:00:00.5+08:00".into())),
                ),
            ),
            (Cbor::Text("value".into()), Cbor::Float(1.0)),
        ]);
        let mut bytes = Vec::new();
        ciborium::into_writer(&tagged, &mut bytes).unwrap();
        assert_eq!(one(&bytes).unwrap().t_ms, Some(1_795_651_200_500));
    }

    #[test]
    fn what_is_no_measurement_is_refused_with_a_reason() {
        for (payload, code) in [
            (
                r#"{"t": 0, "code": "150456", "value": 97, "un"#,
                "not-understood",
            ),
            ("", "not-understood"),
            ("97", "not-understood"),
            ("{}", "value-missing"),
            ("[]", "empty"),
            (r#"{"value": []}"#, "empty"),
            (r#"{"value": 1, "sfloat": 1}"#, "value-missing"),
            (r#"{"value": null}"#, "value-missing"),
            (r#"{"value": "97"}"#, "not-understood"),
            (r#"{"value": 1, "t": "yesterday"}"#, "time-not-understood"),
            (
                r#"{"value": 1, "t": "2026-11-26T08:00:00"}"#,
                "time-not-understood",
            ),
            (r#"{"value": 1, "t": 1e300}"#, "time-not-understood"),
            (r#"{"value": 1, "value": 2}"#, "not-understood"),
            (r#"{"value": 1} {"value": 2}"#, "not-understood"),
        ] {
            assert_eq!(
                read(payload.as_bytes()).unwrap_err().code(),
                code,
                "{payload}"
            );
        }
        let deep = "[".repeat(10_000);
        assert_eq!(read(deep.as_bytes()).unwrap_err().code(), "not-understood");
        let deep = [0x81; 10_000];
        assert_eq!(read(&deep).unwrap_err().code(), "not-understood");
        let large = vec![b' '; MOST_BYTES + 1];
        assert_eq!(read(&large).unwrap_err().code(), "too-large");
        let many = serde_json::json!({"value": vec![1; MOST_SAMPLES + 1], "period_ms": 1});
        assert_eq!(
            read(many.to_string().as_bytes()).unwrap_err().code(),
            "too-many-samples"
        );
    }

    #[test]
    fn every_part_of_a_message_is_refused() {
        let value = serde_json::json!({"t": 1_795_680_000_000_i64, "code": "150456",
            "value": [97.25, null, 96], "period_ms": 1000, "unit": "%"});
        for whole in [value.to_string().into_bytes(), cbor(&value)] {
            for end in 0..whole.len() {
                assert!(read(&whole[..end]).is_err(), "{end} bytes");
            }
        }
    }
}
