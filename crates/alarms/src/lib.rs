//! From samples and time to alarms, and from alarms to people.
//!
//! Pure: no clock, no socket. A [`Watch`] takes the samples of one bed in any order within a bound and, at each
//! step of their own time, says what changed by rules that are data (`rules/`). A [`Board`] keeps the alarms
//! that came of it: each stays until somebody takes and ends it, and keeps every step. It calls and escalates by time
//! until somebody takes it, or, where it does not latch, until its condition is over.
//! Plans, dispatch and forecasts stand beside them. The same samples and times give the same events.

mod alarm;
mod board;
mod dispatch;
mod escalation;
mod forecast;
mod history;
mod judge;
mod plan;
mod rules;
mod settings;
mod vitals;
mod watch;

pub use alarm::{Alarm, AlarmId, Closed, Outcome, Presence, Refused, Step, Stepped, Taken};
pub use board::{About, Act, Board};
pub use dispatch::{Candidate, Dispatch, Offer, OfferState, Place, nearest};
pub use escalation::{
    Escalation, Level, PriorityRules, SHIPPED_ESCALATION, Signalling, escalation,
};
pub use forecast::{
    Band, Chosen, Forecast, Held, Measured, Method, Scored, chosen_forecast, error_sizes, forecast,
    forecast_of, score_forecasts, summed_up,
};
pub use judge::{Reading, Truth};
pub use plan::{Plan, PlanRun, PlanStep, SHIPPED_PLANS, StepDone, plan, plan_of, plans};
pub use rules::{
    Condition, Kind, Priority, Rule, RuleError, RuleSet, SHIPPED_RULES, Signal, ward_rules,
};
pub use settings::{Fault, Origin, OwnFile, OwnFiles, Settings, SwitchedOff};
pub use vitals::{Limit, VitalNow};
pub use watch::{Change, Changed, Late, Sample, Watch};
