use serde::{Deserialize, Serialize};

use crate::Text;

/// An input that an assessment needed and did not get.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The name of the input, as the formula or guideline calls it.
    pub input: String,
    /// What to tell a person: what is missing, or why what was given cannot be used.
    pub why: Text,
}

/// A value, or the reasons why there is none. Absent is never zero.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Assessed<T> {
    /// The value could be assessed.
    Assessed {
        /// The value itself.
        value: T,
    },
    /// It could not, because of each of these.
    NotAssessable {
        /// All inputs that were missing or unusable, not only the first.
        missing: Vec<Missing>,
    },
}

impl<T> Assessed<T> {
    /// The value, where there is one.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Assessed { value } => Some(value),
            Self::NotAssessable { .. } => None,
        }
    }
}
