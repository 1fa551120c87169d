//! An alert: raised by a report or by none, taken by a named person, ended with what was done; a second person's as well
//! where nobody took it in time. It is open again where what comes after it is worse, and where who took it did not
//! end it in time. One of silence ends when the patient answers.

use jiff::civil::Date;
use policy::{Action, Object};
use record::{NewFact, Precondition, ResourceKey, ResourceVersion};
use scenario::{Context, Person, Problem, Request, Topic, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::{ActorId, Text, Timestamp};

use crate::{
    course::FollowUp,
    facts::{self, own, read_own},
    plans::{Plan, Worse, plan, plans},
    silence::Silence,
};

/// The longest words, in bytes.
const LONGEST: usize = 2000;

/// How far an alert has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Open,
    Taken,
    Closed,
}

/// An alert that was raised before is open once more.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Again {
    pub at: Timestamp,
    /// What is worse than before; nothing where it was not ended in time, or was handed over.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub why: Vec<Text>,
    /// Who had taken it; nobody who answers for the follow-up no more.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub held_by: Option<Person>,
}

/// Somebody must be told.
#[derive(Clone, Debug, Serialize)]
pub struct Alert {
    pub id: String,
    /// Since when the hospital knows.
    pub raised_at: Timestamp,
    pub why: Vec<Text>,
    /// Since when nothing was heard, where that is told.
    pub silent: Option<Date>,
    pub state: State,
    /// From when on it is, or would have been, a second person's as well.
    pub escalates_at: Timestamp,
    /// Whether it is by now.
    pub escalated: bool,
    /// In the order in which it came.
    pub again: Vec<Again>,
    pub taken_by: Option<Person>,
    pub taken_at: Option<Timestamp>,
    /// When one that was taken is open again.
    pub lapses_at: Option<Timestamp>,
    pub outcome: Option<String>,
    pub closed_at: Option<Timestamp>,
}

/// What an alert's task says beside the elements of FHIR.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Words {
    /// The plan of its follow-up, which may have times of its own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    plan: Option<String>,
    why: Vec<Text>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    silent: Option<Date>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    again: Vec<Again>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    taken_by: Option<Person>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    taken_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    closed_at: Option<Timestamp>,
}

/// When an alert that was raised then goes on to a second person.
fn escalates_at(of: Option<&Plan>, raised_at: Timestamp) -> Timestamp {
    let after_min = of.map_or(plans().escalate_after_min, Plan::escalate_after_min);
    Timestamp(raised_at.0 + after_min * 60_000)
}

/// When one that was taken then and not ended is open again.
fn lapses_at(of: Option<&Plan>, taken_at: Timestamp) -> Timestamp {
    let after_min = of.map_or(plans().lapse_after_min, Plan::lapse_after_min);
    Timestamp(taken_at.0 + after_min * 60_000)
}

impl Alert {
    /// Reads an alert again, as it is at a moment.
    pub fn of_row(row: &ResourceVersion, now: Timestamp) -> Option<Self> {
        let body = row.body.as_ref()?;
        let mut words: Words = read_own(body)?;
        let mut state = match text(body, "/status")?.as_str() {
            "requested" => State::Open,
            "accepted" => State::Taken,
            _ => State::Closed,
        };
        let raised_at: Timestamp = text(body, "/authoredOn")?.parse().ok()?;
        let of = words.plan.as_deref().and_then(plan);
        let mut lapses = words.taken_at.map(|at| lapses_at(of, at));
        if let (State::Taken, Some(at)) = (state, lapses.filter(|at| *at <= now)) {
            state = State::Open;
            words.again.push(Again {
                at,
                why: Vec::new(),
                held_by: words.taken_by.take(),
            });
            (words.taken_at, lapses) = (None, None);
        }
        let escalates_at = escalates_at(of, raised_at);
        // One that was taken later had gone on to the second person before.
        let waited_until = words.taken_at.unwrap_or(now);
        Some(Self {
            id: row.key.id.clone(),
            raised_at,
            why: words.why,
            silent: words.silent,
            state,
            escalates_at,
            // What is worse, and what somebody left, is everybody's at once.
            escalated: waited_until >= escalates_at || !words.again.is_empty(),
            again: words.again,
            taken_by: words.taken_by,
            taken_at: words.taken_at,
            lapses_at: lapses.filter(|_| state == State::Taken),
            outcome: words.outcome,
            closed_at: words.closed_at,
        })
    }

    /// Whether somebody still has to do something about it.
    pub fn is_open(&self) -> bool {
        self.state != State::Closed
    }

    /// Since when it is told as it is told now.
    pub fn told_at(&self) -> Timestamp {
        self.again.last().map_or(self.raised_at, |again| again.at)
    }

    /// Who had taken it when it was open again.
    pub fn held_by(&self) -> Option<&Person> {
        self.again.last()?.held_by.as_ref()
    }

    /// Whether silence is all that it tells.
    pub fn is_silence(&self, course: &str) -> bool {
        let key = |since| facts::alert_key(course, &facts::silence_name(since));
        let is_raised_by_it = self.silent.is_some_and(|since| key(since).id == self.id);
        is_raised_by_it && self.again.iter().all(|again| again.why.is_empty())
    }

    /// What its task says.
    fn words(&self) -> Words {
        Words {
            why: self.why.clone(),
            silent: self.silent,
            again: self.again.clone(),
            taken_by: self.taken_by.clone(),
            taken_at: self.taken_at,
            ..Words::default()
        }
    }

    /// Whether it says this already.
    fn says(&self, why: &Text) -> bool {
        let again = self.again.iter().flat_map(|again| &again.why);
        self.why.iter().chain(again).any(|known| known == why)
    }

    fn key(&self) -> ResourceKey {
        ResourceKey {
            kind: "Task".to_owned(),
            id: self.id.clone(),
        }
    }
}

/// What reports that came together tell. Somebody is told once of one stretch of bad days: what comes while an alert is
/// open belongs to it, and tells again where it says what was not said before.
#[derive(Default)]
pub struct Telling {
    /// The first report that tells, or the silence.
    report: String,
    why: Vec<Text>,
    silent: Option<Date>,
}

impl Telling {
    /// What is told of a silence.
    pub fn of_silence(silence: &Silence) -> Self {
        let heard = silence.heard;
        Self {
            report: facts::silence_name(silence.since),
            why: vec![Text::new(
                format!("自 {heard} 起没有消息"),
                format!("Nothing was heard since {heard}"),
            )],
            silent: Some(silence.since),
        }
    }

    /// Hears what a report says about getting worse.
    pub fn hear(&mut self, course: &FollowUp, report: &str, worse: Worse) {
        let Worse::Yes { why } = worse else { return };
        let open = course.open_alert();
        for one in why {
            let is_known = open.is_some_and(|alert| alert.of.says(&one));
            if is_known || self.why.contains(&one) {
                continue;
            }
            if self.why.is_empty() {
                report.clone_into(&mut self.report);
            }
            self.why.push(one);
        }
    }

    /// Whether it says anything.
    pub fn tells(&self) -> bool {
        !self.why.is_empty()
    }

    /// The alert that is raised, or open again, or over since the patient answered; nothing where there is nothing to
    /// tell.
    pub fn facts(self, course: &FollowUp, now: Timestamp) -> Vec<(NewFact, Precondition)> {
        let goes_on = self.tells().then(|| course.goes_on());
        self.alert(course, now).into_iter().chain(goes_on).collect()
    }

    fn alert(self, course: &FollowUp, now: Timestamp) -> Option<(NewFact, Precondition)> {
        if self.why.is_empty() {
            let open = course.open_alert()?;
            let words = Words {
                closed_at: Some(now),
                ..open.of.words()
            };
            let body = task(course, &words, "completed", open.of.raised_at);
            let fact = facts::put(open.of.key(), &course.patient, body);
            let is_over = open.of.is_silence(&course.id);
            return is_over.then(|| (fact, open.unchanged()));
        }
        let key = facts::alert_key(&course.id, &self.report);
        // What was said, taken back and said anew tells by the alert that it raised before.
        let of_report = || course.alerts.iter().find(|alert| alert.of.id == key.id);
        let Some(known) = course.open_alert().or_else(of_report) else {
            let words = Words {
                why: self.why,
                silent: self.silent,
                ..Words::default()
            };
            let body = task(course, &words, "requested", now);
            let fact = facts::put(key, &course.patient, body);
            return Some((fact, Precondition::Version(0)));
        };
        let mut words = Words {
            silent: self.silent.or(known.of.silent),
            taken_by: None,
            taken_at: None,
            ..known.of.words()
        };
        let held_by = known.of.taken_by.as_ref().or(known.of.held_by());
        let mut why = self.why;
        why.retain(|one| !known.of.says(one));
        words.again.push(Again {
            at: now,
            why,
            held_by: held_by.cloned(),
        });
        let body = task(course, &words, "requested", known.of.raised_at);
        let fact = facts::put(known.of.key(), &course.patient, body);
        Some((fact, known.unchanged()))
    }
}

/// An alert that stands when others come to answer for the follow-up: it is the new first person's, and open again where
/// it was in the hands of one who goes.
pub fn handed_over(
    course: &FollowUp,
    alert: &Alert,
    first: &Person,
    goes: &[&ActorId],
    now: Timestamp,
) -> NewFact {
    let mut words = alert.words();
    let holder = alert.taken_by.as_ref().or(alert.held_by());
    if holder.is_some_and(|holder| goes.contains(&&holder.id)) {
        (words.taken_by, words.taken_at) = (None, None);
        words.again.push(Again {
            at: now,
            why: Vec::new(),
            held_by: None,
        });
    }
    let status = if words.taken_by.is_some() {
        "accepted"
    } else {
        "requested"
    };
    let body = task_of(first, course, &words, status, alert.raised_at);
    facts::put(alert.key(), &course.patient, body)
}

fn task(course: &FollowUp, words: &Words, status: &str, raised_at: Timestamp) -> Value {
    task_of(&course.course.first, course, words, status, raised_at)
}

/// The task as it is where this person is told first.
fn task_of(
    first: &Person,
    course: &FollowUp,
    words: &Words,
    status: &str,
    raised_at: Timestamp,
) -> Value {
    let held_by = words.again.last().and_then(|again| again.held_by.as_ref());
    let owner = words.taken_by.as_ref().or(held_by).unwrap_or(first);
    let words = Words {
        plan: Some(course.plan.id.clone()),
        ..words.clone()
    };
    json!({
        "extension": own(&words),
        "basedOn": facts::based_on(&course.id),
        "status": status,
        "intent": "order",
        "priority": "urgent",
        "for": facts::patient(&course.patient),
        "authoredOn": raised_at,
        "owner": owner.reference(),
    })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    alert: String,
    #[serde(default)]
    outcome: String,
}

/// `POST courses/{id}/take` and `…/close`: an alert is taken by a named person, and ended by the one who took it,
/// with what was done.
pub async fn answer(
    context: &dyn Context,
    course: &FollowUp,
    request: &Request,
    closes: bool,
) -> Result<(), Problem> {
    let wish: Wish = request.body_as()?;
    let object = Object::Patient(course.patient.clone());
    context
        .permit(&request.actor, Action::AnswerAlert, &object)
        .await?;
    let found = course.alerts.iter().find(|alert| alert.of.id == wish.alert);
    let found = found.ok_or_else(Problem::not_found)?;
    let alert = &found.of;
    let mut words = alert.words();
    let status = match (alert.state, closes) {
        (State::Open, false) => {
            words.taken_by = Some(Person::from(&request.actor));
            words.taken_at = Some(context.now());
            "accepted"
        }
        (State::Taken, true) => {
            if alert.taken_by.as_ref().map(|person| &person.id) != Some(&request.actor.id) {
                return Err(Problem::out_of_order(
                    "只有接手的人可以结束",
                    "only who took the alert ends it",
                ));
            }
            words.outcome = Some(said(&wish.outcome, "做了什么", "what was done")?);
            words.closed_at = Some(context.now());
            "completed"
        }
        (State::Open, true) => {
            return Err(Problem::out_of_order(
                "须先接手再结束",
                "take the alert before you end it",
            ));
        }
        (State::Taken, false) => {
            return Err(Problem::out_of_order(
                "已有人接手",
                "somebody took this alert already",
            ));
        }
        (State::Closed, _) => {
            return Err(Problem::out_of_order(
                "该报警已结束",
                "this alert has ended",
            ));
        }
    };
    let body = task(course, &words, status, alert.raised_at);
    let fact = facts::put(alert.key(), &course.patient, body);
    facts::commit(context, &request.actor.id, vec![(fact, found.unchanged())]).await?;
    // The patient reads who takes care of it; their account is not known here.
    context.notify(Topic::Case, &course.id, &[]);
    course.tell(context, Topic::Waiting);
    Ok(())
}

/// Words that must be there and may not be endless.
pub fn said(words: &str, zh: &str, en: &str) -> Result<String, Problem> {
    let words = words.trim();
    if words.is_empty() || words.len() > LONGEST {
        return Err(Problem::invalid(
            format!("请写明{zh}（不超过 {LONGEST} 字节）"),
            format!("say {en}, in at most {LONGEST} bytes"),
        ));
    }
    Ok(words.to_owned())
}
