//! A recording of the room: who is asked, who agrees, and when it may run.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{ActorId, Timestamp};

/// A step on the way of a recording, as the journal has it. Whose step it is, the act says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "did", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum RecordingStep {
    /// Everybody was asked; whoever asks agrees.
    Asked,
    /// They agreed.
    Agreed,
    /// They did not agree, so that there is no recording.
    Refused,
    /// All had agreed: it began.
    Started,
    /// They took back that they had agreed: it ended at once.
    Withdrew,
    /// It ended, or the question was taken back.
    Stopped {
        /// Why.
        why: StopReason,
    },
}

/// Why a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum StopReason {
    /// Who keeps order ended it.
    Asked,
    /// Nobody was left.
    Nobody,
    /// Somebody had to come in who has not agreed.
    NotAgreed,
    /// There is no room for it on the disk.
    Full,
    /// It could not be kept.
    Failed,
    /// It was as long as one may be.
    Longest,
    /// The hospital was shut, or failed.
    Interrupted,
}

/// Who agreed to what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    /// The number of the act that asked; it names the recording.
    pub number: u64,
    /// Who asked.
    pub by: ActorId,
    /// Since when it is so: asked, or running.
    pub since: Timestamp,
    /// Who agreed.
    pub agreed: BTreeSet<ActorId>,
}

/// Whether a room is recorded: all that follows from its kept acts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Recording {
    /// It is not.
    #[default]
    Off,
    /// Everybody is asked.
    Asked(Agreement),
    /// It is.
    Running(Agreement),
}

impl Recording {
    /// Carries out a step that was judged before.
    pub(crate) fn fold(
        &mut self,
        number: u64,
        at: Timestamp,
        actor: &ActorId,
        step: RecordingStep,
    ) {
        match (step, std::mem::take(self)) {
            (RecordingStep::Asked, _) => {
                *self = Self::Asked(Agreement {
                    number,
                    by: actor.clone(),
                    since: at,
                    agreed: BTreeSet::from([actor.clone()]),
                });
            }
            (RecordingStep::Agreed, Self::Asked(mut agreement)) => {
                agreement.agreed.insert(actor.clone());
                *self = Self::Asked(agreement);
            }
            (RecordingStep::Agreed, Self::Running(mut agreement)) => {
                agreement.agreed.insert(actor.clone());
                *self = Self::Running(agreement);
            }
            (RecordingStep::Started, Self::Asked(agreement)) => {
                *self = Self::Running(Agreement {
                    since: at,
                    ..agreement
                });
            }
            // All else ends it, or finds nothing to do.
            _ => {}
        }
    }

    /// Who agreed to what is asked or runs.
    pub fn agreement(&self) -> Option<&Agreement> {
        match self {
            Self::Off => None,
            Self::Asked(agreement) | Self::Running(agreement) => Some(agreement),
        }
    }

    /// Who agreed to what runs.
    pub fn running(&self) -> Option<&Agreement> {
        match self {
            Self::Running(agreement) => Some(agreement),
            _ => None,
        }
    }

    /// Whether somebody agreed to this recording.
    pub(crate) fn has_agreed(&self, number: u64, who: &ActorId) -> bool {
        let agreement = self.agreement().filter(|one| one.number == number);
        agreement.is_some_and(|one| one.agreed.contains(who))
    }

    /// What everybody inside is told.
    pub(crate) fn told(&self) -> RecordingNow {
        let agreement = self.agreement();
        RecordingNow {
            state: match self {
                Self::Off => RecordingState::Off,
                Self::Asked(_) => RecordingState::Asked,
                Self::Running(_) => RecordingState::Running,
            },
            number: agreement.map(|one| one.number),
            by: agreement.map(|one| one.by.clone()),
            since: agreement.map(|one| one.since),
            agreed: agreement.map_or_else(Vec::new, |one| one.agreed.iter().cloned().collect()),
        }
    }
}

/// How far a recording is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum RecordingState {
    /// There is none.
    #[default]
    Off,
    /// Everybody is asked.
    Asked,
    /// It runs.
    Running,
}

/// Whether the room is recorded, as everybody inside is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct RecordingNow {
    /// How far it is.
    pub state: RecordingState,
    /// The number of the act that asked; it names the recording.
    #[ts(type = "number | null")]
    pub number: Option<u64>,
    /// Who asked.
    #[ts(type = "string | null")]
    pub by: Option<ActorId>,
    /// Since when it is so.
    #[ts(type = "string | null")]
    pub since: Option<Timestamp>,
    /// Who agreed.
    #[ts(type = "string[]")]
    pub agreed: Vec<ActorId>,
}
