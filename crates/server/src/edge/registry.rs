//! The cloud's registry at an edge: taken over as it comes, kept for when there is no line. What was typed in here and
//! is not the cloud's stays as it is; what the cloud hands down no more ends here.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result};
use policy::{Action, Actor, PasswordHash, Permit};
use record::{Batch, NewFact, Precondition, ResourceKey};
use serde::Serialize;
use serde_json::Value;
use vocabulary::{ActorId, DeviceId, Digest};

use super::{Edge, outbox::PACKAGE};
use crate::{
    devices,
    edges::{Handed, HandedCredential, HandedPerson, Registry},
    hospital::{Hospital, hospital_actor},
    ward::stays_as_written,
};

/// Under these words credentials and accounts stand beside the resources.
const CREDENTIAL: &str = "credential";
const PERSON: &str = "person";
/// Stands for the version of a device that is taken over once more.
const NOT_YET: &str = "not yet";

type Versions = BTreeMap<(String, String), String>;

/// Takes it over: resources, what devices show, accounts. Killed in the middle, it begins again.
pub async fn take_over(
    hospital: &Hospital,
    edge: &Arc<Edge>,
    registry: Registry,
    revision: &str,
) -> Result<()> {
    let work = hospital.own_permit("take over the cloud's registry", Action::ReadRecord);
    let permit = work.await?;
    // Profiles are fetched meanwhile; until they are here their devices are read by those of before.
    let packages = &registry.packages;
    let have_come = || {
        let mut packages = packages.iter();
        packages.all(|package| edge.has_looked_at(hospital, package))
    };
    let has_all = have_come();
    let before = edge.outbox.handed()?;
    // What somebody here said of these is not in what the cloud hands down: it comes back from there once it has gone up,
    // unless somebody there has said something later.
    let said_here = edge.outbox.devices()?;
    let mut now = Versions::new();
    let mut facts = Vec::new();
    for handed in registry.resources {
        let at = (handed.key.kind.clone(), handed.key.id.clone());
        let version = version(&handed)?;
        let is_new = before.get(&at) != Some(&version);
        let is_kept = is_new
            && at.0 == "Device"
            && said_here.contains(&at.1)
            && !is_said_later(hospital, &permit, &handed).await?;
        if is_new && !is_kept {
            let is_ours = before.contains_key(&at);
            let Some(taken) = taken(hospital, &permit, handed, is_ours).await? else {
                continue;
            };
            facts.extend(taken);
        }
        let is_again = is_kept || (at.0 == "Device" && !has_all);
        now.insert(
            at,
            if is_again {
                NOT_YET.to_owned()
            } else {
                version
            },
        );
    }
    for package in packages {
        now.insert((PACKAGE.to_owned(), package.to_string()), String::new());
    }
    for one in &registry.credentials {
        now.insert(at_credential(one)?, String::new());
    }
    for person in &registry.people {
        let at = (PERSON.to_owned(), person.id.to_string());
        // Who has an account here of before keeps it as it is, also a closed one.
        let is_ours = before.contains_key(&at) || !hospital.accounts.is_known(&person.id)?;
        if is_ours {
            now.insert(at, version(person)?);
        }
    }
    // Whoever is killed between here and the end must find out then what of it is the cloud's.
    edge.outbox.claim(now.keys())?;
    // First what ends: a device that was withdrawn is put out before anything else is done.
    let gone: Vec<_> = before.keys().filter(|at| !now.contains_key(*at)).collect();
    for (kind, id) in gone {
        match kind.as_str() {
            CREDENTIAL => end_credential(hospital, id)?,
            PERSON => {
                hospital.accounts.disable(&ActorId::new(id.as_str())?)?;
            }
            PACKAGE => {}
            kind => facts.extend(ended(hospital, &permit, kind, id).await?),
        }
    }
    // What a device shows is here before the device is: once it is known it can come in.
    for one in &registry.credentials {
        let at = at_credential(one)?;
        if before.get(&at) != now.get(&at) {
            hospital
                .devices
                .kept
                .add_shown(&one.device, one.credential)?;
        }
    }
    if !facts.is_empty() {
        let facts = facts.into_iter().map(|fact| (fact, Precondition::None));
        let batch = Batch {
            actor: hospital_actor(),
            facts: facts.collect(),
        };
        hospital.record.commit(batch).await?;
    }
    for person in &registry.people {
        let at = (PERSON.to_owned(), person.id.to_string());
        let is_new = now.get(&at).is_some_and(|new| before.get(&at) != Some(new));
        if is_new {
            open_account(hospital, person)?;
        }
    }
    edge.outbox.put_handed(&now, revision)?;
    // The last may have come just now.
    if !has_all && have_come() {
        edge.outbox.forget_revision()?;
    }
    edge.package_wanted.notify_one();
    Ok(())
}

/// What tells a version of something from others; of an account no hash is written down once more.
fn version(of: &impl Serialize) -> Result<String> {
    Ok(Digest::of(&serde_json::to_vec(of)?).to_string())
}

fn at_credential(one: &HandedCredential) -> Result<(String, String)> {
    Ok((CREDENTIAL.to_owned(), serde_json::to_string(one)?))
}

fn end_credential(hospital: &Hospital, handed: &str) -> Result<()> {
    let one: HandedCredential = serde_json::from_str(handed).context("read what was handed")?;
    hospital.devices.kept.end_shown(one.credential)?;
    hospital.devices.put_out(&one.device);
    Ok(())
}

fn open_account(hospital: &Hospital, person: &HandedPerson) -> Result<()> {
    let password = PasswordHash::try_from(person.password.clone())?;
    let actor = Actor {
        id: person.id.clone(),
        name: person.name.clone(),
        roles: person.roles.clone(),
        patient: None,
    };
    hospital.accounts.put(&actor, &password)
}

/// Whether whose values a device measures was said in the cloud later than here.
async fn is_said_later(hospital: &Hospital, permit: &Permit, handed: &Handed) -> Result<bool> {
    let here = hospital.record.resource(permit, &handed.key, None).await?;
    let here = here.and_then(|here| devices::since_of(here.body.as_ref()?));
    Ok(devices::since_of(&handed.body) > here)
}

/// The facts of something that was handed down; none where what is here stays as it is.
async fn taken(
    hospital: &Hospital,
    permit: &Permit,
    handed: Handed,
    is_ours: bool,
) -> Result<Option<Vec<NewFact>>> {
    let Handed { key, subject, body } = handed;
    if key.kind == "Device" {
        let id = DeviceId::new(key.id.as_str())?;
        return Ok(devices::as_registered(hospital, &id, body));
    }
    if !is_ours && matches!(key.kind.as_str(), "Patient" | "Observation") {
        let here = hospital.record.resource(permit, &key, None).await?;
        let stays = here.is_some_and(|here| match key.kind.as_str() {
            "Observation" => stays_as_written(here.body.as_ref(), &body),
            // Of a patient who is known here more may be known than the cloud hands down.
            _ => here.body.is_some(),
        });
        if stays {
            return Ok(None);
        }
    }
    Ok(Some(vec![NewFact::PutResource { key, subject, body }]))
}

async fn is_there(hospital: &Hospital, permit: &Permit, key: &ResourceKey) -> Result<bool> {
    let found = hospital.record.resource(permit, key, None).await?;
    Ok(found.is_some_and(|version| version.body.is_some()))
}

/// The facts of something that belongs to this edge no more: a device is out of service, who lay here has left.
async fn ended(hospital: &Hospital, permit: &Permit, kind: &str, id: &str) -> Result<Vec<NewFact>> {
    if kind == "Device" {
        let device = hospital.devices.find(&DeviceId::new(id)?);
        let retired = device.map(|device| devices::as_retired(&device));
        return Ok(retired.into_iter().collect());
    }
    let key = ResourceKey {
        kind: kind.to_owned(),
        id: id.to_owned(),
    };
    if kind != "Encounter" {
        let is_there = is_there(hospital, permit, &key).await?;
        return Ok(is_there
            .then_some(NewFact::DeleteResource { key })
            .into_iter()
            .collect());
    }
    let found = hospital.record.resource(permit, &key, None).await?;
    let left = found.and_then(|version| {
        let mut body = version.body?;
        let fields = body.as_object_mut()?;
        fields.insert("status".to_owned(), Value::from("finished"));
        Some(NewFact::PutResource {
            key,
            subject: version.subject,
            body,
        })
    });
    Ok(left.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use record::mark_written_by;
    use serde_json::json;
    use vocabulary::PatientId;

    use super::*;
    use crate::{
        edge::{outbox::Step, tests::config},
        ward::Written,
    };

    #[tokio::test]
    async fn a_device_that_somebody_connected_here_stays_so_until_the_cloud_has_heard_of_it() {
        let folder = tempfile::tempdir().unwrap();
        let hospital = Hospital::open(config(folder.path())).unwrap();
        let edge = hospital.edge.clone().unwrap();
        let registry = |name: &str, since: Option<&str>| {
            let profile = ::devices::Profiles::shipped()
                .get("bedside-monitor")
                .unwrap();
            let kind = json!({
                "system": "urn:yuanyi:device-profile", "code": profile.id,
                "version": profile.version.to_string(),
            });
            let mut body = json!({
                "resourceType": "Device", "id": "d", "status": "active",
                "deviceName": [{"name": name}], "type": {"coding": [kind]},
            });
            if let Some(since) = since {
                let since = json!({"url": "urn:yuanyi:device-assigned", "valueInstant": since});
                body["extension"] = json!([since]);
            }
            mark_written_by(body.as_object_mut().unwrap(), "devices");
            Registry {
                resources: vec![Handed {
                    key: ResourceKey {
                        kind: "Device".to_owned(),
                        id: "d".to_owned(),
                    },
                    subject: None,
                    body,
                }],
                ..Registry::default()
            }
        };
        let take = async |name: &str, since: Option<&str>| {
            let taken = take_over(&hospital, &edge, registry(name, since), name);
            taken.await.unwrap();
            let key = ResourceKey {
                kind: "Device".to_owned(),
                id: "d".to_owned(),
            };
            let work = hospital.own_permit("test", Action::ReadRecord);
            let kept = hospital
                .record
                .resource(&work.await.unwrap(), &key, None)
                .await;
            let body = kept.unwrap().unwrap().body.unwrap();
            body["deviceName"][0]["name"].as_str().unwrap().to_owned()
        };
        let (early, late) = (Some("2026-11-27T08:00:00Z"), Some("2026-11-28T08:00:00Z"));
        assert_eq!(take("first", early).await, "first");
        let said = Written {
            sequence: 1,
            id: "d".to_owned(),
            patient: PatientId::new("p").ok(),
            body: json!({"resourceType": "Device", "id": "d"}),
        };
        edge.outbox.put_steps(&[Step::Written(said)], 2).unwrap();
        assert_eq!(take("second", early).await, "first");
        // What somebody in the cloud says later than what still waits here holds here too.
        assert_eq!(take("third", late).await, "third");
        assert_eq!(take("second", late).await, "third");
        let batch = edge.outbox.next(10).unwrap().unwrap();
        edge.outbox.sent(&batch, &[]).unwrap();
        assert_eq!(take("second", late).await, "second");
    }
}
