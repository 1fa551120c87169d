//! Any bytes as the body of a STOW-RS request, in pieces of any sizes: the parts are the same however the
//! body was cut, and objects made from metadata and bulk data can be taken in or are refused.
#![no_main]

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock},
};

use bytes::Bytes;
use dicom::{
    receive::{Arriving, Memory},
    web::{StowBody, StowPart, files_of_metadata},
};
use futures::{executor::block_on, stream};
use libfuzzer_sys::fuzz_target;

const OBJECTS: &str = "multipart/related; type=\"application/dicom\"; boundary=part";
const METADATA: &str = "multipart/related; type=\"application/dicom+json\"; boundary=part";
const PART_BYTES: u64 = 1 << 20;

static MEMORY: LazyLock<Arc<Memory>> = LazyLock::new(Arc::default);

async fn bytes_of(arrived: Arriving) -> Bytes {
    arrived.uncounted().await.expect("what arrived is there")
}

/// The body in pieces of these sizes, over and over.
fn pieces(body: &Bytes, sizes: &[u8]) -> Vec<Result<Bytes, Infallible>> {
    let mut rest = body.clone();
    let mut sizes = sizes.iter().cycle();
    let mut pieces = Vec::new();
    while !rest.is_empty() {
        let size = sizes.next().map_or(usize::MAX, |size| usize::from(*size) + 1);
        pieces.push(Ok(rest.split_to(size.min(rest.len()))));
    }
    pieces
}

fn objects(body: &Bytes, sizes: &[u8]) -> (Vec<Bytes>, Option<u16>) {
    block_on(async {
        let body = stream::iter(pieces(body, sizes));
        let mut body = StowBody::new(OBJECTS, body, PART_BYTES, &MEMORY).expect("a sound header");
        let mut parts = Vec::new();
        loop {
            match body.next().await {
                Ok(Some(part)) => parts.push(bytes_of(part).await),
                Ok(None) => return (parts, None),
                Err(error) => return (parts, Some(error.status())),
            }
        }
    })
}

fn metadata(body: &Bytes, sizes: &[u8]) -> Option<Vec<StowPart>> {
    block_on(async {
        let body = stream::iter(pieces(body, sizes));
        let mut body = StowBody::new(METADATA, body, PART_BYTES, &MEMORY).expect("a sound header");
        let mut parts = Vec::new();
        while let Some(part) = body.next_part().await.ok()? {
            let bytes = bytes_of(part.body).await;
            parts.push(StowPart { content_type: part.content_type, location: part.location, bytes });
        }
        Some(parts)
    })
}

fuzz_target!(|bytes: &[u8]| {
    // The header is anybody's too.
    if let Ok(header) = std::str::from_utf8(bytes) {
        let none = stream::iter(Vec::<Result<Bytes, Infallible>>::new());
        let _ = StowBody::new(header, none, PART_BYTES, &MEMORY);
    }
    let Some((count, rest)) = bytes.split_first() else { return };
    let (sizes, body) = rest.split_at(usize::from(count % 8).min(rest.len()));
    let body = Bytes::copy_from_slice(body);
    let whole = objects(&body, &[]);
    assert!(objects(&body, sizes) == whole, "the pieces {sizes:?} make other parts");
    for part in whole.0 {
        let _ = dicom::parse(part);
    }
    if let Some(parts) = metadata(&body, sizes)
        && let Ok(files) = files_of_metadata(parts)
    {
        for file in files.into_iter().flatten() {
            let _ = dicom::parse(file);
        }
    }
});
