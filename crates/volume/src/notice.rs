use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::Text;

/// Something a person who looks at a volume must know about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/volume.ts")]
pub struct Notice {
    /// What kind of notice it is, such as `slices-missing`; stable, for programs.
    pub code: String,
    /// What to tell the person.
    #[ts(type = "{ zh: string; en: string }")]
    pub text: Text,
}

impl Notice {
    /// A notice with its text in both languages.
    pub fn new(code: &str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self {
            code: code.to_owned(),
            text: Text::new(zh, en),
        }
    }
}
