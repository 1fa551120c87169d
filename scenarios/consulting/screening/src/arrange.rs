//! Arranging: what the guideline arranges becomes orders that the doctor confirms, changes or leaves out, and
//! a referral where one is due. Whatever differs from the guideline has a reason.

use jiff::civil::Date;
use knowledge::{
    Answers, Direction,
    guideline::{Arrangement, Step as Kind},
};
use record::NewFact;
use scenario::{Context, Problem, Request};
use serde::{Deserialize, Serialize};
use twin::PatientTwin;
use vocabulary::Timestamp;

use crate::{
    days::{self, Origin},
    deviation::{self, Deviation},
    levels, orders,
    programme::{Course, Person, Programme, Step},
    step,
};

/// The most orders of one programme.
const MOST_ORDERS: usize = 12;

/// What was arranged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Arranged {
    /// What it follows; the advice's own.
    pub guideline: Option<String>,
    pub outcome: Option<String>,
    pub origin: Origin,
    /// Those that the guideline proposed, in its order, then the doctor's own.
    pub decisions: Vec<Decision>,
    pub by: Person,
    pub at: Timestamp,
}

/// When something is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub from: Date,
    /// The last day; none where it is due at once.
    pub until: Option<Date>,
}

/// A booked examination or visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Visit {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// One thing that the guideline proposes or the doctor adds, and what was decided about it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    pub step: Kind,
    #[serde(flatten)]
    pub window: Window,
    /// Repeated each so many months, until `last` where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub every_months: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last: Option<Date>,
    /// The guideline says "consider" or "optional".
    pub optional: bool,
    /// Not of the guideline's.
    pub added: bool,
    pub ordered: bool,
    /// Why it differs from the guideline.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// The days on which it was done.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub done: Vec<Date>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub visit: Option<Visit>,
}

impl Decision {
    /// Whether it still has to be done.
    pub fn is_open(&self) -> bool {
        if !self.ordered {
            return false;
        }
        match self.every_months {
            Some(_) => self.last.is_none_or(|last| self.window.from <= last),
            None => self.done.is_empty(),
        }
    }

    /// What the guideline proposes, counted from the origin.
    fn proposed(arrangement: &Arrangement, origin: Date, today: Date) -> Self {
        let day = |months| days::months_after(origin, months);
        let (window, last) = match (arrangement.months, arrangement.every_months) {
            (None, _) => (
                Window {
                    from: today,
                    until: None,
                },
                None,
            ),
            (Some([first, last]), None) => (
                Window {
                    from: day(first),
                    until: Some(day(last)),
                },
                None,
            ),
            (Some([first, last]), Some(_)) => (
                Window {
                    from: day(first),
                    until: Some(day(first)),
                },
                (last > first).then(|| day(last)),
            ),
        };
        Self {
            step: arrangement.step,
            window,
            every_months: arrangement.every_months,
            last,
            optional: arrangement.optional,
            added: false,
            ordered: !arrangement.optional,
            reason: None,
            done: Vec::new(),
            visit: None,
        }
    }
}

/// What the followed guideline proposes, as it was said when the machine was asked.
pub fn proposals(programme: &Programme, origin: Date, today: Date) -> Vec<Decision> {
    let arranged = programme
        .advice
        .as_ref()
        .and_then(|advice| advice.guideline.as_deref())
        .and_then(|guideline| {
            programme
                .recommendation(guideline)?
                .pointer("/result/arrange")
        })
        .and_then(|all| serde_json::from_value::<Vec<Arrangement>>(all.clone()).ok());
    arranged
        .unwrap_or_default()
        .iter()
        .map(|one| Decision::proposed(one, origin, today))
        .collect()
}

/// A referral between the levels of care.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Referral {
    pub direction: Direction,
    pub from_level: String,
    pub to_level: String,
    /// The criterion's id.
    pub criterion: String,
    pub note: String,
    pub by: Person,
    pub at: Timestamp,
}

/// `POST programmes/{id}/arrange`.
#[derive(Debug, Deserialize)]
struct Wish {
    /// One for each proposal, in their order.
    #[serde(default)]
    orders: Vec<OrderWish>,
    #[serde(default)]
    added: Vec<AddedWish>,
    #[serde(default)]
    referral: Option<ReferralWish>,
}

#[derive(Debug, Deserialize)]
struct OrderWish {
    ordered: bool,
    /// Another window than the guideline's.
    #[serde(default)]
    window: Option<Window>,
    #[serde(default)]
    reason: String,
}

#[derive(Debug, Deserialize)]
struct AddedWish {
    step: Kind,
    #[serde(flatten)]
    window: Window,
    reason: String,
}

#[derive(Debug, Deserialize)]
struct ReferralWish {
    direction: Direction,
    from_level: String,
    to_level: String,
    criterion: String,
    #[serde(default)]
    note: String,
}

/// Decides about each proposal.
pub async fn post(
    context: &dyn Context,
    twin: Option<&PatientTwin>,
    programme: &Programme,
    in_force: &Answers,
    request: &Request,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    deviation::may_decide(context, programme, request).await?;
    step::must_be_draft(programme)?;
    step::must_follow(programme, in_force, Step::Arrange)?;
    let now = context.now();
    let by = Person::from(&request.actor);
    let assessed_at = programme.course.assessed.as_ref().map_or(now, |a| a.at);
    let origin = days::origin(twin, context.day_of(assessed_at));
    let proposed = proposals(programme, origin.day, context.day_of(now));
    if proposed.len() != wish.orders.len() {
        return Err(Problem::changed(
            "安排已变；请重新阅读后再决定",
            "what is proposed has changed: read it again, then decide about each",
        ));
    }
    if proposed.len() + wish.added.len() > MOST_ORDERS {
        return Err(Problem::invalid("医嘱过多", "there are too many orders"));
    }
    let mut decisions = Vec::new();
    for (proposal, wish) in proposed.into_iter().zip(&wish.orders) {
        decisions.push(decide(proposal, wish)?);
    }
    for added in &wish.added {
        decisions.push(add(added)?);
    }
    let referral = wish
        .referral
        .map(|wish| refer(wish, &by, now))
        .transpose()?;
    let (guideline, outcome) = match &programme.advice {
        Some(advice) => (advice.guideline.clone(), advice.outcome.clone()),
        None => (None, None),
    };
    let arranged = Arranged {
        guideline,
        outcome,
        origin,
        decisions,
        by,
        at: now,
    };
    let mut new = facts_of(programme, &arranged);
    new.extend(orders::referral(programme, referral.as_ref()));
    new.extend(deviation::taken_back(programme, Step::Arrange.as_str()));
    let course = Course {
        arranged: Some(arranged),
        ..programme.course.clone()
    };
    step::commit(context, programme, &request.actor.id, new, Some(&course)).await
}

/// One proposal as the doctor wants it. What the guideline only considers may be left out without a reason.
fn decide(mut proposal: Decision, wish: &OrderWish) -> Result<Decision, Problem> {
    let other_window = wish.window.filter(|window| *window != proposal.window);
    let differs = (!wish.ordered && !proposal.optional) || (wish.ordered && other_window.is_some());
    proposal.ordered = wish.ordered;
    if differs {
        let reason = deviation::said(
            &wish.reason,
            "与指南不同的原因",
            "why this differs from the guideline",
        )?;
        proposal.reason = Some(reason);
    }
    if let Some(window) = other_window.filter(|_| wish.ordered) {
        proposal.window = in_order(window)?;
    }
    Ok(proposal)
}

fn add(wish: &AddedWish) -> Result<Decision, Problem> {
    let reason = deviation::said(&wish.reason, "增加的原因", "why this is added")?;
    Ok(Decision {
        step: wish.step,
        window: in_order(wish.window)?,
        every_months: None,
        last: None,
        optional: false,
        added: true,
        ordered: true,
        reason: Some(reason),
        done: Vec::new(),
        visit: None,
    })
}

fn in_order(window: Window) -> Result<Window, Problem> {
    if window.until.is_some_and(|until| until < window.from) {
        return Err(Problem::invalid(
            "结束日期不能早于开始日期",
            "the last day must not be before the first",
        ));
    }
    Ok(window)
}

fn refer(wish: ReferralWish, by: &Person, at: Timestamp) -> Result<Referral, Problem> {
    let note = deviation::short_enough(&wish.note, "转诊说明", "the note to the referral")?;
    let fits = Direction::between(&wish.from_level, &wish.to_level) == Some(wish.direction);
    let named = levels::all()
        .criterion(&wish.criterion)
        .is_some_and(|criterion| criterion.direction == wish.direction);
    if !fits || !named {
        return Err(Problem::invalid(
            "请选择转诊的级别，并从列表中写明标准",
            "choose the levels of the referral and name its criterion from the list",
        ));
    }
    Ok(Referral {
        direction: wish.direction,
        from_level: wish.from_level,
        to_level: wish.to_level,
        criterion: wish.criterion,
        note,
        by: by.clone(),
        at,
    })
}

/// The orders as drafts, and each deviation as a fact; what was there before and is not any more is revoked.
fn facts_of(programme: &Programme, arranged: &Arranged) -> Vec<NewFact> {
    let mut new = Vec::new();
    let before = programme.course.arranged.as_ref();
    let most = before
        .map_or(0, |before| before.decisions.len())
        .max(arranged.decisions.len());
    for n in 0..most {
        let place = format!("order-{n}");
        let decision = arranged.decisions.get(n);
        match decision.filter(|decision| decision.ordered) {
            Some(decision) => new.push(orders::order(programme, arranged, n, decision, "draft")),
            None => new.extend(orders::revoked(programme, n)),
        }
        match decision.and_then(|decision| decision.reason.clone()) {
            Some(reason) => new.push(
                Deviation {
                    place,
                    reason,
                    by: arranged.by.clone(),
                    at: arranged.at,
                }
                .fact(programme),
            ),
            None => new.extend(deviation::taken_back(programme, &place)),
        }
    }
    new
}
