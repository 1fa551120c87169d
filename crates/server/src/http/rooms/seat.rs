//! A seat that is kept for somebody, and is wanted no more.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, StatusCode},
};
use room::ResumeToken;
use vocabulary::RoomId;

use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

/// What would let its holder come back, as the last welcome had it: 32 hexadecimal digits.
const SEAT: HeaderName = HeaderName::from_static("x-yuanyi-seat");

/// `DELETE /rooms/{id}/seat`: the caller has left on purpose while no line of theirs could say so. The answer is the
/// same where there is no such seat: it may have ended meanwhile.
pub async fn give_up(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, Problem> {
    let token = headers.get(SEAT).and_then(|seat| seat.to_str().ok());
    let token = token.and_then(|token| ResumeToken::try_from(token.to_owned()).ok());
    let token = token.ok_or_else(|| Problem::bad_input("name the seat by its token"))?;
    if let Ok(room) = RoomId::new(id) {
        let rooms = &hospital.rooms;
        rooms.give_up_seat(&room, caller.actor.id, token).await;
    }
    Ok(StatusCode::NO_CONTENT)
}
