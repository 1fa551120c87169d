//! Where the frames of stored objects lie, found out once by looking at the beginning of each file.

use std::{collections::HashMap, sync::Arc};

use dicom::web::{Look, PixelFinder, Pixels, WebError};
use parking_lot::Mutex;
use policy::Permit;
use record::{Record, RecordError, StoredObject};
use vocabulary::Digest;

/// The most objects to remember.
const MOST: usize = 100_000;

/// Why it could not be found out.
#[derive(Debug, thiserror::Error)]
pub enum PixelsError {
    /// The record could not be read.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// The object is not as it must be.
    #[error(transparent)]
    Object(#[from] WebError),
}

/// Where frames lie, by the digest of the object: the same bytes have the same places for ever.
#[derive(Default)]
pub struct PixelPlaces {
    known: Mutex<HashMap<Digest, Option<Arc<Pixels>>>>,
}

impl PixelPlaces {
    /// Where the frames of an object lie; `None` where it has no pixel data, or only the whole object can
    /// tell.
    pub async fn of(
        &self,
        record: &dyn Record,
        permit: &Permit,
        object: &StoredObject,
    ) -> Result<Option<Arc<Pixels>>, PixelsError> {
        if let Some(known) = self.known.lock().get(&object.digest) {
            return Ok(known.clone());
        }
        let (mut finder, mut at) = PixelFinder::new(object.size);
        let found = loop {
            let bytes = record.bytes_of(permit, object, Some(at.clone())).await?;
            match finder.give(at, &bytes)? {
                Look::At(next) => at = next,
                Look::Found(found) => break found.map(Arc::new),
            }
        };
        let mut known = self.known.lock();
        // A memory, not the truth: when it is full it starts over.
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(object.digest, found.clone());
        Ok(found)
    }
}
