//! How a client comes to take part by voice and picture, or to a line for its poses: an offer of WebRTC, and its
//! answer.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, Uri},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use media::{JoinError, Offer};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ts_rs::TS;
use vocabulary::RoomId;

use super::enter;
use crate::{
    clock,
    hospital::Hospital,
    http::{Caller, Problem, page_host},
    rooms::{AttendError, Offered},
};

/// How long a pass for the relay is good: longer than a day's longest meeting.
const PASS_S: i64 = 12 * 60 * 60;

/// What a client needs to know before it offers media.
#[derive(Serialize, TS)]
#[ts(export_to = "media.ts")]
pub struct MediaDoor {
    /// Whether the hospital carries voice and picture.
    open: bool,
    /// Whether a speech service writes down captions and orders of those who ask for it.
    speech: bool,
    /// Relays for networks that let no other way through.
    relays: Vec<RelayServer>,
}

/// A relay, as browsers want it named.
#[derive(Serialize, TS)]
#[ts(export_to = "media.ts")]
pub struct RelayServer {
    /// Where it is.
    urls: Vec<String>,
    /// The name to show it.
    username: String,
    /// The proof to show it.
    credential: String,
}

/// An offer of WebRTC by somebody in the room.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "media.ts")]
pub struct MediaOffer {
    /// The seat, by the room's welcome.
    participant: u16,
    /// The session description.
    sdp: String,
    /// The section of the microphone.
    #[serde(default)]
    #[ts(optional)]
    microphone: Option<String>,
    /// The section of the camera.
    #[serde(default)]
    #[ts(optional)]
    camera: Option<String>,
    /// The section of the shared screen.
    #[serde(default)]
    #[ts(optional)]
    screen: Option<String>,
    /// The section of the picture of all around.
    #[serde(default)]
    #[ts(optional)]
    around: Option<String>,
}

/// An offer of WebRTC for a line for poses: one data channel, without order and without repetition.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "media.ts")]
pub struct PosesOffer {
    /// The seat, by the room's welcome.
    participant: u16,
    /// The session description.
    sdp: String,
}

/// Somebody in the room who wants to come for a line for poses by WebTransport.
#[derive(Deserialize, TS)]
#[serde(deny_unknown_fields)]
#[ts(export_to = "media.ts")]
pub struct TransportOffer {
    /// The seat, by the room's welcome.
    participant: u16,
}

/// Where to come for it, within seconds and once.
#[derive(Serialize, TS)]
#[ts(export_to = "media.ts")]
pub struct TransportDoor {
    /// The address, which has a token.
    url: String,
    /// The SHA-256 of the certificates that it may show, in base64.
    certificate_hashes: Vec<String>,
}

/// The answer to an offer.
#[derive(Serialize, TS)]
#[ts(export_to = "media.ts")]
pub struct MediaAnswer {
    /// The session description.
    sdp: String,
}

pub async fn door(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<MediaDoor>, Problem> {
    enter(&hospital, &caller, &id).await?;
    let pass = |relay: &media::Relay| {
        let word = uuid::Uuid::new_v4().simple().to_string();
        let pass = relay.pass(clock::now().0 / 1000 + PASS_S, &word);
        RelayServer {
            urls: relay.urls.clone(),
            username: pass.username,
            credential: STANDARD.encode(pass.credential),
        }
    };
    Ok(Json(MediaDoor {
        open: hospital.media.is_open(),
        speech: hospital.speech.is_some(),
        relays: hospital.media.relay().into_iter().map(pass).collect(),
    }))
}

pub async fn offer(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(offered): Json<Value>,
) -> Result<Json<MediaAnswer>, Problem> {
    let offered: MediaOffer = serde_json::from_value(offered).map_err(|_| {
        Problem::bad_input("send JSON with `participant`, `sdp` and the sections of your sources")
    })?;
    let offer = Offered::Media(Offer {
        sdp: offered.sdp,
        microphone: offered.microphone,
        camera: offered.camera,
        screen: offered.screen,
        around: offered.around,
    });
    answer(&hospital, &caller, &id, offered.participant, offer).await
}

/// `POST /rooms/{id}/poses`: a line for poses beside the room's socket.
pub async fn offer_poses(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Json(offered): Json<Value>,
) -> Result<Json<MediaAnswer>, Problem> {
    let PosesOffer { participant, sdp } = serde_json::from_value(offered)
        .map_err(|_| Problem::bad_input("send JSON with `participant` and `sdp`"))?;
    answer(&hospital, &caller, &id, participant, Offered::Poses(sdp)).await
}

/// `POST /rooms/{id}/poses/transport`: where to come for a line for poses by WebTransport.
pub async fn offer_transport(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    Json(offered): Json<Value>,
) -> Result<Json<TransportDoor>, Problem> {
    let TransportOffer { participant } = serde_json::from_value(offered)
        .map_err(|_| Problem::bad_input("send JSON with `participant`"))?;
    let path = attend(&hospital, &caller, &id, participant, Offered::Transport).await?;
    let page = page_host(&uri, &headers);
    let authority = hospital.transport.authority(page.as_deref());
    let authority = authority.ok_or_else(closed)?;
    let hashes = hospital.transport.fingerprints();
    Ok(Json(TransportDoor {
        url: format!("https://{authority}{path}"),
        certificate_hashes: hashes.iter().map(|hash| STANDARD.encode(hash)).collect(),
    }))
}

fn closed() -> Problem {
    Problem::new(
        StatusCode::SERVICE_UNAVAILABLE,
        "Not carried here",
        "此医院未开通这一通道，房间照常可用 · this hospital does not carry this; the room works without",
    )
}

async fn answer(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: &str,
    participant: u16,
    offer: Offered,
) -> Result<Json<MediaAnswer>, Problem> {
    let sdp = attend(hospital, caller, id, participant, offer).await?;
    Ok(Json(MediaAnswer { sdp }))
}

/// Hands an offer to the room, if its door is open to the caller.
async fn attend(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: &str,
    participant: u16,
    offer: Offered,
) -> Result<String, Problem> {
    let (_, stage, _) = enter(hospital, caller, id).await?;
    if matches!(offer, Offered::Transport) {
        if !hospital.transport.is_open() {
            return Err(closed());
        }
    } else if !hospital.media.is_open() {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "No voice here",
            "此医院未开通语音与画面，房间照常可用 · this hospital carries no voice or picture; the room works without",
        ));
    }
    let room: &RoomId = &stage.id;
    let who = (caller.actor.id.clone(), caller.session);
    let attended = hospital.rooms.attend(room, who, participant, offer).await;
    match attended {
        Ok(answer) => Ok(answer),
        Err(AttendError::NotSeated) => Err(Problem::new(
            StatusCode::CONFLICT,
            "Not in the room",
            "请先进入房间 · enter the room first, by its socket",
        )),
        Err(AttendError::Offer(JoinError::Full)) => Err(Problem::new(
            StatusCode::CONFLICT,
            "Too many take part",
            "此房间的语音人数已满 · as many as may take part by voice in this room already do",
        )),
        Err(AttendError::Offer(JoinError::TooSoon)) => Err(Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "Too many offers",
            "请稍候再试 · wait a moment, then try again",
        )
        .retry_after(1)),
        Err(AttendError::Offer(error)) => Err(Problem::bad_input(format!("could not {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{super::speech::HeardOrder, *};

    #[test]
    fn the_types_of_the_client_are_those_of_the_server() {
        let directory = tempfile::tempdir().unwrap();
        let config = ts_rs::Config::new().with_out_dir(directory.path());
        MediaDoor::export_all(&config).unwrap();
        MediaOffer::export_all(&config).unwrap();
        PosesOffer::export_all(&config).unwrap();
        TransportOffer::export_all(&config).unwrap();
        TransportDoor::export_all(&config).unwrap();
        MediaAnswer::export_all(&config).unwrap();
        HeardOrder::export_all(&config).unwrap();
        let types = std::fs::read_to_string(directory.path().join("media.ts")).unwrap();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../contract/media.ts");
        if std::env::var_os("UPDATE_CONTRACT").is_some() {
            std::fs::write(&path, &types).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), types);
        let unknown = json!({"participant": 1, "sdp": "", "ear": "x"});
        assert!(serde_json::from_value::<MediaOffer>(unknown).is_err());
    }
}
