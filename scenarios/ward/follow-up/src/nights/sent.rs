//! Nights that devices at home sent: a saturation each second and a leak, from noon to noon, reckoned as those of files.
//!
//! The readings stay where they are, in the record. A night is reckoned once it is over or its device has rested for a
//! while, and again where something of it came later.

use jiff::{civil::Date, tz::TimeZone};
use policy::Permit;
use record::{NewFact, Precondition, SeriesQuery, SeriesSummary, Signals, SpanQuery};
use scenario::{Context, Problem, Reply, Topic, again_if_raced};
use serde_json::Value;
use signals::{
    oximetry::{Oximetry, oximetry},
    quantile,
};
use vocabulary::Timestamp;

use super::{
    NOON, Night, SPOT_S,
    events::{self, Events},
    joined::{Counts, Saturation},
    night_of, observation,
};
use crate::{
    course::FollowUp,
    facts,
    measured::{is_good, name_at_home},
    plans::{Measures, plans},
    report::OLDEST_DAYS,
    schedule::{at_home, days_after},
};

/// How many readings are read at once.
const PAGE: usize = 50_000;
const SECOND_US: i64 = 1_000_000;
const MINUTE_US: i64 = 60 * SECOND_US;
/// A device measures each second where one reading comes no later than this after the other.
const EACH_SECOND_US: i64 = 1_500_000;
/// Devices say their leak by the second, nights by the minute, as its 95th percentile.
const MINUTE_S: f64 = 60.0;
const P95: f64 = 0.95;

/// A night's readings, in the order of their times: each with its time in microseconds since 1970.
type Readings = Vec<(i64, f64)>;

/// Looks each hour at the nights of this time: a device may rest, and at noon a night is over.
pub async fn remind(
    context: &dyn Context,
    permit: &Permit,
    since: Timestamp,
    until: Timestamp,
) -> Result<(), Problem> {
    let zone = context.time_zone();
    let hour = |time| {
        let time = at_home(time, &zone);
        (time.date(), time.hour())
    };
    if hour(since) == hour(until) {
        return Ok(());
    }
    // One follow-up that fails here keeps no other from its nights.
    let mut outcome = Ok(());
    for row in facts::active_plans(context, permit).await? {
        let id = row.key.id.as_str();
        let taken = again_if_raced(|| take(context, permit, id, Some(since))).await;
        outcome = outcome.and(taken.map(drop));
    }
    outcome
}

/// Takes up the nights of a follow-up from that of `since` on; where nobody knows since when something is new, from the
/// one before the newest that was sent.
pub async fn take(
    context: &dyn Context,
    permit: &Permit,
    id: &str,
    since: Option<Timestamp>,
) -> Result<Reply, Problem> {
    let nothing = Reply::ok(Value::Null);
    let Some(signals) = context.signals() else {
        return Ok(nothing);
    };
    let found = FollowUp::find_plan(context, permit, id).await?;
    let Some(mut course) = found.filter(|course| course.is_active && course.plan.nights) else {
        return Ok(nothing);
    };
    let by = &plans().nights;
    let taking = Taking {
        context,
        permit,
        signals,
    };
    let saturation = taking.series(&course, &by.saturation).await?;
    let leak = taking.series(&course, &by.leak).await?;
    if saturation.is_empty() && leak.is_empty() {
        return Ok(nothing);
    }
    course.read_measured(context, permit).await?;
    let tonight = night_of(at_home(context.now(), &course.zone));
    let oldest = days_after(tonight, -OLDEST_DAYS);
    let from = since.map(|since| night_of(at_home(since, &course.zone)));
    let sent = course.nights.iter().filter(|night| night.of.is_sent());
    let newest = sent.map(|night| days_after(night.of.date, -1)).max();
    let mut date = from.or(newest).unwrap_or(oldest).max(oldest);
    let mut new = Vec::new();
    while date <= tonight {
        new.extend(taking.night(&course, date, (&saturation, &leak)).await?);
        date = days_after(date, 1);
    }
    if !new.is_empty() {
        facts::commit(context, &facts::hospital(), new).await?;
        // The patient's own page shows it, too; their account is not known here.
        context.notify(Topic::Case, &course.id, &[]);
    }
    Ok(nothing)
}

/// A series of a device at the patient's home, and what the device is called.
struct Sending {
    of: SeriesSummary,
    device: String,
}

struct Taking<'a> {
    context: &'a dyn Context,
    permit: &'a Permit,
    signals: &'a dyn Signals,
}

impl Taking<'_> {
    async fn series(
        &self,
        course: &FollowUp,
        measures: &Measures,
    ) -> Result<Vec<Sending>, Problem> {
        let query = SeriesQuery {
            subject: Some(course.patient.clone()),
            ..SeriesQuery::default()
        };
        let mut found = Vec::new();
        for of in self.signals.series(self.permit, &query).await? {
            let series = &of.series;
            if !measures.is(&series.system, &series.code, &series.unit) {
                continue;
            }
            let device = &series.stream.device;
            let name = name_at_home(self.context, self.permit, device, &[measures]).await?;
            found.extend(name.map(|device| Sending { of, device }));
        }
        Ok(found)
    }

    /// The facts of a night, where there is news of it.
    async fn night(
        &self,
        course: &FollowUp,
        date: Date,
        (saturation, leak): (&[Sending], &[Sending]),
    ) -> Result<Vec<(NewFact, Precondition)>, Problem> {
        let span = [date, days_after(date, 1)].map(|day| noon_us(day, &course.zone));
        let mut new = Vec::new();
        let mut all = saturation.iter().chain(leak);
        if all.any(|one| self.goes_on(&one.of, span)) {
            return Ok(new);
        }
        let mut sent = Night::of_nothing(date);
        let of = (span, &course.zone);
        let happened = self.oximetry(&mut sent, saturation, of).await?;
        self.leak(&mut sent, leak, span).await?;
        let known = course.nights.iter().find(|one| one.of.date == date);
        let (before, condition) = match known {
            Some(known) => (known.of.clone(), known.unchanged()),
            None => (Night::of_nothing(date), Precondition::Version(0)),
        };
        let night = before.with_sent(&sent);
        if night == before {
            return Ok(new);
        }
        if let Some(events) = happened.filter(|_| night.oximetry_sent_by.is_some()) {
            let events = (date, events, Counts::New);
            new.extend(events::fact(self.context, self.permit, course, events).await?);
        }
        let key = facts::night_key(&course.id, date);
        let body = observation(course, &night, self.context);
        new.push((facts::put(key, &course.patient, body), condition));
        Ok(new)
    }

    /// Whether a device goes on measuring in a night that is not over.
    fn goes_on(&self, series: &SeriesSummary, [from_us, to_us]: [i64; 2]) -> bool {
        let now_us = self.context.now().0 * 1000;
        let rests = now_us - series.last.at_us >= plans().nights.rests_min * MINUTE_US;
        series.last.at_us >= from_us && now_us < to_us && !rests
    }

    /// Of several oximeters the one that says most of the night counts. The answer is what happened in it.
    async fn oximetry(
        &self,
        sent: &mut Night,
        saturation: &[Sending],
        (span, zone): ([i64; 2], &TimeZone),
    ) -> Result<Option<Events>, Problem> {
        let mut best: Option<(i64, &Sending, Oximetry)> = None;
        for one in saturation {
            let readings = self.read(&one.of, span).await?;
            let first = readings.first().map(|(at, _)| *at);
            let found = by_second(&readings).and_then(|seconds| oximetry(&seconds));
            let Some((first, found)) = first.zip(found) else {
                continue;
            };
            let known = best.as_ref().map_or(SPOT_S, |(_, _, known)| known.valid_s);
            if found.valid_s > known {
                best = Some((first, one, found));
            }
        }
        let Some((first, one, found)) = best else {
            return Ok(None);
        };
        sent.oximetry_sent_by = Some(one.device.clone());
        sent.reckon(&Saturation::of(&found, Vec::new()));
        if sent.odi3.is_none() {
            return Ok(None);
        }
        let start = Timestamp(first.div_euclid(SECOND_US) * 1000);
        let seconds = found.valid_s + found.artefact_s;
        let events = Events::of_oximetry(at_home(start, zone), seconds, &found.falls);
        sent.has_events = events.is_some();
        Ok(events)
    }

    /// Of several therapy devices the one that says most of the night counts.
    async fn leak(
        &self,
        sent: &mut Night,
        leak: &[Sending],
        span: [i64; 2],
    ) -> Result<(), Problem> {
        let mut most = 0;
        for one in leak {
            let readings = self.read(&one.of, span).await?;
            if readings.len() > most {
                most = readings.len();
                let p95 = quantile(readings.into_iter().map(|(_, value)| value), P95);
                sent.leak_p95_l_min = p95.map(|value| value * MINUTE_S);
                sent.leak_sent_by = Some(one.device.clone());
            }
        }
        Ok(())
    }

    /// The good readings of a night; none where some of them were removed since, so that it stays what it was.
    async fn read(
        &self,
        series: &SeriesSummary,
        [from_us, to_us]: [i64; 2],
    ) -> Result<Readings, Problem> {
        let mut found = Vec::new();
        let mut span = SpanQuery {
            id: series.id.clone(),
            from_us,
            to_us,
        };
        loop {
            let page = self.signals.read(self.permit, &span, PAGE).await?;
            if page.purged {
                return Ok(Vec::new());
            }
            let good = page.readings.iter().filter(|reading| is_good(reading));
            found.extend(good.map(|reading| (reading.at_us, reading.value)));
            match page.next_us {
                Some(next) => span.from_us = next,
                None => return Ok(found),
            }
        }
    }
}

/// Noon of a day at home, in microseconds since 1970.
fn noon_us(day: Date, zone: &TimeZone) -> i64 {
    let noon = day.at(NOON, 0, 0, 0).to_zoned(zone.clone());
    noon.map_or(0, |noon| noon.timestamp().as_microsecond())
}

/// A value for each second from the first reading on, none where none came; nothing at all where readings mostly came
/// less often than that, which hides falls.
fn by_second(readings: &[(i64, f64)]) -> Option<Vec<Option<f64>>> {
    let (first, _) = *readings.first()?;
    let steps = readings.iter().zip(readings.iter().skip(1));
    let in_time = steps.filter(|((one, _), (next, _))| next - one <= EACH_SECOND_US);
    if in_time.count() * 2 + 1 < readings.len() {
        return None;
    }
    let mut seconds = Vec::new();
    for (at, value) in readings {
        // The nearest second: no device sends on its stroke.
        let place = usize::try_from((at - first + SECOND_US / 2) / SECOND_US).ok()?;
        if seconds.len() <= place {
            seconds.resize(place + 1, None);
        }
        if let Some(second) = seconds.get_mut(place) {
            *second = Some(*value);
        }
    }
    Some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_without_a_reading_is_a_gap() {
        // The device is some milliseconds late, sends one second twice and leaves out two.
        let readings = [
            (7_000_000, 95.0),
            (8_004_000, 94.0),
            (8_990_000, 93.0),
            (9_010_000, 92.0),
            (12_000_000, 91.0),
        ];
        let seconds = by_second(&readings);
        assert_eq!(
            seconds,
            Some(vec![
                Some(95.0),
                Some(94.0),
                Some(92.0),
                None,
                None,
                Some(91.0)
            ])
        );
    }

    #[test]
    fn a_saturation_that_comes_more_seldom_than_each_second_is_no_night() {
        let each =
            |period_us: i64| -> Readings { (0..100).map(|n| (n * period_us, 95.0)).collect() };
        assert_eq!(by_second(&each(SECOND_US)).map(|all| all.len()), Some(100));
        assert_eq!(by_second(&each(4 * SECOND_US)), None);
        assert_eq!(by_second(&[]), None);
    }

    #[test]
    fn a_night_goes_from_noon_to_noon_at_home() {
        let zone = TimeZone::fixed(jiff::tz::offset(8));
        let noon = noon_us(jiff::civil::date(2026, 3, 1), &zone);
        assert_eq!(noon, 1_772_337_600_000_000);
    }
}
