//! Security and privacy for those who administer: who asked for what and how often it was refused, who tried to
//! sign in, which credentials run out or are missing, and how far the ledger has come. No patient is named:
//! whom an access was about is for those who may see that patient. For those who see figures the same in counts, which
//! name no account and no device either.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use ledger::Checkpoint;
use policy::{Action, Object};
use record::{Match, ResourceQuery, Term};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use vocabulary::Timestamp;

use crate::{
    accounts::Ending,
    clock,
    devices::Registered,
    hospital::Hospital,
    http::{Caller, Problem},
};

const DAY_MS: i64 = 86_400_000;
/// How many days are looked at where none are named, and the most.
const DAYS: i64 = 7;
const MOST_DAYS: i64 = 90;
/// How many events are read, the newest ones.
const EVENTS: usize = 20_000;
const PAGE: usize = 500;
/// How many refusals are listed.
const REFUSALS: usize = 100;
/// Tokens that end within so many days are listed.
const ENDING_DAYS: i64 = 14;

/// `/security` and `/security/counts`.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/security", get(security))
        .route("/security/counts", get(counts))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    days: Option<i64>,
}

impl Asked {
    fn days(&self) -> i64 {
        self.days.unwrap_or(DAYS).clamp(1, MOST_DAYS)
    }
}

/// What one account asked for.
#[derive(Default, Serialize)]
struct Access {
    granted: u64,
    refused: u64,
    /// How many patients it was about.
    patients: usize,
    /// How often each action was granted.
    actions: BTreeMap<String, u64>,
    sign_ins: u64,
    failed_sign_ins: u64,
    /// How often each was refused.
    #[serde(skip)]
    refused_actions: BTreeMap<String, u64>,
    #[serde(skip)]
    about: BTreeSet<String>,
}

/// A refusal.
#[derive(Debug, PartialEq, Serialize)]
struct Refusal {
    at: String,
    who: String,
    what: String,
}

#[derive(Default)]
struct Found {
    by_account: BTreeMap<String, Access>,
    refusals: Vec<Refusal>,
}

/// What is shown of the days that are asked for, by name or in counts.
struct Seen {
    now: Timestamp,
    days: i64,
    found: Found,
    is_cut: bool,
    bare: Vec<Arc<Registered>>,
    ending: Vec<Ending>,
    checkpoint: Checkpoint,
}

/// Looks at these days, for who is permitted the action.
async fn look(
    hospital: &Hospital,
    caller: &Caller,
    action: Action,
    asked: &Asked,
) -> Result<Seen, Problem> {
    hospital.permit(caller, action, &Object::Hospital).await?;
    let now = clock::now();
    let days = asked.days();
    let (found, is_cut) = read(hospital, now.0 - days * DAY_MS, now.0).await?;
    Ok(Seen {
        now,
        days,
        found,
        is_cut,
        bare: bare(hospital)?,
        ending: hospital.accounts.ending(now.0 + ENDING_DAYS * DAY_MS)?,
        checkpoint: hospital.record.checkpoint().await?,
    })
}

async fn security(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let seen = look(&hospital, &caller, Action::Administer, &asked).await?;
    let bare = seen.bare.iter();
    let bare = bare.map(|device| json!({"id": device.id, "name": device.name}));
    Ok(Json(json!({
        "now": seen.now,
        "days": seen.days,
        "is_cut": seen.is_cut,
        "accounts": seen.found.by_account,
        "refusals": seen.found.refusals,
        "devices_without_credential": bare.collect::<Vec<_>>(),
        "tokens_ending": seen.ending,
        "ending_days": ENDING_DAYS,
        "ledger": {"size": seen.checkpoint.size, "root": seen.checkpoint.root},
        "room": hospital.signals.room(),
    })))
}

/// Devices in service that nothing lets in.
fn bare(hospital: &Hospital) -> Result<Vec<Arc<Registered>>, Problem> {
    let mut found = Vec::new();
    for device in hospital.devices.all() {
        let count = hospital.devices.kept.credentials(&device.id);
        let count = count.map_err(|error| Problem::internal(&error))?;
        if device.active && count == 0 {
            found.push(device);
        }
    }
    Ok(found)
}

async fn counts(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Result<Json<Value>, Problem> {
    let seen = look(&hospital, &caller, Action::ReadFigures, &asked).await?;
    let mut all = seen.found.counted();
    if let Some(all) = all.as_object_mut() {
        let more = [
            ("now", json!(seen.now)),
            ("days", json!(seen.days)),
            ("is_cut", json!(seen.is_cut)),
            ("devices_without_credential", json!(seen.bare.len())),
            ("tokens_ending", json!(seen.ending.len())),
            ("ending_days", json!(ENDING_DAYS)),
            ("ledger_size", json!(seen.checkpoint.size)),
        ];
        all.extend(more.map(|(name, value)| (name.to_owned(), value)));
    }
    Ok(Json(all))
}

async fn read(hospital: &Hospital, from: i64, to: i64) -> Result<(Found, bool), Problem> {
    let own = hospital.finding().await?;
    let mut found = Found::default();
    let mut offset = 0;
    loop {
        let query = ResourceQuery {
            kind: "AuditEvent".to_owned(),
            terms: vec![Term {
                parameter: "date".to_owned(),
                any_of: vec![Match::DateOverlaps {
                    low: from,
                    high: to,
                }],
            }],
            sort: vec![],
            limit: PAGE,
            offset,
        };
        let rows = hospital.record.search(own, &query).await?.rows;
        let read = rows.len();
        for body in rows.into_iter().filter_map(|row| row.body) {
            found.take(&body);
        }
        offset += read;
        let is_cut = offset >= EVENTS;
        if read < PAGE || is_cut {
            for access in found.by_account.values_mut() {
                access.patients = access.about.len();
            }
            return Ok((found, is_cut));
        }
    }
}

impl Found {
    /// All accounts together: by what was done or refused, and never by whom.
    fn counted(&self) -> Value {
        let mut actions: BTreeMap<&str, [u64; 2]> = BTreeMap::new();
        let (mut granted, mut refused) = (0, 0);
        let (mut sign_ins, mut failed_sign_ins) = (0, 0);
        for access in self.by_account.values() {
            granted += access.granted;
            refused += access.refused;
            sign_ins += access.sign_ins;
            failed_sign_ins += access.failed_sign_ins;
            for (action, count) in &access.actions {
                actions.entry(action).or_default()[0] += count;
            }
            for (action, count) in &access.refused_actions {
                actions.entry(action).or_default()[1] += count;
            }
        }
        let actions = actions.iter().map(|(action, [granted, refused])| {
            json!({"action": action, "granted": granted, "refused": refused})
        });
        json!({
            "granted": granted,
            "refused": refused,
            "sign_ins": sign_ins,
            "failed_sign_ins": failed_sign_ins,
            "actions": actions.collect::<Vec<_>>(),
        })
    }

    fn take(&mut self, body: &Value) {
        let text = |path: &str| body.pointer(path).and_then(Value::as_str);
        let Some(who) = text("/agent/0/who/identifier/value") else {
            return;
        };
        let access = self.by_account.entry(who.to_owned()).or_default();
        let granted = text("/outcome") == Some("0");
        if text("/subtype/0/code") == Some("110122") {
            access.sign_ins += u64::from(granted);
            access.failed_sign_ins += u64::from(!granted);
            return;
        }
        let what = text("/subtype/0/code").unwrap_or("unknown");
        if granted {
            access.granted += 1;
            *access.actions.entry(what.to_owned()).or_default() += 1;
            let entities = body.get("entity").and_then(Value::as_array);
            let about = entities
                .into_iter()
                .flatten()
                .filter_map(|entity| entity.pointer("/what/reference")?.as_str())
                .filter(|reference| reference.starts_with("Patient/"));
            access.about.extend(about.map(str::to_owned));
            return;
        }
        access.refused += 1;
        *access.refused_actions.entry(what.to_owned()).or_default() += 1;
        if self.refusals.len() < REFUSALS {
            self.refusals.push(Refusal {
                at: text("/recorded").unwrap_or_default().to_owned(),
                who: who.to_owned(),
                what: what.to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(who: &str, outcome: &str, action: &str, patient: Option<&str>) -> Value {
        json!({
            "agent": [{"who": {"identifier": {"value": who}}}],
            "outcome": outcome, "recorded": "2026-01-01T00:00:00Z",
            "subtype": [{"code": action}],
            "entity": patient.map(|id| json!([{"what": {"reference": format!("Patient/{id}")}}])),
        })
    }

    #[test]
    fn accesses_are_counted_and_no_patient_is_named() {
        let mut found = Found::default();
        for (outcome, action, patient) in [
            ("0", "read-record", Some("secret-1")),
            ("0", "read-record", Some("secret-1")),
            ("0", "write-record", Some("secret-2")),
            ("4", "read-record", Some("secret-3")),
            ("4", "110122", None),
        ] {
            found.take(&event("nurse", outcome, action, patient));
        }
        found.take(&json!({"outcome": "0"}));
        let access = &found.by_account["nurse"];
        assert_eq!((access.granted, access.refused), (3, 1));
        assert_eq!((access.about.len(), access.failed_sign_ins), (2, 1));
        assert_eq!(access.actions["read-record"], 2);
        let shown = json!({"accounts": found.by_account, "refusals": found.refusals}).to_string();
        assert!(
            shown.contains("read-record") && !shown.contains("secret"),
            "{shown}"
        );
    }

    #[test]
    fn counts_say_what_was_done_and_refused_and_nothing_of_whom() {
        let mut found = Found::default();
        for (who, outcome, action) in [
            ("wang", "0", "read-record"),
            ("li", "0", "read-record"),
            ("li", "4", "read-record"),
            ("li", "4", "administer"),
            ("li", "4", "110122"),
        ] {
            found.take(&event(who, outcome, action, Some("secret")));
        }
        let expect = json!({
            "granted": 2, "refused": 2, "sign_ins": 0, "failed_sign_ins": 1,
            "actions": [
                {"action": "administer", "granted": 0, "refused": 1},
                {"action": "read-record", "granted": 2, "refused": 1},
            ],
        });
        assert_eq!(found.counted(), expect);
    }
}
