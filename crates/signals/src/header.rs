//! Where the fields of a header lie (EDF 1992, EDF+ 2003, BDF): fixed places of printable ASCII.

use std::ops::Range;

use jiff::civil::Date;

use crate::SignalError;

/// The header of the recording; that of each signal is as long again.
pub const HEAD: usize = 256;
pub const VERSION: Range<usize> = 0..8;
pub const PATIENT: Range<usize> = 8..88;
pub const RECORDING: Range<usize> = 88..168;
pub const DATE: Range<usize> = 168..176;
pub const TIME: Range<usize> = 176..184;
const LENGTH: Range<usize> = 184..192;
pub const RESERVED: Range<usize> = 192..236;
const RECORDS: Range<usize> = 236..244;
const DURATION: Range<usize> = 244..252;
const SIGNALS: Range<usize> = 252..256;
/// Lengths of the fields of a signal, each field for all signals before the next: label, transducer, dimension,
/// physical minimum and maximum, digital minimum and maximum, prefiltering, samples in a record, reserved.
const FIELDS: [usize; 10] = [16, 80, 8, 8, 8, 8, 8, 80, 8, 32];
pub const LABEL: usize = 0;
pub const TRANSDUCER: usize = 1;
pub const DIMENSION: usize = 2;
pub const PHYSICAL_MINIMUM: usize = 3;
pub const PHYSICAL_MAXIMUM: usize = 4;
pub const DIGITAL_MINIMUM: usize = 5;
pub const DIGITAL_MAXIMUM: usize = 6;
pub const PREFILTER: usize = 7;
pub const SIGNAL_RESERVED: usize = 9;
const SAMPLES: usize = 8;
/// The most signals that a header of so many digits can name is 9999; no recorder has more than this.
const MOST_SIGNALS: usize = 1024;

/// No recording is longer than this, in seconds: a number beyond it is none.
pub const LONGEST_S: f64 = 1e10;

/// How a file is laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Whether it is EDF+ or BDF+, with annotations and a recording identification of a fixed form.
    pub is_plus: bool,
    /// Bytes of the whole header.
    pub header: usize,
    /// Bytes of one sample: 2, or 3 in BDF.
    pub sample: usize,
    /// Samples of each signal in one data record.
    pub samples: Vec<usize>,
    /// Which signals are annotations.
    pub annotations: Vec<bool>,
}

impl Layout {
    /// Reads how a file is laid out.
    pub fn of(file: &[u8]) -> Result<Self, SignalError> {
        let version = file.get(VERSION).ok_or(SignalError::Short)?;
        let sample = match version {
            b"0       " => 2,
            [0xff, rest @ ..] if rest == b"BIOSEMI" => 3,
            _ => return Err(SignalError::NotEdf),
        };
        let count = number(file, SIGNALS)?;
        if count == 0 || count > MOST_SIGNALS {
            return Err(SignalError::Malformed("the number of signals"));
        }
        let header = HEAD * (count + 1);
        if number(file, LENGTH)? != header {
            return Err(SignalError::Malformed("the length of the header"));
        }
        if file.len() < header {
            return Err(SignalError::Short);
        }
        let mut samples = Vec::with_capacity(count);
        let mut annotations = Vec::with_capacity(count);
        for signal in 0..count {
            samples.push(number(file, field(SAMPLES, signal, count))?);
            let label = text(file, field(LABEL, signal, count));
            annotations.push(matches!(
                label.as_str(),
                "EDF Annotations" | "BDF Annotations"
            ));
        }
        let reserved = text(file, RESERVED);
        Ok(Self {
            is_plus: ["EDF+", "BDF+"]
                .iter()
                .any(|plus| reserved.starts_with(plus)),
            header,
            sample,
            samples,
            annotations,
        })
    }

    /// Signals.
    pub fn signals(&self) -> usize {
        self.samples.len()
    }

    /// Bytes of one data record.
    pub fn record(&self) -> usize {
        self.samples.iter().sum::<usize>() * self.sample
    }

    /// Where the annotations of a data record lie within it.
    pub fn annotation_parts(&self) -> Vec<Range<usize>> {
        let mut at = 0;
        let mut parts = Vec::new();
        for (samples, is_annotation) in self.samples.iter().zip(&self.annotations) {
            let end = at + samples * self.sample;
            if *is_annotation {
                parts.push(at..end);
            }
            at = end;
        }
        parts
    }
}

/// The header as it is where only these signals are in the file, and nobody is named.
pub fn of_signals(file: &[u8], signals: usize, kept: &[usize]) -> Vec<u8> {
    let mut head = file.get(..HEAD).unwrap_or_default().to_vec();
    put(&mut head, PATIENT, "X X X X");
    let recording = text(file, RECORDING);
    let start = startdate(&recording).map_or("X", |(text, _)| text);
    put(&mut head, RECORDING, &format!("Startdate {start} X X X"));
    put(&mut head, LENGTH, &(HEAD * (kept.len() + 1)).to_string());
    put(&mut head, SIGNALS, &kept.len().to_string());
    for number in 0..FIELDS.len() {
        for signal in kept {
            let place = field(number, *signal, signals);
            head.extend_from_slice(file.get(place).unwrap_or_default());
        }
    }
    head
}

/// Where a field of a signal lies.
pub fn field(field: usize, signal: usize, signals: usize) -> Range<usize> {
    let before: usize = FIELDS.iter().take(field).sum();
    let length = FIELDS.get(field).copied().unwrap_or_default();
    let start = HEAD + before * signals + length * signal;
    start..start + length
}

/// A field without its padding; what is not ASCII is taken as it is in ISO 8859-1.
pub fn text(file: &[u8], at: Range<usize>) -> String {
    let bytes = file.get(at).unwrap_or_default();
    let text: String = bytes.iter().map(|byte| char::from(*byte)).collect();
    text.trim_matches([' ', '\0']).to_owned()
}

fn number(file: &[u8], at: Range<usize>) -> Result<usize, SignalError> {
    if file.len() < at.end {
        return Err(SignalError::Short);
    }
    let number = text(file, at).parse();
    number.map_err(|_| SignalError::Malformed("a number of the header"))
}

/// How many data records the header promises; `None` for the −1 of a recorder that was switched off.
pub fn promised_records(file: &[u8]) -> Result<Option<usize>, SignalError> {
    let malformed = SignalError::Malformed("the number of data records");
    match text(file, RECORDS).parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(number) => usize::try_from(number).map(Some).map_err(|_| malformed),
        Err(_) => Err(malformed),
    }
}

/// How long a data record is, in seconds.
pub fn record_seconds(file: &[u8]) -> Result<f64, SignalError> {
    let seconds = text(file, DURATION).parse::<f64>().ok();
    seconds
        .filter(|seconds| (0.0..=LONGEST_S).contains(seconds))
        .ok_or(SignalError::Malformed("the duration of a data record"))
}

/// The day on which the recording began; none where the header holds none.
pub fn date(file: &[u8]) -> Option<Date> {
    // EDF+ writes the year in full; the two digits of EDF are those of 1985 to 2084.
    let recording = text(file, RECORDING);
    let long = startdate(&recording).map(|(_, date)| date);
    long.or_else(|| {
        let short = text(file, DATE);
        let mut parts = short.split('.').map(str::parse::<i16>);
        let (Ok(day), Ok(month), Ok(year)) = (parts.next()?, parts.next()?, parts.next()?) else {
            return None;
        };
        let year = if year >= 85 { 1900 + year } else { 2000 + year };
        Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    })
}

/// The day that a recording identification of EDF+ begins with, as it stands there and as a date.
fn startdate(recording: &str) -> Option<(&str, Date)> {
    let text = recording.strip_prefix("Startdate ")?.split(' ').next()?;
    Some((text, Date::strptime("%d-%b-%Y", text).ok()?))
}

/// Writes a field, cut to its length and filled up with spaces.
pub fn put(file: &mut [u8], at: Range<usize>, text: &str) {
    let Some(place) = file.get_mut(at) else {
        return;
    };
    let mut bytes = text.bytes().filter(|byte| (b' '..=b'~').contains(byte));
    for byte in place {
        *byte = bytes.next().unwrap_or(b' ');
    }
}
