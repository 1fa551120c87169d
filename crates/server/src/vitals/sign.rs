//! Which streams of devices a person should see as facts, by the profiles of the devices, and how often.

use ::devices::{Sampling, Stream};
use fhir::{Measure, Sign};
use record::StreamKey;

use crate::devices::{Devices, Registered};

/// What becomes an observation of a series, and how often.
#[derive(Clone, Debug)]
pub struct Shown {
    pub sign: Sign,
    /// Among readings of this name one in each span of time becomes an observation.
    pub name: String,
    /// How long these spans are; none where it is the hospital's own setting.
    pub every_ms: Option<i64>,
}

impl Shown {
    /// What the profile of a device says of a stream. Where nobody knows the device, vital signs are shown by their
    /// codes.
    pub fn of(devices: &Devices, of: &StreamKey, code: &str, unit: &str) -> Option<Self> {
        let known = devices.find(&of.device);
        Self::of_known(known.as_deref(), of, code, unit)
    }

    pub(super) fn of_known(
        known: Option<&Registered>,
        of: &StreamKey,
        code: &str,
        unit: &str,
    ) -> Option<Self> {
        let stream = known.and_then(|known| known.profile.stream(&of.stream));
        if stream.is_some_and(|stream| !stream.observation) {
            return None;
        }
        // What a device of another kind measured under its id before is none of its own.
        let is_it = |stream: &&Stream| stream.unit == unit && stream.code.coding().code == code;
        let (Some(known), Some(stream)) = (known, stream.filter(is_it)) else {
            let sign = Sign::Vital(fhir::vital_sign(code, unit)?);
            return Some(Self {
                name: name_of(&sign).to_owned(),
                sign,
                every_ms: None,
            });
        };
        let sign = sign_of(stream);
        let name = name_of(&sign);
        // What somebody measured is one measurement, whatever else was measured in that hour.
        let every_ms = known.profile.spot.then(|| closest_ms(stream)).flatten();
        Some(Self {
            name: match every_ms {
                None => name.to_owned(),
                Some(_) => format!("{name}|{}", known.id),
            },
            sign,
            every_ms,
        })
    }
}

fn sign_of(stream: &Stream) -> Sign {
    let codes: Vec<_> = std::iter::once(&stream.code)
        .chain(&stream.also)
        .map(::devices::StreamCode::coding)
        .collect();
    let vital = codes
        .iter()
        .find_map(|coding| fhir::vital_sign(&coding.code, &stream.unit));
    vital.map_or_else(
        || {
            Sign::Other(Measure {
                codes,
                title: format!("{}\n{}", stream.title.zh, stream.title.en),
                unit: stream.unit.clone(),
                needs_confirmation: stream.needs_confirmation,
            })
        },
        Sign::Vital,
    )
}

/// The panel that a sign is a part of, else itself.
pub(super) fn name_of(sign: &Sign) -> &str {
    match sign {
        Sign::Vital(sign) => sign.panel.as_ref().unwrap_or(&sign.loinc),
        Sign::Other(measure) => measure.codes.first().map_or("", |coding| &coding.code),
    }
}

/// How close two measurements of a stream can be; none of a waveform.
fn closest_ms(stream: &Stream) -> Option<i64> {
    match stream.sampling {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "of rates from 0.1 to 500 Hz"
        )]
        Sampling::UpToHz(hz) => Some(((1000.0 / hz) as i64).max(1)),
        Sampling::WaveformHz(_) => None,
    }
}
