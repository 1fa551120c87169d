//! Opens the doors: HTTP and DICOM.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use tokio::{
    net::TcpListener,
    sync::{Semaphore, watch},
    task::JoinHandle,
};

use crate::{
    access,
    dimse::{self, Listening},
    guidelines,
    hospital::Hospital,
    http, pacs, purge, quality, vitals, volumes, ward,
};

/// The open doors of a hospital.
pub struct Doors {
    http: SocketAddr,
    dicom: Option<SocketAddr>,
    dicom_tls: Option<SocketAddr>,
    close: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens every door of the configuration and starts what works behind them.
pub async fn open(hospital: &Arc<Hospital>) -> Result<Doors> {
    guidelines::keep(hospital)
        .await
        .context("keep the guidelines in the record")?;
    let (close, closed) = watch::channel(false);
    let mut tasks = Vec::new();

    let address = hospital.config.http_address()?;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "listen on {address} for HTTP: is another server running? choose another with --http"
        )
    })?;
    let http = listener.local_addr()?;
    tasks.push(tokio::spawn(serve_http(
        listener,
        Arc::clone(hospital),
        closed.clone(),
    )));

    // Both DICOM doors take from the same places.
    let places = Arc::new(Semaphore::new(hospital.config.dicom_associations));
    let mut serve_dicom = |listener: TcpListener, tls| {
        let listening = Listening { listener, tls };
        let (hospital, places) = (Arc::clone(hospital), Arc::clone(&places));
        let serving = dimse::serve(listening, hospital, places, closed.clone());
        tasks.push(tokio::spawn(serving));
    };
    let mut dicom = None;
    if let Some(address) = hospital.config.dicom_address()? {
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("listen on {address} for DICOM: is another server running? choose another with --dicom")
        })?;
        dicom = Some(listener.local_addr()?);
        serve_dicom(listener, None);
    }
    let mut dicom_tls = None;
    if let Some(address) = hospital.config.dicom_tls_address()? {
        let tls = dimse::tls_server(&hospital.config)?;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("listen on {address} for DICOM with TLS: is another server running? choose another with dicom_tls")
        })?;
        dicom_tls = Some(listener.local_addr()?);
        serve_dicom(listener, Some(tls));
    }
    tasks.push(tokio::spawn(pacs::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(access::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(purge::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(vitals::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(quality::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(ward::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(volumes::follow(Arc::clone(hospital), closed)));
    Ok(Doors {
        http,
        dicom,
        dicom_tls,
        close,
        tasks,
    })
}

async fn serve_http(
    listener: TcpListener,
    hospital: Arc<Hospital>,
    mut closed: watch::Receiver<bool>,
) {
    let service = http::routes(hospital).into_make_service_with_connect_info::<SocketAddr>();
    let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
        // Rooms send small packets; they must not wait for acknowledgements.
        let _ = stream.set_nodelay(true);
    });
    let served = axum::serve(listener, service).with_graceful_shutdown(async move {
        let _ = closed.wait_for(|closed| *closed).await;
    });
    if let Err(error) = served.await {
        tracing::error!(%error, "the HTTP door closed");
    }
}

impl Doors {
    /// The address to open in a browser.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Where DICOM is received.
    pub fn dicom_address(&self) -> Option<SocketAddr> {
        self.dicom
    }

    /// Where DICOM is received, for people.
    pub fn dicom_text(&self) -> String {
        let plain = self
            .dicom
            .map_or_else(|| "off".to_owned(), |address| address.to_string());
        match self.dicom_tls {
            Some(encrypted) => format!("{plain}, with TLS {encrypted}"),
            None => plain,
        }
    }

    /// Waits for an interrupt, then closes the doors and leaves the record in order.
    pub async fn until_interrupted(self, hospital: &Hospital) -> Result<()> {
        let mut terminate =
            tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted?,
            _ = terminate.recv() => {}
        }
        eprintln!("closing");
        self.close.send_replace(true);
        hospital.rooms.close_all().await;
        // Event streams and sockets have no end of their own.
        let grace = std::time::Duration::from_secs(2);
        for task in self.tasks {
            let _ = tokio::time::timeout(grace, task).await;
        }
        let checkpoint = hospital.record.checkpoint().await?;
        eprintln!("closed; the journal holds {} entries", checkpoint.size);
        Ok(())
    }
}
