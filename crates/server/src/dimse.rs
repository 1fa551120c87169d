//! The DICOM door: what a modality or PACS sends is filed like everything else.

use std::sync::Arc;

use async_trait::async_trait;
use dicom::{
    ParsedObject,
    scp::{Limits, Refused, Sink, StorageScp},
};
use policy::RefusalKind;
use record::RecordError;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    hospital::Hospital,
    intake::{self, IntakeError},
};

struct Door(Arc<Hospital>);

#[async_trait]
impl Sink for Door {
    async fn store(&self, calling_ae: &str, object: ParsedObject) -> Result<(), Refused> {
        match intake::store(&self.0, &intake::modality(calling_ae), object).await {
            Ok(_) => Ok(()),
            Err(error) => Err(refused(&error)),
        }
    }
}

fn refused(error: &IntakeError) -> Refused {
    match error {
        IntakeError::Refused(refusal) => match refusal.kind {
            RefusalKind::NotPermitted => Refused::NotAuthorized,
            RefusalKind::NotWitnessed => Refused::OutOfResources,
        },
        IntakeError::Record(RecordError::Full) => Refused::OutOfResources,
        IntakeError::Record(RecordError::Conflict { .. }) => {
            Refused::Mismatch("another object with this UID is kept already")
        }
        IntakeError::Record(other) => {
            tracing::error!(cause = %other, "an object could not be kept");
            Refused::OutOfResources
        }
    }
}

/// Takes associations until the hospital closes.
pub async fn serve(
    listener: TcpListener,
    hospital: Arc<Hospital>,
    mut closed: watch::Receiver<bool>,
) {
    let callers = hospital.config.calling_ae_titles.clone();
    let provider = StorageScp {
        title: hospital.config.ae_title.clone(),
        callers: (!callers.is_empty()).then_some(callers),
        limits: Limits::default(),
        sink: Arc::new(Door(hospital)),
    };
    let stop = async move {
        let _ = closed.wait_for(|closed| *closed).await;
    };
    if let Err(error) = provider.serve(listener, stop).await {
        tracing::error!(%error, "the DICOM door closed");
    }
}
