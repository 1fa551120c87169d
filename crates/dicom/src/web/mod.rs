//! DICOMweb (PS3.18): what requests mean and what answers hold, without an HTTP server.

mod accept;
mod frames;
mod pixels;
mod qido;
mod rendered;
mod stow;
mod stow_json;
mod wado;

pub use accept::{MediaRange, ranges};
pub use frames::{Frame, frames};
pub use pixels::{FrameForm, Look, PixelFinder, Pixels};
pub use qido::{Qido, qido, qido_answer};
pub use rendered::{Rendering, rendered};
pub use stow::{STOW_CONFLICT, StowAnswer, StowBody, StowPart, StowReason};
pub use stow_json::files_of_metadata;
pub use wado::{Multipart, as_accepted, bulk_data, metadata, takes_stored};

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
    /// 413.
    #[error("take the request: it is too large")]
    TooLarge,
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

impl WebError {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::NotFound(_)
            | Self::Decoding(PixelError::NoPixels | PixelError::NoFrame { .. }) => 404,
            Self::TooLarge => 413,
            Self::UnsupportedMedia(_) => 415,
            Self::Stored(_) | Self::Decoding(PixelError::Object(_)) => 500,
            Self::NotAcceptable(_) | Self::Pixels(_) | Self::Decoding(_) => 406,
        }
    }
}
