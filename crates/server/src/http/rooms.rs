//! Rooms: what they are about, and their socket.

mod companion;
mod conduct;
pub mod door;
mod export;
mod media;
mod pseudonym;
mod recorded_acts;
mod recordings;
mod retold;
mod sanctions;
mod seat;
mod snapshot;
mod speech;
mod stream;
mod take_away;

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{
        DefaultBodyLimit, Path, State, WebSocketUpgrade,
        ws::{Message, WebSocket},
    },
    http::HeaderMap,
    response::Response,
    routing::{delete, get, post},
};
use futures::{Sink, SinkExt as _, Stream, StreamExt as _, future::ready};
use policy::{Action, Object, Permit};
use room::{Farewell, Person, limits::CLIENT_FRAME_BYTES, wire::ServerFrame};
use scenario::Stage;
use serde_json::{Value, json};
use tokio_util::task::AbortOnDropHandle;
use vocabulary::{ActorId, RoomId, Uid};

pub use pseudonym::Named;
pub use sanctions::Sanctioned;
pub use stream::Streams;

use crate::{
    access,
    accounts::Session,
    hospital::{Hospital, hospital_actor},
    http::{
        Caller, Problem,
        research::openings::{self, Of},
    },
    rooms::{About, EnterError, Heard, Patience, Said, Visitor, carry, outbox},
    volumes::FirstLook,
};

/// Bytes read from a socket at a time: some poses. The library clears as much before each reading, and its
/// own 128 KiB would cost more than what is read.
const READ_BUFFER: usize = 2048;

/// `/rooms/{id}` and its socket.
pub fn routes() -> Router<Arc<Hospital>> {
    Router::new()
        .route("/rooms/{id}", get(card))
        .route("/rooms/{id}/socket", get(socket))
        .route(
            "/rooms/{id}/stream",
            post(stream::open).delete(stream::leave),
        )
        .route("/rooms/{id}/seat", delete(seat::give_up))
        .route(
            "/rooms/{id}/frames",
            post(stream::frames).layer(DefaultBodyLimit::max(stream::BODY_BYTES)),
        )
        .route(
            "/rooms/{id}/pseudonym",
            get(pseudonym::read).post(pseudonym::take),
        )
        .route("/gatherings", get(pseudonym::gatherings))
        .nest("/rooms/{id}/openings", openings::routes(Of::Room))
        .route("/rooms/{id}/export", post(export::export))
        .route(
            "/rooms/{id}/snapshots",
            post(snapshot::keep).layer(DefaultBodyLimit::max(snapshot::LARGEST_BODY)),
        )
        .route("/rooms/{id}/media", get(media::door).post(media::offer))
        .route("/rooms/{id}/poses", post(media::offer_poses))
        .route("/rooms/{id}/poses/transport", post(media::offer_transport))
        .route("/rooms/{id}/speech", post(speech::write_down))
        .route(
            "/patients/{id}/companion",
            get(companion::read).put(companion::write),
        )
        .route("/patients/{id}/recordings", get(recorded_acts::of_patient))
        .route("/rooms/{id}/recordings", get(recordings::list))
        .route("/rooms/{id}/recordings/{recording}", get(recordings::whole))
        .route(
            "/rooms/{id}/recordings/{recording}/parts/{number}",
            get(recordings::part),
        )
        .route(
            "/rooms/{id}/recordings/{recording}/parts/{number}/voice/{participant}",
            get(recordings::voice),
        )
        .route(
            "/rooms/{id}/recordings/{recording}/export",
            get(take_away::export),
        )
        .route(
            "/rooms/{id}/recordings/{recording}/erase",
            post(recordings::erase),
        )
        .route("/sanctions", get(sanctions::list))
        .route("/sanctions/own", get(sanctions::own))
        .route("/sanctions/{room}/{number}/answer", post(sanctions::answer))
        .route("/conduct", get(conduct::rules).post(conduct::agree))
}

/// The room, and a permit to enter it. A room that is not there is refused like one that is closed to the
/// caller.
async fn enter(
    hospital: &Arc<Hospital>,
    caller: &Caller,
    id: &str,
) -> Result<(Value, Stage, Permit), Problem> {
    let refused = || Problem::forbidden("there is no such room, or you are not invited to it");
    let id = RoomId::new(id).map_err(|_| refused())?;
    let (scenario, stage) = hospital
        .room(&caller.actor, &id)
        .await?
        .ok_or_else(refused)?;
    let permit = hospital
        .permit(caller, Action::EnterRoom, &object_of(&stage))
        .await?;
    let mut card = json!(stage);
    if let Some(fields) = card.as_object_mut() {
        fields.insert("scenario".to_owned(), json!(scenario));
    }
    Ok((card, stage, permit))
}

/// A room as the policies see it.
pub fn object_of(stage: &Stage) -> Object {
    Object::Room {
        room: stage.id.clone(),
        patient: stage.patient.clone(),
    }
}

async fn card(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    Ok(Json(enter(&hospital, &caller, &id).await?.0))
}

async fn socket(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    // Cookies ride along with any page's socket, so the page must be ours.
    if !is_same_origin(&headers) {
        return Err(Problem::forbidden(
            "open the socket from the hospital's own page",
        ));
    }
    let (_, stage, permit) = enter(&hospital, &caller, &id).await?;
    let person = door::person(&hospital, &caller.actor, &stage).await?;
    let has_agreed = conduct::agreed(&hospital, &caller.actor).await?.is_some();
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER)
        .max_message_size(CLIENT_FRAME_BYTES + 1)
        .max_frame_size(CLIENT_FRAME_BYTES + 1);
    let who = (caller.actor.id, person, caller.session);
    Ok(upgrade.on_upgrade(async move |socket| {
        if has_agreed {
            attend(hospital, stage, permit, who, carried(socket)).await;
        } else {
            refuse(socket, Farewell::ConductNotAgreed).await;
        }
    }))
}

/// Whether a request comes from a page of the hospital itself, or from no page at all.
pub fn is_same_origin(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get("origin") else {
        return true;
    };
    let host = headers
        .get("host")
        .and_then(|host| host.to_str().ok())
        .unwrap_or("");
    origin.to_str().is_ok_and(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, from)| from == host)
    })
}

/// Says to one who has opened a socket why they do not come in.
async fn refuse(mut socket: WebSocket, reason: Farewell) {
    let bye = ServerFrame::bye(reason).encode();
    let _ = socket.send(Message::Binary(bye.into())).await;
}

/// By which code a client closes its socket who leaves on purpose; a socket that ends otherwise has broken, and its seat
/// is kept.
const LEFT: u16 = 4000;
/// How long a socket may be silent before it says who comes.
const HELLO: Duration = Duration::from_secs(10);

/// How tall a hologram stands at first, and at which height its middle is, in metres.
const FIRST_HEIGHT_M: f64 = 0.8;
const FIRST_MIDDLE_M: f64 = 1.36;

/// What the room's host needs to know.
fn about(hospital: &Arc<Hospital>, stage: &Stage) -> About {
    let (series, volumes) = (stage.series.clone(), Arc::clone(hospital));
    let furnish = move || {
        let series = series.as_ref()?;
        first_hologram(series, &volumes.volumes.first_look(series)?)
    };
    About {
        id: stage.id.clone(),
        patient: stage.patient.clone(),
        host: hospital_actor(),
        furnish: Arc::new(furnish),
        probe: hospital.volumes.probe(stage.patient.clone()),
    }
}

/// A series in the middle of the room, its slices at what is to be looked at first.
fn first_hologram(series: &Uid, look: &FirstLook) -> Option<room::Act> {
    let scale = (FIRST_HEIGHT_M * 1000.0 / look.largest_mm).clamp(0.05, 20.0);
    let hologram = json!({
        "type": "hologram",
        "series": series,
        "transform": {
            "position_m": [0.0, FIRST_MIDDLE_M, 0.0], "rotation": [0.0, 0.0, 0.0, 1.0], "scale": scale,
        },
        "window": {"centre_hu": 40.0, "width_hu": 400.0},
        "mode": "both",
        "layers": {},
        "clip": null,
        "cursor_lps_mm": look.at_lps_mm,
    });
    serde_json::from_value(json!({"act": "add", "entity": hologram})).ok()
}

/// Stands for a frame that was too long to be taken in.
static TOO_LONG: &[u8] = &[0; CLIENT_FRAME_BYTES + 1];

/// Whether a socket was sent more at once than it takes in.
fn is_too_long(error: &axum::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(tungstenite::Error::Capacity(_)) = error.downcast_ref() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// The frames of a socket, both ways; what is no frame ends it.
fn carried(
    socket: WebSocket,
) -> (
    impl Sink<Said> + Unpin + Send,
    impl Stream<Item = Heard> + Unpin + Send,
) {
    let (to_client, from_client) = socket.split();
    let to_client = to_client.with(|said| {
        ready(Ok::<_, axum::Error>(match said {
            Said::Frame(bytes) => Message::Binary(bytes),
            Said::Ask => Message::Ping(Bytes::new()),
        }))
    });
    let heard = from_client
        .map(|message| match message {
            Ok(Message::Binary(bytes)) => Some(Heard::Frame(bytes)),
            Ok(Message::Ping(_) | Message::Pong(_)) => Some(Heard::Sign),
            // The room answers what is no frame of its as one that cannot be read.
            Ok(Message::Text(_)) => Some(Heard::Frame(Bytes::new())),
            // It reads none that is so long, and says so.
            Err(error) if is_too_long(&error) => Some(Heard::Frame(TOO_LONG.into())),
            Ok(Message::Close(Some(close))) if close.code == LEFT => Some(Heard::Left),
            Ok(Message::Close(_)) | Err(_) => None,
        })
        .take_while(|heard| ready(heard.is_some()))
        .filter_map(ready);
    (to_client, heard)
}

/// Carries frames between a client and its room until either ends.
async fn attend(
    hospital: Arc<Hospital>,
    stage: Stage,
    permit: Permit,
    (account, person, session): (ActorId, Person, Session),
    (mut to_client, mut from_client): (
        impl Sink<Said> + Unpin + Send,
        impl Stream<Item = Heard> + Unpin + Send,
    ),
) {
    // What was decided at the door holds for this moment, not for days.
    let hello = async {
        loop {
            match from_client.next().await? {
                Heard::Frame(hello) => return Some(hello),
                Heard::Sign => {}
                Heard::Left => return None,
            }
        }
    };
    let Ok(Some(hello)) = tokio::time::timeout(HELLO, hello).await else {
        return;
    };
    let (sender, outgoing) = outbox();
    let was = person.clone();
    let about = about(&hospital, &stage);
    let visitor = Visitor {
        account: account.clone(),
        person,
        session,
        hello,
        outbox: sender,
    };
    let entered = hospital
        .rooms
        .enter(&hospital.record, &permit, &about, visitor)
        .await;
    let entered = match entered {
        Ok(entered) => entered,
        Err(error) => {
            let reason = match error {
                EnterError::Farewell(reason) => reason,
                other => {
                    tracing::error!(cause = %other, "a room could not be entered");
                    Farewell::Closing
                }
            };
            let _ = to_client
                .send(Said::Frame(ServerFrame::bye(reason).encode().into()))
                .await;
            return;
        }
    };
    let room = entered.clone();
    let looking = access::look_after(Arc::clone(&hospital), account, session, (stage, was), room);
    let _looking = AbortOnDropHandle::new(tokio::spawn(looking));
    let client = (&mut to_client, &mut from_client);
    let ended = carry(&entered, client, outgoing, Patience::default()).await;
    entered.leave(ended).await;
}
