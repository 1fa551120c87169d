//! TLS of the MQTT door. A device may show a certificate that `mqtt_client_ca` has signed; the rest bring a token.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};

use crate::config::Config;

/// The certificates of a file in PEM form.
fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("read the certificates in {}", file.display()))?;
    if read.is_empty() {
        bail!("find a certificate in {}", file.display());
    }
    Ok(read)
}

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
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("read the private key in {}", key.display()))?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let builder = match &config.mqtt_client_ca {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(file)? {
                roots.add(authority).context("use mqtt_client_ca")?;
            }
            // Dates and signatures of what is shown are checked here; whose it is, at the door.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
                .allow_unauthenticated()
                .build()
                .context("use mqtt_client_ca")?;
            builder.with_client_cert_verifier(verifier)
        }
    };
    let built = builder
        .with_single_cert(certificates(certificate)?, key)
        .context("use mqtt_certificate with mqtt_key")?;
    Ok(Arc::new(built))
}
