//! What a certificate that is turned away says of itself: which devices it names, and what is wrong with it.
//!
//! TLS ends before a certificate that is no good reaches the door. So the one who looks at it writes it down, for the
//! handshake that it belongs to. What it says is a claim: nobody has shown to have its key.

use std::{cell::RefCell, future::Future, sync::Arc};

use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use vocabulary::{Digest, Text};
use x509_cert::{
    Certificate,
    der::{Decode as _, asn1::ObjectIdentifier},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

/// The attribute of a subject that is its common name.
const COMMON_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.4.3");
/// So many names of a certificate are looked at.
const MOST_NAMES: usize = 20;

tokio::task_local! {
    static TURNED_AWAY: RefCell<Option<Claim>>;
}

/// A certificate that was turned away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Its digest: a certificate that was registered is known by it.
    pub digest: Digest,
    /// The names that it gives itself, the common name first.
    pub names: Vec<String>,
    /// The reason's short name.
    pub code: &'static str,
    /// The reason for people.
    pub why: Text,
}

/// Lets a handshake come to its end; with what it turned away.
pub async fn with_claim<F: Future>(handshake: F) -> (F::Output, Option<Claim>) {
    let noting = async {
        let done = handshake.await;
        let claim = TURNED_AWAY.with(|claim| claim.borrow_mut().take());
        (done, claim)
    };
    TURNED_AWAY.scope(RefCell::default(), noting).await
}

impl Claim {
    fn of(certificate: &CertificateDer<'_>, error: &Error) -> Self {
        let (code, why) = reason(error);
        Self {
            digest: Digest::of(certificate),
            names: names(certificate),
            code,
            why,
        }
    }
}

/// The common name and the names of hosts of a certificate.
fn names(certificate: &[u8]) -> Vec<String> {
    let Ok(read) = Certificate::from_der(certificate) else {
        return Vec::new();
    };
    let read = read.tbs_certificate;
    let parts = read.subject.0.iter().flat_map(|part| part.0.iter());
    let common = parts
        .filter(|part| part.oid == COMMON_NAME)
        .filter_map(|part| std::str::from_utf8(part.value.value()).ok());
    let others = read.get::<SubjectAltName>().ok().flatten();
    let others = others.iter().flat_map(|(_, all)| &all.0);
    let hosts = others.filter_map(|name| match name {
        GeneralName::DnsName(name) => Some(name.as_str()),
        _ => None,
    });
    common
        .chain(hosts)
        .take(MOST_NAMES)
        .map(str::to_owned)
        .collect()
}

/// What is wrong with a certificate.
fn reason(error: &Error) -> (&'static str, Text) {
    let Error::InvalidCertificate(error) = error else {
        return ("certificate-bad", bad());
    };
    match error {
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => (
            "certificate-expired",
            Text::new("证书已过期", "Its certificate is out of date"),
        ),
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => (
            "certificate-not-yet-valid",
            Text::new("证书尚未生效", "Its certificate is not valid yet"),
        ),
        CertificateError::UnknownIssuer => (
            "certificate-unknown-issuer",
            Text::new(
                "证书的签发者不受信任",
                "Nobody here trusts who signed its certificate",
            ),
        ),
        _ => ("certificate-bad", bad()),
    }
}

fn bad() -> Text {
    Text::new("证书无法核实", "Its certificate cannot be verified")
}

/// Checks as `inner` does, and notes what it turns away.
#[derive(Debug)]
pub struct Noting(pub Arc<dyn ClientCertVerifier>);

impl ClientCertVerifier for Noting {
    fn offer_client_auth(&self) -> bool {
        self.0.offer_client_auth()
    }

    fn client_auth_mandatory(&self) -> bool {
        self.0.client_auth_mandatory()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.0.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let checked = self.0.verify_client_cert(end_entity, intermediates, now);
        if let Err(error) = &checked {
            // Where nobody listens, as at other doors, it is turned away all the same.
            let _ = TURNED_AWAY.try_with(|claim| {
                *claim.borrow_mut() = Some(Claim::of(end_entity, error));
            });
        }
        checked
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.0.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_has_its_name() {
        for (error, code) in [
            (CertificateError::Expired, "certificate-expired"),
            (CertificateError::NotValidYet, "certificate-not-yet-valid"),
            (
                CertificateError::UnknownIssuer,
                "certificate-unknown-issuer",
            ),
            (CertificateError::BadSignature, "certificate-bad"),
        ] {
            assert_eq!(reason(&Error::InvalidCertificate(error)).0, code);
        }
        assert_eq!(reason(&Error::DecryptError).0, "certificate-bad");
    }

    #[test]
    fn what_is_no_certificate_names_nobody() {
        assert!(names(b"").is_empty());
        assert!(names(&[0x30, 0x82, 0xff, 0xff]).is_empty());
    }
}
