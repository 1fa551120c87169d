//! Where people are reached who have no page open, as they say it themselves. It stays beside their password, in no
//! journal and no log, so that it can be forgotten.

use anyhow::Result;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;
use vocabulary::{ActorId, Language};

use super::Accounts;

/// The longest address, in characters.
const LONGEST: usize = 200;

/// Where and how somebody is reached.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// A phone number, or whatever the hospital's gateway knows them by.
    pub address: String,
    /// Whether they are reached by it now.
    pub on: bool,
    /// The language of messages.
    pub language: Language,
}

impl Reach {
    /// Whether its address can be one.
    pub fn is_usable(&self) -> bool {
        let length = self.address.chars().count();
        self.address.trim() == self.address
            && (1..=LONGEST).contains(&length)
            && !self.address.chars().any(char::is_control)
    }
}

fn word(language: Language) -> &'static str {
    match language {
        Language::Zh => "zh",
        Language::En => "en",
    }
}

impl Accounts {
    /// Where somebody is reached, where they said so.
    pub fn reach(&self, account: &ActorId) -> Result<Option<Reach>> {
        let database = self.inner.reads.lock();
        let mut query = database
            .prepare_cached("SELECT address, is_on, language FROM reach WHERE account = ?1")?;
        let found = query.query_row([account.as_str()], |row| {
            let language: String = row.get(2)?;
            Ok(Reach {
                address: row.get(0)?,
                on: row.get(1)?,
                language: if language == "en" {
                    Language::En
                } else {
                    Language::Zh
                },
            })
        });
        Ok(found.optional()?)
    }

    /// Keeps where somebody is reached, or forgets it.
    pub fn put_reach(&self, account: &ActorId, reach: Option<&Reach>) -> Result<()> {
        let writes = self.inner.writes.lock();
        match reach {
            Some(reach) => writes.execute(
                "INSERT OR REPLACE INTO reach (account, address, is_on, language) VALUES (?1, ?2, ?3, ?4)",
                params![account.as_str(), reach.address, reach.on, word(reach.language)],
            )?,
            None => writes.execute("DELETE FROM reach WHERE account = ?1", [account.as_str()])?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use policy::{Actor, PasswordHash, PasswordRule};

    use super::*;

    #[test]
    fn an_address_is_kept_changed_and_forgotten_with_its_account() {
        let folder = tempfile::tempdir().unwrap();
        let accounts = Accounts::open(folder.path()).unwrap();
        let nurse = Actor {
            id: ActorId::new("nurse").unwrap(),
            name: "Nurse".to_owned(),
            roles: [policy::Role::Nurse].into(),
            patient: None,
        };
        let password = PasswordHash::of("a good password", PasswordRule::Hospital).unwrap();
        accounts.put(&nurse, &password).unwrap();
        let is = |address: &str, on| Reach {
            address: address.to_owned(),
            on,
            language: Language::En,
        };
        assert!(accounts.reach(&nurse.id).unwrap().is_none());
        for reach in [is("1", true), is("2", false)] {
            accounts.put_reach(&nurse.id, Some(&reach)).unwrap();
            assert!(accounts.reach(&nurse.id).unwrap() == Some(reach));
        }
        accounts.disable(&nurse.id).unwrap();
        assert!(accounts.reach(&nurse.id).unwrap().is_none());
        assert!(is("+86 10", true).is_usable());
        for address in ["", " 1", "1\n", &"1".repeat(LONGEST + 1)] {
            assert!(!is(address, true).is_usable(), "{address:?}");
        }
    }
}
