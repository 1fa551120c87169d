//! Devices that are connected at an edge, as they are looked after from here: how they stand, what they are to do, what
//! they answered.

use std::collections::BTreeSet;

use ::devices::Acknowledgement;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use vocabulary::{ActorId, DeviceId, Timestamp};

use super::Edges;
use crate::{
    devices::{CommandState, Quality},
    hospital::Hospital,
};

/// How a device stands at an edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct DeviceNow {
    /// The device.
    pub id: DeviceId,
    /// Whether it is connected there.
    pub connected: bool,
    /// How good what it sends is, and what it says of itself.
    pub quality: Quality,
}

/// What a device at an edge is to do.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// The device.
    pub device: DeviceId,
    /// What to do.
    pub command: String,
    /// With what.
    pub parameters: Value,
    /// After this it is not to be done any more.
    pub until: Timestamp,
    /// Who asks.
    pub by: ActorId,
}

/// What a device answered at an edge.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answered {
    /// The device.
    pub device: DeviceId,
    /// What it answered.
    pub answer: Acknowledgement,
}

/// Of commands: what an edge says of them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Maintained {
    /// Devices that stand otherwise than was said before.
    pub devices: Vec<DeviceNow>,
    /// What devices answered.
    pub answers: Vec<Answered>,
    /// Commands that are on the edge's disk now.
    pub got: Vec<String>,
    /// Commands that the edge has taken back.
    pub let_go: Vec<String>,
    /// Commands that wait there until what they name is fetched; none where it is an edge of before, which says nothing
    /// of these.
    pub fetching: Option<Vec<String>>,
}

/// Of commands: what an edge is told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct ToMaintain {
    /// What is to be done.
    pub orders: Vec<Order>,
    /// What is not to be done any more.
    pub withdrawn: Vec<String>,
}

impl ToMaintain {
    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.orders.is_empty() && self.withdrawn.is_empty()
    }
}

/// Whether a command may still be done.
fn is_open(state: &str) -> bool {
    matches!(state, "waiting" | "accepted")
}

impl Hospital {
    /// Takes what an edge says of the devices that were handed to it, and of no others.
    pub(super) fn take_maintained(&self, edge: &ActorId, said: Maintained) -> Result<()> {
        let Maintained {
            devices,
            answers,
            got,
            let_go,
            fetching,
        } = said;
        for now in devices {
            if self.edges.is_given(edge, "Device", now.id.as_str())? {
                stands(self, edge, now);
            }
        }
        // What is no command of the hospital's is not remembered: an edge could name such without end.
        let known = |ids: Vec<String>| -> Result<Vec<String>> {
            let mut known = Vec::new();
            for id in ids {
                if self.devices.kept.standing(&id)?.is_some() {
                    known.push(id);
                }
            }
            Ok(known)
        };
        let (got, fetching) = (known(got)?, known(fetching.unwrap_or_default())?);
        {
            let line = self.edges.line(edge);
            let mut state = line.state.lock();
            state.got.extend(got);
            state.fetching = fetching.into_iter().collect();
            for id in let_go {
                state.got.remove(&id);
            }
        }
        for Answered { device, answer } in answers {
            if self.edges.is_given(edge, "Device", device.as_str())? {
                self.devices.kept.answer(&device, &answer)?;
            }
        }
        Ok(())
    }

    /// What devices at an edge are to do that it does not have yet, and what they are not to do any more.
    pub(super) fn to_maintain(&self, edge: &ActorId) -> Result<ToMaintain> {
        let mut to_maintain = ToMaintain::default();
        let has = self.edges.has(edge);
        for device in self.devices.at_edge(edge) {
            for CommandState {
                command, by, state, ..
            } in self.devices.kept.commands(&device)?
            {
                let is_new = is_open(&state) && !has.contains(&command.id);
                if is_new && command.until > crate::clock::now() {
                    to_maintain.orders.push(Order {
                        id: command.id,
                        device: device.clone(),
                        command: command.command,
                        parameters: command.parameters,
                        until: command.until,
                        by: ActorId::new(by)?,
                    });
                }
            }
        }
        // The oldest first, as a device that is connected here hears them.
        to_maintain.orders.reverse();
        for id in has {
            let standing = self.devices.kept.standing(&id)?;
            if standing.is_none_or(|(state, _)| !is_open(&state)) {
                to_maintain.withdrawn.push(id);
            }
        }
        Ok(to_maintain)
    }
}

impl Edges {
    /// The commands that an edge has: on its disk, or until what they name is fetched.
    fn has(&self, edge: &ActorId) -> BTreeSet<String> {
        let line = self.line(edge);
        let state = line.state.lock();
        state.got.union(&state.fetching).cloned().collect()
    }
}

/// The edge counts what a device sends; what came here by itself later counts more.
fn stands(hospital: &Hospital, edge: &ActorId, now: DeviceNow) {
    hospital.devices.with_quality(&now.id, |quality| {
        let is_here = quality.edge.is_none() && quality.connected;
        if is_here || (quality.edge.is_none() && quality.last_heard > now.quality.last_heard) {
            return;
        }
        *quality = Quality {
            connected: now.connected,
            edge: Some(edge.clone()),
            ..now.quality
        };
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{devices, hospital::hospital_actor};

    #[tokio::test]
    async fn commands_that_there_are_not_are_not_remembered() {
        let (_folder, hospital) = Hospital::of_test();
        let device = DeviceId::new("ox-1").unwrap();
        let new = serde_json::from_value(json!({"profile": "pulse-oximeter"})).unwrap();
        devices::register(&hospital, &hospital_actor(), &device, &new)
            .await
            .unwrap();
        let by = hospital_actor();
        let command = hospital
            .devices
            .new_command(device, "locate", json!({}), &by)
            .unwrap();
        hospital.devices.command(command.clone()).unwrap();
        let edge = ActorId::new("edge-1").unwrap();
        let said = Maintained {
            got: vec![command.id.clone(), "of-nobody".to_owned()],
            ..Maintained::default()
        };
        hospital.take_maintained(&edge, said).unwrap();
        assert_eq!(hospital.edges.has(&edge), BTreeSet::from([command.id]));
    }
}
