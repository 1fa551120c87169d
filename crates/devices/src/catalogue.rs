//! The profiles that come with the program, and those that a hospital adds.

use std::{
    collections::BTreeMap,
    sync::{Arc, LazyLock},
};

use crate::Profile;

/// The files of the profiles that come with the program.
pub const SHIPPED_PROFILES: &[&str] = &[
    include_str!("../profiles/pulse-oximeter.toml"),
    include_str!("../profiles/blood-pressure.toml"),
    include_str!("../profiles/thermometer.toml"),
    include_str!("../profiles/scale.toml"),
    include_str!("../profiles/glucose-meter.toml"),
    include_str!("../profiles/spirometer.toml"),
    include_str!("../profiles/peak-flow.toml"),
    include_str!("../profiles/cpap.toml"),
    include_str!("../profiles/ecg-12-lead.toml"),
    include_str!("../profiles/bedside-monitor.toml"),
    include_str!("../profiles/bed-sensor.toml"),
    include_str!("../profiles/room-sensor.toml"),
    include_str!("../profiles/infusion-pump.toml"),
    include_str!("../profiles/location-tag.toml"),
];

/// Why a profile's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The file is not well formed, or has a field that no profile has.
    #[error("read the profile: {0}")]
    NotWellFormed(#[from] toml::de::Error),
    /// The file contradicts itself.
    #[error("use the profile `{profile}`: {why}")]
    Inconsistent {
        /// The profile's id.
        profile: String,
        /// What is wrong with it.
        why: String,
    },
}

/// Where a hospital's own profile stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnProfile {
    /// In this file.
    pub file: String,
    /// Whether it stands in the place of one that came with the program.
    pub replaces: bool,
}

/// Profiles by their ids.
#[derive(Clone, Debug, Default)]
pub struct Profiles {
    all: BTreeMap<String, Arc<Profile>>,
    own: BTreeMap<String, OwnProfile>,
}

// A file that comes with the program and cannot be read is a bug; a test reads each.
static PROFILES: LazyLock<Profiles> = LazyLock::new(|| {
    let mut profiles = Profiles::default();
    for text in SHIPPED_PROFILES {
        let added = profiles.add(text);
        added.unwrap_or_else(|error| unreachable!("{error}"));
    }
    profiles
});

impl Profiles {
    /// Those that come with the program.
    pub fn shipped() -> &'static Self {
        &PROFILES
    }

    /// Reads a profile's file, checks it, and puts it in the place of one with the same id.
    pub fn add(&mut self, text: &str) -> Result<&Profile, ProfileError> {
        let profile: Profile = toml::from_str(text)?;
        if let Some(why) = profile.contradiction() {
            return Err(ProfileError::Inconsistent {
                profile: profile.id,
                why,
            });
        }
        let id = profile.id.clone();
        self.all.insert(id.clone(), Arc::new(profile));
        self.all
            .get(&id)
            .map(|added| &**added)
            .ok_or_else(|| unreachable!("just added"))
    }

    /// Takes a hospital's own profile. One that stands in the place of another goes on measuring what that one did.
    pub fn add_own(&mut self, file: &str, text: &str) -> Result<(), ProfileError> {
        let mut read = Self::default();
        let profile = read.add(text)?;
        let id = profile.id.clone();
        let before = self.all.get(&id);
        let why = match (self.own.get(&id), before) {
            (Some(other), _) => Some(format!("it is in {} too: keep one of them", other.file)),
            (None, Some(before)) => profile.no_successor_of(before),
            (None, None) => None,
        };
        if let Some(why) = why {
            return Err(ProfileError::Inconsistent { profile: id, why });
        }
        let own = OwnProfile {
            file: file.to_owned(),
            replaces: before.is_some(),
        };
        self.own.insert(id, own);
        self.all.append(&mut read.all);
        Ok(())
    }

    /// Where a profile stands that is a hospital's own.
    pub fn own(&self, id: &str) -> Option<&OwnProfile> {
        self.own.get(id)
    }

    /// The profile of an id: one for all devices of a kind.
    pub fn get(&self, id: &str) -> Option<&Arc<Profile>> {
        self.all.get(id)
    }

    /// All, by their ids.
    pub fn all(&self) -> impl Iterator<Item = &Profile> {
        self.all.values().map(|profile| &**profile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Sampling;

    #[test]
    fn every_shipped_profile_can_be_used() {
        let profiles = Profiles::shipped();
        assert_eq!(profiles.all().count(), SHIPPED_PROFILES.len());
        for profile in profiles.all() {
            for stream in &profile.streams {
                assert!(!stream.title.zh.is_empty() && !stream.title.en.is_empty());
            }
        }
        let monitor = profiles.get("bedside-monitor").unwrap();
        let ecg = monitor.stream("ecg-ii").unwrap();
        assert_eq!(ecg.sampling, Sampling::WaveformHz([62.5, 500.0]));
    }

    /// The ranges of `devices-and-codes.md`, section 5.
    #[test]
    fn ranges_are_those_of_the_source() {
        for (profile, stream, range) in [
            ("pulse-oximeter", "spo2", [0.0, 100.0]),
            ("pulse-oximeter", "pulse", [0.0, 350.0]),
            ("blood-pressure", "systolic", [30.0, 300.0]),
            ("blood-pressure", "diastolic", [10.0, 200.0]),
            ("thermometer", "temperature", [25.0, 45.0]),
            ("bedside-monitor", "resp-rate", [0.0, 120.0]),
            ("scale", "weight", [0.2, 400.0]),
            ("scale", "height", [20.0, 260.0]),
            ("glucose-meter", "glucose", [10.0, 1000.0]),
            ("peak-flow", "pef", [20.0, 900.0]),
            ("spirometer", "fev1", [0.1, 8.0]),
            // Each follows from one of those above.
            ("blood-pressure", "mean", [10.0, 300.0]),
            ("bedside-monitor", "mean", [10.0, 300.0]),
            ("spirometer", "fef25", [0.0, 900.0 / 60.0]),
            ("spirometer", "fef50", [0.0, 900.0 / 60.0]),
            ("spirometer", "fef75", [0.0, 900.0 / 60.0]),
        ] {
            let found = Profiles::shipped().get(profile).unwrap().stream(stream);
            assert_eq!(found.unwrap().range, Some(range), "{profile} {stream}");
        }
    }

    #[test]
    fn the_guide_names_what_has_no_range_and_is_no_waveform() {
        let guide = include_str!("../../../docs/guides/devices.md");
        for profile in Profiles::shipped().all() {
            let unbounded = |has_lowest: bool| {
                let streams = profile.streams.iter().filter(|stream| {
                    stream.range.is_none() && matches!(stream.sampling, Sampling::UpToHz(_))
                });
                let streams = streams.filter(|stream| stream.not_below.is_some() == has_lowest);
                let names: Vec<String> =
                    streams.map(|stream| format!("`{}`", stream.name)).collect();
                names.join(", ")
            };
            let cells = [unbounded(true), unbounded(false)];
            let expected = cells.join(" | ");
            let row = guide.split_once(&format!("\n| `{}` | ", profile.id));
            let named = row.and_then(|(_, rest)| rest.split_once(" |\n"));
            let named = named.map_or(" | ", |(names, _)| names);
            assert_eq!(named.replace('–', ""), expected, "{}", profile.id);
        }
    }

    #[test]
    fn a_file_that_contradicts_itself_is_refused() {
        let good = SHIPPED_PROFILES[0];
        for (from, to, why) in [
            ("[0, 100]", "[100, 0]", "range"),
            (
                "range = [0, 100]",
                "not-below = 0\nrange = [0, 100]",
                "not-below",
            ),
            ("150456", "19384", "code"),
            ("2708-6", "2708-5", "code"),
            ("unit = \"%\"", "unit = \"percent\"", "UCUM"),
            ("name = \"pulse\"", "name = \"spo2\"", "taken"),
            ("name = \"pulse\"", "name = \"state\"", "taken"),
            ("528388", "150456", "kind of device"),
            ("id = \"pulse-oximeter\"", "id = \"../x\"", "id"),
        ] {
            assert!(good.contains(from), "{from}");
            let text = good.replacen(from, to, 1);
            let error = Profiles::default().add(&text).unwrap_err().to_string();
            assert!(error.contains(why), "{error}");
        }
        let mut profiles = Profiles::default();
        let unknown = profiles.add(&format!("colour = 1\n{good}"));
        assert!(matches!(unknown, Err(ProfileError::NotWellFormed(_))));
    }
}
