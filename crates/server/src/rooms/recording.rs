//! A room that is recorded: what is due is done at each tick, what is seen goes to the recorder, and what people
//! said about it stands in the record.

use policy::Object;
use record::{NewFact, Precondition, ResourceKey};
use room::{KeptAct, Moment, RecordingStep, StopReason, Tick};
use serde_json::{Value, json};
use vocabulary::{Digest, PatientId, RoomId};

use super::{
    Host, Outgoing,
    recorder::{Of, Recorder},
    voices_frame,
};
use crate::clock;

/// A part of a recording is this many ticks long: what a crash takes of it at most.
const PART_TICKS: u32 = 200;

/// The recording of a room.
#[derive(Default)]
pub(super) struct Recorded {
    recorder: Option<Recorder>,
    /// Ticks of the part that was begun; `None` where one must begin first.
    ticks: Option<u32>,
    /// Why the recording ended, as the journal has it.
    why: Option<String>,
}

impl Host {
    /// Takes the step that is due, so that it is kept with the acts of this tick.
    pub(super) fn take_step(&mut self) {
        let now = clock::now();
        let failed = self.recorded.recorder.as_ref().and_then(Recorder::failed);
        let failed = failed.filter(|_| self.room.is_recorded().is_some());
        let failed = failed.map(|why| RecordingStep::Stopped { why });
        if let Some(step) = failed.or_else(|| self.room.recording_due(now)) {
            self.room.record_step(now, &self.about.host, step);
        }
    }

    /// The hospital closes, or the room was left open by one that failed: the recording has ended.
    pub(super) fn interrupt_recording(&mut self) {
        if self.room.world().recording().agreement().is_some() {
            let why = StopReason::Interrupted;
            let step = RecordingStep::Stopped { why };
            self.room.record_step(clock::now(), &self.about.host, step);
        }
    }

    /// Nothing more is taken in from the moment in which somebody does not agree any more.
    pub(super) fn mind_recording(&mut self) {
        if self.recorded.ticks.is_some() && self.room.is_recorded().is_none() {
            self.recorded.ticks = None;
            // The task that forwards hears of it later than what it has in hand.
            if let Some(recorder) = &self.recorded.recorder {
                recorder.close_taps();
            }
            self.media.record(self.about.id.clone(), None);
        }
    }

    /// Notes what the journal has of the recording.
    pub(super) fn note_steps(&mut self, kept: &[KeptAct]) {
        for act in kept {
            let Some(step) = act.act.get("recording") else {
                continue;
            };
            let word = step.get("why").or_else(|| step.get("did"));
            let ends = word.and_then(Value::as_str);
            if !matches!(ends, Some("asked" | "agreed" | "started")) || step.get("why").is_some() {
                self.recorded.why = ends.map(str::to_owned);
            }
        }
    }

    /// Hands on what everybody inside sees of this tick.
    pub(super) fn record_tick(&mut self, tick: &Tick) {
        self.end_recording(false);
        let Some(number) = self.room.is_recorded() else {
            return self.mind_recording();
        };
        if self.recorded.recorder.is_none() {
            self.begin_recording(number);
        }
        let is_over = self.recorded.ticks.is_none_or(|ticks| ticks >= PART_TICKS);
        let Some(recorder) = &mut self.recorded.recorder else {
            return;
        };
        if is_over {
            let frames = self.room.key_frames().into_iter().map(Moment::Key);
            let voices = match voices_frame(&self.voices) {
                Outgoing::Frame(bytes) | Outgoing::Last(bytes) => Moment::Key(bytes.to_vec()),
            };
            recorder.part(frames.chain([voices]).collect());
            if self.recorded.ticks.is_none() {
                self.media
                    .record(self.about.id.clone(), Some(recorder.tap()));
            }
            self.recorded.ticks = Some(0);
        }
        // Who comes from the part before goes on with this tick, and needs not begin anew.
        if let Some(frame) = tick.recorded() {
            recorder.add(frame.to_vec());
        }
        self.recorded.ticks = self.recorded.ticks.map(|ticks| ticks + 1);
    }

    fn begin_recording(&mut self, number: u64) {
        let Some(agreement) = self.room.world().recording().running() else {
            return;
        };
        let of = Of {
            room: self.about.id.clone(),
            recording: number,
            started: agreement.since,
            patient: self.about.patient.clone(),
            actor: self.about.host.clone(),
        };
        let record = std::sync::Arc::clone(&self.record);
        self.recorded.recorder = Some(Recorder::begin(record, of));
        self.recorded.ticks = None;
        self.recorded.why = None;
    }

    /// What others hear of who speaks is seen in the recording too.
    pub(super) fn record_voices(&mut self) {
        if self.recorded.ticks.is_some()
            && let Some(recorder) = &self.recorded.recorder
            && let Outgoing::Frame(bytes) = voices_frame(&self.voices)
        {
            recorder.add(bytes.to_vec());
        }
    }

    /// Ends the recording whose end the journal has, or any where the room ends.
    pub(super) fn end_recording(&mut self, room_ends: bool) -> Option<tokio::task::JoinHandle<()>> {
        let running = self.room.world().recording().running();
        let running = running.map(|agreement| agreement.number);
        let goes_on = |recorder: &mut Recorder| room_ends || running != Some(recorder.number);
        let recorder = self.recorded.recorder.take_if(goes_on)?;
        self.media.record(self.about.id.clone(), None);
        self.recorded.ticks = None;
        let why = self.recorded.why.take();
        Some(recorder.end(why.unwrap_or_else(|| "interrupted".to_owned())))
    }

    /// A step of a recording stands in the audit, and an answer is a consent.
    pub(super) fn recording_facts(&self, kept: &KeptAct) -> Vec<(NewFact, Precondition)> {
        let did = kept.act.pointer("/recording/did").and_then(Value::as_str);
        let Some(did) = did else {
            return Vec::new();
        };
        let room = Object::Room {
            room: self.about.id.clone(),
            patient: self.about.patient.clone(),
        };
        let key = ResourceKey {
            kind: "AuditEvent".into(),
            id: uuid::Uuid::now_v7().to_string(),
        };
        let body = fhir::recording_event(&kept.actor, did, &room, kept.at);
        let mut facts = vec![self.put(key, body)];
        let status = match did {
            "asked" | "agreed" => "active",
            "refused" => "rejected",
            "withdrew" => "inactive",
            _ => return facts,
        };
        // Who asks is the first to agree; their act names what all others answer.
        let asked = self.room.asked_to_record().filter(|_| did != "asked");
        let asked = asked.unwrap_or(kept.number);
        let (key, body) = consent(
            &self.about.id,
            self.about.patient.as_ref(),
            asked,
            status,
            kept,
        );
        facts.push(self.put(key, body));
        facts
    }

    fn put(&self, key: ResourceKey, body: Value) -> (NewFact, Precondition) {
        let fact = NewFact::PutResource {
            key,
            subject: self.about.patient.clone(),
            body,
        };
        (fact, Precondition::None)
    }
}

/// What somebody answered, as a FHIR `Consent`. It has no provisions, so that it lets nobody see anybody.
fn consent(
    room: &RoomId,
    patient: Option<&PatientId>,
    asked: u64,
    status: &str,
    kept: &KeptAct,
) -> (ResourceKey, Value) {
    let digest = Digest::of(format!("{room} {asked} {}", kept.actor).as_bytes()).to_string();
    let key = ResourceKey {
        kind: "Consent".to_owned(),
        id: format!("recording-{}", digest.get(..32).unwrap_or_default()),
    };
    let scope =
        json!({"coding": [{"system": "urn:yuanyi:consent-scope", "code": "room-recording"}]});
    let mut body = json!({
        "resourceType": "Consent",
        "id": key.id,
        "identifier": [{"system": "urn:yuanyi:room-recording", "value": format!("{room}/{asked}")}],
        "status": status,
        "scope": scope,
        "category": [scope],
        "dateTime": kept.at.to_string(),
        "performer": [{
            "identifier": {"system": "urn:yuanyi:account", "value": kept.actor.as_str()},
            "display": kept.actor.as_str(),
        }],
        "policyRule": {"coding": [{"system": "urn:yuanyi:room-recording", "code": "2026-11"}]},
    });
    if let (Some(patient), Some(fields)) = (patient, body.as_object_mut()) {
        let patient = json!({"reference": format!("Patient/{patient}")});
        fields.insert("patient".to_owned(), patient);
    }
    (key, body)
}
