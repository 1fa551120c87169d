//! Who or what is sent: the nearest that is free, and who accepts.

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Text, Timestamp};

/// Where somebody or something is, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Place {
    /// The ward.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub ward: Option<String>,
    /// The room.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub room: Option<String>,
    /// On the floor of the building, in metres.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional)]
    pub floor_m: Option<[f64; 2]>,
}

/// Somebody or something that can be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Candidate {
    /// The account or the device.
    pub id: String,
    /// The role, or the kind of device.
    pub role: String,
    /// Where it was last seen.
    pub place: Place,
    /// When it was there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "string")]
    pub seen_at: Option<Timestamp>,
    /// Whether nothing else keeps it.
    pub free: bool,
}

/// How near a candidate is: the smaller, the nearer.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
struct Nearness {
    /// 0 in the room, 1 measured by tags, 2 on the ward, 3 elsewhere or unknown.
    rank: u8,
    metres: f64,
}

fn nearness(to: &Place, candidate: &Candidate) -> Nearness {
    let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
    let tags = to.floor_m.zip(candidate.place.floor_m);
    let metres = tags.map(|([ax, ay], [bx, by])| (ax - bx).hypot(ay - by));
    let rank = if same(&to.room, &candidate.place.room) {
        0
    } else if metres.is_some() {
        1
    } else if same(&to.ward, &candidate.place.ward) {
        2
    } else {
        3
    };
    Nearness {
        rank,
        metres: metres.unwrap_or(0.0),
    }
}

/// The free candidates of a role, the nearest first, each with why it stands there. Walls and stairs are not
/// known: distances are as the crow flies, and it is said so.
pub fn nearest<'a>(
    to: &Place,
    role: &str,
    candidates: &'a [Candidate],
) -> Vec<(&'a Candidate, Text)> {
    let mut found: Vec<(Nearness, &Candidate)> = candidates
        .iter()
        .filter(|candidate| candidate.free && candidate.role == role)
        .map(|candidate| (nearness(to, candidate), candidate))
        .collect();
    found.sort_by(|(a, one), (b, other)| {
        a.rank
            .cmp(&b.rank)
            .then(a.metres.total_cmp(&b.metres))
            .then(one.id.cmp(&other.id))
    });
    found
        .into_iter()
        .map(|(near, candidate)| {
            let why = match near.rank {
                0 => Text::new("在同一房间", "in the same room"),
                1 => Text::new(
                    format!("直线距离约 {:.0} 米", near.metres),
                    format!("about {:.0} m as the crow flies", near.metres),
                ),
                2 => Text::new("在同一病区", "on the same ward"),
                _ => Text::new("位置未知或在别处", "elsewhere, or nobody knows where"),
            };
            (candidate, why)
        })
        .collect()
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "kebab-case")]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub enum OfferState {
    /// Waits for an answer.
    Offered,
    /// Comes.
    Accepted,
    /// Does not come.
    Declined,
    /// Did not answer in time.
    Expired,
    /// Is there.
    Arrived,
}

impl OfferState {
    /// Whoever was asked may still come, comes, or is there.
    pub fn holds(self) -> bool {
        matches!(self, Self::Offered | Self::Accepted | Self::Arrived)
    }
}

/// Somebody was asked to come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Offer {
    /// Who was asked.
    pub to: String,
    /// Why this one.
    #[ts(type = "{ zh: string, en: string }")]
    pub why: Text,
    /// When.
    #[ts(type = "string")]
    pub at: Timestamp,
    /// How it stands.
    pub state: OfferState,
    /// When who comes was there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[ts(optional, type = "string")]
    pub arrived_at: Option<Timestamp>,
}

/// One role that is wanted at a place, and who was asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export, export_to = "../../../contract/alarms.ts")]
pub struct Dispatch {
    /// The role, or the kind of device.
    pub role: String,
    /// Where to.
    pub to: Place,
    /// How long somebody has to answer, in seconds.
    pub accept_within_s: u32,
    /// Who was asked, in order.
    pub offers: Vec<Offer>,
}

impl Dispatch {
    /// Nobody was asked yet.
    pub fn new(role: &str, to: Place, accept_within_s: u32) -> Self {
        Self {
            role: role.to_owned(),
            to,
            accept_within_s,
            offers: Vec::new(),
        }
    }

    /// Who comes, or is there already.
    pub fn accepted(&self) -> Option<&Offer> {
        let comes =
            |offer: &&Offer| matches!(offer.state, OfferState::Accepted | OfferState::Arrived);
        self.offers.iter().find(comes)
    }

    /// Who comes is there now. Whether they were on their way is said.
    pub fn arrive(&mut self, who: &str, now: Timestamp) -> bool {
        let comes = |offer: &&mut Offer| offer.to == who && offer.state == OfferState::Accepted;
        let Some(offer) = self.offers.iter_mut().find(comes) else {
            return false;
        };
        offer.state = OfferState::Arrived;
        offer.arrived_at = Some(now);
        true
    }

    /// Whether somebody may answer: they are asked, or did not answer in time and nobody comes yet.
    pub fn asks(&self, who: &str) -> bool {
        let may = |offer: &Offer| match offer.state {
            OfferState::Offered => true,
            OfferState::Expired => self.accepted().is_none(),
            OfferState::Accepted | OfferState::Declined | OfferState::Arrived => false,
        };
        self.offers
            .iter()
            .any(|offer| offer.to == who && may(offer))
    }

    /// Whether nobody comes, though the time to answer is over since it `began`.
    pub fn is_late(&self, began: Timestamp, now: Timestamp) -> bool {
        let within = i64::from(self.accept_within_s) * 1000;
        self.accepted().is_none() && now.0 - began.0 >= within
    }

    /// Who was asked answers. Whether they could is said. Where somebody comes, nobody else is waited for.
    pub fn answer(&mut self, who: &str, accepts: bool) -> bool {
        if !self.asks(who) {
            return false;
        }
        for offer in &mut self.offers {
            let is_theirs =
                offer.to == who && matches!(offer.state, OfferState::Offered | OfferState::Expired);
            if is_theirs {
                offer.state = if accepts {
                    OfferState::Accepted
                } else {
                    OfferState::Declined
                };
            } else if accepts && offer.state == OfferState::Offered {
                offer.state = OfferState::Expired;
            }
        }
        true
    }

    /// Lets time pass: an offer without an answer runs out, and the nearest who was not asked yet is asked.
    /// Whether somebody was asked is said; when all were asked, nobody is left.
    pub fn tick(&mut self, candidates: &[Candidate], now: Timestamp) -> bool {
        let role = self.role.clone();
        self.tick_among(&[role], candidates, now)
    }

    /// The same among several roles, the first before the next: who has another than was wanted is told so.
    pub fn tick_among(
        &mut self,
        roles: &[String],
        candidates: &[Candidate],
        now: Timestamp,
    ) -> bool {
        let within = i64::from(self.accept_within_s) * 1000;
        for offer in &mut self.offers {
            if offer.state == OfferState::Offered && now.0 - offer.at.0 >= within {
                offer.state = OfferState::Expired;
            }
        }
        let waits = |offer: &Offer| offer.state == OfferState::Offered;
        if self.accepted().is_some() || self.offers.iter().any(waits) {
            return false;
        }
        let is_new = |candidate: &Candidate| {
            let mut offers = self.offers.iter();
            !offers.any(|offer| offer.to == candidate.id)
        };
        let next = roles.iter().find_map(|role| {
            let mut found = nearest(&self.to, role, candidates).into_iter();
            found.find(|(candidate, _)| is_new(candidate))
        });
        let Some((candidate, why)) = next else {
            return false;
        };
        let why = if candidate.role == self.role {
            why
        } else {
            let (zh, en) = if self.offers.is_empty() {
                ("所需岗位无人空闲", "since nobody of that duty is free")
            } else {
                ("无人接受", "since nobody accepted")
            };
            Text::new(
                format!("{zh}，升级通知；{}", why.zh),
                format!("{en}, {}", why.en),
            )
        };
        self.offers.push(Offer {
            to: candidate.id.clone(),
            why,
            at: now,
            state: OfferState::Offered,
            arrived_at: None,
        });
        true
    }
}
