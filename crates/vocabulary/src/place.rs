use std::fmt;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Which of the six rooms of the hospital people see around them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum Place {
    /// 元诊室
    Consulting,
    /// 元手术室
    Operating,
    /// 元病房
    Ward,
    /// 元科研
    Research,
    /// 元教学
    Teaching,
    /// 元管理
    Management,
}

impl Place {
    /// The word that journals, manifests and clients know it by.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consulting => "consulting",
            Self::Operating => "operating",
            Self::Ward => "ward",
            Self::Research => "research",
            Self::Teaching => "teaching",
            Self::Management => "management",
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_the_word_that_journals_manifests_and_clients_know_it_by() {
        for (place, word) in [
            (Place::Consulting, "consulting"),
            (Place::Operating, "operating"),
            (Place::Ward, "ward"),
            (Place::Research, "research"),
            (Place::Teaching, "teaching"),
            (Place::Management, "management"),
        ] {
            let written = format!("\"{word}\"");
            assert_eq!(serde_json::to_string(&place).unwrap(), written);
            assert_eq!(serde_json::from_str::<Place>(&written).unwrap(), place);
            assert_eq!(place.as_str(), word);
        }
        for unknown in ["\"Ward\"", "\"hall\"", "2", "null"] {
            assert!(serde_json::from_str::<Place>(unknown).is_err(), "{unknown}");
        }
    }
}
