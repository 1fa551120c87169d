//! The consents that refuse somebody something, kept as they are now.

use std::collections::BTreeMap;

use parking_lot::Mutex;
use policy::Permit;
use record::{Record, RecordError, ResourceVersion};
use serde_json::Value;
use vocabulary::PatientId;

use crate::{relations::array, research::is_about_research};

/// The active consents of a record that can refuse somebody who treats. Each question takes in what was written of
/// consents since the one before, so that none reads all of them, and what was withdrawn counts no more at the next.
#[derive(Default)]
pub struct Consents(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The first entry of the journal of which nothing was taken in.
    next: u64,
    /// Whom each is about and what it says, by its id.
    refusing: BTreeMap<String, (PatientId, Value)>,
}

impl Consents {
    /// Takes in what was written since. `permit` is one of the hospital's own.
    pub(crate) async fn renew(
        &self,
        record: &dyn Record,
        permit: &Permit,
    ) -> Result<(), RecordError> {
        let next = self.0.lock().next;
        let changed = record.changed_since(permit, "Consent", next).await?;
        self.0.lock().take(changed);
        Ok(())
    }

    /// The patients of those consents that refuse, as `refuses` finds it in each.
    pub(crate) fn refused<C: FromIterator<PatientId>>(
        &self,
        refuses: impl Fn(&Value) -> bool,
    ) -> C {
        let known = self.0.lock();
        let refusing = known.refusing.values();
        let patients = refusing.filter(|(_, consent)| refuses(consent));
        patients.map(|(patient, _)| patient.clone()).collect()
    }
}

impl Known {
    /// Takes in versions in the order of their entries.
    fn take(&mut self, changed: Vec<ResourceVersion>) {
        for version in changed {
            // Who asked at the same time has looked further.
            if version.sequence < self.next {
                continue;
            }
            self.next = version.sequence + 1;
            let id = version.key.id;
            match (version.subject, version.body) {
                (Some(patient), Some(consent)) if can_refuse(&consent) => {
                    self.refusing.insert(id, (patient, consent));
                }
                _ => {
                    self.refusing.remove(&id);
                }
            }
        }
    }
}

/// Whether there may be somebody and a time for whom and when this consent refuses.
fn can_refuse(consent: &Value) -> bool {
    let provision = &consent["provision"];
    consent["status"] == "active"
        && !is_about_research(consent)
        && if provision.is_null() {
            opts_out(consent)
        } else {
            holds_a_denial(provision)
        }
}

fn holds_a_denial(provision: &Value) -> bool {
    provision["type"] == "deny" || array(provision, "provision").any(holds_a_denial)
}

/// Whether the rule that a consent goes by where it has no provisions is that of refusal.
pub(crate) fn opts_out(consent: &Value) -> bool {
    array(&consent["policyRule"], "coding").any(|coding| coding["code"] == "OPTOUT")
}

#[cfg(test)]
mod tests {
    use record::ResourceKey;
    use serde_json::json;
    use vocabulary::Timestamp;

    use super::*;

    fn version(id: &str, sequence: u64, body: Option<Value>) -> ResourceVersion {
        ResourceVersion {
            key: ResourceKey {
                kind: "Consent".to_owned(),
                id: id.to_owned(),
            },
            version: 1,
            at: Timestamp(0),
            subject: PatientId::new(id).ok(),
            body,
            sequence,
        }
    }

    fn refusing(known: &Known) -> Vec<&str> {
        known.refusing.keys().map(String::as_str).collect()
    }

    #[test]
    fn what_was_found_before_others_looked_further_changes_nothing() {
        let denies = || Some(json!({"status": "active", "provision": {"type": "deny"}}));
        let mut known = Known::default();
        known.take(vec![version("a", 3, denies()), version("b", 4, denies())]);
        assert_eq!(refusing(&known), ["a", "b"]);
        // Two ask at the same time; the first of them is answered last.
        let first = vec![version("a", 5, denies()), version("c", 6, denies())];
        known.take(vec![version("c", 6, denies()), version("a", 7, None)]);
        known.take(first);
        assert_eq!(refusing(&known), ["b", "c"]);
        assert_eq!(known.next, 8);
        known.take(vec![]);
        assert_eq!(known.next, 8);
    }

    #[test]
    fn only_what_can_refuse_is_kept() {
        let opt_out = json!({"coding": [{"code": "OPTOUT"}]});
        let research = json!({"coding": [{"code": "research"}]});
        let within = json!({"type": "permit", "provision": [{"provision": [{"type": "deny"}]}]});
        for (consent, expect) in [
            (
                json!({"status": "active", "provision": {"type": "deny"}}),
                true,
            ),
            (json!({"status": "active", "provision": within}), true),
            (json!({"status": "active", "policyRule": opt_out}), true),
            (json!({"status": "active"}), false),
            (
                json!({"status": "active", "provision": {"type": "permit"}}),
                false,
            ),
            (
                json!({"status": "inactive", "provision": {"type": "deny"}}),
                false,
            ),
            (
                json!({"status": "active", "scope": research, "provision": {"type": "deny"}}),
                false,
            ),
        ] {
            assert_eq!(can_refuse(&consent), expect, "{consent}");
        }
    }
}
