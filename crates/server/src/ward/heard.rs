//! What comes to the wards: readings of devices, and what is written down.

use std::borrow::Cow;

use alarms::Sample;
use anyhow::Result;
use knowledge::AnswerValue;
use policy::Permit;
use record::{
    Arrived, FactBody, Match, QualityMark, Readings, RecordError, ResourceQuery, Term, written_by,
};
use serde_json::Value;
use vocabulary::{ActorId, PatientId, Timestamp};

use super::{
    BedState, OfDevice, RECENT_EVERY_MS, RECENT_MS, State,
    charted::{Charted, OBSERVATION, charted},
    corrected,
    kept::Source,
    places, stored, tags,
    written::edge_of,
};
use crate::{clock, edges, hospital::Hospital, vitals};

/// How long a reading may have been on its way, in milliseconds.
const ON_ITS_WAY_MS: i64 = 60_000;
/// Who writes down what patients report from home.
pub(super) const FROM_HOME: &str = "follow-up";
/// How many observations are looked at when the program starts, the newest ones.
const CHARTED: usize = 2000;
/// Values closer together than this are a waveform, in microseconds. Rules look at none.
const WAVEFORM_US: u64 = 500_000;

/// Reads what was written since.
pub async fn written(hospital: &Hospital, permit: &Permit, next: &mut u64) {
    let mut moved = false;
    let mut came = Vec::new();
    while let Ok(entries) = hospital.record.entries(permit, *next, 500).await {
        let Some(last) = entries.last() else { break };
        *next = last.sequence + 1;
        for entry in entries {
            let FactBody::Resource { key, version, body } = &entry.fact.body else {
                continue;
            };
            moved |= places::KINDS.contains(&key.kind.as_str());
            if edges::KINDS.contains(&key.kind.as_str()) {
                hospital.edges.note_change();
            }
            if key.kind != "Observation" {
                continue;
            }
            hospital.edges.note_written(body.as_ref());
            if *version > 1 {
                corrected::said_before(hospital, permit, key, *version).await;
            }
            if let (Some(patient), Some(body)) = (&entry.fact.subject, body) {
                let mut state = hospital.ward.state.lock();
                state.write_down(patient, &key.id, body);
                // About who comes to a bed with it: they lie there once the places are read.
                if moved {
                    came.push((patient.clone(), key.id.clone(), body.clone()));
                }
            }
        }
    }
    if moved {
        let now = clock::now();
        let moved = match places::now(hospital, permit).await {
            Ok(places) => {
                let begun = {
                    let mut state = hospital.ward.state.lock();
                    let begun = state.settle(places, now);
                    state.await_devices(now);
                    begun
                };
                let known = known_of(hospital, permit, &begun).await;
                let known = known.and(stored::refill(hospital, permit, &begun, None, now).await);
                let mut state = hospital.ward.state.lock();
                state.were_known(&begun);
                for (patient, id, body) in came {
                    let bed = state.places.bed_of(&patient);
                    if bed.is_some_and(|bed| begun.contains(&bed.id)) {
                        state.write_down(&patient, &id, &body);
                    }
                }
                known
            }
            Err(error) => Err(error),
        };
        if let Err(error) = moved {
            tracing::error!(%error, "the wards could not be read again");
        }
    }
}

/// The newest observations about a patient, as they are now, the oldest first.
pub async fn written_about(
    hospital: &Hospital,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<(String, Value)>, RecordError> {
    let query = ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![Term {
            parameter: "subject".to_owned(),
            any_of: vec![Match::Reference(format!("Patient/{patient}"))],
        }],
        sort: vec![],
        limit: CHARTED,
        offset: 0,
    };
    let rows = hospital.record.search(permit, &query).await?.rows;
    let rows = rows.into_iter().rev();
    Ok(rows
        .filter_map(|row| Some((row.key.id, row.body?)))
        .collect())
}

/// What was measured and written down last, when the program starts.
pub async fn recent(hospital: &Hospital, permit: &Permit, now: Timestamp) -> Result<()> {
    let query = ResourceQuery {
        kind: "Observation".to_owned(),
        terms: vec![],
        sort: vec![],
        limit: CHARTED,
        offset: 0,
    };
    // The oldest first, so that the newest says where a value came from.
    let rows = hospital.record.search(permit, &query).await?.rows;
    let beds: Vec<String> = {
        let mut state = hospital.ward.state.lock();
        for row in rows.into_iter().rev() {
            if let (Some(patient), Some(body)) = (row.subject, row.body) {
                state.chart(&patient, &row.key.id, &body, Timestamp(i64::MAX));
            }
        }
        state.places.beds.keys().cloned().collect()
    };
    // What stands for long was written before all of those, where much is measured.
    known_of(hospital, permit, &beds).await?;
    stored::refill(hospital, permit, &beds, None, now).await?;
    stored::relocate(hospital, permit).await?;
    let mut state = hospital.ward.state.lock();
    state.were_known(&beds);
    let things = state.things.values_mut();
    things.for_each(|thing| thing.watch.was_known());
    Ok(())
}

/// Gives all beds what was measured since a moment, since some of it was not heard.
pub async fn missed(
    hospital: &Hospital,
    permit: &Permit,
    since: Timestamp,
    now: Timestamp,
) -> Result<(), RecordError> {
    let beds: Vec<String> = hospital
        .ward
        .look(|state| state.places.beds.keys().cloned().collect());
    // What was on its way then is older than its arrival.
    let since = Timestamp(since.0 - ON_ITS_WAY_MS);
    stored::refill(hospital, permit, &beds, Some(since), now).await
}

/// What the record knows of those who came to these beds: results of the laboratory, and what holds until somebody
/// says otherwise. What was charted elsewhere of this hour is not of this stay.
async fn known_of(
    hospital: &Hospital,
    permit: &Permit,
    beds: &[String],
) -> Result<(), RecordError> {
    let patients: Vec<PatientId> = hospital.ward.look(|state| {
        let lying = beds.iter().filter_map(|bed| state.beds.get(bed));
        lying.filter_map(|bed| bed.patient.clone()).collect()
    });
    for patient in patients {
        let rows = written_about(hospital, permit, &patient).await?;
        let mut state = hospital.ward.state.lock();
        for (_, body) in rows {
            state.remember_known(&patient, &body);
        }
    }
    Ok(())
}

impl BedState {
    /// Takes an answer of an observation: the newest counts.
    pub(super) fn answer(&mut self, input: String, value: AnswerValue, at: Timestamp, of: &str) {
        let known = self.watch.last_seen(&input);
        if known.is_none_or(|(known, _)| known <= at) {
            self.watch.see(&input, value, at);
            self.answered.insert(input, of.to_owned());
        }
    }

    pub(super) fn measured_at_home(&mut self, sample: Sample) {
        let newest = self.from_home.entry(sample.signal);
        let newest = newest.or_insert((sample.at, sample.value));
        if sample.at >= newest.0 {
            *newest = (sample.at, sample.value);
        }
    }
}

/// What was not measured on the patient, or cannot be true. A value that its device questions may still be: it
/// warns, rather than not, though it never stands as a fact (`fhir::is_trustworthy`).
pub(super) fn is_doubtful(mark: &QualityMark) -> bool {
    matches!(
        mark,
        QualityMark::OutOfRange
            | QualityMark::Artefact
            | QualityMark::Calibrating
            | QualityMark::Superseded
            | QualityMark::Test
            | QualityMark::LeftBehind
    )
}

impl State {
    /// What these beds have heard so far the record knew: a device that fell silent before is no new one.
    fn were_known(&mut self, beds: &[String]) {
        for bed in beds {
            if let Some(bed) = self.beds.get_mut(bed) {
                bed.watch.was_known();
            }
        }
    }

    /// Takes what was written down just now. What the hospital made of a reading came with the reading already.
    fn write_down(&mut self, patient: &PatientId, id: &str, body: &Value) {
        if written_by(body) != Some(vitals::WRITTEN_BY) {
            self.chart(patient, id, body, Timestamp(i64::MAX));
        }
    }

    /// Takes what somebody wrote down about a patient who lies in a bed, as far as it was so before a moment.
    pub(super) fn chart(&mut self, patient: &PatientId, id: &str, body: &Value, before: Timestamp) {
        let Some(bed) = self.places.bed_of(patient).map(|bed| bed.id.clone()) else {
            return;
        };
        let source = Source {
            device: format!("{OBSERVATION}{id}"),
            stream: String::new(),
        };
        let is_from_home = written_by(body) == Some(FROM_HOME);
        // The edge where it was written down has judged it, as long as it works for the bed.
        let works_here = |edge: &ActorId| {
            let locations = self.works_for.get(edge);
            locations.is_some_and(|all| self.places.is_within(&bed, all))
        };
        if let Some(edge) = edge_of(body).filter(works_here) {
            self.by_edge.insert(source.device.clone(), edge);
        }
        for said in charted(body, &self.rules) {
            match said {
                // What a patient measured at home, with a device that nobody here knows, is seen and not scored:
                // NEWS2 and the rules of a ward are about what was measured in it.
                Charted::Value(sample) if is_from_home => {
                    if let Some(bed) = self.beds.get_mut(&bed).filter(|_| sample.at <= before) {
                        bed.measured_at_home(sample);
                    }
                }
                Charted::Answer { .. } if is_from_home => {}
                Charted::Value(sample) if sample.at <= before => self.sample(&bed, sample, &source),
                Charted::Value(_) => {}
                Charted::Answer { at, .. } if at > before => {}
                Charted::Answer { input, value, at } => {
                    if let Some(bed) = self.beds.get_mut(&bed) {
                        bed.answer(input, value, at, &source.device);
                    }
                }
            }
        }
    }

    /// Takes of an older observation what may count at this bed still.
    fn remember_known(&mut self, patient: &PatientId, body: &Value) {
        if written_by(body) == Some(FROM_HOME) {
            return;
        }
        let said = charted(body, &self.rules);
        let id = body.get("id").and_then(Value::as_str).unwrap_or_default();
        let of = format!("{OBSERVATION}{id}");
        let Some(bed) = self.places.bed_of(patient).map(|bed| bed.id.clone()) else {
            return;
        };
        let Some(bed) = self.beds.get_mut(&bed) else {
            return;
        };
        for one in said {
            let Charted::Answer { input, value, at } = one else {
                continue;
            };
            let question = knowledge::inputs().get(&input);
            if question.is_some_and(|question| question.stands || !question.lab.is_empty()) {
                bed.answer(input, value, at, &of);
            }
        }
    }

    /// Takes what a device measured, and is kept.
    pub(super) fn arrive(&mut self, arrived: &Arrived, by_edge: Option<&ActorId>) {
        self.arrive_as(arrived, by_edge, true);
    }

    /// Takes what a device measured, whether it is kept or had no room.
    pub(super) fn arrive_as(
        &mut self,
        arrived: &Arrived,
        by_edge: Option<&ActorId>,
        is_kept: bool,
    ) {
        // The observation that it was made of is charted by itself.
        if arrived.quality.contains(&QualityMark::FromObservation) {
            return;
        }
        let device = arrived.stream.device.as_str();
        match by_edge {
            None => {
                self.by_edge.remove(device);
            }
            Some(edge) if self.by_edge.get(device) != Some(edge) => {
                self.by_edge.insert(device.to_owned(), edge.clone());
            }
            Some(_) => {}
        }
        match self.heard.get_mut(device) {
            Some(heard) => *heard = arrived.received,
            None => {
                self.heard.insert(device.to_owned(), arrived.received);
            }
        }
        if tags::is_position(&arrived.coding.code) {
            self.locate(arrived);
            return;
        }
        let signal = self.rules.signal_of_code(&arrived.coding.code);
        let Some(signal) = signal.filter(|signal| signal.unit == arrived.unit) else {
            return;
        };
        let signal = signal.id.clone();
        let is_waveform = matches!(&arrived.readings, Readings::Regular { period_us, values, .. }
            if *period_us < WAVEFORM_US && values.len() > 1);
        if is_waveform || arrived.quality.iter().any(is_doubtful) {
            return;
        }
        let slow_ms = QualityMark::slow_ms(&arrived.quality);
        if by_edge.is_none() {
            self.hear_clock(device, &arrived.quality, arrived.received);
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
                // By a clock that is slow nothing would be of now: it is of when it arrived.
                let sample = Sample {
                    signal: signal.clone(),
                    at: Timestamp(at_us.div_euclid(1000) + slow_ms),
                    value,
                };
                if self.is_news(&bed, &sample, &source, is_kept) {
                    self.sample(&bed, sample, &source);
                }
            }
        }
    }

    /// Takes a sample at a bed: for its line, and for its rules.
    pub(super) fn sample(&mut self, bed: &str, sample: Sample, source: &Source) {
        let (sample, source) = self.lowest(bed, sample, source);
        let signal = self.rules.signal(&sample.signal);
        let is_none = signal.is_some_and(|signal| signal.is_none(sample.value));
        if !is_none {
            self.remember(bed, &sample);
        }
        let Some(bed) = self.beds.get_mut(bed) else {
            return;
        };
        let known = bed.sources.get(&sample.signal);
        if is_none && known.is_some_and(|known| known.device != source.device) {
            // That one device finds nothing takes nothing back of what another measures.
            return;
        }
        if known != Some(&*source) {
            bed.sources
                .insert(sample.signal.clone(), source.into_owned());
        }
        // That it came late is counted there; it still counts from now on.
        let _ = bed.watch.sample(sample);
    }

    /// The sample with the lowest value of all devices at the bed, where the lowest counts, and its device.
    fn lowest<'s>(
        &mut self,
        bed: &str,
        sample: Sample,
        source: &'s Source,
    ) -> (Sample, Cow<'s, Source>) {
        let signal = self.rules.signal(&sample.signal);
        let signal = signal.filter(|signal| signal.lowest_counts);
        let (Some(signal), Some(bed)) = (signal, self.beds.get_mut(bed)) else {
            return (sample, Cow::Borrowed(source));
        };
        let devices = bed.of_devices.entry(sample.signal.clone()).or_default();
        // What comes late says what was so then.
        let known = devices.get(&source.device);
        if known.is_some_and(|known| sample.at < known.at) {
            return (sample, Cow::Borrowed(source));
        }
        let newest = OfDevice {
            at: sample.at,
            value: sample.value,
            stream: source.stream.clone(),
        };
        devices.insert(source.device.clone(), newest);
        let since = sample.at.0 - i64::from(signal.fresh_s) * 1000;
        devices.retain(|_, one| one.at.0 >= since);
        let lowest = devices
            .iter()
            .min_by(|(_, a), (_, b)| a.value.total_cmp(&b.value));
        let Some((device, one)) = lowest else {
            return (sample, Cow::Borrowed(source));
        };
        let (value, stream) = (one.value, one.stream.clone());
        let from = Source {
            device: device.clone(),
            stream,
        };
        (Sample { value, ..sample }, Cow::Owned(from))
    }

    /// Takes a point of a bed's line, in whatever order the points come. Points stay
    /// a while apart.
    pub(super) fn remember(&mut self, bed: &str, sample: &Sample) {
        let Some(bed) = self.beds.get_mut(bed) else {
            return;
        };
        let line = match bed.recent.get_mut(&sample.signal) {
            Some(line) => line,
            None => bed.recent.entry(sample.signal.clone()).or_default(),
        };
        let place = line.partition_point(|(at, _)| *at < sample.at);
        let before = place.checked_sub(1).and_then(|before| line.get(before));
        let is_near = |point: Option<&(Timestamp, f64)>| {
            point.is_some_and(|(at, _)| (sample.at.0 - at.0).abs() < RECENT_EVERY_MS)
        };
        if is_near(before) || is_near(line.get(place)) {
            return;
        }
        line.insert(place, (sample.at, sample.value));
        let newest = line.back().map_or(sample.at, |(at, _)| *at);
        while line
            .front()
            .is_some_and(|(at, _)| newest.0 - at.0 > RECENT_MS)
        {
            line.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use record::{StreamKey, mark_written_by};
    use serde_json::json;
    use vocabulary::{Coding, DeviceId};

    use super::*;
    use crate::ward::{Places, places::Lying};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * 1000)
    }

    /// A ward with one bed, in which a patient lies.
    fn one_bed(patient: &PatientId) -> State {
        State::one_bed(NOW, |places| {
            places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                id: patient.clone(),
                name: String::new(),
                birth_date: None,
                sex: None,
            });
        })
    }

    fn pulse(patient: &PatientId, at: Timestamp) -> Arrived {
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "pulse".to_owned(),
            },
            subject: Some(patient.clone()),
            coding: Coding::new("urn:iso:std:iso:11073:10101", "149530"),
            unit: "/min".to_owned(),
            readings: Readings::One { at, value: 72.0 },
            received: at,
            quality: vec![],
            message: None,
        }
    }

    /// What a device measured at a second; all else is as with a pulse.
    fn one(
        patient: &PatientId,
        (device, stream): (&str, &str),
        value: f64,
        second: i64,
    ) -> Arrived {
        let at = after(second);
        Arrived {
            stream: StreamKey {
                device: DeviceId::new(device).unwrap(),
                stream: stream.to_owned(),
            },
            readings: Readings::One { at, value },
            ..pulse(patient, at)
        }
    }

    #[test]
    fn what_a_patient_measured_at_home_is_seen_and_neither_scored_nor_watched() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        let saturation = |value: f64, second: i64| {
            json!({
                "status": "final", "effectiveDateTime": after(second),
                "code": {"coding": [{"system": "http://loinc.org", "code": "59408-5"}]},
                "valueQuantity": {"value": value, "unit": "%", "code": "%"},
            })
        };
        let mut home = saturation(88.0, 10);
        mark_written_by(home.as_object_mut().unwrap(), FROM_HOME);
        state.write_down(&patient, "home", &home);
        let missing = |state: &State| {
            let score = state.beds["bed"].watch.score("news2", after(20)).unwrap();
            let vocabulary::Assessed::NotAssessable { missing } = score.result else {
                panic!("nothing else was measured");
            };
            missing.iter().any(|one| one.input == "spo2_percent")
        };
        assert!(missing(&state));
        assert!(state.beds["bed"].recent.is_empty());
        assert_eq!(state.beds["bed"].from_home["spo2"], (after(10), 88.0));
        // An older report that comes later does not stand for the newest.
        let mut older = saturation(95.0, 5);
        mark_written_by(older.as_object_mut().unwrap(), FROM_HOME);
        state.write_down(&patient, "older", &older);
        assert_eq!(state.beds["bed"].from_home["spo2"], (after(10), 88.0));
        // The same value measured in the ward counts.
        state.write_down(&patient, "ward", &saturation(88.0, 15));
        assert!(!state.beds["bed"].recent.is_empty());
    }

    #[test]
    fn what_was_no_measurement_of_the_patient_reaches_no_rule() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        let mut seen = |mark, second| {
            let marked = Arrived {
                quality: vec![mark],
                ..pulse(&patient, after(second))
            };
            state.arrive(&marked, None);
            state.beds["bed"]
                .recent
                .values()
                .map(VecDeque::len)
                .sum::<usize>()
        };
        assert_eq!(seen(QualityMark::Test, 10), 0);
        assert_eq!(seen(QualityMark::Calibrating, 20), 0);
        // It may be true.
        assert_eq!(seen(QualityMark::Questionable, 30), 1);
    }

    #[test]
    fn that_one_device_finds_nothing_takes_nothing_back_of_what_another_measures() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        let mut is_known = |device: &str, value: f64, second: i64| {
            let sent = one(&patient, (device, "pulse"), value, second);
            state.arrive(&sent, None);
            state.tick(after(second + 5));
            let vitals = state.beds["bed"].watch.vitals(after(second));
            let found = vitals.into_iter().find(|one| one.signal == "pulse");
            let line = &state.beds["bed"].recent["pulse"];
            assert!(line.iter().all(|(_, value)| *value > 0.0));
            found.unwrap().fresh
        };
        assert!(is_known("oximeter", 72.0, 10));
        assert!(is_known("monitor", 0.0, 20));
        assert!(!is_known("oximeter", 0.0, 30));
        assert!(is_known("monitor", 75.0, 40));
    }

    #[test]
    fn what_an_edge_has_judged_is_judged_here_once_the_device_comes_here_itself() {
        let patient = PatientId::new("p").unwrap();
        let edge = ActorId::new("edge-1").unwrap();
        let mut state = one_bed(&patient);
        let raised = |state: &State| {
            let open = state.board.open();
            open.iter().any(|alarm| alarm.rule == "no-heart-beat")
        };
        for second in 1..=90 {
            let stands_still = Arrived {
                coding: Coding::new("urn:iso:std:iso:11073:10101", "147842"),
                ..one(&patient, ("monitor", "heart-rate"), 0.0, second)
            };
            state.arrive(&stands_still, (second <= 60).then_some(&edge));
            state.tick(after(second));
            if second == 60 {
                assert!(!raised(&state), "the edge leads it");
            }
        }
        assert!(raised(&state));
    }

    #[test]
    fn of_the_batteries_at_a_bed_the_lowest_counts_until_it_is_charged() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        let mut battery = |device: &str, value: f64, second: i64| {
            let sent = Arrived {
                coding: Coding::new("urn:yuanyi:codes", "battery"),
                unit: "%".to_owned(),
                ..one(&patient, (device, "battery"), value, second)
            };
            state.arrive(&sent, None);
            state.tick(after(second + 5));
            let vitals = state.beds["bed"].watch.vitals(after(second));
            let found = vitals.into_iter().find(|one| one.signal == "battery");
            let device = state.beds["bed"].sources["battery"].device.clone();
            (found.unwrap().value, device)
        };
        assert_eq!(battery("pump", 15.0, 10), (Some(15.0), "pump".to_owned()));
        assert_eq!(battery("tag", 80.0, 20), (Some(15.0), "pump".to_owned()));
        assert_eq!(battery("pump", 100.0, 30), (Some(80.0), "tag".to_owned()));
    }

    #[test]
    fn a_room_raises_one_alarm_however_many_beds_are_in_it() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        let mut places = Places::default();
        for id in ["b", "a", "c"] {
            let mut bed = state.places.beds["bed"].clone();
            bed.id = id.to_owned();
            bed.name = format!("Bed {id}");
            bed.room = Some("room".to_owned());
            bed.patient = None;
            places.beds.insert(id.to_owned(), bed);
        }
        state.settle(places, NOW);
        for id in ["a", "b", "c"] {
            let bed = state.beds.get_mut(id).unwrap();
            bed.watch.expect("room-temperature", NOW);
            bed.watch.expect("bed-occupancy", NOW);
        }
        state.tick(after(320));
        let raised = |rule: &str| -> Vec<String> {
            let open = state.board.open().into_iter();
            let of_rule = open.filter(|alarm| alarm.rule == rule);
            of_rule.map(|alarm| alarm.bed.clone()).collect()
        };
        assert_eq!(raised("room-sensor-silent"), ["a"]);
        assert_eq!(raised("bed-sensor-silent").len(), 3);
    }

    #[test]
    fn what_the_hospital_made_of_a_reading_is_not_taken_twice() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        state.arrive(&pulse(&patient, after(1)), None);
        state.tick(after(10));
        let mut body = json!({
            "resourceType": "Observation", "status": "final", "effectiveDateTime": after(1).to_string(),
            "code": {"coding": [{"system": "urn:iso:std:iso:11073:10101", "code": "149530"}]},
            "valueQuantity": {"value": 72.0, "code": "/min"},
        });
        let by_somebody = body.clone();
        mark_written_by(body.as_object_mut().unwrap(), vitals::WRITTEN_BY);
        state.write_down(&patient, "vs-1", &body);
        let bed = &state.beds["bed"];
        assert_eq!(bed.watch.late(), 0);
        assert_eq!(bed.sources["pulse"].device, "monitor");
        // What somebody else writes down so late is late.
        state.write_down(&patient, "by-hand", &by_somebody);
        assert_eq!(state.beds["bed"].watch.late(), 1);
    }
    #[test]
    fn what_is_ordered_for_long_is_known_at_a_bed_that_begins_anew() {
        let patient = PatientId::new("p").unwrap();
        let mut state = one_bed(&patient);
        for (input, known) in [
            ("spo2_scale_2", true),
            ("pregnant", true),
            ("on_oxygen", false),
        ] {
            let body = json!({
                "resourceType": "Observation", "status": "final",
                "effectiveDateTime": after(-7 * 86_400).to_string(),
                "code": {"coding": [{"system": crate::ward::charted::INPUT_URI, "code": input}]},
                "valueBoolean": true,
            });
            state.remember_known(&patient, &body);
            let seen = state.beds["bed"].watch.last_seen(input);
            assert_eq!(seen.is_some(), known, "{input}");
        }
    }
}
