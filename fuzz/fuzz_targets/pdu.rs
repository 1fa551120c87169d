//! Any bytes on an association, from its first, and behind a sound request for every service: answered,
//! rejected or aborted, never a panic, and never more memory than a message may have.
#![no_main]

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{Arc, OnceLock},
};

use async_trait::async_trait;
use bytes::Bytes;
use dicom::{
    ParsedObject,
    commitment::{CommitmentReport, CommitmentRequest},
    query::Keys,
    scp::{Caller, Limits, Offers, Refused, Scp, Selected, Services},
};
use libfuzzer_sys::fuzz_target;
use peak_alloc::PeakAlloc;
use record::{ImagingQuery, ImagingRow, Page};
use serde_json::{Map, Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    runtime::Runtime,
};
use vocabulary::PatientId;

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../../crates/volume/tests/phantom/mod.rs"]
mod phantom;

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// Buffers of the connection, and what parsing a message takes for each of its bytes.
const MOST_BYTES: usize = 64 << 20;
const MOST_FOR_A_BYTE: usize = 2048;

const CLASS: &str = "1.2.840.10008.5.1.4.1.1.2";

/// Offers everything and keeps nothing.
struct Anything;

fn row() -> Map<String, Value> {
    let row = json!({
        "00080016": {"vr": "UI", "Value": [CLASS]}, "00080018": {"vr": "UI", "Value": ["1.2.3.1"]},
        "00100010": {"vr": "PN", "Value": [{"Alphabetic": "Zhang^San", "Ideographic": "张^三"}]},
        "00100020": {"vr": "LO", "Value": ["P1"]}, "0020000D": {"vr": "UI", "Value": ["1.2.3"]},
        "00400100": {"vr": "SQ", "Value": [{"00080060": {"vr": "CS", "Value": ["CT"]}}]},
    });
    row.as_object().cloned().unwrap_or_default()
}

#[async_trait]
impl Services for Anything {
    fn offers(&self, _: &Caller) -> Option<Offers> {
        Some(Offers { store: true, query: true, retrieve: true, worklist: true, commitment: true })
    }

    async fn store(&self, _: &Caller, _: ParsedObject) -> Result<(), Refused> {
        Ok(())
    }

    async fn find(&self, _: &Caller, _: &ImagingQuery) -> Result<Page<ImagingRow>, Refused> {
        let subject = PatientId::new("p1").map_err(|_| Refused::OutOfResources)?;
        Ok(Page { rows: vec![ImagingRow { subject, attributes: row() }], total: 1 })
    }

    async fn worklist(&self, _: &Caller, _: &Keys) -> Result<Vec<Map<String, Value>>, Refused> {
        Ok(vec![row()])
    }

    async fn select(&self, _: &Caller, _: &ImagingQuery) -> Result<Vec<Selected>, Refused> {
        let object = |sop: &str| Selected {
            class: CLASS.to_owned(),
            sop: sop.to_owned(),
            transfer_syntax: "1.2.840.10008.1.2.1".to_owned(),
        };
        Ok(vec![object("1.2.3.1"), object("1.2.3.2")])
    }

    async fn object(&self, _: &Caller, _: &str) -> Result<Bytes, Refused> {
        static FILE: OnceLock<Bytes> = OnceLock::new();
        let made = || phantom::files(&phantom::series_of(1)).remove(0).into();
        Ok(FILE.get_or_init(made).clone())
    }

    async fn commit(&self, _: &Caller, asked: CommitmentRequest) -> Result<CommitmentReport, Refused> {
        let mut report = CommitmentReport { transaction: asked.transaction, committed: vec![], failed: vec![] };
        for (number, reference) in asked.references.into_iter().enumerate() {
            report.note(reference, (number % 2 == 0).then_some(CLASS));
        }
        Ok(report)
    }
}

/// What is asked for, in contexts 1, 3, 5 and so on: verification, storage, queries, retrievals, worklist,
/// commitment.
const CLASSES: &[&str] = &[
    "1.2.840.10008.1.1",
    CLASS,
    "1.2.840.10008.5.1.4.1.2.2.1",
    "1.2.840.10008.5.1.4.1.2.1.1",
    "1.2.840.10008.5.1.4.1.2.2.2",
    "1.2.840.10008.5.1.4.1.2.2.3",
    "1.2.840.10008.5.1.4.31",
    "1.2.840.10008.1.20.1",
];

/// A sound request for an association.
fn sound() -> Vec<u8> {
    let item = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).expect("a short item");
        [&[kind, 0], &length.to_be_bytes()[..], body].concat()
    };
    let mut body = [&[0, 1, 0, 0][..], b"YUANYI          FUZZ            ", &[0; 32]].concat();
    body.extend(item(0x10, b"1.2.840.10008.3.1.1.1"));
    for (number, class) in CLASSES.iter().enumerate() {
        let id = u8::try_from(number * 2 + 1).expect("few contexts");
        let syntax = item(0x40, b"1.2.840.10008.1.2");
        body.extend(item(0x20, &[&[id, 0, 0, 0][..], &item(0x30, class.as_bytes()), &syntax].concat()));
    }
    let role = [&[0, 25][..], CLASS.as_bytes(), &[1, 1]].concat();
    let user = [item(0x51, &16384_u32.to_be_bytes()), item(0x52, b"1.2.3"), item(0x54, &role)].concat();
    body.extend(item(0x50, &user));
    let length = u32::try_from(body.len()).expect("a short request");
    [&[1, 0][..], &length.to_be_bytes(), &body].concat()
}

fn converse(runtime: &Runtime, sent: &[u8]) {
    let limits = Limits { object_bytes: 1 << 20, ..Limits::default() };
    let provider = Scp { title: "YUANYI".to_owned(), limits, services: Arc::new(Anything) };
    runtime.block_on(async {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        let (mut read, mut write) = tokio::io::split(ours);
        let send = async {
            // The provider may end first.
            let _ = write.write_all(sent).await;
            let _ = write.shutdown().await;
        };
        let hear = async {
            let mut answer = [0; 4096];
            while matches!(read.read(&mut answer).await, Ok(1..)) {}
        };
        let speak = provider.converse(theirs, IpAddr::V4(Ipv4Addr::LOCALHOST));
        tokio::join!(speak, send, hear);
    });
}

fuzz_target!(|bytes: &[u8]| {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    let runtime = RUNTIME.get_or_init(|| {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_all().build().expect("a runtime")
    });
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    converse(runtime, bytes);
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    converse(runtime, &[SOUND.get_or_init(sound), bytes].concat());
    let taken = HEAP.peak_usage().saturating_sub(before);
    let most = MOST_BYTES + MOST_FOR_A_BYTE * bytes.len();
    assert!(taken <= most, "{taken} bytes of memory for {} bytes", bytes.len());
});
