//! Recording by consent: it runs only while everybody inside has agreed to it.
//!
//! What people answer is in the journal, and so is when it began and ended. The server asks at each tick what
//! is due ([`Room::recording_due`]), and records a tick only where [`Room::is_recorded`] says so.

use vocabulary::{ActorId, Timestamp};

use super::Room;
use crate::{
    Act, ActKind, Change, Deed, Recording, RecordingStep, Refusal, StopReason, limits,
    seat::{Outcome, Person, Sitter},
    wire::{Entrance, News, PoseOf, ResumeToken, ServerFrame, VERSION},
};

impl Room {
    /// The number of the recording into which goes what happens now; `None` where nothing may be recorded.
    pub fn is_recorded(&self) -> Option<u64> {
        let kept = self.durable.recording().running()?;
        let now = self.staged.recording().running()?;
        let agrees = |sitter: &Sitter| now.agreed.contains(&sitter.person.actor);
        let all = self.sitters.values().all(agrees);
        (kept.number == now.number && all).then_some(now.number)
    }

    /// Whether nobody is here, waits at the door or may come back, and nothing waits to be written; the room
    /// may then be dropped and opened again when it is needed.
    pub fn is_empty(&self) -> bool {
        // A recording in which nobody is left is ended first.
        let is_recorded = *self.staged.recording() != Recording::Off;
        let is_left = self.sitters.is_empty() && self.at_door.is_empty();
        is_left && self.waiting.is_empty() && !is_recorded
    }

    /// The act that asked for the recording that is asked for or runs.
    pub fn asked_to_record(&self) -> Option<u64> {
        let recordings = [self.durable.recording(), self.staged.recording()];
        let agreement = recordings.into_iter().find_map(Recording::agreement);
        agreement.map(|agreement| agreement.number)
    }

    /// The step that the hospital has to take now, by who is here and what they answered.
    pub fn recording_due(&self, now: Timestamp) -> Option<RecordingStep> {
        let stop = |why| Some(RecordingStep::Stopped { why });
        let recording = self.staged.recording();
        let agreement = recording.agreement()?;
        if self.sitters.is_empty() {
            return stop(StopReason::Nobody);
        }
        let mut sitters = self.sitters.values();
        let all = sitters.all(|sitter| agreement.agreed.contains(&sitter.person.actor));
        match recording {
            Recording::Asked(_) => all.then_some(RecordingStep::Started),
            Recording::Running(_) if !all => stop(StopReason::NotAgreed),
            Recording::Running(_) => {
                let lasts_ms = now.0.saturating_sub(agreement.since.0);
                if lasts_ms >= limits::RECORDING_MS {
                    stop(StopReason::Longest)
                } else {
                    None
                }
            }
            Recording::Off => None,
        }
    }

    /// Takes a step of the hospital's own, such as beginning or ending the recording.
    pub fn record_step(&mut self, now: Timestamp, actor: &ActorId, step: RecordingStep) {
        self.write_step(now, actor.clone(), step, None);
    }

    /// The frames with which a part of the recording begins: everything in the room, as one would see it who
    /// came in now and stood nowhere.
    pub fn key_frames(&self) -> [Vec<u8>; 2] {
        let entities = self.durable.entities().iter();
        let snapshot = entities.map(|(id, placed)| Change {
            id: *id,
            placed: Some(placed.clone()),
        });
        let welcome = ServerFrame::Welcome {
            version: VERSION,
            participant: 0,
            resume: ResumeToken([0; 16]),
            resumed: false,
            tick: self.tick,
            last_seq: 0,
            next_event: self.durable.next_number(),
            entrance: Entrance {
                snapshot: Some(snapshot.collect()),
                events: Vec::new(),
                people: self.people(),
                waiting: Vec::new(),
                sanctions: Vec::new(),
                leading: self.leading.into_iter().collect(),
                holds: self.holdings(),
                recording: self.durable.recording().told(),
                place: self.durable.place().or(self.stands_in),
            },
        };
        let poses = self.sitters.values().filter_map(|sitter| {
            let participant = sitter.seat.participant;
            Some(PoseOf {
                participant,
                pose: sitter.pose?,
            })
        });
        let poses = ServerFrame::Tick {
            tick: self.tick,
            news: News::default(),
            poses: poses.collect(),
            acks: Vec::new(),
        };
        [welcome.encode(), poses.encode()]
    }

    /// Carries out an act about recording; `None` where the act is another.
    pub(super) fn about_recording(
        &mut self,
        now: Timestamp,
        from: (u16, u32),
        act: &Act,
    ) -> Option<Result<Outcome, Refusal>> {
        let step = match act {
            Act::AskToRecord => self.ask_to_record(from.0),
            Act::AnswerRecording { agrees } => self.answer_recording(from.0, *agrees),
            Act::StopRecording => self.stop_recording(from.0),
            _ => return None,
        };
        Some(step.and_then(|step| {
            let Some(step) = step else {
                return Ok(Outcome::Done(None));
            };
            let actor = self.person(from.0)?.0.actor.clone();
            self.write_step(now, actor, step, Some(from));
            Ok(Outcome::Waiting)
        }))
    }

    fn write_step(
        &mut self,
        now: Timestamp,
        actor: ActorId,
        step: RecordingStep,
        from: Option<(u16, u32)>,
    ) {
        let deed = Deed {
            recording: Some(step),
            ..Deed::of(ActKind::Recording)
        };
        self.stage(now, actor, deed, from);
    }

    fn ask_to_record(&self, participant: u16) -> Result<Option<RecordingStep>, Refusal> {
        self.keeper(participant)?;
        if *self.staged.recording() != Recording::Off {
            return Ok(None);
        }
        let mut people = self.sitters.values();
        if people.any(|sitter| sitter.person.door.needs_companion) {
            return Err(Refusal::CannotAgree);
        }
        Ok(Some(RecordingStep::Asked))
    }

    fn answer_recording(
        &self,
        participant: u16,
        agrees: bool,
    ) -> Result<Option<RecordingStep>, Refusal> {
        let (person, is_inside) = self.person(participant)?;
        let recording = self.staged.recording();
        let Some(agreement) = recording.agreement() else {
            return Err(Refusal::NotAsked);
        };
        if agrees {
            if person.door.needs_companion {
                return Err(Refusal::CannotAgree);
            }
            let has_agreed = agreement.agreed.contains(&person.actor);
            return Ok((!has_agreed).then_some(RecordingStep::Agreed));
        }
        // Who is not inside stays outside by not agreeing; that ends nothing.
        Ok(is_inside.then_some(match recording {
            Recording::Running(_) => RecordingStep::Withdrew,
            _ => RecordingStep::Refused,
        }))
    }

    fn stop_recording(&self, participant: u16) -> Result<Option<RecordingStep>, Refusal> {
        self.keeper(participant)?;
        let is_off = *self.staged.recording() == Recording::Off;
        let why = StopReason::Asked;
        Ok((!is_off).then_some(RecordingStep::Stopped { why }))
    }

    /// Whether somebody who would come in is kept at the door by a recording to which they have not agreed.
    pub(super) fn is_held_by_recording(&self, person: &Person) -> bool {
        // What was decided and is not kept yet counts: nobody slips in between.
        let recordings = [self.staged.recording(), self.durable.recording()];
        let running = recordings.into_iter().find_map(Recording::running);
        running.is_some_and(|agreement| {
            let order = self.durable.order();
            !self
                .durable
                .recording()
                .has_agreed(agreement.number, &person.actor)
                && !order.came_urgently_since(&person.actor, agreement.since)
        })
    }
}
