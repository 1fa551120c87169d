//! The DICOM application entities that the hospital knows: who they are, what they may do, how to call them.

use std::{collections::BTreeSet, net::IpAddr};

use anyhow::{Context, Result, bail};
use dicom::{
    query::Root,
    scp::{Caller, Offers},
};
use ipnet::IpNet;
use policy::{Actor, Role};
use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, Digest};

use crate::{config::Config, hospital::program};

/// What an application entity may ask the hospital for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    /// C-STORE.
    Store,
    /// C-FIND.
    Query,
    /// C-MOVE and C-GET.
    Retrieve,
    /// C-FIND of the modality worklist.
    Worklist,
    /// Storage commitment.
    Commitment,
}

/// The information model that an application entity is asked by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Model {
    /// Study Root.
    #[default]
    Study,
    /// Patient Root.
    Patient,
}

/// How objects are fetched from an application entity.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RetrieveBy {
    /// C-GET: over the association that asks.
    #[default]
    Get,
    /// C-MOVE: to the hospital's own DICOM door, which the other must have in its configuration.
    Move,
}

/// A DICOM application entity.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ApplicationEntity {
    /// Its title.
    pub title: String,
    /// Where it listens, `HOST:PORT`; without it, it cannot be called.
    pub address: Option<String>,
    /// Whether it is called encrypted.
    pub tls: bool,
    /// The name that its certificate must be for, where that is not the host of `address`.
    pub tls_name: Option<String>,
    /// Addresses and networks that it may call from; empty: any.
    pub from: Vec<String>,
    /// SHA-256 fingerprints of its certificates in hexadecimal. Where there are some, it must call encrypted
    /// and show one of them.
    pub certificates: Vec<String>,
    /// What it may ask for.
    pub may: Vec<Service>,
    /// The information model that it is asked by.
    pub model: Model,
    /// How objects are fetched from it.
    pub retrieve_by: RetrieveBy,
}

/// The longest title, by the standard.
const LONGEST_TITLE: usize = 16;

fn network(text: &str) -> Result<IpNet> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.with_context(|| format!("use from = {text:?}: write an address, or ADDRESS/BITS"))
}

fn fingerprint(text: &str) -> Result<Digest> {
    let plain: String = text.chars().filter(|c| *c != ':').collect();
    let digest = plain.to_ascii_lowercase().parse();
    digest.with_context(|| format!("use the certificate {text:?}: write 64 hexadecimal digits"))
}

impl ApplicationEntity {
    fn check(&self) -> Result<()> {
        let printable = self
            .title
            .bytes()
            .all(|b| (0x20..0x7f).contains(&b) && b != b'\\');
        if !(1..=LONGEST_TITLE).contains(&self.title.trim().len()) || !printable {
            bail!(
                "use the AE title {:?}: write 1 to 16 plain characters",
                self.title
            );
        }
        for text in &self.from {
            network(text)?;
        }
        for text in &self.certificates {
            fingerprint(text)?;
        }
        if let Some(address) = &self.address
            && address
                .rsplit_once(':')
                .is_none_or(|(_, port)| port.parse::<u16>().is_err())
        {
            bail!("use address = {address:?}: write HOST:PORT");
        }
        Ok(())
    }

    /// What a caller who says that it is this entity may ask for; `None` where it is not.
    pub fn offers(&self, caller: &Caller) -> Option<Offers> {
        let mut networks = self.from.iter().filter_map(|text| network(text).ok());
        let from_here =
            self.from.is_empty() || networks.any(|known| known.contains(&caller.address));
        let mut known = self
            .certificates
            .iter()
            .filter_map(|text| fingerprint(text).ok());
        let shown = self.certificates.is_empty()
            || caller
                .certificate
                .is_some_and(|shown| known.any(|known| known == shown));
        let may = |service| self.may.contains(&service);
        (from_here && shown).then(|| Offers {
            store: may(Service::Store),
            query: may(Service::Query),
            retrieve: may(Service::Retrieve),
            worklist: may(Service::Worklist),
            commitment: may(Service::Commitment),
        })
    }

    /// The root of the information model that it is asked by.
    pub fn root(&self) -> Root {
        match self.model {
            Model::Study => Root::Study,
            Model::Patient => Root::Patient,
        }
    }
}

/// The account of an application entity: `ae.` and its title, as far as that is an id.
fn account(title: &str) -> Actor {
    let id: String = title
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '-' || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let mut actor = program("modality");
    if let Ok(id) = ActorId::new(format!("ae.{id}")) {
        actor.id = id;
    }
    title.clone_into(&mut actor.name);
    actor
}

impl Config {
    /// Every application entity that the hospital knows.
    pub fn entities(&self) -> impl Iterator<Item = &ApplicationEntity> {
        self.pacs.iter().chain(&self.ae)
    }

    /// The application entity of a title.
    pub fn entity(&self, title: &str) -> Option<&ApplicationEntity> {
        self.entities().find(|entity| entity.title.trim() == title)
    }

    /// What a caller may do that is not configured by itself: store at most.
    pub fn anyone_may_store(&self, title: &str) -> Option<Offers> {
        let listed = |known: &String| known == "*" || known == title;
        self.calling_ae_titles.iter().any(listed).then(|| Offers {
            store: true,
            ..Offers::default()
        })
    }

    /// The actor that an application entity is at the gate. Its roles are what it may do.
    pub fn actor(&self, title: &str) -> Actor {
        let mut actor = account(title);
        let may: &[Service] = match self.entity(title) {
            Some(entity) => &entity.may,
            None => &[Service::Store],
        };
        actor.roles = may
            .iter()
            .map(|service| match service {
                Service::Store | Service::Commitment => Role::ImagingSource,
                Service::Query | Service::Retrieve => Role::ImagingReader,
                Service::Worklist => Role::WorklistReader,
            })
            .collect();
        actor
    }

    /// The fingerprints of every certificate that is listed.
    pub fn fingerprints(&self) -> Vec<Digest> {
        self.entities()
            .flat_map(|entity| &entity.certificates)
            .filter_map(|text| fingerprint(text).ok())
            .collect()
    }

    /// Refuses entities that cannot be used, or that could be taken for each other.
    pub fn check_entities(&self) -> Result<()> {
        let mut accounts = BTreeSet::new();
        for entity in self.entities() {
            entity.check()?;
            if !accounts.insert(account(&entity.title).id) {
                bail!("tell the AE title {:?} from another one", entity.title);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(address: &str, certificate: Option<Digest>) -> Caller {
        Caller {
            title: "CT1".to_owned(),
            address: address.parse().unwrap(),
            is_encrypted: certificate.is_some(),
            certificate,
        }
    }

    #[test]
    fn a_title_alone_is_not_enough_where_more_is_configured() {
        let shown = Digest::of(b"certificate");
        let entity = ApplicationEntity {
            title: "CT1".to_owned(),
            from: vec!["10.1.0.0/16".to_owned(), "192.0.2.7".to_owned()],
            certificates: vec![shown.to_string().to_uppercase()],
            may: vec![Service::Store],
            ..ApplicationEntity::default()
        };
        entity.check().unwrap();
        for (address, certificate, known) in [
            ("10.1.2.3", Some(shown), true),
            ("192.0.2.7", Some(shown), true),
            ("192.0.2.8", Some(shown), false),
            ("10.1.2.3", None, false),
            ("10.1.2.3", Some(Digest::of(b"another")), false),
        ] {
            let offers = entity.offers(&caller(address, certificate));
            assert_eq!(offers.is_some(), known, "{address} {certificate:?}");
            assert!(offers.is_none_or(|offers| offers.store && !offers.query));
        }
    }

    #[test]
    fn what_an_entity_may_do_are_its_roles_and_no_more() {
        let config = Config {
            pacs: vec![ApplicationEntity {
                title: "PACS".to_owned(),
                may: vec![Service::Query],
                ..ApplicationEntity::default()
            }],
            ..Config::default()
        };
        let roles = |title| config.actor(title).roles.into_iter().collect::<Vec<_>>();
        assert_eq!(roles("PACS"), [Role::ImagingReader]);
        assert_eq!(roles("OTHER"), [Role::ImagingSource]);
        assert_eq!(config.actor("PACS").id.as_str(), "ae.PACS");
        assert!(config.anyone_may_store("OTHER").is_none());
    }

    #[test]
    fn what_cannot_be_used_is_refused_by_name() {
        let entity = |title: &str| ApplicationEntity {
            title: title.to_owned(),
            ..ApplicationEntity::default()
        };
        for (bad, word) in [
            (entity(""), "title"),
            (entity("A TITLE THAT IS LONG"), "title"),
            (
                ApplicationEntity {
                    from: vec!["10".into()],
                    ..entity("A")
                },
                "from",
            ),
            (
                ApplicationEntity {
                    certificates: vec!["ab".into()],
                    ..entity("A")
                },
                "certificate",
            ),
            (
                ApplicationEntity {
                    address: Some("host".into()),
                    ..entity("A")
                },
                "HOST:PORT",
            ),
        ] {
            let config = Config {
                ae: vec![bad],
                ..Config::default()
            };
            let error = config.check_entities().unwrap_err().to_string();
            assert!(error.contains(word), "{error}");
        }
        let twins = Config {
            ae: vec![entity("CT 1"), entity("CT-1")],
            ..Config::default()
        };
        assert!(twins.check_entities().is_err());
    }
}
