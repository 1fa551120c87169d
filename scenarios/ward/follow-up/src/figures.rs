//! How follow-up runs, in figures that name nobody: for those who run the hospital.

use jiff::civil::Date;
use knowledge::Direction;
use policy::{Actor, Permit};
use record::{ResourceQuery, ResourceVersion, Sort};
use scenario::{Context, Figure, Problem, Reply, is_of};
use serde_json::json;
use vocabulary::Timestamp;

use crate::{
    alert::Alert,
    course::FollowUp,
    facts::{self, read_own},
    listed, nights,
    referral::Referral,
};

/// What was raised or referred is counted for so many days.
const DAYS: i64 = 30;
const DAY_MS: i64 = 24 * 3_600_000;
const MINUTE_MS: f64 = 60_000.0;
/// So many facts are read at once.
const PAGE: usize = 500;

/// `GET figures`: all of them, those included that take looking at each follow-up.
pub async fn get(context: &dyn Context, actor: &Actor) -> Result<Reply, Problem> {
    let permit = context.permit_to_count(actor).await?;
    let mut all = of_facts(context, &permit).await?;
    let plans = facts::active_plans(context, &permit).await?;
    let (mut due, mut came) = (0, 0);
    let (mut known, mut adherent) = (0, 0);
    for mut course in listed::of_plans(context, &permit, plans).await? {
        let today = course.day_of(context.now());
        let (over, reported) = on_time(&course, today);
        due += over;
        came += reported;
        if course.plan.asks_for_use() {
            course.read_measured(context, &permit).await?;
            if let Some(class) = nights::adherent(&course, today) {
                known += 1;
                adherent += usize::from(class == "adherent");
            }
        }
    }
    all.push(figure("decision", "on-time", percent(came, due)));
    all.push(figure("decision", "adherent", percent(adherent, known)));
    Ok(Reply::ok(json!({"days": DAYS, "figures": all})))
}

/// Those that facts tell without their follow-ups.
pub async fn of_facts(context: &dyn Context, permit: &Permit) -> Result<Vec<Figure>, Problem> {
    let now = context.now();
    let since = Timestamp(now.0 - DAYS * DAY_MS);
    let followed = facts::active_plans(context, permit).await?.len();
    let standing = facts::standing(context, permit, "Task", facts::NOT_ENDED).await?;
    let alert = |row: &ResourceVersion| Alert::of_row(row, now);
    let open: Vec<Alert> = standing.iter().filter_map(|(row, _)| alert(row)).collect();
    let silent = open.iter().filter(|one| one.silent.is_some()).count();
    let asked = facts::standing(context, permit, "ServiceRequest", &["active"]).await?;
    let asked = asked.iter().filter_map(|(row, _)| referral(row));
    let unanswered = asked.filter(Referral::is_open).count();

    let raised = lately(context, permit, "Task", since).await?;
    let taken_after = |one: Alert| {
        let waited_ms = one.taken_at?.0 - one.raised_at.0;
        (one.raised_at >= since).then_some(waited_ms as f64 / MINUTE_MS)
    };
    let to_taken = middle(raised.iter().filter_map(alert).filter_map(taken_after));
    let referred = lately(context, permit, "ServiceRequest", since).await?;
    let referred: Vec<Referral> = referred
        .iter()
        .filter_map(referral)
        .filter(|one| one.at >= since && one.withdrawn.is_none())
        .collect();
    let gone = |direction: Direction| {
        let all = referred.iter();
        count(all.filter(|one| one.direction == direction).count())
    };
    // One that goes back is the answer itself.
    let to_answer = referred
        .iter()
        .filter_map(|one| Some(one.answered?.0 - one.at.0))
        .filter(|waited_ms| *waited_ms > 0)
        .map(|waited_ms| waited_ms as f64 / (60.0 * MINUTE_MS));
    Ok(vec![
        figure("desktop", "followed", count(followed)),
        figure("desktop", "home-alerts", count(open.len())),
        figure("desktop", "home-silent", count(silent)),
        figure("decision", "minutes-to-taken", to_taken),
        figure("decision", "referred-up", gone(Direction::Up)),
        figure("decision", "referred-down", gone(Direction::Down)),
        figure("decision", "unanswered", count(unanswered)),
        figure("decision", "hours-to-answer", middle(to_answer)),
    ])
}

/// Of the periods that are over, how many there are and how many had a report.
pub fn on_time(course: &FollowUp, today: Date) -> (usize, usize) {
    let mut over = course.periods(today);
    over.retain(|period| !period.goes_on);
    let reported = over.iter().filter(|period| period.reports > 0).count();
    (over.len(), reported)
}

fn referral(row: &ResourceVersion) -> Option<Referral> {
    read_own(row.body.as_ref()?)
}

fn figure(of: &'static str, name: &'static str, value: Option<f64>) -> Figure {
    Figure { of, name, value }
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "a count stands beside figures that may not be known"
)]
fn count(value: usize) -> Option<f64> {
    Some(value as f64)
}

fn percent(part: usize, of: usize) -> Option<f64> {
    (of > 0).then(|| 100.0 * part as f64 / of as f64)
}

/// The middle one; none of none.
fn middle(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// The scenario's own facts of a kind that were written since then.
async fn lately(
    context: &dyn Context,
    permit: &Permit,
    kind: &str,
    since: Timestamp,
) -> Result<Vec<ResourceVersion>, Problem> {
    let mut query = ResourceQuery {
        kind: kind.to_owned(),
        terms: vec![],
        sort: vec![Sort {
            parameter: "_lastUpdated".to_owned(),
            descending: true,
        }],
        limit: PAGE,
        offset: 0,
    };
    let mut found = Vec::new();
    loop {
        let rows = context.record().search(permit, &query).await?.rows;
        query.offset += rows.len();
        let is_last = rows.len() < PAGE || rows.last().is_some_and(|row| row.at < since);
        let ours = |row: &ResourceVersion| row.at >= since && is_of(facts::SCENARIO, row);
        found.extend(rows.into_iter().filter(ours));
        if is_last {
            return Ok(found);
        }
    }
}
