//! The storage provider against dcmtk's clients, our own, and peers that misbehave.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::{
    fs,
    process::{Command, Output},
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dicom::{
    ParsedObject, Status, data_set_bytes,
    scp::{Caller, Limits, Offers, Refused, Scp, Services},
    scu::{self, Peer},
    web,
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};

#[derive(Default)]
struct Memory {
    objects: Mutex<Vec<(String, ParsedObject)>>,
    refuse: Option<Refused>,
    /// Titles that are known; all where it is `None`.
    callers: Option<Vec<String>>,
}

#[async_trait]
impl Services for Memory {
    fn offers(&self, caller: &Caller) -> Option<Offers> {
        let known = |callers: &Vec<String>| callers.contains(&caller.title);
        self.callers.as_ref().is_none_or(known).then(|| Offers {
            store: true,
            ..Offers::default()
        })
    }

    async fn store(&self, caller: &Caller, object: ParsedObject) -> Result<(), Refused> {
        if let Some(refused) = &self.refuse {
            return Err(refused.clone());
        }
        self.objects
            .lock()
            .unwrap()
            .push((caller.title.clone(), object));
        Ok(())
    }
}

/// A provider on a port of its own.
async fn start(memory: Arc<Memory>, limits: Limits) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let places = Arc::new(Semaphore::new(limits.associations));
    let provider = Scp {
        title: "YUANYI".to_owned(),
        limits,
        services: memory,
    };
    let place = move |_| Arc::clone(&places).try_acquire_owned().ok();
    tokio::spawn(provider.serve(listener, None, place, std::future::pending()));
    port
}

fn peer(port: u16) -> Peer {
    Peer {
        address: format!("127.0.0.1:{port}"),
        called: "YUANYI".to_owned(),
        calling: "TEST".to_owned(),
        encryption: None,
        memory: std::sync::Arc::default(),
        timeout: Duration::from_secs(10),
    }
}

/// Runs a program of dcmtk, where it is installed.
async fn dcmtk(program: &str, arguments: Vec<String>) -> Option<Output> {
    let program = program.to_owned();
    let run = move || {
        let output = Command::new(&program).args(arguments).output().ok();
        if output.is_none() {
            println!("skipped: no {program}");
        }
        output
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

fn arguments(text: &[&str], port: u16) -> Vec<String> {
    let mut all: Vec<String> = text.iter().map(ToString::to_string).collect();
    all.extend(["127.0.0.1".to_owned(), port.to_string()]);
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn dcmtk_is_answered() {
    let port = start(Arc::default(), Limits::default()).await;
    let Some(output) = dcmtk("echoscu", arguments(&["-aec", "YUANYI"], port)).await else {
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = dcmtk("echoscu", arguments(&["-aec", "OTHER"], port))
        .await
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success());
    assert!(said.contains("Called AE Title Not Recognized"), "{said}");
}

/// What dcmtk sends arrives bit for bit, each in the transfer syntax that it was in.
#[tokio::test(flavor = "multi_thread")]
async fn objects_are_kept_bit_for_bit() {
    let Some(folder) = support::shared("dicom") else {
        return;
    };
    let memory = Arc::new(Memory::default());
    let port = start(memory.clone(), Limits::default()).await;
    for (file, options) in [
        ("pydicom/test_files/CT_small.dcm", "-xe"),
        ("pydicom/test_files/MR_small_bigendian.dcm", "-xb"),
        ("pydicom/test_files/rtplan.dcm", "-xi"),
        ("pydicom/test_files/JPEG2000.dcm", "-xw"),
        ("pydicom/test_files/image_dfl.dcm", "-xd"),
        ("pydicom/test_files/MR_small_RLE.dcm", "-xr"),
    ] {
        let path = folder.join(file);
        let Ok(bytes) = fs::read(&path) else {
            println!("skipped: no {file}");
            continue;
        };
        let mut all = arguments(&["-aec", "YUANYI", options], port);
        all.push(path.display().to_string());
        let Some(output) = dcmtk("storescu", all).await else {
            return;
        };
        assert!(
            output.status.success(),
            "{file}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let (caller, object) = memory.objects.lock().unwrap().pop().unwrap();
        assert_eq!(caller, "STORESCU");
        if let Ok(sent) = dicom::parse(Bytes::from(bytes)) {
            assert_eq!(object.transfer_syntax, sent.transfer_syntax, "{file}");
            // dcmtk writes data sets anew, so that lengths may differ; values must not.
            assert_eq!(object.sop, sent.sop, "{file}");
            assert_eq!(object.attributes, sent.attributes, "{file}");
            let pixels = |object: &ParsedObject| web::bulk_data(&object.file, "7FE00010").ok();
            assert_eq!(pixels(&object), pixels(&sent), "{file}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn our_own_files_come_through_dcmtk_unchanged() {
    let memory = Arc::new(Memory::default());
    let port = start(memory.clone(), Limits::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let slices = support::slices(5);
    for (number, slice) in slices.iter().enumerate() {
        fs::write(folder.path().join(format!("{number}.dcm")), slice).unwrap();
    }
    let mut all = arguments(&["-aec", "YUANYI", "-xe", "+sd"], port);
    all.push(folder.path().display().to_string());
    let Some(output) = dcmtk("storescu", all).await else {
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let received = memory.objects.lock().unwrap();
    assert_eq!(received.len(), 5);
    for (_, object) in received.iter() {
        let data = data_set_bytes(&object.file).unwrap();
        assert!(
            slices
                .iter()
                .any(|slice| data_set_bytes(slice) == Some(data))
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn many_associations_send_at_once() {
    let memory = Arc::new(Memory::default());
    let port = start(memory.clone(), Limits::default()).await;
    let slices = support::slices(4);
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let slices = slices.clone();
            tokio::spawn(async move { scu::send(&peer(port), &slices, |_| {}).await.unwrap() })
        })
        .collect();
    for task in tasks {
        for sent in task.await.unwrap() {
            assert_eq!(sent.outcome, Ok(()));
        }
    }
    let received = memory.objects.lock().unwrap();
    assert_eq!(received.len(), 200);
    for (_, object) in received.iter() {
        let data = data_set_bytes(&object.file);
        assert!(slices.iter().any(|slice| data_set_bytes(slice) == data));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_listed_callers_are_let_in() {
    let memory = Memory {
        callers: Some(vec!["CT1".to_owned()]),
        ..Memory::default()
    };
    let port = start(Arc::new(memory), Limits::default()).await;
    assert!(scu::echo(&peer(port)).await.is_err());
    let listed = Peer {
        calling: "CT1".to_owned(),
        ..peer(port)
    };
    assert_eq!(scu::echo(&listed).await.unwrap(), Status::SUCCESS);
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_reach_the_sender_with_their_status() {
    for (refused, status) in [
        (Refused::OutOfResources, "A700"),
        (Refused::Mismatch("other bytes under this UID"), "A900"),
        (Refused::NotUnderstood("no such patient"), "C000"),
        (Refused::NotAuthorized, "0124"),
    ] {
        let memory = Arc::new(Memory {
            refuse: Some(refused),
            ..Memory::default()
        });
        let port = start(memory, Limits::default()).await;
        let sent = scu::send(&peer(port), &support::slices(1), |_| {})
            .await
            .unwrap();
        let error = sent[0].outcome.clone().unwrap_err();
        assert!(error.contains(status), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_that_are_too_large_do_not_end_the_association() {
    let memory = Arc::new(Memory::default());
    let limits = Limits {
        object_bytes: 4096,
        ..Limits::default()
    };
    let port = start(memory.clone(), limits).await;
    let mut files: Vec<Bytes> = support::series([64, 64, 1])
        .files
        .into_iter()
        .map(|(_, file)| file.into())
        .collect();
    files.extend(support::slices(2));
    let sent = scu::send(&peer(port), &files, |_| {}).await.unwrap();
    assert!(sent[0].outcome.clone().unwrap_err().contains("A700"));
    assert_eq!(
        (sent[1].outcome.clone(), sent[2].outcome.clone()),
        (Ok(()), Ok(()))
    );
    assert_eq!(memory.objects.lock().unwrap().len(), 2);
}

/// The first bytes of an association request for CT storage, then whatever a bad peer sends.
fn request() -> Vec<u8> {
    use dicom_ul::pdu::{
        AssociationRQ, Pdu, PresentationContextProposed, UserVariableItem, write_pdu,
    };
    let mut bytes = Vec::new();
    let pdu = Pdu::AssociationRQ(AssociationRQ {
        protocol_version: 1,
        calling_ae_title: "BAD".to_owned(),
        called_ae_title: "YUANYI".to_owned(),
        application_context_name: "1.2.840.10008.3.1.1.1".to_owned(),
        presentation_contexts: vec![PresentationContextProposed {
            id: 1,
            abstract_syntax: "1.2.840.10008.5.1.4.1.1.2".to_owned(),
            transfer_syntaxes: vec!["1.2.840.10008.1.2".to_owned()],
        }],
        user_variables: vec![UserVariableItem::MaxLength(16384)],
    });
    write_pdu(&mut bytes, &pdu).unwrap();
    bytes
}

/// Broken, aborted and silent peers end their own association only.
#[tokio::test(flavor = "multi_thread")]
async fn peers_that_misbehave_harm_nobody() {
    let memory = Arc::new(Memory::default());
    let limits = Limits {
        idle: Duration::from_millis(500),
        handshake: Duration::from_millis(500),
        associations: 8,
        ..Limits::default()
    };
    let port = start(memory.clone(), limits).await;
    let cases: [(&str, Vec<u8>); 7] = [
        ("web browser", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec()),
        (
            "huge PDU",
            [vec![1, 0, 0xff, 0xff, 0xff, 0xff], vec![0; 64]].concat(),
        ),
        ("half a request", request()[..40].to_vec()),
        (
            "command that is none",
            [request(), pdata(1, 0x03, b"\x01\x02\x03")].concat(),
        ),
        (
            "data before command",
            [request(), pdata(1, 0x02, b"abcd")].concat(),
        ),
        (
            "context that was not agreed on",
            [request(), pdata(9, 0x03, &echo_command())].concat(),
        ),
        (
            "abort",
            [request(), vec![7, 0, 0, 0, 0, 4, 0, 0, 0, 0]].concat(),
        ),
    ];
    for (name, bytes) in cases {
        let mut stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        stream.write_all(&bytes).await.unwrap();
        let mut answer = Vec::new();
        // The provider ends the connection by itself, by protocol or by patience.
        let ended =
            tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok(), "{name}: the connection stayed open");
        assert_eq!(
            scu::echo(&peer(port)).await.unwrap(),
            Status::SUCCESS,
            "after {name}"
        );
    }
    // A transfer that breaks off in its middle stores nothing.
    assert!(memory.objects.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_associations_than_agreed_are_rejected_for_the_moment() {
    let limits = Limits {
        associations: 1,
        ..Limits::default()
    };
    let port = start(Arc::default(), limits).await;
    let mut first = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    first.write_all(&request()).await.unwrap();
    let mut kind = [0; 1];
    first.read_exact(&mut kind).await.unwrap();
    assert_eq!(kind, [2], "the first was not accepted");
    let mut second = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    second.write_all(&request()).await.unwrap();
    let mut answer = [0; 10];
    second.read_exact(&mut answer).await.unwrap();
    // A-ASSOCIATE-RJ, transient, presentation layer of the provider, local limit exceeded.
    assert_eq!((answer[0], &answer[7..]), (3, [2, 3, 2].as_slice()));
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(scu::echo(&peer(port)).await.unwrap(), Status::SUCCESS);
}

fn pdata(context: u8, control: u8, data: &[u8]) -> Vec<u8> {
    let inner = u32::try_from(data.len() + 2).unwrap();
    let mut bytes = vec![4, 0];
    bytes.extend((inner + 4).to_be_bytes());
    bytes.extend(inner.to_be_bytes());
    bytes.extend([context, control]);
    bytes.extend(data);
    bytes
}

/// C-ECHO-RQ as bytes.
fn echo_command() -> Vec<u8> {
    let mut bytes = Vec::new();
    for (element, value) in [
        (0x0002_u16, b"1.2.840.10008.1.1\0".to_vec()),
        (0x0100, vec![0x30, 0]),
        (0x0110, vec![1, 0]),
        (0x0800, vec![1, 1]),
    ] {
        bytes.extend([0, 0]);
        bytes.extend(element.to_le_bytes());
        bytes.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        bytes.extend(value);
    }
    bytes
}

/// A data set that is broken, or another object than the command says, is refused and not stored.
#[tokio::test(flavor = "multi_thread")]
async fn broken_objects_are_refused() {
    let memory = Arc::new(Memory::default());
    let port = start(memory.clone(), Limits::default()).await;
    let whole = support::slices(1).remove(0).to_vec();
    let data = whole.len() - data_set_bytes(&whole).unwrap().len();
    // The object's own UID differs from the one that it is announced by.
    let mut other = whole.clone();
    let uid = b"2.25.";
    let place = data + other[data..].windows(5).position(|w| w == uid).unwrap() + 6;
    other[place] = if other[place] == b'1' { b'2' } else { b'1' };
    let sent = send_raw(port, &other[data..]).await;
    assert_eq!(sent, 0xa900);
    assert_eq!(send_raw(port, &whole[data..data + 300]).await, 0xc000);
    assert_eq!(send_raw(port, b"this is no data set").await, 0xc000);
    assert_eq!(send_raw(port, &whole[data..]).await, 0);
    assert_eq!(memory.objects.lock().unwrap().len(), 1);
}

/// Stores a data set (explicit VR little endian) as the first slice of the test series; the status.
async fn send_raw(port: u16, data_set: &[u8]) -> u16 {
    let whole = support::slices(1).remove(0);
    let object = dicom::parse(whole).unwrap();
    let mut options = dicom_ul::ClientAssociationOptions::new().called_ae_title("YUANYI");
    options = options.with_presentation_context(
        object.class.as_str().to_owned(),
        vec!["1.2.840.10008.1.2.1".to_owned()],
    );
    let mut association = options
        .establish_with_async(&format!("127.0.0.1:{port}"))
        .await
        .unwrap();
    let mut command = Vec::new();
    let padded = |uid: &str| {
        let mut bytes = uid.as_bytes().to_vec();
        if bytes.len() % 2 == 1 {
            bytes.push(0);
        }
        bytes
    };
    for (element, value) in [
        (0x0002_u16, padded(object.class.as_str())),
        (0x0100, vec![1, 0]),
        (0x0110, vec![7, 0]),
        (0x0700, vec![0, 0]),
        (0x0800, vec![0, 0]),
        (0x1000, padded(object.sop.as_str())),
    ] {
        command.extend([0, 0]);
        command.extend(element.to_le_bytes());
        command.extend(u32::try_from(value.len()).unwrap().to_le_bytes());
        command.extend(value);
    }
    let stream = association.inner_stream();
    stream.write_all(&pdata(1, 0x03, &command)).await.unwrap();
    // In small fragments, so that putting them together is tested too.
    let last = data_set.chunks(97).count() - 1;
    for (number, chunk) in data_set.chunks(97).enumerate() {
        let control = if number == last { 0x02 } else { 0x00 };
        association
            .inner_stream()
            .write_all(&pdata(1, control, chunk))
            .await
            .unwrap();
    }
    let dicom_ul::Pdu::PData { data } = association.receive().await.unwrap() else {
        panic!("no answer")
    };
    association.release().await.unwrap();
    let answer = &data[0].data;
    let at = answer.windows(4).position(|w| w == [0, 0, 0, 9]).unwrap();
    u16::from_le_bytes([answer[at + 8], answer[at + 9]])
}
