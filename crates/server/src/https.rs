//! The encrypted HTTP door. Headsets, microphones and cameras of other machines need it: browsers give them to pages
//! that came encrypted only.

use std::{
    fs,
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use anyhow::{Context, Result, bail};
use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair, date_time_ymd};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;
use tokio_rustls::rustls::ServerConfig;
use x509_cert::{Certificate, der::Decode as _};

use crate::{
    clock,
    config::Config,
    tls::{self, Shows},
};

/// After this the files of the certificate are looked at again: who renews them need not start the hospital anew.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// A certificate of the hospital's own is good for so long (browsers take none that is good for longer), and made
/// anew before its end.
const GOOD_FOR_DAYS: i64 = 397;
const RENEWED_BEFORE_DAYS: i64 = 30;
const DAY_S: i64 = 86_400;

/// The files of the certificate that the hospital made, below the data folder.
const FOLDER: &str = "tls";
const CERTIFICATE: &str = "https.pem";
const KEY: &str = "https.key";

/// The certificate that the door shows: one that was given, or one of the hospital's own.
pub struct Shown {
    certificate: PathBuf,
    key: PathBuf,
    /// The names in a certificate of the hospital's own.
    own: Option<Vec<String>>,
    tls: Arc<ServerConfig>,
    fingerprint: String,
    changed: Option<SystemTime>,
    looked: Instant,
}

impl Shown {
    /// The certificate of the configuration; without one, the hospital's own, which is made where it is not there.
    pub fn open(config: &Config, bound: SocketAddr) -> Result<Self> {
        let (certificate, key, own) = match (&config.https_certificate, &config.https_key) {
            (Some(certificate), Some(key)) => (certificate.clone(), key.clone(), None),
            (None, None) => {
                let folder = config.data.join(FOLDER);
                let (certificate, key) = (folder.join(CERTIFICATE), folder.join(KEY));
                (certificate, key, Some(names(bound)))
            }
            _ => bail!("encrypt the HTTP door: set both https_certificate and https_key, or none"),
        };
        if let Some(names) = &own {
            keep_own(&certificate, &key, names)?;
        }
        let (tls, fingerprint) = read(&certificate, &key)?;
        Ok(Self {
            changed: changed(&certificate),
            looked: Instant::now(),
            certificate,
            key,
            own,
            tls,
            fingerprint,
        })
    }

    /// Its SHA-256 fingerprint as browsers show it, and whether the hospital made it itself.
    pub fn fingerprint(&self) -> (&str, bool) {
        (&self.fingerprint, self.own.is_some())
    }

    /// How the next connection is encrypted. A certificate that was renewed is taken; of one that cannot be read the
    /// last good one stays.
    pub fn tls(&mut self) -> Arc<ServerConfig> {
        if self.looked.elapsed() >= LOOK_AGAIN {
            self.looked = Instant::now();
            if let Err(error) = self.look_again() {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the renewed certificate of the HTTPS door cannot be used"
                );
            }
        }
        Arc::clone(&self.tls)
    }

    fn look_again(&mut self) -> Result<()> {
        if let Some(names) = &self.own {
            keep_own(&self.certificate, &self.key, names)?;
        }
        let now = changed(&self.certificate);
        if now == self.changed {
            return Ok(());
        }
        (self.tls, self.fingerprint) = read(&self.certificate, &self.key)?;
        self.changed = now;
        tracing::info!(
            fingerprint = self.fingerprint,
            "the HTTPS door shows a renewed certificate"
        );
        Ok(())
    }
}

fn changed(file: &Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|about| about.modified()).ok()
}

fn read(certificate: &Path, key: &Path) -> Result<(Arc<ServerConfig>, String)> {
    let tls = tls::server(certificate, key, Shows::Nothing)?;
    let chain = tls::certificates(certificate)?;
    let leaf = chain.first().context("find a certificate")?;
    let hex = hex::encode_upper(Sha256::digest(leaf));
    let pairs: Vec<&str> = (0..hex.len())
        .step_by(2)
        .filter_map(|at| hex.get(at..at + 2))
        .collect();
    Ok((tls, pairs.join(":")))
}

/// The names by which people of this machine and its network call it.
fn names(bound: SocketAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".into(), "::1".into()];
    if let Ok(host) = fs::read_to_string("/etc/hostname") {
        names.push(host.trim().to_owned());
    }
    let seen = if bound.ip().is_unspecified() {
        outward()
    } else {
        Some(bound.ip())
    };
    names.extend(seen.map(|ip| ip.to_string()));
    names.retain(|name| !name.is_empty());
    names.sort();
    names.dedup();
    names
}

/// The address from which this machine would reach others. Nothing is sent.
fn outward() -> Option<IpAddr> {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").ok()?;
    // An address that is kept for documentation.
    socket.connect("192.0.2.1:9").ok()?;
    Some(socket.local_addr().ok()?.ip())
}

/// Makes the hospital's own certificate where there is none, or where it soon ends.
fn keep_own(certificate: &Path, key: &Path, names: &[String]) -> Result<()> {
    let now_s = clock::now().0 / 1000;
    if key.exists()
        && ends_s(certificate).is_some_and(|end| end - now_s > RENEWED_BEFORE_DAYS * DAY_S)
    {
        return Ok(());
    }
    let made = || -> Result<(String, String)> {
        let pair = KeyPair::generate()?;
        let mut about = CertificateParams::new(names)?;
        about.distinguished_name.push(DnType::CommonName, "Yuanyi");
        about.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        is_good(&mut about, now_s - DAY_S, now_s + GOOD_FOR_DAYS * DAY_S)?;
        Ok((about.self_signed(&pair)?.pem(), pair.serialize_pem()))
    };
    let (shown, secret) = made().context("make a certificate for the HTTPS door")?;
    if let Some(folder) = certificate.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("make the folder {}", folder.display()))?;
    }
    write_private(key, &secret)?;
    write_private(certificate, &shown)
}

/// Says from and until when a certificate is good, in Unix seconds.
pub fn is_good(about: &mut CertificateParams, from_s: i64, until_s: i64) -> Result<()> {
    let day = |unix_s| -> Result<_> {
        let date = jiff::Timestamp::from_second(unix_s)?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .date();
        Ok(date_time_ymd(
            date.year().into(),
            u8::try_from(date.month())?,
            u8::try_from(date.day())?,
        ))
    };
    about.not_before = day(from_s)?;
    about.not_after = day(until_s)?;
    Ok(())
}

/// When a certificate ends, in Unix seconds.
fn ends_s(file: &Path) -> Option<i64> {
    let chain = tls::certificates(file).ok()?;
    let read = Certificate::from_der(chain.first()?).ok()?;
    let end = read.tbs_certificate.validity.not_after.to_unix_duration();
    i64::try_from(end.as_secs()).ok()
}

/// Puts a text into a file that only the owner may read, all of it or none.
fn write_private(file: &Path, text: &str) -> Result<()> {
    let beside = file.with_extension("new");
    let write = || -> io::Result<()> {
        let _ = fs::remove_file(&beside);
        let mut open = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&beside)?;
        open.write_all(text.as_bytes())?;
        open.sync_all()?;
        fs::rename(&beside, file)
    };
    write().with_context(|| format!("write {}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn own_certificate_is_made_once_private_and_anew_before_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = (folder.path().join("a.pem"), folder.path().join("a.key"));
        let names = names("10.1.2.3:8443".parse().unwrap());
        assert!(names.contains(&"localhost".to_owned()) && names.contains(&"10.1.2.3".to_owned()));
        keep_own(&certificate, &key, &names).unwrap();
        let first = fs::read(&certificate).unwrap();
        let mode =
            std::os::unix::fs::PermissionsExt::mode(&fs::metadata(&key).unwrap().permissions());
        assert_eq!(mode & 0o777, 0o600);
        keep_own(&certificate, &key, &names).unwrap();
        assert_eq!(fs::read(&certificate).unwrap(), first, "it is kept");
        let left = ends_s(&certificate).unwrap() - clock::now().0 / 1000;
        assert!((396 * DAY_S..=398 * DAY_S).contains(&left), "{left}");

        // One that ends soon is made anew.
        let mut about = CertificateParams::new(names.clone()).unwrap();
        let now_s = clock::now().0 / 1000;
        is_good(&mut about, now_s - DAY_S, now_s + 5 * DAY_S).unwrap();
        let ending = about
            .self_signed(&KeyPair::generate().unwrap())
            .unwrap()
            .pem();
        write_private(&certificate, &ending).unwrap();
        keep_own(&certificate, &key, &names).unwrap();
        let left = ends_s(&certificate).unwrap() - clock::now().0 / 1000;
        assert!(left > 396 * DAY_S, "{left}");
        let (_, fingerprint) = read(&certificate, &key).unwrap();
        assert_eq!(fingerprint.len(), 32 * 3 - 1, "{fingerprint}");
    }
}
