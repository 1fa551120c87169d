//! Commands to devices: what may be asked, and for how long.

use serde_json::Value;
use vocabulary::{DeviceId, Timestamp};

use super::{Command, Devices};
use crate::clock;

/// A command that no device took within a day is not done any more.
const COMMAND_MS: i64 = 24 * 3600 * 1000;
/// The longest name of a command, in bytes.
const LONGEST: usize = 64;
/// The most bytes of its parameters.
const MOST_PARAMETERS: usize = 8 << 10;
/// So many may wait for one device: all of them together are less than what may wait for a connection.
pub const MOST_WAITING: usize = 50;

/// Why a command is not taken.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// Its name.
    #[error("take the command's name: it has 1 to {LONGEST} bytes")]
    Name,
    /// Its parameters.
    #[error("take the command's parameters: they have at most {MOST_PARAMETERS} bytes")]
    Parameters,
    /// Too many wait.
    #[error("keep one more command: {MOST_WAITING} wait for the device already")]
    Many,
    /// It could not be kept.
    #[error("keep the command: {0}")]
    NotKept(#[from] anyhow::Error),
}

impl Devices {
    /// Looks at a command for a device; nothing of it is left out.
    pub fn new_command(
        &self,
        device: DeviceId,
        command: &str,
        parameters: Value,
        by: &vocabulary::ActorId,
    ) -> Result<Command, CommandError> {
        if command.is_empty() || command.len() > LONGEST {
            return Err(CommandError::Name);
        }
        if parameters.to_string().len() > MOST_PARAMETERS {
            return Err(CommandError::Parameters);
        }
        if self.kept.waiting_commands(&device)?.len() >= MOST_WAITING {
            return Err(CommandError::Many);
        }
        Ok(Command {
            id: uuid::Uuid::now_v7().to_string(),
            device,
            command: command.to_owned(),
            parameters,
            until: Timestamp(clock::now().0 + COMMAND_MS),
            by: by.to_string(),
        })
    }

    /// Gives a device an order of a roll-out, once: the same order again changes nothing.
    pub fn order(
        &self,
        id: String,
        device: DeviceId,
        (command, parameters): (&str, Value),
        until: Timestamp,
        by: &str,
    ) -> anyhow::Result<()> {
        self.command(Command {
            id,
            device,
            command: command.to_owned(),
            parameters,
            until,
            by: by.to_owned(),
        })
    }

    /// Keeps a command for a device, and sends it as soon as the device is there.
    pub fn command(&self, command: Command) -> anyhow::Result<()> {
        self.kept.add_command(&command)?;
        // Nobody listening is no failure: the device gets it when it comes.
        let _ = self.commanded.send(command);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::devices::Recalled;

    #[test]
    fn what_is_too_much_is_refused_and_nothing_is_cut_off() {
        let folder = tempfile::tempdir().unwrap();
        let devices = Devices::open(
            folder.path(),
            ::devices::Profiles::shipped().clone(),
            Recalled::default(),
        )
        .unwrap();
        let device = DeviceId::new("pump-1").unwrap();
        let by = vocabulary::ActorId::new("admin").unwrap();
        let new =
            |name: &str, parameters| devices.new_command(device.clone(), name, parameters, &by);
        for name in ["", &"a".repeat(65)] {
            assert!(matches!(new(name, json!({})), Err(CommandError::Name)));
        }
        let large = json!("x".repeat(MOST_PARAMETERS));
        assert!(matches!(new("set", large), Err(CommandError::Parameters)));
        let whole = json!("x".repeat(MOST_PARAMETERS - 2));
        for _ in 0..MOST_WAITING {
            devices.command(new("set", whole.clone()).unwrap()).unwrap();
        }
        assert!(matches!(new("set", json!({})), Err(CommandError::Many)));
        let waiting = devices.kept.waiting_commands(&device).unwrap();
        let bytes: usize = waiting.iter().map(String::len).sum();
        assert!(
            bytes < 1 << 20,
            "{bytes} fit into what may wait for a connection"
        );
    }
}
