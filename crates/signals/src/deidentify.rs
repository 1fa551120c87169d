//! EDF, EDF+ and BDF files under a pseudonym.
//!
//! Both identifications, the start and what people wrote go or are cleaned, by the rules of the images' profile
//! (PS3.15 annex E): the same key gives the same pseudonym and the same shift of dates, so that images and signals
//! of a patient fit together. Samples are not touched: a pulse identifies nobody by itself.

use dicom::deidentify::{ProjectKey, harmless_words};
use jiff::{ToSpan as _, civil::Date};

use crate::{
    annotations,
    header::{
        self, DATE, LABEL, Layout, PATIENT, PREFILTER, RECORDING, RESERVED, SIGNAL_RESERVED, TIME,
        TRANSDUCER, field, put, text,
    },
};

/// Why no de-identified copy was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignalError {
    /// The file is of another kind.
    #[error("read the recording: it is neither EDF nor BDF")]
    NotEdf,
    /// It ends before its header does.
    #[error("read the recording: it breaks off")]
    Short,
    /// A field contradicts the format.
    #[error("read the recording: {0} is not well formed")]
    Malformed(&'static str),
}

/// What may stay; the default keeps least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The date is moved by the patient's number of days, and the time of day stays; otherwise both go.
    pub shift_dates: bool,
    /// Sex stays.
    pub retain_patient_characteristics: bool,
    /// Annotations, transducers and filters stay as far as they consist of harmless words; otherwise they go.
    pub clean_descriptors: bool,
}

/// A date that says nothing: the first that the format can write.
const NO_DATE: &str = "01.01.85";
const NO_TIME: &str = "00.00.00";

/// Makes a de-identified copy of a whole file. `subject` is how the hospital knows the patient.
pub fn deidentify(
    file: &[u8],
    key: &ProjectKey,
    subject: &str,
    options: Options,
) -> Result<Vec<u8>, SignalError> {
    let layout = Layout::of(file)?;
    let mut copy = file.to_vec();
    let names = identifying(file);
    let clean = |text: &str| {
        if !options.clean_descriptors {
            return String::new();
        }
        let left = harmless_words(text);
        // A name that is also a harmless word is still a name here.
        let words = left
            .split(' ')
            .filter(|word| !names.contains(&word.to_lowercase()));
        words.collect::<Vec<_>>().join(" ")
    };
    let date = options
        .shift_dates
        .then(|| moved(file, key.days(subject)))
        .flatten();
    identify(&mut copy, &layout, key, subject, (options, date));
    let count = layout.signals();
    for signal in 0..count {
        for part in [TRANSDUCER, PREFILTER] {
            let at = field(part, signal, count);
            let left = if part == PREFILTER {
                filters(&text(file, at.clone()))
            } else {
                clean(&text(file, at.clone()))
            };
            put(&mut copy, at, &left);
        }
        put(&mut copy, field(SIGNAL_RESERVED, signal, count), "");
        let at = field(LABEL, signal, count);
        let label = text(file, at.clone());
        if words(&label).any(|word| names.contains(&word)) {
            put(&mut copy, at, &format!("signal {}", signal + 1));
        }
    }
    clean_annotations(&mut copy, &layout, &clean);
    Ok(copy)
}

/// Writes both identifications, and when the recording began.
fn identify(
    copy: &mut [u8],
    layout: &Layout,
    key: &ProjectKey,
    subject: &str,
    (options, date): (Options, Option<Date>),
) {
    let pseudonym = key.pseudonym(subject);
    let sex = text(copy, PATIENT).split(' ').nth(1).map(str::to_owned);
    let sex = sex
        .filter(|sex| options.retain_patient_characteristics && (sex == "M" || sex == "F"))
        .unwrap_or_else(|| "X".to_owned());
    if layout.is_plus {
        let start = date.map_or_else(|| "X".to_owned(), long_form);
        put(copy, PATIENT, &format!("{pseudonym} {sex} X X"));
        put(copy, RECORDING, &format!("Startdate {start} X X X"));
    } else {
        put(copy, PATIENT, &pseudonym);
        put(copy, RECORDING, "");
    }
    if let Some(date) = date {
        put(copy, DATE, &short_form(date));
    } else {
        put(copy, DATE, NO_DATE);
        put(copy, TIME, NO_TIME);
    }
    // What stands behind the word that says which kind of file it is, is nobody's business.
    let kind: String = text(copy, RESERVED).chars().take(5).collect();
    let kind = if layout.is_plus || kind.starts_with("24BIT") {
        kind
    } else {
        String::new()
    };
    put(copy, RESERVED, &kind);
}

/// The date of the header, moved; none where it is none.
fn moved(file: &[u8], days: i64) -> Option<Date> {
    let date = header::date(file)?;
    date.checked_add(days.days()).ok()
}

fn long_form(date: Date) -> String {
    date.strftime("%d-%b-%Y").to_string().to_uppercase()
}

/// Before 1985 the two digits of the year would be another year's; EDF+ then writes `yy`.
fn short_form(date: Date) -> String {
    if (1985..=2084).contains(&date.year()) {
        date.strftime("%d.%m.%y").to_string()
    } else {
        date.strftime("%d.%m.yy").to_string()
    }
}

/// Prefiltering in the form that EDF+ gives it: `HP:0.1Hz LP:75Hz N:50Hz`; anything else goes.
fn filters(text: &str) -> String {
    let sound = |part: &&str| {
        let (name, value) = part.split_once(':').unwrap_or((part, ""));
        let number = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        ["HP", "LP", "N", "BP", "BS"].contains(&name)
            && number.len() <= 8
            && (number == "DC" || number.is_empty() || number.parse::<f64>().is_ok())
            && ["", "Hz", "DC", "kHz", "mHz"].contains(&value.get(number.len()..).unwrap_or("?"))
    };
    text.split(' ').filter(sound).collect::<Vec<_>>().join(" ")
}

/// The words of both identifications, in lower case: names and numbers that must stand nowhere else.
fn identifying(file: &[u8]) -> Vec<String> {
    let all = [text(file, PATIENT), text(file, RECORDING)].join(" ");
    words(&all)
        .filter(|word| word.chars().count() > 1 && word != "startdate")
        .collect()
}

fn words(text: &str) -> impl Iterator<Item = String> {
    let parts = text.split(|c: char| !c.is_alphanumeric());
    parts.filter(|word| !word.is_empty()).map(str::to_lowercase)
}

/// Cleans the annotations of all data records, also of one that breaks off.
fn clean_annotations(copy: &mut [u8], layout: &Layout, clean: &dyn Fn(&str) -> String) {
    let length = layout.record();
    let parts = layout.annotation_parts();
    if length == 0 || parts.is_empty() {
        return;
    }
    let records = copy.get_mut(layout.header..).unwrap_or_default();
    for record in records.chunks_mut(length) {
        for (place, part) in parts.iter().enumerate() {
            let end = part.end.min(record.len());
            let Some(part) = record.get_mut(part.start.min(end)..end) else {
                continue;
            };
            if annotations::rewrite(part, place == 0, clean).is_none() {
                part.fill(0);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::HEAD;
    use proptest::prelude::*;

    const PART: &[u8] =
        b"+0\x14\x14\0+1\x14Sanfeng left lung scan\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

    /// An EDF+ file of one data record: two samples of one signal, and annotations.
    fn file() -> Vec<u8> {
        let mut file = vec![b' '; HEAD * 3];
        let mut put = |at: std::ops::Range<usize>, text: &str| super::put(&mut file, at, text);
        put(0..8, "0");
        put(PATIENT, "MRN0815 F 29-FEB-1960 Zhang_Sanfeng");
        put(RECORDING, "Startdate 02-MAR-2002 EMG561 BK/JOP Sony");
        put(DATE, "02.03.02");
        put(TIME, "22.01.05");
        put(184..192, "768");
        put(RESERVED, "EDF+C of Sanfeng");
        put(236..244, "1");
        put(244..252, "1");
        put(252..256, "2");
        put(field(LABEL, 0, 2), "EEG Sanfeng");
        put(field(LABEL, 1, 2), "EDF Annotations");
        put(field(TRANSDUCER, 0, 2), "lung MRN0815");
        put(field(PREFILTER, 0, 2), "HP:0.1Hz LP:75Hz by Sanfeng");
        put(field(8, 0, 2), "2");
        put(field(8, 1, 2), &(PART.len() / 2).to_string());
        file.extend([1, 2, 3, 4]);
        file.extend(PART);
        file
    }

    fn key() -> ProjectKey {
        ProjectKey::derive(&[7; 32], "test")
    }

    #[test]
    fn nothing_of_the_patient_is_left() {
        let (file, key) = (file(), key());
        let copy = deidentify(&file, &key, "p", Options::default()).unwrap();
        assert_eq!(copy.len(), file.len());
        let all: String = copy.iter().map(|byte| char::from(*byte)).collect();
        for word in [
            "Sanfeng", "MRN0815", "1960", "2002", "EMG561", "JOP", "Sony", "22.01",
        ] {
            assert!(!all.contains(word), "{word}");
        }
        assert_eq!(
            text(&copy, PATIENT),
            format!("{} X X X", key.pseudonym("p"))
        );
        assert_eq!(text(&copy, RECORDING), "Startdate X X X X");
        assert_eq!(
            (text(&copy, DATE), text(&copy, TIME)),
            (NO_DATE.into(), NO_TIME.into())
        );
        assert_eq!(text(&copy, RESERVED), "EDF+C");
        assert_eq!(text(&copy, field(LABEL, 0, 2)), "signal 1");
        assert_eq!(text(&copy, field(PREFILTER, 0, 2)), "HP:0.1Hz LP:75Hz");
        assert_eq!(copy[768..772], [1, 2, 3, 4], "samples stay");
        assert!(copy[772..].starts_with(b"+0\x14\x14\0\0"));
    }

    #[test]
    fn what_was_chosen_stays() {
        let options = Options {
            shift_dates: true,
            retain_patient_characteristics: true,
            clean_descriptors: true,
        };
        let key = key();
        let copy = deidentify(&file(), &key, "p", options).unwrap();
        let date = Date::new(2002, 3, 2).unwrap();
        let date = date.checked_add(key.days("p").days()).unwrap();
        assert_eq!(
            text(&copy, PATIENT),
            format!("{} F X X", key.pseudonym("p"))
        );
        assert_eq!(
            text(&copy, RECORDING),
            format!("Startdate {} X X X", long_form(date))
        );
        assert_eq!(text(&copy, DATE), short_form(date));
        assert_eq!(text(&copy, TIME), "22.01.05");
        assert_eq!(text(&copy, field(TRANSDUCER, 0, 2)), "lung");
        assert!(copy[772..].starts_with(b"+0\x14\x14\0+1\x14left lung scan\x14\0\0"));
    }

    #[test]
    fn other_files_and_broken_ones_are_refused() {
        let of = |file: &[u8]| deidentify(file, &key(), "p", Options::default());
        assert_eq!(of(b"\x89PNG\r\n\x1a\n"), Err(SignalError::NotEdf));
        assert_eq!(of(&file()[..700]), Err(SignalError::Short));
        let mut other = file();
        put(&mut other, 184..192, "512");
        assert!(of(&other).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0_usize..900, byte: u8, cut in 0_usize..900) {
            let mut file = file();
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(cut);
            let _ = deidentify(&file, &key(), "p", Options { shift_dates: true, ..Options::default() });
        }
    }
}
