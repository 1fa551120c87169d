//! The card as a whole.

use std::collections::BTreeMap;

use jiff::{
    ToSpan as _,
    civil::{Date, Time},
};
use serde::Serialize;

use super::{BrokenOff, File, MachineDay, Night, Unused, machine, night};
use crate::Edf;

/// A card.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Card {
    /// The machine's name, as it says itself.
    pub model: Option<String>,
    /// Its nights in order: those with files, and those that only the machine's statistics know.
    pub nights: Vec<Night>,
    /// Its serial number, as it says itself.
    pub serial: Option<String>,
    /// Files that were not used, with the reason.
    pub unused: Vec<Unused>,
    /// Files that break off: what is whole of them was used.
    pub broken_off: Vec<BrokenOff>,
}

impl Card {
    /// Whether these files are those of a card.
    pub fn is_card(files: &[File]) -> bool {
        files
            .iter()
            .any(|(path, _)| name(path) == "STR.edf" || kind(path).is_some())
    }

    /// Reads a card. A file that cannot be read is named and does not hold up the others.
    pub fn read(files: &[File]) -> Self {
        let mut card = Self {
            model: None,
            nights: Vec::new(),
            serial: None,
            unused: Vec::new(),
            broken_off: Vec::new(),
        };
        let mut nights: BTreeMap<Date, night::Files> = BTreeMap::new();
        let mut days: BTreeMap<Date, MachineDay> = BTreeMap::new();
        for (path, bytes) in files {
            if name(path) == "Identification.tgt" {
                let said = String::from_utf8_lossy(bytes);
                card.model = says(&said, "#PNA ").map(|model| model.replace('_', " "));
                card.serial = says(&said, "#SRN ");
                continue;
            }
            let is_statistics = name(path) == "STR.edf";
            let kind = kind(path);
            if !is_statistics && kind.is_none() {
                continue;
            }
            let edf = match Edf::read(bytes) {
                Ok(edf) => edf,
                Err(error) => {
                    card.unuse(path, &error, true);
                    continue;
                }
            };
            if let Some(cut) = edf.cut() {
                card.broken_off.push(BrokenOff {
                    path: path.clone(),
                    date: kind.and_then(|_| date(path, &edf)),
                    cut,
                });
            }
            if is_statistics {
                days.extend(machine::days(&edf));
            } else if let (Some(kind), Some(date)) = (kind, date(path, &edf)) {
                card.take(path, edf, kind, nights.entry(date).or_default());
            } else {
                card.unuse(path, &"it says no date", true);
            }
        }
        for date in days.keys() {
            nights.entry(*date).or_default();
        }
        let made = nights
            .iter()
            .map(|(date, files)| night::night(*date, files, days.remove(date)));
        card.nights = made.collect();
        card
    }

    fn unuse(&mut self, path: &str, why: &dyn ToString, is_unreadable: bool) {
        self.unused.push(Unused {
            path: path.to_owned(),
            why: why.to_string(),
            is_unreadable,
        });
    }

    fn take(&mut self, path: &str, edf: Edf, kind: Kind, files: &mut night::Files) {
        if edf.records == 0 && kind != Kind::Events {
            self.unuse(
                path,
                &"it holds no data record: the machine was switched off",
                false,
            );
        }
        match kind {
            Kind::Breaths => files.breaths.push(edf),
            Kind::Details => files.details.push(edf),
            Kind::Oximetry => files.oximetry.push(edf),
            Kind::Events => files.events.get_or_insert_default().push(edf),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Breaths,
    Details,
    Oximetry,
    Events,
}

fn kind(path: &str) -> Option<Kind> {
    Some(match name(path).rsplit_once('_')?.1 {
        "BRP.edf" => Kind::Breaths,
        "PLD.edf" => Kind::Details,
        "SAD.edf" | "SA2.edf" => Kind::Oximetry,
        "EVE.edf" => Kind::Events,
        _ => return None,
    })
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The night's day: the name of its folder, else the day of the noon before the file began.
fn date(path: &str, edf: &Edf) -> Option<Date> {
    let folder = path.rsplit('/').nth(1).unwrap_or_default();
    let named = Date::strptime("%Y%m%d", folder).ok();
    named.or_else(|| {
        let start = edf.start?;
        let is_morning = start.time() < Time::constant(12, 0, 0, 0);
        let date = start.date();
        if is_morning {
            date.checked_sub(1.day()).ok()
        } else {
            Some(date)
        }
    })
}

/// `#PNA AirSense_10_AutoSet`.
fn says(text: &str, key: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix(key))?;
    Some(line.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{
        self, DIGITAL_MAXIMUM, DIGITAL_MINIMUM, HEAD, LABEL, PHYSICAL_MAXIMUM, PHYSICAL_MINIMUM,
        field, put,
    };

    #[test]
    fn a_folder_of_other_files_is_no_card() {
        let files = |names: &[&str]| -> Vec<File> {
            names
                .iter()
                .map(|name| ((*name).to_owned(), Vec::new()))
                .collect()
        };
        assert!(!Card::is_card(&files(&["100.dat", "100.hea", "night.edf"])));
        assert!(Card::is_card(&files(&[
            "DATALOG/20230824/20230824_235406_BRP.edf"
        ])));
        assert!(Card::is_card(&files(&["STR.edf"])));
    }

    /// A file of one signal, with a sample a minute.
    fn details(minutes: usize) -> Vec<u8> {
        let mut file = vec![b' '; HEAD * 2];
        for (at, text) in [
            (0..8, "0"),
            (header::DATE, "24.08.23"),
            (header::TIME, "23.54.06"),
            (184..192, "512"),
            (236..244, minutes.to_string().as_str()),
            (244..252, "60"),
            (252..256, "1"),
            (field(LABEL, 0, 1), "Leak.2s"),
            (field(PHYSICAL_MINIMUM, 0, 1), "0"),
            (field(PHYSICAL_MAXIMUM, 0, 1), "2"),
            (field(DIGITAL_MINIMUM, 0, 1), "0"),
            (field(DIGITAL_MAXIMUM, 0, 1), "100"),
            (field(8, 0, 1), "1"),
        ] {
            put(&mut file, at, text);
        }
        file.extend((0..minutes).flat_map(|_| 10_i16.to_le_bytes()));
        file
    }

    #[test]
    fn a_file_that_breaks_off_is_named_with_its_night() {
        let mut file = details(3);
        file.truncate(file.len() - 1);
        let path = "DATALOG/20230824/20230824_235406_PLD.edf".to_owned();
        let card = Card::read(&[(path.clone(), file)]);
        let [broken] = card.broken_off.as_slice() else {
            panic!("{:?}", card.broken_off)
        };
        assert_eq!(
            (&broken.path, broken.date),
            (&path, Some(Date::constant(2023, 8, 24)))
        );
        assert_eq!(broken.cut.missing_s, Some(60.0));
        assert!(card.unused.is_empty());
    }

    #[test]
    fn lengths_and_days_that_no_calendar_has_hold_nothing_up() {
        let details = |seconds: &str| {
            let mut file = details(100);
            put(&mut file, 244..252, seconds);
            let path = "DATALOG/20230824/20230824_235406_PLD.edf".to_owned();
            Card::read(&[(path, file)])
        };
        let card = details("9e9");
        assert!(card.unused.is_empty());
        assert_eq!(card.nights.len(), 1);
        // A data record of more than three hundred years is none.
        for seconds in ["9e99", "9e307", "inf", "-1"] {
            let card = details(seconds);
            assert_eq!((card.unused.len(), card.nights.len()), (1, 0), "{seconds}");
        }
        let mut statistics = self::details(3);
        put(&mut statistics, field(LABEL, 0, 1), "Date");
        for largest in ["99999999", "9e99"] {
            put(&mut statistics, field(PHYSICAL_MAXIMUM, 0, 1), largest);
            let card = Card::read(&[("STR.edf".to_owned(), statistics.clone())]);
            assert_eq!((card.unused.len(), card.nights.len()), (0, 0), "{largest}");
        }
    }

    #[test]
    fn a_broken_file_is_named_and_holds_nothing_up() {
        let files = vec![
            ("STR.edf".to_owned(), b"half a file".to_vec()),
            (
                "Identification.tgt".to_owned(),
                b"#SRN 1\r\n\r\n#PNA AirSense_10_AutoSet\r\n".to_vec(),
            ),
        ];
        let card = Card::read(&files);
        assert_eq!(card.model.as_deref(), Some("AirSense 10 AutoSet"));
        assert_eq!(card.serial.as_deref(), Some("1"));
        assert_eq!(card.unused.len(), 1);
        assert!(card.nights.is_empty());
    }
}
