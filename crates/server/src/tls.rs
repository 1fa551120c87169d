//! TLS of the doors at which devices and gateways knock: the hospital's certificate, and whether theirs is asked for;
//! and of those whom the hospital asks itself.

use std::{net::IpAddr, path::Path, sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use tokio_rustls::rustls::{
    RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use ureq::{
    http::Uri,
    tls::{Certificate, RootCerts, TlsConfig},
};

use crate::mqtt::Noting;

/// The certificates of a file in PEM form.
pub fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("read the certificates in {}", file.display()))?;
    if read.is_empty() {
        bail!("find a certificate in {}", file.display());
    }
    Ok(read)
}

/// Who asks another server by HTTP. With authorities named it must show a certificate that one of them has signed,
/// and nothing goes out in the clear.
pub fn agent(patience: Duration, authorities: Option<&Path>) -> Result<ureq::Agent> {
    let agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(patience));
    let agent = match authorities {
        None => agent,
        Some(file) => {
            let known = certificates(file)?;
            let known = known
                .iter()
                .map(|one| Certificate::from_der(one).to_owned());
            let tls = TlsConfig::builder()
                .root_certs(RootCerts::from(known.collect::<Vec<_>>()))
                .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()))
                .build();
            agent.https_only(true).tls_config(tls)
        }
    };
    Ok(agent.build().new_agent())
}

/// Whether an address is of this machine, where a tunnel may begin.
pub fn is_on_this_machine(address: &str) -> bool {
    let host = address
        .parse::<Uri>()
        .ok()
        .and_then(|address| Some(address.host()?.to_owned()));
    host.is_some_and(|host| {
        let bare = host.trim_matches(['[', ']']);
        host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    })
}

/// Whether who knocks shows a certificate.
#[derive(Clone, Copy)]
pub enum Shows<'c> {
    /// It is not asked for.
    Nothing,
    /// One that these have signed, or none.
    May(&'c Path),
    /// One that these have signed.
    Must(&'c Path),
}

/// How an encrypted door is set up, with the hospital's certificate and its key in PEM form.
pub fn server(certificate: &Path, key: &Path, shows: Shows<'_>) -> Result<Arc<ServerConfig>> {
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("read the private key in {}", key.display()))?;
    let provider = Arc::new(ring::default_provider());
    let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()?;
    let (file, must) = match shows {
        Shows::Nothing => (None, false),
        Shows::May(file) => (Some(file), false),
        Shows::Must(file) => (Some(file), true),
    };
    let builder = match file {
        None => builder.with_no_client_auth(),
        Some(file) => {
            let mut roots = RootCertStore::empty();
            for authority in certificates(file)? {
                roots
                    .add(authority)
                    .with_context(|| format!("use a certificate in {}", file.display()))?;
            }
            // Dates and signatures of what is shown are checked here; whose it is, at the door.
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            let verifier = if must {
                verifier
            } else {
                verifier.allow_unauthenticated()
            };
            let verifier = verifier
                .build()
                .with_context(|| format!("use the certificates in {}", file.display()))?;
            builder.with_client_cert_verifier(Arc::new(Noting(verifier)))
        }
    };
    let built = builder
        .with_single_cert(certificates(certificate)?, key)
        .with_context(|| format!("use the certificate in {}", certificate.display()))?;
    Ok(Arc::new(built))
}
