//! DICOMweb (PS3.18): what requests mean and what answers hold, without an HTTP server.

mod accept;
mod annotate;
mod frames;
mod pixels;
mod qido;
mod rendered;
mod stow;
mod stow_json;
mod ups;
mod ups_search;
mod wado;

pub use accept::{MediaRange, ranges};
pub use annotate::Annotation;
pub use frames::{Frame, frames};
pub use pixels::{FrameForm, Look, PixelFinder, Pixels};
pub use qido::{Qido, qido, qido_answer};
pub use rendered::{PictureForm, Rendering, Shown, rendered};
pub use stow::{ArrivedPart, STOW_CONFLICT, StowAnswer, StowBody, StowPart, StowReason};
pub use stow_json::files_of_metadata;
pub use ups::{
    ALL_WORK_ITEMS, CancelRequest, EventType, FILTERED_WORK_ITEMS, StateChange, WorkItem,
    cancel_requested, created as created_work_item, data_set as work_item,
    event as work_item_event, events as work_item_events, told as told_work_item,
    updated as updated_work_item, with_state as work_item_with_state,
};
pub use ups_search::WorkItemSearch;
pub use wado::{Multipart, as_accepted, bulk_data, made_as, metadata};

use crate::{ParseError, pixels::PixelError};

/// The media type of DICOM objects.
pub const DICOM: &str = "application/dicom";
/// The media type of DICOM JSON.
pub const DICOM_JSON: &str = "application/dicom+json";

/// Why a request cannot be answered. Each maps to one HTTP status.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// 400.
    #[error("understand the request: {0}")]
    BadRequest(String),
    /// 404.
    #[error("find {0}")]
    NotFound(&'static str),
    /// 406: none of the accepted media types can be made.
    #[error("answer in an accepted form: {0}")]
    NotAcceptable(&'static str),
    /// 406: nor can any accepted transfer syntax.
    #[error(
        "answer in an accepted transfer syntax: it is kept in {stored}, and can be given in that{}",
        also(.can)
    )]
    NoSyntax {
        /// The transfer syntax that it is kept in.
        stored: String,
        /// What else it can be given in.
        can: Vec<&'static str>,
    },
    /// 409: what is kept is in another state than the request asks for.
    #[error("do what is asked for: {0}")]
    Conflict(&'static str),
    /// 413.
    #[error("take the request: it is too large")]
    TooLarge,
    /// 413: an answer would hold more than is given at once.
    #[error("give all of it at once: these are {found} pictures, and at most {most} are given")]
    TooMany {
        /// How many pictures are asked for.
        found: u64,
        /// How many are given in one answer.
        most: u64,
    },
    /// 415: the request's body is of another media type.
    #[error("take the request: its media type is not {0}")]
    UnsupportedMedia(&'static str),
    /// 500: a stored object cannot be read any more.
    #[error("read the stored object: {0}")]
    Stored(#[from] ParseError),
    /// 406: frames cannot be found in the stored object.
    #[error("decode the pixel data: {0}")]
    Pixels(&'static str),
    /// 404, 406 or 500: why the pixel data cannot be had.
    #[error(transparent)]
    Decoding(#[from] PixelError),
}

fn also(can: &[&str]) -> String {
    if can.is_empty() {
        return String::new();
    }
    format!(" or in {}", can.join(", "))
}

impl WebError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::NotFound(_)
            | Self::Decoding(PixelError::NoPixels | PixelError::NoFrame { .. }) => 404,
            Self::TooLarge | Self::TooMany { .. } => 413,
            Self::Conflict(_) => 409,
            Self::UnsupportedMedia(_) => 415,
            Self::Stored(_) | Self::Decoding(PixelError::Object(_)) => 500,
            Self::NotAcceptable(_)
            | Self::NoSyntax { .. }
            | Self::Pixels(_)
            | Self::Decoding(_) => 406,
        }
    }
}
