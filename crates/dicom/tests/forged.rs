//! Lengths that a few wrong bytes forge never become memory, whichever way the bytes come in.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests fail the test"
)]

mod support;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use bytes::Bytes;
use dicom::{
    data_set_bytes, data_set_in,
    deidentify::{Options, ProjectKey, deidentify},
    open_head, parse,
    pixels::{PixelFile, transcode},
    read_report, read_seg, read_structures,
    scp::{Caller, Limits, Offers, Scp, Services},
    web,
};
use dicom_ul::pdu::{AssociationRQ, Pdu, PresentationContextProposed, UserVariableItem, write_pdu};
use peak_alloc::PeakAlloc;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

#[global_allocator]
static HEAP: PeakAlloc = PeakAlloc;

/// The parser below would take this much for the forged length, which is nearly the most that fits the field.
const FORGED: u32 = 0xf000_0000;
/// More than any of this needs for a file of a kilobyte.
const ENOUGH: usize = 16 << 20;

/// The most memory that was taken meanwhile.
fn taken<T>(work: impl FnOnce() -> T) -> (T, usize) {
    HEAP.reset_peak_usage();
    let before = HEAP.current_usage();
    let done = work();
    (done, HEAP.peak_usage().saturating_sub(before))
}

/// Elements that claim more than there is: one for each way in which the parser takes memory.
fn elements() -> Vec<Vec<u8>> {
    let of = |vr: &[u8; 2]| {
        [
            b"\x08\x00\x01\x00".as_slice(),
            vr,
            &[0, 0],
            &FORGED.to_le_bytes(),
        ]
        .concat()
    };
    let kinds: [&[u8; 2]; 9] = [
        b"UT", b"UC", b"UR", b"OB", b"OW", b"OF", b"OD", b"OL", b"UN",
    ];
    let mut all: Vec<Vec<u8>> = kinds.iter().map(|vr| of(vr)).collect();
    // The same within an item.
    let item = b"\x08\x00\x40\x11SQ\0\0\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff";
    all.push([item.as_slice(), &of(b"UT")].concat());
    // A number that is cut off: the parser takes what is left over for the header of the next element, and so
    // reads the text behind it as a length.
    let cut_off = b"\x08\x00\x00\x01SL\x0a\x00\0\0\0\0\0\0\0\0\x08\x00";
    let text = b"\x08\x00\x30\x10LO\x10\x00\x00\xf0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    all.push([cut_off.as_slice(), text].concat());
    all
}

/// One test, since all tests of a program share its memory.
#[test]
fn no_reader_takes_the_memory_that_a_forged_length_asks_for() {
    let whole = support::slices(1).remove(0);
    let (front, data_set) = whole.split_at(whole.len() - data_set_bytes(&whole).unwrap().len());
    let key = ProjectKey::derive(&[7; 32], "forged");
    for element in elements() {
        let file = Bytes::from([front, &element, data_set].concat());
        let readers: [(&str, &dyn Fn() -> bool); 10] = [
            ("parse", &|| parse(file.clone()).is_ok()),
            ("open_head", &|| open_head(&file).is_ok()),
            ("pixels", &|| PixelFile::open(&file).is_ok()),
            ("transcode", &|| {
                transcode(&file, "1.2.840.10008.1.2.1").is_ok()
            }),
            ("data_set_in", &|| {
                data_set_in(&file, "1.2.840.10008.1.2").is_ok()
            }),
            ("metadata", &|| web::metadata(&file, "x").is_ok()),
            ("read_seg", &|| read_seg(&file).is_ok()),
            ("read_report", &|| read_report(&file).is_ok()),
            ("read_structures", &|| read_structures(&file).is_ok()),
            ("deidentify", &|| {
                deidentify(&file, &key, "p", &Options::default()).is_ok()
            }),
        ];
        for (name, reader) in readers {
            let (is_ok, bytes) = taken(reader);
            assert!(!is_ok, "{name} read {element:?}");
            assert!(bytes < ENOUGH, "{name} took {bytes} bytes for {element:?}");
        }
    }
    // Behind the pixel data, where nobody looks: what is taken in must not be read on from there.
    let file = Bytes::from([&whole, &elements()[0][..]].concat());
    let (is_ok, _) = taken(|| parse(file.clone()).is_ok());
    assert!(is_ok, "what follows the pixel data keeps the object out");
    let readers: [(&str, &dyn Fn() -> bool); 4] = [
        ("pixels", &|| PixelFile::open(&file).is_ok()),
        ("bulk_data", &|| web::bulk_data(&file, "7FE00010").is_ok()),
        ("data_set_in", &|| {
            data_set_in(&file, "1.2.840.10008.1.2").is_ok()
        }),
        ("deidentify", &|| {
            deidentify(&file, &key, "p", &Options::default()).is_ok()
        }),
    ];
    for (name, reader) in readers {
        let (is_ok, bytes) = taken(reader);
        assert!(is_ok, "{name} could not read up to the pixel data");
        assert!(bytes < ENOUGH, "{name} took {bytes} bytes");
    }
    let (answer, bytes) = taken(|| converse(&forged_command()));
    assert!(bytes < ENOUGH, "the provider took {bytes} bytes");
    // Accepted, then aborted.
    let abort = answer.len().checked_sub(10).and_then(|at| answer.get(at));
    assert_eq!((answer.first(), abort), (Some(&2), Some(&7)), "{answer:?}");
}

struct Anyone;

impl Services for Anyone {
    fn offers(&self, _caller: &Caller) -> Option<Offers> {
        Some(Offers::default())
    }
}

/// What a provider answers to these bytes.
fn converse(sent: &[u8]) -> Vec<u8> {
    let provider = Scp {
        title: "YUANYI".to_owned(),
        limits: Limits::default(),
        services: Arc::new(Anyone),
    };
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_all().build().unwrap();
    runtime.block_on(async {
        let (mut ours, theirs) = tokio::io::duplex(1 << 20);
        ours.write_all(sent).await.unwrap();
        let speaking = provider.converse(theirs, IpAddr::V4(Ipv4Addr::LOCALHOST));
        let mut answer = Vec::new();
        let ((), read) = tokio::join!(speaking, ours.read_to_end(&mut answer));
        read.unwrap();
        answer
    })
}

/// An association for verification, and a command set whose class claims nearly 4 GiB.
fn forged_command() -> Vec<u8> {
    let mut bytes = Vec::new();
    let request = Pdu::AssociationRQ(AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "BAD".to_owned(),
        called_ae_title: "YUANYI".to_owned(),
        application_context_name: "1.2.840.10008.3.1.1.1".to_owned(),
        presentation_contexts: vec![PresentationContextProposed {
            id: 1,
            abstract_syntax: "1.2.840.10008.1.1".to_owned(),
            transfer_syntaxes: vec!["1.2.840.10008.1.2".to_owned()],
        }],
        user_variables: vec![UserVariableItem::MaxLength(16384)],
    });
    write_pdu(&mut bytes, &request).unwrap();
    let command = [
        b"\0\0\x02\0".as_slice(),
        &FORGED.to_le_bytes(),
        b"1.2.840.10008.1.1\0",
    ]
    .concat();
    let length = u32::try_from(command.len() + 2).unwrap();
    bytes.extend([4, 0]);
    bytes.extend((length + 4).to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([1, 3]);
    bytes.extend(command);
    bytes
}
