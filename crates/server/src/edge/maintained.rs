//! Devices of an edge that are looked after from the cloud: how they stand goes up, what they are to do comes down, and
//! what they are to install is fetched and looked at here before they hear of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ::devices::{Acknowledgement, Answer, MOST_NOTE, MOST_PACKAGE};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use vocabulary::{DeviceId, Digest, Timestamp};

use super::Edge;
use crate::{
    clock,
    devices::Command,
    edges::{Answered, DeviceNow, Maintained, Order, ToMaintain},
    hospital::{Hospital, hospital_actor},
    upgrades::{self, UpgradeError},
};

/// What was said and heard since the program was started.
#[derive(Default)]
pub struct Talk {
    /// How each device stood when the cloud heard of it last.
    stood: BTreeMap<DeviceId, Digest>,
    /// What the cloud is to hear next.
    got: BTreeSet<String>,
    let_go: BTreeSet<String>,
    refused: Vec<Answered>,
}

/// What is said now, to be noted once the cloud has it.
pub struct Said {
    pub maintained: Maintained,
    stood: BTreeMap<DeviceId, Digest>,
}

impl Talk {
    /// What the cloud does not know yet.
    pub fn next(&self, hospital: &Hospital, edge: &Edge) -> Result<Said> {
        let mut devices = Vec::new();
        let mut stood = BTreeMap::new();
        for device in hospital.devices.all() {
            let quality = hospital
                .devices
                .with_quality(&device.id, |quality| quality.clone());
            // When it was heard last alone is news only each half a minute.
            let mut seen = quality.clone();
            let round = |at: Timestamp| Timestamp(at.0.div_euclid(HEARD_EVERY_MS));
            seen.last_heard = seen.last_heard.map(round);
            (seen.messages, seen.accepted, seen.known) = (0, 0, 0);
            let digest = Digest::of(&serde_json::to_vec(&seen)?);
            if self.stood.get(&device.id) == Some(&digest) || quality.first_heard.is_none() {
                continue;
            }
            stood.insert(device.id.clone(), digest);
            devices.push(DeviceNow {
                id: device.id.clone(),
                connected: quality.connected,
                quality,
            });
        }
        let mut answers = self.refused.clone();
        for (id, device, told) in edge.outbox.commands()? {
            let Some(answer) = hospital.devices.kept.answered(&id)? else {
                continue;
            };
            if answer_word(&answer) != told {
                answers.push(Answered { device, answer });
            }
        }
        Ok(Said {
            maintained: Maintained {
                devices,
                answers,
                got: self.got.iter().cloned().collect(),
                let_go: self.let_go.iter().cloned().collect(),
            },
            stood,
        })
    }

    /// The cloud has heard this.
    pub fn heard(&mut self, edge: &Edge, said: Said) -> Result<()> {
        self.stood.extend(said.stood);
        for id in &said.maintained.got {
            self.got.remove(id);
        }
        for id in &said.maintained.let_go {
            self.let_go.remove(id);
        }
        self.refused.clear();
        for Answered { answer, .. } in &said.maintained.answers {
            edge.outbox.command_told(
                &answer.id,
                &answer_word(answer),
                answer.answer != Answer::Accepted,
            )?;
        }
        Ok(())
    }

    /// Does what the cloud says. What cannot be fetched now is told again.
    pub async fn take(
        &mut self,
        hospital: &Hospital,
        edge: &Arc<Edge>,
        said: ToMaintain,
    ) -> Result<()> {
        for id in said.withdrawn {
            hospital.devices.kept.withdraw(&id)?;
            self.let_go.insert(id);
        }
        for order in said.orders {
            let is_install = order.command == "install";
            let fetched = match package_of(&order.parameters).filter(|_| is_install) {
                Some(package) => fetch(hospital, edge, package).await?,
                None if is_install => Err("it names no package of the hospital's".to_owned()),
                None => Ok(()),
            };
            if let Err(refused) = fetched {
                let answer = Acknowledgement {
                    id: order.id.clone(),
                    answer: Answer::Failed,
                    reason: Some(refused),
                    detail: None,
                };
                let device = order.device;
                self.refused.push(Answered { device, answer });
                self.got.insert(order.id);
                continue;
            }
            self.got.insert(order.id.clone());
            give(hospital, edge, order).await?;
        }
        Ok(())
    }
}

/// How often it is news that a device was heard.
const HEARD_EVERY_MS: i64 = 30_000;

fn answer_word(answer: &Acknowledgement) -> String {
    let word = serde_json::to_value(answer.answer).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// Passes an order on to its device.
async fn give(hospital: &Hospital, edge: &Edge, order: Order) -> Result<()> {
    let is_known = hospital.devices.kept.standing(&order.id)?.is_some();
    edge.outbox.put_command(&order.id, &order.device)?;
    if is_known {
        return Ok(());
    }
    let with = Some(("command", order.id.as_str()));
    hospital
        .note_device(&order.by, &order.device, &order.command, with)
        .await?;
    hospital.devices.command(Command {
        id: order.id,
        device: order.device,
        command: order.command,
        parameters: order.parameters,
        until: order.until,
        by: order.by.to_string(),
    })?;
    Ok(())
}

/// The package that a device is to install.
fn package_of(parameters: &Value) -> Option<Digest> {
    let path = parameters.get("path")?.as_str()?;
    let id = path
        .strip_prefix("/api/devices/packages/")?
        .strip_suffix("/bytes")?;
    id.parse().ok()
}

/// Fetches a package that is not here yet, and looks at who signed it; why it is refused.
pub async fn fetch(
    hospital: &Hospital,
    edge: &Arc<Edge>,
    package: Digest,
) -> Result<Result<(), String>> {
    if hospital.upgrades.package(&package).is_some() {
        return Ok(Ok(()));
    }
    let asks = Arc::clone(edge);
    let file = tokio::task::spawn_blocking(move || asks.fetch_package(&package)).await??;
    match upgrades::publish(hospital, &hospital_actor(), &file).await {
        Ok(id) if id == package => Ok(Ok(())),
        Ok(_) => Ok(Err("the edge was given another package".to_owned())),
        Err(UpgradeError::Package(error)) => {
            let why = error.text();
            Ok(Err(format!("{} · {}", why.zh, why.en)))
        }
        Err(error) => Err(error.into()),
    }
}

/// Whether a device at an edge was told to install a package that its cloud publishes.
pub fn is_to_install(hospital: &Hospital, device: &DeviceId, package: &Digest) -> bool {
    let commands = hospital.devices.kept.commands(device).unwrap_or_default();
    hospital.edge.is_some()
        && commands.iter().any(|one| {
            matches!(one.state.as_str(), "waiting" | "accepted")
                && one.command.command == "install"
                && one.command.until > clock::now()
                && package_of(&one.command.parameters) == Some(*package)
        })
}

impl Edge {
    fn fetch_package(&self, package: &Digest) -> Result<Vec<u8>> {
        let asked = self
            .agent
            .get(format!("{}/api/edge/packages/{package}", self.cloud))
            .header("Authorization", format!("Bearer {}", self.token))
            .call();
        let mut answer = asked.context("reach the cloud")?;
        let status = answer.status();
        if !status.is_success() {
            bail!("fetch a package from the cloud: it answers {status}");
        }
        let most = (MOST_PACKAGE + MOST_NOTE + 1) as u64;
        let body = answer.body_mut().with_config().limit(most);
        body.read_to_vec().context("fetch a package from the cloud")
    }
}
