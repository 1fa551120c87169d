//! What is answered: `ACK` with `MSA`, and an `ERR` for each fault.

use hl7_parser::message::Separators;
use vocabulary::Timestamp;

use crate::{Header, Refusal, moment::written};

/// How a message was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// All of it is kept.
    Accepted,
    /// Its content is wrong: sent again as it is, it is wrong again.
    Error,
    /// It is not looked at, or cannot be kept now.
    Rejected,
}

/// Kinds of faults: table 0357.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A segment is missing or stands in a wrong place.
    Sequence,
    /// A field that must be there is missing.
    RequiredMissing,
    /// A field is not of its type.
    DataType,
    /// A code is not one that is known here.
    NotInTable,
    /// The type of message.
    MessageType,
    /// The event.
    EventCode,
    /// Test data, or none of production.
    ProcessingId,
    /// The version.
    Version,
    /// Somebody or something that is named is not known.
    UnknownKey,
    /// The hospital's own fault.
    Internal,
}

impl Fault {
    fn coded(self) -> (&'static str, &'static str) {
        match self {
            Self::Sequence => ("100", "Segment sequence error"),
            Self::RequiredMissing => ("101", "Required field missing"),
            Self::DataType => ("102", "Data type error"),
            Self::NotInTable => ("103", "Table value not found"),
            Self::MessageType => ("200", "Unsupported message type"),
            Self::EventCode => ("201", "Unsupported event code"),
            Self::ProcessingId => ("202", "Unsupported processing id"),
            Self::Version => ("203", "Unsupported version id"),
            Self::UnknownKey => ("204", "Unknown key identifier"),
            Self::Internal => ("207", "Application internal error"),
        }
    }
}

/// The acknowledgement of a message; of one without a header, where there is none. `id` names the acknowledgement.
pub fn acknowledge(
    header: Option<&Header>,
    answer: Answer,
    faults: &[Refusal],
    id: &str,
    now: Timestamp,
) -> String {
    let separators = Separators::default();
    let escaped = |text: &str| separators.encode(text).to_string();
    let of = |text: fn(&Header) -> &str| header.map_or_else(String::new, |one| escaped(text(one)));
    let version = Some(of(|one| &one.version)).filter(|version| version.starts_with("2."));
    let commit = header.is_some_and(|header| header.commit_only);
    let code = match (answer, commit) {
        (Answer::Accepted, false) => "AA",
        (Answer::Error, false) => "AE",
        (Answer::Rejected, false) => "AR",
        (Answer::Accepted, true) => "CA",
        (Answer::Error, true) => "CE",
        (Answer::Rejected, true) => "CR",
    };
    let event = Some(of(|one| &one.kind.1)).filter(|event| !event.is_empty());
    let kind = event.map_or_else(|| "ACK".to_owned(), |event| format!("ACK^{event}^ACK"));
    let mut segments = vec![
        format!(
            "MSH|^~\\&|{}|{}|{}|{}|{}||{kind}|{}|{}|{}||||||UNICODE UTF-8",
            of(|one| &one.to.application),
            of(|one| &one.to.facility),
            of(|one| &one.from.application),
            of(|one| &one.from.facility),
            written(now),
            escaped(id),
            header.map_or("P".to_owned(), |one| escaped(&one.processing)),
            version.unwrap_or_else(|| "2.6".to_owned()),
        ),
        format!("MSA|{code}|{}", of(|one| &one.control_id)),
    ];
    let severity = if answer == Answer::Accepted { "W" } else { "E" };
    for Refusal { place, fault, text } in faults {
        let (number, name) = fault.coded();
        let text = escaped(&format!("could not {text}"));
        segments.push(format!(
            "ERR||{place}|{number}^{name}^HL70357|{severity}||||{text}"
        ));
    }
    segments.join("\r") + "\r"
}
