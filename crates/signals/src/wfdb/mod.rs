//! Records of the Waveform Database (WFDB), with their annotations.
//!
//! Packed samples are unpacked by the `wfdb` crate; its reader of headers refuses names and times that recorders
//! write, so headers are read here. A record of several segments becomes one: what was not recorded, and a segment
//! whose file is not there, is a gap.

mod header;

use std::io::Cursor;

use jiff::civil::DateTime;
use serde::Serialize;
use wfdb::signal::{INVALID_SAMPLE, get_decoder};

use crate::Trace;
use header::{Header, Parts, SignalLine};

/// Why a record was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WfdbError {
    /// A header is not well formed.
    #[error("read the record: the header of {0} is not well formed")]
    Header(String),
    /// A file that the header names is not there.
    #[error("read the record: {0} is not there")]
    Missing(String),
    /// Samples are packed in a way that is not read.
    #[error("read the record: samples of {0} are packed in a way that is not read")]
    Packed(String),
    /// A file name leads out of the record's folder.
    #[error("read the record: a file name leads out of its folder")]
    Outside,
}

/// A record.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WfdbRecord {
    /// Its name.
    pub name: String,
    /// When it began, by the recorder's clock; only with a date.
    pub start: Option<DateTime>,
    /// Frames a second. A signal may have several samples in a frame.
    pub frames_per_second: f64,
    /// How long it lasted, gaps included, in frames, where the header says so.
    pub frames: Option<u64>,
    /// Its signals.
    pub signals: Vec<Trace>,
    /// Segments whose files are not there; what they held is a gap.
    pub segments_missing: Vec<String>,
    /// What was written into the header.
    pub remarks: Vec<String>,
}

/// Gives the bytes of a file of the record's folder.
pub type Files<'a> = &'a dyn Fn(&str) -> Option<Vec<u8>>;

impl WfdbRecord {
    /// Reads the record with this name.
    pub fn read(name: &str, files: Files<'_>) -> Result<Self, WfdbError> {
        let header = read_header(name, files)?;
        let mut record = Self {
            name: name.to_owned(),
            start: header.start,
            frames_per_second: header.frames_per_second,
            frames: header.frames,
            signals: Vec::new(),
            segments_missing: Vec::new(),
            remarks: header.remarks.clone(),
        };
        let Parts::Segments(segments) = &header.parts else {
            record.take(0, &header, files)?;
            return Ok(record);
        };
        let mut first: u64 = 0;
        for (name, length) in segments {
            if *length > 0 && name != "~" {
                match read_header(name, files) {
                    Ok(part) => record.take(first, &part, files)?,
                    Err(WfdbError::Missing(name)) => record.segments_missing.push(name),
                    Err(error) => return Err(error),
                }
            }
            first = first.saturating_add(*length);
        }
        Ok(record)
    }

    /// The signal with this name.
    pub fn signal(&self, name: &str) -> Option<&Trace> {
        self.signals.iter().find(|signal| signal.name == name)
    }

    /// Takes the samples of one segment that begins with this frame.
    fn take(&mut self, first: u64, header: &Header, files: Files<'_>) -> Result<(), WfdbError> {
        let Parts::Signals(lines) = &header.parts else {
            return Err(WfdbError::Header("a segment".to_owned()));
        };
        for group in lines.chunk_by(|one, next| one.file == next.file) {
            let Some(line) = group.first().filter(|line| line.file != "~") else {
                continue;
            };
            let file = read_file(&line.file, files)?;
            for (line, samples) in group.iter().zip(unpack(group, &file, header.frames)?) {
                self.add(line, first, &samples);
            }
        }
        Ok(())
    }

    fn add(&mut self, line: &SignalLine, first: u64, samples: &[i32]) {
        let known = self
            .signals
            .iter()
            .position(|trace| trace.name == line.name);
        let place = known.unwrap_or_else(|| {
            let per_second = self.frames_per_second * line.per_frame as f64;
            let trace = Trace::empty(&line.name, &line.unit, per_second);
            self.signals.push(trace);
            self.signals.len() - 1
        });
        let values = samples.iter().map(|sample| {
            (*sample != INVALID_SAMPLE).then(|| (f64::from(*sample) - line.zero) / line.gain)
        });
        if let Some(trace) = self.signals.get_mut(place) {
            let at = first.saturating_mul(line.per_frame as u64);
            trace.extend(at, values.skip(line.skew.saturating_mul(line.per_frame)));
        }
    }
}

/// The samples of each signal of a file: frame by frame, each signal's in turn.
fn unpack(
    group: &[SignalLine],
    file: &[u8],
    limit: Option<u64>,
) -> Result<Vec<Vec<i32>>, WfdbError> {
    let mut samples = vec![Vec::new(); group.len()];
    let Some(line) = group.first() else {
        return Ok(samples);
    };
    let packed = || WfdbError::Packed(line.file.clone());
    let bytes = file.get(line.offset..).unwrap_or_default();
    let most = bytes.len().saturating_mul(2);
    let per_frame = || group.iter().map(|line| line.per_frame);
    let frame = per_frame()
        .try_fold(0_usize, usize::checked_add)
        .filter(|frame| *frame <= most);
    let Some(frame) = frame.filter(|frame| *frame > 0) else {
        return Ok(samples);
    };
    // No format packs two samples into a byte; a number of frames that goes beyond the file is a promise.
    let most = most / frame;
    let frames = limit.map_or(most, |limit| {
        usize::try_from(limit).unwrap_or(most).min(most)
    });
    let mut decoder = get_decoder(line.format, line.initial).map_err(|_| packed())?;
    let mut stored = vec![0; frames * frame];
    let read = decoder
        .decode_buf(&mut Cursor::new(bytes), &mut stored)
        .map_err(|_| packed())?;
    // The signals of a frame that is not whole have no common time.
    for frame in stored.get(..read).unwrap_or_default().chunks_exact(frame) {
        let mut left = frame;
        for (signal, count) in samples.iter_mut().zip(per_frame()) {
            let (part, rest) = left.split_at_checked(count).unwrap_or((left, &[]));
            signal.extend_from_slice(part);
            left = rest;
        }
    }
    Ok(samples)
}

fn read_header(name: &str, files: Files<'_>) -> Result<Header, WfdbError> {
    let bytes = read_file(&format!("{name}.hea"), files)?;
    let header = Header::read(&String::from_utf8_lossy(&bytes));
    header.ok_or_else(|| WfdbError::Header(name.to_owned()))
}

fn read_file(name: &str, files: Files<'_>) -> Result<Vec<u8>, WfdbError> {
    if name.contains(['/', '\\']) || name.contains("..") {
        return Err(WfdbError::Outside);
    }
    files(name).ok_or_else(|| WfdbError::Missing(name.to_owned()))
}

/// One annotation, as the format for annotations of MIT stores it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mark {
    /// The frame.
    pub frame: u64,
    /// Its code: below 50 what happened, of those some are beats.
    pub code: u8,
    /// Words that belong to it.
    pub note: String,
}

/// Codes of beats: what `wfdb.io` lists as QRS complexes.
const BEATS: [u8; 19] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 25, 30, 34, 35, 38, 41,
];

impl Mark {
    /// Whether it marks a heart beat.
    pub fn is_beat(&self) -> bool {
        BEATS.contains(&self.code)
    }
}

/// Reads a file of annotations. What breaks off ends it.
pub fn read_marks(file: &[u8]) -> Vec<Mark> {
    let mut marks: Vec<Mark> = Vec::new();
    let mut frame: i64 = 0;
    let mut words = file.chunks_exact(2);
    let mut next = |count: usize| -> Option<Vec<u16>> {
        let mut taken = Vec::with_capacity(count);
        for _ in 0..count {
            let word = words.next()?;
            taken.push(u16::from_le_bytes([*word.first()?, *word.get(1)?]));
        }
        Some(taken)
    };
    while let Some(&[word]) = next(1).as_deref() {
        let (code, low) = ((word >> 10) as u8, word & 0x3ff);
        match code {
            0 if low == 0 => break,
            // SKIP: a long interval, its high half first.
            59 => {
                let Some(&[high, low]) = next(2).as_deref() else {
                    break;
                };
                frame += i64::from((i32::from(high.cast_signed()) << 16) | i32::from(low));
            }
            // NUM, SUB and CHN say more about the mark before, and nothing that is read here.
            60..=62 => {}
            // AUX: words, padded to whole words of the file.
            63 => {
                let Some(bytes) = next(usize::from(low).div_ceil(2)) else {
                    break;
                };
                let bytes: Vec<u8> = bytes.into_iter().flat_map(u16::to_le_bytes).collect();
                let text = bytes.get(..usize::from(low)).unwrap_or_default();
                if let Some(mark) = marks.last_mut() {
                    let text = String::from_utf8_lossy(text);
                    text.trim_matches('\0').clone_into(&mut mark.note);
                }
            }
            _ => {
                frame += i64::from(low);
                let frame = u64::try_from(frame).unwrap_or(0);
                marks.push(Mark {
                    frame,
                    code,
                    note: String::new(),
                });
            }
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn files(name: &str) -> Option<Vec<u8>> {
        match name {
            "r.hea" => Some(b"r/4 2 100 8\nr_layout 0\nr1 2\n~ 3\nr2 3\n".to_vec()),
            "r_layout.hea" => Some(
                b"r_layout 2 100 0\n~ 0 10/mV 8 0 0 0 0 II\n~ 0 1/mmHg 8 0 0 0 0 ABP\n".to_vec(),
            ),
            "r1.hea" => Some(b"r1 1 100 2\nr1.dat 80 10(-1)/mV 8 0 0 0 0 II\n".to_vec()),
            "r1.dat" => Some(vec![128 + 9, 128 + 19]),
            _ => None,
        }
    }

    #[test]
    fn segments_become_one_record_with_gaps() {
        let record = WfdbRecord::read("r", &files).unwrap();
        let ecg = record.signal("II").unwrap();
        assert_eq!((ecg.unit.as_str(), ecg.per_second), ("mV", 100.0));
        assert_eq!(ecg.runs.len(), 1);
        assert_eq!(
            (ecg.runs[0].first, ecg.runs[0].values.clone()),
            (0, vec![1.0, 2.0])
        );
        assert_eq!(record.segments_missing, ["r2.hea"]);
    }

    #[test]
    fn samples_of_a_frame_go_to_their_signals() {
        let files = |name: &str| match name {
            "f.hea" => Some(
                b"f 2 10 3\nf.dat 16x2 1/mV 16 0 0 0 0 a\nf.dat 16 2/mV 16 0 0 0 0 b\n".to_vec(),
            ),
            "f.dat" => Some(
                [1_i16, 2, 30, 3, i16::MIN, 50, 5]
                    .iter()
                    .flat_map(|n| n.to_le_bytes())
                    .collect(),
            ),
            _ => None,
        };
        let record = WfdbRecord::read("f", &files).unwrap();
        let (a, b) = (record.signal("a").unwrap(), record.signal("b").unwrap());
        assert!((a.per_second - 20.0).abs() < 1e-9);
        assert_eq!(a.values().collect::<Vec<_>>(), [1.0, 2.0, 3.0]);
        assert_eq!(b.values().collect::<Vec<_>>(), [15.0, 25.0]);
    }

    #[test]
    fn names_do_not_lead_out_of_the_folder() {
        let files = |name: &str| {
            (name == "x.hea").then(|| b"x 1 10 3\n../y 16 1/mV 16 0 0 0 0 a\n".to_vec())
        };
        assert_eq!(WfdbRecord::read("x", &files), Err(WfdbError::Outside));
        assert_eq!(WfdbRecord::read("../x", &files), Err(WfdbError::Outside));
        assert_eq!(
            WfdbRecord::read("z", &files),
            Err(WfdbError::Missing("z.hea".into()))
        );
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>, header: String) {
            read_marks(&bytes);
            let files = |name: &str| match name {
                "x.hea" => Some(header.clone().into_bytes()),
                "y.hea" => Some(b"y 2 10 9000000000000\ny 212x3 1/mV 16 0 0 0 0 a\ny 212 0 8 0 0 0 0 b\n".to_vec()),
                "y" => Some(bytes.clone()),
                _ => None,
            };
            let _ = WfdbRecord::read("x", &files);
            let _ = WfdbRecord::read("y", &files);
        }
    }
}
