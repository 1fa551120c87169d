//! DIMSE messages (PS3.7): command sets and how they travel in P-DATA.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;

use crate::bounds;

/// The Command Data Set Type that says that no data set follows.
const NO_DATA_SET: u16 = 0x0101;
/// The part of a request's Command Field that its response sets.
const RESPONSE: u16 = 0x8000;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// C-STORE.
    Store,
    /// C-GET.
    Get,
    /// C-FIND.
    Find,
    /// C-MOVE.
    Move,
    /// C-ECHO.
    Echo,
    /// N-EVENT-REPORT.
    EventReport,
    /// N-ACTION.
    Action,
    /// C-CANCEL, to which there is no response.
    Cancel,
    /// Anything else, by its Command Field.
    Other(u16),
}

/// Operations with their Command Fields.
const FIELDS: &[(Operation, u16)] = &[
    (Operation::Store, 0x0001),
    (Operation::Get, 0x0010),
    (Operation::Find, 0x0020),
    (Operation::Move, 0x0021),
    (Operation::Echo, 0x0030),
    (Operation::EventReport, 0x0100),
    (Operation::Action, 0x0130),
    (Operation::Cancel, 0x0fff),
];

impl Operation {
    fn of(field: u16) -> Self {
        let known = FIELDS.iter().find(|(_, known)| *known == field);
        known.map_or(Self::Other(field), |(operation, _)| *operation)
    }

    fn field(self) -> u16 {
        if let Self::Other(field) = self {
            return field;
        }
        let known = FIELDS.iter().find(|(operation, _)| *operation == self);
        known.map_or(0, |(_, field)| *field)
    }
}

/// The status of a response (PS3.7 annex C, PS3.4 annexes B, C, J and K).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const SUCCESS: Self = Self(0x0000);
    /// More responses follow.
    pub const PENDING: Self = Self(0xff00);
    /// More responses follow; some optional keys were not matched.
    pub const PENDING_SOME_KEYS: Self = Self(0xff01);
    /// Ended because the peer asked for it.
    pub const CANCELED: Self = Self(0xfe00);
    /// Refused: out of resources.
    pub const OUT_OF_RESOURCES: Self = Self(0xa700);
    /// Refused: the number of matches cannot be calculated.
    pub const CANNOT_COUNT: Self = Self(0xa701);
    /// Refused: no sub-operation could be performed.
    pub const CANNOT_PERFORM: Self = Self(0xa702);
    /// Refused: move destination unknown.
    pub const DESTINATION_UNKNOWN: Self = Self(0xa801);
    /// Error: data set (or identifier) does not match SOP class.
    pub const MISMATCH: Self = Self(0xa900);
    /// Sub-operations complete, one or more failed.
    pub const SOME_FAILED: Self = Self(0xb000);
    /// Error: cannot understand, unable to process.
    pub const NOT_UNDERSTOOD: Self = Self(0xc000);
    /// Processing failure.
    pub const PROCESSING_FAILURE: Self = Self(0x0110);
    /// No such object instance.
    pub const NO_SUCH_INSTANCE: Self = Self(0x0112);
    /// Invalid argument value.
    pub const INVALID_ARGUMENT: Self = Self(0x0115);
    /// Class of the instance differs from the one named.
    pub const CLASS_CONFLICT: Self = Self(0x0119);
    /// No such action.
    pub const NO_SUCH_ACTION: Self = Self(0x0123);
    /// Refused: not authorized.
    pub const NOT_AUTHORIZED: Self = Self(0x0124);
    /// Failure: unrecognized operation.
    pub const UNKNOWN_OPERATION: Self = Self(0x0211);

    /// Whether the object was stored; warnings (`Bxxx`) say so too.
    pub fn is_stored(self) -> bool {
        self == Self::SUCCESS || self.is_warning()
    }

    /// Whether it was done with a warning.
    pub fn is_warning(self) -> bool {
        self.0 & 0xf000 == 0xb000
    }

    /// Whether more responses follow.
    pub fn is_pending(self) -> bool {
        self == Self::PENDING || self == Self::PENDING_SOME_KEYS
    }
}

/// How many sub-operations of a retrieval came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Still to be done.
    pub remaining: u16,
    /// Done.
    pub completed: u16,
    /// Failed.
    pub failed: u16,
    /// Done with a warning.
    pub warning: u16,
}

/// A request's command set.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub operation: Operation,
    pub message: u16,
    pub class: String,
    pub instance: String,
    pub has_data_set: bool,
    /// Where a C-MOVE sends to.
    pub destination: String,
    /// Who asked for the C-MOVE that a C-STORE is part of, and by which message.
    pub originator: Option<(String, u16)>,
    /// Action Type ID or Event Type ID.
    pub kind: Option<u16>,
}

/// A response's command set.
#[derive(Clone, Debug, Default)]
pub(crate) struct Response {
    pub message: u16,
    pub status: Status,
    pub comment: String,
    pub has_data_set: bool,
    pub counts: Option<Counts>,
}

impl Default for Status {
    fn default() -> Self {
        Self::SUCCESS
    }
}

/// A command set that came in.
#[derive(Clone, Debug)]
pub(crate) enum Command {
    Request(Request),
    Response(Response),
}

impl Command {
    /// Reads a command set; `None` where it is not well formed.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let command = read(bytes)?;
        let field = number(&command, tags::COMMAND_FIELD)?;
        let has_data_set = number(&command, tags::COMMAND_DATA_SET_TYPE)? != NO_DATA_SET;
        if field & RESPONSE != 0 {
            return Some(Self::Response(Response {
                message: number(&command, tags::MESSAGE_ID_BEING_RESPONDED_TO)?,
                status: Status(number(&command, tags::STATUS)?),
                comment: text(&command, tags::ERROR_COMMENT),
                has_data_set,
                counts: counts(&command),
            }));
        }
        let operation = Operation::of(field);
        let message = match operation {
            // What is to be cancelled stands in the place of what is responded to.
            Operation::Cancel => number(&command, tags::MESSAGE_ID_BEING_RESPONDED_TO),
            _ => number(&command, tags::MESSAGE_ID),
        };
        let either = |affected, requested| {
            let text = |tag| Some(text(&command, tag)).filter(|text| !text.is_empty());
            text(affected)
                .or_else(|| text(requested))
                .unwrap_or_default()
        };
        let originator = text(&command, tags::MOVE_ORIGINATOR_APPLICATION_ENTITY_TITLE);
        Some(Self::Request(Request {
            operation,
            message: message.unwrap_or(0),
            class: either(tags::AFFECTED_SOP_CLASS_UID, tags::REQUESTED_SOP_CLASS_UID),
            instance: either(
                tags::AFFECTED_SOP_INSTANCE_UID,
                tags::REQUESTED_SOP_INSTANCE_UID,
            ),
            has_data_set,
            destination: text(&command, tags::MOVE_DESTINATION),
            originator: (!originator.is_empty()).then(|| {
                let message = number(&command, tags::MOVE_ORIGINATOR_MESSAGE_ID);
                (originator, message.unwrap_or(0))
            }),
            kind: number(&command, tags::ACTION_TYPE_ID)
                .or_else(|| number(&command, tags::EVENT_TYPE_ID)),
        }))
    }
}

impl Request {
    /// A request without what only some operations have.
    pub fn new(operation: Operation, message: u16, class: &str) -> Self {
        Self {
            operation,
            message,
            class: class.to_owned(),
            instance: String::new(),
            has_data_set: !matches!(operation, Operation::Echo | Operation::Cancel),
            destination: String::new(),
            originator: None,
            kind: None,
        }
    }

    /// The command set's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut elements = vec![
            element(tags::COMMAND_FIELD, VR::US, self.operation.field()),
            element(
                tags::COMMAND_DATA_SET_TYPE,
                VR::US,
                if self.has_data_set { 0 } else { NO_DATA_SET },
            ),
        ];
        let mut put = |tag, vr, value: PrimitiveValue| elements.push(element(tag, vr, value));
        if self.operation == Operation::Cancel {
            put(
                tags::MESSAGE_ID_BEING_RESPONDED_TO,
                VR::US,
                self.message.into(),
            );
            return write(elements);
        }
        put(tags::MESSAGE_ID, VR::US, self.message.into());
        let requested = self.operation == Operation::Action;
        let (class, instance) = if requested {
            (
                tags::REQUESTED_SOP_CLASS_UID,
                tags::REQUESTED_SOP_INSTANCE_UID,
            )
        } else {
            (
                tags::AFFECTED_SOP_CLASS_UID,
                tags::AFFECTED_SOP_INSTANCE_UID,
            )
        };
        put(class, VR::UI, self.class.as_str().into());
        if !self.instance.is_empty() {
            put(instance, VR::UI, self.instance.as_str().into());
        }
        if matches!(
            self.operation,
            Operation::Store | Operation::Find | Operation::Get | Operation::Move
        ) {
            put(tags::PRIORITY, VR::US, 0_u16.into());
        }
        if self.operation == Operation::Move {
            put(
                tags::MOVE_DESTINATION,
                VR::AE,
                self.destination.as_str().into(),
            );
        }
        if let Some((title, message)) = &self.originator {
            put(
                tags::MOVE_ORIGINATOR_APPLICATION_ENTITY_TITLE,
                VR::AE,
                title.as_str().into(),
            );
            put(tags::MOVE_ORIGINATOR_MESSAGE_ID, VR::US, (*message).into());
        }
        if let Some(kind) = self.kind {
            let tag = if requested {
                tags::ACTION_TYPE_ID
            } else {
                tags::EVENT_TYPE_ID
            };
            put(tag, VR::US, kind.into());
        }
        write(elements)
    }

    /// The bytes of the response to this request; its operation and message are those of the request.
    pub fn answered(&self, answer: &Response) -> Vec<u8> {
        let mut elements = vec![
            element(
                tags::COMMAND_FIELD,
                VR::US,
                self.operation.field() | RESPONSE,
            ),
            element(tags::MESSAGE_ID_BEING_RESPONDED_TO, VR::US, self.message),
            element(
                tags::COMMAND_DATA_SET_TYPE,
                VR::US,
                if answer.has_data_set { 0 } else { NO_DATA_SET },
            ),
            element(tags::STATUS, VR::US, answer.status.0),
        ];
        let mut put = |tag, vr, value: PrimitiveValue| elements.push(element(tag, vr, value));
        if !self.class.is_empty() {
            put(
                tags::AFFECTED_SOP_CLASS_UID,
                VR::UI,
                self.class.as_str().into(),
            );
        }
        if !self.instance.is_empty() {
            put(
                tags::AFFECTED_SOP_INSTANCE_UID,
                VR::UI,
                self.instance.as_str().into(),
            );
        }
        if let Some(kind) = self.kind {
            let tag = if self.operation == Operation::Action {
                tags::ACTION_TYPE_ID
            } else {
                tags::EVENT_TYPE_ID
            };
            put(tag, VR::US, kind.into());
        }
        if !answer.comment.is_empty() {
            let plain = |c: &char| c.is_ascii() && *c != '\\';
            let comment: String = answer.comment.chars().filter(plain).take(64).collect();
            put(tags::ERROR_COMMENT, VR::LO, comment.into());
        }
        if let Some(counts) = answer.counts {
            // Pending and cancelled responses say what remains; final ones do not.
            if answer.status.is_pending() || answer.status == Status::CANCELED {
                put(
                    tags::NUMBER_OF_REMAINING_SUBOPERATIONS,
                    VR::US,
                    counts.remaining.into(),
                );
            }
            for (tag, number) in [
                (tags::NUMBER_OF_COMPLETED_SUBOPERATIONS, counts.completed),
                (tags::NUMBER_OF_FAILED_SUBOPERATIONS, counts.failed),
                (tags::NUMBER_OF_WARNING_SUBOPERATIONS, counts.warning),
            ] {
                put(tag, VR::US, number.into());
            }
        }
        write(elements)
    }
}

fn counts(command: &InMemDicomObject) -> Option<Counts> {
    let count = |tag| number(command, tag);
    let remaining = count(tags::NUMBER_OF_REMAINING_SUBOPERATIONS);
    let completed = count(tags::NUMBER_OF_COMPLETED_SUBOPERATIONS);
    if remaining.is_none() && completed.is_none() {
        return None;
    }
    Some(Counts {
        remaining: remaining.unwrap_or(0),
        completed: completed.unwrap_or(0),
        failed: count(tags::NUMBER_OF_FAILED_SUBOPERATIONS).unwrap_or(0),
        warning: count(tags::NUMBER_OF_WARNING_SUBOPERATIONS).unwrap_or(0),
    })
}

/// Command sets are implicit VR little endian, whatever was negotiated for data sets.
fn read(bytes: &[u8]) -> Option<InMemDicomObject> {
    bounds::check(bytes, uids::IMPLICIT_VR_LITTLE_ENDIAN).ok()?;
    InMemDicomObject::read_dataset_with_ts(bytes, &IMPLICIT_VR_LITTLE_ENDIAN.erased()).ok()
}

/// Writes elements in the order of their tags, with the group length in front.
fn write(elements: Vec<DataElement<InMemDicomObject>>) -> Vec<u8> {
    let mut command = InMemDicomObject::new_empty();
    for element in elements {
        command.put(element);
    }
    let mut body = Vec::new();
    // A handful of short elements in memory cannot fail to be written; were it so, the peer gets an empty
    // command set and aborts.
    if command
        .write_dataset_with_ts(&mut body, &IMPLICIT_VR_LITTLE_ENDIAN.erased())
        .is_err()
    {
        body.clear();
    }
    let length = u32::try_from(body.len()).unwrap_or(0);
    let mut bytes = vec![0, 0, 0, 0, 4, 0, 0, 0];
    bytes.extend_from_slice(&length.to_le_bytes());
    bytes.append(&mut body);
    bytes
}

fn element(tag: Tag, vr: VR, value: impl Into<PrimitiveValue>) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, vr, value.into())
}

fn number(command: &InMemDicomObject, tag: Tag) -> Option<u16> {
    command.get(tag)?.to_int().ok()
}

fn text(command: &InMemDicomObject, tag: Tag) -> String {
    let text = command.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_responses_come_back_as_they_were() {
        for (operation, kind) in [
            (Operation::Store, None),
            (Operation::Find, None),
            (Operation::Move, None),
            (Operation::Get, None),
            (Operation::Action, Some(1)),
            (Operation::EventReport, Some(2)),
            (Operation::Cancel, None),
        ] {
            let request = Request {
                instance: "1.2.3".to_owned(),
                destination: "STORE1".to_owned(),
                originator: Some(("WS1".to_owned(), 9)),
                kind,
                ..Request::new(operation, 7, "1.2.840.10008.1.1")
            };
            let Some(Command::Request(read)) = Command::read(&request.bytes()) else {
                panic!("{operation:?}: no request");
            };
            assert_eq!((read.operation, read.message), (operation, 7));
            assert_eq!(read.kind, kind, "{operation:?}");
            if operation == Operation::Cancel {
                continue;
            }
            assert_eq!(
                (read.class.as_str(), read.instance.as_str()),
                ("1.2.840.10008.1.1", "1.2.3"),
                "{operation:?}"
            );
            let counts = Counts {
                remaining: 3,
                completed: 2,
                failed: 1,
                warning: 0,
            };
            let answer = Response {
                status: Status::PENDING,
                has_data_set: true,
                counts: Some(counts),
                ..Response::default()
            };
            let Some(Command::Response(read)) = Command::read(&request.answered(&answer)) else {
                panic!("{operation:?}: no response");
            };
            assert_eq!((read.message, read.status), (7, Status::PENDING));
            assert_eq!((read.counts, read.has_data_set), (Some(counts), true));
        }
    }

    #[test]
    fn a_command_set_that_is_none_is_not_read() {
        for bytes in [&b""[..], b"\x01\x02\x03", &[0xff; 64]] {
            assert!(Command::read(bytes).is_none());
        }
    }
}
