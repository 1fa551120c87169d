//! A night from the files of its folder.

use jiff::{
    SignedDuration, ToSpan as _,
    civil::{Date, DateTime},
};

use super::{Event, EventKind, MachineDay, Night, Session, Spread};
use crate::{Edf, Trace, oximetry, quantile};

/// Files of one session begin within this many seconds of each other.
const TOGETHER_S: i64 = 10;
const LITRES_A_MINUTE: f64 = 60.0;

/// The files of a night, read.
#[derive(Default)]
pub struct Files {
    /// Flow and pressure.
    pub breaths: Vec<Edf>,
    /// Leak and breathing.
    pub details: Vec<Edf>,
    /// Oximetry.
    pub oximetry: Vec<Edf>,
    /// Scored events; `None` where there is no such file.
    pub events: Option<Vec<Edf>>,
}

/// Makes the night of this day.
pub fn night(date: Date, files: &Files, machine: Option<MachineDay>) -> Night {
    let events = files.events.as_deref().map(events);
    let mut sessions: Vec<Session> = Vec::new();
    let mut starts: Vec<(DateTime, f64, Option<&Edf>)> = Vec::new();
    for detail in &files.details {
        if let Some(start) = detail.start {
            starts.push((start, detail.seconds() / 60.0, Some(detail)));
        }
    }
    // A session whose details are lost still has its flow.
    for breath in &files.breaths {
        let Some(start) = breath.start else { continue };
        let known = starts
            .iter_mut()
            .find(|(known, _, _)| is_near(*known, start));
        match known {
            Some((_, minutes, _)) => *minutes = minutes.max(breath.seconds() / 60.0),
            None => starts.push((start, breath.seconds() / 60.0, None)),
        }
    }
    starts.sort_by_key(|(start, _, _)| *start);
    for (start, minutes, detail) in starts {
        let of = |label| {
            detail
                .into_iter()
                .filter_map(move |file| trace(file, label))
        };
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a number beyond 2^63 is set to it"
        )]
        let lasts = SignedDuration::from_secs((minutes * 60.0) as i64);
        let lasts = lasts.saturating_add(SignedDuration::from_secs(60));
        // What no calendar reaches ends as it begins.
        let end = start.checked_add(lasts).unwrap_or(start);
        let within = |event: &&Event| event.kind.is_counted() && (start..=end).contains(&event.at);
        sessions.push(Session {
            start,
            minutes,
            leak_l_min: spread(of("Leak"), LITRES_A_MINUTE),
            mask_pressure_cmh2o: spread(of("MaskPress"), 1.0),
            pressure_cmh2o: spread(of("Press"), 1.0),
            counted_events: events.iter().flatten().filter(within).count(),
        });
    }
    // A file that was opened and holds nothing is no session.
    sessions.retain(|session| session.minutes > 0.0);
    // A sum of nothing is −0 in floating point, and reads badly.
    let minutes = sessions.iter().map(|session| session.minutes);
    let recorded_h = minutes.fold(0.0, |sum, minutes| sum + minutes) / 60.0;
    let all = |label| {
        files
            .details
            .iter()
            .filter_map(move |file| trace(file, label))
    };
    let (oximetry, oximetry_parts) = saturation(&files.oximetry);
    let counted = events.as_ref().map(|events| {
        events
            .iter()
            .filter(|event| event.kind.is_counted())
            .count()
    });
    Night {
        date,
        recorded_h,
        ahi: counted
            .filter(|_| recorded_h > 0.0)
            .map(|count| count as f64 / recorded_h),
        events,
        leak_l_min: spread(all("Leak"), LITRES_A_MINUTE),
        mask_pressure_cmh2o: spread(all("MaskPress"), 1.0),
        pressure_cmh2o: spread(all("Press"), 1.0),
        oximetry,
        oximetry_parts,
        sessions,
        machine,
    }
}

fn is_near(one: DateTime, other: DateTime) -> bool {
    let apart = one.duration_since(other).as_secs();
    apart.abs() <= TOGETHER_S
}

/// The signal whose label has this name before the dot that leads to its period.
fn trace(file: &Edf, name: &str) -> Option<Trace> {
    let is_it = |label: &str| label.split('.').next() == Some(name);
    let signal = file.signals.iter().find(|signal| is_it(&signal.label))?;
    file.trace(&signal.label)
}

fn spread(traces: impl Iterator<Item = Trace>, times: f64) -> Option<Spread> {
    let values: Vec<f64> = traces
        .flat_map(|trace| trace.values().collect::<Vec<_>>())
        .collect();
    let at = |share| quantile(values.iter().copied(), share).map(|value| value * times);
    Some(Spread {
        median: at(0.5)?,
        p95: at(0.95)?,
        largest: at(1.0)?,
    })
}

/// The oximetry of all sessions, and where each of them begins in it. Between two of them nothing is known.
fn saturation(files: &[Edf]) -> (Option<oximetry::Oximetry>, Vec<(u64, DateTime)>) {
    let mut all: Vec<Vec<Option<f64>>> = Vec::new();
    let mut starts = Vec::new();
    let mut first = 0;
    for file in files {
        let Some(part) = trace(file, "SpO2") else {
            continue;
        };
        starts.extend(file.start.map(|start| (first, start)));
        let seconds = oximetry::by_second(&part);
        first += seconds.len() as u64;
        all.push(seconds);
    }
    (oximetry::of_parts(&all), starts)
}

fn events(files: &[Edf]) -> Vec<Event> {
    let mut found: Vec<Event> = files
        .iter()
        .filter_map(|file| Some((file.start?, file)))
        .flat_map(|(start, file)| file.annotations.iter().map(move |note| (start, note)))
        .filter_map(|(start, note)| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a night has less than 2^63 seconds"
            )]
            let at = start.checked_add((note.onset_s as i64).seconds()).ok()?;
            Some(Event {
                at,
                lasts_s: note.duration_s.unwrap_or_default(),
                kind: EventKind::named(&note.text)?,
            })
        })
        .collect();
    found.sort_by_key(|event| event.at);
    found
}
