//! From a message of one device to readings: codes, units, ranges, clock, duplicates, order.

use std::collections::{HashMap, VecDeque};

use vocabulary::{Readings, Timestamp};

use crate::{
    clock::DeviceClock,
    payload::{self, Sent, SentValue},
    profile::{Group, Profile, Sampling, Stream},
    reading::{Mark, Raw, Reading},
    refusal::Refusal,
    unit::Conversion,
};

/// So many of the latest readings of a stream are remembered, to know a duplicate by.
const REMEMBERED: usize = 128;
/// So many of those whose time was moved: a device with a wrong clock may send all that it stores once more, and nothing
/// but this tells that it did. The record knows the times that were made of them, not those that the device says.
const REMEMBERED_MOVED: usize = 4096;

/// What is known of one device from what it sent.
#[derive(Debug, Default)]
pub struct Intake {
    clock: DeviceClock,
    streams: HashMap<String, Recent>,
}

/// The latest readings of a stream.
#[derive(Debug, Default)]
struct Recent {
    /// When they began, and what they said, the oldest first.
    seen: VecDeque<Seen>,
    /// The same of those whose time was moved.
    moved: VecDeque<Seen>,
    /// The values of all of these by their times, so that none is looked through for each that comes.
    values: HashMap<i64, Vec<u64>>,
    latest: Option<i64>,
    /// The single value that came last, with its time as the device said it; none where another came for that time.
    single: Option<(i64, f64)>,
}

/// A reading by what tells it from others: its time as the device said it, and its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seen {
    t_ms: i64,
    values: u64,
}

impl Recent {
    fn remember(&mut self, seen: Seen, is_moved: bool) {
        let (all, most) = if is_moved {
            (&mut self.moved, REMEMBERED_MOVED)
        } else {
            (&mut self.seen, REMEMBERED)
        };
        let oldest = if all.len() == most {
            all.pop_front()
        } else {
            None
        };
        all.push_back(seen);
        self.values.entry(seen.t_ms).or_default().push(seen.values);
        if let Some(oldest) = oldest {
            self.drop_values(oldest, 1);
        }
    }

    fn forget(&mut self, seen: Seen) {
        self.seen.retain(|other| *other != seen);
        self.moved.retain(|other| *other != seen);
        self.single = self.single.filter(|(t_ms, _)| *t_ms != seen.t_ms);
        self.drop_values(seen, usize::MAX);
    }

    /// Leaves these values out, as many times as they stand there at most.
    fn drop_values(&mut self, of: Seen, mut times: usize) {
        let Some(values) = self.values.get_mut(&of.t_ms) else {
            return;
        };
        values.retain(|value| {
            let goes = times > 0 && *value == of.values;
            times -= usize::from(goes);
            !goes
        });
        if values.is_empty() {
            self.values.remove(&of.t_ms);
        }
    }

    /// The values that came with this time.
    fn at(&self, t_ms: i64) -> &[u64] {
        self.values.get(&t_ms).map_or(&[], Vec::as_slice)
    }
}

/// Who says what a message holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// The device, by its clock.
    Measured,
    /// Somebody who wrote it down: its time stands, and says nothing about the device's clock.
    Vouched,
    /// Who sent another value for this time before, which was wrong. Whether another stands there already the record
    /// knows.
    Corrected,
}

/// What a message holds.
#[derive(Debug, PartialEq)]
pub struct Taken {
    /// New readings; none where all were duplicates.
    pub readings: Vec<Reading>,
    /// How many measurements had come before, with the same time and values.
    pub duplicates: u32,
    /// How many measurements said that they have no value, as the device's kind says it.
    pub not_measured: u32,
    /// What was remembered of the message, to forget it where it could not be kept.
    pub remembered: Remembered,
}

/// What was remembered of a message.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Remembered(Vec<(String, Seen)>);

impl Intake {
    /// Takes a message on `topic`, the stream or group below the device's id, which came at `received`.
    ///
    /// All of a message is taken, or nothing. What was taken is remembered, so that it is a duplicate when it
    /// comes again.
    pub fn take(
        &mut self,
        profile: &Profile,
        topic: &str,
        payload: &[u8],
        received: Timestamp,
    ) -> Result<Taken, Refusal> {
        self.take_as(profile, topic, payload, received, Said::Measured)
    }

    /// Knows again what was taken before the program ended: readings of a stream, and by how much (and with what doubt)
    /// their time was moved. It is shown in the order in which it came.
    pub fn recall(&mut self, stream: &str, readings: &Readings, corrected: Option<(i64, u64)>) {
        self.clock.recall(corrected);
        let start = readings.start();
        let by_ms = corrected.map_or(0, |(by_ms, _)| by_ms);
        let values = match readings {
            Readings::One { value, .. } => Values::One(*value),
            Readings::Regular {
                period_us, values, ..
            } => Values::Many {
                values: values.iter().copied().map(Some).collect(),
                period_us: *period_us,
            },
        };
        let seen = Seen {
            t_ms: start.0.saturating_sub(by_ms),
            values: fingerprint(&values),
        };
        let recent = self.streams.entry(stream.to_owned()).or_default();
        recent.latest = recent.latest.max(Some(start.0));
        recent.remember(seen, corrected.is_some());
    }

    /// As [`Intake::take`], by who says it.
    pub fn take_as(
        &mut self,
        profile: &Profile,
        topic: &str,
        payload: &[u8],
        received: Timestamp,
        how: Said,
    ) -> Result<Taken, Refusal> {
        let group = profile.group(topic);
        let single = profile.stream(topic);
        if group.is_none() && single.is_none() {
            return Err(Refusal::StreamUnknown {
                profile: profile.id.clone(),
            });
        }
        let all = payload::read(payload)?;
        let mut measured = Vec::new();
        let mut not_measured = 0;
        for sent in all {
            let stream = find(profile, topic, single, group, &sent)?;
            match Measured::of(stream, sent)? {
                Some(one) => measured.push(one),
                None => not_measured += 1,
            }
        }
        match group {
            Some(group) => contradiction(group, &measured)?,
            None if how == Said::Measured => self.contradicts_before(profile, &measured)?,
            None => {}
        }
        let mut taken = Taken {
            readings: Vec::new(),
            duplicates: 0,
            not_measured,
            remembered: Remembered::default(),
        };
        // The readings of one message were made by one clock at one time.
        for measured in measured {
            self.place(profile, measured, (received, how), &mut taken);
        }
        Ok(taken)
    }

    /// What came on topics of their own for one time must be true together, too. A second value of a stream for that time
    /// is marked instead: nobody knows with which of the two the others were measured.
    fn contradicts_before<'p>(
        &self,
        profile: &'p Profile,
        measured: &[Measured<'p>],
    ) -> Result<(), Refusal> {
        for one in measured {
            let (Values::One(own), Some(t_ms)) = (&one.values, one.raw.t_ms) else {
                continue;
            };
            let recent = self.streams.get(&one.stream.name);
            if recent.is_some_and(|recent| !recent.at(t_ms).is_empty()) {
                continue;
            }
            let values = |name: &str| -> Vec<_> {
                let value = if name == one.stream.name {
                    Some(*own)
                } else {
                    self.single(name, t_ms)
                };
                let known = value.and_then(|value| Some((profile.stream(name)?, value)));
                known.into_iter().collect()
            };
            for group in &profile.groups {
                in_order(group, values)?;
            }
        }
        Ok(())
    }

    /// The single value that came last on a stream, where it is of this time.
    fn single(&self, stream: &str, t_ms: i64) -> Option<f64> {
        let (at, value) = self.streams.get(stream)?.single?;
        (at == t_ms).then_some(value)
    }

    /// Forgets a message that could not be kept: when it comes again, it is none that had come before.
    pub fn forget(&mut self, remembered: &Remembered) {
        for (stream, seen) in &remembered.0 {
            if let Some(recent) = self.streams.get_mut(stream) {
                recent.forget(*seen);
            }
        }
    }

    /// Puts a measurement in its place in time.
    fn place(
        &mut self,
        profile: &Profile,
        measured: Measured<'_>,
        (received, how): (Timestamp, Said),
        taken: &mut Taken,
    ) {
        let said = measured.raw.t_ms.map(Timestamp);
        let recent = self
            .streams
            .entry(measured.stream.name.clone())
            .or_default();
        let mut marks = measured.marks;
        // Without a time of its own a second measurement of the same value is no duplicate.
        let seen = said.map(|said| Seen {
            t_ms: said.0,
            values: fingerprint(&measured.values),
        });
        if how == Said::Corrected {
            marks.push(Mark::Correction);
        } else if let Some(seen) = seen {
            let known = recent.at(seen.t_ms);
            if known.contains(&seen.values) {
                taken.duplicates += 1;
                return;
            }
            if !known.is_empty() {
                marks.push(Mark::Conflicting);
            }
        }
        if let (Some(said), Values::One(value)) = (said, &measured.values) {
            let is_alone = !marks.contains(&Mark::Conflicting);
            recent.single = is_alone.then_some((said.0, *value));
        }
        let (start, corrected) = match measured.values {
            _ if let Some(said) = said.filter(|_| how == Said::Vouched) => {
                DeviceClock::vouched(&profile.clock, said, received)
            }
            // Samples end when they are sent: their start is older by their length.
            Values::Many { .. } if said.is_none() => {
                let back = measured.values.length_ms();
                let start = Timestamp(received.0.saturating_sub(back));
                (start, Some(Mark::ClockAbsent))
            }
            _ => {
                let length_ms = measured.values.length_ms();
                self.clock
                    .correct(&profile.clock, said, received, length_ms)
            }
        };
        if let Some(seen) = seen {
            let is_moved = matches!(corrected, Some(Mark::ClockCorrected { .. }));
            recent.remember(seen, is_moved);
            let remembered = (measured.stream.name.clone(), seen);
            taken.remembered.0.push(remembered);
        }
        marks.extend(corrected);
        if recent.latest.is_some_and(|latest| start.0 < latest) {
            marks.push(Mark::Late);
        }
        recent.latest = recent.latest.max(Some(start.0));
        let stream = measured.stream;
        for samples in measured.values.samples(start) {
            taken.readings.push(Reading {
                stream: stream.name.clone(),
                coding: stream.code.coding(),
                unit: stream.unit.clone(),
                samples,
                marks: marks.clone(),
                raw: measured.raw.clone(),
            });
        }
    }
}

/// Which stream a measurement is of.
fn find<'p>(
    profile: &'p Profile,
    topic: &str,
    single: Option<&'p Stream>,
    group: Option<&Group>,
    sent: &Sent,
) -> Result<&'p Stream, Refusal> {
    let code = sent.code.as_deref().ok_or(Refusal::CodeMissing)?;
    let streams = group.into_iter().flat_map(|group| &group.streams);
    let named = streams.filter_map(|name| profile.stream(name));
    let another = || Refusal::CodeOfAnotherStream {
        stream: topic.to_owned(),
    };
    single
        .into_iter()
        .chain(named)
        .find(|stream| stream.is_named(code))
        .ok_or_else(another)
}

/// Whether values of one device and one time that came apart, such as in parts of a message of another standard, can be
/// true together: each by its stream and as the device would have sent it. What cannot be taken by itself says nothing.
/// Why not, and the group of which that is said.
pub fn together<'p>(
    profile: &'p Profile,
    sent: &[(&str, String)],
) -> Result<(), (Refusal, &'p Group)> {
    let mut measured = Vec::new();
    for (name, payload) in sent {
        let Some(stream) = profile.stream(name) else {
            continue;
        };
        for one in payload::read(payload.as_bytes()).unwrap_or_default() {
            measured.extend(Measured::of(stream, one).ok().flatten());
        }
    }
    for group in &profile.groups {
        contradiction(group, &measured).map_err(|refusal| (refusal, group))?;
    }
    Ok(())
}

/// The values of one measurement must be true together. In a message that holds several, a stream that comes again
/// begins the next.
fn contradiction(group: &Group, measured: &[Measured<'_>]) -> Result<(), Refusal> {
    let values = |name: &str| -> Vec<_> {
        let same = measured.iter().filter(|one| one.stream.name == name);
        same.filter_map(|one| match one.values {
            Values::One(value) => Some((one.stream, value)),
            Values::Many { .. } => None,
        })
        .collect()
    };
    in_order(group, values)
}

/// Whether the values of a group's streams stand in the order in which they must.
fn in_order<'p>(
    group: &Group,
    values: impl Fn(&str) -> Vec<(&'p Stream, f64)>,
) -> Result<(), Refusal> {
    for (names, may_be_equal) in [(&group.rising, false), (&group.not_falling, true)] {
        let all = names.iter().map(|name| values(name));
        let all: Vec<_> = all.filter(|values| !values.is_empty()).collect();
        for pair in all.windows(2) {
            let [lower, upper] = pair else { continue };
            // Where some lack a value that may be absent, nobody knows whose is whose.
            if may_be_equal && lower.len() != upper.len() {
                continue;
            }
            for ((lower, low), (upper, high)) in lower.iter().zip(upper) {
                if low > high || (low >= high && !may_be_equal) {
                    return Err(Refusal::Contradiction {
                        lower: lower.name.clone(),
                        upper: upper.name.clone(),
                    });
                }
            }
        }
    }
    Ok(())
}

/// A measurement in the unit of its stream, not yet in its place in time.
struct Measured<'p> {
    stream: &'p Stream,
    values: Values,
    marks: Vec<Mark>,
    raw: Raw,
}

enum Values {
    One(f64),
    Many {
        values: Vec<Option<f64>>,
        period_us: u64,
    },
}

impl<'p> Measured<'p> {
    /// `None` where it says that there is none.
    fn of(stream: &'p Stream, sent: Sent) -> Result<Option<Self>, Refusal> {
        let unit = sent.unit.ok_or(Refusal::UnitMissing)?;
        let conversion = Conversion::to(stream, &unit)?;
        let mut raw = Raw {
            code: sent.code.unwrap_or_default(),
            unit,
            value: None,
            t_ms: sent.t_ms,
            status: sent.status,
        };
        let mut marks = Vec::new();
        let values = match sent.value {
            SentValue::One(number) => {
                if matches!(stream.sampling, Sampling::WaveformHz(_)) {
                    return Err(Refusal::PeriodMissing);
                }
                let value = number.value().ok_or(Refusal::NotMeasured)?;
                raw.value = Some(value);
                let value = conversion.apply(value);
                if stream.is_none(value) {
                    return Ok(None);
                }
                Values::One(plausible(stream, value)?)
            }
            SentValue::Many { values, period_ms } => {
                let period_us = period(stream, period_ms)?;
                let Some(values) = many(stream, values, &conversion, &mut marks)? else {
                    return Ok(None);
                };
                Values::Many { values, period_us }
            }
        };
        if !conversion.is_none() {
            marks.push(Mark::Converted {
                from: raw.unit.clone(),
                raw: raw.value,
            });
        }
        if let Some(bits) = raw.status.filter(|bits| *bits != 0) {
            marks.push(Mark::Status { bits });
        }
        Ok(Some(Self {
            stream,
            values,
            marks,
            raw,
        }))
    }
}

fn plausible(stream: &Stream, value: f64) -> Result<f64, Refusal> {
    if stream.is_plausible(value) {
        return Ok(value);
    }
    let unit = stream.unit.clone();
    if let Some(low) = stream.not_below {
        return Err(Refusal::TooLow { low, unit });
    }
    let [low, high] = stream.range.unwrap_or([f64::MIN, f64::MAX]);
    Err(Refusal::OutOfRange { low, high, unit })
}

/// The distance of samples, in microseconds, at a rate that the stream has.
fn period(stream: &Stream, period_ms: Option<f64>) -> Result<u64, Refusal> {
    let period_ms = period_ms.ok_or(Refusal::PeriodMissing)?;
    let (low, high) = match stream.sampling {
        Sampling::UpToHz(hz) => (1.0 / 86_400.0, hz),
        Sampling::WaveformHz([low, high]) => (low, high),
    };
    let hz = 1000.0 / period_ms;
    // Devices round their period: 360 Hz comes as 2.78 ms.
    if !(low * 0.98..=high * 1.02).contains(&hz) {
        return Err(Refusal::RateOfAnotherStream { low, high });
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between a microsecond and a day"
    )]
    Ok((period_ms * 1000.0).round() as u64)
}

/// Samples in the unit of the stream; what was not measured and what cannot be true become gaps. `None` where they say
/// that there are none.
fn many(
    stream: &Stream,
    values: Vec<Option<f64>>,
    conversion: &Conversion,
    marks: &mut Vec<Mark>,
) -> Result<Option<Vec<Option<f64>>>, Refusal> {
    let (mut missing, mut none, mut outside) = (0, 0, 0);
    let values: Vec<Option<f64>> = values
        .into_iter()
        .map(|value| {
            let Some(value) = value.filter(|value| value.is_finite()) else {
                missing += 1;
                return None;
            };
            let value = conversion.apply(value);
            if stream.is_none(value) {
                none += 1;
                return None;
            }
            if !stream.is_plausible(value) {
                outside += 1;
                return None;
            }
            Some(value)
        })
        .collect();
    if values.iter().all(Option::is_none) {
        if outside == 0 && none > 0 {
            return Ok(None);
        }
        if outside == 0 {
            return Err(Refusal::NotMeasured);
        }
        return Err(plausible(stream, f64::NAN)
            .err()
            .unwrap_or(Refusal::NotMeasured));
    }
    missing += none;
    if missing > 0 {
        marks.push(Mark::NotMeasured { samples: missing });
    }
    if outside > 0 {
        marks.push(Mark::OutOfRange { samples: outside });
    }
    Ok(Some(values))
}

impl Values {
    /// From the first sample to the last, in milliseconds.
    fn length_ms(&self) -> i64 {
        match self {
            Self::One(_) => 0,
            Self::Many { values, period_us } => {
                let steps = values.len().saturating_sub(1) as u64;
                i64::try_from(steps.saturating_mul(*period_us) / 1000).unwrap_or(i64::MAX)
            }
        }
    }

    /// The samples from `start` on, cut at the gaps.
    fn samples(self, start: Timestamp) -> Vec<Readings> {
        let (values, period_us) = match self {
            Self::One(value) => return vec![Readings::One { at: start, value }],
            Self::Many { values, period_us } => (values, period_us),
        };
        let mut all = Vec::new();
        let mut run: Vec<f64> = Vec::new();
        let mut began = 0_u64;
        let mut close = |run: &mut Vec<f64>, began: u64| {
            if !run.is_empty() {
                let ms = began.saturating_mul(period_us).saturating_add(500) / 1000;
                all.push(Readings::Regular {
                    start: Timestamp(start.0.saturating_add(i64::try_from(ms).unwrap_or(0))),
                    period_us,
                    values: std::mem::take(run),
                });
            }
        };
        for (place, value) in (0_u64..).zip(values) {
            let Some(value) = value else {
                close(&mut run, began);
                continue;
            };
            if run.is_empty() {
                began = place;
            }
            run.push(value);
        }
        close(&mut run, began);
        all
    }
}

/// What tells values from others (FNV-1a over their bits).
fn fingerprint(values: &Values) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut add = |bits: u64| {
        for byte in bits.to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    match values {
        Values::One(value) => add(value.to_bits()),
        Values::Many { values, period_us } => {
            add(*period_us);
            for value in values {
                add(value.map_or(u64::MAX, f64::to_bits));
            }
        }
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_known_by_its_time_is_what_is_remembered() {
        let mut recent = Recent::default();
        let seen = |t_ms: i64, values: u64| Seen { t_ms, values };
        // What was corrected twice to the same value stands there twice.
        for (t_ms, values) in [(1, 7), (1, 7), (1, 8), (2, 7)] {
            recent.remember(seen(t_ms, values), false);
        }
        assert_eq!(recent.at(1), [7, 7, 8]);
        for t_ms in (0..).take(REMEMBERED - 3) {
            recent.remember(seen(100 + t_ms, 0), false);
        }
        assert_eq!(recent.at(1), [7, 8]);
        recent.forget(seen(1, 7));
        recent.forget(seen(2, 7));
        assert_eq!((recent.at(1), recent.at(2)), (&[8][..], &[][..]));
        let kept: usize = recent.values.values().map(Vec::len).sum();
        assert_eq!(kept, recent.seen.len() + recent.moved.len());
    }
}
