//! Real recordings as lines of values at equal steps.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use signals::{Edf, Trace, WfdbRecord, ecg};

/// Numerics of record s25047, a value a minute.
const NUMERICS: &str = "ecg/wfdb/multi-segment/s25047/3234460n.dat";
/// Its channels in the order of the header, with how many steps make a unit.
const CHANNELS: [(&str, f64); 7] = [
    ("heart-rate", 10.0),
    ("pulse", 10.0),
    ("respiratory-rate", 10.0),
    ("spo2", 10.0),
    ("systolic", 1.0),
    ("diastolic", 1.0),
    ("mean", 1.0),
];
/// The mark for a value that was not measured, in this format.
const NONE: i16 = i16::MIN;

/// One signal of a piece.
pub struct Line {
    /// What the ward's rules call it.
    pub signal: &'static str,
    /// A value a step; none where nothing was measured.
    pub values: Vec<Option<f64>>,
}

impl Line {
    pub fn at(&self, step: usize) -> Option<f64> {
        *self.values.get(step)?
    }

    /// The last value of each minute. Zero is how monitors write that nothing was measured.
    pub fn by_minute(&self, step_ms: i64) -> Vec<Option<f64>> {
        let steps = usize::try_from(60_000 / step_ms).unwrap();
        let minutes = self.values.chunks(steps);
        minutes
            .map(|minute| {
                let known = minute.iter().rev().find_map(|value| *value);
                known.filter(|value| *value > 0.0)
            })
            .collect()
    }
}

/// A recording in pieces without a break.
pub struct Recording {
    pub name: &'static str,
    pub step_ms: i64,
    pub pieces: Vec<Vec<Line>>,
}

impl Recording {
    pub fn bed_days(&self) -> f64 {
        let steps = |piece: &Vec<Line>| piece.iter().map(|line| line.values.len()).max();
        let all: usize = self.pieces.iter().filter_map(steps).sum();
        all as f64 * self.step_ms as f64 / 86_400_000.0
    }

    /// The signals that are forecast at a bed.
    pub fn signals(&self) -> impl Iterator<Item = &'static str> {
        let forecast = ["heart-rate", "pulse", "respiratory-rate", "spo2"];
        let lines = self.pieces.first().into_iter().flatten();
        lines
            .map(|line| line.signal)
            .filter(move |signal| forecast.contains(signal))
    }
}

/// All of them; none where the shared data are not there.
pub fn all() -> Option<Vec<Recording>> {
    let named = std::env::var_os("YUANYI_TEST_DATA").map(PathBuf::from);
    let folder = named.unwrap_or_else(|| PathBuf::from("../../../shared/data"));
    if !folder.join(NUMERICS).is_file() {
        eprintln!("skipped: no shared data");
        return None;
    }
    let wave =
        |name, electrodes, pulse| beats_of(&folder.join("ecg/wfdb"), name, electrodes, pulse);
    Some(vec![
        numerics(&folder),
        wave("a103l", "II", Some("PLETH")),
        wave("03700181", "MCL1", Some("ABP")),
        wave("100", "MLII", None),
        nights(&folder.join("sleep/cpap-airsense10/DATALOG")),
    ])
}

fn numerics(folder: &Path) -> Recording {
    let bytes = std::fs::read(folder.join(NUMERICS)).unwrap();
    let raw: Vec<i16> = bytes
        .chunks_exact(2)
        .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
        .collect();
    let line = |(channel, (signal, steps)): (usize, &(&'static str, f64))| Line {
        signal,
        values: raw
            .chunks_exact(CHANNELS.len())
            .map(|minute| (minute[channel] != NONE).then(|| f64::from(minute[channel]) / steps))
            .collect(),
    };
    Recording {
        name: "s25047",
        step_ms: 60_000,
        pieces: vec![CHANNELS.iter().enumerate().map(line).collect()],
    }
}

/// Heart rate, and pulse where there is a wave of one, each second.
fn beats_of(folder: &Path, name: &'static str, electrodes: &str, pulse: Option<&str>) -> Recording {
    let find = |file: &str| std::fs::read(folder.join(file)).ok();
    let record = WfdbRecord::read(name, &find).unwrap();
    let rate = |signal: &str, without: Option<f64>| {
        let trace = record.signal(signal).unwrap();
        rates(&ecg::beats(trace), seconds(trace), without)
    };
    let mut lines = vec![Line {
        signal: "heart-rate",
        values: rate(electrodes, Some(0.0)),
    }];
    lines.extend(pulse.map(|signal| Line {
        signal: "pulse",
        values: rate(signal, None),
    }));
    Recording {
        name,
        step_ms: 1000,
        pieces: vec![lines],
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a time of a recording"
)]
fn seconds(trace: &Trace) -> usize {
    let last = trace
        .runs
        .last()
        .map_or(0, |run| run.first + run.values.len() as u64);
    (last as f64 / trace.per_second) as usize
}

/// The rate at each second: of the last four intervals, `without` where no beat came for four seconds.
fn rates(beats_s: &[f64], seconds: usize, without: Option<f64>) -> Vec<Option<f64>> {
    let at = |second: usize| {
        let now = second as f64;
        let known = beats_s.partition_point(|beat| *beat <= now);
        // The finder needs a few beats before it knows what a beat looks like.
        if known < 5 {
            return None;
        }
        let last = &beats_s[known - 5..known];
        if now - last[4] >= 4.0 {
            return without;
        }
        Some((60.0 * 4.0 / (last[4] - last[0])).round())
    };
    (0..seconds).map(at).collect()
}

/// The respiratory rate of each time that the mask was worn.
fn nights(folder: &Path) -> Recording {
    let mut files = BTreeMap::new();
    for night in std::fs::read_dir(folder).unwrap() {
        for file in std::fs::read_dir(night.unwrap().path()).unwrap() {
            let path = file.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with("_PLD.edf") {
                files.insert(name, path);
            }
        }
    }
    let line = |path: &PathBuf| {
        let edf = Edf::read(&std::fs::read(path).unwrap()).ok()?;
        let trace = edf.trace("RespRate.2s")?;
        let mut values = vec![None; seconds(&trace) / 2];
        for run in &trace.runs {
            for (place, value) in (run.first..).zip(&run.values) {
                if let Some(at) = values.get_mut(usize::try_from(place).unwrap()) {
                    // The device writes zero where it counts no breath yet.
                    *at = (*value > 0.0).then_some(*value);
                }
            }
        }
        (values.len() > 1).then(|| {
            vec![Line {
                signal: "respiratory-rate",
                values,
            }]
        })
    };
    Recording {
        name: "nights",
        step_ms: 2000,
        pieces: files.values().filter_map(line).collect(),
    }
}
