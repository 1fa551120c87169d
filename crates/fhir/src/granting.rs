//! Facts that decide who sees a patient, and who may write them.

use async_trait::async_trait;
use policy::{Action, Permit, Refusal, RefusalKind};
use serde_json::Value;
use vocabulary::PatientId;

use crate::{Rest, relations::decides_access, reply::Failure};

/// Asks for the permit to write what decides who sees a patient.
///
/// It is asked only where such a fact is written, so that the ledger holds who let whom in, and who tried.
#[async_trait]
pub trait Granting: Send + Sync {
    /// The permit for this patient: [`Action::GrantAccess`].
    async fn grant(&self, patient: &PatientId) -> Result<Permit, Refusal>;
}

impl Rest<'_> {
    /// Refuses a version of a resource, the one to be written or the one that is there, which decides who
    /// sees a patient, unless the caller may decide that. Both count: what is taken away may have been a
    /// refusal.
    pub(crate) async fn may_decide_access(
        &self,
        subject: Option<&PatientId>,
        body: &Value,
    ) -> Result<(), Failure> {
        // Where it is about nobody, nobody is let in by it.
        let Some(patient) = subject.filter(|_| decides_access(body)) else {
            return Ok(());
        };
        match self.grant.grant(patient).await {
            Ok(permit) if permit.action() == Action::GrantAccess && permit.covers(subject) => {
                Ok(())
            }
            Ok(_) => Err(Failure::may_not_grant()),
            Err(refusal) => Err(match refusal.kind {
                RefusalKind::NotPermitted => Failure::may_not_grant(),
                RefusalKind::NotWitnessed => {
                    Failure::new(503, "transient", "", &refusal.reason.zh, &refusal.reason.en)
                }
            }),
        }
    }
}

impl Failure {
    fn may_not_grant() -> Self {
        let (zh, en) = (
            "该资源决定谁可以查看患者；请由主治团队的医生写入。",
            "this resource decides who sees the patient; a doctor of the care team may write it.",
        );
        Self::new(403, "forbidden", "", zh, en)
    }
}
