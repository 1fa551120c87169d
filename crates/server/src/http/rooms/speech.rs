//! What somebody says in a room, written down by a speech service: for those who read along, or as an order for
//! themselves alone.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::enter;
use crate::{
    hospital::Hospital,
    http::{Caller, Problem},
    speech::SpeechError,
};

/// Sound that browsers record.
const KINDS: [&str; 3] = ["audio/webm", "audio/ogg", "audio/mp4"];

#[derive(Deserialize)]
pub struct Spoken {
    /// The speaker's seat, by the room's welcome.
    participant: u16,
    /// What they speak.
    language: Language,
    /// What it is for.
    #[serde(rename = "as", default)]
    purpose: Purpose,
}

#[derive(Clone, Copy, Default, Deserialize, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Purpose {
    /// Told to all in the room.
    #[default]
    Caption,
    /// Told to who spoke alone.
    Order,
}

impl Purpose {
    /// How long the service may take; what comes later is of no use.
    fn patience(self) -> Duration {
        match self {
            Self::Caption => Duration::from_secs(30),
            Self::Order => Duration::from_secs(15),
        }
    }
}

/// What was written down of an order.
#[derive(Serialize, TS)]
#[ts(export_to = "media.ts")]
pub struct HeardOrder {
    /// Empty where nothing was understood.
    text: String,
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
) -> Result<Response, Problem> {
    let (_, stage, _) = enter(&hospital, &caller, &id).await?;
    let off = || {
        Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "No speech service",
            "此医院未配置语音转写服务 · this hospital has no speech service",
        )
    };
    let speech = hospital.speech.as_ref().ok_or_else(off)?;
    let busy = || {
        Problem::new(
            StatusCode::TOO_MANY_REQUESTS,
            "The speech service is busy",
            "语音转写请求过多，请稍后重试或键入 · too much waits for the speech service; try again in a moment, or type",
        )
    };
    let speech = speech.turn(&caller.actor.id).ok_or_else(busy)?;
    let (who, participant) = ((caller.actor.id, caller.session), spoken.participant);
    let not_heard = || {
        Problem::new(
            StatusCode::CONFLICT,
            "Not heard in the room",
            "请先进入房间；被静音者的话不会被转写 · enter the room first, by its socket; nothing is written down of who is muted",
        )
    };
    let by_all = spoken.purpose == Purpose::Caption;
    // Nobody outside has anything sent to the service.
    if !hospital
        .rooms
        .may_be_heard(&stage.id, who.clone(), participant, by_all)
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
    let patience = spoken.purpose.patience();
    let asked =
        tokio::task::spawn_blocking(move || speech.write_down(&sound, kind, language, patience));
    let text = asked.await.map_err(|error| Problem::internal(&error))?;
    let text = text.map_err(|error| not_written(&error))?;
    if spoken.purpose == Purpose::Order {
        return Ok(Json(HeardOrder { text }).into_response());
    }
    if !text.is_empty() {
        hospital
            .rooms
            .heard(&stage.id, who, participant, text)
            .await;
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn not_written(error: &SpeechError) -> Problem {
    tracing::warn!(%error, "nothing was written down");
    match error {
        SpeechError::Late(_) => Problem::new(
            StatusCode::GATEWAY_TIMEOUT,
            "The speech service took too long",
            "语音转写服务用时过长，请稍后重试或键入 · the speech service took too long; try again in a moment, or type",
        ),
        SpeechError::NoAnswer(_) => Problem::new(
            StatusCode::BAD_GATEWAY,
            "The speech service did not answer",
            "语音转写服务未响应，请键入 · the speech service did not answer; type instead",
        ),
    }
}
