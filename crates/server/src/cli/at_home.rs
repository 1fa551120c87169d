//! The follow-ups at home that the demo begins, over the hospital's own door, as its people would.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{civil::Date, tz::TimeZone};
use scenario::day_of;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use signals::Edf;
use vocabulary::{ActorId, PatientId, Timestamp};

use crate::{
    cli::door::{OpenDoor, text},
    clock,
    hospital::Hospital,
    listen::Doors,
};

const DAY_MS: i64 = 24 * 3_600_000;
/// How long the people's tokens live.
const TOKEN_MS: i64 = 600_000;
const COURSES: &str = "/scenarios/follow-up/courses";

/// The demo's list of them: `demo/at-home/follow-up.toml`.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct AtHome {
    follow_up: Vec<FollowUp>,
}

/// One of them.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct FollowUp {
    plan: String,
    patient: PatientId,
    /// Who begins it, and is told first.
    doctor: ActorId,
    /// Whose account the reports and the card come from.
    by: ActorId,
    reports: Vec<Report>,
    /// The statistics of a therapy device's card.
    card: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Report {
    days_ago: i64,
    answers: Map<String, Value>,
}

/// Begins the follow-ups of these demo data, where they hold some.
pub async fn begin(hospital: &Arc<Hospital>, doors: &Doors, files: &Path) -> Result<()> {
    let folder = files.join("at-home");
    let list = folder.join("follow-up.toml");
    if !list.is_file() {
        return Ok(());
    }
    let home: AtHome = toml::from_str(&std::fs::read_to_string(list)?)
        .context("understand demo/at-home/follow-up.toml")?;
    for one in home.follow_up {
        let name = format!("the follow-up of {} by the plan {}", one.patient, one.plan);
        if let Err(error) = begin_one(hospital, doors, &folder, one).await {
            // Other demo data, or settings without this plan.
            eprintln!("  {name}: could not {error:#}");
        }
    }
    Ok(())
}

async fn begin_one(
    hospital: &Arc<Hospital>,
    doors: &Doors,
    folder: &Path,
    one: FollowUp,
) -> Result<()> {
    let opened = |account: &ActorId| -> Result<OpenDoor> {
        let token = hospital.accounts.issue(account, TOKEN_MS, None)?;
        Ok(OpenDoor::new(doors.http_url(), token))
    };
    let (doctor, by) = (opened(&one.doctor)?, opened(&one.by)?);
    let reports = one.reports(clock::now(), hospital.config.time_zone.rules());
    let card = match &one.card {
        Some(name) => {
            let bytes = std::fs::read(folder.join(name)).with_context(|| format!("read {name}"))?;
            let moved = moved(bytes, hospital.today())?;
            Some(json!({"files": [{"path": name, "base64": STANDARD.encode(moved)}]}))
        }
        None => None,
    };
    let send = move || one.send((&doctor, &by), &reports, card.as_ref());
    tokio::task::spawn_blocking(send).await?
}

impl FollowUp {
    /// Its reports, as a phone sends them that kept them.
    fn reports(&self, now: Timestamp, zone: &TimeZone) -> Value {
        let reports = self.reports.iter().map(|report| {
            let at = Timestamp(now.0 - report.days_ago * DAY_MS);
            let id = format!("demo{:04}", report.days_ago);
            json!({"id": id, "at": at, "day": day_of(at, zone), "answers": report.answers})
        });
        json!({"reports": reports.collect::<Vec<_>>()})
    }

    /// The doctor begins it; then come the reports, and the nights.
    fn send(
        &self,
        (doctor, by): (&OpenDoor, &OpenDoor),
        reports: &Value,
        card: Option<&Value>,
    ) -> Result<()> {
        let begun = doctor.post(
            COURSES,
            &json!({"patient": self.patient, "plan": self.plan}),
        )?;
        let id = text(&begun, "id").context("read which follow-up began")?;
        by.put(&format!("{COURSES}/{id}/reports"), reports)?;
        if let Some(card) = card {
            by.post(&format!("{COURSES}/{id}/nights"), card)?;
        }
        Ok(())
    }
}

/// The statistics of a card as if their last day, on which the machine has counted nothing yet, were today: nights of
/// years ago decide nothing.
fn moved(mut statistics: Vec<u8>, today: Date) -> Result<Vec<u8>> {
    let edf = Edf::read(&statistics).context("read the statistics of a card")?;
    let days = edf.signals.first().filter(|first| first.label == "Date");
    let last = days.and_then(|days| days.samples.last());
    let last = last.context("find the days in the statistics of a card")?;
    // A data record is a day, and begins with its number since 1970.
    let later = (today - Date::constant(1970, 1, 1)).get_days() - last;
    let records = edf.records * edf.record_bytes + edf.left_over_bytes;
    let header = statistics.len().saturating_sub(records);
    let records = statistics.get_mut(header..).unwrap_or_default();
    for record in records.chunks_exact_mut(edf.record_bytes) {
        if let Some(day) = record.first_chunk_mut::<2>() {
            let number = i32::from(i16::from_le_bytes(*day)) + later;
            let number = i16::try_from(number).context("move the days of a card")?;
            *day = number.to_le_bytes();
        }
    }
    Ok(statistics)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use jiff::civil::date;
    use signals::cpap::Card;

    use super::*;

    fn demo() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../demo")
    }

    fn home() -> AtHome {
        let list = std::fs::read_to_string(demo().join("at-home/follow-up.toml")).unwrap();
        toml::from_str(&list).unwrap()
    }

    #[test]
    fn the_last_day_of_a_card_becomes_today_and_its_nights_stay_what_they_were() {
        let bytes = std::fs::read(demo().join("at-home/STR.edf")).unwrap();
        let used = |bytes: Vec<u8>| -> Vec<(Date, f64)> {
            let card = Card::read(&[("STR.edf".to_owned(), bytes)]);
            let nights = card.nights.iter();
            nights
                .filter_map(|night| Some((night.date, night.usage_h()?)))
                .collect()
        };
        let hours = |nights: &[(Date, f64)]| nights.iter().map(|(_, h)| *h).collect::<Vec<_>>();
        let before = used(bytes.clone());
        let after = used(moved(bytes, date(2026, 11, 29)).unwrap());
        assert_eq!(hours(&before), hours(&after));
        assert_eq!(after.len(), 17);
        let last = after.last().unwrap();
        assert_eq!(*last, (date(2026, 11, 28), 3.9));
        assert!(moved(b"no recording".to_vec(), date(2026, 11, 29)).is_err());
    }

    #[test]
    fn reports_lie_on_the_days_of_the_hospital_and_have_names_of_their_own() {
        let now: Timestamp = "2026-11-28T20:00:00Z".parse().unwrap();
        let china = TimeZone::fixed(jiff::tz::offset(8));
        for one in home().follow_up {
            let sent = one.reports(now, &china);
            let sent = sent["reports"].as_array().unwrap();
            let days: Vec<&str> = sent.iter().filter_map(|one| one["day"].as_str()).collect();
            assert!(days.is_sorted_by(|one, next| one < next), "{days:?}");
            assert!(*days.last().unwrap() < "2026-11-29", "{days:?}");
            assert!(
                sent.iter()
                    .all(|one| one["id"].as_str().unwrap().len() == 8)
            );
        }
    }

    #[test]
    fn whoever_begins_a_follow_up_or_reports_has_an_account_of_the_demo() {
        let accounts = std::fs::read_to_string(demo().join("accounts.toml")).unwrap();
        let accounts: toml::Table = toml::from_str(&accounts).unwrap();
        for one in home().follow_up {
            for account in [&one.doctor, &one.by] {
                assert!(accounts.contains_key(account.as_str()), "{account}");
            }
            if let Some(file) = &one.card {
                assert!(demo().join("at-home").join(file).is_file(), "{file}");
            }
        }
    }
}
