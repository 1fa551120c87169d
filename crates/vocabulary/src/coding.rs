use serde::{Deserialize, Serialize};

/// A concept in a code system.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Coding {
    /// The code system's URI, such as `http://loinc.org`.
    pub system: String,
    /// The code.
    pub code: String,
    /// What the system calls it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub display: Option<String>,
}

impl Coding {
    /// A coding without its display text.
    pub fn new(system: impl Into<String>, code: impl Into<String>) -> Self {
        Self {
            system: system.into(),
            code: code.into(),
            display: None,
        }
    }

    /// The same coding with a display text.
    #[must_use]
    pub fn shown_as(mut self, display: impl Into<String>) -> Self {
        self.display = Some(display.into());
        self
    }
}

/// A number with its unit (UCUM).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quantity {
    /// The number, in `unit`.
    pub value: f64,
    /// The UCUM unit, such as `mm` or `a`; `1` for a pure number.
    pub unit: String,
}
