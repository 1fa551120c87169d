//! Opens the doors: HTTP, DICOM, MQTT, HL7 v2, and voice and picture.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context, Result};
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    access,
    accounts::by_hand,
    devices,
    dimse::{self, Listening},
    edge, gateway, guidelines,
    hospital::{Hospital, hospital_actor},
    http,
    https::Shown,
    media, mllp, mqtt, pacs,
    places::Places,
    purge, quality, reminders,
    rooms::recorder,
    transport, upgrades, vitals, volumes, ward, web,
};

/// What a program may open where nobody can say.
const FEW_DESCRIPTORS: u64 = 1024;

/// Where the encrypted HTTP door is, and what it shows.
struct Encryption {
    at: SocketAddr,
    fingerprint: String,
    is_own: bool,
}

/// The open doors of a hospital.
pub struct Doors {
    http: SocketAddr,
    https: Option<Encryption>,
    dicom: Option<SocketAddr>,
    dicom_tls: Option<SocketAddr>,
    mqtt: Option<SocketAddr>,
    mqtt_tls: Option<SocketAddr>,
    media: Option<SocketAddr>,
    close: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

/// Opens every door of the configuration and starts what works behind them.
pub async fn open(hospital: &Arc<Hospital>) -> Result<Doors> {
    guidelines::keep(hospital)
        .await
        .context("keep the guidelines in the record")?;
    // Each connection is a descriptor; the usual limit is a tenth of what the MQTT door has places for.
    let descriptors = rlimit::increase_nofile_limit(u64::MAX).unwrap_or_else(|error| {
        tracing::warn!(%error, "the limit on open connections could not be raised");
        rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(FEW_DESCRIPTORS, |(now, _)| now)
    });
    // A hospital that failed has left recordings open, and nobody records yet.
    let permit = hospital
        .own_permit("seal recordings of rooms", policy::Action::ReadRecord)
        .await?;
    recorder::seal_interrupted(&*hospital.record, &permit, &hospital_actor()).await?;
    let (close, closed) = watch::channel(false);
    let mut tasks = Vec::new();

    let address = hospital.config.http_address()?;
    let listener = TcpListener::bind(address).await.with_context(|| {
        format!(
            "listen on {address} for HTTP: is another server running? choose another with --http"
        )
    })?;
    let http = listener.local_addr()?;
    let encrypted = open_https(hospital).await?;

    // Both DICOM doors take from the same places.
    let associations = Places::new(
        hospital.config.dicom_associations,
        hospital.config.dicom_associations_each,
    );
    let mut serve_dicom = |listener: TcpListener, tls| {
        let listening = Listening { listener, tls };
        let (hospital, places) = (Arc::clone(hospital), Arc::clone(&associations));
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
    // Devices are known before the first of them is heard, and the versions of their profiles before them.
    upgrades::load(hospital).await;
    devices::load(hospital).await;
    tasks.push(tokio::spawn(devices::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    let (mqtt, mqtt_tls) = open_mqtt(hospital, &closed, &mut tasks).await?;
    open_mllp(hospital, &closed, &mut tasks).await?;
    let media = open_media(hospital, &closed, &mut tasks).await?;
    let page = encrypted
        .as_ref()
        .map_or(http, |(_, encrypted)| encrypted.at);
    open_transport(hospital, page, &closed, &mut tasks)?;
    follow_readings(hospital, &closed, &mut tasks);
    follow_the_record(hospital, &closed, &mut tasks);
    // Who hears that the hospital is ready finds every door open.
    let plain = http::routes(Arc::clone(hospital));
    let places = web::places(descriptors);
    let mut serve_http = |door, routes| {
        let serving = web::serve(door, routes, Arc::clone(&places), closed.clone());
        tasks.push(tokio::spawn(serving));
    };
    let https = encrypted.map(|(door, encryption)| {
        serve_http(door, http::encrypted(plain.clone()));
        encryption
    });
    let door = web::Door {
        listener,
        shown: None,
    };
    serve_http(door, plain);
    Ok(Doors {
        http,
        https,
        dicom,
        dicom_tls,
        mqtt,
        mqtt_tls,
        media,
        close,
        tasks,
    })
}

/// Starts what works behind the doors.
fn follow_the_record(
    hospital: &Arc<Hospital>,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) {
    tasks.push(tokio::spawn(upgrades::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(pacs::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(access::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(by_hand::follow(
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
    tasks.push(tokio::spawn(reminders::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(ward::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(gateway::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
    tasks.push(tokio::spawn(volumes::follow(
        Arc::clone(hospital),
        closed.clone(),
    )));
}

/// Opens the MQTT doors; says where they are.
async fn open_mqtt(
    hospital: &Arc<Hospital>,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<(Option<SocketAddr>, Option<SocketAddr>)> {
    let broker = mqtt::Broker::new(Arc::clone(hospital), &hospital.config.data)
        .context("open the MQTT door")?;
    let follow = mqtt::follow(Arc::clone(&broker), closed.clone());
    tasks.push(tokio::spawn(follow));
    // Both doors take from the same places.
    let places = Places::new(hospital.config.mqtt_connections, mqtt::STRANGERS_OF_ONE);
    let mut open = async |address: Option<SocketAddr>, encrypted: bool| {
        let Some(address) = address else {
            return Ok(None);
        };
        let tls = encrypted
            .then(|| mqtt::tls_server(&hospital.config))
            .transpose()?;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!("listen on {address} for MQTT: is another server running? choose another with --mqtt")
        })?;
        let bound = listener.local_addr()?;
        let listening = mqtt::Listening { listener, tls };
        let (broker, places) = (Arc::clone(&broker), Arc::clone(&places));
        let serving = mqtt::serve(listening, broker, places, closed.clone());
        tasks.push(tokio::spawn(serving));
        anyhow::Ok(Some(bound))
    };
    let plain = open(hospital.config.mqtt_address()?, false).await?;
    let encrypted = open(hospital.config.mqtt_tls_address()?, true).await?;
    Ok((plain, encrypted))
}

/// Starts what makes readings of observations, and what sends the readings of an edge.
fn follow_readings(
    hospital: &Arc<Hospital>,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) {
    let observed = devices::observed::follow(Arc::clone(hospital), closed.clone());
    tasks.push(tokio::spawn(observed));
    if let Some(edge) = &hospital.edge {
        let sending = edge::follow(Arc::clone(edge), closed.clone());
        tasks.push(tokio::spawn(sending));
        let both = || (Arc::clone(hospital), Arc::clone(edge));
        let (here, line) = both();
        tasks.push(tokio::spawn(edge::follow_journal(
            here,
            line,
            closed.clone(),
        )));
        let (here, line) = both();
        tasks.push(tokio::spawn(edge::hold(here, line, closed.clone())));
        let (here, line) = both();
        tasks.push(tokio::spawn(edge::follow_packages(
            here,
            line,
            closed.clone(),
        )));
    }
}

/// Opens the HL7 v2 doors.
async fn open_mllp(
    hospital: &Arc<Hospital>,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<()> {
    // Both doors take from the same places.
    let places = mllp::places();
    let config = &hospital.config;
    for (address, is_encrypted) in [
        (config.mllp_address()?, false),
        (config.mllp_tls_address()?, true),
    ] {
        let Some(address) = address else { continue };
        let tls = is_encrypted.then(|| mllp::tls_server(config)).transpose()?;
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "listen on {address} for HL7: is another server running? choose another with --mllp"
            )
        })?;
        let (places, hospital) = (Arc::clone(&places), Arc::clone(hospital));
        let serving = mllp::serve(listener, tls, places, hospital, closed.clone());
        tasks.push(tokio::spawn(serving));
    }
    Ok(())
}

/// Opens the door for voice and picture, unless it is off.
async fn open_media(
    hospital: &Arc<Hospital>,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<Option<SocketAddr>> {
    let Some(address) = hospital.config.media_address()? else {
        return Ok(None);
    };
    let socket = UdpSocket::bind(address).await.with_context(|| {
        format!("listen on {address} for voice and picture: is another server running? choose another with --media")
    })?;
    let bound = socket.local_addr()?;
    let announced = media::announced(&hospital.config, bound)?;
    let media = Arc::clone(&hospital.media);
    tasks.push(tokio::spawn(media::serve(
        socket,
        announced,
        media,
        closed.clone(),
    )));
    Ok(Some(bound))
}

/// Opens the door for poses by WebTransport, unless it is off.
fn open_transport(
    hospital: &Hospital,
    page: SocketAddr,
    closed: &watch::Receiver<bool>,
    tasks: &mut Vec<JoinHandle<()>>,
) -> Result<()> {
    let config = &hospital.config;
    let Some(address) = config.transport_address(page)? else {
        return Ok(());
    };
    let outer = match &config.transport_address {
        Some(text) => Some(transport::outer(text).with_context(|| {
            format!("use transport_address = {text:?}: write HOST or HOST:PORT")
        })?),
        None => None,
    };
    // Where the page's port was any that was free, so is this one.
    let is_any = config.transport.is_none() && config.http_address()?.port() == 0;
    let bound = std::net::UdpSocket::bind(address).or_else(|error| {
        if is_any {
            std::net::UdpSocket::bind((address.ip(), 0))
        } else {
            Err(error)
        }
    });
    let socket = match bound {
        Ok(socket) => socket,
        // Nobody asked for it: poses go by the ways that there are.
        Err(error) if config.transport.is_none() => {
            tracing::warn!(%error, "no poses by WebTransport: UDP {address} cannot be listened on");
            return Ok(());
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!("listen on {address} for poses: is another server running? choose another with transport")
            });
        }
    };
    let door = transport::Door::open(socket)?;
    let ways = Arc::clone(&hospital.transport);
    tasks.push(transport::serve(door, outer, ways, closed.clone()));
    Ok(())
}

/// Opens the encrypted HTTP door, unless it is off.
async fn open_https(hospital: &Arc<Hospital>) -> Result<Option<(web::Door, Encryption)>> {
    let config = &hospital.config;
    let Some(address) = config.https_address()? else {
        return Ok(None);
    };
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        // Nobody asked for it: the hospital opens without.
        Err(error) if config.https.is_none() => {
            tracing::warn!(%error, "nothing is served with TLS: {address} cannot be listened on");
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!("listen on {address} for HTTPS: is another server running? choose another with --https")
            });
        }
    };
    let at = listener.local_addr()?;
    let shown = Shown::open(config, at)?;
    let (fingerprint, is_own) = shown.fingerprint();
    let encryption = Encryption {
        at,
        fingerprint: fingerprint.to_owned(),
        is_own,
    };
    let door = web::Door {
        listener,
        shown: Some(shown),
    };
    Ok(Some((door, encryption)))
}

impl Doors {
    /// The address to open in a browser.
    pub fn http_url(&self) -> String {
        format!("http://{}", self.http)
    }

    /// Where the encrypted HTTP door is and what it shows, for people.
    pub fn https_text(&self) -> String {
        let Some(https) = &self.https else {
            return "off".to_owned();
        };
        let whose = if https.is_own {
            "the hospital's own certificate"
        } else {
            "certificate"
        };
        format!(
            "https://{} ({whose}, SHA-256 {})",
            https.at, https.fingerprint
        )
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

    /// Where devices send.
    pub fn mqtt_address(&self) -> Option<SocketAddr> {
        self.mqtt
    }

    /// Where devices send, for people.
    pub fn mqtt_text(&self) -> String {
        let plain = self
            .mqtt
            .map_or_else(|| "off".to_owned(), |address| address.to_string());
        match self.mqtt_tls {
            Some(encrypted) => format!("{plain}, with TLS {encrypted}"),
            None => plain,
        }
    }

    /// Where voice and picture are forwarded, for people.
    pub fn media_text(&self) -> String {
        self.media
            .map_or_else(|| "off".to_owned(), |address| format!("UDP {address}"))
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
