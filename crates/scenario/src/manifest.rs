use policy::Role;
use serde::{Deserialize, Serialize};
use vocabulary::{Place, Text};

/// A scenario's `scenario.toml` cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("read the scenario's manifest: {0}")]
pub struct ManifestError(#[from] toml::de::Error);

/// A scenario's `scenario.toml`: what it is called, for whom it is, and what it builds on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Manifest {
    /// Folder, crate, URL and test name.
    pub id: String,
    /// Which of the six rooms it belongs to.
    pub room: Place,
    /// What people call it.
    pub title: Text,
    /// What it is for, in a sentence.
    pub purpose: Text,
    /// Who takes part.
    pub roles: Vec<Role>,
    /// What it asks, as the names of `knowledge`'s inputs.
    pub inputs: Vec<String>,
    /// Which models and guidelines it runs.
    pub guidelines: Vec<String>,
    /// Keys of `docs/evidence`, besides those of the guidelines.
    #[serde(default)]
    pub sources: Vec<String>,
    /// What it needs of the browser.
    pub capabilities: Vec<String>,
}

impl Manifest {
    /// Reads the text of a `scenario.toml`.
    pub fn read(text: &str) -> Result<Self, ManifestError> {
        Ok(toml::from_str(text)?)
    }
}
