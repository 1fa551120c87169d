//! What files of recorded signals are, and what is found in them.

use jiff::civil::DateTime;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::{
    Annotation, Cut, Edf, Trace, WfdbRecord,
    cpap::{Card, File},
    ecg::{self, Agreement, Rhythm},
    oximetry::{self, Oximetry},
    read_marks,
};

/// What was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Found {
    /// A therapy device's card.
    CpapCard(Card),
    /// One recording.
    Recording(Box<Recording>),
}

/// A recording, and what its signals say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Recording {
    /// `edf` or `wfdb`.
    pub format: &'static str,
    /// When it began, by the recorder's clock.
    pub start: Option<DateTime>,
    /// Its signals.
    pub signals: Vec<SignalFacts>,
    /// What was written down beside the signals.
    pub annotations: Vec<Annotation>,
    /// What is not as the file promises.
    pub remarks: Vec<String>,
    /// What is not there, where the file breaks off.
    pub cut: Option<Cut>,
    /// Oxygen saturation, where it was recorded.
    pub oximetry: Option<Oximetry>,
    /// Heart beats, where there is an electrocardiogram.
    pub heart: Option<Heart>,
}

/// One signal.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SignalFacts {
    /// What the recorder calls it.
    pub name: String,
    /// Its unit, as the recorder writes it.
    pub unit: String,
    /// Samples a second; none where the recorder gives no time.
    pub per_second: Option<f64>,
    /// Samples that are values.
    pub samples: usize,
    /// Parts without a gap.
    pub runs: usize,
    /// Smallest value.
    pub minimum: Option<f64>,
    /// Mean of the values.
    pub mean: Option<f64>,
    /// Largest value.
    pub maximum: Option<f64>,
    /// SHA-256 of the stored numbers, each as four bytes with the least first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stored_sha256: Option<String>,
}

/// Heart beats.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Heart {
    /// The lead.
    pub lead: String,
    /// Rate and variability.
    pub rhythm: Option<Rhythm>,
    /// Beats that people marked, paired with those found within 150 ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub against_marks: Option<Against>,
}

/// Found beats against marked ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Against {
    /// The counts.
    #[serde(flatten)]
    pub agreement: Agreement,
    /// Share of the marked beats that were found.
    pub sensitivity: f64,
    /// Share of the found beats that were marked.
    pub precision: f64,
}

/// Within this a found beat is the marked one, in seconds.
const SAME_BEAT_S: f64 = 0.15;

/// Says what these files are and what is in them. `None` where they are no recorded signals; what cannot be read
/// is an error in words that complete "could not".
pub fn measure(files: &[File]) -> Option<Result<Found, String>> {
    if Card::is_card(files) && files.len() > 1 {
        return Some(Ok(Found::CpapCard(Card::read(files))));
    }
    if files.iter().any(|(path, _)| has_ending(path, "hea")) {
        return Some(whole_record(files).and_then(|record| {
            let find = |wanted: &str| {
                let found = files.iter().find(|(path, _)| name(path) == wanted);
                found.map(|(_, bytes)| bytes.clone())
            };
            measure_wfdb(&record, &find)
        }));
    }
    let [(path, bytes)] = files else { return None };
    if !["edf", "bdf", "rec"]
        .iter()
        .any(|ending| has_ending(path, ending))
    {
        return None;
    }
    let read = Edf::read(bytes).map_err(|error| error.to_string());
    Some(read.map(|edf| Found::Recording(Box::new(of_edf(&edf)))))
}

/// Measures one WFDB record; `files` gives the files of its folder by name.
pub fn measure_wfdb(
    record: &str,
    files: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Result<Found, String> {
    let read = WfdbRecord::read(record, files).map_err(|error| error.to_string())?;
    let marks = files(&format!("{record}.atr")).map(|bytes| read_marks(&bytes));
    let marked: Option<Vec<f64>> = marks.map(|marks| {
        let beats = marks.iter().filter(|mark| mark.is_beat());
        beats
            .map(|mark| mark.frame as f64 / read.frames_per_second)
            .collect()
    });
    let signals = read.signals.iter().map(|trace| SignalFacts {
        runs: trace.runs.len(),
        ..facts(
            (&trace.name, &trace.unit, Some(trace.per_second)),
            trace.values(),
        )
    });
    let gone = read.segments_missing.iter();
    Ok(Found::Recording(Box::new(Recording {
        format: "wfdb",
        start: read.start,
        signals: signals.collect(),
        annotations: Vec::new(),
        remarks: gone
            .map(|file| format!("{file} is not there: a gap"))
            .collect(),
        cut: None,
        oximetry: saturation(&read.signals),
        heart: heart(&read.signals, marked.as_deref()),
    })))
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The one record of a folder: the header that no other header names as a segment.
fn whole_record(files: &[File]) -> Result<String, String> {
    let headers: Vec<(&str, String)> = files
        .iter()
        .filter_map(|(path, bytes)| {
            let record = name(path).strip_suffix(".hea")?;
            Some((record, String::from_utf8_lossy(bytes).into_owned()))
        })
        .collect();
    let names = |text: &str, record: &str| {
        text.lines()
            .any(|line| line.split(' ').next() == Some(record))
    };
    let is_part = |record: &str| {
        headers
            .iter()
            .any(|(other, text)| *other != record && names(text, record))
    };
    // Numerics beside the waveforms are a record of their own; they carry an `n` behind the name.
    let is_numerics = |record: &str| {
        let waves = record.strip_suffix('n');
        waves.is_some_and(|waves| headers.iter().any(|(other, _)| *other == waves))
    };
    let whole: Vec<&str> = headers
        .iter()
        .map(|(record, _)| *record)
        .filter(|record| !is_part(record) && !is_numerics(record))
        .collect();
    match whole.as_slice() {
        [one] => Ok((*one).to_owned()),
        _ => Err("choose among the records of the folder: name one header".to_owned()),
    }
}

fn has_ending(path: &str, ending: &str) -> bool {
    let found = path.rsplit_once('.').map(|(_, found)| found);
    found.is_some_and(|found| found.eq_ignore_ascii_case(ending))
}

fn of_edf(edf: &Edf) -> Recording {
    let mut remarks = Vec::new();
    match edf.promised {
        None => remarks.push("the header promises no number of data records".to_owned()),
        Some(promised) if promised > edf.records => {
            remarks.push(format!(
                "{promised} data records promised, {} are there",
                edf.records
            ));
        }
        Some(_) => {}
    }
    if edf.left_over_bytes > 0 {
        remarks.push(format!(
            "{} bytes behind the last whole data record",
            edf.left_over_bytes
        ));
    }
    let traces: Vec<Trace> = edf
        .signals
        .iter()
        .filter_map(|signal| edf.trace(&signal.label))
        .collect();
    let signals = edf.signals.iter().map(|signal| {
        let mut digest = Sha256::new();
        for number in &signal.samples {
            digest.update(number.to_le_bytes());
        }
        let values = signal
            .samples
            .iter()
            .filter_map(|number| signal.value(*number));
        let per_second = (edf.record_s > 0.0).then(|| signal.per_record as f64 / edf.record_s);
        let trace = edf.trace(&signal.label);
        SignalFacts {
            stored_sha256: Some(hex::encode(digest.finalize())),
            runs: trace.map_or(0, |trace| trace.runs.len()),
            ..facts((&signal.label, &signal.unit, per_second), values)
        }
    });
    Recording {
        format: "edf",
        start: edf.start,
        signals: signals.collect(),
        annotations: edf.annotations.clone(),
        remarks,
        cut: edf.cut(),
        oximetry: saturation(&traces),
        heart: heart(&traces, None),
    }
}

fn facts(
    (name, unit, per_second): (&str, &str, Option<f64>),
    values: impl Iterator<Item = f64>,
) -> SignalFacts {
    let (mut samples, mut sum) = (0_usize, 0.0);
    let (mut minimum, mut maximum) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values {
        samples += 1;
        sum += value;
        minimum = minimum.min(value);
        maximum = maximum.max(value);
    }
    let there = |value: f64| (samples > 0).then_some(value);
    SignalFacts {
        name: name.to_owned(),
        unit: unit.to_owned(),
        per_second,
        samples,
        runs: 0,
        minimum: there(minimum),
        mean: there(sum / samples.max(1) as f64),
        maximum: there(maximum),
        stored_sha256: None,
    }
}

/// Whether a signal is a saturation in per cent, often enough for falls.
pub fn is_saturation(name: &str, unit: &str, per_second: f64) -> bool {
    let name = name.to_lowercase();
    (name.starts_with("spo2") || name.starts_with("sao2")) && unit == "%" && per_second >= 1.0
}

/// The saturation, where a signal is one.
fn saturation(traces: &[Trace]) -> Option<Oximetry> {
    let is_it = |trace: &&Trace| is_saturation(&trace.name, &trace.unit, trace.per_second);
    oximetry::oximetry(&oximetry::by_second(traces.iter().find(is_it)?))
}

const LEADS: [&str; 13] = [
    "i", "ii", "iii", "avr", "avl", "avf", "v", "v1", "v2", "v3", "v4", "v5", "v6",
];

fn heart(traces: &[Trace], marked_s: Option<&[f64]>) -> Option<Heart> {
    let is_lead = |trace: &&Trace| {
        let name = trace.name.to_lowercase();
        let bare = name.trim_start_matches("ml").trim_start_matches("mc");
        let named = name.contains("ecg") || name.contains("ekg") || LEADS.contains(&bare);
        named && trace.per_second >= 100.0
    };
    let lead = traces.iter().find(is_lead)?;
    let found = ecg::beats(lead);
    let against = |marked: &[f64]| {
        let agreement = Agreement::of(marked, &found, SAME_BEAT_S);
        Against {
            agreement,
            sensitivity: agreement.sensitivity(),
            precision: agreement.precision(),
        }
    };
    Some(Heart {
        lead: lead.name.clone(),
        rhythm: ecg::rhythm(&found),
        against_marks: marked_s.filter(|marked| !marked.is_empty()).map(against),
    })
}
