//! A full disk, a cut network and peers that crawl: each costs what it touches and nobody else.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)] // Helpers of tests fail the test.

#[path = "../../storage/tests/shared/disk.rs"]
mod disk;
mod modality;

use std::{collections::BTreeMap, fs, sync::Arc, time::Duration};

use bytes::Bytes;
use dicom::{
    Status,
    query::Level,
    scu::{self, Model, Peer},
    tags::STUDY_INSTANCE_UID,
};
use disk::small_disk;
use modality::{
    Done, Hospital, MODALITIES, Numbers, SLICES, check, count, peer, send, series, told, verify,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _, copy},
    net::{TcpListener, TcpStream},
};
use vocabulary::Uid;

/// All modalities send what they have left; answers what was said of what was refused.
async fn send_all(port: u16, all: &[(Uid, Vec<Bytes>)], done: &[Done]) -> Vec<String> {
    let sending: Vec<_> = all
        .iter()
        .zip(done)
        .enumerate()
        .map(|(number, ((_, files), done))| {
            tokio::spawn(send(peer(number, port), files.clone(), Arc::clone(done)))
        })
        .collect();
    let mut refused = Vec::new();
    for task in sending {
        refused.extend(task.await.unwrap());
    }
    refused
}

fn acknowledged(all: &[(Uid, Vec<Bytes>)], done: &[Done]) -> BTreeMap<Uid, Vec<Bytes>> {
    all.iter()
        .zip(done)
        .map(|((study, _), done)| (study.clone(), done.lock().clone()))
        .collect()
}

fn modalities() -> (Vec<(Uid, Vec<Bytes>)>, Vec<Done>) {
    let all = (0..MODALITIES).map(series).collect();
    (all, (0..MODALITIES).map(|_| Arc::default()).collect())
}

/// Refused objects are refused with the right status, and the hospital goes on for everyone.
async fn refuses_and_goes_on(hospital: &Hospital, all: &[(Uid, Vec<Bytes>)], done: &[Done]) {
    let refused = send_all(hospital.port, all, done).await;
    let kept = count(done);
    println!("{kept} kept, {} refused", refused.len());
    assert!(kept > 0, "nothing was kept before the disk was full");
    assert_eq!(
        kept + refused.len(),
        MODALITIES * SLICES,
        "an association broke off"
    );
    assert!(!refused.is_empty(), "the disk was not full");
    for why in refused {
        assert!(why.contains("A700"), "{why}");
    }
    assert_eq!(
        scu::echo(&peer(9, hospital.port)).await.unwrap(),
        Status::SUCCESS
    );
    for ((study, _), done) in all.iter().zip(done) {
        let kept = done.lock().len();
        assert_eq!(fetched(hospital.port, study).await, kept, "cannot be read");
    }
}

/// How many images of a study come back by C-GET. Who reads is written down first, also on a full disk.
async fn fetched(port: u16, study: &Uid) -> usize {
    let reader = Peer {
        calling: "READER".to_owned(),
        ..peer(0, port)
    };
    let keys = [(STUDY_INSTANCE_UID, study.to_string())];
    let classes = ["1.2.840.10008.5.1.4.1.1.2".to_owned()];
    let mut count = 0;
    let keep = |_| {
        count += 1;
        std::future::ready(Status::SUCCESS)
    };
    scu::get(&reader, Model::Study, Level::Study, &keys, &classes, keep)
        .await
        .unwrap();
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_that_may_grow_no_more_refuses_with_its_status_and_serves_on() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (all, done) = modalities();
    let hospital = Hospital::open(&data, &[("YUANYI_MAX_BYTES", "4000000")]);
    refuses_and_goes_on(&hospital, &all, &done).await;
    hospital.kill();
    check(&data, &acknowledged(&all, &done)).await;
    verify(&data);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_with_its_status_and_takes_on_once_there_is_room() {
    let test = "a_full_disk_refuses_with_its_status_and_takes_on_once_there_is_room";
    // Room for all the images three times over, since the index and what it has not yet merged take theirs too.
    let Some(disk) = small_disk(test, "32m") else {
        return;
    };
    let data = disk.join("data");
    let (all, done) = modalities();
    let filler = disk.join("filler");
    fs::write(&filler, vec![1; 24 << 20]).unwrap();
    let hospital = Hospital::open(&data, &[]);
    refuses_and_goes_on(&hospital, &all, &done).await;
    // Somebody makes room; nobody starts anything again.
    fs::remove_file(&filler).unwrap();
    let refused = send_all(hospital.port, &all, &done).await;
    assert_eq!((count(&done), refused), (MODALITIES * SLICES, vec![]));
    hospital.kill();
    check(&data, &acknowledged(&all, &done)).await;
    verify(&data);
}

/// How a network fails.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// The other side learns of it.
    Reset,
    /// It looks as if the sender had ended in order.
    Closed,
    /// Nobody hears anything any more.
    Silent,
}

/// A line to the hospital that fails after so many bytes.
async fn line(to: u16, bytes: u64, cut: Cut) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut near, _) = listener.accept().await.unwrap();
        let mut far = TcpStream::connect(("127.0.0.1", to)).await.unwrap();
        if matches!(cut, Cut::Reset) {
            near.set_zero_linger().unwrap();
            far.set_zero_linger().unwrap();
        }
        let (mut from_near, mut to_near) = near.split();
        let (mut from_far, mut to_far) = far.split();
        let out = async {
            let mut some = (&mut from_near).take(bytes);
            let _ = copy(&mut some, &mut to_far).await;
            if matches!(cut, Cut::Silent) {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = out => {}
            // The hospital gave up.
            _ = copy(&mut from_far, &mut to_near) => {}
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn a_network_that_is_cut_in_the_middle_of_an_object_leaves_nothing_half() {
    let seed = told("SEED").unwrap_or(20_261_126);
    println!("SEED={seed}");
    let mut numbers = Numbers(seed);
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let hospital = Hospital::open(&data, &[("YUANYI_DICOM_IDLE_S", "2")]);
    let (all, done) = modalities();
    for cut in [Cut::Reset, Cut::Closed, Cut::Silent].repeat(3) {
        let mut sending = Vec::new();
        for (number, ((_, files), done)) in all.iter().zip(&done).enumerate() {
            // Up to 20 objects of 33 kB, and somewhere within the next.
            let port = line(hospital.port, 1000 + numbers.below(700_000), cut).await;
            let mut called = peer(number, port);
            called.timeout = Duration::from_secs(4);
            sending.push(tokio::spawn(send(called, files.clone(), Arc::clone(done))));
        }
        for task in sending {
            let refused = task.await.unwrap();
            assert!(
                refused.iter().all(|why| !why.contains("C000")),
                "{refused:?}"
            );
        }
        println!("{cut:?}: {} acknowledged so far", count(&done));
        assert_eq!(
            scu::echo(&peer(9, hospital.port)).await.unwrap(),
            Status::SUCCESS
        );
    }
    let refused = send_all(hospital.port, &all, &done).await;
    assert_eq!((count(&done), refused), (MODALITIES * SLICES, vec![]));
    hospital.kill();
    check(&data, &acknowledged(&all, &done)).await;
    let said = verify(&data);
    let objects = MODALITIES * SLICES;
    assert!(said.contains(&format!(" {objects} objects")), "{said}");
}

/// A PDU of P-DATA with one value.
fn pdata(control: u8, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len() + 2).unwrap();
    let mut bytes = vec![4, 0];
    bytes.extend((length + 4).to_be_bytes());
    bytes.extend(length.to_be_bytes());
    bytes.extend([1, control]);
    bytes.extend(value);
    bytes
}

/// An association request for verification.
fn request() -> Vec<u8> {
    let item = |kind: u8, body: &[u8]| {
        let length = u16::try_from(body.len()).unwrap();
        [&[kind, 0], &length.to_be_bytes()[..], body].concat()
    };
    let mut body = [
        &[0, 1, 0, 0][..],
        b"YUANYI          CROWD           ",
        &[0; 32],
    ]
    .concat();
    body.extend(item(0x10, b"1.2.840.10008.3.1.1.1"));
    let verification = item(0x30, b"1.2.840.10008.1.1");
    let syntax = item(0x40, b"1.2.840.10008.1.2");
    body.extend(item(
        0x20,
        &[&[1, 0, 0, 0][..], &verification, &syntax].concat(),
    ));
    body.extend(item(0x50, &item(0x51, &16384_u32.to_be_bytes())));
    let length = u32::try_from(body.len()).unwrap();
    [&[1, 0][..], &length.to_be_bytes(), &body].concat()
}

/// C-ECHO-RQ.
fn echo() -> Vec<u8> {
    let mut command = Vec::new();
    for (element, value) in [
        (0x0002_u16, b"1.2.840.10008.1.1\0".to_vec()),
        (0x0100, vec![0x30, 0]),
        (0x0110, vec![1, 0]),
        (0x0800, vec![1, 1]),
    ] {
        command.extend([0, 0]);
        command.extend(element.to_le_bytes());
        command.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        command.extend(value);
    }
    pdata(3, &command)
}

/// Reads one PDU.
async fn pdu(stream: &mut TcpStream) -> Vec<u8> {
    let mut header = [0; 6];
    stream.read_exact(&mut header).await.unwrap();
    let [.., a, b, c, d] = header;
    let mut pdu = header.to_vec();
    pdu.resize(6 + u32::from_be_bytes([a, b, c, d]) as usize, 0);
    stream.read_exact(&mut pdu[6..]).await.unwrap();
    pdu
}

/// How many associations at once the hospital of these tests takes.
const PLACES: usize = 150;

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_associations_those_beyond_the_limit_are_told_why_and_the_others_served() {
    let folder = tempfile::tempdir().unwrap();
    let places = PLACES.to_string();
    let settings = [
        ("YUANYI_DICOM_ASSOCIATIONS", places.as_str()),
        ("YUANYI_DICOM_ASSOCIATIONS_EACH", places.as_str()),
    ];
    let hospital = Hospital::open(&folder.path().join("data"), &settings);
    let begin = async |port| {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(&request()).await.unwrap();
        let answer = pdu(&mut stream).await;
        (stream, answer)
    };
    let all = futures::future::join_all((0..200).map(|_| begin(hospital.port))).await;
    let (mut taken, rejected): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(_, answer)| answer[0] == 2);
    assert_eq!((taken.len(), rejected.len()), (PLACES, 200 - PLACES));
    for (_, answer) in &rejected {
        // A-ASSOCIATE-RJ: transient, by the provider's presentation layer, local limit exceeded.
        assert_eq!((answer[0], &answer[7..]), (3, [2, 3, 2].as_slice()));
    }
    // Each of those that were taken is served, all at once.
    let served = taken.iter_mut().map(async |(stream, _)| {
        stream.write_all(&echo()).await.unwrap();
        pdu(stream).await
    });
    for answer in futures::future::join_all(served).await {
        // The status, success, is the last element of the response.
        assert_eq!(
            (answer[0], &answer[answer.len() - 2..]),
            (4, [0, 0].as_slice())
        );
    }
    drop((taken, rejected));
    // Places come back.
    while scu::echo(&peer(0, hospital.port)).await.is_err() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_that_says_nothing_leaves_places_to_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [
        ("YUANYI_DICOM_ASSOCIATIONS", "8"),
        ("YUANYI_DICOM_ASSOCIATIONS_EACH", "6"),
    ];
    let hospital = Hospital::open(&folder.path().join("data"), &settings);
    // As long as these are held, they are six; those beyond them are waited for to be told.
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(
            TcpStream::connect(("127.0.0.1", hospital.port))
                .await
                .unwrap(),
        );
    }
    let begin = async |from: &str| {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("{from}:0").parse().unwrap()).unwrap();
        let to = format!("127.0.0.1:{}", hospital.port).parse().unwrap();
        let mut stream = socket.connect(to).await.unwrap();
        stream.write_all(&request()).await.unwrap();
        pdu(&mut stream).await
    };
    let refused = begin("127.0.0.1").await;
    assert_eq!((refused[0], &refused[7..]), (3, [2, 3, 2].as_slice()));
    assert_eq!(begin("127.0.0.2").await[0], 2, "another address is taken");
    drop(silent);
}

/// Sends bytes one by one until the other side has had enough; answers what it said.
async fn crawl(port: u16, at_once: &[u8], one_by_one: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    stream.write_all(at_once).await.unwrap();
    let (mut read, mut write) = stream.split();
    let crawling = async {
        for byte in one_by_one {
            if write.write_all(&[*byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
        std::future::pending::<()>().await;
    };
    let mut said = Vec::new();
    tokio::select! {
        () = crawling => {}
        _ = read.read_to_end(&mut said) => {}
    }
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn peers_that_crawl_are_put_out_and_cost_the_others_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let settings = [
        ("YUANYI_DICOM_IDLE_S", "2"),
        ("YUANYI_DICOM_ASSOCIATIONS", "40"),
    ];
    let hospital = Hospital::open(&data, &settings);
    // Ten crawl through their request for an association, ten through a message, ten say nothing.
    let mut slow = Vec::new();
    for _ in 0..10 {
        let port = hospital.port;
        slow.push(tokio::spawn(
            async move { crawl(port, &[], &request()).await },
        ));
        slow.push(tokio::spawn(async move {
            crawl(port, &request(), &pdata(0, &[0; 1000])).await
        }));
        slow.push(tokio::spawn(
            async move { crawl(port, &request(), &[]).await },
        ));
    }
    let (all, done) = modalities();
    let refused = send_all(hospital.port, &all, &done).await;
    assert_eq!((count(&done), refused), (MODALITIES * SLICES, vec![]));
    for crawler in slow {
        let said = crawler.await.unwrap();
        // The last word is an abort.
        let last = &said[said.len().saturating_sub(10)..];
        assert_eq!(last.first(), Some(&7), "{said:?}");
    }
    hospital.kill();
    check(&data, &acknowledged(&all, &done)).await;
}
