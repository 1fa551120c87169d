//! What devices say of themselves, and what they answer to commands.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::Timestamp;

use crate::refusal::Refusal;

/// The most bytes of a state or an acknowledgement.
const MOST_BYTES: usize = 16 << 10;

/// What a device says of itself, kept at `…/state`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// Whether it is there; `false` comes as its last will.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub online: Option<bool>,
    /// What its battery holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub battery: Option<Battery>,
    /// The version of its software.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub software: Option<String>,
    /// How its last self-check went.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub self_check: Option<SelfCheck>,
    /// Its serial number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
    /// Until when it is calibrated.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibration_due: Option<Timestamp>,
    /// Where it is, as the id of a `Location`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it complains of, in its own words.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<String>,
}

impl State {
    /// Whether it complains of something, or failed its self-check.
    pub fn is_faulty(&self) -> bool {
        let failed = |check: &SelfCheck| !check.passed;
        !self.faults.is_empty() || self.self_check.as_ref().is_some_and(failed)
    }
}

/// What a battery holds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Battery {
    /// Of what it can hold, 0 to 100.
    pub percent: f64,
    /// Whether it is being charged.
    #[serde(default)]
    pub charging: bool,
}

/// How a device's self-check went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelfCheck {
    /// Whether all is well.
    pub passed: bool,
    /// What is not, in its own words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// What a device answers to a command, on `…/command/ack`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Acknowledgement {
    /// The command's id.
    pub id: String,
    /// How it stands.
    pub answer: Answer,
    /// Why, where it is refused or failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it was asked for, such as the last lines of its log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// How a command stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// The device will do it.
    Accepted,
    /// It is done.
    Done,
    /// The device will not do it.
    Refused,
    /// The device tried in vain.
    Failed,
}

fn json<T: for<'de> Deserialize<'de>>(payload: &[u8]) -> Result<T, Refusal> {
    if payload.len() > MOST_BYTES {
        return Err(Refusal::TooLarge {
            bytes: payload.len(),
            most: MOST_BYTES,
        });
    }
    serde_json::from_slice(payload).map_err(|error| Refusal::NotUnderstood {
        format: "JSON",
        position: (error.line() == 1).then_some(error.column()),
    })
}

/// A text of others: cut short, on one line.
fn short(text: &str, most: usize) -> String {
    let printable = text.chars().filter(|c| !c.is_control());
    printable.take(most).collect()
}

impl State {
    /// Reads what a device says of itself.
    pub fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let mut state: Self = json(payload)?;
        if let Some(battery) = state.battery
            && !(0.0..=100.0).contains(&battery.percent)
        {
            return Err(Refusal::OutOfRange {
                low: 0.0,
                high: 100.0,
                unit: "%".into(),
            });
        }
        state.software = state.software.map(|text| short(&text, 64));
        if let Some(check) = &mut state.self_check {
            check.reason = check.reason.take().map(|text| short(&text, 200));
        }
        state.serial = state.serial.map(|text| short(&text, 64));
        state.place = state.place.map(|text| short(&text, 64));
        state.faults.truncate(16);
        for fault in &mut state.faults {
            *fault = short(fault, 200);
        }
        Ok(state)
    }
}

impl Acknowledgement {
    /// Reads what a device answers to a command.
    pub fn read(payload: &[u8]) -> Result<Self, Refusal> {
        let mut answer: Self = json(payload)?;
        answer.id = short(&answer.id, 64);
        answer.reason = answer.reason.map(|text| short(&text, 200));
        Ok(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_taken_as_far_as_it_can_be_true() {
        let state = State::read(
            br#"{"online": true, "battery": {"percent": 80}, "faults": ["probe\noff"], "own": 1}"#,
        )
        .unwrap();
        assert_eq!(state.battery.map(|battery| battery.percent), Some(80.0));
        assert_eq!(state.faults, ["probeoff"]);
        let refused = State::read(br#"{"battery": {"percent": 180}}"#).unwrap_err();
        assert_eq!(refused.code(), "out-of-range");
        assert!(State::read(br#"{"online": tr"#).is_err());
        let answer = Acknowledgement::read(br#"{"id": "c1", "answer": "done"}"#).unwrap();
        assert_eq!(answer.answer, Answer::Done);
    }
}
