//! A follow-up as the record's facts tell it.

use std::collections::BTreeMap;

use jiff::{civil::Date, tz::TimeZone};
use knowledge::Answers;
use policy::{Actor, Permit, Role};
use record::{Match, NewFact, Precondition, ResourceVersion};
use scenario::{Context, Person, Problem, is_of, read, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{PatientId, Timestamp};

use crate::{
    action::Written,
    alert::Alert,
    assess::{self, Assessment},
    facts::{self, read_own, term},
    handover::{self, Handover},
    nights::{self, Night},
    orders::{self, Order},
    plans::{Plan, Worse, plan},
    referral::Referral,
    report::{self, Report},
    schedule::{Due, NextReport, Period, Schedule},
    spirometry::{self, Session},
    stay,
    visit::Visit,
};

/// What the plan itself holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Course {
    /// The plan's id.
    pub plan: String,
    /// Who is told first.
    pub first: Person,
    /// Who is told as well where nobody took an alert.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub second: Option<Person>,
    /// The patient's usual values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub usual: BTreeMap<String, f64>,
    /// What the doctor wrote into the action plan.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub action: Option<Written>,
    /// Who answered before, in the order in which that changed.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub handovers: Vec<Handover>,
}

/// A fact of the follow-up with the version that it was read at.
#[derive(Clone, Debug)]
pub struct Versioned<T> {
    pub of: T,
    pub version: u64,
}

impl<T> Versioned<T> {
    /// What must be so for the fact to be replaced.
    pub fn unchanged(&self) -> Precondition {
        Precondition::Version(self.version)
    }
}

/// A follow-up.
pub struct FollowUp {
    pub id: String,
    pub patient: PatientId,
    pub patient_name: String,
    pub opened_at: Timestamp,
    pub is_active: bool,
    /// Why it ended.
    pub ended: Option<String>,
    pub course: Course,
    /// Whether the second person has no account any more, where that was looked at.
    pub second_left: bool,
    /// Who treats the patient, while it goes on.
    pub team: Vec<Person>,
    /// Whom the follow-up lets see the patient though they need not treat them; none where it never let anybody in.
    pub let_in: Option<Versioned<Vec<Person>>>,
    pub plan: &'static Plan,
    /// The newest first.
    pub reports: Vec<Report>,
    /// The newest first.
    pub alerts: Vec<Versioned<Alert>>,
    /// In the order in which they were made.
    pub referrals: Vec<Versioned<Referral>>,
    /// In the order in which they began.
    pub visits: Vec<Versioned<Visit>>,
    /// What was asked beside the reports, in the order in which it was.
    pub assessments: Vec<Assessment>,
    /// Sessions of spirometry, in the order in which they were kept.
    pub sessions: Vec<Session>,
    /// Nights of which files tell.
    pub nights: Vec<Versioned<Night>>,
    pub orders: Vec<Order>,
    /// Since when the patient lies in hospital; none where they do not.
    pub in_hospital: Option<Date>,
    /// When they came home from there last.
    pub went_home: Option<Date>,
    /// By which its days begin.
    pub zone: TimeZone,
    /// The `CarePlan` itself.
    pub body: Versioned<Value>,
}

/// Whether somebody is here as a patient and not as staff; whoever accompanies others is no staff by that.
pub fn is_only_patient(actor: &Actor) -> bool {
    let mut roles = actor.roles.iter();
    roles.all(|role| matches!(role, Role::Patient | Role::RelatedPerson))
}

impl FollowUp {
    /// The follow-up with this id, as far as the permit covers it.
    pub async fn find(
        context: &dyn Context,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<Self>, Problem> {
        let Some(mut course) = Self::find_plan(context, permit, id).await? else {
            return Ok(None);
        };
        let now = context.now();
        let rows = facts::of_course(context, permit, "QuestionnaireResponse", id).await?;
        course.reports = rows.iter().filter_map(report::of_row).collect();
        course.sort_reports();
        // Ids end with a number that is not filled up with zeros.
        course.assessments = rows.iter().filter_map(assess::of_row).collect();
        course.assessments.sort_by_key(|assessment| assessment.at);
        let rows = facts::of_course(context, permit, "Task", id).await?;
        course.alerts = versioned(&rows, |row| Alert::of_row(row, now));
        course.sort_alerts();
        let rows = facts::of_course(context, permit, "ServiceRequest", id).await?;
        course.referrals = versioned(&rows, |row| read_own(row.body.as_ref()?));
        course.referrals.sort_by_key(|referral| referral.of.at);
        let lets_in = rows.iter().find(|row| row.key == facts::second_key(id));
        course.let_in = lets_in.and_then(handover::let_in);
        course.read_encounters(context, permit).await?;
        course.read_measured(context, permit).await?;
        if course.is_active {
            course.look_for_second(context).await;
            course.team = team(context, permit, &course.patient).await?;
        }
        if course.plan.orders {
            course.orders = orders::read(context, permit, &course.patient).await?;
        }
        Ok(Some(course))
    }

    /// The plan alone of the follow-up with this id, as far as the permit covers it.
    pub async fn find_plan(
        context: &dyn Context,
        permit: &Permit,
        id: &str,
    ) -> Result<Option<Self>, Problem> {
        let found = read(context.record(), permit, facts::plan_key(id)).await?;
        let found = found.filter(|found| is_of(facts::SCENARIO, found));
        Ok(found.and_then(|version| Self::of_plan(version, context.time_zone())))
    }

    /// The plan alone, before its facts are read.
    pub fn of_plan(version: ResourceVersion, zone: TimeZone) -> Option<Self> {
        let mut body = version.body?;
        let own: Course = read_own(&body)?;
        let subject = text(&body, "/subject/reference")?;
        if let Some(fields) = body.as_object_mut() {
            for written in ["meta", "resourceType", "id"] {
                fields.shift_remove(written);
            }
        }
        Some(Self {
            id: version.key.id,
            patient: PatientId::new(subject.strip_prefix("Patient/")?).ok()?,
            patient_name: text(&body, "/subject/display").unwrap_or_default(),
            opened_at: text(&body, "/created")?.parse().ok()?,
            is_active: text(&body, "/status")? == "active",
            ended: text(&body, "/note/0/text"),
            plan: plan(&own.plan)?,
            course: own,
            second_left: false,
            team: Vec::new(),
            let_in: None,
            reports: Vec::new(),
            alerts: Vec::new(),
            referrals: Vec::new(),
            visits: Vec::new(),
            assessments: Vec::new(),
            sessions: Vec::new(),
            nights: Vec::new(),
            orders: Vec::new(),
            in_hospital: None,
            went_home: None,
            zone,
            body: Versioned {
                of: body,
                version: version.version,
            },
        })
    }

    /// Sessions of spirometry, and nights.
    pub async fn read_measured(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
    ) -> Result<(), Problem> {
        self.read_sessions(context, permit).await?;
        if self.plan.nights {
            let rows = facts::of_course(context, permit, "Observation", &self.id).await?;
            self.nights = versioned(&rows, nights::of_row);
        }
        Ok(())
    }

    /// Sessions of spirometry.
    pub async fn read_sessions(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
    ) -> Result<(), Problem> {
        if self.plan.spirometry {
            let rows = facts::sessions_of_course(context, permit, &self.id).await?;
            self.sessions = rows.iter().filter_map(spirometry::of_row).collect();
            self.sessions.sort_by_key(|session| session.day);
        }
        Ok(())
    }

    /// Visits, and stays in hospital. An `Encounter` refers to no plan: its id says whose visit it is.
    async fn read_encounters(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
    ) -> Result<(), Problem> {
        let about = Match::Reference(format!("Patient/{}", self.patient));
        let mut rows =
            facts::search(context, permit, "Encounter", vec![term("patient", about)]).await?;
        let stays = rows.iter().filter_map(|row| stay::since(row, &self.zone));
        self.in_hospital = stays.min();
        // An end that is still to come, as by a slip of the pen, puts nothing off.
        let today = self.day_of(context.now());
        let ends = rows.iter().filter_map(|row| stay::until(row, &self.zone));
        self.went_home = ends.filter(|day| *day <= today).max();
        let ours = format!("{}-v", self.id);
        rows.retain(|row| is_of(facts::SCENARIO, row) && row.key.id.starts_with(&ours));
        self.visits = versioned(&rows, |row| read_own::<Visit>(row.body.as_ref()?));
        self.visits.sort_by_key(|visit| visit.of.began);
        Ok(())
    }

    /// The newest first.
    pub fn sort_alerts(&mut self) {
        self.alerts
            .sort_by_key(|alert| std::cmp::Reverse(alert.of.raised_at));
    }

    /// The newest first.
    pub fn sort_reports(&mut self) {
        self.reports
            .sort_by_key(|report| std::cmp::Reverse((report.day, report.at)));
    }

    /// The patient's day at a moment.
    pub fn day_of(&self, time: Timestamp) -> Date {
        scenario::day_of(time, &self.zone)
    }

    /// When a day of the patient's begins.
    pub fn start_of(&self, day: Date) -> Timestamp {
        scenario::start_of(day, &self.zone)
    }

    /// When reports are due, by its plan.
    pub fn schedule(&self) -> Schedule {
        self.plan.schedule(self.day_of(self.opened_at))
    }

    /// When the next report is due.
    pub fn next_report(&self, today: Date) -> NextReport {
        let schedule = self.schedule();
        let after =
            |last: Option<&Report>| schedule.next_report(last.map(|report| report.day), today);
        let next = after(self.reports.first());
        let by_person = after(self.by_person().next());
        let is_awaited = |due: Due| matches!(due, Due::Now | Due::Overdue);
        // A device ends the silence; what only the patient can say is still asked for.
        match self.reports.first() {
            Some(last)
                if !is_awaited(next.due)
                    && is_awaited(by_person.due)
                    && !self.is_complete(last.day) =>
            {
                NextReport {
                    day: last.day.max(today),
                    due: Due::Now,
                }
            }
            _ => next,
        }
    }

    /// Whether devices and the patient together answered on this day all that is asked.
    fn is_complete(&self, day: Date) -> bool {
        let is_known = |name: &String| {
            let mut on_day = self.reports.iter().filter(|report| report.day == day);
            on_day.any(|report| report.answers.contains_key(name))
        };
        self.plan.asks.iter().all(is_known)
    }

    /// Reports that a person wrote, the newest first.
    pub fn by_person(&self) -> impl Iterator<Item = &Report> {
        self.reports.iter().filter(|report| report.device.is_none())
    }

    /// The latest periods of the schedule.
    pub fn periods(&self, today: Date) -> Vec<Period> {
        let days: Vec<Date> = self.reports.iter().map(|report| report.day).collect();
        self.schedule().periods(&days, today)
    }

    /// The answers of a report, and those that others gave on its day where it has none: devices for a person, the
    /// person and other devices for a device. Where both answered, each report keeps its own.
    pub fn on_its_day(&self, report: &Report) -> Answers {
        let own = report.device.as_ref().map(|device| &device.id);
        let on_day = || self.reports.iter().filter(|one| one.day == report.day);
        let devices = on_day().filter(|one| match (&one.device, own) {
            (Some(device), Some(own)) => device.id != *own,
            (device, _) => device.is_some(),
        });
        let person = on_day()
            .find(|one| one.device.is_none())
            .filter(|_| own.is_some());
        let others = devices.chain(person).map(|one| &one.answers);
        filled(&report.answers, others)
    }

    /// What a report of this patient says about getting worse.
    pub fn worse(&self, report: &Report) -> Worse {
        self.plan
            .worse(&self.on_its_day(report), &self.course.usual)
    }

    /// What new answers of a person say about it, with what devices measured on that day. Where both measured, either
    /// is a reason: which of them is wrong nobody knows.
    pub fn worse_with(&self, day: Date, answers: &Answers) -> Worse {
        let on_day = self.reports.iter().filter(|report| report.day == day);
        let devices = on_day.filter(|report| report.device.is_some());
        let measured = filled(&Answers::new(), devices.map(|report| &report.answers));
        let said = self
            .plan
            .worse(&filled(answers, [&measured]), &self.course.usual);
        match said {
            Worse::Yes { .. } => said,
            _ => match self
                .plan
                .worse(&filled(&measured, [answers]), &self.course.usual)
            {
                worse @ Worse::Yes { .. } => worse,
                _ => said,
            },
        }
    }

    /// The referral that waits for an answer.
    pub fn open_referral(&self) -> Option<(usize, &Versioned<Referral>)> {
        let (n, last) = self.referrals.iter().enumerate().next_back()?;
        last.of.is_open().then_some((n, last))
    }

    /// The alert that nobody ended yet.
    pub fn open_alert(&self) -> Option<&Versioned<Alert>> {
        self.alerts.iter().find(|alert| alert.of.is_open())
    }

    /// Looks whether the second person still has an account.
    pub async fn look_for_second(&mut self, context: &dyn Context) {
        if let Some(second) = &self.course.second {
            self.second_left = context.account(&second.id).await.is_none();
        }
    }

    /// The second person, as long as they have an account.
    pub fn second(&self) -> Option<&Person> {
        self.course.second.as_ref().filter(|_| !self.second_left)
    }

    /// Who is told as well where nobody takes an alert: the second person, else everybody who treats the patient.
    pub fn others(&self) -> impl Iterator<Item = &Person> {
        let second = self.second();
        let team = self.team.iter();
        let team = team.filter(|one| one.id != self.course.first.id);
        second
            .into_iter()
            .chain(team.filter(move |_| second.is_none()))
    }

    /// The visit that goes on.
    pub fn open_visit(&self) -> Option<(usize, &Versioned<Visit>)> {
        let (n, last) = self.visits.iter().enumerate().next_back()?;
        last.of.ended.is_none().then_some((n, last))
    }

    /// The plan as it is, written with what is opened in it: where it ends in the same instant, one of the two is done
    /// anew. What is open in a follow-up that is over would call nobody.
    pub fn goes_on(&self) -> (NewFact, Precondition) {
        let body = self.body.of.clone();
        let fact = facts::put(facts::plan_key(&self.id), &self.patient, body);
        (fact, self.body.unchanged())
    }

    /// Refuses what makes no sense after the end.
    pub fn must_be_active(&self) -> Result<(), Problem> {
        if self.is_active {
            return Ok(());
        }
        Err(Problem::out_of_order(
            "随访已结束",
            "this follow-up has ended",
        ))
    }
}

/// The people of a patient's care teams who have accounts.
pub async fn team(
    context: &dyn Context,
    permit: &Permit,
    patient: &PatientId,
) -> Result<Vec<Person>, Problem> {
    let mut found = Vec::new();
    for id in fhir::care_team(context.record(), permit, patient, context.now()).await? {
        let account = context.account(&id).await;
        found.extend(account.as_ref().map(Person::from));
    }
    Ok(found)
}

/// Answers, and of others those that are missing; the first stand above the later.
fn filled<'a>(answers: &Answers, others: impl IntoIterator<Item = &'a Answers>) -> Answers {
    let mut all = answers.clone();
    for (name, answer) in others.into_iter().flatten() {
        all.entry(name.clone()).or_insert_with(|| answer.clone());
    }
    all
}

/// What was read of facts, each with its version.
pub fn versioned<T>(
    rows: &[ResourceVersion],
    of: impl Fn(&ResourceVersion) -> Option<T>,
) -> Vec<Versioned<T>> {
    rows.iter()
        .filter_map(|row| {
            Some(Versioned {
                of: of(row)?,
                version: row.version,
            })
        })
        .collect()
}
