//! Values that nobody measured, for kinds of devices of which no recording is at hand. Deterministic by a seed.

use ::devices::{Profile, Sampling, Stream};
use serde::Deserialize;

use super::recordings::Recorded;

/// How long it goes until it begins anew.
const SECONDS: f64 = 600.0;
/// Of waveforms.
const WAVE_SECONDS: f64 = 10.0;
/// From one blow to the next, with the rest between them.
const BLOW_EVERY_S: u64 = 10;
/// The rate of a waveform, where its stream takes it.
const WAVE_HZ: f64 = 100.0;
/// How often a value goes to and fro in the whole time, and a wave in a second.
const SWINGS: f64 = 3.0;
const BEATS_HZ: f64 = 1.2;

/// How a stream goes.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Course {
    /// To and fro between two values.
    Between([f64; 2]),
    /// From the first value to the second.
    Once([f64; 2]),
}

/// Numbers that look random and come of a seed: `SplitMix64`, Steele 2014.
struct Numbers(u64);

impl Numbers {
    /// Between 0 and 1.
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) as f64 / u64::MAX as f64
    }
}

/// All streams of a kind of device.
pub fn streams(
    profile: &Profile,
    seed: u64,
    course: impl Fn(&Stream) -> Option<Course>,
    is_rare: impl Fn(&Stream) -> bool,
) -> Vec<Recorded> {
    let mut numbers = Numbers(seed);
    let blow = (profile.id == "spirometer").then(|| Blow::of(&mut numbers));
    let recorded = |stream: &Stream| {
        let (hz, seconds) = match stream.sampling {
            Sampling::UpToHz(most) => (most.min(1.0), SECONDS),
            Sampling::WaveformHz([low, high]) => (WAVE_HZ.clamp(low, high), WAVE_SECONDS),
        };
        let values = match &blow {
            Some(blow) => blow.stream(&stream.name),
            None => go(stream, course(stream), (hz, seconds), &mut numbers),
        };
        Recorded {
            stream: stream.name.clone(),
            code: stream.code.coding().code,
            unit: stream.unit.clone(),
            period_ms: 1000.0 / hz,
            values,
            is_rare: is_rare(stream),
            whole_every_s: (blow.is_some() && matches!(stream.sampling, Sampling::WaveformHz(_)))
                .then_some(BLOW_EVERY_S),
        }
    };
    profile.streams.iter().map(recorded).collect()
}

/// Values of one stream, to two decimals.
fn go(
    stream: &Stream,
    course: Option<Course>,
    (hz, seconds): (f64, f64),
    numbers: &mut Numbers,
) -> Vec<Option<f64>> {
    let [low, high] = stream.range.unwrap_or([0.0, 1.0]);
    let quarter = (high - low) / 4.0;
    let course = course.unwrap_or(Course::Between([low + quarter, high - quarter]));
    let phase = numbers.next() * std::f64::consts::TAU;
    let swings = match stream.sampling {
        Sampling::UpToHz(_) => SWINGS,
        Sampling::WaveformHz(_) => BEATS_HZ * seconds,
    };
    let count = (seconds * hz).max(2.0);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "some thousand at most"
    )]
    let all = 0..count as usize;
    all.map(|place| {
        let share = place as f64 / count;
        let value = match course {
            Course::Between([from, to]) => {
                let swing = (share * swings * std::f64::consts::TAU + phase).sin();
                let noise = numbers.next() * 2.0 - 1.0;
                f64::midpoint(from, to) + (to - from) / 2.0 * (0.8 * swing + 0.2 * noise)
            }
            // Where it stands at first is the seed's: two devices are not the same.
            Course::Once([from, to]) => from + (to - from) * (share + phase / 100.0).min(1.0),
        };
        Some((value * 100.0).round() / 100.0)
    })
    .collect()
}

/// One forced expiration: a steep rise, then an exponential fall, as of a lung with one time constant.
struct Blow {
    /// Litres a second, each hundredth of a second.
    flow: Vec<f64>,
}

impl Blow {
    const HZ: f64 = 100.0;
    const RISE_S: f64 = 0.08;
    const LASTS_S: f64 = 7.0;

    fn of(numbers: &mut Numbers) -> Self {
        let peak_l_s = 5.0 + 3.0 * numbers.next();
        let constant_s = 0.45 + 0.3 * numbers.next();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seven hundred"
        )]
        let count = (Self::LASTS_S * Self::HZ) as usize;
        let flow = (0..count).map(|place| {
            let at_s = place as f64 / Self::HZ;
            if at_s < Self::RISE_S {
                return peak_l_s * at_s / Self::RISE_S;
            }
            peak_l_s * (-(at_s - Self::RISE_S) / constant_s).exp()
        });
        Self {
            flow: flow
                .map(|l_s| (l_s * 10_000.0).round() / 10_000.0)
                .collect(),
        }
    }

    /// What was blown out until then, in litres.
    fn volume(&self, until_s: f64) -> f64 {
        let until = self.flow.iter().enumerate();
        let until = until.take_while(|(place, _)| (*place as f64) < until_s * Self::HZ);
        until.map(|(_, flow)| flow).sum::<f64>() / Self::HZ
    }

    /// The flow once a share of everything was blown out, in litres a second.
    fn flow_after(&self, share: f64) -> f64 {
        let wanted = self.volume(Self::LASTS_S) * share * Self::HZ;
        let mut so_far = 0.0;
        for flow in &self.flow {
            so_far += flow;
            if so_far >= wanted {
                return *flow;
            }
        }
        0.0
    }

    fn stream(&self, name: &str) -> Vec<Option<f64>> {
        let one = match name {
            "fev1" => self.volume(1.0),
            "fev6" => self.volume(6.0),
            "fvc" => self.volume(Self::LASTS_S),
            "pef" => self.flow.iter().copied().fold(0.0, f64::max) * 60.0,
            "fef25" => self.flow_after(0.25),
            "fef50" => self.flow_after(0.5),
            "fef75" => self.flow_after(0.75),
            _ => return self.flow.iter().copied().map(Some).collect(),
        };
        vec![Some((one * 1000.0).round() / 1000.0)]
    }
}
