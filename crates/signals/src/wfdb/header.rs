//! The header of a record, as `wfdb.io` describes it. Lines that begin with `#` are remarks; a field that is not
//! there has the default that the format gives it.

use jiff::civil::{Date, DateTime, Time};
use wfdb::SignalFormat;

/// What a header says.
#[derive(Debug, PartialEq)]
pub struct Header {
    pub frames_per_second: f64,
    pub frames: Option<u64>,
    /// Only with a date.
    pub start: Option<DateTime>,
    pub parts: Parts,
    pub remarks: Vec<String>,
}

/// A record holds signals, or segments.
#[derive(Debug, PartialEq)]
pub enum Parts {
    Signals(Vec<SignalLine>),
    /// Names and lengths in frames; `~` was not recorded.
    Segments(Vec<(String, u64)>),
}

/// One signal.
#[derive(Debug, PartialEq)]
pub struct SignalLine {
    pub file: String,
    pub format: SignalFormat,
    pub per_frame: usize,
    /// Frames by which it lags behind.
    pub skew: usize,
    pub offset: usize,
    pub gain: f64,
    pub zero: f64,
    pub unit: String,
    pub initial: i32,
    pub name: String,
}

const FRAMES_PER_SECOND: f64 = 250.0;
const GAIN: f64 = 200.0;

impl Header {
    /// Reads a header; `None` where it is not well formed.
    pub fn read(text: &str) -> Option<Self> {
        let remarks = text
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix('#'));
        let mut lines = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty() && !line.starts_with('#'));
        let mut words = lines.next()?.split_whitespace();
        let is_segmented = words.next()?.contains('/');
        let signals: usize = words.next()?.parse().ok()?;
        let rate = match words.next() {
            // Behind the slash stands the rate of a counter, which is not read.
            Some(word) => number(word.split(['/', '(']).next()?)?,
            None => FRAMES_PER_SECOND,
        };
        let frames = match words.next() {
            // 0 says that nobody counted.
            Some(word) => Some(word.parse::<u64>().ok()?).filter(|frames| *frames > 0),
            None => None,
        };
        let time = words.next().and_then(clock);
        let date = words
            .next()
            .and_then(|word| Date::strptime("%d/%m/%Y", word).ok());
        let parts = if is_segmented {
            Parts::Segments(lines.map(segment).collect::<Option<_>>()?)
        } else {
            Parts::Signals(lines.take(signals).map(signal).collect::<Option<_>>()?)
        };
        Some(Self {
            frames_per_second: Some(rate).filter(|rate| *rate > 0.0)?,
            frames,
            start: date.map(|date| date.to_datetime(time.unwrap_or_default())),
            parts,
            remarks: remarks.map(|line| line.trim().to_owned()).collect(),
        })
    }
}

fn number(word: &str) -> Option<f64> {
    word.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// `8:26:04`, `19:46:25.757`.
fn clock(word: &str) -> Option<Time> {
    let mut parts = word.split(':');
    let hour = parts.next()?.parse().ok()?;
    let minute = parts.next()?.parse().ok()?;
    let (second, part) = parts
        .next()?
        .split_once('.')
        .unwrap_or((word.rsplit(':').next()?, ""));
    let nanoseconds = format!("{part:0<9}").get(..9)?.parse().ok()?;
    Time::new(hour, minute, second.parse().ok()?, nanoseconds).ok()
}

fn segment(line: &str) -> Option<(String, u64)> {
    let mut words = line.split_whitespace();
    Some((words.next()?.to_owned(), words.next()?.parse().ok()?))
}

/// `100.dat 212x4:2+24 200(1024)/mV 11 1024 995 -22131 0 MLII`.
fn signal(line: &str) -> Option<SignalLine> {
    let mut rest = line;
    let mut word = || {
        let (word, left) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
        rest = left.trim_start();
        word
    };
    let file = word().to_owned();
    let packed = word();
    let after = |mark: char| {
        let (_, value) = packed.split_once(mark)?;
        let end = value
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(value.len());
        value.get(..end)?.parse::<usize>().ok()
    };
    let digits = packed
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(packed.len());
    let format: u16 = packed.get(..digits)?.parse().ok()?;
    let written = word();
    let (gain, unit) = written.split_once('/').unwrap_or((written, "mV"));
    let (gain, unit) = (gain.to_owned(), unit.to_owned());
    Some(SignalLine {
        file,
        format: SignalFormat::try_from(format).ok()?,
        per_frame: after('x').unwrap_or(1).max(1),
        skew: after(':').unwrap_or(0),
        offset: after('+').unwrap_or(0),
        ..calibrated(
            (&gain, unit),
            [word(), word(), word(), word(), word()],
            rest,
        )?
    })
}

/// The part of a signal line that says what a number means.
fn calibrated(
    (gain, unit): (&str, String),
    [_, zero, initial, ..]: [&str; 5],
    name: &str,
) -> Option<SignalLine> {
    let adc_zero = if zero.is_empty() { 0.0 } else { number(zero)? };
    let (gain, baseline) = gain.split_once('(').unwrap_or((gain, ""));
    let baseline = match baseline.trim_end_matches(')') {
        "" => adc_zero,
        written => number(written)?,
    };
    // A gain of 0 says that the signal was never calibrated; the format then takes the default.
    let gain = if gain.is_empty() { GAIN } else { number(gain)? };
    Some(SignalLine {
        file: String::new(),
        format: SignalFormat::Format0,
        per_frame: 1,
        skew: 0,
        offset: 0,
        gain: if gain == 0.0 { GAIN } else { gain },
        zero: baseline,
        unit,
        initial: if initial.is_empty() {
            0
        } else {
            initial.parse().ok()?
        },
        name: name.trim().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_recorders_write_them() {
        let text =
            "# unnecessary comment\ns25-n/2 2 0.0166/125 72 10:44:18.529 04/05/2704\nlay 0\n~ 3\n";
        let header = Header::read(text).unwrap();
        assert_eq!(header.start.unwrap().to_string(), "2704-05-04T10:44:18.529");
        assert_eq!(
            header.parts,
            Parts::Segments(vec![("lay".into(), 0), ("~".into(), 3)])
        );
        let text = "a 2 125 9 8:26:04\na.mat 16x4:2+24 1.052e+04(-7)/mV 16 0 9127 -301 0 ECG lead II\n\nb.dat 212 2000 11 1024 5\n# 69 M\n";
        let header = Header::read(text).unwrap();
        let Parts::Signals(signals) = header.parts else {
            unreachable!("signals")
        };
        let one = &signals[0];
        assert_eq!((one.per_frame, one.skew, one.offset), (4, 2, 24));
        assert_eq!(
            (one.gain, one.zero, one.unit.as_str()),
            (10520.0, -7.0, "mV")
        );
        assert_eq!(one.name, "ECG lead II");
        let two = &signals[1];
        assert_eq!(
            (two.gain, two.zero, two.initial, two.unit.as_str()),
            (2000.0, 1024.0, 5, "mV")
        );
        assert_eq!(header.remarks, ["69 M"]);
    }

    #[test]
    fn what_is_not_well_formed_is_none() {
        for text in [
            "",
            "a",
            "a x",
            "a 1 0 5\n",
            "a 1 250 5\nf 999 1/mV\n",
            "a 1 250 5\nf 16 z/mV\n",
        ] {
            assert_eq!(Header::read(text), None, "{text}");
        }
    }
}
