//! Queries and retrievals between our own user and our own provider.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod support;

use std::{
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use dicom::{
    ParsedObject, Status,
    commitment::{CommitmentReport, CommitmentRequest},
    query::{Level, Root},
    scp::{Caller, Limits, Offers, Refused, Scp, Selected, Services},
    scu::{self, Peer, SendError},
    tags,
};
use record::{ImagingQuery, ImagingRow, Page};
use tokio::{net::TcpListener, sync::Semaphore};
use vocabulary::PatientId;

/// Keeps objects in memory, and gives all of them to whoever asks.
#[derive(Default)]
struct Archive {
    objects: Mutex<Vec<ParsedObject>>,
    /// The second page of a query never comes.
    stalls: AtomicBool,
    /// Where a C-MOVE may send to.
    other: Mutex<Option<Peer>>,
}

#[async_trait]
impl Services for Archive {
    fn offers(&self, _caller: &Caller) -> Option<Offers> {
        Some(Offers {
            store: true,
            query: true,
            retrieve: true,
            ..Offers::default()
        })
    }

    async fn store(&self, _caller: &Caller, object: ParsedObject) -> Result<(), Refused> {
        self.objects.lock().unwrap().push(object);
        Ok(())
    }

    async fn find(
        &self,
        _caller: &Caller,
        query: &ImagingQuery,
    ) -> Result<Page<ImagingRow>, Refused> {
        if query.offset > 0 && self.stalls.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
        let attributes = self.objects.lock().unwrap()[0].attributes.clone();
        let row = ImagingRow {
            subject: PatientId::new("p").unwrap(),
            attributes: attributes.as_object().unwrap().clone(),
        };
        Ok(Page {
            rows: vec![row; query.limit],
            total: 1_000_000,
        })
    }

    async fn select(
        &self,
        _caller: &Caller,
        _query: &ImagingQuery,
    ) -> Result<Vec<Selected>, Refused> {
        let objects = self.objects.lock().unwrap();
        let selected = objects.iter().map(|object| Selected {
            class: object.class.as_str().to_owned(),
            sop: object.sop.as_str().to_owned(),
            transfer_syntax: object.transfer_syntax.as_str().to_owned(),
        });
        Ok(selected.collect())
    }

    async fn object(&self, _caller: &Caller, sop: &str) -> Result<Bytes, Refused> {
        let objects = self.objects.lock().unwrap();
        let found = objects.iter().find(|object| object.sop.as_str() == sop);
        found
            .map(|object| object.file.clone())
            .ok_or(Refused::NotUnderstood("gone"))
    }

    fn destination(&self, _caller: &Caller, title: &str) -> Option<Peer> {
        (title == "OTHER").then(|| self.other.lock().unwrap().clone())?
    }

    async fn commit(
        &self,
        _caller: &Caller,
        _request: CommitmentRequest,
    ) -> Result<CommitmentReport, Refused> {
        Err(Refused::OutOfResources)
    }
}

async fn start(archive: Arc<Archive>) -> Peer {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let provider = Scp {
        title: "YUANYI".to_owned(),
        limits: Limits::default(),
        services: archive,
    };
    let places = Arc::new(Semaphore::new(8));
    let place = move |_| Arc::clone(&places).try_acquire_owned().ok();
    tokio::spawn(provider.serve(listener, None, place, std::future::pending()));
    Peer {
        address: format!("127.0.0.1:{port}"),
        called: "YUANYI".to_owned(),
        calling: "TEST".to_owned(),
        timeout: Duration::from_secs(30),
        encryption: None,
        memory: std::sync::Arc::default(),
    }
}

fn filled(count: usize) -> Arc<Archive> {
    let archive = Archive::default();
    let objects = support::slices(count).into_iter();
    *archive.objects.lock().unwrap() = objects.map(|file| dicom::parse(file).unwrap()).collect();
    Arc::new(archive)
}

const STUDY: Level = Level::Study;

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_cancelled_also_while_the_next_rows_are_being_looked_for() {
    let archive = filled(1);
    archive.stalls.store(true, Ordering::Relaxed);
    let peer = start(archive).await;
    let keys = [(tags::STUDY_INSTANCE_UID, String::new())];
    // Without the cancellation the second page would be waited for until the peer loses patience.
    let found = scu::find(&peer, Root::Study, STUDY, &keys, 10)
        .await
        .unwrap();
    assert_eq!((found.rows.len(), found.is_cut), (10, true));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_ends_where_there_are_too_many_answers() {
    let peer = start(filled(1)).await;
    let keys = [(tags::STUDY_INSTANCE_UID, String::new())];
    let error = scu::find(&peer, Root::Study, STUDY, &keys, usize::MAX)
        .await
        .unwrap_err();
    assert!(
        matches!(&error, SendError::Refused(why) if why.starts_with("A700")),
        "{error}"
    );
}

fn wanted(archive: &Archive) -> Vec<(dicom::Tag, String)> {
    let study = archive.objects.lock().unwrap()[0].study.clone();
    vec![(tags::STUDY_INSTANCE_UID, study.as_str().to_owned())]
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_come_back_over_the_same_association_as_they_are_kept() {
    let archive = filled(3);
    let peer = start(archive.clone()).await;
    let class = archive.objects.lock().unwrap()[0].class.as_str().to_owned();
    let kept = Mutex::new(Vec::new());
    let retrieved = scu::get(
        &peer,
        Root::Study,
        STUDY,
        &wanted(&archive),
        &[class],
        |object| {
            kept.lock().unwrap().push(object);
            std::future::ready(Status::SUCCESS)
        },
    )
    .await
    .unwrap();
    assert_eq!(
        (retrieved.status, retrieved.counts.completed),
        (Status::SUCCESS, 3)
    );
    let data_sets = |objects: &[ParsedObject]| -> Vec<Vec<u8>> {
        let all = objects
            .iter()
            .map(|o| dicom::data_set_bytes(&o.file).unwrap().to_vec());
        all.collect()
    };
    assert_eq!(
        data_sets(&kept.lock().unwrap()),
        data_sets(&archive.objects.lock().unwrap())
    );
    // A class that was not proposed cannot be sent.
    let other = ["1.2.840.10008.5.1.4.1.1.4".to_owned()];
    let refused = scu::get(&peer, Root::Study, STUDY, &wanted(&archive), &other, |_| {
        std::future::ready(Status::SUCCESS)
    })
    .await
    .unwrap();
    assert_eq!(
        (refused.status, refused.counts.failed),
        (Status::CANNOT_PERFORM, 3)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn objects_are_moved_and_what_is_refused_is_counted() {
    let (archive, other) = (filled(3), Arc::new(Archive::default()));
    let peer = start(archive.clone()).await;
    *archive.other.lock().unwrap() = Some(start(other.clone()).await);
    let mut last = dicom::Counts::default();
    let moved = scu::r#move(&peer, Root::Study, STUDY, &wanted(&archive), "OTHER", |c| {
        last = c;
        ready(())
    })
    .await;
    let moved = moved.unwrap();
    assert_eq!(
        (moved.status, moved.counts.completed, last),
        (Status::SUCCESS, 3, moved.counts)
    );
    assert_eq!(other.objects.lock().unwrap().len(), 3);
    let unknown = scu::r#move(
        &peer,
        Root::Study,
        STUDY,
        &wanted(&archive),
        "ELSEWHERE",
        |_| ready(()),
    )
    .await;
    let error = unknown.unwrap_err().to_string();
    assert!(error.contains("A801"), "{error}");
}
