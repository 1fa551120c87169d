//! Many follow-ups at once, as far as a line of the work list and what waits tell of them: what is open is searched for
//! all of them together, and of each only the latest reports are read.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use policy::Permit;
use record::{Match, ResourceVersion};
use scenario::{Context, Problem, is_of, read, text};
use vocabulary::{PatientId, Timestamp};

use crate::{
    alert::Alert,
    assess,
    course::{FollowUp, team, versioned},
    facts::{self, read_own},
    nights, orders,
    referral::Referral,
    report, stay,
};

/// So many of the newest reports, or nights, are read at once.
const PAGE: usize = 40;

/// Facts by the follow-up that they belong to.
type ByCourse = HashMap<String, Vec<ResourceVersion>>;

/// A referral that waits for an answer, by its id.
type Asked = (String, Referral);

/// The follow-ups of these plans, with what is open of each and its latest reports.
pub async fn of_plans(
    context: &dyn Context,
    permit: &Permit,
    plans: Vec<ResourceVersion>,
) -> Result<Vec<FollowUp>, Problem> {
    let now = context.now();
    let mut alerts = standing(context, permit, "Task", facts::NOT_ENDED).await?;
    let mut referrals = standing(context, permit, "ServiceRequest", &["active"]).await?;
    // A hospital has few stays that go on, and many that are over.
    let encounters = facts::in_state(context, permit, "Encounter", &["in-progress"]).await?;
    let mut in_hospital: HashMap<PatientId, Date> = HashMap::new();
    for row in &encounters {
        let since = stay::since(row, &context.time_zone());
        if let (Some(patient), Some(since)) = (&row.subject, since) {
            let known = in_hospital.entry(patient.clone()).or_insert(since);
            *known = since.min(*known);
        }
    }
    let mut visits = by_course(facts::of_courses(encounters));
    let mut found = Vec::new();
    for plan in plans {
        let Some(mut course) = FollowUp::of_plan(plan, context.time_zone()) else {
            continue;
        };
        let of = |all: &mut ByCourse| all.remove(&course.id).unwrap_or_default();
        let (of_alerts, of_referrals) = (of(&mut alerts), of(&mut referrals));
        let of_visits = of(&mut visits);
        course.alerts = versioned(&of_alerts, |row| Alert::of_row(row, now));
        course.referrals = versioned(&of_referrals, |row| read_own(row.body.as_ref()?));
        course.visits = versioned(&of_visits, |row| read_own(row.body.as_ref()?));
        course.in_hospital = in_hospital.get(&course.patient).copied();
        course.read_latest(context, permit, now).await?;
        if course.open_alert().is_some() {
            course.read_others(context, permit).await?;
        }
        if course.plan.orders {
            course.orders = orders::read(context, permit, &course.patient).await?;
        }
        found.push(course);
    }
    Ok(found)
}

impl FollowUp {
    /// Reads who is told as well where nobody takes an alert.
    async fn read_others(&mut self, context: &dyn Context, permit: &Permit) -> Result<(), Problem> {
        self.look_for_second(context).await;
        if self.second().is_none() {
            self.team = team(context, permit, &self.patient).await?;
        }
        Ok(())
    }

    /// Reads what may make a step call from the work list, where one could.
    pub async fn read_found(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
    ) -> Result<(), Problem> {
        if self.plan.steps().all(|step| step.criterion.is_none()) {
            return Ok(());
        }
        // By their names: among the reports, which are of the same kind, they are few.
        for n in 0.. {
            let key = facts::assessment_key(&self.id, n);
            let Some(row) = read(context.record(), permit, key).await? else {
                break;
            };
            self.assessments
                .extend(assess::of_row(&row).filter(|_| is_of(facts::SCENARIO, &row)));
        }
        let rows = facts::of_course(context, permit, "ServiceRequest", &self.id).await?;
        self.referrals = versioned(&rows, |row| read_own(row.body.as_ref()?));
        self.referrals.sort_by_key(|referral| referral.of.at);
        self.read_sessions(context, permit).await?;
        self.read_nights(context, permit).await
    }

    /// Reads the nights that adherence is taken over, and the newest with oximetry, however long ago: a line needs no
    /// more of years of nights.
    async fn read_nights(&mut self, context: &dyn Context, permit: &Permit) -> Result<(), Problem> {
        if !self.plan.nights {
            return Ok(());
        }
        let first = nights::first_of_latest(self.day_of(context.now()));
        let is_before = |row: &ResourceVersion| {
            let day = row
                .body
                .as_ref()
                .and_then(|body| text(body, "/effectiveDateTime"));
            day.is_some_and(|day| day < first.to_string())
        };
        let plan = Match::Reference(format!("CarePlan/{}", self.id));
        let mut rows = Vec::new();
        loop {
            let of_course = facts::term("based-on", plan.clone());
            let part = (PAGE, rows.len());
            let page = facts::newest_measured(context, permit, of_course, part).await?;
            let is_last = page.len() < PAGE || page.last().is_some_and(is_before);
            rows.extend(page);
            if is_last {
                break;
            }
        }
        let with_oximetry = Match::Token {
            system: Some(facts::OXIMETRY.to_owned()),
            code: Some(self.id.clone()),
        };
        let with_oximetry = facts::term("category", with_oximetry);
        rows.extend(facts::newest_measured(context, permit, with_oximetry, (PAGE, 0)).await?);
        rows.retain(|row| is_of(facts::SCENARIO, row));
        self.nights = versioned(&rows, nights::of_row);
        Ok(())
    }

    /// Reads the reports of the periods that are looked back on, and the newest where there are none of these.
    async fn read_latest(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<(), Problem> {
        // What was written down on a day comes in on it or later: clocks and time zones differ by a day at most.
        let first = self.schedule().looks_back_to(self.day_of(now));
        let first = self.start_of(first);
        let mut reports = Vec::new();
        loop {
            let offset = reports.len();
            let rows = facts::newest_answers(context, permit, &self.id, (PAGE, offset)).await?;
            let is_last = rows.len() < PAGE || rows.last().is_some_and(|row| row.at < first);
            reports.extend(rows);
            if is_last {
                break;
            }
        }
        let ours = reports.iter().filter(|row| is_of(facts::SCENARIO, row));
        self.reports = ours.filter_map(report::of_row).collect();
        self.sort_reports();
        Ok(())
    }
}

/// The follow-ups that go on of which an alert or a referral is open, with whom these call and nothing else.
pub async fn calling(
    context: &dyn Context,
    permit: &Permit,
) -> Result<Vec<(FollowUp, Option<Asked>)>, Problem> {
    let now = context.now();
    let mut alerts = standing(context, permit, "Task", facts::NOT_ENDED).await?;
    let mut referrals = HashMap::new();
    for (row, course) in facts::standing(context, permit, "ServiceRequest", &["active"]).await? {
        let referral: Option<Referral> = row.body.as_ref().and_then(read_own);
        referrals.extend(referral.map(|referral| (course, (row.key.id, referral))));
    }
    let ids: BTreeSet<String> = alerts.keys().chain(referrals.keys()).cloned().collect();
    let mut found = Vec::new();
    for id in ids {
        let course = FollowUp::find_plan(context, permit, &id).await?;
        let Some(mut course) = course.filter(|course| course.is_active) else {
            continue;
        };
        let rows = alerts.remove(&id).unwrap_or_default();
        course.alerts = versioned(&rows, |row| Alert::of_row(row, now));
        course.sort_alerts();
        let is_others = course.open_alert().is_some_and(|open| open.of.escalated);
        if is_others {
            course.read_others(context, permit).await?;
        }
        found.push((course, referrals.remove(&id)));
    }
    Ok(found)
}

async fn standing(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    states: &[&str],
) -> Result<ByCourse, Problem> {
    let rows = facts::standing(context, permit, kind, states).await?;
    Ok(by_course(rows))
}

fn by_course(rows: Vec<(ResourceVersion, String)>) -> ByCourse {
    let mut found = ByCourse::new();
    for (row, course) in rows {
        found.entry(course).or_default().push(row);
    }
    found
}
