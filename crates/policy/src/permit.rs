use std::{collections::BTreeSet, sync::Arc};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use vocabulary::{ActorId, PatientId, ProjectId, RoomId};

/// What an account may be in the hospital.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// An expert who gives opinions from afar.
    Expert,
    /// A county or village doctor who brings cases.
    TerminalDoctor,
    /// A nurse.
    Nurse,
    /// A patient, who sees their own record.
    Patient,
    /// A relative or carer, who is beside a patient in rooms and sees no record.
    RelatedPerson,
    /// A hospital manager, who sees figures and no patient.
    Manager,
    /// A researcher, who sees de-identified copies.
    Researcher,
    /// A trainee, who sees teaching cases.
    Trainee,
    /// Looks after the devices: their software, their profiles, their faults; sees no patient.
    Technician,
    /// Runs the system; sees no patient.
    Admin,
    /// A program of the hospital: a device, an import.
    System,
    /// A DICOM application entity that sends images: a modality, a PACS.
    ImagingSource,
    /// A DICOM application entity that queries and retrieves images: a PACS, a workstation.
    ImagingReader,
    /// A DICOM application entity that asks for its worklist: a modality.
    WorklistReader,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 14] = [
        Self::Expert,
        Self::TerminalDoctor,
        Self::Nurse,
        Self::Patient,
        Self::RelatedPerson,
        Self::Manager,
        Self::Researcher,
        Self::Trainee,
        Self::Technician,
        Self::Admin,
        Self::System,
        Self::ImagingSource,
        Self::ImagingReader,
        Self::WorklistReader,
    ];

    /// The word for it in policies and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expert => "expert",
            Self::TerminalDoctor => "terminal-doctor",
            Self::Nurse => "nurse",
            Self::Patient => "patient",
            Self::RelatedPerson => "related-person",
            Self::Manager => "manager",
            Self::Researcher => "researcher",
            Self::Trainee => "trainee",
            Self::Technician => "technician",
            Self::Admin => "admin",
            Self::System => "system",
            Self::ImagingSource => "imaging-source",
            Self::ImagingReader => "imaging-reader",
            Self::WorklistReader => "worklist-reader",
        }
    }
}

/// Who asks: an account, signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account.
    pub id: ActorId,
    /// The name shown to others.
    pub name: String,
    /// What the account is in the hospital.
    pub roles: BTreeSet<Role>,
    /// For a patient's account: whose record is their own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub patient: Option<PatientId>,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// Read facts of the record.
    ReadRecord,
    /// Write facts into the record.
    WriteRecord,
    /// Read images.
    ReadImaging,
    /// Store images.
    StoreImaging,
    /// Delete images, where they need not be kept any more.
    DeleteImaging,
    /// See which examinations are scheduled.
    ReadWorklist,
    /// Ask an expert into a room.
    RequestConsult,
    /// Write what decides who sees a patient: care teams, consents, invitations.
    GrantAccess,
    /// Ask a further expert into a consultation that one takes part in.
    InviteExpert,
    /// Enter a room.
    EnterRoom,
    /// Vote on a case.
    Vote,
    /// Sign a plan.
    Sign,
    /// Read journal entries with their content.
    ReadLedger,
    /// Change accounts and settings.
    Administer,
    /// Upgrade devices, put them back, and ask them how they are.
    MaintainDevices,
    /// Release a patient's study to a research project, as de-identified copies.
    ReleaseToResearch,
    /// Read the de-identified copies of a research project.
    ReadResearch,
    /// Take part in finding out who stands behind a pseudonym.
    OpenIdentity,
    /// Read what was done to people in rooms to keep order, and decide about appeals against it.
    ReviewSanctions,
    /// Read figures of how care runs, which name no patient.
    ReadFigures,
    /// See who was with a patient or a thing, by tags: staff too.
    TraceContacts,
    /// Make a teaching case of a patient, without who it is.
    ReleaseToTeaching,
    /// Read a teaching case.
    ReadTeaching,
    /// Report on oneself, as a patient from home.
    ReportOwn,
    /// Take and close an alert that a patient's report raised.
    AnswerAlert,
}

impl Action {
    /// All actions.
    pub const ALL: [Self; 25] = [
        Self::ReadRecord,
        Self::WriteRecord,
        Self::ReadImaging,
        Self::StoreImaging,
        Self::DeleteImaging,
        Self::ReadWorklist,
        Self::RequestConsult,
        Self::GrantAccess,
        Self::InviteExpert,
        Self::EnterRoom,
        Self::Vote,
        Self::Sign,
        Self::ReadLedger,
        Self::Administer,
        Self::MaintainDevices,
        Self::ReleaseToResearch,
        Self::ReadResearch,
        Self::OpenIdentity,
        Self::ReviewSanctions,
        Self::ReadFigures,
        Self::TraceContacts,
        Self::ReleaseToTeaching,
        Self::ReadTeaching,
        Self::ReportOwn,
        Self::AnswerAlert,
    ];

    /// The word for it in policies and on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadRecord => "read-record",
            Self::WriteRecord => "write-record",
            Self::ReadImaging => "read-imaging",
            Self::StoreImaging => "store-imaging",
            Self::DeleteImaging => "delete-imaging",
            Self::ReadWorklist => "read-worklist",
            Self::RequestConsult => "request-consult",
            Self::GrantAccess => "grant-access",
            Self::InviteExpert => "invite-expert",
            Self::EnterRoom => "enter-room",
            Self::Vote => "vote",
            Self::Sign => "sign",
            Self::ReadLedger => "read-ledger",
            Self::Administer => "administer",
            Self::MaintainDevices => "maintain-devices",
            Self::ReleaseToResearch => "release-to-research",
            Self::ReadResearch => "read-research",
            Self::OpenIdentity => "open-identity",
            Self::ReviewSanctions => "review-sanctions",
            Self::ReadFigures => "read-figures",
            Self::TraceContacts => "trace-contacts",
            Self::ReleaseToTeaching => "release-to-teaching",
            Self::ReadTeaching => "read-teaching",
            Self::ReportOwn => "report-own",
            Self::AnswerAlert => "answer-alert",
        }
    }
}

/// What it is asked for on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Object {
    /// All facts of one patient.
    Patient(PatientId),
    /// A room, and the patient met there.
    Room {
        /// The room.
        room: RoomId,
        /// The patient whose twin stands there.
        patient: Option<PatientId>,
    },
    /// A research project or teaching case, and who takes part in it. A permit for it covers no patient.
    Project {
        /// The project.
        project: ProjectId,
        /// Who reads its de-identified copies.
        members: BTreeSet<ActorId>,
        /// Who may, two together, find out who stands behind a pseudonym.
        custodians: BTreeSet<ActorId>,
    },
    /// A search over all patients: the permit covers those whom the actor may see.
    Everyone,
    /// The hospital itself: organisations, settings.
    Hospital,
}

/// A decision, as the ledger keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decision {
    /// Who asked.
    pub actor: ActorId,
    /// What was asked for.
    pub action: Action,
    /// On what.
    pub object: Object,
    /// Whether it was granted.
    pub granted: bool,
    /// The policies that decided, by their ids.
    pub because: Vec<String>,
}

/// The witness could not write the decision down; nothing may then be read.
#[derive(Debug, thiserror::Error)]
#[error("write the decision to the ledger: {0}")]
pub struct WitnessError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// Writes decisions to the ledger before they take effect.
#[async_trait]
pub trait Witness: Send + Sync {
    /// Returns once the decision is on disk.
    async fn witness(&self, decision: &Decision) -> Result<(), WitnessError>;
}

/// Whose facts a permit covers. Facts of no patient (organisations, practitioners) are always covered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// These patients.
    Patients(Arc<BTreeSet<PatientId>>),
    /// All patients but these, who refuse.
    AllBut(Arc<BTreeSet<PatientId>>),
    /// All patients: programs of the hospital only.
    All,
}

impl Scope {
    /// Whether facts about a patient are among them.
    pub fn covers(&self, patient: &PatientId) -> bool {
        match self {
            Self::All => true,
            Self::Patients(patients) => patients.contains(patient),
            Self::AllBut(refusing) => !refusing.contains(patient),
        }
    }
}

/// Proof that a reading was allowed and has been written down.
///
/// There is no public constructor: `policy` makes permits, after the ledger has the decision.
#[derive(Clone, Debug)]
pub struct Permit {
    actor: ActorId,
    action: Action,
    scope: Scope,
}

impl Permit {
    pub(crate) fn new(actor: ActorId, action: Action, scope: Scope) -> Self {
        Self {
            actor,
            action,
            scope,
        }
    }

    /// For tests of what stands on permits: one that no policy gave.
    #[cfg(feature = "test-permits")]
    pub fn for_test(actor: ActorId, action: Action, scope: Scope) -> Self {
        Self::new(actor, action, scope)
    }

    /// Who was permitted.
    pub fn actor(&self) -> &ActorId {
        &self.actor
    }

    /// What was permitted.
    pub fn action(&self) -> Action {
        self.action
    }

    /// Whose facts may be read.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Whether a fact about `subject` may be read.
    pub fn covers(&self, subject: Option<&PatientId>) -> bool {
        subject.is_none_or(|patient| self.scope.covers(patient))
    }

    /// For the hospital's own work, such as filling an index or building a volume from stored images.
    /// `work` names that work in the ledger.
    pub async fn for_hospital(
        work: &'static str,
        action: Action,
        witness: &dyn Witness,
    ) -> Result<Self, WitnessError> {
        let actor = ActorId::new("hospital").unwrap_or_else(|_| unreachable!("a constant"));
        let decision = Decision {
            actor: actor.clone(),
            action,
            object: Object::Hospital,
            granted: true,
            because: vec![work.to_owned()],
        };
        witness.witness(&decision).await?;
        Ok(Self::new(actor, action, Scope::All))
    }
}
