//! Roll-outs while they go on: devices are looked at each second, orders are given once, each change is a fact.

use std::{collections::HashMap, sync::Arc, time::Duration};

use ::devices::{
    Answer, Candidate, Contents, Member, MemberStanding, Order, Plan, Rollout, Seen, Standing,
    State,
};
use policy::Action;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{sync::watch, time::MissedTickBehavior};
use vocabulary::{ActorId, DeviceId, Digest, Text, Timestamp};

use super::{Published, UpgradeError, facts};
use crate::{
    clock,
    devices::{self, ORDER, Quality, Registered},
    edge,
    hospital::{Hospital, hospital_actor},
};

/// How often devices of roll-outs are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a device may stay away and is still put back, in milliseconds.
const PUT_BACK_MS: i64 = 90 * 24 * 3_600_000;
/// What a device said that is no measurement: a profile has no part in that.
const OTHER_REFUSALS: [&str; 6] = [
    "foreign-topic",
    "command-unknown",
    "before-assignment",
    "of-another-patient",
    "compared",
    "samples-not-understood",
];

/// What somebody wants rolled out.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewRollout {
    /// The package.
    pub package: Digest,
    /// To which devices; all of the kind where none is named.
    #[serde(default)]
    pub devices: Vec<DeviceId>,
    /// Whether devices that measure a patient now are taken too.
    #[serde(default)]
    pub in_use: bool,
    /// How careful it is.
    #[serde(default)]
    pub plan: Plan,
}

/// What somebody does about a roll-out.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Act {
    /// What.
    pub act: ActKind,
    /// Why, in their own words.
    #[serde(default)]
    pub why: Option<String>,
}

/// What can be done about a roll-out.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActKind {
    /// Nobody new is asked.
    Halt,
    /// It goes on in spite of what failed.
    GoOn,
    /// All devices go back.
    RollBack,
}

/// Reads packages and roll-outs of the record, so that the versions of profiles are known before a device is.
pub async fn load(hospital: &Hospital) {
    let work = hospital.own_permit("know the packages for devices", Action::ReadRecord);
    let Ok(permit) = work.await else { return };
    let facts = match facts::load(hospital, &permit).await {
        Ok(facts) => facts,
        Err(error) => {
            tracing::error!(%error, "the packages for devices could not be read");
            return;
        }
    };
    let upgrades = &hospital.upgrades;
    for kept in facts.packages {
        upgrades.take_kept(&hospital.devices, kept);
    }
    let mut refused = facts.refused;
    refused.sort_by_key(|one| one.at);
    for one in refused {
        upgrades.note_refused(one);
    }
    let now = clock::now();
    let mut rollouts = upgrades.rollouts.lock();
    for mut rollout in facts.rollouts {
        if rollout.is_open() {
            rollout.resume(now);
        }
        rollouts.insert(rollout.id.clone(), rollout);
    }
}

/// Looks at roll-outs until the hospital closes.
pub async fn follow(hospital: Arc<Hospital>, mut closed: watch::Receiver<bool>) {
    let mut time = tokio::time::interval(LOOK_EVERY);
    time.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = closed.wait_for(|closed| *closed) => return,
            _ = time.tick() => {}
        }
        let _turn = hospital.upgrades.turn.lock().await;
        let open = hospital.upgrades.rollouts();
        for mut rollout in open.into_iter().filter(Rollout::is_open) {
            let changed = rollout.step(clock::now(), |rollout, member| {
                look(&hospital, rollout, member)
            });
            let kept = !changed || keep(&hospital, &hospital_actor(), &rollout).await.is_ok();
            // What is not on disk is not done.
            if kept {
                give_orders(&hospital, &rollout).await;
            }
        }
    }
}

/// Keeps how a roll-out stands, and then goes by it.
async fn keep(hospital: &Hospital, actor: &ActorId, rollout: &Rollout) -> Result<(), UpgradeError> {
    if let Err(error) = facts::keep_rollout(hospital, actor, rollout).await {
        tracing::error!(%error, "a roll-out could not be kept");
        return Err(error.into());
    }
    let mut all = hospital.upgrades.rollouts.lock();
    all.insert(rollout.id.clone(), rollout.clone());
    Ok(())
}

/// Begins a roll-out.
pub async fn begin(
    hospital: &Arc<Hospital>,
    actor: &ActorId,
    new: NewRollout,
) -> Result<Rollout, UpgradeError> {
    let upgrades = &hospital.upgrades;
    let _turn = upgrades.turn.lock().await;
    let found = upgrades.package(&new.package);
    let package = found.ok_or(UpgradeError::NotThere("the package"))?.package;
    let named = !new.devices.is_empty();
    let mut chosen = Vec::new();
    if named {
        for id in &new.devices {
            let device = hospital.devices.find(id);
            chosen.push(device.ok_or(UpgradeError::NotThere("each of the devices"))?);
        }
    } else {
        chosen = hospital.devices.all();
        chosen.retain(|device| device.profile.id == package.manifest.profile);
    }
    chosen.retain(|device| device.active && (new.in_use || device.patient.is_none()));
    let mut candidates = Vec::new();
    for device in &chosen {
        let version = version_of(hospital, device, package.manifest.contents);
        if let Some(there) = &version {
            match package.manifest.replaces(&device.profile.id, there) {
                // A device that says of its software what is no version can only be told to try.
                Ok(()) | Err(::devices::PackageError::Version) => {}
                // Who asks for all does not name those that have it already.
                Err(::devices::PackageError::NotNewer { .. }) if !named => continue,
                Err(error) => return Err(error.into()),
            }
        }
        if package.manifest.profile != device.profile.id {
            return Err(::devices::PackageError::OtherDevice.into());
        }
        candidates.push((
            device.patient.is_some(),
            candidate(hospital, device, version),
        ));
    }
    busy(
        hospital,
        None,
        candidates.iter().map(|(_, one)| &one.device),
    )?;
    // Those that measure nobody come first: what goes wrong there harms nobody.
    candidates.sort_by(|a, b| (a.0, &a.1.device).cmp(&(b.0, &b.1.device)));
    candidates.dedup_by(|a, b| a.1.device == b.1.device);
    let candidates = candidates.into_iter().map(|(_, one)| one).collect();
    let id = format!("{ORDER}{}", uuid::Uuid::now_v7().simple());
    let began = (id, actor.as_str(), clock::now());
    let what = (new.package, package.manifest);
    let rollout = Rollout::begin(began, what, new.plan, candidates)?;
    keep(hospital, actor, &rollout).await?;
    give_orders(hospital, &rollout).await;
    Ok(rollout)
}

/// No device is in two roll-outs at once.
fn busy<'d>(
    hospital: &Hospital,
    but: Option<&str>,
    devices: impl Iterator<Item = &'d DeviceId>,
) -> Result<(), UpgradeError> {
    let rollouts = hospital.upgrades.rollouts();
    let others = rollouts.iter().filter(|one| Some(one.id.as_str()) != but);
    let mut taken = HashMap::new();
    for other in others.filter(|one| one.is_open()) {
        let members = other.members.iter();
        taken.extend(members.map(|member| (&member.device, &other.id)));
    }
    for device in devices {
        if let Some(rollout) = taken.get(device) {
            return Err(UpgradeError::Busy {
                device: device.to_string(),
                rollout: (*rollout).clone(),
            });
        }
    }
    Ok(())
}

fn candidate(hospital: &Hospital, device: &Registered, version: Option<String>) -> Candidate {
    let faults = with_state(hospital, &device.id, |state| state.faults.clone());
    Candidate {
        device: device.id.clone(),
        version,
        faults: faults.unwrap_or_default(),
    }
}

fn with_state<T>(
    hospital: &Hospital,
    device: &DeviceId,
    look: impl FnOnce(&State) -> T,
) -> Option<T> {
    hospital
        .devices
        .with_quality(device, |quality| quality.state.as_ref().map(look))
}

/// The version that a device has.
fn version_of(hospital: &Hospital, device: &Registered, of: Contents) -> Option<String> {
    match of {
        Contents::Software => {
            with_state(hospital, &device.id, |state| state.software.clone()).flatten()
        }
        Contents::Profile => Some(device.profile.version.to_string()),
    }
}

/// Does something about a roll-out.
pub async fn act(
    hospital: &Arc<Hospital>,
    actor: &ActorId,
    id: &str,
    act: Act,
) -> Result<Rollout, UpgradeError> {
    let upgrades = &hospital.upgrades;
    let _turn = upgrades.turn.lock().await;
    let found = upgrades.rollout(id);
    let mut rollout = found.ok_or(UpgradeError::NotThere("the roll-out"))?;
    let (by, now) = (actor.as_str(), clock::now());
    let why = act
        .why
        .map(|why| why.trim().chars().take(300).collect::<String>());
    let why = why.filter(|why| !why.is_empty());
    let why = why.map(|why| Text::new(why.clone(), why));
    match act.act {
        ActKind::Halt => rollout.halt(by, why, now)?,
        ActKind::GoOn => rollout.go_on(by, now)?,
        ActKind::RollBack => {
            let members = rollout.members.iter().map(|member| &member.device);
            busy(hospital, Some(id), members)?;
            rollout.roll_back(by, why, now)?;
        }
    }
    keep(hospital, actor, &rollout).await?;
    give_orders(hospital, &rollout).await;
    Ok(rollout)
}

/// What is seen of a device.
fn look(hospital: &Hospital, rollout: &Rollout, member: &Member) -> Seen {
    let Some(device) = hospital.devices.find(&member.device) else {
        return Seen::default();
    };
    match rollout.manifest.contents {
        Contents::Software => look_at_software(hospital, rollout, member),
        Contents::Profile => look_at_profile(hospital, rollout, &device, member),
    }
}

fn look_at_software(hospital: &Hospital, rollout: &Rollout, member: &Member) -> Seen {
    let standing = rollout
        .last_order(member)
        .and_then(|id| hospital.devices.kept.standing(&id).ok().flatten());
    let answer = standing.and_then(|(state, reason)| {
        let answer: Answer = serde_json::from_value(Value::String(state)).ok()?;
        Some((answer, reason))
    });
    hospital.devices.with_quality(&member.device, |quality| {
        let state = quality.state.clone().unwrap_or_default();
        let new_fault = state
            .faults
            .iter()
            .find(|fault| !member.faults_before.contains(fault));
        Seen {
            answer,
            version: state.software,
            self_check: state.self_check.map(|check| check.passed),
            is_here: quality.connected,
            fault: new_fault.map(|fault| {
                Text::new(
                    format!("设备报告故障：{fault}"),
                    format!("it reports: {fault}"),
                )
            }),
        }
    })
}

/// A profile is the hospital's own: the device has nothing to install, and shows whether it is read by it.
fn look_at_profile(
    hospital: &Hospital,
    rollout: &Rollout,
    device: &Registered,
    member: &Member,
) -> Seen {
    let version = device.profile.version.to_string();
    let wanted = match member.standing {
        MemberStanding::Leaving => member.before.as_deref(),
        _ => Some(rollout.manifest.version.as_str()),
    };
    let is_done = wanted == Some(version.as_str());
    let when_asked = device.profile.silent_after_s.is_none();
    hospital.devices.with_quality(&device.id, |quality| {
        let heard = quality.last_heard.is_some_and(|last| last > member.since);
        Seen {
            answer: is_done.then_some((Answer::Done, None)),
            version: Some(version),
            self_check: None,
            is_here: heard || when_asked,
            fault: refusal_since(quality, member.since),
        }
    })
}

fn refusal_since(quality: &Quality, since: Timestamp) -> Option<Text> {
    let mut latest = quality.latest.iter();
    let one = latest.find(|one| one.at > since && !OTHER_REFUSALS.contains(&one.code.as_str()))?;
    Some(Text::new(
        format!("此后它的一条消息被拒绝：{}", one.why.zh),
        format!("a message of it was refused since: {}", one.why.en),
    ))
}

/// Tells devices what to do; what was told before is not told again.
async fn give_orders(hospital: &Arc<Hospital>, rollout: &Rollout) {
    for member in &rollout.members {
        let Some(order) = rollout.order(member) else {
            continue;
        };
        let done = match rollout.manifest.contents {
            Contents::Software => send_order(hospital, rollout, member, &order).await,
            Contents::Profile => set_profile(hospital, rollout, member, &order).await,
        };
        // It is tried again with the next look.
        if let Err(error) = done {
            tracing::error!(%error, device = %member.device, "a device could not be told to change");
        }
    }
}

async fn send_order(
    hospital: &Arc<Hospital>,
    rollout: &Rollout,
    member: &Member,
    order: &Order,
) -> anyhow::Result<()> {
    let (Order::Install { id } | Order::PutBack { id, .. }) = order;
    if hospital.devices.kept.standing(id)?.is_some() {
        return Ok(());
    }
    let (what, until) = match order {
        Order::Install { .. } => {
            let Some(Published { package, .. }) = hospital.upgrades.package(&rollout.package)
            else {
                anyhow::bail!("find the package of the roll-out");
            };
            let path = format!("/api/devices/packages/{}/bytes", rollout.package);
            let parameters =
                json!({"note": package.note, "path": path, "bytes": package.manifest.bytes});
            let until_ms = i64::from(rollout.plan.answer_within_s) * 1000;
            (("install", parameters), member.since.0 + until_ms)
        }
        Order::PutBack { instead_of, .. } => {
            let instead_of = instead_of.clone();
            let withdrawn = hospital.aside(move |hospital| {
                let kept = &hospital.devices.kept;
                kept.withdraw(&instead_of)
            });
            withdrawn.await?;
            let parameters = json!({"version": member.before, "from": rollout.manifest.version});
            (("put-back", parameters), clock::now().0 + PUT_BACK_MS)
        }
    };
    let by = asked_by(rollout);
    hospital
        .note_device(&by, &member.device, what.0, Some(("command", id)))
        .await?;
    let (id, device) = (id.clone(), member.device.clone());
    let until = Timestamp(until);
    let given = hospital.aside(move |hospital| {
        let devices = &hospital.devices;
        devices.order(id, device, what, until, by.as_str())
    });
    given.await
}

async fn set_profile(
    hospital: &Hospital,
    rollout: &Rollout,
    member: &Member,
    order: &Order,
) -> anyhow::Result<()> {
    let Some(device) = hospital.devices.find(&member.device) else {
        anyhow::bail!("find the device");
    };
    let version = match order {
        Order::Install { .. } => Some(rollout.manifest.version.as_str()),
        Order::PutBack { .. } => member.before.as_deref(),
    };
    let version = version.and_then(|version| version.parse().ok());
    let profile = hospital.devices.profile(&rollout.manifest.profile, version);
    let Some(profile) = profile.filter(|one| version.is_none_or(|version| one.version == version))
    else {
        anyhow::bail!("find the version of the profile");
    };
    if device.profile.version == profile.version {
        return Ok(());
    }
    let by = asked_by(rollout);
    let (Order::Install { id } | Order::PutBack { id, .. }) = order;
    hospital
        .note_device(&by, &device.id, "profile", Some(("command", id)))
        .await?;
    devices::set_profile(hospital, &by, &device, &profile).await?;
    Ok(())
}

/// Who is behind an order: whoever began the roll-out, let it go on or takes it back.
fn asked_by(rollout: &Rollout) -> ActorId {
    let last = rollout.steps.iter().rev().find_map(|step| step.by.clone());
    let last = last.and_then(|by| ActorId::new(by).ok());
    last.unwrap_or_else(hospital_actor)
}

/// Whether a device may have the bytes of a package: those of a roll-out that it is in, until that is over; at an edge
/// what its cloud told it to install.
pub fn may_fetch(hospital: &Hospital, device: &DeviceId, package: &Digest) -> bool {
    if edge::is_to_install(hospital, device, package) {
        return true;
    }
    let rollouts = hospital.upgrades.rollouts();
    let mut of_it = rollouts.iter().filter(|one| {
        one.package == *package && !matches!(one.standing, Standing::Done | Standing::RolledBack)
    });
    of_it.any(|one| {
        one.members
            .iter()
            .any(|member| member.device == *device && member.orders > 0)
    })
}
