//! The bytes between client and server. `docs/adr/0007-room-protocol.md` says why they are so.
//! Every frame is one binary WebSocket message: a byte that says what it is, then its fields, little
//! endian. What is rare travels as JSON inside, what is frequent is packed. Reading never panics.

mod reader;

use serde::{Deserialize, Serialize};
use ts_rs::TS;
use vocabulary::{Place, Text};

pub use crate::lead::Holding;
use crate::{
    Act, Change, Event, Farewell, Knocking, Leading, Licence, Pose, RecordingNow, Refusal,
    Sanction, Sending, Showing, Slot, Standing, Threshold, Voice, limits::CLIENT_FRAME_BYTES,
};
pub use reader::Reader;

/// The version of the protocol that this crate speaks.
pub const VERSION: u16 = 9;

const HELLO: u8 = 0x01;
const POSE: u8 = 0x02;
const ACT: u8 = 0x03;
const PING: u8 = 0x04;
const SENDING: u8 = 0x05;
const CAPTION: u8 = 0x06;
const WELCOME: u8 = 0x81;
const TICK: u8 = 0x82;
const REFUSED: u8 = 0x83;
const BYE: u8 = 0x84;
const PONG: u8 = 0x85;
const VOICES: u8 = 0x86;
const SLOTS: u8 = 0x87;
const SAID: u8 = 0x88;
const THRESHOLD: u8 = 0x89;

/// A frame that cannot be read; what it holds is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read a frame at byte {at}: {what}")]
pub struct WireError {
    /// Where reading stopped.
    pub at: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// What lets a participant take their seat again; 16 random bytes, written as hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(try_from = "String", into = "String")]
#[ts(export_to = "room.ts", type = "string")]
pub struct ResumeToken(pub [u8; 16]);

impl std::fmt::Debug for ResumeToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Who knows a token may take the seat, so it does not print.
        f.write_str("ResumeToken(…)")
    }
}

impl From<ResumeToken> for String {
    fn from(token: ResumeToken) -> Self {
        format!("{:032x}", u128::from_be_bytes(token.0))
    }
}

impl TryFrom<String> for ResumeToken {
    type Error = WireError;

    fn try_from(text: String) -> Result<Self, WireError> {
        let malformed = WireError {
            at: 0,
            what: "a malformed resume token",
        };
        if text.len() != 32 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(malformed);
        }
        let number = u128::from_str_radix(&text, 16).map_err(|_| malformed)?;
        Ok(Self(number.to_be_bytes()))
    }
}

/// A frame from a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "frame", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
#[expect(
    clippy::large_enum_variant,
    reason = "the largest, a pose, is by far the most frequent"
)]
pub enum ClientFrame {
    /// The first frame of a connection.
    Hello {
        /// The version that the client speaks.
        version: u16,
        /// The token of the last welcome, by one who comes back.
        resume: Option<ResumeToken>,
        /// The number of the first event that the client has not seen.
        #[ts(type = "number")]
        next_event: u64,
    },
    /// Where the participant is.
    Pose {
        /// The pose.
        pose: Pose,
    },
    /// What the participant wants done.
    Act {
        /// Counts up within a seat, from 1; an act sent again carries the same number.
        seq: u32,
        /// The act as JSON; it is read apart, so that one bad act costs that act only.
        #[ts(type = "Act")]
        act: serde_json::Value,
    },
    /// Asks for a pong.
    Ping {
        /// Comes back as it is.
        nonce: u32,
    },
    /// What others are to hear and see of this participant.
    Sending {
        /// That.
        sending: Sending,
    },
    /// Words for those who read along. They are kept nowhere.
    Caption {
        /// The words.
        text: String,
    },
}

/// A participant, as others see them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
#[expect(clippy::struct_excessive_bools, reason = "each is seen by itself")]
pub struct Participant {
    /// The seat's number within the room.
    pub id: u16,
    /// The account.
    #[ts(type = "string")]
    pub actor: vocabulary::ActorId,
    /// The name to show.
    pub name: String,
    /// The role to show, in the words of crate `policy`.
    pub role: String,
    /// Their licence to practise in virtual rooms.
    pub licence: Licence,
    /// The colour of the avatar and its marks, as `#rrggbb`.
    pub colour: String,
    /// The figure that they chose to look like; none where they chose none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub figure: Option<u8>,
    /// Which place at the table is theirs, from 0, which is the nearest; it is theirs until they have left.
    /// Older recordings say none.
    #[serde(default)]
    pub place: u16,
    /// Whether they may work with what stands in the room.
    pub may_act: bool,
    /// What they are in the room.
    pub standing: Standing,
    /// Since when they ask to speak.
    #[ts(type = "string | null")]
    pub hand_since: Option<vocabulary::Timestamp>,
    /// Whether they were given the word, by which one who watches is heard and seen.
    #[serde(default, skip_serializing_if = "is_false")]
    #[ts(optional, as = "Option<bool>")]
    pub has_word: bool,
    /// Whether they are heard no more.
    pub muted: bool,
    /// What they show no more, because it was ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Showing>>")]
    pub ended: Vec<Showing>,
    /// Whether they may look after somebody inside. Older recordings call it `treats`.
    #[serde(alias = "treats")]
    pub may_accompany: bool,
    /// Until when they stay; `null` for those who treat the patient.
    #[ts(type = "string | null")]
    pub stays_until: Option<vocabulary::Timestamp>,
    /// Since when they have been in rooms without a rest, by the server's clock; short times outside are left out.
    /// Older recordings say none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(type = "string", optional)]
    pub unrested_since: Option<vocabulary::Timestamp>,
    /// When they came, by the server's clock.
    #[ts(type = "string")]
    pub joined: vocabulary::Timestamp,
    /// Whether their connection is broken and their seat is kept.
    pub away: bool,
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands a field over by reference"
)]
fn is_false(field: &bool) -> bool {
    !field
}

/// What is rare in a packet; a field that is not there has not changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts", optional_fields)]
pub struct News {
    /// All participants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Participant>>,
    /// Who shows the others the way, at most one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leading: Option<Vec<Leading>>,
    /// Somebody brings everybody to their view, once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gather: Option<Leading>,
    /// Everybody at the door.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Vec<Knocking>>,
    /// The sanctions that stand, and those that somebody still speaks against.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sanctions: Option<Vec<Sanction>>,
    /// All holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds: Option<Vec<Holding>>,
    /// Events since the last packet, in order; numbers may begin below what the client has seen already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<Event>>,
    /// Whether the room is recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recording: Option<RecordingNow>,
}

/// What a participant who enters needs to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Entrance {
    /// All entities, where the client must begin anew; `null` where `events` suffice.
    pub snapshot: Option<Vec<Change>>,
    /// Events missed, in order.
    pub events: Vec<Event>,
    /// All participants, oneself included.
    pub people: Vec<Participant>,
    /// Who shows the others the way, at most one.
    pub leading: Vec<Leading>,
    /// Everybody at the door.
    pub waiting: Vec<Knocking>,
    /// The sanctions that stand, and those that somebody still speaks against. Older recordings say none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[ts(optional, as = "Option<Vec<Sanction>>")]
    pub sanctions: Vec<Sanction>,
    /// All holds.
    pub holds: Vec<Holding>,
    /// Whether the room is recorded.
    pub recording: RecordingNow,
    /// Which place of the hospital the room is; none where that is its scenario's to say, until its host has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[ts(optional)]
    pub place: Option<Place>,
}

/// The answer to an act that was carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct Ack {
    /// The client's number of the act.
    pub seq: u32,
    /// The event that it became; `null` where nothing had to be kept.
    #[ts(type = "number | null")]
    pub event: Option<u64>,
}

/// A pose with whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, TS)]
#[ts(export_to = "room.ts")]
pub struct PoseOf {
    /// The participant.
    pub participant: u16,
    /// The pose.
    pub pose: Pose,
}

/// A frame from the server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "frame", rename_all = "kebab-case")]
#[ts(export_to = "room.ts")]
pub enum ServerFrame {
    /// The answer to a hello.
    Welcome {
        /// The version that the server speaks.
        version: u16,
        /// The client's own seat.
        participant: u16,
        /// What to come back with.
        resume: ResumeToken,
        /// Whether the seat is the one that the client had.
        resumed: bool,
        /// The last tick.
        tick: u32,
        /// The highest number that an act of this seat has carried; the client counts on from it.
        last_seq: u32,
        /// The number of the first event that is not in this frame.
        #[ts(type = "number")]
        next_event: u64,
        /// What is in the room.
        entrance: Entrance,
    },
    /// What happened since the last tick.
    Tick {
        /// Counts up, 20 a second.
        tick: u32,
        /// What is rare.
        news: News,
        /// Poses of the others, where they changed.
        poses: Vec<PoseOf>,
        /// Answers to this client's acts.
        acks: Vec<Ack>,
    },
    /// The answer to an act that was not carried out.
    Refused {
        /// The client's number of the act.
        seq: u32,
        /// Why.
        reason: Refusal,
        /// What to tell a person.
        #[ts(type = "{ zh: string, en: string }")]
        text: Text,
    },
    /// The last frame of a connection.
    Bye {
        /// Why.
        reason: Farewell,
        /// What to tell a person.
        #[ts(type = "{ zh: string, en: string }")]
        text: Text,
        /// What whoever did it says.
        why: Option<String>,
        /// Whether to connect again without being asked.
        again: bool,
    },
    /// The answer to a ping.
    Pong {
        /// As it came.
        nonce: u32,
        /// The last tick.
        tick: u32,
    },
    /// Everybody who takes part by voice or picture; sent when it changes.
    Voices {
        /// By participant.
        voices: Vec<Voice>,
    },
    /// What comes by which of this client's media sections; sent when it changes.
    Slots {
        /// Those in use.
        slots: Vec<Slot>,
    },
    /// Words for those who read along.
    Said {
        /// Who said them.
        participant: u16,
        /// The words.
        text: String,
        /// Whether a speech service has written them down, which may have misheard.
        heard: bool,
    },
    /// Instead of a welcome, and whenever it changes: one is at the door and not inside.
    Threshold {
        /// How one stands there.
        threshold: Threshold,
    },
}

#[derive(Serialize, Deserialize)]
struct SaidBody {
    participant: u16,
    text: String,
    heard: bool,
}

#[derive(Serialize, Deserialize)]
struct RefusedBody {
    reason: Refusal,
    text: Text,
}

#[derive(Serialize, Deserialize)]
struct ByeBody {
    reason: Farewell,
    text: Text,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    again: bool,
}

impl ClientFrame {
    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(80);
        match self {
            Self::Hello {
                version,
                resume,
                next_event,
            } => {
                out.push(HELLO);
                out.extend(version.to_le_bytes());
                out.push(u8::from(resume.is_some()));
                out.extend(resume.iter().flat_map(|token| token.0));
                out.extend(next_event.to_le_bytes());
            }
            Self::Pose { pose } => {
                out.push(POSE);
                pose.write(&mut out);
            }
            Self::Act { seq, act } => {
                out.push(ACT);
                out.extend(seq.to_le_bytes());
                write_json(&mut out, act);
            }
            Self::Ping { nonce } => {
                out.push(PING);
                out.extend(nonce.to_le_bytes());
            }
            Self::Sending { sending } => {
                out.push(SENDING);
                write_json(&mut out, sending);
            }
            Self::Caption { text } => {
                out.push(CAPTION);
                write_json(&mut out, text);
            }
        }
        out
    }

    /// Reads a frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        if bytes.len() > CLIENT_FRAME_BYTES {
            return Err(WireError {
                at: CLIENT_FRAME_BYTES,
                what: "a frame that is too long",
            });
        }
        let mut reader = Reader::new(bytes);
        let frame = match reader.u8()? {
            HELLO => {
                let version = reader.u16()?;
                // Another version may go on otherwise; what it needs is an answer that says so.
                if version != VERSION {
                    return Ok(Self::Hello {
                        version,
                        resume: None,
                        next_event: 0,
                    });
                }
                let comes_back = reader.flag()?;
                let resume = comes_back.then(|| reader.array()).transpose()?;
                let resume = resume.map(ResumeToken);
                Self::Hello {
                    version,
                    resume,
                    next_event: reader.u64()?,
                }
            }
            POSE => Self::Pose {
                pose: Pose::read(&mut reader)?,
            },
            ACT => Self::Act {
                seq: reader.u32()?,
                act: reader.rest_as_json()?,
            },
            PING => Self::Ping {
                nonce: reader.u32()?,
            },
            SENDING => Self::Sending {
                sending: reader.rest_as_json()?,
            },
            CAPTION => Self::Caption {
                text: reader.rest_as_json()?,
            },
            _ => return Err(reader.error("an unknown kind of frame")),
        };
        reader.end()?;
        Ok(frame)
    }

    /// Whether bytes are those of a pose frame, of which only the latest counts.
    pub fn is_pose(bytes: &[u8]) -> bool {
        bytes.first() == Some(&POSE)
    }

    /// Whether a pose frame is older than another by the sender's clock, which may wrap round.
    pub fn is_older_pose(pose: &[u8], other: &[u8]) -> bool {
        let at_ms = |bytes: &[u8]| Some(u32::from_le_bytes(*bytes.get(1..)?.first_chunk()?));
        match (at_ms(pose), at_ms(other)) {
            (Some(pose), Some(other)) => Pose::is_older(pose, other),
            _ => false,
        }
    }

    /// The act of an `Act` frame.
    pub fn read_act(act: serde_json::Value) -> Result<Act, Refusal> {
        serde_json::from_value(act).map_err(|_| Refusal::Malformed)
    }
}

impl ServerFrame {
    /// A refusal with its text.
    pub fn refused(seq: u32, reason: Refusal) -> Self {
        Self::Refused {
            seq,
            reason,
            text: reason.text(),
        }
    }

    /// A farewell with its text.
    pub fn bye(reason: Farewell) -> Self {
        Self::bye_because(reason, None)
    }

    /// A farewell with its text, and with what whoever put them out says.
    pub fn bye_because(reason: Farewell, why: Option<String>) -> Self {
        Self::Bye {
            reason,
            text: reason.text(),
            why,
            again: reason.comes_back(),
        }
    }

    /// The frame as bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        match self {
            Self::Welcome {
                version,
                participant,
                resume,
                resumed,
                tick,
                last_seq,
                next_event,
                entrance,
            } => {
                out.push(WELCOME);
                out.extend(version.to_le_bytes());
                out.extend(participant.to_le_bytes());
                out.extend(resume.0);
                out.push(u8::from(*resumed));
                out.extend(tick.to_le_bytes());
                out.extend(last_seq.to_le_bytes());
                out.extend(next_event.to_le_bytes());
                write_json(&mut out, entrance);
            }
            Self::Tick {
                tick,
                news,
                poses,
                acks,
            } => {
                write_tick_head(&mut out, *tick, news);
                out.push(u8::try_from(poses.len()).unwrap_or(u8::MAX));
                for PoseOf { participant, pose } in poses.iter().take(usize::from(u8::MAX)) {
                    out.extend(participant.to_le_bytes());
                    pose.write(&mut out);
                }
                write_acks(&mut out, acks);
            }
            Self::Refused { seq, reason, text } => {
                out.push(REFUSED);
                out.extend(seq.to_le_bytes());
                write_json(
                    &mut out,
                    &RefusedBody {
                        reason: *reason,
                        text: text.clone(),
                    },
                );
            }
            Self::Bye {
                reason,
                text,
                why,
                again,
            } => {
                out.push(BYE);
                let body = ByeBody {
                    reason: *reason,
                    text: text.clone(),
                    why: why.clone(),
                    again: *again,
                };
                write_json(&mut out, &body);
            }
            Self::Pong { nonce, tick } => {
                out.push(PONG);
                out.extend(nonce.to_le_bytes());
                out.extend(tick.to_le_bytes());
            }
            Self::Voices { voices } => {
                out.push(VOICES);
                write_json(&mut out, voices);
            }
            Self::Slots { slots } => {
                out.push(SLOTS);
                write_json(&mut out, slots);
            }
            Self::Said {
                participant,
                text,
                heard,
            } => {
                out.push(SAID);
                let body = SaidBody {
                    participant: *participant,
                    text: text.clone(),
                    heard: *heard,
                };
                write_json(&mut out, &body);
            }
            Self::Threshold { threshold } => {
                out.push(THRESHOLD);
                write_json(&mut out, threshold);
            }
        }
        out
    }

    /// Reads a frame.
    pub fn decode(bytes: &[u8]) -> Result<Self, WireError> {
        let mut reader = Reader::new(bytes);
        let frame = match reader.u8()? {
            WELCOME => Self::Welcome {
                version: reader.u16()?,
                participant: reader.u16()?,
                resume: ResumeToken(reader.array()?),
                resumed: reader.flag()?,
                tick: reader.u32()?,
                last_seq: reader.u32()?,
                next_event: reader.u64()?,
                entrance: reader.rest_as_json()?,
            },
            TICK => read_tick(&mut reader)?,
            REFUSED => {
                let seq = reader.u32()?;
                let RefusedBody { reason, text } = reader.rest_as_json()?;
                Self::Refused { seq, reason, text }
            }
            BYE => {
                let ByeBody {
                    reason,
                    text,
                    why,
                    again,
                } = reader.rest_as_json()?;
                Self::Bye {
                    reason,
                    text,
                    why,
                    again,
                }
            }
            PONG => Self::Pong {
                nonce: reader.u32()?,
                tick: reader.u32()?,
            },
            VOICES => Self::Voices {
                voices: reader.rest_as_json()?,
            },
            SLOTS => Self::Slots {
                slots: reader.rest_as_json()?,
            },
            SAID => {
                let SaidBody {
                    participant,
                    text,
                    heard,
                } = reader.rest_as_json()?;
                Self::Said {
                    participant,
                    text,
                    heard,
                }
            }
            THRESHOLD => Self::Threshold {
                threshold: reader.rest_as_json()?,
            },
            _ => return Err(reader.error("an unknown kind of frame")),
        };
        reader.end()?;
        Ok(frame)
    }
}

/// Begins a tick: what all participants get alike.
pub(crate) fn write_tick_head(out: &mut Vec<u8>, tick: u32, news: &News) {
    out.push(TICK);
    out.extend(tick.to_le_bytes());
    let mut json = Vec::new();
    if *news != News::default() {
        write_json(&mut json, news);
    }
    out.extend(u32::try_from(json.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(json);
}

/// Ends a tick: what one participant gets.
pub(crate) fn write_acks(out: &mut Vec<u8>, acks: &[Ack]) {
    out.extend(u16::try_from(acks.len()).unwrap_or(u16::MAX).to_le_bytes());
    for Ack { seq, event } in acks.iter().take(usize::from(u16::MAX)) {
        out.extend(seq.to_le_bytes());
        out.push(u8::from(event.is_some()));
        out.extend(event.iter().flat_map(|number| number.to_le_bytes()));
    }
}

fn read_tick(reader: &mut Reader<'_>) -> Result<ServerFrame, WireError> {
    let tick = reader.u32()?;
    let json = reader.u32()? as usize;
    let news = if json == 0 {
        News::default()
    } else {
        let json = reader.take(json)?;
        serde_json::from_slice(json)
            .map_err(|_| reader.error("news that are not the JSON expected"))?
    };
    let mut poses = Vec::new();
    for _ in 0..reader.u8()? {
        let participant = reader.u16()?;
        poses.push(PoseOf {
            participant,
            pose: Pose::read(reader)?,
        });
    }
    let mut acks = Vec::new();
    for _ in 0..reader.u16()? {
        let seq = reader.u32()?;
        let event = reader.flag()?.then(|| reader.u64()).transpose()?;
        acks.push(Ack { seq, event });
    }
    Ok(ServerFrame::Tick {
        tick,
        news,
        poses,
        acks,
    })
}

/// Appends a value as JSON. The frames' own types always have a JSON form; were one not to, the frame would
/// be cut short and refused by its reader.
fn write_json(out: &mut Vec<u8>, value: &impl Serialize) {
    let written = serde_json::to_writer(out, value);
    debug_assert!(written.is_ok(), "a frame's type has no JSON form");
}
