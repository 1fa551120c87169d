//! Every setting of the hospital: one commented `yuanyi.toml`, each also `YUANYI_…` in the environment.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    num::NonZeroU32,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use room::Stays;
use serde::{Deserialize, Serialize};

use crate::{entities::ApplicationEntity, rooms::HouseRules, zone::Zone};

/// The usual ports of HTTP, in the clear and with TLS.
const HTTP_PORT: u16 = 8080;
const HTTPS_PORT: u16 = 8443;
/// Settings that are tables, and stand in the file alone.
const TABLES: [&str; 4] = ["ae", "hl7_senders", "issuers", "pacs"];

/// The settings, as read from the file, the environment and the command line, the later before the earlier.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the hospital keeps its record.
    pub data: PathBuf,
    /// HTTP: `ADDR:PORT`.
    pub http: String,
    /// HTTP with TLS: `ADDR:PORT` or `off`. Where it is not set and `http` is at its usual port, port 8443 beside it.
    pub https: Option<String>,
    /// The hospital's certificate for HTTP, and its private key, as files in PEM form; else it makes one itself.
    pub https_certificate: Option<PathBuf>,
    /// The private key of `https_certificate`.
    pub https_key: Option<PathBuf>,
    /// DICOM: `ADDR:PORT` or `off`.
    pub dicom: String,
    /// The hospital's DICOM application entity title.
    pub ae_title: String,
    /// DICOM with TLS: `ADDR:PORT` or `off`.
    pub dicom_tls: String,
    /// The hospital's certificate for DICOM, and its private key, as files in PEM form.
    pub dicom_certificate: Option<PathBuf>,
    /// The private key of `dicom_certificate`.
    pub dicom_key: Option<PathBuf>,
    /// Who signs the certificates of those that call encrypted; else each must be listed with its entity.
    pub dicom_client_ca: Option<PathBuf>,
    /// Who signs the certificates of those that are called encrypted.
    pub dicom_ca: Option<PathBuf>,
    /// MQTT, where devices send: `ADDR:PORT` or `off`.
    pub mqtt: String,
    /// MQTT with TLS: `ADDR:PORT` or `off`.
    pub mqtt_tls: String,
    /// The hospital's certificate for MQTT, and its private key, as files in PEM form.
    pub mqtt_certificate: Option<PathBuf>,
    /// The private key of `mqtt_certificate`.
    pub mqtt_key: Option<PathBuf>,
    /// Who signs the certificates that devices may show instead of a token.
    pub mqtt_client_ca: Option<PathBuf>,
    /// MQTT connections at the same time.
    pub mqtt_connections: usize,
    /// Who may publish packages for devices besides the hospital itself: verifier keys (`name+id+key`), as
    /// `yuanyi device key` prints them.
    pub device_publishers: Vec<String>,
    /// HL7 v2 over MLLP, where gateways of devices send: `ADDR:PORT` or `off`.
    pub mllp: String,
    /// HL7 v2 over MLLP with TLS: `ADDR:PORT` or `off`.
    pub mllp_tls: String,
    /// The hospital's certificate for HL7 v2, and its private key, as files in PEM form.
    pub mllp_certificate: Option<PathBuf>,
    /// The private key of `mllp_certificate`.
    pub mllp_key: Option<PathBuf>,
    /// Who signs the certificates that senders must show; none is asked for where it is not set.
    pub mllp_client_ca: Option<PathBuf>,
    /// Who may send HL7 v2, and from where.
    pub hl7_senders: Vec<Hl7Sender>,
    /// The hospital that this one is an edge of: its HTTP address.
    pub cloud: Option<String>,
    /// A file that holds a bearer token of it.
    pub cloud_token: Option<PathBuf>,
    /// Who signs the certificate that it shows, where its address begins with `https`, as a file in PEM form.
    pub cloud_ca: Option<PathBuf>,
    /// How many kilobits may go to it in a second; as many as the line takes where it is not set.
    pub cloud_kbit_s: Option<u32>,
    /// DICOM associations at the same time.
    pub dicom_associations: usize,
    /// And so many of one address.
    pub dicom_associations_each: usize,
    /// Seconds that a DICOM peer may be silent.
    pub dicom_idle_s: u64,
    /// The most answers to one DICOM query.
    pub dicom_answers: usize,
    /// Voice and picture: `ADDR:PORT` of one UDP port, or `off`.
    pub media: String,
    /// The addresses by which people reach that port, where they are not the one that it listens on: `ADDR`, or
    /// `ADDR:PORT` where the port differs too.
    pub media_addresses: Vec<String>,
    /// Poses by WebTransport: `ADDR:PORT` of a UDP port, or `off`. Where it is not set, the number and address of the
    /// page's own port.
    pub transport: Option<String>,
    /// By which name or address people reach that port, where it is not the page's: `HOST`, or `HOST:PORT` where the
    /// port differs too.
    pub transport_address: Option<String>,
    /// TURN relays for networks that let no other way through, such as `turns:relay.example:443?transport=tcp`.
    pub turn_urls: Vec<String>,
    /// A file with the secret that the relays share with the hospital.
    pub turn_secret_file: Option<PathBuf>,
    /// A speech service that writes down what people say, as captions and orders: the base of an interface such as `OpenAI`'s,
    /// `https://NAME/v1`. None where it is not set.
    pub speech_url: Option<String>,
    /// The model that it is to use.
    pub speech_model: String,
    /// A file with the key to show it.
    pub speech_key_file: Option<PathBuf>,
    /// Who signs the certificate that it shows, where its address begins with `https`, as a file in PEM form.
    pub speech_ca: Option<PathBuf>,
    /// Whether what is said may go to another machine in the clear.
    pub speech_in_the_clear: bool,
    /// The hospital's message gateway, which reaches people who have no page open: where it takes webhooks. None where it
    /// is not set.
    pub gateway_url: Option<String>,
    /// A file with the secret that it shares with the hospital.
    pub gateway_secret_file: Option<PathBuf>,
    /// Who signs the certificate that it shows, where its address begins with `https`, as a file in PEM form.
    pub gateway_ca: Option<PathBuf>,
    /// The address by which people open this hospital, for the link in a message.
    pub gateway_link: Option<String>,
    /// Of which priorities people are told by it, and on their open pages with or without it.
    pub gateway_priorities: Vec<String>,
    /// Whether a message names the place.
    pub gateway_place: bool,
    /// How many seconds an open page has to show a call before it goes to the gateway.
    pub gateway_after_s: u32,
    /// After how many seconds somebody is told again of what nobody has taken; 0: never.
    pub gateway_repeat_s: u32,
    /// The accounts that an alarm calls by it where nobody is on duty on its ward; those on duty elsewhere for the last step
    /// of its escalation where it is empty.
    pub gateway_fallback: Vec<String>,
    /// How many seconds the gateway has to answer.
    pub gateway_timeout_s: u32,
    /// Calling AE titles that may store though they are not configured by themselves; `*`: any.
    pub calling_ae_titles: Vec<String>,
    /// PACS: application entities that the hospital queries, fetches from and sends to.
    pub pacs: Vec<ApplicationEntity>,
    /// Other application entities: modalities, workstations.
    pub ae: Vec<ApplicationEntity>,
    /// A folder of Cedar policies that replaces the built-in ones.
    pub policies: Option<PathBuf>,
    /// A folder of the hospital's own guidelines, beside those that come with the program.
    pub guidelines: Option<PathBuf>,
    /// A folder of the hospital's own rules of the wards, plans, escalation and kinds of devices.
    pub own_settings: Option<PathBuf>,
    /// A folder of models that others trained, each in a folder of its own with its card.
    pub models: Option<PathBuf>,
    /// Which FHIR identifier system each DICOM Issuer of Patient ID stands for, so that images find their
    /// patient.
    pub issuers: BTreeMap<String, String>,
    /// Staff who take care of a patient that nobody knew before, until someone else is put in charge: those
    /// on duty where images arrive.
    pub receivers: Vec<String>,
    /// The most bytes that the journal may take; 0: as the disk allows.
    pub max_bytes: u64,
    /// With less room on the disk than this before images and readings are refused, in MiB, pages say that it is little;
    /// on a small disk with less than a sixteenth of it. A setting of the machine, not of medicine.
    pub room_warning_mib: u64,
    /// What images take of memory while they arrive, in MiB, at all doors together; what does not fit waits
    /// in files.
    pub incoming_memory_mib: u64,
    /// For how many days stored images must be kept: until then nobody can delete them. The default is 30
    /// years, which the rules for inpatients' records in China ask for (医疗机构病历管理规定, 2013, article 29).
    pub image_retention_days: u32,
    /// How many days after their deletion the bytes of images are removed for good; never where it is not set.
    pub image_purge_days: Option<u32>,
    /// After how many days the readings of devices are removed; their roll-ups stay. Never where it is not set.
    pub signal_reading_days: Option<u32>,
    /// After how many days waveforms of patients are; as the other readings where it is not set.
    pub signal_waveform_days: Option<u32>,
    /// After how many days readings of nobody, such as those of rooms, are; as the others where it is not set.
    pub signal_environment_days: Option<u32>,
    /// After how many days the roll-ups of readings are removed. Never where it is not set.
    pub signal_rollup_days: Option<u32>,
    /// After how many days the bytes of recordings of rooms are removed. Never where it is not set.
    pub recording_days: Option<u32>,
    /// By which time zone days of patients begin, by its name of the IANA database.
    pub time_zone: Zone,
    /// How many seconds somebody who does not treat the patient stays in a room, unless the host lets them stay.
    pub room_stay_s: NonZeroU32,
    /// How many seconds they rest before they come in again.
    pub room_rest_s: u32,
    /// How many seats one account may have in one room. What it may send there grows with it.
    pub room_seats_each: NonZeroU32,
    /// Every how many minutes a vital sign that devices measure becomes an observation of the record; 0: never.
    pub vital_sign_minutes: u32,
    /// Whether session cookies are marked `Secure`: set it when a TLS proxy stands before the HTTP port.
    pub secure_cookies: bool,
    /// Proxies before the HTTP ports whose word is taken for where a request came from: addresses or networks.
    pub trusted_proxies: Vec<Net>,
}

/// A system that may send HL7 v2: a gateway of monitors.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hl7Sender {
    /// Its application: MSH-3.
    pub application: String,
    /// Its facility: MSH-4.
    #[serde(default)]
    pub facility: String,
    /// Where it may send from: addresses or networks.
    pub hosts: Vec<Net>,
    /// The device of the registry that its results come from, where they do not name one themselves.
    #[serde(default)]
    pub device: Option<String>,
    /// Further devices of the registry that its results may name as theirs.
    #[serde(default)]
    pub devices: Vec<String>,
    /// How far its clock is from UTC, such as `+08:00`, where its messages do not say.
    #[serde(default)]
    pub offset: Option<String>,
}

impl Hl7Sender {
    /// Whether it may send from this address.
    pub fn is_at(&self, from: std::net::IpAddr) -> bool {
        self.hosts.iter().any(|net| net.contains(&from))
    }

    /// Whether it may speak for a device.
    pub fn speaks_for(&self, device: &str) -> bool {
        self.device.as_deref() == Some(device) || self.devices.iter().any(|one| one == device)
    }
}

/// A network, or one address.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Net(ipnet::IpNet);

impl Net {
    /// Whether an address lies in it.
    pub fn contains(&self, address: &std::net::IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }
}

impl TryFrom<String> for Net {
    type Error = ipnet::AddrParseError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let address = text.parse::<std::net::IpAddr>().map(ipnet::IpNet::from);
        address.or_else(|_| text.parse()).map(Self)
    }
}

impl From<Net> for String {
    fn from(net: Net) -> Self {
        net.0.to_string()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: "yuanyi-data".into(),
            http: "127.0.0.1:8080".into(),
            https: None,
            https_certificate: None,
            https_key: None,
            dicom: "127.0.0.1:11112".into(),
            ae_title: "YUANYI".into(),
            dicom_tls: "off".into(),
            dicom_certificate: None,
            dicom_key: None,
            dicom_client_ca: None,
            dicom_ca: None,
            mqtt: "127.0.0.1:1883".into(),
            mqtt_tls: "off".into(),
            mqtt_certificate: None,
            mqtt_key: None,
            mqtt_client_ca: None,
            mqtt_connections: 12_000,
            mllp: "127.0.0.1:2575".into(),
            mllp_tls: "off".into(),
            mllp_certificate: None,
            mllp_key: None,
            mllp_client_ca: None,
            device_publishers: Vec::new(),
            hl7_senders: Vec::new(),
            cloud: None,
            cloud_token: None,
            cloud_ca: None,
            cloud_kbit_s: None,
            dicom_associations: 256,
            dicom_associations_each: 64,
            dicom_idle_s: 60,
            dicom_answers: 10_000,
            media: "127.0.0.1:0".into(),
            media_addresses: Vec::new(),
            transport: None,
            transport_address: None,
            turn_urls: Vec::new(),
            turn_secret_file: None,
            speech_url: None,
            speech_model: "whisper-1".into(),
            speech_key_file: None,
            speech_ca: None,
            speech_in_the_clear: false,
            gateway_url: None,
            gateway_secret_file: None,
            gateway_ca: None,
            gateway_link: None,
            gateway_priorities: ["high", "medium", "urgent", "routine"]
                .map(str::to_owned)
                .into(),
            gateway_place: false,
            gateway_after_s: 10,
            gateway_repeat_s: 0,
            gateway_fallback: Vec::new(),
            gateway_timeout_s: 10,
            calling_ae_titles: Vec::new(),
            pacs: Vec::new(),
            ae: Vec::new(),
            policies: None,
            guidelines: None,
            own_settings: None,
            models: None,
            issuers: BTreeMap::new(),
            receivers: Vec::new(),
            max_bytes: 0,
            room_warning_mib: 4096,
            incoming_memory_mib: 512,
            image_retention_days: 30 * 366,
            image_purge_days: None,
            signal_reading_days: None,
            signal_waveform_days: None,
            signal_environment_days: None,
            signal_rollup_days: None,
            recording_days: None,
            room_stay_s: NonZeroU32::new(2 * 3600).unwrap_or(NonZeroU32::MAX),
            room_rest_s: 15 * 60,
            time_zone: Zone::default(),
            room_seats_each: NonZeroU32::new(8).unwrap_or(NonZeroU32::MAX),
            vital_sign_minutes: 60,
            secure_cookies: false,
            trusted_proxies: Vec::new(),
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
        let names = in_environment()?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let config: Self = settings
            .merge(Env::prefixed("YUANYI_").only(&names))
            .extract()
            .context("understand the configuration")?;
        config.check_entities()?;
        Ok(config)
    }

    /// What every room keeps to.
    pub fn house_rules(&self) -> HouseRules {
        HouseRules {
            stays: Stays {
                stay_ms: i64::from(self.room_stay_s.get()) * 1000,
                rest_ms: i64::from(self.room_rest_s) * 1000,
            },
            seats_each: usize::try_from(self.room_seats_each.get()).unwrap_or(usize::MAX),
        }
    }

    /// The DICOM Issuer of Patient ID that stands for a FHIR identifier system, where one is named.
    pub fn issuer_of(&self, system: &str) -> Option<String> {
        let mut issuers = self.issuers.iter();
        let known = issuers.find(|(_, known)| *known == system);
        known.map(|(issuer, _)| issuer.clone())
    }

    /// The address of the HTTP port.
    pub fn http_address(&self) -> Result<SocketAddr> {
        address("http", &self.http)?
            .context("switch HTTP off: the hospital cannot be reached without it")
    }

    /// The address of the encrypted HTTP port, unless it is off.
    pub fn https_address(&self) -> Result<Option<SocketAddr>> {
        if let Some(https) = &self.https {
            return address("https", https);
        }
        let http = self.http_address()?;
        let usual = SocketAddr::new(http.ip(), HTTPS_PORT);
        Ok((http.port() == HTTP_PORT).then_some(usual))
    }

    /// The address of the DICOM port, unless it is off.
    pub fn dicom_address(&self) -> Result<Option<SocketAddr>> {
        address("dicom", &self.dicom)
    }

    /// The address for voice and picture, unless they are off.
    pub fn media_address(&self) -> Result<Option<SocketAddr>> {
        address("media", &self.media)
    }

    /// The address for poses by WebTransport, unless they are off: the page's own where nothing is said.
    pub fn transport_address(&self, page: SocketAddr) -> Result<Option<SocketAddr>> {
        match &self.transport {
            Some(transport) => address("transport", transport),
            None => Ok(Some(page)),
        }
    }

    /// The address of the encrypted DICOM port, unless it is off.
    pub fn dicom_tls_address(&self) -> Result<Option<SocketAddr>> {
        address("dicom_tls", &self.dicom_tls)
    }

    /// The address of the MQTT port, unless it is off.
    pub fn mqtt_address(&self) -> Result<Option<SocketAddr>> {
        address("mqtt", &self.mqtt)
    }

    /// The address of the encrypted MQTT port, unless it is off.
    pub fn mqtt_tls_address(&self) -> Result<Option<SocketAddr>> {
        address("mqtt_tls", &self.mqtt_tls)
    }

    /// The address of the HL7 v2 port, unless it is off. Without a sender it is: nobody could be taken there.
    pub fn mllp_address(&self) -> Result<Option<SocketAddr>> {
        if self.hl7_senders.is_empty() {
            return Ok(None);
        }
        address("mllp", &self.mllp)
    }

    /// The address of the encrypted HL7 v2 port, unless it is off.
    pub fn mllp_tls_address(&self) -> Result<Option<SocketAddr>> {
        if self.hl7_senders.is_empty() {
            return Ok(None);
        }
        address("mllp_tls", &self.mllp_tls)
    }
}

/// The settings that may stand in the environment: all but tables. It has other words of this program besides.
fn in_environment() -> Result<Vec<String>> {
    let all = serde_json::to_value(Config::default())?;
    let names = all.as_object().into_iter().flat_map(|all| all.keys());
    let plain = names.filter(|name| !TABLES.contains(&name.as_str()));
    Ok(plain.cloned().collect())
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

    /// The commented example of every setting can be used as it stands, and with each setting taken in.
    #[test]
    fn the_example_names_every_setting() {
        let text = include_str!("../../../docs/guides/yuanyi.toml");
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Config::read(Some(file.path())).unwrap();
        let taken_in: String = text
            .lines()
            .map(|line| line.strip_prefix("#= ").unwrap_or(line).to_owned() + "\n")
            .collect();
        std::fs::write(file.path(), &taken_in).unwrap();
        let config = Config::read(Some(file.path())).unwrap();
        assert_eq!((config.pacs.len(), config.ae.len()), (1, 2));
        let all = serde_json::to_value(Config::default()).unwrap();
        for name in all.as_object().unwrap().keys() {
            let named = taken_in.lines().any(|line| {
                let line = line.trim_matches(['[', ']']);
                line == name
                    || line.starts_with(&format!("{name} ="))
                    || line.starts_with(&format!("{name}."))
            });
            assert!(named, "{name} is not in docs/guides/yuanyi.toml");
        }
    }

    #[test]
    fn the_environment_may_say_all_but_tables() {
        let names = in_environment().unwrap();
        for (name, may) in [("data", true), ("gateway_fallback", true), ("pacs", false)] {
            assert_eq!(names.iter().any(|one| one == name), may, "{name}");
        }
        let all = serde_json::to_value(Config::default()).unwrap();
        assert_eq!(names.len() + TABLES.len(), all.as_object().unwrap().len());
    }

    #[test]
    fn an_unknown_setting_is_refused_by_name() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "htpp = \"127.0.0.1:1\"").unwrap();
        let error = format!("{:#}", Config::read(Some(file.path())).unwrap_err());
        assert!(error.contains("htpp"), "{error}");
    }
}
