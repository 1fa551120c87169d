//! What a scenario is.
//!
//! A scenario is a folder. Its server part is one value that implements [`Scenario`]: a manifest, a handler
//! for the requests below `/api/scenarios/{id}/`, what waits for an actor, and what it puts on stage. It
//! knows no HTTP library, no clock and no disk: all of that comes by [`Context`]. What it decides becomes
//! facts of the record, and everything it shows is read from them again, so that a replay gives the same.

mod context;
mod days;
mod fact;
mod manifest;
mod race;
mod reply;
mod seal;
#[cfg(feature = "testing")]
pub mod testing;
mod watched;

pub use context::{Attestation, Context, FileFault, Topic};
pub use days::{day_of, day_said, start_of};
pub use fact::{Person, STATEMENT_URI, is_of, put, read, signed, text};
pub use manifest::{Manifest, ManifestError};
pub use race::again_if_raced;
pub use reply::{Method, Problem, Reply, Request};
pub use seal::{Seal, SealError};
pub use watched::{Watched, thickness_mm};

use std::{collections::BTreeMap, time::Duration};

use async_trait::async_trait;
use policy::{Actor, Permit};
use serde::Serialize;
use vocabulary::{ActorId, PatientId, RoomId, Text, Timestamp, Uid};

/// How often scenarios are asked whether somebody must hear of what the clock brought. Whoever must hear of it does
/// within this and a moment: well within the minute that an alert may take to reach a person.
pub const REMINDED_EVERY: Duration = Duration::from_secs(10);

/// The server part of a scenario.
#[async_trait]
pub trait Scenario: Send + Sync + 'static {
    /// What it is called, for whom it is, and what it builds on.
    fn manifest(&self) -> &Manifest;

    /// Answers a request below `/api/scenarios/{id}/`. Permits are asked for inside, by [`Context::permit`].
    async fn handle(&self, context: &dyn Context, request: Request) -> Result<Reply, Problem>;

    /// The folder of its files among the hospital's own settings; none: it has no such files.
    fn own_folder(&self) -> Option<&'static str> {
        None
    }

    /// Looks at the hospital's own files for it, and takes them in where it is told to: all of them or none. What
    /// each adds or replaces is answered, a line each; or everything that is wrong.
    fn own_settings(&self, _files: &[OwnFile], _takes: bool) -> Result<Vec<String>, Vec<OwnFault>> {
        Ok(Vec::new())
    }

    /// What waits for this actor to do.
    async fn waiting(&self, context: &dyn Context, actor: &Actor) -> Result<Vec<Waiting>, Problem>;

    /// What stands in a room, if the room is one of this scenario's and the actor may know of it.
    async fn stage(
        &self,
        context: &dyn Context,
        actor: &Actor,
        room: &RoomId,
    ) -> Result<Option<Stage>, Problem>;

    /// What quality control is to see of this case, or of all cases of the scenario. `permit` is the
    /// hospital's own.
    async fn watched(
        &self,
        _context: &dyn Context,
        _permit: &Permit,
        _case: Option<&str>,
    ) -> Result<Vec<Watched>, Problem> {
        Ok(Vec::new())
    }

    /// Tells those who must hear of what nothing but the clock brought between two moments, the first not
    /// included. `permit` is the hospital's own. What time brings follows from the facts: asked again for the same moments
    /// it changes nothing.
    async fn remind(
        &self,
        _context: &dyn Context,
        _permit: &Permit,
        _since: Timestamp,
        _until: Timestamp,
    ) -> Result<(), Problem> {
        Ok(())
    }

    /// Whom what nobody has taken yet calls now. `permit` is the hospital's own; who is called learns no more by it than
    /// that something waits.
    async fn called(
        &self,
        _context: &dyn Context,
        _permit: &Permit,
    ) -> Result<Vec<Called>, Problem> {
        Ok(Vec::new())
    }

    /// How what this scenario does runs, in figures that name nobody. `permit` is the hospital's own; it is asked each few
    /// seconds while somebody who runs the hospital looks.
    async fn figures(
        &self,
        _context: &dyn Context,
        _permit: &Permit,
    ) -> Result<Vec<Figure>, Problem> {
        Ok(Vec::new())
    }

    /// Takes up what devices measured: `heard` names the patients of whom new readings are on disk, each with the
    /// time of the earliest; where it is not known, there may be some of anybody. `permit` is the hospital's own.
    /// Asked again with the same readings it changes nothing.
    async fn measured(
        &self,
        _context: &dyn Context,
        _permit: &Permit,
        _heard: Option<&BTreeMap<PatientId, Timestamp>>,
    ) -> Result<(), Problem> {
        Ok(())
    }
}

/// A figure of how care runs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// To which of the hospital's ten functions it belongs, such as `desktop`.
    pub of: &'static str,
    /// What it counts.
    pub name: &'static str,
    /// None where nobody can know it yet.
    pub value: Option<f64>,
}

/// A file of the hospital's own settings.
#[derive(Clone, Debug)]
pub struct OwnFile {
    /// Its name, as people find it.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// What is wrong with such a file, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnFault {
    /// The file.
    pub file: String,
    /// Where in its text, in bytes, where that is known.
    pub place: Option<usize>,
    /// What is wrong, and what to do.
    pub what: String,
}

/// What a scenario puts on stage in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Stage {
    /// The room.
    pub id: RoomId,
    /// Whose twin stands there; nobody's in a room of the hospital itself.
    pub patient: Option<PatientId>,
    /// The series that is shown first.
    pub series: Option<Uid>,
    /// The case that the room was opened for.
    pub case: String,
    /// What to write over the door.
    pub title: Text,
    /// Who was asked in.
    pub participants: Vec<ActorId>,
}

/// Somebody who is called by what nobody has taken yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Called {
    /// The fact that calls.
    pub about: String,
    /// Whom.
    pub to: ActorId,
    /// Since when it is untaken; other calls to the same person about the same fact have other times.
    pub since: Timestamp,
    /// How soon somebody must come, by FHIR's codes of a request's priority.
    pub priority: &'static str,
    /// The page of the client where it is taken.
    pub path: String,
}

/// Something that a person is waiting for this actor to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Waiting {
    /// What kind of thing it is.
    pub kind: WaitingKind,
    /// The case.
    pub id: String,
    /// The room in which it is done.
    pub room: RoomId,
    /// The page of the client where it is done, if not in the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Whom it is about.
    pub patient: Named,
    /// Who waits.
    pub from: Named,
    /// What for, in their words.
    pub reason: String,
    /// Since when.
    pub at: Timestamp,
}

/// The kinds of things that wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WaitingKind {
    /// An expert is asked to come.
    ConsultRequest,
    /// A consultation is going on.
    ConsultOpen,
    /// A plan waits for a signature.
    Sign,
    /// A programme was opened and is not signed yet.
    ProgrammeOpen,
    /// It is time to say what came of a case.
    OutcomeDue,
    /// The time for something that was arranged has come.
    FollowUpDue,
    /// It has passed.
    FollowUpOverdue,
    /// A patient's report raised an alert that nobody took, or that this person took and did not end.
    Alert,
    /// A patient was referred to this person.
    Referral,
    /// Somebody waits in a room for this person to come.
    Visit,
}

/// Someone by id and name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The logical id.
    pub id: String,
    /// The name to show.
    pub name: String,
}
