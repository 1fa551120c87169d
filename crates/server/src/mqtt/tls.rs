//! TLS of the MQTT door. A device may show a certificate that `mqtt_client_ca` has signed; the rest bring a token.

use std::sync::Arc;

use anyhow::{Result, bail};
use tokio_rustls::rustls::{
    ServerConfig,
    pki_types::{CertificateDer, pem::PemObject as _},
};
use vocabulary::Timestamp;
use x509_cert::{der::Decode as _, time::Time};

use crate::{
    config::Config,
    tls::{self, Shows},
};

/// A certificate that a device may show.
pub struct Certificate {
    /// Its DER form.
    pub der: Vec<u8>,
    /// From when it is good.
    pub from: Timestamp,
    /// Until when.
    pub until: Timestamp,
}

/// The one certificate of a text in PEM form.
pub fn certificate(pem: &[u8]) -> Option<Certificate> {
    let mut all = CertificateDer::pem_slice_iter(pem);
    let one = all.next()?.ok()?;
    if all.next().is_some() {
        return None;
    }
    let validity = x509_cert::Certificate::from_der(&one)
        .ok()?
        .tbs_certificate
        .validity;
    Some(Certificate {
        from: moment(validity.not_before)?,
        until: moment(validity.not_after)?,
        der: one.to_vec(),
    })
}

fn moment(time: Time) -> Option<Timestamp> {
    let ms = time.to_unix_duration().as_millis();
    i64::try_from(ms).ok().map(Timestamp)
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

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair};

    use super::*;
    use crate::https::is_good;

    #[test]
    fn a_certificate_is_one_and_says_from_and_until_when_it_is_good() {
        let key = KeyPair::generate().unwrap();
        let mut about = CertificateParams::new(["ox-1".to_owned()]).unwrap();
        // Whole days: 26 November 2026 and a year later.
        let (from_s, until_s) = (1_795_651_200, 1_827_187_200);
        is_good(&mut about, from_s, until_s).unwrap();
        let pem = about.self_signed(&key).unwrap().pem();
        let read = certificate(pem.as_bytes()).unwrap();
        assert_eq!(
            (read.from, read.until),
            (Timestamp(from_s * 1000), Timestamp(until_s * 1000))
        );
        assert!(!read.der.is_empty());
        for no in ["", "ox-1", &key.serialize_pem(), &format!("{pem}{pem}")] {
            assert!(certificate(no.as_bytes()).is_none(), "{no}");
        }
        assert!(certificate(&read.der).is_none(), "it is no text");
    }
}
