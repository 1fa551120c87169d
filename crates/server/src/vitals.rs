//! Of what devices measure, what a person should see as a fact: the first trustworthy reading of each vital sign
//! in each hour becomes an `Observation`.
//!
//! Which codes are vital signs is data (`crates/fhir/definitions/vital-signs.json`); how often, a setting.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use policy::Action;
use record::{
    Arrived, Batch, NewFact, Precondition, Readings, RecordError, ResourceKey, mark_written_by,
};
use tokio::sync::{broadcast::error::RecvError, watch};
use vocabulary::{DeviceId, Digest, PatientId, Timestamp};

use crate::hospital::{Hospital, hospital_actor};

const MINUTE_MS: i64 = 60_000;
/// By whom these observations are tagged as written, so that no other door changes them.
pub const WRITTEN_BY: &str = "vital-signs";
/// Panels whose parts are waited for, and signs whose last hour is remembered; older ones are forgotten.
const REMEMBERED: usize = 20_000;

/// One vital sign of a patient, by the code of the profile.
type Sign = (PatientId, String);

/// Parts of a panel that belong together: one device, one patient, one moment.
type Moment = (PatientId, DeviceId, Timestamp);

/// Follows the readings until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let minutes = hospital.config.vital_sign_minutes;
    if minutes == 0 {
        return;
    }
    let Ok(permit) = hospital
        .own_permit("make observations of vital signs", Action::ReadRecord)
        .await
    else {
        return;
    };
    let Ok(mut heard) = hospital.signals.live(&permit) else {
        return;
    };
    let mut signs = Signs {
        every_ms: i64::from(minutes) * MINUTE_MS,
        written: HashMap::new(),
        parts: BTreeMap::new(),
    };
    loop {
        let arrived = tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            arrived = heard.recv() => arrived,
        };
        match arrived {
            Ok(arrived) => {
                if let Some(fact) = signs.take(&arrived)
                    && let Err(error) = keep(&hospital, fact).await
                {
                    tracing::error!(%error, "a vital sign could not be kept as an observation");
                }
            }
            // The next reading of the hour will do.
            Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return,
        }
    }
}

/// Keeps an observation; one that is there already stays as it is.
async fn keep(hospital: &Hospital, fact: NewFact) -> Result<(), RecordError> {
    let batch = Batch {
        actor: hospital_actor(),
        facts: vec![(fact, Precondition::Version(0))],
    };
    match hospital.record.commit(batch).await {
        Err(RecordError::Conflict { .. }) => Ok(()),
        other => other.map(drop),
    }
}

/// What was seen lately.
struct Signs {
    every_ms: i64,
    /// The last span of time of each sign that has its observation.
    written: HashMap<Sign, i64>,
    /// Parts of panels that came, by the code of the part.
    parts: BTreeMap<Moment, BTreeMap<String, f64>>,
}

impl Signs {
    /// The observation that a reading makes, if it makes one.
    fn take(&mut self, arrived: &Arrived) -> Option<NewFact> {
        let Readings::One { at, value } = arrived.readings else {
            return None;
        };
        let patient = arrived.subject.clone()?;
        if !fhir::is_trustworthy(&arrived.quality) {
            return None;
        }
        let sign = fhir::vital_sign(&arrived.coding.code, &arrived.unit)?;
        let name = sign.panel.clone().unwrap_or_else(|| sign.loinc.clone());
        let span = at.0.div_euclid(self.every_ms);
        let key = (patient.clone(), name.clone());
        if self.written.get(&key).is_some_and(|last| *last >= span) {
            return None;
        }
        let device = arrived.stream.device.clone();
        let values = if sign.panel.is_some() {
            self.panel(&(patient.clone(), device.clone(), at), &sign.loinc, value)?
        } else {
            vec![(sign, value)]
        };
        let body = fhir::vital_observation(&patient, &device, at, &values)?;
        if self.written.len() >= REMEMBERED {
            self.written.clear();
        }
        self.written.insert(key, span);
        Some(observation(&patient, &name, span, body))
    }

    /// The parts of a panel, once both are there: first systolic, then diastolic.
    fn panel(
        &mut self,
        moment: &Moment,
        loinc: &str,
        value: f64,
    ) -> Option<Vec<(&'static fhir::VitalSign, f64)>> {
        while self.parts.len() >= REMEMBERED {
            self.parts.pop_first();
        }
        let parts = self.parts.entry(moment.clone()).or_default();
        parts.insert(loinc.to_owned(), value);
        let found: Option<Vec<_>> = ["8480-6", "8462-4"]
            .into_iter()
            .map(|part| Some((fhir::vital_sign(part, "mm[Hg]")?, *parts.get(part)?)))
            .collect();
        if found.is_some() {
            self.parts.remove(moment);
        }
        found
    }
}

/// The id says nothing: it is a digest of whom, what and which span, so that a restart makes no second one.
fn observation(patient: &PatientId, name: &str, span: i64, mut body: serde_json::Value) -> NewFact {
    let mut id = Digest::of(format!("{patient}|{name}|{span}").as_bytes()).to_string();
    id.truncate(32);
    if let Some(body) = body.as_object_mut() {
        mark_written_by(body, WRITTEN_BY);
    }
    NewFact::PutResource {
        key: ResourceKey {
            kind: "Observation".to_owned(),
            id: format!("vs-{id}"),
        },
        subject: Some(patient.clone()),
        body,
    }
}

#[cfg(test)]
mod tests {
    use record::{QualityMark, StreamKey};
    use vocabulary::Coding;

    use super::*;

    fn reading(code: &str, unit: &str, minute: i64, value: f64) -> Arrived {
        Arrived {
            stream: StreamKey {
                device: DeviceId::new("monitor").unwrap(),
                stream: "vitals".to_owned(),
            },
            subject: PatientId::new("p").ok(),
            coding: Coding::new("urn:iso:std:iso:11073:10101", code),
            unit: unit.to_owned(),
            readings: Readings::One {
                at: Timestamp(minute * MINUTE_MS),
                value,
            },
            received: Timestamp(0),
            quality: vec![],
        }
    }

    fn signs() -> Signs {
        Signs {
            every_ms: 60 * MINUTE_MS,
            written: HashMap::new(),
            parts: BTreeMap::new(),
        }
    }

    fn id(fact: &NewFact) -> String {
        match fact {
            NewFact::PutResource { key, .. } => key.id.clone(),
            _ => String::new(),
        }
    }

    #[test]
    fn one_reading_of_an_hour_becomes_an_observation_and_again_after_a_restart_the_same() {
        let mut seen = signs();
        let first = seen.take(&reading("149530", "/min", 61, 72.0)).unwrap();
        assert!(seen.take(&reading("149530", "/min", 62, 90.0)).is_none());
        let next = seen.take(&reading("149530", "/min", 120, 74.0)).unwrap();
        assert_ne!(id(&first), id(&next));
        let again = signs().take(&reading("149530", "/min", 90, 71.0)).unwrap();
        assert_eq!(id(&first), id(&again));
    }

    #[test]
    fn what_is_marked_or_of_nobody_or_no_vital_sign_makes_none() {
        let mut disturbed = reading("150456", "%", 1, 71.0);
        disturbed.quality = vec![QualityMark::Artefact];
        let mut nobody = reading("150456", "%", 1, 71.0);
        nobody.subject = None;
        let unit = reading("150364", "[degF]", 1, 98.0);
        for none in [disturbed, nobody, unit] {
            assert!(signs().take(&none).is_none());
        }
        let mut corrected = reading("150456", "%", 1, 97.0);
        corrected.quality = vec![QualityMark::ClockCorrected {
            by_ms: 4000,
            doubt_ms: 100,
        }];
        assert!(signs().take(&corrected).is_some());
    }

    #[test]
    fn pressures_wait_for_one_another() {
        let mut seen = signs();
        assert!(seen.take(&reading("150021", "mm[Hg]", 1, 121.0)).is_none());
        // Another moment is another measurement.
        assert!(seen.take(&reading("150022", "mm[Hg]", 2, 80.0)).is_none());
        let NewFact::PutResource { body, .. } =
            seen.take(&reading("150022", "mm[Hg]", 1, 79.0)).unwrap()
        else {
            panic!("no resource");
        };
        let values: Vec<_> = body["component"]
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part["valueQuantity"]["value"].to_string())
            .collect();
        assert_eq!(values, ["121.0", "79.0"]);
    }
}
