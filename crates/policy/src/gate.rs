use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use cedar_policy::{Authorizer, Entities, PolicySet};
use parking_lot::Mutex;
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{
    Action, Actor, Decision, Object, Permit, PolicyError, Refusal, Role, Scope, Witness,
    cedar::{self, Resource},
    policies,
};

/// The relations of one actor to patients, as the record knows them at this moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Relations {
    /// Patients on whose care team the actor is.
    pub care_team: BTreeSet<PatientId>,
    /// Patients about whom the actor is asked in an open consultation.
    pub invited: BTreeSet<PatientId>,
    /// Patients beside whom the actor may be in rooms, as a relative or carer.
    pub accompanies: BTreeSet<PatientId>,
    /// Patients who refuse that the actor sees their record.
    pub refused_consent: BTreeSet<PatientId>,
    /// The actor's licence to practise in virtual rooms.
    pub licence: Licence,
}

/// Whether somebody is licensed to practise in virtual rooms, as the record has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Licence {
    /// The record has none, and says of none that it ended.
    #[default]
    NotRecorded,
    /// One that is good now.
    Valid,
    /// One that has expired, was withdrawn, or does not begin yet.
    Ended,
}

impl Licence {
    /// The word for it in policies.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotRecorded => "not-recorded",
            Self::Valid => "valid",
            Self::Ended => "ended",
        }
    }
}

/// What the policies say to a request, before anything is written or given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Whether it would be granted.
    pub granted: bool,
    /// The policies that decide, by their ids; empty where none permits it.
    pub policies: Vec<String>,
    /// Whose facts a permit would cover.
    pub scope: Scope,
}

/// Tells the time. Given from outside, so that tests can turn it.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The one place where permits are made.
pub struct Gate {
    policies: PolicySet,
    authorizer: Authorizer,
    clock: Clock,
    granted_lately: Mutex<Lately>,
    /// Apart, so that whoever asks for what they may not see pushes out no grant.
    refused_lately: Mutex<Lately>,
    decided: Mutex<HashMap<Question, Explanation>>,
}

/// All that a decision follows from: the policies know no clock and no context, so that the same question
/// has the same answer for as long as they are loaded. A change of roles or relations is another question.
#[derive(PartialEq, Eq, Hash)]
struct Question {
    actor: ActorId,
    roles: BTreeSet<Role>,
    own: Option<PatientId>,
    action: Action,
    object: Object,
    /// Those that are asked about.
    relations: Relations,
}

impl Question {
    fn new(actor: &Actor, action: Action, object: &Object, relations: &Relations) -> Self {
        let relations = match object {
            Object::Everyone => relations.clone(),
            Object::Patient(patient) => relations.to(Some(patient)),
            Object::Room { patient, .. } => relations.to(patient.as_ref()),
            Object::Hospital | Object::Project { .. } => relations.to(None),
        };
        Self {
            actor: actor.id.clone(),
            roles: actor.roles.clone(),
            own: actor.patient.clone(),
            action,
            object: object.clone(),
            relations,
        }
    }
}

impl Relations {
    /// The relations to one patient.
    fn to(&self, patient: Option<&PatientId>) -> Self {
        let only = |patients: &BTreeSet<PatientId>| {
            let known = patient.filter(|patient| patients.contains(*patient));
            known.into_iter().cloned().collect()
        };
        Self {
            care_team: only(&self.care_team),
            invited: only(&self.invited),
            accompanies: only(&self.accompanies),
            refused_consent: only(&self.refused_consent),
            licence: self.licence,
        }
    }
}

/// How long the same decision need not be witnessed again.
const WITNESSED_FOR_MS: i64 = 60_000;
/// How many decisions are remembered; past it they are made anew.
const MAX_DECIDED: usize = 20_000;
/// How many grants, and how many refusals, that were witnessed are remembered; past it each one is witnessed.
const MAX_REMEMBERED: usize = 20_000;

/// Decisions that were witnessed lately.
#[derive(Default)]
struct Lately {
    at: HashMap<Decision, Timestamp>,
    /// When old ones were forgotten last.
    swept: Option<Timestamp>,
}

impl Lately {
    fn knows(&self, decision: &Decision, now: Timestamp) -> bool {
        self.at.get(decision).is_some_and(|at| is_fresh(*at, now))
    }

    /// The time of the writing stays, so that a decision in constant use is written each minute.
    fn remember(&mut self, decision: Decision, now: Timestamp) {
        // Before a minute is over most would stay.
        let was_swept = self.swept.is_some_and(|at| is_fresh(at, now));
        if self.at.len() >= MAX_REMEMBERED && !was_swept {
            self.at.retain(|_, at| is_fresh(*at, now));
            self.swept = Some(now);
        }
        if let Some(at) = self.at.get_mut(&decision) {
            if !is_fresh(*at, now) {
                *at = now;
            }
        } else if self.at.len() < MAX_REMEMBERED {
            self.at.insert(decision, now);
        }
    }
}

/// Whether it was so lately that it need not be witnessed again.
fn is_fresh(at: Timestamp, now: Timestamp) -> bool {
    (0..WITNESSED_FOR_MS).contains(&now.0.saturating_sub(at.0))
}

impl Gate {
    /// Loads policies, as file name and text, and checks them against the schema.
    pub fn new(policy_text: &[(&str, &str)], clock: Clock) -> Result<Self, PolicyError> {
        Ok(Self {
            policies: policies::load(policy_text)?,
            authorizer: Authorizer::new(),
            clock,
            granted_lately: Mutex::default(),
            refused_lately: Mutex::default(),
            decided: Mutex::default(),
        })
    }

    /// Decides, writes the decision down, and only then gives the permit.
    ///
    /// The same decision, made again within a minute, is not written again: whoever keeps knocking fills no ledger.
    pub async fn permit(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
        relations: &Relations,
        witness: &dyn Witness,
    ) -> Result<Permit, Refusal> {
        let Explanation {
            granted,
            policies,
            scope,
        } = self.explain(actor, action, object, relations);
        let decision = Decision {
            actor: actor.id.clone(),
            action,
            object: object.clone(),
            granted,
            because: policies.clone(),
        };
        let now = (self.clock)();
        let lately = if granted {
            &self.granted_lately
        } else {
            &self.refused_lately
        };
        let is_known = lately.lock().knows(&decision, now);
        if !is_known {
            witness
                .witness(&decision)
                .await
                .map_err(|_| Refusal::not_witnessed())?;
        }
        lately.lock().remember(decision, now);
        if !granted {
            return Err(Refusal::not_permitted(action, policies));
        }
        Ok(Permit::new(actor.id.clone(), action, scope))
    }

    /// What the policies say to a request, without writing it down and without giving a permit.
    pub fn explain(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
        relations: &Relations,
    ) -> Explanation {
        let question = Question::new(actor, action, object, relations);
        if let Some(known) = self.decided.lock().get(&question) {
            return known.clone();
        }
        let answer = self.decide(actor, action, object, relations);
        let mut decided = self.decided.lock();
        if decided.len() >= MAX_DECIDED {
            decided.clear();
        }
        decided.insert(question, answer.clone());
        answer
    }

    fn decide(
        &self,
        actor: &Actor,
        action: Action,
        object: &Object,
        relations: &Relations,
    ) -> Explanation {
        match object {
            Object::Patient(patient) => {
                let scope = only(Some(patient));
                self.one(actor, action, Resource::Patient(patient), relations, scope)
            }
            Object::Room { room, patient } => {
                let scope = only(patient.as_ref());
                let resource = Resource::Room(room, patient.as_ref());
                self.one(actor, action, resource, relations, scope)
            }
            Object::Project {
                project,
                members,
                custodians,
            } => {
                let resource = Resource::Project {
                    project,
                    members,
                    custodians,
                };
                self.one(actor, action, resource, relations, only(None))
            }
            Object::Hospital => self.one(actor, action, Resource::Hospital, relations, only(None)),
            Object::Everyone => self.everyone(actor, action, relations),
        }
    }

    fn one(
        &self,
        actor: &Actor,
        action: Action,
        resource: Resource<'_>,
        relations: &Relations,
        scope: Scope,
    ) -> Explanation {
        let concerned = resource.patient().into_iter().collect::<Vec<_>>();
        let entities = cedar::entities(actor, relations, &resource, Some(&concerned));
        let (granted, policies) = self.ask(actor, action, &resource, entities.as_ref());
        Explanation {
            granted,
            policies,
            scope: if granted { scope } else { only(None) },
        }
    }

    /// All patients, if the policies say so; else all who do not refuse; else those whom they permit one
    /// by one.
    fn everyone(&self, actor: &Actor, action: Action, relations: &Relations) -> Explanation {
        let entities = cedar::entities(actor, relations, &Resource::AllPatients, None);
        let entities = entities.as_ref();
        let (all, policies) = self.ask(actor, action, &Resource::AllPatients, entities);
        if all {
            return Explanation {
                granted: true,
                policies,
                scope: Scope::All,
            };
        }
        let consenting = Resource::ConsentingPatients;
        let (but_refusing, policies_consenting) = self.ask(actor, action, &consenting, entities);
        if but_refusing {
            return Explanation {
                granted: true,
                policies: policies_consenting,
                scope: Scope::AllBut(Arc::new(relations.refused_consent.clone())),
            };
        }
        let (own, policies_own) = self.ask(actor, action, &Resource::OwnPatients, entities);
        if !own {
            let policies = policies.into_iter().chain(policies_own).collect();
            return Explanation {
                granted: false,
                policies,
                scope: only(None),
            };
        }
        let candidates = relations
            .care_team
            .iter()
            .chain(&relations.invited)
            .chain(&actor.patient);
        let permitted = candidates
            .filter(|patient| {
                self.ask(actor, action, &Resource::Patient(patient), entities)
                    .0
            })
            .cloned()
            .collect::<BTreeSet<_>>();
        let scope = Scope::Patients(Arc::new(permitted));
        Explanation {
            granted: true,
            policies: policies_own,
            scope,
        }
    }

    fn ask(
        &self,
        actor: &Actor,
        action: Action,
        resource: &Resource<'_>,
        entities: Option<&Entities>,
    ) -> (bool, Vec<String>) {
        // A request that cannot be put to Cedar is one that no policy permits.
        let (Some(request), Some(entities)) = (cedar::request(actor, action, resource), entities)
        else {
            return (false, Vec::new());
        };
        let response = self
            .authorizer
            .is_authorized(&request, &self.policies, entities);
        // A policy that could not be evaluated is left out by Cedar; were it a refusal, leaving it out
        // would grant. So any error refuses.
        let failed = response.diagnostics().errors().next().is_some();
        let granted = response.decision() == cedar_policy::Decision::Allow && !failed;
        let mut because: Vec<String> = response
            .diagnostics()
            .reason()
            .map(ToString::to_string)
            .collect();
        because.sort();
        (granted, because)
    }
}

fn only(patient: Option<&PatientId>) -> Scope {
    Scope::Patients(Arc::new(patient.into_iter().cloned().collect()))
}
