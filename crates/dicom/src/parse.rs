use std::{fmt, io::Cursor};

use bytes::Bytes;
use dicom_core::Tag;
use dicom_dictionary_std::{
    tags,
    uids::{DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN, MEDIA_STORAGE_DIRECTORY_STORAGE},
};
use dicom_object::{
    DefaultDicomObject, InMemDicomObject, OpenFileOptions, ReadError,
    file::{OddLengthStrategy, ReadPreamble},
    meta::{FileMetaTable, FileMetaTableBuilder},
};
use record::Instance;
use serde_json::{Map, Value, json};
use tokio::task::spawn_blocking;
use vocabulary::{Digest, PatientId, Uid};

use crate::{bounds, create, index::INDEXED, receive::Memory, tag_key, text, unknown};

/// Everything from here on is pixel data, which is not looked at when an object is taken in.
const PIXELS: Tag = Tag(0x7fe0, 0x0000);
const PREAMBLE: usize = 128;
const MAGIC: &[u8] = b"DICM";

/// Why bytes could not be taken as a DICOM object. Says what and where, never a value.
#[derive(Debug, thiserror::Error)]
pub enum ParseError {
    /// There is no DICOM file here.
    #[error("find a DICOM file: there is no file meta group")]
    NotDicom,
    /// The file meta group or the data set is not well formed.
    #[error("read the {part}: {why}")]
    Malformed {
        /// Which part.
        part: &'static str,
        /// What went wrong and where.
        why: String,
    },
    /// The data set's transfer syntax is none that can be read.
    #[error("read the data set: transfer syntax {0} is not known")]
    TransferSyntax(String),
    /// An attribute without which the object cannot be filed is missing or empty.
    #[error("file the object: attribute {} is missing", Shown(*.0))]
    Missing(Tag),
    /// An attribute without which the object cannot be filed is not well formed.
    #[error("file the object: attribute {} is not a UID", Shown(*.0))]
    NotUid(Tag),
    /// This is a directory of files, not an object.
    #[error("file the object: a DICOMDIR lists objects and is none")]
    Directory,
}

struct Shown(Tag);

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "({:04X},{:04X})", self.0.group(), self.0.element())
    }
}

/// Who an object says that it shows. All text is UTF-8 whatever the object's character set was.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct PatientIdentity {
    /// Patient ID; may be empty.
    pub id: String,
    /// Issuer of patient ID; may be empty.
    pub issuer: String,
    /// Patient's name, all component groups.
    pub name: String,
    /// Birth date, `YYYYMMDD`; may be empty.
    pub birth_date: String,
    /// Sex; may be empty.
    pub sex: String,
}

impl fmt::Debug for PatientIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PatientIdentity(…)")
    }
}

/// A DICOM object as it is to be kept.
#[derive(Clone)]
pub struct ParsedObject {
    /// Study instance UID.
    pub study: Uid,
    /// Series instance UID.
    pub series: Uid,
    /// SOP instance UID.
    pub sop: Uid,
    /// SOP class UID.
    pub class: Uid,
    /// Transfer syntax UID of the data set.
    pub transfer_syntax: Uid,
    /// Attributes to find it by, as DICOM JSON in UTF-8.
    pub attributes: Value,
    /// Whom it says that it shows.
    pub patient: PatientIdentity,
    /// The whole file: preamble, file meta group and the data set as it came.
    pub file: Bytes,
}

impl fmt::Debug for ParsedObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ParsedObject")
            .field("sop", &self.sop)
            .field("class", &self.class)
            .field("transfer_syntax", &self.transfer_syntax)
            .field("bytes", &self.file.len())
            .finish_non_exhaustive()
    }
}

impl ParsedObject {
    /// The object's description for the record, once it is known whom it shows.
    pub fn instance(&self, subject: PatientId) -> Instance {
        Instance {
            subject,
            study: self.study.clone(),
            series: self.series.clone(),
            sop: self.sop.clone(),
            class: self.class.clone(),
            transfer_syntax: self.transfer_syntax.clone(),
            // The record takes it of the bytes.
            digest: Digest([0; 32]),
            size: self.file.len() as u64,
            attributes: self.attributes.clone(),
            sequence: 0,
        }
    }
}

/// Reads a DICOM file as far as is needed to file it. A missing preamble is put in front.
pub fn parse(file: Bytes) -> Result<ParsedObject, ParseError> {
    let (file, meta) = whole(file)?;
    parse_whole(file, &meta, bounds::check)
}

/// As [`parse`] for a file that comes in, outside of the async threads; what a deflated data set may become is less, and
/// taken from `memory` before it is inflated.
pub async fn parse_within(file: Bytes, memory: &Memory) -> Result<ParsedObject, ParseError> {
    let failed = |_| ParseError::Malformed {
        part: "data set",
        why: "it could not be read".to_owned(),
    };
    let (file, meta) = spawn_blocking(move || whole(file))
        .await
        .map_err(failed)??;
    let room = if is_deflated(&meta) {
        // The copy that is looked at grows to twice its size at most.
        let most = bounds::most_inflated(file.len()).saturating_mul(2);
        Some(memory.room_to_inflate(most).await)
    } else {
        None
    };
    let parsed = spawn_blocking(move || {
        let _room = room;
        parse_whole(file, &meta, bounds::check_arriving)
    });
    parsed.await.map_err(failed)?
}

fn is_deflated(meta: &FileMetaTable) -> bool {
    meta.transfer_syntax() == DEFLATED_EXPLICIT_VR_LITTLE_ENDIAN
}

/// A file with all that belongs before its data set, and what that says.
fn whole(file: Bytes) -> Result<(Bytes, FileMetaTable), ParseError> {
    let file = with_meta_length(with_preamble(file)?)?;
    let meta = meta_of(&file)?;
    if meta.media_storage_sop_class_uid() == MEDIA_STORAGE_DIRECTORY_STORAGE {
        return Err(ParseError::Directory);
    }
    Ok((file, meta))
}

fn parse_whole(
    file: Bytes,
    meta: &FileMetaTable,
    check: fn(&[u8], &str) -> Result<(), String>,
) -> Result<ParsedObject, ParseError> {
    let data_set = data_set_bytes(&file).ok_or_else(breaks_off)?;
    let part = "data set";
    check(data_set, meta.transfer_syntax()).map_err(|why| ParseError::Malformed { part, why })?;
    let object = read(&file, Some(PIXELS))?;
    let transfer_syntax = uid(tags::TRANSFER_SYNTAX_UID, meta.transfer_syntax())?;
    let text = |tag| text_of(&object, tag);
    Ok(ParsedObject {
        study: uid_of(&object, tags::STUDY_INSTANCE_UID)?,
        series: uid_of(&object, tags::SERIES_INSTANCE_UID)?,
        attributes: attributes(&object, &transfer_syntax),
        patient: PatientIdentity {
            id: text(tags::PATIENT_ID),
            issuer: text(tags::ISSUER_OF_PATIENT_ID),
            name: text(tags::PATIENT_NAME),
            birth_date: text(tags::PATIENT_BIRTH_DATE),
            sex: text(tags::PATIENT_SEX),
        },
        // Where the file meta group names another object, it was not kept up with the data set.
        sop: uid_of(&object, tags::SOP_INSTANCE_UID)?,
        class: uid_of(&object, tags::SOP_CLASS_UID)?,
        transfer_syntax,
        file,
    })
}

fn breaks_off() -> ParseError {
    ParseError::Malformed {
        part: "file meta group",
        why: "it breaks off".to_owned(),
    }
}

/// The file with the length of its meta group set right, which many programs forget to do.
fn with_meta_length(file: Bytes) -> Result<Bytes, ParseError> {
    let start = PREAMBLE + MAGIC.len();
    let rest = file.get(start..).ok_or(ParseError::NotDicom)?;
    let group = bounds::meta_group(rest).ok_or_else(breaks_off)?;
    if group.length_is_right {
        return Ok(file);
    }
    let elements = rest.get(group.elements..group.end).ok_or_else(breaks_off)?;
    let length = u32::try_from(elements.len()).map_err(|_| breaks_off())?;
    let mut whole = file.get(..start).ok_or(ParseError::NotDicom)?.to_vec();
    whole.extend_from_slice(b"\x02\0\0\0UL\x04\0");
    whole.extend_from_slice(&length.to_le_bytes());
    whole.extend_from_slice(elements);
    whole.extend_from_slice(rest.get(group.end..).unwrap_or_default());
    Ok(whole.into())
}

/// The file meta group of a file with preamble.
fn meta_of(file: &[u8]) -> Result<FileMetaTable, ParseError> {
    let group = file.get(PREAMBLE..).ok_or(ParseError::NotDicom)?;
    FileMetaTable::from_reader(group).map_err(|error| malformed("file meta group", &error))
}

/// The transfer syntax of a file with preamble, by its file meta group alone.
pub(crate) fn transfer_syntax(file: &[u8]) -> Option<String> {
    let meta = meta_of(file).ok()?;
    Some(
        meta.transfer_syntax()
            .trim_end_matches(['\0', ' '])
            .to_owned(),
    )
}

/// Puts preamble and file meta group in front of a data set as it came over the network.
pub fn file_of_data_set(
    class: &str,
    instance: &str,
    transfer_syntax: &str,
    calling_ae: &str,
    data_set: &[u8],
) -> Result<Bytes, ParseError> {
    let mut file = file_head(class, instance, transfer_syntax, calling_ae)?;
    file.extend_from_slice(data_set);
    Ok(file.into())
}

/// Preamble and file meta group for a data set that comes over the network.
pub(crate) fn file_head(
    class: &str,
    instance: &str,
    transfer_syntax: &str,
    calling_ae: &str,
) -> Result<Vec<u8>, ParseError> {
    let mut head = vec![0; PREAMBLE];
    head.extend_from_slice(MAGIC);
    meta_group(class, instance, transfer_syntax, calling_ae)?
        .write(&mut head)
        .map_err(|error| malformed("file meta group", &error))?;
    Ok(head)
}

fn meta_group(
    class: &str,
    instance: &str,
    transfer_syntax: &str,
    calling_ae: &str,
) -> Result<FileMetaTable, ParseError> {
    FileMetaTableBuilder::new()
        .media_storage_sop_class_uid(class)
        .media_storage_sop_instance_uid(instance)
        .transfer_syntax(transfer_syntax)
        .implementation_class_uid(create::IMPLEMENTATION_CLASS_UID)
        .implementation_version_name(create::IMPLEMENTATION_VERSION)
        .source_application_entity_title(calling_ae)
        .build()
        .map_err(|error| malformed("file meta group", &error))
}

/// The data set of a file with preamble: everything behind the file meta group, as it is.
pub fn data_set_bytes(file: &[u8]) -> Option<&[u8]> {
    let rest = file.get(PREAMBLE..)?.strip_prefix(MAGIC)?;
    let group = bounds::meta_group(rest).filter(|group| group.length_is_right)?;
    rest.get(group.end..)
}

/// Opens a file up to its pixel data, wherever it comes from: what an object says of itself.
pub fn open_head(file: &[u8]) -> Result<DefaultDicomObject, ParseError> {
    open(file, Some(PIXELS))
}

/// Opens a file up to an attribute, or up to its pixel data and with them, wherever it comes from; text is
/// decoded. Lengths are looked at first, since the parser takes the memory that they ask for. What follows
/// the pixel data was not looked at when the object was taken in, and holds nothing to show.
pub(crate) fn open(file: &[u8], until: Option<Tag>) -> Result<DefaultDicomObject, ParseError> {
    let mended;
    let file = if data_set_bytes(file).is_some() {
        file
    } else {
        mended = with_meta_length(with_preamble(Bytes::copy_from_slice(file))?)?;
        &mended
    };
    let meta = meta_of(file)?;
    let data_set = data_set_bytes(file).ok_or_else(breaks_off)?;
    let part = "data set";
    let looked_at = bounds::looked_at(data_set, meta.transfer_syntax(), until)
        .map_err(|why| ParseError::Malformed { part, why })?;
    // The parser goes on behind the pixel data while tags are not higher.
    let end = file.len() - data_set.len() + looked_at;
    read(file.get(..end).unwrap_or(file), until)
}

/// Opens a file whose lengths were looked at.
fn read(file: &[u8], until: Option<Tag>) -> Result<DefaultDicomObject, ParseError> {
    let mut options = OpenFileOptions::new()
        .read_preamble(ReadPreamble::Auto)
        .odd_length_strategy(OddLengthStrategy::Accept);
    options = match until {
        Some(tag) => options.read_until(tag),
        None => options.read_to(tags::PIXEL_DATA),
    };
    let mut object = options
        .from_reader(Cursor::new(file))
        .map_err(|error| match &error {
            ReadError::ReadUnrecognizedTransferSyntax { uid, .. } => {
                ParseError::TransferSyntax(uid.clone())
            }
            ReadError::ReadUnsupportedTransferSyntax { uid, .. }
            | ReadError::ReadUnsupportedTransferSyntaxWithSuggestion { uid, .. } => {
                ParseError::TransferSyntax((*uid).to_owned())
            }
            ReadError::ParseMetaDataSet { .. } => malformed("file meta group", &error),
            _ => malformed("data set", &error),
        })?;
    unknown::resolve(&mut object);
    text::decode(&mut object);
    Ok(object)
}

/// The file with its preamble. Files that begin with the magic code, or right with the file meta group,
/// are met in practice.
fn with_preamble(file: Bytes) -> Result<Bytes, ParseError> {
    if file.get(PREAMBLE..PREAMBLE + MAGIC.len()) == Some(MAGIC) {
        return Ok(file);
    }
    let magic: &[u8] = if file.starts_with(MAGIC) {
        b""
    } else if file.starts_with(&[0x02, 0x00]) {
        MAGIC
    } else {
        return Err(ParseError::NotDicom);
    };
    let mut whole = vec![0; PREAMBLE];
    whole.extend_from_slice(magic);
    whole.extend_from_slice(&file);
    Ok(whole.into())
}

/// What went wrong, from the innermost cause, with everything quoted left out: it may be content.
fn malformed(part: &'static str, error: &dyn std::error::Error) -> ParseError {
    let mut why = Vec::new();
    let mut cause = Some(error);
    while let Some(error) = cause {
        let text = error.to_string();
        let unquoted: String = text
            .split(['`', '"', '\''])
            .step_by(2)
            .collect::<Vec<_>>()
            .join("…");
        why.push(unquoted);
        cause = error.source();
    }
    why.dedup();
    ParseError::Malformed {
        part,
        why: why.join(": "),
    }
}

fn text_of(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}

fn uid(tag: Tag, text: &str) -> Result<Uid, ParseError> {
    match text.trim_matches([' ', '\0']) {
        "" => Err(ParseError::Missing(tag)),
        text => Uid::new(text).map_err(|_| ParseError::NotUid(tag)),
    }
}

fn uid_of(object: &InMemDicomObject, tag: Tag) -> Result<Uid, ParseError> {
    uid(tag, &text_of(object, tag))
}

/// The indexed attributes as DICOM JSON. An attribute that cannot be written so is left out: it can still
/// be found in the object.
fn attributes(object: &InMemDicomObject, transfer_syntax: &Uid) -> Value {
    let mut out = Map::new();
    for (tag, _) in INDEXED {
        if let Some(element) = object.get(*tag)
            && let Some(value) = crate::json::element(element)
        {
            out.insert(tag_key(*tag), value);
        }
    }
    let syntax = json!({"vr": "UI", "Value": [transfer_syntax.as_str()]});
    out.insert(tag_key(tags::AVAILABLE_TRANSFER_SYNTAX_UID), syntax);
    out.insert(
        tag_key(tags::SPECIFIC_CHARACTER_SET),
        json!({"vr": "CS", "Value": ["ISO_IR 192"]}),
    );
    out.sort_keys();
    Value::Object(out)
}
