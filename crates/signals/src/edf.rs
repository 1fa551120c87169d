//! EDF, EDF+ and BDF with their samples.
//!
//! The number of data records that the header promises is taken as a promise: −1 (a recorder that was switched
//! off), or more than there are, leaves the records that are whole. A sample outside of the range that the header
//! gives is how recorders write "none", and becomes a gap.

use jiff::{
    ToSpan as _,
    civil::{Date, DateTime, Time},
};
use serde::Serialize;

use crate::{
    SignalError, Trace, annotations,
    header::{
        self, DIGITAL_MAXIMUM, DIGITAL_MINIMUM, DIMENSION, LABEL, Layout, PHYSICAL_MAXIMUM,
        PHYSICAL_MINIMUM, RESERVED, field, text,
    },
};

/// No recorder is faster than this, in samples a second: a record that lasts almost nothing is a mistake.
const FASTEST: f64 = 1e6;

/// How the data records follow each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Continuity {
    /// Without gaps.
    Continuous,
    /// Each says itself when it begins.
    Discontinuous,
}

/// What was written down beside the samples.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Annotation {
    /// Seconds from the start of the recording.
    pub onset_s: f64,
    /// How long it lasted, in seconds, where that was said.
    pub duration_s: Option<f64>,
    /// The words.
    pub text: String,
}

/// One signal of a file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EdfSignal {
    /// What the recorder calls it.
    pub label: String,
    /// Its unit, as the recorder writes it.
    pub unit: String,
    /// Samples in one data record.
    pub per_record: usize,
    /// Smallest and largest value, in the unit.
    pub physical: [f64; 2],
    /// Smallest and largest number that stands for a value.
    pub digital: [i32; 2],
    /// The numbers as they are stored.
    #[serde(skip)]
    pub samples: Vec<i32>,
}

/// What is not there of a file that breaks off.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cut {
    /// Seconds that the header promises and no whole data record holds; none where it promises nothing.
    pub missing_s: Option<f64>,
    /// Seconds of the last data record, of which a part only is there: they are left out.
    pub left_out_s: f64,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Edf {
    /// When it began, by the recorder's clock; no time zone is known.
    pub start: Option<DateTime>,
    /// Whether there may be gaps between records.
    pub continuity: Continuity,
    /// How long a data record is, in seconds; 0 where there are only annotations.
    pub record_s: f64,
    /// When each data record begins, in seconds from the start.
    #[serde(skip)]
    pub record_onsets_s: Vec<f64>,
    /// How many data records the header promises; `None` for −1.
    pub promised: Option<usize>,
    /// How many whole data records there are.
    pub records: usize,
    /// Bytes behind the last whole data record: the file breaks off.
    pub left_over_bytes: usize,
    /// Bytes of one data record.
    #[serde(skip)]
    pub record_bytes: usize,
    /// The signals, without those that hold annotations.
    pub signals: Vec<EdfSignal>,
    /// What was written down, in order of time.
    pub annotations: Vec<Annotation>,
}

impl Edf {
    /// Reads a whole file.
    pub fn read(file: &[u8]) -> Result<Self, SignalError> {
        let layout = Layout::of(file)?;
        let reserved = text(file, RESERVED);
        let continuity = if reserved.starts_with("EDF+D") || reserved.starts_with("BDF+D") {
            Continuity::Discontinuous
        } else {
            Continuity::Continuous
        };
        let record_s = header::record_seconds(file)?;
        let length = layout.record();
        if length == 0 {
            return Err(SignalError::Malformed("the number of samples"));
        }
        let body = file.get(layout.header..).unwrap_or_default();
        let promised = header::promised_records(file)?;
        let records = promised
            .map_or(usize::MAX, |promised| promised)
            .min(body.len() / length);
        let mut edf = Self {
            start: start(file),
            continuity,
            record_s,
            record_onsets_s: Vec::with_capacity(records),
            promised,
            records,
            left_over_bytes: body.len() % length,
            record_bytes: length,
            signals: signals(file, &layout)?,
            annotations: Vec::new(),
        };
        for (place, record) in body.chunks_exact(length).take(records).enumerate() {
            edf.take_record(&layout, place, record);
        }
        edf.start_within_second();
        edf.annotations
            .sort_by(|one, next| one.onset_s.total_cmp(&next.onset_s));
        Ok(edf)
    }

    /// The header gives the start to the second. Where the first data record begins a part of a second later, that
    /// is the start, and all times count from it, as the samples do.
    fn start_within_second(&mut self) {
        let part_s = self.record_onsets_s.first().copied().unwrap_or_default();
        if !(part_s > 0.0 && part_s < 1.0) {
            return;
        }
        for onset in &mut self.record_onsets_s {
            *onset -= part_s;
        }
        for annotation in &mut self.annotations {
            annotation.onset_s -= part_s;
        }
        #[expect(clippy::cast_possible_truncation, reason = "less than a second")]
        let nanoseconds = (part_s * 1e9).round() as i64;
        self.start = self
            .start
            .and_then(|start| start.checked_add(nanoseconds.nanoseconds()).ok());
    }

    /// Takes the samples and annotations of one data record.
    fn take_record(&mut self, layout: &Layout, place: usize, record: &[u8]) {
        let mut onset = None;
        let mut at = 0;
        let mut next = self.signals.iter_mut();
        for (samples, is_annotation) in layout.samples.iter().zip(&layout.annotations) {
            let end = at + samples * layout.sample;
            let part = record.get(at..end).unwrap_or_default();
            at = end;
            if *is_annotation {
                let (starts, written) = annotations::read(part);
                onset = onset.or(starts);
                self.annotations.extend(written);
            } else if let Some(signal) = next.next() {
                let stored = part.chunks_exact(layout.sample);
                signal.samples.extend(stored.map(stored_number));
            }
        }
        let steady = place as f64 * self.record_s;
        self.record_onsets_s.push(onset.unwrap_or(steady));
    }

    /// The signal with this label.
    pub fn signal(&self, label: &str) -> Option<&EdfSignal> {
        self.signals.iter().find(|signal| signal.label == label)
    }

    /// A signal's samples in its unit, at their places in time.
    pub fn trace(&self, label: &str) -> Option<Trace> {
        let signal = self.signal(label).filter(|_| self.record_s > 0.0)?;
        let per_second = signal.per_record as f64 / self.record_s;
        if per_second > FASTEST {
            return None;
        }
        let mut trace = Trace::empty(&signal.label, &signal.unit, per_second);
        let onsets = self.record_onsets_s.iter();
        let begin = self.record_onsets_s.first().copied().unwrap_or_default();
        let mut free = 0;
        for (onset, record) in onsets.zip(signal.samples.chunks(signal.per_record.max(1))) {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "places before the start are set to it; beyond 2^53 no recording goes"
            )]
            let first = (((onset - begin) * per_second).round().max(0.0) as u64).max(free);
            trace.extend(first, record.iter().map(|number| signal.value(*number)));
            free = first + record.len() as u64;
        }
        Some(trace)
    }

    /// What is not there, where the file breaks off.
    pub fn cut(&self) -> Option<Cut> {
        let torn = self.left_over_bytes as f64 / self.record_bytes.max(1) as f64;
        Cut::of(self.promised, self.records, torn, self.record_s)
    }

    /// How long was recorded, without the gaps between records, in seconds.
    pub fn seconds(&self) -> f64 {
        self.record_s * self.records as f64
    }
}

impl Cut {
    /// What is not there of so many data records and a part of one: it breaks off in one, or before it has as many as it
    /// promises. A recorder that was switched off between two of them, and promised nothing, left a whole file.
    pub(crate) fn of(
        promised: Option<usize>,
        records: usize,
        torn: f64,
        record_s: f64,
    ) -> Option<Self> {
        let missing = promised.map(|promised| promised.saturating_sub(records));
        let is_cut = match missing {
            Some(missing) => missing > 0,
            None => torn > 0.0,
        };
        is_cut.then(|| Self {
            missing_s: missing.map(|missing| missing as f64 * record_s),
            left_out_s: torn * record_s,
        })
    }
}

impl EdfSignal {
    /// The value that a stored number stands for; `None` where it lies outside of the range that has a meaning.
    pub fn value(&self, number: i32) -> Option<f64> {
        let ([low, high], [from, to]) = (self.physical, self.digital);
        if number < from.min(to) || number > from.max(to) {
            return None;
        }
        let step = (high - low) / (f64::from(to) - f64::from(from));
        Some(low + (f64::from(number) - f64::from(from)) * step)
    }
}

/// Two or three bytes, the least first.
fn stored_number(bytes: &[u8]) -> i32 {
    match *bytes {
        [low, high] => i32::from(i16::from_le_bytes([low, high])),
        [low, middle, high] => i32::from_le_bytes([0, low, middle, high]) >> 8,
        _ => 0,
    }
}

/// When the recording began.
fn start(file: &[u8]) -> Option<DateTime> {
    let date: Date = header::date(file)?;
    let time = text(file, header::TIME);
    let mut parts = time.split('.').map(str::parse::<i8>);
    let (Ok(hour), Ok(minute), Ok(second)) = (parts.next()?, parts.next()?, parts.next()?) else {
        return None;
    };
    Some(date.to_datetime(Time::new(hour, minute, second, 0).ok()?))
}

/// What the header says of each signal that is no annotation.
fn signals(file: &[u8], layout: &Layout) -> Result<Vec<EdfSignal>, SignalError> {
    let count = layout.signals();
    let parts = layout.samples.iter().zip(&layout.annotations).enumerate();
    parts
        .filter(|(_, (_, is_annotation))| !**is_annotation)
        .map(|(signal, (per_record, _))| {
            let read = |part| text(file, field(part, signal, count));
            let number = |part| {
                let number: Result<f64, _> = read(part).parse();
                number
                    .ok()
                    .filter(|number| number.is_finite())
                    .ok_or(SignalError::Malformed("the range of a signal"))
            };
            let whole = |part| {
                let number: Result<i32, _> = read(part).parse();
                number.map_err(|_| SignalError::Malformed("the range of a signal"))
            };
            let digital = [whole(DIGITAL_MINIMUM)?, whole(DIGITAL_MAXIMUM)?];
            if digital.first() == digital.last() {
                return Err(SignalError::Malformed("the range of a signal"));
            }
            Ok(EdfSignal {
                label: read(LABEL),
                unit: read(DIMENSION),
                per_record: *per_record,
                physical: [number(PHYSICAL_MINIMUM)?, number(PHYSICAL_MAXIMUM)?],
                digital,
                samples: Vec::new(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::header::{HEAD, put};
    use proptest::prelude::*;

    /// A file of one signal with two samples a second, and annotations of 32 bytes in a record.
    fn file(kind: &str, promised: &str, records: &[(&str, [i16; 2])]) -> Vec<u8> {
        let mut file = vec![b' '; HEAD * 3];
        let mut put = |at: std::ops::Range<usize>, text: &str| put(&mut file, at, text);
        put(0..8, "0");
        put(header::RECORDING, "Startdate 02-MAR-2002 X X X");
        put(header::DATE, "02.03.02");
        put(header::TIME, "22.01.05");
        put(184..192, "768");
        put(RESERVED, kind);
        put(236..244, promised);
        put(244..252, "1");
        put(252..256, "2");
        for (part, one, two) in [
            (LABEL, "SpO2", "EDF Annotations"),
            (DIMENSION, "%", ""),
            (PHYSICAL_MINIMUM, "0", "-1"),
            (PHYSICAL_MAXIMUM, "100", "1"),
            (DIGITAL_MINIMUM, "0", "-32768"),
            (DIGITAL_MAXIMUM, "200", "32767"),
            (8, "2", "16"),
        ] {
            put(field(part, 0, 2), one);
            put(field(part, 1, 2), two);
        }
        for (notes, samples) in records {
            for sample in samples {
                file.extend(sample.to_le_bytes());
            }
            let mut part = notes.as_bytes().to_vec();
            part.resize(32, 0);
            file.extend(part);
        }
        file
    }

    const NIGHT: &[(&str, [i16; 2])] = &[
        ("+0\x14\x14\0+0.5\x1512\x14Apnea\x14\0", [190, 188]),
        ("+10\x14\x14\0", [-1, 180]),
    ];

    #[test]
    fn gaps_between_records_and_in_them_stay_gaps() {
        let edf = Edf::read(&file("EDF+D", "2", NIGHT)).unwrap();
        assert_eq!(edf.start.unwrap().to_string(), "2002-03-02T22:01:05");
        assert_eq!(edf.continuity, Continuity::Discontinuous);
        let trace = edf.trace("SpO2").unwrap();
        let runs: Vec<_> = trace
            .runs
            .iter()
            .map(|run| (run.first, run.values.clone()))
            .collect();
        assert_eq!(runs, [(0, vec![95.0, 94.0]), (21, vec![90.0])]);
        let written = &edf.annotations[0];
        assert_eq!((written.onset_s, written.duration_s), (0.5, Some(12.0)));
        assert_eq!(written.text, "Apnea");
        assert_eq!(edf.annotations.len(), 1);
    }

    #[test]
    fn a_promise_that_was_not_kept_leaves_the_whole_records() {
        for (promised, cut, records, left) in [
            ("-1", 0, 2, 0),
            ("2", 3, 1, 33),
            ("9", 0, 2, 0),
            ("1", 0, 1, 0),
            ("0", 0, 0, 0),
        ] {
            let whole = file("EDF+C", promised, NIGHT);
            let edf = Edf::read(&whole[..whole.len() - cut]).unwrap();
            assert_eq!(
                (edf.records, edf.left_over_bytes),
                (records, left),
                "{promised}"
            );
            assert_eq!(edf.signals[0].samples.len(), records * 2);
        }
        for (promised, cut, missing_s, left_out_s) in [
            ("2", 0, None, 0.0),
            ("2", 3, Some(1.0), 33.0 / 36.0),
            ("9", 0, Some(7.0), 0.0),
            ("-1", 9, None, 27.0 / 36.0),
            ("-1", 0, None, 0.0),
            ("1", 3, None, 0.0),
        ] {
            let whole = file("EDF+C", promised, NIGHT);
            let found = Edf::read(&whole[..whole.len() - cut]).unwrap().cut();
            let is_cut = missing_s.is_some() || left_out_s > 0.0;
            let expected = is_cut.then_some(Cut {
                missing_s,
                left_out_s,
            });
            assert_eq!(found, expected, "{promised} without {cut}");
        }
        assert_eq!(
            Edf::read(&file("EDF+C", "-2", NIGHT)),
            Err(SignalError::Malformed("the number of data records"))
        );
    }

    #[test]
    fn a_start_within_a_second_is_the_start() {
        let night = [("+0.5\x14\x14\0+2.5\x14Apnea\x14\0", [190, 188])];
        let edf = Edf::read(&file("EDF+C", "1", &night)).unwrap();
        assert_eq!(edf.start.unwrap().to_string(), "2002-03-02T22:01:05.5");
        assert!((edf.annotations[0].onset_s - 2.0).abs() < 1e-9);
        assert_eq!(edf.trace("SpO2").unwrap().runs[0].first, 0);
    }

    #[test]
    fn times_that_no_recording_has_are_none() {
        let night = [
            ("+9999999999\x14\x14\0", [190, 188]),
            ("+99999999999999999\x14\x14\0", [190, 188]),
        ];
        let edf = Edf::read(&file("EDF+D", "2", &night)).unwrap();
        assert_eq!(edf.record_onsets_s, [9_999_999_999.0, 1.0]);
        assert_eq!(edf.trace("SpO2").unwrap().count(), 4);
        let mut fast = file("EDF+C", "2", NIGHT);
        put(&mut fast, 244..252, "1e-300");
        assert_eq!(Edf::read(&fast).unwrap().trace("SpO2"), None);
    }

    #[test]
    fn three_bytes_are_a_number_with_a_sign() {
        for (bytes, number) in [
            ([0xff, 0xff, 0xff], -1),
            ([0, 0, 0x80], -8_388_608),
            ([1, 2, 0], 513),
        ] {
            assert_eq!(stored_number(&bytes), number);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(at in 0_usize..900, byte: u8, cut in 0_usize..900) {
            let mut file = file("EDF+D", "-1", NIGHT);
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
            file.truncate(cut);
            if let Ok(edf) = Edf::read(&file) {
                let _ = edf.trace("SpO2");
            }
        }
    }
}
