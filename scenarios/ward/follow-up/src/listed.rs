//! Many follow-ups at once, as far as a line of the work list and what waits tell of them: what is open is searched for
//! all of them together, and of each only the latest reports are read.

use std::collections::HashMap;

use policy::Permit;
use record::ResourceVersion;
use scenario::{Context, Problem, is_of};
use vocabulary::Timestamp;

use crate::{
    alert::Alert,
    course::{FollowUp, team, versioned},
    facts::{self, read_own},
    orders, report,
    schedule::{PERIODS, days_after},
};

/// So many of the newest reports are read at once.
const PAGE: usize = 40;

/// Facts by the follow-up that they belong to.
type ByCourse = HashMap<String, Vec<ResourceVersion>>;

/// The follow-ups of these plans, with what is open of each and its latest reports.
pub async fn of_plans(
    context: &dyn Context,
    permit: &Permit,
    plans: Vec<ResourceVersion>,
) -> Result<Vec<FollowUp>, Problem> {
    let now = context.now();
    let mut alerts = standing(context, permit, "Task", facts::NOT_ENDED).await?;
    let mut referrals = standing(context, permit, "ServiceRequest", &["active"]).await?;
    let mut visits = standing(context, permit, "Encounter", &["in-progress"]).await?;
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
        course.read_latest(context, permit, now).await?;
        if course.open_alert().is_some() && course.course.second.is_none() {
            course.team = team(context, permit, &course.patient).await?;
        }
        if course.plan.orders {
            course.orders = orders::read(context, permit, &course.patient).await?;
        }
        found.push(course);
    }
    Ok(found)
}

impl FollowUp {
    /// Reads the reports of the periods that are looked back on, and the newest where there are none of these.
    async fn read_latest(
        &mut self,
        context: &dyn Context,
        permit: &Permit,
        now: Timestamp,
    ) -> Result<(), Problem> {
        // What was written down on a day comes in on it or later: clocks and time zones differ by a day at most.
        let first = days_after(self.day_of(now), -(PERIODS + 1) * self.plan.every_days - 1);
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

async fn standing(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    states: &[&str],
) -> Result<ByCourse, Problem> {
    let mut found = ByCourse::new();
    for (row, course) in facts::standing(context, permit, kind, states).await? {
        found.entry(course).or_default().push(row);
    }
    Ok(found)
}
