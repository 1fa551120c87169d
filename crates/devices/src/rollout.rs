//! A roll-out: a package goes to one device, then to some, then to all, and stops by itself where devices fail.
//!
//! Pure: what is seen of the devices and the time in, how each stands out. Whoever keeps it gives the orders that
//! [`Rollout::order`] names, as often as it likes: an order has its own id, and the same one is given once.

use serde::{Deserialize, Serialize};
use vocabulary::{DeviceId, Digest, Text, Timestamp};

use crate::{Answer, Manifest};

/// The most devices of one roll-out.
pub const MOST_DEVICES: usize = 2000;
/// The most stages.
const MOST_STAGES: usize = 10;
/// The longest time that may be waited or watched, in seconds: a week.
const LONGEST_S: u32 = 7 * 24 * 3600;

/// How far a stage goes: so many devices, those of the stages before included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// So many.
    Devices(u32),
    /// So many of a hundred.
    Percent(u32),
}

/// How careful a roll-out is. The figures are settings of whoever begins it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Plan {
    /// How far each stage goes; the last goes to all.
    pub stages: Vec<Stage>,
    /// So long a device may take until it has answered and reports the version, in seconds.
    pub answer_within_s: u32,
    /// So long it is watched afterwards before it counts as healthy, in seconds.
    pub watch_s: u32,
    /// So many may fail before the roll-out stops by itself.
    pub most_failed: u32,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            stages: vec![Stage::Devices(1), Stage::Percent(25), Stage::Percent(100)],
            answer_within_s: 3600,
            watch_s: 600,
            most_failed: 0,
        }
    }
}

/// How a roll-out stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It goes on by itself.
    Running,
    /// It waits for somebody.
    Halted,
    /// All devices are settled.
    Done,
    /// Its devices are being put back.
    RollingBack,
    /// They are.
    RolledBack,
}

/// How one of its devices stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MemberStanding {
    /// Its stage has not come.
    Waiting,
    /// It was asked to install.
    Asked,
    /// It reports the version and passed its self-check; it is watched for a while.
    Watched,
    /// It stayed well.
    Healthy,
    /// It did not install, or is not well.
    Failed,
    /// It was asked to go back.
    Leaving,
    /// It is as it was before.
    Back,
    /// It could not go back.
    Stuck,
    /// It was never asked.
    LeftOut,
}

/// A device of a roll-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Member {
    /// Which.
    pub device: DeviceId,
    /// In which stage, from 0.
    pub stage: usize,
    /// The version before, where it was known.
    pub before: Option<String>,
    /// What it complained of before: that is not the package's doing.
    #[serde(default)]
    pub faults_before: Vec<String>,
    /// How it stands.
    pub standing: MemberStanding,
    /// Since when.
    pub since: Timestamp,
    /// Why, where it failed.
    pub why: Option<Text>,
    /// How many orders it was given.
    pub orders: u32,
}

/// A device that a roll-out could go to, as it is now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Which.
    pub device: DeviceId,
    /// The version that it has, where it is known.
    pub version: Option<String>,
    /// What it complains of.
    pub faults: Vec<String>,
}

/// Something that happened to a roll-out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// What.
    pub what: StepKind,
    /// Who did it; nobody where it happened by itself.
    pub by: Option<String>,
    /// Why.
    pub why: Option<Text>,
}

/// What happens to a roll-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepKind {
    /// It began.
    Began,
    /// The next stage began.
    NextStage,
    /// It was halted, or halted by itself.
    Halted,
    /// Somebody let it go on.
    WentOn,
    /// All devices are settled.
    Done,
    /// Somebody takes it back.
    RollsBack,
    /// All devices are as before, or could not go back.
    RolledBack,
}

/// What is seen of a device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Seen {
    /// What it answered to its last order, and why.
    pub answer: Option<(Answer, Option<String>)>,
    /// The version that it reports.
    pub version: Option<String>,
    /// Whether it passed its self-check, where it says so.
    pub self_check: Option<bool>,
    /// Whether it is there.
    pub is_here: bool,
    /// What is wrong with it since it was asked.
    pub fault: Option<Text>,
}

/// What a device is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Install the package.
    Install {
        /// The order's id.
        id: String,
    },
    /// Go back.
    PutBack {
        /// The order's id.
        id: String,
        /// The one before, which is not to be done any more.
        instead_of: String,
    },
}

/// Why a roll-out cannot begin, or cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RolloutError {
    /// It would reach nobody.
    #[error("begin: no device is left that it could go to")]
    NoDevice,
    /// Too many.
    #[error("begin: it may go to at most {MOST_DEVICES} devices")]
    ManyDevices,
    /// The stages make no sense.
    #[error(
        "use the stages: there are 1 to {MOST_STAGES}, each goes further than the one before, the last to 100 percent"
    )]
    Stages,
    /// The times make no sense.
    #[error("use the times: they are at most a week, and a device has at least a second to answer")]
    Times,
    /// It does not run.
    #[error("halt it: it does not run")]
    NotRunning,
    /// It is not halted.
    #[error("let it go on: it is not halted")]
    NotHalted,
    /// It is taken back already.
    #[error("take it back: it is being taken back, or was")]
    Back,
}

/// A package on its way to devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rollout {
    /// Its id.
    pub id: String,
    /// The package.
    pub package: Digest,
    /// What is in it.
    pub manifest: Manifest,
    /// How careful it is.
    pub plan: Plan,
    /// How it stands.
    pub standing: Standing,
    /// The stage that it has come to, from 0.
    pub stage: usize,
    /// How many stages there are, those that reach nobody new left out.
    pub stages: usize,
    /// Its devices, in the order in which their turn comes.
    pub members: Vec<Member>,
    /// What happened, the oldest first.
    pub steps: Vec<Step>,
    /// So many that failed somebody has seen and let it go on.
    pub forgiven: usize,
}

impl Plan {
    /// For so many devices, how far each stage goes.
    fn ends(&self, devices: usize) -> Result<Vec<usize>, RolloutError> {
        let last_is_all = self.stages.last() == Some(&Stage::Percent(100));
        if !last_is_all || self.stages.len() > MOST_STAGES {
            return Err(RolloutError::Stages);
        }
        let times = [self.answer_within_s, self.watch_s];
        if self.answer_within_s == 0 || times.iter().any(|s| *s > LONGEST_S) {
            return Err(RolloutError::Times);
        }
        let mut ends: Vec<usize> = Vec::new();
        for stage in &self.stages {
            let end = match *stage {
                Stage::Devices(count) => count as usize,
                Stage::Percent(percent) if percent <= 100 => {
                    (devices * percent as usize).div_ceil(100)
                }
                Stage::Percent(_) => return Err(RolloutError::Stages),
            };
            let end = end.min(devices);
            match ends.last() {
                Some(before) if end < *before => return Err(RolloutError::Stages),
                // It reaches nobody new.
                Some(before) if end == *before => {}
                _ if end == 0 => {}
                _ => ends.push(end),
            }
        }
        Ok(ends)
    }
}

impl Rollout {
    /// Begins one: the devices of the first stage are to be asked. Each comes with the version that it has.
    pub fn begin(
        (id, by, now): (String, &str, Timestamp),
        (package, manifest): (Digest, Manifest),
        plan: Plan,
        devices: Vec<Candidate>,
    ) -> Result<Self, RolloutError> {
        if devices.is_empty() {
            return Err(RolloutError::NoDevice);
        }
        if devices.len() > MOST_DEVICES {
            return Err(RolloutError::ManyDevices);
        }
        let ends = plan.ends(devices.len())?;
        let members = devices
            .into_iter()
            .enumerate()
            .map(|(place, candidate)| Member {
                device: candidate.device,
                stage: ends.iter().filter(|end| **end <= place).count(),
                before: candidate.version,
                faults_before: candidate.faults,
                standing: MemberStanding::Waiting,
                since: now,
                why: None,
                orders: 0,
            });
        let mut rollout = Self {
            id,
            package,
            manifest,
            plan,
            standing: Standing::Running,
            stage: 0,
            stages: ends.len(),
            members: members.collect(),
            steps: Vec::new(),
            forgiven: 0,
        };
        rollout.note(StepKind::Began, Some(by), None, now);
        rollout.ask_stage(now);
        Ok(rollout)
    }

    fn note(&mut self, what: StepKind, by: Option<&str>, why: Option<Text>, at: Timestamp) {
        self.steps.push(Step {
            at,
            what,
            by: by.map(str::to_owned),
            why,
        });
    }

    fn ask_stage(&mut self, now: Timestamp) {
        let stage = self.stage;
        for member in &mut self.members {
            if member.stage == stage && member.standing == MemberStanding::Waiting {
                member.turn(MemberStanding::Asked, None, now);
                member.orders += 1;
            }
        }
    }

    /// Whether anything may still happen by itself.
    pub fn is_open(&self) -> bool {
        !matches!(self.standing, Standing::Done | Standing::RolledBack)
    }

    /// How many devices stand so.
    pub fn count(&self, standing: MemberStanding) -> usize {
        let so = self.members.iter();
        so.filter(|member| member.standing == standing).count()
    }

    /// What a device is to do now.
    pub fn order(&self, member: &Member) -> Option<Order> {
        let id = |number: u32| format!("{}.{}.{number}", self.id, member.device);
        match member.standing {
            MemberStanding::Asked => Some(Order::Install {
                id: id(member.orders),
            }),
            MemberStanding::Leaving => Some(Order::PutBack {
                id: id(member.orders),
                instead_of: id(member.orders.saturating_sub(1)),
            }),
            _ => None,
        }
    }

    /// The id of the order that a device was given last.
    pub fn last_order(&self, member: &Member) -> Option<String> {
        (member.orders > 0).then(|| format!("{}.{}.{}", self.id, member.device, member.orders))
    }

    /// Whoever kept it was away: devices get the time anew that they could not use.
    pub fn resume(&mut self, now: Timestamp) {
        for member in &mut self.members {
            let waits = matches!(
                member.standing,
                MemberStanding::Asked | MemberStanding::Watched
            );
            if waits {
                member.since = now;
            }
        }
    }

    /// Looks at its devices; whether anything changed.
    pub fn step(&mut self, now: Timestamp, look: impl Fn(&Self, &Member) -> Seen) -> bool {
        if !self.is_open() {
            return false;
        }
        let before = self.clone();
        for place in 0..self.members.len() {
            let Some(member) = self.members.get(place) else {
                continue;
            };
            let seen = look(self, member);
            let turned = self.turned(member, &seen, now);
            if let (Some((standing, why)), Some(member)) = (turned, self.members.get_mut(place)) {
                member.turn(standing, why, now);
            }
        }
        match self.standing {
            Standing::Running => self.go_further(now),
            Standing::RollingBack if self.count(MemberStanding::Leaving) == 0 => {
                self.standing = Standing::RolledBack;
                self.note(StepKind::RolledBack, None, None, now);
            }
            _ => {}
        }
        *self != before
    }

    /// How a device stands by what is seen of it, where that is another way than before.
    fn turned(
        &self,
        member: &Member,
        seen: &Seen,
        now: Timestamp,
    ) -> Option<(MemberStanding, Option<Text>)> {
        use MemberStanding as M;
        let failed = |why: Text| Some((M::Failed, Some(why)));
        let is_past = |s: u32| now.0 - member.since.0 >= i64::from(s) * 1000;
        let is_there = seen.version.as_deref() == Some(self.manifest.version.as_str());
        let answer = seen.answer.as_ref().map(|(answer, why)| (*answer, why));
        match member.standing {
            M::Asked => match answer {
                Some((Answer::Refused | Answer::Failed, why)) => failed(said(why.as_deref())),
                Some((Answer::Done, _)) if seen.self_check == Some(false) => failed(no_check()),
                Some((Answer::Done, _)) if is_there => match &seen.fault {
                    Some(fault) => failed(fault.clone()),
                    None => Some((M::Watched, None)),
                },
                _ if is_past(self.plan.answer_within_s) => failed(no_answer()),
                _ => None,
            },
            M::Watched | M::Healthy => {
                if let Some(fault) = &seen.fault {
                    return failed(fault.clone());
                }
                if seen.self_check == Some(false) {
                    return failed(no_check());
                }
                if let Some(other) = seen.version.as_deref().filter(|_| !is_there) {
                    return failed(other_version(other));
                }
                let watched = member.standing == M::Watched && is_past(self.plan.watch_s);
                if watched && seen.is_here {
                    return Some((M::Healthy, None));
                }
                let longest = self.plan.watch_s.saturating_add(self.plan.answer_within_s);
                let gone = member.standing == M::Watched && is_past(longest);
                if gone { failed(no_word()) } else { None }
            }
            M::Leaving => match answer {
                Some((Answer::Done, _)) => Some((M::Back, None)),
                Some((Answer::Refused | Answer::Failed, why)) => {
                    Some((M::Stuck, Some(said(why.as_deref()))))
                }
                _ => None,
            },
            M::Waiting | M::Failed | M::Back | M::Stuck | M::LeftOut => None,
        }
    }

    /// Stops where too many failed, and begins the next stage where all devices before are healthy.
    fn go_further(&mut self, now: Timestamp) {
        let failed = self.count(MemberStanding::Failed);
        if failed.saturating_sub(self.forgiven) > self.plan.most_failed as usize {
            let newest = self.members.iter().filter(|one| one.why.is_some());
            let newest = newest.max_by_key(|one| one.since);
            let why = newest.map(|one| {
                let why = one.why.clone().unwrap_or_else(|| said(None));
                Text::new(
                    format!("设备 {}：{}", one.device, why.zh),
                    format!("Device {}: {}", one.device, why.en),
                )
            });
            self.standing = Standing::Halted;
            self.note(StepKind::Halted, None, why, now);
            return;
        }
        let settled = |member: &Member| {
            matches!(
                member.standing,
                MemberStanding::Healthy | MemberStanding::Failed
            )
        };
        let mut so_far = self.members.iter().filter(|one| one.stage <= self.stage);
        if !so_far.all(settled) {
            return;
        }
        if self.stage + 1 >= self.stages {
            self.standing = Standing::Done;
            self.note(StepKind::Done, None, None, now);
            return;
        }
        self.stage += 1;
        self.note(StepKind::NextStage, None, None, now);
        self.ask_stage(now);
    }

    /// Stops it; devices that were asked go on, and no other is.
    pub fn halt(
        &mut self,
        by: &str,
        why: Option<Text>,
        now: Timestamp,
    ) -> Result<(), RolloutError> {
        if self.standing != Standing::Running {
            return Err(RolloutError::NotRunning);
        }
        self.standing = Standing::Halted;
        self.note(StepKind::Halted, Some(by), why, now);
        Ok(())
    }

    /// Lets it go on after somebody has looked at what failed.
    pub fn go_on(&mut self, by: &str, now: Timestamp) -> Result<(), RolloutError> {
        if self.standing != Standing::Halted {
            return Err(RolloutError::NotHalted);
        }
        self.forgiven = self.count(MemberStanding::Failed);
        self.standing = Standing::Running;
        self.note(StepKind::WentOn, Some(by), None, now);
        Ok(())
    }

    /// Takes it back: all devices that were asked are put back, the others are left alone.
    pub fn roll_back(
        &mut self,
        by: &str,
        why: Option<Text>,
        now: Timestamp,
    ) -> Result<(), RolloutError> {
        if matches!(self.standing, Standing::RollingBack | Standing::RolledBack) {
            return Err(RolloutError::Back);
        }
        for member in &mut self.members {
            if member.standing == MemberStanding::Waiting {
                member.turn(MemberStanding::LeftOut, None, now);
            } else {
                let why = member.why.take();
                member.turn(MemberStanding::Leaving, why, now);
                member.orders += 1;
            }
        }
        self.standing = Standing::RollingBack;
        self.note(StepKind::RollsBack, Some(by), why, now);
        Ok(())
    }
}

impl Member {
    fn turn(&mut self, standing: MemberStanding, why: Option<Text>, now: Timestamp) {
        self.standing = standing;
        self.since = now;
        self.why = why;
    }
}

fn said(why: Option<&str>) -> Text {
    let why = why.unwrap_or_default();
    if why.is_empty() {
        return Text::new("设备没有说明原因", "it gave no reason");
    }
    Text::new(format!("设备的回答：{why}"), why)
}

fn no_check() -> Text {
    Text::new("自检未通过", "its self-check failed")
}

fn no_answer() -> Text {
    Text::new(
        "没有在规定时间内回答并报告新版本",
        "it did not answer and report the version in time",
    )
}

fn no_word() -> Text {
    Text::new(
        "安装之后没有再联机",
        "it was not there any more after it installed",
    )
}

fn other_version(version: &str) -> Text {
    Text::new(
        format!("它报告的版本是 {version}"),
        format!("it reports version {version}"),
    )
}
