//! What comes to the wards: readings of devices, and what is written down.

use alarms::Sample;
use anyhow::Result;
use policy::Permit;
use record::{Arrived, FactBody, QualityMark, Readings, ResourceQuery};
use serde_json::Value;
use vocabulary::{PatientId, Timestamp};

use super::{
    RECENT_EVERY_MS, RECENT_MS, State,
    charted::{Charted, charted},
    kept::Source,
    places,
};
use crate::{clock, hospital::Hospital};

/// How many observations are looked at when the program starts, the newest ones.
const CHARTED: usize = 2000;
/// Values closer together than this are a waveform, in microseconds. Rules look at none.
const WAVEFORM_US: u64 = 500_000;

/// Reads what was written since.
pub async fn written(hospital: &Hospital, permit: &Permit, next: &mut u64) {
    let mut moved = false;
    while let Ok(entries) = hospital.record.entries(permit, *next, 500).await {
        let Some(last) = entries.last() else { break };
        *next = last.sequence + 1;
        for entry in entries {
            let FactBody::Resource { key, body, .. } = &entry.fact.body else {
                continue;
            };
            moved |= places::KINDS.contains(&key.kind.as_str());
            if let ("Observation", Some(patient), Some(body)) =
                (key.kind.as_str(), &entry.fact.subject, body)
            {
                let mut state = hospital.ward.state.lock();
                state.chart(patient, &key.id, body, Timestamp(i64::MAX));
            }
        }
    }
    if moved {
        let now = clock::now();
        match places::load(hospital, permit, now).await {
            Ok(places) => hospital.ward.state.lock().settle(places, now),
            Err(error) => tracing::error!(%error, "the wards could not be read again"),
        }
    }
}

/// What was written down last, when the program starts.
pub async fn recent(hospital: &Hospital, permit: &Permit) -> Result<()> {
    let query = ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![],
        sort: vec![],
        limit: CHARTED,
        offset: 0,
    };
    let rows = hospital.record.search(permit, &query).await?.rows;
    let mut state = hospital.ward.state.lock();
    for row in rows {
        if let (Some(patient), Some(body)) = (row.subject, row.body) {
            state.chart(&patient, &row.key.id, &body, Timestamp(i64::MAX));
        }
    }
    Ok(())
}

impl State {
    /// Takes what somebody wrote down about a patient who lies in a bed, as far as it was so before a moment.
    pub(super) fn chart(&mut self, patient: &PatientId, id: &str, body: &Value, before: Timestamp) {
        let Some(bed) = self.places.bed_of(patient).map(|bed| bed.id.clone()) else {
            return;
        };
        let source = Source {
            device: format!("Observation/{id}"),
            stream: String::new(),
        };
        for said in charted(body, &self.rules) {
            match said {
                Charted::Value(sample) if sample.at <= before => self.sample(&bed, sample, &source),
                Charted::Value(_) => {}
                Charted::Answer { at, .. } if at > before => {}
                Charted::Answer { input, value, at } => {
                    if let Some(bed) = self.beds.get_mut(&bed) {
                        bed.watch.see(&input, value, at);
                    }
                }
            }
        }
    }

    /// Takes what a device measured.
    pub(super) fn arrive(&mut self, arrived: &Arrived) {
        self.heard
            .insert(arrived.stream.device.to_string(), arrived.received);
        let signal = self.rules.signal_of_code(&arrived.coding.code);
        let Some(signal) = signal.filter(|signal| signal.unit == arrived.unit) else {
            return;
        };
        let signal = signal.id.clone();
        let is_doubtful = |mark: &QualityMark| {
            matches!(
                mark,
                QualityMark::OutOfRange | QualityMark::Artefact | QualityMark::Calibrating
            )
        };
        let is_waveform = matches!(&arrived.readings, Readings::Regular { period_us, values, .. }
            if *period_us < WAVEFORM_US && values.len() > 1);
        if is_waveform || arrived.quality.iter().any(is_doubtful) {
            return;
        }
        let beds = match &arrived.subject {
            Some(patient) => self
                .places
                .bed_of(patient)
                .map(|bed| bed.id.clone())
                .into_iter()
                .collect(),
            None => self.places.beds_of_device(arrived.stream.device.as_str()),
        };
        let source = Source {
            device: arrived.stream.device.to_string(),
            stream: arrived.stream.stream.clone(),
        };
        for bed in beds {
            for (at_us, value) in arrived.readings.timed() {
                let Some(at_us) = at_us else { continue };
                let sample = Sample {
                    signal: signal.clone(),
                    at: Timestamp(at_us.div_euclid(1000)),
                    value,
                };
                self.sample(&bed, sample, &source);
            }
        }
    }

    fn sample(&mut self, bed: &str, sample: Sample, source: &Source) {
        let Some(bed) = self.beds.get_mut(bed) else {
            return;
        };
        let line = bed.recent.entry(sample.signal.clone()).or_default();
        let newest = line.back().map(|(at, _)| *at);
        if newest.is_none_or(|newest| sample.at.0 - newest.0 >= RECENT_EVERY_MS) {
            line.push_back((sample.at, sample.value));
        }
        while line
            .front()
            .is_some_and(|(at, _)| sample.at.0 - at.0 > RECENT_MS)
        {
            line.pop_front();
        }
        bed.sources.insert(sample.signal.clone(), source.clone());
        // That it came late is counted there; it still counts from now on.
        let _ = bed.watch.sample(sample);
    }
}
