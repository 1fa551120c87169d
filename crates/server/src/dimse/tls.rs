//! TLS of the DICOM doors (PS3.15 annex B), both as provider and as user.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, bail};
use tokio_rustls::rustls::{
    ClientConfig, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, ServerConfig,
    SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, UnixTime, pem::PemObject as _},
    server::{
        WebPkiClientVerifier,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
};
use vocabulary::Digest;

use crate::config::Config;

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let read = CertificateDer::pem_file_iter(file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .with_context(|| format!("read the certificates in {}", file.display()))?;
    if read.is_empty() {
        bail!("find a certificate in {}", file.display());
    }
    Ok(read)
}

fn authorities(file: &Path) -> Result<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(file)? {
        roots
            .add(certificate)
            .with_context(|| format!("use a certificate in {}", file.display()))?;
    }
    Ok(Arc::new(roots))
}

type Own = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn own(config: &Config) -> Result<Option<Own>> {
    let (Some(certificate), Some(key)) = (&config.dicom_certificate, &config.dicom_key) else {
        return Ok(None);
    };
    let key = PrivateKeyDer::from_pem_file(key)
        .with_context(|| format!("read the private key in {}", key.display()))?;
    Ok(Some((certificates(certificate)?, key)))
}

/// How the encrypted door is set up. Callers must show a certificate: one that an authority of
/// `dicom_client_ca` has signed, or one that the configuration lists with an application entity.
pub fn server(config: &Config) -> Result<Arc<ServerConfig>> {
    let (chain, key) = own(config)?.context(
        "encrypt the DICOM door: set dicom_certificate and dicom_key to files in PEM form",
    )?;
    let provider = provider();
    let verifier: Arc<dyn ClientCertVerifier> = match &config.dicom_client_ca {
        Some(file) => {
            WebPkiClientVerifier::builder_with_provider(authorities(file)?, Arc::clone(&provider))
                .build()
                .context("use dicom_client_ca")?
        }
        None => Arc::new(Listed {
            fingerprints: config.fingerprints(),
            provider: Arc::clone(&provider),
        }),
    };
    let built = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)
        .context("use dicom_certificate with dicom_key")?;
    Ok(Arc::new(built))
}

/// How we call others: whom `dicom_ca` has signed is trusted, and our own certificate is shown.
pub fn client(config: &Config) -> Result<Arc<ClientConfig>> {
    let file = config
        .dicom_ca
        .as_ref()
        .context("call an encrypted application entity: set dicom_ca to a file in PEM form")?;
    let builder = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(authorities(file)?);
    let built = match own(config)? {
        Some((chain, key)) => builder
            .with_client_auth_cert(chain, key)
            .context("use dicom_certificate with dicom_key")?,
        None => builder.with_no_client_auth(),
    };
    Ok(Arc::new(built))
}

/// Takes the certificates that the configuration lists, whoever signed them.
#[derive(Debug)]
struct Listed {
    fingerprints: Vec<Digest>,
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for Listed {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.fingerprints.contains(&Digest::of(end_entity)) {
            return Ok(ClientCertVerified::assertion());
        }
        Err(Error::General("the certificate is not listed".to_owned()))
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, signed, known)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, signed, known)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
