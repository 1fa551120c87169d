//! `user`, `token` and `policy`.

use std::{collections::BTreeSet, io::Read, path::PathBuf};

use anyhow::{Context, Result, bail};
use clap::Subcommand;
use policy::{Actor, DEFAULT_POLICIES, Gate, PasswordHash, PasswordRule, Role};
use vocabulary::{ActorId, PatientId};

use crate::{
    accounts::{
        Accounts,
        by_hand::{self, Act},
    },
    cli::Place,
};

/// Tasks of `yuanyi user`.
#[derive(Subcommand)]
pub enum User {
    /// Add an account, or change it; the password comes from standard input.
    Put {
        /// The account's name for signing in.
        id: String,
        /// The name shown to others.
        #[arg(long)]
        name: String,
        /// expert, terminal-doctor, nurse, patient, related-person, manager, researcher, trainee, technician, admin or
        /// system.
        #[arg(long = "role", required = true)]
        roles: Vec<String>,
        /// For a patient's account: the FHIR id of their own record.
        #[arg(long)]
        patient: Option<String>,
        #[command(flatten)]
        place: Place,
    },
    /// List the accounts.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// Close an account and end its sessions.
    Disable {
        /// The account.
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

impl User {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::Put {
                id,
                name,
                roles,
                patient,
                place,
            } => put(&id, name, &roles, patient, &place),
            Self::List { place } => {
                for actor in open(&place)?.list()? {
                    let roles: Vec<String> = actor.roles.iter().map(|role| word(*role)).collect();
                    println!("{:<20} {:<30} {}", actor.id, roles.join(","), actor.name);
                }
                Ok(())
            }
            Self::Disable { id, place } => {
                let accounts = open(&place)?;
                let id = ActorId::new(id)?;
                if !accounts.is_known(&id)? {
                    bail!("find the account {id}: `yuanyi user list` names all");
                }
                accounts.note(Act::Disable, &id)?;
                accounts.disable(&id).map(drop)
            }
        }
    }
}

fn put(
    id: &str,
    name: String,
    roles: &[String],
    patient: Option<String>,
    place: &Place,
) -> Result<()> {
    let mut password = String::new();
    eprintln!("password on standard input, then end of file:");
    std::io::stdin()
        .read_to_string(&mut password)
        .context("read the password")?;
    let password = PasswordHash::of(
        password.trim_end_matches(['\r', '\n']),
        PasswordRule::Hospital,
    )
    .context("use this password")?;
    let roles: BTreeSet<Role> = roles
        .iter()
        .map(|role| {
            serde_json::from_value(serde_json::Value::String(role.clone()))
                .with_context(|| format!("use the role {role}: see --help"))
        })
        .collect::<Result<_>>()?;
    let patient = patient
        .map(PatientId::new)
        .transpose()
        .context("use this patient")?;
    let actor = Actor {
        id: ActorId::new(id).context("use this account name")?,
        name,
        roles,
        patient,
    };
    let accounts = open(place)?;
    accounts.note(Act::Put, &actor.id)?;
    accounts.put(&actor, &password)
}

fn open(place: &Place) -> Result<Accounts> {
    Accounts::open(&place.config()?.data)
}

fn word(role: Role) -> String {
    serde_json::to_value(role)
        .ok()
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_default()
}

/// Tasks of `yuanyi token`.
#[derive(Subcommand)]
pub enum Token {
    /// Print one bearer token and nothing else.
    New {
        /// The account that the token acts for.
        #[arg(long = "as", value_name = "USER")]
        user: String,
        /// How long it lives: `30m`, `1h`, `7d`.
        #[arg(long, default_value = "1h")]
        ttl: String,
        #[command(flatten)]
        place: Place,
    },
    /// List the tokens of programs that have not ended: id, account, when each ends, and when it was used last.
    List {
        #[command(flatten)]
        place: Place,
    },
    /// End one token; what uses it is turned away at once.
    Revoke {
        /// Its id, as `token list` has it.
        id: String,
        #[command(flatten)]
        place: Place,
    },
}

impl Token {
    /// Does it.
    pub fn run(self) -> Result<()> {
        match self {
            Self::New { user, ttl, place } => {
                let lifetime_ms = lifetime_ms(&ttl)?;
                let id = ActorId::new(user.as_str())?;
                println!("{}", open(&place)?.issue_by_hand(&id, lifetime_ms)?);
            }
            Self::List { place } => {
                for token in open(&place)?.tokens()? {
                    let by_hand::Token {
                        id,
                        account,
                        ends,
                        seen,
                    } = token;
                    println!("{id}  {account:<20} ends {ends}  used {seen}");
                }
            }
            Self::Revoke { id, place } => {
                eprintln!("ended a token of {}", open(&place)?.revoke_by_hand(&id)?);
            }
        }
        Ok(())
    }
}

fn lifetime_ms(text: &str) -> Result<i64> {
    let unit_ms = match text.chars().last() {
        Some('s') => 1000,
        Some('m') => 60_000,
        Some('h') => 3_600_000,
        Some('d') => 86_400_000,
        _ => bail!("use the lifetime {text}: write a number and s, m, h or d, such as 30m"),
    };
    let number: i64 = text
        .get(..text.len() - 1)
        .and_then(|number| number.parse().ok())
        .filter(|number| (1..=3650).contains(number))
        .with_context(|| {
            format!("use the lifetime {text}: write a number from 1 to 3650 and s, m, h or d")
        })?;
    Ok(number * unit_ms)
}

/// Tasks of `yuanyi policy`.
#[derive(Subcommand)]
pub enum Policy {
    /// Check a folder of Cedar policies against the schema.
    Check {
        /// The folder; the built-in policies where none is given.
        folder: Option<PathBuf>,
    },
}

impl Policy {
    /// Does it.
    pub fn run(self) -> Result<()> {
        let Self::Check { folder } = self;
        gate(folder.as_deref())?;
        println!("the policies are sound");
        Ok(())
    }
}

/// The gate with the policies of a folder, or the built-in ones.
pub fn gate(folder: Option<&std::path::Path>) -> Result<Gate> {
    let clock: policy::Clock = std::sync::Arc::new(crate::clock::now);
    let Some(folder) = folder else {
        return Gate::new(DEFAULT_POLICIES, clock).context("read the built-in policies");
    };
    let mut files = Vec::new();
    for found in std::fs::read_dir(folder).with_context(|| format!("read {}", folder.display()))? {
        let path = found?.path();
        if path.extension().is_some_and(|ending| ending == "cedar") {
            files.push((path.display().to_string(), std::fs::read_to_string(&path)?));
        }
    }
    files.sort();
    let texts: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    Gate::new(&texts, clock).context("use the policies")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lifetimes_have_units() {
        assert_eq!(lifetime_ms("30m").unwrap(), 1_800_000);
        for bad in ["", "m", "0m", "1", "1y", "-1h", "99999d"] {
            assert!(lifetime_ms(bad).is_err(), "{bad}");
        }
    }
}
