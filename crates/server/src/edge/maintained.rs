//! Devices of an edge that are looked after from the cloud: how they stand goes up, what they are to do comes down. What
//! they are to install is fetched and looked at here before they hear of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use ::devices::{Acknowledgement, Answer};
use anyhow::Result;
use vocabulary::{DeviceId, Digest, Timestamp};

use super::Edge;
use crate::{
    clock,
    devices::Command,
    edges::{Answered, DeviceNow, Maintained, Order, ToMaintain},
    hospital::Hospital,
    upgrades::package_of,
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
    /// Orders to install what is still fetched, in their order.
    waits: Vec<Order>,
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
                fetching: Some(self.waits.iter().map(|order| order.id.clone()).collect()),
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

    /// Does what the cloud says. An order to install what is not here yet waits until that is fetched.
    pub async fn take(
        &mut self,
        hospital: &Hospital,
        edge: &Arc<Edge>,
        said: ToMaintain,
    ) -> Result<()> {
        for id in said.withdrawn {
            hospital.devices.kept.withdraw(&id)?;
            if let Some(at) = self.waits.iter().position(|order| order.id == id) {
                let order = self.waits.remove(at);
                self.let_package_go(edge, &order)?;
            }
            self.let_go.insert(id);
        }
        let mut orders = std::mem::take(&mut self.waits);
        for order in said.orders {
            if orders.iter().all(|known| known.id != order.id) {
                orders.push(order);
            }
        }
        let mut refused = Vec::new();
        for order in orders {
            refused.extend(self.take_order(hospital, edge, order).await?);
        }
        for package in refused {
            edge.forget_refused(&package);
        }
        Ok(())
    }

    fn let_package_go(&self, edge: &Edge, of: &Order) -> Result<()> {
        let package = package_of(&of.parameters);
        let mut others = self.waits.iter();
        match package.filter(|_| others.all(|one| package_of(&one.parameters) != package)) {
            Some(package) => edge.let_package_go(&package),
            None => Ok(()),
        }
    }

    /// Passes an order on, or keeps it while what it names is fetched; the package, where the edge does not take it.
    async fn take_order(
        &mut self,
        hospital: &Hospital,
        edge: &Arc<Edge>,
        order: Order,
    ) -> Result<Option<Digest>> {
        let package = package_of(&order.parameters);
        let fetched = match package {
            _ if order.command != "install" => Ok(()),
            None => Err("it names no package of the hospital's".to_owned()),
            Some(package) => {
                // One upgrade of a device goes behind the other, though its own package may be here already.
                let is_behind = self.waits.iter().any(|one| one.device == order.device);
                let found = edge.package(hospital, package);
                match found.filter(|_| !is_behind) {
                    Some(fetched) => fetched,
                    None if order.until > clock::now() => {
                        self.waits.push(order);
                        return Ok(None);
                    }
                    // By this clock, which may be ahead: unanswered, the cloud would give it again at once.
                    None => {
                        self.let_package_go(edge, &order)?;
                        self.refuse(
                            order,
                            "it came too late by the clock of the edge".to_owned(),
                        );
                        return Ok(None);
                    }
                }
            }
        };
        match fetched {
            Ok(()) => {
                self.got.insert(order.id.clone());
                give(hospital, edge, order).await?;
                Ok(None)
            }
            Err(refused) => {
                self.refuse(order, refused);
                Ok(package)
            }
        }
    }

    /// The device is not told; who asked is.
    fn refuse(&mut self, order: Order, why: String) {
        self.got.insert(order.id.clone());
        let answer = Acknowledgement {
            id: order.id,
            answer: Answer::Failed,
            reason: Some(why),
            detail: None,
        };
        let device = order.device;
        self.refused.push(Answered { device, answer });
    }

    /// Whether something is fetched for orders.
    pub fn is_fetching(&self) -> bool {
        !self.waits.is_empty()
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{edge, hospital::hospital_actor};

    #[tokio::test]
    async fn an_order_that_came_too_late_by_the_clock_here_is_answered_and_one_that_did_not_waits()
    {
        let folder = tempfile::tempdir().unwrap();
        let config = edge::tests::config(folder.path());
        let hospital = Hospital::open(config).unwrap();
        let edge = hospital.edge.clone().unwrap();
        let path = format!("/api/devices/packages/{}/bytes", Digest::of(b"package"));
        let order = |id: &str, after_ms: i64| Order {
            id: id.to_owned(),
            device: DeviceId::new(id).unwrap(),
            command: "install".to_owned(),
            parameters: json!({"path": path}),
            until: Timestamp(clock::now().0 + after_ms),
            by: hospital_actor(),
        };
        let said = ToMaintain {
            orders: vec![order("late", -1), order("early", 60_000)],
            withdrawn: vec![],
        };
        let mut talk = Talk::default();
        talk.take(&hospital, &edge, said).await.unwrap();
        assert_eq!(talk.got, BTreeSet::from(["late".to_owned()]));
        let [answered] = &talk.refused[..] else {
            panic!("one is answered");
        };
        assert_eq!(answered.answer.id, "late");
        assert!(talk.is_fetching());
    }
}
