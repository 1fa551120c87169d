//! Storage commitment, push model (PS3.4 annex J), as data.

use dicom_core::{DataElement, PrimitiveValue, Tag, VR, value::DataSetSequence};
use dicom_dictionary_std::{tags, uids};
use dicom_object::InMemDicomObject;
use serde::{Deserialize, Serialize};

use crate::{
    Status,
    query::{self, IdentifierError},
};

/// The class of storage commitment.
pub const CLASS: &str = uids::STORAGE_COMMITMENT_PUSH_MODEL;
/// The well-known instance that commitment is asked of.
pub const INSTANCE: &str = uids::STORAGE_COMMITMENT_PUSH_MODEL_INSTANCE;
/// The action that asks for commitment.
pub const REQUEST_COMMITMENT: u16 = 1;
/// The most objects that one transaction may name.
const MOST: usize = 100_000;

/// An object that a transaction names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reference {
    /// SOP class UID.
    pub class: String,
    /// SOP instance UID.
    pub instance: String,
}

/// What a peer wants to be certain of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommitmentRequest {
    /// The peer's name for this request.
    pub transaction: String,
    /// The objects.
    pub references: Vec<Reference>,
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CommitmentReport {
    /// The peer's name for its request.
    pub transaction: String,
    /// Objects that are kept: the peer may delete its own.
    pub committed: Vec<Reference>,
    /// Objects that are not, with the reason as a status.
    pub failed: Vec<(Reference, u16)>,
}

impl CommitmentRequest {
    /// Reads the data set of an N-ACTION.
    pub fn read(data_set: &[u8], transfer_syntax: &str) -> Result<Self, IdentifierError> {
        let object = query::read_object(data_set, transfer_syntax)?;
        let transaction = text(&object, tags::TRANSACTION_UID);
        let items = object
            .get(tags::REFERENCED_SOP_SEQUENCE)
            .and_then(|element| element.items())
            .unwrap_or_default();
        if vocabulary::Uid::new(transaction.as_str()).is_err() {
            return Err(IdentifierError::UniqueKey(tags::TRANSACTION_UID));
        }
        if items.is_empty() {
            return Err(IdentifierError::UniqueKey(tags::REFERENCED_SOP_SEQUENCE));
        }
        if items.len() > MOST {
            return Err(IdentifierError::TooMany);
        }
        let references = items.iter().map(|item| Reference {
            class: text(item, tags::REFERENCED_SOP_CLASS_UID),
            instance: text(item, tags::REFERENCED_SOP_INSTANCE_UID),
        });
        Ok(Self {
            transaction,
            references: references.collect(),
        })
    }
}

impl CommitmentReport {
    /// The event: all are committed, or failures exist.
    pub fn event(&self) -> u16 {
        if self.failed.is_empty() { 1 } else { 2 }
    }

    /// The data set of the N-EVENT-REPORT.
    pub fn data_set(&self) -> InMemDicomObject {
        let mut report =
            InMemDicomObject::from_element_iter([uid(tags::TRANSACTION_UID, &self.transaction)]);
        let committed: Vec<_> = self.committed.iter().map(item).collect();
        if !committed.is_empty() {
            report.put(sequence(tags::REFERENCED_SOP_SEQUENCE, committed));
        }
        let failed: Vec<_> = self
            .failed
            .iter()
            .map(|(reference, reason)| {
                let mut item = item(reference);
                item.put(DataElement::new(
                    tags::FAILURE_REASON,
                    VR::US,
                    PrimitiveValue::from(*reason),
                ));
                item
            })
            .collect();
        if !failed.is_empty() {
            report.put(sequence(tags::FAILED_SOP_SEQUENCE, failed));
        }
        report
    }

    /// Notes an object: kept under this class, or not kept.
    pub fn note(&mut self, reference: Reference, kept_class: Option<&str>) {
        let failure = match kept_class {
            None => Some(Status::NO_SUCH_INSTANCE),
            Some(class) if class != reference.class => Some(Status::CLASS_CONFLICT),
            Some(_) => None,
        };
        match failure {
            Some(reason) => self.failed.push((reference, reason.0)),
            None => self.committed.push(reference),
        }
    }
}

fn item(reference: &Reference) -> InMemDicomObject {
    InMemDicomObject::from_element_iter([
        uid(tags::REFERENCED_SOP_CLASS_UID, &reference.class),
        uid(tags::REFERENCED_SOP_INSTANCE_UID, &reference.instance),
    ])
}

fn uid(tag: Tag, value: &str) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::UI, PrimitiveValue::from(value))
}

fn sequence(tag: Tag, items: Vec<InMemDicomObject>) -> DataElement<InMemDicomObject> {
    DataElement::new(tag, VR::SQ, DataSetSequence::from(items))
}

fn text(object: &InMemDicomObject, tag: Tag) -> String {
    let text = object.get(tag).and_then(|element| element.to_str().ok());
    text.map(|text| text.trim_matches([' ', '\0']).to_owned())
        .unwrap_or_default()
}
