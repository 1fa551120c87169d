//! What somebody says in a room, written down by a speech service for those who read along.

use std::sync::Arc;

use axum::{
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
};
use serde::Deserialize;

use super::enter;
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
};

/// Sound that browsers record.
const KINDS: [&str; 3] = ["audio/webm", "audio/ogg", "audio/mp4"];

#[derive(Deserialize)]
pub struct Spoken {
    /// The speaker's seat, by the room's welcome.
    participant: u16,
    /// What they speak.
    language: Language,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Language {
    Zh,
    En,
}

pub async fn write_down(
    State(hospital): State<Arc<Hospital>>,
    caller: Caller,
    Path(id): Path<String>,
    Query(spoken): Query<Spoken>,
    headers: HeaderMap,
    sound: Bytes,
) -> Result<StatusCode, Problem> {
    let (_, stage, _) = enter(&hospital, &caller, &id).await?;
    let off = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "No speech service",
            "此医院未配置语音转写服务 · this hospital has no speech service",
        )
    };
    let speech = hospital.speech.as_ref().map(Arc::clone).ok_or_else(off)?;
    let (who, participant) = ((caller.actor.id, caller.session), spoken.participant);
    let not_heard = || {
        Problem::new(
            StatusCode::CONFLICT,
            "Not heard in the room",
            "请先进入房间；被静音者的话不会被转写 · enter the room first, by its socket; nothing is written down of who is muted",
        )
    };
    // Nobody outside has anything sent to the service.
    if !hospital
        .rooms
        .may_be_heard(&stage.id, who.clone(), participant)
        .await
    {
        return Err(not_heard());
    }
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = KINDS.into_iter().find(|known| kind.starts_with(known));
    let kind = kind.ok_or_else(|| Problem::bad_input("send sound as audio/webm, ogg or mp4"))?;
    let language = match spoken.language {
        Language::Zh => "zh",
        Language::En => "en",
    };
    let asked =
        tokio::task::spawn_blocking(move || speech.write_down(&sound, kind, language)).await;
    let text = asked.map_err(|error| Problem::internal(&error))?;
    let text = text.map_err(|error| {
        // The cause names the service; nothing of what was said.
        tracing::warn!(%error, "the speech service gave no answer");
        Problem::new(
            StatusCode::BAD_GATEWAY,
            "The speech service did not answer",
            "语音转写服务未响应，请手写字幕 · the speech service did not answer; write captions by hand",
        )
    })?;
    if !text.is_empty() {
        hospital
            .rooms
            .heard(&stage.id, who, participant, text)
            .await;
    }
    Ok(StatusCode::NO_CONTENT)
}
