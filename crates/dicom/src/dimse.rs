//! DIMSE messages (PS3.7): command sets and how they travel in P-DATA.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR};
use dicom_dictionary_std::tags;
use dicom_object::InMemDicomObject;
use dicom_transfer_syntax_registry::entries::IMPLICIT_VR_LITTLE_ENDIAN;

/// The Command Data Set Type that says that no data set follows.
const NO_DATA_SET: u16 = 0x0101;
/// The part of a request's Command Field that its response sets.
const RESPONSE: u16 = 0x8000;

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// C-STORE.
    Store,
    /// C-ECHO.
    Echo,
    /// C-CANCEL, to which there is no response.
    Cancel,
    /// Anything else, by its Command Field.
    Other(u16),
}

impl Operation {
    fn of(field: u16) -> Self {
        match field {
            0x0001 => Self::Store,
            0x0030 => Self::Echo,
            0x0fff => Self::Cancel,
            other => Self::Other(other),
        }
    }

    fn field(self) -> u16 {
        match self {
            Self::Store => 0x0001,
            Self::Echo => 0x0030,
            Self::Cancel => 0x0fff,
            Self::Other(field) => field,
        }
    }
}

/// The status of a response (PS3.7 annex C, PS3.4 annex B.2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Status(pub u16);

impl Status {
    /// Done.
    pub const SUCCESS: Self = Self(0x0000);
    /// Refused: out of resources.
    pub const OUT_OF_RESOURCES: Self = Self(0xa700);
    /// Error: data set does not match SOP class.
    pub const MISMATCH: Self = Self(0xa900);
    /// Error: cannot understand.
    pub const NOT_UNDERSTOOD: Self = Self(0xc000);
    /// Refused: not authorized.
    pub const NOT_AUTHORIZED: Self = Self(0x0124);
    /// Failure: unrecognized operation.
    pub const UNKNOWN_OPERATION: Self = Self(0x0211);

    /// Whether the object was stored; warnings (`Bxxx`) say so too.
    pub fn is_stored(self) -> bool {
        self == Self::SUCCESS || self.0 & 0xf000 == 0xb000
    }
}

/// A request's command set.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub operation: Operation,
    pub message: u16,
    pub class: String,
    pub instance: String,
    pub has_data_set: bool,
}

/// A response's command set.
#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub message: u16,
    pub status: Status,
    pub comment: String,
}

impl Request {
    /// Reads a command set; `None` where it is not well formed.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let command = read(bytes)?;
        Some(Self {
            operation: Operation::of(number(&command, tags::COMMAND_FIELD)?),
            message: number(&command, tags::MESSAGE_ID).unwrap_or(0),
            class: text(&command, tags::AFFECTED_SOP_CLASS_UID),
            instance: text(&command, tags::AFFECTED_SOP_INSTANCE_UID),
            has_data_set: number(&command, tags::COMMAND_DATA_SET_TYPE)? != NO_DATA_SET,
        })
    }

    /// The command set's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let mut elements = vec![
            element(tags::AFFECTED_SOP_CLASS_UID, VR::UI, self.class.as_str()),
            element(tags::COMMAND_FIELD, VR::US, self.operation.field()),
            element(tags::MESSAGE_ID, VR::US, self.message),
            element(
                tags::COMMAND_DATA_SET_TYPE,
                VR::US,
                if self.has_data_set { 0 } else { NO_DATA_SET },
            ),
        ];
        if self.operation == Operation::Store {
            elements.push(element(tags::PRIORITY, VR::US, 0_u16));
            elements.push(element(
                tags::AFFECTED_SOP_INSTANCE_UID,
                VR::UI,
                self.instance.as_str(),
            ));
        }
        write(elements)
    }

    /// The bytes of the response to this request.
    pub fn answered(&self, status: Status, comment: &str) -> Vec<u8> {
        let mut elements = vec![
            element(
                tags::COMMAND_FIELD,
                VR::US,
                self.operation.field() | RESPONSE,
            ),
            element(tags::MESSAGE_ID_BEING_RESPONDED_TO, VR::US, self.message),
            element(tags::COMMAND_DATA_SET_TYPE, VR::US, NO_DATA_SET),
            element(tags::STATUS, VR::US, status.0),
        ];
        if !self.class.is_empty() {
            elements.push(element(
                tags::AFFECTED_SOP_CLASS_UID,
                VR::UI,
                self.class.as_str(),
            ));
        }
        if !self.instance.is_empty() {
            elements.push(element(
                tags::AFFECTED_SOP_INSTANCE_UID,
                VR::UI,
                self.instance.as_str(),
            ));
        }
        if !comment.is_empty() {
            let comment: String = comment
                .chars()
                .filter(|c| c.is_ascii() && *c != '\\')
                .take(64)
                .collect();
            elements.push(element(tags::ERROR_COMMENT, VR::LO, comment));
        }
        write(elements)
    }
}

impl Response {
    /// Reads a response's command set; `None` where it is none.
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let command = read(bytes)?;
        if number(&command, tags::COMMAND_FIELD)? & RESPONSE == 0 {
            return None;
        }
        Some(Self {
            message: number(&command, tags::MESSAGE_ID_BEING_RESPONDED_TO)?,
            status: Status(number(&command, tags::STATUS)?),
            comment: text(&command, tags::ERROR_COMMENT),
        })
    }
}

/// Command sets are implicit VR little endian, whatever was negotiated for data sets.
fn read(bytes: &[u8]) -> Option<InMemDicomObject> {
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
