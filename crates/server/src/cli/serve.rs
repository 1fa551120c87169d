//! `serve`.

use anyhow::Result;
use clap::Args;

use crate::{cli::Place, hospital::Hospital, listen};

/// Arguments of `yuanyi serve`.
#[derive(Args)]
pub struct Serve {
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    ports: Ports,
    /// Be an edge: work alone, and send what devices measure to the hospital that --cloud names.
    #[arg(long, requires = "cloud")]
    edge: bool,
    /// The hospital that this one is an edge of.
    #[arg(long, value_name = "URL", requires = "edge")]
    cloud: Option<String>,
    /// A file that holds a bearer token of that hospital.
    #[arg(long, value_name = "FILE", requires = "edge")]
    cloud_token: Option<std::path::PathBuf>,
}

/// Where the hospital listens, over the configuration's settings.
#[derive(Args, Clone, Debug, Default)]
pub struct Ports {
    /// HTTP.
    #[arg(long, value_name = "ADDR:PORT")]
    http: Option<String>,
    /// HTTP with TLS, which headsets need; `off` for none.
    #[arg(long, value_name = "ADDR:PORT")]
    https: Option<String>,
    /// DICOM; `off` for none.
    #[arg(long, value_name = "ADDR:PORT")]
    dicom: Option<String>,
    /// MQTT, where devices send; `off` for none.
    #[arg(long, value_name = "ADDR:PORT")]
    mqtt: Option<String>,
    /// HL7 v2 over MLLP; `off` for none.
    #[arg(long, value_name = "ADDR:PORT")]
    mllp: Option<String>,
    /// Voice and picture (UDP); `off` for none.
    #[arg(long, value_name = "ADDR:PORT")]
    media: Option<String>,
}

impl Ports {
    /// Puts what was said on the command line over the configuration.
    pub fn apply(&self, config: &mut crate::config::Config) {
        if let Some(http) = &self.http {
            config.http.clone_from(http);
        }
        if let Some(https) = &self.https {
            config.https = Some(https.clone());
        }
        if let Some(dicom) = &self.dicom {
            config.dicom.clone_from(dicom);
        }
        if let Some(mqtt) = &self.mqtt {
            config.mqtt.clone_from(mqtt);
        }
        if let Some(mllp) = &self.mllp {
            config.mllp.clone_from(mllp);
        }
        if let Some(media) = &self.media {
            config.media.clone_from(media);
        }
    }
}

impl Serve {
    /// Serves until interrupted.
    pub fn run(self) -> Result<()> {
        let mut config = self.place.config()?;
        self.ports.apply(&mut config);
        if self.edge {
            config.cloud = self.cloud;
            config.cloud_token = self.cloud_token.or(config.cloud_token);
        }
        crate::block_on(async move {
            let hospital = Hospital::open(config)?;
            if hospital.accounts.is_empty()? {
                eprintln!(
                    "there are no accounts yet: add one with `yuanyi user put admin --name Admin --role admin`"
                );
            }
            let doors = listen::open(&hospital).await?;
            eprintln!(
                "ready: {} (DICOM: {}) (MQTT: {}) (voice: {}) (TLS: {})",
                doors.http_url(),
                doors.dicom_text(),
                doors.mqtt_text(),
                doors.media_text(),
                doors.https_text()
            );
            doors.until_interrupted(&hospital).await
        })
    }
}
