//! `device key` and `device pack`: who publishes packages for devices, and how one is made. No hospital needs to run.

use std::path::{Path, PathBuf};

use ::devices::{Contents, Manifest, Package};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use ledger::Signer;
use vocabulary::Text;

use crate::{
    cli::Place,
    clock,
    keys::{Keys, secret},
};

/// Arguments of `yuanyi device key`.
#[derive(Args)]
pub struct NewKey {
    /// The key's file, which only its owner may read; one that is there already is used.
    file: PathBuf,
    /// The publisher's name, such as `maker.example`.
    #[arg(long)]
    publisher: String,
}

impl NewKey {
    /// Makes the key and prints what belongs into `device_publishers`.
    pub fn run(self) -> Result<()> {
        println!("{}", signer(&self.file, &self.publisher)?.verifier());
        Ok(())
    }
}

fn signer(file: &Path, publisher: &str) -> Result<Signer> {
    Signer::new(publisher, &secret(file)?).context("use the publisher's name")
}

/// What a package holds, as an argument.
#[derive(Clone, Copy, ValueEnum)]
enum Holds {
    Software,
    Profile,
}

/// Arguments of `yuanyi device pack`.
#[derive(Args)]
pub struct Pack {
    /// What is to be installed: software, or a profile's file.
    file: PathBuf,
    /// Which of both it is.
    #[arg(long)]
    contents: Holds,
    /// For which kind of device: `yuanyi device profiles` names all.
    #[arg(long)]
    profile: String,
    /// Its version: software as 1.4.0, a profile's number.
    #[arg(long)]
    version: String,
    /// What is new, in Chinese.
    #[arg(long, default_value = "")]
    news_zh: String,
    /// What is new, in English.
    #[arg(long, default_value = "")]
    news_en: String,
    /// The publisher's key, of `yuanyi device key`; the hospital's own where none is given.
    #[arg(long, requires = "publisher")]
    key: Option<PathBuf>,
    /// The publisher's name.
    #[arg(long, requires = "key")]
    publisher: Option<String>,
    /// Where the package goes.
    #[arg(long, short)]
    out: PathBuf,
    #[command(flatten)]
    place: Place,
}

impl Pack {
    /// Makes the package, and prints the key that it can be checked with.
    pub fn run(self) -> Result<()> {
        let bytes =
            std::fs::read(&self.file).with_context(|| format!("read {}", self.file.display()))?;
        let contents = match self.contents {
            Holds::Software => Contents::Software,
            Holds::Profile => Contents::Profile,
        };
        let news = Text::new(self.news_zh, self.news_en);
        let named = (self.profile.as_str(), self.version.as_str());
        let manifest = Manifest::of(contents, named, &bytes, clock::now(), news)?;
        if contents == Contents::Profile {
            manifest.read_profile(&bytes)?;
        } else {
            let config = self.place.config()?;
            let own = crate::own::taken(config.own_settings.as_deref())?;
            if own.profiles.get(&self.profile).is_none() {
                bail!("find the kind of device {}", self.profile);
            }
        }
        let keys;
        let own;
        let signer = if let (Some(file), Some(publisher)) = (&self.key, &self.publisher) {
            own = signer(file, publisher)?;
            &own
        } else {
            keys = Keys::open(&self.place.config()?.data)?;
            keys.publisher()
        };
        let package = Package::file(&manifest.signed_by(signer), &bytes);
        std::fs::write(&self.out, package)
            .with_context(|| format!("write {}", self.out.display()))?;
        println!("{}", signer.verifier());
        Ok(())
    }
}
