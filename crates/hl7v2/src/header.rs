//! The first segment: who sends what, and how it wants to be answered.

use hl7_parser::message::{Field, Message, Separators};

use crate::{Refusal, acknowledgement::Fault, moment::Offset};

/// The longest control id that is sent back.
const LONGEST_ID: usize = 199;

/// Who sends.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    /// The application: MSH-3, its first component.
    pub application: String,
    /// The facility: MSH-4, its first component.
    pub facility: String,
}

/// What the first segment says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Who sends.
    pub from: Sender,
    /// To whom.
    pub to: Sender,
    /// What kind of message: MSH-9, such as `ORU` and `R01`.
    pub kind: (String, String),
    /// Its id, by which it is acknowledged.
    pub control_id: String,
    /// `P` for production.
    pub processing: String,
    /// Such as `2.6`.
    pub version: String,
    /// How far times without an offset are from UTC, as MSH-7 says.
    pub offset: Option<Offset>,
    /// The sender waits for the commit acknowledgement of the enhanced mode and for no other.
    pub commit_only: bool,
}

/// The text of a component, without escapes; empty where there is none.
pub(crate) fn component(
    field: Option<&Field<'_>>,
    number: usize,
    separators: &Separators,
) -> String {
    let found = field.and_then(|field| field.component(number));
    found.map_or_else(String::new, |found| {
        let raw = found.subcomponent(1).map_or("", |first| first.raw_value());
        unescaped(raw, separators)
    })
}

/// A text without its escapes and the space around it; what no second escape ends stands as it was sent. The parser's
/// own `decode` counts characters and cuts bytes, so that it panics or errs behind the first character beyond ASCII.
pub(crate) fn unescaped(raw: &str, separators: &Separators) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut pieces = raw.split(separators.escape).enumerate().peekable();
    while let Some((place, piece)) = pieces.next() {
        if place % 2 == 0 {
            text.push_str(piece);
            continue;
        }
        if pieces.peek().is_none() {
            text.push(separators.escape);
            text.push_str(piece);
            continue;
        }
        match piece {
            "F" => text.push(separators.field),
            "R" => text.push(separators.repetition),
            "S" => text.push(separators.component),
            "T" => text.push(separators.subcomponent),
            "E" => text.push(separators.escape),
            "X0A" => text.push('\n'),
            "X0D" | ".br" => text.push('\r'),
            other => text.push_str(other),
        }
    }
    text.trim().to_owned()
}

impl Header {
    /// Reads it.
    pub fn read(message: &Message<'_>) -> Result<Self, Refusal> {
        let missing = |field: usize, what: &str| {
            let text = format!("find {what}");
            Refusal::new(format!("MSH^1^{field}"), Fault::RequiredMissing, text)
        };
        let msh = message.segment("MSH").ok_or_else(|| missing(1, "MSH"))?;
        let text = |field, part| component(msh.field(field), part, &message.separators);
        let control_id = text(10, 1);
        if control_id.is_empty() || control_id.len() > LONGEST_ID {
            return Err(missing(10, "the message's control id"));
        }
        let sender = |application, facility| Sender {
            application: text(application, 1),
            facility: text(facility, 1),
        };
        Ok(Self {
            from: sender(3, 4),
            to: sender(5, 6),
            kind: (text(9, 1), text(9, 2)),
            control_id,
            processing: text(11, 1),
            version: text(12, 1),
            offset: Offset::at_end_of(&text(7, 1)),
            commit_only: text(15, 1) == "AL" && text(16, 1) == "NE",
        })
    }

    /// Whether it is a message that this crate reads, from production.
    pub(crate) fn check(&self) -> Result<(), Refusal> {
        let refuse = |field: usize, fault, text: &str| {
            Err(Refusal::new(format!("MSH^1^{field}"), fault, text))
        };
        if self.kind.0 != "ORU" {
            return refuse(
                9,
                Fault::MessageType,
                "take this type of message: only ORU^R01",
            );
        }
        if self.kind.1 != "R01" {
            return refuse(9, Fault::EventCode, "take this event: only ORU^R01");
        }
        if self.processing != "P" {
            let text = "take what is not from production: MSH-11 is not P";
            return refuse(11, Fault::ProcessingId, text);
        }
        if !self.version.starts_with("2.") {
            return refuse(12, Fault::Version, "take this version: only HL7 v2");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_end_where_they_do_in_any_script() {
        let separators = Separators::default();
        for (sent, is) in [
            ("plain", "plain"),
            (r"A\T\B", "A&B"),
            (r"呼吸科\T\病房", "呼吸科&病房"),
            (r"؊\E\x\F\\S\", r"؊\x|^"),
            (r"血氧\.br\正常", "血氧\r正常"),
            (r"病房\X 二", r"病房\X 二"),
            (r" \H\粗\N\ ", "H粗N"),
        ] {
            assert_eq!(unescaped(sent, &separators), is);
        }
    }
}
