//! What was written down and is not so any more: corrected, deleted, or entered in error.

use alarms::Sample;
use policy::Permit;
use record::{RecordError, ResourceKey, written_by};
use serde_json::Value;
use vocabulary::PatientId;

use super::{
    BedState, State,
    charted::{Charted, charted},
    heard::{FROM_HOME, written_about},
    kept::Source,
};
use crate::hospital::Hospital;

/// Takes back what an observation said before this version of it: it was corrected, deleted or entered in error. What
/// else was written down about the patient counts again.
pub(super) async fn said_before(
    hospital: &Hospital,
    permit: &Permit,
    key: &ResourceKey,
    version: u64,
) {
    let before = hospital.record.resource(permit, key, Some(version - 1));
    let again = async {
        let Some(before) = before.await? else {
            return Ok(());
        };
        let (Some(patient), Some(body)) = (before.subject, before.body) else {
            return Ok(());
        };
        let counted = hospital
            .ward
            .state
            .lock()
            .take_back(&patient, &key.id, &body);
        if counted {
            let rows = written_about(hospital, permit, &patient).await?;
            let mut state = hospital.ward.state.lock();
            for (id, body) in rows {
                state.count_again(&patient, &id, &body);
            }
        }
        Ok::<(), RecordError>(())
    };
    if let Err(error) = again.await {
        tracing::error!(%error, "what an observation said before could not be taken back");
    }
}

impl BedState {
    /// Takes a value back that was written down by mistake. Whether it counted.
    fn take_back(&mut self, sample: &Sample, source: &str) -> bool {
        if let Some(line) = self.recent.get_mut(&sample.signal) {
            line.retain(|point| *point != (sample.at, sample.value));
        }
        let from = self.sources.get(&sample.signal);
        if from.is_some_and(|from| from.device == source) {
            self.sources.remove(&sample.signal);
        }
        self.watch.take_back(sample)
    }
}

impl State {
    /// Takes back what came of an observation, which does not say so any more. Whether any of it counted.
    fn take_back(&mut self, patient: &PatientId, id: &str, body: &Value) -> bool {
        let said = charted(body, &self.rules);
        let is_from_home = written_by(body) == Some(FROM_HOME);
        let bed = self.places.bed_of(patient).map(|bed| bed.id.clone());
        let Some(bed) = bed.and_then(|bed| self.beds.get_mut(&bed)) else {
            return false;
        };
        let mut counted = false;
        for one in said {
            counted |= match one {
                Charted::Value(sample) if is_from_home => {
                    let newest = (sample.at, sample.value);
                    let is_it = bed.from_home.get(&sample.signal) == Some(&newest);
                    is_it && bed.from_home.remove(&sample.signal).is_some()
                }
                Charted::Value(sample) => bed.take_back(&sample, &format!("Observation/{id}")),
                Charted::Answer { .. } if is_from_home => false,
                Charted::Answer { input, value, at } => {
                    let counted = bed.watch.take_back_seen(&input, &value, at);
                    if counted {
                        bed.answered.remove(&input);
                    }
                    counted
                }
            };
        }
        counted
    }

    /// Takes of what was written down what counts now that something newer was taken back.
    fn count_again(&mut self, patient: &PatientId, id: &str, body: &Value) {
        let Some(bed) = self.places.bed_of(patient).map(|bed| bed.id.clone()) else {
            return;
        };
        let is_from_home = written_by(body) == Some(FROM_HOME);
        let source = Source {
            device: format!("Observation/{id}"),
            stream: String::new(),
        };
        for one in charted(body, &self.rules) {
            let Some(at_bed) = self.beds.get_mut(&bed) else {
                return;
            };
            match one {
                Charted::Value(sample) if is_from_home => at_bed.measured_at_home(sample),
                Charted::Value(sample) => {
                    let newest = at_bed.watch.newest_at(&sample.signal);
                    if newest.is_none_or(|newest| newest < sample.at) {
                        self.sample(&bed, sample, &source);
                    }
                }
                Charted::Answer { .. } if is_from_home => {}
                Charted::Answer { input, value, at } => {
                    at_bed.answer(input, value, at, &source.device);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use record::mark_written_by;
    use serde_json::json;
    use vocabulary::Timestamp;

    use super::*;
    use crate::ward::{charted::INPUT_URI, places::Lying};

    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn after(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 + seconds * 1000)
    }

    fn one_bed() -> (State, PatientId) {
        let patient = PatientId::new("p").unwrap();
        let state = State::one_bed(NOW, |places| {
            places.beds.get_mut("bed").unwrap().patient = Some(Lying {
                id: patient.clone(),
                name: String::new(),
                birth_date: None,
                sex: None,
            });
        });
        (state, patient)
    }

    fn seen(answer: &str, second: i64) -> Value {
        json!({"status": "final", "effectiveDateTime": after(second), "valueString": answer,
            "code": {"coding": [{"system": INPUT_URI, "code": "consciousness"}]}})
    }

    fn temperature(value: f64, second: i64) -> Value {
        json!({"status": "final", "effectiveDateTime": after(second),
            "code": {"coding": [{"system": "http://loinc.org", "code": "8310-5"}]},
            "valueQuantity": {"value": value, "code": "Cel"}})
    }

    #[test]
    fn what_was_written_before_and_after_an_entry_in_error_counts_again() {
        let (mut state, patient) = one_bed();
        let all = [
            ("early", seen("A", 1)),
            ("wrong", seen("U", 5)),
            ("warm", temperature(37.0, 2)),
            ("hot", temperature(41.0, 8)),
            // It came later, and was of before: the newest stood.
            ("late", temperature(36.5, 4)),
        ];
        for ((id, body), second) in all.iter().zip(20..) {
            state.chart(&patient, id, body, Timestamp(i64::MAX));
            state.tick(after(second));
        }
        let newest = |state: &State| {
            let watch = &state.beds["bed"].watch;
            let (_, said) = watch.last_seen("consciousness").unwrap();
            (said.clone(), watch.newest_at("temperature"))
        };
        let said = |text: &str| knowledge::AnswerValue::Choice(text.to_owned());
        assert_eq!(newest(&state), (said("U"), Some(after(8))));
        assert!(state.take_back(&patient, "wrong", &all[1].1));
        assert!(state.take_back(&patient, "hot", &all[3].1));
        for (id, body) in all.iter().filter(|(id, _)| !["wrong", "hot"].contains(id)) {
            state.count_again(&patient, id, body);
        }
        state.tick(after(30));
        assert_eq!(newest(&state), (said("A"), Some(after(4))));
        assert_eq!(
            state.beds["bed"].sources["temperature"].device,
            "Observation/late"
        );
        let line = &state.beds["bed"].recent["temperature"];
        assert!(line.iter().all(|(_, value)| *value < 41.0));
        // What was taken back once is no more there, and says no more where a value is from.
        assert!(!state.take_back(&patient, "hot", &all[3].1));
        let cold = temperature(30.0, 29);
        state.chart(&patient, "cold", &cold, Timestamp(i64::MAX));
        assert!(state.take_back(&patient, "cold", &cold));
        assert!(!state.beds["bed"].sources.contains_key("temperature"));
    }

    #[test]
    fn what_was_measured_at_home_is_taken_back_where_it_is_shown() {
        let (mut state, patient) = one_bed();
        let mut home = temperature(39.0, 5);
        mark_written_by(home.as_object_mut().unwrap(), FROM_HOME);
        state.chart(&patient, "home", &home, Timestamp(i64::MAX));
        assert_eq!(state.beds["bed"].from_home.len(), 1);
        assert!(state.take_back(&patient, "home", &home));
        assert!(state.beds["bed"].from_home.is_empty());
    }

    #[test]
    fn an_alarm_that_was_raised_by_an_entry_in_error_is_over_and_stays_until_somebody_ends_it() {
        let (mut state, patient) = one_bed();
        let wrong = seen("U", 5);
        state.chart(&patient, "wrong", &wrong, Timestamp(i64::MAX));
        state.tick(after(20));
        let presence = |state: &State| {
            let open = state.board.open();
            let found = open.iter().find(|one| one.rule == "consciousness-altered");
            found.map(|alarm| alarm.presence)
        };
        assert_eq!(presence(&state), Some(alarms::Presence::Present));
        state.take_back(&patient, "wrong", &wrong);
        state.tick(after(25));
        assert!(matches!(
            presence(&state),
            Some(alarms::Presence::Gone { .. })
        ));
    }
}
