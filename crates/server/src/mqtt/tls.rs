//! TLS of the MQTT door. A device may show a certificate that `mqtt_client_ca` has signed; the rest bring a token.

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio_rustls::rustls::{
    ServerConfig,
    pki_types::{CertificateDer, pem::PemObject as _},
};

use crate::{
    config::Config,
    tls::{self, Shows},
};

/// The one certificate of a text in PEM form, as DER.
pub fn certificate(pem: &str) -> Option<Vec<u8>> {
    let mut all = CertificateDer::pem_slice_iter(pem.as_bytes());
    let one = all.next()?.ok()?;
    all.next().is_none().then(|| one.to_vec())
}

/// How the encrypted door is set up.
pub fn server(config: &Config) -> Result<Arc<ServerConfig>> {
    let (Some(certificate), Some(key)) = (&config.mqtt_certificate, &config.mqtt_key) else {
        bail!("encrypt the MQTT door: set mqtt_certificate and mqtt_key to files in PEM form");
    };
    let shows = config
        .mqtt_client_ca
        .as_deref()
        .map_or(Shows::Nothing, Shows::May);
    tls::server(certificate, key, shows)
}
