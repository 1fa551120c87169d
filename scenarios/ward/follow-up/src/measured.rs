//! What devices of the patient's own measured, taken as the answers that a plan asks for.
//!
//! The readings stay where they are, in the record. Of each day and device the newest good one becomes a report beside
//! what the patient says, and is judged at once. Where it is put right or taken back, another of that day counts, or none.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use knowledge::{Answer, AnswerValue, Answers, Kind};
use policy::Permit;
use record::{
    Precondition, QualityMark, Reading, ResourceKey, SeriesQuery, SignalSeries, Signals, SpanQuery,
};
use scenario::{Context, Problem, Reply, Topic, again_if_raced, text};
use serde_json::Value;
use vocabulary::{DeviceId, PatientId, Timestamp};

use crate::{
    alert::Telling,
    course::FollowUp,
    facts,
    nights::sent,
    plans::{Measures, Worse, input, plans, question},
    report::{AHEAD_MS, Measured, OLDEST_DAYS, Report, Sender, by_device, must_lie_within},
    schedule::at_home,
};

/// How many readings are read at once.
const PAGE: usize = 50_000;
const DAY_MS: i64 = 24 * 3_600_000;
const MINUTE_MS: i64 = 60_000;
/// The code system of the hospital's kinds of devices.
const PROFILE: &str = "urn:yuanyi:device-profile";

/// Takes up what was measured for each follow-up that goes on. One that fails does not keep others from it.
pub async fn take(
    context: &dyn Context,
    permit: &Permit,
    heard: Option<&BTreeMap<PatientId, Timestamp>>,
) -> Result<(), Problem> {
    let Some(signals) = context.signals() else {
        return Ok(());
    };
    let mut outcome = Ok(());
    for row in facts::active_plans(context, permit).await? {
        let subject = row
            .body
            .as_ref()
            .and_then(|body| text(body, "/subject/reference"));
        let patient =
            subject.and_then(|subject| PatientId::new(subject.strip_prefix("Patient/")?).ok());
        let Some(patient) = patient else { continue };
        let since = match heard {
            None => None,
            Some(heard) => match heard.get(&patient) {
                Some(since) => Some(*since),
                None => continue,
            },
        };
        let taking = Taking {
            context,
            permit,
            signals,
            since,
        };
        let id = row.key.id.as_str();
        let taken = again_if_raced(|| taking.of(id)).await;
        let nights = again_if_raced(|| sent::take(context, permit, id, since)).await;
        outcome = outcome.and(taken.map(drop)).and(nights.map(drop));
    }
    outcome
}

/// The devices at home of which something came today that would answer and does not count, since they say no time:
/// nobody knows when they measured it.
pub async fn without_clock(
    context: &dyn Context,
    permit: &Permit,
    course: &FollowUp,
) -> Result<Vec<String>, Problem> {
    let Some(signals) = context.signals() else {
        return Ok(Vec::new());
    };
    let taking = Taking {
        context,
        permit,
        signals,
        since: None,
    };
    let today = course.day_of(context.now());
    let query = SeriesQuery {
        subject: Some(course.patient.clone()),
        ..SeriesQuery::default()
    };
    let (mut found, mut names) = (BTreeSet::new(), BTreeMap::new());
    for series in signals.series(permit, &query).await? {
        let of = &series.series;
        let at = Timestamp(series.last.at_us.div_euclid(1000));
        let asked = asked(course, of);
        let device = &of.stream.device;
        if series.last.marks.contains(&QualityMark::ClockUnknown)
            && course.day_of(at) == today
            && !asked.is_empty()
            && taking.is_at_home(device, &asked, &mut names).await?
        {
            found.extend(names.get(device).cloned());
        }
    }
    Ok(found.into_iter().collect())
}

/// The questions of a plan that a series answers.
fn asked(course: &FollowUp, of: &SignalSeries) -> Vec<(&'static str, &'static Measures)> {
    let asks = course.plan.asks.iter();
    asks.filter_map(|name| Some((name.as_str(), question(name)?.measured.as_ref()?)))
        .filter(|(_, measures)| measures.is(&of.system, &of.code, &of.unit))
        .collect()
}

/// A good reading that answers a question.
struct Good {
    at: Timestamp,
    value: f64,
    marks: Vec<QualityMark>,
}

/// What was read of a day for a question.
#[derive(Default)]
struct OfDay {
    /// The reading that counts.
    counts: Option<Good>,
    /// The times whose values were put right or taken back, each with when that came last, in milliseconds.
    put_right: BTreeMap<Timestamp, i64>,
}

impl OfDay {
    /// Whether what is known was put right or taken back since it was counted: it may be what stands in the place of
    /// what was.
    fn puts_right(&self, known: &Measured) -> bool {
        let newest = self.put_right.get(&known.at).copied();
        newest > QualityMark::correction(&known.marks)
    }
}

/// By day at home and device: what was read for each question.
type Found = BTreeMap<(Date, DeviceId), BTreeMap<&'static str, OfDay>>;

struct Taking<'a> {
    context: &'a dyn Context,
    permit: &'a Permit,
    signals: &'a dyn Signals,
    /// New readings lie at this time or later, where that is known.
    since: Option<Timestamp>,
}

impl Taking<'_> {
    async fn of(&self, id: &str) -> Result<Reply, Problem> {
        let nothing = Reply::ok(Value::Null);
        let course = FollowUp::find(self.context, self.permit, id).await?;
        let Some(mut course) = course.filter(|course| course.is_active) else {
            return Ok(nothing);
        };
        let mut names = BTreeMap::new();
        let found = self.found(&course, &mut names).await?;
        let mut new = Vec::new();
        let mut telling = Telling::default();
        let mut is_heard = false;
        let now = self.context.now();
        for ((day, device), readings) in found {
            let name = names.get(&device).cloned().unwrap_or_default();
            let Some(report) = counted(&course, day, (device, name), readings, now) else {
                continue;
            };
            let Some(sender) = &report.device else {
                continue;
            };
            let condition = match report.version {
                0 => self.as_it_is(&course, day, &sender.id).await?,
                version => Precondition::Version(version),
            };
            new.push((by_device(&course, &report, sender), condition));
            if !report.answers.is_empty() {
                is_heard |= report.heard == now;
                let name = format!("d-{:x}", report.at.0);
                telling.hear(&course, &name, course.worse(&report));
            }
            course.take(report);
        }
        if new.is_empty() {
            return Ok(nothing);
        }
        // What is only taken back, or put right, is no answer, and ends no silence.
        let is_telling = is_heard || telling.tells();
        let told = if is_telling {
            telling.facts(&course, now)
        } else {
            Vec::new()
        };
        let is_told = !told.is_empty();
        new.extend(told);
        facts::commit(self.context, &facts::hospital(), new).await?;
        // The patient's own page shows what came; their account is not known here.
        self.context.notify(Topic::Case, &course.id, &[]);
        if is_told {
            course.tell(self.context, Topic::Waiting);
        }
        Ok(nothing)
    }

    /// That a day's report of a device is as it is now: there may be one that was taken back whole.
    async fn as_it_is(
        &self,
        course: &FollowUp,
        day: Date,
        device: &DeviceId,
    ) -> Result<Precondition, Problem> {
        let key = facts::device_report_key(&course.id, day, device);
        let found = scenario::read(self.context.record(), self.permit, key).await?;
        let version = found.map_or(0, |found| found.version);
        Ok(Precondition::Version(version))
    }

    /// The readings that may count, of devices that are at the patient's home; `names` learns what these are called.
    async fn found(
        &self,
        course: &FollowUp,
        names: &mut BTreeMap<DeviceId, String>,
    ) -> Result<Found, Problem> {
        let now = self.context.now();
        // Where nobody knows what is new, what came a day before the last that was counted is looked at again.
        let last = course.reports.iter().find(|report| report.device.is_some());
        let since = self
            .since
            .or(last.map(|report| Timestamp(report.at.0 - DAY_MS)));
        let oldest = Timestamp(now.0 - OLDEST_DAYS * DAY_MS).max(course.opened_at);
        let from = oldest.max(since.unwrap_or(oldest));
        let query = SeriesQuery {
            subject: Some(course.patient.clone()),
            ..SeriesQuery::default()
        };
        let mut found = Found::new();
        for series in self.signals.series(self.permit, &query).await? {
            if series.last.at_us < from.0 * 1000 {
                continue;
            }
            let of = &series.series;
            let asked = asked(course, of);
            let device = &of.stream.device;
            if !asked.is_empty() && self.is_at_home(device, &asked, names).await? {
                let span = |from: Timestamp, to: Timestamp| SpanQuery {
                    id: series.id.clone(),
                    from_us: from.0 * 1000,
                    to_us: to.0 * 1000,
                };
                let new = span(from, Timestamp(now.0 + AHEAD_MS));
                // Where one was put right or taken back, another of its day counts, which may have come before.
                if self.read(new, device, &asked, &mut found).await? {
                    let before = span(oldest.max(Timestamp(from.0 - DAY_MS)), from);
                    self.read(before, device, &asked, &mut found).await?;
                }
            }
        }
        Ok(found)
    }

    /// Whether a device that may answer is at the patient's home.
    async fn is_at_home(
        &self,
        device: &DeviceId,
        asked: &[(&'static str, &Measures)],
        names: &mut BTreeMap<DeviceId, String>,
    ) -> Result<bool, Problem> {
        let measures: Vec<&Measures> = asked.iter().map(|(_, measures)| *measures).collect();
        let name = name_at_home(self.context, self.permit, device, &measures).await?;
        let is_at_home = name.is_some();
        names.extend(name.map(|name| (device.clone(), name)));
        Ok(is_at_home)
    }

    /// Reads a span of a series; whether something was put right or taken back in it.
    async fn read(
        &self,
        mut span: SpanQuery,
        device: &DeviceId,
        asked: &[(&'static str, &Measures)],
        found: &mut Found,
    ) -> Result<bool, Problem> {
        let zone = self.context.time_zone();
        let mut is_put_right = false;
        loop {
            let page = self.signals.read(self.permit, &span, PAGE).await?;
            for reading in &page.readings {
                let at = Timestamp(reading.at_us.div_euclid(1000));
                let home = at_home(at, &zone);
                let corrected = QualityMark::correction(&reading.marks);
                let is_good = is_good(reading);
                if corrected.is_none() && !is_good {
                    continue;
                }
                is_put_right |= corrected.is_some();
                let counting = asked
                    .iter()
                    .filter(|(_, measures)| measures.counts_at(home.hour()));
                for (name, measures) in counting {
                    let of_day = found.entry((home.date(), device.clone())).or_default();
                    let of_day = of_day.entry(*name).or_default();
                    if let Some(came) = corrected {
                        let newest = of_day.put_right.entry(at).or_insert(came);
                        *newest = came.max(*newest);
                    }
                    let Some(value) = answer(name, reading.value).filter(|_| is_good) else {
                        continue;
                    };
                    let stands_above = of_day.counts.as_ref().is_none_or(|known| {
                        if measures.highest {
                            value > known.value
                        } else {
                            at >= known.at
                        }
                    });
                    if stands_above {
                        let marks = reading.marks.to_vec();
                        of_day.counts = Some(Good { at, value, marks });
                    }
                }
            }
            match page.next_us {
                Some(next) => span.from_us = next,
                None => return Ok(is_put_right),
            }
        }
    }
}

/// What a device is called that is of a kind that may send this and stands in no place of the hospital: what does is the
/// ward's.
pub async fn name_at_home(
    context: &dyn Context,
    permit: &Permit,
    device: &DeviceId,
    measures: &[&Measures],
) -> Result<Option<String>, Problem> {
    let key = ResourceKey {
        kind: "Device".to_owned(),
        id: device.to_string(),
    };
    let found = scenario::read(context.record(), permit, key).await?;
    let Some(body) = found.and_then(|found| found.body) else {
        return Ok(None);
    };
    let kinds = body.pointer("/type/coding").and_then(Value::as_array);
    let is_of_kind = kinds.into_iter().flatten().any(|coding| {
        let kind = text(coding, "/code").unwrap_or_default();
        text(coding, "/system").as_deref() == Some(PROFILE)
            && measures.iter().any(|measures| measures.by.contains(&kind))
    });
    let name = text(&body, "/deviceName/0/name").unwrap_or_else(|| device.to_string());
    Ok(Some(name).filter(|_| is_of_kind && body.get("location").is_none()))
}

/// Whether a reading is fit to be an answer. One that somebody wrote down as an observation of the device is.
pub fn is_good(reading: &Reading) -> bool {
    reading.marks.iter().all(|mark| {
        *mark == QualityMark::FromObservation || fhir::is_trustworthy(std::slice::from_ref(mark))
    })
}

/// The answer that a value is, within the limits of its question; whole where the display of a device shows it so.
fn answer(name: &str, value: f64) -> Option<f64> {
    let input = input(name)?;
    let value = match &input.kind {
        Kind::Number { whole: true, .. } => value.round(),
        Kind::Number { .. } => value,
        _ => return None,
    };
    must_lie_within(name, &input.label, &AnswerValue::Number(value)).ok()?;
    Some(value)
}

/// The report of a device's day with what counts of its readings, without answers where all of them were taken back; none
/// where nothing changes. A device may go on measuring every second: it then counts from time to time, and at once where
/// it is the first to tell of getting worse.
fn counted(
    course: &FollowUp,
    day: Date,
    (device, name): (DeviceId, String),
    readings: BTreeMap<&'static str, OfDay>,
    now: Timestamp,
) -> Option<Report> {
    let is_of = |report: &&Report| {
        report.day == day && report.device.as_ref().is_some_and(|one| one.id == device)
    };
    let before = course.reports.iter().find(is_of);
    let mut answers = before.map_or_else(Answers::new, |before| before.answers.clone());
    let mut measured = before
        .and_then(|before| Some(before.device.as_ref()?.measured.clone()))
        .unwrap_or_default();
    let mut is_due = false;
    let mut is_newer = false;
    let mut heard = before.map(|before| before.heard);
    for (question, of_day) in readings {
        let known = measured.get(question);
        let is_put_right = known.is_some_and(|known| of_day.puts_right(known));
        let Some(good) = of_day.counts else {
            // Nothing of that day stands any more.
            if is_put_right {
                measured.remove(question);
                answers.remove(question);
                (is_newer, is_due) = (true, true);
            }
            continue;
        };
        let known = known.map(|known| (known, is_put_right));
        let Some((since, counts)) = weighed(question, &good, known, answers.get(question)) else {
            continue;
        };
        is_newer = true;
        is_due |= counts;
        // Another value in the place of one that was put right is no sign of the patient.
        if !is_put_right {
            heard = Some(now);
        }
        let new = Measured {
            at: good.at,
            since,
            marks: good.marks,
        };
        measured.insert(question.to_owned(), new);
        answers.insert(question.to_owned(), Answer::from(good.value));
    }
    let last = measured.values().map(|one| one.at).max();
    let at = last.or(before.map(|before| before.at))?;
    let report = Report {
        at,
        day,
        heard: heard.unwrap_or(now),
        by: name.clone(),
        device: Some(Sender {
            id: device,
            name,
            measured,
        }),
        answers,
        version: before.map_or(0, |before| before.version),
    };
    let says = |report: &Report| match course.worse(report) {
        Worse::Yes { why } => why,
        _ => Vec::new(),
    };
    let known = before.map(says).unwrap_or_default();
    let turns = || says(&report).iter().any(|one| !known.contains(one));
    (is_newer && (is_due || turns())).then_some(report)
}

/// When the sitting of a reading began, and whether it counts by itself; none where what is known stands above it. Of what
/// is known, whether that was put right or taken back.
fn weighed(
    name: &str,
    good: &Good,
    known: Option<(&Measured, bool)>,
    answer: Option<&Answer>,
) -> Option<(Timestamp, bool)> {
    let Some((known, is_put_right)) = known else {
        return Some((good.at, true));
    };
    let measures = question(name)?.measured.as_ref()?;
    // Another value of the same moment, or another moment of the day, stands in its place.
    let is_other = good.at != known.at
        || answer.is_some_and(|known| known.value != AnswerValue::Number(good.value));
    if is_put_right && is_other {
        return Some((good.at.min(known.since), true));
    }
    if measures.highest {
        let is_above = match answer.map(|answer| &answer.value) {
            Some(AnswerValue::Number(known)) => good.value > *known,
            _ => true,
        };
        return is_above.then_some((good.at, true));
    }
    if good.at <= known.at {
        return None;
    }
    let settings = &plans().devices;
    if good.at.0 - known.since.0 <= settings.settles_min * MINUTE_MS {
        return Some((known.since, true));
    }
    let is_again = good.at.0 - known.at.0 >= settings.again_after_min * MINUTE_MS;
    Some((good.at, is_again))
}

impl FollowUp {
    /// Takes a report into what is known, in the place of its earlier version; one without answers is none.
    fn take(&mut self, report: Report) {
        let of = |report: &Report| (report.day, report.device.as_ref().map(|one| one.id.clone()));
        let new = of(&report);
        self.reports.retain(|one| of(one) != new);
        if !report.answers.is_empty() {
            self.reports.push(report);
        }
        self.sort_reports();
    }
}
