//! Every setting of the hospital: one commented `yuanyi.toml`, each also `YUANYI_…` in the environment.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

/// The settings, as read from the file, the environment and the command line, the later before the earlier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the hospital keeps its record.
    pub data: PathBuf,
    /// HTTP: `ADDR:PORT`.
    pub http: String,
    /// DICOM: `ADDR:PORT` or `off`.
    pub dicom: String,
    /// The hospital's DICOM application entity title.
    pub ae_title: String,
    /// Calling AE titles that may store; empty: any.
    pub calling_ae_titles: Vec<String>,
    /// A folder of Cedar policies that replaces the built-in ones.
    pub policies: Option<PathBuf>,
    /// Which FHIR identifier system each DICOM Issuer of Patient ID stands for, so that images find their
    /// patient.
    pub issuers: BTreeMap<String, String>,
    /// Staff who take care of a patient that nobody knew before, until someone else is put in charge: those
    /// on duty where images arrive.
    pub receivers: Vec<String>,
    /// The most bytes that the journal may take; 0: as the disk allows.
    pub max_bytes: u64,
    /// For how many days stored images must be kept: until then nobody can delete them. The default is 30
    /// years, which the rules for inpatients' records in China ask for (医疗机构病历管理规定, 2013, article 29).
    pub image_retention_days: u32,
    /// Whether session cookies are marked `Secure`: set it when a TLS proxy stands before the HTTP port.
    pub secure_cookies: bool,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "yuanyi-data".into(),
            http: "127.0.0.1:8080".into(),
            dicom: "127.0.0.1:11112".into(),
            ae_title: "YUANYI".into(),
            calling_ae_titles: Vec::new(),
            policies: None,
            issuers: BTreeMap::new(),
            receivers: Vec::new(),
            max_bytes: 0,
            image_retention_days: 30 * 366,
            secure_cookies: false,
        }
    }
}

impl Config {
    /// Reads `file` (or `yuanyi.toml` where it exists) and the environment.
    pub fn read(file: Option<&Path>) -> Result<Self> {
        let mut settings = Figment::from(Serialized::defaults(Self::default()));
        let usual = Path::new("yuanyi.toml");
        match file {
            Some(file) if !file.exists() => bail!("find the configuration {}", file.display()),
            Some(file) => settings = settings.merge(Toml::file_exact(file)),
            None if usual.exists() => settings = settings.merge(Toml::file_exact(usual)),
            None => {}
        }
        settings
            .merge(Env::prefixed("YUANYI_").only(&[
                "data",
                "http",
                "dicom",
                "ae_title",
                "calling_ae_titles",
                "policies",
                "receivers",
                "max_bytes",
                "image_retention_days",
                "secure_cookies",
            ]))
            .extract()
            .context("understand the configuration")
    }

    /// The address of the HTTP port.
    pub fn http_address(&self) -> Result<SocketAddr> {
        address("http", &self.http)?
            .context("switch HTTP off: the hospital cannot be reached without it")
    }

    /// The address of the DICOM port, unless it is off.
    pub fn dicom_address(&self) -> Result<Option<SocketAddr>> {
        address("dicom", &self.dicom)
    }
}

fn address(setting: &str, text: &str) -> Result<Option<SocketAddr>> {
    if text == "off" {
        return Ok(None);
    }
    let found = text.replace("localhost", "127.0.0.1").parse();
    found.map(Some).with_context(|| {
        format!("use {setting} = {text:?}: write ADDR:PORT, such as 127.0.0.1:8080, or off")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_port_or_off() {
        assert_eq!(address("dicom", "off").unwrap(), None);
        assert_eq!(
            address("dicom", "localhost:104").unwrap().unwrap().port(),
            104
        );
        let error = address("dicom", "104").unwrap_err();
        assert!(error.to_string().contains("ADDR:PORT"), "{error}");
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "htpp = \"127.0.0.1:1\"").unwrap();
        let error = format!("{:#}", Config::read(Some(file.path())).unwrap_err());
        assert!(error.contains("htpp"), "{error}");
    }
}
