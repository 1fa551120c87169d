//! What a simulated device sends: a recording from a file of its own, from EDF or WFDB as recorders write it, or
//! values that are made up, and say so.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use ::devices::{Profile, Profiles, Sampling, Stream};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use signals::{Edf, Trace, WfdbRecord};

use super::made_up::{self, Course};

/// What comes more often than this, in milliseconds, goes out in pieces of a second.
const WAVE_MS: f64 = 500.0;

/// What recorders call streams, and what is made up. A test reads the file.
static CHANNELS: LazyLock<Catalogue> = LazyLock::new(|| {
    toml::from_str(include_str!("channels.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Catalogue {
    units: BTreeMap<String, String>,
    #[serde(rename = "channel")]
    channels: Vec<Channel>,
    made_up: BTreeMap<String, BTreeMap<String, Course>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Channel {
    profile: String,
    streams: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    stream: String,
    labels: Vec<String>,
    #[serde(default)]
    lowest: Option<f64>,
}

/// A recording.
#[derive(Clone, Deserialize)]
pub struct Recording {
    /// The kind of device.
    pub profile: String,
    /// Who measured it, or that nobody did.
    #[serde(default)]
    pub source: String,
    streams: Vec<Recorded>,
}

/// What one stream sends.
#[derive(Clone, Deserialize)]
pub struct Recorded {
    /// The stream.
    pub stream: String,
    /// Its code.
    pub code: String,
    /// The unit of the values, in UCUM.
    pub unit: String,
    /// From one value to the next, in milliseconds.
    pub period_ms: f64,
    /// The values; what was not measured is a gap.
    pub values: Vec<Option<f64>>,
    /// Whether a value goes out once, when it was measured, and not each second.
    #[serde(skip)]
    pub is_rare: bool,
    /// A waveform that goes out whole, once it is over, every so many seconds: a blow.
    #[serde(skip)]
    pub whole_every_s: Option<u64>,
}

impl Recording {
    /// Reads a file of one's own, EDF or WFDB (by its `.hea`), as a device of this kind, or of the one that the file
    /// names.
    pub fn read(file: &Path, profile: Option<&str>, profiles: &Profiles) -> Result<Self> {
        let ending = file
            .extension()
            .map(|end| end.to_string_lossy().to_lowercase());
        if ending.as_deref() == Some("json") {
            return Self::read_own(file, profile, profiles);
        }
        let profile = profile.context("know as what to replay it: name a kind by --profile")?;
        let profile = find(profiles, profile)?;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let traces = match ending.as_deref() {
            Some("edf" | "bdf" | "rec") => {
                let bytes =
                    std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
                let edf = Edf::read(&bytes);
                let edf = edf.with_context(|| format!("understand {}", file.display()))?;
                let labels = edf.signals.iter().map(|signal| &signal.label);
                labels.filter_map(|label| edf.trace(label)).collect()
            }
            Some("hea") => {
                let folder = file.parent().unwrap_or(Path::new("."));
                let find = |name: &str| std::fs::read(folder.join(name)).ok();
                let record = WfdbRecord::read(name.trim_end_matches(".hea"), &find);
                record
                    .with_context(|| format!("understand {}", file.display()))?
                    .signals
            }
            _ => bail!(
                "replay {}: it is no .json, .edf, .bdf or .hea file",
                file.display()
            ),
        };
        Self::of_traces(profile, &traces, &name)
    }

    fn read_own(file: &Path, wanted: Option<&str>, profiles: &Profiles) -> Result<Self> {
        let text = std::fs::read(file).with_context(|| format!("read {}", file.display()))?;
        let mut recording: Self = serde_json::from_slice(&text)
            .with_context(|| format!("understand {}", file.display()))?;
        let profile = find(profiles, &recording.profile)?;
        if wanted.is_some_and(|wanted| wanted != profile.id) {
            bail!("replay {}: it is of a {}", file.display(), profile.id);
        }
        for one in &mut recording.streams {
            let stream = profile.stream(&one.stream);
            let stream = stream.with_context(|| format!("find the stream {}", one.stream))?;
            if !stream.is_named(&one.code) || one.period_ms.is_nan() || one.period_ms <= 0.0 {
                bail!("use the stream {}: its code or period is wrong", one.stream);
            }
            one.is_rare = is_rare(stream);
        }
        Ok(recording)
    }

    /// The signals of a recorder as the streams of a kind of device.
    fn of_traces(profile: &Profile, traces: &[Trace], source: &str) -> Result<Self> {
        let channels = CHANNELS
            .channels
            .iter()
            .find(|one| one.profile == profile.id);
        let channels = channels
            .map(|one| one.streams.as_slice())
            .unwrap_or_default();
        let mut streams = Vec::new();
        for named in channels {
            let Some(stream) = profile.stream(&named.stream) else {
                continue;
            };
            let is_it = |trace: &&Trace| {
                let mut labels = named.labels.iter();
                labels.any(|label| label.eq_ignore_ascii_case(&trace.name))
                    && takes(stream, trace.per_second)
            };
            let Some(trace) = traces.iter().find(is_it) else {
                continue;
            };
            let unit = CHANNELS.units.get(&trace.unit).unwrap_or(&trace.unit);
            if !stream.takes(unit) {
                bail!("replay {source}: {} is in `{}`", trace.name, trace.unit);
            }
            streams.push(Recorded {
                stream: stream.name.clone(),
                code: stream.code.coding().code,
                unit: unit.clone(),
                period_ms: 1000.0 / trace.per_second,
                values: values(stream, trace, named.lowest, unit),
                is_rare: is_rare(stream),
                whole_every_s: None,
            });
        }
        if streams
            .iter()
            .all(|one| one.values.iter().all(Option::is_none))
        {
            let names: Vec<&str> = traces.iter().map(|trace| trace.name.as_str()).collect();
            bail!(
                "replay {source}: a {} measures nothing of what is in it ({})",
                profile.id,
                names.join(", ")
            );
        }
        Ok(Self {
            profile: profile.id.clone(),
            source: source.to_owned(),
            streams,
        })
    }

    /// Values that nobody measured, within the profile's ranges; the same seed gives the same.
    pub fn made_up(profile: &Profile, seed: u64) -> Self {
        let courses = CHANNELS.made_up.get(&profile.id);
        let course = |stream: &Stream| courses.and_then(|all| all.get(&stream.name)).copied();
        Self {
            profile: profile.id.clone(),
            source: format!("made up by seed {seed}: nobody measured this"),
            streams: made_up::streams(profile, seed, course, is_rare),
        }
    }

    /// The same values, each so many seconds after the one before it, and no waveforms.
    pub fn seldom(mut self, every_s: u32) -> Self {
        self.streams.retain(|one| one.period_ms >= WAVE_MS);
        for one in &mut self.streams {
            one.period_ms = f64::from(every_s) * 1000.0;
            one.is_rare = true;
        }
        self
    }

    /// What is sent at a second of the replay, which ends at `now`: stream and payload.
    pub fn at(&self, now: i64, second: u64, from_s: u64, speed: f64) -> Vec<(String, Value)> {
        let mut all = Vec::new();
        for one in &self.streams {
            if let Some(every_s) = one.whole_every_s {
                if one.is_over(second % every_s) {
                    all.push((one.stream.clone(), one.whole(now)));
                }
            } else if one.period_ms < WAVE_MS {
                all.push((one.stream.clone(), one.wave(second, now)));
            } else if let Some(value) = one.held(second, from_s, speed) {
                let payload = json!({"t": now, "code": one.code, "value": value, "unit": one.unit});
                all.push((one.stream.clone(), payload));
            }
        }
        all
    }
}

fn find<'p>(profiles: &'p Profiles, id: &str) -> Result<&'p Profile> {
    let found = profiles.get(id).map(|profile| &**profile);
    found.with_context(|| {
        format!("find the kind of device {id}: `yuanyi device profiles` names all")
    })
}

/// Whether a stream comes at this rate.
fn takes(stream: &Stream, per_second: f64) -> bool {
    match stream.sampling {
        Sampling::UpToHz(most) => per_second <= most * 1.02,
        Sampling::WaveformHz([low, high]) => (low * 0.98..=high * 1.02).contains(&per_second),
    }
}

/// Such as by a cuff: a value goes out when it was measured.
fn is_rare(stream: &Stream) -> bool {
    let by_cuff = matches!(stream.name.as_str(), "systolic" | "diastolic" | "mean");
    by_cuff || matches!(stream.sampling, Sampling::UpToHz(most) if most < 1.0)
}

/// All samples at their places; what was not measured and what cannot be true are gaps.
fn values(stream: &Stream, trace: &Trace, lowest: Option<f64>, unit: &str) -> Vec<Option<f64>> {
    let mut all = Vec::new();
    for run in &trace.runs {
        let first = usize::try_from(run.first).unwrap_or(usize::MAX);
        all.resize(all.len().max(first), None);
        all.extend(run.values.iter().map(|value| {
            let is_measured = lowest.is_none_or(|lowest| *value >= lowest);
            let can_be =
                unit != stream.unit || (stream.is_plausible(*value) && !stream.is_none(*value));
            Some(*value).filter(|_| is_measured && can_be)
        }));
    }
    all
}

impl Recorded {
    /// A second of samples, which ended now; the recording begins anew at its end.
    fn wave(&self, second: u64, now: i64) -> Value {
        let each = (1000.0 / self.period_ms).round().max(1.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate of a waveform"
        )]
        let each = each as usize;
        let from = usize::try_from(second).unwrap_or(0).saturating_mul(each);
        let values: Vec<Option<f64>> = (from..from + each)
            .map(|place| {
                self.values
                    .get(place % self.values.len().max(1))
                    .copied()
                    .flatten()
            })
            .collect();
        json!({"t": now - 1000, "code": self.code, "value": values, "unit": self.unit,
            "period_ms": self.period_ms})
    }

    /// How long it lasts, in milliseconds.
    fn lasts_ms(&self) -> i64 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "some seconds in milliseconds"
        )]
        let lasts_ms = (self.values.len() as f64 * self.period_ms).ceil() as i64;
        lasts_ms
    }

    /// Whether what began with the first second is over now.
    fn is_over(&self, second: u64) -> bool {
        i64::try_from(second).is_ok_and(|second| second == (self.lasts_ms() + 999) / 1000)
    }

    /// All samples, the last of which was measured now.
    fn whole(&self, now: i64) -> Value {
        let lasts_ms = self.lasts_ms();
        json!({"t": now - lasts_ms, "code": self.code, "value": self.values, "unit": self.unit,
            "period_ms": self.period_ms})
    }

    /// The value that a monitor would show at this second: the one that was recorded last.
    fn held(&self, second: u64, from_s: u64, speed: f64) -> Option<f64> {
        let at_ms = (from_s as f64 + second as f64 * speed) * 1000.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a time of a recording"
        )]
        let place = (at_ms / self.period_ms).max(0.0) as usize;
        let value = *self.values.get(place % self.values.len().max(1))?;
        let before_ms = at_ms - 1000.0 * speed;
        let is_new =
            second == 0 || (before_ms / self.period_ms).floor() < (at_ms / self.period_ms).floor();
        value.filter(|_| is_new || !self.is_rare)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(id: &str) -> &'static Profile {
        Profiles::shipped().get(id).unwrap()
    }

    /// Names in the data file are those of profiles, so that no channel is lost in silence.
    #[test]
    fn channels_name_streams_that_are_there() {
        for channel in &CHANNELS.channels {
            for named in &channel.streams {
                assert!(
                    profile(&channel.profile).stream(&named.stream).is_some(),
                    "{}",
                    named.stream
                );
            }
        }
        for (id, streams) in &CHANNELS.made_up {
            for stream in streams.keys() {
                assert!(profile(id).stream(stream).is_some(), "{id} {stream}");
            }
        }
        for unit in CHANNELS.units.values() {
            let known = Profiles::shipped().all().flat_map(|one| &one.streams);
            assert!(known.into_iter().any(|stream| stream.takes(unit)), "{unit}");
        }
    }

    #[test]
    fn what_is_made_up_says_so_fits_its_profile_and_is_the_same_again() {
        for profile in Profiles::shipped().all() {
            let made = Recording::made_up(profile, 7);
            assert!(made.source.starts_with("made up"), "{}", made.source);
            assert_eq!(made.streams.len(), profile.streams.len(), "{}", profile.id);
            let again = Recording::made_up(profile, 7);
            let other = Recording::made_up(profile, 8);
            let all = |one: &Recording| -> Vec<_> {
                one.streams
                    .iter()
                    .map(|stream| stream.values.clone())
                    .collect()
            };
            assert_eq!(all(&made), all(&again));
            assert_ne!(all(&made), all(&other), "{}", profile.id);
            for one in &made.streams {
                let stream = profile.stream(&one.stream).unwrap();
                assert!(
                    takes(stream, 1000.0 / one.period_ms),
                    "{} {}",
                    profile.id,
                    one.stream
                );
                assert!(one.values.iter().any(Option::is_some));
                for value in one.values.iter().flatten() {
                    assert!(
                        stream.is_plausible(*value),
                        "{} {} {value}",
                        profile.id,
                        one.stream
                    );
                }
            }
        }
    }

    #[test]
    fn what_comes_seldom_comes_once_in_its_time() {
        let made = Recording::made_up(profile("pulse-oximeter"), 1).seldom(10);
        let sent: Vec<usize> = (0..30)
            .map(|second| made.at(0, second, 0, 1.0).len())
            .collect();
        assert_eq!(sent.iter().sum::<usize>(), 6);
        assert_eq!([sent[0], sent[10], sent[20]], [2, 2, 2]);
    }

    #[test]
    fn a_trace_is_replayed_at_its_places_with_its_gaps() {
        let samples = [Some(97.0), Some(-1.0), None, Some(96.0), Some(101.0)];
        let spo2 = Trace::from_samples(("SpO2.1s", "%", 1.0), samples);
        let made = Recording::of_traces(profile("pulse-oximeter"), &[spo2], "x.edf").unwrap();
        assert_eq!(made.streams.len(), 1);
        // −1: the recorder had no value. 101: it cannot be true.
        assert_eq!(
            made.streams[0].values,
            [Some(97.0), None, None, Some(96.0), None]
        );
        let other = Trace::from_samples(("Snore.2s", "", 0.5), [Some(1.0)]);
        let refused = Recording::of_traces(profile("pulse-oximeter"), &[other], "x.edf");
        assert!(
            refused
                .map(|_| ())
                .unwrap_err()
                .to_string()
                .contains("Snore.2s")
        );
    }
}
