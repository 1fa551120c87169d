//! Plans: what is done, by whom, with what and by when; and a plan under way.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

/// The files of the plans that come with the program.
pub const SHIPPED_PLANS: &[&str] = &[
    include_str!("../plans/emergency-response.toml"),
    include_str!("../plans/urgent-review.toml"),
    include_str!("../plans/fall.toml"),
];

static ALL: LazyLock<Vec<Plan>> = LazyLock::new(|| {
    let read = |text: &&str| Plan::read(text).unwrap_or_else(|error| unreachable!("{error}"));
    SHIPPED_PLANS.iter().map(read).collect()
});

/// All plans that are in force.
pub fn plans() -> &'static [Plan] {
    &crate::settings::in_force().plans
}

/// The plans that come with the program.
pub(crate) fn shipped() -> &'static [Plan] {
    &ALL
}

/// The plan with this id.
pub fn plan(id: &str) -> Option<&'static Plan> {
    plans().iter().find(|plan| plan.id == id)
}

/// The plan of a run as it was when it was started, though the hospital may have another by now.
pub fn plan_of(run: &PlanRun) -> Option<&'static Plan> {
    let ever = crate::settings::ever_in_force();
    let all = || ever.iter().flat_map(|settings| &settings.plans);
    let same = all().find(|plan| plan.id == run.plan && plan.version == run.version);
    same.or_else(|| all().find(|plan| plan.id == run.plan))
}

/// People whom a plan needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct PlanPeople {
    /// Their role, as the duty roster names it.
    pub role: String,
    /// How many.
    pub count: u8,
}

/// Equipment that a plan needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct PlanEquipment {
    /// Its kind, as devices are named.
    pub id: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub label: Text,
}

/// One step of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct PlanStep {
    /// Its name.
    pub id: String,
    /// Whose it is.
    pub who: String,
    /// By when after the start, in seconds.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub within_s: Option<u32>,
    /// What to do.
    #[ts(type = "{ zh: string, en: string }")]
    pub text: Text,
}

/// A plan, as its file says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all(deserialize = "kebab-case"), deny_unknown_fields)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Plan {
    /// Its name.
    pub id: String,
    /// Version of the file.
    pub version: String,
    /// What people call it.
    #[ts(type = "{ zh: string, en: string }")]
    pub title: Text,
    /// Whether somebody has yet to confirm it for this hospital.
    pub needs_confirmation: bool,
    /// Whom it needs.
    pub people: Vec<PlanPeople>,
    /// What it needs.
    pub equipment: Vec<PlanEquipment>,
    /// Its steps.
    pub steps: Vec<PlanStep>,
    /// Where it comes from.
    #[serde(skip_deserializing)]
    pub origin: crate::Origin,
}

impl Plan {
    /// Reads a plan's file; each step has a name of its own.
    pub fn read(text: &str) -> Result<Self, crate::RuleError> {
        let plan: Self = toml::from_str(text)?;
        let mut ids: Vec<&str> = plan.steps.iter().map(|step| step.id.as_str()).collect();
        ids.sort_unstable();
        ids.dedup();
        if ids.len() != plan.steps.len() || ids.is_empty() {
            return Err(crate::RuleError::Inconsistent {
                rule: plan.id,
                why: "a plan has steps, each with a name of its own: give each another `id`"
                    .to_owned(),
            });
        }
        Ok(plan)
    }
}

/// A step that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct StepDone {
    /// The step.
    pub step: String,
    /// Who did it.
    pub by: String,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
}

/// A plan under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct PlanRun {
    /// The plan.
    pub plan: String,
    /// Version of its file.
    pub version: String,
    /// The alarm that it was started from, or the exercise that it is.
    pub alarm: String,
    /// Whether it is an exercise.
    pub drill: bool,
    /// Who started it.
    pub started_by: String,
    /// When.
    #[ts(type = "string")]
    pub started_at: Timestamp,
    /// What was done.
    pub done: Vec<StepDone>,
}

impl PlanRun {
    /// Starts a plan; `None` where there is no such plan.
    pub fn start(id: &str, alarm: &str, by: &str, drill: bool, now: Timestamp) -> Option<Self> {
        let plan = plan(id)?;
        Some(Self {
            plan: plan.id.clone(),
            version: plan.version.clone(),
            alarm: alarm.to_owned(),
            drill,
            started_by: by.to_owned(),
            started_at: now,
            done: Vec::new(),
        })
    }

    /// Ticks a step off. The first who did it counts; whether the plan has the step at all is answered.
    pub fn do_step(&mut self, step: &str, by: &str, now: Timestamp) -> bool {
        let known = plan_of(self).is_some_and(|plan| plan.steps.iter().any(|s| s.id == step));
        if known && !self.done.iter().any(|done| done.step == step) {
            self.done.push(StepDone {
                step: step.to_owned(),
                by: by.to_owned(),
                at: now,
            });
        }
        known
    }

    /// The steps that should be done by now and are not.
    pub fn overdue(&self, now: Timestamp) -> Vec<&'static PlanStep> {
        let passed_s = (now.0 - self.started_at.0) / 1000;
        let steps = plan_of(self)
            .map(|plan| plan.steps.as_slice())
            .unwrap_or_default();
        let open = |step: &&PlanStep| !self.done.iter().any(|done| done.step == step.id);
        let late = |step: &&PlanStep| step.within_s.is_some_and(|s| passed_s > i64::from(s));
        steps.iter().filter(open).filter(late).collect()
    }
}
