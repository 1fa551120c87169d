//! The DICOM doors: what a modality or PACS sends is filed like everything else, and what it asks for it gets
//! as far as the policies permit.

mod retrieve;
mod tls;

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use dicom::{
    ParsedObject,
    commitment::{CommitmentReport, CommitmentRequest},
    create::derived_uid,
    query::Keys,
    scp::{Caller, Limits, Offers, Refused, Scp, Selected, Services},
    scu::Peer,
};
use policy::{Action, Object, Permit, Refusal, RefusalKind};
use record::{ImagingQuery, ImagingRow, Page, RecordError};
use serde_json::{Map, Value};
use tokio::{net::TcpListener, sync::watch};

pub use retrieve::of_row;
pub use tls::{client as tls_client, server as tls_server};

use crate::{
    entities::ApplicationEntity,
    hospital::Hospital,
    intake::{self, IntakeError},
    pacs,
    places::Places,
};

/// A DICOM door.
pub struct Door {
    hospital: Arc<Hospital>,
}

fn refused(refusal: &Refusal) -> Refused {
    match refusal.kind {
        RefusalKind::NotPermitted => Refused::NotAuthorized,
        RefusalKind::NotWitnessed => Refused::OutOfResources,
    }
}

fn not_kept(error: &IntakeError) -> Refused {
    match error {
        IntakeError::Refused(refusal) => refused(refusal),
        IntakeError::Record(RecordError::Conflict { .. }) => {
            Refused::Mismatch("another object with this UID is kept already")
        }
        IntakeError::Record(error) => unread(error),
    }
}

fn unread(error: &RecordError) -> Refused {
    match error {
        RecordError::NotPermitted => return Refused::NotAuthorized,
        RecordError::Full => {}
        other => tracing::error!(cause = %other, "the record could not serve a DICOM door"),
    }
    Refused::OutOfResources
}

impl Door {
    fn entity(&self, caller: &Caller) -> Option<&ApplicationEntity> {
        self.hospital.config.entity(&caller.title)
    }

    /// A permit for the caller over everyone whom it may see.
    async fn permit(&self, caller: &Caller, action: Action) -> Result<Permit, Refused> {
        let actor = self.hospital.config.actor(&caller.title);
        let asked = self.hospital.ask(&actor, action, &Object::Everyone).await;
        asked.map_err(|refusal| refused(&refusal))
    }
}

#[async_trait]
impl Services for Door {
    fn offers(&self, caller: &Caller) -> Option<Offers> {
        match self.entity(caller) {
            Some(entity) => entity.offers(caller),
            None => self.hospital.config.anyone_may_store(&caller.title),
        }
    }

    async fn store(&self, caller: &Caller, object: ParsedObject) -> Result<(), Refused> {
        let actor = self.hospital.config.actor(&caller.title);
        match intake::store(&self.hospital, &actor, object).await {
            Ok(_) => Ok(()),
            Err(error) => Err(not_kept(&error)),
        }
    }

    async fn find(
        &self,
        caller: &Caller,
        query: &ImagingQuery,
    ) -> Result<Page<ImagingRow>, Refused> {
        let permit = self.permit(caller, Action::ReadImaging).await?;
        let found = self.hospital.record.imaging(&permit, query).await;
        found.map_err(|error| unread(&error))
    }

    async fn worklist(
        &self,
        caller: &Caller,
        _keys: &Keys,
    ) -> Result<Vec<Map<String, Value>>, Refused> {
        let permit = self.permit(caller, Action::ReadWorklist).await?;
        let config = &self.hospital.config;
        let with = fhir::Worklist {
            study_uid: &|id| derived_uid(&["worklist", id]).as_str().to_owned(),
            issuer: &|system| config.issuer_of(system),
            zone: config.time_zone.rules(),
        };
        let found = fhir::worklist(&*self.hospital.record, &permit, &with).await;
        found.map_err(|error| unread(&error))
    }

    async fn select(
        &self,
        caller: &Caller,
        query: &ImagingQuery,
    ) -> Result<Vec<Selected>, Refused> {
        retrieve::select(self, caller, query).await
    }

    async fn object(&self, caller: &Caller, sop: &str) -> Result<Bytes, Refused> {
        retrieve::object(self, caller, sop).await
    }

    fn destination(&self, caller: &Caller, title: &str) -> Option<Peer> {
        let peer = pacs::peer(&self.hospital, title);
        if peer.is_none() {
            tracing::info!(from = %caller.address, "a C-MOVE names a destination that is not configured");
        }
        peer
    }

    async fn commit(
        &self,
        caller: &Caller,
        request: CommitmentRequest,
    ) -> Result<CommitmentReport, Refused> {
        retrieve::commit(self, caller, request).await
    }

    async fn report_later(&self, caller: &Caller, report: CommitmentReport) {
        let title = caller.title.clone();
        let put_by = self.hospital.aside(move |hospital| {
            let jobs = &hospital.pacs;
            jobs.add_report(&title, &report)
        });
        if let Err(error) = put_by.await {
            tracing::error!(%error, "a commitment report could not be put by for later");
        }
    }
}

/// A listener of a DICOM door, with what encrypts it.
pub struct Listening {
    /// The socket.
    pub listener: TcpListener,
    /// Set where connections are encrypted.
    pub tls: Option<Arc<tokio_rustls::rustls::ServerConfig>>,
}

/// Takes associations until the hospital closes.
pub async fn serve(
    listening: Listening,
    hospital: Arc<Hospital>,
    places: Arc<Places>,
    mut closed: watch::Receiver<bool>,
) {
    let provider = Scp {
        title: hospital.config.ae_title.clone(),
        limits: limits(&hospital),
        services: Arc::new(Door { hospital }),
    };
    let stop = async move {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    let Listening { listener, tls } = listening;
    let place = move |from| places.take(from);
    if let Err(error) = provider.serve(listener, tls, place, stop).await {
        tracing::error!(%error, "the DICOM door closed");
    }
}

fn limits(hospital: &Hospital) -> Limits {
    Limits {
        associations: hospital.config.dicom_associations,
        idle: std::time::Duration::from_secs(hospital.config.dicom_idle_s),
        answers: hospital.config.dicom_answers,
        memory: Arc::clone(&hospital.memory),
        ..Limits::default()
    }
}
